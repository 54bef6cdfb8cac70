//! The facts that answer a question, from the center's own records.
//!
//! **Promises.** Only what kind and purpose open is in an answer; only a person whose name matches
//! is answered about; "no record" is said only when every record could have been found.
//! **Left to others.** Whether to answer: `admission`. Proof of leaves: `leaf_proofs`.

use super::publishing;
use super::quarantine;
use super::records::{self, Origin, RecordKind, StoredAccount};
use super::round::Round;
use super::transfer_command::TransferView;
use super::{accesses, certificates, leaf_proofs, transfers_in, transfers_out, withdrawals};
use crate::answer::access::AccessPlace;
use crate::answer::{
    AccountFacts, CarriedLoans, CarriedMonths, DisclosedLoan, Found, Freshness, LoanFacts,
    MonthFacts, Outcome, Source, TransferFacts, UnresolvedReason,
};
use crate::center::CenterCode;
use crate::id::TransferId;
use crate::loan::LoanParty;
use crate::person_match::PersonMatch;
use crate::property::Property;
use crate::purpose::{Field, Purpose, QueryKind};
use crate::record::{ImportedHistory, LoanRecord, Person};
use crate::record_seal::{RecordSeed, SealedLoan};
use crate::refusal::Refusal;
use crate::statement::query::GivenFacts;
use crate::store::StoreError;
use crate::time::Timestamp;

/// What is asked, whoever asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    /// Who wants to know; the center itself for its own part of a dossier.
    pub(super) asker: CenterCode,
    pub(super) kind: QueryKind,
    pub(super) purpose: Purpose,
    pub(super) subjects: &'a [Person],
    pub(super) transfer: Option<TransferId>,
    pub(super) before: Option<AccessPlace>,
    pub(super) property: Option<&'a Property>,
}

/// Answers person by person.
pub(super) fn give(
    round: &mut Round<'_>,
    question: &Question<'_>,
) -> Result<GivenFacts, StoreError> {
    let freshness = freshness(round)?;
    let mut outcomes = Vec::new();
    for person in question.subjects {
        outcomes.push(outcome(round, question, person)?);
    }
    let payouts = question.property.filter(|_| question.purpose.opens(Field::Payouts));
    let payouts = payouts.map(|property| withdrawals::payouts(round, property)).transpose()?;
    Ok(GivenFacts { freshness, outcomes, payouts })
}

/// Where the records come from, as a whole.
fn freshness(round: &Round<'_>) -> Result<Freshness, StoreError> {
    let as_of = records::state(round.view)?.current.map_or(round.now, |set| set.as_of);
    Ok(Freshness { source: Source::Snapshot, as_of })
}

fn outcome(
    round: &mut Round<'_>,
    question: &Question<'_>,
    person: &Person,
) -> Result<Outcome, StoreError> {
    if let Some(transfer) = question.transfer {
        return transfer_status(round, (question.asker, transfer), person);
    }
    let Some(set) = records::state(round.view)?.current else {
        // Whoever holds no records may have been asked all the same.
        return if question.kind == QueryKind::AccessList {
            access_list(round, question, (person, None))
        } else {
            Ok(Outcome::Unresolved(UnresolvedReason::NotLoaded))
        };
    };
    let accounts = records::accounts_of(round.view, &person.document)?;
    let loans = records::loans_of(round.view, &person.document)?;
    let matches: Vec<Option<PersonMatch>> = accounts
        .iter()
        .map(|(account, _)| PersonMatch::of(&account.record.person, person))
        .chain(loans.iter().map(|loan| match_of_loan(loan, person)))
        .collect();
    if question.kind == QueryKind::AccessList && matches.is_empty() {
        return access_list(round, question, (person, None));
    }
    let nothing = match question.kind {
        QueryKind::Account | QueryKind::DepositCertificate => accounts.is_empty(),
        QueryKind::LoanHistory
        | QueryKind::Dossier
        | QueryKind::TransferStatus
        | QueryKind::AccessList => matches.is_empty(),
    };
    if nothing {
        return no_record(round, person, (set.as_of, set.nameless == 0));
    }
    let matched = match (matches.iter().flatten().max(), matches.contains(&None)) {
        (None, _) => return Ok(Outcome::Refused(Refusal::NameMismatch)),
        (Some(_), true) => return Ok(Outcome::Unresolved(UnresolvedReason::SeveralNames)),
        (Some(matched), false) => *matched,
    };
    if let Some(reason) = gap(round, question.kind, person)? {
        return Ok(Outcome::Unresolved(reason));
    }
    let records = PersonRecords { person, matched, accounts: &accounts, loans: &loans };
    found(round, question, &records)
}

