//! Nodes under load that are killed at random moments, and what callers were told compared with what
//! is there in the end.
//!
//! **Promises.** Every transfer that a caller was told of is there and ends; every account that moved
//! is closed at zero on one side and credited once on the other; the bank has paid each letter once;
//! every ledger sums to zero and no yuan is gone; an import, a backup and a change of the roster that
//! were acknowledged stay; every store is sound. The moments and the victims follow from the seed;
//! what a node was doing then does not, for its processes are real.
//! **Left to others.** Faults of the link and the clock, and disks that lie: the simulator.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use fundlink_protocol::document::resident_number_of;
use fundlink_protocol::money::Fen;
use fundlink_testnet::bank::Behaviour;
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, TAIYUAN};
use serde_json::Value;

use crate::dump::{Dump, Saver};
use crate::province::{Plan, Province, at};

mod callers;
mod compare;
pub mod disk;
mod moments;
pub mod spoil;

use callers::{Callers, Heard, Wish};
use disk::SmallDisk;

/// How many kills, over how many moving persons.
#[derive(Clone, Debug)]
pub struct Kills {
    /// How often a node is killed.
    pub kills: u32,
    /// How many persons move while that happens; one letter each.
    pub movers: u32,
    /// Which moments, which victims, how long a victim stays down.
    pub seed: u64,
    /// Whether disks get full as well; asks for [`disk::require_own_mounts`].
    pub disks_get_full: bool,
    /// Where the folders of all nodes are kept when a promise is broken.
    pub keep: Option<PathBuf>,
}

/// What came of it. There is nothing lost and nothing doubled, or there is no report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Nodes killed.
    pub kills: u32,
    /// Of them, the authority's.
    pub of_authority: u32,
    /// Of them, while a caller waited for the answer to a command.
    pub during_command: u32,
    /// Of them, while a transfer was under way at the victim.
    pub during_transfer: u32,
    /// Of them, during an import.
    pub during_import: u32,
    /// Of them, while a backup was taken.
    pub during_backup: u32,
    /// Of them, within the first second of a start.
    pub during_start: u32,
    /// Of them, together with other nodes.
    pub together: u32,
    /// Of them, on a full disk.
    pub on_full_disk: u32,
    /// Nodes that ended by themselves when their disk got full, and said so.
    pub ended_on_full_disk: u32,
    /// Starts that a full disk refused.
    pub refused_by_full_disk: u32,
    /// Commands that ended without an answer because the node was killed.
    pub unanswered: u32,
    /// Of them, those whose transfer was there all the same.
    pub unanswered_but_done: u32,
    /// Transfers that callers were told of; all have completed.
    pub transfers: u32,
    /// Imports that were acknowledged.
    pub imports: u32,
    /// Backups that were acknowledged.
    pub backups: u32,
    /// Changes of the roster that were acknowledged.
    pub rosters: u32,
}

/// A person with a sealed account in one city and a running one in the other.
#[derive(Debug)]
struct Mover {
    from: Identity,
    to: Identity,
    sealed: Saver,
    running: Saver,
}

/// What was acknowledged about the whole of a node, and what may have been done without a word.
#[derive(Clone, Copy, Debug, Default)]
struct Acknowledged {
    /// The last number that was.
    told: u32,
    /// The last number that was tried.
    tried: u32,
}

struct Run {
    province: Province,
    movers: Vec<Mover>,
    random: fastrand::Rng,
    report: Report,
    callers: Option<Callers>,
    /// Each city's imports: the one of a number brings as many newcomers.
    imports: [Acknowledged; CITIES.len()],
    /// The versions of the roster.
    rosters: Acknowledged,
    disks: BTreeMap<&'static str, SmallDisk>,
    keep: Option<PathBuf>,
}

const CITIES: [Identity; 2] = [TAIYUAN, DATONG];
const BEGIN: &str = "2026-05-20";

impl Kills {
    /// Runs it; `tell` hears after each kill what there was so far.
    ///
    /// # Panics
    /// When something is lost or doubled, or a node does not come back.
    pub fn run(self, mut tell: impl FnMut(&Report)) -> Report {
        let mut run = self.prepare();
        let before = CITIES.map(|city| run.standing(city));
        let mut next = 0;
        while run.report.kills < self.kills {
            // The load is spread over the kills, so that each of them meets transfers under way.
            let done = u64::from(run.report.kills) + 1;
            let due = done * u64::from(self.movers) / u64::from(self.kills);
            while next < run.movers.len() && (next as u64) < due {
                run.ask(next);
                next += 1;
            }
            run.strike();
            tell(&run.report);
        }
        (next..run.movers.len()).for_each(|mover| run.ask(mover));
        let heard = run.callers.take().expect("callers call until now").end();
        run.await_ends();
        run.compare(&heard, &before);
        run.check_stores();
        run.report.transfers = u32::try_from(heard.told.len()).expect("few transfers");
        run.count(&heard);
        run.report
    }

