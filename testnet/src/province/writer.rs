//! Writes a city: every person's account, ledger and loan, the employers, the control totals.
//!
//! **Promises.** Control totals are those of what was written; memory does not grow with the city.
//! **Left to others.** What is written: `account`, `ledger`, `loans` and `cast`.

use std::io;
use std::path::Path;

use fundlink_node::import::ImportFile;
use fundlink_protocol::bank_account::CardNumber;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Date;

use super::account::{self, AccountPlan};
use super::cast::{self, CastLoan, Member};
use super::city::City;
use super::csv_file::CsvFile;
use super::employers::{self, EmployerPlan};
use super::identity::{Identity, identity};
use super::ledger::{self, Played, Row};
use super::loans::{self, LoanPlan};
use super::random::Random;
use super::{Edition, Province};

/// What a city's files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CityTotals {
    /// Persons, each with one account.
    pub persons: u64,
    /// Persons who pay in.
    pub paying: u64,
    /// Ledger rows.
    pub ledger_rows: u64,
    /// Loans.
    pub loans: u64,
    /// What the accounts hold.
    pub balance: Fen,
    /// What is owed on loans.
    pub loan_balance: Fen,
}

struct Writer<'p> {
    province: &'p Province,
    city: City,
    employers: Vec<EmployerPlan>,
    persons: CsvFile,
    accounts: CsvFile,
    ledger: CsvFile,
    loans: CsvFile,
    co_borrowers: CsvFile,
    balance_fen: i64,
    ledger_fen: i64,
    loan_balance_fen: i64,
    paying: u64,
}

const PERSONS: [&str; 6] = ["GRZH", "XingMing", "XingBie", "ZJLX", "ZJHM", "CSNY"];
const ACCOUNTS: [&str; 14] = [
    "GRZH",
    "DWZH",
    "GRJCJS",
    "GRZHZT",
    "KHRQ",
    "GRZHYE",
    "GRZHSNJZYE",
    "GRZHDNGJYE",
    "GRYJCE",
    "DWYJCE",
    "XHRQ",
    "XHYY",
    "GRCKZHHM",
    "SFCZPTPD",
];
const LEDGER: [&str; 9] =
    ["GRZH", "YWLSH", "JZRQ", "GJHTQYWLX", "HBJNY", "FSE", "FSLXE", "CZBZ", "TQYY"];
const LOANS: [&str; 18] = [
    "JKHTBH", "DKZH", "JKRGJJZH", "JKRXM", "JKRZJLX", "JKRZJH", "JKHTQDRQ", "HTDKJE", "DKFFE",
    "DKFFRQ", "DKYE", "DKLL", "DKQS", "DKJQRQ", "LJYQQS", "DQYQQS", "DKDBLX", "DKHKFS",
];
const CO_BORROWERS: [&str; 5] = ["JKHTBH", "GTJKRXM", "GTJKRZJLX", "GTJKRZJHM", "GTJKRGJJZH"];
const EMPLOYERS: [&str; 10] =
    ["DWZH", "DWMC", "ZZJGDM", "DWZHZT", "DWJCBL", "GRJCBL", "DWJCRS", "DWFCRS", "DWZHYE", "DWFXR"];

/// Writes the files of a city.
pub(super) fn write(
    province: &Province,
    city: City,
    edition: Edition,
    folder: &Path,
) -> io::Result<CityTotals> {
    let mut writer = Writer::create(province, city, folder)?;
    for place in 0..province.scale.of(city.people()) {
        writer.write_person(place)?;
    }
    for account in cast::accounts(city) {
        let plan = account::of_cast(&account, province.as_of);
        writer.write_account(&plan)?;
    }
    for loan in cast::LOANS.iter().filter(|loan| loan.city == city) {
        if !loan.second || edition == Edition::WithSecondLoan {
            writer.write_cast_loan(loan)?;
        }
    }
    writer.finish(folder)
}

impl<'p> Writer<'p> {
    fn create(province: &'p Province, city: City, folder: &Path) -> io::Result<Self> {
        let export = city.export();
        let file = |file: ImportFile, header: &[&str]| {
            CsvFile::create(folder, file.file_name(), export, header)
        };
        let count = province.scale.of(city.employers());
        Ok(Self {
            province,
            city,
            employers: employers::plan(province.seed, city, count),
            persons: file(ImportFile::Persons, &PERSONS)?,
            accounts: file(ImportFile::Accounts, &ACCOUNTS)?,
            ledger: file(ImportFile::Ledger, &LEDGER)?,
            loans: file(ImportFile::Loans, &LOANS)?,
            co_borrowers: file(ImportFile::CoBorrowers, &CO_BORROWERS)?,
            balance_fen: 0,
            ledger_fen: 0,
            loan_balance_fen: 0,
            paying: 0,
        })
    }

