//! Members that ask what they may not: while they are suspended, in the name of another, or where a
//! transfer between two others stands.
//!
//! **Promises.** A question is signed with the key of whoever asks, or is that of another as it was said.
//! **Left to others.** That nobody answers it: the auditor.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use fundlink_protocol::account::SerialNumber;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose;
use fundlink_protocol::id::{FileHash, OperatorMark, QueryId, TransferId};
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::statement::query::{Consent, Query};

use super::auditor::interest;
use super::members;
use super::network::{Body, Packet};
use super::plan::Fault;
use super::world::{Event, World};

/// Milliseconds that a question lives.
const LIFE_MS: i64 = 120_000;

impl World {
    /// A question has left: now and then the hostile member asks the same in its own connection, in the
    /// name of whoever asked.
    pub(super) fn overhear(&mut self, from: CenterCode, to: CenterCode, statement: &[u8]) {
        let hostile = self.hostile;
        if from == hostile || to == hostile || !self.plan.strikes(Fault::Pried, &mut self.random) {
            return;
        }
        let later = self.now.plus_ms(self.random.i64(1..20_000));
        let body = Body::Statement(statement.to_vec(), 0);
        self.schedule.add(later, Event::Packet(Packet { from: hostile, to, body }));
    }

    /// Once a minute: a member that is suspended asks about a person who moves; else the hostile one asks
    /// about a transfer that is not its own.
    pub(super) fn pry(&mut self) {
        if !self.plan.would(Fault::Pried, &mut self.random) {
            return;
        }
        let place = self.random.usize(0..1_000);
        let Some(case) = self.auditor.any_outgoing(place) else { return };
        let (from, to) = (case.letter.from, case.letter.to);
        let (transfer, person) = (case.id, interest::number_of(&case.letter.account));
        let Some(person) = person else { return };
        let suspended = self.suspended.first().copied();
        let asker = suspended.unwrap_or(self.hostile);
        let asked = if self.random.bool() { from } else { to };
        let is_party = asker == from || asker == to;
        if asker == asked || suspended.is_none() && is_party {
            return;
        }
        let about = suspended.is_none().then_some(transfer);
        let Some(bytes) = self.question((asker, asked), person, about) else { return };
        self.plan.count(Fault::Pried);
        let soon = self.now.plus_ms(self.random.i64(1..1_000));
        let body = Body::Statement(bytes, 0);
        self.schedule.add(soon, Event::Packet(Packet { from: asker, to: asked, body }));
    }

    /// A question about the account of a person, or about a transfer of theirs.
    fn question(
        &mut self,
        (from, to): (CenterCode, CenterCode),
        person: u32,
        transfer: Option<TransferId>,
    ) -> Option<Vec<u8>> {
        let issued_at = self.nodes.get(&from)?.clock(self.now);
        let mut id = [0; 32];
        self.random.fill(&mut id);
        let query = Query {
            from,
            to,
            issued_at,
            id: QueryId::new(id),
            expires: issued_at.plus_ms(LIFE_MS),
            kind: if transfer.is_some() { QueryKind::TransferStatus } else { QueryKind::Account },
            purpose: Purpose::Transfer,
            subjects: vec![members::person(person, self.now.date()?)],
            transfer,
            operator: OperatorMark::new([4; 16]),
            consent: Some(Consent {
                reference: SerialNumber::parse("C-3").expect("a serial"),
                digest: FileHash::new([4; 32]),
            }),
            serial: SerialNumber::parse("P-1").expect("a serial"),
            before: None,
            property: None,
        };
        let keyring = self.keyring(from)?;
        cose::sign(members::network().as_str(), &query, keyring).ok()
    }
}
