//! Deterministic CBOR (RFC 8949 §4.2.1): one way to write a value, and no other is read.
//!
//! **Promises.** [`decode`] accepts exactly the bytes that [`encode`] writes: no overlong integer,
//! no indefinite length, no unknown field, no trailing byte, no other order of keys.
//! **Left to others.** Sizes: the caller checks `limits` before it decodes.
//!
//! Types derive their codec with `#[cbor(map)]` and small integer keys in ascending order; absent
//! options are left out. Types with unordered containers or floats must not implement it.

use minicbor::encode::Write;
use minicbor::{Decode, Encode};

/// Why bytes are not the deterministic encoding of a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// Not CBOR, or CBOR of another shape.
    #[error("the bytes are not CBOR of the expected shape")]
    Shape,
    /// CBOR of the right shape, but not as this value is written.
    #[error("the bytes are not the deterministic encoding of their value")]
    NotDeterministic,
}

/// The deterministic encoding of a value.
#[must_use]
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a vector cannot fail, and no codec of this crate returns an error of its own.
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => bytes,
        Err(error) => unreachable!("encoding to memory failed: {error}"),
    }
}

/// The value whose deterministic encoding these bytes are.
///
/// # Errors
/// When the bytes are anything that [`encode`] would not have written.
pub fn decode<T: Encode<()> + for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, CborError> {
    let value: T = minicbor::decode(bytes).map_err(|_| CborError::Shape)?;
    // Compared as it is written: most of what is decoded is a stored row, and needs no second copy.
    let mut rest = Rest(bytes);
    match minicbor::encode(&value, &mut rest) {
        Ok(()) if rest.0.is_empty() => Ok(value),
        Ok(()) | Err(_) => Err(CborError::NotDeterministic),
    }
}

/// What of some bytes is still to be written: takes nothing else.
struct Rest<'a>(&'a [u8]);

/// Something else was written.
#[derive(Debug)]
struct Differs;

impl Write for Rest<'_> {
    type Error = Differs;

    fn write_all(&mut self, written: &[u8]) -> Result<(), Differs> {
        self.0 = self.0.strip_prefix(written).ok_or(Differs)?;
        Ok(())
    }
}

/// A value read back from the store.
///
/// # Errors
/// [`Corrupt`](crate::store::StoreError::Corrupt) when the bytes are not what was once written.
pub fn decode_stored<T: Encode<()> + for<'b> Decode<'b, ()>>(
    place: &'static str,
    bytes: &[u8],
) -> Result<T, crate::store::StoreError> {
    decode(bytes)
        .map_err(|error| crate::store::StoreError::Corrupt { place, detail: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Encode, Decode)]
    #[cbor(map)]
    struct Sample {
        #[n(1)]
        number: u32,
        #[n(2)]
        text: Option<String>,
    }

    #[test]
    fn only_the_deterministic_encoding_is_read() {
        let sample = Sample { number: 7, text: Some("a".into()) };
        let bytes = encode(&sample);
        assert_eq!(bytes, [0xa2, 1, 7, 2, 0x61, b'a']);
        assert_eq!(decode::<Sample>(&bytes), Ok(sample));
        let refused: &[&[u8]] = &[
            &[0xa2, 1, 0x18, 7, 2, 0x61, b'a'],       // overlong integer
            &[0xa2, 2, 0x61, b'a', 1, 7],             // keys out of order
            &[0xbf, 1, 7, 2, 0x61, b'a', 0xff],       // indefinite map
            &[0xa2, 1, 7, 2, 0x7f, 0x61, b'a', 0xff], // indefinite text
            &[0xa2, 1, 7, 2, 0x61, b'a', 0],          // trailing byte
            &[0xa3, 1, 7, 2, 0x61, b'a', 3, 0],       // unknown field
            &[0xa3, 1, 7, 1, 7, 2, 0x61, b'a'],       // doubled key
            &[0xa2, 1, 7, 2, 0xf6],                   // explicit null
            &[0xa2, 1, 7, 2],                         // truncated
            &[],
        ];
        for bytes in refused {
            assert!(decode::<Sample>(bytes).is_err(), "{bytes:02x?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_recursion() {
        let mut bytes = vec![0xa2, 1, 7, 9];
        bytes.extend(std::iter::repeat_n(0x81, 100_000));
        bytes.push(0);
        assert!(decode::<Sample>(&bytes).is_err());
    }
}
