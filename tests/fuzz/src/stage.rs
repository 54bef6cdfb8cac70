//! A small network of engines in memory, in which a person asks, another moves, and everything that is
//! said is kept.
//!
//! **Promises.** The same calls give the same bytes. Statements are verified on arrival as a node does.
//! A [`Moment`] is the state of every node before a statement arrived: a story can begin there.
//! **Left to others.** What happens after such a moment: [`crate::engine`], [`crate::control`].

#![expect(clippy::expect_used, clippy::panic, reason = "on the stage everything goes as it should")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{LazyLock, Mutex, PoisonError};

use fundlink_protocol::account::{AccountStatus, SerialNumber};
use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::Received;
use fundlink_protocol::dossier::Wish;
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::imports::{ImportItem, ImportOrder};
use fundlink_protocol::engine::input::{Input, RequestId};
use fundlink_protocol::engine::modes::ServiceMode;
use fundlink_protocol::engine::output::{Output, PeerReply};
use fundlink_protocol::engine::records::Totals;
use fundlink_protocol::engine::transfer_command::{Application, TransferCommand};
use fundlink_protocol::engine::{Engine, Ports, rosters};
use fundlink_protocol::id::{FileHash, QueryId};
use fundlink_protocol::key::MemoryKeyring;
use fundlink_protocol::log_trust::VerifiedCheckpoint;
use fundlink_protocol::mode::{Mode, Service};
use fundlink_protocol::money::Fen;
use fundlink_protocol::plain_text::PlainText;
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::settlement::{
    BankNotice, BankOrder, BankOutcome, BankReference, BankReply, Direction, NoticeCursor,
};
use fundlink_protocol::statement::query::Consent;
use fundlink_protocol::store::memory::MemoryStore;
use fundlink_protocol::subject::MemoryTagger;
use fundlink_protocol::time::{Date, Timestamp};
use fundlink_protocol::wire::QueryReply;

use crate::members::{self, DATONG, LINFEN, MEMBERS, TAIYUAN};

/// One node.
pub(crate) struct Actor {
    /// The engine.
    pub(crate) engine: Engine<MemoryStore>,
    /// Its keys.
    pub(crate) keyring: MemoryKeyring,
    /// Its tag keys.
    pub(crate) tagger: MemoryTagger,
}

/// Something that was said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// By whom.
    pub(crate) from: CenterCode,
    /// To whom.
    pub(crate) to: CenterCode,
    /// In which way.
    pub(crate) way: Way,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
}

/// The ways on which bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A statement of the query or the transfer protocol.
    Statement,
    /// A request of the sync protocol.
    SyncRequest,
    /// A reply of it, with the token of what was asked.
    SyncReply(u64),
    /// A request of the roster protocol.
    RosterRequest,
    /// A reply of it.
    RosterReply,
    /// A heartbeat.
    Heartbeat,
    /// A checkpoint.
    Checkpoint,
}

/// The state of all nodes before something arrived.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// What is stored.
    pub(crate) stores: BTreeMap<CenterCode, MemoryStore>,
    /// When.
    pub(crate) now: Timestamp,
}

/// The nodes, and what waits between them.
pub(crate) struct Stage {
    /// The nodes.
    pub(crate) actors: BTreeMap<CenterCode, Actor>,
    /// The time.
    pub(crate) now: Timestamp,
    /// All that was said since the people were there.
    pub(crate) said: Vec<Said>,
    /// The state before each statement.
    pub(crate) moments: Vec<Moment>,
    inbox: VecDeque<(CenterCode, Input)>,
    waiting: BTreeMap<RequestId, Waiting>,
    lines: BTreeMap<CenterCode, u64>,
    next: u64,
    is_kept: bool,
}

/// Who waits for the reply to a request.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    Query { asker: CenterCode, asked: CenterCode, query: QueryId },
    Row { sender: CenterCode, receiver: CenterCode, row: u64 },
    Sync { asker: CenterCode, asked: CenterCode, token: u64 },
    Roster { asker: CenterCode, asked: CenterCode },
}

static STAGE: LazyLock<Mutex<Stage>> = LazyLock::new(|| Mutex::new(Stage::played()));

