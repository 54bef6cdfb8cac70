//! What the running node knows: the roster, the other members in both directions, the logs.

use fundlink_node::clock;
use fundlink_node::config::Config;
use fundlink_node::control::api::Status;
use fundlink_node::control::api::logs::LogState;
use fundlink_node::control::api::net::{Member, Roster};
use fundlink_node::control::api::probes::Probed;
use fundlink_protocol::limits::{CLOCK_SKEW_MS, CURRENT_MS};
use fundlink_protocol::time::DAY_MS;

use super::firewall::Peer;
use super::{Check, ms_until};
use crate::client::Node;
use crate::language::Language;

/// A roster that runs out sooner should have been renewed by now.
const RENEW_AHEAD_MS: i64 = 7 * DAY_MS;
/// A key that ends sooner needs its successor.
const KEY_AHEAD_MS: i64 = 14 * DAY_MS;
/// Clocks that differ by more will be out of bounds soon.
const CLOCK_WARN_MS: i64 = CLOCK_SKEW_MS / 4;
/// A statement that waits longer needs somebody who looks why.
const WAITING_MS_MAX: i64 = 3_600_000;
/// Looks at a log that waits for its witnesses, before it is called late.
const LOOKS_MAX: usize = 50;

/// Asks the node; gives the other members, or `None` when no node answers.
pub(super) fn look(
    config: &Config,
    node: &Node,
    language: Language,
    checks: &mut Vec<Check>,
) -> Option<Vec<Peer>> {
    let status: Status = match node.get("/v1/status") {
        Ok(status) => status,
        Err(failure) => {
            let next = language.doctor_start();
            checks.push(Check::unreachable("node", failure.message, next));
            return None;
        }
    };
    checks.push(Check::fine("node", language.status_node(&status.center, &status.network)));
    checks.push(Check::fine("store", language.doctor_store_in_use(config.data.display())));
    let known: Roster = node.get("/v1/net").ok()?;
    let logs: Vec<LogState> = settled_logs(node);
    compare_clocks(config, &logs, language, checks);
    roster(config, &known, language, checks);
    let probes: Vec<Probed> = node.get("/v1/probes").unwrap_or_default();
    for probe in &probes {
        dialling(probe, language, checks);
    }
    for log in &logs {
        checks.extend(log_check(config, log, language));
    }
    for member in status.members.iter().filter(|member| member.waiting > 0) {
        let since = member.waiting_since.as_deref().and_then(|since| ms_until(since, config.now()));
        // Until then it is tried again and again, and nobody need look.
        if since.is_some_and(|since| since < -WAITING_MS_MAX) {
            let found = language.doctor_outbox(member.waiting);
            let check = Check::attention("delivery", found, language.doctor_silent());
            checks.push(check.of(member.center.clone()));
        }
    }
    let others = known.members.iter();
    let others =
        others.filter(|other| other.center != known_code(config) && other.status != "revoked");
    let peer = |member: &Member| Peer {
        center: member.center.clone(),
        addresses: member.addresses.clone(),
    };
    Some(others.map(peer).collect())
}

fn known_code(config: &Config) -> String {
    config.center.to_string()
}

/// The logs, once the witnesses of the own ones had a moment to catch up.
fn settled_logs(node: &Node) -> Vec<LogState> {
    let mut logs: Vec<LogState> = Vec::new();
    for _ in 0..LOOKS_MAX {
        logs = node.get("/v1/logs").unwrap_or_default();
        if logs.iter().all(|log| log.heartbeat.is_some() || log.witnessed == log.size) {
            break;
        }
        node.pause();
    }
    logs
}

/// The own clock against those of the others, by what they said and when it came.
fn compare_clocks(config: &Config, logs: &[LogState], language: Language, checks: &mut Vec<Check>) {
    let now = config.now();
    let offset = |log: &LogState| {
        let said = clock::parse(log.heartbeat.as_deref()?)?;
        let heard = clock::parse(log.heard_at.as_deref()?)?;
        // What came long after it was said, or long ago, tells nothing.
        (now.ms_since(heard) < CURRENT_MS).then(|| heard.ms_since(said))
    };
    let mut offsets: Vec<i64> = logs.iter().filter_map(offset).collect();
    offsets.sort_unstable();
    let Some(middle) = offsets.get(offsets.len() / 2).copied() else {
        checks.push(Check::unknown("clock", language.doctor_clock_alone()));
        return;
    };
    let found = language.doctor_clock_offset(middle, offsets.len());
    checks.push(if middle.abs() > CLOCK_WARN_MS {
        Check::attention("clock", found, language.doctor_set_clock())
    } else {
        Check::fine("clock", found)
    });
}

