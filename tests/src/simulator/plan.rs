//! What may go wrong in a run, and how often: drawn from the seed.
//!
//! **Promises.** The same seed draws the same plan. Half of the kinds of fault are left out of a run
//! at random, so that rare ones are not drowned by common ones.
//! **Left to others.** Doing it: the network, the disks, the bank, the workload.

use std::collections::BTreeMap;

use super::Options;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A packet is lost.
    Loss,
    /// A packet comes twice.
    Duplicate,
    /// A packet comes late, after others that were sent later.
    Delay,
    /// A link carries nothing in one direction for a while.
    OneWayCut,
    /// A link carries nothing in either direction for a while.
    TwoWayCut,
    /// A node dies before its commit: the round has not been.
    CrashBeforeCommit,
    /// A node dies between its commit and the release of the outputs.
    CrashBeforeRelease,
    /// A disk refuses a commit; the node ends.
    DiskError,
    /// A disk is full; the node ends until there is room.
    DiskFull,
    /// A commit takes seconds, in a run whose disks take time at all.
    SlowDisk,
    /// A member is out of everybody's reach for days.
    Away,
    /// A clock jumps by up to forty seconds.
    ClockJump,
    /// A clock runs fast or slow, until it is as far off as clocks may be.
    ClockDrift,
    /// A bank reports a movement late.
    NoticeLate,
    /// A bank reports movements again that were reported.
    NoticeDoubled,
    /// A bank reports the movements of one page in another order.
    NoticeReordered,
    /// The payee's bank gives the money back.
    Returned,
    /// The money comes in two lines.
    Split,
    /// Less arrives than was sent; the rest comes later.
    Short,
    /// More is moved than was ordered, on both accounts.
    Overpaid,
    /// The money comes under a wrong reference, and hours later under the right one.
    WrongReference,
    /// The bank refuses an order.
    PaymentFailed,
    /// The bank does not say what became of an order for a while.
    PaymentUnknown,
    /// An order does not reach the bank.
    OrderLost,
    /// An order reaches the bank hours later, which has said until then that it has none.
    OrderDelayed,
    /// An order waits at the bank past its day unless it is recalled.
    OrderHeld,
    /// A center has a core system of its own.
    ExternalCore,
    /// A core system does an order late, or says late that it has.
    CoreLate,
    /// A core system says an outcome twice, the second time much later.
    CoreDoubled,
    /// A core system does not say what became of an order for a while.
    CoreUnknown,
    /// A core system refuses, after the lock, an order that it could carry out.
    CoreRefused,
    /// The applicant changes their mind.
    Cancelled,
    /// A clerk gives a command again that was answered.
    Repeated,
    /// A person decides to go on waiting.
    HeldBack,
    /// A person refuses a letter.
    RefusedByHand,
    /// The transfer-out center decides by hand.
    Confirm,
    /// Whatever is decided at a center takes two persons.
    TwoPersons,
    /// A center lets others a day or two where most have weeks.
    ShortDeadlines,
    /// A center still lets go what it has accepted.
    LateWithdrawals,
    /// The people of a center decide nothing, for weeks.
    Idle,
    /// A question of another center is answered.
    Asked,
    /// Households apply for loans in two cities each.
    LoanTwice,
    /// A loan that was paid out is undone.
    PayoutUndone,
    /// A clerk pays out when the lease is over, and the node has slept since.
    PaidLate,
    /// Hours in which nobody hears anybody.
    LongSilence,
    /// A member rotates a key.
    KeyRotated,
    /// A member is suspended for a while.
    Suspended,
    /// A center joins.
    Admitted,
    /// Somebody says again what another has said.
    Replayed,
    /// Somebody forges a statement of another.
    Forged,
    /// A member floods another with messages.
    Flooded,
    /// A member asks what it may not.
    Pried,
    /// The hostile member keeps a statement back.
    Withheld,
    /// The hostile member says a sheet for another account.
    WrongSheet,
    /// A center signs two faces of its log, at the end.
    Equivocated,
    /// A node is set back to an old backup, at the end.
    RolledBack,
    /// A center is set back to an old backup amid the work, in runs that do so.
    Relapsed,
}

