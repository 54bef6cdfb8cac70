//! A network of whole nodes, made with the commands that a newcomer uses.
//!
//! **Promises.** Members are processes with folders, keys, ports and stores of their own; nothing is
//! handed from one to the other but what people hand over: an enrolment, a fingerprint, a join file.
//! When a province is dropped, no process and no file of it is left.
//! **Left to others.** Records: `dump`. What is asked and transferred: the tests.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fundlink_node::clock;
use fundlink_node::config::file::{
    BankDriverName, ConfigFile, OperatorTable, ReceivingAccountTable, RoleOfOperator,
};
use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::{Date, Timestamp};
use fundlink_testnet::bank::{Bank, BankServer, Behaviour};
use fundlink_testnet::member::{ADMINISTRATOR, AUTHORITY, BANK_NAME, CLERK, Identity, REVIEWER};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::member::Member;
use crate::program::until;

/// How a province is made.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The cities; the authority is always there.
    pub cities: &'static [Identity],
    /// Cities that are set up like the others and not admitted yet.
    pub later: &'static [Identity],
    /// The time at which the nodes and the bank begin; the machine's when absent.
    pub begin: Option<Timestamp>,
    /// What a city's special account (专户) holds at first.
    pub cash: Fen,
    /// What else is changed in a member's configuration before it joins.
    pub configure: fn(Identity, &mut ConfigFile),
}

/// A network that runs.
#[derive(Debug)]
pub struct Province {
    /// The authority, then the cities.
    pub members: Vec<Member>,
    /// The bank of all special accounts.
    pub bank: BankServer,
    // After those who use them, for they are dropped in this order.
    runtime: Runtime,
    offset_s: Arc<AtomicI64>,
    folder: TempDir,
}

/// An hour of a day in China.
///
/// # Panics
/// When the day is not one, as `2026-05-20`.
#[must_use]
pub fn at(day: &str, hour: i64) -> Timestamp {
    Timestamp::start_of(Date::parse(day).expect("a day")).plus_ms(hour * 3_600_000)
}

/// How long anything that nodes do together may take: far more than it does.
pub const LIMIT: Duration = Duration::from_secs(60);
/// The name of the network.
pub const NETWORK: &str = "province";

impl Plan {
    /// A province of these cities, at the machine's time, with ten million yuan at each bank.
    #[must_use]
    pub const fn of(cities: &'static [Identity]) -> Self {
        Self { cities, later: &[], begin: None, cash: TEN_MILLION, configure: |_, _| {} }
    }
}

const TEN_MILLION: Fen = match Fen::new(1_000_000_000) {
    Ok(fen) => fen,
    Err(_) => Fen::ZERO,
};

impl Province {
    /// Makes a network, starts its nodes, and waits until all have the roster that lists them.
    ///
    /// # Panics
    /// When a step fails.
    #[must_use]
    pub fn form(plan: &Plan) -> Self {
        let mut province = Self::prepare(plan);
        let (authority, cities) = province.members.split_first_mut().expect("an authority");
        authority.run(&["net", "create", "--no-passphrase", "--name", AUTHORITY.name]).done();
        authority.start();
        let (cities, _) = cities.split_at_mut(plan.cities.len());
        for city in &mut *cities {
            admit(authority, city);
        }
        for city in cities {
            city.start();
        }
        province.await_roster(plan.cities.len() + 1);
        province
    }

    /// A city that was set up is admitted and started; waits until all have the roster that lists it.
    ///
    /// # Panics
    /// When a step fails.
    pub fn join(&mut self, identity: Identity) {
        admit(self.member(AUTHORITY), self.member(identity));
        self.member_mut(identity).start();
        let listed = self.members.iter().filter(|member| member.is_started()).count();
        self.await_roster(listed);
    }

    /// Folders, keys and configurations of members that have no network yet.
    fn prepare(plan: &Plan) -> Self {
        let runtime = Runtime::new().expect("threads");
        let folder = tempfile::tempdir().expect("a folder");
        let wall = clock::wall_time();
        let offset_s = plan.begin.map_or(0, |begin| begin.ms_since(wall) / 1_000);
        let offset_s = Arc::new(AtomicI64::new(offset_s));
        let bank = start_bank(plan, &runtime, Arc::clone(&offset_s));
        let cities = plan.cities.iter().chain(plan.later).copied();
        let identities = [AUTHORITY].into_iter().chain(cities);
        let members = identities.map(|identity| Member::new(identity, folder.path())).collect();
        let province = Self { members, bank, runtime, offset_s, folder };
        for member in &province.members {
            province.initialise(member, plan);
        }
        province
    }

    fn initialise(&self, member: &Member, plan: &Plan) {
        let Identity { center, special_account, .. } = member.identity;
        let role = if special_account.is_some() { "center" } else { "authority" };
        let home = member.home.to_str().expect("a temporary folder has a plain name");
        let (address, health) = (member.address(), member.health());
        let words = ["init", "--no-passphrase", "--network", NETWORK, "--center", center];
        let more = ["--role", role, "--dir", home, "--listen", &address, "--health", &health];
        member.run(&[&words[..], &more].concat()).done();
        member.configure(|file| {
            file.operator = vec![
                operator(CLERK, RoleOfOperator::Clerk),
                operator(REVIEWER, RoleOfOperator::Reviewer),
                operator(ADMINISTRATOR, RoleOfOperator::SystemAdministrator),
            ];
            if let Some(number) = special_account {
                file.bank.driver = BankDriverName::Http;
                file.bank.url = Some(self.bank.url());
                file.receiving_account = Some(ReceivingAccountTable {
                    number: number.to_owned(),
                    name: member.identity.name.to_owned(),
                    bank: BANK_NAME.to_owned(),
                });
            }
            file.bank.poll_ms = 100;
            file.clock.offset_s = self.offset_s.load(Ordering::Relaxed);
            (plan.configure)(member.identity, file);
        });
    }

