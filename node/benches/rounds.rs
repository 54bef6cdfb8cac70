//! What a round costs beside the primitives that it is made of, measured in the same run.
//!
//! One commit must cost about one `fdatasync`, whether one input waits or a thousand: so a thousand
//! writes in one commit, or 256 callers at once, must cost far less each than one alone.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput};
use ed25519_dalek::{Signer as _, SigningKey};
use fundlink_node::config::Config;
use fundlink_node::config::file::ConfigFile;
use fundlink_node::keyfile::keys::KeySet;
use fundlink_node::node::{Node, RunningNode};
use fundlink_node::store::sled::SledStore;
use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::single;
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::roster::{Member, MemberLog, MemberStatus, Roster, Suite};
use fundlink_protocol::store::{Batch, Staged, Store as _};
use fundlink_protocol::subject::TagEpoch;
use fundlink_protocol::time::Timestamp;
use tokio::runtime::Runtime;

/// Writes of one commit: one alone, and a round's worth.
const WRITES: [u64; 2] = [1, 1_000];
/// Callers at once: one alone, and a busy hour's worth.
const CALLERS: [u64; 2] = [1, 256];
/// Bytes of a value: a digest.
const VALUE: [u8; 200] = [7; 200];

fn primitives(criterion: &mut Criterion, folder: &Path) {
    let mut group = criterion.benchmark_group("primitive");
    let mut file = File::create(folder.join("raw")).unwrap();
    group.bench_function("append 200 bytes and fdatasync", |bencher| {
        bencher.iter(|| {
            file.write_all(&VALUE).unwrap();
            file.sync_data().unwrap();
        });
    });
    let key = SigningKey::from_bytes(&[7; 32]);
    group.bench_function("sign 200 bytes", |bencher| {
        bencher.iter(|| black_box(key.sign(&VALUE)));
    });
    group.finish();
}

fn commits(criterion: &mut Criterion, folder: &Path) {
    let mut group = criterion.benchmark_group("commit");
    let mut store = SledStore::open(&folder.join("store")).unwrap();
    let mut next = 0_u64;
    for count in WRITES {
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::new("writes", count), |bencher| {
            bencher.iter(|| {
                let numbers = next..next + count;
                next += count;
                let write = |number: u64| (number.to_be_bytes().to_vec(), Some(VALUE.to_vec()));
                store.commit(Batch { writes: numbers.map(write).collect() }).unwrap();
            });
        });
    }
    group.finish();
}

fn callers(criterion: &mut Criterion, folder: &Path) {
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(start(&folder.join("node")));
    let mut group = criterion.benchmark_group("command");
    for count in CALLERS {
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::new("callers", count), |bencher| {
            bencher.iter(|| {
                let asked = (0..count).map(|_| {
                    let engine = node.engine().clone();
                    runtime.spawn(async move { engine.command(Command::Status).await.is_ok() })
                });
                let asked: Vec<_> = asked.collect();
                let all = runtime.block_on(futures::future::join_all(asked));
                assert!(all.into_iter().all(|answered| answered.unwrap()));
            });
        });
    }
    group.finish();
    runtime.block_on(node.stop());
}

/// A node that is alone in its network.
async fn start(folder: &Path) -> RunningNode {
    let text = "[node]\nnetwork = \"bench\"\ncenter = \"140100\"\n\
                [listen]\npeers = [\"127.0.0.1:0\"]\nhealth = \"off\"\n";
    let config = Config::from_file(ConfigFile::parse(text).unwrap(), folder).unwrap();
    let center = CenterCode::parse("140100").unwrap();
    let begin = Timestamp::from_ms(0);
    let keys = KeySet::generate("bench", center, Role::Center, begin).unwrap();
    let member = Member {
        code: center,
        name: "中心".into(),
        role: Role::Center,
        status: MemberStatus::Active,
        admitted_in: 1,
        keys: Vec::new(),
        addresses: Vec::new(),
        logs: vec![MemberLog { number: 1, closed: None }],
        grants: None,
        revocation: None,
    };
    let roster = Roster {
        authority: CenterCode::parse("140000").unwrap(),
        issued: begin,
        network: NetworkName::parse("bench").unwrap(),
        version: 1,
        previous: None,
        renew_by: Timestamp::from_ms(i64::MAX),
        members: vec![member],
        witnesses: Vec::new(),
        suite: Suite::Ed25519,
        authority_key: 1,
        tag_epoch: TagEpoch(1),
        annexes: Vec::new(),
        lending: None,
    };
    let mut store = SledStore::open(&config.data).unwrap();
    let mut staged = Staged::new(&store);
    single::put_roster(&mut staged, &roster);
    let batch = staged.into_batch();
    store.commit(batch).unwrap();
    drop(store);
    Node::start(config, keys).await.unwrap()
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut criterion = Criterion::default().configure_from_args();
    primitives(&mut criterion, folder.path());
    commits(&mut criterion, folder.path());
    callers(&mut criterion, folder.path());
    criterion.final_summary();
}
