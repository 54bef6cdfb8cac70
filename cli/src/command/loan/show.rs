//! Loan applications and leases, for people.

use fundlink_node::control::api::loans::{Leases, Shown, Task, WitnessShown};
use fundlink_protocol::refusal::Refusal;

use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// The applications, a line each.
pub(super) fn list(shown: &[Shown], output: &Output) {
    let language = output.language;
    if shown.is_empty() {
        output.line(language.no_intents());
        return;
    }
    let heading = [
        language.intent_serial(),
        language.intent(),
        language.intent_taken_in(),
        language.state(),
        language.intent_tasks(),
        language.to_do(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for one in shown {
        let tasks = one.tasks.iter().map(|task| task.center.clone());
        table.row([
            one.serial.clone(),
            short(&one.intent),
            one.taken_in.clone(),
            state(&one.state, language),
            tasks.collect::<Vec<_>>().join(" "),
            hold(one, language).unwrap_or_default(),
        ]);
    }
    output.table(&table);
}

/// One application.
pub(super) fn in_full(shown: &Shown, output: &Output) {
    let language = output.language;
    output.line(language.intent_heading(&shown.serial, &shown.intent));
    output.line(language.intent_of(&shown.taken_in, shown.household, &shown.operator));
    output.line(language.intent_stands(state(&shown.state, language), &shown.since));
    if let Some(reason) = hold(shown, language) {
        output.line(reason);
    }
    if let Some(remark) = &shown.remark {
        output.line(remark);
    }
    if let Some(until) = &shown.payable_until {
        output.line(language.intent_payable(until));
    }
    if let Some(contract) = shown.contract.as_ref().filter(|_| shown.state == "paid") {
        output.line(language.intent_paid_now(contract));
    }
    if shown.state == "asking" {
        output.line(language.intent_still_asking());
    }
    if !shown.witnesses.is_empty() {
        let all = shown.witnesses.len();
        output.line(language.intent_votes(shown.named_first, shown.majority, all));
        output.table(&witnesses(&shown.witnesses, language));
    }
    if !shown.seen.is_empty() {
        output.line(language.seen_heading());
        for seen in &shown.seen {
            output.line(language.seen_line(&seen.center, &seen.taken_in, &seen.status));
        }
    }
    if !shown.loans.is_empty() {
        output.line(language.loans_heading(shown.loans.join(" ")));
    }
    for task in &shown.tasks {
        output.line(language.task_line(&task.center, &task.status, task.count, &task.at));
    }
}

fn witnesses(said: &[WitnessShown], language: Language) -> Table {
    let heading = [
        language.witness_column(),
        language.witness_said(),
        language.witness_first_of(),
        language.witness_loans(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for one in said {
        let reply = match one.reply.as_str() {
            "awaited" => language.witness_awaited(),
            "refused" => language.witness_refused(why(one.code.as_ref(), language)),
            "withheld" => language.witness_withheld(),
            "first" => language.witness_first(),
            _ => language.witness_other(),
        };
        table.row([one.witness.clone(), reply, one.first.join(" "), one.loans.join(" ")]);
    }
    table
}

fn state(word: &str, language: Language) -> String {
    match word {
        "open" => language.intent_open(),
        "asking" => language.intent_asking(),
        "leased" => language.intent_leased(),
        "held" => language.intent_held(),
        "paid" => language.intent_paid(),
        "withdrawn" => language.intent_withdrawn(),
        "expired" => language.intent_expired(),
        other => other.to_owned(),
    }
}

/// Why a person must look, and what to do.
fn hold(shown: &Shown, language: Language) -> Option<String> {
    let center = shown.reason_center.as_deref().unwrap_or_default();
    Some(match shown.reason.as_deref()? {
        "earlier-intent" => language.hold_earlier_intent(center),
        "loan-runs" => language.hold_loan_runs(center),
        "leased-elsewhere" => language.hold_leased_elsewhere(center),
        "no-majority" => language.hold_no_majority(),
        "lease-ran-out" => language.hold_lease_ran_out(),
        "witnesses-changed" => language.hold_witnesses_changed(),
        "ruled" => language.hold_ruled(),
        "restored" => language.hold_restored(),
        other => other.to_owned(),
    })
}

/// The leases of a witness.
pub(super) fn leases(leases: &Leases, output: &Output) {
    let language = output.language;
    if let Some(since) = &leases.withheld_since {
        output.line(language.leases_withheld(since));
    }
    if leases.leases.is_empty() {
        output.line(language.no_leases());
        return;
    }
    let heading = [
        language.intent(),
        language.member(),
        language.lease_asked(),
        language.lease_ends(),
        language.lease_over(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for lease in &leases.leases {
        table.row([
            lease.intent.clone(),
            lease.center.clone(),
            lease.asked_at.clone(),
            lease.ends_at.clone(),
            if lease.is_over { language.yes() } else { String::new() },
        ]);
    }
    output.table(&table);
}

/// What watches have found.
pub(super) fn tasks(tasks: &[Task], output: &Output) {
    let language = output.language;
    if tasks.is_empty() {
        output.line(language.no_tasks());
        return;
    }
    let heading = [
        language.task_watch(),
        language.member(),
        language.task_status(),
        language.task_count(),
        language.task_at(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for task in tasks {
        table.row([
            if task.kind == "intent" { short(&task.of) } else { task.of.clone() },
            task.center.clone(),
            task.status.clone(),
            task.count.to_string(),
            task.at.clone(),
        ]);
    }
    output.table(&table);
}

/// The first 16 digits of an id: enough to name it.
fn short(id: &str) -> String {
    id.get(..16).unwrap_or(id).to_owned()
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
