//! A household is asked about in all cities at once, and every city has its row.

use super::*;
use crate::account::SerialNumber;
use crate::answer::proof::Proven;
use crate::answer::{Outcome, UnresolvedReason};
use crate::dossier::LeafOf;
use crate::engine::command::{Command, Reply};
use crate::engine::imports::{ImportItem, UnnumberedRecord};
use crate::engine::input::Input;
use crate::engine::operator::OperatorId;
use crate::engine::records::RecordKind;
use crate::engine::rosters::command::NetCommand;
use crate::id::FileHash;
use crate::key::KeyPurpose;
use crate::mode::Mode;
use crate::roster::enrolment;
use crate::statement::query::{AnswerBody, Consent};
use crate::store::{Batch, Store};
use crate::testing::people::{LI, WANG, ZHANG, ZHOU, account, loan, person, settled};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, keyring, network, rotated};
use crate::time::Month;
use crate::verdict::{Decision, Rule};

fn province() -> Province {
    let mut province = Province::new();
    let own = |center, number: &str, whose| {
        ImportItem::Account(Box::new(account(center, number, whose, 36)))
    };
    for (center, items) in [
        (TAIYUAN, vec![own(TAIYUAN, "0100000000001", ZHOU)]),
        (
            DATONG,
            vec![
                own(DATONG, "9923041500021", LI),
                ImportItem::Loan(Box::new(settled(loan(
                    DATONG,
                    "JK140200-2021-0001",
                    &[ZHANG, LI],
                )))),
            ],
        ),
        (LINFEN, vec![own(LINFEN, "1000000000001", ZHANG)]),
    ] {
        province.set_modes(center, Mode::Answer);
        province.import(center, items).unwrap();
    }
    province.advance(120_000);
    province
}

fn wish(subjects: &[(&str, &str)]) -> Wish {
    Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to: None,
        kind: QueryKind::Dossier,
        purpose: Purpose::LoanApplication,
        subjects: subjects.iter().map(|whose| person(*whose)).collect(),
        transfer: None,
        consent: Some(Consent {
            reference: SerialNumber::parse("SQ-1").unwrap(),
            digest: FileHash::new([3; 32]),
        }),
        serial: SerialNumber::parse("DK-1").unwrap(),
        before: None,
        property: None,
        certificates: Vec::new(),
    }
}

fn ask(province: &mut Province, wish: Wish) -> DossierId {
    let Reply::Asked(id) = *province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap() else {
        panic!("another reply");
    };
    id
}

fn shown(province: &mut Province, id: DossierId) -> Dossier {
    let Reply::Dossier(dossier) = *province.command(TAIYUAN, Command::Dossier(id)).unwrap() else {
        panic!("another reply");
    };
    *dossier
}

fn row(dossier: &Dossier, center: CenterCode) -> &DossierRow {
    dossier.rows.iter().find(|row| row.center == center).unwrap()
}

#[test]
fn a_household_is_found_in_every_city_that_holds_something() {
    let mut province = province();
    let id = ask(&mut province, wish(&[LI, ZHANG]));
    let dossier = shown(&mut province, id);
    assert_eq!(dossier.finished, Some(province.now));
    assert_eq!(dossier.rows.len(), 3);
    let own = row(&dossier, TAIYUAN);
    assert_eq!(own.why, Why::Own);
    assert!(matches!(own.outcome(0), Some(Outcome::NoRecord { .. })));
    let datong = row(&dossier, DATONG);
    let Some(Outcome::Found(li)) = datong.outcome(0) else { panic!("not found") };
    assert_eq!(li.accounts.as_ref().unwrap().len(), 1);
    assert_eq!(li.loans.as_ref().unwrap().loans.as_ref().unwrap().len(), 1);
    let linfen = row(&dossier, LINFEN);
    assert!(matches!(linfen.outcome(1), Some(Outcome::Found(_))));
    let verdict = dossier.verdict.unwrap();
    assert_eq!(verdict.loans_used, 1, "a loan of both members counts once");
    assert_eq!(verdict.months, 36);
}

#[test]
fn what_is_found_is_proved_up_to_a_witnessed_checkpoint() {
    let mut province = province();
    let id = ask(&mut province, wish(&[LI, ZHANG]));
    let dossier = shown(&mut province, id);
    for (center, leaves) in [(DATONG, 3), (LINFEN, 1)] {
        let RowState::Answered(answered) = &row(&dossier, center).state else {
            panic!("no answer of {center}");
        };
        let proven: Vec<_> = answered.checks.iter().map(|check| check.proven).collect();
        assert_eq!(proven, vec![Some(Proven::Witnessed); leaves], "{center}");
        assert_eq!(answered.omitted, 0, "{center}");
        assert_eq!(row(&dossier, center).why, Why::Holds);
    }
}

