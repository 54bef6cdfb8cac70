//! Sealing bytes to one member: HPKE (RFC 9180), base mode, with DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256 and ChaCha20-Poly1305.
//!
//! **Promises.** Only the holder of the secret key opens a box, and only with the context that it
//! was sealed with; the same seed gives the same box.
//! **Left to others.** Who sealed it: the statement that carries the box is signed.

use core::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::key::PublicKey;

/// Bytes of the encapsulated key that stands before the ciphertext.
const ENCAPSULATED_BYTES: usize = 32;

/// Why a box could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealingError {
    /// The receiver's key is no X25519 key.
    #[error("the receiver's sealing key is not a valid X25519 key")]
    Receiver,
    /// The box is for another key, from another context, or altered.
    #[error("the box does not open: it is for another key or context, or was altered")]
    Box,
}

/// The public half of an X25519 key.
#[must_use]
pub fn public_key(secret: &Zeroizing<[u8; 32]>) -> PublicKey {
    let Ok(secret) = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&**secret) else {
        // Every 32 bytes are an X25519 secret: the bits that are not free are set on use.
        unreachable!("32 bytes are an X25519 key")
    };
    PublicKey::new(X25519HkdfSha256::sk_to_pk(&secret).to_bytes().into())
}

/// Seals bytes to the holder of a key. `info` names what they are for, `bound` whom they are from
/// and for; `seed` must be unpredictable and used once.
///
/// # Errors
/// When the key is no X25519 key.
pub fn seal(
    to: &PublicKey,
    (info, bound): (&[u8], &[u8]),
    plain: &[u8],
    seed: &[u8; 32],
) -> Result<Vec<u8>, SealingError> {
    let to = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(to.as_bytes())
        .map_err(|_| SealingError::Receiver)?;
    let mut random = SeedBytes(Entropy::new(seed));
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<
        ChaCha20Poly1305,
        HkdfSha256,
        X25519HkdfSha256,
    >(&OpModeS::Base, &to, info, plain, bound, &mut random)
    .map_err(|_| SealingError::Receiver)?;
    let mut sealed = encapsulated.to_bytes().to_vec();
    sealed.extend(ciphertext);
    Ok(sealed)
}

/// Opens what was sealed to the key.
///
/// # Errors
/// When the box is for another key or context, or was altered.
pub fn open(
    secret: &Zeroizing<[u8; 32]>,
    (info, bound): (&[u8], &[u8]),
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealingError> {
    let secret = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&**secret)
        .map_err(|_| SealingError::Box)?;
    let (encapsulated, ciphertext) =
        sealed.split_at_checked(ENCAPSULATED_BYTES).ok_or(SealingError::Box)?;
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated)
        .map_err(|_| SealingError::Box)?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret,
        &encapsulated,
        info,
        ciphertext,
        bound,
    )
    .map(Zeroizing::new)
    .map_err(|_| SealingError::Box)
}

/// The bytes of a seed in the shape that the library wants.
struct SeedBytes(Entropy);

impl hpke::rand_core::TryRng for SeedBytes {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.draw()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.draw()))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(to);
        Ok(())
    }
}

impl hpke::rand_core::TryCryptoRng for SeedBytes {}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: (&[u8], &[u8]) = (b"info", b"from and to");

    fn secret(byte: u8) -> Zeroizing<[u8; 32]> {
        Zeroizing::new([byte; 32])
    }

    #[test]
    fn a_box_opens_for_its_receiver_and_its_context_alone() {
        let sealed = seal(&public_key(&secret(1)), CONTEXT, b"plain", &[9; 32]).unwrap();
        assert_eq!(open(&secret(1), CONTEXT, &sealed).unwrap().as_slice(), b"plain");
        let refused = Err(SealingError::Box);
        assert_eq!(open(&secret(2), CONTEXT, &sealed), refused);
        assert_eq!(open(&secret(1), (b"other", b"from and to"), &sealed), refused);
        assert_eq!(open(&secret(1), (b"info", b"from another"), &sealed), refused);
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(open(&secret(1), CONTEXT, &altered), refused, "byte {index}");
            assert_eq!(open(&secret(1), CONTEXT, &sealed[..index]), refused);
        }
    }

    #[test]
    fn a_seed_gives_one_box_and_another_seed_another() {
        let to = public_key(&secret(1));
        let one = seal(&to, CONTEXT, b"plain", &[9; 32]).unwrap();
        assert_eq!(one, seal(&to, CONTEXT, b"plain", &[9; 32]).unwrap());
        assert_ne!(one, seal(&to, CONTEXT, b"plain", &[8; 32]).unwrap());
    }

    #[test]
    fn the_public_half_is_what_openssl_computes() {
        let mut secret = Zeroizing::new([0; 32]);
        secret.iter_mut().zip(0..).for_each(|(byte, value)| *byte = value);
        let public = "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f";
        assert_eq!(public_key(&secret).to_string(), public);
    }
}
