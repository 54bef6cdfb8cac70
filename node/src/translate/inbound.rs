//! From what happens on the network to inputs of the engine.
//!
//! **Promises.** Reading stops while the verifying workers or the engine have no room, so that peers
//! wait instead of memory growing. A peer whose bytes do not verify pays for it.

use std::sync::Arc;

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::Verified;
use fundlink_protocol::engine::input::{Failure, Input, RequestId};
use fundlink_protocol::engine::output::PeerReply;
use fundlink_protocol::id::QueryId;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::wire::{DeliveryReply, Head, QueryReply};
use tokio::sync::mpsc;

use super::{Asked, Switchboard, failure, request_id};
use crate::network::{Frame, GossipId, InboundId, NetworkEvent, PeerKey, Protocol, Verdict};

type Outcome = Result<Box<Verified>, Refusal>;

impl Switchboard {
    /// Hands events on until the network is shut down or the engine has stopped.
    pub async fn receive(self: Arc<Self>, mut events: mpsc::Receiver<NetworkEvent>) {
        while let Some(event) = events.recv().await {
            self.on_event(event).await;
        }
    }

    async fn on_event(self: &Arc<Self>, event: NetworkEvent) {
        match event {
            NetworkEvent::ListeningOn(address) => {
                tracing::info!(%address, "listening");
                self.listening.send_modify(|addresses| addresses.push(address));
            }
            NetworkEvent::Connected(peer) => {
                if let Some(center) = self.directory().center(peer) {
                    tracing::info!(%center, "connected");
                    self.give(Input::Connected { center }).await;
                }
            }
            NetworkEvent::Disconnected(peer) => {
                if let Some(center) = self.directory().center(peer) {
                    tracing::info!(%center, "disconnected");
                }
            }
            NetworkEvent::Request { id, protocol, from, standing: _, frame } => {
                self.on_request(id, protocol, from, frame).await;
            }
            NetworkEvent::Response { id, from: _, result } => {
                if let Some(probe) = self.probes().remove(&id) {
                    // Who asked may have gone.
                    probe.send(result.ok().map(Frame::into_bytes)).ok();
                    return;
                }
                let asked = self.asked().remove(&id);
                if let Some(asked) = asked {
                    match result {
                        Ok(frame) => self.on_response(asked, frame.into_bytes()).await,
                        Err(error) => {
                            if let Some(input) = asked.failed(failure(error)) {
                                self.give(input).await;
                            }
                        }
                    }
                }
            }
            NetworkEvent::Gossip { id, from, bytes } => self.on_gossip(id, from, bytes).await,
            // The network has counted it and lets the peer pay.
            NetworkEvent::Misbehaved { .. } => {}
        }
    }

    /// An engine that has stopped needs no more inputs.
    async fn give(&self, input: Input) {
        self.engine.input(input).await.ok();
    }

    async fn on_request(
        self: &Arc<Self>,
        id: InboundId,
        protocol: Protocol,
        peer: PeerKey,
        frame: Frame,
    ) {
        let request = request_id(id);
        let frame = frame.into_bytes();
        // A member of the table that the roster no longer names is cut by the network in a moment.
        let from = self.directory().center(peer);
        match (protocol, from) {
            (Protocol::Roster, _) => self.give(Input::RosterRequested { request, frame }).await,
            (Protocol::Sync, Some(from)) => {
                self.give(Input::SyncRequested { from, request, frame }).await;
            }
            (Protocol::Query | Protocol::Transfer, Some(from)) => {
                let this = Arc::clone(self);
                let then = move |verified: Outcome| match verified {
                    Ok(statement) => {
                        let input = Input::Statement { from, request, statement };
                        this.engine.input_from_thread(input).ok();
                    }
                    Err(refusal) => this.refuse(protocol, request, peer, refusal),
                };
                self.verification.submit(frame, then).await;
            }
            (Protocol::Sync | Protocol::Query | Protocol::Transfer, None) => {}
        }
    }

