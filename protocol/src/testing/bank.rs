//! A bank in memory that holds the special accounts of all centers: it pays, fails, delays and
//! returns as a test tells it.
//!
//! **Promises.** It never pays an order id twice, and reports every movement more than once.
//! **Left to others.** What the centers make of it.

use std::collections::{BTreeMap, VecDeque};

use super::Province;
use crate::bank_account::CorporateAccount;
use crate::center::CenterCode;
use crate::engine::bank;
use crate::engine::input::Input;
use crate::engine::output::Output;
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::settlement::{
    BankFailure, BankNotice, BankOrder, BankOrderId, BankOutcome, BankReference, BankReply,
    Direction, NoticeCursor,
};
use crate::store::Staged;

/// What the bank does with one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Pays at once.
    Pay,
    /// Pays at once, in two lines of these fen and the rest.
    PayInTwo(i64),
    /// Debits the whole and credits only so many fen: the rest lies somewhere.
    PayShort(i64),
    /// Pays at once so many fen more than it was told to.
    PayMore(i64),
    /// Debits now; the payee's bank has no such account.
    PayToNowhere,
    /// Fails.
    Fail(BankFailure),
    /// Takes it in and executes it when told.
    Hold,
    /// Cannot say; the order was paid nevertheless.
    UnknownButPaid,
    /// Cannot say; the order was not paid.
    UnknownAndFailed,
    /// Never got it.
    Lose,
}

/// The bank.
#[derive(Default)]
pub(crate) struct Bank {
    /// What it does with the next orders; pays when empty.
    pub(crate) script: VecDeque<Behaviour>,
    /// Whether it neither takes nor says anything for now.
    pub(crate) is_silent: bool,
    /// What has left special accounts and not reached another, in fen.
    pub(crate) on_the_way: i128,
    orders: BTreeMap<(CenterCode, BankOrderId), Taken>,
    cursors: BTreeMap<CenterCode, u64>,
    references: u64,
    notices: Vec<(CenterCode, NoticeCursor, BankNotice)>,
}

struct Taken {
    order: BankOrder,
    outcome: BankOutcome,
    asked_before_saying: u32,
}

impl Bank {
    /// Carries what the nodes want of the bank; false when there was nothing.
    pub(crate) fn serve(&mut self, province: &mut Province) -> bool {
        if self.is_silent {
            return false;
        }
        let wishes: Vec<(CenterCode, Output)> = province.outside.drain(..).collect();
        let any = !wishes.is_empty();
        for (center, wish) in wishes {
            if let Output::BankOrder(order) = wish {
                self.take(province, center, order);
            } else if let Output::BankAsk(id) = wish {
                self.answer(province, center, id);
            } else if let Output::BankRecall(id) = wish {
                self.recall(province, center, id);
            } else {
                panic!("no wish for a bank: {wish:?}");
            }
        }
        any
    }

    fn take(&mut self, province: &mut Province, center: CenterCode, order: BankOrder) {
        if let Some(taken) = self.orders.get(&(center, order.id)) {
            assert_eq!(taken.order, order, "an order id with other content");
            return self.answer(province, center, order.id);
        }
        let behaviour = self.script.pop_front().unwrap_or(Behaviour::Pay);
        if behaviour == Behaviour::Lose {
            return;
        }
        let on = province.now.date().unwrap();
        let whole = order.amount.get();
        let (outcome, debits, credits) = match behaviour {
            Behaviour::Pay => (BankOutcome::Executed(on), vec![whole], vec![whole]),
            Behaviour::PayInTwo(first) => {
                let first = first.min(whole);
                let parts: Vec<i64> =
                    [first, whole - first].into_iter().filter(|part| *part > 0).collect();
                (BankOutcome::Executed(on), parts.clone(), parts)
            }
            Behaviour::PayShort(part) => {
                (BankOutcome::Executed(on), vec![whole], vec![part.min(whole)])
            }
            Behaviour::PayMore(more) => {
                (BankOutcome::Executed(on), vec![whole + more], vec![whole + more])
            }
            Behaviour::PayToNowhere => (BankOutcome::Executed(on), vec![whole], vec![]),
            Behaviour::Fail(failure) => (BankOutcome::Failed(failure), vec![], vec![]),
            Behaviour::Hold => (BankOutcome::Waiting, vec![], vec![]),
            Behaviour::UnknownButPaid => (BankOutcome::Unknown, vec![whole], vec![whole]),
            Behaviour::UnknownAndFailed => (BankOutcome::Unknown, vec![], vec![]),
            Behaviour::Lose => unreachable!("lost above"),
        };
        let reply = BankReply { order: order.id, outcome: outcome.clone() };
        let asked = if behaviour == Behaviour::UnknownAndFailed { 1 } else { 0 };
        let taken = Taken { order: order.clone(), outcome, asked_before_saying: asked };
        self.orders.insert((center, order.id), taken);
        province.input(center, Input::BankReply(reply));
        // With an unknown outcome the notices come late, too: when the bank is asked.
        if behaviour != Behaviour::UnknownButPaid {
            self.move_money(province, center, &order, (&debits, &credits));
        }
    }

