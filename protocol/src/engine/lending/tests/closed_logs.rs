//! Leases of a center whose log was closed or continued in the next one, loans behind leaves that were
//! lost, members that were cut off.
//!
//! **Promises.** What a log can no longer show counts against the payout, never for it.
//! **Left to others.** Convicting a log, opening the next: `engine::equivocation`.

use super::duties::{answered, first, request};
use super::witnesses::{leases_at, listed, pass};
use crate::digest::{Digest, DigestStatus};
use crate::engine::command::Command;
use crate::engine::lending::witness::loans::loans;
use crate::engine::lending::{self, HoldReason, IntentState};
use crate::engine::rosters::command::NetCommand;
use crate::id::ReferenceTag;
use crate::limits::LEASE_MS;
use crate::log::origin::LogId;
use crate::refusal::Refusal;
use crate::testing::lending::{HOUR, held};
use crate::testing::logs::{Face, digest, held as log_at, publish};
use crate::testing::people::{LI, WANG};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};

/// Taiyuan shows the authority a second face of its log, and every node in reach gets the proof.
fn show_two_faces(province: &mut Province) {
    let log = LogId::public(TAIYUAN, 1);
    let leaves = log_at(province, AUTHORITY, log).size.get();
    Face::new(log, 1_000..1_000 + leaves).gossip(province, AUTHORITY, DATONG);
    province.cut.clear();
    province.connect_all();
    province.advance(2_000);
}

fn open_next_log(province: &mut Province) {
    province.command(AUTHORITY, Command::Net(NetCommand::NextLog(TAIYUAN))).unwrap();
    province.connect_all();
    province.advance(10_000);
}

#[test]
fn a_center_whose_log_is_closed_gets_no_lease_and_pays_on_none() {
    let mut province = Province::that_lends();
    let asked = request(&mut province);
    province.apply(TAIYUAN, "DK-2", &[WANG]).unwrap();
    assert_eq!(province.payout(TAIYUAN, "DK-2"), Ok(IntentState::Leased));
    show_two_faces(&mut province);
    assert_eq!(answered(&mut province, &asked).unwrap_err(), Refusal::Proof);
    assert_eq!(first(&mut province, asked.intent.household[0]), None);
    for refused in [province.payout(TAIYUAN, "DK-1"), province.pay(TAIYUAN, "DK-2")] {
        assert_eq!(refused.unwrap_err().refusal, Refusal::WrongState);
    }
    open_next_log(&mut province);
    assert_eq!(province.pay(TAIYUAN, "DK-2"), Ok(IntentState::Paid), "the lease still runs");
    assert_eq!(province.payout(TAIYUAN, "DK-1"), Ok(IntentState::Leased));
}

#[test]
fn an_application_past_the_end_of_a_closed_log_is_said_again_in_the_next() {
    let mut province = Province::that_lends();
    province.apply(TAIYUAN, "DK-1", &[LI]).unwrap();
    province.advance(5_000);
    // No quorum sees the second application before the log is closed.
    for away in [DATONG, LINFEN] {
        province.cut.extend([(TAIYUAN, away), (away, TAIYUAN)]);
    }
    province.apply(TAIYUAN, "DK-2", &[WANG]).unwrap();
    province.advance(5_000);
    show_two_faces(&mut province);
    open_next_log(&mut province);
    for (serial, whose) in [("DK-3", LI), ("DK-4", WANG)] {
        province.apply(LINFEN, serial, &[whose]).unwrap();
        let earlier = held(HoldReason::EarlierIntent(TAIYUAN));
        assert_eq!(province.payout(LINFEN, serial), Ok(earlier), "{serial}");
    }
}

#[test]
fn a_lease_under_a_log_that_was_closed_is_ended_by_no_silence() {
    for closed in [false, true] {
        let mut province = Province::that_lends();
        let asked = request(&mut province);
        answered(&mut province, &asked).unwrap();
        if closed {
            show_two_faces(&mut province);
            open_next_log(&mut province);
        }
        pass(&mut province, LEASE_MS - 2 * HOUR);
        assert!(!leases_at(&mut province, DATONG)[0].is_over, "it still runs");
        pass(&mut province, 4 * HOUR);
        // The next log shows nothing of a payout in the one before.
        assert_eq!(leases_at(&mut province, DATONG)[0].is_over, !closed);
    }
}

