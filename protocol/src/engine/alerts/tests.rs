//! What the watch promises: each alert raised, not raised, resolved, kept by whom.

use super::digests::GRACE_MS;
use super::members::ROSTER_SPREAD_MS;
use super::*;
use crate::authority::alert::{AlertSubject, EVIDENCE_MAX, Evidence};
use crate::center::CenterCode;
use crate::digest::{Digest, DigestStatus};
use crate::engine::command::{Command, Reply};
use crate::engine::input::Input;
use crate::engine::timer::Timer;
use crate::id::{Commitment, ReferenceTag, SubjectTag};
use crate::limits::CURRENT_MS;
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::testing::logs::{ALL, Face, digest, publish};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};
use crate::time::{Date, Timestamp};
use DigestStatus::{
    LoanGranted, LoanSettled, TransferCredited, TransferRemitted, TransferReversed,
};

mod digests;

const CENTERS: [CenterCode; 3] = [TAIYUAN, DATONG, LINFEN];

fn list(province: &mut Province, at: CenterCode, open_only: bool) -> Vec<Alert> {
    let filter = if open_only { AlertFilter::unfinished(99) } else { AlertFilter::all(99) };
    let command = AlertCommand::List(filter);
    let reply = province.command(at, Command::Alerts(command)).unwrap();
    let Reply::Alerts(AlertReply::Alerts(alerts)) = *reply else { panic!("another reply") };
    alerts
}

/// The open alerts of a rule at a node.
fn open(province: &mut Province, at: CenterCode, rule: AlertRule) -> Vec<Alert> {
    list(province, at, true).into_iter().filter(|alert| alert.rule == rule).collect()
}

fn loan(status: DigestStatus, persons: &[u8], contract: u8) -> Digest {
    Digest {
        status,
        subjects: persons.iter().map(|person| SubjectTag::new([*person; 32])).collect(),
        reference: Some(ReferenceTag::new([contract; 32])),
        commitment: Commitment::new([contract; 32]),
        ..digest(0)
    }
}

fn transfer(status: DigestStatus, sheet: u8) -> Digest {
    Digest {
        status,
        reference: Some(ReferenceTag::new([0xaa; 32])),
        commitment: Commitment::new([sheet; 32]),
        date: Date::new(2026, 5, 6).unwrap(),
        ..digest(0)
    }
}

/// Publishes, and waits until everybody follows.
fn put(province: &mut Province, at: CenterCode, digest: &Digest) -> u64 {
    let leaf = province.act(at, |round| round.publish(digest)).unwrap();
    province.advance(3_000);
    leaf
}

/// Lets the authority's timers fire at a time, without every heartbeat until then.
fn jump(province: &mut Province, to: Timestamp) {
    province.now = to;
    province.round(AUTHORITY, vec![Input::Tick]);
    province.drive();
}

#[test]
fn a_second_loan_in_another_city_raises_one_alert_at_the_authority_alone() {
    let mut province = Province::new();
    let first = put(&mut province, TAIYUAN, &loan(LoanGranted, &[1, 2], 1));
    assert_eq!(list(&mut province, AUTHORITY, false), []);
    put(&mut province, TAIYUAN, &loan(LoanGranted, &[1], 2));
    assert_eq!(
        list(&mut province, AUTHORITY, false),
        [],
        "two loans of one city are its own affair"
    );
    put(&mut province, DATONG, &loan(LoanGranted, &[2, 3], 3));
    let alerts = list(&mut province, AUTHORITY, false);
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!(alert.rule, AlertRule::DoubleLoan);
    assert_eq!(alert.subject, AlertSubject::Person(SubjectTag::new([2; 32])));
    assert_eq!(alert.centers, [TAIYUAN, DATONG]);
    let log = LogId::public(TAIYUAN, 1);
    assert_eq!(alert.evidence[0], Evidence::Leaf(log, LeafIndex::new(first)));
    assert_eq!(alert.evidence.len(), 2);
    for center in CENTERS {
        assert_eq!(list(&mut province, center, false), [], "{center}");
    }
    let shown = province.command(AUTHORITY, Command::Alerts(AlertCommand::Show(alert.id.into())));
    let Reply::Alerts(shown) = *shown.unwrap() else { panic!("another reply") };
    assert_eq!(shown, AlertReply::Alerts(alerts));
    let unknown = AlertCommand::Show(AlertId::new([9; 32]).into());
    let refused = province.command(AUTHORITY, Command::Alerts(unknown)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::NotFound);
}

