//! Looking for personal data in bytes, in every form in which it could stand there.
//!
//! **Promises.** What is found is named by what it is and in which form, never passed over; a number
//! counts only where it stands alone, not as a part of a longer word such as a hash.
//! **Left to others.** Where to look, and what must not be there: the tests.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;

use aho_corasick::AhoCorasick;
use encoding_rs::GB18030;
use fundlink_node::store::sled::SledStore;
use fundlink_protocol::store::Store as _;

/// A piece of personal data, in all its forms.
#[derive(Clone, Debug)]
pub struct Needle {
    /// What it is, as `the name of 李晓禾`.
    pub what: String,
    forms: Vec<Form>,
}

#[derive(Clone, Debug)]
struct Form {
    name: &'static str,
    bytes: Vec<u8>,
    /// Whether letters and digits beside it make it another word.
    is_word: bool,
}

impl Needle {
    /// A text that identifies somebody: a name or a number.
    #[must_use]
    pub fn text(what: &str, text: &str) -> Self {
        let utf8 = text.as_bytes();
        let (gb18030, _, _) = GB18030.encode(text);
        let hex: String = utf8.iter().map(|byte| format!("{byte:02x}")).collect();
        let listed: Vec<String> = utf8.iter().map(u8::to_string).collect();
        let escaped: String = utf8.escape_ascii().to_string();
        let unicode: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let form = |name, bytes: &[u8]| Form { name, bytes: bytes.to_vec(), is_word: false };
        Self {
            what: what.to_owned(),
            forms: vec![
                form("UTF-8", utf8),
                form("GB 18030", &gb18030),
                form("hex", hex.as_bytes()),
                form("hex in capitals", hex.to_uppercase().as_bytes()),
                form("a list of bytes", listed.join(", ").as_bytes()),
                form("escaped bytes", escaped.as_bytes()),
                form("escaped characters", unicode.as_bytes()),
            ],
        }
    }

    /// An individual amount, in fen.
    ///
    /// # Panics
    /// When it is so small or round that it stands everywhere.
    #[must_use]
    pub fn amount(what: &str, fen: i64) -> Self {
        assert!(fen > 65_535 && fen % 10_000 != 0, "{fen} fen tell nobody apart");
        let word = |name, bytes: String| Form { name, bytes: bytes.into_bytes(), is_word: true };
        let wide = fen.to_be_bytes();
        let mut cbor = vec![0x1a];
        cbor.extend_from_slice(&wide[4..]);
        Self {
            what: what.to_owned(),
            forms: vec![
                word("yuan", crate::dump::yuan(fen)),
                word("fen", fen.to_string()),
                Form { name: "CBOR", bytes: cbor, is_word: false },
                Form { name: "eight bytes", bytes: wide.to_vec(), is_word: false },
                Form {
                    name: "eight bytes, reversed",
                    bytes: fen.to_le_bytes().to_vec(),
                    is_word: false,
                },
            ],
        }
    }
}

/// Needles, ready to be looked for all at once.
#[derive(Debug)]
pub struct Search {
    needles: Vec<Needle>,
    /// The needle and the form behind each pattern of the automaton.
    forms: Vec<(usize, usize)>,
    automaton: AhoCorasick,
}

impl Search {
    /// Looks for these.
    ///
    /// # Panics
    /// When there are too many.
    #[must_use]
    pub fn new(needles: Vec<Needle>) -> Self {
        let mut forms = Vec::new();
        for (needle, of) in needles.iter().enumerate() {
            forms.extend((0..of.forms.len()).map(|form| (needle, form)));
        }
        let patterns = forms.iter().map(|(needle, form)| &needles[*needle].forms[*form].bytes);
        let automaton = AhoCorasick::new(patterns).expect("a few hundred patterns");
        Self { needles, forms, automaton }
    }

