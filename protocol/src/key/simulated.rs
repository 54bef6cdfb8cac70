//! Keys of a simulation: signatures that cost a hash, so that a million transfers can be simulated.
//!
//! **Promises.** No network can be run on them. The code exists only under the feature
//! `simulated-keys`, which the tests alone ask for. Where it exists, a key still counts only on the
//! thread of the [`Simulation`] that has made it; no node runs one. And it is no point of the curve,
//! so that to everybody else it is a key that verifies nothing: it cannot be enrolled or listed to
//! any effect.
//! **Left to others.** Secrecy: whoever knows a simulated key can sign with it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::marker::PhantomData;

use ed25519_dalek::VerifyingKey;
use zeroize::Zeroizing;

use super::{KeyError, KeyPurpose, Keyring, PublicKey, Signature, SigningRequest};

std::thread_local! {
    /// The keys of the simulation that runs on this thread.
    static MADE: RefCell<BTreeSet<[u8; 32]>> = const { RefCell::new(BTreeSet::new()) };
}

/// As long as it lives, the keys that it has made count on this thread.
#[derive(Debug)]
pub struct Simulation {
    /// It ends on the thread on which it began.
    of_this_thread: PhantomData<*const ()>,
}

impl Simulation {
    /// Begins one, in place of any other on this thread.
    #[must_use]
    pub fn begin() -> Self {
        MADE.with_borrow_mut(BTreeSet::clear);
        Self { of_this_thread: PhantomData }
    }

    /// Makes the keys of a member from their seeds; the sealing key alone is a real one.
    #[must_use]
    pub fn keyring(
        &self,
        seeds: impl IntoIterator<Item = (KeyPurpose, [u8; 32])>,
    ) -> SimulatedKeyring {
        let keys = seeds.into_iter().map(|(purpose, seed)| {
            let public = match purpose {
                KeyPurpose::Sealing => crate::sealing::public_key(&Zeroizing::new(seed)),
                KeyPurpose::Peer
                | KeyPurpose::Statement
                | KeyPurpose::Log
                | KeyPurpose::Witness
                | KeyPurpose::Roster
                | KeyPurpose::Root => make(&seed),
            };
            (purpose, public)
        });
        SimulatedKeyring { keys: keys.collect() }
    }

    pub(super) fn has_made(key: &PublicKey) -> bool {
        MADE.with_borrow(|made| made.contains(&key.0))
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        MADE.with_borrow_mut(BTreeSet::clear);
    }
}

/// Simulated keys, but for the sealing key, which is real.
#[derive(Clone, Debug)]
pub struct SimulatedKeyring {
    keys: Vec<(KeyPurpose, PublicKey)>,
}

impl Keyring for SimulatedKeyring {
    fn public(&self, purpose: KeyPurpose) -> Option<PublicKey> {
        self.keys.iter().find(|(held, _)| *held == purpose).map(|(_, public)| *public)
    }

    fn sign(&mut self, requests: &[SigningRequest]) -> Result<Vec<Signature>, KeyError> {
        let signed = requests.iter().map(|request| {
            let key = self.public(request.purpose).ok_or(KeyError::Missing(request.purpose))?;
            Ok(signature(&key, &request.message))
        });
        signed.collect()
    }
}

/// The first of a seed's hashes that is no point of the curve: about every second one is none.
fn make(seed: &[u8; 32]) -> PublicKey {
    let mut hasher = blake3::Hasher::new_derive_key("fundlink simulated key");
    let mut reader = hasher.update(seed).finalize_xof();
    loop {
        let mut bytes = [0; 32];
        reader.fill(&mut bytes);
        if VerifyingKey::from_bytes(&bytes).is_err() {
            MADE.with_borrow_mut(|made| made.insert(bytes));
            return PublicKey(bytes);
        }
    }
}

/// The signature of a simulated key: a hash of the message under the public key.
pub(super) fn signature(key: &PublicKey, message: &[u8]) -> Signature {
    let mut bytes = [0; 64];
    blake3::Hasher::new_keyed(&key.0).update(message).finalize_xof().fill(&mut bytes);
    Signature(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(keyring: &mut dyn Keyring) -> (PublicKey, Signature) {
        let request =
            SigningRequest { purpose: KeyPurpose::Statement, message: b"message".to_vec() };
        let signature = keyring.sign(&[request]).unwrap().remove(0);
        (keyring.public(KeyPurpose::Statement).unwrap(), signature)
    }

    /// What keeps a simulated key out of a real roster, even where the code is compiled in.
    #[test]
    fn a_simulated_key_verifies_nothing_but_in_its_simulation() {
        let simulation = Simulation::begin();
        let mut keyring = simulation.keyring([(KeyPurpose::Statement, [7; 32])]);
        let (key, signature) = signed(&mut keyring);
        assert!(key.verifies(b"message", &signature));
        assert!(!key.verifies(b"another", &signature));
        let elsewhere = std::thread::scope(|scope| {
            scope.spawn(|| key.verifies(b"message", &signature)).join().unwrap()
        });
        assert!(!elsewhere, "on another thread");
        drop(simulation);
        assert!(!key.verifies(b"message", &signature), "after it");
        assert!(super::super::CheckingKey::of(&key).is_none(), "it cannot even be held");
        let _another = Simulation::begin();
        assert!(!key.verifies(b"message", &signature), "in another simulation");
    }

    #[test]
    fn a_simulation_takes_real_keys_as_everybody_does() {
        let mut keyring = super::super::MemoryKeyring::new([(KeyPurpose::Statement, [7; 32])]);
        let (key, signature) = signed(&mut keyring);
        let _simulation = Simulation::begin();
        assert!(key.verifies(b"message", &signature));
        assert!(!key.verifies(b"message", &super::signature(&key, b"message")));
    }
}
