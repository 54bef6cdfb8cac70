//! Stories that a hostile member, a bad bank and bad luck could tell: statements that somebody really
//! made, with fields changed, left out, swapped or taken from others, signed again with the right key
//! or with another one, and given to an engine.
//!
//! The first byte chooses the moment at which a story begins, then each act has a byte that says what
//! happens, and bytes that say to what.
//!
//! **Promises.** No act fails a round; after each, every ledger sums to zero and no account is below
//! zero; what a node says verifies, and names nobody outside of statements; the same bytes get the same
//! answer again; what the wrong key has signed is refused before the engine.
//! **Left to others.** Networks under faults over days: `fundlink_tests::simulator`.

#![expect(clippy::panic, reason = "a target fails by panic")]

use std::collections::BTreeSet;

use fundlink_protocol::account::AccountStatus;
use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::cose::Received;
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::input::{Input, RequestId};
use fundlink_protocol::engine::output::{Output, PeerReply};
use fundlink_protocol::engine::transfer_command::{Decision, TransferCommand, TransferName};
use fundlink_protocol::engine::{Engine, transfers};
use fundlink_protocol::id::TransferId;
use fundlink_protocol::ledger;
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::money::Fen;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::settlement::{
    BankFailure, BankOrderId, BankOutcome, BankReply, Direction, NoticeCursor,
};
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, Store as _, prefix_end};
use fundlink_protocol::wire::{DeliveryReply, QueryReply};

use crate::members::{self, DATONG, MARKS, MEMBERS, TAIYUAN};
use crate::stage::{Moment, Said, Stage, Way, application, notice, on_stage};

mod changes;

use changes::{changed, forged};

/// A story.
pub(crate) fn story(bytes: &[u8]) {
    on_stage(|stage| {
        let mut acts = Acts(bytes);
        let Some(moment) = pick(&stage.moments, acts.byte()).cloned() else { return };
        let (said, later) = (stage.said.clone(), stage.now);
        begin(stage, moment);
        for number in 0..ACTS_MAX {
            let Some(act) = acts.next() else { break };
            perform(stage, act, number, &mut acts);
        }
        (stage.said, stage.now) = (said, later);
    });
}

/// Acts of one story.
const ACTS_MAX: u64 = 12;
const DAY_MS: i64 = 86_400_000;

/// The bytes of a story; when there are no more, they are 0.
struct Acts<'a>(&'a [u8]);

impl Acts<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    fn number(&mut self) -> u64 {
        u64::from(u16::from_be_bytes([self.byte(), self.byte()]))
    }
}

fn pick<T>(list: &[T], choice: u8) -> Option<&T> {
    list.get(usize::from(choice).checked_rem(list.len())?)
}

/// Puts every node back to a moment.
fn begin(stage: &mut Stage, moment: Moment) {
    stage.now = moment.now;
    for (code, store) in moment.stores {
        if let Some(actor) = stage.actors.get_mut(&code) {
            let engine = Engine::open(store, members::settings(code), moment.now);
            actor.engine = engine.unwrap_or_else(|error| panic!("a store of the stage: {error}"));
        }
    }
}

fn perform(stage: &mut Stage, act: u8, number: u64, acts: &mut Acts<'_>) {
    let Some(said) = pick(&stage.said, acts.byte()).cloned() else { return };
    match act % 12 {
        0 | 1 => deliver(stage, said),
        2..=4 => {
            if let Some(changed) = changed(stage, &said, acts) {
                deliver(stage, changed);
            }
        }
        5 => forge(stage, &said, acts),
        6 => {
            let ms = [1_000, 20_000, 300_000, 3_600_000, DAY_MS, 8 * DAY_MS];
            stage.now = stage.now.plus_ms(*pick(&ms, acts.byte()).unwrap_or(&0));
            for code in MEMBERS {
                happen(stage, code, Input::Tick);
            }
        }
        7 => {
            let cursor = NoticeCursor(1_000 + number);
            let Some(line) = line(stage, number, acts) else { return };
            let notices = vec![line];
            let center = *pick(&MEMBERS, acts.byte()).unwrap_or(&TAIYUAN);
            happen(stage, center, Input::BankNotices { cursor, notices });
        }
        8 => bank_reply(stage, acts),
        9 => restart(stage, said.to),
        10 => decide(stage, acts),
        _ => {
            let Some(today) = stage.now.date() else { return };
            let start = TransferCommand::Start(Box::new(application(1 + acts.byte() % 3, today)));
            command(stage, TAIYUAN, start);
        }
    }
}

