//! Transfers that the national platform or paper carries: registered, published, matched, blocking.

use super::world::{CENTERS, World, application, clerk, date, newcomer, saver, yuan};
use crate::account::{AccountNumber, AccountStatus, BusinessType, LedgerEntry};
use crate::authority::alert::Alert;
use crate::authority::alert_rule::AlertRule;
use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::engine::evidence::EvidenceWish;
use crate::engine::imports::ImportItem;
use crate::engine::input::Input;
use crate::engine::records::StoredAccount;
use crate::engine::registrations::{Registration, Step};
use crate::engine::tag_index::{self, IndexedDigest};
use crate::engine::transfer_command::{
    Decision, TransferCommand, TransferFilter, TransferName, TransferState, TransferView,
};
use crate::engine::transfers::Side;
use crate::evidence::{Demand, verify};
use crate::id::TransferId;
use crate::letter_number::LetterNumber;
use crate::mode::Mode;
use crate::record::Freeze;
use crate::refusal::Refusal;
use crate::store::Staged;
use crate::subject::{Reference, TagEpoch, Tagger};
use crate::testing::people::{LI, ZHANG, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};
use crate::transfer::channel::Channel;
use crate::transfer::incoming::{IncomingState, Rejection};
use crate::transfer::reason::RefusalReason;
use crate::transfer::registered::{RegisteredAmounts, RegisteredState};

const OLD: &str = "9923041500021";
const LETTER: &str = "1401002605040001";

fn old() -> StoredAccount {
    saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06")
}

fn world() -> World {
    let accounts =
        vec![old(), newcomer(TAIYUAN, "0126050100001", LI), newcomer(LINFEN, "1026050100001", LI)];
    World::new("2026-05-06", accounts)
}

fn amounts() -> Option<RegisteredAmounts> {
    Some(RegisteredAmounts { principal: yuan("43758.38"), interest: yuan("527.46") })
}

fn step(state: RegisteredState) -> Step {
    Step { state, on: None, amounts: None }
}

pub(super) fn paid() -> Step {
    Step { amounts: amounts(), ..step(RegisteredState::Paid) }
}

fn credited() -> Step {
    Step { amounts: amounts(), ..step(RegisteredState::Credited) }
}

/// A paper letter of Taiyuan for Li's account in Datong, as one of the two registers it.
pub(super) fn paper(side: Side, step: Step) -> Registration {
    Registration {
        operator: clerk(),
        side,
        channel: Channel::Paper,
        number: LetterNumber::parse(LETTER).unwrap(),
        other: if side == Side::Out { TAIYUAN } else { DATONG },
        person: person(LI),
        account: AccountNumber::parse(OLD).unwrap(),
        step,
    }
}

fn id() -> TransferId {
    Channel::Paper.transfer_id(LetterNumber::parse(LETTER).unwrap())
}

pub(super) fn register(
    world: &mut World,
    at: CenterCode,
    wanted: Registration,
) -> Result<(), Refusal> {
    let command = TransferCommand::Register(Box::new(wanted));
    world.transfer(at, command).map(drop).map_err(|refused| refused.refusal)
}

fn advance(world: &mut World, at: CenterCode, step: Step) -> Result<(), Refusal> {
    let (operator, transfer) = (clerk(), TransferName::Id(id()));
    let command = TransferCommand::Advance { operator, transfer, step };
    world.transfer(at, command).map(drop).map_err(|refused| refused.refusal)
}

/// The live digests of the paper letter, as a node holds them.
fn digests(world: &mut World, at: CenterCode) -> Vec<IndexedDigest> {
    world.province.advance(5_000);
    let reference =
        world.province.node(DATONG).tagger.reference(TagEpoch(1), Reference::Transfer(id()));
    let store = world.province.node(at).engine.store().clone();
    tag_index::by_reference(&Staged::new(&store), reference.unwrap(), 9).unwrap()
}

