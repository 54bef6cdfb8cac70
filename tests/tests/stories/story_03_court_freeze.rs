//! Story 3: a court freezes the account (冻结), at each moment of a transfer.
