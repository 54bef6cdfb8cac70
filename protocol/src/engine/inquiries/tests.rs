//! What the dialogue promises: over lost messages, restarts and statements that overtake each other.

use super::*;
use crate::authority::alert::{Alert, AlertState};
use crate::authority::alert_rule::AlertLevel;
use crate::authority::dialogue::Asked;
use crate::cose;
use crate::digest::{Digest, DigestStatus};
use crate::engine::alerts::dialogue::{InquireOrder, RulingOrder};
use crate::engine::alerts::{AlertCommand, AlertFilter, AlertReply};
use crate::engine::command::{Command, Reply};
use crate::engine::input::Input;
use crate::engine::output::CommandRefusal;
use crate::engine::rosters::command::NetCommand;
use crate::engine::timer::Timer;
use crate::id::{Commitment, ReferenceTag, SubjectTag};
use crate::testing::logs::digest;
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, keyring};
use crate::time::DAY_MS;

fn operator(name: &str) -> OperatorId {
    OperatorId::parse(name).unwrap()
}

fn words(text: &str) -> CaseRemark {
    CaseRemark::parse(text).unwrap()
}

fn command(
    province: &mut Province,
    at: CenterCode,
    command: AlertCommand,
) -> Result<AlertReply, CommandRefusal> {
    let Reply::Alerts(reply) = *province.command(at, Command::Alerts(command))? else {
        panic!("another reply")
    };
    Ok(reply)
}

fn loan(person: u8, contract: u8) -> Digest {
    Digest {
        status: DigestStatus::LoanGranted,
        subjects: vec![SubjectTag::new([person; 32])],
        reference: Some(ReferenceTag::new([contract; 32])),
        commitment: Commitment::new([contract; 32]),
        ..digest(0)
    }
}

fn publish(province: &mut Province, at: CenterCode, digest: &Digest) -> u64 {
    let leaf = province.act(at, |round| round.publish(digest)).unwrap();
    province.advance(3_000);
    leaf
}

/// A province in which the authority has one alert: a second loan in Datong.
fn province() -> (Province, AlertId) {
    let mut province = Province::new();
    publish(&mut province, TAIYUAN, &loan(1, 1));
    publish(&mut province, DATONG, &loan(1, 2));
    let AlertReply::Alerts(alerts) =
        command(&mut province, AUTHORITY, AlertCommand::List(AlertFilter::unfinished(9))).unwrap()
    else {
        panic!("another reply")
    };
    assert_eq!(alerts.len(), 1);
    (province, alerts[0].id)
}

fn alert(province: &mut Province, id: AlertId) -> Alert {
    let reply = command(province, AUTHORITY, AlertCommand::Show(id.into())).unwrap();
    let AlertReply::Alerts(mut alerts) = reply else { panic!("another reply") };
    alerts.remove(0)
}

fn inquire(
    province: &mut Province,
    id: AlertId,
    centers: &[CenterCode],
) -> Result<(), CommandRefusal> {
    let order = InquireOrder {
        operator: operator("clerk"),
        alert: id.into(),
        centers: centers.to_vec(),
        days: 5,
        remark: Some(words("which of the two runs?")),
    };
    command(province, AUTHORITY, AlertCommand::Inquire(Box::new(order))).map(drop)
}

fn answer(province: &mut Province, at: CenterCode, id: AlertId) -> Result<(), CommandRefusal> {
    let order = ExplainOrder {
        operator: operator("reviewer"),
        alert: id.into(),
        finding: Finding::InOrder,
        remark: words("settled last week, the export was late"),
    };
    command(province, at, AlertCommand::Explain(Box::new(order))).map(drop)
}

fn decide(province: &mut Province, id: AlertId, verdict: Verdict) -> Result<(), CommandRefusal> {
    let order = RulingOrder {
        operator: operator("reviewer"),
        alert: id.into(),
        verdict,
        remark: words("agreed"),
    };
    command(province, AUTHORITY, AlertCommand::Rule(Box::new(order))).map(drop)
}

fn waiting(province: &mut Province, at: CenterCode, all: bool) -> Vec<Inquired> {
    let reply = command(province, at, AlertCommand::Inquiries { all, limit: 99 }).unwrap();
    let AlertReply::Inquiries { rows, .. } = reply else { panic!("another reply") };
    rows
}

/// Acts by name, without whom and when.
fn acts(entries: &[Entry]) -> Vec<&'static str> {
    entries.iter().map(|entry| entry.act.name()).collect()
}

