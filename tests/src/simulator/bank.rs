//! The bank of a simulated network: it holds every special account, and pays, fails, delays, splits
//! and returns as the plan has it.
//!
//! **Promises.** It executes an order id once, never after it has reported it as failed, nor after its
//! day; what it moves beyond an order leaves the one account and reaches the other. Money is on an
//! account or on its way, and its sum never changes. Lines of an account are reported in their order,
//! again and again if asked.
//! **Left to others.** What the centers make of it.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use std::collections::BTreeMap;

use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::money::Fen;
use fundlink_protocol::plain_text::PlainText;
use fundlink_protocol::settlement::{
    BankFailure, BankNotice, BankOrder, BankOrderId, BankOutcome, BankReference, BankReply,
    Direction, NoticeCursor,
};
use fundlink_protocol::time::Timestamp;

use super::auditor::Broken;
use super::members::special_account;
use super::plan::{Fault, Plan};

/// Something that the bank does later.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Takes an order of a center in that was long on its way.
    Arrive(CenterCode, Box<BankOrder>),
    /// Executes an order that waits.
    Execute(OrderKey),
    /// Credits a part of an order to its payee.
    Credit(OrderKey, i64),
    /// Gives an order's money back to its payer.
    GiveBack(OrderKey, i64),
    /// Credits an order's money to its payee under a wrong reference.
    CreditUnnamed(OrderKey, i64),
    /// Takes back what was credited under a wrong reference.
    TakeUnnamed(OrderKey, i64),
}

/// Whose order, and which.
pub(super) type OrderKey = (CenterCode, BankOrderId);

/// The bank.
#[derive(Debug, Default)]
pub(super) struct Bank {
    accounts: BTreeMap<CenterCode, Account>,
    orders: BTreeMap<OrderKey, Taken>,
    /// What left an account and has not reached another.
    on_the_way: i128,
    references: u64,
    acts: Vec<(Timestamp, Act)>,
    /// Where the line of a reference stands on its account.
    by_reference: BTreeMap<String, usize>,
    /// What left each account under each letter, less what came back.
    net: BTreeMap<(CenterCode, LetterNumber), i64>,
    /// What it has moved beyond its orders, by account and letter.
    beyond: BTreeMap<(CenterCode, LetterNumber), i64>,
    /// What was on all accounts at the beginning.
    opened_with: i128,
}

#[derive(Debug, Default)]
struct Account {
    balance: i128,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    notice: BankNotice,
    visible: Timestamp,
}

#[derive(Debug)]
struct Taken {
    order: BankOrder,
    outcome: BankOutcome,
    unknown_until: Timestamp,
}

/// Whether a line quotes the letter.
const NAMED: bool = true;
const UNNAMED: bool = false;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

impl Bank {
    /// Opens a center's account.
    pub(super) fn open(&mut self, center: CenterCode, balance: i64) {
        let account = Account { balance: i128::from(balance), lines: Vec::new() };
        self.opened_with += account.balance;
        self.accounts.insert(center, account);
    }

    /// Money is on an account or on its way, and never more or less of it.
    pub(super) fn check_sum(&self) -> Result<(), Broken> {
        let held: i128 = self.accounts.values().map(|account| account.balance).sum();
        let sum = held + self.on_the_way;
        if sum == self.opened_with {
            return Ok(());
        }
        Err(Broken::new(format!("the banks hold {sum}, and began with {}", self.opened_with)))
    }

    /// What a line of an account moved, by its reference: what came is positive.
    pub(super) fn line(&self, center: CenterCode, reference: &str) -> Option<i128> {
        let lines = &self.accounts.get(&center)?.lines;
        let place = *self.by_reference.get(reference)?;
        let line = lines.get(place)?;
        let amount = i128::from(line.notice.amount.get());
        Some(match line.notice.direction {
            Direction::Debit => -amount,
            Direction::Credit => amount,
        })
    }

    /// What an account holds.
    pub(super) fn balance(&self, center: CenterCode) -> i128 {
        self.accounts.get(&center).map_or(0, |account| account.balance)
    }

    /// What left an account and has not reached another.
    pub(super) const fn on_the_way(&self) -> i128 {
        self.on_the_way
    }

    /// What it will do later, and when; each is told once.
    pub(super) fn take_acts(&mut self) -> Vec<(Timestamp, Act)> {
        core::mem::take(&mut self.acts)
    }

    /// What left the account under a letter, less what came back.
    pub(super) fn net(&self, center: CenterCode, letter: LetterNumber) -> i64 {
        self.net.get(&(center, letter)).copied().unwrap_or_default()
    }

    /// What it has moved under a letter beyond what was ordered.
    pub(super) fn beyond(&self, center: CenterCode, letter: LetterNumber) -> i64 {
        self.beyond.get(&(center, letter)).copied().unwrap_or_default()
    }

    /// What has left the account under a letter, whatever came back.
    pub(super) fn left(&self, center: CenterCode, letter: LetterNumber) -> i128 {
        let lines = self.accounts.get(&center).map_or(&[][..], |account| &account.lines);
        let of_it = lines.iter().map(|line| &line.notice).filter(|notice| {
            notice.direction == Direction::Debit && notice.letter() == Some(letter)
        });
        of_it.map(|notice| i128::from(notice.amount.get())).sum()
    }

