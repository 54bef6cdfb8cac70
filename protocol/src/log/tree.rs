//! The RFC 6962 tree: sizes, positions and hashes.
//!
//! **Promises.** The hash of an entry and of an inner node differ by their first byte, so neither
//! passes for the other. A [`TreeSize`] never exceeds 2^63 − 1, so a proof has at most 63 hashes on
//! each side.
//! **Left to others.** Where hashes come from: [`tile`](super::tile).

use core::fmt;

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::id::TreeHash;

/// How many leaves a tree has: 0 to 2^63 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TreeSize(u64);

/// A number that no tree size can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tree has at most 2^63 - 1 leaves")]
pub struct TreeSizeError;

impl TreeSize {
    /// The empty tree.
    pub const ZERO: Self = Self(0);
    /// The largest tree.
    pub const MAX: Self = Self(i64::MAX.cast_unsigned());

    /// A size from its number.
    ///
    /// # Errors
    /// When the number is above 2^63 − 1.
    pub const fn new(size: u64) -> Result<Self, TreeSizeError> {
        if size <= Self::MAX.0 { Ok(Self(size)) } else { Err(TreeSizeError) }
    }

    /// The number of leaves.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether the tree is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The size after `leaves` more, or `None` past the largest.
    #[must_use]
    pub fn plus(self, leaves: u64) -> Option<Self> {
        self.0.checked_add(leaves).and_then(|size| Self::new(size).ok())
    }

    /// Leaves that a tree of this size has more than one of `smaller`; 0 when it has not.
    #[must_use]
    pub const fn leaves_since(self, smaller: Self) -> u64 {
        self.0.saturating_sub(smaller.0)
    }

    /// Whether a tree of this size has that leaf.
    #[must_use]
    pub const fn contains(self, index: LeafIndex) -> bool {
        index.0 < self.0
    }

    /// The index that the next appended leaf gets.
    #[must_use]
    pub const fn next_leaf(self) -> LeafIndex {
        LeafIndex(self.0)
    }

    /// Parses ASCII decimal without leading zeros.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_decimal(text).and_then(|size| Self::new(size).ok())
    }
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<C> Encode<C> for TreeSize {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u64(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for TreeSize {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::new(decoder.u64()?).map_err(|_| minicbor::decode::Error::message("not a tree size"))
    }
}

/// The place of a leaf, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct LeafIndex(#[n(0)] u64);

impl LeafIndex {
    /// An index from its number; whether a tree has it is for the tree to say.
    #[must_use]
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The size of the smallest tree that has this leaf.
    #[must_use]
    pub fn smallest_tree(self) -> Option<TreeSize> {
        self.0.checked_add(1).and_then(|size| TreeSize::new(size).ok())
    }

    /// Parses ASCII decimal without leading zeros.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_decimal(text).map(Self)
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The hash of a leaf: SHA-256 of 0x00 and the entry (RFC 6962 §2.1).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> TreeHash {
    TreeHash::new(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// The hash of an inner node: SHA-256 of 0x01 and both children (RFC 6962 §2.1).
#[must_use]
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let hash = Sha256::new().chain_update([1]).chain_update(left.as_bytes());
    TreeHash::new(hash.chain_update(right.as_bytes()).finalize().into())
}

/// The root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> TreeHash {
    TreeHash::new(Sha256::digest([]).into())
}

/// A complete subtree: the 2^level leaves from index · 2^level on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId {
    /// Height above the leaves, 0 to 62.
    pub level: u8,
    /// Place among the subtrees of this height, from 0.
    pub index: u64,
}

/// The fewest complete subtrees that together are the leaves `from..to`, left to right.
///
/// At most two of each height. Empty when `from` is not below `to`.
#[must_use]
pub fn cover(from: TreeSize, to: TreeSize) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    let mut at = from.0;
    while let Some(rest) = to.0.checked_sub(at).and_then(|rest| rest.checked_ilog2()) {
        let level = if at == 0 { rest } else { rest.min(at.trailing_zeros()) };
        let (Some(index), Some(leaves)) = (at.checked_shr(level), 1_u64.checked_shl(level)) else {
            break;
        };
        nodes.push(NodeId { level: u8::try_from(level).unwrap_or(u8::MAX), index });
        at = at.saturating_add(leaves);
    }
    nodes
}

/// The root over complete subtrees that stand side by side, left to right; `None` without any.
///
/// The first must begin at a multiple of the whole span, as those of a [`cover`] from 0 do.
#[must_use]
pub fn root_over(nodes: impl IntoIterator<Item = (NodeId, TreeHash)>) -> Option<TreeHash> {
    let mut open: Vec<(NodeId, TreeHash)> = Vec::new();
    for (mut node, mut hash) in nodes {
        // Two subtrees of one height, the right one odd, are the children of one node.
        while node.index & 1 == 1
            && let Some((_, left)) = open.pop_if(|(left, _)| left.level == node.level)
        {
            hash = node_hash(&left, &hash);
            node = NodeId { level: node.level.saturating_add(1), index: node.index >> 1 };
        }
        open.push((node, hash));
    }
    let mut from_right = open.into_iter().rev().map(|(_, hash)| hash);
    let last = from_right.next()?;
    Some(from_right.fold(last, |right, left| node_hash(&left, &right)))
}

/// ASCII decimal without sign, space or leading zeros.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if plain && !leading_zero { text.parse().ok() } else { None }
}

#[cfg(test)]
pub(super) mod tests;
