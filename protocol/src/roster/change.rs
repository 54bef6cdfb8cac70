//! How the authority makes the next version of the roster: one change, one version.
//!
//! **Promises.** Pure: the roster before, the change and the time give the next roster, which keeps
//! every rule of [`super::check`], or an error that names the rule.
//! **Left to others.** Signing it and keeping it: `engine::rosters`. Whether the change is right:
//! the people of the authority.

use super::annex::AnnexName;
use super::check::RosterError;
use super::enrolment::VerifiedEnrolment;
use super::{
    Grants, Lending, LogEnd, Member, MemberKey, MemberLog, MemberStatus, Revocation, Roster, Suite,
};
use crate::center::{CenterCode, Role};
use crate::limits::{
    CLOCK_SKEW_MS, KEY_OVERLAP_MS, LEASE_MS, ROSTER_BYTES_MAX, ROSTER_LIFE_MS, WITNESSES_MAX,
    WITNESSES_MIN,
};
use crate::log::origin::NetworkName;
use crate::statement::membership::{Enrolment, OfferedKey};
use crate::subject::TagEpoch;
use crate::time::Timestamp;

/// One change of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new member, or one that was revoked and comes back with new keys.
    Admit {
        /// What it asked for, after its fingerprint was compared.
        enrolment: Box<VerifiedEnrolment>,
        /// Whether it witnesses the logs of others from now on.
        witness: bool,
    },
    /// A member starts, asks and witnesses nothing until it is reinstated.
    Suspend(CenterCode),
    /// A suspended member does everything again; whether it witnesses is a change of its own.
    Reinstate(CenterCode),
    /// A member is cut off at once.
    Revoke {
        /// The member.
        center: CenterCode,
        /// The center that takes over its open transfers.
        takeover: CenterCode,
        /// Whether its keys may be in other hands.
        compromised: bool,
    },
    /// A new key beside the old one, which runs on for 30 days.
    RotateKey {
        /// The member.
        center: CenterCode,
        /// The new key, proved.
        key: OfferedKey,
    },
    /// A member has another name; it stays the same member.
    Rename {
        /// The member.
        center: CenterCode,
        /// Its new name.
        name: String,
    },
    /// Where a member can be dialled.
    Addresses {
        /// The member.
        center: CenterCode,
        /// Its multiaddresses.
        addresses: Vec<String>,
    },
    /// What a member may ask; `None` for what its role may.
    Grant {
        /// The member.
        center: CenterCode,
        /// The grants.
        grants: Option<Grants>,
    },
    /// Who witnesses, in ascending order.
    Witnesses(Vec<CenterCode>),
    /// Leases on loan intents are given from now on, by the witnesses that there are.
    OpenLending,
    /// A member's open log ends and its next one begins.
    NextLog {
        /// The member.
        center: CenterCode,
        /// The last size and root of the log that ends.
        end: LogEnd,
    },
    /// The annexes in force, in ascending order of their kinds.
    Annexes(Vec<AnnexName>),
    /// Nothing but the time: the roster runs for another 30 days.
    Renew,
}

/// Why a change makes no roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// No member has this code.
    #[error("{0} is not a member; see `fundlink net show`")]
    NotMember(CenterCode),
    /// The code is taken by a member that is not revoked.
    #[error("{0} is a member already; revoke it before it is admitted with new keys")]
    AlreadyMember(CenterCode),
    /// The member's status does not allow it.
    #[error("the status of {0} does not allow this change; see `fundlink net show`")]
    Status(CenterCode),
    /// The enrolment is addressed to another authority, or asks to be one.
    #[error("the enrolment asks for another network or for a role that is not given")]
    Enrolment,
    /// The key is not proved, or another key of its purpose is still running out.
    #[error("the new key of {0} is not proved, or the change before it has not run out yet")]
    Key(CenterCode),
    /// No log of the member is open.
    #[error("{0} has no open log; see `fundlink net show`")]
    Log(CenterCode),
    /// The result breaks a rule.
    #[error(transparent)]
    Rule(#[from] RosterError),
    /// Lending is open already.
    #[error("lending is open already; see `fundlink net show`")]
    LendingOpen,
    /// The roster would not fit a message.
    #[error("the roster would become too large for a message")]
    TooLarge,
}

/// The first roster of a network: the authority alone, by its own enrolment.
///
/// # Errors
/// When the enrolment is not the authority's or breaks a rule.
pub fn first(
    network: &NetworkName,
    authority: &VerifiedEnrolment,
    annexes: Vec<AnnexName>,
    now: Timestamp,
) -> Result<Roster, ChangeError> {
    let enrolment = authority.enrolment();
    if enrolment.role != Role::Authority || enrolment.from != enrolment.to {
        return Err(ChangeError::Enrolment);
    }
    let roster = Roster {
        authority: enrolment.from,
        issued: now,
        network: network.clone(),
        version: 1,
        previous: None,
        renew_by: now.plus_ms(ROSTER_LIFE_MS),
        members: vec![member_of(enrolment, 1, now)],
        witnesses: vec![enrolment.from],
        suite: Suite::Ed25519,
        authority_key: 1,
        tag_epoch: TagEpoch(1),
        annexes,
        lending: None,
    };
    roster.check()?;
    Ok(roster)
}

