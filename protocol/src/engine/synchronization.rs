//! The sync protocol: logs as tiles, checkpoints, cosignatures, proofs, and one's own statements.
//!
//! **Promises.** A request is answered from index reads and from the tiles that it names; a reply
//! fits one frame. What comes back is matched to what was asked, of whom, by a stored token.
//! **Left to others.** What follows from a reply: `cosigning`, `following`, `recovery`.

use minicbor::{Decode, Encode};

use super::input::{Failure, RequestId};
use super::log_store::{self, StoredTiles};
use super::output::{Event, Output, PeerReply};
use super::round::Round;
use super::{audit, cosigning, equivocation, following, recovery, single, witnessing};
use crate::cbor;
use crate::center::CenterCode;
use crate::id::{Bytes, TreeHash};
use crate::limits::{FRAME_BYTES_MAX, SYNC_BUNDLES_BYTES_MAX, SYNC_STATEMENTS_MAX, SYNC_TILES_MAX};
use crate::log::entry_bundle;
use crate::log::equivocation::Equivocation;
use crate::log::origin::{LogId, LogKind};
use crate::log::tile::{HASH_BYTES, TileId, TileKind, TileReader};
use crate::log::tree::TreeSize;
use crate::refusal::Refusal;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::Timestamp;

/// A request of the sync protocol.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum SyncRequest {
    /// Cosign a checkpoint: the body of C2SP `add-checkpoint`.
    #[n(1)]
    AddCheckpoint(#[n(0)] Bytes),
    /// The latest checkpoint that is held or cosigned, of each of these logs; at most 16.
    #[n(2)]
    Latest(#[n(0)] Vec<LogId>),
    /// Entries of a public log from one size towards another.
    #[n(3)]
    Entries(#[n(0)] EntriesWanted),
    /// Tiles of a public log, by C2SP `tlog-tiles`.
    #[n(4)]
    Tiles(#[n(0)] TilesWanted),
    /// The nodes around the first size in the tree of the second.
    #[n(5)]
    Nodes(#[n(0)] LogId, #[n(1)] TreeSize, #[n(2)] TreeSize),
    /// Statements from or to the asker, kept after a place.
    #[n(6)]
    Statements(#[n(0)] Option<audit::CorrespondencePlace>),
    /// A log has two faces.
    #[n(7)]
    Equivocation(#[n(0)] Box<Equivocation>),
    /// Dial the asker at the addresses that the roster gives it.
    #[n(8)]
    DialBack,
}

/// Which entries are wanted, and in which tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EntriesWanted {
    /// Of which log.
    #[n(1)]
    pub log: LogId,
    /// The size that the asker holds.
    #[n(2)]
    pub from: TreeSize,
    /// The size that it wants to reach.
    #[n(3)]
    pub to: TreeSize,
}

/// Which tiles are wanted, as wide as in a tree of that size.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TilesWanted {
    /// Of which log.
    #[n(1)]
    pub log: LogId,
    /// The size of the tree.
    #[n(2)]
    pub size: TreeSize,
    /// At most 64.
    #[n(3)]
    pub tiles: Vec<TileId>,
}

/// A reply of the sync protocol.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum SyncReply {
    /// The cosignature: one signature line, with its newline.
    #[n(1)]
    Cosigned(#[n(0)] String),
    /// The witness last cosigned this size: ask again with a proof from there (409).
    #[n(2)]
    Conflict(#[n(0)] TreeSize),
    /// The notes that are held, in the order of the request; absent ones left out.
    #[n(3)]
    Latest(#[n(0)] Vec<Bytes>),
    /// Entry bundles, and the proof that the tree up to their end is the beginning of the one
    /// asked for.
    #[n(4)]
    Entries(#[n(0)] Vec<Bytes>, #[n(1)] Vec<TreeHash>),
    /// The tiles, in the order of the request.
    #[n(5)]
    Tiles(#[n(0)] Vec<Bytes>),
    /// The nodes of [`log::tree::cover`](crate::log::tree::cover) below and above the smaller size.
    #[n(6)]
    Nodes(#[n(0)] Vec<TreeHash>),
    /// Statements, and the place of the last one; no place when there are no more.
    #[n(7)]
    Statements(#[n(0)] Vec<Bytes>, #[n(1)] Option<audit::CorrespondencePlace>),
    /// Taken.
    #[n(8)]
    Taken,
    /// Not done.
    #[n(9)]
    Refused(#[n(0)] Refusal),
    /// Whether the asker was reached at one of its addresses.
    #[n(10)]
    DialedBack(#[n(0)] bool),
}

/// A request of ours on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Ask {
    /// Who was asked.
    #[n(1)]
    pub(super) to: CenterCode,
    /// When.
    #[n(2)]
    pub(super) at: Timestamp,
    /// For what.
    #[n(3)]
    pub(super) about: About,
}

/// What a request of ours is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub(super) enum About {
    /// A cosignature over an own log at a size.
    #[n(1)]
    Cosignature(#[n(0)] LogId, #[n(1)] TreeSize),
    /// What a witness holds of the own logs, after a start.
    #[n(2)]
    Recovery,
    /// The latest checkpoint of a log.
    #[n(3)]
    Latest,
    /// Entries of a followed log.
    #[n(4)]
    Entries(#[n(0)] EntriesWanted),
    /// Nodes that tell whether a checkpoint contradicts what is held.
    #[n(5)]
    Nodes(#[n(0)] LogId),
    /// Nothing: a proof was handed on.
    #[n(6)]
    Proof,
    /// Entries of an own log that this store has lost.
    #[n(7)]
    OwnEntries(#[n(0)] EntriesWanted),
    /// Statements from or to this center that a member has kept.
    #[n(8)]
    Statements,
}

/// Sends a request; gives the token under which its reply comes back.
pub(super) fn ask(
    round: &mut Round<'_>,
    to: CenterCode,
    about: About,
    request: &SyncRequest,
) -> Result<u64, StoreError> {
    let token: u64 = single::read(round.view, NEXT_TOKEN)?.unwrap_or(1);
    single::write(round.view, NEXT_TOKEN, &token.wrapping_add(1));
    let ask = Ask { to, at: round.now, about };
    round.view.put(ask_key(token), cbor::encode(&ask));
    round.output(Output::Sync { to, token, frame: cbor::encode(request) });
    Ok(token)
}

const NEXT_TOKEN: &[u8] = b"sync-token";

/// Whether a request may still be answered.
pub(super) fn is_open(round: &Round<'_>, token: u64) -> Result<bool, StoreError> {
    let Some(bytes) = round.view.get(&ask_key(token))? else { return Ok(false) };
    let ask: Ask = cbor::decode_stored("sync requests", &bytes)?;
    Ok(round.now.ms_since(ask.at) < crate::limits::SYNC_WAIT_MS)
}

/// Forgets a request: a reply that comes after all is ignored.
pub(super) fn forget(view: &mut dyn View, token: u64) {
    view.delete(ask_key(token));
}

/// Forgets the requests of before a restart: nobody will reply to them.
pub(super) fn forget_all(view: &mut dyn View) -> Result<(), StoreError> {
    let prefix = key(Area::SyncAsk, &[]);
    for (key, _) in view.range(&prefix, &prefix_end(&prefix), usize::MAX)? {
        view.delete(key);
    }
    Ok(())
}

fn ask_key(token: u64) -> Vec<u8> {
    key(Area::SyncAsk, &[&token.to_be_bytes()])
}

/// Takes what came of a request of ours.
pub(super) fn on_reply(
    round: &mut Round<'_>,
    from: CenterCode,
    token: u64,
    outcome: Result<Vec<u8>, Failure>,
) -> Result<(), StoreError> {
    let Some(bytes) = round.view.get(&ask_key(token))? else { return Ok(()) };
    let ask: Ask = cbor::decode_stored("sync requests", &bytes)?;
    if ask.to != from {
        return Ok(());
    }
    forget(round.view, token);
    let reply = match outcome {
        Ok(frame) if frame.len() <= FRAME_BYTES_MAX => {
            cbor::decode::<SyncReply>(&frame).map_err(|_| Refusal::Malformed)
        }
        Ok(_) => Err(Refusal::TooLarge),
        Err(Failure::Invalid(refusal) | Failure::Refused(refusal)) => Err(refusal),
        Err(Failure::Unreachable | Failure::TimedOut) => Err(Refusal::Unreachable),
    };
    let reply = reply.unwrap_or_else(SyncReply::Refused);
    match ask.about {
        About::Cosignature(log, size) => cosigning::on_reply(round, from, (log, size), reply),
        About::Recovery => recovery::on_reply(round, from, reply),
        About::Latest => following::on_latest(round, from, reply),
        About::Entries(wanted) => following::on_entries(round, from, wanted, reply),
        About::Nodes(log) => following::on_nodes(round, from, log, reply),
        About::Proof => Ok(()),
        About::OwnEntries(wanted) => recovery::on_entries(round, from, wanted, &reply),
        About::Statements => recovery::on_statements(round, from, reply),
    }
}

/// Serves a request of a member.
pub(super) fn serve(
    round: &mut Round<'_>,
    from: CenterCode,
    request: RequestId,
    frame: &[u8],
) -> Result<(), StoreError> {
    let reply = if frame.len() > FRAME_BYTES_MAX {
        SyncReply::Refused(Refusal::TooLarge)
    } else {
        match cbor::decode(frame) {
            Ok(SyncRequest::AddCheckpoint(body)) => {
                return witnessing::on_add_checkpoint(round, from, request, &body);
            }
            Ok(SyncRequest::Equivocation(proof)) => equivocation::on_proof(round, from, &proof)?,
            Ok(SyncRequest::Latest(logs)) => latest(round, &logs)?,
            Ok(SyncRequest::Entries(wanted)) => entries(round, wanted)?,
            Ok(SyncRequest::Tiles(wanted)) => tiles(round, &wanted)?,
            Ok(SyncRequest::Nodes(log, old, new)) => nodes(round, log, old, new)?,
            Ok(SyncRequest::Statements(after)) => statements(round, from, after)?,
            Ok(SyncRequest::DialBack) => {
                // The node answers once it has tried.
                round.output(Output::DialBack { request, to: from });
                return Ok(());
            }
            Err(_) => SyncReply::Refused(Refusal::Malformed),
        }
    };
    if let SyncReply::Refused(refusal) = &reply {
        round.event(Event::Refused { from, refusal: *refusal });
    }
    respond(round, request, &reply);
    Ok(())
}

/// Stages a reply.
pub(super) fn respond(round: &mut Round<'_>, request: RequestId, reply: &SyncReply) {
    round.respond(request, PeerReply::Sync(cbor::encode(reply)));
}

/// Logs of one request for checkpoints.
pub(super) const LATEST_LOGS_MAX: usize = 16;

fn latest(round: &Round<'_>, logs: &[LogId]) -> Result<SyncReply, StoreError> {
    if logs.len() > LATEST_LOGS_MAX {
        return Ok(SyncReply::Refused(Refusal::TooLarge));
    }
    let mut notes = Vec::new();
    for log in logs {
        // Of a closed log the note at its end leads there, whatever else was signed.
        if let Some(end) = following::end_of(round, *log) {
            let note = log_store::note_at(round.view, *log, end)?;
            notes.extend(note.map(|note| note.encode().into()));
            continue;
        }
        let followed = following::latest_note(round, *log)?;
        let cosigned = witnessing::cosigned_row(round.view, *log)?.map(|row| row.note);
        // A witness may have cosigned more than it holds, and the other way round.
        notes.extend(followed.into_iter().chain(cosigned).map(|note| note.encode().into()));
    }
    Ok(SyncReply::Latest(notes))
}

fn entries(round: &Round<'_>, wanted: EntriesWanted) -> Result<SyncReply, StoreError> {
    let EntriesWanted { log, from, to } = wanted;
    let held = log_store::row(round.view, log)?.size;
    if log.kind != LogKind::Public {
        return Ok(SyncReply::Refused(Refusal::NotGranted));
    }
    if from >= to || to > held {
        return Ok(SyncReply::Refused(Refusal::NotFound));
    }
    let reader = StoredTiles::new(round.view, log);
    let mut bundles = Vec::new();
    let mut bytes: usize = 0;
    let mut end = from;
    for index in (from.get() >> 8)..=(to.get().saturating_sub(1) >> 8) {
        let bundle = tile_of(&reader, TileId::entries(index), to)?;
        bytes = bytes.saturating_add(bundle.len());
        if bytes > SYNC_BUNDLES_BYTES_MAX && !bundles.is_empty() {
            break;
        }
        end = bundle_end(index, to);
        bundles.push(bundle.into());
    }
    let proof = reader.tree(to).consistency_proof(end).map_err(log_store::read_failed)?;
    Ok(SyncReply::Entries(bundles, proof))
}

/// The size of the tree whose last entry is the last one of a bundle.
pub(super) fn bundle_end(index: u64, size: TreeSize) -> TreeSize {
    let end = index.saturating_add(1).saturating_mul(256);
    TreeSize::new(end).map_or(size, |end| end.min(size))
}

fn tiles(round: &Round<'_>, wanted: &TilesWanted) -> Result<SyncReply, StoreError> {
    let held = log_store::row(round.view, wanted.log)?.size;
    if wanted.log.kind != LogKind::Public {
        return Ok(SyncReply::Refused(Refusal::NotGranted));
    }
    if wanted.tiles.len() > SYNC_TILES_MAX {
        return Ok(SyncReply::Refused(Refusal::TooLarge));
    }
    let absent = wanted.tiles.iter().any(|tile| tile.width_in(wanted.size) == 0);
    if wanted.size > held || absent {
        return Ok(SyncReply::Refused(Refusal::NotFound));
    }
    let reader = StoredTiles::new(round.view, wanted.log);
    let mut bytes: usize = 0;
    let mut found = Vec::new();
    for tile in &wanted.tiles {
        let tile = tile_of(&reader, *tile, wanted.size)?;
        bytes = bytes.saturating_add(tile.len());
        if bytes > SYNC_BUNDLES_BYTES_MAX {
            return Ok(SyncReply::Refused(Refusal::TooLarge));
        }
        found.push(tile.into());
    }
    Ok(SyncReply::Tiles(found))
}

/// A stored tile, as narrow as it was in the tree of a size.
pub(super) fn tile_of(
    reader: &StoredTiles<'_>,
    tile: TileId,
    size: TreeSize,
) -> Result<Vec<u8>, StoreError> {
    let width = tile.width_in(size);
    let damaged = || StoreError::Corrupt { place: "tiles", detail: tile.path(width) };
    let mut bytes = reader.tile(tile)?.ok_or_else(damaged)?;
    let length = match tile.kind {
        TileKind::Entries => entry_bundle::prefix(&bytes, width).ok_or_else(damaged)?.len(),
        TileKind::Level(_) => usize::from(width).saturating_mul(HASH_BYTES),
    };
    if length > bytes.len() {
        return Err(damaged());
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn nodes(
    round: &Round<'_>,
    log: LogId,
    old: TreeSize,
    new: TreeSize,
) -> Result<SyncReply, StoreError> {
    let held = log_store::row(round.view, log)?.size;
    if old > new || new > held {
        return Ok(SyncReply::Refused(Refusal::NotFound));
    }
    let reader = StoredTiles::new(round.view, log);
    let nodes = reader.tree(new).nodes_around(old).map_err(log_store::read_failed)?;
    Ok(SyncReply::Nodes(nodes))
}

fn statements(
    round: &Round<'_>,
    from: CenterCode,
    after: Option<audit::CorrespondencePlace>,
) -> Result<SyncReply, StoreError> {
    let rows = audit::correspondence(round.view, from, after, SYNC_STATEMENTS_MAX)?;
    let mut found = Vec::new();
    let mut bytes: usize = 0;
    let mut last = None;
    for (place, hash) in rows {
        if let Some(statement) = round.statement(hash)? {
            bytes = bytes.saturating_add(statement.len());
            if bytes > SYNC_BUNDLES_BYTES_MAX {
                break;
            }
            found.push(statement.into());
        }
        last = Some(place);
    }
    Ok(SyncReply::Statements(found, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TAIYUAN;

    #[test]
    fn frames_have_the_bytes_of_the_specification() {
        let log = LogId::public(TAIYUAN, 1);
        let id = [0xa3, 1, 0x1a, 0, 2, 0x23, 0x44, 2, 1, 3, 1];
        let size = TreeSize::new(5).unwrap();
        let place = audit::CorrespondencePlace { number: 1, leaf: 2 };
        let wanted = EntriesWanted { log, from: TreeSize::ZERO, to: size };
        let tiles = vec![TileId::entries(1), TileId::level(2, 3)];
        let tiles = TilesWanted { log, size, tiles };
        let tile_ids = [0x82, 0xa2, 1, 0x81, 1, 2, 1, 0xa2, 1, 0x82, 2, 2, 2, 3];
        for (request, bytes) in [
            (SyncRequest::AddCheckpoint(vec![7].into()), vec![0x82, 1, 0x41, 7]),
            (SyncRequest::Latest(vec![log]), [&[0x82, 2, 0x81], id.as_slice()].concat()),
            (
                SyncRequest::Entries(wanted),
                [&[0x82, 3, 0xa3, 1], id.as_slice(), &[2, 0, 3, 5]].concat(),
            ),
            (
                SyncRequest::Tiles(tiles),
                [&[0x82, 4, 0xa3, 1], id.as_slice(), &[2, 5, 3], &tile_ids].concat(),
            ),
            (
                SyncRequest::Nodes(log, TreeSize::ZERO, size),
                [&[0x84, 5], id.as_slice(), &[0, 5]].concat(),
            ),
            (SyncRequest::Statements(None), vec![0x81, 6]),
            (SyncRequest::Statements(Some(place)), vec![0x82, 6, 0xa2, 1, 1, 2, 2]),
        ] {
            assert_eq!(cbor::encode(&request), bytes, "{request:?}");
            assert_eq!(cbor::decode::<SyncRequest>(&bytes), Ok(request));
        }
        for (reply, bytes) in [
            (SyncReply::Cosigned("a".into()), vec![0x82, 1, 0x61, b'a']),
            (SyncReply::Conflict(size), vec![0x82, 2, 5]),
            (SyncReply::Latest(vec![vec![7].into()]), vec![0x82, 3, 0x81, 0x41, 7]),
            (SyncReply::Entries(Vec::new(), Vec::new()), vec![0x83, 4, 0x80, 0x80]),
            (SyncReply::Tiles(Vec::new()), vec![0x82, 5, 0x80]),
            (SyncReply::Nodes(Vec::new()), vec![0x82, 6, 0x80]),
            (SyncReply::Statements(Vec::new(), None), vec![0x82, 7, 0x80]),
            (SyncReply::Taken, vec![0x81, 8]),
            (SyncReply::Refused(Refusal::Proof), [&[0x82, 9, 0x65], b"PROOF".as_slice()].concat()),
        ] {
            assert_eq!(cbor::encode(&reply), bytes, "{reply:?}");
            assert_eq!(cbor::decode::<SyncReply>(&bytes), Ok(reply));
        }
    }

    #[test]
    fn what_is_not_a_frame_is_refused() {
        for bytes in [&[][..], &[0x80], &[0x81, 0], &[0x81, 8, 0], &[0x82, 6, 0xf6], &[0x81, 10]] {
            assert!(cbor::decode::<SyncRequest>(bytes).is_err(), "{bytes:02x?}");
            assert!(cbor::decode::<SyncReply>(bytes).is_err(), "{bytes:02x?}");
        }
    }
}
