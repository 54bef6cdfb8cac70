//! What a bank says over HTTP: the state of an order, and movements of an account.
//!
//! **Promises.** What is taken is written as JSON that is taken alike; a letter number that is found in
//! a summary stands in it.

use core::fmt::Debug;

use fundlink_node::settlement::bank_api::{Notice, NoticePage, Order, OrderReport};
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::money::Fen;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An answer of a bank, whatever was asked.
pub(crate) fn answer(bytes: &[u8]) {
    drop(round_trip::<Order>(bytes));
    drop(round_trip::<OrderReport>(bytes));
    if let Some(notice) = round_trip::<Notice>(bytes) {
        check(&notice);
    }
    if let Some(page) = round_trip::<NoticePage>(bytes) {
        page.notices.iter().for_each(check);
    }
}

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_vec(&value).unwrap_or_default();
    let again = serde_json::from_slice::<T>(&written).ok();
    assert_eq!(again.as_ref(), Some(&value), "what is written is read alike");
    Some(value)
}

fn check(notice: &Notice) {
    let text = notice.amount.to_string();
    assert_eq!(Fen::parse(&text), Ok(notice.amount), "an amount has one form");
    if let Some(letter) = notice.letter() {
        let text = letter.to_string();
        assert!(notice.summary.contains(&text), "the number stands in the summary");
        assert_eq!(LetterNumber::parse(&text), Ok(letter));
    }
}
