//! Everything that Fundlink does: network, store, drivers, HTTP, key files, configuration.
//!
//! **Promises.** Nothing is decided here that a peer, a clerk or an auditor could ask about: this
//! crate carries inputs to the engine and its outputs out.
//!
//! **Left to others.** Every rule: `fundlink-protocol`. Words for people: the command line.

pub mod backup;
pub mod clock;
pub mod config;
pub mod control;
pub mod disk;
pub mod engine_loop;
pub mod entropy;
pub mod evidence_file;
pub mod health;
pub mod import;
pub mod keyfile;
pub mod metrics;
pub mod network;
pub mod node;
pub mod settlement;
pub mod signing;
pub mod store;
pub mod tagging;
pub mod telemetry;
pub mod termination;
pub mod translate;
pub mod verification;
