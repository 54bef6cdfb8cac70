//! A synthetic province: three cities, an authority and a bank on one machine.
//!
//! **Promises.** Every person, number and employer here is made up: area codes ending in 99 are not
//! assigned to any county, so no living person can have these numbers. One seed gives one province.
//! **Left to others.** What a node does: `fundlink-node`. Showing it: the command line.

pub mod bank;
pub mod fundlink;
pub mod member;
pub mod network;
pub mod province;
pub mod supervisor;
pub mod tour;
