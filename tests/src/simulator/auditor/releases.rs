//! What a node is about to let out: it is on its disk, and it is for whoever gets it.
//!
//! **Promises.** Statements, acknowledgements, cosignatures, checkpoints and orders leave only once
//! the disk has what they promise. Names and document numbers leave a center only in a statement
//! addressed to a member that takes part in it.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::Received;
use fundlink_protocol::engine::log_store;
use fundlink_protocol::engine::output::{Output, PeerReply};
use fundlink_protocol::engine::synchronization::{SyncReply, SyncRequest};
use fundlink_protocol::engine::{bank as bank_rows, outbox, witnessing};
use fundlink_protocol::id::PayloadHash;
use fundlink_protocol::log::add_checkpoint::AddCheckpoint;
use fundlink_protocol::log::checkpoint::Checkpoint;
use fundlink_protocol::log::note::SignedNote;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::statement::StatementKind;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, View as _};
use fundlink_protocol::time::Timestamp;
use fundlink_protocol::wire::DeliveryReply;

use super::super::members;
use super::super::world::Node;
use super::{Broken, lending, read, require};

/// What a witness was asked to cosign.
#[derive(Clone, Debug)]
pub(in super::super) struct CosignRequest {
    pub(super) checkpoint: Checkpoint,
}

impl CosignRequest {
    /// Reads a frame of the sync protocol; `None` for any other request.
    pub(in super::super) fn of(frame: &[u8]) -> Option<Self> {
        let SyncRequest::AddCheckpoint(body) = cbor::decode(frame).ok()? else { return None };
        let asked = AddCheckpoint::parse(&body).ok()?;
        Checkpoint::parse(asked.note.text()).ok().map(|checkpoint| Self { checkpoint })
    }
}

/// The statement that an output says is committed.
pub(super) const fn acknowledged(output: &Output) -> Option<PayloadHash> {
    if let Output::Respond { reply, .. } = output
        && let PeerReply::Delivery(DeliveryReply::Committed(hash)) = reply
    {
        return Some(*hash);
    }
    None
}

/// Whether an output is a cosignature.
pub(super) fn is_cosignature(output: &Output) -> bool {
    let Output::Respond { reply: PeerReply::Sync(frame), .. } = output else { return false };
    matches!(cbor::decode::<SyncReply>(frame), Ok(SyncReply::Cosigned(_)))
}

/// A statement that was acknowledged is kept.
pub(super) fn check_kept(node: &Node, center: CenterCode, hash: PayloadHash) -> Result<(), Broken> {
    let view = Staged::new(node.disk());
    let kept = view.get(&key(Area::Statement, &[hash.as_bytes()]))?.is_some();
    require(kept, || format!("{center} has acknowledged statement {hash} and does not have it"))
}

/// Before an output leaves; `is_answered` says whether a row of the outbox has had its answer.
pub(super) fn check(
    (node, center): (&Node, CenterCode),
    output: &Output,
    cosign: &dyn Fn(&Output) -> Option<CosignRequest>,
    is_answered: &dyn Fn(CenterCode, u64) -> bool,
) -> Result<(), Broken> {
    let view = Staged::new(node.disk());
    match output {
        Output::Deliver { to, row, statement } => {
            let kept = match view.get(&key(Area::Outbox, &[&to.to_key(), &row.to_be_bytes()]))? {
                Some(bytes) => Some(read::<outbox::Row>("an outbox row", &bytes)?.statement),
                // One round sent it again and heard of its delivery.
                None if is_answered(*to, *row) => {
                    Received::parse(statement.clone()).ok().map(|said| said.hash())
                }
                None => None,
            };
            let kept = match kept {
                Some(hash) => view.get(&key(Area::Statement, &[hash.as_bytes()]))?,
                None => None,
            };
            require(kept.as_ref() == Some(statement), || {
                format!("{center} sends row {row} to {to}, which is not in its outbox")
            })?;
            check_addressed(center, *to, statement)
        }
        Output::Ask { to, statement, .. } => check_addressed(center, *to, statement),
        Output::Respond { reply: PeerReply::Delivery(reply), .. } => match reply {
            DeliveryReply::Committed(hash) => check_kept(node, center, *hash),
            DeliveryReply::Pending(_) | DeliveryReply::Refused(_) | DeliveryReply::Later(_) => {
                Ok(())
            }
        },
        Output::Respond { reply: PeerReply::Sync(frame), .. } => {
            check_sync_reply((node, center), frame, || cosign(output))
        }
        Output::Respond { reply: PeerReply::Roster(frame), .. } => {
            check_private(center, "a reply about rosters", frame)
        }
        Output::PublishCheckpoint { note } => {
            check_private(center, "a checkpoint", note)?;
            let parsed = SignedNote::parse(note).map_err(|error| Broken::new(error.to_string()))?;
            let checkpoint = Checkpoint::parse(parsed.text());
            let checkpoint = checkpoint.map_err(|error| Broken::new(error.to_string()))?;
            let log = LogId::parse(&members::network(), &checkpoint.origin);
            let kept = match log {
                Some(log) => log_store::note_at(&view, log, checkpoint.size)?,
                None => None,
            };
            let is_kept = kept.is_some_and(|kept| kept.text() == parsed.text());
            require(is_kept, || format!("{center} publishes a checkpoint that it does not keep"))
        }
        Output::BankOrder(order) => {
            let kept = bank_rows::row(&view, order.id)?.is_some_and(|row| row.order == *order);
            require(kept, || format!("{center} gives an order that it does not keep"))
        }
        Output::CoreOrder(order) => {
            // What was ordered before may have had its outcome in the same round.
            let known = node.core.as_ref().is_some_and(|core| core.knows(order).is_some());
            let kept = view.get(&key(Area::CoreOrder, &[order.id.as_bytes()]))?.is_some();
            require(kept || known, || {
                format!("{center} gives its core system an order that it does not keep")
            })
        }
        Output::Publish { statement } => check_private(center, "a heartbeat", statement),
        Output::Sync { frame, .. } => check_private(center, "a sync request", frame),
        Output::FetchRoster { frame, .. } => check_private(center, "a roster request", frame),
        Output::Reply { reply: Ok(reply), .. } => lending::check_told((node, center), reply),
        Output::Respond { reply: PeerReply::Query(_), .. }
        | Output::DialBack { .. }
        | Output::Reply { reply: Err(_), .. }
        | Output::JudgeGossip { .. }
        | Output::RosterChanged(_)
        | Output::BankAsk(_)
        | Output::BankRecall(_)
        | Output::Event(_) => Ok(()),
    }
}

