//! Who decides, and about whom: two persons, corrections of a record, the right center, reminders.

use super::world::{World, application, clerk, date, newcomer, reviewer, saver, yuan};
use crate::account::AccountStatus;
use crate::center::CenterCode;
use crate::document::{DocumentNumber, DocumentType};
use crate::engine::audit;
use crate::engine::imports::ImportItem;
use crate::engine::operator::{OperatorId, OperatorRole};
use crate::engine::output::{CommandRefusal, Event};
use crate::engine::publishing;
use crate::engine::records::{RecordKind, StoredAccount};
use crate::engine::transfer_command::Decision;
use crate::id::{FileHash, TransferId};
use crate::mode::Mode;
use crate::person_name::PersonName;
use crate::plain_text::PlainText;
use crate::refusal::Refusal;
use crate::statement::transfer::letter::Remark;
use crate::statement::transfer::reply::IdentityMatch;
use crate::store::Staged;
use crate::testing::people::{LI, WANG, ZHANG, person};
use crate::testing::{DATONG, LINFEN, TAIYUAN};
use crate::transfer::reason::RefusalReason;
use crate::transfer::task::TaskReason;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";

fn old(whose: (&str, &str)) -> StoredAccount {
    saver(DATONG, OLD, whose, (202_304, 36, "1200.00"), "2026-05-06")
}

/// The account under the name that an old system wrote.
fn named(mut account: StoredAccount, name: &str) -> StoredAccount {
    account.record.person.name = PersonName::parse(name).unwrap();
    account
}

/// The account under a number of 15 digits.
fn numbered(mut account: StoredAccount, number: &str) -> StoredAccount {
    account.record.person.document = document(number);
    account
}

fn document(number: &str) -> DocumentNumber {
    DocumentNumber::parse(DocumentType::ResidentId, number, date("2026-05-06")).unwrap()
}

fn world(old: StoredAccount, whose: (&str, &str)) -> World {
    World::new("2026-05-06", vec![old, newcomer(TAIYUAN, NEW, whose)])
}

fn started(world: &mut World, whose: (&str, &str)) -> TransferId {
    world.start(TAIYUAN, application(DATONG, OLD, whose)).unwrap()
}

fn scan(byte: u8) -> Decision {
    Decision::Accept(Some(FileHash::new([byte; 32])))
}

fn words(text: &str) -> Option<Remark> {
    Some(Remark(PlainText::parse(text).unwrap()))
}

fn refused(result: Result<(), CommandRefusal>) -> Refusal {
    result.unwrap_err().refusal
}

/// Where the case stands in Datong: the state, what is asked of a person, and of whom.
fn task(world: &mut World, transfer: TransferId) -> (&'static str, TaskReason, OperatorRole) {
    let line = world.show(DATONG, transfer).line;
    let task = line.task.unwrap();
    (line.state.name(), task.reason, task.role)
}

fn import(world: &mut World, account: StoredAccount) {
    world.province.import(DATONG, vec![ImportItem::Account(Box::new(account))]).unwrap();
}

const DONE: [(&str, &str); 2] = [("completed", "00"); 2];

#[test]
fn a_corrected_number_is_kept_with_who_corrected_it_and_a_leaf_of_the_audit_log() {
    let mut world = world(numbered(old(ZHANG), "140299850615013"), ZHANG);
    let transfer = started(&mut world, ZHANG);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), DONE);
    let decisions = world.show(DATONG, transfer).decisions;
    let [taken] = decisions.as_slice() else { panic!("{decisions:?}") };
    assert_eq!((&taken.operator, &taken.decision), (&clerk(), &Decision::Accept(None)));
    assert_eq!(taken.corrected, Some(document("140299850615013")));
    let store = world.province.node(DATONG).engine.store().clone();
    assert!(audit::place(&Staged::new(&store), taken.hash()).unwrap().is_some());
    for center in [TAIYUAN, DATONG] {
        let identity = world.show(center, transfer).identity;
        assert_eq!(identity, Some(IdentityMatch::Confirmed), "{center}");
    }
}

#[test]
fn a_letter_with_an_old_number_never_makes_a_record_older() {
    let mut new = newcomer(TAIYUAN, NEW, ZHANG);
    new.record.person.document = document("140299850615013");
    let mut world = World::new("2026-05-06", vec![old(ZHANG), new]);
    let mut wanted = application(DATONG, OLD, ZHANG);
    wanted.person.document = document("140299850615013");
    let transfer = world.start(TAIYUAN, wanted).unwrap();
    assert_eq!(task(&mut world, transfer).1, TaskReason::OldDocument);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), DONE);
    assert_eq!(world.stored(DATONG, OLD).record.person.document, person(ZHANG).document);
    assert_eq!(world.show(DATONG, transfer).decisions[0].corrected, None);
}

