//! Transfers (异地转移接续): what is decided about them, without store or outputs.
//!
//! **Promises.** Everything here is a function of its arguments; the two state machines list every
//! state, and no `match` over them has a catch-all.
//! **Left to others.** Reading, staging and saying: the engine's handlers.

pub mod channel;
pub mod deadline;
pub mod facts;
pub mod incoming;
pub mod outgoing;
pub mod reason;
pub mod reconciliation;
pub mod registered;
pub mod rules;
pub mod standing;
pub mod status_code;
pub mod task;
pub mod turn;
