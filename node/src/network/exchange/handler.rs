//! One connection's requests and responses.
//!
//! **Promises.** A request that the peer's budget does not admit is refused without being read. What
//! is not a frame becomes a report, and never a silent drop. Each request of ours ends in one report.
//!
//! **Left to others.** Ids over all connections, and what happens when this one closes: `exchange`.

use core::fmt;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, Either, select};
use futures::stream::FuturesUnordered;
use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt};
use libp2p::Stream;
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError};
use libp2p::swarm::{
    ConnectionHandler, ConnectionHandlerEvent, StreamUpgradeError, SubstreamProtocol,
};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::timeout;

use super::offer::Offer;
use crate::network::budget::{Admission, Budget};
use crate::network::frame::{
    Frame, FrameFault, ReadError, Status, Terms, read_frame, read_status, write_frame,
};
use crate::network::{InboundId, NetworkLimits, OutboundId, Protocol, SendFailure};

/// A request of ours on its way to the connection.
pub(crate) struct Ask {
    pub(super) id: OutboundId,
    pub(super) frame: Vec<u8>,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ask({:?}, {} bytes)", self.id, self.frame.len())
    }
}

/// What a connection reports.
#[derive(Debug)]
pub(crate) enum Report {
    /// The peer asks; the answer goes into the channel.
    Request { id: InboundId, frame: Frame, answer: oneshot::Sender<Vec<u8>> },
    /// A request of the peer has ended, answered or not.
    Ended { id: InboundId },
    /// A request of ours has ended.
    Response { id: OutboundId, result: Result<Frame, SendFailure> },
    /// The peer sent something else than a frame.
    Fault { protocol: Protocol, fault: FrameFault },
    /// A request was refused unread.
    Refused { protocol: Protocol, status: Status },
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guest {
    /// Every protocol, and the connection stays.
    Member,
    /// The roster, once.
    Stranger,
}

/// What all connections of a host share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(super) guest: Guest,
    pub(super) limits: NetworkLimits,
    pub(super) next_inbound: Arc<AtomicU64>,
}

/// The requests and responses of one connection.
pub(crate) struct Handler {
    shared: Shared,
    budget: Arc<Budget>,
    /// Streams taken from the peer so far.
    taken: u64,
    to_open: VecDeque<Ask>,
    reports: VecDeque<Report>,
    work: FuturesUnordered<BoxFuture<'static, Step>>,
}

/// Where a stream has come to.
enum Step {
    /// A frame was read, or something else.
    Arrived(Arrival, Result<Frame, ReadError>),
    /// The answer was sent, or nobody gave one.
    Ended(InboundId),
    /// A request of ours has ended.
    Answered { id: OutboundId, result: Result<Frame, SendFailure> },
    /// A refusal was sent.
    Refused,
}

/// A stream on which the peer asks.
struct Arrival {
    protocol: Protocol,
    stream: Stream,
    permit: OwnedSemaphorePermit,
}

impl Handler {
    pub(super) fn new(shared: Shared, budget: Arc<Budget>) -> Self {
        Self {
            shared,
            budget,
            taken: 0,
            to_open: VecDeque::new(),
            reports: VecDeque::new(),
            work: FuturesUnordered::new(),
        }
    }

    fn on_inbound(&mut self, protocol: Protocol, stream: Stream) {
        self.taken += 1;
        let one_too_many = self.shared.guest == Guest::Stranger && self.taken > 1;
        if one_too_many || self.work.len() >= WORK_MAX {
            self.reports.push_back(Report::Refused { protocol, status: Status::Busy });
            return;
        }
        let refusal = match self.budget.admit(Instant::now()) {
            Admission::Granted(permit) => {
                self.receive(Arrival { protocol, stream, permit });
                return;
            }
            Admission::Throttled => Status::Throttled,
            Admission::Busy => Status::Busy,
        };
        self.reports.push_back(Report::Refused { protocol, status: refusal });
        self.refuse(stream, refusal);
    }

    fn receive(&mut self, mut arrival: Arrival) {
        let share = Arc::clone(&self.budget.requests);
        let patience = self.shared.limits.frame_time;
        let receive = async move {
            let bytes_max = arrival.protocol.request_bytes_max();
            let terms = Terms { bytes_max, share: &share, patience };
            let frame = read_frame(&mut arrival.stream, terms).await;
            Step::Arrived(arrival, frame)
        };
        self.work.push(receive.boxed());
    }

    fn refuse(&mut self, mut stream: Stream, status: Status) {
        let refuse = async move {
            // The peer learns it from the broken stream when it does not take the byte.
            let _ = timeout(REFUSAL_TIME, send_status(&mut stream, status)).await;
            Step::Refused
        };
        self.work.push(refuse.boxed());
    }

    fn on_arrival(&mut self, arrival: Arrival, frame: Result<Frame, ReadError>) {
        let Arrival { protocol, stream, permit } = arrival;
        match frame {
            Ok(frame) => {
                let number = self.shared.next_inbound.fetch_add(1, Ordering::Relaxed);
                let id = InboundId { number, protocol };
                let (answer, answered) = oneshot::channel();
                self.reports.push_back(Report::Request { id, frame, answer });
                self.reply(id, stream, answered, permit);
            }
            Err(ReadError::Fault(fault)) => {
                self.budget.penalise(Instant::now());
                self.reports.push_back(Report::Fault { protocol, fault });
                self.refuse(stream, Status::Malformed);
            }
            Err(ReadError::NoShare) => {
                self.reports.push_back(Report::Refused { protocol, status: Status::Busy });
                self.refuse(stream, Status::Busy);
            }
            Err(ReadError::Broken) => {}
        }
    }

