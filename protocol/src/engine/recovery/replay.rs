//! Takes in what members gave back, each statement when its turn comes: transfers go to where the
//! network knows they are.
//!
//! **Promises.** A statement is taken in after the one that it answers, and while no order to the core
//! is on its way. What this center said is said again in the same bytes, or not at all.
//! **Left to others.** What follows from a statement: the handlers of its kind.

use super::super::certificates;
use super::super::incidents;
use super::super::inquiries;
use super::super::round::Round;
use super::super::transfer_case::Case;
use super::super::transfers::{self, Side};
use super::super::{transfers_in, transfers_out};
use super::recalled::{self, Whose};
use super::statements;
use crate::cose::Verified;
use crate::id::TransferId;
use crate::statement::Statement;
use crate::statement::transfer::TransferStep;
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::transfer::task::TaskReason;
use crate::wire::DeliveryReply;

/// Whether something went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moved {
    /// Nothing can, before something else has come.
    No,
    /// It waits for the outcome of an order to the core.
    Waits,
    /// It did.
    Yes,
}

/// Transfers that one turn looks at.
const PORTION: usize = 4_096;
/// Statements of one transfer that one turn takes in: more than any transfer has.
const STEPS: usize = 256;

/// What a core had refused when the backup was made was decided since, where more was said: nobody is
/// asked about that any more.
pub(super) fn begin(round: &mut Round<'_>) -> Result<(), StoreError> {
    for transfer in recalled::names(round.view, usize::MAX)? {
        let Some((_, case)) = transfers::find(round.view, transfer)? else { continue };
        let was_decided = recalled::next_of_ours(round, (transfer, case.thread.ours))?.is_some();
        if was_decided && is_refused(&case) {
            transfers::with_case(round, transfer, |_, case, _| case.task = None)?;
        }
    }
    Ok(())
}

fn is_refused(case: &Case) -> bool {
    case.task.as_ref().is_some_and(|task| task.reason == TaskReason::CoreRefused)
}

/// Takes in whatever can be.
pub(super) fn turn(round: &mut Round<'_>) -> Result<Moved, StoreError> {
    let mut moved = Moved::No;
    for name in recalled::names(round.view, PORTION)? {
        let done = if recalled::get(round.view, (name, Whose::Single, 0))?.is_some() {
            single(round, name)?
        } else {
            go_on(round, name)?
        };
        moved = moved.max(done);
    }
    Ok(moved)
}

/// A statement of no transfer, as if it had just come.
fn single(round: &mut Round<'_>, name: TransferId) -> Result<Moved, StoreError> {
    let row = (name, Whose::Single, 0);
    if let Some(statement) = recalled::verified(round, row)? {
        let from = statement.statement().from();
        let kind = statement.statement().kind();
        if certificates::is_certificate(kind) {
            let reply = certificates::answer(round, &statement)?;
            if let DeliveryReply::Pending(_) = reply {
                // What it follows from comes later.
                return Ok(Moved::No);
            }
        } else if incidents::on_statement(round, from, &statement)?.is_none()
            && inquiries::on_statement(round, from, &statement)?.is_none()
        {
            round.keep_received(statement.hash(), kind, statement.bytes())?;
        }
    }
    recalled::remove(round.view, row);
    Ok(Moved::Yes)
}

fn go_on(round: &mut Round<'_>, transfer: TransferId) -> Result<Moved, StoreError> {
    let mut moved = Moved::No;
    for _ in 0..STEPS {
        let done = match transfers::find(round.view, transfer)? {
            None => begin_case(round, transfer)?,
            Some((_, case)) if case.core.is_some() => return Ok(Moved::Waits),
            Some((Side::In, case)) if was_sent(round, &case)? => true,
            Some((side, case)) => {
                forget_known(round, &case)?;
                // What was said without an answer to what came next was said before that was heard: a
                // withdrawal that crossed the acceptance was too late, and is again.
                follow(round, side, &case)? || hear(round, &case)?
            }
        };
        if !done {
            let was_said = keep_said(round, transfer)?;
            return Ok(if was_said { Moved::Yes } else { moved });
        }
        moved = Moved::Yes;
    }
    Ok(moved)
}

/// A case begins with its letter.
fn begin_case(round: &mut Round<'_>, transfer: TransferId) -> Result<bool, StoreError> {
    for whose in [Whose::Theirs, Whose::Ours] {
        let row = (transfer, whose, 1);
        let Some(letter) = recalled::verified(round, row)? else { continue };
        let Statement::Letter(said) = letter.statement() else { continue };
        recalled::remove(round.view, row);
        if whose == Whose::Theirs {
            transfers::take_in(round, &letter)?;
        } else {
            transfers_in::recalled::begin(round, said, &letter)?;
        }
        return Ok(transfers::find(round.view, transfer)?.is_some());
    }
    if statements::missing(round)?.is_empty() {
        keep_without_letter(round, transfer)?;
    }
    Ok(false)
}

