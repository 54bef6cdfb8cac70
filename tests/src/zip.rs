//! ZIP files byte by byte, as no honest program writes them.
//!
//! **Promises.** What the directory says and what stands before an entry's bytes are set apart from each
//! other; a bomb costs no more memory here than its packed bytes.
//! **Left to others.** What the program under test makes of them.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// The parts of a file, by name.
pub type Parts = BTreeMap<String, Vec<u8>>;

/// What is said of an entry in one place.
#[derive(Clone, Debug)]
pub struct Header {
    /// Its name.
    pub name: Vec<u8>,
    /// General purpose flags.
    pub flags: u16,
    /// 0 stored, 8 deflated.
    pub method: u16,
    /// Checksum.
    pub crc: u32,
    /// Bytes in the file.
    pub packed: u32,
    /// Bytes once unpacked.
    pub size: u32,
    /// Extra fields.
    pub extra: Vec<u8>,
}

/// An entry, as it says of itself and as the directory says.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Before its bytes.
    pub local: Header,
    /// In the directory; none for an entry that hides.
    pub listed: Option<Header>,
    /// External attributes.
    pub attributes: u32,
    /// Its bytes, packed.
    pub bytes: Vec<u8>,
    /// Where the directory says that it begins; where it does, when absent.
    pub offset: Option<u32>,
}

/// A file.
#[derive(Clone, Debug)]
pub struct Zip {
    /// Bytes before the first entry.
    pub before: Vec<u8>,
    /// The entries.
    pub entries: Vec<Entry>,
    /// How many the end of the directory says there are more than there are.
    pub more: u16,
    /// The comment of the file.
    pub comment: Vec<u8>,
    /// Bytes after the end.
    pub after: Vec<u8>,
}

impl Entry {
    /// An entry that says what it is.
    ///
    /// # Panics
    /// When it is too large for the format.
    #[must_use]
    pub fn deflated(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("memory takes everything");
        let bytes = encoder.finish().expect("memory takes everything");
        let mut crc = Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).expect("it is small");
        Self::packed(name, bytes, crc.sum(), size)
    }

    /// An entry of deflated bytes, of which it says this.
    ///
    /// # Panics
    /// When it is too large for the format.
    #[must_use]
    pub fn packed(name: &str, bytes: Vec<u8>, crc: u32, size: u32) -> Self {
        let local = Header {
            name: name.as_bytes().to_vec(),
            flags: 0,
            method: 8,
            crc,
            packed: u32::try_from(bytes.len()).expect("it is small"),
            size,
            extra: Vec::new(),
        };
        let listed = Some(local.clone());
        Self { local, listed, attributes: 0o100_644 << 16, bytes, offset: None }
    }

    /// The same entry, of which both places say something else.
    #[must_use]
    pub fn with(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        self.listed.iter_mut().for_each(change);
        self
    }

    /// The same entry, of which the directory says something else.
    #[must_use]
    pub fn listed_as(mut self, change: impl Fn(&mut Header)) -> Self {
        self.listed.iter_mut().for_each(change);
        self
    }
}

impl Zip {
    /// A file of these parts.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let entries = parts.iter().map(|(name, content)| Entry::deflated(name, content)).collect();
        Self { before: Vec::new(), entries, more: 0, comment: Vec::new(), after: Vec::new() }
    }

    /// Its bytes.
    ///
    /// # Panics
    /// When it is too large for the format.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let (mut file, mut directory, mut count) = (self.before.clone(), Vec::new(), self.more);
        for entry in &self.entries {
            let at = u32::try_from(file.len()).expect("it is small");
            file.extend(0x0403_4b50_u32.to_le_bytes());
            entry.local.write(&mut file);
            file.extend(&entry.local.name);
            file.extend(&entry.local.extra);
            file.extend(&entry.bytes);
            let Some(listed) = &entry.listed else { continue };
            count += 1;
            directory.extend(0x0201_4b50_u32.to_le_bytes());
            directory.extend([20, 3]);
            listed.write(&mut directory);
            directory.extend([0; 6]);
            directory.extend(entry.attributes.to_le_bytes());
            directory.extend(entry.offset.unwrap_or(at).to_le_bytes());
            directory.extend(&listed.name);
            directory.extend(&listed.extra);
        }
        let at = u32::try_from(file.len()).expect("it is small");
        let length = u32::try_from(directory.len()).expect("it is small");
        file.extend(directory);
        file.extend(0x0605_4b50_u32.to_le_bytes());
        file.extend([0; 4]);
        file.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        file.extend([length.to_le_bytes(), at.to_le_bytes()].concat());
        file.extend(u16::try_from(self.comment.len()).expect("it is short").to_le_bytes());
        file.extend(&self.comment);
        file.extend(&self.after);
        file
    }
}

impl Header {
    fn write(&self, to: &mut Vec<u8>) {
        let version = 20_u16;
        for field in [version, self.flags, self.method, 0, 0x21] {
            to.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.packed, self.size] {
            to.extend(field.to_le_bytes());
        }
        let lengths = [self.name.len(), self.extra.len()];
        for length in lengths.map(|length| u16::try_from(length).expect("it is short")) {
            to.extend(length.to_le_bytes());
        }
    }
}

/// The parts of a file that an honest program wrote: entries one after the other, deflated.
///
/// # Panics
/// When it is not one.
#[must_use]
pub fn parts(file: &[u8]) -> Parts {
    let mut parts = Parts::new();
    let mut rest = file;
    while rest.starts_with(&0x0403_4b50_u32.to_le_bytes()) {
        let number = |at: usize, bytes: usize| {
            let bytes = rest[at..at + bytes].iter().rev();
            bytes.fold(0, |number, byte| (number << 8) | usize::from(*byte))
        };
        let (packed, name, extra) = (number(18, 4), number(26, 2), number(28, 2));
        let begin = 30 + name + extra;
        let mut content = Vec::new();
        let bytes = &rest[begin..begin + packed];
        DeflateDecoder::new(bytes).read_to_end(&mut content).expect("it unpacks");
        let name = String::from_utf8(rest[30..30 + name].to_vec()).expect("a plain name");
        parts.insert(name, content);
        rest = &rest[begin + packed..];
    }
    parts
}

/// Deflated bytes that unpack to so many mebibytes of zeros: one packed mebibyte, over and over.
///
/// # Panics
/// When the encoder fails.
#[must_use]
pub fn bomb(mebibytes: usize) -> Vec<u8> {
    let zeros = vec![0; 1024 * 1024];
    let mut encoder = Compress::new(Compression::best(), false);
    let mut block = Vec::with_capacity(64 * 1024);
    encoder.compress_vec(&zeros, &mut block, FlushCompress::Full).expect("it packs");
    assert_eq!(encoder.total_in(), 1024 * 1024, "all of it is packed");
    let mut bytes = block.repeat(mebibytes);
    // The last block, empty.
    bytes.extend([3, 0]);
    bytes
}
