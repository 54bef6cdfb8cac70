//! The members of a simulated network: their keys, their settings, the file by which they join, and
//! the people whose accounts move.
//!
//! **Promises.** Everything follows from codes and numbers, so that every run has the same bytes.
//! Names and numbers of people have a mark by which a leak is found.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use std::collections::BTreeMap;
use std::rc::Rc;

use fundlink_protocol::account::{
    Account, AccountNumber, AccountStatus, BusinessType, LedgerEntry, ReversalFlag, SerialNumber,
};
use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::cose;
use fundlink_protocol::deposit_history::{ContinuityRules, DepositHistory, PaymentKind};
use fundlink_protocol::document::{DocumentNumber, DocumentType, resident_number_of};
use fundlink_protocol::engine::operator::{Operator, OperatorId, OperatorRole};
use fundlink_protocol::engine::records::StoredAccount;
use fundlink_protocol::engine::{CoreDriver, ReceivingAccount, Settings, rosters};
use fundlink_protocol::key::simulated::Simulation;
use fundlink_protocol::key::{KeyPurpose, Keyring, MemoryKeyring};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::money::Fen;
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::policy::Policy;
use fundlink_protocol::record::{AccountNotes, AccountRecord, Person};
use fundlink_protocol::roster::Roster;
use fundlink_protocol::roster::change::{self, Change};
use fundlink_protocol::roster::enrolment::{Applicant, VerifiedEnrolment, enrol};
use fundlink_protocol::roster::join_file::{JoinFile, create_network};
use fundlink_protocol::subject::MemoryTagger;
use fundlink_protocol::time::{Date, Month, Timestamp};

/// The mark in every name and in every document number.
pub(super) const MARKS: [&str; 2] = ["䶮移", "14999919"];
/// The authority.
pub(super) const AUTHORITY: CenterCode = match CenterCode::new(140_000) {
    Ok(code) => code,
    Err(_) => panic!("not a center code"),
};

/// The code of the center of a number, from 1.
pub(super) fn center(number: u32) -> CenterCode {
    CenterCode::new(140_000 + 100 * number).expect("a division code")
}

pub(super) fn network() -> NetworkName {
    NetworkName::parse("simulated").expect("a name of a network")
}

pub(super) fn operator(name: &str) -> OperatorId {
    OperatorId::parse(name).expect("an operator id")
}

pub(super) fn settings(code: CenterCode, role: Role) -> Settings {
    let roles =
        vec![OperatorRole::Clerk, OperatorRole::Reviewer, OperatorRole::SystemAdministrator];
    let named = |name: &str| (operator(name), Operator { roles: roles.clone() });
    Settings {
        network: network(),
        center: code,
        role,
        software: "fundlink/simulated".to_owned(),
        policy: Policy::default(),
        operators: [named("clerk"), named("reviewer")].into(),
        receiving_account: (role == Role::Center).then(|| ReceivingAccount {
            number: special_account(code),
            name: format!("special account of {code}"),
            bank: "bank".to_owned(),
        }),
        core_driver: CoreDriver::Embedded,
    }
}

/// The number of a center's special account.
pub(super) fn special_account(code: CenterCode) -> String {
    format!("{code}0001")
}

/// What a member signs with: all that it has ever made, by how often each purpose was renewed.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    code: CenterCode,
    kind: KeyType,
    renewed: BTreeMap<KeyPurpose, u8>,
}

/// Which signatures a network is simulated with.
#[derive(Clone, Debug)]
pub(super) enum KeyType {
    /// Those of real networks.
    Ed25519,
    /// A hash each.
    Simulated(Rc<Simulation>),
}

impl Keys {
    /// The first keys of a member.
    pub(super) const fn of(code: CenterCode, kind: KeyType) -> Self {
        Self { code, kind, renewed: BTreeMap::new() }
    }

    /// Makes a new key of a purpose, and gives a keyring that holds it alone.
    pub(super) fn renew(&mut self, purpose: KeyPurpose) -> Box<dyn Keyring> {
        let renewed = self.renewed.entry(purpose).or_default();
        *renewed += 1;
        self.kind.keyring(vec![(purpose, secret(self.code, purpose, *renewed))])
    }

    /// The keys that the member began with.
    pub(super) fn first(&self) -> Box<dyn Keyring> {
        let first = PURPOSES.map(|purpose| (purpose, secret(self.code, purpose, 0)));
        self.kind.keyring(first.to_vec())
    }

    /// The newest key of each purpose that a roster lists, as a node chooses; the newest of all where
    /// it lists none.
    pub(super) fn in_use(&self, roster: Option<&Roster>, now: Timestamp) -> Box<dyn Keyring> {
        let listed = roster.and_then(|roster| roster.member(self.code));
        let counts = |purpose: KeyPurpose, seed: [u8; 32]| {
            let public = self.kind.keyring(vec![(purpose, seed)]).public(purpose);
            listed.is_some_and(|member| {
                member.keys_in_force(purpose, now).any(|key| Some(key.public) == public)
            })
        };
        let chosen = PURPOSES.map(|purpose| {
            let newest = self.renewed.get(&purpose).copied().unwrap_or_default();
            let made = (0..=newest).rev().map(|renewed| secret(self.code, purpose, renewed));
            let listed = made.clone().find(|seed| newest > 0 && counts(purpose, *seed));
            (purpose, listed.unwrap_or_else(|| secret(self.code, purpose, newest)))
        });
        self.kind.keyring(chosen.to_vec())
    }
}

