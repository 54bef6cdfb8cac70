//! The ZIP around the parts of an evidence file.
//!
//! | file | what it holds |
//! |---|---|
//! | here | limits, faults, packing |
//! | `container` | reading |
//!
//! **Promises.** Packing the same parts gives the same bytes. Unpacking is bounded: a file that is too
//! large, or is more or less than a plain list of files, is refused before anything of it is believed,
//! and the entry is named; nothing is ever written to a path of the file's choosing.
//! **Left to others.** What the parts prove: `fundlink_protocol::evidence`. Which language: the command line.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use fundlink_protocol::evidence::{PART_BYTES_MAX, PARTS_MAX, Parts};

mod container;

/// Bytes of all parts together, and of the file: a dossier of a province stays far below.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why a file is not an evidence file.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFileError {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no ZIP of the kind that evidence is.
    #[error(transparent)]
    Container(#[from] ContainerFault),
}

/// What is wrong with a ZIP, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.english())]
pub struct ContainerFault {
    /// The entry, as its name may be shown; none for the file as a whole.
    pub part: Option<String>,
    /// What is wrong.
    pub reason: ContainerReason,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $english:literal, $chinese:literal;)*) => {
        /// What is wrong with a ZIP.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ContainerReason {
            $($(#[$doc])* $name,)*
        }

        impl ContainerReason {
            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// One English sentence.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// One Chinese sentence.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }
        }
    };
}

reasons! {
    /// No directory at its end.
    NotZip = "CONTAINER", "the file is not a ZIP that ends with its directory", "文件不是以目录结尾的 ZIP";
    /// Several volumes, or the long form.
    Form = "CONTAINER", "the ZIP is of a form that evidence never has: ZIP64 or several volumes", "ZIP 的形式不是证据文件所用的：ZIP64 或分卷";
    /// Directory and entries differ.
    Directory = "CONTAINER", "the directory of the ZIP does not agree with the entries before it: one hides, overlaps or lies elsewhere", "ZIP 的目录与其前面的条目不一致：有条目隐藏、重叠或位于别处";
    /// More than there may be.
    TooLarge = "TOO_LARGE", "there is more in it than evidence ever holds", "内容超过证据文件的上限";
    /// A name that leads elsewhere.
    Name = "NAME", "the name is not plain: it could lead out of the folder, or be taken for another", "名称不规范：可能指向文件夹之外，或与其他名称混淆";
    /// Two entries of one name.
    Doubled = "DOUBLED", "two entries have this name", "有两个条目使用该名称";
    /// Not a file.
    NotFile = "CONTAINER", "the entry is a link, a folder or a device; evidence holds files alone", "该条目是链接、文件夹或设备；证据文件只含普通文件";
    /// Encrypted.
    Encrypted = "CONTAINER", "the entry is encrypted", "该条目已加密";
    /// A method that not everybody has, or sizes that stand behind the bytes.
    Method = "CONTAINER", "the entry is packed in a way that evidence never is", "该条目的压缩方式不是证据文件所用的";
    /// The bytes are others.
    Damaged = "CONTAINER", "the entry does not unpack to the size and checksum that the directory says", "该条目解压后与目录所列的大小和校验值不符";
}

impl ContainerFault {
    /// Entry and reason in one English line.
    #[must_use]
    pub fn english(&self) -> String {
        self.line(self.reason.english())
    }

    /// Entry and reason in one Chinese line.
    #[must_use]
    pub fn chinese(&self) -> String {
        self.line(self.reason.chinese())
    }

    fn line(&self, reason: &str) -> String {
        match &self.part {
            Some(part) => format!("{part}: {reason}"),
            None => reason.to_owned(),
        }
    }
}

/// The bytes of the file.
///
/// # Errors
/// When they are too many.
pub fn pack(parts: &Parts) -> Result<Vec<u8>, EvidenceFileError> {
    let too_large = |part: &str| ContainerFault {
        part: Some(part.to_owned()),
        reason: ContainerReason::TooLarge,
    };
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in parts {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes)?;
        let packed = encoder.finish()?;
        let mut crc = Crc::new();
        crc.update(bytes);
        if bytes.len() > PART_BYTES_MAX || file.len() > BYTES_MAX || parts.len() > PARTS_MAX {
            return Err(too_large(name).into());
        }
        let sizes = [packed.len(), bytes.len(), file.len()].map(u32::try_from);
        let [Ok(packed_size), Ok(size), Ok(offset)] = sizes else {
            return Err(too_large(name).into());
        };
        // Without times and owners, so that the same parts are the same file.
        let common = container::common(crc.sum(), (packed_size, size), name);
        file.extend(container::LOCAL.to_le_bytes());
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(packed);
        directory.extend(container::entry(&common, offset));
        directory.extend(name.as_bytes());
    }
    let end = container::end(parts.len(), directory.len(), file.len());
    let end = end.ok_or_else(|| too_large(fundlink_protocol::evidence::names::MANIFEST))?;
    file.extend(directory);
    file.extend(end);
    Ok(file)
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, is no ZIP, or is not one that this program would make.
pub fn read(path: &Path) -> Result<Parts, EvidenceFileError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(unpack(&bytes)?)
}

/// The parts of a file in memory.
///
/// # Errors
/// When it is no ZIP, or is not one that this program would make.
pub fn unpack(bytes: &[u8]) -> Result<Parts, ContainerFault> {
    if bytes.len() > BYTES_MAX {
        return Err(ContainerFault { part: None, reason: ContainerReason::TooLarge });
    }
    container::unpack(bytes, BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(list: &[(&str, &[u8])]) -> Parts {
        list.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
    }

    #[test]
    fn the_same_parts_are_the_same_file_and_come_back() {
        let parts = parts(&[("network/roster-1.cose", &[0; 5_000]), ("page.html", b"1")]);
        let packed = pack(&parts).unwrap();
        assert_eq!(packed, pack(&parts).unwrap());
        assert!(packed.len() < 2_000, "zeros are packed");
        assert_eq!(unpack(&packed), Ok(parts));
    }

    #[test]
    fn what_is_too_large_is_not_packed() {
        let large = vec![0; PART_BYTES_MAX + 1];
        assert!(pack(&parts(&[("page.html", &large)])).is_err());
    }

    #[test]
    fn no_byte_of_a_file_can_be_changed_unseen() {
        let parts = parts(&[("network/anchor.cbor", b"anchor"), ("page.html", &[7; 300])]);
        let packed = pack(&parts).unwrap();
        for place in 0..packed.len() {
            for bit in 0..8 {
                let mut changed = packed.clone();
                changed[place] ^= 1 << bit;
                // Times, versions and attributes say nothing about the parts.
                if let Ok(read) = unpack(&changed) {
                    assert_eq!(read, parts, "byte {place}");
                }
                let cut = unpack(&packed[..place]);
                assert!(cut.is_err(), "cut at {place}");
            }
        }
    }
}
