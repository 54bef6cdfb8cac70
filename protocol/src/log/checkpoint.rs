//! Checkpoints (`c2sp.org/tlog-checkpoint`): the signed size and root of a log.
//!
//! **Promises.** Parsing accepts three lines and no extension lines: what nobody can audit is not
//! signed here.
//! **Left to others.** Making the signature: a worker signs [`Checkpoint::text`], and
//! [`Checkpoint::signed`] takes the signature in.

use super::note::{NoteError, NoteSignature, SignedNote, VerifierKey, decode_hash, encode_hash};
use super::origin::Origin;
use super::tree::{TreeSize, empty_root};
use crate::id::TreeHash;

/// The size and root of a log at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many leaves.
    pub size: TreeSize,
    /// The root over them.
    pub root: TreeHash,
}

/// Why a text is not a checkpoint, or a note not a signed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not three lines of origin, size and root.
    #[error("the text is not a checkpoint of three lines: origin, size, root")]
    Form,
    /// Size 0 with another root than that of the empty tree.
    #[error("the checkpoint of an empty log has a root that is not the empty tree's")]
    EmptyRoot,
    /// Not a note, or not signed as it must be.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// The note text, which is what a log key signs.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, encode_hash(&self.root))
    }

    /// Parses a note text.
    ///
    /// # Errors
    /// When the text is anything but what [`text`](Self::text) writes.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Form)?.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Form);
        };
        let parsed = Self {
            origin: Origin::new(origin).ok_or(CheckpointError::Form)?,
            size: TreeSize::parse(size).ok_or(CheckpointError::Form)?,
            root: decode_hash(root).ok_or(CheckpointError::Form)?,
        };
        if parsed.size.is_empty() && parsed.root != empty_root() {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(parsed)
    }

    /// The note with the log's signature over [`text`](Self::text).
    ///
    /// # Errors
    /// When the signature is not one by that key: a signer has failed, and nothing may be sent.
    pub fn signed(&self, key: &VerifierKey, signature: [u8; 64]) -> Result<SignedNote, NoteError> {
        let line = NoteSignature::by(key, signature.to_vec());
        let note = SignedNote::new(self.text(), vec![line])?;
        key.verify_note(&note)?;
        Ok(note)
    }

    /// The checkpoint in a note, when the key of that log signed it.
    ///
    /// # Errors
    /// When the text is not a checkpoint, or the key did not sign it, or is of another name.
    pub fn verified(note: &SignedNote, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let checkpoint = Self::parse(note.text())?;
        if key.name().as_str() != checkpoint.origin.as_str() {
            return Err(NoteError::Unsigned.into());
        }
        key.verify_note(note)?;
        Ok(checkpoint)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::log::note::{KeyKind, KeyName};

    /// The example of tlog-checkpoint.
    pub(crate) const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    /// The signature line of the example; its key is not published.
    pub(crate) const EXAMPLE_LINE: &str = "\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1\
        Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=";

    pub(crate) fn key_pair(seed: u8, name: &str, kind: KeyKind) -> (SigningKey, VerifierKey) {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let name = KeyName::new(name).unwrap();
        let public = VerifierKey::new(name, kind, secret.verifying_key().as_bytes()).unwrap();
        (secret, public)
    }

    pub(crate) fn sign(
        checkpoint: &Checkpoint,
        secret: &SigningKey,
        key: &VerifierKey,
    ) -> SignedNote {
        let signature = secret.sign(checkpoint.text().as_bytes()).to_bytes();
        checkpoint.signed(key, signature).unwrap()
    }

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let note = SignedNote::parse(format!("{EXAMPLE}\n{EXAMPLE_LINE}\n").as_bytes()).unwrap();
        let checkpoint = Checkpoint::parse(note.text()).unwrap();
        assert_eq!(checkpoint.origin.as_str(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size.get(), 20_852_163);
        assert_eq!(checkpoint.text(), EXAMPLE);
    }

    #[test]
    fn a_signed_checkpoint_is_verified_by_the_key_of_its_log_alone() {
        let (secret, key) = key_pair(1, "fundlink/shanxi/140100/1", KeyKind::Log);
        let checkpoint = Checkpoint {
            origin: Origin::new(key.name().as_str()).unwrap(),
            size: TreeSize::new(7).unwrap(),
            root: TreeHash::new([9; 32]),
        };
        let note = sign(&checkpoint, &secret, &key);
        assert_eq!(Checkpoint::verified(&note, &key), Ok(checkpoint.clone()));
        let (_, other) = key_pair(1, "fundlink/shanxi/140200/1", KeyKind::Log);
        assert!(Checkpoint::verified(&note, &other).is_err());
        let (_, other) = key_pair(2, "fundlink/shanxi/140100/1", KeyKind::Log);
        assert!(Checkpoint::verified(&note, &other).is_err());
        assert_eq!(checkpoint.signed(&key, [0; 64]), Err(NoteError::BadSignature));
    }

    #[test]
    fn what_is_not_a_plain_checkpoint_is_refused() {
        for bad in [
            EXAMPLE.replace("20852163", "020852163"),
            EXAMPLE.replace("20852163", "-1"),
            EXAMPLE.replace("20852163", "9223372036854775808"),
            EXAMPLE.replace("q2I=", "q2J="),
            EXAMPLE.replace("CsUY", ""),
            EXAMPLE.replace("example.com", "example com"),
            format!("{EXAMPLE}extension\n"),
            EXAMPLE.trim_end().to_owned(),
            EXAMPLE.replace("example.com/behind-the-sofa", ""),
        ] {
            assert_eq!(Checkpoint::parse(&bad), Err(CheckpointError::Form), "{bad}");
        }
        let empty = EXAMPLE.replace("20852163", "0");
        assert_eq!(Checkpoint::parse(&empty), Err(CheckpointError::EmptyRoot));
    }
}
