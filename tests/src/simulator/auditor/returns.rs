//! A transfer that has ended, as its account and the public logs show it.
//!
//! **Promises.** An account whose settlement is undone stands as before; who has sent the money back
//! finds the account restored over there; the last digest of each side says how the transfer ended,
//! and stands in its log.

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::digest::{Digest, DigestStatus};
use fundlink_protocol::engine::log_store;
use fundlink_protocol::engine::transfer_case::Case;
use fundlink_protocol::engine::transfers_in::Incoming;
use fundlink_protocol::engine::transfers_out::Outgoing;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::log::tree::LeafIndex;
use fundlink_protocol::store::Staged;
use fundlink_protocol::time::Date;
use fundlink_protocol::transfer::incoming::IncomingState;
use fundlink_protocol::transfer::outgoing::OutgoingState;

use super::super::world::Node;
use super::{Broken, core_systems, interest, require};

/// Once a settlement is undone, the account stands as it did before, in the ledger and in its record,
/// and the public log no longer says that its money has left.
pub(super) fn check_reversed(
    (center, node): (CenterCode, &Node),
    out: &Outgoing,
    imported_on: Option<Date>,
) -> Result<(), Broken> {
    // A core system may have settled it anew already, and its outcome is on the way.
    let may_have_gone_on = node.core.is_some() && out.case.core.is_some();
    if out.state != OutgoingState::Reversed || may_have_gone_on {
        return Ok(());
    }
    let transfer = out.case.id;
    let account = &out.case.letter.account;
    let person = interest::number_of(account);
    let now = core_systems::standing(node, account)?;
    require(now.status == now.was && !now.is_closed, || {
        format!("{center} undoes {transfer}, and its account is not open again")
    })?;
    let whole = person.zip(imported_on).and_then(|(who, day)| interest::untouched(who, day));
    let balance = now.balance;
    let is_whole = whole.zip(balance).is_some_and(|(may, stands)| may.contains(&stands));
    require(is_whole, || {
        format!("{center} undoes {transfer}, and its account has {balance:?}, not {whole:?}")
    })?;
    let said = out.case.published.filter(|_| out.case.unpublished.is_empty());
    let says_left = said.is_some_and(|said| said.status == DigestStatus::TransferRemitted);
    require(!says_left, || {
        format!("{center} undoes {transfer}, and its log still says that its money has left")
    })
}

/// Money that was sent back has restored the account, whether or not anybody has looked; unless a person is
/// called for more that came after it.
pub(super) fn check_ended(incoming: &Incoming, outgoing: &Outgoing) -> Result<(), Broken> {
    let is_back = matches!(incoming.state, IncomingState::Returned) && incoming.case.task.is_none();
    require(!is_back || outgoing.state == OutgoingState::Restored, || {
        let (transfer, state) = (incoming.case.id, outgoing.state.name());
        format!("the money of {transfer} was sent back, and its account is {state}")
    })
}

/// What the transfer-in center has published last.
pub(super) const fn last_of(incoming: &Incoming) -> Option<DigestStatus> {
    match incoming.state {
        IncomingState::Completed(_) => Some(DigestStatus::TransferCredited),
        IncomingState::Returned => Some(DigestStatus::TransferReturned),
        IncomingState::Draft
        | IncomingState::Requested
        | IncomingState::Accepted
        | IncomingState::Announced
        | IncomingState::Negotiating
        | IncomingState::Credited(_)
        | IncomingState::Rejected(..)
        | IncomingState::Cancelling(_)
        | IncomingState::Cancelled
        | IncomingState::Returning
        | IncomingState::Restored => None,
    }
}

/// What the transfer-out center has published last; a remittance that was undone is told as such.
pub(super) fn last_of_other(outgoing: &Outgoing) -> Option<DigestStatus> {
    let has_left = outgoing.case.history.iter().any(|change| change.state == "paid");
    let is_completed = matches!(outgoing.state, OutgoingState::Completed(_));
    has_left.then_some(if is_completed {
        DigestStatus::TransferRemitted
    } else {
        DigestStatus::TransferReversed
    })
}

/// The last digest of a side is this one, and stands in its log.
pub(super) fn check_said(
    (center, node): (CenterCode, &Node),
    case: &Case,
    expected: Option<DigestStatus>,
) -> Result<(), Broken> {
    let view = Staged::new(node.disk());
    let entry = match case.published {
        Some(at) => {
            log_store::entry(&view, LogId::public(center, at.log), LeafIndex::new(at.leaf))?
        }
        None => None,
    };
    let said = entry.and_then(|entry| cbor::decode::<Digest>(&entry).ok());
    let said = said.map(|digest| digest.status);
    require(said == expected, || {
        format!("the log of {center} says {said:?} of {}, and not {expected:?}", case.id)
    })
}