/// Why the records that were found may not be all that the question is about.
fn gap(
    round: &Round<'_>,
    kind: QueryKind,
    person: &Person,
) -> Result<Option<UnresolvedReason>, StoreError> {
    let about_loans = match kind {
        QueryKind::LoanHistory | QueryKind::Dossier => true,
        QueryKind::Account | QueryKind::DepositCertificate => false,
        // What was asked about a person, and where a transfer stands, is known all the same.
        QueryKind::TransferStatus | QueryKind::AccessList => return Ok(None),
    };
    if quarantine::has_person(round.view, &person.document)? {
        return Ok(Some(UnresolvedReason::InQuarantine));
    }
    let loan = Some(RecordKind::Loan);
    if about_loans && records::may_be_unnumbered(round.view, person, loan)? {
        return Ok(Some(UnresolvedReason::NameWithoutNumber));
    }
    Ok(None)
}

/// The records of one person whose name matches.
#[derive(Clone, Copy)]
pub(super) struct PersonRecords<'a> {
    pub(super) person: &'a Person,
    pub(super) matched: PersonMatch,
    pub(super) accounts: &'a [(StoredAccount, Origin)],
    pub(super) loans: &'a [LoanRecord],
}

fn no_record(
    round: &Round<'_>,
    person: &Person,
    (as_of, complete): (Timestamp, bool),
) -> Result<Outcome, StoreError> {
    if quarantine::has_person(round.view, &person.document)? {
        return Ok(Outcome::Unresolved(UnresolvedReason::InQuarantine));
    }
    if records::may_be_unnumbered(round.view, person, None)? {
        return Ok(Outcome::Unresolved(UnresolvedReason::NameWithoutNumber));
    }
    Ok(Outcome::NoRecord { as_of, complete })
}

fn found(
    round: &mut Round<'_>,
    question: &Question<'_>,
    records: &PersonRecords<'_>,
) -> Result<Outcome, StoreError> {
    let mut found = Found {
        matched: records.matched,
        accounts: None,
        loans: None,
        certificate: None,
        transfer: None,
        accesses: None,
    };
    match question.kind {
        QueryKind::Account => found.accounts = Some(account_facts(round, question, records)?),
        QueryKind::LoanHistory => found.loans = Some(loan_facts(round, question, records)?),
        QueryKind::Dossier => {
            found.accounts = Some(account_facts(round, question, records)?);
            found.loans = Some(loan_facts(round, question, records)?);
        }
        QueryKind::DepositCertificate => match certificates::issue(round, question, records)? {
            Some(issued) => found.certificate = Some(Box::new(issued)),
            None => return Ok(Outcome::Unresolved(UnresolvedReason::NotIssuable)),
        },
        // A question of this kind names its transfer, which was answered about above.
        QueryKind::TransferStatus => return Ok(Outcome::Refused(Refusal::NotFound)),
        QueryKind::AccessList => {
            let person = (records.person, Some(records.matched));
            return access_list(round, question, person);
        }
    }
    Ok(Outcome::Found(Box::new(found)))
}

fn account_facts(
    round: &Round<'_>,
    question: &Question<'_>,
    records: &PersonRecords<'_>,
) -> Result<Vec<AccountFacts>, StoreError> {
    let opens = |field| question.purpose.opens(field);
    let snapshot = freshness(round)?;
    let mut facts = Vec::new();
    for (account, origin) in records.accounts {
        let record = &account.record;
        let leaf = publishing::published_account(round.view, account)?;
        let leaf = leaf.map(|leaf| leaf_proofs::reference(round, &leaf)).transpose()?;
        let mark = certificates::off_site(round.view, &record.account.number)?;
        facts.push(AccountFacts {
            status: record.account.status,
            paid_to: record.history.paid_to(),
            months: opens(Field::Months).then(|| MonthFacts {
                opened_on: record.account.opened_on,
                history: record.history.clone(),
                carried: record.imported.iter().map(carried_months).collect(),
            }),
            balance: opens(Field::Balance).then_some(record.account.balance),
            number: opens(Field::AccountNumber).then(|| record.account.number.clone()),
            fraud: record.notes.fraud.filter(|_| opens(Field::Loans)),
            freshness: match origin {
                Origin::Imported => snapshot,
                Origin::Kept => Freshness { source: Source::Live, as_of: round.now },
            },
            leaf,
            off_site: mark.map(|mark| mark.lender).filter(|_| opens(Field::OpenLoans)),
        });
    }
    Ok(facts)
}

