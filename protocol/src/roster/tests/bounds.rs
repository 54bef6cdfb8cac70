//! The bounds of rosters: how many, how long, by whom, and after what.

use super::*;
use crate::limits::{
    ADDRESS_BYTES_MAX, ADDRESSES_MAX, AUTHORITY_KEYS_MAX, MEMBER_KEYS_MAX, NAME_CHARS_MAX,
    ROOT_KEYS_MAX, WITNESSES_MAX,
};

#[test]
fn a_network_pins_at_least_one_root_and_each_of_them_once() {
    let other = keyring(TAIYUAN).public(KeyPurpose::Statement).unwrap();
    let anchor = |roots: &[PublicKey]| TrustAnchor { roots: roots.to_vec(), ..file().anchor };
    let first = file().anchor.roots[0];
    let (low, high) = if first < other { (first, other) } else { (other, first) };
    assert!(anchor(&[low, high]).is_well_formed());
    assert!(!anchor(&[high, low]).is_well_formed(), "in another order it has another fingerprint");
    assert!(!anchor(&[low, low]).is_well_formed());
    assert!(!anchor(&[]).is_well_formed());
    let many: Vec<PublicKey> =
        (0..=ROOT_KEYS_MAX).map(|n| PublicKey::new([u8::try_from(n).unwrap(); 32])).collect();
    assert!(anchor(&many[..ROOT_KEYS_MAX]).is_well_formed());
    assert!(!anchor(&many).is_well_formed());
}

#[test]
fn statements_about_the_authoritys_keys_are_numbered_from_one_and_bounded() {
    let current = roster_key(&keyring(AUTHORITY));
    let mut keys = AuthorityKeys::new(file().anchor);
    let mut add = |number| {
        let statement = key_statement(number, current, None);
        keys.add(&cose::sign("test", &statement, &mut root()).unwrap())
    };
    assert_eq!(add(0), Err(ChainError::AuthorityKeys));
    for number in 1..=u64::try_from(AUTHORITY_KEYS_MAX).unwrap() {
        assert_eq!(add(number), Ok(true), "{number}");
        assert_eq!(add(number), Ok(false), "{number}");
    }
    assert_eq!(add(u64::try_from(AUTHORITY_KEYS_MAX).unwrap() + 1), Err(ChainError::AuthorityKeys));
}

#[test]
fn a_roster_that_fits_no_message_is_not_issued() {
    let mut before = roster();
    let long = |number: usize| format!("/dns4/{}/tcp/{number}", "a".repeat(230));
    let pattern = before.members[1].clone();
    for index in 0..400_u32 {
        let mut member = pattern.clone();
        member.code = CenterCode::new(200_000 + index).unwrap();
        for (place, key) in (0..).zip(&mut member.keys) {
            let mut bytes = [place; 32];
            bytes[..4].copy_from_slice(&index.to_be_bytes());
            key.public = PublicKey::new(bytes);
        }
        member.addresses = (1..=5).map(long).collect();
        before.members.push(member);
    }
    let next = |before: &Roster| after(before, Change::Renew).map(drop);
    assert_eq!(next(&before), Err(ChangeError::TooLarge));
    before.members.truncate(300);
    assert_eq!(next(&before), Ok(()));
}

#[test]
fn a_roster_is_stale_past_the_time_by_which_it_was_to_be_renewed() {
    let roster = roster();
    assert_eq!(Payload::issued_at(&roster), roster.issued);
    assert!(!roster.is_stale(roster.renew_by));
    assert!(roster.is_stale(roster.renew_by.plus_ms(1)));
}

#[test]
fn who_is_admitted_revoked_and_takes_over_has_the_role_and_the_status_for_it() {
    let before = roster();
    let jinzhong = CenterCode::new(140_700).unwrap();
    let admitted = |before: &Roster, role, to, witness| {
        let mut keyring = other_keyring(3);
        let bytes = enrolment::enrol(&applicant(jinzhong, role), to, now(), &mut keyring).unwrap();
        let enrolment = Box::new(VerifiedEnrolment::parse(&network(), bytes).unwrap());
        after(before, Change::Admit { enrolment, witness })
    };
    for (role, to) in [(Role::Center, TAIYUAN), (Role::Authority, AUTHORITY)] {
        assert_eq!(admitted(&before, role, to, true), Err(ChangeError::Enrolment));
    }
    let next = admitted(&before, Role::Center, AUTHORITY, false).unwrap();
    assert_eq!(next.witnesses, before.witnesses, "admitted, and no witness");
    let next = admitted(&before, Role::Center, AUTHORITY, true).unwrap();
    assert!(next.witnesses.contains(&jinzhong));

    let revoke = |before: &Roster, center, takeover| {
        after(before, Change::Revoke { center, takeover, compromised: false })
    };
    assert_eq!(revoke(&before, DATONG, AUTHORITY), Err(ChangeError::Status(AUTHORITY)));
    assert_eq!(revoke(&before, AUTHORITY, DATONG), Err(ChangeError::Status(AUTHORITY)));
    let suspended = after(&before, Change::Suspend(LINFEN)).unwrap();
    assert_eq!(revoke(&suspended, DATONG, LINFEN), Err(ChangeError::Status(LINFEN)));
    let revoked = revoke(&next, DATONG, LINFEN).unwrap();
    assert_eq!(revoke(&revoked, DATONG, LINFEN), Err(ChangeError::Status(DATONG)));
}

