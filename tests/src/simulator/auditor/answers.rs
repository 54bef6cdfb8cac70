//! What receivers have answered to the rows of outboxes.
//!
//! **Promises.** A row ends only by an answer of its receiver, and a statement that was taken in is
//! not refused when it comes again: the sender may have heard neither answer, or only the second one.

use std::collections::BTreeMap;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::wire::DeliveryReply;

use super::Broken;

/// Sender, receiver, and the number of the row.
pub(super) type Row = (CenterCode, CenterCode, u64);

/// The answers that end a row.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Whether the statement of the row was taken in.
    taken_in: BTreeMap<Row, bool>,
    /// The first that contradicts one before it.
    contradiction: Option<Broken>,
}

impl Answers {
    /// A receiver answers.
    pub(super) fn given(&mut self, row: Row, reply: &DeliveryReply, is_forgiven: bool) {
        match reply {
            DeliveryReply::Committed(_) => {
                self.taken_in.insert(row, true);
            }
            DeliveryReply::Refused(refusal) => {
                let taken_in = self.taken_in.entry(row).or_default();
                // A key that has ended asks for another signature, and refuses nothing that was said.
                if *taken_in && !is_forgiven && *refusal != Refusal::KeyEnded {
                    let (sender, receiver, number) = row;
                    let what = format!(
                        "{receiver} has taken in row {number} of {sender}, and refuses it later \
                         with {}",
                        refusal.code()
                    );
                    self.contradiction.get_or_insert_with(|| Broken::new(what));
                }
            }
            DeliveryReply::Pending(_) | DeliveryReply::Later(_) => {}
        }
    }

    /// Whether the receiver has answered for good.
    pub(super) fn has(&self, sender: CenterCode, receiver: CenterCode, row: u64) -> bool {
        self.taken_in.contains_key(&(sender, receiver, row))
    }

    /// Something that was released should not have been.
    pub(super) fn contradicts(&mut self, broken: Broken) {
        self.contradiction.get_or_insert(broken);
    }

    /// No answer has contradicted another.
    pub(super) fn check(&mut self) -> Result<(), Broken> {
        self.contradiction.take().map_or(Ok(()), Err)
    }
}
