//! A member that sends what no honest node sends, to whole nodes: every fault has its own refusal, is
//! counted, and costs the peer that goes on; none costs the node its memory or its work.
//!
//! **Promises.** The bad member's keys are real and listed, so that nothing but the fault is wrong.
//! **Left to others.** Frames below the level of statements: `hostile`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::time::Duration;

use fundlink_node::network::Protocol;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::id::QueryId;
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::statement::query::Query;
use fundlink_protocol::time::DAY_MS;
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, LINFEN, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::hostile::{HostileConnection, announce, frame};
use fundlink_tests::people::{LI_IN_TAIYUAN, ZHANG_IN_DATONG};
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::rogue::{Heard, Parts, Rogue, ask, deliver, written};

/// Taiyuan with records, answering questions; Linfen, whose keys the test has.
struct Attack {
    province: Province,
    rogue: Rogue,
    victim: CenterCode,
    other: CenterCode,
}

fn code(identity: Identity) -> CenterCode {
    CenterCode::parse(identity.center).expect("a code")
}

impl Attack {
    fn begin() -> Self {
        let plan =
            Plan { begin: Some(at("2026-05-06", 9)), ..Plan::of(&[TAIYUAN, DATONG, LINFEN]) };
        let mut province = Province::form(&plan);
        province.set_mode("query", "answer");
        let folder = province.folder().join("dump");
        Dump::of(&[LI_IN_TAIYUAN]).write(&folder);
        let taiyuan = province.member(TAIYUAN);
        let folder = folder.to_str().expect("a plain name");
        taiyuan.run(&["data", "import", folder, "--operator", CLERK]).done();
        province.member_mut(LINFEN).stop();
        let rogue = Rogue::of(province.member(LINFEN));
        Self { province, rogue, victim: code(TAIYUAN), other: code(DATONG) }
    }

    fn connect(&self) -> HostileConnection {
        let to = self.province.member(TAIYUAN);
        self.province.runtime().block_on(self.rogue.connect(to))
    }

    fn question(&self, id: u8) -> Query {
        self.rogue.question(self.victim, id, self.province.now(), &LI_IN_TAIYUAN)
    }

    fn ask(&self, connection: &HostileConnection, statement: &[u8]) -> Heard {
        self.province.runtime().block_on(ask(connection, statement))
    }

    fn assert_refused(
        &self,
        connection: &HostileConnection,
        what: &str,
        (statement, refusal): (&[u8], Refusal),
    ) {
        assert_eq!(self.ask(connection, statement), Heard::Refused(refusal), "{what}");
    }

    fn counted(&self, name: &str, label: &str) -> f64 {
        self.province.member(TAIYUAN).counted(name, &[label])
    }
}

/// A statement, after something was done to its parts.
fn altered(attack: &mut Attack, alter: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let question = attack.question(200);
    let mut parts = attack.rogue.parts(&question);
    alter(&mut parts);
    attack.rogue.seal(&parts)
}

