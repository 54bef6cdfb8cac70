//! What rosters promise: the chain to the root key, the rules, the changes, the join file.

mod bounds;
mod lending;

use super::chain::{AuthorityKeys, ChainError, TrustAnchor};
use super::change::{self, Change, ChangeError};
use super::check::RosterError;
use super::enrolment::{self, Fingerprint, VerifiedEnrolment};
use super::join_file::{JoinFile, JoinFileError, create_network};
use super::*;
use crate::cose;
use crate::engine::rosters::default_calendar;
use crate::key::{KeyPurpose, Keyring, MemoryKeyring, PublicKey};
use crate::limits::{KEY_OVERLAP_MS, ROSTER_LIFE_MS};
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;
use crate::statement::membership::{AuthorityKey, OfferedKey};
use crate::testing::{
    AUTHORITY, DATONG, LINFEN, MEMBERS, TAIYUAN, applicant, joined, keyring, network, root,
};
use crate::time::DAY_MS;

/// What one case alters.
type Alter<'a, T> = &'a dyn Fn(&mut T);

fn now() -> Timestamp {
    Timestamp::from_ms(1_778_000_000_000)
}

fn file() -> JoinFile {
    joined(&MEMBERS, now())
}

fn roster() -> Roster {
    file().open().unwrap().roster.into_roster()
}

fn keys() -> AuthorityKeys {
    file().open().unwrap().keys
}

fn signed_by(roster: &Roster, keyring: &mut MemoryKeyring) -> Vec<u8> {
    cose::sign("test", roster, keyring).unwrap()
}

fn signed(roster: &Roster) -> Vec<u8> {
    signed_by(roster, &mut keyring(AUTHORITY))
}

fn after(before: &Roster, change: Change) -> Result<Roster, ChangeError> {
    change::next(before, change, before.authority_key, now())
}

fn enrolled(code: CenterCode, mut keyring: MemoryKeyring) -> Box<VerifiedEnrolment> {
    let applicant = applicant(code, Role::Center);
    let bytes = enrolment::enrol(&applicant, AUTHORITY, now(), &mut keyring).unwrap();
    Box::new(VerifiedEnrolment::parse(&network(), bytes).unwrap())
}

/// Other keys for a member than those of the test network.
fn other_keyring(byte: u8) -> MemoryKeyring {
    let purposes = check::purposes_of(Role::Center).iter().chain(&[KeyPurpose::Roster]);
    MemoryKeyring::new(purposes.map(|purpose| {
        let mut seed = [byte; 32];
        seed[0] = *purpose as u8;
        (*purpose, seed)
    }))
}

fn key_statement(number: u64, current: PublicKey, successor: Option<PublicKey>) -> AuthorityKey {
    AuthorityKey { from: AUTHORITY, issued_at: now(), current, successor, number }
}

fn roster_key(keyring: &MemoryKeyring) -> PublicKey {
    keyring.public(KeyPurpose::Roster).unwrap()
}

#[test]
fn a_join_file_verifies_from_its_root_key_down_and_survives_its_text_form() {
    let file = file();
    let text = format!("dear colleague,\r\n{}regards", file.to_text().replace('\n', "\r\n"));
    let read = JoinFile::from_text(&text).unwrap();
    assert_eq!(read, file);
    let opened = read.open().unwrap();
    assert_eq!(opened.roster.roster().version, 4);
    assert_eq!(opened.roster.roster().witnesses.len(), 4);
    assert_eq!(opened.roster.hash(), opened.roster.roster().hash());
    let mut other = file.clone();
    other.roster = signed(&after(&roster(), Change::Renew).unwrap()).into();
    assert_eq!(other.fingerprint(), file.fingerprint(), "the pinned keys are the same");
}

