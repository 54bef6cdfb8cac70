//! `fundlink access`: who asked about a person, here and in every city (个人查询记录).
//!
//! **Promises.** Whoever may have been asked has a row: a list, or the reason why there is none. A
//! question that two centers list is shown once. The exit code says whether everybody answered and
//! every proof holds.
//! **Left to others.** Who may be told: the centers that are asked. Proofs as a file: `evidence`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fundlink_node::control::api::Status;
use fundlink_node::control::api::accesses::{Access, AccessList, Operator};
use fundlink_node::control::api::dossiers::{Ask, Consent, Dossier, Row, SubjectOutcome};
use fundlink_protocol::limits::ACCESSES_LISTED_MAX;
use fundlink_protocol::purpose::{Purpose, QueryKind};
use serde::Serialize;

use super::ask::{exit_of, wait_for};
use crate::client::Node;
use crate::consent;
use crate::exit::{Exit, Failure};
use crate::operator::OperatorArgument;
use crate::output::Output;
use crate::subject::{Subject, SubjectArgument, Wanted};

mod show;

/// Arguments of `fundlink access`.
#[derive(Debug, clap::Args)]
pub(crate) struct AccessArguments {
    /// Only what this center's own audit log holds
    #[arg(long)]
    here: bool,
    /// Entries of each center at most, the newest first
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=ACCESSES_LISTED_MAX as i64))]
    limit: u32,
    /// The serial of the person's request at this center
    #[arg(long, value_name = "SERIAL")]
    serial: String,
    /// The number of the person's signed request at this center
    #[arg(long, value_name = "NUMBER")]
    consent: String,
    /// The signed request: its text or scan, of which only the hash leaves this machine
    #[arg(long, value_name = "FILE")]
    consent_file: PathBuf,
    #[command(flatten)]
    operator: OperatorArgument,
    #[command(flatten)]
    subject: SubjectArgument,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Found {
    /// Every question once, the newest first.
    entries: Vec<Entry>,
    /// Every center that may have been asked.
    centers: Vec<Center>,
    /// What `fundlink evidence export --dossier` proves the entries with.
    dossiers: Vec<String>,
}

/// A question, with who lists it.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    access: Access,
    /// The operator by name, where it is one of this center.
    operator_id: Option<String>,
    /// The centers whose audit logs hold the question, by their own word.
    listed_by: Vec<String>,
    /// How far the leaf is proved: `witnessed`, `logged`, `awaited`, `none`.
    proof: String,
    /// What is wrong with the proof.
    fault: Option<String>,
    /// The dossier whose answer lists it.
    dossier: String,
}

/// A center that may have been asked.
#[derive(Debug, Serialize)]
struct Center {
    center: String,
    /// `answered`, or why not: `unreachable`, `timed-out`, `refused`, `invalid`, `revoked`.
    state: String,
    /// The code of a refusal.
    code: Option<String>,
    /// Entries that it lists here.
    entries: usize,
    /// Whether it has more than were asked for.
    more: bool,
}

/// Asks, page by page, and shows what came back.
///
/// # Errors
/// When the node refuses to ask.
pub(crate) fn run(
    arguments: &AccessArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let node = Node::of(config, output.language)?;
    let subjects = arguments.subject.read(Wanted::Person, output)?;
    let status: Status = node.get("/v1/status")?;
    let mut ask = Ask {
        operator: arguments.operator.operator.clone(),
        to: arguments.here.then(|| status.center.clone()),
        kind: QueryKind::AccessList.name().to_owned(),
        purpose: Purpose::DataSubject.code().to_owned(),
        subjects: subjects.iter().map(Subject::to_api).collect(),
        transfer: None,
        consent: Some(Consent {
            reference: arguments.consent.clone(),
            digest: consent::digest(&arguments.consent_file, output.language)?,
        }),
        serial: arguments.serial.clone(),
        before: None,
        property: None,
        certificates: Vec::new(),
    };
    let operators: Vec<Operator> = node.get("/v1/operators")?;
    let mut collected = Collected::default();
    let mut exits = Vec::new();
    let first = wait_for(&node, &ask)?;
    exits.push(exit(&first));
    let mut more = collected.add(&first);
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    while let Some((center, next)) = more.pop() {
        if collected.count(&center) >= limit {
            continue;
        }
        (ask.to, ask.before) = (Some(center), Some(next));
        let page = wait_for(&node, &ask)?;
        exits.push(exit(&page));
        more.extend(collected.add(&page));
    }
    let found = collected.finish(&status.center, &operators, limit);
    show::show(&found, output);
    output.value(&found);
    // The worst that happened on any page: a proof that fails before a silence before a refusal.
    let worst = [Exit::Unverified, Exit::Partial, Exit::Refused];
    Ok(worst.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Done))
}

