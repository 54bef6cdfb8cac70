//! What a local caller can want, and what it gets back.

use super::alerts::{AlertCommand, AlertReply};
use super::certificates::desk::{CertificateCommand, CertificateView};
use super::evidence::EvidenceWish;
use super::imports::{Changes, ImportItem, ImportOrder, RecordsReport, Staging, VanishedReply};
use super::lending::desk::{LendingCommand, LendingReply};
use super::log_commands::{LogCommand, LogReply};
use super::modes::ServiceMode;
use super::operator::OperatorId;
use super::quarantine::QuarantinedRow;
use super::recovery::standing::Standing;
use super::recovery::{Overridden, OverrideOrder};
use super::rosters::command::{NetCommand, NetReply};
use super::status::Status;
use super::takeovers::{TakenOver, TakeoverCommand};
use super::transfer_command::{TransferCommand, TransferLine, TransferView};
use super::withdrawals::{WithdrawalCommand, WithdrawalReply};
use crate::dossier::{Dossier, Wish};
use crate::evidence::Parts;
use crate::id::{DossierId, OperatorMark};
use crate::ledger::TrialBalance;

/// A wish of the control interface.
#[derive(Debug)]
pub enum Command {
    /// How the node stands.
    Status,
    /// The mode of each service.
    Modes,
    /// Sets the mode of a service.
    SetMode {
        /// Who sets it.
        operator: OperatorId,
        /// The service and its new mode.
        wanted: ServiceMode,
    },
    /// Asks one center, or all that may hold something, about a household.
    Ask(Box<Wish>),
    /// What came of asking, so far.
    Dossier(DossierId),
    /// This center's operators with their pseudonyms.
    OperatorMarks,
    /// Collects the parts of an evidence file.
    Evidence(Box<EvidenceWish>),
    /// How the records stand.
    Records,
    /// Begins to load the records of a core system.
    ImportBegin(Box<ImportOrder>),
    /// Stages a portion, at most `limits::IMPORT_PORTION_MAX` records.
    ImportRecords(Vec<ImportItem>),
    /// Makes what was staged the records of this center, in one step.
    ImportCommit,
    /// The published records that the staged import lacks, from a place on.
    ImportVanished(Vec<u8>),
    /// Drops what was staged.
    ImportAbort,
    /// The rows in quarantine, from a place on.
    Quarantine(u64),
    /// About logs: checkpoints, proofs, copies.
    Log(LogCommand),
    /// Something about transfers.
    Transfer(Box<TransferCommand>),
    /// About the network: members, keys, rosters.
    Net(NetCommand),
    /// About cases that were taken over from a revoked center.
    Takeovers(TakeoverCommand),
    /// What the watch has found.
    Alerts(AlertCommand),
    /// Something about deposit certificates.
    Certificate(CertificateCommand),
    /// Something about loan intents and leases.
    Lending(Box<LendingCommand>),
    /// Something about withdrawals for a property.
    Withdrawal(WithdrawalCommand),
    /// What the node waits for since its start.
    Recovery,
    /// Goes on without what the node waits for.
    OverrideRecovery(OverrideOrder),
}

/// What came of a wish.
#[derive(Debug)]
pub enum Reply {
    /// How the node stands.
    Status(Status),
    /// The mode of each service.
    Modes(Vec<ServiceMode>),
    /// Asked; the answers come in under this id.
    Asked(DossierId),
    /// What came of asking, so far.
    Dossier(Box<Dossier>),
    /// This center's operators with their pseudonyms.
    OperatorMarks(Vec<(OperatorId, OperatorMark)>),
    /// The parts of an evidence file, by name.
    Evidence(Parts),
    /// How the records stand.
    Records(Box<RecordsReport>),
    /// What an import has staged so far.
    ImportStaging(Staging),
    /// Published records that the staged import lacks.
    ImportVanished(VanishedReply),
    /// Rows in quarantine.
    Quarantine(Vec<QuarantinedRow>),
    /// How the import differs from the one before; its publication goes on.
    ImportCommitted(Changes),
    /// What is known of logs.
    Log(LogReply),
    /// What came of a wish about the network.
    Net(NetReply),
    /// A transfer in full.
    Transfer(Box<TransferView>),
    /// Transfers, one line each.
    Transfers(Vec<TransferLine>),
    /// The sums of the ledger.
    LedgerSums(TrialBalance),
    /// Cases that were taken over, those that wait for a person first.
    Takeovers(Vec<TakenOver>),
    /// What the watch has found.
    Alerts(AlertReply),
    /// Certificates, issued or held.
    Certificates(Vec<CertificateView>),
    /// What came of a wish about loan intents and leases.
    Lending(LendingReply),
    /// What came of a wish about withdrawals.
    Withdrawals(WithdrawalReply),
    /// What the node waits for since its start, and what persons have decided about it.
    Recovery(Standing, Vec<Overridden>),
    /// Done; there is nothing to show.
    Done,
}