    /// A member.
    ///
    /// # Panics
    /// When it is not in the plan.
    #[must_use]
    pub fn member(&self, identity: Identity) -> &Member {
        let mut members = self.members.iter();
        members.find(|member| member.identity == identity).expect("it is in the plan")
    }

    /// A member, to be started, stopped or killed.
    ///
    /// # Panics
    /// When it is not in the plan.
    #[must_use]
    pub fn member_mut(&mut self, identity: Identity) -> &mut Member {
        let mut members = self.members.iter_mut();
        members.find(|member| member.identity == identity).expect("it is in the plan")
    }

    /// Where what does not run in a node runs.
    #[must_use]
    pub const fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// A folder of the test's own, gone when the province is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The time at the nodes and at the bank.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        now(&self.offset_s)
    }

    /// Lets a service of every city act by itself as far as this mode goes.
    ///
    /// # Panics
    /// When a node refuses.
    pub fn set_mode(&self, service: &str, mode: &str) {
        let runs = |member: &&Member| member.identity.is_city() && member.is_started();
        for city in self.members.iter().filter(runs) {
            city.run(&["mode", "set", service, mode, "--operator", ADMINISTRATOR]).done();
        }
    }

    /// Moves the time of all nodes and of the bank forward; those that run are started anew with it.
    ///
    /// # Panics
    /// When a node does not stop or start.
    pub fn advance_to(&mut self, time: Timestamp) {
        let running: Vec<bool> = self.members.iter().map(Member::is_started).collect();
        for member in self.members.iter_mut().filter(|member| member.is_started()) {
            member.stop();
        }
        let offset_s = time.ms_since(clock::wall_time()) / 1_000;
        self.offset_s.store(offset_s, Ordering::Relaxed);
        for (member, runs) in self.members.iter_mut().zip(running) {
            member.configure(|file| file.clock.offset_s = offset_s);
            if runs {
                member.start();
            }
        }
    }

    /// Looks again and again until there is something.
    ///
    /// # Panics
    /// When a node ends, or there is nothing in time: then with the ends of the nodes' logs.
    pub fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let found = until(LIMIT, || {
            for member in &mut self.members {
                let ended = if member.is_started() { member.ended() } else { None };
                assert!(ended.is_none(), "{what}: a node ended: {}", member.log());
            }
            look(self)
        });
        found.unwrap_or_else(|| panic!("{what} does not come\n{}", self.last_words()))
    }

    /// The ends of the nodes' logs.
    #[must_use]
    pub fn last_words(&self) -> String {
        let last = |member: &Member| {
            let log = member.log();
            let lines: Vec<&str> = log.lines().rev().take(LAST_LINES).collect();
            let lines: String = lines.into_iter().rev().map(|line| format!("  {line}\n")).collect();
            format!("{}:\n{lines}", member.identity.english)
        };
        self.members.iter().map(last).collect()
    }

    /// Waits until every node has the roster and has heard its witnesses: then it signs letters.
    fn await_roster(&mut self, count: usize) {
        self.until("the roster that lists everybody", |province| {
            let is_ready = |member: &Member| {
                let roster = member.ask(&["net", "show"]);
                let listed = roster["members"].as_array().map_or(0, Vec::len);
                listed == count && !member.is_recovering()
            };
            province.members.iter().filter(|member| member.is_started()).all(is_ready).then_some(())
        });
    }
}

const LAST_LINES: usize = 15;

/// A new member enrols, the authority compares the fingerprint and admits, the member joins.
///
/// # Panics
/// When a step fails.
pub fn admit(authority: &Member, city: &Member) {
    let enrol = ["net", "enrol", "--authority", AUTHORITY.center, "--name", city.identity.name];
    let enrolled = city.ask(&enrol);
    let text = |key: &str| enrolled[key].as_str().expect("a text").to_owned();
    let (file, fingerprint) = (text("enrolment"), text("fingerprint"));
    let join_file = city.home.join("network.join");
    let join_file = join_file.to_str().expect("a temporary folder has a plain name");
    authority
        .run(&["net", "admit", &file, "--fingerprint", &fingerprint, "--out", join_file])
        .done();
    city.run(&["net", "join", join_file]).done();
    fs::remove_file(join_file).expect("it was written");
}

fn start_bank(plan: &Plan, runtime: &Runtime, offset_s: Arc<AtomicI64>) -> BankServer {
    let mut bank = Bank::new(Behaviour::default());
    for city in plan.cities.iter().chain(plan.later) {
        let number = city.special_account.expect("a city has a special account");
        let number = CorporateAccount::parse(number).expect("a number of an account");
        bank.open(number, city.name.to_owned(), plan.cash);
    }
    let clock = Arc::new(move || now(&offset_s));
    runtime.block_on(BankServer::start(bank, clock, 0)).expect("a port is free")
}

fn now(offset_s: &AtomicI64) -> Timestamp {
    clock::wall_time().plus_ms(offset_s.load(Ordering::Relaxed).saturating_mul(1_000))
}

fn operator(id: &str, role: RoleOfOperator) -> OperatorTable {
    OperatorTable { id: id.to_owned(), name: id.to_owned(), roles: vec![role] }
}
