//! Schedules drawn at random: loss of single messages, partition, crash, restored witness, dishonest
//! clock. Whatever happens, at most one city pays out to a household.

use std::collections::BTreeMap;

use crate::center::CenterCode;
use crate::engine::lending::{self, IntentState, StoredIntent};
use crate::engine::output::CommandRefusal;
use crate::engine::{Engine, single};
use crate::id::SubjectTag;
use crate::limits::CLOCK_SKEW_MS;
use crate::refusal::Refusal;
use crate::store::Staged;
use crate::store::memory::MemoryStore;
use crate::testing::lending::{HOUR, LENDERS};
use crate::testing::people::{LI, WANG, ZHANG, ZHOU};
use crate::testing::{AUTHORITY, Province};

/// Households that overlap: whoever lends to one of the first three stops the other two.
const HOUSEHOLDS: [&[(&str, &str)]; 4] = [&[LI], &[LI, ZHANG], &[ZHANG], &[WANG, ZHOU]];

/// Drawn numbers: splitmix64.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[usize::try_from(self.below(items.len() as u64)).unwrap()]
    }

    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from).unwrap())).unwrap()
    }
}

/// What a schedule has done, so that each kind of fault is known to have happened.
#[derive(Default, Debug)]
struct Counts {
    paid: u32,
    held: u32,
    leased: u32,
    restored: u32,
    crashed: u32,
    cut: u32,
    lost: u32,
    skewed: u32,
}

struct Schedule {
    province: Province,
    draw: Draw,
    backups: BTreeMap<CenterCode, (MemoryStore, u32)>,
    /// Who was paid out to, and by whom, as the clerks were told.
    paid: BTreeMap<SubjectTag, CenterCode>,
    payouts: BTreeMap<CenterCode, u32>,
    serial: u32,
    counts: Counts,
}

impl Schedule {
    fn new(seed: u64) -> Self {
        Self {
            province: Province::that_lends(),
            draw: Draw(seed),
            backups: BTreeMap::new(),
            paid: BTreeMap::new(),
            payouts: BTreeMap::new(),
            serial: 0,
            counts: Counts::default(),
        }
    }

    fn nodes() -> [CenterCode; 4] {
        [AUTHORITY, LENDERS[0], LENDERS[1], LENDERS[2]]
    }

    fn step(&mut self) {
        match self.draw.below(20) {
            0..=3 => self.apply(),
            4..=8 => self.ask(),
            9..=12 => self.pay(),
            13 => self.withdraw(),
            14 => self.partition(),
            15 => self.fault(),
            16 => self.clock(),
            17 => self.backup(),
            18 => {
                let ms = self.draw.between(HOUR, 13 * HOUR);
                self.province.advance(ms);
            }
            _ => {
                let ms = self.draw.between(1, 45_000);
                self.province.advance(ms);
            }
        }
    }

    /// Clerks in a hurry, and messages that get lost.
    fn hurry(&mut self) {
        match self.draw.below(10) {
            0..=2 => self.apply(),
            3..=5 => self.ask(),
            6..=7 => self.pay(),
            8 => self.province.loss.one_of = self.draw.of(&[0, 2, 4, 8]),
            _ => {
                let ms = self.draw.between(1, 5_000);
                self.province.advance(ms);
            }
        }
    }

    fn apply(&mut self) {
        let (at, household) = (self.draw.of(&LENDERS), self.draw.of(&HOUSEHOLDS));
        self.serial += 1;
        let serial = format!("DK-{}", self.serial);
        // A household that has applied there already is told so.
        let _: Result<_, CommandRefusal> = self.province.apply(at, &serial, household);
    }

    /// An own intent of a center in one of these states.
    fn one(&mut self, wanted: fn(&IntentState) -> bool) -> Option<(CenterCode, StoredIntent)> {
        let at = self.draw.of(&LENDERS);
        let store = self.province.nodes[&at].engine.store().clone();
        let mut all = lending::intents(&Staged::new(&store)).unwrap();
        all.retain(|stored| wanted(&stored.state));
        if all.is_empty() {
            return None;
        }
        let place = usize::try_from(self.draw.below(all.len() as u64)).unwrap();
        Some((at, all.swap_remove(place)))
    }

    fn ask(&mut self) {
        let Some((at, stored)) = self.one(|state| state.is_live()) else { return };
        let serial = stored.record.serial.as_str().to_owned();
        match self.province.payout(at, &serial) {
            Ok(IntentState::Leased) => self.counts.leased += 1,
            Ok(IntentState::Held(_)) => self.counts.held += 1,
            Ok(_) => {}
            Err(refused) => assert_eq!(refused.refusal, Refusal::Recovering),
        }
    }

    fn pay(&mut self) {
        let Some((at, stored)) = self.one(|state| *state == IntentState::Leased) else { return };
        let serial = stored.record.serial.as_str().to_owned();
        let Ok(IntentState::Paid) = self.province.pay(at, &serial) else { return };
        self.counts.paid += 1;
        *self.payouts.entry(at).or_default() += 1;
        for tag in &stored.intent.household {
            let other = self.paid.insert(*tag, at);
            assert_eq!(other, None, "{at} pays out where another city has: {serial}");
        }
    }

