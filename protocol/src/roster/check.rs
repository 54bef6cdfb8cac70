//! The rules that a roster keeps, alone and after the version before it.
//!
//! **Promises.** A roster that breaks a rule is refused by every node, whoever signed it: a mistake
//! of the authority cannot take a member, a key or a log out of history.
//! **Left to others.** The signature: [`super::chain`].

use std::collections::BTreeSet;

use super::{Lending, Member, MemberKey, MemberStatus, Roster};
use crate::center::{CenterCode, Role};
use crate::key::KeyPurpose;
use crate::limits::{
    ADDRESS_BYTES_MAX, ADDRESSES_MAX, LEASE_MS, MEMBER_KEYS_MAX, MEMBERS_MAX, NAME_CHARS_MAX,
    ROSTER_LIFE_MS, WITNESSES_MAX, WITNESSES_MIN,
};
use crate::time::Timestamp;

/// Which rule a roster breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// Version 0, a first version with a predecessor, or a later one without.
    #[error("the version and the hash of the version before do not go together")]
    Version,
    /// It must be renewed before it is issued, or later than 30 days after.
    #[error("the time to renew by is not within 30 days of the issue")]
    RenewBy,
    /// Too many members, or codes that do not ascend.
    #[error("the members are too many or not in ascending order of their codes")]
    Members,
    /// Not exactly one active authority, or not the one that the roster names.
    #[error("the roster must list the authority that signs it, active, and no other")]
    Authority,
    /// A name or an address has another form.
    #[error("the name or an address of member {0} is empty, too long or not printable")]
    Text(CenterCode),
    /// A key twice, a key of a purpose that no member has, one that ends before it begins, or none
    /// of a purpose that every member has.
    #[error("the keys of member {0} are doubled, missing, too many or of a wrong purpose")]
    Keys(CenterCode),
    /// Log numbers with gaps, or an open log that is not the last.
    #[error("the logs of member {0} are not numbered from 1, each but the last one closed")]
    Logs(CenterCode),
    /// Status and revocation differ, or nobody takes over.
    #[error("the revocation of member {0} is incomplete or names a center that cannot take over")]
    Revocation(CenterCode),
    /// Too few or too many, not ascending, or not active members.
    #[error("the witnesses must be active members, in ascending order, at least 3 and at most 15")]
    Witnesses,
    /// Lending is opened wrongly, closed again, or what is noted of its witnesses is not so.
    #[error("what the roster says of lending does not follow from the version before")]
    Lending,
    /// Lending is open, and more than one witness changes.
    #[error(
        "since lending is open, a roster adds or drops one witness, never both; change one at a time"
    )]
    WitnessesAtOnce,
    /// Lending is open, and the witnesses changed less than a lease ago.
    #[error(
        "the witnesses changed less than 24 hours ago, and leases of that time still run; change them \
         a day after the last change (a member can be admitted without witnessing at once)"
    )]
    WitnessesTooSoon,
    /// Two annexes of a kind, or not in order.
    #[error("the annexes are not in ascending order of their kinds")]
    Annexes,
    /// Another network, authority or suite than before.
    #[error("the roster is not of the same network, authority and suite as the one before")]
    Other,
    /// Not the version after the one that is known.
    #[error("the roster is not the next version after the one before")]
    NotNext,
    /// It names another predecessor: two rosters of one version exist.
    #[error("the roster does not follow from the one before: the authority has signed two")]
    Fork,
    /// Issued earlier, signed by an older authority key, or of an older tag epoch.
    #[error("the roster goes backwards in time, authority key or tag epoch")]
    Backwards,
    /// A member that was listed is missing or has become another.
    #[error("member {0} was listed before and is missing or changed")]
    MemberLost(CenterCode),
    /// A key or log that was listed is missing, or counts longer than it did.
    #[error("a key or log of member {0} was listed before and is missing or changed")]
    HistoryChanged(CenterCode),
}

/// The purposes of which a member has a key.
pub const fn purposes_of(role: Role) -> &'static [KeyPurpose] {
    match role {
        Role::Center => &[
            KeyPurpose::Peer,
            KeyPurpose::Statement,
            KeyPurpose::Log,
            KeyPurpose::Witness,
            KeyPurpose::Sealing,
        ],
        // Nothing is ever sealed to the authority: it must not come by the tag key.
        Role::Authority => {
            &[KeyPurpose::Peer, KeyPurpose::Statement, KeyPurpose::Log, KeyPurpose::Witness]
        }
    }
}