#[test]
fn a_join_file_with_any_part_exchanged_is_refused() {
    let refused = |change: Alter<'_, JoinFile>| {
        let mut file = file();
        change(&mut file);
        file.open().unwrap_err()
    };
    let strange_root = keyring(TAIYUAN).public(KeyPurpose::Statement).unwrap();
    let cases: [(&str, Alter<'_, JoinFile>, JoinFileError); 6] = [
        ("root", &|file| file.anchor.roots = vec![strange_root], ChainError::Root.into()),
        ("no root", &|file| file.anchor.roots.clear(), JoinFileError::Form),
        ("no keys", &|file| file.authority_keys.clear(), ChainError::RosterKey.into()),
        (
            "signer",
            &|file| file.roster = signed_by(&roster(), &mut keyring(TAIYUAN)).into(),
            ChainError::RosterKey.into(),
        ),
        ("annex", &|file| file.annexes.clear(), JoinFileError::Annexes),
        (
            "network",
            &|file| file.anchor.network = NetworkName::parse("other").unwrap(),
            ChainError::Statement(Refusal::Signature).into(),
        ),
    ];
    for (name, change, error) in cases {
        assert_eq!(refused(change), error, "{name}");
    }
}

#[test]
fn a_text_that_is_no_join_file_is_refused() {
    let text = file().to_text();
    let cut = text.replace("-----END", "-----FIN");
    let letters = text.replace("M", "*");
    for bad in ["", "-----BEGIN FUNDLINK JOIN FILE-----", &cut, &letters] {
        assert_eq!(JoinFile::from_text(bad).unwrap_err(), JoinFileError::Form);
    }
}

#[test]
fn a_center_cannot_make_a_network() {
    let applicant = applicant(TAIYUAN, Role::Center);
    let mut own = keyring(TAIYUAN);
    assert!(create_network(&applicant, Vec::new(), now(), (&mut root(), &mut own), None).is_err());
    // Nor can an authority that asks another one to be admitted.
    let applicant = self::applicant(AUTHORITY, Role::Authority);
    for to in [AUTHORITY, TAIYUAN] {
        let bytes = enrolment::enrol(&applicant, to, now(), &mut keyring(AUTHORITY)).unwrap();
        let enrolment = VerifiedEnrolment::parse(&network(), bytes).unwrap();
        let first = change::first(&network(), &enrolment, Vec::new(), now());
        assert_eq!(first.err() == Some(ChangeError::Enrolment), to == TAIYUAN);
    }
}

#[test]
fn rosters_verify_only_as_a_chain() {
    let first = roster();
    let second = after(&first, Change::Renew).unwrap();
    let third = after(&second, Change::Suspend(LINFEN)).unwrap();
    let chain = [signed(&second), signed(&third)];
    let verified = keys().verify_chain(Some(&first), &chain).unwrap();
    assert_eq!(verified.last().unwrap().roster(), &third);
    let error = |known, rosters: &[Vec<u8>]| keys().verify_chain(known, rosters).unwrap_err();
    assert_eq!(error(Some(&first), &chain[1..]), RosterError::NotNext.into());
    assert_eq!(error(Some(&third), &chain[..1]), RosterError::NotNext.into(), "older");
    let fork = after(&first, Change::Suspend(DATONG)).unwrap();
    assert_eq!(error(Some(&fork), &chain[1..]), RosterError::Fork.into());
    let mut altered = chain[0].clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    assert!(keys().verify_chain(Some(&first), &[altered]).is_err());
}

#[test]
fn a_replaced_authority_key_signs_no_new_roster() {
    let mut old = keyring(AUTHORITY);
    let mut new = other_keyring(9);
    let statement = key_statement(2, roster_key(&new), None);
    let mut keys = keys();
    assert!(keys.add(&cose::sign("test", &statement, &mut root()).unwrap()).unwrap());
    let first = roster();
    let by_old = after(&first, Change::Renew).unwrap();
    let error = keys.verify_chain(Some(&first), &[signed_by(&by_old, &mut old)]).unwrap_err();
    assert_eq!(error, ChainError::ReplacedKey);
    let by_new = change::next(&by_old, Change::Renew, 2, now()).unwrap();
    let chain = [signed_by(&by_old, &mut old), signed_by(&by_new, &mut new)];
    assert_eq!(keys.verify_chain(Some(&first), &chain).unwrap().len(), 2, "history still holds");
    let back = change::next(&by_new, Change::Renew, 1, now());
    assert_eq!(back.unwrap_err(), RosterError::Backwards.into());
}

