//! Short plain texts that are not about a person: names of banks, references, remarks.
//!
//! **Promises.** 1 to `MAX` characters, no blanks around them, no control or invisible character.
//! **Left to others.** Names of persons: `person_name`. What a text means: the field that holds it.

use core::fmt;

use minicbor::{Decode, Encode};

/// A text of 1 to `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlainText<const MAX: usize>(String);

/// A text that is empty, too long, or holds characters that nobody can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text has 1 to {max} characters and no control or invisible characters")]
pub struct PlainTextError {
    /// How many characters it may have.
    pub max: usize,
}

impl<const MAX: usize> PlainText<MAX> {
    /// Parses a text; blanks around it are dropped.
    ///
    /// # Errors
    /// When nothing is left, or it is too long, or holds a control or invisible character.
    pub fn parse(text: &str) -> Result<Self, PlainTextError> {
        let text = text.trim();
        let count = text.chars().take(MAX.saturating_add(1)).count();
        if count == 0 || count > MAX || text.chars().any(is_invisible) {
            return Err(PlainTextError { max: MAX });
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{FEFF}')
}

impl<const MAX: usize> fmt::Display for PlainText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<C, const MAX: usize> Encode<C> for PlainText<MAX> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.0)?.ok()
    }
}

impl<'b, C, const MAX: usize> Decode<'b, C> for PlainText<MAX> {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let text = decoder.str()?;
        Self::parse(text)
            .ok()
            .filter(|parsed| parsed.as_str() == text)
            .ok_or_else(|| minicbor::decode::Error::message("not a plain text of this length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    #[test]
    fn a_text_is_bounded_and_visible() {
        let text = PlainText::<8>::parse(" 建行太原 ").unwrap();
        assert_eq!(text.as_str(), "建行太原");
        assert_eq!(cbor::decode(&cbor::encode(&text)), Ok(text));
        for bad in ["", "  ", "123456789", "a\u{200B}b", "a\nb"] {
            assert_eq!(PlainText::<8>::parse(bad), Err(PlainTextError { max: 8 }), "{bad:?}");
        }
        assert!(cbor::decode::<PlainText<8>>(&cbor::encode(&" a".to_owned())).is_err());
    }
}