fn alerts(world: &mut World, rule: AlertRule) -> Vec<Alert> {
    let command = Command::Alerts(AlertCommand::List(AlertFilter::unfinished(99)));
    let reply = world.province.command(AUTHORITY, command).unwrap();
    let Reply::Alerts(AlertReply::Alerts(alerts)) = *reply else { panic!("another reply") };
    alerts.into_iter().filter(|alert| alert.rule == rule).collect()
}

fn later(world: &mut World, day: &str) {
    world.province.now = crate::time::Timestamp::start_of(date(day)).plus_ms(9 * 3_600_000);
    world.province.round(AUTHORITY, vec![Input::Tick]);
    world.province.drive();
}

fn reason(view: &TransferView) -> RefusalReason {
    match view.line.state {
        TransferState::In(IncomingState::Rejected(Rejection::Reason(reason), true)) => reason,
        TransferState::In(_) | TransferState::Out(_) | TransferState::Registered(..) => {
            panic!("not refused: {}", view.line.state.name())
        }
    }
}

/// Linfen asks for the account, and is refused.
fn refused(world: &mut World) -> RefusalReason {
    let letter = world.start(LINFEN, application(DATONG, OLD, LI)).unwrap();
    reason(&world.show(LINFEN, letter))
}

#[test]
fn both_cities_register_a_paper_letter_and_are_matched_by_the_reference_alone() {
    let mut world = world();
    let before = CENTERS.map(|center| world.totals(center));
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    let view = world.show(DATONG, id());
    assert_eq!(view.line.channel, Some(Channel::Paper));
    assert_eq!(view.registered.unwrap().counterpart, None, "the other city has said nothing yet");
    register(&mut world, TAIYUAN, paper(Side::In, credited())).unwrap();
    let found = digests(&mut world, AUTHORITY);
    let shown: Vec<_> = found.iter().map(|found| (found.log.center, found.digest.status)).collect();
    assert_eq!(
        shown,
        [(TAIYUAN, DigestStatus::TransferCredited), (DATONG, DigestStatus::TransferRemitted)]
    );
    assert!(found.iter().all(|found| found.digest.channel == Some(Channel::Paper)));
    assert_ne!(found[0].digest.commitment, found[1].digest.commitment, "each has its own blinding");
    for (center, state) in [(DATONG, RegisteredState::Credited), (TAIYUAN, RegisteredState::Paid)] {
        let counterpart = world.show(center, id()).registered.unwrap().counterpart.unwrap();
        assert_eq!((counterpart.state, counterpart.is_matched), (state, true));
    }
    later(&mut world, "2026-05-20");
    assert_eq!(alerts(&mut world, AlertRule::SheetsDiffer), [], "there is no sheet to differ");
    assert_eq!(alerts(&mut world, AlertRule::OneSidedTransfer), []);
    // Money that moved elsewhere is booked by the core, not here.
    assert_eq!(CENTERS.map(|center| world.totals(center)), before);
}

#[test]
fn the_authority_sees_a_registered_transfer_that_only_one_city_knows() {
    let mut world = world();
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    world.province.advance(5_000);
    later(&mut world, "2026-05-13");
    assert_eq!(alerts(&mut world, AlertRule::OneSidedTransfer), []);
    later(&mut world, "2026-05-14");
    let found = alerts(&mut world, AlertRule::OneSidedTransfer);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].centers, [DATONG]);
    register(&mut world, TAIYUAN, paper(Side::In, credited())).unwrap();
    world.province.advance(5_000);
    assert_eq!(alerts(&mut world, AlertRule::OneSidedTransfer), []);
}

#[test]
fn a_letter_for_an_account_that_is_registered_elsewhere_is_refused() {
    let mut world = world();
    register(&mut world, DATONG, paper(Side::Out, step(RegisteredState::Registered))).unwrap();
    assert_eq!(refused(&mut world), RefusalReason::Duplicate);
    advance(&mut world, DATONG, paid()).unwrap();
    assert_eq!(refused(&mut world), RefusalReason::Duplicate);
    advance(&mut world, DATONG, step(RegisteredState::Closed)).unwrap();
    assert_eq!(refused(&mut world), RefusalReason::Closed, "it has left, whatever the import says");
    assert_eq!(world.stored(DATONG, OLD), old(), "nothing was locked or moved here");
    assert_eq!(world.bank.executed(DATONG), 0);
}

