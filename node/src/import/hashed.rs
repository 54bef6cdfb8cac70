//! Readers that hash what is read through them.
//!
//! **Promises.** A file adds its name and bytes to the hash of the dump and then, with its end, their
//! number, so that two dumps with one hash are the same files. The SM3 of a file is that of its bytes.
//! **Left to others.** The order of the files: each is read to its end before the next.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};

use fundlink_protocol::id::FileHash;
use sm3::{Digest as _, Sm3};

use super::ImportFile;

/// The hashes over the files of a dump.
pub(super) struct Hashes {
    dump: RefCell<blake3::Hasher>,
    with_sm3: bool,
    files: RefCell<Vec<(ImportFile, String)>>,
}

impl Hashes {
    /// Hashes of a dump; SM3 of each file only where somebody asks for it.
    pub(super) fn new(with_sm3: bool) -> Self {
        let dump = blake3::Hasher::new_derive_key("fundlink/1 files of an import");
        Self { dump: RefCell::new(dump), with_sm3, files: RefCell::default() }
    }

    /// A reader that hashes a file.
    pub(super) fn over<R>(&self, file: ImportFile, input: R) -> Hashed<'_, R> {
        self.dump.borrow_mut().update(file.file_name().as_bytes());
        let sm3 = self.with_sm3.then(Sm3::new);
        Hashed { file, input, hashes: self, sm3, read: 0 }
    }

    /// The hash of the dump and the SM3 of each file, in hexadecimal.
    pub(super) fn finish(self) -> (FileHash, Vec<(ImportFile, String)>) {
        let dump = self.dump.into_inner().finalize();
        (FileHash::new(*dump.as_bytes()), self.files.into_inner())
    }
}

/// A reader over another one.
pub(super) struct Hashed<'h, R> {
    file: ImportFile,
    input: R,
    hashes: &'h Hashes,
    sm3: Option<Sm3>,
    read: u64,
}

impl<R> Hashed<'_, R> {
    fn update(hashes: &Hashes, sm3: &mut Option<Sm3>, bytes: &[u8]) {
        hashes.dump.borrow_mut().update(bytes);
        if let Some(sm3) = sm3 {
            sm3.update(bytes);
        }
    }
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        Self::update(self.hashes, &mut self.sm3, buffer.get(..count).unwrap_or_default());
        self.read += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Hashed<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // What is consumed was filled before, so this reads nothing and cannot fail.
        let buffer = self.input.fill_buf().unwrap_or_default();
        Self::update(self.hashes, &mut self.sm3, buffer.get(..count).unwrap_or_default());
        self.read += count as u64;
        self.input.consume(count);
    }
}

impl<R> Drop for Hashed<'_, R> {
    fn drop(&mut self) {
        self.hashes.dump.borrow_mut().update(&self.read.to_be_bytes());
        if let Some(sm3) = self.sm3.take() {
            let hex = sm3.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            self.hashes.files.borrow_mut().push((self.file, hex));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sm3_of_a_file_is_that_of_the_standard() {
        let hashes = Hashes::new(true);
        let mut text = String::new();
        let input: &[u8] = b"abc";
        hashes.over(ImportFile::Persons, input).read_to_string(&mut text).unwrap();
        let (_, files) = hashes.finish();
        let expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
        assert_eq!(files, [(ImportFile::Persons, expected.to_owned())]);
    }
}