#[test]
fn the_successor_signs_under_the_statement_that_names_it() {
    let mut successor = other_keyring(9);
    let current = roster_key(&keyring(AUTHORITY));
    let statement = key_statement(1, current, Some(roster_key(&successor)));
    let anchor = TrustAnchor {
        network: network(),
        authority: AUTHORITY,
        roots: vec![root().public(KeyPurpose::Root).unwrap()],
    };
    let mut keys = AuthorityKeys::new(anchor);
    keys.add(&cose::sign("test", &statement, &mut root()).unwrap()).unwrap();
    let next = after(&roster(), Change::Renew).unwrap();
    assert!(keys.verify_roster(&signed(&next)).is_ok());
    assert!(keys.verify_roster(&signed_by(&next, &mut successor)).is_ok());
    let stranger = signed_by(&next, &mut other_keyring(8));
    assert_eq!(keys.verify_roster(&stranger).unwrap_err(), ChainError::RosterKey);
}

#[test]
fn a_root_key_that_names_two_keys_under_one_number_is_refused() {
    let mut keys = keys();
    let other = key_statement(1, roster_key(&other_keyring(9)), None);
    let bytes = cose::sign("test", &other, &mut root()).unwrap();
    assert_eq!(keys.add(&bytes).unwrap_err(), ChainError::AuthorityKeys);
    assert_eq!(keys.newest(), 1);
}

