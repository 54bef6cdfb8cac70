//! The help of the commands in Chinese, and the examples that both languages share.
//!
//! **Promises.** Every command and every argument that shows in the help has a Chinese sentence, and
//! every command that does something has an example; a test goes through all of them.
//! **Left to others.** The English sentences: the doc comments in `args`.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, Error};

use crate::language::Language;

mod chinese;
mod examples;

/// The command with its help in a language, and with examples.
pub(crate) fn localized(command: Command, language: Language) -> Command {
    let (help, version) = match language {
        Language::English => ("Show the help", "Show the version"),
        Language::Chinese => ("显示帮助", "显示版本"),
    };
    // The long form of the parser spreads over a screen for each command and says no more.
    let help = Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help(help);
    let version =
        Arg::new("version").short('V').long("version").action(ArgAction::Version).help(version);
    let command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .mut_args(|argument| {
            let heading = general_heading(language);
            if argument.is_global_set() { argument.help_heading(heading) } else { argument }
        })
        .arg(help.global(true).help_heading(general_heading(language)))
        .arg(version.help_heading(general_heading(language)));
    localized_below(command, "", language)
}

/// Above the options that every command has; they come last.
const fn general_heading(language: Language) -> &'static str {
    match language {
        Language::English => "General options",
        Language::Chinese => "通用选项",
    }
}

fn localized_below(command: Command, path: &str, language: Language) -> Command {
    let mut command = with_examples(command, path, language);
    if language == Language::Chinese {
        command = in_chinese(command, path);
    }
    let names: Vec<String> =
        command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    for name in names {
        let path = joined(path, &name);
        command = command.mut_subcommand(name, |below| localized_below(below, &path, language));
    }
    command
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path} {name}") }
}

fn with_examples(command: Command, path: &str, language: Language) -> Command {
    let Some(examples) = examples::of(path) else { return command };
    let heading = match language {
        Language::English => "Examples:",
        Language::Chinese => "示例：",
    };
    let lines: Vec<String> = examples.iter().map(|example| format!("  {example}")).collect();
    command.after_help(format!("{heading}\n{}", lines.join("\n")))
}

fn in_chinese(command: Command, path: &str) -> Command {
    let command = command
        .about(chinese::command(path).unwrap_or_default())
        .long_about(None::<&str>)
        .subcommand_help_heading("命令")
        .help_template(
            "{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}",
        );
    let command = command.mut_subcommands(|below| below.subcommand_help_heading("命令"));
    command.mut_args(|argument| argument_in_chinese(argument, path))
}

fn argument_in_chinese(argument: Arg, path: &str) -> Arg {
    if matches!(argument.get_id().as_str(), "help" | "version") {
        return argument;
    }
    let heading = match argument.get_help_heading() {
        Some(heading) => heading.to_owned(),
        None if argument.is_positional() => "参数".to_owned(),
        None => "选项".to_owned(),
    };
    let mut sentence = match chinese::argument(path, argument.get_id().as_str()) {
        Some(sentence) => sentence.to_owned(),
        None => argument.get_help().map(ToString::to_string).unwrap_or_default(),
    };
    let argument = argument.long_help(None::<&str>).help_heading(heading);
    if !argument.get_action().takes_values() {
        return argument.help(sentence);
    }
    let possible = argument.get_possible_values();
    let shown = possible.iter().filter(|value| !value.is_hide_set());
    let values: Vec<&str> = shown.map(clap::builder::PossibleValue::get_name).collect();
    if !values.is_empty() {
        sentence = format!("{sentence} [{}]", Language::Chinese.possible_values(values.join(", ")));
    }
    argument.help(sentence).hide_possible_values(true)
}

/// What the parser has to say, in a language; `None` when its own words will do.
pub(crate) fn complaint(error: &Error, language: Language) -> Option<String> {
    if language == Language::English || !error.use_stderr() {
        return None;
    }
    let context = |kind: ContextKind| error.get(kind).map(context_text).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let sentence = match error.kind() {
        ErrorKind::UnknownArgument => language.unknown_argument(argument),
        ErrorKind::InvalidSubcommand => {
            language.unknown_argument(context(ContextKind::InvalidSubcommand))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let values = context(ContextKind::ValidValue);
            let sentence = language.wrong_value(argument, value);
            if values.is_empty() {
                sentence
            } else {
                format!("{sentence}（{}）", language.possible_values(values))
            }
        }
        ErrorKind::MissingRequiredArgument => language.missing_argument(argument),
        ErrorKind::ArgumentConflict => language.conflicting_arguments(argument),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::NoEquals
        | ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::MissingSubcommand
        | ErrorKind::InvalidUtf8
        | ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::Io
        | ErrorKind::Format
        | _ => language.wrong_usage(),
    };
    Some(format!("fundlink: {sentence}\n{}", language.see_help()))
}

fn context_text(value: &ContextValue) -> String {
    if let ContextValue::Strings(texts) = value { texts.join(", ") } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Arguments;

    /// Calls `look` for every command that shows in the help, with its path.
    fn walk(command: &Command, path: &str, look: &mut impl FnMut(&Command, &str)) {
        look(command, path);
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            walk(below, &joined(path, below.get_name()), look);
        }
    }

    #[test]
    fn every_command_and_argument_has_a_chinese_sentence() {
        let mut missing = Vec::new();
        walk(&Arguments::command(), "", &mut |command, path| {
            if chinese::command(path).is_none() {
                missing.push(path.to_owned());
            }
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let id = argument.get_id().as_str();
                if !matches!(id, "help" | "version") && chinese::argument(path, id).is_none() {
                    missing.push(format!("{path} <{id}>"));
                }
            }
        });
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn every_command_that_does_something_has_examples_that_parse() {
        walk(&Arguments::command(), "", &mut |command, path| {
            if command.has_subcommands() {
                return;
            }
            let examples = examples::of(path).unwrap_or_default();
            assert!(!examples.is_empty(), "{path} has an example");
            for example in examples {
                let line = example.split(" > ").next().unwrap().split(" < ").next().unwrap();
                let words = line.split_whitespace();
                let parsed = Arguments::command().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{example}: {}", parsed.err().unwrap());
                assert!(line.contains(path), "{example} shows {path}");
            }
        });
    }

    #[test]
    fn the_help_of_every_command_renders_in_both_languages() {
        for language in [Language::English, Language::Chinese] {
            let mut command = localized(Arguments::command(), language);
            command.build();
            walk(&command, "", &mut |command, path| {
                let help = command.clone().render_help().to_string();
                let usage = if language == Language::Chinese { "用法：" } else { "Usage: " };
                assert!(help.contains(usage), "{path}: {help}");
            });
        }
    }
}
