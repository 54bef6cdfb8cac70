//! The rules of a transfer, as tables of cases.

use super::*;
use crate::account::SerialNumber;
use crate::account::{Account, AccountNumber};
use crate::bank_account::CorporateAccount;
use crate::deposit_history::DepositHistory;
use crate::document::{DocumentNumber, DocumentType};
use crate::id::{FileHash, OperatorMark};
use crate::letter_number::LetterNumber;
use crate::loan::{Loan, LoanAccount, LoanContract, LoanParty, LoanRole, Overdue};
use crate::money::Fen;
use crate::month_set::MonthSet;
use crate::person_name::PersonName;
use crate::plain_text::PlainText;
use crate::rate::Rate;
use crate::record::{AccountNotes, FraudMark, Freeze, ImportedHistory, Person};
use crate::statement::query::Consent;
use crate::time::{Month, Timestamp};

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn document(text: &str) -> DocumentNumber {
    DocumentNumber::parse(DocumentType::ResidentId, text, date("2026-05-06")).unwrap()
}

fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

fn special(number: &str) -> SpecialAccount {
    SpecialAccount {
        number: CorporateAccount::parse(number).unwrap(),
        name: PlainText::parse("太原市住房公积金管理中心").unwrap(),
        bank: PlainText::parse("示例银行").unwrap(),
    }
}

fn letter() -> Letter {
    Letter {
        from: CenterCode::new(140_100).unwrap(),
        to: CenterCode::new(140_200).unwrap(),
        issued_at: Timestamp::start_of(date("2026-05-06")),
        number: LetterNumber::parse("1401002605060001").unwrap(),
        name: name("张大同"),
        document: document("140299198506150138"),
        account: AccountNumber::parse("9923041500021").unwrap(),
        employer: None,
        receiving: special("1401000001"),
        consent: Consent {
            reference: SerialNumber::parse("C-1").unwrap(),
            digest: FileHash::new([1; 32]),
        },
        operator: OperatorMark::new([2; 16]),
        remark: None,
        replaces: None,
    }
}

fn record() -> AccountRecord {
    AccountRecord {
        center: CenterCode::new(140_200).unwrap(),
        person: Person { name: name("张大同"), document: document("140299198506150138") },
        account: Account {
            number: AccountNumber::parse("9923041500021").unwrap(),
            status: AccountStatus::Sealed,
            opened_on: date("2023-04-15"),
            balance: Fen::parse("96332.75").unwrap(),
            carried_over: Fen::ZERO,
            current_year: Fen::parse("96332.75").unwrap(),
            contribution_base: Fen::ZERO,
            person_monthly: Fen::ZERO,
            unit_monthly: Fen::ZERO,
            closed_on: None,
            close_reason: None,
            card: None,
        },
        employment: None,
        history: DepositHistory::new(),
        imported: Vec::new(),
        withdrawals: Vec::new(),
        notes: AccountNotes::default(),
    }
}

fn loan(role: LoanRole, settled: bool) -> LoanRecord {
    LoanRecord {
        center: CenterCode::new(140_200).unwrap(),
        loan: Loan {
            contract: LoanContract::parse("JK1").unwrap(),
            account: LoanAccount::parse("DK1").unwrap(),
            contract_amount: Fen::parse("600000.00").unwrap(),
            disbursed: Fen::parse("600000.00").unwrap(),
            balance: if settled { Fen::ZERO } else { Fen::parse("538912.44").unwrap() },
            rate: Rate::parse("0.0325").unwrap(),
            periods: 360,
            overdue: Overdue { periods_total: 2, ..Overdue::default() },
            signed_on: None,
            disbursed_on: Some(date("2021-05-20")),
            settled_on: None,
            guarantee: None,
            repayment: None,
            risk: None,
            mark: None,
        },
        parties: vec![LoanParty {
            role,
            name: name("张大同"),
            document: document("140299850615013"),
            account: None,
        }],
    }
}

/// What the rules say about a letter and a record after a change.
fn check(change: impl FnOnce(&mut Letter, &mut AccountRecord), expected: Verdict) {
    let (mut letter, mut record) = (letter(), record());
    change(&mut letter, &mut record);
    let own = special("1402000001");
    let facts = LetterFacts {
        letter: &letter,
        record: Some(&record),
        held_by: None,
        registered: None,
        loans: &[],
        other_open_accounts: 0,
        elsewhere: None,
        own_account: Some(&own),
        today: date("2026-05-06"),
    };
    assert_eq!(decide(&facts), expected);
}

