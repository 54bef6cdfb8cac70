//! What people do with certificates: list, look, say what became of the loan, take back.
//!
//! **Promises.** A clerk enters; where the center's rule asks for two, nothing is said before another
//! person has approved it. What the issuer would refuse is refused here first.
//! **Left to others.** Asking for a certificate: `dossiers`.

use super::lending::{self, Delivery, Draft, DraftOf, HeldCertificate, ReceiptWish};
use super::receipts;
use super::{CertificateState, Revoked, StoredCertificate, certificate};
use crate::cbor;
use crate::certificate::{CertificateNumber, CertificateStanding};
use crate::engine::modes::require_role;
use crate::engine::operator::{OperatorId, OperatorRole};
use crate::engine::round::{Round, Stop};
use crate::engine::transfer_case::today;
use crate::limits::TRANSFERS_LISTED_MAX;
use crate::refusal::Refusal;
use crate::statement::certificate::{LoanResult, ReleaseCause, RevocationReason};
use crate::statement::transfer::letter::Remark;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, prefix_end};

/// A wish about certificates.
#[derive(Debug)]
pub enum CertificateCommand {
    /// Lists certificates, issued and held, the newest first; at most
    /// `limits::TRANSFERS_LISTED_MAX` of each.
    List {
        /// Only those for which somebody must do something.
        waiting: bool,
    },
    /// Shows one.
    Show(CertificateNumber),
    /// The lender: says what became of the application.
    Receipt {
        /// Who enters it.
        operator: OperatorId,
        /// Which.
        number: CertificateNumber,
        /// What to say.
        wish: ReceiptWish,
    },
    /// The lender: says that the loan is over.
    Release {
        /// Who enters it.
        operator: OperatorId,
        /// Which.
        number: CertificateNumber,
        /// Why.
        cause: ReleaseCause,
    },
    /// The issuer: takes a certificate back.
    Revoke {
        /// Who enters it.
        operator: OperatorId,
        /// Which.
        number: CertificateNumber,
        /// Why.
        reason: RevocationReason,
        /// More, in words; with `Other` always.
        remark: Option<Remark>,
    },
    /// Either side: a second person approves what another has entered.
    Approve {
        /// Who.
        operator: OperatorId,
        /// Which.
        number: CertificateNumber,
    },
}

/// A certificate as it is shown to an operator of the center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateView {
    /// It, from the side on which this center is.
    pub side: CertificateSide,
    /// What it is worth now.
    pub standing: CertificateStanding,
    /// The name of the issuer.
    pub issuer: String,
    /// The name of the lender.
    pub lender: String,
}

/// Which side of a certificate this center is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateSide {
    /// It was issued here.
    Issued(Box<StoredCertificate>),
    /// It is held here.
    Held(Box<HeldCertificate>),
}

/// Does what is wished.
pub(in crate::engine) fn run(
    round: &mut Round<'_>,
    command: CertificateCommand,
) -> Result<Vec<CertificateView>, Stop> {
    match command {
        CertificateCommand::List { waiting } => list(round, waiting),
        CertificateCommand::Show(number) => {
            if let Some(stored) = issued(round, number)? {
                return Ok(vec![view_issued(round, stored)]);
            }
            let kept = lending::held(round.view, number)?.ok_or(Refusal::NotFound)?;
            Ok(vec![view_held(round, kept)?])
        }
        CertificateCommand::Receipt { operator, number, wish } => {
            require_role(round, &operator, OperatorRole::Clerk)?;
            let kept = receivable(round, number)?;
            enter(round, kept, Draft { operator, what: DraftOf::Receipt(wish) })
        }
        CertificateCommand::Release { operator, number, cause } => {
            require_role(round, &operator, OperatorRole::Clerk)?;
            let kept = releasable(round, number)?;
            enter(round, kept, Draft { operator, what: DraftOf::Release(cause) })
        }
        CertificateCommand::Revoke { operator, number, reason, remark } => {
            require_role(round, &operator, OperatorRole::Clerk)?;
            if reason == RevocationReason::Other && remark.is_none() {
                return Err(Stop::explained(Refusal::Argument, "say in words why"));
            }
            let at = round.now;
            let operator = Some(operator);
            let revoked = Revoked { reason, remark, operator, at, superseded_by: None };
            revoke(round, number, revoked)
        }
        CertificateCommand::Approve { operator, number } => approve(round, &operator, number),
    }
}

