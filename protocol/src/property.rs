//! A property (房屋) as a withdrawal or a check names it: by title, by place, or by both.
//!
//! The same home is written differently by every clerk. What is compared and tagged is a key with one
//! form: brackets and blanks gone, every kind of dash the same, full-width signs as their narrow ones.
//!
//! **Promises.** A property has at least one key, and a key is never empty; the key of a key is that
//! key. Never shown by `Debug`.
//! **Left to others.** Its pseudonym: `subject`. Whether two titles are one home: the land registry.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::private_text::{PrivateText, private_wrapper};

/// Characters of a title number or a place: FWZL of JGJ/T 320 is C255.
const CHARS_MAX: usize = 255;

/// A title number (不动产权证号) or a place (房屋坐落 FWZL), as it was written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyText(PrivateText);

private_wrapper!(PropertyText, "not the title number or the place of a property");

/// A text by which no property can be known. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a property is named by 1 to 255 visible characters, a letter or a digit among them; \
     write the number of its title, or its place, as the title has it"
)]
pub struct PropertyError;

impl PropertyText {
    /// Parses a text; blanks around it are dropped.
    ///
    /// # Errors
    /// When it is too long, holds a control character, or nothing of it is left in the key.
    pub fn parse(text: &str) -> Result<Self, PropertyError> {
        let text = text.trim();
        let is_long = text.chars().take(CHARS_MAX.saturating_add(1)).count() > CHARS_MAX;
        if is_long || text.chars().any(char::is_control) || key_of(text).is_empty() {
            return Err(PropertyError);
        }
        Ok(Self(PrivateText::new(text.to_owned())))
    }

    fn from_wire(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|parsed| parsed.as_str() == text)
    }
}

/// A property, by one key or by two.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Property {
    /// By its title number (不动产权证号).
    #[n(1)]
    Title(#[n(0)] PropertyText),
    /// By its place (房屋坐落), where there is no title yet.
    #[n(2)]
    Place(#[n(0)] PropertyText),
    /// By both.
    #[n(3)]
    Both(#[n(0)] PropertyText, #[n(1)] PropertyText),
}

impl Property {
    /// A property from what a file or a form has of it; empty texts count as absent.
    ///
    /// # Errors
    /// When neither is there, or one is not well formed.
    pub fn parse(title: &str, place: &str) -> Result<Self, PropertyError> {
        match (title.trim(), place.trim()) {
            ("", place) => PropertyText::parse(place).map(Self::Place),
            (title, "") => PropertyText::parse(title).map(Self::Title),
            (title, place) => {
                Ok(Self::Both(PropertyText::parse(title)?, PropertyText::parse(place)?))
            }
        }
    }

    /// The title number.
    #[must_use]
    pub const fn title(&self) -> Option<&PropertyText> {
        match self {
            Self::Title(title) | Self::Both(title, _) => Some(title),
            Self::Place(_) => None,
        }
    }

    /// The place.
    #[must_use]
    pub const fn place(&self) -> Option<&PropertyText> {
        match self {
            Self::Place(place) | Self::Both(_, place) => Some(place),
            Self::Title(_) => None,
        }
    }

    /// What is tagged, one text a key: two properties are one when they share any.
    #[must_use]
    pub fn tag_texts(&self) -> Vec<Zeroizing<String>> {
        let title = self.title().map(|title| ["title/", &key_of(title.as_str())].concat());
        let place = self.place().map(|place| ["place/", &key_of(place.as_str())].concat());
        title.into_iter().chain(place).map(Zeroizing::new).collect()
    }
}

/// The key of a text, the same however it was punctuated.
fn key_of(text: &str) -> String {
    let mut key = String::new();
    let mut is_apart = false;
    for character in text.chars().map(narrow) {
        match character {
            _ if character.is_whitespace() || is_bracket(character) => {}
            _ if is_dash(character) => is_apart = true,
            _ => {
                if is_apart && !key.is_empty() {
                    key.push('-');
                }
                is_apart = false;
                key.push(character.to_ascii_uppercase());
            }
        }
    }
    key
}

/// The narrow form of a full-width sign.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            let code = u32::from(character).saturating_sub(0xfee0);
            char::from_u32(code).unwrap_or(character)
        }
        other => other,
    }
}

/// Marks that only enclose: left out.
const fn is_bracket(character: char) -> bool {
    matches!(
        character,
        '(' | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '〔'
            | '〕'
            | '【'
            | '】'
            | '〈'
            | '〉'
            | '《'
            | '》'
            | '「'
            | '」'
            | '"'
            | '\''
            | '“'
            | '”'
            | '‘'
            | '’'
    )
}

/// Marks that stand between two numbers: without any, 3-1201 and 31-201 would be one home.
const fn is_dash(character: char) -> bool {
    matches!(
        character,
        '-' | '~' | '/' | '\\' | '.' | ',' | ':' | ';' | '_' | '#' | '|' | '\u{b7}' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{3001}' | '\u{3002}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;
    use proptest::prelude::*;

    #[test]
    fn one_home_has_one_key_however_it_is_punctuated() {
        let keys = |title, place| {
            let texts = Property::parse(title, place).unwrap().tag_texts();
            texts.iter().map(|text| text.as_str().to_owned()).collect::<Vec<_>>()
        };
        let title = "title/晋2024太原市不动产权第0012345号";
        for written in [
            "晋(2024)太原市不动产权第0012345号",
            " 晋（２０２４）太原市 不动产权第０012345号 ",
            "晋〔2024〕太原市不动产权第0012345号",
        ] {
            assert_eq!(keys(written, ""), [title], "{written}");
        }
        let place = "place/小店区学府街98号3-1-1201B";
        for written in [
            "小店区学府街98号3-1-1201b",
            "小店区学府街９８号３—１－１２０１Ｂ",
            "小店区 学府街98号 3/1 - 1201B-",
        ] {
            assert_eq!(keys("", written), [place], "{written}");
        }
        assert_eq!(keys("晋1", "学府街1号").len(), 2);
        assert_ne!(keys("", "3-1201"), keys("", "31-201"), "two homes");
        assert_ne!(keys("1", ""), keys("", "1"), "a title is no place");
    }

    #[test]
    fn a_property_without_a_key_is_none_and_none_is_shown() {
        for (title, place) in [("", ""), (" ", "\t"), ("--", ""), ("", "（）"), ("a\nb", "")] {
            assert_eq!(Property::parse(title, place), Err(PropertyError), "{title:?} {place:?}");
        }
        let long = "街".repeat(256);
        assert_eq!(Property::parse("", &long), Err(PropertyError));
        let property = Property::parse("晋1", "学府街1号").unwrap();
        assert_eq!(cbor::decode(&cbor::encode(&property)), Ok(property.clone()));
        let shown = format!("{property:?}");
        assert!(!shown.contains("晋1") && !shown.contains("学府街"), "{shown}");
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_that_key(text in "[ -~（）０-９Ａ-ｚ、—·街号]{1,40}") {
            let key = key_of(&text);
            prop_assert_eq!(key_of(&key), key);
        }
    }
}
