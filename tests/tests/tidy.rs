//! House rules that no lint can check, over every file that git knows.
//!
//! **Promises.** A file that breaks a rule is named with its line, the rule and what to do. The
//! checks read the work tree and start nothing but `git` and `cargo`.
//! **Left to others.** What rustfmt, clippy and rustc can see for themselves.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/tracing_fields.rs"]
mod tracing_fields;

/// Lines that a Rust file may have.
const LINES_MAX: usize = 500;
/// Files that are longer, with their length. The list may only shrink: a file that lost lines takes
/// its new length, one that fits leaves.
const LONGER: &[(&str, usize)] = &[];
/// Bytes that a file under version control may have: pictures and data belong elsewhere.
const BLOB_BYTES_MAX: u64 = 1024 * 1024;

/// A text file of the repository.
struct SourceFile {
    path: String,
    text: String,
}

impl SourceFile {
    fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// This file is full of the words that it forbids.
    fn is_tidy(&self) -> bool {
        self.path.starts_with("tests/tests/tidy")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every path that git knows and that is there.
fn paths() -> Vec<String> {
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files; run the tests in a clone");
    assert!(listing.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listing.stderr));
    let listing = String::from_utf8(listing.stdout).expect("paths are UTF-8");
    let mut paths: Vec<String> = listing
        .split_terminator('\0')
        .filter(|path| root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    assert!(paths.iter().any(|path| path == "Cargo.toml"), "the workspace is in the listing");
    paths
}

/// Every file that is text.
fn files() -> Vec<SourceFile> {
    let read = |path: String| {
        let text = fs::read(root().join(&path)).expect("a listed file can be read");
        String::from_utf8(text).ok().map(|text| SourceFile { path, text })
    };
    paths().into_iter().filter_map(read).collect()
}

/// Fails with all findings at once.
fn report(rule: &str, findings: &[String]) {
    let mut text = String::new();
    for finding in findings {
        writeln!(text, "  {finding}").unwrap();
    }
    assert!(findings.is_empty(), "{rule}\n{text}");
}

/// Each line of `files` for which `wrong` says so.
fn lines_where<'a>(
    files: impl IntoIterator<Item = &'a SourceFile>,
    wrong: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(why) = wrong(line) {
                findings.push(format!("{}:{}: {why}", file.path, index + 1));
            }
        }
    }
    findings
}

