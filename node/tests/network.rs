//! Hosts over real sockets on loopback: each test is a promise of `fundlink_node::network`.
//!
//! **Promises.** Every port is free when it is taken, and every wait is for an event, with a limit.
//!
//! **Left to others.** Peers that break the protocol: the tests of `fundlink-tests`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and passes over others"
)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use fundlink_node::network::{
    self, Address, Frame, InboundId, MemberTable, NetworkConfig, NetworkError, NetworkEvent,
    NetworkHandle, NetworkLimits, OutboundId, PeerKey, Protocol, SendError, SendFailure, Standing,
    Verdict,
};
use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// A host, and what is needed to know it.
struct Peer {
    handle: NetworkHandle,
    events: mpsc::Receiver<NetworkEvent>,
    key: PeerKey,
    address: Address,
}

impl Peer {
    async fn start(seed: u8) -> Self {
        Self::start_with(seed, NetworkLimits::default(), loopback(0)).await
    }

    async fn start_with(seed: u8, limits: NetworkLimits, listen: Address) -> Self {
        let config = NetworkConfig {
            secret: Zeroizing::new([seed; 32]),
            network: "test".to_owned(),
            listen: vec![listen],
            members: MemberTable::new(),
            limits,
        };
        let (handle, events) =
            network::start(config, &mut Registry::with_prefix("fundlink")).expect("it starts");
        let key = handle.own_key();
        let mut peer = Self { handle, events, key, address: listen };
        peer.address = peer
            .wait(|event| match event {
                NetworkEvent::ListeningOn(address) => Some(address),
                _ => None,
            })
            .await;
        peer
    }

    /// The first event that fits; others are passed over.
    async fn wait<T>(&mut self, fits: impl Fn(NetworkEvent) -> Option<T>) -> T {
        timeout(LIMIT, async {
            loop {
                let event = self.events.recv().await.expect("the host runs");
                if let Some(found) = fits(event) {
                    return found;
                }
            }
        })
        .await
        .expect("the event comes in time")
    }

    async fn connected(&mut self, to: PeerKey) {
        self.wait(|event| {
            matches!(event, NetworkEvent::Connected(peer) if peer == to).then_some(())
        })
        .await;
    }

    async fn disconnected(&mut self, from: PeerKey) {
        self.wait(|event| {
            matches!(event, NetworkEvent::Disconnected(peer) if peer == from).then_some(())
        })
        .await;
    }

    async fn request(&mut self) -> (InboundId, PeerKey, Standing, Frame) {
        self.wait(|event| match event {
            NetworkEvent::Request { id, from, standing, frame, .. } => {
                Some((id, from, standing, frame))
            }
            _ => None,
        })
        .await
    }

    async fn response(&mut self, to: OutboundId) -> Result<Vec<u8>, SendFailure> {
        self.wait(|event| match event {
            NetworkEvent::Response { id, result, .. } if id == to => {
                Some(result.map(Frame::into_bytes))
            }
            _ => None,
        })
        .await
    }

    async fn gossip(&mut self, verdict: Verdict) -> Vec<u8> {
        let (id, bytes) = self
            .wait(|event| match event {
                NetworkEvent::Gossip { id, bytes, .. } => Some((id, bytes)),
                _ => None,
            })
            .await;
        self.handle.judge_gossip(id, verdict).expect("the host takes it");
        bytes
    }

    /// Waits until the request has failed and the peer is gone, in whichever order.
    async fn cut(&mut self, open: OutboundId, from: PeerKey) -> SendFailure {
        let (mut failure, mut gone) = (None, false);
        while failure.is_none() || !gone {
            match timeout(LIMIT, self.events.recv()).await.expect("in time").expect("it runs") {
                NetworkEvent::Response { id, result: Err(reason), .. } if id == open => {
                    failure = Some(reason);
                }
                NetworkEvent::Disconnected(peer) if peer == from => gone = true,
                _ => {}
            }
        }
        failure.expect("the loop ends with it")
    }

    fn send(&self, to: &Self, frame: &[u8]) -> OutboundId {
        self.handle.request(Protocol::Query, to.key, frame.to_vec()).expect("the host takes it")
    }

    fn admit(&self, members: &[(PeerKey, Vec<Address>)]) {
        self.handle.set_members(members.iter().cloned().collect());
    }
}

fn loopback(port: u16) -> Address {
    Address::new(SocketAddr::from(([127, 0, 0, 1], port)))
}

/// Two hosts that are connected; the first dials, the second knows no address.
async fn pair() -> (Peer, Peer) {
    let (mut dialler, mut listener) = (Peer::start(1).await, Peer::start(2).await);
    listener.admit(&[(dialler.key, vec![])]);
    dialler.admit(&[(listener.key, vec![listener.address])]);
    dialler.connected(listener.key).await;
    listener.connected(dialler.key).await;
    (dialler, listener)
}

