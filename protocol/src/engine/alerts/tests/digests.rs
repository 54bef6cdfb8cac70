//! What digests raise, each rule with what breaks it and with what does not.

use super::*;
use crate::engine::alerts::digests::LIVE_MAX;
use crate::engine::alerts::members::GAP_MS;
use DigestStatus::{
    AccountClosed, AccountOpen, CertificateExpired, CertificateIssued, CertificateRevoked,
    CertificateUsed, Lost, TransferReturned,
};

const PERSON: u8 = 1;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn of_person(status: DigestStatus, date: &str) -> Digest {
    Digest { status, subjects: vec![SubjectTag::new([PERSON; 32])], date: day(date), ..digest(0) }
}

fn moved(status: DigestStatus, transfer: u8, date: &str) -> Digest {
    Digest {
        reference: Some(ReferenceTag::new([transfer; 32])),
        commitment: Commitment::new([transfer; 32]),
        ..of_person(status, date)
    }
}

fn next(status: DigestStatus, (revision, previous): (u32, u64), of: &Digest, on: &str) -> Digest {
    Digest { status, revision, previous: Some(previous), date: day(on), ..of.clone() }
}

/// Alerts of a rule at the authority that are not finished: about whom, and which members.
fn raised(province: &mut Province, rule: AlertRule) -> Vec<Vec<CenterCode>> {
    open(province, AUTHORITY, rule).into_iter().map(|alert| alert.centers).collect()
}

#[test]
fn a1_accounts_at_two_centers_are_told_after_a_month_and_not_before() {
    let mut province = Province::new();
    let account = of_person(AccountOpen, "2026-05-06");
    let first = put(&mut province, TAIYUAN, &account);
    put(&mut province, TAIYUAN, &account);
    put(&mut province, DATONG, &account);
    province.assert_missed(AUTHORITY, Timer::Overlap(account.subjects[0]));
    let month = Timestamp::start_of(day("2026-06-07"));
    jump(&mut province, month.plus_ms(-1));
    assert_eq!(raised(&mut province, AlertRule::OverlappingAccounts), [] as [Vec<_>; 0]);
    jump(&mut province, month);
    let told = raised(&mut province, AlertRule::OverlappingAccounts);
    assert_eq!(told, [vec![TAIYUAN, DATONG]]);
    // Sealing does not show; closing does. The second account of Taiyuan is still there.
    province.now = month;
    put(&mut province, TAIYUAN, &next(AccountClosed, (2, first), &account, "2026-06-07"));
    assert_eq!(raised(&mut province, AlertRule::OverlappingAccounts).len(), 1);
    put(&mut province, DATONG, &next(Lost, (2, 0), &account, "2026-06-07"));
    assert_eq!(raised(&mut province, AlertRule::OverlappingAccounts).len(), 0);
}

#[test]
fn a1_a_move_within_a_month_is_no_overlap() {
    let mut province = Province::new();
    let account = of_person(AccountOpen, "2026-05-06");
    put(&mut province, TAIYUAN, &account);
    put(&mut province, DATONG, &account);
    put(&mut province, DATONG, &next(AccountClosed, (2, 0), &account, "2026-05-20"));
    jump(&mut province, Timestamp::start_of(day("2026-08-01")));
    assert_eq!(
        list(&mut province, AUTHORITY, false)
            .iter()
            .filter(|alert| alert.rule == AlertRule::OverlappingAccounts)
            .count(),
        0
    );
}

#[test]
fn a3_a_third_loan_is_told_wherever_the_first_two_were() {
    let mut province = Province::new();
    put(&mut province, TAIYUAN, &loan(LoanSettled, &[PERSON], 1));
    put(&mut province, TAIYUAN, &loan(LoanSettled, &[PERSON], 2));
    put(&mut province, DATONG, &loan(LoanGranted, &[9], 8));
    assert_eq!(raised(&mut province, AlertRule::ThirdLoan).len(), 0);
    put(&mut province, LINFEN, &loan(LoanGranted, &[PERSON], 3));
    assert_eq!(raised(&mut province, AlertRule::ThirdLoan), [vec![TAIYUAN, LINFEN]]);
    assert_eq!(raised(&mut province, AlertRule::DoubleLoan).len(), 0, "one runs");
}

