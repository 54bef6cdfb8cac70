//! Questions of other centers: admitted or refused, answered once, signed, and kept on both sides.
//!
//! **Promises.** The same question again gets the stored answer; a question costs one signature and
//! its share of one commit. Nothing is signed for somebody who is no active member or asks too much.
//! **Left to others.** The order of the checks: `admission`. The facts: `answers`.

use super::accesses;
use super::answers::{self, Question};
use super::equivocation;
use super::input::RequestId;
use super::modes;
use super::output::{Event, PeerReply};
use super::rates::{self, Bucket};
use super::round::{Round, Route};
use crate::admission::{self, Admission, Budget, Circumstances, Grant};
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::Verified;
use crate::id::PayloadHash;
use crate::limits::{CLOCK_SKEW_MS, PEER_QUERIES_PER_MINUTE, STATEMENT_BYTES_MAX};
use crate::mode::Service;
use crate::purpose::QueryKind;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::roster::grant::Action;
use crate::statement::StatementKind;
use crate::statement::query::{Answer, AnswerBody, GivenFacts, Query};
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::time::Timestamp;
use crate::wire::QueryReply;

/// Takes a question in.
pub(super) fn on_query(
    round: &mut Round<'_>,
    from: CenterCode,
    request: RequestId,
    (statement, query): (&Verified, &Query),
) -> Result<(), StoreError> {
    forget_ended(round)?;
    let circumstances = circumstances(round, from, statement.hash(), query)?;
    match admission::admit(query, &circumstances) {
        Admission::Repeat => repeat(round, request, statement.hash()),
        Admission::Refused(stage, refusal) if !stage.is_signed() => {
            round.event(Event::Refused { from, refusal });
            round.respond(request, PeerReply::Query(QueryReply::Refused(refusal)));
            Ok(())
        }
        Admission::Refused(stage, refusal) => {
            round.event(Event::Refused { from, refusal });
            if stage > admission::Stage::Id {
                remember(round, query, statement.hash());
            }
            let body = AnswerBody::Refused(refusal);
            // A repeat is in the person's list already.
            if round.statement(statement.hash())?.is_none() {
                accesses::note(round, query, statement.hash(), &body);
            }
            reply(round, request, (statement, query), body)
        }
        Admission::Admitted(admitted) => {
            remember(round, query, statement.hash());
            let given = answers::give(round, &Question::of(admitted.get()))?;
            round.event(Event::Answered { to: from, kind: query.kind, purpose: query.purpose });
            let body = AnswerBody::Given(Box::new(given));
            // After the answer: a question for the list is not in the list that answers it.
            accesses::note(round, query, statement.hash(), &body);
            reply(round, request, (statement, query), body)
        }
    }
}

/// Gathers what the checks look at. The rate of a purpose is taken only when nothing before it
/// refuses, so that refused questions do not use up what a peer may ask.
fn circumstances(
    round: &mut Round<'_>,
    peer: CenterCode,
    hash: PayloadHash,
    query: &Query,
) -> Result<Circumstances, StoreError> {
    let standing = round.roster.member(peer).map(|member| member.status);
    let own = round.roster.member(round.center()).map(|member| member.status);
    let limit = PEER_QUERIES_PER_MINUTE;
    let peer_rate = match standing {
        Some(MemberStatus::Active) => {
            rates::take(round.view, round.now, (peer, Bucket::Peer), limit)?
        }
        Some(MemberStatus::Suspended | MemberStatus::Revoked) | None => Budget::Left,
    };
    let known = round.view.get(&question_key(query))?;
    let known = known.and_then(|bytes| bytes.try_into().ok()).map(PayloadHash::new);
    let service = match query.kind {
        QueryKind::DepositCertificate => Service::Certificate,
        QueryKind::Account
        | QueryKind::LoanHistory
        | QueryKind::TransferStatus
        | QueryKind::Dossier
        | QueryKind::AccessList => Service::Query,
    };
    // A center whose log was found lying issues no certificates until its next log is open.
    let may_answer =
        service != Service::Certificate || equivocation::may_start(round, round.center())?;
    let mut circumstances = Circumstances {
        now: round.now,
        center: round.center(),
        peer,
        standing,
        peer_rate,
        hash,
        known,
        own_standing: match own {
            Some(MemberStatus::Active) if !may_answer => MemberStatus::Suspended,
            Some(standing) => standing,
            None => MemberStatus::Revoked,
        },
        mode: modes::mode(round.view, service)?,
        granted: grant(round, peer, query),
        purpose_rate: Budget::Left,
    };
    if matches!(admission::admit(query, &circumstances), Admission::Admitted(_)) {
        let bucket = Bucket::Purpose(query.purpose.number());
        let limit = round.settings.policy.queries_per_minute;
        circumstances.purpose_rate = rates::take(round.view, round.now, (peer, bucket), limit)?;
    }
    Ok(circumstances)
}

