//! What receivers have answered to the rows of outboxes, and to questions.
//!
//! **Promises.** A row ends only by an answer of its receiver. A statement that was taken in is not
//! refused when it comes again, nor the other way round: the sender may have heard neither answer, or
//! only the second one. A question that comes again gets the answer that it got.

use std::collections::BTreeMap;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::id::PayloadHash;
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
    /// Rows whose statement was refused for what it says.
    refused: BTreeMap<Row, Refusal>,
    /// What each question was answered with, by the center that was asked.
    given: BTreeMap<(CenterCode, PayloadHash), PayloadHash>,
    /// The first that contradicts one before it.
    contradiction: Option<Broken>,
}

impl Answers {
    /// A receiver answers.
    pub(super) fn given(&mut self, row: Row, reply: &DeliveryReply, is_forgiven: bool) {
        match reply {
            DeliveryReply::Committed(_) => {
                self.taken_in.insert(row, true);
                let refused = self.refused.get(&row).filter(|_| !is_forgiven);
                if let Some(refusal) = refused {
                    let (sender, receiver, number) = row;
                    let what = format!(
                        "{receiver} has refused row {number} of {sender} with {}, and takes it in \
                         later",
                        refusal.code()
                    );
                    self.contradiction.get_or_insert_with(|| Broken::new(what));
                }
            }
            DeliveryReply::Refused(refusal) => {
                let taken_in = self.taken_in.entry(row).or_default();
                // Other refusals are of the time at which it came, or of whom it came from.
                if matches!(refusal, Refusal::WrongState | Refusal::Malformed) {
                    self.refused.insert(row, *refusal);
                }
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

    /// A question is answered with facts: with the same ones, however often it comes.
    pub(super) fn told(
        &mut self,
        center: CenterCode,
        (question, answer): (PayloadHash, PayloadHash),
    ) {
        let first = *self.given.entry((center, question)).or_insert(answer);
        if first != answer {
            let what = format!("{center} answers question {question} in two ways");
            self.contradicts(Broken::new(what));
        }
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
