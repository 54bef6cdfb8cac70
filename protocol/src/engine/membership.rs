//! Statements about membership that members deliver to each other: tag keys, key changes.
//!
//! **Promises.** A repeat gets the same answer and changes nothing. A payload that was refused
//! because its key has ended is signed again by the current key: its hash, and so its meaning,
//! stays the same.
//! **Left to others.** The rules: `tags` and `roster::change`.

use super::output::Event;
use super::round::{Round, Route, Stop};
use super::{outbox, rosters, tags};
use crate::center::{CenterCode, Role};
use crate::cose::{Received, Verified, purpose_of};
use crate::refusal::Refusal;
use crate::roster::Action;
use crate::roster::change::Change;
use crate::statement::Statement;
use crate::statement::membership::KeyChange;
use crate::store::StoreError;
use crate::wire::DeliveryReply;

/// Handles a statement about membership; `None` for any other.
pub(super) fn on_statement(
    round: &mut Round<'_>,
    from: CenterCode,
    verified: &Verified,
) -> Result<Option<DeliveryReply>, StoreError> {
    let statement = verified.statement();
    if !matches!(statement, Statement::TagKeyBox(_) | Statement::KeyChange(_)) {
        return Ok(None);
    }
    let reply = if statement.from() != from {
        DeliveryReply::Refused(Refusal::Peer)
    } else if statement.to() != Some(round.center()) {
        DeliveryReply::Refused(Refusal::Addressee)
    } else if let Statement::TagKeyBox(boxed) = statement {
        tags::on_box(round, verified, boxed)?
    } else if let Statement::KeyChange(change) = statement {
        on_key_change(round, verified, change)?
    } else {
        return Ok(None);
    };
    if let DeliveryReply::Refused(refusal) | DeliveryReply::Later(refusal) = reply {
        round.event(Event::Refused { from, refusal });
    }
    Ok(Some(reply))
}

/// The authority lists the new key beside the old one. The request is signed by a key in force, so
/// that nobody has to be asked; whoever lost a key has the member revoked instead.
fn on_key_change(
    round: &mut Round<'_>,
    verified: &Verified,
    change: &KeyChange,
) -> Result<DeliveryReply, StoreError> {
    let hash = verified.hash();
    if round.statement(hash)?.is_some() {
        return Ok(DeliveryReply::Committed(hash));
    }
    if round.settings.role != Role::Authority {
        return Ok(DeliveryReply::Refused(Refusal::Addressee));
    }
    // A suspended member may rotate: its keys go on being used.
    if let Err(refusal) = round.roster.rights(change.from, Action::Sync) {
        return Ok(DeliveryReply::Refused(refusal));
    }
    let wanted = Change::RotateKey { center: change.from, key: change.key };
    match rosters::command::issue_change(round, wanted) {
        Ok(()) => {}
        Err(Stop::Store(error)) => return Err(error),
        Err(Stop::Refused(refusal)) => return Ok(DeliveryReply::Refused(refusal)),
        Err(Stop::Explained(refused)) => return Ok(DeliveryReply::Refused(refused.refusal)),
    }
    round.keep_received(hash, verified.statement().kind(), verified.bytes())?;
    Ok(DeliveryReply::Committed(hash))
}

/// Signs the statement of an outbox row again, when another key than the current one has signed
/// it; false when there is nothing to do.
pub(super) fn sign_again(
    round: &mut Round<'_>,
    to: CenterCode,
    row: u64,
) -> Result<bool, StoreError> {
    let Some(bytes) = outbox::statement_of(round.view, to, row)? else {
        return Ok(false);
    };
    let Ok(before) = Received::parse(bytes) else {
        return Ok(false);
    };
    let current = round.own_key(purpose_of(before.kind())).map(|key| key.id());
    if current.is_none() || current == Some(before.key()) {
        return Ok(false);
    }
    outbox::remove(round, to, row)?;
    round.say_again(before.kind(), before.payload().to_vec(), Route::Outbox(to));
    Ok(true)
}

#[cfg(test)]
mod tests;
