//! What must hold once faults have ended and people have decided: everything has an end, the money is
//! with exactly one center, nothing is left over.
//!
//! **Promises.** Every row is read anew: nothing is taken from what was seen before.

use std::collections::{BTreeMap, BTreeSet};

use fundlink_protocol::account::AccountStatus;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::Received;
use fundlink_protocol::engine::transfers_in::Incoming;
use fundlink_protocol::engine::transfers_out::Outgoing;
use fundlink_protocol::engine::{
    log_store, outbox, recovery, store_check, transfers, transfers_in, transfers_out,
};
use fundlink_protocol::id::{PayloadHash, TransferId};
use fundlink_protocol::ledger;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::log::tree::TreeSize;
use fundlink_protocol::money::Fen;
use fundlink_protocol::roster::Member;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, Store as _, View as _, prefix_end};
use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::outgoing::OutgoingState;

use super::super::bank::Bank;
use super::super::world::Node;
use super::{
    Auditor, Broken, Nodes, books, cases, core_systems, interest, open_transfers, queries, read,
    releases, require, returns,
};

/// How many transfers stand in which state at the transfer-in center.
pub(in super::super) type Ends = BTreeMap<&'static str, u64>;

impl Auditor {
    /// When faults have ended: nothing that anybody was told is gone, whatever is still under way.
    pub(in super::super) fn after_healing(&self, nodes: &Nodes) -> Result<(), Broken> {
        for (center, acknowledged) in &self.acknowledged {
            let Some(node) = nodes.get(center) else { continue };
            if self.forgiven.contains(center) {
                continue;
            }
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
            if self.forgiven.contains(center) {
                self.check_given_back((nodes, bank), *center)?;
            } else {
                check_witnessed(node, *center)?;
            }
            queries::check_ended(node, *center)?;
            if let Some(core) = &node.core {
                core.check_sum()?;
            } else if node.is_center() {
                let sums = ledger::trial_balance(&view)?;
                let (cash, held) = (-i128::from(sums.cash), bank.balance(*center));
                require(cash == held, || {
                    format!("{center} has {cash} in its books, {held} at the bank")
                })?;
            }
            for transfer in open_transfers(node)? {
                let case = transfers::find(&view, transfer)?;
                let waits = case.as_ref().is_some_and(|(_, case)| case.task.is_some());
                // Whoever is called because it takes long can do nothing about an order that is lost.
                let has_order =
                    case.as_ref().is_some_and(|(_, it)| it.core.is_some() || it.payment.is_some());
                require(!has_order || self.forgiven.contains(center), || {
                    format!("{center}: an order of {transfer} to its core or bank has no end")
                })?;
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
                    // What nobody has heard of is forgotten for good.
                    if self.forgiven.contains(center) {
                        continue;
                    }
                    return Err(Broken::new(format!("{center} has lost transfer {transfer}")));
                };
                self.check_ended((nodes, bank), (*center, node), &incoming)?;
                *ends.entry(incoming.state.name()).or_default() += 1;
            }
        }
        Ok(ends)
    }

    /// A node that was set back amid the work knows what others know: whatever it has acknowledged, and
    /// every transfer that another center has with it.
    fn check_given_back(
        &self,
        (nodes, bank): (&Nodes, &Bank),
        center: CenterCode,
    ) -> Result<(), Broken> {
        self.check_recovered((nodes, bank), center)?;
        let Some(node) = nodes.get(&center) else { return Ok(()) };
        let acknowledged = self.acknowledged.get(&center).map_or(&[][..], Vec::as_slice);
        let view = Staged::new(node.disk());
        // What waits for a person's decision, or for what comes before it, is here as well.
        let prefix = key(Area::Recalled, &[]);
        let waiting = node.disk().range(&prefix, &prefix_end(&prefix), usize::MAX)?;
        let waiting: BTreeSet<PayloadHash> = waiting
            .into_iter()
            .filter_map(|(_, bytes)| Received::parse(bytes).ok().map(|said| said.hash()))
            .collect();
        for hash in acknowledged.iter().filter(|hash| !waiting.contains(hash)) {
            if view.get(&key(Area::Statement, &[hash.as_bytes()]))?.is_none() {
                check_unknown(nodes, center, *hash)?;
            }
        }
        for (other, holder) in nodes.iter().filter(|(other, _)| **other != center) {
            let prefix = key(Area::TransferOut, &[]);
            for (_, bytes) in holder.disk().range(&prefix, &prefix_end(&prefix), usize::MAX)? {
                let outgoing: Outgoing = read("an outgoing transfer", &bytes)?;
                let transfer = outgoing.case.id;
                let is_theirs = outgoing.case.letter.from == center;
                let has = !is_theirs || transfers_in::load(&view, transfer)?.is_some();
                require(has, || {
                    let state = outgoing.state.name();
                    format!("{center} has forgotten {transfer}, which is {state} at {other}")
                })?;
            }
            let prefix = key(Area::TransferIn, &[]);
            for (_, bytes) in holder.disk().range(&prefix, &prefix_end(&prefix), usize::MAX)? {
                let incoming: Incoming = read("an incoming transfer", &bytes)?;
                let transfer = incoming.case.id;
                let was_heard = incoming.case.thread.theirs > 0
                    // Of what was refused or withdrawn before its letter came nothing is kept.
                    && !matches!(
                        incoming.state,
                        IncomingState::Rejected(..) | IncomingState::Cancelled
                    );
                let is_ours = incoming.case.letter.to == center && was_heard;
                let has = !is_ours || transfers_out::load(&view, transfer)?.is_some();
                require(has, || {
                    let state = incoming.state.name();
                    format!("{center} has forgotten {transfer}, which is {state} at {other}")
                })?;
            }
        }
        Ok(())
    }

    /// A node that was set back has ended its recovery: its books hold what its bank does, by notices
    /// that were read again from the day of the backup, and what is open waits for a person.
    pub(in super::super) fn check_recovered(
        &self,
        (nodes, bank): (&Nodes, &Bank),
        center: CenterCode,
    ) -> Result<(), Broken> {
        let Some(node) = nodes.get(&center) else { return Ok(()) };
        let view = Staged::new(node.disk());
        require(!recovery::is_recovering(&view)?, || {
            format!("{center} was set back, and does not end its recovery")
        })?;
        for transfer in open_transfers(node)? {
            let case = transfers::find(&view, transfer)?;
            let waits = case.is_some_and(|(_, case)| case.task.is_some());
            require(waits, || {
                format!("{center} was set back: {transfer} is open and nobody knows")
            })?;
        }
        if node.core.is_none() {
            let cash = -i128::from(ledger::trial_balance(&view)?.cash);
            let held = bank.balance(center);
            require(cash == held, || {
                format!("{center} was set back, and has {cash} in its books, {held} at the bank")
            })?;
        }
        Ok(())
    }

    /// Both sides of a transfer, side by side; once it has ended, one of them has the money.
    fn check_ended(
        &self,
        (nodes, bank): (&Nodes, &Bank),
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
            self.check_money((nodes, bank), incoming, &outgoing)?;
        }
        Ok(())
    }

    fn check_money(
        &self,
        (nodes, bank): (&Nodes, &Bank),
        incoming: &Incoming,
        outgoing: &Outgoing,
    ) -> Result<(), Broken> {
        let (center, from) = (incoming.case.letter.from, outgoing.case.letter.to);
        let (Some(node), Some(other)) = (nodes.get(&center), nodes.get(&from)) else {
            return Ok(());
        };
        let transfer = incoming.case.id;
        let moved = matches!(outgoing.state, OutgoingState::Completed(_));
        let expected = i32::from(moved);
        let debits = self.standing((from, other), transfer)?.0;
        let credits = self.standing((center, node), transfer)?.1;
        require(debits == expected && credits == expected, || {
            format!("{transfer} ended with {debits} debits and {credits} credits that stand")
        })?;
        let sheet = incoming.sheet.as_ref().and_then(|sheet| sheet.sheet.amount());
        // A number that was given twice is the earlier letter's, and so is what moved under it.
        let number = incoming.case.letter.number;
        let of_number = transfers::find_number(&Staged::new(node.disk()), number)?;
        let was_given_twice = of_number.is_some_and(|(of_number, _)| of_number != transfer);
        if !was_given_twice || !self.forgiven.contains(&center) {
            check_banked(bank, (incoming, outgoing), sheet.filter(|_| moved))?;
        }
        let credited = core_systems::standing(node, &incoming.account)?.balance;
        if matches!(incoming.state, IncomingState::Completed(_)) {
            let least = sheet.map(|sheet| i128::from(sheet.get()));
            require(credited >= least, || format!("{transfer} has ended and is not credited"))?;
        }
        let account = &outgoing.case.letter.account;
        let now = core_systems::standing(other, account)?;
        if moved {
            let gone = now.balance == Some(0) && now.status == Some(AccountStatus::TransferredOut);
            return require(gone, || format!("{from} has paid {transfer} and keeps the account"));
        }
        let held = now.held_by;
        require(held.is_none_or(|holder| holder != transfer), || {
            format!("{from} holds the account of {transfer}, which is over")
        })?;
        // Unless another transfer of the person has it by now.
        require(held.is_some() || now.status == now.was, || {
            let (status, was) = (now.status, now.was);
            format!("{from} has the account of {transfer} back as {status:?}, it was {was:?}")
        })?;
        let person = interest::number_of(account);
        let imported = self.books.get(&from).and_then(|books| books.imported_on);
        let untouched = person.zip(imported).and_then(|(who, day)| interest::untouched(who, day));
        let stands = now.balance;
        let is_whole = untouched.zip(stands).is_some_and(|(may, stands)| may.contains(&stands));
        require(is_whole || stands.is_none() || held.is_some(), || {
            format!("{from} has the account of {transfer} back with {stands:?}, not {untouched:?}")
        })
    }

    /// The debits and credits of a transfer that stand at a center.
    fn standing(
        &self,
        (center, node): (CenterCode, &Node),
        transfer: TransferId,
    ) -> Result<(i32, i32), Broken> {
        if let Some(core) = &node.core {
            let moved = core.moved(transfer);
            return Ok((moved.debits, moved.credits));
        }
        if self.forgiven.contains(&center) {
            return books::standing_on_disk(node, transfer);
        }
        Ok(self.books.get(&center).map_or((0, 0), |books| books.standing(transfer)))
    }
}

