//! The synthetic province: cities with persons, employers, ledgers and loans, as the CSV files that
//! a center would import.
//!
//! Sizes follow the seed figures of Taiyuan (883,800 paying of 1,241,200 employees, 9,404 paying of
//! 10,263 employers, 126,096 loans of 308,000 yuan on average), one in a hundred at scale 1; for
//! Datong and Linfen there are no figures, and three quarters of Taiyuan are taken.
//!
//! **Promises.** One seed, scale and day give the same bytes on any machine. Every file passes the
//! import. The members of the [`cast`] are there with the accounts that their stories need.
//! **Left to others.** Importing: `fundlink_node::import`. Playing the stories: the tour.

use std::io;
use std::path::Path;

use fundlink_protocol::time::Date;

mod account;
pub mod cast;
pub mod city;
mod csv_file;
mod employers;
mod identity;
mod ledger;
mod loans;
mod names;
mod random;
mod writer;

pub use city::City;
pub use writer::CityTotals;

/// A province.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Province {
    /// Everything that is drawn comes from it.
    pub seed: u64,
    /// How large.
    pub scale: Scale,
    /// The day of the dumps, [`FIRST_DAY`] or later.
    pub as_of: Date,
}

/// How large a province is, in thousandths of about 10,000 persons a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale(u32);

/// A text that is not a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scale is a decimal from 0.001 to 100, such as 1 or 0.05")]
pub struct ScaleError;

impl Scale {
    /// About 10,000 persons a city.
    pub const ONE: Self = Self(1_000);

    /// Parses a decimal with up to three decimals.
    ///
    /// # Errors
    /// When it has another form or lies outside 0.001 to 100.
    pub fn parse(text: &str) -> Result<Self, ScaleError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(decimals) || whole.len() > 3 || decimals.len() > 3 {
            return Err(ScaleError);
        }
        let thousandths = format!("{whole}{decimals:0<3}").parse().map_err(|_| ScaleError)?;
        if (1..=100_000).contains(&thousandths) { Ok(Self(thousandths)) } else { Err(ScaleError) }
    }

    /// So many at scale 1, at this scale; at least one.
    fn of(self, count: u32) -> u32 {
        let scaled = u64::from(count) * u64::from(self.0) / 1_000;
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    }
}

/// The first day that a dump can have: the cast's accounts run up to the day before story 1 settles.
pub const FIRST_DAY: (i16, i8, i8) = (2026, 5, 19);

/// Which dump of a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// The first.
    First,
    /// The same, with one more loan: that of [`cast::Part::DoubleBorrower`] in Linfen.
    WithSecondLoan,
}

/// A day before [`FIRST_DAY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the dumps of the synthetic province begin on 2026-05-19")]
pub struct DayError;

impl Province {
    /// A province.
    ///
    /// # Errors
    /// When the day lies before [`FIRST_DAY`].
    pub fn new(seed: u64, scale: Scale, as_of: Date) -> Result<Self, DayError> {
        let (year, month, day) = FIRST_DAY;
        let first = Date::new(year, month, day).map_err(|_| DayError)?;
        if as_of < first { Err(DayError) } else { Ok(Self { seed, scale, as_of }) }
    }

    /// Writes the files of a city into a folder, which must exist.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_city(
        &self,
        city: City,
        edition: Edition,
        folder: &Path,
    ) -> io::Result<CityTotals> {
        writer::write(self, city, edition, folder)
    }
}

#[cfg(test)]
mod tests;