fn carried_months(imported: &ImportedHistory) -> CarriedMonths {
    CarriedMonths { from: imported.from, history: imported.history.clone() }
}

fn loan_facts(
    round: &mut Round<'_>,
    question: &Question<'_>,
    records: &PersonRecords<'_>,
) -> Result<LoanFacts, StoreError> {
    let open = records.loans.iter().filter(|loan| loan.loan.status().is_unsettled()).count();
    let opens = question.purpose.opens(Field::Loans);
    let imported = records.accounts.iter().flat_map(|(account, _)| &account.record.imported);
    let carried = imported
        .filter(|imported| imported.loan_count > 0)
        .map(|imported| CarriedLoans { from: imported.from, used: imported.loan_count });
    let mut loans = Vec::new();
    if opens {
        for loan in records.loans.iter().filter(|loan| loan.loan.status().counts()) {
            loans.extend(disclose(round, loan, records.person)?);
        }
    }
    Ok(LoanFacts {
        open: u32::try_from(open).unwrap_or(u32::MAX),
        carried: opens.then(|| carried.collect()),
        loans: opens.then_some(loans),
    })
}

/// A loan with what opens its commitment, for one of its parties.
fn disclose(
    round: &mut Round<'_>,
    loan: &LoanRecord,
    person: &Person,
) -> Result<Option<DisclosedLoan>, StoreError> {
    let place = loan.parties.iter().position(|party| match_of(party, person).is_some());
    let Some((place, party)) = place.and_then(|place| Some((place, loan.parties.get(place)?)))
    else {
        return Ok(None);
    };
    // A record that changed since it was published has no leaf yet, and gets blindings of its own.
    let (seed, leaf) = match publishing::published_loan(round.view, loan)? {
        Some(published) => {
            let leaf = leaf_proofs::reference(round, &published)?;
            (published.seed, Some(leaf))
        }
        None => (RecordSeed::new(round.entropy.draw()), None),
    };
    Ok(Some(DisclosedLoan {
        record: SealedLoan::of(loan, &seed),
        blinding: seed.record_blinding(),
        place: u32::try_from(place).unwrap_or(u32::MAX),
        party: party.clone(),
        party_blinding: seed.party_blinding(place),
        leaf,
    }))
}

/// How the parties of a loan with the person's number agree with the person.
fn match_of_loan(loan: &LoanRecord, person: &Person) -> Option<PersonMatch> {
    loan.parties.iter().find_map(|party| match_of(party, person))
}

fn match_of(party: &LoanParty, person: &Person) -> Option<PersonMatch> {
    let on_record = Person { name: party.name.clone(), document: party.document.clone() };
    PersonMatch::of(&on_record, person)
}

/// Where a transfer stands, for the other center of the transfer and the person of its letter.
fn transfer_status(
    round: &Round<'_>,
    (asker, transfer): (CenterCode, TransferId),
    person: &Person,
) -> Result<Outcome, StoreError> {
    let own = round.center();
    let outgoing = transfers_out::load(round.view, transfer)?;
    let incoming = transfers_in::load(round.view, transfer)?;
    let view = match (&outgoing, &incoming) {
        (Some(outgoing), _) => TransferView::of_outgoing(outgoing, own),
        (None, Some(incoming)) => TransferView::of_incoming(incoming, own),
        (None, None) => return Ok(Outcome::Refused(Refusal::NotFound)),
    };
    let line = &view.line;
    // A letter that is still being written has no code, and the other center does not know of it.
    let code = line.state.national_code().code().parse().ok();
    let (Some(matched), Some(national_code), true) =
        (PersonMatch::of(&view.person, person), code, line.other == asker)
    else {
        return Ok(Outcome::Refused(Refusal::NotFound));
    };
    let facts = TransferFacts { transfer, national_code, since: line.since };
    Ok(Outcome::Found(Box::new(Found {
        matched,
        accounts: None,
        loans: None,
        certificate: None,
        transfer: Some(facts),
        accesses: None,
    })))
}

/// Who asked about the person; without a record here, as far as the names in the questions agree.
fn access_list(
    round: &Round<'_>,
    question: &Question<'_>,
    (person, matched): (&Person, Option<PersonMatch>),
) -> Result<Outcome, StoreError> {
    let list = accesses::list(round, (person, matched), question.before)?;
    Ok(Outcome::Found(Box::new(Found {
        matched: matched.unwrap_or(PersonMatch::Exact),
        accounts: None,
        loans: None,
        certificate: None,
        transfer: None,
        accesses: Some(list),
    })))
}
