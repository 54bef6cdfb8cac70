//! The layout of the store: every prefix stands here, and nowhere else.
//!
//! Keys are a one-byte area, then fixed-size big-endian parts, so that ranges follow from the parts.
//! Values are deterministic CBOR, or raw tiles.
//!
//! **Promises.** No two areas share a first byte; no area begins with 0xFF.

/// An area of the store: the first byte of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Area {
    /// Single values: format, last time acted at, modes. Key: name.
    Single = b'!',
}

/// Builds a key from an area and its parts.
#[must_use]
pub fn key(area: Area, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![area as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}
