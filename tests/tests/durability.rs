//! No byte that promises something leaves a socket before the fdatasync that covers it: seen from outside,
//! in what a running node asks of the operating system.
//!
//! **Promises.** A machine on which programs cannot be traced fails this test, and says so. Answers to business
//! systems and to peers are both held against the order of system calls; what goes to a peer is encrypted,
//! so there the bytes of a connection on which nothing else is said are counted.
//! **Left to others.** What survives a kill: `kill`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails a test")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fundlink_node::store::sled::SledStore;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::Received;
use fundlink_protocol::statement::StatementKind;
use fundlink_protocol::store::Store as _;
use fundlink_protocol::time::Timestamp;
use fundlink_testnet::member::{AUTHORITY, DATONG, Identity, TAIYUAN};
use fundlink_tests::dump::Dump;
use fundlink_tests::people::LI_IN_DATONG;
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::rogue::{Heard, Rogue, ask};
use fundlink_tests::trace::{self, Call};

/// A name that nobody else has, so that its bytes are found wherever they go.
const NAME: &str = "Marker-of-what-was-promised";
/// How late each fdatasync returns: far longer than anything else takes.
const DELAY: Duration = Duration::from_millis(700);

fn on_store(call: &Call) -> bool {
    call.on.contains(&trace::digits(b"/data/store/db"))
}

/// The end of the first fdatasync of the store that covers a write of these bytes.
fn durable<'a>(calls: &'a [Call], digits: &str) -> (&'a Call, &'a Call) {
    let writes = |call: &&Call| call.name.starts_with("pwrite") && on_store(call);
    let write = calls.iter().filter(writes).find(|call| call.bytes.contains(digits));
    let write = write.expect("the store was written");
    let covers = |call: &&Call| {
        call.name == "fdatasync" && on_store(call) && call.begins > write.ends && call.result == 0
    };
    (write, calls.iter().find(covers).expect("the write was made durable"))
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Statements of a member that the authority has not confirmed.
fn waiting(province: &Province, at: Identity) -> u64 {
    let status = province.member(at).ask(&["status"]);
    let members = status["members"].as_array().unwrap();
    let authority = members.iter().find(|member| member["center"] == AUTHORITY.center).unwrap();
    authority["waiting"].as_u64().unwrap()
}

#[test]
fn nothing_is_promised_before_it_is_durable() {
    trace::require();
    let mut province = Province::form(&Plan::of(&[DATONG]));
    let file = province.folder().join("strace");
    province.member_mut(AUTHORITY).stop();
    province.member_mut(AUTHORITY).start_traced(&file, DELAY);

    // A local command.
    province.member(AUTHORITY).run(&["net", "rename", DATONG.center, NAME]).done();
    // A statement of a peer: a new key for the roster.
    province.until("an empty outbox", |province| (waiting(province, DATONG) == 0).then_some(()));
    province.member(DATONG).run(&["net", "rotate", "statement"]).done();
    province
        .until("a statement on its way", |province| (waiting(province, DATONG) > 0).then_some(()));
    let confirmed = province.until("the authority's word", |province| {
        let seen = now();
        (waiting(province, DATONG) == 0).then_some(seen)
    });
    province.member_mut(AUTHORITY).stop();
    province.member_mut(DATONG).stop();

    let calls = trace::read(&file);
    let name = trace::digits(NAME.as_bytes());
    let reads = |call: &&Call| {
        matches!(call.name.as_str(), "read" | "recvfrom" | "recvmsg" | "readv")
            && call.on.contains("UNIX")
    };
    let asked = calls.iter().filter(reads).find(|call| call.bytes.contains(&name)).unwrap();
    let (write, durable_at) = durable(&calls, &name);
    let answers = |call: &&Call| sends(call) && call.on == asked.on && call.begins > asked.ends;
    let answer = calls.iter().find(answers).expect("the command was answered");
    assert!(asked.ends < write.begins, "what is written follows from what was asked");
    assert!(
        answer.begins > durable_at.ends,
        "the answer left on line {} of the trace, and was durable on line {}",
        answer.begins,
        durable_at.ends
    );

    let (_, durable_at) = durable(&calls, &trace::digits(&key_change(&province)));
    let earliest = durable_at.at + DELAY.as_secs_f64();
    // The moment before the look that saw it.
    assert!(confirmed > earliest - 0.05, "confirmed at {confirmed}, durable at {earliest}");
}

/// Whether bytes leave by this call.
fn sends(call: &Call) -> bool {
    matches!(call.name.as_str(), "write" | "writev" | "sendto" | "sendmsg") && call.result > 0
}

/// The calls about a socket.
fn on<'a>(calls: &'a [Call], socket: &str) -> Vec<&'a Call> {
    calls.iter().filter(|call| call.on == socket).collect()
}

