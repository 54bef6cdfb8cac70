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
use fundlink_protocol::loan::{LoanAccount, LoanContract, LoanStatus};
use fundlink_protocol::money::Fen;
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::property::PropertyText;
use fundlink_protocol::rate::Rate;
use fundlink_protocol::time::{Date, Month, Timestamp};

use super::loans::LOAN_STATUSES;
use super::rule::ImportRule;
use super::withdrawals::{STAGES, Stage};

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

/// A number of rows or persons.
pub(super) fn whole(text: &str) -> Result<u64, ImportRule> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<u64>().ok().filter(|_| digits).ok_or(ImportRule::Count)
}

/// A day, or a day and a time in China, as 2026-05-20, 2026-05-20 18:00 or 2026-05-20T18:00:00+08:00.
pub(super) fn moment(text: &str) -> Result<Timestamp, ImportRule> {
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let start = Timestamp::start_of(date(day)?);
    let time = time.strip_suffix("+08:00").unwrap_or(time);
    let (time, ms) = time.split_once('.').unwrap_or((time, "0"));
    let parts: Vec<&str> = time.split(':').collect();
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, "0"),
        [hour, minute, second] => (hour, minute, second),
        _ => return Err(ImportRule::Date),
    };
    let part = |text: &str, below: u64| {
        whole(text).ok().filter(|value| *value < below).ok_or(ImportRule::Date)
    };
    let minutes = part(hour, 24)? * 60 + part(minute, 60)?;
    let ms = (minutes * 60 + part(second, 60)?) * 1_000 + part(ms, 1_000)?;
    Ok(start.plus_ms(i64::try_from(ms).unwrap_or(0)))
}

/// An SM3 digest in hexadecimal, in lower case.
pub(super) fn sm3(text: &str) -> Result<String, ImportRule> {
    let hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex { Ok(text.to_ascii_lowercase()) } else { Err(ImportRule::ControlSm3) }
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

pub(super) fn loan_status(text: &str) -> Result<LoanStatus, ImportRule> {
    let known = LOAN_STATUSES.iter().find(|(word, _)| *word == text);
    known.map(|(_, status)| *status).ok_or(ImportRule::Code)
}

pub(super) fn withdrawal_stage(text: &str) -> Result<Stage, ImportRule> {
    let known = STAGES.iter().find(|(word, _)| *word == text);
    known.map(|(_, stage)| *stage).ok_or(ImportRule::Code)
}

pub(super) fn property_text(text: &str) -> Result<PropertyText, ImportRule> {
    PropertyText::parse(text).map_err(|_| ImportRule::Property)
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

/// The month of birth in a number that a spreadsheet has rounded: its first 15 digits are right.
pub(super) fn birth_in_rounded(text: &str) -> Option<Month> {
    text.get(6..12).filter(|_| is_rounded(text)).and_then(|month| Month::parse(month).ok())
}

/// A month of birth in any form, which is used only where the number cannot be.
pub(super) fn birth(text: &str) -> Option<Month> {
    month(text).ok().or_else(|| date(text).ok().map(Date::month))
}

/// Whether a number has the form of a passport: one or two letters, then seven or eight digits.
pub(super) fn is_like_a_passport(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = text.len().saturating_sub(digits.len());
    (1..=2).contains(&letters)
        && (7..=8).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
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
