//! The list of what is to be corrected, one for each branch, as a workbook and as CSV.
//!
//! **Promises.** A list holds files, lines, columns and rules, and no value of a row.
//! **Left to others.** Which branch keeps a row: `fundlink_node::import`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use fundlink_node::import::branches::Branch;
use fundlink_node::import::column_names::ColumnName;
use fundlink_node::import::mapping::Mapping;
use fundlink_node::import::{FaultColumn, ImportFault};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::exit::Failure;
use crate::language::Language;

/// A list that was written.
pub(super) struct Written {
    /// The workbook; the CSV file lies beside it.
    pub(super) path: PathBuf,
    /// How many faults it lists.
    pub(super) faults: usize,
}

const HEADER: [&str; 7] = [
    "文件 file",
    "行 line",
    "列 column",
    "列名",
    "规则 rule",
    "应符合的要求",
    "what it must keep to",
];
/// Widths of the columns of a workbook, in characters.
const WIDTHS: [f64; 7] = [20.0, 9.0, 14.0, 20.0, 20.0, 60.0, 60.0];

/// Writes the lists into a folder, which is made when it is not there.
pub(super) fn write(
    folder: &Path,
    (faults, branches): (&[ImportFault], &[String]),
    mapping: &Mapping,
    language: Language,
) -> Result<Vec<Written>, Failure> {
    let failed =
        |path: &Path, error: String| Failure::usage(language.cannot_write(path.display(), error));
    fs::create_dir_all(folder).map_err(|error| failed(folder, error.to_string()))?;
    let mut by_branch: BTreeMap<Option<Branch>, Vec<[String; 7]>> = BTreeMap::new();
    for fault in faults {
        by_branch.entry(fault.branch).or_default().push(cells(fault, mapping));
    }
    let mut written = Vec::new();
    for (branch, rows) in &by_branch {
        let name = file_name(*branch, branches);
        let path = folder.join(format!("{name}.xlsx"));
        workbook(&path, rows).map_err(|error| failed(&path, error.to_string()))?;
        let list = folder.join(format!("{name}.csv"));
        csv_file(&list, rows).map_err(|error| failed(&list, error.to_string()))?;
        written.push(Written { path, faults: rows.len() });
    }
    Ok(written)
}

/// A name that every file system takes; the number keeps branches apart whose names differ by the rest.
fn file_name(branch: Option<Branch>, branches: &[String]) -> String {
    let Some(Branch(place)) = branch else { return "fix-list".to_owned() };
    let name = branches.get(usize::from(place)).map(String::as_str).unwrap_or_default();
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
    format!("fix-list-{:03}-{plain}", u32::from(place) + 1)
}

fn cells(fault: &ImportFault, mapping: &Mapping) -> [String; 7] {
    let (column, chinese) = match fault.column {
        Some(FaultColumn::Named(code)) => {
            let name = ColumnName::of(code).and_then(|name| name.chinese.first());
            (code.to_owned(), name.map(|name| (*name).to_owned()).unwrap_or_default())
        }
        Some(FaultColumn::Place(place)) => (place.to_string(), String::new()),
        None => (String::new(), String::new()),
    };
    [
        mapping.name_of(fault.file),
        fault.line.map(|line| line.to_string()).unwrap_or_default(),
        column,
        chinese,
        fault.rule.id().to_owned(),
        fault.rule.chinese().to_owned(),
        fault.rule.english().to_owned(),
    ]
}

fn workbook(path: &Path, rows: &[[String; 7]]) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let bold = Format::new().set_bold();
    for (place, (title, width)) in (0_u16..).zip(HEADER.iter().zip(WIDTHS)) {
        sheet.write_with_format(0, place, *title, &bold)?;
        sheet.set_column_width(place, width)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        for (place, cell) in (0_u16..).zip(row) {
            sheet.write_string(line, place, cell)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save(path)
}

/// With a byte order mark, by which spreadsheets know UTF-8.
fn csv_file(path: &Path, rows: &[[String; 7]]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all("\u{FEFF}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(HEADER)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.flush()
}
