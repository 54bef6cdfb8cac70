//! Vectors of logs: hashes, checkpoints, cosignatures, proofs, policies, two faces.

use super::writing::{Vector, value};
use crate::cbor;
use crate::center::CenterCode;
use crate::digest::{Digest, DigestStatus};
use crate::id::{Commitment, TreeHash};
use crate::key::{KeyPurpose, Keyring as _, SigningRequest};
use crate::log::add_checkpoint::AddCheckpoint;
use crate::log::append::append;
use crate::log::checkpoint::Checkpoint;
use crate::log::cosignature::{self, CosignedAt};
use crate::log::entry_bundle;
use crate::log::equivocation::Equivocation;
use crate::log::note::{KeyKind, NoteSignature, SignedNote, VerifierKey};
use crate::log::origin::{LogId, witness_name};
use crate::log::policy::Policy;
use crate::log::proof::TiledTree;
use crate::log::tile::MemoryTiles;
use crate::log::tlog_proof::TlogProof;
use crate::log::tree::{LeafIndex, TreeSize, empty_root, leaf_hash, node_hash};
use crate::log_trust::log_key;
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN, keyring, network, seed};

use super::statements::AT;

const LOG: LogId = LogId::public(DATONG, 1);
const WITNESSES: [CenterCode; 3] = [AUTHORITY, TAIYUAN, LINFEN];

/// A log in memory.
struct Tree {
    tiles: MemoryTiles,
    entries: Vec<Vec<u8>>,
}

impl Tree {
    /// Digests of which each has another commitment; the fourth is the one of the records.
    fn of(size: u8) -> Self {
        let digest = |number: u8| match number {
            3 => super::records::digest(DigestStatus::AccountOpen),
            other => Digest {
                commitment: Commitment::new([other; 32]),
                ..super::records::digest(DigestStatus::AccountOpen)
            },
        };
        Self::over((0..size).map(|number| cbor::encode(&digest(number))).collect())
    }

    fn over(entries: Vec<Vec<u8>>) -> Self {
        let mut tiles = MemoryTiles::default();
        for write in append(&tiles, TreeSize::ZERO, &entries).unwrap().writes {
            tiles.insert(write.tile, write.bytes);
        }
        Self { tiles, entries }
    }

    fn size(&self) -> TreeSize {
        size(u64::try_from(self.entries.len()).unwrap())
    }

    fn at(&self, size: TreeSize) -> TiledTree<'_, MemoryTiles> {
        TiledTree::new(&self.tiles, size)
    }

    fn root(&self) -> TreeHash {
        self.at(self.size()).root().unwrap()
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: LOG.origin(&network()), size: self.size(), root: self.root() }
    }

    fn signed(&self) -> SignedNote {
        let checkpoint = self.checkpoint();
        let signature = sign(DATONG, KeyPurpose::Log, checkpoint.text().into_bytes());
        checkpoint.signed(&log_verifier(), signature).unwrap()
    }
}

fn size(number: u64) -> TreeSize {
    TreeSize::new(number).unwrap()
}

fn sign(center: CenterCode, purpose: KeyPurpose, message: Vec<u8>) -> [u8; 64] {
    keyring(center).sign_one(&SigningRequest { purpose, message }).unwrap().0
}

fn log_verifier() -> VerifierKey {
    let public = keyring(DATONG).public(KeyPurpose::Log).unwrap();
    log_key(&network(), LOG, &public).unwrap()
}

fn witness(center: CenterCode) -> VerifierKey {
    let public = keyring(center).public(KeyPurpose::Witness).unwrap();
    VerifierKey::new(witness_name(&network(), center), KeyKind::Cosigner, public.as_bytes())
        .unwrap()
}

fn cosigned(center: CenterCode, text: &str, time: CosignedAt) -> NoteSignature {
    let signature = sign(center, KeyPurpose::Witness, cosignature::message(text, time));
    cosignature::signed(text, time, &witness(center), signature).unwrap()
}

/// A checkpoint over five digests, with the log's signature alone.
pub(super) fn checkpoint_note() -> SignedNote {
    Tree::of(5).signed()
}

fn witnessed_note() -> SignedNote {
    let mut note = checkpoint_note();
    for (seconds, center) in WITNESSES.into_iter().enumerate() {
        let at = AT.plus_ms(i64::try_from(seconds).unwrap() * 1_000);
        let line = cosigned(center, note.text(), CosignedAt::from_timestamp(at));
        note.add(line).unwrap();
    }
    note
}

/// The proof of the fourth of five digests, under a witnessed checkpoint.
pub(super) fn proof_of_digest() -> TlogProof {
    let tree = Tree::of(5);
    let index = LeafIndex::new(3);
    let path = tree.at(tree.size()).inclusion_proof(index).unwrap();
    TlogProof { extra: None, index, path, note: witnessed_note() }
}

pub(super) fn vectors() -> Vec<Vector> {
    let mut vectors = hashes();
    vectors.extend(notes());
    vectors.extend(proofs());
    vectors.extend(two_faces());
    vectors
}

