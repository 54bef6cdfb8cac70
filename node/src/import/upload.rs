//! From checked files into the node: portion by portion over the control socket, and one commit.
//!
//! **Promises.** All or nothing: an upload that ends early leaves what was there before.
//! **Left to others.** Checking: [`super::check`]. What differs and what is published: the engine.

use fundlink_protocol::cbor;
use fundlink_protocol::limits::IMPORT_PORTION_MAX;

use super::ImportSet;
use crate::control::api::Done;
use crate::control::api::records::{Changes, ImportBegin, Portion, Record, Staging};
use crate::control::client::{ClientError, ControlClient};

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadProgress {
    /// Records that the node has taken.
    pub taken: u64,
    /// Records in all.
    pub all: u64,
}

/// Bytes of a portion from which on it is sent: well below what the node takes at once.
const PORTION_BYTES: usize = 2 * 1024 * 1024;

/// Loads the records into the node behind a control socket, for an operator, and makes them count.
///
/// # Errors
/// When the node refuses or goes away; then nothing has changed.
pub async fn upload(
    client: &ControlClient,
    operator: &str,
    set: ImportSet,
    progress: &mut (dyn FnMut(UploadProgress) + Send),
) -> Result<Changes, ClientError> {
    stage(client, operator, set, progress).await?;
    commit(client).await
}

/// Makes what was staged the records of the node.
///
/// # Errors
/// When the node refuses or goes away; then nothing has changed.
pub async fn commit(client: &ControlClient) -> Result<Changes, ClientError> {
    let done = client.post("/v1/import/commit", &()).await;
    if done.is_err() {
        abort(client).await;
    }
    done
}

/// Drops what was staged.
async fn abort(client: &ControlClient) {
    // What a node that is gone has staged answers nobody; the next import says how to drop it.
    let aborted: Result<Done, ClientError> = client.post("/v1/import/abort", &()).await;
    aborted.ok();
}

/// Loads the records into the node, where they wait to be made to count.
///
/// # Errors
/// When the node refuses or goes away; then nothing has changed.
pub async fn stage(
    client: &ControlClient,
    operator: &str,
    set: ImportSet,
    progress: &mut (dyn FnMut(UploadProgress) + Send),
) -> Result<(), ClientError> {
    let order = ImportBegin {
        operator: operator.to_owned(),
        as_of: set.report.as_of.to_string(),
        files: set.report.hash.to_string(),
        expected: set.totals().into(),
    };
    let _: Staging = client.post("/v1/import", &order).await?;
    let all = order.expected.accounts.saturating_add(order.expected.loans);
    let withdrawals = order.expected.withdrawals.unwrap_or(0);
    let all = all.saturating_add(withdrawals).saturating_add(count(set.held.len()));
    let mut sending = Sending { client, progress, taken: 0, all, records: Vec::new(), bytes: 0 };
    let loaded = load(&mut sending, set).await;
    if loaded.is_err() {
        abort(client).await;
    }
    loaded
}

async fn load(sending: &mut Sending<'_>, set: ImportSet) -> Result<(), ClientError> {
    for account in set.accounts {
        sending.add(Record::Account(Box::new(account.stored))).await?;
    }
    for loan in set.loans {
        sending.add(Record::Loan(Box::new(loan))).await?;
    }
    for withdrawal in set.withdrawals.into_iter().flatten() {
        sending.add(Record::Withdrawal(Box::new(withdrawal))).await?;
    }
    for held in set.held {
        sending.add(held).await?;
    }
    sending.send().await
}

/// Records on their way.
struct Sending<'a> {
    client: &'a ControlClient,
    progress: &'a mut (dyn FnMut(UploadProgress) + Send),
    taken: u64,
    all: u64,
    records: Vec<Record>,
    bytes: usize,
}

impl Sending<'_> {
    async fn add(&mut self, record: Record) -> Result<(), ClientError> {
        self.bytes = self.bytes.saturating_add(cbor::encode(&record).len());
        self.records.push(record);
        if self.records.len() >= IMPORT_PORTION_MAX || self.bytes >= PORTION_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), ClientError> {
        let records = std::mem::take(&mut self.records);
        self.bytes = 0;
        if records.is_empty() {
            return Ok(());
        }
        let sent = count(records.len());
        let portion = Portion { records };
        let _: Staging = self.client.post_cbor("/v1/import/records", &portion).await?;
        self.taken = self.taken.saturating_add(sent);
        (self.progress)(UploadProgress { taken: self.taken, all: self.all });
        Ok(())
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
