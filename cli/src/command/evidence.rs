//! `fundlink evidence`: files that prove, offline, who said what and when.
//!
//! **Promises.** `verify` needs neither a node nor a network nor a store; it demands witnessed proofs
//! unless told otherwise, and says by which root keys it believed.
//! **Left to others.** Verifying: `fundlink_protocol::evidence`.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use fundlink_node::control::api::evidence::{Evidence, EvidenceOf};
use fundlink_node::evidence_file::{self, ContainerFault, EvidenceFileError};
use fundlink_protocol::evidence::{
    self, Demand, EvidenceFault, FaultReason, PageLanguage, Parts, Report, names,
};
use fundlink_protocol::roster::enrolment::Fingerprint;
use fundlink_protocol::roster::join_file::JoinFile;
use serde_json::{Value, json};

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;

/// Arguments of `fundlink evidence`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Write an evidence file from what this node holds
    Export(ExportArguments),
    /// Verify an evidence file, without a node and without a network
    Verify(VerifyArguments),
}

/// Arguments of `fundlink evidence export`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    of: Of,
    /// Where to write the file
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

/// What is to be proved.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Of {
    /// Every question and answer of a dossier
    #[arg(long, value_name = "ID")]
    dossier: Option<String>,
    /// Every statement of a transfer
    #[arg(long, value_name = "LETTER-OR-ID")]
    transfer: Option<String>,
    /// One statement, by its hash; an answer comes with its question
    #[arg(long, value_name = "HASH")]
    statement: Option<String>,
    /// A certificate that this center has issued or got, with its receipt
    #[arg(long, value_name = "NUMBER")]
    certificate: Option<String>,
    /// A loan of this center, as it was last published
    #[arg(long, value_name = "CONTRACT")]
    loan: Option<String>,
    /// An account of this center, as it was last published; its number is asked for
    #[arg(long)]
    account: bool,
}

/// Arguments of `fundlink evidence verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArguments {
    /// The evidence file
    file: PathBuf,
    /// Believe the root keys of this join file, and no others
    #[arg(long, value_name = "FILE")]
    join_file: Option<PathBuf>,
    /// Believe root keys with this fingerprint, and no others
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "join_file")]
    fingerprint: Option<String>,
    /// How far everything must be proved
    #[arg(long, value_enum, default_value_t = Proof::Witnessed)]
    proof: Proof,
}

/// How far everything must be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Proof {
    /// By signatures alone; when something was said is its sender's word
    Signed,
    /// Under a checkpoint that its log has signed
    Logged,
    /// Under a checkpoint that a quorum of witnesses has cosigned
    Witnessed,
}

/// Exports or verifies evidence.
///
/// # Errors
/// When something cannot be collected or read, or does not verify.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    match arguments {
        Arguments::Export(export) => {
            self::export(export, &Node::of(config, output.language)?, output)
        }
        Arguments::Verify(verify) => self::verify(verify, output),
    }
}

fn export(arguments: &ExportArguments, node: &Node, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let wanted = wanted(&arguments.of, language)?;
    let evidence: Evidence = node.post("/v1/evidence", &wanted)?;
    let parts = evidence
        .parts()
        .ok_or_else(|| Failure::usage(language.answer_not_understood("a part is not base64")))?;
    let packed = evidence_file::pack(&parts).map_err(Failure::usage)?;
    let written = fs::File::create_new(&arguments.out)
        .and_then(|mut file| file.write_all(&packed).and_then(|()| file.sync_all()));
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return Failure::usage(language.out_exists(arguments.out.display()));
        }
        Failure::usage(language.cannot_write(arguments.out.display(), error))
    })?;
    output.line(language.evidence_written(arguments.out.display(), parts.len(), packed.len()));
    // What was just written is verified at once, so that nobody carries away a file that is no use.
    let report = evidence::verify(&parts, None, Demand::Witnessed);
    if let Err(fault) = &report {
        output.line(language.evidence_not_yet(&fault.part, reason_of(fault, language)));
    }
    output.value(&json!({
        "file": arguments.out,
        "parts": parts.keys().collect::<Vec<_>>(),
        "witnessed": report.is_ok(),
    }));
    Ok(if report.is_ok() { Exit::Done } else { Exit::Partial })
}

/// Bytes of a typed line.
const LINE_BYTES_MAX: u64 = 1024;

fn wanted(of: &Of, language: Language) -> Result<EvidenceOf, Failure> {
    if let Some(id) = of.dossier.clone() {
        return Ok(EvidenceOf::Dossier { id });
    }
    if let Some(transfer) = of.transfer.clone() {
        return Ok(EvidenceOf::Transfer { transfer });
    }
    if let Some(hash) = of.statement.clone() {
        return Ok(EvidenceOf::Statement { hash });
    }
    if let Some(number) = of.certificate.clone() {
        return Ok(EvidenceOf::Certificate { number });
    }
    if let Some(contract) = of.loan.clone() {
        return Ok(EvidenceOf::Loan { contract });
    }
    let mut number = String::new();
    if io::stdin().is_terminal() {
        number = rpassword::prompt_password(language.ask_account()).map_err(Failure::usage)?;
    } else {
        io::stdin().lock().take(LINE_BYTES_MAX).read_line(&mut number).map_err(Failure::usage)?;
    }
    Ok(EvidenceOf::Account { number: number.trim().to_owned() })
}

