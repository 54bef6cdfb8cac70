//! Logs: notes, checkpoints, proofs, policies, and what a follower takes in.
//!
//! **Promises.** Trees are held against a root that is computed the slow way, from the definition of
//! RFC 6962; a proof holds only for what somebody has signed.

use core::convert::Infallible;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use fundlink_protocol::cbor;
use fundlink_protocol::digest::Digest;
use fundlink_protocol::id::TreeHash;
use fundlink_protocol::log::add_checkpoint::AddCheckpoint;
use fundlink_protocol::log::append::append;
use fundlink_protocol::log::checkpoint::Checkpoint;
use fundlink_protocol::log::entry_bundle;
use fundlink_protocol::log::equivocation::Equivocation;
use fundlink_protocol::log::note::{NoteSignature, SignedNote, VerifierKey};
use fundlink_protocol::log::origin::{LogId, Origin};
use fundlink_protocol::log::policy::Policy;
use fundlink_protocol::log::proof::{Place, TiledTree, verify_consistency, verify_inclusion};
use fundlink_protocol::log::tile::{TileId, TileReader};
use fundlink_protocol::log::tlog_proof::TlogProof;
use fundlink_protocol::log::tree::{LeafIndex, TreeSize, empty_root, leaf_hash, node_hash};

use crate::known::{bytes as hex_bytes, known, vectors};
use crate::tree::assert_deterministic;

/// Texts of signed notes, and what they are made of.
pub(crate) fn note(bytes: &[u8]) {
    if let Ok(note) = SignedNote::parse(bytes) {
        assert_eq!(note.encode(), bytes, "a note has one form");
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert_eq!(checkpoint.text(), note.text(), "a checkpoint has one form");
            let log = LogId::parse(known().trust().network(), &checkpoint.origin);
            let origin = log.map(|log| log.origin(known().trust().network()));
            assert!(origin.is_none_or(|origin| origin == checkpoint.origin));
        }
    }
    if let Ok(body) = AddCheckpoint::parse(bytes) {
        assert_eq!(body.encode(), bytes, "the body of add-checkpoint has one form");
    }
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    if let Some(line) = NoteSignature::parse(text) {
        assert_eq!(line.to_string(), text, "a signature line has one form");
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text, "a verifier key has one form");
    }
    if let Some(origin) = Origin::new(text) {
        assert_eq!(origin.to_string(), text);
    }
}

/// What the proof of the vectors proves, and under which policy.
static PROVED: LazyLock<Option<(Policy, Vec<u8>)>> = LazyLock::new(|| {
    let logs = vectors("logs");
    let proof =
        logs.iter().find(|vector| vector["proof"].is_string() && vector["policy"].is_string());
    let proof = proof?;
    let policy = Policy::parse(&text_or_hex(&proof["policy"])?).ok()?;
    Some((policy, hex_bytes(&proof["entry"])?))
});

/// A field that is text, or hex of it.
pub(crate) fn text_or_hex(value: &serde_json::Value) -> Option<Vec<u8>> {
    hex_bytes(value).or_else(|| Some(value.as_str()?.as_bytes().to_vec()))
}

/// A `.tlog-proof` file.
pub(crate) fn proof(bytes: &[u8]) {
    let Ok(proof) = TlogProof::parse(bytes) else { return };
    assert_eq!(proof.encode(), bytes, "a proof has one form");
    let Some((policy, entry)) = &*PROVED else { return };
    if let Ok(accepted) = proof.verify(policy, entry) {
        known().assert_checkpoint(proof.note.text());
        assert_eq!(accepted.checkpoint.text(), proof.note.text());
    }
    let other = [entry.as_slice(), b"!"].concat();
    assert!(proof.verify(policy, &other).is_err(), "a proof holds for another entry");
}

/// A policy file.
pub(crate) fn policy(bytes: &[u8]) {
    let Ok(policy) = Policy::parse(bytes) else { return };
    let written = policy.encode();
    let again = Policy::parse(&written);
    assert_eq!(again.as_ref(), Ok(&policy), "a policy is read back as it was written");
    assert_eq!(policy.witness_keys().count() + policy.log_keys().count(), {
        let keys = policy.log_keys().chain(policy.witness_keys());
        keys.map(ToString::to_string).collect::<std::collections::BTreeSet<_>>().len()
    });
    for parts in &known().evidence {
        for bytes in parts.values() {
            if let Ok(proof) = TlogProof::parse(bytes) {
                // Whatever it decides, it decides the same twice.
                assert_eq!(policy.check(&proof.note), policy.check(&proof.note));
            }
        }
    }
}

