//! What certificates that are presented do for a loan check.
//!
//! **Promises.** A certificate that is used up, expired, taken back or unknown refuses; a valid one
//! stands in for a center that did not say, at the application, for the subjects that it is about.
//! **Left to others.** What each is worth: `engine::certificates::lending`.

use super::Rule;
use crate::certificate::{Certificate, CertificateStanding};
use crate::dossier::{Dossier, DossierRow, PresentedCertificate, RowFailure, RowState};
use crate::purpose::Purpose;

/// The first thing that is wrong with what was presented.
pub(super) fn fault(presented: &[PresentedCertificate]) -> Option<Rule> {
    let wrong = |one: &PresentedCertificate| match one.standing {
        None => Some(Rule::CertificateUnknown),
        Some(CertificateStanding::Revoked) => Some(Rule::CertificateRevoked),
        Some(CertificateStanding::Used) => Some(Rule::CertificateUsed),
        Some(CertificateStanding::Expired) => Some(Rule::CertificateExpired),
        Some(CertificateStanding::Valid) => None,
    };
    presented.iter().filter_map(wrong).min()
}

/// The certificates that stand in for a center's own answer, by subject: when it could not be heard,
/// and there is a valid one for each of them. Just before a payout only the center itself counts.
pub(super) fn in_place_of<'a>(
    dossier: &'a Dossier,
    row: &DossierRow,
) -> Option<Vec<(usize, &'a Certificate)>> {
    let unheard =
        matches!(row.state, RowState::Failed(RowFailure::Unreachable | RowFailure::TimedOut));
    if !unheard || dossier.wish.purpose != Purpose::LoanApplication {
        return None;
    }
    let of_subject = |place: usize| {
        let mut presented = dossier.presented.iter();
        presented.find_map(|one| {
            let certificate = one.certificate.as_deref()?;
            let fits = one.standing == Some(CertificateStanding::Valid)
                && one.subject.and_then(|subject| usize::try_from(subject).ok()) == Some(place)
                && certificate.issuer == row.center;
            fits.then_some((place, certificate))
        })
    };
    (0..dossier.wish.subjects.len()).map(of_subject).collect()
}
