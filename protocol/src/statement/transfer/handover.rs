//! Handing an open case to the center that takes over from a revoked one (接管移交), and its answer.

use minicbor::{Decode, Encode};

use crate::center::CenterCode;
use crate::id::{Bytes, PayloadHash, TransferId};
use crate::plain_text::PlainText;
use crate::statement::addressed_payload;
use crate::statement::transfer::letter::Remark;
use crate::time::Timestamp;

/// What the other side of a case tells the center that takes over: the whole case as it has it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Handover {
    /// The side of the case that goes on.
    #[n(1)]
    pub from: CenterCode,
    /// The center that takes over.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The revoked center whose side is handed over.
    #[n(4)]
    pub revoked: CenterCode,
    /// The transfer.
    #[n(5)]
    pub transfer: TransferId,
    /// Where the case stands at the sender, by the name of the state.
    #[n(6)]
    pub state: PlainText<32>,
    /// How many states it has entered there: of two said in one instant the later one counts.
    #[n(7)]
    pub states: u32,
    /// The complete bytes of the case's statements, the letter first.
    #[n(8)]
    pub statements: Vec<Bytes>,
}
addressed_payload!(Handover);

impl core::fmt::Debug for Handover {
    /// Without what the statements say.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Handover")
            .field("transfer", &self.transfer)
            .field("revoked", &self.revoked)
            .finish_non_exhaustive()
    }
}

/// What the center that took a case over tells the other side: how a person has finished it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HandoverClosing {
    /// The center that took over.
    #[n(1)]
    pub from: CenterCode,
    /// The other side of the case.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The revoked center whose side was taken over.
    #[n(4)]
    pub revoked: CenterCode,
    /// The transfer.
    #[n(5)]
    pub transfer: TransferId,
    /// The handover that it answers: the last one that it has.
    #[n(6)]
    pub handover: PayloadHash,
    /// How, in words.
    #[n(7)]
    pub remark: Remark,
}
addressed_payload!(HandoverClosing);
