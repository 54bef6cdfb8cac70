//! Timers: each stands on two sides, by its time and by its name.
//!
//! **Promises.** What is set on one side alone is found and set on both.
//! **Left to others.** Which timers must be set: the checks of what waits.

use super::super::timer::{self, Timer};
use super::fault::Fault;
use super::{Bench, each_of};
use crate::cbor;
use crate::store::StoreError;
use crate::store::keys::{Area, key};

/// Checks both sides of each timer.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    each_of(view, Area::TimerSet, |place, (row, due)| {
        let name = row.get(1..).unwrap_or_default();
        let other = key(Area::TimerDue, &[due, name]);
        if due.len() == 8 && view.get(&other)?.is_none() {
            let writes = [(other, Some(Vec::new()))];
            bench.mended(Fault::Timer, format!("TimerSet row {place}"), writes);
        }
        Ok(())
    })?;
    each_of(view, Area::TimerDue, |place, (row, _)| {
        let (due, name) = row.get(1..).unwrap_or_default().split_at_checked(8).unwrap_or_default();
        let set = view.get(&key(Area::TimerSet, &[name]))?;
        let place = format!("TimerDue row {place}");
        match (set, cbor::decode::<Timer>(name)) {
            (Some(set), _) if set == due => {}
            // Set for another time: that one counts.
            (Some(_), _) | (None, Err(_)) => {
                bench.mended(Fault::Timer, place, [(row.clone(), None)]);
            }
            (None, Ok(timer)) => {
                let writes = [(timer::set_key(timer), Some(due.to_vec()))];
                bench.mended(Fault::Timer, place, writes);
            }
        }
        Ok(())
    })?;
    Ok(())
}
