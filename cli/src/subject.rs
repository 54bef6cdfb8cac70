//! Who a command is about: read from a file, from standard input, or asked for at the terminal.
//!
//! A file is CSV in UTF-8 with the column codes of JGJ/T 320 in its first line, in any case and
//! order: `XingMing`, `ZJHM`, and if need be `ZJLX` (01 when absent) and `GRZH`; a row a person. The
//! property of a withdrawal check stands in its first row: `BDCQZH` (title number), `FWZL` (place).
//!
//! **Promises.** Names and numbers are never arguments, never in an error, and are checked before
//! the node is asked.
//! **Left to others.** Whether the person exists: the center that is asked.

use std::fs::File;
use std::io::{self, BufRead as _, IsTerminal as _, Read};
use std::path::PathBuf;

use fundlink_node::clock;
use fundlink_node::control::api::facts;
use fundlink_protocol::account::AccountNumber;
use fundlink_protocol::document::{DocumentNumber, DocumentType};
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::property::Property;

use crate::exit::Failure;
use crate::language::Language;
use crate::output::Output;

/// Where the subject comes from.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SubjectArgument {
    /// A CSV file with XingMing, ZJHM and if need be ZJLX and GRZH; `-` is standard input
    #[arg(long, value_name = "FILE")]
    subject_file: Option<PathBuf>,
}

/// A person, and perhaps one of their accounts.
pub(crate) struct Subject {
    /// The name.
    pub(crate) name: PersonName,
    /// The document.
    pub(crate) document: DocumentNumber,
    /// The account, where the command needs one.
    pub(crate) account: Option<AccountNumber>,
    /// The property, where one is named beside the person.
    pub(crate) property: Option<Property>,
}

impl Subject {
    /// The person as the control interface takes one.
    pub(crate) fn to_api(&self) -> facts::Person {
        facts::Person {
            name: self.name.as_str().to_owned(),
            document_type: self.document.kind().code(),
            document_number: self.document.as_str().to_owned(),
        }
    }
}

/// What is asked for beside name and document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// One person.
    Person,
    /// One person and the number of the account.
    PersonWithAccount,
    /// One person or more.
    Household,
    /// One person or more, and the property that one of them withdraws for.
    HouseholdWithProperty,
}

/// Bytes of a subject file: a household has a handful of rows.
const FILE_BYTES_MAX: u64 = 64 * 1024;

impl SubjectArgument {
    /// Whether the subject comes on standard input.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.subject_file.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }

    /// Reads the subjects; at least one, and exactly one unless a household is wanted.
    ///
    /// # Errors
    /// When there is nobody to ask, the file cannot be read, or a value is not well formed.
    pub(crate) fn read(&self, wanted: Wanted, output: &Output) -> Result<Vec<Subject>, Failure> {
        let language = output.language;
        let subjects = match &self.subject_file {
            Some(path) if path.as_os_str() == "-" => parse(io::stdin().lock(), language)?,
            Some(path) => {
                let file = File::open(path)
                    .map_err(|error| Failure::usage(language.cannot_read(path.display(), error)))?;
                parse(file, language)?
            }
            None if io::stdin().is_terminal() => ask(wanted, output)?,
            None => return Err(Failure::usage(language.no_subject())),
        };
        match (subjects.len(), wanted) {
            (0, _) => Err(Failure::usage(language.no_subject())),
            (_, Wanted::HouseholdWithProperty)
                if subjects.first().is_none_or(|first| first.property.is_none()) =>
            {
                Err(Failure::usage(language.no_property()))
            }
            (1, _) | (_, Wanted::Household | Wanted::HouseholdWithProperty) => Ok(subjects),
            (_, Wanted::Person | Wanted::PersonWithAccount) => {
                Err(Failure::usage(language.one_subject()))
            }
        }
    }
}

/// Reads a subject file.
fn parse(from: impl Read, language: Language) -> Result<Vec<Subject>, Failure> {
    let mut text = String::new();
    from.take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|_| Failure::usage(language.subject_not_text()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let not_csv = |_| Failure::usage(language.subject_not_csv());
    let headers = reader.headers().map_err(not_csv)?.clone();
    let column = |code: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(code));
    let missing = |code: &str| Failure::usage(language.subject_column_missing(code));
    let name = column("XingMing").ok_or_else(|| missing("XingMing"))?;
    let number = column("ZJHM").ok_or_else(|| missing("ZJHM"))?;
    let (kind, account) = (column("ZJLX"), column("GRZH"));
    let (title, place) = (column("BDCQZH"), column("FWZL"));
    let mut subjects = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| Failure::usage(language.subject_not_csv()))?;
        let cell = |index: Option<usize>| index.and_then(|index| record.get(index)).unwrap_or("");
        let typed = Typed {
            name: cell(Some(name)).to_owned(),
            kind: cell(kind).to_owned(),
            number: cell(Some(number)).to_owned(),
            account: cell(account).to_owned(),
            title: cell(title).to_owned(),
            place: cell(place).to_owned(),
        };
        subjects.push(typed.check(language)?);
    }
    Ok(subjects)
}

