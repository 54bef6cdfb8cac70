//! Withdrawals for a property: recording them, undoing them, looking at them.

use fundlink_protocol::engine::withdrawals::{DeskNote, Recorded as Outcome, WithdrawalView};
use serde::{Deserialize, Serialize};

use super::facts::Person;
use super::transfers::PrivateText;

/// Records withdrawals, all of them or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Who records.
    pub operator: String,
    /// The withdrawals.
    pub withdrawals: Vec<Withdrawal>,
}

/// A withdrawal for a property (购房提取).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// 业务流水号.
    pub serial: String,
    /// Who withdrew.
    pub person: Person,
    /// 个人账号.
    pub account: PrivateText,
    /// 不动产权证号 and 房屋坐落.
    pub property: Property,
    /// 提取原因, two digits.
    pub reason: String,
    /// 发生额, yuan.
    pub amount: PrivateText,
    /// 记账日期.
    pub paid_on: String,
}

impl core::fmt::Debug for Withdrawal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Withdrawal").field("paid_on", &self.paid_on).finish_non_exhaustive()
    }
}

/// A property, by one key or by two.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// 不动产权证号.
    #[serde(default)]
    pub title: Option<String>,
    /// 房屋坐落.
    #[serde(default)]
    pub place: Option<String>,
}

impl core::fmt::Debug for Property {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Property(..)")
    }
}

impl From<&fundlink_protocol::property::Property> for Property {
    fn from(known: &fundlink_protocol::property::Property) -> Self {
        Self {
            title: known.title().map(|text| text.as_str().to_owned()),
            place: known.place().map(|text| text.as_str().to_owned()),
        }
    }
}

/// What came of recording one withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Which.
    pub serial: String,
    /// Whether it was not known before.
    pub is_new: bool,
    /// The centers whose logs show an earlier payout for the same property.
    pub paid_before: Vec<String>,
}

impl From<&Outcome> for Recorded {
    fn from(outcome: &Outcome) -> Self {
        Self {
            serial: outcome.serial.as_str().to_owned(),
            is_new: outcome.is_new,
            paid_before: outcome.paid_before.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Records that a withdrawal was undone (冲账).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reverse {
    /// Who records.
    pub operator: String,
    /// When it was booked.
    pub on: String,
    /// Why, in words.
    #[serde(default)]
    pub remark: Option<String>,
}

/// A withdrawal as its center keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The withdrawal.
    pub withdrawal: Withdrawal,
    /// When it was undone.
    pub reversed_on: Option<String>,
    /// Who recorded it at the desk; absent when an export brought it.
    pub recorded: Option<Noted>,
    /// Who recorded at the desk that it was undone.
    pub undone: Option<Noted>,
    /// The latest leaf about it; absent until it is published.
    pub leaf: Option<LeafPlace>,
}

/// What somebody noted at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Who.
    pub operator: String,
    /// When.
    pub at: String,
    /// Why, in words.
    pub remark: Option<String>,
}

impl From<&DeskNote> for Noted {
    fn from(note: &DeskNote) -> Self {
        Self {
            operator: note.operator.to_string(),
            at: note.at.to_string(),
            remark: note.remark.as_ref().map(|remark| remark.0.as_str().to_owned()),
        }
    }
}

/// A leaf of the center's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeafPlace {
    /// The number of the log.
    pub log: u32,
    /// The index of the leaf.
    pub index: u64,
}

impl From<&WithdrawalView> for Kept {
    fn from(view: &WithdrawalView) -> Self {
        let stored = &view.stored;
        let record = &stored.booked.record;
        Self {
            withdrawal: Withdrawal {
                serial: record.serial.as_str().to_owned(),
                person: (&record.person).into(),
                account: PrivateText(record.account.as_str().to_owned()),
                property: (&record.property).into(),
                reason: record.reason.code(),
                amount: PrivateText(record.amount.to_string()),
                paid_on: record.paid_on.to_string(),
            },
            reversed_on: stored.booked.reversed_on.map(|on| on.to_string()),
            recorded: stored.recorded.as_ref().map(Into::into),
            undone: stored.undone.as_ref().map(Into::into),
            leaf: view.leaf.map(|(log, index)| LeafPlace { log, index }),
        }
    }
}
