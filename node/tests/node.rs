//! Whole nodes in one process, over real sockets and stores: how they start, refuse to, take records,
//! and reach each other.
//!
//! **Left to others.** Processes, kills and hostile peers: the tests of `fundlink-tests`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use fundlink_node::config::Config;
use fundlink_node::config::file::ConfigFile;
use fundlink_node::control::ControlError;
use fundlink_node::control::api::alerts::{Alert, AlertCount};
use fundlink_node::control::api::dossiers::{Ask, Asked, Consent, Dossier, SubjectOutcome};
use fundlink_node::control::api::facts::Person;
use fundlink_node::control::api::logs::{Checkpoint, Entry, LogState, Proof};
use fundlink_node::control::api::modes::SetMode;
use fundlink_node::control::api::records::{Changes, Records};
use fundlink_node::control::api::{Done, Status, WatchedEvent};
use fundlink_node::control::client::{ClientError, ControlClient, EventStream};
use fundlink_node::import::mapping::Mapping;
use fundlink_node::import::upload::upload;
use fundlink_node::import::{self, ImportFiles, ImportOptions};
use fundlink_node::keyfile::keys::KeySet;
use fundlink_node::network::{Address, NetworkError};
use fundlink_node::node::{Node, NodeError, RunningNode};
use fundlink_node::store::OpenError;
use fundlink_node::store::sled::SledStore;
use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::engine::{EngineError, single};
use fundlink_protocol::key::{KeyPurpose, Keyring as _, MemoryKeyring};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::roster::{Member, MemberKey, MemberLog, MemberStatus, Roster, Suite};
use fundlink_protocol::store::{Staged, Store as _};
use fundlink_protocol::subject::TagEpoch;
use fundlink_protocol::time::{Date, Timestamp};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

const AUTHORITY: &str = "140000";
const TAIYUAN: &str = "140100";
const DATONG: &str = "140200";
const LINFEN: &str = "141000";
/// Whatever is waited for comes within a second; a machine under load gets a minute.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two questions about one person: an operator has 60 tags of persons without a record a minute.
const ASK_AGAIN: Duration = Duration::from_millis(1_100);
const PURPOSES: [KeyPurpose; 5] = [
    KeyPurpose::Peer,
    KeyPurpose::Statement,
    KeyPurpose::Log,
    KeyPurpose::Witness,
    KeyPurpose::Sealing,
];

/// A member before its node starts.
struct Setup {
    folder: TempDir,
    config: Config,
    keys: KeySet,
    member: Member,
}

fn center(code: &str) -> CenterCode {
    CenterCode::parse(code).expect("a center code")
}

fn setup(code: &str) -> Setup {
    let folder = tempfile::tempdir().expect("a folder");
    let role = if code == AUTHORITY { Role::Authority } else { Role::Center };
    let role_name = if code == AUTHORITY { "authority" } else { "center" };
    // The port is free a moment before it is taken.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|taken| taken.local_addr());
    let address = format!("/ip4/127.0.0.1/tcp/{}", free.expect("a free port").port());
    let text = format!(
        "[node]\nnetwork = \"test\"\ncenter = \"{code}\"\nrole = \"{role_name}\"\n\
         [listen]\npeers = [\"{address}\"]\nhealth = \"127.0.0.1:0\"\n\
         [[operator]]\nid = \"wang\"\nname = \"王芳\"\nroles = [\"clerk\", \"system-administrator\"]\n"
    );
    let file = ConfigFile::parse(&text).expect("a configuration");
    let config = Config::from_file(file, folder.path()).expect("values that can be used");
    let start = Timestamp::from_ms(0);
    let keys = KeySet::generate("test", center(code), role, start).expect("random bytes");
    let member = member(code, role, &keys, address);
    Setup { folder, config, keys, member }
}

fn member(code: &str, role: Role, keys: &KeySet, address: String) -> Member {
    let seeds = PURPOSES.map(|purpose| (purpose, *keys.newest(purpose).expect("a key").expose()));
    let keyring = MemoryKeyring::new(seeds);
    let listed = |purpose| MemberKey {
        purpose,
        public: keyring.public(purpose).expect("a key"),
        from: Timestamp::from_ms(0),
        until: None,
    };
    Member {
        code: center(code),
        name: "住房公积金管理中心".into(),
        role,
        status: MemberStatus::Active,
        admitted_in: 1,
        keys: PURPOSES.map(listed).to_vec(),
        addresses: vec![address],
        logs: vec![MemberLog { number: 1, closed: None }],
        grants: None,
        revocation: None,
    }
}

