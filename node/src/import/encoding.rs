//! The encoding of a file: UTF-8, with or without a byte order mark, or GB 18030.
//!
//! **Promises.** Detection looks at the first mebibyte, and where that is plain ASCII at the first
//! row that is not; whatever is not text of the encoding is a fault, never a replacement character.
//! **Left to others.** Private-use characters of old systems pass: names made of them are
//! `Suspicious` to `name_match`.

use std::io::{self, BufRead, Read};

use encoding_rs::GB18030;

use super::rows::RawRow;

/// How a file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TextEncoding {
    /// Found out from the file.
    #[default]
    Auto,
    /// UTF-8.
    Utf8,
    /// GB 18030, which GBK and GB 2312 are parts of.
    Gb18030,
}

/// Bytes that are looked at before a file is read.
const SAMPLE_BYTES: u64 = 1_048_576;

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
const GB18030_MARK: &[u8] = b"\x84\x31\x95\x33";

/// A file whose beginning was looked at and will be read again.
pub(super) type Sampled<R> = io::Chain<io::Cursor<Vec<u8>>, R>;

/// Looks at the beginning of a file: its encoding as far as it can be told, and the file from after
/// the byte order mark on.
pub(super) fn sample<R: BufRead>(
    mut input: R,
    wanted: TextEncoding,
) -> io::Result<(TextEncoding, Sampled<R>)> {
    let mut beginning = Vec::new();
    input.by_ref().take(SAMPLE_BYTES).read_to_end(&mut beginning)?;
    let (mark, marked) = if beginning.starts_with(UTF8_MARK) {
        (UTF8_MARK.len(), TextEncoding::Utf8)
    } else if beginning.starts_with(GB18030_MARK) {
        (GB18030_MARK.len(), TextEncoding::Gb18030)
    } else {
        (0, TextEncoding::Auto)
    };
    let found = match (wanted, marked) {
        (TextEncoding::Auto, TextEncoding::Auto) => detect(&beginning),
        (TextEncoding::Auto, marked) => marked,
        (wanted, _) => wanted,
    };
    let mut cursor = io::Cursor::new(beginning);
    cursor.set_position(mark as u64);
    Ok((found, cursor.chain(input)))
}

/// The encoding of a piece of text; `Auto` while it is plain ASCII.
fn detect(bytes: &[u8]) -> TextEncoding {
    if bytes.is_ascii() {
        return TextEncoding::Auto;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => TextEncoding::Utf8,
        // A character cut off at the end of the sample is no fault.
        Err(error) if error.error_len().is_none() => TextEncoding::Utf8,
        Err(_) => TextEncoding::Gb18030,
    }
}

/// The values of a row as text.
#[derive(Debug, Default)]
pub(super) struct TextRow {
    text: String,
    ends: Vec<usize>,
}

impl TextRow {
    /// The value at a place, without the blanks that pad it; empty past the last.
    pub(super) fn value(&self, place: usize) -> &str {
        let from = match place.checked_sub(1) {
            Some(before) => self.ends.get(before).copied(),
            None => Some(0),
        };
        let range = from.zip(self.ends.get(place).copied());
        range.and_then(|(from, to)| self.text.get(from..to)).unwrap_or_default().trim()
    }

    /// How many values the row has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Decodes a row, and finds out the encoding when it was open; `false` when it is not text.
pub(super) fn decode(raw: &RawRow, encoding: &mut TextEncoding, row: &mut TextRow) -> bool {
    row.text.clear();
    row.ends.clear();
    if *encoding == TextEncoding::Auto {
        *encoding = detect(&raw.bytes);
    }
    match encoding {
        TextEncoding::Auto | TextEncoding::Utf8 => {
            let Ok(text) = std::str::from_utf8(&raw.bytes) else { return false };
            row.text.push_str(text);
            row.ends.extend_from_slice(&raw.ends);
            // A value must not end within a character; quotes and commas never stand in one.
            raw.ends.iter().all(|end| row.text.is_char_boundary(*end))
        }
        TextEncoding::Gb18030 => {
            let starts = std::iter::once(0).chain(raw.ends.iter().copied());
            for (from, to) in starts.zip(&raw.ends) {
                let bytes = raw.bytes.get(from..*to).unwrap_or_default();
                let decoded = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
                let Some(text) = decoded else { return false };
                row.text.push_str(&text);
                row.ends.push(row.text.len());
            }
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::rows::RawRows;

    fn read(bytes: &[u8], wanted: TextEncoding) -> (TextEncoding, Vec<Option<Vec<String>>>) {
        let (mut encoding, input) = sample(bytes, wanted).unwrap();
        let mut rows = RawRows::new(io::BufReader::new(input));
        let (mut raw, mut row, mut all) = (RawRow::default(), TextRow::default(), Vec::new());
        while rows.read(&mut raw).unwrap().is_some() {
            let text = decode(&raw, &mut encoding, &mut row);
            let values = || (0..row.len()).map(|place| row.value(place).to_owned()).collect();
            all.push(text.then(values));
        }
        (encoding, all)
    }

    fn values(texts: &[&str]) -> Option<Vec<String>> {
        Some(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn rare_characters_come_through_both_encodings() {
        let text = "GRZH,XingMing\n1,陈𤧛\n2,王㛃\n3,刘𬭎\n4,阿依古丽·吐尔逊\n";
        let expected = [
            values(&["GRZH", "XingMing"]),
            values(&["1", "陈𤧛"]),
            values(&["2", "王㛃"]),
            values(&["3", "刘𬭎"]),
            values(&["4", "阿依古丽·吐尔逊"]),
        ];
        let (gb18030, _, unmappable) = GB18030.encode(text);
        assert!(!unmappable);
        let marked = [UTF8_MARK, text.as_bytes()].concat();
        let gb_marked = [GB18030_MARK, &gb18030].concat();
        for (bytes, encoding) in [
            (text.as_bytes(), TextEncoding::Utf8),
            (&marked, TextEncoding::Utf8),
            (&gb18030, TextEncoding::Gb18030),
            (&gb_marked, TextEncoding::Gb18030),
        ] {
            let (found, rows) = read(bytes, TextEncoding::Auto);
            assert_eq!(found, encoding);
            assert_eq!(rows, expected);
        }
    }

    #[test]
    fn an_encoding_that_was_named_is_not_guessed() {
        let (gb18030, _, _) = GB18030.encode("李晓禾");
        assert_eq!(read(&gb18030, TextEncoding::Utf8).1, [None]);
        assert_eq!(read(&gb18030, TextEncoding::Gb18030).1, [values(&["李晓禾"])]);
    }

    #[test]
    fn a_file_that_begins_in_ascii_is_detected_where_it_stops_being_so() {
        let mut bytes = b"a,b\n".repeat(300_000);
        let (gb18030, _, _) = GB18030.encode("1,李晓禾\n");
        bytes.extend_from_slice(&gb18030);
        let (found, rows) = read(&bytes, TextEncoding::Auto);
        assert_eq!(found, TextEncoding::Gb18030);
        assert_eq!(rows.last().unwrap(), &values(&["1", "李晓禾"]));
    }

    #[test]
    fn what_is_no_text_is_a_fault_and_no_replacement() {
        let utf16: Vec<u8> = "李,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (_, rows) = read(&[b"\xFF\xFE", &utf16[..]].concat(), TextEncoding::Auto);
        assert_eq!(rows.first().unwrap(), &None);
        assert_eq!(read(b"a,\xFF\n", TextEncoding::Auto).1, [None]);
    }
}