#[test]
fn another_account_of_the_same_person_is_in_transfer_too() {
    let other = saver(DATONG, "9923041500099", LI, (202_304, 3, "1200.00"), "2026-05-06");
    let accounts = vec![old(), other, newcomer(LINFEN, "1026050100001", LI)];
    let mut world = World::new("2026-05-06", accounts);
    register(&mut world, DATONG, paper(Side::Out, step(RegisteredState::Registered))).unwrap();
    let letter = world.start(LINFEN, application(DATONG, "9923041500099", LI)).unwrap();
    assert_eq!(reason(&world.show(LINFEN, letter)), RefusalReason::Duplicate);
    let mut second = paper(Side::Out, step(RegisteredState::Registered));
    second.number = LetterNumber::parse("1410002605040001").unwrap();
    second.channel = Channel::National;
    second.other = LINFEN;
    second.account = AccountNumber::parse("9923041500099").unwrap();
    assert_eq!(register(&mut world, DATONG, second), Err(Refusal::InFlight));
}

#[test]
fn money_that_came_back_or_a_letter_that_came_to_nothing_frees_the_account() {
    for way in
        [vec![paid(), step(RegisteredState::Reversed)], vec![step(RegisteredState::Withdrawn)]]
    {
        let mut world = world();
        register(&mut world, DATONG, paper(Side::Out, step(RegisteredState::Registered))).unwrap();
        for next in way {
            advance(&mut world, DATONG, next).unwrap();
        }
        let letter = world.start(LINFEN, application(DATONG, OLD, LI)).unwrap();
        assert_eq!(world.states(letter, (LINFEN, DATONG)), [("completed", "00"); 2]);
    }
}

