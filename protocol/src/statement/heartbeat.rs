//! The heartbeat: what a center says to all, once a minute.

use minicbor::{Decode, Encode};

use super::{Payload, StatementKind};
use crate::center::CenterCode;
use crate::id::Bytes;
use crate::mode::{Mode, Service};
use crate::time::Timestamp;

/// A center's sign of life with the latest checkpoint of its public log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Heartbeat {
    /// The center that lives.
    #[n(1)]
    pub from: CenterCode,
    /// Its time.
    #[n(2)]
    pub issued_at: Timestamp,
    /// The latest checkpoint of its public log: a C2SP signed note.
    #[n(3)]
    pub checkpoint: Option<Bytes>,
    /// The roster version that it works by.
    #[n(4)]
    pub roster_version: u64,
    /// Its software.
    #[n(5)]
    pub software: String,
    /// Own records that cannot be tagged, because they have no usable document number: a center
    /// that declares some is asked even where its log shows nothing.
    #[n(6)]
    pub unusable_records: u64,
    /// How far each of its services acts by itself.
    #[n(7)]
    pub modes: Vec<(Service, Mode)>,
    /// How good its records are; absent before the first import.
    #[n(8)]
    pub data: Option<DataQuality>,
    /// Leaves of its public log that the checkpoint does not cover: where there are none, the
    /// checkpoint holds everything that the center did before it said this.
    #[n(9)]
    pub leaves_ahead: u64,
}

/// How good a center's records are (数据质量): counts of its last import, of nobody in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DataQuality {
    /// As of when they were exported.
    #[n(1)]
    pub as_of: Timestamp,
    /// Accounts and loans, those in quarantine included.
    #[n(2)]
    pub records: u64,
    /// Those of them in quarantine.
    #[n(3)]
    pub quarantined: u64,
}

impl DataQuality {
    /// Records in quarantine in a million.
    #[must_use]
    pub fn quarantined_per_million(&self) -> u64 {
        let share = u128::from(self.quarantined).saturating_mul(1_000_000);
        let share = share.checked_div(u128::from(self.records)).unwrap_or(0);
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

impl Payload for Heartbeat {
    const KIND: StatementKind = StatementKind::Heartbeat;

    fn from(&self) -> CenterCode {
        self.from
    }

    fn to(&self) -> Option<CenterCode> {
        None
    }

    fn issued_at(&self) -> Timestamp {
        self.issued_at
    }
}
