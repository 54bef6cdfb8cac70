//! A question is answered once, each refusal is signed or not as it should be, and only what a
//! purpose opens is in the answer.

use super::*;
use crate::account::SerialNumber;
use crate::answer::{AccountFacts, Found, LoanFacts, Outcome, UnresolvedReason};
use crate::cose::Unsigned;
use crate::deposit_history::DepositHistory;
use crate::engine::Ports;
use crate::engine::imports::{ImportItem, UnnumberedRecord};
use crate::engine::input::Input;
use crate::engine::output::Output;
use crate::engine::records::RecordKind;
use crate::id::{FileHash, OperatorMark, QueryId};
use crate::key::{KeyPurpose, Keyring, SigningRequest};
use crate::log::origin::LogId;
use crate::mode::Mode;
use crate::purpose::{Field, Purpose};
use crate::record::ImportedHistory;
use crate::roster::Roster;
use crate::statement::Statement;
use crate::statement::query::Consent;
use crate::store::{Staged, Store};
use crate::testing::logs::Face;
use crate::testing::people::{LI, WANG, ZHANG, ZHOU, account, loan, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, keyring};
use crate::time::{Date, Month};

/// Datong with records, answering.
fn province() -> Province {
    let mut province = Province::new();
    province.set_modes(DATONG, Mode::Answer);
    let items = vec![
        ImportItem::Account(Box::new(account(DATONG, "9923041500021", LI, 36))),
        ImportItem::Loan(Box::new(loan(DATONG, "JK140200-2021-0001", &[ZHANG, LI]))),
    ];
    province.import(DATONG, items).unwrap();
    province
}

fn query(province: &Province, id: u8) -> Query {
    Query {
        from: TAIYUAN,
        to: DATONG,
        issued_at: province.now,
        id: QueryId::new([id; 32]),
        expires: province.now.plus_ms(60_000),
        kind: QueryKind::Dossier,
        purpose: Purpose::LoanApplication,
        subjects: vec![person(LI)],
        transfer: None,
        operator: OperatorMark::new([2; 16]),
        consent: Some(Consent {
            reference: SerialNumber::parse("SQ-1").unwrap(),
            digest: FileHash::new([3; 32]),
        }),
        serial: SerialNumber::parse("DK-1").unwrap(),
        before: None,
        property: None,
    }
}

/// The bytes of a question as its sender signs it.
fn signed(query: &Query) -> Vec<u8> {
    let mut keyring = keyring(query.from);
    let key = keyring.public(KeyPurpose::Statement).unwrap().id();
    let unsigned = Unsigned::new(StatementKind::Query, key, cbor::encode(query));
    let message = unsigned.signing_bytes("test");
    let request = SigningRequest { purpose: KeyPurpose::Statement, message };
    unsigned.assemble(&keyring.sign(&[request]).unwrap()[0])
}

/// Brings a question to its addressee over a peer's connection; gives the reply and the bytes.
fn bring(province: &mut Province, peer: CenterCode, query: &Query) -> QueryReply {
    let statement = Box::new(province.verify(DATONG, signed(query)).unwrap());
    let input = Input::Statement { from: peer, request: RequestId(7), statement };
    let now = province.now;
    let node = province.node(DATONG);
    let ports = Ports { keyring: &mut node.keyring, tagger: &mut node.tagger };
    let outputs = node.engine.round(now, &[9; 32], vec![input], ports).unwrap();
    let replies = outputs.into_iter().filter_map(|output| {
        let Output::Respond { reply: PeerReply::Query(reply), .. } = output else { return None };
        Some(reply)
    });
    let replies: Vec<QueryReply> = replies.collect();
    assert_eq!(replies.len(), 1);
    replies.into_iter().next().unwrap()
}

/// The answer in a reply, verified as the asker does.
fn answer(province: &Province, reply: QueryReply) -> Answer {
    let QueryReply::Answer(bytes) = reply else { panic!("no answer: {reply:?}") };
    let verified = province.verify(TAIYUAN, bytes.into()).unwrap();
    let Statement::Answer(answer) = verified.into_statement() else { panic!("no answer") };
    *answer
}

