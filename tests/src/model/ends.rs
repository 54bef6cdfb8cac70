//! No dead ends: from every state an end can be reached, and every end is right.
//!
//! The checker's own `eventually` asks for more than a network can give: a link that never carries
//! anything is a way, too. What is promised is that no state is lost: with links up, and persons who
//! decide what they are asked, it leads to an end.
//!
//! **Promises.** Every state is looked at; the one from which no end can be reached is shown with the
//! way to it.
//! **Left to others.** What holds in every state: `promises`.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use stateright::Model;

use super::books::BALANCE;
use super::state::{Side, State};
use super::{TransferModel, names};
use fundlink_protocol::transfer::incoming::IncomingState;

/// Names of both sides' states, as a transfer ends.
type Ends = BTreeMap<(&'static str, &'static str), usize>;

impl State {
    /// Whether nothing is left to happen by itself, and both sides are done.
    fn is_over(&self) -> bool {
        let is_quiet = self.thread_to(Side::Out).waiting() == 0
            && self.thread_to(Side::In).waiting() == 0
            && self.orders.is_empty()
            && self.parcels.is_empty()
            && self.notices.is_empty()
            && !self.is_letter_out;
        let is_out_done = self.out.as_ref().is_none_or(|out| out.state.is_final());
        is_quiet && is_out_done && self.incoming.state.is_final()
    }

    /// Whether the money is where an end says that it is.
    fn is_settled(&self) -> bool {
        let books = &self.books;
        let has_moved = books.account_in == BALANCE && books.is_closed && books.account_out == 0;
        let has_stayed = books.account_out == BALANCE
            && !books.is_closed
            && !books.is_locked
            && books.account_in == 0;
        let is_clear = books.suspense_out == 0 && books.suspense_in == 0;
        let is_done = matches!(self.incoming.state, IncomingState::Completed(_));
        is_clear && if is_done { has_moved } else { has_stayed }
    }
}

/// Every state, by its number, and which lead to which.
#[derive(Default)]
struct Map {
    numbers: HashMap<u64, usize>,
    came_from: Vec<usize>,
    before: Vec<Vec<usize>>,
    is_end: Vec<bool>,
}

impl Map {
    fn add(&mut self, state: &State, from: usize) -> Option<usize> {
        let number = self.came_from.len();
        match self.numbers.entry(fingerprint(state)) {
            Entry::Occupied(known) => {
                let known = *known.get();
                if let Some(before) = self.before.get_mut(known) {
                    before.push(from);
                }
                None
            }
            Entry::Vacant(free) => {
                free.insert(number);
                self.came_from.push(from);
                self.before.push(vec![from]);
                self.is_end.push(state.is_over() && state.is_settled());
                Some(number)
            }
        }
    }

    /// A state that leads out of the bounds: it is not known where.
    fn open(&mut self, number: usize) {
        if let Some(is_end) = self.is_end.get_mut(number) {
            *is_end = true;
        }
    }

    /// A state from which no end can be reached.
    fn dead_end(&self) -> Option<usize> {
        let mut leads = self.is_end.clone();
        let ends = leads.iter().enumerate().filter(|(_, is_end)| **is_end);
        let mut next: Vec<usize> = ends.map(|(number, _)| number).collect();
        while let Some(number) = next.pop() {
            for before in self.before.get(number).into_iter().flatten() {
                if let Some(leads) = leads.get_mut(*before)
                    && !*leads
                {
                    *leads = true;
                    next.push(*before);
                }
            }
        }
        leads.iter().position(|leads| !leads)
    }
}

fn fingerprint(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// How transfers end, and a state from which no end can be reached, with the way to it.
pub(super) fn find(model: TransferModel) -> (Ends, Option<String>) {
    let mut map = Map::default();
    let mut ends = Ends::new();
    let mut next: VecDeque<(usize, State)> = VecDeque::new();
    for state in model.init_states() {
        if let Some(number) = map.add(&state, 0) {
            next.push_back((number, state));
        }
    }
    while let Some((number, state)) = next.pop_front() {
        let mut actions = Vec::new();
        model.actions(&state, &mut actions);
        for after in actions.into_iter().filter_map(|action| state.after(action, model.bounds)) {
            if !after.is_within(model.bounds) {
                map.open(number);
            } else if let Some(new) = map.add(&after, number) {
                next.push_back((new, after));
            }
        }
        if state.is_over() && state.is_settled() {
            let out = state.out.as_ref().map(|out| out.state);
            *ends.entry(names(out, state.incoming.state)).or_default() += 1;
        }
    }
    let dead_end = map.dead_end().map(|number| way_to(model, &map, number));
    (ends, dead_end)
}

/// The way to a state, action by action.
fn way_to(model: TransferModel, map: &Map, number: usize) -> String {
    let mut way = vec![number];
    while let Some(last) = way.last().copied()
        && last != 0
    {
        way.push(map.came_from.get(last).copied().unwrap_or(0));
    }
    way.reverse();
    let mut lines = vec!["broken: from every state an end can be reached".to_owned()];
    let Some(mut state) = model.init_states().into_iter().next() else { return lines.join("\n") };
    for step in way.iter().skip(1) {
        let found = model
            .next_steps(&state)
            .into_iter()
            .find(|(_, after)| map.numbers.get(&fingerprint(after)) == Some(step));
        let Some((action, after)) = found else { break };
        lines.push(format!("  {action:?}"));
        state = after;
    }
    lines.push(format!("  then: {state:?}"));
    lines.join("\n")
}