    fn write_person(&mut self, place: u32) -> io::Result<()> {
        let (city, seed, as_of) = (self.city, self.province.seed, self.province.as_of);
        let mut random = Random::new(seed, &[city.stream(), u64::from(place), 3]);
        let plan = account::draw(&mut random, self.province, city, place, &self.employers);
        self.write_account(&plan)?;
        if !plan.pays() {
            return Ok(());
        }
        let spouse = |random: &mut Random| {
            // Every second one has an account here as well.
            let other = if random.chance(500) { place + 1 } else { place + 5_000_000 };
            identity(seed, city, other)
        };
        match loans::plan(&mut random, as_of, spouse) {
            Some(loan) => self.write_loan(&plan, &loan),
            None => Ok(()),
        }
    }

    fn write_account(&mut self, plan: &AccountPlan) -> io::Result<()> {
        let employer = plan.employer.and_then(|place| self.employers.get(place)).cloned();
        let payer = employer.as_ref().map_or("", |employer| employer.number.as_str());
        let played = ledger::play(plan.deeds.clone(), payer, self.province.as_of);
        for row in &played.rows {
            self.write_row(&plan.number, row)?;
        }
        self.write_person_row(&plan.owner, &plan.number)?;
        self.write_account_row(plan, payer, &played)?;
        let balance_fen = played.balance.get();
        self.balance_fen += balance_fen;
        self.paying += u64::from(plan.pays());
        if let Some(employer) = plan.employer.and_then(|place| self.employers.get_mut(place)) {
            employer.balance_fen += balance_fen;
            employer.paying += u32::from(plan.pays());
            employer.sealed += u32::from(plan.is_sealed());
        }
        Ok(())
    }

    fn write_person_row(&mut self, owner: &Identity, number: &str) -> io::Result<()> {
        let Identity { name, kind, number: document } = owner;
        let (gender, birth) = gender_and_birth(document);
        // CHAR(20) columns are padded in old systems.
        let padded = format!("{number:<20}");
        self.persons.row(&[&padded, name, gender, kind, document, &birth])
    }

    fn write_account_row(
        &mut self,
        plan: &AccountPlan,
        employer: &str,
        played: &Played,
    ) -> io::Result<()> {
        let side = plan.side.to_string();
        let person_only = plan.employer.is_none();
        let unit = if person_only { "0.00".to_owned() } else { side.clone() };
        let closed_on = plan.closed_on.map_or(String::new(), compact);
        self.accounts.row(&[
            &plan.number,
            employer,
            &plan.base.to_string(),
            plan.status,
            &compact(plan.opened_on),
            &played.balance.to_string(),
            &played.carried_over.to_string(),
            &played.current_year.to_string(),
            &side,
            &unit,
            &closed_on,
            plan.close_reason,
            &card_of(&plan.number),
            if plan.fraud { "1" } else { "2" },
        ])
    }

    fn write_row(&mut self, account: &str, row: &Row) -> io::Result<()> {
        self.ledger_fen += row.amount.get();
        let month = row.month.map_or(String::new(), |month| month.number().to_string());
        self.ledger.row(&[
            account,
            &row.serial,
            &compact(row.posted_on),
            row.business,
            &month,
            &row.amount.to_string(),
            &row.interest.to_string(),
            row.reversal,
            row.reason,
        ])
    }

    fn write_loan(&mut self, plan: &AccountPlan, loan: &LoanPlan) -> io::Result<()> {
        let place = self.loans.rows + 100;
        let center = self.city.center();
        let contract = format!("JK{center}-{}-{place:04}", loan.year);
        let account = format!("{center}{}{place:06}", loan.year);
        let amount = loan.amount.to_string();
        let paid_out = loan.disbursed_on.is_some();
        let date = |date: Option<Date>| date.map_or(String::new(), compact);
        self.loan_balance_fen += loan.balance.get();
        self.loans.row(&[
            &contract,
            &account,
            &plan.number,
            &plan.owner.name,
            plan.owner.kind,
            &plan.owner.number,
            &date(loan.disbursed_on),
            &amount,
            if paid_out { &amount } else { "0.00" },
            &date(loan.disbursed_on),
            &loan.balance.to_string(),
            loan.rate,
            &loan.periods.to_string(),
            &date(loan.settled_on),
            &loan.overdue.to_string(),
            &loan.overdue.to_string(),
            "01",
            "02",
        ])?;
        match &loan.co_borrower {
            Some(Identity { name, kind, number }) if *number != plan.owner.number => {
                self.co_borrowers.row(&[&contract, name, kind, number, ""])
            }
            Some(_) | None => Ok(()),
        }
    }