fn outcome(province: &mut Province, query: &Query) -> Outcome {
    let reply = bring(province, TAIYUAN, query);
    let AnswerBody::Given(given) = answer(province, reply).body else { panic!("refused") };
    assert_eq!(given.outcomes.len(), query.subjects.len());
    given.outcomes[0].clone()
}

fn found(province: &mut Province, query: &Query) -> Found {
    let Outcome::Found(found) = outcome(province, query) else { panic!("not found") };
    *found
}

fn refusal(province: &mut Province, query: &Query) -> Refusal {
    let reply = bring(province, TAIYUAN, query);
    let AnswerBody::Refused(refusal) = answer(province, reply).body else { panic!("answered") };
    refusal
}

#[test]
fn the_same_question_gets_the_stored_answer_and_another_payload_none() {
    let mut province = province();
    let first = query(&province, 1);
    let one = bring(&mut province, TAIYUAN, &first);
    let records_before = province.node(DATONG).engine.store().clone();
    province.now = province.now.plus_ms(30_000);
    let again = bring(&mut province, TAIYUAN, &first);
    assert_eq!(one, again);
    let statements =
        |store: &crate::store::memory::MemoryStore| store.range(b"S", b"T", 10_000).unwrap().len();
    let store = province.node(DATONG).engine.store().clone();
    assert_eq!(statements(&records_before), statements(&store), "a repeat keeps nothing new");
    let mut other = query(&province, 1);
    other.serial = SerialNumber::parse("DK-2").unwrap();
    assert_eq!(refusal(&mut province, &other), Refusal::IdReused);
    assert_eq!(bring(&mut province, TAIYUAN, &first), one);
    province.now = first.expires.plus_ms(CLOCK_SKEW_MS + 1);
    assert_eq!(refusal(&mut province, &first), Refusal::Expired);
}

#[test]
fn ids_are_forgotten_once_they_have_expired() {
    let mut province = province();
    for id in 1..=9 {
        let query = query(&province, id);
        bring(&mut province, TAIYUAN, &query);
    }
    let ids = |province: &mut Province| {
        province.node(DATONG).engine.store().range(b"Q", b"R", 100).unwrap().len()
    };
    assert_eq!(ids(&mut province), 9);
    province.now = province.now.plus_ms(10 * 60_000);
    for id in 10..=13 {
        let query = query(&province, id);
        bring(&mut province, TAIYUAN, &query);
    }
    assert_eq!(ids(&mut province), 4);
}

#[test]
fn refusals_of_a_member_are_signed_and_kept() {
    let mut province = province();
    let mut other = query(&province, 1);
    other.to = LINFEN;
    assert_eq!(refusal(&mut province, &other), Refusal::Addressee);
    let mut other = query(&province, 2);
    other.consent = None;
    assert_eq!(refusal(&mut province, &other), Refusal::Consent);
    assert_eq!(refusal(&mut province, &other), Refusal::Consent, "a repeat is refused alike");
    let mut other = query(&province, 3);
    other.purpose = Purpose::DuplicateAccount;
    assert_eq!(refusal(&mut province, &other), Refusal::Purpose);
    let mut other = query(&province, 4);
    other.purpose = Purpose::Judicial;
    assert_eq!(refusal(&mut province, &other), Refusal::NotGranted);
    let hash = crate::cose::payload_hash(&cbor::encode(&other));
    let store = province.node(DATONG).engine.store().clone();
    assert!(store.get(&key(Area::Statement, &[hash.as_bytes()])).unwrap().is_some());
}

#[test]
fn nothing_is_signed_for_another_members_connection_or_the_authority() {
    let mut province = province();
    let good = query(&province, 1);
    let reply = bring(&mut province, LINFEN, &good);
    assert_eq!(reply, QueryReply::Refused(Refusal::Peer));
    let mut other = query(&province, 2);
    other.from = AUTHORITY;
    let reply = bring(&mut province, AUTHORITY, &other);
    let AnswerBody::Refused(why) = answer_to(&province, AUTHORITY, reply).body else {
        panic!("answered");
    };
    assert_eq!(why, Refusal::NotGranted, "the authority holds no records and asks for none");
}

