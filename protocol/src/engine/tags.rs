//! Subject tags through the engine: who may have one computed, and how the tag key gets around.
//!
//! The key of an epoch is made by the first center (by roster version and code). Each center that
//! holds it seals it to every center that was admitted after it. Boxes travel as statements; the
//! one for this node is stored, so that a restart can open it again.
//!
//! **Promises.** The plain key is never written; it is never sealed to the authority. A tag of a
//! person without a record here costs a purpose, an operator and a row of the audit log.
//! **Left to others.** Computing tags and opening boxes: the [`Tagger`](crate::subject::Tagger).

use minicbor::{Decode, Encode};

use super::operator::{OperatorId, OperatorRole};
use super::output::{Event, NetworkEvent};
use super::round::{Round, Route, Stop};
use super::{audit, log_store, quarantine, records};
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::cose::Verified;
use crate::document::DocumentNumber;
use crate::id::{Bytes, KeyId, PayloadHash, ReferenceTag, SubjectTag};
use crate::key::{KeyPurpose, PublicKey};
use crate::limits::FOREIGN_TAGS_PER_MINUTE;
use crate::log::origin::LogId;
use crate::purpose::Purpose;
use crate::refusal::Refusal;
use crate::roster::{Action, Member, MemberStatus};
use crate::statement::membership::TagKeyBox;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::subject::{BoxContext, Opened, Reference, TagEpoch, TagError, TagSubject};
use crate::time::Timestamp;
use crate::wire::DeliveryReply;

/// Why a person without a record here is tagged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagReason {
    /// For what.
    pub purpose: Purpose,
    /// Who wants it.
    pub operator: OperatorId,
    /// The number of the business (业务流水号) that it belongs to.
    pub serial: Option<String>,
}

/// A row of the audit log: somebody had a person tagged who has no record here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Taken {
    /// When.
    #[n(1)]
    pub at: Timestamp,
    /// Who.
    #[n(2)]
    pub operator: OperatorId,
    /// For what.
    #[n(3)]
    pub purpose: Purpose,
    /// The number of the business.
    #[n(4)]
    pub serial: Option<String>,
    /// The tag.
    #[n(5)]
    pub tag: SubjectTag,
}

/// A tag key as it is stored: sealed to this node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct KeptBox {
    /// Who sealed it; this node itself, when it made the key.
    #[n(1)]
    from: CenterCode,
    #[n(2)]
    sealed: Bytes,
}

/// Such tags of one operator within a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Window {
    /// The minute, from 1970.
    #[n(1)]
    minute: i64,
    #[n(2)]
    count: u32,
}

impl From<TagError> for Stop {
    fn from(error: TagError) -> Self {
        let refusal = match error {
            TagError::NoKey(_) | TagError::NoSealingKey => Refusal::TagKey,
            TagError::Unavailable(_) | TagError::Sealing(_) => Refusal::Overloaded,
        };
        Self::explained(refusal, &error.to_string())
    }
}

/// The tags of persons, in order. Those without a record at this center need an operator of the
/// center, are counted, and leave a row in the audit log.
///
/// # Errors
/// `OPERATOR`, `RATE_LIMITED`, `TAG_KEY`; or the store cannot be read.
pub fn of_persons(
    round: &mut Round<'_>,
    documents: &[DocumentNumber],
    reason: &TagReason,
) -> Result<Vec<SubjectTag>, Stop> {
    let mut foreign = Vec::new();
    for document in documents {
        foreign.push(!has_record(round.view, document)?);
    }
    let wanted = foreign.iter().filter(|foreign| **foreign).count();
    if wanted > 0 {
        check_operator(round, &reason.operator)?;
        count(round, &reason.operator, u32::try_from(wanted).unwrap_or(u32::MAX))?;
    }
    let tags = compute(round, documents)?;
    for (tag, foreign) in tags.iter().zip(foreign) {
        if foreign {
            leave_row(round, *tag, reason)?;
        }
    }
    Ok(tags)
}

/// The tags of persons that a statement of another member or an own record names; that statement
/// or record is the trace.
///
/// # Errors
/// `TAG_KEY`; or the holder of the key does not answer.
pub fn compute(
    round: &mut Round<'_>,
    documents: &[DocumentNumber],
) -> Result<Vec<SubjectTag>, Stop> {
    let texts: Vec<_> = documents.iter().map(DocumentNumber::tag_text).collect();
    let subjects: Vec<_> = texts.iter().map(|text| TagSubject::Person(text)).collect();
    let epoch = round.roster.tag_epoch;
    Ok(round.tagger.tags(epoch, &subjects)?)
}

