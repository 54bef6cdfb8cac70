//! Annexes (附件): what the roster names by hash and carries beside itself.
//!
//! **Promises.** An annex counts only when its hash stands in the roster in force.
//! **Left to others.** What stands in one: `calendar` reads the working days.

use minicbor::{Decode, Encode};

use crate::id::{AnnexHash, Bytes};

/// What an annex holds. A roster names at most one of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum AnnexKind {
    /// Public holidays and make-up working days (节假日与调休).
    #[n(1)]
    Calendar,
    /// Code tables (代码表) of the network.
    #[n(2)]
    CodeTables,
    /// Texts to which a person consents (授权书).
    #[n(3)]
    ConsentTexts,
}

/// How a roster names an annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnnexName {
    /// What it holds.
    #[n(1)]
    pub kind: AnnexKind,
    /// Its hash.
    #[n(2)]
    pub hash: AnnexHash,
}

/// An annex as it travels and is stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Annex {
    /// What it holds.
    #[n(1)]
    pub kind: AnnexKind,
    /// Its content, deterministic CBOR of a type of its own.
    #[n(2)]
    pub content: Bytes,
}

impl Annex {
    /// How a roster names it.
    #[must_use]
    pub fn name(&self) -> AnnexName {
        AnnexName { kind: self.kind, hash: self.hash() }
    }

    /// BLAKE3 of its deterministic CBOR.
    #[must_use]
    pub fn hash(&self) -> AnnexHash {
        AnnexHash::new(*blake3::hash(&crate::cbor::encode(self)).as_bytes())
    }
}
