//! Evidence files: the ZIP around the parts, and the whole of `verify`.
//!
//! **Promises.** Whatever a file was changed to, what is reported as proved stood in an honest file.
//! **Left to others.** The honest files: the vectors.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fundlink_node::evidence_file;
use fundlink_protocol::cbor;
use fundlink_protocol::evidence::{
    Demand, PageLanguage, Parts, Report, complete, names, page_text, verify,
};
use fundlink_protocol::roster::chain::TrustAnchor;

use crate::known::{Known, known};

/// All that the honest files prove, one line a fact.
static PROVED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut proved = BTreeSet::new();
    for parts in &known().evidence {
        let report = verify(parts, anchor(parts).as_ref(), Demand::Signed);
        proved.extend(report.iter().flat_map(facts));
    }
    proved
});

fn anchor(parts: &Parts) -> Option<TrustAnchor> {
    parts.get(names::ANCHOR).and_then(|bytes| cbor::decode(bytes).ok())
}

/// What a report says, without how far it is proved and in which part it stands.
fn facts(report: &Report) -> Vec<String> {
    let mut facts = vec![format!("anchor {:?}", report.anchor)];
    facts.extend(report.rosters.iter().map(|roster| format!("roster {}", roster.hash)));
    for statement in &report.statements {
        let (from, to) = (statement.from, statement.to);
        facts.push(format!("{:?} {} {from} {to:?}", statement.kind, statement.hash));
    }
    for leaf in &report.leaves {
        facts.push(format!("leaf {} {} {:?}", leaf.log, leaf.index, leaf.digest));
    }
    for access in &report.accesses {
        facts.push(format!("access {} {} {:?}", access.log, access.index, access.access));
    }
    facts
}

/// Panics when a file proves what no honest file proves.
fn check(parts: &Parts, known: &Known) {
    for demand in [Demand::Witnessed, Demand::Logged, Demand::Signed] {
        let Ok(report) = verify(parts, Some(&known.join_file.anchor), demand) else { continue };
        let proved = facts(&report);
        let stranger = proved.iter().find(|fact| !PROVED.contains(*fact));
        assert!(stranger.is_none(), "verified, and in no honest file: {stranger:?}");
        for language in [PageLanguage::Chinese, PageLanguage::English] {
            assert!(!page_text(&report, language).is_empty());
        }
    }
}

/// A whole file.
pub(crate) fn container(bytes: &[u8]) {
    let parts = match evidence_file::unpack(bytes) {
        Ok(parts) => parts,
        Err(fault) => {
            assert!(!fault.english().is_empty() && !fault.chinese().is_empty());
            return;
        }
    };
    let packed = evidence_file::pack(&parts).ok();
    let again = packed.and_then(|packed| evidence_file::unpack(&packed).ok());
    assert_eq!(again.as_ref(), Some(&parts), "what is packed is unpacked as it was");
    check(&parts, known());
}

/// An honest file by its place, and then three bytes and more for each change.
pub(crate) fn parts(bytes: &[u8]) {
    let Some((choice, mut rest)) = bytes.split_first() else { return };
    let known = known();
    let Some(honest) = known.evidence.get(usize::from(choice & 0x7f) % known.evidence.len()) else {
        return;
    };
    let mut parts = honest.clone();
    while let Some((change, after)) = rest.split_first_chunk::<4>() {
        rest = apply(&mut parts, *change, after, known);
    }
    // With the page and the manifest written anew, as whoever changes a file would do.
    if choice & 0x80 != 0
        && let Ok(completed) = complete(parts.clone())
    {
        parts = completed;
    }
    check(&parts, known);
}

/// Applies one change; gives the bytes that it did not use.
fn apply<'a>(parts: &mut Parts, change: [u8; 4], rest: &'a [u8], known: &Known) -> &'a [u8] {
    let [action, which, high, low] = change;
    let place = usize::from(u16::from_be_bytes([high, low]));
    let names: Vec<String> = parts.keys().cloned().collect();
    let Some(name) = names.get(usize::from(which) % names.len().max(1)) else { return &[] };
    let other = names.get(place % names.len());
    match action % 8 {
        0 => drop(parts.remove(name)),
        1 => {
            if let Some(byte) = byte_at(parts, name, place) {
                *byte ^= 1 << (action >> 5);
            }
        }
        2 => {
            if let (Some(other), Some(bytes)) = (other, parts.get(name).cloned()) {
                parts.insert(other.clone(), bytes);
            }
        }
        3 => {
            let file = known.evidence.get(place % known.evidence.len());
            if let Some(bytes) = file.and_then(|file| file.get(name)) {
                parts.insert(name.clone(), bytes.clone());
            }
        }
        4 => {
            let file = known.evidence.get(place % known.evidence.len());
            parts.extend(
                file.into_iter().flatten().map(|(name, part)| (name.clone(), part.clone())),
            );
        }
        5 => {
            if let Some(bytes) = parts.get_mut(name) {
                bytes.truncate(place % (bytes.len() + 1));
            }
        }
        6 => {
            let (written, after) = rest.split_at(rest.len().min(place % 32));
            if let Some(bytes) = parts.get_mut(name) {
                bytes.extend(written);
            }
            return after;
        }
        _ => {
            let (written, after) = rest.split_at(rest.len().min(place % 32));
            if let Some(bytes) = parts.remove(name) {
                parts.insert(String::from_utf8_lossy(written).into_owned(), bytes);
            }
            return after;
        }
    }
    rest
}

fn byte_at<'a>(parts: &'a mut Parts, name: &str, place: usize) -> Option<&'a mut u8> {
    let bytes = parts.get_mut(name)?;
    let place = place.checked_rem(bytes.len())?;
    bytes.get_mut(place)
}
