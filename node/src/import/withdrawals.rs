//! The file of withdrawals (提取业务), which a dump may have: the columns of table 5.0.5 that are about
//! one, and beside them the home that it is for (BDCQZH, FWZL) and where it stands (TQZT), for which the
//! standard has no column.
//!
//! A withdrawal that was paid has a booking day, one that is in progress has none. What was paid to buy
//! or build a home is published by its property; what is in progress keeps its account from moving to
//! another city (R08).
//!
//! **Promises.** What was paid stands in the ledger, with its day, amount and reason; no row is dropped
//! for want of its account, and none counts twice.
//! **Left to others.** Digests and answers: the engine. The refusal of a letter: the rules of transfers.

use std::collections::{BTreeMap, HashSet};
use std::io::BufRead;

use fundlink_protocol::account::{AccountNumber, CloseReason, ReversalFlag, SerialNumber};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::money::Fen;
use fundlink_protocol::property::Property;
use fundlink_protocol::record::Hindrance;
use fundlink_protocol::time::Date;
use fundlink_protocol::withdrawal::{BookedWithdrawal, PropertyWithdrawal, is_for_a_property};

use super::account_draft::AccountDraft;
use super::accounts::Accounts;
use super::branches::Key;
use super::context::{Absent, Context};
use super::control::FileTotals;
use super::rule::ImportRule;
use super::table::{Row, columns};
use super::{ImportError, ImportFile, value};

columns! {
    Account = "GRZH", true;
    Serial = "YWLSH", true;
    PostedOn = "JZRQ", true;
    Amount = "FSE", true;
    Interest = "FSLXE", false;
    Reason = "TQYY", true;
    Reversal = "CZBZ", false;
    Stage = "TQZT", false;
    Title = "BDCQZH", false;
    Home = "FWZL", false;
}

/// Where a withdrawal stands, as the words of a mapping name it: the standard has no column for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// 已支付.
    Paid,
    /// 办理中.
    InProgress,
    /// 约定提取: a standing order.
    Standing,
    /// 已撤销: it was given up before anything was paid.
    Cancelled,
}

pub(super) const STAGES: [(&str, Stage); 4] = [
    ("paid", Stage::Paid),
    ("in_progress", Stage::InProgress),
    ("standing", Stage::Standing),
    ("cancelled", Stage::Cancelled),
];

/// What the file holds.
#[derive(Debug, Default)]
pub(super) struct Withdrawals {
    /// Those that were paid for a property, by their serials.
    pub(super) booked: Vec<BookedWithdrawal>,
    /// Withdrawals that are in progress, standing orders among them.
    pub(super) running: u64,
    /// Payouts for a property that the ledger has and the file does not.
    pub(super) unlisted: u64,
}

/// The same in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawalCounts {
    /// Paid for a property: each is published.
    pub for_property: u64,
    /// In progress, standing orders among them: their accounts do not move.
    pub running: u64,
    /// Paid for a property by the ledger, and not in the file: nothing of them is published.
    pub unlisted: u64,
}

impl Withdrawals {
    /// What there is, in numbers.
    pub(super) const fn counts(&self) -> WithdrawalCounts {
        let Self { booked, running, unlisted } = self;
        let for_property = booked.len() as u64;
        WithdrawalCounts { for_property, running: *running, unlisted: *unlisted }
    }
}

/// The file while it is read.
#[derive(Default)]
struct Reading {
    paid: BTreeMap<SerialNumber, BookedWithdrawal>,
    /// Reversals of payouts for a property: the line, and what is undone.
    reversed: Vec<(u64, SerialNumber, Date)>,
    /// Serials of rows that cannot be believed.
    faulty: HashSet<SerialNumber>,
    seen: HashSet<(AccountNumber, SerialNumber, ReversalFlag)>,
    listed: u64,
    running: u64,
    /// Rows of which nobody can say whose they are.
    unplaced: u64,
}