/// Bytes that have the form of a statement, or almost, and what each is called.
fn malformed(attack: &mut Attack) -> Vec<(&'static str, Vec<u8>, Refusal)> {
    use Refusal::{Algorithm, KeyUnknown, Malformed, Signature, TooLarge, UnknownStatement};
    let question = attack.question(200);
    let good = attack.rogue.sign(&question);
    let mut flipped = good.clone();
    *flipped.last_mut().expect("bytes") ^= 1;
    let mut reordered = attack.rogue.parts(&question);
    let (first, second) = (reordered.payload[1..7].to_vec(), reordered.payload[7..13].to_vec());
    assert_eq!((first[0], second[0]), (1, 2), "keys 1 and 2, each with a code of six digits");
    reordered.payload.splice(1..13, [second, first].concat());
    let nested = |depth| [vec![0x81; depth], vec![0x80]].concat();
    let long_key = written(|encoder| {
        encoder.map(3)?.u8(1)?.i8(-8)?.u8(3)?.str("application/fundlink.query.1+cbor")?;
        encoder.u8(4)?.bytes(&[1; 17])?.ok()
    });
    vec![
        ("nothing", Vec::new(), Malformed),
        ("no CBOR", vec![0xff; 40], Malformed),
        ("cut off", good[..good.len() - 1].to_vec(), Malformed),
        ("a byte too many", [&good[..], &[0]].concat(), Malformed),
        ("nested without end", nested(100_000), Malformed),
        ("nested in its payload", altered(attack, |p| p.payload = nested(50_000)), Malformed),
        ("larger than a statement", altered(attack, |p| p.payload = vec![0x60; 300_000]), TooLarge),
        ("keys out of order", attack.rogue.seal(&reordered), Malformed),
        ("a key too many", altered(attack, |p| grow(&mut p.payload)), Malformed),
        ("a long form of a number", altered(attack, |p| lengthen(&mut p.payload)), Malformed),
        ("an unprotected header", altered(attack, |p| p.unprotected = vec![0xa1, 1, 1]), Malformed),
        ("a long key id", altered(attack, |p| p.protected = Some(long_key)), Malformed),
        ("another algorithm", altered(attack, |p| p.algorithm = -7), Algorithm),
        (
            "no content type of ours",
            altered(attack, |p| p.content_type = "text/plain".into()),
            UnknownStatement,
        ),
        (
            "a version to come",
            altered(attack, |p| p.content_type = "application/fundlink.query.2+cbor".into()),
            UnknownStatement,
        ),
        ("another network's name", altered(attack, |p| p.network = "elsewhere".into()), Signature),
        ("a flipped bit", flipped, Signature),
        (
            "a key of nobody",
            altered(attack, |p| p.key = fundlink_protocol::id::KeyId::new([9; 16])),
            KeyUnknown,
        ),
    ]
}

/// Adds an entry to the map: a new field would be a new version of the statement.
fn grow(payload: &mut Vec<u8>) {
    payload[0] += 1;
    payload.extend_from_slice(&[0x18, 99, 0]);
}

/// Writes the first key of the map in two bytes where one would do.
fn lengthen(payload: &mut Vec<u8>) {
    payload.splice(1..2, [0x18, payload[1]]);
}

#[test]
fn bytes_that_are_no_statement_have_a_name_are_counted_and_change_nothing() {
    let mut attack = Attack::begin();
    let connection = attack.connect();
    let cases = malformed(&mut attack);
    for (what, bytes, refusal) in &cases {
        let name = "fundlink_verification_statements_refused_total";
        let label = format!("code=\"{}\"", refusal.code());
        let before = attack.counted(name, &label);
        let heard = attack.ask(&connection, bytes);
        if bytes.is_empty() {
            assert!(
                matches!(heard, Heard::NoFrame | Heard::Refused(Refusal::Malformed)),
                "{heard:?}"
            );
            continue;
        }
        assert_eq!(heard, Heard::Refused(*refusal), "{what}");
        assert!(attack.counted(name, &label) > before, "{what} is not counted");
    }
    let question = attack.question(1);
    let good = attack.rogue.sign(&question);
    assert!(matches!(attack.ask(&connection, &good), Heard::Answer(_)));
}

