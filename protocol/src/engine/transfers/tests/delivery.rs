//! Statements out of order, doubled, forged, or said by somebody else; and what others can check.

use super::world::{World, application, clerk, newcomer, saver};
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::{Unsigned, Verified};
use crate::digest::{Digest, DigestStatus};
use crate::engine::records::StoredAccount;
use crate::engine::tag_index;
use crate::engine::transfer_command::Decision;
use crate::id::{PayloadHash, TransferId};
use crate::key::{KeyPurpose, Keyring, SigningRequest};
use crate::mode::Mode;
use crate::refusal::Refusal;
use crate::statement::transfer::letter::{Cancellation, Letter};
use crate::statement::transfer::reply::{Acceptance, IdentityMatch};
use crate::statement::transfer::{StepHead, step};
use crate::statement::{Payload, Statement};
use crate::store::Staged;
use crate::subject::{Reference, TagEpoch, Tagger};
use crate::testing::people::{LI, ZHANG, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};
use crate::wire::DeliveryReply;

const OLD: &str = "9923041500021";

fn world() -> World {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    World::new("2026-05-20", vec![old, newcomer(TAIYUAN, "0126050100001", LI)])
}

/// A statement, signed by its sender and verified as a node does.
pub(super) fn signed<P: Payload>(province: &mut Province, payload: &P) -> Verified {
    let keyring = &province.node(payload.from()).keyring;
    let key = keyring.public(KeyPurpose::Statement).unwrap();
    let unsigned = Unsigned::new(P::KIND, key.id(), cbor::encode(payload));
    let message = unsigned.signing_bytes("test");
    let request = SigningRequest { purpose: KeyPurpose::Statement, message };
    let bytes = unsigned.assemble(&keyring.sign_one(&request).unwrap());
    province.verify(payload.to().unwrap(), bytes).unwrap()
}

/// Delivers a statement and gives the reply, as the connection of `from` would get it.
pub(super) fn deliver(
    province: &mut Province,
    from: CenterCode,
    statement: &Verified,
) -> DeliveryReply {
    let to = statement.statement().to().unwrap();
    let reply = province.act(to, |round| super::super::reply_to(round, from, statement).unwrap());
    province.drive();
    reply
}

pub(super) fn letter(world: &mut World, transfer: TransferId) -> Letter {
    let store = world.province.node(TAIYUAN).engine.store().clone();
    super::super::find(&Staged::new(&store), transfer).unwrap().unwrap().1.letter
}

fn head(transfer: TransferId, step: u32, (from, to): (CenterCode, CenterCode)) -> StepHead {
    StepHead {
        from,
        to,
        issued_at: crate::time::Timestamp::from_ms(1_779_206_400_000),
        transfer,
        step,
        answers: PayloadHash::new(*transfer.as_bytes()),
    }
}

#[test]
fn a_letter_sent_twice_locks_once_and_gets_the_same_answer() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let letter = letter(&mut world, transfer);
    let again = signed(&mut world.province, &letter);
    let before = world.show(DATONG, transfer);
    for _ in 0..3 {
        let reply = deliver(&mut world.province, TAIYUAN, &again);
        assert_eq!(reply, DeliveryReply::Committed(again.hash()));
    }
    assert_eq!(world.show(DATONG, transfer), before);
}

#[test]
fn a_letter_of_a_clock_that_is_ahead_waits_until_its_time_has_come() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let now = world.province.now;
    let ahead = |minutes: i64, serial: &str, world: &mut World| {
        let number = crate::letter_number::LetterNumber::parse(serial).unwrap();
        let issued_at = now.plus_ms(minutes * 60_000);
        let letter = Letter { issued_at, number, ..letter(world, transfer) };
        signed(&mut world.province, &letter)
    };
    let soon = ahead(10, "1401002605200002", &mut world);
    let reply = deliver(&mut world.province, TAIYUAN, &soon);
    assert_eq!(reply, DeliveryReply::Later(Refusal::Future));
    let another_day = ahead(2 * 1_440, "1401002605200003", &mut world);
    let reply = deliver(&mut world.province, TAIYUAN, &another_day);
    assert_eq!(reply, DeliveryReply::Refused(Refusal::Future));
    world.wait_minutes(9);
    let reply = deliver(&mut world.province, TAIYUAN, &soon);
    assert_eq!(reply, DeliveryReply::Committed(soon.hash()));
}

#[test]
fn a_number_that_was_used_for_another_letter_is_refused_with_the_older_one() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let first = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let other = person(ZHANG);
    let forged = Letter { document: other.document, ..letter(&mut world, first) };
    let forged = signed(&mut world.province, &forged);
    let reply = deliver(&mut world.province, TAIYUAN, &forged);
    assert_eq!(reply, DeliveryReply::Committed(forged.hash()));
    let second = TransferId::new(*forged.hash().as_bytes());
    assert_eq!(world.show(DATONG, second).line.state.name(), "rejected");
    assert_eq!(world.show(DATONG, first).line.state.name(), "held", "the first goes on");
    let said = world.show(DATONG, second).statements;
    let store = world.province.node(DATONG).engine.store().clone();
    let place = crate::store::keys::key(crate::store::keys::Area::Statement, &[said[1].as_bytes()]);
    let bytes = crate::store::Store::get(&store, &place).unwrap().unwrap();
    let refusal = world.province.verify(TAIYUAN, bytes).unwrap();
    let Statement::TransferRefusal(refusal) = refusal.statement() else { panic!("no refusal") };
    assert_eq!(refusal.older, Some(first));
    assert_eq!(refusal.reason.to_string(), "R14");
}

