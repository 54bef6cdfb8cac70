//! A CSV file in the manner of a city's system.
//!
//! **Promises.** Values with commas, quotes or line ends are quoted (RFC 4180).
//! **Left to others.** Which rows and columns: `writer`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use encoding_rs::GB18030;

use super::city::Export;

/// A file that is written row by row.
#[derive(Debug)]
pub(super) struct CsvFile {
    output: BufWriter<File>,
    export: Export,
    line: String,
    /// Rows so far, without the header.
    pub(super) rows: u64,
}

impl CsvFile {
    /// Creates a file and writes its header.
    pub(super) fn create(
        folder: &Path,
        name: &str,
        export: Export,
        header: &[&str],
    ) -> io::Result<Self> {
        let output = BufWriter::with_capacity(256 * 1024, File::create(folder.join(name))?);
        let mut file = Self { output, export, line: String::new(), rows: 0 };
        if export == Export::MarkedUtf8 {
            file.output.write_all("\u{FEFF}".as_bytes())?;
        }
        match export {
            Export::Gb18030 => {
                let lower: Vec<String> =
                    header.iter().map(|name| name.to_ascii_lowercase()).collect();
                let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
                file.write_line(&lower)?;
            }
            Export::Utf8 | Export::MarkedUtf8 => file.write_line(header)?,
        }
        Ok(file)
    }

    /// Writes a row.
    pub(super) fn row(&mut self, values: &[&str]) -> io::Result<()> {
        self.rows += 1;
        self.write_line(values)
    }

    fn write_line(&mut self, values: &[&str]) -> io::Result<()> {
        self.line.clear();
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.line.push(',');
            }
            if value.contains([',', '"', '\n', '\r']) {
                self.line.push('"');
                self.line.push_str(&value.replace('"', "\"\""));
                self.line.push('"');
            } else {
                self.line.push_str(value);
            }
        }
        match self.export {
            Export::Utf8 => {
                self.line.push('\n');
                self.output.write_all(self.line.as_bytes())
            }
            Export::MarkedUtf8 => {
                self.line.push_str("\r\n");
                self.output.write_all(self.line.as_bytes())
            }
            Export::Gb18030 => {
                self.line.push_str("\r\n");
                self.output.write_all(&GB18030.encode(&self.line).0)
            }
        }
    }

    /// Writes what is still in memory.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.output.flush()?;
        Ok(self.rows)
    }
}
