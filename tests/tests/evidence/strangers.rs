//! Evidence of every kind, written by nodes and verified by others: by our program without a network
//! and without a store, and by a verifier in Python that shares no code with us.

use std::fs;
use std::path::{Path, PathBuf};

use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, TAIYUAN};
use fundlink_tests::dump::{Dump, DumpFile};
use fundlink_tests::people::{LI_IN_DATONG, LI_NEW_IN_TAIYUAN, ZHANG_IN_DATONG};
use fundlink_tests::program::{fundlink, hear};
use fundlink_tests::province::{Plan, Province, at};
use fundlink_tests::verifier::{folder, run, run_without_network};
use fundlink_tests::zip;

use super::{UNVERIFIED, vector};

const CONTRACT: &str = "JK140200-2021-0001";

#[test]
fn every_vector_matches_the_cddl_of_the_protocol() {
    let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol");
    let mut files = vec![protocol.join("PROTOCOL.md")];
    for entry in fs::read_dir(protocol.join("vectors")).unwrap() {
        files.push(entry.unwrap().path());
    }
    let files: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let said = run("cddl.py", &files).done();
    assert!(said.out.contains("vectors match"), "{}", said.out);
}

#[test]
fn other_libraries_compute_what_the_vectors_say_and_refuse_every_change() {
    let said = run("vectors.py", &[]).done();
    assert!(said.out.contains("vectors hold, 7 evidence files among them"), "{}", said.out);
}

#[test]
fn notes_and_proofs_need_no_more_than_a_page_of_code() {
    let reader = fs::read_to_string(folder().join("c2sp.py")).unwrap();
    assert!(reader.lines().count() <= 150, "{} lines", reader.lines().count());
}

#[test]
fn each_of_a_hundred_changes_is_refused_by_our_program_with_part_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (parts, fingerprint) = vector("dossier");
    fs::write(path("dossier.zip"), zip::Zip::of(&parts).write()).unwrap();
    fs::write(path("other.zip"), zip::Zip::of(&vector("transfer").0).write()).unwrap();
    let changed = folder.path().join("changed");
    fs::create_dir(&changed).unwrap();
    let made =
        run("changes.py", &[&path("dossier.zip"), &path("other.zip"), changed.to_str().unwrap()])
            .done();
    let mut agreed = 0;
    for line in made.out.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [number, code, _, what] = fields.as_slice() else { panic!("{line}") };
        let file = changed.join(format!("{number}.zip"));
        let said = super::verify(&file, &fingerprint).ended_with(UNVERIFIED);
        let found = said.code().unwrap_or_else(|| panic!("{what}: no reason: {}", said.err));
        agreed += usize::from(found == *code);
    }
    assert_eq!(made.out.lines().count(), 100);
    assert!(agreed >= 80, "the two verifiers give the same reason for {agreed} changes of 100");
}

/// A province in which everything that evidence can be of has happened.
fn lived_in() -> Province {
    let plan = Plan { begin: Some(at("2026-05-20", 9)), ..Plan::of(&[TAIYUAN, DATONG]) };
    let province = Province::form(&plan);
    for service in ["query", "certificate", "transfer"] {
        province.set_mode(service, "auto");
    }
    let mut datong = Dump::of(&[LI_IN_DATONG, ZHANG_IN_DATONG]);
    let (name, number) = (ZHANG_IN_DATONG.name, ZHANG_IN_DATONG.document);
    datong.row(
        DumpFile::Loans,
        format_args!(
            "{CONTRACT},{CONTRACT},{name},01,{number},300000.00,300000.00,20210301,250000.00,\
             0.0325,240,,0,0,01"
        ),
    );
    province.import(DATONG, &datong);
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN]));
    province
}

/// Asks as a clerk of Taiyuan, until everybody answers; gives the dossier as JSON.
fn ask(province: &mut Province, words: &[&str], purpose: &str) -> serde_json::Value {
    let consent = province.folder().join("consent.txt");
    fs::write(&consent, "本人同意").unwrap();
    let consent = consent.to_str().unwrap();
    let why = ["--purpose", purpose, "--serial", "DK-1", "--operator", CLERK];
    let with = ["--consent", "SQ-1", "--consent-file", consent, "--subject-file", "-"];
    let typed = format!("XingMing,ZJHM\n{},{}\n", ZHANG_IN_DATONG.name, ZHANG_IN_DATONG.document);
    let all = [&["--json"], words, &why, &with].concat();
    province.until(&format!("an answer to {}", words.join(" ")), |province| {
        let said = province.member(TAIYUAN).run_reading(&all, &typed);
        let shown = (said.exit == Some(0)).then(|| said.json())?;
        answer_of(&shown).is_some().then_some(shown)
    })
}

