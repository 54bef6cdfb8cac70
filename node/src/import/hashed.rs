//! A reader that hashes what is read through it.
//!
//! **Promises.** A file adds its bytes to the hash and then, with its end, their number, so that two
//! sets of files with one hash are the same files.
//! **Left to others.** The order of the files: each is read to its end before the next.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};

/// A reader over another one.
pub(super) struct Hashed<'h, R> {
    input: R,
    hasher: &'h RefCell<blake3::Hasher>,
    read: u64,
}

impl<'h, R> Hashed<'h, R> {
    pub(super) const fn new(input: R, hasher: &'h RefCell<blake3::Hasher>) -> Self {
        Self { input, hasher, read: 0 }
    }
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.hasher.borrow_mut().update(buffer.get(..count).unwrap_or_default());
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
        self.hasher.borrow_mut().update(buffer.get(..count).unwrap_or_default());
        self.read += count as u64;
        self.input.consume(count);
    }
}

impl<R> Drop for Hashed<'_, R> {
    fn drop(&mut self) {
        self.hasher.borrow_mut().update(&self.read.to_be_bytes());
    }
}
