//! Asking a witness for a cosignature (`c2sp.org/tlog-witness`, `add-checkpoint`).
//!
//! **Promises.** [`decide`] is the whole rule of a witness: what it answers `Cosign` to extends
//! what the witness last cosigned, so it never cosigns two roots of one size.
//! **Left to others.** Persisting the new size before the answer leaves, and in the same commit as
//! the check: the engine. Whether the log's key signed: [`checkpoint`](super::checkpoint).

use core::fmt::Write as _;

use super::checkpoint::Checkpoint;
use super::note::{NoteError, SignedNote, decode_hash, encode_hash};
use super::proof::verify_consistency;
use super::tree::{TreeSize, empty_root};
use crate::id::TreeHash;

/// Hashes of a consistency proof, at most.
const PROOF_HASHES_MAX: usize = 63;

/// The body of an `add-checkpoint` request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness is believed to have cosigned last.
    pub old: TreeSize,
    /// The consistency proof from that size to the checkpoint's.
    pub proof: Vec<TreeHash>,
    /// The checkpoint.
    pub note: SignedNote,
}

impl AddCheckpoint {
    /// The bytes of the body.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            body.push_str(&encode_hash(hash));
            body.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = write!(body, "\n{}", self.note);
        body.into_bytes()
    }

    /// Parses a body.
    ///
    /// # Errors
    /// When the bytes are not exactly those of a body: the specification's 400.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let text = core::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
        let (head, note) = text.split_once("\n\n").ok_or(NoteError::Form)?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(TreeSize::parse)
            .ok_or(NoteError::Form)?;
        if lines.clone().count() > PROOF_HASHES_MAX {
            return Err(NoteError::TooLong);
        }
        let proof: Option<Vec<_>> = lines.map(decode_hash).collect();
        let proof = proof.ok_or(NoteError::Form)?;
        Ok(Self { old, proof, note: SignedNote::parse(note.as_bytes())? })
    }
}

/// What a witness cosigned last for a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// Its size.
    pub size: TreeSize,
    /// Its root.
    pub root: TreeHash,
}

impl Cosigned {
    /// What a witness knows of a log that it never cosigned.
    #[must_use]
    pub fn nothing() -> Self {
        Self { size: TreeSize::ZERO, root: empty_root() }
    }
}

/// What a witness answers to a checkpoint whose signature verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WitnessVerdict {
    /// Persist the checkpoint, then cosign it.
    Cosign,
    /// The old size is larger than the checkpoint: the specification's 400.
    Malformed,
    /// The asker believed another size; this is the one (409).
    Conflict(TreeSize),
    /// The proof does not hold, or the roots of one size differ (422).
    Inconsistent,
}

/// The rule of a witness.
#[must_use]
pub fn decide(
    known: Cosigned,
    old: TreeSize,
    proof: &[TreeHash],
    new: &Checkpoint,
) -> WitnessVerdict {
    if old > new.size {
        return WitnessVerdict::Malformed;
    }
    if old != known.size {
        return WitnessVerdict::Conflict(known.size);
    }
    if verify_consistency((known.size, &known.root), (new.size, &new.root), proof) {
        WitnessVerdict::Cosign
    } else {
        WitnessVerdict::Inconsistent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::origin::Origin;
    use crate::log::proof::TiledTree;
    use crate::log::tile::MemoryTiles;
    use crate::log::tree::tests::{entries, grow, size};

    /// The example of tlog-witness.
    const BODY: &str = "old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
";

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let body = AddCheckpoint::parse(BODY.as_bytes()).unwrap();
        assert_eq!(body.old.get(), 20_852_014);
        assert_eq!(body.proof.len(), 4);
        assert_eq!(body.note.signatures().len(), 2);
        assert_eq!(body.encode(), BODY.as_bytes());
    }

    #[test]
    fn what_is_not_a_body_is_refused() {
        let (head, rest) = BODY.split_once("\n\n").unwrap();
        let hash = head.lines().last().unwrap();
        let too_many = format!("old 1\n{}\n{rest}", format!("{hash}\n").repeat(64));
        for (bad, error) in [
            (BODY.replace("old 2", "old 02"), NoteError::Form),
            (BODY.replace("old ", ""), NoteError::Form),
            (BODY.replace("kaw=", "kaw"), NoteError::Form),
            (rest.to_owned(), NoteError::Form),
            (too_many, NoteError::TooLong),
        ] {
            assert_eq!(AddCheckpoint::parse(bad.as_bytes()), Err(error), "{bad:.60}");
        }
    }

    #[test]
    fn a_witness_cosigns_only_what_extends_what_it_cosigned() {
        let entries = entries(600);
        let mut tiles = MemoryTiles::default();
        let root = grow(&mut tiles, TreeSize::ZERO, &[&entries]).root;
        let origin = Origin::new("example.com/log").unwrap();
        let at = |number, root| Checkpoint { origin: origin.clone(), size: size(number), root };
        let of = |number| Cosigned {
            size: size(number),
            root: TiledTree::new(&tiles, size(number)).root().unwrap(),
        };
        let proof = TiledTree::new(&tiles, size(600)).consistency_proof(size(300)).unwrap();
        let other = TreeHash::new([1; 32]);
        use WitnessVerdict::{Conflict, Cosign, Inconsistent, Malformed};
        let cases = [
            (Cosigned::nothing(), size(0), &[][..], at(600, root), Cosign),
            (Cosigned::nothing(), size(0), &proof[..], at(600, root), Inconsistent),
            (Cosigned::nothing(), size(300), &proof[..], at(600, root), Conflict(size(0))),
            (of(300), size(300), &proof[..], at(600, root), Cosign),
            (of(300), size(300), &proof[..], at(600, other), Inconsistent),
            (of(300), size(300), &[][..], at(600, root), Inconsistent),
            (of(300), size(0), &[][..], at(600, root), Conflict(size(300))),
            (of(600), size(600), &[][..], at(600, root), Cosign),
            (of(600), size(600), &[][..], at(600, other), Inconsistent),
            (of(600), size(600), &[][..], at(300, of(300).root), Malformed),
            (of(600), size(300), &[][..], at(300, of(300).root), Conflict(size(600))),
        ];
        for (place, (known, old, proof, new, verdict)) in cases.into_iter().enumerate() {
            assert_eq!(decide(known, old, proof, &new), verdict, "case {place}");
        }
    }
}
