//! What must hold after every event, and once everything has healed.
//!
//! **Promises.** It reads what is on the disks and what the bank has booked, and believes no reply.
//! It shares no rule with the engine but the layout of what is stored.
//! **Left to others.** Making things happen: the world and the workload.

use std::collections::{BTreeMap, BTreeSet};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::output::{Event, Output};
use fundlink_protocol::engine::{log_store, outbox, store_check, transfers_in, transfers_out};
use fundlink_protocol::id::TransferId;
use fundlink_protocol::ledger;
use fundlink_protocol::log::note::SignedNote;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, Store as _, StoreError, prefix_end};
use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::outgoing::OutgoingState;

use super::bank::{Bank, OrderKey};
use super::members;
use super::world::Node;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Broken {
    what: String,
}

impl Broken {
    pub(super) const fn new(what: String) -> Self {
        Self { what }
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string())
    }
}

/// The auditor.
#[derive(Debug, Default)]
pub(super) struct Auditor {
    /// Transfers that a caller was told of, by the center that told.
    told: BTreeMap<CenterCode, BTreeSet<TransferId>>,
    /// What was last seen of a transfer's history at a center.
    histories: BTreeMap<(CenterCode, TransferId), Vec<String>>,
    /// Roots that logs were signed with, by origin and size.
    roots: BTreeMap<(String, String), String>,
}

type Nodes = BTreeMap<CenterCode, Node>;

/// As many states as a transfer keeps; a longer history has lost some.
const HISTORY_MAX: usize = 64;
/// As many open transfers as are looked at in one center.
const OPEN_MAX: usize = 100_000;

impl Auditor {
    /// A caller was told of a transfer.
    pub(super) fn tell(&mut self, center: CenterCode, transfer: TransferId) {
        self.told.entry(center).or_default().insert(transfer);
    }

    /// After each round of a node, before anything of it is released.
    pub(super) fn after_round(
        &mut self,
        nodes: &Nodes,
        center: CenterCode,
        outputs: &[Output],
    ) -> Result<(), Broken> {
        let Some(node) = nodes.get(&center) else { return Ok(()) };
        if node.is_center() {
            let sum = ledger::trial_balance(&Staged::new(node.disk()))?.sum();
            require(sum == 0, || format!("the ledger of {center} sums to {sum}"))?;
        }
        for output in outputs {
            match output {
                Output::Event(Event::Transfer { transfer, .. }) => {
                    self.check_history(node, center, *transfer)?;
                    check_pair(nodes, *transfer)?;
                }
                Output::PublishCheckpoint { note } => {
                    self.check_root(note)?;
                    check_private("a checkpoint", note)?;
                }
                Output::Publish { statement } => check_private("a heartbeat", statement)?,
                Output::Sync { frame, .. } => check_private("a sync frame", frame)?,
                Output::FetchRoster { frame, .. } => check_private("a roster frame", frame)?,
                Output::Respond { .. }
                | Output::DialBack { .. }
                | Output::Reply { .. }
                | Output::Ask { .. }
                | Output::Deliver { .. }
                | Output::JudgeGossip { .. }
                | Output::RosterChanged(_)
                | Output::CoreOrder(_)
                | Output::BankOrder(_)
                | Output::BankAsk(_)
                | Output::BankRecall(_)
                | Output::Event(_) => {}
            }
        }
        Ok(())
    }

    /// After a node has come up: what callers were told is there.
    pub(super) fn after_start(&self, nodes: &Nodes, center: CenterCode) -> Result<(), Broken> {
        let (Some(node), Some(told)) = (nodes.get(&center), self.told.get(&center)) else {
            return Ok(());
        };
        let view = Staged::new(node.disk());
        for transfer in told {
            let there = transfers_in::load(&view, *transfer)?.is_some();
            require(there, || format!("{center} has lost transfer {transfer}, which it told of"))?;
        }
        Ok(())
    }

    /// After the bank has executed an order: no more has left than the sheet in force says.
    pub(super) fn on_payment(
        &self,
        nodes: &Nodes,
        bank: &Bank,
        (center, order): OrderKey,
    ) -> Result<(), Broken> {
        let Some(node) = nodes.get(&center) else { return Ok(()) };
        let view = Staged::new(node.disk());
        let found = fundlink_protocol::engine::transfers::find_number(&view, order.letter)?;
        let Some((transfer, _)) = found else {
            return Err(Broken::new(format!("{center} has paid {order} without a transfer")));
        };
        let outgoing = transfers_out::load(&view, transfer)?;
        let settled = outgoing.map_or(0, |outgoing| outgoing.settled_amount().get());
        let net = bank.net(center, order.letter);
        require(net <= settled, || format!("{center} has paid more under {order} than its sheet"))
    }

    /// What is known of a transfer only grows.
    fn check_history(
        &mut self,
        node: &Node,
        center: CenterCode,
        transfer: TransferId,
    ) -> Result<(), Broken> {
        let view = Staged::new(node.disk());
        let found = fundlink_protocol::engine::transfers::find(&view, transfer)?;
        let Some((_, case)) = found else {
            return Err(Broken::new(format!("{center} tells of {transfer} and does not have it")));
        };
        let now: Vec<String> = case.history.iter().map(|change| change.state.clone()).collect();
        let before = self.histories.entry((center, transfer)).or_default();
        let grows = now.len() >= HISTORY_MAX || now.starts_with(before);
        require(grows, || {
            format!("{center}: the history of {transfer} was {before:?}, is {now:?}")
        })?;
        *before = now;
        Ok(())
    }