fn verify(arguments: &VerifyArguments, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let parts = evidence_file::read(&arguments.file).map_err(|error| match error {
        EvidenceFileError::Io(error) => {
            Failure::usage(language.cannot_read(arguments.file.display(), error))
        }
        EvidenceFileError::Container(fault) => Failure {
            code: Some(fault.reason.code().to_owned()),
            ..Failure::new(Exit::Unverified, language.evidence_is_not_one(said(&fault, language)))
        },
    })?;
    let demand = match arguments.proof {
        Proof::Signed => Demand::Signed,
        Proof::Logged => Demand::Logged,
        Proof::Witnessed => Demand::Witnessed,
    };
    let report = prove(arguments, &parts, demand, language)?;
    output.line(evidence::page_text(&report, page_language(language)).trim_end());
    output.line("");
    if report.anchor_is_known {
        output.line(language.evidence_by_known(report.fingerprint));
    } else {
        output.line(language.evidence_by_unknown(report.fingerprint));
    }
    output.value(&report_json(&report));
    Ok(Exit::Done)
}

/// What is wrong with a file, in one line.
fn said(fault: &ContainerFault, language: Language) -> String {
    match language {
        Language::English => fault.english(),
        Language::Chinese => fault.chinese(),
    }
}

fn prove(
    arguments: &VerifyArguments,
    parts: &Parts,
    demand: Demand,
    language: Language,
) -> Result<Report, Failure> {
    let unverified = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Unverified, language.evidence_is_not_one(error))
    };
    let known = match &arguments.join_file {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::usage(language.cannot_read(path.display(), error)))?;
            let file = JoinFile::from_text(&text).map_err(Failure::usage)?;
            file.open().map_err(|error| unverified(&error))?;
            Some(file.anchor)
        }
    };
    let verified = evidence::verify(parts, known.as_ref(), demand);
    let mut report = verified.map_err(|fault| Failure {
        code: Some(fault.reason.code().to_owned()),
        ..Failure::new(
            Exit::Unverified,
            language.evidence_fails(&fault.part, reason_of(&fault, language)),
        )
    })?;
    if let Some(expected) = &arguments.fingerprint {
        let expected = Fingerprint::parse(expected).map_err(Failure::usage)?;
        if expected != report.fingerprint {
            return Err(Failure {
                code: Some(FaultReason::Anchor.code().to_owned()),
                ..Failure::new(
                    Exit::Unverified,
                    language.evidence_fails(
                        names::ANCHOR,
                        language.evidence_of_other_roots(report.fingerprint),
                    ),
                )
            });
        }
        report.anchor_is_known = true;
    }
    Ok(report)
}

/// Why a part fails, in words.
fn reason_of(fault: &EvidenceFault, language: Language) -> String {
    match language {
        Language::English => fault.reason.to_string(),
        Language::Chinese => fault.reason.chinese().to_owned(),
    }
}

const fn page_language(language: Language) -> PageLanguage {
    match language {
        Language::English => PageLanguage::English,
        Language::Chinese => PageLanguage::Chinese,
    }
}

fn report_json(report: &Report) -> Value {
    let statements: Vec<Value> = report
        .statements
        .iter()
        .map(|statement| {
            json!({
                "part": statement.part,
                "kind": statement.kind.name(),
                "from": statement.from.to_string(),
                "to": statement.to.map(|to| to.to_string()),
                "issued_at": statement.issued_at.to_string(),
                "hash": statement.hash.to_string(),
                "roster": statement.roster,
                "key": statement.verified.key().to_string(),
                "witnessed_at": statement.proof.witnessed_at.map(|at| at.to_string()),
            })
        })
        .collect();
    let leaves: Vec<Value> = report
        .leaves
        .iter()
        .map(|leaf| {
            json!({
                "part": leaf.part,
                "log": leaf.log.to_string(),
                "index": leaf.index.get(),
                "record": leaf.opened_by,
                "witnessed_at": leaf.proof.witnessed_at.map(|at| at.to_string()),
            })
        })
        .collect();
    json!({
        "verified": true,
        "network": report.anchor.network.to_string(),
        "fingerprint": report.fingerprint.to_string(),
        "root_keys_known": report.anchor_is_known,
        "rosters": report.rosters.iter().map(|roster| roster.version).collect::<Vec<_>>(),
        "statements": statements,
        "leaves": leaves,
    })
}
