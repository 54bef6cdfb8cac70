//! CBOR as a tree, by a reader and a writer that share nothing with the protocol's own.
//!
//! **Promises.** Only deterministic CBOR (RFC 8949 §4.2.1) is read: shortest integers, definite lengths,
//! ascending keys, no floats, nothing after the end. What was read is written as the same bytes.
//! **Left to others.** What the values mean.

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    /// An integer from 0 up.
    Number(u64),
    /// −1 − n.
    Negative(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A map, in the order of its keys.
    Map(Vec<(Self, Self)>),
    /// A value with a tag.
    Tagged(u64, Box<Self>),
    /// `false` or `true`.
    Bool(bool),
}

/// Nesting that is read; the protocol has far less.
const DEPTH_MAX: u32 = 64;

impl Tree {
    /// The value that these bytes are; none for anything that is not deterministic.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (tree, rest) = read(bytes, 0)?;
        rest.is_empty().then_some(tree)
    }

    /// The bytes.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.add_to(&mut bytes);
        bytes
    }

    fn add_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Number(number) => head(bytes, 0, *number),
            Self::Negative(number) => head(bytes, 1, *number),
            Self::Bytes(content) => {
                head(bytes, 2, length(content.len()));
                bytes.extend(content);
            }
            Self::Text(text) => {
                head(bytes, 3, length(text.len()));
                bytes.extend(text.as_bytes());
            }
            Self::List(list) => {
                head(bytes, 4, length(list.len()));
                list.iter().for_each(|item| item.add_to(bytes));
            }
            Self::Map(map) => {
                head(bytes, 5, length(map.len()));
                for (key, value) in map {
                    key.add_to(bytes);
                    value.add_to(bytes);
                }
            }
            Self::Tagged(tag, value) => {
                head(bytes, 6, *tag);
                value.add_to(bytes);
            }
            Self::Bool(value) => bytes.push(0xf4 | u8::from(*value)),
        }
    }

    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<String> {
        if let Self::Text(text) = self { Some(text.clone()) } else { None }
    }

    /// The bytes, where they are some.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        if let Self::Bytes(bytes) = self { Some(bytes.clone()) } else { None }
    }

    /// The values below this one, itself first, in the order of the bytes.
    pub(crate) fn count(&self) -> usize {
        1 + match self {
            Self::List(list) => list.iter().map(Self::count).sum(),
            Self::Map(map) => map.iter().map(|(_, value)| value.count()).sum(),
            Self::Tagged(_, value) => value.count(),
            Self::Number(_)
            | Self::Negative(_)
            | Self::Bytes(_)
            | Self::Text(_)
            | Self::Bool(_) => 0_usize,
        }
    }

    /// The value at a place as [`count`](Self::count) counts.
    pub(crate) fn at(&mut self, place: usize) -> Option<&mut Self> {
        let Some(mut left) = place.checked_sub(1) else { return Some(self) };
        let below: Vec<&mut Self> = match self {
            Self::List(list) => list.iter_mut().collect(),
            Self::Map(map) => map.iter_mut().map(|(_, value)| value).collect(),
            Self::Tagged(_, value) => vec![&mut **value],
            Self::Number(_)
            | Self::Negative(_)
            | Self::Bytes(_)
            | Self::Text(_)
            | Self::Bool(_) => Vec::new(),
        };
        for value in below {
            let count = value.count();
            if left < count {
                return value.at(left);
            }
            left -= count;
        }
        None
    }
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The shortest head of a major type.
fn head(bytes: &mut Vec<u8>, major: u8, number: u64) {
    let major = major << 5;
    if let Ok(small) = u8::try_from(number) {
        if small < 24 {
            return bytes.push(major | small);
        }
        return bytes.extend([major | 24, small]);
    }
    if let Ok(number) = u16::try_from(number) {
        bytes.push(major | 25);
        return bytes.extend(number.to_be_bytes());
    }
    if let Ok(number) = u32::try_from(number) {
        bytes.push(major | 26);
        return bytes.extend(number.to_be_bytes());
    }
    bytes.push(major | 27);
    bytes.extend(number.to_be_bytes());
}

fn read_head(bytes: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (major, short) = (first >> 5, first & 0x1f);
    let width: usize = match short {
        0..24 => return Some((major, u64::from(short), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(width)?;
    let number = number.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let least = match width {
        1 => 24,
        2 => 1 << 8,
        4 => 1 << 16,
        _ => 1 << 32,
    };
    (number >= least).then_some((major, number, rest))
}

fn read(bytes: &[u8], depth: u32) -> Option<(Tree, &[u8])> {
    if depth > DEPTH_MAX {
        return None;
    }
    let (major, number, mut rest) = read_head(bytes)?;
    let content = |rest| usize::try_from(number).ok().and_then(|size| split(rest, size));
    let tree = match major {
        0 => Tree::Number(number),
        1 => Tree::Negative(number),
        2 | 3 => {
            let (content, after) = content(rest)?;
            rest = after;
            if major == 2 {
                Tree::Bytes(content.to_vec())
            } else {
                Tree::Text(core::str::from_utf8(content).ok()?.to_owned())
            }
        }
        4 => {
            let mut list = Vec::new();
            for _ in 0..number {
                let (item, after) = read(rest, depth + 1)?;
                rest = after;
                list.push(item);
            }
            Tree::List(list)
        }
        5 => {
            let mut map: Vec<(Tree, Tree)> = Vec::new();
            for _ in 0..number {
                let (key, after) = read(rest, depth + 1)?;
                let (value, after) = read(after, depth + 1)?;
                rest = after;
                if map.last().is_some_and(|(before, _)| before.write() >= key.write()) {
                    return None;
                }
                map.push((key, value));
            }
            Tree::Map(map)
        }
        6 => {
            let (value, after) = read(rest, depth + 1)?;
            rest = after;
            Tree::Tagged(number, Box::new(value))
        }
        _ => match bytes.first() {
            Some(0xf4) => Tree::Bool(false),
            Some(0xf5) => Tree::Bool(true),
            _ => return None,
        },
    };
    Some((tree, rest))
}

fn split(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(size)
}

/// Panics when bytes that a decoder took are not deterministic.
pub(crate) fn assert_deterministic(bytes: &[u8]) {
    let tree = Tree::read(bytes);
    assert!(tree.is_some(), "a decoder took CBOR that is not deterministic");
    assert!(tree.is_some_and(|tree| tree.write() == bytes), "the tree is written as other bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_deterministic_bytes_are_read_and_come_back() {
        for good in [&b"\x00"[..], b"\x18\x18", b"\xa2\x01\x02\x02\xf5", b"\xd2\x82\x20\x61a"] {
            assert_eq!(Tree::read(good).unwrap().write(), good);
        }
        for bad in [&b""[..], b"\x18\x17", b"\x9f\xff", b"\xa2\x02\x02\x01\x02", b"\x00\x00"] {
            assert_eq!(Tree::read(bad), None, "{bad:02x?}");
        }
        assert_eq!(Tree::read(&[0x81; 100_000]), None);
    }

    #[test]
    fn every_value_has_its_place() {
        let mut tree = Tree::read(b"\x82\xa1\x01\x18\x20\x61a").unwrap();
        assert_eq!(tree.count(), 4);
        assert_eq!(tree.at(2), Some(&mut Tree::Number(32)));
        assert_eq!(tree.at(3), Some(&mut Tree::Text("a".into())));
        assert_eq!(tree.at(4), None);
    }
}
