//! The commands, one a file, and the way from arguments to the one that was asked for.
//!
//! **Promises.** A command that fails says why with its exit code; none ends the process itself, but for a node whose
//! store does.
//! **Left to others.** Words: `text`. Standard output: `output`.

use crate::args::{Arguments, Command};
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) mod access;
pub(crate) mod alerts;
pub(crate) mod ask;
pub(crate) mod backup;
pub(crate) mod certificate;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod data;
pub(crate) mod doctor;
pub(crate) mod evidence;
pub(crate) mod fsck;
pub(crate) mod init;
pub(crate) mod ledger;
pub(crate) mod loan;
pub(crate) mod log;
pub(crate) mod manual;
pub(crate) mod mode;
pub(crate) mod net;
mod own_process;
pub(crate) mod recovery;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod testnet;
pub(crate) mod transfer;
pub(crate) mod withdrawal;

/// Runs the command that was asked for.
///
/// # Errors
/// Why it was not done.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Init(init) => init::run(init, output),
        Command::Run(run) => run::run(*run, &arguments.config_file(), output),
        Command::Doctor(doctor) => doctor::run(doctor, &arguments.config_file(), output),
        Command::Fsck(fsck) => fsck::run(fsck, &arguments.config_file(), output),
        Command::Status(status) => status::run(status, &arguments.config_file(), output),
        Command::Net(net) => net::run(net, &arguments.config_file(), output),
        Command::Data(data) => data::run(data, &arguments.config_file(), output),
        Command::Ask(ask) => ask::ask(ask, &arguments.config_file(), output),
        Command::Dossier(dossier) => ask::dossier(dossier, &arguments.config_file(), output),
        Command::Access(access) => access::run(access, &arguments.config_file(), output),
        Command::Transfer(transfer) => transfer::run(transfer, &arguments.config_file(), output),
        Command::Certificate(certificate) => {
            certificate::run(certificate, &arguments.config_file(), output)
        }
        Command::Loan(loan) => loan::run(loan, &arguments.config_file(), output),
        Command::Withdrawal(withdrawal) => {
            withdrawal::run(withdrawal, &arguments.config_file(), output)
        }
        Command::Ledger => ledger::run(&arguments.config_file(), output),
        Command::Evidence(evidence) => evidence::run(evidence, &arguments.config_file(), output),
        Command::Backup(wanted) => backup::backup(wanted, &arguments.config_file(), output),
        Command::Restore(wanted) => backup::restore(wanted, &arguments.config_file(), output),
        Command::Recovery(recovery) => recovery::run(recovery, &arguments.config_file(), output),
        Command::Alerts(alerts) => alerts::run(alerts, &arguments.config_file(), output),
        Command::Log(log) => log::run(log, &arguments.config_file(), output),
        Command::Mode(mode) => mode::run(mode, &arguments.config_file(), output),
        Command::Config(config) => config::run(*config, &arguments.config_file(), output),
        Command::Testnet(testnet) => testnet::run(testnet, output),
        Command::Completions(completions) => Ok(completions::run(completions)),
        Command::Manual(manual) => manual::run(manual, output),
    }
}
