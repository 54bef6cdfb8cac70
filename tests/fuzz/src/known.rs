//! What the vectors hold: every statement and checkpoint that somebody with a key has signed.
//!
//! **Promises.** Nobody who chooses bytes has the keys: whatever verifies by them stands here.
//! **Left to others.** Writing the vectors: `fundlink-protocol`.

#![expect(clippy::expect_used, reason = "the vectors are well formed, or nothing here can run")]

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use fundlink_protocol::cose::Received;
use fundlink_protocol::evidence::Parts;
use fundlink_protocol::log::note::SignedNote;
use fundlink_protocol::log::tlog_proof::TlogProof;
use fundlink_protocol::log_trust::LogTrust;
use fundlink_protocol::roster::Roster;
use fundlink_protocol::roster::chain::AuthorityKeys;
use fundlink_protocol::roster::join_file::JoinFile;
use fundlink_protocol::roster::keys::KeyTable;
use fundlink_protocol::time::Timestamp;
use serde_json::Value;

/// The vectors, and what follows from them.
#[derive(Debug)]
pub(crate) struct Known {
    /// The join file of the vectors' network.
    pub(crate) join_file: JoinFile,
    /// The authority's keys.
    pub(crate) authority: AuthorityKeys,
    /// The members of the vectors' network.
    pub(crate) roster: Arc<Roster>,
    /// Their keys.
    pub(crate) table: KeyTable,
    /// Evidence files, part by part.
    pub(crate) evidence: Vec<Parts>,
    statements: BTreeSet<Vec<u8>>,
    checkpoints: BTreeSet<String>,
}

/// When the vectors were signed: 2026-05-20 00:00 in China.
pub(crate) const AT: Timestamp = Timestamp::from_ms(1_779_206_400_000);

/// The files of vectors, by name.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("statements", include_str!("../../../protocol/vectors/statements.json")),
    ("records", include_str!("../../../protocol/vectors/records.json")),
    ("digests", include_str!("../../../protocol/vectors/digests.json")),
    ("logs", include_str!("../../../protocol/vectors/logs.json")),
    ("rosters", include_str!("../../../protocol/vectors/rosters.json")),
    ("frames", include_str!("../../../protocol/vectors/frames.json")),
    ("evidence-query", include_str!("../../../protocol/vectors/evidence-query.json")),
    ("evidence-dossier", include_str!("../../../protocol/vectors/evidence-dossier.json")),
    ("evidence-transfer", include_str!("../../../protocol/vectors/evidence-transfer.json")),
    ("evidence-certificate", include_str!("../../../protocol/vectors/evidence-certificate.json")),
    ("evidence-account", include_str!("../../../protocol/vectors/evidence-account.json")),
    ("evidence-loan", include_str!("../../../protocol/vectors/evidence-loan.json")),
    ("evidence-access-list", include_str!("../../../protocol/vectors/evidence-access-list.json")),
];

static KNOWN: LazyLock<Known> = LazyLock::new(Known::read);

/// What the vectors hold.
pub(crate) fn known() -> &'static Known {
    &KNOWN
}

/// The vectors of a file.
pub(crate) fn vectors(name: &str) -> Vec<Value> {
    let (_, text) = FILES.iter().find(|(known, _)| *known == name).expect("a file of vectors");
    let file: Value = serde_json::from_str(text).expect("JSON");
    file["vectors"].as_array().expect("a list").clone()
}

/// The bytes of a text of hex digits.
pub(crate) fn bytes(hex: &Value) -> Option<Vec<u8>> {
    let digits = hex.as_str()?.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok();
    (digits.len().is_multiple_of(2)).then(|| digits.chunks(2).map(pair).collect())?
}

impl Known {
    fn read() -> Self {
        let rosters = vectors("rosters");
        let text = rosters.iter().find_map(|vector| vector["text"].as_str()).expect("a join file");
        let join_file = JoinFile::from_text(text).expect("the form of a join file");
        let opened = join_file.open().expect("a join file that verifies");
        let roster = Arc::new(opened.roster.into_roster());
        let mut known = Self {
            join_file,
            authority: opened.keys,
            table: roster.key_table(),
            roster,
            evidence: Vec::new(),
            statements: BTreeSet::new(),
            checkpoints: BTreeSet::new(),
        };
        for (name, _) in FILES {
            for vector in vectors(name) {
                known.add_all(&vector);
            }
        }
        known
    }

    /// Takes in whatever is signed in a vector, wherever it stands.
    fn add_all(&mut self, vector: &Value) {
        if let Some(parts) = vector["parts"].as_object() {
            let part = |(name, hex): (&String, &Value)| Some((name.clone(), bytes(hex)?));
            self.evidence.push(parts.iter().filter_map(part).collect());
        }
        let mut open = vec![vector];
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => {
                    self.add_note(text.as_bytes());
                    if let Some(bytes) = bytes(value) {
                        self.add_signed(&bytes);
                    }
                }
                Value::Array(list) => open.extend(list),
                Value::Object(map) => open.extend(map.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
    }

    /// Takes in a statement, a note, or a proof with one. Two faces, and frames with notes, hold them
    /// as they are.
    fn add_signed(&mut self, bytes: &[u8]) {
        if Received::parse(bytes.to_vec()).is_ok() {
            self.statements.insert(bytes.to_vec());
        }
        self.add_note(bytes);
        if let Ok(proof) = TlogProof::parse(bytes) {
            self.checkpoints.insert(proof.note.text().to_owned());
        }
        if let Some(tree) = crate::tree::Tree::read(bytes) {
            self.add_inner(tree);
        }
    }

    fn add_inner(&mut self, mut tree: crate::tree::Tree) {
        for place in 0..tree.count() {
            if let Some(crate::tree::Tree::Bytes(inner)) = tree.at(place).cloned() {
                self.add_note(&inner);
                if Received::parse(inner.clone()).is_ok() {
                    self.statements.insert(inner);
                }
            } else if let Some(crate::tree::Tree::Text(inner)) = tree.at(place).cloned() {
                self.add_note(inner.as_bytes());
            }
        }
    }

    fn add_note(&mut self, bytes: &[u8]) {
        if let Ok(note) = SignedNote::parse(bytes) {
            self.checkpoints.insert(note.text().to_owned());
        }
    }

    /// The name of the vectors' network.
    pub(crate) fn network(&self) -> &str {
        self.join_file.anchor.network.as_str()
    }

    /// What the roster trusts for logs.
    pub(crate) fn trust(&self) -> LogTrust {
        LogTrust::new(Arc::clone(&self.roster), self.join_file.anchor.network.clone(), AT)
    }

    /// Panics when a statement verifies that nobody has signed.
    pub(crate) fn assert_signed(&self, statement: &[u8]) {
        assert!(self.statements.contains(statement), "a statement verifies that nobody has signed");
    }

    /// Panics when a checkpoint verifies that nobody has signed.
    pub(crate) fn assert_checkpoint(&self, text: &str) {
        assert!(self.checkpoints.contains(text), "a checkpoint verifies that nobody has signed");
    }
}