#[test]
fn a_city_whose_log_shows_nothing_never_learns_of_the_question() {
    let mut province = province();
    let id = ask(&mut province, wish(&[LI]));
    let dossier = shown(&mut province, id);
    let linfen = row(&dossier, LINFEN);
    assert_eq!((linfen.why, &linfen.state), (Why::Clear, &RowState::NotAsked));
    assert_eq!(dossier.verdict.unwrap().rule, Rule::Arrears);
    // A city whose heartbeats do not come any more cannot be ruled out.
    province.cut.insert((LINFEN, TAIYUAN));
    province.cut.insert((LINFEN, DATONG));
    province.cut.insert((LINFEN, AUTHORITY));
    province.advance(crate::limits::CURRENT_MS + 60_000);
    let id = ask(&mut province, wish(&[LI]));
    province.advance(DOSSIER_WAIT_MS);
    let dossier = shown(&mut province, id);
    assert_eq!(row(&dossier, LINFEN).why, Why::NotCurrent);
    assert_eq!(row(&dossier, LINFEN).state, RowState::Failed(RowFailure::TimedOut));
}

#[test]
fn a_city_that_declares_records_without_numbers_is_asked_and_tells_by_name() {
    let mut province = province();
    let whose =
        UnnumberedRecord { kind: RecordKind::Account, name: Some(person(WANG).name), birth: None };
    province.import(LINFEN, vec![ImportItem::Unnumbered(whose)]).unwrap();
    province.advance(120_000);
    let id = ask(&mut province, wish(&[WANG]));
    let dossier = shown(&mut province, id);
    assert_eq!(row(&dossier, LINFEN).why, Why::Unnumbered);
    let unknown = Outcome::Unresolved(UnresolvedReason::NameWithoutNumber);
    assert_eq!(row(&dossier, LINFEN).outcome(0), Some(&unknown));
    assert_eq!(dossier.verdict.unwrap().rule, Rule::Incomplete);
}

#[test]
fn a_loan_that_a_city_leaves_out_is_missed() {
    let mut province = province();
    province.tamper();
    let mut store = province.node(DATONG).engine.store().clone();
    let rows = store.range(b"L", b"M", 10).unwrap();
    let writes = rows.into_iter().map(|(row, _)| (row, None)).collect();
    store.commit(Batch { writes }).unwrap();
    let settings = province.node(DATONG).engine.settings().clone();
    let now = province.now;
    province.node(DATONG).engine = crate::engine::Engine::open(store, settings, now).unwrap();
    let id = ask(&mut province, wish(&[LI]));
    let dossier = shown(&mut province, id);
    let RowState::Answered(answered) = &row(&dossier, DATONG).state else { panic!("no answer") };
    assert_eq!(answered.omitted, 1);
    assert!(row(&dossier, DATONG).is_faulty());
    assert_eq!(dossier.verdict.unwrap().rule, Rule::Incomplete);
}

#[test]
fn an_answer_that_does_not_open_what_was_published_is_told_to_the_authority() {
    use crate::authority::alert_rule::AlertRule;
    use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
    use crate::engine::publishing;
    use crate::loan::LoanContract;
    use crate::record_seal::RecordSeed;
    let mut province = province();
    province.tamper();
    let told = |province: &mut Province| {
        let filter = AlertFilter { rule: Some(AlertRule::DigestMismatch), ..AlertFilter::all(9) };
        let command = Command::Alerts(AlertCommand::List(filter));
        let Reply::Alerts(AlertReply::Alerts(alerts)) =
            *province.command(AUTHORITY, command).unwrap()
        else {
            panic!("another reply")
        };
        alerts.into_iter().map(|alert| alert.centers).collect::<Vec<_>>()
    };
    ask(&mut province, wish(&[LI]));
    assert_eq!(told(&mut province), [] as [Vec<_>; 0]);
    // What opens the commitment is lost in Datong's store.
    let contract = LoanContract::parse("JK140200-2021-0001").unwrap();
    province.node(DATONG).write(|view| {
        let known = publishing::published(view, RecordKind::Loan, contract.as_str()).unwrap();
        let mut published = known.unwrap();
        published.seed = RecordSeed::new([9; 32]);
        let place = [&[RecordKind::Loan as u8], contract.as_str().as_bytes()].concat();
        view.put(key(Area::Published, &[&place]), cbor::encode(&published));
    });
    for _ in 0..2 {
        let id = ask(&mut province, wish(&[LI]));
        assert!(row(&shown(&mut province, id), DATONG).is_faulty());
    }
    assert_eq!(told(&mut province), [vec![TAIYUAN, DATONG]]);
}