/// Those of them by which bytes leave after a moment.
fn sent<'a>(calls: &'a [Call], socket: &str, after: f64) -> Vec<&'a Call> {
    on(calls, socket).into_iter().filter(|call| sends(call) && call.at > after).collect()
}

/// The bytes that leave by these calls.
fn bytes(calls: &[&Call]) -> u64 {
    calls.iter().map(|call| u64::try_from(call.result).expect("some bytes")).sum()
}

/// What a member was told by a node that is traced.
struct Told {
    /// Before it dialled.
    dialled: f64,
    /// Before it asked.
    asked: f64,
    /// The signature of the question.
    question: String,
    /// The bytes of the answer.
    answer: u64,
}

/// Taiyuan asks Datong twice on a connection of its own: the first time settles everything but questions.
fn ask_twice(province: &Province, rogue: &mut Rogue, now: Timestamp) -> Told {
    let (member, to) = (province.member(DATONG), CenterCode::parse(DATONG.center).unwrap());
    province.runtime().block_on(async {
        let dialled = self::now();
        let connection = rogue.connect(member).await;
        let question = rogue.question(to, 1, now, &LI_IN_DATONG);
        let first = ask(&connection, &rogue.sign(&question)).await;
        assert!(matches!(first, Heard::Answer(_)), "{first:?}");
        let question = rogue.sign(&rogue.question(to, 2, now, &LI_IN_DATONG));
        let asked = self::now();
        let heard = ask(&connection, &question).await;
        let answer = if let Heard::Answer(answer) = heard { Some(answer) } else { None };
        let answer = answer.expect("a member may ask");
        let question = trace::digits(&question[question.len() - 64..]);
        Told { dialled, asked, question, answer: u64::try_from(answer.len()).unwrap() }
    })
}

#[test]
fn no_answer_leaves_for_a_peer_before_its_question_is_durable() {
    trace::require();
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG]) };
    let mut province = Province::form(&plan);
    province.set_mode("query", "answer");
    province.import(DATONG, &Dump::of(&[LI_IN_DATONG]));
    let mut rogue = Rogue::of(province.member(TAIYUAN));
    province.member_mut(TAIYUAN).stop();
    let file = province.folder().join("strace");
    province.member_mut(DATONG).stop();
    province.member_mut(DATONG).start_traced(&file, DELAY);
    let told = ask_twice(&province, &mut rogue, province.now());
    let port = province.member(DATONG).peer_port();
    province.member_mut(DATONG).stop();

    let calls = trace::read(&file);
    let (_, durable_at) = durable(&calls, &told.question);
    assert!(durable_at.at > told.asked, "the question is news");
    // The connection is the one that nobody had before and that carried an answer.
    let own = format!("TCP:[127.0.0.1:{port}->");
    let sockets: std::collections::BTreeSet<&str> =
        calls.iter().map(|call| call.on.as_str()).filter(|on| on.starts_with(&own)).collect();
    let carried: Vec<&str> = sockets
        .into_iter()
        .filter(|socket| on(&calls, socket).iter().all(|call| call.at > told.dialled))
        .filter(|socket| bytes(&sent(&calls, socket, told.asked)) >= told.answer)
        .collect();
    assert_eq!(carried.len(), 1, "{carried:?} carried an answer");
    let socket = carried[0];
    let (before, after): (Vec<&Call>, Vec<&Call>) = sent(&calls, socket, told.asked)
        .into_iter()
        .partition(|call| call.begins < durable_at.ends);
    let (before, after) = (bytes(&before), bytes(&after));
    assert!(
        before < told.answer && after >= told.answer,
        "of an answer of {} bytes, {before} had left when its question was durable, {after} after",
        told.answer
    );
}

/// The signature of the statement that Datong has sent.
fn key_change(province: &Province) -> Vec<u8> {
    let store = SledStore::open(&province.member(DATONG).home.join("data")).unwrap();
    let rows = store.range(b"S", b"T", usize::MAX).unwrap();
    let sent = rows.into_iter().find_map(|(_, bytes)| {
        let received = Received::parse(bytes.clone()).ok()?;
        (received.kind() == StatementKind::KeyChange).then_some(bytes)
    });
    let sent = sent.expect("a change of keys was sent");
    sent[sent.len() - 64..].to_vec()
}
