//! How the statements of a transfer are written and shown.

use super::account_facts::{DepositFacts, LoanFacts};
use super::notice::{Difference, DifferenceKind, Remittance};
use super::sheet::{Restoration, Sheet};
use crate::account::AccountNumber;
use crate::cbor;
use crate::center::CenterCode;
use crate::deposit_history::{DepositHistory, SixMonths};
use crate::id::{Blinding, PayloadHash, TransferId};
use crate::letter_number::LetterNumber;
use crate::money::Fen;
use crate::month_set::MonthSet;
use crate::plain_text::PlainText;
use crate::settlement::{BankFailure, BankReference};
use crate::time::{Date, Month, Timestamp};

/// The sheet of story 1.
pub(super) fn sheet() -> Sheet {
    let month = |number| Month::from_number(number).unwrap();
    Sheet {
        from: CenterCode::new(140_200).unwrap(),
        to: CenterCode::new(140_100).unwrap(),
        issued_at: Timestamp::from_ms(1_779_206_400_000),
        transfer: TransferId::new([1; 32]),
        step: 2,
        answers: PayloadHash::new([1; 32]),
        number: LetterNumber::parse("1401002605060001").unwrap(),
        account: AccountNumber::parse("9923041500021").unwrap(),
        revision: 1,
        replaces: None,
        principal: Fen::parse("43758.38").unwrap(),
        interest: Fen::parse("527.46").unwrap(),
        value_date: Date::parse("2026-05-20").unwrap(),
        deposits: DepositFacts {
            opened: month(202_304),
            history: DepositHistory::from_months(
                (0..36).filter_map(|n| month(202_304).plus(n)).collect(),
                &MonthSet::new(),
            ),
            six_months: SixMonths::Continuous,
        },
        loans: LoanFacts::default(),
        blinding: Blinding::new([9; 32]),
    }
}

#[test]
fn a_sheet_is_read_back_as_written_and_shows_no_amount() {
    let sheet = sheet();
    assert_eq!(sheet.amount(), Fen::parse("44285.84").ok());
    let shown = format!("{sheet:?}");
    assert!(!shown.contains("43758") && !shown.contains("9923041500021"), "{shown}");
    let bytes = cbor::encode(&sheet);
    assert_eq!(bytes[0], 0xaf, "fifteen keys: the absent `replaces` is left out");
    assert_eq!(cbor::decode(&bytes), Ok(sheet.clone()));
    let second = Sheet { revision: 2, replaces: Some(PayloadHash::new([3; 32])), ..sheet };
    assert_eq!(cbor::decode(&cbor::encode(&second)), Ok(second));
}

#[test]
fn notices_are_read_back_as_written() {
    let head = sheet();
    let remittance = Remittance {
        from: head.from,
        to: head.to,
        issued_at: head.issued_at,
        transfer: head.transfer,
        step: 3,
        answers: head.answers,
        revision: 1,
        amount: head.principal,
        paid_on: head.value_date,
        references: vec![BankReference(PlainText::parse("20260520-000017").unwrap())],
    };
    assert_eq!(cbor::decode(&cbor::encode(&remittance)), Ok(remittance.clone()));
    let difference = |kind| Difference {
        from: head.from,
        to: head.to,
        issued_at: head.issued_at,
        transfer: head.transfer,
        step: 3,
        answers: head.answers,
        revision: 1,
        kind,
    };
    for kind in [
        DifferenceKind::Arrived(head.principal),
        DifferenceKind::NotPaid(1, BankFailure::WrongPayee),
    ] {
        let said = difference(kind);
        assert_eq!(cbor::decode(&cbor::encode(&said)), Ok(said));
    }
    let restoration = Restoration {
        from: head.from,
        to: head.to,
        issued_at: head.issued_at,
        transfer: head.transfer,
        step: 4,
        answers: head.answers,
    };
    assert_eq!(cbor::decode(&cbor::encode(&restoration)), Ok(restoration));
}
