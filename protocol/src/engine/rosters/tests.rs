//! What a node's roster promises: it moves forward, for everybody, by the authority's word alone.

use super::command::{NetCommand, NetReply};
use super::*;
use crate::cose;
use crate::engine::command::{Command, Reply};
use crate::engine::input::Input;
use crate::engine::output::CommandRefusal;
use crate::key::{KeyPurpose, Keyring as _, MemoryKeyring};
use crate::refusal::Refusal;
use crate::roster::enrolment::Fingerprint;
use crate::roster::{Action, MemberStatus, change, enrolment};
use crate::statement::membership::AuthorityKey;
use crate::store::memory::MemoryStore;
use crate::testing::{
    AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, admit, applicant, joined, keyring, network, root,
};
use crate::time::{DAY_MS, Date};

const JINZHONG: CenterCode = match CenterCode::new(140_700) {
    Ok(code) => code,
    Err(_) => panic!("not a center code"),
};

fn net(province: &mut Province, command: NetCommand) -> Result<NetReply, CommandRefusal> {
    let reply = province.command(AUTHORITY, Command::Net(command))?;
    let Reply::Net(reply) = *reply else { panic!("another reply") };
    Ok(reply)
}

fn version(province: &mut Province, center: CenterCode) -> u64 {
    province.node(center).engine.roster().version
}

fn rejected(province: &Province, center: CenterCode) -> Vec<ChainError> {
    let events = province.events.iter().filter(|(at, _)| *at == center);
    let why = |(_, event): &(CenterCode, Event)| {
        if let Event::Network(NetworkEvent::RosterRejected(why)) = event {
            Some(*why)
        } else {
            None
        }
    };
    events.filter_map(why).collect()
}

fn deliver(province: &mut Province, center: CenterCode, rosters: Vec<Vec<u8>>) {
    let reply = RosterReply {
        newest: 99,
        authority_keys: Vec::new(),
        rosters: rosters.into_iter().map(Into::into).collect(),
        annexes: Vec::new(),
    };
    province.input(center, Input::RosterReplied { frame: cbor::encode(&reply).into() });
    province.drive();
}

fn next(before: &Roster, change: Change) -> Roster {
    change::next(before, change, 1, before.issued.plus_ms(1)).unwrap()
}

fn signed(roster: &Roster) -> Vec<u8> {
    cose::sign("test", roster, &mut keyring(AUTHORITY)).unwrap()
}

#[test]
fn a_change_reaches_every_member_and_a_new_one_joins_by_its_file() {
    let mut province = Province::new();
    let before = version(&mut province, TAIYUAN);
    admit(&mut province, JINZHONG);
    assert_eq!(version(&mut province, AUTHORITY), before + 1);
    province.connect_all();
    for center in [TAIYUAN, DATONG, LINFEN] {
        assert_eq!(version(&mut province, center), before + 1);
    }
    let NetReply::JoinFile(file) = net(&mut province, NetCommand::JoinFile).unwrap() else {
        panic!("another reply")
    };
    let file = JoinFile::from_text(&file.to_text()).unwrap();
    province.join(JINZHONG, Role::Center, &file);
    assert!(province.node(JINZHONG).engine.roster().member(JINZHONG).is_some());
    // A member hands on the same file, but for what it lacks of the past: nothing.
    let from_member = province.command(DATONG, Command::Net(NetCommand::JoinFile)).unwrap();
    let Reply::Net(NetReply::JoinFile(from_member)) = *from_member else { panic!("another reply") };
    assert_eq!(*from_member, file);
}

#[test]
fn a_change_is_told_at_once_and_a_second_one_soon_after() {
    let mut province = Province::new();
    province.connect_all();
    province.advance(ROSTER_FETCH_MS_MIN);
    let before = version(&mut province, TAIYUAN);
    net(&mut province, NetCommand::Suspend(DATONG)).unwrap();
    province.advance(1);
    assert_eq!(version(&mut province, TAIYUAN), before + 1);
    // Rosters are not fetched all the time; what came too soon is not forgotten.
    net(&mut province, NetCommand::Reinstate(DATONG)).unwrap();
    province.advance(1);
    assert_eq!(version(&mut province, TAIYUAN), before + 1);
    province.advance(ROSTER_FETCH_MS_MIN);
    assert_eq!(version(&mut province, TAIYUAN), before + 2);
}

