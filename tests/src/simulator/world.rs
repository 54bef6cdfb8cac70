//! The simulated network: nodes, clocks, links and the bank, in one thread and one queue of events.
//!
//! **Promises.** The nodes run the engine that real nodes run; statements are verified on arrival
//! exactly as a node does. The same seed gives the same events, byte by byte.
//! **Left to others.** What callers want: `workload`. What must hold: `auditor`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::core_system::{CoreOrder, CoreOutcome};
use fundlink_protocol::engine::input::Input;
use fundlink_protocol::engine::output::Output;
use fundlink_protocol::engine::store_check::Expected;
use fundlink_protocol::engine::{CoreDriver, Engine, Settings, bank as bank_rows, rosters};
use fundlink_protocol::id::OrderId;
use fundlink_protocol::key::{KeyPurpose, Keyring};
use fundlink_protocol::roster::KeyTable;
use fundlink_protocol::roster::join_file::JoinFile;
use fundlink_protocol::settlement::BankReply;
use fundlink_protocol::store::Staged;
use fundlink_protocol::store::memory::MemoryStore;
use fundlink_protocol::subject::MemoryTagger;
use fundlink_protocol::time::Timestamp;

use super::Progress;
use super::auditor::{Auditor, Broken};
use super::bank::{Act, Bank};
use super::core_system::Core;
use super::disk::Disk;
use super::members::{self, KeyType, Keys};
use super::network::{Links, Packet};
use super::plan::{Fault, Plan};
use super::relapse::Relapses;
use super::rounds::{Callers, Tempo, Waiting};
use super::schedule::Schedule;
use super::trace::Trace;

/// Something that happens.
#[derive(Debug)]
pub(super) enum Event {
    /// A packet arrives.
    Packet(Packet),
    /// A request has had its time.
    TimedOut(u64),
    /// An engine wants to be woken.
    Tick(CenterCode, Timestamp),
    /// A node's commit is over, and something waits.
    Round(CenterCode, u32),
    /// A node that is down comes up.
    Start(CenterCode),
    /// A center looks what its bank reports.
    Poll(CenterCode),
    /// The bank does something.
    Bank(Act),
    /// The bank says what became of an order.
    BankReply(CenterCode, u32, BankReply),
    /// A core system gets an order.
    CoreOrder(CenterCode, CoreOrder),
    /// A core system says what became of an order.
    CoreOutcome(CenterCode, OrderId, CoreOutcome),
    /// A minute is over: links and clocks may change.
    Minute,
    /// A link that was cut carries again.
    Mend(CenterCode, CenterCode),
    /// A suspended member is to do everything again.
    Reinstate(CenterCode),
}

/// A member's machine.
pub(super) struct Node {
    /// What runs on it, unless it is down.
    pub(super) engine: Option<Engine<Disk>>,
    /// Its disk while it is down.
    disk: Option<Disk>,
    settings: Settings,
    /// The core system, where its center has one of its own.
    pub(super) core: Option<Core>,
    pub(super) keys: Keys,
    pub(super) keyring: Box<dyn Keyring>,
    pub(super) tagger: MemoryTagger,
    /// What waits for its next round.
    pub(super) waiting: Waiting,
    /// The keys of all members by the roster in force, as workers keep them.
    pub(super) key_table: KeyTable,
    /// How far its clock is ahead.
    pub(super) skew_ms: i64,
    /// How much it gains in a minute.
    pub(super) drift_ms: i64,
    /// One more each time it comes up: what was asked in an earlier life is nobody's.
    pub(super) life: u32,
    tick: Option<Timestamp>,
    /// How often it was woken in this minute.
    woken: (i64, u32),
}

/// The network.
pub(super) struct World {
    /// The time outside of every machine.
    pub(super) now: Timestamp,
    pub(super) nodes: BTreeMap<CenterCode, Node>,
    pub(super) bank: Bank,
    pub(super) plan: Plan,
    pub(super) random: fastrand::Rng,
    pub(super) auditor: Auditor,
    pub(super) links: Links,
    /// Until when somebody is out of everybody's reach.
    pub(super) away_until: Timestamp,
    pub(super) schedule: Schedule<Event>,
    pub(super) trace: Trace,
    /// Events so far.
    pub(super) events: u64,
    /// How long all of it has slept.
    pub(super) slept_ms: i64,
    /// Who watches is told how far this run is, and until when it was.
    pub(super) progress: Arc<Progress>,
    told: Timestamp,
    /// Whether disks now and then lose what they have acknowledged.
    pub(super) disks_lie: bool,
    /// How long disks take.
    pub(super) tempo: Tempo,
    pub(super) callers: Callers,
    pub(super) kind: KeyType,
    /// Centers that keep accounts.
    pub(super) centers: u32,
    /// The member that lies.
    pub(super) hostile: CenterCode,
    /// Statements that were seen on their way.
    pub(super) captured: Vec<Packet>,
    pub(super) suspended: BTreeSet<CenterCode>,
    /// Centers whose people decide nothing.
    pub(super) idle: BTreeSet<CenterCode>,
    pub(super) rotated: BTreeSet<(CenterCode, KeyPurpose)>,
    /// What one center had at some time.
    pub(super) backup: Option<(CenterCode, MemoryStore)>,
    pub(super) relapses: Relapses,
}