/// The roster that follows `before`, to be signed by a key of the authority-key statement
/// `authority_key`.
///
/// # Errors
/// When the change does not fit, or its result would break a rule.
pub fn next(
    before: &Roster,
    change: Change,
    authority_key: u64,
    now: Timestamp,
) -> Result<Roster, ChangeError> {
    let mut roster = before.clone();
    roster.previous = Some(before.hash());
    roster.version = before.version.saturating_add(1);
    // A clock that was set back must not make the chain go back.
    roster.issued = now.max(before.issued);
    roster.renew_by = roster.issued.plus_ms(ROSTER_LIFE_MS);
    roster.authority_key = authority_key;
    apply(&mut roster, change)?;
    note_witnesses(&mut roster, before);
    roster.check()?;
    roster.check_follows(before)?;
    if crate::cbor::encode(&roster).len().saturating_add(FRAME_BYTES) > ROSTER_BYTES_MAX {
        return Err(ChangeError::TooLarge);
    }
    Ok(roster)
}

/// Bytes that a signature and its headers add to a payload, at most.
const FRAME_BYTES: usize = 1024;

fn apply(roster: &mut Roster, change: Change) -> Result<(), ChangeError> {
    match change {
        Change::Admit { enrolment, witness } => admit(roster, enrolment.enrolment(), witness),
        Change::Suspend(code) => {
            let member = change_status(roster, code, MemberStatus::Active)?;
            member.status = MemberStatus::Suspended;
            drop_witness(roster, code);
            Ok(())
        }
        Change::Reinstate(code) => {
            let member = change_status(roster, code, MemberStatus::Suspended)?;
            member.status = MemberStatus::Active;
            fill_witnesses(roster);
            Ok(())
        }
        Change::Revoke { center, takeover, compromised } => {
            revoke(roster, center, takeover, compromised)
        }
        Change::RotateKey { center, key } => rotate(roster, center, key),
        Change::Rename { center, name } => {
            member_mut(roster, center)?.name = name;
            Ok(())
        }
        Change::Addresses { center, addresses } => {
            member_mut(roster, center)?.addresses = addresses;
            Ok(())
        }
        Change::Grant { center, grants } => {
            member_mut(roster, center)?.grants = grants;
            Ok(())
        }
        Change::Witnesses(witnesses) => {
            roster.witnesses = witnesses;
            Ok(())
        }
        Change::OpenLending => open_lending(roster),
        Change::NextLog { center, end } => next_log(roster, center, end),
        Change::Annexes(annexes) => {
            roster.annexes = annexes;
            Ok(())
        }
        Change::Renew => Ok(()),
    }
}

fn admit(roster: &mut Roster, enrolment: &Enrolment, witness: bool) -> Result<(), ChangeError> {
    let code = enrolment.from;
    if enrolment.to != roster.authority || enrolment.role != Role::Center {
        return Err(ChangeError::Enrolment);
    }
    let mut new = member_of(enrolment, roster.version, roster.issued);
    match roster.members.binary_search_by_key(&code, |member| member.code) {
        Err(place) => roster.members.insert(place, new),
        Ok(place) => {
            let old = roster.members.get_mut(place).ok_or(ChangeError::NotMember(code))?;
            if old.status != MemberStatus::Revoked {
                return Err(ChangeError::AlreadyMember(code));
            }
            // What the old keys signed, and the old logs, stay provable.
            let mut keys = old.keys.clone();
            keys.append(&mut new.keys);
            *old = Member { keys, logs: old.logs.clone(), ..new };
        }
    }
    if witness && roster.witnesses.len() < WITNESSES_MAX {
        add_witness(roster, code);
    }
    fill_witnesses(roster);
    Ok(())
}

fn member_of(enrolment: &Enrolment, version: u64, issued: Timestamp) -> Member {
    // A member's clock may run before the authority's: its first statements count all the same.
    let from = issued.plus_ms(CLOCK_SKEW_MS.saturating_neg());
    let key = |key: &OfferedKey| MemberKey {
        purpose: key.purpose,
        public: key.public,
        from,
        until: None,
    };
    Member {
        code: enrolment.from,
        name: enrolment.name.clone(),
        role: enrolment.role,
        status: MemberStatus::Active,
        admitted_in: version,
        keys: enrolment.keys.iter().map(key).collect(),
        addresses: enrolment.addresses.clone(),
        logs: vec![MemberLog { number: 1, closed: None }],
        grants: None,
        revocation: None,
    }
}

