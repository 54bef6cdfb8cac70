//! A certificate of Taiyuan for Datong, as tests of its form and of what it is worth need one.

use super::people::{LI, person};
use super::{DATONG, TAIYUAN};
use crate::account::{AccountNumber, AccountStatus};
use crate::certificate::{Certificate, CertificateNumber};
use crate::deposit_history::{ContinuityRules, DepositHistory, PaymentKind};
use crate::employer::{EmployerName, EmployerNumber};
use crate::money::Fen;
use crate::purpose::Purpose;
use crate::rate::Rate;
use crate::record::Employment;
use crate::time::{Date, Month};

/// A certificate of 2026-03-02, with every month from 2023-04 to the last one.
pub(crate) fn certificate(status: AccountStatus, paid_to: u32) -> Certificate {
    let yuan = |text| Fen::parse(text).unwrap();
    let mut history = DepositHistory::new();
    let mut month = Month::from_number(202_304).unwrap();
    while month.number() <= paid_to {
        let day = month.first_day().unwrap();
        history.record(month, day, PaymentKind::Regular, ContinuityRules::default());
        month = month.plus(1).unwrap();
    }
    Certificate {
        number: CertificateNumber { issuer: TAIYUAN, year: 2026, serial: 311 },
        issuer: TAIYUAN,
        requester: DATONG,
        subject: person(LI),
        account: AccountNumber::parse("0123050100001").unwrap(),
        employment: Some(Employment {
            employer: EmployerNumber::parse("0100000001").unwrap(),
            name: EmployerName::parse("太原示例机械有限公司").unwrap(),
            unit_rate: Rate::parse("0.12").unwrap(),
            person_rate: Rate::parse("0.08").unwrap(),
        }),
        as_of: Date::new(2026, 3, 2).unwrap(),
        opened_on: Date::new(2023, 4, 15).unwrap(),
        status,
        contribution_base: yuan("5000.00"),
        person_monthly: yuan("400.00"),
        unit_monthly: yuan("600.00"),
        balance: yuan("43758.38"),
        history,
        imported: Vec::new(),
        loans: Vec::new(),
        withdrawals: Vec::new(),
        fraud: None,
        purpose: Purpose::Certificate,
        valid_until: Date::new(2026, 5, 2).unwrap(),
        supersedes: None,
    }
}
