//! What a lender is told of while it holds a certificate, and while the loan on it runs.
//!
//! **Promises.** Each case stands beside one in which nothing is told.
//! **Left to others.** Watches of loan intents: `engine::lending`.

use super::*;
use crate::engine::lending::watch::{self, WatchTask, Watcher};
use crate::store::Staged;
use crate::testing::people::{loan, settled};

/// What the watches of a center have found.
fn tasks(province: &mut Province, at: CenterCode) -> Vec<WatchTask> {
    let store = province.node(at).engine.store().clone();
    watch::tasks(&Staged::new(&store)).unwrap()
}

/// Linfen lends to Li: the lenders elsewhere may want to know.
fn lend_in_linfen(province: &mut Province) {
    let running = loan(LINFEN, "JK-9", &[LI]);
    province.import(LINFEN, vec![ImportItem::Loan(Box::new(running))]).unwrap();
    province.advance(5_000);
}

/// The same loan is paid back.
fn settle_in_linfen(province: &mut Province) {
    let over = settled(loan(LINFEN, "JK-9", &[LI]));
    province.import(LINFEN, vec![ImportItem::Loan(Box::new(over))]).unwrap();
    province.advance(5_000);
}

#[test]
fn who_holds_a_certificate_is_told_of_a_loan_elsewhere_and_not_of_the_certificate_itself() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    province.advance(5_000);
    assert_eq!(tasks(&mut province, TAIYUAN), [], "what the issuer says of it is shown with it");
    lend_in_linfen(&mut province);
    let found = tasks(&mut province, TAIYUAN);
    let [task] = found[..] else { panic!("one task: {found:?}") };
    assert_eq!((task.watcher, task.center), (Watcher::Certificate(number), LINFEN));
    assert_eq!((task.status, task.count), (DigestStatus::LoanGranted, 1));
    settle_in_linfen(&mut province);
    let [task] = tasks(&mut province, TAIYUAN)[..] else { panic!("still one task") };
    assert_eq!((task.status, task.count), (DigestStatus::LoanSettled, 2));
}

#[test]
fn an_off_site_loan_watches_until_it_is_released() {
    let mut province = province();
    let number = asked(&mut province, TAIYUAN).unwrap();
    assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Granted), None);
    province.advance(5_000);
    // Long after the certificate itself has expired.
    province.advance(100 * DAY_MS);
    assert_eq!(tasks(&mut province, TAIYUAN), []);
    lend_in_linfen(&mut province);
    assert_eq!(tasks(&mut province, TAIYUAN).len(), 1);
    assert_eq!(release(&mut province, TAIYUAN, number), None);
    province.advance(5_000);
    settle_in_linfen(&mut province);
    assert_eq!(tasks(&mut province, TAIYUAN)[0].count, 1, "the loan is over, and watches no more");
}

#[test]
fn a_certificate_that_is_expired_revoked_or_of_a_loan_that_was_refused_watches_no_more() {
    for ending in ["expired", "revoked", "refused"] {
        let mut province = province();
        let number = asked(&mut province, TAIYUAN).unwrap();
        match ending {
            "expired" => province.advance(100 * DAY_MS),
            "revoked" => assert_eq!(revoke(&mut province, number), None),
            _ => assert_eq!(say(&mut province, TAIYUAN, number, LoanResult::Declined), None),
        }
        province.advance(5_000);
        lend_in_linfen(&mut province);
        assert_eq!(tasks(&mut province, TAIYUAN), [], "{ending}");
    }
}

#[test]
fn a_certificate_watches_to_the_end_of_its_last_day() {
    for (days_after, told) in [(0, 1), (1, 0)] {
        let mut province = province();
        let number = asked(&mut province, TAIYUAN).unwrap();
        let last = held(&mut province, TAIYUAN, number).issued.certificate.valid_until;
        province.now = Timestamp::start_of(last.plus_days(days_after).unwrap());
        lend_in_linfen(&mut province);
        assert_eq!(tasks(&mut province, TAIYUAN).len(), told, "{days_after} days after");
    }
}
