//! Story 6: a name that was damaged, or is written otherwise (生僻字).