fn answer_to(province: &Province, asker: CenterCode, reply: QueryReply) -> Answer {
    let QueryReply::Answer(bytes) = reply else { panic!("no answer: {reply:?}") };
    let verified = province.verify(asker, bytes.into()).unwrap();
    let Statement::Answer(answer) = verified.into_statement() else { panic!("no answer") };
    *answer
}

#[test]
fn a_center_that_observes_answers_nobody() {
    let mut province = province();
    province.set_modes(DATONG, Mode::Observe);
    let query = query(&province, 1);
    assert_eq!(refusal(&mut province, &query), Refusal::Mode);
}

#[test]
fn too_many_questions_for_one_purpose_are_refused() {
    let mut province = province();
    let limit = province.node(DATONG).engine.settings().policy.queries_per_minute;
    let mut store = province.node(DATONG).engine.store().clone();
    let mut view = Staged::new(&store);
    for _ in 1..limit {
        let bucket = Bucket::Purpose(Purpose::LoanApplication.number());
        rates::take(&mut view, province.now, (TAIYUAN, bucket), limit).unwrap();
    }
    let batch = view.into_batch();
    store.commit(batch).unwrap();
    let settings = province.node(DATONG).engine.settings().clone();
    let now = province.now;
    province.node(DATONG).engine = crate::engine::Engine::open(store, settings, now).unwrap();
    let last = query(&province, 1);
    found(&mut province, &last);
    let over = query(&province, 2);
    assert_eq!(refusal(&mut province, &over), Refusal::RateLimited);
    let mut other = query(&province, 3);
    other.purpose = Purpose::Withdrawal;
    found(&mut province, &other);
}

#[test]
fn only_what_the_purpose_opens_is_in_the_answer() {
    let mut province = province();
    let cases = Purpose::ALL.iter().flat_map(|purpose| {
        let kinds = [QueryKind::Account, QueryKind::LoanHistory, QueryKind::Dossier];
        kinds.into_iter().filter(|kind| purpose.asks(*kind)).map(move |kind| (*purpose, kind))
    });
    for (place, (purpose, kind)) in cases.enumerate() {
        let mut query = query(&province, u8::try_from(place).unwrap());
        (query.purpose, query.kind) = (purpose, kind);
        let found = found(&mut province, &query);
        let shown = format!("{} {}", purpose.code(), kind.name());
        assert_eq!(found.accounts.is_some(), kind != QueryKind::LoanHistory, "{shown}");
        assert_eq!(found.loans.is_some(), kind != QueryKind::Account, "{shown}");
        for account in found.accounts.iter().flatten() {
            check_account(purpose, account);
        }
        if let Some(loans) = &found.loans {
            check_loans(purpose, loans);
        }
        assert!(found.certificate.is_none() && found.transfer.is_none());
        assert!(found.accesses.is_none());
    }
}

fn check_account(purpose: Purpose, account: &AccountFacts) {
    assert_eq!(account.paid_to, Month::from_number(202_603).ok());
    assert_eq!(account.months.is_some(), purpose.opens(Field::Months));
    assert_eq!(account.balance.is_some(), purpose.opens(Field::Balance));
    assert_eq!(account.number.is_some(), purpose.opens(Field::AccountNumber));
}

fn check_loans(purpose: Purpose, loans: &LoanFacts) {
    assert_eq!(loans.open, 1);
    assert_eq!(loans.loans.is_some(), purpose.opens(Field::Loans));
    assert_eq!(loans.carried.is_some(), purpose.opens(Field::Loans));
}

