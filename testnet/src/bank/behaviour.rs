//! How the simulated bank carries an order out: at once, late, in parts, wrongly, or not at all.
//!
//! **Promises.** Every departure from "debited, then credited in one line" is asked for by a rule.
//! **Left to others.** Carrying out: `state`.

use fundlink_node::settlement::bank_api::{FailureReason, Order, OrderName, fen_text};
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::money::Fen;
use serde::{Deserialize, Serialize};

/// What happens to an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Refused at once; no money moves.
    pub fail: Option<FailureReason>,
    /// Milliseconds until the payer is debited; never before the order's day.
    pub execute_after_ms: i64,
    /// Milliseconds from the debit until the payee is credited.
    pub credit_after_ms: i64,
    /// The payee is never credited; the money is back so many milliseconds after the debit.
    pub return_after_ms: Option<i64>,
    /// The credit comes in these lines; what they leave of the amount comes as a last one.
    pub split: Vec<Yuan>,
    /// Another amount is credited than was ordered.
    pub credit: Option<Yuan>,
    /// What a wrong credit left follows so many milliseconds later; without it, it stays with the
    /// bank.
    pub rest_after_ms: Option<i64>,
    /// What a wrong credit left goes back to the payer so many milliseconds later instead.
    pub return_rest_after_ms: Option<i64>,
    /// So long the bank says that it does not know, whatever happens meanwhile.
    pub unknown_for_ms: Option<i64>,
    /// The answers to the first so many requests about the order are lost; the requests are not.
    pub lose_answers: u32,
}

/// An amount in a rule, as decimal yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Yuan(#[serde(with = "fen_text")] pub Fen);

impl Behaviour {
    /// The lines in which an amount is credited.
    pub(super) fn lines_of(&self, amount: Fen) -> Vec<Fen> {
        let mut left = amount;
        let mut lines = Vec::new();
        for part in &self.split {
            let part = part.0.min(left);
            if part > Fen::ZERO {
                lines.push(part);
                left = left.checked_sub(part).unwrap_or(Fen::ZERO);
            }
        }
        if left > Fen::ZERO {
            lines.push(left);
        }
        lines
    }
}

/// Says what happens to some orders to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Orders under this letter; any letter when absent.
    #[serde(default)]
    pub letter: Option<String>,
    /// The order with this id; any when absent.
    #[serde(default)]
    pub order: Option<OrderName>,
    /// To how many orders it applies, then it is gone.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens.
    pub behaviour: Behaviour,
}

const fn once() -> u32 {
    1
}

impl Rule {
    /// A rule for the next order under a letter.
    #[must_use]
    pub fn for_letter(letter: LetterNumber, behaviour: Behaviour) -> Self {
        Self { letter: Some(letter.to_string()), order: None, times: 1, behaviour }
    }

    /// A rule for the next orders, whatever their letters.
    #[must_use]
    pub const fn for_next(times: u32, behaviour: Behaviour) -> Self {
        Self { letter: None, order: None, times, behaviour }
    }

    pub(super) fn fits(&self, name: &OrderName, order: &Order) -> bool {
        let letter = self.letter.as_ref().is_none_or(|letter| *letter == order.letter.to_string());
        letter && self.order.as_ref().is_none_or(|wanted| wanted == name)
    }
}