/// Lets something happen on the stage, after all that was played on it.
pub(crate) fn on_stage<T>(act: impl FnOnce(&mut Stage) -> T) -> T {
    act(&mut STAGE.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Stage {
    fn played() -> Self {
        let day = Date::new(2026, 5, 20).expect("a day");
        let now = Timestamp::start_of(day).plus_ms(9 * 3_600_000);
        let file = members::joined(now);
        let actor = |code: CenterCode| {
            let mut store = MemoryStore::default();
            rosters::install(&mut store, &file).expect("a file that was just made");
            let engine = Engine::open(store, members::settings(code), now).expect("a new store");
            let (keyring, tagger) = (members::keyring(code), members::tagger(code));
            (code, Actor { engine, keyring, tagger })
        };
        let mut stage = Self {
            actors: MEMBERS.map(actor).into(),
            now,
            said: Vec::new(),
            moments: Vec::new(),
            inbox: MEMBERS.map(|code| (code, Input::Started)).into(),
            waiting: BTreeMap::new(),
            lines: BTreeMap::new(),
            next: 0,
            is_kept: false,
        };
        stage.meet();
        stage.pass(20_000);
        for center in [TAIYUAN, DATONG, LINFEN] {
            stage.furnish(center, day);
        }
        stage.pass(120_000);
        stage.is_kept = true;
        stage.command(TAIYUAN, Command::Ask(Box::new(question(day))));
        let start = TransferCommand::Start(Box::new(application(1, day)));
        stage.command(TAIYUAN, Command::Transfer(Box::new(start)));
        stage.pass(90_000);
        let start = TransferCommand::Start(Box::new(application(2, day)));
        stage.command(TAIYUAN, Command::Transfer(Box::new(start)));
        stage.pass(30_000);
        stage.keep_moment();
        stage
    }

    /// All connections come up.
    fn meet(&mut self) {
        for at in MEMBERS {
            let others = MEMBERS.into_iter().filter(|center| *center != at);
            self.inbox.extend(others.map(|center| (at, Input::Connected { center })));
        }
        self.drive();
    }

    /// Opens accounts in a center, and lets its services act.
    fn furnish(&mut self, center: CenterCode, today: Date) {
        let (status, deposits) = match center {
            TAIYUAN => (AccountStatus::Normal, 0),
            _ => (AccountStatus::Sealed, 9),
        };
        let numbers: &[u8] = if center == LINFEN { &[4] } else { &[1, 2, 3] };
        let account = |number: &u8| members::account(center, (*number, status), deposits, today);
        let accounts: Vec<_> = numbers.iter().map(account).collect();
        let balances = accounts.iter().map(|account| account.record.account.balance);
        let expected = Totals {
            accounts: numbers.len() as u64,
            balances: Fen::checked_sum(balances).expect("a small sum"),
            ..Totals::default()
        };
        let (operator, files) = (members::operator("clerk"), FileHash::new([1; 32]));
        let order = ImportOrder { operator: operator.clone(), as_of: self.now, files, expected };
        let item = |account| ImportItem::Account(Box::new(account));
        self.command(center, Command::ImportBegin(Box::new(order)));
        self.command(center, Command::ImportRecords(accounts.into_iter().map(item).collect()));
        self.command(center, Command::ImportCommit);
        for service in Service::ALL {
            let wanted = ServiceMode { service: *service, mode: Mode::Auto };
            self.command(center, Command::SetMode { operator: operator.clone(), wanted });
        }
    }

    /// Gives a command, which is carried out.
    fn command(&mut self, center: CenterCode, command: Command) {
        let request = RequestId(u64::MAX);
        let command = Box::new(command);
        self.inbox.push_back((center, Input::Command { request, command }));
        self.drive();
    }

    /// Time passes.
    fn pass(&mut self, ms: i64) {
        for _ in 0..ms / 1_000 {
            self.now = self.now.plus_ms(1_000);
            self.inbox.extend(MEMBERS.map(|code| (code, Input::Tick)));
            self.drive();
        }
    }

    fn drive(&mut self) {
        while let Some((center, input)) = self.inbox.pop_front() {
            for output in self.round(center, input) {
                self.carry(center, output);
            }
        }
    }

    /// One round of a node.
    pub(crate) fn round(&mut self, center: CenterCode, input: Input) -> Vec<Output> {
        self.next += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.next.to_be_bytes());
        let Some(actor) = self.actors.get_mut(&center) else { return Vec::new() };
        let ports = Ports { keyring: &mut actor.keyring, tagger: &mut actor.tagger };
        let outputs = actor.engine.round(self.now, &seed, vec![input], ports);
        outputs.expect("no store fails here, and every key is there")
    }

    /// A number that names a request.
    pub(crate) fn request(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next)
    }

    fn keep(&mut self, said: Said) {
        if self.is_kept {
            if said.way == Way::Statement {
                self.keep_moment();
            }
            self.said.push(said);
        }
    }

    fn keep_moment(&mut self) {
        let stores = self.actors.iter();
        let stores = stores.map(|(code, actor)| (*code, actor.engine.store().clone())).collect();
        self.moments.push(Moment { stores, now: self.now });
    }

    fn carry(&mut self, from: CenterCode, output: Output) {
        match output {
            Output::Respond { request, reply } => self.reply(request, reply),
            Output::Ask { to, query, statement } => {
                let waiting = Waiting::Query { asker: from, asked: to, query };
                self.send((from, to), Way::Statement, statement, waiting);
            }
            Output::Deliver { to, row, statement } => {
                let waiting = Waiting::Row { sender: from, receiver: to, row };
                self.send((from, to), Way::Statement, statement, waiting);
            }
            Output::Sync { to, token, frame } => {
                let waiting = Waiting::Sync { asker: from, asked: to, token };
                self.send((from, to), Way::SyncRequest, frame, waiting);
            }
            Output::FetchRoster { from: to, frame } => {
                let waiting = Waiting::Roster { asker: from, asked: to };
                self.send((from, to), Way::RosterRequest, frame, waiting);
            }
            Output::Publish { statement } => self.tell(from, Way::Heartbeat, &statement),
            Output::PublishCheckpoint { note } => self.tell(from, Way::Checkpoint, &note),
            Output::BankOrder(order) => self.pay(from, &order),
            Output::Reply { reply, .. } => assert!(reply.is_ok(), "refused: {reply:?}"),
            Output::BankAsk(_)
            | Output::BankRecall(_)
            | Output::CoreOrder(_)
            | Output::JudgeGossip { .. }
            | Output::DialBack { .. }
            | Output::RosterChanged(_)
            | Output::Event(_) => {}
        }
    }

    fn send(
        &mut self,
        (from, to): (CenterCode, CenterCode),
        way: Way,
        bytes: Vec<u8>,
        waiting: Waiting,
    ) {
        let request = self.request();
        self.waiting.insert(request, waiting);
        let said = Said { from, to, way, bytes };
        self.keep(said.clone());
        let input = self.input(&said, request).expect("what a node says can be read");
        self.inbox.push_back((to, input));
    }

    fn tell(&mut self, from: CenterCode, way: Way, bytes: &[u8]) {
        for to in MEMBERS.into_iter().filter(|to| *to != from) {
            let said = Said { from, to, way, bytes: bytes.to_vec() };
            self.keep(said.clone());
            let request = self.request();
            let input = self.input(&said, request).expect("what a node says can be read");
            self.inbox.push_back((to, input));
        }
    }

    /// What bytes are to the node that they come to; none when they are refused before the engine.
    pub(crate) fn input(&self, said: &Said, request: RequestId) -> Option<Input> {
        let Said { from, to, way, bytes } = said;
        let (from, engine) = (*from, &self.actors.get(to)?.engine);
        let verified = || {
            let received = Received::parse(bytes.clone()).ok()?;
            let keys = engine.roster().key_table();
            received.verify(&keys, members::network().as_str(), self.now).ok().map(Box::new)
        };
        let frame = bytes.clone();
        Some(match way {
            Way::Statement => Input::Statement { from, request, statement: verified()? },
            Way::Heartbeat => Input::Gossip { from, message: request.0, statement: verified()? },
            Way::Checkpoint => {
                let checkpoint = VerifiedCheckpoint::verify(bytes, &engine.log_trust(self.now));
                let checkpoint = Box::new(checkpoint.ok()?);
                Input::GossipCheckpoint { from, message: request.0, checkpoint }
            }
            Way::SyncRequest => Input::SyncRequested { from, request, frame },
            Way::SyncReply(token) => Input::SyncReplied { from, token: *token, outcome: Ok(frame) },
            Way::RosterRequest => Input::RosterRequested { request, frame },
            Way::RosterReply => Input::RosterReplied { frame: frame.into() },
        })
    }

    fn reply(&mut self, request: RequestId, reply: PeerReply) {
        let Some(waiting) = self.waiting.remove(&request) else { return };
        let (to, input) = match (waiting, reply) {
            (
                Waiting::Query { asker, asked, query },
                PeerReply::Query(QueryReply::Answer(bytes)),
            ) => {
                let bytes: Vec<u8> = bytes.into();
                let said = Said { from: asked, to: asker, way: Way::Statement, bytes };
                self.keep(said.clone());
                let Some(Input::Statement { statement, .. }) = self.input(&said, request) else {
                    return;
                };
                (asker, Input::Answered { from: asked, query, outcome: Ok(statement) })
            }
            (Waiting::Row { sender, receiver, row }, PeerReply::Delivery(reply)) => {
                (sender, Input::Delivered { to: receiver, row, outcome: Ok(reply) })
            }
            (Waiting::Sync { asker, asked, token }, PeerReply::Sync(bytes)) => {
                let said = Said { from: asked, to: asker, way: Way::SyncReply(token), bytes };
                self.keep(said.clone());
                (asker, self.input(&said, request).expect("a frame"))
            }
            (Waiting::Roster { asker, asked }, PeerReply::Roster(bytes)) => {
                let said = Said { from: asked, to: asker, way: Way::RosterReply, bytes };
                self.keep(said.clone());
                (asker, self.input(&said, request).expect("a frame"))
            }
            (waiting, reply) => panic!("{reply:?} as a reply to {waiting:?}"),
        };
        self.inbox.push_back((to, input));
    }

    /// The bank pays at once, and both sides see it.
    fn pay(&mut self, payer: CenterCode, order: &BankOrder) {
        let on = self.now.date().expect("a date");
        let reply = BankReply { order: order.id, outcome: BankOutcome::Executed(on) };
        self.inbox.push_back((payer, Input::BankReply(reply)));
        for (center, direction) in [(payer, Direction::Debit), (TAIYUAN, Direction::Credit)] {
            let line = self.lines.entry(center).or_default();
            *line += 1;
            let cursor = NoticeCursor(*line);
            let notice =
                notice(center, direction, order.amount, (&order.id.letter.to_string(), *line), on);
            self.inbox.push_back((center, Input::BankNotices { cursor, notices: vec![notice] }));
        }
    }
}

