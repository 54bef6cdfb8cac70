//! Proofs of one entry (`c2sp.org/tlog-proof`): verifiable offline, by this tool or by others.
//!
//! **Promises.** Parsing accepts exactly what [`TlogProof::encode`] writes.
//! **Left to others.** The entry itself and the policy come from elsewhere; the extra data is not
//! authenticated, and nothing here trusts it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::note::{NoteError, SignedNote, decode_hash, encode_hash};
use super::policy::{Accepted, Policy, PolicyError};
use super::proof::{Place, verify_inclusion};
use super::tree::{LeafIndex, leaf_hash};
use crate::id::TreeHash;
use crate::limits::NOTE_BYTES_MAX;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Hashes of an inclusion proof in a tree of 2^63 − 1 leaves, at most.
const PATH_HASHES_MAX: usize = 63;

/// That an entry stands in a log, under a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Whatever the application needs besides; not authenticated.
    pub extra: Option<Vec<u8>>,
    /// Which leaf.
    pub index: LeafIndex,
    /// The inclusion proof, from the leaf's sibling up.
    pub path: Vec<TreeHash>,
    /// The checkpoint with its signatures.
    pub note: SignedNote,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// The policy does not accept the checkpoint.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The entry is not that leaf of the checkpoint's tree.
    #[error("the entry is not the leaf that the proof names")]
    NotIncluded,
}

impl TlogProof {
    /// The bytes of a `.tlog-proof` file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut lines = vec![HEADER.to_owned()];
        if let Some(extra) = &self.extra {
            lines.push(format!("extra {}", STANDARD.encode(extra)));
        }
        lines.push(format!("index {}", self.index));
        lines.extend(self.path.iter().map(encode_hash));
        format!("{}\n\n{}", lines.join("\n"), self.note).into_bytes()
    }

    /// Parses a `.tlog-proof` file.
    ///
    /// # Errors
    /// When the bytes are not exactly those of a proof.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let text = core::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
        let (head, note) = text.split_once("\n\n").ok_or(NoteError::Form)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(NoteError::Form);
        }
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => Some(parse_extra(line)?),
            None => None,
        };
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(LeafIndex::parse)
            .ok_or(NoteError::Form)?;
        if lines.clone().count() > PATH_HASHES_MAX {
            return Err(NoteError::TooLong);
        }
        let path: Option<Vec<_>> = lines.map(decode_hash).collect();
        let path = path.ok_or(NoteError::Form)?;
        Ok(Self { extra, index, path, note: SignedNote::parse(note.as_bytes())? })
    }

    /// Verifies that the entry is in a log, under a checkpoint that the policy accepts.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn verify(&self, policy: &Policy, entry: &[u8]) -> Result<Accepted, TlogProofError> {
        let accepted = policy.check(&self.note)?;
        let place = Place { index: self.index, size: accepted.checkpoint.size };
        if verify_inclusion(place, &leaf_hash(entry), &self.path, &accepted.checkpoint.root) {
            Ok(accepted)
        } else {
            Err(TlogProofError::NotIncluded)
        }
    }
}

fn parse_extra(line: &str) -> Result<Vec<u8>, NoteError> {
    let encoded = line.strip_prefix("extra ").ok_or(NoteError::Form)?;
    if encoded.len() > NOTE_BYTES_MAX {
        return Err(NoteError::TooLong);
    }
    STANDARD.decode(encoded).map_err(|_| NoteError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::checkpoint::Checkpoint;
    use crate::log::checkpoint::tests::{key_pair, sign};
    use crate::log::note::KeyKind;
    use crate::log::origin::Origin;
    use crate::log::proof::TiledTree;
    use crate::log::tile::MemoryTiles;
    use crate::log::tree::TreeSize;
    use crate::log::tree::tests::{entries, grow, size};

    /// The head of the example of tlog-proof; its signature lines are cut short there, and its
    /// extra line is not canonical base64.
    const HEAD: &str = "c2sp.org/tlog-proof@v1\nindex 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

\u{2014} example.com/fancylog hI2DJwAA
";

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let proof = TlogProof::parse(HEAD.as_bytes()).unwrap();
        assert_eq!((proof.index.get(), proof.path.len()), (73_894, 5));
        assert_eq!(proof.encode(), HEAD.as_bytes());
        let with_extra = HEAD.replace("index", "extra YWdlLXYx\nindex");
        let proof = TlogProof::parse(with_extra.as_bytes()).unwrap();
        assert_eq!(proof.extra.as_deref(), Some(b"age-v1".as_slice()));
        assert_eq!(proof.encode(), with_extra.as_bytes());
    }

    #[test]
    fn what_is_not_a_proof_is_refused() {
        let (head, rest) = HEAD.split_once("\n\n").unwrap();
        let hash = head.lines().last().unwrap();
        let too_many = format!("{HEADER}\nindex 1\n{}\n{rest}", format!("{hash}\n").repeat(64));
        for (bad, error) in [
            (HEAD.replace("@v1", "@v2"), NoteError::Form),
            (HEAD.replace("index 7", "index 07"), NoteError::Form),
            (HEAD.replace("index", "extra !\nindex"), NoteError::Form),
            (HEAD.replace("5vk=", "5vk"), NoteError::Form),
            (HEAD.replace("\n\u{2014}", "\u{2014}"), NoteError::Form),
            (too_many, NoteError::TooLong),
        ] {
            assert_eq!(TlogProof::parse(bad.as_bytes()), Err(error), "{bad:.60}");
        }
        let as_many = format!("{HEADER}\nindex 1\n{}\n{rest}", format!("{hash}\n").repeat(63));
        assert_eq!(TlogProof::parse(as_many.as_bytes()).unwrap().path.len(), 63);
    }

    #[test]
    fn a_proof_holds_for_its_entry_under_its_log() {
        let entries = entries(1_000);
        let mut tiles = MemoryTiles::default();
        let root = grow(&mut tiles, TreeSize::ZERO, &[&entries]).root;
        let (secret, key) = key_pair(1, "fundlink/shanxi/140100/1", KeyKind::Log);
        let origin = Origin::new(key.name().as_str()).unwrap();
        let note = sign(&Checkpoint { origin, size: size(1_000), root }, &secret, &key);
        let index = LeafIndex::new(637);
        let path = TiledTree::new(&tiles, size(1_000)).inclusion_proof(index).unwrap();
        let proof = TlogProof { extra: None, index, path, note };
        let proof = TlogProof::parse(&proof.encode()).unwrap();
        let policy = Policy::logged(vec![key]);
        assert_eq!(proof.verify(&policy, &entries[637]).unwrap().checkpoint.root, root);
        assert_eq!(proof.verify(&policy, &entries[638]), Err(TlogProofError::NotIncluded));
        let (_, other) = key_pair(2, "fundlink/shanxi/140100/1", KeyKind::Log);
        assert!(proof.verify(&Policy::logged(vec![other]), &entries[637]).is_err());
    }
}
