//! Entry bundles (`c2sp.org/tlog-tiles`): up to 256 entries, each after its length in two bytes.
//!
//! **Promises.** Reading accepts only whole entries with nothing after them.
//! **Left to others.** Which bundle an entry lies in: [`tile`](super::tile).

use super::tile::TILE_WIDTH;

/// An entry that does not fit its two-byte length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log entry has at most 65535 bytes")]
pub struct EntryTooLong;

/// Bytes that are not an entry bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a bundle of 1 to 256 length-prefixed entries")]
pub struct BundleError;

/// Appends an entry to the bytes of a bundle.
///
/// # Errors
/// When the entry has more than 65,535 bytes; the bundle is then unchanged.
pub fn push(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong)?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The entries of a bundle.
///
/// # Errors
/// When an entry is cut short, or there are none, or more than 256.
pub fn parse(bundle: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(BundleError)?;
        let (entry, after) =
            after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(BundleError)?;
        entries.push(entry);
        if entries.len() > usize::from(TILE_WIDTH) {
            return Err(BundleError);
        }
        rest = after;
    }
    if entries.is_empty() { Err(BundleError) } else { Ok(entries) }
}

/// The bytes of the first `width` entries of a bundle; `None` when it has fewer.
#[must_use]
pub fn prefix(bundle: &[u8], width: u16) -> Option<&[u8]> {
    let mut rest = bundle;
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk::<2>()?;
        (_, rest) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    }
    bundle.len().checked_sub(rest.len()).and_then(|length| bundle.get(..length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_round_trips_and_its_prefix_is_a_bundle() {
        let mut bundle = Vec::new();
        let entries: [&[u8]; 3] = [b"one", b"", &[7; 65_535]];
        for entry in entries {
            push(&mut bundle, entry).unwrap();
        }
        assert_eq!(parse(&bundle).unwrap(), entries);
        assert_eq!(parse(prefix(&bundle, 2).unwrap()).unwrap(), entries[..2]);
        assert_eq!(prefix(&bundle, 4), None);
        assert_eq!(push(&mut bundle, &[0; 65_536]), Err(EntryTooLong));
    }

    #[test]
    fn what_is_not_a_bundle_is_refused() {
        let too_many = [0_u8; 2 * 257];
        for bad in [&[][..], &[0], &[0, 1], &[0, 1, 9, 0], &too_many] {
            assert_eq!(parse(bad), Err(BundleError));
        }
        assert_eq!(parse(&[0; 2 * 256]).unwrap().len(), 256);
    }
}
