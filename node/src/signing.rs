//! The member's signing keys, with large batches signed on several threads.
//!
//! **Promises.** Signatures come back in the order of their messages, all of them or none.
//! **Left to others.** The secrets themselves: `fundlink_protocol::key::MemoryKeyring`.

use std::num::NonZeroUsize;
use std::thread;

use fundlink_protocol::key::{
    KeyError, KeyPurpose, Keyring, MemoryKeyring, PublicKey, Signature, SigningRequest,
};

use crate::keyfile::keys::KeySet;

/// Signs with the keys of a key file.
#[derive(Debug)]
pub struct Signing {
    keyring: MemoryKeyring,
    threads: usize,
}

/// Messages from which on a second thread pays: a signature takes 20 µs, a thread about as much to
/// start and end.
const MESSAGES_PER_THREAD_MIN: usize = 16;
/// The keys that sign; the sealing key opens, and the peer key is the network's.
const SIGNING: [KeyPurpose; 5] = [
    KeyPurpose::Statement,
    KeyPurpose::Log,
    KeyPurpose::Witness,
    KeyPurpose::Roster,
    KeyPurpose::Root,
];

impl Signing {
    /// The newest key of each purpose in a key file.
    #[must_use]
    pub fn new(keys: &KeySet) -> Self {
        let newest = SIGNING
            .into_iter()
            .filter_map(|purpose| Some((purpose, *keys.newest(purpose)?.expose())));
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { keyring: MemoryKeyring::new(newest), threads }
    }

    fn sign_here(&self, requests: &[SigningRequest]) -> Result<Vec<Signature>, KeyError> {
        requests.iter().map(|request| self.keyring.sign_one(request)).collect()
    }
}

impl Keyring for Signing {
    fn public(&self, purpose: KeyPurpose) -> Option<PublicKey> {
        self.keyring.public(purpose)
    }

    fn sign(&mut self, requests: &[SigningRequest]) -> Result<Vec<Signature>, KeyError> {
        let threads = self.threads.min(requests.len() / MESSAGES_PER_THREAD_MIN);
        if threads < 2 {
            return self.sign_here(requests);
        }
        let this = &*self;
        let parts = requests.chunks(requests.len().div_ceil(threads));
        thread::scope(|scope| {
            let signing: Vec<_> =
                parts.map(|part| scope.spawn(move || this.sign_here(part))).collect();
            let mut signatures = Vec::with_capacity(requests.len());
            for part in signing {
                let part = part.join().map_err(|_| {
                    KeyError::Unavailable("a signing thread ended before its work".into())
                })?;
                signatures.extend(part?);
            }
            Ok(signatures)
        })
    }
}

#[cfg(test)]
mod tests {
    use fundlink_protocol::center::{CenterCode, Role};
    use fundlink_protocol::time::Timestamp;

    use super::*;

    fn signing() -> Signing {
        let center = CenterCode::parse("140100").unwrap();
        let keys = KeySet::generate("test", center, Role::Center, Timestamp::from_ms(1)).unwrap();
        Signing { threads: 4, ..Signing::new(&keys) }
    }

    #[test]
    fn a_large_batch_is_signed_in_order() {
        let mut signing = signing();
        for count in [0, 1, 31, 32, 33, 1_000] {
            let requests: Vec<SigningRequest> = (0_u32..count)
                .map(|number| SigningRequest {
                    purpose: if number % 2 == 0 { KeyPurpose::Statement } else { KeyPurpose::Log },
                    message: number.to_be_bytes().to_vec(),
                })
                .collect();
            let signatures = signing.sign(&requests).unwrap();
            assert_eq!(signatures.len(), requests.len());
            for (request, signature) in requests.iter().zip(&signatures) {
                let key = signing.public(request.purpose).unwrap();
                assert!(key.verifies(&request.message, signature));
            }
        }
    }

    #[test]
    fn one_missing_key_fails_the_whole_batch() {
        let mut requests =
            vec![SigningRequest { purpose: KeyPurpose::Statement, message: vec![1] }; 100];
        requests[70].purpose = KeyPurpose::Roster;
        assert_eq!(signing().sign(&requests), Err(KeyError::Missing(KeyPurpose::Roster)));
    }
}