#[test]
fn a_roster_that_breaks_a_rule_is_refused_whoever_signed_it() {
    let taiyuan = |roster: &mut Roster| {
        let place = roster.members.iter().position(|member| member.code == TAIYUAN).unwrap();
        roster.members.remove(place)
    };
    let cases: [(&str, Alter<'_, Roster>, RosterError); 12] = [
        ("version", &|roster| roster.version = 0, RosterError::Version),
        ("previous", &|roster| roster.previous = None, RosterError::Version),
        (
            "life",
            &|roster| roster.renew_by = roster.issued.plus_ms(ROSTER_LIFE_MS + 1),
            RosterError::RenewBy,
        ),
        ("order", &|roster| roster.members.swap(1, 2), RosterError::Members),
        ("no authority", &|roster| drop(roster.members.remove(0)), RosterError::Authority),
        (
            "doubled key",
            &|roster| roster.members[2].keys[0].public = roster.members[1].keys[0].public,
            RosterError::Keys(DATONG),
        ),
        (
            "roster key in a member",
            &|roster| roster.members[2].keys[0].purpose = KeyPurpose::Roster,
            RosterError::Keys(DATONG),
        ),
        ("no log", &|roster| roster.members[2].logs.clear(), RosterError::Logs(DATONG)),
        ("name", &|roster| roster.members[2].name.clear(), RosterError::Text(DATONG)),
        (
            "revoked without a successor",
            &|roster| roster.members[2].status = MemberStatus::Revoked,
            RosterError::Revocation(DATONG),
        ),
        ("two witnesses", &|roster| roster.witnesses.truncate(2), RosterError::Witnesses),
        ("a witness that is no member", &|roster| drop(taiyuan(roster)), RosterError::Witnesses),
    ];
    for (name, change, error) in cases {
        let mut broken = roster();
        change(&mut broken);
        assert_eq!(broken.check().unwrap_err(), error, "{name}");
        assert_eq!(keys().verify_roster(&signed(&broken)).unwrap_err(), error.into(), "{name}");
    }
}

#[test]
fn no_roster_takes_a_member_a_key_or_a_log_out_of_history() {
    let before = roster();
    let next = after(&before, Change::Renew).unwrap();
    let end = LogEnd { size: 7, root: crate::id::TreeHash::new([1; 32]) };
    let cases: [(&str, Alter<'_, Roster>, RosterError); 5] = [
        ("member", &|roster| drop(roster.members.remove(2)), RosterError::MemberLost(DATONG)),
        (
            "admission",
            &|roster| roster.members[2].admitted_in = 99,
            RosterError::MemberLost(DATONG),
        ),
        (
            "key",
            &|roster| {
                roster.members[2].keys.remove(0);
            },
            RosterError::HistoryChanged(DATONG),
        ),
        (
            "key from",
            &|roster| roster.members[2].keys[0].from = now(),
            RosterError::HistoryChanged(DATONG),
        ),
        (
            "closed log",
            &|roster| roster.members[2].logs[0].closed = None,
            RosterError::HistoryChanged(DATONG),
        ),
    ];
    for (name, change, error) in cases {
        let mut closed = before.clone();
        closed.members[2].logs[0].closed = Some(end);
        let mut later = next.clone();
        later.previous = Some(closed.hash());
        later.members[2].logs[0].closed = Some(end);
        assert_eq!(later.check_follows(&closed), Ok(()));
        change(&mut later);
        assert_eq!(later.check_follows(&closed).unwrap_err(), error, "{name}");
    }
}

#[test]
fn an_enrolment_counts_only_with_the_proof_of_every_key() {
    let bytes = |keyring: &mut MemoryKeyring| {
        enrolment::enrol(&applicant(TAIYUAN, Role::Center), AUTHORITY, now(), keyring).unwrap()
    };
    let good = bytes(&mut keyring(TAIYUAN));
    let parse = |bytes| VerifiedEnrolment::parse(&network(), bytes);
    let verified = parse(good.clone()).unwrap();
    let text = verified.fingerprint().to_string();
    assert_eq!(text.len(), 39);
    assert_eq!(
        Fingerprint::parse(&text.to_uppercase().replace('-', " ")).unwrap(),
        verified.fingerprint()
    );
    assert!(Fingerprint::parse(&text[1..]).is_err());
    assert_ne!(parse(bytes(&mut other_keyring(3))).unwrap().fingerprint(), verified.fingerprint());
    let mut stolen = verified.enrolment().clone();
    // A log key of another member, which has not signed for this one.
    stolen.keys[2].public = keyring(DATONG).public(KeyPurpose::Log).unwrap();
    let stolen = cose::sign("test", &stolen, &mut keyring(TAIYUAN)).unwrap();
    assert_eq!(parse(stolen).unwrap_err(), Refusal::Signature);
    let mut fewer = verified.enrolment().clone();
    fewer.keys.pop();
    let fewer = cose::sign("test", &fewer, &mut keyring(TAIYUAN)).unwrap();
    assert_eq!(parse(fewer).unwrap_err(), Refusal::Argument);
    let other = NetworkName::parse("other").unwrap();
    assert_eq!(VerifiedEnrolment::parse(&other, good).unwrap_err(), Refusal::Signature);
}

#[test]
fn a_member_is_admitted_once_and_again_only_after_its_revocation() {
    let before = roster();
    let again = enrolled(TAIYUAN, other_keyring(3));
    let admit = |enrolment: &VerifiedEnrolment| Change::Admit {
        enrolment: Box::new(enrolment.clone()),
        witness: false,
    };
    assert_eq!(after(&before, admit(&again)).unwrap_err(), ChangeError::AlreadyMember(TAIYUAN));
    let revoke = Change::Revoke { center: TAIYUAN, takeover: DATONG, compromised: true };
    let revoked = after(&before, revoke).unwrap();
    let member = revoked.member(TAIYUAN).unwrap();
    assert!(member.keys.iter().all(|key| key.until == Some(revoked.issued)));
    assert!(!revoked.is_witness(TAIYUAN));
    let same_keys = enrolled(TAIYUAN, keyring(TAIYUAN));
    let doubled = after(&revoked, admit(&same_keys)).unwrap_err();
    assert_eq!(doubled, RosterError::Keys(TAIYUAN).into());
    let back = after(&revoked, admit(&again)).unwrap();
    let member = back.member(TAIYUAN).unwrap();
    assert_eq!((member.status, member.keys.len()), (MemberStatus::Active, 10));
    assert_eq!(member.admitted_in, back.version);
    // Its logs of before stay provable, and it goes on in the one that was open.
    let end = LogEnd { size: 7, root: crate::id::TreeHash::new([1; 32]) };
    let next = after(&before, Change::NextLog { center: TAIYUAN, end }).unwrap();
    let revoke = Change::Revoke { center: TAIYUAN, takeover: DATONG, compromised: true };
    let back = after(&after(&next, revoke).unwrap(), admit(&again)).unwrap();
    assert_eq!(back.member(TAIYUAN).unwrap().logs, next.member(TAIYUAN).unwrap().logs);
}

#[test]
fn a_renamed_member_keeps_its_keys_and_has_a_name() {
    let before = roster();
    let rename = |name: &str| Change::Rename { center: TAIYUAN, name: name.to_owned() };
    let renamed = after(&before, rename("太原市住房公积金管理服务中心")).unwrap();
    let (old, new) = (before.member(TAIYUAN).unwrap(), renamed.member(TAIYUAN).unwrap());
    assert_eq!(new.name, "太原市住房公积金管理服务中心");
    assert_eq!((&new.keys, new.admitted_in), (&old.keys, old.admitted_in));
    assert!(after(&before, rename("")).is_err());
    assert!(after(&before, rename(&"太".repeat(1_000))).is_err());
}

#[test]
fn a_rotated_key_and_its_successor_overlap_for_thirty_days() {
    let before = roster();
    let mut new = other_keyring(3);
    let key = enrolment::offer_key(&network(), TAIYUAN, KeyPurpose::Statement, &mut new).unwrap();
    let rotated = after(&before, Change::RotateKey { center: TAIYUAN, key }).unwrap();
    let old_key = keyring(TAIYUAN).public(KeyPurpose::Statement).unwrap();
    let table = rotated.key_table();
    let at = |days: i64| now().plus_ms(days * DAY_MS);
    assert!(table.statement_key(old_key.id(), at(29)).is_ok());
    assert_eq!(table.statement_key(old_key.id(), at(30)).unwrap_err(), Refusal::KeyEnded);
    assert!(table.statement_key(key.public.id(), at(0)).is_ok());
    let current = rotated.member(TAIYUAN).unwrap().key(KeyPurpose::Statement, at(1)).unwrap();
    assert_eq!(current.public, key.public);
    // The next change waits until this one has run out.
    let third =
        enrolment::offer_key(&network(), TAIYUAN, KeyPurpose::Statement, &mut other_keyring(4));
    let change = Change::RotateKey { center: TAIYUAN, key: third.unwrap() };
    assert_eq!(after(&rotated, change.clone()).unwrap_err(), ChangeError::Key(TAIYUAN));
    let later = now().plus_ms(KEY_OVERLAP_MS);
    assert!(change::next(&rotated, change, 1, later).is_ok());
    let unproved = OfferedKey { proof: None, ..key };
    let change = Change::RotateKey { center: TAIYUAN, key: unproved };
    assert_eq!(after(&before, change).unwrap_err(), ChangeError::Key(TAIYUAN));
}

#[test]
fn rights_follow_the_status_and_the_grants() {
    let active = roster();
    let suspended = after(&active, Change::Suspend(DATONG)).unwrap();
    let revoke = Change::Revoke { center: DATONG, takeover: TAIYUAN, compromised: false };
    let revoked = after(&suspended, revoke).unwrap();
    let ask = |purpose| Action::Ask { kind: QueryKind::Account, purpose };
    let (done, not) = (None::<Refusal>, Some(Refusal::NotMember));
    let cases = [
        (Action::Connect, done, done),
        (Action::Sync, done, done),
        (Action::FinishTransfer, done, done),
        (Action::Answer { purpose: Purpose::DataSubject }, done, done),
        (Action::Answer { purpose: Purpose::LoanApplication }, done, Some(Refusal::Suspended)),
        (Action::StartTransfer, done, Some(Refusal::Suspended)),
        (Action::Witness, done, Some(Refusal::Suspended)),
        (ask(Purpose::LoanApplication), done, Some(Refusal::Suspended)),
        (ask(Purpose::Judicial), Some(Refusal::NotGranted), Some(Refusal::Suspended)),
    ];
    for (action, when_active, when_suspended) in cases {
        assert_eq!(active.rights(DATONG, action).err(), when_active, "{action:?}");
        assert_eq!(suspended.rights(DATONG, action).err(), when_suspended, "{action:?}");
        assert_eq!(revoked.rights(DATONG, action).err(), not, "{action:?}");
    }
    let stranger = CenterCode::new(140_700).unwrap();
    assert_eq!(active.rights(stranger, Action::Connect).err(), not);
    assert_eq!(
        active.rights(AUTHORITY, ask(Purpose::LoanApplication)).err(),
        Some(Refusal::NotGranted)
    );
    let grants = Grants { purposes: vec![Purpose::Judicial], kinds: vec![QueryKind::Account] };
    let granted = after(&active, Change::Grant { center: DATONG, grants: Some(grants) }).unwrap();
    assert_eq!(granted.rights(DATONG, ask(Purpose::Judicial)).err(), done);
    assert_eq!(
        granted.rights(DATONG, ask(Purpose::LoanApplication)).err(),
        Some(Refusal::NotGranted)
    );
}

#[test]
fn a_network_never_has_fewer_than_three_witnesses_once_it_has_three_members() {
    let mut roster = roster();
    assert_eq!(roster.witnesses, [AUTHORITY, TAIYUAN, DATONG, LINFEN]);
    roster = after(&roster, Change::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG])).unwrap();
    roster = after(&roster, Change::Suspend(TAIYUAN)).unwrap();
    assert_eq!(roster.witnesses, [AUTHORITY, DATONG, LINFEN]);
    let two = after(&roster, Change::Witnesses(vec![AUTHORITY, DATONG]));
    assert_eq!(two.unwrap_err(), RosterError::Witnesses.into());
    let suspended = after(&roster, Change::Witnesses(vec![AUTHORITY, TAIYUAN, DATONG]));
    assert_eq!(suspended.unwrap_err(), RosterError::Witnesses.into());
}