#[test]
fn a_record_revised_faster_than_its_log_is_followed_is_not_left_out() {
    let mut province = province();
    let revised = |months| {
        let account = account(DATONG, "9923041500021", LI, months);
        let loan = settled(loan(DATONG, "JK140200-2021-0001", &[ZHANG, LI]));
        vec![ImportItem::Account(Box::new(account)), ImportItem::Loan(Box::new(loan))]
    };
    province.cut.insert((DATONG, TAIYUAN));
    province.import(DATONG, revised(35)).unwrap();
    province.import(DATONG, revised(34)).unwrap();
    province.cut.clear();
    let id = ask(&mut province, wish(&[LI]));
    let dossier = shown(&mut province, id);
    let RowState::Answered(answered) = &row(&dossier, DATONG).state else { panic!("no answer") };
    let Some(Outcome::Found(found)) = row(&dossier, DATONG).outcome(0) else { panic!("no one") };
    assert!(found.accounts.as_ref().unwrap()[0].leaf.is_some());
    assert_eq!(answered.omitted, 0);
}

#[test]
fn an_answer_to_another_question_is_none() {
    let mut province = province();
    province.cut.insert((DATONG, TAIYUAN));
    let first = ask(&mut province, wish(&[LI]));
    let second = ask(&mut province, wish(&[LI]));
    let query_of = |dossier: &Dossier| row(dossier, DATONG).query.unwrap();
    let first_query = query_of(&shown(&mut province, first));
    let second_query = query_of(&shown(&mut province, second));
    let store = province.node(DATONG).engine.store().clone();
    let answers = store.range(b"S", b"T", 1_000).unwrap();
    let answer = answers
        .into_iter()
        .filter_map(|(_, bytes)| province.verify(TAIYUAN, bytes).ok())
        .find(|statement| {
            let Statement::Answer(answer) = statement.statement() else { return false };
            answer.id == second_query
        });
    let input = Input::Answered {
        from: DATONG,
        query: first_query,
        outcome: Ok(Box::new(answer.unwrap())),
    };
    province.input(TAIYUAN, input);
    province.drive();
    let dossier = shown(&mut province, first);
    let invalid = RowState::Failed(RowFailure::Invalid(Refusal::IdReused));
    assert_eq!(row(&dossier, DATONG).state, invalid);
}

#[test]
fn a_city_that_does_not_answer_is_named_with_its_reason() {
    let mut province = province();
    province.cut.insert((TAIYUAN, LINFEN));
    province.cut.insert((DATONG, TAIYUAN));
    let id = ask(&mut province, wish(&[LI, ZHANG]));
    let dossier = shown(&mut province, id);
    assert_eq!(row(&dossier, LINFEN).state, RowState::Failed(RowFailure::Unreachable));
    assert_eq!(row(&dossier, DATONG).state, RowState::Waiting);
    assert!(dossier.is_waiting() && dossier.finished.is_none());
    province.advance(DOSSIER_WAIT_MS);
    let dossier = shown(&mut province, id);
    assert_eq!(row(&dossier, DATONG).state, RowState::Failed(RowFailure::TimedOut));
    let verdict = dossier.verdict.unwrap();
    assert_eq!((verdict.decision, verdict.rule), (Decision::Undecided, Rule::Incomplete));
    assert!(province.events.contains(&(TAIYUAN, Event::Dossier { dossier: id })));
}

#[test]
fn a_dossier_ends_at_its_deadline_over_a_restart() {
    let mut province = province();
    province.cut.insert((DATONG, TAIYUAN));
    let id = ask(&mut province, wish(&[LI]));
    let query = row(&shown(&mut province, id), DATONG).query.unwrap();
    province.assert_missed(TAIYUAN, Timer::Query(query));
    province.restart(TAIYUAN);
    province.advance(DOSSIER_WAIT_MS);
    let dossier = shown(&mut province, id);
    assert_eq!(row(&dossier, DATONG).state, RowState::Failed(RowFailure::TimedOut));
    assert!(dossier.finished.is_some());
}

