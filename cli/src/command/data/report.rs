//! What a reading found, for people and for programs.

use fundlink_node::import::codes::CodeCount;
use fundlink_node::import::{
    Beyond, Difference, FaultColumn, ImportFault, ImportFaults, ImportReport, TextEncoding,
    WithdrawalCounts,
};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// The report of files that may be imported.
pub(super) fn show(report: &ImportReport, output: &Output) {
    let language = output.language;
    let mut table = Table::new([
        (language.file(), Align::Left),
        (language.rows(), Align::Right),
        (language.encoding(), Align::Left),
    ]);
    for file in &report.files {
        let (name, rows) = (file.file.file_name().to_owned(), file.rows.to_string());
        table.row([name, rows, encoding_name(file.encoding).to_owned()]);
    }
    output.table(&table);
    for file in report.files.iter().filter(|file| !file.ignored_columns.is_empty()) {
        let columns: Vec<String> = file.ignored_columns.iter().map(ToString::to_string).collect();
        output.line(language.columns_ignored(file.file.file_name(), columns.join(", ")));
    }
    output.line(language.data_totals(report.balance, report.loan_balance));
    for count in report.codes.all_mapped() {
        output.line(language.code_mapped(
            count.file.file_name(),
            count.column,
            code(&count),
            count.rows,
        ));
    }
    if report.bad_rows > 0 {
        for fault in &report.quarantined {
            output.line(fault_line(fault, language));
        }
        output.line(language.quarantined(report.bad_rows, report.held_records));
    }
    if report.unknown_provinces > 0 {
        output.line(language.unknown_provinces(report.unknown_provinces));
    }
    if let Some(withdrawals) = &report.withdrawals {
        let WithdrawalCounts { for_property, running, unlisted } = withdrawals;
        output.line(language.withdrawals_read(for_property, running));
        if *unlisted > 0 {
            output.line(language.withdrawals_unlisted(unlisted));
        }
    }
    if report.interest_not_booked > 0 {
        output.line(language.interest_not_booked(report.interest_not_booked));
    }
}

fn encoding_name(encoding: TextEncoding) -> &'static str {
    match encoding {
        TextEncoding::Auto => "ASCII",
        TextEncoding::Utf8 => "UTF-8",
        TextEncoding::Gb18030 => "GB 18030",
    }
}

/// The same for programs.
pub(super) fn report_json(report: &ImportReport) -> Value {
    let files: Vec<Value> = report
        .files
        .iter()
        .map(|file| {
            json!({
                "file": file.file.file_name(),
                "rows": file.rows,
                "encoding": encoding_name(file.encoding),
                "ignored_columns": file.ignored_columns,
                "malformed": file.malformed,
            })
        })
        .collect();
    json!({
        "as_of": report.as_of.to_string(),
        "files": files,
        "balance": report.balance.to_string(),
        "loan_balance": report.loan_balance.to_string(),
        "unknown_provinces": report.unknown_provinces,
        "interest_not_booked": report.interest_not_booked,
        "withdrawals": report.withdrawals.map(|withdrawals| {
            json!({
                "for_property": withdrawals.for_property,
                "in_progress": withdrawals.running,
                "unlisted": withdrawals.unlisted,
            })
        }),
        "codes_mapped": report.codes.all_mapped().map(|count| code_json(&count)).collect::<Vec<_>>(),
        "quarantine": {
            "rows": report.bad_rows,
            "records": report.held_records,
            "faults": report.quarantined.iter().map(fault_json).collect::<Vec<_>>(),
        },
    })
}

/// The faults of files that are refused: so many of them, and the number of all.
pub(super) fn show_faults(faults: &ImportFaults, listed_max: usize, output: &Output) -> Exit {
    let language = output.language;
    let shown = faults.faults.get(..listed_max).unwrap_or(&faults.faults);
    for fault in shown {
        output.line(fault_line(fault, language));
    }
    for count in faults.codes.all_unknown() {
        output.line(language.code_unknown(
            count.file.file_name(),
            count.column,
            code(&count),
            count.rows,
        ));
    }
    let listed = u64::try_from(shown.len()).unwrap_or(u64::MAX);
    if listed < faults.total {
        output.line(language.more_faults(faults.total - listed));
    }
    if let Some(beyond) = &faults.beyond {
        let Beyond { bad_rows, rows, allowed, records, of_files } = beyond;
        output.line(if *of_files {
            language.beyond_quarantine()
        } else {
            language.beyond_share(bad_rows, rows, allowed, records)
        });
    }
    output.line(language.nothing_imported(faults.total));
    let listed: Vec<Value> = shown.iter().map(fault_json).collect();
    let unknown: Vec<Value> = faults.codes.all_unknown().map(|count| code_json(&count)).collect();
    let beyond = faults.beyond.map(|beyond| {
        json!({
            "bad_rows": beyond.bad_rows,
            "rows": beyond.rows,
            "allowed": beyond.allowed,
            "records": beyond.records,
            "of_files": beyond.of_files,
        })
    });
    output.value(&json!({
        "faults": listed,
        "total": faults.total,
        "codes_unknown": unknown,
        "quarantine": beyond,
    }));
    Exit::Refused
}

fn fault_line(fault: &ImportFault, language: Language) -> String {
    match language {
        Language::English => fault.to_string(),
        Language::Chinese => fault.chinese(),
    }
}

fn code(count: &CodeCount) -> &str {
    count.code.as_deref().unwrap_or("…")
}

fn code_json(count: &CodeCount) -> Value {
    json!({
        "file": count.file.file_name(),
        "column": count.column,
        "code": count.code,
        "rows": count.rows,
    })
}

fn fault_json(fault: &ImportFault) -> Value {
    let column = fault.column.map(|column| match column {
        FaultColumn::Named(name) => json!(name),
        FaultColumn::Place(place) => json!(place),
    });
    json!({
        "file": fault.file.file_name(),
        "line": fault.line,
        "column": column,
        "rule": fault.rule.id(),
        "message": fault.rule.english(),
        "message_zh": fault.rule.chinese(),
        "difference": fault.difference.as_ref().map(difference_json),
    })
}

fn difference_json(difference: &Difference) -> Value {
    json!({ "stated": difference.stated, "found": difference.found, "by": difference.by })
}