#[test]
fn a_person_without_records_has_none_and_a_wrong_name_is_refused() {
    let mut province = province();
    let mut stranger = query(&province, 1);
    stranger.subjects = vec![person(ZHOU)];
    let nothing = outcome(&mut province, &stranger);
    assert!(matches!(nothing, Outcome::NoRecord { complete: true, .. }), "{nothing:?}");
    let mut wrong = query(&province, 2);
    wrong.subjects = vec![person(("李小禾", LI.1))];
    let refused = Outcome::Refused(Refusal::NameMismatch);
    assert_eq!(outcome(&mut province, &wrong), refused);
    let mut suspicious = query(&province, 3);
    suspicious.subjects = vec![person(("李?禾", LI.1))];
    assert_eq!(outcome(&mut province, &suspicious), refused);
    let mut household = query(&province, 4);
    household.subjects = vec![person(("李小禾", LI.1)), person(ZHANG)];
    let reply = bring(&mut province, TAIYUAN, &household);
    let AnswerBody::Given(given) = answer(&province, reply).body else { panic!("refused") };
    assert_eq!(given.outcomes[0], refused);
    assert!(matches!(given.outcomes[1], Outcome::Found(_)), "one member's fault is his own");
}

#[test]
fn a_center_that_has_not_loaded_or_cannot_tell_does_not_say_no() {
    let mut empty = Province::new();
    empty.set_modes(DATONG, Mode::Answer);
    let early = query(&empty, 1);
    let unknown = Outcome::Unresolved(UnresolvedReason::NotLoaded);
    assert_eq!(outcome(&mut empty, &early), unknown);
    let record = |birth: Option<u32>| {
        ImportItem::Unnumbered(UnnumberedRecord {
            kind: RecordKind::Account,
            name: Some(person(WANG).name),
            birth: birth.map(|birth| Month::from_number(birth).unwrap()),
        })
    };
    empty.import(DATONG, vec![record(Some(199_608))]).unwrap();
    let mut wang = query(&empty, 2);
    wang.subjects = vec![person(WANG)];
    let unknown = Outcome::Unresolved(UnresolvedReason::NameWithoutNumber);
    assert_eq!(outcome(&mut empty, &wang), unknown);
    let other = query(&empty, 3);
    let nothing = outcome(&mut empty, &other);
    assert!(matches!(nothing, Outcome::NoRecord { complete: true, .. }), "{nothing:?}");
    empty.import(DATONG, vec![record(Some(199_609))]).unwrap();
    let mut wang = query(&empty, 4);
    wang.subjects = vec![person(WANG)];
    assert!(matches!(outcome(&mut empty, &wang), Outcome::NoRecord { .. }));
    empty.import(DATONG, vec![record(None)]).unwrap();
    let mut wang = query(&empty, 5);
    wang.subjects = vec![person(WANG)];
    assert_eq!(outcome(&mut empty, &wang), unknown);
    // A row that nobody can read may be about anybody.
    let unread = UnnumberedRecord { kind: RecordKind::Account, name: None, birth: None };
    empty.import(DATONG, vec![ImportItem::Unnumbered(unread)]).unwrap();
    let other = query(&empty, 6);
    let nothing = outcome(&mut empty, &other);
    assert!(matches!(nothing, Outcome::NoRecord { complete: false, .. }), "{nothing:?}");
}

#[test]
fn a_certificate_says_what_the_form_asks_and_replaces_the_one_before() {
    let mut province = province();
    let ask = |province: &mut Province, id| {
        let mut wanted = query(province, id);
        (wanted.kind, wanted.purpose) = (QueryKind::DepositCertificate, Purpose::Certificate);
        *found(province, &wanted).certificate.unwrap()
    };
    let first = ask(&mut province, 1);
    let form = &first.certificate;
    assert_eq!(form.number.to_string(), "140200-C-2026-000001");
    assert_eq!((form.requester, form.issuer), (TAIYUAN, DATONG));
    assert_eq!((form.history.total(), form.history.streak()), (36, 36));
    assert_eq!(form.loan_box(), crate::certificate::LoanBox::Unsettled);
    assert_eq!(form.valid_until.to_string(), "2026-07-06");
    let second = ask(&mut province, 2);
    assert_eq!(second.certificate.number.to_string(), "140200-C-2026-000002");
    assert_eq!(second.certificate.supersedes, Some(form.number));
    let store = province.node(DATONG).engine.store().clone();
    let old = crate::engine::certificates::certificate(&Staged::new(&store), form.number);
    let digest = old.unwrap().unwrap().published.digest().unwrap();
    assert_eq!(digest.status, crate::digest::DigestStatus::CertificateRevoked);
    let mut stranger = query(&province, 3);
    (stranger.kind, stranger.purpose) = (QueryKind::DepositCertificate, Purpose::Certificate);
    stranger.subjects = vec![person(ZHANG)];
    assert!(matches!(outcome(&mut province, &stranger), Outcome::NoRecord { .. }));
}