#[test]
fn the_next_log_opens_with_the_end_of_the_one_before_and_no_roster_takes_that_back() {
    let roster = roster();
    let end = |size| LogEnd { size, root: crate::id::TreeHash::new([1; 32]) };
    let next = after(&roster, Change::NextLog { center: DATONG, end: end(7) }).unwrap();
    let datong = next.member(DATONG).unwrap();
    assert_eq!(datong.open_log(), Some(2));
    assert_eq!(datong.logs[0].closed, Some(end(7)));
    let mut changed = after(&next, Change::Renew).unwrap();
    changed.members.iter_mut().find(|member| member.code == DATONG).unwrap().logs[0].closed =
        Some(end(8));
    assert_eq!(changed.check_follows(&next), Err(RosterError::HistoryChanged(DATONG)));
    let takeover = Change::Revoke { center: DATONG, takeover: TAIYUAN, compromised: true };
    let revoked = after(&next, takeover).unwrap();
    let refused = after(&revoked, Change::NextLog { center: DATONG, end: end(9) });
    assert_eq!(refused.unwrap_err(), ChangeError::Status(DATONG));
}

#[test]
fn the_largest_network_in_the_middle_of_a_rotation_fits_a_message() {
    let mut roster = roster();
    let pattern = roster.members[1].clone();
    for index in 0..596_u32 {
        let mut member = pattern.clone();
        member.code = CenterCode::new(200_000 + index).unwrap();
        for (place, key) in (0..).zip(&mut member.keys) {
            let mut bytes = [place; 32];
            bytes[..4].copy_from_slice(&index.to_be_bytes());
            key.public = PublicKey::new(bytes);
        }
        let mut second = member.keys.clone();
        second.iter_mut().for_each(|key| key.until = Some(now()));
        member.keys.extend(second);
        member.name = "太原市住房公积金管理中心焦煤分中心".into();
        roster.members.push(member);
    }
    assert_eq!(roster.members.len(), crate::limits::MEMBERS_MAX);
    assert!(signed(&roster).len() <= crate::limits::ROSTER_BYTES_MAX);
    roster.members.sort_by_key(|member| member.code);
    assert_ne!(roster.check(), Err(RosterError::Members));
    let one_more = Member { code: CenterCode::new(300_000).unwrap(), ..roster.members[1].clone() };
    roster.members.push(one_more);
    assert_eq!(roster.check(), Err(RosterError::Members));
}

#[test]
fn an_annex_is_named_by_its_content() {
    let annex = default_calendar();
    assert_eq!(roster().annex(AnnexKind::Calendar), Some(&annex.name()));
    let other = Annex { content: vec![1].into(), ..annex.clone() };
    assert_ne!(other.hash(), annex.hash());
    let kind = Annex { kind: AnnexKind::CodeTables, ..annex.clone() };
    assert_ne!(kind.hash(), annex.hash());
}
