//! What an engine opens with, and what of its own log counts.
//!
//! **Promises.** A clock that went back further than clocks differ opens nothing; leaves that nobody
//! counts are known not to.
//! **Left to others.** The parts: their own tests.

use super::imports::ImportItem;
use super::publishing;
use super::records::RecordKind;
use super::recovery::pulled::Next;
use super::{Engine, EngineError, equivocation, publication, single};
use crate::cbor;
use crate::digest::Digest;
use crate::limits::CLOCK_SKEW_MS;
use crate::log::origin::LogId;
use crate::store::Staged;
use crate::store::keys::{Area, key};
use crate::testing::logs::{Face, digest, publish};
use crate::testing::people::{LI, account};
use crate::testing::{DATONG, Province, TAIYUAN};

#[test]
fn a_node_opens_while_its_clock_is_behind_by_no_more_than_clocks_differ() {
    let mut province = Province::new();
    province.advance(1_000);
    let node = province.node(DATONG);
    let (store, settings) = (node.engine.store().clone(), node.engine.settings().clone());
    let last = single::clock(&Staged::new(&store)).unwrap();
    for (behind_ms, opens) in [(0, true), (CLOCK_SKEW_MS, true), (CLOCK_SKEW_MS + 1, false)] {
        let opened = Engine::open(store.clone(), settings.clone(), last.plus_ms(-behind_ms));
        let behind = opened.err().map(|error| {
            let EngineError::ClockBehind { behind_ms } = error else { panic!("{error}") };
            behind_ms
        });
        assert_eq!(behind, (!opens).then_some(behind_ms));
    }
}

#[test]
fn of_a_convicted_log_the_leaves_count_that_a_quorum_cosigned() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(2_000);
    let stands = |province: &mut Province| {
        [(1, 0), (1, 9), (1, 10), (2, 99)].map(|(number, leaf)| {
            province.act(TAIYUAN, |round| publication::stands(round, number, leaf).unwrap())
        })
    };
    assert_eq!(stands(&mut province), [true; 4]);
    Face::new(log, 100..110).gossip(&mut province, DATONG, TAIYUAN);
    province.advance(5_000);
    assert!(
        province
            .act(TAIYUAN, |round| { equivocation::is_convicted(round.view, TAIYUAN, 1).unwrap() })
    );
    assert_eq!(stands(&mut province), [true, true, false, true]);
}

#[test]
fn a_record_is_published_where_its_latest_leaf_stands_although_a_restored_store_knew_an_earlier() {
    let mut province = Province::new();
    let own = account(DATONG, "9923041500021", LI, 3);
    province.import(DATONG, vec![ImportItem::Account(Box::new(own.clone()))]).unwrap();
    province.tamper();
    let number = own.record.account.number.as_str();
    let published = |province: &mut Province| {
        province.act(DATONG, |round| {
            publishing::published(round.view, RecordKind::Account, number).unwrap().unwrap()
        })
    };
    let before = published(&mut province);
    let later: Digest = Digest { revision: 2, ..digest(7) };
    let next = Next { log: 2, leaf: 5, entry: cbor::encode(&later).into() };
    let place = [&before.log.to_be_bytes()[..], &before.leaf.to_be_bytes()].concat();
    province.act(DATONG, |round| {
        round.view.put(key(Area::PulledNext, &[&place]), cbor::encode(&next));
    });
    let after = published(&mut province);
    assert_eq!((after.log, after.leaf), (2, 5));
    assert_eq!(after.digest().unwrap(), later);
    assert_ne!(after.content, before.content, "of no record that is here");
    let is_this = province
        .act(DATONG, |round| publishing::published_account(round.view, &own).unwrap().is_some());
    assert!(!is_this);
}