    fn write_cast_loan(&mut self, loan: &CastLoan) -> io::Result<()> {
        let Member { name, number, from, .. } = Member::of(loan.part);
        let borrower = if from.city == loan.city { from.account } else { "" };
        self.loan_balance_fen += Fen::parse(loan.balance).unwrap_or_default().get();
        self.loans.row(&[
            loan.contract,
            loan.account,
            borrower,
            name,
            "01",
            number,
            loan.disbursed_on,
            loan.disbursed,
            loan.disbursed,
            loan.disbursed_on,
            loan.balance,
            loan.rate,
            loan.periods,
            "",
            loan.overdue,
            loan.overdue,
            "01",
            "01",
        ])
    }

    fn finish(self, folder: &Path) -> io::Result<CityTotals> {
        let export = self.city.export();
        let name = ImportFile::Employers.file_name();
        let mut employers = CsvFile::create(folder, name, export, &EMPLOYERS)?;
        for employer in &self.employers {
            let rate = format!("0.{:02}", employer.rate_percent);
            employers.row(&[
                &employer.number,
                &employer.name,
                &employer.code,
                employer.status,
                &rate,
                &rate,
                &employer.paying.to_string(),
                &employer.sealed.to_string(),
                &ledger::fen(employer.balance_fen).to_string(),
                &employer.pay_day.to_string(),
            ])?;
        }
        let employed: i64 = self.employers.iter().map(|employer| employer.balance_fen).sum();
        let totals = CityTotals {
            persons: self.persons.finish()?,
            paying: self.paying,
            ledger_rows: self.ledger.rows,
            loans: self.loans.rows,
            balance: ledger::fen(self.balance_fen),
            loan_balance: ledger::fen(self.loan_balance_fen),
        };
        let sum = |fen: i64| ledger::fen(fen).to_string();
        let control = ImportFile::Control.file_name();
        let mut control = CsvFile::create(folder, control, export, &["FILE", "ROWS", "SUM"])?;
        for (file, rows, sum) in [
            (ImportFile::Employers, employers.finish()?, sum(employed)),
            (ImportFile::Persons, totals.persons, String::new()),
            (ImportFile::Accounts, self.accounts.finish()?, sum(self.balance_fen)),
            (ImportFile::Ledger, self.ledger.finish()?, sum(self.ledger_fen)),
            (ImportFile::Loans, self.loans.finish()?, sum(self.loan_balance_fen)),
            (ImportFile::CoBorrowers, self.co_borrowers.finish()?, String::new()),
        ] {
            control.row(&[file.file_name(), &rows.to_string(), &sum])?;
        }
        control.finish()?;
        Ok(totals)
    }
}

/// A date as the files write it.
fn compact(date: Date) -> String {
    format!("{:08}", date.number())
}

/// 性别 and 出生年月, by a resident number; unknown for another document.
fn gender_and_birth(document: &str) -> (&'static str, String) {
    let (birth, sequence) = match document.len() {
        18 => (document.get(6..12).map(str::to_owned), document.get(16..17)),
        15 => (document.get(6..10).map(|birth| format!("19{birth}")), document.get(14..15)),
        _ => (None, None),
    };
    let odd = sequence.and_then(|digit| digit.parse::<u32>().ok()).map(|digit| digit % 2 == 1);
    let gender = match odd {
        Some(true) => "1",
        Some(false) => "2",
        None => "",
    };
    let birth = birth.and_then(|birth| Some(format!("{}-{}", birth.get(..4)?, birth.get(4..6)?)));
    (gender, birth.unwrap_or_default())
}

/// The bank card of every third account: 19 digits that no bank has issued.
fn card_of(number: &str) -> String {
    let digits: u64 = number.parse().unwrap_or(0);
    if !digits.is_multiple_of(3) {
        return String::new();
    }
    let body = format!("999001{:012}", digits % 1_000_000_000_000);
    let cards = (0..10).map(|check| format!("{body}{check}"));
    cards.into_iter().find(|card| CardNumber::parse(card).is_ok()).unwrap_or_default()
}
