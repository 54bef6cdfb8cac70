//! The facts of one city about each subject, for people.

use fundlink_node::control::api::accesses::Access;
use fundlink_node::control::api::dossiers::{Found, Row, SubjectOutcome};
use fundlink_node::control::api::facts::{Account, Certificate, Loan, Months, Payout};

use super::show::refusal;
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Shows what a city said about each subject and about the property; nothing when it said nothing.
pub(super) fn show(row: &Row, output: &Output) {
    let language = output.language;
    if let Some(payouts) = &row.payouts {
        show_payouts(&row.center, payouts, output);
    }
    for (index, outcome) in row.outcomes.iter().enumerate() {
        output.line("");
        output.line(language.subject_heading(&row.center, index.saturating_add(1)));
        match outcome {
            SubjectOutcome::Found(found) => show_found(found, output),
            SubjectOutcome::NoRecord { as_of, complete: true } => {
                output.line(language.no_record(as_of))
            }
            SubjectOutcome::NoRecord { as_of, complete: false } => {
                output.line(language.no_record_incomplete(as_of));
            }
            SubjectOutcome::Unresolved { reason } => output.line(unresolved(reason, language)),
            SubjectOutcome::Refused { code } => output.line(refusal(code, language)),
        }
    }
}

fn unresolved(reason: &str, language: Language) -> String {
    match reason {
        "not-loaded" => language.unresolved_not_loaded(),
        "name-without-number" => language.unresolved_name(),
        "several-names" => language.unresolved_several(),
        "not-issuable" => language.unresolved_not_issuable(),
        "in-quarantine" => language.unresolved_in_quarantine(),
        other => other.to_owned(),
    }
}

fn show_found(found: &Found, output: &Output) {
    let language = output.language;
    match found.matched.as_str() {
        "folded" => output.line(language.matched_folded()),
        "upgraded" => output.line(language.matched_upgraded()),
        _ => {}
    }
    if let Some(accounts) = &found.accounts {
        show_accounts(accounts, output);
    }
    if let Some(known) = &found.loans {
        match &known.loans {
            Some(loans) if !loans.is_empty() => show_loans(loans, output),
            Some(_) | None => output.line(language.open_loans(known.open)),
        }
        for carried in known.carried.iter().flatten() {
            output.line(language.carried_loans(&carried.from, carried.used));
        }
    }
    if let Some(certificate) = &found.certificate {
        show_certificate(certificate, output);
    }
    if let Some(transfer) = &found.transfer {
        output.line(language.transfer_stands(&transfer.national_code, &transfer.since));
    }
    if let Some(accesses) = &found.accesses {
        show_accesses(&accesses.entries, output);
    }
}

fn show_accounts(accounts: &[Account], output: &Output) {
    let language = output.language;
    let mut table = Table::new([
        (language.account_status(), Align::Left),
        (language.paid_to(), Align::Left),
        (language.months_total(), Align::Right),
        (language.months_streak(), Align::Right),
        (language.balance_yuan(), Align::Right),
    ]);
    for account in accounts {
        let months = account.months.as_ref();
        let number = |pick: fn(&Months) -> u32| {
            months.map(|months| pick(months).to_string()).unwrap_or_default()
        };
        table.row([
            format!("{} {}", account.status.code, account.status.name_zh),
            account.paid_to.clone().unwrap_or_default(),
            number(|months| months.total),
            number(|months| months.streak),
            account.balance.clone().unwrap_or_default(),
        ]);
    }
    output.table(&table);
    for account in accounts {
        for carried in &account.carried {
            let months = carried.months.total;
            output.line(language.carried_months(months, &carried.from));
        }
        if let Some(lender) = &account.off_site {
            output.line(language.account_off_site(lender));
        }
        if account.fraud {
            output.line(language.fraud());
        }
    }
}

fn show_loans(loans: &[Loan], output: &Output) {
    let language = output.language;
    let mut table = Table::new([
        (language.loan_contract(), Align::Left),
        (language.loan_role(), Align::Left),
        (language.loan_status(), Align::Left),
        (language.disbursed_on(), Align::Left),
        (language.disbursed_yuan(), Align::Right),
        (language.balance_yuan(), Align::Right),
        (language.overdue_periods(), Align::Right),
    ]);
    for loan in loans {
        table.row([
            loan.contract.clone(),
            role(&loan.role, language),
            status(&loan.status, language),
            loan.disbursed_on.clone().unwrap_or_default(),
            loan.disbursed.clone(),
            loan.balance.clone(),
            format!("{} / {}", loan.overdue_current, loan.overdue_total),
        ]);
    }
    output.table(&table);
}

fn role(word: &str, language: Language) -> String {
    match word {
        "borrower" => language.role_borrower(),
        "co-borrower" => language.role_co_borrower(),
        "guarantor" => language.role_guarantor(),
        other => other.to_owned(),
    }
}

fn status(word: &str, language: Language) -> String {
    match word {
        "pending" => language.loan_pending(),
        "active" => language.loan_active(),
        "overdue" => language.loan_overdue(),
        "written-off" => language.loan_written_off(),
        "settled" => language.loan_settled(),
        "void" => language.loan_void(),
        other => other.to_owned(),
    }
}

fn show_certificate(certificate: &Certificate, output: &Output) {
    let language = output.language;
    let loans = match certificate.loan_record.as_str() {
        "none" => language.box_none(),
        "one-settled" => language.box_one_settled(),
        "several-settled" => language.box_several_settled(),
        "unsettled" => language.box_unsettled(),
        other => other.to_owned(),
    };
    let months = &certificate.months;
    output.line(language.certificate_number(&certificate.number, &certificate.valid_until));
    output.line(language.certificate_account(
        &certificate.status.name_zh,
        &certificate.balance,
        months.total,
        months.streak,
    ));
    output.line(language.certificate_loans(loans));
}

fn show_payouts(center: &str, payouts: &[Payout], output: &Output) {
    let language = output.language;
    output.line("");
    if payouts.is_empty() {
        output.line(language.no_payouts(center));
        return;
    }
    output.line(language.payouts(center));
    let mut table = Table::new([
        (language.booked_on(), Align::Left),
        (language.withdrawal_reason(), Align::Left),
        (language.amount_yuan(), Align::Right),
    ]);
    for payout in payouts {
        table.row([
            payout.on.clone(),
            format!("{} {}", payout.reason.code, payout.reason.name_zh),
            payout.amount.clone(),
        ]);
    }
    output.table(&table);
}

fn show_accesses(accesses: &[Access], output: &Output) {
    let language = output.language;
    let heading = [language.time(), language.member(), language.purpose(), language.kind()];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for access in accesses {
        table.row([
            access.at.clone(),
            access.by.clone(),
            access.purpose.clone(),
            access.kind.clone(),
        ]);
    }
    output.table(&table);
}