    fn answer(&mut self, province: &mut Province, center: CenterCode, id: BankOrderId) {
        let outcome = match self.orders.get_mut(&(center, id)) {
            None => BankOutcome::NoSuchOrder,
            Some(taken) if taken.outcome == BankOutcome::Unknown => {
                let order = taken.order.clone();
                if taken.asked_before_saying > 0 {
                    taken.outcome = BankOutcome::Failed(BankFailure::Other);
                } else {
                    taken.outcome = BankOutcome::Executed(province.now.date().unwrap());
                    let whole = [order.amount.get()];
                    self.move_money(province, center, &order, (&whole, &whole));
                }
                self.orders[&(center, id)].outcome.clone()
            }
            Some(taken) => taken.outcome.clone(),
        };
        province.input(center, Input::BankReply(BankReply { order: id, outcome }));
    }

    fn recall(&mut self, province: &mut Province, center: CenterCode, id: BankOrderId) {
        let outcome = match self.orders.get_mut(&(center, id)) {
            None => BankOutcome::NoSuchOrder,
            Some(taken) => {
                if taken.outcome == BankOutcome::Waiting {
                    taken.outcome = BankOutcome::Failed(BankFailure::Recalled);
                }
                taken.outcome.clone()
            }
        };
        province.input(center, Input::BankReply(BankReply { order: id, outcome }));
    }

    /// Executes an order that was held.
    pub(crate) fn execute_held(&mut self, province: &mut Province, center: CenterCode) {
        let held = self
            .orders
            .iter_mut()
            .find(|((at, _), taken)| *at == center && taken.outcome == BankOutcome::Waiting);
        let ((_, id), taken) = held.expect("an order that is held");
        taken.outcome = BankOutcome::Executed(province.now.date().unwrap());
        let (id, order) = (*id, taken.order.clone());
        let reply = BankReply { order: id, outcome: taken.outcome.clone() };
        province.input(center, Input::BankReply(reply));
        let whole = [order.amount.get()];
        self.move_money(province, center, &order, (&whole, &whole));
    }

    /// Gives money back to the payer of its last order, under the same letter number.
    pub(crate) fn give_back(&mut self, province: &mut Province, payer: CenterCode, fen: i64) {
        let last = self.orders.iter().rfind(|((center, _), _)| *center == payer);
        let order = last.expect("an order of this payer").1.order.clone();
        self.on_the_way -= i128::from(fen);
        self.notify(province, payer, &order, (Direction::Credit, fen));
    }

    /// Brings to the payee of the last order of a center what lay somewhere.
    pub(crate) fn bring(&mut self, province: &mut Province, payer: CenterCode, fen: i64) {
        let last = self.orders.iter().rfind(|((center, _), _)| *center == payer);
        let order = last.expect("an order of this payer").1.order.clone();
        let payee = center_of(&order.payee.number).expect("a payee of the network");
        self.on_the_way -= i128::from(fen);
        self.notify(province, payee, &order, (Direction::Credit, fen));
    }

    /// Reports again what a node that was killed may have lost: everything after its cursor.
    pub(crate) fn report_again(&self, province: &mut Province, center: CenterCode) {
        while self.report_next(province, center) {}
    }

    /// Reports the first movement that a center's store does not hold; `false` when it holds all.
    pub(crate) fn report_next(&self, province: &mut Province, center: CenterCode) -> bool {
        let store = province.node(center).engine.store().clone();
        let known = bank::cursor(&Staged::new(&store)).unwrap();
        let mut lost =
            self.notices.iter().filter(|(at, cursor, _)| *at == center && *cursor > known);
        let Some((_, cursor, notice)) = lost.next() else { return false };
        let (cursor, notices) = (*cursor, vec![notice.clone()]);
        province.input(center, Input::BankNotices { cursor, notices });
        province.drive();
        true
    }

    /// How many orders of a center were executed.
    pub(crate) fn executed(&self, center: CenterCode) -> usize {
        let orders = self.orders.iter().filter(|((at, _), _)| *at == center);
        orders.filter(|(_, taken)| matches!(taken.outcome, BankOutcome::Executed(_))).count()
    }

    fn move_money(
        &mut self,
        province: &mut Province,
        payer: CenterCode,
        order: &BankOrder,
        (debits, credits): (&[i64], &[i64]),
    ) {
        for fen in debits {
            self.on_the_way += i128::from(*fen);
            self.notify(province, payer, order, (Direction::Debit, *fen));
        }
        if let Some(payee) = center_of(&order.payee.number) {
            for fen in credits {
                self.on_the_way -= i128::from(*fen);
                self.notify(province, payee, order, (Direction::Credit, *fen));
            }
        }
    }

    fn notify(
        &mut self,
        province: &mut Province,
        center: CenterCode,
        order: &BankOrder,
        (direction, fen): (Direction, i64),
    ) {
        self.references += 1;
        let cursor = self.cursors.entry(center).or_default();
        *cursor += 1;
        let notice = BankNotice {
            account: CorporateAccount::parse(&format!("{center}0001")).unwrap(),
            reference: BankReference(PlainText::parse(&self.references.to_string()).unwrap()),
            direction,
            amount: Fen::new(fen).unwrap(),
            summary: Some(PlainText::parse(&order.id.letter.to_string()).unwrap()),
            counterpart: None,
            counterpart_name: None,
            booked_on: province.now.date().unwrap(),
        };
        let cursor = NoticeCursor(*cursor);
        self.notices.push((center, cursor, notice.clone()));
        // A bank reports a movement more than once: it counts once.
        for _ in 0..2 {
            let notices = vec![notice.clone()];
            province.input(center, Input::BankNotices { cursor, notices });
        }
    }
}

/// The center that holds a special account of the tests.
fn center_of(number: &CorporateAccount) -> Option<CenterCode> {
    let code = number.as_str().strip_suffix("0001")?;
    CenterCode::parse(code).ok()
}
