//! Identity documents: their types and their numbers (证件类型, 证件号码).
//!
//! **Promises.** A resident number has the check digit and the birth date of GB 11643; a number
//! never shows in `Debug` and is wiped on drop.
//! **Left to others.** Whether the number is this person's: `name_match` and the rules of a
//! transfer. Pseudonyms: `subject`.

use core::fmt;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::code_table::code_table;
use crate::private_text::{PrivateText, private_wrapper};
use crate::time::Date;

code_table!(
    /// The type of a document (证件类型 ZJLX, table A.1).
    ///
    /// Permits of Hong Kong, Macau and Taiwan residents travel as [`Other`](Self::Other).
    DocumentType, "A.1",
    {
        ResidentId = 1, "身份证";
        OfficerCard = 2, "军官证";
        Passport = 3, "护照";
        ForeignResidence = 4, "外国人永久居留证";
        Other = 99, "其他";
    }
);

/// The number of a document together with its type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentNumber {
    /// A resident number in its present form of 18 characters.
    Resident(ResidentNumber),
    /// A resident number in the form of before 1999, 15 digits.
    OldResident(OldResidentNumber),
    /// Any other document.
    Other(OtherDocument),
}

/// Why a text is not the number of a document. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not 18 characters of the right kind, nor 15 digits.
    #[error("a resident number has 17 digits and a check character, or 15 digits in its old form")]
    Form,
    /// The birth date does not exist or lies outside 1900 to today.
    #[error("the birth date within the number is not a day between 1900 and today")]
    BirthDate,
    /// The last character is not the check character of GB 11643.
    #[error("the check character of the number is wrong; compare it with the document")]
    CheckDigit,
    /// Another document's number is empty, too long or has characters that are not allowed.
    #[error("a document number has 1 to 18 letters, digits, brackets or dashes, without blanks")]
    OtherForm,
}

/// How the numbers of two documents relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentMatch {
    /// The same type and the same number.
    Exact,
    /// One is the 15-digit form of the other, or a passport that an old system kept as another
    /// document (99); a clerk must confirm and correct the record.
    Upgraded,
    /// Two documents.
    Different,
}

impl DocumentNumber {
    /// Parses a number of the given type; blanks around it are dropped, `x` becomes `X`.
    ///
    /// # Errors
    /// When the number cannot be one of this type; `today` bounds the birth date.
    pub fn parse(kind: DocumentType, text: &str, today: Date) -> Result<Self, DocumentError> {
        let number = Self::parse_undated(kind, text)?;
        match number.birth_date() {
            Some(date) if date > today => Err(DocumentError::BirthDate),
            Some(_) | None => Ok(number),
        }
    }

    fn parse_undated(kind: DocumentType, text: &str) -> Result<Self, DocumentError> {
        let text = text.trim();
        match kind {
            DocumentType::ResidentId if text.len() == 15 => {
                OldResidentNumber::parse(text).map(Self::OldResident)
            }
            DocumentType::ResidentId => ResidentNumber::parse(text).map(Self::Resident),
            DocumentType::OfficerCard
            | DocumentType::Passport
            | DocumentType::ForeignResidence
            | DocumentType::Other => OtherDocument::parse(kind, text).map(Self::Other),
        }
    }

    /// The type of the document.
    #[must_use]
    pub const fn kind(&self) -> DocumentType {
        match self {
            Self::Resident(_) | Self::OldResident(_) => DocumentType::ResidentId,
            Self::Other(other) => other.kind,
        }
    }

    /// The number as it was given; it must not reach a log, a metric or an error.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Resident(number) => number.as_str(),
            Self::OldResident(number) => number.as_str(),
            Self::Other(other) => other.number.as_str(),
        }
    }

    /// The birth date, for resident numbers.
    #[must_use]
    pub fn birth_date(&self) -> Option<Date> {
        match self {
            Self::Resident(number) => number.birth_date(),
            Self::OldResident(number) => number.upgraded().birth_date(),
            Self::Other(_) => None,
        }
    }

    /// The 18-character resident number that names the person, upgraded when it is an old one.
    #[must_use]
    pub fn canonical_18(&self) -> Option<ResidentNumber> {
        match self {
            Self::Resident(number) => Some(number.clone()),
            Self::OldResident(number) => Some(number.upgraded()),
            Self::Other(_) => None,
        }
    }

    /// What a pseudonym of the person is computed over: the code of the type, a colon, the number
    /// in its canonical form; the old and the new form of one resident number give the same text.
    #[must_use]
    pub fn tag_text(&self) -> Zeroizing<String> {
        let canonical = self.canonical_18();
        let number = canonical.as_ref().map_or_else(|| self.as_str(), ResidentNumber::as_str);
        Zeroizing::new(format!("{}:{number}", self.kind().code()))
    }

    /// How this number relates to another.
    #[must_use]
    pub fn compare(&self, other: &Self) -> DocumentMatch {
        if self == other {
            return DocumentMatch::Exact;
        }
        match (self.canonical_18(), other.canonical_18()) {
            (Some(left), Some(right)) if left == right => DocumentMatch::Upgraded,
            (_, _) if self.is_passport_as_other(other) || other.is_passport_as_other(self) => {
                DocumentMatch::Upgraded
            }
            (_, _) => DocumentMatch::Different,
        }
    }

    /// Whether this is the passport that `other` has under the type for all other documents, as some
    /// systems export it.
    fn is_passport_as_other(&self, other: &Self) -> bool {
        (self.kind(), other.kind()) == (DocumentType::Passport, DocumentType::Other)
            && self.as_str() == other.as_str()
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentNumber({:?}, private)", self.kind())
    }
}

