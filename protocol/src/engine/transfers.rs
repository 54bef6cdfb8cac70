//! Transfers: which case an input belongs to, and the order of statements within a case.
//!
//! **Promises.** Statements of a case are handled in the order of their steps, each once; one that
//! comes early is stored and answered `PENDING`; a repeat gets the answer that the first one got.
//! **Left to others.** What a statement means: `transfers_out`, `transfers_in`.

use minicbor::{Decode, Encode};

use super::input::RequestId;
use super::output::{Event, PeerReply};
use super::recovery::recalled;
use super::round::Round;
use super::transfer_case::Case;
use super::{bank, recovery, registrations, timer, transfers_in, transfers_out};
use crate::cbor;
use crate::center::CenterCode;
use crate::core_system::{CoreOrder, CoreOutcome};
use crate::cose::{Received, Verified};
use crate::id::{PayloadHash, TransferId};
use crate::letter_number::LetterNumber;
use crate::refusal::Refusal;
use crate::roster::MemberStatus;
use crate::settlement::BankReply;
use crate::statement::transfer::TransferStep;
use crate::statement::{Statement, StatementKind};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::DAY_MS;
use crate::transfer::reconciliation::MoneyLine;
use crate::transfer::turn::Turn;
use crate::wire::DeliveryReply;

/// Milliseconds until a transfer is looked at again whose node takes in what it had lost.
const HELD_MS: i64 = 5_000;

/// Which side of a transfer this center is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Side {
    /// 转出地.
    #[n(1)]
    Out,
    /// 转入地.
    #[n(2)]
    In,
}

/// Whether statements of a kind belong to transfers.
#[must_use]
pub const fn is_transfer(kind: StatementKind) -> bool {
    matches!(kind, StatementKind::Letter) || TransferStep::is_kind(kind)
}

/// Handles a statement of a transfer and stages the reply to its delivery.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    from: CenterCode,
    request: RequestId,
    statement: &Verified,
) -> Result<(), StoreError> {
    let reply = reply_to(round, from, statement)?;
    if let DeliveryReply::Refused(refusal) | DeliveryReply::Later(refusal) = reply {
        round.event(Event::Refused { from, refusal });
    }
    round.respond(request, PeerReply::Delivery(reply));
    Ok(())
}

fn reply_to(
    round: &mut Round<'_>,
    from: CenterCode,
    statement: &Verified,
) -> Result<DeliveryReply, StoreError> {
    Ok(match admit(round, from, statement)? {
        // What was said before comes first, in its order.
        Ok(()) if recovery::holds_inputs(round.view)? => DeliveryReply::Later(Refusal::Recovering),
        Ok(()) => take_in(round, statement)?,
        // The sender's clock is ahead: its statement counts once its time has come. A refusal would
        // end the delivery, and every later step would wait for this one for good.
        Err(Refusal::Future) if is_soon(round, statement.statement()) => {
            DeliveryReply::Later(Refusal::Future)
        }
        Err(refusal) => DeliveryReply::Refused(refusal),
    })
}

/// Whether a statement of the future is one of the next day: further ahead no clock goes by itself.
fn is_soon(round: &Round<'_>, statement: &Statement) -> bool {
    statement.issued_at().ms_since(round.now) <= DAY_MS
}

/// A suspended member finishes what was accepted before, and starts nothing. A letter that was taken in
/// before the suspension starts nothing when it comes again: the answer to it was lost.
fn admit(
    round: &Round<'_>,
    from: CenterCode,
    statement: &Verified,
) -> Result<Result<(), Refusal>, StoreError> {
    let said = statement.statement();
    let status = round.roster.member(from).map(|member| member.status);
    let is_letter = said.from() == from && said.kind() == StatementKind::Letter;
    if is_letter && status == Some(MemberStatus::Suspended) {
        let transfer = TransferId::new(*statement.hash().as_bytes());
        if side_of(round.view, transfer)?.is_none() {
            return Ok(Err(Refusal::Suspended));
        }
    }
    Ok(round.admit(from, said))
}

