//! Following the public logs of all members: from a signed checkpoint to the entries under it.
//!
//! **Promises.** A log advances only to a checkpoint that its center signed, over entries that hash
//! to its root; entries, tiles, index rows and the new size are one batch. A checkpoint that does
//! not fit is kept and asked about, never followed.
//! **Left to others.** Serving entries: `synchronization`. What a proven lie leads to:
//! `equivocation`.

use minicbor::{Decode, Encode};

use super::log_event::LogEvent;
use super::log_store::{self, StoredTiles};
use super::output::{Event, GossipVerdict, Output};
use super::round::Round;
use super::synchronization::{self, About, LATEST_LOGS_MAX, SyncReply, SyncRequest};
use super::{equivocation, publication, recovery, tag_index};
use crate::cbor;
use crate::center::CenterCode;
use crate::digest::Digest;
use crate::log::checkpoint::Checkpoint;
use crate::log::equivocation::Equivocation;
use crate::log::note::SignedNote;
use crate::log::origin::{LogId, LogKind};
use crate::log::tree::{LeafIndex, TreeSize};
use crate::log_trust::VerifiedCheckpoint;
use crate::roster::MemberLog;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};

mod pulling;

pub(super) use pulling::{entries_of, on_entries, on_nodes, retry};
use pulling::{pull, source};

/// Where following a log stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FollowRow {
    /// The checkpoint that was reached last.
    #[n(1)]
    pub reached: Option<SignedNote>,
    /// The checkpoint whose entries are being pulled.
    #[n(2)]
    pub target: Option<SignedNote>,
    /// A later one, taken up when the target is reached.
    #[n(3)]
    pub next: Option<SignedNote>,
    /// The request on its way.
    #[n(4)]
    token: Option<u64>,
    /// Tries in vain since the last entries came.
    #[n(5)]
    attempts: u32,
    /// The target did not fit: nodes are asked for before entries are again.
    #[n(6)]
    doubted: bool,
}

/// How a checkpoint relates to what is held of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// As new as what is held, or newer.
    Current,
    /// Older, of a log that is not followed, or of one that is closed.
    Old,
    /// It contradicts what is held.
    Misfit,
}

/// Where following a log stands.
///
/// # Errors
/// When the store cannot be read.
pub fn follow_row(view: &dyn View, log: LogId) -> Result<FollowRow, StoreError> {
    let bytes = view.get(&key(Area::Follow, &[&log.to_key()]))?;
    bytes.map_or_else(|| Ok(FollowRow::default()), |bytes| cbor::decode_stored("following", &bytes))
}

fn put_follow_row(view: &mut dyn View, log: LogId, row: &FollowRow) {
    view.put(key(Area::Follow, &[&log.to_key()]), cbor::encode(row));
}

/// The newest note of a log that is held here with its entries: own or followed.
///
/// # Errors
/// When the store cannot be read.
pub fn latest_note(round: &Round<'_>, log: LogId) -> Result<Option<SignedNote>, StoreError> {
    if log.center == round.center() {
        let Some(row) = publication::signing(round.view, log)? else { return Ok(None) };
        return log_store::note_at(round.view, log, row.latest);
    }
    let Some(reached) = follow_row(round.view, log)?.reached else { return Ok(None) };
    let size = checkpoint_of(&reached)?.size;
    Ok(log_store::note_at(round.view, log, size)?.or(Some(reached)))
}

/// The size of the newest checkpoint of a followed log that is known, held or not.
pub(super) fn newest_known(view: &dyn View, log: LogId) -> Result<TreeSize, StoreError> {
    let row = follow_row(view, log)?;
    let newest = [&row.next, &row.target, &row.reached].into_iter().flatten().next();
    newest.map_or(Ok(TreeSize::ZERO), |note| checkpoint_of(note).map(|newest| newest.size))
}

