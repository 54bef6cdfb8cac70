//! The bank: orders given, replies and notices taken in.
//!
//! **Promises.** An order id is given once; when nothing was heard of it, the bank is asked, and gets
//! the same order again only when it says that it has none. A notice is counted once, by account and
//! reference, in the batch that moves the cursor.
//! **Left to others.** What money means for a transfer: `transfers_out`, `transfers_in`.

use minicbor::{Decode, Encode};

use super::CoreDriver;
use super::output::{Event, Output};
use super::recovery;
use super::registrations;
use super::round::Round;
use super::single;
use super::transfer_case::{Alarm, Case, Payment};
use super::transfers::{self, Side};
use crate::cbor;
use crate::id::TransferId;
use crate::ledger::LedgerError;
use crate::ledger::posting::Side as LedgerSide;
use crate::ledger::settling;
use crate::letter_number::LetterNumber;
use crate::money::Fen;
use crate::settlement::{
    BankNotice, BankOrder, BankOrderId, BankOutcome, BankReply, Direction, NoticeCursor,
    SpecialAccount, believed,
};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::transfer::deadline::end_of;
use crate::transfer::reconciliation::{MoneyLine, sum};

pub(super) mod held;

/// An order that was given to the bank.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OrderRow {
    /// The order.
    #[n(1)]
    pub order: BankOrder,
    /// The transfer that it belongs to.
    #[n(2)]
    pub transfer: TransferId,
    /// What the bank has said last.
    #[n(3)]
    pub outcome: Option<BankOutcome>,
    /// Whether it was recalled.
    #[n(4)]
    pub is_recalled: bool,
}

/// Milliseconds after which the bank is first asked what became of an order; each later question
/// waits twice as long, up to the limit.
const ASK_MS_FIRST: i64 = 15_000;
/// Milliseconds between two questions about one order, at most.
const ASK_MS_MAX: i64 = 600_000;

/// Where the next notices of the bank begin.
///
/// # Errors
/// When the store cannot be read.
pub fn cursor(view: &dyn View) -> Result<NoticeCursor, StoreError> {
    single::read(view, CURSOR).map(Option::unwrap_or_default)
}

const CURSOR: &[u8] = b"bank notices";

/// Gives the bank an order for a transfer.
pub(super) fn order(
    round: &mut Round<'_>,
    case: &mut Case,
    order: BankOrder,
) -> Result<(), StoreError> {
    assert!(case.payment.is_none(), "a transfer has one order at the bank");
    assert_eq!(order.id.attempt, case.attempts, "attempts are counted");
    let (attempt, amount, execute_on) = (order.id.attempt, order.amount, order.execute_on);
    let debited_before = sum(&case.lines, Direction::Debit).unwrap_or(Fen::ZERO);
    case.payment = Some(Payment { attempt, amount, execute_on, asked: 0, debited_before });
    case.alarms.insert(Alarm::AskBank, round.now.plus_ms(ASK_MS_FIRST));
    case.alarms.insert(Alarm::Recall, end_of(execute_on));
    let row = OrderRow { order, transfer: case.id, outcome: None, is_recalled: false };
    put_row(round.view, &row);
    if recovery::may_have_forgotten_letter(round.view, case.letter.issued_at)? {
        // It may have been given before: the bank says so, or that it has none, and then gets it.
        round.output(Output::BankAsk(row.order.id));
    } else {
        round.output(Output::BankOrder(row.order));
    }
    Ok(())
}

/// Asks what became of a transfer's order, and sets the time of the next question.
pub(super) fn ask(round: &mut Round<'_>, case: &mut Case) {
    let Some(payment) = &mut case.payment else { return };
    let wait = ASK_MS_FIRST.checked_shl(payment.asked.min(16)).unwrap_or(ASK_MS_MAX);
    payment.asked = payment.asked.saturating_add(1);
    let attempt = payment.attempt;
    case.alarms.insert(Alarm::AskBank, round.now.plus_ms(wait.min(ASK_MS_MAX)));
    round.output(Output::BankAsk(BankOrderId { letter: case.letter.number, attempt }));
}

/// Recalls a transfer's order: the bank confirms with `Failed(Recalled)`, or says that it was paid.
pub(super) fn recall(round: &mut Round<'_>, case: &mut Case) -> Result<(), StoreError> {
    let Some(payment) = &case.payment else { return Ok(()) };
    let id = BankOrderId { letter: case.letter.number, attempt: payment.attempt };
    if let Some(mut row) = row(round.view, id)? {
        row.is_recalled = true;
        put_row(round.view, &row);
    }
    // Asked again until the bank has confirmed one or the other.
    case.alarms.insert(Alarm::Recall, round.now.plus_ms(ASK_MS_MAX));
    round.output(Output::BankRecall(id));
    Ok(())
}

/// The bank has paid: it is asked no more, but the order stays until its debit is advised, so that
/// nothing is ordered twice in between.
pub(super) fn stop_asking(case: &mut Case) {
    case.alarms.remove(&Alarm::AskBank);
    case.alarms.remove(&Alarm::Recall);
}

/// Forgets a transfer's order, whose end is known.
pub(super) fn forget(case: &mut Case) {
    case.payment = None;
    stop_asking(case);
}

/// An order that was given to the bank.
///
/// # Errors
/// When the store cannot be read.
pub fn row(view: &dyn View, id: BankOrderId) -> Result<Option<OrderRow>, StoreError> {
    let bytes = view.get(&row_key(id))?;
    bytes.map(|bytes| cbor::decode_stored("bank orders", &bytes)).transpose()
}

