//! The duty of a witness: cosign the logs of all members, and never two roots for one size.
//!
//! **Promises.** What is cosigned is stored in the batch of the check, before the cosignature
//! leaves; each checkpoint that is cosigned extends the one cosigned before it.
//! **Left to others.** Asking: `cosigning`. Holding the entries: `following`.

use minicbor::{Decode, Encode};

use super::EngineError;
use super::input::RequestId;
use super::output::Event;
use super::publication::NoteToSign;
use super::round::Round;
use super::synchronization::{SyncReply, respond};
use super::{equivocation, following, recovery};
use crate::cbor;
use crate::center::CenterCode;
use crate::id::TreeHash;
use crate::key::{KeyError, KeyPurpose, Signature};
use crate::log::add_checkpoint::{AddCheckpoint, Cosigned, WitnessVerdict, decide};
use crate::log::cosignature::{self, CosignedAt};
use crate::log::note::{KeyKind, SignedNote, VerifierKey};
use crate::log::origin::{LogId, LogKind, witness_name};
use crate::log::tree::TreeSize;
use crate::log_trust::VerifiedCheckpoint;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};

/// What was cosigned last for a log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CosignedRow {
    /// Its size.
    #[n(1)]
    pub size: TreeSize,
    /// Its root.
    #[n(2)]
    pub root: TreeHash,
    /// The checkpoint as it was shown, signed by its log.
    #[n(3)]
    pub note: SignedNote,
}

/// A cosignature that is to be made.
#[derive(Clone, Debug)]
pub struct ToCosign {
    request: RequestId,
    text: String,
    time: CosignedAt,
}

/// What was cosigned last for a log; `None` when nothing was.
///
/// # Errors
/// When the store cannot be read.
pub fn cosigned_row(view: &dyn View, log: LogId) -> Result<Option<CosignedRow>, StoreError> {
    let bytes = view.get(&key(Area::Cosigned, &[&log.to_key()]))?;
    bytes.map(|bytes| cbor::decode_stored("cosigned", &bytes)).transpose()
}

/// Decides on a checkpoint that a center wants cosigned.
pub(super) fn on_add_checkpoint(
    round: &mut Round<'_>,
    from: CenterCode,
    request: RequestId,
    body: &[u8],
) -> Result<(), StoreError> {
    let reply = match admit(round, body) {
        Ok((asked, shown)) => match judge(round, &asked, &shown)? {
            WitnessVerdict::Cosign => {
                cosign(round, request, &shown);
                return following::on_checkpoint(round, from, &shown).map(drop);
            }
            WitnessVerdict::Malformed => SyncReply::Refused(Refusal::Malformed),
            WitnessVerdict::Conflict(size) => SyncReply::Conflict(size),
            WitnessVerdict::Inconsistent => {
                misfit(round, from, &shown)?;
                SyncReply::Refused(Refusal::Proof)
            }
        },
        Err(refusal) => SyncReply::Refused(refusal),
    };
    if let SyncReply::Refused(refusal) = &reply {
        round.event(Event::Refused { from, refusal: *refusal });
    }
    respond(round, request, &reply);
    Ok(())
}

/// The form of the body, the signature of its log, and whether this node witnesses at all.
fn admit(round: &Round<'_>, body: &[u8]) -> Result<(AddCheckpoint, VerifiedCheckpoint), Refusal> {
    let own = round.roster.member(round.center()).ok_or(Refusal::NotMember)?;
    let listed = round.roster.witnesses.contains(&round.center());
    if !listed || round.own_key(KeyPurpose::Witness).is_none() {
        return Err(Refusal::NotGranted);
    }
    if own.status != MemberStatus::Active {
        return Err(Refusal::Suspended);
    }
    // It may have forgotten what it cosigned.
    if recovery::holds_inputs(round.view).unwrap_or(true) {
        return Err(Refusal::Recovering);
    }
    let asked = AddCheckpoint::parse(body).map_err(|_| Refusal::Malformed)?;
    let shown = VerifiedCheckpoint::verify_note(asked.note.clone(), &round.log_trust())?;
    if shown.log().center == round.center() {
        return Err(Refusal::NotGranted);
    }
    Ok((asked, shown))
}

fn judge(
    round: &Round<'_>,
    asked: &AddCheckpoint,
    shown: &VerifiedCheckpoint,
) -> Result<WitnessVerdict, StoreError> {
    let log = shown.log();
    let known = cosigned_row(round.view, log)?
        .map_or_else(Cosigned::nothing, |row| Cosigned { size: row.size, root: row.root });
    let verdict = decide(known, asked.old, &asked.proof, shown.checkpoint());
    if verdict == WitnessVerdict::Cosign {
        let fits = following::fits(round.view, log, shown.checkpoint())?;
        if !fits || equivocation::is_closed(round.view, log)? {
            return Ok(WitnessVerdict::Inconsistent);
        }
    }
    Ok(verdict)
}

fn cosign(round: &mut Round<'_>, request: RequestId, shown: &VerifiedCheckpoint) {
    let checkpoint = shown.checkpoint();
    let row =
        CosignedRow { size: checkpoint.size, root: checkpoint.root, note: shown.note().clone() };
    round.view.put(key(Area::Cosigned, &[&shown.log().to_key()]), cbor::encode(&row));
    let text = shown.note().text().to_owned();
    let time = CosignedAt::from_timestamp(round.now);
    let message = cosignature::message(&text, time);
    let note = NoteToSign::Cosignature(Box::new(ToCosign { request, text, time }));
    round.sign_note(KeyPurpose::Witness, message, note);
}

/// Answers with the cosignature that was made.
pub(super) fn cosigned(
    round: &mut Round<'_>,
    asked: ToCosign,
    signature: &Signature,
) -> Result<(), EngineError> {
    let own = round.own_key(KeyPurpose::Witness).ok_or(KeyError::Missing(KeyPurpose::Witness))?;
    let name = witness_name(&round.settings.network, round.center());
    let key = VerifierKey::new(name, KeyKind::Cosigner, own.as_bytes()).ok();
    let line =
        key.and_then(|key| cosignature::signed(&asked.text, asked.time, &key, signature.0).ok());
    let line = line.ok_or_else(|| {
        KeyError::Unavailable("the witness key's signature does not verify".to_owned())
    })?;
    respond(round, asked.request, &SyncReply::Cosigned(format!("{line}\n")));
    Ok(())
}

/// A signed checkpoint that does not extend what was cosigned may be one of two faces.
fn misfit(
    round: &mut Round<'_>,
    from: CenterCode,
    shown: &VerifiedCheckpoint,
) -> Result<(), StoreError> {
    let log = shown.log();
    if let Some(row) = cosigned_row(round.view, log)?
        && row.size == shown.checkpoint().size
        && row.root != shown.checkpoint().root
    {
        return equivocation::two_roots(round, log, row.note, shown.note().clone());
    }
    if log.kind == LogKind::Public {
        following::on_checkpoint(round, from, shown)?;
    } else {
        equivocation::keep_misfit(round, log, shown.note())?;
    }
    Ok(())
}
