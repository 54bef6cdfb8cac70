//! What becomes of open transfers when the authority suspends or revokes a center.

use super::delivery::{deliver, letter, signed};
use super::world::{World, application, clerk, newcomer, reviewer, saver, yuan};
use crate::account::AccountStatus;
use crate::center::CenterCode;
use crate::cose::{self, Received};
use crate::engine::audit;
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::engine::operator::OperatorId;
use crate::engine::outbox;
use crate::engine::rosters::command::NetCommand;
use crate::engine::round::{Round, Route};
use crate::engine::single;
use crate::engine::store_check::fault::Fault;
use crate::engine::takeovers::{self, TakenOver, TakeoverCommand, Walk};
use crate::engine::transfer_command::{Decision, TransferCommand, TransferName};
use crate::id::{PayloadHash, TransferId};
use crate::letter_number::LetterNumber;
use crate::mode::Mode;
use crate::plain_text::PlainText;
use crate::refusal::Refusal;
use crate::statement::Statement;
use crate::statement::transfer::handover::{Handover, HandoverClosing};
use crate::statement::transfer::letter::{Cancellation, Letter, Remark};
use crate::store::keys::{Area, key};
use crate::store::{Staged, Store as _};
use crate::testing::people::{LI, WANG, ZHOU};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};
use crate::transfer::task::TaskReason;
use crate::wire::DeliveryReply;

const OLD: &str = "9923041500021";
const OLD_IN_TAIYUAN: &str = "0123041500033";

/// 李晓禾 moves from Datong to Taiyuan, 周临 from Taiyuan to Datong; 王㛃 may follow the first.
fn world() -> World {
    World::new(
        "2026-05-20",
        vec![
            saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06"),
            newcomer(TAIYUAN, "0126050100001", LI),
            saver(TAIYUAN, OLD_IN_TAIYUAN, ZHOU, (202_304, 36, "1200.00"), "2026-05-06"),
            newcomer(DATONG, "9926050100001", ZHOU),
            saver(DATONG, "9923041500023", WANG, (202_304, 12, "950.00"), "2026-05-06"),
            newcomer(TAIYUAN, "0126050100002", WANG),
        ],
    )
}

fn net(world: &mut World, command: NetCommand) {
    world.province.command(AUTHORITY, Command::Net(command)).unwrap();
    // Newer rosters are not asked for with every hint.
    world.province.advance(6_000);
    world.province.connect_all();
    world.run();
}

fn revoke_datong(world: &mut World) {
    let (center, takeover) = (DATONG, LINFEN);
    net(world, NetCommand::Revoke { center, takeover, compromised: false });
    world.province.cut_off(DATONG);
    world.province.advance(20);
}

fn taken_over(world: &mut World, at: CenterCode) -> Vec<TakenOver> {
    let listed = world.province.command(at, Command::Takeovers(TakeoverCommand::List)).unwrap();
    let Reply::Takeovers(cases) = *listed else { panic!("another reply") };
    cases
}