    fn prepare(&self) -> Run {
        let plan = Plan { begin: Some(at(BEGIN, 9)), ..Plan::of(&CITIES) };
        let mut run = Run {
            province: Province::form(&plan),
            movers: (0..self.movers).map(mover).collect(),
            random: fastrand::Rng::with_seed(self.seed),
            report: Report::default(),
            callers: Some(Callers::new()),
            imports: Default::default(),
            rosters: Acknowledged::default(),
            disks: BTreeMap::new(),
            keep: self.keep.clone(),
        };
        if self.disks_get_full {
            run.use_small_disks();
        }
        for city in CITIES {
            let folder = run.dump(city, 0);
            let folder = folder.to_str().expect("a temporary folder has a plain name");
            let import = ["data", "import", folder, "--operator", CLERK];
            run.province.member(city).run(&import).done();
        }
        run.rosters = run.roster_now();
        run.province.set_mode("transfer", "auto");
        // The bank takes its time, so that there is a moment to be killed at in every state.
        let slow =
            Behaviour { execute_after_ms: 150, credit_after_ms: 150, ..Behaviour::default() };
        run.province.bank.with(|bank, _| bank.set_usual(slow));
        run
    }
}

impl Run {
    fn use_small_disks(&mut self) {
        for identity in [AUTHORITY, TAIYUAN, DATONG] {
            let member = self.province.member_mut(identity);
            member.stop();
            let disk = SmallDisk::under(&member.home.join("data"));
            self.disks.insert(identity.center, disk);
            member.start();
        }
    }

    /// The files of a city's core system, with so many newcomers.
    fn dump(&self, city: Identity, newcomers: u32) -> PathBuf {
        let mut dump = Dump::new();
        for mover in &self.movers {
            dump.add(if mover.from == city { &mover.sealed } else { &mover.running });
        }
        for number in 0..newcomers {
            dump.add(&newcomer(number));
        }
        let folder = self.province.folder().join(format!("{}-dump", city.english));
        dump.write(&folder);
        folder
    }

    /// Lets a caller start a person's transfer.
    fn ask(&self, index: usize) {
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
        let home = self.province.member(*to).home.clone();
        let callers = self.callers.as_ref().expect("callers call");
        callers.ask(Wish { mover: index, to: *to, home, words, account });
    }

    fn count(&mut self, heard: &Heard) {
        let Heard { told, unanswered, done_all_the_same } = heard;
        self.report.transfers = u32::try_from(told.len()).expect("few transfers");
        self.report.unanswered = *unanswered;
        self.report.unanswered_but_done = *done_all_the_same;
    }

    fn list(&self, city: Identity, side: &str) -> Vec<Value> {
        let list = ["transfer", "list", "--ended", "--side", side];
        let list = self.province.member(city).ask(&list);
        list.as_array().expect("a list").clone()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let (true, Some(keep)) = (thread::panicking(), &self.keep) {
            Command::new("cp").arg("-a").arg(self.province.folder()).arg(keep).status().ok();
        }
    }
}

fn fen(value: &Value) -> i64 {
    Fen::parse(value.as_str().expect("an amount is a text")).expect("an amount").get()
}

/// The document of the person of a number.
fn document(number: u32, division: &str) -> &'static str {
    let (year, month, day) = (1960 + number / 336 % 40, number / 28 % 12 + 1, number % 28 + 1);
    let sequence = number / 13_440 + 1;
    let body = format!("{division}{year:04}{month:02}{day:02}{sequence:03}");
    resident_number_of(&body).expect("it is well formed").as_str().to_owned().leak()
}

/// The person of a number, who moves one way or the other.
fn mover(number: u32) -> Mover {
    let [from, to] = if number.is_multiple_of(2) { [DATONG, TAIYUAN] } else { [TAIYUAN, DATONG] };
    let sealed = Saver {
        name: "张迁移",
        kind: "01",
        document: document(number, "140299"),
        account: format!("99{number:011}").leak(),
        status: "02",
        first: (2025, 7),
        months: 10,
        deposit: 100_000 + i64::from(number),
        carried_until: 2025,
    };
    let running = Saver { status: "01", account: format!("88{number:011}").leak(), ..sealed };
    Mover { from, to, sealed, running }
}

/// A person of whom a later import tells, who does not move.
fn newcomer(number: u32) -> Saver {
    let Mover { running, .. } = mover(number);
    let account = format!("77{number:011}").leak();
    Saver { name: "王新来", document: document(number, "140199"), account, months: 1, ..running }
}
