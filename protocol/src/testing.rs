//! Several engines joined by a virtual link, with a virtual clock: what protocol tests run on.
//!
//! **Promises.** No thread and no real time: the same calls give the same bytes. Statements are
//! verified on arrival exactly as a node does.
//! **Left to others.** Faults at random: the simulator.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::center::{CenterCode, Role};
use crate::cose::{self, Received};
use crate::engine::command::{Command, Reply};
use crate::engine::input::{Failure, Input, RequestId};
use crate::engine::output::{CommandRefusal, Event, Output, PeerReply};
use crate::engine::{Engine, Ports, rosters, single, tags};
use crate::id::QueryId;
use crate::key::MemoryKeyring;
use crate::refusal::Refusal;
use crate::roster::join_file::JoinFile;
use crate::store::memory::MemoryStore;
use crate::store::{Staged, Store, View};
use crate::subject::{MemoryTagger, TagEpoch};
use crate::time::{Date, Timestamp};
use crate::wire::{DeliveryReply, QueryReply};

pub(crate) mod bank;
pub(crate) mod certificates;
pub(crate) mod lending;
pub(crate) mod logs;
mod loss;
mod members;
pub(crate) mod people;
mod soundness;

use members::settings;
pub(crate) use members::{admit, applicant, joined, keyring, network, root, rotated, seed, tagger};

/// Taiyuan (太原).
pub(crate) const TAIYUAN: CenterCode = code(140_100);
/// Datong (大同).
pub(crate) const DATONG: CenterCode = code(140_200);
/// Linfen (临汾).
pub(crate) const LINFEN: CenterCode = code(141_000);
/// The provincial authority.
pub(crate) const AUTHORITY: CenterCode = code(140_000);

pub(crate) const MEMBERS: [(CenterCode, Role); 4] = [
    (AUTHORITY, Role::Authority),
    (TAIYUAN, Role::Center),
    (DATONG, Role::Center),
    (LINFEN, Role::Center),
];

const fn code(number: u32) -> CenterCode {
    match CenterCode::new(number) {
        Ok(code) => code,
        Err(_) => panic!("not a center code"),
    }
}

/// A network of engines.
pub(crate) struct Province {
    /// The nodes.
    pub(crate) nodes: BTreeMap<CenterCode, TestNode>,
    /// The virtual time.
    pub(crate) now: Timestamp,
    /// By how many milliseconds a node's clock is wrong.
    pub(crate) skew: BTreeMap<CenterCode, i64>,
    /// Links that carry nothing, from and to.
    pub(crate) cut: BTreeSet<(CenterCode, CenterCode)>,
    /// Messages that get lost one by one.
    pub(crate) loss: loss::Loss,
    /// What local callers got back.
    pub(crate) replies: BTreeMap<RequestId, Result<Box<Reply>, CommandRefusal>>,
    /// What the nodes told their watchers.
    pub(crate) events: Vec<(CenterCode, Event)>,
    /// Outputs for ports outside the network, such as a bank; a test takes and answers them.
    pub(crate) outside: VecDeque<(CenterCode, Output)>,
    /// Replies to sync requests that a test made in a member's name.
    strays: BTreeMap<RequestId, Vec<u8>>,
    /// A test has written into a store what no engine writes.
    is_tampered: bool,
    waiting: BTreeMap<RequestId, Waiting>,
    inbox: VecDeque<(CenterCode, Input)>,
    next: u64,
}

/// One engine with its keys.
pub(crate) struct TestNode {
    /// The engine.
    pub(crate) engine: Engine<MemoryStore>,
    /// Its keys.
    pub(crate) keyring: MemoryKeyring,
    /// Its tag keys.
    pub(crate) tagger: MemoryTagger,
}

impl TestNode {
    /// Writes to the store of a node that stands still.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut dyn View)) {
        let mut store = self.engine.store().clone();
        let mut view = Staged::new(&store);
        write(&mut view);
        let batch = view.into_batch();
        store.commit(batch).unwrap();
        self.engine =
            Engine::open(store, self.engine.settings().clone(), Timestamp::from_ms(i64::MAX))
                .unwrap();
    }
}

/// Who waits for the reply to a request, at the node that was asked.
enum Waiting {
    Query { asker: CenterCode, asked: CenterCode, query: QueryId },
    Row { sender: CenterCode, receiver: CenterCode, row: u64 },
    Sync { asker: CenterCode, asked: CenterCode, token: u64 },
    Roster { asker: CenterCode },
}

impl Province {
    /// Taiyuan, Datong, Linfen and the authority, all active, at 2026-05-06 09:00 in China.
    pub(crate) fn new() -> Self {
        Self::of(&MEMBERS)
    }

