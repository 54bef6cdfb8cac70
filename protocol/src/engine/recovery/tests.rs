//! What a node that recovers does at each turn, on its own.
//!
//! **Promises.** Nothing ends before it is here, nobody else's words are taken in, and a lie of one
//! member ends no log.
//! **Left to others.** Whole stories from a backup: `engine::transfers::tests::restored`.

use std::sync::Arc;

use super::recalled::{self, Whose};
use super::standing::{Restored, standing};
use super::{
    Lapse, OverrideOrder, Phase, RecoveryRow, fell_behind, finish, lapse, lost, mark_restored,
    on_entries, pulled, pulled_all, put, recall, restored_at, row, run, statements,
};
use crate::digest::{Digest, DigestStatus};
use crate::engine::operator::OperatorId;
use crate::engine::output::Event;
use crate::engine::round::Round;
use crate::engine::synchronization::{EntriesWanted, SyncReply};
use crate::engine::timer::{self, Timer};
use crate::engine::transfer_steps::{Steps, WaitingDigest, publish_steps};
use crate::engine::{log_store, single, tag_index};
use crate::id::{Bytes, Commitment, TransferId};
use crate::limits::{CLOCK_SKEW_MS, PUBLISH_PORTION};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::plain_text::PlainText;
use crate::refusal::Refusal;
use crate::roster::{LogEnd, MemberLog, Roster};
use crate::store::Staged;
use crate::store::memory::MemoryStore;
use crate::testing::logs::{Face, digest, publish, size};
use crate::testing::people::{LI, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};
use crate::time::Timestamp;

mod given_back;

/// A province in whose stores a test writes what no engine would.
fn province() -> Province {
    let mut province = Province::new();
    province.advance(5_000);
    province.tamper();
    province
}

fn after(number: u64, (log, previous): (u32, u64)) -> Digest {
    Digest { previous: Some(previous), previous_log: Some(log), revision: 2, ..digest(number) }
}

#[test]
fn a_leaf_that_came_back_is_left_until_a_later_one_or_a_record_accounts_for_it() {
    let store = MemoryStore::default();
    let mut view = Staged::new(&store);
    let left = |view: &Staged<'_, MemoryStore>| -> Vec<(u32, u64)> {
        let all = pulled::left(view, &[], 99).unwrap();
        all.into_iter().map(|left| (left.log, left.leaf)).collect()
    };
    pulled::take(&mut view, 1, (0, &digest(0))).unwrap();
    pulled::take(&mut view, 1, (1, &digest(1))).unwrap();
    assert_eq!(left(&view), [(1, 0), (1, 1)]);
    pulled::take(&mut view, 1, (2, &after(0, (1, 0)))).unwrap();
    assert_eq!(left(&view), [(1, 1), (1, 2)]);
    pulled::take(&mut view, 2, (0, &after(0, (1, 2)))).unwrap();
    assert_eq!(left(&view), [(1, 1), (2, 0)]);
    assert_eq!([0, 1].map(|leaf| pulled::is_left(&view, 1, leaf).unwrap()), [false, true]);
    // What comes after which, over the end of a log.
    let last = |view: &Staged<'_, MemoryStore>, at: (u32, u64)| {
        let last = pulled::last_after(view, at.0, at.1).unwrap();
        last.map(|next| (next.log, next.leaf))
    };
    for (at, next) in
        [((1, 0), Some((2, 0))), ((1, 2), Some((2, 0))), ((2, 0), None), ((1, 1), None)]
    {
        assert_eq!(last(&view, at), next, "{at:?}");
    }
    // A chain that turns back ends.
    pulled::take(&mut view, 1, (5, &after(5, (1, 5)))).unwrap();
    pulled::take(&mut view, 1, (6, &after(6, (1, 7)))).unwrap();
    assert_eq!([5, 7].map(|leaf| last(&view, (1, leaf))), [None, None]);
    // Something accounts for it here, or is published after it.
    pulled::settle(&mut view, 1, 1).unwrap();
    pulled::supersede(&mut view, 1, &Digest { previous: Some(6), ..digest(6) }).unwrap();
    pulled::supersede(&mut view, 9, &after(0, (2, 0))).unwrap();
    assert_eq!(left(&view), [(1, 5)]);
    pulled::take(&mut view, 3, (0, &digest(9))).unwrap();
    let first = pulled::left(&view, &[], 1).unwrap().remove(0).place;
    let rest = pulled::left(&view, &first, 99).unwrap();
    assert_eq!(rest.iter().map(|left| (left.log, left.leaf)).collect::<Vec<_>>(), [(3, 0)]);
}