#[tokio::test]
async fn both_sides_ask_though_only_one_can_dial() {
    let (mut dialler, mut listener) = pair().await;

    let asked = dialler.send(&listener, b"from the dialler");
    let (id, from, standing, frame) = listener.request().await;
    assert_eq!(
        (&*frame, from, standing),
        (&b"from the dialler"[..], dialler.key, Standing::Member)
    );
    listener.handle.respond(id, b"to the dialler".to_vec()).expect("the host takes it");
    assert_eq!(dialler.response(asked).await, Ok(b"to the dialler".to_vec()));

    let asked = listener.send(&dialler, b"from the listener");
    let (id, ..) = dialler.request().await;
    dialler.handle.respond(id, vec![7; 1_000_000]).expect("the host takes it");
    assert_eq!(listener.response(asked).await, Ok(vec![7; 1_000_000]));
}

#[tokio::test]
async fn a_request_makes_the_connection_that_it_needs() {
    let (mut asker, mut asked) = (Peer::start(1).await, Peer::start(2).await);
    asked.admit(&[(asker.key, vec![])]);
    asker.admit(&[(asked.key, vec![asked.address])]);
    let sent = asker.send(&asked, b"early");
    let (id, ..) = asked.request().await;
    asked.handle.respond(id, b"in time".to_vec()).expect("the host takes it");
    assert_eq!(asker.response(sent).await, Ok(b"in time".to_vec()));
}

#[tokio::test]
async fn a_request_that_cannot_arrive_fails_within_two_seconds() {
    let (mut asker, gone) = (Peer::start(1).await, Peer::start(2).await);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = Address::new(silent.local_addr().expect("it is bound"));
    gone.handle.shutdown().await;
    for addresses in [vec![gone.address], vec![silent], vec![]] {
        asker.admit(&[(gone.key, addresses)]);
        let start = Instant::now();
        let sent = asker.send(&gone, b"hello");
        assert_eq!(asker.response(sent).await, Err(SendFailure::Unreachable));
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    }
    asker.admit(&[]);
    let sent = asker.send(&gone, b"hello");
    assert_eq!(asker.response(sent).await, Err(SendFailure::NotAMember));
}

#[tokio::test]
async fn a_member_that_comes_back_is_reached_again() {
    let (mut dialler, listener) = pair().await;
    let port = listener.address.socket().port();
    listener.handle.shutdown().await;
    dialler.disconnected(listener.key).await;
    let mut again = Peer::start_with(2, NetworkLimits::default(), loopback(port)).await;
    again.admit(&[(dialler.key, vec![])]);
    dialler.connected(again.key).await;
    again.connected(dialler.key).await;
}

#[tokio::test]
async fn a_stranger_gets_the_roster_once_and_nothing_else() {
    let limits =
        NetworkLimits { stranger_time: Duration::from_secs(1), ..NetworkLimits::default() };
    let mut member = Peer::start_with(1, limits, loopback(0)).await;
    let mut stranger = Peer::start(2).await;

    let fetcher = stranger.handle.clone();
    let address = member.address;
    let fetch =
        tokio::spawn(async move { fetcher.fetch_roster(address, b"which?".to_vec()).await });
    let (id, from, standing, frame) = member.request().await;
    assert_eq!((&*frame, from, standing), (&b"which?"[..], stranger.key, Standing::Stranger));
    member.handle.respond(id, b"the roster".to_vec()).expect("the host takes it");
    let (key, frame) = fetch.await.expect("it ends").expect("an answer");
    assert_eq!((key, &*frame), (member.key, &b"the roster"[..]));

    // The stranger takes itself for a member; whatever else it asks does not arrive.
    stranger.admit(&[(member.key, vec![member.address])]);
    stranger.connected(member.key).await;
    for protocol in [Protocol::Query, Protocol::Transfer, Protocol::Sync] {
        let sent = stranger.handle.request(protocol, member.key, b"let me in".to_vec());
        let result = stranger.response(sent.expect("the host takes it")).await;
        assert!(
            matches!(result, Err(SendFailure::Unsupported | SendFailure::Broken)),
            "{protocol:?} gave {result:?}"
        );
    }
    stranger.handle.publish(b"news".to_vec()).expect("the host takes it");
    stranger.disconnected(member.key).await;
    member.handle.shutdown().await;
    let event = member.events.recv().await;
    assert!(event.is_none(), "a stranger caused {event:?}");
}