/// Takes in a statement that was verified and admitted.
pub(super) fn take_in(
    round: &mut Round<'_>,
    statement: &Verified,
) -> Result<DeliveryReply, StoreError> {
    let hash = statement.hash();
    if let Some(bytes) = round.view.get(&key(Area::Reply, &[hash.as_bytes()]))? {
        return cbor::decode_stored("replies", &bytes);
    }
    if let Statement::Letter(letter) = statement.statement() {
        return transfers_out::on_letter(round, letter, statement);
    }
    let Some(said) = TransferStep::of(statement.statement()) else {
        return Ok(DeliveryReply::Refused(Refusal::UnknownStatement));
    };
    let place = Place { transfer: said.step().transfer(), step: said.step().step(), hash };
    let Some((side, case)) = find(round.view, place.transfer)? else {
        return take_in_unknown(round, statement, said, place);
    };
    let from = statement.statement().from();
    if case.other(round.center()) != from || !hears(side, &said) {
        return Ok(DeliveryReply::Refused(Refusal::NotFound));
    }
    if case.thread.statements.contains(&hash) {
        return Ok(DeliveryReply::Committed(hash));
    }
    if !case.thread.statements.contains(&said.step().answers()) {
        let is_here = recalled::next_of_ours(round, (case.id, case.thread.ours))?.is_some();
        if is_here || recovery::asks_again(round, from, statement.statement().issued_at())? {
            // What it answers is said again first.
            return Ok(DeliveryReply::Pending(hash));
        }
    }
    let turn = Turn::of(case.thread.theirs, place.step);
    match turn {
        Turn::Over => return Ok(DeliveryReply::Refused(Refusal::IdReused)),
        Turn::TooEarly => return Ok(DeliveryReply::Refused(Refusal::Overloaded)),
        Turn::Early | Turn::Now => {}
    }
    round.keep_received(hash, statement.statement().kind(), statement.bytes())?;
    if turn == Turn::Early {
        put_pending(round.view, place);
        return Ok(DeliveryReply::Pending(hash));
    }
    let reply = handle(round, side, said, place)?;
    handle_pending(round, side, place.transfer)?;
    Ok(reply)
}

/// A statement of a transfer whose letter is not here.
fn take_in_unknown(
    round: &mut Round<'_>,
    statement: &Verified,
    said: TransferStep<'_>,
    place: Place,
) -> Result<DeliveryReply, StoreError> {
    if let TransferStep::Cancellation(cancellation) = said {
        round.keep_received(place.hash, StatementKind::Cancellation, statement.bytes())?;
        transfers_out::on_early_cancellation(round, cancellation, place.hash)?;
        return Ok(DeliveryReply::Committed(place.hash));
    }
    if hears(Side::Out, &said) {
        // Its letter is on the way; the row's timer brings this again.
        return Ok(DeliveryReply::Pending(place.hash));
    }
    let said = statement.statement();
    Ok(if recovery::asks_again(round, said.from(), said.issued_at())? {
        DeliveryReply::Pending(place.hash)
    } else {
        DeliveryReply::Refused(Refusal::NotFound)
    })
}

/// Where a statement stands among those of its sender.
#[derive(Clone, Copy)]
struct Place {
    transfer: TransferId,
    step: u32,
    hash: PayloadHash,
}

/// Handles the statement whose turn it is. A refusal takes its turn, too, and is remembered.
fn handle(
    round: &mut Round<'_>,
    side: Side,
    statement: TransferStep<'_>,
    place: Place,
) -> Result<DeliveryReply, StoreError> {
    let heard = (place.step, place.hash);
    let done = match side {
        Side::Out => transfers_out::on_statement(round, place.transfer, statement, heard)?,
        Side::In => transfers_in::on_statement(round, place.transfer, statement, heard)?,
    };
    let reply = match done {
        Ok(()) => return Ok(DeliveryReply::Committed(place.hash)),
        Err(refusal) => DeliveryReply::Refused(refusal),
    };
    round.view.put(key(Area::Reply, &[place.hash.as_bytes()]), cbor::encode(&reply));
    Ok(reply)
}

