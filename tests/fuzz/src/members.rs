//! The members of the network on the stage: keys, settings, the file by which they join, and the people
//! whose accounts are there.
//!
//! **Promises.** Everything follows from codes and numbers. Names and document numbers have a mark by
//! which a leak is found.

#![expect(clippy::expect_used, clippy::panic, reason = "what is made here is well formed")]

use fundlink_protocol::account::{
    Account, AccountNumber, AccountStatus, BusinessType, LedgerEntry, ReversalFlag, SerialNumber,
};
use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::cose;
use fundlink_protocol::deposit_history::{ContinuityRules, DepositHistory, PaymentKind};
use fundlink_protocol::document::{DocumentNumber, DocumentType};
use fundlink_protocol::engine::operator::{Operator, OperatorId, OperatorRole};
use fundlink_protocol::engine::records::StoredAccount;
use fundlink_protocol::engine::{CoreDriver, ReceivingAccount, Settings, rosters};
use fundlink_protocol::key::{KeyPurpose, MemoryKeyring};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::money::Fen;
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::policy::Policy;
use fundlink_protocol::record::{AccountNotes, AccountRecord, Person};
use fundlink_protocol::roster::change::{self, Change};
use fundlink_protocol::roster::enrolment::{Applicant, VerifiedEnrolment, enrol};
use fundlink_protocol::roster::join_file::{JoinFile, create_network};
use fundlink_protocol::subject::MemoryTagger;
use fundlink_protocol::time::{Date, Month, Timestamp};

/// The mark in every name and in every document number.
pub(crate) const MARKS: [&str; 2] = ["䶮移", "14999919"];
/// The authority.
pub(crate) const AUTHORITY: CenterCode = code(140_000);
/// Where the accounts of the people go.
pub(crate) const TAIYUAN: CenterCode = code(140_100);
/// Where they come from.
pub(crate) const DATONG: CenterCode = code(140_200);
/// One that looks on.
pub(crate) const LINFEN: CenterCode = code(141_000);
/// All members.
pub(crate) const MEMBERS: [CenterCode; 4] = [AUTHORITY, TAIYUAN, DATONG, LINFEN];

const fn code(number: u32) -> CenterCode {
    match CenterCode::new(number) {
        Ok(code) => code,
        Err(_) => panic!("not a center code"),
    }
}

pub(crate) fn network() -> NetworkName {
    NetworkName::parse("stage").expect("a name of a network")
}

pub(crate) fn operator(name: &str) -> OperatorId {
    OperatorId::parse(name).expect("an operator id")
}

pub(crate) fn role(code: CenterCode) -> Role {
    if code == AUTHORITY { Role::Authority } else { Role::Center }
}

pub(crate) fn settings(code: CenterCode) -> Settings {
    let roles =
        vec![OperatorRole::Clerk, OperatorRole::Reviewer, OperatorRole::SystemAdministrator];
    let named = |name: &str| (operator(name), Operator { roles: roles.clone() });
    Settings {
        network: network(),
        center: code,
        role: role(code),
        software: "fundlink/stage".to_owned(),
        policy: Policy::default(),
        operators: [named("clerk"), named("reviewer")].into(),
        receiving_account: (role(code) == Role::Center).then(|| ReceivingAccount {
            number: special_account(code),
            name: format!("special account of {code}"),
            bank: "bank".to_owned(),
        }),
        core_driver: CoreDriver::Embedded,
    }
}

/// The number of a center's special account.
pub(crate) fn special_account(code: CenterCode) -> String {
    format!("{code}0001")
}

pub(crate) fn keyring(code: CenterCode) -> MemoryKeyring {
    let purposes = [
        KeyPurpose::Peer,
        KeyPurpose::Statement,
        KeyPurpose::Log,
        KeyPurpose::Witness,
        KeyPurpose::Sealing,
        KeyPurpose::Roster,
    ];
    MemoryKeyring::new(purposes.map(|purpose| (purpose, secret(code, purpose))))
}

pub(crate) fn tagger(code: CenterCode) -> MemoryTagger {
    MemoryTagger::new([secret(code, KeyPurpose::Sealing).into()])
}

fn secret(code: CenterCode, purpose: KeyPurpose) -> [u8; 32] {
    let mut secret = [purpose as u8; 32];
    secret[..4].copy_from_slice(&code.to_key());
    secret
}