/// The reference tag of a transfer or a loan.
///
/// # Errors
/// `TAG_KEY`; or the holder of the key does not answer.
pub fn reference(round: &mut Round<'_>, of: Reference<'_>) -> Result<ReferenceTag, Stop> {
    let epoch = round.roster.tag_epoch;
    Ok(round.tagger.reference(epoch, of)?)
}

/// The latest such rows, the newest first.
///
/// # Errors
/// When the store cannot be read.
pub fn taken(view: &dyn View, limit: usize) -> Result<Vec<Taken>, StoreError> {
    let prefix = key(Area::TagTaken, &[]);
    let mut end = prefix_end(&prefix);
    let mut rows = Vec::new();
    while rows.len() < limit {
        let Some((place, bytes)) = view.last(&prefix, &end)? else {
            break;
        };
        rows.push(cbor::decode_stored("taken tags", &bytes)?);
        end = place;
    }
    Ok(rows)
}

fn has_record(view: &dyn View, document: &DocumentNumber) -> Result<bool, StoreError> {
    Ok(!records::accounts_of(view, document)?.is_empty()
        || !records::loans_of(view, document)?.is_empty()
        || quarantine::has_person(view, document)?)
}

pub(super) fn check_operator(round: &Round<'_>, operator: &OperatorId) -> Result<(), Stop> {
    let known = round.settings.operators.get(operator);
    let may = known.is_some_and(|operator| {
        operator
            .roles
            .iter()
            .any(|role| matches!(role, OperatorRole::Clerk | OperatorRole::Reviewer))
    });
    if may { Ok(()) } else { Err(Refusal::Operator.into()) }
}

const MINUTE_MS: i64 = 60_000;

pub(super) fn count(round: &mut Round<'_>, operator: &OperatorId, wanted: u32) -> Result<(), Stop> {
    let place = key(Area::TagRate, &[operator.as_str().as_bytes()]);
    let minute = round.now.ms().div_euclid(MINUTE_MS);
    let known = round.view.get(&place)?;
    let known: Option<Window> =
        known.map(|bytes| cbor::decode_stored("tag rates", &bytes)).transpose()?;
    let taken = known.filter(|window| window.minute == minute).map_or(0, |window| window.count);
    let count = taken.saturating_add(wanted);
    if count > FOREIGN_TAGS_PER_MINUTE {
        return Err(Refusal::RateLimited.into());
    }
    round.view.put(place, cbor::encode(&Window { minute, count }));
    Ok(())
}

pub(super) fn leave_row(
    round: &mut Round<'_>,
    tag: SubjectTag,
    reason: &TagReason,
) -> Result<(), StoreError> {
    let row = Taken {
        at: round.now,
        operator: reason.operator.clone(),
        purpose: reason.purpose,
        serial: reason.serial.clone(),
        tag,
    };
    let bytes = cbor::encode(&row);
    let hash = PayloadHash::new(*blake3::hash(&bytes).as_bytes());
    let at = round.now.ms().max(0).to_be_bytes();
    let place = key(Area::TagTaken, &[&at, hash.as_bytes()]);
    // The same within a millisecond is one and the same.
    if round.view.get(&place)?.is_none() {
        audit::audit(round, hash, &bytes)?;
        round.view.put(place, bytes);
    }
    Ok(())
}

/// Opens the stored box, then does what a roster asks for.
pub(super) fn on_started(round: &mut Round<'_>) -> Result<(), StoreError> {
    let epoch = round.roster.tag_epoch;
    if let Some(kept) = kept_box(round.view, epoch)?
        && !round.tagger.holds(epoch)
    {
        let settings = std::sync::Arc::clone(&round.settings);
        let (from, to) = (kept.from, settings.center);
        let context = BoxContext { network: &settings.network, epoch, from, to };
        if let Err(error) = round.tagger.open(context, &kept.sealed) {
            trouble(round, error);
        }
    }
    on_roster(round)
}

/// Makes the key where that is this node's part, and hands it on to whoever was admitted since.
pub(super) fn on_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let own = round.roster.member(round.center()).cloned();
    let Some(own) = own.filter(|own| own.role == Role::Center) else {
        return Ok(());
    };
    let epoch = round.roster.tag_epoch;
    if !round.tagger.holds(epoch) && kept_box(round.view, epoch)?.is_none() && is_first(round) {
        make(round, epoch)?;
    }
    if round.tagger.holds(epoch) { hand_on(round, &own, epoch) } else { Ok(()) }
}

