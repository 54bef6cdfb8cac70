//! `fundlink doctor`: what stands in the way of a member, and what to do about it.
//!
//! **Promises.** Nothing is changed: the store of a stopped node is read over a copy. What cannot be found out because the node does not run is said to
//! be unknown, and everything else is said. Every finding that needs somebody says what to do.
//! **Left to others.** What this machine shows: `local`. What the node knows: `remote`.

use std::env;
use std::path::{Path, PathBuf};

use fundlink_node::clock;
use fundlink_node::config::Config;
use fundlink_protocol::time::Timestamp;
use serde::Serialize;

use super::own_process::{self, Ended};
use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

mod firewall;
mod local;
mod remote;

/// What came of all checks.
#[derive(Debug, Serialize)]
struct Report {
    /// The checks, in their order.
    checks: Vec<Check>,
    /// The connections to ask the people of the firewall for.
    firewall: Vec<firewall::Rule>,
}

/// What came of one check.
#[derive(Debug, Serialize)]
struct Check {
    /// What was looked at, as a word that does not change.
    check: &'static str,
    /// Of what, where there are several: a member, a key, a log.
    of: Option<String>,
    /// What came of it.
    state: State,
    /// What was found, in words.
    found: String,
    /// What to do, where there is something to do.
    next: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// As it should be.
    Fine,
    /// Somebody must do something.
    Attention,
    /// Somebody or something cannot be reached.
    Unreachable,
    /// It could not be found out.
    Unknown,
}

impl Check {
    fn fine(check: &'static str, found: String) -> Self {
        Self { check, of: None, state: State::Fine, found, next: None }
    }

    fn attention(check: &'static str, found: String, next: String) -> Self {
        Self { check, of: None, state: State::Attention, found, next: Some(next) }
    }

    fn unreachable(check: &'static str, found: String, next: String) -> Self {
        Self { check, of: None, state: State::Unreachable, found, next: Some(next) }
    }

    fn unknown(check: &'static str, found: String) -> Self {
        Self { check, of: None, state: State::Unknown, found, next: None }
    }

    fn of(mut self, of: impl Into<String>) -> Self {
        self.of = Some(of.into());
        self
    }
}

/// Arguments of `fundlink doctor`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where the copy of a stopped node's store is put to be read; by default the folder for temporary files
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// Look in this process, with a copy in this folder
    #[arg(long, hide = true, value_name = "FOLDER")]
    looks_in: Option<PathBuf>,
}

/// How the store of a stopped node is read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading {
    /// Over a copy in this folder.
    Below(PathBuf),
    /// It has ended whoever did.
    Ends,
    /// Not at all, for this reason.
    Not(String),
}

/// Looks at everything. The store is read in a process of its own, which it may end.
///
/// # Errors
/// Never: what is wrong stands in the report and in the exit code.
pub(crate) fn run(arguments: &Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    if let Some(folder) = &arguments.looks_in {
        own_process::end_silently();
        return look(&Reading::Below(folder.clone()), config, output);
    }
    let scratch = arguments.scratch.clone().unwrap_or_else(env::temp_dir);
    match own_process::look(&scratch, output.language) {
        Ok(Ended::Looked(exit)) => Ok(exit),
        Ok(Ended::OfTheStore) => look(&Reading::Ends, config, output),
        Err(failure) => look(&Reading::Not(failure.message), config, output),
    }
}

fn look(reading: &Reading, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    let mut checks = Vec::new();
    let mut rules = Vec::new();
    match Config::read(config) {
        Err(error) => {
            let next = language.doctor_mend_configuration(config.display());
            checks.push(Check::attention("configuration", error.to_string(), next));
        }
        Ok(read) => {
            local::configuration(&read, language, &mut checks);
            local::keys(&read, language, &mut checks);
            local::disk(&read, language, &mut checks);
            let node = Node::of(config, language)?;
            rules = match remote::look(&read, &node, language, &mut checks) {
                Some(members) => firewall::rules(&read, &members),
                None => local::stopped((&read, reading), language, &mut checks),
            };
            local::bank(&read, language, &mut checks);
        }
    }
    let report = Report { checks, firewall: rules };
    show(&report, output);
    output.value(&report);
    Ok(exit_of(&report.checks))
}

/// What must be done goes before who cannot be reached.
fn exit_of(checks: &[Check]) -> Exit {
    let any = |state| checks.iter().any(|check| check.state == state);
    if any(State::Attention) {
        Exit::Refused
    } else if any(State::Unreachable) {
        Exit::Partial
    } else {
        Exit::Done
    }
}

fn show(report: &Report, output: &Output) {
    let language = output.language;
    let heading = [language.doctor_check(), language.doctor_result(), language.doctor_found()];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for check in &report.checks {
        let name = word(check.check, language);
        let name = match &check.of {
            Some(of) => format!("{name} {of}"),
            None => name,
        };
        table.row([name, state(check.state, language), check.found.clone()]);
    }
    output.table(&table);
    let to_do = report.checks.iter().filter_map(|check| Some((check, check.next.as_ref()?)));
    let mut lines = to_do.peekable();
    output.line("");
    if lines.peek().is_none() {
        output.line(language.doctor_nothing_to_do());
    }
    for (check, next) in lines {
        output.line(language.doctor_to_do(word(check.check, language), next));
    }
    if !report.firewall.is_empty() {
        output.line("");
        output.line(language.doctor_firewall());
        for rule in &report.firewall {
            output.line(rule.line(language));
        }
    }
}

fn state(state: State, language: Language) -> String {
    match state {
        State::Fine => language.doctor_fine(),
        State::Attention => language.doctor_attention(),
        State::Unreachable => language.doctor_unreachable(),
        State::Unknown => language.doctor_unknown(),
    }
}

fn word(check: &str, language: Language) -> String {
    match (language, check) {
        (Language::English, word) => word.to_owned(),
        (Language::Chinese, "configuration") => "配置".to_owned(),
        (Language::Chinese, "keys") => "密钥文件".to_owned(),
        (Language::Chinese, "key") => "密钥".to_owned(),
        (Language::Chinese, "disk") => "磁盘空间".to_owned(),
        (Language::Chinese, "fsync") => "磁盘写入".to_owned(),
        (Language::Chinese, "store") => "存储".to_owned(),
        (Language::Chinese, "clock") => "时钟".to_owned(),
        (Language::Chinese, "node") => "节点".to_owned(),
        (Language::Chinese, "listen") => "监听地址".to_owned(),
        (Language::Chinese, "roster") => "成员名册".to_owned(),
        (Language::Chinese, "standing") => "成员状态".to_owned(),
        (Language::Chinese, "reaches") => "连接至".to_owned(),
        (Language::Chinese, "reached-by") => "接受连接自".to_owned(),
        (Language::Chinese, "heard") => "心跳".to_owned(),
        (Language::Chinese, "delivery") => "待送达报文".to_owned(),
        (Language::Chinese, "log") => "日志".to_owned(),
        (Language::Chinese, "bank") => "银行".to_owned(),
        (Language::Chinese, "core") => "核心系统".to_owned(),
        (Language::Chinese, word) => word.to_owned(),
    }
}

/// How far in the future a time of the control interface lies, in milliseconds.
fn ms_until(text: &str, now: Timestamp) -> Option<i64> {
    clock::parse(text).map(|at| at.ms_since(now))
}
