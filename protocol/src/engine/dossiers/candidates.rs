//! Whom to ask: the centers whose logs show the person, and those that cannot be ruled out.
//!
//! **Promises.** A center whose log is held up to its last heartbeat, shows nothing about the person
//! and declares no record without a usable number is not asked, and never learns that anybody asked.
//! **Left to others.** Computing tags: `subject`. Holding logs: `following`.

use std::collections::BTreeSet;

use super::super::round::{Round, Stop};
use super::super::tags::{self, TagReason};
use super::super::{equivocation, heartbeats, tag_index, withdrawals};
use crate::center::{CenterCode, Role};
use crate::document::DocumentNumber;
use crate::dossier::{Why, Wish};
use crate::purpose::QueryKind;
use crate::refusal::Refusal;
use crate::roster::{Member, MemberStatus};
use crate::store::StoreError;

/// Every center with why it is asked, or is not, by ascending code.
pub(super) fn centers(round: &mut Round<'_>, wish: &Wish) -> Result<Vec<(CenterCode, Why)>, Stop> {
    let wants_list = wish.kind == QueryKind::AccessList;
    if let Some(center) = wish.to {
        if center == round.center() && wants_list {
            return Ok(vec![(center, Why::Own)]);
        }
        if center == round.center() || !round.roster.centers().any(|member| member.code == center) {
            return Err(Stop::explained(Refusal::Argument, "name another center of the network"));
        }
        let issues = wish.kind == QueryKind::DepositCertificate;
        if issues && !equivocation::may_start(round, center)? {
            let why =
                "the log of that center is closed; it issues nothing until its next one opens";
            return Err(Stop::explained(Refusal::Suspended, why));
        }
        return Ok(vec![(center, Why::Named)]);
    }
    // These are asked of one center that the operator names.
    if matches!(wish.kind, QueryKind::DepositCertificate | QueryKind::TransferStatus) {
        return Err(Stop::explained(Refusal::Argument, "name the center that is asked"));
    }
    if wants_list {
        return Ok(all(round));
    }
    let holders = holders(round, wish)?;
    let members: Vec<(CenterCode, MemberStatus)> =
        round.roster.centers().map(|member| (member.code, member.status)).collect();
    let mut centers = Vec::new();
    for (center, status) in members {
        let why = if center == round.center() {
            Why::Own
        } else if status != MemberStatus::Active {
            Why::Suspended
        } else {
            reason(round, holders.as_ref(), center)?
        };
        centers.push((center, why));
    }
    Ok(centers)
}

/// Every center that ever was a member: whoever was asked about a person need not hold anything of
/// the person. A suspended one still answers the person concerned; a revoked one is named.
fn all(round: &Round<'_>) -> Vec<(CenterCode, Why)> {
    let centers = round.roster.members.iter().filter(|member| member.role == Role::Center);
    let why = |member: &Member| match member.status {
        _ if member.code == round.center() => Why::Own,
        MemberStatus::Active | MemberStatus::Suspended => Why::MayHaveAsked,
        MemberStatus::Revoked => Why::Revoked,
    };
    centers.map(|member| (member.code, why(member))).collect()
}

/// The centers whose logs hold a digest about one of the persons; `None` without the tag key.
fn holders(round: &mut Round<'_>, wish: &Wish) -> Result<Option<BTreeSet<CenterCode>>, Stop> {
    let documents: Vec<DocumentNumber> =
        wish.subjects.iter().map(|person| person.document.clone()).collect();
    let reason = TagReason {
        purpose: wish.purpose,
        operator: wish.operator.clone(),
        serial: Some(wish.serial.as_str().to_owned()),
    };
    let mut tags = match tags::of_persons(round, &documents, &reason) {
        Ok(tags) => tags,
        Err(Stop::Explained(refused)) if refused.refusal == Refusal::TagKey => return Ok(None),
        Err(stop) => return Err(stop),
    };
    // Whoever paid out for the property need not hold anything of these persons.
    if let Some(property) = &wish.property {
        tags.extend(withdrawals::asked_tags(round, property, &reason)?);
    }
    let mut holders = BTreeSet::new();
    for tag in tags {
        let digests = tag_index::by_tag(round.view, tag, DIGESTS_MAX)?;
        holders.extend(digests.iter().map(|digest| digest.log.center));
    }
    Ok(Some(holders))
}

/// Digests of one person that a lookup reads: more than anybody has.
pub(in super::super) const DIGESTS_MAX: usize = 1_024;

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
