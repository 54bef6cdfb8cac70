//! Every protocol test ends with a look at the stores that it leaves.
//!
//! **Promises.** Whatever a test has done, its stores are sound as a whole, unless it says that it has written
//! into one what no engine writes.

use super::Province;
use crate::center::CenterCode;
use crate::engine::store_check::{Expected, Report, check};
use crate::store::Staged;

impl Drop for Province {
    /// Whatever a test has done, it leaves stores that a check finds sound.
    fn drop(&mut self) {
        if !self.is_tampered && !std::thread::panicking() {
            self.assert_stores_are_sound();
        }
    }
}

impl Province {
    /// What a check of a node's store finds.
    pub(crate) fn check_store(&self, at: CenterCode) -> Report {
        let engine = &self.nodes[&at].engine;
        let settings = engine.settings();
        let expected = Expected {
            network: settings.network.clone(),
            center: settings.center,
            core_driver: settings.core_driver,
        };
        check(&Staged::new(engine.store()), &expected).unwrap()
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
}
