//! `model`: visits every way that a transfer can take, within bounds, and says how many there are and
//! that every promise holds in each, or which does not and the shortest way to see it.
//!
//! **Promises.** It ends with 0 only if every promise holds and every state leads to an end.
//! **Left to others.** The model: `fundlink_tests::model`.

#![expect(clippy::print_stdout, reason = "a command shows what it has found")]

use std::process::ExitCode;

use clap::Parser;
use fundlink_tests::model::{Bounds, visit};

/// Visit every way that a transfer between two centers can take, and try every promise in each state
#[derive(Debug, Parser)]
#[command(
    after_help = "Examples:\n  cargo run --release -p fundlink-tests --bin model\n  cargo run --release -p fundlink-tests --bin model -- --faults 3 --withdrawals 2"
)]
struct Arguments {
    /// How many things may go wrong in one run
    #[arg(long, default_value_t = 2)]
    faults: u8,
    /// How often the letter may be withdrawn
    #[arg(long, default_value_t = 1)]
    withdrawals: u8,
    /// How often each center gives the bank an order
    #[arg(long, default_value_t = 3)]
    attempts: u32,
    /// How many statements of a center may be on their way while a person there decides more
    #[arg(long, default_value_t = 1)]
    statements: usize,
    /// The transfer-out center grants a withdrawal until the account is settled
    #[arg(long)]
    cancellable_until_settled: bool,
}

fn main() -> ExitCode {
    let Arguments { faults, withdrawals, attempts, statements, cancellable_until_settled } =
        Arguments::parse();
    let visited =
        visit(Bounds { faults, withdrawals, attempts, statements, cancellable_until_settled });
    println!(
        "{} states, {} steps, {} deep, in {:.1} s",
        visited.states,
        visited.steps,
        visited.depth,
        visited.took.as_secs_f64()
    );
    for ((out, incoming), count) in &visited.ends {
        println!("  ends {out} there, {incoming} here: {count} states");
    }
    match visited.broken {
        None => {
            println!("every promise holds in every state, and every state leads to an end");
            ExitCode::SUCCESS
        }
        Some(broken) => {
            println!("{broken}");
            ExitCode::FAILURE
        }
    }
}
