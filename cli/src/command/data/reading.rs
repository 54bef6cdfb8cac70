//! Reading the files of a dump for a command: options, mapping, progress.

use std::fs;
use std::path::Path;

use fundlink_node::config::Config;
use fundlink_node::import::mapping::{Mapping, MappingError};
use fundlink_node::import::{
    self, ImportError, ImportFaults, ImportFiles, ImportOptions, ImportSet, Progress, Share,
    TextEncoding,
};
use fundlink_protocol::deposit_history::ContinuityRules;
use fundlink_protocol::interest::DayBasis;

use super::{Encoding, FilesArguments};
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::progress;

/// What else a command wants of a reading.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    /// How many rows may be held back.
    pub(super) quarantine: Option<Share>,
    /// Whether faults are told by branch.
    pub(super) by_branch: bool,
}

/// What came of reading.
pub(super) struct Reading {
    /// The records, or the rules that were broken.
    pub(super) found: Result<ImportSet, Box<ImportFaults>>,
    /// What the center calls its files.
    pub(super) mapping: Mapping,
}

/// Faults that a list by branch can have.
const LISTED_MAX: usize = 100_000;

/// Reads and checks the files, with a progress bar; broken rules are a result, too.
pub(super) fn read(
    arguments: &FilesArguments,
    wanted: Wanted,
    config: &Path,
    output: &Output,
) -> Result<Reading, Failure> {
    let language = output.language;
    let mut options = options(arguments, config, language)?;
    options.quarantine = wanted.quarantine;
    options.by_branch = wanted.by_branch;
    if wanted.by_branch {
        options.faults_max = options.faults_max.max(LISTED_MAX);
    }
    let mapping = options.mapping.clone();
    let found = with_files(&arguments.folder, &mapping, output, |files, progress| {
        import::check(files, &options, progress)
    });
    match found {
        Ok(set) => Ok(Reading { found: Ok(set), mapping }),
        Err(ImportError::Faults(faults)) => Ok(Reading { found: Err(faults), mapping }),
        Err(error) => Err(Failure::usage(in_words(&error, language))),
    }
}

/// Does something with the files of a folder under a progress bar.
pub(super) fn with_files<T>(
    folder: &Path,
    mapping: &Mapping,
    output: &Output,
    act: impl FnOnce(Files, &mut dyn FnMut(Progress)) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let files = ImportFiles::open(folder, mapping)?;
    let bar = progress::bar(output, files.bytes);
    let (mut file, mut before) = (None, 0);
    let done = act(files, &mut |progress: Progress| {
        if file != Some(progress.file) {
            file = Some(progress.file);
            before = 0;
            bar.set_message(mapping.name_of(progress.file));
        }
        bar.inc(progress.bytes.saturating_sub(before));
        before = progress.bytes;
    });
    bar.finish_and_clear();
    done
}

type Files = ImportFiles<std::io::BufReader<fs::File>>;

/// How the files are read.
pub(super) fn options(
    arguments: &FilesArguments,
    config: &Path,
    language: Language,
) -> Result<ImportOptions, Failure> {
    let config = &Config::read(config)?;
    let today = config.now().date().ok_or_else(|| Failure::usage(language.clock_out_of_range()))?;
    let policy = &config.policy;
    let mut options = ImportOptions::new(config.center, arguments.as_of.unwrap_or(today));
    options.as_of_is_given = arguments.as_of.is_some();
    if let Some(path) = &arguments.mapping {
        let mapping = read_mapping(path, language)?;
        options.mapping =
            mapping.for_center(config.center).map_err(|error| refused(&error, language))?;
    }
    options.continuity = ContinuityRules {
        late_grace_months: policy.late_grace_months,
        gap_tolerance: policy.gap_tolerance,
    };
    options.interest.day_basis = match policy.day_basis {
        365 => DayBasis::Days365,
        _ => DayBasis::Days360,
    };
    options.faults_max = arguments.faults;
    options.encoding = arguments.encoding.into();
    Ok(options)
}

impl From<Encoding> for TextEncoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Auto => Self::Auto,
            Encoding::Utf8 => Self::Utf8,
            Encoding::Gb18030 => Self::Gb18030,
        }
    }
}

fn read_mapping(path: &Path, language: Language) -> Result<Mapping, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::usage(language.cannot_read(path.display(), error)))?;
    Mapping::parse(&text).map_err(|error| refused(&error, language))
}

/// A mapping that cannot be used is refused like a file that breaks a rule.
fn refused(error: &MappingError, language: Language) -> Failure {
    let message = language.mapping_refused(error);
    Failure { exit: Exit::Refused, code: Some("MAPPING".to_owned()), message }
}

/// Why files could not be read.
pub(super) fn in_words(error: &ImportError, language: Language) -> String {
    match error {
        ImportError::Missing(name) => language.import_file_missing(name),
        ImportError::Io { file, error } => language.cannot_read(file.file_name(), error),
        ImportError::Faults(faults) => language.nothing_imported(faults.total),
    }
}
