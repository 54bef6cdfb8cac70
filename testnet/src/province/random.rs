//! Numbers that look random and come from a seed.
//!
//! **Promises.** The same seed and path give the same numbers; what is drawn for one person does not
//! depend on how many others there are.
//! **Left to others.** Secrets: nothing here is one.

/// A stream of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of a seed and a path, such as a city and a person.
    pub(super) fn new(seed: u64, path: &[u64]) -> Self {
        let mut random = Self(seed);
        for step in path {
            random.0 = random.next() ^ step.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both possible.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high.saturating_sub(low)) + 1;
        low + u32::try_from(self.next() % span).unwrap_or(0)
    }

    /// Whether something of so many in a thousand happens.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.between(0, 999) < per_mille
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        let last = u32::try_from(list.len().saturating_sub(1)).unwrap_or(0);
        &list[self.between(0, last) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_stream_and_chances_come_out() {
        let draw = |path: &[u64]| Random::new(7, path).next();
        assert_eq!(draw(&[1, 2]), draw(&[1, 2]));
        assert_ne!(draw(&[1, 2]), draw(&[2, 1]));
        assert_ne!(draw(&[1, 2]), draw(&[1, 3]));
        let mut random = Random::new(1, &[]);
        let hits = (0..100_000).filter(|_| random.chance(250)).count();
        assert!((24_000..26_000).contains(&hits), "{hits}");
        assert!((0..1_000).all(|_| (3..=5).contains(&random.between(3, 5))));
    }
}
