//! What is tried once everything rests: keys that have ended, a node that was set back, a log with two
//! faces.
//!
//! **Promises.** Each is done to a network in which every promise holds, and what must follow is
//! checked: a refusal, a node that waits, a proof with everybody.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::{self, Received};
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::rosters::command::NetCommand;
use fundlink_protocol::engine::synchronization::SyncRequest;
use fundlink_protocol::engine::{equivocation, log_store, recovery, witnessing};
use fundlink_protocol::id::TreeHash;
use fundlink_protocol::key::{KeyPurpose, Keyring, SigningRequest};
use fundlink_protocol::log::add_checkpoint::AddCheckpoint;
use fundlink_protocol::log::checkpoint::Checkpoint;
use fundlink_protocol::log::note::SignedNote;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::log::tree::TreeSize;
use fundlink_protocol::log_trust::{VerifiedCheckpoint, log_key};
use fundlink_protocol::roster::enrolment::offer_key;
use fundlink_protocol::statement::membership::KeyChange;
use fundlink_protocol::store::Staged;
use fundlink_protocol::store::memory::MemoryStore;

use super::auditor::{Broken, check_store};
use super::members;
use super::network::{Body, Packet};
use super::plan::Fault;
use super::workload::Workload;
use super::world::{Event, World};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// Looks at a node that gets back what it has lost: every three hours, for ten days.
const RECOVERY_LOOKS: u32 = 80;

impl World {
    /// Keeps a backup of a center, to set it back later.
    pub(super) fn keep_backup(&mut self) {
        let center = members::center(self.random.u32(1..=self.centers));
        let Some(node) = self.nodes.get(&center) else { return };
        // The last of a few, so that every moment of a transfer has one.
        if node.is_center() && (self.backup.is_none() || self.random.u8(0..4) == 0) {
            self.backup = Some((center, node.disk().backup()));
        }
    }

    /// Everything that is tried at the end.
    pub(super) fn end(&mut self, workload: &Workload) -> Result<(), Broken> {
        // What is tried here is tried on a log that nobody has closed.
        if self.relapses.any() {
            return Ok(());
        }
        let what = self.random.u8(0..4);
        if !self.rotated.is_empty() {
            self.try_ended_keys()?;
        }
        match what {
            0 if self.plan.holds(Fault::Equivocated, &mut self.random) => self.equivocate(),
            0 => Ok(()),
            _ if !self.plan.would(Fault::RolledBack, &mut self.random) => Ok(()),
            1 => self.set_back_unseen(workload),
            _ => self.set_back(workload),
        }
    }

    /// Thirty days after a rotation nobody takes what the old key signs.
    fn try_ended_keys(&mut self) -> Result<(), Broken> {
        self.sleep(31 * DAY_MS);
        self.run_until(self.now.plus_ms(2 * MINUTE_MS))?;
        for (center, purpose) in self.rotated.clone() {
            let Some(member) = self.nodes.get(&center) else { continue };
            let mut old = member.keys.first();
            let public = old.public(purpose);
            for (at, node) in &self.nodes {
                let Some(engine) = &node.engine else { continue };
                let listed = engine.roster().member(center).into_iter();
                let mut listed = listed.flat_map(|member| &member.keys);
                // Whatever end the roster gives the old key: another has been in its place for long enough.
                let is_over = listed.any(|key| {
                    let is_other = key.purpose == purpose && Some(key.public) != public;
                    is_other && self.now.ms_since(key.from) >= 31 * DAY_MS
                });
                if !is_over {
                    continue;
                }
                let taken = match purpose {
                    KeyPurpose::Statement => {
                        let bytes = said_by(center, &mut *old, self.now);
                        let received = Received::parse(bytes).expect("a statement");
                        let network = members::network();
                        received.verify(&node.key_table, network.as_str(), self.now).is_ok()
                    }
                    KeyPurpose::Log => {
                        let log = LogId::public(center, 1);
                        let held = log_store::row(&Staged::new(engine.store()), log)?;
                        let note = other_face(log, held.size.get(), &mut *old);
                        VerifiedCheckpoint::verify(&note, &engine.log_trust(self.now)).is_ok()
                    }
                    KeyPurpose::Witness => {
                        let now = engine.log_trust(self.now).witness_key(center);
                        now.is_some_and(|key| {
                            public.as_ref().map(|old| old.as_bytes()) == Some(key.public_bytes())
                        })
                    }
                    KeyPurpose::Peer
                    | KeyPurpose::Sealing
                    | KeyPurpose::Roster
                    | KeyPurpose::Root => false,
                };
                if taken {
                    let what = format!("{at} takes what an ended key of {center} has signed");
                    return Err(Broken::new(what));
                }
            }
        }
        Ok(())
    }