#[test]
fn an_alert_is_asked_about_explained_and_closed_over_the_network() {
    let (mut province, id) = province();
    inquire(&mut province, id, &[]).unwrap();
    let asked = alert(&mut province, id);
    assert_eq!(
        (asked.state, asked.handler.clone()),
        (AlertState::Inquired, Some(operator("clerk")))
    );
    // Wednesday, 6 May, and five working days.
    assert_eq!(asked.due(), Date::new(2026, 5, 13).ok());
    for center in [TAIYUAN, DATONG] {
        let rows = waiting(&mut province, center, false);
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((row.rule, row.state), (AlertRule::DoubleLoan, InquiryState::Waiting));
        assert_eq!(row.evidence.len(), 2);
        assert_eq!(row.entries[0].remark, Some(words("which of the two runs?")));
    }
    assert_eq!(waiting(&mut province, LINFEN, true), []);
    answer(&mut province, TAIYUAN, id).unwrap();
    assert_eq!(alert(&mut province, id).state, AlertState::Inquired, "Datong owes its answer");
    answer(&mut province, DATONG, id).unwrap();
    assert_eq!(alert(&mut province, id).state, AlertState::Explained);
    assert_eq!(waiting(&mut province, DATONG, false), []);
    decide(&mut province, id, Verdict::Closed).unwrap();
    let closed = alert(&mut province, id);
    assert_eq!((closed.state, closed.level), (AlertState::Closed, AlertLevel::Alarm));
    let said = ["raised", "inquired", "inquired", "explained", "explained", "closed", "closed"];
    assert_eq!(acts(&closed.dialogue.entries), said);
    for center in [TAIYUAN, DATONG] {
        let row = waiting(&mut province, center, true).remove(0);
        assert_eq!(row.state, InquiryState::Closed);
        assert_eq!(acts(&row.entries), ["inquired", "explained", "closed"]);
    }
    let shown = format!("{closed:?}{:?}", waiting(&mut province, DATONG, true));
    assert!(!shown.contains("export was late"), "words do not show");
}

#[test]
fn a_center_can_neither_close_nor_hide_nor_answer_twice() {
    let (mut province, id) = province();
    let refused = answer(&mut province, DATONG, id).unwrap_err();
    assert_eq!(refused.refusal, Refusal::NotFound, "nobody asked");
    inquire(&mut province, id, &[DATONG]).unwrap();
    let order = RulingOrder {
        operator: operator("reviewer"),
        alert: id.into(),
        verdict: Verdict::Closed,
        remark: words("nothing to see"),
    };
    let close = AlertCommand::Rule(Box::new(order));
    let refused = command(&mut province, DATONG, close).unwrap_err();
    assert_eq!(refused.refusal, Refusal::NotGranted);
    // The cause goes while an answer is owed: the authority still has the last word.
    let settled =
        Digest { status: DigestStatus::LoanSettled, revision: 2, previous: Some(0), ..loan(1, 2) };
    publish(&mut province, DATONG, &settled);
    let healed = alert(&mut province, id);
    assert_eq!((healed.state, healed.is_present), (AlertState::Inquired, false));
    answer(&mut province, DATONG, id).unwrap();
    assert_eq!(answer(&mut province, DATONG, id).unwrap_err().refusal, Refusal::WrongState);
    decide(&mut province, id, Verdict::Confirmed).unwrap();
    assert_eq!(
        decide(&mut province, id, Verdict::Confirmed).unwrap_err().refusal,
        Refusal::WrongState
    );
    // Whom it concerns learns of it, asked or not.
    assert_eq!(waiting(&mut province, TAIYUAN, true)[0].state, InquiryState::Confirmed);
    assert_eq!(waiting(&mut province, DATONG, true)[0].state, InquiryState::Confirmed);
    decide(&mut province, id, Verdict::Closed).unwrap();
    assert_eq!(inquire(&mut province, id, &[]).unwrap_err().refusal, Refusal::WrongState);
}

