//! Whether business followed on what operators have asked about persons (查询后续业务).
//!
//! A center holds its own questions against its own public log: for a month each person that an
//! operator has asked about is a row; then loans, transfers, certificates, withdrawals and new
//! accounts of those persons are counted. Many questions and hardly any business is an incident.
//!
//! **Promises.** Rows hold pseudonyms of persons and of operators. A day is counted in portions; the
//! authority learns a day and a number.
//! **Left to others.** What may be asked at all: `admission`. How fast: `tags`.

use minicbor::{Decode, Encode};

use super::incidents::{self, About, Seen};
use super::records::damaged;
use super::round::Round;
use super::timer::{self, Timer};
use super::{single, tag_index, tags, transfer_case};
use crate::authority::incident::IncidentRule;
use crate::digest::DigestStatus;
use crate::document::DocumentNumber;
use crate::dossier::Wish;
use crate::engine::operator::OperatorId;
use crate::id::SubjectTag;
use crate::purpose::Purpose;
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::time::{Date, Timestamp};

/// Persons that one operator may ask about on one day before anybody counts.
pub(super) const ASKED_A_DAY: u32 = 50;
/// Of five questions one must be followed by business, at least.
const FOLLOWED_OF: u32 = 5;
/// Days within which business follows on a question.
pub(super) const FOLLOW_UP_DAYS: i64 = 30;
/// Questions that one round looks at.
const COUNTED_AT_ONCE: usize = 256;
/// Digests of one person that are looked at.
const DIGESTS_MAX: usize = 64;

/// A day of an operator, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Count {
    /// The day.
    #[n(1)]
    day: Date,
    /// The operator's pseudonym.
    #[cbor(n(2), with = "minicbor::bytes")]
    operator: [u8; 16],
    /// Persons asked about.
    #[n(3)]
    asked: u32,
    /// Those on whom business followed.
    #[n(4)]
    followed: u32,
}

const COUNT: &[u8] = b"follow-up";

/// Notes whom an operator has asked about. Persons may always be asked about themselves.
pub(super) fn note(round: &mut Round<'_>, wish: &Wish) -> Result<(), StoreError> {
    if wish.purpose == Purpose::DataSubject {
        return Ok(());
    }
    let documents: Vec<DocumentNumber> =
        wish.subjects.iter().map(|person| person.document.clone()).collect();
    // Without the tag key nothing could be followed.
    let Ok(tags) = tags::compute(round, &documents) else { return Ok(()) };
    let day = transfer_case::today(round)?;
    for tag in tags {
        let operator = pseudonym(&wish.operator);
        let place = [&day.number().to_be_bytes(), operator.as_slice(), tag.as_bytes()].concat();
        round.view.put(key(Area::AskedAbout, &[&place]), Vec::new());
    }
    if timer::is_set(round.view, Timer::FollowUp)? { Ok(()) } else { set_timer(round, day) }
}

fn pseudonym(operator: &OperatorId) -> [u8; 16] {
    let hash = blake3::derive_key("fundlink/1 operator in follow-up", operator.as_str().as_bytes());
    let mut pseudonym = [0; 16];
    for (to, from) in pseudonym.iter_mut().zip(hash) {
        *to = from;
    }
    pseudonym
}

fn set_timer(round: &mut Round<'_>, day: Date) -> Result<(), StoreError> {
    let end = day.plus_days(FOLLOW_UP_DAYS.saturating_add(1));
    let at = end.map_or(round.now, Timestamp::start_of);
    timer::set(round.view, at, Timer::FollowUp)
}

