//! Fuzz targets: one for every decoder of bytes that come from outside, and one that mutates valid
//! statements and gives them to an engine.
//!
//! | file | what it holds |
//! |---|---|
//! | here | the list of targets, and the bound on memory |
//! | `known`, `tree` | what the vectors hold and somebody has signed; CBOR as a tree |
//! | `stage` | a small network of engines in memory, and everything that was said in it |
//! | `seeds` | the files of `corpus/`, from the vectors and from texts that stand there |
//! | `bin/fuzz.rs`, `bin/fuzz_target.rs` | the command, and what it builds with coverage |
//!
//! **Promises.** A target panics when a promise of its decoder is broken, and never otherwise; the same
//! bytes give the same result. What decodes encodes to the same bytes; nothing verifies that nobody has
//! signed; memory stays below a bound that follows from the number of bytes.
//! **Left to others.** Choosing bytes: libFuzzer. Replaying the corpus in the ordinary suite:
//! `tests/corpus.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

mod backup;
mod bank;
mod control;
mod engine;
mod evidence;
mod frames;
mod import;
mod known;
mod logs;
mod members;
mod membership;
pub mod seeds;
mod settings;
mod stage;
mod statements;
mod tree;

/// A decoder, with what must hold of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, as the command and the folder of the corpus have it.
    pub name: &'static str,
    /// What is decoded.
    pub about: &'static str,
    /// The longest input that is tried.
    pub bytes_max: usize,
    memory: Memory,
    decode: fn(&[u8]),
}

/// What a decoder may hold at one time.
#[derive(Clone, Copy, Debug)]
struct Memory {
    /// However short the input is.
    fixed: u64,
    /// For each byte of it.
    per_byte: u64,
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// A decoder of bytes alone: some copies of them, and the values.
const SMALL: Memory = Memory { fixed: 64 * KIB, per_byte: 128 };
/// A parser of texts that a person has written: a tree of tokens, and words about what is wrong.
const TEXT: Memory = Memory { fixed: MIB, per_byte: 2 * KIB };
/// One that unpacks, or that keeps what it was given for a while.
const LARGE: Memory = Memory { fixed: 8 * MIB, per_byte: 4 * KIB };

macro_rules! targets {
    ($($name:literal, $bytes_max:expr, $memory:expr, $decode:path, $about:literal;)*) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target {
            name: $name,
            about: $about,
            bytes_max: $bytes_max,
            memory: $memory,
            decode: $decode,
        },)*];
    };
}

targets! {
    "statement", 16_384, SMALL, statements::statement, "the frame of a statement, its signature, its payload";
    "payload", 8_192, SMALL, statements::payload, "the payload of every kind of statement";
    "head", 8_192, SMALL, statements::head, "gossip: heartbeats and checkpoints";
    "frame", 16_384, SMALL, frames::frame, "requests and replies of the streams, the records and annexes in them";
    "log-update", 16_384, SMALL, logs::update, "entry bundles, digests, trees, proofs of two faces";
    "note", 8_192, SMALL, logs::note, "signed notes: checkpoints, cosignatures, add-checkpoint, keys";
    "tlog-proof", 8_192, SMALL, logs::proof, "proofs of one entry";
    "policy", 8_192, SMALL, logs::policy, "policies of witnesses";
    "roster", 16_384, SMALL, membership::roster, "rosters and the chain from the root keys";
    "join-file", 16_384, SMALL, membership::join_file, "join files";
    "enrolment", 8_192, SMALL, membership::enrolment, "enrolments of new members";
    "evidence-zip", 65_536, LARGE, evidence::container, "evidence files: the ZIP, and what is verified in it";
    "evidence-parts", 4_096, LARGE, evidence::parts, "evidence files whose parts were changed, dropped, swapped";
    "import", 16_384, LARGE, import::import, "CSV files of an import, in UTF-8 and GB 18030, with mapping and control file";
    "mapping", 4_096, TEXT, import::mapping, "mapping files";
    "configuration", 8_192, TEXT, settings::configuration, "configurations";
    "key-file", 4_096, LARGE, settings::key_file, "key files";
    "backup", 8_192, LARGE, backup::backup, "backups";
    "control", 8_192, LARGE, control::request, "requests to the control interface";
    "bank", 4_096, TEXT, bank::answer, "what a bank answers, and its notices";
    "engine", 1_024, LARGE, engine::story, "valid statements, mutated and signed again, given to an engine";
}

/// Targets that have run once: what they keep for good is there.
static PREPARED: LazyLock<Mutex<BTreeSet<&'static str>>> = LazyLock::new(Mutex::default);

impl Target {
    /// The target of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Decodes, and panics when a promise is broken.
    ///
    /// # Panics
    /// When a promise is broken.
    pub fn check(&self, bytes: &[u8]) {
        let fresh = PREPARED.lock().unwrap_or_else(PoisonError::into_inner).insert(self.name);
        if fresh {
            seeds::of(self.name).values().for_each(|seed| (self.decode)(seed));
        }
        let measured = allocation_counter::measure(|| (self.decode)(bytes));
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let most = self.memory.per_byte.saturating_mul(length).saturating_add(self.memory.fixed);
        assert!(
            measured.bytes_max <= most,
            "{}: {length} bytes of input cost {} bytes of memory, {most} are allowed",
            self.name,
            measured.bytes_max
        );
    }
}

/// The folder of the corpus.
#[must_use]
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}
