//! A peer that proves its key like any other and then says whatever a test wants.
//!
//! It speaks to the transport itself, below the behaviours of a node, so that streams can be opened
//! without end and bytes sent that no node would send.
//!
//! **Promises.** Only the handshake and the multiplexing are as they should be; every byte above them
//! is the caller's. Dropping a connection hangs up.
//!
//! **Left to others.** What the other side should make of it: the tests.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use fundlink_node::network::{Address, PeerKey};
use futures::future::{Either, poll_fn, select};
use futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::core::Endpoint;
use libp2p::core::multiaddr::Protocol as Part;
use libp2p::core::muxing::{StreamMuxerBox, StreamMuxerExt, SubstreamBox};
use libp2p::core::transport::{DialOpts, PortUse};
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, Transport, noise, tcp, yamux};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A key to connect with.
#[derive(Debug)]
pub struct HostilePeer {
    pair: Keypair,
    key: PeerKey,
}

/// A connection to a node; hung up when dropped.
#[derive(Debug)]
pub struct HostileConnection {
    streams: mpsc::Sender<oneshot::Sender<SubstreamBox>>,
    asked: mpsc::Receiver<SubstreamBox>,
    frozen: Arc<AtomicBool>,
    driver: JoinHandle<()>,
}

/// A stream on which any bytes go.
pub type HostileStream = SubstreamBox;

impl HostilePeer {
    /// A peer whose Ed25519 key comes from the seed.
    ///
    /// # Errors
    /// Never for 32 bytes.
    pub fn new(seed: [u8; 32]) -> io::Result<Self> {
        let pair = Keypair::ed25519_from_bytes(seed).map_err(io::Error::other)?;
        let public = pair.public().try_into_ed25519().map_err(io::Error::other)?;
        Ok(Self { pair, key: PeerKey::new(public.to_bytes()) })
    }

    /// The key that a roster would list.
    #[must_use]
    pub const fn key(&self) -> PeerKey {
        self.key
    }

    /// Dials a node and shakes hands.
    ///
    /// # Errors
    /// When nobody listens there or the handshake fails.
    pub async fn connect(&self, address: Address) -> io::Result<HostileConnection> {
        let socket = address.socket();
        let address = Multiaddr::from(socket.ip()).with(Part::Tcp(socket.port()));
        let noise = noise::Config::new(&self.pair).map_err(io::Error::other)?;
        let mut transport = tcp::tokio::Transport::new(tcp::Config::new())
            .upgrade(Version::V1)
            .authenticate(noise)
            .multiplex(yamux::Config::default())
            .boxed();
        let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
        let dial = transport.dial(address, options).map_err(io::Error::other)?;
        let (_, muxer) = dial.await?;
        let (streams, wanted) = mpsc::channel(WAITING_MAX);
        let (asking, asked) = mpsc::channel(WAITING_MAX);
        let frozen = Arc::new(AtomicBool::new(false));
        let driver = tokio::spawn(drive(muxer, wanted, asking, Arc::clone(&frozen)));
        Ok(HostileConnection { streams, asked, frozen, driver })
    }
}

impl HostileConnection {
    /// Opens a stream and negotiates a protocol on it.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`] when the node does not offer the protocol, another kind when
    /// the connection is closed.
    pub async fn stream(&self, protocol: &str) -> io::Result<HostileStream> {
        let (reply, stream) = oneshot::channel();
        self.streams.send(reply).await.map_err(|_| closed())?;
        let mut stream = stream.await.map_err(|_| closed())?;
        for line in [MULTISTREAM, protocol] {
            write_line(&mut stream, line).await?;
            let answer = read_line(&mut stream).await?;
            if answer != line {
                return Err(io::Error::new(io::ErrorKind::Unsupported, answer));
            }
        }
        Ok(stream)
    }

    /// Sends bytes on a stream of their own, ends it, and reads what comes back to its end.
    ///
    /// # Errors
    /// As [`stream`](Self::stream), and when the node resets the stream.
    pub async fn say(&self, protocol: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let (reader, mut writer) = self.stream(protocol).await?.split();
        let mut reader = reader.take(HEARD_MAX);
        let send = async {
            writer.write_all(bytes).await?;
            writer.close().await
        };
        let mut heard = Vec::new();
        let hear = reader.read_to_end(&mut heard);
        // A node that refuses need not take everything, and what it answers counts.
        match select(pin!(send), pin!(hear)).await {
            Either::Left((_, hear)) => hear.await?,
            Either::Right((heard, _)) => heard?,
        };
        Ok(heard)
    }