/// The place of a center in the order in which the key goes around.
fn order(member: &Member) -> (u64, CenterCode) {
    (member.admitted_in, member.code)
}

fn is_first(round: &Round<'_>) -> bool {
    let centers = round.roster.active().filter(|member| member.role == Role::Center);
    centers.min_by_key(|member| order(member)).is_some_and(|first| first.code == round.center())
}

fn make(round: &mut Round<'_>, epoch: TagEpoch) -> Result<(), StoreError> {
    let seed = zeroize::Zeroizing::new(round.entropy.draw());
    let made = round.tagger.make(epoch, &seed);
    let own = round.tagger.sealing_key().ok_or(TagError::NoSealingKey);
    let sealed = made.and(own).and_then(|own| seal(round, epoch, round.settings.center, &own));
    match sealed {
        Ok(sealed) => {
            let kept = KeptBox { from: round.center(), sealed: sealed.into() };
            put_box(round.view, epoch, &kept);
            round.event(Event::Network(NetworkEvent::TagKeyHere(epoch)));
        }
        Err(error) => {
            // A key that could not be stored must not be used: a restart would lose it.
            if let Err(error) = round.tagger.drop_key(epoch) {
                trouble(round, error);
            }
            trouble(round, error);
        }
    }
    Ok(())
}

fn seal(
    round: &mut Round<'_>,
    epoch: TagEpoch,
    to: CenterCode,
    public: &PublicKey,
) -> Result<Vec<u8>, TagError> {
    let settings = std::sync::Arc::clone(&round.settings);
    let context = BoxContext { network: &settings.network, epoch, from: settings.center, to };
    let seed = round.entropy.draw();
    round.tagger.seal(context, public, &seed)
}

/// Seals the key to the centers admitted after this one, and to every one whose sealing key was
/// rotated: its stored box opens with the old key alone. Whoever made the key seals it to all.
fn hand_on(round: &mut Round<'_>, own: &Member, epoch: TagEpoch) -> Result<(), StoreError> {
    if own.status != MemberStatus::Active {
        return Ok(());
    }
    let made_here = kept_box(round.view, epoch)?.is_some_and(|kept| kept.from == own.code);
    let roster = std::sync::Arc::clone(&round.roster);
    for member in roster.active() {
        if member.role != Role::Center || member.code == own.code {
            continue;
        }
        let rotated =
            member.keys.iter().filter(|key| key.purpose == KeyPurpose::Sealing).count() > 1;
        let Some(to) = member.key(KeyPurpose::Sealing, round.now) else {
            continue;
        };
        let sent: Option<KeyId> = sent_to(round.view, epoch, member.code)?;
        if sent == Some(to.public.id()) || !(made_here || rotated || order(member) > order(own)) {
            continue;
        }
        send_box(round, epoch, member.code, &to.public)?;
    }
    Ok(())
}

fn send_box(
    round: &mut Round<'_>,
    epoch: TagEpoch,
    to: CenterCode,
    public: &PublicKey,
) -> Result<(), StoreError> {
    let sealed = match seal(round, epoch, to, public) {
        Ok(sealed) => sealed,
        Err(error) => {
            trouble(round, error);
            return Ok(());
        }
    };
    let statement = TagKeyBox {
        from: round.center(),
        to,
        issued_at: round.now,
        epoch: epoch.0,
        sealed: sealed.into(),
        in_use: is_in_use(round)?,
    };
    round.say(&statement, Route::Outbox(to));
    round.view.put(sent_key(epoch, to), cbor::encode(&public.id()));
    Ok(())
}

/// Takes a box that another center has sealed to this one.
pub(super) fn on_box(
    round: &mut Round<'_>,
    verified: &Verified,
    boxed: &TagKeyBox,
) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    if round.statement(hash)?.is_some() {
        return Ok(DeliveryReply::Committed(hash));
    }
    if let Err(refusal) = round.roster.rights(boxed.from, Action::HoldTagKey) {
        return Ok(DeliveryReply::Refused(refusal));
    }
    let epoch = TagEpoch(boxed.epoch);
    if epoch > round.roster.tag_epoch {
        // Our roster is behind the sender's.
        return Ok(DeliveryReply::Later(Refusal::WrongState));
    }
    if epoch != round.roster.tag_epoch || round.settings.role != Role::Center {
        return Ok(DeliveryReply::Refused(Refusal::WrongState));
    }
    let taken = match open(round, epoch, boxed)? {
        Ok(taken) => taken,
        Err(TagError::Sealing(_)) if holds_listed_key(round) => {
            return Ok(DeliveryReply::Refused(Refusal::Proof));
        }
        Err(error) => {
            trouble(round, error);
            return Ok(DeliveryReply::Later(Refusal::Overloaded));
        }
    };
    round.keep_received(hash, verified.statement().kind(), verified.bytes())?;
    if taken {
        put_box(round.view, epoch, &KeptBox { from: boxed.from, sealed: boxed.sealed.clone() });
    }
    on_roster(round)?;
    Ok(DeliveryReply::Committed(hash))
}

