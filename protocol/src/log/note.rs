//! Signed notes (`c2sp.org/signed-note`) and their verifier keys.
//!
//! **Promises.** Parsing accepts exactly what [`SignedNote::encode`] writes, within the limits;
//! a signature by a known key that does not verify spoils the whole note.
//! **Left to others.** Which keys are known: the caller. What the text means: `checkpoint`.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::key::{CheckingKey, PublicKey, Signature};
use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};

/// Begins a signature line: em dash and space.
const SIGNATURE_START: &str = "\u{2014} ";

/// Text with signatures below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Who signed.
    pub name: KeyName,
    /// Which of its keys: the first bytes of a hash of name, kind and key.
    pub key_id: [u8; 4],
    /// What was made with the key; its form depends on the kind of the key.
    pub bytes: Vec<u8>,
}

/// The name of a key: not empty, without spaces, control characters or `+`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

/// Why text is not a note, or a note cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than 64 KiB, or more than 64 signatures.
    #[error("the note is longer than 64 KiB or has more than 64 signatures")]
    TooLong,
    /// Not the form of a signed note.
    #[error("the text is not a signed note")]
    Form,
    /// No known key signed.
    #[error("the note has no signature by a key that is trusted for it")]
    Unsigned,
    /// A known key's line does not verify.
    #[error("a signature of the note does not verify")]
    BadSignature,
}

impl SignedNote {
    /// A note of this text, which must end in a newline and hold no other control character.
    ///
    /// # Errors
    /// When the text or the number of signatures is not that of a note.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        if !text.ends_with('\n') || text.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Form);
        }
        if signatures.is_empty() {
            return Err(NoteError::Unsigned);
        }
        let note = Self { text, signatures };
        note.within_limits()?;
        Ok(note)
    }

    /// Parses a note.
    ///
    /// # Errors
    /// When the bytes are not exactly those of a note, or exceed the limits.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        let whole = core::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
        // The last empty line divides text and signatures.
        let (before, lines) = whole.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
        if lines.split('\n').count() > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooLong);
        }
        let signatures: Option<Vec<_>> = lines.split('\n').map(NoteSignature::parse).collect();
        Self::new(format!("{before}\n"), signatures.ok_or(NoteError::Form)?)
    }

    /// The bytes of the note.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }

    /// The signed text, its last newline included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature line, unless the same line is there.
    ///
    /// # Errors
    /// When the note would exceed the limits; it is then unchanged.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        self.signatures.push(signature);
        self.within_limits().inspect_err(|_| {
            self.signatures.pop();
        })
    }

    /// The lines that claim this key.
    pub fn signatures_by<'a>(
        &'a self,
        key: &'a VerifierKey,
    ) -> impl Iterator<Item = &'a NoteSignature> {
        self.signatures.iter().filter(move |line| line.is_by(key))
    }

    fn within_limits(&self) -> Result<(), NoteError> {
        let lines = self.signatures.iter().map(|line| line.to_string().len().saturating_add(1));
        let length = lines.fold(self.text.len().saturating_add(1), usize::saturating_add);
        if self.signatures.len() > NOTE_SIGNATURES_MAX || length > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        Ok(())
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl<C> Encode<C> for SignedNote {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(self.to_string().as_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for SignedNote {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::parse(decoder.bytes()?)
            .map_err(|_| minicbor::decode::Error::message("not a signed note"))
    }
}

impl NoteSignature {
    /// Parses a signature line, without its newline.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(SIGNATURE_START)?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (key_id, bytes) = bytes.split_first_chunk::<4>()?;
        if bytes.is_empty() {
            return None;
        }
        Some(Self { name: KeyName::new(name)?, key_id: *key_id, bytes: bytes.to_vec() })
    }

    /// A line made with a key.
    #[must_use]
    pub fn by(key: &VerifierKey, bytes: Vec<u8>) -> Self {
        Self { name: key.name.clone(), key_id: key.id(), bytes }
    }

    /// Whether the line claims this key, by name and id.
    #[must_use]
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.key_id == key.id()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_slice(), &self.bytes].concat();
        write!(f, "{SIGNATURE_START}{} {}", self.name, STANDARD.encode(bytes))
    }
}

