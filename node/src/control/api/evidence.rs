//! Evidence: what is to be proved, and the parts that prove it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What is to be proved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum EvidenceOf {
    /// Every question and answer of a dossier.
    Dossier {
        /// Its id.
        id: String,
    },
    /// One statement; an answer comes with its question.
    Statement {
        /// Its hash.
        hash: String,
    },
    /// Every statement of a transfer, and the digests of both sides.
    Transfer {
        /// Its id in hex, or its letter number.
        transfer: String,
    },
    /// An account of this center, as it was last published.
    Account {
        /// 个人账号.
        number: String,
    },
    /// A loan of this center, as it was last published.
    Loan {
        /// 借款合同编号.
        contract: String,
    },
    /// A certificate that this center has issued.
    Certificate {
        /// Its number.
        number: String,
    },
}

impl core::fmt::Debug for EvidenceOf {
    /// Without the numbers of accounts and contracts.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Dossier { .. } => "Dossier(..)",
            Self::Statement { .. } => "Statement(..)",
            Self::Transfer { .. } => "Transfer(..)",
            Self::Account { .. } => "Account(..)",
            Self::Loan { .. } => "Loan(..)",
            Self::Certificate { .. } => "Certificate(..)",
        })
    }
}

/// The parts of an evidence file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Each part in base64, by its name.
    pub parts: BTreeMap<String, String>,
}

impl core::fmt::Debug for Evidence {
    /// The names alone: a part may be a record.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.parts.keys()).finish()
    }
}

impl Evidence {
    /// Parts in the form of JSON.
    #[must_use]
    pub fn of(parts: &BTreeMap<String, Vec<u8>>) -> Self {
        let encoded = parts.iter().map(|(name, bytes)| (name.clone(), STANDARD.encode(bytes)));
        Self { parts: encoded.collect() }
    }

    /// The parts; `None` when one is not base64.
    #[must_use]
    pub fn parts(&self) -> Option<BTreeMap<String, Vec<u8>>> {
        let decode =
            |(name, text): (&String, &String)| Some((name.clone(), STANDARD.decode(text).ok()?));
        self.parts.iter().map(decode).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_survive_json() {
        let parts = BTreeMap::from([("page.txt".to_owned(), vec![0, 255, 7])]);
        let json = serde_json::to_string(&Evidence::of(&parts)).unwrap();
        let evidence: Evidence = serde_json::from_str(&json).unwrap();
        assert_eq!(evidence.parts(), Some(parts));
        let broken = Evidence { parts: BTreeMap::from([("x".into(), "?".into())]) };
        assert_eq!(broken.parts(), None);
    }
}
