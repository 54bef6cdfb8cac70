//! A person sees who asked, in every city, with proofs; and nobody else sees anything.

use super::*;
use crate::account::SerialNumber;
use crate::answer::proof::Proven;
use crate::center::CenterCode;
use crate::dossier::{AnsweredRow, Dossier, LeafOf, RowFailure, RowState, Why, Wish};
use crate::engine::command::{Command, Reply};
use crate::engine::evidence::EvidenceWish;
use crate::engine::imports::ImportItem;
use crate::engine::operator::OperatorId;
use crate::engine::rosters::command::NetCommand;
use crate::evidence::{Demand, FaultReason, verify};
use crate::id::{DossierId, FileHash};
use crate::mode::Mode;
use crate::purpose::{Purpose, QueryKind};
use crate::refusal::Refusal;
use crate::statement::query::Consent;
use crate::testing::people::{LI, ZHANG, account, loan, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN, keyring};

/// Datong has Li's account, and a loan that she shares with Zhang; Linfen has nobody.
fn province() -> Province {
    let mut province = Province::new();
    let items = vec![
        ImportItem::Account(Box::new(account(DATONG, "9923041500021", LI, 36))),
        ImportItem::Loan(Box::new(loan(DATONG, "JK140200-2021-0001", &[ZHANG, LI]))),
    ];
    for (center, items) in [(TAIYUAN, Vec::new()), (DATONG, items)] {
        province.set_modes(center, Mode::Answer);
        province.import(center, items).unwrap();
    }
    province.set_modes(LINFEN, Mode::Answer);
    province.advance(120_000);
    province
}

fn wish(kind: QueryKind, purpose: Purpose, to: Option<CenterCode>) -> Wish {
    Wish {
        operator: OperatorId::parse("clerk").unwrap(),
        to,
        kind,
        purpose,
        subjects: vec![person(LI)],
        transfer: None,
        consent: Some(Consent {
            reference: SerialNumber::parse("SQ-1").unwrap(),
            digest: FileHash::new([3; 32]),
        }),
        serial: SerialNumber::parse("DK-1").unwrap(),
        before: None,
        property: None,
        certificates: Vec::new(),
    }
}

fn loan_check(to: Option<CenterCode>) -> Wish {
    wish(QueryKind::Dossier, Purpose::LoanApplication, to)
}

fn own_request(to: Option<CenterCode>) -> Wish {
    let serial = SerialNumber::parse("CX-1").unwrap();
    Wish { serial, ..wish(QueryKind::AccessList, Purpose::DataSubject, to) }
}

fn ask(province: &mut Province, at: CenterCode, wish: Wish) -> Dossier {
    let reply = province.command(at, Command::Ask(Box::new(wish))).unwrap();
    let Reply::Asked(id) = *reply else { panic!("another reply") };
    // So that witnesses see it, and nobody is waited for any more.
    province.advance(15_000);
    shown(province, at, id)
}

fn shown(province: &mut Province, at: CenterCode, id: DossierId) -> Dossier {
    let reply = province.command(at, Command::Dossier(id)).unwrap();
    let Reply::Dossier(dossier) = *reply else { panic!("another reply") };
    *dossier
}

fn answered(dossier: &Dossier, center: CenterCode) -> &AnsweredRow {
    let row = dossier.rows.iter().find(|row| row.center == center).unwrap();
    let RowState::Answered(answered) = &row.state else { panic!("{center}: {:?}", row.state) };
    answered
}

fn page(answered: &AnsweredRow) -> AccessList {
    let AnswerBody::Given(given) = &answered.body else { panic!("refused") };
    let [Outcome::Found(found)] = given.outcomes.as_slice() else { panic!("not found") };
    found.accesses.clone().unwrap()
}

/// What a center lists: who asked whom, why, for which business, and what came of it.
fn listed(
    dossier: &Dossier,
    center: CenterCode,
) -> Vec<(CenterCode, CenterCode, Purpose, String, AccessOutcome)> {
    let list = page(answered(dossier, center));
    let entry = |entry: &ListedAccess| {
        let access = &entry.access;
        let serial = access.serial.as_str().to_owned();
        (access.by, access.asked, access.purpose, serial, access.outcome)
    };
    list.entries.iter().map(entry).collect()
}

fn refused(province: &mut Province, wish: Wish) -> Refusal {
    province.command(LINFEN, Command::Ask(Box::new(wish))).unwrap_err().refusal
}

