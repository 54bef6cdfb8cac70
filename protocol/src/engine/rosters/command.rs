//! Wishes about the network: the authority changes the roster, a member asks for a key change.
//!
//! **Promises.** One change makes one version, signed in the same commit; a wish that does not fit
//! changes nothing and says why.
//! **Left to others.** The rules of a change: `roster::change`. Comparing fingerprints: people.

use std::sync::Arc;

use super::super::output::CommandRefusal;
use super::super::round::{Round, Route};
use super::{issue, join_file, kept};
use crate::center::{CenterCode, Role};
use crate::id::PayloadHash;
use crate::key::KeyPurpose;
use crate::limits::ANNEX_BYTES_MAX;
use crate::refusal::Refusal;
use crate::roster::chain::ChainError;
use crate::roster::change::{self, Change};
use crate::roster::enrolment::{Fingerprint, VerifiedEnrolment};
use crate::roster::join_file::JoinFile;
use crate::roster::{Annex, Grants, LogEnd, Roster};
use crate::statement::membership::{KeyChange, OfferedKey};
use crate::store::StoreError;

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
    /// Where a member can be dialled.
    Addresses {
        /// The member.
        center: CenterCode,
        /// Its multiaddresses.
        addresses: Vec<String>,
    },
    /// Who witnesses.
    Witnesses(Vec<CenterCode>),
    /// A member's open log ends.
    CloseLog {
        /// The member.
        center: CenterCode,
        /// Its last size and root.
        end: LogEnd,
    },
    /// A member's next log begins.
    OpenLog(CenterCode),
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

type Done<T> = Result<Result<T, CommandRefusal>, StoreError>;

/// Does what is wished.
pub(in super::super) fn run(round: &mut Round<'_>, command: NetCommand) -> Done<NetReply> {
    match command {
        NetCommand::Show => Ok(Ok(NetReply::Roster(Arc::clone(&round.roster)))),
        NetCommand::JoinFile => {
            let file = join_file(round.view, &round.roster)?;
            Ok(file.map(|file| NetReply::JoinFile(Box::new(file))).ok_or_else(|| {
                refusal(Refusal::NotFound, "this node was not set up by a join file")
            }))
        }
        NetCommand::ChangeKey(key) => Ok(ask_for_key_change(round, key)),
        NetCommand::AuthorityKeys(statement) => take_authority_keys(round, &statement),
        NetCommand::Annex(annex) => replace_annex(round, &annex),
        NetCommand::Admit { enrolment, fingerprint, witness } => {
            match read_enrolment(round, enrolment, fingerprint) {
                Ok(enrolment) => make(round, Change::Admit { enrolment, witness }),
                Err(refusal) => Ok(Err(refusal)),
            }
        }
        NetCommand::Suspend(center) => make(round, Change::Suspend(center)),
        NetCommand::Reinstate(center) => make(round, Change::Reinstate(center)),
        NetCommand::Revoke { center, takeover, compromised } => {
            make(round, Change::Revoke { center, takeover, compromised })
        }
        NetCommand::Grant { center, grants } => make(round, Change::Grant { center, grants }),
        NetCommand::Addresses { center, addresses } => {
            make(round, Change::Addresses { center, addresses })
        }
        NetCommand::Witnesses(mut witnesses) => {
            witnesses.sort_unstable();
            make(round, Change::Witnesses(witnesses))
        }
        NetCommand::CloseLog { center, end } => make(round, Change::CloseLog { center, end }),
        NetCommand::OpenLog(center) => make(round, Change::OpenLog(center)),
        NetCommand::Renew => make(round, Change::Renew),
    }
}

fn make(round: &mut Round<'_>, change: Change) -> Done<NetReply> {
    Ok(change_in(round, change)?.map(|()| NetReply::Roster(Arc::clone(&round.roster))))
}

/// Makes and issues the next roster.
pub(super) fn change(round: &mut Round<'_>, change: Change) -> Done<()> {
    change_in(round, change)
}

