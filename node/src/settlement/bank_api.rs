//! The JSON that a bank of the testnet and the driver for it exchange over HTTP.
//!
//! ```text
//! PUT  /v1/orders/{id}                           Order        -> OrderReport, 409 OtherContent
//! GET  /v1/orders/{id}                                        -> OrderReport, 404 UnknownOrder
//! POST /v1/orders/{id}/recall                                 -> OrderReport, 404 UnknownOrder
//! GET  /v1/accounts/{account}                                 -> AccountReport, 404 UnknownAccount
//! GET  /v1/accounts/{account}/notices?since=&limit=           -> NoticePage, 404 UnknownAccount
//! ```
//!
//! **Promises.** An order id is applied once: the same content again brings the report, other
//! content 409. Amounts are decimal yuan in text, never numbers. A notice never changes, and a
//! cursor never skips one.
//! **Left to others.** What may go wrong on demand: the testnet's bank. Asking: the HTTP driver.

use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Date;
use serde::{Deserialize, Serialize};

/// The name of an order: 1 to 64 characters of `0-9 a-z -`, such as `140200-1401002605060001-01`: payer,
/// letter, attempt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderName(String);

/// A text that does not name an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order is named by 1 to 64 characters of 0-9, a-z and dash")]
pub struct OrderNameError;

impl OrderName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it is empty, too long or has another character.
    pub fn parse(text: &str) -> Result<Self, OrderNameError> {
        let allowed = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(OrderNameError)
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OrderName {
    type Error = OrderNameError;

    fn try_from(text: String) -> Result<Self, OrderNameError> {
        Self::parse(&text)
    }
}

impl From<OrderName> for String {
    fn from(name: OrderName) -> Self {
        name.0
    }
}

/// What an order pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Principal and interest in one line.
    Whole,
    /// 本金 alone.
    Principal,
    /// 利息 alone.
    Interest,
}

/// An order to pay from one special account to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The payer's special account (付款专户).
    #[serde(with = "account_text")]
    pub from: CorporateAccount,
    /// The receiver's special account (收款专户).
    #[serde(with = "account_text")]
    pub to: CorporateAccount,
    /// The name that the receiver's account must have; the bank compares it.
    pub to_name: String,
    /// How much.
    #[serde(with = "fen_text")]
    pub amount: Fen,
    /// What it pays.
    pub kind: OrderKind,
    /// The contact letter, quoted in the summary of every line.
    #[serde(with = "letter_text")]
    pub letter: LetterNumber,
    /// The day on which it is to be executed, and never later.
    #[serde(with = "date_text")]
    pub execute_on: Date,
}

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReport {
    /// The order.
    pub order: OrderName,
    /// Its state.
    #[serde(flatten)]
    pub state: OrderState,
}

/// The states of an order; all but the first two are final for the order, though money that was
/// paid may still come back, which a notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OrderState {
    /// Taken in, not executed yet.
    Accepted,
    /// The bank does not know yet whether it was executed; ask again, never order again.
    Unknown,
    /// The payer's account was debited.
    Executed {
        /// The day of the debit.
        #[serde(with = "date_text")]
        on: Date,
        /// The bank's reference of the debit, which its notice carries too.
        reference: String,
    },
    /// Refused at once; no money moved.
    Failed {
        /// Why.
        reason: FailureReason,
    },
    /// Recalled before it was executed; no money moved.
    Recalled,
}

/// Why a bank refuses an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// 账号不存在: the receiver's account does not exist.
    UnknownAccount,
    /// 户名不符: the receiver's account has another name.
    NameDiffers,
    /// 余额不足: the payer's account has less.
    NotEnoughMoney,
    /// 超过限额: above a limit of the bank.
    Limit,
    /// The day of execution has passed.
    TooLate,
}

/// Debit or credit, seen from the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// 借: money left.
    Debit,
    /// 贷: money came.
    Credit,
}

/// Whether a line is a payment, or a payment that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A payment.
    Payment,
    /// 退汇: the receiving bank could not book it and sent it back.
    BankReturn,
}

/// One line of an account's statement; (account, reference) names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The special account.
    #[serde(with = "account_text")]
    pub account: CorporateAccount,
    /// The bank's reference of the line (银行流水号), unique in the account.
    pub reference: String,
    /// Debit or credit.
    pub direction: Direction,
    /// How much, positive.
    #[serde(with = "fen_text")]
    pub amount: Fen,
    /// Payment or return.
    pub kind: LineKind,
    /// 摘要: quotes the letter number somewhere, as the payer wrote it.
    pub summary: String,
    /// The other account.
    #[serde(with = "account_text")]
    pub counterpart: CorporateAccount,
    /// The day of the booking.
    #[serde(with = "date_text")]
    pub booked_on: Date,
    /// The order behind a debit, and behind the return of one; none on lines of others' orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderName>,
}

impl Notice {
    /// The first letter number that the summary quotes.
    #[must_use]
    pub fn letter(&self) -> Option<LetterNumber> {
        let starts = self.summary.char_indices().map(|(at, _)| at);
        starts.filter_map(|at| self.summary.get(at..at.checked_add(16)?)).find_map(|text| {
            // A longer run of digits is another number, not one with a letter number inside.
            LetterNumber::parse(text).ok().filter(|_| self.stands_alone(text))
        })
    }

