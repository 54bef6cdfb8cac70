//! Asking the other centers about a household, and collecting what they say.
//!
//! **Promises.** Only centers that may hold something are asked, all at once; each gets a row that
//! says what came of it; the dossier ends with its last answer or at its deadline, also over a
//! restart. Proofs are checked before anybody reads an answer.
//! **Left to others.** Whom to ask: `candidates`. What follows for a loan: `verdict`.

use super::accesses;
use super::answers::{self, Question};
use super::certificates;
use super::follow_up;
use super::incidents::{self, About, Seen};
use super::input::Failure;
use super::lending;
use super::modes::require_role;
use super::operator::{self, OperatorRole};
use super::output::{Event, Output};
use super::rosters;
use super::round::{Round, Route, Stop};
use super::timer::{self, Timer};
use super::transfer_case;
use crate::admission;
use crate::answer::proof::ProofFault;
use crate::authority::incident::IncidentRule;
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::Verified;
use crate::dossier::{AnsweredRow, Dossier, DossierRow, RowFailure, RowState, Why, Wish};
use crate::id::{DossierId, QueryId};
use crate::limits::{ASK_AGAIN_MS, DOSSIER_WAIT_MS, QUERY_LIFE_MS};
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;
use crate::statement::query::{Answer, AnswerBody, Query};
use crate::statement::{Statement, StatementKind};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::verdict::{LoanParameters, decide};

pub(super) mod candidates;
mod checking;

