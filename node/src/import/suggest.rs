//! A proposal for a mapping file, from the headers and codes of a dump.
//!
//! **Promises.** What is proposed without a mark of doubt follows from names that everybody uses; the
//! rest is there as a comment, for a person to decide. Nothing of a row is written but codes of up to
//! three characters; of a file without a known header nothing is written at all.
//! **Left to others.** Whether a mapping can be used: `mapping`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use super::ImportFile;
use super::codes;
use super::column_names::{self, ColumnName};
use super::encoding::{TextEncoding, TextRow, decode, sample};
use super::mapping::{CODE_COLUMNS, EVERYWHERE, code_table};
use super::rows::{RawRow, RawRows};
use super::value;

mod vendors;

/// A file of the dump.
struct Sheet {
    name: String,
    headers: Vec<String>,
    file: ImportFile,
    /// What each header means, and whether everybody would say so.
    meanings: Vec<Option<(&'static str, bool)>>,
    codes: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Documents of type 99 with the form of a passport.
    passports: u64,
    /// Loan statuses of loans that are repaid.
    settled: BTreeMap<String, u64>,
}

/// Proposes a mapping for the CSV files of a folder.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn suggest(folder: &Path, encoding: TextEncoding) -> io::Result<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let lower = name.to_lowercase();
        if lower.ends_with(".csv") || lower.ends_with(".txt") {
            names.push(name);
        }
    }
    // Those that bear our own names first: what they are is no guess.
    names.sort_by_key(|name| (ImportFile::named(&name.to_lowercase()).is_none(), name.clone()));
    let mut sheets: BTreeMap<ImportFile, Sheet> = BTreeMap::new();
    let mut unknown = Vec::new();
    for name in names {
        let free: Vec<ImportFile> =
            ImportFile::ALL.into_iter().filter(|file| !sheets.contains_key(file)).collect();
        match read(folder, &name, (encoding, &free))? {
            Some(sheet) => drop(sheets.insert(sheet.file, sheet)),
            None => unknown.push(name),
        }
    }
    Ok(written(&sheets, &unknown))
}

/// Reads a file; `None` when no two of its headers are known.
fn read(
    folder: &Path,
    name: &str,
    (encoding, free): (TextEncoding, &[ImportFile]),
) -> io::Result<Option<Sheet>> {
    let input = BufReader::new(File::open(folder.join(name))?);
    let (mut encoding, input) = sample(input, encoding)?;
    let mut rows = RawRows::new(input);
    let (mut raw, mut text) = (RawRow::default(), TextRow::default());
    if !matches!(rows.read(&mut raw)?, Some(Ok(()))) || !decode(&raw, &mut encoding, &mut text) {
        return Ok(None);
    }
    let headers: Vec<String> = (0..text.len()).map(|place| text.value(place).to_owned()).collect();
    let Some((file, meanings)) = file_of(name, &headers, free) else { return Ok(None) };
    let mut sheet = Sheet {
        name: name.to_owned(),
        headers,
        file,
        meanings,
        codes: BTreeMap::new(),
        passports: 0,
        settled: BTreeMap::new(),
    };
    while let Some(result) = rows.read(&mut raw)? {
        if result.is_ok() && decode(&raw, &mut encoding, &mut text) {
            sheet.look_at(&text);
        }
    }
    Ok(Some(sheet))
}

type Meanings = Vec<Option<(&'static str, bool)>>;

/// Which file this is: the one that its name says, or of which its headers know most.
fn file_of(name: &str, headers: &[String], free: &[ImportFile]) -> Option<(ImportFile, Meanings)> {
    let by_name = ImportFile::named(&name.to_lowercase());
    let candidates = free.iter().copied().filter(|file| by_name.is_none_or(|by| by == *file));
    let scored = candidates.map(|file| {
        let meanings = meanings_of(file, headers);
        let needed = |code: &str| file.columns().iter().any(|c| c.name == code && c.needed);
        let known = meanings.iter().flatten();
        let score = known
            .fold(0_i64, |sum, (code, sure)| sum + i64::from(needed(code)) * 2 + i64::from(*sure));
        let wanted = file.columns().iter().filter(|column| column.needed).count();
        (score * 4 - i64::try_from(wanted).unwrap_or(0) * 3, file, meanings)
    });
    let (_, file, meanings) = scored.max_by_key(|(score, file, _)| (*score, Reverse(*file)))?;
    (meanings.iter().flatten().count() >= 2).then_some((file, meanings))
}

fn meanings_of(file: ImportFile, headers: &[String]) -> Meanings {
    let codes: Vec<&'static str> =
        file.columns().iter().map(|column| column.name).chain(EVERYWHERE).collect();
    let sure = |header: &String| {
        codes
            .iter()
            .copied()
            .find(|code| column_names::means(header, code))
            .map(|code| (code, true))
    };
    let mut meanings: Meanings = headers.iter().map(sure).collect();
    for (place, header) in headers.iter().enumerate() {
        if meanings.get(place).is_some_and(Option::is_none) {
            let free =
                codes.iter().filter(|code| !meanings.iter().flatten().any(|m| m.0 == **code));
            let guess = guess(header, free.copied()).map(|code| (code, false));
            if let Some(slot) = meanings.get_mut(place) {
                *slot = guess;
            }
        }
    }
    meanings
}

/// The column whose name is part of a header, the longest name first.
fn guess(header: &str, codes: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let lower = header.to_lowercase();
    let fit = |code: &'static str| {
        let name = ColumnName::of(code)?;
        let plain = code.to_lowercase();
        let all = name.chinese.iter().copied().chain([plain.as_str()]);
        let longest =
            all.filter(|name| lower.contains(name)).map(|name| name.chars().count()).max();
        longest.filter(|length| *length >= 2).map(|length| (length, code))
    };
    codes.filter_map(fit).max_by_key(|(length, _)| *length).map(|(_, code)| code)
}

