//! What the rules say, case by case.

use super::*;
use crate::digest::Digest;
use crate::id::{Commitment, ReferenceTag, SubjectTag};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::testing::{DATONG, LINFEN, TAIYUAN};
use crate::time::Date;
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
            previous_log: None,
            taken_in: None,
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
fn a_payout_is_a_running_loan_until_its_center_has_published_the_loan() {
    use DigestStatus::{IntentOpen, IntentPaid, IntentWithdrawn};
    let of_loan = |center, leaf, status| {
        let mut found = at(center, leaf, status, 1);
        found.digest.reference = Some(ReferenceTag::new([7; 32]));
        found
    };
    let other = || at(LINFEN, 1, LoanGranted, 2);
    let cases: [(&[IndexedDigest], usize); 5] = [
        (&[of_loan(TAIYUAN, 1, IntentPaid), other()], 2),
        (&[of_loan(TAIYUAN, 1, IntentPaid), at(LINFEN, 2, IntentPaid, 2)], 2),
        (&[of_loan(TAIYUAN, 1, IntentPaid), of_loan(TAIYUAN, 2, LoanSettled), other()], 0),
        (&[of_loan(TAIYUAN, 1, IntentPaid), of_loan(TAIYUAN, 2, LoanGranted)], 0),
        (&[of_loan(TAIYUAN, 1, IntentOpen), of_loan(DATONG, 1, IntentWithdrawn), other()], 0),
    ];
    for (live, found) in cases {
        assert_eq!(double_loan(live).len(), found, "{live:?}");
    }
}

