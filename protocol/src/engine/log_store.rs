//! Logs as they lie in the store: size, root and tiles, for own and followed logs alike.
//!
//! **Promises.** Size, root and tiles of a log change in one batch; a tile is one value that grows.
//! **Left to others.** Whose entries may be appended, and why: `publication` and `following`.

use minicbor::{Decode, Encode};

use crate::cbor;
use crate::id::TreeHash;
use crate::log::append::{AppendError, Appended, append};
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::proof::TiledTree;
use crate::log::tile::{ReadError, TileId, TileReader};
use crate::log::tree::{LeafIndex, TreeSize, empty_root};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};

/// What is held of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogRow {
    /// How many entries.
    #[n(1)]
    pub size: TreeSize,
    /// The root over them.
    #[n(2)]
    pub root: TreeHash,
}

/// The tiles of one log in the store.
pub struct StoredTiles<'v> {
    view: &'v dyn View,
    log: LogId,
}

impl core::fmt::Debug for StoredTiles<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StoredTiles").field("log", &self.log).finish_non_exhaustive()
    }
}

impl<'v> StoredTiles<'v> {
    /// The tiles of a log.
    #[must_use]
    pub const fn new(view: &'v dyn View, log: LogId) -> Self {
        Self { view, log }
    }

    /// The tree over the first `size` entries; at most as many as are held.
    #[must_use]
    pub const fn tree(&self, size: TreeSize) -> TiledTree<'_, Self> {
        TiledTree::new(self, size)
    }
}

impl TileReader for StoredTiles<'_> {
    type Error = StoreError;

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, StoreError> {
        self.view.get(&tile_key(self.log, tile))
    }
}

/// What is held of a log; an unknown log is empty.
///
/// # Errors
/// When the store cannot be read.
pub fn row(view: &dyn View, log: LogId) -> Result<LogRow, StoreError> {
    match view.get(&key(Area::Log, &[&log.to_key()]))? {
        Some(bytes) => cbor::decode_stored("logs", &bytes),
        None => Ok(LogRow { size: TreeSize::ZERO, root: empty_root() }),
    }
}

/// What appending entries to a held log gives; nothing is staged.
///
/// # Errors
/// When the log's right edge cannot be read; entries must fit their length prefix.
pub fn appended<E: AsRef<[u8]>>(
    view: &dyn View,
    log: LogId,
    entries: &[E],
) -> Result<Appended, StoreError> {
    let size = row(view, log)?.size;
    append(&StoredTiles::new(view, log), size, entries).map_err(|error| match error {
        AppendError::Read(error) => read_failed(error),
        AppendError::Entry(error) => damaged(log, &error.to_string()),
        AppendError::Full => damaged(log, "more entries than a log can have"),
    })
}

/// Stages an append.
pub fn put_appended(view: &mut dyn View, log: LogId, appended: Appended) {
    for write in appended.writes {
        view.put(tile_key(log, write.tile), write.bytes);
    }
    let row = LogRow { size: appended.size, root: appended.root };
    view.put(key(Area::Log, &[&log.to_key()]), cbor::encode(&row));
}

/// Stages that less is held of a log than before: what is appended next writes over the rest.
pub fn put_row(view: &mut dyn View, log: LogId, row: LogRow) {
    view.put(key(Area::Log, &[&log.to_key()]), cbor::encode(&row));
}

/// Stages that nothing is held of a log, so that it is pulled anew; its tiles are written over.
pub fn forget(view: &mut dyn View, log: LogId) {
    view.delete(key(Area::Log, &[&log.to_key()]));
}

/// The root over the first `size` entries of a held log; `None` when fewer are held.
///
/// # Errors
/// When the store cannot be read.
pub fn root_at(
    view: &dyn View,
    log: LogId,
    size: TreeSize,
) -> Result<Option<TreeHash>, StoreError> {
    let row = row(view, log)?;
    if size > row.size {
        return Ok(None);
    }
    if size == row.size {
        return Ok(Some(row.root));
    }
    StoredTiles::new(view, log).tree(size).root().map(Some).map_err(read_failed)
}

