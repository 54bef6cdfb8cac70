//! The books of a center: every posting, once it is committed.
//!
//! **Promises.** Postings are only added, each sums to zero, and together they are the totals that
//! the ledger shows. Of a transfer at most one debit and one credit stand that are not reversed; a
//! debit is principal and interest as computed apart from the engine, a credit is the sheet, and a
//! movement of cash is a line of the bank, counted once.

use std::collections::{BTreeMap, BTreeSet};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::transfers_out::Outgoing;
use fundlink_protocol::engine::{transfers_in, transfers_out};
use fundlink_protocol::id::TransferId;
use fundlink_protocol::ledger;
use fundlink_protocol::ledger::posting::{Cause, Posting, Side};
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, Store as _, prefix_end};
use fundlink_protocol::time::Date;

use super::super::bank::Bank;
use super::super::disk::Change;
use super::super::world::Node;
use super::{Broken, interest, read, require};

/// The books of a center, as its postings have made them.
#[derive(Debug, Default)]
pub(super) struct Books {
    last: u64,
    sums: BTreeMap<Side, i128>,
    moved: BTreeMap<TransferId, Moved>,
    counted: BTreeSet<String>,
    /// The day of the import.
    pub(super) imported_on: Option<Date>,
}

/// The debits and credits of a transfer that stand, by the postings on the disk.
pub(super) fn standing_on_disk(node: &Node, transfer: TransferId) -> Result<(i32, i32), Broken> {
    let (mut debits, mut credits) = (0, 0);
    let prefix = key(Area::Posting, &[]);
    for (_, bytes) in node.disk().range(&prefix, &prefix_end(&prefix), usize::MAX)? {
        let posting: Posting = read("a posting", &bytes)?;
        let is_debit = posting.lines.iter().any(|line| line.side == Side::SuspenseOut);
        match posting.cause {
            Cause::Order(of, _) if of == transfer && is_debit => debits += 1,
            Cause::Order(of, _) if of == transfer => credits += 1,
            Cause::Undoing(of, _) if of == transfer => debits -= 1,
            Cause::Order(..) | Cause::Undoing(..) | Cause::Import | Cause::Notice(..) => {}
        }
    }
    Ok((debits, credits))
}

/// What a transfer has done to the books of a center.
#[derive(Clone, Copy, Debug, Default)]
struct Moved {
    debits: i32,
    debit: i128,
    credits: i32,
}

impl Books {
    pub(super) fn check_posting(
        &mut self,
        (node, center): (&Node, CenterCode),
        bank: &Bank,
        change: &Change,
    ) -> Result<(), Broken> {
        let number = change.key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
        let is_next = change.before.is_none() && number == Some(self.last + 1);
        let (Some(after), true) = (&change.after, is_next) else {
            return Err(Broken::new(format!("{center} has changed or left out a posting")));
        };
        self.last += 1;
        let posting: Posting = read("a posting", after)?;
        let of = |side: Side| -> i128 {
            let lines = posting.lines.iter().filter(|line| line.side == side);
            lines.map(|line| i128::from(line.amount.get())).sum()
        };
        for line in &posting.lines {
            *self.sums.entry(line.side).or_default() += i128::from(line.amount.get());
        }
        let sum: i128 = self.sums.values().sum();
        require(sum == 0, || format!("the postings of {center} sum to {sum}"))?;
        // One of months alone moves nothing.
        let is_debit = posting.lines.iter().any(|line| line.side == Side::SuspenseOut);
        match &posting.cause {
            Cause::Import => Ok(()),
            Cause::Order(transfer, _) if is_debit => {
                self.check_debit((node, center), *transfer, (posting.on, of(Side::SuspenseOut)))
            }
            Cause::Order(transfer, _) => {
                let credit = (of(Side::Persons), -of(Side::SuspenseIn));
                self.check_credit((node, center), *transfer, credit)
            }
            Cause::Undoing(transfer, _) => {
                let moved = self.moved.entry(*transfer).or_default();
                moved.debits -= 1;
                let whole = moved.debits == 0 && -of(Side::SuspenseOut) == moved.debit;
                require(whole, || format!("{center} undoes another debit of {transfer}"))
            }
            Cause::Notice(transfer, reference) => {
                let reference = reference.0.as_str();
                let first = self.counted.insert(reference.to_owned());
                require(first, || format!("{center} counts line {reference} of its bank twice"))?;
                let line = bank.line(center, reference);
                require(line == Some(-of(Side::Cash)), || {
                    format!("{center} books a line for {transfer} that its bank does not have")
                })
            }
        }
    }

