//! The share of rows that may go to quarantine, such as 0.5 %.
//!
//! **Promises.** Whole millionths, no float; never more than all.
//! **Left to others.** What counts against it: `import`.

use std::str::FromStr;

/// A share, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

/// A text that is not a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a share is written in percent with up to four decimals, such as 0.5%, and below 100%")]
pub struct ShareError;

impl Share {
    /// This share of a number, rounded down.
    #[must_use]
    pub fn of(self, number: u64) -> u64 {
        let part = u128::from(number).saturating_mul(u128::from(self.0)) / 1_000_000;
        u64::try_from(part).unwrap_or(u64::MAX)
    }
}

impl FromStr for Share {
    type Err = ShareError;

    /// Parses `0.5%`; the sign must be there, so that nobody takes a fraction for percent.
    fn from_str(text: &str) -> Result<Self, ShareError> {
        let percent = text.trim().strip_suffix(['%', '％']).ok_or(ShareError)?;
        let (whole, decimals) = percent.split_once('.').unwrap_or((percent, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(decimals) || whole.len() > 2 || decimals.len() > 4 {
            return Err(ShareError);
        }
        let millionths: u32 = format!("{whole}{decimals:0<4}").parse().map_err(|_| ShareError)?;
        Ok(Self(millionths))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_percent_and_rounds_down() {
        let share = |text: &str| text.parse::<Share>();
        assert_eq!(share("0.5%").map(|share| share.of(10_000)), Ok(50));
        assert_eq!(share("0.5%").map(|share| share.of(199)), Ok(0));
        assert_eq!(share("12.25 %".replace(' ', "").as_str()).map(|share| share.of(400)), Ok(49));
        assert_eq!(share("0%").map(|share| share.of(u64::MAX)), Ok(0));
        for text in ["0.5", "100%", "-1%", "1e1%", "%", ".5%", "0.00001%"] {
            assert_eq!(share(text), Err(ShareError), "{text}");
        }
    }
}
