//! Incoming transfers: writing the letter and withdrawing it.
//!
//! **Promises.** A letter number is given once; a person has one open transfer here.
//! **Left to others.** What the other center says to it: `transfer::incoming`.

use super::super::equivocation;
use super::super::modes::{self, require_role};
use super::super::operator::{self, OperatorId, OperatorRole};
use super::super::records::{self, StoredAccount};
use super::super::recovery;
use super::super::registrations::holds;
use super::super::round::{Round, Route, Stop};
use super::super::transfer_case::{Case, today};
use super::super::transfer_command::Application;
use super::super::transfers::{find_number, put_number};
use super::carrying::withdraw;
use super::{Incoming, load, save};
use crate::account::AccountStatus;
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::document::DocumentNumber;
use crate::id::TransferId;
use crate::letter_number::{LetterNumber, LetterSerial};
use crate::mode::{Mode, Service};
use crate::name_match::NameMatch;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::settlement::SpecialAccount;
use crate::statement::transfer::letter::{Letter, Remark};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::transfer::deadline::Wait;
use crate::transfer::incoming::IncomingState;
use crate::transfer::rules::RegisteredHold;
use crate::transfer::task::TaskReason;

/// Writes a letter from an application: it is sent at once, or waits in `Draft` for a second person
/// where the center's rule asks for one.
pub(in super::super) fn start(
    round: &mut Round<'_>,
    application: &Application,
) -> Result<Incoming, Stop> {
    require_role(round, &application.operator, OperatorRole::Clerk)?;
    let receiving = check_centers(round, application.to)?;
    let account = check_applicant(round, application)?;
    let number = next_number(round)?;
    let letter = Letter {
        from: round.center(),
        to: application.to,
        issued_at: round.now,
        number,
        name: application.person.name.clone(),
        document: application.person.document.clone(),
        account: application.account.clone(),
        employer: application.employer.clone(),
        receiving: receiving.clone(),
        consent: application.consent.clone(),
        operator: operator::mark(round, &application.operator)?,
        remark: application.remark.clone(),
        replaces: None,
    };
    let hash = crate::cose::payload_hash(&cbor::encode(&letter));
    let transfer = TransferId::new(*hash.as_bytes());
    let mut incoming = Incoming {
        case: Case::new(transfer, letter, 1, 0),
        state: IncomingState::Draft,
        account: account.record.account.number,
        operator: application.operator.clone(),
        sheet: None,
        receiving,
        is_negotiated: false,
        credit: None,
        identity: None,
        replaced_by: None,
        reissues: 0,
        is_reissued_once_cancelled: false,
    };
    put_number(round.view, number, transfer);
    let person = person_key(&application.person.document);
    round.view.put(person, transfer.as_bytes().to_vec());
    incoming.case.note_state(round, IncomingState::Draft.name());
    if round.settings.policy.letter_needs_reviewer {
        incoming.case.ask_person(round, TaskReason::ApproveLetter)?;
    } else {
        send(round, &mut incoming)?;
    }
    save(round, &incoming)?;
    Ok(incoming)
}

/// Signs and sends a letter.
pub(in super::super) fn send(
    round: &mut Round<'_>,
    incoming: &mut Incoming,
) -> Result<(), StoreError> {
    incoming.case.task = None;
    incoming.enter(round, IncomingState::Requested);
    incoming.case.wait(round, Wait::Acceptance)?;
    let hash = round.say(&incoming.case.letter, Route::Outbox(incoming.case.letter.to));
    let place = key(Area::TransferOf, &[hash.as_bytes()]);
    round.view.put(place, incoming.case.id.as_bytes().to_vec());
    Ok(())
}

/// Withdraws a letter: a draft at once, else by asking the other center.
pub(in super::super) fn cancel(
    round: &mut Round<'_>,
    operator: &OperatorId,
    transfer: TransferId,
    remark: Option<Remark>,
) -> Result<Incoming, Stop> {
    require_role(round, operator, OperatorRole::Clerk)?;
    let mut incoming = load(round.view, transfer)?.ok_or(Refusal::NotFound)?;
    withdraw(round, &mut incoming, remark)??;
    save(round, &incoming)?;
    Ok(incoming)
}

