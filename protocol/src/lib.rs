//! Everything that Fundlink decides, and nothing that it does.
//!
//! Fundlink links the housing provident fund centers (住房公积金管理中心) of a province into one
//! network of peers. This crate holds its types, its signed statements, its logs and the engine
//! that turns inputs into writes and outputs. `node` carries the outputs out.
//!
//! **Promises.** No async, socket, file, clock, thread or global randomness: time and random bytes
//! come in as arguments, so that the same inputs give the same bytes on any machine.
//!
//! **Left to others.** Sending, storing, signing and paying are ports: [`store::Store`],
//! [`key::Keyring`], and the outputs of [`engine::Engine`].
#![warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test may overflow and fail"))]

pub mod account;
pub mod admission;
pub mod answer;
pub mod authority;
pub mod bank_account;
pub mod calendar;
pub mod cbor;
pub mod center;
pub mod certificate;
pub mod code_table;
pub mod commitment;
pub mod core_system;
pub mod cose;
pub mod credit_code;
pub mod deposit_history;
pub mod digest;
pub mod document;
pub mod dossier;
pub mod employer;
pub mod engine;
pub mod entropy;
pub mod evidence;
pub mod id;
pub mod interest;
pub mod key;
pub mod ledger;
pub mod lending;
pub mod letter_number;
pub mod limits;
pub mod loan;
pub mod log;
pub mod log_trust;
pub mod mode;
pub mod money;
pub mod month_set;
pub mod name_match;
pub mod person_match;
pub mod person_name;
pub mod plain_text;
pub mod policy;
mod private_text;
pub mod property;
pub mod purpose;
pub mod rate;
pub mod record;
pub mod record_seal;
pub mod refusal;
pub mod roster;
pub mod sealing;
pub mod settlement;
pub mod statement;
pub mod store;
pub mod subject;
#[cfg(test)]
pub(crate) mod testing;
pub mod time;
pub mod transfer;
#[cfg(test)]
mod vectors;
pub mod verdict;
pub mod wire;
pub mod withdrawal;
