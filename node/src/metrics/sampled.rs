//! What is looked up when somebody asks for the metrics: figures of the store, not counts.
//!
//! **Promises.** A look costs three commands, and only when asked for; where the engine does not answer,
//! the figures of the last look stay.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use fundlink_protocol::authority::alert_rule::AlertRule;
use fundlink_protocol::engine::alerts::{AlertCommand, AlertCount, AlertReply};
use fundlink_protocol::engine::command::{Command, Reply};
use fundlink_protocol::engine::log_commands::{LogCommand, LogReply, LogState};
use fundlink_protocol::engine::status::Status;

use crate::engine_loop::EngineHandle;

/// Figures of the store.
#[derive(Clone, Debug)]
pub struct SampledMetrics {
    roster_renew_by: Gauge,
    outbox_rows: Family<CenterLabel, Gauge>,
    log_entries: Family<LogLabel, Gauge>,
    log_witnessed: Family<LogLabel, Gauge>,
    log_current: Family<LogLabel, Gauge>,
    log_alarms: Family<LogLabel, Gauge>,
    alerts_open: Family<RuleLabel, Gauge>,
    alerts_raised: Family<RuleLabel, Gauge>,
    alerts_inquired: Family<RuleLabel, Gauge>,
    alerts_overdue: Family<RuleLabel, Gauge>,
    inquiries_waiting: Gauge,
    inquiries_overdue: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CenterLabel {
    center: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleLabel {
    rule: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LogLabel {
    log: String,
}

impl SampledMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            roster_renew_by: Gauge::default(),
            outbox_rows: Family::default(),
            log_entries: Family::default(),
            log_witnessed: Family::default(),
            log_current: Family::default(),
            log_alarms: Family::default(),
            alerts_open: Family::default(),
            alerts_raised: Family::default(),
            alerts_inquired: Family::default(),
            alerts_overdue: Family::default(),
            inquiries_waiting: Gauge::default(),
            inquiries_overdue: Gauge::default(),
        };
        registry.register_with_unit(
            "roster_renew_by",
            "When the authority has to have renewed the roster, since 1970",
            Unit::Seconds,
            metrics.roster_renew_by.clone(),
        );
        registry.register(
            "outbox_rows",
            "Statements that a member has not acknowledged",
            metrics.outbox_rows.clone(),
        );
        registry.register("log_entries", "Entries held of a log", metrics.log_entries.clone());
        registry.register(
            "log_witnessed_entries",
            "Entries under the newest checkpoint with a quorum; what is above waits for witnesses",
            metrics.log_witnessed.clone(),
        );
        registry.register(
            "log_current",
            "Whether a log is held up to its center's latest heartbeat",
            metrics.log_current.clone(),
        );
        registry.register(
            "log_alarms",
            "Whether a signed checkpoint does not fit a log, or two faces were proven",
            metrics.log_alarms.clone(),
        );
        metrics.register_alerts(registry);
        metrics
    }

    fn register_alerts(&self, registry: &mut Registry) {
        registry.register(
            "alerts_open",
            "Alerts in which somebody has to do something yet, by rule",
            self.alerts_open.clone(),
        );
        registry.register(
            "alerts_raised",
            "How often alerts were raised here, by rule",
            self.alerts_raised.clone(),
        );
        registry.register(
            "alerts_inquired",
            "Alerts about which the answer of a center is awaited, by rule",
            self.alerts_inquired.clone(),
        );
        registry.register(
            "alerts_overdue",
            "Alerts about which the answer of a center is late, by rule",
            self.alerts_overdue.clone(),
        );
        registry.register(
            "inquiries_waiting",
            "Inquiries of the authority that wait for an answer of this center",
            self.inquiries_waiting.clone(),
        );
        registry.register(
            "inquiries_overdue",
            "Inquiries of the authority whose answer by this center is late",
            self.inquiries_overdue.clone(),
        );
    }

    /// Looks everything up.
    pub async fn sample(&self, engine: &EngineHandle) {
        if let Ok(Reply::Status(status)) = engine.command(Command::Status).await {
            self.set_status(&status);
        }
        let states = engine.command(Command::Log(LogCommand::Follow)).await;
        if let Ok(Reply::Log(LogReply::Follow(states))) = states {
            for state in &states {
                self.set_log(state);
            }
        }
        let counts = engine.command(Command::Alerts(AlertCommand::Count)).await;
        if let Ok(Reply::Alerts(AlertReply::Counts(counts, inquiries))) = counts {
            self.set_alerts(&counts);
            let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
            self.inquiries_waiting.set(number(inquiries.waiting));
            self.inquiries_overdue.set(number(inquiries.overdue));
        }
    }

    fn set_status(&self, status: &Status) {
        self.roster_renew_by.set(status.roster_renew_by.ms().div_euclid(1_000));
        for member in &status.members {
            let label = CenterLabel { center: member.center.to_string() };
            self.outbox_rows.get_or_create(&label).set(i64::from(member.waiting));
        }
    }

    /// Every rule is shown, so that an alarm can be set on one that was never raised.
    fn set_alerts(&self, counts: &[AlertCount]) {
        for rule in AlertRule::ALL {
            let label = RuleLabel { rule: rule.name() };
            let count = counts.iter().find(|count| count.rule == *rule);
            let of = |part: fn(&AlertCount) -> u32| i64::from(count.map_or(0, part));
            self.alerts_open.get_or_create(&label).set(of(|count| count.open));
            self.alerts_raised.get_or_create(&label).set(of(|count| count.raised));
            self.alerts_inquired.get_or_create(&label).set(of(|count| count.inquired));
            self.alerts_overdue.get_or_create(&label).set(of(|count| count.overdue));
        }
    }

    fn set_log(&self, state: &LogState) {
        let label = LogLabel { log: state.log.to_string() };
        let size = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        self.log_entries.get_or_create(&label).set(size(state.size.get()));
        self.log_witnessed.get_or_create(&label).set(size(state.witnessed.get()));
        self.log_current.get_or_create(&label).set(i64::from(state.current));
        self.log_alarms.get_or_create(&label).set(i64::from(state.misfit || state.closed));
    }
}
