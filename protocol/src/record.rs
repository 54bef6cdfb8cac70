//! The full private records that a center keeps, answers from and commits to.
//!
//! **Promises.** A record has one encoding, so a commitment to it proves every field; it holds what
//! answers and certificates need, and no address, phone or marital state.
//! **Left to others.** Which fields a purpose opens: the access matrix. Commitments: `commitment`.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::{Account, CloseReason};
use crate::center::CenterCode;
use crate::deposit_history::{CombinedHistory, ContinuityRules, DepositHistory};
use crate::document::DocumentNumber;
use crate::employer::{EmployerName, EmployerNumber};
use crate::letter_number::LetterNumber;
use crate::loan::{Loan, LoanParty, LoanRole};
use crate::money::Fen;
use crate::person_name::PersonName;
use crate::rate::Rate;
use crate::time::Date;

/// Who an account or a loan belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Person {
    /// 姓名 XingMing.
    #[n(1)]
    pub name: PersonName,
    /// 证件类型 ZJLX and 证件号码 ZJHM.
    #[n(2)]
    pub document: DocumentNumber,
}

/// Where a person works, as the account's center knows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Employment {
    /// 单位账号 DWZH.
    #[n(1)]
    pub employer: EmployerNumber,
    /// 单位名称 DWMC.
    #[n(2)]
    pub name: EmployerName,
    /// 单位缴存比例 DWJCBL.
    #[n(3)]
    pub unit_rate: Rate,
    /// 个人缴存比例 GRJCBL.
    #[n(4)]
    pub person_rate: Rate,
}

/// Months and loan facts that came with a transfer from another city; they count, the ledger rows
/// behind them stay there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ImportedHistory {
    /// The transfer-out center.
    #[n(1)]
    pub from: CenterCode,
    /// The contact letter, when the number is known.
    #[n(2)]
    pub letter: Option<LetterNumber>,
    /// When the money was credited.
    #[n(3)]
    pub credited_on: Date,
    /// The months.
    #[n(4)]
    pub history: DepositHistory,
    /// 在转出地使用公积金贷款次数 (`LoanNum`).
    #[n(5)]
    pub loan_count: u32,
    /// 是否存在骗提骗贷行为 (`FrLoanFlag` 1) at the transfer-out center.
    #[n(6)]
    pub has_fraud: bool,
    /// Instalments that ever were overdue there, over all loans.
    #[n(7)]
    pub overdue_periods_total: u32,
}

/// Money that a person took out of the account (提取).
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Withdrawal {
    /// 记账日期 JZRQ.
    #[n(1)]
    pub on: Date,
    /// How much, positive; interest paid along is part of it.
    #[n(2)]
    pub amount: Fen,
    /// 提取原因 TQYY.
    #[n(3)]
    pub reason: Option<CloseReason>,
}

/// A freeze by a court (冻结): number of the paper and last day, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Freeze {
    /// 文号, such as (2026)晋0299执123号.
    #[n(1)]
    pub paper: Option<String>,
    /// The last day of the freeze.
    #[n(2)]
    pub until: Option<Date>,
}

/// Why an account cannot move for now, though its status allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Hindrance {
    /// 提取办理中: a withdrawal is being paid (R08).
    #[n(1)]
    WithdrawalInProgress,
    /// 约定提取: a standing order to withdraw was not cancelled (R08).
    #[n(2)]
    StandingWithdrawal,
    /// 补缴 or 错缴更正 is not finished (R09).
    #[n(3)]
    CorrectionPending,
    /// 待扣划: a court has ordered a deduction (R06).
    #[n(4)]
    DeductionPending,
    /// 异地贷款: the account secures a loan of another city.
    #[n(5)]
    OffSiteLoan,
}

/// 骗提骗贷: a fraudulent withdrawal or loan is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FraudMark {
    /// The last day of the penalty period, when one is known.
    #[n(1)]
    pub until: Option<Date>,
}

