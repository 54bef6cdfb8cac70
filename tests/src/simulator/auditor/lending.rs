//! Loans to households that have applied in two cities.
//!
//! **Promises.** Never have two cities paid out to one person at the same time; and who pays had, from
//! more than half of all witnesses, an answer that names its intent first for every member of the
//! household, within the time that a lease gives by its own clock. What a witness answers and a clerk is
//! told stands on the disk that it was said from.

use std::collections::BTreeMap;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::Received;
use fundlink_protocol::engine::command::Reply;
use fundlink_protocol::engine::lending::desk::LendingReply;
use fundlink_protocol::engine::lending::{
    self, Attempt, IntentState, StoredIntent, WitnessReply, witness,
};
use fundlink_protocol::id::{IntentId, SubjectTag};
use fundlink_protocol::statement::{Statement, StatementKind};
use fundlink_protocol::store::Staged;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::time::Timestamp;

use super::super::disk::Change;
use super::super::world::Node;
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

/// Who is named first in an answer stands first on the disk of the witness, unless the commit that has
/// the answer has changed that again: a crash after the release must not let it name another.
pub(super) fn check_answer(
    (node, center): (&Node, CenterCode),
    said: &Change,
    changes: &[Change],
) -> Result<(), Broken> {
    let received = said.after.clone().and_then(|bytes| Received::parse(bytes).ok());
    let received = received.filter(|received| received.kind() == StatementKind::LeaseAnswer);
    let said = received.and_then(|received| received.read_again().ok());
    let Some(Statement::LeaseAnswer(answer)) = said else { return Ok(()) };
    if answer.from != center {
        return Ok(());
    }
    for said in &answer.tags {
        let Some(first) = said.first else { continue };
        let row = key(Area::FirstLease, &[said.tag.as_bytes()]);
        let kept = witness::first_lease(&Staged::new(node.disk()), said.tag)?;
        let is_kept = kept.is_some_and(|kept| kept.intent.id() == first.intent);
        let has_changed = changes.iter().any(|change| change.key == row);
        require(is_kept || has_changed, || {
            format!("witness {center} names an application first that it does not keep")
        })?;
    }
    Ok(())
}

/// What a clerk is told of an application stands on the disk; that it is paid, above all: the money
/// follows that answer.
pub(super) fn check_told((node, center): (&Node, CenterCode), reply: &Reply) -> Result<(), Broken> {
    let Reply::Lending(LendingReply::Intents(told)) = reply else { return Ok(()) };
    for told in told {
        let kept = lending::intent(&Staged::new(node.disk()), told.stored.intent.id())?;
        let is_paid = told.stored.state == IntentState::Paid;
        // One that was paid keeps its contract, whatever has come of it since.
        let is_kept = kept.is_some_and(|kept| !is_paid || kept.contract.is_some());
        require(is_kept, || {
            format!("{center} tells of an application for a loan what it does not keep")
        })?;
    }
    Ok(())
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