/// The hash of the answer that came.
fn answer_of(dossier: &serde_json::Value) -> Option<String> {
    let rows = dossier["rows"].as_array().unwrap();
    rows.iter().find_map(|row| row["answer"].as_str().map(str::to_owned))
}

/// Exports evidence until witnesses have seen all of it.
fn export(
    province: &mut Province,
    at: Identity,
    name: &str,
    words: &[&str],
    typed: &str,
) -> PathBuf {
    let mut tries = 0;
    province.until(&format!("witnessed evidence of a {name}"), |province| {
        tries += 1;
        let file = province.folder().join(format!("{name}-{tries}.zip"));
        let path = file.to_str().unwrap();
        let words = [&["--json", "evidence", "export"], words, &["--out", path]].concat();
        let said = province.member(at).run_reading(&words, typed);
        (said.exit == Some(0)).then_some(file)
    })
}

#[test]
fn evidence_of_every_kind_is_verified_by_strangers_without_network_store_or_our_code() {
    let mut province = lived_in();
    let case = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let dossier = text(&ask(&mut province, &["dossier"], "L1")["id"]);
    let question = ["ask", "account", "--center", DATONG.center];
    let answer = answer_of(&ask(&mut province, &question, "L1")).unwrap();
    let wanted = ["ask", "deposit-certificate", "--center", DATONG.center];
    ask(&mut province, &wanted, "C1");
    let number = format!("{}-C-2026-000001", DATONG.center);
    let accesses = ["ask", "access-list", "--center", DATONG.center];
    let accesses = text(&ask(&mut province, &accesses, "A1")["id"]);
    province.await_states(&case, ("completed", "00"), ("completed", "00"));

    let account = format!("{}\n", ZHANG_IN_DATONG.account);
    let kinds: [(&str, Identity, &[&str], &str); 8] = [
        ("dossier", TAIYUAN, &["--dossier", &dossier], ""),
        ("answer", TAIYUAN, &["--statement", &answer], ""),
        ("access-list", TAIYUAN, &["--dossier", &accesses], ""),
        ("transfer-in", TAIYUAN, &["--transfer", &case.id], ""),
        ("transfer-out", DATONG, &["--transfer", &case.number], ""),
        ("certificate", DATONG, &["--certificate", &number], ""),
        ("loan", DATONG, &["--loan", CONTRACT], ""),
        ("account", DATONG, &["--account"], &account),
    ];
    let files: Vec<PathBuf> = kinds
        .iter()
        .map(|(name, at, words, typed)| export(&mut province, *at, name, words, typed))
        .collect();
    let fingerprint = fingerprint_of(&province);
    // From here on there is no network: no node answers any more.
    for member in &mut province.members {
        member.stop();
    }
    let empty = tempfile::tempdir().unwrap();
    for (file, other) in files.iter().zip(files.iter().cycle().skip(1)) {
        verified_offline(file, &fingerprint, empty.path());
        let (path, other) = (file.to_str().unwrap(), other.to_str().unwrap());
        let said = run("verify.py", &[path, "--fingerprint", &fingerprint]).done();
        assert_eq!(said.json()["verified"], true, "{path}");
        run("changes.py", &[path, other]).done();
        whole_by_its_manifest(file);
    }
}

/// The fingerprint that the authority would read out, which stands in each join file.
fn fingerprint_of(province: &Province) -> String {
    let file = province.folder().join("network.join");
    province.member(AUTHORITY).run(&["net", "join-file", "--out", file.to_str().unwrap()]).done();
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Fingerprint: "));
    line.unwrap().to_owned()
}

fn verified_offline(file: &Path, fingerprint: &str, empty: &Path) {
    let words = [
        "--lang",
        "en",
        "evidence",
        "verify",
        file.to_str().unwrap(),
        "--fingerprint",
        fingerprint,
    ];
    let said = run_without_network(fundlink(), &words, empty).done();
    assert!(said.out.contains("a quorum had seen it by"), "{}", said.out);
    assert!(said.out.contains("Verified by the root keys that you gave"), "{}", said.out);
    assert_eq!(fs::read_dir(empty).unwrap().count(), 0, "nothing is left behind");
    for private in [LI_IN_DATONG, ZHANG_IN_DATONG] {
        for word in [private.name, private.document, private.account] {
            assert!(!said.out.contains(word), "the page says {word}");
        }
    }
}

/// What a person without any verifier can do: unpack, and have the hashes checked.
fn whole_by_its_manifest(file: &Path) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in zip::parts(&fs::read(file).unwrap()) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let mut command = std::process::Command::new("sha256sum");
    command.args(["--check", "--strict", "--quiet", "manifest.sha256"]).current_dir(folder.path());
    hear(command, "").done();
}
