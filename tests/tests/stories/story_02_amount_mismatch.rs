//! Story 2: the bank delivers another amount than the sheet says (金额不符).
