//! Story 8: the bank gives the money back (退汇), and it is settled anew.