#[test]
fn a_person_is_told_in_one_city_who_asked_in_every_city_refused_questions_too() {
    let mut province = province();
    ask(&mut province, TAIYUAN, loan_check(None));
    province.set_modes(DATONG, Mode::Observe);
    ask(&mut province, TAIYUAN, wish(QueryKind::Account, Purpose::Withdrawal, Some(DATONG)));
    province.set_modes(DATONG, Mode::Answer);
    let dossier = ask(&mut province, LINFEN, own_request(None));

    let serial = || "DK-1".to_owned();
    assert_eq!(
        listed(&dossier, DATONG),
        [
            (TAIYUAN, DATONG, Purpose::Withdrawal, serial(), AccessOutcome::Refused(Refusal::Mode)),
            (TAIYUAN, DATONG, Purpose::LoanApplication, serial(), AccessOutcome::Given),
        ],
        "the newest first, without the question that is being answered"
    );
    // What Taiyuan's clerk asked elsewhere, and the look at Taiyuan's own records.
    let at_taiyuan = listed(&dossier, TAIYUAN);
    let sent = |purpose| (TAIYUAN, DATONG, purpose, serial(), AccessOutcome::Sent);
    assert!(at_taiyuan.contains(&sent(Purpose::Withdrawal)), "{at_taiyuan:?}");
    assert!(at_taiyuan.contains(&sent(Purpose::LoanApplication)), "{at_taiyuan:?}");
    let own = (TAIYUAN, TAIYUAN, Purpose::LoanApplication, serial(), AccessOutcome::NoRecord);
    assert!(at_taiyuan.contains(&own), "{at_taiyuan:?}");
    assert_eq!(listed(&dossier, LINFEN), [], "its own request of this moment is no news");

    // The pseudonym says the same of one clerk in both lists, and not who it is.
    let first = |center| page(answered(&dossier, center)).entries[0].access.operator;
    assert_eq!(first(DATONG), first(TAIYUAN));
    assert!(!format!("{dossier:?}{:?}", first(DATONG)).contains("clerk"));
}

#[test]
fn every_entry_is_proved_in_the_audit_log_of_the_center_that_lists_it() {
    let mut province = province();
    ask(&mut province, TAIYUAN, loan_check(None));
    let dossier = ask(&mut province, LINFEN, own_request(None));
    for center in [TAIYUAN, DATONG] {
        let answered = answered(&dossier, center);
        let entries = page(answered).entries;
        assert!(!entries.is_empty());
        let proven: Vec<_> = answered.checks.iter().map(|check| (check.of, check.proven)).collect();
        assert_eq!(proven, vec![(LeafOf::Access, Some(Proven::Witnessed)); entries.len()]);
    }
    let wish = EvidenceWish::Dossier(dossier.id);
    let reply = province.command(LINFEN, Command::Evidence(Box::new(wish))).unwrap();
    let Reply::Evidence(parts) = *reply else { panic!("another reply") };
    let report = verify(&parts, None, Demand::Witnessed).unwrap();
    assert_eq!(report.accesses.len(), 3, "Datong's, and Taiyuan's two");
    for proven in &report.accesses {
        assert_eq!((proven.proof.proven, proven.is_shown), (Proven::Witnessed, true));
        assert_eq!(
            proven.log.center,
            if proven.access.asked == DATONG && proven.access.outcome != AccessOutcome::Sent {
                DATONG
            } else {
                TAIYUAN
            }
        );
    }
    let page = String::from_utf8(parts["page.html"].clone()).unwrap();
    for words in ["Somebody asked about the person", "有人查询本人"] {
        assert_eq!(page.matches(words).count(), 3, "{page}");
    }
    assert!(page.contains("<dt>Asked of</dt><dd>center 140200 (140200)</dd>"), "{page}");
    for private in [LI.0, LI.1, ZHANG.0, "clerk"] {
        assert!(!page.contains(private), "{private}");
    }
}

/// An entry as a center would sign it, changed before it is checked.
fn changed(change: impl FnOnce(&mut ListedAccess)) -> Option<crate::answer::proof::ProofFault> {
    let mut province = province();
    ask(&mut province, TAIYUAN, loan_check(None));
    let dossier = ask(&mut province, LINFEN, own_request(Some(DATONG)));
    let mut entry = page(answered(&dossier, DATONG)).entries.remove(0);
    change(&mut entry);
    province.act(LINFEN, |round| {
        let trust = round.log_trust();
        let log = LogId::audit(DATONG, entry.log);
        let logged = crate::log::policy::Policy::logged(trust.log_keys(log));
        let witnessed = trust.policy(log);
        let policies =
            crate::answer::proof::Policies { witnessed: witnessed.as_ref(), logged: &logged };
        entry.check(&person(LI), policies).err()
    })
}