#[test]
fn a_statement_at_the_wrong_time_place_or_id_is_refused_by_name_and_a_repeat_is_not() {
    let mut attack = Attack::begin();
    let connection = attack.connect();
    let now = attack.province.now();
    let base = attack.question(1);
    let cases: Vec<(&str, Query, Refusal)> = vec![
        ("for another", Query { to: attack.other, ..base.clone() }, Refusal::Addressee),
        ("in another's name", Query { from: attack.other, ..base.clone() }, Refusal::Sender),
        (
            "long ago",
            Query {
                issued_at: now.plus_ms(-600_000),
                expires: now.plus_ms(-400_000),
                ..base.clone()
            },
            Refusal::Expired,
        ),
        (
            "of tomorrow",
            Query {
                issued_at: now.plus_ms(DAY_MS),
                expires: now.plus_ms(DAY_MS + 1),
                ..base.clone()
            },
            Refusal::Future,
        ),
        ("without consent", Query { consent: None, ..with_id(&base, 2) }, Refusal::Consent),
        (
            "for a purpose that opens it not",
            Query {
                purpose: Purpose::DuplicateAccount,
                kind: QueryKind::LoanHistory,
                ..with_id(&base, 3)
            },
            Refusal::Purpose,
        ),
        ("about nobody", Query { subjects: Vec::new(), ..with_id(&base, 4) }, Refusal::Subject),
    ];
    for (what, question, refusal) in &cases {
        let statement = attack.rogue.sign(question);
        attack.assert_refused(&connection, what, (&statement, *refusal));
    }
    // What another member has signed does not come over this connection.
    let mut datong = Rogue::of(attack.province.member(DATONG));
    let statement = datong.sign(&datong.question(attack.victim, 5, now, &LI_IN_TAIYUAN));
    attack.assert_refused(&connection, "of another member", (&statement, Refusal::Peer));

    let question = with_id(&base, 6);
    let first = attack.rogue.sign(&question);
    let Heard::Answer(answer) = attack.ask(&connection, &first) else { panic!("not answered") };
    assert_eq!(attack.ask(&connection, &first), Heard::Answer(answer.clone()));
    let about_another = attack.rogue.question(attack.victim, 6, now, &ZHANG_IN_DATONG);
    let reused = attack.rogue.sign(&about_another);
    attack.assert_refused(&connection, "an id of another payload", (&reused, Refusal::IdReused));
    // The stored answer outlives the connection and the node.
    drop(connection);
    attack.province.member_mut(TAIYUAN).kill();
    attack.province.member_mut(TAIYUAN).start();
    let connection = attack.connect();
    assert_eq!(attack.ask(&connection, &first), Heard::Answer(answer));
}

fn with_id(question: &Query, id: u8) -> Query {
    Query { id: QueryId::new([id; 32]), ..question.clone() }
}

#[test]
fn a_member_that_goes_on_is_throttled_in_flat_memory_and_others_are_served() {
    let mut attack = Attack::begin();
    let connection = attack.connect();
    let before = attack.province.member(TAIYUAN).resident_kib();
    let large = Protocol::Query.request_bytes_max();
    let junk = [vec![0x81; large - 1], vec![0x80]].concat();
    let mut throttled = 0;
    for round in 0..400 {
        let bytes = if round % 2 == 0 { frame(&junk) } else { announce(u32::MAX, &junk) };
        let said = connection.say(Protocol::Query.name(), &bytes);
        let heard = attack.province.runtime().block_on(said);
        // A node that does not read may reset the stream before its word has come.
        match heard.as_deref() {
            Ok([1]) => throttled += 1,
            Ok([0 | 2 | 3, ..]) | Err(_) => {}
            Ok(other) => panic!("the node said {other:02x?}"),
        }
    }
    assert!(throttled > 100, "{throttled} of 400 were throttled");
    let counted = attack.counted("fundlink_network_requests_refused_total", "throttled");
    assert!(counted > 100.0, "{counted} of {throttled} throttled requests were counted");
    let grown = attack.province.member(TAIYUAN).resident_kib().saturating_sub(before);
    assert!(grown < 96 * 1024, "{grown} KiB for what was thrown away");

    // Another member is served in the middle of it, and this one when it has calmed down.
    let mut datong = Rogue::of(attack.province.member(DATONG));
    attack.province.member_mut(DATONG).stop();
    let now = attack.province.now();
    let statement = datong.sign(&datong.question(attack.victim, 1, now, &LI_IN_TAIYUAN));
    let to = attack.province.member(TAIYUAN);
    let other = attack.province.runtime().block_on(datong.connect(to));
    assert!(matches!(attack.ask(&other, &statement), Heard::Answer(_)));
    let question = attack.question(1);
    let statement = attack.rogue.sign(&question);
    attack.province.until("an answer for a peer that has calmed down", |province| {
        let heard = province.runtime().block_on(ask(&connection, &statement));
        matches!(heard, Heard::Answer(_)).then_some(())
    });
}