/// Handles what came early and is due now.
fn handle_pending(
    round: &mut Round<'_>,
    side: Side,
    transfer: TransferId,
) -> Result<(), StoreError> {
    while let Some((_, case)) = find(round.view, transfer)? {
        let step = case.thread.theirs.saturating_add(1);
        let row = pending_key(transfer, step);
        let Some(bytes) = round.view.get(&row)? else { break };
        round.view.delete(row);
        let hash = read_hash(&bytes)?;
        let statement = stored_statement(round, hash)?;
        if let Some(said) = TransferStep::of(&statement) {
            handle(round, side, said, Place { transfer, step, hash })?;
        }
    }
    Ok(())
}

/// A statement that was verified when it came in, read back.
pub(super) fn stored_statement(
    round: &Round<'_>,
    hash: PayloadHash,
) -> Result<Statement, StoreError> {
    let damaged = || StoreError::Corrupt {
        place: "statements",
        detail: "a statement of a transfer is missing or unreadable".into(),
    };
    read_statement(round.statement(hash)?.ok_or_else(damaged)?)
}

/// What a statement says that was verified before it was stored.
pub(super) fn read_statement(bytes: Vec<u8>) -> Result<Statement, StoreError> {
    let damaged =
        || StoreError::Corrupt { place: "statements", detail: "a statement is unreadable".into() };
    let received = Received::parse(bytes).map_err(|_| damaged())?;
    received.read_again().map_err(|_| damaged())
}

/// Takes in what became of a statement that was delivered.
pub(super) fn on_delivered(
    round: &mut Round<'_>,
    statement: PayloadHash,
    outcome: Result<(), Refusal>,
) -> Result<(), StoreError> {
    let Some(bytes) = round.view.get(&key(Area::TransferOf, &[statement.as_bytes()]))? else {
        return Ok(());
    };
    let transfer = TransferId::new(*read_hash(&bytes)?.as_bytes());
    match side_of(round.view, transfer)? {
        Some(Side::Out) => transfers_out::on_delivered(round, transfer, outcome),
        Some(Side::In) => transfers_in::on_delivered(round, transfer, statement, outcome),
        None => Ok(()),
    }
}

/// Takes in what the core made of an order.
pub(super) fn on_core_outcome(
    round: &mut Round<'_>,
    order: &CoreOrder,
    outcome: CoreOutcome,
) -> Result<(), StoreError> {
    match side_of(round.view, order.transfer)? {
        Some(Side::Out) => transfers_out::on_core_outcome(round, order, outcome),
        Some(Side::In) => transfers_in::on_core_outcome(round, order, outcome),
        None => Ok(()),
    }
}

/// Takes in what the bank says of an order.
pub(super) fn on_bank_outcome(
    round: &mut Round<'_>,
    transfer: TransferId,
    reply: &BankReply,
) -> Result<(), StoreError> {
    match side_of(round.view, transfer)? {
        Some(Side::Out) => transfers_out::on_bank_outcome(round, transfer, reply),
        Some(Side::In) => transfers_in::on_bank_outcome(round, transfer, reply),
        None => Ok(()),
    }
}

/// Takes in a movement of money under a letter.
pub(super) fn on_money(
    round: &mut Round<'_>,
    transfer: TransferId,
    line: MoneyLine,
) -> Result<(), StoreError> {
    match side_of(round.view, transfer)? {
        Some(Side::Out) => transfers_out::on_money(round, transfer, line),
        Some(Side::In) => transfers_in::on_money(round, transfer, line),
        None => Ok(()),
    }
}

/// Calls a person, because money moved under a letter that no sheet explains.
pub(super) fn on_unexplained_money(
    round: &mut Round<'_>,
    transfer: TransferId,
) -> Result<(), StoreError> {
    match side_of(round.view, transfer)? {
        Some(Side::Out) => transfers_out::on_unexplained_money(round, transfer),
        Some(Side::In) => transfers_in::on_unexplained_money(round, transfer),
        None => Ok(()),
    }
}

/// Looks at a transfer whose time has come.
pub(super) fn on_timer(round: &mut Round<'_>, transfer: TransferId) -> Result<(), StoreError> {
    if recovery::holds_inputs(round.view)? {
        // What is overdue here may have come long ago.
        let later = round.now.plus_ms(HELD_MS);
        return timer::set(round.view, later, timer::Timer::Transfer(transfer));
    }
    match side_of(round.view, transfer)? {
        Some(Side::Out) => transfers_out::on_timer(round, transfer),
        Some(Side::In) => transfers_in::on_timer(round, transfer),
        None => registrations::on_timer(round, transfer),
    }
}

