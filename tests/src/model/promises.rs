//! What holds in every state, however it was reached.
//!
//! **Promises.** The promises of a transfer, on what is booked and on where both sides stand.
//! **Left to others.** That every state leads to an end: `ends`.

use fundlink_protocol::money::Fen;
use fundlink_protocol::settlement::Direction;
use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::outgoing::OutgoingState;
use stateright::{Checker, Property};

use super::books::BALANCE;
use super::state::{Side, State};
use super::{TransferModel, names};

/// The promises by name.
pub(super) fn properties() -> Vec<Property<TransferModel>> {
    vec![
        Property::always("every ledger sums to zero", |_, state: &State| state.books.is_balanced()),
        Property::always("no money is made or lost", |_, state: &State| state.is_conserved()),
        Property::always("nothing leaves that is not there", |_, state: &State| {
            !state.books.is_overdrawn()
        }),
        Property::always("at most one debit and one credit stand", |_, state: &State| {
            let books = &state.books;
            let both = books.credits > 0 && books.account_out > 0;
            books.debits <= 1 && books.credits <= 1 && !both
        }),
        Property::always(
            "no second order while the end of one is not known",
            |_, state: &State| !state.has_paid_twice,
        ),
        Property::always("no more leaves than the latest sheet says", |_, state: &State| {
            let out = state.out.as_ref();
            out.is_none_or(|out| out.gone() <= out.settled_amount().max(Fen::ZERO))
        }),
        Property::always("the two sides never contradict each other", |_, state: &State| {
            agree(state.out.as_ref().map(|out| out.state), state.incoming.state)
        }),
        Property::always("what happened is never refused", |_, state: &State| {
            !state.has_lost_an_event
        }),
        Property::always("what rests before its end rests on a person", |_, state: &State| {
            !state.rests() || state.is_ended() || state.calls_a_person() || state.has_chosen_to_wait
        }),
        Property::always("what no end explains calls a person", |_, state: &State| {
            let incoming = &state.incoming;
            let is_over = incoming.state.is_final() && incoming.case.payment.is_none();
            !is_over || incoming.surplus() <= Fen::ZERO || incoming.case.task.is_some()
        }),
        Property::always(
            "who has heard everything knows the sheet in force",
            |_, state: &State| state.knows_the_sheet(),
        ),
        Property::always(
            "a transfer ends as negotiated when sum and sheet differed",
            |_, state: &State| state.ends_as_it_went(),
        ),
    ]
}

impl State {
    /// Whether nothing more happens by itself, but for deadlines.
    fn rests(&self) -> bool {
        let is_heard = [Side::Out, Side::In].map(|side| self.thread_to(side).waiting() == 0);
        let out = self.out.as_ref();
        let has_order = self.incoming.case.ordered.is_some()
            || out.is_some_and(|out| out.case.ordered.is_some());
        is_heard == [true; 2]
            && !has_order
            && !self.is_letter_out
            && !self.awaits_rest
            && self.acknowledgements.is_empty()
            && self.orders.is_empty()
            && self.parcels.is_empty()
            && self.notices.is_empty()
    }

    fn is_ended(&self) -> bool {
        self.incoming.state.is_final() && self.out.as_ref().is_none_or(|out| out.state.is_final())
    }

    fn calls_a_person(&self) -> bool {
        let out = self.out.as_ref();
        self.incoming.case.task.is_some() || out.is_some_and(|out| out.case.task.is_some())
    }

    /// Once everything was heard, a sheet that counts here is the settlement in force there.
    fn knows_the_sheet(&self) -> bool {
        let (Some(out), Some(sheet)) = (&self.out, self.incoming.valid_sheet()) else {
            return true;
        };
        let is_open = matches!(
            self.incoming.state,
            IncomingState::Announced | IncomingState::Negotiating | IncomingState::Returning
        );
        // Money of the next sheet may have come before the word that this one was undone: it is the same.
        let is_crediting = self.incoming.case.ordered.is_some();
        if !is_open || is_crediting || self.thread_to(Side::In).waiting() > 0 {
            return true;
        }
        out.settled.is_some() && out.revision == sheet.revision
    }

