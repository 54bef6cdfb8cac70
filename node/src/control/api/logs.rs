//! What is shown of logs: where they stand, checkpoints, proofs and entries.
//!
//! Notes, proofs and policies are the texts of C2SP as they are, so that other tools can read them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fundlink_protocol::digest::{self, DigestStatus};
use fundlink_protocol::engine::log_commands;
use fundlink_protocol::engine::proving;
use serde::{Deserialize, Serialize};

/// Where a log stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// Which log: `140100/1`, or `140100/1/audit`.
    pub log: String,
    /// Entries held.
    pub size: u64,
    /// The root over them.
    pub root: String,
    /// The size of the newest checkpoint that its center signed and that is known here.
    pub signed: u64,
    /// The size of the newest checkpoint with a quorum.
    pub witnessed: u64,
    /// Whether what is held says what the center says now.
    pub current: bool,
    /// When its center's latest heartbeat was issued.
    pub heartbeat: Option<String>,
    /// When that came in here.
    #[serde(default)]
    pub heard_at: Option<String>,
    /// A signed checkpoint does not fit what is held.
    pub misfit: bool,
    /// Two faces were proven.
    pub closed: bool,
    /// For the own logs: whether signing waits for the witnesses after a start.
    pub recovering: bool,
}

impl From<&log_commands::LogState> for LogState {
    fn from(state: &log_commands::LogState) -> Self {
        Self {
            log: state.log.to_string(),
            size: state.size.get(),
            root: state.root.to_string(),
            signed: state.signed.get(),
            witnessed: state.witnessed.get(),
            current: state.current,
            heartbeat: state.heartbeat.map(|at| at.to_string()),
            heard_at: state.heard_at.map(|at| at.to_string()),
            misfit: state.misfit,
            closed: state.closed,
            recovering: state.recovering,
        }
    }
}

/// A checkpoint that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The origin, its first line.
    pub origin: String,
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: String,
    /// The signed note, with all cosignatures that are held.
    pub note: String,
    /// Cosignatures of the roster's witnesses that verify.
    pub cosignatures: usize,
    /// Whether they are a quorum.
    pub witnessed: bool,
}

impl From<&log_commands::HeldCheckpoint> for Checkpoint {
    fn from(held: &log_commands::HeldCheckpoint) -> Self {
        Self {
            origin: held.checkpoint.origin.to_string(),
            size: held.checkpoint.size.get(),
            root: held.checkpoint.root.to_string(),
            note: text(held.note.encode()),
            cosignatures: held.cosignatures,
            witnessed: held.witnessed,
        }
    }
}

/// A leaf with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Which log.
    pub log: String,
    /// Which leaf.
    pub leaf: u64,
    /// The entry, in base64.
    pub entry: String,
    /// The proof: the text of a `tlog-proof`.
    pub proof: String,
    /// Whether the policy asks for a quorum of witnesses, or for the log's signature alone.
    pub witnessed: bool,
    /// What to verify it by: the text of a `tlog-policy`.
    pub policy: String,
}

impl From<&proving::LeafProof> for Proof {
    fn from(proven: &proving::LeafProof) -> Self {
        Self {
            log: proven.log.to_string(),
            leaf: proven.proof.index.get(),
            entry: STANDARD.encode(&proven.entry),
            proof: text(proven.proof.encode()),
            witnessed: proven.witnessed,
            policy: text(proven.policy.encode()),
        }
    }
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which leaf.
    pub leaf: u64,
    /// The bytes, in base64.
    pub entry: String,
    /// The digest, where it is one.
    pub digest: Option<Digest>,
}

impl From<&log_commands::LogEntry> for Entry {
    fn from(known: &log_commands::LogEntry) -> Self {
        Self {
            leaf: known.leaf.get(),
            entry: STANDARD.encode(&known.entry),
            digest: known.digest.as_ref().map(Into::into),
        }
    }
}

/// The public commitment to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Kind and public status, such as `loan-granted`.
    pub status: String,
    /// 1 for the first, then one more each.
    pub revision: u32,
    /// The leaf of the revision before.
    pub previous: Option<u64>,
    /// The number of the log that holds that, where it is an earlier one.
    #[serde(default)]
    pub previous_log: Option<u32>,
    /// The epoch of the tag key.
    pub epoch: u32,
    /// Tags of the persons.
    pub subjects: Vec<String>,
    /// Matches digests about one transfer or one loan.
    pub reference: Option<String>,
    /// The commitment to the record.
    pub commitment: String,
    /// The business date.
    pub date: String,
}

impl From<&digest::Digest> for Digest {
    fn from(known: &digest::Digest) -> Self {
        Self {
            status: status_name(known.status).to_owned(),
            revision: known.revision,
            previous: known.previous,
            previous_log: known.previous_log,
            epoch: known.epoch,
            subjects: known.subjects.iter().map(ToString::to_string).collect(),
            reference: known.reference.map(|reference| reference.to_string()),
            commitment: known.commitment.to_string(),
            date: known.date.to_string(),
        }
    }
}

/// The public status of a digest as a stable word.
pub(crate) const fn status_name(status: DigestStatus) -> &'static str {
    match status {
        DigestStatus::AccountOpen => "account-open",
        DigestStatus::AccountClosed => "account-closed",
        DigestStatus::LoanGranted => "loan-granted",
        DigestStatus::LoanSettled => "loan-settled",
        DigestStatus::TransferRemitted => "transfer-remitted",
        DigestStatus::TransferCredited => "transfer-credited",
        DigestStatus::TransferReversed => "transfer-reversed",
        DigestStatus::TransferReturned => "transfer-returned",
        DigestStatus::CertificateIssued => "certificate-issued",
        DigestStatus::CertificateUsed => "certificate-used",
        DigestStatus::CertificateRevoked => "certificate-revoked",
        DigestStatus::CertificateExpired => "certificate-expired",
        DigestStatus::WithdrawalPaid => "withdrawal-paid",
        DigestStatus::WithdrawalReversed => "withdrawal-reversed",
        DigestStatus::IntentOpen => "intent-open",
        DigestStatus::IntentPaid => "intent-paid",
        DigestStatus::IntentWithdrawn => "intent-withdrawn",
        DigestStatus::IntentExpired => "intent-expired",
        DigestStatus::RowQuarantined => "row-quarantined",
        DigestStatus::RowHealed => "row-healed",
        DigestStatus::Lost => "lost",
    }
}

/// The formats of C2SP are text.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
