//! The names of the parts of an evidence file.
//!
//! **Promises.** A name is ASCII and has no path that leaves the file; one name, one meaning.
//! **Left to others.** What the parts hold: [`super`].

use crate::center::CenterCode;
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::LeafIndex;
use crate::statement::StatementKind;

/// The page for people.
pub const PAGE: &str = "page.html";
/// The hashes of the other parts.
pub const MANIFEST: &str = "manifest.sha256";
/// The root keys.
pub const ANCHOR: &str = "network/anchor.cbor";

/// What a name says of its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartName {
    /// [`PAGE`].
    Page,
    /// [`MANIFEST`].
    Manifest,
    /// [`ANCHOR`].
    Anchor,
    /// A statement of a root key, by its number.
    AuthorityKey(u64),
    /// A roster.
    Roster(u64),
    /// The proof of a roster's leaf.
    RosterProof(u64),
    /// A statement, by its place.
    Statement(usize),
    /// What opens a statement's leaf.
    StatementBlinding,
    /// The proof of a statement's leaf.
    StatementProof,
    /// A digest.
    Digest(LogId, LeafIndex),
    /// The proof of a digest.
    DigestProof,
    /// The record that a digest commits to.
    Record,
    /// What opens the commitment of a digest.
    RecordBlinding,
}

impl PartName {
    /// What a name says; `None` when it is none of an evidence file.
    pub(super) fn parse(name: &str) -> Option<Self> {
        if name == PAGE {
            return Some(Self::Page);
        }
        if name == MANIFEST {
            return Some(Self::Manifest);
        }
        if name == ANCHOR {
            return Some(Self::Anchor);
        }
        let (folder, file) = name.split_once('/')?;
        let (stem, extension) = file.split_once('.')?;
        match (folder, extension) {
            ("network", "cose") => match stem.split_once('-')? {
                ("roster", version) => parse_number(version).map(Self::Roster),
                ("authority", rest) => {
                    parse_number(rest.strip_prefix("key-")?).map(Self::AuthorityKey)
                }
                _ => None,
            },
            ("network", "tlog-proof") => {
                parse_number(stem.strip_prefix("roster-")?).map(Self::RosterProof)
            }
            ("statements", "cose") => place_of(stem).map(Self::Statement),
            ("statements", "blinding") => place_of(stem).map(|_| Self::StatementBlinding),
            ("statements", "tlog-proof") => place_of(stem).map(|_| Self::StatementProof),
            ("leaves", "digest") => leaf(stem).map(|(log, index)| Self::Digest(log, index)),
            ("leaves", "tlog-proof") => leaf(stem).map(|_| Self::DigestProof),
            ("leaves", "record") => leaf(stem).map(|_| Self::Record),
            ("leaves", "blinding") => leaf(stem).map(|_| Self::RecordBlinding),
            _ => None,
        }
    }
}

/// The name of an authority-key statement.
#[must_use]
pub fn authority_key(number: u64) -> String {
    format!("network/authority-key-{number}.cose")
}

/// The name of a roster.
#[must_use]
pub fn roster(version: u64) -> String {
    format!("network/roster-{version}.cose")
}

/// The name of a statement: its place in the file, its kind and its sender.
#[must_use]
pub fn statement(place: usize, kind: StatementKind, from: CenterCode) -> String {
    format!("statements/{place:04}-{}-{from}.cose", kind.name())
}

/// The name of a digest: its center, the number of the log, the leaf.
#[must_use]
pub fn digest(log: LogId, index: LeafIndex) -> String {
    format!("leaves/{}-{}-{index}.digest", log.center, log.number)
}

/// The name of another part about the same thing.
#[must_use]
pub fn beside(name: &str, extension: &str) -> String {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.{extension}")
}

/// Decimal digits without leading zeros.
fn parse_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The place of a statement, when kind and sender stand after it.
fn place_of(stem: &str) -> Option<usize> {
    let (place, rest) = stem.split_once('-')?;
    let (kind, from) = rest.rsplit_once('-')?;
    StatementKind::ALL.iter().find(|known| known.name() == kind)?;
    CenterCode::parse(from).ok()?;
    let number = place.parse().ok()?;
    (format!("{number:04}") == place).then_some(number)
}

fn leaf(stem: &str) -> Option<(LogId, LeafIndex)> {
    let mut parts = stem.split('-');
    let center = CenterCode::parse(parts.next()?).ok()?;
    let number = u32::try_from(parse_number(parts.next()?)?).ok()?;
    let index = LeafIndex::new(parse_number(parts.next()?)?);
    let log = LogId { center, number, kind: LogKind::Public };
    parts.next().is_none().then_some((log, index))
}
