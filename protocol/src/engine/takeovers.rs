//! Open cases of a revoked member: who looks after them from then on (接管).
//!
//! Each center that has an open case with the revoked member lets a person decide, and hands the
//! whole case to the center that the roster names; there a person finishes the revoked side, and the
//! other side is told how.
//!
//! **Promises.** Nothing is decided or paid by itself once the other side of a case is revoked; a
//! case is handed over by its other side alone, with the statements that prove it; no round walks
//! over more than a portion of the open cases.
//! **Left to others.** Cutting the revoked member off: the node. What a person may decide:
//! `transfer_desk`.

use minicbor::{Decode, Encode};

use super::modes::require_role;
use super::operator::{OperatorId, OperatorRole};
use super::output::Event;
use super::round::{Round, Route, Stop};
use super::timer::{self, Timer};
use super::transfer_case::{Case, SuccessorWords, deadline};
use super::transfer_command::TransferName;
use super::{outbox, single, transfers, transfers_in, transfers_out};
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::{Received, Verified};
use crate::id::{Bytes, PayloadHash, TransferId};
use crate::limits::{HANDOVER_BYTES_MAX, TAKEOVER_PORTION, TAKEOVERS_LISTED_MAX};
use crate::plain_text::PlainText;
use crate::refusal::Refusal;
use crate::roster::{Action, MemberStatus, Roster};
use crate::statement::transfer::handover::{Handover, HandoverClosing};
use crate::statement::transfer::letter::{Letter, Remark};
use crate::statement::{Statement, StatementKind};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View, prefix_end};
use crate::time::{Date, Timestamp};
use crate::transfer::deadline::Wait;
use crate::transfer::task::TaskReason;
use crate::wire::DeliveryReply;

/// A wish about cases that this center has taken over.
#[derive(Clone, Debug)]
pub enum TakeoverCommand {
    /// All that are here.
    List,
    /// One.
    Show(TransferName),
    /// A person has finished the revoked side of a case.
    Close {
        /// Who.
        operator: OperatorId,
        /// Which.
        transfer: TransferName,
        /// How, in words.
        remark: Remark,
    },
}

/// A case that this center has taken over.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TakenOver {
    /// The other side of the case.
    #[n(1)]
    pub from: CenterCode,
    /// Whose side was taken over.
    #[n(2)]
    pub revoked: CenterCode,
    /// The transfer.
    #[n(3)]
    pub transfer: TransferId,
    /// Its letter.
    #[n(4)]
    pub letter: Letter,
    /// Where the case stands at the other side, as that said last.
    #[n(5)]
    pub state: PlainText<32>,
    /// When that was said.
    #[n(6)]
    pub said_at: Timestamp,
    /// How many states the case had entered there by then.
    #[n(10)]
    pub states: u32,
    /// The last day for a person here.
    #[n(7)]
    pub due: Date,
    /// The statement that handed it over last.
    #[n(8)]
    pub handover: PayloadHash,
    /// How a person has finished it.
    #[n(9)]
    pub closing: Option<Closing>,
}

/// How a person has finished a case that was taken over.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Closing {
    /// Who.
    #[n(1)]
    pub operator: OperatorId,
    /// When.
    #[n(2)]
    pub at: Timestamp,
    /// How, in words.
    #[n(3)]
    pub remark: Remark,
}

impl core::fmt::Debug for TakenOver {
    /// Without the person.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TakenOver").field("transfer", &self.transfer).finish_non_exhaustive()
    }
}

/// How far the open cases with a revoked member were handed over.
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Walk {
    /// The last row of the open transfers that was looked at.
    #[n(1)]
    after: Option<Bytes>,
    /// Whether all were.
    #[n(2)]
    is_done: bool,
}

/// The center that looks after the cases of a revoked one: the one that its entry names, or that
/// one's own successor.
fn successor(roster: &Roster, revoked: CenterCode) -> Option<CenterCode> {
    let mut center = revoked;
    for _ in &roster.members {
        let member = roster.member(center)?;
        if member.status != MemberStatus::Revoked {
            return (center != revoked).then_some(center);
        }
        center = member.revocation?.takeover?;
    }
    None
}