#[test]
fn a_record_is_corrected_only_when_its_letter_is_accepted() {
    let on_record = numbered(old(ZHANG), "140299850615013");
    let mut world = world(on_record.clone(), ZHANG);
    let transfer = started(&mut world, ZHANG);
    let mut frozen = on_record;
    frozen.record.account.status = AccountStatus::Frozen;
    import(&mut world, frozen.clone());
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("rejection_confirmed", "40"); 2]);
    assert_eq!(world.stored(DATONG, OLD), frozen);
}

#[test]
fn two_persons_who_saw_the_scan_of_a_lost_name_correct_an_old_number_too() {
    let on_record = numbered(named(old(WANG), "王\u{E1F5}"), "141099960821031");
    let mut world = world(on_record, WANG);
    let transfer = started(&mut world, WANG);
    let suspicious = ("held", TaskReason::SuspiciousName, OperatorRole::Clerk);
    assert_eq!(task(&mut world, transfer), suspicious);
    world.decide(DATONG, transfer, (clerk(), scan(1))).unwrap();
    world.decide(DATONG, transfer, (reviewer(), scan(1))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), DONE);
    assert_eq!(world.stored(DATONG, OLD).record.person.document, person(WANG).document);
    let decisions = world.show(DATONG, transfer).decisions;
    let who: Vec<_> = decisions.iter().map(|taken| (&taken.operator, &taken.decision)).collect();
    assert_eq!(who, [(&clerk(), &scan(1)), (&reviewer(), &scan(1))]);
}

#[test]
fn whoever_saw_the_wrong_scan_may_name_another_until_somebody_has_followed() {
    let mut world = world(named(old(WANG), "王?"), WANG);
    let transfer = started(&mut world, WANG);
    world.decide(DATONG, transfer, (clerk(), scan(1))).unwrap();
    world.decide(DATONG, transfer, (clerk(), scan(2))).unwrap();
    assert_eq!(refused(world.decide(DATONG, transfer, (clerk(), scan(2)))), Refusal::Operator);
    assert_eq!(refused(world.decide(DATONG, transfer, (reviewer(), scan(1)))), Refusal::Argument);
    // One person is enough to refuse: no money moves.
    let refuse = Decision::Refuse(RefusalReason::Name, None);
    world.decide(DATONG, transfer, (reviewer(), refuse)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("rejection_confirmed", "40"); 2]);
}

#[test]
fn a_look_at_one_thing_settles_no_other() {
    // The clerk was asked about the mode, or the number; the name came with an import since.
    for (on_record, mode) in
        [(old(WANG), Mode::Confirm), (numbered(old(WANG), "141099960821031"), Mode::Auto)]
    {
        let mut world = world(on_record.clone(), WANG);
        world.province.set_modes(DATONG, mode);
        let transfer = started(&mut world, WANG);
        import(&mut world, named(on_record, "王?"));
        world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
        let suspicious = ("held", TaskReason::SuspiciousName, OperatorRole::Clerk);
        assert_eq!(task(&mut world, transfer), suspicious);
        let alone = world.decide(DATONG, transfer, (clerk(), Decision::Accept(None)));
        assert_eq!(refused(alone), Refusal::Argument);
    }
}

#[test]
fn to_go_on_waiting_opens_no_door_for_one_person_alone() {
    let mut world = world(named(old(WANG), "王?"), WANG);
    let transfer = started(&mut world, WANG);
    world.decide(DATONG, transfer, (clerk(), scan(1))).unwrap();
    world.decide(DATONG, transfer, (reviewer(), Decision::Wait)).unwrap();
    let suspicious = ("held", TaskReason::SuspiciousName, OperatorRole::Clerk);
    assert_eq!(task(&mut world, transfer), suspicious);
    world.go_to("2026-06-02");
    assert_eq!(task(&mut world, transfer), suspicious, "a deadline takes nobody's place");
    let alone = world.decide(DATONG, transfer, (reviewer(), Decision::Accept(None)));
    assert_eq!(refused(alone), Refusal::Argument);
    // The first opinion has gone with the wait.
    world.decide(DATONG, transfer, (reviewer(), scan(1))).unwrap();
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "held");
    world.decide(DATONG, transfer, (clerk(), scan(1))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), DONE);
}

