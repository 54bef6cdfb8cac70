//! Ending a case whose other side is revoked, by a person (接管办结).
//!
//! **Promises.** A case ends as it stands only where no money is between the two sides; the states are
//! entered over edges of the machines.
//! **Left to others.** Who may decide: the desk. Handing the case over: `takeovers`.

use super::super::round::{Round, Stop};
use super::super::transfers_in::Incoming;
use super::super::transfers_out::{Outgoing, letter};
use crate::refusal::Refusal;
use crate::settlement::Direction;
use crate::transfer::incoming::{CancelledFrom, IncomingState};
use crate::transfer::outgoing::OutgoingState;

/// Ends an outgoing case.
pub(super) fn close_outgoing(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), Stop> {
    match out.state {
        OutgoingState::Received | OutgoingState::Held => Ok(letter::release(round, out)?),
        OutgoingState::Accepted => Ok(letter::unlock_to_release(round, out)?),
        OutgoingState::Rejected(reason, _) => {
            out.enter(round, OutgoingState::Rejected(reason, true));
            Ok(())
        }
        // Whoever took over has said that the person has the money.
        OutgoingState::Paid => {
            out.enter(round, OutgoingState::Completed(true));
            Ok(())
        }
        OutgoingState::Settled
        | OutgoingState::Paying
        | OutgoingState::PayFailed(_)
        | OutgoingState::PayUnknown
        | OutgoingState::Reversed
        | OutgoingState::Completed(_)
        | OutgoingState::Released
        | OutgoingState::Restored => {
            let why =
                "the account is settled: restore it, once the bank has said that nothing left";
            Err(Stop::explained(Refusal::WrongState, why))
        }
    }
}

/// Ends an incoming case.
pub(super) fn close_incoming(round: &mut Round<'_>, incoming: &mut Incoming) -> Result<(), Stop> {
    match incoming.state {
        IncomingState::Requested => {
            incoming.enter(round, IncomingState::Cancelling(CancelledFrom::Requested));
            incoming.enter(round, IncomingState::Cancelled);
        }
        IncomingState::Accepted => {
            incoming.enter(round, IncomingState::Cancelling(CancelledFrom::Accepted));
            incoming.enter(round, IncomingState::Cancelled);
        }
        IncomingState::Cancelling(_) => incoming.enter(round, IncomingState::Cancelled),
        IncomingState::Rejected(rejection, _) => {
            incoming.enter(round, IncomingState::Rejected(rejection, true));
        }
        IncomingState::Announced | IncomingState::Negotiating
            if incoming.case.net(Direction::Credit).is_zero() =>
        {
            incoming.enter(round, IncomingState::Restored);
        }
        IncomingState::Credited(negotiated) => {
            incoming.enter(round, IncomingState::Completed(negotiated));
        }
        IncomingState::Draft
        | IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Returning
        | IncomingState::Completed(_)
        | IncomingState::Cancelled
        | IncomingState::Returned
        | IncomingState::Restored => {
            let why = "money has arrived: send it back, or wait for the rest; a draft is withdrawn";
            return Err(Stop::explained(Refusal::WrongState, why));
        }
    }
    Ok(())
}
