//! Every byte of a small store is changed, one at a time: each change is noticed, or harmless, and none is
//! served as truth.
//!
//! **Promises.** A store is judged by what a node would do with it: open it, read all of it. Only where
//! neither notices anything and what is read is not what was written, the check of the whole store
//! decides; if that is silent too, the change was served as truth.
//! **Left to others.** Processes: the `flip` program, whose children may die of what they open.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fundlink_node::store::OpenError;
use fundlink_node::store::sled::SledStore;
use fundlink_protocol::engine::store_check::{self, Expected};
use fundlink_protocol::store::{Batch, Entry, Staged, Store as _};

use crate::simulator::{self, Options};

/// What became of a changed byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The store does not open.
    Refused,
    /// A row that is read says that it is damaged.
    Read,
    /// The check of the whole store finds it.
    Checked,
    /// What is read is what was written.
    Harmless,
    /// Something else is read than was written, and nothing says so.
    Served,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Refused, Self::Read, Self::Checked, Self::Harmless, Self::Served];

    /// One letter for it.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Refused => 'o',
            Self::Read => 'r',
            Self::Checked => 'c',
            Self::Harmless => 'h',
            Self::Served => 'S',
        }
    }
}

/// A store of a center after a few transfers, and what it holds.
#[derive(Debug)]
pub struct Specimen {
    folder: PathBuf,
    expected: Expected,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    files: Vec<(PathBuf, u64)>,
}

/// Rows of one commit while the store is written.
const ROWS_A_COMMIT: usize = 12;
/// The run of the simulator whose rows it holds.
const SEED: u64 = 7;

impl Specimen {
    /// Writes the store into a folder, commit by commit, unless it is there.
    ///
    /// # Errors
    /// When it cannot be written or read.
    pub fn at(folder: &Path) -> anyhow::Result<Self> {
        let without = simulator::Fault::ALL.iter().copied().collect();
        let options = Options { without, ..Options::new(2, 2) };
        let (expected, rows) = simulator::rows_of_a_center(SEED, &options)?;
        if !folder.join("store").is_dir() {
            write(folder, &rows)?;
        }
        let files = files(folder, folder)?;
        Ok(Self { folder: folder.to_owned(), expected, rows: rows.into_iter().collect(), files })
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, size)| size).sum()
    }

    /// Rows that it holds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Changes one byte, counted over all files, in a copy, and judges the copy.
    ///
    /// # Errors
    /// When the copy cannot be made.
    pub fn judge(&self, scratch: &Path, place: u64, mask: u8) -> anyhow::Result<Verdict> {
        let copy = scratch.join("copy");
        if copy.is_dir() {
            fs::remove_dir_all(&copy)?;
        }
        let mut before = 0;
        for (file, size) in &self.files {
            let target = copy.join(file);
            fs::create_dir_all(target.parent().unwrap_or(&copy))?;
            let mut bytes = fs::read(self.folder.join(file))?;
            let here = place.checked_sub(before).filter(|at| at < size);
            let here = here.and_then(|at| usize::try_from(at).ok());
            if let Some(byte) = here.and_then(|at| bytes.get_mut(at)) {
                *byte ^= mask;
            }
            fs::write(&target, bytes)?;
            before += size;
        }
        fs::create_dir_all(copy.join("store/blobs"))?;
        self.judge_copy(&copy)
    }

    fn judge_copy(&self, copy: &Path) -> anyhow::Result<Verdict> {
        let store = match SledStore::open(copy) {
            Ok(store) => store,
            Err(OpenError::Store(_)) => return Ok(Verdict::Refused),
            Err(error) => return Err(error.into()),
        };
        let Ok(rows) = store.range(&[], &[0xff], usize::MAX) else { return Ok(Verdict::Read) };
        let by_key = self
            .rows
            .keys()
            .all(|key| store.get(key).ok().flatten().as_ref() == self.rows.get(key));
        if by_key && rows.into_iter().collect::<BTreeMap<_, _>>() == self.rows {
            return Ok(Verdict::Harmless);
        }
        let report = store_check::check(&Staged::new(&store), &self.expected);
        let is_found = report.is_err() || report.is_ok_and(|report| !report.is_clean());
        Ok(if is_found { Verdict::Checked } else { Verdict::Served })
    }
}

fn write(folder: &Path, rows: &[Entry]) -> anyhow::Result<()> {
    // Over a restart, so that pages, summary and the rest of the log each hold a part of it.
    for half in rows.chunks(rows.len().div_ceil(2).max(1)) {
        let mut store = SledStore::open(folder)?;
        for portion in half.chunks(ROWS_A_COMMIT) {
            let writes = portion.iter().map(|(key, value)| (key.clone(), Some(value.clone())));
            store.commit(Batch { writes: writes.collect() })?;
        }
    }
    Ok(())
}

/// The files below a folder, by their paths in it, with their sizes; the lock is no part of the store.
fn files(root: &Path, folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(root, &path)?);
        } else if path.file_name() != Some("lock".as_ref()) {
            let size = fs::metadata(&path)?.len();
            found.push((path.strip_prefix(root).unwrap_or(&path).to_owned(), size));
        }
    }
    found.sort();
    Ok(found)
}
