//! The dialogue on an alert: inquiry (质询), explanation (说明), ruling (结论).
//!
//! **Promises.** Words are kept out of `Debug`, and a text that holds what looks like the number of a
//! document, an account or a phone is no remark: neither typed here nor received.
//! **Left to others.** Who may say what, and deadlines: `engine::alerts`, `engine::inquiries`.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::center::CenterCode;
use crate::document::{DocumentNumber, DocumentType};
use crate::engine::operator::OperatorId;
use crate::id::{AlertId, PayloadHash};
use crate::letter_number::LetterNumber;
use crate::plain_text::PlainText;
use crate::time::{Date, Timestamp};

/// Characters of a remark.
pub const REMARK_CHARS_MAX: usize = 500;
/// Questions that one alert may have: enough for a year of monthly ones to each city.
pub const INQUIRIES_MAX: usize = 128;
/// Entries of one dialogue that are kept; the first stays, then the oldest go.
pub const ENTRIES_MAX: usize = 256;

/// Words of a person to a person about an alert; no personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseRemark(PlainText<REMARK_CHARS_MAX>);

/// Why a text is no remark. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseRemarkError {
    /// Empty, too long, or with characters that nobody sees.
    #[error("a remark has 1 to 500 characters and no control or invisible characters")]
    Text,
    /// Something like a number of a person.
    #[error(
        "the text holds what looks like the number of a document, an account or a phone; name the \
         letter, the certificate or the alert instead"
    )]
    PersonalData,
}

impl CaseRemark {
    /// Parses a remark.
    ///
    /// # Errors
    /// When it is no plain text, or holds something like a number of a person.
    pub fn parse(text: &str) -> Result<Self, CaseRemarkError> {
        let plain = PlainText::parse(text).map_err(|_| CaseRemarkError::Text)?;
        if holds_personal_number(plain.as_str()) {
            return Err(CaseRemarkError::PersonalData);
        }
        Ok(Self(plain))
    }

    /// The words, for a person who may read them; never for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for CaseRemark {
    /// Without the words: nobody keeps a name out of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseRemark(private)")
    }
}

impl<C> Encode<C> for CaseRemark {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(self.as_str())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for CaseRemark {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let text = decoder.str()?;
        Self::parse(text)
            .ok()
            .filter(|remark| remark.as_str() == text)
            .ok_or_else(|| minicbor::decode::Error::message("not a remark about an alert"))
    }
}

/// Digits in a row from which a number may be a person's: a mobile phone has 11.
const DIGITS_MIN: usize = 11;

/// Whether a text holds a long number that is no letter number, or a document's number that is
/// written in groups.
fn holds_personal_number(text: &str) -> bool {
    let plain: String = text.chars().map(folded).collect();
    let is_numeral = |character: char| character.is_ascii_alphanumeric();
    let long = plain.split(|character| !is_numeral(character)).any(|word| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        digits >= DIGITS_MIN && LetterNumber::parse(word).is_err() && !is_hash(word)
    });
    long || holds_document(&plain)
}

/// The hex form of an id, such as that of the alert.
fn is_hash(word: &str) -> bool {
    let has_letter = word.bytes().any(|byte| matches!(byte, b'a'..=b'f'));
    has_letter && AlertId::parse(word).is_ok()
}

/// Digits of full width count as digits.
fn folded(character: char) -> char {
    let offset = u32::from(character).wrapping_sub(u32::from('０'));
    char::from_digit(offset, 10).unwrap_or(character)
}

/// Whether digits in groups, with blanks or dashes between them, are the number of a resident.
fn holds_document(plain: &str) -> bool {
    let is_other = |character: char| {
        !character.is_ascii_digit()
            && !matches!(character, 'x' | 'X' | ' ' | '-' | '.' | '·' | '_' | '/')
    };
    plain.split(is_other).any(|stretch| {
        let is_between = |character: char| !character.is_ascii_digit() && character != 'X';
        let upper = stretch.to_ascii_uppercase();
        let groups: Vec<&str> = upper.split(is_between).filter(|group| !group.is_empty()).collect();
        (0..groups.len()).any(|start| {
            let mut joined = String::new();
            groups.iter().skip(start).any(|group| {
                joined.push_str(group);
                matches!(joined.len(), 15 | 18) && is_document(&joined)
            })
        })
    })
}

fn is_document(number: &str) -> bool {
    Date::new(9999, 12, 31)
        .is_ok_and(|today| DocumentNumber::parse(DocumentType::ResidentId, number, today).is_ok())
}

/// What a center has found (核查结论).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Finding {
    /// All is as it should be; the words say why (情况属实且合规).
    #[n(1)]
    InOrder,
    /// There was a mistake, and it is corrected (已更正).
    #[n(2)]
    Corrected,
    /// There was a mistake, and it is being corrected (更正中).
    #[n(3)]
    BeingCorrected,
    /// The cause lies with another center (原因在对方).
    #[n(4)]
    Elsewhere,
}

impl Finding {
    /// All findings.
    pub const ALL: [Self; 4] =
        [Self::InOrder, Self::Corrected, Self::BeingCorrected, Self::Elsewhere];

    /// The stable word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InOrder => "in-order",
            Self::Corrected => "corrected",
            Self::BeingCorrected => "being-corrected",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// The finding with this word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.name() == name)
    }
}

/// What the authority decides (结论).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Verdict {
    /// It is so.
    #[n(1)]
    Confirmed,
    /// Nothing more is to be done.
    #[n(2)]
    Closed,
}

