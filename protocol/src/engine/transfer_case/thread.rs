//! The thread of statements between the two centers of a transfer.
//!
//! **Promises.** What is said has the next step and names what was heard last. What this center said
//! before its store forgot it is said again as it was, and nothing else in its place.
//! **Left to others.** What follows from a statement: `transfers_out`, `transfers_in`.

use minicbor::{Decode, Encode};

use super::super::recovery::recalled;
use super::super::round::{Round, Route};
use super::Case;
use crate::cbor;
use crate::cose::Received;
use crate::id::PayloadHash;
use crate::statement::Payload;
use crate::statement::transfer::StepHead;
use crate::store::keys::{Area, key};

/// The statements of a transfer, as one side has them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Thread {
    /// The step of the last statement of our own.
    #[n(1)]
    pub ours: u32,
    /// The step of the last statement of the other center that was handled.
    #[n(2)]
    pub theirs: u32,
    /// That statement; the letter, as long as there is none.
    #[n(3)]
    pub heard: PayloadHash,
    /// All statements of both, in the order in which they counted here.
    #[n(4)]
    pub statements: Vec<PayloadHash>,
}

impl Case {
    /// Says something to the other center.
    pub(in crate::engine) fn say<P: Payload>(
        &mut self,
        round: &mut Round<'_>,
        build: impl FnOnce(StepHead) -> P,
    ) -> PayloadHash {
        self.say_what(round, build).0
    }

    /// Says something to the other center; what this center said at this step before its store forgot
    /// it is said again as it was. Gives what was said, too.
    pub(in crate::engine) fn say_what<P: Payload>(
        &mut self,
        round: &mut Round<'_>,
        build: impl FnOnce(StepHead) -> P,
    ) -> (PayloadHash, P) {
        let to = self.other(round.center());
        while let Some(before) = self.say_again(round) {
            let is_this = before.kind() == P::KIND;
            if let Some(said) = cbor::decode::<P>(before.payload()).ok().filter(|_| is_this) {
                return (before.hash(), said);
            }
        }
        self.thread.ours = self.thread.ours.saturating_add(1);
        let head = StepHead {
            from: round.center(),
            to,
            issued_at: round.now,
            transfer: self.id,
            step: self.thread.ours,
            answers: self.thread.heard,
        };
        let said = build(head);
        let hash = round.say(&said, Route::Outbox(to));
        round.view.put(key(Area::TransferOf, &[hash.as_bytes()]), self.id.as_bytes().to_vec());
        self.thread.statements.push(hash);
        (hash, said)
    }

    /// Says the next of what this center said before its store forgot it.
    fn say_again(&mut self, round: &mut Round<'_>) -> Option<Received> {
        let to = self.other(round.center());
        let before = recalled::say_again(round, (self.id, self.thread.ours), to)?;
        self.thread.ours = self.thread.ours.saturating_add(1);
        self.thread.statements.push(before.hash());
        Some(before)
    }

    /// Says all of what this center said next before its store forgot it; whether that was anything.
    pub(in crate::engine) fn say_all_again(&mut self, round: &mut Round<'_>) -> bool {
        let before = self.thread.ours;
        while self.say_again(round).is_some() {}
        self.thread.ours > before
    }

    /// Notes that a statement of the other center was handled.
    pub(in crate::engine) fn hear(&mut self, step: u32, hash: PayloadHash) {
        self.thread.theirs = step;
        self.thread.heard = hash;
        self.thread.statements.push(hash);
    }
}
