//! The links between simulated nodes: packets that are lost, doubled, late, or find nobody.
//!
//! **Promises.** A request ends with one reply or one time-out, as on a real stream. Bytes are parsed
//! and verified where they arrive, by the receiver's roster and clock.
//! **Left to others.** Which links are cut, and when: the world.

use std::collections::{BTreeMap, BTreeSet};

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::{Received, Verified};
use fundlink_protocol::engine::input::{Failure, Input, RequestId};
use fundlink_protocol::engine::output::{Output, PeerReply};
use fundlink_protocol::id::QueryId;
use fundlink_protocol::log_trust::VerifiedCheckpoint;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::wire::{DeliveryReply, QueryReply};

use super::auditor::{Broken, CosignRequest};
use super::members;
use super::plan::Fault;
use super::world::{Event, World};

/// Bytes on their way.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) from: CenterCode,
    pub(super) to: CenterCode,
    pub(super) body: Body,
}

/// What they are. A request names the one that waits for its reply.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Statement(Vec<u8>, u64),
    /// A statement that must not verify.
    Forged(Vec<u8>),
    Sync(Vec<u8>, u64),
    Roster(Vec<u8>, u64),
    Heartbeat(Vec<u8>),
    Checkpoint(Vec<u8>),
    Reply(PeerReply, u64),
}

/// A request that waits for its reply.
#[derive(Clone, Copy, Debug)]
struct Asked {
    asker: CenterCode,
    asked: CenterCode,
    life: u32,
    about: About,
}

/// A request that a node has not answered.
#[derive(Clone, Copy, Debug)]
struct Open {
    at: CenterCode,
    /// Who has sent it.
    peer: CenterCode,
    ask: u64,
}

#[derive(Clone, Copy, Debug)]
enum About {
    Query(QueryId),
    Row(u64),
    Sync(u64),
    Roster,
}

/// The links, and who waits on them.
#[derive(Debug, Default)]
pub(super) struct Links {
    cut: BTreeSet<(CenterCode, CenterCode)>,
    /// Requests that their askers wait for.
    asked: BTreeMap<u64, Asked>,
    /// Where the replies of a node go.
    open: BTreeMap<RequestId, Open>,
    /// What witnesses were asked to cosign.
    cosign: BTreeMap<RequestId, CosignRequest>,
    next: u64,
}

const TIMEOUT_MS: i64 = 10_000;

impl Links {
    pub(super) fn carries(&self, from: CenterCode, to: CenterCode) -> bool {
        !self.cut.contains(&(from, to))
    }

    pub(super) fn cut(&mut self, from: CenterCode, to: CenterCode) {
        self.cut.insert((from, to));
    }

    pub(super) fn mend(&mut self, from: CenterCode, to: CenterCode) {
        self.cut.remove(&(from, to));
    }

    pub(super) fn mend_all(&mut self) {
        self.cut.clear();
    }

    /// A node is down: nobody gets a reply of it any more.
    pub(super) fn forget(&mut self, center: CenterCode) {
        self.open.retain(|_, open| open.at != center);
    }