impl KeyType {
    fn keyring(&self, seeds: Vec<(KeyPurpose, [u8; 32])>) -> Box<dyn Keyring> {
        match self {
            Self::Ed25519 => Box::new(MemoryKeyring::new(seeds)),
            Self::Simulated(simulation) => Box::new(simulation.keyring(seeds)),
        }
    }
}

const PURPOSES: [KeyPurpose; 6] = [
    KeyPurpose::Peer,
    KeyPurpose::Statement,
    KeyPurpose::Log,
    KeyPurpose::Witness,
    KeyPurpose::Sealing,
    KeyPurpose::Roster,
];

pub(super) fn tagger(code: CenterCode) -> MemoryTagger {
    MemoryTagger::new([secret(code, KeyPurpose::Sealing, 0).into()])
}

fn secret(code: CenterCode, purpose: KeyPurpose, renewed: u8) -> [u8; 32] {
    let mut secret = [purpose as u8; 32];
    secret[..4].copy_from_slice(&code.to_key());
    secret[4] = renewed;
    secret
}

fn applicant(code: CenterCode, role: Role) -> Applicant {
    Applicant {
        network: network(),
        code,
        role,
        name: format!("center {code}"),
        addresses: vec![format!("/ip4/10.0.0.1/tcp/{}", 7_000 + code.number() % 1_000)],
    }
}

/// The file by which all members join: the authority and so many centers, the first 15 of them
/// witnesses.
pub(super) fn joined(centers: u32, now: Timestamp, kind: &KeyType) -> JoinFile {
    let mut root = kind.keyring(vec![(KeyPurpose::Root, [0xee; 32])]);
    let mut keys = Keys::of(AUTHORITY, kind.clone()).in_use(None, now);
    let authority = applicant(AUTHORITY, Role::Authority);
    let annexes = vec![rosters::default_calendar()];
    let mut file = create_network(&authority, annexes, now, (&mut *root, &mut *keys), None)
        .expect("the authority has every key");
    let mut roster = file.open().expect("it was just made").roster.into_roster();
    for number in 1..=centers {
        let code = center(number);
        let enrolment = enrolment(code, now, kind);
        let enrolment = VerifiedEnrolment::parse(&network(), enrolment);
        let enrolment = Box::new(enrolment.expect("it was just signed"));
        let change = Change::Admit { enrolment, witness: number < 15 };
        roster = change::next(&roster, change, 1, now).expect("a new member");
    }
    file.roster = cose::sign(network().as_str(), &roster, &mut *keys).expect("the key").into();
    file
}

/// The enrolment of a center.
pub(super) fn enrolment(code: CenterCode, now: Timestamp, kind: &KeyType) -> Vec<u8> {
    let mut keys = Keys::of(code, kind.clone()).in_use(None, now);
    let bytes = enrol(&applicant(code, Role::Center), AUTHORITY, now, &mut *keys);
    bytes.expect("it has every key")
}

/// The person of a number.
pub(super) fn person(number: u32, today: Date) -> Person {
    let (year, month, day) = (1960 + number / 336 % 40, number / 28 % 12 + 1, number % 28 + 1);
    let sequence = number / 13_440 % 999 + 1;
    let year = year.min(1999);
    let body = format!("149999{year:04}{month:02}{day:02}{sequence:03}");
    let document = resident_number_of(&body).expect("a birth date");
    let document = DocumentNumber::parse(DocumentType::ResidentId, document.as_str(), today);
    Person {
        name: PersonName::parse(&format!("䶮移{number}")).expect("a name"),
        document: document.expect("a resident number"),
    }
}

/// The number of a person's account: sealed where they leave, running where they go.
pub(super) fn account_number(number: u32, status: AccountStatus) -> AccountNumber {
    let first = if status == AccountStatus::Normal { 88 } else { 99 };
    AccountNumber::parse(&format!("{first}{number:010}")).expect("an account number")
}

/// What nobody may learn of a person but the two centers between which they move.
pub(super) fn secrets(number: u32, today: Date) -> [String; 3] {
    let account = |status| account_number(number, status).as_str().to_owned();
    let document = person(number, today).document.as_str().to_owned();
    [document, account(AccountStatus::Sealed), account(AccountStatus::Normal)]
}

/// What the account of a person is before they move: some are not sealed yet.
pub(super) const fn status_before(number: u32) -> AccountStatus {
    if number % 11 == 10 { AccountStatus::Frozen } else { AccountStatus::Sealed }
}

/// The first month that was paid to an account.
pub(super) const FIRST_MONTH: u32 = 202_508;
/// Months that were paid to an account that is to move.
pub(super) const MONTHS_PAID: i32 = 9;

/// What was paid each month to a person's account; of some nothing moves but their months.
pub(super) fn monthly_fen(number: u32) -> i64 {
    if number % 10 == 7 { 0 } else { 100_000 + i64::from(number % 1_000) }
}

/// An account that was opened this interest year, with so many deposits.
pub(super) fn account(
    code: CenterCode,
    (number, status): (u32, AccountStatus),
    deposits: i32,
    today: Date,
) -> StoredAccount {
    let account = account_number(number, status);
    let first = Month::from_number(FIRST_MONTH).expect("a month");
    let fen = monthly_fen(number);
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
