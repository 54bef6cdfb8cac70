//! A member that lies: it replays, forges, withholds, floods, and says sheets for other accounts.
//!
//! **Promises.** Its node is an honest one, and its messages are what is changed: whatever it says
//! about money is signed with its own keys, or must not verify.
//! **Left to others.** A log with two faces: the epilogue.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::{Received, Unsigned};
use fundlink_protocol::key::{KeyPurpose, Keyring, SigningRequest};
use fundlink_protocol::statement::{Statement, StatementKind};

use super::members;
use super::network::{Body, Packet};
use super::plan::Fault;
use super::world::{Event, World};

/// Statements that somebody has kept to say them again.
const KEPT_MAX: usize = 64;
/// Messages of a flood.
const FLOOD: u32 = 150;

impl World {
    /// Keeps back or changes what the hostile member sends; keeps what could be replayed.
    pub(super) fn is_withheld(&mut self, packet: &Packet) -> bool {
        let Body::Statement(bytes, _) = &packet.body else { return false };
        if self.captured.len() >= KEPT_MAX {
            let place = self.random.usize(0..KEPT_MAX);
            self.captured[place] = packet.clone();
        } else {
            self.captured.push(packet.clone());
        }
        if packet.from != self.hostile {
            return false;
        }
        if self.plan.strikes(Fault::Withheld, &mut self.random) {
            return true;
        }
        if let Some(wrong) = self.sheet_for_another_account(bytes)
            && self.plan.strikes(Fault::WrongSheet, &mut self.random)
        {
            self.auditor.lies(packet.from);
            let later = self.now.plus_ms(self.random.i64(1..20_000));
            let body = Body::Statement(wrong, 0);
            let packet = Packet { from: packet.from, to: packet.to, body };
            self.schedule.add(later, Event::Packet(packet));
        }
        false
    }

    /// The same sheet for the account of somebody else, signed by the key of its center.
    fn sheet_for_another_account(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let received = Received::parse(bytes.to_vec()).ok()?;
        if received.kind() != StatementKind::Sheet {
            return None;
        }
        let Statement::Sheet(mut sheet) = received.read_again().ok()? else { return None };
        let status = fundlink_protocol::account::AccountStatus::Sealed;
        sheet.account = members::account_number(self.random.u32(0..1_000), status);
        let hostile = self.hostile;
        let keyring = self.keyring(hostile)?;
        Some(signed(StatementKind::Sheet, cbor::encode(&*sheet), keyring))
    }

    /// What it does on its own account, once a minute.
    pub(super) fn lie(&mut self) {
        let Some(packet) = self.captured.get(self.random.usize(0..KEPT_MAX)).cloned() else {
            return;
        };
        let Body::Statement(bytes, _) = packet.body else { return };
        let (from, to) = (packet.from, packet.to);
        let soon = self.now.plus_ms(self.random.i64(1..1_000));
        if self.plan.strikes(Fault::Replayed, &mut self.random) {
            let body = Body::Statement(bytes.clone(), 0);
            // Under the name of whoever said it, and under its own. What a center has forgotten reaches
            // nobody under its name any more: connections are of its own key.
            let under_own = self.random.bool() || self.relapses.is_set_back(from);
            let sender = if under_own { self.hostile } else { from };
            self.schedule.add(soon, Event::Packet(Packet { from: sender, to, body }));
        }
        if self.plan.strikes(Fault::Forged, &mut self.random) {
            let forged = self.forged(from, bytes.clone());
            self.schedule.add(soon, Event::Packet(Packet { from, to, body: Body::Forged(forged) }));
        }
        if self.plan.strikes(Fault::Flooded, &mut self.random) {
            for number in 0..FLOOD {
                let at = soon.plus_ms(i64::from(number));
                let body = Body::Statement(bytes.clone(), 0);
                let from = self.hostile;
                self.schedule.add(at, Event::Packet(Packet { from, to, body }));
            }
        }
    }

    /// The statement of another, changed in a byte or signed by a key that is not its sender's.
    fn forged(&mut self, from: CenterCode, mut bytes: Vec<u8>) -> Vec<u8> {
        let hostile = self.hostile;
        let received = Received::parse(bytes.clone()).ok();
        if from != hostile
            && self.random.bool()
            && let Some(received) = received
            && let Some(keyring) = self.keyring(hostile)
        {
            return signed(received.kind(), received.payload().to_vec(), keyring);
        }
        let place = self.random.usize(0..bytes.len());
        bytes[place] ^= 1 << self.random.u8(0..8);
        bytes
    }
}

/// A payload under the statement key of a keyring.
fn signed(kind: StatementKind, payload: Vec<u8>, keyring: &mut dyn Keyring) -> Vec<u8> {
    let key = keyring.public(KeyPurpose::Statement).expect("a member has the key");
    let unsigned = Unsigned::new(kind, key.id(), payload);
    let message = unsigned.signing_bytes(members::network().as_str());
    let request = SigningRequest { purpose: KeyPurpose::Statement, message };
    let signature = keyring.sign(&[request]).expect("the key is at hand");
    unsigned.assemble(signature.first().expect("one message"))
}
