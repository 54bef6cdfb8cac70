//! Sets of months, as runs: what was paid for, and what was not.
//!
//! **Promises.** One set has one form: runs in order that neither touch nor overlap, so equal sets
//! have equal bytes.
//! **Left to others.** Which months count for what: `deposit_history`.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::time::Month;

/// A set of months; on the wire an array of runs `[first month, count]`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct MonthSet {
    runs: Vec<MonthRun>,
}

/// Consecutive months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MonthRun {
    /// The first month of the run.
    #[n(0)]
    pub first: Month,
    /// How many months, at least one.
    #[n(1)]
    pub count: u32,
}

/// Runs of one set: every second month of 150 years.
const RUNS_MAX: usize = 900;

impl MonthRun {
    /// The last month of the run.
    #[must_use]
    pub fn last(self) -> Month {
        let more = i32::try_from(self.count.saturating_sub(1)).unwrap_or(i32::MAX);
        self.first.plus(more).unwrap_or(self.first)
    }

    /// The months of the run, in order.
    pub fn months(self) -> impl Iterator<Item = Month> {
        (0..self.count).filter_map(move |n| self.first.plus(i32::try_from(n).ok()?))
    }

    fn contains(self, month: Month) -> bool {
        self.first <= month && month <= self.last()
    }

    /// Whether `later`, which begins after this run, goes on where this one ends.
    fn touches(self, later: Self) -> bool {
        later.first.months_since(self.last()) <= 1
    }
}

impl MonthSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { runs: Vec::new() }
    }

    /// Adds a month; `false` when it was there.
    pub fn insert(&mut self, month: Month) -> bool {
        if self.contains(month) {
            return false;
        }
        let place = self.runs.partition_point(|run| run.first < month);
        self.runs.insert(place, MonthRun { first: month, count: 1 });
        let joined = core::mem::take(&mut self.runs);
        for run in joined {
            match self.runs.last_mut() {
                Some(last) if last.touches(run) => {
                    last.count = last.count.saturating_add(run.count);
                }
                Some(_) | None => self.runs.push(run),
            }
        }
        true
    }

    /// Whether the month is in the set.
    #[must_use]
    pub fn contains(&self, month: Month) -> bool {
        self.run_of(month).is_some()
    }

    /// The run that the month lies in.
    #[must_use]
    pub fn run_of(&self, month: Month) -> Option<MonthRun> {
        let place = self.runs.partition_point(|run| run.last() < month);
        self.runs.get(place).copied().filter(|run| run.contains(month))
    }

    /// The runs, in order.
    #[must_use]
    pub fn runs(&self) -> &[MonthRun] {
        &self.runs
    }

    /// The months, in order.
    pub fn months(&self) -> impl Iterator<Item = Month> {
        self.runs.iter().flat_map(|run| run.months())
    }

    /// How many months.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.runs.iter().fold(0, |sum, run| sum.saturating_add(run.count))
    }

    /// Whether there is no month.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The first month.
    #[must_use]
    pub fn first(&self) -> Option<Month> {
        self.runs.first().map(|run| run.first)
    }

    /// The last month.
    #[must_use]
    pub fn last(&self) -> Option<Month> {
        self.runs.last().map(|run| run.last())
    }

    /// The months between the first and the last that are not in the set.
    #[must_use]
    pub fn gaps(&self) -> Self {
        let between = self.runs.iter().zip(self.runs.iter().skip(1)).filter_map(|(run, next)| {
            let count = next.first.months_since(run.last()).checked_sub(1)?;
            Some(MonthRun { first: run.last().plus(1)?, count: u32::try_from(count).ok()? })
        });
        Self { runs: between.collect() }
    }

    /// The months of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.months().chain(other.months()).collect()
    }

    /// The months of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.months().filter(|month| other.contains(*month)).collect()
    }

    /// The months of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.months().filter(|month| !other.contains(*month)).collect()
    }

    /// The set whose runs these are, when they are as this type writes them.
    fn from_runs(runs: Vec<MonthRun>) -> Option<Self> {
        let whole = |run: &MonthRun| {
            let more = i32::try_from(run.count.checked_sub(1)?).ok()?;
            run.first.plus(more)
        };
        let apart = runs
            .iter()
            .zip(runs.iter().skip(1))
            .all(|(run, next)| run.last() < next.first && !run.touches(*next));
        (runs.iter().all(|run| whole(run).is_some()) && apart).then_some(Self { runs })
    }
}

