//! The language in which a command speaks.
//!
//! **Promises.** `--lang` goes before the locale; a locale that is not Chinese means English.
//! **Left to others.** The words: `text` and `help`.

use std::ffi::{OsStr, OsString};

/// A language of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// 中文.
    #[value(name = "zh")]
    Chinese,
    /// English.
    #[value(name = "en")]
    English,
}

impl Language {
    /// The language of the locale: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set.
    pub(crate) fn of_locale(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(variable)
            .find(|locale| !locale.is_empty())
            .unwrap_or_default();
        if locale.to_string_lossy().starts_with("zh") { Self::Chinese } else { Self::English }
    }

    /// The language that is asked for among raw arguments, before they are parsed: help and errors
    /// of the parser need it.
    pub(crate) fn among(arguments: &[OsString]) -> Option<Self> {
        let word = |text: &OsStr| match text.to_str() {
            Some("zh") => Some(Self::Chinese),
            Some("en") => Some(Self::English),
            _ => None,
        };
        arguments.iter().enumerate().find_map(|(index, argument)| {
            let argument = argument.to_str()?;
            match argument.strip_prefix("--lang=") {
                Some(value) => word(OsStr::new(value)),
                None if argument == "--lang" => {
                    arguments.get(index + 1).and_then(|next| word(next))
                }
                None => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Language {
        let variables: Vec<(String, OsString)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect();
        Language::of_locale(|name| {
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        })
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8")]), Language::Chinese);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), Language::English);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_TW")]), Language::Chinese);
    }

    #[test]
    fn a_language_is_found_before_the_arguments_are_parsed() {
        let among =
            |texts: &[&str]| Language::among(&texts.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(among(&["fundlink", "--lang", "zh", "--help"]), Some(Language::Chinese));
        assert_eq!(among(&["fundlink", "status", "--lang=en"]), Some(Language::English));
        assert_eq!(among(&["fundlink", "--lang"]), None);
    }
}