#[test]
fn where_the_rule_asks_for_two_each_decision_takes_a_clerk_and_another_reviewer() {
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Confirm);
    world.change_settings(DATONG, |settings| settings.policy.decisions_need_reviewer = true);
    let transfer = started(&mut world, LI);
    let entered = ("held", TaskReason::ConfirmAcceptance, OperatorRole::Clerk);
    assert_eq!(task(&mut world, transfer), entered);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let waits = ("held", TaskReason::ConfirmAcceptance, OperatorRole::Reviewer);
    assert_eq!(task(&mut world, transfer), waits);
    let own = world.decide(DATONG, transfer, (clerk(), Decision::Accept(None)));
    assert_eq!(refused(own), Refusal::Operator);
    let otherwise = Decision::Refuse(RefusalReason::Withdrawal, None);
    assert_eq!(refused(world.decide(DATONG, transfer, (reviewer(), otherwise))), Refusal::Argument);
    world.decide(DATONG, transfer, (reviewer(), Decision::Accept(None))).unwrap();
    let settles = ("accepted", TaskReason::ConfirmSettlement, OperatorRole::Clerk);
    assert_eq!(task(&mut world, transfer), settles);

    let day = |day| Decision::Settle(Some(date(day)));
    world.decide(DATONG, transfer, (clerk(), day("2026-05-20"))).unwrap();
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "accepted");
    let another = world.decide(DATONG, transfer, (reviewer(), day("2026-05-21")));
    assert_eq!(refused(another), Refusal::Argument);
    world.decide(DATONG, transfer, (reviewer(), day("2026-05-20"))).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), DONE);

    // A decision that nobody was asked for takes two, as well.
    let mut world = self::world(old(LI), LI);
    world.change_settings(DATONG, |settings| settings.policy.decisions_need_reviewer = true);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, LI);
    for operator in [clerk(), reviewer()] {
        world.decide(DATONG, transfer, (operator, Decision::Accept(None))).unwrap();
    }
    let stranger = OperatorId::parse("nobody").unwrap();
    let refuse = || Decision::Refuse(RefusalReason::Frozen, words("（2026）晋0299执123号"));
    assert_eq!(refused(world.decide(DATONG, transfer, (stranger, refuse()))), Refusal::Operator);
    for operator in [clerk(), reviewer()] {
        assert_eq!(world.show(DATONG, transfer).line.state.name(), "accepted");
        world.decide(DATONG, transfer, (operator, refuse())).unwrap();
    }
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("rejection_confirmed", "40"); 2]);
}

#[test]
fn a_refusal_is_heard_with_its_words_before_and_after_acceptance() {
    for accepts in [false, true] {
        let mut world = world(old(LI), LI);
        world.province.set_modes(DATONG, Mode::Confirm);
        let transfer = started(&mut world, LI);
        if accepts {
            world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
        }
        let silent = Decision::Refuse(RefusalReason::Other, None);
        assert_eq!(refused(world.decide(DATONG, transfer, (clerk(), silent))), Refusal::Argument);
        let said = Decision::Refuse(RefusalReason::Other, words("请先合并账户"));
        world.decide(DATONG, transfer, (clerk(), said)).unwrap();
        for center in [TAIYUAN, DATONG] {
            let refusal = world.show(center, transfer).refusal.unwrap();
            assert_eq!(refusal.remark, words("请先合并账户"), "{center}");
        }
        assert_eq!(world.stored(DATONG, OLD), old(LI));
    }
}

#[test]
fn a_withdrawal_after_acceptance_is_a_refusal_r99_with_words_where_the_center_allows_it() {
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Confirm);
    world.change_settings(DATONG, |settings| settings.policy.cancellable_until_settled = true);
    let transfer = started(&mut world, LI);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    world.cancel(TAIYUAN, transfer).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("rejection_confirmed", "40"); 2]);
    assert!(world.show(TAIYUAN, transfer).refusal.unwrap().remark.is_some());
    assert_eq!(world.stored(DATONG, OLD), old(LI));
}

/// What becomes of a letter of Linfen's to Taiyuan.
fn misdirected(accounts: Vec<StoredAccount>, number: &str) -> (RefusalReason, Option<CenterCode>) {
    let mut world = World::new("2026-05-06", accounts);
    let transfer = world.start(LINFEN, application(TAIYUAN, number, LI)).unwrap();
    let view = world.show(LINFEN, transfer);
    let crate::engine::transfer_command::TransferState::In(state) = view.line.state else {
        panic!("the other side")
    };
    let crate::transfer::incoming::IncomingState::Rejected(rejection, true) = state else {
        panic!("{}", state.name())
    };
    let crate::transfer::incoming::Rejection::Reason(reason) = rejection else {
        panic!("{rejection:?}")
    };
    assert_eq!(view.line.right_center, view.refusal.unwrap().right_center);
    (reason, view.line.right_center)
}

