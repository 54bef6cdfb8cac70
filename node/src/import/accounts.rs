//! The file of accounts: table 5.0.4 (个人账户), with the employer (DWZH), which the standard's table
//! leaves to a join.
//!
//! **Promises.** An account is taken only with its owner and, where it names one, its employer; balance,
//! status and closing day agree with each other.
//! **Left to others.** What its rows come to: `account_draft`.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use fundlink_protocol::account::{
    Account, AccountNumber, AccountStatus, CloseReason, SerialNumber,
};
use fundlink_protocol::employer::EmployerNumber;
use fundlink_protocol::engine::records::RecordKind;
use fundlink_protocol::money::Fen;
use fundlink_protocol::record::{AccountNotes, Employment, FraudMark, Freeze, Person};
use fundlink_protocol::time::Date;

use super::account_draft::{AccountDraft, Counting, YearEndInterest};
use super::branches::Key;
use super::context::{Absent, Context, FileState};
use super::employers::Employers;
use super::held::{HeldBack, HeldPerson};
use super::orphans::Orphans;
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

/// Ledger rows that wait for an account; more are reported at once.
const ACCOUNTLESS_MAX: usize = 100_000;

/// The accounts of a dump while their ledger is read.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    drafts: Vec<AccountDraft>,
    places: HashMap<AccountNumber, usize>,
    /// Numbers whose row has a fault: rows of their ledgers are no further ones.
    faulty: HashSet<AccountNumber>,
    /// Accounts without an owner: their lines, and the rule.
    ownerless: Vec<(u64, ImportRule)>,
    /// Accounts whose employer does not stand in its file.
    employerless: Vec<(u64, EmployerNumber)>,
    /// Ledger rows whose account is not there.
    accountless: Vec<(u64, AccountNumber)>,
    /// Rows whose number cannot be read.
    nameless: u64,
    /// Ledger rows whose account is not known.
    pub(super) orphans: Orphans,
    /// Payouts for a property in the ledger.
    pub(super) property_payouts: u64,
    state: FileState,
    pub(super) held: HeldBack,
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
        let state = context.read_rows(ImportFile::Accounts, input, |row, totals| {
            row.belongs_to(Key::Employer, Place::Employer);
            row.belongs_to(Key::Account, Place::Number);
            let number = row.needed(Place::Number, value::account_number);
            let balance = row.needed(Place::Balance, value::amount);
            totals.add(balance);
            let employment = read_employment(row, employers, &mut accounts.employerless);
            employers.add_balance(employer_of(row), balance);
            let account = read_account(row, (number.clone(), balance), as_of);
            let fraud = row.optional(Place::Fraud, value::flag);
            let Some(number) = number else {
                accounts.nameless += 1;
                return;
            };
            if accounts.taint_doubled(&number, balance) {
                let rule = value::rounded_or(number.as_str(), ImportRule::KeyDoubled);
                return row.fault(Place::Number, rule);
            }
            let person = accounts.take_owner(row.line, persons, &number);
            let (Some(account), Some(employment), Some(fraud), Some(person)) =
                (account, employment, fraud, person.clone())
            else {
                if let Some(person) = person {
                    accounts.held.person(HeldPerson::of(RecordKind::Account, &person));
                }
                accounts.held.account(number.clone(), balance);
                accounts.faulty.insert(number);
                return;
            };
            let notes = notes_of(&account, fraud.unwrap_or(false));
            let draft = AccountDraft::new(row.line, person, account, employment, notes);
            accounts.places.insert(number, accounts.drafts.len());
            accounts.drafts.push(draft);
        })?;
        accounts.state = state;
        accounts.nameless = accounts.nameless.saturating_add(state.malformed());
        employers.orphans.add_unknown(state.malformed());
        Ok(accounts)
    }

    /// Whether a number stands already; then neither of its rows can be believed.
    fn taint_doubled(&mut self, number: &AccountNumber, balance: Option<Fen>) -> bool {
        let place = self.places.get(number).copied();
        if let Some(first) = place.and_then(|place| self.drafts.get_mut(place)) {
            first.taint();
        }
        let doubled = place.is_some() || self.faulty.contains(number);
        if doubled && place.is_none() {
            self.held.account(number.clone(), balance);
        }
        doubled
    }

    fn take_owner(
        &mut self,
        line: u64,
        persons: &mut Persons,
        number: &AccountNumber,
    ) -> Option<Person> {
        match persons.take(number) {
            Owner::Known(person) => Some(person),
            Owner::Faulty => None,
            Owner::Missing => {
                let rule = value::rounded_or(number.as_str(), ImportRule::Reference);
                self.ownerless.push((line, rule));
                self.held.person(HeldPerson::nobody(RecordKind::Account));
                None
            }
        }
    }

    /// The account with a number.
    pub(super) fn find(&mut self, number: &AccountNumber) -> Result<&mut AccountDraft, Absent> {
        match self.places.get(number) {
            Some(place) => self.drafts.get_mut(*place).ok_or(Absent::Unknown),
            None => {
                Err(Absent::reported_if(self.state.is_unread() || self.faulty.contains(number)))
            }
        }
    }

    /// Holds the owner of an account back: something about them cannot be believed.
    pub(super) fn hold_person(&mut self, number: &AccountNumber) {
        let place = self.places.get(number).copied();
        if let Some(draft) = place.and_then(|place| self.drafts.get(place)) {
            self.held.person(HeldPerson::of(RecordKind::Account, draft.person()));
        }
    }

    /// Holds withdrawals back.
    pub(super) fn hold_withdrawals(&mut self, serials: impl IntoIterator<Item = SerialNumber>) {
        self.held.withdrawals(serials);
    }

    /// Rows whose number cannot be read.
    pub(super) const fn nameless(&self) -> u64 {
        self.nameless
    }

    /// Reports the accounts without an owner or an employer, unless as many rows of these had no
    /// number.
    pub(super) fn check_references(
        &self,
        (nameless_persons, nameless_employers): (u64, u64),
        context: &mut Context<'_>,
    ) {
        let employers: HashSet<&EmployerNumber> =
            self.employerless.iter().map(|(_, number)| number).collect();
        if employers.len() as u64 > nameless_employers {
            for (line, _) in &self.employerless {
                let rule = ImportRule::Reference;
                context.faults.at(ImportFile::Accounts, *line, "DWZH", rule);
            }
        }
        if self.ownerless.len() as u64 > nameless_persons {
            for (line, rule) in &self.ownerless {
                context.faults.at(ImportFile::Accounts, *line, "GRZH", *rule);
            }
        }
    }

    /// Notes a ledger row whose account is not there: where an account's row cannot be read, it may be
    /// that one, which is known once all rows were read. `false` when it cannot be.
    pub(super) fn wait_for_account(&mut self, line: u64, number: &AccountNumber) -> bool {
        let may_be = self.nameless > 0 && self.accountless.len() < ACCOUNTLESS_MAX;
        if may_be {
            self.accountless.push((line, number.clone()));
        }
        may_be
    }

    /// Reports the ledger rows without an account, but for those of persons who have none either, as
    /// many as there are accounts that cannot be read.
    pub(super) fn check_ledger(&self, persons: &Persons, context: &mut Context<'_>) {
        let waits = |number: &AccountNumber| persons.is_waiting(number);
        let waiting: HashSet<&AccountNumber> =
            self.accountless.iter().map(|(_, number)| number).filter(|n| waits(n)).collect();
        let forgiven = waiting.len() as u64 <= self.nameless;
        for (line, number) in &self.accountless {
            if !(forgiven && waiting.contains(number)) {
                let rule = value::rounded_or(number.as_str(), ImportRule::Reference);
                context.faults.at(ImportFile::Ledger, *line, "GRZH", rule);
            }
        }
    }

    /// Without a ledger no balance can be compared with it.
    pub(super) fn without_ledger(&mut self) {
        for draft in &mut self.drafts {
            draft.taint();
        }
    }

    /// Reports the accounts whose balance is not the sum of their rows, unless a row is missing that
    /// was reported; neither kind can be believed.
    pub(super) fn check_sums(&mut self, context: &mut Context<'_>) {
        let orphans = std::mem::take(&mut self.orphans);
        let failing = self.drafts.iter_mut().filter(|draft| !draft.is_tainted());
        let failing: Vec<&mut AccountDraft> =
            failing.filter(|draft| draft.lacking() != 0).collect();
        let lacking: Vec<i128> = failing.iter().map(|draft| draft.lacking()).collect();
        for (draft, explained) in failing.into_iter().zip(orphans.explain(&lacking)) {
            draft.taint();
            if !explained {
                let rule = ImportRule::LedgerSum;
                context.faults.at(ImportFile::Accounts, draft.line, "GRZHYE", rule);
            }
        }
    }

    /// The accounts in the order of their numbers that can be worked out; how many of them miss
    /// year-end interest; and what is held back.
    pub(super) fn finish(
        mut self,
        counting: &Counting,
        context: &mut Context<'_>,
    ) -> (Vec<AccountDraft>, u64, HeldBack) {
        let mut missing = 0;
        for draft in self.drafts.iter_mut().filter(|draft| !draft.is_tainted()) {
            match draft.year_end_interest(counting) {
                Ok(YearEndInterest::Missing) => missing += 1,
                Ok(YearEndInterest::InOrder) => {}
                Err(rule) => {
                    context.faults.at(ImportFile::Accounts, draft.line, "GRZHYE", rule);
                    draft.taint();
                }
            }
        }
        let (tainted, mut drafts): (Vec<_>, Vec<_>) =
            self.drafts.into_iter().partition(AccountDraft::is_tainted);
        for draft in tainted {
            self.held.person(HeldPerson::of(RecordKind::Account, draft.person()));
            self.held.account(draft.number().clone(), Some(draft.balance()));
        }
        drafts.sort_by(|a, b| a.number().cmp(b.number()));
        (drafts, missing, self.held)
    }
}

