//! What logs cost, beside the primitives that they are made of, measured in the same run.
//!
//! An append must cost one hash a leaf and a few hundred at the right edge, whatever the length of
//! the log; a lookup by tag one range of the store, whatever the number of leaves.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use ed25519_dalek::{Signer as _, SigningKey};
use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::digest::{Digest, DigestStatus};
use fundlink_protocol::engine::tag_index;
use fundlink_protocol::id::{Commitment, SubjectTag};
use fundlink_protocol::log::append::append;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::log::proof::{Place, TiledTree, verify_consistency, verify_inclusion};
use fundlink_protocol::log::tile::{TileId, TileReader};
use fundlink_protocol::log::tree::{LeafIndex, TreeSize, leaf_hash};
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::memory::MemoryStore;
use fundlink_protocol::store::{Batch, Staged, Store as _};
use fundlink_protocol::time::Date;

/// Tiles in memory.
#[derive(Default)]
struct Tiles(BTreeMap<TileId, Vec<u8>>);

impl TileReader for Tiles {
    type Error = Infallible;

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(&tile).cloned())
    }
}

fn digest(number: u64) -> Digest {
    let mut tag = [0; 32];
    tag[..8].copy_from_slice(&number.to_le_bytes());
    Digest {
        status: DigestStatus::AccountOpen,
        revision: 1,
        previous: None,
        previous_log: None,
        taken_in: None,
        epoch: 1,
        subjects: vec![SubjectTag::new(tag)],
        reference: None,
        commitment: Commitment::new(tag),
        date: Date::new(2026, 5, 6).unwrap(),
        channel: None,
    }
}

fn entries(from: u64, count: u64) -> Vec<Vec<u8>> {
    (from..from + count).map(|number| cbor::encode(&digest(number))).collect()
}

fn log_of(count: u64) -> (Tiles, TreeSize) {
    let mut tiles = Tiles::default();
    let appended = append(&tiles, TreeSize::ZERO, &entries(0, count)).unwrap();
    tiles.0.extend(appended.writes.into_iter().map(|write| (write.tile, write.bytes)));
    (tiles, appended.size)
}

fn primitives(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("primitive");
    let entry = cbor::encode(&digest(1));
    group.bench_function("hash of a digest", |b| b.iter(|| leaf_hash(black_box(&entry))));
    let key = SigningKey::from_bytes(&[7; 32]);
    let signature = key.sign(&entry);
    group.bench_function("signature", |b| b.iter(|| key.sign(black_box(&entry))));
    let public = key.verifying_key();
    group.bench_function("strict verification", |b| {
        b.iter(|| public.verify_strict(black_box(&entry), &signature));
    });
    group.finish();
}

fn appending(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append");
    for length in [1_000, 205_000] {
        let (tiles, size) = log_of(length);
        for count in [1, 64, 1_024] {
            let batch = entries(length, count);
            group.throughput(Throughput::Elements(count));
            let id = BenchmarkId::new(format!("to {length} leaves"), count);
            group.bench_function(id, |b| b.iter(|| append(&tiles, size, black_box(&batch))));
        }
    }
    group.finish();
}

fn proving(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("proof");
    let (tiles, size) = log_of(205_000);
    let root = TiledTree::new(&tiles, size).root().unwrap();
    let index = LeafIndex::new(123_456);
    let path = TiledTree::new(&tiles, size).inclusion_proof(index).unwrap();
    let leaf = leaf_hash(&cbor::encode(&digest(index.get())));
    let place = Place { index, size };
    group.bench_function("make inclusion", |b| {
        b.iter(|| TiledTree::new(&tiles, size).inclusion_proof(black_box(index)));
    });
    group.bench_function("verify inclusion", |b| {
        b.iter(|| verify_inclusion(place, black_box(&leaf), &path, &root));
    });
    let old = TreeSize::new(204_000).unwrap();
    let old_root = TiledTree::new(&tiles, old).root().unwrap();
    let proof = TiledTree::new(&tiles, size).consistency_proof(old).unwrap();
    group.bench_function("make consistency", |b| {
        b.iter(|| TiledTree::new(&tiles, size).consistency_proof(black_box(old)));
    });
    group.bench_function("verify consistency", |b| {
        b.iter(|| verify_consistency((old, &old_root), (size, black_box(&root)), &proof));
    });
    group.finish();
}

fn looking_up(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lookup by tag");
    let log = LogId::public(CenterCode::new(140_100).unwrap(), 1);
    for count in [1_000_u64, 205_000] {
        let mut store = MemoryStore::default();
        let rows = (0..count).map(|number| {
            let digest = digest(number);
            let tag = digest.subjects.first().unwrap();
            let leaf = number.to_be_bytes();
            let row = key(Area::TagIndex, &[tag.as_bytes(), &log.to_key(), &leaf]);
            (row, Some(cbor::encode(&digest)))
        });
        store.commit(Batch { writes: rows.collect() }).unwrap();
        let tag = digest(count / 2).subjects.first().copied().unwrap();
        group.bench_function(BenchmarkId::new("among leaves", count), |b| {
            b.iter_batched(
                || Staged::new(&store),
                |view| tag_index::by_tag(&view, black_box(tag), 64),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    primitives(&mut criterion);
    appending(&mut criterion);
    proving(&mut criterion);
    looking_up(&mut criterion);
    criterion.final_summary();
}