/// Takes in what the bank says of an order. What it says of an order whose end is known changes
/// nothing; money is believed only from notices.
pub(super) fn on_reply(round: &mut Round<'_>, reply: &BankReply) -> Result<(), StoreError> {
    let is_missing = reply.outcome == BankOutcome::NoSuchOrder;
    if recovery::is_pulling(round.view)? || is_missing && recovery::is_recovering(round.view)? {
        // The question is asked again; nothing is ordered before the recovery has ended.
        return Ok(());
    }
    let Some(mut row) = row(round.view, reply.order)? else { return Ok(()) };
    let Some(outcome) = believed(row.outcome.as_ref(), &reply.outcome, row.is_recalled) else {
        return Ok(());
    };
    let is_news = row.outcome.as_ref() != Some(&outcome);
    if !is_news && matches!(outcome, BankOutcome::Waiting | BankOutcome::Unknown) {
        // What follows from it followed when the bank said so first.
        return Ok(());
    }
    row.outcome = Some(outcome.clone());
    put_row(round.view, &row);
    if outcome == BankOutcome::NoSuchOrder {
        // The same order, with the same id: no second one.
        round.output(Output::BankOrder(row.order));
        return Ok(());
    }
    let reply = BankReply { order: reply.order, outcome };
    transfers::on_bank_outcome(round, row.transfer, &reply)
}

/// Takes in movements of the own special account.
pub(super) fn on_notices(
    round: &mut Round<'_>,
    cursor: NoticeCursor,
    notices: &[BankNotice],
) -> Result<(), StoreError> {
    let own = round.settings.receiving_account.as_ref().and_then(SpecialAccount::of);
    for notice in notices {
        if own.as_ref().is_none_or(|own| own.number != notice.account) {
            continue;
        }
        if is_held(round, notice)? {
            held::put(round, notice)?;
        } else {
            on_notice(round, notice)?;
        }
    }
    if cursor > self::cursor(round.view)? {
        single::write(round.view, CURSOR, &cursor);
    }
    Ok(())
}

/// Whether a movement waits: its letter may be among what this store has lost, or what was said before
/// it is not taken in yet.
fn is_held(round: &Round<'_>, notice: &BankNotice) -> Result<bool, StoreError> {
    if recovery::holds_inputs(round.view)? {
        return Ok(true);
    }
    let Some(number) = notice.letter() else { return Ok(false) };
    match transfers::find_number(round.view, number)? {
        Some((transfer, _)) => recovery::recalled::waits(round.view, transfer),
        None => Ok(false),
    }
}

/// What names a movement: the account and the bank's reference.
fn name_of(notice: &BankNotice) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("fundlink/1 bank notice");
    hasher.update(notice.account.as_str().as_bytes()).update(&[0]);
    hasher.update(notice.reference.0.as_str().as_bytes());
    *hasher.finalize().as_bytes()
}

fn on_notice(round: &mut Round<'_>, notice: &BankNotice) -> Result<(), StoreError> {
    let place = key(Area::Notice, &[&name_of(notice)]);
    if round.view.get(&place)?.is_some() {
        return Ok(());
    }
    round.view.put(place, cbor::encode(notice));
    // Movements without a letter number are other business of the account.
    let Some(number) = notice.letter() else { return Ok(()) };
    let Some((transfer, side)) = transfers::find_number(round.view, number)? else {
        round.event(Event::UnexplainedMoney { letter: number });
        return Ok(());
    };
    if registrations::load(round.view, transfer)?.is_some() {
        // The core books what another channel carries.
        return Ok(());
    }
    let is_explained = notice.amount > Fen::ZERO && post(round, notice, (transfer, side))?;
    let line = MoneyLine {
        reference: notice.reference.clone(),
        direction: notice.direction,
        amount: notice.amount,
        booked_on: notice.booked_on,
    };
    if is_explained {
        transfers::on_money(round, transfer, line)
    } else {
        round.event(Event::UnexplainedMoney { letter: number });
        transfers::on_unexplained_money(round, transfer)
    }
}

/// Books a movement; `false` when it is more than a ledger holds.
fn post(
    round: &mut Round<'_>,
    notice: &BankNotice,
    (transfer, side): (TransferId, Side),
) -> Result<bool, StoreError> {
    if round.settings.core_driver != CoreDriver::Embedded {
        return Ok(true);
    }
    let ledger_side = match side {
        Side::Out => LedgerSide::SuspenseOut,
        Side::In => LedgerSide::SuspenseIn,
    };
    let cause = (transfer, notice.reference.clone());
    let movement = (notice.direction, notice.amount, notice.booked_on);
    match settling::move_cash(round.view, ledger_side, cause, movement) {
        Ok(()) => Ok(true),
        Err(LedgerError::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

fn put_row(view: &mut dyn View, row: &OrderRow) {
    view.put(row_key(row.order.id), cbor::encode(row));
}

fn row_key(id: BankOrderId) -> Vec<u8> {
    key(Area::BankOrder, &[&number_bytes(id.letter), &id.attempt.to_be_bytes()])
}

/// A letter number as the bytes of its text, which order as the numbers do.
pub(super) fn number_bytes(number: LetterNumber) -> Vec<u8> {
    number.to_string().into_bytes()
}
