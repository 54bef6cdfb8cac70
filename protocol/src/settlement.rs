//! The port to the bank: orders out, replies and notices in.
//!
//! Money moves between the special accounts (专户) of two centers. The engine orders, asks and
//! recalls; the bank replies, and reports each movement of the account as a notice.
//!
//! **Promises.** An order id is a letter number and an attempt, so that a repeat is known as one; a
//! notice is named by (account, the bank's reference) and counted once.
//! **Left to others.** Carrying: the node's driver. The bank must treat an order id that it knows as
//! the same order, and never execute one after it has reported it as failed, nor after its day.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::bank_account::CorporateAccount;
use crate::engine::ReceivingAccount;
use crate::letter_number::LetterNumber;
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::time::Date;

/// A special account (专户) of a center at an entrusted bank.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SpecialAccount {
    /// Its number.
    #[n(1)]
    pub number: CorporateAccount,
    /// In whose name it is held.
    #[n(2)]
    pub name: PlainText<255>,
    /// The bank.
    #[n(3)]
    pub bank: PlainText<255>,
}

impl SpecialAccount {
    /// The account of a configuration, if number and names have their form.
    #[must_use]
    pub fn of(account: &ReceivingAccount) -> Option<Self> {
        Some(Self {
            number: CorporateAccount::parse(&account.number).ok()?,
            name: PlainText::parse(&account.name).ok()?,
            bank: PlainText::parse(&account.bank).ok()?,
        })
    }
}

/// Names an order: the letter number, and which attempt under it, counted from 1 over all
/// revisions of the sheet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct BankOrderId {
    /// The letter under which money moves.
    #[n(1)]
    pub letter: LetterNumber,
    /// The attempt, from 1.
    #[n(2)]
    pub attempt: u32,
}

impl BankOrderId {
    /// Parses what [`Display`](fmt::Display) writes: the letter number, a dash, the attempt.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (letter, attempt) = text.split_once('-')?;
        let id = Self { letter: LetterNumber::parse(letter).ok()?, attempt: attempt.parse().ok()? };
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for BankOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.letter, self.attempt)
    }
}

impl fmt::Debug for BankOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BankOrderId({self})")
    }
}

/// An order to pay from the own special account. Its summary (摘要) is the letter number.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BankOrder {
    /// Names it; its letter number is the summary that the payee sees.
    #[n(1)]
    pub id: BankOrderId,
    /// The account that is paid from.
    #[n(2)]
    pub payer: SpecialAccount,
    /// The account that is paid to.
    #[n(3)]
    pub payee: SpecialAccount,
    /// What is paid, more than nothing.
    #[n(4)]
    pub amount: Fen,
    /// The day on which it is executed, or not at all.
    #[n(5)]
    pub execute_on: Date,
}

impl fmt::Debug for BankOrder {
    /// Without the amount.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankOrder")
            .field("id", &self.id)
            .field("execute_on", &self.execute_on)
            .finish_non_exhaustive()
    }
}

/// What the bank says of an order.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BankReply {
    /// The order.
    #[n(1)]
    pub order: BankOrderId,
    /// What became of it.
    #[n(2)]
    pub outcome: BankOutcome,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum BankOutcome {
    /// Paid on this day; the debit follows as a notice.
    #[n(1)]
    Executed(#[n(0)] Date),
    /// Not paid, and it never will be under this id.
    #[n(2)]
    Failed(#[n(0)] BankFailure),
    /// Taken in, to be executed later.
    #[n(3)]
    Waiting,
    /// The bank cannot say (超时): ask again, order nothing new.
    #[n(4)]
    Unknown,
    /// The bank has no order of this id: the same order may be sent again.
    #[n(5)]
    NoSuchOrder,
}

/// What is believed of an order, when the bank says something of it; `None` when nothing changes.
///
/// What is said of an order whose end is known changes nothing. An order that was recalled and that
/// the bank does not have never will be paid: a bank executes none after its day.
#[must_use]
pub fn believed(
    known: Option<&BankOutcome>,
    said: &BankOutcome,
    is_recalled: bool,
) -> Option<BankOutcome> {
    match (known, said) {
        (Some(BankOutcome::Executed(_) | BankOutcome::Failed(_)), _) => None,
        (_, BankOutcome::NoSuchOrder) if is_recalled => {
            Some(BankOutcome::Failed(BankFailure::Recalled))
        }
        (
            None | Some(BankOutcome::Waiting | BankOutcome::Unknown | BankOutcome::NoSuchOrder),
            _,
        ) => Some(said.clone()),
    }
}

/// Why an order was not paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum BankFailure {
    /// Number and name of the payee do not belong together.
    #[n(1)]
    WrongPayee,
    /// The payee's account is closed.
    #[n(2)]
    ClosedPayee,
    /// Above a limit of the bank.
    #[n(3)]
    Limit,
    /// The payer's account does not hold so much.
    #[n(4)]
    Funds,
    /// Recalled by the center before it was executed.
    #[n(5)]
    Recalled,
    /// Another cause.
    #[n(6)]
    Other,
    /// The bank knows the order's id with other content: this order is not taken in, and a person
    /// finds out at the bank what the other is.
    #[n(7)]
    OtherContent,
}

impl BankFailure {
    /// Whether the payee's details must be corrected before another attempt makes sense.
    #[must_use]
    pub const fn needs_correction(self) -> bool {
        matches!(self, Self::WrongPayee | Self::ClosedPayee)
    }

    /// The cause as a stable word, for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::WrongPayee => "wrong_payee",
            Self::ClosedPayee => "closed_payee",
            Self::Limit => "limit",
            Self::Funds => "funds",
            Self::Recalled => "recalled",
            Self::Other => "other",
            Self::OtherContent => "other_content",
        }
    }

    /// The cause with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::WrongPayee,
            Self::ClosedPayee,
            Self::Limit,
            Self::Funds,
            Self::Recalled,
            Self::Other,
            Self::OtherContent,
        ];
        all.into_iter().find(|failure| failure.word() == word)
    }
}

