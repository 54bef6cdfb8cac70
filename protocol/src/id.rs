//! Fixed-size identifiers: each a type of its own, shown in hex.
//!
//! **Promises.** No two kinds of id can be mixed up; `Display` and parsing round-trip.
//! **Left to others.** How an id comes about stands at the type that it names.

use core::fmt;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// A text that is not the hex form of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of this kind is written as {digits} lower-case hex digits")]
pub struct IdError {
    /// How many hex digits the id has.
    pub digits: usize,
}

macro_rules! fixed_id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Wraps the bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// Parses lower-case hex.
            ///
            /// # Errors
            /// When the text has another length or another character.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let error = IdError { digits: $length * 2 };
                let digits = text.as_bytes();
                if digits.len() != $length * 2 {
                    return Err(error);
                }
                let mut bytes = [0; $length];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    *byte = crate::id::hex_byte(pair).ok_or(error)?;
                }
                Ok(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'b>,
                context: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let bytes: ByteArray<$length> = Decode::decode(decoder, context)?;
                Ok(Self(bytes.into()))
            }
        }
    };
}

fixed_id!(
    /// Names one question; drawn at random by the asking center.
    QueryId, 32
);
fixed_id!(
    /// Names one transfer: BLAKE3 of the contact letter's payload, or of channel and letter number.
    TransferId, 32
);
fixed_id!(
    /// BLAKE3 of a statement's payload; ids and deduplication are over payloads, never signatures.
    PayloadHash, 32
);
fixed_id!(
    /// The first 16 bytes of SHA-256 of a public key: the COSE `kid`.
    KeyId, 16
);
fixed_id!(
    /// Random bytes that keep a commitment from being guessed; disclosed only with the record.
    Blinding, 32
);
fixed_id!(
    /// Names a loan intent: a hash of all that it says.
    IntentId, 32
);
fixed_id!(
    /// A blinded hash of a record (承诺).
    Commitment, 32
);
fixed_id!(
    /// Keyed pseudonym of a person or a property, the same in every city.
    SubjectTag, 32
);
fixed_id!(
    /// Keyed hash that lets two digests about one transfer or loan be matched.
    ReferenceTag, 32
);
fixed_id!(
    /// A node of an RFC 6962 tree: SHA-256.
    TreeHash, 32
);
fixed_id!(
    /// BLAKE3 of a roster's payload.
    RosterHash, 32
);
fixed_id!(
    /// BLAKE3 of an annex of the roster.
    AnnexHash, 32
);
fixed_id!(
    /// Names an alert: a hash of its rule and what it is about.
    AlertId, 32
);
fixed_id!(
    /// Tells one cause of an alert from another: a loan, a transfer, an account, a statement.
    CauseId, 32
);
fixed_id!(
    /// Names an order to the core system or the bank.
    OrderId, 32
);

fixed_id!(
    /// BLAKE3 over the ledger rows that a record proves.
    RowsHash, 32
);
fixed_id!(
    /// BLAKE3 of a file or text that a statement refers to but does not carry.
    FileHash, 32
);
fixed_id!(
    /// BLAKE3 over a record, by which a center sees whether it changed; never leaves the store.
    ContentHash, 32
);
fixed_id!(
    /// Names an operator of a center to other centers, who learn no more of the person.
    OperatorMark, 16
);
fixed_id!(
    /// Names one search for a household's facts at one center.
    DossierId, 32
);

fn hex_byte(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'a'..=b'f' => byte.checked_sub(b'a' - 10),
        _ => None,
    };
    match pair {
        [high, low] => Some(digit(*high)?.checked_shl(4)? | digit(*low)?),
        _ => None,
    }
}

/// A byte string of any length, as CBOR major type 2.
pub type Bytes = ByteVec;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_and_parsed_as_lower_case_hex() {
        let id = KeyId::new(*b"\x00\x01\x0f\xf0\xffabcdefghijk");
        assert_eq!(KeyId::parse(&id.to_string()), Ok(id));
        assert_eq!(KeyId::parse("00").unwrap_err().digits, 32);
        assert!(KeyId::parse(&id.to_string().to_uppercase()).is_err());
    }
}