/// Counts a portion of the days that are old enough.
pub(super) fn on_timer(round: &mut Round<'_>) -> Result<(), StoreError> {
    let oldest = transfer_case::today(round)?.plus_days(FOLLOW_UP_DAYS.saturating_neg());
    let Some(oldest) = oldest else { return Ok(()) };
    let from = key(Area::AskedAbout, &[]);
    let end = key(Area::AskedAbout, &[&oldest.number().to_be_bytes()]);
    let rows = round.view.range(&from, &end, COUNTED_AT_ONCE)?;
    let is_last = rows.len() < COUNTED_AT_ONCE;
    let mut count: Option<Count> = single::read::<Option<Count>>(round.view, COUNT)?.flatten();
    for (place, _) in rows {
        let (day, operator, tag) = parse(&place)?;
        let is_same = count.is_some_and(|count| count.day == day && count.operator == operator);
        if !is_same {
            judge(round, count)?;
            count = Some(Count { day, operator, asked: 0, followed: 0 });
        }
        let followed = u32::from(has_followed(round, tag, day)?);
        if let Some(count) = &mut count {
            count.asked = count.asked.saturating_add(1);
            count.followed = count.followed.saturating_add(followed);
        }
        round.view.delete(place);
    }
    if !is_last {
        single::write(round.view, COUNT, &count);
        return timer::set(round.view, round.now, Timer::FollowUp);
    }
    judge(round, count)?;
    single::write(round.view, COUNT, &None::<Count>);
    let rest = crate::store::prefix_end(&from);
    match round.view.range(&from, &rest, 1)?.first() {
        Some((place, _)) => {
            let (day, ..) = parse(place)?;
            set_timer(round, day)
        }
        None => Ok(()),
    }
}

/// Whether the own log shows business with a person since a day.
fn has_followed(round: &Round<'_>, tag: SubjectTag, day: Date) -> Result<bool, StoreError> {
    let own = round.center();
    let live = tag_index::by_tag(round.view, tag, DIGESTS_MAX)?;
    Ok(live.iter().any(|found| {
        let digest = &found.digest;
        found.log.center == own && digest.date >= day && is_business(digest.status, digest.revision)
    }))
}

/// An account is revised with each export; only a new one is business.
const fn is_business(status: DigestStatus, revision: u32) -> bool {
    match status {
        DigestStatus::AccountOpen => revision == 1,
        DigestStatus::LoanGranted
        | DigestStatus::TransferRemitted
        | DigestStatus::TransferCredited
        | DigestStatus::TransferReversed
        | DigestStatus::TransferReturned
        | DigestStatus::CertificateIssued
        | DigestStatus::CertificateUsed
        | DigestStatus::WithdrawalPaid
        | DigestStatus::WithdrawalReversed
        | DigestStatus::IntentOpen
        | DigestStatus::IntentPaid => true,
        DigestStatus::AccountClosed
        | DigestStatus::LoanSettled
        | DigestStatus::CertificateRevoked
        | DigestStatus::CertificateExpired
        | DigestStatus::IntentWithdrawn
        | DigestStatus::IntentExpired
        | DigestStatus::RowQuarantined
        | DigestStatus::RowHealed
        | DigestStatus::Lost => false,
    }
}

/// Tells of a day on which an operator asked much and hardly any business followed.
fn judge(round: &mut Round<'_>, count: Option<Count>) -> Result<(), StoreError> {
    let Some(count) = count else { return Ok(()) };
    let enough = count.followed.saturating_mul(FOLLOWED_OF) >= count.asked;
    if count.asked <= ASKED_A_DAY || enough {
        return Ok(());
    }
    let [a, b, c, d, ..] = count.operator;
    let operator = u64::from(u32::from_be_bytes([a, b, c, d]));
    let number = (u64::from(count.day.number()) << 32) | operator;
    let about = About::Center(round.center());
    let seen = Seen::new(IncidentRule::QueriesWithoutBusiness, about, number);
    incidents::tell(round, seen.counting(count.asked).on(count.day))
}

/// Day (4), operator (16), tag (32).
fn parse(place: &[u8]) -> Result<(Date, [u8; 16], SubjectTag), StoreError> {
    let wrong = || damaged("questions");
    let rest = place.get(1..).ok_or_else(wrong)?;
    let (day, rest) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
    let (operator, tag) = rest.split_first_chunk::<16>().ok_or_else(wrong)?;
    let day = Date::from_number(u32::from_be_bytes(*day)).map_err(|_| wrong())?;
    let tag = tag.try_into().map_err(|_| wrong())?;
    Ok((day, *operator, SubjectTag::new(tag)))
}

#[cfg(test)]
mod tests;