fn walk_name(revoked: CenterCode, successor: CenterCode) -> Vec<u8> {
    format!("takeover/{revoked}/{successor}").into_bytes()
}

/// Begins to hand over the open cases with members that a roster has revoked.
pub(super) fn on_roster(round: &mut Round<'_>) -> Result<(), StoreError> {
    let roster = round.roster.clone();
    let revoked = roster.members.iter().filter(|member| member.status == MemberStatus::Revoked);
    for member in revoked {
        let Some(successor) = successor(&roster, member.code) else { continue };
        let name = walk_name(member.code, successor);
        if member.code != round.center() && single::read::<Walk>(round.view, &name)?.is_none() {
            single::write(round.view, &name, &Walk::default());
            timer::set(round.view, round.now, Timer::Takeover(member.code))?;
        }
    }
    Ok(())
}

/// The revoked members whose cases are not all handed over.
pub(super) fn unfinished(view: &dyn View, roster: &Roster) -> Vec<CenterCode> {
    let revoked = roster.members.iter().map(|member| member.code);
    let walk_is_open = |code: &CenterCode| {
        let name = successor(roster, *code).map(|successor| walk_name(*code, successor));
        let walk = name.and_then(|name| single::read::<Walk>(view, &name).ok().flatten());
        walk.is_some_and(|walk| !walk.is_done)
    };
    revoked.filter(walk_is_open).collect()
}

/// Hands over a portion of the cases, and drops what is on its way to the revoked member.
pub(super) fn on_timer(round: &mut Round<'_>, revoked: CenterCode) -> Result<(), StoreError> {
    let Some(successor) = successor(&round.roster, revoked) else { return Ok(()) };
    let name = walk_name(revoked, successor);
    let Some(mut walk) = single::read::<Walk>(round.view, &name)?.filter(|walk| !walk.is_done)
    else {
        return Ok(());
    };
    let prefix = key(Area::TransferOpen, &[]);
    let from = match &walk.after {
        Some(after) => [after.as_slice(), &[0]].concat(),
        None => prefix.clone(),
    };
    let rows = round.view.range(&from, &prefix_end(&prefix), TAKEOVER_PORTION)?;
    for (place, _) in &rows {
        let id = transfers::read_hash(place.get(1..).unwrap_or_default())?;
        hand_over(round, TransferId::new(*id.as_bytes()), (revoked, successor))?;
    }
    let undelivered = outbox::rows(round.view, revoked, TAKEOVER_PORTION)?;
    for (row, _) in &undelivered {
        outbox::remove(round, revoked, *row)?;
    }
    walk.is_done = rows.len() < TAKEOVER_PORTION && undelivered.len() < TAKEOVER_PORTION;
    if let Some((last, _)) = rows.last() {
        walk.after = Some(last.clone().into());
    }
    single::write(round.view, &name, &walk);
    if walk.is_done { Ok(()) } else { timer::set(round.view, round.now, Timer::Takeover(revoked)) }
}

fn hand_over(
    round: &mut Round<'_>,
    transfer: TransferId,
    (revoked, successor): (CenterCode, CenterCode),
) -> Result<(), StoreError> {
    match transfers::find(round.view, transfer)? {
        Some((side, case)) if case.other(round.center()) == revoked => match side {
            transfers::Side::Out => transfers_out::on_counterpart_revoked(round, &case, successor),
            transfers::Side::In => transfers_in::on_counterpart_revoked(round, &case, successor),
        },
        Some(_) | None => Ok(()),
    }
}

impl Case {
    /// The other side is revoked: a person decides here, and its successor gets the case.
    pub(super) fn hand_to(
        &mut self,
        round: &mut Round<'_>,
        successor: CenterCode,
        state: &'static str,
    ) -> Result<(), StoreError> {
        self.taken_over_by = Some(successor);
        self.ask_person(round, TaskReason::CounterpartRevoked)?;
        tell(round, self, state)
    }
}

