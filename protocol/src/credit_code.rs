//! Codes of organisations: the unified social credit code (统一社会信用代码, GB 32100) and the
//! organisation code that it holds (组织机构代码, GB 11714).
//!
//! **Promises.** Both check characters are right.
//! **Left to others.** Whose code it is. Codes of organisations are public and may be shown.

use core::fmt;

use minicbor::{Decode, Encode};

/// A unified social credit code: 18 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode([u8; 18]);

/// An organisation code: 8 characters and a check, written without the dash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationCode([u8; 9]);

/// A text that is not a code of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Wrong length or a character that the code does not use.
    #[error("a credit code has 18 characters of 0-9 and A-Z without I, O, S, V and Z")]
    Form,
    /// A check character is wrong.
    #[error("a check character of the code is wrong; compare it with the licence")]
    Check,
    /// Wrong length or a character that the code does not use.
    #[error("an organisation code has 8 characters of 0-9 and A-Z and a check of 0-9 or X")]
    OrganisationForm,
}

/// The alphabet of GB 32100: the value of a character is its place.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl CreditCode {
    /// Parses 18 characters; blanks around them are dropped.
    ///
    /// # Errors
    /// When a character or one of the two check characters is wrong.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let text = text.trim();
        let bytes: [u8; 18] = text.as_bytes().try_into().map_err(|_| CreditCodeError::Form)?;
        if !bytes.iter().all(|byte| ALPHABET.contains(byte)) {
            return Err(CreditCodeError::Form);
        }
        let organisation = text.get(8..17).ok_or(CreditCodeError::Form)?;
        OrganisationCode::parse(organisation).map_err(|_| CreditCodeError::Check)?;
        if credit_check(text.get(..17).unwrap_or_default()) != bytes.last().copied() {
            return Err(CreditCodeError::Check);
        }
        Ok(Self(bytes))
    }

    /// Completes 8 characters of authority, class and area and 8 of an organisation.
    ///
    /// For synthetic employers.
    ///
    /// # Errors
    /// When a character is wrong.
    pub fn complete(prefix: &str, organisation: &str) -> Result<Self, CreditCodeError> {
        let nine = OrganisationCode::complete(organisation)?;
        let body = format!("{prefix}{nine}");
        let check = credit_check(&body).ok_or(CreditCodeError::Form)?;
        Self::parse(&format!("{body}{}", char::from(check)))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The organisation code within.
    #[must_use]
    pub fn organisation(&self) -> OrganisationCode {
        let mut code = [0; 9];
        for (to, from) in code.iter_mut().zip(self.0.iter().skip(8)) {
            *to = *from;
        }
        OrganisationCode(code)
    }
}

/// The check character of GB 32100 for 17 characters: weights are powers of 3 modulo 31.
fn credit_check(body: &str) -> Option<u8> {
    if body.len() != 17 {
        return None;
    }
    let (mut sum, mut weight) = (0_usize, 1_usize);
    for byte in body.bytes() {
        let value = ALPHABET.iter().position(|c| *c == byte)?;
        sum = sum.checked_add(value.checked_mul(weight)?)?;
        weight = weight.checked_mul(3)? % 31;
    }
    let check = 31_usize.checked_sub(sum % 31)? % 31;
    ALPHABET.get(check).copied()
}

