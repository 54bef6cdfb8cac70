//! Vectors of statements: payloads of every kind, signed by their senders.
//!
//! A new kind of statement needs one line here: `samples.say("what it shows", &payload);`

use super::writing::Vector;
use super::{certificates, lending, transfers, watch};
use crate::account::{AccountNumber, AccountStatus, SerialNumber};
use crate::answer::access::{
    Access, AccessList, AccessOutcome, AccessPlace, ListedAccess, Opening,
};
use crate::answer::{
    AccountFacts, CarriedLoans, CarriedMonths, DisclosedLoan, Found, Freshness, IssuedCertificate,
    LeafReference, LoanFacts, MonthFacts, Outcome, Payout, Source, TransferFacts, UnresolvedReason,
};
use crate::cbor;
use crate::center::{CenterCode, Role};
use crate::commitment::{CommitmentDomain, commit};
use crate::cose::{self, Received, Unsigned, external_data, payload_hash, purpose_of};
use crate::id::{Blinding, FileHash, OperatorMark, PayloadHash, QueryId, TransferId};
use crate::key::{KeyPurpose, Keyring as _, SigningRequest};
use crate::log::tree::LeafIndex;
use crate::mode::{Mode, Service};
use crate::person_match::PersonMatch;
use crate::property::Property;
use crate::purpose::{Purpose, QueryKind};
use crate::record::{FraudMark, Person};
use crate::record_seal::RecordSeed;
use crate::refusal::Refusal;
use crate::roster::enrolment::{VerifiedEnrolment, enrol, offer_key};
use crate::statement::heartbeat::{DataQuality, Heartbeat};
use crate::statement::membership::{AuthorityKey, KeyChange, TagKeyBox};
use crate::statement::query::{Answer, AnswerBody, Consent, GivenFacts, Query};
use crate::statement::{Payload, Statement, StatementKind};
use crate::subject::{BoxContext, TagEpoch, Tagger as _};
use crate::testing::people::{LI, ZHANG, ZHOU, person};
use crate::testing::{
    AUTHORITY, DATONG, LINFEN, TAIYUAN, applicant, keyring, network, root, seed, tagger,
};
use crate::time::{Date, Month, Timestamp};

/// The instant of the samples: 2026-05-20 00:00 in China.
pub(super) const AT: Timestamp = Timestamp::from_ms(1_779_206_400_000);

/// Statements as their senders sign them.
#[derive(Default)]
pub(super) struct Samples {
    said: Vec<(StatementKind, Vector)>,
}

