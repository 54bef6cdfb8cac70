//! A round: what handlers read, and what they stage.
//!
//! **Promises.** A handler cannot send: it stages statements, digests and outputs, and the engine
//! releases them after the commit. Every statement that is staged becomes a leaf of the audit log.
//! **Left to others.** What to say: the handlers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Settings;
use super::input::RequestId;
use super::output::{CommandRefusal, Event, Output, PeerReply};
use super::{audit, outbox, publication, rosters};
use crate::cbor;
use crate::center::CenterCode;
use crate::cose::{Unsigned, purpose_of};
use crate::digest::Digest;
use crate::entropy::Entropy;
use crate::id::{PayloadHash, QueryId};
use crate::key::{KeyError, KeyPurpose, Keyring, PublicKey, Signature, SigningRequest};
use crate::limits::CLOCK_SKEW_MS;
use crate::log_trust::LogTrust;
use crate::refusal::Refusal;
use crate::roster::{MemberStatus, Roster};
use crate::statement::{Payload, Statement, StatementKind};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::subject::Tagger;
use crate::time::Timestamp;
use crate::wire::QueryReply;

/// What the handlers of one round work with.
pub struct Round<'a> {
    /// The time of the round.
    pub now: Timestamp,
    /// The store, with this round's writes on top.
    pub view: &'a mut dyn View,
    /// Random bytes.
    pub entropy: Entropy,
    /// Computes tags.
    pub tagger: &'a mut dyn Tagger,
    /// The roster in force; a newer one that comes in replaces it for the inputs after it.
    pub roster: Arc<Roster>,
    /// What the node was told when it started.
    pub settings: Arc<Settings>,
    keys: BTreeMap<KeyPurpose, PublicKey>,
    pub(super) leaves: publication::PendingLeaves,
    unsigned: Vec<(ToSign, Route)>,
    said_before: Vec<(CenterCode, PayloadHash, Vec<u8>)>,
    outputs: Vec<Output>,
}

/// What a round begins with.
pub(super) struct RoundStart<'a> {
    pub(super) now: Timestamp,
    pub(super) seed: &'a [u8; 32],
    pub(super) settings: Arc<Settings>,
    pub(super) roster: Arc<Roster>,
    pub(super) keys: BTreeMap<KeyPurpose, PublicKey>,
    pub(super) tagger: &'a mut dyn Tagger,
}

/// The public keys that the node signs with.
pub(super) fn own_keys(keyring: &dyn Keyring) -> BTreeMap<KeyPurpose, PublicKey> {
    let purposes = [
        KeyPurpose::Statement,
        KeyPurpose::Log,
        KeyPurpose::Witness,
        KeyPurpose::Sealing,
        KeyPurpose::Roster,
    ];
    let held = purposes.into_iter();
    held.filter_map(|purpose| keyring.public(purpose).map(|key| (purpose, key))).collect()
}

impl core::fmt::Debug for Round<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Round").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Where a statement goes once it is signed.
#[derive(Clone, Debug)]
pub enum Route {
    /// To a member, through the outbox, until it has it.
    Outbox(CenterCode),
    /// Back on the query protocol; stored, so that a repeat gets the same bytes.
    Answer(RequestId, PayloadHash),
    /// To a member, on the query protocol, once.
    Ask(CenterCode, QueryId),
    /// To all, by gossip.
    Publish,
    /// Kept by its version and in force from this round on: a roster.
    Roster(u64),
    /// Stored only.
    Keep,
}

/// What the signing keys are asked for.
#[derive(Clone, Debug)]
enum ToSign {
    Statement { kind: StatementKind, unsigned: Unsigned },
    Note { purpose: KeyPurpose, message: Vec<u8>, note: publication::NoteToSign },
}