/// Puts a first roster with these members, all of them witnesses, into each store.
fn join(setups: &[Setup]) {
    join_until(setups, Timestamp::from_ms(i64::MAX));
}

fn join_until(setups: &[Setup], renew_by: Timestamp) {
    let members: Vec<Member> = setups.iter().map(|setup| setup.member.clone()).collect();
    let roster = Roster {
        authority: center(AUTHORITY),
        issued: Timestamp::from_ms(0),
        network: NetworkName::parse("test").expect("a name"),
        version: 1,
        previous: None,
        renew_by,
        witnesses: members.iter().map(|member| member.code).collect(),
        members,
        suite: Suite::Ed25519,
        authority_key: 1,
        tag_epoch: TagEpoch(1),
        annexes: Vec::new(),
        lending: None,
    };
    for setup in setups {
        let mut store = SledStore::open(&setup.config.data).expect("a new store");
        let mut staged = Staged::new(&store);
        single::put_roster(&mut staged, &roster);
        let batch = staged.into_batch();
        store.commit(batch).expect("a commit");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_serves_stops_and_starts_again() {
    let setup = setup(TAIYUAN);
    join(std::slice::from_ref(&setup));
    let Setup { folder: _folder, mut config, keys, .. } = setup;
    config.listen = vec![Address::parse("127.0.0.1:0").expect("an address")];
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
async fn a_roster_past_its_time_is_an_alert_that_is_listed_and_counted() {
    let setup = setup(TAIYUAN);
    join_until(std::slice::from_ref(&setup), Timestamp::from_ms(0));
    let Setup { folder: _folder, config, keys, .. } = setup;
    let node = Node::start(config, keys).await.expect("it starts");
    let client = ControlClient::new(node.control());
    // The alert is committed with the first round, the one of the start.
    let alerts: Vec<Alert> = client.get("/v1/alerts?all=true&limit=9").await.expect("it answers");
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!((alert.rule.as_str(), alert.state.as_str()), ("stale_roster", "open"));
    assert_eq!(alert.centers, [AUTHORITY]);
    let shown: Alert = client.get(&format!("/v1/alerts/{}", alert.id)).await.expect("it is there");
    assert_eq!(shown, *alert);
    let counts: Vec<AlertCount> = client.get("/v1/alerts/counts").await.expect("it answers");
    let [count] = counts.as_slice() else { panic!("{counts:?}") };
    assert_eq!((count.open, count.raised), (1, 1));
    let unknown = client.get::<Alert>(&format!("/v1/alerts/{}", "0".repeat(64))).await;
    assert!(matches!(unknown, Err(ClientError::Refused(error)) if error.code == "NOT_FOUND"));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_start_says_why_and_leaves_nothing_behind() {
    let setup = setup(TAIYUAN);
    let config = setup.config.clone();
    let start = async |config: &Config| match Node::start(config.clone(), setup.keys.clone()).await
    {
        Ok(node) => {
            node.stop().await;
            None
        }
        Err(error) => Some(error),
    };

    let error = start(&config).await;
    assert!(matches!(error, Some(NodeError::Engine(EngineError::NotJoined))), "{error:?}");
    join(std::slice::from_ref(&setup));

    let mut other = config.clone();
    other.center = center(DATONG);
    let error = start(&other).await;
    assert!(matches!(error, Some(NodeError::OtherKeys { .. })), "{error:?}");

    let held = SledStore::open(&config.data).expect("the store is free");
    let error = start(&config).await;
    assert!(matches!(error, Some(NodeError::Store(OpenError::InUse { .. }))), "{error:?}");
    drop(held);

    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address");
    let mut blocked = config.clone();
    blocked.health = Some(address);
    let error = start(&blocked).await;
    assert!(matches!(error, Some(NodeError::Health(_))), "{error:?}");
    let mut blocked = config.clone();
    blocked.listen = vec![Address::new(address)];
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

/// A dump of one account with three deposits of 100.00, the last one of `last`, and one loan.
fn write_dump(folder: &Path, last: &str) {
    let total = if last == "100.00" { "300.00" } else { "350.00" };
    let accounts = format!(
        "GRZH,DWZH,GRJCJS,GRZHZT,KHRQ,GRZHYE,GRZHSNJZYE,GRZHDNGJYE,GRYJCE,DWYJCE,XHRQ,XHYY,\
         GRCKZHHM,SFCZPTPD\nA1,,5000.00,02,20260115,{total},0.00,{total},100.00,0.00,,,,\n"
    );
    let ledger = format!(
        "GRZH,YWLSH,JZRQ,GJHTQYWLX,HBJNY,FSE,FSLXE,CZBZ,TQYY\n\
         A1,H3,20260315,01,202603,{last},0.00,01,\n\
         A1,H1,20260115,01,202601,100.00,0.00,01,\n\
         A1,H2,20260215,01,202602,100.00,0.00,01,\n"
    );
    let loans = "JKHTBH,DKZH,JKRXM,JKRZJLX,JKRZJH,HTDKJE,DKFFE,DKFFRQ,DKYE,DKLL,DKQS,DKJQRQ,\
                 LJYQQS,DQYQQS,DKDBLX\n\
                 JK2,D2,周临,01,141099197812310529,600000.00,600000.00,20210520,538912.44,\
                 0.0325000,360,,2,2,01\n";
    let files = [
        ("employers.csv", "DWZH,DWMC,ZZJGDM,DWZHZT,DWJCBL,GRJCBL,DWZHYE\n"),
        ("persons.csv", "GRZH,XingMing,ZJLX,ZJHM,SJHM\nA1,李晓禾,01,140199199003070223,\n"),
        ("accounts.csv", &accounts),
        ("ledger.csv", &ledger),
        ("loans.csv", loans),
        ("co_borrowers.csv", "JKHTBH,GTJKRXM,GTJKRZJLX,GTJKRZJHM,CDGX\n"),
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
    let files = ImportFiles::open(folder, &Mapping::default()).expect("the files");
    let set = import::check(files, &options, &mut |_| {}).expect("no fault");
    let mut taken = 0;
    let changes = upload(client, operator, set, &mut |progress| taken = progress.taken).await;
    assert!(changes.is_err() || taken == 2);
    changes
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_loaded_whole_and_the_same_dump_again_changes_nothing() {
    let setup = setup(TAIYUAN);
    join(std::slice::from_ref(&setup));
    let node = Node::start(setup.config, setup.keys).await.expect("it starts");
    let client = ControlClient::new(node.control());
    let dump = setup.folder.path();
    write_dump(dump, "100.00");

    let refused = load(&client, dump, "nobody").await;
    assert!(matches!(refused, Err(ClientError::Refused(error)) if error.code == "OPERATOR"));
    let records: Records = client.get("/v1/records").await.expect("it answers");
    assert_eq!((records.current, records.staging), (None, None));

    for (last, changes) in [
        ("100.00", Changes { added: 2, changed: 0, same: 0, kept: 0 }),
        ("100.00", Changes { added: 0, changed: 0, same: 2, kept: 0 }),
        ("150.00", Changes { added: 0, changed: 1, same: 1, kept: 0 }),
    ] {
        write_dump(dump, last);
        assert_eq!(load(&client, dump, "wang").await.expect("it loads"), changes);
    }
    let records: Records = client.get("/v1/records").await.expect("it answers");
    let current = records.current.expect("an import");
    assert_eq!(current.as_of, "2026-05-06T00:00:00.000+08:00");
    assert_eq!((current.totals.accounts, current.totals.loans), (1, 1));
    assert_eq!(current.totals.balances, "350.00");
    node.stop().await;
}

/// Waits for an event about a log with this name and this text in it.
async fn await_log(events: &mut EventStream, wanted: &str, part: &str) {
    let found = timeout(LIMIT, async {
        loop {
            let event = events.next::<WatchedEvent>().await.expect("the stream goes on");
            if let Some(WatchedEvent::Log { name, text }) = event
                && name == wanted
                && text.contains(part)
            {
                return;
            }
        }
    });
    found.await.expect("the event comes in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_publishes_is_witnessed_followed_and_asked_for() {
    let setups = [AUTHORITY, TAIYUAN, DATONG, LINFEN].map(setup);
    join(&setups);
    let mut nodes = Vec::new();
    let mut watched = Vec::new();
    for setup in &setups {
        let node = Node::start(setup.config.clone(), setup.keys.clone()).await.expect("it starts");
        let events = ControlClient::new(node.control()).events("/v1/events").await;
        watched.push(events.expect("it answers"));
        nodes.push(node);
    }
    let dump = setups[1].folder.path();
    write_dump(dump, "100.00");
    load(&ControlClient::new(nodes[1].control()), dump, "wang").await.expect("it loads");
    for (events, name) in watched.iter_mut().zip(["followed", "witnessed", "followed", "followed"])
    {
        await_log(events, name, TAIYUAN).await;
    }
    check_log_of_taiyuan(&ControlClient::new(nodes[2].control())).await;
    let asking = async {
        loop {
            let dossier = ask_about_borrower(&nodes[1], &nodes[2]).await;
            // Until the tag key and all heartbeats are in, a center is asked because nobody can tell
            // what it holds.
            if dossier.rows.iter().all(|row| !["no-tag", "not-current"].contains(&&*row.why)) {
                return dossier;
            }
            sleep(ASK_AGAIN).await;
        }
    };
    let dossier = timeout(LIMIT, asking).await.expect("all are current in time");
    let taiyuan = dossier.rows.iter().find(|row| row.center == TAIYUAN).expect("its row");
    assert_eq!((taiyuan.state.as_str(), taiyuan.why.as_str()), ("answered", "holds"));
    let SubjectOutcome::Found(found) = &taiyuan.outcomes[0] else {
        panic!("{taiyuan:?}");
    };
    let loans = found.loans.as_ref().expect("L1 opens loans");
    let loan = &loans.loans.as_ref().expect("each of them")[0];
    assert_eq!((loan.contract.as_str(), loan.balance.as_str()), ("JK2", "538912.44"));
    assert!(taiyuan.checks.iter().all(|check| check.fault.is_none()), "{taiyuan:?}");
    let clear = dossier.rows.iter().filter(|row| row.why == "clear").count();
    assert_eq!(clear, 1, "Linfen's log holds nothing about the person: {dossier:?}");
    let verdict = dossier.verdict.as_ref().expect("a verdict");
    assert_eq!((verdict.decision.as_str(), verdict.rule.as_str()), ("refused", "overdue-now"));
    for node in nodes {
        node.stop().await;
    }
}

/// What another center holds of Taiyuan's log: the account and the loan, with their proofs.
async fn check_log_of_taiyuan(client: &ControlClient) {
    let log = format!("{TAIYUAN}/1");
    let states: Vec<LogState> = client.get("/v1/logs").await.expect("it answers");
    let state = states.iter().find(|state| state.log == log).expect("it is followed");
    assert_eq!((state.size, state.misfit), (2, false));
    let tail = format!("/v1/logs/tail?log={log}&count=5");
    let entries: Vec<Entry> = client.get(&tail).await.expect("it answers");
    let digests = entries.iter().map(|entry| entry.digest.as_ref().expect("a digest"));
    let statuses: Vec<&str> = digests.map(|digest| digest.status.as_str()).collect();
    assert_eq!(statuses, ["account-open", "loan-granted"]);
    let path = format!("/v1/logs/proof?log={log}&leaf=1");
    let proof: Proof = client.get(&path).await.expect("it is proved");
    assert_eq!(proof.entry, entries[1].entry);
    assert!(proof.proof.starts_with("c2sp.org/tlog-proof@v1\n"), "{}", proof.proof);
    let path = format!("/v1/logs/checkpoint?log={log}");
    let checkpoint: Checkpoint = client.get(&path).await.expect("it is held");
    assert_eq!((checkpoint.size, checkpoint.root.as_str()), (2, state.root.as_str()));
    let refused = client.get::<Proof>(&format!("/v1/logs/proof?log={log}&leaf=2")).await;
    assert!(matches!(refused, Err(ClientError::Refused(error)) if error.code == "NOT_FOUND"));
}

/// Lets one node answer, and the other ask all cities about the borrower of its loan.
async fn ask_about_borrower(answering: &RunningNode, asking: &RunningNode) -> Dossier {
    let mode = SetMode { operator: "wang".into(), service: "query".into(), mode: "answer".into() };
    let answering = ControlClient::new(answering.control());
    let _: Done = answering.post("/v1/modes", &mode).await.expect("the mode is set");
    let borrower = Person {
        name: "周临".into(),
        document_type: "01".into(),
        document_number: "141099197812310529".into(),
    };
    let ask = Ask {
        operator: "wang".into(),
        to: None,
        kind: "dossier".into(),
        purpose: "L1".into(),
        subjects: vec![borrower],
        transfer: None,
        consent: Some(Consent { reference: "SQ1".into(), digest: "00".repeat(32) }),
        serial: "YW1".into(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    let asking = ControlClient::new(asking.control());
    let asked: Asked = asking.post("/v1/ask", &ask).await.expect("it is asked");
    let path = format!("/v1/dossiers/{}?wait=true", asked.dossier);
    let dossier = timeout(LIMIT, asking.get::<Dossier>(&path)).await.expect("in time");
    dossier.expect("the dossier")
}