const POLL_MS: i64 = 20_000;
/// Wakes in one minute of a node that has come to no end: a recovery looks through what it has in hundreds.
const WAKES_A_MINUTE_MAX: u32 = 5_000;
const MINUTE_MS: i64 = 60_000;

impl Node {
    /// What is on its disk.
    pub(super) fn disk(&self) -> &Disk {
        match (&self.engine, &self.disk) {
            (Some(engine), _) => engine.store(),
            (None, Some(disk)) => disk,
            (None, None) => unreachable!("a node runs or is down"),
        }
    }

    /// What its clock shows.
    pub(super) fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(self.skew_ms)
    }

    /// Whose disk it is.
    pub(super) fn expected(&self) -> Expected {
        Expected {
            network: self.settings.network.clone(),
            center: self.settings.center,
            core_driver: self.settings.core_driver,
        }
    }

    /// Whether whatever its people decide takes two of them.
    pub(super) const fn takes_two(&self) -> bool {
        self.settings.policy.decisions_need_reviewer
    }

    /// Whether it keeps accounts.
    pub(super) fn is_center(&self) -> bool {
        self.settings.role == Role::Center
    }
}

impl World {
    /// The authority and so many centers, installed and not started.
    pub(super) fn new(
        centers: u32,
        now: Timestamp,
        (plan, mut random, kind): (Plan, fastrand::Rng, KeyType),
        trace: Trace,
    ) -> Self {
        let tempo = Tempo::draw(&mut random);
        let file = members::joined(centers, now, &kind);
        let mut world = Self {
            now,
            nodes: BTreeMap::new(),
            bank: Bank::default(),
            plan,
            random,
            auditor: Auditor::default(),
            links: Links::default(),
            away_until: now,
            schedule: Schedule::default(),
            trace,
            events: 0,
            slept_ms: 0,
            progress: Arc::default(),
            told: now,
            disks_lie: false,
            tempo,
            callers: Callers::default(),
            kind,
            centers,
            hostile: members::center(centers),
            captured: Vec::new(),
            suspended: BTreeSet::new(),
            idle: BTreeSet::new(),
            rotated: BTreeSet::new(),
            backup: None,
            relapses: Relapses::default(),
        };
        world.place(members::AUTHORITY, Role::Authority, &file);
        for number in 1..=centers {
            world.place(members::center(number), Role::Center, &file);
        }
        world.schedule.add(now.plus_ms(MINUTE_MS), Event::Minute);
        world
    }

    pub(super) fn place(&mut self, code: CenterCode, role: Role, file: &JoinFile) {
        let mut disk = Disk::default();
        // A join file that was just made opens.
        drop(rosters::install(&mut disk, file));
        drop(disk.take_changes());
        let keys = Keys::of(code, self.kind.clone());
        let mut settings = members::settings(code, role);
        let has_core =
            role == Role::Center && self.plan.holds(Fault::ExternalCore, &mut self.random);
        if has_core {
            settings.core_driver = CoreDriver::External;
        }
        if role == Role::Center && self.plan.holds(Fault::TwoPersons, &mut self.random) {
            settings.policy.letter_needs_reviewer = true;
            settings.policy.decisions_need_reviewer = true;
            settings.policy.loan_needs_reviewer = true;
        }
        if role == Role::Center && self.plan.holds(Fault::ShortDeadlines, &mut self.random) {
            let policy = &mut settings.policy;
            for days in [
                &mut policy.acceptance_days,
                &mut policy.settlement_days,
                &mut policy.credit_days,
                &mut policy.case_days,
            ] {
                *days = self.random.u32(1..=2);
            }
        }
        settings.policy.cancellable_until_settled =
            role == Role::Center && self.plan.holds(Fault::LateWithdrawals, &mut self.random);
        let node = Node {
            engine: None,
            disk: Some(disk),
            settings,
            core: has_core.then(Core::default),
            keyring: keys.in_use(None, self.now),
            keys,
            tagger: members::tagger(code),
            waiting: Waiting::default(),
            key_table: KeyTable::default(),
            skew_ms: 0,
            drift_ms: 0,
            life: 0,
            tick: None,
            woken: (0, 0),
        };
        self.nodes.insert(code, node);
        self.schedule.add(self.now, Event::Start(code));
        if role == Role::Center {
            self.schedule.add(self.now.plus_ms(POLL_MS), Event::Poll(code));
        }
    }