#[tokio::test]
async fn nobody_at_the_address_is_an_answer_to_a_fetch() {
    let (asker, gone) = (Peer::start(1).await, Peer::start(2).await);
    gone.handle.shutdown().await;
    let fetched = asker.handle.fetch_roster(gone.address, Vec::new()).await;
    assert_eq!(fetched.map(|_| ()), Err(SendFailure::Unreachable));
    let fetched = asker.handle.fetch_roster(asker.address, Vec::new()).await;
    assert_eq!(fetched.map(|_| ()), Err(SendFailure::Unreachable));
}

#[tokio::test]
async fn a_revoked_peer_is_cut_at_once_in_the_middle_of_a_request() {
    let (mut revoked, mut member) = pair().await;
    let theirs = revoked.send(&member, b"an open request");
    let (id, ..) = member.request().await;
    let ours = member.send(&revoked, b"another");
    revoked.request().await;

    let start = Instant::now();
    member.admit(&[]);
    assert_eq!(member.cut(ours, revoked.key).await, SendFailure::Broken);
    assert_eq!(revoked.cut(theirs, member.key).await, SendFailure::Broken);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    member.handle.respond(id, b"too late".to_vec()).expect("the host takes it");

    // It dials again, and is a stranger now.
    revoked.connected(member.key).await;
    let again = revoked.send(&member, b"again");
    assert!(revoked.response(again).await.is_err());
}

#[tokio::test]
async fn gossip_reaches_a_third_member_once_it_was_accepted() {
    let (mut first, mut middle, mut third) =
        (Peer::start(1).await, Peer::start(2).await, Peer::start(3).await);
    middle.admit(&[(first.key, vec![]), (third.key, vec![])]);
    // Published before anybody listens: it is kept for the first who does.
    first.handle.publish(b"rejected".to_vec()).expect("the host takes it");
    for end in [&first, &third] {
        end.admit(&[(middle.key, vec![middle.address])]);
    }
    assert_eq!(middle.gossip(Verdict::Reject).await, b"rejected");
    third.connected(middle.key).await;
    first.handle.publish(b"accepted".to_vec()).expect("the host takes it");
    first.handle.publish(b"accepted".to_vec()).expect("a repeat is no error");
    assert_eq!(middle.gossip(Verdict::Accept).await, b"accepted");
    assert_eq!(
        third.gossip(Verdict::Accept).await,
        b"accepted",
        "what was rejected went no further"
    );
    first.connected(middle.key).await;
}

#[tokio::test]
async fn what_is_published_while_a_network_forms_is_heard_by_everyone() {
    let mut peers = Vec::new();
    for seed in 1..=8 {
        peers.push(Peer::start(seed).await);
    }
    let members: Vec<_> = peers.iter().map(|peer| (peer.key, vec![peer.address])).collect();
    for peer in &peers {
        peer.handle.publish(peer.key.as_bytes().to_vec()).expect("the host takes it");
        peer.admit(&members);
    }
    let hearing = peers.into_iter().map(|mut peer| async move {
        let mut heard = BTreeSet::new();
        while heard.len() < 7 {
            heard.insert(peer.gossip(Verdict::Accept).await);
        }
        peer
    });
    let _peers = futures::future::join_all(hearing).await;
}

#[tokio::test]
async fn a_member_that_is_too_fast_is_throttled_and_one_with_too_much_open_is_told() {
    let limits = NetworkLimits {
        requests_per_second: 1,
        requests_burst: 6,
        requests_in_flight: 4,
        ..NetworkLimits::default()
    };
    let mut fast = Peer::start(1).await;
    let mut strict = Peer::start_with(2, limits, loopback(0)).await;
    strict.admit(&[(fast.key, vec![])]);
    fast.admit(&[(strict.key, vec![strict.address])]);
    fast.connected(strict.key).await;

    let sent: Vec<_> = (0..5).map(|_| fast.send(&strict, b"many")).collect();
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(strict.request().await.0);
    }
    assert_eq!(refusal(&mut fast, &sent).await, SendFailure::Busy);
    for id in open {
        strict.handle.respond(id, Vec::new()).expect("the host takes it");
    }
    // Refused unread, and told at once: the rest of the megabyte is not waited for.
    let large = vec![1; 1_000_000];
    let sent: Vec<_> = (0..3).map(|_| fast.send(&strict, &large)).collect();
    assert_eq!(refusal(&mut fast, &sent).await, SendFailure::Throttled);

    // Its own side refuses before anything is sent.
    strict.handle.set_members([(fast.key, vec![])].into_iter().collect());
    let sent: Vec<_> = (0..5).map(|_| strict.send(&fast, b"open")).collect();
    assert_eq!(refusal(&mut strict, &sent).await, SendFailure::Busy);
}

