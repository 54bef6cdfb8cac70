//! Cuts, clocks and silence: what goes wrong between nodes, and that it ends.
//!
//! **Promises.** After [`World::heal`] links carry, clocks are right, nodes are up, nobody is suspended.

use std::collections::BTreeSet;

use fundlink_protocol::center::CenterCode;

use super::auditor::Broken;
use super::plan::Fault;
use super::world::{Event, World};

/// Clocks stay within this of the time outside; two of them within the skew that is allowed.
pub(super) const SKEW_MS_MAX: i64 = 40_000;
/// What a clock that runs fast gains in a minute: two percent.
const DRIFT_MS_MAX: i64 = 1_200;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

impl World {
    /// Once a minute: links are cut, clocks jump and drift, everybody falls silent.
    pub(super) fn change_weather(&mut self) {
        let codes = self.codes();
        let pick = |random: &mut fastrand::Rng| codes[random.usize(0..codes.len())];
        for (fault, both) in [(Fault::OneWayCut, false), (Fault::TwoWayCut, true)] {
            if self.plan.strikes(fault, &mut self.random) {
                let (from, to) = (pick(&mut self.random), pick(&mut self.random));
                let mends = self.now.plus_ms(self.random.i64(10_000..20 * MINUTE_MS));
                for (from, to) in [(from, to), (to, from)].into_iter().take(1 + usize::from(both)) {
                    self.links.cut(from, to);
                    self.schedule.add(mends, Event::Mend(from, to));
                }
            }
        }
        if self.plan.strikes(Fault::ClockJump, &mut self.random) {
            let code = pick(&mut self.random);
            let skew = self.random.i64(-SKEW_MS_MAX..=SKEW_MS_MAX);
            if let Some(node) = self.nodes.get_mut(&code) {
                node.skew_ms = skew;
            }
        }
        if self.plan.strikes(Fault::ClockDrift, &mut self.random) {
            let code = pick(&mut self.random);
            let drift = self.random.i64(-DRIFT_MS_MAX..=DRIFT_MS_MAX);
            if let Some(node) = self.nodes.get_mut(&code) {
                node.drift_ms = drift;
            }
        }
        for node in self.nodes.values_mut() {
            node.skew_ms = (node.skew_ms + node.drift_ms).clamp(-SKEW_MS_MAX, SKEW_MS_MAX);
        }
        if self.plan.strikes(Fault::Away, &mut self.random) {
            let code = pick(&mut self.random);
            self.cut_off(code);
        }
        let days_pass = self.now < self.away_until && self.random.u8(0..10) == 0;
        if self.plan.strikes(Fault::LongSilence, &mut self.random) || days_pass {
            let hours = self.random.i64(1..30);
            self.sleep(hours * HOUR_MS);
        }
    }

    /// A member hears nobody and is heard by nobody for days, in which the others go on.
    fn cut_off(&mut self, code: CenterCode) {
        let mends = self.now.plus_ms(self.random.i64(20 * HOUR_MS..200 * HOUR_MS));
        for other in self.codes().into_iter().filter(|other| *other != code) {
            for (from, to) in [(code, other), (other, code)] {
                self.links.cut(from, to);
                self.schedule.add(mends, Event::Mend(from, to));
            }
        }
        self.away_until = self.away_until.max(mends);
    }

    /// Ends all faults: links carry, clocks are right, nodes are up.
    pub(super) fn heal(&mut self) -> Result<(), Broken> {
        self.plan.heal();
        self.away_until = self.now;
        self.links.mend_all();
        for center in self.suspended.clone() {
            self.schedule.add(self.now.plus_ms(1_000), Event::Reinstate(center));
        }
        let codes = self.codes();
        for code in &codes {
            if let Some(node) = self.nodes.get_mut(code) {
                node.skew_ms = 0;
                node.drift_ms = 0;
            }
            self.start(*code)?;
        }
        let pairs: BTreeSet<(CenterCode, CenterCode)> = codes
            .iter()
            .flat_map(|one| codes.iter().map(move |other| (*one, *other)))
            .filter(|(one, other)| one < other)
            .collect();
        for (one, other) in pairs {
            self.connect(one, other)?;
        }
        Ok(())
    }
}
