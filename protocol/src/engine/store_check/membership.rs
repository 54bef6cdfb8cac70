//! Whose store it is, and the rosters in it.
//!
//! **Promises.** Nothing of another member's store is judged by this member's configuration.
//! **Left to others.** Everything that the rosters vouch for: the other checks.

use super::super::single;
use super::fault::{Cure, Fault};
use super::{Bench, each_of};
use crate::cbor;
use crate::log::origin::LogId;
use crate::roster::Roster;
use crate::roster::chain::{AuthorityKeys, TrustAnchor, VerifiedRoster};
use crate::store::StoreError;
use crate::store::keys::{Area, key};

/// Checks the rosters; false when the store is not this member's.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<bool, StoreError> {
    let (Some(anchor), Some(roster)) =
        (single_value::<TrustAnchor>(bench, b"anchor")?, single_value::<Roster>(bench, b"roster")?)
    else {
        let is_empty = bench.view.get(&key(Area::Single, &[b"clock"]))?.is_none();
        if is_empty {
            let place = "no anchor or roster".to_owned();
            bench.report.tell(Fault::NotJoined, Cure::Configuration, place);
        } else {
            bench.lost(Fault::NotJoined, "no anchor or roster that can be read");
        }
        return Ok(false);
    };
    if let Some(other) = other_member(bench, &anchor, &roster)? {
        bench.report.tell(Fault::OtherMember, Cure::Configuration, other);
        return Ok(false);
    }
    check_chain(bench, anchor, &roster)?;
    Ok(true)
}

fn single_value<T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>>(
    bench: &Bench<'_>,
    name: &[u8],
) -> Result<Option<T>, StoreError> {
    match single::read(bench.view, name) {
        Err(StoreError::Corrupt { .. }) => Ok(None),
        read => read,
    }
}

/// Whose store it is, when it is not the expected member's.
fn other_member(
    bench: &Bench<'_>,
    anchor: &TrustAnchor,
    roster: &Roster,
) -> Result<Option<String>, StoreError> {
    let expected = bench.expected;
    if anchor.network != expected.network {
        return Ok(Some(format!("a store of the network {}", anchor.network.as_str())));
    }
    let mut found = None;
    each_of(bench.view, Area::LogSigning, |_, (key, _)| {
        let log = LogId::from_key(key.get(1..).unwrap_or_default());
        let center = log.map(|log| log.center).filter(|center| *center != expected.center);
        found = found.or(center);
        Ok(())
    })?;
    let not_listed = || format!("a store whose roster does not list {}", expected.center);
    Ok(found
        .map(|center| format!("a store of {center}"))
        .or_else(|| roster.member(expected.center).is_none().then(not_listed)))
}

fn check_chain(
    bench: &mut Bench<'_>,
    anchor: TrustAnchor,
    in_force: &Roster,
) -> Result<(), StoreError> {
    let view = bench.view;
    let mut keys = AuthorityKeys::new(anchor);
    each_of(view, Area::AuthorityKey, |_, (key, bytes)| {
        let is_named =
            keys.add(bytes).is_ok() && key.get(1..) == Some(keys.newest().to_be_bytes().as_slice());
        if !is_named {
            bench.lost(Fault::RosterChain, format!("authority key {}", number_in(key)));
        }
        Ok(())
    })?;
    let mut before: Option<VerifiedRoster> = None;
    each_of(view, Area::Roster, |_, (key, bytes)| {
        let number = number_in(key);
        let Ok(roster) = keys.verify_roster(bytes) else {
            bench.lost(Fault::RosterChain, format!("roster version {number}"));
            return Ok(());
        };
        let is_next = before.as_ref().is_none_or(|before| {
            let next = before.roster().version.checked_add(1) == Some(number);
            !next || roster.roster().check_follows(before.roster()).is_ok()
        });
        if roster.roster().version != number || !is_next {
            bench.lost(Fault::RosterChain, format!("roster version {number}"));
        }
        before = Some(roster);
        Ok(())
    })?;
    let newest = before.map(VerifiedRoster::into_roster);
    if newest.as_ref().is_some_and(|newest| newest.version >= in_force.version) {
        if newest.as_ref() != Some(in_force) {
            let place = key(Area::Single, &[b"roster"]);
            let writes = newest.map(|newest| (place, Some(cbor::encode(&newest))));
            bench.mended(Fault::RosterChain, "the roster in force", writes);
        }
    } else {
        bench.lost(Fault::RosterChain, "the roster in force, as signed");
    }
    Ok(())
}

fn number_in(key: &[u8]) -> u64 {
    let number = key.get(1..).and_then(|bytes| bytes.try_into().ok());
    number.map_or(0, u64::from_be_bytes)
}
