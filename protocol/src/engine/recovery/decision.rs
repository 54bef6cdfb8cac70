//! A person lets the node go on without what it waits for (人工越过).
//!
//! **Promises.** It is a leaf of the audit log: who, when, why, and what was still missing. A log whose
//! leaves were lost stays ended all the same.
//! **Left to others.** Whether the witnesses are really lost: people.

use minicbor::{Decode, Encode};

use super::super::round::{Round, Stop};
use super::super::timer::{self, Timer};
use super::super::{audit, modes, single};
use super::{Phase, RecoveryRow, end, put, row, standing};
use crate::cbor;
use crate::engine::operator::{OperatorId, OperatorRole};
use crate::id::PayloadHash;
use crate::plain_text::PlainText;
use crate::refusal::Refusal;
use crate::store::{StoreError, View};
use crate::time::Timestamp;

/// The wish to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideOrder {
    /// Who wants it.
    pub operator: OperatorId,
    /// Why.
    pub reason: PlainText<200>,
}

/// That it was wished, and what was missing then.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Overridden {
    /// Who wanted it.
    #[n(1)]
    pub operator: OperatorId,
    /// When.
    #[n(2)]
    pub at: Timestamp,
    /// Why.
    #[n(3)]
    pub reason: PlainText<200>,
    /// What was missing.
    #[n(4)]
    pub missing: standing::Standing,
}

impl Overridden {
    /// What names it in the audit log.
    #[must_use]
    pub fn hash(&self) -> PayloadHash {
        PayloadHash::new(*blake3::hash(&cbor::encode(self)).as_bytes())
    }
}

const OVERRIDDEN: &[u8] = b"recovery-overridden";
/// Overrides that are kept; each has its leaf in the audit log.
const KEPT: usize = 32;

/// What was overridden here, in order.
pub(in crate::engine) fn overridden(view: &dyn View) -> Result<Vec<Overridden>, StoreError> {
    Ok(single::read(view, OVERRIDDEN)?.unwrap_or_default())
}

/// Goes on without the answers and statements that have not come.
pub(in crate::engine) fn run(round: &mut Round<'_>, order: OverrideOrder) -> Result<(), Stop> {
    modes::require_role(round, &order.operator, OperatorRole::SystemAdministrator)?;
    let Some(before) = row(round.view)? else {
        let why = "the node does not recover; nothing waits to be overridden";
        return Err(Stop::explained(Refusal::WrongState, why));
    };
    let OverrideOrder { operator, reason } = order;
    let missing = standing::standing(round)?;
    let taken = Overridden { operator, at: round.now, reason, missing };
    audit::audit(round, taken.hash(), &cbor::encode(&taken))?;
    let mut kept = overridden(round.view)?;
    if kept.len() >= KEPT {
        kept.remove(0);
    }
    kept.push(taken);
    single::write(round.view, OVERRIDDEN, &kept);
    go_on(round, before)
}

/// What has come so far is still taken in first.
fn go_on(round: &mut Round<'_>, before: RecoveryRow) -> Result<(), Stop> {
    if before.behind && before.phase != Phase::Replayed {
        let row = RecoveryRow { target: None, phase: Phase::Replaying, is_let_go: true, ..before };
        put(round.view, &row);
        return Ok(timer::set(round.view, round.now, Timer::Recall)?);
    }
    Ok(end(round, before.behind)?)
}