#[test]
fn cases_with_a_revoked_center_wait_for_a_person_here_and_at_the_one_that_takes_over() {
    let mut world = world();
    world.province.set_modes(TAIYUAN, Mode::Confirm);
    let leaving = world.start(DATONG, application(TAIYUAN, OLD_IN_TAIYUAN, ZHOU)).unwrap();
    world.decide(TAIYUAN, leaving, (clerk(), Decision::Accept(None))).unwrap();
    world.bank.is_silent = true;
    let coming = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.show(TAIYUAN, coming).line.state.name(), "announced");
    assert_eq!(world.show(TAIYUAN, leaving).line.state.name(), "accepted");

    revoke_datong(&mut world);
    let report = world.province.check_changed(TAIYUAN, |view| {
        let walk = format!("takeover/{DATONG}/{LINFEN}");
        single::write(view, walk.as_bytes(), &Walk::default());
    });
    let place = report.findings.iter().map(|found| (found.fault, found.place.as_str()));
    assert_eq!(place.collect::<Vec<_>>(), [(Fault::Timer, "the cases with 140200")]);
    for transfer in [coming, leaving] {
        let line = world.show(TAIYUAN, transfer).line;
        assert_eq!((line.other, line.taken_over_by), (DATONG, Some(LINFEN)));
        assert_eq!(line.task.unwrap().reason, TaskReason::CounterpartRevoked);
    }
    let cases = taken_over(&mut world, LINFEN);
    let states = |cases: &[TakenOver]| {
        let mut states: Vec<_> =
            cases.iter().map(|case| (case.transfer, case.state.as_str().to_owned())).collect();
        states.sort();
        states
    };
    let mut expected = vec![(coming, "announced".to_owned()), (leaving, "accepted".to_owned())];
    expected.sort();
    assert_eq!(states(&cases), expected);
    assert!(cases.iter().all(|case| (case.from, case.revoked) == (TAIYUAN, DATONG)));
    assert!(taken_over(&mut world, TAIYUAN).is_empty());

    // Nothing is settled or paid for a center that was cut off.
    let settle = world.decide(TAIYUAN, leaving, (reviewer(), Decision::Settle(None)));
    assert!(settle.is_ok());
    assert_eq!(world.show(TAIYUAN, leaving).line.state.name(), "settled");
    assert_eq!(world.bank.executed(TAIYUAN), 0);
    let close = world.decide(TAIYUAN, leaving, (reviewer(), Decision::Close));
    assert_eq!(close.unwrap_err().refusal, Refusal::WrongState);
    world.decide(TAIYUAN, leaving, (reviewer(), Decision::Restore)).unwrap();
    assert_eq!(world.show(TAIYUAN, leaving).line.state.name(), "restored");
    let account = world.stored(TAIYUAN, OLD_IN_TAIYUAN).record.account;
    assert_eq!((account.status, account.balance), (AccountStatus::Sealed, yuan("43758.38")));

    // What the bank was told before arrives, and the person gets it.
    world.bank.is_silent = false;
    world.run();
    assert_eq!(world.show(TAIYUAN, coming).line.state.name(), "completed");
    assert_eq!(world.stored(TAIYUAN, "0126050100001").record.account.balance, yuan("44285.84"));
    world.province.advance(10_000);
    let mut ended = vec![(coming, "completed".to_owned()), (leaving, "restored".to_owned())];
    ended.sort();
    assert_eq!(states(&taken_over(&mut world, LINFEN)), ended);
}

#[test]
fn a_person_closes_a_case_once_on_either_side_of_a_revoked_center() {
    let mut world = world();
    world.province.set_modes(TAIYUAN, Mode::Confirm);
    world.province.set_modes(DATONG, Mode::Confirm);
    let leaving = world.start(DATONG, application(TAIYUAN, OLD_IN_TAIYUAN, ZHOU)).unwrap();
    world.decide(TAIYUAN, leaving, (clerk(), Decision::Accept(None))).unwrap();
    let coming = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let early = world.decide(TAIYUAN, leaving, (reviewer(), Decision::Close));
    assert_eq!(early.unwrap_err().refusal, Refusal::WrongState, "Datong is still there");
    revoke_datong(&mut world);

    world.decide(TAIYUAN, leaving, (reviewer(), Decision::Close)).unwrap();
    world.decide(TAIYUAN, coming, (reviewer(), Decision::Close)).unwrap();
    assert_eq!(world.show(TAIYUAN, leaving).line.state.name(), "released");
    assert_eq!(world.show(TAIYUAN, coming).line.state.name(), "cancelled");
    assert_eq!(world.totals(TAIYUAN).suspense_out, 0);
    // The account and the person are free for another transfer.
    let other = newcomer(LINFEN, "1026050100001", ZHOU);
    world.province.import(LINFEN, vec![ImportItem::Account(Box::new(other))]).unwrap();
    world.province.set_modes(TAIYUAN, Mode::Auto);
    let again = world.start(LINFEN, application(TAIYUAN, OLD_IN_TAIYUAN, ZHOU)).unwrap();
    assert_eq!(world.states(again, (LINFEN, TAIYUAN)), [("completed", "00"); 2]);

    let close = |world: &mut World, operator| {
        let remark = Remark(PlainText::parse("settled by telephone").unwrap());
        let transfer = TransferName::Id(leaving);
        let command = TakeoverCommand::Close { operator, transfer, remark };
        world.province.command(LINFEN, Command::Takeovers(command)).map(drop)
    };
    let stranger = OperatorId::parse("stranger").unwrap();
    assert_eq!(close(&mut world, stranger).unwrap_err().refusal, Refusal::Operator);
    assert_eq!(world.show(TAIYUAN, leaving).successor_said, None);
    close(&mut world, reviewer()).unwrap();
    assert_eq!(close(&mut world, reviewer()).unwrap_err().refusal, Refusal::WrongState);
    // The other side hears how, and can prove who said it.
    let heard = world.show(TAIYUAN, leaving).successor_said.unwrap();
    assert_eq!(heard.remark, Remark(PlainText::parse("settled by telephone").unwrap()));
    let store = world.province.node(TAIYUAN).engine.store().clone();
    let leaf = audit::place(&Staged::new(&store), heard.statement).unwrap();
    assert!(leaf.is_some());
    assert_eq!(world.show(TAIYUAN, coming).successor_said, None);
    let cases = taken_over(&mut world, LINFEN);
    assert_eq!(cases.iter().filter(|case| case.closing.is_some()).count(), 1);
    assert_eq!(cases[0].transfer, coming, "what waits for a person stands first");
}

