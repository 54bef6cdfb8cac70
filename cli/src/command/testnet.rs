//! `fundlink testnet`: a whole province on this machine, and a tour of what it is for.
//!
//! **Promises.** The exit code is 0 only when every step showed what it is there to show. However it
//! ends, no process of the province is left.
//! **Left to others.** What is played: `fundlink_testnet::tour`. Words: `text`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fundlink_node::clock;
use fundlink_node::termination::Termination;
use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::money::Fen;
use fundlink_testnet::bank::{Bank, BankServer, Behaviour};
use fundlink_testnet::province::Scale;
use fundlink_testnet::tour::report::{Report, Step};
use fundlink_testnet::tour::{Plan, TODAY, Teller, Tour, TourError};
use serde_json::json;
use tokio::runtime;
use tokio::time::Instant;

use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;

mod story;

use story::Story;

/// Arguments of `fundlink testnet`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    /// The folder for everything; an earlier testnet in it is cleared
    #[arg(long, value_name = "FOLDER", default_value = "fundlink-testnet")]
    dir: PathBuf,
    /// What everything is drawn from: the same seed makes the same province
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How large, 0.001 to 100; 1 is about 10,000 persons a city
    #[arg(long, default_value = "1")]
    scale: String,
    /// End after the tour, with an exit code
    #[arg(long)]
    once: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

/// A part of the testnet that runs alone.
#[derive(Debug, clap::Subcommand)]
enum Part {
    /// Run the simulated bank alone, for nodes that are set up by hand
    Bank(BankArguments),
}

/// Arguments of `fundlink testnet bank`.
#[derive(Debug, clap::Args)]
struct BankArguments {
    /// Where it listens, on loopback
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7700")]
    listen: SocketAddr,
    /// A special account that is open from the start; may be given again
    #[arg(long = "account", value_name = "NUMBER:NAME:YUAN", value_parser = SpecialAccount::parse)]
    accounts: Vec<SpecialAccount>,
}

/// A special account (专户) that the bank opens with.
#[derive(Clone, Debug)]
struct SpecialAccount {
    number: CorporateAccount,
    name: String,
    balance: Fen,
}

impl SpecialAccount {
    fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        let (Some(number), Some(name), Some(balance)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(
                "an account is NUMBER:NAME:YUAN, such as 1402000001:datong:1000000.00".into()
            );
        };
        let number = CorporateAccount::parse(number).map_err(|error| error.to_string())?;
        let balance = Fen::parse(balance).map_err(|error| error.to_string())?;
        Ok(Self { number, name: name.to_owned(), balance })
    }
}

/// Plays the tour, or runs the bank.
///
/// # Errors
/// When a step fails, or the bank cannot listen.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<Exit, Failure> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::usage)?;
    match &arguments.part {
        Some(Part::Bank(bank)) => runtime.block_on(serve_bank(bank, output)),
        None => runtime.block_on(play(arguments, output)),
    }
}

async fn serve_bank(arguments: &BankArguments, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    if !arguments.listen.ip().is_loopback() || arguments.listen.is_ipv6() {
        return Err(Failure::usage(language.tour_bank_loopback()));
    }
    let mut termination = Termination::listen().map_err(Failure::usage)?;
    let mut bank = Bank::new(Behaviour::default());
    for SpecialAccount { number, name, balance } in &arguments.accounts {
        bank.open(number.clone(), name.clone(), *balance);
    }
    let server = BankServer::start(bank, Arc::new(clock::wall_time), arguments.listen.port());
    let server = server.await.map_err(Failure::usage)?;
    output.line(language.tour_bank_listens(server.url()));
    output.value(&json!({ "url": server.url() }));
    termination.signalled().await;
    server.stop().await.map_err(Failure::usage)?;
    Ok(Exit::Done)
}

async fn play(arguments: &Arguments, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let mut termination = Termination::listen().map_err(Failure::usage)?;
    let plan = plan(arguments)?;
    let (year, month, day) = TODAY;
    let today = format!("{year}-{month:02}-{day:02}");
    output.line(language.tour_heading(plan.seed, &arguments.scale, today));
    let begun = Instant::now();
    let mut story = Story::new(*output);
    let mut tell = |report: Report| story.tell(&report);
    let mut teller = Teller::new(&mut tell);
    let tour = tokio::select! {
        begun = Tour::begin(&plan, &mut teller) => begun,
        // What was started ends with what is dropped here.
        () = termination.signalled() => {
            output.note(language.tour_stopped_early());
            return Ok(Exit::Partial);
        }
    };
    let mut tour = tour.map_err(|error| failure(&error, language))?;
    let played = tokio::select! {
        played = tour.play(&mut teller) => Some(played),
        () = termination.signalled() => None,
    };
    story.finish();
    let outcome = match played {
        None => Ok(Exit::Partial),
        Some(Err(error)) => Err(failure(&error, language)),
        Some(Ok(())) => {
            output.line(language.tour_done(seconds(begun.elapsed())));
            story::show_places(&tour, &plan.folder, output);
            output.value(&story.summary());
            if arguments.once {
                Ok(Exit::Done)
            } else {
                stay(&mut tour, &mut termination, output).await
            }
        }
    };
    let stopped = tour.stop().await.map_err(|error| Failure::new(Exit::Refused, error));
    if stopped.is_ok() && !arguments.once {
        output.note(language.tour_stopped_early());
    }
    outcome.and_then(|exit| stopped.map(|()| exit))
}

/// Stays up until somebody has enough, or a node ends by itself.
async fn stay(
    tour: &mut Tour,
    termination: &mut Termination,
    output: &Output,
) -> Result<Exit, Failure> {
    output.line(output.language.tour_stays());
    tokio::select! {
        ended = tour.watch() => Err(Failure::new(Exit::Refused, ended)),
        () = termination.signalled() => Ok(Exit::Done),
    }
}

fn plan(arguments: &Arguments) -> Result<Plan, Failure> {
    let scale = Scale::parse(&arguments.scale).map_err(Failure::usage)?;
    let binary = std::env::current_exe().map_err(Failure::usage)?;
    let folder = absolute(&arguments.dir)?;
    Ok(Plan { binary, folder, seed: arguments.seed, scale })
}

fn absolute(folder: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(folder).map_err(Failure::usage)
}

fn failure(error: &TourError, language: Language) -> Failure {
    let step = step_name(error.step, language);
    Failure::new(Exit::Refused, language.tour_failed(step, &error.cause))
}

fn step_name(step: Step, language: Language) -> String {
    match step {
        Step::Province => language.tour_step_province(),
        Step::Network => language.tour_step_network(),
        Step::Import => language.tour_step_import(),
        Step::Roots => language.tour_step_roots(),
        Step::LoanCheck => language.tour_step_loan_check(),
        Step::Transfers => language.tour_step_transfers(),
        Step::Refusals => language.tour_step_refusals(),
        Step::SecondLoan => language.tour_step_second_loan(),
        Step::Evidence => language.tour_step_evidence(),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}