#[test]
fn a3_the_second_loan_and_its_revisions_are_no_third() {
    let mut province = Province::new();
    put(&mut province, TAIYUAN, &loan(LoanSettled, &[PERSON], 1));
    let second = loan(LoanGranted, &[PERSON], 2);
    put(&mut province, DATONG, &second);
    let revised = Digest { revision: 2, previous: Some(0), ..second };
    put(&mut province, DATONG, &revised);
    assert_eq!(list(&mut province, AUTHORITY, false), []);
}

#[test]
fn a10_a_letter_that_two_leaves_pay_is_told_and_a_revision_is_not() {
    for (status, at) in [(TransferRemitted, DATONG), (TransferCredited, TAIYUAN)] {
        let mut province = Province::new();
        let paid = moved(status, 1, "2026-05-06");
        let leaf = put(&mut province, at, &paid);
        put(&mut province, at, &next(TransferReversed, (2, leaf), &paid, "2026-05-06"));
        put(&mut province, at, &next(status, (3, leaf + 1), &paid, "2026-05-06"));
        put(&mut province, at, &moved(status, 2, "2026-05-06"));
        assert_eq!(raised(&mut province, AlertRule::PaidTwice).len(), 0, "another letter");
        put(&mut province, at, &paid);
        assert_eq!(raised(&mut province, AlertRule::PaidTwice), [vec![at]]);
    }
}

#[test]
fn a11_everything_withdrawn_soon_after_a_transfer_in_is_told() {
    for (closed_on, elsewhere, is_told) in [
        ("2026-06-05", false, true),
        ("2026-06-06", false, false),
        // Moved on to another city, or another account is left.
        ("2026-05-20", true, false),
    ] {
        let mut province = Province::new();
        let account = of_person(AccountOpen, "2026-05-06");
        put(&mut province, TAIYUAN, &account);
        put(&mut province, TAIYUAN, &moved(TransferCredited, 1, "2026-05-06"));
        if elsewhere {
            put(&mut province, TAIYUAN, &moved(TransferRemitted, 2, "2026-05-20"));
        }
        put(&mut province, TAIYUAN, &next(AccountClosed, (2, 0), &account, closed_on));
        let told = raised(&mut province, AlertRule::RapidInOut);
        assert_eq!(told.len(), usize::from(is_told), "{closed_on}");
    }
    let mut province = Province::new();
    let account = of_person(AccountOpen, "2026-05-06");
    put(&mut province, TAIYUAN, &account);
    put(&mut province, TAIYUAN, &account);
    put(&mut province, TAIYUAN, &moved(TransferCredited, 1, "2026-05-06"));
    put(&mut province, TAIYUAN, &next(AccountClosed, (2, 0), &account, "2026-05-10"));
    assert_eq!(raised(&mut province, AlertRule::RapidInOut).len(), 0, "one account is left");
}

#[test]
fn a12_three_transfers_within_twelve_months_are_told() {
    for (third, is_told) in [("2026-05-05", true), ("2026-05-06", false)] {
        let mut province = Province::new();
        put(&mut province, TAIYUAN, &moved(TransferCredited, 1, "2025-05-06"));
        put(&mut province, DATONG, &moved(TransferRemitted, 1, "2025-05-06"));
        put(&mut province, DATONG, &moved(TransferCredited, 2, "2025-11-06"));
        put(&mut province, LINFEN, &moved(TransferReturned, 4, "2025-12-06"));
        assert_eq!(raised(&mut province, AlertRule::FrequentTransfers).len(), 0);
        put(&mut province, LINFEN, &moved(TransferCredited, 3, third));
        let told = raised(&mut province, AlertRule::FrequentTransfers);
        assert_eq!(told.len(), usize::from(is_told), "{third}");
    }
}