#[test]
fn an_entry_that_says_otherwise_than_its_question_is_not_proved() {
    use crate::answer::proof::ProofFault;
    assert_eq!(changed(|_| ()), None);
    assert_eq!(changed(|entry| entry.access.by = LINFEN), Some(ProofFault::Status));
    assert_eq!(changed(|entry| entry.access.purpose = Purpose::Transfer), Some(ProofFault::Status));
    assert_eq!(
        changed(|entry| entry.access.serial = SerialNumber::parse("DK-2").unwrap()),
        Some(ProofFault::Status)
    );
    let leaf = crate::id::Commitment::new([7; 32]);
    assert_eq!(changed(|entry| entry.leaf = leaf), Some(ProofFault::Commitment));
    let hidden = |entry: &mut ListedAccess| {
        entry.opening = None;
        entry.leaf = leaf;
    };
    assert_eq!(changed(hidden), Some(ProofFault::Inclusion));
    assert_eq!(
        changed(|entry| entry.index = crate::log::tree::LeafIndex::new(5)),
        Some(ProofFault::Inclusion)
    );
}

#[test]
fn a_question_about_a_household_is_listed_and_not_shown() {
    let mut province = province();
    let mut household = loan_check(Some(DATONG));
    household.subjects.push(person(ZHANG));
    ask(&mut province, TAIYUAN, household);
    let dossier = ask(&mut province, LINFEN, own_request(Some(DATONG)));
    let answered = answered(&dossier, DATONG);
    let [entry] = &page(answered).entries[..] else { panic!("one entry") };
    assert_eq!(entry.opening, None);
    assert_eq!(answered.checks[0].proven, Some(Proven::Witnessed), "the leaf is proved alone");
    let bytes = province.act(LINFEN, |round| round.statement(answered.answer).unwrap().unwrap());
    for third in [ZHANG.0, ZHANG.1] {
        let found = bytes.windows(third.len()).any(|window| window == third.as_bytes());
        assert!(!found, "a third person stands in the answer");
    }
    let wish = EvidenceWish::Dossier(dossier.id);
    let reply = province.command(LINFEN, Command::Evidence(Box::new(wish))).unwrap();
    let Reply::Evidence(parts) = *reply else { panic!("another reply") };
    let report = verify(&parts, None, Demand::Witnessed).unwrap();
    assert!(!report.accesses[0].is_shown);
}

#[test]
fn a_suspended_member_answers_a_revoked_or_silent_one_is_named() {
    let mut province = province();
    ask(&mut province, TAIYUAN, loan_check(Some(DATONG)));
    let net = |province: &mut Province, command| {
        province.command(AUTHORITY, Command::Net(command)).unwrap();
        province.advance(10_000);
    };
    net(&mut province, NetCommand::Suspend(DATONG));
    let dossier = ask(&mut province, LINFEN, own_request(None));
    assert_eq!(listed(&dossier, DATONG).len(), 1, "the person is answered all the same");

    province.cut_off(TAIYUAN);
    let takeover = LINFEN;
    net(&mut province, NetCommand::Revoke { center: DATONG, takeover, compromised: false });
    let dossier = ask(&mut province, LINFEN, own_request(None));
    let states: Vec<_> =
        dossier.rows.iter().map(|row| (row.center, row.why, row.state.clone())).collect();
    let unreachable = RowState::Failed(RowFailure::Unreachable);
    assert_eq!(states[0], (TAIYUAN, Why::MayHaveAsked, unreachable));
    assert_eq!(states[1], (DATONG, Why::Revoked, RowState::NotAsked));
    assert_eq!(states[2].1, Why::Own);
}

#[test]
fn a_long_list_comes_in_pages_each_entry_once() {
    let mut province = province();
    let asked = ACCESSES_PER_ANSWER_MAX + 5;
    for _ in 0..asked {
        let command = Command::Ask(Box::new(loan_check(Some(DATONG))));
        province.command(TAIYUAN, command).unwrap();
    }
    province.advance(15_000);
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let dossier = ask(&mut province, LINFEN, Wish { before, ..own_request(Some(DATONG)) });
        let list = page(answered(&dossier, DATONG));
        assert!(list.entries.len() <= ACCESSES_PER_ANSWER_MAX);
        let of_taiyuan = list.entries.iter().filter(|entry| entry.access.by == TAIYUAN);
        seen.extend(of_taiyuan.map(|entry| entry.access.question));
        before = list.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), asked);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), asked, "no entry twice");
}

