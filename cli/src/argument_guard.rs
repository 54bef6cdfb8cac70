//! Refuses personal numbers among the arguments: other users of the machine see arguments in the
//! list of processes, and the shell keeps them in its history.
//!
//! **Promises.** What looks like a document number (身份证号) of 15 or 18 places, or like a bank card,
//! is refused before anything else is done, and is not repeated in the message.
//! **Left to others.** Numbers of passports and other documents, which have no form to know them by.

use std::ffi::OsString;

/// Whether any argument holds what looks like a personal number.
pub(crate) fn holds_personal_number(arguments: &[OsString]) -> bool {
    let personal = |argument: &OsString| {
        let text = argument.to_string_lossy();
        // A special account (专户) belongs to a center, and may be as long as a card's number.
        !text.starts_with("--special-account=")
            && text.split(|character: char| !character.is_ascii_alphanumeric()).any(looks_personal)
    };
    let pairs = arguments.iter().zip(arguments.iter().skip(1));
    pairs
        .filter(|(before, _)| *before != "--special-account")
        .any(|(_, argument)| personal(argument))
}

/// A whole word of digits as long as a document or a card; the last place of a document may be X.
fn looks_personal(word: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match word.len() {
        15 | 19 => digits(word),
        18 => digits(&word[..17]) && (digits(&word[17..]) || matches!(&word[17..], "x" | "X")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(argument: &str) -> bool {
        holds_personal_number(&["fundlink".into(), argument.into()])
    }

    #[test]
    fn document_and_card_numbers_are_not_taken_as_arguments() {
        for argument in [
            "140199199003070223",
            "14019919880808007x",
            "--subject=14019919880808007X",
            "140299850615013",
            "李晓禾,140199199003070223",
            "9990010000000001231",
        ] {
            assert!(refused(argument), "{argument}");
        }
    }

    #[test]
    fn letter_numbers_hashes_codes_and_times_are() {
        for argument in [
            "1401002605060001",
            "140100",
            "2026-05-20",
            "4f1d0c2b9a8e7f6d5c4b3a2918171615141312111009080706050403020100ff",
            "/ip4/127.0.0.1/tcp/7401",
            "1779235200000",
            "--special-account=9990010000000001231",
        ] {
            assert!(!refused(argument), "{argument}");
        }
        let apart = ["fundlink", "--special-account", "9990010000000001231"];
        assert!(!holds_personal_number(&apart.map(OsString::from)));
    }
}
