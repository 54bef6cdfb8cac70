//! What only a center can see, and has told the authority.
//!
//! **Promises.** An incident raises one alert, with its statement as evidence; where the logs show
//! already that the transfer came to its end, the alert is history at once.
//! **Left to others.** Telling once: `incidents`.

use super::digests::LIVE_MAX;
use super::raising::{Shown, heal, raise};
use crate::authority::alert::{AlertSubject, Evidence};
use crate::authority::incident::{IncidentRule, IncidentSubject};
use crate::authority::rules::is_matched;
use crate::engine::round::Round;
use crate::engine::tag_index::{self, IndexedDigest};
use crate::id::{CauseId, PayloadHash, ReferenceTag};
use crate::statement::incident::Incident;
use crate::store::StoreError;

/// A center has told of something.
pub(in crate::engine) fn on_incident(
    round: &mut Round<'_>,
    incident: &Incident,
    statement: PayloadHash,
) -> Result<(), StoreError> {
    let mut centers = vec![incident.from];
    centers.extend(incident.other);
    let shown = Shown {
        centers,
        evidence: vec![Evidence::Statement(statement)],
        causes: vec![CauseId::new(*statement.as_bytes())],
        count: incident.count,
    };
    raise(round, (incident.rule.alert_rule(), incident.subject.alert_subject()), shown)?;
    if let IncidentSubject::Transfer(reference) = incident.subject {
        let live = tag_index::by_reference(round.view, reference, LIVE_MAX)?;
        heal_transfer(round, reference, &live)?;
    }
    Ok(())
}

/// Heals what was told of a transfer, once both sides have published the same end of it.
pub(super) fn heal_transfer(
    round: &mut Round<'_>,
    reference: ReferenceTag,
    live: &[IndexedDigest],
) -> Result<(), StoreError> {
    if !is_matched(live) {
        return Ok(());
    }
    for rule in IncidentRule::ALL.iter().filter(|rule| rule.heals_with_the_transfer()) {
        heal(round, (rule.alert_rule(), AlertSubject::Transfer(reference)))?;
    }
    Ok(())
}
