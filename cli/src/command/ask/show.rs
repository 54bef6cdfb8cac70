//! A dossier, for people: what each city said and what its proofs are worth, or why it said nothing.

use fundlink_node::control::api::dossiers::{Dossier, Row, Verdict};
use fundlink_protocol::person_name::with_code_points;
use fundlink_protocol::refusal::Refusal;

use super::facts;
use crate::command::certificate::show::standing;
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Shows the rows of the centers, the facts of each, and the verdict.
pub(super) fn show(dossier: &Dossier, output: &Output) {
    let language = output.language;
    output.line(language.dossier_heading(&dossier.id, &dossier.purpose, &dossier.started));
    for person in &dossier.subjects {
        output.line(language.dossier_about(with_code_points(&person.name).as_str()));
    }
    let heading = [language.member(), language.asked(), language.answer(), language.proofs()];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for row in &dossier.rows {
        table.row([
            row.center.clone(),
            why(&row.why, language),
            state(row, language),
            proofs(row, language),
        ]);
    }
    output.table(&table);
    for row in &dossier.rows {
        facts::show(row, output);
    }
    for one in &dossier.presented {
        let standing = standing(&one.standing, language);
        output.line(language.presented_certificate(&one.number, standing));
    }
    if !dossier.intents.is_empty() {
        output.line(language.seen_heading());
    }
    for seen in &dossier.intents {
        output.line(language.seen_line(&seen.center, &seen.taken_in, &seen.status));
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
        "may-have-asked" => language.why_may_have_asked(),
        "revoked" => language.access_revoked(),
        other => other.to_owned(),
    }
}

fn state(row: &Row, language: Language) -> String {
    let as_of = row.freshness.as_ref().map(|freshness| freshness.as_of.as_str());
    match row.state.as_str() {
        "own" => language.own_facts(),
        "answered" => language.answered(as_of.unwrap_or_default()),
        "not-asked" => language.not_asked(),
        "waiting" => language.no_answer_yet(),
        "unreachable" => refusal(Refusal::Unreachable.code(), language),
        "timed-out" => language.timed_out(),
        "refused" => refusal(row.code.as_deref().unwrap_or_default(), language),
        "invalid" => {
            language.answer_invalid(refusal(row.code.as_deref().unwrap_or_default(), language))
        }
        other => other.to_owned(),
    }
}

/// A refusal by its code, in words.
pub(crate) fn refusal(code: &str, language: Language) -> String {
    let Some(known) = Refusal::from_code(code) else { return code.to_owned() };
    let sentence = match language {
        Language::English => known.english(),
        Language::Chinese => known.chinese(),
    };
    language.with_detail(sentence, code)
}

fn proofs(row: &Row, language: Language) -> String {
    if row.omitted > 0 {
        return language.proofs_omitted(row.omitted);
    }
    if let Some(fault) = row.checks.iter().find_map(|check| check.fault.as_ref()) {
        return language.proofs_wrong(fault);
    }
    let count = |word: &str| row.checks.iter().filter(|check| check.proven == word).count();
    let mut parts = Vec::new();
    for (count, text) in [
        (count("witnessed"), Language::proofs_witnessed as fn(Language, usize) -> String),
        (count("logged"), Language::proofs_logged),
        (count("awaited"), Language::proofs_awaited),
    ] {
        if count > 0 {
            parts.push(text(language, count));
        }
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
        Language::English => &verdict.text,
        Language::Chinese => &verdict.text_zh,
    };
    output.line("");
    output.line(language.verdict(decision, reason, &verdict.rule));
    output.line(language.verdict_counts(verdict.loans_used, verdict.loans_open, verdict.months));
}
