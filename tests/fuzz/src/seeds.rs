//! The files with which each target begins: from the vectors of the protocol, from what was said on the
//! stage, and from texts that stand in `texts`.
//!
//! **Promises.** The same code gives the same files; they follow every format, so that the corpus can be
//! written anew when one changes.
//! **Left to others.** What was found: files of the corpus whose names begin with `found-`.

#![expect(clippy::expect_used, reason = "the vectors are well formed, or nothing here can run")]

use std::collections::{BTreeMap, BTreeSet};

use fundlink_node::control::api::records::{Portion, Record};
use fundlink_node::evidence_file;
use fundlink_protocol::account::AccountStatus;
use fundlink_protocol::cbor;
use fundlink_protocol::money::Fen;
use fundlink_protocol::settlement::Direction;
use fundlink_protocol::statement::StatementKind;
use serde_json::Value;

use crate::known::{bytes, known, vectors};
use crate::logs::text_or_hex;
use crate::members::{self, DATONG};
use crate::stage::{Stage, Way, notice, on_stage};
use crate::{backup, frames};

mod requests;
mod texts;

/// Files by their names.
type Files = BTreeMap<String, Vec<u8>>;

/// The files of a target.
#[must_use]
pub fn of(target: &str) -> Files {
    match target {
        "statement" => statements(|_| true),
        "payload" => payloads(),
        "head" => heads(),
        "frame" => frame(),
        "log-update" => log_updates(),
        "note" => fields("logs", &["note", "body", "line", "verifier_key", "origin"]),
        "tlog-proof" => fields("logs", &["proof"]).into_iter().filter(is_proof).collect(),
        "policy" => fields("logs", &["policy"]),
        "roster" => fields("rosters", &["statement", "cbor"]),
        "join-file" => fields("rosters", &["text"]),
        "enrolment" => statements(|kind| kind == "enrolment"),
        "evidence-zip" => evidence_files(),
        "evidence-parts" => evidence_changes(),
        "import" => texts::dumps(),
        "mapping" => named("mapping", texts::MAPPINGS),
        "configuration" => texts::configurations(),
        "key-file" => key_files(),
        "backup" => backups(),
        "control" => named("request", requests::REQUESTS),
        "bank" => named("answer", texts::BANK_ANSWERS),
        "engine" => on_stage(|stage| stories(stage)),
        _ => Files::new(),
    }
}

/// Words of a target's files, as a dictionary of libFuzzer: what stands between other characters in
/// those that are text.
#[must_use]
pub fn dictionary(target: &str) -> String {
    let mut words = BTreeSet::new();
    for content in of(target).values() {
        let Ok(text) = core::str::from_utf8(content) else { continue };
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
        words.extend(parts.filter(|word| (2..=32).contains(&word.len())).map(str::to_owned));
    }
    words.iter().map(|word| format!("\"{word}\"\n")).collect()
}

fn named(prefix: &str, texts: &[&str]) -> Files {
    let file =
        |(place, text): (usize, &&str)| (format!("{prefix}-{place:02}"), text.as_bytes().to_vec());
    texts.iter().enumerate().map(file).collect()
}

/// A name as a file may have it.
fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = text.chars().map(plain).collect();
    let words: Vec<&str> = slug.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// Fields of the vectors of a file, each a file of its own.
fn fields(file: &str, names: &[&str]) -> Files {
    let mut files = Files::new();
    for vector in vectors(file) {
        for name in names {
            if let Some(content) = text_or_hex(&vector[*name]) {
                let title = vector["name"].as_str().unwrap_or_default();
                files.insert(format!("{}-{}", slug(title), slug(name)), content);
            }
        }
    }
    files
}

fn is_proof((_, content): &(String, Vec<u8>)) -> bool {
    content.starts_with(b"c2sp.org")
}