#[test]
fn a_case_is_handed_over_only_with_its_letter_and_to_whom_the_roster_names() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let coming = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    revoke_datong(&mut world);
    let store = world.province.node(LINFEN).engine.store().clone();
    let handover = taken_over(&mut world, LINFEN)[0].handover;
    let bytes = store.get(&key(Area::Statement, &[handover.as_bytes()])).unwrap().unwrap();
    let Ok(Statement::Handover(said)) = Received::parse(bytes).unwrap().read_again() else {
        panic!("another statement")
    };
    assert_eq!((said.transfer, said.statements.len()), (coming, 1));
    let hand = |world: &mut World, from, altered: Handover| {
        let keyring = &mut world.province.node(altered.from).keyring;
        let bytes = cose::sign("test", &altered, keyring).unwrap();
        let verified = world.province.verify(LINFEN, bytes).unwrap();
        let handed = |round: &mut Round<'_>| takeovers::on_statement(round, from, &verified);
        world.province.act(LINFEN, handed).unwrap().unwrap()
    };
    let at = world.province.now;
    let said = Handover { issued_at: at, ..*said };
    let refused = DeliveryReply::Refused;
    for (altered, reply) in [
        (Handover { to: TAIYUAN, ..said.clone() }, refused(Refusal::Addressee)),
        (Handover { from: AUTHORITY, ..said.clone() }, refused(Refusal::Peer)),
        (Handover { statements: Vec::new(), ..said.clone() }, refused(Refusal::Malformed)),
        (
            Handover { transfer: TransferId::new([7; 32]), ..said.clone() },
            refused(Refusal::Malformed),
        ),
        // A roster that revokes another may be on its way.
        (
            Handover { revoked: AUTHORITY, ..said.clone() },
            DeliveryReply::Later(Refusal::WrongState),
        ),
    ] {
        assert_eq!(hand(&mut world, TAIYUAN, altered), reply);
    }
    let cases = taken_over(&mut world, LINFEN);
    assert_eq!((cases.len(), cases[0].handover), (1, handover));
    let again = hand(&mut world, TAIYUAN, said);
    assert!(matches!(again, DeliveryReply::Committed(_)), "{again:?}");
}

#[test]
fn each_revocation_hands_its_cases_over_once() {
    let mut world = World::new(
        "2026-05-20",
        vec![
            saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06"),
            newcomer(TAIYUAN, "0126050100001", LI),
            saver(LINFEN, "1023041500023", WANG, (202_304, 12, "950.00"), "2026-05-06"),
            newcomer(TAIYUAN, "0126050100002", WANG),
        ],
    );
    for center in [DATONG, LINFEN] {
        world.province.set_modes(center, Mode::Confirm);
    }
    let of_datong = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let of_linfen = world.start(TAIYUAN, application(LINFEN, "1023041500023", WANG)).unwrap();
    revoke_datong(&mut world);
    let cases = taken_over(&mut world, LINFEN);
    assert_eq!(cases.iter().map(|case| case.transfer).collect::<Vec<_>>(), [of_datong]);
    let line = world.show(TAIYUAN, of_linfen).line;
    assert_eq!((line.taken_over_by, line.task), (None, None), "Linfen is still there");
    // Another roster hands nothing over again.
    net(&mut world, NetCommand::Renew);
    assert_eq!(taken_over(&mut world, LINFEN), cases);
    // The one that took over is revoked, too: both cases go to its own successor.
    net(&mut world, NetCommand::Revoke { center: LINFEN, takeover: TAIYUAN, compromised: false });
    world.province.advance(20);
    for transfer in [of_datong, of_linfen] {
        let line = world.show(TAIYUAN, transfer).line;
        assert_eq!(line.taken_over_by, Some(TAIYUAN));
        assert_eq!(line.task.unwrap().reason, TaskReason::CounterpartRevoked);
    }
}

