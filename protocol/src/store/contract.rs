//! What every [`Store`] must do, as one suite that each implementation runs in its tests.
//!
//! **Left to others.** Durability over a crash: only a test that kills the process can show it.

use super::{Batch, Staged, Store, StoreError, View, prefix_end};

/// Runs the suite on an empty store.
///
/// # Errors
/// Names the first promise that does not hold.
pub fn check(store: &mut impl Store) -> Result<(), String> {
    reads_see_the_last_commit(store)?;
    ranges_are_ordered_and_bounded(store)?;
    a_staged_view_reads_its_own_writes(store)
}

fn reads_see_the_last_commit(store: &mut impl Store) -> Result<(), String> {
    require(fetch(store.get(b"a"))?.is_none(), "an empty store has no value")?;
    commit(store, &[(b"a", Some(b"1")), (b"b", Some(b"2"))])?;
    require(fetch(store.get(b"a"))?.as_deref() == Some(b"1"), "a committed value is read")?;
    commit(store, &[(b"a", Some(b"3")), (b"b", None)])?;
    require(fetch(store.get(b"a"))?.as_deref() == Some(b"3"), "a value is replaced")?;
    require(fetch(store.get(b"b"))?.is_none(), "a deleted key has no value")
}

fn ranges_are_ordered_and_bounded(store: &mut impl Store) -> Result<(), String> {
    commit(
        store,
        &[
            (b"r\x00", Some(b"0")),
            (b"r\x01", Some(b"1")),
            (b"r\xff", Some(b"2")),
            (b"s", Some(b"3")),
        ],
    )?;
    let all = fetch(store.range(b"r", &prefix_end(b"r"), 9))?;
    let keys: Vec<&[u8]> = all.iter().map(|(key, _)| key.as_slice()).collect();
    require(keys == [b"r\x00".as_slice(), b"r\x01", b"r\xff"], "a range is ordered as bytes")?;
    require(fetch(store.range(b"r", b"s", 2))?.len() == 2, "a range keeps its limit")?;
    require(fetch(store.range(b"r", b"r\x01", 9))?.len() == 1, "a range excludes its end")?;
    require(fetch(store.range(b"s", b"r", 9))?.is_empty(), "a range turned around is empty")?;
    let last = fetch(store.last(b"r", b"s"))?;
    require(last.is_some_and(|(key, _)| key == b"r\xff"), "the last entry of a range")?;
    require(fetch(store.last(b"x", b"y"))?.is_none(), "an empty range has no last entry")
}

fn a_staged_view_reads_its_own_writes(store: &mut impl Store) -> Result<(), String> {
    commit(store, &[(b"v1", Some(b"a")), (b"v2", Some(b"b")), (b"v3", Some(b"c"))])?;
    let mut staged = Staged::new(store);
    staged.put(b"v0".to_vec(), b"z".to_vec());
    staged.delete(b"v1".to_vec());
    staged.delete(b"v3".to_vec());
    let seen = fetch(staged.range(b"v", b"w", 2))?;
    let keys: Vec<&[u8]> = seen.iter().map(|(key, _)| key.as_slice()).collect();
    require(keys == [b"v0".as_slice(), b"v2"], "a view shows staged writes and hides deletions")?;
    let last = fetch(staged.last(b"v", b"w"))?;
    require(last.is_some_and(|(key, _)| key == b"v2"), "a view's last entry skips deletions")?;
    let batch = staged.into_batch();
    require(fetch(store.get(b"v0"))?.is_none(), "a staged write is not in the store")?;
    fetch(store.commit(batch))?;
    require(fetch(store.get(b"v0"))?.is_some(), "a committed batch is in the store")
}

fn commit(store: &mut impl Store, writes: &[(&[u8], Option<&[u8]>)]) -> Result<(), String> {
    let writes = writes.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)));
    fetch(store.commit(Batch { writes: writes.collect() }))
}

fn fetch<T>(result: Result<T, StoreError>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn require(holds: bool, promise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("the store breaks its contract: {promise}")) }
}