impl Roster {
    /// Checks the rules of one roster.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), RosterError> {
        if self.version == 0 || self.previous.is_none() != (self.version == 1) {
            return Err(RosterError::Version);
        }
        let life_ms = self.renew_by.ms_since(self.issued);
        if !(1..=ROSTER_LIFE_MS).contains(&life_ms) {
            return Err(RosterError::RenewBy);
        }
        if self.members.len() > MEMBERS_MAX || !ascends(&self.members, |member| member.code) {
            return Err(RosterError::Members);
        }
        self.check_authority()?;
        let mut seen = BTreeSet::new();
        for member in &self.members {
            check_texts(member)?;
            check_keys(member, self.issued)?;
            if !member.keys.iter().all(|key| seen.insert(key.public)) {
                return Err(RosterError::Keys(member.code));
            }
            check_logs(member)?;
            self.check_revocation(member)?;
        }
        self.check_witnesses()?;
        if !ascends(&self.annexes, |name| name.kind) {
            return Err(RosterError::Annexes);
        }
        Ok(())
    }

    /// Checks that the roster may follow `before`.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_follows(&self, before: &Self) -> Result<(), RosterError> {
        if (&self.network, self.authority, self.suite)
            != (&before.network, before.authority, before.suite)
        {
            return Err(RosterError::Other);
        }
        if Some(self.version) != before.version.checked_add(1) {
            return Err(RosterError::NotNext);
        }
        if self.previous != Some(before.hash()) {
            return Err(RosterError::Fork);
        }
        if self.issued < before.issued
            || self.authority_key < before.authority_key
            || self.tag_epoch < before.tag_epoch
        {
            return Err(RosterError::Backwards);
        }
        self.check_lending(before)?;
        for old in &before.members {
            let new = self.member(old.code).ok_or(RosterError::MemberLost(old.code))?;
            check_member_follows(new, old, self.version)?;
        }
        let is_new = |member: &&Member| before.member(member.code).is_none();
        match self.members.iter().filter(is_new).find(|new| new.admitted_in != self.version) {
            Some(new) => Err(RosterError::MemberLost(new.code)),
            None => Ok(()),
        }
    }

    /// Two majorities of successive lists of witnesses have one in common: once lending is open, a
    /// roster adds or drops one witness, never both, and not again within a lease.
    fn check_lending(&self, before: &Self) -> Result<(), RosterError> {
        let (known, next) = match (before.lending, self.lending) {
            (None, None) => return Ok(()),
            (None, Some(opened)) => {
                let expected = Lending {
                    opened_in: self.version,
                    changed_in: self.version,
                    changed_at: self.issued,
                    newest: None,
                };
                let fits = opened == expected && self.witnesses == before.witnesses;
                return if fits { Ok(()) } else { Err(RosterError::Lending) };
            }
            (Some(_), None) => return Err(RosterError::Lending),
            (Some(known), Some(next)) => (known, next),
        };
        if self.witnesses == before.witnesses {
            return if next == known { Ok(()) } else { Err(RosterError::Lending) };
        }
        let missing = |from: &Self, of: &Self| {
            let others = from.witnesses.iter().filter(|code| !of.witnesses.contains(code));
            others.copied().collect::<Vec<_>>()
        };
        let (added, dropped) = (missing(self, before), missing(before, self));
        if added.len().saturating_add(dropped.len()) != 1 {
            return Err(RosterError::WitnessesAtOnce);
        }
        let is_active = |code: &CenterCode| {
            self.member(*code).is_some_and(|member| member.status == MemberStatus::Active)
        };
        if !added.iter().all(is_active) {
            return Err(RosterError::Witnesses);
        }
        if self.issued.ms_since(known.changed_at) < LEASE_MS {
            return Err(RosterError::WitnessesTooSoon);
        }
        let expected = Lending {
            opened_in: known.opened_in,
            changed_in: self.version,
            changed_at: self.issued,
            newest: added.first().copied(),
        };
        if next == expected { Ok(()) } else { Err(RosterError::Lending) }
    }

    fn check_authority(&self) -> Result<(), RosterError> {
        let mut authorities = self.members.iter().filter(|member| member.role == Role::Authority);
        match (authorities.next(), authorities.next()) {
            (Some(only), None)
                if only.code == self.authority && only.status == MemberStatus::Active =>
            {
                Ok(())
            }
            _ => Err(RosterError::Authority),
        }
    }

    fn check_revocation(&self, member: &Member) -> Result<(), RosterError> {
        let valid = match (&member.revocation, member.status) {
            (None, status) => status != MemberStatus::Revoked,
            (Some(revocation), MemberStatus::Revoked) => match revocation.takeover {
                // The successor may itself be revoked later: its own entry names the next one.
                Some(center) => {
                    center != member.code
                        && self.member(center).is_some_and(|other| other.role == Role::Center)
                }
                None => false,
            },
            (Some(_), MemberStatus::Active | MemberStatus::Suspended) => false,
        };
        if valid { Ok(()) } else { Err(RosterError::Revocation(member.code)) }
    }

    fn check_witnesses(&self) -> Result<(), RosterError> {
        // A network begins with fewer members than it will need witnesses.
        let least = WITNESSES_MIN.min(self.active().count());
        let active = |code: &CenterCode| {
            self.member(*code).is_some_and(|member| member.status == MemberStatus::Active)
        };
        // Once lending is open the seat of a member that may act no more stays until it may be dropped.
        let seated = |code: &CenterCode| match self.lending {
            None => active(code),
            Some(_) => self.member(*code).is_some(),
        };
        if (least..=WITNESSES_MAX).contains(&self.witnesses.len())
            && ascends(&self.witnesses, |code| *code)
            && self.witnesses.iter().all(seated)
            && (self.lending.is_none() || self.witnesses.len() >= WITNESSES_MIN)
        {
            Ok(())
        } else {
            Err(RosterError::Witnesses)
        }
    }
}

