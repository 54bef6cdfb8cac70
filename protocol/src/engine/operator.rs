//! Operators: the named persons who may act at a center (操作员).
//!
//! **Promises.** Other centers learn a pseudonym of an operator and nothing else.
//! **Left to others.** Who asks for which role: the handlers.

use minicbor::{Decode, Encode};

use super::round::Round;
use super::single;
use crate::id::{Blinding, OperatorMark};
use crate::store::StoreError;

/// The name under which an operator acts and is audited: 1 to 32 of `[a-z0-9._-]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct OperatorId(#[n(0)] String);

/// A text that is not an operator id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an operator id has 1 to 32 of the characters a-z, 0-9, dot, dash and underscore")]
pub struct OperatorIdError;

impl OperatorId {
    /// Parses an id.
    ///
    /// # Errors
    /// When the text is empty, too long or has another character.
    pub fn parse(text: &str) -> Result<Self, OperatorIdError> {
        let known = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
        };
        if text.is_empty() || text.len() > 32 || !text.bytes().all(known) {
            return Err(OperatorIdError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Display for OperatorId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum OperatorRole {
    /// Enters (经办).
    #[n(1)]
    Clerk,
    /// Decides what another entered (复核).
    #[n(2)]
    Reviewer,
    /// Runs the node (系统管理员).
    #[n(3)]
    SystemAdministrator,
    /// Names operators (安全管理员).
    #[n(4)]
    SecurityAdministrator,
    /// Reads the audit log (审计管理员).
    #[n(5)]
    AuditAdministrator,
}

/// The pseudonym of an operator for other centers: keyed, so that they cannot guess the name.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn mark(
    round: &mut Round<'_>,
    operator: &OperatorId,
) -> Result<OperatorMark, StoreError> {
    let known: Option<Blinding> = single::read(round.view, MARK_KEY)?;
    let secret = match known {
        Some(secret) => secret,
        None => {
            let drawn = Blinding::new(round.entropy.draw());
            single::write(round.view, MARK_KEY, &drawn);
            drawn
        }
    };
    let hash = blake3::keyed_hash(secret.as_bytes(), operator.as_str().as_bytes());
    let mut mark = [0; 16];
    for (to, from) in mark.iter_mut().zip(hash.as_bytes()) {
        *to = *from;
    }
    Ok(OperatorMark::new(mark))
}

/// Every operator of this center with the pseudonym that the other centers see, so that the center
/// can say which of its own people an access list means.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn marks(round: &mut Round<'_>) -> Result<Vec<(OperatorId, OperatorMark)>, StoreError> {
    let settings = std::sync::Arc::clone(&round.settings);
    settings.operators.keys().map(|id| Ok((id.clone(), mark(round, id)?))).collect()
}

/// The name of the secret behind the pseudonyms.
const MARK_KEY: &[u8] = b"operator-key";

impl OperatorRole {
    /// The role as a stable word, as the configuration and programs write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Reviewer => "reviewer",
            Self::SystemAdministrator => "system-administrator",
            Self::SecurityAdministrator => "security-administrator",
            Self::AuditAdministrator => "audit-administrator",
        }
    }
}

/// A person with roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// What the person may do.
    pub roles: Vec<OperatorRole>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_up_to_32_plain_characters_and_is_shown_as_it_is() {
        for id in ["a", "zhang.w-3_x", &"a".repeat(32)] {
            assert_eq!(OperatorId::parse(id).unwrap().to_string(), id);
        }
        for id in ["", &"a".repeat(33), &"a".repeat(34), "Zhang", "a b", "张"] {
            assert_eq!(OperatorId::parse(id), Err(OperatorIdError), "{id}");
        }
    }

    #[test]
    fn every_role_has_a_word_of_its_own() {
        for (role, word) in [
            (OperatorRole::Clerk, "clerk"),
            (OperatorRole::Reviewer, "reviewer"),
            (OperatorRole::SystemAdministrator, "system-administrator"),
            (OperatorRole::SecurityAdministrator, "security-administrator"),
            (OperatorRole::AuditAdministrator, "audit-administrator"),
        ] {
            assert_eq!(role.word(), word);
        }
    }
}