/// Whether everybody answered about the person, and every proof holds.
fn exit(dossier: &Dossier) -> Exit {
    let is_refused =
        |row: &Row| row.outcomes.iter().any(|outcome| !matches!(outcome, SubjectOutcome::Found(_)));
    let by_rows = exit_of(dossier);
    let is_partial = dossier.rows.iter().any(is_refused);
    if by_rows == Exit::Done && is_partial { Exit::Refused } else { by_rows }
}

/// Pages on their way into one list.
#[derive(Default)]
struct Collected {
    entries: BTreeMap<String, Entry>,
    centers: BTreeMap<String, Center>,
    dossiers: Vec<String>,
}

impl Collected {
    /// Adds a page of each center; gives where each goes on.
    fn add(&mut self, dossier: &Dossier) -> Vec<(String, String)> {
        let mut more = Vec::new();
        self.dossiers.push(dossier.id.clone());
        for row in &dossier.rows {
            let (state, code) = state(row);
            let center = self.centers.entry(row.center.clone()).or_insert_with(|| Center {
                center: row.center.clone(),
                state: state.clone(),
                code: code.clone(),
                entries: 0,
                more: false,
            });
            (center.state, center.code) = (state, code);
            let list = row.outcomes.iter().find_map(|outcome| match outcome {
                SubjectOutcome::Found(found) => found.accesses.as_ref(),
                SubjectOutcome::NoRecord { .. }
                | SubjectOutcome::Unresolved { .. }
                | SubjectOutcome::Refused { .. } => None,
            });
            let Some(list) = list else { continue };
            center.entries = center.entries.saturating_add(list.entries.len());
            center.more = list.next.is_some();
            more.extend(list.next.clone().map(|next| (row.center.clone(), next)));
            self.add_list(row, list, &dossier.id);
        }
        more
    }

    fn add_list(&mut self, row: &Row, list: &AccessList, dossier: &str) {
        let checks: Vec<_> = row.checks.iter().filter(|check| check.of == "access").collect();
        for (place, access) in list.entries.iter().enumerate() {
            let check = checks.get(place);
            let entry = Entry {
                access: access.clone(),
                operator_id: None,
                listed_by: vec![row.center.clone()],
                proof: check.map_or_else(|| "none".to_owned(), |check| check.proven.clone()),
                fault: check.and_then(|check| check.fault.clone()),
                dossier: dossier.to_owned(),
            };
            let Some(known) = self.entries.get_mut(&access.question) else {
                self.entries.insert(access.question.clone(), entry);
                continue;
            };
            // The center that was asked knows what it said; the one that asked confirms it.
            let listed_by = [known.listed_by.clone(), entry.listed_by.clone()].concat();
            if known.access.outcome == "sent" {
                *known = entry;
            }
            known.listed_by = listed_by;
        }
    }

    fn count(&self, center: &str) -> usize {
        self.centers.get(center).map_or(0, |center| center.entries)
    }

    fn finish(mut self, own: &str, operators: &[Operator], limit: usize) -> Found {
        let mut entries: Vec<Entry> = core::mem::take(&mut self.entries).into_values().collect();
        for entry in &mut entries {
            entry.listed_by.sort();
            entry.listed_by.dedup();
            let known = operators.iter().find(|operator| operator.mark == entry.access.operator);
            if entry.access.by == own {
                entry.operator_id = known.map(|operator| operator.id.clone());
            }
        }
        entries.sort_by(|one, other| other.access.at.cmp(&one.access.at));
        // A page is asked for as a whole; what is over the limit is left out again.
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let centers = &mut self.centers;
        entries.retain(|entry| {
            let Some(center) = entry.listed_by.first() else { return false };
            let count = counts.entry(center.clone()).or_default();
            *count = count.saturating_add(1);
            if *count > limit
                && let Some(center) = centers.get_mut(center)
            {
                center.more = true;
            }
            *count <= limit
        });
        Found { entries, centers: self.centers.into_values().collect(), dossiers: self.dossiers }
    }
}

/// How a center's part came out, and the code of a refusal.
fn state(row: &Row) -> (String, Option<String>) {
    if row.why == "revoked" {
        return ("revoked".to_owned(), None);
    }
    let refused = row.outcomes.iter().find_map(|outcome| match outcome {
        SubjectOutcome::Refused { code } => Some(code.clone()),
        SubjectOutcome::Unresolved { reason } => Some(reason.clone()),
        SubjectOutcome::Found(_) | SubjectOutcome::NoRecord { .. } => None,
    });
    match refused {
        Some(code) => ("refused".to_owned(), Some(code)),
        None => (row.state.clone(), row.code.clone()),
    }
}