/// A resident number (公民身份号码, GB 11643): 6 digits area, 8 birth date, 3 sequence, 1 check.
///
/// The area is not looked up: abolished counties stay valid.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentNumber(PrivateText);

private_wrapper!(ResidentNumber, "not a resident number");

/// The weights of GB 11643, first digit first.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// The check characters of GB 11643, by the weighted sum modulo 11.
const CHECKS: [u8; 11] = *b"10X98765432";

/// The first two digits of every area code: the provinces of GB/T 2260, and 83.
const PROVINCES: [&str; 35] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71",
    "81", "82", "83",
];

impl ResidentNumber {
    /// Parses 18 characters; a lower-case `x` is stored as `X`.
    ///
    /// # Errors
    /// When the form, the birth date or the check character is wrong.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let upper = Zeroizing::new(text.to_ascii_uppercase());
        let (Some(body), Some(check)) = (upper.get(..17), upper.as_bytes().get(17)) else {
            return Err(DocumentError::Form);
        };
        let digits = body.bytes().all(|byte| byte.is_ascii_digit());
        if upper.len() != 18 || !digits || !(check.is_ascii_digit() || *check == b'X') {
            return Err(DocumentError::Form);
        }
        body.get(6..14)
            .and_then(|date| Date::parse_compact(date).ok())
            .ok_or(DocumentError::BirthDate)?;
        if check_character(body) != Some(*check) {
            return Err(DocumentError::CheckDigit);
        }
        Ok(Self(PrivateText::new(upper.as_str().to_owned())))
    }

    fn from_wire(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|number| number.as_str() == text)
    }

    /// The birth date; every number of this type has one.
    #[must_use]
    pub fn birth_date(&self) -> Option<Date> {
        self.as_str().get(6..14).and_then(|date| Date::parse_compact(date).ok())
    }

    /// Whether the first two digits are a province; if not, a person should look at the document.
    #[must_use]
    pub fn has_known_province(&self) -> bool {
        self.as_str().get(..2).is_some_and(|province| PROVINCES.contains(&province))
    }
}

/// The check character for 17 digits; `None` for anything else.
fn check_character(body: &str) -> Option<u8> {
    let mut sum = 0_u32;
    if body.len() != WEIGHTS.len() {
        return None;
    }
    for (digit, weight) in body.chars().zip(WEIGHTS) {
        sum = sum.checked_add(digit.to_digit(10)?.checked_mul(weight)?)?;
    }
    CHECKS.get(usize::try_from(sum % 11).ok()?).copied()
}

/// Completes 17 digits to a resident number.
///
/// For synthetic persons and for the upgrade of old numbers.
///
/// # Errors
/// When the text is not 17 digits or holds no birth date.
pub fn resident_number_of(body: &str) -> Result<ResidentNumber, DocumentError> {
    let check = check_character(body).ok_or(DocumentError::Form)?;
    ResidentNumber::parse(&Zeroizing::new(format!("{body}{}", char::from(check))))
}

/// A resident number of before 1999: area, YYMMDD, sequence; 15 digits without a check.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OldResidentNumber {
    old: PrivateText,
    upgraded: ResidentNumber,
}

impl OldResidentNumber {
    /// Parses 15 digits; the birth date is one of the twentieth century.
    ///
    /// # Errors
    /// When the form or the birth date is wrong.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        if text.len() != 15 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DocumentError::Form);
        }
        let (Some(area), Some(rest)) = (text.get(..6), text.get(6..)) else {
            return Err(DocumentError::Form);
        };
        let upgraded = resident_number_of(&Zeroizing::new(format!("{area}19{rest}")))?;
        Ok(Self { old: PrivateText::new(text.to_owned()), upgraded })
    }

    /// The 15 digits; they must not reach a log, a metric or an error.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.old.as_str()
    }

    /// The present form of the same number: `19` inserted, check character added.
    #[must_use]
    pub fn upgraded(&self) -> ResidentNumber {
        self.upgraded.clone()
    }
}

impl fmt::Debug for OldResidentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OldResidentNumber(private)")
    }
}

/// A document that is no resident id: its number is opaque text of 1 to 18 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherDocument {
    kind: DocumentType,
    number: PrivateText,
}

/// Characters of a document number (ZJHM C18).
const OTHER_CHARS_MAX: usize = 18;

impl OtherDocument {
    fn parse(kind: DocumentType, text: &str) -> Result<Self, DocumentError> {
        let count = text.chars().count();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '(' | ')' | '（' | '）');
        if !(1..=OTHER_CHARS_MAX).contains(&count) || !text.chars().all(allowed) {
            return Err(DocumentError::OtherForm);
        }
        Ok(Self { kind, number: PrivateText::new(text.to_owned()) })
    }
}

impl fmt::Debug for OtherDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OtherDocument({:?}, private)", self.kind)
    }
}

/// On the wire: the type and the number as it was given.
#[derive(Encode, Decode)]
#[cbor(map)]
struct WireDocument<'a> {
    #[n(1)]
    kind: DocumentType,
    #[b(2)]
    number: &'a str,
}

impl<C> Encode<C> for DocumentNumber {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        WireDocument { kind: self.kind(), number: self.as_str() }.encode(encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for DocumentNumber {
    /// The birth date is not held against today: the decoder has no clock.
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let wire = WireDocument::decode(decoder, context)?;
        Self::parse_undated(wire.kind, wire.number)
            .ok()
            .filter(|number| number.as_str() == wire.number)
            .ok_or_else(|| minicbor::decode::Error::message("not a document number"))
    }
}

#[cfg(test)]
mod tests;