#[test]
fn the_person_must_own_the_account() {
    use TaskReason::{OldDocument, SuspiciousName};
    check(|_, _| {}, Verdict::Accept(IdentityMatch::Exact));
    check(|letter, _| letter.name = name("张小同"), refuse(RefusalReason::Name));
    check(
        |letter, _| letter.document = document("140199199003070223"),
        refuse(RefusalReason::Document),
    );
    check(
        |letter, _| {
            letter.name = name("李晓禾");
            letter.document = document("140199199003070223");
        },
        refuse(RefusalReason::NotFound),
    );
    check(
        |letter, record| {
            letter.name = name("阿依古丽·吐尔逊");
            record.person.name = name("阿依古丽•吐尔逊");
        },
        Verdict::Accept(IdentityMatch::Folded),
    );
    check(
        |_, record| record.person.document = document("140299850615013"),
        Verdict::Hold(OldDocument),
    );
    check(|_, record| record.person.name = name("张?同"), Verdict::Hold(SuspiciousName));
    check(
        |_, record| {
            record.person.name = name("张?同");
            record.account.status = AccountStatus::Normal;
        },
        refuse(RefusalReason::NotSealed),
    );
}

#[test]
fn the_account_must_be_free_to_move() {
    use RefusalReason as R;
    let status = |status: AccountStatus, reason| {
        check(|_, record| record.account.status = status, refuse(reason));
    };
    status(AccountStatus::Normal, R::NotSealed);
    status(AccountStatus::Other, R::NotSealed);
    status(AccountStatus::Merged, R::Closed);
    status(AccountStatus::TransferredOut, R::Closed);
    status(AccountStatus::Withdrawn, R::Closed);
    status(AccountStatus::Frozen, R::Frozen);
    let hindrance = |hindrance: Hindrance, reason| {
        check(|_, record| record.notes.hindrances.push(hindrance), refuse(reason));
    };
    hindrance(Hindrance::WithdrawalInProgress, R::Withdrawal);
    hindrance(Hindrance::StandingWithdrawal, R::Withdrawal);
    hindrance(Hindrance::CorrectionPending, R::BackPayment);
    hindrance(Hindrance::DeductionPending, R::Frozen);
    hindrance(Hindrance::OffSiteLoan, R::UnsettledLoan);
    let freeze = Freeze { paper: None, until: None };
    check(|_, record| record.notes.freeze = Some(freeze), refuse(R::Frozen));
    check(|_, record| record.account.balance = Fen::ZERO, refuse(R::Balance));
    check(|_, record| record.account.balance = Fen::new(-1).unwrap(), refuse(R::Balance));
    check(|letter, _| letter.receiving = special("1402000001"), refuse(R::ReceivingAccount));
}

#[test]
fn a_penalty_period_ends() {
    for (until, expected) in [
        (None, refuse(RefusalReason::Fraud)),
        (Some("2026-05-06"), refuse(RefusalReason::Fraud)),
        (Some("2026-05-05"), Verdict::Accept(IdentityMatch::Exact)),
    ] {
        let mark = FraudMark { until: until.map(date) };
        check(|_, record| record.notes.fraud = Some(mark), expected);
    }
}

