//! `fundlink alerts`: what the watch over the logs has found.
//!
//! **Promises.** An alert names members, logs and pseudonyms, never a person.
//! **Left to others.** Finding it: the node, above all the authority's.

use std::path::Path;

use fundlink_node::control::api::alerts::{Alert, Evidence};

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Arguments of `fundlink alerts`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One alert in full, by its id
    id: Option<String>,
    /// Those that are resolved, too
    #[arg(long)]
    all: bool,
    /// How many, the newest first
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: usize,
}

/// Lists alerts, or shows one.
///
/// # Errors
/// When the node does not run, or there is no such alert.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    if let Some(id) = &arguments.id {
        let alert: Alert = node.get(&format!("/v1/alerts/{id}"))?;
        show(&alert, output);
        output.value(&alert);
        return Ok(Exit::Done);
    }
    let path = format!("/v1/alerts?all={}&limit={}", arguments.all, arguments.limit);
    let alerts: Vec<Alert> = node.get(&path)?;
    list(&alerts, output);
    output.value(&alerts);
    Ok(Exit::Done)
}

fn list(alerts: &[Alert], output: &Output) {
    let language = output.language;
    if alerts.is_empty() {
        output.line(language.no_alerts());
        return;
    }
    let heading = [
        language.alert(),
        language.alert_members(),
        language.state(),
        language.first_seen(),
        language.last_seen(),
        language.alert_id(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for alert in alerts {
        table.row([
            rule(&alert.rule, language),
            alert.centers.join(" "),
            state(&alert.state, language),
            alert.first_seen.clone(),
            alert.last_seen.clone(),
            alert.id.clone(),
        ]);
    }
    output.table(&table);
}

fn show(alert: &Alert, output: &Output) {
    let language = output.language;
    output.line(language.alert_heading(rule(&alert.rule, language), state(&alert.state, language)));
    output.line(language.alert_about(&alert.about, &alert.subject));
    output.line(language.alert_concerns(alert.centers.join(" ")));
    output.line(language.alert_seen(&alert.first_seen, &alert.last_seen, alert.times));
    for shown in &alert.evidence {
        output.line(match shown {
            Evidence::Leaf { log, leaf } => language.alert_leaf(leaf, log),
            Evidence::Statement { statement } => language.alert_statement(statement),
        });
    }
}

/// A rule in words, with the word that programs know it by.
fn rule(word: &str, language: Language) -> String {
    let text = match word {
        "double_loan" => language.alert_double_loan(),
        "one_sided_transfer" => language.alert_one_sided(),
        "sheets_differ" => language.alert_sheets_differ(),
        "equivocation" => language.alert_equivocation(),
        "invalid_update" => language.alert_invalid_update(),
        "silence" => language.alert_silence(),
        "stale_roster" => language.alert_stale_roster(),
        "received_differs" => language.alert_received_differs(),
        "interest_differs" => language.alert_interest_differs(),
        "letter_number_reused" => language.alert_letter_number_reused(),
        "deadline_missed" => language.alert_deadline_missed(),
        "freeze_too_late" => language.alert_freeze_too_late(),
        "freeze_ended" => language.alert_freeze_ended(),
        "queries_without_business" => language.alert_queries_without_business(),
        "back_dated" => language.alert_back_dated(),
        "digest_mismatch" => language.alert_digest_mismatch(),
        "paid_beyond_sheet" => language.alert_paid_beyond_sheet(),
        "withdrawn_in_transfer" => language.alert_withdrawn_in_transfer(),
        "deposit_after_closing" => language.alert_deposit_after_closing(),
        "transfer_without_letter" => language.alert_transfer_without_letter(),
        "property_paid_twice" => language.alert_property_paid_twice(),
        _ => return word.to_owned(),
    };
    language.with_detail(text, word)
}

fn state(word: &str, language: Language) -> String {
    match word {
        "open" => language.alert_open(),
        "resolved" => language.alert_resolved(),
        other => other.to_owned(),
    }
}
