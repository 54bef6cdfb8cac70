//! Nodes under load that are killed at random moments, and what callers were told compared with what
//! is there in the end.
//!
//! **Promises.** Every transfer that a caller was told of is there and ends; every account that moved
//! is closed at zero on one side and credited once on the other; the bank has paid each letter once;
//! every ledger sums to zero and no yuan is gone. The moments and the victims follow from the seed;
//! what a node was doing then does not, for its processes are real.
//! **Left to others.** Faults of the link, the disk and the clock: the simulator.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::document::resident_number_of;
use fundlink_protocol::money::Fen;
use fundlink_testnet::bank::Behaviour;
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, TAIYUAN};
use serde_json::Value;

use crate::dump::{Dump, Saver};
use crate::program::{self, Said, once_recovered};
use crate::province::{Plan, Province, at};

/// How many kills, over how many moving persons.
#[derive(Clone, Copy, Debug)]
pub struct Kills {
    /// How often a node is killed.
    pub kills: u32,
    /// How many persons move while that happens; one letter each.
    pub movers: u32,
    /// Which moments, which victims, how long a victim stays down.
    pub seed: u64,
}

/// What came of it. There is nothing lost and nothing doubled, or there is no report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Nodes killed.
    pub kills: u32,
    /// Of them, while a caller waited for the answer to a command.
    pub during_command: u32,
    /// Of them, while a transfer was under way at the victim.
    pub during_transfer: u32,
    /// Commands that ended without an answer because the node was killed.
    pub unanswered: u32,
    /// Of them, those whose transfer was there all the same.
    pub unanswered_but_done: u32,
    /// Transfers that callers were told of; all have completed.
    pub transfers: u32,
}

/// A person with a sealed account in one city and a running one in the other.
struct Mover {
    from: Identity,
    to: Identity,
    sealed: Saver,
    running: Saver,
    /// The transfer that a caller was told of.
    told: Option<String>,
}

struct Run {
    province: Province,
    movers: Vec<Mover>,
    random: fastrand::Rng,
    report: Report,
}

/// Where the money of a city is, in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    persons: i64,
    cash: i64,
    bank: i64,
}

/// A call that is on its way while a node is killed: whom it moves, and what came of it.
struct Call {
    mover: usize,
    said: Said,
}

const CITIES: [Identity; 2] = [TAIYUAN, DATONG];
const BEGIN: &str = "2026-05-20";
/// A node stays down so long at most, in milliseconds.
const DOWN_MS_MAX: u64 = 400;
/// From the start of a transfer to the kill, at most: about as long as one takes.
const PAUSE_MS_MAX: u64 = 900;

impl Kills {
    /// Runs it; `tell` hears after each kill what there was so far.
    ///
    /// # Panics
    /// When something is lost or doubled, or a node does not come back.
    pub fn run(self, mut tell: impl FnMut(&Report)) -> Report {
        let plan = Plan { begin: Some(at(BEGIN, 9)), ..Plan::of(&CITIES) };
        let mut run = Run {
            province: Province::form(&plan),
            movers: (0..self.movers).map(mover).collect(),
            random: fastrand::Rng::with_seed(self.seed),
            report: Report::default(),
        };
        run.prepare();
        let before = CITIES.map(|city| run.standing(city));
        let mut next = 0;
        while run.report.kills < self.kills {
            // The load is spread over the kills, so that each of them meets transfers under way.
            let done = u64::from(run.report.kills) + 1;
            let due = done * u64::from(self.movers) / u64::from(self.kills);
            let mut calls = Vec::new();
            while next < run.movers.len() && (next as u64) < due {
                calls.push(next);
                next += 1;
            }
            run.kill_during(&calls);
            tell(&run.report);
        }
        run.await_ends();
        run.compare(&before);
        run.report
    }
}

impl Run {
    fn prepare(&mut self) {
        for city in CITIES {
            let mut dump = Dump::new();
            for mover in &self.movers {
                dump.add(if mover.from == city { &mover.sealed } else { &mover.running });
            }
            let folder = self.province.folder().join(format!("{}-dump", city.english));
            dump.write(&folder);
            let folder = folder.to_str().expect("a temporary folder has a plain name");
            self.province.member(city).run(&["data", "import", folder, "--operator", CLERK]).done();
        }
        self.province.set_mode("transfer", "auto");
        // The bank takes its time, so that there is a moment to be killed at in every state.
        let slow =
            Behaviour { execute_after_ms: 150, credit_after_ms: 150, ..Behaviour::default() };
        self.province.bank.with(|bank, _| bank.set_usual(slow));
    }