/// What was asked, answered and decided about an alert, as the authority has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dialogue {
    /// Who was asked.
    #[n(1)]
    pub asked: Vec<Asked>,
    /// All that was said and done, in order.
    #[n(2)]
    pub entries: Vec<Entry>,
}

/// One question to one center.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Asked {
    /// Who was asked.
    #[n(1)]
    pub center: CenterCode,
    /// The inquiry.
    #[n(2)]
    pub inquiry: PayloadHash,
    /// The last day for the answer.
    #[n(3)]
    pub due: Date,
    /// Whether the answer is here, or nobody waits for it any more.
    #[n(4)]
    pub is_settled: bool,
    /// Whether the day passed without it.
    #[n(5)]
    pub is_overdue: bool,
}

impl Dialogue {
    /// The questions that wait for their answer.
    pub fn waiting(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(|asked| !asked.is_settled)
    }

    /// Notes what was said or done.
    pub fn note(&mut self, entry: Entry) {
        note(&mut self.entries, entry);
    }
}

/// Adds an entry; the first stays, then the oldest go.
pub fn note(entries: &mut Vec<Entry>, entry: Entry) {
    if entries.len() >= ENTRIES_MAX {
        entries.remove(1);
    }
    entries.push(entry);
}

/// Something that was said or done about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// When, by the clock of who keeps this.
    #[n(1)]
    pub at: Timestamp,
    /// What.
    #[n(2)]
    pub act: Act,
    /// The center that was asked, or that answered.
    #[n(3)]
    pub center: Option<CenterCode>,
    /// In which words.
    #[n(4)]
    pub remark: Option<CaseRemark>,
    /// The signed statement.
    #[n(5)]
    pub statement: Option<PayloadHash>,
    /// Which of one's own operators did it.
    #[n(6)]
    pub operator: Option<OperatorId>,
}

impl Entry {
    /// Something that happened without a person.
    #[must_use]
    pub const fn by_itself(at: Timestamp, act: Act, center: Option<CenterCode>) -> Self {
        Self { at, act, center, remark: None, statement: None, operator: None }
    }
}

/// What was said or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Act {
    /// The cause came, or came again.
    #[n(1)]
    Raised,
    /// The cause has gone.
    #[n(2)]
    Healed,
    /// The authority asked, for an answer by this day.
    #[n(3)]
    Inquired(#[n(0)] Date),
    /// A center answered.
    #[n(4)]
    Explained(#[n(0)] Finding),
    /// The day passed without an answer: the alert presses more.
    #[n(5)]
    Overdue,
    /// The authority decided.
    #[n(6)]
    Ruled(#[n(0)] Verdict),
}

impl Act {
    /// The stable word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Healed => "healed",
            Self::Inquired(_) => "inquired",
            Self::Explained(_) => "explained",
            Self::Overdue => "overdue",
            Self::Ruled(Verdict::Confirmed) => "confirmed",
            Self::Ruled(Verdict::Closed) => "closed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    #[test]
    fn a_remark_names_letters_and_papers_but_no_number_of_a_person() {
        for good in [
            "联系函 1401002605060001 已更正",
            "paper (2026)晋0299执123号, certificate 140100-C-2026-000311, 2026-05-20 to 2026-05-21",
            "call 0351-1234567",
            "62 084.41 against 61 452.36",
            "lines 99 99 99 99 99 99 99 9",
            &"ab12".repeat(16),
        ] {
            assert!(CaseRemark::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "140199199003070223",
            "职工14019919900307022３的账户",
            "140299850615013",
            "1401 9919 9003 0702 23",
            "140199-19900307-0223",
            "账号9923041500021",
            "13912345678",
            "card 6222020200012345678",
            "14029919850615013X is wrong but looks like one",
            &"1234".repeat(16),
        ] {
            assert_eq!(CaseRemark::parse(bad), Err(CaseRemarkError::PersonalData), "{bad}");
        }
        assert_eq!(CaseRemark::parse("  "), Err(CaseRemarkError::Text));
        assert_eq!(CaseRemark::parse(&"长".repeat(501)), Err(CaseRemarkError::Text));
        // What comes over the network is held to the same.
        assert!(cbor::decode::<CaseRemark>(&cbor::encode(&"140199199003070223")).is_err());
    }

    #[test]
    fn every_finding_is_found_by_its_word() {
        for finding in Finding::ALL {
            assert_eq!(Finding::from_name(finding.name()), Some(finding));
        }
        assert_eq!(Finding::InOrder.name(), "in-order");
        assert_eq!(Finding::from_name("all-well"), None);
    }

    #[test]
    fn words_do_not_show() {
        let remark = CaseRemark::parse("李晓禾的转移").unwrap();
        let entry = Entry {
            remark: Some(remark.clone()),
            ..Entry::by_itself(Timestamp::from_ms(1), Act::Overdue, None)
        };
        assert!(!format!("{remark:?} {entry:?}").contains("李晓禾"));
        assert_eq!(cbor::decode(&cbor::encode(&remark)), Ok(remark));
    }

    #[test]
    fn a_long_dialogue_keeps_its_beginning_and_its_end() {
        let mut dialogue = Dialogue::default();
        for number in 0..300 {
            dialogue.note(Entry::by_itself(Timestamp::from_ms(number), Act::Raised, None));
        }
        assert_eq!(dialogue.entries.len(), ENTRIES_MAX);
        assert_eq!(dialogue.entries[0].at, Timestamp::from_ms(0));
        assert_eq!(dialogue.entries[ENTRIES_MAX - 1].at, Timestamp::from_ms(299));
    }
}
