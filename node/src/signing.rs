//! The member's signing keys, with large batches signed on several threads.
//!
//! A key file may hold a key that the roster does not list yet, and one that it will end soon. The
//! one in use is the newest that counts by the roster in force, so that a rotation needs no moment
//! at which file and roster change together.
//!
//! **Promises.** Signatures come back in the order of their messages, all of them or none. The choice
//! of keys changes only with the roster, between two rounds; a key that was made while the node runs
//! is read from the key file when the roster lists it.
//! **Left to others.** The secrets themselves: `fundlink_protocol::key::MemoryKeyring`.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use fundlink_protocol::key::{
    KeyError, KeyPurpose, Keyring, MemoryKeyring, PublicKey, Signature, SigningRequest,
};
use fundlink_protocol::roster::Roster;
use fundlink_protocol::time::Timestamp;

use crate::keyfile::HeldKeys;
use crate::keyfile::keys::{KeySet, Seed};

/// Which keys of a key file are in use. Clones share the choice.
#[derive(Clone)]
pub struct KeyChoice {
    file: Arc<HeldKeys>,
    chosen: Arc<RwLock<Chosen>>,
}

/// The keys of the file as it was read last, and those of them that are in use.
#[derive(Clone)]
struct Chosen {
    keys: Arc<KeySet>,
    keyring: Arc<MemoryKeyring>,
}

/// Signs with the keys in use.
#[derive(Debug)]
pub struct Signing {
    choice: KeyChoice,
    threads: usize,
}

/// Messages from which on a second thread pays: a signature takes 20 µs, a thread about as much to
/// start and end.
const MESSAGES_PER_THREAD_MIN: usize = 16;
/// What the engine signs with, or shows the public half of.
const PURPOSES: [KeyPurpose; 6] = [
    KeyPurpose::Statement,
    KeyPurpose::Log,
    KeyPurpose::Witness,
    KeyPurpose::Sealing,
    KeyPurpose::Roster,
    KeyPurpose::Root,
];

impl KeyChoice {
    /// Chooses by a roster at a time.
    #[must_use]
    pub fn new(file: HeldKeys, roster: &Roster, now: Timestamp) -> Self {
        let keys = Arc::new(file.keys.clone());
        let keyring = Arc::new(choose(&keys, roster, now));
        let chosen = Arc::new(RwLock::new(Chosen { keys, keyring }));
        Self { file: Arc::new(file), chosen }
    }

    /// Chooses again, because another roster is in force. Where that lists a key of this member that
    /// was made since, the key file is read again.
    pub fn follow(&self, roster: &Roster, now: Timestamp) {
        let mut keys = self.now().keys;
        if lacks_listed(&keys, roster, now) {
            match self.file.read_again() {
                Ok(read) if !lacks_listed(&read, roster, now) => keys = Arc::new(read),
                Ok(_) => {
                    tracing::error!("the roster lists a key that is not in the key file");
                }
                Err(error) => tracing::error!(%error, "the key file is not read again"),
            }
        }
        let keyring = Arc::new(choose(&keys, roster, now));
        *self.chosen.write().unwrap_or_else(PoisonError::into_inner) = Chosen { keys, keyring };
    }

    /// The keys of the key file as it was read last.
    #[must_use]
    pub fn keys(&self) -> Arc<KeySet> {
        self.now().keys
    }

    /// The key of a purpose that is in use by a roster.
    #[must_use]
    pub fn in_use(&self, roster: &Roster, purpose: KeyPurpose, now: Timestamp) -> Option<Seed> {
        in_use(&self.keys(), roster, purpose, now).cloned()
    }

    fn now(&self) -> Chosen {
        self.chosen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for KeyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyChoice").field("keys", &self.now().keys).finish_non_exhaustive()
    }
}

fn choose(keys: &KeySet, roster: &Roster, now: Timestamp) -> MemoryKeyring {
    let chosen = PURPOSES.into_iter();
    MemoryKeyring::new(
        chosen.filter_map(|purpose| Some((purpose, *in_use(keys, roster, purpose, now)?.expose()))),
    )
}

/// Whether the roster lists a key of the keys' member that counts and is not among them.
#[must_use]
pub fn lacks_listed(keys: &KeySet, roster: &Roster, now: Timestamp) -> bool {
    let listed = roster.member(keys.center).map_or(&[][..], |member| &member.keys);
    listed.iter().filter(|key| key.counts_at(now)).any(|key| {
        let mut held = keys.of(key.purpose);
        !held.any(|seed| public_half(key.purpose, seed) == Some(key.public))
    })
}

fn public_half(purpose: KeyPurpose, seed: &Seed) -> Option<PublicKey> {
    MemoryKeyring::new([(purpose, *seed.expose())]).public(purpose)
}

/// The newest key of a purpose that the roster lists for the keys' member and that counts; the newest
/// of all where it lists none, as for the authority's roster key, which a root key names.
fn in_use<'k>(
    keys: &'k KeySet,
    roster: &Roster,
    purpose: KeyPurpose,
    now: Timestamp,
) -> Option<&'k Seed> {
    let listed = roster.member(keys.center).map_or(&[][..], |member| &member.keys);
    let counts = |seed: &&Seed| {
        let public = public_half(purpose, seed);
        listed
            .iter()
            .any(|key| key.purpose == purpose && Some(key.public) == public && key.counts_at(now))
    };
    keys.of(purpose).filter(counts).last().or_else(|| keys.newest(purpose))
}

