//! Setting the host up: key, transport, limits, listeners.
//!
//! **Promises.** Either the host listens on every address that was asked for, or it does not start
//! and says why. The seed of the key is wiped once the key is made.
//!
//! **Left to others.** Running: `host`.

use core::convert::Infallible;
use std::net::TcpListener;
use std::time::Duration;

use fundlink_protocol::limits::FRAME_BYTES_MAX;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::metrics::{BandwidthTransport, Metrics};
use libp2p::swarm::Config;
use libp2p::{PeerId, Swarm, Transport, noise, tcp, yamux};
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::behaviour::HostBehaviour;
use super::gossip::Gossip;
use super::handle::NetworkHandle;
use super::host::{Host, Parts};
use super::impatient::Impatient;
use super::meters::Meters;
use super::{
    Address, COMMANDS_MAX, EVENTS_MAX, NetworkConfig, NetworkError, NetworkEvent, NetworkLimits,
    PeerKey,
};

/// Starts the host on a task of the current Tokio runtime.
///
/// The receiver must be read: while [`NetworkEvent`]s wait, peers wait. The host stops when the
/// receiver or the last handle is dropped, or by [`NetworkHandle::shutdown`].
///
/// # Errors
/// When an address cannot be listened on, when the key is none, or outside of a runtime.
pub fn start(
    config: NetworkConfig,
    registry: &mut Registry,
) -> Result<(NetworkHandle, mpsc::Receiver<NetworkEvent>), NetworkError> {
    let runtime = Handle::try_current().map_err(|error| setup(&error))?;
    let NetworkConfig { mut secret, network, listen, members, limits } = config;
    let limits = NetworkLimits { peer_bytes: limits.peer_bytes.max(FRAME_BYTES_MAX), ..limits };
    let pair = Keypair::ed25519_from_bytes(&mut *secret).map_err(|error| setup(&error))?;
    let own = PeerKey::from_peer_id(&pair.public().to_peer_id())
        .ok_or_else(|| NetworkError::Setup("the key is not an Ed25519 key".to_owned()))?;

    let (gossip, gossip_behaviour) = Gossip::start(&network)?;
    let behaviour = HostBehaviour::new(limits, pair.public(), gossip_behaviour);
    let transport = transport(&pair, registry)?;
    // Each task of the host holds a sender; the receiver ends when the last task has.
    let (alive, tasks) = mpsc::channel::<Infallible>(1);
    let spawn_on = runtime.clone();
    let swarm_config = Config::with_executor(move |task| {
        let alive = alive.clone();
        spawn_on.spawn(async move {
            let _alive = alive;
            let task: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = task;
            task.await;
        });
    })
    .with_idle_connection_timeout(IDLE_TIME)
    .with_substream_upgrade_protocol_override(Version::V1Lazy);
    let mut swarm = Swarm::new(transport, behaviour, own.peer_id(), swarm_config);
    for address in &listen {
        listen_on(&mut swarm, address)?;
    }

    let (events, events_end) = mpsc::channel(EVENTS_MAX);
    let (handle, orders) = NetworkHandle::new(own, members, COMMANDS_MAX);
    let host = Host::new(
        Parts { own, swarm, gossip, limits, orders, events, tasks },
        Metrics::new(registry),
        Meters::register(registry),
    );
    handle.keep(runtime.spawn(host.run()));
    Ok((handle, events_end))
}

fn transport(
    pair: &Keypair,
    registry: &mut Registry,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, NetworkError> {
    let noise = noise::Config::new(pair).map_err(|error| setup(&error))?;
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(STREAMS_MAX);
    let transport = tcp::tokio::Transport::new(tcp::Config::new())
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux)
        .timeout(HANDSHAKE_TIME);
    Ok(BandwidthTransport::new(transport.boxed(), registry)
        .map(|(peer, muxer), _| {
            (peer, StreamMuxerBox::new(Impatient::new(StreamMuxerBox::new(muxer))))
        })
        .boxed())
}

fn listen_on(swarm: &mut Swarm<HostBehaviour>, address: &Address) -> Result<(), NetworkError> {
    let failed = |source| NetworkError::Listen { address: *address, source };
    if address.socket().port() != 0 {
        // The transport shares its port with whoever else shares it: two nodes would take each
        // other's connections without a word. A socket that does not share tells.
        TcpListener::bind(address.socket()).map_err(failed)?;
    }
    swarm.listen_on(address.multiaddr()).map_err(|error| failed(std::io::Error::other(error)))?;
    Ok(())
}

fn setup(error: &dyn core::fmt::Display) -> NetworkError {
    NetworkError::Setup(error.to_string())
}

/// How long an idle connection stays: a member's never ends for being idle, a stranger's sooner.
const IDLE_TIME: Duration = Duration::from_secs(600);
/// How long TCP, Noise and Yamux together may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Streams of one connection: all requests each way, and gossip, ping and identify.
const STREAMS_MAX: usize = 320;