    /// What stands in these bytes, each with the name of the place.
    #[must_use]
    pub fn bytes(&self, place: &str, bytes: &[u8]) -> BTreeSet<String> {
        let found = self.automaton.find_overlapping_iter(bytes).filter_map(|found| {
            let (needle, form) = self.forms[found.pattern().as_usize()];
            let (needle, form) = (&self.needles[needle], &self.needles[needle].forms[form]);
            let counts = !form.is_word || is_alone(bytes, found.range());
            counts.then(|| format!("{place}: {} as {}", needle.what, form.name))
        });
        found.collect()
    }

    /// What stands in the files below a folder, and in their names.
    ///
    /// # Panics
    /// When one cannot be read.
    #[must_use]
    pub fn files(&self, folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let place = path.display().to_string();
            found.append(&mut self.bytes("the name of a file", place.as_bytes()));
            if path.is_dir() {
                found.append(&mut self.files(&path));
            } else if path.is_file() {
                found.append(&mut self.bytes(&place, &fs::read(&path).expect("a file")));
            }
        }
        found
    }

    /// What stands in the keys and values of the store of a stopped node, whatever the files under it
    /// look like.
    ///
    /// # Panics
    /// When it cannot be read, or holds nothing.
    #[must_use]
    pub fn store(&self, folder: &Path) -> BTreeSet<String> {
        let store = SledStore::open(folder).expect("the node is stopped");
        let mut found = BTreeSet::new();
        let mut from = vec![0];
        let mut seen = 0;
        loop {
            let rows = store.range(&from, &[0xff], ROWS_MAX).expect("the store can be read");
            for (key, value) in &rows {
                let area = key.first().copied().unwrap_or_default();
                let place = format!("{}, area {area:#04x}", folder.display());
                found.append(&mut self.bytes(&place, key));
                found.append(&mut self.bytes(&place, value));
            }
            seen += rows.len();
            match rows.last() {
                Some((last, _)) => from = [last.as_slice(), &[0]].concat(),
                None => break,
            }
        }
        assert!(seen > 10, "{seen} rows in {}", folder.display());
        found
    }
}

/// Whether no letter or digit stands beside these bytes.
fn is_alone(bytes: &[u8], at: Range<usize>) -> bool {
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric();
    let before = at.start.checked_sub(1).and_then(|before| bytes.get(before));
    !before.is_some_and(goes_on) && !bytes.get(at.end).is_some_and(goes_on)
}

const ROWS_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_number_are_found_in_every_form() {
        let name = Search::new(vec![Needle::text("a name", "李晓禾")]);
        let (gb18030, _, _) = GB18030.encode("客户李晓禾");
        for bytes in [
            "to 李晓禾!".as_bytes(),
            &gb18030,
            b"e69d8ee69993e7a6be",
            b"[230, 157, 142, 230, 153, 147, 231, 166, 190]",
            br"\xe6\x9d\x8e\xe6\x99\x93\xe7\xa6\xbe",
            br"\u674e\u6653\u79be",
        ] {
            assert_eq!(name.bytes("here", bytes).len(), 1, "{bytes:?}");
        }
        assert!(name.bytes("here", "李晓".as_bytes()).is_empty());
    }

    #[test]
    fn an_amount_is_found_as_a_word_and_as_bytes_and_not_within_a_hash() {
        let amount = Search::new(vec![Needle::amount("an amount", 4_375_838)]);
        for bytes in [
            b"is 43758.38 yuan".as_slice(),
            b"{\"fen\":4375838}",
            &[0x02, 0x1a, 0x00, 0x42, 0xc5, 0x1e, 0x03],
            &4_375_838_i64.to_be_bytes(),
        ] {
            assert_eq!(amount.bytes("here", bytes).len(), 1, "{bytes:?}");
        }
        for bytes in [b"a4375838f".as_slice(), b"143758.38", b"4375.838"] {
            assert!(amount.bytes("here", bytes).is_empty(), "{bytes:?}");
        }
    }
}
