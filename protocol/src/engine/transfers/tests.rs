//! Transfers between engines, to the fen: the stories of the domain notes, and what goes wrong.

mod channels;
mod core;
mod deadlines;
mod delivery;
mod desk;
mod exports;
mod followed;
mod incidents;
mod interleavings;
mod membership;
mod next_log;
mod payments;
mod persons;
pub(crate) mod proofs;
mod refusals;
mod regained;
mod regressions;
mod reissues;
mod relapsed;
mod restored;
mod restored_later;
mod store_checks;
mod stories;
mod surplus;
pub(super) mod world;
