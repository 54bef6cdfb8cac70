//! Growing a tiled tree: what is written when entries are appended.
//!
//! **Promises.** Reads and writes the right edge alone: one partial tile a level and one partial
//! bundle, however long the log is; a full tile is never read or hashed again.
//! **Left to others.** Writing the tiles, atomically with the size: the engine.

use super::entry_bundle::{self, EntryTooLong};
use super::tile::{LEVEL_MAX, ReadError, TILE_WIDTH, TileId, TileReader, hash_tile, read_hashes};
use super::tree::{NodeId, TreeSize, empty_root, leaf_hash, root_over};
use crate::id::TreeHash;

/// A tree after an append, and the tiles to write for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The new size.
    pub size: TreeSize,
    /// The root at the new size.
    pub root: TreeHash,
    /// Each new or wider tile and bundle, whole.
    pub writes: Vec<TileWrite>,
}

/// A tile or bundle that is new or has grown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileWrite {
    /// Which.
    pub tile: TileId,
    /// All of its bytes.
    pub bytes: Vec<u8>,
}

/// Why entries could not be appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError<E> {
    /// The right edge could not be read.
    #[error(transparent)]
    Read(#[from] ReadError<E>),
    /// An entry has more than 65,535 bytes.
    #[error(transparent)]
    Entry(#[from] EntryTooLong),
    /// The tree would have more than 2^63 − 1 leaves.
    #[error("the log is full; the roster has to open the center's next one")]
    Full,
}

/// Appends entries to the tree of `size` leaves whose tiles the reader has.
///
/// # Errors
/// When the right edge cannot be read, or an entry is too long.
pub fn append<R: TileReader, E: AsRef<[u8]>>(
    reader: &R,
    size: TreeSize,
    entries: &[E],
) -> Result<Appended, AppendError<R::Error>> {
    let added = u64::try_from(entries.len()).map_err(|_| AppendError::Full)?;
    let new_size = size.plus(added).ok_or(AppendError::Full)?;
    let mut writes = append_bundles(reader, size, entries)?;
    let mut edge = RightEdge::read(reader, size)?;
    for entry in entries {
        edge.push(leaf_hash(entry.as_ref()), &mut writes);
    }
    edge.finish(&mut writes);
    Ok(Appended { size: new_size, root: edge.root(), writes })
}

fn append_bundles<R: TileReader, E: AsRef<[u8]>>(
    reader: &R,
    size: TreeSize,
    entries: &[E],
) -> Result<Vec<TileWrite>, AppendError<R::Error>> {
    let mut writes = Vec::new();
    if entries.is_empty() {
        return Ok(writes);
    }
    let mut tile = TileId::entries(size.get() >> 8);
    let mut width = tile.width_in(size);
    let mut bundle = if width == 0 { Vec::new() } else { read_bundle(reader, tile, width)? };
    for entry in entries {
        entry_bundle::push(&mut bundle, entry.as_ref())?;
        width = width.saturating_add(1);
        if width == TILE_WIDTH {
            writes.push(TileWrite { tile, bytes: core::mem::take(&mut bundle) });
            tile = TileId::entries(tile.index.saturating_add(1));
            width = 0;
        }
    }
    if width > 0 {
        writes.push(TileWrite { tile, bytes: bundle });
    }
    Ok(writes)
}

/// The bytes of the first `width` entries of a stored bundle.
pub(super) fn read_bundle<R: TileReader>(
    reader: &R,
    tile: TileId,
    width: u16,
) -> Result<Vec<u8>, ReadError<R::Error>> {
    let damaged = || ReadError::Damaged(tile.path(width));
    let mut bytes = reader.tile(tile).map_err(ReadError::Reader)?.ok_or_else(damaged)?;
    let length = entry_bundle::prefix(&bytes, width).ok_or_else(damaged)?.len();
    bytes.truncate(length);
    Ok(bytes)
}

/// The partial tile of each level, from the leaves up.
struct RightEdge {
    levels: Vec<Partial>,
}

struct Partial {
    tile: TileId,
    level: u8,
    hashes: Vec<TreeHash>,
    grown: bool,
}

impl RightEdge {
    fn read<R: TileReader>(reader: &R, size: TreeSize) -> Result<Self, ReadError<R::Error>> {
        let mut levels = Vec::new();
        for level in 0..=LEVEL_MAX {
            let hashes_at = size.get().checked_shr(u32::from(level).saturating_mul(8)).unwrap_or(0);
            if hashes_at == 0 {
                break;
            }
            let tile = TileId::level(level, hashes_at >> 8);
            let width = tile.width_in(size);
            let hashes = if width == 0 { Vec::new() } else { read_hashes(reader, tile, width)? };
            levels.push(Partial { tile, level, hashes, grown: false });
        }
        Ok(Self { levels })
    }

    fn push(&mut self, leaf: TreeHash, writes: &mut Vec<TileWrite>) {
        let mut carried = leaf;
        for level in 0..=LEVEL_MAX {
            if self.levels.len() == usize::from(level) {
                let tile = TileId::level(level, 0);
                self.levels.push(Partial { tile, level, hashes: Vec::new(), grown: false });
            }
            let Some(partial) = self.levels.get_mut(usize::from(level)) else { return };
            partial.hashes.push(carried);
            partial.grown = true;
            if partial.hashes.len() < usize::from(TILE_WIDTH) {
                return;
            }
            writes.push(partial.write());
            let Some(root) = root_over(partial.nodes()) else { return };
            carried = root;
            partial.tile = TileId::level(level, partial.tile.index.saturating_add(1));
            partial.hashes.clear();
            partial.grown = false;
        }
    }

    fn finish(&self, writes: &mut Vec<TileWrite>) {
        let grown = self.levels.iter().filter(|partial| partial.grown);
        writes.extend(grown.map(Partial::write));
    }

    fn root(&self) -> TreeHash {
        let nodes = self.levels.iter().rev().flat_map(Partial::nodes);
        root_over(nodes).unwrap_or_else(empty_root)
    }
}

impl Partial {
    fn write(&self) -> TileWrite {
        TileWrite { tile: self.tile, bytes: hash_tile(&self.hashes) }
    }

    fn nodes(&self) -> impl Iterator<Item = (NodeId, TreeHash)> {
        let first = self.tile.index.saturating_mul(u64::from(TILE_WIDTH));
        let level = self.level.saturating_mul(8);
        (first..).zip(&self.hashes).map(move |(index, hash)| (NodeId { level, index }, *hash))
    }
}