    /// Refuses bytes that are no statement by a listed key: nothing is stored, nobody is bound.
    fn refuse(&self, protocol: Protocol, request: RequestId, peer: PeerKey, refusal: Refusal) {
        self.blame(peer, refusal);
        let reply = match protocol {
            Protocol::Query => PeerReply::Query(QueryReply::Refused(refusal)),
            // The sender may have a newer roster than we: it will be right a little later.
            Protocol::Transfer if is_about_later_rosters(refusal) => {
                PeerReply::Delivery(DeliveryReply::Later(refusal))
            }
            Protocol::Transfer | Protocol::Sync | Protocol::Roster => {
                PeerReply::Delivery(DeliveryReply::Refused(refusal))
            }
        };
        self.respond(request, reply);
    }

    /// Lets a peer pay for bytes that an honest node does not send.
    fn blame(&self, peer: PeerKey, refusal: Refusal) {
        if !is_about_rosters(refusal) {
            tracing::debug!(%peer, code = refusal.code(), "bytes that do not verify");
            // A network that has stopped has nobody to blame.
            self.network.penalise(peer).ok();
        }
    }

    async fn on_response(self: &Arc<Self>, asked: Asked, frame: Vec<u8>) {
        match asked {
            Asked::Sync { to, token } => {
                self.give(Input::SyncReplied { from: to, token, outcome: Ok(frame) }).await;
            }
            Asked::Row { to, row } => {
                let reply = cbor::decode::<DeliveryReply>(&frame);
                let outcome = reply.map_err(|_| Failure::Invalid(Refusal::Malformed));
                self.give(Input::Delivered { to, row, outcome }).await;
            }
            Asked::Query { to, query } => self.on_answer(to, query, &frame).await,
            Asked::Roster { .. } => self.give(Input::RosterReplied { frame: frame.into() }).await,
        }
    }

    async fn on_answer(self: &Arc<Self>, from: CenterCode, query: QueryId, frame: &[u8]) {
        let failed = |failure| Input::Answered { from, query, outcome: Err(failure) };
        match cbor::decode::<QueryReply>(frame) {
            Ok(QueryReply::Answer(bytes)) => {
                let this = Arc::clone(self);
                let then = move |verified: Outcome| {
                    let outcome = verified.map_err(Failure::Invalid);
                    let input = Input::Answered { from, query, outcome };
                    this.engine.input_from_thread(input).ok();
                };
                self.verification.submit(bytes.into(), then).await;
            }
            Ok(QueryReply::Refused(refusal)) => self.give(failed(Failure::Refused(refusal))).await,
            Err(_) => self.give(failed(Failure::Invalid(Refusal::Malformed))).await,
        }
    }

    async fn on_gossip(self: &Arc<Self>, id: GossipId, peer: PeerKey, bytes: Vec<u8>) {
        let Some(from) = self.directory().center(peer) else { return };
        let this = Arc::clone(self);
        match Head::parse(bytes) {
            Head::Statement(bytes) => {
                let then = move |verified: Outcome| match verified {
                    Ok(statement) => {
                        this.pass_gossip(id, |message| Input::Gossip { from, message, statement })
                    }
                    Err(refusal) => this.reject_gossip(id, refusal),
                };
                self.verification.submit(bytes, then).await;
            }
            Head::Checkpoint(bytes) => {
                let then = move |verified: Result<_, Refusal>| match verified {
                    Ok(checkpoint) => this.pass_gossip(id, |message| Input::GossipCheckpoint {
                        from,
                        message,
                        checkpoint,
                    }),
                    Err(refusal) => this.reject_gossip(id, refusal),
                };
                self.verification.submit_checkpoint(bytes, then).await;
            }
        }
    }

    fn pass_gossip(&self, id: GossipId, input: impl FnOnce(u64) -> Input) {
        let message = self.remember_gossip(id);
        self.engine.input_from_thread(input(message)).ok();
    }

    fn reject_gossip(&self, id: GossipId, refusal: Refusal) {
        let verdict = if is_about_rosters(refusal) { Verdict::Ignore } else { Verdict::Reject };
        self.network.judge_gossip(id, verdict).ok();
    }
}

/// Whether the other side may merely have another roster than we: a key or a log that one of the two
/// does not list yet, or not any more.
const fn is_about_rosters(refusal: Refusal) -> bool {
    is_about_later_rosters(refusal) || matches!(refusal, Refusal::KeyEnded | Refusal::NotFound)
}

/// Whether the other side may merely have a later roster than we.
const fn is_about_later_rosters(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::KeyUnknown | Refusal::KeyNotYet)
}
