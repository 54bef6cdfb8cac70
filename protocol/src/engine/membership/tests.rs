//! What key changes promise.

use super::*;
use crate::engine::command::{Command, Reply};
use crate::engine::output::NetworkEvent;
use crate::engine::rosters::command::{NetCommand, NetReply};
use crate::engine::{following, heartbeats};
use crate::key::KeyPurpose;
use crate::limits::KEY_OVERLAP_MS;
use crate::log::origin::LogId;
use crate::log_trust::VerifiedCheckpoint;
use crate::roster::enrolment;
use crate::store::keys::{Area, key};
use crate::store::{Store as _, prefix_end};
use crate::testing::rotated;
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, logs, network, seed};

fn change_key(province: &mut Province, purpose: KeyPurpose, byte: u8) {
    let mut new = rotated(DATONG, purpose, byte);
    let key = enrolment::offer_key(&network(), DATONG, purpose, &mut new).unwrap();
    let reply = province.command(DATONG, Command::Net(NetCommand::ChangeKey(key))).unwrap();
    assert!(matches!(*reply, Reply::Net(NetReply::Sent(_))));
    province.connect_all();
}

fn outbox_rows(province: &mut Province, center: CenterCode) -> usize {
    let prefix = key(Area::Outbox, &[]);
    province.node(center).engine.store().range(&prefix, &prefix_end(&prefix), 100).unwrap().len()
}

#[test]
fn a_member_rotates_its_statement_key_and_both_keys_count_for_thirty_days() {
    let mut province = Province::new();
    let before = province.node(AUTHORITY).engine.roster().version;
    change_key(&mut province, KeyPurpose::Statement, 0x55);
    assert_eq!(outbox_rows(&mut province, DATONG), 0);
    let roster = province.node(TAIYUAN).engine.roster().clone();
    assert_eq!(roster.version, before + 1);
    let in_force =
        |at| roster.member(DATONG).unwrap().keys_in_force(KeyPurpose::Statement, at).count();
    assert_eq!(in_force(province.now), 2);
    assert_eq!(in_force(province.now.plus_ms(KEY_OVERLAP_MS)), 1);
    // Another change of the same key has to wait: the request is refused, the old keys stay.
    change_key(&mut province, KeyPurpose::Statement, 0x56);
    assert_eq!(province.node(AUTHORITY).engine.roster().version, before + 1);
    assert_eq!(outbox_rows(&mut province, DATONG), 0, "a refusal ends delivery");
    change_key(&mut province, KeyPurpose::Log, 0x57);
    assert_eq!(province.node(AUTHORITY).engine.roster().version, before + 2);
}

#[test]
fn a_quiet_log_is_signed_again_by_its_new_key_and_stays_current() {
    let mut province = Province::new();
    let log = LogId::public(DATONG, 1);
    logs::publish(&mut province, DATONG, 0..3);
    province.advance(2_000);
    assert_eq!(logs::witnessed(&mut province, TAIYUAN, log), Some(logs::size(3)));
    change_key(&mut province, KeyPurpose::Log, 0x57);
    province.node(DATONG).keyring = rotated(DATONG, KeyPurpose::Log, 0x57);
    // The audit log has grown by the request, and both logs are signed together.
    province.restart(DATONG);
    province.advance(10_000);
    province.advance(KEY_OVERLAP_MS);
    province.advance(61_000);
    let newest = province.act(DATONG, |round| following::latest_note(round, log).unwrap().unwrap());
    let now = province.now;
    let trust = province.node(TAIYUAN).engine.log_trust(now);
    assert!(VerifiedCheckpoint::verify(&newest.encode(), &trust).is_ok());
    assert_eq!(trust.cosignatures(log, &newest), 3);
    assert!(province.act(TAIYUAN, |round| heartbeats::is_current(round, DATONG).unwrap()));
}

#[test]
fn a_rotated_sealing_key_gets_the_tag_key_again() {
    let mut province = Province::new();
    change_key(&mut province, KeyPurpose::Sealing, 0x55);
    province.now = province.now.plus_ms(60_000);
    // The node starts again with both secrets.
    let secrets = [seed(DATONG, KeyPurpose::Sealing), [0x55; 32]];
    province.node(DATONG).tagger = crate::subject::MemoryTagger::new(secrets.map(Into::into));
    province.restart(DATONG);
    province.connect_all();
    for center in [TAIYUAN, LINFEN] {
        assert_eq!(outbox_rows(&mut province, center), 0, "every box was taken");
    }
    let epoch = crate::subject::TagEpoch(1);
    // The old secret is destroyed: the box that came since opens with the new one.
    province.node(DATONG).tagger = crate::subject::MemoryTagger::new([[0x55; 32].into()]);
    province.restart(DATONG);
    assert!(crate::subject::Tagger::holds(&province.node(DATONG).tagger, epoch));
    let differs = |(_, event): &(CenterCode, Event)| {
        matches!(event, Event::Network(NetworkEvent::TagKeyDiffers { .. }))
    };
    assert!(!province.events.iter().any(differs));
}

#[test]
fn what_waited_until_its_key_had_ended_is_signed_again_and_taken() {
    let mut province = Province::new();
    change_key(&mut province, KeyPurpose::Statement, 0x55);
    // Datong, still with its old key, asks for another change while the authority is away.
    province.cut.extend([(DATONG, AUTHORITY), (AUTHORITY, DATONG)]);
    let mut new = rotated(DATONG, KeyPurpose::Witness, 0x66);
    let offer = enrolment::offer_key(&network(), DATONG, KeyPurpose::Witness, &mut new).unwrap();
    province.command(DATONG, Command::Net(NetCommand::ChangeKey(offer))).unwrap();
    assert_eq!(outbox_rows(&mut province, DATONG), 1);
    let before = province.node(AUTHORITY).engine.roster().version;
    province.cut.clear();
    province.now = province.now.plus_ms(KEY_OVERLAP_MS);
    province.node(DATONG).keyring = rotated(DATONG, KeyPurpose::Statement, 0x55);
    province.input(DATONG, crate::engine::input::Input::Connected { center: AUTHORITY });
    province.drive();
    assert_eq!(outbox_rows(&mut province, DATONG), 0);
    let roster = province.node(AUTHORITY).engine.roster().clone();
    assert!(roster.version > before);
    let listed = roster.member(DATONG).unwrap().keys.iter().any(|key| key.public == offer.public);
    assert!(listed);
}

#[test]
fn a_statement_whose_key_was_revoked_is_not_signed_again_by_itself() {
    let mut province = Province::new();
    province.cut.extend([(DATONG, AUTHORITY), (AUTHORITY, DATONG)]);
    let mut new = rotated(DATONG, KeyPurpose::Witness, 0x66);
    let offer = enrolment::offer_key(&network(), DATONG, KeyPurpose::Witness, &mut new).unwrap();
    province.command(DATONG, Command::Net(NetCommand::ChangeKey(offer))).unwrap();
    let revoke = NetCommand::Revoke { center: DATONG, takeover: LINFEN, compromised: true };
    province.command(AUTHORITY, Command::Net(revoke)).unwrap();
    province.cut.clear();
    province.now = province.now.plus_ms(60_000);
    province.round(DATONG, vec![crate::engine::input::Input::Connected { center: AUTHORITY }]);
    province.drive();
    assert_eq!(outbox_rows(&mut province, DATONG), 0, "the refusal ends delivery");
    let refused = (DATONG, Event::Refused { from: AUTHORITY, refusal: Refusal::KeyEnded });
    assert!(province.events.contains(&refused));
}
