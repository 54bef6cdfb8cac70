//! The members of a test province: their keys, their settings and how they joined.
//!
//! **Promises.** A member's keys follow from its code, so that every run has the same bytes.

use super::{AUTHORITY, Province};
use crate::center::{CenterCode, Role};
use crate::cose;
use crate::engine::command::Command;
use crate::engine::rosters::command::NetCommand;
use crate::engine::{CoreDriver, ReceivingAccount, Settings, operator, rosters};
use crate::key::{KeyPurpose, MemoryKeyring};
use crate::log::origin::NetworkName;
use crate::policy::Policy;
use crate::roster::change::{self, Change};
use crate::roster::enrolment::{Applicant, VerifiedEnrolment, enrol};
use crate::roster::join_file::{JoinFile, create_network};
use crate::subject::MemoryTagger;
use crate::time::Timestamp;

pub(super) fn settings(center: CenterCode, role: Role) -> Settings {
    let roles = vec![
        operator::OperatorRole::Clerk,
        operator::OperatorRole::Reviewer,
        operator::OperatorRole::SystemAdministrator,
    ];
    let operator = |name: &str| {
        let id = operator::OperatorId::parse(name).unwrap();
        (id, operator::Operator { roles: roles.clone() })
    };
    Settings {
        network: network(),
        center,
        role,
        software: "fundlink/test".into(),
        policy: Policy::default(),
        operators: [operator("clerk"), operator("reviewer")].into(),
        receiving_account: (role == Role::Center).then(|| ReceivingAccount {
            number: format!("{center}0001"),
            name: format!("special account of {center}"),
            bank: "bank".into(),
        }),
        core_driver: CoreDriver::Embedded,
    }
}

/// The secret keys of a member, from its code.
pub(crate) fn keyring(center: CenterCode) -> MemoryKeyring {
    MemoryKeyring::new(PURPOSES.map(|purpose| (purpose, seed(center, purpose))))
}

const PURPOSES: [KeyPurpose; 6] = [
    KeyPurpose::Peer,
    KeyPurpose::Statement,
    KeyPurpose::Log,
    KeyPurpose::Witness,
    KeyPurpose::Sealing,
    KeyPurpose::Roster,
];

/// The secret keys of a member, with another one for a purpose.
pub(crate) fn rotated(center: CenterCode, purpose: KeyPurpose, byte: u8) -> MemoryKeyring {
    MemoryKeyring::new(PURPOSES.map(|held| {
        let secret = if held == purpose { [byte; 32] } else { seed(center, held) };
        (held, secret)
    }))
}

/// The secret of a member for a purpose.
pub(crate) fn seed(center: CenterCode, purpose: KeyPurpose) -> [u8; 32] {
    let mut seed = [purpose as u8; 32];
    seed[..4].copy_from_slice(&center.to_key());
    seed
}

/// A tagger without a tag key, which opens what is sealed to the member.
pub(crate) fn tagger(center: CenterCode) -> MemoryTagger {
    MemoryTagger::new([seed(center, KeyPurpose::Sealing).into()])
}

/// The name of the test network.
pub(crate) fn network() -> NetworkName {
    NetworkName::parse("test").unwrap()
}

/// The root key of the test network.
pub(crate) fn root() -> MemoryKeyring {
    MemoryKeyring::new([(KeyPurpose::Root, [0xee; 32])])
}

/// What a member of the test network says of itself.
pub(crate) fn applicant(code: CenterCode, role: Role) -> Applicant {
    Applicant {
        network: network(),
        code,
        role,
        name: format!("center {code}"),
        addresses: vec![format!("/ip4/10.0.0.1/tcp/{}", code.number() % 10_000)],
    }
}

/// Has the authority of a province admit a center, which is not started yet.
pub(crate) fn admit(province: &mut Province, code: CenterCode) {
    let now = province.now;
    let applicant = applicant(code, Role::Center);
    let enrolment = enrol(&applicant, AUTHORITY, now, &mut keyring(code)).unwrap();
    let fingerprint =
        VerifiedEnrolment::parse(&network(), enrolment.clone()).unwrap().fingerprint();
    let command = NetCommand::Admit { enrolment, fingerprint, witness: true };
    province.command(AUTHORITY, Command::Net(command)).unwrap();
}

/// The join file after each member but the authority was admitted, all of them witnesses.
pub(crate) fn joined(members: &[(CenterCode, Role)], now: Timestamp) -> JoinFile {
    let authority = members.iter().find(|(_, role)| *role == Role::Authority).unwrap().0;
    let mut keys = keyring(authority);
    let mut file = create_network(
        &applicant(authority, Role::Authority),
        vec![rosters::default_calendar()],
        now,
        (&mut root(), &mut keys),
        None,
    )
    .unwrap();
    let mut roster = file.open().unwrap().roster.into_roster();
    for (code, _) in members.iter().filter(|(_, role)| *role == Role::Center) {
        let bytes = enrol(&applicant(*code, Role::Center), authority, now, &mut keyring(*code));
        let enrolment = VerifiedEnrolment::parse(&network(), bytes.unwrap()).unwrap();
        let change = Change::Admit { enrolment: Box::new(enrolment), witness: true };
        roster = change::next(&roster, change, 1, now).unwrap();
    }
    file.roster = cose::sign("test", &roster, &mut keys).unwrap().into();
    file
}
