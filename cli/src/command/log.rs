//! `fundlink log`: the logs of this center and those that it follows.
//!
//! **Promises.** Checkpoints, proofs and policies are the texts of C2SP, byte for byte, so that other
//! tools can read what is written here. `verify` needs neither a node nor a network.
//! **Left to others.** What an entry commits to: evidence.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fundlink_node::control::api::logs::{Checkpoint, Entry, LogState, Proof};
use fundlink_protocol::log::policy::Policy;
use fundlink_protocol::log::tlog_proof::TlogProof;
use serde_json::json;

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Arguments of `fundlink log`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Show where every log stands: its own center's word, the copy here, the witnesses
    Follow,
    /// Write the latest checkpoint of a log, with its cosignatures
    Checkpoint {
        /// The log, such as 140100/1, or 140100/1/audit
        log: String,
    },
    /// Prove that an entry stands in a log: writes entry, proof and policy as three files
    Prove(ProveArguments),
    /// Verify a proof, without a node and without a network
    Verify(VerifyArguments),
    /// Show the last entries of a public log
    Tail(TailArguments),
}

/// Arguments of `fundlink log prove`.
#[derive(Debug, clap::Args)]
pub(crate) struct ProveArguments {
    /// The log, such as 140100/1
    log: String,
    /// The index of the leaf, from 0
    leaf: u64,
    /// Where to write: FILE.entry, FILE.tlog-proof and FILE.policy
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

/// Arguments of `fundlink log verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArguments {
    /// FILE of FILE.entry, FILE.tlog-proof and FILE.policy
    #[arg(required_unless_present_all = ["entry", "proof", "policy"])]
    file: Option<PathBuf>,
    /// The entry
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    /// The proof
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// The policy: which logs and witnesses are believed
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// Arguments of `fundlink log tail`.
#[derive(Debug, clap::Args)]
pub(crate) struct TailArguments {
    /// The log, such as 140100/1
    log: String,
    /// The first leaf to show; by default the last ones are shown
    #[arg(long, value_name = "LEAF")]
    from: Option<u64>,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    count: u16,
}

/// Runs a command about logs.
///
/// # Errors
/// When the node does not run or refuses, or a proof does not hold.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = || Node::of(config, output.language);
    match arguments {
        Arguments::Follow => follow(&node()?, output),
        Arguments::Checkpoint { log } => {
            let held: Checkpoint = node()?.get(&format!("/v1/logs/checkpoint?log={log}"))?;
            output.line(held.note.trim_end());
            output.value(&held);
            Ok(Exit::Done)
        }
        Arguments::Prove(prove) => write_proof(&node()?, prove, output),
        Arguments::Verify(files) => verify(files, output),
        Arguments::Tail(tail) => show_tail(&node()?, tail, output),
    }
}

fn follow(node: &Node, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let states: Vec<LogState> = node.get("/v1/logs")?;
    let mut table = Table::new([
        (language.log(), Align::Left),
        (language.entries(), Align::Right),
        (language.signed(), Align::Right),
        (language.witnessed(), Align::Right),
        (language.state(), Align::Left),
        (language.last_heard(), Align::Left),
    ]);
    for log in &states {
        table.row([
            log.log.clone(),
            log.size.to_string(),
            log.signed.to_string(),
            log.witnessed.to_string(),
            state(log, language),
            log.heartbeat.clone().unwrap_or_default(),
        ]);
    }
    output.table(&table);
    output.value(&states);
    let wrong = states.iter().any(|log| log.misfit || log.closed);
    Ok(if wrong { Exit::Unverified } else { Exit::Done })
}

fn state(log: &LogState, language: Language) -> String {
    if log.closed {
        language.log_two_faces()
    } else if log.misfit {
        language.log_misfit()
    } else if log.recovering {
        language.log_recovering()
    } else if log.current {
        language.log_current()
    } else {
        language.log_behind()
    }
}

fn write_proof(node: &Node, arguments: &ProveArguments, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let path = format!("/v1/logs/proof?log={}&leaf={}", arguments.log, arguments.leaf);
    let proof: Proof = node.get(&path)?;
    let entry = STANDARD.decode(&proof.entry).map_err(Failure::usage)?;
    let parts: [(&str, &[u8]); 3] = [
        ("entry", &entry),
        ("tlog-proof", proof.proof.as_bytes()),
        ("policy", proof.policy.as_bytes()),
    ];
    for (extension, bytes) in parts {
        write_new(&part(&arguments.out, extension), bytes, language)?;
    }
    output.line(language.proof_written(arguments.out.display()));
    if !proof.witnessed {
        output.line(language.proof_logged_only());
    }
    output.value(&proof);
    Ok(Exit::Done)
}

/// The file beside `path` with one more extension.
fn part(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

fn write_new(path: &Path, bytes: &[u8], language: Language) -> Result<(), Failure> {
    let written = fs::File::create_new(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return Failure::usage(language.out_exists(path.display()));
        }
        Failure::usage(language.cannot_write(path.display(), error))
    })
}

fn verify(arguments: &VerifyArguments, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let file = |given: &Option<PathBuf>, extension: &str| {
        let beside = || arguments.file.as_ref().map(|file| part(file, extension));
        let path = given.clone().or_else(beside).unwrap_or_default();
        fs::read(&path).map_err(|error| Failure::usage(language.cannot_read(path.display(), error)))
    };
    let entry = file(&arguments.entry, "entry")?;
    let proof = file(&arguments.proof, "tlog-proof")?;
    let policy = file(&arguments.policy, "policy")?;
    let wrong = |error: &dyn std::fmt::Display| Failure::new(Exit::Unverified, error);
    let proof = TlogProof::parse(&proof).map_err(|error| wrong(&error))?;
    let policy = Policy::parse(&policy).map_err(|error| wrong(&error))?;
    let accepted = proof.verify(&policy, &entry).map_err(|error| wrong(&error))?;
    let checkpoint = &accepted.checkpoint;
    let leaf = proof.index.get();
    output.line(language.proof_holds(leaf, &checkpoint.origin, checkpoint.size.get()));
    output.value(&json!({
        "verified": true,
        "leaf": leaf,
        "origin": checkpoint.origin.to_string(),
        "size": checkpoint.size.get(),
        "root": checkpoint.root.to_string(),
    }));
    Ok(Exit::Done)
}

fn show_tail(node: &Node, arguments: &TailArguments, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let mut path = format!("/v1/logs/tail?log={}&count={}", arguments.log, arguments.count);
    if let Some(from) = arguments.from {
        path.push_str(&format!("&from={from}"));
    }
    let entries: Vec<Entry> = node.get(&path)?;
    let mut table = Table::new([
        (language.leaf(), Align::Right),
        (language.digest(), Align::Left),
        (language.revision(), Align::Right),
        (language.date(), Align::Left),
        (language.commitment(), Align::Left),
    ]);
    for entry in &entries {
        let digest = entry.digest.as_ref();
        let text = |pick: fn(&fundlink_node::control::api::logs::Digest) -> String| {
            digest.map(pick).unwrap_or_default()
        };
        table.row([
            entry.leaf.to_string(),
            text(|digest| digest.status.clone()),
            text(|digest| digest.revision.to_string()),
            text(|digest| digest.date.clone()),
            text(|digest| digest.commitment.clone()),
        ]);
    }
    output.table(&table);
    output.value(&entries);
    Ok(Exit::Done)
}