#[test]
fn statements_wait_by_transfer_in_their_order() {
    let store = MemoryStore::default();
    let mut view = Staged::new(&store);
    assert!(!recalled::any(&view).unwrap());
    let id = |byte: u8| TransferId::new([byte; 32]);
    let names = [
        (id(1), Whose::Ours, 2),
        (id(1), Whose::Theirs, 1),
        (id(2), Whose::Single, 0),
        (id(3), Whose::Ours, 1),
    ];
    for name in names {
        recalled::put(&mut view, name, &name.2.to_be_bytes());
    }
    assert!(recalled::any(&view).unwrap());
    assert_eq!(recalled::names(&view, 99).unwrap(), [id(1), id(2), id(3)]);
    assert_eq!(recalled::names(&view, 2).unwrap(), [id(1), id(2)]);
    assert_eq!(recalled::of(&view, id(1)).unwrap(), names[..2]);
    assert_eq!(recalled::of(&view, id(2)).unwrap(), names[2..3]);
    assert_eq!([1, 4].map(|byte| recalled::waits(&view, id(byte)).unwrap()), [true, false]);
    assert_eq!(recalled::get(&view, names[0]).unwrap(), Some(vec![0, 0, 0, 2]));
    recalled::remove_if_there(&mut view, (id(1), Whose::Ours, 3)).unwrap();
    recalled::remove_if_there(&mut view, names[0]).unwrap();
    assert_eq!(recalled::get(&view, names[0]).unwrap(), None);
    recalled::remove(&mut view, names[1]);
    assert_eq!(recalled::names(&view, 99).unwrap(), [id(2), id(3)]);
}

#[test]
fn what_a_turn_left_before_the_witnesses_answered_has_a_turn_afterwards() {
    let mut province = province();
    province.cut_off(TAIYUAN);
    let held = [false, true].map(|waits| {
        province.act(TAIYUAN, |round| {
            put(round.view, &RecoveryRow::default());
            if waits {
                let name = (TransferId::new([9; 32]), Whose::Ours, 2);
                recalled::put(round.view, name, &[1]);
            }
            timer::clear(round.view, Timer::Recall).unwrap();
            recall(round).unwrap();
            assert!(!timer::is_set(round.view, Timer::Recall).unwrap(), "it waits for them");
            let answered = vec![DATONG, LINFEN];
            put(round.view, &RecoveryRow { answered, ..RecoveryRow::default() });
            finish(round).unwrap();
            timer::is_set(round.view, Timer::Recall).unwrap()
        })
    });
    assert_eq!(held, [false, true]);
}

/// Whether a recovery that stands like this is over.
fn is_over(province: &mut Province, before: &RecoveryRow, closing: Option<u32>) -> bool {
    province.act(TAIYUAN, |round| {
        let at = round.now;
        let lapse = Lapse { at, backup_of: None, closing, is_audited: true };
        single::write(round.view, b"lapse", &lapse);
        put(round.view, before);
        finish(round).unwrap();
        row(round.view).unwrap().is_none()
    })
}

#[test]
fn a_recovery_is_over_once_all_is_here_and_taken_in_or_a_person_has_let_it_go() {
    let mut province = province();
    province.cut_off(TAIYUAN);
    let note = Face::new(LogId::public(TAIYUAN, 1), 0..9).signed();
    let phases = [Phase::Pulling, Phase::Replaying, Phase::Replayed];
    for case in 0..3 * 2 * 2 * 2 * 2 * 2_usize {
        let (phase, bits) = (phases[case % 3], case / 3);
        let [behind, is_let_go, has_target, has_answers, is_closing] =
            [1, 2, 4, 8, 16].map(|bit| bits & bit != 0);
        let before = RecoveryRow {
            answered: if has_answers { vec![DATONG, LINFEN] } else { vec![DATONG] },
            behind,
            target: has_target.then(|| note.clone()),
            attempts: 0,
            phase,
            is_let_go,
        };
        let is_taken_in = phase == Phase::Replayed;
        let is_whole = !behind || is_taken_in && !has_target && !is_closing;
        let expected = is_let_go && is_taken_in || has_answers && is_whole;
        let closing = is_closing.then_some(1);
        assert_eq!(is_over(&mut province, &before, closing), expected, "{before:?} {is_closing}");
    }
}