/// What a center has noted about an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AccountNotes {
    /// The court's freeze; there whenever the status is 冻结.
    #[n(1)]
    pub freeze: Option<Freeze>,
    /// The fraud on record.
    #[n(2)]
    pub fraud: Option<FraudMark>,
    /// Hindrances, each once, in order.
    #[n(3)]
    pub hindrances: Vec<Hindrance>,
}

/// Everything a center keeps about one account.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AccountRecord {
    /// The center that keeps it.
    #[n(1)]
    pub center: CenterCode,
    /// Its owner.
    #[n(2)]
    pub person: Person,
    /// The account.
    #[n(3)]
    pub account: Account,
    /// The last employer; none for the self-employed (灵活就业人员).
    #[n(4)]
    pub employment: Option<Employment>,
    /// The months paid here.
    #[n(5)]
    pub history: DepositHistory,
    /// What came with transfers, in the order in which it came.
    #[n(6)]
    pub imported: Vec<ImportedHistory>,
    /// Withdrawals of the last 24 months, oldest first.
    #[n(7)]
    pub withdrawals: Vec<Withdrawal>,
    /// Notes.
    #[n(8)]
    pub notes: AccountNotes,
}

impl AccountRecord {
    /// The months paid here and those that came with transfers, together.
    #[must_use]
    pub fn combined_history(&self, rules: ContinuityRules) -> CombinedHistory {
        let mut cities = vec![&self.history];
        cities.extend(self.imported.iter().map(|imported| &imported.history));
        CombinedHistory::join(&cities, rules)
    }

    /// What employer and employee pay in a month, together.
    #[must_use]
    pub fn monthly_deposit(&self) -> Option<Fen> {
        self.account.unit_monthly.checked_add(self.account.person_monthly)
    }
}

impl fmt::Debug for AccountRecord {
    /// Without the person and without amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountRecord")
            .field("center", &self.center)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Withdrawal {
    /// Without the amount.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Withdrawal").field("on", &self.on).finish_non_exhaustive()
    }
}

/// Everything a center keeps about one loan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LoanRecord {
    /// The center that lent.
    #[n(1)]
    pub center: CenterCode,
    /// The loan.
    #[n(2)]
    pub loan: Loan,
    /// The borrower first, then co-borrowers and guarantors.
    #[n(3)]
    pub parties: Vec<LoanParty>,
}

impl LoanRecord {
    /// The borrower.
    #[must_use]
    pub fn borrower(&self) -> Option<&LoanParty> {
        self.parties.iter().find(|party| party.role == LoanRole::Borrower)
    }

