//! Numbers of bank accounts: special accounts of centers (专户) and cards of persons (银行卡).
//!
//! **Promises.** A card number passes the Luhn check; a corporate number is not held against it,
//! because special accounts do not follow it. Neither shows in `Debug`.
//! **Left to others.** Whether the account exists and whose it is: the bank says so.

use crate::private_text::{PrivateText, private_wrapper};

/// A text that is not the number of a bank account. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankAccountError {
    /// Not 1 to 32 digits and dashes.
    #[error("a corporate account number has up to 32 digits and dashes, and begins with a digit")]
    CorporateForm,
    /// Not 16 to 19 digits.
    #[error("a card number has 16 to 19 digits")]
    CardForm,
    /// The last digit is not the Luhn check digit.
    #[error("the check digit of the card number is wrong; compare it with the card")]
    CardCheck,
}

/// The number of a corporate bank account, such as a center's special account (专户).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CorporateAccount(PrivateText);

private_wrapper!(CorporateAccount, "not a corporate account number");

/// Characters of a corporate account number.
const CORPORATE_CHARS_MAX: usize = 32;

impl CorporateAccount {
    /// Parses up to 32 digits and dashes; blanks around them are dropped.
    ///
    /// # Errors
    /// When there is another character, or no digit first, or more than 32 characters.
    pub fn parse(text: &str) -> Result<Self, BankAccountError> {
        let text = text.trim();
        let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if first && plain && text.len() <= CORPORATE_CHARS_MAX {
            Ok(Self(PrivateText::new(text.to_owned())))
        } else {
            Err(BankAccountError::CorporateForm)
        }
    }

    fn from_wire(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|account| account.as_str() == text)
    }
}

/// The number of a person's bank card.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber(PrivateText);

private_wrapper!(CardNumber, "not a card number");

impl CardNumber {
    /// Parses 16 to 19 digits with their Luhn check; blanks around them are dropped.
    ///
    /// # Errors
    /// When the form or the check digit is wrong.
    pub fn parse(text: &str) -> Result<Self, BankAccountError> {
        let text = text.trim();
        if !(16..=19).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BankAccountError::CardForm);
        }
        if luhn_sum(text).is_multiple_of(10) {
            Ok(Self(PrivateText::new(text.to_owned())))
        } else {
            Err(BankAccountError::CardCheck)
        }
    }

    fn from_wire(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|card| card.as_str() == text)
    }
}

/// The Luhn sum of digits: from the right, every second one doubled, digits of the double added.
fn luhn_sum(digits: &str) -> u32 {
    let doubled = |digit: u32| match digit.saturating_mul(2) {
        double @ 0..=9 => double,
        double => double.saturating_sub(9),
    };
    digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .zip([false, true].into_iter().cycle())
        .map(|(digit, second)| if second { doubled(digit) } else { digit })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cbor;

    #[test]
    fn the_worked_cards_pass_and_a_wrong_digit_does_not() {
        assert!(CardNumber::parse("9990010000000001231").is_ok());
        assert!(CardNumber::parse(" 9990010000000004565 ").is_ok());
        let wrong = CardNumber::parse("9990010000000001232");
        assert_eq!(wrong, Err(BankAccountError::CardCheck));
        for bad in ["", "999001000000000", "99900100000000012311", "999001000000000123X"] {
            assert_eq!(CardNumber::parse(bad), Err(BankAccountError::CardForm), "{bad:?}");
        }
    }

    #[test]
    fn special_accounts_need_no_check_digit() {
        assert!(CorporateAccount::parse("0502-1234-5678").is_ok());
        assert!(CorporateAccount::parse("9990010000000001232").is_ok());
        for bad in ["", "-1", "12 34", "12３4", "123456789012345678901234567890123", "AB12"] {
            let parsed = CorporateAccount::parse(bad);
            assert_eq!(parsed, Err(BankAccountError::CorporateForm), "{bad:?}");
        }
    }

    #[test]
    fn debug_never_shows_a_number() {
        let card = CardNumber::parse("9990010000000001231").unwrap();
        let account = CorporateAccount::parse("050212345678").unwrap();
        assert_eq!(
            format!("{card:?} {account:?}"),
            "CardNumber(private) CorporateAccount(private)"
        );
        assert_eq!(cbor::decode(&cbor::encode(&card)), Ok(card));
        assert_eq!(cbor::decode(&cbor::encode(&account)), Ok(account));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_of_a_card_is_found(
            body in "[0-9]{15,18}", place in 0_usize..19, by in 1_u8..10,
        ) {
            let check = (0..10)
                .map(|digit| format!("{body}{digit}"))
                .find(|card| CardNumber::parse(card).is_ok());
            let mut wrong = check.unwrap().into_bytes();
            let place = place % wrong.len();
            wrong[place] = b'0' + (wrong[place] - b'0' + by) % 10;
            prop_assert!(CardNumber::parse(core::str::from_utf8(&wrong).unwrap()).is_err());
        }
    }
}
