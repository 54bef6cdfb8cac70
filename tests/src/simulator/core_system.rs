//! The core systems of simulated centers that have one of their own: accounts, locks, debits, credits.
//!
//! **Promises.** An order id is executed once, a repeat gets the stored outcome, and an id with other
//! content is refused. Nothing but an order changes an account; interest is the auditor's computation.
//! **Left to others.** What an order must not ask: the auditor. What goes wrong on the way: this file
//! asks the plan.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use std::collections::BTreeMap;

use fundlink_protocol::account::{AccountNumber, AccountStatus, SerialNumber};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::core_system::{
    CoreAction, CoreCause, CoreOrder, CoreOutcome, CoreReceipt, CoreRefusal, CoreStep,
};
use fundlink_protocol::id::{OrderId, TransferId};
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::{Date, Timestamp};

use super::auditor::{Broken, interest};
use super::members;
use super::plan::Fault;
use super::world::{Event, World};

/// A core system.
#[derive(Debug, Default)]
pub(super) struct Core {
    accounts: BTreeMap<AccountNumber, Account>,
    taken: BTreeMap<OrderId, Taken>,
    moved: BTreeMap<TransferId, Moved>,
    imported_on: Option<Date>,
    /// What was added to accounts as interest, less what was undone.
    interest: i128,
    opened_with: i128,
}

#[derive(Debug)]
struct Account {
    person: u32,
    status: AccountStatus,
    /// Whether a court has frozen it since.
    is_frozen: bool,
    balance: i128,
    held_by: Option<TransferId>,
}

#[derive(Debug)]
struct Taken {
    order: CoreOrder,
    outcome: CoreOutcome,
    /// What an account held before this settled it, until that is undone.
    settled_from: Option<i128>,
    silent_until: Timestamp,
    unknown_until: Timestamp,
}

/// What stands of a transfer in a core.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    /// Settlements that are not undone.
    pub(super) debits: i32,
    /// What they moved.
    pub(super) debit: i128,
    /// Credits.
    pub(super) credits: i32,
    /// What they moved.
    pub(super) credit: i128,
}

/// An account, whoever keeps it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    /// What it holds; none where only an imported record speaks of it.
    pub(super) balance: Option<i128>,
    pub(super) status: Option<AccountStatus>,
    /// The transfer that holds it.
    pub(super) held_by: Option<TransferId>,
    /// What it was before anything touched it, or became by a court.
    pub(super) was: Option<AccountStatus>,
    pub(super) is_closed: bool,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

impl Account {
    fn lock(&mut self, transfer: TransferId) -> Result<(), CoreCause> {
        match self.status {
            AccountStatus::Sealed => {}
            AccountStatus::Frozen => return Err(CoreCause::Frozen),
            AccountStatus::Normal
            | AccountStatus::Merged
            | AccountStatus::TransferredOut
            | AccountStatus::Withdrawn
            | AccountStatus::Other => return Err(CoreCause::Status),
        }
        if self.held_by.is_some_and(|holder| holder != transfer) {
            return Err(CoreCause::Busy);
        }
        self.held_by = Some(transfer);
        Ok(())
    }
}

impl Core {
    /// Opens an account, on the day on which its center's records are imported.
    pub(super) fn open(
        &mut self,
        number: AccountNumber,
        (balance, status): (Fen, AccountStatus),
        today: Date,
    ) {
        let person = interest::number_of(&number).expect("a number of the simulation");
        let balance = i128::from(balance.get());
        self.opened_with += balance;
        self.imported_on = Some(today);
        let account = Account { person, status, is_frozen: false, balance, held_by: None };
        self.accounts.insert(number, account);
    }

    /// What a transfer has moved here.
    pub(super) fn moved(&self, transfer: TransferId) -> Moved {
        self.moved.get(&transfer).copied().unwrap_or_default()
    }

    /// An account.
    pub(super) fn standing(&self, number: &AccountNumber) -> Option<Standing> {
        self.accounts.get(number).map(|account| {
            let before = members::status_before(account.person);
            Standing {
                balance: Some(account.balance),
                status: Some(account.status),
                held_by: account.held_by,
                was: Some(if account.is_frozen { AccountStatus::Frozen } else { before }),
                is_closed: account.status == AccountStatus::TransferredOut,
            }
        })
    }

    /// Whether it has had this very order.
    pub(super) fn knows(&self, order: &CoreOrder) -> Option<bool> {
        self.taken.get(&order.id).map(|taken| taken.order == *order)
    }