fn issued(
    round: &Round<'_>,
    number: CertificateNumber,
) -> Result<Option<StoredCertificate>, StoreError> {
    if number.issuer == round.center() { certificate(round.view, number) } else { Ok(None) }
}

/// A held certificate for which a receipt may be said.
fn receivable(round: &Round<'_>, number: CertificateNumber) -> Result<HeldCertificate, Stop> {
    let kept = lending::held(round.view, number)?.ok_or(Refusal::NotFound)?;
    match lending::standing(round.view, &kept, today(round)?, None)? {
        CertificateStanding::Valid => {}
        CertificateStanding::Used => return Err(Refusal::CertificateUsed.into()),
        CertificateStanding::Expired => return Err(Refusal::CertificateExpired.into()),
        CertificateStanding::Revoked => return Err(Refusal::CertificateRevoked.into()),
    }
    if kept.receipt.is_some() {
        return Err(Stop::explained(Refusal::WrongState, "the issuer refused a receipt for it"));
    }
    Ok(kept)
}

/// A held certificate whose loan may be reported over.
fn releasable(round: &Round<'_>, number: CertificateNumber) -> Result<HeldCertificate, Stop> {
    let kept = lending::held(round.view, number)?.ok_or(Refusal::NotFound)?;
    let granted = kept.receipt.as_ref().is_some_and(|said| {
        said.wish.result == LoanResult::Granted && !matches!(said.delivery, Delivery::Refused(_))
    });
    if !granted || kept.release.is_some() {
        let why = "only a loan that a receipt granted, and that was not reported over yet, ends";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    Ok(kept)
}

/// Says what is entered, at once or when a second person has approved it.
fn enter(
    round: &mut Round<'_>,
    mut kept: HeldCertificate,
    draft: Draft,
) -> Result<Vec<CertificateView>, Stop> {
    if !receipts::has_room(round, kept.issued.certificate.issuer)? {
        return Err(Refusal::Overloaded.into());
    }
    if kept.waiting.is_some() {
        let why = "what another has entered waits for a second person";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    if round.settings.policy.certificate_needs_reviewer {
        kept.waiting = Some(draft);
        lending::put(round, &kept);
        return Ok(vec![view_held(round, kept)?]);
    }
    let kept = say(round, kept, draft)?;
    Ok(vec![view_held(round, kept)?])
}

fn say(
    round: &mut Round<'_>,
    kept: HeldCertificate,
    draft: Draft,
) -> Result<HeldCertificate, StoreError> {
    match draft.what {
        DraftOf::Receipt(wish) => lending::say_receipt(round, kept, (&draft.operator, wish)),
        DraftOf::Release(cause) => lending::say_release(round, kept, (&draft.operator, cause)),
    }
}

fn revoke(
    round: &mut Round<'_>,
    number: CertificateNumber,
    revoked: Revoked,
) -> Result<Vec<CertificateView>, Stop> {
    let mut stored = revocable(round, number)?;
    if stored.waiting.is_some() {
        let why = "what another has entered waits for a second person";
        return Err(Stop::explained(Refusal::WrongState, why));
    }
    if round.settings.policy.certificate_needs_reviewer {
        stored.waiting = Some(revoked);
        super::put(round, &stored);
        return Ok(vec![view_issued(round, stored)]);
    }
    let stored = receipts::revoke(round, stored, revoked)?;
    Ok(vec![view_issued(round, stored)])
}

/// A certificate of this center that may be taken back.
fn revocable(round: &Round<'_>, number: CertificateNumber) -> Result<StoredCertificate, Stop> {
    let stored = issued(round, number)?.ok_or(Refusal::NotFound)?;
    match &stored.state {
        CertificateState::Issued => {}
        CertificateState::Used(_) => return Err(Refusal::CertificateUsed.into()),
        CertificateState::Revoked(_) => return Err(Refusal::CertificateRevoked.into()),
        CertificateState::Expired(_) => return Err(Refusal::CertificateExpired.into()),
    }
    if !receipts::has_room(round, stored.certificate.requester)? {
        return Err(Refusal::Overloaded.into());
    }
    Ok(stored)
}

fn approve(
    round: &mut Round<'_>,
    operator: &OperatorId,
    number: CertificateNumber,
) -> Result<Vec<CertificateView>, Stop> {
    require_role(round, operator, OperatorRole::Reviewer)?;
    let nothing = || Stop::explained(Refusal::WrongState, "nothing waits for a second person");
    let same = || {
        let why = "another person than the one who entered it must approve it";
        Stop::explained(Refusal::Operator, why)
    };
    if let Some(stored) = issued(round, number)? {
        let revoked = stored.waiting.clone().ok_or_else(nothing)?;
        if revoked.operator.as_ref() == Some(operator) {
            return Err(same());
        }
        let stored = receipts::revoke(round, revocable(round, number)?, revoked)?;
        return Ok(vec![view_issued(round, stored)]);
    }
    let kept = lending::held(round.view, number)?.ok_or(Refusal::NotFound)?;
    let draft = kept.waiting.clone().ok_or_else(nothing)?;
    if draft.operator == *operator {
        return Err(same());
    }
    // It may have run out, or been taken back, while it waited.
    let kept = match draft.what {
        DraftOf::Receipt(_) => receivable(round, number)?,
        DraftOf::Release(_) => releasable(round, number)?,
    };
    let kept = say(round, kept, draft)?;
    Ok(vec![view_held(round, kept)?])
}

/// Certificates that were issued here, then those that are held here, the newest first.
fn list(round: &Round<'_>, waiting: bool) -> Result<Vec<CertificateView>, Stop> {
    let mut views = Vec::new();
    let mut entries = Backwards::over(Area::Certificate);
    while views.len() < TRANSFERS_LISTED_MAX
        && let Some(bytes) = entries.next(round)?
    {
        let stored: StoredCertificate = cbor::decode_stored("certificates", &bytes)?;
        if !waiting || stored.waiting.is_some() {
            views.push(view_issued(round, stored));
        }
    }
    let most = views.len().saturating_add(TRANSFERS_LISTED_MAX);
    let mut entries = Backwards::over(Area::HeldCertificate);
    while views.len() < most
        && let Some(bytes) = entries.next(round)?
    {
        let kept: HeldCertificate = cbor::decode_stored("held certificates", &bytes)?;
        let is_late = kept.reminded.is_some() && kept.receipt.is_none() && kept.revoked.is_none();
        let refused = kept.receipt.iter().any(|said| matches!(said.delivery, Delivery::Refused(_)));
        if !waiting || kept.waiting.is_some() || is_late || refused {
            views.push(view_held(round, kept)?);
        }
    }
    Ok(views)
}

/// The values of an area, the last key first.
struct Backwards {
    from: Vec<u8>,
    to: Vec<u8>,
}

impl Backwards {
    fn over(area: Area) -> Self {
        let from = key(area, &[]);
        Self { to: prefix_end(&from), from }
    }

    fn next(&mut self, round: &Round<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((place, bytes)) = round.view.last(&self.from, &self.to)? else { return Ok(None) };
        self.to = place;
        Ok(Some(bytes))
    }
}

fn view_issued(round: &Round<'_>, stored: StoredCertificate) -> CertificateView {
    let standing = match &stored.state {
        CertificateState::Issued => CertificateStanding::Valid,
        CertificateState::Used(_) => CertificateStanding::Used,
        CertificateState::Revoked(_) => CertificateStanding::Revoked,
        CertificateState::Expired(_) => CertificateStanding::Expired,
    };
    let (issuer, lender) = (stored.certificate.issuer, stored.certificate.requester);
    CertificateView {
        side: CertificateSide::Issued(Box::new(stored)),
        standing,
        issuer: name_of(round, issuer),
        lender: name_of(round, lender),
    }
}

fn view_held(round: &Round<'_>, kept: HeldCertificate) -> Result<CertificateView, Stop> {
    let standing = lending::standing(round.view, &kept, today(round)?, None)?;
    let known = &kept.issued.certificate;
    let (issuer, lender) = (known.issuer, known.requester);
    Ok(CertificateView {
        side: CertificateSide::Held(Box::new(kept)),
        standing,
        issuer: name_of(round, issuer),
        lender: name_of(round, lender),
    })
}

fn name_of(round: &Round<'_>, center: crate::center::CenterCode) -> String {
    let member = round.roster.member(center);
    member.map_or_else(|| center.to_string(), |member| member.name.clone())
}
