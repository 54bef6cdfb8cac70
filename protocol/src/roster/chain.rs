//! From the pinned root keys to a verified roster: the same way for nodes and for evidence.
//!
//! A root key signs numbered statements, each with the authority's current roster key and its
//! successor. A roster names the number of the statement by whose key it is signed; the numbers
//! never go down from version to version.
//!
//! **Promises.** A [`VerifiedRoster`] comes from these functions alone: signed by a key that a
//! pinned root key has named, in its one encoding, and keeping the rules of [`super::check`].
//! **Left to others.** Time: whether a roster is stale, or from the future, the caller decides.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::Roster;
use super::check::RosterError;
use crate::center::CenterCode;
use crate::cose::{Received, purpose_of};
use crate::id::RosterHash;
use crate::key::{KeyPurpose, PublicKey};
use crate::limits::{AUTHORITY_KEYS_MAX, ROOT_KEYS_MAX};
use crate::log::origin::NetworkName;
use crate::refusal::Refusal;
use crate::statement::membership::AuthorityKey;
use crate::statement::{Statement, StatementKind};

/// What a join file pins: everything about the network follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TrustAnchor {
    /// The network's name.
    #[n(1)]
    pub network: NetworkName,
    /// Its authority.
    #[n(2)]
    pub authority: CenterCode,
    /// The root keys (根密钥), ascending; any one of them names the authority's keys.
    #[n(3)]
    pub roots: Vec<PublicKey>,
}

/// Why a link of the chain does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The bytes are no such statement, or its signature does not verify.
    #[error("a statement of the chain is not valid: {0}")]
    Statement(#[from] Refusal),
    /// Another kind of statement than the place in the chain needs.
    #[error("a statement of another kind stands in the chain")]
    Kind,
    /// Signed by none of the root keys.
    #[error("the authority-key statement is not signed by a pinned root key")]
    Root,
    /// Two statements of one number, or too many.
    #[error("the root key has signed two authority-key statements of one number, or too many")]
    AuthorityKeys,
    /// The roster names a statement that is not there, or is signed by neither of its keys.
    #[error("the roster is not signed by a key that the root key has named")]
    RosterKey,
    /// The roster breaks a rule.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The newest authority keys have not signed the end of the chain.
    #[error("the last roster is signed by an authority key that was replaced")]
    ReplacedKey,
}

impl TrustAnchor {
    /// Whether the anchor has a form that can verify anything.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let ascends = self.roots.windows(2).all(|pair| pair.first() < pair.last());
        (1..=ROOT_KEYS_MAX).contains(&self.roots.len()) && ascends
    }
}

/// The statements of the root keys, verified.
#[derive(Clone, Debug)]
pub struct AuthorityKeys {
    anchor: TrustAnchor,
    statements: BTreeMap<u64, (AuthorityKey, Vec<u8>)>,
}

impl AuthorityKeys {
    /// None yet.
    #[must_use]
    pub const fn new(anchor: TrustAnchor) -> Self {
        Self { anchor, statements: BTreeMap::new() }
    }

    /// Verifies a statement and takes it in; false when it was here before.
    ///
    /// # Errors
    /// When it is not signed by a root key, or contradicts one that is here.
    pub fn add(&mut self, bytes: &[u8]) -> Result<bool, ChainError> {
        let received = Received::parse(bytes.to_vec())?;
        if received.kind() != StatementKind::AuthorityKey {
            return Err(ChainError::Kind);
        }
        let root = self.anchor.roots.iter().find(|root| root.id() == received.key());
        let root = root.ok_or(ChainError::Root)?;
        let verified =
            received.verify_by(self.anchor.authority, root, self.anchor.network.as_str())?;
        let bytes = verified.bytes().to_vec();
        let Statement::AuthorityKey(statement) = verified.into_statement() else {
            return Err(ChainError::Kind);
        };
        match self.statements.get(&statement.number) {
            Some((known, _)) if *known == *statement => Ok(false),
            None if self.statements.len() < AUTHORITY_KEYS_MAX && statement.number > 0 => {
                self.statements.insert(statement.number, (*statement, bytes));
                Ok(true)
            }
            Some(_) | None => Err(ChainError::AuthorityKeys),
        }
    }