fn hashes() -> Vec<Vector> {
    let tree = Tree::of(2);
    let leaves: Vec<TreeHash> = tree.entries.iter().map(|entry| leaf_hash(entry)).collect();
    let mut bundle = Vec::new();
    for entry in &tree.entries {
        entry_bundle::push(&mut bundle, entry).unwrap();
    }
    vec![
        Vector::new("root of the empty tree").hex("root", empty_root().as_bytes()),
        Vector::new("hash of a leaf")
            .hex("entry", &tree.entries[0])
            .hex("hash", leaves[0].as_bytes()),
        Vector::new("hash of two nodes")
            .hex("left", leaves[0].as_bytes())
            .hex("right", leaves[1].as_bytes())
            .hex("hash", node_hash(&leaves[0], &leaves[1]).as_bytes()),
        Vector::new("entry bundle").hexes("entries", &tree.entries).hex("bundle", bundle),
    ]
}

fn notes() -> Vec<Vector> {
    let tree = Tree::of(5);
    let note = tree.signed();
    let mut vectors = vec![
        Vector::new("checkpoint")
            .hex("seed", seed(DATONG, KeyPurpose::Log))
            .text("verifier_key", log_verifier())
            .text("origin", LOG.origin(&network()))
            .number("size", 5)
            .hex("root", tree.root().as_bytes())
            .text("text", note.text())
            .text("note", &note),
        Vector::new("origin of the audit log")
            .text("origin", LogId::audit(DATONG, 1).origin(&network())),
    ];
    for center in WITNESSES {
        let time = CosignedAt::from_timestamp(AT);
        let message = cosignature::message(note.text(), time);
        vectors.push(
            Vector::new(&format!("cosignature of {center}"))
                .hex("seed", seed(center, KeyPurpose::Witness))
                .text("verifier_key", witness(center))
                .number("time", time.seconds())
                .hex("to_be_signed", message)
                .text("line", cosigned(center, note.text(), time)),
        );
    }
    let logs = || vec![log_verifier()];
    let quorum = Policy::majority(logs(), WITNESSES.map(witness).to_vec()).unwrap();
    for (name, policy) in
        [("policy: logged", Policy::logged(logs())), ("policy: two of three witnesses", quorum)]
    {
        let text = String::from_utf8(policy.encode()).unwrap();
        vectors.push(Vector::new(name).text("policy", text));
    }
    let old = size(3);
    let proof = tree.at(tree.size()).consistency_proof(old).unwrap();
    let body = AddCheckpoint { old, proof, note }.encode();
    vectors.push(
        Vector::new("add-checkpoint")
            .number("old", 3)
            .text("body", String::from_utf8(body).unwrap()),
    );
    vectors
}

fn proofs() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for (count, index) in [(1, 0), (2, 1), (5, 3), (5, 4), (8, 0), (13, 11)] {
        let tree = Tree::of(count);
        let place = LeafIndex::new(index);
        let path = tree.at(tree.size()).inclusion_proof(place).unwrap();
        let leaf = usize::try_from(index).unwrap();
        vectors.push(
            Vector::new(&format!("inclusion of leaf {index} in {count}"))
                .number("index", index)
                .number("size", u64::from(count))
                .hex("leaf_hash", leaf_hash(&tree.entries[leaf]).as_bytes())
                .hexes("path", path.iter().map(TreeHash::as_bytes))
                .hex("root", tree.root().as_bytes()),
        );
    }
    for (old, new) in [(1, 2), (3, 5), (4, 8), (6, 13), (8, 13)] {
        let (before, after) = (Tree::of(old), Tree::of(new));
        let proof = after.at(after.size()).consistency_proof(before.size()).unwrap();
        vectors.push(
            Vector::new(&format!("consistency of {old} and {new}"))
                .number("old_size", u64::from(old))
                .number("new_size", u64::from(new))
                .hex("old_root", before.root().as_bytes())
                .hex("new_root", after.root().as_bytes())
                .hexes("proof", proof.iter().map(TreeHash::as_bytes)),
        );
    }
    let proof = proof_of_digest();
    let policy = Policy::majority(vec![log_verifier()], WITNESSES.map(witness).to_vec()).unwrap();
    let entry = &Tree::of(5).entries[3];
    proof.verify(&policy, entry).unwrap();
    vectors.push(
        Vector::new("tlog-proof of a digest")
            .hex("entry", entry)
            .text("policy", String::from_utf8(policy.encode()).unwrap())
            .text("proof", String::from_utf8(proof.encode()).unwrap()),
    );
    vectors
}

fn two_faces() -> Vec<Vector> {
    let (one, longer) = (Tree::of(3), Tree::of(5));
    let other = Tree::over(Tree::of(4).entries.split_off(1));
    let nodes = longer.at(longer.size()).nodes_around(other.size()).unwrap();
    let same_size =
        Equivocation { smaller: one.signed(), larger: other.signed(), nodes: Vec::new() };
    let two_sizes = Equivocation { smaller: other.signed(), larger: longer.signed(), nodes };
    let checked = |name, proof: &Equivocation| {
        proof.verify(&[log_verifier()]).unwrap();
        value(name, "equivocation", proof).text("verifier_key", log_verifier())
    };
    vec![
        checked("two roots of one size", &same_size),
        checked("a beginning that is none", &two_sizes),
    ]
}
