//! Every protocol test ends with a look at the stores that it leaves.
//!
//! **Promises.** Whatever a test has done, its stores are sound as a whole, unless it says that it has written
//! into one what no engine writes. A row in a form that is none of its area would be noticed.
//! **Left to others.** Rows that contradict each other: `engine::transfers::tests::store_checks`.

use std::collections::BTreeSet;

use super::Province;
use crate::center::CenterCode;
use crate::engine::store_check::fault::{Cure, Fault};
use crate::engine::store_check::{Expected, Report, check, is_well_formed};
use crate::engine::timer::{self, Timer};
use crate::store::keys::Area;
use crate::store::{Entry, Staged, Store as _, View};

impl Drop for Province {
    /// Whatever a test has done, it leaves stores that a check finds sound.
    fn drop(&mut self) {
        if !self.is_tampered && !std::thread::panicking() {
            self.assert_stores_are_sound();
            self.assert_forms_are_strict();
        }
    }
}

impl Province {
    /// What a check of a node's store finds.
    pub(crate) fn check_store(&self, at: CenterCode) -> Report {
        self.check_changed(at, |_| ())
    }

    /// A test writes into a store what no engine writes: the stores are not looked at in the end.
    pub(crate) const fn tamper(&mut self) {
        self.is_tampered = true;
    }

    /// Every store is as a check wants it.
    pub(crate) fn assert_stores_are_sound(&self) {
        for code in self.nodes.keys() {
            let found = self.check_store(*code).findings;
            assert!(found.is_empty(), "{code}: {found:#?}");
        }
    }

    /// What a check finds once something is changed in a node's store.
    pub(crate) fn check_changed(
        &self,
        at: CenterCode,
        change: impl FnOnce(&mut dyn View),
    ) -> Report {
        let node = &self.nodes[&at].engine;
        let mut view = Staged::new(node.store());
        change(&mut view);
        check(&view, &self.expected(at)).unwrap()
    }

    /// A timer that is set is missed once it is not, by a check that sets it for a time no later.
    pub(crate) fn assert_missed(&self, at: CenterCode, timer: Timer) {
        let view = Staged::new(self.nodes[&at].engine.store());
        let due = timer::due_at(&view, timer).unwrap();
        assert!(due.is_some(), "{timer:?} is not set");
        let report = self.check_changed(at, |view| timer::clear(view, timer).unwrap());
        let found: Vec<_> = report.findings.iter().map(|found| (found.fault, found.cure)).collect();
        assert_eq!(found, [(Fault::Timer, Cure::Rebuild)], "{timer:?}");
        let mut mended = Staged::new(self.nodes[&at].engine.store());
        timer::clear(&mut mended, timer).unwrap();
        report.mends.writes.into_iter().for_each(|(key, value)| match value {
            Some(value) => mended.put(key, value),
            None => mended.delete(key),
        });
        let now = timer::due_at(&mended, timer).unwrap();
        assert!(now.is_some() && now <= due, "{timer:?} is due at {now:?}, and was at {due:?}");
        assert_eq!(check(&mended, &self.expected(at)).unwrap().findings, []);
    }

    fn expected(&self, at: CenterCode) -> Expected {
        let settings = self.nodes[&at].engine.settings();
        Expected {
            network: settings.network.clone(),
            center: settings.center,
            core_driver: settings.core_driver,
        }
    }

    /// The first row of each area, changed in its length, is noticed.
    fn assert_forms_are_strict(&self) {
        for (code, node) in &self.nodes {
            let mut seen = BTreeSet::new();
            for entry in node.engine.store().range(&[], &[0xff], usize::MAX).unwrap() {
                let area = Area::of(&entry.0).unwrap();
                if seen.insert(area) {
                    assert!(is_well_formed(area, &entry), "{code}: {area:?}");
                    assert_form_is_strict(area, &entry);
                }
            }
        }
    }
}

/// Areas whose keys end in a name or a number of any length, with what stands before it.
const NAMED: [(Area, usize); 13] = [
    (Area::Person, 37),
    (Area::ImportFinding, 5),
    (Area::Published, 1),
    (Area::Unpublished, 1),
    (Area::CertificateOf, 5),
    (Area::OffSite, 0),
    (Area::IntentOfSerial, 0),
    (Area::TagWatch, 32),
    (Area::WatchTask, 4),
    (Area::RegisteredAccount, 4),
    (Area::Withdrawal, 4),
    (Area::WithdrawalOf, 36),
    // The name itself is looked at by the values of this area.
    (Area::Single, 0),
];

/// Areas whose keys say little, or are read as what they name.
const LOOSE: [Area; 3] = [Area::TagRate, Area::LedgerAccount, Area::Quarantine];

fn assert_form_is_strict(area: Area, (key, value): &Entry) {
    let is_fine = |key: &[u8], value: &[u8]| is_well_formed(area, &(key.to_vec(), value.to_vec()));
    let longer = |bytes: &[u8]| [bytes, &[0]].concat();
    let shorter = |bytes: &[u8]| bytes[..bytes.len().saturating_sub(1)].to_vec();
    if area != Area::Tile {
        assert!(!is_fine(key, &longer(value)), "{area:?}: a longer value");
        assert!(value.is_empty() || !is_fine(key, &shorter(value)), "{area:?}: a shorter value");
    }
    if let Some((_, before)) = NAMED.iter().find(|(named, _)| *named == area) {
        let named = 1 + before;
        assert!(!is_fine(&key[..named], value), "{area:?}: a key without a name");
        assert!(area == Area::Single || is_fine(&key[..=named], value), "{area:?}: a short name");
    } else if !LOOSE.contains(&area) {
        assert!(!is_fine(&longer(key), value), "{area:?}: a longer key");
        assert!(key.len() == 1 || !is_fine(&shorter(key), value), "{area:?}: a shorter key");
    }
    if OF_LOGS.contains(&area) {
        let nowhere = [&key[..1], &vec![0xff; key.len() - 1]].concat();
        assert!(!is_fine(&nowhere, value), "{area:?}: of no log");
    }
}

/// Areas whose keys begin with a log.
const OF_LOGS: [Area; 10] = [
    Area::Log,
    Area::Tile,
    Area::LogSigning,
    Area::Checkpoint,
    Area::Witnessed,
    Area::WitnessOf,
    Area::Cosigned,
    Area::Follow,
    Area::Misfit,
    Area::Equivocation,
];