#[test]
fn a_payout_whose_record_its_center_has_lost_is_still_a_running_loan() {
    let mut province = Province::that_lends();
    let before = log_at(&mut province, TAIYUAN, LogId::public(TAIYUAN, 1)).size.get();
    let reference = Some(ReferenceTag::new([5; 32]));
    let say = |province: &mut Province, said: Digest| {
        province.act(TAIYUAN, |round| round.publish(&said).unwrap());
        province.advance(5_000);
    };
    let after = |revision: u32, status, number| Digest {
        status,
        revision,
        previous: (revision > 1).then(|| before + u64::from(revision) - 2),
        reference,
        ..digest(number)
    };
    let lenders = |province: &mut Province, number| {
        let tag = digest(number).subjects[0];
        let known = province.act(LINFEN, |round| loans(round, tag).unwrap());
        known.into_iter().map(|loan| loan.center).collect::<Vec<_>>()
    };
    say(&mut province, after(1, DigestStatus::IntentPaid, 1));
    for revision in [2, 3] {
        say(&mut province, after(revision, DigestStatus::Lost, 1));
        assert_eq!(lenders(&mut province, 1), [TAIYUAN], "lost {} times", revision - 1);
    }
    // An application that was only open, and a loan that was entered by mistake, hide no payout.
    for (number, status) in [(2, DigestStatus::IntentOpen), (3, DigestStatus::LoanGranted)] {
        let leaf = log_at(&mut province, TAIYUAN, LogId::public(TAIYUAN, 1)).size.get();
        say(&mut province, Digest { status, ..digest(number) });
        let lost = Digest {
            status: DigestStatus::Lost,
            revision: 2,
            previous: Some(leaf),
            ..digest(number)
        };
        say(&mut province, lost);
        assert_eq!(lenders(&mut province, number), [], "{status:?}");
    }
}

#[test]
fn a_loan_is_running_from_the_leaf_that_says_so_to_the_leaf_that_ends_it() {
    let mut province = Province::that_lends();
    publish(&mut province, TAIYUAN, 0..1);
    let mut running = Vec::new();
    for status in [
        DigestStatus::LoanGranted,
        DigestStatus::LoanSettled,
        DigestStatus::IntentOpen,
        DigestStatus::IntentPaid,
        DigestStatus::IntentWithdrawn,
        DigestStatus::IntentExpired,
        DigestStatus::AccountOpen,
        DigestStatus::CertificateUsed,
        DigestStatus::WithdrawalPaid,
    ] {
        let number = 100 + u64::try_from(running.len()).unwrap();
        let said = Digest { status, ..digest(number) };
        province.act(TAIYUAN, |round| round.publish(&said).unwrap());
        province.advance(5_000);
        let known = province.act(DATONG, |round| loans(round, said.subjects[0]).unwrap());
        running.push((status, known.len()));
    }
    running.retain(|(_, known)| *known > 0);
    assert_eq!(running, [(DigestStatus::LoanGranted, 1), (DigestStatus::IntentPaid, 1)]);
}

#[test]
fn a_center_that_was_cut_off_more_than_a_lease_ago_is_waited_for_by_nobody() {
    for (ago, is_gone) in [(LEASE_MS + HOUR, true), (LEASE_MS - HOUR, false)] {
        let mut province = Province::that_lends();
        let revoke = NetCommand::Revoke { center: LINFEN, takeover: TAIYUAN, compromised: false };
        province.command(AUTHORITY, Command::Net(revoke)).unwrap();
        pass(&mut province, ago);
        province.act(DATONG, |round| lending::restarted_from_backup(round).unwrap());
        pass(&mut province, LEASE_MS + 3 * HOUR);
        assert_eq!(listed(&mut province, DATONG).1.is_none(), is_gone, "revoked {ago} ms before");
    }
}