#[test]
fn a16_a_certificate_that_is_used_late_or_twice_is_told() {
    let issued = of_person(CertificateIssued, "2026-03-02");
    for (used_on, late) in [("2026-05-02", false), ("2026-05-03", true)] {
        let mut province = Province::new();
        let leaf = put(&mut province, TAIYUAN, &issued);
        put(&mut province, TAIYUAN, &next(CertificateUsed, (2, leaf), &issued, used_on));
        let told = raised(&mut province, AlertRule::CertificateUsedLate);
        assert_eq!(told.len(), usize::from(late), "{used_on}");
        assert_eq!(raised(&mut province, AlertRule::CertificateUsedTwice).len(), 0);
        put(&mut province, TAIYUAN, &next(CertificateUsed, (3, leaf + 1), &issued, used_on));
        assert_eq!(raised(&mut province, AlertRule::CertificateUsedTwice), [vec![TAIYUAN]]);
    }
    let mut province = Province::new();
    put(&mut province, TAIYUAN, &issued);
    put(&mut province, TAIYUAN, &next(CertificateExpired, (2, 0), &issued, "2026-05-03"));
    put(&mut province, TAIYUAN, &next(CertificateUsed, (3, 1), &issued, "2026-05-03"));
    assert_eq!(raised(&mut province, AlertRule::CertificateUsedLate).len(), 1);
}

#[test]
fn a16_one_certificate_that_two_leaves_use_is_told_and_two_certificates_are_not() {
    for (second, is_told) in [(1, true), (2, false)] {
        let mut province = Province::new();
        for (at, reference) in [(TAIYUAN, 1), (DATONG, second)] {
            let used = moved(CertificateUsed, reference, "2026-05-06");
            put(&mut province, at, &used);
            let told = raised(&mut province, AlertRule::CertificateUsedTwice);
            let expected = is_told && at == DATONG;
            assert_eq!(told.len(), usize::from(expected), "{at}");
            assert!(!expected || told[0] == [TAIYUAN, DATONG], "{told:?}");
        }
    }
}

#[test]
fn a16_a_certificate_without_receipt_is_told_and_a_late_one_heals() {
    let issued = of_person(CertificateIssued, "2026-05-06");
    let deadline = Timestamp::start_of(day("2026-07-06"));
    for end in [CertificateUsed, CertificateRevoked] {
        let mut province = Province::new();
        let leaf = put(&mut province, TAIYUAN, &issued);
        jump(&mut province, deadline.plus_ms(-1));
        assert_eq!(raised(&mut province, AlertRule::CertificateWithoutReceipt).len(), 0);
        jump(&mut province, deadline);
        assert_eq!(raised(&mut province, AlertRule::CertificateWithoutReceipt), [vec![TAIYUAN]]);
        put(&mut province, TAIYUAN, &next(end, (2, leaf), &issued, "2026-06-01"));
        assert_eq!(raised(&mut province, AlertRule::CertificateWithoutReceipt).len(), 0, "{end:?}");
    }
    let mut expired = Province::new();
    let leaf = put(&mut expired, TAIYUAN, &issued);
    put(&mut expired, TAIYUAN, &next(CertificateExpired, (2, leaf), &issued, "2026-07-07"));
    assert_eq!(raised(&mut expired, AlertRule::CertificateWithoutReceipt), [vec![TAIYUAN]]);
    let mut used = Province::new();
    let leaf = put(&mut used, TAIYUAN, &issued);
    put(&mut used, TAIYUAN, &next(CertificateUsed, (2, leaf), &issued, "2026-06-01"));
    jump(&mut used, deadline);
    assert_eq!(raised(&mut used, AlertRule::CertificateWithoutReceipt).len(), 0);
}