#[test]
fn an_enrolment_is_admitted_only_with_the_fingerprint_that_was_read_out() {
    let mut province = Province::new();
    let enrolment = enrolment::enrol(
        &applicant(JINZHONG, Role::Center),
        AUTHORITY,
        province.now,
        &mut keyring(JINZHONG),
    );
    let command = NetCommand::Admit {
        enrolment: enrolment.unwrap(),
        fingerprint: Fingerprint::of(&[1; 32]),
        witness: false,
    };
    assert_eq!(net(&mut province, command).unwrap_err().refusal, Refusal::Argument);
    assert!(province.node(AUTHORITY).engine.roster().member(JINZHONG).is_none());
}

#[test]
fn only_the_authority_changes_the_roster() {
    let mut province = Province::new();
    let before = version(&mut province, TAIYUAN);
    let refused = province.command(TAIYUAN, Command::Net(NetCommand::Suspend(DATONG)));
    assert_eq!(refused.unwrap_err().refusal, Refusal::NotGranted);
    assert_eq!(version(&mut province, TAIYUAN), before);
    let wrong = net(&mut province, NetCommand::Reinstate(DATONG)).unwrap_err();
    assert_eq!(wrong.refusal, Refusal::WrongState);
    assert!(wrong.detail.unwrap().contains("140200"));
}

#[test]
fn a_node_that_slept_through_many_versions_catches_up_link_by_link() {
    let mut province = Province::new();
    province.cut_off(LINFEN);
    let before = version(&mut province, LINFEN);
    for _ in 0..5 {
        net(&mut province, NetCommand::Suspend(DATONG)).unwrap();
        net(&mut province, NetCommand::Reinstate(DATONG)).unwrap();
    }
    province.connect_all();
    assert_eq!(version(&mut province, LINFEN), before);
    assert_eq!(version(&mut province, TAIYUAN), before + 10);
    province.cut.clear();
    // Any member will do, not the authority alone.
    province.now = province.now.plus_ms(60_000);
    province.input(LINFEN, Input::Connected { center: TAIYUAN });
    province.drive();
    assert_eq!(version(&mut province, LINFEN), before + 10);
    province.restart(LINFEN);
    assert_eq!(version(&mut province, LINFEN), before + 10);
    for known in before..=before + 10 {
        let store = province.node(LINFEN).engine.store().clone();
        assert!(kept::roster(&Staged::new(&store), known).unwrap().is_some());
    }
}

#[test]
fn forged_older_and_forked_rosters_change_nothing() {
    let mut province = Province::new();
    let first = province.node(DATONG).engine.roster().as_ref().clone();
    let good = next(&first, Change::Suspend(LINFEN));
    let forged = cose::sign("test", &good, &mut keyring(TAIYUAN)).unwrap();
    deliver(&mut province, DATONG, vec![forged]);
    assert_eq!(rejected(&province, DATONG), [ChainError::RosterKey]);
    deliver(&mut province, DATONG, vec![signed(&next(&good, Change::Renew))]);
    assert_eq!(rejected(&province, DATONG).last(), Some(&RosterError::NotNext.into()));
    assert_eq!(*province.node(DATONG).engine.roster().as_ref(), first);
    deliver(&mut province, DATONG, vec![signed(&good)]);
    assert_eq!(*province.node(DATONG).engine.roster().as_ref(), good);
    let count = rejected(&province, DATONG).len();
    deliver(&mut province, DATONG, vec![signed(&first), signed(&good)]);
    assert_eq!(rejected(&province, DATONG).len(), count, "what is known is no news");
    let fork = next(&first, Change::Suspend(TAIYUAN));
    deliver(&mut province, DATONG, vec![signed(&fork)]);
    assert_eq!(rejected(&province, DATONG).last(), Some(&RosterError::Fork.into()));
    deliver(&mut province, DATONG, vec![signed(&fork), signed(&next(&fork, Change::Renew))]);
    assert_eq!(*province.node(DATONG).engine.roster().as_ref(), good);
}

