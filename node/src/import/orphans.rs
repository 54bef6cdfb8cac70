//! Rows whose amount is missing from a sum, because nobody can say to which sum it belongs.
//!
//! One wrong account number in a ledger row makes the account's own sum wrong as well; that is the
//! same fault, and is not reported a second time.
//!
//! **Promises.** A sum that fails by more than what is missing is reported.
//! **Left to others.** The sums: `accounts`, `employers`.

/// Amounts that belong to some sum that is not known.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    fen: Vec<i64>,
    /// Rows whose amount cannot be read either.
    unknown: u64,
}

/// Amounts that are kept; of more, the number alone is.
const AMOUNTS_MAX: usize = 100_000;

impl Orphans {
    /// A row that belongs to an unknown sum.
    pub(super) fn add(&mut self, fen: Option<i64>) {
        match fen {
            Some(fen) if self.fen.len() < AMOUNTS_MAX => self.fen.push(fen),
            Some(_) | None => self.unknown = self.unknown.saturating_add(1),
        }
    }

    /// Rows of which nothing can be read.
    pub(super) fn add_unknown(&mut self, rows: u64) {
        self.unknown = self.unknown.saturating_add(rows);
    }

    /// Rows of which nothing can be read.
    pub(super) const fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Of sums that fail, each with what it lacks, whether it is explained by what is missing.
    pub(super) fn explain(mut self, lacking: &[i128]) -> Vec<bool> {
        let mut explained: Vec<bool> = lacking
            .iter()
            .map(|lack| {
                let place = self.fen.iter().position(|fen| i128::from(*fen) == *lack);
                place.map(|place| self.fen.swap_remove(place)).is_some()
            })
            .collect();
        // A row that is missing is a whole amount; a sum that is wrong by itself is mostly off by less.
        let mut open: Vec<(u128, usize)> = lacking
            .iter()
            .zip(&explained)
            .enumerate()
            .filter(|(_, (_, done))| !**done)
            .map(|(place, (lack, _))| (lack.unsigned_abs(), place))
            .collect();
        open.sort_unstable_by(|a, b| b.cmp(a));
        for ((_, place), _) in open.iter().zip(0..self.unknown) {
            if let Some(done) = explained.get_mut(*place) {
                *done = true;
            }
        }
        explained
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_explains_the_sum_that_lacks_it_and_no_other() {
        let mut orphans = Orphans::default();
        orphans.add(Some(120_000));
        assert_eq!(orphans.explain(&[120_000, 1]), [true, false]);
        let mut orphans = Orphans::default();
        orphans.add(Some(7));
        assert_eq!(orphans.explain(&[5]), [false]);
        let mut orphans = Orphans::default();
        orphans.add(None);
        assert_eq!(orphans.explain(&[5]), [true]);
        assert_eq!(Orphans::default().explain(&[5]), [false]);
    }
}
