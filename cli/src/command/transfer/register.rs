//! `fundlink transfer register` and `fundlink transfer advance`: letters of the national platform and
//! on paper, which this network does not carry (登记).
//!
//! **Promises.** The person comes by prompt, file or standard input; amounts come by file. Neither is
//! ever an argument.
//! **Left to others.** What a registered transfer blocks: the node.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fundlink_node::control::api::registrations::{Advance, Amounts, Register, Step};
use fundlink_node::control::api::transfers::{PrivateText, Transfer};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Date;
use fundlink_protocol::transfer::channel::Channel;
use fundlink_protocol::transfer::registered::RegisteredState;

use super::show;
use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::subject::{SubjectArgument, Wanted};
use crate::value_parser;

/// Arguments of `fundlink transfer register`.
#[derive(Debug, clap::Args)]
pub(crate) struct RegisterArguments {
    /// Whether the account goes out of this center or comes in
    #[arg(long, value_parser = ["out", "in"])]
    direction: String,
    /// The channel that carries it
    #[arg(long, value_parser = Channel::ALL.iter().map(|channel| channel.name()).collect::<Vec<_>>())]
    channel: String,
    /// The number of the letter; it begins with the code of the transfer-in center
    #[arg(long, value_name = "NUMBER")]
    letter: String,
    /// The other center; it need not be a member of this network
    #[arg(long, value_name = "CODE", value_parser = value_parser::center)]
    other: CenterCode,
    /// How far it has gone
    #[arg(long, value_parser = states(), default_value = RegisteredState::Registered.name())]
    state: String,
    #[command(flatten)]
    money: Money,
    #[command(flatten)]
    operator: OperatorArgument,
    #[command(flatten)]
    subject: SubjectArgument,
}

/// Arguments of `fundlink transfer advance`.
#[derive(Debug, clap::Args)]
pub(crate) struct AdvanceArguments {
    /// The number of its letter, or its id
    transfer: String,
    /// How far it has gone
    #[arg(value_parser = states())]
    state: String,
    #[command(flatten)]
    money: Money,
    #[command(flatten)]
    operator: OperatorArgument,
}

/// When it went that far, and what moved.
#[derive(Debug, clap::Args)]
struct Money {
    /// The business date; by default today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = value_parser::date)]
    on: Option<Date>,
    /// A CSV file with OrAcctAmt (principal), Yinter (interest) and if need be TranAmt (their sum), in
    /// yuan; `-` is standard input
    #[arg(long, value_name = "FILE")]
    amounts_file: Option<PathBuf>,
}

fn states() -> Vec<&'static str> {
    RegisteredState::ALL.iter().map(|state| state.name()).collect()
}

/// Registers a transfer.
///
/// # Errors
/// When the person or the amounts are not well given, or the node refuses.
pub(super) fn register(
    arguments: &RegisterArguments,
    node: &Node,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let is_stdin = |path: &Path| path.as_os_str() == "-";
    let amounts_from_stdin = arguments.money.amounts_file.as_deref().is_some_and(is_stdin);
    if amounts_from_stdin && arguments.subject.reads_stdin() {
        return Err(Failure::usage(language.stdin_twice()));
    }
    let step = arguments.money.step(&arguments.state, language)?;
    let subjects = arguments.subject.read(Wanted::PersonWithAccount, output)?;
    let subject = subjects.first().ok_or_else(|| Failure::usage(language.no_subject()))?;
    let account = subject.account.as_ref();
    let account = account.ok_or_else(|| Failure::usage(language.no_account()))?;
    let wanted = Register {
        operator: arguments.operator.operator.clone(),
        side: arguments.direction.clone(),
        channel: arguments.channel.clone(),
        number: arguments.letter.clone(),
        other: arguments.other.to_string(),
        person: subject.to_api(),
        account: PrivateText(account.as_str().to_owned()),
        step,
    };
    let transfer: Transfer = node.post("/v1/transfers/register", &wanted)?;
    show::show(&transfer, output);
    output.value(&transfer);
    Ok(Exit::Done)
}

