//! What nodes say of the network: the roster that they work by, and where every log stands.
//!
//! **Promises.** Everything is asked with the commands of their people.
//! **Left to others.** Changing the roster: the tests.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use fundlink_testnet::member::{AUTHORITY, Identity};
use serde_json::Value;

use crate::program::Said;
use crate::province::Province;

impl Province {
    /// The authority changes the roster; waits until every node that runs works by it.
    ///
    /// # Panics
    /// When the authority's node refuses, or a node does not follow in time.
    pub fn change_roster(&mut self, words: &[&str]) -> Value {
        let roster = self.authority_says(words).done().json();
        self.await_version(roster["version"].as_u64().expect("a version"));
        roster
    }

    /// A command of the authority about the network.
    ///
    /// # Panics
    /// When the program does not run.
    #[must_use]
    pub fn authority_says(&self, words: &[&str]) -> Said {
        self.member(AUTHORITY).run(&[&["--json", "net"], words].concat())
    }

    /// The version of the roster that a node works by.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn version(&self, at: Identity) -> u64 {
        self.member(at).ask(&["net", "show"])["version"].as_u64().expect("a version")
    }

    /// Waits until every node that runs, and is listed as more than revoked, works by this version or
    /// a later one.
    ///
    /// # Panics
    /// When one does not in time.
    pub fn await_version(&mut self, version: u64) {
        let roster = self.member(AUTHORITY).ask(&["net", "show"]);
        let is_cut = |identity: Identity| {
            let members = roster["members"].as_array().expect("members");
            let listed = members.iter().find(|member| member["center"] == identity.center);
            listed.is_none_or(|member| member["status"] == "revoked")
        };
        self.until("the new roster everywhere", |province| {
            let running = province.members.iter().filter(|member| member.is_started());
            let mut bound = running.filter(|member| !is_cut(member.identity));
            bound.all(|member| province.version(member.identity) >= version).then_some(())
        });
    }

    /// Where a log stands at a node; nothing where it is not known.
    ///
    /// # Panics
    /// When the node does not run.
    #[must_use]
    pub fn log(&self, at: Identity, log: &str) -> Option<Value> {
        // A log that is closed makes it end with another exit code.
        let states = self.member(at).run(&["--json", "log", "follow"]).json();
        states.as_array().expect("logs").iter().find(|state| state["log"] == log).cloned()
    }

    /// Waits until a node holds a log up to this size, witnessed; gives its root.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn await_witnessed(&mut self, at: Identity, log: &str, size: u64) -> String {
        let what = format!("{log} with {size} witnessed entries in {}", at.english);
        self.until(&what, |province| {
            let state = province.log(at, log)?;
            let there = state["size"].as_u64()? >= size && state["witnessed"].as_u64()? >= size;
            there.then(|| state["root"].as_str().expect("a root").to_owned())
        })
    }

    /// The size of a center's own public log.
    ///
    /// # Panics
    /// When its node does not run.
    #[must_use]
    pub fn size(&self, of: Identity, number: u32) -> u64 {
        let log = format!("{}/{number}", of.center);
        self.log(of, &log).and_then(|state| state["size"].as_u64()).unwrap_or(0)
    }

    /// A loan check of one person over all cities, as its dossier.
    ///
    /// # Panics
    /// When the node refuses to ask.
    #[must_use]
    pub fn check_loan(&self, at: Identity, (name, document): (&str, &str)) -> Said {
        let consent = self.folder().join("consent.txt");
        std::fs::write(&consent, "本人授权").expect("a file can be written");
        let consent = consent.to_str().expect("a plain name");
        let words = ["--json", "dossier", "--purpose", "L1", "--serial", "DK-1"];
        let operator = fundlink_testnet::member::CLERK;
        let more = ["--operator", operator, "--consent", "SQ-1", "--consent-file", consent];
        let typed = format!("XingMing,ZJHM\n{name},{document}\n");
        let line = [&words[..], &more, &["--subject-file", "-"]].concat();
        self.member(at).run_reading(&line, &typed)
    }
}

impl Province {
    /// Waits until a loan check finds another center current; gives that check's dossier.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn await_check(&mut self, at: Identity, of: Identity, person: (&str, &str)) -> Value {
        let what = format!("{} current in {}", of.english, at.english);
        self.until(&what, |province| {
            let log = province.log(at, &format!("{}/1", of.center))?;
            (log["current"] == true).then_some(())
        });
        let what = format!("an answer of {} to {}", of.english, at.english);
        self.until(&what, |province| {
            // Who asks too often is told so, and asks again.
            let said = province.check_loan(at, person);
            let dossier: Value = serde_json::from_str(&said.out).ok()?;
            let row = row(&dossier, of);
            (row["state"] == "answered" || row["why"] == "clear").then_some(dossier)
        })
    }
}

/// A center's row of a dossier.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn row(dossier: &Value, of: Identity) -> Value {
    let rows = dossier["rows"].as_array().expect("rows");
    let found = rows.iter().find(|row| row["center"] == of.center);
    found.expect("every center has a row").clone()
}
