//! Values of arguments that several commands take: one parser each.
//!
//! **Promises.** What is wrong with a value is said in the words of its type.
//! **Left to others.** Who acts: [`crate::operator`]. Whom it is about: [`crate::subject`].

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::time::Date;

/// The code of a center.
///
/// # Errors
/// When it is none, in words.
pub(crate) fn center(code: &str) -> Result<CenterCode, String> {
    CenterCode::parse(code).map_err(|error| error.to_string())
}

/// A day, as 2026-05-20.
///
/// # Errors
/// When it is none, in words.
pub(crate) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|error| error.to_string())
}
