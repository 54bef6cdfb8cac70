//! What the configuration promises.

use super::file::{
    BankDriverName, ConfigFile, NamedSource, OperatorTable, PassphraseName, PlainSource,
    ReceivingAccountTable, RoleOfOperator,
};
use super::*;

const LEAST: &str = "[node]\nnetwork = \"shanxi\"\ncenter = \"140100\"\n";

fn read(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fundlink.toml");
    fs::write(&path, text).unwrap();
    Config::read(&path)
}

#[test]
fn the_least_file_gives_every_default() {
    let config = read(LEAST).unwrap();
    assert_eq!(config.role, Role::Center);
    assert_eq!(config.policy, Policy::default());
    assert_eq!(config.bank, BankDriver::Off);
    assert_eq!(config.passphrase, PassphraseSource::Prompt);
    assert_eq!(config.health.unwrap().port(), 7480);
    assert!(config.data.is_absolute() && config.data.ends_with("data"));
    assert_eq!(config.settings().center, config.center);
}

#[test]
fn what_is_rendered_is_read_back() {
    let mut file = ConfigFile::parse(LEAST).unwrap();
    let plain = template::render(&file);
    let again = ConfigFile::parse(&plain).unwrap();
    assert_eq!(template::render(&again), plain);
    assert_eq!(format!("{again:?}"), format!("{file:?}"));

    file.keys.passphrase = PassphraseName::Named(NamedSource::File("pass \"word\"".into()));
    file.listen.peers = vec!["/ip4/127.0.0.1/tcp/0".into(), "/ip6/::1/tcp/0".into()];
    file.listen.health = "off".into();
    file.bank.driver = BankDriverName::Http;
    file.bank.url = Some("http://127.0.0.1:7700".into());
    file.receiving_account = Some(ReceivingAccountTable {
        number: "0502-1234".into(),
        name: "太原市住房公积金管理中心".into(),
        bank: "建设银行".into(),
    });
    file.operator = vec![OperatorTable {
        id: "wang".into(),
        name: "王芳".into(),
        roles: vec![RoleOfOperator::Clerk, RoleOfOperator::SystemAdministrator],
    }];
    file.policy.auto_amount_max = Some("200000.00".into());
    file.policy.letter_needs_reviewer = true;
    file.policy.decisions_need_reviewer = true;
    file.policy.cancellable_until_settled = true;
    file.log.format = LogFormat::Json;
    let full = template::render(&file);
    assert_eq!(format!("{:?}", ConfigFile::parse(&full).unwrap()), format!("{file:?}"));
    read(&full).unwrap();
    for line in plain.lines().zip(plain.lines().skip(1)) {
        if let (before, key) = line
            && key.contains(" = ")
            && !key.starts_with('#')
        {
            assert!(before.starts_with('#'), "{key} has no comment");
        }
    }
}

#[test]
fn every_passphrase_source_can_be_typed() {
    for (typed, source) in [
        ("\"prompt\"", PassphraseName::Plain(PlainSource::Prompt)),
        ("\"none\"", PassphraseName::Plain(PlainSource::None)),
        (
            "{ credential = \"keys\" }",
            PassphraseName::Named(NamedSource::Credential("keys".into())),
        ),
        (
            "{ environment = \"PASS\" }",
            PassphraseName::Named(NamedSource::Environment("PASS".into())),
        ),
    ] {
        let file = ConfigFile::parse(&format!("{LEAST}[keys]\npassphrase = {typed}\n")).unwrap();
        assert_eq!(file.keys.passphrase, source);
    }
}

#[test]
fn an_unknown_or_missing_key_is_an_error_that_names_its_line() {
    for (text, found) in [
        ("[node]\nnetwork = \"shanxi\"\n".to_owned(), "center"),
        (format!("{LEAST}dta = \"x\"\n"), "dta"),
        (format!("{LEAST}[polcy]\n"), "polcy"),
        (format!("{LEAST}[policy]\ncase_days = \"ten\"\n"), "line 5"),
    ] {
        let error = read(&text).unwrap_err();
        assert!(matches!(error, ConfigError::Shape { .. }), "{error}");
        assert!(error.to_string().contains(found), "{error}");
    }
}

#[test]
fn a_value_that_cannot_be_used_is_named_with_what_would_do() {
    let table = |table: &str| format!("{LEAST}{table}\n");
    for (text, key) in [
        ("[node]\nnetwork = \"Shanxi\"\ncenter = \"140100\"\n".to_owned(), "node.network"),
        ("[node]\nnetwork = \"shanxi\"\ncenter = \"1401\"\n".to_owned(), "node.center"),
        (table("[listen]\npeers = []"), "listen.peers"),
        (table("[listen]\npeers = [\"0.0.0.0\"]"), "listen.peers"),
        (table("[listen]\npeers = [\"/ip4/0.0.0.0/tcp/70000\"]"), "listen.peers"),
        (table("[listen]\npeers = [\"/ip4/0.0.0.0\"]"), "listen.peers"),
        (table("[listen]\nhealth = \"0.0.0.0:7480\""), "listen.health"),
        (table("[listen]\nhealth = \"127.0.0.1:70000\""), "listen.health"),
        (table(&format!("[listen]\ncontrol = \"{}\"", "x".repeat(200))), "listen.control"),
        (table("[bank]\ndriver = \"http\""), "bank.url"),
        (table("[bank]\ndriver = \"http\"\nurl = \"https://bank\""), "bank.url"),
        (table("[bank]\ndriver = \"http\"\nurl = \"http://b\"\npoll_ms = 0"), "bank.poll_ms"),
        (table("[policy]\nday_basis = 366"), "policy.day_basis"),
        (table("[policy]\nmin_months_in_new_city = 13"), "policy.min_months_in_new_city"),
        (table("[policy]\nauto_amount_max = \"1.234\""), "policy.auto_amount_max"),
        (table("[policy]\nletter_serial_first = 0"), "policy.letter_serial_first"),
        (table("[keys]\npassphrase = { file = \"\" }"), "keys.passphrase"),
        (table("[log]\nfilter = \"info,=,\""), "log.filter"),
        (table("[[operator]]\nid = \"Wang\"\nname = \"\"\nroles = [\"clerk\"]"), "operator.id"),
        (table("[[operator]]\nid = \"wang\"\nname = \"\"\nroles = []"), "operator.roles"),
        (
            table("[receiving_account]\nnumber = \"x\"\nname = \"a\"\nbank = \"b\""),
            "receiving_account.number",
        ),
    ] {
        match read(&text) {
            Err(ConfigError::Value { key: found, .. }) => assert_eq!(found, key),
            other => panic!("{key}: {other:?}"),
        }
    }
}

#[test]
fn port_zero_is_allowed() {
    let text = "[listen]\npeers = [\"/ip4/127.0.0.1/tcp/0\"]\nhealth = \"127.0.0.1:0\"\n";
    assert_eq!(read(&format!("{LEAST}{text}")).unwrap().health.unwrap().port(), 0);
}
