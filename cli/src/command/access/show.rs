//! Who asked about a person, for people: every question in plain words, every center that did not
//! answer with its reason.

use super::{Center, Entry, Found};
use crate::command::ask::refusal;
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Shows the questions, then the centers.
pub(super) fn show(found: &Found, output: &Output) {
    let language = output.language;
    if found.entries.is_empty() {
        output.line(language.access_none());
    } else {
        show_entries(&found.entries, output);
    }
    output.line("");
    let heading = [language.member(), language.answer(), language.access_count()];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for center in &found.centers {
        table.row([center.center.clone(), state(center, language), center.entries.to_string()]);
    }
    output.table(&table);
    for center in found.centers.iter().filter(|center| center.more) {
        output.line(language.access_more(&center.center));
    }
    for dossier in &found.dossiers {
        output.line(language.access_evidence(dossier));
    }
}

fn show_entries(entries: &[Entry], output: &Output) {
    let language = output.language;
    let heading = [
        language.time(),
        language.access_by(),
        language.access_operator(),
        language.access_asked(),
        language.purpose(),
        language.kind(),
        language.access_serial(),
        language.answer(),
        language.proofs(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for entry in entries {
        let access = &entry.access;
        let own = access.by == access.asked;
        table.row([
            access.at.clone(),
            access.by.clone(),
            entry.operator_id.clone().unwrap_or_else(|| short(&access.operator)),
            if own { language.access_own_records() } else { access.asked.clone() },
            purpose(&access.purpose, language),
            kind(&access.kind, language),
            access.serial.clone(),
            outcome(entry, language),
            proof(entry, language),
        ]);
    }
    output.table(&table);
}

/// As much of a pseudonym as tells two operators apart.
fn short(mark: &str) -> String {
    mark.get(..8).unwrap_or(mark).to_owned()
}

fn purpose(code: &str, language: Language) -> String {
    let words = match code {
        "T1" => language.purpose_transfer(),
        "L1" => language.purpose_loan(),
        "L2" => language.purpose_payout(),
        "W1" => language.purpose_withdrawal(),
        "D1" => language.purpose_duplicate(),
        "C1" => language.purpose_certificate(),
        "A1" => language.purpose_person(),
        "J1" => language.purpose_court(),
        "S1" => language.purpose_supervision(),
        other => return other.to_owned(),
    };
    format!("{code} {words}")
}

fn kind(name: &str, language: Language) -> String {
    match name {
        "account" => language.kind_account(),
        "loan-history" => language.kind_loans(),
        "deposit-certificate" => language.kind_certificate(),
        "transfer-status" => language.kind_transfer(),
        "dossier" => language.kind_dossier(),
        "access-list" => language.kind_accesses(),
        other => other.to_owned(),
    }
}

fn outcome(entry: &Entry, language: Language) -> String {
    match entry.access.outcome.as_str() {
        "given" => language.access_given(),
        "no-record" => language.access_no_record(),
        "unresolved" => language.access_unresolved(),
        "refused" => refusal(entry.access.code.as_deref().unwrap_or_default(), language),
        "sent" => language.access_sent(),
        other => other.to_owned(),
    }
}

fn proof(entry: &Entry, language: Language) -> String {
    if let Some(fault) = &entry.fault {
        return language.proofs_wrong(fault);
    }
    let far = match entry.proof.as_str() {
        "witnessed" => language.access_witnessed(),
        "logged" => language.access_logged(),
        _ => language.access_awaited(),
    };
    if entry.access.shown { far } else { language.access_not_shown(far) }
}

fn state(center: &Center, language: Language) -> String {
    let code = center.code.as_deref().unwrap_or_default();
    match center.state.as_str() {
        "answered" => language.access_answered(),
        "revoked" => language.access_revoked(),
        "refused" => refusal(code, language),
        "unreachable" => refusal(fundlink_protocol::refusal::Refusal::Unreachable.code(), language),
        "timed-out" => language.timed_out(),
        "invalid" => language.answer_invalid(refusal(code, language)),
        other => other.to_owned(),
    }
}