    /// Takes an order in. No reply: it was lost on the way.
    pub(super) fn order(
        &mut self,
        now: Timestamp,
        (center, order): (CenterCode, BankOrder),
        plan: &mut Plan,
        random: &mut fastrand::Rng,
    ) -> Option<BankReply> {
        let key = (center, order.id);
        if self.orders.contains_key(&key) {
            return Some(self.ask(now, key));
        }
        if plan.strikes(Fault::OrderLost, random) {
            return None;
        }
        if plan.strikes(Fault::OrderDelayed, random) {
            let arrives = now.plus_ms(random.i64(1_000..20 * HOUR_MS));
            self.acts.push((arrives, Act::Arrive(center, Box::new(order))));
            return None;
        }
        self.take_in(now, (key, order), plan, random);
        Some(self.ask(now, key))
    }

    /// Takes an order in that it does not have yet.
    fn take_in(
        &mut self,
        now: Timestamp,
        (key, order): (OrderKey, BankOrder),
        plan: &mut Plan,
        random: &mut fastrand::Rng,
    ) {
        let today = now.date().expect("a date");
        let failed = plan.strikes(Fault::PaymentFailed, random);
        let held = plan.strikes(Fault::OrderHeld, random);
        let outcome = if order.execute_on < today {
            BankOutcome::Failed(BankFailure::Other)
        } else if failed {
            BankOutcome::Failed(failure(random))
        } else {
            BankOutcome::Waiting
        };
        let mut unknown_until = now;
        if plan.strikes(Fault::PaymentUnknown, random) {
            unknown_until = now.plus_ms(random.i64(MINUTE_MS..3 * HOUR_MS));
        }
        if outcome == BankOutcome::Waiting {
            let opens = Timestamp::start_of(order.execute_on).plus_ms(9 * HOUR_MS).max(now);
            let wait = if held { random.i64(HOUR_MS..40 * HOUR_MS) } else { random.i64(0..5_000) };
            self.acts.push((opens.plus_ms(wait), Act::Execute(key)));
        }
        self.orders.insert(key, Taken { order, outcome, unknown_until });
    }

    /// What became of an order.
    pub(super) fn ask(&self, now: Timestamp, key: OrderKey) -> BankReply {
        let outcome = match self.orders.get(&key) {
            None => BankOutcome::NoSuchOrder,
            Some(taken) if now < taken.unknown_until => BankOutcome::Unknown,
            Some(taken) => taken.outcome.clone(),
        };
        BankReply { order: key.1, outcome }
    }

    /// Does not execute an order that waits.
    pub(super) fn recall(&mut self, now: Timestamp, key: OrderKey) -> BankReply {
        if let Some(taken) = self.orders.get_mut(&key)
            && taken.outcome == BankOutcome::Waiting
        {
            taken.outcome = BankOutcome::Failed(BankFailure::Recalled);
        }
        self.ask(now, key)
    }

    /// Does something whose time has come. Gives the order that was executed.
    pub(super) fn act(
        &mut self,
        now: Timestamp,
        act: &Act,
        plan: &mut Plan,
        random: &mut fastrand::Rng,
    ) -> Option<OrderKey> {
        match act {
            Act::Execute(key) => self.execute(now, *key, plan, random).then_some(*key),
            Act::Arrive(center, order) => {
                let key = (*center, order.id);
                if !self.orders.contains_key(&key) {
                    self.take_in(now, (key, (**order).clone()), plan, random);
                }
                None
            }
            Act::Credit(key, fen) => {
                let payee = self.payee(*key);
                self.book(now, payee, (*key, Direction::Credit, *fen, NAMED), (plan, random));
                None
            }
            Act::CreditUnnamed(key, fen) => {
                let payee = self.payee(*key);
                self.book(now, payee, (*key, Direction::Credit, *fen, UNNAMED), (plan, random));
                None
            }
            Act::TakeUnnamed(key, fen) => {
                let payee = self.payee(*key);
                self.book(now, payee, (*key, Direction::Debit, *fen, UNNAMED), (plan, random));
                None
            }
            Act::GiveBack(key, fen) => {
                self.book(now, key.0, (*key, Direction::Credit, *fen, NAMED), (plan, random));
                None
            }
        }
    }