#[test]
fn a_letter_to_the_wrong_center_is_refused_with_the_right_one() {
    const HERE: &str = "1026050100001";
    let asks = || newcomer(LINFEN, HERE, LI);
    let wrong = RefusalReason::WrongCenter;
    assert_eq!(misdirected(vec![asks(), old(LI)], OLD), (wrong, Some(DATONG)));
    // Two centers may give one number to two persons; nothing is said of the other one.
    let others = saver(TAIYUAN, OLD, ZHANG, (202_304, 36, "1200.00"), "2026-05-06");
    assert_eq!(misdirected(vec![asks(), old(LI), others], OLD), (wrong, Some(DATONG)));
    // Nobody else has the person: where the money is asked for is not meant.
    assert_eq!(misdirected(vec![asks()], OLD), (RefusalReason::NotFound, None));
    // The person is here, with another number: the letter came to the right center.
    let here = saver(TAIYUAN, NEW, LI, (202_304, 36, "1200.00"), "2026-05-06");
    let found = misdirected(vec![asks(), old(LI), here], OLD);
    assert_eq!(found, (RefusalReason::NotFound, None));
    let mut closed = old(LI);
    closed.record.account.status = AccountStatus::Withdrawn;
    assert_eq!(misdirected(vec![asks(), closed], OLD), (RefusalReason::NotFound, None));
}

#[test]
fn several_open_accounts_are_merged_first_under_whatever_number_they_stand() {
    for second in ["140299198506150138", "140299850615013"] {
        let other = saver(DATONG, "9923041500099", ZHANG, (202_304, 5, "1200.00"), "2026-05-06");
        let accounts = vec![old(ZHANG), numbered(other, second), newcomer(TAIYUAN, NEW, ZHANG)];
        let mut world = World::new("2026-05-06", accounts);
        let transfer = started(&mut world, ZHANG);
        let shown = world.show(TAIYUAN, transfer).line.state;
        let expected = crate::transfer::incoming::Rejection::Reason(RefusalReason::SeveralAccounts);
        let expected = crate::transfer::incoming::IncomingState::Rejected(expected, true);
        assert_eq!(shown, crate::engine::transfer_command::TransferState::In(expected), "{second}");
    }
}

#[test]
fn four_fifths_of_the_time_are_a_reminder_and_all_of_it_a_task() {
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, LI);
    // Five working days from Wednesday the 6th: four are over with the 12th, all with the 13th.
    world.go_to("2026-05-12");
    assert_eq!(world.show(TAIYUAN, transfer).line.reminded, None);
    world.province.events.clear();
    world.go_to("2026-05-13");
    for center in [TAIYUAN, DATONG] {
        let line = world.show(center, transfer).line;
        assert_eq!(line.reminded.unwrap().date(), Some(date("2026-05-13")), "{center}");
        let told = Event::Reminder { transfer };
        assert!(world.province.events.contains(&(center, told)), "{center}");
    }
    assert_eq!(world.show(TAIYUAN, transfer).line.task, None);
    world.go_to("2026-05-14");
    let task = world.show(TAIYUAN, transfer).line.task.unwrap();
    assert_eq!(task.reason, TaskReason::Overdue);
    // What is awaited comes: the next wait begins anew.
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    for center in [TAIYUAN, DATONG] {
        assert_eq!(world.show(center, transfer).line.reminded, None, "{center}");
    }
}

#[test]
fn what_an_import_brought_during_a_transfer_that_came_to_nothing_is_published_at_once() {
    let mut world = world(old(LI), LI);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, LI);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let mut newer = old(LI);
    newer.record.account.contribution_base = yuan("6000.00");
    import(&mut world, newer.clone());
    let revision = |world: &mut World| {
        let store = world.province.node(DATONG).engine.store().clone();
        let known = publishing::published(&Staged::new(&store), RecordKind::Account, OLD);
        known.unwrap().unwrap().digest().unwrap().revision
    };
    let before = revision(&mut world);
    let refuse = Decision::Refuse(RefusalReason::Other, words("请先合并账户"));
    world.decide(DATONG, transfer, (clerk(), refuse)).unwrap();
    assert_eq!(world.stored(DATONG, OLD), newer);
    assert_eq!(revision(&mut world), before + 1);
}

#[test]
fn a_number_that_was_corrected_stays_corrected_when_the_old_system_exports_again() {
    let mut world = world(numbered(old(ZHANG), "140299850615013"), ZHANG);
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world, ZHANG);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let refuse = Decision::Refuse(RefusalReason::Other, words("请先合并账户"));
    world.decide(DATONG, transfer, (clerk(), refuse)).unwrap();
    import(&mut world, numbered(old(ZHANG), "140299850615013"));
    assert_eq!(world.stored(DATONG, OLD).record.person.document, person(ZHANG).document);
}
