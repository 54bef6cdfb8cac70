//! Outgoing transfers until the account is settled: letter, look by a person, lock, refusal,
//! withdrawal.
//!
//! **Promises.** A letter is taken in once; one whose withdrawal came first is refused.
//! **Left to others.** The rules: `transfer::rules`. What follows from them: `transfer::outgoing`.
//! Settling: `settlement`.

use std::collections::BTreeSet;

use super::super::certificates;
use super::super::dossiers::candidates::DIGESTS_MAX;
use super::super::equivocation;
use super::super::incidents::{self, About, Seen};
use super::super::modes;
use super::super::quarantine;
use super::super::records::{self, RecordKind};
use super::super::recovery::recalled;
use super::super::registrations::holds;
use super::super::round::{Round, Route, Stop};
use super::super::tag_index;
use super::super::tags;
use super::super::transfer_case::{Case, RefusalWords, today};
use super::super::transfers::{find_number, put_number};
use super::{Outgoing, load, save, take};
use crate::authority::incident::IncidentRule;
use crate::center::CenterCode;
use crate::cose::Verified;
use crate::digest::DigestStatus;
use crate::id::{PayloadHash, TransferId};
use crate::ledger;
use crate::mode::{Mode, Service};
use crate::record::{AccountRecord, LoanRecord, Person};
use crate::refusal::Refusal;
use crate::roster::Action;
use crate::settlement::SpecialAccount;
use crate::statement::StatementKind;
use crate::statement::transfer::letter::{Cancellation, Letter};
use crate::statement::transfer::reply::{CancellationAnswer, CancellationOutcome};
use crate::statement::transfer::{StepHead, step};
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::transfer::deadline::Wait;
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::outgoing::event::{Event, Judgement, Onward};
use crate::transfer::reason::RefusalReason;
use crate::transfer::rules::{LetterFacts, Verdict, decide};
use crate::transfer::task::TaskReason;
use crate::wire::DeliveryReply;

/// Takes a letter in.
pub(in super::super) fn on_letter(
    round: &mut Round<'_>,
    letter: &Letter,
    statement: &Verified,
) -> Result<DeliveryReply, StoreError> {
    let hash = statement.hash();
    let transfer = TransferId::new(*hash.as_bytes());
    if load(round.view, transfer)?.is_some() {
        return Ok(DeliveryReply::Committed(hash));
    }
    if round.view.get(&key(Area::TransferEarly, &[hash.as_bytes()]))?.is_some() {
        return Ok(DeliveryReply::Refused(Refusal::Cancelled));
    }
    if letter.number.center() != letter.from {
        return Ok(DeliveryReply::Refused(Refusal::Malformed));
    }
    // What was begun goes on, whatever forbids to begin today: this center has said so.
    let was_begun = recalled::next_of_ours(round, (transfer, 0))?.is_some();
    if !was_begun && let Err(refusal) = may_begin(round, letter)? {
        return Ok(DeliveryReply::Refused(refusal));
    }
    round.keep_received(hash, StatementKind::Letter, statement.bytes())?;
    let mut out = Outgoing {
        case: Case::new(transfer, letter.clone(), 0, 1),
        state: OutgoingState::Received,
        identity: None,
        settled: None,
        revision: 0,
        receiving: letter.receiving.clone(),
        cancellation: None,
        credited: None,
        intent: None,
        is_returned: false,
        last_sheet: None,
        arrived: None,
    };
    out.case.note_state(round, OutgoingState::Received.name());
    if let Some((older, _)) = find_number(round.view, letter.number)? {
        // The number was used for another letter: the first one goes on untouched.
        let rule = IncidentRule::LetterNumberReused;
        let seen = Seen::new(rule, About::Transfer(older), 0).with(letter.from);
        incidents::tell(round, seen)?;
        let words = RefusalWords { older: Some(older), ..RefusalWords::default() };
        out.case.refusal = Some(words);
        let refused = Judgement::Refuse(RefusalReason::Duplicate);
        take(round, &mut out, &Event::Judged(refused))?;
        save(round, &out)?;
        return Ok(DeliveryReply::Committed(hash));
    }
    put_number(round.view, letter.number, transfer);
    out.case.wait(round, Wait::Acceptance)?;
    evaluate(round, &mut out)?;
    save(round, &out)?;
    Ok(DeliveryReply::Committed(hash))
}

