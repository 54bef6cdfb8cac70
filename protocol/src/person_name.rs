//! The name of a person (姓名).
//!
//! **Promises.** 1 to 120 characters in NFC, without control or invisible characters; never shown
//! by `Debug`, wiped on drop.
//! **Left to others.** Whether two names are one person's: `name_match`.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::limits::NAME_CHARS_MAX;
use crate::private_text::{PrivateText, private_wrapper};

/// A person's name (XingMing C120), in NFC.
///
/// Rare characters beyond the Basic Multilingual Plane are kept as they are; nothing is
/// transliterated, and NFKC is not used, because it would replace compatibility forms.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(PrivateText);

private_wrapper!(PersonName, "not a name");

/// Why a text is not a name. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    /// Nothing is left after blanks are dropped.
    #[error("a name is missing")]
    Empty,
    /// More than 120 characters.
    #[error("a name has at most 120 characters")]
    TooLong,
    /// A control, direction or zero-width character.
    #[error("a name must not hold control or invisible characters; type it again")]
    Character,
}

impl PersonName {
    /// Parses a name: blanks around it are dropped, the rest is brought to NFC.
    ///
    /// # Errors
    /// When nothing is left, or it is too long, or it holds characters that nobody can see.
    pub fn parse(text: &str) -> Result<Self, PersonNameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PersonNameError::Empty);
        }
        if text.chars().any(is_invisible) {
            return Err(PersonNameError::Character);
        }
        // Composing never makes a text longer than its canonical decomposition, and a text that
        // is far too long is refused before it costs memory.
        if text.chars().take(DECOMPOSED_CHARS_MAX).count() == DECOMPOSED_CHARS_MAX {
            return Err(PersonNameError::TooLong);
        }
        let name: String = text.nfc().collect();
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(PersonNameError::TooLong);
        }
        Ok(Self(PrivateText::new(name)))
    }

    fn from_wire(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|name| name.as_str() == text)
    }
}

/// A name for print and screens: after it stand the code points of those characters that the fonts
/// of a counter may lack, so that two persons can still tell whether they see the same name.
#[must_use]
pub fn with_code_points(name: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(name.to_owned());
    let rare: Vec<String> = name
        .chars()
        .filter(|character| is_rare(*character))
        .map(|character| format!("U+{:04X}", u32::from(character)))
        .collect();
    if !rare.is_empty() {
        text.push_str(&format!(" ({})", rare.join(" ")));
    }
    text
}

/// Characters that GBK does not have, private ones included: the fonts of older systems end there.
const fn is_rare(character: char) -> bool {
    matches!(
        character,
        '\u{3400}'..='\u{4DBF}' | '\u{9FA6}'..='\u{9FFF}' | '\u{E000}'..='\u{F8FF}'
            | '\u{FFFD}' | '\u{10000}'..
    )
}

/// Characters of a text from which no name of 120 characters can come.
const DECOMPOSED_CHARS_MAX: usize = NAME_CHARS_MAX * 4;

/// Characters that change nothing to the eye, or the order of the others.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cbor;

    #[test]
    fn rare_and_minority_names_are_kept_as_they_are() {
        for (name, bytes) in
            [("王㛃", 6), ("马䶮", 6), ("刘𬭎", 7), ("陈𤧛", 7), ("阿依古丽·吐尔逊", 23)]
        {
            let parsed = PersonName::parse(name).unwrap();
            assert_eq!(parsed.as_str(), name);
            assert_eq!(parsed.as_str().len(), bytes, "{name}");
            assert_eq!(cbor::decode(&cbor::encode(&parsed)), Ok(parsed));
        }
        assert_eq!(PersonName::parse("  李晓禾\u{3000}").unwrap().as_str(), "李晓禾");
        assert_eq!(PersonName::parse("Zoe\u{308}").unwrap().as_str(), "Zoë");
    }

    #[test]
    fn what_a_font_may_lack_is_printed_with_its_code_points() {
        for (name, printed) in [
            ("李晓禾", "李晓禾"),
            ("阿依古丽·吐尔逊", "阿依古丽·吐尔逊"),
            ("王㛃", "王㛃 (U+36C3)"),
            ("陈𤧛", "陈𤧛 (U+249DB)"),
            ("王\u{E1F5}", "王\u{E1F5} (U+E1F5)"),
            ("马䶮㛃", "马䶮㛃 (U+4DAE U+36C3)"),
        ] {
            assert_eq!(with_code_points(name).as_str(), printed);
        }
    }

    #[test]
    fn empty_overlong_and_invisible_names_are_refused() {
        assert_eq!(PersonName::parse(" \u{3000}"), Err(PersonNameError::Empty));
        assert!(PersonName::parse(&"李".repeat(120)).is_ok());
        assert_eq!(PersonName::parse(&"李".repeat(121)), Err(PersonNameError::TooLong));
        assert_eq!(PersonName::parse(&"李".repeat(1_000_000)), Err(PersonNameError::TooLong));
        for bad in ["李\u{202E}四", "李\0四", "李\n四", "李\u{200B}四", "李\u{FEFF}四"] {
            assert_eq!(PersonName::parse(bad), Err(PersonNameError::Character), "{bad:?}");
        }
    }

    #[test]
    fn debug_never_shows_a_name() {
        let shown = format!("{:?}", PersonName::parse("李晓禾").unwrap());
        assert_eq!(shown, "PersonName(private)");
    }

    proptest! {
        #[test]
        fn a_name_is_parsed_to_itself(text in "\\PC{0,130}") {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
