//! The single values, by their names.
//!
//! **Promises.** A name that no release writes is a finding.
//! **Left to others.** Whether the values fit the rest of the store.

use minicbor::{Decode, Encode};

use super::super::alerts::AlertCount;
use super::super::lending::seats;
use super::super::lending::witness::barrier;
use super::super::{crowds, follow_up, imports, publishing, records, recovery, takeovers};
use crate::cbor;
use crate::id::{Blinding, Bytes};
use crate::mode::Mode;
use crate::roster::Roster;
use crate::roster::chain::TrustAnchor;
use crate::settlement::NoticeCursor;
use crate::time::Timestamp;

/// Whether a value is what its name promises.
pub(super) fn is_well_formed(name: &[u8], value: &[u8]) -> bool {
    match name {
        b"lease-witness" => is::<barrier::WitnessRow>(value),
        b"witnesses-settled" => is::<seats::Settled>(value),
        b"clock" | b"checkpoints-signed-at" | b"roster fetched" | b"lending-lapse" => {
            is::<Timestamp>(value)
        }
        b"roster" => is::<Roster>(value),
        b"anchor" => is::<TrustAnchor>(value),
        b"records" => is::<records::RecordsState>(value),
        b"publishing" => is::<publishing::Progress>(value),
        b"import" => is::<Option<imports::Staging>>(value),
        b"recovery" => is::<Option<recovery::RecoveryRow>>(value),
        b"recovery-overridden" => is::<Vec<recovery::Overridden>>(value),
        b"lost-leaves-after" => is::<Bytes>(value),
        b"statements-given-back" => is::<Option<recovery::Pages>>(value),
        b"lapse" => is::<recovery::Lapse>(value),
        b"sync-token" | b"roster-leaf" | b"unusable-records" | b"held-notices-next" => {
            is::<u64>(value)
        }
        b"bank notices" => is::<NoticeCursor>(value),
        b"operator-key" => is::<Blinding>(value),
        b"alert-counts" => is::<Vec<AlertCount>>(value),
        b"follow-up" => is::<Option<follow_up::Count>>(value),
        _ => of_family(name, value),
    }
}

/// Values of which there are many, with a common beginning of their names.
fn of_family(name: &[u8], value: &[u8]) -> bool {
    let begins = |prefix: &[u8]| name.starts_with(prefix);
    if begins(b"mode/") {
        is::<Mode>(value)
    } else if begins(b"certificates/") || begins(b"back-dated/") {
        is::<u32>(value)
    } else if begins(b"shared-cards/") {
        is::<crowds::SharedCards>(value)
    } else if begins(b"takeover/") {
        is::<takeovers::Walk>(value)
    } else {
        false
    }
}

fn is<T: Encode<()> + for<'b> Decode<'b, ()>>(value: &[u8]) -> bool {
    cbor::decode::<T>(value).is_ok()
}