    /// The next stream on which the node asks by the protocol; others are told that it is unknown.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn asked(&mut self, protocol: &str) -> io::Result<HostileStream> {
        loop {
            let mut stream = self.asked.recv().await.ok_or_else(closed)?;
            // A stream that was given up in the meantime concerns nobody.
            let Ok(wanted) = accept(&mut stream).await else { continue };
            if wanted == protocol {
                write_line(&mut stream, protocol).await?;
                return Ok(stream);
            }
            let _ = write_line(&mut stream, "na").await;
        }
    }

    /// From now on neither takes nor sends a byte, and does not hang up either.
    pub fn freeze(&self) {
        self.frozen.store(true, Ordering::Relaxed);
    }

    /// Waits until the node has hung up; false when it does not in time.
    pub async fn is_closed_within(&mut self, limit: Duration) -> bool {
        timeout(limit, &mut self.driver).await.is_ok()
    }
}

impl Drop for HostileConnection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A frame as a node would send it: a length of four bytes, and the bytes.
#[must_use]
pub fn frame(bytes: &[u8]) -> Vec<u8> {
    announce(u32::try_from(bytes.len()).unwrap_or(u32::MAX), bytes)
}

/// A frame whose length is whatever the caller says.
#[must_use]
pub fn announce(length: u32, bytes: &[u8]) -> Vec<u8> {
    [&length.to_be_bytes()[..], bytes].concat()
}

/// Reads what a node sends, to the end of the stream.
///
/// # Errors
/// When the node resets the stream.
pub async fn hear(stream: HostileStream) -> io::Result<Vec<u8>> {
    let mut heard = Vec::new();
    stream.take(HEARD_MAX).read_to_end(&mut heard).await?;
    Ok(heard)
}

/// Keeps a connection going until either side ends it.
async fn drive(
    mut muxer: StreamMuxerBox,
    mut wanted: mpsc::Receiver<oneshot::Sender<SubstreamBox>>,
    asking: mpsc::Sender<SubstreamBox>,
    frozen: Arc<AtomicBool>,
) {
    let mut waiting: Option<oneshot::Sender<SubstreamBox>> = None;
    poll_fn(|context| {
        if frozen.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        loop {
            match muxer.poll_unpin(context) {
                Poll::Ready(Ok(_)) => continue,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            match muxer.poll_inbound_unpin(context) {
                Poll::Ready(Ok(stream)) => {
                    // A node that asks more than the test listens to hears nothing.
                    let _ = asking.try_send(stream);
                    continue;
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if waiting.is_none() {
                match wanted.poll_recv(context) {
                    Poll::Ready(Some(next)) => waiting = Some(next),
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
            match muxer.poll_outbound_unpin(context) {
                Poll::Ready(Ok(stream)) => {
                    let _ = waiting.take().map(|reply| reply.send(stream));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}

/// Takes a stream of the node as far as the protocol that it wants.
async fn accept(stream: &mut HostileStream) -> io::Result<String> {
    let header = read_line(stream).await?;
    write_line(stream, MULTISTREAM).await?;
    if header != MULTISTREAM {
        return Err(io::Error::other("the stream does not begin with multistream-select"));
    }
    read_line(stream).await
}

/// Writes a line of multistream-select: its length as one byte, which all names here fit into.
async fn write_line(stream: &mut HostileStream, line: &str) -> io::Result<()> {
    let length = u8::try_from(line.len() + 1).map_err(io::Error::other)?;
    stream.write_all(&[length]).await?;
    stream.write_all(line.as_bytes()).await?;
    stream.write_all(b"\n").await?;
    stream.flush().await
}

async fn read_line(stream: &mut HostileStream) -> io::Result<String> {
    let mut length = [0];
    stream.read_exact(&mut length).await?;
    let mut line = vec![0; usize::from(length[0])];
    stream.read_exact(&mut line).await?;
    line.pop();
    String::from_utf8(line).map_err(io::Error::other)
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the node has hung up")
}

/// The first line of every stream.
const MULTISTREAM: &str = "/multistream/1.0.0";
/// Streams that wait to be opened, or to be taken.
const WAITING_MAX: usize = 1_024;
/// Bytes of an answer that are read: more than any frame.
const HEARD_MAX: u64 = 4 * 1024 * 1024;
