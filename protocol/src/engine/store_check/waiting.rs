//! What waits for a time has a timer that is set for it.
//!
//! **Promises.** A row that only a timer moves, and that has none, is found; the timer that is set for it
//! ends the waiting as the time itself would have.
//! **Left to others.** Transfers and outboxes, beside their rows. What a start sets anew, whatever stands in the
//! store: heartbeats, the wait for members, questions to witnesses.

use super::super::certificates::lending::HeldCertificate;
use super::super::certificates::{CertificateState, StoredCertificate};
use super::super::lending::{IntentState, StoredIntent};
use super::super::timer::{self, Timer};
use super::super::{publishing, recovery, single, takeovers};
use super::fault::Fault;
use super::{Bench, each_of};
use crate::authority::alert::Alert;
use crate::cbor;
use crate::engine::CoreDriver;
use crate::id::QueryId;
use crate::policy::Policy;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, prefix_end};
use crate::time::{DAY_MS, Timestamp};
use crate::transfer::deadline::end_of;

/// Checks whatever only a timer moves.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let now = single::clock(bench.view).unwrap_or_default();
    questions(bench, now)?;
    intents(bench, now)?;
    certificates(bench)?;
    inquiries(bench)?;
    queues(bench, now)
}

/// A timer that must be set.
fn require(
    bench: &mut Bench<'_>,
    what: impl FnOnce() -> String,
    (at, timer): (Timestamp, Timer),
) -> Result<(), StoreError> {
    if !timer::is_set(bench.view, timer)? {
        bench.set_timer((Fault::Timer, what()), at, timer);
    }
    Ok(())
}

/// A question of ours is answered, or runs out.
fn questions(bench: &mut Bench<'_>, now: Timestamp) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, Area::Asked, |place, (row, _)| {
        let id = row.get(1..).and_then(|id| id.try_into().ok()).map(QueryId::new);
        let Some(id) = id else { return Ok(()) };
        require(bench, || format!("the end of Asked row {place}"), (now, Timer::Query(id)))
    })?;
    Ok(())
}

/// An application lapses, a lease is over.
fn intents(bench: &mut Bench<'_>, now: Timestamp) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, Area::Intent, |place, (_, value)| {
        let Ok(stored) = cbor::decode::<StoredIntent>(value) else { return Ok(()) };
        let id = stored.intent.id();
        if matches!(stored.state, IntentState::Asking | IntentState::Leased) {
            let what = || format!("the lease of Intent row {place}");
            require(bench, what, (now, Timer::Lease(id)))?;
        }
        if stored.state.is_live() {
            // A center that has set another time keeps it for the next ones.
            let days = i64::from(Policy::default().intent_days);
            let lapse = stored.intent.issued_at.plus_ms(days.saturating_mul(DAY_MS));
            let what = || format!("the lapse of Intent row {place}");
            require(bench, what, (lapse, Timer::IntentLapse(id)))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// A certificate ends, and its receipt is called to mind once.
fn certificates(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, Area::Certificate, |place, (_, value)| {
        let Ok(stored) = cbor::decode::<StoredCertificate>(value) else { return Ok(()) };
        let known = &stored.certificate;
        let after =
            known.valid_until.plus_days(1).filter(|_| stored.state == CertificateState::Issued);
        let Some(after) = after else { return Ok(()) };
        let due = (Timestamp::start_of(after), Timer::Certificate(known.number));
        require(bench, || format!("the end of Certificate row {place}"), due)
    })?;
    each_of(view, Area::HeldCertificate, |place, (_, value)| {
        let Ok(kept) = cbor::decode::<HeldCertificate>(value) else { return Ok(()) };
        if kept.receipt.is_some() || kept.revoked.is_some() || kept.reminded.is_some() {
            return Ok(());
        }
        let days = i64::from(Policy::default().receipt_reminder_days);
        let at = kept.at.plus_ms(days.saturating_mul(DAY_MS));
        let timer = Timer::ReceiptDue(kept.issued.certificate.number);
        require(bench, || format!("the reminder of HeldCertificate row {place}"), (at, timer))
    })?;
    Ok(())
}

/// A center that was asked by the authority answers, or is late.
fn inquiries(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, Area::Alert, |place, (_, value)| {
        let Ok(alert) = cbor::decode::<Alert>(value) else { return Ok(()) };
        let waiting = alert.dialogue.waiting().filter(|asked| !asked.is_overdue);
        let Some(due) = waiting.map(|asked| asked.due).min() else { return Ok(()) };
        let due = (end_of(due), Timer::Inquiry(alert.id));
        require(bench, || format!("the answer of Alert row {place}"), due)
    })?;
    Ok(())
}

/// What is worked off in portions, or tried again.
fn queues(bench: &mut Bench<'_>, now: Timestamp) -> Result<(), StoreError> {
    let view = bench.view;
    let has_rows = |area: Area| -> Result<bool, StoreError> {
        let prefix = key(area, &[]);
        Ok(!view.range(&prefix, &prefix_end(&prefix), 1)?.is_empty())
    };
    // Any round of a node that keeps the books itself carries its orders out.
    if bench.expected.core_driver == CoreDriver::External && has_rows(Area::CoreOrder)? {
        let what = || "orders to the core system".to_owned();
        require(bench, what, (now, Timer::CoreOrders))?;
    }
    if has_rows(Area::IncidentWaiting)? {
        let what = || "incidents that the authority is to be told".to_owned();
        require(bench, what, (now, Timer::Incidents))?;
    }
    if has_rows(Area::AskedAbout)? {
        let what = || "what follows from questions".to_owned();
        require(bench, what, (now, Timer::FollowUp))?;
    }
    if publishing::is_busy(view).unwrap_or(false) {
        let what = || "records that are to be published".to_owned();
        require(bench, what, (now, Timer::Records))?;
    }
    if recovery::is_left(view).unwrap_or(false) {
        let what = || "what came back and is not taken in".to_owned();
        require(bench, what, (now, Timer::Recall))?;
    }
    let roster = single::roster(view).ok().flatten();
    for revoked in roster.iter().flat_map(|roster| takeovers::unfinished(view, roster)) {
        let what = || format!("the cases with {revoked}");
        require(bench, what, (now, Timer::Takeover(revoked)))?;
    }
    Ok(())
}
