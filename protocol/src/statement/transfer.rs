//! The statements of a transfer.

use minicbor::{Decode, Encode};

use super::addressed_payload;
use crate::center::CenterCode;
use crate::id::TransferId;
use crate::time::Timestamp;

/// The contact letter (转移接续联系函).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Letter {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
}
addressed_payload!(Letter);

/// The wish to withdraw a letter.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cancellation {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Cancellation);

/// Whether the letter was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CancellationAnswer {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(CancellationAnswer);

/// The letter is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Acceptance {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Acceptance);

/// The letter is refused.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TransferRefusal {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(TransferRefusal);

/// The refusal was read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RefusalConfirmation {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(RefusalConfirmation);

/// The info sheet (转移接续信息表).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Sheet {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Sheet);

/// The bank has confirmed the debit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Remittance {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Remittance);

/// What arrived differs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Difference {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Difference);

/// The receiving account, corrected.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Correction {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Correction);

/// The settlement was undone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reversal {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Reversal);

/// The account stands as before.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Restoration {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Restoration);

/// The money is on the account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Credit {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Credit);

/// The money was sent back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Return {
    /// The sender.
    #[n(1)]
    pub from: CenterCode,
    /// The receiver.
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// The transfer.
    #[n(4)]
    pub transfer: TransferId,
}
addressed_payload!(Return);
