//! Incoming transfers: what the transfer-out center says to the letter and to its withdrawal.
//!
//! **Promises.** A withdrawal that is on its way is answered by the other center alone; what crossed
//! it is remembered.
//! **Left to others.** Sheet and money: `money`.

use super::super::round::Round;
use super::super::transfer_case::RefusalWords;
use super::{Incoming, reissue};
use crate::refusal::Refusal;
use crate::statement::transfer::reply::{
    Acceptance, CancellationAnswer, CancellationOutcome, RefusalConfirmation, TransferRefusal,
};
use crate::statement::transfer::step;
use crate::store::StoreError;
use crate::transfer::deadline::Wait;
use crate::transfer::incoming::{CancelledFrom, IncomingState, Rejection};
use crate::transfer::reason::RefusalReason;

/// The letter is accepted.
pub(super) fn on_acceptance(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    acceptance: &Acceptance,
) -> Result<Result<(), Refusal>, StoreError> {
    let next = match incoming.state {
        IncomingState::Requested => IncomingState::Accepted,
        // It crossed the withdrawal; the answer to that decides.
        IncomingState::Cancelling(_) => IncomingState::Cancelling(CancelledFrom::Accepted),
        IncomingState::Draft
        | IncomingState::Accepted
        | IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Credited(_)
        | IncomingState::Completed(_)
        | IncomingState::Rejected(..)
        | IncomingState::Cancelled
        | IncomingState::Returning
        | IncomingState::Returned
        | IncomingState::Restored => return Ok(Err(Refusal::WrongState)),
    };
    incoming.identity = Some(acceptance.identity);
    incoming.enter(round, next);
    incoming.case.wait(round, Wait::Settlement)?;
    Ok(Ok(()))
}

/// The letter is refused: that is confirmed, and the case is closed as failed. Where the number alone
/// was in the way, the letter is written anew under the next one.
pub(super) fn on_refusal(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    refusal: &TransferRefusal,
) -> Result<Result<(), Refusal>, StoreError> {
    let rejection = Rejection::Reason(refusal.reason);
    let number_is_taken = refusal.reason == RefusalReason::Duplicate && refusal.older.is_some();
    let is_wanted = incoming.state == IncomingState::Requested;
    if !incoming.state.may_become(IncomingState::Rejected(rejection, false)) {
        return Ok(Err(Refusal::WrongState));
    }
    incoming.case.refusal = Some(RefusalWords {
        remark: refusal.remark.clone(),
        older: refusal.older,
        right_center: refusal.right_center,
    });
    incoming.enter(round, IncomingState::Rejected(rejection, false));
    incoming.case.say(round, |head| step!(head, RefusalConfirmation {}));
    incoming.enter(round, IncomingState::Rejected(rejection, true));
    if number_is_taken && is_wanted {
        reissue::by_itself(round, incoming)?;
    }
    Ok(Ok(()))
}

/// The withdrawal is granted, or too late.
pub(super) fn on_cancellation_answer(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
    answer: &CancellationAnswer,
) -> Result<Result<(), Refusal>, StoreError> {
    match (incoming.state, answer.outcome) {
        (IncomingState::Cancelling(_), CancellationOutcome::Granted) => {
            incoming.enter(round, IncomingState::Cancelled);
            if incoming.is_reissued_once_cancelled {
                reissue::by_itself(round, incoming)?;
            }
        }
        (IncomingState::Cancelling(from), CancellationOutcome::TooLate) => {
            incoming.enter(round, from.state());
            incoming.case.wait(round, Wait::Settlement)?;
        }
        // A sheet has said the same before.
        (
            IncomingState::Draft
            | IncomingState::Requested
            | IncomingState::Accepted
            | IncomingState::Announced
            | IncomingState::Negotiating
            | IncomingState::Credited(_)
            | IncomingState::Completed(_)
            | IncomingState::Rejected(..)
            | IncomingState::Cancelled
            | IncomingState::Returning
            | IncomingState::Returned
            | IncomingState::Restored,
            CancellationOutcome::Granted | CancellationOutcome::TooLate,
        ) => {}
    }
    Ok(Ok(()))
}
