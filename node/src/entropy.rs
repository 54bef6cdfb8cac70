//! Random bytes of the operating system, the only source of them in a node.
//!
//! **Promises.** Bytes come from the kernel each time; there is no generator of our own to seed.

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes: {0}; check that getrandom(2) is allowed")]
pub struct EntropyError(getrandom::Error);

/// Fresh random bytes: a key, a salt, or the seed of one round of the engine.
///
/// # Errors
/// When the operating system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(EntropyError)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_seeds_differ() {
        assert_ne!(random::<32>().unwrap(), random::<32>().unwrap());
    }
}
