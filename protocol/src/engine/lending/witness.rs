//! The duty of a witness of leases: one first intent a tag, kept through crashes, told the truth about.
//!
//! | file | what it holds |
//! |---|---|
//! | [`barrier`] | why a witness that may have forgotten something grants nothing yet |
//! | [`mod@loans`] | the running loans that it knows of a person |
//!
//! **Promises.** What is answered is stored in the same batch. A first intent gives way only when its
//! center says so, when that center has shown its log past the expiry, or by the authority's ruling.
//! **Left to others.** Asking, and counting the answers: `asking`, `lending::poll`.

use minicbor::{Decode, Encode};

use crate::cbor;
use crate::center::CenterCode;
use crate::engine::round::{Round, Route};
use crate::engine::{equivocation, heartbeats, log_store, tag_index};
use crate::id::{IntentId, PayloadHash, ReferenceTag, SubjectTag};
use crate::lending::intent::Intent;
use crate::lending::lease::{Lease, Shown, ends_at};
use crate::limits::INTENTS_LISTED_MAX;
use crate::refusal::Refusal;
use crate::roster::{Member, MemberStatus};
use crate::statement::lending::{
    FirstIntent, LeaseAnswer, LeaseEnd, LeaseOutcome, LeaseRequest, LeaseRuling, TagAnswer,
};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;
use crate::wire::DeliveryReply;

pub mod barrier;
pub mod loans;

pub(in crate::engine) use barrier::on_heartbeat;
pub use barrier::restarted_from_backup;
use barrier::withheld_since;
use loans::{PaidLoan, delete_paid, loans, put_paid};

/// Up to which request the lease on an intent is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ended {
    /// The time of the last request that is over.
    #[n(1)]
    asked_at: Timestamp,
    /// When its center said that the application, or the payout, is undone.
    #[n(2)]
    undone_at: Option<Timestamp>,
    /// Whether the authority has ruled on it: it stands in nobody's way any more.
    #[n(3)]
    ruled: bool,
}

/// A first intent as it is shown to an operator of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseView {
    /// The intent.
    pub intent: IntentId,
    /// Whose.
    pub center: CenterCode,
    /// When its center asked last, by its clock.
    pub asked_at: Timestamp,
    /// When the lease runs out, by that clock.
    pub ends_at: Timestamp,
    /// Whether its center has shown since that it is over.
    pub is_over: bool,
}

/// What a center has shown of itself: its last heartbeat, when that names all that stands in its log
/// and all of it is held here.
pub(super) fn shown(round: &Round<'_>, center: CenterCode) -> Result<Option<Shown>, StoreError> {
    let Some(row) = heartbeats::latest(round.view, center)? else { return Ok(None) };
    if row.heartbeat.leaves_ahead > 0 {
        return Ok(None);
    }
    let at = row.heartbeat.issued_at;
    let Some((log, size)) = row.head else {
        // A center that has logged nothing has paid nothing.
        let open = round.roster.member(center).and_then(Member::open_log);
        let is_empty = row.heartbeat.checkpoint.is_none();
        return Ok(open.filter(|_| is_empty).map(|log| Shown { at, log }));
    };
    if log_store::row(round.view, log)?.size < size
        || equivocation::is_convicted(round.view, center, log.number)?
    {
        return Ok(None);
    }
    Ok(Some(Shown { at, log: log.number }))
}

/// Takes a request in, and says what is known.
pub(super) fn on_request(
    round: &mut Round<'_>,
    request: &LeaseRequest,
    hash: PayloadHash,
) -> Result<DeliveryReply, StoreError> {
    Ok(match answer(round, request, hash)? {
        Ok(answer) => {
            if outbox_is_full(round, request.from)? {
                return Ok(DeliveryReply::Later(Refusal::Overloaded));
            }
            round.say(&answer, Route::Outbox(request.from));
            DeliveryReply::Committed(hash)
        }
        // The newer roster is on its way to this node.
        Err(Refusal::WitnessesChanged) if is_behind(round, request) => {
            DeliveryReply::Later(Refusal::WitnessesChanged)
        }
        Err(refusal) => DeliveryReply::Refused(refusal),
    })
}

fn outbox_is_full(round: &Round<'_>, to: CenterCode) -> Result<bool, StoreError> {
    Ok(!round.has_room_for(to)?)
}

fn is_behind(round: &Round<'_>, request: &LeaseRequest) -> bool {
    round.roster.lending.is_none_or(|lending| lending.changed_in < request.witnesses_of)
}

