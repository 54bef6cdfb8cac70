//! No byte that promises something leaves a socket before the fdatasync that covers it: seen from outside,
//! in what a running node asks of the operating system.
//!
//! **Promises.** A machine on which programs cannot be traced fails this test, and says so.
//! **Left to others.** What survives a kill: `kill`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails a test")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fundlink_node::store::sled::SledStore;
use fundlink_protocol::cose::Received;
use fundlink_protocol::statement::StatementKind;
use fundlink_protocol::store::Store as _;
use fundlink_testnet::member::{AUTHORITY, DATONG, Identity};
use fundlink_tests::province::{Plan, Province};
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
    let sends = |call: &&Call| {
        matches!(call.name.as_str(), "write" | "writev" | "sendto" | "sendmsg")
            && call.on == asked.on
            && call.begins > asked.ends
    };
    let answer = calls.iter().find(sends).expect("the command was answered");
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
