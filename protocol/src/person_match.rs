//! Whether a person on record is the one that was asked for.
//!
//! **Promises.** Only an exact or dot-folded name passes; everything else needs a person.
//! **Left to others.** Names and numbers by themselves: `name_match`, `document`.

use minicbor::{Decode, Encode};

use crate::document::DocumentMatch;
use crate::name_match::NameMatch;
use crate::record::Person;

/// How a person on record agrees with the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum PersonMatch {
    /// Number and name character by character.
    #[n(1)]
    Exact,
    /// The name but for the form of its dot.
    #[n(2)]
    Folded,
    /// The number after a 15-digit one was upgraded.
    #[n(3)]
    Upgraded,
}

impl PersonMatch {
    /// Compares two persons; `None` when they are two, or when a person would have to decide.
    #[must_use]
    pub fn of(on_record: &Person, asked: &Person) -> Option<Self> {
        let name = match NameMatch::of(&on_record.name, &asked.name) {
            NameMatch::Exact => Self::Exact,
            NameMatch::Folded => Self::Folded,
            NameMatch::Suspicious | NameMatch::Different => return None,
        };
        match on_record.document.compare(&asked.document) {
            DocumentMatch::Exact => Some(name),
            DocumentMatch::Upgraded => Some(Self::Upgraded),
            DocumentMatch::Different => None,
        }
    }
}