/// Takes a registered transfer one step on.
///
/// # Errors
/// When the amounts are not well given, or the node refuses.
pub(super) fn advance(
    arguments: &AdvanceArguments,
    node: &Node,
    output: &Output,
) -> Result<Exit, Failure> {
    let wanted = Advance {
        operator: arguments.operator.operator.clone(),
        step: arguments.money.step(&arguments.state, output.language)?,
    };
    let path = format!("/v1/transfers/{}/advance", arguments.transfer);
    let transfer: Transfer = node.post(&path, &wanted)?;
    show::show(&transfer, output);
    output.value(&transfer);
    Ok(Exit::Done)
}

impl Money {
    fn step(&self, state: &str, language: Language) -> Result<Step, Failure> {
        let amounts = self.amounts_file.as_deref().map(|path| read_amounts(path, language));
        Ok(Step {
            state: state.to_owned(),
            on: self.on.map(|on| on.to_string()),
            amounts: amounts.transpose()?,
        })
    }
}

/// Bytes of a file of amounts: one row.
const FILE_BYTES_MAX: u64 = 4 * 1024;

fn read_amounts(path: &Path, language: Language) -> Result<Amounts, Failure> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(FILE_BYTES_MAX).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::usage(language.cannot_read(path.display(), error)))?;
    parse_amounts(&text, language)
}

/// Reads one row of amounts; an error names the column and never the value.
fn parse_amounts(text: &str, language: Language) -> Result<Amounts, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let not_csv = |_| Failure::usage(language.amounts_not_csv());
    let headers = reader.headers().map_err(not_csv)?.clone();
    let rows: Vec<csv::StringRecord> =
        reader.records().collect::<Result<_, _>>().map_err(not_csv)?;
    let [row] = rows.as_slice() else { return Err(Failure::usage(language.amounts_not_csv())) };
    let amount = |column: &str| -> Result<Option<Fen>, Failure> {
        let place = headers.iter().position(|header| header.eq_ignore_ascii_case(column));
        let Some(cell) = place.and_then(|place| row.get(place)) else { return Ok(None) };
        let amount = Fen::parse(cell);
        amount.map(Some).map_err(|_| Failure::usage(language.amounts_value(column)))
    };
    let needed = |column: &str| {
        amount(column)?.ok_or_else(|| Failure::usage(language.amounts_column_missing(column)))
    };
    let (principal, interest) = (needed("OrAcctAmt")?, needed("Yinter")?);
    let total = amount("TranAmt")?;
    if total.is_some_and(|total| Some(total) != principal.checked_add(interest)) {
        return Err(Failure::usage(language.amounts_sum()));
    }
    Ok(Amounts { principal: principal.to_string(), interest: interest.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Amounts, Failure> {
        parse_amounts(text, Language::English)
    }

    #[test]
    fn amounts_are_principal_and_interest_in_yuan() {
        let amounts = read("oracctamt,Yinter,TranAmt\n43758.38,527.46,44285.84\n").unwrap();
        assert_eq!((amounts.principal.as_str(), amounts.interest.as_str()), ("43758.38", "527.46"));
    }

    #[test]
    fn an_error_names_the_column_and_never_the_value() {
        for (text, named) in [
            ("OrAcctAmt\n43758.38\n", "Yinter"),
            ("OrAcctAmt,Yinter\n43758.381,527.46\n", "OrAcctAmt"),
            ("OrAcctAmt,Yinter,TranAmt\n43758.38,527.46,44285.85\n", "TranAmt"),
            ("OrAcctAmt,Yinter\n", "one row"),
        ] {
            let Err(failure) = read(text) else { panic!("{text} was taken") };
            assert!(failure.message.contains(named), "{}", failure.message);
            assert!(!failure.message.contains("43758"), "{}", failure.message);
        }
    }
}
