//! What must hold after every event, and once everything has healed.
//!
//! After each round the auditor reads what the commit has changed and what the node is about to
//! release; the whole is read when everything rests.
//!
//! **Promises.** It reads what is on the disks and what the bank has booked, and believes no reply.
//! It shares no rule with the engine but the layout of what is stored: interest it computes itself.
//! **Left to others.** Making things happen: the world and the workload.

use std::collections::{BTreeMap, BTreeSet};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::Received;
use fundlink_protocol::engine::output::Output;
use fundlink_protocol::engine::transfer_case::Case;
use fundlink_protocol::engine::transfers::Side;
use fundlink_protocol::engine::{recovery, transfers, transfers_out};
use fundlink_protocol::id::{PayloadHash, TransferId};
use fundlink_protocol::statement::StatementKind;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, Store as _, StoreError, View as _, prefix_end};
use fundlink_protocol::time::{Date, Timestamp};
use fundlink_protocol::wire::DeliveryReply;

use super::bank::{Bank, OrderKey};
use super::disk::Change;
use super::world::Node;

mod answers;
mod books;
mod cases;
mod core_systems;
pub(super) mod interest;
mod lending;
mod logs;
mod people;
mod queries;
mod releases;
mod rest;
mod returns;

pub(super) use releases::CosignRequest;
pub(super) use rest::check_store;

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
    /// Statements that a center has acknowledged, in the order in which it did.
    acknowledged: BTreeMap<CenterCode, Vec<PayloadHash>>,
    answers: answers::Answers,
    people: people::People,
    /// Who has said a sheet for the account of somebody else: what it gets back after a loss it says again.
    liar: Option<CenterCode>,
    /// Nodes that were set back, and have forgotten.
    forgiven: BTreeSet<CenterCode>,
    /// When they were, of those that have not recovered.
    set_back_at: BTreeMap<CenterCode, Timestamp>,
    /// Nodes whose last round took a roster in: what came before it in that round was judged by the old one.
    between_rosters: BTreeSet<CenterCode>,
    cases: cases::Cases,
    books: BTreeMap<CenterCode, books::Books>,
    logs: logs::Logs,
    payouts: lending::Payouts,
}

type Nodes = BTreeMap<CenterCode, Node>;

/// As many open transfers as are looked at in one center.
const OPEN_MAX: usize = 100_000;
/// As many of the last acknowledged statements are looked for after each start of a node.
const ACKNOWLEDGED_LOOKED_FOR: usize = 40;

impl Auditor {
    /// A caller was told of a transfer.
    pub(super) fn tell(&mut self, center: CenterCode, transfer: TransferId) {
        self.told.entry(center).or_default().insert(transfer);
    }

    /// A person is known to the two centers between which they move, by what is theirs alone.
    pub(super) fn know(&mut self, person: u32, secrets: [String; 3], centers: [CenterCode; 2]) {
        self.people.know(person, secrets, centers);
    }

    /// A center has imported its accounts, on a day.
    pub(super) fn imported(&mut self, center: CenterCode, day: Date) {
        self.books.entry(center).or_default().imported_on = Some(day);
    }

    /// The receiver of a center's outbox row has answered.
    pub(super) fn answered(
        &mut self,
        (sender, receiver): (CenterCode, CenterCode),
        row: u64,
        reply: &DeliveryReply,
    ) {
        // Who was set back counts its rows anew, or has forgotten what it has answered.
        let is_forgiven = [sender, receiver].iter().any(|center| self.forgiven.contains(center));
        self.answers.given((sender, receiver, row), reply, is_forgiven);
    }

    /// A node is set back on purpose: it has lost what it knew, and still must not fork its log, nor
    /// begin anything before it knows what it has lost. `since` is later than what it has signed before.
    pub(super) fn forgive(&mut self, center: CenterCode, since: Timestamp) {
        self.forgiven.insert(center);
        self.set_back_at.insert(center, since);
    }

    /// A center says a sheet for the account of somebody else.
    pub(super) const fn lies(&mut self, center: CenterCode) {
        self.liar = Some(center);
    }

    /// What a center has of a transfer, as its row was last written.
    fn case(&self, center: CenterCode, transfer: TransferId) -> Option<(Side, &Case)> {
        self.cases.case(center, transfer)
    }

    /// One of the transfers that centers have seen, as the center that lets it go has it.
    pub(super) fn any_outgoing(&self, place: usize) -> Option<&Case> {
        self.cases.any_outgoing(place)
    }

