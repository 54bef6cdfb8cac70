//! What must hold once faults have ended and people have decided: everything has an end, the money is
//! with exactly one center, nothing is left over.
//!
//! **Promises.** Every row is read anew: nothing is taken from what was seen before.

use std::collections::BTreeMap;

use fundlink_protocol::account::{AccountNumber, AccountStatus};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::transfers_in::Incoming;
use fundlink_protocol::engine::transfers_out::Outgoing;
use fundlink_protocol::engine::{
    log_store, outbox, records, store_check, transfers, transfers_in, transfers_out,
};
use fundlink_protocol::id::TransferId;
use fundlink_protocol::ledger;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::store::Staged;
use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::outgoing::OutgoingState;

use super::super::bank::Bank;
use super::super::members;
use super::super::world::Node;
use super::{Auditor, Broken, Nodes, cases, interest, open_transfers, releases, require, returns};

/// How many transfers stand in which state at the transfer-in center.
pub(in super::super) type Ends = BTreeMap<&'static str, u64>;

impl Auditor {
    /// When faults have ended: nothing that anybody was told is gone, whatever is still under way.
    pub(in super::super) fn after_healing(&self, nodes: &Nodes) -> Result<(), Broken> {
        for (center, acknowledged) in &self.acknowledged {
            let Some(node) = nodes.get(center) else { continue };
            for hash in acknowledged {
                releases::check_kept(node, *center, *hash)?;
            }
        }
        nodes.keys().try_for_each(|center| self.after_start(nodes, *center))
    }

    /// When faults have ended and people have decided.
    pub(in super::super) fn at_rest(&self, nodes: &Nodes, bank: &Bank) -> Result<Ends, Broken> {
        for (center, node) in nodes {
            let view = Staged::new(node.disk());
            for other in nodes.keys().filter(|other| *other != center) {
                let open = outbox::open_rows(&view, *other)?;
                require(open == 0, || format!("{center} has {open} statements for {other}"))?;
            }
            check_followers(nodes, *center)?;
            if node.is_center() {
                let sums = ledger::trial_balance(&view)?;
                let (cash, held) = (-i128::from(sums.cash), bank.balance(*center));
                require(cash == held, || {
                    format!("{center} has {cash} in its books, {held} at the bank")
                })?;
            }
            for transfer in open_transfers(node)? {
                let case = transfers::find(&view, transfer)?;
                let waits = case.as_ref().is_some_and(|(_, case)| case.task.is_some());
                let state = case.and_then(|(_, case)| case.history.last().cloned());
                let state = state.map(|change| change.state).unwrap_or_default();
                require(waits, || {
                    format!("{center}: {transfer} rests in {state} and nobody knows")
                })?;
            }
        }
        // The dearest last.
        nodes.values().try_for_each(check_store)?;
        let way = bank.on_the_way();
        require(way == 0, || format!("{way} fen are still on their way"))?;
        bank.check_sum()?;
        let mut ends = Ends::new();
        for (center, told) in &self.told {
            let Some(node) = nodes.get(center) else { continue };
            for transfer in told {
                let view = Staged::new(node.disk());
                let Some(incoming) = transfers_in::load(&view, *transfer)? else {
                    return Err(Broken::new(format!("{center} has lost transfer {transfer}")));
                };
                self.check_ended(nodes, (*center, node), &incoming)?;
                *ends.entry(incoming.state.name()).or_default() += 1;
            }
        }
        Ok(ends)
    }