#[test]
fn an_answer_that_does_not_come_in_time_raises_the_level_once_and_shows() {
    let (mut province, id) = province();
    let silence = |province: &mut Province| {
        let filter = AlertFilter { rule: Some(AlertRule::Silence), ..AlertFilter::unfinished(9) };
        let reply = command(province, AUTHORITY, AlertCommand::List(filter)).unwrap();
        let AlertReply::Alerts(mut alerts) = reply else { panic!("another reply") };
        alerts.pop()
    };
    province.cut_off(LINFEN);
    province.advance(600_000);
    let silent = silence(&mut province).expect("Linfen is silent");
    assert_eq!(silent.level, AlertLevel::Warning);
    inquire(&mut province, silent.id, &[LINFEN]).unwrap();
    inquire(&mut province, id, &[DATONG]).unwrap();
    province.assert_missed(AUTHORITY, Timer::Inquiry(id));
    answer(&mut province, DATONG, id).unwrap();
    let end = Timestamp::start_of(Date::new(2026, 5, 14).unwrap());
    province.now = end.plus_ms(-1);
    province.round(AUTHORITY, vec![Input::Tick]);
    assert!(!alert(&mut province, silent.id).is_overdue());
    province.now = end;
    province.round(AUTHORITY, vec![Input::Tick]);
    province.now = end.plus_ms(DAY_MS);
    province.round(AUTHORITY, vec![Input::Tick]);
    let late = alert(&mut province, silent.id);
    assert_eq!((late.level, late.state), (AlertLevel::Alarm, AlertState::Inquired));
    let mut asked = late.dialogue.waiting();
    assert!(matches!(asked.next(), Some(Asked { center: LINFEN, is_overdue: true, .. })));
    assert_eq!(acts(&late.dialogue.entries), ["raised", "inquired", "overdue"]);
    assert!(!alert(&mut province, id).is_overdue(), "Datong has answered in time");
    let filter = AlertFilter { overdue: true, ..AlertFilter::all(9) };
    let reply = command(&mut province, AUTHORITY, AlertCommand::List(filter)).unwrap();
    let AlertReply::Alerts(overdue) = reply else { panic!("another reply") };
    assert_eq!(overdue.iter().map(|alert| alert.id).collect::<Vec<_>>(), [silent.id]);
    // Back again, it finds the question, late as it is, and may still answer.
    province.cut.clear();
    province.connect_all();
    province.advance(400_000);
    let row = waiting(&mut province, LINFEN, false).remove(0);
    assert!(row.is_overdue(province.now));
    answer(&mut province, LINFEN, silent.id).unwrap();
    province.advance(400_000);
    let answered = alert(&mut province, silent.id);
    assert_eq!((answered.state, answered.level), (AlertState::Explained, AlertLevel::Alarm));
}

#[test]
fn lost_messages_and_restarts_lose_no_word() {
    let (mut province, id) = province();
    province.cut_off(DATONG);
    inquire(&mut province, id, &[DATONG]).unwrap();
    province.restart(AUTHORITY);
    province.advance(10_000);
    assert_eq!(waiting(&mut province, DATONG, false), []);
    province.cut.clear();
    province.advance(300_000);
    province.restart(DATONG);
    assert_eq!(waiting(&mut province, DATONG, false).len(), 1);
    // The answer arrives, its acknowledgement does not: it is said again and counts once.
    province.cut.insert((AUTHORITY, DATONG));
    answer(&mut province, DATONG, id).unwrap();
    assert_eq!(alert(&mut province, id).state, AlertState::Explained);
    province.restart(DATONG);
    province.advance(60_000);
    province.cut.clear();
    province.advance(600_000);
    let explained = alert(&mut province, id);
    assert_eq!(acts(&explained.dialogue.entries), ["raised", "inquired", "explained"]);
    let again = waiting(&mut province, DATONG, true).remove(0);
    assert_eq!(acts(&again.entries), ["inquired", "explained"]);
}

#[test]
fn what_overtakes_on_the_way_counts_by_when_it_was_said() {
    let (mut province, id) = province();
    let at = |ms: i64| Timestamp::from_ms(1_778_000_000_000 + ms);
    let (rule, subject) = (AlertRule::DoubleLoan, AlertSubject::Roster);
    let ruling = |ms| Ruling {
        from: AUTHORITY,
        to: DATONG,
        issued_at: at(ms),
        alert: id,
        rule,
        subject,
        verdict: Verdict::Closed,
        remark: words("closed"),
    };
    let inquiry = |ms| Inquiry {
        from: AUTHORITY,
        to: DATONG,
        issued_at: at(ms),
        alert: id,
        rule,
        subject,
        evidence: Vec::new(),
        due: Date::new(2026, 5, 13).unwrap(),
        remark: None,
    };
    let mut deliver = |bytes: Vec<u8>| {
        let verified = province.verify(DATONG, bytes).unwrap();
        let reply = province.act(DATONG, |round| on_statement(round, AUTHORITY, &verified));
        assert_eq!(reply.unwrap(), Some(DeliveryReply::Committed(verified.hash())));
        province.act(DATONG, |round| inquired(round.view, id)).unwrap().unwrap().state
    };
    let mut keys = keyring(AUTHORITY);
    let mut said = |ms| cose::sign("test", &inquiry(ms), &mut keys).unwrap();
    let (first, second) = (said(1), said(9));
    let closed = cose::sign("test", &ruling(5), &mut keyring(AUTHORITY)).unwrap();
    assert_eq!(deliver(closed.clone()), InquiryState::Closed);
    assert_eq!(deliver(first), InquiryState::Closed, "it was asked before it was decided");
    assert_eq!(deliver(second), InquiryState::Waiting, "and again after");
    assert_eq!(deliver(closed), InquiryState::Waiting, "a repeat changes nothing");
}

