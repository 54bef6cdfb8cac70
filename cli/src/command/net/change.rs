//! What the authority changes in the roster, through its running node.

use std::path::{Path, PathBuf};

use fundlink_node::control::api::net::{Change, Roster};
use fundlink_protocol::center::CenterCode;
use serde_json::json;

use super::files;
use super::show;
use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::value_parser;

/// Arguments of `fundlink net admit`.
#[derive(Debug, clap::Args)]
pub(crate) struct AdmitArguments {
    /// The enrolment; `-` is standard input
    file: PathBuf,
    /// What the applicant has read out, over another channel than the one the file came by
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: String,
    /// Do not let the member witness the logs of others
    #[arg(long)]
    no_witness: bool,
    /// Where to write the join file for the new member; `-` is standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Which member.
#[derive(Debug, clap::Args)]
pub(crate) struct MemberArguments {
    /// The member's code
    #[arg(value_parser = value_parser::center)]
    center: CenterCode,
}

/// Arguments of `fundlink net revoke`.
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArguments {
    /// The member's code
    #[arg(value_parser = value_parser::center)]
    center: CenterCode,
    /// The center that takes over its open transfers
    #[arg(long, value_name = "CODE", value_parser = value_parser::center)]
    takeover: CenterCode,
    /// Its keys may be in other hands: what no witness saw before is unproven
    #[arg(long)]
    compromised: bool,
}

/// Arguments of `fundlink net addresses`.
#[derive(Debug, clap::Args)]
pub(crate) struct AddressesArguments {
    /// The member's code
    #[arg(value_parser = value_parser::center)]
    center: CenterCode,
    /// Its multiaddresses
    #[arg(required = true, value_name = "MULTIADDRESS")]
    addresses: Vec<String>,
}

/// Arguments of `fundlink net rename`.
#[derive(Debug, clap::Args)]
pub(crate) struct RenameArguments {
    /// The member's code
    #[arg(value_name = "CODE", value_parser = value_parser::center)]
    center: CenterCode,
    /// Its new name
    name: String,
}

/// Arguments of `fundlink net witnesses`.
#[derive(Debug, clap::Args)]
pub(crate) struct WitnessesArguments {
    /// The codes of all who witness
    #[arg(required = true, value_name = "CODE", value_parser = value_parser::center)]
    centers: Vec<CenterCode>,
}

/// Admits a member, and writes its join file.
///
/// # Errors
/// When the file holds no enrolment, or the authority's node refuses.
pub(super) fn admit(
    arguments: &AdmitArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let text = files::read(&arguments.file, language)?;
    let enrolment = files::enrolment_in(&text)
        .ok_or_else(|| Failure::usage(language.no_enrolment(arguments.file.display())))?;
    let node = Node::of(config, language)?;
    let change = Change::Admit {
        enrolment,
        fingerprint: arguments.fingerprint.clone(),
        witness: !arguments.no_witness,
    };
    let roster: Roster = node.post("/v1/net/changes", &change)?;
    if let Some(out) = &arguments.out {
        files::write(out, &node.get_text("/v1/net/join-file")?, language)?;
        output.note(language.join_file_written(out.display()));
    }
    show::changed(&roster, output)
}

/// Writes the join file of the network.
///
/// # Errors
/// When the node does not run, or the file cannot be written.
pub(super) fn join_file(out: &Path, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let text = Node::of(config, language)?.get_text("/v1/net/join-file")?;
    if out.as_os_str() == "-" && output.is_json() {
        output.value(&json!({ "join_file": text }));
    } else {
        files::write(out, &text, language)?;
        output.value(&json!({ "written": out }));
    }
    Ok(Exit::Done)
}

/// Suspends a member.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn suspend(
    arguments: &MemberArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    make(&Change::Suspend { center: arguments.center.to_string() }, config, output)
}

/// Reinstates a member.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn reinstate(
    arguments: &MemberArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    make(&Change::Reinstate { center: arguments.center.to_string() }, config, output)
}

/// Revokes a member.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn revoke(
    arguments: &RevokeArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let change = Change::Revoke {
        center: arguments.center.to_string(),
        takeover: arguments.takeover.to_string(),
        compromised: arguments.compromised,
    };
    make(&change, config, output)
}

/// Gives a member another name.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn rename(
    arguments: &RenameArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let (center, name) = (arguments.center.to_string(), arguments.name.clone());
    make(&Change::Rename { center, name }, config, output)
}

/// Sets a member's addresses.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn addresses(
    arguments: &AddressesArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let change = Change::Addresses {
        center: arguments.center.to_string(),
        addresses: arguments.addresses.clone(),
    };
    make(&change, config, output)
}

/// Sets who witnesses.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn witnesses(
    arguments: &WitnessesArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let centers = arguments.centers.iter().map(ToString::to_string).collect();
    make(&Change::Witnesses { centers }, config, output)
}

/// Opens lending.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn open_lending(config: &Path, output: &Output) -> Result<Exit, Failure> {
    make(&Change::OpenLending, config, output)
}

/// Opens the next log of a member.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn next_log(
    arguments: &MemberArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    make(&Change::NextLog { center: arguments.center.to_string() }, config, output)
}

/// Signs the roster anew.
///
/// # Errors
/// When the authority's node refuses.
pub(super) fn renew(config: &Path, output: &Output) -> Result<Exit, Failure> {
    make(&Change::Renew, config, output)
}

fn make(change: &Change, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    let roster: Roster = node.post("/v1/net/changes", change)?;
    show::changed(&roster, output)
}