/// Whether a transfer between these two may begin today.
fn may_begin(round: &Round<'_>, letter: &Letter) -> Result<Result<(), Refusal>, StoreError> {
    // A center whose log was found lying starts nothing until its next log is open.
    if !equivocation::may_start(round, letter.from)? {
        return Ok(Err(Refusal::Suspended));
    }
    // A suspended center accepts nothing new.
    if let Err(refusal) = round.roster.rights(round.center(), Action::StartTransfer) {
        return Ok(Err(refusal));
    }
    Ok(match modes::mode(round.view, Service::Transfer)? {
        Mode::Observe | Mode::Answer => Err(Refusal::Mode),
        Mode::Confirm | Mode::Auto => Ok(()),
    })
}

/// Holds the letter against the rules: it is refused, held for a person, or the account is locked.
fn evaluate(round: &mut Round<'_>, out: &mut Outgoing) -> Result<(), StoreError> {
    if recalled::next_of_ours(round, (out.case.id, 0))?.is_some() {
        // It was decided before this store forgot it.
        return Ok(());
    }
    let (record, verdict) = verdict(round, out)?;
    let judgement = match verdict {
        Verdict::Refuse(reason, right_center) => {
            out.case.refusal = Some(RefusalWords { right_center, ..RefusalWords::default() });
            Judgement::Refuse(reason)
        }
        Verdict::Hold(reason) => Judgement::Hold(reason),
        Verdict::Accept(identity) => {
            out.identity = Some(identity);
            let amount = record.map(|record| record.account.balance);
            if modes::mode(round.view, Service::Transfer)? != Mode::Auto {
                Judgement::Hold(TaskReason::ConfirmAcceptance)
            } else if amount.is_some_and(|amount| amount > round.settings.policy.auto_amount_max) {
                Judgement::Hold(TaskReason::LargeAmount)
            } else {
                Judgement::Lock
            }
        }
    };
    take(round, out, &Event::Judged(judgement))
}

/// What the rules say of a letter now.
pub(in super::super) fn verdict(
    round: &mut Round<'_>,
    out: &Outgoing,
) -> Result<(Option<AccountRecord>, Verdict), StoreError> {
    let letter = &out.case.letter;
    let record = records::account(round.view, &letter.account)?.map(|(account, _)| account.record);
    let record = record.map(|record| certificates::with_mark(round.view, record)).transpose()?;
    let person = record.as_ref().map_or(&letter.document, |record| &record.person.document);
    let loans = records::loans_of(round.view, person)?;
    let others = records::accounts_of(round.view, &letter.document)?;
    let open = others.iter().filter(|(account, _)| {
        let account = &account.record.account;
        account.number != letter.account && !account.status.is_closed()
    });
    let elsewhere = if others.is_empty() { elsewhere(round, letter)? } else { None };
    let own = round.settings.receiving_account.as_ref().and_then(SpecialAccount::of);
    let holder = ledger::held_by(round.view, &letter.account)?;
    let by_account = holds::of_account(round.view, round.center(), &letter.account)?;
    let by_person = holds::of_person(round.view, person)?;
    let facts = LetterFacts {
        letter,
        record: record.as_ref(),
        held_by: holder.filter(|holder| *holder != out.case.id),
        registered: by_account.or(by_person),
        loans: &loans,
        other_open_accounts: u32::try_from(open.count()).unwrap_or(u32::MAX),
        elsewhere,
        own_account: own.as_ref(),
        today: today(round)?,
    };
    let verdict = decide(&facts);
    let verdict = match verdict {
        // Neither the account nor a loan that hinders it can be ruled out before the row is healed.
        Verdict::Refuse(..) if record.is_none() && may_be_held_back(round, letter)? => {
            Verdict::Hold(TaskReason::RowInQuarantine)
        }
        Verdict::Accept(_) if quarantine::has_person(round.view, person)? => {
            Verdict::Hold(TaskReason::RowInQuarantine)
        }
        Verdict::Refuse(..) | Verdict::Accept(_) | Verdict::Hold(_) => verdict,
    };
    Ok((record, verdict))
}

