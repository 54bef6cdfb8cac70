//! `fundlink ledger`: the sums of the embedded ledger (试算平衡).

use std::path::Path;

use fundlink_node::control::api::ledger::LedgerSums;

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::table::{Align, Table};

/// Shows the sums.
///
/// # Errors
/// When the node does not run.
pub(crate) fn run(config: &Path, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let sums: LedgerSums = Node::of(config, language)?.get("/v1/ledger")?;
    let mut table =
        Table::new([(language.ledger_account(), Align::Left), (language.yuan(), Align::Right)]);
    for (account, amount) in [
        (language.ledger_persons(), &sums.persons),
        (language.ledger_suspense_out(), &sums.suspense_out),
        (language.ledger_suspense_in(), &sums.suspense_in),
        (language.ledger_interest(), &sums.interest),
        (language.ledger_cash(), &sums.cash),
        (language.ledger_total(), &sums.sum),
    ] {
        table.row([account, amount.clone()]);
    }
    output.table(&table);
    output.value(&sums);
    Ok(Exit::Done)
}
