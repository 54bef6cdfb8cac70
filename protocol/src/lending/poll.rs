//! What the answers of the witnesses to one request come to.
//!
//! **Promises.** A payout is granted only when more than half of all witnesses of the roster name the
//! intent first for every tag, and none of them knows a running loan of the household. A witness that
//! has not answered, refused, or grants nothing counts against everybody.
//! **Left to others.** Asking, and what follows: `engine::lending`.

use std::collections::BTreeMap;

use super::intent::Intent;
use crate::center::CenterCode;
use crate::id::{IntentId, SubjectTag};
use crate::statement::lending::{FirstIntent, LeaseAnswer};

/// What a witness has made of the request.
#[derive(Clone, Copy, Debug)]
pub enum Vote<'a> {
    /// It has not said yet.
    Awaited,
    /// It will say nothing.
    Refused,
    /// It has said.
    Answered(&'a LeaseAnswer),
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A majority names the intent first: its center may pay.
    Granted,
    /// Too few have answered yet.
    Waiting,
    /// A witness knows a running loan of the household at this center.
    LoanRuns(CenterCode),
    /// A majority names an intent of this center first.
    Lost(CenterCode),
    /// Nobody has the majority, and an intent of this center is earlier: it goes first.
    Later(CenterCode),
    /// Nobody has the majority, and none that was named is earlier: ask again.
    AskAgain,
    /// No majority can be had, and no other intent stands in the way.
    NoMajority,
}

/// More than half of all the witnesses, the center's own included.
#[must_use]
pub const fn majority(witnesses: usize) -> usize {
    (witnesses / 2).saturating_add(1)
}

/// Counts: one vote for each witness of the roster, whether or not it was heard.
#[must_use]
pub fn standing(intent: &Intent, votes: &[Vote<'_>]) -> Standing {
    let needed = majority(votes.len());
    let answers = || votes.iter().filter_map(answered);
    let loans = answers().flat_map(|answer| &answer.tags).flat_map(|tag| &tag.loans);
    if let Some(loan) = loans.min_by_key(|loan| loan.center) {
        return Standing::LoanRuns(loan.center);
    }
    let own = answers().filter(|answer| names_first(answer, intent)).count();
    if own >= needed {
        return Standing::Granted;
    }
    let rivals = rivals(intent.id(), votes);
    if let Some((rival, _)) = rivals.values().find(|(_, named)| *named >= needed) {
        return Standing::Lost(rival.center);
    }
    let awaited = votes.iter().filter(|vote| matches!(vote, Vote::Awaited)).count();
    if own.saturating_add(awaited) >= needed {
        return Standing::Waiting;
    }
    let first = rivals.values().map(|(rival, _)| rival).min_by_key(|rival| order(rival));
    match first {
        Some(rival) if order(rival) < intent.order() => Standing::Later(rival.center),
        Some(_) => Standing::AskAgain,
        None => Standing::NoMajority,
    }
}

fn answered<'a>(vote: &Vote<'a>) -> Option<&'a LeaseAnswer> {
    match vote {
        Vote::Answered(answer) => Some(answer),
        Vote::Awaited | Vote::Refused => None,
    }
}

/// Whether a witness that grants names the intent first for every tag of its household.
fn names_first(answer: &LeaseAnswer, intent: &Intent) -> bool {
    let id = intent.id();
    let named = |tag| {
        let standing = answer.tags.iter().find(|standing| standing.tag == tag);
        standing.and_then(|standing| standing.first).is_some_and(|first| first.intent == id)
    };
    answer.withheld_since.is_none() && intent.household.iter().all(|tag| named(*tag))
}

/// Other intents that were named first, each with the most witnesses that named it for one tag.
fn rivals(own: IntentId, votes: &[Vote<'_>]) -> BTreeMap<IntentId, (FirstIntent, usize)> {
    let mut named: BTreeMap<(IntentId, SubjectTag), (FirstIntent, usize)> = BTreeMap::new();
    for answer in votes.iter().filter_map(answered) {
        if answer.withheld_since.is_some() {
            continue;
        }
        for standing in &answer.tags {
            let Some(first) = standing.first.filter(|first| first.intent != own) else { continue };
            let (_, count) = named.entry((first.intent, standing.tag)).or_insert((first, 0));
            *count = count.saturating_add(1);
        }
    }
    let mut rivals: BTreeMap<IntentId, (FirstIntent, usize)> = BTreeMap::new();
    for ((id, _), (first, count)) in named {
        let (_, most) = rivals.entry(id).or_insert((first, 0));
        *most = count.max(*most);
    }
    rivals
}

const fn order(rival: &FirstIntent) -> (crate::time::Timestamp, CenterCode) {
    (rival.issued_at, rival.center)
}

#[cfg(test)]
mod tests;
