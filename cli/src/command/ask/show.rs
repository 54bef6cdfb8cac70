//! A dossier, for people: what each city said and what its proofs are worth, or why it said nothing.

use fundlink_node::control::api::dossiers::{Answer, Dossier, Row, Verdict};

use super::facts;
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Shows the rows of the centers, the facts of each, and the verdict.
pub(super) fn show(dossier: &Dossier, output: &Output) {
    let language = output.language;
    output.line(language.dossier_heading(&dossier.id, &dossier.purpose, &dossier.started));
    let heading = [language.member(), language.asked(), language.answer(), language.proofs()];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for row in &dossier.rows {
        let proofs = row.answer.as_ref().map(|answer| proofs(answer, language));
        table.row([
            row.center.clone(),
            why(&row.why, language),
            state(row, language),
            proofs.unwrap_or_default(),
        ]);
    }
    output.table(&table);
    for row in &dossier.rows {
        facts::show(row, output);
    }
    if let Some(verdict) = &dossier.verdict {
        show_verdict(verdict, output);
    }
}

fn why(word: &str, language: Language) -> String {
    match word {
        "own" => language.why_own(),
        "named" => language.why_named(),
        "holds" => language.why_holds(),
        "not-current" => language.why_not_current(),
        "unnumbered" => language.why_unnumbered(),
        "no-tag" => language.why_no_tag(),
        "clear" => language.why_clear(),
        "suspended" => language.why_suspended(),
        other => other.to_owned(),
    }
}

fn state(row: &Row, language: Language) -> String {
    let reason = row.error.as_ref().map(|error| match language {
        Language::English => format!("{} ({})", error.message, error.code),
        Language::Chinese => format!("{}（{}）", error.message_zh, error.code),
    });
    match row.state.as_str() {
        "own" => language.own_facts(),
        "answered" => language.answered(row.as_of.as_deref().unwrap_or_default()),
        "not-asked" => language.not_asked(),
        "waiting" => language.no_answer_yet(),
        "refused" | "failed" => reason.unwrap_or_default(),
        other => other.to_owned(),
    }
}

fn proofs(answer: &Answer, language: Language) -> String {
    if answer.omitted > 0 {
        return language.proofs_omitted(answer.omitted);
    }
    if let Some(fault) = answer.faults.first() {
        return language.proofs_wrong(fault);
    }
    let mut parts = Vec::new();
    if answer.witnessed > 0 {
        parts.push(language.proofs_witnessed(answer.witnessed));
    }
    if answer.logged > 0 {
        parts.push(language.proofs_logged(answer.logged));
    }
    if answer.awaited > 0 {
        parts.push(language.proofs_awaited(answer.awaited));
    }
    parts.join(", ")
}

fn show_verdict(verdict: &Verdict, output: &Output) {
    let language = output.language;
    let decision = match verdict.decision.as_str() {
        "first-home" => language.verdict_first_home(),
        "second-home" => language.verdict_second_home(),
        "refused" => language.verdict_refused(),
        "undecided" => language.verdict_undecided(),
        other => other.to_owned(),
    };
    let reason = match language {
        Language::English => &verdict.message,
        Language::Chinese => &verdict.message_zh,
    };
    output.line("");
    output.line(language.verdict(decision, reason, &verdict.rule));
    output.line(language.verdict_counts(verdict.loans_used, verdict.loans_open, verdict.months));
}
