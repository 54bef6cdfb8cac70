//! Loan applications at other centers, as the logs show them.
//!
//! **Promises.** They are shown to whoever lends, and decide nothing.
//! **Left to others.** Which of two comes first: `asking`.

use minicbor::{Decode, Encode};

use crate::center::CenterCode;
use crate::digest::DigestStatus;
use crate::dossier::Wish;
use crate::engine::round::{Round, Stop};
use crate::engine::{tag_index, tags};
use crate::id::SubjectTag;
use crate::purpose::Purpose;
use crate::store::{StoreError, View};
use crate::time::Timestamp;

/// An application at another center, as the logs show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct SeenIntent {
    /// When it was taken in there.
    #[n(1)]
    pub taken_in: Timestamp,
    /// Where.
    #[n(2)]
    pub center: CenterCode,
    /// Where it stands.
    #[n(3)]
    pub status: DigestStatus,
}

/// Loan applications of the persons that a lookup for a loan is about, at other centers, as the logs
/// show them; nothing where no tag can be had.
pub(in crate::engine) fn seen_by(
    round: &mut Round<'_>,
    wish: &Wish,
) -> Result<Vec<SeenIntent>, StoreError> {
    let is_of_a_loan = matches!(wish.purpose, Purpose::LoanApplication | Purpose::LoanPayout);
    // A question to one center names it, and looks nobody up.
    if !is_of_a_loan || wish.to.is_some() {
        return Ok(Vec::new());
    }
    let documents: Vec<_> = wish.subjects.iter().map(|person| person.document.clone()).collect();
    let tags = match tags::compute(round, &documents) {
        Ok(tags) => tags,
        Err(Stop::Store(error)) => return Err(error),
        Err(Stop::Refused(_) | Stop::Explained(_)) => return Ok(Vec::new()),
    };
    let mut seen = Vec::new();
    for tag in tags {
        seen.extend(seen_elsewhere(round.view, tag, round.center())?);
    }
    seen.sort_unstable();
    seen.dedup();
    Ok(seen)
}

/// Applications of a person at other centers, as the logs show them.
pub(super) fn seen_elsewhere(
    view: &dyn View,
    tag: SubjectTag,
    own: CenterCode,
) -> Result<Vec<SeenIntent>, StoreError> {
    let live = tag_index::by_tag(view, tag, DIGESTS_MAX)?;
    let seen = live.into_iter().filter(|live| live.log.center != own).filter_map(|live| {
        let taken_in = live.digest.taken_in?;
        Some(SeenIntent { taken_in, center: live.log.center, status: live.digest.status })
    });
    Ok(seen.collect())
}

/// Digests of one person that are looked at: more than anybody has.
const DIGESTS_MAX: usize = 1_024;
