//! A ZIP of plain files, read strictly: one way to write it, and little else is read.
//!
//! Libraries read what they can make sense of, each in its own way, so that two of them see two
//! things in one file. Here the directory and the entries must say the same, and the entries must
//! fill the file from its first byte to the directory.
//!
//! **Promises.** Memory stays below the limits, whatever a file says of itself; no entry is hidden,
//! doubled, or named so that it could be taken for another.
//! **Left to others.** What the entries mean.

use std::collections::BTreeSet;
use std::io::Read as _;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use fundlink_protocol::evidence::{PART_BYTES_MAX, PARTS_MAX, Parts};

use super::{ContainerFault, ContainerReason};

/// Begins an entry.
pub(super) const LOCAL: u32 = 0x0403_4b50;
/// Begins an entry of the directory.
const DIRECTORY: u32 = 0x0201_4b50;
/// Begins the end of the directory.
const END: u32 = 0x0605_4b50;
/// Bytes of the end of the directory, without a comment.
const END_BYTES: usize = 22;
/// Bytes of the name of a part.
const NAME_BYTES_MAX: usize = 200;
/// Compressed with deflate.
const DEFLATED: u16 = 8;
/// Flags that say nothing about how to read: how hard the packer tried, and that names are UTF-8.
const HARMLESS_FLAGS: u16 = 0b1000_0000_0110;
const ENCRYPTED_FLAGS: u16 = 0b0010_0000_0100_0001;
/// Extra fields that change what is read: ZIP64, encryption, another name.
const TELLING_EXTRAS: [u16; 4] = [0x0001, 0x0017, 0x9901, 0x7075];
/// The type of a file among the Unix attributes.
const UNIX_TYPE: u32 = 0o170_000;
const UNIX_FILE: u32 = 0o100_000;
/// The DOS attributes of folders and volume labels.
const DOS_NOT_FILE: u32 = 0x18;

