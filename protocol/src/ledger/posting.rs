//! Balanced postings: the only way in which the ledger changes.
//!
//! **Promises.** The lines of a posting sum to zero, and so do all classes after it; suspense is
//! kept a transfer and never goes below nothing.
//! **Left to others.** Which posting a business makes: [`settling`](super::settling).

use core::fmt;

use minicbor::{Decode, Encode};

use super::{LedgerError, TrialBalance, suspense, suspense_key, trial_balance};
use crate::cbor;
use crate::id::{OrderId, TransferId};
use crate::money::Fen;
use crate::settlement::BankReference;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::Date;

/// A class of accounts of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
#[repr(u8)]
pub enum Side {
    /// Personal accounts.
    #[n(1)]
    Persons = 1,
    /// 转出在途.
    #[n(2)]
    SuspenseOut = 2,
    /// 转入在途.
    #[n(3)]
    SuspenseIn = 3,
    /// 利息支出.
    #[n(4)]
    Interest = 4,
    /// 专户存款.
    #[n(5)]
    Cash = 5,
}

/// One line of a posting.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Line {
    /// The class.
    #[n(1)]
    pub side: Side,
    /// What is added to it; negative takes away.
    #[n(2)]
    pub amount: Fen,
}

impl fmt::Debug for Line {
    /// Without the amount.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({:?})", self.side)
    }
}

/// Why a posting was made.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Cause {
    /// An import of the center's records.
    #[n(1)]
    Import,
    /// An order of a transfer.
    #[n(2)]
    Order(#[n(0)] TransferId, #[n(1)] OrderId),
    /// The undoing of what an order did (冲账).
    #[n(3)]
    Undoing(#[n(0)] TransferId, #[n(1)] OrderId),
    /// A movement that the bank reported.
    #[n(4)]
    Notice(#[n(0)] TransferId, #[n(1)] BankReference),
}

impl Cause {
    /// The transfer that it belongs to.
    #[must_use]
    pub const fn transfer(&self) -> Option<TransferId> {
        match self {
            Self::Import => None,
            Self::Order(transfer, _) | Self::Undoing(transfer, _) | Self::Notice(transfer, _) => {
                Some(*transfer)
            }
        }
    }
}

/// Lines that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Posting {
    /// The booking day.
    #[n(1)]
    pub on: Date,
    /// Why.
    #[n(2)]
    pub cause: Cause,
    /// What.
    #[n(3)]
    pub lines: Vec<Line>,
}

/// Makes a posting; gives its number. What the bank reports has happened: it is booked even where more
/// has left than suspense holds, which then says by how much.
///
/// # Errors
/// When suspense does not hold what an order takes from it, a sum overflows, or the store cannot be
/// read: then nothing is staged.
pub fn post(view: &mut dyn View, posting: Posting) -> Result<u64, LedgerError> {
    let sum = Fen::checked_sum(posting.lines.iter().map(|line| line.amount));
    assert!(sum == Some(Fen::ZERO), "a posting is balanced");
    let mut totals = trial_balance(view)?;
    let mut suspended = Vec::new();
    for line in &posting.lines {
        let total = match line.side {
            Side::Persons => &mut totals.persons,
            Side::SuspenseOut => &mut totals.suspense_out,
            Side::SuspenseIn => &mut totals.suspense_in,
            Side::Interest => &mut totals.interest,
            Side::Cash => &mut totals.cash,
        };
        *total = total.checked_add(line.amount.get()).ok_or(LedgerError::Overflow)?;
        if matches!(line.side, Side::SuspenseOut | Side::SuspenseIn) {
            let transfer = posting.cause.transfer().ok_or(LedgerError::Suspense)?;
            let held = suspense(view, line.side, transfer)?.checked_add(line.amount);
            let held = held.ok_or(LedgerError::Overflow)?;
            let has_happened = matches!(posting.cause, Cause::Notice(..));
            if held < Fen::ZERO && !has_happened {
                return Err(LedgerError::Suspense);
            }
            suspended.push((suspense_key(line.side, transfer), held));
        }
    }
    assert_eq!(totals.sum(), 0, "the ledger sums to zero");
    for (place, held) in suspended {
        if held.is_zero() {
            view.delete(place);
        } else {
            view.put(place, cbor::encode(&held));
        }
    }
    view.put(key(Area::LedgerTotals, &[]), cbor::encode::<TrialBalance>(&totals));
    let number = next_number(view)?;
    view.put(key(Area::Posting, &[&number.to_be_bytes()]), cbor::encode(&posting));
    Ok(number)
}

/// The postings from a number on, at most `limit`.
///
/// # Errors
/// When the store cannot be read.
pub fn postings(
    view: &dyn View,
    from: u64,
    limit: usize,
) -> Result<Vec<(u64, Posting)>, StoreError> {
    let start = key(Area::Posting, &[&from.to_be_bytes()]);
    let end = crate::store::prefix_end(&key(Area::Posting, &[]));
    let rows = view.range(&start, &end, limit)?;
    rows.into_iter()
        .map(|(place, bytes)| {
            let number = place.get(1..9).and_then(|bytes| bytes.try_into().ok());
            let number = number.map(u64::from_be_bytes).ok_or_else(|| StoreError::Corrupt {
                place: "postings",
                detail: "a key of another length".into(),
            })?;
            Ok((number, cbor::decode_stored("postings", &bytes)?))
        })
        .collect()
}

fn next_number(view: &dyn View) -> Result<u64, StoreError> {
    let all = key(Area::Posting, &[]);
    let last = view.last(&all, &crate::store::prefix_end(&all))?;
    let number = last.and_then(|(place, _)| place.get(1..9)?.try_into().ok());
    Ok(number.map_or(1, |bytes| u64::from_be_bytes(bytes).saturating_add(1)))
}
