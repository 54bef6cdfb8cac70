//! Policies as the specification writes them, and what they accept.

use ed25519_dalek::{Signer as _, SigningKey};

use super::*;
use crate::id::TreeHash;
use crate::log::checkpoint::tests::{key_pair, sign};
use crate::log::cosignature::{message, signed};
use crate::log::note::KeyKind;
use crate::log::origin::Origin;
use crate::log::tree::TreeSize;

const LOG: &str = "example.com/log";

fn log_key() -> (SigningKey, VerifierKey) {
    key_pair(1, LOG, KeyKind::Log)
}

fn witness(number: u8) -> (SigningKey, VerifierKey) {
    key_pair(10 + number, &format!("witness.example/w{number}"), KeyKind::Cosigner)
}

fn cosigned_by(witnesses: &[u8]) -> SignedNote {
    let (secret, key) = log_key();
    let checkpoint = Checkpoint {
        origin: Origin::new(LOG).unwrap(),
        size: TreeSize::new(5).unwrap(),
        root: TreeHash::new([5; 32]),
    };
    let mut note = sign(&checkpoint, &secret, &key);
    for number in witnesses {
        let (secret, key) = witness(*number);
        let time = CosignedAt::from_timestamp(crate::time::Timestamp::from_ms(1_700_000_000_123));
        let signature = secret.sign(&message(note.text(), time)).to_bytes();
        let line = signed(note.text(), time, &key, signature).unwrap();
        note.add(line).unwrap();
    }
    note
}

/// The example of tlog-policy, with keys filled in.
fn example() -> String {
    let key = |number| witness(number).1;
    format!(
        "log {}\n\nwitness X1 {}\nwitness X2 {}\nwitness X3 {}\ngroup X-witnesses 2 X1 X2 X3\n\n\
         # the other organization\nwitness Y1 {}\nwitness Y2 {}\n\twitness  Y3 {} https://y3.example/ \n\
         group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
        log_key().1,
        key(1),
        key(2),
        key(3),
        key(4),
        key(5),
        key(6),
    )
}

#[test]
fn the_example_of_the_specification_asks_for_two_x_and_one_y() {
    let policy = Policy::parse(example().as_bytes()).unwrap();
    for (witnesses, accepted) in [
        (&[][..], false),
        (&[1, 2], false),
        (&[4, 5, 6], false),
        (&[1, 4, 5, 6], false),
        (&[1, 2, 4], true),
        (&[2, 3, 6], true),
        (&[1, 2, 3, 4, 5, 6], true),
    ] {
        let checked = policy.check(&cosigned_by(witnesses));
        assert_eq!(checked.is_ok(), accepted, "{witnesses:?}");
    }
}

#[test]
fn what_is_written_reads_as_the_same_policy() {
    let policy = Policy::parse(example().as_bytes()).unwrap();
    assert_eq!(Policy::parse(&policy.encode()), Ok(policy));
    let majority = Policy::majority(vec![log_key().1], (1..=4).map(|n| witness(n).1).collect());
    let majority = majority.unwrap();
    assert_eq!(Policy::parse(&majority.encode()), Ok(majority));
    let logged = Policy::logged(vec![log_key().1]);
    assert_eq!(Policy::parse(&logged.encode()), Ok(logged));
}

#[test]
fn a_majority_is_more_than_half() {
    for (count, needed) in [(1, 1), (2, 2), (3, 2), (4, 3)] {
        let witnesses = (1..=count).map(|number| witness(number).1).collect();
        let policy = Policy::majority(vec![log_key().1], witnesses).unwrap();
        for present in 0..=count {
            let names: Vec<u8> = (1..=present).collect();
            let checked = policy.check(&cosigned_by(&names));
            assert_eq!(checked.is_ok(), present >= needed, "{present} of {count}");
        }
    }
    assert_eq!(Policy::majority(vec![log_key().1], Vec::new()), None);
    assert_eq!(Policy::majority(Vec::new(), vec![witness(1).1, witness(1).1]), None);
}