#[test]
fn one_named_center_is_asked_alone() {
    let mut province = province();
    let mut certificate = wish(&[LI]);
    certificate.to = Some(DATONG);
    certificate.kind = QueryKind::DepositCertificate;
    certificate.purpose = Purpose::Certificate;
    let id = ask(&mut province, certificate);
    let dossier = shown(&mut province, id);
    assert_eq!(dossier.rows.len(), 1);
    let Some(Outcome::Found(found)) = dossier.rows[0].outcome(0) else { panic!("not found") };
    assert!(found.certificate.is_some());
    assert_eq!(dossier.verdict, None);
    let RowState::Answered(answered) = &dossier.rows[0].state else { panic!("no answer") };
    assert_eq!(answered.checks.len(), 1);
    assert_eq!(answered.checks[0].of, LeafOf::Certificate);
    assert_eq!(answered.checks[0].proven, Some(Proven::Awaited));
}

type Spoil = fn(&mut Wish);

#[test]
fn a_wish_that_would_be_refused_everywhere_is_refused_here() {
    let mut province = province();
    let cases: &[(Spoil, Refusal)] = &[
        (|wish| wish.operator = OperatorId::parse("nobody").unwrap(), Refusal::Operator),
        (|wish| wish.consent = None, Refusal::Consent),
        (|wish| wish.purpose = Purpose::Judicial, Refusal::Purpose),
        (|wish| wish.subjects.clear(), Refusal::Subject),
        (|wish| wish.to = Some(TAIYUAN), Refusal::Argument),
        (|wish| wish.to = Some(CenterCode::new(149_900).unwrap()), Refusal::Argument),
        (
            |wish| {
                wish.kind = QueryKind::DepositCertificate;
                wish.purpose = Purpose::Certificate;
            },
            Refusal::Argument,
        ),
    ];
    for (spoil, refusal) in cases {
        let mut wish = wish(&[LI]);
        spoil(&mut wish);
        let refused = province.command(TAIYUAN, Command::Ask(Box::new(wish))).unwrap_err();
        assert_eq!(refused.refusal, *refusal);
    }
    let unknown = Command::Dossier(DossierId::new([0; 32]));
    assert_eq!(province.command(TAIYUAN, unknown).unwrap_err().refusal, Refusal::NotFound);
}

/// A center rotates its statement key, and another one does not hear of it.
fn rotate_unheard(province: &mut Province, center: CenterCode, deaf: CenterCode) {
    province.cut_off(deaf);
    let mut new = rotated(center, KeyPurpose::Statement, 0x55);
    let key = enrolment::offer_key(&network(), center, KeyPurpose::Statement, &mut new).unwrap();
    province.command(center, Command::Net(NetCommand::ChangeKey(key))).unwrap();
    province.advance(crate::limits::ROSTER_FETCH_MS_MIN);
    province.node(center).keyring = new;
    province.cut.clear();
    let version = |province: &mut Province, at| province.node(at).engine.roster().version;
    assert_eq!(version(province, deaf) + 1, version(province, center));
}

#[test]
fn an_answer_by_a_key_that_was_rotated_a_moment_ago_is_read_by_the_roster_that_lists_it() {
    let mut province = province();
    rotate_unheard(&mut province, DATONG, TAIYUAN);
    let id = ask(&mut province, wish(&[LI]));
    assert_eq!(row(&shown(&mut province, id), DATONG).state, RowState::Waiting);
    province.advance(ASK_AGAIN_MS);
    let dossier = shown(&mut province, id);
    assert!(matches!(row(&dossier, DATONG).outcome(0), Some(Outcome::Found(_))));
    assert!(dossier.finished.is_some());
}

#[test]
fn a_question_by_a_key_that_the_other_side_does_not_list_yet_is_asked_again_while_there_is_time() {
    let mut province = province();
    rotate_unheard(&mut province, TAIYUAN, DATONG);
    let early = ask(&mut province, wish(&[LI]));
    province.advance(2_500);
    assert_eq!(row(&shown(&mut province, early), DATONG).state, RowState::Waiting);
    province.input(DATONG, Input::Connected { center: AUTHORITY });
    province.advance(ASK_AGAIN_MS);
    let found = shown(&mut province, early);
    assert!(matches!(row(&found, DATONG).outcome(0), Some(Outcome::Found(_))));
}

#[test]
fn a_key_that_no_roster_lists_is_named_when_the_time_is_over() {
    let mut province = province();
    province.node(DATONG).keyring = rotated(DATONG, KeyPurpose::Statement, 0x55);
    let id = ask(&mut province, wish(&[LI]));
    province.advance(DOSSIER_WAIT_MS);
    let dossier = shown(&mut province, id);
    let unknown = RowState::Failed(RowFailure::Invalid(Refusal::KeyUnknown));
    assert_eq!(row(&dossier, DATONG).state, unknown);
    assert_eq!(dossier.verdict.unwrap().rule, Rule::Incomplete);
}

