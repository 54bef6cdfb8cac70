//! Decisions that take two persons (双人复核): for a suspicious name always, for every decision where
//! the center's rule asks for it.
//!
//! **Promises.** The second person is another than the first, and decides alike, on the same scan;
//! until then nothing happens. Whoever decided first may decide otherwise, as long as nobody has
//! followed.
//! **Left to others.** What follows a decision: the desk.

use super::super::operator::{OperatorId, OperatorRole};
use super::super::round::{Round, Stop};
use super::super::transfer_case::Case;
use super::super::transfer_command::Decision;
use crate::refusal::Refusal;
use crate::transfer::task::{FirstOpinion, Task, TaskReason};

/// The decision with what it leaves open filled in, so that two persons decide the same.
pub(super) fn resolved(round: &Round<'_>, decision: &Decision) -> Result<Decision, Stop> {
    Ok(match decision {
        Decision::Settle(day) => Decision::Settle(Some(super::value_date(round, *day)?)),
        Decision::Renew(day) => Decision::Renew(Some(super::value_date(round, *day)?)),
        Decision::Approve
        | Decision::Accept(_)
        | Decision::Refuse(..)
        | Decision::SendSheet
        | Decision::PayAgain
        | Decision::Restore
        | Decision::Correct(_)
        | Decision::SendBack(_)
        | Decision::Wait
        | Decision::Close => decision.clone(),
    })
}

/// Whether a decision takes effect now; the first one of two is only noted.
///
/// # Errors
/// `ARGUMENT` when the scan is not named, or the two decide differently; `OPERATOR` when one person
/// decides twice.
pub(super) fn is_ripe(
    round: &Round<'_>,
    operator: &OperatorId,
    case: &mut Case,
    decision: &Decision,
) -> Result<bool, Stop> {
    if !needs_two(round, case, decision)? {
        return Ok(true);
    }
    let first = case.task.as_ref().and_then(|task| task.first.as_ref());
    match first {
        Some(first) if first.operator == *operator && first.decision == *decision => {
            let why = "another person must decide, too";
            return Err(Stop::explained(Refusal::Operator, why));
        }
        Some(first) if first.operator == *operator => {}
        Some(first) if first.decision == *decision => return Ok(true),
        Some(first) => return Err(Stop::explained(Refusal::Argument, otherwise(&first.decision))),
        None => {}
    }
    if case.task.is_none() {
        case.ask_person(round, TaskReason::ConfirmDecision)?;
    }
    let first = FirstOpinion { operator: operator.clone(), decision: decision.clone() };
    // The second one reviews what the first has entered.
    let role = OperatorRole::Reviewer;
    case.task = case.task.take().map(|task| Task { first: Some(first), role, ..task });
    Ok(false)
}

fn needs_two(round: &Round<'_>, case: &Case, decision: &Decision) -> Result<bool, Stop> {
    let reason = case.task.as_ref().map(|task| task.reason);
    match decision {
        // It changes nothing; and the letter's approval is the second person's already.
        Decision::Wait | Decision::Approve => Ok(false),
        Decision::Accept(scan) if reason.is_some_and(TaskReason::needs_two) => {
            if scan.is_none() {
                let why = "name the scan that you looked at; its hash is recorded";
                return Err(Stop::explained(Refusal::Argument, why));
            }
            Ok(true)
        }
        Decision::Accept(_)
        | Decision::Refuse(..)
        | Decision::Settle(_)
        | Decision::SendSheet
        | Decision::PayAgain
        | Decision::Renew(_)
        | Decision::Restore
        | Decision::Correct(_)
        | Decision::SendBack(_)
        | Decision::Close => Ok(round.settings.policy.decisions_need_reviewer),
    }
}

/// How the first person decided, for one who decides otherwise.
const fn otherwise(first: &Decision) -> &'static str {
    match first {
        Decision::Accept(Some(_)) => {
            "the first person accepted on another scan; look at the same one, or refuse"
        }
        Decision::Settle(_) | Decision::Renew(_) => {
            "the first person named another value date or another step; decide alike, or have the \
             first person decide again"
        }
        Decision::Approve
        | Decision::Accept(None)
        | Decision::Refuse(..)
        | Decision::SendSheet
        | Decision::PayAgain
        | Decision::Restore
        | Decision::Correct(_)
        | Decision::SendBack(_)
        | Decision::Wait
        | Decision::Close => {
            "the first person decided otherwise; decide alike, or have the first person decide again"
        }
    }
}
