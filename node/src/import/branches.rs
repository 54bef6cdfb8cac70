//! Which branch (网点, 管理部) keeps a row, where the dump says so.
//!
//! A file may have a column for it; rows of the others belong where their account, loan or employer
//! does.
//!
//! **Promises.** Nothing is kept unless a list by branch is wanted. A column with more different
//! texts than a center has branches is taken for something else.
//! **Left to others.** Writing lists: the command line.

use std::collections::HashMap;

/// Branches that are told apart.
const BRANCHES_MAX: usize = 500;
/// Characters of a branch's name.
const NAME_CHARS_MAX: usize = 60;

/// A branch, as its place in the list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch(pub u16);

/// The branches of a dump.
#[derive(Debug, Default)]
pub(super) struct Branches {
    wanted: bool,
    names: Vec<String>,
    places: HashMap<String, Branch>,
    /// By the number of an account, a contract, a loan account or an employer, each with its kind.
    keepers: HashMap<(Key, u128), Branch>,
}

/// What a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Account,
    Contract,
    LoanAccount,
    Employer,
}

impl Branches {
    pub(super) const fn want(&mut self) {
        self.wanted = true;
    }

    /// The branch with a name.
    pub(super) fn named(&mut self, name: &str) -> Option<Branch> {
        if !self.wanted || name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return None;
        }
        if let Some(branch) = self.places.get(name) {
            return Some(*branch);
        }
        let place = u16::try_from(self.names.len()).ok()?;
        if self.names.len() >= BRANCHES_MAX {
            return None;
        }
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), Branch(place));
        Some(Branch(place))
    }

    /// Notes which branch keeps something, or finds out where only its number is known.
    pub(super) fn keep(
        &mut self,
        key: Key,
        number: &str,
        branch: Option<Branch>,
    ) -> Option<Branch> {
        if !self.wanted {
            return None;
        }
        let place = (key, hash(number));
        match branch {
            Some(branch) => {
                self.keepers.entry(place).or_insert(branch);
                Some(branch)
            }
            None => self.keepers.get(&place).copied(),
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

/// A hash stands for the number, so that a large center's fit in memory.
fn hash(number: &str) -> u128 {
    let mut short = [0; 16];
    blake3::Hasher::new().update(number.trim().as_bytes()).finalize_xof().fill(&mut short);
    u128::from_be_bytes(short)
}