#[test]
fn a_checkpoint_of_another_log_or_with_a_false_line_is_refused() {
    let note = cosigned_by(&[1]);
    let (_, other) = key_pair(1, "example.com/other", KeyKind::Log);
    assert_eq!(Policy::logged(vec![other]).check(&note), Err(PolicyError::UnknownLog));
    let (_, successor) = key_pair(2, LOG, KeyKind::Log);
    assert_eq!(
        Policy::logged(vec![successor.clone()]).check(&note),
        Err(CheckpointError::from(NoteError::Unsigned).into())
    );
    // Two keys of one log: the one that signed counts.
    assert!(Policy::logged(vec![successor, log_key().1]).check(&note).is_ok());
    let forged = note.to_string().replace("\n5\n", "\n6\n");
    let forged = SignedNote::parse(forged.as_bytes()).unwrap();
    assert_eq!(
        Policy::logged(vec![log_key().1]).check(&forged),
        Err(CheckpointError::from(NoteError::BadSignature).into())
    );
}

#[test]
fn a_broken_rule_is_named_with_its_line() {
    let (log, first, second) = (log_key().1, witness(1).1, witness(2).1);
    let two = format!("witness a {first}\nwitness b {second}\n");
    for (file, line, rule) in [
        (String::new(), 0, PolicyRule::Quorum),
        ("quorum none".into(), 1, PolicyRule::Unterminated),
        ("quorum none\r\n".into(), 1, PolicyRule::ControlCharacter),
        ("quorum none\nquorum none\n".into(), 2, PolicyRule::Quorum),
        ("quorum a\n".into(), 1, PolicyRule::UnknownName),
        ("quorum\n".into(), 1, PolicyRule::Form),
        ("policy none\n".into(), 1, PolicyRule::Form),
        (format!("log {first}\n"), 1, PolicyRule::Key),
        (format!("witness a {log}\n"), 1, PolicyRule::Key),
        (format!("log {log}\nlog {log}\n"), 2, PolicyRule::DuplicateKey),
        (format!("witness a {first}\nwitness b {first}\n"), 2, PolicyRule::DuplicateKey),
        (format!("witness a {first}\nwitness a {second}\n"), 2, PolicyRule::DuplicateName),
        (format!("witness none {first}\n"), 1, PolicyRule::DuplicateName),
        (format!("{two}group b any a\n"), 3, PolicyRule::DuplicateName),
        (format!("{two}group g any\n"), 3, PolicyRule::Form),
        (format!("{two}group g any none\n"), 3, PolicyRule::UnknownName),
        (format!("{two}group g any g\n"), 3, PolicyRule::UnknownName),
        (format!("{two}group g all a a\n"), 3, PolicyRule::DoubleMember),
        (format!("{two}group g any a\ngroup h any a b\n"), 4, PolicyRule::DoubleMember),
        (format!("{two}group g 0 a b\n"), 3, PolicyRule::Threshold),
        (format!("{two}group g 3 a b\n"), 3, PolicyRule::Threshold),
        (format!("{two}group g +1 a b\n"), 3, PolicyRule::Threshold),
    ] {
        let error = PolicyParseError { line, rule };
        assert_eq!(Policy::parse(file.as_bytes()), Err(error), "{file}");
    }
}

#[test]
fn names_are_opaque_octets() {
    let file = [
        b"witness \xff\xfe ".as_slice(),
        witness(1).1.to_string().as_bytes(),
        b"\nquorum \xff\xfe\n",
    ]
    .concat();
    let policy = Policy::parse(&file).unwrap();
    assert_eq!(policy.encode(), file);
}

#[test]
fn a_witness_counts_once_under_whatever_name_or_key() {
    let threshold = |witnesses: Vec<VerifierKey>, least| {
        Policy::threshold(vec![log_key().1], witnesses, least).is_some()
    };
    let key = |seed, name| key_pair(seed, name, KeyKind::Cosigner).1;
    let (one, two) = (key(11, "witness.example/w1"), key(12, "witness.example/w2"));
    assert!(threshold(vec![one.clone(), two], 2));
    assert!(!threshold(vec![one.clone(), key(11, "witness.example/w2")], 1), "one key");
    assert!(!threshold(vec![one.clone(), key(12, "witness.example/w1")], 1), "one name");
    for (least, is_policy) in [(0, false), (1, true), (2, false)] {
        assert_eq!(threshold(vec![one.clone()], least), is_policy, "{least}");
    }
}
