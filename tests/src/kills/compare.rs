//! What is there in the end, held against what callers were told.
//!
//! **Promises.** Nothing is taken from what the harness knows of the engine: transfers, sheets, ledgers,
//! the bank, the roster and the records are asked for with the commands of their people.
//! **Left to others.** Single rows: `fundlink fsck`, which has the last word.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]

use std::time::Duration;

use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_testnet::member::{AUTHORITY, Identity};

use super::{Acknowledged, CITIES, Heard, Run, fen, newcomer};
use crate::program::until;

/// Where the money of a city is, in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    persons: i64,
    cash: i64,
    bank: i64,
}

/// How long it may take until every transfer has ended: a peer that was away is asked again every
/// five minutes.
const LIMIT: Duration = Duration::from_secs(900);

impl Run {
    pub(super) fn await_ends(&mut self) {
        let Self { province, movers, .. } = self;
        let ended = until(LIMIT, || {
            let ended = |city: Identity| {
                let list = province.member(city).ask(&["transfer", "list", "--ended"]);
                let list = list.as_array().expect("a list");
                list.len() == movers.len() && list.iter().all(|line| line["ended"] == true)
            };
            CITIES.into_iter().all(ended).then_some(())
        });
        if ended.is_none() {
            let open = CITIES.map(|city| province.member(city).ask(&["transfer", "list"]));
            panic!("transfers do not end: {open:#?}\n{}", province.last_words());
        }
    }

    /// Everything that was told is there, once.
    pub(super) fn compare(&self, heard: &Heard, before: &[Standing; 2]) {
        let mut interest = 0;
        for city in CITIES {
            let movers = heard.told.iter().filter(|(mover, _)| self.movers[*mover].to == city);
            let told = movers.count();
            let there = self.list(city, "in").len();
            assert!(there >= told, "{there} of {told} transfers that callers were told of");
            assert!(there <= told, "{there} transfers where {told} were asked for");
        }
        assert_eq!(heard.told.len(), self.movers.len(), "every caller was told something");
        for (mover, told) in &heard.told {
            let mover = &self.movers[*mover];
            let arrived = self.province.member(mover.to).ask(&["transfer", "show", told]);
            let left = self.province.member(mover.from).ask(&["transfer", "show", told]);
            for side in [&arrived, &left] {
                assert_eq!(side["state"], "completed", "{told}");
                assert_eq!(side["code"], "00", "{told}");
                let lines = side["lines"].as_array().expect("the bank's lines");
                let [line] = lines.as_slice() else { panic!("{told}: {} lines", lines.len()) };
                assert_eq!(line["amount"], side["sheet"]["amount"], "{told}");
            }
            assert_eq!(arrived["account"], mover.sealed.account, "{told}: whose it is");
            assert_eq!(arrived["sheet"], left["sheet"], "{told}: one sheet");
            assert_eq!(fen(&left["sheet"]["principal"]), mover.sealed.balance(), "{told}");
            interest += fen(&left["sheet"]["interest"]);
        }
        let newcomers = [0, 1].map(|city| self.compare_records(city));
        self.compare_roster();
        let after = CITIES.map(|city| self.standing(city));
        let persons = |standings: &[Standing; 2]| standings.iter().map(|s| s.persons).sum::<i64>();
        let owned = persons(before) + interest + newcomers.iter().sum::<i64>();
        assert_eq!(persons(&after), owned, "what the persons own");
        for ((before, after), came) in before.iter().zip(&after).zip(newcomers) {
            // An import books what persons bring, whose money the bank has had before.
            let paid = after.cash - before.cash - came;
            assert_eq!(paid, after.bank - before.bank, "cash and bank");
        }
        let bank = self.province.bank.with(|bank, now| bank.totals_at(now));
        assert_eq!((bank.on_the_way_fen, bank.suspense_fen), (0, 0), "nothing is on its way");
    }

    /// The import that answers is the last that was acknowledged, or one that was tried later. What
    /// the newcomers of it own.
    pub(super) fn compare_records(&self, city: usize) -> i64 {
        let records = self.province.member(CITIES[city]).ask(&["data", "show"]);
        let accounts = &records["current"]["totals"]["accounts"];
        let accounts = accounts.as_u64().expect("an import answers");
        let newcomers = accounts.checked_sub(self.movers.len() as u64);
        let newcomers = newcomers.and_then(|count| u32::try_from(count).ok());
        let newcomers = newcomers.unwrap_or_else(|| panic!("{accounts} accounts"));
        let Acknowledged { told, tried } = self.imports[city];
        assert!((told..=tried).contains(&newcomers), "import {newcomers}, told {told} to {tried}");
        (0..newcomers).map(|number| newcomer(number).balance()).sum()
    }

    pub(super) fn roster_now(&self) -> Acknowledged {
        let version = self.province.version(AUTHORITY);
        let version = u32::try_from(version).expect("few rosters");
        Acknowledged { told: version, tried: version }
    }

    /// No roster that was acknowledged is gone, and none is there that nobody asked for.
    pub(super) fn compare_roster(&self) {
        let Acknowledged { told, tried } = self.rosters;
        let version = self.roster_now().told;
        assert!((told..=tried).contains(&version), "roster {version}, told {told} to {tried}");
    }

    /// Stops every node; what it leaves is sound.
    pub(super) fn check_stores(&mut self) {
        for identity in [AUTHORITY].into_iter().chain(CITIES) {
            let member = self.province.member_mut(identity);
            member.stop();
            member.run(&["fsck"]).done();
        }
    }

    /// Where the money of a city is; its ledger sums to zero, and nothing is in suspense.
    pub(super) fn standing(&self, city: Identity) -> Standing {
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
