//! The JSON of `/v1/recovery`.

use fundlink_protocol::engine::recovery::{Overridden, Phase, standing::Standing};
use serde::{Deserialize, Serialize};

/// What the node waits for since its start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recovery {
    /// Whether it signs no checkpoint, letter or payment.
    pub recovering: bool,
    /// Whether its store lacks something that it had.
    pub behind: bool,
    /// `pulling`, `replaying` or `replayed`; absent when nothing was lost.
    pub phase: Option<String>,
    /// Answers of witnesses that are still needed.
    pub answers_missing: u32,
    /// The witnesses that have not answered.
    pub witnesses: Vec<String>,
    /// Own public leaves that have not come back.
    pub leaves_missing: u64,
    /// The members whose statements have not all come back.
    pub members: Vec<String>,
    /// The number of the own log that the authority must close.
    pub log_to_close: Option<u32>,
    /// When the store was restored.
    pub restored_at: Option<String>,
    /// When its backup was taken.
    pub backup_taken: Option<String>,
    /// What persons have decided.
    pub overridden: Vec<Override>,
}

/// That a person let the node go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Override {
    /// Who.
    pub operator: String,
    /// When.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// The wish to go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoOn {
    /// Who wants it.
    pub operator: String,
    /// Why.
    pub reason: String,
}

impl Recovery {
    /// As the interface shows it.
    #[must_use]
    pub fn of(standing: &Standing, overridden: &[Overridden]) -> Self {
        let names = |codes: &[fundlink_protocol::center::CenterCode]| {
            codes.iter().map(ToString::to_string).collect()
        };
        let phase = match standing.phase {
            Phase::Pulling => "pulling",
            Phase::Replaying => "replaying",
            Phase::Replayed => "replayed",
        };
        let decided = overridden.iter().map(|taken| Override {
            operator: taken.operator.to_string(),
            at: taken.at.to_string(),
            reason: taken.reason.as_str().to_owned(),
        });
        Self {
            recovering: standing.is_recovering,
            behind: standing.is_behind,
            phase: standing.is_behind.then(|| phase.to_owned()),
            answers_missing: standing.answers_missing,
            witnesses: names(&standing.witnesses),
            leaves_missing: standing.leaves_missing,
            members: names(&standing.members),
            log_to_close: standing.closing,
            restored_at: standing.restored.map(|restored| restored.at.to_string()),
            backup_taken: standing.restored.map(|restored| restored.taken.to_string()),
            overridden: decided.collect(),
        }
    }
}
