//! What happens to logs, for watchers, metrics and the log lines.

use crate::center::CenterCode;
use crate::log::origin::LogId;
use crate::log::tree::{LeafIndex, TreeSize};

/// Something about a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogEvent {
    /// An own checkpoint was signed.
    #[error("log {log}: a checkpoint of {size} entries was signed")]
    Signed {
        /// Of which log.
        log: LogId,
        /// Its size.
        size: TreeSize,
    },
    /// A checkpoint, own or followed, has its quorum of cosignatures.
    #[error("log {log}: the checkpoint of {size} entries is witnessed")]
    Witnessed {
        /// Of which log.
        log: LogId,
        /// Its size.
        size: TreeSize,
    },
    /// A followed log is held up to a checkpoint.
    #[error("log {log}: held up to {size} entries")]
    Followed {
        /// Which log.
        log: LogId,
        /// The size that is held.
        size: TreeSize,
    },
    /// A signed checkpoint does not fit what is held of its log.
    #[error(
        "log {log}: a signed checkpoint does not fit the copy here; it is kept and asked about"
    )]
    Misfit {
        /// Which log.
        log: LogId,
    },
    /// A log was proven to have two faces, and is closed.
    #[error("log {log}: two faces are proven; it is closed at {closed_at} entries")]
    Equivocation {
        /// Which log.
        log: LogId,
        /// The last size that a quorum cosigned.
        closed_at: TreeSize,
    },
    /// A leaf is no digest, or a revision of something else than it says.
    #[error("log {log}: leaf {leaf} is not a valid digest")]
    InvalidLeaf {
        /// In which log.
        log: LogId,
        /// Which.
        leaf: LeafIndex,
    },
    /// A witness has a checkpoint of ours that this store lacks.
    #[error(
        "{witness} has a checkpoint of ours that this store lacks; nothing is signed before what is \
         missing has come back; see `fundlink recovery show`"
    )]
    Behind {
        /// The witness.
        witness: CenterCode,
    },
}

impl LogEvent {
    /// The event's name, for metrics and watchers.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Signed { .. } => "signed",
            Self::Witnessed { .. } => "witnessed",
            Self::Followed { .. } => "followed",
            Self::Misfit { .. } => "misfit",
            Self::Equivocation { .. } => "equivocation",
            Self::InvalidLeaf { .. } => "invalid_leaf",
            Self::Behind { .. } => "behind",
        }
    }

    /// Whether somebody has to look at it.
    #[must_use]
    pub const fn is_alarm(&self) -> bool {
        match self {
            Self::Signed { .. } | Self::Witnessed { .. } | Self::Followed { .. } => false,
            Self::Misfit { .. }
            | Self::Equivocation { .. }
            | Self::InvalidLeaf { .. }
            | Self::Behind { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TAIYUAN;

    #[test]
    fn every_event_has_a_name_and_what_somebody_must_look_at_is_an_alarm() {
        let (log, size) = (LogId::public(TAIYUAN, 1), TreeSize::ZERO);
        for (event, name, is_alarm) in [
            (LogEvent::Signed { log, size }, "signed", false),
            (LogEvent::Witnessed { log, size }, "witnessed", false),
            (LogEvent::Followed { log, size }, "followed", false),
            (LogEvent::Misfit { log }, "misfit", true),
            (LogEvent::Equivocation { log, closed_at: size }, "equivocation", true),
            (LogEvent::InvalidLeaf { log, leaf: LeafIndex::new(0) }, "invalid_leaf", true),
            (LogEvent::Behind { witness: TAIYUAN }, "behind", true),
        ] {
            assert_eq!((event.name(), event.is_alarm()), (name, is_alarm));
        }
    }
}
