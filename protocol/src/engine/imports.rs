//! Imports: the center's records, portion by portion into a staging generation, and one flip.
//!
//! **Promises.** All or nothing: until `commit` nothing that was staged answers anybody, and the
//! flip is one write. Control totals that do not agree stop it. A refused portion stages nothing.
//! **Left to others.** Reading files and checking rows: the shell. Digests: `publishing`.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::crowds;
use super::embedded_core;
use super::heartbeats::UNUSABLE_RECORDS;
use super::import_findings::{self, Compared};
use super::modes::require_role;
use super::operator::{OperatorId, OperatorRole};
use super::publishing::{self, Progress, Vanished};
use super::quarantine::{self, Held};
use super::records::{
    self, Generation, ImportedSet, RecordKind, RecordsState, StoredAccount, Totals, UnnumberedRow,
};
use super::round::{Round, Stop};
use super::single;
use super::timer::{self, Timer};
use super::withdrawals::{self, BookedWithdrawal};
use crate::cbor;
use crate::id::{Bytes, FileHash};
use crate::ledger;
use crate::limits::{CLOCK_SKEW_MS, IMPORT_PORTION_MAX, LEDGER_ROWS_MAX, LOAN_PARTIES_MAX};
use crate::person_name::PersonName;
use crate::record::LoanRecord;
use crate::refusal::Refusal;
use crate::store::{StoreError, View};
use crate::time::{Date, Month, Timestamp};

/// What an import says before it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOrder {
    /// Who imports.
    pub operator: OperatorId,
    /// As of when the core system exported.
    pub as_of: Timestamp,
    /// BLAKE3 over the files.
    pub files: FileHash,
    /// What the files hold.
    pub expected: Totals,
}

/// One record of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportItem {
    /// An account with its ledger.
    Account(Box<StoredAccount>),
    /// A loan.
    Loan(Box<LoanRecord>),
    /// A record without a usable document number: only its name can be matched.
    Unnumbered(UnnumberedRecord),
    /// Something that is held back.
    Held(Held),
    /// A withdrawal for a property.
    Withdrawal(Box<BookedWithdrawal>),
}

/// A record without a usable document number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnnumberedRecord {
    /// Of what the record is.
    pub kind: RecordKind,
    /// 姓名; absent when the row cannot be read at all, which nobody's question can be held against.
    pub name: Option<PersonName>,
    /// 出生年月 CSNY, when it is known.
    pub birth: Option<Month>,
}

/// An import that has begun and is not committed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Staging {
    /// The generation that it fills.
    #[n(1)]
    pub generation: Generation,
    /// As of when the core system exported.
    #[n(2)]
    pub as_of: Timestamp,
    /// BLAKE3 over the files.
    #[n(3)]
    pub files: FileHash,
    /// What the files hold.
    #[n(4)]
    pub expected: Totals,
    /// What is staged so far.
    #[n(5)]
    pub staged: Totals,
    /// How it differs from the import before.
    #[n(6)]
    pub changes: Changes,
    /// Records staged so far that have neither a usable number nor a readable name.
    #[n(7)]
    pub nameless: u64,
}

/// How an import differs from the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Changes {
    /// Records that were not there.
    #[n(1)]
    pub added: u64,
    /// Records with another content.
    #[n(2)]
    pub changed: u64,
    /// Records that are the same.
    #[n(3)]
    pub same: u64,
    /// Accounts that stay as they are, because a transfer holds or changed them.
    #[n(4)]
    pub kept: u64,
}

/// Some of the published records that an import lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VanishedReply {
    /// The records, by their leaves.
    pub records: Vec<Vanished>,
    /// Where to go on; `None` when these were the last.
    pub next: Option<Bytes>,
}

/// How the records stand.
#[derive(Clone, Debug)]
pub struct RecordsReport {
    /// The current import.
    pub records: RecordsState,
    /// The import that is being staged.
    pub staging: Option<Staging>,
    /// How far publication is.
    pub publishing: Progress,
}