    /// The national code is 20 on both sides when sum and sheet differed, and 00 otherwise.
    fn ends_as_it_went(&self) -> bool {
        let (IncomingState::Credited(here) | IncomingState::Completed(here)) = self.incoming.state
        else {
            return true;
        };
        let there = self.out.as_ref().map(|out| out.state);
        let agrees = match there {
            Some(OutgoingState::Completed(there)) => there == here,
            Some(_) | None => true,
        };
        here == self.has_differed && agrees
    }

    /// Cash of both centers and money on its way are what they were.
    fn is_conserved(&self) -> bool {
        let on_the_way: i64 = self.parcels.iter().map(|parcel| parcel.fen).sum();
        let untold = self.notices.iter().map(|notice| match notice.direction {
            Direction::Debit => -notice.fen,
            Direction::Credit => notice.fen,
        });
        self.books.cash_out + self.books.cash_in + on_the_way + untold.sum::<i64>() == BALANCE
    }
}

/// Whether both sides can be where they are; one may be behind, none may be elsewhere.
fn agree(out: Option<OutgoingState>, incoming: IncomingState) -> bool {
    let has_paid = matches!(
        out,
        Some(
            OutgoingState::Paying
                | OutgoingState::PayUnknown
                | OutgoingState::Paid
                | OutgoingState::Completed(_)
        )
    );
    let is_untouched = matches!(
        out,
        None | Some(OutgoingState::Received | OutgoingState::Held | OutgoingState::Released)
    );
    let fits_incoming = match incoming {
        IncomingState::Credited(_) | IncomingState::Completed(_) => has_paid,
        IncomingState::Cancelled => is_untouched,
        IncomingState::Rejected(..) => matches!(out, None | Some(OutgoingState::Rejected(..))),
        IncomingState::Restored => matches!(out, Some(OutgoingState::Restored)),
        IncomingState::Returned => !matches!(out, None | Some(OutgoingState::Completed(_))),
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Cancelling(_)
        | IncomingState::Returning => true,
    };
    let has_credited = matches!(incoming, IncomingState::Credited(_) | IncomingState::Completed(_));
    let fits_outgoing = match out {
        Some(OutgoingState::Completed(_)) => has_credited,
        Some(OutgoingState::Released) => {
            matches!(incoming, IncomingState::Cancelling(_) | IncomingState::Cancelled)
        }
        Some(OutgoingState::Rejected(_, true)) => matches!(incoming, IncomingState::Rejected(..)),
        Some(OutgoingState::Restored) => {
            !has_credited
                && !matches!(incoming, IncomingState::Cancelled | IncomingState::Rejected(..))
        }
        Some(
            OutgoingState::Received
            | OutgoingState::Held
            | OutgoingState::Accepted
            | OutgoingState::Settled
            | OutgoingState::Paying
            | OutgoingState::PayFailed(_)
            | OutgoingState::PayUnknown
            | OutgoingState::Paid
            | OutgoingState::Reversed
            | OutgoingState::Rejected(_, false),
        )
        | None => true,
    };
    fits_incoming && fits_outgoing
}

/// A promise that was broken, and the shortest way to see it.
pub(super) fn broken(checker: &impl Checker<TransferModel>) -> Option<String> {
    let (name, path) = checker
        .discoveries()
        .into_iter()
        .min_by_key(|(_, path)| path.clone().into_actions().len())?;
    let last = path.last_state();
    let (out, incoming) = names(last.out.as_ref().map(|out| out.state), last.incoming.state);
    let steps: Vec<String> =
        path.clone().into_actions().iter().map(|action| format!("  {action:?}")).collect();
    Some(format!(
        "broken: {name}\n{}\n  then: there {out}, here {incoming}; {:?}",
        steps.join("\n"),
        last.books
    ))
}
