//! Story 5: the record holds a number of 15 digits (旧身份证号).