/// The first of the requests that failed.
async fn refusal(peer: &mut Peer, sent: &[OutboundId]) -> SendFailure {
    peer.wait(|event| match event {
        NetworkEvent::Response { id, result: Err(failure), .. } if sent.contains(&id) => {
            Some(failure)
        }
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_peer_that_does_not_answer_costs_no_more_than_the_time_of_a_request() {
    let limits =
        NetworkLimits { request_time: Duration::from_millis(200), ..NetworkLimits::default() };
    let mut asker = Peer::start_with(1, limits, loopback(0)).await;
    let mut mute = Peer::start(2).await;
    mute.admit(&[(asker.key, vec![])]);
    asker.admit(&[(mute.key, vec![mute.address])]);
    let sent = asker.send(&mute, b"anyone?");
    mute.request().await;
    assert_eq!(asker.response(sent).await, Err(SendFailure::TimedOut));
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_sent() {
    let (mut dialler, mut listener) = pair().await;
    let limit = Protocol::Query.request_bytes_max();
    let request = dialler.handle.request(Protocol::Query, listener.key, vec![0; limit + 1]);
    assert_eq!(request, Err(SendError::TooLarge { size: limit + 1, limit }));
    assert!(dialler.handle.publish(vec![0; network::GOSSIP_BYTES_MAX + 1]).is_err());

    let largest = dialler.handle.request(Protocol::Query, listener.key, vec![3; limit]);
    let (id, _, _, frame) = listener.request().await;
    assert_eq!(frame.len(), limit);
    let limit = Protocol::Query.response_bytes_max();
    assert!(listener.handle.respond(id, vec![0; limit + 1]).is_err());
    listener.handle.respond(id, vec![4; limit]).expect("the host takes it");
    let answer = dialler.response(largest.expect("the host takes it")).await;
    assert_eq!(answer, Ok(vec![4; limit]));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let first = Peer::start(1).await;
    let config = NetworkConfig {
        secret: Zeroizing::new([2; 32]),
        network: "test".to_owned(),
        listen: vec![first.address],
        members: MemberTable::new(),
        limits: NetworkLimits::default(),
    };
    match network::start(config, &mut Registry::with_prefix("fundlink")) {
        Err(error @ NetworkError::Listen { .. }) => {
            assert!(error.to_string().contains(&first.address.to_string()), "{error}");
        }
        other => panic!("two hosts share a port: {other:?}"),
    }
}

#[tokio::test]
async fn a_shutdown_leaves_no_task() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let (mut dialler, mut listener) = pair().await;
    let open = dialler.send(&listener, b"never answered");
    listener.request().await;
    assert!(tasks() > before, "the hosts run on tasks");
    listener.handle.shutdown().await;
    assert_eq!(dialler.response(open).await, Err(SendFailure::Broken));
    dialler.handle.shutdown().await;
    dialler.handle.shutdown().await;
    assert_eq!(tasks(), before);
    assert_eq!(
        dialler.handle.request(Protocol::Query, listener.key, Vec::new()),
        Err(SendError::Stopped)
    );
    assert!(dialler.events.recv().await.is_none());
}

#[tokio::test]
async fn metrics_tell_what_happened_and_no_content() {
    let mut registry = Registry::with_prefix("fundlink");
    let config = NetworkConfig {
        secret: Zeroizing::new([1; 32]),
        network: "test".to_owned(),
        listen: vec![loopback(0)],
        members: MemberTable::new(),
        limits: NetworkLimits::default(),
    };
    let (handle, mut events) = network::start(config, &mut registry).expect("it starts");
    let NetworkEvent::ListeningOn(address) = events.recv().await.expect("an event") else {
        panic!("a host first tells where it listens");
    };
    let mut peer = Peer::start(2).await;
    handle.set_members([(peer.key, vec![])].into_iter().collect());
    peer.admit(&[(handle.own_key(), vec![address])]);
    let sent = peer.handle.request(Protocol::Sync, handle.own_key(), b"secret".to_vec());
    loop {
        let event = timeout(LIMIT, events.recv()).await.expect("in time").expect("the host runs");
        if let NetworkEvent::Request { id, .. } = event {
            handle.respond(id, b"secret".to_vec()).expect("the host takes it");
            break;
        }
    }
    peer.response(sent.expect("the host takes it")).await.expect("an answer");
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("metrics encode");
    for line in [
        "fundlink_network_members_connected 1",
        "fundlink_network_requests_received_total{protocol=\"/fundlink/sync/1\"} 1",
        "libp2p_swarm_connections_established_total",
        "libp2p_bandwidth_bytes_total",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
    assert!(!text.contains("secret"));
}

/// How long any event may take: far more than it does, so that a slow machine fails no test.
const LIMIT: Duration = Duration::from_secs(30);
