//! Whether a member can be dialled, and whether it can dial this node: what firewalls make differ.
//!
//! **Promises.** Each direction is tried anew, whatever connections there are; nothing is decided on
//! what comes out. A member that asks costs at most one try at each of its own addresses, and only
//! a few such requests are served at a time.
//! **Left to others.** Saying what to do about it: the command line.

use std::sync::Arc;

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::input::RequestId;
use fundlink_protocol::engine::output::PeerReply;
use fundlink_protocol::engine::rosters::frames::RosterRequest;
use fundlink_protocol::engine::synchronization::{SyncReply, SyncRequest};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::refusal::Refusal;
use tokio::sync::oneshot;

use super::Switchboard;
use crate::network::{Address, Protocol};

/// What came of dialling a member in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Whether this node reached it.
    pub there: Reached,
    /// Whether it reached this node; `None` when it could not be asked.
    pub back: Option<bool>,
}

/// What came of dialling the addresses of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// The member answered, with an identity that the roster lists.
    Member,
    /// Somebody else answered.
    Stranger,
    /// Nobody answered at any address.
    Nobody,
    /// The roster gives no address that this release can dial.
    NoAddress,
}

/// Members that are dialled back at a time.
pub(super) const DIAL_BACKS_MAX: usize = 4;

impl Switchboard {
    /// Dials a member, and has it dial this node.
    pub async fn probe(&self, network: &NetworkName, member: CenterCode) -> Probe {
        // In this order: the connection that the other way makes is closed again, and nothing must be
        // asked over it.
        let back = self.ask_to_dial_back(member).await;
        let there = self.reach(network, member).await;
        Probe { there, back }
    }

    async fn reach(&self, network: &NetworkName, member: CenterCode) -> Reached {
        let directory = self.directory();
        let addresses: &[Address] = directory.addresses(member);
        let mut reached = Reached::NoAddress;
        // It holds nothing newer than this, so that the reply is small.
        let request =
            RosterRequest { network: network.clone(), known: u64::MAX, annexes: Vec::new() };
        for address in addresses {
            match self.network.fetch_roster(*address, cbor::encode(&request)).await {
                Ok((peer, _)) if directory.center(peer) == Some(member) => return Reached::Member,
                Ok(_) => reached = Reached::Stranger,
                Err(_) if reached == Reached::NoAddress => reached = Reached::Nobody,
                Err(_) => {}
            }
        }
        reached
    }

    async fn ask_to_dial_back(&self, member: CenterCode) -> Option<bool> {
        let peer = self.directory().peer(member)?;
        let (reply, answer) = oneshot::channel();
        {
            // The response may be here before this block ends: it waits for the lock.
            let mut probes = self.probes();
            let frame = cbor::encode(&SyncRequest::DialBack);
            let id = self.network.request(Protocol::Sync, peer, frame).ok()?;
            probes.insert(id, reply);
        }
        match cbor::decode::<SyncReply>(&answer.await.ok()??) {
            Ok(SyncReply::DialedBack(reached)) => Some(reached),
            Ok(_) | Err(_) => None,
        }
    }

    /// Dials a member that has asked for it, and answers.
    pub(super) async fn dial_back(
        self: Arc<Self>,
        network: NetworkName,
        (request, member): (RequestId, CenterCode),
    ) {
        let reply = match self.dial_backs.try_acquire() {
            Ok(_permit) => {
                SyncReply::DialedBack(self.reach(&network, member).await == Reached::Member)
            }
            Err(_) => SyncReply::Refused(Refusal::Overloaded),
        };
        self.respond(request, PeerReply::Sync(cbor::encode(&reply)));
    }
}
