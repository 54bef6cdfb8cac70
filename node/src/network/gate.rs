//! The gate: which behaviour a connection reaches, decided by who the peer is.
//!
//! **Promises.** A connection whose peer is not on this side of the gate gets a handler that offers
//! no protocol, and the behaviour behind the gate never learns that it exists. When a peer leaves
//! this side, all its connections are closed at once and nothing more from them passes.
//!
//! **Left to others.** Who is a member: the roster, handed in with [`Gate::admit`].

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::behaviour::{ConnectionClosed, ConnectionEstablished};
use libp2p::swarm::derive_prelude::Either;
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler,
    THandler, THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};

/// Lets one kind of peer through to the behaviour behind it.
pub(super) struct Gate<B> {
    inner: B,
    side: Side,
    members: BTreeSet<PeerId>,
    /// The connections that were let through.
    open: HashMap<ConnectionId, PeerId>,
    to_close: VecDeque<(PeerId, ConnectionId)>,
}

/// Which peers a gate lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Those in the member table.
    Members,
    /// Everyone else.
    Strangers {
        /// How many of their connections may be open at a time.
        inbound_max: usize,
    },
}

/// Why a stranger's connection is refused.
#[derive(Debug, thiserror::Error)]
#[error("as many connections from strangers are open as may be")]
struct TooManyStrangers;

impl<B> Gate<B> {
    pub(super) fn new(side: Side, inner: B) -> Self {
        Self {
            inner,
            side,
            members: BTreeSet::new(),
            open: HashMap::new(),
            to_close: VecDeque::new(),
        }
    }

    /// The behaviour behind the gate.
    pub(super) fn inner(&mut self) -> &mut B {
        &mut self.inner
    }

    /// Whether the connection was let through.
    pub(super) fn holds(&self, connection: ConnectionId) -> bool {
        self.open.contains_key(&connection)
    }

    /// Takes a new member table into force.
    pub(super) fn admit(&mut self, members: BTreeSet<PeerId>) {
        self.members = members;
        let gone = self.open.iter().filter(|(_, peer)| !self.lets_through(peer));
        let gone: Vec<_> = gone.map(|(connection, peer)| (*peer, *connection)).collect();
        self.to_close.extend(gone);
    }

    fn lets_through(&self, peer: &PeerId) -> bool {
        match self.side {
            Side::Members => self.members.contains(peer),
            Side::Strangers { .. } => !self.members.contains(peer),
        }
    }

    /// How many connections of the peer the inner behaviour knows.
    fn known(&self, peer: &PeerId) -> usize {
        self.open.values().filter(|known| *known == peer).count()
    }

    fn has_room(&self) -> bool {
        match self.side {
            Side::Members => true,
            Side::Strangers { inbound_max } => self.open.len() < inbound_max,
        }
    }
}

impl<B: NetworkBehaviour> Gate<B> {
    fn on_opened(&mut self, opened: ConnectionEstablished<'_>) {
        if self.holds(opened.connection_id) {
            let other_established = self.known(&opened.peer_id) - 1;
            let opened = ConnectionEstablished { other_established, ..opened };
            self.inner.on_swarm_event(FromSwarm::ConnectionEstablished(opened));
        }
    }

    fn on_closed(&mut self, closed: ConnectionClosed<'_>) {
        if self.open.remove(&closed.connection_id).is_some() {
            let remaining_established = self.known(&closed.peer_id);
            let closed = ConnectionClosed { remaining_established, ..closed };
            self.inner.on_swarm_event(FromSwarm::ConnectionClosed(closed));
        }
    }

    /// Turns what the inner behaviour wants into what the gate's connections understand.
    fn translate(
        &self,
        wish: ToSwarm<B::ToSwarm, THandlerInEvent<B>>,
    ) -> Option<ToSwarm<B::ToSwarm, THandlerInEvent<Self>>> {
        let ToSwarm::NotifyHandler { peer_id, handler, event } = wish else {
            return Some(wish.map_in(Either::Left));
        };
        // "Any" connection of the peer could be one that the gate did not let through.
        let connection = match handler {
            NotifyHandler::One(connection) => self.holds(connection).then_some(connection),
            NotifyHandler::Any => {
                self.open.iter().find(|(_, peer)| **peer == peer_id).map(|(id, _)| *id)
            }
        }?;
        Some(ToSwarm::NotifyHandler {
            peer_id,
            handler: NotifyHandler::One(connection),
            event: Either::Left(event),
        })
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for Gate<B> {
    type ConnectionHandler = Either<THandler<B>, dummy::ConnectionHandler>;
    type ToSwarm = B::ToSwarm;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.inner.handle_pending_inbound_connection(connection, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.lets_through(&peer) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        if !self.has_room() {
            return Err(ConnectionDenied::new(TooManyStrangers));
        }
        let handler =
            self.inner.handle_established_inbound_connection(connection, peer, local, remote)?;
        self.open.insert(connection, peer);
        Ok(Either::Left(handler))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        match peer {
            Some(peer) if !self.lets_through(&peer) => Ok(Vec::new()),
            known => {
                self.inner.handle_pending_outbound_connection(connection, known, addresses, role)
            }
        }
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.lets_through(&peer) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        let handler = self
            .inner
            .handle_established_outbound_connection(connection, peer, address, role, port)?;
        self.open.insert(connection, peer);
        Ok(Either::Left(handler))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ConnectionEstablished(opened) = event {
            self.on_opened(opened);
        } else if let FromSwarm::ConnectionClosed(closed) = event {
            self.on_closed(closed);
        } else if let FromSwarm::AddressChange(change) = event {
            if self.holds(change.connection_id) {
                self.inner.on_swarm_event(event);
            }
        } else if let FromSwarm::DialFailure(failure) = event {
            // A later behaviour may have denied a connection that this gate had let through.
            self.open.remove(&failure.connection_id);
            if failure.peer_id.is_none_or(|peer| self.lets_through(&peer)) {
                self.inner.on_swarm_event(event);
            }
        } else if let FromSwarm::ListenFailure(failure) = event {
            self.open.remove(&failure.connection_id);
            self.inner.on_swarm_event(event);
        } else {
            self.inner.on_swarm_event(event);
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        // A connection that is being closed may still deliver what it had read.
        if let Either::Left(event) = event
            && self.holds(connection)
            && self.lets_through(&peer)
        {
            self.inner.on_connection_handler_event(peer, connection, event);
        }
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some((peer_id, connection)) = self.to_close.pop_front() {
            let connection = CloseConnection::One(connection);
            return Poll::Ready(ToSwarm::CloseConnection { peer_id, connection });
        }
        while let Poll::Ready(wish) = self.inner.poll(context) {
            if let Some(wish) = self.translate(wish) {
                return Poll::Ready(wish);
            }
        }
        Poll::Pending
    }
}
