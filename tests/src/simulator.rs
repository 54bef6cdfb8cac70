//! The deterministic simulator: any number of centers, the authority, the bank, clocks, disks and
//! links in one thread, running the engine that nodes run, from one seed.
//!
//! **Promises.** A run is reproducible to the byte: the same seed and options give the same hash of
//! the whole trace. Faults first, and what must hold is checked after every event; then everything
//! heals, people decide what waits for them, and every transfer has come to an end or waits on a
//! person.
//! **Left to others.** Sockets, processes, real disks: `kills`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fundlink_protocol::engine::store_check::Expected;
use fundlink_protocol::key::simulated::Simulation;
use fundlink_protocol::store::{Entry, Store as _};
use fundlink_protocol::time::{Date, Timestamp};

mod auditor;
mod bank;
mod core_system;
mod disk;
mod epilogue;
mod hostile;
mod lending;
mod members;
mod membership;
mod network;
mod plan;
mod prying;
mod queries;
mod relapse;
mod rounds;
mod schedule;
mod shrinking;
mod trace;
mod weather;
mod workload;
mod world;

pub use auditor::Broken;
pub use plan::Fault;
pub use shrinking::shrink;

use members::KeyType;
use plan::Plan;
use trace::Trace;
use workload::Workload;
use world::World;

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Options {
    /// Centers, at least 2; the authority comes on top.
    pub centers: u32,
    /// Persons who move.
    pub transfers: u32,
    /// Kinds of fault that are left out.
    pub without: BTreeSet<Fault>,
    /// Whether every event is shown.
    pub is_shown: bool,
    /// Whether disks now and then lose what they have acknowledged: then a promise must break.
    pub disks_lie: bool,
    /// Whether a center is set back to an old backup amid the work, in nearly every run.
    pub sets_back: bool,
    /// How far runs with these options are, on whatever threads.
    pub progress: Arc<Progress>,
}

impl Options {
    /// So many centers and persons, with every kind of fault, disks that keep their word, and nothing shown.
    #[must_use]
    pub fn new(centers: u32, transfers: u32) -> Self {
        Self {
            centers,
            transfers,
            without: BTreeSet::new(),
            is_shown: false,
            disks_lie: false,
            sets_back: false,
            progress: Arc::default(),
        }
    }
}

/// How far simulations are while they run; nothing that happens in them depends on it.
#[derive(Debug, Default)]
pub struct Progress {
    events: AtomicU64,
    simulated_ms: AtomicU64,
}

impl Progress {
    /// Events that happened so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Whole hours that passed in the simulations so far.
    #[must_use]
    pub fn simulated_hours(&self) -> u64 {
        self.simulated_ms.load(Ordering::Relaxed) / HOUR_MS.unsigned_abs()
    }

    fn event(&self, passed_ms: i64) {
        self.events.fetch_add(1, Ordering::Relaxed);
        self.simulated_ms.fetch_add(passed_ms.unsigned_abs(), Ordering::Relaxed);
    }
}

/// What came of one run in which every promise was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The hash over the whole trace.
    pub hash: String,
    /// Events that happened.
    pub events: u64,
    /// Milliseconds that passed in the simulation.
    pub simulated_ms: i64,
    /// Transfers by their state at the transfer-in center.
    pub ends: BTreeMap<&'static str, u64>,
    /// Applications for a loan by their state.
    pub loans: BTreeMap<&'static str, u64>,
    /// How often each kind of fault happened.
    pub injected: BTreeMap<Fault, u64>,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Looks at the desks while everything heals: every seven hours or so, for about five weeks.
const LOOKS_MAX: u32 = 120;

/// One seed in so many runs with the signatures of real networks, the others with hashes.
const REAL_KEYS_EVERY: u64 = 100;

/// Runs one seed.
///
/// # Errors
/// With the promise that was broken.
pub fn run(seed: u64, options: &Options) -> Result<Report, Broken> {
    let (world, workload, begin, ends) = play(seed, options)?;
    let mut loans = BTreeMap::new();
    for state in workload.loans(&world)? {
        *loans.entry(state).or_default() += 1;
    }
    Ok(Report {
        hash: world.trace.hash().to_hex().to_string(),
        events: world.events,
        simulated_ms: world.now.ms_since(begin),
        ends,
        loans,
        injected: world.plan.injected().clone(),
    })
}

/// What the disk of a center holds at the end of a run, and whose it is.
///
/// # Errors
/// With the promise that was broken.
pub fn rows_of_a_center(seed: u64, options: &Options) -> Result<(Expected, Vec<Entry>), Broken> {
    let (world, ..) = play(seed, options)?;
    let node = world.nodes.values().find(|node| node.is_center());
    let node = node.ok_or_else(|| Broken::new("no center".to_owned()))?;
    let rows = node.disk().range(&[], &[0xff], usize::MAX)?;
    Ok((node.expected(), rows))
}

