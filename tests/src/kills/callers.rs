//! The callers: clerks who start transfers, each of whom remembers what the node said.
//!
//! **Promises.** A caller who got no answer looks whether the transfer is there, and asks again only if it is
//! not. What was said is kept, whatever becomes of the node.
//! **Left to others.** Killing nodes: `moments`. Whether what was said holds: `compare`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use fundlink_testnet::member::Identity;

use super::CITIES;
use crate::program::{self, until};

/// What is asked for a person: a transfer into a city.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// The person.
    pub(super) mover: usize,
    /// The city.
    pub(super) to: Identity,
    /// Its configuration.
    pub(super) home: PathBuf,
    /// The command.
    pub(super) words: Vec<String>,
    /// The account over there, which tells the transfer from others.
    pub(super) account: &'static str,
}

/// What callers were told, and what they were not.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// Person and transfer.
    pub(super) told: Vec<(usize, String)>,
    /// Calls without an answer.
    pub(super) unanswered: u32,
    /// Of them, those whose transfer was there all the same.
    pub(super) done_all_the_same: u32,
}

/// Callers at work.
#[derive(Debug)]
pub(super) struct Callers {
    wishes: Sender<Wish>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    heard: Mutex<Heard>,
    /// How many wait for an answer of each city.
    waiting: [AtomicU32; CITIES.len()],
}

/// How many call at the same time.
const CALLERS: usize = 4;
/// How long a node may be away, over several kills.
const LIMIT: Duration = Duration::from_secs(300);

impl Callers {
    pub(super) fn new() -> Self {
        let (wishes, next) = mpsc::channel();
        let next = Arc::new(Mutex::new(next));
        let shared = Arc::<Shared>::default();
        let threads = (0..CALLERS).map(|_| {
            let (next, shared) = (Arc::clone(&next), Arc::clone(&shared));
            thread::spawn(move || shared.call(&next))
        });
        Self { wishes, threads: threads.collect(), shared }
    }

    pub(super) fn ask(&self, wish: Wish) {
        self.wishes.send(wish).expect("callers wait for wishes");
    }

    /// Whether a caller waits for an answer of this node.
    pub(super) fn wait_for(&self, victim: Identity) -> bool {
        let place = CITIES.iter().position(|city| *city == victim);
        place.is_some_and(|place| self.shared.waiting[place].load(Ordering::Relaxed) > 0)
    }

    /// # Panics
    /// When a caller heard something that no node may say.
    pub(super) fn heard(&self) -> Heard {
        assert!(!self.threads.iter().any(JoinHandle::is_finished), "a caller gave up");
        self.shared.heard().clone()
    }

    /// Waits until every wish is answered.
    pub(super) fn end(self) -> Heard {
        drop(self.wishes);
        for thread in self.threads {
            thread.join().expect("a caller does not give up");
        }
        self.shared.heard().clone()
    }
}

impl Shared {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().expect("no caller gave up")
    }

    fn call(&self, next: &Mutex<Receiver<Wish>>) {
        loop {
            let wish = next.lock().expect("no caller gave up").recv();
            let Ok(wish) = wish else { break };
            let told = until(LIMIT, || self.ask(&wish));
            let told = told.expect("a node that comes back answers in time");
            self.heard().told.push((wish.mover, told));
        }
    }

    /// The transfer, once the caller knows it.
    fn ask(&self, wish: &Wish) -> Option<String> {
        let words: Vec<&str> = wish.words.iter().map(String::as_str).collect();
        let place = CITIES.iter().position(|city| *city == wish.to).expect("a city");
        self.waiting[place].fetch_add(1, Ordering::Relaxed);
        let said = program::run(&wish.home, &words);
        self.waiting[place].fetch_sub(1, Ordering::Relaxed);
        if said.exit == Some(0) {
            return Some(said.json()["transfer"].as_str().expect("its id").to_owned());
        }
        let waits_for_witnesses = said.code().as_deref() == Some("RECOVERING");
        let is_refused = said.exit != Some(3) && !waits_for_witnesses;
        assert!(!is_refused, "no rule stands against it: {}", said.all());
        // A node that does not run, or waits, has done nothing.
        if waits_for_witnesses || said.err.contains("no node answers") {
            return None;
        }
        self.heard().unanswered += 1;
        let there = until(LIMIT, || self.look(wish)).expect("a node that comes back answers");
        self.heard().done_all_the_same += u32::from(there.is_some());
        there
    }

    /// Whether the transfer is there; nothing when the node does not say.
    fn look(&self, wish: &Wish) -> Option<Option<String>> {
        let list = ["--json", "transfer", "list", "--ended", "--side", "in"];
        let list = program::run(&wish.home, &list);
        if list.exit != Some(0) {
            return None;
        }
        let told: BTreeSet<String> =
            self.heard().told.iter().map(|(_, transfer)| transfer.clone()).collect();
        for line in list.json().as_array().expect("a list") {
            let id = line["transfer"].as_str().expect("its id").to_owned();
            if told.contains(&id) {
                continue;
            }
            let shown = program::run(&wish.home, &["--json", "transfer", "show", &id]);
            if shown.exit != Some(0) {
                return None;
            }
            if shown.json()["account"] == wish.account {
                return Some(Some(id));
            }
        }
        Some(None)
    }
}
