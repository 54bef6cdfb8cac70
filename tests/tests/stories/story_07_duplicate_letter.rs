//! Story 7: a letter that comes twice, a number with other content, a second letter.
