//! The CSV file of `fundlink withdrawal record`: columns of JGJ/T 320 in any case and order.
//!
//! **Promises.** Every row is checked before the node is asked; an error names line and column, never
//! the value.
//! **Left to others.** Whether the account exists: the node.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use fundlink_node::clock;
use fundlink_node::control::api::facts::Person;
use fundlink_node::control::api::transfers::PrivateText;
use fundlink_node::control::api::withdrawals::Withdrawal;
use fundlink_protocol::account::{AccountNumber, CloseReason, SerialNumber};
use fundlink_protocol::document::{DocumentNumber, DocumentType};
use fundlink_protocol::limits::IMPORT_PORTION_MAX;
use fundlink_protocol::money::Fen;
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::property::Property;
use fundlink_protocol::time::Date;

use crate::exit::Failure;
use crate::language::Language;

/// Columns without which no row can be read.
const NEEDED: [&str; 7] = ["YWLSH", "XingMing", "ZJHM", "GRZH", "JZRQ", "FSE", "TQYY"];

/// Reads the withdrawals of a file; `-` is standard input.
///
/// # Errors
/// When it cannot be read, or a row is not well formed.
pub(super) fn read(path: &Path, language: Language) -> Result<Vec<Withdrawal>, Failure> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        let not_text = |_| Failure::usage(language.withdrawal_file_not_csv(1));
        io::stdin().lock().read_to_string(&mut text).map_err(not_text)?;
    } else {
        let unreadable = |error| Failure::usage(language.cannot_read(path.display(), error));
        text = fs::read_to_string(path).map_err(unreadable)?;
    }
    parse(&text, language)
}

fn parse(text: &str, language: Language) -> Result<Vec<Withdrawal>, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let not_csv = |line: u64| Failure::usage(language.withdrawal_file_not_csv(line));
    let headers = reader.headers().map_err(|_| not_csv(1))?.clone();
    for column in NEEDED {
        if !headers.iter().any(|header| header.eq_ignore_ascii_case(column)) {
            return Err(Failure::usage(language.withdrawal_column_missing(column)));
        }
    }
    let mut withdrawals = Vec::new();
    for (place, record) in reader.records().enumerate() {
        let line = u64::try_from(place).unwrap_or(u64::MAX).saturating_add(2);
        let record = record.map_err(|_| not_csv(line))?;
        let row = Row { headers: &headers, record: &record, line, language };
        withdrawals.push(row.read()?);
    }
    match withdrawals.len() {
        0 => Err(Failure::usage(language.withdrawal_file_empty())),
        rows if rows > IMPORT_PORTION_MAX => {
            Err(Failure::usage(language.withdrawal_file_long(IMPORT_PORTION_MAX)))
        }
        _ => Ok(withdrawals),
    }
}

/// One row of the file.
struct Row<'a> {
    headers: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
    line: u64,
    language: Language,
}

impl Row<'_> {
    fn cell(&self, column: &str) -> &str {
        let place = self.headers.iter().position(|header| header.eq_ignore_ascii_case(column));
        place.and_then(|place| self.record.get(place)).unwrap_or("")
    }

    fn value<T, E: std::fmt::Display>(
        &self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Failure> {
        parse(self.cell(column)).map_err(|error| {
            Failure::usage(self.language.withdrawal_value(self.line, column, error))
        })
    }

    fn read(&self) -> Result<Withdrawal, Failure> {
        let kind = match self.cell("ZJLX") {
            "" => DocumentType::ResidentId,
            _ => self.value("ZJLX", DocumentType::parse)?,
        };
        let today = clock::wall_time().date();
        let today = today.ok_or_else(|| Failure::usage(self.language.clock_out_of_range()))?;
        let name = self.value("XingMing", PersonName::parse)?;
        let document = self.value("ZJHM", |text| DocumentNumber::parse(kind, text, today))?;
        let property = Property::parse(self.cell("BDCQZH"), self.cell("FWZL"));
        let property = property.map_err(|error| {
            Failure::usage(self.language.withdrawal_value(self.line, "BDCQZH, FWZL", error))
        })?;
        let date = |text: &str| Date::parse(text).or_else(|_| Date::parse_compact(text));
        // A ledger has what leaves the account as a negative amount.
        let amount = |text: &str| Fen::parse(text.strip_prefix('-').unwrap_or(text));
        Ok(Withdrawal {
            serial: self.value("YWLSH", SerialNumber::parse)?.as_str().to_owned(),
            person: Person {
                name: name.as_str().to_owned(),
                document_type: document.kind().code(),
                document_number: document.as_str().to_owned(),
            },
            account: PrivateText(self.value("GRZH", AccountNumber::parse)?.as_str().to_owned()),
            property: (&property).into(),
            reason: self.value("TQYY", CloseReason::parse)?.code(),
            amount: PrivateText(self.value("FSE", amount)?.to_string()),
            paid_on: self.value("JZRQ", date)?.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "ywlsh,XingMing,ZJHM,GRZH,JZRQ,FSE,TQYY,BDCQZH,FWZL\n";

    fn read(rows: &str) -> Result<Vec<Withdrawal>, Failure> {
        parse(&[HEADER, rows].concat(), Language::English)
    }

    #[test]
    fn a_row_is_read_with_either_form_of_date_and_sign() {
        let rows = "TQ-1,李晓禾,140199199003070223,0123,20260506,-50000.00,01,晋1,\n\
                    TQ-2,李晓禾,140199199003070223,0123,2026-05-06,50000.00,02,,学府街1号\n";
        let withdrawals = read(rows).unwrap();
        let [first, second] = withdrawals.as_slice() else { panic!("two rows") };
        assert_eq!(first.paid_on, second.paid_on);
        assert_eq!(first.amount, second.amount);
        assert_eq!(first.property.title.as_deref(), Some("晋1"));
        assert_eq!(second.property.place.as_deref(), Some("学府街1号"));
    }

    #[test]
    fn an_error_names_line_and_column_and_never_the_value() {
        let good = "TQ-1,李晓禾,140199199003070223,0123,2026-05-06,50000.00,01,晋1,\n";
        for (bad, column, value) in [
            ("TQ 2,李晓禾,140199199003070223,0123,2026-05-06,50000.00,01,晋1,\n", "YWLSH", "TQ 2"),
            ("TQ-2,李晓禾,140199199003070224,0123,2026-05-06,50000.00,01,晋1,\n", "ZJHM", "070224"),
            ("TQ-2,李晓禾,140199199003070223,0123,2026-02-30,50000.00,01,晋1,\n", "JZRQ", "02-30"),
            ("TQ-2,李晓禾,140199199003070223,0123,2026-05-06,50000,01,晋1,\n", "FSE", "50000"),
            ("TQ-2,李晓禾,140199199003070223,0123,2026-05-06,1.00,77,晋1,\n", "TQYY", "77"),
            ("TQ-2,李晓禾,140199199003070223,0123,2026-05-06,1.00,01,,\n", "FWZL", "李晓禾"),
        ] {
            let Err(failure) = read(&[good, bad].concat()) else { panic!("{bad} was taken") };
            assert!(failure.message.contains("line 3"), "{}", failure.message);
            assert!(failure.message.contains(column), "{}", failure.message);
            assert!(!failure.message.contains(value), "{}", failure.message);
        }
        let Err(failure) = parse("XingMing\n", Language::English) else { panic!("was taken") };
        assert!(failure.message.contains("YWLSH"), "{}", failure.message);
        assert!(read("").is_err(), "a file without a row");
    }
}