fn change_in(round: &mut Round<'_>, change: Change) -> Done<()> {
    if round.settings.role != Role::Authority || round.center() != round.roster.authority {
        let detail = "only the authority of the network signs rosters";
        return Ok(Err(refusal(Refusal::NotGranted, detail)));
    }
    let own = round.own_key(KeyPurpose::Roster);
    let keys = kept::authority_keys(round.view)?;
    let Some(number) = keys.zip(own).and_then(|(keys, own)| keys.newest_with(&own)) else {
        let detail = "the roster key of this node is not the one that the root key has named";
        return Ok(Err(refusal(Refusal::WrongState, detail)));
    };
    match change::next(&round.roster, change, number, round.now) {
        Ok(roster) => issue(round, roster).map(Ok),
        Err(error) => Ok(Err(CommandRefusal {
            refusal: Refusal::WrongState,
            detail: Some(error.to_string()),
        })),
    }
}

fn read_enrolment(
    round: &Round<'_>,
    bytes: Vec<u8>,
    fingerprint: Fingerprint,
) -> Result<Box<VerifiedEnrolment>, CommandRefusal> {
    let enrolment = VerifiedEnrolment::parse(&round.settings.network, bytes)?;
    if enrolment.fingerprint() == fingerprint {
        Ok(Box::new(enrolment))
    } else {
        Err(refusal(Refusal::Argument, "the fingerprint is not that of the enrolment"))
    }
}

fn replace_annex(round: &mut Round<'_>, annex: &Annex) -> Done<NetReply> {
    if annex.content.len() > ANNEX_BYTES_MAX || !super::is_readable(annex) {
        return Ok(Err(refusal(Refusal::Argument, "the annex is too large or not of its kind")));
    }
    let mut names = round.roster.annexes.clone();
    names.retain(|name| name.kind != annex.kind);
    names.push(annex.name());
    names.sort_unstable_by_key(|name| name.kind);
    let made = make(round, Change::Annexes(names))?;
    if made.is_ok() {
        kept::put_annex(round.view, annex);
    }
    Ok(made)
}

fn take_authority_keys(round: &mut Round<'_>, statement: &[u8]) -> Done<NetReply> {
    let Some(mut keys) = kept::authority_keys(round.view)? else {
        return Ok(Err(refusal(Refusal::NotFound, "this node was not set up by a join file")));
    };
    let newest = keys.newest();
    let wrong = |error: ChainError| CommandRefusal {
        refusal: Refusal::Argument,
        detail: Some(error.to_string()),
    };
    match keys.add(statement).map_err(wrong) {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(_) if keys.newest() <= newest => {
            return Ok(Err(refusal(Refusal::Argument, "the statement is not newer than the last")));
        }
        Ok(_) => {}
    }
    // Rosters that were signed under the statement before stay as they are; the next one tells
    // everybody of the new keys. A node without the new key could sign none.
    let own = round.own_key(KeyPurpose::Roster);
    if own.and_then(|own| keys.newest_with(&own)).is_none() {
        let detail = "the statement does not name the roster key of this node";
        return Ok(Err(refusal(Refusal::WrongState, detail)));
    }
    kept::put_authority_keys(round.view, &keys);
    make(round, Change::Renew)
}

fn ask_for_key_change(round: &mut Round<'_>, key: OfferedKey) -> Result<NetReply, CommandRefusal> {
    if !key.is_proved(&round.settings.network, round.center()) {
        return Err(refusal(Refusal::Argument, "the new key has not signed for this member"));
    }
    let request =
        KeyChange { from: round.center(), to: round.roster.authority, issued_at: round.now, key };
    let to = request.to;
    Ok(NetReply::Sent(round.say(&request, Route::Outbox(to))))
}

fn refusal(refusal: Refusal, detail: &str) -> CommandRefusal {
    CommandRefusal { refusal, detail: Some(detail.to_owned()) }
}