    /// What a witness was asked, if an output is the reply.
    pub(super) fn cosign_request(&self, output: &Output) -> Option<CosignRequest> {
        let Output::Respond { request, .. } = output else { return None };
        self.cosign.get(request).cloned()
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl World {
    /// Sends what a node has released.
    pub(super) fn send(&mut self, from: CenterCode, output: Output) {
        match output {
            Output::Respond { request, reply } => {
                self.links.cosign.remove(&request);
                let Some(Open { peer, ask, .. }) = self.links.open.remove(&request) else { return };
                self.note_query_reply((from, peer), &reply);
                let Some(asked) = self.links.asked.get(&ask) else { return };
                let to = asked.asker;
                self.note_answer(*asked, &reply);
                self.post(Packet { from, to, body: Body::Reply(reply, ask) });
            }
            Output::Ask { to, query, statement } => {
                self.overhear(from, to, &statement);
                let ask = self.ask(from, to, About::Query(query));
                self.post(Packet { from, to, body: Body::Statement(statement, ask) });
            }
            Output::Deliver { to, row, statement } => {
                let ask = self.ask(from, to, About::Row(row));
                self.post(Packet { from, to, body: Body::Statement(statement, ask) });
            }
            Output::Sync { to, token, frame } => {
                let ask = self.ask(from, to, About::Sync(token));
                self.post(Packet { from, to, body: Body::Sync(frame, ask) });
            }
            Output::FetchRoster { from: to, frame } => {
                let ask = self.ask(from, to, About::Roster);
                self.post(Packet { from, to, body: Body::Roster(frame, ask) });
            }
            Output::Publish { statement } => self.tell_all(from, &Body::Heartbeat(statement)),
            Output::PublishCheckpoint { note } => self.tell_all(from, &Body::Checkpoint(note)),
            Output::Reply { .. }
            | Output::JudgeGossip { .. }
            | Output::DialBack { .. }
            | Output::RosterChanged(_)
            | Output::CoreOrder(_)
            | Output::BankOrder(_)
            | Output::BankAsk(_)
            | Output::BankRecall(_)
            | Output::Event(_) => unreachable!("nothing for a peer"),
        }
    }

    /// A reply that lets its receiver take the row out of its outbox.
    fn note_answer(&mut self, asked: Asked, reply: &PeerReply) {
        if let (About::Row(row), PeerReply::Delivery(reply)) = (asked.about, reply) {
            self.auditor.answered((asked.asker, asked.asked), row, reply);
        }
    }

    fn tell_all(&mut self, from: CenterCode, body: &Body) {
        for to in self.codes().into_iter().filter(|to| *to != from) {
            self.post(Packet { from, to, body: body.clone() });
        }
    }

    fn ask(&mut self, asker: CenterCode, asked: CenterCode, about: About) -> u64 {
        let ask = self.links.number();
        let life = self.nodes.get(&asker).map_or(0, |node| node.life);
        self.links.asked.insert(ask, Asked { asker, asked, life, about });
        self.schedule.add(self.now.plus_ms(TIMEOUT_MS), Event::TimedOut(ask));
        ask
    }

    /// Puts a packet on its way, if it is not lost.
    fn post(&mut self, packet: Packet) {
        if self.is_withheld(&packet) {
            return;
        }
        let Self { plan, random, .. } = self;
        if !self.links.carries(packet.from, packet.to) || plan.strikes(Fault::Loss, random) {
            return;
        }
        let copies = 1 + u8::from(plan.strikes(Fault::Duplicate, random));
        for _ in 0..copies {
            let late = if plan.strikes(Fault::Delay, random) { random.i64(0..60_000) } else { 0 };
            let arrives = self.now.plus_ms(random.i64(1..40) + late);
            self.schedule.add(arrives, Event::Packet(packet.clone()));
        }
    }

    /// A packet arrives; at a node that is down, nobody takes it.
    pub(super) fn arrive(&mut self, packet: Packet) -> Result<(), Broken> {
        let Packet { from, to, body } = packet;
        let Some(node) = self.nodes.get(&to) else { return Ok(()) };
        let Some(engine) = &node.engine else { return Ok(()) };
        let now = node.clock(self.now);
        match body {
            Body::Statement(bytes, ask) => match self.verify(to, bytes) {
                Ok(statement) => {
                    let request = self.open((from, to), ask);
                    self.give(to, Input::Statement { from, request, statement })
                }
                Err(refusal) => {
                    self.refuse((from, to), ask, refusal);
                    Ok(())
                }
            },
            Body::Forged(bytes) => match self.verify(to, bytes) {
                Ok(_) => Err(Broken::new(format!("{to} takes a forged statement for {from}'s"))),
                Err(_) => Ok(()),
            },
            Body::Sync(frame, ask) => {
                let request = self.open_for_frame((from, to), ask, &frame);
                self.give(to, Input::SyncRequested { from, request, frame })
            }
            Body::Roster(frame, ask) => {
                let request = self.open((from, to), ask);
                self.give(to, Input::RosterRequested { request, frame })
            }
            Body::Heartbeat(bytes) => {
                let Ok(statement) = self.verify(to, bytes) else { return Ok(()) };
                let message = self.links.number();
                self.give(to, Input::Gossip { from, message, statement })
            }
            Body::Checkpoint(note) => {
                let trust = engine.log_trust(now);
                let Ok(checkpoint) = VerifiedCheckpoint::verify(&note, &trust) else {
                    return Ok(());
                };
                let (message, checkpoint) = (self.links.number(), Box::new(checkpoint));
                self.give(to, Input::GossipCheckpoint { from, message, checkpoint })
            }
            Body::Reply(reply, ask) => self.take_reply(to, reply, ask),
        }
    }

    /// A reply arrives at whoever has asked, if it is still the one who did.
    fn take_reply(&mut self, to: CenterCode, reply: PeerReply, ask: u64) -> Result<(), Broken> {
        let Some(asked) = self.links.asked.remove(&ask) else { return Ok(()) };
        let input = match (asked.about, reply) {
            (About::Query(query), PeerReply::Query(reply)) => {
                let outcome = match reply {
                    QueryReply::Answer(bytes) => {
                        self.verify(to, bytes.into()).map_err(Failure::Invalid)
                    }
                    QueryReply::Refused(refusal) => Err(Failure::Refused(refusal)),
                };
                Input::Answered { from: asked.asked, query, outcome }
            }
            (About::Row(row), PeerReply::Delivery(reply)) => {
                Input::Delivered { to: asked.asked, row, outcome: Ok(reply) }
            }
            (About::Sync(token), PeerReply::Sync(frame)) => {
                Input::SyncReplied { from: asked.asked, token, outcome: Ok(frame) }
            }
            (About::Roster, PeerReply::Roster(frame)) => {
                Input::RosterReplied { frame: frame.into() }
            }
            (about, reply) => {
                return Err(Broken::new(format!("{reply:?} as a reply to {about:?}")));
            }
        };
        let lives = self.nodes.get(&to).is_some_and(|node| node.life == asked.life);
        if lives { self.give(to, input) } else { Ok(()) }
    }

    /// What a worker of a node makes of bytes that came in.
    fn verify(&self, at: CenterCode, bytes: Vec<u8>) -> Result<Box<Verified>, Refusal> {
        let node = self.nodes.get(&at).ok_or(Refusal::NotMember)?;
        let (network, now) = (members::network(), node.clock(self.now));
        let received = Received::parse(bytes)?;
        received.verify(&node.key_table, network.as_str(), now).map(Box::new)
    }

    fn open_for_frame(
        &mut self,
        link: (CenterCode, CenterCode),
        ask: u64,
        frame: &[u8],
    ) -> RequestId {
        let request = self.open(link, ask);
        if let Some(asked) = CosignRequest::of(frame) {
            self.links.cosign.insert(request, asked);
        }
        request
    }

    fn open(&mut self, (peer, at): (CenterCode, CenterCode), ask: u64) -> RequestId {
        let request = RequestId(self.links.number());
        self.links.open.insert(request, Open { at, peer, ask });
        request
    }

    /// What a node replies to bytes that do not verify.
    fn refuse(&mut self, (asker, at): (CenterCode, CenterCode), ask: u64, refusal: Refusal) {
        let asked = self.links.asked.get(&ask).copied();
        let about = asked.map(|asked| asked.about);
        let later = matches!(refusal, Refusal::KeyUnknown | Refusal::KeyNotYet);
        let reply = match about {
            Some(About::Row(_)) if later => PeerReply::Delivery(DeliveryReply::Later(refusal)),
            Some(About::Row(_)) => PeerReply::Delivery(DeliveryReply::Refused(refusal)),
            Some(About::Query(_)) => PeerReply::Query(QueryReply::Refused(refusal)),
            Some(About::Sync(_) | About::Roster) | None => return,
        };
        if let Some(asked) = asked {
            self.note_answer(asked, &reply);
        }
        self.post(Packet { from: at, to: asker, body: Body::Reply(reply, ask) });
    }

    /// A request has had its time.
    pub(super) fn time_out(&mut self, ask: u64) -> Result<(), Broken> {
        let Some(asked) = self.links.asked.remove(&ask) else { return Ok(()) };
        let Asked { asker, asked, life, about } = asked;
        if self.nodes.get(&asker).is_none_or(|node| node.life != life) {
            return Ok(());
        }
        let failure = Failure::TimedOut;
        let input = match about {
            About::Query(query) => Input::Answered { from: asked, query, outcome: Err(failure) },
            About::Row(row) => Input::Delivered { to: asked, row, outcome: Err(failure) },
            About::Sync(token) => Input::SyncReplied { from: asked, token, outcome: Err(failure) },
            About::Roster => return Ok(()),
        };
        self.give(asker, input)
    }
}

impl Packet {
    /// Where it goes, and what it is, for the trace.
    pub(super) fn describe(&self) -> (CenterCode, CenterCode, &'static str, usize) {
        let (kind, length) = match &self.body {
            Body::Statement(bytes, _) => ("statement", bytes.len()),
            Body::Forged(bytes) => ("forged", bytes.len()),
            Body::Sync(frame, _) => ("sync", frame.len()),
            Body::Roster(frame, _) => ("roster", frame.len()),
            Body::Heartbeat(bytes) => ("heartbeat", bytes.len()),
            Body::Checkpoint(note) => ("checkpoint", note.len()),
            Body::Reply(_, _) => ("reply", 0),
        };
        (self.from, self.to, kind, length)
    }
}