/// An entry of a held log; `None` when it is not held.
///
/// # Errors
/// When the store cannot be read.
pub fn entry(view: &dyn View, log: LogId, index: LeafIndex) -> Result<Option<Vec<u8>>, StoreError> {
    let size = row(view, log)?.size;
    if !size.contains(index) {
        return Ok(None);
    }
    StoredTiles::new(view, log).tree(size).entry(index).map(Some).map_err(read_failed)
}

/// The store's error for a tree that cannot be read.
pub fn read_failed(error: ReadError<StoreError>) -> StoreError {
    match error {
        ReadError::Reader(error) => error,
        ReadError::Damaged(tile) => StoreError::Corrupt { place: "tiles", detail: tile },
        ReadError::OutOfRange => {
            StoreError::Corrupt { place: "tiles", detail: "a log shorter than its row says".into() }
        }
    }
}

/// A note of a log at exactly this size.
///
/// Where a new key signed a size again that was witnessed under the old one, it is the new note.
///
/// # Errors
/// When the store cannot be read.
pub fn note_at(
    view: &dyn View,
    log: LogId,
    size: TreeSize,
) -> Result<Option<SignedNote>, StoreError> {
    for area in [Area::Checkpoint, Area::Witnessed] {
        if let Some(bytes) = view.get(&note_key(area, log, size))? {
            return parse_note(&bytes).map(Some);
        }
    }
    Ok(None)
}

/// The witnessed note of a log with the largest size.
///
/// # Errors
/// When the store cannot be read.
pub fn latest_witnessed(
    view: &dyn View,
    log: LogId,
) -> Result<Option<(TreeSize, SignedNote)>, StoreError> {
    let prefix = key(Area::Witnessed, &[&log.to_key()]);
    view.last(&prefix, &prefix_end(&prefix))?.map(|(key, value)| sized(&key, &value)).transpose()
}

/// The witnessed note with the smallest size that covers a leaf: the earliest time at which
/// witnesses vouch for it.
///
/// # Errors
/// When the store cannot be read.
pub fn earliest_witnessed(
    view: &dyn View,
    log: LogId,
    leaf: LeafIndex,
) -> Result<Option<(TreeSize, SignedNote)>, StoreError> {
    let Some(size) = leaf.smallest_tree() else { return Ok(None) };
    let from = note_key(Area::Witnessed, log, size);
    let end = prefix_end(&key(Area::Witnessed, &[&log.to_key()]));
    let found = view.range(&from, &end, 1)?;
    found.first().map(|(key, value)| sized(key, value)).transpose()
}

/// Stages a note of a log, as witnessed or as signed by the log alone.
pub fn put_note(view: &mut dyn View, area: Area, log: LogId, size: TreeSize, note: &SignedNote) {
    view.put(note_key(area, log, size), note.encode());
    if area == Area::Witnessed {
        view.delete(note_key(Area::Checkpoint, log, size));
    }
}

/// Stages the deletion of a note that only the log signed.
pub fn delete_checkpoint(view: &mut dyn View, log: LogId, size: TreeSize) {
    view.delete(note_key(Area::Checkpoint, log, size));
}

fn note_key(area: Area, log: LogId, size: TreeSize) -> Vec<u8> {
    key(area, &[&log.to_key(), &size.get().to_be_bytes()])
}

fn tile_key(log: LogId, tile: TileId) -> Vec<u8> {
    key(Area::Tile, &[&log.to_key(), &tile.to_key()])
}

fn sized(key: &[u8], value: &[u8]) -> Result<(TreeSize, SignedNote), StoreError> {
    let size = key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
    let size = size.and_then(|size| TreeSize::new(size).ok());
    let size = size.ok_or_else(|| StoreError::Corrupt {
        place: "checkpoints",
        detail: "a key of another form".into(),
    })?;
    Ok((size, parse_note(value)?))
}

fn parse_note(bytes: &[u8]) -> Result<SignedNote, StoreError> {
    SignedNote::parse(bytes)
        .map_err(|error| StoreError::Corrupt { place: "checkpoints", detail: error.to_string() })
}

fn damaged(log: LogId, detail: &str) -> StoreError {
    StoreError::Corrupt { place: "logs", detail: format!("{log}: {detail}") }
}