#[test]
fn of_decisions_that_overtake_each_other_the_latest_said_stands() {
    let (mut province, id) = province();
    inquire(&mut province, id, &[DATONG]).unwrap();
    let now = province.now;
    for (ms, verdict, state) in [
        (20, Verdict::Confirmed, InquiryState::Confirmed),
        (30, Verdict::Closed, InquiryState::Closed),
        (25, Verdict::Confirmed, InquiryState::Closed),
        (40, Verdict::Confirmed, InquiryState::Confirmed),
    ] {
        let ruling = Ruling {
            from: AUTHORITY,
            to: DATONG,
            issued_at: now.plus_ms(ms),
            alert: id,
            rule: AlertRule::DoubleLoan,
            subject: AlertSubject::Roster,
            verdict,
            remark: words("decided"),
        };
        let bytes = cose::sign("test", &ruling, &mut keyring(AUTHORITY)).unwrap();
        let verified = province.verify(DATONG, bytes).unwrap();
        province.act(DATONG, |round| on_statement(round, AUTHORITY, &verified)).unwrap();
        let row = province.act(DATONG, |round| inquired(round.view, id)).unwrap().unwrap();
        assert_eq!(row.state, state, "said after {ms} ms");
    }
}

#[test]
fn nobody_but_the_authority_asks_and_decides_and_only_who_was_asked_answers() {
    let (mut province, id) = province();
    inquire(&mut province, id, &[DATONG]).unwrap();
    let inquiry = waiting(&mut province, DATONG, false)[0].inquiry.unwrap().statement;
    let forged = Inquiry {
        from: TAIYUAN,
        to: DATONG,
        issued_at: province.now,
        alert: AlertId::new([9; 32]),
        rule: AlertRule::Silence,
        subject: AlertSubject::Member(DATONG),
        evidence: Vec::new(),
        due: Date::new(2026, 5, 13).unwrap(),
        remark: None,
    };
    let explanation = |from| Explanation {
        from,
        to: AUTHORITY,
        issued_at: Timestamp::from_ms(1_778_000_000_000),
        alert: id,
        inquiry,
        finding: Finding::InOrder,
        remark: words("for them"),
    };
    let mut deliver = |from: CenterCode, at: CenterCode, bytes: Vec<u8>| {
        let verified = province.verify(at, bytes).unwrap();
        let reply = province.act(at, |round| on_statement(round, from, &verified)).unwrap();
        match reply {
            Some(DeliveryReply::Refused(refusal)) => Err(refusal),
            Some(DeliveryReply::Committed(_)) => Ok(()),
            other => panic!("{other:?}"),
        }
    };
    let sign = |from| cose::sign("test", &explanation(from), &mut keyring(from)).unwrap();
    let astray = Inquiry { from: AUTHORITY, ..forged.clone() };
    let astray = cose::sign("test", &astray, &mut keyring(AUTHORITY)).unwrap();
    assert_eq!(deliver(AUTHORITY, LINFEN, astray), Err(Refusal::Addressee), "it is for Datong");
    let signed = cose::sign("test", &forged, &mut keyring(TAIYUAN)).unwrap();
    assert_eq!(deliver(TAIYUAN, DATONG, signed.clone()), Err(Refusal::NotGranted));
    assert_eq!(deliver(TAIYUAN, AUTHORITY, signed), Err(Refusal::Addressee));
    assert_eq!(deliver(TAIYUAN, AUTHORITY, sign(TAIYUAN)), Err(Refusal::NotFound));
    assert_eq!(deliver(TAIYUAN, AUTHORITY, sign(DATONG)), Err(Refusal::Peer));
    assert_eq!(deliver(DATONG, TAIYUAN, sign(DATONG)), Err(Refusal::Addressee));
    assert_eq!(deliver(DATONG, AUTHORITY, sign(DATONG)), Ok(()));
}

