//! The simulated bank as a pure state machine: orders, money on the way, lines of accounts.
//!
//! **Promises.** Time comes in, so one sequence of calls gives one sequence of lines. Money is never
//! made or lost: accounts, money on the way and the bank's own suspense add up to what was put in.
//! An order id is applied once.
//! **Left to others.** HTTP: `server`. What goes wrong on demand: [`Behaviour`].

use std::collections::{BTreeMap, VecDeque};

use fundlink_node::settlement::bank_api::{
    AccountReport, BankRefusal, Direction, FailureReason, LineKind, Notice, NoticePage, Order,
    OrderName, OrderReport, OrderState,
};
use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::{Date, Timestamp};

use super::behaviour::{Behaviour, Rule};

/// A bank.
#[derive(Debug, Default)]
pub struct Bank {
    accounts: BTreeMap<CorporateAccount, Account>,
    orders: BTreeMap<OrderName, Placed>,
    /// What is still to happen, by time and then by the order in which it was planned.
    plan: BTreeMap<(Timestamp, u64), Event>,
    rules: VecDeque<Rule>,
    /// How orders go when no rule says otherwise.
    usual: Behaviour,
    /// Money of orders that were debited and not yet credited or returned.
    on_the_way_fen: i128,
    /// What the bank owes, or was owed, because it credited another amount than it was ordered.
    suspense_fen: i128,
    counter: u64,
}

#[derive(Debug)]
struct Account {
    name: String,
    balance: Fen,
    lines: Vec<Notice>,
}

#[derive(Debug)]
struct Placed {
    order: Order,
    state: OrderState,
    behaviour: Behaviour,
    /// Until then the bank says that it does not know.
    unknown_until: Option<Timestamp>,
    answers_to_lose: u32,
}

#[derive(Clone, Debug)]
enum Event {
    Execute(OrderName),
    Credit { order: OrderName, amount: Fen },
    GiveBack { order: OrderName, amount: Fen },
}

/// What a request brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The report.
    Report(OrderReport),
    /// The request was heard, and its answer is lost on the way.
    Lost,
}

/// Where all the money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// On accounts, in fen.
    pub accounts_fen: i128,
    /// Debited and not yet credited, in fen.
    pub on_the_way_fen: i128,
    /// In the bank's own suspense, in fen.
    pub suspense_fen: i128,
}

impl Totals {
    /// Everything: changes only when an account is opened, or money is brought from outside.
    #[must_use]
    pub const fn sum_fen(self) -> i128 {
        self.accounts_fen + self.on_the_way_fen + self.suspense_fen
    }
}

impl Bank {
    /// A bank without accounts, whose orders usually go like this.
    #[must_use]
    pub fn new(usual: Behaviour) -> Self {
        Self { usual, ..Self::default() }
    }

    /// Opens an account; one that is open keeps its balance and gets the name.
    pub fn open(&mut self, account: CorporateAccount, name: String, balance: Fen) {
        let opened = Account { name: name.clone(), balance, lines: Vec::new() };
        self.accounts.entry(account).or_insert(opened).name = name;
    }

    /// Sets how orders go that no rule is for.
    pub fn set_usual(&mut self, usual: Behaviour) {
        self.usual = usual;
    }

    /// Adds a rule for orders to come; the first that fits an order is used.
    pub fn add_rule(&mut self, rule: Rule) {
        self.rules.push_back(rule);
    }

    /// Forgets all rules.
    pub fn clear_rules(&mut self) {
        self.rules.clear();
    }

    /// Brings money from outside to an account, with words of the sender: what no order explains.
    pub fn bring(&mut self, now: Timestamp, to: &CorporateAccount, amount: Fen, words: &str) {
        self.advance(now);
        let Some(on) = now.date() else { return };
        self.counter += 1;
        let reference = format!("B{}{:06}", on.number(), self.counter);
        let Some(account) = self.accounts.get_mut(to) else { return };
        account.balance = account.balance.checked_add(amount).unwrap_or(account.balance);
        account.lines.push(Notice {
            account: to.clone(),
            reference,
            direction: Direction::Credit,
            amount,
            kind: LineKind::Payment,
            summary: words.to_owned(),
            counterpart: to.clone(),
            booked_on: on,
            order: None,
        });
    }