#[test]
fn a_settled_loan_resolves_its_alert_and_a_new_one_raises_it_again() {
    let mut province = Province::new();
    put(&mut province, TAIYUAN, &loan(LoanGranted, &[1], 1));
    let granted = put(&mut province, DATONG, &loan(LoanGranted, &[1], 2));
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::DoubleLoan).len(), 1);
    let settled = Digest { revision: 2, previous: Some(granted), ..loan(LoanSettled, &[1], 2) };
    put(&mut province, DATONG, &settled);
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::DoubleLoan), []);
    put(&mut province, LINFEN, &loan(LoanGranted, &[1], 3));
    let alerts = open(&mut province, AUTHORITY, AlertRule::DoubleLoan);
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!((alert.times, alert.state), (2, AlertState::Open));
    assert_eq!(alert.centers, [TAIYUAN, LINFEN], "Datong is out of it");
    assert!(alert.first_seen < alert.last_seen);
    let counts = province.act(AUTHORITY, |round| counts(round.view).unwrap());
    let count =
        AlertCount { rule: AlertRule::DoubleLoan, open: 1, raised: 2, inquired: 0, overdue: 0 };
    assert_eq!(counts[0], count);
}

#[test]
fn a_transfer_seen_on_one_side_only_is_told_after_five_working_days() {
    for (status, at) in [(TransferRemitted, DATONG), (TransferCredited, TAIYUAN)] {
        let mut province = Province::new();
        put(&mut province, at, &transfer(status, 1));
        province.assert_missed(AUTHORITY, Timer::Pair(ReferenceTag::new([0xaa; 32])));
        // Wednesday, 6 May, and five working days: the end of the next Wednesday.
        let deadline = Timestamp::start_of(Date::new(2026, 5, 14).unwrap());
        jump(&mut province, deadline.plus_ms(-1));
        assert_eq!(open(&mut province, AUTHORITY, AlertRule::OneSidedTransfer), []);
        jump(&mut province, deadline);
        let alerts = open(&mut province, AUTHORITY, AlertRule::OneSidedTransfer);
        assert_eq!(alerts.len(), 1);
        assert_eq!(alerts[0].centers, [at]);
        assert_eq!(alerts[0].subject, AlertSubject::Transfer(ReferenceTag::new([0xaa; 32])));
    }
}

#[test]
fn a_transfer_with_both_sides_raises_nothing_and_a_late_side_resolves() {
    let mut province = Province::new();
    let deadline = Timestamp::start_of(Date::new(2026, 5, 14).unwrap());
    put(&mut province, DATONG, &transfer(TransferRemitted, 1));
    put(&mut province, TAIYUAN, &transfer(TransferCredited, 1));
    jump(&mut province, deadline);
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::OneSidedTransfer), []);
    let mut late = Province::new();
    put(&mut late, DATONG, &transfer(TransferRemitted, 1));
    jump(&mut late, deadline);
    assert_eq!(open(&mut late, AUTHORITY, AlertRule::OneSidedTransfer).len(), 1);
    put(&mut late, TAIYUAN, &transfer(TransferCredited, 1));
    assert_eq!(open(&mut late, AUTHORITY, AlertRule::OneSidedTransfer), []);
}

#[test]
fn a_remittance_that_was_undone_needs_no_other_side() {
    let mut province = Province::new();
    let remitted = put(&mut province, DATONG, &transfer(TransferRemitted, 1));
    let reversed =
        Digest { revision: 2, previous: Some(remitted), ..transfer(TransferReversed, 1) };
    put(&mut province, DATONG, &reversed);
    jump(&mut province, Timestamp::start_of(Date::new(2026, 6, 1).unwrap()));
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::OneSidedTransfer), []);
}

