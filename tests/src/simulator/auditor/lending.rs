//! Loans to households that have applied in two cities.
//!
//! **Promises.** Never have two cities paid out to one person at the same time; and who pays had, from
//! more than half of all witnesses, an answer that names its intent first for every member of the
//! household, within the time that a lease gives by its own clock.

use std::collections::BTreeMap;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::lending::{Attempt, IntentState, StoredIntent, WitnessReply};
use fundlink_protocol::id::{IntentId, SubjectTag};
use fundlink_protocol::time::Timestamp;

use super::super::disk::Change;
use super::{Broken, read, require};

/// Who has paid out to whom.
#[derive(Debug, Default)]
pub(super) struct Payouts {
    paid: BTreeMap<SubjectTag, BTreeMap<IntentId, CenterCode>>,
}

/// A day less ten minutes.
const PAYABLE_MS: i64 = (24 * 60 - 10) * 60_000;

impl Payouts {
    /// After a commit that has changed an intent; `now` is the clock of its center.
    pub(super) fn check(
        &mut self,
        (center, now): (CenterCode, Timestamp),
        change: &Change,
    ) -> Result<(), Broken> {
        let Some(after) = &change.after else {
            return Err(Broken::new(format!("{center} does not have an intent any more")));
        };
        let stored: StoredIntent = read("a loan intent", after)?;
        let id = stored.intent.id();
        let before: Option<StoredIntent> =
            change.before.as_ref().map(|before| read("a loan intent", before)).transpose()?;
        let was_paid = before.is_some_and(|before| before.state == IntentState::Paid);
        if stored.state == IntentState::Paid {
            if was_paid {
                // A center that was set back may have forgotten that its payout was undone.
                return Ok(());
            }
            check_lease((center, now), &stored)?;
        }
        for tag in &stored.intent.household {
            let paid = self.paid.entry(*tag).or_default();
            if stored.state != IntentState::Paid {
                paid.remove(&id);
                continue;
            }
            paid.insert(id, center);
            let other = paid.values().find(|other| **other != center);
            require(other.is_none(), || {
                let other = other.map(|other| format!("{other}")).unwrap_or_default();
                format!("{center} and {other} have both paid out to one household")
            })?;
        }
        Ok(())
    }
}

/// Counts the witnesses anew.
fn check_lease(
    (center, now): (CenterCode, Timestamp),
    stored: &StoredIntent,
) -> Result<(), Broken> {
    let attempt = stored.attempt.as_ref();
    let granted = attempt.map_or(0, |attempt| grants(attempt, stored));
    let all = attempt.map_or(0, |attempt| attempt.asked.len());
    require(2 * granted > all, || {
        format!("{center} pays out with {granted} of {all} witnesses that name it first")
    })?;
    let since = attempt.map_or(0, |attempt| now.ms_since(attempt.asked_at));
    require(since <= PAYABLE_MS, || format!("{center} pays out {since} ms after it has asked"))
}

fn grants(attempt: &Attempt, stored: &StoredIntent) -> usize {
    let id = stored.intent.id();
    let grants = attempt.asked.iter().filter(|asked| {
        let WitnessReply::Answered(answer, _) = &asked.reply else { return false };
        let mut tags = stored.intent.household.iter();
        answer.withheld_since.is_none()
            && answer.intent == id
            && tags.all(|tag| {
                let said = answer.tags.iter().find(|said| said.tag == *tag);
                said.and_then(|said| said.first).is_some_and(|first| first.intent == id)
            })
    });
    grants.count()
}