/// The employer that a row names, as far as it can be read; `None` for the self-employed.
fn employer_of(row: &Row<'_>) -> Option<EmployerNumber> {
    value::employer_number(row.raw(Place::Employer)).ok()
}

/// The account of a row; `None` after a fault.
fn read_account(
    row: &mut Row<'_>,
    (number, balance): (Option<AccountNumber>, Option<Fen>),
    as_of: Date,
) -> Option<Account> {
    let status = row.needed(Place::Status, value::code(AccountStatus::parse));
    let opened_on = row.needed(Place::OpenedOn, value::past_date(as_of));
    let carried_over = row.needed(Place::CarriedOver, value::amount);
    let current_year = row.needed(Place::CurrentYear, value::amount);
    let contribution_base = row.needed(Place::Base, value::amount_from_zero);
    let person_monthly = row.needed(Place::PersonMonthly, value::amount_from_zero);
    let unit_monthly = row.needed(Place::UnitMonthly, value::amount_from_zero);
    let closed_on = row.optional(Place::ClosedOn, value::past_date(as_of));
    let close_reason = read_close_reason(row, status);
    let card = row.optional(Place::Card, value::card);
    let account = Account {
        number: number?,
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
fn read_employment(
    row: &mut Row<'_>,
    employers: &Employers,
    employerless: &mut Vec<(u64, EmployerNumber)>,
) -> Option<Option<Employment>> {
    let Some(number): Option<EmployerNumber> =
        row.optional(Place::Employer, value::employer_number)?
    else {
        return Some(None);
    };
    let employer = match employers.find(&number) {
        Ok(employer) => employer,
        Err(Absent::Reported) => return None,
        Err(Absent::Unknown) => {
            employerless.push((row.line, number));
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