/// Reads the withdrawals; those in progress hinder their accounts.
pub(super) fn read(
    input: Option<impl BufRead>,
    accounts: &mut Accounts,
    context: &mut Context<'_>,
) -> Result<Option<Withdrawals>, ImportError> {
    let Some(input) = input else { return Ok(None) };
    let mut reading = Reading::default();
    let (center, as_of) = (context.options.center, context.options.as_of);
    let state = context.read_rows(ImportFile::Withdrawals, input, |row, totals| {
        row.belongs_to(Key::Account, Place::Account);
        let account = row.needed(Place::Account, value::account_number);
        let serial = row.needed(Place::Serial, value::serial);
        let entry = read_entry(row, totals, as_of);
        let Some(account) = account else {
            reading.unplaced += 1;
            return;
        };
        let Some(serial) = serial else { return accounts.hold_person(&account) };
        let doubled = entry.as_ref().is_some_and(|entry| {
            !reading.seen.insert((account.clone(), serial.clone(), entry.reversal()))
        });
        if doubled {
            row.fault(Place::Serial, ImportRule::KeyDoubled);
        }
        let all_named = accounts.nameless() == 0;
        let draft = match accounts.find(&account) {
            Ok(draft) => draft,
            Err(Absent::Unknown) if all_named => {
                reading.unplaced += 1;
                let rule = value::rounded_or(account.as_str(), ImportRule::Reference);
                return row.fault(Place::Account, rule);
            }
            // The account's own row was reported.
            Err(Absent::Unknown | Absent::Reported) => {
                reading.faulty.insert(serial);
                return;
            }
        };
        let taken = entry
            .filter(|_| !doubled)
            .and_then(|entry| reading.take(row, (draft, &serial), entry, center));
        if taken.is_none() {
            reading.faulty.insert(serial);
            accounts.hold_person(&account);
        }
    })?;
    // A withdrawal may be in progress and nobody can say whose: no letter could be accepted.
    if reading.unplaced > 0 || state.malformed() > 0 {
        context.faults.refuse_quarantine();
    }
    Ok(Some(reading.finish(accounts, context)))
}

/// A row.
enum Entry {
    /// In progress: what it keeps the account from.
    Running(Hindrance),
    /// Given up: nothing follows.
    Dropped,
    /// Paid, or undone.
    Booked(Booking),
}

/// A row that was booked.
struct Booking {
    on: Date,
    /// What the row says was paid, positive, with the interest that it names.
    amount: Fen,
    reason: CloseReason,
    reversal: ReversalFlag,
}

impl Entry {
    const fn reversal(&self) -> ReversalFlag {
        match self {
            Self::Booked(booking) => booking.reversal,
            Self::Running(_) | Self::Dropped => ReversalFlag::Original,
        }
    }
}

/// What a row says; `None` after a fault.
fn read_entry(row: &mut Row<'_>, totals: &mut FileTotals, as_of: Date) -> Option<Entry> {
    let posted_on = row.optional(Place::PostedOn, value::past_date(as_of));
    let amount = row.optional(Place::Amount, value::amount);
    if amount != Some(None) {
        totals.add(amount.flatten());
    }
    let interest = row.optional(Place::Interest, value::amount);
    let reason = row.needed(Place::Reason, value::code(CloseReason::parse));
    let reversal = row.optional(Place::Reversal, value::code(ReversalFlag::parse));
    let stage = row.optional(Place::Stage, value::withdrawal_stage);
    let (posted_on, amount, interest) = (posted_on?, amount?, interest?);
    let (reason, reversal, stage) = (reason?, reversal?.unwrap_or(ReversalFlag::Original), stage?);
    let hindrance = match (posted_on, stage) {
        (Some(on), None | Some(Stage::Paid)) => {
            let Some(amount) = amount else {
                row.fault(Place::Amount, ImportRule::ValueMissing);
                return None;
            };
            let interest = interest.unwrap_or(Fen::ZERO);
            let paid = absolute(amount).checked_add(absolute(interest));
            let paid = paid.filter(|paid| !paid.is_zero());
            if paid.is_none() {
                row.fault(Place::Amount, ImportRule::WithdrawalAmount);
            }
            return paid.map(|amount| Entry::Booked(Booking { on, amount, reason, reversal }));
        }
        (None, Some(Stage::Paid)) => {
            row.fault(Place::PostedOn, ImportRule::ValueMissing);
            return None;
        }
        (Some(_), Some(Stage::InProgress | Stage::Standing | Stage::Cancelled)) => {
            row.fault(Place::PostedOn, ImportRule::WithdrawalStage);
            return None;
        }
        (None, _) if reversal == ReversalFlag::Reversal => {
            row.fault(Place::PostedOn, ImportRule::ValueMissing);
            return None;
        }
        (None, None | Some(Stage::InProgress)) => Hindrance::WithdrawalInProgress,
        (None, Some(Stage::Standing)) => Hindrance::StandingWithdrawal,
        (None, Some(Stage::Cancelled)) => return Some(Entry::Dropped),
    };
    Some(Entry::Running(hindrance))
}