#[test]
fn different_sheets_are_told_once_the_newer_one_had_time_to_come() {
    let mut province = Province::new();
    let remitted = put(&mut province, DATONG, &transfer(TransferRemitted, 1));
    put(&mut province, TAIYUAN, &transfer(TransferCredited, 2));
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::SheetsDiffer), []);
    let later = province.now.plus_ms(GRACE_MS);
    jump(&mut province, later);
    let alerts = open(&mut province, AUTHORITY, AlertRule::SheetsDiffer);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].centers, [TAIYUAN, DATONG]);
    let second = Digest { revision: 2, previous: Some(remitted), ..transfer(TransferRemitted, 2) };
    put(&mut province, DATONG, &second);
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::SheetsDiffer), []);
}

#[test]
fn a_silent_member_is_told_after_five_minutes_and_heard_again() {
    let mut province = Province::new();
    province.advance(60_000);
    for center in [AUTHORITY, TAIYUAN] {
        province.assert_missed(center, Timer::Silence(LINFEN));
    }
    province.cut_off(LINFEN);
    province.advance(CURRENT_MS - 60_000);
    assert_eq!(open(&mut province, TAIYUAN, AlertRule::Silence), []);
    province.advance(120_000);
    for center in [AUTHORITY, TAIYUAN, DATONG] {
        let alerts = open(&mut province, center, AlertRule::Silence);
        assert_eq!(alerts.len(), 1, "{center}");
        assert_eq!(alerts[0].centers, [LINFEN]);
    }
    assert_eq!(open(&mut province, LINFEN, AlertRule::Silence).len(), 3, "it hears nobody");
    province.cut.clear();
    province.advance(60_000);
    for center in ALL {
        assert_eq!(open(&mut province, center, AlertRule::Silence), [], "{center}");
    }
}

#[test]
fn a_node_that_was_away_for_long_takes_nobody_for_silent_before_it_could_hear_them() {
    let mut province = Province::new();
    province.advance(1_000);
    province.now = province.now.plus_ms(3_600_000);
    province.cut_off(DATONG);
    province.restart(DATONG);
    assert_eq!(open(&mut province, DATONG, AlertRule::Silence), []);
    province.advance(CURRENT_MS + 60_000);
    assert_eq!(open(&mut province, DATONG, AlertRule::Silence).len(), 3, "nor since");
}

#[test]
fn a_member_that_was_cut_off_by_the_authority_is_not_silent() {
    use crate::engine::rosters::command::NetCommand;
    let mut province = Province::new();
    province.cut_off(LINFEN);
    let revoke = NetCommand::Revoke { center: LINFEN, takeover: DATONG, compromised: false };
    province.command(AUTHORITY, Command::Net(revoke)).unwrap();
    province.advance(CURRENT_MS + 60_000);
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::Silence), []);
}

#[test]
fn a_stale_roster_and_a_member_that_works_by_an_old_one_are_told() {
    use crate::engine::rosters::command::NetCommand;
    let mut province = Province::new();
    let old = province.node(DATONG).engine.roster().version;
    province.advance(1);
    province.command(AUTHORITY, Command::Net(NetCommand::Renew)).unwrap();
    // The authority's next heartbeat tells of it at once.
    province.advance(1_000);
    for center in CENTERS {
        assert_eq!(province.node(center).engine.roster().version, old + 1);
    }
    let hear = |province: &mut Province, version| {
        province.act(AUTHORITY, |round| on_heartbeat(round, DATONG, version)).unwrap();
    };
    hear(&mut province, old);
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::StaleRoster), []);
    province.now = province.now.plus_ms(ROSTER_SPREAD_MS + 1);
    hear(&mut province, old);
    let alerts = open(&mut province, AUTHORITY, AlertRule::StaleRoster);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].centers, [DATONG]);
    hear(&mut province, old + 1);
    assert_eq!(open(&mut province, AUTHORITY, AlertRule::StaleRoster), []);

    province.now = province.node(LINFEN).engine.roster().renew_by.plus_ms(1);
    province.cut_off(LINFEN);
    province.round(LINFEN, vec![Input::Tick]);
    let alerts = open(&mut province, LINFEN, AlertRule::StaleRoster);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].subject, AlertSubject::Roster);
    province.round(AUTHORITY, vec![Input::Tick]);
    province.cut.clear();
    province.input(LINFEN, Input::Connected { center: AUTHORITY });
    province.drive();
    assert_eq!(open(&mut province, LINFEN, AlertRule::StaleRoster), []);
}

