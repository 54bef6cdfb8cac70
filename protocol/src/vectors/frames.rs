//! Vectors of the frames of each stream.

use super::writing::{Vector, value};
use crate::cbor;
use crate::engine::audit::CorrespondencePlace;
use crate::engine::rosters::frames::{RosterReply, RosterRequest};
use crate::engine::synchronization::{EntriesWanted, SyncReply, SyncRequest, TilesWanted};
use crate::id::{AnnexHash, PayloadHash, TreeHash};
use crate::log::equivocation::Equivocation;
use crate::log::origin::LogId;
use crate::log::tile::TileId;
use crate::log::tree::TreeSize;
use crate::refusal::Refusal;
use crate::testing::{DATONG, TAIYUAN, network};
use crate::wire::{DeliveryReply, QueryReply};

pub(super) fn vectors() -> Vec<Vector> {
    let hash = PayloadHash::new([1; 32]);
    let mut vectors = vec![
        value(
            "question answered",
            "query-reply",
            &QueryReply::Answer(b"statement".to_vec().into()),
        ),
        value("question refused", "query-reply", &QueryReply::Refused(Refusal::NotMember)),
        value("committed", "delivery-reply", &DeliveryReply::Committed(hash)),
        value("pending", "delivery-reply", &DeliveryReply::Pending(hash)),
        value("refused for good", "delivery-reply", &DeliveryReply::Refused(Refusal::KeyEnded)),
        value("refused for now", "delivery-reply", &DeliveryReply::Later(Refusal::Recovering)),
    ];
    vectors.extend(sync_requests());
    vectors.extend(sync_replies());
    let request =
        RosterRequest { network: network(), known: 3, annexes: vec![AnnexHash::new([2; 32])] };
    vectors.push(value("roster request", "roster-request", &request));
    let reply = RosterReply { newest: 3, authority_keys: vec![], rosters: vec![], annexes: vec![] };
    vectors.push(value("roster reply: nothing newer", "roster-reply", &reply));
    let bytes = cbor::encode(&request);
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    let frame = [length.as_slice(), &bytes].concat();
    vectors
        .push(Vector::new("frame of a roster request").hex("content", bytes).hex("frame", frame));
    vectors
}

fn sync_requests() -> Vec<Vector> {
    let log = LogId::public(DATONG, 1);
    let size = |number| TreeSize::new(number).unwrap();
    let note = super::logs::checkpoint_note();
    let place = CorrespondencePlace { number: 1, leaf: 7 };
    let two_faces = Equivocation { smaller: note.clone(), larger: note.clone(), nodes: vec![] };
    let requests = [
        ("cosign this", SyncRequest::AddCheckpoint(b"old 0\n\nnote".to_vec().into())),
        ("latest checkpoints", SyncRequest::Latest(vec![log, LogId::audit(TAIYUAN, 2)])),
        ("entries", SyncRequest::Entries(EntriesWanted { log, from: size(3), to: size(300) })),
        (
            "tiles",
            SyncRequest::Tiles(TilesWanted {
                log,
                size: size(300),
                tiles: vec![TileId::entries(1), TileId::level(0, 1), TileId::level(1, 0)],
            }),
        ),
        ("nodes", SyncRequest::Nodes(log, size(3), size(300))),
        ("statements from the first on", SyncRequest::Statements(None)),
        ("statements after a place", SyncRequest::Statements(Some(place))),
        ("two faces", SyncRequest::Equivocation(Box::new(two_faces))),
        ("dial me back", SyncRequest::DialBack),
    ];
    requests.iter().map(|(name, request)| value(name, "sync-request", request)).collect()
}

fn sync_replies() -> Vec<Vector> {
    let note: Vec<u8> = super::logs::checkpoint_note().encode();
    let hash = TreeHash::new([1; 32]);
    let place = CorrespondencePlace { number: 1, leaf: 7 };
    let replies = [
        ("cosigned", SyncReply::Cosigned("\u{2014} name base64\n".into())),
        ("conflict", SyncReply::Conflict(TreeSize::new(5).unwrap())),
        ("checkpoints", SyncReply::Latest(vec![note.into()])),
        ("bundles", SyncReply::Entries(vec![vec![0, 1, 7].into()], vec![hash])),
        ("tiles", SyncReply::Tiles(vec![vec![1; 32].into()])),
        ("nodes", SyncReply::Nodes(vec![hash])),
        ("the last statements", SyncReply::Statements(vec![vec![0xd2].into()], None)),
        (
            "statements, and there are more",
            SyncReply::Statements(vec![vec![0xd2].into()], Some(place)),
        ),
        ("taken", SyncReply::Taken),
        ("not done", SyncReply::Refused(Refusal::NotGranted)),
        ("reached", SyncReply::DialedBack(true)),
        ("not reached", SyncReply::DialedBack(false)),
    ];
    replies.iter().map(|(name, reply)| value(name, "sync-reply", reply)).collect()
}
