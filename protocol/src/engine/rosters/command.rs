//! Wishes about the network: the authority changes the roster, a member asks for a key change.
//!
//! **Promises.** One change makes one version, signed in the same commit; a wish that does not fit
//! changes nothing and says why.
//! **Left to others.** The rules of a change: `roster::change`. Comparing fingerprints: people.

use std::sync::Arc;

use super::super::round::{Round, Route, Stop};
use super::super::{following, lending, log_store, recovery};
use super::{issue, join_file, kept};
use crate::center::{CenterCode, Role};
use crate::id::PayloadHash;
use crate::key::KeyPurpose;
use crate::limits::ANNEX_BYTES_MAX;
use crate::log::origin::LogId;
use crate::log::tree::empty_root;
use crate::refusal::Refusal;
use crate::roster::change::{self, Change, ChangeError};
use crate::roster::enrolment::{Fingerprint, VerifiedEnrolment};
use crate::roster::join_file::JoinFile;
use crate::roster::{Annex, Grants, LogEnd, Member, Roster};
use crate::statement::membership::{KeyChange, OfferedKey};

/// A wish about the network. All but the last three are the authority's.
#[derive(Clone, Debug)]
pub enum NetCommand {
    /// Admit the member that wrote this enrolment.
    Admit {
        /// The bytes of the enrolment.
        enrolment: Vec<u8>,
        /// What the applicant has read out over another channel.
        fingerprint: Fingerprint,
        /// Whether it witnesses the logs of others.
        witness: bool,
    },
    /// A member starts, asks and witnesses nothing until it is reinstated.
    Suspend(CenterCode),
    /// A suspended member does everything again.
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
    /// What a member may ask; `None` for what its role may.
    Grant {
        /// The member.
        center: CenterCode,
        /// The grants.
        grants: Option<Grants>,
    },
    /// A member has another name.
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
    /// Who witnesses.
    Witnesses(Vec<CenterCode>),
    /// Leases on loan intents are given from now on.
    OpenLending,
    /// A member's open log ends where a quorum cosigned it last, and its next one begins.
    NextLog(CenterCode),
    /// An annex takes the place of the one of its kind.
    Annex(Annex),
    /// The roster runs for another 30 days.
    Renew,
    /// A root key has named the authority's next keys.
    AuthorityKeys(Vec<u8>),
    /// The roster in force.
    Show,
    /// What a new member is handed.
    JoinFile,
    /// Ask the authority to list a new key of this member beside the old one.
    ChangeKey(OfferedKey),
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum NetReply {
    /// The roster in force, after the change if one was made.
    Roster(Arc<Roster>),
    /// What a new member is handed.
    JoinFile(Box<JoinFile>),
    /// The request was sent, under this hash; the roster will show when it was granted.
    Sent(PayloadHash),
}

/// Does what is wished.
pub(in super::super) fn run(round: &mut Round<'_>, command: NetCommand) -> Result<NetReply, Stop> {
    match command {
        NetCommand::Show => Ok(NetReply::Roster(Arc::clone(&round.roster))),
        NetCommand::JoinFile => {
            let file = join_file(round.view, &round.roster)?.ok_or_else(not_by_file)?;
            Ok(NetReply::JoinFile(Box::new(file)))
        }
        NetCommand::ChangeKey(key) => ask_for_key_change(round, key),
        NetCommand::AuthorityKeys(statement) => take_authority_keys(round, &statement),
        NetCommand::Annex(annex) => replace_annex(round, &annex),
        NetCommand::Admit { enrolment, fingerprint, witness } => {
            let enrolment = read_enrolment(round, enrolment, fingerprint)?;
            if witness {
                let code = enrolment.enrolment().from;
                let wanted = round.roster.witnesses.iter().copied().chain([code]);
                lending::seats::may_change(round, &wanted.collect::<Vec<_>>())?;
            }
            make(round, Change::Admit { enrolment, witness })
        }
        NetCommand::Suspend(center) => make(round, Change::Suspend(center)),
        NetCommand::Reinstate(center) => make(round, Change::Reinstate(center)),
        NetCommand::Revoke { center, takeover, compromised } => {
            make(round, Change::Revoke { center, takeover, compromised })
        }
        NetCommand::Grant { center, grants } => make(round, Change::Grant { center, grants }),
        NetCommand::Rename { center, name } => make(round, Change::Rename { center, name }),
        NetCommand::Addresses { center, addresses } => {
            make(round, Change::Addresses { center, addresses })
        }
        NetCommand::Witnesses(mut witnesses) => {
            witnesses.sort_unstable();
            lending::seats::may_change(round, &witnesses)?;
            make(round, Change::Witnesses(witnesses))
        }
        NetCommand::OpenLending => make(round, Change::OpenLending),
        NetCommand::NextLog(center) => {
            let end = last_witnessed(round, center)?;
            make(round, Change::NextLog { center, end })
        }
        NetCommand::Renew => make(round, Change::Renew),
    }
}

fn make(round: &mut Round<'_>, change: Change) -> Result<NetReply, Stop> {
    issue_change(round, change)?;
    Ok(NetReply::Roster(Arc::clone(&round.roster)))
}

/// Makes and issues the next roster.
pub(in super::super) fn issue_change(round: &mut Round<'_>, change: Change) -> Result<(), Stop> {
    if round.settings.role != Role::Authority || round.center() != round.roster.authority {
        let why = "only the authority of the network signs rosters";
        return Err(Stop::explained(Refusal::NotGranted, why));
    }
    // It may have signed a roster of the next version and forgotten it: the members bring it.
    if recovery::holds_decisions(round.view)? {
        return Err(Refusal::Recovering.into());
    }
    let own = round.own_key(KeyPurpose::Roster);
    let keys = kept::authority_keys(round.view)?;
    let number = keys.zip(own).and_then(|(keys, own)| keys.newest_with(&own)).ok_or_else(|| {
        let why = "the roster key of this node is not the one that the root key has named";
        Stop::explained(Refusal::WrongState, why)
    })?;
    let roster = change::next(&round.roster, change, number, round.now)
        .map_err(|error| Stop::explained(Refusal::WrongState, &error.to_string()))?;
    Ok(issue(round, roster)?)
}

/// Where a quorum cosigned the open log of a member last, as far as this node holds it.
fn last_witnessed(round: &Round<'_>, center: CenterCode) -> Result<LogEnd, Stop> {
    let number = round.roster.member(center).and_then(Member::open_log);
    let number = number.ok_or_else(|| {
        let why = ChangeError::Log(center).to_string();
        Stop::explained(Refusal::WrongState, &why)
    })?;
    let witnessed = log_store::latest_witnessed(round.view, LogId::public(center, number))?;
    let Some((size, note)) = witnessed else {
        return Ok(LogEnd { size: 0, root: empty_root() });
    };
    Ok(LogEnd { size: size.get(), root: following::checkpoint_of(&note)?.root })
}

fn read_enrolment(
    round: &Round<'_>,
    bytes: Vec<u8>,
    fingerprint: Fingerprint,
) -> Result<Box<VerifiedEnrolment>, Stop> {
    let enrolment = VerifiedEnrolment::parse(&round.settings.network, bytes)?;
    if enrolment.fingerprint() == fingerprint {
        Ok(Box::new(enrolment))
    } else {
        let why = "the fingerprint is not that of the enrolment";
        Err(Stop::explained(Refusal::Argument, why))
    }
}

fn replace_annex(round: &mut Round<'_>, annex: &Annex) -> Result<NetReply, Stop> {
    if annex.content.len() > ANNEX_BYTES_MAX || !super::is_readable(annex) {
        let why = "the annex is too large or not of its kind";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    let mut names = round.roster.annexes.clone();
    names.retain(|name| name.kind != annex.kind);
    names.push(annex.name());
    names.sort_unstable_by_key(|name| name.kind);
    let made = make(round, Change::Annexes(names))?;
    kept::put_annex(round.view, annex);
    Ok(made)
}

fn take_authority_keys(round: &mut Round<'_>, statement: &[u8]) -> Result<NetReply, Stop> {
    let mut keys = kept::authority_keys(round.view)?.ok_or_else(not_by_file)?;
    let newest = keys.newest();
    keys.add(statement).map_err(|error| Stop::explained(Refusal::Argument, &error.to_string()))?;
    if keys.newest() <= newest {
        let why = "the statement is not newer than the last one";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    // The next roster tells everybody of the new keys; a node without one of them could sign none.
    let own = round.own_key(KeyPurpose::Roster);
    if own.and_then(|own| keys.newest_with(&own)).is_none() {
        let why = "the statement does not name the roster key of this node";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    kept::put_authority_keys(round.view, &keys);
    make(round, Change::Renew)
}

fn ask_for_key_change(round: &mut Round<'_>, key: OfferedKey) -> Result<NetReply, Stop> {
    if !key.is_proved(&round.settings.network, round.center()) {
        let why = "the new key has not signed for this member";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    let to = round.roster.authority;
    let request = KeyChange { from: round.center(), to, issued_at: round.now, key };
    Ok(NetReply::Sent(round.say(&request, Route::Outbox(to))))
}

fn not_by_file() -> Stop {
    Stop::explained(Refusal::NotFound, "this node was not set up by a join file")
}
