//! The smallest run in which the same promise breaks.
//!
//! **Promises.** What it gives was run, and broke that promise: the same seed and options break it again.

use super::{Broken, Fault, Options, run};

/// Leaves out persons, centers and kinds of fault as long as the same promise breaks; gives what is
/// left, and how the promise breaks in it.
#[must_use]
pub fn shrink(seed: u64, options: &Options, broken: &Broken) -> (Options, Broken) {
    let promise = promise(broken);
    let breaks = |options: Options| {
        let broken = run(seed, &options).err()?;
        (self::promise(&broken) == promise).then_some((options, broken))
    };
    let mut smallest = (Options { is_shown: false, ..options.clone() }, broken.clone());
    let fewer = (0..32).map(|power| 1 << power).take_while(|persons| *persons < options.transfers);
    let fewer = fewer.map(|transfers| Options { transfers, ..smallest.0.clone() });
    if let Some(found) = fewer.into_iter().find_map(breaks) {
        smallest = found;
    }
    let fewer =
        (2..options.centers.min(5)).map(|centers| Options { centers, ..smallest.0.clone() });
    if let Some(found) = fewer.into_iter().find_map(breaks) {
        smallest = found;
    }
    for fault in Fault::ALL {
        let mut candidate = smallest.0.clone();
        if candidate.without.insert(fault)
            && let Some(found) = breaks(candidate)
        {
            smallest = found;
        }
    }
    smallest
}

/// What a broken promise says, without who and how much.
fn promise(broken: &Broken) -> String {
    let text = broken.to_string();
    let words = text.split_whitespace();
    words.filter(|word| !word.contains(|letter: char| letter.is_ascii_digit())).collect()
}