#[test]
fn what_stands_around_the_account_counts() {
    let (letter, record) = (letter(), record());
    let facts = LetterFacts {
        letter: &letter,
        record: Some(&record),
        held_by: None,
        registered: None,
        loans: &[],
        other_open_accounts: 0,
        elsewhere: None,
        own_account: None,
        today: date("2026-05-06"),
    };
    let held_by = Some(TransferId::new([1; 32]));
    assert_eq!(decide(&LetterFacts { held_by, ..facts }), refuse(RefusalReason::Duplicate));
    let registered = |hold: fn(TransferId) -> RegisteredHold| {
        decide(&LetterFacts { registered: Some(hold(TransferId::new([1; 32]))), ..facts })
    };
    assert_eq!(registered(RegisteredHold::InTransfer), refuse(RefusalReason::Duplicate));
    assert_eq!(registered(RegisteredHold::Left), refuse(RefusalReason::Closed));
    let several = LetterFacts { other_open_accounts: 1, ..facts };
    assert_eq!(decide(&several), refuse(RefusalReason::SeveralAccounts));
    let nobody = LetterFacts { record: None, ..facts };
    assert_eq!(decide(&nobody), refuse(RefusalReason::NotFound));
    let right = CenterCode::new(140_001).ok();
    assert_eq!(
        decide(&LetterFacts { elsewhere: right, ..nobody }),
        Verdict::Refuse(RefusalReason::WrongCenter, right)
    );
    for role in [LoanRole::Borrower, LoanRole::CoBorrower, LoanRole::Guarantor] {
        let open = [loan(role, false)];
        let facts = LetterFacts { loans: &open, ..facts };
        assert_eq!(decide(&facts), refuse(RefusalReason::UnsettledLoan), "{role:?}");
        let settled = [loan(role, true)];
        let facts = LetterFacts { loans: &settled, ..facts };
        assert_eq!(decide(&facts), Verdict::Accept(IdentityMatch::Exact), "{role:?}");
        let said = crate::transfer::facts::loan_facts(&record, &settled);
        assert_eq!((said.loan_count, said.has_unsettled), (1, false));
        assert_eq!(said.overdue_periods_total, 2);
    }
}

#[test]
fn a_freeze_or_a_loan_after_acceptance_still_stops_the_settlement() {
    assert_eq!(obstacle_to_settlement(&record(), &[]), None);
    let mut frozen = record();
    frozen.account.status = AccountStatus::Frozen;
    assert_eq!(obstacle_to_settlement(&frozen, &[]), Some(RefusalReason::Frozen));
    let open = [loan(LoanRole::CoBorrower, false)];
    let obstacle = obstacle_to_settlement(&record(), &open);
    assert_eq!(obstacle, Some(RefusalReason::UnsettledLoan));
}

#[test]
fn months_move_with_nothing_but_not_with_less() {
    let letter = letter();
    let mut record = record();
    let paid = [Month::from_number(202_603).unwrap()].into_iter().collect();
    record.history = DepositHistory::from_months(paid, &MonthSet::new());
    for (fen, expected) in
        [(0, Verdict::Accept(IdentityMatch::Exact)), (-1, refuse(RefusalReason::Balance))]
    {
        record.account.balance = Fen::new(fen).unwrap();
        let facts = LetterFacts {
            letter: &letter,
            record: Some(&record),
            held_by: None,
            registered: None,
            loans: &[],
            other_open_accounts: 0,
            elsewhere: None,
            own_account: None,
            today: date("2026-05-06"),
        };
        assert_eq!(decide(&facts), expected, "{fen}");
    }
}

#[test]
fn what_goes_along_with_a_person_is_what_this_city_and_those_before_it_know() {
    use crate::transfer::facts::loan_facts;
    let (mut record, settled) = (record(), loan(LoanRole::Borrower, true));
    let facts = loan_facts(&record, &[loan(LoanRole::CoBorrower, false), settled.clone()]);
    assert_eq!((facts.loan_count, facts.has_unsettled, facts.has_fraud), (2, true, false));
    let mut of_another = loan(LoanRole::Borrower, false);
    of_another.parties[0].document = document("140199199003070223");
    let facts = loan_facts(&record, &[settled.clone(), of_another]);
    assert_eq!((facts.loan_count, facts.has_unsettled), (1, false));
    // What came with a transfer from another city.
    let before = |has_fraud| ImportedHistory {
        from: CenterCode::new(141_000).unwrap(),
        letter: None,
        credited_on: date("2024-05-06"),
        history: DepositHistory::new(),
        loan_count: 1,
        has_fraud,
        overdue_periods_total: 3,
    };
    record.imported = vec![before(true), before(false)];
    let facts = loan_facts(&record, &[settled]);
    assert_eq!((facts.loan_count, facts.has_fraud), (3, true));
    assert_eq!(facts.overdue_periods_total, 2 + 3 + 3);
    record.imported.clear();
    record.notes.fraud = Some(FraudMark { until: None });
    assert!(loan_facts(&record, &[]).has_fraud);
}
