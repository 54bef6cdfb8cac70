//! Story 4: an unsettled loan stops the letter; once it is settled, a new one succeeds.

use fundlink_testnet::member::{CLERK, LINFEN, TAIYUAN};
use fundlink_tests::case::fen;
use fundlink_tests::dump::{Dump, DumpFile, Saver};
use fundlink_tests::people::{ZHOU_IN_LINFEN, ZHOU_IN_TAIYUAN};
use fundlink_tests::province::Province;
use serde_json::Value;

const PRINCIPAL: &str = "123520.23";
const INTEREST: &str = "1220.36";

/// 周临 in Linfen with the loan of 2021: its balance, the day it was settled, instalments overdue now.
fn with_loan(saver: Saver, balance: &str, settled_on: &str, overdue: u32) -> Dump {
    let mut dump = Dump::of(&[saver]);
    let Saver { name, document, .. } = saver;
    dump.row(
        DumpFile::Loans,
        format_args!(
            "JK141000-2021-0077,1410002021000077,{name},01,{document},600000.00,600000.00,20210520,\
             {balance},0.0325000,360,{settled_on},2,{overdue},01"
        ),
    );
    dump
}

/// What Taiyuan is told for a loan of its own.
fn loan_check(province: &Province, words: &[&str]) -> Value {
    let consent = province.folder().join("consent.txt");
    std::fs::write(&consent, "本人同意查询").unwrap();
    let reason = ["--purpose", "L1", "--serial", "DK-1", "--consent", "C-2", "--consent-file"];
    let more = [consent.to_str().unwrap(), "--operator", CLERK, "--subject-file", "-"];
    let Saver { name, document, .. } = ZHOU_IN_LINFEN;
    let typed = format!("XingMing,ZJHM\n{name},{document}\n");
    let all = [&["--json"], words, &reason, &more].concat();
    province.member(TAIYUAN).run_reading(&all, &typed).done().json()
}

#[test]
fn r07_while_the_loan_runs_and_a_new_letter_with_loan_num_1_once_it_is_settled() {
    let mut province = Province::on("2026-03-02", &[TAIYUAN, LINFEN]);
    province.set_mode("query", "answer");
    province.import(TAIYUAN, &Dump::of(&[ZHOU_IN_TAIYUAN]));
    province.import(LINFEN, &with_loan(ZHOU_IN_LINFEN, "538912.44", "", 2));
    let before = province.sums(LINFEN);

    let refused = province.start(TAIYUAN, LINFEN, &ZHOU_IN_LINFEN);
    province.await_refusal(&refused, "R07");
    assert_eq!(province.sums(LINFEN), before);
    // LoanEndFlag 1: the loan is outstanding, two instalments late.
    let history = loan_check(&province, &["ask", "loan-history", "--center", LINFEN.center]);
    let row = history["rows"].as_array().unwrap().iter().find(|row| row["center"] == LINFEN.center);
    let loan = &row.unwrap()["outcomes"][0]["loans"]["loans"][0];
    let running = (&"overdue".into(), &"538912.44".into());
    assert_eq!((&loan["status"], &loan["balance"]), running, "{history}");
    assert_eq!((&loan["overdue_current"], &loan["overdue_total"]), (&2.into(), &2.into()));

    // 3 August: 结清. The money has earned its interest of 30 June meanwhile.
    province.go_to("2026-08-03", 9);
    let summer = Saver { carried_until: 2026, ..ZHOU_IN_LINFEN };
    province.import(LINFEN, &with_loan(summer, "0.00", "20260803", 0));
    let paying = Saver { first: (2026, 1), months: 7, carried_until: 2026, ..ZHOU_IN_TAIYUAN };
    province.import(TAIYUAN, &Dump::of(&[paying]));
    let case = province.start(TAIYUAN, LINFEN, &ZHOU_IN_LINFEN);
    assert_eq!(case.number, "1401002608030001", "a new letter");
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    let (principal, interest, amount) = province.sheet(TAIYUAN, &case);
    assert_eq!((principal, amount), (summer.balance(), principal + interest));

    // LoanNum 1, LoanEndFlag 2: the next loan is for a second home.
    let verdict = loan_check(&province, &["dossier"])["verdict"].clone();
    assert_eq!((&verdict["loans_used"], &verdict["loans_open"]), (&1.into(), &0.into()));
    assert_eq!(verdict["decision"], "second-home", "{verdict}");
    assert_eq!(verdict["months"], 83, "76 there and 7 here, without a gap");
    let came = province.books(TAIYUAN).account(ZHOU_IN_TAIYUAN.account).record;
    let [came] = came.imported.as_slice() else { panic!("one history came along") };
    assert_eq!((came.loan_count, came.overdue_periods_total), (1, 2));
    assert_eq!(came.history.total(), 76);
}

#[test]
fn without_the_loan_the_same_account_comes_to_the_figures_of_the_story() {
    let mut province = Province::on("2026-03-02", &[TAIYUAN, LINFEN]);
    province.import(TAIYUAN, &Dump::of(&[ZHOU_IN_TAIYUAN]));
    province.import(LINFEN, &with_loan(ZHOU_IN_LINFEN, "0.00", "20260227", 0));
    let case = province.start(TAIYUAN, LINFEN, &ZHOU_IN_LINFEN);
    province.await_states(&case, ("completed", "00"), ("completed", "00"));
    assert_eq!(province.sheet(TAIYUAN, &case), (fen(PRINCIPAL), fen(INTEREST), fen("124740.59")));
}
