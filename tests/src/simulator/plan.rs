//! What may go wrong in a run, and how often: drawn from the seed.
//!
//! **Promises.** The same seed draws the same plan. Half of the kinds of fault are left out of a run
//! at random, so that rare ones are not drowned by common ones.
//! **Left to others.** Doing it: the network, the disks, the bank, the workload.

use std::collections::{BTreeMap, BTreeSet};

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
    /// A clock jumps by up to forty seconds.
    ClockJump,
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
    /// The bank refuses an order.
    PaymentFailed,
    /// The bank does not say what became of an order for a while.
    PaymentUnknown,
    /// An order does not reach the bank.
    OrderLost,
    /// An order waits at the bank past its day unless it is recalled.
    OrderHeld,
    /// The applicant changes their mind.
    Cancelled,
    /// A clerk gives a command again that was answered.
    Repeated,
    /// The transfer-out center decides by hand.
    Confirm,
    /// Hours in which nobody hears anybody.
    LongSilence,
}

impl Fault {
    /// All kinds.
    pub const ALL: [Self; 24] = [
        Self::Loss,
        Self::Duplicate,
        Self::Delay,
        Self::OneWayCut,
        Self::TwoWayCut,
        Self::CrashBeforeCommit,
        Self::CrashBeforeRelease,
        Self::DiskError,
        Self::DiskFull,
        Self::ClockJump,
        Self::NoticeLate,
        Self::NoticeDoubled,
        Self::NoticeReordered,
        Self::Returned,
        Self::Split,
        Self::Short,
        Self::PaymentFailed,
        Self::PaymentUnknown,
        Self::OrderLost,
        Self::OrderHeld,
        Self::Cancelled,
        Self::Repeated,
        Self::Confirm,
        Self::LongSilence,
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
            Self::CrashBeforeCommit => "crash-before-commit",
            Self::CrashBeforeRelease => "crash-before-release",
            Self::DiskError => "disk-error",
            Self::DiskFull => "disk-full",
            Self::ClockJump => "clock-jump",
            Self::NoticeLate => "notice-late",
            Self::NoticeDoubled => "notice-doubled",
            Self::NoticeReordered => "notice-reordered",
            Self::Returned => "returned",
            Self::Split => "split",
            Self::Short => "short",
            Self::PaymentFailed => "payment-failed",
            Self::PaymentUnknown => "payment-unknown",
            Self::OrderLost => "order-lost",
            Self::OrderHeld => "order-held",
            Self::Cancelled => "cancelled",
            Self::Repeated => "repeated",
            Self::Confirm => "confirm",
            Self::LongSilence => "long-silence",
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

    /// The highest probability, in a thousand, each time that it could happen.
    const fn per_mille_max(self) -> u16 {
        match self {
            Self::Loss => 300,
            Self::Duplicate => 500,
            Self::Delay => 400,
            // Of each round.
            Self::CrashBeforeCommit | Self::CrashBeforeRelease => 20,
            Self::DiskError | Self::DiskFull => 5,
            // Of each minute.
            Self::OneWayCut | Self::TwoWayCut | Self::ClockJump => 300,
            Self::LongSilence => 60,
            // Of each notice, order or letter.
            Self::NoticeLate | Self::NoticeDoubled | Self::NoticeReordered => 500,
            Self::Returned | Self::Split | Self::Short | Self::PaymentFailed => 250,
            Self::PaymentUnknown | Self::OrderLost | Self::OrderHeld => 250,
            Self::Cancelled | Self::Repeated => 300,
            // Of each center.
            Self::Confirm => 500,
        }
    }
}

/// The probabilities of one run.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    per_mille: BTreeMap<Fault, u16>,
    healed: bool,
    injected: BTreeMap<Fault, u64>,
}

impl Plan {
    /// Draws a plan without these kinds.
    #[must_use]
    pub(super) fn draw(random: &mut fastrand::Rng, without: &BTreeSet<Fault>) -> Self {
        let mut per_mille = BTreeMap::new();
        for fault in Fault::ALL {
            let chosen = random.bool();
            let probability = random.u16(1..=fault.per_mille_max());
            if chosen && !without.contains(&fault) {
                per_mille.insert(fault, probability);
            }
        }
        Self { per_mille, healed: true, injected: BTreeMap::new() }
    }

    /// From now on things go wrong; until then, nothing does.
    pub(super) const fn begin(&mut self) {
        self.healed = false;
    }

    /// From now on nothing goes wrong.
    pub(super) const fn heal(&mut self) {
        self.healed = true;
    }

    /// Whether a fault happens now; one that does is counted.
    pub(super) fn strikes(&mut self, fault: Fault, random: &mut fastrand::Rng) -> bool {
        !self.healed && self.holds(fault, random)
    }

    /// Whether something holds for the whole run, drawn before anything goes wrong.
    pub(super) fn holds(&mut self, fault: Fault, random: &mut fastrand::Rng) -> bool {
        let Some(per_mille) = self.per_mille.get(&fault) else { return false };
        let strikes = random.u16(0..1000) < *per_mille;
        if strikes {
            *self.injected.entry(fault).or_default() += 1;
        }
        strikes
    }

    /// How often each kind really happened.
    #[must_use]
    pub(super) const fn injected(&self) -> &BTreeMap<Fault, u64> {
        &self.injected
    }
}
