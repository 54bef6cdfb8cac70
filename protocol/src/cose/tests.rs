//! What a signed statement promises.

use proptest::prelude::*;

use super::*;
use crate::key::{Keyring, SigningRequest};
use crate::statement::membership::TagKeyBox;
use crate::testing::{DATONG, Province, TAIYUAN, keyring};

fn payload() -> TagKeyBox {
    TagKeyBox {
        from: TAIYUAN,
        to: DATONG,
        issued_at: Timestamp::from_ms(1_778_000_000_000),
        epoch: 1,
        sealed: vec![7; 80].into(),
        in_use: false,
    }
}

fn signed(center: CenterCode, network: &str) -> Vec<u8> {
    let mut keyring = keyring(center);
    let key = keyring.public(KeyPurpose::Statement).unwrap();
    let payload = cbor::encode(&payload());
    let unsigned = Unsigned::new(StatementKind::TagKeyBox, key.id(), payload);
    let message = unsigned.signing_bytes(network);
    let request = SigningRequest { purpose: KeyPurpose::Statement, message };
    unsigned.assemble(&keyring.sign(&[request]).unwrap()[0])
}

fn check(bytes: Vec<u8>) -> Result<Verified, Refusal> {
    let province = Province::new();
    province.verify(DATONG, bytes)
}

#[test]
fn a_signed_statement_verifies_and_says_who_said_it() {
    let verified = check(signed(TAIYUAN, "test")).unwrap();
    assert_eq!(verified.statement().from(), TAIYUAN);
    assert_eq!(verified.bytes(), signed(TAIYUAN, "test"));
}

#[test]
fn a_signature_counts_in_its_own_network_alone() {
    assert_eq!(check(signed(TAIYUAN, "other")).unwrap_err(), Refusal::Signature);
}

#[test]
fn a_member_cannot_speak_for_another() {
    assert_eq!(check(signed(DATONG, "test")).unwrap_err(), Refusal::Sender);
}

#[test]
fn a_key_outside_the_roster_is_unknown() {
    let stranger = CenterCode::new(140_700).unwrap();
    assert_eq!(check(signed(stranger, "test")).unwrap_err(), Refusal::KeyUnknown);
}

#[test]
fn only_a_roster_may_be_larger_than_a_statement() {
    let sign = |kind| {
        let unsigned = Unsigned::new(kind, KeyId::new([1; 16]), vec![0; STATEMENT_BYTES_MAX]);
        unsigned.assemble(&Signature([0; 64]))
    };
    assert!(Received::parse(sign(StatementKind::Roster)).is_ok());
    assert_eq!(Received::parse(sign(StatementKind::Letter)).unwrap_err(), Refusal::TooLarge);
}

#[test]
fn a_roster_is_never_verified_by_a_members_key() {
    let mut keyring = keyring(TAIYUAN);
    let key = keyring.public(KeyPurpose::Statement).unwrap();
    let roster = Province::new().node(TAIYUAN).engine.roster().clone();
    let unsigned = Unsigned::new(StatementKind::Roster, key.id(), cbor::encode(&*roster));
    let message = unsigned.signing_bytes("test");
    let request = SigningRequest { purpose: KeyPurpose::Statement, message };
    let bytes = unsigned.assemble(&keyring.sign(&[request]).unwrap()[0]);
    assert_eq!(check(bytes).unwrap_err(), Refusal::KeyUnknown);
}

#[test]
fn each_wrong_frame_has_its_refusal() {
    let bytes = signed(TAIYUAN, "test");
    let mut trailing = bytes.clone();
    trailing.push(0);
    assert_eq!(check(trailing).unwrap_err(), Refusal::Malformed);
    assert_eq!(check(bytes[..bytes.len() - 1].to_vec()).unwrap_err(), Refusal::Malformed);
    assert_eq!(check(Vec::new()).unwrap_err(), Refusal::Malformed);
    assert_eq!(check(vec![0; ROSTER_BYTES_MAX + 1]).unwrap_err(), Refusal::TooLarge);
    assert_eq!(check(vec![0x81; STATEMENT_BYTES_MAX]).unwrap_err(), Refusal::Malformed);
    // The label −8 of the algorithm is the byte 0x27; −7 (ES256) is 0x26.
    let algorithm = bytes.iter().position(|byte| *byte == 0x27).unwrap();
    let mut other = bytes.clone();
    other[algorithm] = 0x26;
    assert_eq!(check(other).unwrap_err(), Refusal::Algorithm);
    let name = bytes.windows(7).position(|window| window == b"tag-key").unwrap();
    let mut unknown = bytes;
    unknown[name] = b'T';
    assert_eq!(check(unknown).unwrap_err(), Refusal::UnknownStatement);
}

proptest! {
    #[test]
    fn no_changed_byte_is_accepted(place in 0_usize..10_000, change in 1_u8..=255) {
        let mut bytes = signed(TAIYUAN, "test");
        let place = place % bytes.len();
        bytes[place] ^= change;
        prop_assert!(check(bytes).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Received::parse(bytes).is_err());
    }
}
