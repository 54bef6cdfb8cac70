//! What was counted about codes: those that are in no table, and those that a mapping changed.
//!
//! **Promises.** A code is shown only when it is too short to be anything else; a bounded number of
//! them is told apart.
//! **Left to others.** The tables: `fundlink-protocol`.

use std::collections::BTreeMap;

use super::ImportFile;

/// Codes that are told apart, over all files.
const CODES_MAX: usize = 256;
/// Characters of a code; longer texts in a column of codes are something else, and are not shown.
const CODE_CHARS_MAX: usize = 3;

/// Codes by file and column; `None` for a text that is no code at all.
type Counts = BTreeMap<(ImportFile, &'static str, Option<String>), u64>;

/// What was counted about codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeCounts {
    unknown: Counts,
    mapped: Counts,
}

/// A code and how often it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeCount {
    /// The file.
    pub file: ImportFile,
    /// The column.
    pub column: &'static str,
    /// The code; absent when the text is too long to be one.
    pub code: Option<String>,
    /// In how many rows.
    pub rows: u64,
}

impl CodeCounts {
    /// Counts a code that is in no table.
    pub(super) fn unknown(&mut self, file: ImportFile, column: &'static str, text: &str) {
        count(&mut self.unknown, (file, column, shown(text)));
    }

    /// Counts a code that the mapping changed.
    pub(super) fn mapped(&mut self, file: ImportFile, column: &'static str, text: &str) {
        count(&mut self.mapped, (file, column, shown(text)));
    }

    /// The codes that are in no table.
    pub fn all_unknown(&self) -> impl Iterator<Item = CodeCount> {
        listed(&self.unknown)
    }

    /// The codes that the mapping changed.
    pub fn all_mapped(&self) -> impl Iterator<Item = CodeCount> {
        listed(&self.mapped)
    }
}

fn listed(counts: &Counts) -> impl Iterator<Item = CodeCount> {
    counts.iter().map(|((file, column, code), rows)| CodeCount {
        file: *file,
        column,
        code: code.clone(),
        rows: *rows,
    })
}

fn count(counts: &mut Counts, key: (ImportFile, &'static str, Option<String>)) {
    let (file, column, _) = key;
    let known = counts.contains_key(&key);
    let key = if known || counts.len() < CODES_MAX { key } else { (file, column, None) };
    let rows = counts.entry(key).or_default();
    *rows = rows.saturating_add(1);
}

pub(super) fn shown(text: &str) -> Option<String> {
    let plain =
        text.len() <= CODE_CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_counted_and_what_is_no_code_is_not_shown() {
        let mut counts = CodeCounts::default();
        for text in ["70", "98", "70", "李晓禾", "140199199003070223"] {
            counts.unknown(ImportFile::Ledger, "GJHTQYWLX", text);
        }
        let found: Vec<_> = counts.all_unknown().map(|count| (count.code, count.rows)).collect();
        let expected = [(None, 2), (Some("70".to_owned()), 2), (Some("98".to_owned()), 1)];
        assert_eq!(found, expected);
    }
}
