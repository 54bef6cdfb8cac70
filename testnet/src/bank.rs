//! A simulated bank that holds the special accounts (专户) of the centers.
//!
//! **Promises.** It speaks `fundlink_node::settlement::bank_api`, on a loopback port; what goes wrong,
//! and when, is asked for through its control endpoints.
//! **Left to others.** Keeping anything over a restart: it lives as long as its testnet.

mod behaviour;
mod server;
mod state;

pub use behaviour::{Behaviour, Rule, Yuan};
pub use server::{AccountOpening, BankServer, BankTotals, Clock};
pub use state::{Answer, Bank, Totals};