/// What is known of the household, after the intent was taken for the first wherever nobody was.
pub(super) fn answer(
    round: &mut Round<'_>,
    request: &LeaseRequest,
    hash: PayloadHash,
) -> Result<Result<LeaseAnswer, Refusal>, StoreError> {
    if let Err(refusal) = admit(round, request)? {
        return Ok(Err(refusal));
    }
    let Some(log) = round.roster.member(request.from).and_then(Member::open_log) else {
        return Ok(Err(Refusal::WrongState));
    };
    let intent = &request.intent;
    let withheld_since = withheld_since(round)?;
    let mine = Lease { intent: intent.clone(), asked_at: request.issued_at, log };
    let mut tags = Vec::new();
    for tag in &intent.household {
        let first = match first(round, *tag, &mine)? {
            Some(other) => Some(other),
            None if withheld_since.is_some() => None,
            None => {
                put_first(round.view, *tag, &mine);
                Some(intent.clone())
            }
        };
        let first = first.map(|first| FirstIntent {
            intent: first.id(),
            center: first.center,
            issued_at: first.issued_at,
        });
        tags.push(TagAnswer { tag: *tag, first, loans: loans(round, *tag)? });
    }
    let (from, to, issued_at) = (round.center(), request.from, round.now);
    let intent = intent.id();
    Ok(Ok(LeaseAnswer { from, to, issued_at, request: hash, intent, tags, withheld_since }))
}

/// Whether a request may be answered at all.
fn admit(round: &Round<'_>, request: &LeaseRequest) -> Result<Result<(), Refusal>, StoreError> {
    let Some(lending) = round.roster.lending else {
        let is_told = request.witnesses_of > round.roster.version;
        let refusal = if is_told { Refusal::WitnessesChanged } else { Refusal::LendingClosed };
        return Ok(Err(refusal));
    };
    if lending.changed_in != request.witnesses_of {
        return Ok(Err(Refusal::WitnessesChanged));
    }
    let status = |code| round.roster.member(code).map(|member| member.status);
    if !round.roster.witnesses.contains(&round.center())
        || status(round.center()) != Some(MemberStatus::Active)
    {
        return Ok(Err(Refusal::NotGranted));
    }
    if status(request.from) != Some(MemberStatus::Active) {
        return Ok(Err(Refusal::Suspended));
    }
    if !equivocation::may_start(round, request.from)? {
        return Ok(Err(Refusal::Proof));
    }
    let intent = &request.intent;
    if intent.center != request.from
        || !intent.is_well_formed()
        || intent.epoch != round.roster.tag_epoch
        || intent.issued_at > request.issued_at
    {
        return Ok(Err(Refusal::Malformed));
    }
    if round.now >= ends_at(request.issued_at) {
        return Ok(Err(Refusal::Expired));
    }
    let is_over =
        ended(round.view, intent.id())?.is_some_and(|end| end.asked_at >= request.issued_at);
    let mut is_old = false;
    for tag in &intent.household {
        is_old |= first_lease(round.view, *tag)?
            .is_some_and(|known| known.intent == *intent && known.asked_at > request.issued_at);
    }
    Ok(if is_over || is_old { Err(Refusal::LeaseEnded) } else { Ok(()) })
}

/// The intent that stands first for a tag, if it is another than this one and not over.
fn first(round: &Round<'_>, tag: SubjectTag, mine: &Lease) -> Result<Option<Intent>, StoreError> {
    let Some(known) = first_lease(round.view, tag)? else { return Ok(None) };
    if known.intent == mine.intent || is_over(round, &known)? {
        return Ok(None);
    }
    Ok(Some(known.intent))
}

fn is_over(round: &Round<'_>, lease: &Lease) -> Result<bool, StoreError> {
    Ok(lease.is_over(shown(round, lease.intent.center)?))
}

