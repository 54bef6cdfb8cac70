//! The number of a contact letter (联系函编号), which people and banks see.
//!
//! **Promises.** Sixteen characters: the center's code, the date as YYMMDD, and a serial of four.
//! Serials have one order and one successor.
//! **Left to others.** Which serial is free: the transfer-in side keeps the last one of each day.

use core::fmt;
use core::str::FromStr;

use minicbor::{Decode, Encode};

use crate::center::CenterCode;
use crate::time::Date;

/// A letter number, such as `1401002605060001`.
///
/// The serial runs `0001` to `9999`, then `A000` to `ZZZZ` counted in base 36, so that a center has
/// 1,223,055 letters a day; a center may begin at a later serial and leave the rest to another
/// channel. Numbers of one center order as their letters were written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterNumber {
    center: CenterCode,
    date: Date,
    serial: LetterSerial,
}

/// The place of a letter in its day, 1 to [`LetterSerial::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterSerial(u32);

/// A text that is not a letter number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a letter number has 16 characters: the center's code, YYMMDD, and a serial from 0001 to ZZZZ"
)]
pub struct LetterNumberError;

/// Serials made of digits alone.
const DIGIT_SERIALS: u32 = 9_999;
/// Serials behind one first letter: 36³.
const LETTER_SERIALS: u32 = 46_656;

impl LetterSerial {
    /// The first of a day, `0001`.
    pub const FIRST: Self = Self(1);
    /// The last of a day, `ZZZZ`.
    pub const MAX: Self = Self(DIGIT_SERIALS + 26 * LETTER_SERIALS);

    /// The serial at a place, counted from 1.
    ///
    /// # Errors
    /// When the place is 0 or past the last.
    pub const fn new(place: u32) -> Result<Self, LetterNumberError> {
        if place >= Self::FIRST.0 && place <= Self::MAX.0 {
            Ok(Self(place))
        } else {
            Err(LetterNumberError)
        }
    }

    /// The place, counted from 1.
    #[must_use]
    pub const fn place(self) -> u32 {
        self.0
    }

    /// The serial after this one, or `None` when the day has no more.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::new(self.0.checked_add(1)?).ok()
    }

    /// Parses four characters: digits, or an upper-case letter and three of base 36.
    ///
    /// # Errors
    /// When the text is anything else, or `0000`.
    pub fn parse(text: &str) -> Result<Self, LetterNumberError> {
        let [first, rest @ ..] = text.as_bytes() else { return Err(LetterNumberError) };
        let in_base = |base, digits: &[u8]| {
            digits.iter().try_fold(0_u32, |value, byte| {
                let character = char::from(*byte);
                let digit = character.to_digit(base).filter(|_| !byte.is_ascii_lowercase())?;
                value.checked_mul(base)?.checked_add(digit)
            })
        };
        let place = match (first, rest.len()) {
            (b'0'..=b'9', 3) => in_base(10, text.as_bytes()),
            (b'A'..=b'Z', 3) => in_base(36, rest).and_then(|low| {
                let letter = u32::from(first.checked_sub(b'A')?);
                letter.checked_mul(LETTER_SERIALS)?.checked_add(low)?.checked_add(10_000)
            }),
            _ => None,
        };
        place.ok_or(LetterNumberError).and_then(Self::new)
    }
}

impl fmt::Display for LetterSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(past) = self.0.checked_sub(DIGIT_SERIALS.saturating_add(1)) else {
            return write!(f, "{:04}", self.0);
        };
        let first = char::from_digit((past / LETTER_SERIALS).saturating_add(10), 36);
        let low = past % LETTER_SERIALS;
        let digits = [first, digit36(low / 1296), digit36(low / 36), digit36(low)];
        digits
            .into_iter()
            .flatten()
            .try_for_each(|digit| fmt::Write::write_char(f, digit.to_ascii_uppercase()))
    }
}

fn digit36(value: u32) -> Option<char> {
    char::from_digit(value % 36, 36)
}

impl LetterNumber {
    /// The number of a letter.
    ///
    /// # Errors
    /// When the date is not of this century: the number has no room for it.
    pub fn new(
        center: CenterCode,
        date: Date,
        serial: LetterSerial,
    ) -> Result<Self, LetterNumberError> {
        if (2000..=2099).contains(&date.year()) {
            Ok(Self { center, date, serial })
        } else {
            Err(LetterNumberError)
        }
    }

