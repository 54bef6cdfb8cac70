//! How alerts and inquiries look to people.

use fundlink_node::control::api::alerts::{Alert, Entry, Evidence, Inquiry};

use super::words::{act, finding, level, rule, state};
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Digits of an id in a table: enough to name it.
const ID_DIGITS: usize = 12;

/// A table of alerts.
pub(super) fn alerts(alerts: &[Alert], output: &Output) {
    let language = output.language;
    if alerts.is_empty() {
        output.line(language.no_alerts());
        return;
    }
    let heading = [
        language.alert_code(),
        language.alert(),
        language.alert_level(),
        language.alert_members(),
        language.state(),
        language.last_seen(),
        language.alert_due(),
        language.alert_id(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for alert in alerts {
        table.row([
            alert.code.clone(),
            rule(&alert.rule, language),
            level(&alert.level, language),
            alert.centers.join(" "),
            standing(alert, language),
            alert.last_seen.clone(),
            due(alert.due.as_deref(), alert.overdue, language),
            short(&alert.id),
        ]);
    }
    output.table(&table);
}

/// A table of inquiries; nothing when there are none, as at the authority.
pub(super) fn inquiries(inquiries: &[Inquiry], output: &Output) {
    let language = output.language;
    if inquiries.is_empty() {
        return;
    }
    output.line(language.inquiries_heading());
    let heading = [
        language.alert_code(),
        language.alert(),
        language.state(),
        language.alert_due(),
        language.alert_id(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for inquiry in inquiries {
        table.row([
            inquiry.code.clone(),
            rule(&inquiry.rule, language),
            state(&inquiry.state, language),
            due(inquiry.due.as_deref(), inquiry.overdue, language),
            short(&inquiry.id),
        ]);
    }
    output.table(&table);
}

/// An alert in full.
pub(super) fn alert(alert: &Alert, output: &Output) {
    let language = output.language;
    let rule = rule(&alert.rule, language);
    let state = standing(alert, language);
    output.line(language.alert_heading(&alert.code, rule, state));
    output.line(language.alert_named(&alert.id));
    output.line(language.alert_about(&alert.about, &alert.subject));
    output.line(language.alert_concerns(alert.centers.join(" ")));
    let level = level(&alert.level, language);
    output.line(language.alert_rule_version(level, alert.rule_version));
    output.line(language.alert_seen(&alert.first_seen, &alert.last_seen, alert.times));
    if let Some(count) = alert.count {
        output.line(language.alert_count(count));
    }
    if let Some(handler) = &alert.handler {
        output.line(language.alert_handler(handler));
    }
    shown_by(&alert.evidence, output);
    for asked in alert.asked.iter().filter(|asked| !asked.settled) {
        let due = due(Some(&asked.due), asked.overdue, language);
        output.line(language.alert_awaited(&asked.center, due));
    }
    dialogue(&alert.dialogue, output);
}

/// An inquiry in full.
pub(super) fn inquiry(inquiry: &Inquiry, output: &Output) {
    let language = output.language;
    let rule = rule(&inquiry.rule, language);
    let heading = language.alert_heading(&inquiry.code, rule, state(&inquiry.state, language));
    output.line(heading);
    output.line(language.alert_named(&inquiry.id));
    output.line(language.alert_about(&inquiry.about, &inquiry.subject));
    shown_by(&inquiry.evidence, output);
    if let Some(day) = &inquiry.due {
        let due = due(Some(day), inquiry.overdue, language);
        output.line(language.inquiry_due(due));
    }
    dialogue(&inquiry.dialogue, output);
    if inquiry.state == "waiting" {
        output.line(language.inquiry_next(short(&inquiry.id)));
    }
}

fn shown_by(evidence: &[Evidence], output: &Output) {
    for shown in evidence {
        output.line(match shown {
            Evidence::Leaf { log, leaf } => output.language.alert_leaf(leaf, log),
            Evidence::Statement { statement } => output.language.alert_statement(statement),
        });
    }
}

fn dialogue(entries: &[Entry], output: &Output) {
    let language = output.language;
    for entry in entries {
        let mut line = format!("{}  {}", entry.at, act(&entry.act, language));
        let details = [entry.center.clone(), entry.due.clone(), entry.operator.clone()];
        for detail in details.into_iter().flatten() {
            line.push_str(&format!("  {detail}"));
        }
        if let Some(found) = &entry.finding {
            line.push_str(&format!("  {}", finding(found, language)));
        }
        output.line(line);
        if let Some(remark) = &entry.remark {
            output.line(format!("    {}", remark.0));
        }
    }
}

/// The state, with a word where the cause has gone while somebody was asked.
fn standing(alert: &Alert, language: Language) -> String {
    let state = state(&alert.state, language);
    let is_dealt_with = matches!(alert.state.as_str(), "inquired" | "explained");
    if is_dealt_with && !alert.present { language.alert_healed(state) } else { state }
}

fn due(day: Option<&str>, overdue: bool, language: Language) -> String {
    match (day, overdue) {
        (None, _) => String::new(),
        (Some(day), false) => day.to_owned(),
        (Some(day), true) => language.alert_overdue(day),
    }
}

fn short(id: &str) -> String {
    id.get(..ID_DIGITS).unwrap_or(id).to_owned()
}