    /// The same at 09:00 in China of another day.
    pub(crate) fn starting(day: Date) -> Self {
        let mut province = Self::empty();
        province.now = Timestamp::start_of(day).plus_ms(9 * 3_600_000);
        province.with_members(&MEMBERS)
    }

    /// No node yet, at 2026-05-06 09:00 in China.
    pub(crate) fn empty() -> Self {
        Self {
            nodes: BTreeMap::new(),
            now: Timestamp::start_of(Date::new(2026, 5, 6).unwrap()).plus_ms(9 * 3_600_000),
            skew: BTreeMap::new(),
            cut: BTreeSet::new(),
            loss: loss::Loss::default(),
            replies: BTreeMap::new(),
            events: Vec::new(),
            outside: VecDeque::new(),
            strays: BTreeMap::new(),
            is_tampered: false,
            waiting: BTreeMap::new(),
            inbox: VecDeque::new(),
            next: 1,
        }
    }

    /// Cuts a node off from all others.
    pub(crate) fn cut_off(&mut self, code: CenterCode) {
        for other in self.nodes.keys().filter(|other| **other != code) {
            self.cut.extend([(code, *other), (*other, code)]);
        }
    }

    /// Tells each node that every other one has connected, as far as the links carry.
    pub(crate) fn connect_all(&mut self) {
        let codes: Vec<CenterCode> = self.nodes.keys().copied().collect();
        for at in &codes {
            for center in codes.iter().copied().filter(|center| center != at) {
                if !self.is_cut(*at, center) {
                    self.inbox.push_back((*at, Input::Connected { center }));
                }
            }
        }
        self.drive();
    }

    /// A network of these members, by ascending code.
    pub(crate) fn of(members: &[(CenterCode, Role)]) -> Self {
        Self::empty().with_members(members)
    }

    fn with_members(mut self, members: &[(CenterCode, Role)]) -> Self {
        let province = &mut self;
        let now = province.now;
        let file = joined(members, now);
        let roster = file.open().unwrap().roster.into_roster();
        for (code, role) in members {
            let node = province.place(*code, *role, &file);
            // The tag key is where it belongs from the start, so that nothing else is on its way.
            if *role == Role::Center {
                node.tagger.insert(TagEpoch(1), [7; 32].into());
                node.write(|view| tags::handed_on(view, &roster));
            }
        }
        for (code, _) in members {
            province.inbox.push_back((*code, Input::Started));
        }
        province.drive();
        self
    }

    /// Adds a node with a join file, as `fundlink net join` does, and starts it.
    pub(crate) fn join(&mut self, code: CenterCode, role: Role, file: &JoinFile) {
        self.place(code, role, file);
        self.inbox.push_back((code, Input::Started));
        self.drive();
    }

    fn place(&mut self, code: CenterCode, role: Role, file: &JoinFile) -> &mut TestNode {
        let mut store = MemoryStore::default();
        rosters::install(&mut store, file).unwrap();
        let engine = Engine::open(store, settings(code, role), self.now).unwrap();
        let node = TestNode { engine, keyring: keyring(code), tagger: tagger(code) };
        self.nodes.insert(code, node);
        self.node(code)
    }

    /// A node.
    pub(crate) fn node(&mut self, code: CenterCode) -> &mut TestNode {
        self.nodes.get_mut(&code).unwrap()
    }

    /// Gives a command to a node, drives the network until it is idle, and takes the reply.
    pub(crate) fn command(
        &mut self,
        at: CenterCode,
        command: Command,
    ) -> Result<Box<Reply>, CommandRefusal> {
        let request = self.give(at, command);
        self.drive();
        self.replies.remove(&request).expect("every command gets a reply")
    }

    /// Gives a command to a node and leaves the reply for later.
    pub(crate) fn give(&mut self, at: CenterCode, command: Command) -> RequestId {
        let request = self.request();
        self.inbox.push_back((at, Input::Command { request, command: Box::new(command) }));
        request
    }

    /// Gives an input to a node.
    pub(crate) fn input(&mut self, at: CenterCode, input: Input) {
        self.inbox.push_back((at, input));
    }

    /// Handles inputs, one round each, until none is waiting.
    pub(crate) fn drive(&mut self) {
        let mut rounds = 0;
        while self.step() {
            rounds += 1;
            assert!(rounds < 200_000, "the network does not come to rest");
        }
    }

    /// Handles one input; false when none is waiting.
    pub(crate) fn step(&mut self) -> bool {
        let Some((at, input)) = self.inbox.pop_front() else {
            return false;
        };
        self.round(at, vec![input]);
        true
    }

