//! The README's way by hand, as a newcomer follows it: every block is run as it stands, in order, in
//! one shell that stops at the first command that fails.
//!
//! **Promises.** Nothing of a block is changed but the ports, which would be taken on a machine where
//! other tests run, and the building, which has been done.
//! **Left to others.** The tour that the README begins with: the tests of the command.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use fundlink_node::clock;
use fundlink_protocol::calendar::WorkingCalendar;
use fundlink_tests::program;

const BUILDING: &str = "cargo build --release\nfundlink=\"$PWD/target/release/fundlink\"\n";
const PORTS: [&str; 7] = ["7400", "7401", "7402", "7480", "7481", "7482", "7700"];
/// What a newcomer looks at in the end.
const LOOK: &str = r#"
"$fundlink" --json --config taiyuan transfer list --ended > arrived.json
letter=$(sed -n 's/.*"number": *"\(140100[0-9A-Z]*\)".*/\1/p' arrived.json)
"$fundlink" --config datong transfer watch "$letter"
"$fundlink" --json --config datong ledger > ledger.json
"$fundlink" --json --config datong transfer list --ended > left.json
"#;

/// The same on a day on which banks do not work: nothing is paid before the next one.
const LOOK_AT_REST: &str = r#"
until "$fundlink" --json --config datong transfer list | grep -q '"paying"'; do sleep 1; done
"$fundlink" --json --config taiyuan transfer list > arrived.json
"$fundlink" --json --config datong ledger > ledger.json
"$fundlink" --json --config datong transfer list > left.json
"#;

/// The shell blocks under a heading.
fn blocks(readme: &str, heading: &str) -> Vec<String> {
    let (_, section) = readme.split_once(heading).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let opened = section.split("```sh\n").skip(1);
    opened.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The script with ports that are free.
fn with_free_ports(script: &str) -> String {
    let listeners: BTreeMap<&str, TcpListener> =
        PORTS.into_iter().map(|port| (port, TcpListener::bind("127.0.0.1:0").unwrap())).collect();
    listeners.iter().fold(script.to_owned(), |script, (port, listener)| {
        let free = listener.local_addr().unwrap().port();
        assert!(script.contains(port), "the README no longer names port {port}");
        script.replace(port, &format!("{free}"))
    })
}

fn said(folder: &Path, file: &str) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

#[test]
fn a_newcomer_follows_the_readme_to_a_completed_transfer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let blocks = blocks(&readme, "\n## Set up a network by hand\n");
    assert!(blocks.len() >= 6, "{} blocks", blocks.len());
    let script = blocks.concat();
    assert_eq!(script.matches(BUILDING).count(), 1, "the README builds otherwise");
    let script = script.replace(BUILDING, "");
    let script = with_free_ports(&script);
    let today = clock::wall_time().date().unwrap();
    let banks_work = WorkingCalendar::default().is_working_day(today);
    let (script, look, states) = if banks_work {
        (script, LOOK, [("completed", "00"); 2])
    } else {
        let script = script.replace(" --watch ", " ");
        (script, LOOK_AT_REST, [("announced", "08"), ("paying", "08")])
    };
    let script = format!("set -eu -o pipefail\ntrap 'kill $(jobs -p)' EXIT\n{script}{look}pwd\n");
    let temporary = tempfile::tempdir().unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).env("fundlink", program::fundlink());
    shell.env("TMPDIR", temporary.path()).current_dir(temporary.path());
    let run = program::hear(shell, "").done();
    let folder = Path::new(run.out.lines().next_back().unwrap());

    for (side, (state, code)) in ["arrived.json", "left.json"].into_iter().zip(states) {
        let transfers = said(folder, side);
        let [transfer] = transfers.as_array().unwrap().as_slice() else { panic!("{transfers}") };
        assert_eq!((&transfer["state"], &transfer["code"]), (&state.into(), &code.into()));
    }
    let ledger = said(folder, "ledger.json");
    assert_eq!((&ledger["sum"], &ledger["persons"]), (&"0.00".into(), &"0.00".into()));
}
