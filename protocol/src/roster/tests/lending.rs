//! Once lending is open, witnesses change one by one, a lease apart.

use super::{after, enrolled, keyring, now, roster};
use crate::center::{CenterCode, Role};
use crate::limits::{LEASE_MS, WITNESSES_MIN};
use crate::roster::change::{self, Change, ChangeError};
use crate::roster::check::RosterError;
use crate::roster::{Lending, MemberStatus, Roster};
use crate::testing::{AUTHORITY, DATONG, LINFEN, MEMBERS, TAIYUAN, joined};
use crate::time::Timestamp;

fn at(before: &Roster, change: Change, when: Timestamp) -> Result<Roster, ChangeError> {
    change::next(before, change, 1, when)
}

fn opened() -> Roster {
    after(&roster(), Change::OpenLending).unwrap()
}

#[test]
fn lending_is_opened_once_and_never_closed() {
    let open = opened();
    let lending = open.lending.unwrap();
    let expected = Lending {
        opened_in: open.version,
        changed_in: open.version,
        changed_at: open.issued,
        newest: None,
    };
    assert_eq!(lending, expected);
    assert_eq!(after(&open, Change::OpenLending).unwrap_err(), ChangeError::LendingOpen);
    let mut closed = after(&open, Change::Renew).unwrap();
    closed.lending = None;
    assert_eq!(closed.check_follows(&open), Err(RosterError::Lending));
    let mut moved = after(&open, Change::Renew).unwrap();
    moved.lending = Some(Lending { newest: Some(DATONG), ..lending });
    assert_eq!(moved.check_follows(&open), Err(RosterError::Lending));
}

#[test]
fn a_roster_that_opens_lending_leaves_the_witnesses_as_they_are() {
    let before = roster();
    let mut open = after(&before, Change::OpenLending).unwrap();
    open.witnesses.pop();
    assert_eq!(open.check_follows(&before), Err(RosterError::Lending));
}

#[test]
fn witnesses_change_one_by_one_and_not_again_within_a_lease() {
    let open = opened();
    let three = vec![AUTHORITY, TAIYUAN, DATONG];
    let drop = || Change::Witnesses(three.clone());
    let soon = now().plus_ms(LEASE_MS - 1);
    let later = now().plus_ms(LEASE_MS);
    assert_eq!(at(&open, drop(), soon).unwrap_err(), RosterError::WitnessesTooSoon.into());
    // Whoever proposes a change is told so before.
    assert!(!change::may_change_witnesses(&open, soon));
    assert!(change::may_change_witnesses(&open, later));
    assert!(change::may_change_witnesses(&roster(), now()), "nobody lends");
    let dropped = at(&open, drop(), later).unwrap();
    assert_eq!(dropped.lending.unwrap().changed_in, dropped.version);
    assert_eq!(dropped.lending.unwrap().newest, None);
    // One for another is two changes at once.
    let exchanged = Change::Witnesses(vec![AUTHORITY, TAIYUAN, LINFEN]);
    let much_later = later.plus_ms(LEASE_MS);
    let refused = at(&dropped, exchanged, much_later).unwrap_err();
    assert_eq!(refused, RosterError::WitnessesAtOnce.into());
    let back = at(&dropped, Change::Witnesses(open.witnesses.clone()), much_later).unwrap();
    assert_eq!(back.lending.unwrap().newest, Some(LINFEN));
}

#[test]
fn a_roster_adds_or_drops_one_witness_and_never_two() {
    let jinzhong = CenterCode::parse("140700").unwrap();
    let five = [&MEMBERS[..], &[(jinzhong, Role::Center)]].concat();
    let roster = joined(&five, now()).open().unwrap().roster.into_roster();
    let open = after(&roster, Change::OpenLending).unwrap();
    assert_eq!(open.witnesses.len(), 5);
    let (later, much_later) = (now().plus_ms(LEASE_MS), now().plus_ms(2 * LEASE_MS));
    let three = Change::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG]);
    assert_eq!(at(&open, three, later).unwrap_err(), RosterError::WitnessesAtOnce.into());
    let four = Change::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG, LINFEN]);
    let dropped = at(&open, four, later).unwrap();
    // Two that come at once are as many as two that go.
    let few = after(&roster, Change::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG])).unwrap();
    let few = after(&few, Change::OpenLending).unwrap();
    let all = || Change::Witnesses(open.witnesses.clone());
    assert_eq!(at(&few, all(), later).unwrap_err(), RosterError::WitnessesAtOnce.into());
    at(&dropped, all(), much_later).unwrap();
}

#[test]
fn fewer_than_three_witnesses_never_lend() {
    let three = after(&roster(), Change::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG])).unwrap();
    let open = after(&three, Change::OpenLending).unwrap();
    let two = Change::Witnesses(vec![AUTHORITY, TAIYUAN]);
    let refused = at(&open, two, now().plus_ms(LEASE_MS)).unwrap_err();
    assert_eq!(refused, RosterError::Witnesses.into());
    assert!(open.witnesses.len() >= WITNESSES_MIN);
}

#[test]
fn the_seat_of_a_witness_that_may_act_no_more_stays_until_it_is_dropped() {
    let open = opened();
    let revoke = Change::Revoke { center: LINFEN, takeover: TAIYUAN, compromised: false };
    let revoked = after(&open, revoke).unwrap();
    assert_eq!(revoked.witnesses, open.witnesses, "a majority of the others is one of all");
    assert_eq!(revoked.member(LINFEN).unwrap().status, MemberStatus::Revoked);
    let suspended = after(&revoked, Change::Suspend(DATONG)).unwrap();
    assert_eq!(suspended.witnesses, open.witnesses);
    let three = Change::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG]);
    let dropped = at(&suspended, three, now().plus_ms(LEASE_MS)).unwrap();
    // Nobody is seated anew who may not act.
    let again = Change::Witnesses(open.witnesses.clone());
    let refused = at(&dropped, again, now().plus_ms(2 * LEASE_MS)).unwrap_err();
    assert_eq!(refused, RosterError::Witnesses.into());
}

#[test]
fn a_member_is_admitted_without_a_seat_while_the_witnesses_may_not_change() {
    let three: &[_] = &MEMBERS[..3];
    let file = joined(three, now());
    let roster = file.open().unwrap().roster.into_roster();
    let open = after(&roster, Change::OpenLending).unwrap();
    let admit = |witness| Change::Admit { enrolment: enrolled(LINFEN, keyring(LINFEN)), witness };
    assert_eq!(after(&open, admit(true)).unwrap_err(), RosterError::WitnessesTooSoon.into());
    let admitted = after(&open, admit(false)).unwrap();
    assert_eq!(admitted.witnesses, open.witnesses);
}