    /// Lets time pass, firing each node's timers when they are due.
    ///
    /// Over more than ten minutes heartbeats are left out until the last: they would be most of
    /// what a test of working days computes.
    pub(crate) fn advance(&mut self, ms: i64) {
        let end = self.now.plus_ms(ms);
        self.drive();
        let quiet = ms > 600_000;
        loop {
            // What a round did may have brought a heartbeat forward.
            if quiet && self.now < end {
                self.set_heartbeats(end);
            }
            let timeouts = self.nodes.iter().filter_map(|(code, node)| {
                let due = node.engine.next_timeout().unwrap();
                due.map(|at| (at.plus_ms(self.skew.get(code).map_or(0, |ahead| -ahead)), *code))
            });
            let Some((at, code)) = timeouts.min().filter(|(at, _)| *at <= end) else {
                break;
            };
            self.now = self.now.max(at);
            self.round(code, vec![Input::Tick]);
            self.drive();
        }
        self.now = end;
    }

    /// Kills a node and starts it again from its store; requests that it had open are lost.
    pub(crate) fn restart(&mut self, code: CenterCode) {
        self.inbox.retain(|(at, _)| *at != code);
        let mut node = self.nodes.remove(&code).unwrap();
        let settings = node.engine.settings().clone();
        let store = node.engine.into_store();
        node.engine = Engine::open(store, settings, self.clock(code)).unwrap();
        self.nodes.insert(code, node);
        self.inbox.push_back((code, Input::Started));
        self.drive();
    }

