//! Transfers that another channel carries: registering one, taking it on, what is known of it.

use fundlink_protocol::engine::registrations::{Counterpart, EnteredStep};
use fundlink_protocol::engine::transfer_command::RegisteredView;
use fundlink_protocol::money::Fen;
use fundlink_protocol::transfer::registered::RegisteredAmounts;
use serde::{Deserialize, Serialize};

use super::facts::Person;
use super::transfers::PrivateText;

/// Registers a transfer of the national platform or on paper (登记).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Who enters it.
    pub operator: String,
    /// `out` or `in`.
    pub side: String,
    /// `national` or `paper`.
    pub channel: String,
    /// 联系函编号.
    pub number: String,
    /// The other center.
    pub other: String,
    /// The person.
    pub person: Person,
    /// The account at the transfer-out center.
    pub account: PrivateText,
    /// How far it has gone.
    #[serde(flatten)]
    pub step: Step,
}

/// Takes a registered transfer one step on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// Who enters it.
    pub operator: String,
    /// How far it has gone.
    #[serde(flatten)]
    pub step: Step,
}

/// How far a registered transfer has gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `registered`, `paid`, `credited`, `closed`, `reversed` or `withdrawn`.
    pub state: String,
    /// The business date; today when absent.
    #[serde(default)]
    pub on: Option<String>,
    /// What moved.
    #[serde(default)]
    pub amounts: Option<Amounts>,
}

/// Principal and interest, in yuan.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    /// 本金.
    pub principal: String,
    /// 利息.
    pub interest: String,
}

impl core::fmt::Debug for Amounts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Amounts(..)")
    }
}

/// What is registered of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// What moves, once it is known.
    pub amounts: Option<RegisteredSum>,
    /// The steps, in their order.
    pub steps: Vec<Entered>,
    /// What the other city has published of it, matched by the reference tag.
    pub counterpart: Option<Other>,
}

/// Principal, interest and their sum, in yuan.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredSum {
    /// 本金.
    pub principal: String,
    /// 利息.
    pub interest: String,
    /// 转移金额.
    pub amount: String,
}

impl core::fmt::Debug for RegisteredSum {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RegisteredSum(..)")
    }
}

/// A step that was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// When it was entered.
    pub at: String,
    /// Who entered it.
    pub operator: String,
    /// What was reached.
    pub state: String,
    /// The business date.
    pub on: String,
}

/// What the other city has published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// `paid`, `credited` or `reversed`.
    pub state: String,
    /// The business date there.
    pub on: String,
    /// Whether both sides say the same.
    pub matched: bool,
}

/// The transfer that goes on instead of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Its id.
    pub transfer: String,
    /// The number of its letter.
    pub number: String,
}

impl From<&RegisteredView> for Registered {
    fn from(view: &RegisteredView) -> Self {
        Self {
            amounts: view.amounts.map(Into::into),
            steps: view.steps.iter().map(Into::into).collect(),
            counterpart: view.counterpart.map(Into::into),
        }
    }
}

impl From<RegisteredAmounts> for RegisteredSum {
    fn from(amounts: RegisteredAmounts) -> Self {
        Self {
            principal: amounts.principal.to_string(),
            interest: amounts.interest.to_string(),
            // Amounts whose sum does not fit are refused before they are stored.
            amount: amounts.total().unwrap_or(Fen::MAX).to_string(),
        }
    }
}

impl From<&EnteredStep> for Entered {
    fn from(step: &EnteredStep) -> Self {
        Self {
            at: step.at.to_string(),
            operator: step.operator.to_string(),
            state: step.state.name().to_owned(),
            on: step.on.to_string(),
        }
    }
}

impl From<Counterpart> for Other {
    fn from(counterpart: Counterpart) -> Self {
        Self {
            state: counterpart.state.name().to_owned(),
            on: counterpart.on.to_string(),
            matched: counterpart.is_matched,
        }
    }
}
