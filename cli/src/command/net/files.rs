//! The files that members hand to each other: enrolments and join files, as text that survives a
//! mail.
//!
//! **Promises.** Nothing that is there is overwritten; a file is bounded before it is read.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::exit::Failure;
use crate::language::Language;

const BEGIN: &str = "-----BEGIN FUNDLINK ENROLMENT-----";
const END: &str = "-----END FUNDLINK ENROLMENT-----";
/// Characters of a line, as RFC 7468 has them.
const LINE: usize = 64;
/// Bytes of a file that is handed over: a roster with its annexes fits.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The text form of an enrolment.
pub(super) fn enrolment_text(bytes: &[u8], fingerprint: &str) -> String {
    let digits = STANDARD.encode(bytes);
    let mut text = format!("Fingerprint: {fingerprint}\n{BEGIN}\n");
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so that a split falls between characters.
        let (line, after) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// The bytes in the text form of an enrolment, as base64; `None` when there is none.
pub(super) fn enrolment_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    let digits: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(&digits).is_ok().then_some(digits)
}

/// Reads a file that somebody has handed over; `-` is standard input.
///
/// # Errors
/// When it cannot be read, is too large, or is no text.
pub(super) fn read(path: &Path, language: Language) -> Result<String, Failure> {
    let failed = |error| Failure::usage(language.cannot_read(path.display(), error));
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(FILE_BYTES_MAX).read_to_string(&mut text)
    } else {
        let file = fs::File::open(path).map_err(failed)?;
        file.take(FILE_BYTES_MAX).read_to_string(&mut text)
    };
    read.map_err(failed)?;
    Ok(text)
}

/// Writes a new file; `-` is standard output.
///
/// # Errors
/// When it is there already, or cannot be written.
pub(super) fn write(path: &Path, text: &str, language: Language) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return Failure::usage(language.out_exists(path.display()));
        }
        Failure::usage(language.cannot_write(path.display(), error))
    };
    if path.as_os_str() == "-" {
        return io::stdout().lock().write_all(text.as_bytes()).map_err(failed);
    }
    let mut file = fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolment_survives_a_mail() {
        let text = enrolment_text(&[7; 200], "0123-4567");
        let mailed = format!("> hello\r\n{}\r\n-- \r\nsomebody", text.replace('\n', "\r\n"));
        assert_eq!(enrolment_in(&mailed), Some(STANDARD.encode([7; 200])));
        assert_eq!(enrolment_in("nothing"), None);
    }
}
