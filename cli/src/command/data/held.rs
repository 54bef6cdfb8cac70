//! Rows in quarantine, and records that vanished between two dumps.

use fundlink_node::control::api::records::{
    QuarantinedRow, Vanished, VanishedRecord, VanishedWish,
};
use fundlink_node::import::ImportRule;

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Lists the rows in quarantine.
pub(super) fn list(node: &Node, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let mut rows: Vec<QuarantinedRow> = Vec::new();
    loop {
        let more: Vec<QuarantinedRow> = node.get(&format!("/v1/quarantine?from={}", rows.len()))?;
        if more.is_empty() {
            break;
        }
        rows.extend(more);
    }
    let mut table = Table::new([
        (language.file(), Align::Left),
        (language.line_number(), Align::Right),
        (language.column(), Align::Left),
        (language.rule(), Align::Left),
        (language.rule_says(), Align::Left),
    ]);
    for row in &rows {
        let column = row.column.clone().unwrap_or_default();
        let says = ImportRule::with_id(&row.rule).map_or("", |rule| match language {
            Language::English => rule.english(),
            Language::Chinese => rule.chinese(),
        });
        let line = row.line.to_string();
        table.row([row.file.clone(), line, column, row.rule.clone(), says.to_owned()]);
    }
    if rows.is_empty() {
        output.line(language.quarantine_empty());
    } else {
        output.table(&table);
    }
    output.value(&rows);
    Ok(Exit::Done)
}

/// Says which published records a staged import lacks.
pub(super) fn vanished(node: &Node, output: &Output) -> Result<Vec<VanishedRecord>, Failure> {
    let language = output.language;
    let mut records = Vec::new();
    let mut wish = VanishedWish::default();
    loop {
        let found: Vanished = node.post("/v1/import/vanished", &wish)?;
        records.extend(found.records);
        match found.next {
            Some(from) => wish = VanishedWish { from },
            None => break,
        }
    }
    output.line(language.vanished(records.len()));
    if !records.is_empty() {
        for VanishedRecord { log, leaf, status } in &records {
            output.line(language.vanished_record(status, log, leaf));
        }
        output.line(language.vanished_follows());
    }
    Ok(records)
}