    fn stands_alone(&self, text: &str) -> bool {
        self.summary
            .split(|character: char| !character.is_ascii_alphanumeric())
            .any(|word| word == text)
    }
}

/// Notices of an account, in the order of their booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticePage {
    /// The notices after the cursor.
    pub notices: Vec<Notice>,
    /// The cursor for the next request; the same as before when there was nothing new.
    pub next: u64,
}

/// An account of the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountReport {
    /// The account.
    #[serde(with = "account_text")]
    pub account: CorporateAccount,
    /// Its name.
    pub name: String,
    /// Its balance.
    #[serde(with = "fen_text")]
    pub balance: Fen,
}

/// Why a request was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BankRefusal {
    /// No such order: it never arrived and may be sent.
    UnknownOrder,
    /// No such account.
    UnknownAccount,
    /// The order id is known with other content.
    OtherContent,
    /// The request is malformed.
    Malformed,
}

/// The body of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankProblem {
    /// The code.
    pub code: BankRefusal,
    /// What is wrong and what to do next.
    pub message: String,
}

macro_rules! as_text {
    ($(#[$doc:meta])* $module:ident, $type:ty, $show:expr, $parse:expr) => {
        $(#[$doc])*
        pub mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de::Error};

            use super::*;

            /// Writes the text form.
            ///
            /// # Errors
            /// Those of the serializer.
            pub fn serialize<S: Serializer>(
                value: &$type,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let show: fn(&$type) -> String = $show;
                serializer.serialize_str(&show(value))
            }

            /// Reads the text form.
            ///
            /// # Errors
            /// When the text has another form.
            pub fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<$type, D::Error> {
                let text = String::deserialize(deserializer)?;
                let parse: fn(&str) -> Option<$type> = $parse;
                parse(&text).ok_or_else(|| Error::custom(concat!("not a ", stringify!($type))))
            }
        }
    };
}

as_text!(
    /// An amount as decimal yuan.
    fen_text, Fen, |amount| amount.to_string(), |text| Fen::parse(text).ok()
);
as_text!(
    /// A date as `2026-05-20`.
    date_text, Date, |date| date.to_string(), |text| Date::parse(text).ok()
);
as_text!(
    /// A letter number.
    letter_text, LetterNumber, |number| number.to_string(), |text| LetterNumber::parse(text).ok()
);
as_text!(
    /// The number of a special account.
    account_text,
    CorporateAccount,
    |account| account.as_str().to_owned(),
    |text| CorporateAccount::parse(text).ok()
);

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> CorporateAccount {
        CorporateAccount::parse(text).unwrap()
    }

    #[test]
    fn an_order_is_read_back_and_has_plain_json() {
        let order = Order {
            from: account("1402-0001"),
            to: account("1401-0001"),
            to_name: "太原市住房公积金管理中心".into(),
            amount: Fen::parse("44285.84").unwrap(),
            kind: OrderKind::Whole,
            letter: LetterNumber::parse("1401002605060001").unwrap(),
            execute_on: Date::parse("2026-05-20").unwrap(),
        };
        let json = serde_json::to_value(&order).unwrap();
        assert_eq!(json["amount"], "44285.84");
        assert_eq!(json["letter"], "1401002605060001");
        assert_eq!(json["execute_on"], "2026-05-20");
        assert_eq!(serde_json::from_value::<Order>(json.clone()).unwrap(), order);
        for (field, wrong) in [("amount", "1.5"), ("letter", "1"), ("kind", "gift"), ("x", "y")] {
            let mut json = json.clone();
            json[field] = wrong.into();
            assert!(serde_json::from_value::<Order>(json).is_err(), "{field}");
        }
    }

    #[test]
    fn a_report_says_its_state_beside_the_order() {
        let report = OrderReport {
            order: OrderName::parse("00ff-1").unwrap(),
            state: OrderState::Failed { reason: FailureReason::NameDiffers },
        };
        let json = serde_json::to_value(&report).unwrap();
        let expected =
            serde_json::json!({"order": "00ff-1", "state": "failed", "reason": "name_differs"});
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<OrderReport>(json).unwrap(), report);
        assert!(OrderName::parse("").is_err() && OrderName::parse("A/..").is_err());
    }

    #[test]
    fn a_summary_is_searched_for_a_letter_number_that_stands_alone() {
        let notice = |summary: &str| Notice {
            account: account("1401-0001"),
            reference: "1".into(),
            direction: Direction::Credit,
            amount: Fen::parse("1.00").unwrap(),
            kind: LineKind::Payment,
            summary: summary.into(),
            counterpart: account("1402-0001"),
            booked_on: Date::parse("2026-05-20").unwrap(),
            order: None,
        };
        let number = LetterNumber::parse("1401002605060001").unwrap();
        assert_eq!(notice("异地转移1401002605060001本金").letter(), Some(number));
        assert_eq!(notice("退汇 1401002605060001").letter(), Some(number));
        for other in ["", "公积金", "11401002605060001", "14010026050600012", "140100260506000"]
        {
            assert_eq!(notice(other).letter(), None, "{other}");
        }
    }
}
