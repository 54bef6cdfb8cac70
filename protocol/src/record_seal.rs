//! What the digest of a record commits to.
//!
//! **Promises.** Everything in a record is proved by its commitment. A loan names each party only
//! by a blinded seal, so that it can be shown to one borrower's lender without naming another.
//! **Left to others.** The records: `record`. When they are published: `engine::publishing`.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::LedgerEntry;
use crate::cbor;
use crate::commitment::{CommitmentDomain, commit};
use crate::digest::DigestStatus;
use crate::id::{Blinding, Commitment, RowsHash};
use crate::loan::{Loan, LoanParty, LoanRole};
use crate::record::{AccountRecord, LoanRecord};

/// 32 random bytes of one revision of a record, from which its blindings come.
///
/// The blinding of the record says nothing about those of the parties, nor the reverse.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct RecordSeed(#[n(0)] Blinding);

impl fmt::Debug for RecordSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordSeed(..)")
    }
}

impl RecordSeed {
    /// A seed from random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(Blinding::new(bytes))
    }

    /// The blinding of the whole record.
    #[must_use]
    pub fn record_blinding(&self) -> Blinding {
        self.derive(b"record", 0)
    }

    /// The blinding of the party at a place.
    #[must_use]
    pub fn party_blinding(&self, place: usize) -> Blinding {
        self.derive(b"party", u64::try_from(place).unwrap_or(u64::MAX))
    }

    fn derive(&self, part: &[u8], place: u64) -> Blinding {
        let mut hasher = blake3::Hasher::new_keyed(self.0.as_bytes());
        hasher.update(b"fundlink/1 blinding\0").update(part).update(&place.to_be_bytes());
        Blinding::new(*hasher.finalize().as_bytes())
    }
}

/// How the rows of an account's ledger are proved: by their number and their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LedgerSeal {
    /// How many rows.
    #[n(1)]
    pub rows: u32,
    /// BLAKE3 over the deterministic encodings of the rows, in order.
    #[n(2)]
    pub hash: RowsHash,
}

impl LedgerSeal {
    /// The seal over rows, in their order.
    #[must_use]
    pub fn over(rows: &[LedgerEntry]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("fundlink/1 ledger rows of a record");
        for row in rows {
            hasher.update(&cbor::encode(row));
        }
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        Self { rows: count, hash: RowsHash::new(*hasher.finalize().as_bytes()) }
    }
}

/// What the digest of an account commits to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedAccount {
    /// The record.
    #[n(1)]
    pub record: AccountRecord,
    /// The rows of its ledger.
    #[n(2)]
    pub ledger: LedgerSeal,
}

impl SealedAccount {
    /// The public status of the account's digest.
    #[must_use]
    pub const fn digest_status(&self) -> DigestStatus {
        if self.record.account.status.is_closed() {
            DigestStatus::AccountClosed
        } else {
            DigestStatus::AccountOpen
        }
    }
}

/// What the digest of a loan commits to: its parties are named only by seals.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedLoan {
    /// The loan.
    #[n(1)]
    pub loan: Loan,
    /// Everybody who takes part, in the order of the record.
    #[n(2)]
    pub parties: Vec<SealedParty>,
}

impl fmt::Debug for SealedLoan {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedLoan").field("loan", &self.loan).finish_non_exhaustive()
    }
}

impl SealedLoan {
    /// Seals a record under a seed.
    #[must_use]
    pub fn of(record: &LoanRecord, seed: &RecordSeed) -> Self {
        let seal = |(place, party): (usize, &LoanParty)| SealedParty {
            role: party.role,
            person: SealedParty::seal(&seed.party_blinding(place), party),
        };
        let parties = record.parties.iter().enumerate().map(seal).collect();
        Self { loan: record.loan.clone(), parties }
    }

    /// The public status of the loan's digest; none for a loan that was never paid out.
    #[must_use]
    pub fn digest_status(&self) -> Option<DigestStatus> {
        let status = self.loan.status();
        if status.is_unsettled() {
            Some(DigestStatus::LoanGranted)
        } else {
            status.counts().then_some(DigestStatus::LoanSettled)
        }
    }
}

/// A party of a loan by role and seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedParty {
    /// What the person is in the loan.
    #[n(1)]
    pub role: LoanRole,
    /// Commitment to the person's role, name, document and account.
    #[n(2)]
    pub person: Commitment,
}

impl SealedParty {
    /// The commitment to one party.
    #[must_use]
    pub fn seal(blinding: &Blinding, party: &LoanParty) -> Commitment {
        commit(CommitmentDomain::Record, blinding, &cbor::encode(party))
    }
}

/// The commitment to a sealed record, as it stands in its digest.
#[must_use]
pub fn record_commitment<T: Encode<()>>(blinding: &Blinding, sealed: &T) -> Commitment {
    commit(CommitmentDomain::Record, blinding, &cbor::encode(sealed))
}