    /// A center signs two checkpoints of one size and shows the other one to a single member, after it has
    /// asked the witnesses to vouch for what its log is not.
    fn equivocate(&mut self) -> Result<(), Broken> {
        let hostile = self.hostile;
        let log = LogId::public(hostile, 1);
        let Some(node) = self.nodes.get(&hostile) else { return Ok(()) };
        let size = log_store::row(&Staged::new(node.disk()), log)?.size.get();
        let others: Vec<CenterCode> =
            self.codes().into_iter().filter(|code| *code != hostile).collect();
        for witness in &others {
            self.ask_for_false_cosignatures(log, *witness)?;
        }
        let Some(keyring) = self.keyring(hostile) else { return Ok(()) };
        let note = other_face(log, size, keyring);
        let to = others[self.random.usize(0..others.len())];
        let packet = Packet { from: hostile, to, body: Body::Checkpoint(note) };
        self.schedule.add(self.now.plus_ms(10), Event::Packet(packet));
        self.run_until(self.now.plus_ms(15 * MINUTE_MS))?;
        for other in others {
            let Some(node) = self.nodes.get(&other) else { continue };
            if equivocation::proof(&Staged::new(node.disk()), log)?.is_none() {
                let what = format!("{other} has no proof of the two faces of {log}");
                return Err(Broken::new(what));
            }
        }
        Ok(())
    }

    /// Asks a witness for what no witness signs: a tree smaller than what it has cosigned, another one of
    /// that size, and a larger one that does not begin with it. The auditor reads what it replies.
    fn ask_for_false_cosignatures(
        &mut self,
        log: LogId,
        witness: CenterCode,
    ) -> Result<(), Broken> {
        let Some(node) = self.nodes.get(&witness) else { return Ok(()) };
        let known = witnessing::cosigned_row(&Staged::new(node.disk()), log)?;
        let Some(known) = known.map(|row| row.size) else { return Ok(()) };
        let size = known.get();
        for (size, old) in [(size - 1, size - 1), (size - 1, 0), (size + 1, size), (size, size)] {
            let Some(keyring) = self.keyring(log.center) else { return Ok(()) };
            let note = SignedNote::parse(&other_face(log, size, keyring)).expect("a note");
            let old = TreeSize::new(old).expect("a size");
            let body = AddCheckpoint { old, proof: Vec::new(), note }.encode();
            let frame = cbor::encode(&SyncRequest::AddCheckpoint(body.into()));
            let packet = Packet { from: log.center, to: witness, body: Body::Sync(frame, 0) };
            self.schedule.add(self.now.plus_ms(5), Event::Packet(packet));
            self.run_until(self.now.plus_ms(MINUTE_MS))?;
        }
        Ok(())
    }

    /// The disk of a center is set back to an old backup: it must find out, and sign nothing.
    fn set_back(&mut self, workload: &Workload) -> Result<(), Broken> {
        let Some((center, backup)) = self.backup.take() else { return Ok(()) };
        if !self.is_missed((center, &backup))? {
            return Ok(());
        }
        self.plan.count(Fault::RolledBack);
        self.auditor.forgive(center, self.now);
        self.set_disk(center, backup);
        self.run_until(self.now.plus_ms(2 * MINUTE_MS))?;
        workload.try_at(self, center)?;
        self.run_until(self.now.plus_ms(3 * MINUTE_MS))?;
        self.see_noticed(center)?;
        self.see_recovered(workload, center)
    }

    /// A machine comes up again as it was minutes ago, and the only witness that it reaches has heard no
    /// more of it than it knows itself: it must not go on before it has asked the others.
    fn set_back_unseen(&mut self, workload: &Workload) -> Result<(), Broken> {
        let center = members::center(self.random.u32(1..=self.centers));
        let mut others: Vec<CenterCode> =
            self.codes().into_iter().filter(|code| *code != center).collect();
        let witness = others.swap_remove(self.random.usize(0..others.len()));
        let Some(asked) = others.last().copied() else { return Ok(()) };
        self.cut_between(center, &[witness]);
        let Some(node) = self.nodes.get(&center) else { return Ok(()) };
        let backup = node.disk().backup();
        self.ask_of_account(center, (0, asked))?;
        self.run_until(self.now.plus_ms(3 * MINUTE_MS))?;
        let is_missed = self.is_missed((center, &backup))?;
        self.links.mend_all();
        if is_missed {
            self.plan.count(Fault::RolledBack);
            self.auditor.forgive(center, self.now);
            self.cut_between(center, &others);
            self.set_disk(center, backup);
            self.run_until(self.now.plus_ms(2 * MINUTE_MS))?;
            self.ask_of_account(center, (1, witness))?;
            self.run_until(self.now.plus_ms(2 * MINUTE_MS))?;
            self.links.mend_all();
        }
        for other in self.codes() {
            self.connect(center, other)?;
        }
        self.run_until(self.now.plus_ms(3 * MINUTE_MS))?;
        if !is_missed {
            return Ok(());
        }
        self.see_noticed(center)?;
        self.see_recovered(workload, center)
    }

    fn cut_between(&mut self, center: CenterCode, others: &[CenterCode]) {
        for other in others {
            self.links.cut(center, *other);
            self.links.cut(*other, center);
        }
    }