/// Judges a checkpoint that came by gossip, and follows it.
pub(super) fn on_gossip(
    round: &mut Round<'_>,
    from: CenterCode,
    message: u64,
    shown: &VerifiedCheckpoint,
) -> Result<(), StoreError> {
    let verdict = match on_checkpoint(round, from, shown)? {
        // Everybody must see a checkpoint that contradicts another.
        Fit::Current | Fit::Misfit => GossipVerdict::Accept,
        Fit::Old => GossipVerdict::Ignore,
    };
    round.output(Output::JudgeGossip { message, verdict });
    Ok(())
}

/// Whether a checkpoint fits what is held of its log, as far as that reaches.
pub(super) fn fits(
    view: &dyn View,
    log: LogId,
    checkpoint: &Checkpoint,
) -> Result<bool, StoreError> {
    if equivocation::misfit(view, log)?.is_some() {
        return Ok(false);
    }
    let root = log_store::root_at(view, log, checkpoint.size)?;
    Ok(root.is_none_or(|root| root == checkpoint.root))
}

/// Takes a checkpoint, from wherever it came.
pub(super) fn on_checkpoint(
    round: &mut Round<'_>,
    via: CenterCode,
    shown: &VerifiedCheckpoint,
) -> Result<Fit, StoreError> {
    let (log, checkpoint) = (shown.log(), shown.checkpoint());
    if log.center == round.center() {
        recovery::on_own_checkpoint(round, via, shown)?;
        return Ok(Fit::Old);
    }
    if !is_followed(round, log, checkpoint.size)? {
        return Ok(Fit::Old);
    }
    if let Some(earlier) = unfinished_before(round, log)? {
        // The next heartbeat brings this one again.
        ask_for_rest(round, earlier)?;
        return Ok(Fit::Current);
    }
    let held = log_store::row(round.view, log)?;
    if let Some(root) = log_store::root_at(round.view, log, checkpoint.size)? {
        if root != checkpoint.root {
            contradicted(round, shown)?;
            return Ok(Fit::Misfit);
        }
        keep_if_witnessed(round, shown)?;
        return Ok(if checkpoint.size == held.size { Fit::Current } else { Fit::Old });
    }
    let mut row = follow_row(round.view, log)?;
    if let Some(other) = same_size(&row, checkpoint)? {
        if checkpoint_of(&other)?.root != checkpoint.root {
            equivocation::two_roots(round, log, other, shown.note().clone())?;
            return Ok(Fit::Misfit);
        }
        adopt_cosignatures(&mut row, shown)?;
    } else if let Some(target) = &row.target {
        if checkpoint.size < checkpoint_of(target)?.size {
            return Ok(Fit::Old);
        }
        let later = match &row.next {
            Some(next) => checkpoint.size > checkpoint_of(next)?.size,
            None => true,
        };
        if later {
            row.next = Some(shown.note().clone());
        }
    } else {
        row.target = Some(shown.note().clone());
        row.attempts = 0;
        row.doubted = false;
    }
    put_follow_row(round.view, log, &row);
    pull(round, log)?;
    Ok(Fit::Current)
}

/// Public logs that the roster lists: open ones unless they were convicted, closed ones up to the
/// end that the roster gives them.
fn is_followed(round: &Round<'_>, log: LogId, size: TreeSize) -> Result<bool, StoreError> {
    let listed = round.roster.member(log.center).and_then(|member| member.log(log.number));
    match listed.filter(|_| log.kind == LogKind::Public) {
        None => Ok(false),
        Some(MemberLog { closed: Some(end), .. }) => Ok(size.get() <= end.size),
        Some(MemberLog { closed: None, .. }) => Ok(!equivocation::is_closed(round.view, log)?),
    }
}

/// The size at which the roster closes a log; `None` for one that is open or not listed.
pub(super) fn end_of(round: &Round<'_>, log: LogId) -> Option<TreeSize> {
    let listed = round.roster.member(log.center)?.log(log.number)?;
    listed
        .closed
        .filter(|_| log.kind == LogKind::Public)
        .and_then(|end| TreeSize::new(end.size).ok())
}