    /// Parses the sixteen characters.
    ///
    /// # Errors
    /// When a part is wrong; lower-case letters are.
    pub fn parse(text: &str) -> Result<Self, LetterNumberError> {
        let part = |from, to| text.get(from..to).ok_or(LetterNumberError);
        if text.len() != 16 {
            return Err(LetterNumberError);
        }
        let center = CenterCode::parse(part(0, 6)?).map_err(|_| LetterNumberError)?;
        let date = Date::parse_compact(&["20", part(6, 12)?].concat());
        let serial = LetterSerial::parse(part(12, 16)?)?;
        Self::new(center, date.map_err(|_| LetterNumberError)?, serial)
    }

    /// The transfer-in center, which wrote the letter.
    #[must_use]
    pub const fn center(self) -> CenterCode {
        self.center
    }

    /// The day of the letter.
    #[must_use]
    pub const fn date(self) -> Date {
        self.date
    }

    /// The place of the letter in its day.
    #[must_use]
    pub const fn serial(self) -> LetterSerial {
        self.serial
    }

    /// The number after this one on the same day, or `None` after `ZZZZ`.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.serial.next().map(|serial| Self { serial, ..self })
    }
}

impl FromStr for LetterNumber {
    type Err = LetterNumberError;

    fn from_str(text: &str) -> Result<Self, LetterNumberError> {
        Self::parse(text)
    }
}

impl fmt::Display for LetterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:06}{}", self.center, self.date.number() % 1_000_000, self.serial)
    }
}

impl fmt::Debug for LetterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LetterNumber({self})")
    }
}

impl<C> Encode<C> for LetterNumber {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.to_string())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for LetterNumber {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::parse(decoder.str()?)
            .map_err(|_| minicbor::decode::Error::message("not a letter number"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cbor;

    #[test]
    fn a_letter_number_is_center_day_and_serial() {
        let number = LetterNumber::parse("1401002605060001").unwrap();
        assert_eq!(number.center().number(), 140_100);
        assert_eq!(number.date(), Date::new(2026, 5, 6).unwrap());
        assert_eq!(number.serial(), LetterSerial::FIRST);
        assert_eq!(number.next().unwrap().to_string(), "1401002605060002");
        assert_eq!(cbor::decode(&cbor::encode(&number)), Ok(number));
    }

    #[test]
    fn serials_go_on_in_letters_after_the_digits() {
        for (text, next) in [
            ("0001", Some("0002")),
            ("9999", Some("A000")),
            ("A009", Some("A00A")),
            ("AZZZ", Some("B000")),
            ("ZZZY", Some("ZZZZ")),
            ("ZZZZ", None),
        ] {
            let serial = LetterSerial::parse(text).unwrap();
            assert_eq!(serial.next().map(|serial| serial.to_string()).as_deref(), next, "{text}");
        }
        assert_eq!(LetterSerial::parse("ZZZZ").unwrap(), LetterSerial::MAX);
        assert_eq!(LetterSerial::MAX.place(), 1_223_055);
    }

    #[test]
    fn other_texts_are_no_letter_number() {
        for bad in [
            "",
            "1401002605060000",
            "140100260506001",
            "14010026050600011",
            "1401002602300001",
            "140100260506a000",
            "1401002605061A00",
            "140100260506A00a",
            "0401002605060001",
            "1401002605060 01",
            "140100２60506001",
        ] {
            assert_eq!(LetterNumber::parse(bad), Err(LetterNumberError), "{bad:?}");
        }
        let center = CenterCode::new(140_100).unwrap();
        let far = Date::new(2126, 5, 6).unwrap();
        assert!(LetterNumber::new(center, far, LetterSerial::FIRST).is_err());
    }

    proptest! {
        #[test]
        fn serials_are_written_and_parsed_in_order(place in 1_u32..LetterSerial::MAX.place()) {
            let serial = LetterSerial::new(place).unwrap();
            let next = serial.next().unwrap();
            prop_assert_eq!(LetterSerial::parse(&serial.to_string()), Ok(serial));
            prop_assert!(serial.to_string() < next.to_string());
            prop_assert!(serial < next);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,20}") {
            let _ = LetterNumber::parse(&text);
        }
    }
}
