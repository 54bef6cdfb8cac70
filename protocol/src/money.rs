//! Amounts of money as integer fen (分, hundredths of a yuan).
//!
//! **Promises.** No float, no silent overflow: sums are checked, and fit N(18,2) of JGJ/T 320.
//! **Left to others.** Rounding of interest: `interest`.

use core::fmt;

use minicbor::{Decode, Encode};

/// An amount in fen, positive or negative, within the standard's N(18,2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fen(i64);

/// A text that is not an amount, or an amount that N(18,2) cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FenError {
    /// Not `-?(0|[1-9]\d{0,15})\.\d{2}`.
    #[error(
        "an amount is written in yuan with exactly two decimals and no separators, such as 1234.50"
    )]
    Form,
    /// More than 16 digits before the point.
    #[error("an amount has at most 16 digits before the point")]
    Range,
}

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount of N(18,2).
    pub const MAX: Self = Self(999_999_999_999_999_999);
    /// The smallest amount of N(18,2).
    pub const MIN: Self = Self(-999_999_999_999_999_999);

    /// An amount from its number of fen.
    ///
    /// # Errors
    /// When it does not fit N(18,2).
    pub const fn new(fen: i64) -> Result<Self, FenError> {
        if fen >= Self::MIN.0 && fen <= Self::MAX.0 { Ok(Self(fen)) } else { Err(FenError::Range) }
    }

    /// The number of fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` when it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(|fen| Self::new(fen).ok())
    }

    /// The difference, or `None` when it does not fit.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(|fen| Self::new(fen).ok())
    }

    /// The amount with the other sign; every amount has one.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(self.0.wrapping_neg())
    }

    /// The sum of many amounts, or `None` when it does not fit.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut sum = 0_i128;
        for amount in amounts {
            sum = sum.checked_add(i128::from(amount.0))?;
        }
        i64::try_from(sum).ok().and_then(|fen| Self::new(fen).ok())
    }

    /// Whether the amount is exactly nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Parses `-?(0|[1-9]\d{0,15})\.\d{2}`: the one form of the wire and of JSON.
    ///
    /// # Errors
    /// When the text has another form: exponent, sign, separators, other digits or decimals.
    pub fn parse(text: &str) -> Result<Self, FenError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (yuan, fen) = digits.split_once('.').ok_or(FenError::Form)?;
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if yuan.is_empty() || fen.len() != 2 || !plain(yuan) || !plain(fen) {
            return Err(FenError::Form);
        }
        if yuan.len() > 1 && yuan.starts_with('0') {
            return Err(FenError::Form);
        }
        if yuan.len() > 16 {
            return Err(FenError::Range);
        }
        let number: i64 = [yuan, fen].concat().parse().map_err(|_| FenError::Range)?;
        Self::new(if negative { number.wrapping_neg() } else { number })
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl<C> Encode<C> for Fen {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.i64(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Fen {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::new(decoder.i64()?)
            .map_err(|_| minicbor::decode::Error::message("an amount beyond N(18,2)"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_yuan_with_two_decimals_is_an_amount() {
        assert_eq!(Fen::parse("0.00"), Ok(Fen::ZERO));
        assert_eq!(Fen::parse("-44285.84").unwrap().get(), -4_428_584);
        for bad in [
            "", "1", "1.0", "1.000", "01.00", "+1.00", "1e2", "1,000.00", "１.00", ".50", "--1.00",
            "1.0a",
        ] {
            assert_eq!(Fen::parse(bad), Err(FenError::Form), "{bad:?}");
        }
        assert_eq!(Fen::parse("12345678901234567.00"), Err(FenError::Range));
        assert_eq!(Fen::MAX.checked_add(Fen::new(1).unwrap()), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_parsed_back(fen in Fen::MIN.get()..=Fen::MAX.get()) {
            let amount = Fen::new(fen).unwrap();
            prop_assert_eq!(Fen::parse(&amount.to_string()), Ok(amount));
        }
    }
}
