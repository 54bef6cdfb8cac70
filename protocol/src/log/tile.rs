//! Tiles of height 8 (`c2sp.org/tlog-tiles`): the only form in which a log is stored and synced.
//!
//! **Promises.** A tile that grows keeps its first hashes: a narrower tile is a prefix of a wider
//! one, so one stored value serves every earlier width.
//! **Left to others.** Entries: [`entry_bundle`](super::entry_bundle). Growing: [`append`](super::append).

use core::fmt::Write as _;

use minicbor::{Decode, Encode};

use super::tree::TreeSize;
use crate::id::TreeHash;

/// Hashes or entries of a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Bytes of a hash in a tile.
pub const HASH_BYTES: usize = 32;
/// The highest level that a tree of 2^63 − 1 leaves has.
pub const LEVEL_MAX: u8 = 7;

/// Names a tile or an entry bundle of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct TileId {
    /// What the tile holds.
    #[n(1)]
    pub kind: TileKind,
    /// Place among the tiles of its kind, from 0.
    #[n(2)]
    pub index: u64,
}

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(flat)]
pub enum TileKind {
    /// Entries, length-prefixed.
    #[n(1)]
    Entries,
    /// Hashes of this level: of leaves at 0, of full tiles of the level below from 1 on.
    #[n(2)]
    Level(#[n(0)] u8),
}

impl TileId {
    /// The tile of hashes at a level.
    #[must_use]
    pub const fn level(level: u8, index: u64) -> Self {
        Self { kind: TileKind::Level(level), index }
    }

    /// The bundle of 256 entries from 256 · index on.
    #[must_use]
    pub const fn entries(index: u64) -> Self {
        Self { kind: TileKind::Entries, index }
    }

    /// Width of the tile in a tree of this size: 0 (absent) to 256.
    #[must_use]
    pub fn width_in(self, size: TreeSize) -> u16 {
        let level = match self.kind {
            TileKind::Entries => 0,
            TileKind::Level(level) => level,
        };
        let hashes = u32::from(level)
            .checked_mul(8)
            .and_then(|bits| size.get().checked_shr(bits))
            .unwrap_or(0);
        let before = self.index.saturating_mul(u64::from(TILE_WIDTH));
        let here = hashes.saturating_sub(before).min(u64::from(TILE_WIDTH));
        u16::try_from(here).unwrap_or(TILE_WIDTH)
    }

    /// The path below a log's prefix, `tile/<L>/<N>[.p/<W>]`; a width of 0 or 256 names the full tile.
    #[must_use]
    pub fn path(self, width: u16) -> String {
        let mut path = String::from("tile/");
        match self.kind {
            TileKind::Entries => path.push_str("entries"),
            TileKind::Level(level) => path.push_str(&level.to_string()),
        }
        let digits = self.index.to_string();
        let padded = format!("{:0>width$}", digits, width = digits.len().next_multiple_of(3));
        let groups = padded.as_bytes().chunks(3).count();
        for (place, group) in padded.as_bytes().chunks(3).enumerate() {
            path.push_str(if place.saturating_add(1) < groups { "/x" } else { "/" });
            path.extend(group.iter().map(|digit| char::from(*digit)));
        }
        if width > 0 && width < TILE_WIDTH {
            // Writing to a string cannot fail.
            let _ = write!(path, ".p/{width}");
        }
        path
    }

    /// Nine bytes that order a log's tiles: the kind, then the index.
    #[must_use]
    pub fn to_key(self) -> [u8; 9] {
        let mut key = [0; 9];
        let kind = match self.kind {
            TileKind::Entries => u8::MAX,
            TileKind::Level(level) => level,
        };
        for (place, byte) in
            key.iter_mut().zip(core::iter::once(kind).chain(self.index.to_be_bytes()))
        {
            *place = byte;
        }
        key
    }
}

/// Where the tiles of one log lie.
pub trait TileReader {
    /// Why a tile could not be read.
    type Error;

    /// The bytes of a tile or bundle, at whatever width it has grown to; `None` when there is none.
    ///
    /// # Errors
    /// When the place where tiles lie cannot be read.
    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// Why a tree could not be read from its tiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError<E> {
    /// The reader failed.
    #[error(transparent)]
    Reader(E),
    /// A tile that a tree of the asked size has is absent, too narrow or malformed.
    #[error("the tile {0} is missing or damaged")]
    Damaged(String),
    /// A leaf or an older size was asked for that the tree does not have.
    #[error("the tree has no such leaf or earlier size")]
    OutOfRange,
}

/// The first `width` hashes of a stored tile.
pub(super) fn read_hashes<R: TileReader>(
    reader: &R,
    tile: TileId,
    width: u16,
) -> Result<Vec<TreeHash>, ReadError<R::Error>> {
    let damaged = || ReadError::Damaged(tile.path(width));
    let bytes = reader.tile(tile).map_err(ReadError::Reader)?.ok_or_else(damaged)?;
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if !rest.is_empty() || hashes.len() > usize::from(TILE_WIDTH) {
        return Err(damaged());
    }
    let wanted = hashes.get(..usize::from(width)).ok_or_else(damaged)?;
    Ok(wanted.iter().map(|hash| TreeHash::new(*hash)).collect())
}

/// The bytes of a tile of these hashes.
#[must_use]
pub(crate) fn hash_tile(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Tiles in memory, which remember what was read.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct MemoryTiles {
    tiles: std::collections::BTreeMap<TileId, Vec<u8>>,
    pub(crate) reads: core::cell::RefCell<Vec<TileId>>,
}

#[cfg(test)]
impl MemoryTiles {
    pub(crate) fn insert(&mut self, tile: TileId, bytes: Vec<u8>) {
        self.tiles.insert(tile, bytes);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&TileId, &Vec<u8>)> {
        self.tiles.iter()
    }
}

#[cfg(test)]
impl TileReader for MemoryTiles {
    type Error = core::convert::Infallible;

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, Self::Error> {
        self.reads.borrow_mut().push(tile);
        Ok(self.tiles.get(&tile).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_in_groups_of_three_digits() {
        // The example of tlog-tiles: index 1234067 is x001/x234/067.
        assert_eq!(TileId::level(0, 1_234_067).path(256), "tile/0/x001/x234/067");
        assert_eq!(TileId::level(63, 0).path(17), "tile/63/000.p/17");
        assert_eq!(TileId::entries(1_000).path(0), "tile/entries/x001/000");
    }

    #[test]
    fn widths_follow_the_size() {
        let size = TreeSize::new(70_000).unwrap();
        assert_eq!(TileId::level(0, 272).width_in(size), 256);
        assert_eq!(TileId::level(0, 273).width_in(size), 112);
        assert_eq!(TileId::level(0, 274).width_in(size), 0);
        assert_eq!(TileId::level(1, 1).width_in(size), 17);
        assert_eq!(TileId::level(2, 0).width_in(size), 1);
        assert_eq!(TileId::entries(273).width_in(size), 112);
        assert_eq!(TileId::level(255, u64::MAX).width_in(TreeSize::MAX), 0);
        // A tree of 256 is a full tile at level 0 and a tile 1 wide at level 1.
        assert_eq!(TileId::level(1, 0).width_in(TreeSize::new(256).unwrap()), 1);
    }

    #[test]
    fn a_damaged_tile_is_named() {
        let mut tiles = MemoryTiles::default();
        tiles.insert(TileId::level(0, 0), vec![0; 31]);
        assert_eq!(
            read_hashes(&tiles, TileId::level(0, 0), 1),
            Err(ReadError::Damaged("tile/0/000.p/1".into()))
        );
    }
}