    /// The members, by code.
    pub(super) fn codes(&self) -> Vec<CenterCode> {
        self.nodes.keys().copied().collect()
    }

    /// Lets everything happen that is due until then.
    pub(super) fn run_until(&mut self, end: Timestamp) -> Result<(), Broken> {
        while let Some((at, event)) = self.schedule.take(end) {
            self.now = self.now.max(at);
            self.events += 1;
            self.progress.event(self.now.ms_since(self.told));
            self.told = self.now;
            self.trace.event(self.now, &event);
            self.happen(event)?;
            for (at, act) in self.bank.take_acts() {
                self.schedule.add(at, Event::Bank(act));
            }
        }
        self.now = self.now.max(end);
        Ok(())
    }

    /// Hours pass in which nobody hears anybody: what was due happens late, all at once.
    pub(super) fn sleep(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.slept_ms += ms;
    }

    fn happen(&mut self, event: Event) -> Result<(), Broken> {
        match event {
            Event::Packet(packet) => self.arrive(packet),
            Event::TimedOut(ask) => self.time_out(ask),
            Event::Tick(center, at) => {
                let due = self.nodes.get(&center).is_some_and(|node| node.tick == Some(at));
                if due { self.wake(center) } else { Ok(()) }
            }
            Event::Round(center, life) => self.go_on(center, life),
            Event::Start(center) => self.start(center),
            Event::Poll(center) => {
                self.schedule.add(self.now.plus_ms(POLL_MS), Event::Poll(center));
                self.poll(center)
            }
            Event::Bank(act) => {
                let executed = self.bank.act(self.now, &act, &mut self.plan, &mut self.random);
                match executed {
                    Some(key) => self.auditor.on_payment(&self.nodes, &self.bank, key),
                    None => Ok(()),
                }
            }
            Event::BankReply(center, life, reply) => {
                let lives = self.nodes.get(&center).is_some_and(|node| node.life == life);
                if lives { self.give(center, Input::BankReply(reply)) } else { Ok(()) }
            }
            Event::CoreOrder(center, order) => self.take_core_order(center, &order),
            Event::CoreOutcome(center, order, outcome) => {
                self.give(center, Input::CoreOutcome { order, outcome })
            }
            Event::Minute => {
                self.schedule.add(self.now.plus_ms(MINUTE_MS), Event::Minute);
                self.change_weather();
                if self.plan.is_on() {
                    self.lie();
                    self.pry();
                    self.change_members()?;
                }
                Ok(())
            }
            Event::Reinstate(center) => self.reinstate(center),
            Event::Mend(from, to) => {
                self.links.mend(from, to);
                self.connect(from, to)
            }
        }
    }

    pub(super) fn carry(&mut self, center: CenterCode, output: Output) {
        let now = self.now;
        match output {
            Output::Reply { request, reply } => self.answer(center, (request, reply)),
            Output::BankOrder(order) => {
                let reply = self.bank.order(now, (center, order), &mut self.plan, &mut self.random);
                if let Some(reply) = reply {
                    self.bank_says(center, reply);
                }
            }
            Output::BankAsk(id) => {
                let reply = self.bank.ask(now, (center, id));
                self.bank_says(center, reply);
            }
            Output::BankRecall(id) => {
                let reply = self.bank.recall(now, (center, id));
                self.bank_says(center, reply);
            }
            Output::RosterChanged(_) => self.follow_roster(center),
            Output::CoreOrder(order) => self.order_core(center, order),
            Output::Event(_) | Output::JudgeGossip { .. } | Output::DialBack { .. } => {}
            sent @ (Output::Respond { .. }
            | Output::Ask { .. }
            | Output::Deliver { .. }
            | Output::Sync { .. }
            | Output::Publish { .. }
            | Output::PublishCheckpoint { .. }
            | Output::FetchRoster { .. }) => self.send(center, sent),
        }
    }