impl<'a> Round<'a> {
    pub(super) fn new(start: RoundStart<'a>, view: &'a mut dyn View) -> Self {
        Self {
            now: start.now,
            view,
            entropy: Entropy::new(start.seed),
            tagger: start.tagger,
            roster: start.roster,
            settings: start.settings,
            keys: start.keys,
            leaves: publication::PendingLeaves::default(),
            unsigned: Vec::new(),
            said_before: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// This member.
    #[must_use]
    pub fn center(&self) -> CenterCode {
        self.settings.center
    }

    /// The public key that this node signs with, for a purpose.
    #[must_use]
    pub fn own_key(&self, purpose: KeyPurpose) -> Option<PublicKey> {
        self.keys.get(&purpose).copied()
    }

    /// Stages a statement. Returns the hash that names it; the bytes exist after signing.
    pub fn say<P: Payload>(&mut self, payload: &P, route: Route) -> PayloadHash {
        let purpose = purpose_of(P::KIND);
        // A node without the key fails at signing, before anything is written.
        let key_id = self.own_key(purpose).map_or(crate::id::KeyId::new([0; 16]), |key| key.id());
        let unsigned = Unsigned::new(P::KIND, key_id, cbor::encode(payload));
        let hash = unsigned.hash();
        self.unsigned.push((ToSign::Statement { kind: P::KIND, unsigned }, route));
        hash
    }

    /// Stages a payload that was said before, to be signed by the key that is current now.
    pub(super) fn say_again(&mut self, kind: StatementKind, payload: Vec<u8>, route: Route) {
        let key =
            self.own_key(purpose_of(kind)).map_or(crate::id::KeyId::new([0; 16]), |key| key.id());
        let unsigned = Unsigned::new(kind, key, payload);
        self.unsigned.push((ToSign::Statement { kind, unsigned }, route));
    }

    /// Stages a statement that was signed and sent before this store lost it: it is kept and sent as it
    /// is, and nothing is signed. A receiver that has it says so.
    pub(super) fn said_before(&mut self, to: CenterCode, hash: PayloadHash, bytes: Vec<u8>) {
        self.said_before.push((to, hash, bytes));
    }

    /// Whether the member's outbox takes another statement.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_room_for(&self, to: CenterCode) -> Result<bool, StoreError> {
        Ok(!outbox::is_full(self.view, to)?)
    }

    /// Whether a member may say this here, and now: as itself, to this center, not ahead of the clock.
    /// A suspended member finishes what it began; what it may not begin, the handlers know.
    ///
    /// # Errors
    /// The refusal of the first check that fails.
    pub fn admit(&self, from: CenterCode, statement: &Statement) -> Result<(), Refusal> {
        if statement.from() != from {
            return Err(Refusal::Peer);
        }
        match self.roster.member(from).map(|member| member.status) {
            None | Some(MemberStatus::Revoked) => return Err(Refusal::NotMember),
            Some(MemberStatus::Active | MemberStatus::Suspended) => {}
        }
        if statement.to() != Some(self.center()) {
            return Err(Refusal::Addressee);
        }
        if statement.issued_at().ms_since(self.now) > CLOCK_SKEW_MS {
            return Err(Refusal::Future);
        }
        Ok(())
    }

    /// Stages a text to be signed by the log or the witness key: a checkpoint or a cosignature.
    pub fn sign_note(
        &mut self,
        purpose: KeyPurpose,
        message: Vec<u8>,
        note: publication::NoteToSign,
    ) {
        self.unsigned.push((ToSign::Note { purpose, message, note }, Route::Keep));
    }

    /// Stages a digest as a leaf of the own public log; gives the index of the leaf.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn publish(&mut self, digest: &Digest) -> Result<u64, StoreError> {
        publication::publish(self, digest)
    }

    /// What the roster in force trusts for logs, as of this round.
    #[must_use]
    pub fn log_trust(&self) -> LogTrust {
        LogTrust::new(Arc::clone(&self.roster), self.settings.network.clone(), self.now)
    }

    /// Stages an output; it leaves after the commit.
    pub fn output(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// Stages the reply to a peer's request.
    pub fn respond(&mut self, request: RequestId, reply: PeerReply) {
        self.outputs.push(Output::Respond { request, reply });
    }

    /// Stages something that watchers, metrics and the log may show.
    pub fn event(&mut self, event: Event) {
        self.outputs.push(Output::Event(event));
    }

    /// The complete bytes of a statement, sent or received, if it is here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn statement(&self, hash: PayloadHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.view.get(&key(Area::Statement, &[hash.as_bytes()]))
    }

