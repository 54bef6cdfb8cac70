//! The watch (监管预警): what digests and heartbeats alone show to be wrong.
//!
//! | file | what it holds |
//! |---|---|
//! | [`alert`] | an alert, its rule, its evidence |
//! | [`rules`] | the rules as pure functions over digests |
//!
//! **Promises.** An alert names centers, pseudonyms and leaves; never a person, a number or an
//! amount.
//! **Left to others.** When the rules are asked, and what is kept: `engine::alerts`.

pub mod alert;
pub mod rules;
