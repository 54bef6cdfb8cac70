//! Loan intents and the leases on them (贷款意向与放款占用): one household, one payout.
//!
//! | file | what it holds |
//! |---|---|
//! | [`desk`] | what people do: open, ask for the payout, pay, withdraw, look |
//! | [`asking`] | a lease: asked for, had, lost, ended |
//! | [`witness`] | what a witness stores and answers |
//! | [`ruling`] | the authority ends the leases of a silent center |
//! | `seats` | when the authority may change the witnesses |
//! | [`seen`] | applications at other centers |
//! | [`watch`] | a new revision elsewhere becomes a task here |
//!
//! **Promises.** A payout is committed together with its digest, within a lease that a majority of all
//! witnesses granted, and nobody is told to pay before. An intent is in one state; what waits for a
//! person says why.
//! **Left to others.** Counting answers: `crate::lending::poll`. Whether the household may be lent to at
//! all: `verdict`. Moving the money: the core system.

use minicbor::{Decode, Encode};

use super::input::RequestId;
use super::operator::OperatorId;
use super::output::{Event, PeerReply};
use super::publishing::Published;
use super::round::Round;
use super::{recovery, single, timer};
use crate::account::SerialNumber;
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::Verified;
use crate::digest::DigestStatus;
use crate::id::{IntentId, PayloadHash};
use crate::lending::intent::Intent;
use crate::loan::LoanContract;
use crate::record::Person;
use crate::refusal::Refusal;
use crate::roster::Roster;
use crate::statement::lending::LeaseAnswer;
use crate::statement::transfer::letter::Remark;
use crate::statement::{Statement, StatementKind};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;
use crate::wire::DeliveryReply;

pub mod asking;
pub mod desk;
pub mod ruling;
pub(super) mod seats;
pub mod seen;
pub mod watch;
pub mod witness;

#[cfg(test)]
mod tests;

pub(super) use asking::{on_delivered, on_lapse, on_timer};

/// A loan intent as its center keeps it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StoredIntent {
    /// What others see.
    #[n(1)]
    pub intent: Intent,
    /// What its digests commit to.
    #[n(2)]
    pub record: IntentRecord,
    /// Who took the application in.
    #[n(3)]
    pub operator: OperatorId,
    /// Its digest.
    #[n(4)]
    pub published: Published,
    /// Where it stands.
    #[n(5)]
    pub state: IntentState,
    /// Since when.
    #[n(6)]
    pub since: Timestamp,
    /// The last request for a lease, in force or over.
    #[n(7)]
    pub attempt: Option<Attempt>,
    /// The loan that was paid out.
    #[n(8)]
    pub contract: Option<LoanContract>,
    /// Why it was withdrawn, in words.
    #[n(9)]
    pub remark: Option<Remark>,
    /// Who paid, or withdrew.
    #[n(10)]
    pub decided_by: Option<OperatorId>,
}

impl core::fmt::Debug for StoredIntent {
    /// Without the persons.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut shown = f.debug_struct("StoredIntent");
        shown.field("intent", &self.intent.id()).field("state", &self.state);
        shown.finish_non_exhaustive()
    }
}

/// An application as its center knows it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IntentRecord {
    /// Where the household has applied.
    #[n(1)]
    pub center: CenterCode,
    /// The loan business there (业务流水号).
    #[n(2)]
    pub serial: SerialNumber,
    /// The applicant first, then the other members of the household.
    #[n(3)]
    pub household: Vec<Person>,
    /// When the application was taken in.
    #[n(4)]
    pub taken_in: Timestamp,
}

impl core::fmt::Debug for IntentRecord {
    /// Without the persons.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("IntentRecord").field("serial", &self.serial).finish_non_exhaustive()
    }
}

/// Where an intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum IntentState {
    /// The application was taken in.
    #[n(1)]
    Open,
    /// Witnesses are asked for a lease.
    #[n(2)]
    Asking,
    /// A majority of the witnesses names it first: it may be paid out.
    #[n(3)]
    Leased,
    /// A person must look; there is no lease.
    #[n(4)]
    Held(#[n(0)] HoldReason),
    /// The loan was paid out.
    #[n(5)]
    Paid,
    /// The application was withdrawn, or the payout undone.
    #[n(6)]
    Withdrawn,
    /// The application has lapsed.
    #[n(7)]
    Expired,
}

impl IntentState {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asking => "asking",
            Self::Leased => "leased",
            Self::Held(_) => "held",
            Self::Paid => "paid",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// Whether the application may still be paid out.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Asking | Self::Leased | Self::Held(_))
    }
}