#[test]
fn how_a_case_was_finished_stays_when_the_other_side_goes_on() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let coming = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let other = world.start(TAIYUAN, application(DATONG, "9923041500023", WANG)).unwrap();
    revoke_datong(&mut world);
    let number = world.show(TAIYUAN, coming).line.number;
    let run = |world: &mut World, command| {
        let reply = world.province.command(LINFEN, Command::Takeovers(command)).unwrap();
        let Reply::Takeovers(cases) = *reply else { panic!("another reply") };
        cases
    };
    let by_number = TakeoverCommand::Show(TransferName::Number(number));
    let shown = run(&mut world, by_number.clone());
    assert_eq!(shown.iter().map(|case| case.transfer).collect::<Vec<_>>(), [coming]);
    let remark = Remark(PlainText::parse("paper").unwrap());
    let close =
        TakeoverCommand::Close { operator: reviewer(), transfer: TransferName::Id(coming), remark };
    run(&mut world, close);
    for transfer in [coming, other] {
        world.decide(TAIYUAN, transfer, (reviewer(), Decision::Close)).unwrap();
    }
    world.province.advance(10_000);
    let case = run(&mut world, by_number).remove(0);
    assert_eq!((case.state.as_str(), case.closing.is_some()), ("cancelled", true));
}

#[test]
fn more_cases_than_one_round_hands_over_are_all_handed_over() {
    let count = crate::limits::TAKEOVER_PORTION + 1;
    let mut accounts = Vec::new();
    let mut wanted = Vec::new();
    for place in 0..count {
        let body = format!("140199199003{:02}{:03}", place % 28 + 1, place);
        let document = crate::document::resident_number_of(&body).unwrap();
        let whose = ("李晓禾", document.as_str());
        let number = format!("99230415{place:05}");
        accounts.push(saver(DATONG, &number, whose, (202_601, 2, "10.00"), "2026-05-06"));
        accounts.push(newcomer(TAIYUAN, &format!("01260501{place:05}"), whose));
        wanted.push(application(DATONG, &number, whose));
    }
    let mut world = World::new("2026-05-20", accounts);
    world.province.set_modes(DATONG, Mode::Confirm);
    for application in wanted {
        let command = TransferCommand::Start(Box::new(application));
        world.province.command(TAIYUAN, Command::Transfer(Box::new(command))).unwrap();
    }
    revoke_datong(&mut world);
    world.province.advance(5_000);
    assert_eq!(taken_over(&mut world, LINFEN).len(), count);
}

#[test]
fn only_who_took_a_case_over_says_how_its_revoked_side_was_finished() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let coming = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let said = |from, world: &World| HandoverClosing {
        from,
        to: TAIYUAN,
        issued_at: world.province.now,
        revoked: DATONG,
        transfer: coming,
        handover: PayloadHash::new([1; 32]),
        remark: Remark(PlainText::parse("paper").unwrap()),
    };
    let hear = |world: &mut World, altered: HandoverClosing| {
        let keyring = &mut world.province.node(altered.from).keyring;
        let bytes = cose::sign("test", &altered, keyring).unwrap();
        let verified = world.province.verify(TAIYUAN, bytes).unwrap();
        let from = altered.from;
        let heard = |round: &mut Round<'_>| takeovers::on_statement(round, from, &verified);
        world.province.act(TAIYUAN, heard).unwrap().unwrap()
    };
    let refused = DeliveryReply::Refused;
    // Datong is not revoked yet.
    let early = said(LINFEN, &world);
    assert_eq!(hear(&mut world, early), refused(Refusal::NotGranted));
    revoke_datong(&mut world);
    let of_another = HandoverClosing { revoked: AUTHORITY, ..said(LINFEN, &world) };
    let of_nothing = HandoverClosing { transfer: TransferId::new([7; 32]), ..said(LINFEN, &world) };
    let to_another = HandoverClosing { to: AUTHORITY, ..said(LINFEN, &world) };
    for (altered, refusal) in [
        (said(AUTHORITY, &world), Refusal::NotGranted),
        (of_another, Refusal::NotGranted),
        (of_nothing, Refusal::NotFound),
        (to_another, Refusal::Addressee),
    ] {
        assert_eq!(hear(&mut world, altered), refused(refusal));
        assert_eq!(world.show(TAIYUAN, coming).successor_said, None);
    }
    let first = said(LINFEN, &world);
    let second = HandoverClosing { issued_at: first.issued_at.plus_ms(1), ..first.clone() };
    for altered in [first.clone(), second] {
        assert!(matches!(hear(&mut world, altered), DeliveryReply::Committed(_)));
        let kept = world.show(TAIYUAN, coming).successor_said.unwrap();
        assert_eq!(kept.at, first.issued_at, "what was said first stands");
    }
    // What is open here stays with a person here.
    let task = world.show(TAIYUAN, coming).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::CounterpartRevoked);
}

