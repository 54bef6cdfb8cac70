//! What the rules say, case by case.

use super::*;
use crate::digest::Digest;
use crate::id::Commitment;
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::testing::{DATONG, LINFEN, TAIYUAN};
use DigestStatus::{
    AccountOpen, LoanGranted, LoanSettled, TransferCredited, TransferRemitted, TransferReturned,
    TransferReversed,
};

fn at(center: CenterCode, leaf: u64, status: DigestStatus, sheet: u8) -> IndexedDigest {
    IndexedDigest {
        log: LogId::public(center, 1),
        leaf: LeafIndex::new(leaf),
        digest: Digest {
            status,
            revision: 1,
            previous: None,
            epoch: 1,
            subjects: Vec::new(),
            reference: None,
            commitment: Commitment::new([sheet; 32]),
            date: Date::new(2026, 5, 20).unwrap(),
            channel: None,
        },
    }
}

#[test]
fn only_running_loans_at_two_centers_are_a_double_loan() {
    let cases: [(&[IndexedDigest], usize); 6] = [
        (&[], 0),
        (&[at(TAIYUAN, 1, LoanGranted, 1)], 0),
        (&[at(TAIYUAN, 1, LoanGranted, 1), at(TAIYUAN, 2, LoanGranted, 2)], 0),
        (&[at(TAIYUAN, 1, LoanGranted, 1), at(DATONG, 1, LoanSettled, 2)], 0),
        (&[at(TAIYUAN, 1, LoanGranted, 1), at(DATONG, 1, AccountOpen, 2)], 0),
        (
            &[
                at(TAIYUAN, 1, LoanGranted, 1),
                at(TAIYUAN, 9, LoanSettled, 1),
                at(LINFEN, 1, LoanGranted, 2),
            ],
            2,
        ),
    ];
    for (live, found) in cases {
        assert_eq!(double_loan(live).len(), found, "{live:?}");
    }
}

#[test]
fn only_a_property_that_was_paid_for_twice_is_one() {
    use DigestStatus::{WithdrawalPaid, WithdrawalReversed};
    let tag = |byte| SubjectTag::new([byte; 32]);
    let withdrawal = |center, leaf, status, subjects: &[u8]| {
        let mut found = at(center, leaf, status, 1);
        found.digest.subjects = subjects.iter().map(|byte| tag(*byte)).collect();
        found
    };
    let home = |center, leaf, person| withdrawal(center, leaf, WithdrawalPaid, &[person, 9]);
    let cases: [(&[IndexedDigest], usize); 6] = [
        (&[home(TAIYUAN, 1, 1)], 0),
        // In one city or in two, by one person or by two.
        (&[home(TAIYUAN, 1, 1), home(TAIYUAN, 2, 1)], 2),
        (&[home(TAIYUAN, 1, 1), home(LINFEN, 1, 2)], 2),
        (&[home(TAIYUAN, 1, 1), withdrawal(LINFEN, 2, WithdrawalReversed, &[2, 9])], 0),
        // Known by the title in one city, by title and place in another.
        (&[home(TAIYUAN, 1, 1), withdrawal(LINFEN, 1, WithdrawalPaid, &[2, 8, 9])], 2),
        // The tag of a person who bought two homes.
        (
            &[
                withdrawal(TAIYUAN, 1, WithdrawalPaid, &[9, 1]),
                withdrawal(LINFEN, 1, WithdrawalPaid, &[9, 2]),
            ],
            0,
        ),
    ];
    for (live, found) in cases {
        assert_eq!(property_paid_twice(live, tag(9)).len(), found, "{live:?}");
    }
}

#[test]
fn both_sides_of_a_transfer_are_held_against_each_other() {
    let remitted = |sheet| at(DATONG, 1, TransferRemitted, sheet);
    let credited = |sheet| at(TAIYUAN, 1, TransferCredited, sheet);
    let reversed = at(DATONG, 2, TransferReversed, 1);
    let returned = at(TAIYUAN, 2, TransferReturned, 1);
    let since = Date::new(2026, 5, 20).unwrap();
    let one_sided = |center| TransferStanding::OneSided { center, since };
    let cases: [(&[IndexedDigest], TransferStanding); 10] = [
        (&[], TransferStanding::Settled),
        (&[remitted(1)], one_sided(DATONG)),
        (&[credited(1)], one_sided(TAIYUAN)),
        (core::slice::from_ref(&returned), one_sided(TAIYUAN)),
        (core::slice::from_ref(&reversed), TransferStanding::Settled),
        (&[remitted(1), credited(1)], TransferStanding::Settled),
        (&[credited(1), remitted(2)], TransferStanding::SheetsDiffer),
        (&[remitted(1), returned.clone()], TransferStanding::Settled),
        (&[reversed.clone(), credited(1)], one_sided(TAIYUAN)),
        // The log was continued in another one, where the next sheet stands.
        (
            &[
                remitted(1),
                IndexedDigest {
                    log: LogId::public(DATONG, 2),
                    leaf: LeafIndex::new(0),
                    ..remitted(2)
                },
                credited(2),
            ],
            TransferStanding::Settled,
        ),
    ];
    for (live, standing) in cases {
        assert_eq!(transfer_standing(live), standing, "{live:?}");
        let mut turned = live.to_vec();
        turned.reverse();
        assert_eq!(transfer_standing(&turned), standing, "{turned:?}");
    }
}