type Ends = BTreeMap<&'static str, u64>;

fn play(seed: u64, options: &Options) -> Result<(World, Workload, Timestamp, Ends), Broken> {
    let kind = if seed.is_multiple_of(REAL_KEYS_EVERY) {
        KeyType::Ed25519
    } else {
        KeyType::Simulated(Rc::new(Simulation::begin()))
    };
    let mut random = fastrand::Rng::with_seed(seed);
    let plan = Plan::draw(&mut random, options);
    let begin = begin(&mut random);
    let mut workload = Workload::new(options.transfers, options.centers.max(2), &mut random);
    let trace = Trace::new(options.is_shown);
    let mut world = World::new(options.centers.max(2), begin, (plan, random, kind), trace);
    // The members find each other, hand on the tag key and publish their records in peace.
    world.run_until(begin.plus_ms(10_000))?;
    workload.prepare(&mut world)?;
    world.run_until(begin.plus_ms(2 * MINUTE_MS))?;
    world.plan.begin();
    world.disks_lie = options.disks_lie;
    world.progress = Arc::clone(&options.progress);
    break_things(&mut world, &mut workload, options.sets_back)?;
    let ends = mend(&mut world, &mut workload)?;
    world.end(&workload)?;
    Ok((world, workload, begin, ends))
}

/// Half past eight on a day around the end of the interest year (30 June).
fn begin(random: &mut fastrand::Rng) -> Timestamp {
    let days = random.i64(0..50);
    let day = Date::new(2026, 5, 18).ok().and_then(|day| day.plus_days(days));
    day.map_or(Timestamp::from_ms(0), Timestamp::start_of).plus_ms(17 * HOUR_MS / 2)
}

/// The time in which everything may go wrong.
fn break_things(world: &mut World, workload: &mut Workload, sets_back: bool) -> Result<(), Broken> {
    let begun = world.now;
    // Hours that are slept through are no faults.
    let awake_ms = world.random.i64(15 * MINUTE_MS..2 * HOUR_MS);
    let is_early =
        |world: &World, ms: i64| world.now.ms_since(begun) < ms.saturating_add(world.slept_ms);
    while is_early(world, awake_ms) || !workload.is_over() {
        let pause = world.random.i64(1_000..2 * MINUTE_MS);
        world.run_until(world.now.plus_ms(pause))?;
        workload.apply(world)?;
        workload.lend(world)?;
        if sets_back {
            world.relapse()?;
        }
        if world.random.u8(0..4) == 0 {
            workload.decide(world)?;
            world.keep_backup();
        }
        if !is_early(world, awake_ms + 24 * 24 * HOUR_MS) {
            return Err(Broken::new("people cannot apply for weeks".to_owned()));
        }
    }
    Ok(())
}

/// The time in which nothing goes wrong any more, until everything rests.
fn mend(world: &mut World, workload: &mut Workload) -> Result<Ends, Broken> {
    world.heal()?;
    world.auditor.after_healing(&world.nodes)?;
    world.run_until(world.now.plus_ms(12 * MINUTE_MS))?;
    let looks = if world.idle.is_empty() { LOOKS_MAX } else { LOOKS_MAX / 8 };
    for _ in 0..looks {
        // The whole is read only where it can be at rest.
        if all_ended(world)?
            && let Ok(ends) = world.auditor.at_rest(&world.nodes, &world.bank)
        {
            return Ok(ends);
        }
        let hours = world.random.i64(3..=12);
        world.sleep(hours * HOUR_MS);
        world.run_until(world.now.plus_ms(MINUTE_MS / 2))?;
        workload.decide(world)?;
        workload.lend(world)?;
        world.open_next_logs()?;
        world.run_until(world.now.plus_ms(MINUTE_MS))?;
    }
    if let Ok(ends) = world.auditor.at_rest(&world.nodes, &world.bank) {
        return Ok(ends);
    }
    // Nobody decides any more: what still waits has a deadline, and then calls a person.
    for _ in 0..8 {
        world.open_next_logs()?;
        world.sleep(5 * 24 * HOUR_MS);
        world.run_until(world.now.plus_ms(2 * MINUTE_MS))?;
    }
    world.auditor.at_rest(&world.nodes, &world.bank)
}

fn all_ended(world: &World) -> Result<bool, Broken> {
    for node in world.nodes.values() {
        if !auditor::open_transfers(node)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
