//! What can be changed in something that was said: fields of a payload, frames, notes.
//!
//! **Promises.** What is changed stays CBOR in its one encoding, and is signed by who said it: so it
//! comes as far as the engine. What is forged is signed by somebody else, or not at all.

use fundlink_protocol::cose::{Received, Unsigned};
use fundlink_protocol::key::{KeyPurpose, Keyring as _, SigningRequest};
use fundlink_protocol::log::checkpoint::Checkpoint;
use fundlink_protocol::log::note::SignedNote;
use fundlink_protocol::log::origin::LogId;
use fundlink_protocol::log::tree::TreeSize;
use fundlink_protocol::log_trust::log_key;

use super::{Acts, pick};
use crate::members::{self, MEMBERS};
use crate::stage::{Said, Stage, Way};
use crate::tree::Tree;

/// Changes of one statement.
const CHANGES_MAX: u8 = 4;

/// Something that was said, changed and signed again.
pub(super) fn changed(stage: &Stage, said: &Said, acts: &mut Acts<'_>) -> Option<Said> {
    let bytes = match said.way {
        Way::Statement | Way::Heartbeat => {
            let received = Received::parse(said.bytes.clone()).ok()?;
            let payload = change(stage, received.payload(), acts)?;
            let actor = stage.actors.get(&author(&received)?)?;
            let unsigned = Unsigned::new(received.kind(), received.key(), payload);
            sign(&actor.keyring, &unsigned)?
        }
        Way::SyncRequest | Way::SyncReply(_) | Way::RosterRequest | Way::RosterReply => {
            change(stage, &said.bytes, acts)?
        }
        Way::Checkpoint => other_checkpoint(stage, said, acts)?,
    };
    Some(Said { bytes, ..said.clone() })
}

/// Who says it, also where its payload has become another.
fn author(received: &Received) -> Option<fundlink_protocol::center::CenterCode> {
    MEMBERS.into_iter().find(|code| {
        let key = members::keyring(*code).public(KeyPurpose::Statement);
        key.is_some_and(|key| key.id() == received.key())
    })
}

fn sign(keyring: &fundlink_protocol::key::MemoryKeyring, unsigned: &Unsigned) -> Option<Vec<u8>> {
    let message = unsigned.signing_bytes(members::network().as_str());
    let request = SigningRequest { purpose: KeyPurpose::Statement, message };
    Some(unsigned.assemble(&keyring.sign_one(&request).ok()?))
}

/// The same payload under the signature of somebody else: under the author's name or under the
/// signer's own.
pub(super) fn forged(stage: &Stage, said: &Said, acts: &mut Acts<'_>) -> Option<Said> {
    if said.way != Way::Statement && said.way != Way::Heartbeat {
        return None;
    }
    let received = Received::parse(said.bytes.clone()).ok()?;
    let author = author(&received)?;
    let others: Vec<_> = MEMBERS.into_iter().filter(|code| *code != author).collect();
    let other = stage.actors.get(pick(&others, acts.byte())?)?;
    let key = match acts.byte() % 2 {
        0 => received.key(),
        _ => other.keyring.public(KeyPurpose::Statement)?.id(),
    };
    let unsigned = Unsigned::new(received.kind(), key, received.payload().to_vec());
    Some(Said { bytes: sign(&other.keyring, &unsigned)?, ..said.clone() })
}

/// CBOR with some of its values changed.
fn change(stage: &Stage, bytes: &[u8], acts: &mut Acts<'_>) -> Option<Vec<u8>> {
    let mut tree = Tree::read(bytes)?;
    for _ in 0..=acts.byte() % CHANGES_MAX {
        let place = usize::from(acts.byte()) % tree.count();
        let value = other_value(stage, tree.at(place)?, acts)?;
        *tree.at(place)? = value;
    }
    Some(tree.write())
}