fn grant(round: &Round<'_>, peer: CenterCode, query: &Query) -> Grant {
    let asks = Action::Ask { kind: query.kind, purpose: query.purpose };
    if round.roster.rights(peer, asks).is_ok() { Grant::Given } else { Grant::Missing }
}

/// Stages the signed answer, and keeps the question.
fn reply(
    round: &mut Round<'_>,
    request: RequestId,
    (statement, query): (&Verified, &Query),
    body: AnswerBody,
) -> Result<(), StoreError> {
    let question = statement.hash();
    round.keep_received(question, StatementKind::Query, statement.bytes())?;
    let mut answer = Answer {
        from: round.center(),
        to: query.from,
        issued_at: round.now,
        id: query.id,
        question,
        body,
    };
    // A household with more records than a statement holds is asked about one by one.
    if cbor::encode(&answer).len() > ANSWER_BYTES_MAX {
        answer.body = AnswerBody::Refused(Refusal::TooLarge);
    }
    round.say(&answer, Route::Answer(request, question));
    Ok(())
}

/// Bytes of an answer's payload: leaves room for header and signature.
const ANSWER_BYTES_MAX: usize = STATEMENT_BYTES_MAX - 1_024;

/// Sends the stored answer again.
fn repeat(
    round: &mut Round<'_>,
    request: RequestId,
    question: PayloadHash,
) -> Result<(), StoreError> {
    let answer = round.view.get(&key(Area::Reply, &[question.as_bytes()]))?;
    let answer = answer.and_then(|bytes| bytes.try_into().ok()).map(PayloadHash::new);
    let bytes = match answer {
        Some(answer) => round.statement(answer)?,
        // The first one is in the same round: its answer is not signed yet.
        None => None,
    };
    let reply = match bytes {
        Some(bytes) => QueryReply::Answer(bytes.into()),
        None => QueryReply::Refused(Refusal::Pending),
    };
    round.respond(request, PeerReply::Query(reply));
    Ok(())
}

/// Remembers the id of a question until it has expired.
fn remember(round: &mut Round<'_>, query: &Query, hash: PayloadHash) {
    round.view.put(question_key(query), hash.as_bytes().to_vec());
    let end = end_of_life(query).ms().max(0).to_be_bytes();
    let row = key(Area::QuestionEnd, &[&end, &query.from.to_key(), query.id.as_bytes()]);
    round.view.put(row, Vec::new());
}

/// Past this time the question is `EXPIRED`, and its id need not be known.
fn end_of_life(query: &Query) -> Timestamp {
    query.expires.plus_ms(CLOCK_SKEW_MS)
}

/// Forgets a few questions whose life has ended: as many as may come in, and more.
fn forget_ended(round: &mut Round<'_>) -> Result<(), StoreError> {
    let from = key(Area::QuestionEnd, &[]);
    let to = key(Area::QuestionEnd, &[&round.now.ms().max(0).to_be_bytes()]);
    for (row, _) in round.view.range(&from, &to, FORGET_PORTION)? {
        let question = row.get(9..).unwrap_or_default().to_vec();
        round.view.delete(key(Area::Question, &[&question]));
        round.view.delete(row);
    }
    Ok(())
}

const FORGET_PORTION: usize = 4;

fn question_key(query: &Query) -> Vec<u8> {
    key(Area::Question, &[&query.from.to_key(), query.id.as_bytes()])
}

impl Question<'_> {
    /// What a question asks for.
    pub(super) const fn of(query: &Query) -> Question<'_> {
        Question {
            asker: query.from,
            kind: query.kind,
            purpose: query.purpose,
            subjects: query.subjects.as_slice(),
            transfer: query.transfer,
            before: query.before,
            property: query.property.as_ref(),
        }
    }
}

/// The body of an answer, when it gives facts.
#[must_use]
pub fn given(body: &AnswerBody) -> Option<&GivenFacts> {
    match body {
        AnswerBody::Given(given) => Some(given),
        AnswerBody::Refused(_) => None,
    }
}

#[cfg(test)]
mod tests;
