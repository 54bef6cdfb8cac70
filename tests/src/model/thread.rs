//! What the two centers say to each other, and the links that carry it.
//!
//! **Promises.** Statements come in any order, late and more than once; whose turn it is, the engine's
//! own function says.
//! **Left to others.** What a statement leads to: `transfer_out`, `transfer_in`.

use std::hash::{Hash, Hasher};

use fundlink_protocol::money::Fen;
use fundlink_protocol::statement::transfer::reply::CancellationOutcome;
use fundlink_protocol::statement::transfer::sheet::ReversalCause;
use fundlink_protocol::transfer::reason::RefusalReason;
use fundlink_protocol::transfer::turn::Turn;

/// What the transfer-out center says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FromOut {
    /// 受理.
    Acceptance,
    /// 驳回.
    Refusal(RefusalReason),
    /// The answer to a withdrawal.
    CancellationAnswer(CancellationOutcome),
    /// 信息表: revision and amount.
    Sheet(u32, Fen),
    /// The receiving account must be corrected.
    NotPaid,
    /// The debit is confirmed.
    Remittance,
    /// A revision was undone.
    Reversal(u32, ReversalCause),
    /// The account stands as before.
    Restoration,
}

/// What the transfer-in center says after its letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FromIn {
    /// 撤销.
    Cancellation,
    /// The refusal was read.
    RefusalConfirmation,
    /// Where the money is to go.
    Correction,
    /// So much has arrived of a revision.
    Difference(u32, Fen),
    /// A revision was credited; `true` after a negotiation.
    Credit(u32, Fen, bool),
    /// The money was sent back for good.
    Return,
}

/// The statements of one center on their way to the other.
#[derive(Clone, Debug)]
pub struct Thread<T> {
    /// Those that have not counted, in their order; `true` when one came early and is kept.
    said: Vec<(T, bool)>,
    /// The one that counted last. It may come again, and nothing may follow from that: so the future
    /// does not depend on it, and two threads that differ in it alone are the same.
    last: Option<T>,
}

impl<T: PartialEq> PartialEq for Thread<T> {
    fn eq(&self, other: &Self) -> bool {
        self.said == other.said
    }
}

impl<T: Eq> Eq for Thread<T> {}

impl<T: Hash> Hash for Thread<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.said.hash(state);
    }
}

impl<T: Copy> Thread<T> {
    pub(super) const fn empty() -> Self {
        Self { said: Vec::new(), last: None }
    }

    /// Says one more.
    pub(super) fn say(&mut self, statement: T) {
        self.said.push((statement, false));
    }

    /// The first of those that have not counted.
    pub(super) fn first(&self) -> Option<T> {
        self.said.first().map(|(statement, _)| *statement)
    }

    /// Brings the so-and-so-many-th of those that have not counted, from 1, or for 0 the last one that
    /// has; gives what counts now.
    pub(super) fn bring(&mut self, step: usize) -> Option<T> {
        let number = u32::try_from(step).ok()?;
        match Turn::of(HANDLED, HANDLED.checked_add(number)?) {
            Turn::Now if step == 0 => self.last,
            Turn::Now => self.next(),
            Turn::Early => {
                self.said.get_mut(step.checked_sub(1)?)?.1 = true;
                None
            }
            Turn::Over | Turn::TooEarly => None,
        }
    }

    pub(super) fn next(&mut self) -> Option<T> {
        if self.said.is_empty() {
            return None;
        }
        let (statement, _) = self.said.remove(0);
        self.last = Some(statement);
        Some(statement)
    }

    /// What came early and counts now.
    pub(super) fn kept(&mut self) -> Option<T> {
        if self.said.first().is_some_and(|(_, is_kept)| *is_kept) { self.next() } else { None }
    }
}

/// Steps are counted from here: only how far they lie apart matters.
const HANDLED: u32 = 100;

/// How many statements wait.
pub(super) trait Waiting {
    /// How many have not counted.
    fn waiting(&self) -> usize;
}

impl<T: Copy> Waiting for Thread<T> {
    fn waiting(&self) -> usize {
        self.said.len()
    }
}
