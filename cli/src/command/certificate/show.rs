//! Certificates, for people: the form, and where it stands.

use fundlink_node::control::api::certificates::{RevocationShown, Shown};
use fundlink_protocol::refusal::Refusal;

use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// The certificates, a line each.
pub(super) fn list(shown: &[Shown], output: &Output) {
    let language = output.language;
    if shown.is_empty() {
        output.line(language.no_certificates());
        return;
    }
    let heading = [
        language.certificate(),
        language.certificate_here(),
        language.certificate_other(),
        language.state(),
        language.certificate_valid_until(),
        language.receipt_column(),
        language.to_do(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for one in shown {
        let other = if one.side == "issued" { &one.lender_name } else { &one.issuer_name };
        let is_due = one.reminded.is_some() && one.receipt.is_none() && one.revocation.is_none();
        let receipt = match &one.receipt {
            Some(receipt) => result(&receipt.result, language),
            None if is_due => language.receipt_is_due(),
            None => String::new(),
        };
        let refused = one.receipt.as_ref().and_then(|receipt| receipt.code.clone());
        let waiting = one.waiting.as_ref().map(|waiting| waiting.what.clone());
        table.row([
            one.certificate.number.clone(),
            side(&one.side, language),
            other.clone(),
            standing(&one.standing, language),
            one.certificate.valid_until.clone(),
            receipt,
            waiting.or(refused).unwrap_or_default(),
        ]);
    }
    output.table(&table);
}

/// One certificate as its form, and what became of it.
pub(super) fn in_full(shown: &Shown, output: &Output) {
    let language = output.language;
    let form = match language {
        Language::Chinese => &shown.form_zh,
        Language::English => &shown.form_en,
    };
    for line in form {
        output.line(line);
    }
    output.line("");
    let (here, stands) = (side(&shown.side, language), standing(&shown.standing, language));
    output.line(language.certificate_stands(here, stands));
    if let Some(receipt) = &shown.receipt {
        output.line(match receipt.delivery.as_str() {
            "sent" => language.receipt_way_sent(&receipt.at),
            "taken" => language.receipt_way_taken(&receipt.at),
            _ => language.receipt_way_refused(&receipt.at, why(receipt.code.as_ref(), language)),
        });
    } else if let (Some(since), None) = (&shown.reminded, &shown.revocation) {
        output.line(language.receipt_due_since(since));
    }
    if let Some(release) = &shown.release {
        let cause = match release.cause.as_str() {
            "settled" => language.cause_settled(),
            _ => language.cause_withdrawn(),
        };
        let way = match release.delivery.as_str() {
            "sent" => language.way_sent(),
            "taken" => language.way_taken(),
            _ => language.way_refused(why(release.code.as_ref(), language)),
        };
        output.line(language.release_way(cause, &release.at, way));
    }
    if let Some(revocation) = &shown.revocation {
        output.line(language.revocation_of(&revocation.at, reason(revocation, language)));
    }
    if let Some(waiting) = &shown.waiting {
        let operator = waiting.operator.clone().unwrap_or_default();
        output.line(language.certificate_waits(&waiting.what, operator));
    }
}

fn side(word: &str, language: Language) -> String {
    if word == "issued" { language.certificate_issued() } else { language.certificate_held() }
}

/// What a certificate is worth, in words.
pub(crate) fn standing(word: &str, language: Language) -> String {
    match word {
        "valid" => language.standing_valid(),
        "used" => language.standing_used(),
        "expired" => language.standing_expired(),
        "revoked" => language.standing_revoked(),
        "unknown" => language.standing_unknown(),
        other => other.to_owned(),
    }
}

fn result(word: &str, language: Language) -> String {
    if word == "granted" { language.receipt_granted() } else { language.receipt_declined() }
}

fn reason(revocation: &RevocationShown, language: Language) -> String {
    let text = match revocation.reason.as_str() {
        "superseded" => {
            language.reason_superseded(revocation.superseded_by.as_deref().unwrap_or_default())
        }
        "applicant" => language.reason_applicant(),
        "mistaken" => language.reason_mistaken(),
        "account-changed" => language.reason_account_changed(),
        "account-used" => language.reason_account_used(),
        "fraud" => language.reason_fraud(),
        _ => language.reason_other(),
    };
    match &revocation.remark {
        Some(remark) => language.with_detail(text, remark),
        None => text,
    }
}

/// A refusal by its code, in words.
fn why(code: Option<&String>, language: Language) -> String {
    let Some(code) = code else { return String::new() };
    let Some(known) = Refusal::from_code(code) else { return code.clone() };
    let sentence = match language {
        Language::English => known.english(),
        Language::Chinese => known.chinese(),
    };
    language.with_detail(sentence, code)
}