/// The lease that stands first for a tag, over or not.
///
/// # Errors
/// When the store cannot be read.
pub fn first_lease(view: &dyn View, tag: SubjectTag) -> Result<Option<Lease>, StoreError> {
    let bytes = view.get(&key(Area::FirstLease, &[tag.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("first leases", &bytes)).transpose()
}

fn put_first(view: &mut dyn View, tag: SubjectTag, lease: &Lease) {
    view.put(key(Area::FirstLease, &[tag.as_bytes()]), cbor::encode(lease));
}

fn ended(view: &dyn View, intent: IntentId) -> Result<Option<Ended>, StoreError> {
    let bytes = view.get(&key(Area::LeaseEnded, &[intent.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("ended leases", &bytes)).transpose()
}

/// Takes the end of a lease in.
pub(super) fn on_end(
    round: &mut Round<'_>,
    end: &LeaseEnd,
) -> Result<Result<(), Refusal>, StoreError> {
    if end.intent.center != end.from || !end.intent.is_well_formed() {
        return Ok(Err(Refusal::Malformed));
    }
    let id = end.intent.id();
    let known = ended(round.view, id)?;
    let is_undone = matches!(end.outcome, LeaseOutcome::Withdrawn | LeaseOutcome::Expired);
    let row = Ended {
        asked_at: known.map_or(end.asked_at, |known| known.asked_at.max(end.asked_at)),
        undone_at: known.and_then(|known| known.undone_at).max(is_undone.then_some(end.issued_at)),
        ruled: known.is_some_and(|known| known.ruled),
    };
    put_ended(round.view, id, row);
    for tag in &end.intent.household {
        match end.outcome {
            // What was undone later stays undone, in whatever order the two arrive.
            LeaseOutcome::Paid if row.undone_at.is_none_or(|undone| undone < end.issued_at) => {
                put_paid(round.view, (*tag, id), PaidLoan::new(end.from, end.loan));
            }
            LeaseOutcome::Withdrawn | LeaseOutcome::Expired => {
                delete_paid(round.view, (*tag, id));
            }
            LeaseOutcome::Released | LeaseOutcome::Paid => {}
        }
        release(round.view, *tag, (id, row.asked_at))?;
    }
    Ok(Ok(()))
}

fn put_ended(view: &mut dyn View, intent: IntentId, row: Ended) {
    view.put(key(Area::LeaseEnded, &[intent.as_bytes()]), cbor::encode(&row));
}

/// Frees a tag of an intent, unless a later request stands.
fn release(
    view: &mut dyn View,
    tag: SubjectTag,
    (intent, asked_at): (IntentId, Timestamp),
) -> Result<(), StoreError> {
    let known = first_lease(view, tag)?;
    if known.is_some_and(|known| known.intent.id() == intent && known.asked_at <= asked_at) {
        view.delete(key(Area::FirstLease, &[tag.as_bytes()]));
    }
    Ok(())
}

/// Takes a ruling of the authority in.
pub(super) fn on_ruling(round: &mut Round<'_>, ruling: &LeaseRuling) -> Result<(), StoreError> {
    if let Some(intent) = ruling.intent {
        close_by_ruling(round, ruling, intent)?;
        // Whoever keeps no lease of it knows the household by the digest.
        let open = tag_index::by_reference(
            round.view,
            ReferenceTag::new(*intent.as_bytes()),
            LEASES_OF_ONE_MAX,
        )?;
        let of_it = open.iter().filter(|live| live.log.center == ruling.center && ruling.paid);
        for tag in of_it.flat_map(|live| &live.digest.subjects) {
            put_paid(round.view, (*tag, intent), PaidLoan::new(ruling.center, None));
        }
    } else {
        barrier::on_ruling(round, ruling.center, ruling.asked_until)?;
    }
    for (tag, lease) in leases(round.view, LEASES_MAX)? {
        let id = lease.intent.id();
        if lease.intent.center != ruling.center
            || lease.asked_at > ruling.asked_until
            || ruling.intent.is_some_and(|intent| intent != id)
        {
            continue;
        }
        close_by_ruling(round, ruling, id)?;
        if ruling.paid {
            put_paid(round.view, (tag, id), PaidLoan::new(ruling.center, None));
        }
        round.view.delete(key(Area::FirstLease, &[tag.as_bytes()]));
    }
    Ok(())
}

fn close_by_ruling(
    round: &mut Round<'_>,
    ruling: &LeaseRuling,
    intent: IntentId,
) -> Result<(), StoreError> {
    let known = ended(round.view, intent)?;
    let row = Ended {
        asked_at: known.map_or(ruling.asked_until, |known| known.asked_at.max(ruling.asked_until)),
        undone_at: known.and_then(|known| known.undone_at),
        ruled: true,
    };
    put_ended(round.view, intent, row);
    Ok(())
}

/// Whether the authority has ruled on an intent, so that it stands in nobody's way.
pub(super) fn is_ruled(view: &dyn View, intent: IntentId) -> Result<bool, StoreError> {
    Ok(ended(view, intent)?.is_some_and(|known| known.ruled))
}

/// Digests of one intent: one a log of its center.
const LEASES_OF_ONE_MAX: usize = 64;
/// First leases that a ruling looks through: far more than a province has at once.
const LEASES_MAX: usize = 1_000_000;

fn leases(view: &dyn View, limit: usize) -> Result<Vec<(SubjectTag, Lease)>, StoreError> {
    let prefix = key(Area::FirstLease, &[]);
    let rows = view.range(&prefix, &prefix_end(&prefix), limit)?;
    rows.into_iter()
        .map(|(place, bytes)| {
            let tag = place.get(1..).and_then(|tag| tag.try_into().ok()).map(SubjectTag::new);
            let tag = tag.ok_or_else(|| StoreError::Corrupt {
                place: "first leases",
                detail: "a key of another length".into(),
            })?;
            Ok((tag, cbor::decode_stored("first leases", &bytes)?))
        })
        .collect()
}

/// The leases that this witness keeps, each once.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn views(round: &Round<'_>) -> Result<Vec<LeaseView>, StoreError> {
    let mut views: Vec<LeaseView> = Vec::new();
    for (_, lease) in leases(round.view, INTENTS_LISTED_MAX)? {
        let intent = lease.intent.id();
        if views.iter().all(|view| view.intent != intent) {
            views.push(LeaseView {
                intent,
                center: lease.intent.center,
                asked_at: lease.asked_at,
                ends_at: ends_at(lease.asked_at),
                is_over: is_over(round, &lease)?,
            });
        }
    }
    views.sort_by_key(|view| (view.center, view.asked_at));
    Ok(views)
}