/// What a follower takes in: the first byte says whether it is a bundle of entries or two faces.
pub(crate) fn update(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    if choice % 4 == 0 { two_faces(bytes) } else { bundle(bytes, *choice) }
}

fn two_faces(bytes: &[u8]) {
    let Ok(faces) = cbor::decode::<Equivocation>(bytes) else { return };
    assert_deterministic(bytes);
    let trust = known().trust();
    let Ok(checkpoint) = Checkpoint::parse(faces.smaller.text()) else { return };
    let Some(log) = LogId::parse(trust.network(), &checkpoint.origin) else { return };
    let Ok((smaller, larger)) = faces.verify(&trust.log_keys_ever(log)) else { return };
    known().assert_checkpoint(&smaller.text());
    known().assert_checkpoint(&larger.text());
    assert!(smaller.size <= larger.size && smaller.root != larger.root, "one face is no proof");
}

fn bundle(bytes: &[u8], choice: u8) {
    let Ok(entries) = entry_bundle::parse(bytes) else { return };
    assert!((1..=256).contains(&entries.len()), "a bundle has 1 to 256 entries");
    let mut written = Vec::new();
    for entry in &entries {
        assert!(entry_bundle::push(&mut written, entry).is_ok());
        if let Ok(digest) = cbor::decode::<Digest>(entry) {
            assert_eq!(cbor::encode(&digest), *entry);
        }
    }
    assert_eq!(written, bytes, "a bundle has one form");
    let cut = entries.len() * usize::from(choice) / 256;
    grow(&entries, cut);
}

/// Appends in two steps, and proves each of them.
fn grow(entries: &[&[u8]], cut: usize) {
    let (first, rest) = entries.split_at(cut);
    let mut tiles = Tiles::default();
    let Some(old) = tiles.append(TreeSize::ZERO, first) else { return };
    let Some(new) = tiles.append(old.0, rest) else { return };
    assert_eq!((old.1, new.1), (root(first), root(entries)), "a root is that of its entries");
    let mut tree = TiledTree::new(&tiles, new.0);
    let consistency = tree.consistency_proof(old.0).ok();
    let fits = consistency
        .as_ref()
        .is_some_and(|proof| verify_consistency((old.0, &old.1), (new.0, &new.1), proof));
    assert!(fits || old.0.is_empty(), "a tree is the beginning of itself grown");
    for (index, entry) in (0..).zip(entries) {
        let place = Place { index: LeafIndex::new(index), size: new.0 };
        let path = tree.inclusion_proof(place.index).ok();
        let holds = |entry: &[u8]| {
            path.as_ref()
                .is_some_and(|path| verify_inclusion(place, &leaf_hash(entry), path, &new.1))
        };
        assert!(holds(entry), "entry {index} is in the tree");
        assert!(!holds(&[entry, &b"!"[..]].concat()), "another entry is not");
        assert_eq!(tree.entry(place.index).ok().as_deref(), Some(*entry));
    }
}

/// The root by its definition.
fn root(entries: &[&[u8]]) -> TreeHash {
    match entries {
        [] => empty_root(),
        [entry] => leaf_hash(entry),
        more => {
            let half = more.len().next_power_of_two() / 2;
            let (left, right) = more.split_at(half);
            node_hash(&root(left), &root(right))
        }
    }
}

/// Tiles in memory.
#[derive(Debug, Default)]
struct Tiles(BTreeMap<TileId, Vec<u8>>);

impl Tiles {
    fn append(&mut self, size: TreeSize, entries: &[&[u8]]) -> Option<(TreeSize, TreeHash)> {
        let appended = append(self, size, entries).ok()?;
        self.0.extend(appended.writes.into_iter().map(|write| (write.tile, write.bytes)));
        Some((appended.size, appended.root))
    }
}

impl TileReader for Tiles {
    type Error = Infallible;

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(&tile).cloned())
    }
}