/// What somebody has typed.
struct Typed {
    name: String,
    kind: String,
    number: String,
    account: String,
    title: String,
    place: String,
}

impl Typed {
    fn check(&self, language: Language) -> Result<Subject, Failure> {
        let wrong = |column: &str, error: &dyn std::fmt::Display| {
            Failure::usage(language.subject_value(column, error))
        };
        let kind = match self.kind.as_str() {
            "" => DocumentType::ResidentId,
            code => code
                .parse()
                .ok()
                .and_then(DocumentType::from_number)
                .ok_or_else(|| wrong("ZJLX", &language.unknown_document_type()))?,
        };
        let today = clock::wall_time().date().ok_or_else(|| wrong("ZJHM", &"?"))?;
        let account = match self.account.as_str() {
            "" => None,
            number => Some(AccountNumber::parse(number).map_err(|error| wrong("GRZH", &error))?),
        };
        let property = match (self.title.as_str(), self.place.as_str()) {
            ("", "") => None,
            (title, place) => {
                let property = Property::parse(title, place);
                Some(property.map_err(|error| wrong("BDCQZH, FWZL", &error))?)
            }
        };
        Ok(Subject {
            property,
            name: PersonName::parse(&self.name).map_err(|error| wrong("XingMing", &error))?,
            document: DocumentNumber::parse(kind, &self.number, today)
                .map_err(|error| wrong("ZJHM", &error))?,
            account,
        })
    }
}

/// Asks at the terminal. The name is shown as it is typed, the numbers are not.
fn ask(wanted: Wanted, output: &Output) -> Result<Vec<Subject>, Failure> {
    let language = output.language;
    let mut subjects = Vec::new();
    loop {
        output.prompt(language.ask_name());
        let mut name = String::new();
        io::stdin().lock().read_line(&mut name).map_err(Failure::usage)?;
        if name.trim().is_empty() && !subjects.is_empty() {
            return Ok(subjects);
        }
        let hidden =
            |question: String| rpassword::prompt_password(question).map_err(Failure::usage);
        let number = hidden(language.ask_document())?;
        let account = match wanted {
            Wanted::PersonWithAccount => hidden(language.ask_account())?,
            Wanted::Person | Wanted::Household | Wanted::HouseholdWithProperty => String::new(),
        };
        let (title, place) = match wanted {
            Wanted::HouseholdWithProperty if subjects.is_empty() => {
                (hidden(language.ask_title())?, hidden(language.ask_place())?)
            }
            Wanted::HouseholdWithProperty
            | Wanted::Household
            | Wanted::Person
            | Wanted::PersonWithAccount => (String::new(), String::new()),
        };
        let typed = Typed { name, kind: String::new(), number, account, title, place };
        subjects.push(typed.check(language)?);
        match wanted {
            Wanted::Household | Wanted::HouseholdWithProperty => {
                output.note(language.ask_next_member());
            }
            Wanted::Person | Wanted::PersonWithAccount => return Ok(subjects),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Subject>, Failure> {
        parse(text.as_bytes(), Language::English)
    }

    #[test]
    fn columns_are_found_in_any_case_and_order() {
        let subjects =
            read("\u{feff}zjhm, XINGMING ,GRZH\r\n140199199003070223,李晓禾,9923041500021\r\n")
                .unwrap();
        let [subject] = subjects.as_slice() else { panic!("one subject") };
        assert_eq!(subject.name.as_str(), "李晓禾");
        assert_eq!(subject.document.kind(), DocumentType::ResidentId);
        assert!(subject.account.is_some());
    }

    #[test]
    fn a_household_has_a_row_for_each_member_and_a_type_for_each_document() {
        let subjects =
            read("XingMing,ZJLX,ZJHM\n李晓禾,01,140199199003070223\nAnn Lee,03,E1234567\n")
                .unwrap();
        assert_eq!(subjects.len(), 2);
        assert!(subjects.iter().any(|subject| subject.document.kind() == DocumentType::Passport));
    }

    #[test]
    fn an_error_names_the_column_and_never_the_value() {
        for (text, column, value) in [
            ("XingMing,ZJHM\n李晓禾,140199199003070224\n", "ZJHM", "140199199003070224"),
            ("XingMing,ZJHM\n,140199199003070223\n", "XingMing", "140199199003070223"),
            ("XingMing\n李晓禾\n", "ZJHM", "李晓禾"),
            ("XingMing,ZJHM,ZJLX\n李晓禾,140199199003070223,77\n", "ZJLX", "77"),
        ] {
            let Err(failure) = read(text) else { panic!("{text} was taken") };
            assert!(failure.message.contains(column), "{}", failure.message);
            assert!(!failure.message.contains(value), "{}", failure.message);
        }
    }
}
