//! Who may learn of whom: the two centers between which a person moves, and whoever is asked about
//! somebody who stands before a clerk.
//!
//! **Promises.** A document number or an account number leaves a center only in a statement between
//! the two centers of that person, in a question about the person by a center where they have applied
//! (the document alone), or in the answer to it (the account alone where the purpose opens it).
//! **Left to others.** Packets that are no statements, and the authority: `releases`.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::Received;
use fundlink_protocol::engine::output::Output;
use fundlink_protocol::purpose::Purpose;
use fundlink_protocol::statement::StatementKind;
use fundlink_protocol::statement::query::Query;

use super::{Broken, require};

/// The people of a run.
#[derive(Debug, Default)]
pub(super) struct People {
    secrets: Vec<String>,
    /// Whose each secret is, and whether it is the number of an account.
    owners: Vec<(u32, bool)>,
    /// The centers of the person of each secret.
    centers: Vec<[CenterCode; 2]>,
    /// Which centers have asked about whom.
    asked: BTreeSet<(CenterCode, u32)>,
    /// Finds the secrets, once all are known.
    finder: OnceCell<Option<AhoCorasick>>,
}

impl People {
    /// A person moves between two centers: their document first, then the numbers of their accounts.
    pub(super) fn know(&mut self, person: u32, secrets: [String; 3], centers: [CenterCode; 2]) {
        for (place, secret) in secrets.into_iter().enumerate() {
            self.secrets.push(secret);
            self.owners.push((person, place > 0));
            self.centers.push(centers);
        }
        self.finder = OnceCell::new();
    }

    /// A center asks about a person.
    pub(super) fn asks(&mut self, center: CenterCode, person: u32) {
        self.asked.insert((center, person));
    }

    /// Before an output leaves.
    pub(super) fn check(&self, center: CenterCode, output: &Output) -> Result<(), Broken> {
        let (Output::Deliver { to, statement, .. } | Output::Ask { to, statement, .. }) = output
        else {
            return Ok(());
        };
        let found = self.found(statement)?;
        if found.is_empty() {
            return Ok(());
        }
        let kind = Received::parse(statement.clone()).ok().map(|said| said.kind());
        for place in found {
            let Some((person, is_account)) = self.owners.get(place).copied() else { continue };
            let centers = self.centers.get(place);
            let may_know = centers
                .is_some_and(|centers| [center, *to].iter().all(|who| centers.contains(who)));
            let is_asked = kind == Some(StatementKind::Query)
                && !is_account
                && self.asked.contains(&(center, person));
            require(may_know || is_asked, || {
                format!("{center} tells {to} of a person that does not move between the two")
            })?;
        }
        Ok(())
    }

    /// Before an answer to a question leaves.
    pub(super) fn check_answer(
        &self,
        center: CenterCode,
        (query, answer): (&Query, &[u8]),
    ) -> Result<(), Broken> {
        for place in self.found(answer)? {
            let Some((person, is_account)) = self.owners.get(place).copied() else { continue };
            let document = self.document_of(person);
            let mut subjects = query.subjects.iter().map(|subject| subject.document.as_str());
            let is_subject = subjects.any(|subject| Some(subject) == document);
            let opens = matches!(query.purpose, Purpose::Transfer | Purpose::Certificate);
            require(is_subject && (!is_account || opens), || {
                let (from, code) = (query.from, query.purpose.code());
                format!("{center} tells {from} more of a person than {code} opens")
            })?;
        }
        Ok(())
    }

    fn document_of(&self, person: u32) -> Option<&str> {
        let place = self.owners.iter().position(|owner| *owner == (person, false))?;
        self.secrets.get(place).map(String::as_str)
    }

    fn found(&self, bytes: &[u8]) -> Result<Vec<usize>, Broken> {
        let finder = self.finder.get_or_init(|| AhoCorasick::new(&self.secrets).ok());
        let Some(finder) = finder else {
            return Err(Broken::new("nobody can be looked for".to_owned()));
        };
        Ok(finder.find_iter(bytes).map(|found| found.pattern().as_usize()).collect())
    }
}