#[test]
fn what_was_lost_is_taken_in_once_leaves_and_statements_are_here() {
    let mut province = province();
    province.cut_off(TAIYUAN);
    let note = Face::new(LogId::public(TAIYUAN, 1), 0..9).signed();
    for case in 0..3 * 2 * 2 * 2_usize {
        let phase = [Phase::Pulling, Phase::Replaying, Phase::Replayed][case % 3];
        let [behind, has_target, is_missing] = [1, 2, 4].map(|bit| (case / 3) & bit != 0);
        let target = has_target.then(|| note.clone());
        let before = RecoveryRow { behind, target, phase, ..RecoveryRow::default() };
        let after = province.act(TAIYUAN, |round| {
            single::write(round.view, b"statements-given-back", &None::<statements::Pages>);
            if is_missing {
                statements::begin(round.view);
            }
            put(round.view, &before);
            pulled_all(round).unwrap();
            row(round.view).unwrap().unwrap().phase
        });
        let goes_on = behind && phase == Phase::Pulling && !has_target && !is_missing;
        let expected = if goes_on { Phase::Replaying } else { phase };
        assert_eq!(after, expected, "{before:?}, statements missing: {is_missing}");
    }
}

#[test]
fn whoever_lets_a_recovery_go_has_what_has_come_taken_in_first() {
    let mut province = province();
    province.cut_off(TAIYUAN);
    let note = Face::new(LogId::public(TAIYUAN, 1), 0..9).signed();
    for (behind, phase, goes_on) in [
        (true, Phase::Pulling, true),
        (true, Phase::Replaying, true),
        (true, Phase::Replayed, false),
        (false, Phase::Pulling, false),
        (false, Phase::Replayed, false),
    ] {
        let before = RecoveryRow {
            behind,
            phase,
            target: Some(note.clone()),
            attempts: 3,
            ..RecoveryRow::default()
        };
        let after = province.act(TAIYUAN, |round| {
            put(round.view, &before);
            let operator = OperatorId::parse("clerk").unwrap();
            let reason = PlainText::parse("the witnesses are lost").unwrap();
            run(round, OverrideOrder { operator, reason }).unwrap();
            row(round.view).unwrap()
        });
        let Some(after) = after else {
            assert!(!goes_on, "{behind} {phase:?}");
            continue;
        };
        assert!(goes_on, "{behind} {phase:?}");
        assert_eq!((after.phase, after.is_let_go), (Phase::Replaying, true));
        assert_eq!((after.target, after.attempts), (None, 3));
    }
}

#[test]
fn a_log_ends_only_when_every_member_has_twice_given_leaves_that_do_not_lead_to_what_was_signed() {
    let log = LogId::public(TAIYUAN, 1);
    let note = Face::new(log, 100..120).signed();
    for is_false in [true, false] {
        let mut province = province();
        province.cut_off(TAIYUAN);
        let held = province.act(TAIYUAN, |round| {
            put(
                round.view,
                &RecoveryRow { behind: true, target: Some(note.clone()), ..Default::default() },
            );
            lapse::note(round).unwrap();
            log_store::row(round.view, log).unwrap().size
        });
        let wanted = EntriesWanted { log, from: held, to: size(20) };
        let reply = if is_false {
            SyncReply::Entries(Vec::new(), Vec::new())
        } else {
            SyncReply::Refused(Refusal::Unreachable)
        };
        for tried in 1..=7 {
            let (target, closing) = province.act(TAIYUAN, |round| {
                on_entries(round, DATONG, wanted, &reply).unwrap();
                let closing = lapse::closing(round.view).unwrap();
                (row(round.view).unwrap().unwrap().target, closing)
            });
            let is_over = is_false && tried >= 6;
            assert_eq!((target.is_none(), closing), (is_over, is_over.then_some(1)), "{tried}");
        }
        let told = Event::Refused { from: DATONG, refusal: Refusal::Proof };
        assert_eq!(province.events.contains(&(TAIYUAN, told)), is_false);
    }
}