/// The roster in force: its time, the own standing, the own keys.
pub(super) fn roster(config: &Config, known: &Roster, language: Language, checks: &mut Vec<Check>) {
    let left = ms_until(&known.renew_by, config.now()).unwrap_or(0);
    let found = language.status_roster(known.version, &known.renew_by);
    checks.push(if left < RENEW_AHEAD_MS {
        Check::attention("roster", found, language.doctor_renew())
    } else {
        Check::fine("roster", found)
    });
    let own = known.members.iter().find(|member| member.center == known_code(config));
    let Some(own) = own else {
        checks.push(Check::attention(
            "standing",
            language.doctor_not_listed(),
            language.doctor_join(),
        ));
        return;
    };
    checks.push(match own.status.as_str() {
        "active" => Check::fine("standing", language.status_active()),
        "suspended" => {
            let next = language.doctor_ask_authority();
            Check::attention("standing", language.status_suspended(), next)
        }
        _ => {
            let next = language.doctor_ask_authority();
            Check::attention("standing", language.status_revoked(), next)
        }
    });
    keys(config, own, language, checks);
}

/// The own keys that count, each by how long it still does.
fn keys(config: &Config, own: &Member, language: Language, checks: &mut Vec<Check>) {
    let now = config.now();
    for purpose in ["peer", "statement", "log", "witness", "sealing"] {
        let mut counts = own.keys.iter().filter(|key| key.purpose == purpose).filter(|key| {
            let ends = key.until.as_deref().and_then(|until| ms_until(until, now));
            ends.is_none_or(|left| left > 0)
        });
        let Some(newest) = counts.next_back() else { continue };
        let check = match newest.until.as_deref() {
            None => Check::fine("key", language.doctor_key_open(&newest.id)),
            Some(until) => {
                let found = language.doctor_key_until(&newest.id, until);
                if ms_until(until, now).is_none_or(|left| left < KEY_AHEAD_MS) {
                    Check::attention("key", found, language.doctor_rotate(purpose))
                } else {
                    Check::fine("key", found)
                }
            }
        };
        checks.push(check.of(purpose));
    }
}

/// Both directions to one member. One of them is enough to work with; each that is missing is one
/// failure away from none.
fn dialling(probe: &Probed, language: Language, checks: &mut Vec<Check>) {
    let addresses = probe.addresses.join(" ");
    let there = match probe.there.as_str() {
        "member" => Check::fine("reaches", language.doctor_member_answers(addresses)),
        "stranger" => {
            let next = language.doctor_wrong_peer();
            Check::attention("reaches", language.doctor_stranger_answers(addresses), next)
        }
        "no-address" => Check::unknown("reaches", language.doctor_no_address()),
        _ => {
            let next = language.doctor_ask_firewall_out();
            Check::unreachable("reaches", language.doctor_nobody_answers(addresses), next)
        }
    };
    checks.push(there.of(probe.center.clone()));
    let back = match probe.back {
        Some(true) => Check::fine("reached-by", language.doctor_reached()),
        Some(false) => {
            let next = language.doctor_ask_firewall_in();
            Check::unreachable("reached-by", language.doctor_not_reached(), next)
        }
        None => Check::unknown("reached-by", language.doctor_cannot_ask()),
    };
    checks.push(back.of(probe.center.clone()));
}

/// Where a log stands: the own ones by their witnesses, the others by their centers' words.
fn log_check(config: &Config, log: &LogState, language: Language) -> Option<Check> {
    let own = log.log.starts_with(&known_code(config));
    let check = if log.closed || log.misfit {
        let next = language.doctor_ask_authority();
        Check::attention("log", language.log_two_faces(), next)
    } else if log.recovering {
        Check::attention("log", language.log_recovering(), language.doctor_wait_for_witnesses())
    } else if own && log.witnessed < log.size {
        let found = language.doctor_log_lag(log.size, log.witnessed);
        Check::attention("log", found, language.doctor_wait_for_witnesses())
    } else if own {
        Check::fine("log", language.doctor_log_witnessed(log.size))
    } else {
        let heard = log.heartbeat.clone().unwrap_or_default();
        let check = if log.current {
            Check::fine("heard", language.doctor_heard(heard))
        } else {
            let next = language.doctor_silent();
            Check::unreachable("heard", language.doctor_not_heard(heard), next)
        };
        return Some(check.of(log.log.clone()));
    };
    Some(check.of(log.log.clone()))
}
