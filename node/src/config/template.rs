//! The commented configuration that `fundlink init` writes.
//!
//! **Promises.** What is rendered is read back as the same values, and each key in it has a comment.

use std::fmt::Write as _;

use super::file::{BankDriverName, ConfigFile, NamedSource, PassphraseName, PlainSource, RoleName};

/// Renders a configuration with its comments.
#[must_use]
pub fn render(file: &ConfigFile) -> String {
    let mut text = String::new();
    render_node(&mut text, file);
    render_money(&mut text, file);
    render_policy(&mut text, file);
    render_rest(&mut text, file);
    text
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn add(text: &mut String, block: &str) {
    text.push_str(block);
}

/// Adds `key = value`, with a comment over it.
fn entry(text: &mut String, comment: &str, key: &str, value: &str) {
    for line in comment.lines() {
        text.push_str("# ");
        text.push_str(line);
        text.push('\n');
    }
    // Writing to a string cannot fail.
    writeln!(text, "{key} = {value}").ok();
}

fn render_node(text: &mut String, file: &ConfigFile) {
    add(
        text,
        "# Fundlink node. Relative paths are relative to the folder of this file.\n\n[node]\n",
    );
    entry(text, "The network's name: a-z, 0-9 and dash.", "network", &quoted(&file.node.network));
    let code = "The division code of this member (GB/T 2260), such as 140100 for Taiyuan.";
    entry(text, code, "center", &quoted(&file.node.center));
    let role = match file.node.role {
        RoleName::Center => "center",
        RoleName::Authority => "authority",
    };
    entry(text, "\"center\" (公积金中心) or \"authority\" (省住建厅).", "role", &quoted(role));
    entry(
        text,
        "The folder of the store; one process at a time.",
        "data",
        &quoted(&file.node.data),
    );

    add(text, "\n[keys]\n");
    entry(text, "The encrypted key file, mode 0600.", "file", &quoted(&file.keys.file));
    let source = match &file.keys.passphrase {
        PassphraseName::Plain(PlainSource::Prompt) => quoted("prompt"),
        PassphraseName::Plain(PlainSource::None) => quoted("none"),
        PassphraseName::Named(NamedSource::File(path)) => format!("{{ file = {} }}", quoted(path)),
        PassphraseName::Named(NamedSource::Environment(name)) => {
            format!("{{ environment = {} }}", quoted(name))
        }
        PassphraseName::Named(NamedSource::Credential(name)) => {
            format!("{{ credential = {} }}", quoted(name))
        }
    };
    let sources = "Where its passphrase comes from: \"prompt\", { file = \"path\" }, { environment = \"NAME\" },\n{ credential = \"name\" } (systemd LoadCredential=), or \"none\" for a file made without one.";
    entry(text, sources, "passphrase", &source);

    add(text, "\n[listen]\n");
    let peers: Vec<String> = file.listen.peers.iter().map(|peer| quoted(peer)).collect();
    let about = "Where other members reach this node; port 0 takes a free one.";
    entry(text, about, "peers", &format!("[{}]", peers.join(", ")));
    let about = "The socket that the fundlink command talks to, mode 0600.";
    entry(text, about, "control", &quoted(&file.listen.control));
    let about = "Loopback address for /livez, /readyz and /metrics, or \"off\".";
    entry(text, about, "health", &quoted(&file.listen.health));
}

fn render_money(text: &mut String, file: &ConfigFile) {
    add(text, "\n[core]\n");
    let about = "Who carries orders to the core system (核心业务系统): \"embedded\" keeps the ledger in this\nnode's own store.";
    entry(text, about, "driver", &quoted("embedded"));

    add(text, "\n[bank]\n");
    let driver = match file.bank.driver {
        BankDriverName::Off => "off",
        BankDriverName::Http => "http",
    };
    let about =
        "Who carries orders to the bank: \"off\", or \"http\" for a bank with an HTTP interface.";
    entry(text, about, "driver", &quoted(driver));
    let about = "The address of the HTTP bank.";
    match &file.bank.url {
        Some(url) => entry(text, about, "url", &quoted(url)),
        None => entry(text, about, "# url", &quoted("http://127.0.0.1:7700")),
    }
    let about = "Milliseconds between two looks for the bank's notices.";
    entry(text, about, "poll_ms", &file.bank.poll_ms.to_string());

    let about = "\n# The special account (专户) to which other centers pay; without it no transfer in can be asked.\n";
    add(text, about);
    match &file.receiving_account {
        Some(account) => {
            add(text, "[receiving_account]\n");
            entry(text, "Digits and dashes.", "number", &quoted(&account.number));
            entry(text, "The account's name.", "name", &quoted(&account.name));
            entry(text, "The bank.", "bank", &quoted(&account.bank));
        }
        None => add(text, "# [receiving_account]\n# number = \"\"\n# name = \"\"\n# bank = \"\"\n"),
    }

    let about = "\n# Who may act here. Roles: clerk (经办), reviewer (复核), system-administrator,\n# security-administrator, audit-administrator.\n";
    add(text, about);
    if file.operator.is_empty() {
        add(text, "# [[operator]]\n# id = \"\"\n# name = \"\"\n# roles = [\"clerk\"]\n");
    }
    for operator in &file.operator {
        add(text, "[[operator]]\n");
        entry(text, "a-z, 0-9, dot, dash and underscore.", "id", &quoted(&operator.id));
        entry(text, "The name that is shown.", "name", &quoted(&operator.name));
        let roles = toml::Value::try_from(&operator.roles);
        let roles = roles.map_or_else(|_| "[]".into(), |roles| roles.to_string());
        entry(text, "What the person may do.", "roles", &roles);
    }
}

fn render_policy(text: &mut String, file: &ConfigFile) {
    let policy = &file.policy;
    add(text, "\n# The center's rules; most are for each city to set.\n[policy]\n");
    let about = "Months of deposits here before a transfer in may be asked, 0 to 12.";
    let months = policy.min_months_in_new_city.to_string();
    entry(text, about, "min_months_in_new_city", &months);
    let days = [
        ("Working days to accept or refuse a letter.", "acceptance_days", policy.acceptance_days),
        ("Working days from acceptance to payment.", "settlement_days", policy.settlement_days),
        ("Working days to credit what has arrived.", "credit_days", policy.credit_days),
        ("Working days for the whole case.", "case_days", policy.case_days),
        (
            "Days of the year by which interest is divided: 360 or 365.",
            "day_basis",
            policy.day_basis,
        ),
        (
            "Months in which a back payment (补缴) still counts as continuous.",
            "late_grace_months",
            policy.late_grace_months,
        ),
        (
            "Months of a gap between two cities that still count as continuous.",
            "gap_tolerance",
            policy.gap_tolerance,
        ),
        ("Months of continuous deposits before a loan.", "loan_months_min", policy.loan_months_min),
        ("Loans of a household after which no other is given.", "loans_max", policy.loans_max),
        (
            "Overdue instalments of one loan that are still accepted.",
            "loan_overdue_periods_max",
            policy.loan_overdue_periods_max,
        ),
    ];
    for (about, key, value) in days {
        entry(text, about, key, &value.to_string());
    }
    let about =
        "Up to this many yuan a service in mode auto decides alone; without it there is no limit.";
    match &policy.auto_amount_max {
        Some(amount) => entry(text, about, "auto_amount_max", &quoted(amount)),
        None => entry(text, about, "# auto_amount_max", &quoted("200000.00")),
    }
    let about = "The first serial of a day's letter numbers, so that other channels keep a range.";
    entry(text, about, "letter_serial_first", &policy.letter_serial_first.to_string());
    let about = "Whether a second person must approve a letter before it is sent.";
    entry(text, about, "letter_needs_reviewer", &policy.letter_needs_reviewer.to_string());
    let about = "Whether a reviewer must decide alike what a clerk has decided about a transfer.";
    entry(text, about, "decisions_need_reviewer", &policy.decisions_need_reviewer.to_string());
    let about = "Whether a second person must approve a receipt, release or revocation.";
    let value = policy.certificate_needs_reviewer.to_string();
    entry(text, about, "certificate_needs_reviewer", &value);
    let about =
        "Whether a loan is paid out by another person than the one who asked for the payout.";
    entry(text, about, "loan_needs_reviewer", &policy.loan_needs_reviewer.to_string());
    let about =
        "Days after which an application (贷款意向) that was not paid out lapses, 1 to 730.";
    entry(text, about, "intent_days", &policy.intent_days.to_string());
    let about = "Days after which a lender is reminded of a missing receipt (回执), 1 to 60.";
    entry(text, about, "receipt_reminder_days", &policy.receipt_reminder_days.to_string());
    let about = "Whether a letter can be withdrawn after its acceptance, until settlement.";
    entry(text, about, "cancellable_until_settled", &policy.cancellable_until_settled.to_string());
    let about = "Queries a minute and purpose that one member may ask.";
    entry(text, about, "queries_per_minute", &policy.queries_per_minute.to_string());
}

fn render_rest(text: &mut String, file: &ConfigFile) {
    add(text, "\n[log]\n");
    let about = "error, warn, info or debug, also by part: \"info,fundlink_node::network=debug\". RUST_LOG goes first.";
    entry(text, about, "filter", &quoted(&file.log.filter));
    let format = match file.log.format {
        super::LogFormat::Human => "human",
        super::LogFormat::Json => "json",
    };
    entry(text, "\"human\" or \"json\"; both go to standard error.", "format", &quoted(format));

    add(text, "\n[clock]\n");
    let about = "Seconds added to the clock of this machine; for test networks only.";
    entry(text, about, "offset_s", &file.clock.offset_s.to_string());
}
