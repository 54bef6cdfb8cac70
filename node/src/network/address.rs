//! Who a peer is and where it can be reached.
//!
//! **Promises.** Nothing of the transport's own types shows: a peer is its Ed25519 public key, an
//! address is an IP address with a TCP port.
//!
//! **Left to others.** Which keys are members: the roster, handed in as [`MemberTable`].

use core::fmt;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use libp2p::multiaddr::Protocol as Part;
use libp2p::{Multiaddr, PeerId};

/// The Ed25519 public key that a peer proves in the handshake of every connection.
///
/// Shown by its first eight bytes: enough to tell the members of a network apart in a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerKey([u8; 32]);

impl PeerKey {
    /// Wraps the bytes of a public key.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the public key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The transport's name for the key: the key itself, in the frame that libp2p puts around it.
    pub(super) fn peer_id(&self) -> PeerId {
        let mut name = [0; 38];
        name[..6].copy_from_slice(&PEER_ID_PREFIX);
        name[6..].copy_from_slice(&self.0);
        match PeerId::from_bytes(&name) {
            Ok(peer) => peer,
            Err(error) => unreachable!("an inline key of fixed length is a peer id: {error}"),
        }
    }

    /// The key inside the transport's name; none when the peer uses another kind of key.
    pub(super) fn from_peer_id(peer: &PeerId) -> Option<Self> {
        let bytes = peer.to_bytes();
        let key = bytes.strip_prefix(&PEER_ID_PREFIX)?;
        Some(Self(key.try_into().ok()?))
    }
}

impl fmt::Display for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerKey({self})")
    }
}

/// Where a peer listens: an IP address and a TCP port, written `/ip4/10.14.1.1/tcp/7400`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(SocketAddr);

/// A text that is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the address is not an IP address with a TCP port: write it as /ip4/10.14.1.1/tcp/7400, /ip6/fd00::1/tcp/7400 or 10.14.1.1:7400"
)]
pub struct AddressError;

impl Address {
    /// Wraps a socket address.
    #[must_use]
    pub const fn new(socket: SocketAddr) -> Self {
        Self(socket)
    }

    /// Parses `/ip4/…/tcp/…`, `/ip6/…/tcp/…`, `address:port` or `[address]:port`.
    ///
    /// # Errors
    /// When the text is anything else; host names are not resolved.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if let Ok(socket) = text.parse() {
            return Ok(Self(socket));
        }
        let address: Multiaddr = text.parse().map_err(|_| AddressError)?;
        Self::from_multiaddr(&address).ok_or(AddressError)
    }

    /// The socket address.
    #[must_use]
    pub const fn socket(&self) -> SocketAddr {
        self.0
    }

    pub(super) fn multiaddr(&self) -> Multiaddr {
        Multiaddr::from(self.0.ip()).with(Part::Tcp(self.0.port()))
    }

    pub(super) fn from_multiaddr(address: &Multiaddr) -> Option<Self> {
        let mut parts = address.iter();
        let host = match (parts.next()?, parts.next()?) {
            (Part::Ip4(host), Part::Tcp(port)) => SocketAddr::new(IpAddr::V4(host), port),
            (Part::Ip6(host), Part::Tcp(port)) => SocketAddr::new(IpAddr::V6(host), port),
            _ => return None,
        };
        parts.next().is_none().then_some(Self(host))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.ip() {
            IpAddr::V4(host) => write!(f, "/ip4/{host}/tcp/{}", self.0.port()),
            IpAddr::V6(host) => write!(f, "/ip6/{host}/tcp/{}", self.0.port()),
        }
    }
}

/// Everyone who may connect, with the addresses at which they listen.
///
/// A member without an address is waited for: it dials us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberTable(BTreeMap<PeerKey, Vec<Address>>);

impl MemberTable {
    /// A table without anyone in it: every peer is a stranger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member, or replaces its addresses.
    pub fn insert(&mut self, peer: PeerKey, addresses: Vec<Address>) {
        self.0.insert(peer, addresses);
    }

    /// Takes a member out.
    pub fn remove(&mut self, peer: &PeerKey) {
        self.0.remove(peer);
    }

    /// Whether the peer is a member.
    #[must_use]
    pub fn contains(&self, peer: &PeerKey) -> bool {
        self.0.contains_key(peer)
    }

    /// The members in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&PeerKey, &[Address])> {
        self.0.iter().map(|(peer, addresses)| (peer, addresses.as_slice()))
    }
}

impl FromIterator<(PeerKey, Vec<Address>)> for MemberTable {
    fn from_iter<I: IntoIterator<Item = (PeerKey, Vec<Address>)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

/// Identity multihash of 36 bytes, holding a protobuf `PublicKey` of type Ed25519 with 32 bytes.
const PEER_ID_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::identity::Keypair;

    #[test]
    fn a_peer_key_is_the_key_in_the_peer_id() {
        let pair = Keypair::generate_ed25519();
        let peer = pair.public().to_peer_id();
        let key = PeerKey::from_peer_id(&peer).expect("an Ed25519 key");
        assert_eq!(key.peer_id(), peer);
        assert_eq!(
            pair.public().try_into_ed25519().expect("an Ed25519 key").to_bytes(),
            *key.as_bytes()
        );
        assert_eq!(format!("{key:?}").len(), "PeerKey()".len() + 16);
    }

    #[test]
    fn an_address_is_an_ip_address_with_a_port_and_nothing_else() {
        for (text, shown) in [
            ("/ip4/10.14.1.1/tcp/7400", "/ip4/10.14.1.1/tcp/7400"),
            ("10.14.1.1:7400", "/ip4/10.14.1.1/tcp/7400"),
            ("/ip6/fd00::1/tcp/7400", "/ip6/fd00::1/tcp/7400"),
            ("[fd00::1]:7400", "/ip6/fd00::1/tcp/7400"),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!(address.to_string(), shown);
            assert_eq!(Address::from_multiaddr(&address.multiaddr()), Some(address));
        }
        for text in ["", "10.14.1.1", "/ip4/10.14.1.1", "/dns4/node.example/tcp/1", "a:1"] {
            assert_eq!(Address::parse(text), Err(AddressError), "{text}");
        }
        assert_eq!(Address::parse("/ip4/10.14.1.1/tcp/7400/p2p-circuit"), Err(AddressError));
    }
}