/// Why a person must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum HoldReason {
    /// Another center took an application of the household in before: no lease is asked for.
    #[n(1)]
    EarlierIntent(#[n(0)] CenterCode),
    /// A loan of the household runs at this center.
    #[n(2)]
    LoanRuns(#[n(0)] CenterCode),
    /// An application at this center has the lease.
    #[n(3)]
    LeasedElsewhere(#[n(0)] CenterCode),
    /// Too few witnesses could be reached, or are free to grant.
    #[n(4)]
    NoMajority,
    /// The lease ran out before anybody paid.
    #[n(5)]
    LeaseRanOut,
    /// The witnesses of the network have changed since.
    #[n(6)]
    WitnessesChanged,
    /// The authority has ruled that the lease is over.
    #[n(7)]
    Ruled,
    /// This node was restored from a backup: whether the loan was paid out is in nobody's books here.
    #[n(8)]
    Restored,
}

impl HoldReason {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::EarlierIntent(_) => "earlier-intent",
            Self::LoanRuns(_) => "loan-runs",
            Self::LeasedElsewhere(_) => "leased-elsewhere",
            Self::NoMajority => "no-majority",
            Self::LeaseRanOut => "lease-ran-out",
            Self::WitnessesChanged => "witnesses-changed",
            Self::Ruled => "ruled",
            Self::Restored => "restored",
        }
    }

    /// The center that stands in the way.
    #[must_use]
    pub const fn center(self) -> Option<CenterCode> {
        match self {
            Self::EarlierIntent(center)
            | Self::LoanRuns(center)
            | Self::LeasedElsewhere(center) => Some(center),
            Self::NoMajority
            | Self::LeaseRanOut
            | Self::WitnessesChanged
            | Self::Ruled
            | Self::Restored => None,
        }
    }
}

/// A request for a lease, to all witnesses.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attempt {
    /// When it was said: the lease is measured from here.
    #[n(1)]
    pub asked_at: Timestamp,
    /// The roster version that had changed the witnesses last.
    #[n(2)]
    pub witnesses_of: u64,
    /// Who wants to pay.
    #[n(3)]
    pub operator: OperatorId,
    /// How often it was asked by itself for this wish.
    #[n(4)]
    pub tries: u32,
    /// The witnesses, as the roster listed them.
    #[n(5)]
    pub asked: Vec<AskedWitness>,
}

/// One witness of a request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AskedWitness {
    /// Who.
    #[n(1)]
    pub witness: CenterCode,
    /// The request, by its hash; none where it could not be sent.
    #[n(2)]
    pub request: Option<PayloadHash>,
    /// What came of it.
    #[n(3)]
    pub reply: WitnessReply,
}

/// What a witness has made of a request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum WitnessReply {
    /// Its answer is awaited.
    #[n(1)]
    Awaited,
    /// It answers nothing.
    #[n(2)]
    Refused(#[n(0)] Refusal),
    /// Its signed answer, and the statement's hash where another node said it.
    #[n(3)]
    Answered(#[n(0)] Box<LeaseAnswer>, #[n(1)] Option<PayloadHash>),
}

/// Whether statements of a kind are about leases.
#[must_use]
pub const fn is_lending(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::LeaseRequest
            | StatementKind::LeaseAnswer
            | StatementKind::LeaseEnd
            | StatementKind::LeaseRuling
    )
}

/// Handles a statement about a lease and stages the reply to its delivery; a repeat gets the reply that
/// the first one got.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    from: CenterCode,
    request: RequestId,
    verified: &Verified,
) -> Result<(), StoreError> {
    let reply = match round.admit(from, verified.statement()) {
        Ok(()) => take_in(round, verified)?,
        Err(refusal) => DeliveryReply::Refused(refusal),
    };
    if let DeliveryReply::Refused(refusal) = reply {
        round.event(Event::Refused { from, refusal });
    }
    round.respond(request, PeerReply::Delivery(reply));
    Ok(())
}

fn take_in(round: &mut Round<'_>, verified: &Verified) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    let place = key(Area::Reply, &[hash.as_bytes()]);
    if let Some(bytes) = round.view.get(&place)? {
        return cbor::decode_stored("replies", &bytes);
    }
    let committed = DeliveryReply::Committed(hash);
    let reply = if let Statement::LeaseRequest(request) = verified.statement() {
        witness::on_request(round, request, hash)?
    } else if let Statement::LeaseAnswer(answer) = verified.statement() {
        asking::on_answer(round, answer, hash)?;
        committed
    } else if let Statement::LeaseEnd(end) = verified.statement() {
        match witness::on_end(round, end)? {
            Ok(()) => committed,
            Err(refusal) => DeliveryReply::Refused(refusal),
        }
    } else if let Statement::LeaseRuling(said) = verified.statement() {
        match ruling::on_ruling(round, said)? {
            Ok(()) => committed,
            Err(refusal) => DeliveryReply::Refused(refusal),
        }
    } else {
        DeliveryReply::Refused(Refusal::UnknownStatement)
    };
    if let DeliveryReply::Committed(_) | DeliveryReply::Refused(_) = reply {
        round.keep_received(hash, verified.statement().kind(), verified.bytes())?;
        round.view.put(place, cbor::encode(&reply));
    }
    Ok(reply)
}

