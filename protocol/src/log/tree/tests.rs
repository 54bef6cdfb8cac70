//! The tree against a literal reading of RFC 6962 and against another implementation.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use super::*;
use crate::log::append::{Appended, append};
use crate::log::proof::{self, TiledTree, verify_consistency, verify_inclusion};
use crate::log::tile::{MemoryTiles, TileId, TileKind};

/// MTH of RFC 6962 §2.1, word for word.
pub(crate) fn naive_root(entries: &[Vec<u8>]) -> TreeHash {
    match entries {
        [] => empty_root(),
        [entry] => leaf_hash(entry),
        _ => {
            let (left, right) = entries.split_at(naive_split(entries.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// PATH of RFC 6962 §2.1.1, word for word.
fn naive_path(index: usize, entries: &[Vec<u8>]) -> Vec<TreeHash> {
    if entries.len() == 1 {
        return Vec::new();
    }
    let split = naive_split(entries.len());
    let (left, right) = entries.split_at(split);
    let (mut path, sibling) = if index < split {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - split, right), naive_root(left))
    };
    path.push(sibling);
    path
}

/// SUBPROOF of RFC 6962 §2.1.2, word for word.
fn naive_subproof(old: usize, entries: &[Vec<u8>], known: bool) -> Vec<TreeHash> {
    if old == entries.len() {
        return if known { Vec::new() } else { vec![naive_root(entries)] };
    }
    let split = naive_split(entries.len());
    let (left, right) = entries.split_at(split);
    let (mut proof, sibling) = if old <= split {
        (naive_subproof(old, left, known), naive_root(right))
    } else {
        (naive_subproof(old - split, right, false), naive_root(left))
    };
    proof.push(sibling);
    proof
}

fn naive_split(length: usize) -> usize {
    1 << (length - 1).ilog2()
}

pub(crate) fn entries(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("entry {number}").into_bytes()).collect()
}

pub(crate) fn size(number: usize) -> TreeSize {
    TreeSize::new(number as u64).unwrap()
}

/// Appends in batches, as rounds would.
pub(crate) fn grow(tiles: &mut MemoryTiles, from: TreeSize, batches: &[&[Vec<u8>]]) -> Appended {
    let mut at = Appended { size: from, root: empty_root(), writes: Vec::new() };
    for batch in batches {
        at = append(tiles, at.size, batch).unwrap();
        for write in &at.writes {
            tiles.insert(write.tile, write.bytes.clone());
        }
    }
    at
}

fn foreign_tree(entries: &[Vec<u8>]) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    entries.iter().for_each(|entry| tree.push(entry.clone()));
    tree
}

fn concatenated(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[test]
fn the_roots_of_the_known_test_tree_come_out() {
    // The eight leaves and roots that implementations of Certificate Transparency share.
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let entries: Vec<Vec<u8>> = leaves.iter().map(|leaf| leaf.to_vec()).collect();
    let mut tiles = MemoryTiles::default();
    let root = grow(&mut tiles, TreeSize::ZERO, &[&entries]).root;
    assert_eq!(
        root.to_string(),
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    );
    let first = TiledTree::new(&tiles, size(1)).root().unwrap();
    assert_eq!(
        first.to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    assert_eq!(
        empty_root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn every_small_tree_agrees_with_the_letter_of_the_rfc() {
    let entries = entries(40);
    let mut tiles = MemoryTiles::default();
    grow(&mut tiles, TreeSize::ZERO, &[&entries]);
    for count in 0..=entries.len() {
        let all = &entries[..count];
        let mut tree = TiledTree::new(&tiles, size(count));
        assert_eq!(tree.root().unwrap(), naive_root(all));
        for index in 0..count {
            let path = tree.inclusion_proof(LeafIndex::new(index as u64)).unwrap();
            assert_eq!(path, naive_path(index, all), "leaf {index} of {count}");
        }
        for old in 1..=count {
            let proof = tree.consistency_proof(size(old)).unwrap();
            assert_eq!(proof, naive_subproof(old, all, true), "{old} to {count}");
        }
    }
}

#[test]
fn the_tiles_of_the_specification_s_example_stand_where_it_says() {
    // tlog-tiles: 70,000 leaves are 273 full and a 112 wide tile, a full and a 17 wide, a 1 wide.
    let entries = entries(70_000);
    let mut tiles = MemoryTiles::default();
    grow(&mut tiles, TreeSize::ZERO, &[&entries[..300], &entries[300..69_000], &entries[69_000..]]);
    let widths = |level| {
        let of_level = tiles.iter().filter(|(tile, _)| tile.kind == TileKind::Level(level));
        of_level.map(|(_, bytes)| bytes.len() / 32).collect::<Vec<_>>()
    };
    let mut level_0 = vec![256; 273];
    level_0.push(112);
    assert_eq!(widths(0), level_0);
    assert_eq!(widths(1), [256, 17]);
    assert_eq!(widths(2), [1]);
    assert!(widths(3).is_empty());
    let (last, _) = tiles.iter().find(|(tile, _)| tile.kind == TileKind::Level(2)).unwrap();
    assert_eq!(last.path(1), "tile/2/000.p/1");
}

#[test]
fn an_append_reads_and_writes_the_right_edge_alone() {
    let entries = entries(70_001);
    let mut tiles = MemoryTiles::default();
    let before = grow(&mut tiles, TreeSize::ZERO, &[&entries[..70_000]]);
    tiles.reads.borrow_mut().clear();
    let after = append(&tiles, before.size, &entries[70_000..]).unwrap();
    let touched: Vec<_> = after.writes.iter().map(|write| write.tile.path(0)).collect();
    assert_eq!(touched, ["tile/entries/273", "tile/0/273"]);
    let read: Vec<_> = tiles.reads.borrow().iter().map(|tile| tile.path(0)).collect();
    assert_eq!(read, ["tile/entries/273", "tile/0/273", "tile/1/001", "tile/2/000"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn batches_of_any_size_give_the_root_of_another_implementation(
        sizes in prop::collection::vec(0_usize..400, 1..8),
    ) {
        let entries = entries(sizes.iter().sum());
        let mut tiles = MemoryTiles::default();
        let mut rest = entries.as_slice();
        let mut at = TreeSize::ZERO;
        for count in sizes {
            let (batch, later) = rest.split_at(count);
            let grown = grow(&mut tiles, at, &[batch]);
            (rest, at) = (later, grown.size);
            let held = &entries[..entries.len() - rest.len()];
            prop_assert_eq!(grown.root.as_bytes().to_vec(), foreign_tree(held).root().as_bytes().to_vec());
            prop_assert_eq!(grown.root, TiledTree::new(&tiles, at).root().unwrap());
        }
    }

    #[test]
    fn proofs_are_those_of_another_implementation_and_verify(
        count in 1_usize..1200, pick in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
    ) {
        let entries = entries(count);
        let mut tiles = MemoryTiles::default();
        let root = grow(&mut tiles, TreeSize::ZERO, &[&entries]).root;
        let foreign = foreign_tree(&entries);
        let index = pick.index(count);
        let mut tree = TiledTree::new(&tiles, size(count));
        let path = tree.inclusion_proof(LeafIndex::new(index as u64)).unwrap();
        prop_assert_eq!(concatenated(&path), foreign.prove_inclusion(index).as_bytes().to_vec());
        let leaf = leaf_hash(&entries[index]);
        let place = proof::Place { index: LeafIndex::new(index as u64), size: size(count) };
        prop_assert!(verify_inclusion(place, &leaf, &path, &root));

        let old = other.index(count) + 1;
        let proof = tree.consistency_proof(size(old)).unwrap();
        if old < count {
            prop_assert_eq!(concatenated(&proof), foreign.prove_consistency(count - old).as_bytes().to_vec());
        }
        let old_root = TiledTree::new(&tiles, size(old)).root().unwrap();
        prop_assert!(verify_consistency((size(old), &old_root), (size(count), &root), &proof));
    }

    #[test]
    fn a_cover_is_side_by_side_and_folds_to_the_root(from in 0_u64..5_000, more in 0_u64..5_000) {
        let (from, to) = (TreeSize::new(from).unwrap(), TreeSize::new(from + more).unwrap());
        let mut at = from.get();
        for node in cover(from, to) {
            prop_assert_eq!(node.index << node.level, at);
            at += 1 << node.level;
        }
        prop_assert_eq!(at, to.get());
    }

    #[test]
    fn hostile_proofs_are_refused_without_harm(
        index in any::<u64>(), sizes in any::<[u64; 2]>(), hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let sizes = sizes.map(|number| TreeSize::new(number >> 1).unwrap());
        let hashes: Vec<TreeHash> = hashes.into_iter().map(TreeHash::new).collect();
        let root = TreeHash::new([7; 32]);
        let place = proof::Place { index: LeafIndex::new(index), size: sizes[0] };
        prop_assert!(!verify_inclusion(place, &leaf_hash(b""), &hashes, &root));
        prop_assert!(!verify_consistency((sizes[0], &leaf_hash(b"")), (sizes[1], &root), &hashes));
    }
}

#[test]
fn a_changed_proof_does_not_verify() {
    let entries = entries(300);
    let mut tiles = MemoryTiles::default();
    let root = grow(&mut tiles, TreeSize::ZERO, &[&entries]).root;
    let mut tree = TiledTree::new(&tiles, size(300));
    let place = proof::Place { index: LeafIndex::new(17), size: size(300) };
    let path = tree.inclusion_proof(place.index).unwrap();
    let leaf = leaf_hash(&entries[17]);
    assert!(verify_inclusion(place, &leaf, &path, &root));
    let mut longer = path.clone();
    longer.push(leaf);
    let mut swapped = path.clone();
    swapped.swap(0, 1);
    for bad in [&path[1..], &longer, &swapped, &[]] {
        assert!(!verify_inclusion(place, &leaf, bad, &root));
    }
    let beside = proof::Place { index: LeafIndex::new(18), ..place };
    assert!(!verify_inclusion(beside, &leaf, &path, &root));
    let proof = tree.consistency_proof(size(256)).unwrap();
    let old_root = TiledTree::new(&tiles, size(256)).root().unwrap();
    assert!(verify_consistency((size(256), &old_root), (size(300), &root), &proof));
    assert!(!verify_consistency((size(256), &root), (size(300), &root), &proof));
    assert!(!verify_consistency((size(255), &old_root), (size(300), &root), &proof));
    assert!(!verify_consistency((size(256), &old_root), (size(300), &root), &proof[1..]));
    assert!(verify_consistency((TreeSize::ZERO, &empty_root()), (size(300), &root), &[]));
    assert!(!verify_consistency((TreeSize::ZERO, &empty_root()), (size(300), &root), &[root]));
}

#[test]
fn a_bundle_that_is_just_full_leaves_no_empty_one_behind() {
    let entries = entries(256);
    let full = append(&MemoryTiles::default(), TreeSize::ZERO, &entries).unwrap();
    let bundles = full.writes.iter().filter(|write| write.tile.kind == TileKind::Entries);
    assert_eq!(bundles.map(|write| write.tile).collect::<Vec<_>>(), [TileId::entries(0)]);
}