    /// After each round of a node, before anything of it is released.
    pub(super) fn after_round(
        &mut self,
        (nodes, bank, now): (&Nodes, &Bank, Timestamp),
        center: CenterCode,
        outputs: &[Output],
        cosign: &dyn Fn(&Output) -> Option<CosignRequest>,
    ) -> Result<(), Broken> {
        let Some(node) = nodes.get(&center) else { return Ok(()) };
        let changes = node.disk().take_changes();
        require(changes.commits == 1, || {
            format!("{center} releases what {} commits have promised", changes.commits)
        })?;
        let roster = key(Area::Single, &[b"roster"]);
        if changes.rows.iter().any(|change| change.key == roster) {
            self.between_rosters.insert(center);
        } else {
            self.between_rosters.remove(&center);
        }
        self.answers.check()?;
        for output in outputs.iter().filter(|output| releases::is_cosignature(output)) {
            if let Some(CosignRequest { checkpoint }) = cosign(output) {
                self.logs.check_cosigned((nodes, &self.forgiven), center, &checkpoint)?;
            }
        }
        if self.forgiven.contains(&center) {
            return self.check_forgiven((node, center, now), (&changes.rows, outputs), cosign);
        }
        self.check_rows(node, center, &changes.rows)?;
        for change in &changes.rows {
            let Some(area) = change.key.first().copied() else { continue };
            if area == Area::TransferOut as u8 || area == Area::TransferIn as u8 {
                self.cases.check(&self.forgiven, (center, node), change)?;
                if let Some(out) = self.cases.outgoing((center, change)) {
                    let books = self.books.entry(center).or_default();
                    if node.core.is_none() {
                        books.check_settled(center, out)?;
                    }
                    returns::check_reversed((center, node), out, books.imported_on)?;
                }
                self.check_core((center, node), change)?;
            } else if area == Area::Statement as u8 {
                self.cases.check_said(center, change)?;
            } else if area == Area::Posting as u8 {
                let books = self.books.entry(center).or_default();
                books.check_posting((node, center), bank, change)?;
            } else if area == Area::Intent as u8 {
                self.payouts.check((center, now), change)?;
            } else {
                self.logs.check(node, center, change)?;
            }
        }
        if node.is_center() {
            self.books.entry(center).or_default().check_totals(node, center)?;
        }
        self.check_outputs((node, center), outputs, cosign)
    }

    /// Of a node that was set back: what it had is not compared any more, and what it lets out is.
    fn check_forgiven(
        &mut self,
        (node, center, now): (&Node, CenterCode, Timestamp),
        (changes, outputs): (&[Change], &[Output]),
        cosign: &dyn Fn(&Output) -> Option<CosignRequest>,
    ) -> Result<(), Broken> {
        // What it has begun since it knows what it had lost it may say again after any start.
        if recovery::is_recovering(&Staged::new(node.disk()))? {
            if let Some(since) = self.set_back_at.get(&center) {
                releases::check_set_back(center, *since, outputs)?;
            }
        } else {
            self.set_back_at.remove(&center);
        }
        let intents =
            changes.iter().filter(|change| change.key.first() == Some(&(Area::Intent as u8)));
        intents.into_iter().try_for_each(|change| self.payouts.check((center, now), change))?;
        self.check_outputs((node, center), outputs, cosign)?;
        self.logs.check_roots(node, center, changes)
    }

    fn check_outputs(
        &mut self,
        (node, center): (&Node, CenterCode),
        outputs: &[Output],
        cosign: &dyn Fn(&Output) -> Option<CosignRequest>,
    ) -> Result<(), Broken> {
        let is_answered = |to, row| self.answers.has(center, to, row);
        for output in outputs {
            releases::check((node, center), output, cosign, &is_answered)?;
            if self.liar != Some(center) {
                self.people.check(center, output)?;
            }
            if let Some(hash) = releases::acknowledged(output) {
                self.acknowledged.entry(center).or_default().push(hash);
            }
        }
        Ok(())
    }

    /// Where no order is on its way, a core system has what its node says.
    fn check_core(
        &self,
        (center, node): (CenterCode, &Node),
        change: &Change,
    ) -> Result<(), Broken> {
        let Some(core) = &node.core else { return Ok(()) };
        if let Some(out) = self.cases.outgoing((center, change)) {
            return core_systems::check_outgoing(core, center, out);
        }
        let into = self.cases.incoming((center, change));
        into.map_or(Ok(()), |into| core_systems::check_incoming(core, center, into))
    }