#[test]
fn only_open_applications_at_two_centers_are_a_double_intent() {
    use DigestStatus::{IntentExpired, IntentOpen, IntentPaid, IntentWithdrawn};
    let second = |status| [at(TAIYUAN, 1, IntentOpen, 1), at(LINFEN, 1, status, 2)];
    assert_eq!(double_intent(&second(IntentOpen)).len(), 2);
    for over in [IntentPaid, IntentWithdrawn, IntentExpired, LoanGranted] {
        assert_eq!(double_intent(&second(over)), Vec::<&IndexedDigest>::new());
    }
    let same = [at(TAIYUAN, 1, IntentOpen, 1), at(TAIYUAN, 2, IntentOpen, 2)];
    assert_eq!(double_intent(&same), Vec::<&IndexedDigest>::new());
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

/// A digest about person 1 at a center, on a day, with a reference.
fn about(
    center: CenterCode,
    (number, leaf): (u32, u64),
    status: DigestStatus,
    (reference, on): (u8, &str),
) -> IndexedDigest {
    let mut found = at(center, leaf, status, reference);
    found.log = LogId::public(center, number);
    found.digest.subjects = vec![SubjectTag::new([1; 32])];
    found.digest.reference = (reference > 0).then(|| ReferenceTag::new([reference; 32]));
    found.digest.date = Date::parse(on).unwrap();
    found
}

#[test]
fn open_accounts_at_two_centers_overlap_and_those_of_one_do_not() {
    let open = |center, leaf| at(center, leaf, AccountOpen, 0);
    let cases: [(&[IndexedDigest], usize); 5] = [
        (&[], 0),
        (&[open(TAIYUAN, 1), open(TAIYUAN, 2)], 0),
        (&[open(TAIYUAN, 1), at(DATONG, 1, DigestStatus::AccountClosed, 0)], 0),
        (&[open(TAIYUAN, 1), at(DATONG, 1, LoanGranted, 1)], 0),
        (&[open(TAIYUAN, 1), open(TAIYUAN, 2), open(DATONG, 1)], 3),
    ];
    for (live, found) in cases {
        assert_eq!(overlapping_accounts(live).len(), found, "{live:?}");
    }
}

#[test]
fn a_loan_of_two_logs_is_one_and_three_settled_ones_are_history() {
    let day = "2026-05-20";
    let loan = |center, place, status, contract| about(center, place, status, (contract, day));
    let first = || loan(TAIYUAN, (1, 1), LoanSettled, 1);
    let second = || loan(DATONG, (1, 1), LoanSettled, 2);
    let cases: [(&[IndexedDigest], usize); 4] = [
        (&[first(), second()], 0),
        (&[first(), second(), loan(LINFEN, (1, 1), LoanSettled, 3)], 0),
        (&[first(), second(), loan(LINFEN, (1, 1), LoanGranted, 3)], 3),
        // The log of Datong was continued, and the loan was published there again.
        (&[first(), loan(DATONG, (1, 1), LoanGranted, 2), loan(DATONG, (2, 0), LoanGranted, 2)], 0),
    ];
    for (live, found) in cases {
        assert_eq!(third_loan(live).len(), found, "{live:?}");
    }
}

#[test]
fn a_letter_is_paid_twice_by_two_live_leaves_of_the_log_that_counts() {
    let paid = |center, place| about(center, place, TransferRemitted, (1, "2026-05-20"));
    let got = |center, place| about(center, place, TransferCredited, (1, "2026-05-20"));
    let cases: [(&[IndexedDigest], usize); 5] = [
        (&[paid(DATONG, (1, 1)), got(TAIYUAN, (1, 1))], 0),
        (&[paid(DATONG, (1, 1)), paid(DATONG, (1, 2))], 2),
        (&[got(TAIYUAN, (1, 1)), got(LINFEN, (1, 1))], 2),
        (&[paid(DATONG, (1, 1)), paid(DATONG, (2, 0)), got(TAIYUAN, (1, 1))], 0),
        (&[paid(DATONG, (1, 1)), paid(DATONG, (2, 0)), paid(DATONG, (2, 1))], 2),
    ];
    for (live, found) in cases {
        assert_eq!(paid_twice(live).len(), found, "{live:?}");
    }
}

#[test]
fn three_moves_within_twelve_months_are_frequent_however_many_sides_have_published() {
    let moved = |reference, on| about(TAIYUAN, (1, 1), TransferCredited, (reference, on));
    let left = |reference, on| about(DATONG, (1, 1), TransferRemitted, (reference, on));
    let cases: [(&[IndexedDigest], usize); 5] = [
        (&[moved(1, "2025-05-20"), left(1, "2025-05-20"), moved(2, "2025-06-01")], 0),
        (&[moved(1, "2025-05-20"), moved(2, "2025-06-01"), moved(3, "2026-05-20")], 0),
        (&[moved(1, "2025-05-20"), moved(2, "2025-06-01"), moved(3, "2026-05-19")], 3),
        (&[moved(3, "2026-05-19"), moved(1, "2025-05-20"), moved(2, "2025-06-01")], 3),
        (
            &[
                moved(1, "2020-01-01"),
                moved(2, "2025-06-01"),
                moved(3, "2025-07-01"),
                left(4, "2026-01-01"),
            ],
            4,
        ),
    ];
    for (live, found) in cases {
        assert_eq!(frequent_transfers(live).len(), found, "{live:?}");
    }
}

#[test]
fn a_property_paid_for_after_the_account_had_left_is_found() {
    use DigestStatus::WithdrawalPaid;
    let left = || about(DATONG, (1, 1), TransferRemitted, (1, "2026-05-20"));
    let paid = |center, on| about(center, (1, 2), WithdrawalPaid, (0, on));
    let open = || about(DATONG, (1, 3), AccountOpen, (0, "2026-05-20"));
    let cases: [(&[IndexedDigest], usize); 5] = [
        (&[left(), paid(DATONG, "2026-05-19")], 0),
        (&[left(), paid(DATONG, "2026-05-20")], 0),
        (&[left(), paid(TAIYUAN, "2026-05-21")], 0),
        (&[left(), paid(DATONG, "2026-05-21"), open()], 0),
        (&[left(), paid(DATONG, "2026-05-21")], 2),
    ];
    for (live, found) in cases {
        assert_eq!(withdrawn_after_transfer(live).len(), found, "{live:?}");
    }
}