/// A closed log of the same center that is not held up to its end yet: leaves of a later log name
/// leaves of it.
fn unfinished_before(round: &Round<'_>, log: LogId) -> Result<Option<LogId>, StoreError> {
    let logs = round.roster.member(log.center).map_or(&[][..], |member| &member.logs);
    for listed in logs.iter().filter(|listed| listed.number < log.number) {
        let earlier = LogId::public(log.center, listed.number);
        let held = log_store::row(round.view, earlier)?.size;
        if listed.closed.is_some_and(|end| held.get() < end.size) {
            return Ok(Some(earlier));
        }
    }
    Ok(None)
}

/// Asks for the end of a closed log, each time somebody else: a center that has fallen behind may have no
/// checkpoint of its end any more.
fn ask_for_rest(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    let mut row = follow_row(round.view, log)?;
    let source = source(round, log, row.attempts);
    row.attempts = row.attempts.saturating_add(1);
    put_follow_row(round.view, log, &row);
    ask_for_latest(round, source, vec![log])
}

/// The digest that one of `log` replaces, as far as it is held.
pub(super) fn replaced_by(
    round: &Round<'_>,
    log: LogId,
    digest: &Digest,
) -> Result<Option<Digest>, StoreError> {
    let Some(previous) = digest.previous else { return Ok(None) };
    let before = tag_index::log_before(log, digest);
    let entry = log_store::entry(round.view, before, LeafIndex::new(previous))?;
    Ok(entry.and_then(|entry| cbor::decode(&entry).ok()))
}

/// Stages that nothing is known of a log, and asks for it anew.
pub(super) fn forget(round: &mut Round<'_>, log: LogId) -> Result<(), StoreError> {
    put_follow_row(round.view, log, &FollowRow::default());
    ask_for_latest(round, log.center, vec![log])
}

fn ask_for_latest(
    round: &mut Round<'_>,
    center: CenterCode,
    logs: Vec<LogId>,
) -> Result<(), StoreError> {
    synchronization::ask(round, center, About::Latest, &SyncRequest::Latest(logs)).map(drop)
}

/// The target or the one after it, when it has this size.
fn same_size(row: &FollowRow, checkpoint: &Checkpoint) -> Result<Option<SignedNote>, StoreError> {
    for note in [&row.target, &row.next].into_iter().flatten() {
        if checkpoint_of(note)?.size == checkpoint.size {
            return Ok(Some(note.clone()));
        }
    }
    Ok(None)
}

/// The same checkpoint came again, perhaps with more cosignatures.
fn adopt_cosignatures(row: &mut FollowRow, shown: &VerifiedCheckpoint) -> Result<(), StoreError> {
    for held in [&mut row.target, &mut row.next].into_iter().flatten() {
        let same = held.text() == shown.note().text();
        if same && shown.note().signatures().len() > held.signatures().len() {
            *held = shown.note().clone();
        }
    }
    Ok(())
}

/// Keeps a note for good when a quorum cosigned it.
fn keep_if_witnessed(round: &mut Round<'_>, shown: &VerifiedCheckpoint) -> Result<(), StoreError> {
    let (log, size) = (shown.log(), shown.checkpoint().size);
    let place = key(Area::Witnessed, &[&log.to_key(), &size.get().to_be_bytes()]);
    if shown.note().signatures().len() < 2 || round.view.get(&place)?.is_some() {
        return Ok(());
    }
    let trust = round.log_trust();
    let accepted = trust.policy(log).is_some_and(|policy| policy.check(shown.note()).is_ok());
    if accepted {
        log_store::put_note(round.view, Area::Witnessed, log, size, shown.note());
        round.event(Event::Log(LogEvent::Witnessed { log, size }));
    }
    Ok(())
}

