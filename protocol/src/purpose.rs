//! Why somebody asks, and what that opens: the matrix of purposes, kinds and fields.
//!
//! **Promises.** A field is in an answer only if [`Purpose::opens`] says so; the rest is left out,
//! not masked. Judicial and supervisory purposes open nothing in this version.
//! **Left to others.** The grants of the roster: `admission`. Filling the fields: the engine.

use minicbor::{Decode, Encode};

use crate::refusal::Refusal;

/// Why a question is asked (查询用途).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Purpose {
    /// `T1` inter-city transfer (异地转移接续).
    #[n(1)]
    Transfer,
    /// `L1` loan application (贷款申请).
    #[n(2)]
    LoanApplication,
    /// `L2` check again just before a loan is paid out (放款前复核).
    #[n(3)]
    LoanPayout,
    /// `W1` withdrawal check (提取核查).
    #[n(4)]
    Withdrawal,
    /// `D1` duplicate account check (一人多户核查).
    #[n(5)]
    DuplicateAccount,
    /// `C1` deposit certificate (缴存使用证明).
    #[n(6)]
    Certificate,
    /// `A1` request of the person concerned (个人查询).
    #[n(7)]
    DataSubject,
    /// `J1` judicial assistance (司法协助); refused in this version.
    #[n(8)]
    Judicial,
    /// `S1` supervision (监管); refused in this version.
    #[n(9)]
    Supervision,
}

/// What is asked (查询种类).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum QueryKind {
    /// The person's accounts.
    #[n(1)]
    Account,
    /// The person's loans, in any role.
    #[n(2)]
    LoanHistory,
    /// A deposit certificate (异地贷款职工住房公积金缴存使用证明).
    #[n(3)]
    DepositCertificate,
    /// Where a transfer of the person stands.
    #[n(4)]
    TransferStatus,
    /// Accounts and loans at once: one center's part of a dossier.
    #[n(5)]
    Dossier,
    /// Who asked about the person.
    #[n(6)]
    AccessList,
}

/// A group of facts that a purpose opens or leaves closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Whether there is an account, its status and the month that it is paid to.
    Standing,
    /// The months paid for: total, streak, first, gaps.
    Months,
    /// The balance.
    Balance,
    /// The number of the account.
    AccountNumber,
    /// How many loans are unsettled.
    OpenLoans,
    /// Each loan, with overdue instalments and proofs.
    Loans,
    /// All of the certificate: base, monthly deposits, employer, withdrawals.
    Certificate,
    /// Where a transfer stands.
    TransferState,
    /// Who asked about the person.
    Accesses,
    /// What was paid out for a property, to whomever.
    Payouts,
}

impl Purpose {
    /// All purposes.
    pub const ALL: &'static [Self] = &[
        Self::Transfer,
        Self::LoanApplication,
        Self::LoanPayout,
        Self::Withdrawal,
        Self::DuplicateAccount,
        Self::Certificate,
        Self::DataSubject,
        Self::Judicial,
        Self::Supervision,
    ];

    /// The code by which people name it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Transfer => "T1",
            Self::LoanApplication => "L1",
            Self::LoanPayout => "L2",
            Self::Withdrawal => "W1",
            Self::DuplicateAccount => "D1",
            Self::Certificate => "C1",
            Self::DataSubject => "A1",
            Self::Judicial => "J1",
            Self::Supervision => "S1",
        }
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Transfer => 1,
            Self::LoanApplication => 2,
            Self::LoanPayout => 3,
            Self::Withdrawal => 4,
            Self::DuplicateAccount => 5,
            Self::Certificate => 6,
            Self::DataSubject => 7,
            Self::Judicial => 8,
            Self::Supervision => 9,
        }
    }

    /// The purpose with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|purpose| purpose.code() == code)
    }

    /// Whether answers for this purpose hold the field.
    #[must_use]
    pub const fn opens(self, field: Field) -> bool {
        match self {
            Self::DuplicateAccount => matches!(field, Field::Standing),
            Self::LoanApplication | Self::LoanPayout => matches!(
                field,
                Field::Standing | Field::Months | Field::Balance | Field::OpenLoans | Field::Loans
            ),
            Self::Transfer => matches!(
                field,
                Field::Standing
                    | Field::Months
                    | Field::Balance
                    | Field::OpenLoans
                    | Field::Loans
                    | Field::AccountNumber
                    | Field::TransferState
            ),
            Self::Withdrawal => {
                matches!(field, Field::Standing | Field::Months | Field::OpenLoans | Field::Payouts)
            }
            Self::Certificate => matches!(
                field,
                Field::Standing
                    | Field::Months
                    | Field::Balance
                    | Field::OpenLoans
                    | Field::Loans
                    | Field::AccountNumber
                    | Field::Certificate
            ),
            Self::DataSubject => matches!(field, Field::Accesses),
            Self::Judicial | Self::Supervision => false,
        }
    }

    /// Whether the purpose may ask this kind of question at all.
    #[must_use]
    pub const fn asks(self, kind: QueryKind) -> bool {
        match kind {
            QueryKind::Account => self.opens(Field::Standing),
            QueryKind::LoanHistory | QueryKind::Dossier => self.opens(Field::OpenLoans),
            QueryKind::DepositCertificate => self.opens(Field::Certificate),
            QueryKind::TransferStatus => self.opens(Field::TransferState),
            QueryKind::AccessList => self.opens(Field::Accesses),
        }
    }

    /// Whether the person must have consented; a duplicate check rests on the center's duty (one
    /// person, one account).
    #[must_use]
    pub const fn needs_consent(self) -> bool {
        !matches!(self, Self::DuplicateAccount)
    }

    /// Whether a question for this purpose may be of this kind.
    ///
    /// # Errors
    /// `PURPOSE` when it may not.
    pub const fn check_kind(self, kind: QueryKind) -> Result<(), Refusal> {
        if self.asks(kind) { Ok(()) } else { Err(Refusal::Purpose) }
    }
}

