//! What a store that had forgotten makes of its own words: each statement from each state.
//!
//! **Promises.** A statement of before is done again where the case stands before it, and nowhere else.
//! **Left to others.** Whole stories from a backup of each moment: `restored`.

use std::collections::BTreeSet;

use super::world::{World, application, clerk, date, newcomer, reviewer, saver, yuan};
use crate::center::CenterCode;
use crate::core_system::CoreStep;
use crate::cose::Received;
use crate::engine::transfer_case::Payment;
use crate::engine::transfer_command::Decision;
use crate::engine::transfers;
use crate::engine::transfers_in::{self, Incoming};
use crate::engine::transfers_out::{self, Outgoing};
use crate::id::{PayloadHash, TransferId};
use crate::mode::Mode;
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::settlement::{BankFailure, BankReference, Direction, SpecialAccount};
use crate::statement::Statement;
use crate::statement::transfer::TransferStep;
use crate::store::Store as _;
use crate::store::keys::{Area, key};
use crate::testing::bank::Behaviour;
use crate::testing::people::{LI, ZHANG};
use crate::testing::{DATONG, LINFEN, TAIYUAN};
use crate::transfer::incoming::{CancelledFrom, IncomingState, Rejection};
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::outgoing::course::Intent;
use crate::transfer::reason::RefusalReason;
use crate::transfer::reconciliation::MoneyLine;
use crate::transfer::task::TaskReason;
use crate::wire::DeliveryReply;

const OLD: &str = "9923041500021";
const OTHER: &str = "9923041500022";

/// Li and Zhang move from Datong to Taiyuan, as far as people say.
fn world() -> World {
    let accounts = vec![
        saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06"),
        saver(DATONG, OTHER, ZHANG, (202_304, 36, "900.00"), "2026-05-06"),
        newcomer(TAIYUAN, "0126050100001", LI),
        newcomer(TAIYUAN, "0126050100002", ZHANG),
    ];
    World::new("2026-05-20", accounts)
}

fn started(world: &mut World) -> TransferId {
    world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap()
}

/// All that a center has said in a transfer, as bytes.
fn bytes_of(world: &mut World, at: CenterCode, transfer: TransferId) -> Vec<Vec<u8>> {
    let hashes = world.show(at, transfer).statements;
    let store = world.province.node(at).engine.store().clone();
    let stored =
        |hash: &PayloadHash| store.get(&key(Area::Statement, &[hash.as_bytes()])).unwrap().unwrap();
    let all = hashes.iter().map(stored);
    all.filter(|bytes| read(bytes).from() == at).collect()
}

fn read(bytes: &[u8]) -> Statement {
    Received::parse(bytes.to_vec()).unwrap().read_again().unwrap()
}

fn said(world: &mut World, at: CenterCode, transfer: TransferId) -> Vec<Statement> {
    bytes_of(world, at, transfer).iter().map(|bytes| read(bytes)).collect()
}

fn outgoing(world: &mut World, transfer: TransferId) -> Outgoing {
    world.province.act(DATONG, |round| transfers_out::load(round.view, transfer).unwrap().unwrap())
}

fn incoming(world: &mut World, transfer: TransferId) -> Incoming {
    world.province.act(TAIYUAN, |round| transfers_in::load(round.view, transfer).unwrap().unwrap())
}

/// A payment that fails, after which the account is restored; with what Datong said, and its case as it
/// stood when the payment had failed.
fn failed() -> (World, Vec<Statement>, Outgoing) {
    let mut world = world();
    world.bank.script.push_back(Behaviour::Fail(BankFailure::Limit));
    let transfer = started(&mut world);
    let before = outgoing(&mut world, transfer);
    assert_eq!(before.state, OutgoingState::PayFailed(BankFailure::Limit));
    world.decide(DATONG, transfer, (reviewer(), Decision::Restore)).unwrap();
    let mut all = said(&mut world, DATONG, transfer);
    // What other stories of the same letter say.
    let mut other = self::world();
    let paid = started(&mut other);
    let of_paid = said(&mut other, DATONG, paid).into_iter();
    all.extend(of_paid.filter(|said| said.kind().name() == "remittance"));
    let mut other = self::world();
    other.bank.script.push_back(Behaviour::Fail(BankFailure::WrongPayee));
    let unpaid = started(&mut other);
    let of_unpaid = said(&mut other, DATONG, unpaid).into_iter();
    all.extend(of_unpaid.filter(|said| said.kind().name() == "difference"));
    let mut other = self::world();
    let wrong = application(DATONG, "9923041500099", LI);
    let refused = other.start(TAIYUAN, wrong).unwrap();
    all.extend(said(&mut other, DATONG, refused));
    world.province.tamper();
    (world, all, before)
}

