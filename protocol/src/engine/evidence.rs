//! Collecting evidence from what a node holds: statements, proofs, rosters, keys.
//!
//! **Promises.** What is collected verifies, as far as witnesses have come by then; nothing of it is
//! signed anew.
//! **Left to others.** Verifying: `crate::evidence`. The ZIP around the parts: the shell.

use std::collections::{BTreeMap, BTreeSet};

use super::certificates::{CertificateState, lending};
use super::publishing::{self, Published};
use super::records;
use super::registrations::{self, RecordOpening};
use super::round::{Round, Stop};
use super::transfer_command::TransferName;
use super::{certificates, dossiers, proving, roster_leaves, rosters, tag_index, tags, transfers};
use crate::account::AccountNumber;
use crate::cbor;
use crate::certificate::CertificateNumber;
use crate::commitment::{CommitmentDomain, commit};
use crate::cose::{Received, payload_hash};
use crate::dossier::{Dossier, RowState};
use crate::evidence::accesses::entries;
use crate::evidence::leaves::named_in;
use crate::evidence::names::{self, beside};
use crate::evidence::{Parts, complete};
use crate::id::{DossierId, PayloadHash, RosterHash};
use crate::loan::LoanContract;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::policy::Policy;
use crate::log::tlog_proof::TlogProof;
use crate::log::tree::LeafIndex;
use crate::record_seal::{RecordSeed, SealedLoan};
use crate::refusal::Refusal;
use crate::roster::Roster;
use crate::statement::membership::AuthorityKey;
use crate::statement::query::Answer;
use crate::statement::{Statement, StatementKind};
use crate::store::StoreError;
use crate::store::keys::{Area, key};
use crate::subject::Reference;
use crate::time::Timestamp;

/// What is to be proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvidenceWish {
    /// Every question and answer of a dossier.
    Dossier(DossierId),
    /// One statement; an answer comes with its question.
    Statement(PayloadHash),
    /// Every statement of a transfer, and the digests of both sides.
    Transfer(TransferName),
    /// An account of this center, as it was last published.
    Account(AccountNumber),
    /// A loan of this center, as it was last published.
    Loan(LoanContract),
    /// A certificate that this center has issued, with its receipt; or one that it was issued as the
    /// lender, with what was said about it.
    Certificate(CertificateNumber),
}

/// Collects the parts.
pub(super) fn collect(round: &mut Round<'_>, wish: &EvidenceWish) -> Result<Parts, Stop> {
    let mut collection = Collection::default();
    match wish {
        EvidenceWish::Dossier(id) => {
            let dossier = dossiers::dossier(round.view, *id)?.ok_or(Refusal::NotFound)?;
            for hash in statements_of(&dossier) {
                collection.add_statement(round, hash)?;
            }
        }
        EvidenceWish::Transfer(name) => collection.add_transfer(round, *name)?,
        EvidenceWish::Statement(hash) => collection.add_statement(round, *hash)?,
        EvidenceWish::Account(number) => collection.add_account(round, number)?,
        EvidenceWish::Loan(contract) => collection.add_loan(round, contract)?,
        EvidenceWish::Certificate(number) => collection.add_certificate(round, *number)?,
    }
    collection.finish(round)
}

/// Questions and answers, in the order of the rows.
fn statements_of(dossier: &Dossier) -> Vec<PayloadHash> {
    let mut hashes = Vec::new();
    for row in &dossier.rows {
        hashes.extend(row.question);
        if let RowState::Answered(answered) = &row.state {
            hashes.push(answered.answer);
        }
    }
    hashes
}

/// Parts on their way into a file.
#[derive(Default)]
pub(super) struct Collection {
    parts: Parts,
    statements: BTreeSet<PayloadHash>,
    /// Times by whose rosters something is verified.
    times: BTreeSet<Timestamp>,
}

impl Collection {
    /// Adds a statement with its audit proof, what it answers, and the leaves that it names.
    pub(super) fn add_statement(
        &mut self,
        round: &Round<'_>,
        hash: PayloadHash,
    ) -> Result<(), Stop> {
        if self.statements.contains(&hash) {
            return Ok(());
        }
        let bytes = round.statement(hash)?.ok_or(Refusal::NotFound)?;
        let received = Received::parse(bytes.clone()).map_err(|_| Refusal::NotFound)?;
        let statement = Statement::decode(received.kind(), received.payload())?;
        if let Statement::Answer(answer) = &statement {
            self.add_statement(round, answer.question)?;
        }
        let place = self.statements.len().saturating_add(1);
        self.statements.insert(hash);
        let name = names::statement(place, statement.kind(), statement.from());
        self.times.insert(statement.issued_at());
        if let Some((proof, blinding)) = proving::prove_statement(round, hash)? {
            self.note_time(&proof);
            self.parts.insert(beside(&name, "blinding"), blinding.as_bytes().to_vec());
            self.parts.insert(beside(&name, "tlog-proof"), proof.proof.encode());
        }
        self.parts.insert(name, bytes);
        if let Statement::Answer(answer) = &statement {
            self.note_accesses(round, answer)?;
        }
        for named in named_in(&statement) {
            let log = LogId::public(named.center, named.leaf.log);
            self.add_leaf(round, (log, named.leaf.index), &named.leaf.entry)?;
        }
        Ok(())
    }

