//! Frames of the roster protocol: the one that a stranger may use too.
//!
//! A node says which version it holds and gets the rosters after it, with the authority-key
//! statements that they need, and the annexes that it asked for. What does not fit is asked for
//! again.
//!
//! **Promises.** A reply stays below `limits::ROSTER_REPLY_BYTES_MAX`; it holds what anybody may
//! see: rosters are no secret, they are signed.

use minicbor::{Decode, Encode};

use super::kept;
use crate::cbor;
use crate::cose::Received;
use crate::id::{AnnexHash, Bytes};
use crate::limits::ROSTER_REPLY_BYTES_MAX;
use crate::log::origin::NetworkName;
use crate::roster::{Annex, Roster};
use crate::store::{StoreError, View};

/// Annexes that one request may name.
pub const ANNEXES_ASKED_MAX: usize = 8;
/// Bytes left for what stands around the parts of a reply.
const REPLY_FRAME_BYTES: usize = 4 * 1024;

/// What a node asks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RosterRequest {
    /// The network.
    #[n(1)]
    pub network: NetworkName,
    /// The version that the node holds.
    #[n(2)]
    pub known: u64,
    /// Annexes that it lacks.
    #[n(3)]
    pub annexes: Vec<AnnexHash>,
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RosterReply {
    /// The newest version that the answering node holds.
    #[n(1)]
    pub newest: u64,
    /// Authority-key statements that the rosters need, ascending by number.
    #[n(2)]
    pub authority_keys: Vec<Bytes>,
    /// Signed rosters, each the next version after the one before.
    #[n(3)]
    pub rosters: Vec<Bytes>,
    /// Annexes that were asked for.
    #[n(4)]
    pub annexes: Vec<Annex>,
}

/// The reply to a request, as much of it as fits. `None` for bytes that are no request to us.
pub(super) fn reply(
    view: &dyn View,
    roster: &Roster,
    frame: &[u8],
) -> Result<Option<RosterReply>, StoreError> {
    let Ok(request) = cbor::decode::<RosterRequest>(frame) else {
        return Ok(None);
    };
    if request.network != roster.network {
        return Ok(None);
    }
    let mut left = ROSTER_REPLY_BYTES_MAX.saturating_sub(REPLY_FRAME_BYTES);
    let mut reply = RosterReply {
        newest: roster.version,
        authority_keys: Vec::new(),
        rosters: Vec::new(),
        annexes: Vec::new(),
    };
    let Some(keys) = kept::authority_keys(view)? else {
        return Ok(Some(reply));
    };
    let statement_bytes: usize = keys.statements_from(0).map(|(_, bytes)| bytes.len()).sum();
    let mut version = request.known.saturating_add(1);
    while version <= roster.version {
        // A node that joined later than that holds no such roster: another node does.
        let Some(bytes) = kept::roster(view, version)? else {
            break;
        };
        let with_keys = if reply.rosters.is_empty() { statement_bytes } else { 0 };
        let Some(after) = left.checked_sub(bytes.len().saturating_add(with_keys)) else {
            break;
        };
        left = after;
        reply.rosters.push(bytes.into());
        version = version.saturating_add(1);
    }
    if let Some(last) = reply.rosters.last() {
        // A later statement would make the receiver refuse what was signed before it.
        let last = authority_key_of(last)?;
        let needed = keys.statements_from(0).filter(|(number, _)| *number <= last);
        reply.authority_keys = needed.map(|(_, bytes)| bytes.to_vec().into()).collect();
    }
    for hash in request.annexes.iter().take(ANNEXES_ASKED_MAX) {
        let Some(annex) = kept::annex(view, *hash)? else {
            continue;
        };
        let Some(after) = left.checked_sub(annex.content.len()) else {
            break;
        };
        left = after;
        reply.annexes.push(annex);
    }
    Ok(Some(reply))
}

fn authority_key_of(bytes: &[u8]) -> Result<u64, StoreError> {
    let received = Received::parse(bytes.to_vec());
    let roster = received.ok().and_then(|received| cbor::decode(received.payload()).ok());
    roster.map(|roster: Roster| roster.authority_key).ok_or_else(|| StoreError::Corrupt {
        place: "rosters",
        detail: "bytes that are no roster".into(),
    })
}
