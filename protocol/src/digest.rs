//! The digest: the public commitment to a record, a leaf of a center's public log.
//!
//! **Promises.** A digest names no person, no number and no amount; its status never says overdue,
//! frozen or sealed.
//! **Left to others.** What a center commits to: the record types. The log: `log`.

use minicbor::{Decode, Encode};

use crate::id::{Commitment, ReferenceTag, SubjectTag};
use crate::time::{Date, Timestamp};
use crate::transfer::channel::Channel;

/// A leaf of a public log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Digest {
    /// What kind of record, and where it stands.
    #[n(1)]
    pub status: DigestStatus,
    /// 1 for the first, then one more each.
    #[n(2)]
    pub revision: u32,
    /// The leaf of the revision before.
    #[n(3)]
    pub previous: Option<u64>,
    /// The epoch of the tag key.
    #[n(4)]
    pub epoch: u32,
    /// The persons, or the property, that it is about.
    #[n(5)]
    pub subjects: Vec<SubjectTag>,
    /// Matches digests about one transfer or one loan.
    #[n(6)]
    pub reference: Option<ReferenceTag>,
    /// The record.
    #[n(7)]
    pub commitment: Commitment,
    /// The business date.
    #[n(8)]
    pub date: Date,
    /// The channel that carried a transfer, where it was not this network: then both sides commit to
    /// records of their own, and match by the reference alone.
    #[n(9)]
    pub channel: Option<Channel>,
    /// The number of the log that holds the revision before; only where that log was closed and this
    /// leaf stands in a later one.
    #[n(10)]
    pub previous_log: Option<u32>,
    /// When an application was taken in: only for a loan intent, of which the earlier one counts.
    #[n(11)]
    pub taken_in: Option<Timestamp>,
}

/// Kind and public status in one, so that no wrong pair can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum DigestStatus {
    /// An account that holds or may hold money.
    #[n(10)]
    AccountOpen,
    /// An account that ended (销户).
    #[n(11)]
    AccountClosed,
    /// A loan that was granted and runs.
    #[n(20)]
    LoanGranted,
    /// A loan that is paid back (结清).
    #[n(21)]
    LoanSettled,
    /// Money of a transfer has left.
    #[n(30)]
    TransferRemitted,
    /// Money of a transfer is on the person's account.
    #[n(31)]
    TransferCredited,
    /// A settlement was undone.
    #[n(32)]
    TransferReversed,
    /// Money of a transfer was sent back.
    #[n(33)]
    TransferReturned,
    /// A deposit certificate was issued (缴存使用证明).
    #[n(40)]
    CertificateIssued,
    /// A certificate was used for a loan.
    #[n(41)]
    CertificateUsed,
    /// A certificate was taken back.
    #[n(42)]
    CertificateRevoked,
    /// A certificate ran out.
    #[n(43)]
    CertificateExpired,
    /// Money was paid out for a property (购房提取). The first tag is the person's, the others are the
    /// property's.
    #[n(50)]
    WithdrawalPaid,
    /// Such a payment was undone (冲账).
    #[n(51)]
    WithdrawalReversed,
    /// A household has applied and may be lent to (贷款意向).
    #[n(60)]
    IntentOpen,
    /// Its loan was paid out (已放款).
    #[n(61)]
    IntentPaid,
    /// The application was withdrawn, or the payout undone (撤回).
    #[n(62)]
    IntentWithdrawn,
    /// The application has lapsed (失效).
    #[n(63)]
    IntentExpired,
    /// A row about the person breaks a rule and is held back: who asks is told that nobody can say yet.
    #[n(80)]
    RowQuarantined,
    /// No row about the person is held back any more.
    #[n(81)]
    RowHealed,
    /// The record of the leaf before is gone.
    #[n(90)]
    Lost,
}
