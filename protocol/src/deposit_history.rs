//! The months that deposits were paid for (缴存月份), and continuity (连续缴存) by them.
//!
//! **Promises.** A month counts once, however often it was paid; a back payment (补缴) never fakes
//! continuity; months of two cities add up with overlaps counted once.
//! **Left to others.** What a center does with the counts: its policy.

use minicbor::{Decode, Encode};

use crate::month_set::{MonthRun, MonthSet};
use crate::time::{Date, Month};

/// How a center counts months; its own parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContinuityRules {
    /// Months after the due month in which a back payment still counts for continuity.
    pub late_grace_months: u32,
    /// Missing months between the deposits of two cities that keep continuity.
    pub gap_tolerance: u32,
}

impl Default for ContinuityRules {
    /// One month each.
    fn default() -> Self {
        Self { late_grace_months: 1, gap_tolerance: 1 }
    }
}

/// How a month was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentKind {
    /// 汇缴: with the employer's monthly remittance.
    Regular,
    /// 补缴: afterwards.
    Back,
}

/// Whether the last six months were paid without a break (缴至月份之前 6 个月是否连续缴存).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SixMonths {
    /// The six months up to the last paid one were all paid in time (`SixMconFlag` 1).
    #[n(1)]
    Continuous,
    /// They were not (`SixMconFlag` 2).
    #[n(2)]
    Interrupted,
}

/// The months of one account, or of one city that money was transferred from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct DepositHistory {
    /// Every month that was paid for.
    #[n(1)]
    paid: MonthSet,
    /// Those of them that were paid too late to count for continuity.
    #[n(2)]
    late: MonthSet,
}

impl DepositHistory {
    /// A history without months.
    #[must_use]
    pub const fn new() -> Self {
        Self { paid: MonthSet::new(), late: MonthSet::new() }
    }

    /// A history from its months; `late` are those that do not count for continuity.
    #[must_use]
    pub fn from_months(paid: MonthSet, late: &MonthSet) -> Self {
        let late = late.intersection(&paid);
        Self { paid, late }
    }

    /// Adds a payment for a month.
    ///
    /// A regular payment of a month that was before only paid late makes it count.
    pub fn record(
        &mut self,
        month: Month,
        posted_on: Date,
        kind: PaymentKind,
        rules: ContinuityRules,
    ) {
        let delay = posted_on.month().months_since(month);
        let in_time = match kind {
            PaymentKind::Regular => true,
            PaymentKind::Back => delay <= i64::from(rules.late_grace_months),
        };
        let fresh = self.paid.insert(month);
        if in_time && !fresh && self.late.contains(month) {
            self.late = self.late.months().filter(|late| *late != month).collect();
        } else if !in_time && fresh {
            self.late.insert(month);
        }
    }

    /// Takes back the payment of a month (冲账), when no other payment for it stands.
    pub fn take_back(&mut self, month: Month) {
        self.paid = self.paid.months().filter(|paid| *paid != month).collect();
        self.late = self.late.months().filter(|late| *late != month).collect();
    }

    /// Every month that was paid for.
    #[must_use]
    pub const fn paid(&self) -> &MonthSet {
        &self.paid
    }

    /// The months that count for continuity.
    #[must_use]
    pub fn in_time(&self) -> MonthSet {
        self.paid.difference(&self.late)
    }

    /// How many months were paid for.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.paid.len()
    }

    /// The first month that was paid for.
    #[must_use]
    pub fn first_month(&self) -> Option<Month> {
        self.paid.first()
    }

    /// The last month that was paid for (缴至年月).
    #[must_use]
    pub fn paid_to(&self) -> Option<Month> {
        self.paid.last()
    }

    /// The months between the first and the last that were not paid for.
    #[must_use]
    pub fn gaps(&self) -> MonthSet {
        self.paid.gaps()
    }

    /// The length of the run of months in time that ends at the last paid one.
    #[must_use]
    pub fn streak(&self) -> u32 {
        streak_of(&self.in_time(), self.paid_to())
    }

    /// The streak, when it reaches the month before `as_of` or a later one; else 0.
    #[must_use]
    pub fn live_streak(&self, as_of: Date) -> u32 {
        if is_live(self.paid_to(), as_of) { self.streak() } else { 0 }
    }

    /// Whether the six months up to the last paid one are all there (`SixMconFlag`).
    #[must_use]
    pub fn six_months(&self) -> SixMonths {
        if self.streak() >= 6 { SixMonths::Continuous } else { SixMonths::Interrupted }
    }
}