/// What the bank has moved under a letter that is over is what the sheet says, on both sides; or
/// nothing. More than that waits for a person.
fn check_banked(
    bank: &Bank,
    (incoming, outgoing): (&Incoming, &Outgoing),
    amount: Option<Fen>,
) -> Result<(), Broken> {
    let letter = &incoming.case.letter;
    let due = amount.map_or(0, Fen::get);
    let (left, came) = (bank.net(letter.to, letter.number), -bank.net(letter.from, letter.number));
    let waits = incoming.case.task.is_some() || outgoing.case.task.is_some();
    require(waits || (left, came) == (due, due), || {
        let transfer = incoming.case.id;
        format!("{transfer} is over with {due}, the banks say {left} and {came}")
    })
}

/// What a node has acknowledged and forgotten nobody else has either.
fn check_unknown(nodes: &Nodes, center: CenterCode, hash: PayloadHash) -> Result<(), Broken> {
    for (other, holder) in nodes {
        let view = Staged::new(holder.disk());
        // A letter that was taken in, forgotten, and refused when it came again: who has sent it knows.
        let letter = transfers_in::load(&view, TransferId::new(*hash.as_bytes()))?;
        if letter.is_some_and(|letter| matches!(letter.state, IncomingState::Rejected(..))) {
            continue;
        }
        let kept = view.get(&key(Area::Statement, &[hash.as_bytes()]))?;
        if let Some(said) = kept.and_then(|bytes| Received::parse(bytes).ok()) {
            let what = said.kind().name();
            let what = format!("{center} has forgotten a {what}, which {other} has: {hash}");
            return Err(Broken::new(what));
        }
    }
    Ok(())
}

