//! Every way that one transfer can take, visited one by one.
//!
//! A model of both centers of a transfer with their cores, the bank and the network between them. What
//! a center does is decided by the very functions that the engine's handlers call,
//! `transfer::{outgoing,incoming}::step`, `transfer::turn` and `settlement::believed`, so that this
//! model cannot drift from the code. What is modelled here is everything that a center does not
//! decide: links that lose, repeat and reorder; a core that carries out or refuses; a bank that
//! executes, fails, does not know, splits and returns; persons who decide anything that they may.
//!
//! **Promises.** Within its bounds nothing is left out: every order of events is visited, and the number
//! of states is told.
//! **Left to others.** Deadlines, digests, rosters, what a crash loses: the simulator. Whether the
//! engine carries out what is decided: the engine itself, at every step.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::outgoing::OutgoingState;
use stateright::{Checker as _, Model, Property};

mod action;
mod books;
mod ends;
mod promises;
mod state;
mod thread;
mod transfer_in;
mod transfer_out;

pub use action::{Action, Luck};
pub use books::Books;
pub use state::{Known, Notice, Order, OrderState, Parcel, Side, State};
pub use thread::{FromIn, FromOut, Thread};

/// How far the model looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many things may go wrong in one run: a failure, a return, a split, a refusal by a core, a
    /// person who has to look.
    pub faults: u8,
    /// How often the letter may be withdrawn.
    pub withdrawals: u8,
    /// How often each center gives the bank an order. What lies behind is not looked at, and is not
    /// taken for a dead end.
    pub attempts: u32,
    /// How many statements of a center may be on their way while a person there decides something
    /// more: with 1, persons wait until all was heard.
    pub statements: usize,
    /// Whether the rule of the transfer-out center grants a withdrawal until the account is settled.
    pub cancellable_until_settled: bool,
}

impl Bounds {
    /// What the suite visits.
    #[must_use]
    pub const fn short() -> Self {
        Self {
            faults: 1,
            withdrawals: 1,
            attempts: 2,
            statements: 1,
            cancellable_until_settled: false,
        }
    }
}

/// One transfer, in all the ways that it can take.
#[derive(Clone, Copy, Debug)]
pub struct TransferModel {
    /// How far it looks.
    pub bounds: Bounds,
}

impl Model for TransferModel {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::requested()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        state.actions(self.bounds, actions);
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let next = before.after(action, self.bounds)?;
        next.is_within(self.bounds).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::properties()
    }
}

/// What a visit has found.
#[derive(Clone, Debug)]
pub struct Visited {
    /// Different states.
    pub states: usize,
    /// Steps that lead to them, repeats included.
    pub steps: usize,
    /// The longest shortest way to a state.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// How many states end the transfer, by how it ends on both sides.
    pub ends: BTreeMap<(&'static str, &'static str), usize>,
    /// A promise that was broken, and the shortest way to see it.
    pub broken: Option<String>,
}

/// Visits every state within the bounds, and tries every promise in each.
#[must_use]
pub fn visit(bounds: Bounds) -> Visited {
    let begun = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let checker = TransferModel { bounds }.checker().threads(threads).spawn_bfs().join();
    let broken = promises::broken(&checker);
    let (states, steps, depth) =
        (checker.unique_state_count(), checker.state_count(), checker.max_depth());
    let (ends, dead_end) = ends::find(TransferModel { bounds });
    Visited { states, steps, depth, took: begun.elapsed(), ends, broken: broken.or(dead_end) }
}

/// The names of the states of both sides.
const fn names(
    out: Option<OutgoingState>,
    incoming: IncomingState,
) -> (&'static str, &'static str) {
    match out {
        Some(out) => (out.name(), incoming.name()),
        None => ("never taken in", incoming.name()),
    }
}
