//! Waiting until every member holds the same logs, each seen by a quorum of witnesses.
//!
//! **Promises.** What is told was read from all four nodes, and agrees in size and root.
//! **Left to others.** Following and witnessing: the nodes.

use std::collections::BTreeMap;
use std::time::Duration;

use fundlink_node::control::api::logs::LogState;

use super::report::{HeldLog, Report};
use super::{Cause, Control, EVERYBODY, Teller, Tour};

/// Far more than it takes.
const LIMIT: Duration = Duration::from_secs(90);

pub(super) async fn await_same(tour: &mut Tour, teller: &mut Teller<'_>) -> Result<(), Cause> {
    let nodes: Vec<Control> = EVERYBODY.iter().map(|member| tour.control(*member)).collect();
    let look = || async { same(&nodes).await };
    let held = tour.until("all four members hold the same witnessed logs", LIMIT, look).await?;
    for log in held {
        teller.tell(Report::Held(log));
    }
    Ok(())
}

/// The public logs, when everybody holds the same of each.
async fn same(nodes: &[Control]) -> Result<Option<Vec<HeldLog>>, Cause> {
    let mut agreed: Option<BTreeMap<String, HeldLog>> = None;
    for node in nodes {
        let states: Vec<LogState> = node.get("/v1/logs").await?;
        let Some(held) = held(&states) else { return Ok(None) };
        if agreed.as_ref().is_some_and(|agreed| *agreed != held) {
            return Ok(None);
        }
        agreed = Some(held);
    }
    let agreed = agreed.unwrap_or_default();
    Ok((agreed.len() == EVERYBODY.len()).then(|| agreed.into_values().collect()))
}

/// The public logs of a node, when each is held to the end and witnessed there.
fn held(states: &[LogState]) -> Option<BTreeMap<String, HeldLog>> {
    let public = states.iter().filter(|state| !state.log.ends_with("/audit"));
    let one = |state: &LogState| {
        let whole = state.size > 0
            && state.size == state.signed
            && state.size == state.witnessed
            && !state.misfit
            && !state.closed;
        let LogState { log, size, root, .. } = state.clone();
        whole.then_some((log.clone(), HeldLog { log, size, root }))
    };
    public.map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(log: &str, size: u64, witnessed: u64) -> LogState {
        LogState {
            log: log.into(),
            size,
            root: "00".into(),
            signed: size,
            witnessed,
            current: true,
            heartbeat: None,
            heard_at: None,
            misfit: false,
            closed: false,
            recovering: false,
        }
    }

    #[test]
    fn a_log_counts_once_a_quorum_has_seen_all_of_it() {
        assert!(held(&[state("140100/1", 5, 4)]).is_none());
        assert!(held(&[state("140100/1", 0, 0)]).is_none());
        let held = held(&[state("140100/1", 5, 5), state("140100/1/audit", 9, 0)]).unwrap();
        assert_eq!(held.keys().collect::<Vec<_>>(), ["140100/1"]);
    }
}