/// Whether `word` stands in `text` with no letter, digit or underscore beside it.
fn has_word(text: &str, word: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

/// Keys that cost nothing are for simulations: no crate that a node is built of asks for them.
#[test]
fn only_the_tests_ask_for_simulated_keys() {
    let manifests = paths().into_iter().filter(|path| path.ends_with("Cargo.toml"));
    let asks = |path: &String| {
        fs::read_to_string(root().join(path)).unwrap().contains("\"simulated-keys\"")
    };
    assert_eq!(manifests.filter(asks).collect::<Vec<_>>(), ["tests/Cargo.toml"]);
}

#[test]
fn every_rust_file_says_first_what_it_is_for() {
    let silent: Vec<String> = files()
        .iter()
        .filter(|file| file.is_rust() && !file.text.starts_with("//! "))
        .map(|file| file.path.clone())
        .collect();
    report("these files do not open with `//!` lines that say what they are for:", &silent);
}

#[test]
fn no_rust_file_is_longer_than_a_reader_holds_in_mind() {
    let mut findings = Vec::new();
    for file in files().iter().filter(|file| file.is_rust()) {
        let lines = file.text.lines().count();
        let listed = LONGER.iter().find(|(path, _)| *path == file.path).map(|(_, lines)| *lines);
        match listed {
            None if lines > LINES_MAX => {
                findings.push(format!("{}: {lines} lines; split it", file.path));
            }
            Some(_) if lines <= LINES_MAX => {
                findings.push(format!("{}: fits now; take it off the list", file.path));
            }
            Some(allowed) if lines != allowed => {
                findings.push(format!("{}: {lines} lines, {allowed} on the list", file.path));
            }
            None | Some(_) => {}
        }
    }
    report(&format!("a Rust file has at most {LINES_MAX} lines:"), &findings);
}

#[test]
fn nothing_is_left_for_later_and_no_test_is_switched_off() {
    let words = ["TODO", "FIXME", "XXX", "HACK", "#[ignore", "should_panic"];
    let findings = lines_where(files().iter().filter(|file| !file.is_tidy()), |line| {
        let found = |word: &&&str| match word.strip_prefix("#[") {
            Some(_) => line.contains(**word),
            None => has_word(line, word),
        };
        words.iter().find(found).map(|word| format!("{word}: do it now, or leave it out"))
    });
    report("work left lying about:", &findings);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let places = ["/home/", "/root/", "/Users/", "/work/", "C:\\Users"];
    let findings = lines_where(files().iter().filter(|file| !file.is_tidy()), |line| {
        // An address on the web is no path on a machine.
        let place = |place: &&&str| line.contains(**place) && !line.contains("://");
        places.iter().find(place).map(|place| format!("{place} is a folder of one machine"))
    });
    report("paths of one machine:", &findings);
}

#[test]
fn no_text_points_to_a_ticket() {
    let numbered = |line: &str, word: &str| {
        line.match_indices(word).any(|(at, _)| {
            let after = line[at + word.len()..].trim_start_matches([' ', '#']);
            let begins = line[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
            begins && after.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    let findings = lines_where(files().iter().filter(|file| !file.is_tidy()), |line| {
        let lower = line.to_lowercase();
        ["issue ", "issue #", "ticket ", "ticket #", "pull request #"]
            .iter()
            .find(|word| numbered(&lower, word))
            .map(|_| "say the reason itself, not where it was discussed".to_owned())
    });
    report("numbers of tickets:", &findings);
}

#[test]
fn log_lines_carry_no_personal_data() {
    let mut findings = Vec::new();
    for file in files().iter().filter(|file| file.is_rust() && !file.is_tidy()) {
        for finding in tracing_fields::personal(&file.text) {
            findings.push(format!("{}:{}: {}", file.path, finding.line, finding.field));
        }
    }
    report("fields of log lines that may hold personal data:", &findings);
}

#[test]
fn no_blob_is_larger_than_a_mebibyte() {
    let large: Vec<String> = paths()
        .into_iter()
        .filter(|path| fs::metadata(root().join(path)).unwrap().len() > BLOB_BYTES_MAX)
        .collect();
    report("files that are too large for version control:", &large);
}

/// The packages of the workspace, as cargo sees them.
fn packages() -> Vec<serde_json::Value> {
    let metadata = cargo(&["metadata", "--offline", "--no-deps", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("a list of packages").clone()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "cargo {}: {said}", arguments.join(" "));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

#[test]
fn crates_depend_in_one_direction() {
    // Each crate with those of ours that it may use; the tests' crate may use all.
    let arrows: [(&str, &[&str]); 4] = [
        ("fundlink-protocol", &[]),
        ("fundlink-node", &["fundlink-protocol"]),
        ("fundlink-testnet", &["fundlink-node", "fundlink-protocol"]),
        ("fundlink", &["fundlink-testnet", "fundlink-node", "fundlink-protocol"]),
    ];
    let packages = packages();
    let mut findings = Vec::new();
    for (name, allowed) in arrows {
        let package = packages.iter().find(|package| package["name"] == name);
        let package = package.unwrap_or_else(|| panic!("{name} is a member"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let dependency = dependency["name"].as_str().unwrap();
            if dependency.starts_with("fundlink") && !allowed.contains(&dependency) {
                findings.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    report("arrows between crates that must not be:", &findings);
}

#[test]
fn versions_and_lints_stand_in_one_place() {
    let mut findings = Vec::new();
    for package in packages() {
        let path = PathBuf::from(package["manifest_path"].as_str().unwrap());
        let manifest = fs::read_to_string(&path).unwrap();
        let name = package["name"].as_str().unwrap();
        if !manifest.contains("[lints]\nworkspace = true") {
            findings.push(format!("{name}: takes the workspace's lints"));
        }
        let dependencies = manifest.lines().skip_while(|line| !line.contains("dependencies]"));
        let versions = dependencies.filter(|line| {
            line.contains("version =")
                || line
                    .split_once(" = \"")
                    .is_some_and(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()))
        });
        findings.extend(versions.map(|line| format!("{name}: {line}")));
    }
    report("what belongs into the manifest of the workspace:", &findings);
}

#[test]
fn protocol_has_no_io_in_its_tree() {
    let tree = cargo(&[
        "tree",
        "--offline",
        "-p",
        "fundlink-protocol",
        "-e",
        "normal",
        "--prefix",
        "none",
    ]);
    let banned = [
        "tokio",
        "async-std",
        "futures",
        "libp2p",
        "sled",
        "redb",
        "axum",
        "hyper",
        "mio",
        "socket2",
        "getrandom",
        "rand",
        "rustix",
        "nix",
        "rayon",
        "parking_lot",
        "tracing",
        "log",
    ];
    let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let found: Vec<String> = tree
        .lines()
        .map(name)
        .filter(|name| {
            banned.iter().any(|banned| name == banned || name.starts_with(&format!("{banned}-")))
        })
        .collect();
    report("crates with IO under fundlink-protocol:", &found);
    assert!(tree.lines().any(|line| line.starts_with("ed25519-dalek ")), "the tree is there");
}