fn check_texts(member: &Member) -> Result<(), RosterError> {
    let printable = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    let address = |text: &String| text.len() <= ADDRESS_BYTES_MAX && printable(text);
    if printable(&member.name)
        && member.name.chars().count() <= NAME_CHARS_MAX
        && member.addresses.len() <= ADDRESSES_MAX
        && member.addresses.iter().all(address)
    {
        Ok(())
    } else {
        Err(RosterError::Text(member.code))
    }
}

fn check_keys(member: &Member, issued: Timestamp) -> Result<(), RosterError> {
    let purposes = purposes_of(member.role);
    let well_formed = |key: &MemberKey| {
        purposes.contains(&key.purpose) && key.until.is_none_or(|until| key.from <= until)
    };
    let complete = member.status == MemberStatus::Revoked
        || purposes.iter().all(|purpose| member.key(*purpose, issued).is_some());
    if member.keys.len() <= MEMBER_KEYS_MAX && member.keys.iter().all(well_formed) && complete {
        Ok(())
    } else {
        Err(RosterError::Keys(member.code))
    }
}

fn check_logs(member: &Member) -> Result<(), RosterError> {
    let numbered = member.logs.iter().zip(1_u32..).all(|(log, number)| log.number == number);
    let earlier_closed = member.logs.iter().rev().skip(1).all(|log| log.closed.is_some());
    if !member.logs.is_empty() && numbered && earlier_closed {
        Ok(())
    } else {
        Err(RosterError::Logs(member.code))
    }
}

fn check_member_follows(new: &Member, old: &Member, version: u64) -> Result<(), RosterError> {
    let admitted_again = old.status == MemberStatus::Revoked && new.admitted_in == version;
    let still_itself = new.role == old.role
        && (new.admitted_in == old.admitted_in || admitted_again)
        && (old.status != MemberStatus::Revoked
            || admitted_again
            || (new.status == MemberStatus::Revoked && new.revocation == old.revocation));
    if !still_itself {
        return Err(RosterError::MemberLost(new.code));
    }
    let keeps_key = |old: &MemberKey| {
        new.keys.iter().any(|key| {
            (key.purpose, key.public, key.from) == (old.purpose, old.public, old.from)
                && not_longer(key.until, old.until)
        })
    };
    let mut logs = old.logs.iter().zip(&new.logs);
    let keeps_logs = new.logs.len() >= old.logs.len()
        && logs.all(|(old, new)| old.closed.is_none() || old.closed == new.closed);
    if old.keys.iter().all(keeps_key) && keeps_logs {
        Ok(())
    } else {
        Err(RosterError::HistoryChanged(new.code))
    }
}

/// An end may be set or brought forward, never put off.
fn not_longer(until: Option<Timestamp>, before: Option<Timestamp>) -> bool {
    match (until, before) {
        (_, None) => true,
        (Some(until), Some(before)) => until <= before,
        (None, Some(_)) => false,
    }
}

fn ascends<T, K: Ord>(items: &[T], key: impl Fn(&T) -> K) -> bool {
    items.windows(2).all(|pair| match pair {
        [first, second] => key(first) < key(second),
        _ => true,
    })
}
