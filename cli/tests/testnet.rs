//! The whole tour, as a newcomer starts it: real processes, a small province.

use std::io;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn testnet(folder: &Path, arguments: &[&str]) -> io::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fundlink"));
    command.args(["--lang", "en", "testnet", "--once", "--scale", "0.02", "--dir"]).arg(folder);
    command.args(arguments).output()
}

#[test]
fn the_tour_shows_what_the_network_is_for_and_leaves_nothing_running() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("t");
    let played = testnet(&folder, &["--json"]).unwrap();
    let said = String::from_utf8_lossy(&played.stderr);
    assert_eq!(played.status.code(), Some(0), "{said}");
    let summary: Value = serde_json::from_slice(&played.stdout).unwrap();
    let steps = summary["steps"].as_array().unwrap().iter();
    let steps: Vec<&str> = steps.map(|step| step["step"].as_str().unwrap()).collect();
    let all = ["province", "network", "import", "roots"];
    let scenes = ["loan-check", "transfers", "refusals", "second-loan", "evidence"];
    assert_eq!(steps, [&all[..], &scenes[..]].concat());
    for member in ["authority", "taiyuan", "datong", "linfen"] {
        assert!(!folder.join(member).join("control.sock").exists(), "{member} has stopped");
    }
}

#[test]
fn a_folder_with_something_else_in_it_is_not_cleared() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "x").unwrap();
    let refused = testnet(folder.path(), &[]).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--dir"));
    assert!(folder.path().join("thesis.txt").exists());
}
