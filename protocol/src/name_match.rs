//! Whether two written names may be one person's (domain rule for rare and minority names).
//!
//! **Promises.** A name with a lost character never matches better than `Suspicious`, even against
//! itself; only the dots of minority names are folded.
//! **Left to others.** What follows from each result: the rules of queries and transfers.

use core::ops::RangeInclusive;
use std::collections::BTreeSet;

use crate::person_name::PersonName;

/// How well two names agree; only the first two may pass without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameMatch {
    /// Character by character.
    Exact,
    /// Equal but for the form of the dot in a minority name.
    Folded,
    /// One of them lost characters in an old system, and the rest agrees: two persons decide.
    Suspicious,
    /// Two names.
    Different,
}

impl NameMatch {
    /// Compares two names.
    #[must_use]
    pub fn of(left: &PersonName, right: &PersonName) -> Self {
        let plain = |name: &PersonName| name.as_str().chars().all(|c| !is_lost(c));
        if plain(left) && plain(right) {
            if left == right {
                return Self::Exact;
            }
            if folded(left) == folded(right) {
                return Self::Folded;
            }
        }
        let (left, right) = (folded(left), folded(right));
        if may_be_one(&left, &right) || may_be_one(&right, &left) {
            Self::Suspicious
        } else {
            Self::Different
        }
    }
}

/// The characters of a name, every dot in the form of the standard.
fn folded(name: &PersonName) -> Vec<char> {
    let fold = |c| if is_dot(c) { '\u{00B7}' } else { c };
    name.as_str().chars().map(fold).collect()
}

/// The dots that stand between the parts of a minority name.
const fn is_dot(character: char) -> bool {
    matches!(character, '\u{00B7}' | '\u{2022}' | '\u{30FB}' | '\u{FF0E}' | '.')
}

/// Characters that old systems wrote in place of one they did not have.
const fn is_lost(character: char) -> bool {
    matches!(
        character,
        '?' | '？' | '\u{FFFD}' | '\u{E000}'..='\u{F8FF}'
            | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}'
    )
}

/// A part of a written name.
enum Part<'a> {
    /// A character that was kept.
    Kept(char),
    /// So many characters that an old system replaced.
    Lost(usize),
    /// Latin letters, which may spell what could not be written.
    Spelled(&'a [char]),
}

/// Whether `written`, where characters were lost or spelled in pinyin, may stand for `true_name`.
///
/// A lost character stands for one character, two of them also for one (a surrogate pair); a run of
/// Latin letters stands for one or more others. At least one character must agree as it is.
fn may_be_one(written: &[char], true_name: &[char]) -> bool {
    let parts = parts(written);
    let has_loss = parts.iter().any(|part| !matches!(part, Part::Kept(_)));
    let anchored =
        parts.iter().any(|part| matches!(part, Part::Kept(c) if !is_dot(*c) && !c.is_whitespace()));
    if !has_loss || !anchored {
        return false;
    }
    // The lengths of the beginnings of `true_name` that the parts read so far can stand for.
    let mut reached = BTreeSet::from([0]);
    for part in &parts {
        reached = reached.iter().flat_map(|from| ends(part, true_name, *from)).collect();
    }
    reached.contains(&true_name.len())
}

fn parts(written: &[char]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = written;
    while let Some((first, tail)) = rest.split_first() {
        let alike = |kind: fn(char) -> bool| rest.iter().take_while(|c| kind(**c)).count();
        let (part, length) = if is_lost(*first) {
            let count = alike(is_lost);
            (Part::Lost(count), count)
        } else if first.is_ascii_alphabetic() {
            let count = alike(|c| c.is_ascii_alphabetic());
            (Part::Spelled(rest.get(..count).unwrap_or_default()), count)
        } else {
            (Part::Kept(*first), 1)
        };
        parts.push(part);
        rest = rest.get(length..).unwrap_or(tail);
    }
    parts
}

/// Where in `true_name` a part that begins at `from` can end.
fn ends(part: &Part<'_>, true_name: &[char], from: usize) -> Vec<usize> {
    let rest = true_name.get(from..).unwrap_or_default();
    let after = |lengths: RangeInclusive<usize>| {
        lengths.filter(|n| *n <= rest.len()).map(|n| from.saturating_add(n)).collect()
    };
    match part {
        Part::Kept(character) if rest.first() == Some(character) => after(1..=1),
        Part::Kept(_) => Vec::new(),
        Part::Lost(count) => after(count.div_ceil(2)..=*count),
        Part::Spelled(letters) if rest.starts_with(letters) => after(letters.len()..=letters.len()),
        Part::Spelled(letters) => {
            let spelled = rest.iter().take_while(|c| !c.is_ascii_alphabetic()).count();
            after(1..=spelled.min(letters.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(left: &str, right: &str, expected: NameMatch) {
        let (one, two) = (PersonName::parse(left).unwrap(), PersonName::parse(right).unwrap());
        assert_eq!(NameMatch::of(&one, &two), expected, "{left} / {right}");
        assert_eq!(NameMatch::of(&two, &one), expected, "{right} / {left}");
    }

    #[test]
    fn only_dots_are_folded() {
        check("李晓禾", "李晓禾", NameMatch::Exact);
        check("阿依古丽·吐尔逊", "阿依古丽•吐尔逊", NameMatch::Folded);
        check("阿依古丽・吐尔逊", "阿依古丽.吐尔逊", NameMatch::Folded);
        check("阿依古丽．吐尔逊", "阿依古丽·吐尔逊", NameMatch::Folded);
        check("阿依古丽吐尔逊", "阿依古丽·吐尔逊", NameMatch::Different);
        check("李晓禾", "李小禾", NameMatch::Different);
        check("李晓禾", "李晓", NameMatch::Different);
        check("龍", "龙", NameMatch::Different);
    }

    #[test]
    fn a_lost_character_is_suspicious_and_never_more() {
        check("王?", "王㛃", NameMatch::Suspicious);
        check("王\u{E1F5}", "王㛃", NameMatch::Suspicious);
        check("王？", "王㛃", NameMatch::Suspicious);
        check("陈??", "陈𤧛", NameMatch::Suspicious);
        check("陈tian", "陈𤧛", NameMatch::Suspicious);
        check("王?", "王?", NameMatch::Suspicious);
        check("阿依?丽•吐尔逊", "阿依古丽·吐尔逊", NameMatch::Suspicious);
        check("王?", "李㛃", NameMatch::Different);
        check("王?", "王㛃㛃", NameMatch::Different);
        check("??", "王㛃", NameMatch::Different);
        check("wang", "王㛃", NameMatch::Different);
        check("?", "王", NameMatch::Different);
    }

    proptest! {
        #[test]
        fn losing_characters_never_makes_two_names_pass(
            left in "[王李㛃𤧛·•?a]{1,8}", right in "[王李㛃𤧛·•?a]{1,8}",
        ) {
            let one = PersonName::parse(&left).unwrap();
            let two = PersonName::parse(&right).unwrap();
            let result = NameMatch::of(&one, &two);
            prop_assert_eq!(result, NameMatch::of(&two, &one));
            if left.contains('?') || right.contains('?') {
                prop_assert!(result >= NameMatch::Suspicious);
            } else {
                prop_assert_eq!(result == NameMatch::Exact, left == right);
            }
        }
    }
}