/// The bank's reference of a movement (银行结算流水号 YHJSLSH, C40).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct BankReference(#[n(0)] pub PlainText<40>);

/// A movement of a special account, as the bank reports it (银行明细).
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BankNotice {
    /// The own account that moved.
    #[n(1)]
    pub account: CorporateAccount,
    /// The bank's name for the movement, unique within the account.
    #[n(2)]
    pub reference: BankReference,
    /// Which way the money went.
    #[n(3)]
    pub direction: Direction,
    /// How much, more than nothing.
    #[n(4)]
    pub amount: Fen,
    /// The summary (摘要) as the bank shows it; a letter number may stand anywhere in it.
    #[n(5)]
    pub summary: Option<PlainText<255>>,
    /// The number of the other account, if the bank tells it.
    #[n(6)]
    pub counterpart: Option<CorporateAccount>,
    /// The name of the other account, if the bank tells it.
    #[n(7)]
    pub counterpart_name: Option<PlainText<255>>,
    /// The booking day.
    #[n(8)]
    pub booked_on: Date,
}

impl BankNotice {
    /// The letter number that the summary quotes, if it quotes one.
    #[must_use]
    pub fn letter(&self) -> Option<LetterNumber> {
        let summary = self.summary.as_ref()?.as_str();
        let starts = summary.char_indices().map(|(start, _)| start);
        starts
            .filter_map(|start| summary.get(start..start.checked_add(16)?))
            .find_map(|text| LetterNumber::parse(text).ok())
    }
}

impl fmt::Debug for BankNotice {
    /// Without numbers, names and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankNotice")
            .field("direction", &self.direction)
            .field("booked_on", &self.booked_on)
            .finish_non_exhaustive()
    }
}

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Direction {
    /// Out of the account (借方, JFFSE as the bank writes it for its customer's outflow).
    #[n(1)]
    Debit,
    /// Into the account (贷方, DFFSE).
    #[n(2)]
    Credit,
}

/// Where the next notices begin: whatever the bank counts by; 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct NoticeCursor(#[n(0)] pub u64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    fn notice(summary: Option<&str>) -> BankNotice {
        BankNotice {
            account: CorporateAccount::parse("0502-1").unwrap(),
            reference: BankReference(PlainText::parse("R1").unwrap()),
            direction: Direction::Credit,
            amount: Fen::parse("1.00").unwrap(),
            summary: summary.map(|text| PlainText::parse(text).unwrap()),
            counterpart: None,
            counterpart_name: None,
            booked_on: Date::parse("2026-05-21").unwrap(),
        }
    }

    #[test]
    fn the_letter_number_is_found_anywhere_in_the_summary() {
        let number = LetterNumber::parse("1401002605060001").ok();
        for (summary, found) in [
            (Some("1401002605060001"), number),
            (Some("公积金转移1401002605060001本金"), number),
            (Some("LX:1401002605060001/利息"), number),
            (Some("1401002613060001"), None),
            (Some("工资"), None),
            (None, None),
        ] {
            assert_eq!(notice(summary).letter(), found, "{summary:?}");
        }
    }

    #[test]
    fn an_order_id_is_written_and_parsed() {
        let letter = LetterNumber::parse("1401002605060001").unwrap();
        for attempt in [1, 12, 140] {
            let id = BankOrderId { letter, attempt };
            assert_eq!(BankOrderId::parse(&id.to_string()), Some(id));
            assert_eq!(cbor::decode(&cbor::encode(&id)), Ok(id));
        }
        for bad in ["", "1401002605060001", "1401002605060001-1", "1401002605060001-+1"] {
            assert_eq!(BankOrderId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_notice_shows_no_amount_and_no_number() {
        let shown = format!("{:?}", notice(Some("1401002605060001")));
        assert!(!shown.contains("100") && !shown.contains("0502"), "{shown}");
    }
}