impl Sheet {
    fn look_at(&mut self, row: &TextRow) {
        let value = |sheet: &Self, wanted: &str| {
            let place =
                sheet.meanings.iter().position(|m| m.is_some_and(|(code, _)| code == wanted));
            place.map(|place| row.value(place).to_owned()).unwrap_or_default()
        };
        for (place, meaning) in self.meanings.iter().enumerate() {
            let Some((code, _)) = meaning.filter(|(code, _)| CODE_COLUMNS.contains(code)) else {
                continue;
            };
            let text = row.value(place);
            if let Some(shown) = codes::shown(text).filter(|shown| !shown.is_empty()) {
                *self.codes.entry(code).or_default().entry(shown).or_default() += 1;
            }
        }
        for (kind, document) in
            [("ZJLX", "ZJHM"), ("JKRZJLX", "JKRZJH"), ("GTJKRZJLX", "GTJKRZJHM")]
        {
            if value(self, kind) == "99" && value::is_like_a_passport(&value(self, document)) {
                self.passports += 1;
            }
        }
        let repaid = self.file == ImportFile::Loans && !value(self, "DKJQRQ").is_empty();
        if let Some(status) = codes::shown(&value(self, "DKZT")).filter(|_| repaid) {
            *self.settled.entry(status).or_default() += 1;
        }
    }

    fn write_columns(&self, text: &mut String) {
        let unsure = self.meanings.iter().any(|m| m.is_none_or(|(_, sure)| !sure));
        if !unsure {
            return;
        }
        let _ = writeln!(text, "\n[columns.{}]  # {}", self.file.short_name(), self.name);
        for (header, meaning) in self.headers.iter().zip(&self.meanings) {
            let line = match meaning {
                Some((_, true)) => continue,
                Some((code, false)) => {
                    format!("{} = \"{code}\"  # {}: is it so?", quoted(header), chinese_of(code))
                }
                None if self.passed_over(header) || header.is_empty() => continue,
                None => format!("# {} = \"\"  # not looked at", quoted(header)),
            };
            let _ = writeln!(text, "{line}");
        }
        let has = |code| self.meanings.iter().flatten().any(|(known, _)| *known == code);
        for column in self.file.columns().iter().filter(|column| column.needed && !has(column.name))
        {
            let (code, chinese) = (column.name, chinese_of(column.name));
            let _ = writeln!(text, "# needed, and not found: {code} ({chinese})");
        }
    }

    fn passed_over(&self, header: &str) -> bool {
        self.file.passed_over().iter().any(|code| code.eq_ignore_ascii_case(header))
    }
}

fn written(sheets: &BTreeMap<ImportFile, Sheet>, unknown: &[String]) -> String {
    let mut text = String::from(
        "# What this center's own system calls files, columns and codes, for `fundlink data check` and\n\
         # `fundlink data import --mapping`. Lines that end in a question are guesses: look at them.\n\
         # 本中心系统的文件名、列名和代码与标准的对应关系；以问号结尾的行是推测，请核对。\n\n\
         # The code of this center: a mapping of another one is refused.\n\
         # center = \"140200\"\n",
    );
    let passports: u64 = sheets.values().map(|sheet| sheet.passports).sum();
    if passports > 0 {
        let _ = writeln!(
            text,
            "\n# {passports} documents of type 99 have the form of a passport (护照 03): is it so?\n\
             passport_as_other = true"
        );
    }
    let renamed: Vec<&Sheet> =
        sheets.values().filter(|sheet| sheet.name != sheet.file.file_name()).collect();
    if !renamed.is_empty() || !unknown.is_empty() {
        text.push_str("\n[files]\n");
    }
    for sheet in renamed {
        let _ = writeln!(text, "{} = {}", sheet.file.short_name(), quoted(&sheet.name));
    }
    for name in unknown {
        let _ = writeln!(text, "# {} was not recognised by its header", quoted(name));
    }
    for sheet in sheets.values() {
        sheet.write_columns(&mut text);
    }
    let mut codes: BTreeMap<&'static str, BTreeMap<String, u64>> = BTreeMap::new();
    for (column, counts) in sheets.values().flat_map(|sheet| &sheet.codes) {
        for (code, rows) in counts {
            *codes.entry(column).or_default().entry(code.clone()).or_default() += rows;
        }
    }
    let settled = sheets.get(&ImportFile::Loans).map(|sheet| sheet.settled.clone());
    for (column, counts) in &codes {
        let lines = vendors::lines(column, counts, &settled.clone().unwrap_or_default());
        if !lines.is_empty() {
            let _ = writeln!(text, "\n[codes.{column}]  # {}", chinese_of(column));
            text.push_str(&lines);
        }
    }
    text
}

/// The codes of a column's table.
fn table_of(column: &str) -> std::collections::BTreeSet<String> {
    code_table(column).map(|(_, codes)| codes).unwrap_or_default()
}

/// The Chinese name of a column.
fn chinese_of(column: &str) -> &'static str {
    ColumnName::of(column).and_then(|name| name.chinese.first().copied()).unwrap_or_default()
}

/// A text as a TOML string or key.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