    /// One debit stands at a time, and it is principal and interest to its day.
    fn check_debit(
        &mut self,
        (node, center): (&Node, CenterCode),
        transfer: TransferId,
        (day, debit): (Date, i128),
    ) -> Result<(), Broken> {
        let moved = self.moved.entry(transfer).or_default();
        moved.debits += 1;
        moved.debit = debit;
        require(moved.debits == 1, || format!("{center} has debited {transfer} twice"))?;
        let out = transfers_out::load(&Staged::new(node.disk()), transfer)?;
        let person = out.and_then(|out| interest::number_of(&out.case.letter.account));
        let known = person.zip(self.imported_on);
        let due = known.and_then(|(who, imported_on)| interest::total(who, imported_on, day));
        require(due == Some(debit), || {
            format!("{center} settles {transfer} with {debit} on {day}, not with {due:?}")
        })
    }

    /// One credit stands, and it is what the sheet in force says.
    fn check_credit(
        &mut self,
        (node, center): (&Node, CenterCode),
        transfer: TransferId,
        (credit, from_suspense): (i128, i128),
    ) -> Result<(), Broken> {
        let moved = self.moved.entry(transfer).or_default();
        moved.credits += 1;
        require(moved.credits == 1, || format!("{center} has credited {transfer} twice"))?;
        let incoming = transfers_in::load(&Staged::new(node.disk()), transfer)?;
        let sheet = incoming.and_then(|incoming| incoming.sheet);
        let due = sheet.filter(|sheet| !sheet.is_reversed).and_then(|sheet| sheet.sheet.amount());
        let due = due.map(|due| i128::from(due.get()));
        require(due == Some(credit) && due == Some(from_suspense), || {
            format!("{center} credits {transfer} with {credit}, its sheet says {due:?}")
        })
    }

    /// What a transfer has settled is what its account was debited with: sheet and payment go by the one,
    /// the person has lost the other.
    pub(super) fn check_settled(&self, center: CenterCode, out: &Outgoing) -> Result<(), Broken> {
        let moved = self.moved.get(&out.case.id).copied().unwrap_or_default();
        let debited = if moved.debits > 0 { moved.debit } else { 0 };
        let settled = i128::from(out.settled_amount().get());
        require(out.case.core.is_some() || settled == debited, || {
            let transfer = out.case.id;
            format!("{center} has settled {transfer} with {settled}, and debited {debited} for it")
        })
    }

    /// What the ledger shows is what its postings come to.
    pub(super) fn check_totals(&self, node: &Node, center: CenterCode) -> Result<(), Broken> {
        let totals = ledger::trial_balance(&Staged::new(node.disk()))?;
        let shown = [
            (Side::Persons, totals.persons),
            (Side::SuspenseOut, totals.suspense_out),
            (Side::SuspenseIn, totals.suspense_in),
            (Side::Interest, totals.interest),
            (Side::Cash, totals.cash),
        ];
        for (side, shown) in shown {
            let posted = self.sums.get(&side).copied().unwrap_or_default();
            require(i128::from(shown) == posted, || {
                format!("the ledger of {center} shows {shown} for {side:?}, postings say {posted}")
            })?;
        }
        Ok(())
    }

    /// The debits and credits of a transfer that stand.
    pub(super) fn standing(&self, transfer: TransferId) -> (i32, i32) {
        self.moved.get(&transfer).map_or((0, 0), |moved| (moved.debits, moved.credits))
    }
}
