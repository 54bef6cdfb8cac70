//! Everything that the engine can want done, on one page. Outputs exist only after their commit.

use std::sync::Arc;

use super::command::Reply;
use super::input::RequestId;
use super::log_event::LogEvent;
use crate::authority::alert::AlertState;
use crate::authority::alert_rule::AlertRule;
use crate::center::CenterCode;
use crate::certificate::CertificateNumber;
use crate::core_system::CoreOrder;
use crate::id::{AlertId, DossierId, IntentId, QueryId, TransferId};
use crate::letter_number::LetterNumber;
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;
use crate::roster::Roster;
use crate::roster::chain::ChainError;
use crate::settlement::{BankOrder, BankOrderId};
use crate::subject::{TagEpoch, TagError};
use crate::time::Date;
use crate::wire::{DeliveryReply, QueryReply};

/// One thing to do.
#[derive(Debug)]
pub enum Output {
    /// Reply to a peer.
    Respond {
        /// The request.
        request: RequestId,
        /// The reply.
        reply: PeerReply,
    },
    /// Reply to a local caller.
    Reply {
        /// The request.
        request: RequestId,
        /// What came of it.
        reply: Result<Box<Reply>, CommandRefusal>,
    },
    /// Send a query; its answer comes back as [`super::input::Input::Answered`].
    Ask {
        /// The member that is asked.
        to: CenterCode,
        /// The question.
        query: QueryId,
        /// The statement.
        statement: Vec<u8>,
    },
    /// Send an outbox row; its reply comes back as [`super::input::Input::Delivered`].
    Deliver {
        /// The receiver.
        to: CenterCode,
        /// The row.
        row: u64,
        /// The statement.
        statement: Vec<u8>,
    },
    /// Send a frame on the sync protocol.
    Sync {
        /// The member that is asked.
        to: CenterCode,
        /// Comes back with the reply.
        token: u64,
        /// The frame.
        frame: Vec<u8>,
    },
    /// Publish a statement by gossip.
    Publish {
        /// The statement.
        statement: Vec<u8>,
    },
    /// Publish a checkpoint of the own public log by gossip: the bytes of a signed note.
    PublishCheckpoint {
        /// The note.
        note: Vec<u8>,
    },
    /// Say whether a gossip message may be passed on.
    JudgeGossip {
        /// The message.
        message: u64,
        /// Whether it may.
        verdict: GossipVerdict,
    },
    /// Ask a member for newer rosters; they come back as
    /// [`super::input::Input::RosterReplied`].
    FetchRoster {
        /// The member.
        from: CenterCode,
        /// The frame.
        frame: Vec<u8>,
    },
    /// The roster in force has changed: the gate, the key table and the dialling follow it.
    RosterChanged(Arc<Roster>),
    /// Carry an order to the core system; its outcome comes back as
    /// [`super::input::Input::CoreOutcome`]. Only with [`super::CoreDriver::External`].
    CoreOrder(CoreOrder),
    /// Give an order to the bank; what becomes of it comes back as
    /// [`super::input::Input::BankReply`] and, once money moved, as a notice.
    BankOrder(BankOrder),
    /// Ask the bank what became of an order.
    BankAsk(BankOrderId),
    /// Ask the bank not to execute an order; `Failed(Recalled)` confirms it.
    BankRecall(BankOrderId),
    /// Dial a member at the addresses that the roster gives it, and answer its request with whether it
    /// was reached.
    DialBack {
        /// Its request on the sync protocol.
        request: RequestId,
        /// The member.
        to: CenterCode,
    },
    /// Something that watchers, metrics and the log may show.
    Event(Event),
}

/// A reply to a peer.
#[derive(Clone, Debug)]
pub enum PeerReply {
    /// On the query protocol.
    Query(QueryReply),
    /// On the transfer protocol.
    Delivery(DeliveryReply),
    /// On the sync protocol: an encoded frame.
    Sync(Vec<u8>),
    /// On the roster protocol: an encoded frame.
    Roster(Vec<u8>),
}

/// What becomes of a gossip message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GossipVerdict {
    /// Pass it on.
    Accept,
    /// Old or known: do not pass it on, nobody is at fault.
    Ignore,
    /// Wrong: whoever forwarded it pays.
    Reject,
}

/// Why a command was not done: the code, and what exactly was wrong, without personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRefusal {
    /// The code.
    pub refusal: Refusal,
    /// More, in English, when there is more to say.
    pub detail: Option<String>,
}

impl From<Refusal> for CommandRefusal {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, detail: None }
    }
}