/// Bytes arrive, twice.
fn deliver(stage: &mut Stage, said: Said) {
    let request = stage.request();
    let Some(input) = stage.input(&said, request) else { return };
    let again = stage.input(&said, request);
    let first = happen(stage, said.to, input);
    let Some(again) = again.filter(|_| said.way == Way::Statement) else { return };
    let second = happen(stage, said.to, again);
    if let (Some(first), Some(second)) = (reply_of(&first), reply_of(&second)) {
        assert_same(first, second);
    }
}

fn reply_of(outputs: &[Output]) -> Option<&PeerReply> {
    outputs.iter().find_map(|output| match output {
        Output::Respond { reply, .. } => Some(reply),
        Output::Reply { .. }
        | Output::Ask { .. }
        | Output::Deliver { .. }
        | Output::Sync { .. }
        | Output::Publish { .. }
        | Output::PublishCheckpoint { .. }
        | Output::JudgeGossip { .. }
        | Output::FetchRoster { .. }
        | Output::RosterChanged(_)
        | Output::CoreOrder(_)
        | Output::BankOrder(_)
        | Output::BankAsk(_)
        | Output::BankRecall(_)
        | Output::DialBack { .. }
        | Output::Event(_) => None,
    })
}

/// The same bytes get the same answer, but for a "not now" that has become something else.
fn assert_same(first: &PeerReply, second: &PeerReply) {
    let waits =
        matches!(first, PeerReply::Delivery(DeliveryReply::Later(_) | DeliveryReply::Pending(_)));
    let limited = |reply: &PeerReply| {
        matches!(reply, PeerReply::Query(QueryReply::Refused(Refusal::RateLimited)))
    };
    let same = format!("{first:?}") == format!("{second:?}");
    assert!(same || waits || limited(second), "the same bytes got {first:?}, and then {second:?}");
}

/// A statement that another member signed, or that nobody did.
fn forge(stage: &mut Stage, said: &Said, acts: &mut Acts<'_>) {
    let Some(forged) = forged(stage, said, acts) else { return };
    let request = stage.request();
    assert!(stage.input(&forged, request).is_none(), "a forged statement is taken for a true one");
}

/// A node stops and starts again.
fn restart(stage: &mut Stage, center: CenterCode) {
    let Some(actor) = stage.actors.get_mut(&center) else { return };
    let store = actor.engine.store().clone();
    let engine = Engine::open(store, members::settings(center), stage.now);
    actor.engine = engine.unwrap_or_else(|error| panic!("what a node wrote is read: {error}"));
    happen(stage, center, Input::Started);
}

fn line(
    stage: &Stage,
    number: u64,
    acts: &mut Acts<'_>,
) -> Option<fundlink_protocol::settlement::BankNotice> {
    let today = stage.now.date()?;
    let amounts = [900_009, 900_018, 1, i64::try_from(acts.number()).ok()?];
    let amount = Fen::new(*pick(&amounts, acts.byte())?).ok()?;
    let direction =
        if acts.byte().is_multiple_of(2) { Direction::Credit } else { Direction::Debit };
    let center = *pick(&[TAIYUAN, DATONG], acts.byte())?;
    let letter = pick(&letters(stage), acts.byte()).map(LetterNumber::to_string);
    let summary = letter.unwrap_or_default();
    Some(notice(center, direction, amount, (&summary, 1_000 + number), today))
}

fn bank_reply(stage: &mut Stage, acts: &mut Acts<'_>) {
    let Some(letter) = pick(&letters(stage), acts.byte()).copied() else { return };
    let Some(today) = stage.now.date() else { return };
    let outcomes = [
        BankOutcome::Executed(today),
        BankOutcome::Failed(BankFailure::WrongPayee),
        BankOutcome::Failed(BankFailure::Recalled),
        BankOutcome::Waiting,
        BankOutcome::Unknown,
        BankOutcome::NoSuchOrder,
    ];
    let Some(outcome) = pick(&outcomes, acts.byte()).cloned() else { return };
    let order = BankOrderId { letter, attempt: 1 + u32::from(acts.byte() % 3) };
    happen(stage, DATONG, Input::BankReply(BankReply { order, outcome }));
}

/// The transfers of a node that have not ended.
fn open(stage: &Stage, center: CenterCode) -> Vec<TransferId> {
    let Some(actor) = stage.actors.get(&center) else { return Vec::new() };
    let prefix = key(Area::TransferOpen, &[]);
    let rows = actor.engine.store().range(&prefix, &prefix_end(&prefix), 16);
    let id = |row: &(Vec<u8>, Vec<u8>)| row.0.get(1..)?.try_into().ok();
    rows.iter().flatten().filter_map(id).map(TransferId::new).collect()
}

