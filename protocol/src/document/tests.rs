//! What a document number accepts, hides and matches.

use proptest::prelude::*;

use super::*;
use crate::cbor;

fn today() -> Date {
    Date::new(2026, 5, 20).unwrap()
}

fn resident(text: &str) -> Result<DocumentNumber, DocumentError> {
    DocumentNumber::parse(DocumentType::ResidentId, text, today())
}

#[test]
fn the_worked_numbers_are_accepted() {
    for number in [
        "140199199003070223",
        "140299198506150138",
        "141099197812310529",
        "141099199608210319",
        "140499199301020116",
        "140199198711040047",
        "14019919880808007X",
        "140399200002290079",
        "140299850615013",
    ] {
        assert!(resident(number).is_ok(), "{number}");
    }
    assert_eq!(resident(" 14019919880808007x ").unwrap().as_str(), "14019919880808007X");
}

#[test]
fn each_fault_of_a_number_has_its_name() {
    for (number, fault) in [
        ("140199199003070224", DocumentError::CheckDigit),
        ("140299198506150139", DocumentError::CheckDigit),
        ("140199199002300223", DocumentError::BirthDate),
        ("140199189903070223", DocumentError::BirthDate),
        ("140299850631013", DocumentError::BirthDate),
        ("14019919900307022", DocumentError::Form),
        ("1401991990030702233", DocumentError::Form),
        ("14019919900307022Y", DocumentError::Form),
        ("1401991990030702２", DocumentError::Form),
        ("140299 50615013", DocumentError::Form),
        ("", DocumentError::Form),
    ] {
        assert_eq!(resident(number), Err(fault), "{number:?}");
    }
    let unborn = resident_number_of("14019920270101002").unwrap();
    assert_eq!(resident(unborn.as_str()), Err(DocumentError::BirthDate));
}

#[test]
fn the_old_form_is_upgraded_and_matches_only_its_own_number() {
    let old = resident("140299850615013").unwrap();
    let new = resident("140299198506150138").unwrap();
    assert_eq!(old.canonical_18().unwrap().as_str(), "140299198506150138");
    assert_eq!(old.compare(&new), DocumentMatch::Upgraded);
    assert_eq!(new.compare(&new), DocumentMatch::Exact);
    assert_eq!(old.tag_text(), new.tag_text());
    let stranger = resident("140199199003070223").unwrap();
    assert_eq!(old.compare(&stranger), DocumentMatch::Different);
    assert_eq!(old.birth_date(), Date::new(1985, 6, 15).ok());
}

#[test]
fn other_documents_are_opaque_bounded_text() {
    let parse = |text| DocumentNumber::parse(DocumentType::Passport, text, today());
    assert_eq!(parse("E12345678").unwrap().as_str(), "E12345678");
    assert!(parse("军字第(0012345)号").is_ok());
    for bad in ["", "1234567890123456789", "E1234 5678", "E1234\n", "E@1"] {
        let expected = if bad == "E1234\n" { Ok(()) } else { Err(DocumentError::OtherForm) };
        assert_eq!(parse(bad).map(|_| ()), expected, "{bad:?}");
    }
    let passport = parse("E12345678").unwrap();
    let as_other = DocumentNumber::parse(DocumentType::Other, "E12345678", today()).unwrap();
    assert_eq!(passport.compare(&as_other), DocumentMatch::Upgraded);
    assert_eq!(as_other.compare(&passport), DocumentMatch::Upgraded);
    for (kind, number) in
        [(DocumentType::Other, "E12345679"), (DocumentType::ForeignResidence, "E12345678")]
    {
        let another = DocumentNumber::parse(kind, number, today()).unwrap();
        assert_eq!(passport.compare(&another), DocumentMatch::Different);
    }
    assert_eq!(passport.canonical_18(), None);
    assert_eq!(passport.tag_text().as_str(), "03:E12345678");
}

#[test]
fn debug_never_shows_a_number() {
    for number in [
        resident("140199199003070223").unwrap(),
        resident("140299850615013").unwrap(),
        DocumentNumber::parse(DocumentType::Passport, "E12345678", today()).unwrap(),
    ] {
        let shown = format!("{number:?} {:?}", number.canonical_18());
        assert!(!shown.contains(number.as_str()), "{shown}");
        assert!(!shown.contains("1990"), "{shown}");
    }
}

#[test]
fn the_wire_form_is_canonical() {
    for number in [
        resident("14019919880808007X").unwrap(),
        resident("140299850615013").unwrap(),
        DocumentNumber::parse(DocumentType::Other, "H0012345600", today()).unwrap(),
    ] {
        let bytes = cbor::encode(&number);
        assert_eq!(cbor::decode::<DocumentNumber>(&bytes), Ok(number));
    }
    let lower = cbor::encode(&WireDocument {
        kind: DocumentType::ResidentId,
        number: "14019919880808007x",
    });
    assert_eq!(cbor::decode::<DocumentNumber>(&lower), Err(cbor::CborError::Shape));
}

proptest! {
    #[test]
    fn one_wrong_character_or_two_swapped_digits_are_found(
        day in 0_i64..45_000, sequence in 0_u32..1000, place in 0_usize..18, by in 1_u32..10,
    ) {
        let birth = Date::new(1900, 1, 1).unwrap().plus_days(day).unwrap();
        let body = format!("140199{}{sequence:03}", birth.number());
        let number = resident_number_of(&body).unwrap();
        prop_assert_eq!(number.birth_date(), Some(birth));

        let mut wrong: Vec<char> = number.as_str().chars().collect();
        wrong[place] = match wrong[place].to_digit(10) {
            Some(digit) => char::from_digit((digit + by) % 10, 10).unwrap(),
            None => char::from_digit(by, 10).unwrap(),
        };
        prop_assert!(ResidentNumber::parse(&wrong.iter().collect::<String>()).is_err());

        let mut swapped: Vec<char> = number.as_str().chars().collect();
        swapped.swap(place.min(15), place.min(15) + 1);
        let swapped: String = swapped.iter().collect();
        prop_assert!(swapped == number.as_str() || ResidentNumber::parse(&swapped).is_err());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,24}", kind in 0_usize..5) {
        let _ = DocumentNumber::parse(DocumentType::ALL[kind], &text, today());
    }
}
