//! The one gossip topic: checkpoints and heartbeats of all members.
//!
//! Messages carry no author, because what they contain is signed by its center; they are named by
//! BLAKE3 of their bytes, so that one content is one message whoever sends it.
//!
//! **Promises.** Nothing is passed on before it was judged. A forwarder of what was rejected is heard
//! less, and in the end not at all; a quiet or badly connected member is not punished.
//!
//! **Left to others.** The verdict: the engine. Delivery: gossip may be lost, content is pulled.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, IdentTopic, Message, MessageAcceptance, MessageAuthenticity,
    MessageId, PeerScoreParams, PeerScoreThresholds, PublishError, TopicScoreParams,
    ValidationMode,
};

use super::{GOSSIP_BYTES_MAX, GossipId, NetworkError, PeerKey, Verdict};

/// Gossip as the host uses it.
pub(super) struct Gossip {
    topic: IdentTopic,
    /// Messages that nobody was there to hear, oldest first.
    unheard: VecDeque<Vec<u8>>,
}

impl Gossip {
    /// Sets up the behaviour and joins the topic of the network.
    pub(super) fn start(network: &str) -> Result<(Self, Behaviour), NetworkError> {
        let setup = |error: &dyn core::fmt::Display| NetworkError::Setup(error.to_string());
        let topic = IdentTopic::new(format!("fundlink/1/{network}/heads"));
        let config = ConfigBuilder::default()
            .validation_mode(ValidationMode::Anonymous)
            .validate_messages()
            .message_id_fn(name)
            .max_transmit_size(GOSSIP_BYTES_MAX + ENVELOPE_BYTES)
            // Of six neighbours one may be ours by our own dialling or none: some members cannot dial.
            .mesh_n(6)
            .mesh_n_low(4)
            .mesh_n_high(12)
            .mesh_outbound_min(0)
            .heartbeat_initial_delay(Duration::from_millis(100))
            .heartbeat_interval(Duration::from_secs(1))
            // A member that was away for a moment is told the last five seconds by its neighbours.
            .history_length(6)
            .history_gossip(5)
            .duplicate_cache_time(Duration::from_secs(60))
            .build()
            .map_err(|error| setup(&error))?;
        let mut behaviour = Behaviour::new(MessageAuthenticity::Anonymous, config)
            .map_err(|error| setup(&error))?;
        behaviour.with_peer_score(score(&topic), thresholds()).map_err(|error| setup(&error))?;
        behaviour.subscribe(&topic).map_err(|error| setup(&error))?;
        Ok((Self { topic, unheard: VecDeque::new() }, behaviour))
    }

    /// Publishes a message, or keeps it until somebody listens.
    pub(super) fn publish(&mut self, behaviour: &mut Behaviour, bytes: Vec<u8>) -> Published {
        match behaviour.publish(self.topic.clone(), bytes.clone()) {
            Ok(_) | Err(PublishError::Duplicate) => Published::Sent,
            Err(PublishError::NoPeersSubscribedToTopic) => {
                if self.unheard.len() >= UNHEARD_MAX {
                    self.unheard.pop_front();
                }
                self.unheard.push_back(bytes);
                Published::Kept
            }
            Err(error) => {
                tracing::warn!(%error, "a gossip message was not sent");
                Published::Lost
            }
        }
    }

    /// Publishes what was kept, now that a peer listens.
    pub(super) fn on_listener(&mut self, behaviour: &mut Behaviour) {
        for bytes in core::mem::take(&mut self.unheard) {
            self.publish(behaviour, bytes);
        }
    }
}

/// What became of a message of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Published {
    /// It is on its way, or was before.
    Sent,
    /// Nobody listens yet.
    Kept,
    /// The queues of all neighbours are full, or it is too large.
    Lost,
}

/// Hands a verdict over; false when the message is no longer waiting for one.
pub(super) fn judge(behaviour: &mut Behaviour, id: GossipId, verdict: Verdict) -> bool {
    let acceptance = match verdict {
        Verdict::Accept => MessageAcceptance::Accept,
        Verdict::Reject => MessageAcceptance::Reject,
        Verdict::Ignore => MessageAcceptance::Ignore,
    };
    let forwarder = id.forwarder.peer_id();
    behaviour.report_message_validation_result(&MessageId::new(&id.hash), &forwarder, acceptance)
}

/// The id that the engine sees; none when the forwarder's key is not Ed25519.
pub(super) fn id(message: &MessageId, forwarder: PeerKey) -> Option<GossipId> {
    Some(GossipId { hash: message.0.as_slice().try_into().ok()?, forwarder })
}

fn name(message: &Message) -> MessageId {
    MessageId::new(blake3::hash(&message.data).as_bytes())
}

/// Only what was rejected, and breaches of the gossip protocol itself, count: the network is quiet
/// for minutes, so rates tell nothing, and a center's peers may well share one address.
fn score(topic: &IdentTopic) -> PeerScoreParams {
    let heads = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.0,
        first_message_deliveries_weight: 0.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -1.0,
        invalid_message_deliveries_decay: 0.9,
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: HashMap::from([(topic.hash(), heads)]),
        ip_colocation_factor_weight: 0.0,
        ..PeerScoreParams::default()
    }
}

/// The penalty is the square of the count: three rejected messages end the forwarding, ten the hearing.
const fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: -8.0,
        publish_threshold: -50.0,
        graylist_threshold: -80.0,
        accept_px_threshold: 0.0,
        opportunistic_graft_threshold: 0.0,
    }
}

/// Messages kept while nobody listens: what a center says before its first connection is open.
const UNHEARD_MAX: usize = 16;
/// Bytes that the gossip protocol puts around a message.
const ENVELOPE_BYTES: usize = 1_024;
