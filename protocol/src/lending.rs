//! Lending: one household, one payout (一户一贷). Intents and leases as pure decisions.
//!
//! | file | what it holds |
//! |---|---|
//! | [`intent`] | what a center publishes when an application is taken in |
//! | [`lease`] | how long a lease runs, and which of two requests counts |
//! | [`poll`] | what the answers of the witnesses come to |
//!
//! **Promises.** Pure: no store, no output. A household is paid out to only by the center that more
//! than half of all witnesses name first, and two majorities of one roster, or of two that follow each
//! other, have a witness in common.
//! **Left to others.** What is stored and sent: `engine::lending`. Who witnesses: `roster`.

pub mod intent;
pub mod lease;
pub mod poll;
