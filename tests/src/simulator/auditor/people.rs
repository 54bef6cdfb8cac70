//! Who may learn of whom: the two centers between which a person moves.
//!
//! **Promises.** A document number or an account number leaves a center only in a statement between
//! the two centers of that person, whatever else the statement is and whoever is addressed.
//! **Left to others.** Packets that are no statements, and the authority: `releases`.

use std::cell::OnceCell;

use aho_corasick::AhoCorasick;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::output::Output;

use super::{Broken, require};

/// The people of a run.
#[derive(Debug, Default)]
pub(super) struct People {
    secrets: Vec<String>,
    /// The centers of the person of each secret.
    centers: Vec<[CenterCode; 2]>,
    /// Finds the secrets, once all are known.
    finder: OnceCell<Option<AhoCorasick>>,
}

impl People {
    /// A person moves between two centers.
    pub(super) fn know(&mut self, secrets: [String; 3], centers: [CenterCode; 2]) {
        for secret in secrets {
            self.secrets.push(secret);
            self.centers.push(centers);
        }
        self.finder = OnceCell::new();
    }

    /// Before an output leaves.
    pub(super) fn check(&self, center: CenterCode, output: &Output) -> Result<(), Broken> {
        let (Output::Deliver { to, statement, .. } | Output::Ask { to, statement, .. }) = output
        else {
            return Ok(());
        };
        let finder = self.finder.get_or_init(|| AhoCorasick::new(&self.secrets).ok());
        let Some(finder) = finder else {
            return Err(Broken::new("nobody can be looked for".to_owned()));
        };
        for found in finder.find_iter(statement) {
            let centers = self.centers.get(found.pattern().as_usize());
            let may_know = centers
                .is_some_and(|centers| [center, *to].iter().all(|who| centers.contains(who)));
            require(may_know, || {
                format!("{center} tells {to} of a person that does not move between the two")
            })?;
        }
        Ok(())
    }
}