/// An own intent by its id.
///
/// # Errors
/// When the store cannot be read.
pub fn intent(view: &dyn View, id: IntentId) -> Result<Option<StoredIntent>, StoreError> {
    let bytes = view.get(&key(Area::Intent, &[id.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("loan intents", &bytes)).transpose()
}

/// All own intents.
///
/// # Errors
/// When the store cannot be read.
pub fn intents(view: &dyn View) -> Result<Vec<StoredIntent>, StoreError> {
    let prefix = key(Area::Intent, &[]);
    let rows = view.range(&prefix, &prefix_end(&prefix), OWN_MAX)?;
    rows.iter().map(|(_, bytes)| cbor::decode_stored("loan intents", bytes)).collect()
}

/// Own intents that are looked through: a large city's loans of a decade.
const OWN_MAX: usize = 1_000_000;

/// Stages an intent, with the indexes that find it.
pub(super) fn put(view: &mut dyn View, stored: &StoredIntent) {
    let id = stored.intent.id();
    view.put(key(Area::Intent, &[id.as_bytes()]), cbor::encode(stored));
    for tag in &stored.intent.household {
        let place = key(Area::IntentOfTag, &[tag.as_bytes(), id.as_bytes()]);
        if stored.state.is_live() {
            view.put(place, Vec::new());
        } else {
            view.delete(place);
        }
    }
    let serial = stored.record.serial.as_str().as_bytes();
    view.put(key(Area::IntentOfSerial, &[serial]), id.as_bytes().to_vec());
}

/// Enters a state.
pub(super) fn enter(round: &mut Round<'_>, stored: &mut StoredIntent, state: IntentState) {
    if stored.state != state {
        stored.state = state;
        stored.since = round.now;
        round.event(Event::Intent { intent: stored.intent.id(), state: state.word() });
    }
}

/// Publishes where the intent stands.
pub(super) fn revise(
    round: &mut Round<'_>,
    stored: &mut StoredIntent,
    (status, reference): (DigestStatus, crate::id::ReferenceTag),
) -> Result<(), StoreError> {
    let today = super::transfer_case::today(round)?;
    stored.published.revise_as(round, (status, Some(reference)), today)
}

pub(super) fn on_started(round: &mut Round<'_>) -> Result<(), StoreError> {
    on_memory_lapse(round)?;
    witness::barrier::on_started(round)
}

/// A roster came into force: the witnesses may be others, and a next log may be open.
pub(super) fn on_roster(round: &mut Round<'_>, before: &Roster) -> Result<(), StoreError> {
    witness::barrier::on_roster(round, before)?;
    let center = round.center();
    let open = |roster: &Roster| roster.member(center).and_then(crate::roster::Member::open_log);
    if open(&round.roster).is_none() || open(&round.roster) == open(before) {
        return Ok(());
    }
    // What lay past the end of the log before counts for nobody, and is said again.
    for mut stored in intents(round.view)? {
        if stored.published.publish_past_end(round)? {
            put(round.view, &stored);
        }
    }
    Ok(())
}

/// Takes a lapse of the store's memory in, once.
pub(super) fn on_memory_lapse(round: &mut Round<'_>) -> Result<(), StoreError> {
    let Some(lapse) = recovery::lapse::read(round.view)? else { return Ok(()) };
    let known: Option<Timestamp> = single::read(round.view, LAPSE)?;
    if known == Some(lapse.at) {
        return Ok(());
    }
    single::write(round.view, LAPSE, &lapse.at);
    restarted_from_backup(round)
}

/// The single value with the lapse that was taken in last.
const LAPSE: &[u8] = b"lending-lapse";

/// This node was restored from a backup, or lacks what it has said: what it granted as a witness may
/// be forgotten, and so may what it paid. Nothing is granted for a lease, and every own intent that was
/// under way waits for a person.
///
/// # Errors
/// When the store cannot be read.
pub fn restarted_from_backup(round: &mut Round<'_>) -> Result<(), StoreError> {
    witness::restarted_from_backup(round);
    for mut stored in intents(round.view)? {
        if matches!(stored.state, IntentState::Asking | IntentState::Leased) {
            timer::clear(round.view, timer::Timer::Lease(stored.intent.id()))?;
            enter(round, &mut stored, IntentState::Held(HoldReason::Restored));
            put(round.view, &stored);
        }
    }
    Ok(())
}
