//! The CSV files of a core system, as large as a test needs.
//!
//! **Promises.** What is written keeps every rule of the import, until a test breaks one on purpose.
//! **Left to others.** A whole synthetic city: `fundlink-testnet`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use fundlink_protocol::interest::{Accrual, InterestRules};
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Date;

/// The files, each with its header.
#[derive(Clone, Debug)]
pub struct Dump {
    texts: [String; 6],
    withdrawals: Option<String>,
}

/// A person's account with its deposits: one a month, on the 15th.
#[derive(Clone, Copy, Debug)]
pub struct Saver {
    /// The person's name.
    pub name: &'static str,
    /// The type of the person's document: 01 a resident number.
    pub kind: &'static str,
    /// The number of the document.
    pub document: &'static str,
    /// The number of the account.
    pub account: &'static str,
    /// The account's status: 01 paying, 02 sealed, 06 frozen.
    pub status: &'static str,
    /// The first month paid for: year and month.
    pub first: (i64, i64),
    /// How many months.
    pub months: i64,
    /// What is paid each month, in fen.
    pub deposit: i64,
    /// The year whose 1 July divides what was carried over from what came this year: the last on
    /// which interest was booked.
    pub carried_until: i64,
}

/// A file of a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DumpFile {
    /// Employers.
    Employers,
    /// Persons.
    Persons,
    /// Accounts.
    Accounts,
    /// The accounts' entries.
    Ledger,
    /// Loans.
    Loans,
    /// Those who borrow with another.
    CoBorrowers,
}

const NAMES: [&str; 6] =
    ["employers.csv", "persons.csv", "accounts.csv", "ledger.csv", "loans.csv", "co_borrowers.csv"];
const HEADERS: [&str; 6] = [
    "DWZH,DWMC,ZZJGDM,DWZHZT,DWJCBL,GRJCBL,DWZHYE\n",
    "GRZH,XingMing,ZJLX,ZJHM,SJHM\n",
    "GRZH,DWZH,GRJCJS,GRZHZT,KHRQ,GRZHYE,GRZHSNJZYE,GRZHDNGJYE,GRYJCE,DWYJCE,XHRQ,XHYY,GRCKZHHM,\
     SFCZPTPD\n",
    "GRZH,YWLSH,JZRQ,GJHTQYWLX,HBJNY,FSE,FSLXE,CZBZ,TQYY\n",
    "JKHTBH,DKZH,JKRXM,JKRZJLX,JKRZJH,HTDKJE,DKFFE,DKFFRQ,DKYE,DKLL,DKQS,DKJQRQ,LJYQQS,DQYQQS,\
     DKDBLX\n",
    "JKHTBH,GTJKRXM,GTJKRZJLX,GTJKRZJHM,CDGX\n",
];

const WITHDRAWALS: &str = "GRZH,YWLSH,JZRQ,FSE,TQYY,BDCQZH\n";

impl Dump {
    /// Files with nothing but their headers.
    #[must_use]
    pub fn new() -> Self {
        Self { texts: HEADERS.map(str::to_owned), withdrawals: None }
    }

    /// Files with these persons.
    #[must_use]
    pub fn of(savers: &[Saver]) -> Self {
        let mut dump = Self::new();
        for saver in savers {
            dump.add(saver);
        }
        dump
    }

    /// Adds a person with an account and its entries.
    pub fn add(&mut self, saver: &Saver) {
        let Saver { name, kind, document, account, status, deposit, .. } = saver;
        self.row(DumpFile::Persons, format_args!("{account},{name},{kind},{document},"));
        let opened = format!("{}{:02}01", saver.first.0, saver.first.1);
        let (carried, current) = saver.balances();
        let monthly = yuan(deposit / 2);
        let (balance, carried, current) = (yuan(carried + current), yuan(carried), yuan(current));
        self.row(
            DumpFile::Accounts,
            format_args!(
                "{account},,5000.00,{status},{opened},{balance},{carried},{current},{monthly},{monthly},,,,2"
            ),
        );
        for (index, (year, month)) in saver.paid().enumerate() {
            let row = format!(
                "{account},H{index},{year}{month:02}15,01,{year}{month:02},{},0.00,01,",
                yuan(*deposit)
            );
            self.row(DumpFile::Ledger, format_args!("{row}"));
        }
        for (day, interest) in saver.interest() {
            let (year, day, interest) = (day / 10_000, day, yuan(interest));
            let row = format!("{account},J{year},{day},09,,{interest},0.00,01,");
            self.row(DumpFile::Ledger, format_args!("{row}"));
        }
    }