/// Something that happened, for watchers, metrics and the log; never personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A transfer has a new state.
    Transfer {
        /// Which.
        transfer: TransferId,
        /// The new state's name.
        state: &'static str,
    },
    /// Four fifths of the time for what a transfer waits for are over (催办).
    Reminder {
        /// Which.
        transfer: TransferId,
    },
    /// Something about the network as a whole: its rosters, its tag key, its alerts.
    Network(NetworkEvent),
    /// Something about a log: a checkpoint, a copy, a lie.
    Log(LogEvent),
    /// A question was answered with facts.
    Answered {
        /// Who asked.
        to: CenterCode,
        /// What.
        kind: QueryKind,
        /// Why.
        purpose: Purpose,
    },
    /// Something about a certificate that is held here.
    Certificate {
        /// Which.
        number: CertificateNumber,
        /// What: `receipt-due`, `receipt-taken`, `receipt-refused`, `release-taken`,
        /// `release-refused`, `revoked`.
        what: &'static str,
    },
    /// A loan intent has a new state.
    Intent {
        /// Which.
        intent: IntentId,
        /// The new state's name.
        state: &'static str,
    },
    /// What a watch has found at another center waits for a clerk.
    Watch {
        /// Whose log it was.
        center: CenterCode,
    },
    /// A dossier has all its answers, or does not wait for more.
    Dossier {
        /// Which.
        dossier: DossierId,
    },
    /// Money moved under a letter number that no sheet here explains.
    UnexplainedMoney {
        /// The number that the bank's summary quotes.
        letter: LetterNumber,
    },
    /// An input was refused.
    Refused {
        /// By whom it came.
        from: CenterCode,
        /// Why.
        refusal: Refusal,
    },
}

/// Something about the network as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkEvent {
    /// A roster was not taken.
    #[error("a roster was not taken: {0}")]
    RosterRejected(ChainError),
    /// The tag key of an epoch is here: digests can be published.
    #[error("the tag key of epoch {} is here", .0.0)]
    TagKeyHere(TagEpoch),
    /// Another member holds another tag key of the epoch than this one.
    #[error("{from} holds another tag key of epoch {} than this node; tags do not match", .epoch.0)]
    TagKeyDiffers {
        /// The other member.
        from: CenterCode,
        /// The epoch.
        epoch: TagEpoch,
    },
    /// The tag key could not be made, opened or sealed.
    #[error("the tag key cannot be used: {0}")]
    TagKeyTrouble(TagError),
    /// An alert was raised, has gone, or was dealt with.
    #[error("alert {rule} is {}: {}", .state.name(), list(.centers))]
    Alert {
        /// Which.
        alert: AlertId,
        /// Its rule.
        rule: AlertRule,
        /// Whether its cause is there.
        state: AlertState,
        /// The members concerned.
        centers: Vec<CenterCode>,
        /// How many alerts of the rule are open now.
        open: u32,
    },
    /// The authority has asked this center about an alert.
    #[error("the authority asks about alert {alert}; an answer is due by {due}")]
    Inquiry {
        /// Which.
        alert: AlertId,
        /// The last day for the answer.
        due: Date,
    },
    /// The roster in force is past the time by which the authority had to renew it.
    #[error("the roster, version {version}, should have been renewed; ask the authority")]
    RosterStale {
        /// Its version.
        version: u64,
    },
}

impl NetworkEvent {
    /// The event's name, for metrics and watchers.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RosterRejected(_) => "roster_rejected",
            Self::RosterStale { .. } => "roster_stale",
            Self::Alert { state: AlertState::Open, .. } => "alert_raised",
            Self::Alert { state: AlertState::Resolved, .. } => "alert_resolved",
            Self::Alert { state: AlertState::Inquired, .. } => "alert_inquired",
            Self::Alert { state: AlertState::Explained, .. } => "alert_explained",
            Self::Alert { state: AlertState::Confirmed, .. } => "alert_confirmed",
            Self::Alert { state: AlertState::Closed, .. } => "alert_closed",
            Self::Inquiry { .. } => "inquiry",
            Self::TagKeyHere(_) => "tag_key_here",
            Self::TagKeyDiffers { .. } => "tag_key_differs",
            Self::TagKeyTrouble(_) => "tag_key_trouble",
        }
    }
}

fn list(centers: &[CenterCode]) -> String {
    centers.iter().map(CenterCode::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{DATONG, TAIYUAN};

    fn alert(state: AlertState) -> NetworkEvent {
        let centers = vec![TAIYUAN, DATONG];
        let (alert, rule) = (AlertId::new([1; 32]), AlertRule::DoubleLoan);
        NetworkEvent::Alert { alert, rule, state, centers, open: 1 }
    }

    #[test]
    fn an_alert_is_named_by_its_state_and_names_the_centers_concerned() {
        for (state, name) in [
            (AlertState::Open, "alert_raised"),
            (AlertState::Resolved, "alert_resolved"),
            (AlertState::Inquired, "alert_inquired"),
            (AlertState::Explained, "alert_explained"),
            (AlertState::Confirmed, "alert_confirmed"),
            (AlertState::Closed, "alert_closed"),
        ] {
            assert_eq!(alert(state).name(), name);
        }
        let shown = alert(AlertState::Open).to_string();
        assert!(shown.ends_with(": 140100, 140200"), "{shown}");
    }
}