    fn execute(
        &mut self,
        now: Timestamp,
        key: OrderKey,
        plan: &mut Plan,
        random: &mut fastrand::Rng,
    ) -> bool {
        let today = now.date().expect("a date");
        let Some(taken) = self.orders.get_mut(&key) else { return false };
        if taken.outcome != BankOutcome::Waiting {
            return false;
        }
        if taken.order.execute_on != today {
            taken.outcome = BankOutcome::Failed(BankFailure::Other);
            return false;
        }
        taken.outcome = BankOutcome::Executed(today);
        let mut whole = taken.order.amount.get();
        if plan.strikes(Fault::Overpaid, random) {
            let more = random.i64(1..=whole);
            *self.beyond.entry((key.0, key.1.letter)).or_default() += more;
            whole += more;
        }
        self.book(now, key.0, (key, Direction::Debit, whole, NAMED), (plan, random));
        let soon = |random: &mut fastrand::Rng| now.plus_ms(random.i64(0..10_000));
        if plan.strikes(Fault::Returned, random) {
            let later = now.plus_ms(random.i64(MINUTE_MS..60 * HOUR_MS));
            self.acts.push((later, Act::GiveBack(key, whole)));
            return true;
        }
        if plan.strikes(Fault::WrongReference, random) {
            // The bank finds out, takes the line back, and books it under the right reference.
            let found = now.plus_ms(random.i64(MINUTE_MS..30 * HOUR_MS));
            self.acts.push((soon(random), Act::CreditUnnamed(key, whole)));
            self.acts.push((found, Act::TakeUnnamed(key, whole)));
            self.acts.push((found, Act::Credit(key, whole)));
            return true;
        }
        let short = plan.strikes(Fault::Short, random);
        if whole > 1 && (short || plan.strikes(Fault::Split, random)) {
            let part = random.i64(1..whole);
            self.acts.push((soon(random), Act::Credit(key, part)));
            let rest =
                if short { now.plus_ms(random.i64(HOUR_MS..60 * HOUR_MS)) } else { soon(random) };
            self.acts.push((rest, Act::Credit(key, whole - part)));
        } else {
            self.acts.push((soon(random), Act::Credit(key, whole)));
        }
        true
    }

    /// The center whose account an order pays to.
    fn payee(&self, key: OrderKey) -> CenterCode {
        let order = &self.orders.get(&key).expect("an order that was taken in").order;
        let number = order.payee.number.as_str();
        let mut centers = self.accounts.keys().copied();
        centers
            .find(|center| special_account(*center) == number)
            .expect("an account of the network")
    }

    /// Writes a line on an account.
    fn book(
        &mut self,
        now: Timestamp,
        center: CenterCode,
        (key, direction, fen, is_named): (OrderKey, Direction, i64, bool),
        (plan, random): (&mut Plan, &mut fastrand::Rng),
    ) {
        self.references += 1;
        let order = &self.orders.get(&key).expect("an order that was taken in").order;
        let text = |text: &str| PlainText::parse(text).expect("plain text");
        let notice = BankNotice {
            account: CorporateAccount::parse(&special_account(center)).expect("an account"),
            reference: BankReference(PlainText::parse(&self.references.to_string()).expect("text")),
            direction,
            amount: Fen::new(fen).expect("an amount"),
            summary: Some(match is_named {
                NAMED => text(&order.id.letter.to_string()),
                UNNAMED => text("transfer"),
            }),
            counterpart: None,
            counterpart_name: None,
            booked_on: now.date().expect("a date"),
        };
        let late = plan.strikes(Fault::NoticeLate, random);
        let wait = if late { random.i64(MINUTE_MS..6 * HOUR_MS) } else { 0 };
        let account = self.accounts.get_mut(&center).expect("an account of the network");
        let before = account.lines.last().map_or(now, |line| line.visible);
        self.by_reference.insert(self.references.to_string(), account.lines.len());
        if let Some(letter) = notice.letter() {
            let net = self.net.entry((center, letter)).or_default();
            *net += if direction == Direction::Debit { fen } else { -fen };
        }
        account.lines.push(Line { notice, visible: before.max(now.plus_ms(wait)) });
        let signed = match direction {
            Direction::Debit => -i128::from(fen),
            Direction::Credit => i128::from(fen),
        };
        account.balance += signed;
        self.on_the_way -= signed;
    }

    /// The lines after a cursor that can be seen now, and where the next ones begin.
    pub(super) fn notices(
        &self,
        now: Timestamp,
        (center, cursor): (CenterCode, NoticeCursor),
        plan: &mut Plan,
        random: &mut fastrand::Rng,
    ) -> Option<(NoticeCursor, Vec<BankNotice>)> {
        let account = self.accounts.get(&center)?;
        // Lines become visible in their order.
        let seen = account.lines.partition_point(|line| line.visible <= now);
        let from = usize::try_from(cursor.0).expect("few lines").min(seen);
        if from == seen {
            return None;
        }
        let again =
            if plan.strikes(Fault::NoticeDoubled, random) { random.usize(0..=3) } else { 0 };
        let from = from.saturating_sub(again);
        let end = seen.min(from + 20);
        let page = account.lines.get(from..end)?;
        let mut page: Vec<BankNotice> = page.iter().map(|line| line.notice.clone()).collect();
        if page.len() > 1 && plan.strikes(Fault::NoticeReordered, random) {
            random.shuffle(&mut page);
        }
        Some((NoticeCursor(end as u64), page))
    }
}

fn failure(random: &mut fastrand::Rng) -> BankFailure {
    let failures = [
        BankFailure::WrongPayee,
        BankFailure::ClosedPayee,
        BankFailure::Limit,
        BankFailure::Funds,
        BankFailure::Other,
    ];
    failures[random.usize(0..failures.len())]
}
