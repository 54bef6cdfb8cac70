//! How leases end at a witness, in whatever order it hears of it.
//!
//! **Promises.** A payout that was undone is none, whichever of the two words comes first; a center
//! ends no lease of another.
//! **Left to others.** What a witness grants: the tests beside.

use crate::center::CenterCode;
use crate::engine::lending::witness::on_end;
use crate::id::SubjectTag;
use crate::lending::intent::Intent;
use crate::refusal::Refusal;
use crate::statement::lending::{LeaseEnd, LeaseOutcome};
use crate::store::keys::{Area, key};
use crate::store::prefix_end;
use crate::subject::TagEpoch;
use crate::testing::{DATONG, LINFEN, Province, TAIYUAN};
use crate::time::Timestamp;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_778_000_000_000 + ms)
}

fn end(from: CenterCode, (outcome, ms): (LeaseOutcome, i64)) -> LeaseEnd {
    let household = vec![SubjectTag::new([1; 32]), SubjectTag::new([2; 32])];
    let intent = Intent::new(TAIYUAN, at(0), (TagEpoch(1), household));
    LeaseEnd { from, to: DATONG, issued_at: at(ms), intent, asked_at: at(1), outcome, loan: None }
}

/// For how many members of the household a payout stands, after these words.
fn paid(words: &[(LeaseOutcome, i64)]) -> usize {
    let mut province = Province::new();
    province.tamper();
    province.act(DATONG, |round| {
        for word in words {
            assert_eq!(on_end(round, &end(TAIYUAN, *word)).unwrap(), Ok(()));
        }
        let prefix = key(Area::PaidLoan, &[]);
        round.view.range(&prefix, &prefix_end(&prefix), 9).unwrap().len()
    })
}

#[test]
fn a_payout_stands_unless_it_was_undone_at_its_instant_or_later() {
    use LeaseOutcome::{Expired, Paid, Released, Withdrawn};
    for undone in [Withdrawn, Expired] {
        for (words, stands) in [
            (vec![(Paid, 10)], true),
            (vec![(Paid, 10), (undone, 20)], false),
            (vec![(undone, 20), (Paid, 10)], false),
            (vec![(undone, 10), (Paid, 10)], false),
            (vec![(undone, 10), (Paid, 20)], true),
            (vec![(undone, 10), (undone, 30), (Paid, 20)], false),
            (vec![(undone, 30), (undone, 10), (Paid, 20)], false),
            (vec![(Paid, 10), (Released, 20)], true),
            (vec![(Released, 20)], false),
            (vec![(undone, 20)], false),
        ] {
            assert_eq!(paid(&words), if stands { 2 } else { 0 }, "{words:?}");
        }
    }
}

#[test]
fn a_center_ends_its_own_leases_alone() {
    let mut province = Province::new();
    let said = end(LINFEN, (LeaseOutcome::Paid, 10));
    let mut none = end(TAIYUAN, (LeaseOutcome::Paid, 10));
    none.intent.household.clear();
    for end in [said, none] {
        let taken = province.act(DATONG, |round| on_end(round, &end).unwrap());
        assert_eq!(taken, Err(Refusal::Malformed));
    }
}
