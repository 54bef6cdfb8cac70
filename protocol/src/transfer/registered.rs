//! The states of a transfer that another channel carries, and the record that its digests commit to.
//!
//! **Promises.** [`RegisteredState::may_become`] is the whole machine. Nothing here moves money: it
//! says what moved elsewhere.
//! **Left to others.** What a state blocks, and what it publishes: `engine::registrations`.

use core::fmt;

use minicbor::{Decode, Encode};

use super::channel::Channel;
use super::status_code::NationalCode;
use crate::account::AccountNumber;
use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::engine::transfers::Side;
use crate::letter_number::LetterNumber;
use crate::money::Fen;
use crate::record::Person;
use crate::time::Date;

/// Where a registered transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum RegisteredState {
    /// The letter is known; no money has moved.
    #[n(1)]
    Registered,
    /// The money has left the transfer-out center.
    #[n(2)]
    Paid,
    /// The money is on the person's account at the transfer-in center.
    #[n(3)]
    Credited,
    /// The case is closed over there, too.
    #[n(4)]
    Closed,
    /// The money came back, or was sent back; it may be paid once more under the same letter.
    #[n(5)]
    Reversed,
    /// The letter came to nothing: refused or withdrawn before money moved.
    #[n(6)]
    Withdrawn,
}

impl RegisteredState {
    /// All states.
    pub const ALL: &'static [Self] = &[
        Self::Registered,
        Self::Paid,
        Self::Credited,
        Self::Closed,
        Self::Reversed,
        Self::Withdrawn,
    ];

    /// The name by which people and programs know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Paid => "paid",
            Self::Credited => "credited",
            Self::Closed => "closed",
            Self::Reversed => "reversed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.name() == name)
    }

    /// Whether one state leads to another, at this side of the transfer.
    #[must_use]
    pub const fn may_become(self, side: Side, next: Self) -> bool {
        match (self, next) {
            (Self::Registered | Self::Reversed, Self::Paid) => matches!(side, Side::Out),
            (Self::Registered | Self::Reversed, Self::Credited) => matches!(side, Side::In),
            (Self::Paid | Self::Credited, Self::Closed | Self::Reversed)
            | (Self::Registered, Self::Withdrawn) => true,
            (
                Self::Registered
                | Self::Paid
                | Self::Credited
                | Self::Closed
                | Self::Reversed
                | Self::Withdrawn,
                _,
            ) => false,
        }
    }

    /// The states from the first one to this one, at this side; `None` when there is no such way.
    #[must_use]
    pub const fn way(self, side: Side) -> Option<&'static [Self]> {
        match (self, side) {
            (Self::Registered, _) => Some(&[]),
            (Self::Paid, Side::Out) => Some(&[Self::Paid]),
            (Self::Credited, Side::In) => Some(&[Self::Credited]),
            (Self::Closed, Side::Out) => Some(&[Self::Paid, Self::Closed]),
            (Self::Closed, Side::In) => Some(&[Self::Credited, Self::Closed]),
            (Self::Reversed, Side::Out) => Some(&[Self::Paid, Self::Reversed]),
            (Self::Reversed, Side::In) => Some(&[Self::Credited, Self::Reversed]),
            (Self::Withdrawn, _) => Some(&[Self::Withdrawn]),
            (Self::Paid, Side::In) | (Self::Credited, Side::Out) => None,
        }
    }

    /// Whether the person or the account is in transfer as long as it stands there.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Registered | Self::Paid | Self::Credited => true,
            Self::Closed | Self::Reversed | Self::Withdrawn => false,
        }
    }

    /// Whether money has moved: amounts must be known.
    #[must_use]
    pub const fn has_moved(self) -> bool {
        matches!(self, Self::Paid | Self::Credited)
    }

    /// What the digest of the step says; `None` for what has no digest.
    #[must_use]
    pub const fn digest_status(self, side: Side) -> Option<DigestStatus> {
        match (self, side) {
            (Self::Paid, _) => Some(DigestStatus::TransferRemitted),
            (Self::Credited, _) => Some(DigestStatus::TransferCredited),
            (Self::Reversed, Side::Out) => Some(DigestStatus::TransferReversed),
            (Self::Reversed, Side::In) => Some(DigestStatus::TransferReturned),
            (Self::Registered | Self::Closed | Self::Withdrawn, _) => None,
        }
    }

    /// The code of the national platform.
    #[must_use]
    pub const fn national_code(self) -> NationalCode {
        match self {
            Self::Registered => NationalCode::Sent,
            Self::Paid => NationalCode::Approved,
            Self::Credited | Self::Closed => NationalCode::Closed,
            Self::Reversed => NationalCode::ClosedNegotiated,
            Self::Withdrawn => NationalCode::Withdrawn,
        }
    }
}