#[test]
fn what_comes_before_its_predecessor_is_kept_and_counts_in_its_turn() {
    let mut world = world();
    world.province.set_modes(DATONG, Mode::Confirm);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    // Step 4 of Taiyuan before step 2 and 3: a withdrawal that is said three times.
    let withdrawal =
        |step| step!(head(transfer, step, (TAIYUAN, DATONG)), Cancellation { remark: None });
    let said: Vec<Verified> =
        [2, 3, 4].map(|step| signed(&mut world.province, &withdrawal(step))).into();
    let pending = DeliveryReply::Pending(said[2].hash());
    assert_eq!(deliver(&mut world.province, TAIYUAN, &said[2]), pending.clone());
    assert_eq!(deliver(&mut world.province, TAIYUAN, &said[2]), pending);
    assert_eq!(world.show(DATONG, transfer).line.state.name(), "held");
    for n in [0, 1] {
        let reply = deliver(&mut world.province, TAIYUAN, &said[n]);
        assert_eq!(reply, DeliveryReply::Committed(said[n].hash()));
    }
    let reply = deliver(&mut world.province, TAIYUAN, &said[2]);
    assert_eq!(reply, DeliveryReply::Committed(said[2].hash()), "it was handled with the third");
    let view = world.show(DATONG, transfer);
    assert_eq!(view.line.state.name(), "released");
    let heard: Vec<PayloadHash> = said.iter().map(Verified::hash).collect();
    let kept = view.statements.iter().filter(|hash| heard.contains(hash)).copied();
    assert_eq!(kept.collect::<Vec<_>>(), heard, "in the order of their steps");
}

#[test]
fn a_step_that_was_used_far_ahead_or_of_an_unknown_transfer_is_refused() {
    let mut world = world();
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let accept = |transfer, step| {
        let identity = IdentityMatch::Exact;
        step!(head(transfer, step, (DATONG, TAIYUAN)), Acceptance { identity })
    };
    for (transfer, step, refusal) in [
        (transfer, 1, Refusal::IdReused),
        (transfer, 999, Refusal::Overloaded),
        (TransferId::new([9; 32]), 1, Refusal::NotFound),
    ] {
        let said = signed(&mut world.province, &accept(transfer, step));
        let reply = deliver(&mut world.province, DATONG, &said);
        assert_eq!(reply, DeliveryReply::Refused(refusal), "step {step}");
    }
    // Linfen says something in a transfer that it has no part in.
    let identity = IdentityMatch::Exact;
    let stranger = step!(head(transfer, 3, (LINFEN, TAIYUAN)), Acceptance { identity });
    let stranger = signed(&mut world.province, &stranger);
    let reply = deliver(&mut world.province, LINFEN, &stranger);
    assert_eq!(reply, DeliveryReply::Refused(Refusal::NotFound));
    assert_eq!(
        deliver(&mut world.province, DATONG, &stranger),
        DeliveryReply::Refused(Refusal::Peer)
    );
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}

/// The live digest of a transfer in a center's log, as the authority has it.
pub(super) fn digest_at_authority(
    world: &mut World,
    transfer: TransferId,
    of: CenterCode,
) -> Option<Digest> {
    let tagger = &mut world.province.node(TAIYUAN).tagger;
    let reference = tagger.reference(TagEpoch(1), Reference::Transfer(transfer)).unwrap();
    let store = world.province.node(AUTHORITY).engine.store().clone();
    let found = tag_index::by_reference(&Staged::new(&store), reference, 10).unwrap();
    found.into_iter().find(|found| found.log.center == of).map(|found| found.digest)
}

#[test]
fn the_authority_sees_that_both_sides_mean_the_same_sheet() {
    let mut world = world();
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    world.wait_minutes(3);
    let sent = digest_at_authority(&mut world, transfer, DATONG).unwrap();
    let got = digest_at_authority(&mut world, transfer, TAIYUAN).unwrap();
    assert_eq!(sent.status, DigestStatus::TransferRemitted);
    assert_eq!(got.status, DigestStatus::TransferCredited);
    assert_eq!(sent.commitment, got.commitment);
    assert_eq!((&sent.reference, &sent.subjects), (&got.reference, &got.subjects));
}

#[test]
fn a_second_person_approves_a_letter_where_the_center_asks_for_two() {
    let old: StoredAccount = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    let mut world = World::new("2026-05-20", vec![old, newcomer(TAIYUAN, "1", LI)]);
    world.change_settings(TAIYUAN, |settings| settings.policy.letter_needs_reviewer = true);
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let line = world.show(TAIYUAN, transfer).line;
    assert_eq!((line.state.name(), line.state.national_code().code()), ("draft", "--"));
    let alone = world.decide(TAIYUAN, transfer, (clerk(), Decision::Approve)).unwrap_err();
    assert_eq!(alone.refusal, Refusal::Operator);
    world.decide(TAIYUAN, transfer, (super::world::reviewer(), Decision::Approve)).unwrap();
    assert_eq!(world.states(transfer, (TAIYUAN, DATONG)), [("completed", "00"); 2]);
}