/// Signed statements whose kind is wanted, one of each.
fn statements(wanted: impl Fn(&str) -> bool) -> Files {
    let kind = |vector: &Value| vector["statement_kind"].as_str().map(str::to_owned);
    let file = |vector: Value| {
        let kind = kind(&vector).filter(|kind| wanted(kind))?;
        Some((kind, bytes(&vector["statement"])?))
    };
    let mut files: Files = vectors("statements").into_iter().rev().filter_map(file).collect();
    if wanted("enrolment") {
        let enrolled = |vector: &&Value| vector["name"] == "enrolment";
        let rosters = vectors("rosters");
        let enrolment = rosters.iter().find(enrolled).and_then(|vector| bytes(&vector["cbor"]));
        files.extend(enrolment.map(|content| ("enrolment-of-a-center".to_owned(), content)));
    }
    files
}

fn payloads() -> Files {
    let mut files = Files::new();
    for vector in vectors("statements") {
        let kind = vector["statement_kind"].as_str().unwrap_or_default();
        let place = StatementKind::ALL.iter().position(|known| known.name() == kind);
        let place = place.and_then(|place| u8::try_from(place).ok());
        if let (Some(place), Some(payload)) = (place, bytes(&vector["cbor"])) {
            let name = slug(vector["name"].as_str().unwrap_or_default());
            files.insert(name, [vec![place], payload].concat());
        }
    }
    files
}

fn heads() -> Files {
    let mut files = statements(|kind| kind == "heartbeat");
    files.extend(fields("logs", &["note"]));
    files
}

fn frame() -> Files {
    let mut files = Files::new();
    let mut add = |rule: &str, name: &str, content: Vec<u8>| {
        if let Some(choice) = frames::choice(rule) {
            files.insert(format!("{rule}-{}", slug(name)), [vec![choice], content].concat());
        }
    };
    for file in ["frames", "records", "digests", "rosters"] {
        for vector in vectors(file) {
            if let (Some(rule), Some(content)) = (vector["cddl"].as_str(), bytes(&vector["cbor"])) {
                add(rule, vector["name"].as_str().unwrap_or_default(), content);
            }
        }
    }
    let today = fundlink_protocol::time::Date::new(2026, 5, 20).expect("a day");
    let account = members::account(DATONG, (1, AccountStatus::Sealed), 2, today);
    let portion = Portion { records: vec![Record::Account(Box::new(account))] };
    add("portion", "an account", cbor::encode(&portion));
    let amount = Fen::new(900_009).expect("an amount");
    let line = notice(DATONG, Direction::Debit, amount, ("1401002605200001", 1), today);
    add("bank-notice", "a debit", cbor::encode(&line));
    files
}

fn log_updates() -> Files {
    let mut files = Files::new();
    for (name, content) in fields("logs", &["bundle"]) {
        for cut in [1, 129] {
            files.insert(format!("{name}-{cut}"), [vec![cut], content.clone()].concat());
        }
    }
    for (name, content) in fields("logs", &["cbor"]) {
        files.insert(name, [vec![0], content].concat());
    }
    files
}

fn evidence_files() -> Files {
    let file = |(place, parts)| {
        let packed = evidence_file::pack(parts).expect("a small file");
        (format!("evidence-{place}.zip"), packed)
    };
    known().evidence.iter().enumerate().map(file).collect()
}

fn evidence_changes() -> Files {
    let mut files = Files::new();
    for file in 0..known().evidence.len() {
        let file = u8::try_from(file).unwrap_or_default();
        for completed in [0, 0x80] {
            files.insert(format!("honest-{file}-{completed:02x}"), vec![file | completed]);
            for action in 0..8 {
                let change = vec![file | completed, action, file * 3 + action, 0, 5, b'x'];
                files.insert(format!("changed-{file}-{completed:02x}-{action}"), change);
            }
        }
    }
    files
}