    /// Whether any majority of the witnesses knows that a center has had more than its backup holds.
    pub(super) fn is_missed(
        &self,
        (center, backup): (CenterCode, &MemoryStore),
    ) -> Result<bool, Broken> {
        let held = |log| log_store::row(&Staged::new(backup), log).map(|row| row.size);
        let (public, audit) = (LogId::public(center, 1), LogId::audit(center, 1));
        let before = [(public, held(public)?), (audit, held(audit)?)];
        // What a quorum has cosigned, any majority knows of; the rest may be forgotten for good.
        let mut most = 0;
        for (log, size) in before {
            let mut witnesses = 0;
            for (_, node) in self.nodes.iter().filter(|(code, _)| **code != center) {
                let cosigned = witnessing::cosigned_row(&Staged::new(node.disk()), log)?;
                witnesses += usize::from(cosigned.is_some_and(|row| row.size > size));
            }
            most = witnesses.max(most);
        }
        let engine = self.nodes.get(&center).and_then(|node| node.engine.as_ref());
        let quorum = engine.and_then(|engine| engine.log_trust(self.now).quorum(public));
        Ok(quorum.is_some_and(|quorum| most >= quorum))
    }

    /// A node that was set back has found out, and waits.
    fn see_noticed(&self, center: CenterCode) -> Result<(), Broken> {
        let public = LogId::public(center, 1);
        let Some(node) = self.nodes.get(&center) else { return Ok(()) };
        let waits = recovery::is_recovering(&Staged::new(node.disk()))?;
        let own = log_store::row(&Staged::new(node.disk()), public)?.size;
        // What has lost nothing but leaves of the audit log asks for the next one by itself.
        let listed = node.engine.as_ref().and_then(|engine| engine.roster().member(center));
        let goes_on_in_next = listed.is_some_and(|own| own.open_log() != Some(public.number));
        if !waits && !goes_on_in_next {
            let what =
                format!("{center} was set back, goes on at {} and has not noticed", own.get());
            return Err(Broken::new(what));
        }
        Ok(())
    }

    /// The authority opens the next log, and people decide: the node gets back what it has lost, and goes
    /// on.
    fn see_recovered(&mut self, workload: &Workload, center: CenterCode) -> Result<(), Broken> {
        let opens = Command::Net(NetCommand::NextLog(center));
        // Where no leaf was lost but of the audit log, the node may have asked for it already.
        drop(self.command(members::AUTHORITY, opens)?);
        let mut stands = Ok(());
        for _ in 0..RECOVERY_LOOKS {
            self.sleep(3 * 60 * MINUTE_MS);
            self.run_until(self.now.plus_ms(2 * MINUTE_MS))?;
            workload.decide(self)?;
            self.run_until(self.now.plus_ms(MINUTE_MS))?;
            stands = self.auditor.check_recovered((&self.nodes, &self.bank), center);
            if stands.is_ok() {
                return self.see_whole(center);
            }
        }
        // Nobody decides any more: what the other center leaves open has a deadline, and calls a person.
        for _ in 0..8 {
            self.sleep(5 * DAY_MS);
            self.run_until(self.now.plus_ms(2 * MINUTE_MS))?;
            stands = self.auditor.check_recovered((&self.nodes, &self.bank), center);
            if stands.is_ok() {
                break;
            }
        }
        stands?;
        self.see_whole(center)
    }

    /// What was got back is where it was: the check of a stopped store finds nothing.
    fn see_whole(&self, center: CenterCode) -> Result<(), Broken> {
        self.nodes.get(&center).map_or(Ok(()), check_store)
    }
}

/// Something that a key of a member has signed.
fn said_by(
    center: CenterCode,
    keyring: &mut dyn Keyring,
    now: fundlink_protocol::time::Timestamp,
) -> Vec<u8> {
    let network = members::network();
    let key = offer_key(&network, center, KeyPurpose::Log, keyring).expect("it holds the key");
    let change = KeyChange { from: center, to: members::AUTHORITY, issued_at: now, key };
    cose::sign(network.as_str(), &change, keyring).expect("it holds the key")
}

/// A checkpoint of a log at a size, over entries that nobody has.
fn other_face(log: LogId, size: u64, keyring: &mut dyn Keyring) -> Vec<u8> {
    let size = TreeSize::new(size).expect("a size");
    let origin = log.origin(&members::network());
    let checkpoint = Checkpoint { origin, size, root: TreeHash::new([0x5a; 32]) };
    let message = checkpoint.text().into_bytes();
    let request = SigningRequest { purpose: KeyPurpose::Log, message };
    let signature = keyring.sign(&[request]).expect("it holds the key");
    let public = keyring.public(KeyPurpose::Log).expect("it holds the key");
    let key = log_key(&members::network(), log, &public).expect("a key of a log");
    checkpoint.signed(&key, signature.first().expect("one message").0).expect("a note").encode()
}
