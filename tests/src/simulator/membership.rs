//! Members that change while transfers are under way: new keys, suspensions, a center that joins.
//!
//! **Promises.** Every change goes the way that it goes in a real network: by a command of a person at
//! the member or at the authority.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::rosters;
use fundlink_protocol::engine::rosters::command::NetCommand;
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::roster::enrolment::{VerifiedEnrolment, offer_key};
use fundlink_protocol::store::Staged;

use super::auditor::Broken;
use super::members;
use super::plan::Fault;
use super::world::{Event, World};

const MINUTE_MS: i64 = 60_000;

impl World {
    /// Once a minute: somebody rotates a key, is suspended, or joins.
    pub(super) fn change_members(&mut self) -> Result<(), Broken> {
        let center = members::center(self.random.u32(1..=self.centers));
        if self.plan.would(Fault::KeyRotated, &mut self.random) {
            let purposes = [KeyPurpose::Statement, KeyPurpose::Log, KeyPurpose::Witness];
            let purpose = purposes[self.random.usize(0..purposes.len())];
            self.rotate(center, purpose)?;
        }
        let suspends = self.suspended.is_empty()
            && self.plan.would(Fault::Suspended, &mut self.random)
            && self.order(NetCommand::Suspend(center))?;
        if suspends {
            self.plan.count(Fault::Suspended);
            self.suspended.insert(center);
            let later = self.now.plus_ms(self.random.i64(MINUTE_MS..40 * MINUTE_MS));
            self.schedule.add(later, Event::Reinstate(center));
        }
        let joined = members::center(self.centers + 1);
        if !self.nodes.contains_key(&joined) && self.plan.would(Fault::Admitted, &mut self.random) {
            self.admit(joined)?;
        }
        Ok(())
    }

    /// A member makes a new key and asks for it to be listed.
    fn rotate(&mut self, center: CenterCode, purpose: KeyPurpose) -> Result<(), Broken> {
        let Some(node) = self.nodes.get_mut(&center) else { return Ok(()) };
        if node.engine.is_none() || self.rotated.contains(&(center, purpose)) {
            return Ok(());
        }
        let mut keyring = node.keys.renew(purpose);
        let offered = offer_key(&members::network(), center, purpose, &mut *keyring);
        let command = NetCommand::ChangeKey(offered.expect("it holds the key"));
        if let Some(Ok(_)) = self.command(center, Command::Net(command))? {
            self.plan.count(Fault::KeyRotated);
            self.rotated.insert((center, purpose));
        }
        Ok(())
    }

    /// The authority does something; false when it does not answer, or refuses.
    fn order(&mut self, command: NetCommand) -> Result<bool, Broken> {
        let reply = self.command(members::AUTHORITY, Command::Net(command))?;
        Ok(reply.is_some_and(|reply| reply.is_ok()))
    }

    fn admit(&mut self, center: CenterCode) -> Result<(), Broken> {
        let enrolment = members::enrolment(center, self.now, &self.kind);
        let verified = VerifiedEnrolment::parse(&members::network(), enrolment.clone());
        let fingerprint = verified.expect("it was just signed").fingerprint();
        let command = NetCommand::Admit { enrolment, fingerprint, witness: false };
        if !self.order(command)? {
            return Ok(());
        }
        let Some(authority) = self.nodes.get(&members::AUTHORITY) else { return Ok(()) };
        let Some(engine) = &authority.engine else { return Ok(()) };
        let file = rosters::join_file(&Staged::new(engine.store()), engine.roster())?;
        if let Some(file) = file {
            self.plan.count(Fault::Admitted);
            self.bank.open(center, 0);
            self.place(center, Role::Center, &file);
        }
        Ok(())
    }

    /// A suspended member does everything again, as soon as the authority can be told.
    pub(super) fn reinstate(&mut self, center: CenterCode) -> Result<(), Broken> {
        if !self.suspended.contains(&center) {
            return Ok(());
        }
        if self.order(NetCommand::Reinstate(center))? {
            self.suspended.remove(&center);
        } else {
            self.schedule.add(self.now.plus_ms(MINUTE_MS), Event::Reinstate(center));
        }
        Ok(())
    }
}