impl Samples {
    /// Signs a payload with the sender's key and takes it in.
    pub(super) fn say<P: Payload>(&mut self, name: &str, payload: &P) -> PayloadHash {
        let purpose = purpose_of(P::KIND);
        let (keys, secret) = if purpose == KeyPurpose::Root {
            (root(), [0xee; 32])
        } else {
            (keyring(payload.from()), seed(payload.from(), purpose))
        };
        let public = keys.public(purpose).unwrap();
        let bytes = cbor::encode(payload);
        let unsigned = Unsigned::new(P::KIND, public.id(), bytes.clone());
        let message = unsigned.signing_bytes(network().as_str());
        let signature =
            keys.sign_one(&SigningRequest { purpose, message: message.clone() }).unwrap();
        let statement = unsigned.assemble(&signature);
        let received = Received::parse(statement.clone()).unwrap();
        Statement::decode(P::KIND, received.payload()).unwrap();
        received.verify_by(payload.from(), &public, network().as_str()).unwrap();
        let hash = payload_hash(&bytes);
        let vector = Vector::new(name)
            .text("statement_kind", P::KIND.name())
            .text("content_type", P::KIND.content_type())
            .hex("seed", secret)
            .hex("public_key", public.as_bytes())
            .hex("key_id", public.id().as_bytes())
            .cbor(P::KIND.name(), &bytes)
            .hex("external_aad", external_data(network().as_str()))
            .hex("to_be_signed", message)
            .hex("signature", signature.0)
            .hex("statement", statement)
            .hex("hash", hash.as_bytes());
        self.said.push((P::KIND, vector));
        hash
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = StatementKind> {
        self.said.iter().map(|(kind, _)| *kind)
    }
}

pub(super) fn vectors() -> Vec<Vector> {
    samples().said.into_iter().map(|(_, vector)| vector).collect()
}

/// A sample of every kind; of kinds with several forms, one of each.
pub(super) fn samples() -> Samples {
    let mut samples = Samples::default();
    heartbeats(&mut samples);
    membership(&mut samples);
    queries(&mut samples);
    transfers::statements(&mut samples);
    watch::statements(&mut samples);
    certificates::statements(&mut samples);
    lending::statements(&mut samples);
    samples
}

fn heartbeats(samples: &mut Samples) {
    let first = Heartbeat {
        from: DATONG,
        issued_at: AT,
        checkpoint: None,
        roster_version: 1,
        software: "fundlink/1.0".into(),
        unusable_records: 0,
        modes: Service::ALL.iter().map(|service| (*service, Mode::Observe)).collect(),
        data: None,
        leaves_ahead: 0,
    };
    samples.say("heartbeat of a new center", &first);
    let later = Heartbeat {
        checkpoint: Some(super::logs::checkpoint_note().encode().into()),
        roster_version: 7,
        unusable_records: 2,
        modes: vec![
            (Service::Query, Mode::Answer),
            (Service::Certificate, Mode::Confirm),
            (Service::Transfer, Mode::Auto),
        ],
        data: Some(DataQuality { as_of: AT, records: 1_241_200, quarantined: 310 }),
        ..first
    };
    samples.say("heartbeat with a checkpoint", &later);
}

fn membership(samples: &mut Samples) {
    let current = keyring(AUTHORITY).public(KeyPurpose::Roster).unwrap();
    let first =
        AuthorityKey { from: AUTHORITY, issued_at: AT, current, successor: None, number: 1 };
    samples.say("the first authority key", &first);
    let successor = keyring(LINFEN).public(KeyPurpose::Roster);
    samples.say(
        "an authority key with its successor",
        &AuthorityKey { successor, number: 2, ..first },
    );
    samples.say("roster of an authority and three centers", &super::rosters::first());
    let signed = enrol(&applicant(LINFEN, Role::Center), AUTHORITY, AT, &mut keyring(LINFEN));
    let enrolment = VerifiedEnrolment::parse(&network(), signed.unwrap()).unwrap();
    samples.say("enrolment of a center", enrolment.enrolment());
    let mut new = crate::key::MemoryKeyring::new([(KeyPurpose::Log, [0x5a; 32])]);
    let key = offer_key(&network(), DATONG, KeyPurpose::Log, &mut new).unwrap();
    samples
        .say("change of a log key", &KeyChange { from: DATONG, to: AUTHORITY, issued_at: AT, key });
    let mut holder = tagger(TAIYUAN);
    holder.insert(TagEpoch(1), [7; 32].into());
    let network = network();
    let context = BoxContext { network: &network, epoch: TagEpoch(1), from: TAIYUAN, to: DATONG };
    let to = tagger(DATONG).sealing_key().unwrap();
    let sealed = holder.seal(context, &to, &[9; 32]).unwrap().into();
    samples.say(
        "the tag key for a new member",
        &TagKeyBox { from: TAIYUAN, to: DATONG, issued_at: AT, epoch: 1, sealed, in_use: true },
    );
}

/// A loan check of Taiyuan in Datong.
fn question(id: u8) -> Query {
    Query {
        from: TAIYUAN,
        to: DATONG,
        issued_at: AT,
        id: QueryId::new([id; 32]),
        expires: AT.plus_ms(60_000),
        kind: QueryKind::Dossier,
        purpose: Purpose::LoanApplication,
        subjects: vec![person(LI), person(ZHANG)],
        transfer: None,
        operator: OperatorMark::new([2; 16]),
        consent: Some(consent()),
        serial: SerialNumber::parse("DK-2026-0001").unwrap(),
        before: None,
        property: None,
    }
}

pub(super) fn consent() -> Consent {
    Consent {
        reference: SerialNumber::parse("SQ-2026-0001").unwrap(),
        digest: FileHash::new([3; 32]),
    }
}

fn given(outcomes: Vec<Outcome>) -> AnswerBody {
    let freshness = Freshness { source: Source::Snapshot, as_of: AT };
    AnswerBody::Given(Box::new(GivenFacts { freshness, outcomes, payouts: None }))
}

fn answer(query: &Query, question: PayloadHash, body: AnswerBody) -> Answer {
    Answer {
        from: query.to,
        to: query.from,
        issued_at: AT.plus_ms(1_000),
        id: query.id,
        question,
        body,
    }
}

fn queries(samples: &mut Samples) {
    dossiers(samples);
    transfer_status(samples);
    certificate_questions(samples);
    let duplicate = Query {
        kind: QueryKind::Account,
        purpose: Purpose::DuplicateAccount,
        subjects: vec![person(ZHOU)],
        consent: None,
        ..question(4)
    };
    samples.say("question without consent: one person, one account", &duplicate);
    withdrawal_check(samples);
    access_list(samples);
}

fn dossiers(samples: &mut Samples) {
    let dossier = question(1);
    let asked = samples.say("question about a household", &dossier);
    let outcomes = vec![
        Outcome::Found(Box::new(household_member())),
        Outcome::Unresolved(UnresolvedReason::NameWithoutNumber),
    ];
    samples.say("answer with accounts and a loan", &answer(&dossier, asked, given(outcomes)));
    let nothing = vec![
        Outcome::NoRecord { as_of: AT, complete: true },
        Outcome::Refused(Refusal::NameMismatch),
    ];
    samples.say(
        "answer: no record, and a name that differs",
        &answer(&dossier, asked, given(nothing)),
    );
    let refused = AnswerBody::Refused(Refusal::Consent);
    samples.say("answer that refuses the question", &answer(&dossier, asked, refused));
    let reasons = [
        UnresolvedReason::NotLoaded,
        UnresolvedReason::SeveralNames,
        UnresolvedReason::NotIssuable,
        UnresolvedReason::InQuarantine,
    ];
    for reason in reasons {
        let name = format!("answer that could not say: {reason:?}");
        samples.say(&name, &answer(&dossier, asked, given(vec![Outcome::Unresolved(reason)])));
    }
}

fn transfer_status(samples: &mut Samples) {
    let status = Query {
        kind: QueryKind::TransferStatus,
        purpose: Purpose::Transfer,
        subjects: vec![person(LI)],
        transfer: Some(TransferId::new([5; 32])),
        ..question(2)
    };
    let asked = samples.say("question where a transfer stands", &status);
    let transfer =
        TransferFacts { transfer: TransferId::new([5; 32]), national_code: 8, since: AT };
    let found = Found { transfer: Some(transfer), ..nothing_found() };
    samples.say(
        "answer where a transfer stands",
        &answer(&status, asked, given(vec![Outcome::Found(Box::new(found))])),
    );
}

fn certificate_questions(samples: &mut Samples) {
    let certificate = Query {
        kind: QueryKind::DepositCertificate,
        purpose: Purpose::Certificate,
        subjects: vec![person(LI)],
        ..question(3)
    };
    let asked = samples.say("question for a certificate", &certificate);
    let issued = IssuedCertificate {
        certificate: super::records::certificate(),
        blinding: Blinding::new([4; 32]),
        leaf: leaf_reference(false),
    };
    let found = Found { certificate: Some(Box::new(issued)), ..nothing_found() };
    samples.say(
        "answer with a certificate",
        &answer(&certificate, asked, given(vec![Outcome::Found(Box::new(found))])),
    );
}

fn withdrawal_check(samples: &mut Samples) {
    let withdrawn = super::records::withdrawal_for_a_property();
    let check = Query {
        kind: QueryKind::Account,
        purpose: Purpose::Withdrawal,
        subjects: vec![person(LI)],
        property: Some(withdrawn.property),
        ..question(6)
    };
    let asked = samples.say("question before a withdrawal for a property", &check);
    for (place, property) in
        [("place", Property::parse("", "示例路1号")), ("both", Property::parse("T-1", "示例路1号"))]
    {
        let name = format!("question about a property by {place}");
        samples.say(&name, &Query { property: property.ok(), ..check.clone() });
    }
    let payout = Payout {
        on: withdrawn.paid_on,
        reason: withdrawn.reason,
        amount: withdrawn.amount,
        leaf: Some(leaf_reference(false)),
    };
    let facts = GivenFacts {
        freshness: Freshness { source: Source::Live, as_of: AT },
        outcomes: vec![Outcome::NoRecord { as_of: AT, complete: false }],
        payouts: Some(vec![payout]),
    };
    let body = AnswerBody::Given(Box::new(facts));
    samples.say("answer with what was paid for a property", &answer(&check, asked, body));
}

fn access_list(samples: &mut Samples) {
    let earlier = question(1);
    let hash = payload_hash(&cbor::encode(&earlier));
    let place = AccessPlace { at: AT, question: hash };
    let own = Query {
        kind: QueryKind::AccessList,
        purpose: Purpose::DataSubject,
        subjects: vec![person(LI)],
        ..question(5)
    };
    let asked = samples.say("question of a person: who asked", &own);
    samples.say("question for the next page", &Query { before: Some(place), ..own.clone() });
    let blinding = Blinding::new([5; 32]);
    let statement = cose::sign(network().as_str(), &earlier, &mut keyring(TAIYUAN)).unwrap();
    let entry = |outcome| ListedAccess {
        access: Access::of(&earlier, hash, outcome, AT),
        log: 1,
        index: LeafIndex::new(2),
        leaf: commit(CommitmentDomain::Statement, &blinding, &statement),
        proof: None,
        opening: None,
    };
    let opening = Opening { blinding, statement: statement.clone().into() };
    let proof = super::logs::proof_of_digest().encode().into();
    let mut entries = vec![ListedAccess {
        proof: Some(proof),
        opening: Some(opening),
        ..entry(AccessOutcome::Given)
    }];
    let outcomes = [
        AccessOutcome::NoRecord,
        AccessOutcome::Unresolved,
        AccessOutcome::Refused(Refusal::NameMismatch),
        AccessOutcome::Sent,
    ];
    entries.extend(outcomes.map(entry));
    let list = AccessList { entries, next: Some(place) };
    let found = Found { accesses: Some(list), ..nothing_found() };
    let facts = GivenFacts {
        freshness: Freshness { source: Source::Live, as_of: AT },
        outcomes: vec![Outcome::Found(Box::new(found))],
        payouts: None,
    };
    samples.say("answer who asked", &answer(&own, asked, AnswerBody::Given(Box::new(facts))));
}

const fn nothing_found() -> Found {
    Found {
        matched: PersonMatch::Exact,
        accounts: None,
        loans: None,
        certificate: None,
        transfer: None,
        accesses: None,
    }
}

/// Everything that a purpose may open about accounts and loans.
fn household_member() -> Found {
    let history = super::records::history();
    let account = AccountFacts {
        status: AccountStatus::Sealed,
        paid_to: Month::from_number(202_604).ok(),
        months: Some(MonthFacts {
            opened_on: Date::new(2023, 4, 15).unwrap(),
            history: history.clone(),
            carried: vec![CarriedMonths { from: LINFEN, history }],
        }),
        balance: crate::money::Fen::parse("43200.00").ok(),
        number: AccountNumber::parse("9923041500021").ok(),
        fraud: Some(FraudMark { until: Date::new(2027, 1, 1).ok() }),
        freshness: Freshness { source: Source::Live, as_of: AT },
        leaf: Some(leaf_reference(true)),
        off_site: Some(LINFEN),
    };
    let record = super::records::loan();
    let seed = RecordSeed::new([6; 32]);
    let party = record.parties[1].clone();
    let loan = DisclosedLoan {
        record: crate::record_seal::SealedLoan::of(&record, &seed),
        blinding: seed.record_blinding(),
        place: 1,
        party,
        party_blinding: seed.party_blinding(1),
        leaf: Some(leaf_reference(false)),
    };
    Found {
        matched: PersonMatch::Folded,
        accounts: Some(vec![account]),
        loans: Some(LoanFacts {
            open: 1,
            carried: Some(vec![CarriedLoans { from: LINFEN, used: 1 }]),
            loans: Some(vec![loan]),
        }),
        ..nothing_found()
    }
}

fn leaf_reference(proved: bool) -> LeafReference {
    let digest = super::records::digest(crate::digest::DigestStatus::AccountOpen);
    LeafReference {
        log: 1,
        index: LeafIndex::new(3),
        entry: cbor::encode(&digest).into(),
        proof: proved.then(|| super::logs::proof_of_digest().encode().into()),
    }
}

/// The persons of the samples, for other files.
pub(super) fn li() -> Person {
    person(LI)
}

/// The two centers of the samples of transfers: in and out.
pub(super) const PAIR: (CenterCode, CenterCode) = (TAIYUAN, DATONG);