#[test]
fn a_roster_from_the_future_waits_until_its_time_has_come() {
    let mut province = Province::new();
    let first = province.node(DATONG).engine.roster().as_ref().clone();
    let issued = province.now.plus_ms(CLOCK_SKEW_MS + 1);
    let early = change::next(&first, Change::Renew, 1, issued).unwrap();
    deliver(&mut province, DATONG, vec![signed(&early)]);
    assert_eq!(rejected(&province, DATONG), [ChainError::Statement(Refusal::Future)]);
    province.now = province.now.plus_ms(1);
    deliver(&mut province, DATONG, vec![signed(&early)]);
    assert_eq!(version(&mut province, DATONG), early.version);
}

#[test]
fn a_suspended_member_keeps_what_the_roster_leaves_it_and_a_revoked_one_nothing() {
    let mut province = Province::new();
    net(&mut province, NetCommand::Suspend(DATONG)).unwrap();
    province.connect_all();
    let standing = |province: &mut Province, action| {
        province.node(TAIYUAN).engine.roster().rights(DATONG, action).err()
    };
    assert_eq!(standing(&mut province, Action::StartTransfer), Some(Refusal::Suspended));
    assert_eq!(standing(&mut province, Action::FinishTransfer), None);
    let key = keyring(DATONG).public(KeyPurpose::Statement).unwrap().id();
    let table = |province: &mut Province| province.node(TAIYUAN).engine.roster().key_table();
    assert!(table(&mut province).statement_key(key, province.now).is_ok());
    let revoke = NetCommand::Revoke { center: DATONG, takeover: LINFEN, compromised: false };
    net(&mut province, revoke).unwrap();
    province.now = province.now.plus_ms(ROSTER_FETCH_MS_MIN);
    province.connect_all();
    assert_eq!(standing(&mut province, Action::FinishTransfer), Some(Refusal::NotMember));
    let ended = table(&mut province).statement_key(key, province.now).unwrap_err();
    assert_eq!(ended, Refusal::KeyEnded);
    let roster = province.node(TAIYUAN).engine.roster().clone();
    let revoked = roster.member(DATONG).unwrap();
    assert_eq!(revoked.status, MemberStatus::Revoked);
    assert_eq!(revoked.revocation.unwrap().takeover, Some(LINFEN));
}

#[test]
fn the_authority_renews_in_time_and_without_it_every_node_raises_an_alarm() {
    let mut province = Province::new();
    let before = version(&mut province, AUTHORITY);
    province.now = province.now.plus_ms(21 * DAY_MS);
    province.round(AUTHORITY, vec![Input::Tick]);
    province.drive();
    assert_eq!(version(&mut province, AUTHORITY), before + 1);
    province.now = province.now.plus_ms(10 * DAY_MS);
    province.round(DATONG, vec![Input::Tick]);
    let stale = |province: &Province| {
        let is_stale =
            |event: &Event| matches!(event, Event::Network(NetworkEvent::RosterStale { .. }));
        province.events.iter().filter(|(at, event)| *at == DATONG && is_stale(event)).count()
    };
    assert_eq!(stale(&province), 1, "Datong has not heard of the renewal");
    province.now = province.now.plus_ms(1);
    province.round(DATONG, vec![Input::Tick]);
    assert_eq!(stale(&province), 1, "an alarm comes once a day");
    province.input(DATONG, Input::Connected { center: AUTHORITY });
    province.drive();
    assert_eq!(version(&mut province, DATONG), before + 1);
}

