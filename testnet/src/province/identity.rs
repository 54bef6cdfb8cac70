//! Who the synthetic persons are.
//!
//! **Promises.** A person is a function of seed, city and place: nobody has to be remembered, and no
//! two share a number. Area codes end in 99, which no county has.
//! **Left to others.** Persons with a story: `cast`.

use fundlink_protocol::document::resident_number_of;
use fundlink_protocol::time::Date;

use super::cast;
use super::city::City;
use super::names;
use super::random::Random;

/// A person as a city's system writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) name: String,
    /// 证件类型, a code of table A.1.
    pub(super) kind: &'static str,
    pub(super) number: String,
}

/// Days of birth: 1962-01-01 and 15,000 days from there, to early 2003.
const BIRTH_DAYS: u32 = 15_000;
/// Prime to the number of days, so that neighbours have birthdays far apart.
const BIRTH_STEP: u32 = 7_919;

/// The person at a place of a city.
pub(super) fn identity(seed: u64, city: City, place: u32) -> Identity {
    let mut random = Random::new(seed, &[city.stream(), u64::from(place), 1]);
    let name = names::person(&mut random);
    if random.chance(4) {
        let number = format!("E{:02}{:06}", city.area() % 100, place);
        return Identity { name, kind: "03", number };
    }
    let shift = u32::try_from(seed % u64::from(BIRTH_DAYS)).unwrap_or(0);
    let turn = place % BIRTH_DAYS * BIRTH_STEP % BIRTH_DAYS;
    let day = (turn + shift) % BIRTH_DAYS;
    let birth = Date::new(1962, 1, 1).ok().and_then(|first| first.plus_days(i64::from(day)));
    let gender = random.between(0, 1);
    let block = place / BIRTH_DAYS;
    let number = [block, block + 250]
        .into_iter()
        .map(|block| resident(city, birth, (block * 2 + gender + day * 7) % 1_000))
        .find(|number| !cast::is_taken(number))
        .unwrap_or_default();
    let old = day < 6_500 && random.chance(12);
    Identity { name, kind: "01", number: if old { old_form(&number) } else { number } }
}

fn resident(city: City, birth: Option<Date>, sequence: u32) -> String {
    let birth = birth.map_or(0, Date::number);
    let body = format!("{}{birth:08}{sequence:03}", city.area());
    resident_number_of(&body).map(|number| number.as_str().to_owned()).unwrap_or_default()
}

/// The form of before 1999: no century, no check.
fn old_form(number: &str) -> String {
    let area = number.get(..6).unwrap_or_default();
    let rest = number.get(8..17).unwrap_or_default();
    format!("{area}{rest}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fundlink_protocol::document::{DocumentNumber, DocumentType};
    use fundlink_protocol::person_name::PersonName;

    use super::*;

    #[test]
    fn persons_are_valid_and_nobody_shares_a_number() {
        let today = Date::new(2026, 5, 19).unwrap();
        let mut seen = BTreeSet::new();
        for city in City::ALL {
            for place in 0..20_000 {
                let Identity { name, kind, number } = identity(3, city, place);
                assert!(PersonName::parse(&name).is_ok());
                let kind = DocumentType::parse(kind).unwrap();
                let document = DocumentNumber::parse(kind, &number, today).unwrap();
                let area = kind != DocumentType::ResidentId || number[4..6] == *"99";
                assert!(area, "{number}");
                assert!(seen.insert(document.tag_text().to_string()), "{number}");
            }
        }
        assert_eq!(identity(3, City::Linfen, 9), identity(3, City::Linfen, 9));
        assert_ne!(identity(3, City::Linfen, 9), identity(4, City::Linfen, 9));
    }
}