    /// Lets callers start transfers, and kills a node at some moment of it.
    fn kill_during(&mut self, movers: &[usize]) {
        let pause = Duration::from_millis(self.random.u64(0..PAUSE_MS_MAX));
        let victim = match self.random.u8(0..8) {
            0 => AUTHORITY,
            1..4 => TAIYUAN,
            _ => DATONG,
        };
        let commands: Vec<(usize, PathBuf, Vec<String>)> =
            movers.iter().map(|mover| self.command(*mover)).collect();
        let calling = thread::spawn(move || -> Vec<Call> {
            let call = |(mover, home, words): (usize, PathBuf, Vec<String>)| {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                Call { mover, said: program::run(&home, &words) }
            };
            commands.into_iter().map(call).collect()
        });
        thread::sleep(pause);
        let open = self.province.member(victim).ask(&["transfer", "list"]);
        let under_way = open.as_array().is_some_and(|open| !open.is_empty());
        let caller_waits = !calling.is_finished();
        self.province.member_mut(victim).kill();
        self.report.kills += 1;
        self.report.during_transfer += u32::from(under_way);
        self.report.during_command += u32::from(caller_waits);
        thread::sleep(Duration::from_millis(self.random.u64(0..DOWN_MS_MAX)));
        let calls = calling.join().expect("a command ends");
        self.province.member_mut(victim).start();
        for call in calls {
            self.take(&call);
        }
    }

    /// The command that starts a person's transfer, and where it is given.
    fn command(&self, index: usize) -> (usize, PathBuf, Vec<String>) {
        let Mover { from, to, sealed: Saver { name, document, account, .. }, .. } =
            &self.movers[index];
        // It names the person, and is what the person has signed.
        let file = self.province.folder().join(format!("mover-{index}.csv"));
        let text = format!("XingMing,ZJHM,GRZH\n{name},{document},{account}\n");
        fs::write(&file, text).expect("a file can be written");
        let file = file.to_str().expect("a temporary folder has a plain name");
        let words = ["--json", "transfer", "start", "--from", from.center, "--operator", CLERK];
        let papers = ["--consent", "C-1", "--consent-file", file, "--subject-file", file];
        let words = words.iter().chain(&papers).map(|word| (*word).to_owned()).collect();
        (index, self.province.member(*to).home.clone(), words)
    }

    /// What a caller was told. One who got no answer looks whether the transfer is there, and if it
    /// is not, asks again.
    fn take(&mut self, call: &Call) {
        let Call { mover, said } = call;
        if said.exit == Some(0) {
            self.told(*mover, said.json()["transfer"].as_str().expect("its id").to_owned());
            return;
        }
        assert_eq!(said.exit, Some(3), "no rule stands against it: {}", said.all());
        self.report.unanswered += 1;
        if let Some(there) = self.untold(self.movers[*mover].to) {
            self.report.unanswered_but_done += 1;
            self.told(*mover, there);
            return;
        }
        let (_, home, words) = self.command(*mover);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let again = once_recovered(|| program::run(&home, &words)).done().json();
        self.told(*mover, again["transfer"].as_str().expect("its id").to_owned());
    }

    fn told(&mut self, mover: usize, transfer: String) {
        self.movers[mover].told = Some(transfer);
        self.report.transfers += 1;
    }

    /// A transfer into a city that no caller was told of.
    fn untold(&self, city: Identity) -> Option<String> {
        let told: BTreeSet<&str> = self.movers.iter().filter_map(|m| m.told.as_deref()).collect();
        let list = self.list(city, "in");
        let mut ids = list.iter().map(|line| line["transfer"].as_str().expect("its id"));
        ids.find(|id| !told.contains(id)).map(str::to_owned)
    }

    fn list(&self, city: Identity, side: &str) -> Vec<Value> {
        let list = ["transfer", "list", "--ended", "--side", side];
        let list = self.province.member(city).ask(&list);
        list.as_array().expect("a list").clone()
    }

