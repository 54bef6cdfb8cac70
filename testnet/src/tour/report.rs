//! What is told of a tour, for whoever puts it into words.

use std::path::PathBuf;
use std::time::Duration;

use fundlink_node::control::api::alerts::Alert;
use fundlink_node::control::api::dossiers::Verdict;
use fundlink_node::control::api::facts::Certificate;
use fundlink_node::control::api::ledger::LedgerSums;
use fundlink_protocol::money::Fen;
use serde::Serialize;

use crate::member::Place;
use crate::province::{City, CityTotals};

/// A step of the tour, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The records of three cities are made up.
    Province,
    /// The network is formed.
    Network,
    /// The records are imported.
    Import,
    /// All members come to hold the same logs.
    Roots,
    /// A loan check of a Datong worker in Taiyuan.
    LoanCheck,
    /// Two accounts move.
    Transfers,
    /// Letters that the rules refuse.
    Refusals,
    /// A second loan in another city, and the authority's alert.
    SecondLoan,
    /// An evidence file is verified by a process that has nothing else.
    Evidence,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Report {
    /// A step began.
    Began(Step),
    /// A step goes on: so much of so much.
    Progress(u64, u64),
    /// A step did what it is there for.
    Ended(Step, Duration),
    /// A city's records are written.
    Written(City, CityTotals),
    /// The network runs.
    Formed(Vec<Place>),
    /// A city's records are imported, and so many digests published.
    Imported {
        /// Which.
        city: City,
        /// Its digests.
        published: u64,
    },
    /// Everybody holds this log, and a quorum has seen it.
    Held(HeldLog),
    /// A household was checked in all cities.
    Checked(Box<Checked>),
    /// A deposit certificate was issued to another city.
    Issued(Box<Issued>),
    /// What another city knows of somebody's loans.
    LoansKnown {
        /// How many were paid out.
        used: usize,
        /// How many are unsettled.
        open: u32,
        /// What the proofs are worth.
        proofs: Proofs,
        /// Question and answer.
        took: Duration,
    },
    /// An account has moved.
    Moved(Box<Moved>),
    /// The sums of the ledgers around the transfers.
    Ledgers(Box<Ledgers>),
    /// A letter was refused.
    Refused(Refusal),
    /// The authority raised an alert.
    Alerted(Box<Alerted>),
    /// An evidence file was verified.
    Verified(Verified),
}

/// What the proofs in an answer are worth, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proofs {
    /// In a log that a quorum of witnesses has seen.
    pub witnessed: u32,
    /// In a log that its center alone has signed.
    pub logged: u32,
    /// Promised, and not in the log yet.
    pub awaited: u32,
}

/// A household that was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The centers that were asked; others had nothing in their logs.
    pub asked: Vec<String>,
    /// What the proofs are worth.
    pub proofs: Proofs,
    /// What follows for a loan.
    pub verdict: Verdict,
    /// Questions and answers.
    pub took: Duration,
}

/// A certificate that was issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// What its proofs are worth.
    pub proofs: Proofs,
    /// Question and answer.
    pub took: Duration,
}

/// An account in a city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which city.
    pub city: City,
    /// 个人账户状态, its code.
    pub status: String,
    /// Its name.
    pub status_zh: String,
    /// What is on it.
    pub balance: Fen,
    /// Months paid for here.
    pub months: u32,
    /// Months that came with transfers.
    pub carried: u32,
}

/// An account that has moved.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Whose.
    pub name: &'static str,
    /// The letter number.
    pub number: String,
    /// 本金.
    pub principal: Fen,
    /// 利息.
    pub interest: Fen,
    /// What was paid.
    pub amount: Fen,
    /// The states that it went through in the city that it moved to.
    pub states: Vec<String>,
    /// Where it left, before.
    pub before: Standing,
    /// Where it left, after.
    pub after: Standing,
    /// Where it arrived, before.
    pub arrived_before: Standing,
    /// Where it arrived, after.
    pub arrived_after: Standing,
    /// From the application to the end at both centers.
    pub took: Duration,
}

/// The sums of the ledgers; each was found to sum to zero.
#[derive(Clone, Debug)]
pub struct Ledgers {
    /// Before the transfers.
    pub before: Vec<(City, LedgerSums)>,
    /// After them.
    pub after: Vec<(City, LedgerSums)>,
}

/// A letter that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whose.
    pub name: &'static str,
    /// The letter number.
    pub number: String,
    /// By which city.
    pub by: City,
    /// R01 to R99.
    pub code: String,
    /// The reason in English.
    pub text: String,
    /// The reason in Chinese.
    pub text_zh: String,
    /// From the application to the confirmed refusal.
    pub took: Duration,
}

/// A log as everybody holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldLog {
    /// Whose and which.
    pub log: String,
    /// Its entries.
    pub size: u64,
    /// The root over them.
    pub root: String,
}

/// An alert of the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerted {
    /// The alert.
    pub alert: Alert,
    /// From the import of the second loan to the alert.
    pub took: Duration,
}

/// An evidence file that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The file.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its parts.
    pub parts: usize,
    /// Signed statements that it proves.
    pub statements: usize,
    /// Leaves of public logs that it proves.
    pub leaves: usize,
    /// Verifying, the start of the process included.
    pub took: Duration,
}
