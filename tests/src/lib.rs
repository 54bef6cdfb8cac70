//! What no single crate can test alone: whole nodes over real sockets, kills, hostile peers, house
//! rules.
//!
//! **Promises.** Nothing here runs in a node.
//!
//! **Left to others.** The tests themselves, in `tests/tests`.

pub mod books;
pub mod case;
pub mod dump;
pub mod firewall;
pub mod flips;
pub mod hostile;
pub mod kills;
pub mod member;
pub mod model;
pub mod people;
pub mod program;
pub mod province;
pub mod rogue;
pub mod search;
pub mod simulator;
pub mod standing;
pub mod synthetic;
pub mod trace;
pub mod verifier;
pub mod zip;
