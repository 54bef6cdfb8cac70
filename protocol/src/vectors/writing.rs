//! How a vector is written: JSON of texts, numbers and hex, in the order in which it was built.
//!
//! **Promises.** The same vectors give the same bytes; nothing but ASCII is left unescaped that JSON
//! would change.

use core::fmt::{Display, Write as _};

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode};

use crate::cbor;

/// One example.
#[derive(Clone, Debug)]
pub(super) struct Vector {
    fields: Vec<(&'static str, Field)>,
}

#[derive(Clone, Debug)]
enum Field {
    Text(String),
    Number(u64),
    Texts(Vec<String>),
    Named(Vec<(String, String)>),
}

impl Vector {
    pub(super) fn new(name: &str) -> Self {
        Self { fields: vec![("name", Field::Text(name.to_owned()))] }
    }

    pub(super) fn text(mut self, key: &'static str, text: impl Display) -> Self {
        self.fields.push((key, Field::Text(text.to_string())));
        self
    }

    pub(super) fn number(mut self, key: &'static str, number: u64) -> Self {
        self.fields.push((key, Field::Number(number)));
        self
    }

    pub(super) fn hex(self, key: &'static str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = hex(bytes.as_ref());
        self.text(key, bytes)
    }

    pub(super) fn hexes<T: AsRef<[u8]>>(
        mut self,
        key: &'static str,
        list: impl IntoIterator<Item = T>,
    ) -> Self {
        let list = list.into_iter().map(|bytes| hex(bytes.as_ref())).collect();
        self.fields.push((key, Field::Texts(list)));
        self
    }

    /// Bytes by name, such as the parts of a file.
    pub(super) fn parts(
        mut self,
        key: &'static str,
        parts: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Self {
        let parts = parts.into_iter().map(|(name, bytes)| (name, hex(&bytes))).collect();
        self.fields.push((key, Field::Named(parts)));
        self
    }

    /// CBOR that matches a rule of PROTOCOL.md, with its diagnostic notation.
    pub(super) fn cbor(self, rule: &str, bytes: &[u8]) -> Self {
        let notation = notation(&mut Decoder::new(bytes));
        self.text("cddl", rule).text("value", notation).hex("cbor", bytes)
    }
}

/// A value of the protocol that is read back as written.
pub(super) fn value<T>(name: &str, rule: &str, value: &T) -> Vector
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let bytes = cbor::encode(value);
    let again: T = cbor::decode(&bytes).unwrap();
    assert_eq!(cbor::encode(&again), bytes, "{name}");
    Vector::new(name).cbor(rule, &bytes)
}

/// The file of these vectors.
pub(super) fn render(about: &str, vectors: &[Vector]) -> String {
    let mut file = format!("{{\n  \"about\": {},\n  \"vectors\": [", quoted(about));
    for (place, vector) in vectors.iter().enumerate() {
        file.push_str(if place == 0 { "\n    {" } else { ",\n    {" });
        for (place, (key, field)) in vector.fields.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(file, "{comma}\n      {}: {}", quoted(key), field.json());
        }
        file.push_str("\n    }");
    }
    file.push_str("\n  ]\n}\n");
    file
}

impl Field {
    fn json(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Number(number) => number.to_string(),
            Self::Texts(list) => {
                let list: Vec<String> = list.iter().map(|text| quoted(text)).collect();
                format!("[{}]", list.join(", "))
            }
            Self::Named(parts) => {
                let line = |(name, text): &(String, String)| {
                    format!("        {}: {}", quoted(name), quoted(text))
                };
                let lines: Vec<String> = parts.iter().map(line).collect();
                format!("{{\n{}\n      }}", lines.join(",\n"))
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            control if control < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The diagnostic notation of RFC 8949, §8, of what the protocol writes.
fn notation(decoder: &mut Decoder<'_>) -> String {
    let kind = decoder.datatype().unwrap();
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is written is a number")]
    match kind {
        Type::Bytes => format!("h'{}'", hex(decoder.bytes().unwrap())),
        Type::String => quoted(decoder.str().unwrap()),
        Type::Bool => decoder.bool().unwrap().to_string(),
        Type::Array => {
            let count = decoder.array().unwrap().unwrap();
            let items: Vec<String> = (0..count).map(|_| notation(decoder)).collect();
            format!("[{}]", items.join(", "))
        }
        Type::Map => {
            let count = decoder.map().unwrap().unwrap();
            let entry = |decoder: &mut Decoder<'_>| {
                let key = notation(decoder);
                format!("{key}: {}", notation(decoder))
            };
            let entries: Vec<String> = (0..count).map(|_| entry(decoder)).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Type::Tag => {
            let tag = decoder.tag().unwrap().as_u64();
            format!("{tag}({})", notation(decoder))
        }
        _ => decoder.int().unwrap().to_string(),
    }
}
