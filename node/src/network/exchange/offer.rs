//! Which protocols a connection offers, and the stream that comes of it.
//!
//! **Promises.** What is not offered cannot be spoken: a stranger's connection offers one protocol.
//!
//! **Left to others.** What is spoken on the stream: `handler`.

use core::convert::Infallible;
use std::future::{Ready, ready};

use libp2p::Stream;
use libp2p::core::{InboundUpgrade, OutboundUpgrade, UpgradeInfo};

use crate::network::Protocol;

/// The protocols that one side of a stream offers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer(&'static [Protocol]);

impl Offer {
    /// What a member may speak.
    pub(crate) const MEMBER: Self = Self(&Protocol::ALL);
    /// What a stranger may speak.
    pub(crate) const STRANGER: Self = Self(&[Protocol::Roster]);

    /// The one protocol of a request.
    pub(crate) const fn only(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Query => Self(&[Protocol::Query]),
            Protocol::Transfer => Self(&[Protocol::Transfer]),
            Protocol::Sync => Self(&[Protocol::Sync]),
            Protocol::Roster => Self::STRANGER,
        }
    }
}

impl AsRef<str> for Protocol {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl UpgradeInfo for Offer {
    type Info = Protocol;
    type InfoIter = core::iter::Copied<core::slice::Iter<'static, Protocol>>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.iter().copied()
    }
}

impl InboundUpgrade<Stream> for Offer {
    type Output = (Protocol, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, protocol: Protocol) -> Self::Future {
        ready(Ok((protocol, stream)))
    }
}

impl OutboundUpgrade<Stream> for Offer {
    type Output = (Protocol, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, protocol: Protocol) -> Self::Future {
        ready(Ok((protocol, stream)))
    }
}
