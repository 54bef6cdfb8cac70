//! Incidents at work: a center tells the authority what only it can see.
//!
//! **Promises.** One cause is told once, whatever happens again; what cannot be told yet, because the
//! tag key or room in the outbox is missing, waits as a row. The authority commits an incident with
//! the alert that it raises.
//! **Left to others.** What is an incident: the handlers that see it. The alert: `alerts`.

use minicbor::{Decode, Encode};

use super::output::Event;
use super::round::{Round, Route};
use super::timer::{self, Timer};
use super::{alerts, transfer_case};
use crate::account::AccountNumber;
use crate::authority::incident::{COUNT_MIN, IncidentRule, IncidentSubject};
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::cose::Verified;
use crate::id::TransferId;
use crate::refusal::Refusal;
use crate::roster::Action;
use crate::statement::Statement;
use crate::statement::incident::Incident;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, prefix_end};
use crate::subject::Reference;
use crate::time::Date;
use crate::wire::DeliveryReply;

/// What an incident is about, as the center knows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub(super) enum About {
    /// A transfer.
    #[n(1)]
    Transfer(#[n(0)] TransferId),
    /// An account of this center.
    #[n(2)]
    Account(#[n(0)] AccountNumber),
    /// A center as a whole.
    #[n(3)]
    Center(#[n(0)] CenterCode),
}

/// What was seen. Rule, matter and number name the cause: the same three are told once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Seen {
    /// The rule.
    #[n(1)]
    rule: IncidentRule,
    /// The matter.
    #[n(2)]
    about: About,
    /// Tells causes of one matter apart: a revision, an import, a day.
    #[n(3)]
    number: u64,
    /// The other center concerned.
    #[n(4)]
    other: Option<CenterCode>,
    /// Cases, where it stands for several.
    #[n(5)]
    count: Option<u32>,
    /// The day that it is about; that on which it was seen when absent.
    #[n(6)]
    day: Option<Date>,
}

impl Seen {
    /// Something that was seen once.
    pub(super) const fn new(rule: IncidentRule, about: About, number: u64) -> Self {
        Self { rule, about, number, other: None, count: None, day: None }
    }

    /// With the other center concerned.
    pub(super) const fn with(mut self, other: CenterCode) -> Self {
        self.other = Some(other);
        self
    }

    /// As so many cases; fewer than five are not told.
    pub(super) const fn counting(mut self, count: u32) -> Self {
        self.count = if count < COUNT_MIN { None } else { Some(count) };
        self
    }

    /// About an earlier day than today.
    pub(super) const fn on(mut self, day: Date) -> Self {
        self.day = Some(day);
        self
    }

    fn cause(&self) -> [u8; 32] {
        let parts = (self.rule, self.about.clone(), self.number);
        blake3::derive_key("fundlink/1 cause of an incident", &cbor::encode(&parts))
    }
}

/// What is known of a cause: that it was told, or what waits to be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct IncidentRow {
    /// What was seen.
    #[n(1)]
    seen: Seen,
    /// On which business day.
    #[n(2)]
    date: Date,
}

/// Milliseconds until what could not be told is tried again.
const AGAIN_MS: i64 = 60_000;
/// Waiting incidents that one round tells.
const TOLD_AT_ONCE: usize = 64;

/// Tells the authority of something, unless it was told of this cause before.
pub(super) fn tell(round: &mut Round<'_>, seen: Seen) -> Result<(), StoreError> {
    let cause = seen.cause();
    let place = key(Area::Incident, &[&cause]);
    if round.settings.role == Role::Authority || round.view.get(&place)?.is_some() {
        return Ok(());
    }
    let date = seen.day.map_or_else(|| transfer_case::today(round), Ok)?;
    let row = IncidentRow { seen, date };
    round.view.put(place, row.date.number().to_be_bytes().to_vec());
    if !say(round, &row)? {
        round.view.put(key(Area::IncidentWaiting, &[&cause]), cbor::encode(&row));
        timer::set(round.view, round.now.plus_ms(AGAIN_MS), Timer::Incidents)?;
    }
    Ok(())
}

/// Tells what waits.
pub(super) fn on_timer(round: &mut Round<'_>) -> Result<(), StoreError> {
    let prefix = key(Area::IncidentWaiting, &[]);
    let rows = round.view.range(&prefix, &prefix_end(&prefix), TOLD_AT_ONCE)?;
    let is_full = rows.len() == TOLD_AT_ONCE;
    let mut has_failed = false;
    for (place, bytes) in rows {
        let row: IncidentRow = cbor::decode_stored("incidents", &bytes)?;
        if say(round, &row)? {
            round.view.delete(place);
        } else {
            has_failed = true;
        }
    }
    match (has_failed, is_full) {
        (true, _) => timer::set(round.view, round.now.plus_ms(AGAIN_MS), Timer::Incidents),
        (false, true) => timer::set(round.view, round.now, Timer::Incidents),
        (false, false) => Ok(()),
    }
}

/// Stages the statement; `false` when it cannot be said now.
fn say(round: &mut Round<'_>, row: &IncidentRow) -> Result<bool, StoreError> {
    let authority = round.roster.authority;
    if !round.has_room_for(authority)? {
        return Ok(false);
    }
    let Some(subject) = subject_of(round, &row.seen.about) else { return Ok(false) };
    let incident = Incident {
        from: round.center(),
        to: authority,
        issued_at: round.now,
        rule: row.seen.rule,
        subject,
        date: row.date,
        other: row.seen.other,
        count: row.seen.count,
    };
    round.say(&incident, Route::Outbox(authority));
    Ok(true)
}

/// The pseudonym of a matter; none without the tag key.
fn subject_of(round: &mut Round<'_>, about: &About) -> Option<IncidentSubject> {
    let epoch = round.roster.tag_epoch;
    let own = round.center();
    match about {
        About::Transfer(transfer) => {
            let reference = round.tagger.reference(epoch, Reference::Transfer(*transfer));
            reference.ok().map(IncidentSubject::Transfer)
        }
        About::Account(number) => {
            let reference = Reference::Account(own, number.as_str());
            round.tagger.reference(epoch, reference).ok().map(IncidentSubject::Account)
        }
        About::Center(center) => Some(IncidentSubject::Center(*center)),
    }
}

/// Takes in an incident at the authority; `None` for any other statement.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    from: CenterCode,
    verified: &Verified,
) -> Result<Option<DeliveryReply>, StoreError> {
    let Statement::Incident(incident) = verified.statement() else { return Ok(None) };
    let hash = verified.hash();
    let refused = if incident.from != from {
        Some(Refusal::Peer)
    } else if incident.to != round.center() || round.settings.role != Role::Authority {
        Some(Refusal::Addressee)
    } else {
        round.roster.rights(from, Action::Sync).err()
    };
    if let Some(refusal) = refused {
        round.event(Event::Refused { from, refusal });
        return Ok(Some(DeliveryReply::Refused(refusal)));
    }
    if round.statement(hash)?.is_none() {
        round.keep_received(hash, verified.statement().kind(), verified.bytes())?;
        alerts::on_incident(round, incident, hash)?;
    }
    Ok(Some(DeliveryReply::Committed(hash)))
}

#[cfg(test)]
mod tests;