/// How the records stand.
///
/// # Errors
/// When the store cannot be read.
pub fn report(view: &dyn View) -> Result<RecordsReport, StoreError> {
    Ok(RecordsReport {
        records: records::state(view)?,
        staging: staging(view)?,
        publishing: publishing::progress(view)?,
    })
}

pub(super) fn staging(view: &dyn View) -> Result<Option<Staging>, StoreError> {
    single::read::<Option<Staging>>(view, STAGING).map(Option::flatten)
}

const STAGING: &[u8] = b"import";

fn put_staging(view: &mut dyn View, staging: Option<&Staging>) {
    single::write(view, STAGING, &staging);
}

/// Opens a staging generation.
pub(super) fn begin(round: &mut Round<'_>, order: &ImportOrder) -> Result<Staging, Stop> {
    require_role(round, &order.operator, OperatorRole::Clerk)?;
    if staging(round.view)?.is_some() {
        let why = "another import has begun; wait for it, or drop it with `fundlink data abort`";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    if order.as_of.ms_since(round.now) > CLOCK_SKEW_MS {
        return Err(Stop::explained(Refusal::Argument, "the export is from the future"));
    }
    let mut state = records::state(round.view)?;
    if let Some(current) = state.current.as_ref().filter(|current| order.as_of < current.as_of) {
        let (dump, loaded) = (order.as_of, current.as_of);
        let why = format!("the export is as of {dump}, the records that are loaded of {loaded}");
        return Err(Stop::explained(Refusal::WrongState, &why));
    }
    let had = state.current.as_ref().and_then(|current| current.totals.withdrawals);
    if had.is_some_and(|had| had > 0) && order.expected.withdrawals.is_none() {
        let why = "the records that are loaded have withdrawals, and the export has no withdrawals.csv; \
                   export it too, or with its header alone when there are none any more";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    state.last = state.last.next();
    let staged = Totals { withdrawals: order.expected.withdrawals.map(|_| 0), ..Totals::default() };
    let staging = Staging {
        generation: state.last,
        as_of: order.as_of,
        files: order.files,
        expected: order.expected,
        staged,
        changes: Changes::default(),
        nameless: 0,
    };
    records::put_state(round.view, &state);
    put_staging(round.view, Some(&staging));
    Ok(staging)
}

/// Stages one portion.
pub(super) fn stage(round: &mut Round<'_>, items: &[ImportItem]) -> Result<Staging, Stop> {
    let mut staging = staging(round.view)?.ok_or_else(not_begun)?;
    check_portion(round, &staging, items)?;
    let current = records::state(round.view)?.current.map(|set| set.generation);
    let closed = records::state(round.view)?.current.and_then(|set| set.as_of.date());
    let days = closed.zip(staging.as_of.date());
    let place = Place { generation: staging.generation, current, days };
    for item in items {
        let staged = &mut staging.staged;
        match item {
            ImportItem::Account(account) => {
                stage_account(round.view, place, account, &mut staging.changes)?;
                staged.accounts = staged.accounts.saturating_add(1);
                let balance = account.record.account.balance;
                staged.balances = staged.balances.checked_add(balance).ok_or_else(too_much)?;
            }
            ImportItem::Loan(loan) => {
                stage_loan(round.view, place, loan, &mut staging.changes)?;
                staged.loans = staged.loans.saturating_add(1);
            }
            ImportItem::Unnumbered(record) => {
                if let Some(name) = record.name.clone() {
                    let row =
                        records::unnumbered_key(place.generation, record.birth, staged.unnumbered);
                    let value = UnnumberedRow { name, kind: record.kind };
                    round.view.put(row, cbor::encode(&value));
                } else {
                    staging.nameless = staging.nameless.saturating_add(1);
                }
                staged.unnumbered = staged.unnumbered.saturating_add(1);
            }
            ImportItem::Held(held) => {
                quarantine::stage(round.view, place.generation, held, staged.held.rows);
                staged.held = staged.held.with(held).ok_or_else(too_much)?;
            }
            ImportItem::Withdrawal(booked) => {
                stage_withdrawal(round.view, place, booked, &mut staging.changes)?;
                staged.withdrawals = Some(staged.withdrawals.unwrap_or(0).saturating_add(1));
            }
        }
    }
    put_staging(round.view, Some(&staging));
    Ok(staging)
}

/// The published records that the staged generation lacks, from a place on.
pub(super) fn vanished(view: &dyn View, from: &[u8]) -> Result<VanishedReply, Stop> {
    let staging = staging(view)?.ok_or_else(not_begun)?;
    let (records, next) = publishing::vanished(view, staging.generation, from)?;
    Ok(VanishedReply { records, next })
}

/// Makes the staged generation the current one.
pub(super) fn commit(round: &mut Round<'_>) -> Result<Changes, Stop> {
    let staging = staging(round.view)?.ok_or_else(not_begun)?;
    if staging.staged != staging.expected {
        let why = "the control totals do not agree with what was staged; check the files";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    let mut state = records::state(round.view)?;
    let old = state.current.replace(ImportedSet {
        generation: staging.generation,
        as_of: staging.as_of,
        files: staging.files,
        totals: staging.staged,
        nameless: staging.nameless,
    });
    records::put_state(round.view, &state);
    single::write(round.view, UNUSABLE_RECORDS, &staging.staged.unnumbered);
    put_staging(round.view, None);
    embedded_core::follow_import(round)?;
    publishing::begin(round, staging.generation, old.map(|set| set.generation))?;
    timer::set(round.view, round.now, Timer::Findings)?;
    Ok(staging.changes)
}

/// Drops what was staged.
pub(super) fn abort(round: &mut Round<'_>) -> Result<(), Stop> {
    let staging = staging(round.view)?.ok_or_else(not_begun)?;
    put_staging(round.view, None);
    publishing::clear(round, staging.generation)?;
    timer::set(round.view, round.now, Timer::Findings)?;
    Ok(())
}

#[derive(Clone, Copy)]
struct Place {
    generation: Generation,
    current: Option<Generation>,
    /// The day of the export before, and of this one.
    days: Option<(Date, Date)>,
}

fn stage_account(
    view: &mut dyn View,
    place: Place,
    account: &StoredAccount,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    let number = &account.record.account.number;
    let before = match place.current {
        Some(current) => records::account_in(view, current, number)?,
        None => None,
    };
    let kept = records::account_in(view, Generation::KEPT, number)?;
    if let (Some(before), Some((closed, today))) = (&before, place.days) {
        let is_held = kept.is_some() && ledger::held_by(view, number)?.is_some();
        let (now, kept) = (account, kept.as_ref());
        let compared = Compared { before, now, kept, is_held, closed, today };
        import_findings::note(view, place.generation, &compared)?;
    }
    if kept.is_some() {
        changes.kept = changes.kept.saturating_add(1);
    } else {
        changes.count(before.as_ref(), account);
    }
    records::put_account(view, place.generation, account);
    crowds::note_account(view, place.generation, account)
}

fn stage_loan(
    view: &mut dyn View,
    place: Place,
    loan: &LoanRecord,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    let before = match place.current {
        Some(current) => records::loan_in(view, current, &loan.loan.contract)?,
        None => None,
    };
    changes.count(before.as_ref(), loan);
    records::put_loan(view, place.generation, loan);
    Ok(())
}

fn stage_withdrawal(
    view: &mut dyn View,
    place: Place,
    booked: &BookedWithdrawal,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    let serial = &booked.record.serial;
    let before = match place.current {
        Some(current) => withdrawals::booked_in(view, current, serial)?,
        None => None,
    };
    changes.count(before.as_ref(), booked);
    withdrawals::stage(view, place.generation, booked);
    Ok(())
}

impl Changes {
    fn count<T: PartialEq>(&mut self, before: Option<&T>, now: &T) {
        let counter = match before {
            None => &mut self.added,
            Some(before) if before == now => &mut self.same,
            Some(_) => &mut self.changed,
        };
        *counter = counter.saturating_add(1);
    }
}

/// Looks at the whole portion before anything of it is staged.
fn check_portion(round: &Round<'_>, staging: &Staging, items: &[ImportItem]) -> Result<(), Stop> {
    if items.len() > IMPORT_PORTION_MAX {
        return Err(Stop::explained(Refusal::TooLarge, "a portion holds at most 1024 records"));
    }
    let mut seen = BTreeSet::new();
    let mut sum = staging.staged.balances;
    let mut held = staging.staged.held.balances;
    for item in items {
        match item {
            ImportItem::Account(account) => {
                check_account(round, account)?;
                let number = &account.record.account.number;
                let place = records::account_key(staging.generation, number.as_str().as_bytes());
                if !seen.insert(place.clone()) || round.view.get(&place)?.is_some() {
                    let why = "an account number appears twice";
                    return Err(Stop::explained(Refusal::Argument, why));
                }
                sum = sum.checked_add(account.record.account.balance).ok_or_else(too_much)?;
            }
            ImportItem::Loan(loan) => {
                check_loan(round, loan)?;
                let contract = loan.loan.contract.as_str().as_bytes();
                let place = records::loan_key(staging.generation, contract);
                if !seen.insert(place.clone()) || round.view.get(&place)?.is_some() {
                    let why = "a loan contract appears twice";
                    return Err(Stop::explained(Refusal::Argument, why));
                }
            }
            ImportItem::Withdrawal(booked) => {
                let serial = &booked.record.serial;
                check_withdrawal(round, staging, booked)?;
                let place = withdrawals::place(staging.generation, serial);
                if !seen.insert(place.clone()) || round.view.get(&place)?.is_some() {
                    let why = "the serial of a withdrawal appears twice";
                    return Err(Stop::explained(Refusal::Argument, why));
                }
            }
            ImportItem::Held(Held::Account(_, balance)) => {
                held = held.checked_add(*balance).ok_or_else(too_much)?;
            }
            ImportItem::Unnumbered(_) | ImportItem::Held(_) => {}
        }
    }
    Ok(())
}

fn check_account(round: &Round<'_>, account: &StoredAccount) -> Result<(), Stop> {
    let number = &account.record.account.number;
    let why = if account.record.center != round.center() {
        "an account belongs to another center"
    } else if account.rows.len() > LEDGER_ROWS_MAX {
        "an account has more than 4096 ledger rows"
    } else if account.rows.iter().any(|row| row.account != *number) {
        "a ledger row belongs to another account"
    } else {
        return Ok(());
    };
    Err(Stop::explained(Refusal::Argument, why))
}

fn check_withdrawal(
    round: &Round<'_>,
    staging: &Staging,
    booked: &BookedWithdrawal,
) -> Result<(), Stop> {
    let day = staging.as_of.date().ok_or_else(|| records::damaged("clock"))?;
    booked
        .check(round.center(), day)
        .map_err(|fault| Stop::explained(Refusal::Argument, &fault.to_string()))
}

fn check_loan(round: &Round<'_>, loan: &LoanRecord) -> Result<(), Stop> {
    let why = if loan.center != round.center() {
        "a loan belongs to another center"
    } else if loan.parties.is_empty() || loan.parties.len() > LOAN_PARTIES_MAX {
        "a loan has a borrower and at most 15 others"
    } else {
        return Ok(());
    };
    Err(Stop::explained(Refusal::Argument, why))
}

fn not_begun() -> Stop {
    Stop::explained(Refusal::WrongState, "no import has begun")
}

fn too_much() -> Stop {
    Stop::explained(Refusal::Argument, "the balances sum to more than an amount can hold")
}

#[cfg(test)]
mod tests;