    /// Adds a digest with its proof, by our copy of the log.
    pub(super) fn add_leaf(
        &mut self,
        round: &Round<'_>,
        (log, index): (LogId, LeafIndex),
        entry: &[u8],
    ) -> Result<String, StoreError> {
        let name = names::digest(log, index);
        let proof = proving::prove(round, log, index)?.filter(|proof| proof.entry == entry);
        if let Some(proof) = proof {
            self.note_time(&proof);
            self.parts.insert(beside(&name, "tlog-proof"), proof.proof.encode());
        }
        self.parts.insert(name.clone(), entry.to_vec());
        Ok(name)
    }

    fn add_transfer(&mut self, round: &mut Round<'_>, name: TransferName) -> Result<(), Stop> {
        let transfer = match name {
            TransferName::Id(transfer) => Some(transfer),
            TransferName::Number(number) => {
                transfers::find_number(round.view, number)?.map(|(transfer, _)| transfer)
            }
        };
        let transfer = transfer.ok_or(Refusal::NotFound)?;
        let registered = registrations::load(round.view, transfer)?;
        if registered.is_none() {
            let (_, case) = transfers::find(round.view, transfer)?.ok_or(Refusal::NotFound)?;
            for hash in &case.thread.statements {
                self.add_statement(round, *hash)?;
            }
        }
        let openings = registered.map(|registered| registered.openings).unwrap_or_default();
        let tag = tags::reference(round, Reference::Transfer(transfer))?;
        let live = tag_index::by_reference(round.view, tag, TRANSFER_DIGESTS_MAX)?;
        if live.is_empty() && !openings.is_empty() {
            let why = "nothing of this transfer is in a log under a reference that others know";
            return Err(Stop::explained(Refusal::Pending, why));
        }
        for indexed in live {
            let entry = cbor::encode(&indexed.digest);
            let name = self.add_leaf(round, (indexed.log, indexed.leaf), &entry)?;
            let opens = |opening: &&RecordOpening| {
                let record = CommitmentDomain::Record;
                commit(record, &opening.blinding, &opening.record) == indexed.digest.commitment
            };
            // A registered transfer has a record of its own at each side; ours is shown.
            if let Some(opening) = openings.iter().find(opens) {
                self.parts.insert(beside(&name, "record"), opening.record.to_vec());
                let blinding = opening.blinding.as_bytes().to_vec();
                self.parts.insert(beside(&name, "blinding"), blinding);
            }
        }
        Ok(())
    }

    fn add_account(&mut self, round: &Round<'_>, number: &AccountNumber) -> Result<(), Stop> {
        let (account, _) = records::account(round.view, number)?.ok_or(Refusal::NotFound)?;
        let published = publishing::published_account(round.view, &account)?;
        let published = published.ok_or(Refusal::Pending)?;
        self.add_record(round, &published, &cbor::encode(&account.sealed()))
    }

    fn add_loan(&mut self, round: &Round<'_>, contract: &LoanContract) -> Result<(), Stop> {
        let loan = records::loan(round.view, contract)?.ok_or(Refusal::NotFound)?;
        let published = publishing::published_loan(round.view, &loan)?.ok_or(Refusal::Pending)?;
        let sealed = SealedLoan::of(&loan, &published.seed);
        self.add_record(round, &published, &cbor::encode(&sealed))
    }

    fn add_certificate(
        &mut self,
        round: &Round<'_>,
        number: CertificateNumber,
    ) -> Result<(), Stop> {
        if number.issuer == round.center() {
            let stored = certificates::certificate(round.view, number)?.ok_or(Refusal::NotFound)?;
            if let CertificateState::Used(used) = &stored.state {
                self.add_statement(round, used.receipt)?;
            }
            return self.add_record(round, &stored.published, &cbor::encode(&stored.certificate));
        }
        let held = lending::held(round.view, number)?.ok_or(Refusal::NotFound)?;
        let said = [
            Some(held.answer),
            held.receipt.map(|receipt| receipt.statement),
            held.release.map(|release| release.statement),
            held.revoked.map(|revocation| revocation.statement),
        ];
        said.into_iter().flatten().try_for_each(|hash| self.add_statement(round, hash))
    }

