//! What the verifying workers promise.

use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::{Unsigned, purpose_of};
use fundlink_protocol::key::{KeyPurpose, Keyring as _, MemoryKeyring, SigningRequest};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::roster::{MemberKey, Roster};
use fundlink_protocol::statement::heartbeat::Heartbeat;
use fundlink_protocol::statement::{Payload as _, StatementKind};
use tokio::sync::mpsc::unbounded_channel;

use super::*;
use crate::engine_loop;
use crate::metrics::Metrics;

const SEED: [u8; 32] = [7; 32];

fn center() -> CenterCode {
    CenterCode::parse("140100").unwrap()
}

fn keyring() -> MemoryKeyring {
    MemoryKeyring::new([(KeyPurpose::Statement, SEED)])
}

fn roster(keys: Vec<MemberKey>) -> Arc<Roster> {
    Arc::new(engine_loop::tests::roster(keys))
}

fn statement_key() -> MemberKey {
    let public = keyring().public(KeyPurpose::Statement).unwrap();
    let from = Timestamp::from_ms(0);
    MemberKey { purpose: KeyPurpose::Statement, public, from, until: None }
}

fn heartbeat(roster_version: u64) -> Vec<u8> {
    let heartbeat = Heartbeat {
        from: center(),
        issued_at: Timestamp::from_ms(1),
        checkpoint: None,
        roster_version,
        software: "test".into(),
        unusable_records: 0,
        modes: Vec::new(),
        data: None,
        leaves_ahead: 0,
    };
    assert_eq!(Heartbeat::KIND, StatementKind::Heartbeat);
    let keyring = keyring();
    let id = keyring.public(KeyPurpose::Statement).unwrap().id();
    let unsigned = Unsigned::new(Heartbeat::KIND, id, cbor::encode(&heartbeat));
    let message = unsigned.signing_bytes("test");
    let request = SigningRequest { purpose: purpose_of(Heartbeat::KIND), message };
    unsigned.assemble(&keyring.sign_one(&request).unwrap())
}

fn start(roster: RosterInForce, metrics: &Metrics) -> (Verification, Workers) {
    let rules = Rules {
        network: NetworkName::parse("test").unwrap(),
        roster,
        clock: Box::new(|| Timestamp::from_ms(10)),
        metrics: metrics.verification.clone(),
    };
    Verification::start(rules).unwrap()
}

#[tokio::test]
async fn every_job_ends_once_with_what_came_of_it() {
    let in_force = RosterInForce::new(roster(Vec::new()));
    let metrics = Metrics::new();
    let (verification, workers) = start(in_force.clone(), &metrics);
    let (ends, mut ended) = unbounded_channel();
    let submit = async |number: u64, bytes: Vec<u8>| {
        let ends = ends.clone();
        let then = move |verified: Result<Box<Verified>, Refusal>| {
            ends.send((number, verified.map(|verified| verified.statement().from()))).unwrap();
        };
        verification.submit(bytes, then).await;
    };
    submit(0, heartbeat(0)).await;
    assert_eq!(ended.recv().await, Some((0, Err(Refusal::KeyUnknown))));
    in_force.replace(roster(vec![statement_key()]));
    for number in 1..=300 {
        let mut bytes = heartbeat(number);
        if number % 3 == 0 {
            *bytes.last_mut().unwrap() ^= 1;
        } else if number % 3 == 1 {
            bytes.push(0);
        }
        submit(number, bytes).await;
    }
    let mut seen = Vec::new();
    for _ in 0..300 {
        let (number, outcome) = ended.recv().await.unwrap();
        let expected = match number % 3 {
            0 => Err(Refusal::Signature),
            1 => Err(Refusal::Malformed),
            _ => Ok(center()),
        };
        assert_eq!(outcome, expected, "{number}");
        seen.push(number);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=300).collect::<Vec<u64>>());
    assert_eq!(metrics.verification.verified.get(), 100);
    drop(verification);
    workers.join().await;
}

#[tokio::test]
async fn a_note_of_no_listed_log_is_no_checkpoint() {
    let (verification, workers) =
        start(RosterInForce::new(roster(vec![statement_key()])), &Metrics::new());
    for (bytes, refusal) in
        [(b"no note".to_vec(), Refusal::Malformed), (heartbeat(1), Refusal::Malformed)]
    {
        let (end, ended) = tokio::sync::oneshot::channel();
        let then = move |verified: Result<Box<VerifiedCheckpoint>, Refusal>| {
            end.send(verified.map(drop)).unwrap();
        };
        verification.submit_checkpoint(bytes, then).await;
        assert_eq!(ended.await.unwrap(), Err(refusal));
    }
    drop(verification);
    workers.join().await;
}
