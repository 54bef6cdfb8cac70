//! Whom to ask: the centers whose logs show the person, and those that cannot be ruled out.
//!
//! **Promises.** A center whose log is held up to its last heartbeat, shows nothing about the person
//! and declares no record without a usable number is not asked, and never learns that anybody asked.
//! **Left to others.** Computing tags: `subject`. Holding logs: `following`.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::super::operator::OperatorId;
use super::super::publishing::current_epoch;
use super::super::rates::Bucket;
use super::super::round::{Round, Stop};
use super::super::{audit, heartbeats, rates, tag_index};
use crate::account::SerialNumber;
use crate::admission::Budget;
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::payload_hash;
use crate::dossier::{Why, Wish};
use crate::id::{QueryId, SubjectTag};
use crate::purpose::{Purpose, QueryKind};
use crate::record::Person;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::subject::TagSubject;
use crate::time::Timestamp;

/// Every center with why it is asked, or is not, by ascending code.
pub(super) fn centers(round: &mut Round<'_>, wish: &Wish) -> Result<Vec<(CenterCode, Why)>, Stop> {
    if let Some(center) = wish.to {
        if center == round.center() || !round.roster.centers().any(|member| member.code == center) {
            return Err(Stop::explained(Refusal::Argument, "name another center of the network"));
        }
        return Ok(vec![(center, Why::Named)]);
    }
    // These are asked of one center that the operator names.
    if matches!(wish.kind, QueryKind::DepositCertificate | QueryKind::TransferStatus) {
        return Err(Stop::explained(Refusal::Argument, "name the center that is asked"));
    }
    note_tagging(round, wish)?;
    let holders = holders(round, &wish.subjects)?;
    let members: Vec<(CenterCode, MemberStatus)> =
        round.roster.centers().map(|member| (member.code, member.status)).collect();
    let mut centers = Vec::new();
    for (center, status) in members {
        let why = if center == round.center() {
            Why::Own
        } else if status != MemberStatus::Active {
            Why::Suspended
        } else if wish.kind == QueryKind::AccessList {
            // Whoever asked about a person need not hold anything of the person.
            Why::NotCurrent
        } else {
            reason(round, holders.as_ref(), center)?
        };
        centers.push((center, why));
    }
    Ok(centers)
}

/// What the audit log keeps of a lookup by tag: who looked for how many persons, and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Tagging {
    /// When.
    #[n(1)]
    at: Timestamp,
    /// Who.
    #[n(2)]
    operator: OperatorId,
    /// Why.
    #[n(3)]
    purpose: Purpose,
    /// For which business.
    #[n(4)]
    serial: SerialNumber,
    /// For how many persons.
    #[n(5)]
    persons: u32,
    /// Makes two lookups of one moment two rows.
    #[n(6)]
    place: QueryId,
}

/// Counts a lookup and keeps it in the audit log, before any tag is computed.
fn note_tagging(round: &mut Round<'_>, wish: &Wish) -> Result<(), Stop> {
    let own = (round.center(), Bucket::Tagging);
    let limit = round.settings.policy.queries_per_minute;
    if rates::take(round.view, round.now, own, limit)? == Budget::Spent {
        return Err(Refusal::RateLimited.into());
    }
    let row = Tagging {
        at: round.now,
        operator: wish.operator.clone(),
        purpose: wish.purpose,
        serial: wish.serial.clone(),
        persons: u32::try_from(wish.subjects.len()).unwrap_or(u32::MAX),
        place: QueryId::new(round.entropy.draw()),
    };
    let bytes = cbor::encode(&row);
    let hash = payload_hash(&bytes);
    round.view.put(key(Area::Statement, &[hash.as_bytes()]), bytes.clone());
    audit::audit(round, hash, &bytes)?;
    Ok(())
}

/// The centers whose logs hold a digest about one of the persons; `None` without tags.
fn holders(
    round: &mut Round<'_>,
    subjects: &[Person],
) -> Result<Option<BTreeSet<CenterCode>>, StoreError> {
    let Some(tags) = tags(round, subjects) else { return Ok(None) };
    let mut holders = BTreeSet::new();
    for tag in tags {
        let digests = tag_index::by_tag(round.view, tag, DIGESTS_MAX)?;
        holders.extend(digests.iter().map(|digest| digest.log.center));
    }
    Ok(Some(holders))
}

/// Digests of one person that a lookup reads: more than anybody has.
pub(super) const DIGESTS_MAX: usize = 1_024;

fn reason(
    round: &Round<'_>,
    holders: Option<&BTreeSet<CenterCode>>,
    center: CenterCode,
) -> Result<Why, StoreError> {
    let Some(holders) = holders else { return Ok(Why::NoTag) };
    if holders.contains(&center) {
        return Ok(Why::Holds);
    }
    if !heartbeats::is_current(round, center)? {
        return Ok(Why::NotCurrent);
    }
    let latest = heartbeats::latest(round.view, center)?;
    let declares = latest.is_some_and(|row| row.heartbeat.unusable_records > 0);
    Ok(if declares { Why::Unnumbered } else { Why::Clear })
}

/// The tags of persons in the epoch in force; `None` while the key is not here.
pub(super) fn tags(round: &mut Round<'_>, subjects: &[Person]) -> Option<Vec<SubjectTag>> {
    let texts: Vec<Zeroizing<String>> =
        subjects.iter().map(|person| person.document.tag_text()).collect();
    let subjects: Vec<TagSubject<'_>> =
        texts.iter().map(|text| TagSubject::Person(text.as_str())).collect();
    let epoch = current_epoch(round);
    round.tagger.tags(epoch, &subjects).ok()
}