/// The wire form, before it is known that late months are paid months.
#[derive(Decode)]
#[cbor(map)]
struct WireHistory {
    #[n(1)]
    paid: MonthSet,
    #[n(2)]
    late: MonthSet,
}

impl<'b, C> Decode<'b, C> for DepositHistory {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let WireHistory { paid, late } = WireHistory::decode(decoder, context)?;
        if late.difference(&paid).is_empty() {
            Ok(Self { paid, late })
        } else {
            Err(minicbor::decode::Error::message("a late month that was not paid"))
        }
    }
}

fn streak_of(in_time: &MonthSet, paid_to: Option<Month>) -> u32 {
    let run = paid_to.and_then(|month| in_time.run_of(month));
    run.map_or(0, |run| run.count)
}

pub(crate) fn is_live(paid_to: Option<Month>, as_of: Date) -> bool {
    paid_to.is_some_and(|month| as_of.month().months_since(month) <= 1)
}

/// The months of a person over several cities: one's own and those that came with transfers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CombinedHistory {
    /// All months, each once.
    pub history: DepositHistory,
    /// Months that two cities both claim; a person should look.
    pub overlap: MonthSet,
    /// The gaps between two cities that were tolerated.
    pub tolerated: MonthSet,
    /// Months in time up to the last paid one, over tolerated gaps, which are not counted.
    pub streak: u32,
}

impl CombinedHistory {
    /// Joins the histories of several cities, in any order.
    #[must_use]
    pub fn join(histories: &[&DepositHistory], rules: ContinuityRules) -> Self {
        let (mut paid, mut in_time, mut overlap) =
            (MonthSet::new(), MonthSet::new(), MonthSet::new());
        for history in histories {
            overlap = overlap.union(&paid.intersection(&history.paid));
            paid = paid.union(&history.paid);
            in_time = in_time.union(&history.in_time());
        }
        let late = paid.difference(&in_time);
        let history = DepositHistory::from_months(paid, &late);
        let (streak, tolerated) = streak_over_cities(&in_time, &history, histories, rules);
        Self { history, overlap, tolerated, streak }
    }

    /// The streak, when it reaches the month before `as_of` or a later one; else 0.
    #[must_use]
    pub fn live_streak(&self, as_of: Date) -> u32 {
        if is_live(self.history.paid_to(), as_of) { self.streak } else { 0 }
    }
}

/// Walks back from the last paid month, run by run, while the gaps lie between two cities and are
/// short enough.
fn streak_over_cities(
    in_time: &MonthSet,
    history: &DepositHistory,
    histories: &[&DepositHistory],
    rules: ContinuityRules,
) -> (u32, MonthSet) {
    let mut tolerated = MonthSet::new();
    let mut streak = streak_of(in_time, history.paid_to());
    if streak == 0 {
        return (0, tolerated);
    }
    let mut later: Option<MonthRun> = None;
    for run in in_time.runs().iter().rev() {
        if let Some(next) = later {
            let missing = next.first.months_since(run.last()).saturating_sub(1);
            let between = MonthSet::from_iter([run.last(), next.first]).gaps();
            let skipped_late = !between.intersection(&history.paid).is_empty();
            let two_cities = !histories
                .iter()
                .any(|city| city.paid.contains(run.last()) && city.paid.contains(next.first));
            if missing > i64::from(rules.gap_tolerance) || skipped_late || !two_cities {
                break;
            }
            tolerated = tolerated.union(&between);
            streak = streak.saturating_add(run.count);
        }
        later = Some(*run);
    }
    (streak, tolerated)
}

#[cfg(test)]
mod tests;