/// Puts a case, does what led to the statement, and shows whether that did anything, and the case after.
fn follow(world: &mut World, case: &Outgoing, said: &Statement) -> (bool, Outgoing) {
    let step = TransferStep::of(said).unwrap();
    let done = world.province.act(DATONG, |round| {
        transfers_out::save(round, case).unwrap();
        transfers_out::recalled::follow(round, case.case.id, step).unwrap()
    });
    (done, outgoing(world, case.case.id))
}

#[test]
fn each_statement_of_the_center_that_pays_is_followed_from_where_it_was_said_and_nowhere_else() {
    use OutgoingState::{
        Accepted, Completed, Held, Paid, PayFailed, PayUnknown, Paying, Received, Rejected,
        Released, Restored, Reversed, Settled,
    };
    let (mut world, all, before) = failed();
    let limit = PayFailed(BankFailure::Limit);
    let refused = Rejected(RefusalReason::Closed, false);
    let states = [
        Received,
        Held,
        Accepted,
        Settled,
        Paying,
        limit,
        PayUnknown,
        Paid,
        Reversed,
        refused,
        Completed(false),
        Released,
        Restored,
    ];
    let mut seen = BTreeSet::new();
    for state in states {
        for statement in &all {
            let kind = statement.kind().name();
            let fits = match kind {
                "acceptance" => vec![Received, Held],
                "transfer-refusal" => vec![Received, Held, Accepted],
                "sheet" => vec![Accepted, Reversed, Settled],
                "difference" => vec![Settled, limit],
                "reversal" => vec![Settled, limit, Paid],
                "restoration" => vec![Reversed],
                // Nothing has left yet: the remittance waits for its money.
                _ => Vec::new(),
            };
            let mut case = before.clone();
            case.state = state;
            let (done, after) = follow(&mut world, &case, statement);
            let why = format!("{kind} in {state:?}");
            assert_eq!(done, fits.contains(&state), "{why}");
            if !done {
                assert_eq!(after, case, "{why}");
                continue;
            }
            seen.insert(kind);
            let ordered = after.case.core.map(|mark| mark.step);
            match kind {
                "acceptance" => assert_eq!(ordered, Some(CoreStep::Lock), "{why}"),
                "sheet" if state == Settled => {
                    assert_eq!(after.case.thread.ours, case.case.thread.ours + 1, "{why}");
                }
                "sheet" => assert_eq!(ordered, Some(CoreStep::Settle), "{why}"),
                "difference" => {
                    let wrong = PayFailed(BankFailure::WrongPayee);
                    assert_eq!(after.state, wrong, "{why}");
                }
                "transfer-refusal" => assert!(after.case.refusal.is_some(), "{why}"),
                _ => assert_ne!(after, case, "{why}"),
            }
        }
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
}

fn the<'a>(all: &'a [Statement], kind: &str) -> &'a Statement {
    all.iter().find(|said| said.kind().name() == kind).unwrap()
}

fn moved(direction: Direction, amount: Fen) -> MoneyLine {
    MoneyLine {
        reference: BankReference(PlainText::parse("1").unwrap()),
        direction,
        amount,
        booked_on: date("2026-05-20"),
    }
}

