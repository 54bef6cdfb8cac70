//! A multiplexer that is let go of when its goodbye takes too long.
//!
//! **Promises.** Closing ends within [`GOODBYE_TIME`] also when the peer takes no byte any more: a peer
//! that was cut does not decide how long its connection lives.
//!
//! **Left to others.** Everything else: the multiplexer inside.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::StreamMuxer;
use libp2p::core::muxing::{StreamMuxerBox, StreamMuxerEvent, StreamMuxerExt, SubstreamBox};
use tokio::time::{Sleep, sleep};

/// A multiplexer with a limit on its goodbye.
pub(super) struct Impatient {
    inner: StreamMuxerBox,
    goodbye: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    pub(super) const fn new(inner: StreamMuxerBox) -> Self {
        Self { inner, goodbye: None }
    }
}

impl StreamMuxer for Impatient {
    type Substream = SubstreamBox;
    type Error = io::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<SubstreamBox>> {
        self.inner.poll_inbound_unpin(context)
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<SubstreamBox>> {
        self.inner.poll_outbound_unpin(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(closed) = self.inner.poll_close_unpin(context) {
            return Poll::Ready(closed);
        }
        let goodbye = self.goodbye.get_or_insert_with(|| Box::pin(sleep(GOODBYE_TIME)));
        goodbye.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<StreamMuxerEvent>> {
        self.inner.poll_unpin(context)
    }
}

/// How long a peer may take to receive the last bytes of a connection.
const GOODBYE_TIME: Duration = Duration::from_secs(1);
