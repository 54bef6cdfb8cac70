//! Single values of the store: the clock, the roster in force.

use crate::cbor;
use crate::roster::Roster;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::Timestamp;

/// The highest time at which the node acted; 1970 for a new store.
///
/// # Errors
/// When the store cannot be read.
pub fn clock(view: &dyn View) -> Result<Timestamp, StoreError> {
    read(view, b"clock").map(Option::unwrap_or_default)
}

/// Stages the highest time at which the node acted.
pub fn put_clock(view: &mut dyn View, now: Timestamp) {
    write(view, b"clock", &now);
}

/// The roster in force.
///
/// # Errors
/// When the store cannot be read.
pub fn roster(view: &dyn View) -> Result<Option<Roster>, StoreError> {
    read(view, b"roster")
}

/// Stages the roster in force.
pub fn put_roster(view: &mut dyn View, roster: &Roster) {
    write(view, b"roster", roster);
}

/// A single value by its name.
///
/// # Errors
/// When the store cannot be read or the value is damaged.
pub fn read<T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>>(
    view: &dyn View,
    name: &[u8],
) -> Result<Option<T>, StoreError> {
    let bytes = view.get(&key(Area::Single, &[name]))?;
    bytes.map(|bytes| cbor::decode_stored("single values", &bytes)).transpose()
}

/// Stages a single value under its name.
pub fn write<T: minicbor::Encode<()>>(view: &mut dyn View, name: &[u8], value: &T) {
    view.put(key(Area::Single, &[name]), cbor::encode(value));
}