#[test]
fn a21_entries_that_a_center_has_announced_and_nobody_can_get_are_told() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(3_000);
    let hear = |province: &mut Province, number| {
        let head = Some((log, crate::testing::logs::size(number)));
        province.act(AUTHORITY, |round| on_head(round, TAIYUAN, head)).unwrap();
    };
    let gap = |province: &mut Province| {
        province.now = province.now.plus_ms(GAP_MS);
        province.act(AUTHORITY, |round| on_gap(round, TAIYUAN)).unwrap();
        raised(province, AlertRule::LogGap).len()
    };
    hear(&mut province, 10);
    assert_eq!(gap(&mut province), 0);
    hear(&mut province, 11);
    province.assert_missed(AUTHORITY, Timer::Gap(TAIYUAN));
    assert_eq!(gap(&mut province), 1);
    hear(&mut province, 12);
    assert_eq!(raised(&mut province, AlertRule::LogGap).len(), 1, "they are still missing");
    publish(&mut province, TAIYUAN, 10..11);
    province.advance(3_000);
    hear(&mut province, 11);
    assert_eq!(raised(&mut province, AlertRule::LogGap).len(), 0);
}

#[test]
fn a21_a_center_that_vouches_for_a_root_it_did_not_sign_is_told_by_everybody() {
    use crate::cose;
    use crate::statement::heartbeat::Heartbeat;
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(3_000);
    let log = LogId::public(TAIYUAN, 1);
    let good = Face::new(log, 0..10).signed().encode();
    let mut bad = good.clone();
    // The last character of the signature, before the newline.
    let place = bad.len() - 4;
    bad[place] = if bad[place] == b'A' { b'B' } else { b'A' };
    for (note, is_told) in [(bad, true), (good, false)] {
        province.now = province.now.plus_ms(1_000);
        let heartbeat = Heartbeat {
            from: TAIYUAN,
            issued_at: province.now,
            checkpoint: Some(note.into()),
            roster_version: province.node(TAIYUAN).engine.roster().version,
            software: "fundlink/test".into(),
            unusable_records: 0,
            modes: Vec::new(),
            data: None,
            leaves_ahead: 0,
        };
        let bytes = cose::sign("test", &heartbeat, &mut crate::testing::keyring(TAIYUAN)).unwrap();
        for center in [AUTHORITY, DATONG] {
            let statement = Box::new(province.verify(center, bytes.clone()).unwrap());
            province.input(center, Input::Gossip { from: LINFEN, message: 1, statement });
        }
        province.drive();
        for center in [AUTHORITY, DATONG] {
            let told = open(&mut province, center, AlertRule::InvalidRoot).len();
            assert_eq!(told, usize::from(is_told), "{center}");
        }
    }
}

#[test]
fn a_heartbeat_with_the_checkpoint_of_another_center_is_rejected() {
    use crate::cose;
    use crate::engine::heartbeats;
    use crate::statement::heartbeat::Heartbeat;
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..3);
    province.advance(2_000);
    let note = Face::new(LogId::public(TAIYUAN, 1), 0..3).signed().encode();
    province.now = province.now.plus_ms(1_000);
    let heartbeat = Heartbeat {
        from: LINFEN,
        issued_at: province.now,
        checkpoint: Some(note.into()),
        roster_version: province.node(LINFEN).engine.roster().version,
        software: "fundlink/test".into(),
        unusable_records: 0,
        modes: Vec::new(),
        data: None,
        leaves_ahead: 0,
    };
    let bytes = cose::sign("test", &heartbeat, &mut crate::testing::keyring(LINFEN)).unwrap();
    let statement = province.verify(DATONG, bytes).unwrap();
    let before = province.act(DATONG, |round| heartbeats::latest(round.view, LINFEN).unwrap());
    province.act(DATONG, |round| heartbeats::on_gossip(round, LINFEN, 1, &statement)).unwrap();
    let after = province.act(DATONG, |round| heartbeats::latest(round.view, LINFEN).unwrap());
    assert_eq!(before, after);
}

#[test]
fn a_lookup_reads_no_more_than_a_person_can_have() {
    let mut province = Province::new();
    for number in 0..u8::try_from(LIVE_MAX).unwrap() + 8 {
        let digest = loan(LoanGranted, &[PERSON], number);
        province.act(TAIYUAN, |round| round.publish(&digest)).unwrap();
    }
    province.advance(3_000);
    let alerts = open(&mut province, AUTHORITY, AlertRule::ThirdLoan);
    assert_eq!(alerts[0].evidence.len(), EVIDENCE_MAX);
}
