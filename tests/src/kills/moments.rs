//! The moments at which nodes are killed, and how their disks get full.
//!
//! **Promises.** A victim is started again before the next moment, and must come back. What commands said
//! that ran at the moment is taken as they said it: an import, a backup, a change of the roster.
//! **Left to others.** Clerks who start transfers: `callers`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::fs;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use fundlink_node::backup::read::check;
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, TAIYUAN};

use super::{CITIES, Run};
use crate::program::{self, Said};

/// What the victim does when it is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// What callers and peers ask of it.
    Load,
    /// It changes the roster: the authority.
    Roster,
    /// It takes an import in.
    Import,
    /// It gives a backup.
    Backup,
    /// It starts.
    Start,
    /// As under load, with the others.
    Together,
    /// Its disk is full.
    FullDisk,
}

/// A node stays down so long at most, in milliseconds.
const DOWN_MS_MAX: u64 = 100;
/// From one strike to the next, at most: so long takes much of a transfer.
const PAUSE_MS_MAX: u64 = 500;
/// A clerk's command is over in this time.
const COMMAND_MS_MAX: u64 = 100;
/// An import is over in this time.
const IMPORT_MS_MAX: u64 = 3_000;
/// A start is over in this time.
const START_MS_MAX: u64 = 1_000;
/// A full disk has room for so much still, at most.
const LEFT_KIB_MAX: u64 = 96;
/// A node whose disk has no room at all has something to write before this is over.
const WRITES_WITHIN: Duration = Duration::from_secs(30);
/// The exit code of a node that cannot go on because something is missing.
const USAGE: i32 = 2;
/// What a node says whose disk is full.
const FULL: &str = "the disk of the data folder is full; free some room";

impl Run {
    /// Kills one node or several at some moment, and lets them come back.
    pub(super) fn strike(&mut self) {
        let is_full = !self.disks.is_empty() && self.random.u8(0..5) < 2;
        let moment = match self.random.u8(0..16) {
            _ if is_full => Moment::FullDisk,
            0 => Moment::Import,
            1 => Moment::Backup,
            2 => Moment::Roster,
            3..6 => Moment::Start,
            6..9 => Moment::Together,
            _ => Moment::Load,
        };
        let victim = if moment == Moment::Roster || self.random.u8(0..10) == 0 {
            AUTHORITY
        } else {
            CITIES[self.random.usize(0..CITIES.len())]
        };
        match moment {
            Moment::Load | Moment::Roster if victim == AUTHORITY => self.kill_during_change(),
            Moment::Load | Moment::Roster => {
                // Half of them while a clerk who has just asked still waits.
                let ms_max = if self.random.bool() { COMMAND_MS_MAX } else { PAUSE_MS_MAX };
                self.pause(ms_max);
                self.kill(victim);
                self.come_back(&[victim]);
            }
            Moment::Import => self.kill_during_import(),
            Moment::Backup => self.kill_during_backup(victim),
            Moment::Start => self.kill_during_start(victim),
            Moment::Together => self.kill_together(),
            Moment::FullDisk => self.fill_disk(victim),
        }
        let heard = self.callers.as_ref().expect("callers call").heard();
        self.count(&heard);
    }

    fn pause(&mut self, ms_max: u64) {
        thread::sleep(Duration::from_millis(self.random.u64(0..ms_max)));
    }

    fn kill(&mut self, victim: Identity) {
        self.kill_all(&[victim]);
    }

    fn kill_all(&mut self, victims: &[Identity]) {
        let callers = self.callers.as_ref().expect("callers call");
        for victim in victims {
            let open = self.province.member(*victim).run(&["--json", "transfer", "list"]);
            let is_open =
                open.exit == Some(0) && open.json().as_array().is_some_and(|open| !open.is_empty());
            self.report.during_transfer += u32::from(is_open);
        }
        for victim in victims {
            self.report.during_command += u32::from(callers.wait_for(*victim));
            self.province.member_mut(*victim).kill();
            self.report.of_authority += u32::from(*victim == AUTHORITY);
            self.report.kills += 1;
        }
    }

    fn come_back(&mut self, victims: &[Identity]) {
        self.pause(DOWN_MS_MAX);
        for victim in victims {
            self.province.member_mut(*victim).launch();
        }
        for victim in victims {
            let member = self.province.member_mut(*victim);
            let ready = member.await_ready();
            assert!(ready.is_ok(), "{} does not come back: {}", victim.english, member.log());
        }
    }