fn revoke(
    roster: &mut Roster,
    center: CenterCode,
    takeover: CenterCode,
    compromised: bool,
) -> Result<(), ChangeError> {
    let takes_over = roster
        .member(takeover)
        .is_some_and(|member| member.role == Role::Center && member.status == MemberStatus::Active);
    if !takes_over {
        return Err(ChangeError::Status(takeover));
    }
    let at = roster.issued;
    let member = member_mut(roster, center)?;
    if member.status == MemberStatus::Revoked || member.role == Role::Authority {
        return Err(ChangeError::Status(center));
    }
    member.status = MemberStatus::Revoked;
    member.revocation = Some(Revocation { at, takeover: Some(takeover), compromised });
    for key in &mut member.keys {
        let end = at.max(key.from);
        key.until = Some(key.until.map_or(end, |until| until.min(end)));
    }
    drop_witness(roster, center);
    Ok(())
}

fn rotate(roster: &mut Roster, center: CenterCode, new: OfferedKey) -> Result<(), ChangeError> {
    let issued = roster.issued;
    let proved = new.is_proved(&roster.network, center);
    let member = member_mut(roster, center)?;
    if member.status == MemberStatus::Revoked {
        return Err(ChangeError::Status(center));
    }
    // One change at a time: whoever holds a key cannot push the others out by and by.
    let running = member.keys_in_force(new.purpose, issued).count();
    if !proved || running != 1 {
        return Err(ChangeError::Key(center));
    }
    let end = issued.plus_ms(KEY_OVERLAP_MS);
    for key in &mut member.keys {
        if key.purpose == new.purpose && key.until.is_none() {
            key.until = Some(end);
        }
    }
    let from = issued.plus_ms(CLOCK_SKEW_MS.saturating_neg());
    let key = MemberKey { purpose: new.purpose, public: new.public, from, until: None };
    member.keys.push(key);
    Ok(())
}

fn next_log(roster: &mut Roster, center: CenterCode, end: LogEnd) -> Result<(), ChangeError> {
    let member = member_mut(roster, center)?;
    if member.status == MemberStatus::Revoked {
        return Err(ChangeError::Status(center));
    }
    let last = member.logs.last_mut().filter(|log| log.closed.is_none());
    let last = last.ok_or(ChangeError::Log(center))?;
    let number = last.number.checked_add(1).ok_or(ChangeError::Log(center))?;
    last.closed = Some(end);
    member.logs.push(MemberLog { number, closed: None });
    Ok(())
}

fn open_lending(roster: &mut Roster) -> Result<(), ChangeError> {
    if roster.lending.is_some() {
        return Err(ChangeError::LendingOpen);
    }
    let (version, changed_at) = (roster.version, roster.issued);
    let opened = Lending { opened_in: version, changed_in: version, changed_at, newest: None };
    roster.lending = Some(opened);
    Ok(())
}

/// Notes in the roster that its witnesses are others than those before.
fn note_witnesses(roster: &mut Roster, before: &Roster) {
    if roster.witnesses == before.witnesses || before.lending.is_none() {
        return;
    }
    let is_new = |code: &&CenterCode| !before.witnesses.contains(code);
    let newest = roster.witnesses.iter().find(is_new).copied();
    if let Some(lending) = &mut roster.lending {
        lending.changed_in = roster.version;
        lending.changed_at = roster.issued;
        lending.newest = newest;
    }
}

/// Whether the witnesses may change in a roster that is signed now: a lease has run out since they
/// changed last.
#[must_use]
pub fn may_change_witnesses(roster: &Roster, now: Timestamp) -> bool {
    roster.lending.is_none_or(|lending| now.ms_since(lending.changed_at) >= LEASE_MS)
}

fn member_mut(roster: &mut Roster, code: CenterCode) -> Result<&mut Member, ChangeError> {
    let place = roster.members.binary_search_by_key(&code, |member| member.code);
    let member = place.ok().and_then(|place| roster.members.get_mut(place));
    member.ok_or(ChangeError::NotMember(code))
}

fn change_status(
    roster: &mut Roster,
    code: CenterCode,
    from: MemberStatus,
) -> Result<&mut Member, ChangeError> {
    let member = member_mut(roster, code)?;
    if member.status == from && member.role == Role::Center {
        Ok(member)
    } else {
        Err(ChangeError::Status(code))
    }
}

fn add_witness(roster: &mut Roster, code: CenterCode) {
    if let Err(place) = roster.witnesses.binary_search(&code) {
        roster.witnesses.insert(place, code);
    }
}

/// A member that may act no more leaves its seat, and others fill in. Once lending is open the seat
/// stays, empty, and counts against everybody: a majority of the others must still be one of all.
fn drop_witness(roster: &mut Roster, code: CenterCode) {
    if roster.lending.is_none() {
        roster.witnesses.retain(|witness| *witness != code);
        fill_witnesses(roster);
    }
}

/// A network that is founded and has enough members never has fewer than three witnesses: the lowest
/// codes fill in until the authority names others.
fn fill_witnesses(roster: &mut Roster) {
    if roster.lending.is_some() {
        return;
    }
    let active: Vec<CenterCode> = roster.active().map(|member| member.code).collect();
    for code in active {
        if roster.witnesses.len() >= WITNESSES_MIN {
            return;
        }
        add_witness(roster, code);
    }
}