/// Every follower holds the open log of a center as it is.
fn check_followers(nodes: &Nodes, center: CenterCode) -> Result<(), Broken> {
    let Some(node) = nodes.get(&center) else { return Ok(()) };
    let listed = node.engine.as_ref().and_then(|engine| engine.roster().member(center));
    let Some(number) = listed.and_then(Member::open_log) else { return Ok(()) };
    let log = LogId::public(center, number);
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

/// The witnesses have vouched for all of the open logs of a center.
fn check_witnessed(node: &Node, center: CenterCode) -> Result<(), Broken> {
    let listed = node.engine.as_ref().and_then(|engine| engine.roster().member(center));
    let Some(number) = listed.and_then(Member::open_log) else { return Ok(()) };
    let view = Staged::new(node.disk());
    for log in [LogId::public(center, number), LogId::audit(center, number)] {
        let size = log_store::row(&view, log)?.size;
        let witnessed = log_store::latest_witnessed(&view, log)?.map(|(size, _)| size);
        require(size.is_empty() || witnessed == Some(size), || {
            let witnessed = witnessed.map_or(0, TreeSize::get);
            format!("{log} rests at {}, and is witnessed at {witnessed}", size.get())
        })?;
    }
    Ok(())
}

/// The check of a stopped store finds nothing.
pub(in super::super) fn check_store(node: &Node) -> Result<(), Broken> {
    let report = store_check::check(&Staged::new(node.disk()), &node.expected())?;
    let first = report.findings.first();
    first.map_or(Ok(()), |found| {
        let (code, place) = (found.fault.code(), &found.place);
        Err(Broken::new(format!("{}: {code}, {place}", node.expected().center)))
    })
}
