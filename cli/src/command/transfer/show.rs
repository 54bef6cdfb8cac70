//! A transfer, for people.

use fundlink_node::control::api::registrations::Registered;
use fundlink_node::control::api::transfers::{Line, Task, Transfer};
use fundlink_protocol::person_name::with_code_points;

use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Shows a transfer in full.
pub(super) fn show(transfer: &Transfer, output: &Output) {
    let language = output.language;
    let line = &transfer.line;
    let (incoming, outgoing) = (
        language.transfer_in(&line.number, &line.other),
        language.transfer_out(&line.number, &line.other),
    );
    output.line(if line.side == "in" { incoming } else { outgoing });
    output.line(language.transfer_id(&line.transfer));
    if line.channel != "fundlink" {
        output.line(language.transfer_channel(channel(&line.channel, language)));
    }
    output.line(language.transfer_state(state(line, language), &line.since));
    let name = with_code_points(&transfer.person.name);
    output.line(language.transfer_person(name.as_str(), &transfer.account.0));
    show_identity(transfer, output);
    if let Some(account) = &transfer.credited_account {
        output.line(language.transfer_credited_to(&account.0));
    }
    if let Some(sheet) = &transfer.sheet {
        output.line(language.transfer_sheet(&sheet.amount, &sheet.principal, &sheet.interest));
        output.line(language.transfer_value_date(&sheet.value_date, sheet.revision));
    }
    if let Some(center) = &line.taken_over_by {
        output.line(language.transfer_taken_over(center));
        if let Some(said) = &transfer.successor_said {
            output.line(language.transfer_successor_said(center, &said.at, &said.remark));
        }
    }
    show_months(transfer, output);
    if let Some(due) = &line.due {
        output.line(language.transfer_due(due));
    }
    if let Some(at) = &line.reminded {
        output.line(language.transfer_reminded(at));
    }
    show_refusal(transfer, output);
    show_task(line, output);
    if let Some(old) = &transfer.replaces {
        output.line(language.transfer_replaces(old));
    }
    if let Some(new) = &transfer.replaced_by {
        output.line(language.transfer_replaced_by(&new.number, &new.transfer));
    }
    if let Some(registered) = &transfer.registered {
        show_registered(registered, output);
    }
    if !transfer.lines.is_empty() {
        show_money(transfer, output);
    }
    show_history(transfer, output);
    show_decisions(transfer, output);
}

/// A channel in words.
pub(super) fn channel(name: &str, language: Language) -> String {
    match name {
        "fundlink" => language.channel_fundlink(),
        "national" => language.channel_national(),
        "paper" => language.channel_paper(),
        other => other.to_owned(),
    }
}

fn show_registered(registered: &Registered, output: &Output) {
    let language = output.language;
    if let Some(sum) = &registered.amounts {
        output.line(language.transfer_sheet(&sum.amount, &sum.principal, &sum.interest));
    }
    output.line(match &registered.counterpart {
        None => language.registered_alone(),
        Some(other) if other.matched => language.registered_matched(&other.state, &other.on),
        Some(other) => language.registered_other(&other.state, &other.on),
    });
    let mut table = Table::new([
        (language.booked_on(), Align::Left),
        (language.state(), Align::Left),
        (language.access_operator(), Align::Left),
    ]);
    for step in &registered.steps {
        let state = language.state_word(&step.state);
        table.row([step.on.clone(), state, step.operator.clone()]);
    }
    output.line("");
    output.table(&table);
}

/// A state in words, with its national code and the reason of a refusal.
pub(super) fn state(line: &Line, language: Language) -> String {
    let shown = match language {
        Language::English => format!("{} ({})", line.state, line.code),
        Language::Chinese => {
            let state = language.state_word(&line.state);
            format!("{state}（{} {}）", line.code, line.code_zh)
        }
    };
    match &line.refused {
        None => shown,
        Some(refused) => {
            let why = match language {
                Language::English => &refused.text,
                Language::Chinese => &refused.text_zh,
            };
            language.state_refused(shown, &refused.code, why)
        }
    }
}