    /// What a person with this document is in the loan.
    #[must_use]
    pub fn role_of(&self, document: &DocumentNumber) -> Option<LoanRole> {
        let canonical = document.tag_text();
        let party = self.parties.iter().find(|party| party.document.tag_text() == canonical);
        party.map(|party| party.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountNumber, AccountStatus};
    use crate::cbor;
    use crate::deposit_history::PaymentKind;
    use crate::document::DocumentType;
    use crate::loan::{LoanAccount, LoanContract, Overdue};
    use crate::time::Month;

    fn person() -> Person {
        let today = Date::new(2026, 5, 20).unwrap();
        let number = "140199199003070223";
        Person {
            name: PersonName::parse("李晓禾").unwrap(),
            document: DocumentNumber::parse(DocumentType::ResidentId, number, today).unwrap(),
        }
    }

    fn history(first: u32, count: i32) -> DepositHistory {
        let mut history = DepositHistory::new();
        let first = Month::from_number(first).unwrap();
        for month in (0..count).map(|n| first.plus(n).unwrap()) {
            let day = month.first_day().unwrap();
            history.record(month, day, PaymentKind::Regular, ContinuityRules::default());
        }
        history
    }

    fn record() -> AccountRecord {
        AccountRecord {
            center: CenterCode::new(140_100).unwrap(),
            person: person(),
            account: Account {
                number: AccountNumber::parse("0123050100001").unwrap(),
                status: AccountStatus::Normal,
                opened_on: Date::new(2026, 5, 1).unwrap(),
                balance: Fen::parse("45485.84").unwrap(),
                carried_over: Fen::ZERO,
                current_year: Fen::parse("45485.84").unwrap(),
                contribution_base: Fen::parse("5000.00").unwrap(),
                person_monthly: Fen::parse("600.00").unwrap(),
                unit_monthly: Fen::parse("600.00").unwrap(),
                closed_on: None,
                close_reason: None,
                card: None,
            },
            employment: Some(Employment {
                employer: EmployerNumber::parse("0100000001").unwrap(),
                name: EmployerName::parse("太原示例机械有限公司").unwrap(),
                unit_rate: Rate::parse("0.12").unwrap(),
                person_rate: Rate::parse("0.12").unwrap(),
            }),
            history: history(202_605, 1),
            imported: vec![ImportedHistory {
                from: CenterCode::new(140_200).unwrap(),
                letter: LetterNumber::parse("1401002605060001").ok(),
                credited_on: Date::new(2026, 5, 21).unwrap(),
                history: history(202_304, 36),
                loan_count: 0,
                has_fraud: false,
                overdue_periods_total: 0,
            }],
            withdrawals: vec![Withdrawal {
                on: Date::new(2025, 3, 3).unwrap(),
                amount: Fen::parse("1000.00").unwrap(),
                reason: Some(CloseReason::Rent),
            }],
            notes: AccountNotes {
                freeze: Some(Freeze { paper: Some("(2026)晋0299执123号".into()), until: None }),
                fraud: Some(FraudMark { until: None }),
                hindrances: vec![Hindrance::StandingWithdrawal],
            },
        }
    }

    #[test]
    fn an_account_record_is_read_back_as_written_and_shows_nothing() {
        let record = record();
        let bytes = cbor::encode(&record);
        assert_eq!(cbor::decode(&bytes), Ok(record.clone()));
        let shown = format!("{record:?} {:?} {:?}", record.withdrawals, record.person);
        for hidden in ["李晓禾", "140199", "45485", "4548584", "100000", "0123050100001"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }

    #[test]
    fn imported_months_count_together_with_ones_own() {
        let combined = record().combined_history(ContinuityRules::default());
        assert_eq!((combined.history.total(), combined.streak), (37, 37));
        assert_eq!(record().monthly_deposit(), Fen::parse("1200.00").ok());
    }

    #[test]
    fn a_party_is_found_by_either_form_of_its_number() {
        let today = Date::new(2026, 5, 20).unwrap();
        let resident = |text| DocumentNumber::parse(DocumentType::ResidentId, text, today).unwrap();
        let party = |role, text| LoanParty {
            role,
            name: PersonName::parse("张大同").unwrap(),
            document: resident(text),
            account: None,
        };
        let record = LoanRecord {
            center: CenterCode::new(140_200).unwrap(),
            loan: Loan {
                contract: LoanContract::parse("JK140200-2021-0001").unwrap(),
                account: LoanAccount::parse("140200202100001").unwrap(),
                contract_amount: Fen::parse("300000.00").unwrap(),
                disbursed: Fen::parse("300000.00").unwrap(),
                balance: Fen::parse("250000.00").unwrap(),
                rate: Rate::parse("0.0325").unwrap(),
                periods: 240,
                overdue: Overdue::default(),
                signed_on: None,
                disbursed_on: Date::new(2021, 3, 1).ok(),
                settled_on: None,
                guarantee: None,
                repayment: None,
                risk: None,
                mark: None,
            },
            parties: vec![
                party(LoanRole::Borrower, "140199199003070223"),
                party(LoanRole::CoBorrower, "140299850615013"),
            ],
        };
        assert_eq!(cbor::decode(&cbor::encode(&record)), Ok(record.clone()));
        let co_borrower = record.role_of(&resident("140299198506150138"));
        assert_eq!(co_borrower, Some(LoanRole::CoBorrower));
        assert_eq!(record.role_of(&resident("141099197812310529")), None);
        assert_eq!(record.borrower().map(|party| party.role), Some(LoanRole::Borrower));
    }
}