    fn withdraw(&mut self) {
        let Some((at, stored)) = self.one(|state| state.is_live()) else { return };
        let serial = stored.record.serial.as_str().to_owned();
        self.province.withdraw_intent(at, &serial).unwrap();
    }

    fn partition(&mut self) {
        if self.draw.below(3) == 0 {
            self.province.cut.clear();
            self.province.loss.one_of = 0;
            return self.province.connect_all();
        }
        let (from, to) = (self.draw.of(&Self::nodes()), self.draw.of(&Self::nodes()));
        if from == to {
            return;
        }
        if self.draw.below(3) == 0 {
            self.province.loss.one_of = self.draw.below(8) + 2;
            return;
        }
        self.counts.cut += 1;
        match self.draw.below(3) {
            0 => self.province.cut_off(from),
            1 => self.province.cut.extend([(from, to), (to, from)]),
            // One way: a request arrives, and its answer does not.
            _ => self.province.cut.extend([(from, to)]),
        }
    }

    fn fault(&mut self) {
        let at = self.draw.of(&Self::nodes());
        let clock = single::clock(&Staged::new(self.province.nodes[&at].engine.store())).unwrap();
        if clock.ms_since(self.province.clock(at)) > CLOCK_SKEW_MS {
            // A node does not start on a clock that was set back.
            return;
        }
        let backup = self.backups.remove(&at);
        let payouts = self.payouts.get(&at).copied().unwrap_or(0);
        match backup.filter(|(_, before)| *before == payouts) {
            Some((store, _)) if self.draw.below(2) == 0 => self.restore(at, store),
            Some(_) | None => {
                self.counts.crashed += 1;
                self.province.restart(at);
            }
        }
    }

    /// A store of before takes the place of the node's; what it has said since is forgotten.
    fn restore(&mut self, at: CenterCode, store: MemoryStore) {
        self.counts.restored += 1;
        // Nothing marks the store, so it meets cosignatures of its own that it does not know.
        self.province.tamper();
        let node = self.province.nodes.remove(&at).unwrap();
        let settings = node.engine.settings().clone();
        let engine = Engine::open(store, settings, self.province.clock(at)).unwrap();
        self.province.nodes.insert(at, crate::testing::TestNode { engine, ..node });
        self.province.act(at, |round| lending::restarted_from_backup(round).unwrap());
        self.province.restart(at);
    }

    fn backup(&mut self) {
        let at = self.draw.of(&Self::nodes());
        let store = self.province.nodes[&at].engine.store().clone();
        let payouts = self.payouts.get(&at).copied().unwrap_or(0);
        self.backups.insert(at, (store, payouts));
    }

    fn clock(&mut self) {
        let at = self.draw.of(&Self::nodes());
        self.counts.skewed += 1;
        let wrong = match self.draw.below(4) {
            0 => 0,
            1 => self.draw.between(-90_000, 90_000),
            2 => self.draw.between(-30 * HOUR, 0),
            _ => self.draw.between(0, 30 * HOUR),
        };
        self.province.skew.insert(at, wrong);
    }

    fn run(mut self, steps: u32) -> Counts {
        for _ in 0..steps {
            self.step();
        }
        self.counts.lost = self.province.loss.count;
        self.counts
    }
}

fn run(seeds: core::ops::Range<u64>, steps: u32) {
    let mut all = Counts::default();
    for seed in seeds {
        let counts = Schedule::new(seed).run(steps);
        all.paid += counts.paid;
        all.held += counts.held;
        all.leased += counts.leased;
        all.restored += counts.restored;
        all.crashed += counts.crashed;
        all.cut += counts.cut;
        all.lost += counts.lost;
        all.skewed += counts.skewed;
    }
    let faults = [all.restored, all.crashed, all.cut, all.lost, all.skewed];
    let each = [&[all.paid, all.held, all.leased][..], &faults].concat();
    assert!(each.iter().all(|count| *count > 0), "something never happened: {all:?}");
}

#[test]
fn no_schedule_lets_two_cities_pay_out_to_one_household() {
    run(0..5, 90);
}

#[test]
fn cities_that_cannot_hear_each_other_never_both_pay_out() {
    let mut all = Counts::default();
    for seed in 0..16 {
        let mut schedule = Schedule::new(1_000 + seed);
        // All others hear both, and may grant to either.
        let place = usize::try_from(schedule.draw.below(3)).unwrap();
        let (one, other) = (LENDERS[place], LENDERS[(place + 1) % 3]);
        schedule.province.cut.extend([(one, other), (other, one)]);
        for _ in 0..50 {
            schedule.hurry();
        }
        all.paid += schedule.counts.paid;
        all.held += schedule.counts.held;
        all.leased += schedule.counts.leased;
        all.lost += schedule.province.loss.count;
    }
    let each = [all.paid, all.held, all.leased, all.lost];
    assert!(each.iter().all(|count| *count > 0), "something never happened: {all:?}");
}