fn applicant(code: CenterCode) -> Applicant {
    Applicant {
        network: network(),
        code,
        role: role(code),
        name: format!("center {code}"),
        addresses: vec!["/ip4/10.0.0.1/tcp/7400".to_owned()],
    }
}

/// The file by which all members join; all of them are witnesses.
pub(crate) fn joined(now: Timestamp) -> JoinFile {
    let mut root = MemoryKeyring::new([(KeyPurpose::Root, [0xee; 32])]);
    let mut keys = keyring(AUTHORITY);
    let annexes = vec![rosters::default_calendar()];
    let ports: (&mut dyn fundlink_protocol::key::Keyring, _) = (&mut root, &mut keys as _);
    let mut file = create_network(&applicant(AUTHORITY), annexes, now, ports, None)
        .expect("the authority has every key");
    let mut roster = file.open().expect("it was just made").roster.into_roster();
    for code in MEMBERS.into_iter().filter(|code| *code != AUTHORITY) {
        let bytes = enrol(&applicant(code), AUTHORITY, now, &mut keyring(code));
        let enrolment = VerifiedEnrolment::parse(&network(), bytes.expect("it has every key"));
        let enrolment = Box::new(enrolment.expect("it was just signed"));
        let change = Change::Admit { enrolment, witness: true };
        roster = change::next(&roster, change, 1, now).expect("a new member");
    }
    file.roster = cose::sign(network().as_str(), &roster, &mut keys).expect("the key").into();
    file
}

/// The person of a number.
pub(crate) fn person(number: u8, today: Date) -> Person {
    let body =
        format!("14999919{}0{}1{}12{}", 70 + number, number % 9 + 1, number % 9, number % 10);
    let document = fundlink_protocol::document::resident_number_of(&body).expect("a birth date");
    let document = DocumentNumber::parse(DocumentType::ResidentId, document.as_str(), today);
    Person {
        name: PersonName::parse(&format!("䶮移{number}")).expect("a name"),
        document: document.expect("a resident number"),
    }
}

/// The number of a person's account: sealed where they leave, running where they go.
pub(crate) fn account_number(number: u8, status: AccountStatus) -> AccountNumber {
    let first = if status == AccountStatus::Normal { 88 } else { 99 };
    AccountNumber::parse(&format!("{first}{number:010}")).expect("an account number")
}

/// An account that was opened this interest year, with so many deposits.
pub(crate) fn account(
    code: CenterCode,
    (number, status): (u8, AccountStatus),
    deposits: i32,
    today: Date,
) -> StoredAccount {
    let account = account_number(number, status);
    let first = Month::from_number(202_508).expect("a month");
    let fen = 100_000 + i64::from(number);
    let mut history = DepositHistory::new();
    let mut rows = Vec::new();
    for month in (0..deposits).filter_map(|past| first.plus(past)) {
        let posted_on = month.first_day().and_then(|day| day.plus_days(14)).expect("a day");
        history.record(month, posted_on, PaymentKind::Regular, ContinuityRules::default());
        rows.push(LedgerEntry {
            account: account.clone(),
            serial: SerialNumber::parse(&format!("H{}", month.number())).expect("a serial"),
            posted_on,
            business: BusinessType::Deposit,
            pay_month: Some(month),
            amount: Fen::new(fen).expect("an amount"),
            interest: Fen::ZERO,
            reversal: ReversalFlag::Original,
            reason: None,
        });
    }
    let balance = Fen::new(fen * i64::from(deposits)).expect("an amount");
    let half = Fen::new(fen / 2).expect("an amount");
    let record = AccountRecord {
        center: code,
        person: person(number, today),
        account: Account {
            number: account,
            status,
            opened_on: Date::new(2025, 8, 1).expect("a day"),
            balance,
            carried_over: Fen::ZERO,
            current_year: balance,
            contribution_base: Fen::new(500_000).expect("an amount"),
            person_monthly: half,
            unit_monthly: half,
            closed_on: None,
            close_reason: None,
            card: None,
        },
        employment: None,
        history,
        imported: Vec::new(),
        withdrawals: Vec::new(),
        notes: AccountNotes::default(),
    };
    StoredAccount { record, rows }
}