    /// The highest number that is known; 0 for none.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.statements.keys().next_back().copied().unwrap_or(0)
    }

    /// The number of the newest statement, when it names this key.
    #[must_use]
    pub fn newest_with(&self, key: &PublicKey) -> Option<u64> {
        let (number, (statement, _)) = self.statements.iter().next_back()?;
        names(statement, key).then_some(*number)
    }

    /// The statements with a number of at least `from`, as signed.
    pub fn statements_from(&self, from: u64) -> impl Iterator<Item = (u64, &[u8])> {
        self.statements.range(from..).map(|(number, (_, bytes))| (*number, bytes.as_slice()))
    }

    /// The statement with a number, as signed.
    #[must_use]
    pub fn statement(&self, number: u64) -> Option<&Vec<u8>> {
        self.statements.get(&number).map(|(_, bytes)| bytes)
    }

    /// What is pinned.
    #[must_use]
    pub const fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }

    /// Verifies one roster by itself: signature, encoding, rules.
    ///
    /// # Errors
    /// When one of them does not hold.
    pub fn verify_roster(&self, bytes: &[u8]) -> Result<VerifiedRoster, ChainError> {
        let received = Received::parse(bytes.to_vec())?;
        if received.kind() != StatementKind::Roster {
            return Err(ChainError::Kind);
        }
        debug_assert_eq!(purpose_of(received.kind()), KeyPurpose::Roster);
        let claimed: Roster =
            crate::cbor::decode(received.payload()).map_err(|_| Refusal::Malformed)?;
        let (statement, _) =
            self.statements.get(&claimed.authority_key).ok_or(ChainError::RosterKey)?;
        let keys = [Some(statement.current), statement.successor];
        let key = keys.into_iter().flatten().find(|key| key.id() == received.key());
        let key = key.ok_or(ChainError::RosterKey)?;
        received.verify_by(self.anchor.authority, &key, self.anchor.network.as_str())?;
        if claimed.network != self.anchor.network {
            return Err(RosterError::Other.into());
        }
        claimed.check()?;
        let hash = claimed.hash();
        Ok(VerifiedRoster { roster: claimed, hash, bytes: bytes.to_vec() })
    }

    /// Verifies rosters that follow each other, and `known` when that is given.
    ///
    /// The last one must stand under the newest authority keys: an old key that was replaced
    /// because others had it must not sign new rosters.
    ///
    /// # Errors
    /// When any link does not hold; then none of them counts.
    pub fn verify_chain(
        &self,
        known: Option<&Roster>,
        rosters: &[Vec<u8>],
    ) -> Result<Vec<VerifiedRoster>, ChainError> {
        let mut verified: Vec<VerifiedRoster> = Vec::new();
        for bytes in rosters {
            let next = self.verify_roster(bytes)?;
            if let Some(before) = verified.last().map(VerifiedRoster::roster).or(known) {
                next.roster.check_follows(before)?;
            }
            verified.push(next);
        }
        let replaced = |last: &VerifiedRoster| last.roster.authority_key < self.newest();
        if verified.last().is_some_and(replaced) {
            return Err(ChainError::ReplacedKey);
        }
        Ok(verified)
    }
}

fn names(statement: &AuthorityKey, key: &PublicKey) -> bool {
    statement.current == *key || statement.successor == Some(*key)
}

/// A roster whose signature, chain to the root key and rules were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRoster {
    roster: Roster,
    hash: RosterHash,
    bytes: Vec<u8>,
}

impl VerifiedRoster {
    /// What it says.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The hash that names it, and that is a leaf of the authority's log.
    #[must_use]
    pub const fn hash(&self) -> RosterHash {
        self.hash
    }

    /// The complete bytes, as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says, without the bytes.
    #[must_use]
    pub fn into_roster(self) -> Roster {
        self.roster
    }
}
