//! Single values of a file, each parsed to its type or refused by its rule.
//!
//! **Promises.** No value is repaired beyond its padding; what is refused names one rule.
//! **Left to others.** The types themselves: `fundlink-protocol`.

use fundlink_protocol::account::{AccountNumber, SerialNumber};
use fundlink_protocol::bank_account::CardNumber;
use fundlink_protocol::code_table::CodeError;
use fundlink_protocol::document::{DocumentError, DocumentNumber, DocumentType};
use fundlink_protocol::employer::{EmployerCode, EmployerName, EmployerNumber};
use fundlink_protocol::loan::{LoanAccount, LoanContract};
use fundlink_protocol::money::Fen;
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::rate::Rate;
use fundlink_protocol::time::{Date, Month};

use super::rule::ImportRule;

pub(super) fn amount(text: &str) -> Result<Fen, ImportRule> {
    Fen::parse(text).map_err(|_| ImportRule::Amount)
}

pub(super) fn amount_from_zero(text: &str) -> Result<Fen, ImportRule> {
    let amount = amount(text)?;
    if amount < Fen::ZERO { Err(ImportRule::AmountNegative) } else { Ok(amount) }
}

pub(super) fn date(text: &str) -> Result<Date, ImportRule> {
    let parsed = if text.len() == 8 { Date::parse_compact(text) } else { Date::parse(text) };
    parsed.map_err(|_| ImportRule::Date)
}

/// A date of something that has happened by `as_of`.
pub(super) fn past_date(as_of: Date) -> impl Fn(&str) -> Result<Date, ImportRule> {
    move |text| {
        let date = date(text)?;
        if date > as_of { Err(ImportRule::DateFuture) } else { Ok(date) }
    }
}

pub(super) fn month(text: &str) -> Result<Month, ImportRule> {
    Month::parse(text).map_err(|_| ImportRule::Month)
}

pub(super) fn rate(text: &str) -> Result<Rate, ImportRule> {
    Rate::parse(text).map_err(|_| ImportRule::Rate)
}

pub(super) fn count(text: &str) -> Result<u32, ImportRule> {
    let digits = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().map_err(|_| ImportRule::Count) } else { Err(ImportRule::Count) }
}

/// `1` for yes, `2` for no, as the messages of the national platform have it.
pub(super) fn flag(text: &str) -> Result<bool, ImportRule> {
    match text {
        "1" => Ok(true),
        "2" => Ok(false),
        _ => Err(ImportRule::Flag),
    }
}

pub(super) fn code<T>(
    parse: impl Fn(&str) -> Result<T, CodeError>,
) -> impl Fn(&str) -> Result<T, ImportRule> {
    move |text| parse(text).map_err(|_| ImportRule::Code)
}

pub(super) fn person_name(text: &str) -> Result<PersonName, ImportRule> {
    PersonName::parse(text).map_err(|_| ImportRule::Name)
}

pub(super) fn document(
    kind: DocumentType,
    today: Date,
) -> impl Fn(&str) -> Result<DocumentNumber, ImportRule> {
    move |text| {
        DocumentNumber::parse(kind, text, today).map_err(|error| match error {
            DocumentError::Form => ImportRule::DocumentForm,
            DocumentError::BirthDate => ImportRule::DocumentBirth,
            DocumentError::CheckDigit => ImportRule::DocumentCheck,
            DocumentError::OtherForm => ImportRule::DocumentOther,
        })
    }
}

pub(super) fn account_number(text: &str) -> Result<AccountNumber, ImportRule> {
    AccountNumber::parse(text).map_err(|_| ImportRule::AccountNumber)
}

pub(super) fn serial(text: &str) -> Result<SerialNumber, ImportRule> {
    SerialNumber::parse(text).map_err(|_| ImportRule::Serial)
}

pub(super) fn employer_number(text: &str) -> Result<EmployerNumber, ImportRule> {
    EmployerNumber::parse(text).map_err(|_| ImportRule::EmployerNumber)
}

pub(super) fn employer_name(text: &str) -> Result<EmployerName, ImportRule> {
    EmployerName::parse(text).map_err(|_| ImportRule::EmployerName)
}

pub(super) fn employer_code(text: &str) -> Result<EmployerCode, ImportRule> {
    EmployerCode::parse(text).map_err(|_| ImportRule::CreditCode)
}

pub(super) fn card(text: &str) -> Result<CardNumber, ImportRule> {
    CardNumber::parse(text).map_err(|_| ImportRule::Card)
}

pub(super) fn loan_contract(text: &str) -> Result<LoanContract, ImportRule> {
    LoanContract::parse(text).map_err(|_| ImportRule::LoanNumber)
}

pub(super) fn loan_account(text: &str) -> Result<LoanAccount, ImportRule> {
    LoanAccount::parse(text).map_err(|_| ImportRule::LoanNumber)
}