/// The fields that stand in an entry and in the directory alike, for deflated bytes.
pub(super) fn common(crc: u32, (packed, size): (u32, u32), name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Version 2.0, no flags, deflated, 1980-01-01 00:00.
    for field in [20, 0, DEFLATED, 0, 0x21] {
        bytes.extend(u16::to_le_bytes(field));
    }
    for field in [crc, packed, size] {
        bytes.extend(field.to_le_bytes());
    }
    let name_bytes = u16::try_from(name.len()).unwrap_or(u16::MAX);
    bytes.extend(name_bytes.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// An entry of the directory, without its name.
pub(super) fn entry(common: &[u8], offset: u32) -> Vec<u8> {
    let mut bytes = DIRECTORY.to_le_bytes().to_vec();
    // Written on Unix, by version 2.0 of the format.
    bytes.extend([20, 3]);
    bytes.extend(common);
    bytes.extend([0; 6]);
    bytes.extend(((UNIX_FILE | 0o644) << 16).to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes
}

/// The end of the directory; `None` when a number is too large for it.
pub(super) fn end(entries: usize, bytes: usize, offset: usize) -> Option<Vec<u8>> {
    let entries = u16::try_from(entries).ok()?.to_le_bytes();
    let mut end = END.to_le_bytes().to_vec();
    end.extend([0; 4]);
    end.extend([entries, entries].concat());
    end.extend(u32::try_from(bytes).ok()?.to_le_bytes());
    end.extend(u32::try_from(offset).ok()?.to_le_bytes());
    end.extend([0, 0]);
    Some(end)
}

/// The parts of a file, of at most `left` bytes together.
pub(super) fn unpack(file: &[u8], left: usize) -> Result<Parts, ContainerFault> {
    let (count, directory_at) = read_end(file)?;
    let directory = file.get(directory_at..file.len().saturating_sub(END_BYTES));
    let mut directory = Reader(directory.unwrap_or_default());
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut names = BTreeSet::new();
    let (mut at, mut left) = (0, left);
    for _ in 0..count {
        let mut entry = Entry::read(&mut directory)?;
        if !names.insert(entry.name) {
            return Err(entry.fault(ContainerReason::Doubled));
        }
        let fits = |size: &usize| *size <= PART_BYTES_MAX;
        let size = usize::try_from(entry.size).ok().filter(fits);
        let rest = size.and_then(|size| left.checked_sub(size));
        left = rest.ok_or_else(|| entry.fault(ContainerReason::TooLarge))?;
        at = entry.check_local(file, at)?;
        entries.push(entry);
    }
    if at != directory_at || !directory.0.is_empty() {
        return Err(whole(ContainerReason::Directory));
    }
    // Only now is anything unpacked: what the directory says is bounded, and is held against it.
    entries.iter().map(|entry| Ok((entry.name.to_owned(), entry.content(file)?))).collect()
}

/// How many entries there are, and where the directory begins.
fn read_end(file: &[u8]) -> Result<(u16, usize), ContainerFault> {
    let at = file.len().checked_sub(END_BYTES).ok_or(whole(ContainerReason::NotZip))?;
    let mut end = Reader(file.get(at..).unwrap_or_default());
    if end.u32() != Some(END) {
        return Err(whole(ContainerReason::NotZip));
    }
    let volumes = (end.u16(), end.u16());
    let (here, count) = (end.u16(), end.u16());
    let (bytes, offset, comment) = (end.u32(), end.u32(), end.u16());
    let (Some(count), Some(bytes), Some(offset)) = (count, bytes, offset) else {
        return Err(whole(ContainerReason::NotZip));
    };
    if volumes != (Some(0), Some(0)) || here != Some(count) || comment != Some(0) {
        return Err(whole(ContainerReason::Form));
    }
    if count == u16::MAX || bytes == u32::MAX || offset == u32::MAX {
        return Err(whole(ContainerReason::Form));
    }
    if usize::from(count) > PARTS_MAX {
        return Err(whole(ContainerReason::TooLarge));
    }
    let begin = usize::try_from(offset).ok();
    let ends = begin.and_then(|begin| begin.checked_add(usize::try_from(bytes).ok()?));
    match begin.filter(|_| ends == Some(at)) {
        Some(begin) => Ok((count, begin)),
        None => Err(whole(ContainerReason::Directory)),
    }
}

/// An entry of the directory whose form is plain.
struct Entry<'a> {
    name: &'a str,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    offset: u32,
    /// Where its bytes begin.
    begin: usize,
}

impl<'a> Entry<'a> {
    fn read(directory: &mut Reader<'a>) -> Result<Self, ContainerFault> {
        let broken = || whole(ContainerReason::Directory);
        let fields = directory.entry_fields().ok_or_else(broken)?;
        let EntryFields { common, comment, volume, attributes, offset, name, extra } = fields;
        let plain = core::str::from_utf8(name).ok().filter(|name| is_plain(name));
        let name = plain.ok_or_else(|| ContainerFault {
            part: Some(shown(name)),
            reason: ContainerReason::Name,
        })?;
        let Common { flags, method, crc, packed, size, .. } = common;
        let entry = Self { name, flags, method, crc, packed, size, offset, begin: 0 };
        let unix = (attributes >> 16) & UNIX_TYPE;
        if (unix != 0 && unix != UNIX_FILE) || attributes & DOS_NOT_FILE != 0 {
            return Err(entry.fault(ContainerReason::NotFile));
        }
        if flags & ENCRYPTED_FLAGS != 0 {
            return Err(entry.fault(ContainerReason::Encrypted));
        }
        if flags & !HARMLESS_FLAGS != 0 || (method != 0 && method != DEFLATED) {
            return Err(entry.fault(ContainerReason::Method));
        }
        if comment != 0 || volume != 0 || has_telling_extra(extra) {
            return Err(entry.fault(ContainerReason::Form));
        }
        Ok(entry)
    }

    /// Holds the entry against what stands before its bytes; gives the place after them.
    fn check_local(&mut self, file: &[u8], at: usize) -> Result<usize, ContainerFault> {
        let differs =
            ContainerFault { part: Some(self.name.to_owned()), reason: ContainerReason::Directory };
        let mut reader = Reader(file.get(at..).unwrap_or_default());
        let local = reader.local_fields().filter(|(common, name, extra)| {
            usize::try_from(self.offset) == Ok(at)
                && (common.flags, common.method, common.crc) == (self.flags, self.method, self.crc)
                && (common.packed, common.size) == (self.packed, self.size)
                && *name == self.name.as_bytes()
                && !has_telling_extra(extra)
        });
        let begin = file.len().checked_sub(reader.0.len()).filter(|_| local.is_some());
        let begin = begin.ok_or_else(|| differs.clone())?;
        self.begin = begin;
        let packed = usize::try_from(self.packed).ok();
        let end = packed.and_then(|packed| begin.checked_add(packed));
        end.filter(|end| *end <= file.len()).ok_or(differs)
    }

    fn content(&self, file: &[u8]) -> Result<Vec<u8>, ContainerFault> {
        let damaged = || self.fault(ContainerReason::Damaged);
        let (Ok(packed), Ok(size)) = (usize::try_from(self.packed), usize::try_from(self.size))
        else {
            return Err(damaged());
        };
        let end = self.begin.checked_add(packed).ok_or_else(damaged)?;
        let bytes = file.get(self.begin..end).ok_or_else(damaged)?;
        let content = if self.method == DEFLATED {
            // One byte more than it says, to see when there is more.
            let mut content = Vec::new();
            let mut decoder = DeflateDecoder::new(bytes);
            let most = u64::from(self.size).saturating_add(1);
            decoder.by_ref().take(most).read_to_end(&mut content).map_err(|_| damaged())?;
            if decoder.total_in() != u64::from(self.packed) {
                return Err(damaged());
            }
            content
        } else {
            bytes.to_vec()
        };
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() == size && crc.sum() == self.crc { Ok(content) } else { Err(damaged()) }
    }

    fn fault(&self, reason: ContainerReason) -> ContainerFault {
        ContainerFault { part: Some(self.name.to_owned()), reason }
    }
}

const fn whole(reason: ContainerReason) -> ContainerFault {
    ContainerFault { part: None, reason }
}

/// Letters, digits, dots, dashes and single slashes between them; no step upwards.
fn is_plain(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    name.len() <= NAME_BYTES_MAX
        && name
            .split('/')
            .all(|step| !step.is_empty() && !step.starts_with('.') && step.bytes().all(known))
}

/// A strange name, so that it can be shown on any terminal.
fn shown(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.chars().take(NAME_BYTES_MAX).flat_map(char::escape_default).collect()
}

fn has_telling_extra(extra: &[u8]) -> bool {
    let mut rest = Reader(extra);
    while !rest.0.is_empty() {
        let (Some(id), Some(length)) = (rest.u16(), rest.u16()) else { return true };
        if TELLING_EXTRAS.contains(&id) || rest.bytes(length.into()).is_none() {
            return true;
        }
    }
    false
}

/// Little-endian fields, one after the other.
struct Reader<'a>(&'a [u8]);

/// What an entry and its place in the directory both say.
struct Common {
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    name: u16,
    extra: u16,
}

/// What the directory says of an entry.
struct EntryFields<'a> {
    common: Common,
    comment: u16,
    volume: u16,
    attributes: u32,
    offset: u32,
    name: &'a [u8],
    extra: &'a [u8],
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.bytes(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }

    /// Version, flags, method, time, checksum, sizes, and the lengths of name and extra fields.
    fn common(&mut self) -> Option<Common> {
        let (_version, flags, method, _time) = (self.u16()?, self.u16()?, self.u16()?, self.u32()?);
        let (crc, packed, size) = (self.u32()?, self.u32()?, self.u32()?);
        let (name, extra) = (self.u16()?, self.u16()?);
        Some(Common { flags, method, crc, packed, size, name, extra })
    }

    fn entry_fields(&mut self) -> Option<EntryFields<'a>> {
        if self.u32()? != DIRECTORY {
            return None;
        }
        let _written_by = self.u16()?;
        let common = self.common()?;
        let (comment, volume, _internal) = (self.u16()?, self.u16()?, self.u16()?);
        let (attributes, offset) = (self.u32()?, self.u32()?);
        let name = self.bytes(common.name.into())?;
        let extra = self.bytes(common.extra.into())?;
        self.bytes(comment.into())?;
        Some(EntryFields { common, comment, volume, attributes, offset, name, extra })
    }

    fn local_fields(&mut self) -> Option<(Common, &'a [u8], &'a [u8])> {
        if self.u32()? != LOCAL {
            return None;
        }
        let common = self.common()?;
        let name = self.bytes(common.name.into())?;
        let extra = self.bytes(common.extra.into())?;
        Some((common, name, extra))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_not_plain() {
        for name in ["../x", "/etc/passwd", "a//b", "a/../b", "a\\b", ".hidden", "a/", "页", ""] {
            assert!(!is_plain(name), "{name}");
        }
        assert!(is_plain("statements/0001-query-140100.cose"));
    }

    #[test]
    fn strange_names_are_shown_as_plain_text() {
        assert_eq!(shown(b"a\x1b[2J\n"), "a\\u{1b}[2J\\n");
    }
}