/// Tells the center that took over where a case stands. A letter that was never sent is nobody
/// else's business.
pub(super) fn tell(
    round: &mut Round<'_>,
    case: &Case,
    state: &'static str,
) -> Result<(), StoreError> {
    let successor = case.taken_over_by.filter(|center| *center != round.center());
    let (Some(to), Ok(state)) = (successor, PlainText::parse(state)) else { return Ok(()) };
    let mut statements: Vec<Bytes> = Vec::new();
    let mut size = 0_usize;
    for hash in &case.thread.statements {
        let Some(bytes) = round.statement(*hash)? else { continue };
        size = size.saturating_add(bytes.len());
        if size > HANDOVER_BYTES_MAX {
            break;
        }
        statements.push(bytes.into());
    }
    if statements.is_empty() {
        return Ok(());
    }
    let handover = Handover {
        from: round.center(),
        to,
        issued_at: round.now,
        revoked: case.other(round.center()),
        transfer: case.id,
        state,
        states: u32::try_from(case.history.len()).unwrap_or(u32::MAX),
        statements,
    };
    round.say(&handover, Route::Outbox(to));
    Ok(())
}

/// Handles a case that is handed over; `None` for any other statement.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    from: CenterCode,
    verified: &Verified,
) -> Result<Option<DeliveryReply>, StoreError> {
    let statement = verified.statement();
    if !matches!(statement.kind(), StatementKind::Handover | StatementKind::HandoverClosing) {
        return Ok(None);
    }
    let reply = if statement.from() != from {
        DeliveryReply::Refused(Refusal::Peer)
    } else if statement.to() != Some(round.center()) {
        DeliveryReply::Refused(Refusal::Addressee)
    } else if let Err(refusal) = round.roster.rights(from, Action::FinishTransfer) {
        DeliveryReply::Refused(refusal)
    } else if let Statement::Handover(handover) = statement {
        take_over(round, verified, handover)?
    } else if let Statement::HandoverClosing(closing) = statement {
        hear(round, verified, closing)?
    } else {
        DeliveryReply::Refused(Refusal::UnknownStatement)
    };
    if let DeliveryReply::Refused(refusal) | DeliveryReply::Later(refusal) = reply {
        round.event(Event::Refused { from, refusal });
    }
    Ok(Some(reply))
}

fn take_over(
    round: &mut Round<'_>,
    verified: &Verified,
    handover: &Handover,
) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    // The roster that names this center may be on its way.
    if successor(&round.roster, handover.revoked) != Some(round.center()) {
        return Ok(DeliveryReply::Later(Refusal::WrongState));
    }
    let Some(letter) = letter_in(round, handover) else {
        return Ok(DeliveryReply::Refused(Refusal::Malformed));
    };
    let before = taken_over(round.view, handover.transfer)?;
    let said = (handover.issued_at, handover.states);
    if before.as_ref().is_some_and(|before| (before.said_at, before.states) >= said) {
        return Ok(DeliveryReply::Committed(hash));
    }
    round.keep_received(hash, StatementKind::Handover, verified.bytes())?;
    let case = TakenOver {
        from: handover.from,
        revoked: handover.revoked,
        transfer: handover.transfer,
        letter,
        state: handover.state.clone(),
        said_at: handover.issued_at,
        states: handover.states,
        due: match &before {
            Some(before) => before.due,
            None => deadline(round, Wait::Case)?,
        },
        handover: hash,
        closing: before.and_then(|before| before.closing),
    };
    put(round.view, &case);
    round.event(Event::Transfer { transfer: case.transfer, state: "taken_over" });
    Ok(DeliveryReply::Committed(hash))
}

/// Takes in how the successor has finished the revoked side. What is open here stays with a person.
fn hear(
    round: &mut Round<'_>,
    verified: &Verified,
    closing: &HandoverClosing,
) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    let Some((side, case)) = transfers::find(round.view, closing.transfer)? else {
        return Ok(DeliveryReply::Refused(Refusal::NotFound));
    };
    let is_its = case.taken_over_by == Some(closing.from);
    if !is_its || case.other(round.center()) != closing.revoked {
        return Ok(DeliveryReply::Refused(Refusal::NotGranted));
    }
    if case.successor_said.is_some() {
        return Ok(DeliveryReply::Committed(hash));
    }
    round.keep_received(hash, StatementKind::HandoverClosing, verified.bytes())?;
    let words =
        SuccessorWords { at: closing.issued_at, remark: closing.remark.clone(), statement: hash };
    match side {
        transfers::Side::Out => transfers_out::on_successor(round, closing.transfer, words)?,
        transfers::Side::In => transfers_in::on_successor(round, closing.transfer, words)?,
    }
    round.event(Event::Transfer { transfer: closing.transfer, state: "successor_closed" });
    Ok(DeliveryReply::Committed(hash))
}