#[test]
fn a_sheet_is_said_again_over_its_own_figures_and_a_settlement_undone_while_no_money_is_out() {
    let (mut world, all, before) = failed();
    let settled = before.settled.clone().unwrap();
    let amount = settled.amount();
    let with = |state, change: &dyn Fn(&mut Outgoing)| {
        let mut case = before.clone();
        case.state = state;
        change(&mut case);
        case
    };
    let (sheet, reversal) = (the(&all, "sheet"), the(&all, "reversal"));
    let figures: [&dyn Fn(&mut Outgoing); 5] = [
        &|case| case.settled.as_mut().unwrap().principal = yuan("1.00"),
        &|case| case.settled.as_mut().unwrap().interest = yuan("1.00"),
        &|case| case.settled.as_mut().unwrap().value_date = date("2026-05-21"),
        &|case| case.revision += 1,
        &|case| case.settled = None,
    ];
    for other in figures {
        let case = with(OutgoingState::Settled, other);
        assert!(!follow(&mut world, &case, sheet).0, "not over these figures");
    }
    let out: [&dyn Fn(&mut Outgoing); 2] =
        [&|case| case.case.lines.push(moved(Direction::Debit, amount)), &|case| {
            let execute_on = date("2026-05-20");
            let payment =
                Payment { attempt: 1, amount, execute_on, asked: 0, debited_before: Fen::ZERO };
            case.case.payment = Some(payment);
        }];
    for is_out in out {
        let case = with(OutgoingState::PayFailed(BankFailure::Limit), is_out);
        assert!(!follow(&mut world, &case, reversal).0, "money is out");
    }
    // A remittance follows once the bank has told of all of its money, and of no less.
    let remittance = the(&all, "remittance");
    let one = Fen::new(1).unwrap();
    for (left, is_followed) in [(amount, true), (amount.checked_sub(one).unwrap(), false)] {
        let line = moved(Direction::Debit, left);
        let case = with(OutgoingState::Settled, &|case| case.case.lines.push(line.clone()));
        let (done, after) = follow(&mut world, &case, remittance);
        assert_eq!((done, after == case), (is_followed, !is_followed));
    }
}

/// Lays what this center said next before a case, as it lies there after a loss.
fn recall(world: &mut World, at: CenterCode, (transfer, step): (TransferId, u32), bytes: &[u8]) {
    let place = key(Area::Recalled, &[transfer.as_bytes(), &[1], &step.to_be_bytes()]);
    world.province.act(at, |round| round.view.put(place, bytes.to_vec()));
}

#[test]
fn what_follows_a_settlement_that_was_undone_is_what_was_said_after_it() {
    let (mut world, all, before) = failed();
    let bytes = bytes_of(&mut world, DATONG, before.case.id);
    let of =
        |kind: &str| bytes.iter().find(|bytes| read(bytes).kind().name() == kind).unwrap().clone();
    let Statement::Reversal(reversal) = the(&all, "reversal") else { panic!("another") };
    let cause = reversal.cause;
    for (next, expected) in [
        (of("restoration"), Intent::Restore(cause)),
        (of("sheet"), Intent::Renew(cause, date("2026-05-20"))),
        (of("acceptance"), Intent::Wait(cause)),
        // Nothing that can be read.
        (Vec::new(), Intent::Wait(cause)),
    ] {
        let mut case = before.clone();
        case.state = OutgoingState::Settled;
        let after_reversal = (case.case.id, case.case.thread.ours + 2);
        recall(&mut world, DATONG, after_reversal, &next);
        let (done, after) = follow(&mut world, &case, the(&all, "reversal"));
        assert_eq!((done, after.intent), (true, Some(expected)));
    }
}

/// A letter that Datong has accepted, with something that it said next before it forgot.
fn accepted(next: &[u8]) -> (World, TransferId) {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut world);
    world.decide(DATONG, transfer, (clerk(), Decision::Accept(None))).unwrap();
    let step = outgoing(&mut world, transfer).case.thread.ours + 1;
    world.province.tamper();
    recall(&mut world, DATONG, (transfer, step), next);
    (world, transfer)
}

#[test]
fn a_sheet_over_other_figures_than_before_waits_for_a_person_and_other_words_for_their_turn() {
    let mut other = world();
    let zhang = other.start(TAIYUAN, application(DATONG, OTHER, ZHANG)).unwrap();
    let bytes = bytes_of(&mut other, DATONG, zhang);
    for (kind, task) in [("sheet", Some(TaskReason::InterestDiffers)), ("remittance", None)] {
        let next = bytes.iter().find(|bytes| read(bytes).kind().name() == kind).unwrap();
        let (mut world, transfer) = accepted(next);
        world.decide(DATONG, transfer, (clerk(), Decision::Settle(None))).unwrap();
        let waits = outgoing(&mut world, transfer);
        assert_eq!(waits.state, OutgoingState::Settled, "{kind}");
        assert_eq!(waits.case.task.as_ref().map(|task| task.reason), task, "{kind}");
        assert_eq!(waits.settled.as_ref().unwrap().sheet, None, "{kind}: it is not said");
        world.decide(DATONG, transfer, (reviewer(), Decision::SendSheet)).unwrap();
        let said = outgoing(&mut world, transfer);
        assert!(said.last_sheet.is_some(), "{kind}: a person has looked");
    }
}