/// A dossier by its id.
///
/// # Errors
/// When the store cannot be read.
pub fn dossier(view: &dyn View, id: DossierId) -> Result<Option<Dossier>, StoreError> {
    let bytes = view.get(&key(Area::Dossier, &[id.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("dossiers", &bytes)).transpose()
}

/// A dossier by its id, for a command.
pub(super) fn show(round: &Round<'_>, id: DossierId) -> Result<Box<Dossier>, Stop> {
    dossier(round.view, id)?.map(Box::new).ok_or_else(|| Refusal::NotFound.into())
}

/// Asks; the answers come in later.
pub(super) fn ask(round: &mut Round<'_>, wish: &Wish) -> Result<DossierId, Stop> {
    require_role(round, &wish.operator, OperatorRole::Clerk)?;
    admission::check_wish(wish, round.now.date())?;
    let id = DossierId::new(round.entropy.draw());
    let mut dossier = Dossier {
        id,
        wish: wish.clone(),
        started: round.now,
        rows: Vec::new(),
        finished: None,
        verdict: None,
        presented: certificates::present(round, wish)?,
        intents: Vec::new(),
    };
    for (center, why) in candidates::centers(round, wish)? {
        let row = open_row(round, &dossier, (center, why))?;
        dossier.rows.push(row);
    }
    dossier.intents = lending::seen::seen_by(round, wish)?;
    follow_up::note(round, wish)?;
    finish_if_done(round, &mut dossier)?;
    put(round.view, &dossier);
    Ok(id)
}

/// Takes in what came of a question of ours.
pub(super) fn on_answered(
    round: &mut Round<'_>,
    from: CenterCode,
    query: QueryId,
    outcome: Result<Box<Verified>, Failure>,
) -> Result<(), StoreError> {
    if let Ok(statement) = &outcome {
        round.keep_received(statement.hash(), StatementKind::Answer, statement.bytes())?;
    }
    let Some(mut dossier) = waiting_dossier(round, query)? else { return Ok(()) };
    let Some(place) = dossier.rows.iter().position(|row| row.query == Some(query)) else {
        return Ok(());
    };
    let state = match outcome {
        Ok(statement) => accept(round, &dossier, place, &statement, from)?,
        Err(failure) => {
            if waits_for_roster(round, &dossier, (from, query), failure)? {
                return Ok(());
            }
            RowState::Failed(failure.into())
        }
    };
    settle_row(round, &mut dossier, place, state)
}

/// A key that was rotated a moment ago is in the roster of one side alone: the newer roster is
/// fetched, and the same question is sent again as long as there is time.
fn waits_for_roster(
    round: &mut Round<'_>,
    dossier: &Dossier,
    (from, query): (CenterCode, QueryId),
    failure: Failure,
) -> Result<bool, StoreError> {
    match failure {
        Failure::Invalid(Refusal::KeyUnknown) => rosters::fetch(round, from)?,
        // Here the other side has to hear of it, or the clock has to go on.
        Failure::Refused(Refusal::KeyUnknown | Refusal::KeyNotYet)
        | Failure::Invalid(Refusal::KeyNotYet) => {}
        Failure::Invalid(_) | Failure::Refused(_) | Failure::Unreachable | Failure::TimedOut => {
            return Ok(false);
        }
    }
    let again = round.now.plus_ms(ASK_AGAIN_MS);
    if again >= dossier.started.plus_ms(DOSSIER_WAIT_MS) {
        return Ok(false);
    }
    timer::set(round.view, again, Timer::AskAgain(query))?;
    Ok(true)
}

/// Sends a question again, with the bytes that were signed once: whoever answered it has the answer.
pub(super) fn ask_again(round: &mut Round<'_>, query: QueryId) -> Result<(), StoreError> {
    let Some(dossier) = waiting_dossier(round, query)? else { return Ok(()) };
    let row = dossier.rows.iter().find(|row| row.query == Some(query));
    let Some((to, Some(question))) = row.map(|row| (row.center, row.question)) else {
        return Ok(());
    };
    if let Some(statement) = round.statement(question)? {
        round.output(Output::Ask { to, query, statement });
    }
    Ok(())
}

/// A question of ours has run out.
pub(super) fn on_timer(round: &mut Round<'_>, query: QueryId) -> Result<(), StoreError> {
    let Some(mut dossier) = waiting_dossier(round, query)? else { return Ok(()) };
    match dossier.rows.iter().position(|row| row.query == Some(query)) {
        Some(place) => {
            settle_row(round, &mut dossier, place, RowState::Failed(RowFailure::TimedOut))
        }
        None => Ok(()),
    }
}

/// The row of one center, with its question on the way.
fn open_row(
    round: &mut Round<'_>,
    dossier: &Dossier,
    (center, why): (CenterCode, Why),
) -> Result<DossierRow, StoreError> {
    let mut row =
        DossierRow { center, why, query: None, question: None, state: RowState::NotAsked };
    match why {
        Why::Own => look_up(round, &dossier.wish, &mut row)?,
        Why::Clear | Why::Suspended | Why::Revoked => {}
        Why::Named
        | Why::MayHaveAsked
        | Why::Holds
        | Why::NotCurrent
        | Why::Unnumbered
        | Why::NoTag => {
            let query = question(round, &dossier.wish, center)?;
            row.query = Some(query.id);
            let hash = round.say(&query, Route::Ask(center, query.id));
            accesses::note_sent(round, &query, hash);
            row.question = Some(hash);
            row.state = RowState::Waiting;
            let asked = key(Area::Asked, &[query.id.as_bytes()]);
            round.view.put(asked, dossier.id.as_bytes().to_vec());
            let deadline = round.now.plus_ms(DOSSIER_WAIT_MS);
            timer::set(round.view, deadline, Timer::Query(query.id))?;
        }
    }
    Ok(row)
}

/// This center's own part: a look at its own records is a question like any other, signed and kept,
/// so that the person finds it in the list and can prove it.
fn look_up(round: &mut Round<'_>, wish: &Wish, row: &mut DossierRow) -> Result<(), StoreError> {
    let query = question(round, wish, row.center)?;
    let given = answers::give(round, &Question::of(&query))?;
    let hash = round.say(&query, Route::Keep);
    let body = AnswerBody::Given(Box::new(given.clone()));
    accesses::note(round, &query, hash, &body);
    if wish.kind != QueryKind::AccessList {
        row.state = RowState::Own(Box::new(given));
        return Ok(());
    }
    // The list is handed to the person, who must be able to prove it: it is signed as well.
    let answer = Answer {
        from: query.to,
        to: query.from,
        issued_at: round.now,
        id: query.id,
        question: hash,
        body: body.clone(),
    };
    let (checks, omitted) = checking::check(round, wish, &answer)?;
    row.question = Some(hash);
    row.state = RowState::Answered(Box::new(AnsweredRow {
        at: round.now,
        answer: round.say(&answer, Route::Keep),
        body,
        checks,
        omitted,
    }));
    Ok(())
}

fn question(round: &mut Round<'_>, wish: &Wish, to: CenterCode) -> Result<Query, StoreError> {
    Ok(Query {
        from: round.center(),
        to,
        issued_at: round.now,
        id: QueryId::new(round.entropy.draw()),
        expires: round.now.plus_ms(QUERY_LIFE_MS),
        kind: wish.kind,
        purpose: wish.purpose,
        subjects: wish.subjects.clone(),
        transfer: wish.transfer,
        operator: operator::mark(round, &wish.operator)?,
        consent: wish.consent.clone(),
        serial: wish.serial.clone(),
        before: wish.before,
        property: wish.property.clone(),
    })
}

/// Whether a statement is the answer to this row's question, and what its proofs are worth.
fn accept(
    round: &mut Round<'_>,
    dossier: &Dossier,
    place: usize,
    statement: &Verified,
    from: CenterCode,
) -> Result<RowState, StoreError> {
    let Some(row) = dossier.rows.get(place) else { return Ok(RowState::NotAsked) };
    let invalid = |refusal| Ok(RowState::Failed(RowFailure::Invalid(refusal)));
    let Statement::Answer(answer) = statement.statement() else {
        return invalid(Refusal::UnknownStatement);
    };
    if answer.from != row.center || answer.from != from {
        return invalid(Refusal::Sender);
    }
    if answer.to != round.center() {
        return invalid(Refusal::Addressee);
    }
    if Some(answer.id) != row.query || Some(answer.question) != row.question {
        return invalid(Refusal::IdReused);
    }
    if !covers(answer, dossier.wish.subjects.len()) {
        return invalid(Refusal::Malformed);
    }
    let (checks, omitted) = checking::check(round, &dossier.wish, answer)?;
    if checks.iter().any(|check| check.fault.is_some_and(ProofFault::contradicts_the_log)) {
        tell_mismatch(round, answer.from)?;
    }
    Ok(RowState::Answered(Box::new(AnsweredRow {
        at: round.now,
        answer: statement.hash(),
        body: answer.body.clone(),
        checks,
        omitted,
    })))
}

/// An answer does not open what its center has published: the authority is told, once a day.
fn tell_mismatch(round: &mut Round<'_>, center: CenterCode) -> Result<(), StoreError> {
    let day = transfer_case::today(round)?;
    let about = About::Center(center);
    let seen = Seen::new(IncidentRule::DigestMismatch, about, u64::from(day.number()));
    incidents::tell(round, seen.with(center))
}

/// Whether the answer says something about each subject.
fn covers(answer: &Answer, subjects: usize) -> bool {
    super::queries::given(&answer.body).is_none_or(|given| given.outcomes.len() == subjects)
}

fn settle_row(
    round: &mut Round<'_>,
    dossier: &mut Dossier,
    place: usize,
    state: RowState,
) -> Result<(), StoreError> {
    if let RowState::Answered(answered) = &state {
        certificates::take_in(round, dossier, answered)?;
    }
    let Some(row) = dossier.rows.get_mut(place) else { return Ok(()) };
    row.state = state;
    if let Some(query) = row.query {
        round.view.delete(key(Area::Asked, &[query.as_bytes()]));
        timer::clear(round.view, Timer::Query(query))?;
        timer::clear(round.view, Timer::AskAgain(query))?;
    }
    finish_if_done(round, dossier)?;
    put(round.view, dossier);
    Ok(())
}

fn finish_if_done(round: &mut Round<'_>, dossier: &mut Dossier) -> Result<(), StoreError> {
    if dossier.is_waiting() {
        return Ok(());
    }
    dossier.finished = Some(round.now);
    let about_a_loan =
        matches!(dossier.wish.purpose, Purpose::LoanApplication | Purpose::LoanPayout);
    let whole = dossier.wish.kind == QueryKind::Dossier && dossier.wish.to.is_none();
    if let (true, true, Some(today)) = (about_a_loan, whole, round.now.date()) {
        let parameters = LoanParameters::of(&round.settings.policy);
        // Their standing may have changed while the answers came in.
        dossier.presented = certificates::present(round, &dossier.wish)?;
        dossier.verdict = Some(decide(dossier, &parameters, today));
    }
    round.event(Event::Dossier { dossier: dossier.id });
    Ok(())
}

/// The dossier whose row still waits for this question's answer.
fn waiting_dossier(round: &Round<'_>, query: QueryId) -> Result<Option<Dossier>, StoreError> {
    let id = round.view.get(&key(Area::Asked, &[query.as_bytes()]))?;
    match id.and_then(|bytes| bytes.try_into().ok()) {
        Some(id) => dossier(round.view, DossierId::new(id)),
        None => Ok(None),
    }
}

fn put(view: &mut dyn View, dossier: &Dossier) {
    view.put(key(Area::Dossier, &[dossier.id.as_bytes()]), cbor::encode(dossier));
}

impl From<Failure> for RowFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable => Self::Unreachable,
            Failure::TimedOut => Self::TimedOut,
            Failure::Invalid(refusal) => Self::Invalid(refusal),
            Failure::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

#[cfg(test)]
mod tests;