    /// What all accounts hold, and what has left them and is not undone, less what came and was
    /// credited, is what they were opened with and interest.
    pub(super) fn check_sum(&self) -> Result<(), Broken> {
        let held: i128 = self.accounts.values().map(|account| account.balance).sum();
        let moved: i128 = self.moved.values().map(|moved| moved.debit - moved.credit).sum();
        if held + moved == self.opened_with + self.interest {
            return Ok(());
        }
        let (all, before) = (held + moved, self.opened_with + self.interest);
        Err(Broken::new(format!("a core system has {all} on its accounts and moved, not {before}")))
    }

    /// Executes an order that is new to it.
    fn execute(
        &mut self,
        now: Timestamp,
        order: &CoreOrder,
        refuses: Option<CoreCause>,
    ) -> CoreOutcome {
        let today = now.date().expect("a date");
        let done = match refuses {
            Some(cause) => Err(cause),
            None => self.act(order, today),
        };
        let mut settled_from = None;
        let outcome = match done {
            Ok((posted_on, from, [principal, interest])) => {
                settled_from = from;
                let fen = |amount| Fen::new(i64::try_from(amount).expect("small")).expect("small");
                let (principal, interest) = (fen(principal), fen(interest));
                let serial = format!("K{}", self.taken.len());
                let serial = SerialNumber::parse(&serial).expect("a serial");
                CoreOutcome::Done(CoreReceipt { serial, posted_on, principal, interest })
            }
            Err(cause) => CoreOutcome::Refused(CoreRefusal::of(cause)),
        };
        let (silent_until, unknown_until) = (now, now);
        let order = order.clone();
        let id = order.id;
        let taken =
            Taken { order, outcome: outcome.clone(), settled_from, silent_until, unknown_until };
        self.taken.insert(id, taken);
        outcome
    }

    /// A court freezes the account of an order.
    fn freeze(&mut self, order: &CoreOrder) {
        if let Some(account) = self.accounts.get_mut(order.action.account()) {
            account.status = AccountStatus::Frozen;
            account.is_frozen = true;
        }
    }

    /// What an order does: the day of the booking, what a settlement can be undone to, and what moved.
    fn act(&mut self, order: &CoreOrder, today: Date) -> Result<Booked, CoreCause> {
        let Self { accounts, taken, moved, imported_on, interest, .. } = self;
        let account = accounts.get_mut(order.action.account()).ok_or(CoreCause::NoAccount)?;
        let moved = moved.entry(order.transfer).or_default();
        let is_held = account.held_by == Some(order.transfer);
        let nothing = (today, None, [0, 0]);
        match &order.action {
            CoreAction::Unlock(_) if !is_held => Ok(nothing),
            CoreAction::Settle(..) | CoreAction::Close(..) | CoreAction::Reverse(..)
                if !is_held =>
            {
                Err(CoreCause::Busy)
            }
            CoreAction::Lock(_) => account.lock(order.transfer).map(|()| nothing),
            // What a node has forgotten stands all the same.
            CoreAction::Unlock(_) | CoreAction::Settle(..) if moved.debits > 0 => {
                Err(CoreCause::Busy)
            }
            CoreAction::Credit(..) if moved.credits > 0 => Err(CoreCause::Busy),
            CoreAction::Unlock(_) => {
                account.held_by = None;
                Ok(nothing)
            }
            CoreAction::Settle(_, day, cap) => {
                if account.status == AccountStatus::Frozen {
                    return Err(CoreCause::Frozen);
                }
                let imported_on = imported_on.ok_or(CoreCause::History)?;
                let total = interest::total(account.person, imported_on, *day);
                let principal = interest::principal(account.person, imported_on, *day);
                let (total, principal) = total.zip(principal).ok_or(CoreCause::History)?;
                if total > i128::from(cap.get()) {
                    return Err(CoreCause::Cap);
                }
                let before = account.balance;
                account.balance = 0;
                *interest += total - before;
                moved.debits += 1;
                moved.debit += total;
                Ok((*day, Some(before), [principal, total - principal]))
            }
            CoreAction::Close(_, on) => {
                account.status = AccountStatus::TransferredOut;
                Ok((*on, None, [0, 0]))
            }
            CoreAction::Reverse(_, settlement) => {
                let settled = taken.get_mut(settlement).ok_or(CoreCause::Other)?;
                let before = settled.settled_from.take().ok_or(CoreCause::Other)?;
                let CoreOutcome::Done(receipt) = &settled.outcome else {
                    return Err(CoreCause::Other);
                };
                let parts = [&receipt.principal, &receipt.interest];
                let parts = parts.map(|part| i128::from(part.get()));
                let total = parts[0] + parts[1];
                account.balance += before;
                if !account.is_frozen {
                    account.status = AccountStatus::Sealed;
                }
                *interest -= total - before;
                moved.debits -= 1;
                moved.debit -= total;
                Ok((today, None, parts))
            }
            CoreAction::Credit(_, principal, more, on) => {
                let parts = [principal, more].map(|part| i128::from(part.get()));
                account.balance += parts[0] + parts[1];
                moved.credits += 1;
                moved.credit += parts[0] + parts[1];
                Ok((*on, None, parts))
            }
        }
    }
}