fn letters(stage: &Stage) -> Vec<LetterNumber> {
    let mut letters = BTreeSet::new();
    for center in [TAIYUAN, DATONG] {
        for transfer in open(stage, center) {
            let Some(actor) = stage.actors.get(&center) else { continue };
            let found = transfers::find(&Staged::new(actor.engine.store()), transfer);
            let found = found.unwrap_or_else(|error| panic!("a store is damaged: {error}"));
            letters.extend(found.map(|(_, case)| case.letter.number));
        }
    }
    letters.into_iter().collect()
}

fn decide(stage: &mut Stage, acts: &mut Acts<'_>) {
    let center = *pick(&[TAIYUAN, DATONG], acts.byte()).unwrap_or(&TAIYUAN);
    let Some(transfer) = pick(&open(stage, center), acts.byte()).copied() else { return };
    let (operator, transfer) = (members::operator("reviewer"), TransferName::Id(transfer));
    let decisions = [
        Decision::Approve,
        Decision::Accept(None),
        Decision::Settle(None),
        Decision::SendSheet,
        Decision::PayAgain,
        Decision::Renew(None),
        Decision::Restore,
        Decision::Wait,
        Decision::Close,
    ];
    let wish = match pick(&decisions, acts.byte() % 10) {
        Some(decision) if acts.byte() != 0xff => {
            TransferCommand::Decide { operator, transfer, decision: decision.clone() }
        }
        Some(_) | None => TransferCommand::Cancel { operator, transfer, remark: None },
    };
    command(stage, center, wish);
}

fn command(stage: &mut Stage, center: CenterCode, wish: TransferCommand) {
    let request = RequestId(u64::MAX);
    let command = Box::new(Command::Transfer(Box::new(wish)));
    happen(stage, center, Input::Command { request, command });
}

/// One round of a node, after which everything must hold. What the node says can be used later.
fn happen(stage: &mut Stage, center: CenterCode, input: Input) -> Vec<Output> {
    let outputs = stage.round(center, input);
    check_books(stage, center);
    for output in &outputs {
        match output {
            Output::Deliver { to, statement, .. } | Output::Ask { to, statement, .. } => {
                keep(stage, (center, *to), Way::Statement, statement);
            }
            Output::Sync { to, frame, .. } => {
                keep(stage, (center, *to), Way::SyncRequest, frame);
                assert_nobody(frame);
            }
            Output::Publish { statement } => {
                keep(stage, (center, other_than(center)), Way::Heartbeat, statement);
                assert_nobody(statement);
            }
            Output::PublishCheckpoint { note } => {
                keep(stage, (center, other_than(center)), Way::Checkpoint, note);
                assert_nobody(note);
            }
            Output::FetchRoster { frame, .. } => assert_nobody(frame),
            Output::Event(event) => assert_nobody(format!("{event:?}").as_bytes()),
            Output::Respond { reply, .. } => assert_nobody(format!("{reply:?}").as_bytes()),
            Output::Reply { .. }
            | Output::JudgeGossip { .. }
            | Output::RosterChanged(_)
            | Output::CoreOrder(_)
            | Output::BankOrder(_)
            | Output::BankAsk(_)
            | Output::BankRecall(_)
            | Output::DialBack { .. } => {}
        }
    }
    outputs
}

fn other_than(center: CenterCode) -> CenterCode {
    if center == TAIYUAN { DATONG } else { TAIYUAN }
}

fn keep(stage: &mut Stage, (from, to): (CenterCode, CenterCode), way: Way, bytes: &[u8]) {
    if way == Way::Statement || way == Way::Heartbeat {
        let received = Received::parse(bytes.to_vec());
        assert!(received.is_ok(), "a node says what nobody can read");
    }
    stage.said.push(Said { from, to, way, bytes: bytes.to_vec() });
}

/// Nothing personal leaves a center but in a statement to a member.
fn assert_nobody(bytes: &[u8]) {
    let holds = |mark: &str| bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
    assert!(!MARKS.into_iter().any(holds), "personal data outside of a statement");
}

fn check_books(stage: &Stage, center: CenterCode) {
    let Some(actor) = stage.actors.get(&center) else { return };
    if members::role(center) == Role::Authority {
        return;
    }
    let view = Staged::new(actor.engine.store());
    let sums = ledger::trial_balance(&view).unwrap_or_else(|error| panic!("the ledger: {error}"));
    assert_eq!(sums.sum(), 0, "the ledger of {center} does not sum to zero");
    for number in 1..=4 {
        for status in [AccountStatus::Normal, AccountStatus::Sealed] {
            let balance = ledger::balance(&view, &members::account_number(number, status));
            let balance = balance.unwrap_or_else(|error| panic!("the ledger: {error}"));
            assert!(balance.is_none_or(|fen| fen >= Fen::ZERO), "an account is below zero");
        }
    }
}
