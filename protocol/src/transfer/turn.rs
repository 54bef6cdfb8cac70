//! Whose turn it is: the order in which the statements of one center count at the other.
//!
//! **Promises.** Each step counts once, and only after the one before it, in whatever order and how
//! often the network brings them.
//! **Left to others.** Keeping what came early, and knowing a repeat by its hash: the engine.

use crate::limits::STEPS_AHEAD_MAX;

/// What is to be done with a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A statement of this step has counted.
    Over,
    /// It counts now.
    Now,
    /// It is kept until those before it have come.
    Early,
    /// It is so far ahead that it is not kept.
    TooEarly,
}

impl Turn {
    /// The turn of a step, once all up to `handled` have counted.
    #[must_use]
    pub const fn of(handled: u32, step: u32) -> Self {
        if step <= handled {
            Self::Over
        } else if step > handled.saturating_add(STEPS_AHEAD_MAX) {
            Self::TooEarly
        } else if step > handled.saturating_add(1) {
            Self::Early
        } else {
            Self::Now
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_counts_once_and_in_its_order() {
        assert_eq!(Turn::of(3, 0), Turn::Over);
        assert_eq!(Turn::of(3, 3), Turn::Over);
        assert_eq!(Turn::of(3, 4), Turn::Now);
        assert_eq!(Turn::of(3, 5), Turn::Early);
        assert_eq!(Turn::of(3, 3 + STEPS_AHEAD_MAX), Turn::Early);
        assert_eq!(Turn::of(3, 4 + STEPS_AHEAD_MAX), Turn::TooEarly);
        assert_eq!(Turn::of(u32::MAX, u32::MAX), Turn::Over);
    }
}
