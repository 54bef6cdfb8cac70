//! Random bytes of a round, from one seed that comes in.
//!
//! **Promises.** The same seed gives the same bytes; bytes of two draws never repeat.
//! **Left to others.** That the seed is unpredictable: the node takes it from the system.

use core::fmt;

/// A stream of random bytes: BLAKE3 in its extendable form over the seed.
pub struct Entropy {
    reader: blake3::OutputReader,
}

impl Entropy {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("fundlink/1 entropy of a round");
        hasher.update(seed);
        Self { reader: hasher.finalize_xof() }
    }

    /// The next bytes.
    pub fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.reader.fill(&mut bytes);
        bytes
    }

    /// Fills a slice with the next bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.reader.fill(bytes);
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy(..)")
    }
}