#[test]
fn a_reversed_transfer_is_published_as_such_and_paid_again_only_while_nothing_else_moves() {
    let mut world = world();
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    register(&mut world, TAIYUAN, paper(Side::In, credited())).unwrap();
    advance(&mut world, DATONG, step(RegisteredState::Reversed)).unwrap();
    advance(&mut world, TAIYUAN, step(RegisteredState::Reversed)).unwrap();
    let found = digests(&mut world, LINFEN);
    let shown: Vec<_> =
        found.iter().map(|found| (found.digest.status, found.digest.revision)).collect();
    assert_eq!(shown, [(DigestStatus::TransferReturned, 2), (DigestStatus::TransferReversed, 2)]);
    assert!(world.show(DATONG, id()).registered.unwrap().counterpart.unwrap().is_matched);
    world.province.set_modes(DATONG, Mode::Confirm);
    let letter = world.start(LINFEN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(advance(&mut world, DATONG, paid()), Err(Refusal::InFlight));
    // What the timer or a look touches keeps the row of the transfer that has begun since.
    world.show(DATONG, id());
    world.cancel(LINFEN, letter).unwrap();
    advance(&mut world, DATONG, paid()).unwrap();
    assert_eq!(refused(&mut world), RefusalReason::Duplicate);
}

#[test]
fn a_newer_import_speaks_for_an_account_that_had_left() {
    let mut world = world();
    register(
        &mut world,
        DATONG,
        paper(Side::Out, Step { amounts: amounts(), ..step(RegisteredState::Closed) }),
    )
    .unwrap();
    let items = || vec![ImportItem::Account(Box::new(old()))];
    world.province.import(DATONG, items()).unwrap();
    assert_eq!(refused(&mut world), RefusalReason::Closed, "exported on the same day");
    world.go_to("2026-05-08");
    world.province.import(DATONG, items()).unwrap();
    let letter = world.start(LINFEN, application(DATONG, OLD, LI)).unwrap();
    assert_eq!(world.states(letter, (LINFEN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn an_open_letter_of_this_network_keeps_the_account_and_the_person_from_being_registered() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    // Held for a clerk: nothing is locked yet.
    let letter = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    for (at, side) in [(DATONG, Side::Out), (TAIYUAN, Side::In)] {
        let wanted = paper(side, step(RegisteredState::Registered));
        assert_eq!(register(&mut world, at, wanted), Err(Refusal::InFlight), "{at}");
        assert_eq!(world.list(at, TransferFilter { ended: true, ..Default::default() }).len(), 1);
    }
    world.decide(DATONG, letter, (clerk(), Decision::Accept(None))).unwrap();
    let wanted = paper(Side::Out, step(RegisteredState::Registered));
    assert_eq!(register(&mut world, DATONG, wanted), Err(Refusal::InFlight));
    world.decide(DATONG, letter, (clerk(), Decision::Settle(None))).unwrap();
    assert_eq!(world.states(letter, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

#[test]
fn a_person_whose_paper_transfer_is_registered_starts_no_second_one_here() {
    let mut world = world();
    let start = |world: &mut World| world.start(TAIYUAN, application(DATONG, OLD, LI));
    register(&mut world, TAIYUAN, paper(Side::In, step(RegisteredState::Registered))).unwrap();
    assert_eq!(start(&mut world).unwrap_err().refusal, Refusal::InFlight);
    advance(&mut world, TAIYUAN, credited()).unwrap();
    assert_eq!(start(&mut world).unwrap_err().refusal, Refusal::InFlight);
    advance(&mut world, TAIYUAN, step(RegisteredState::Closed)).unwrap();
    let again = start(&mut world).unwrap_err();
    assert_eq!(again.refusal, Refusal::WrongState, "the account was transferred here before");
    assert!(again.detail.unwrap().contains(&id().to_string()));
}

#[test]
fn the_same_registration_changes_nothing_and_another_content_is_refused() {
    let mut world = world();
    let first = || paper(Side::Out, paid());
    register(&mut world, DATONG, first()).unwrap();
    let before = digests(&mut world, DATONG);
    register(&mut world, DATONG, first()).unwrap();
    advance(&mut world, DATONG, paid()).unwrap();
    assert_eq!(digests(&mut world, DATONG), before);
    let other = Some(RegisteredAmounts { principal: yuan("1.00"), interest: yuan("0.00") });
    let differs = paper(Side::Out, Step { amounts: other, ..paid() });
    assert_eq!(register(&mut world, DATONG, differs), Err(Refusal::IdReused));
    let elsewhere = Registration { other: LINFEN, ..first() };
    assert_eq!(register(&mut world, DATONG, elsewhere), Err(Refusal::Argument), "not its number");
    // The same number over another channel is another letter.
    let national = Registration { channel: Channel::National, ..first() };
    assert_eq!(register(&mut world, DATONG, national), Err(Refusal::IdReused));
    let closed = Step { amounts: other, ..step(RegisteredState::Closed) };
    assert_eq!(advance(&mut world, DATONG, closed), Err(Refusal::IdReused));
    assert_eq!(digests(&mut world, DATONG), before, "the first one goes on untouched");
    advance(&mut world, DATONG, step(RegisteredState::Closed)).unwrap();
}

#[test]
fn a_letter_that_is_registered_keeps_its_parties_and_its_days() {
    let mut world = world();
    let first = || paper(Side::In, credited());
    register(&mut world, TAIYUAN, first()).unwrap();
    let another = AccountNumber::parse("9923041500099").unwrap();
    for altered in [
        Registration { other: LINFEN, ..first() },
        Registration { person: person(ZHANG), ..first() },
        Registration { account: another, ..first() },
        paper(Side::In, Step { on: Some(date("2026-05-05")), ..credited() }),
        paper(Side::In, step(RegisteredState::Closed)),
    ] {
        assert_eq!(register(&mut world, TAIYUAN, altered), Err(Refusal::IdReused));
    }
    let same_day = || Step { on: Some(date("2026-05-06")), ..credited() };
    register(&mut world, TAIYUAN, paper(Side::In, same_day())).unwrap();
    advance(&mut world, TAIYUAN, same_day()).unwrap();
    let another_day = Step { on: Some(date("2026-05-05")), ..credited() };
    assert_eq!(advance(&mut world, TAIYUAN, another_day), Err(Refusal::WrongState));
}

#[test]
fn two_sides_match_only_when_they_say_the_same() {
    let mut world = world();
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    register(&mut world, TAIYUAN, paper(Side::In, credited())).unwrap();
    world.province.advance(5_000);
    let is_matched = |world: &mut World| {
        [DATONG, TAIYUAN].map(|center| {
            world.show(center, id()).registered.unwrap().counterpart.unwrap().is_matched
        })
    };
    assert_eq!(is_matched(&mut world), [true; 2]);
    advance(&mut world, DATONG, step(RegisteredState::Reversed)).unwrap();
    world.province.advance(5_000);
    assert_eq!(is_matched(&mut world), [false; 2], "returned here, and still credited there");
    advance(&mut world, TAIYUAN, step(RegisteredState::Reversed)).unwrap();
    world.province.advance(5_000);
    assert_eq!(is_matched(&mut world), [true; 2]);
}

#[test]
fn an_open_letter_of_somebody_else_is_in_nobodys_way() {
    const OTHER: &str = "9923041500023";
    let mut world = World::new(
        "2026-05-06",
        vec![
            old(),
            saver(DATONG, OTHER, ZHANG, (202_304, 36, "1200.00"), "2026-05-06"),
            newcomer(TAIYUAN, "0126050100002", ZHANG),
        ],
    );
    world.province.set_modes(DATONG, Mode::Confirm);
    world.start(TAIYUAN, application(DATONG, OTHER, ZHANG)).unwrap();
    register(&mut world, DATONG, paper(Side::Out, step(RegisteredState::Registered))).unwrap();
}

#[test]
fn what_cannot_be_is_not_registered() {
    let mut world = world();
    let mut check = |at, wanted: Registration, refusal| {
        assert_eq!(register(&mut world, at, wanted), Err(refusal));
        assert!(world.list(at, TransferFilter { ended: true, ..Default::default() }).is_empty());
    };
    let first = || paper(Side::Out, paid());
    check(DATONG, paper(Side::Out, credited()), Refusal::Argument);
    check(TAIYUAN, paper(Side::In, paid()), Refusal::Argument);
    check(DATONG, paper(Side::Out, step(RegisteredState::Paid)), Refusal::Argument);
    let ahead = Step { on: Some(date("2026-05-07")), ..paid() };
    check(DATONG, paper(Side::Out, ahead), Refusal::Argument);
    check(DATONG, Registration { person: person(ZHANG), ..first() }, Refusal::NameMismatch);
    let unknown = AccountNumber::parse("404").unwrap();
    check(DATONG, Registration { account: unknown, ..first() }, Refusal::NotFound);
    let ours = LetterNumber::parse("1402002605040001").unwrap();
    check(DATONG, Registration { number: ours, ..first() }, Refusal::Argument);
    let nobody = crate::engine::operator::OperatorId::parse("nobody").unwrap();
    check(DATONG, Registration { operator: nobody, ..first() }, Refusal::Operator);

    register(&mut world, DATONG, first()).unwrap();
    let earlier = Step { on: Some(date("2026-05-05")), ..step(RegisteredState::Closed) };
    assert_eq!(advance(&mut world, DATONG, earlier), Err(Refusal::Argument));
    assert_eq!(
        advance(&mut world, DATONG, step(RegisteredState::Withdrawn)),
        Err(Refusal::WrongState)
    );
    let decided = world.decide(DATONG, id(), (clerk(), Decision::Wait)).unwrap_err();
    assert_eq!(decided.refusal, Refusal::WrongState);
    assert_eq!(world.cancel(DATONG, id()).unwrap_err().refusal, Refusal::WrongState);
}

#[test]
fn a_registered_transfer_with_a_center_outside_the_network_waits_for_no_other_side() {
    let mut world = world();
    let mut outside = paper(Side::Out, paid());
    outside.other = CenterCode::new(110_100).unwrap();
    outside.number = LetterNumber::parse("1101002605040001").unwrap();
    outside.channel = Channel::National;
    register(&mut world, DATONG, outside).unwrap();
    world.province.advance(5_000);
    later(&mut world, "2026-05-20");
    assert_eq!(alerts(&mut world, AlertRule::OneSidedTransfer), []);
    assert_eq!(refused(&mut world), RefusalReason::Duplicate);
}

#[test]
fn a_registered_transfer_is_proved_by_its_digest_and_its_own_record() {
    let mut world = world();
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    register(&mut world, TAIYUAN, paper(Side::In, credited())).unwrap();
    world.province.advance(30_000);
    let number = LetterNumber::parse(LETTER).unwrap();
    let wish = EvidenceWish::Transfer(TransferName::Number(number));
    let reply = world.province.command(DATONG, Command::Evidence(Box::new(wish))).unwrap();
    let Reply::Evidence(parts) = *reply else { panic!("another reply") };
    let report = verify(&parts, None, Demand::Witnessed).unwrap();
    let opened: Vec<_> =
        report.leaves.iter().map(|leaf| (leaf.log.center, leaf.opened_by.is_some())).collect();
    assert_eq!(opened, [(TAIYUAN, false), (DATONG, true)], "only the own record is shown");
}

#[test]
fn without_the_tag_key_the_digest_waits_for_it() {
    let mut world = world();
    world.province.node(DATONG).tagger.drop_key(TagEpoch(1)).unwrap();
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    world.province.node(DATONG).tagger.insert(TagEpoch(1), [7; 32].into());
    assert_eq!(digests(&mut world, TAIYUAN), []);
    world.wait_minutes(2);
    assert_eq!(digests(&mut world, TAIYUAN).len(), 1);
}

#[test]
fn a_registered_transfer_is_proved_once_its_digest_is_published_and_not_before() {
    let mut world = world();
    world.province.node(DATONG).tagger.drop_key(TagEpoch(1)).unwrap();
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    world.province.node(DATONG).tagger.insert(TagEpoch(1), [7; 32].into());
    let prove = |world: &mut World| {
        let number = LetterNumber::parse(LETTER).unwrap();
        let wish = EvidenceWish::Transfer(TransferName::Number(number));
        let reply = world.province.command(DATONG, Command::Evidence(Box::new(wish)));
        reply.map(drop).map_err(|refused| refused.refusal)
    };
    assert_eq!(prove(&mut world), Err(Refusal::Pending));
    world.wait_minutes(2);
    assert_eq!(prove(&mut world), Ok(()));
}

#[test]
fn a_registered_transfer_explains_that_its_money_left_and_nothing_else_of_an_import() {
    let mut account = old();
    account.record.account.status = AccountStatus::Frozen;
    account.record.notes.freeze = Some(Freeze { paper: None, until: None });
    let mut world = World::new("2026-05-06", vec![account]);
    register(&mut world, DATONG, paper(Side::Out, paid())).unwrap();
    world.go_to("2026-05-07");
    // The freeze is gone that had no end, and the money with it.
    let mut gone = old();
    gone.record.account.status = AccountStatus::TransferredOut;
    gone.record.account.closed_on = Some(date("2026-05-06"));
    let (business, posted_on) = (BusinessType::TransferOut, date("2026-05-06"));
    gone.rows.push(LedgerEntry { business, posted_on, ..gone.rows[0].clone() });
    world.province.import(DATONG, vec![ImportItem::Account(Box::new(gone))]).unwrap();
    world.province.advance(5_000);
    assert_eq!(alerts(&mut world, AlertRule::FreezeEnded).len(), 1);
    assert_eq!(alerts(&mut world, AlertRule::TransferWithoutLetter).len(), 0);
}