/// The letter of a case that was handed over: signed by a key that its sender has or had, of this
/// transfer, between the two centers that the handover names.
fn letter_in(round: &Round<'_>, handover: &Handover) -> Option<Letter> {
    let received = Received::parse(handover.statements.first()?.to_vec()).ok()?;
    let (sender, _) = received.parties()?;
    let member = round.roster.member(sender)?;
    let key = member.keys.iter().find(|key| key.public.id() == received.key())?;
    let network = round.settings.network.as_str();
    let verified = received.verify_by(sender, &key.public, network).ok()?;
    let is_transfer = verified.hash().as_bytes() == handover.transfer.as_bytes();
    let Statement::Letter(letter) = verified.into_statement() else { return None };
    let sides = [(letter.from, letter.to), (letter.to, letter.from)];
    let is_theirs = sides.contains(&(handover.from, handover.revoked));
    (is_transfer && is_theirs).then_some(*letter)
}

/// A case that this center has taken over.
///
/// # Errors
/// When the store cannot be read.
pub fn taken_over(view: &dyn View, transfer: TransferId) -> Result<Option<TakenOver>, StoreError> {
    let bytes = view.get(&key(Area::TakenOver, &[transfer.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("cases taken over", &bytes)).transpose()
}

fn put(view: &mut dyn View, case: &TakenOver) {
    view.put(key(Area::TakenOver, &[case.transfer.as_bytes()]), cbor::encode(case));
}

/// Does what a caller wants of the cases that were taken over.
pub(super) fn run(round: &mut Round<'_>, command: TakeoverCommand) -> Result<Vec<TakenOver>, Stop> {
    let all = list(round.view)?;
    let find = |name: TransferName| {
        let is_named = |case: &&TakenOver| match name {
            TransferName::Id(id) => case.transfer == id,
            TransferName::Number(number) => case.letter.number == number,
        };
        all.iter().find(is_named).cloned().ok_or(Refusal::NotFound)
    };
    match command {
        TakeoverCommand::List => Ok(all),
        TakeoverCommand::Show(name) => Ok(vec![find(name)?]),
        TakeoverCommand::Close { operator, transfer, remark } => {
            require_role(round, &operator, OperatorRole::Reviewer)?;
            let mut case = find(transfer)?;
            if case.closing.is_some() {
                return Err(Refusal::WrongState.into());
            }
            answer(round, &case, remark.clone());
            case.closing = Some(Closing { operator, at: round.now, remark });
            put(round.view, &case);
            Ok(vec![case])
        }
    }
}

/// Tells the other side of a case how it was finished here.
fn answer(round: &mut Round<'_>, case: &TakenOver, remark: Remark) {
    let closing = HandoverClosing {
        from: round.center(),
        to: case.from,
        issued_at: round.now,
        revoked: case.revoked,
        transfer: case.transfer,
        handover: case.handover,
        remark,
    };
    round.say(&closing, Route::Outbox(case.from));
}

/// The cases that were taken over, those that wait for a person first.
fn list(view: &dyn View) -> Result<Vec<TakenOver>, StoreError> {
    let prefix = key(Area::TakenOver, &[]);
    let rows = view.range(&prefix, &prefix_end(&prefix), TAKEOVERS_LISTED_MAX)?;
    let decode = |(_, value): &(Vec<u8>, Vec<u8>)| cbor::decode_stored("cases taken over", value);
    let mut cases: Vec<TakenOver> = rows.iter().map(decode).collect::<Result<_, _>>()?;
    cases.sort_by_key(|case| (case.closing.is_some(), case.due, case.letter.number));
    Ok(cases)
}
