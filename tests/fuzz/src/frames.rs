//! Frames of the streams, and the values that travel inside of other parts.
//!
//! **Promises.** The first byte chooses what is decoded; what is taken is written as the same bytes.

use fundlink_node::control::api::records::Portion;
use fundlink_protocol::account::LedgerEntry;
use fundlink_protocol::calendar::WorkingCalendar;
use fundlink_protocol::cbor;
use fundlink_protocol::core_system::{CoreOrder, CoreOutcome};
use fundlink_protocol::digest::Digest;
use fundlink_protocol::engine::rosters::frames::{RosterReply, RosterRequest};
use fundlink_protocol::engine::synchronization::{SyncReply, SyncRequest};
use fundlink_protocol::record_seal::{SealedAccount, SealedLoan, SealedParty};
use fundlink_protocol::roster::Annex;
use fundlink_protocol::roster::chain::TrustAnchor;
use fundlink_protocol::roster::join_file::JoinFile;
use fundlink_protocol::settlement::{BankNotice, BankReply};
use fundlink_protocol::wire::{DeliveryReply, QueryReply};
use minicbor::{Decode, Encode};

use crate::tree::assert_deterministic;

type Check = fn(&[u8]);

/// The rule of PROTOCOL.md, or the name of the type, and the check.
const CHOICES: &[(&str, Check)] = &[
    ("query-reply", round_trip::<QueryReply>),
    ("delivery-reply", round_trip::<DeliveryReply>),
    ("sync-request", round_trip::<SyncRequest>),
    ("sync-reply", round_trip::<SyncReply>),
    ("roster-request", round_trip::<RosterRequest>),
    ("roster-reply", round_trip::<RosterReply>),
    ("digest", round_trip::<Digest>),
    ("sealed-account", round_trip::<SealedAccount>),
    ("sealed-loan", round_trip::<SealedLoan>),
    ("sealed-party", round_trip::<SealedParty>),
    ("ledger-entry", round_trip::<LedgerEntry>),
    ("annex", round_trip::<Annex>),
    ("calendar", round_trip::<WorkingCalendar>),
    ("trust-anchor", round_trip::<TrustAnchor>),
    ("join-file", round_trip::<JoinFile>),
    ("core-order", round_trip::<CoreOrder>),
    ("core-outcome", round_trip::<CoreOutcome>),
    ("bank-notice", round_trip::<BankNotice>),
    ("bank-reply", round_trip::<BankReply>),
    ("portion", round_trip::<Portion>),
];

/// The byte that chooses a rule.
pub(crate) fn choice(rule: &str) -> Option<u8> {
    let place = CHOICES.iter().position(|(known, _)| *known == rule)?;
    u8::try_from(place).ok()
}

/// A frame, or a value inside of one.
pub(crate) fn frame(bytes: &[u8]) {
    let Some((choice, frame)) = bytes.split_first() else { return };
    if let Some((_, check)) = CHOICES.get(usize::from(*choice) % CHOICES.len()) {
        check(frame);
    }
}

fn round_trip<T: Encode<()> + for<'b> Decode<'b, ()>>(bytes: &[u8]) {
    let Ok(value) = cbor::decode::<T>(bytes) else { return };
    assert_eq!(cbor::encode(&value), bytes, "what was decoded is written as other bytes");
    assert_deterministic(bytes);
}
