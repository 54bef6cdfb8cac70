//! Single values of a file, each parsed to its type or refused by its rule.
//!
//! **Promises.** No value is repaired beyond its padding; what is refused names one rule. A number
//! that a spreadsheet has rounded or dressed up is told apart from one that is wrong at its source.
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

/// An amount of yuan with up to two decimals.
pub(super) fn amount(text: &str) -> Result<Fen, ImportRule> {
    let filled = match text.split_once('.') {
        None => Some(format!("{text}.00")),
        Some((_, decimals)) if decimals.len() == 1 => Some(format!("{text}0")),
        Some(_) => None,
    };
    Fen::parse(filled.as_deref().unwrap_or(text)).map_err(|_| ImportRule::Amount)
}

pub(super) fn amount_from_zero(text: &str) -> Result<Fen, ImportRule> {
    let amount = amount(text)?;
    if amount < Fen::ZERO { Err(ImportRule::AmountNegative) } else { Ok(amount) }
}

/// A day as 20260520, 2026-05-20, or 2026/05/20 and 2026.05.20, where zeros in front may be missing.
pub(super) fn date(text: &str) -> Result<Date, ImportRule> {
    let parsed = match text.find(['-', '/', '.']).and_then(|place| text.get(place..=place)) {
        None => Date::parse_compact(text),
        Some("-") => Date::parse(text),
        Some(separator) => match text.split(separator).collect::<Vec<_>>()[..] {
            [year, month, day] if is_short(month) && is_short(day) => {
                Date::parse(&format!("{year}-{month:0>2}-{day:0>2}"))
            }
            _ => return Err(ImportRule::Date),
        },
    };
    parsed.map_err(|_| ImportRule::Date)
}

/// Whether a part of a date is one or two digits.
fn is_short(part: &str) -> bool {
    matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// A date of something that has happened by `as_of`.
pub(super) fn past_date(as_of: Date) -> impl Fn(&str) -> Result<Date, ImportRule> {
    move |text| {
        let date = date(text)?;
        if date > as_of { Err(ImportRule::DateFuture) } else { Ok(date) }
    }
}

/// A month as 202605, 2026-05, 2026/05 or 2026.05; 2026.1 might be October, so no zero may be missing.
pub(super) fn month(text: &str) -> Result<Month, ImportRule> {
    Month::parse(&text.replace(['/', '.'], "-")).map_err(|_| ImportRule::Month)
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
            DocumentError::CheckDigit if is_rounded(text) => ImportRule::Spreadsheet,
            DocumentError::CheckDigit => ImportRule::DocumentCheck,
            DocumentError::OtherForm => ImportRule::DocumentOther,
        })
    }
}

/// Whether a value bears the marks of a spreadsheet: an exponent, `="..."`, an apostrophe in front.
pub(super) fn is_dressed_up(text: &str) -> bool {
    if text.starts_with("=\"") || text.starts_with('\'') {
        return true;
    }
    let Some((number, exponent)) = text.split_once(['E', 'e']) else { return false };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let power = exponent.strip_prefix('+').unwrap_or_default();
    whole.len() == 1 && digits(whole) && digits(decimals) && !power.is_empty() && digits(power)
}

/// Whether a number looks as if a spreadsheet had kept 15 digits of it and put zeros for the rest.
pub(super) fn is_rounded(text: &str) -> bool {
    let rest = text.get(15..).unwrap_or_default();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && !rest.is_empty() && rest.bytes().all(|byte| byte == b'0')
}

/// What to say of a number for which there is no other row.
pub(super) fn rounded_or(text: &str, rule: ImportRule) -> ImportRule {
    if is_rounded(text) { ImportRule::Spreadsheet } else { rule }
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
    CardNumber::parse(text).map_err(|_| rounded_or(text, ImportRule::Card))
}

pub(super) fn loan_contract(text: &str) -> Result<LoanContract, ImportRule> {
    LoanContract::parse(text).map_err(|_| ImportRule::LoanNumber)
}

pub(super) fn loan_account(text: &str) -> Result<LoanAccount, ImportRule> {
    LoanAccount::parse(text).map_err(|_| ImportRule::LoanNumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_up_to_two_decimals_and_nothing_else() {
        for (text, fen) in [("1200", 120_000), ("1200.5", 120_050), ("-0.05", -5), ("0", 0)] {
            assert_eq!(amount(text), Fen::new(fen).map_err(|_| ImportRule::Amount), "{text}");
        }
        for text in
            ["1200.", "1,200.00", "+1.00", "1.2e3", "１２", "007", "1.005", ".5", "1 200", "--1"]
        {
            assert_eq!(amount(text), Err(ImportRule::Amount), "{text}");
        }
    }

    #[test]
    fn dates_and_months_have_three_forms() {
        let day = Date::new(2026, 5, 2).map_err(|_| ImportRule::Date);
        for text in ["20260502", "2026-05-02", "2026/05/02", "2026/5/2", "2026.05.02", "2026.5.2"] {
            assert_eq!(date(text), day, "{text}");
        }
        for text in
            ["2026-5-2", "26/05/02", "2026/05-02", "02/05/2026", "2026/05", "2026/13/01", ""]
        {
            assert_eq!(date(text), Err(ImportRule::Date), "{text}");
        }
        for text in ["202605", "2026-05", "2026/05", "2026.05"] {
            assert_eq!(month(text).map(Month::number), Ok(202_605), "{text}");
        }
        for text in ["2026.5", "2026/5", "26-05", "2026-13", "2026--5"] {
            assert_eq!(month(text), Err(ImportRule::Month), "{text}");
        }
    }

    #[test]
    fn what_a_spreadsheet_does_to_numbers_is_recognised() {
        for text in ["1.40199E+17", "1E+17", "'140199", "=\"140199\""] {
            assert!(is_dressed_up(text), "{text}");
        }
        for text in ["140199199003070223", "E12345678", "1E7", "12E+3", "=1", "1.2", ""] {
            assert!(!is_dressed_up(text), "{text}");
        }
        assert!(is_rounded("140199199003070000") && is_rounded("1234567890123450"));
        assert!(!is_rounded("140199199003070") && !is_rounded("14019919900307022X"));
    }
}