impl Signing {
    /// Signs with the keys of a choice.
    #[must_use]
    pub fn new(choice: KeyChoice) -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { choice, threads }
    }
}

fn sign_here(
    keyring: &MemoryKeyring,
    requests: &[SigningRequest],
) -> Result<Vec<Signature>, KeyError> {
    requests.iter().map(|request| keyring.sign_one(request)).collect()
}

impl Keyring for Signing {
    fn public(&self, purpose: KeyPurpose) -> Option<PublicKey> {
        self.choice.now().keyring.public(purpose)
    }

    fn sign(&mut self, requests: &[SigningRequest]) -> Result<Vec<Signature>, KeyError> {
        let keyring = self.choice.now().keyring;
        let threads = self.threads.min(requests.len() / MESSAGES_PER_THREAD_MIN);
        if threads < 2 {
            return sign_here(&keyring, requests);
        }
        let keyring = &*keyring;
        let parts = requests.chunks(requests.len().div_ceil(threads));
        thread::scope(|scope| {
            let signing: Vec<_> =
                parts.map(|part| scope.spawn(move || sign_here(keyring, part))).collect();
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
    use fundlink_protocol::roster::MemberKey;

    use super::*;
    use crate::engine_loop::tests::roster;
    use crate::keyfile;

    const NOW: Timestamp = Timestamp::from_ms(100);

    fn keys() -> KeySet {
        let center = CenterCode::parse("140100").unwrap();
        KeySet::generate("test", center, Role::Center, Timestamp::from_ms(1)).unwrap()
    }

    fn signing() -> Signing {
        let choice = KeyChoice::new(keys().into(), &roster(Vec::new()), NOW);
        Signing { choice, threads: 4 }
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

    #[test]
    fn a_new_key_is_used_once_the_roster_lists_it_and_the_old_one_until_then() {
        let mut keys = keys();
        keys.add(KeyPurpose::Statement, NOW).unwrap();
        let publics: Vec<PublicKey> = keys
            .of(KeyPurpose::Statement)
            .map(|seed| MemoryKeyring::new([(KeyPurpose::Statement, *seed.expose())]))
            .map(|keyring| keyring.public(KeyPurpose::Statement).unwrap())
            .collect();
        let listed = |public, from, until: Option<i64>| MemberKey {
            purpose: KeyPurpose::Statement,
            public,
            from: Timestamp::from_ms(from),
            until: until.map(Timestamp::from_ms),
        };
        let old = roster(vec![listed(publics[0], 1, None)]);
        let both = roster(vec![listed(publics[0], 1, Some(200)), listed(publics[1], 100, None)]);
        let choice = KeyChoice::new(keys.into(), &old, NOW);
        let mut signing = Signing::new(choice.clone());
        let mut signed_with = |key: PublicKey| {
            let request = SigningRequest { purpose: KeyPurpose::Statement, message: vec![1] };
            let signature = signing.sign(std::slice::from_ref(&request)).unwrap();
            assert_eq!(signing.public(KeyPurpose::Statement), Some(key));
            assert!(key.verifies(&request.message, &signature[0]));
        };
        signed_with(publics[0]);
        choice.follow(&both, Timestamp::from_ms(99));
        signed_with(publics[0]);
        choice.follow(&both, NOW);
        signed_with(publics[1]);
    }

    #[test]
    fn a_key_that_is_made_while_the_node_runs_counts_with_the_roster_that_lists_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let mut keys = keys();
        let protection = keyfile::Protection::Unprotected;
        keyfile::create(&path, &keys, &protection).unwrap();
        let nowhere = keyfile::passphrase::PassphraseSource::Nowhere;
        let listed = |keys: &KeySet| {
            let publics = keys.of(KeyPurpose::Statement);
            let key = |seed| MemberKey {
                purpose: KeyPurpose::Statement,
                public: public_half(KeyPurpose::Statement, seed).unwrap(),
                from: Timestamp::from_ms(1),
                until: None,
            };
            publics.map(key).collect::<Vec<MemberKey>>()
        };
        let before = roster(listed(&keys));
        let choice = KeyChoice::new(HeldKeys::open(&path, &nowhere).unwrap(), &before, NOW);
        let old = choice.now().keyring.public(KeyPurpose::Statement).unwrap();

        keys.add(KeyPurpose::Statement, NOW).unwrap();
        let both = roster(listed(&keys));
        // The file does not hold the key that the roster lists: the old one goes on.
        choice.follow(&both, NOW);
        assert_eq!(choice.now().keyring.public(KeyPurpose::Statement), Some(old));
        keyfile::replace(&path, &keys, &protection).unwrap();
        assert_eq!(choice.now().keyring.public(KeyPurpose::Statement), Some(old));
        choice.follow(&both, NOW);
        let new = listed(&keys).last().unwrap().public;
        assert_eq!(choice.now().keyring.public(KeyPurpose::Statement), Some(new));
    }
}
