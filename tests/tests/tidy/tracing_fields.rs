//! Finds fields of log lines and spans whose names say that they hold personal data.
//!
//! **Promises.** It reads the argument of each logging macro, over lines, without its literal text,
//! but with the names that the text captures.
//! **Left to others.** A field that hides behind a harmless name: review.

/// The macros whose fields leave the process.
const MACROS: [&str; 12] = [
    "trace!",
    "debug!",
    "info!",
    "warn!",
    "error!",
    "event!",
    "span!",
    "trace_span!",
    "debug_span!",
    "info_span!",
    "warn_span!",
    "error_span!",
];

/// Names that such a field must not have, whole or as a part between underscores.
const PERSONAL: [&str; 19] = [
    "name",
    "names",
    "document",
    "documents",
    "account",
    "accounts",
    "amount",
    "amounts",
    "fen",
    "principal",
    "interest",
    "balance",
    "person",
    "persons",
    "subject",
    "subjects",
    "household",
    "phone",
    "card",
];

/// A field that must not be there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The line on which its macro begins.
    pub(crate) line: usize,
    /// The field.
    pub(crate) field: String,
}

/// The fields of all logging macros in `source` that name personal data.
pub(crate) fn personal(source: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in MACROS {
        for (at, _) in source.match_indices(name) {
            let before = source[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let Some(arguments) = arguments(&source[at + name.len()..]) else { continue };
            let line = source[..at].matches('\n').count() + 1;
            let fields = identifiers(arguments).into_iter().filter(|field| is_personal(field));
            findings.extend(fields.map(|field| Finding { line, field }));
        }
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

fn is_personal(field: &str) -> bool {
    field.split('_').any(|part| PERSONAL.contains(&part))
}

/// What stands between the parentheses that `source` opens with.
fn arguments(source: &str) -> Option<&str> {
    let source = source.strip_prefix('(')?;
    let mut depth = 1_u32;
    let mut in_text = false;
    let mut escaped = false;
    for (at, character) in source.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return Some(&source[..at]);
                }
            }
            _ => {}
        }
    }
    None
}

/// The identifiers in `arguments`: those in code, and those that a text captures with `{…}`.
fn identifiers(arguments: &str) -> Vec<String> {
    let mut identifiers = Vec::new();
    for (index, piece) in arguments.replace("\\\"", "").split('"').enumerate() {
        if index % 2 == 0 {
            identifiers.extend(words(piece));
            continue;
        }
        for capture in piece.replace("{{", "").split('{').skip(1) {
            let capture = capture.split(['}', ':']).next().unwrap_or_default();
            identifiers.extend(words(capture));
        }
    }
    identifiers
}

fn words(code: &str) -> Vec<String> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_personal_field_is_found_in_any_guise() {
    let check = |source: &str, fields: &[&str]| {
        let found: Vec<String> = personal(source).into_iter().map(|found| found.field).collect();
        assert_eq!(found, fields, "{source}");
    };
    check("info!(center = %code, ms, \"done (all)\");", &[]);
    check("info!(name = %person.name, \"done\");", &["name", "person", "name"]);
    check("tracing::warn!(\n    amount_fen = 3,\n    \"odd\"\n);", &["amount_fen"]);
    check("warn!(\"no {balance:?} here\");", &["balance"]);
    check("error!(\"a name is a word in a text, {code}\");", &[]);
    check("debug!(\"an account\", number(account));", &["account"]);
}
