//! The facts of an answer, and how each is proved.
//!
//! **Promises.** A fact is there only if the purpose opens it. A loan comes with the record, the
//! blinding and the leaf that commits to it, so that the asker checks it without trusting anybody.
//! **Left to others.** Which facts a purpose opens: `purpose`. Checking proofs: [`proof`].

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::{AccountNumber, AccountStatus, CloseReason};
use crate::center::CenterCode;
use crate::certificate::Certificate;
use crate::deposit_history::DepositHistory;
use crate::id::{Blinding, Bytes, TransferId};
use crate::loan::LoanParty;
use crate::log::tree::LeafIndex;
use crate::money::Fen;
use crate::person_match::PersonMatch;
use crate::record::FraudMark;
use crate::record_seal::SealedLoan;
use crate::refusal::Refusal;
use crate::time::{Date, Month, Timestamp};

pub mod access;
pub mod proof;

use access::AccessList;

/// Where facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Source {
    /// The core system, now.
    #[n(1)]
    Live,
    /// The last import.
    #[n(2)]
    Snapshot,
}

/// Where facts come from, and as of when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Freshness {
    /// Live or snapshot.
    #[n(1)]
    pub source: Source,
    /// As of when.
    #[n(2)]
    pub as_of: Timestamp,
}

/// What is known about one person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Outcome {
    /// There are records.
    #[n(1)]
    Found(#[n(0)] Box<Found>),
    /// There are none.
    #[n(2)]
    NoRecord {
        /// As of when.
        #[n(0)]
        as_of: Timestamp,
        /// Whether every record of the center has a usable number, so that none can be missed.
        #[n(1)]
        complete: bool,
    },
    /// Nobody can say without a person who looks.
    #[n(3)]
    Unresolved(#[n(0)] UnresolvedReason),
    /// About this person nothing is said.
    #[n(4)]
    Refused(#[n(0)] Refusal),
}

/// Why it is not known whether a person has records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum UnresolvedReason {
    /// The center has not loaded its records yet.
    #[n(1)]
    NotLoaded,
    /// A record without a usable number has this name and this month of birth.
    #[n(2)]
    NameWithoutNumber,
    /// Records of this number carry several names.
    #[n(3)]
    SeveralNames,
    /// The center could not issue what was asked; its answer to another kind says more.
    #[n(4)]
    NotIssuable,
    /// A row about the person breaks a rule and is held back until the center has healed it.
    #[n(5)]
    InQuarantine,
}

/// The records of one person, as far as kind and purpose open them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Found {
    /// How the person on record agrees with the one asked for.
    #[n(1)]
    pub matched: PersonMatch,
    /// The accounts, closed ones included.
    #[n(2)]
    pub accounts: Option<Vec<AccountFacts>>,
    /// The loans.
    #[n(3)]
    pub loans: Option<LoanFacts>,
    /// The certificate that was issued.
    #[n(4)]
    pub certificate: Option<Box<IssuedCertificate>>,
    /// The transfer.
    #[n(5)]
    pub transfer: Option<TransferFacts>,
    /// Who asked.
    #[n(6)]
    pub accesses: Option<AccessList>,
}

/// One account.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AccountFacts {
    /// 个人账户状态.
    #[n(1)]
    pub status: AccountStatus,
    /// 缴至年月.
    #[n(2)]
    pub paid_to: Option<Month>,
    /// The months.
    #[n(3)]
    pub months: Option<MonthFacts>,
    /// 个人账户余额.
    #[n(4)]
    pub balance: Option<Fen>,
    /// 个人账号.
    #[n(5)]
    pub number: Option<AccountNumber>,
    /// A fraud on record (骗提骗贷), where loans are opened.
    #[n(6)]
    pub fraud: Option<FraudMark>,
    /// Where the facts come from.
    #[n(7)]
    pub freshness: Freshness,
    /// The leaf that commits to the record; its content is shown to an auditor, not here.
    #[n(8)]
    pub leaf: Option<LeafReference>,
    /// The center whose loan the account secures (异地贷款), where open loans are opened.
    #[n(9)]
    pub off_site: Option<CenterCode>,
}

impl fmt::Debug for AccountFacts {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountFacts").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The months of an account: total, streak, first month and gaps follow from them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MonthFacts {
    /// 开户日期.
    #[n(1)]
    pub opened_on: Date,
    /// The months paid for here.
    #[n(2)]
    pub history: DepositHistory,
    /// The months that came with transfers, by the city that they came from.
    #[n(3)]
    pub carried: Vec<CarriedMonths>,
}

/// Months that came with a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CarriedMonths {
    /// The city that they came from.
    #[n(1)]
    pub from: CenterCode,
    /// The months.
    #[n(2)]
    pub history: DepositHistory,
}

/// The loans of one person at one center.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LoanFacts {
    /// How many are unsettled.
    #[n(1)]
    pub open: u32,
    /// How many were used in other cities, as transfers from there said.
    #[n(2)]
    pub carried: Option<Vec<CarriedLoans>>,
    /// Each loan that was paid out.
    #[n(3)]
    pub loans: Option<Vec<DisclosedLoan>>,
}

/// Loans that a transfer told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CarriedLoans {
    /// The city where they were used.
    #[n(1)]
    pub from: CenterCode,
    /// How many.
    #[n(2)]
    pub used: u32,
}

/// A loan as its record has it, with what opens the commitment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DisclosedLoan {
    /// What the digest commits to.
    #[n(1)]
    pub record: SealedLoan,
    /// Opens the commitment to the record.
    #[n(2)]
    pub blinding: Blinding,
    /// The place of the person asked for among the parties.
    #[n(3)]
    pub place: u32,
    /// That person as the record has it.
    #[n(4)]
    pub party: LoanParty,
    /// Opens the seal over that person.
    #[n(5)]
    pub party_blinding: Blinding,
    /// The leaf; absent until a record that changed is published.
    #[n(6)]
    pub leaf: Option<LeafReference>,
}

/// A leaf of the answering center's public log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LeafReference {
    /// The number of the log.
    #[n(1)]
    pub log: u32,
    /// The index of the leaf.
    #[n(2)]
    pub index: LeafIndex,
    /// The entry: an encoded `Digest`.
    #[n(3)]
    pub entry: Bytes,
    /// A C2SP `tlog-proof` against the latest checkpoint; absent until one covers the leaf.
    #[n(4)]
    pub proof: Option<Bytes>,
}

/// What was paid out for a property (购房提取): the person may be another than the one asked for, and
/// is not named.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Payout {
    /// 记账日期 JZRQ.
    #[n(1)]
    pub on: Date,
    /// 提取原因 TQYY.
    #[n(2)]
    pub reason: CloseReason,
    /// How much.
    #[n(3)]
    pub amount: Fen,
    /// The leaf that commits to the record; absent until it is published.
    #[n(4)]
    pub leaf: Option<LeafReference>,
}

impl fmt::Debug for Payout {
    /// Without the amount.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payout").field("on", &self.on).finish_non_exhaustive()
    }
}

/// A certificate with what opens its commitment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IssuedCertificate {
    /// The certificate.
    #[n(1)]
    pub certificate: Certificate,
    /// Opens the commitment.
    #[n(2)]
    pub blinding: Blinding,
    /// The leaf; its proof follows once a checkpoint covers it.
    #[n(3)]
    pub leaf: LeafReference,
}

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TransferFacts {
    /// Which.
    #[n(1)]
    pub transfer: TransferId,
    /// The national status code, such as 8.
    #[n(2)]
    pub national_code: u8,
    /// Since when.
    #[n(3)]
    pub since: Timestamp,
}