#[test]
fn a_new_calendar_reaches_every_member() {
    let mut province = Province::new();
    let holiday = Date::new(2026, 10, 1).unwrap();
    let calendar = WorkingCalendar::new([holiday], []).unwrap();
    let annex = Annex { kind: AnnexKind::Calendar, content: cbor::encode(&calendar).into() };
    net(&mut province, NetCommand::Annex(annex)).unwrap();
    province.connect_all();
    for center in [AUTHORITY, TAIYUAN, DATONG, LINFEN] {
        let engine = &province.node(center).engine;
        let held = super::calendar(&Staged::new(engine.store()), engine.roster()).unwrap();
        assert!(!held.is_working_day(holiday), "{center}");
    }
    let wrong = Annex { kind: AnnexKind::Calendar, content: vec![0].into() };
    assert_eq!(
        net(&mut province, NetCommand::Annex(wrong)).unwrap_err().refusal,
        Refusal::Argument
    );
}

#[test]
fn the_root_key_replaces_the_authoritys_key_and_the_old_one_is_worth_nothing() {
    let mut province = Province::new();
    let first = province.node(DATONG).engine.roster().as_ref().clone();
    let mut seeds = vec![(KeyPurpose::Roster, [0x77; 32])];
    let new = MemoryKeyring::new(seeds.clone()).public(KeyPurpose::Roster).unwrap();
    let statement = AuthorityKey {
        from: AUTHORITY,
        issued_at: province.now,
        current: new,
        successor: None,
        number: 2,
    };
    let statement = cose::sign("test", &statement, &mut root()).unwrap();
    let early = net(&mut province, NetCommand::AuthorityKeys(statement.clone())).unwrap_err();
    assert_eq!(early.refusal, Refusal::WrongState, "the node does not hold the new key yet");
    let others = [KeyPurpose::Peer, KeyPurpose::Statement, KeyPurpose::Log, KeyPurpose::Witness];
    seeds.extend(others.map(|purpose| (purpose, crate::testing::seed(AUTHORITY, purpose))));
    province.node(AUTHORITY).keyring = MemoryKeyring::new(seeds);
    net(&mut province, NetCommand::AuthorityKeys(statement)).unwrap();
    province.connect_all();
    let current = province.node(DATONG).engine.roster().as_ref().clone();
    assert_eq!((current.version, current.authority_key), (first.version + 1, 2));
    let by_old = change::next(&current, Change::Suspend(TAIYUAN), 2, province.now).unwrap();
    deliver(&mut province, DATONG, vec![signed(&by_old)]);
    assert_eq!(rejected(&province, DATONG), [ChainError::RosterKey]);
}

#[test]
fn a_join_file_of_another_network_is_not_mixed_into_a_store() {
    let now = Timestamp::from_ms(1_778_000_000_000);
    let members = [(AUTHORITY, Role::Authority), (TAIYUAN, Role::Center)];
    let file = joined(&members, now);
    let mut store = MemoryStore::default();
    install(&mut store, &file).unwrap();
    install(&mut store, &file).unwrap();
    let mut other = file.clone();
    other.anchor.roots = vec![keyring(TAIYUAN).public(KeyPurpose::Statement).unwrap()];
    assert!(matches!(install(&mut store, &other), Err(InstallError::File(_))));
    let strange = crate::roster::join_file::create_network(
        &applicant(AUTHORITY, Role::Authority),
        vec![default_calendar()],
        now,
        (&mut MemoryKeyring::new([(KeyPurpose::Root, [1; 32])]), &mut keyring(AUTHORITY)),
        None,
    );
    let error = install(&mut store, &strange.unwrap()).unwrap_err();
    assert!(matches!(error, InstallError::OtherNetwork(name) if name == network()));
}

#[test]
fn bytes_that_are_no_request_get_an_empty_reply() {
    let mut province = Province::new();
    let frames = [
        Vec::new(),
        vec![0xff; 100],
        cbor::encode(&RosterRequest {
            network: NetworkName::parse("other").unwrap(),
            known: 0,
            annexes: Vec::new(),
        }),
    ];
    let store = province.node(DATONG).engine.store().clone();
    let roster = province.node(DATONG).engine.roster().clone();
    for frame in frames {
        assert_eq!(frames::reply(&Staged::new(&store), &roster, &frame).unwrap(), None);
        province.input(DATONG, Input::RosterReplied { frame: frame.into() });
    }
    province.drive();
    assert_eq!(*province.node(DATONG).engine.roster(), roster);
}