/// Whether both centers can do this; gives the own special account.
pub(super) fn check_centers(round: &Round<'_>, to: CenterCode) -> Result<SpecialAccount, Stop> {
    if modes::mode(round.view, Service::Transfer)? < Mode::Confirm {
        let why = "transfers are not in mode confirm or auto here; set the mode first";
        return Err(Stop::explained(Refusal::Mode, why));
    }
    if recovery::is_recovering(round.view)? {
        return Err(Refusal::Recovering.into());
    }
    let own = round.roster.member(round.center());
    if own.is_none_or(|own| own.status != MemberStatus::Active) {
        return Err(Refusal::Suspended.into());
    }
    let other = round.roster.member(to);
    let is_center = other
        .is_some_and(|other| other.role == Role::Center && other.status == MemberStatus::Active);
    if to == round.center() || !is_center {
        let why = "the transfer-out center is not another active member";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    if !equivocation::may_start(round, round.center())? {
        return Err(Refusal::Suspended.into());
    }
    if !round.has_room_for(to)? {
        return Err(Refusal::Overloaded.into());
    }
    let receiving = round.settings.receiving_account.as_ref().and_then(SpecialAccount::of);
    receiving.ok_or_else(|| {
        let why = "this center has no special account for transfers in its configuration";
        Stop::explained(Refusal::Argument, why)
    })
}

/// Whether the applicant may bring an account here; gives the account that will be credited.
fn check_applicant(round: &Round<'_>, application: &Application) -> Result<StoredAccount, Stop> {
    let document = &application.person.document;
    if round.view.get(&person_key(document))?.is_some() {
        return Err(Refusal::InFlight.into());
    }
    match holds::of_account(round.view, application.to, &application.account)? {
        Some(RegisteredHold::InTransfer(_)) => return Err(Refusal::InFlight.into()),
        Some(RegisteredHold::Left(other)) => {
            let why = format!("the account was transferred here before, as transfer {other}");
            return Err(Stop::explained(Refusal::WrongState, &why));
        }
        None => {}
    }
    let accounts = records::accounts_of(round.view, document)?;
    let open = accounts.into_iter().map(|(account, _)| account);
    let open: Vec<StoredAccount> =
        open.filter(|account| account.record.account.status == AccountStatus::Normal).collect();
    let [account] = open.as_slice() else {
        let why = "the person has no account here, or several, that take deposits";
        return Err(Stop::explained(Refusal::NotFound, why));
    };
    match NameMatch::of(&account.record.person.name, &application.person.name) {
        NameMatch::Exact | NameMatch::Folded => {}
        NameMatch::Suspicious | NameMatch::Different => return Err(Refusal::NameMismatch.into()),
    }
    let months = account.record.history.total();
    if months < round.settings.policy.min_months_in_new_city {
        let why = "the person has not paid here for as many months as this center asks for";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    Ok(account.clone())
}

/// The next letter number of the day. A number that another channel has used is passed over.
pub(super) fn next_number(round: &mut Round<'_>) -> Result<LetterNumber, Stop> {
    let full = || {
        let why = "the letter numbers of the day are used up";
        Stop::explained(Refusal::Overloaded, why)
    };
    let date = today(round)?;
    let place = key(Area::LetterSerial, &[&date.number().to_be_bytes()]);
    let last = round.view.get(&place)?;
    let last: Option<u32> =
        last.map(|bytes| cbor::decode_stored("letter serials", &bytes)).transpose()?;
    let first = round.settings.policy.letter_serial_first;
    let next = last.map_or(first, |last| last.saturating_add(1).max(first));
    let serial = LetterSerial::new(next).map_err(|_| full())?;
    let mut number = LetterNumber::new(round.center(), date, serial).map_err(|_| full())?;
    while find_number(round.view, number)?.is_some() {
        number = number.next().ok_or_else(full)?;
    }
    round.view.put(place, cbor::encode(&number.serial().place()));
    Ok(number)
}

/// A person's transfer is over: another may begin.
pub(super) fn end_in_flight(view: &mut dyn View, case: &Case) {
    view.delete(person_key(&case.letter.document));
}

pub(in super::super) fn person_key(document: &DocumentNumber) -> Vec<u8> {
    key(Area::TransferPerson, &[&records::document_key(document)])
}
