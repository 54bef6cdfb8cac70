//! Single messages that get lost on a link that carries others.
//!
//! **Promises.** Which ones follows from the messages before alone. A statement that was lost on its way
//! there or whose reply was lost on the way back has timed out for its sender, as on a real link.
//! **Left to others.** Links that carry nothing: `Province::cut`.

use super::Province;
use crate::center::CenterCode;
use crate::engine::input::{Failure, Input};

/// How many messages get lost.
#[derive(Default)]
pub(crate) struct Loss {
    /// One of so many; none at 0.
    pub(crate) one_of: u64,
    /// How many were lost so far.
    pub(crate) count: u32,
    drawn: u64,
}

impl Loss {
    fn takes_one(&mut self) -> bool {
        if self.one_of == 0 {
            return false;
        }
        self.drawn = self.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let lost = (self.drawn >> 33).is_multiple_of(self.one_of);
        self.count += u32::from(lost);
        lost
    }
}

impl Province {
    /// Whether the next message between two nodes does not arrive.
    pub(super) fn loses(&mut self, from: CenterCode, to: CenterCode) -> bool {
        self.is_cut(from, to) || self.loss.takes_one()
    }

    /// A reply crosses the link back. Over a link that is cut it is gone without a word; where it alone
    /// is lost, the asker waits in vain and is told so.
    pub(super) fn answer(&mut self, from: CenterCode, to: CenterCode, input: Input) {
        if self.is_cut(from, to) {
            return;
        }
        let input = if self.loss.takes_one() { timed_out(input) } else { input };
        self.inbox.push_back((to, input));
    }
}

fn timed_out(reply: Input) -> Input {
    let late = Failure::TimedOut;
    if let Input::Delivered { to, row, .. } = reply {
        Input::Delivered { to, row, outcome: Err(late) }
    } else if let Input::Answered { from, query, .. } = reply {
        Input::Answered { from, query, outcome: Err(late) }
    } else if let Input::SyncReplied { from, token, .. } = reply {
        Input::SyncReplied { from, token, outcome: Err(late) }
    } else {
        panic!("no reply to a request: {reply:?}")
    }
}