#[test]
fn people_are_told_what_a_recovery_waits_for() {
    let mut province = province();
    province.cut_off(TAIYUAN);
    let (at, taken) = (province.now, Timestamp::from_ms(7));
    let note = Face::new(LogId::public(TAIYUAN, 1), 0..900).signed();
    let shown = province.act(TAIYUAN, |round| {
        assert_eq!(restored_at(round.view).unwrap(), None);
        mark_restored(round.view, TAIYUAN, (at, taken)).unwrap();
        assert_eq!(restored_at(round.view).unwrap(), Some(at));
        let before = row(round.view).unwrap().unwrap();
        let answered = vec![DATONG];
        put(round.view, &RecoveryRow { answered, target: Some(note), ..before });
        standing(round).unwrap()
    });
    assert!(shown.is_recovering && shown.is_behind);
    assert_eq!((shown.phase, shown.closing), (Phase::Pulling, Some(1)));
    assert_eq!(shown.restored, Some(Restored { at, taken }));
    assert_eq!(
        shown.witnesses,
        [AUTHORITY, LINFEN],
        "neither whoever has answered nor this center"
    );
    assert_eq!(shown.members, [AUTHORITY, DATONG, LINFEN]);
    let held = province.act(TAIYUAN, |round| {
        log_store::row(round.view, LogId::public(TAIYUAN, 1)).unwrap().size.get()
    });
    assert_eq!((shown.answers_missing, shown.leaves_missing), (1, 900 - held));
    // Once it is over, the log still waits for its end.
    let shown = province.act(TAIYUAN, |round| {
        single::write(round.view, super::ROW, &None::<RecoveryRow>);
        standing(round).unwrap()
    });
    assert!(!shown.is_recovering);
    assert_eq!((shown.closing, shown.restored), (Some(1), Some(Restored { at, taken })));
    assert_eq!(shown.members, [AUTHORITY, DATONG, LINFEN], "they have not given all back");
}

#[test]
fn leaves_whose_record_is_gone_are_superseded_portion_by_portion() {
    let mut province = province();
    let count = u64::try_from(PUBLISH_PORTION).unwrap() + 1;
    let first = province.act(TAIYUAN, |round| {
        let log = crate::engine::publication::own_log(round, crate::log::origin::LogKind::Public);
        log_store::row(round.view, log.unwrap()).unwrap().size.get()
    });
    publish(&mut province, TAIYUAN, 0..count);
    province.advance(10_000);
    province.act(TAIYUAN, |round| {
        for number in 0..count {
            pulled::take(round.view, 1, (first + number, &digest(number))).unwrap();
        }
    });
    let status = |province: &mut Province, number| {
        let tag = digest(number).subjects[0];
        let found = province.act(TAIYUAN, |round| tag_index::by_tag(round.view, tag, 9).unwrap());
        found[0].digest.status
    };
    for (is_any_left, last) in [(true, DigestStatus::AccountOpen), (false, DigestStatus::Lost)] {
        let left = province.act(TAIYUAN, |round| lost::turn(round).unwrap());
        province.advance(5_000);
        assert_eq!((left, status(&mut province, count - 1)), (is_any_left, last));
        assert_eq!(status(&mut province, 0), DigestStatus::Lost);
    }
    // The next one begins in front again.
    let after = province
        .act(TAIYUAN, |round| single::read::<Bytes>(round.view, b"lost-leaves-after").unwrap());
    assert_eq!(after.map(|after| after.to_vec()), Some(Vec::new()));
}

/// A roster closes the log of a round's center as it is held, and opens the next.
fn close_first(round: &mut Round<'_>) {
    let center = round.center();
    let held = log_store::row(round.view, LogId::public(center, 1)).unwrap();
    let mut roster = Roster::clone(&round.roster);
    let own = roster.members.iter_mut().find(|member| member.code == center).unwrap();
    own.logs[0].closed = Some(LogEnd { size: held.size.get(), root: held.root });
    own.logs.push(MemberLog { number: 2, closed: None });
    round.roster = Arc::new(roster);
}

#[test]
fn what_a_letter_led_to_may_be_forgotten_though_the_clock_of_its_center_is_ahead() {
    let mut province = province();
    province.act(TAIYUAN, |round| {
        let at = |ms| round.now.plus_ms(ms);
        let [earlier, later] = [at(CLOCK_SKEW_MS), at(CLOCK_SKEW_MS + 1)];
        let forgotten = |round: &Round<'_>, of| lapse::may_have_forgotten_letter(round.view, of);
        assert!(!forgotten(round, earlier).unwrap(), "nothing was ever lost");
        lapse::note(round).unwrap();
        assert!(forgotten(round, earlier).unwrap());
        assert!(!forgotten(round, later).unwrap());
        assert!(!lapse::may_have_forgotten(round.view, earlier).unwrap(), "by the own clock");
    });
}

#[test]
fn whoever_has_more_of_a_log_that_has_ended_says_nothing_of_what_is_held_now() {
    for (is_closed, found) in [(true, None), (false, Some(1))] {
        let mut province = province();
        province.cut_off(TAIYUAN);
        let closing = province.act(TAIYUAN, |round| {
            if is_closed {
                close_first(round);
            }
            fell_behind(round, LINFEN, LogId::public(TAIYUAN, 1)).unwrap();
            assert_eq!(row(round.view).unwrap().is_some(), !is_closed);
            lapse::closing(round.view).unwrap()
        });
        assert_eq!(closing, found);
    }
}

