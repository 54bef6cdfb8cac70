//! Splits the bytes of a CSV file (RFC 4180) into rows and values, before they are decoded.
//!
//! **Promises.** Memory is bounded by one row; a fault names the line on which the row begins, and
//! the next line is read as a row again.
//! **Left to others.** Encodings: commas, quotes and line ends are the same bytes in UTF-8 and in
//! GB 18030, where no second byte of a character is one of them.

use std::io::{self, BufRead};

use super::rule::ImportRule;

/// Bytes of one row.
const ROW_BYTES_MAX: usize = 65_536;
/// Values of one row.
const ROW_VALUES_MAX: usize = 256;

/// The values of a row, one after the other.
#[derive(Debug, Default)]
pub(super) struct RawRow {
    /// The bytes of all values, without quotes and commas.
    pub(super) bytes: Vec<u8>,
    /// Where each value ends in `bytes`.
    pub(super) ends: Vec<usize>,
    /// The line on which the row begins, from 1.
    pub(super) line: u64,
}

/// Reads rows.
#[derive(Debug)]
pub(super) struct RawRows<R> {
    input: R,
    /// The line that the next byte is on.
    line: u64,
    /// Bytes read so far.
    read: u64,
}

/// Where in a value the splitter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    ValueStart,
    Plain,
    Quoted,
    /// After a quote within a quoted value: the end of it, or a quote written twice.
    QuoteSeen,
    /// Within the quotes of `="..."`, which spreadsheets write and other readers cannot take.
    Formula,
    /// After a carriage return that must end the row.
    ReturnSeen,
    /// Past a fault: skips to the end of the line.
    Skipping(ImportRule),
}

/// What a byte brought.
enum Step {
    Go(Place),
    RowEnd,
}

impl<R: BufRead> RawRows<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, line: 1, read: 0 }
    }

    /// Bytes read so far.
    pub(super) const fn bytes_read(&self) -> u64 {
        self.read
    }

    /// Reads the next row that is not blank; `None` at the end of the file.
    pub(super) fn read(&mut self, row: &mut RawRow) -> io::Result<Option<Result<(), ImportRule>>> {
        loop {
            let Some(result) = self.read_one(row)? else { return Ok(None) };
            let blank = row.ends.len() == 1 && row.bytes.is_empty();
            if result.is_err() || !blank {
                return Ok(Some(result));
            }
        }
    }

    fn read_one(&mut self, row: &mut RawRow) -> io::Result<Option<Result<(), ImportRule>>> {
        row.bytes.clear();
        row.ends.clear();
        row.line = self.line;
        let mut place = Place::ValueStart;
        let mut started = false;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(started.then(|| end_of_file(place, row)));
            }
            started = true;
            let mut used = 0;
            let mut ended = false;
            for byte in buffer {
                used += 1;
                if *byte == b'\n' {
                    self.line += 1;
                }
                match step(place, *byte, row) {
                    Step::Go(next) => place = next,
                    Step::RowEnd => {
                        ended = true;
                        break;
                    }
                }
            }
            self.input.consume(used);
            self.read = self.read.saturating_add(used as u64);
            if ended {
                return Ok(Some(row_result(place)));
            }
        }
    }
}

const fn row_result(place: Place) -> Result<(), ImportRule> {
    match place {
        Place::Skipping(rule) => Err(rule),
        Place::Formula => Err(ImportRule::Form),
        Place::ValueStart | Place::Plain | Place::Quoted | Place::QuoteSeen | Place::ReturnSeen => {
            Ok(())
        }
    }
}

fn end_of_file(place: Place, row: &mut RawRow) -> Result<(), ImportRule> {
    match place {
        Place::Quoted | Place::Formula => Err(ImportRule::Form),
        Place::Skipping(rule) => Err(rule),
        Place::ReturnSeen => Ok(()),
        Place::ValueStart | Place::Plain | Place::QuoteSeen => {
            row.ends.push(row.bytes.len());
            Ok(())
        }
    }
}

/// One byte further.
fn step(place: Place, byte: u8, row: &mut RawRow) -> Step {
    match (place, byte) {
        (Place::Skipping(_), b'\n') => Step::RowEnd,
        (Place::Skipping(rule), _) => Step::Go(Place::Skipping(rule)),
        (Place::ReturnSeen, b'\n') => Step::RowEnd,
        (Place::ReturnSeen, _) => Step::Go(Place::Skipping(ImportRule::Form)),
        (Place::Quoted, b'"') => Step::Go(Place::QuoteSeen),
        (Place::Quoted, _) => keep(byte, Place::Quoted, row),
        (Place::QuoteSeen, b'"') => keep(byte, Place::Quoted, row),
        (Place::ValueStart, b'"') => Step::Go(Place::Quoted),
        (Place::ValueStart | Place::Plain | Place::QuoteSeen, b',') => end_value(row),
        (Place::ValueStart | Place::Plain | Place::QuoteSeen, b'\r') => {
            row.ends.push(row.bytes.len());
            Step::Go(Place::ReturnSeen)
        }
        (Place::ValueStart | Place::Plain | Place::QuoteSeen, b'\n') => {
            row.ends.push(row.bytes.len());
            Step::RowEnd
        }
        (Place::Plain, b'"') if is_equals_sign(row) => keep(byte, Place::Formula, row),
        (Place::Plain, b'"') => Step::Go(Place::Skipping(ImportRule::Form)),
        (Place::Formula, b'"') => keep(byte, Place::Plain, row),
        (Place::Formula, b'\n') => Step::RowEnd,
        (Place::Formula, _) => keep(byte, Place::Formula, row),
        (Place::QuoteSeen, _) => Step::Go(Place::Skipping(ImportRule::Form)),
        (Place::ValueStart | Place::Plain, _) => keep(byte, Place::Plain, row),
    }
}