/// A checkpoint over no more than what is held has another root: prove it, or keep it until the
/// target is reached, whose signature the proof needs.
fn contradicted(round: &mut Round<'_>, shown: &VerifiedCheckpoint) -> Result<(), StoreError> {
    let (log, size) = (shown.log(), shown.checkpoint().size);
    let reached = follow_row(round.view, log)?.reached;
    let Some(reached) =
        reached.filter(|note| checkpoint_of(note).is_ok_and(|reached| reached.size >= size))
    else {
        return equivocation::keep_misfit(round, log, shown.note());
    };
    let reached_size = checkpoint_of(&reached)?.size;
    let nodes = if reached_size == size {
        Vec::new()
    } else {
        let reader = StoredTiles::new(round.view, log);
        reader.tree(reached_size).nodes_around(size).map_err(log_store::read_failed)?
    };
    let proof = Equivocation { smaller: shown.note().clone(), larger: reached, nodes };
    equivocation::convict(round, log, proof)
}

/// Takes the checkpoints with which a member answered.
pub(super) fn on_latest(
    round: &mut Round<'_>,
    from: CenterCode,
    reply: SyncReply,
) -> Result<(), StoreError> {
    let SyncReply::Latest(notes) = reply else { return Ok(()) };
    let trust = round.log_trust();
    for note in notes {
        match VerifiedCheckpoint::verify(&note, &trust) {
            Ok(shown) => on_checkpoint(round, from, &shown).map(drop)?,
            Err(refusal) => round.event(Event::Refused { from, refusal }),
        }
    }
    Ok(())
}

/// A checkpoint that was kept as not fitting is judged again by what is held now.
fn settle_misfit(round: &mut Round<'_>, log: LogId, held: TreeSize) -> Result<(), StoreError> {
    let Some(note) = equivocation::misfit(round.view, log)? else { return Ok(()) };
    let checkpoint = checkpoint_of(&note)?;
    if checkpoint.size > held {
        return Ok(());
    }
    if log_store::root_at(round.view, log, checkpoint.size)? == Some(checkpoint.root) {
        return equivocation::clear_misfit(round, log);
    }
    match VerifiedCheckpoint::verify_note(note, &round.log_trust()) {
        Ok(shown) => contradicted(round, &shown),
        Err(_) => Ok(()),
    }
}

/// Picks following up after a restart: requests of before are lost.
pub(super) fn resume(round: &mut Round<'_>) -> Result<(), StoreError> {
    for log in followed_logs(round) {
        let mut row = follow_row(round.view, log)?;
        if row.target.is_some() {
            row.token = None;
            put_follow_row(round.view, log, &row);
            pull(round, log)?;
        }
    }
    Ok(())
}

/// Asks a member that has just connected for the checkpoints of its public logs.
pub(super) fn on_connected(round: &mut Round<'_>, center: CenterCode) -> Result<(), StoreError> {
    let listed = round.roster.member(center).map_or(&[][..], |member| &member.logs);
    let mut logs = Vec::new();
    for log in listed {
        let id = LogId::public(center, log.number);
        let held = log_store::row(round.view, id)?.size;
        if log.closed.is_none_or(|end| held.get() < end.size) {
            logs.push(id);
        }
    }
    // The oldest first, since leaves of later ones name theirs.
    logs.truncate(LATEST_LOGS_MAX);
    if logs.is_empty() { Ok(()) } else { ask_for_latest(round, center, logs) }
}

/// The public logs of all other members that the roster lists.
pub fn followed_logs(round: &Round<'_>) -> Vec<LogId> {
    let others = round.roster.members.iter().filter(|member| member.code != round.center());
    let logs = others.flat_map(|member| {
        member.logs.iter().map(|listed| LogId::public(member.code, listed.number))
    });
    logs.collect()
}

/// The checkpoint in a note of the store.
pub(super) fn checkpoint_of(note: &SignedNote) -> Result<Checkpoint, StoreError> {
    Checkpoint::parse(note.text())
        .map_err(|error| StoreError::Corrupt { place: "checkpoints", detail: error.to_string() })
}