    /// Workers take the keys of the roster in force, and the node signs with those that it lists.
    fn follow_roster(&mut self, center: CenterCode) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&center) else { return };
        let Some(engine) = &node.engine else { return };
        node.key_table = engine.roster().key_table();
        node.keyring = node.keys.in_use(Some(engine.roster()), node.clock(now));
    }

    fn bank_says(&mut self, center: CenterCode, reply: BankReply) {
        let Some(node) = self.nodes.get(&center) else { return };
        let soon = self.now.plus_ms(self.random.i64(5..300));
        self.schedule.add(soon, Event::BankReply(center, node.life, reply));
    }

    /// Ends a node at once; what it was about to send or to take in is lost.
    pub(super) fn crash(&mut self, center: CenterCode) {
        let Some(node) = self.nodes.get_mut(&center) else { return };
        let Some(engine) = node.engine.take() else { return };
        node.disk = Some(engine.into_store());
        node.tick = None;
        node.waiting.clear();
        self.links.forget(center);
        self.trace.line(format_args!("{center} is down"));
        // Most come up again at once, some after minutes.
        let longest = if self.random.u8(0..8) == 0 { 180_000 } else { 5_000 };
        let later = self.now.plus_ms(self.random.i64(500..longest));
        self.schedule.add(later, Event::Start(center));
    }

    /// Sets a node back to what it once had, and starts it.
    pub(super) fn set_disk(&mut self, center: CenterCode, backup: MemoryStore) {
        self.crash(center);
        if let Some(disk) = self.nodes.get_mut(&center).and_then(|node| node.disk.as_mut()) {
            disk.roll_back(backup);
        }
        self.trace.line(format_args!("{center} is set back"));
        self.schedule.add(self.now.plus_ms(1_000), Event::Start(center));
    }

    /// What a member signs with.
    pub(super) fn keyring(&mut self, center: CenterCode) -> Option<&mut dyn Keyring> {
        self.nodes.get_mut(&center).map(|node| &mut *node.keyring as &mut dyn Keyring)
    }

    pub(super) fn start(&mut self, center: CenterCode) -> Result<(), Broken> {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(&center) else { return Ok(()) };
        let Some(disk) = node.disk.take() else { return Ok(()) };
        let engine = Engine::open(disk, node.settings.clone(), node.clock(now));
        node.engine =
            Some(engine.map_err(|error| Broken::new(format!("a start of {center}: {error}")))?);
        node.life += 1;
        self.follow_roster(center);
        self.trace.line(format_args!("{center} is up"));
        self.auditor.after_start(&self.nodes, center)?;
        self.give(center, Input::Started)?;
        for other in self.codes() {
            self.connect(center, other)?;
        }
        Ok(())
    }

    /// Two nodes that are up find each other, if the links between them carry.
    pub(super) fn connect(&mut self, one: CenterCode, other: CenterCode) -> Result<(), Broken> {
        let is_up = |code| self.nodes.get(&code).is_some_and(|node| node.engine.is_some());
        let carries = self.links.carries(one, other) && self.links.carries(other, one);
        if one == other || !is_up(one) || !is_up(other) || !carries {
            return Ok(());
        }
        self.give(one, Input::Connected { center: other })?;
        self.give(other, Input::Connected { center: one })
    }

    fn poll(&mut self, center: CenterCode) -> Result<(), Broken> {
        let Some(engine) = self.nodes.get(&center).and_then(|node| node.engine.as_ref()) else {
            return Ok(());
        };
        let cursor = bank_rows::cursor(&Staged::new(engine.store()));
        let cursor = cursor.map_err(|error| Broken::new(error.to_string()))?;
        let page = self.bank.notices(self.now, (center, cursor), &mut self.plan, &mut self.random);
        match page {
            Some((cursor, notices)) => self.give(center, Input::BankNotices { cursor, notices }),
            None => Ok(()),
        }
    }

    /// Wakes a node as it wanted to be. One that wants it again and again comes to nothing: its machine
    /// is busy for good.
    fn wake(&mut self, center: CenterCode) -> Result<(), Broken> {
        if let Some(node) = self.nodes.get_mut(&center) {
            let minute = self.now.ms() / MINUTE_MS;
            let before = if node.woken.0 == minute { node.woken.1 } else { 0 };
            node.woken = (minute, before + 1);
            if before >= WAKES_A_MINUTE_MAX {
                return Err(Broken::new(format!("{center} is woken without end")));
            }
        }
        self.give(center, Input::Tick)
    }

    /// Sees to it that a node is woken when it wants to be.
    pub(super) fn wake_in_time(&mut self, center: CenterCode) -> Result<(), Broken> {
        let Some(node) = self.nodes.get_mut(&center) else { return Ok(()) };
        let Some(engine) = &node.engine else { return Ok(()) };
        let wanted = engine.next_timeout().map_err(|error| Broken::new(error.to_string()))?;
        let wanted = wanted.map(|at| at.plus_ms(-node.skew_ms).max(self.now.plus_ms(1)));
        if node.tick.is_none_or(|set| set <= self.now || wanted.is_some_and(|at| at < set)) {
            node.tick = wanted;
            if let Some(at) = wanted {
                self.schedule.add(at, Event::Tick(center, at));
            }
        }
        Ok(())
    }
}