/// What a person must do, in a few words.
pub(super) fn task(task: &Task, language: Language) -> String {
    let (role, reason) = (language.role_word(&task.role), language.task_word(&task.reason));
    match language {
        Language::English => format!("{role}: {reason}"),
        Language::Chinese => format!("{role}：{reason}"),
    }
}

fn show_identity(transfer: &Transfer, output: &Output) {
    let language = output.language;
    match transfer.identity.as_deref() {
        Some("exact") => output.line(language.transfer_identity_exact()),
        Some("folded") => output.line(language.transfer_identity_folded()),
        Some("confirmed") => output.line(language.transfer_identity_confirmed()),
        Some(_) | None => {}
    }
}

fn show_months(transfer: &Transfer, output: &Output) {
    let language = output.language;
    let Some(months) = &transfer.months else { return };
    output.line(language.transfer_months(months.total, months.streak));
    if !months.tolerated.is_empty() {
        output.line(language.transfer_months_tolerated(months.tolerated.join(" ")));
    }
    if !months.overlap.is_empty() {
        output.line(language.transfer_months_overlap(months.overlap.join(" ")));
    }
}

/// What was said with a refusal: the right center, the older letter, words.
fn show_refusal(transfer: &Transfer, output: &Output) {
    let language = output.language;
    let refused = transfer.line.refused.as_ref();
    if let Some(center) = refused.and_then(|refused| refused.right_center.as_ref()) {
        output.line(language.transfer_right_center(center));
    }
    if let Some(older) = &transfer.older {
        output.line(language.transfer_older(older));
    }
    if let Some(words) = &transfer.remark {
        output.line(language.transfer_remark(words));
    }
}

fn show_decisions(transfer: &Transfer, output: &Output) {
    if transfer.decisions.is_empty() {
        return;
    }
    let language = output.language;
    let heading = [language.time(), language.operator(), language.decision(), language.scan_hash()];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for taken in &transfer.decisions {
        let decision = language.decision_word(&taken.decision);
        let decision =
            if taken.corrected { language.decision_corrected(decision) } else { decision };
        let scan = taken.scan.clone().unwrap_or_default();
        table.row([taken.at.clone(), taken.operator.clone(), decision, scan]);
    }
    output.line("");
    output.table(&table);
}

fn show_task(line: &Line, output: &Output) {
    let language = output.language;
    let Some(task) = &line.task else { return };
    let (role, reason) = (language.role_word(&task.role), language.task_word(&task.reason));
    output.line(language.transfer_task(role, reason, &task.due));
    if let Some(first) = &task.first {
        let decision = task.first_decision.as_deref().unwrap_or_default();
        let decision = language.decision_word(decision);
        output.line(language.transfer_task_second(first, decision));
    }
}

fn show_money(transfer: &Transfer, output: &Output) {
    let language = output.language;
    let mut table = Table::new([
        (language.booked_on(), Align::Left),
        (language.direction(), Align::Left),
        (language.amount_yuan(), Align::Right),
        (language.bank_reference(), Align::Left),
    ]);
    for movement in &transfer.lines {
        let direction = match movement.direction.as_str() {
            "out" => language.debit(),
            "in" => language.credit(),
            other => other.to_owned(),
        };
        let (amount, reference) = (movement.amount.clone(), movement.reference.clone());
        table.row([movement.booked_on.clone(), direction, amount, reference]);
    }
    output.line("");
    output.table(&table);
}

fn show_history(transfer: &Transfer, output: &Output) {
    let language = output.language;
    let mut table = Table::new([(language.time(), Align::Left), (language.state(), Align::Left)]);
    for entered in &transfer.history {
        table.row([entered.at.clone(), language.state_word(&entered.state)]);
    }
    output.line("");
    output.table(&table);
}
