//! The arguments of the command, as clap reads them.
//!
//! **Promises.** Nothing is done before all arguments are understood; an argument that looks like a
//! personal number stops everything ([`crate::argument_guard`]).
//! **Left to others.** What the commands do: [`crate::command`].

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::command::{
    access, alerts, ask, backup, certificate, completions, config, data, doctor, evidence, fsck,
    init, loan, log, manual, mode, net, recovery, run, status, testnet, transfer, withdrawal,
};
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::{argument_guard, help};

/// The inter-city exchange network for housing provident funds
#[derive(Debug, Parser)]
#[command(name = "fundlink", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The node's configuration file, or the folder it stands in
    #[arg(long, short, global = true, env = "FUNDLINK_CONFIG", hide_env = true)]
    #[arg(value_name = "PATH", default_value = "fundlink.toml")]
    config: PathBuf,
    /// The language; by default that of the locale
    #[arg(long, global = true, value_name = "LANGUAGE")]
    lang: Option<Language>,
    /// Write JSON for programs; money as decimal strings of yuan
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set up a member: keys, and a configuration with comments
    Init(init::Arguments),
    /// Run the node until it is told to stop
    Run(run::Arguments),
    /// Show how the running node stands
    Status(status::Arguments),
    /// Look for what stands in the way: clock, disk, keys, connections both ways, roster, witnesses
    Doctor(doctor::Arguments),
    /// Check the store of a stopped node as a whole, and repair it if asked to
    Fsck(fsck::Arguments),
    /// The network, its members and their keys
    #[command(subcommand)]
    Net(net::Arguments),
    /// Check or import the records of the core system
    #[command(subcommand)]
    Data(data::Arguments),
    /// Ask one center about a person or a household
    Ask(ask::AskArguments),
    /// Ask every center that may hold something about a household, and say what follows for a loan
    Dossier(ask::DossierArguments),
    /// Tell a person who asked about them, here and in every city, with proofs
    Access(access::AccessArguments),
    /// Accounts that move between cities
    #[command(subcommand)]
    Transfer(transfer::Arguments),
    /// Deposit certificates for off-site loans, and their receipts
    #[command(subcommand)]
    Certificate(certificate::Arguments),
    /// Loan applications: one household, one payout, in all cities
    #[command(subcommand)]
    Loan(loan::Arguments),
    /// Withdrawals for a property
    #[command(subcommand)]
    Withdrawal(withdrawal::Arguments),
    /// Show the sums of the embedded ledger
    Ledger,
    /// Files that prove, offline, who said what and when
    #[command(subcommand)]
    Evidence(evidence::Arguments),
    /// Copy the store of the running node into one file
    Backup(backup::BackupArguments),
    /// Restore a backup into an empty data folder
    Restore(backup::RestoreArguments),
    /// What the node waits for after a start or a restore
    #[command(subcommand)]
    Recovery(recovery::Arguments),
    /// List what the watch over the logs has found
    Alerts(alerts::Arguments),
    /// The logs: checkpoints, proofs, entries
    #[command(subcommand)]
    Log(log::Arguments),
    /// Show or set what each service does by itself
    #[command(subcommand)]
    Mode(mode::Arguments),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Arguments),
    /// A whole province on this machine, and a tour of what it is for
    Testnet(testnet::Arguments),
    /// Write the completions for a shell
    Completions(completions::Arguments),
    /// Write a manual page for each command
    Manual(manual::Arguments),
}

impl Arguments {
    /// The language to speak.
    pub(crate) fn language(&self) -> Language {
        self.lang.unwrap_or_else(|| Language::of_locale(|name| std::env::var_os(name)))
    }

    /// The configuration file.
    pub(crate) fn config_file(&self) -> PathBuf {
        if self.config.is_dir() { self.config.join("fundlink.toml") } else { self.config.clone() }
    }
}

/// Why the arguments came to nothing: wrong ones, or help that was asked for.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The parser has something to say.
    Parser(Box<clap::Error>, Language),
    /// An argument looks like a personal number.
    PersonalNumber(Language),
}

impl Stopped {
    /// Says it, and gives the exit code.
    pub(crate) fn show(&self) -> ExitCode {
        match self {
            Self::Parser(error, language) => {
                match help::complaint(error, *language) {
                    Some(complaint) => Output::new(*language, false).note(complaint),
                    // A terminal that is gone cannot be told so.
                    None => drop(error.print()),
                }
                if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
            }
            Self::PersonalNumber(language) => Output::new(*language, false)
                .fail(&Failure::usage(language.personal_number_argument())),
        }
    }
}

/// Reads the arguments of the process.
///
/// # Errors
/// When they are not understood, hold a personal number, or ask for help.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, Stopped> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let language = Language::among(&arguments)
        .unwrap_or_else(|| Language::of_locale(|name| std::env::var_os(name)));
    if argument_guard::holds_personal_number(&arguments) {
        return Err(Stopped::PersonalNumber(language));
    }
    help::localized(Arguments::command(), language)
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches))
        .map_err(|error| Stopped::Parser(Box::new(error), language))
}
