//! Inclusion and consistency proofs: made from tiles, verified from nothing but hashes.
//!
//! **Promises.** Verification takes any input: a wrong size, index or proof is `false`.
//! **Left to others.** Whether a root is to be believed: [`checkpoint`](super::checkpoint), [`policy`](super::policy).

use std::collections::BTreeMap;

use super::append::read_bundle;
use super::entry_bundle;
use super::tile::{ReadError, TileId, TileReader, read_hashes};
use super::tree::{LeafIndex, NodeId, TreeSize, cover, empty_root, node_hash, root_over};
use crate::id::TreeHash;

/// A tree of one size, read from its tiles; each tile is read once.
#[derive(Debug)]
pub struct TiledTree<'r, R> {
    reader: &'r R,
    size: TreeSize,
    held: BTreeMap<TileId, Vec<TreeHash>>,
}

impl<'r, R: TileReader> TiledTree<'r, R> {
    /// The tree of this size; the tiles may have grown past it.
    #[must_use]
    pub const fn new(reader: &'r R, size: TreeSize) -> Self {
        Self { reader, size, held: BTreeMap::new() }
    }

    /// The root hash.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub fn root(&mut self) -> Result<TreeHash, ReadError<R::Error>> {
        if self.size.is_empty() {
            return Ok(empty_root());
        }
        self.range(0, self.size.get())
    }

    /// The proof that a leaf is in the tree, from its sibling up (RFC 6962 §2.1.1).
    ///
    /// # Errors
    /// When the tree has no such leaf, or a tile cannot be read.
    pub fn inclusion_proof(
        &mut self,
        index: LeafIndex,
    ) -> Result<Vec<TreeHash>, ReadError<R::Error>> {
        if !self.size.contains(index) {
            return Err(ReadError::OutOfRange);
        }
        let mut path = Vec::new();
        let (mut from, mut to) = (0, self.size.get());
        while let Some(split) = split_of(from, to) {
            if index.get() < split {
                path.push(self.range(split, to)?);
                to = split;
            } else {
                path.push(self.range(from, split)?);
                from = split;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof that the tree of `old` leaves is the beginning of this one (RFC 6962 §2.1.2).
    ///
    /// Empty when `old` is 0 or this size.
    ///
    /// # Errors
    /// When this tree is smaller than `old`, or a tile cannot be read.
    pub fn consistency_proof(
        &mut self,
        old: TreeSize,
    ) -> Result<Vec<TreeHash>, ReadError<R::Error>> {
        if old > self.size {
            return Err(ReadError::OutOfRange);
        }
        if old.is_empty() || old == self.size {
            return Ok(Vec::new());
        }
        let mut proof = Vec::new();
        let (mut from, mut to) = (0, self.size.get());
        while old.get() != to {
            let Some(split) = split_of(from, to) else { break };
            if old.get() <= split {
                proof.push(self.range(split, to)?);
                to = split;
            } else {
                proof.push(self.range(from, split)?);
                from = split;
            }
        }
        if from != 0 {
            proof.push(self.range(from, to)?);
        }
        proof.reverse();
        Ok(proof)
    }

    /// The hashes of [`cover`]\(0, old) and [`cover`]\(old, size): they fold to both roots.
    ///
    /// # Errors
    /// When this tree is smaller than `old`, or a tile cannot be read.
    pub fn nodes_around(&mut self, old: TreeSize) -> Result<Vec<TreeHash>, ReadError<R::Error>> {
        if old > self.size {
            return Err(ReadError::OutOfRange);
        }
        let nodes = cover(TreeSize::ZERO, old).into_iter().chain(cover(old, self.size));
        nodes.map(|node| self.node(node)).collect()
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    /// When the tree has no such leaf, or its bundle cannot be read.
    pub fn entry(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError<R::Error>> {
        if !self.size.contains(index) {
            return Err(ReadError::OutOfRange);
        }
        let tile = TileId::entries(index.get() >> 8);
        let width = tile.width_in(self.size);
        let bundle = read_bundle(self.reader, tile, width)?;
        let entries = entry_bundle::parse(&bundle);
        let place = usize::try_from(index.get() & 0xff).ok();
        let entry =
            entries.ok().and_then(|entries| place.and_then(|place| entries.get(place).copied()));
        entry.map(<[u8]>::to_vec).ok_or_else(|| ReadError::Damaged(tile.path(width)))
    }

    /// The root over the leaves `from..to`, which begin at a multiple of a power of two not below
    /// their number.
    fn range(&mut self, from: u64, to: u64) -> Result<TreeHash, ReadError<R::Error>> {
        let (Ok(from), Ok(to)) = (TreeSize::new(from), TreeSize::new(to)) else {
            return Err(ReadError::OutOfRange);
        };
        let mut nodes = Vec::new();
        for node in cover(from, to) {
            nodes.push((node, self.node(node)?));
        }
        root_over(nodes).ok_or(ReadError::OutOfRange)
    }

    /// The hash of a complete subtree: folded from the up to 128 hashes of one tile.
    fn node(&mut self, node: NodeId) -> Result<TreeHash, ReadError<R::Error>> {
        let (level, height) = (node.level / 8, u32::from(node.level % 8));
        let first = node.index.checked_shl(height).ok_or(ReadError::OutOfRange)?;
        let tile = TileId::level(level, first >> 8);
        let damaged = || ReadError::Damaged(tile.path(0));
        if !self.held.contains_key(&tile) {
            let hashes = read_hashes(self.reader, tile, tile.width_in(self.size))?;
            self.held.insert(tile, hashes);
        }
        let hashes = self.held.get(&tile).ok_or_else(damaged)?;
        let start = usize::try_from(first & 0xff).map_err(|_| damaged())?;
        let count = 1_usize.checked_shl(height).ok_or_else(damaged)?;
        let wanted = hashes.get(start..).and_then(|rest| rest.get(..count)).ok_or_else(damaged)?;
        let level = level.saturating_mul(8);
        let nodes = (first..).zip(wanted).map(|(index, hash)| (NodeId { level, index }, *hash));
        root_over(nodes).ok_or_else(damaged)
    }
}

/// A leaf and the tree that it is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which leaf.
    pub index: LeafIndex,
    /// The size of the tree.
    pub size: TreeSize,
}

/// Whether `path` proves that the tree with this root has this leaf there (RFC 9162 §2.1.3.2).
#[must_use]
pub fn verify_inclusion(place: Place, leaf: &TreeHash, path: &[TreeHash], root: &TreeHash) -> bool {
    let Some(last) = place.size.get().checked_sub(1) else { return false };
    if place.index.get() > last {
        return false;
    }
    let mut walk = Walk { node: place.index.get(), last };
    let mut hash = *leaf;
    for sibling in path {
        if walk.last == 0 {
            return false;
        }
        if walk.joins_left() {
            hash = node_hash(sibling, &hash);
            walk.skip_lone();
        } else {
            hash = node_hash(&hash, sibling);
        }
        walk.up();
    }
    walk.last == 0 && hash == *root
}

/// Whether `proof` proves that the `old` tree is the beginning of the `new` one (RFC 9162 §2.1.4.2).
///
/// Two equal sizes need equal roots and an empty proof; the empty tree is the beginning of any.
#[must_use]
pub fn verify_consistency(
    old: (TreeSize, &TreeHash),
    new: (TreeSize, &TreeHash),
    proof: &[TreeHash],
) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size.is_empty() {
        return proof.is_empty()
            && *old_root == empty_root()
            && (!new_size.is_empty() || new_root == old_root);
    }
    if old_size >= new_size {
        return old_size == new_size && proof.is_empty() && old_root == new_root;
    }
    let (Some(node), Some(last)) = (old_size.get().checked_sub(1), new_size.get().checked_sub(1))
    else {
        return false;
    };
    let mut walk = Walk { node, last };
    while walk.node & 1 == 1 {
        walk.up();
    }
    // An old tree that is one complete subtree is not repeated in the proof.
    let (seed, rest) = if old_size.get().is_power_of_two() {
        (*old_root, proof)
    } else {
        let Some((first, rest)) = proof.split_first() else { return false };
        (*first, rest)
    };
    let (mut old_hash, mut new_hash) = (seed, seed);
    for sibling in rest {
        if walk.last == 0 {
            return false;
        }
        if walk.joins_left() {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            walk.skip_lone();
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        walk.up();
    }
    walk.last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// The way from a node to the root, beside the way of the last node of each level.
struct Walk {
    node: u64,
    last: u64,
}

impl Walk {
    const fn joins_left(&self) -> bool {
        self.node & 1 == 1 || self.node == self.last
    }

    /// A last node without a sibling rises until it has one.
    const fn skip_lone(&mut self) {
        while self.node & 1 == 0 && self.node != 0 {
            self.up();
        }
    }

    const fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }
}

/// Where RFC 6962 splits the leaves `from..to`: after the largest power of two below their number.
fn split_of(from: u64, to: u64) -> Option<u64> {
    let height = to.checked_sub(from)?.checked_sub(1)?.checked_ilog2()?;
    from.checked_add(1_u64.checked_shl(height)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::append::append;
    use crate::log::tile::MemoryTiles;

    fn size(number: u64) -> TreeSize {
        TreeSize::new(number).unwrap()
    }

    #[test]
    fn an_empty_or_equal_tree_needs_its_own_root_and_no_proof() {
        let (empty, one, other) = (empty_root(), TreeHash::new([1; 32]), TreeHash::new([2; 32]));
        let holds = |old: (u64, &TreeHash), new: (u64, &TreeHash), proof: &[TreeHash]| {
            verify_consistency((size(old.0), old.1), (size(new.0), new.1), proof)
        };
        assert!(holds((0, &empty), (5, &one), &[]));
        assert!(!holds((0, &one), (5, &one), &[]), "an empty tree has one root");
        assert!(!holds((0, &empty), (5, &one), &[one]));
        assert!(holds((0, &empty), (0, &empty), &[]));
        assert!(!holds((0, &empty), (0, &one), &[]));
        assert!(holds((5, &one), (5, &one), &[]));
        assert!(!holds((5, &one), (5, &other), &[]));
        assert!(!holds((5, &one), (5, &one), &[one]));
        assert!(!holds((6, &one), (5, &one), &[]));
    }

    #[test]
    fn nodes_are_given_around_any_size_up_to_the_whole() {
        let mut tiles = MemoryTiles::default();
        let entries: Vec<Vec<u8>> = (0..7).map(|number| vec![number]).collect();
        let appended = append(&tiles, TreeSize::ZERO, &entries).unwrap();
        for write in appended.writes {
            tiles.insert(write.tile, write.bytes);
        }
        let nodes = |old| TiledTree::new(&tiles, size(7)).nodes_around(size(old)).ok();
        assert_eq!(nodes(7).map(|nodes| nodes.len()), Some(3));
        assert_eq!(nodes(4).map(|nodes| nodes.len()), Some(3));
        assert_eq!(nodes(8), None);
    }
}