    /// A command, given by a thread of its own.
    fn give(&self, at: Identity, words: &[&str]) -> JoinHandle<Said> {
        let home: PathBuf = self.province.member(at).home.clone();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        thread::spawn(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            program::run(&home, &words)
        })
    }

    fn kill_during_change(&mut self) {
        let version = self.roster_now().told;
        self.compare_roster();
        let name = format!("第{version}版");
        let said = self.give(AUTHORITY, &["--json", "net", "rename", DATONG.center, &name]);
        self.rosters.tried = version + 1;
        self.pause(PAUSE_MS_MAX);
        self.kill(AUTHORITY);
        let said = said.join().expect("a command ends");
        self.rosters.told = version;
        if said.exit == Some(0) {
            self.rosters.told = version + 1;
            self.report.rosters += 1;
        }
        self.come_back(&[AUTHORITY]);
        self.compare_roster();
    }

    fn kill_during_import(&mut self) {
        let city = self.random.usize(0..CITIES.len());
        let victim = CITIES[city];
        // What an import has left that was cut off is in the way of the next.
        let records = self.province.member(victim).ask(&["data", "show"]);
        if !records["staging"].is_null() {
            self.province.member(victim).run(&["data", "abort"]).done();
        }
        self.compare_records(city);
        let number = self.imports[city].tried + 1;
        self.imports[city].tried = number;
        let folder = self.dump(victim, number);
        let folder = folder.to_str().expect("a temporary folder has a plain name");
        let import = ["--json", "data", "import", folder, "--operator", CLERK, "--no-wait"];
        let said = self.give(victim, &import);
        self.pause(IMPORT_MS_MAX);
        self.kill(victim);
        self.report.during_import += u32::from(!said.is_finished());
        let said = said.join().expect("a command ends");
        if said.exit == Some(0) {
            self.imports[city].told = number;
            self.report.imports += 1;
        }
        self.come_back(&[victim]);
        self.compare_records(city);
    }

    fn kill_during_backup(&mut self, victim: Identity) {
        let file = self.province.folder().join("backup");
        let text = file.to_str().expect("a temporary folder has a plain name").to_owned();
        let said = self.give(victim, &["--json", "backup", &text]);
        self.pause(PAUSE_MS_MAX);
        self.kill(victim);
        self.report.during_backup += u32::from(!said.is_finished());
        let said = said.join().expect("a command ends");
        if said.exit == Some(0) {
            let checked = check(&file, |_| {}).expect("a backup that was told of is whole");
            assert_eq!(checked.manifest.center.to_string(), victim.center);
            self.report.backups += 1;
            fs::remove_file(&file).expect("it is there");
        }
        assert!(!file.exists(), "a backup that was not told of is not taken for one");
        let part = file.with_extension("part");
        assert!(!part.exists(), "what is cut off is cleared away");
        self.come_back(&[victim]);
    }

    fn kill_during_start(&mut self, victim: Identity) {
        self.pause(PAUSE_MS_MAX);
        self.kill(victim);
        for _ in 0..self.random.u8(1..4) {
            self.province.member_mut(victim).launch();
            self.pause(START_MS_MAX);
            let member = self.province.member_mut(victim);
            let ended = member.ended();
            assert!(ended.is_none(), "{} ended with {ended:?}: {}", victim.english, member.log());
            member.kill();
            self.report.kills += 1;
            self.report.during_start += 1;
            self.report.of_authority += u32::from(victim == AUTHORITY);
        }
        self.come_back(&[victim]);
    }

    fn kill_together(&mut self) {
        let mut victims = vec![AUTHORITY, TAIYUAN, DATONG];
        self.random.shuffle(&mut victims);
        victims.truncate(self.random.usize(2..4));
        self.pause(PAUSE_MS_MAX);
        self.kill_all(&victims);
        self.report.together += u32::try_from(victims.len()).expect("a few nodes");
        self.random.shuffle(&mut victims);
        self.come_back(&victims);
    }

    /// The disk of a node gets full under load. A node that cannot write ends and says why; others are
    /// killed. Some are started again before there is room.
    fn fill_disk(&mut self, victim: Identity) {
        let left = if self.random.bool() { 0 } else { self.random.u64(1..LEFT_KIB_MAX) };
        self.disk(victim).fill(left);
        if left == 0 {
            let member = self.province.member_mut(victim);
            program::until(WRITES_WITHIN, || member.ended());
        } else {
            self.pause(2 * PAUSE_MS_MAX);
        }
        match self.province.member_mut(victim).ended() {
            Some(exit) => {
                let told = self.province.member(victim).last_log();
                assert_eq!(exit, Some(USAGE), "{}: {told}", victim.english);
                assert!(told.contains(FULL), "{}: {told}", victim.english);
                self.province.member_mut(victim).await_end();
                self.report.ended_on_full_disk += 1;
            }
            None => {
                self.kill(victim);
                self.report.on_full_disk += 1;
            }
        }
        if self.random.bool() {
            self.start_on_full_disk(victim);
        }
        self.disk(victim).give_room();
        self.come_back(&[victim]);
    }

    fn start_on_full_disk(&mut self, victim: Identity) {
        self.province.member_mut(victim).launch();
        let ready = self.province.member_mut(victim).await_ready();
        match ready {
            // What it has to write still fits into what it has.
            Ok(()) => {
                self.kill(victim);
                self.report.on_full_disk += 1;
            }
            Err(exit) => {
                let told = self.province.member(victim).last_log();
                assert_eq!(exit, Some(USAGE), "{}: {told}", victim.english);
                assert!(told.contains(FULL), "{}: {told}", victim.english);
                self.province.member_mut(victim).await_end();
                self.report.refused_by_full_disk += 1;
            }
        }
    }

    fn disk(&self, of: Identity) -> &super::SmallDisk {
        self.disks.get(of.center).expect("it has a small disk")
    }
}