    /// Keeps the complete bytes of a statement that came in, and adds it to the audit log.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn keep_received(
        &mut self,
        hash: PayloadHash,
        kind: StatementKind,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let place = key(Area::Statement, &[hash.as_bytes()]);
        if self.view.get(&place)?.is_none() {
            self.view.put(place, bytes.to_vec());
            if kind.is_audited() {
                audit::audit(self, hash, bytes)?;
            }
        }
        Ok(())
    }

    /// Has everything signed and stages what follows from the signatures.
    pub(super) fn sign(&mut self, keyring: &mut dyn Keyring) -> Result<(), super::EngineError> {
        for (to, hash, bytes) in core::mem::take(&mut self.said_before) {
            self.view.put(key(Area::Statement, &[hash.as_bytes()]), bytes.clone());
            audit::audit(self, hash, &bytes)?;
            outbox::stage(self, to, hash, &bytes)?;
        }
        let unsigned = core::mem::take(&mut self.unsigned);
        if unsigned.is_empty() {
            return Ok(());
        }
        let network = self.settings.network.as_str();
        let requests: Vec<SigningRequest> = unsigned
            .iter()
            .map(|(to_sign, _)| match to_sign {
                ToSign::Statement { kind, unsigned } => SigningRequest {
                    purpose: purpose_of(*kind),
                    message: unsigned.signing_bytes(network),
                },
                ToSign::Note { purpose, message, .. } => {
                    SigningRequest { purpose: *purpose, message: message.clone() }
                }
            })
            .collect();
        let signatures = keyring.sign(&requests)?;
        if signatures.len() != requests.len() {
            return Err(KeyError::Unavailable("another number of signatures".into()).into());
        }
        for ((to_sign, route), signature) in unsigned.into_iter().zip(signatures) {
            match to_sign {
                ToSign::Statement { kind, unsigned } => {
                    self.stage_signed(kind, &unsigned, &signature, route)?;
                }
                ToSign::Note { note, .. } => publication::note_signed(self, note, &signature)?,
            }
        }
        Ok(())
    }

    fn stage_signed(
        &mut self,
        kind: StatementKind,
        unsigned: &Unsigned,
        signature: &Signature,
        route: Route,
    ) -> Result<(), StoreError> {
        let bytes = unsigned.assemble(signature);
        let hash = unsigned.hash();
        if kind.is_audited() {
            audit::audit(self, hash, &bytes)?;
        }
        if !matches!(kind, StatementKind::Heartbeat | StatementKind::Roster) {
            self.view.put(key(Area::Statement, &[hash.as_bytes()]), bytes.clone());
        }
        match route {
            Route::Outbox(to) => outbox::stage(self, to, hash, &bytes)?,
            Route::Answer(request, question) => {
                self.view.put(key(Area::Reply, &[question.as_bytes()]), hash.as_bytes().to_vec());
                self.respond(request, PeerReply::Query(QueryReply::Answer(bytes.into())));
            }
            Route::Ask(to, query) => self.output(Output::Ask { to, query, statement: bytes }),
            Route::Publish => self.output(Output::Publish { statement: bytes }),
            Route::Roster(version) => rosters::stage_signed(self, version, &bytes),
            Route::Keep => {}
        }
        Ok(())
    }

    pub(super) fn into_outputs(self) -> Vec<Output> {
        self.outputs
    }
}

/// Ends a handler early: a refusal changes nothing, a store error stops the node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The input is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A command is refused, and there is more to say than the code.
    #[error("{}", .0.refusal)]
    Explained(CommandRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Stop {
    /// A refusal with a sentence that says what exactly was wrong; never personal data.
    #[must_use]
    pub fn explained(refusal: Refusal, why: &str) -> Self {
        Self::Explained(CommandRefusal { refusal, detail: Some(why.to_owned()) })
    }
}