impl Fault {
    /// All kinds.
    pub const ALL: [Self; 57] = [
        Self::Loss,
        Self::Duplicate,
        Self::Delay,
        Self::OneWayCut,
        Self::TwoWayCut,
        Self::Away,
        Self::CrashBeforeCommit,
        Self::CrashBeforeRelease,
        Self::DiskError,
        Self::DiskFull,
        Self::SlowDisk,
        Self::ClockJump,
        Self::ClockDrift,
        Self::NoticeLate,
        Self::NoticeDoubled,
        Self::NoticeReordered,
        Self::Returned,
        Self::Split,
        Self::Short,
        Self::Overpaid,
        Self::WrongReference,
        Self::PaymentFailed,
        Self::PaymentUnknown,
        Self::OrderLost,
        Self::OrderDelayed,
        Self::OrderHeld,
        Self::ExternalCore,
        Self::CoreLate,
        Self::CoreDoubled,
        Self::CoreUnknown,
        Self::CoreRefused,
        Self::Cancelled,
        Self::Repeated,
        Self::HeldBack,
        Self::RefusedByHand,
        Self::Confirm,
        Self::TwoPersons,
        Self::ShortDeadlines,
        Self::LateWithdrawals,
        Self::Idle,
        Self::Asked,
        Self::LoanTwice,
        Self::PayoutUndone,
        Self::PaidLate,
        Self::LongSilence,
        Self::KeyRotated,
        Self::Suspended,
        Self::Admitted,
        Self::Replayed,
        Self::Forged,
        Self::Flooded,
        Self::Pried,
        Self::Withheld,
        Self::WrongSheet,
        Self::Equivocated,
        Self::RolledBack,
        Self::Relapsed,
    ];

    /// The name by which a command line leaves it out.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Duplicate => "duplicate",
            Self::Delay => "delay",
            Self::OneWayCut => "one-way-cut",
            Self::TwoWayCut => "two-way-cut",
            Self::Away => "away",
            Self::CrashBeforeCommit => "crash-before-commit",
            Self::CrashBeforeRelease => "crash-before-release",
            Self::DiskError => "disk-error",
            Self::DiskFull => "disk-full",
            Self::SlowDisk => "slow-disk",
            Self::ClockJump => "clock-jump",
            Self::ClockDrift => "clock-drift",
            Self::NoticeLate => "notice-late",
            Self::NoticeDoubled => "notice-doubled",
            Self::NoticeReordered => "notice-reordered",
            Self::Returned => "returned",
            Self::Split => "split",
            Self::Short => "short",
            Self::Overpaid => "overpaid",
            Self::WrongReference => "wrong-reference",
            Self::PaymentFailed => "payment-failed",
            Self::PaymentUnknown => "payment-unknown",
            Self::OrderLost => "order-lost",
            Self::OrderDelayed => "order-delayed",
            Self::OrderHeld => "order-held",
            Self::ExternalCore => "external-core",
            Self::CoreLate => "core-late",
            Self::CoreDoubled => "core-doubled",
            Self::CoreUnknown => "core-unknown",
            Self::CoreRefused => "core-refused",
            Self::Cancelled => "cancelled",
            Self::Repeated => "repeated",
            Self::HeldBack => "held-back",
            Self::RefusedByHand => "refused-by-hand",
            Self::Confirm => "confirm",
            Self::TwoPersons => "two-persons",
            Self::ShortDeadlines => "short-deadlines",
            Self::LateWithdrawals => "late-withdrawals",
            Self::Idle => "idle",
            Self::Asked => "asked",
            Self::LoanTwice => "loan-twice",
            Self::PayoutUndone => "payout-undone",
            Self::PaidLate => "paid-late",
            Self::LongSilence => "long-silence",
            Self::KeyRotated => "key-rotated",
            Self::Suspended => "suspended",
            Self::Admitted => "admitted",
            Self::Replayed => "replayed",
            Self::Forged => "forged",
            Self::Flooded => "flooded",
            Self::Pried => "pried",
            Self::Withheld => "withheld",
            Self::WrongSheet => "wrong-sheet",
            Self::Equivocated => "equivocated",
            Self::RolledBack => "rolled-back",
            Self::Relapsed => "relapsed",
        }
    }

    /// The kind of this name.
    ///
    /// # Errors
    /// With the names that there are.
    pub fn from_name(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|fault| fault.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|fault| fault.name()).collect();
            format!("no kind of fault; there are {}", names.join(", "))
        })
    }

    /// The highest probability, in a hundred thousand, each time that it could happen.
    const fn likelihood_max(self) -> u32 {
        match self {
            Self::Loss => 30_000,
            Self::Duplicate => 50_000,
            Self::Delay => 40_000,
            // Of each round.
            Self::CrashBeforeCommit | Self::CrashBeforeRelease => 400,
            Self::DiskError | Self::DiskFull => 100,
            Self::SlowDisk => 2_000,
            // Of each minute.
            Self::OneWayCut | Self::TwoWayCut | Self::ClockJump | Self::ClockDrift => 30_000,
            Self::LongSilence => 6_000,
            Self::Away => 3_000,
            // Of each notice, order or letter.
            Self::NoticeLate | Self::NoticeDoubled | Self::NoticeReordered => 50_000,
            Self::Returned | Self::Split | Self::Short | Self::PaymentFailed => 25_000,
            Self::PaymentUnknown | Self::OrderLost | Self::OrderDelayed | Self::OrderHeld => 25_000,
            Self::WrongReference => 25_000,
            Self::Overpaid => 10_000,
            // Of each order to a core system, or each outcome.
            Self::CoreLate | Self::CoreUnknown => 20_000,
            Self::CoreDoubled => 40_000,
            Self::CoreRefused => 15_000,
            Self::Cancelled | Self::Repeated => 30_000,
            // Of each look at something that waits for a person.
            Self::HeldBack => 50_000,
            Self::RefusedByHand => 8_000,
            // Of each person who applies, or whose transfer is looked at.
            Self::Asked => 40_000,
            // Of each center.
            Self::ExternalCore => 80_000,
            Self::TwoPersons => 40_000,
            Self::Confirm | Self::ShortDeadlines | Self::LateWithdrawals => 50_000,
            Self::Idle => 10_000,
            // Of each minute.
            Self::KeyRotated => 4_000,
            Self::Suspended | Self::Admitted => 2_000,
            Self::Replayed | Self::Forged => 20_000,
            Self::Flooded => 1_000,
            // Of each minute, and of each question.
            Self::Pried => 30_000,
            // Of each statement of the hostile member.
            Self::Withheld => 20_000,
            Self::WrongSheet => 3_000,
            // Of each look at a lease.
            Self::PaidLate => 20_000,
            // Of each look at the network.
            Self::Relapsed => 30_000,
            // Of each run.
            Self::LoanTwice | Self::PayoutUndone => 100_000,
            Self::Equivocated | Self::RolledBack => 100_000,
        }
    }
}