    /// Both sides of a transfer, side by side; once it has ended, one of them has the money.
    fn check_ended(
        &self,
        nodes: &Nodes,
        (center, node): (CenterCode, &Node),
        incoming: &Incoming,
    ) -> Result<(), Broken> {
        let transfer = incoming.case.id;
        let Some(other) = nodes.get(&incoming.case.letter.to) else { return Ok(()) };
        let outgoing = transfers_out::load(&Staged::new(other.disk()), transfer)?;
        cases::check_pair(outgoing.as_ref(), Some(incoming), transfer)?;
        let Some(outgoing) = outgoing else { return Ok(()) };
        let (here, there) = (&incoming.case.thread, &outgoing.case.thread);
        require(here.ours == there.theirs && there.ours == here.theirs, || {
            format!("a statement of {transfer} was said and never taken in")
        })?;
        returns::check_ended(incoming, &outgoing)?;
        if incoming.state.is_final() && outgoing.state.is_final() {
            returns::check_said((center, node), &incoming.case, returns::last_of(incoming))?;
            let from = outgoing.case.letter.to;
            let last = returns::last_of_other(&outgoing);
            returns::check_said((from, other), &outgoing.case, last)?;
            self.check_money((center, node), incoming, (other, &outgoing))?;
        }
        Ok(())
    }

    fn check_money(
        &self,
        (center, node): (CenterCode, &Node),
        incoming: &Incoming,
        (other, outgoing): (&Node, &Outgoing),
    ) -> Result<(), Broken> {
        let transfer = incoming.case.id;
        let from = outgoing.case.letter.to;
        let moved = matches!(outgoing.state, OutgoingState::Completed(_));
        let stands = |center, transfer: TransferId| {
            self.books.get(&center).map_or((0, 0), |books| books.standing(transfer))
        };
        let expected = i32::from(moved);
        let ((debits, _), (_, credits)) = (stands(from, transfer), stands(center, transfer));
        require(debits == expected && credits == expected, || {
            format!("{transfer} ended with {debits} debits and {credits} credits that stand")
        })?;
        let sheet = incoming.sheet.as_ref().and_then(|sheet| sheet.sheet.amount());
        let credited = balance(node, &incoming.account)?;
        if matches!(incoming.state, IncomingState::Completed(_)) {
            let least = sheet.map(|sheet| i128::from(sheet.get()));
            require(credited >= least, || format!("{transfer} has ended and is not credited"))?;
        }
        let account = &outgoing.case.letter.account;
        let record = records::account(&Staged::new(other.disk()), account)?;
        let status = record.map(|(account, _)| account.record.account.status);
        if moved {
            let left = balance(other, account)?;
            let gone = left == Some(0) && status == Some(AccountStatus::TransferredOut);
            return require(gone, || format!("{from} has paid {transfer} and keeps the account"));
        }
        let held = ledger::held_by(&Staged::new(other.disk()), account)?;
        require(held.is_none_or(|holder| holder != transfer), || {
            format!("{from} holds the account of {transfer}, which is over")
        })?;
        let person = interest::number_of(account);
        // Unless another transfer of the person has it by now.
        let was = person.map(members::status_before);
        require(held.is_some() || status == was, || {
            format!("{from} has the account of {transfer} back as {status:?}, it was {was:?}")
        })?;
        let imported = self.books.get(&from).and_then(|books| books.imported_on);
        let untouched = person.zip(imported).and_then(|(who, day)| interest::untouched(who, day));
        let stands = balance(other, account)?;
        let is_whole = untouched.zip(stands).is_some_and(|(may, stands)| may.contains(&stands));
        require(is_whole || stands.is_none() || held.is_some(), || {
            format!("{from} has the account of {transfer} back with {stands:?}, not {untouched:?}")
        })
    }
}

/// The balance of an account in the ledger; `None` where only the imported record speaks of it.
fn balance(node: &Node, account: &AccountNumber) -> Result<Option<i128>, Broken> {
    let balance = ledger::balance(&Staged::new(node.disk()), account)?;
    Ok(balance.map(|balance| i128::from(balance.get())))
}

/// Every follower holds the log of a center as it is.
fn check_followers(nodes: &Nodes, center: CenterCode) -> Result<(), Broken> {
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

/// The check of a stopped store finds nothing.
fn check_store(node: &Node) -> Result<(), Broken> {
    let report = store_check::check(&Staged::new(node.disk()), &node.expected())?;
    let first = report.findings.first();
    first.map_or(Ok(()), |found| {
        let (code, place) = (found.fault.code(), &found.place);
        Err(Broken::new(format!("{}: {code}, {place}", node.expected().center)))
    })
}