/// What Taiyuan says in letters that are withdrawn, corrected and sent back; the last with its case.
fn letters() -> (World, Vec<Statement>, Incoming) {
    let mut withdrawn = world();
    withdrawn.province.set_modes(DATONG, Mode::Confirm);
    let transfer = started(&mut withdrawn);
    withdrawn.cancel(TAIYUAN, transfer).unwrap();
    let mut all = said(&mut withdrawn, TAIYUAN, transfer);
    let mut world = world();
    world.bank.script.push_back(Behaviour::Fail(BankFailure::WrongPayee));
    let transfer = started(&mut world);
    let case = incoming(&mut world, transfer);
    assert_eq!(case.state, IncomingState::Negotiating);
    let decision = Decision::Correct(case.receiving.clone());
    world.bank.script.push_back(Behaviour::PayShort(700));
    world.decide(TAIYUAN, transfer, (clerk(), decision)).unwrap();
    let back = Decision::SendBack(case.receiving.clone());
    world.decide(TAIYUAN, transfer, (reviewer(), back)).unwrap();
    all.extend(said(&mut world, TAIYUAN, transfer));
    world.province.tamper();
    (world, all, case)
}

fn follow_in(world: &mut World, case: &Incoming, said: &Statement) -> (bool, Incoming) {
    let step = TransferStep::of(said).unwrap();
    let done = world.province.act(TAIYUAN, |round| {
        transfers_in::save(round, case).unwrap();
        transfers_in::recalled::follow(round, case.case.id, step).unwrap()
    });
    (done, incoming(world, case.case.id))
}

/// All states of a transfer at the center that gets the money.
fn states_in() -> [IncomingState; 13] {
    use IncomingState::{
        Accepted, Announced, Cancelled, Cancelling, Completed, Credited, Draft, Negotiating,
        Rejected, Requested, Restored, Returned, Returning,
    };
    let refused = Rejected(Rejection::Reason(RefusalReason::Closed), false);
    [
        Draft,
        Requested,
        Accepted,
        Announced,
        Negotiating,
        Credited(false),
        Completed(false),
        refused,
        Cancelling(CancelledFrom::Requested),
        Cancelled,
        Returning,
        Returned,
        Restored,
    ]
}