/// The side and the case of a transfer, if it is here.
///
/// # Errors
/// When the store cannot be read.
pub fn find(view: &dyn View, transfer: TransferId) -> Result<Option<(Side, Case)>, StoreError> {
    if let Some(outgoing) = transfers_out::load(view, transfer)? {
        return Ok(Some((Side::Out, outgoing.case)));
    }
    Ok(transfers_in::load(view, transfer)?.map(|incoming| (Side::In, incoming.case)))
}

/// Changes what both sides keep of a transfer, and keeps it; the change is told whether the case has ended.
pub(super) fn with_case<T>(
    round: &mut Round<'_>,
    transfer: TransferId,
    change: impl FnOnce(&mut Round<'_>, &mut Case, bool) -> T,
) -> Result<Option<T>, StoreError> {
    if let Some(mut outgoing) = transfers_out::load(round.view, transfer)? {
        let done = change(round, &mut outgoing.case, outgoing.state.is_final());
        transfers_out::save(round, &outgoing)?;
        return Ok(Some(done));
    }
    let Some(mut incoming) = transfers_in::load(round.view, transfer)? else { return Ok(None) };
    let done = change(round, &mut incoming.case, incoming.state.is_final());
    transfers_in::save(round, &incoming)?;
    Ok(Some(done))
}

/// At which side of a transfer this center is, if it has it: nothing of it is read.
fn side_of(view: &dyn View, transfer: TransferId) -> Result<Option<Side>, StoreError> {
    for (area, side) in [(Area::TransferOut, Side::Out), (Area::TransferIn, Side::In)] {
        if view.get(&key(area, &[transfer.as_bytes()]))?.is_some() {
            return Ok(Some(side));
        }
    }
    Ok(None)
}

/// The transfer with a letter number, whatever channel carries it.
///
/// # Errors
/// When the store cannot be read.
pub fn find_number(
    view: &dyn View,
    number: LetterNumber,
) -> Result<Option<(TransferId, Side)>, StoreError> {
    let place = key(Area::TransferNumber, &[&bank::number_bytes(number)]);
    let Some(bytes) = view.get(&place)? else { return Ok(None) };
    let transfer = TransferId::new(*read_hash(&bytes)?.as_bytes());
    if let Some(side) = side_of(view, transfer)? {
        return Ok(Some((transfer, side)));
    }
    Ok(registrations::load(view, transfer)?.map(|registered| (transfer, registered.side)))
}

/// Notes the letter number of a transfer.
pub(super) fn put_number(view: &mut dyn View, number: LetterNumber, transfer: TransferId) {
    let place = key(Area::TransferNumber, &[&bank::number_bytes(number)]);
    view.put(place, transfer.as_bytes().to_vec());
}

/// Whether a statement is said to a side.
const fn hears(side: Side, said: &TransferStep<'_>) -> bool {
    match said {
        TransferStep::Difference(_) => true,
        TransferStep::Acceptance(_)
        | TransferStep::CancellationAnswer(_)
        | TransferStep::TransferRefusal(_)
        | TransferStep::Sheet(_)
        | TransferStep::Remittance(_)
        | TransferStep::Reversal(_)
        | TransferStep::Restoration(_) => matches!(side, Side::In),
        TransferStep::Cancellation(_)
        | TransferStep::RefusalConfirmation(_)
        | TransferStep::Correction(_)
        | TransferStep::Credit(_)
        | TransferStep::Return(_) => matches!(side, Side::Out),
    }
}

fn put_pending(view: &mut dyn View, place: Place) {
    view.put(pending_key(place.transfer, place.step), place.hash.as_bytes().to_vec());
}

fn pending_key(transfer: TransferId, step: u32) -> Vec<u8> {
    key(Area::TransferPending, &[transfer.as_bytes(), &step.to_be_bytes()])
}

pub(super) fn read_hash(bytes: &[u8]) -> Result<PayloadHash, StoreError> {
    bytes.try_into().map(PayloadHash::new).map_err(|_| StoreError::Corrupt {
        place: "transfers",
        detail: "an id of another length".into(),
    })
}

#[cfg(test)]
pub(crate) mod tests;