    /// What is said stands in the outbox until its receiver has answered.
    fn check_rows(
        &self,
        node: &Node,
        center: CenterCode,
        changes: &[Change],
    ) -> Result<(), Broken> {
        let area = |change: &&Change, area: Area| change.key.first() == Some(&(area as u8));
        let rows = || changes.iter().filter(|change| area(change, Area::Outbox));
        for gone in rows().filter(|change| change.after.is_none()) {
            let answered =
                row_in(&gone.key).is_some_and(|(to, row)| self.answers.has(center, to, row));
            require(answered, || {
                format!("{center} takes a row out of its outbox that nobody has answered")
            })?;
        }
        let is_there = |hash: &[u8]| {
            rows().any(|change| {
                change.after.as_ref().is_some_and(|row| row.windows(32).any(|part| part == hash))
            })
        };
        let kept = changes.iter().filter(|change| area(change, Area::Statement));
        for said in kept.filter(|change| change.before.is_none()) {
            let hash = said.key.get(1..).unwrap_or_default();
            require(!is_sent(center, said) || is_there(hash), || {
                format!("{center} says a statement that is in no outbox")
            })?;
            lending::check_answer((node, center), said, changes)?;
        }
        for said in changes.iter().filter(|change| area(change, Area::TransferOf)) {
            let hash = said.key.get(1..).unwrap_or_default();
            require(is_there(hash), || format!("{center} says a statement that is in no outbox"))?;
            let view = Staged::new(node.disk());
            let kept = view.get(&key(Area::Statement, &[hash]))?.is_some();
            require(kept, || format!("{center} says a statement that it does not keep"))?;
        }
        Ok(())
    }

    /// After a node has come up: what callers and peers were told is there, and at whatever moment it
    /// stopped, the check of its store finds nothing.
    pub(super) fn after_start(&self, nodes: &Nodes, center: CenterCode) -> Result<(), Broken> {
        let Some(node) = nodes.get(&center) else { return Ok(()) };
        if self.forgiven.contains(&center) {
            return Ok(());
        }
        let view = Staged::new(node.disk());
        for transfer in self.told.get(&center).into_iter().flatten() {
            let there = view.get(&key(Area::TransferIn, &[transfer.as_bytes()]))?.is_some();
            require(there, || format!("{center} has lost transfer {transfer}, which it told of"))?;
        }
        let acknowledged = self.acknowledged.get(&center).map_or(&[][..], Vec::as_slice);
        for hash in acknowledged.iter().rev().take(ACKNOWLEDGED_LOOKED_FOR) {
            releases::check_kept(node, center, *hash)?;
        }
        check_store(node)
    }

    /// After the bank has executed an order: no more has left than the sheet in force says, but for what
    /// the bank has moved by no order.
    pub(super) fn on_payment(
        &self,
        nodes: &Nodes,
        bank: &Bank,
        (center, order): OrderKey,
    ) -> Result<(), Broken> {
        let Some(node) = nodes.get(&center) else { return Ok(()) };
        if self.forgiven.contains(&center) {
            // It may have forgotten the order, or the sheet.
            return Ok(());
        }
        let view = Staged::new(node.disk());
        let found = transfers::find_number(&view, order.letter)?;
        let Some((transfer, _)) = found else {
            return Err(Broken::new(format!("{center} has paid {order} without a transfer")));
        };
        let outgoing = transfers_out::load(&view, transfer)?;
        let settled = outgoing.map_or(0, |outgoing| outgoing.settled_amount().get());
        let net = bank.net(center, order.letter) - bank.beyond(center, order.letter);
        require(net <= settled, || format!("{center} has paid more under {order} than its sheet"))
    }
}

/// The transfers of a node that have not ended.
pub(super) fn open_transfers(node: &Node) -> Result<Vec<TransferId>, Broken> {
    let prefix = key(Area::TransferOpen, &[]);
    let rows = node.disk().range(&prefix, &prefix_end(&prefix), OPEN_MAX)?;
    Ok(rows.iter().filter_map(|(key, _)| id_in(key)).collect())
}

/// Whether a statement that is kept goes to another member by way of the outbox, as all do but questions
/// and answers.
fn is_sent(center: CenterCode, kept: &Change) -> bool {
    let said = kept.after.clone().and_then(|bytes| Received::parse(bytes).ok());
    said.is_some_and(|said| {
        let goes_out =
            said.parties().is_some_and(|(from, to)| from == center && to != Some(center));
        goes_out && !matches!(said.kind(), StatementKind::Query | StatementKind::Answer)
    })
}

/// The receiver and the number of an outbox row.
fn row_in(key: &[u8]) -> Option<(CenterCode, u64)> {
    let to = key.get(1..5)?.try_into().ok().map(u32::from_be_bytes)?;
    let row = key.get(5..13)?.try_into().ok().map(u64::from_be_bytes)?;
    Some((CenterCode::new(to).ok()?, row))
}

/// The transfer that a key names.
fn id_in(key: &[u8]) -> Option<TransferId> {
    key.get(1..)?.try_into().ok().map(TransferId::new)
}

/// A stored value.
fn read<T: for<'b> minicbor::Decode<'b, ()>>(what: &str, bytes: &[u8]) -> Result<T, Broken> {
    minicbor::decode(bytes).map_err(|error| Broken::new(format!("{what} cannot be read: {error}")))
}

fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken::new(otherwise())) }
}
