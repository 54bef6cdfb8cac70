//! The file of accounts: table 5.0.4 (个人账户), with the employer (DWZH), which the standard's table
//! leaves to a join.
//!
//! **Promises.** An account is taken only with its owner and, where it names one, its employer; balance,
//! status and closing day agree with each other.
//! **Left to others.** What its rows come to: `account_draft`.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use fundlink_protocol::account::{Account, AccountNumber, AccountStatus, CloseReason};
use fundlink_protocol::employer::EmployerNumber;
use fundlink_protocol::record::{AccountNotes, Employment, FraudMark, Freeze, Person};
use fundlink_protocol::time::Date;

use super::account_draft::{AccountDraft, Counting, YearEndInterest};
use super::context::{Absent, Context, FileState};
use super::employers::Employers;
use super::persons::{Owner, Persons};
use super::rule::ImportRule;
use super::table::{Row, columns};
use super::{ImportError, ImportFile, value};

columns! {
    Number = "GRZH", true;
    Employer = "DWZH", true;
    Base = "GRJCJS", true;
    Status = "GRZHZT", true;
    OpenedOn = "KHRQ", true;
    Balance = "GRZHYE", true;
    CarriedOver = "GRZHSNJZYE", true;
    CurrentYear = "GRZHDNGJYE", true;
    PersonMonthly = "GRYJCE", true;
    UnitMonthly = "DWYJCE", true;
    ClosedOn = "XHRQ", false;
    CloseReason = "XHYY", false;
    Card = "GRCKZHHM", false;
    Fraud = "SFCZPTPD", false;
}

/// The accounts of a dump while their ledger is read.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    drafts: Vec<AccountDraft>,
    places: HashMap<AccountNumber, usize>,
    /// Numbers whose row has a fault: rows of their ledgers are no further ones.
    faulty: HashSet<AccountNumber>,
    state: FileState,
}

impl Accounts {
    pub(super) fn read(
        input: impl BufRead,
        persons: &mut Persons,
        employers: &mut Employers,
        context: &mut Context<'_>,
    ) -> Result<Self, ImportError> {
        let mut accounts = Self::default();
        let as_of = context.options.as_of;
        let state = context.read_rows(ImportFile::Accounts, input, COLUMNS, |row, totals| {
            let number = row.needed(Place::Number, value::account_number);
            let account = number.clone().and_then(|number| read_account(row, number, as_of));
            let employment = read_employment(row, employers);
            let fraud = row.optional(Place::Fraud, value::flag);
            totals.add(account.as_ref().map(|account| account.balance));
            let Some(number) = number else { return };
            if accounts.places.contains_key(&number) || accounts.faulty.contains(&number) {
                let rule = value::rounded_or(number.as_str(), ImportRule::KeyDoubled);
                row.fault(Place::Number, rule);
                return;
            }
            let person = take_owner(row, persons, &number);
            let (Some(account), Some(employment), Some(fraud), Some(person)) =
                (account, employment, fraud, person)
            else {
                accounts.faulty.insert(number);
                return;
            };
            if let Some(employment) = &employment {
                employers.add_balance(&employment.employer, account.balance);
            }
            let notes = notes_of(&account, fraud.unwrap_or(false));
            let draft = AccountDraft::new(row.line, person, account, employment, notes);
            accounts.places.insert(number, accounts.drafts.len());
            accounts.drafts.push(draft);
        })?;
        accounts.state = state;
        Ok(accounts)
    }

    /// The account with a number.
    pub(super) fn find(&mut self, number: &AccountNumber) -> Result<&mut AccountDraft, Absent> {
        match self.places.get(number) {
            Some(place) => self.drafts.get_mut(*place).ok_or(Absent::Unknown),
            None => Err(Absent::reported_if(
                self.state == FileState::Unread || self.faulty.contains(number),
            )),
        }
    }

    /// Reports the accounts whose balance is not the sum of their rows.
    pub(super) fn check_sums(&self, context: &mut Context<'_>) {
        for draft in self.drafts.iter().filter(|draft| !draft.adds_up()) {
            context.faults.at(ImportFile::Accounts, draft.line, "GRZHYE", ImportRule::LedgerSum);
        }
    }

    /// The accounts in the order of their numbers, once each can be worked out; and how many of them
    /// miss year-end interest.
    pub(super) fn finish(
        mut self,
        counting: &Counting,
        context: &mut Context<'_>,
    ) -> (Vec<AccountDraft>, u64) {
        let mut missing = 0;
        for draft in &self.drafts {
            match draft.year_end_interest(counting) {
                Ok(YearEndInterest::Missing) => missing += 1,
                Ok(YearEndInterest::InOrder) => {}
                Err(rule) => {
                    context.faults.at(ImportFile::Accounts, draft.line, "GRZHYE", rule);
                }
            }
        }
        self.drafts.sort_by(|a, b| a.number().cmp(b.number()));
        (self.drafts, missing)
    }
}

