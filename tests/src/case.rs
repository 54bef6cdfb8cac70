//! Transfers as the clerks of two cities drive them, with the commands that clerks use.
//!
//! **Promises.** Documents go through standard input; every amount is compared in fen.
//! **Left to others.** What is stored behind it: `books`. The stories: the tests.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::fs;

use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::money::Fen;
use fundlink_testnet::bank::{Behaviour, Rule};
use fundlink_testnet::member::{ADMINISTRATOR, AUTHORITY, CLERK, Identity};
use serde_json::Value;

use crate::dump::{Dump, Saver};
use crate::program::{Said, once_recovered};
use crate::province::{Plan, Province, at};

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

/// Changzhi, whose cases are in the stories alone.
pub const CHANGZHI: Identity = Identity {
    center: "140400",
    name: "长治市住房公积金管理中心",
    english: "changzhi",
    special_account: Some("9990-0140400-0001"),
};

/// Yangquan.
pub const YANGQUAN: Identity = Identity {
    center: "140300",
    name: "阳泉市住房公积金管理中心",
    english: "yangquan",
    special_account: Some("9990-0140300-0001"),
};

/// Jinzhong.
pub const JINZHONG: Identity = Identity {
    center: "140700",
    name: "晋中市住房公积金管理中心",
    english: "jinzhong",
    special_account: Some("9990-0140700-0001"),
};

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

impl Case {
    /// Its id, which is also the hash of its letter.
    ///
    /// # Panics
    /// When the node has shown something else.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let digit = |place: usize| u8::from_str_radix(&self.id[place..place + 2], 16);
        let bytes: Result<Vec<u8>, _> = (0..64).step_by(2).map(digit).collect();
        bytes.expect("hexadecimal digits").try_into().expect("32 bytes")
    }
}

impl Province {
    /// A province of these cities at 09:00 of a day, whose transfers go by the rules alone.
    ///
    /// # Panics
    /// When a step fails.
    #[must_use]
    pub fn on(day: &str, cities: &'static [Identity]) -> Self {
        let province = Self::form(&Plan { begin: Some(at(day, 9)), ..Plan::of(cities) });
        province.set_mode("transfer", "auto");
        province
    }

    /// In this city a clerk accepts and settles.
    ///
    /// # Panics
    /// When the node refuses.
    pub fn confirm_by_hand(&self, city: Identity) {
        let words = ["mode", "set", "transfer", "confirm", "--operator", ADMINISTRATOR];
        self.member(city).run(&words).done();
    }

    /// Moves the time forward to an hour of a day, until all cities have heard their witnesses.
    ///
    /// # Panics
    /// When a node does not start.
    pub fn go_to(&mut self, day: &str, hour: i64) {
        self.advance_to(at(day, hour));
        self.until("the witnesses' word", |province| {
            let mut cities = province.members.iter().filter(|member| member.identity.is_city());
            cities.all(|member| member.is_started() && !member.is_recovering()).then_some(())
        });
    }

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
        let Saver { name, kind, document, account, .. } = saver;
        let typed = format!("XingMing,ZJLX,ZJHM,GRZH\n{name},{kind},{document},{account}\n");
        let words = [&words[..], &more].concat();
        once_recovered(|| self.member(to).run_reading(&words, &typed))
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

    /// A scan that people look at: a file of the member's, named by what is in it.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn scan(&self, content: &str) -> String {
        let path = self.folder().join(format!("{content}.scan"));
        fs::write(&path, content).expect("a file can be written");
        path.to_str().expect("a plain name").to_owned()
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
        let what = format!("{state} ({code}) of {} in {}", case.number, at.english);
        self.until(&what, |province| {
            let there = province.state(at, case) == Some((state.to_owned(), code.to_owned()));
            there.then(|| province.show(at, case))
        })
    }

    /// A letter is accepted by a clerk, and waits for the settlement.
    ///
    /// # Panics
    /// When it does not come so far.
    pub fn accept(&mut self, case: &Case) {
        self.await_state(case.from, case, ("held", "01"));
        self.decide(case.from, case, CLERK, &["accept"]).done();
        self.await_states(case, ("accepted", "02"), ("accepted", "02"));
    }

    /// A clerk has an account settled for today.
    ///
    /// # Panics
    /// When the node refuses.
    pub fn settle(&self, case: &Case) {
        self.decide(case.from, case, CLERK, &["settle"]).done();
    }

    /// Waits until a letter is refused for this reason, and both sides have closed it as failed.
    ///
    /// # Panics
    /// When it is not.
    pub fn await_refusal(&mut self, case: &Case, reason: &str) {
        let failed = ("rejection_confirmed", "40");
        let shown = self.await_state(case.to, case, failed);
        assert_eq!(shown["refused"]["code"], reason, "{}", case.number);
        self.await_state(case.from, case, failed);
    }

    /// What a sheet says: principal, interest and amount, in fen.
    ///
    /// # Panics
    /// When there is no sheet.
    #[must_use]
    pub fn sheet(&self, at: Identity, case: &Case) -> (i64, i64, i64) {
        let sheet = &self.show(at, case)["sheet"];
        let part = |key: &str| fen(sheet[key].as_str().expect("a sheet"));
        (part("principal"), part("interest"), part("amount"))
    }

    /// The movements of money under a letter at a member: direction and fen, in their order.
    ///
    /// # Panics
    /// When the member does not know the transfer.
    #[must_use]
    pub fn lines(&self, at: Identity, case: &Case) -> Vec<(String, i64)> {
        let shown = self.show(at, case);
        let lines = shown["lines"].as_array().expect("a list");
        let text = |line: &Value, key: &str| line[key].as_str().expect("a text").to_owned();
        lines.iter().map(|line| (text(line, "direction"), fen(&text(line, "amount")))).collect()
    }

    /// Waits until the authority has been warned by this rule, and gives its alerts, those that are
    /// resolved included.
    ///
    /// # Panics
    /// When no such alert comes.
    pub fn await_alerts(&mut self, rule: &str) -> Vec<Value> {
        self.until(&format!("an alert {rule}"), |province| {
            let alerts = province.member(AUTHORITY).ask(&["alerts", "--all"]);
            let alerts = alerts["alerts"].as_array().expect("a list").iter();
            let alerts: Vec<Value> =
                alerts.filter(|alert| alert["rule"] == rule).cloned().collect();
            (!alerts.is_empty()).then_some(alerts)
        })
    }

    /// Brings money from outside the network to a city's special account, with words of its sender.
    ///
    /// # Panics
    /// When the city has no such account.
    pub fn bring(&self, city: Identity, fen: i64, words: &str) {
        let account = CorporateAccount::parse(city.special_account.expect("a city"));
        let (account, fen) = (account.expect("a number"), Fen::new(fen).expect("an amount"));
        self.bank.with(|bank, now| bank.bring(now, &account, fen, words));
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

    /// What happens to the next order at the bank under a letter.
    ///
    /// # Panics
    /// When the letter has no number.
    pub fn next_payment(&self, case: &Case, behaviour: Behaviour) {
        let number = LetterNumber::parse(&case.number).expect("a number");
        self.bank.with(|bank, _| bank.add_rule(Rule::for_letter(number, behaviour)));
    }
}