    /// The random bytes of a node's next round.
    fn seed(&mut self, at: CenterCode) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.next.to_be_bytes());
        seed[8..12].copy_from_slice(&at.to_key());
        self.next += 1;
        seed
    }

    /// Runs one round of a node and carries its outputs.
    pub(crate) fn round(&mut self, at: CenterCode, inputs: Vec<Input>) {
        let seed = self.seed(at);
        let now = self.clock(at);
        let node = self.nodes.get_mut(&at).unwrap();
        let ports = Ports { keyring: &mut node.keyring, tagger: &mut node.tagger };
        let outputs = node.engine.round(now, &seed, inputs, ports).unwrap();
        for output in outputs {
            self.carry(at, output);
        }
    }

    fn carry(&mut self, at: CenterCode, output: Output) {
        match output {
            Output::Respond { request, reply } => self.carry_reply(request, reply),
            Output::Reply { request, reply } => {
                self.replies.insert(request, reply);
            }
            Output::Ask { to, query, statement } => {
                let waiting = Waiting::Query { asker: at, asked: to, query };
                self.carry_statement(at, to, statement, waiting);
            }
            Output::Deliver { to, row, statement } => {
                let waiting = Waiting::Row { sender: at, receiver: to, row };
                self.carry_statement(at, to, statement, waiting);
            }
            Output::Sync { to, token, frame } => {
                let request = self.request();
                if self.loses(at, to) {
                    let outcome = Err(Failure::Unreachable);
                    self.inbox.push_back((at, Input::SyncReplied { from: to, token, outcome }));
                } else {
                    self.waiting.insert(request, Waiting::Sync { asker: at, asked: to, token });
                    self.inbox.push_back((to, Input::SyncRequested { from: at, request, frame }));
                }
            }
            Output::Publish { statement } => self.carry_gossip(at, &statement),
            Output::PublishCheckpoint { note } => self.carry_checkpoint(at, &note),
            Output::FetchRoster { from, frame } => {
                let request = self.request();
                if !self.is_cut(at, from) {
                    self.waiting.insert(request, Waiting::Roster { asker: at });
                    self.inbox.push_back((from, Input::RosterRequested { request, frame }));
                }
            }
            Output::Event(event) => self.events.push((at, event)),
            Output::JudgeGossip { .. } | Output::RosterChanged(_) | Output::DialBack { .. } => {}
            outside @ (Output::CoreOrder(_)
            | Output::BankOrder(_)
            | Output::BankAsk(_)
            | Output::BankRecall(_)) => self.outside.push_back((at, outside)),
        }
    }

    fn carry_statement(
        &mut self,
        from: CenterCode,
        to: CenterCode,
        bytes: Vec<u8>,
        waiting: Waiting,
    ) {
        let request = self.request();
        if self.loses(from, to) {
            self.waiting.insert(request, waiting);
            self.fail(request, Failure::Unreachable);
            return;
        }
        self.waiting.insert(request, waiting);
        match self.verify(to, bytes) {
            Ok(statement) => {
                let statement = Box::new(statement);
                self.inbox.push_back((to, Input::Statement { from, request, statement }));
            }
            Err(refusal) => self.refuse(request, refusal),
        }
    }

    /// What a node's verification workers do with bytes that come in.
    pub(crate) fn verify(&self, at: CenterCode, bytes: Vec<u8>) -> Result<cose::Verified, Refusal> {
        let engine = &self.nodes[&at].engine;
        let keys = engine.roster().key_table();
        Received::parse(bytes)?.verify(&keys, engine.settings().network.as_str(), self.now)
    }

    fn carry_gossip(&mut self, at: CenterCode, bytes: &[u8]) {
        let others: Vec<CenterCode> = self.nodes.keys().copied().filter(|to| *to != at).collect();
        for to in others {
            if self.loses(at, to) {
                continue;
            }
            let message = self.request().0;
            if let Ok(statement) = self.verify(to, bytes.to_vec()) {
                let statement = Box::new(statement);
                self.inbox.push_back((to, Input::Gossip { from: at, message, statement }));
            }
        }
    }

    fn carry_reply(&mut self, request: RequestId, reply: PeerReply) {
        let Some(waiting) = self.waiting.remove(&request) else {
            if let PeerReply::Sync(frame) = reply {
                self.strays.insert(request, frame);
            }
            return;
        };
        match (waiting, reply) {
            (Waiting::Query { asker, asked, query }, PeerReply::Query(reply)) => {
                let outcome = match reply {
                    QueryReply::Answer(bytes) => {
                        self.verify(asker, bytes.into()).map(Box::new).map_err(Failure::Invalid)
                    }
                    QueryReply::Refused(refusal) => Err(Failure::Refused(refusal)),
                };
                self.answer(asked, asker, Input::Answered { from: asked, query, outcome });
            }
            (Waiting::Row { sender, receiver, row }, PeerReply::Delivery(reply)) => {
                let input = Input::Delivered { to: receiver, row, outcome: Ok(reply) };
                self.answer(receiver, sender, input);
            }
            (Waiting::Sync { asker, asked, token }, PeerReply::Sync(frame)) => {
                let input = Input::SyncReplied { from: asked, token, outcome: Ok(frame) };
                self.answer(asked, asker, input);
            }
            (Waiting::Roster { asker }, PeerReply::Roster(frame)) => {
                self.inbox.push_back((asker, Input::RosterReplied { frame: frame.into() }));
            }
            (_, reply) => panic!("a reply on another protocol than the request: {reply:?}"),
        }
    }

    /// What a node replies to bytes that do not verify.
    fn refuse(&mut self, request: RequestId, refusal: Refusal) {
        if !matches!(self.waiting.get(&request), Some(Waiting::Row { .. })) {
            return self.fail(request, Failure::Refused(refusal));
        }
        let later = matches!(refusal, Refusal::KeyUnknown | Refusal::KeyNotYet);
        let reply = if later { DeliveryReply::Later } else { DeliveryReply::Refused };
        self.carry_reply(request, PeerReply::Delivery(reply(refusal)));
    }

    fn fail(&mut self, request: RequestId, failure: Failure) {
        let outcome = failure;
        match self.waiting.remove(&request) {
            Some(Waiting::Query { asker, asked, query }) => self
                .inbox
                .push_back((asker, Input::Answered { from: asked, query, outcome: Err(outcome) })),
            Some(Waiting::Row { sender, receiver, row }) => self
                .inbox
                .push_back((sender, Input::Delivered { to: receiver, row, outcome: Err(outcome) })),
            Some(Waiting::Sync { .. } | Waiting::Roster { .. }) | None => {}
        }
    }

    fn is_cut(&self, from: CenterCode, to: CenterCode) -> bool {
        self.cut.contains(&(from, to)) || !self.nodes.contains_key(&to)
    }

    fn request(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next)
    }
}

#[test]
fn every_node_of_a_province_says_how_it_stands() {
    let mut province = Province::new();
    for center in [TAIYUAN, DATONG, LINFEN, AUTHORITY] {
        let reply = province.command(center, Command::Status).unwrap();
        let Reply::Status(status) = *reply else { panic!("another reply") };
        assert_eq!(status.center, center);
        assert_eq!(status.members.len(), 3);
        assert!(!status.recovering, "the witnesses have answered");
        assert!(status.members.iter().all(|member| member.current && member.waiting == 0));
    }
}

#[test]
fn a_restarted_node_keeps_its_roster_and_its_clock() {
    let mut province = Province::new();
    province.advance(1_000);
    province.input(DATONG, Input::Tick);
    province.drive();
    let store = province.node(DATONG).engine.store().clone();
    assert_eq!(single::clock(&Staged::new(&store)).unwrap(), province.now);
    let roster = province.node(DATONG).engine.roster().clone();
    province.restart(DATONG);
    assert_eq!(*province.node(DATONG).engine.roster(), roster);
}