    /// The rows of withdrawals, each `GRZH,YWLSH,JZRQ,FSE,TQYY,BDCQZH`: the file has these and no others.
    pub fn set_withdrawals(&mut self, rows: &[String]) {
        let rows = rows.iter().map(|row| format!("{row}\n"));
        self.withdrawals = Some(rows.fold(WITHDRAWALS.to_owned(), |text, row| text + &row));
    }

    /// Adds a line to a file.
    pub fn row(&mut self, file: DumpFile, row: std::fmt::Arguments<'_>) {
        writeln!(self.text(file), "{row}").expect("a string takes everything");
    }

    /// The text of a file, to be changed at will.
    pub const fn text(&mut self, file: DumpFile) -> &mut String {
        let [employers, persons, accounts, ledger, loans, co_borrowers] = &mut self.texts;
        match file {
            DumpFile::Employers => employers,
            DumpFile::Persons => persons,
            DumpFile::Accounts => accounts,
            DumpFile::Ledger => ledger,
            DumpFile::Loans => loans,
            DumpFile::CoBorrowers => co_borrowers,
        }
    }

    /// Writes the files into a folder, as UTF-8.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) {
        self.write_with(folder, |text| text.as_bytes().to_vec());
    }

    /// Writes the files into a folder, in the encoding of the caller.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn write_with(&self, folder: &Path, encode: impl Fn(&str) -> Vec<u8>) {
        fs::create_dir_all(folder).expect("a folder can be made");
        for (name, text) in NAMES.iter().zip(&self.texts) {
            fs::write(folder.join(name), encode(text)).expect("a file can be written");
        }
        let withdrawals = folder.join("withdrawals.csv");
        match &self.withdrawals {
            Some(text) => fs::write(withdrawals, encode(text)).expect("a file can be written"),
            None if withdrawals.exists() => fs::remove_file(withdrawals).expect("it is a file"),
            None => {}
        }
    }
}

impl Default for Dump {
    fn default() -> Self {
        Self::new()
    }
}

impl DumpFile {
    /// The name of the file in its folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        let [employers, persons, accounts, ledger, loans, co_borrowers] = NAMES;
        match self {
            Self::Employers => employers,
            Self::Persons => persons,
            Self::Accounts => accounts,
            Self::Ledger => ledger,
            Self::Loans => loans,
            Self::CoBorrowers => co_borrowers,
        }
    }
}

impl Saver {
    /// The months paid for.
    fn paid(&self) -> impl Iterator<Item = (i64, i64)> {
        let first = self.first.0 * 12 + self.first.1 - 1;
        (first..first + self.months).map(|index| (index / 12, index % 12 + 1))
    }

    /// The interest that was booked on each 1 July: the day and fen.
    fn interest(&self) -> Vec<(u32, i64)> {
        let rules = InterestRules::default();
        let day = |(year, month): (i64, i64), day: i64| {
            let number = year * 10_000 + month * 100 + day;
            let number = u32::try_from(number).expect("a year of this time");
            Date::from_number(number).expect("a day of the calendar")
        };
        let deposit = Fen::new(self.deposit).expect("an amount");
        let mut accrual = Accrual::open(day(self.first, 15));
        let mut booked = Vec::new();
        for paid in self.paid() {
            booked.extend(accrual.post(day(paid, 15), deposit, &rules).expect("days rise"));
        }
        let until = day((self.carried_until, 7), 1);
        if until > accrual.since() {
            booked.extend(accrual.advance(until, &rules).expect("days rise"));
        }
        let booked = booked.iter().map(|interest| (interest.on.number(), interest.amount.get()));
        booked.filter(|(_, fen)| *fen > 0).collect()
    }

    /// This, with another status: 01 paying, 02 sealed, 06 frozen.
    #[must_use]
    pub const fn with_status(self, status: &'static str) -> Self {
        Self { status, ..self }
    }

    /// What was carried over on the last 1 July, interest included, and what came since, in fen.
    fn balances(&self) -> (i64, i64) {
        let (before, since): (Vec<_>, Vec<_>) =
            self.paid().partition(|paid| *paid < (self.carried_until, 7));
        let count = |months: Vec<_>| i64::try_from(months.len()).expect("few months");
        let interest: i64 = self.interest().iter().map(|(_, fen)| fen).sum();
        (count(before) * self.deposit + interest, count(since) * self.deposit)
    }

    /// The balance, in fen.
    #[must_use]
    pub fn balance(&self) -> i64 {
        let (carried, current) = self.balances();
        carried + current
    }
}

/// An amount of fen as yuan with two decimals.
#[must_use]
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}
