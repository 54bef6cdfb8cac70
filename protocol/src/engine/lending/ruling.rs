//! The authority's ruling (裁定) on the leases of a center that is silent.
//!
//! **Promises.** Only the authority rules; a ruling ends leases that were asked for up to a time of the
//! center's clock, at every witness and at the center itself, and says whether the loan was paid out. An
//! intent that is named stands in nobody's way any more.
//! **Left to others.** Finding out that nothing was paid, and that nothing will be: people.

use super::asking::hold;
use super::{HoldReason, IntentState, intents, witness};
use crate::authority::dialogue::CaseRemark;
use crate::center::{CenterCode, Role};
use crate::engine::modes::require_role;
use crate::engine::operator::{OperatorId, OperatorRole};
use crate::engine::round::{Round, Route, Stop};
use crate::id::IntentId;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::statement::lending::LeaseRuling;
use crate::store::StoreError;
use crate::time::Timestamp;

/// What the authority rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulingOrder {
    /// Who rules.
    pub operator: OperatorId,
    /// Whose leases.
    pub center: CenterCode,
    /// On which intent; all of the center where none is named.
    pub intent: Option<IntentId>,
    /// Requests up to this time; up to now where none is named.
    pub asked_until: Option<Timestamp>,
    /// Whether the loan was paid out; only with an intent.
    pub paid: bool,
    /// Why, in words.
    pub remark: CaseRemark,
}

/// Tells every member what the authority rules; gives the number of those that are told.
pub(super) fn rule(round: &mut Round<'_>, order: &RulingOrder) -> Result<usize, Stop> {
    require_role(round, &order.operator, OperatorRole::Reviewer)?;
    if round.settings.role != Role::Authority || round.center() != round.roster.authority {
        let why = "only the authority of the network rules on leases";
        return Err(Stop::explained(Refusal::NotGranted, why));
    }
    if round.roster.lending.is_none() {
        return Err(Refusal::LendingClosed.into());
    }
    if round.roster.member(order.center).is_none_or(|member| member.role != Role::Center) {
        return Err(Stop::explained(Refusal::NotFound, "no center of the network has this code"));
    }
    if order.paid && order.intent.is_none() {
        let why = "name the intent whose loan was paid out";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    let asked_until = order.asked_until.unwrap_or(round.now);
    if asked_until > round.now {
        let why = "a ruling is about requests of the past";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    let members = round.roster.members.iter();
    let told = members.filter(|member| member.status != MemberStatus::Revoked);
    let told: Vec<CenterCode> = told.map(|member| member.code).collect();
    for to in &told {
        let to = *to;
        let said = LeaseRuling {
            from: round.center(),
            to,
            issued_at: round.now,
            center: order.center,
            intent: order.intent,
            asked_until,
            paid: order.paid,
            remark: order.remark.clone(),
        };
        if to == round.center() {
            round.say(&said, Route::Keep);
            witness::on_ruling(round, &said)?;
        } else {
            round.say(&said, Route::Outbox(to));
        }
    }
    Ok(told.len())
}

/// Takes a ruling in: as a witness, and as the center that it is about.
pub(super) fn on_ruling(
    round: &mut Round<'_>,
    ruling: &LeaseRuling,
) -> Result<Result<(), Refusal>, StoreError> {
    if ruling.from != round.roster.authority {
        return Ok(Err(Refusal::NotGranted));
    }
    if ruling.paid && ruling.intent.is_none() {
        return Ok(Err(Refusal::Malformed));
    }
    witness::on_ruling(round, ruling)?;
    if ruling.center != round.center() {
        return Ok(Ok(()));
    }
    for mut stored in intents(round.view)? {
        let asked_at = stored.attempt.as_ref().map(|attempt| attempt.asked_at);
        let is_meant = ruling.intent.is_none_or(|intent| intent == stored.intent.id())
            && asked_at.is_some_and(|asked_at| asked_at <= ruling.asked_until);
        if is_meant && matches!(stored.state, IntentState::Asking | IntentState::Leased) {
            hold(round, &mut stored, HoldReason::Ruled)?;
        }
    }
    Ok(Ok(()))
}