#[test]
fn no_record_settles_nothing_where_a_center_has_records_that_name_nobody() {
    let mut province = province();
    let row_of = |name| {
        let birth = Month::from_number(199_608).ok();
        ImportItem::Unnumbered(UnnumberedRecord { kind: RecordKind::Account, name, birth })
    };
    let loan = || ImportItem::Loan(Box::new(settled(loan(DATONG, "JK1", &[LI]))));
    // Linfen compares the name, and it is another person's.
    for (name, complete) in [(Some(person(WANG).name), true), (None, false)] {
        province.import(LINFEN, vec![row_of(name)]).unwrap();
        province.import(DATONG, vec![loan()]).unwrap();
        province.advance(120_000);
        let id = ask(&mut province, wish(&[LI]));
        let dossier = shown(&mut province, id);
        let linfen = row(&dossier, LINFEN);
        assert_eq!(linfen.why, Why::Unnumbered);
        let Some(Outcome::NoRecord { complete: said, .. }) = linfen.outcome(0) else {
            panic!("another outcome")
        };
        assert_eq!(*said, complete);
        let rule = dossier.verdict.unwrap().rule;
        assert_eq!(rule, if complete { Rule::Arrears } else { Rule::Incomplete });
    }
}

#[test]
fn without_the_tag_key_every_city_is_asked_and_whoever_asks_too_often_is_refused() {
    use crate::subject::Tagger as _;
    let mut unkeyed = province();
    let epoch = crate::subject::TagEpoch(1);
    unkeyed.node(TAIYUAN).tagger.drop_key(epoch).unwrap();
    let id = ask(&mut unkeyed, wish(&[LI]));
    let dossier = shown(&mut unkeyed, id);
    for center in [DATONG, LINFEN] {
        assert_eq!(row(&dossier, center).why, Why::NoTag, "{center}");
    }
    let mut province = province();
    province.act(TAIYUAN, |round| {
        crate::engine::tags::count(round, &wish(&[LI]).operator, 60).unwrap();
    });
    let asked = Command::Ask(Box::new(wish(&[LI])));
    let refused = province.command(TAIYUAN, asked).unwrap_err();
    assert_eq!(refused.refusal, Refusal::RateLimited);
}

#[test]
fn a_look_at_ones_own_records_is_a_fact_and_a_list_of_accesses_a_signed_answer() {
    for (kind, purpose, is_own) in [
        (QueryKind::Dossier, Purpose::LoanApplication, true),
        (QueryKind::AccessList, Purpose::DataSubject, false),
    ] {
        let mut province = province();
        let id = ask(&mut province, Wish { kind, purpose, ..wish(&[LI]) });
        let dossier = shown(&mut province, id);
        let state = &row(&dossier, TAIYUAN).state;
        assert_eq!(matches!(state, RowState::Own(_)), is_own);
        assert_eq!(matches!(state, RowState::Answered(_)), !is_own);
    }
}

#[test]
fn an_answer_that_leaves_one_of_the_household_out_is_no_answer() {
    for (left, expected) in
        [(2, None), (1, Some(Refusal::Malformed)), (0, Some(Refusal::Malformed))]
    {
        let mut province = province();
        let id = ask(&mut province, wish(&[LI, ZHANG]));
        let dossier = shown(&mut province, id);
        let place = dossier.rows.iter().position(|row| row.center == DATONG).unwrap();
        let RowState::Answered(answered) = &dossier.rows[place].state else { panic!("no answer") };
        let bytes =
            province.act(TAIYUAN, |round| round.statement(answered.answer).unwrap().unwrap());
        let said = crate::cose::Received::parse(bytes).unwrap().read_again().unwrap();
        let Statement::Answer(mut answer) = said else { panic!("another statement") };
        let AnswerBody::Given(given) = &mut answer.body else { panic!("refused") };
        given.outcomes.truncate(left);
        let bytes = crate::cose::sign("test", &*answer, &mut keyring(DATONG)).unwrap();
        let verified = province.verify(TAIYUAN, bytes).unwrap();
        let state = province
            .act(TAIYUAN, |round| accept(round, &dossier, place, &verified, DATONG).unwrap());
        let invalid = if let RowState::Failed(RowFailure::Invalid(refusal)) = state {
            Some(refusal)
        } else {
            None
        };
        assert_eq!(invalid, expected, "{left} of two");
    }
}