    /// No log is signed with two roots at one size.
    fn check_root(&mut self, note: &[u8]) -> Result<(), Broken> {
        let note = SignedNote::parse(note).map_err(|error| Broken::new(error.to_string()))?;
        let mut lines = note.text().lines().map(str::to_owned);
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(Broken::new("a checkpoint without its lines".to_owned()));
        };
        let known =
            self.roots.entry((origin.clone(), size.clone())).or_insert_with(|| root.clone());
        require(*known == root, || format!("{origin} has two roots at size {size}"))
    }

    /// When faults have ended and people have decided: everything has an end, nothing is left over.
    pub(super) fn at_rest(&self, nodes: &Nodes, bank: &Bank) -> Result<Ends, Broken> {
        let mut ends = Ends::new();
        for (center, node) in nodes {
            let view = Staged::new(node.disk());
            for other in nodes.keys().filter(|other| *other != center) {
                let open = outbox::open_rows(&view, *other)?;
                require(open == 0, || format!("{center} has {open} statements for {other}"))?;
            }
            check_logs(nodes, *center)?;
            check_store(node)?;
            if node.is_center() {
                let sums = ledger::trial_balance(&view)?;
                let (cash, held) = (-i128::from(sums.cash), bank.balance(*center));
                require(cash == held, || {
                    format!("{center} has {cash} in its books, {held} at the bank")
                })?;
            }
            for transfer in open_transfers(node)? {
                let case = fundlink_protocol::engine::transfers::find(&view, transfer)?;
                let waits = case.as_ref().is_some_and(|(_, case)| case.task.is_some());
                let state = case.and_then(|(_, case)| case.history.last().cloned());
                let state = state.map(|change| change.state).unwrap_or_default();
                require(waits, || {
                    format!("{center}: {transfer} rests in {state} and nobody knows")
                })?;
            }
        }
        for (center, told) in &self.told {
            let Some(node) = nodes.get(center) else { continue };
            for transfer in told {
                let view = Staged::new(node.disk());
                let Some(incoming) = transfers_in::load(&view, *transfer)? else {
                    return Err(Broken::new(format!("{center} has lost transfer {transfer}")));
                };
                check_pair(nodes, *transfer)?;
                *ends.entry(incoming.state.name()).or_default() += 1;
            }
        }
        let way = bank.on_the_way();
        require(way == 0, || format!("{way} fen are still on their way"))?;
        Ok(ends)
    }
}

/// How many transfers stand in which state at the transfer-in center.
pub(super) type Ends = BTreeMap<&'static str, u64>;

/// The transfers of a node that have not ended.
pub(super) fn open_transfers(node: &Node) -> Result<Vec<TransferId>, Broken> {
    let prefix = key(Area::TransferOpen, &[]);
    let rows = node.disk().range(&prefix, &prefix_end(&prefix), OPEN_MAX)?;
    let ids = rows.iter().filter_map(|(key, _)| key.get(1..)?.try_into().ok());
    Ok(ids.map(TransferId::new).collect())
}

fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken::new(otherwise())) }
}

/// Nothing personal leaves a center but in a statement to a member.
fn check_private(what: &str, bytes: &[u8]) -> Result<(), Broken> {
    let holds = |mark: &str| bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
    require(!members::MARKS.into_iter().any(holds), || format!("{what} holds personal data"))
}

/// What both centers have of a transfer fits together.
fn check_pair(nodes: &Nodes, transfer: TransferId) -> Result<(), Broken> {
    let (mut outgoing, mut incoming) = (None, None);
    for node in nodes.values().filter(|node| node.is_center()) {
        let view = Staged::new(node.disk());
        outgoing = outgoing.or(transfers_out::load(&view, transfer)?);
        incoming = incoming.or(transfers_in::load(&view, transfer)?);
    }
    let (Some(outgoing), Some(incoming)) = (outgoing, incoming) else { return Ok(()) };
    let (out, into) = (outgoing.state, incoming.state);
    let contradicts = match into {
        IncomingState::Credited(_) | IncomingState::Completed(_) => !matches!(
            out,
            OutgoingState::Paying
                | OutgoingState::PayUnknown
                | OutgoingState::PayFailed(_)
                | OutgoingState::Paid
                | OutgoingState::Completed(_)
        ),
        IncomingState::Cancelled => {
            !matches!(out, OutgoingState::Released | OutgoingState::Rejected(..))
        }
        IncomingState::Restored => !matches!(out, OutgoingState::Restored),
        IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Returning
        | IncomingState::Returned => {
            matches!(out, OutgoingState::Released | OutgoingState::Rejected(..))
        }
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Rejected(..)
        | IncomingState::Cancelling(_) => matches!(out, OutgoingState::Completed(_)),
    };
    let (out, into) = (out.name(), into.name());
    require(!contradicts, || format!("{transfer} is {out} on one side and {into} on the other"))
}

/// What lies on a disk fits itself as a whole.
fn check_store(node: &Node) -> Result<(), Broken> {
    let report = store_check::check(&Staged::new(node.disk()), &node.expected())?;
    let first = report.findings.first();
    first.map_or(Ok(()), |found| {
        let (code, place) = (found.fault.code(), &found.place);
        Err(Broken::new(format!("{}: {code}, {place}", node.expected().center)))
    })
}

/// Every follower holds the log of a center as it is.
fn check_logs(nodes: &Nodes, center: CenterCode) -> Result<(), Broken> {
    let Some(node) = nodes.get(&center) else { return Ok(()) };
    let log = LogId::public(center, 1);
    let own = log_store::row(&Staged::new(node.disk()), log)?;
    for (other, follower) in nodes {
        let held = log_store::row(&Staged::new(follower.disk()), log)?;
        let same = held.size == own.size && held.root == own.root;
        require(same, || {
            let (held, own) = (held.size.get(), own.size.get());
            format!("{other} holds {held} of the {own} entries of {center}, or another root")
        })?;
    }
    Ok(())
}
