//! Cosignatures (`c2sp.org/tlog-cosignature`, Ed25519): a witness says that a log only grew.
//!
//! **Promises.** A cosignature verifies only over the whole note text and its own time.
//! **Left to others.** Making the signature: a worker signs [`message`]. When a witness may:
//! [`add_checkpoint`](super::add_checkpoint).

use super::note::{KeyKind, NoteError, NoteSignature, SignedNote, VerifierKey};

/// Seconds since 1970 UTC, as a cosignature says them: 0 to 2^63 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CosignedAt(u64);

impl CosignedAt {
    /// The time of an instant, without its milliseconds; times before 1970 count as 1970.
    #[must_use]
    pub fn from_timestamp(now: crate::time::Timestamp) -> Self {
        Self(u64::try_from(now.ms().div_euclid(1_000)).unwrap_or(0))
    }

    /// Seconds since 1970 UTC.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

/// What a witness signs for a checkpoint's note text at a time.
#[must_use]
pub fn message(text: &str, time: CosignedAt) -> Vec<u8> {
    format!("cosignature/v1\ntime {}\n{text}", time.0).into_bytes()
}

/// The signature line of a witness.
///
/// # Errors
/// When the signature is not the key's over [`message`]: a signer has failed.
pub fn signed(
    text: &str,
    time: CosignedAt,
    key: &VerifierKey,
    signature: [u8; 64],
) -> Result<NoteSignature, NoteError> {
    let bytes = [time.0.to_be_bytes().as_slice(), &signature].concat();
    let line = NoteSignature::by(key, bytes);
    verify(text, &line, key)?;
    Ok(line)
}

/// Checks a line against the witness key that it claims; gives its time.
///
/// # Errors
/// [`Unsigned`](NoteError::Unsigned) when the line claims another key or the key is no witness's;
/// [`BadSignature`](NoteError::BadSignature) when it does not verify.
pub fn verify(
    text: &str,
    line: &NoteSignature,
    key: &VerifierKey,
) -> Result<CosignedAt, NoteError> {
    if key.kind() != KeyKind::Cosigner || !line.is_by(key) {
        return Err(NoteError::Unsigned);
    }
    let (time, signature) = line.bytes.split_first_chunk::<8>().ok_or(NoteError::BadSignature)?;
    let time = CosignedAt(u64::from_be_bytes(*time));
    if time.0 > i64::MAX.cast_unsigned() || !key.verifies(&message(text, time), signature) {
        return Err(NoteError::BadSignature);
    }
    Ok(time)
}

/// The latest time at which a witness cosigned a note; `None` when it did not.
///
/// # Errors
/// [`BadSignature`](NoteError::BadSignature) when a line that claims the key does not verify.
pub fn cosigned_at(note: &SignedNote, key: &VerifierKey) -> Result<Option<CosignedAt>, NoteError> {
    let mut latest = None;
    for line in note.signatures_by(key) {
        latest = latest.max(Some(verify(note.text(), line, key)?));
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::Signer as _;

    use super::*;
    use crate::log::checkpoint::tests::{EXAMPLE, EXAMPLE_LINE, key_pair};

    const LINE: &str = "\u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5O\
        WXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";

    #[test]
    fn the_message_is_that_of_the_specification() {
        let signed = format!("cosignature/v1\ntime 1679315147\n{EXAMPLE}");
        assert_eq!(message(EXAMPLE, CosignedAt(1_679_315_147)), signed.as_bytes());
    }

    #[test]
    fn the_line_of_the_specification_carries_the_time_of_its_message() {
        let whole = format!("{EXAMPLE}\n{EXAMPLE_LINE}\n{LINE}\n");
        let note = SignedNote::parse(whole.as_bytes()).unwrap();
        assert_eq!(note.to_string(), whole);
        let line = &note.signatures()[1];
        assert_eq!(line.bytes.len(), 8 + 64);
        assert_eq!(line.bytes[..8], 1_679_315_147_u64.to_be_bytes());
    }

    #[test]
    fn a_cosignature_holds_for_its_text_time_and_witness_alone() {
        let (secret, key) = key_pair(3, "fundlink/shanxi/140200/witness", KeyKind::Cosigner);
        let time = CosignedAt(1_700_000_000);
        let signature = secret.sign(&message(EXAMPLE, time)).to_bytes();
        let line = signed(EXAMPLE, time, &key, signature).unwrap();
        assert_eq!(verify(EXAMPLE, &line, &key), Ok(time));
        let other_text = EXAMPLE.replace("20852163", "20852164");
        assert_eq!(verify(&other_text, &line, &key), Err(NoteError::BadSignature));
        let mut later = line.clone();
        later.bytes[7] ^= 1;
        assert_eq!(verify(EXAMPLE, &later, &key), Err(NoteError::BadSignature));
        let mut short = line.clone();
        short.bytes.truncate(7);
        assert_eq!(verify(EXAMPLE, &short, &key), Err(NoteError::BadSignature));
        let (_, as_log) = key_pair(3, "fundlink/shanxi/140200/witness", KeyKind::Log);
        assert_eq!(verify(EXAMPLE, &line, &as_log), Err(NoteError::Unsigned));
        let (_, other) = key_pair(4, "fundlink/shanxi/140200/witness", KeyKind::Cosigner);
        assert_eq!(verify(EXAMPLE, &line, &other), Err(NoteError::Unsigned));
    }
    #[test]
    fn a_time_is_one_that_a_signed_count_of_seconds_can_say() {
        let (secret, key) = key_pair(3, "fundlink/shanxi/140200/witness", KeyKind::Cosigner);
        let last = i64::MAX.cast_unsigned();
        for (seconds, counts) in [(last, true), (last + 1, false), (u64::MAX, false)] {
            let time = CosignedAt(seconds);
            let signature = secret.sign(&message(EXAMPLE, time)).to_bytes();
            assert_eq!(signed(EXAMPLE, time, &key, signature).is_ok(), counts, "{seconds}");
        }
    }
}