impl KeyName {
    /// A name; `None` when it is empty, too long or has a forbidden character.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let allowed = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
        let length = 1..=255;
        (length.contains(&name.len()) && name.chars().all(allowed)).then(|| Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyName({})", self.0)
    }
}

/// What a key signs: the signature type of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum KeyKind {
    /// 0x01: plain Ed25519 over the text. Logs sign so.
    Log = 0x01,
    /// 0x04: timestamped Ed25519 checkpoint cosignatures. Witnesses sign so.
    Cosigner = 0x04,
}

/// A public key with its name and kind, written as a vkey.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    kind: KeyKind,
    key: CheckingKey,
}

/// A text that is not the vkey of a log or witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a verifier key: expected <name>+<key id in hex>+<base64 of type and key>, \
     Ed25519 (type 1) or Ed25519 cosignature (type 4)"
)]
pub struct VerifierKeyError;

impl VerifierKey {
    /// A key from its parts; the key is the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// When the bytes are no point of the curve, or one of small order.
    pub fn new(name: KeyName, kind: KeyKind, key: &[u8; 32]) -> Result<Self, VerifierKeyError> {
        let key = CheckingKey::of(&PublicKey::new(*key)).ok_or(VerifierKeyError)?;
        Ok(Self { name, kind, key })
    }

