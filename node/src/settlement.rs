//! Paying and being paid: what stands behind the port to the bank.
//!
//! **Promises.** Every driver speaks the same three sentences: order by id, ask by id, notices
//! since a cursor.
//! **Left to others.** When to pay and what a notice means: the engine.

pub mod bank_api;