/// The probabilities of one run.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    likelihood: BTreeMap<Fault, u32>,
    healed: bool,
    injected: BTreeMap<Fault, u64>,
}

impl Plan {
    /// Draws a plan without the kinds that are left out.
    #[must_use]
    pub(super) fn draw(random: &mut fastrand::Rng, options: &Options) -> Self {
        let mut likelihood = BTreeMap::new();
        for fault in Fault::ALL {
            let chosen = random.bool();
            let drawn = random.u32(1..=fault.likelihood_max());
            let is_chosen = if fault == Fault::Relapsed { options.sets_back } else { chosen };
            if is_chosen && !options.without.contains(&fault) {
                likelihood.insert(fault, drawn);
            }
        }
        Self { likelihood, healed: true, injected: BTreeMap::new() }
    }

    /// From now on things go wrong; until then, nothing does.
    pub(super) const fn begin(&mut self) {
        self.healed = false;
    }

    /// From now on nothing goes wrong.
    pub(super) const fn heal(&mut self) {
        self.healed = true;
    }

    /// Whether things go wrong now.
    pub(super) const fn is_on(&self) -> bool {
        !self.healed
    }

    /// Whether a fault happens now; one that does is counted.
    pub(super) fn strikes(&mut self, fault: Fault, random: &mut fastrand::Rng) -> bool {
        !self.healed && self.holds(fault, random)
    }

    /// Whether something holds for the whole run, drawn before anything goes wrong.
    pub(super) fn holds(&mut self, fault: Fault, random: &mut fastrand::Rng) -> bool {
        let strikes = self.would(fault, random);
        if strikes {
            self.count(fault);
        }
        strikes
    }

    /// Whether a fault is to be tried now; whoever tries it counts it when it has come about.
    pub(super) fn would(&self, fault: Fault, random: &mut fastrand::Rng) -> bool {
        let likelihood = self.likelihood.get(&fault);
        likelihood.is_some_and(|likelihood| random.u32(0..100_000) < *likelihood)
    }

    /// A fault has come about.
    pub(super) fn count(&mut self, fault: Fault) {
        *self.injected.entry(fault).or_default() += 1;
    }

    /// How often each kind really happened.
    #[must_use]
    pub(super) const fn injected(&self) -> &BTreeMap<Fault, u64> {
        &self.injected
    }
}
