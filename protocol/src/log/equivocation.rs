//! Equivocation (两套账): two signed checkpoints that no append-only log has.
//!
//! **Promises.** [`Equivocation::verify`] needs nothing but the log's keys, so anybody can be
//! shown the proof; what it accepts, an honest log cannot have signed.
//! **Left to others.** What follows from a proof: the engine closes the log.

use minicbor::{Decode, Encode};

use super::checkpoint::{Checkpoint, CheckpointError};
use super::note::{NoteError, SignedNote, VerifierKey};
use super::tree::{TreeSize, cover, root_over};
use crate::id::TreeHash;

/// A portable proof that a log has shown two faces.
///
/// Two checkpoints of one size have two roots; or, where the sizes differ, the nodes over the
/// larger tree give its root, and those of them that lie below the smaller size give another root
/// than the one signed for it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Equivocation {
    /// The checkpoint of the smaller size, or one of two of the same size.
    #[n(1)]
    pub smaller: SignedNote,
    /// The other checkpoint.
    #[n(2)]
    pub larger: SignedNote,
    /// The hashes of [`cover`]\(0, smaller) and [`cover`]\(smaller, larger); none for one size.
    #[n(3)]
    pub nodes: Vec<TreeHash>,
}

/// Why a proof of equivocation proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EquivocationError {
    /// A note is not a checkpoint that one of the keys signed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoints are of two logs.
    #[error("the two checkpoints are of different logs")]
    TwoLogs,
    /// The checkpoints and nodes do not contradict one another.
    #[error("the two checkpoints do not contradict each other")]
    NoContradiction,
}

impl Equivocation {
    /// The two checkpoints, smaller first, when they contradict each other.
    ///
    /// # Errors
    /// When the proof does not hold under these keys of the log.
    pub fn verify(
        &self,
        keys: &[VerifierKey],
    ) -> Result<(Checkpoint, Checkpoint), EquivocationError> {
        let smaller = verified_by_any(&self.smaller, keys)?;
        let larger = verified_by_any(&self.larger, keys)?;
        if smaller.origin != larger.origin {
            return Err(EquivocationError::TwoLogs);
        }
        if contradicts(&smaller, &larger, &self.nodes) {
            Ok((smaller, larger))
        } else {
            Err(EquivocationError::NoContradiction)
        }
    }
}

/// Whether the nodes over the larger tree show that the smaller checkpoint is not its beginning.
#[must_use]
pub fn contradicts(smaller: &Checkpoint, larger: &Checkpoint, nodes: &[TreeHash]) -> bool {
    if smaller.size == larger.size {
        return nodes.is_empty() && smaller.root != larger.root;
    }
    let below = cover(TreeSize::ZERO, smaller.size);
    let whole: Vec<_> = below.iter().copied().chain(cover(smaller.size, larger.size)).collect();
    if smaller.size > larger.size || nodes.len() != whole.len() {
        return false;
    }
    let root_of_larger = root_over(whole.into_iter().zip(nodes.iter().copied()));
    let root_of_smaller = root_over(below.into_iter().zip(nodes.iter().copied()));
    root_of_larger == Some(larger.root) && root_of_smaller.is_some_and(|root| root != smaller.root)
}

fn verified_by_any(note: &SignedNote, keys: &[VerifierKey]) -> Result<Checkpoint, CheckpointError> {
    let mut refusal = CheckpointError::Note(NoteError::Unsigned);
    for key in keys {
        match Checkpoint::verified(note, key) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(CheckpointError::Note(NoteError::Unsigned)) => {}
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::checkpoint::tests::{key_pair, sign};
    use crate::log::note::KeyKind;
    use crate::log::origin::Origin;
    use crate::log::proof::TiledTree;
    use crate::log::tile::MemoryTiles;
    use crate::log::tree::tests::{entries, grow, size};

    fn log(entries: &[Vec<u8>]) -> (MemoryTiles, TreeHash) {
        let mut tiles = MemoryTiles::default();
        let root = grow(&mut tiles, TreeSize::ZERO, &[entries]).root;
        (tiles, root)
    }

    fn at(number: usize, root: TreeHash) -> Checkpoint {
        let origin = Origin::new("fundlink/shanxi/140100/1").unwrap();
        Checkpoint { origin, size: size(number), root }
    }

    #[test]
    fn a_log_that_changed_a_leaf_is_convicted_and_an_honest_one_is_not() {
        let honest = entries(500);
        let mut changed = honest.clone();
        changed[17] = b"another".to_vec();
        let (honest_tiles, _) = log(&honest);
        let (_, lie) = log(&changed[..300]);
        let (secret, key) = key_pair(1, "fundlink/shanxi/140100/1", KeyKind::Log);
        let mut tree = TiledTree::new(&honest_tiles, size(500));
        let larger = sign(&at(500, tree.root().unwrap()), &secret, &key);
        let nodes = tree.nodes_around(size(300)).unwrap();
        let truth = TiledTree::new(&honest_tiles, size(300)).root().unwrap();

        let proof = |root, nodes: &[TreeHash]| Equivocation {
            smaller: sign(&at(300, root), &secret, &key),
            larger: larger.clone(),
            nodes: nodes.to_vec(),
        };
        let keys = [key_pair(9, "fundlink/shanxi/140100/1", KeyKind::Log).1, key.clone()];
        let convicting = proof(lie, &nodes);
        assert!(convicting.verify(&keys).is_ok());
        let copied = crate::cbor::decode(&crate::cbor::encode(&convicting)).unwrap();
        assert_eq!(convicting, copied);
        assert_eq!(proof(truth, &nodes).verify(&keys), Err(EquivocationError::NoContradiction));
        assert_eq!(proof(lie, &nodes[1..]).verify(&keys), Err(EquivocationError::NoContradiction));
        assert!(convicting.verify(&keys[..1]).is_err());
        let with_more = [&nodes[..], &nodes[..1]].concat();
        let refused = proof(lie, &with_more).verify(&keys);
        assert_eq!(refused, Err(EquivocationError::NoContradiction), "a node too many");

        let two = |first, second| Equivocation {
            smaller: sign(&at(300, first), &secret, &key),
            larger: sign(&at(300, second), &secret, &key),
            nodes: Vec::new(),
        };
        assert!(two(truth, lie).verify(&keys).is_ok());
        assert_eq!(two(truth, truth).verify(&keys), Err(EquivocationError::NoContradiction));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_nodes_convict_an_honest_log(smaller in 1_usize..400, more in 1_usize..400, bad in 0_usize..20) {
            let all = entries(smaller + more);
            let (tiles, root) = log(&all);
            let mut nodes = TiledTree::new(&tiles, size(all.len())).nodes_around(size(smaller)).unwrap();
            let truth = TiledTree::new(&tiles, size(smaller)).root().unwrap();
            let (first, second) = (at(smaller, truth), at(all.len(), root));
            prop_assert!(!contradicts(&first, &second, &nodes));
            prop_assert!(contradicts(&at(smaller, TreeHash::new([0; 32])), &second, &nodes));
            let place = bad % nodes.len();
            nodes[place] = TreeHash::new([1; 32]);
            prop_assert!(!contradicts(&first, &second, &nodes));
        }
    }
}
