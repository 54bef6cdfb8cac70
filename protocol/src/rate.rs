//! Rates: of interest, and of contributions from wages.
//!
//! **Promises.** Whole ten-millionths, no float; a file may write 0.12 or 12.00 for the same rate.
//! **Left to others.** Which rate holds when: `interest`.

use core::fmt;

use minicbor::{Decode, Encode};

/// A rate in ten-millionths of one, as N(8,7) of JGJ/T 320 holds it: 1.5 % is 150,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u32);

/// A text or number that is not a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a rate is a plain decimal below 1, such as 0.0260000, or percent from 1 on, such as 12.00"
)]
pub struct RateError;

impl Rate {
    /// The number of units in one whole.
    pub const WHOLE: u32 = 10_000_000;

    /// A rate from ten-millionths; below one whole.
    ///
    /// # Errors
    /// When it is one whole or more.
    pub const fn from_ten_millionths(units: u32) -> Result<Self, RateError> {
        if units < Self::WHOLE { Ok(Self(units)) } else { Err(RateError) }
    }

    /// The rate in ten-millionths of one.
    #[must_use]
    pub const fn ten_millionths(self) -> u32 {
        self.0
    }

    /// Parses a plain decimal: below 1 a fraction, from 1 to below 100 percent.
    ///
    /// Systems write the same rate as `0.12` or as `12.00`; a rate of 1 % or less must come as a
    /// fraction, so that there is no doubt.
    ///
    /// # Errors
    /// When the form is another, it has more than seven decimals, or it reaches 100.
    pub fn parse(text: &str) -> Result<Self, RateError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if !plain(whole) || !plain(decimals) || leading_zero {
            return Err(RateError);
        }
        if whole.len() > 2 || decimals.len() > 7 {
            return Err(RateError);
        }
        let units: u32 = format!("{whole}{decimals:0<7}").parse().map_err(|_| RateError)?;
        if units < Self::WHOLE {
            return Ok(Self(units));
        }
        if !units.is_multiple_of(100) {
            return Err(RateError);
        }
        Self::from_ten_millionths(units / 100)
    }
}

impl fmt::Display for Rate {
    /// Percent with at least two decimals: `1.50%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:05}", self.0 % 100_000);
        let kept = decimals.trim_end_matches('0').len().max(2);
        write!(f, "{}.{}%", self.0 / 100_000, decimals.get(..kept).unwrap_or_default())
    }
}

impl<C> Encode<C> for Rate {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u32(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Rate {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::from_ten_millionths(decoder.u32()?)
            .map_err(|_| minicbor::decode::Error::message("a rate of one whole or more"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_and_percent_are_the_same_rate() {
        for (text, units, shown) in [
            ("0.12", 1_200_000, "12.00%"),
            ("12.00", 1_200_000, "12.00%"),
            ("12", 1_200_000, "12.00%"),
            ("0.0260000", 260_000, "2.60%"),
            ("3.075", 307_500, "3.075%"),
            ("0.0150000", 150_000, "1.50%"),
            ("0.00", 0, "0.00%"),
        ] {
            let rate = Rate::parse(text).unwrap();
            assert_eq!(rate.ten_millionths(), units, "{text}");
            assert_eq!(rate.to_string(), shown);
        }
        for bad in ["", ".12", "0.", "1e-2", "-0.12", "+1", "100", "012.0", "0.12345678", "12%"] {
            assert_eq!(Rate::parse(bad), Err(RateError), "{bad:?}");
        }
    }
}