#[test]
fn a_log_with_two_faces_is_told_by_everybody() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(2_000);
    for center in ALL {
        assert_eq!(open(&mut province, center, AlertRule::Equivocation), [], "{center}");
    }
    Face::new(log, 100..110).gossip(&mut province, DATONG, LINFEN);
    for center in ALL {
        let alerts = open(&mut province, center, AlertRule::Equivocation);
        assert_eq!(alerts.len(), 1, "{center}");
        assert_eq!(alerts[0].subject, AlertSubject::Log(log));
        assert_eq!(alerts[0].centers, [TAIYUAN]);
    }
}

#[test]
fn leaves_that_do_not_fit_raise_one_alert_with_the_first_of_them() {
    let mut province = Province::new();
    for _ in 0..EVIDENCE_MAX + 4 {
        let wrong = Digest { revision: 7, ..digest(1) };
        province.act(DATONG, |round| round.publish(&wrong)).unwrap();
    }
    province.advance(3_000);
    for center in [AUTHORITY, TAIYUAN, LINFEN] {
        let alerts = open(&mut province, center, AlertRule::InvalidUpdate);
        assert_eq!(alerts.len(), 1, "{center}");
        assert_eq!(alerts[0].evidence.len(), EVIDENCE_MAX);
        assert_eq!(alerts[0].centers, [DATONG]);
    }
}

#[test]
fn a_checkpoint_that_does_not_fit_is_told_until_it_does() {
    let mut province = Province::new();
    let log = LogId::public(TAIYUAN, 1);
    province.act(DATONG, |round| on_misfit(round, log)).unwrap();
    assert_eq!(open(&mut province, DATONG, AlertRule::InvalidUpdate).len(), 1);
    province.act(DATONG, |round| on_fit(round, log)).unwrap();
    assert_eq!(open(&mut province, DATONG, AlertRule::InvalidUpdate), []);
}

#[test]
fn alerts_survive_a_restart_and_a_quiet_network_raises_none() {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, 0..10);
    province.advance(CURRENT_MS + 60_000);
    for center in ALL {
        assert_eq!(list(&mut province, center, false), [], "{center}");
    }
    put(&mut province, TAIYUAN, &loan(LoanGranted, &[1], 1));
    put(&mut province, DATONG, &loan(LoanGranted, &[1], 2));
    let before = list(&mut province, AUTHORITY, false);
    assert_eq!(before.len(), 1);
    province.restart(AUTHORITY);
    assert_eq!(list(&mut province, AUTHORITY, false), before);
}

#[test]
fn a_listing_shows_so_many_of_at_least_a_level() {
    let mut province = Province::new();
    for (center, contract) in [(TAIYUAN, 1), (DATONG, 2)] {
        put(&mut province, center, &loan(LoanGranted, &[7], contract));
    }
    province.cut_off(LINFEN);
    let later = province.now.plus_ms(6 * 60_000);
    jump(&mut province, later);
    let listed = |province: &mut Province, filter| {
        let command = Command::Alerts(AlertCommand::List(filter));
        let reply = province.command(AUTHORITY, command).unwrap();
        let Reply::Alerts(AlertReply::Alerts(alerts)) = *reply else { panic!("another reply") };
        alerts.into_iter().map(|alert| alert.level).collect::<Vec<_>>()
    };
    let all = listed(&mut province, AlertFilter::all(99));
    assert!(all.len() > 1, "{all:?}");
    for level in [AlertLevel::Notice, AlertLevel::Warning, AlertLevel::Alarm] {
        let filter = AlertFilter { level: Some(level), ..AlertFilter::all(99) };
        let expected = all.iter().filter(|known| **known >= level).count();
        assert_eq!(listed(&mut province, filter).len(), expected, "{level:?}");
    }
    assert_eq!(listed(&mut province, AlertFilter::all(1)).len(), 1);
}