    /// Parses a vkey, whose id must be the one that the specification computes.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, VerifierKeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(VerifierKeyError);
        };
        let bytes = STANDARD.decode(encoded).map_err(|_| VerifierKeyError)?;
        let (kind, key) = bytes.split_first().ok_or(VerifierKeyError)?;
        let kind = match kind {
            0x01 => KeyKind::Log,
            0x04 => KeyKind::Cosigner,
            _ => return Err(VerifierKeyError),
        };
        let name = KeyName::new(name).ok_or(VerifierKeyError)?;
        let key = Self::new(name, kind, key.try_into().map_err(|_| VerifierKeyError)?)?;
        if hex_id(key.id()) == id { Ok(key) } else { Err(VerifierKeyError) }
    }

    /// The name that stands in signature lines.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// What the key signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The first 4 bytes of SHA-256 over name, newline, kind and key.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(self.name.as_str())
            .chain_update([b'\n', self.kind as u8])
            .chain_update(self.key.as_bytes())
            .finalize();
        let [first, second, third, fourth, ..]: [u8; 32] = hash.into();
        [first, second, third, fourth]
    }

    /// Whether the key made this Ed25519 signature, by the strict rule.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = signature.try_into() else { return false };
        self.key.verifies(message, &Signature(signature))
    }

    /// Checks that this log key signed a note.
    ///
    /// # Errors
    /// [`Unsigned`](NoteError::Unsigned) when no line claims the key, or the key is no log key;
    /// [`BadSignature`](NoteError::BadSignature) when a line that claims it does not verify.
    pub fn verify_note(&self, note: &SignedNote) -> Result<(), NoteError> {
        if self.kind != KeyKind::Log {
            return Err(NoteError::Unsigned);
        }
        let mut signed = Err(NoteError::Unsigned);
        for line in note.signatures_by(self) {
            if !self.verifies(note.text().as_bytes(), &line.bytes) {
                return Err(NoteError::BadSignature);
            }
            signed = Ok(());
        }
        signed
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [&[self.kind as u8], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex_id(self.id()), STANDARD.encode(material))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

fn hex_id(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

/// The base64 of a hash, as it stands on lines of checkpoints and proofs.
pub(super) fn encode_hash(hash: &crate::id::TreeHash) -> String {
    STANDARD.encode(hash.as_bytes())
}

/// The hash on a line; `None` when it is not the base64 of 32 bytes.
pub(super) fn decode_hash(line: &str) -> Option<crate::id::TreeHash> {
    let bytes = STANDARD.decode(line).ok()?;
    Some(crate::id::TreeHash::new(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    const POEM: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\
        ed è subito sera.\n\n\u{2014} quasimodo.example/salvatore \
        NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

    #[test]
    fn the_example_of_the_specification_verifies() {
        let key = VerifierKey::parse(KEY).unwrap();
        assert_eq!(key.to_string(), KEY);
        let note = SignedNote::parse(NOTE.as_bytes()).unwrap();
        assert_eq!(note.to_string(), NOTE);
        assert_eq!(key.verify_note(&note), Ok(()));
    }

    #[test]
    fn the_text_may_hold_empty_lines() {
        let note = SignedNote::parse(POEM.as_bytes()).unwrap();
        assert!(note.text().ends_with("sole:\n\ned è subito sera.\n"));
        assert_eq!(note.encode(), POEM.as_bytes());
    }

    #[test]
    fn a_changed_text_or_another_key_is_not_signed() {
        let key = VerifierKey::parse(KEY).unwrap();
        let changed = SignedNote::parse(NOTE.replace("This", "That").as_bytes()).unwrap();
        assert_eq!(key.verify_note(&changed), Err(NoteError::BadSignature));
        let poem = SignedNote::parse(POEM.as_bytes()).unwrap();
        assert_eq!(key.verify_note(&poem), Err(NoteError::Unsigned));
    }

    #[test]
    fn a_note_keeps_its_bounds_however_it_comes() {
        let line = |n: usize| NoteSignature::parse(&format!("\u{2014} n{n} AAAAAAA=")).unwrap();
        let full: Vec<_> = (0..NOTE_SIGNATURES_MAX).map(line).collect();
        let mut note = SignedNote::new("text\n".into(), full.clone()).unwrap();
        assert_eq!(SignedNote::parse(&note.encode()), Ok(note.clone()));
        assert_eq!(note.add(line(99)), Err(NoteError::TooLong));
        assert_eq!(note.signatures(), full);
        let with =
            |length: usize| SignedNote::new(format!("{}\n", "a".repeat(length)), vec![line(1)]);
        let around = with(1).unwrap().encode().len() - 1;
        let longest = with(NOTE_BYTES_MAX - around).unwrap();
        assert_eq!(longest.encode().len(), NOTE_BYTES_MAX);
        let bytes = longest.encode();
        assert_eq!(with(NOTE_BYTES_MAX - around + 1), Err(NoteError::TooLong));
        assert_eq!(SignedNote::parse(&[b"a", &bytes[..]].concat()), Err(NoteError::TooLong));
        assert_eq!(SignedNote::parse(&bytes), Ok(longest));
    }

    #[test]
    fn what_is_not_a_note_is_refused() {
        let mut many = String::from("text\n\n");
        (0..65).for_each(|n| many.push_str(&format!("\u{2014} n{n} AAAAAAA=\n")));
        let cases = [
            (NOTE.replace("\n\n", "\n"), NoteError::Form),
            (NOTE.trim_end().to_owned(), NoteError::Form),
            (NOTE.replace('\u{2014}', "-"), NoteError::Form),
            (NOTE.replace("/foo ", "/foo+x "), NoteError::Form),
            (NOTE.replace("aQM=", "aQM"), NoteError::Form),
            (NOTE.replace("aQM=", "aQN="), NoteError::Form),
            (NOTE.replace("This", "Th\tis"), NoteError::Form),
            (format!("{NOTE}\n"), NoteError::Form),
            ("text\n\n\u{2014} name AAAAAA==\n".into(), NoteError::Form),
            (String::new(), NoteError::Form),
            (many, NoteError::TooLong),
            (format!("{}{NOTE}", "x".repeat(NOTE_BYTES_MAX)), NoteError::TooLong),
        ];
        for (text, error) in cases {
            assert_eq!(SignedNote::parse(text.as_bytes()), Err(error), "{text:.80}");
        }
        assert_eq!(SignedNote::parse(b"\xff\n\n"), Err(NoteError::Form));
    }

    #[test]
    fn a_vkey_has_exactly_one_form() {
        for bad in [
            KEY.replace("530d903a", "530d903b"),
            KEY.replace("530d903a", "530D903A"),
            KEY.replace("AekyeR", "AukyeR"),
            KEY.replace("foo", ""),
            KEY.replace("U2k", "U2"),
            "example.com".into(),
        ] {
            assert_eq!(VerifierKey::parse(&bad), Err(VerifierKeyError), "{bad}");
        }
    }

    #[test]
    fn a_signature_is_added_once() {
        let mut note = SignedNote::parse(NOTE.as_bytes()).unwrap();
        let line = NoteSignature::parse("\u{2014} witness AAAAAAA=").unwrap();
        note.add(line.clone()).unwrap();
        note.add(line).unwrap();
        assert_eq!(note.signatures().len(), 2);
    }
}