/// The one other center whose log shows an open account of the person: the letter went to the wrong
/// one. Without the tag key, or where several centers come into question, nobody is named.
fn elsewhere(round: &mut Round<'_>, letter: &Letter) -> Result<Option<CenterCode>, StoreError> {
    let documents = core::slice::from_ref(&letter.document);
    let tag = match tags::compute(round, documents) {
        Ok(tags) => tags.first().copied(),
        Err(Stop::Store(error)) => return Err(error),
        Err(Stop::Refused(_) | Stop::Explained(_)) => None,
    };
    let Some(tag) = tag else { return Ok(None) };
    let own = round.center();
    let is_other = |center: CenterCode| center != own && center != letter.from;
    let centers: BTreeSet<CenterCode> = tag_index::by_tag(round.view, tag, DIGESTS_MAX)?
        .into_iter()
        .filter(|found| found.digest.status == DigestStatus::AccountOpen)
        .map(|found| found.log.center)
        .filter(|center| is_other(*center))
        .collect();
    let mut centers = centers.into_iter();
    Ok(centers.next().filter(|_| centers.next().is_none()))
}

/// Whether a row that is held back may be the account that a letter asks for.
fn may_be_held_back(round: &Round<'_>, letter: &Letter) -> Result<bool, StoreError> {
    let person = Person { name: letter.name.clone(), document: letter.document.clone() };
    let kind = Some(RecordKind::Account);
    Ok(quarantine::has_account(round.view, &letter.account)?
        || quarantine::has_person(round.view, &letter.document)?
        || records::may_be_unnumbered(round.view, &person, kind)?)
}

/// The record and the loans of the account, as they stand now.
pub(super) fn records_of(
    round: &Round<'_>,
    out: &Outgoing,
) -> Result<Option<(AccountRecord, Vec<LoanRecord>)>, StoreError> {
    let found = records::account(round.view, &out.case.letter.account)?;
    let Some((account, _)) = found else { return Ok(None) };
    let loans = records::loans_of(round.view, &account.record.person.document)?;
    Ok(Some((certificates::with_mark(round.view, account.record)?, loans)))
}

/// How it goes on with an account that is locked: in mode `auto` the rules alone settle it, but for a
/// letter that a person had to look at for its amount.
pub(super) fn onward(
    round: &Round<'_>,
    out: &Outgoing,
    was_held: bool,
) -> Result<Onward, StoreError> {
    if recalled::next_of_ours(round, (out.case.id, out.case.thread.ours))?.is_some() {
        return Ok(Onward::AsSaid);
    }
    if modes::mode(round.view, Service::Transfer)? != Mode::Auto {
        return Ok(Onward::ByPerson);
    }
    if !was_held {
        return Ok(Onward::ByItself);
    }
    let record = records::account(round.view, &out.case.letter.account)?;
    let amount = record.map(|(account, _)| account.record.account.balance);
    let is_small = amount.is_some_and(|amount| amount <= round.settings.policy.auto_amount_max);
    Ok(if is_small { Onward::ByItself } else { Onward::ByPerson })
}

/// A withdrawal came before its letter: it is granted, and the letter will be refused.
pub(in super::super) fn on_early_cancellation(
    round: &mut Round<'_>,
    cancellation: &Cancellation,
    hash: PayloadHash,
) -> Result<(), StoreError> {
    let place = key(Area::TransferEarly, &[cancellation.transfer.as_bytes()]);
    if round.view.get(&place)?.is_some() {
        return Ok(());
    }
    round.view.put(place, hash.as_bytes().to_vec());
    let head = StepHead {
        from: round.center(),
        to: cancellation.from,
        issued_at: round.now,
        transfer: cancellation.transfer,
        step: 1,
        answers: hash,
    };
    let outcome = CancellationOutcome::Granted;
    round.say(&step!(head, CancellationAnswer { outcome }), Route::Outbox(cancellation.from));
    Ok(())
}