fn take_owner(row: &mut Row<'_>, persons: &mut Persons, number: &AccountNumber) -> Option<Person> {
    match persons.take(number) {
        Owner::Known(person) => Some(person),
        Owner::Faulty => None,
        Owner::Missing => {
            let rule = value::rounded_or(number.as_str(), ImportRule::Reference);
            row.fault(Place::Number, rule);
            None
        }
    }
}

/// The account of a row; `None` after a fault.
fn read_account(row: &mut Row<'_>, number: AccountNumber, as_of: Date) -> Option<Account> {
    let status = row.needed(Place::Status, value::code(AccountStatus::parse));
    let opened_on = row.needed(Place::OpenedOn, value::past_date(as_of));
    let balance = row.needed(Place::Balance, value::amount);
    let carried_over = row.needed(Place::CarriedOver, value::amount);
    let current_year = row.needed(Place::CurrentYear, value::amount);
    let contribution_base = row.needed(Place::Base, value::amount_from_zero);
    let person_monthly = row.needed(Place::PersonMonthly, value::amount_from_zero);
    let unit_monthly = row.needed(Place::UnitMonthly, value::amount_from_zero);
    let closed_on = row.optional(Place::ClosedOn, value::past_date(as_of));
    let close_reason = read_close_reason(row, status);
    let card = row.optional(Place::Card, value::card);
    let account = Account {
        number,
        status: status?,
        opened_on: opened_on?,
        balance: balance?,
        carried_over: carried_over?,
        current_year: current_year?,
        contribution_base: contribution_base?,
        person_monthly: person_monthly?,
        unit_monthly: unit_monthly?,
        closed_on: closed_on?,
        close_reason: close_reason?,
        card: card?,
    };
    is_consistent(row, &account).then_some(account)
}

/// The reason of the closing; some systems write business type 07 there when an account was
/// transferred out, which is no reason of table A.7 and is left out.
#[expect(clippy::option_option, reason = "a fault, an empty value and a value are three things")]
fn read_close_reason(
    row: &mut Row<'_>,
    status: Option<AccountStatus>,
) -> Option<Option<CloseReason>> {
    let reason = row.optional(Place::CloseReason, value::code(CloseReason::parse))?;
    Some(reason.filter(|_| status != Some(AccountStatus::TransferredOut)))
}

fn is_consistent(row: &mut Row<'_>, account: &Account) -> bool {
    let mut consistent = true;
    let mut check = |holds: bool, place: Place, rule| {
        if !holds {
            row.fault(place, rule);
            consistent = false;
        }
    };
    let parts = account.carried_over.checked_add(account.current_year);
    check(parts == Some(account.balance), Place::Balance, ImportRule::BalanceParts);
    let closed = account.status.is_closed();
    let in_order = account.closed_on.is_none_or(|closed_on| closed_on >= account.opened_on);
    let dated = account.closed_on.is_some() == closed && in_order;
    check(dated, Place::ClosedOn, ImportRule::ClosedDate);
    let empty = !closed || account.balance.is_zero();
    check(empty, Place::Balance, ImportRule::ClosedBalance);
    consistent
}

/// The employer of a row, none for the self-employed; `None` after a fault.
#[expect(clippy::option_option, reason = "a fault, no employer and an employer are three things")]
fn read_employment(row: &mut Row<'_>, employers: &Employers) -> Option<Option<Employment>> {
    let Some(number): Option<EmployerNumber> =
        row.optional(Place::Employer, value::employer_number)?
    else {
        return Some(None);
    };
    let employer = match employers.find(&number) {
        Ok(employer) => employer,
        Err(Absent::Reported) => return None,
        Err(Absent::Unknown) => {
            row.fault(Place::Employer, ImportRule::Reference);
            return None;
        }
    };
    Some(Some(Employment {
        employer: number,
        name: employer.name.clone(),
        unit_rate: employer.unit_rate,
        person_rate: employer.person_rate,
    }))
}

fn notes_of(account: &Account, fraud: bool) -> AccountNotes {
    let frozen = account.status == AccountStatus::Frozen;
    AccountNotes {
        freeze: frozen.then_some(Freeze { paper: None, until: None }),
        fraud: fraud.then_some(FraudMark { until: None }),
        hindrances: Vec::new(),
    }
}
