//! Whole nodes in one process, over real sockets and stores: how they start, refuse to, and stop.
//!
//! **Left to others.** What several nodes do together: the tests of `fundlink-tests`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::fs;
use std::path::Path;

use fundlink_node::config::Config;
use fundlink_node::config::file::ConfigFile;
use fundlink_node::control::ControlError;
use fundlink_node::control::api::Status;
use fundlink_node::control::api::records::{Changes, Records};
use fundlink_node::control::client::{ClientError, ControlClient};
use fundlink_node::import::upload::upload;
use fundlink_node::import::{self, ImportFiles, ImportOptions};
use fundlink_node::keyfile::keys::{KeySet, Seed};
use fundlink_node::network::NetworkError;
use fundlink_node::node::{Node, NodeError};
use fundlink_node::store::OpenError;
use fundlink_node::store::sled::SledStore;
use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::engine::{EngineError, single};
use fundlink_protocol::key::{KeyPurpose, Keyring as _, MemoryKeyring};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::roster::{Member, MemberKey, MemberLog, MemberStatus, Roster, Suite};
use fundlink_protocol::store::{Staged, Store as _};
use fundlink_protocol::time::{Date, Timestamp};

const TAIYUAN: &str = "140100";

fn center(code: &str) -> CenterCode {
    CenterCode::parse(code).expect("a center code")
}

fn keys() -> KeySet {
    let mut keys = KeySet::generate("test", center(TAIYUAN), Role::Center, Timestamp::from_ms(0))
        .expect("random bytes");
    keys.set_tag_key(1, Seed::new([7; 32]));
    keys
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
        network: NetworkName::parse("test").expect("a name"),
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

    fs::write(&config.control, "x").expect("a file");
    let error = start(&config).await;
    assert!(matches!(error, Some(NodeError::Control(ControlError::NotASocket(_)))), "{error:?}");
    fs::remove_file(&config.control).expect("it is there");

    // A clock that was an hour ahead while the node ran, and is right again.
    let mut ahead = config.clone();
    ahead.clock_offset_s = 3_600;
    assert!(start(&ahead).await.is_none());
    let error = start(&config).await;
    let behind = matches!(error, Some(NodeError::Engine(EngineError::ClockBehind { .. })));
    assert!(behind, "{error:?}");
    assert!(start(&ahead).await.is_none(), "nothing of the failed starts was left running");
}

/// A dump of one account with three deposits of 100.00, the last one of `last`.
fn write_dump(folder: &Path, last: &str) {
    let total = if last == "100.00" { "300.00" } else { "350.00" };
    let files = [
        ("employers.csv", "DWZH,DWMC,ZZJGDM,DWZHZT,DWJCBL,GRJCBL,DWZHYE\n".to_owned()),
        (
            "persons.csv",
            "GRZH,XingMing,ZJLX,ZJHM,SJHM\nA1,李晓禾,01,140199199003070223,\n".to_owned(),
        ),
        (
            "accounts.csv",
            format!(
                "GRZH,DWZH,GRJCJS,GRZHZT,KHRQ,GRZHYE,GRZHSNJZYE,GRZHDNGJYE,GRYJCE,DWYJCE,XHRQ,XHYY,GRCKZHHM,SFCZPTPD\nA1,,5000.00,02,20260115,{total},0.00,{total},100.00,0.00,,,,\n"
            ),
        ),
        (
            "ledger.csv",
            format!(
                "GRZH,YWLSH,JZRQ,GJHTQYWLX,HBJNY,FSE,FSLXE,CZBZ,TQYY\nA1,H3,20260315,01,202603,{last},0.00,01,\nA1,H1,20260115,01,202601,100.00,0.00,01,\nA1,H2,20260215,01,202602,100.00,0.00,01,\n"
            ),
        ),
        (
            "loans.csv",
            "JKHTBH,DKZH,JKRXM,JKRZJLX,JKRZJH,HTDKJE,DKFFE,DKFFRQ,DKYE,DKLL,DKQS,DKJQRQ,LJYQQS,DQYQQS,DKDBLX\nJK2,D2,周临,01,141099197812310529,600000.00,600000.00,20210520,538912.44,0.0325000,360,,2,2,01\n"
                .to_owned(),
        ),
        ("co_borrowers.csv", "JKHTBH,GTJKRXM,GTJKRZJLX,GTJKRZJHM,CDGX\n".to_owned()),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a file");
    }
}

async fn load(
    client: &ControlClient,
    folder: &Path,
    operator: &str,
) -> Result<Changes, ClientError> {
    let as_of = Date::parse("2026-05-06").expect("a date");
    let options = ImportOptions::new(center(TAIYUAN), as_of);
    let files = ImportFiles::open(folder).expect("the files");
    let set = import::check(files, &options, &mut |_| {}).expect("no fault");
    let mut taken = 0;
    let changes = upload(client, operator, set, &mut |progress| taken = progress.taken).await;
    assert!(changes.is_err() || taken == 2);
    changes
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_loaded_whole_and_the_same_dump_again_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let operators = "[[operator]]\nid = \"wang\"\nname = \"王芳\"\nroles = [\"clerk\"]\n";
    let config = config(folder.path(), operators);
    let keys = keys();
    join(&config, &keys);
    let node = Node::start(config.clone(), keys.clone()).await.expect("it starts");
    let client = ControlClient::new(node.control());
    let dump = folder.path().join("dump");
    fs::create_dir(&dump).expect("a folder");
    write_dump(&dump, "100.00");

    let refused = load(&client, &dump, "nobody").await;
    assert!(matches!(refused, Err(ClientError::Refused(error)) if error.code == "OPERATOR"));
    let records: Records = client.get("/v1/records").await.expect("it answers");
    assert_eq!((records.current, records.staging), (None, None));

    for (last, changes) in [
        ("100.00", Changes { added: 2, changed: 0, same: 0, kept: 0 }),
        ("100.00", Changes { added: 0, changed: 0, same: 2, kept: 0 }),
        ("150.00", Changes { added: 0, changed: 1, same: 1, kept: 0 }),
    ] {
        write_dump(&dump, last);
        assert_eq!(load(&client, &dump, "wang").await.expect("it loads"), changes);
    }
    let records: Records = client.get("/v1/records").await.expect("it answers");
    let current = records.current.expect("an import");
    assert_eq!(current.as_of, "2026-05-06T00:00:00.000+08:00");
    assert_eq!((current.totals.accounts, current.totals.loans), (1, 1));
    assert_eq!(current.totals.balances, "350.00");
    node.stop().await;
}