impl Reading {
    /// Takes a row of a known account in; `None` when it cannot be believed.
    fn take(
        &mut self,
        row: &mut Row<'_>,
        (draft, serial): (&mut AccountDraft, &SerialNumber),
        entry: Entry,
        center: CenterCode,
    ) -> Option<()> {
        let booking = match entry {
            Entry::Dropped => return Some(()),
            Entry::Running(hindrance) => {
                let paid = draft.payout(serial, ReversalFlag::Original).is_some();
                let undone = draft.payout(serial, ReversalFlag::Reversal).is_some();
                if paid && !undone {
                    row.fault(Place::PostedOn, ImportRule::WithdrawalLedger);
                    return None;
                }
                draft.hinder(hindrance);
                self.running += 1;
                return Some(());
            }
            Entry::Booked(booking) => booking,
        };
        let amount = agreed(row, draft, serial, &booking)?;
        if !is_for_a_property(booking.reason) {
            return Some(());
        }
        match booking.reversal {
            ReversalFlag::Reversal => {
                self.reversed.push((row.line, serial.clone(), booking.on));
            }
            ReversalFlag::Original => {
                let property = read_property(row)?;
                if self.paid.contains_key(serial) {
                    row.fault(Place::Serial, ImportRule::KeyDoubled);
                    self.paid.remove(serial);
                    return None;
                }
                self.listed += 1;
                let record = PropertyWithdrawal {
                    center,
                    serial: serial.clone(),
                    person: draft.person().clone(),
                    account: draft.number().clone(),
                    property,
                    reason: booking.reason,
                    amount,
                    paid_on: booking.on,
                };
                self.paid.insert(serial.clone(), BookedWithdrawal::paid(record));
            }
        }
        Some(())
    }

    /// Joins payouts with their reversals, and says what is held back.
    fn finish(mut self, accounts: &mut Accounts, context: &mut Context<'_>) -> Withdrawals {
        for serial in &self.faulty {
            self.paid.remove(serial);
        }
        for (line, serial, on) in self.reversed {
            match self.paid.get_mut(&serial) {
                Some(booked) if on >= booked.record.paid_on => booked.reversed_on = Some(on),
                Some(_) => {
                    self.paid.remove(&serial);
                    let rule = ImportRule::WithdrawalReversal;
                    context.faults.at(ImportFile::Withdrawals, line, "JZRQ", rule);
                    self.faulty.insert(serial);
                }
                None if self.faulty.contains(&serial) => {}
                None => {
                    let rule = ImportRule::WithdrawalReversal;
                    context.faults.at(ImportFile::Withdrawals, line, "YWLSH", rule);
                }
            }
        }
        accounts.hold_withdrawals(self.faulty);
        Withdrawals {
            booked: self.paid.into_values().collect(),
            running: self.running,
            unlisted: accounts.property_payouts.saturating_sub(self.listed),
        }
    }
}

/// What was paid by the ledger, interest included, when the row agrees with it; `None` after a fault,
/// or when the ledger itself cannot be believed.
fn agreed(
    row: &mut Row<'_>,
    draft: &AccountDraft,
    serial: &SerialNumber,
    booking: &Booking,
) -> Option<Fen> {
    if draft.is_tainted() {
        return None;
    }
    let Some(entry) = draft.payout(serial, booking.reversal) else {
        row.fault(Place::Serial, ImportRule::WithdrawalLedger);
        return None;
    };
    let principal = absolute(entry.amount);
    let paid = principal.checked_add(absolute(entry.interest))?;
    let wrong = if entry.posted_on != booking.on {
        Place::PostedOn
    } else if entry.reason.is_some_and(|reason| reason != booking.reason) {
        Place::Reason
    } else if booking.amount != paid && booking.amount != principal {
        Place::Amount
    } else {
        return Some(paid);
    };
    row.fault(wrong, ImportRule::WithdrawalLedger);
    None
}

/// The home that a withdrawal is for; `None` after a fault.
fn read_property(row: &mut Row<'_>) -> Option<Property> {
    let title = row.optional(Place::Title, value::property_text);
    let place = row.optional(Place::Home, value::property_text);
    match (title?, place?) {
        (Some(title), None) => Some(Property::Title(title)),
        (None, Some(place)) => Some(Property::Place(place)),
        (Some(title), Some(place)) => Some(Property::Both(title, place)),
        (None, None) => {
            row.fault(Place::Title, ImportRule::Property);
            None
        }
    }
}

const fn absolute(amount: Fen) -> Fen {
    if amount.get() < 0 { amount.negated() } else { amount }
}
