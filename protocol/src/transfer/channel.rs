//! Channels (办理渠道) that carry transfers beside this network: the national platform and paper.
//!
//! **Promises.** Two centers that register the same letter of the same channel give it the same id,
//! without a word between them.
//! **Left to others.** Keeping registered transfers: `engine::registrations`.

use minicbor::{Decode, Encode};

use crate::id::TransferId;
use crate::letter_number::LetterNumber;

/// A channel other than this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Channel {
    /// The national transfer platform (全国转移接续平台).
    #[n(1)]
    National,
    /// A letter on paper (纸质联系函).
    #[n(2)]
    Paper,
}

impl Channel {
    /// All channels.
    pub const ALL: &'static [Self] = &[Self::National, Self::Paper];

    /// The name by which people and programs know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Paper => "paper",
        }
    }

    /// The channel with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|channel| channel.name() == name)
    }

    /// The id of a transfer that the channel carries: BLAKE3 of its name and the letter number.
    #[must_use]
    pub fn transfer_id(self, number: LetterNumber) -> TransferId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.name().as_bytes()).update(number.to_string().as_bytes());
        TransferId::new(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_of_a_channel_has_one_id_and_each_channel_another() {
        let number = LetterNumber::parse("1401002605060001").unwrap();
        let national = Channel::National.transfer_id(number);
        let by_hand = blake3::hash(b"national1401002605060001");
        assert_eq!(national.as_bytes(), by_hand.as_bytes());
        assert_ne!(national, Channel::Paper.transfer_id(number));
        assert_ne!(national, Channel::National.transfer_id(number.next().unwrap()));
        for channel in Channel::ALL {
            assert_eq!(Channel::from_name(channel.name()), Some(*channel));
        }
    }
}