impl FromIterator<Month> for MonthSet {
    /// Any order, any number of repeats; fastest when the months come in order.
    fn from_iter<I: IntoIterator<Item = Month>>(months: I) -> Self {
        let mut sorted: Vec<Month> = months.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut set = Self::new();
        for month in sorted {
            let run = MonthRun { first: month, count: 1 };
            match set.runs.last_mut() {
                Some(last) if last.touches(run) => last.count = last.count.saturating_add(1),
                Some(_) | None => set.runs.push(run),
            }
        }
        set
    }
}

impl fmt::Debug for MonthSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.runs.iter().map(|run| format!("{}..{}", run.first, run.last()));
        f.debug_list().entries(runs).finish()
    }
}

impl<C> Encode<C> for MonthSet {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.runs.encode(encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for MonthSet {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let wrong = || minicbor::decode::Error::message("not a set of months");
        let mut runs = Vec::new();
        for run in decoder.array_iter_with(context)? {
            if runs.len() == RUNS_MAX {
                return Err(wrong());
            }
            runs.push(run?);
        }
        Self::from_runs(runs).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::cbor;

    fn month(index: u32) -> Month {
        Month::from_number(200_001).unwrap().plus(i32::try_from(index).unwrap()).unwrap()
    }

    #[test]
    fn only_the_one_form_of_a_set_is_read() {
        let runs = |pairs: &[(u32, u32)]| {
            let runs: Vec<MonthRun> = pairs
                .iter()
                .map(|(first, count)| MonthRun { first: month(*first), count: *count })
                .collect();
            cbor::decode::<MonthSet>(&cbor::encode(&runs))
        };
        assert_eq!(runs(&[(0, 3), (4, 1)]).unwrap().len(), 4);
        assert!(runs(&[]).unwrap().is_empty());
        for bad in [&[(0, 0)][..], &[(0, 3), (3, 1)], &[(4, 1), (0, 3)], &[(0, 3), (1, 4)]] {
            assert!(runs(bad).is_err(), "{bad:?}");
        }
        assert!(runs(&[(0, 200_000)]).is_err());
        let many: Vec<(u32, u32)> = (0..2_000).map(|n| (n * 2, 1)).collect();
        assert!(runs(&many).is_err());
    }

    proptest! {
        #[test]
        fn a_set_of_runs_is_a_set_of_months(
            left in proptest::collection::vec(0_u32..60, 0..60),
            right in proptest::collection::vec(0_u32..60, 0..60),
        ) {
            let (a, b): (BTreeSet<u32>, BTreeSet<u32>) =
                (left.iter().copied().collect(), right.iter().copied().collect());
            let collected: MonthSet = left.iter().map(|n| month(*n)).collect();
            let mut inserted = MonthSet::new();
            for n in &left {
                let fresh = !inserted.contains(month(*n));
                prop_assert_eq!(inserted.insert(month(*n)), fresh);
            }
            prop_assert_eq!(&inserted, &collected);
            prop_assert_eq!(cbor::decode(&cbor::encode(&collected)), Ok(collected.clone()));
            prop_assert_eq!(collected.len() as usize, a.len());

            let other: MonthSet = right.iter().map(|n| month(*n)).collect();
            let same = |set: MonthSet, model: BTreeSet<u32>| {
                set.months().eq(model.into_iter().map(month))
            };
            prop_assert!(same(collected.union(&other), &a | &b));
            prop_assert!(same(collected.intersection(&other), &a & &b));
            prop_assert!(same(collected.difference(&other), &a - &b));
            let gaps = match (a.first(), a.last()) {
                (Some(first), Some(last)) => (*first..*last).filter(|n| !a.contains(n)).collect(),
                _ => BTreeSet::new(),
            };
            prop_assert!(same(collected.gaps(), gaps));
        }
    }
}