/// Whether the value that has begun is an equals sign and no more.
fn is_equals_sign(row: &RawRow) -> bool {
    let from = row.ends.last().copied().unwrap_or(0);
    row.bytes.get(from..) == Some(b"=")
}

fn keep(byte: u8, next: Place, row: &mut RawRow) -> Step {
    if row.bytes.len() >= ROW_BYTES_MAX {
        return Step::Go(Place::Skipping(ImportRule::RowTooLong));
    }
    row.bytes.push(byte);
    Step::Go(next)
}

fn end_value(row: &mut RawRow) -> Step {
    row.ends.push(row.bytes.len());
    if row.ends.len() >= ROW_VALUES_MAX {
        return Step::Go(Place::Skipping(ImportRule::RowTooLong));
    }
    Step::Go(Place::ValueStart)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<(u64, Result<Vec<String>, ImportRule>)> {
        // A buffer of three bytes: rows must not depend on where reads end.
        let mut reader = RawRows::new(io::BufReader::with_capacity(3, text));
        let mut row = RawRow::default();
        let mut all = Vec::new();
        while let Some(result) = reader.read(&mut row).unwrap() {
            let values = result.map(|()| {
                let starts = [0].into_iter().chain(row.ends.iter().copied());
                let value = |(from, to): (usize, &usize)| {
                    String::from_utf8(row.bytes[from..*to].to_vec()).unwrap()
                };
                starts.zip(&row.ends).map(value).collect()
            });
            all.push((row.line, values));
        }
        assert_eq!(reader.bytes_read(), text.len() as u64);
        all
    }

    fn ok(line: u64, values: &[&str]) -> (u64, Result<Vec<String>, ImportRule>) {
        (line, Ok(values.iter().map(|value| (*value).to_owned()).collect()))
    }

    #[test]
    fn lines_end_with_lf_or_crlf_and_blank_lines_are_no_rows() {
        assert_eq!(
            rows(b"a,b\r\n\r\n1,2\n\n3,"),
            [ok(1, &["a", "b"]), ok(3, &["1", "2"]), ok(5, &["3", ""])]
        );
        assert_eq!(rows(b"a\n"), [ok(1, &["a"])]);
        assert_eq!(rows(b"a\r"), [ok(1, &["a"])]);
        assert_eq!(rows(b""), []);
        assert_eq!(rows(b",\n"), [ok(1, &["", ""])]);
    }

    #[test]
    fn quoted_values_keep_commas_quotes_and_line_ends() {
        let expected = [ok(1, &["a,b", "say \"x\"", "two\nlines", ""]), ok(3, &["1"])];
        assert_eq!(rows(b"\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\"\"\n1\n"), expected);
    }

    #[test]
    fn the_formula_of_a_spreadsheet_stays_one_value() {
        let expected = [ok(1, &["=\"14,01\"", "x", "=\"2\""]), ok(2, &["=1", "2"])];
        assert_eq!(rows(b"=\"14,01\",x,=\"2\"\n=1,2\n"), expected);
        let form = Err(ImportRule::Form);
        assert_eq!(rows(b"=\"1\n2\n=\"3"), [(1, form.clone()), ok(2, &["2"]), (3, form)]);
    }

    #[test]
    fn a_fault_names_its_line_and_reading_goes_on() {
        let form = Err(ImportRule::Form);
        assert_eq!(rows(b"a\"b,c\n1\n"), [(1, form.clone()), ok(2, &["1"])]);
        assert_eq!(rows(b"\"a\"b,c\n1\n"), [(1, form.clone()), ok(2, &["1"])]);
        assert_eq!(rows(b"a\rb\n1\n"), [(1, form.clone()), ok(2, &["1"])]);
        assert_eq!(rows(b"1\n\"never closed\n2\n3"), [ok(1, &["1"]), (2, form)]);
    }

    #[test]
    fn rows_that_never_end_cost_no_memory() {
        let mut text = vec![b'x'; 200_000];
        text.extend_from_slice(b"\n1\n");
        text.extend(std::iter::repeat_n(b',', 300));
        assert_eq!(
            rows(&text),
            [(1, Err(ImportRule::RowTooLong)), ok(2, &["1"]), (3, Err(ImportRule::RowTooLong)),]
        );
    }
}