/// A letter that is a draft here was sent before this store forgot that.
fn was_sent(round: &mut Round<'_>, case: &Case) -> Result<bool, StoreError> {
    let row = (case.id, Whose::Ours, 1);
    let Some(letter) = recalled::verified(round, row)? else { return Ok(false) };
    transfers_in::recalled::was_sent(round, case.id, &letter)
}

/// Statements whose letter nobody has: they are kept, and a letter that was withdrawn before it came is
/// still refused when it comes.
fn keep_without_letter(round: &mut Round<'_>, transfer: TransferId) -> Result<(), StoreError> {
    for name in recalled::of(round.view, transfer)? {
        if let Some(statement) = recalled::verified(round, name)? {
            if let Statement::Cancellation(_) = statement.statement() {
                let place = key(Area::TransferEarly, &[transfer.as_bytes()]);
                round.view.put(place, statement.hash().as_bytes().to_vec());
            }
            statements::keep(round, &statement)?;
        }
        recalled::remove(round.view, name);
    }
    Ok(())
}

/// Takes the rows away of statements that are part of the case already.
fn forget_known(round: &mut Round<'_>, case: &Case) -> Result<(), StoreError> {
    let counts = [(Whose::Ours, case.thread.ours), (Whose::Theirs, case.thread.theirs)];
    for (whose, last) in counts {
        for step in 1..=last {
            recalled::remove_if_there(round.view, (case.id, whose, step))?;
        }
    }
    Ok(())
}

/// The next statement of the other center, if it answers what this one has said.
fn hear(round: &mut Round<'_>, case: &Case) -> Result<bool, StoreError> {
    let row = (case.id, Whose::Theirs, case.thread.theirs.saturating_add(1));
    let Some(statement) = recalled::verified(round, row)? else { return Ok(false) };
    if !answers_known(case, &statement) || is_answered_later(round, case, &statement)? {
        return Ok(false);
    }
    recalled::remove(round.view, row);
    transfers::take_in(round, &statement)?;
    Ok(true)
}

/// What this center said next, where the case does not come to it by itself.
fn follow(round: &mut Round<'_>, side: Side, case: &Case) -> Result<bool, StoreError> {
    let row = (case.id, Whose::Ours, case.thread.ours.saturating_add(1));
    let Some(statement) = recalled::verified(round, row)? else { return Ok(false) };
    let Some(said) = TransferStep::of(statement.statement()) else { return Ok(false) };
    // What the core refuses, a person looks at.
    if is_refused(case) || !(answers_known(case, &statement) || follows_order(round, case, said)?) {
        return Ok(false);
    }
    match side {
        Side::Out => transfers_out::recalled::follow(round, case.id, said),
        Side::In => transfers_in::recalled::follow(round, case.id, said),
    }
}

/// What this center said before in a case that has ended otherwise since is part of it: the other center
/// has it, and takes it in after what was lost between the two and said anew.
fn keep_said(round: &mut Round<'_>, transfer: TransferId) -> Result<bool, StoreError> {
    let done = transfers::with_case(round, transfer, |round, case, has_ended| {
        has_ended && case.say_all_again(round)
    })?;
    Ok(done.unwrap_or(false))
}

/// Whether a withdrawal was heard while an order to the core was on its way: what came of the order was
/// said before it was answered.
fn is_answered_later(round: &Round<'_>, case: &Case, heard: &Verified) -> Result<bool, StoreError> {
    let is_withdrawal = matches!(heard.statement(), Statement::Cancellation(_));
    let next = recalled::next_of_ours(round, (case.id, case.thread.ours))?;
    let is_answer = |said: &Statement| {
        matches!(said, Statement::CancellationAnswer(_) | Statement::TransferRefusal(_))
    };
    Ok(is_withdrawal && next.is_some_and(|said| !is_answer(&said)))
}

/// Whether this center said what came of an order next, and had heard a withdrawal meanwhile.
fn follows_order(
    round: &Round<'_>,
    case: &Case,
    said: TransferStep<'_>,
) -> Result<bool, StoreError> {
    let row = (case.id, Whose::Theirs, case.thread.theirs.saturating_add(1));
    let Some(heard) = recalled::verified(round, row)? else { return Ok(false) };
    Ok(said.step().answers() == heard.hash() && is_answered_later(round, case, &heard)?)
}

fn answers_known(case: &Case, statement: &Verified) -> bool {
    let said = TransferStep::of(statement.statement());
    said.is_some_and(|said| case.thread.statements.contains(&said.step().answers()))
}