/// Principal and interest (本金, 利息) of a registered transfer.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RegisteredAmounts {
    /// 本金.
    #[n(1)]
    pub principal: Fen,
    /// 利息.
    #[n(2)]
    pub interest: Fen,
}

impl RegisteredAmounts {
    /// Both together; `None` when one is negative or the sum does not fit.
    #[must_use]
    pub fn total(self) -> Option<Fen> {
        if self.principal < Fen::ZERO || self.interest < Fen::ZERO {
            return None;
        }
        self.principal.checked_add(self.interest)
    }
}

impl fmt::Debug for RegisteredAmounts {
    /// Without the amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegisteredAmounts(..)")
    }
}

/// What a digest of a registered transfer commits to, with a blinding of its own: the two sides are
/// matched by their reference tag, never by this.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RegisteredRecord {
    /// The channel.
    #[n(1)]
    pub channel: Channel,
    /// 联系函编号.
    #[n(2)]
    pub number: LetterNumber,
    /// The transfer-out center (转出地).
    #[n(3)]
    pub from: CenterCode,
    /// The transfer-in center (转入地).
    #[n(4)]
    pub to: CenterCode,
    /// The person.
    #[n(5)]
    pub person: Person,
    /// The account at the transfer-out center.
    #[n(6)]
    pub account: AccountNumber,
    /// What moved.
    #[n(7)]
    pub amounts: RegisteredAmounts,
    /// What it says.
    #[n(8)]
    pub state: RegisteredState,
    /// The business date.
    #[n(9)]
    pub on: Date,
}

impl fmt::Debug for RegisteredRecord {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegisteredRecord({}, {})", self.number, self.state.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_moves_on_one_side_as_paid_and_on_the_other_as_credited() {
        use RegisteredState::{Closed, Credited, Paid, Registered, Reversed, Withdrawn};
        let ways = |side| -> Vec<(RegisteredState, RegisteredState)> {
            let all = RegisteredState::ALL;
            let pairs = all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to)));
            pairs.filter(|(from, to)| from.may_become(side, *to)).collect()
        };
        let common =
            [(Registered, Withdrawn), (Paid, Closed), (Paid, Reversed), (Credited, Closed)];
        let common = [&common[..], &[(Credited, Reversed)]].concat();
        let sorted = |mut pairs: Vec<(RegisteredState, RegisteredState)>| {
            pairs.sort();
            pairs
        };
        let out = [&common[..], &[(Registered, Paid), (Reversed, Paid)]].concat();
        assert_eq!(ways(Side::Out), sorted(out));
        let into = [&common[..], &[(Registered, Credited), (Reversed, Credited)]].concat();
        assert_eq!(ways(Side::In), sorted(into));
    }

    #[test]
    fn the_way_to_a_state_is_one_of_the_machine() {
        for side in [Side::Out, Side::In] {
            for state in RegisteredState::ALL {
                let Some(way) = state.way(side) else { continue };
                let mut at = RegisteredState::Registered;
                for next in way {
                    assert!(at.may_become(side, *next), "{} {}", at.name(), next.name());
                    at = *next;
                }
                assert_eq!(at, *state);
            }
        }
    }

    #[test]
    fn a_state_is_found_by_its_name() {
        for state in RegisteredState::ALL {
            assert_eq!(RegisteredState::from_name(state.name()), Some(*state));
        }
        assert_eq!(RegisteredState::Credited.name(), "credited");
        assert_eq!(RegisteredState::from_name("settled"), None);
    }

    #[test]
    fn amounts_are_never_negative() {
        let of = |principal, interest| RegisteredAmounts {
            principal: Fen::new(principal).unwrap(),
            interest: Fen::new(interest).unwrap(),
        };
        assert_eq!(of(100, 1).total(), Fen::new(101).ok());
        assert_eq!(of(-1, 1).total(), None);
        assert_eq!(of(1, -1).total(), None);
    }
}
