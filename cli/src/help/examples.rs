//! An example or two for every command that does something.
//!
//! **Promises.** Each line parses as it stands; a test sees to it.
//! **Left to others.** The heading above them: `help`.

/// The examples of a command, by its path without `fundlink`.
pub(super) fn of(path: &str) -> Option<&'static [&'static str]> {
    EXAMPLES.iter().find(|(known, _)| *known == path).map(|(_, examples)| *examples)
}

const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "init",
        &[
            "fundlink init --dir taiyuan --network shanxi --center 140100",
            "fundlink init --dir authority --network shanxi --center 140000 --role authority --listen /ip4/127.0.0.1/tcp/7400 --health 127.0.0.1:7480",
        ],
    ),
    ("run", &["fundlink --config taiyuan run"]),
    ("status", &["fundlink --config taiyuan status", "fundlink --config taiyuan --json status"]),
    (
        "data check",
        &[
            "fundlink --config taiyuan data check ./export",
            "fundlink --config taiyuan data check ./export --as-of 2026-05-20 --encoding gb18030",
        ],
    ),
    ("mode show", &["fundlink --config taiyuan mode show"]),
    ("mode set", &["fundlink --config taiyuan mode set transfer confirm --operator li"]),
    ("config show", &["fundlink --config taiyuan config show"]),
    (
        "completions",
        &["fundlink completions bash > ~/.local/share/bash-completion/completions/fundlink"],
    ),
];
