//! Transfers as the clerks of two cities drive them, with the commands that clerks use.
//!
//! **Promises.** Documents go through standard input; every amount is compared in fen.
//! **Left to others.** What is stored behind it: `books`. The stories: the tests.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::fs;

use fundlink_protocol::money::Fen;
use fundlink_testnet::bank::{Behaviour, Rule};
use fundlink_testnet::member::{CLERK, Identity};
use serde_json::Value;

use crate::dump::{Dump, Saver};
use crate::program::Said;
use crate::province::Province;

/// A transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// The number of its letter.
    pub number: String,
    /// The transfer-in center.
    pub to: Identity,
    /// The transfer-out center.
    pub from: Identity,
}

/// The sums of a center's ledger, in fen; credits positive, debits negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Owed to persons.
    pub persons: i64,
    /// Has left an account, and not yet the bank.
    pub suspense_out: i64,
    /// Has arrived at the bank, and not yet on an account.
    pub suspense_in: i64,
    /// Interest that was spent: negative.
    pub interest: i64,
    /// Cash at the bank: negative.
    pub cash: i64,
}

/// Yuan with two decimals, as fen.
///
/// # Panics
/// When it is not an amount.
#[must_use]
pub fn fen(yuan: &str) -> i64 {
    Fen::parse(yuan).expect("an amount").get()
}

impl Province {
    /// Loads records into a city, as an export of its core system.
    ///
    /// # Panics
    /// When the node refuses.
    pub fn import(&self, city: Identity, dump: &Dump) {
        let folder = self.folder().join("dump").join(city.english);
        dump.write(&folder);
        let folder = folder.to_str().expect("a temporary folder has a plain name");
        self.member(city).run(&["data", "import", folder, "--operator", CLERK]).done();
    }

    /// A clerk of `to` enters the application of a person whose account is in `from`.
    ///
    /// # Panics
    /// When the program does not run.
    #[must_use]
    pub fn apply(&self, to: Identity, from: Identity, saver: &Saver) -> Said {
        let declaration = self.folder().join("declaration.txt");
        fs::write(&declaration, "本人同意").expect("a file can be written");
        let declaration = declaration.to_str().expect("a plain name");
        let words = ["--json", "transfer", "start", "--from", from.center, "--operator", CLERK];
        let more = ["--consent", "C-1", "--consent-file", declaration, "--subject-file", "-"];
        let Saver { name, document, account, .. } = saver;
        let typed = format!("XingMing,ZJHM,GRZH\n{name},{document},{account}\n");
        self.member(to).run_reading(&[&words[..], &more].concat(), &typed)
    }

    /// [`apply`](Self::apply), where nothing stands against it.
    ///
    /// # Panics
    /// When the node refuses.
    #[must_use]
    pub fn start(&self, to: Identity, from: Identity, saver: &Saver) -> Case {
        let started = self.apply(to, from, saver).done().json();
        let text = |key: &str| started[key].as_str().expect("a text").to_owned();
        Case { id: text("transfer"), number: text("number"), to, from }
    }

    /// A transfer as a member shows it.
    ///
    /// # Panics
    /// When the member does not know it.
    #[must_use]
    pub fn show(&self, at: Identity, case: &Case) -> Value {
        self.member(at).ask(&["transfer", "show", &case.id])
    }

    /// An operator decides: the decision and its options.
    ///
    /// # Panics
    /// When the program does not run.
    #[must_use]
    pub fn decide(&self, at: Identity, case: &Case, operator: &str, words: &[&str]) -> Said {
        let all = [&["--json", "transfer", "decide", &case.id], words, &["--operator", operator]];
        self.member(at).run(&all.concat())
    }

    /// A clerk of the transfer-in center withdraws the letter.
    ///
    /// # Panics
    /// When the program does not run.
    #[must_use]
    pub fn cancel(&self, case: &Case) -> Said {
        let words = ["--json", "transfer", "cancel", &case.id, "--operator", CLERK];
        self.member(case.to).run(&words)
    }

    /// State and national code of a transfer at a member; nothing while it does not know it.
    #[must_use]
    pub fn state(&self, at: Identity, case: &Case) -> Option<(String, String)> {
        let said = self.member(at).run(&["--json", "transfer", "show", &case.id]);
        let shown = (said.exit == Some(0)).then(|| said.json())?;
        let text = |key: &str| shown[key].as_str().map(str::to_owned);
        Some((text("state")?, text("code")?))
    }

    /// Waits until a transfer stands in a state, under its national code.
    ///
    /// # Panics
    /// When it does not come there in time.
    pub fn await_state(&mut self, at: Identity, case: &Case, (state, code): (&str, &str)) -> Value {
        let mut last = None;
        let what = format!("{state} ({code}) of {} in {}", case.number, at.english);
        self.until(&what, |province| {
            let now = province.state(at, case);
            let there = now == Some((state.to_owned(), code.to_owned()));
            if now != last {
                last = now;
            }
            there.then(|| province.show(at, case))
        })
    }

    /// Waits until both sides stand in these states: the transfer-in side, then the other.
    ///
    /// # Panics
    /// When one of them does not come there in time.
    pub fn await_states(&mut self, case: &Case, to: (&str, &str), from: (&str, &str)) {
        self.await_state(case.to, case, to);
        self.await_state(case.from, case, from);
    }

    /// Waits until a person must decide, for this reason.
    ///
    /// # Panics
    /// When no such task comes.
    pub fn await_task(&mut self, at: Identity, case: &Case, reason: &str) -> Value {
        let what = format!("the task {reason} of {} in {}", case.number, at.english);
        self.until(&what, |province| {
            let shown = province.show(at, case);
            (shown["task"]["reason"] == reason).then_some(shown)
        })
    }

    /// The sums of a center's ledger, which must sum to zero.
    ///
    /// # Panics
    /// When they do not.
    #[must_use]
    pub fn sums(&self, at: Identity) -> Sums {
        let shown = self.member(at).ask(&["ledger"]);
        assert_eq!(shown["sum"], "0.00", "the ledger of {} does not balance", at.english);
        let part = |key: &str| fen(shown[key].as_str().expect("an amount"));
        Sums {
            persons: part("persons"),
            suspense_out: part("suspense_out"),
            suspense_in: part("suspense_in"),
            interest: part("interest"),
            cash: part("cash"),
        }
    }

    /// What happens to the next order at the bank.
    pub fn next_payment(&self, behaviour: Behaviour) {
        self.bank.with(|bank, _| bank.add_rule(Rule::for_next(1, behaviour)));
    }
}