/// A node that was set back begins nothing before it knows what it has lost: what it has said before
/// it may say again, and orders no payment.
pub(super) fn check_set_back(
    center: CenterCode,
    since: Timestamp,
    outputs: &[Output],
) -> Result<(), Broken> {
    for output in outputs {
        match output {
            Output::Deliver { statement, .. } => {
                let said = Received::parse(statement.clone()).ok();
                let said = said.filter(|said| said.kind() == StatementKind::Letter);
                let said = said.and_then(|said| said.read_again().ok());
                require(said.is_none_or(|letter| letter.issued_at() < since), || {
                    format!("{center} was set back, and signs a letter before it has recovered")
                })?;
            }
            Output::BankOrder(order) => {
                let id = order.id;
                return Err(Broken::new(format!("{center} was set back, and orders {id} anew")));
            }
            Output::Ask { .. }
            | Output::Sync { .. }
            | Output::Publish { .. }
            | Output::PublishCheckpoint { .. }
            | Output::FetchRoster { .. }
            | Output::Respond { .. }
            | Output::DialBack { .. }
            | Output::Reply { .. }
            | Output::JudgeGossip { .. }
            | Output::RosterChanged(_)
            | Output::CoreOrder(_)
            | Output::BankAsk(_)
            | Output::BankRecall(_)
            | Output::Event(_) => {}
        }
    }
    Ok(())
}

/// A cosignature leaves once the witness keeps what it has cosigned; statements go to their parties.
fn check_sync_reply(
    (node, center): (&Node, CenterCode),
    frame: &[u8],
    asked: impl FnOnce() -> Option<CosignRequest>,
) -> Result<(), Broken> {
    let reply = cbor::decode::<SyncReply>(frame);
    let reply = reply.map_err(|error| Broken::new(format!("{center} replies {error:?}")))?;
    match reply {
        SyncReply::Cosigned(_) => {
            let Some(CosignRequest { checkpoint }) = asked() else {
                return Err(Broken::new(format!("{center} cosigns what nobody has asked for")));
            };
            let log = LogId::parse(&members::network(), &checkpoint.origin);
            let view = Staged::new(node.disk());
            let kept = match log {
                Some(log) => witnessing::cosigned_row(&view, log)?,
                None => None,
            };
            let is_kept = kept.is_some_and(|kept| {
                (kept.size, kept.root) == (checkpoint.size, checkpoint.root)
                    || kept.size > checkpoint.size
            });
            require(is_kept, || format!("witness {center} cosigns what it does not keep"))
        }
        SyncReply::Statements(..) => Ok(()),
        SyncReply::Conflict(_)
        | SyncReply::Latest(_)
        | SyncReply::Entries(..)
        | SyncReply::Tiles(_)
        | SyncReply::Nodes(_)
        | SyncReply::Taken
        | SyncReply::Refused(_)
        | SyncReply::DialedBack(_) => check_private(center, "a reply about logs", frame),
    }
}

static MARKS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(members::MARKS).ok());

fn is_personal(bytes: &[u8]) -> bool {
    MARKS.as_ref().is_none_or(|marks| marks.is_match(bytes))
}

/// Nothing personal leaves a center but in a statement to a member that takes part.
fn check_private(center: CenterCode, what: &str, bytes: &[u8]) -> Result<(), Broken> {
    require(!is_personal(bytes), || format!("{what} of {center} holds personal data"))
}

/// A statement goes to whom it is addressed; one about a person, never to the authority.
fn check_addressed(center: CenterCode, to: CenterCode, statement: &[u8]) -> Result<(), Broken> {
    let parties = Received::parse(statement.to_vec()).ok().and_then(|said| said.parties());
    require(parties == Some((center, Some(to))), || {
        format!("{center} sends {to} a statement that is not its own, or not for {to}")
    })?;
    require(to != members::AUTHORITY || !is_personal(statement), || {
        format!("{center} tells the authority of a person")
    })
}