    fn reply(
        &mut self,
        id: InboundId,
        mut stream: Stream,
        answered: oneshot::Receiver<Vec<u8>>,
        permit: OwnedSemaphorePermit,
    ) {
        let time = self.shared.limits.request_time;
        let reply = async move {
            let _ = timeout(time, async {
                if let Ok(frame) = answered.await {
                    // The peer reports a broken stream as such; here there is nothing more to do.
                    let _ = send_answer(&mut stream, &frame).await;
                }
            })
            .await;
            drop(permit);
            Step::Ended(id)
        };
        self.work.push(reply.boxed());
    }

    fn on_outbound(&mut self, stream: Stream, ask: Ask) {
        let share = Arc::clone(&self.budget.responses);
        let limits = self.shared.limits;
        let exchange = async move {
            let Ask { id, frame } = ask;
            let terms = Terms {
                bytes_max: id.protocol.response_bytes_max(),
                share: &share,
                patience: limits.request_time,
            };
            let result = timeout(limits.request_time, exchange(stream, &frame, terms)).await;
            Step::Answered { id, result: result.unwrap_or(Err(SendFailure::TimedOut)) }
        };
        self.work.push(exchange.boxed());
    }

    fn on_step(&mut self, step: Step) {
        match step {
            Step::Arrived(arrival, frame) => self.on_arrival(arrival, frame),
            Step::Ended(id) => self.reports.push_back(Report::Ended { id }),
            Step::Answered { id, result } => {
                if let Err(SendFailure::BadAnswer(fault)) = result {
                    self.budget.penalise(Instant::now());
                    self.reports.push_back(Report::Fault { protocol: id.protocol, fault });
                }
                self.reports.push_back(Report::Response { id, result });
            }
            Step::Refused => {}
        }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Ask;
    type ToBehaviour = Report;
    type InboundProtocol = Offer;
    type OutboundProtocol = Offer;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Ask;

    fn listen_protocol(&self) -> SubstreamProtocol<Offer> {
        let offer = match self.shared.guest {
            Guest::Member => Offer::MEMBER,
            Guest::Stranger => Offer::STRANGER,
        };
        SubstreamProtocol::new(offer, ())
    }

    fn connection_keep_alive(&self) -> bool {
        self.shared.guest == Guest::Member
    }

    fn on_behaviour_event(&mut self, ask: Ask) {
        self.to_open.push_back(ask);
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Offer, Offer, (), Ask>) {
        if let ConnectionEvent::FullyNegotiatedInbound(inbound) = event {
            let (protocol, stream) = inbound.protocol;
            self.on_inbound(protocol, stream);
        } else if let ConnectionEvent::FullyNegotiatedOutbound(outbound) = event {
            let (_, stream) = outbound.protocol;
            self.on_outbound(stream, outbound.info);
        } else if let ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) = event {
            let failure = match error {
                StreamUpgradeError::Timeout => SendFailure::TimedOut,
                StreamUpgradeError::NegotiationFailed => SendFailure::Unsupported,
                StreamUpgradeError::Io(_) => SendFailure::Broken,
                StreamUpgradeError::Apply(never) => match never {},
            };
            self.reports.push_back(Report::Response { id: info.id, result: Err(failure) });
        }
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Offer, Ask, Report>> {
        loop {
            if let Some(report) = self.reports.pop_front() {
                return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(report));
            }
            if let Some(ask) = self.to_open.pop_front() {
                let protocol = SubstreamProtocol::new(Offer::only(ask.id.protocol), ask)
                    .with_timeout(self.shared.limits.frame_time);
                return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
            }
            match self.work.poll_next_unpin(context) {
                Poll::Ready(Some(step)) => self.on_step(step),
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}

async fn send_status(stream: &mut Stream, status: Status) -> std::io::Result<()> {
    stream.write_all(&[status.byte()]).await?;
    stream.close().await
}

async fn send_answer(stream: &mut Stream, frame: &[u8]) -> std::io::Result<()> {
    stream.write_all(&[Status::Answer.byte()]).await?;
    write_frame(stream, frame).await
}

/// Sends a request and reads what comes back.
async fn exchange(stream: Stream, frame: &[u8], terms: Terms<'_>) -> Result<Frame, SendFailure> {
    let failure = |error| match error {
        ReadError::Fault(fault) => SendFailure::BadAnswer(fault),
        ReadError::NoShare => SendFailure::Busy,
        ReadError::Broken => SendFailure::Broken,
    };
    let (mut reader, mut writer) = stream.split();
    let send = write_frame(&mut writer, frame);
    let status = read_status(&mut reader);
    // A peer that refuses a request unread takes no more of it: its status must not wait for that.
    let (sent, status) = match select(pin!(send), pin!(status)).await {
        Either::Left((sent, status)) => (sent.is_ok(), status.await),
        Either::Right((Ok(Status::Answer), send)) => (send.await.is_ok(), Ok(Status::Answer)),
        Either::Right((status, _)) => (false, status),
    };
    match status.map_err(failure)? {
        Status::Answer if sent => read_frame(&mut reader, terms).await.map_err(failure),
        Status::Answer => Err(SendFailure::Broken),
        Status::Throttled => Err(SendFailure::Throttled),
        Status::Busy => Err(SendFailure::Busy),
        Status::Malformed => Err(SendFailure::Malformed),
    }
}

/// Streams of one connection that are at work; a peer that is refused may be slow to take the byte.
const WORK_MAX: usize = 320;
/// How long a peer may take to receive the one byte of a refusal.
const REFUSAL_TIME: Duration = Duration::from_secs(2);