#[test]
fn operators_without_the_role_ask_decide_and_explain_nothing() {
    let (mut province, id) = province();
    let order = |name: &str, days, centers: &[CenterCode]| InquireOrder {
        operator: operator(name),
        alert: id.into(),
        centers: centers.to_vec(),
        days,
        remark: None,
    };
    let mut refused = |order| {
        let wish = AlertCommand::Inquire(Box::new(order));
        command(&mut province, AUTHORITY, wish).unwrap_err().refusal
    };
    assert_eq!(refused(order("nobody", 5, &[])), Refusal::Operator);
    assert_eq!(refused(order("clerk", 0, &[])), Refusal::Argument);
    assert_eq!(refused(order("clerk", 61, &[])), Refusal::Argument);
    assert_eq!(refused(order("clerk", 5, &[AUTHORITY])), Refusal::Argument);
    inquire(&mut province, id, &[DATONG]).unwrap();
    assert_eq!(inquire(&mut province, id, &[DATONG]).unwrap_err().refusal, Refusal::WrongState);
    let by_nobody = ExplainOrder {
        operator: operator("nobody"),
        alert: id.into(),
        finding: Finding::InOrder,
        remark: words("no"),
    };
    let wish = AlertCommand::Explain(Box::new(by_nobody));
    assert_eq!(command(&mut province, DATONG, wish).unwrap_err().refusal, Refusal::Operator);
}

#[test]
fn a_closed_alert_opens_again_for_another_cause_only() {
    let (mut province, id) = province();
    decide(&mut province, id, Verdict::Closed).unwrap();
    let revised = Digest {
        revision: 2,
        previous: Some(0),
        commitment: Commitment::new([7; 32]),
        ..loan(1, 2)
    };
    publish(&mut province, DATONG, &revised);
    assert_eq!(alert(&mut province, id).state, AlertState::Closed, "the same two loans");
    publish(&mut province, LINFEN, &loan(1, 3));
    let again = alert(&mut province, id);
    assert_eq!((again.state, again.times), (AlertState::Open, 2));
    assert_eq!(again.centers, [TAIYUAN, DATONG, LINFEN]);
}

#[test]
fn an_alert_is_found_by_the_beginning_of_its_id() {
    let (mut province, id) = province();
    let text = id.to_string();
    for digits in [8, 9, 64] {
        let name = AlertName::parse(&text[..digits]).unwrap();
        let reply = command(&mut province, AUTHORITY, AlertCommand::Show(name)).unwrap();
        assert!(matches!(reply, AlertReply::Alerts(alerts) if alerts[0].id == id));
    }
    assert_eq!(AlertName::parse(&text[..7]), Err(Refusal::Argument));
    assert_eq!(AlertName::parse("ABCDEF0123"), Err(Refusal::Argument));
    let other = AlertName::parse("00000000000").unwrap();
    let refused = command(&mut province, AUTHORITY, AlertCommand::Show(other)).unwrap_err();
    assert_eq!(refused.refusal, Refusal::NotFound);
}

#[test]
fn those_that_wait_are_counted_and_those_whose_day_is_over() {
    let (mut province, id) = province();
    let count = |province: &mut Province| {
        let reply = command(province, DATONG, AlertCommand::Count).unwrap();
        let AlertReply::Counts(_, count) = reply else { panic!("another reply") };
        (count.waiting, count.overdue)
    };
    assert_eq!(count(&mut province), (0, 0));
    inquire(&mut province, id, &[DATONG]).unwrap();
    assert_eq!(count(&mut province), (1, 0));
    province.now = province.now.plus_ms(8 * DAY_MS);
    province.round(DATONG, vec![Input::Tick]);
    assert_eq!(count(&mut province), (1, 1));
}

#[test]
fn every_state_of_an_inquiry_has_a_name_of_its_own() {
    for (state, name) in [
        (InquiryState::Waiting, "waiting"),
        (InquiryState::Explained, "explained"),
        (InquiryState::Confirmed, "confirmed"),
        (InquiryState::Closed, "closed"),
    ] {
        assert_eq!(state.name(), name);
    }
}

#[test]
fn a_ruling_is_told_to_the_centers_that_it_concerns_and_to_no_revoked_one() {
    let (mut province, id) = province();
    inquire(&mut province, id, &[]).unwrap();
    let (center, takeover) = (DATONG, LINFEN);
    let revoke = NetCommand::Revoke { center, takeover, compromised: false };
    province.command(AUTHORITY, Command::Net(revoke)).unwrap();
    decide(&mut province, id, Verdict::Confirmed).unwrap();
    let alert = alert(&mut province, id);
    assert_eq!(alert.centers, [TAIYUAN, DATONG]);
    let of_ruling = |entry: &&Entry| matches!(entry.act, Act::Ruled(_));
    let told: Vec<_> = alert.dialogue.entries.iter().filter(of_ruling).collect();
    assert_eq!(told.iter().map(|entry| entry.center).collect::<Vec<_>>(), [Some(TAIYUAN)]);
}