    fn await_ends(&mut self) {
        let Self { province, movers, .. } = self;
        province.until("the end of every transfer", |province| {
            let ended = |city: Identity| {
                let list = ["transfer", "list", "--ended"];
                let list = province.member(city).ask(&list);
                let list = list.as_array().expect("a list");
                list.len() == movers.len() && list.iter().all(|line| line["ended"] == true)
            };
            CITIES.into_iter().all(ended).then_some(())
        });
    }

    /// Everything that was told is there, once.
    fn compare(&self, before: &[Standing; 2]) {
        let mut interest = 0;
        for city in CITIES {
            let told = self.movers.iter().filter(|mover| mover.to == city).count();
            assert_eq!(self.list(city, "in").len(), told, "transfers that nobody asked for");
        }
        for mover in &self.movers {
            let told = mover.told.as_deref().expect("every caller was told something");
            let arrived = self.province.member(mover.to).ask(&["transfer", "show", told]);
            let left = self.province.member(mover.from).ask(&["transfer", "show", told]);
            for side in [&arrived, &left] {
                assert_eq!(side["state"], "completed", "{told}");
                assert_eq!(side["code"], "00", "{told}");
                let lines = side["lines"].as_array().expect("the bank's lines");
                let [line] = lines.as_slice() else { panic!("{told}: {} lines", lines.len()) };
                assert_eq!(line["amount"], side["sheet"]["amount"], "{told}");
            }
            assert_eq!(arrived["sheet"], left["sheet"], "{told}: one sheet");
            assert_eq!(fen(&left["sheet"]["principal"]), mover.sealed.balance(), "{told}");
            interest += fen(&left["sheet"]["interest"]);
        }
        let after = CITIES.map(|city| self.standing(city));
        let persons = |standings: &[Standing; 2]| standings.iter().map(|s| s.persons).sum::<i64>();
        assert_eq!(persons(&after), persons(before) + interest, "what the persons own");
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(after.cash - before.cash, after.bank - before.bank, "cash and bank");
        }
        let bank = self.province.bank.with(|bank, now| bank.totals_at(now));
        assert_eq!((bank.on_the_way_fen, bank.suspense_fen), (0, 0), "nothing is on its way");
    }

    /// Where the money of a city is; its ledger sums to zero, and nothing is in suspense.
    fn standing(&self, city: Identity) -> Standing {
        let sums = self.province.member(city).ask(&["ledger"]);
        for zero in ["sum", "suspense_out", "suspense_in"] {
            assert_eq!(fen(&sums[zero]), 0, "{zero} of {}", city.english);
        }
        let account = city.special_account.expect("a city has a special account");
        let account = CorporateAccount::parse(account).expect("a number of an account");
        let bank = self.province.bank.with(|bank, now| bank.account(now, &account));
        let bank = bank.expect("it is open").balance.get();
        // Cash stands on the other side of the books than what a center owes.
        Standing { persons: fen(&sums["persons"]), cash: -fen(&sums["cash"]), bank }
    }
}

fn fen(value: &Value) -> i64 {
    Fen::parse(value.as_str().expect("an amount is a text")).expect("an amount").get()
}

/// The person of a number, who moves one way or the other.
fn mover(number: u32) -> Mover {
    let [from, to] = if number.is_multiple_of(2) { [DATONG, TAIYUAN] } else { [TAIYUAN, DATONG] };
    let (year, month, day) = (1960 + number / 336 % 40, number / 28 % 12 + 1, number % 28 + 1);
    let sequence = number / 13_440 + 1;
    let body = format!("140299{year:04}{month:02}{day:02}{sequence:03}");
    let document = resident_number_of(&body).expect("it is well formed").as_str().to_owned();
    let sealed = Saver {
        name: "张迁移",
        kind: "01",
        document: document.leak(),
        account: format!("99{number:011}").leak(),
        status: "02",
        first: (2025, 7),
        months: 10,
        deposit: 100_000 + i64::from(number),
        carried_until: 2025,
    };
    let running = Saver { status: "01", account: format!("88{number:011}").leak(), ..sealed };
    Mover { from, to, sealed, running, told: None }
}
