//! What incidents promise: each cause told once, over lost messages and restarts, without a person.

use super::*;
use crate::authority::alert::{Alert, AlertState, AlertSubject, Evidence};
use crate::authority::alert_rule::AlertRule;
use crate::cose;
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::subject::{TagEpoch, Tagger as _};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, keyring};
use crate::time::Timestamp;

const TRANSFER: TransferId = TransferId::new([3; 32]);

fn seen(number: u64) -> Seen {
    Seen::new(IncidentRule::ReceivedDiffers, About::Transfer(TRANSFER), number).with(DATONG)
}

fn see(province: &mut Province, seen: &Seen) {
    province.act(TAIYUAN, |round| tell(round, seen.clone())).unwrap();
    province.drive();
}

fn alerts(province: &mut Province) -> Vec<Alert> {
    let command = Command::Alerts(AlertCommand::List(AlertFilter::all(99)));
    let Reply::Alerts(AlertReply::Alerts(alerts)) = *province.command(AUTHORITY, command).unwrap()
    else {
        panic!("another reply")
    };
    alerts.into_iter().filter(|alert| alert.rule != AlertRule::Silence).collect()
}

#[test]
fn a_cause_is_told_once_and_raises_one_alert_with_the_statement_as_evidence() {
    let mut province = Province::new();
    see(&mut province, &seen(1));
    see(&mut province, &seen(1));
    let found = alerts(&mut province);
    let [alert] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (alert.rule, alert.state, alert.times),
        (AlertRule::ReceivedDiffers, AlertState::Open, 1)
    );
    assert_eq!(alert.centers, [TAIYUAN, DATONG]);
    assert!(matches!(alert.subject, AlertSubject::Transfer(_)));
    assert!(matches!(alert.evidence.as_slice(), [Evidence::Statement(_)]));
    // Another revision is another cause of the same alert.
    province.advance(1_000);
    see(&mut province, &seen(2));
    assert_eq!(alerts(&mut province)[0].evidence.len(), 2);
    for center in [TAIYUAN, DATONG, LINFEN] {
        let command = Command::Alerts(AlertCommand::List(AlertFilter::all(9)));
        let Reply::Alerts(reply) = *province.command(center, command).unwrap() else { panic!() };
        assert_eq!(reply, AlertReply::Alerts(Vec::new()), "{center}");
    }
}

#[test]
fn what_was_lost_on_the_way_comes_later_and_a_restart_forgets_nothing() {
    let mut province = Province::new();
    province.cut_off(AUTHORITY);
    see(&mut province, &seen(1));
    province.restart(TAIYUAN);
    see(&mut province, &seen(1));
    province.advance(10_000);
    assert_eq!(alerts(&mut province), []);
    province.cut.clear();
    province.advance(300_000);
    assert_eq!(alerts(&mut province).len(), 1);
    province.restart(AUTHORITY);
    assert_eq!(alerts(&mut province)[0].evidence.len(), 1);
}

#[test]
fn an_incident_without_the_tag_key_waits_for_it() {
    let mut province = Province::new();
    province.node(TAIYUAN).tagger.drop_key(TagEpoch(1)).unwrap();
    see(&mut province, &seen(1));
    province.advance(AGAIN_MS);
    assert_eq!(alerts(&mut province), []);
    province.assert_missed(TAIYUAN, Timer::Incidents);
    province.node(TAIYUAN).tagger.insert(TagEpoch(1), [7; 32].into());
    province.advance(AGAIN_MS);
    assert_eq!(alerts(&mut province).len(), 1);
    province.advance(AGAIN_MS);
    assert_eq!(alerts(&mut province)[0].evidence.len(), 1);
}

#[test]
fn only_the_authority_takes_incidents_and_only_from_who_signed_them() {
    let mut province = Province::new();
    let incident = |from, to| Incident {
        from,
        to,
        issued_at: Timestamp::from_ms(1),
        rule: IncidentRule::BackDated,
        subject: IncidentSubject::Center(from),
        date: Date::new(2026, 5, 6).unwrap(),
        other: None,
        count: None,
    };
    let mut deliver = |peer, said: &Incident, at| {
        let bytes = cose::sign("test", said, &mut keyring(said.from)).unwrap();
        let verified = province.verify(at, bytes).unwrap();
        province.act(at, |round| on_statement(round, peer, &verified)).unwrap()
    };
    let refused = |refusal| Some(DeliveryReply::Refused(refusal));
    let other = incident(TAIYUAN, DATONG);
    assert_eq!(deliver(TAIYUAN, &other, DATONG), refused(Refusal::Addressee));
    assert_eq!(deliver(TAIYUAN, &other, AUTHORITY), refused(Refusal::Addressee));
    let own = incident(TAIYUAN, AUTHORITY);
    assert_eq!(deliver(DATONG, &own, AUTHORITY), refused(Refusal::Peer));
    let taken = deliver(TAIYUAN, &own, AUTHORITY);
    assert!(matches!(taken, Some(DeliveryReply::Committed(_))), "{taken:?}");
    assert_eq!(deliver(TAIYUAN, &own, AUTHORITY), taken);
    assert_eq!(alerts(&mut province).len(), 1);
}