    /// Adds an own record with what opens the commitment of its leaf.
    fn add_record(
        &mut self,
        round: &Round<'_>,
        published: &Published,
        record: &[u8],
    ) -> Result<(), Stop> {
        let log = LogId::public(round.center(), published.log);
        let place = (log, LeafIndex::new(published.leaf));
        let name = self.add_leaf(round, place, &published.entry)?;
        let blinding = RecordSeed::record_blinding(&published.seed);
        self.parts.insert(beside(&name, "record"), record.to_vec());
        self.parts.insert(beside(&name, "blinding"), blinding.as_bytes().to_vec());
        Ok(())
    }

    /// The entries of an access list bring their own proofs; what is needed are the rosters of their
    /// times.
    fn note_accesses(&mut self, round: &Round<'_>, answer: &Answer) -> Result<(), Stop> {
        let question = round.statement(answer.question)?.ok_or(Refusal::NotFound)?;
        let question = Received::parse(question)?.read_again()?;
        let Statement::Query(query) = question else { return Ok(()) };
        let trust = round.log_trust();
        for (_, entry) in entries(answer, &query.subjects) {
            self.times.insert(entry.access.at);
            let proof = entry.proof.as_ref().and_then(|proof| TlogProof::parse(proof).ok());
            let policy = trust.policy(LogId::audit(answer.from, entry.log));
            if let (Some(proof), Some(policy)) = (proof, policy) {
                self.note_cosigned(&policy, &proof.note);
            }
        }
        Ok(())
    }

    fn note_time(&mut self, proof: &proving::LeafProof) {
        self.note_cosigned(&proof.policy, &proof.proof.note);
    }

    fn note_cosigned(&mut self, policy: &Policy, note: &SignedNote) {
        let Ok(accepted) = policy.check(note) else { return };
        let seconds = accepted.cosigned.iter().map(|(_, time)| time.seconds()).max();
        let ms = seconds.and_then(|seconds| i64::try_from(seconds).ok()?.checked_mul(1_000));
        self.times.extend(ms.map(Timestamp::from_ms));
    }

    /// Adds the chain from the root keys to the rosters that were in force, and the page.
    pub(super) fn finish(mut self, round: &Round<'_>) -> Result<Parts, Stop> {
        let file = rosters::join_file(round.view, &round.roster)?;
        let file = file.ok_or_else(|| Stop::explained(Refusal::NotFound, NO_ANCHOR))?;
        self.parts.insert(names::ANCHOR.to_owned(), cbor::encode(&file.anchor));
        for statement in &file.authority_keys {
            let received = Received::parse(statement.to_vec())?;
            let key: AuthorityKey =
                cbor::decode(received.payload()).map_err(|_| Stop::from(Refusal::Malformed))?;
            self.parts.insert(names::authority_key(key.number), statement.to_vec());
        }
        // Witnesses' times are known once the rosters' own leaves are.
        let mut kept = BTreeMap::new();
        let current = round.roster.version;
        for version in (1..=current).rev() {
            let Some((bytes, roster)) = kept_roster(round, version)? else { break };
            let issued = roster.issued;
            let needed =
                version == current || self.times.iter().any(|time| *time < next_issued(&kept));
            if !needed {
                break;
            }
            self.add_roster(round, &roster, bytes)?;
            kept.insert(version, issued);
        }
        complete(self.parts).map_err(|fault| {
            Stop::explained(Refusal::Proof, &format!("what is held does not verify: {fault}"))
        })
    }

    fn add_roster(
        &mut self,
        round: &Round<'_>,
        roster: &Roster,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        let name = names::roster(roster.version);
        let hash = RosterHash::new(*payload_hash(&cbor::encode(roster)).as_bytes());
        if let Some(place) = roster_leaves::leaf_of(round.view, hash)?
            && let Some(proof) = proving::prove(round, place.log, place.leaf)?
        {
            self.note_time(&proof);
            self.parts.insert(beside(&name, "tlog-proof"), proof.proof.encode());
        }
        self.parts.insert(name, bytes);
        Ok(())
    }
}

/// Digests of one transfer that are read: both sides have one that counts.
const TRANSFER_DIGESTS_MAX: usize = 64;

const NO_ANCHOR: &str = "this node was not given a join file, so it holds no root keys to show";

/// When the oldest roster that was taken so far was issued.
fn next_issued(kept: &BTreeMap<u64, Timestamp>) -> Timestamp {
    kept.values().next().copied().unwrap_or(Timestamp::from_ms(i64::MAX))
}

/// The signed bytes of a roster version, as far as they are kept.
fn kept_roster(round: &Round<'_>, version: u64) -> Result<Option<(Vec<u8>, Roster)>, StoreError> {
    let bytes = round.view.get(&key(Area::Roster, &[&version.to_be_bytes()]))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let received = Received::parse(bytes.clone()).ok();
    let roster = received
        .filter(|received| received.kind() == StatementKind::Roster)
        .and_then(|received| cbor::decode::<Roster>(received.payload()).ok());
    Ok(roster.map(|roster| (bytes, roster)))
}

#[cfg(test)]
pub(crate) mod tests;