/// A line of a special account.
pub(crate) fn notice(
    center: CenterCode,
    direction: Direction,
    amount: Fen,
    (summary, line): (&str, u64),
    booked_on: Date,
) -> BankNotice {
    let reference = PlainText::parse(&format!("R{line}")).expect("a reference");
    BankNotice {
        account: CorporateAccount::parse(&members::special_account(center)).expect("a number"),
        reference: BankReference(reference),
        direction,
        amount,
        summary: PlainText::parse(summary).ok(),
        counterpart: None,
        counterpart_name: None,
        booked_on,
    }
}

fn consent() -> Consent {
    let reference = SerialNumber::parse("C-1").expect("a serial");
    Consent { reference, digest: FileHash::new([1; 32]) }
}

/// The move of a person from Datong to Taiyuan.
pub(crate) fn application(number: u8, today: Date) -> Application {
    Application {
        operator: members::operator("clerk"),
        to: DATONG,
        person: members::person(number, today),
        account: members::account_number(number, AccountStatus::Sealed),
        employer: None,
        consent: consent(),
        remark: None,
    }
}

fn question(today: Date) -> Wish {
    Wish {
        operator: members::operator("clerk"),
        to: None,
        kind: QueryKind::Dossier,
        purpose: Purpose::LoanApplication,
        subjects: vec![members::person(3, today), members::person(4, today)],
        transfer: None,
        consent: Some(consent()),
        serial: SerialNumber::parse("DK-1").expect("a serial"),
        before: None,
        property: None,
        certificates: Vec::new(),
    }
}