impl QueryKind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[
        Self::Account,
        Self::LoanHistory,
        Self::DepositCertificate,
        Self::TransferStatus,
        Self::Dossier,
        Self::AccessList,
    ];

    /// The name by which people and programs know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::LoanHistory => "loan-history",
            Self::DepositCertificate => "deposit-certificate",
            Self::TransferStatus => "transfer-status",
            Self::Dossier => "dossier",
            Self::AccessList => "access-list",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 10] = [
        Field::Standing,
        Field::Months,
        Field::Balance,
        Field::AccountNumber,
        Field::OpenLoans,
        Field::Loans,
        Field::Certificate,
        Field::TransferState,
        Field::Accesses,
        Field::Payouts,
    ];

    #[test]
    fn the_matrix_is_the_one_of_the_protocol() {
        // Standing, Months, Balance, AccountNumber, OpenLoans, Loans, Certificate, Transfer,
        // Accesses, Payouts.
        let rows = [
            ("D1", "x........."),
            ("L1", "xxx.xx...."),
            ("L2", "xxx.xx...."),
            ("T1", "xxxxxx.x.."),
            ("W1", "xx..x....x"),
            ("C1", "xxxxxxx..."),
            ("A1", "........x."),
            ("J1", ".........."),
            ("S1", ".........."),
        ];
        assert_eq!(rows.len(), Purpose::ALL.len());
        for (code, row) in rows {
            let purpose = Purpose::from_code(code).unwrap();
            let opened: String =
                FIELDS.iter().map(|field| if purpose.opens(*field) { 'x' } else { '.' }).collect();
            assert_eq!(opened, row, "{code}");
        }
    }

    #[test]
    fn each_purpose_asks_only_its_kinds() {
        let rows = [
            ("D1", "account"),
            ("L1", "account loan-history dossier"),
            ("L2", "account loan-history dossier"),
            ("T1", "account loan-history transfer-status dossier"),
            ("W1", "account loan-history dossier"),
            ("C1", "account loan-history deposit-certificate dossier"),
            ("A1", "access-list"),
            ("J1", ""),
            ("S1", ""),
        ];
        for (code, kinds) in rows {
            let purpose = Purpose::from_code(code).unwrap();
            let asked: Vec<&str> = QueryKind::ALL
                .iter()
                .filter(|kind| purpose.check_kind(**kind).is_ok())
                .map(|kind| kind.name())
                .collect();
            assert_eq!(asked.join(" "), kinds, "{code}");
        }
        assert_eq!(Purpose::Judicial.check_kind(QueryKind::Account), Err(Refusal::Purpose));
    }

    #[test]
    fn a_purpose_has_one_number() {
        for purpose in Purpose::ALL {
            assert_eq!(crate::cbor::encode(purpose), [purpose.number()]);
        }
    }

    #[test]
    fn only_the_duplicate_check_goes_without_consent() {
        let without: Vec<&str> =
            Purpose::ALL.iter().filter(|p| !p.needs_consent()).map(|p| p.code()).collect();
        assert_eq!(without, ["D1"]);
    }
}
