//! A transfer, for people.

use fundlink_node::control::api::transfers::{Line, Transfer};

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
    output.line(language.transfer_state(state(line, language), &line.since));
    output.line(language.transfer_person(&transfer.person.name, &transfer.account.0));
    if let Some(account) = &transfer.credited_account {
        output.line(language.transfer_credited_to(&account.0));
    }
    if let Some(sheet) = &transfer.sheet {
        output.line(language.transfer_sheet(&sheet.amount, &sheet.principal, &sheet.interest));
        output.line(language.transfer_value_date(&sheet.value_date, sheet.revision));
    }
    if let Some(due) = &line.due {
        output.line(language.transfer_due(due));
    }
    show_task(line, output);
    if !transfer.lines.is_empty() {
        show_money(transfer, output);
    }
    show_history(transfer, output);
}

/// A state in words, with its national code and the reason of a refusal.
pub(super) fn state(line: &Line, language: Language) -> String {
    let shown = match language {
        Language::English => format!("{} ({})", line.state, line.code),
        Language::Chinese => format!("{}（{} {}）", line.state, line.code, line.code_zh),
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

fn show_task(line: &Line, output: &Output) {
    let language = output.language;
    let Some(task) = &line.task else { return };
    output.line(language.transfer_task(&task.role, &task.reason, &task.due));
    if let Some(first) = &task.first {
        output.line(language.transfer_task_second(first));
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
        table.row([entered.at.clone(), entered.state.clone()]);
    }
    output.line("");
    output.table(&table);
}
