//! What the node counts, for Prometheus.
//!
//! **Promises.** Names are `fundlink_<part>_<thing>_<unit>`, in base units; labels are members and
//! codes, never a person. A part registers a struct of its own, so that it counts without the
//! registry.
//! **Left to others.** What libp2p counts: `network`.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

mod sampled;

pub use sampled::SampledMetrics;

/// All that a node counts.
pub struct Metrics {
    registry: Mutex<Registry>,
    /// What the engine loop counts.
    pub engine: EngineMetrics,
    /// What the verifying workers count.
    pub verification: VerificationMetrics,
    /// What the control interface counts.
    pub control: ControlMetrics,
    /// What is looked up when somebody asks.
    pub sampled: SampledMetrics,
}

/// What the engine loop counts.
#[derive(Clone, Debug)]
pub struct EngineMetrics {
    /// Rounds committed.
    pub rounds: Counter,
    /// Inputs handled; divided by the rounds it says how many share a commit.
    pub inputs: Counter,
    /// Seconds from taking the inputs of a round to releasing its outputs.
    pub round_seconds: Histogram,
    /// Inputs that wait for a round.
    pub inputs_waiting: Gauge,
    /// Inputs that were turned away because too many waited.
    pub inputs_turned_away: Counter,
    /// Refusals said to others, by code.
    pub refusals: Family<CodeLabel, Counter>,
    /// Questions answered with facts, by purpose.
    pub answers: Family<CodeLabel, Counter>,
    /// What happened to logs and to the network, by name.
    pub events: Family<CodeLabel, Counter>,
    /// States entered by transfers, by name.
    pub transfer_states: Family<StateLabel, Counter>,
    /// The roster version in force.
    pub roster_version: Gauge,
}

/// What the verifying workers count.
#[derive(Clone, Debug)]
pub struct VerificationMetrics {
    /// Statements verified.
    pub verified: Counter,
    /// Statements refused before the engine, by code.
    pub refused: Family<CodeLabel, Counter>,
    /// Seconds to verify one statement.
    pub seconds: Histogram,
}

/// What the control interface counts.
#[derive(Clone, Debug)]
pub struct ControlMetrics {
    /// Requests answered, by HTTP status.
    pub requests: Family<StatusLabel, Counter>,
}

/// A stable code: of a refusal, a purpose, an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CodeLabel {
    /// The stable code.
    pub code: &'static str,
}

/// A transfer's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StateLabel {
    /// Its name.
    pub state: &'static str,
}

/// An HTTP status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StatusLabel {
    /// The number.
    pub status: u16,
}

impl Metrics {
    /// Registers everything.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("fundlink");
        let engine = EngineMetrics::register(registry.sub_registry_with_prefix("engine"));
        let verification =
            VerificationMetrics::register(registry.sub_registry_with_prefix("verification"));
        let control = ControlMetrics::register(registry.sub_registry_with_prefix("control"));
        let sampled = SampledMetrics::register(registry.sub_registry_with_prefix("node"));
        Self { registry: Mutex::new(registry), engine, verification, control, sampled }
    }

    /// Lets another part register what it counts.
    pub fn with_registry<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string cannot fail.
        encode(&mut text, &registry).ok();
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// From 50 µs, one signature, to 26 s, which is far beyond any commit.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 20))
}

impl EngineMetrics {
    fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            rounds: Counter::default(),
            inputs: Counter::default(),
            round_seconds: seconds(),
            inputs_waiting: Gauge::default(),
            inputs_turned_away: Counter::default(),
            refusals: Family::default(),
            answers: Family::default(),
            events: Family::default(),
            transfer_states: Family::default(),
            roster_version: Gauge::default(),
        };
        registry.register("rounds", "Rounds committed", metrics.rounds.clone());
        registry.register("inputs", "Inputs handled; divide by the rounds", metrics.inputs.clone());
        registry.register(
            "round_seconds",
            "From taking the inputs of a round to releasing its outputs",
            metrics.round_seconds.clone(),
        );
        registry.register(
            "inputs_waiting",
            "Inputs that wait for a round",
            metrics.inputs_waiting.clone(),
        );
        registry.register(
            "inputs_turned_away",
            "Inputs turned away because too many waited",
            metrics.inputs_turned_away.clone(),
        );
        registry.register("refusals", "Refusals said to others", metrics.refusals.clone());
        registry.register(
            "answers",
            "Questions answered with facts, by purpose",
            metrics.answers.clone(),
        );
        registry.register(
            "events",
            "What happened to logs and to the network",
            metrics.events.clone(),
        );
        registry.register(
            "transfer_states",
            "States entered by transfers",
            metrics.transfer_states.clone(),
        );
        registry.register(
            "roster_version",
            "The roster version in force",
            metrics.roster_version.clone(),
        );
        metrics
    }
}

impl VerificationMetrics {
    fn register(registry: &mut Registry) -> Self {
        let metrics =
            Self { verified: Counter::default(), refused: Family::default(), seconds: seconds() };
        registry.register("statements_verified", "Statements verified", metrics.verified.clone());
        registry.register(
            "statements_refused",
            "Statements refused before the engine",
            metrics.refused.clone(),
        );
        registry.register("seconds", "To verify one statement", metrics.seconds.clone());
        metrics
    }
}

impl ControlMetrics {
    fn register(registry: &mut Registry) -> Self {
        let metrics = Self { requests: Family::default() };
        registry.register(
            "requests",
            "Requests of the control interface answered",
            metrics.requests.clone(),
        );
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_shows_under_its_name() {
        let metrics = Metrics::new();
        metrics.engine.rounds.inc();
        metrics.engine.refusals.get_or_create(&CodeLabel { code: "EXPIRED" }).inc();
        metrics.engine.round_seconds.observe(0.002);
        let text = metrics.text();
        for line in [
            "fundlink_engine_rounds_total 1",
            "fundlink_engine_refusals_total{code=\"EXPIRED\"} 1",
            "fundlink_engine_round_seconds_count 1",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