/// Whether the sealing key that the roster lists for this node is here. A node whose key was
/// rotated gets the new one when it starts again; a box that comes before that waits.
fn holds_listed_key(round: &Round<'_>) -> bool {
    let own = round.roster.member(round.center());
    let listed = own.and_then(|own| own.key(KeyPurpose::Sealing, round.now));
    listed.map(|key| key.public) == round.tagger.sealing_key()
}

/// Opens a box; says whether it is the one to keep.
fn open(
    round: &mut Round<'_>,
    epoch: TagEpoch,
    boxed: &TagKeyBox,
) -> Result<Result<bool, TagError>, StoreError> {
    let settings = std::sync::Arc::clone(&round.settings);
    let context =
        BoxContext { network: &settings.network, epoch, from: boxed.from, to: settings.center };
    let opened = match round.tagger.open(context, &boxed.sealed) {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(error)),
    };
    let first = match opened {
        Opened::New => {
            round.event(Event::Network(NetworkEvent::TagKeyHere(epoch)));
            return Ok(Ok(true));
        }
        // The box kept before may be for a sealing key that will end.
        Opened::Same => return Ok(Ok(true)),
        Opened::Differs { first } => first,
    };
    let differs = NetworkEvent::TagKeyDiffers { from: boxed.from, epoch };
    round.event(Event::Network(differs));
    // A key under which digests stand is not given up; of two unused ones the first in order stays.
    let own_in_use = is_in_use(round)?;
    if !own_in_use && (boxed.in_use || first) {
        let adopted =
            round.tagger.drop_key(epoch).and_then(|()| round.tagger.open(context, &boxed.sealed));
        return Ok(adopted.map(|opened| opened == Opened::New));
    }
    if !boxed.in_use {
        // The sender can still take ours.
        round.view.delete(sent_key(epoch, boxed.from));
        let roster = std::sync::Arc::clone(&round.roster);
        let to =
            roster.member(boxed.from).and_then(|from| from.key(KeyPurpose::Sealing, round.now));
        if let Some(to) = to {
            send_box(round, epoch, boxed.from, &to.public)?;
        }
    }
    Ok(Ok(false))
}

/// Whether this node has published anything under its tag key.
fn is_in_use(round: &Round<'_>) -> Result<bool, StoreError> {
    let own = round.roster.member(round.center());
    for listed in own.map_or([].as_slice(), |own| own.logs.as_slice()) {
        let log = LogId::public(round.center(), listed.number);
        if !log_store::row(round.view, log)?.size.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn kept_box(view: &dyn View, epoch: TagEpoch) -> Result<Option<KeptBox>, StoreError> {
    let bytes = view.get(&key(Area::TagKey, &[&epoch.0.to_be_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("tag keys", &bytes)).transpose()
}

fn put_box(view: &mut dyn View, epoch: TagEpoch, kept: &KeptBox) {
    view.put(key(Area::TagKey, &[&epoch.0.to_be_bytes()]), cbor::encode(kept));
}

fn sent_key(epoch: TagEpoch, to: CenterCode) -> Vec<u8> {
    key(Area::TagKeySent, &[&epoch.0.to_be_bytes(), &to.to_key()])
}

fn sent_to(view: &dyn View, epoch: TagEpoch, to: CenterCode) -> Result<Option<KeyId>, StoreError> {
    let bytes = view.get(&sent_key(epoch, to))?;
    bytes.map(|bytes| cbor::decode_stored("tag keys sent", &bytes)).transpose()
}

/// Marks the key of a roster's epoch as handed on to everybody, for networks that begin with it.
#[cfg(test)]
pub(crate) fn handed_on(view: &mut dyn View, roster: &crate::roster::Roster) {
    for member in roster.centers() {
        if let Some(to) = member.key(KeyPurpose::Sealing, roster.issued) {
            view.put(sent_key(roster.tag_epoch, member.code), cbor::encode(&to.public.id()));
        }
    }
}

fn trouble(round: &mut Round<'_>, error: TagError) {
    round.event(Event::Network(NetworkEvent::TagKeyTrouble(error)));
}

#[cfg(test)]
mod tests;