#[test]
fn a_network_has_no_more_witnesses_than_a_quorum_can_ask() {
    let mut roster = roster();
    for number in 1..=12_u8 {
        let code = CenterCode::new(140_800 + u32::from(number)).unwrap();
        let enrolment = enrolled(code, other_keyring(10 + number));
        roster = after(&roster, Change::Admit { enrolment, witness: true }).unwrap();
    }
    assert_eq!(roster.members.len(), 16);
    assert_eq!(roster.witnesses.len(), WITNESSES_MAX);
}

/// What is wrong with a roster after a change of it.
fn check_broken(cases: &[(&str, Alter<'_, Roster>)], error: RosterError) {
    for (name, change) in cases {
        let mut broken = roster();
        change(&mut broken);
        assert_eq!(broken.check(), Err(error), "{name}");
    }
}

#[test]
fn a_roster_has_one_authority_and_that_acts() {
    check_broken(
        &[
            ("suspended", &|roster| roster.members[0].status = MemberStatus::Suspended),
            ("another", &|roster| roster.authority = TAIYUAN),
            ("two", &|roster| roster.members[2].role = Role::Authority),
        ],
        RosterError::Authority,
    );
}

#[test]
fn another_center_takes_over_from_a_revoked_one() {
    let revoked = |roster: &mut Roster, takeover| {
        let at = roster.issued;
        let revocation = Revocation { at, takeover: Some(takeover), compromised: false };
        roster.members[2].status = MemberStatus::Revoked;
        roster.members[2].revocation = Some(revocation);
    };
    let stranger = CenterCode::new(149_900).unwrap();
    check_broken(
        &[
            ("itself", &|roster| revoked(roster, DATONG)),
            ("the authority", &|roster| revoked(roster, AUTHORITY)),
            ("nobody of the network", &|roster| revoked(roster, stranger)),
        ],
        RosterError::Revocation(DATONG),
    );
}

#[test]
fn names_and_addresses_are_printable_and_bounded() {
    let named = |name: String| move |roster: &mut Roster| roster.members[2].name.clone_from(&name);
    let at = |addresses: Vec<String>| {
        move |roster: &mut Roster| roster.members[2].addresses.clone_from(&addresses)
    };
    check_broken(
        &[
            ("a name of two lines", &named("a\nb".into())),
            ("a long name", &named("中".repeat(NAME_CHARS_MAX + 1))),
            ("no address", &at(vec![String::new()])),
            ("an address of two lines", &at(vec!["/ip4\n".into()])),
            ("a long address", &at(vec!["a".repeat(ADDRESS_BYTES_MAX + 1)])),
            ("many addresses", &at(vec!["a".into(); ADDRESSES_MAX + 1])),
        ],
        RosterError::Text(DATONG),
    );
    let mut longest = roster();
    longest.members[2].name = "中".repeat(NAME_CHARS_MAX);
    longest.members[2].addresses = vec!["a".repeat(ADDRESS_BYTES_MAX); ADDRESSES_MAX];
    assert_eq!(longest.check(), Ok(()));
}

#[test]
fn keys_end_after_they_begin_are_bounded_and_there_for_each_purpose() {
    let key = |number: u8| MemberKey {
        purpose: KeyPurpose::Statement,
        public: PublicKey::new([number; 32]),
        from: now(),
        until: None,
    };
    let many = u8::try_from(MEMBER_KEYS_MAX).unwrap();
    check_broken(
        &[
            ("ends before it begins", &|roster| {
                let ended = MemberKey { until: Some(now().plus_ms(-1)), ..key(1) };
                roster.members[2].keys.push(ended);
            }),
            ("many", &|roster| roster.members[2].keys.extend((0..=many).map(key))),
            ("none in force", &|roster| roster.members[2].keys[1].until = Some(roster.issued)),
        ],
        RosterError::Keys(DATONG),
    );
}

/// Whether a roster may follow another, after a change of both.
fn follows(before: Alter<'_, Roster>, next: Alter<'_, Roster>) -> Result<(), RosterError> {
    let mut old = roster();
    before(&mut old);
    let mut new = old.clone();
    (new.version, new.previous) = (old.version + 1, Some(old.hash()));
    next(&mut new);
    new.check_follows(&old)
}

#[test]
fn rosters_go_forward_in_time_keys_and_epochs() {
    let cases: [(Alter<'_, Roster>, bool); 6] = [
        (&|roster| roster.issued = roster.issued.plus_ms(1), true),
        (&|roster| roster.issued = roster.issued.plus_ms(-1), false),
        (&|roster| roster.authority_key = 4, true),
        (&|roster| roster.authority_key = 2, false),
        (&|roster| roster.tag_epoch = TagEpoch(4), true),
        (&|roster| roster.tag_epoch = TagEpoch(2), false),
    ];
    for (place, (next, is_forward)) in cases.into_iter().enumerate() {
        let before = |roster: &mut Roster| {
            (roster.authority_key, roster.tag_epoch) = (3, TagEpoch(3));
        };
        let expected = if is_forward { Ok(()) } else { Err(RosterError::Backwards) };
        assert_eq!(follows(&before, next), expected, "{place}");
    }
}

#[test]
fn a_revoked_member_stays_revoked_until_it_is_admitted_again() {
    let revocation =
        |compromised| Some(Revocation { at: now(), takeover: Some(LINFEN), compromised });
    let revoked = |roster: &mut Roster| {
        roster.members[2].status = MemberStatus::Revoked;
        roster.members[2].revocation = revocation(false);
    };
    let lost = Err(RosterError::MemberLost(DATONG));
    let active = |roster: &mut Roster| {
        roster.members[2].status = MemberStatus::Active;
        roster.members[2].revocation = None;
    };
    assert_eq!(follows(&revoked, &|_| {}), Ok(()));
    assert_eq!(follows(&revoked, &active), lost, "nobody has admitted it");
    let suspended = |roster: &mut Roster| roster.members[2].status = MemberStatus::Suspended;
    assert_eq!(follows(&revoked, &suspended), lost);
    let otherwise = |roster: &mut Roster| roster.members[2].revocation = revocation(true);
    assert_eq!(follows(&revoked, &otherwise), lost, "it is not judged anew");
    let admitted = |roster: &mut Roster| {
        active(roster);
        roster.members[2].admitted_in = roster.version;
    };
    assert_eq!(follows(&revoked, &admitted), Ok(()));
    let twice = |roster: &mut Roster| roster.members[2].admitted_in = roster.version;
    assert_eq!(follows(&|_| {}, &twice), lost, "it was never away");
    let role = |roster: &mut Roster| roster.members[2].role = Role::Authority;
    assert_eq!(follows(&|_| {}, &role), lost);
}

#[test]
fn the_end_of_a_key_is_never_put_off() {
    let end = |until: Option<i64>| {
        move |roster: &mut Roster| {
            roster.members[2].keys[0].until = until.map(|ms| now().plus_ms(ms));
        }
    };
    let changed = Err(RosterError::HistoryChanged(DATONG));
    for (before, next, expected) in [
        (None, Some(5), Ok(())),
        (Some(5), Some(4), Ok(())),
        (Some(5), Some(5), Ok(())),
        (Some(5), Some(6), changed),
        (Some(5), None, changed),
    ] {
        assert_eq!(follows(&end(before), &end(next)), expected, "{before:?} {next:?}");
    }
}

#[test]
fn a_proof_of_a_key_counts_for_the_member_that_it_was_made_for() {
    let bytes = |code| {
        let applicant = applicant(code, Role::Center);
        enrolment::enrol(&applicant, AUTHORITY, now(), &mut keyring(code)).unwrap()
    };
    let of_taiyuan = VerifiedEnrolment::parse(&network(), bytes(TAIYUAN)).unwrap();
    let of_datong = VerifiedEnrolment::parse(&network(), bytes(DATONG)).unwrap();
    let mut borrowed = of_datong.enrolment().clone();
    // Taiyuan's log key with the proof that Taiyuan made for itself.
    borrowed.keys[2] = of_taiyuan.enrolment().keys[2];
    let borrowed = cose::sign("test", &borrowed, &mut keyring(DATONG)).unwrap();
    let parsed = VerifiedEnrolment::parse(&network(), borrowed);
    assert_eq!(parsed.unwrap_err(), Refusal::Signature);
}

#[test]
fn a_statement_key_counts_from_its_first_instant_to_the_one_before_its_end() {
    let mut roster = roster();
    let key = &mut roster.members[2].keys[1];
    (key.from, key.until) = (now(), Some(now().plus_ms(5)));
    let id = key.public.id();
    let counts = |ms| roster.key_table().statement_key(id, now().plus_ms(ms)).map(drop);
    assert_eq!(counts(-1), Err(Refusal::KeyNotYet));
    assert_eq!(counts(0), Ok(()));
    assert_eq!(counts(4), Ok(()));
    assert_eq!(counts(5), Err(Refusal::KeyEnded));
}

#[test]
fn nobody_and_nothing_is_listed_twice() {
    let twice: [(Alter<'_, Roster>, RosterError); 3] = [
        (&|roster| roster.members.insert(2, roster.members[2].clone()), RosterError::Members),
        (&|roster| roster.witnesses.insert(2, roster.witnesses[2]), RosterError::Witnesses),
        (&|roster| roster.annexes.push(roster.annexes[0]), RosterError::Annexes),
    ];
    for (change, error) in twice {
        let mut broken = roster();
        change(&mut broken);
        assert_eq!(broken.check(), Err(error));
    }
    let names = [MemberStatus::Active, MemberStatus::Suspended, MemberStatus::Revoked];
    assert_eq!(names.map(MemberStatus::name), ["active", "suspended", "revoked"]);
}
