//! Logs in tests: digests, what nodes hold of them, a second face of a log, and rounds of a test's
//! own making.

use crate::cbor;
use crate::center::CenterCode;
use crate::digest::{Digest, DigestStatus};
use crate::engine::Ports;
use crate::engine::input::Input;
use crate::engine::log_event::LogEvent;
use crate::engine::log_store;
use crate::engine::output::Event;
use crate::engine::round::Round;
use crate::engine::synchronization::{SyncReply, SyncRequest};
use crate::engine::timer::{self, Timer};
use crate::id::{Commitment, SubjectTag, TreeHash};
use crate::key::{KeyPurpose, Keyring as _, SigningRequest};
use crate::log::append::append;
use crate::log::checkpoint::Checkpoint;
use crate::log::note::SignedNote;
use crate::log::origin::{LogId, NetworkName};
use crate::log::tile::MemoryTiles;
use crate::log::tree::TreeSize;
use crate::log_trust::{VerifiedCheckpoint, log_key};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, keyring};
use crate::time::{Date, Timestamp};

impl Province {
    /// Runs one round of a node with a handler of the test's own, and carries its outputs.
    pub(crate) fn act<T>(&mut self, at: CenterCode, act: impl FnOnce(&mut Round<'_>) -> T) -> T {
        let seed = self.seed(at);
        let now = self.clock(at);
        let node = self.nodes.get_mut(&at).unwrap();
        let ports = Ports { keyring: &mut node.keyring, tagger: &mut node.tagger };
        let mut done = None;
        let handle = |round: &mut Round<'_>| {
            done = Some(act(round));
            Ok(())
        };
        let outputs = node.engine.test_round(now, &seed, ports, handle).unwrap();
        for output in outputs {
            self.carry(at, output);
        }
        done.unwrap()
    }

    /// What a node's clock says.
    pub(crate) fn clock(&self, code: CenterCode) -> Timestamp {
        self.now.plus_ms(self.skew.get(&code).copied().unwrap_or(0))
    }

    /// A frame of the sync protocol between two members, driven to its reply.
    pub(crate) fn sync(
        &mut self,
        from: CenterCode,
        to: CenterCode,
        request: &SyncRequest,
    ) -> SyncReply {
        let frame = cbor::encode(request);
        let request = self.request();
        self.input(to, Input::SyncRequested { from, request, frame });
        self.drive();
        cbor::decode(&self.strays.remove(&request).expect("every request gets a reply")).unwrap()
    }

    /// Sets the time of every node's next heartbeat.
    pub(super) fn set_heartbeats(&mut self, at: Timestamp) {
        let codes: Vec<CenterCode> = self.nodes.keys().copied().collect();
        for code in codes {
            let at = at.plus_ms(self.skew.get(&code).copied().unwrap_or(0));
            self.act(code, |round| timer::set(round.view, at, Timer::Heartbeat)).unwrap();
        }
    }

    pub(super) fn carry_checkpoint(&mut self, at: CenterCode, note: &[u8]) {
        let others: Vec<CenterCode> = self.nodes.keys().copied().filter(|to| *to != at).collect();
        for to in others {
            if self.loses(at, to) {
                continue;
            }
            let message = self.request().0;
            let engine = &self.nodes[&to].engine;
            let trust = engine.log_trust(self.now);
            if let Ok(checkpoint) = VerifiedCheckpoint::verify(note, &trust) {
                let checkpoint = Box::new(checkpoint);
                self.inbox
                    .push_back((to, Input::GossipCheckpoint { from: at, message, checkpoint }));
            }
        }
    }
}

pub(crate) const ALL: [CenterCode; 4] = [AUTHORITY, TAIYUAN, DATONG, LINFEN];

pub(crate) fn digest(number: u64) -> Digest {
    let mut tag = [0; 32];
    tag[..8].copy_from_slice(&number.to_be_bytes());
    Digest {
        status: DigestStatus::AccountOpen,
        revision: 1,
        previous: None,
        previous_log: None,
        taken_in: None,
        epoch: 1,
        subjects: vec![SubjectTag::new(tag)],
        reference: None,
        commitment: Commitment::new(tag),
        date: Date::new(2026, 5, 6).unwrap(),
        channel: None,
    }
}

pub(crate) fn publish(province: &mut Province, at: CenterCode, numbers: core::ops::Range<u64>) {
    province.act(at, |round| {
        for number in numbers {
            round.publish(&digest(number)).unwrap();
        }
    });
}

pub(crate) fn size(number: u64) -> TreeSize {
    TreeSize::new(number).unwrap()
}

pub(crate) fn held(province: &mut Province, at: CenterCode, log: LogId) -> log_store::LogRow {
    province.act(at, |round| log_store::row(round.view, log).unwrap())
}

pub(crate) fn witnessed(province: &mut Province, at: CenterCode, log: LogId) -> Option<TreeSize> {
    let latest = province.act(at, |round| log_store::latest_witnessed(round.view, log).unwrap());
    latest.map(|(size, _)| size)
}

pub(crate) fn checkpoints(province: &Province, log: LogId, quorum: bool) -> Vec<u64> {
    let of_log = province.events.iter().filter_map(|(at, event)| {
        let Event::Log(event) = event else { return None };
        let of = |of: LogId, size: &TreeSize| (*at == of.center && of == log).then_some(size.get());
        let signed = if let LogEvent::Signed { log, size } = event { of(*log, size) } else { None };
        let witnessed =
            if let LogEvent::Witnessed { log, size } = event { of(*log, size) } else { None };
        if quorum { witnessed } else { signed }
    });
    of_log.collect()
}

/// A second face of a log, signed by the log's own key: what only its holder can make.
pub(crate) struct Face {
    pub(crate) tiles: MemoryTiles,
    pub(crate) log: LogId,
    pub(crate) size: TreeSize,
    pub(crate) root: TreeHash,
}

impl Face {
    pub(crate) fn new(log: LogId, numbers: impl Iterator<Item = u64>) -> Self {
        let entries: Vec<Vec<u8>> = numbers.map(|number| cbor::encode(&digest(number))).collect();
        let mut tiles = MemoryTiles::default();
        let appended = append(&tiles, TreeSize::ZERO, &entries).unwrap();
        for write in appended.writes {
            tiles.insert(write.tile, write.bytes);
        }
        Self { tiles, log, size: appended.size, root: appended.root }
    }

    pub(crate) fn signed(&self) -> SignedNote {
        let network = NetworkName::parse("test").unwrap();
        let keys = keyring(self.log.center);
        let key = log_key(&network, self.log, &keys.public(KeyPurpose::Log).unwrap()).unwrap();
        let checkpoint =
            Checkpoint { origin: self.log.origin(&network), size: self.size, root: self.root };
        let request =
            SigningRequest { purpose: KeyPurpose::Log, message: checkpoint.text().into_bytes() };
        checkpoint.signed(&key, keys.sign_one(&request).unwrap().0).unwrap()
    }

    pub(crate) fn gossip(&self, province: &mut Province, to: CenterCode, from: CenterCode) {
        let trust = province.nodes[&to].engine.log_trust(province.now);
        let note = self.signed().encode();
        let checkpoint = Box::new(VerifiedCheckpoint::verify(&note, &trust).unwrap());
        province.input(to, Input::GossipCheckpoint { from, message: 1, checkpoint });
        province.drive();
    }
}
