//! The watch (监管预警): what digests, heartbeats and signed incidents show to be wrong.
//!
//! | file | what it holds |
//! |---|---|
//! | [`alert_rule`] | the rules by name, with level and place in the catalogue |
//! | [`alert`] | an alert, what it is about, what shows it |
//! | [`dialogue`] | what authority and center say to each other about it |
//! | [`incident`] | what only a center can see |
//! | [`rules`] | the rules over digests, as pure functions |
//!
//! **Promises.** An alert names centers, pseudonyms, leaves and statements; never a person, a number
//! or an amount.
//! **Left to others.** When the rules are asked, and what is kept: `engine::alerts`.

pub mod alert;
pub mod alert_rule;
pub mod dialogue;
pub mod incident;
pub mod rules;