#[test]
fn each_statement_of_the_center_that_is_paid_is_followed_from_where_it_was_said_and_nowhere_else() {
    use IncomingState::{Accepted, Announced, Negotiating, Requested, Returned, Returning};
    let (mut world, all, before) = letters();
    let mut seen = BTreeSet::new();
    for state in states_in() {
        for statement in all.iter().filter(|said| TransferStep::of(said).is_some()) {
            let kind = statement.kind().name();
            let fits = match kind {
                "cancellation" => vec![Requested, Accepted],
                "correction" => vec![Negotiating],
                "return" => vec![Announced, Negotiating],
                _ => Vec::new(),
            };
            let mut case = before.clone();
            case.state = state;
            let (done, after) = follow_in(&mut world, &case, statement);
            let why = format!("{kind} in {state:?}");
            assert_eq!(done, fits.contains(&state), "{why}");
            if done {
                seen.insert(kind);
            } else {
                assert_eq!(after, case, "{why}");
            }
            if done && kind == "return" {
                assert_eq!((after.state, after.case.task), (Returning, None), "{why}");
            }
        }
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
    // What came and went again is over; what is still here is on its way.
    let amount = Fen::new(700).unwrap();
    let (came, went) = (moved(Direction::Credit, amount), moved(Direction::Debit, amount));
    for (lines, state) in [(vec![came.clone()], Returning), (vec![came, went], Returned)] {
        let mut case = before.clone();
        case.case.lines = lines;
        assert_eq!(follow_in(&mut world, &case, the(&all, "return")).1.state, state);
    }
}

#[test]
fn a_number_that_was_given_twice_is_the_earlier_letters_unless_the_later_has_gone_too_far() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    world.province.set_modes(LINFEN, Mode::Confirm);
    let first = started(&mut world);
    let letter = bytes_of(&mut world, TAIYUAN, first).remove(0);
    let verified = world.province.verify(DATONG, letter).unwrap();
    let Statement::Letter(said) = verified.statement() else { panic!("another") };
    let serials = key(Area::LetterSerial, &[&date("2026-05-20").number().to_be_bytes()]);
    world.province.node(TAIYUAN).write(|view| {
        view.delete(serials.clone());
        view.delete(key(Area::TransferNumber, &[b"1401002605200001"]));
    });
    let later = world.start(TAIYUAN, application(LINFEN, OTHER, ZHANG)).unwrap();
    let before = incoming(&mut world, later);
    assert_eq!(before.case.letter.number, said.number, "the number is given twice");
    world.province.tamper();
    for state in states_in() {
        let mut case = before.clone();
        case.state = state;
        world.province.act(TAIYUAN, |round| {
            transfers_in::save(round, &case).unwrap();
            transfers::put_number(round.view, said.number, later);
            transfers_in::recalled::begin(round, said, &verified).unwrap();
        });
        let after = incoming(&mut world, later);
        let owner = world.province.act(TAIYUAN, |round| {
            transfers::find_number(round.view, said.number).unwrap().unwrap().0
        });
        let is_written_anew = matches!(state, IncomingState::Draft | IncomingState::Requested);
        let is_out = matches!(
            state,
            IncomingState::Cancelling(_) | IncomingState::Cancelled | IncomingState::Rejected(..)
        );
        let why = format!("{state:?}");
        let gives_way = is_written_anew || is_out;
        assert_eq!(owner, if gives_way { first } else { later }, "{why}");
        assert_eq!(after.is_reissued_once_cancelled, is_written_anew, "{why}");
        let task = after.case.task.map(|task| task.reason);
        assert_eq!(task, (!gives_way).then_some(TaskReason::LetterNumberTaken), "{why}");
        let is_withdrawn = matches!(after.state, IncomingState::Cancelling(_));
        let was_open = state == IncomingState::Requested;
        assert_eq!(is_withdrawn, was_open || is_out && is_withdrawn, "{why}");
        assert!(after.state == state || was_open, "{why}");
        if !gives_way {
            // Whoever has looked at both says so.
            world.decide(TAIYUAN, later, (clerk(), Decision::Wait)).expect(&why);
            assert_eq!(incoming(&mut world, later).case.task, None, "{why}");
        }
    }
    // The serial of the day only grows.
    for (known, kept) in [(None, 1_u32), (Some(0), 1), (Some(1), 1), (Some(7), 7)] {
        world.province.act(TAIYUAN, |round| {
            match known {
                Some(known) => round.view.put(serials.clone(), crate::cbor::encode::<u32>(&known)),
                None => round.view.delete(serials.clone()),
            }
            transfers_in::recalled::begin(round, said, &verified).unwrap();
            let bytes = round.view.get(&serials).unwrap().unwrap();
            assert_eq!(crate::cbor::decode::<u32>(&bytes), Ok(kept), "{known:?}");
        });
    }
    let owner = world
        .province
        .act(TAIYUAN, |round| transfers::find_number(round.view, said.number).unwrap().unwrap().0);
    assert_eq!(owner, later, "the letter that went too far keeps it");
}

#[test]
fn what_answers_a_statement_that_was_forgotten_waits_until_that_is_said_again() {
    let mut world = world();
    world.bank.script.push_back(Behaviour::Fail(BankFailure::ClosedPayee));
    let transfer = started(&mut world);
    let failed = outgoing(&mut world, transfer);
    let settings = world.province.node(TAIYUAN).engine.settings().clone();
    let receiving = SpecialAccount::of(&settings.receiving_account.unwrap()).unwrap();
    world.decide(TAIYUAN, transfer, (clerk(), Decision::Correct(receiving))).unwrap();
    let question = bytes_of(&mut world, DATONG, transfer).remove(2);
    let correction = bytes_of(&mut world, TAIYUAN, transfer).remove(1);
    let correction = world.province.verify(DATONG, correction).unwrap();
    world.province.tamper();
    let mut before = failed;
    before.case.thread.ours = 2;
    before.case.thread.statements.pop();
    let place = key(Area::Recalled, &[transfer.as_bytes(), &[1], &3_u32.to_be_bytes()]);
    world.province.act(DATONG, |round| {
        transfers_out::save(round, &before).unwrap();
        round.view.put(place.clone(), question);
        let reply = transfers::take_in(round, &correction).unwrap();
        assert_eq!(reply, DeliveryReply::Pending(correction.hash()));
        assert_eq!(transfers_out::load(round.view, transfer).unwrap().as_ref(), Some(&before));
        round.view.delete(place);
        let reply = transfers::take_in(round, &correction).unwrap();
        assert_eq!(reply, DeliveryReply::Committed(correction.hash()));
    });
}
