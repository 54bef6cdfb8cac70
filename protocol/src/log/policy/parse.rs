//! Reading a policy file.
//!
//! **Promises.** Octets with the high bit set are opaque, as the specification asks; the first
//! broken rule is named with its line.
//! **Left to others.** What a policy means: its parent module.

use std::collections::{BTreeMap, BTreeSet};

use super::{Member, NONE, Policy, PolicyGroup, PolicyLog, PolicyWitness};
use crate::limits::{NOTE_SIGNATURES_MAX, POLICY_LINES_MAX};
use crate::log::note::{KeyKind, VerifierKey};
use crate::log::tree::parse_decimal;

/// Where a policy file is wrong, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {rule}")]
pub struct PolicyParseError {
    /// Counted from 1.
    pub line: usize,
    /// The rule that the line breaks.
    pub rule: PolicyRule,
}

/// A rule of the policy format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRule {
    /// A control character other than tab and newline, or DEL.
    #[error("it has a control character")]
    ControlCharacter,
    /// The last line does not end.
    #[error("it does not end in a newline")]
    Unterminated,
    /// An unknown keyword, or too few or too many words.
    #[error("it is none of log, witness, group and quorum with their words")]
    Form,
    /// Not a verifier key that this line may have.
    #[error("its key is not a verifier key of type 1 for a log or 4 for a witness")]
    Key,
    /// The key of an earlier log or witness.
    #[error("its key stands on an earlier line")]
    DuplicateKey,
    /// The name of an earlier witness or group, or `none`.
    #[error("its name is taken")]
    DuplicateName,
    /// A group or quorum of something that no earlier line defines.
    #[error("it names something that no earlier line defines")]
    UnknownName,
    /// A name that is a member of a group already.
    #[error("it names something that is already a member of a group")]
    DoubleMember,
    /// A threshold that is not 1 to the number of members.
    #[error("its threshold is not 1 to the number of its members")]
    Threshold,
    /// No quorum line, or a second one.
    #[error("a policy has exactly one quorum line")]
    Quorum,
    /// More lines or witnesses than this implementation takes.
    #[error("the policy has more than 4096 lines or 64 witnesses")]
    TooLong,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// The first line that breaks a rule.
    pub fn parse(file: &[u8]) -> Result<Self, PolicyParseError> {
        let mut reader = Reader::default();
        let mut number: usize = 0;
        let mut rest = file;
        while !rest.is_empty() {
            number = number.saturating_add(1);
            let at = |rule| PolicyParseError { line: number, rule };
            let end = rest.iter().position(|byte| *byte == b'\n');
            let (line, after) = end.map_or((rest, &[][..]), |end| {
                let (line, after) = rest.split_at(end);
                (line, after.get(1..).unwrap_or_default())
            });
            if line.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f) {
                return Err(at(PolicyRule::ControlCharacter));
            }
            if end.is_none() {
                return Err(at(PolicyRule::Unterminated));
            }
            if number > POLICY_LINES_MAX {
                return Err(at(PolicyRule::TooLong));
            }
            reader.read(line).map_err(at)?;
            rest = after;
        }
        match reader.quorum {
            Some(quorum) => Ok(Self { quorum, ..reader.policy }),
            None => Err(PolicyParseError { line: number, rule: PolicyRule::Quorum }),
        }
    }
}

struct Reader {
    policy: Policy,
    names: BTreeMap<Vec<u8>, Member>,
    members: BTreeSet<Member>,
    log_keys: BTreeSet<[u8; 32]>,
    witness_keys: BTreeSet<[u8; 32]>,
    quorum: Option<Option<Member>>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            policy: Policy::logged(Vec::new()),
            names: BTreeMap::new(),
            members: BTreeSet::new(),
            log_keys: BTreeSet::new(),
            witness_keys: BTreeSet::new(),
            quorum: None,
        }
    }
}

impl Reader {
    fn read(&mut self, line: &[u8]) -> Result<(), PolicyRule> {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let words: Vec<&[u8]> = line.split(blank).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key] => self.log(key, None),
            [b"log", key, url] => self.log(key, Some(url.to_vec())),
            [b"witness", name, key] => self.witness(name, key, None),
            [b"witness", name, key, url] => self.witness(name, key, Some(url.to_vec())),
            [b"group", name, threshold, members @ ..] => self.group(name, threshold, members),
            [b"quorum", name] => self.quorum(name),
            _ => Err(PolicyRule::Form),
        }
    }

    fn log(&mut self, key: &[u8], url: Option<Vec<u8>>) -> Result<(), PolicyRule> {
        let key = parse_key(key, KeyKind::Log)?;
        if !self.log_keys.insert(*key.public_bytes()) {
            return Err(PolicyRule::DuplicateKey);
        }
        self.policy.logs.push(PolicyLog { key, url });
        Ok(())
    }

    fn witness(&mut self, name: &[u8], key: &[u8], url: Option<Vec<u8>>) -> Result<(), PolicyRule> {
        let key = parse_key(key, KeyKind::Cosigner)?;
        if !self.witness_keys.insert(*key.public_bytes()) {
            return Err(PolicyRule::DuplicateKey);
        }
        let place = self.policy.witnesses.len();
        if place >= NOTE_SIGNATURES_MAX {
            return Err(PolicyRule::TooLong);
        }
        self.define(name, Member::Witness(place))?;
        self.policy.witnesses.push(PolicyWitness { name: name.to_vec(), key, url });
        Ok(())
    }

    fn group(
        &mut self,
        name: &[u8],
        threshold: &[u8],
        members: &[&[u8]],
    ) -> Result<(), PolicyRule> {
        if members.is_empty() {
            return Err(PolicyRule::Form);
        }
        let mut known = Vec::new();
        for member in members {
            let member = *self.names.get(*member).ok_or(PolicyRule::UnknownName)?;
            if !self.members.insert(member) {
                return Err(PolicyRule::DoubleMember);
            }
            known.push(member);
        }
        let threshold = match threshold {
            b"any" => 1,
            b"all" => known.len(),
            number => core::str::from_utf8(number)
                .ok()
                .and_then(parse_decimal)
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (1..=known.len()).contains(number))
                .ok_or(PolicyRule::Threshold)?,
        };
        self.define(name, Member::Group(self.policy.groups.len()))?;
        self.policy.groups.push(PolicyGroup { name: name.to_vec(), threshold, members: known });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), PolicyRule> {
        if self.quorum.is_some() {
            return Err(PolicyRule::Quorum);
        }
        self.quorum = if name == NONE {
            Some(None)
        } else {
            Some(Some(*self.names.get(name).ok_or(PolicyRule::UnknownName)?))
        };
        Ok(())
    }

    fn define(&mut self, name: &[u8], member: Member) -> Result<(), PolicyRule> {
        if name == NONE || self.names.contains_key(name) {
            return Err(PolicyRule::DuplicateName);
        }
        self.names.insert(name.to_vec(), member);
        Ok(())
    }
}

fn parse_key(text: &[u8], kind: KeyKind) -> Result<VerifierKey, PolicyRule> {
    let text = core::str::from_utf8(text).map_err(|_| PolicyRule::Key)?;
    let key = VerifierKey::parse(text).map_err(|_| PolicyRule::Key)?;
    if key.kind() == kind { Ok(key) } else { Err(PolicyRule::Key) }
}