fn other_value(stage: &Stage, value: &Tree, acts: &mut Acts<'_>) -> Option<Tree> {
    let number = acts.number();
    Some(match value {
        Tree::Number(before) => other_number(*before, number),
        Tree::Negative(before) => Tree::Negative(before.wrapping_add(number)),
        Tree::Bool(before) => Tree::Bool(!before),
        Tree::Tagged(_, inner) => (**inner).clone(),
        Tree::Text(text) => Tree::Text(match number % 4 {
            0 => String::new(),
            1 => text.repeat(usize::from(acts.byte())),
            2 => format!("{text}{number}"),
            _ => borrowed(stage, acts, Tree::text)?,
        }),
        Tree::Bytes(bytes) => Tree::Bytes(match number % 3 {
            0 => bytes.iter().map(|byte| byte.wrapping_add(1)).collect(),
            1 => bytes.iter().skip(1).copied().collect(),
            _ => borrowed(stage, acts, Tree::bytes)?,
        }),
        Tree::List(list) => {
            let mut list = list.clone();
            let place = usize::from(acts.byte()).checked_rem(list.len());
            match (number % 3, place) {
                (0, Some(place)) => drop(list.remove(place)),
                (1, Some(place)) => list.push(list.get(place)?.clone()),
                (_, Some(place)) => list.swap(0, place),
                (_, None) => list.push(Tree::Number(number)),
            }
            Tree::List(list)
        }
        Tree::Map(map) => {
            let mut map = map.clone();
            let place = usize::from(acts.byte()).checked_rem(map.len())?;
            if number.is_multiple_of(2) {
                map.remove(place);
            } else {
                let other = map.get(usize::from(acts.byte()) % map.len())?.1.clone();
                map.get_mut(place)?.1 = other;
            }
            Tree::Map(map)
        }
    })
}

/// A number near the one before, at an edge, or any.
fn other_number(before: u64, number: u64) -> Tree {
    let edges = [0, 1, u64::from(u32::MAX), u64::MAX >> 1, u64::MAX];
    let choice = number % 8;
    Tree::Number(match choice {
        0 => before.wrapping_add(1),
        1 => before.wrapping_sub(1),
        2 => {
            edges.get(usize::try_from(number >> 3).unwrap_or(0) % edges.len()).copied().unwrap_or(0)
        }
        3 => before.wrapping_add(number * 86_400_000),
        4 => before.wrapping_sub(number * 1_000),
        5 => before.wrapping_mul(2),
        _ => number,
    })
}

/// A value out of something else that was said.
fn borrowed<T>(
    stage: &Stage,
    acts: &mut Acts<'_>,
    wanted: impl Fn(&Tree) -> Option<T>,
) -> Option<T> {
    let other = pick(&stage.said, acts.byte())?;
    let payload = match Received::parse(other.bytes.clone()) {
        Ok(received) => received.payload().to_vec(),
        Err(_) => other.bytes.clone(),
    };
    let mut tree = Tree::read(&payload)?;
    let values: Vec<T> = (0..tree.count()).filter_map(|place| wanted(tree.at(place)?)).collect();
    let place = usize::from(acts.byte()).checked_rem(values.len())?;
    values.into_iter().nth(place)
}

/// A checkpoint of the same log with another size or root, signed by its center: a second face.
fn other_checkpoint(stage: &Stage, said: &Said, acts: &mut Acts<'_>) -> Option<Vec<u8>> {
    let note = SignedNote::parse(&said.bytes).ok()?;
    let mut checkpoint = Checkpoint::parse(note.text()).ok()?;
    let log = LogId::parse(&members::network(), &checkpoint.origin)?;
    let size = checkpoint.size.get().wrapping_add(acts.number() % 4);
    checkpoint.size = TreeSize::new(size).ok()?;
    if acts.byte().is_multiple_of(2) {
        checkpoint.root = fundlink_protocol::id::TreeHash::new([acts.byte(); 32]);
    }
    let keyring = &stage.actors.get(&log.center)?.keyring;
    let key = log_key(&members::network(), log, &keyring.public(KeyPurpose::Log)?)?;
    let message = checkpoint.text().into_bytes();
    let signature = keyring.sign_one(&SigningRequest { purpose: KeyPurpose::Log, message }).ok()?;
    Some(checkpoint.signed(&key, signature.0).ok()?.encode())
}