#[test]
fn a_key_that_has_ended_signs_nothing_and_the_next_one_does() {
    let mut attack = Attack::begin();
    attack.province.member_mut(LINFEN).start();
    attack.province.member(LINFEN).run(&["net", "rotate", "statement"]).done();
    attack.province.until("the roster with the new key everywhere", |province| {
        let rotated = |identity| {
            let roster = province.member(identity).ask(&["net", "show"]);
            let members = roster["members"].as_array()?;
            let linfen = members.iter().find(|member| member["center"] == LINFEN.center)?;
            let keys = linfen["keys"].as_array()?;
            let statement = keys.iter().filter(|key| key["purpose"] == "statement");
            (statement.count() == 2).then_some(())
        };
        rotated(TAIYUAN).and_then(|()| rotated(LINFEN))
    });
    attack.province.member_mut(LINFEN).stop();
    let mut old = Rogue::of_old_keys(attack.province.member(LINFEN));
    attack.rogue = Rogue::of(attack.province.member(LINFEN));
    let ask_both = |attack: &mut Attack, old: &mut Rogue, id: u8| {
        let connection = attack.connect();
        let now = attack.province.now();
        let by_old = old.sign(&old.question(attack.victim, id, now, &LI_IN_TAIYUAN));
        let question = attack.question(id + 1);
        let by_new = attack.rogue.sign(&question);
        (attack.ask(&connection, &by_old), attack.ask(&connection, &by_new))
    };
    let (by_old, by_new) = ask_both(&mut attack, &mut old, 1);
    assert!(matches!((&by_old, &by_new), (Heard::Answer(_), Heard::Answer(_))), "{by_old:?}");
    let later = attack.province.now().plus_ms(31 * DAY_MS);
    attack.province.advance_to(later);
    let (by_old, by_new) = ask_both(&mut attack, &mut old, 3);
    assert_eq!(by_old, Heard::Refused(Refusal::KeyEnded));
    assert!(matches!(by_new, Heard::Answer(_)), "{by_new:?}");
}

#[test]
fn a_suspended_member_asks_nothing_and_a_revoked_one_is_cut_off_at_once() {
    let mut attack = Attack::begin();
    let mut connection = attack.connect();
    let authority = attack.province.member(AUTHORITY);
    authority.run(&["net", "suspend", LINFEN.center]).done();
    await_status(&mut attack.province, "suspended");
    let question = attack.question(1);
    let statement = attack.rogue.sign(&question);
    attack.assert_refused(&connection, "of a suspended member", (&statement, Refusal::Suspended));
    // It may go on to learn what the network knows.
    let runtime = attack.province.runtime();
    let roster = runtime.block_on(connection.stream(Protocol::Sync.name()));
    assert!(roster.is_ok(), "a suspended member syncs");
    let letter = altered(&mut attack, |parts| {
        parts.content_type = "application/fundlink.letter.1+cbor".into();
    });
    let heard = attack.province.runtime().block_on(deliver(&connection, &letter));
    assert_eq!(heard, Heard::Refused(Refusal::Malformed), "a question is no letter");

    let revoke = ["net", "revoke", LINFEN.center, "--takeover", TAIYUAN.center];
    attack.province.member(AUTHORITY).run(&revoke).done();
    let closed = connection.is_closed_within(Duration::from_secs(20));
    assert!(attack.province.runtime().block_on(closed), "the connection outlives the membership");
    await_status(&mut attack.province, "revoked");
    let connection = attack.connect();
    for protocol in [Protocol::Query, Protocol::Transfer, Protocol::Sync] {
        let refused = attack.province.runtime().block_on(connection.stream(protocol.name()));
        assert!(refused.is_err(), "{protocol:?} is open to a revoked member");
    }
}

fn await_status(province: &mut Province, status: &str) {
    province.until("the roster with the new status at the victim", |province| {
        let roster = province.member(TAIYUAN).ask(&["net", "show"]);
        let members = roster["members"].as_array()?.clone();
        let linfen = members.into_iter().find(|member| member["center"] == LINFEN.center)?;
        (linfen["status"] == status).then_some(())
    });
}