    /// Where all the money is.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let balances = self.accounts.values().map(|account| i128::from(account.balance.get()));
        Totals {
            accounts_fen: balances.sum(),
            on_the_way_fen: self.on_the_way_fen,
            suspense_fen: self.suspense_fen,
        }
    }

    /// Where all the money is at a time.
    pub fn totals_at(&mut self, now: Timestamp) -> Totals {
        self.advance(now);
        self.totals()
    }

    /// Takes an order in; the same again brings its report.
    ///
    /// # Errors
    /// [`BankRefusal::OtherContent`] when the id is known with another content,
    /// [`BankRefusal::UnknownAccount`] when the payer has no account here, and
    /// [`BankRefusal::Malformed`] when the amount is not above zero.
    pub fn place(
        &mut self,
        now: Timestamp,
        name: &OrderName,
        order: &Order,
    ) -> Result<Answer, BankRefusal> {
        self.advance(now);
        match self.orders.get(name) {
            Some(placed) if placed.order == *order => return self.answer(now, name),
            Some(_) => return Err(BankRefusal::OtherContent),
            None => {}
        }
        if order.amount <= Fen::ZERO {
            return Err(BankRefusal::Malformed);
        }
        if !self.accounts.contains_key(&order.from) {
            return Err(BankRefusal::UnknownAccount);
        }
        let behaviour = self.behaviour_for(name, order);
        let (state, due) = match self.refusal(&behaviour, order) {
            Some(reason) => (OrderState::Failed { reason }, None),
            None => {
                let day = Timestamp::start_of(order.execute_on);
                let due = now.plus_ms(behaviour.execute_after_ms).max(day);
                (OrderState::Accepted, Some(due))
            }
        };
        let unknown_until = behaviour.unknown_for_ms.map(|ms| now.plus_ms(ms));
        let answers_to_lose = behaviour.lose_answers;
        let order = order.clone();
        let placed = Placed { order, state, behaviour, unknown_until, answers_to_lose };
        self.orders.insert(name.clone(), placed);
        if let Some(due) = due {
            self.plan(due, Event::Execute(name.clone()));
        }
        self.advance(now);
        self.answer(now, name)
    }

    /// What became of an order.
    ///
    /// # Errors
    /// [`BankRefusal::UnknownOrder`] when it never arrived.
    pub fn ask(&mut self, now: Timestamp, name: &OrderName) -> Result<Answer, BankRefusal> {
        self.advance(now);
        self.answer(now, name)
    }

    /// Takes an order back, if it is not executed yet.
    ///
    /// # Errors
    /// [`BankRefusal::UnknownOrder`] when it never arrived.
    pub fn recall(&mut self, now: Timestamp, name: &OrderName) -> Result<Answer, BankRefusal> {
        self.advance(now);
        let placed = self.orders.get_mut(name).ok_or(BankRefusal::UnknownOrder)?;
        if placed.state == OrderState::Accepted {
            placed.state = OrderState::Recalled;
        }
        self.answer(now, name)
    }

    /// An account.
    ///
    /// # Errors
    /// [`BankRefusal::UnknownAccount`] when there is none.
    pub fn account(
        &mut self,
        now: Timestamp,
        number: &CorporateAccount,
    ) -> Result<AccountReport, BankRefusal> {
        self.advance(now);
        let account = self.accounts.get(number).ok_or(BankRefusal::UnknownAccount)?;
        Ok(AccountReport {
            account: number.clone(),
            name: account.name.clone(),
            balance: account.balance,
        })
    }

    /// The lines of an account after the first `since`, at most `limit`.
    ///
    /// # Errors
    /// [`BankRefusal::UnknownAccount`] when there is no such account, and
    /// [`BankRefusal::Malformed`] when the cursor lies past the last line.
    pub fn notices(
        &mut self,
        now: Timestamp,
        number: &CorporateAccount,
        since: u64,
        limit: usize,
    ) -> Result<NoticePage, BankRefusal> {
        self.advance(now);
        let account = self.accounts.get(number).ok_or(BankRefusal::UnknownAccount)?;
        let start = usize::try_from(since).map_err(|_| BankRefusal::Malformed)?;
        let lines = account.lines.get(start..).ok_or(BankRefusal::Malformed)?;
        let notices: Vec<Notice> = lines.iter().take(limit).cloned().collect();
        let next = since + notices.len() as u64;
        Ok(NoticePage { notices, next })
    }

    fn answer(&mut self, now: Timestamp, name: &OrderName) -> Result<Answer, BankRefusal> {
        let placed = self.orders.get_mut(name).ok_or(BankRefusal::UnknownOrder)?;
        if placed.answers_to_lose > 0 {
            placed.answers_to_lose -= 1;
            return Ok(Answer::Lost);
        }
        let unknown = placed.unknown_until.is_some_and(|until| now < until);
        let state = if unknown { OrderState::Unknown } else { placed.state.clone() };
        Ok(Answer::Report(OrderReport { order: name.clone(), state }))
    }

    fn behaviour_for(&mut self, name: &OrderName, order: &Order) -> Behaviour {
        let Some(place) = self.rules.iter().position(|rule| rule.fits(name, order)) else {
            return self.usual.clone();
        };
        let Some(rule) = self.rules.get_mut(place) else { return self.usual.clone() };
        let behaviour = rule.behaviour.clone();
        rule.times = rule.times.saturating_sub(1);
        if rule.times == 0 {
            self.rules.remove(place);
        }
        behaviour
    }

    /// Why the order is refused at once.
    fn refusal(&self, behaviour: &Behaviour, order: &Order) -> Option<FailureReason> {
        if behaviour.fail.is_some() {
            return behaviour.fail;
        }
        // A wrong account of another bank is not seen at once: the money comes back instead.
        if behaviour.return_after_ms.is_some() {
            return None;
        }
        match self.accounts.get(&order.to) {
            None => Some(FailureReason::UnknownAccount),
            Some(account) if account.name != order.to_name => Some(FailureReason::NameDiffers),
            Some(_) => None,
        }
    }

    fn plan(&mut self, due: Timestamp, event: Event) {
        self.counter += 1;
        self.plan.insert((due, self.counter), event);
    }

    /// Does what is due, each thing as of its own time.
    fn advance(&mut self, now: Timestamp) {
        while let Some(entry) = self.plan.first_entry() {
            let (due, _) = *entry.key();
            if due > now {
                return;
            }
            match entry.remove() {
                Event::Execute(name) => self.execute(due, &name),
                Event::Credit { order, amount } => self.credit(due, &order, amount),
                Event::GiveBack { order, amount } => self.give_back(due, &order, amount),
            }
        }
    }

    fn execute(&mut self, at: Timestamp, name: &OrderName) {
        let Some(on) = at.date() else { return };
        let Some(placed) = self.orders.get(name) else { return };
        if placed.state != OrderState::Accepted {
            return;
        }
        let (order, behaviour) = (placed.order.clone(), placed.behaviour.clone());
        let enough = self.accounts.get(&order.from).and_then(|account| {
            account.balance.checked_sub(order.amount).filter(|left| *left >= Fen::ZERO)
        });
        let state = match enough {
            _ if on > order.execute_on => OrderState::Failed { reason: FailureReason::TooLate },
            None => OrderState::Failed { reason: FailureReason::NotEnoughMoney },
            Some(_) => {
                let line = Line { name, order: &order, amount: order.amount, on };
                let reference = self.book(Side::Payer, &line, LineKind::Payment);
                self.on_the_way_fen += i128::from(order.amount.get());
                self.plan_arrival(at, name, &order, &behaviour);
                OrderState::Executed { on, reference }
            }
        };
        if let Some(placed) = self.orders.get_mut(name) {
            placed.state = state;
        }
    }

    fn plan_arrival(
        &mut self,
        at: Timestamp,
        name: &OrderName,
        order: &Order,
        behaviour: &Behaviour,
    ) {
        if let Some(ms) = behaviour.return_after_ms {
            self.plan(
                at.plus_ms(ms),
                Event::GiveBack { order: name.clone(), amount: order.amount },
            );
            return;
        }
        let credited = behaviour.credit.map_or(order.amount, |credit| credit.0);
        let due = at.plus_ms(behaviour.credit_after_ms);
        for amount in behaviour.lines_of(credited) {
            self.plan(due, Event::Credit { order: name.clone(), amount });
        }
        let difference = order.amount.get() - credited.get();
        if difference == 0 {
            return;
        }
        self.on_the_way_fen -= i128::from(difference);
        self.suspense_fen += i128::from(difference);
        let Ok(rest) = Fen::new(difference) else { return };
        let order = name.clone();
        let follows = match (behaviour.rest_after_ms, behaviour.return_rest_after_ms) {
            (Some(ms), _) => (ms, Event::Credit { order, amount: rest }),
            (None, Some(ms)) => (ms, Event::GiveBack { order, amount: rest }),
            (None, None) => return,
        };
        self.on_the_way_fen += i128::from(difference);
        self.suspense_fen -= i128::from(difference);
        self.plan(due.plus_ms(follows.0), follows.1);
    }

    fn credit(&mut self, at: Timestamp, name: &OrderName, amount: Fen) {
        let Some((order, on)) = self.order_and_day(at, name) else { return };
        self.on_the_way_fen -= i128::from(amount.get());
        self.book(Side::Payee, &Line { name, order: &order, amount, on }, LineKind::Payment);
    }

    fn give_back(&mut self, at: Timestamp, name: &OrderName, amount: Fen) {
        let Some((order, on)) = self.order_and_day(at, name) else { return };
        self.on_the_way_fen -= i128::from(amount.get());
        let line = Line { name, order: &order, amount, on };
        self.book(Side::Payer, &line, LineKind::BankReturn);
    }

    fn order_and_day(&self, at: Timestamp, name: &OrderName) -> Option<(Order, Date)> {
        Some((self.orders.get(name)?.order.clone(), at.date()?))
    }

    /// Books a line: a payment debits the payer or credits the payee, a return credits the payer.
    fn book(&mut self, side: Side, line: &Line<'_>, kind: LineKind) -> String {
        self.counter += 1;
        let reference = format!("B{}{:06}", line.on.number(), self.counter);
        let Order { from, to, letter, .. } = line.order;
        let (number, counterpart) = match side {
            Side::Payer => (from, to),
            Side::Payee => (to, from),
        };
        let Some(account) = self.accounts.get_mut(number) else { return reference };
        let direction = match (side, kind) {
            (Side::Payer, LineKind::Payment) => Direction::Debit,
            (Side::Payee, LineKind::Payment) | (_, LineKind::BankReturn) => Direction::Credit,
        };
        let balance = match direction {
            Direction::Debit => account.balance.checked_sub(line.amount),
            Direction::Credit => account.balance.checked_add(line.amount),
        };
        account.balance = balance.unwrap_or(account.balance);
        let summary = match kind {
            LineKind::Payment => format!("异地转移 {letter}"),
            LineKind::BankReturn => format!("退汇 {letter}"),
        };
        account.lines.push(Notice {
            account: number.clone(),
            reference: reference.clone(),
            direction,
            amount: line.amount,
            kind,
            summary,
            counterpart: counterpart.clone(),
            booked_on: line.on,
            order: matches!(side, Side::Payer).then(|| line.name.clone()),
        });
        reference
    }
}

/// Whose account a line is on.
#[derive(Clone, Copy)]
enum Side {
    Payer,
    Payee,
}

/// What a line books.
struct Line<'l> {
    name: &'l OrderName,
    order: &'l Order,
    amount: Fen,
    on: Date,
}

#[cfg(test)]
mod tests;
