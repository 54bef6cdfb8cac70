//! Comparing what the bank reports with what a sheet says (核对).
//!
//! **Promises.** Lines are summed before they are compared: principal and interest may be two.
//! **Left to others.** Collecting the lines, each once: `engine::bank`.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::money::Fen;
use crate::settlement::{BankReference, Direction};
use crate::time::Date;

/// A movement under a letter, as the bank reported it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MoneyLine {
    /// The bank's reference.
    #[n(1)]
    pub reference: BankReference,
    /// Out of the own account or into it.
    #[n(2)]
    pub direction: Direction,
    /// How much.
    #[n(3)]
    pub amount: Fen,
    /// The booking day.
    #[n(4)]
    pub booked_on: Date,
}

impl fmt::Debug for MoneyLine {
    /// Without the amount.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoneyLine")
            .field("direction", &self.direction)
            .field("booked_on", &self.booked_on)
            .finish_non_exhaustive()
    }
}

/// The sum of the lines of a direction; `None` beyond N(18,2).
#[must_use]
pub fn sum(lines: &[MoneyLine], direction: Direction) -> Option<Fen> {
    let of_direction = lines.iter().filter(|line| line.direction == direction);
    Fen::checked_sum(of_direction.map(|line| line.amount))
}

/// What moved in a direction, less what moved the other way; `None` beyond N(18,2).
#[must_use]
pub fn net(lines: &[MoneyLine], direction: Direction) -> Option<Fen> {
    let (of, against) = match direction {
        Direction::Debit => (Direction::Debit, Direction::Credit),
        Direction::Credit => (Direction::Credit, Direction::Debit),
    };
    sum(lines, of)?.checked_sub(sum(lines, against)?)
}

/// How money compares with a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Nothing has moved, or all of it came back.
    Nothing,
    /// Less than the sheet.
    Short,
    /// Exactly the sheet.
    Exact,
    /// More than the sheet.
    Over,
}

/// Compares a net sum with the amount of a sheet.
#[must_use]
pub fn compare(net: Fen, sheet: Fen) -> Comparison {
    if net == sheet {
        Comparison::Exact
    } else if net > sheet {
        Comparison::Over
    } else if net > Fen::ZERO {
        Comparison::Short
    } else {
        Comparison::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plain_text::PlainText;

    fn line(direction: Direction, yuan: &str) -> MoneyLine {
        MoneyLine {
            reference: BankReference(PlainText::parse(yuan).unwrap()),
            direction,
            amount: Fen::parse(yuan).unwrap(),
            booked_on: Date::parse("2026-05-20").unwrap(),
        }
    }

    #[test]
    fn a_sum_is_nothing_short_exact_or_over() {
        let compared = |net| compare(Fen::new(net).unwrap(), Fen::new(100).unwrap());
        for (net, expected) in [
            (-1, Comparison::Nothing),
            (0, Comparison::Nothing),
            (1, Comparison::Short),
            (99, Comparison::Short),
            (100, Comparison::Exact),
            (101, Comparison::Over),
        ] {
            assert_eq!(compared(net), expected, "{net}");
        }
        assert_eq!(compare(Fen::ZERO, Fen::ZERO), Comparison::Exact);
    }

    #[test]
    fn principal_and_interest_may_be_two_lines() {
        let sheet = Fen::parse("62084.41").unwrap();
        let mut lines = vec![line(Direction::Credit, "61452.36")];
        let of = |lines: &[MoneyLine]| compare(net(lines, Direction::Credit).unwrap(), sheet);
        assert_eq!(of(&[]), Comparison::Nothing);
        assert_eq!(of(&lines), Comparison::Short);
        lines.push(line(Direction::Credit, "632.05"));
        assert_eq!(of(&lines), Comparison::Exact);
        lines.push(line(Direction::Credit, "0.01"));
        assert_eq!(of(&lines), Comparison::Over);
        lines.push(line(Direction::Debit, "0.01"));
        assert_eq!(of(&lines), Comparison::Exact);
        lines.push(line(Direction::Debit, "62084.41"));
        assert_eq!(of(&lines), Comparison::Nothing);
    }
}