#[test]
fn a_suspended_center_finishes_what_it_accepted_and_accepts_and_starts_nothing() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let accepted = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.decide(DATONG, accepted, (clerk(), Decision::Accept(None))).unwrap();
    let held = world.start(TAIYUAN, application(DATONG, "9923041500023", WANG)).unwrap();
    assert_eq!(world.show(DATONG, held).line.state.name(), "held");

    net(&mut world, NetCommand::Suspend(DATONG));
    let accept = world.decide(DATONG, held, (clerk(), Decision::Accept(None)));
    assert_eq!(accept.unwrap_err().refusal, Refusal::Suspended);
    let start = world.start(DATONG, application(TAIYUAN, OLD_IN_TAIYUAN, ZHOU));
    assert_eq!(start.unwrap_err().refusal, Refusal::Suspended);
    world.decide(DATONG, accepted, (clerk(), Decision::Settle(None))).unwrap();
    assert_eq!(world.states(accepted, (TAIYUAN, DATONG)), [("completed", "00"); 2]);

    net(&mut world, NetCommand::Reinstate(DATONG));
    world.decide(DATONG, held, (clerk(), Decision::Accept(None))).unwrap();
    assert_eq!(world.show(DATONG, held).line.state.name(), "accepted");
}

/// Its sender may have heard of neither answer, or only of the second one: a refusal would end the
/// transfer there, while it goes on here.
#[test]
fn a_letter_taken_in_before_a_suspension_is_answered_alike_when_it_comes_again() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let letter = letter(&mut world, transfer);
    let again = signed(&mut world.province, &letter);
    net(&mut world, NetCommand::Suspend(TAIYUAN));
    let reply = deliver(&mut world.province, TAIYUAN, &again);
    assert_eq!(reply, DeliveryReply::Committed(again.hash()));

    let number = LetterNumber::parse("1401002605200002").unwrap();
    let another = signed(&mut world.province, &Letter { number, ..letter });
    let reply = deliver(&mut world.province, TAIYUAN, &another);
    assert_eq!(reply, DeliveryReply::Refused(Refusal::Suspended));
}

#[test]
fn all_that_was_on_its_way_to_a_revoked_center_is_dropped_in_however_many_portions() {
    let mut world = world();
    world.province.cut_off(DATONG);
    let count = 2 * crate::limits::TAKEOVER_PORTION + 1;
    let on_its_way = |world: &mut World| {
        world.province.act(TAIYUAN, |round| outbox::rows(round.view, DATONG, 999).unwrap().len())
    };
    world.province.act(TAIYUAN, |round| {
        for number in 0..count {
            let said = Cancellation {
                from: TAIYUAN,
                to: DATONG,
                issued_at: round.now.plus_ms(-i64::try_from(number).unwrap()),
                transfer: TransferId::new([7; 32]),
                step: 2,
                answers: PayloadHash::new([7; 32]),
                remark: None,
            };
            round.say(&said, Route::Outbox(DATONG));
        }
    });
    assert_eq!(on_its_way(&mut world), count);
    revoke_datong(&mut world);
    world.province.advance(5_000);
    assert_eq!(on_its_way(&mut world), 0);
}