#[test]
fn a_person_sees_who_asked() {
    let mut province = province();
    let asked = query(&province, 1);
    found(&mut province, &asked);
    let mut own = query(&province, 2);
    (own.kind, own.purpose) = (QueryKind::AccessList, Purpose::DataSubject);
    let accesses = found(&mut province, &own).accesses.unwrap().entries;
    let shown: Vec<_> =
        accesses.iter().map(|entry| (entry.access.by, entry.access.purpose)).collect();
    assert_eq!(shown, [(TAIYUAN, Purpose::LoanApplication)]);
    let hash = crate::cose::payload_hash(&cbor::encode(&asked));
    assert_eq!(accesses[0].access.question, hash);
}

#[test]
fn a_suspended_member_asks_nothing() {
    let mut province = province();
    province.tamper();
    let mut store = province.node(DATONG).engine.store().clone();
    let mut view = Staged::new(&store);
    let mut roster: Roster = Roster::clone(province.node(DATONG).engine.roster());
    for member in &mut roster.members {
        if member.code == TAIYUAN {
            member.status = MemberStatus::Suspended;
        }
    }
    crate::engine::single::put_roster(&mut view, &roster);
    let batch = view.into_batch();
    store.commit(batch).unwrap();
    let settings = province.node(DATONG).engine.settings().clone();
    let now = province.now;
    province.node(DATONG).engine = crate::engine::Engine::open(store, settings, now).unwrap();
    let query = query(&province, 1);
    let reply = bring(&mut province, TAIYUAN, &query);
    assert_eq!(reply, QueryReply::Refused(Refusal::Suspended));
}

#[test]
fn a_center_whose_log_was_found_lying_answers_and_gives_no_certificate() {
    for is_convicted in [false, true] {
        let mut province = province();
        if is_convicted {
            let log = LogId::public(DATONG, 1);
            Face::new(log, 100..101).gossip(&mut province, TAIYUAN, LINFEN);
            province.advance(5_000);
        }
        let may = province.act(DATONG, |round| equivocation::may_start(round, DATONG).unwrap());
        assert_eq!(may, !is_convicted);
        let mut wanted = query(&province, 1);
        wanted.kind = QueryKind::Account;
        let told = outcome(&mut province, &wanted);
        assert!(matches!(told, Outcome::Found(_)), "{told:?}");
        let mut wanted = query(&province, 2);
        (wanted.kind, wanted.purpose) = (QueryKind::DepositCertificate, Purpose::Certificate);
        let reply = bring(&mut province, TAIYUAN, &wanted);
        let is_refused = matches!(answer(&province, reply).body, AnswerBody::Refused(_));
        assert_eq!(is_refused, is_convicted);
    }
}

#[test]
fn loans_that_an_earlier_city_counted_are_told_where_there_were_any() {
    let mut province = province();
    let carried = |from, loan_count| ImportedHistory {
        from,
        letter: None,
        credited_on: Date::new(2025, 5, 6).unwrap(),
        history: DepositHistory::default(),
        loan_count,
        has_fraud: false,
        overdue_periods_total: 0,
    };
    let mut moved = account(DATONG, "9923041500021", LI, 36);
    moved.record.imported = vec![carried(LINFEN, 0), carried(TAIYUAN, 2), carried(AUTHORITY, 1)];
    province.import(DATONG, vec![ImportItem::Account(Box::new(moved))]).unwrap();
    let wanted = query(&province, 1);
    let loans = found(&mut province, &wanted).loans.unwrap();
    let told: Vec<_> = loans.carried.unwrap().iter().map(|it| (it.from, it.used)).collect();
    assert_eq!(told, [(TAIYUAN, 2), (AUTHORITY, 1)]);
}