fn key_files() -> Files {
    use crate::tree::Tree;
    let number = |key: u64, value: u64| (Tree::Number(key), Tree::Number(value));
    let bytes = |key: u64, length: usize| (Tree::Number(key), Tree::Bytes(vec![7; length]));
    let file = |memory: u64, passes: u64, unprotected: bool| {
        let header = Tree::Map(vec![
            number(1, 1),
            number(2, memory),
            number(3, passes),
            bytes(4, 16),
            bytes(5, 12),
            (Tree::Number(6), Tree::Bool(unprotected)),
        ]);
        let sealed = Tree::Map(vec![(Tree::Number(1), header), bytes(2, 80)]);
        [b"fundlink key file\n".to_vec(), sealed.write()].concat()
    };
    let seed = |purpose: u64| Tree::Map(vec![number(1, purpose), bytes(2, 32), number(3, 1)]);
    let set = Tree::Map(vec![
        (Tree::Number(1), Tree::Text("shanxi".into())),
        number(2, 140_100),
        (Tree::Number(3), Tree::List(vec![seed(1), seed(2)])),
    ]);
    Files::from([
        ("with-a-passphrase".to_owned(), file(64 * 1_024, 3, false)),
        ("without-one".to_owned(), file(16, 1, true)),
        ("that-wants-all-memory".to_owned(), file(1 << 40, 1, true)),
        ("keys".to_owned(), [vec![0], set.write()].concat()),
    ])
}

fn backups() -> Files {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("a short part").to_be_bytes();
    let part = |bytes: &[u8]| [&length(bytes)[..], bytes].concat();
    let block = |entries: &[(&[u8], &[u8])]| {
        part(
            &entries
                .iter()
                .flat_map(|(key, value)| [part(key), part(value)])
                .flatten()
                .collect::<Vec<u8>>(),
        )
    };
    let blocks = [block(&[(b"a", b"one"), (b"b", b"")]), block(&[(b"c", b"three")])].concat();
    Files::from([
        ("whole".to_owned(), backup::around(3, &blocks)),
        ("of-nothing".to_owned(), backup::around(0, &[])),
        ("of-a-newer-release".to_owned(), b"fundlink backup 2\n".to_vec()),
        ("blocks".to_owned(), [vec![0, 3], blocks].concat()),
        ("a-block-of-no-entries".to_owned(), [vec![0, 0], part(&[])].concat()),
    ])
}

/// Stories in which everything is said that was said on the stage, and each way of changing it.
fn stories(stage: &Stage) -> Files {
    let mut files = Files::new();
    let of = |way: fn(Way) -> bool| {
        let said = stage.said.iter().enumerate().filter(move |(_, said)| way(said.way));
        said.filter_map(|(place, _)| u8::try_from(place).ok()).collect::<Vec<u8>>()
    };
    let statements = of(|way| way == Way::Statement);
    for (moment, said) in (0_u8..).zip(&statements) {
        files.insert(format!("said-{moment:02}"), vec![moment, 0, *said, 6, 0, 1]);
        files.insert(format!("forged-{moment:02}"), vec![moment, 5, *said, 1, 0, 5, *said, 1, 1]);
        for change in 0..3 {
            let story = vec![moment, 2, *said, 0, moment + 3 * change, 0, change, 1, 2, 0, *said];
            files.insert(format!("changed-{moment:02}-{change}"), story);
        }
    }
    let whole: Vec<u8> = statements.iter().flat_map(|said| [0, *said]).collect();
    files.insert("all-from-the-beginning".to_owned(), [vec![0], whole].concat());
    for (place, said) in of(|way| way != Way::Statement).iter().enumerate().step_by(9) {
        files.insert(format!("other-{place:02}"), vec![0, 0, *said, 3, *said, 1, 1, 0, 2, 1, 1]);
    }
    let last = u8::try_from(stage.moments.len().saturating_sub(1)).unwrap_or_default();
    for (name, act) in [("money", 7), ("bank", 8), ("restart", 9), ("decision", 10), ("start", 11)]
    {
        for choice in 0..4 {
            let story =
                vec![last, act, 0, choice, choice, 0, 0, act, 0, choice, 1, choice, 6, 0, 3];
            files.insert(format!("{name}-{choice}"), story);
        }
    }
    files
}

#[cfg(test)]
mod tests;