impl OrganisationCode {
    /// Parses 9 characters, with or without the dash before the last; blanks around are dropped.
    ///
    /// # Errors
    /// When a character or the check character is wrong.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let text = text.trim();
        let plain = match text.split_once('-') {
            Some((body, check)) if body.len() == 8 && check.len() == 1 => [body, check].concat(),
            Some(_) => return Err(CreditCodeError::OrganisationForm),
            None => text.to_owned(),
        };
        let form = CreditCodeError::OrganisationForm;
        let bytes: [u8; 9] = plain.as_bytes().try_into().map_err(|_| form)?;
        let body = plain.get(..8).ok_or(form)?;
        let check = organisation_check(body).ok_or(form)?;
        match bytes.last() {
            Some(last) if *last == check => Ok(Self(bytes)),
            Some(b'0'..=b'9' | b'X') => Err(CreditCodeError::Check),
            Some(_) | None => Err(form),
        }
    }

    /// Completes 8 characters to an organisation code.
    ///
    /// # Errors
    /// When a character is wrong.
    pub fn complete(body: &str) -> Result<Self, CreditCodeError> {
        let check = organisation_check(body).ok_or(CreditCodeError::OrganisationForm)?;
        Self::parse(&format!("{body}{}", char::from(check)))
    }

    /// The code as text, without the dash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The check character of GB 11714 for 8 characters.
fn organisation_check(body: &str) -> Option<u8> {
    if body.len() != 8 {
        return None;
    }
    let mut sum = 0_u32;
    for (character, weight) in body.chars().zip([3_u32, 7, 9, 10, 5, 8, 4, 2]) {
        let value = character.to_digit(36).filter(|_| !character.is_ascii_lowercase())?;
        sum = sum.checked_add(value.checked_mul(weight)?)?;
    }
    match 11_u32.checked_sub(sum % 11)? {
        10 => Some(b'X'),
        11 => Some(b'0'),
        check => b'0'.checked_add(u8::try_from(check).ok()?),
    }
}

macro_rules! public_code {
    ($name:ident, $wrong:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.str(self.as_str())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                Self::parse(decoder.str()?).map_err(|_| minicbor::decode::Error::message($wrong))
            }
        }
    };
}

public_code!(CreditCode, "not a credit code");
public_code!(OrganisationCode, "not an organisation code");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cbor;

    #[test]
    fn the_worked_codes_are_accepted() {
        for code in
            ["12140199MB0000019L", "12140299MB0000027L", "12141099MB0000107A", "91140199MA0TE5T16B"]
        {
            let parsed = CreditCode::parse(code).unwrap();
            assert_eq!(parsed.to_string(), code);
            assert_eq!(cbor::decode(&cbor::encode(&parsed)), Ok(parsed));
        }
        let taiyuan = CreditCode::complete("12140199", "MB000001").unwrap();
        assert_eq!(taiyuan.as_str(), "12140199MB0000019L");
        assert_eq!(taiyuan.organisation().as_str(), "MB0000019");
        assert_eq!(OrganisationCode::parse("MB000001-9"), Ok(taiyuan.organisation()));
    }

    #[test]
    fn wrong_codes_are_refused() {
        assert_eq!(CreditCode::parse("12140199MB0000019K"), Err(CreditCodeError::Check));
        assert_eq!(CreditCode::parse("12140199MB0000018L"), Err(CreditCodeError::Check));
        for bad in ["", "12140199MB0000019", "12140199MB0000019l", "12140199MBO000019L"] {
            assert_eq!(CreditCode::parse(bad), Err(CreditCodeError::Form), "{bad:?}");
        }
        assert_eq!(OrganisationCode::parse("MB0000018"), Err(CreditCodeError::Check));
        for bad in ["MB00000-19", "MB000001-", "mb0000019", "MB00000019"] {
            let parsed = OrganisationCode::parse(bad);
            assert_eq!(parsed, Err(CreditCodeError::OrganisationForm), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_found(
            organisation in "[0-9A-HJ-NP-RT-UW-Y]{8}", place in 0_usize..18, other in 0_usize..31,
        ) {
            let code = CreditCode::complete("91140199", &organisation).unwrap();
            let mut wrong = code.as_str().as_bytes().to_vec();
            prop_assume!(wrong[place] != ALPHABET[other]);
            wrong[place] = ALPHABET[other];
            prop_assert!(CreditCode::parse(core::str::from_utf8(&wrong).unwrap()).is_err());
        }
    }
}