#[test]
fn without_a_record_only_questions_under_the_same_name_are_listed() {
    let mut province = province();
    ask(&mut province, TAIYUAN, loan_check(Some(LINFEN)));
    let other = person(("李小禾", LI.1));
    let mut wrong = own_request(Some(LINFEN));
    wrong.subjects = vec![other.clone()];
    let dossier = ask(&mut province, TAIYUAN, wrong);
    assert_eq!(listed(&dossier, LINFEN), [], "a number alone opens nothing");
    let dossier = ask(&mut province, TAIYUAN, own_request(Some(LINFEN)));
    assert_eq!(listed(&dossier, LINFEN).len(), 1);
    // Where a record says who the person is, another name is refused.
    let mut wrong = own_request(Some(DATONG));
    wrong.subjects = vec![other];
    let dossier = ask(&mut province, TAIYUAN, wrong);
    let AnswerBody::Given(given) = &answered(&dossier, DATONG).body else { panic!("refused") };
    assert_eq!(given.outcomes, [Outcome::Refused(Refusal::NameMismatch)]);
}

#[test]
fn the_list_is_one_persons_and_asked_for_with_consent() {
    let mut province = province();
    let mut two = own_request(None);
    two.subjects.push(person(ZHANG));
    assert_eq!(refused(&mut province, two), Refusal::Subject);
    let alone = Wish { consent: None, ..own_request(None) };
    assert_eq!(refused(&mut province, alone), Refusal::Consent);
    let other = Wish { purpose: Purpose::LoanApplication, ..own_request(None) };
    assert_eq!(refused(&mut province, other), Refusal::Purpose);
    let before = Some(AccessPlace { at: province.now, question: PayloadHash::new([1; 32]) });
    assert_eq!(refused(&mut province, Wish { before, ..loan_check(None) }), Refusal::Subject);
}

/// Datong's list as Datong would sign it after a change, in a file that is verified by signatures.
fn verified(change: impl FnOnce(&mut ListedAccess)) -> Result<usize, FaultReason> {
    let mut province = province();
    ask(&mut province, TAIYUAN, loan_check(None));
    let dossier = ask(&mut province, LINFEN, own_request(Some(DATONG)));
    let wish = EvidenceWish::Dossier(dossier.id);
    let reply = province.command(LINFEN, Command::Evidence(Box::new(wish))).unwrap();
    let Reply::Evidence(mut parts) = *reply else { panic!("another reply") };
    let name = parts.keys().find(|name| name.contains("answer-140200")).unwrap();
    let stem = name.split_once('.').unwrap().0.to_owned();
    parts.retain(|name, _| !name.starts_with(&stem));
    let bytes = province
        .act(LINFEN, |round| round.statement(answered(&dossier, DATONG).answer).unwrap().unwrap());
    let statement = Received::parse(bytes).unwrap().read_again().unwrap();
    let Statement::Answer(mut answer) = statement else { panic!("no answer") };
    let AnswerBody::Given(given) = &mut answer.body else { panic!("refused") };
    let Outcome::Found(found) = &mut given.outcomes[0] else { panic!("not found") };
    change(&mut found.accesses.as_mut().unwrap().entries[0]);
    let signed = crate::cose::sign("test", &*answer, &mut keyring(DATONG)).unwrap();
    parts.insert(format!("{stem}.cose"), signed);
    let parts = crate::evidence::complete(parts).map_err(|fault| fault.reason)?;
    let report = verify(&parts, None, Demand::Signed).map_err(|fault| fault.reason)?;
    Ok(report.accesses.len())
}

#[test]
fn a_list_that_invents_a_question_does_not_verify() {
    assert_eq!(verified(|_| ()), Ok(1));
    let shifted = |entry: &mut ListedAccess| entry.log = 2;
    assert_eq!(verified(shifted), Err(FaultReason::Inclusion));
    let renamed = |entry: &mut ListedAccess| entry.access.by = LINFEN;
    assert_eq!(verified(renamed), Err(FaultReason::Form));
    // Without a proof the leaf is the center's word; a question that nobody has signed is not.
    let forged = |entry: &mut ListedAccess| {
        let opening = entry.opening.as_mut().unwrap();
        let mut bytes = opening.statement.to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        entry.proof = None;
        entry.leaf = commit(CommitmentDomain::Statement, &opening.blinding, &bytes);
        opening.statement = bytes.into();
    };
    assert_eq!(verified(forged), Err(FaultReason::Signature));
    let unopened = |entry: &mut ListedAccess| {
        entry.opening.as_mut().unwrap().blinding = crate::id::Blinding::new([9; 32]);
    };
    assert_eq!(verified(unopened), Err(FaultReason::Opening));
}