#[test]
fn a_leaf_past_the_end_of_its_log_is_not_superseded_where_its_record_has_a_new_one() {
    let mut province = province();
    publish(&mut province, TAIYUAN, 0..2);
    province.advance(10_000);
    let log = LogId::public(TAIYUAN, 1);
    let statuses = province.act(TAIYUAN, |round| {
        let before = log_store::row(round.view, log).unwrap();
        let leaves = [before.size.get() - 2, before.size.get() - 1];
        // Both were revised, and the authority closes the log without that.
        for (number, leaf) in (0..).zip(leaves) {
            let revised = Digest { previous: Some(leaf), revision: 2, ..digest(number) };
            let past = round.publish(&revised).unwrap();
            pulled::take(round.view, 1, (past, &revised)).unwrap();
        }
        close_first(round);
        // The record of the first is here.
        let again = Digest { previous_log: Some(1), previous: Some(leaves[0]), ..digest(0) };
        round.publish(&Digest { revision: 2, ..again }).unwrap();
        // What the past leaves took out of the index is there again, where it counts.
        tag_index::insert(round.view, log, LeafIndex::new(leaves[1]), &digest(1), None);
        lost::turn(round).unwrap();
        let found = [0, 1].map(|number| {
            let tag = digest(number).subjects[0];
            let found = tag_index::by_tag(round.view, tag, 9).unwrap();
            let next = found.into_iter().filter(|found| found.log.number == 2);
            next.map(|found| found.digest.status).collect::<Vec<_>>()
        });
        assert!(pulled::left(round.view, &[], 9).unwrap().is_empty());
        found
    });
    let open = digest(0).status;
    assert_eq!(statuses, [vec![open], vec![DigestStatus::Lost]]);
}

#[test]
fn the_wait_for_the_next_log_ends_with_a_roster_that_was_issued_after_the_loss_and_opens_a_later_one()
 {
    let mut province = province();
    for (closing, issued_after_ms, left) in [
        (None, 1, None),
        (Some(0), 0, None),
        (Some(0), 1, None),
        // The roster has opened a log that this store has forgotten: it has ended as well.
        (Some(0), -1, Some(1)),
        (Some(1), 1, Some(1)),
        (Some(2), 1, Some(2)),
    ] {
        let after = province.act(TAIYUAN, |round| {
            let at = round.roster.issued.plus_ms(-issued_after_ms);
            let lapse = Lapse { at, backup_of: None, closing, is_audited: true };
            single::write(round.view, b"lapse", &lapse);
            lapse::on_roster(round).unwrap();
            lapse::closing(round.view).unwrap()
        });
        assert_eq!(after, left, "{closing:?} {issued_after_ms}");
    }
}

#[test]
fn a_step_of_a_transfer_that_came_back_is_not_published_again_and_the_next_one_follows_it() {
    let mut province = province();
    let (id, remitted) = (TransferId::new([8; 32]), DigestStatus::TransferRemitted);
    let document = person(LI).document;
    let of = Steps { document: &document, reference: Some(id), channel: None };
    let waits = |byte, status| {
        let date = digest(0).date;
        vec![WaitingDigest { status, commitment: Commitment::new([byte; 32]), date }]
    };
    let there = province.act(DATONG, |round| {
        let (mut known, mut first) = (None, waits(1, remitted));
        assert!(publish_steps(round, of, (&mut known, &mut first)).unwrap());
        known.unwrap()
    });
    province.act(DATONG, |round| {
        // The store that comes back knows nothing of the step; its leaf has come back by itself.
        let place = (LogId::public(DATONG, there.log), LeafIndex::new(there.leaf));
        let entry = log_store::entry(round.view, place.0, place.1).unwrap().unwrap();
        let back = (there.leaf, &crate::cbor::decode::<Digest>(&entry).unwrap());
        pulled::take(round.view, there.log, back).unwrap();
        let (mut known, mut again) = (None, waits(1, remitted));
        again.extend(waits(2, DigestStatus::TransferReversed));
        assert!(publish_steps(round, of, (&mut known, &mut again)).unwrap());
        let next = known.unwrap();
        assert_eq!((next.leaf, next.revision), (there.leaf + 1, 2), "one leaf more, and no two");
        assert!(!pulled::is_left(round.view, there.log, there.leaf).unwrap());
    });
}