/// The day of a booking, what a settlement can be undone to, and principal and interest that moved.
type Booked = (Date, Option<i128>, [i128; 2]);

/// Why a core refuses what it could do.
fn cause(order: &CoreOrder, random: &mut fastrand::Rng) -> CoreCause {
    let causes = match order.action.step() {
        CoreStep::Settle => [CoreCause::Frozen, CoreCause::History, CoreCause::Other],
        CoreStep::Lock
        | CoreStep::Unlock
        | CoreStep::Close
        | CoreStep::Reverse
        | CoreStep::Credit => [CoreCause::Busy, CoreCause::Status, CoreCause::Other],
    };
    causes[random.usize(0..causes.len())]
}

impl World {
    /// An order is on its way to the core system of its center.
    pub(super) fn order_core(&mut self, center: CenterCode, order: CoreOrder) {
        self.trace.line(format_args!("{center} {:?} of {}", order.action, order.transfer));
        let soon = self.now.plus_ms(self.random.i64(1..50));
        self.schedule.add(soon, Event::CoreOrder(center, order));
    }

    /// An order comes in at the core system of a center.
    pub(super) fn take_core_order(
        &mut self,
        center: CenterCode,
        order: &CoreOrder,
    ) -> Result<(), Broken> {
        let core = self.nodes.get_mut(&center).and_then(|node| node.core.take());
        let Some(mut core) = core else {
            return Err(Broken::new(format!("{center} has no core system to give an order to")));
        };
        let done = self.take_order_at(center, &mut core, order);
        if let Some(node) = self.nodes.get_mut(&center) {
            node.core = Some(core);
        }
        done
    }

    fn take_order_at(
        &mut self,
        center: CenterCode,
        core: &mut Core,
        order: &CoreOrder,
    ) -> Result<(), Broken> {
        let now = self.now;
        if let Some(is_same) = core.knows(order) {
            self.auditor.core_order_again((center, order), is_same)?;
            let taken = core.taken.get(&order.id).filter(|_| is_same);
            let outcome = match taken {
                Some(taken) if now < taken.silent_until => return Ok(()),
                Some(taken) if now < taken.unknown_until => CoreOutcome::Unknown,
                Some(taken) => taken.outcome.clone(),
                None => CoreOutcome::Refused(CoreRefusal::of(CoreCause::OtherContent)),
            };
            self.core_says(center, order.id, (now, outcome));
            return Ok(());
        }
        let is_late = self.plan.strikes(Fault::CoreLate, &mut self.random);
        if is_late && self.random.bool() {
            // It has not even looked.
            return Ok(());
        }
        self.auditor.core_order((&self.nodes, &self.bank), center, (core, order))?;
        let after_lock = order.action.step() != CoreStep::Lock;
        let refuses = after_lock && self.plan.strikes(Fault::CoreRefused, &mut self.random);
        let refuses = refuses.then(|| cause(order, &mut self.random));
        if refuses == Some(CoreCause::Frozen) {
            core.freeze(order);
        }
        let outcome = core.execute(now, order, refuses);
        core.check_sum()?;
        let mut says_at = now;
        if is_late {
            says_at = now.plus_ms(self.random.i64(MINUTE_MS..30 * HOUR_MS));
        }
        let is_unknown = self.plan.strikes(Fault::CoreUnknown, &mut self.random);
        let unknown_ms = if is_unknown { self.random.i64(MINUTE_MS..3 * HOUR_MS) } else { 0 };
        if let Some(taken) = core.taken.get_mut(&order.id) {
            taken.silent_until = says_at;
            taken.unknown_until = says_at.plus_ms(unknown_ms);
        }
        let says = if is_unknown { CoreOutcome::Unknown } else { outcome };
        self.core_says(center, order.id, (says_at, says));
        Ok(())
    }

    /// A core system posts an outcome, now and then twice.
    fn core_says(&mut self, center: CenterCode, id: OrderId, (at, says): (Timestamp, CoreOutcome)) {
        let soon = at.plus_ms(self.random.i64(1..300));
        self.schedule.add(soon, Event::CoreOutcome(center, id, says.clone()));
        if self.plan.strikes(Fault::CoreDoubled, &mut self.random) {
            let later = soon.plus_ms(self.random.i64(1..2 * HOUR_MS));
            self.schedule.add(later, Event::CoreOutcome(center, id, says));
        }
    }
}
