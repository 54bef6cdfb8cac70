//! Whole nodes in one process, over real sockets and stores: how they start, refuse to, and stop.
//!
//! **Left to others.** What several nodes do together: the tests of `fundlink-tests`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::path::Path;

use fundlink_node::config::Config;
use fundlink_node::config::file::ConfigFile;
use fundlink_node::control::ControlError;
use fundlink_node::control::api::Status;
use fundlink_node::control::client::ControlClient;
use fundlink_node::keyfile::keys::KeySet;
use fundlink_node::network::NetworkError;
use fundlink_node::node::{Node, NodeError};
use fundlink_node::store::OpenError;
use fundlink_node::store::sled::SledStore;
use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::engine::{EngineError, single};
use fundlink_protocol::key::{KeyPurpose, Keyring as _, MemoryKeyring};
use fundlink_protocol::roster::{Member, MemberKey, MemberLog, MemberStatus, Roster, Suite};
use fundlink_protocol::store::{Staged, Store as _};
use fundlink_protocol::time::Timestamp;

const TAIYUAN: &str = "140100";

fn center(code: &str) -> CenterCode {
    CenterCode::parse(code).expect("a center code")
}

fn keys() -> KeySet {
    KeySet::generate("test", center(TAIYUAN), Role::Center, Timestamp::from_ms(0))
        .expect("random bytes")
}

/// A configuration in a folder, with any free ports.
fn config(folder: &Path, more: &str) -> Config {
    let text = format!(
        "[node]\nnetwork = \"test\"\ncenter = \"{TAIYUAN}\"\n[listen]\npeers = [\"/ip4/127.0.0.1/tcp/0\"]\nhealth = \"127.0.0.1:0\"\n{more}"
    );
    let file = ConfigFile::parse(&text).expect("a configuration");
    Config::from_file(file, folder).expect("values that can be used")
}

/// Puts a first roster with this one member into the store, as joining does.
fn join(config: &Config, keys: &KeySet) {
    let purposes = [KeyPurpose::Peer, KeyPurpose::Statement, KeyPurpose::Log, KeyPurpose::Witness];
    let seeds = purposes.map(|purpose| (purpose, *keys.newest(purpose).expect("a key").expose()));
    let keyring = MemoryKeyring::new(seeds);
    let from = Timestamp::from_ms(0);
    let listed = |purpose| MemberKey {
        purpose,
        public: keyring.public(purpose).expect("a key"),
        from,
        until: None,
    };
    let member = Member {
        code: config.center,
        name: "太原市住房公积金管理中心".into(),
        role: Role::Center,
        status: MemberStatus::Active,
        admitted_in: 1,
        keys: purposes.map(listed).to_vec(),
        addresses: Vec::new(),
        logs: vec![MemberLog { number: 1, closed: None }],
        grants: None,
        revocation: None,
    };
    let roster = Roster {
        authority: center("140000"),
        issued: from,
        network: fundlink_protocol::log::origin::NetworkName::parse("test").unwrap(),
        version: 1,
        previous: None,
        renew_by: from,
        members: vec![member],
        witnesses: Vec::new(),
        suite: Suite::Ed25519,
        authority_key: 1,
        tag_epoch: fundlink_protocol::subject::TagEpoch(1),
        annexes: Vec::new(),
    };
    let mut store = SledStore::open(&config.data).expect("a new store");
    let mut staged = Staged::new(&store);
    single::put_roster(&mut staged, &roster);
    let batch = staged.into_batch();
    store.commit(batch).expect("a commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_serves_stops_and_starts_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path(), "");
    let keys = keys();
    join(&config, &keys);
    for _ in 0..2 {
        let node = Node::start(config.clone(), keys.clone()).await.expect("it starts");
        assert_ne!(node.listening().await[0].socket().port(), 0);
        assert_ne!(node.health().expect("health is on").port(), 0);
        let client = ControlClient::new(node.control());
        let status: Status = client.get("/v1/status").await.expect("it answers");
        assert_eq!((status.center.as_str(), status.roster_version), (TAIYUAN, 1));
        node.stop().await;
        assert!(!config.control.exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_start_says_why_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path(), "");
    let keys = keys();
    let start = async |config: &Config| match Node::start(config.clone(), keys.clone()).await {
        Ok(node) => {
            node.stop().await;
            None
        }
        Err(error) => Some(error),
    };

    let error = start(&config).await;
    assert!(matches!(error, Some(NodeError::Engine(EngineError::NotJoined))), "{error:?}");
    join(&config, &keys);

    let mut other = config.clone();
    other.center = center("140200");
    let error = start(&other).await;
    assert!(matches!(error, Some(NodeError::OtherKeys { .. })), "{error:?}");

    let held = SledStore::open(&config.data).expect("the store is free");
    let error = start(&config).await;
    assert!(matches!(error, Some(NodeError::Store(OpenError::InUse { .. }))), "{error:?}");
    drop(held);

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().map(|address| (taken, address)).expect("its address");
    let mut blocked = config.clone();
    blocked.health = Some(taken.1);
    let error = start(&blocked).await;
    assert!(matches!(error, Some(NodeError::Health(_))), "{error:?}");
    let mut blocked = config.clone();
    blocked.listen = vec![fundlink_node::network::Address::new(taken.1)];
    let error = start(&blocked).await;
    let listen = matches!(error, Some(NodeError::Network(NetworkError::Listen { .. })));
    assert!(listen, "{error:?}");

    std::fs::write(&config.control, "x").expect("a file");
    let error = start(&config).await;
    assert!(matches!(error, Some(NodeError::Control(ControlError::NotASocket(_)))), "{error:?}");
    std::fs::remove_file(&config.control).expect("it is there");

    // A clock that was an hour ahead while the node ran, and is right again.
    let mut ahead = config.clone();
    ahead.clock_offset_s = 3_600;
    assert!(start(&ahead).await.is_none());
    let error = start(&config).await;
    let behind = matches!(error, Some(NodeError::Engine(EngineError::ClockBehind { .. })));
    assert!(behind, "{error:?}");
    assert!(start(&ahead).await.is_none(), "nothing of the failed starts was left running");
}
