//! `fundlink net`: the network, its members and their keys.
//!
//! **Promises.** What needs no running node works without one: making a network, asking to be
//! admitted, joining. What changes the roster goes through the authority's running node.
//! **Left to others.** The rules of a roster: `fundlink_protocol::roster`.

use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};
use crate::output::Output;

mod change;
mod files;
mod keys;
mod setup;
pub(super) mod show;

/// Arguments of `fundlink net`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Make a network: the authority's first step, before its node runs
    Create(setup::CreateArguments),
    /// Write the enrolment with which a new member asks the authority to be admitted
    Enrol(setup::EnrolArguments),
    /// Admit the member that wrote an enrolment, and write the file with which it joins
    Admit(change::AdmitArguments),
    /// Join the network of a join file, before the node runs for the first time
    Join(setup::JoinArguments),
    /// Show the roster: members, keys, addresses
    Show(show::Arguments),
    /// Write the file with which a new member joins
    JoinFile {
        /// Where to write it; `-` is standard output
        #[arg(long, short, value_name = "FILE", default_value = "-")]
        out: PathBuf,
    },
    /// Suspend a member: it finishes what was accepted, and starts and asks nothing
    Suspend(change::MemberArguments),
    /// Let a suspended member do everything again
    Reinstate(change::MemberArguments),
    /// Cut off a member at once and for good
    Revoke(change::RevokeArguments),
    /// Make a new key of this member and ask the authority to list it beside the old one
    Rotate(keys::RotateArguments),
    /// Give a member another name, as when a center was renamed; it stays the same member
    Rename(change::RenameArguments),
    /// Set where a member can be dialled
    Addresses(change::AddressesArguments),
    /// Set who witnesses the logs
    Witnesses(change::WitnessesArguments),
    /// Open lending once the witnesses are complete: from then on they change one by one, a day apart
    OpenLending,
    /// Open the next log of a member whose log was found lying, or that restored a backup
    NextLog(change::MemberArguments),
    /// Sign the roster anew for another 30 days
    Renew,
}

/// Runs a command about the network.
///
/// # Errors
/// Why it was not done.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    match arguments {
        Arguments::Create(create) => setup::create(create, config, output),
        Arguments::Enrol(enrol) => setup::enrol(enrol, config, output),
        Arguments::Join(join) => setup::join(join, config, output),
        Arguments::Admit(admit) => change::admit(admit, config, output),
        Arguments::Show(show) => show::run(*show, config, output),
        Arguments::JoinFile { out } => change::join_file(out, config, output),
        Arguments::Suspend(member) => change::suspend(member, config, output),
        Arguments::Reinstate(member) => change::reinstate(member, config, output),
        Arguments::Revoke(revoke) => change::revoke(revoke, config, output),
        Arguments::Rotate(rotate) => keys::rotate(rotate, config, output),
        Arguments::Rename(rename) => change::rename(rename, config, output),
        Arguments::Addresses(addresses) => change::addresses(addresses, config, output),
        Arguments::Witnesses(witnesses) => change::witnesses(witnesses, config, output),
        Arguments::OpenLending => change::open_lending(config, output),
        Arguments::NextLog(member) => change::next_log(member, config, output),
        Arguments::Renew => change::renew(config, output),
    }
}
