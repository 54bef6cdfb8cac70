//! A member that has real keys and a place in the roster, and says what it likes.
//!
//! **Promises.** What it signs is signed by the member's own key; what is wrong about a statement is
//! what the test made wrong, and nothing else.
//! **Left to others.** Bytes that are no statement at all: `hostile`.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]

use fundlink_node::keyfile;
use fundlink_node::keyfile::keys::KeySet;
use fundlink_node::keyfile::passphrase::PassphraseSource;
use fundlink_node::network::Address;
use fundlink_protocol::account::SerialNumber;
use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose;
use fundlink_protocol::document::{DocumentNumber, DocumentType};
use fundlink_protocol::engine::synchronization::{SyncReply, SyncRequest};
use fundlink_protocol::id::{FileHash, KeyId, OperatorMark, QueryId, TreeHash};
use fundlink_protocol::key::{KeyPurpose, Keyring as _, MemoryKeyring, SigningRequest};
use fundlink_protocol::log::checkpoint::Checkpoint;
use fundlink_protocol::log::note::SignedNote;
use fundlink_protocol::log::origin::{LogId, NetworkName};
use fundlink_protocol::log::tree::TreeSize;
use fundlink_protocol::log_trust::log_key;
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::record::Person;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::statement::query::{Answer, AnswerBody, Consent, Query};
use fundlink_protocol::statement::{Payload, StatementKind};
use fundlink_protocol::time::Timestamp;
use fundlink_protocol::wire::{DeliveryReply, QueryReply};
use minicbor::Encoder;
use minicbor::data::Tag;

use crate::dump::Saver;
use crate::hostile::{HostileConnection, HostilePeer, frame};
use crate::member::Member;
use crate::province::NETWORK;

/// A member's keys in the wrong hands.
#[derive(Debug)]
pub struct Rogue {
    /// Whose keys they are.
    pub center: CenterCode,
    /// Its peer key.
    pub peer: HostilePeer,
    keyring: MemoryKeyring,
    network: String,
}

/// What came back for a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A signed answer, as its bytes.
    Answer(Vec<u8>),
    /// A refusal, signed or not.
    Refused(Refusal),
    /// The peer finds us too fast.
    Throttled,
    /// The peer has too much of ours open.
    Busy,
    /// The bytes were no frame.
    NoFrame,
    /// A statement of a transfer was taken, now or before.
    Taken,
}

/// The parts of a COSE_Sign1, each as the caller wants it.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The algorithm of the protected header.
    pub algorithm: i64,
    /// Its content type.
    pub content_type: String,
    /// Its key id.
    pub key: KeyId,
    /// The network whose name is signed along.
    pub network: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// The bytes of the unprotected header: an empty map, if all is well.
    pub unprotected: Vec<u8>,
    /// The protected header, if it shall be other bytes than those that follow from the fields.
    pub protected: Option<Vec<u8>>,
}

impl Rogue {
    /// Takes the keys of a member, the newest of each purpose.
    ///
    /// # Panics
    /// When its key file cannot be read.
    #[must_use]
    pub fn of(member: &Member) -> Self {
        Self::with(member, |keys, purpose| *keys.newest(purpose).expect("a key").expose())
    }

    /// Takes the keys of a member, the oldest of each purpose.
    ///
    /// # Panics
    /// When its key file cannot be read.
    #[must_use]
    pub fn of_old_keys(member: &Member) -> Self {
        Self::with(member, |keys, purpose| *keys.of(purpose).next().expect("a key").expose())
    }

    fn with(member: &Member, seed: impl Fn(&KeySet, KeyPurpose) -> [u8; 32]) -> Self {
        let keys = keyfile::read(&member.home.join("keys"), &PassphraseSource::Nowhere);
        let keys = keys.expect("a key file without a passphrase");
        let peer = HostilePeer::new(seed(&keys, KeyPurpose::Peer)).expect("a key");
        let signing = [KeyPurpose::Statement, KeyPurpose::Log];
        let keyring = MemoryKeyring::new(signing.map(|purpose| (purpose, seed(&keys, purpose))));
        Self { center: keys.center, peer, keyring, network: NETWORK.to_owned() }
    }

    /// Exchanges the statement key for one that no roster lists.
    pub fn forget_keys(&mut self) {
        self.keyring = MemoryKeyring::new([(KeyPurpose::Statement, [99; 32])]);
    }

    /// Dials a member's node.
    ///
    /// # Panics
    /// When it does not listen, or does not shake hands.
    pub async fn connect(&self, to: &Member) -> HostileConnection {
        self.peer.connect(address(to)).await.expect("a member may connect")
    }

    /// A checkpoint of another face of the own public log: as large as the true one, with a root
    /// that it never had.
    ///
    /// # Panics
    /// When there is no log key.
    #[must_use]
    pub fn other_face(&self, number: u32, size: u64) -> SignedNote {
        let network = NetworkName::parse(&self.network).expect("a name");
        let log = LogId::public(self.center, number);
        let public = self.keyring.public(KeyPurpose::Log).expect("a log key");
        let key = log_key(&network, log, &public).expect("a key of a log");
        let checkpoint = Checkpoint {
            origin: log.origin(&network),
            size: TreeSize::new(size).expect("a size"),
            root: TreeHash::new([0x77; 32]),
        };
        let message = checkpoint.text().into_bytes();
        let request = SigningRequest { purpose: KeyPurpose::Log, message };
        let signature = self.keyring.sign_one(&request).expect("a log key");
        checkpoint.signed(&key, signature.0).expect("it verifies")
    }

    /// A question that nothing is wrong with, about one person.
    ///
    /// # Panics
    /// When the person has no valid number.
    #[must_use]
    pub fn question(&self, to: CenterCode, id: u8, now: Timestamp, about: &Saver) -> Query {
        let today = now.date().expect("a day of the calendar");
        let document = DocumentNumber::parse(DocumentType::ResidentId, about.document, today);
        let serial = |text| SerialNumber::parse(text).expect("a serial");
        Query {
            from: self.center,
            to,
            issued_at: now,
            id: QueryId::new([id; 32]),
            expires: now.plus_ms(120_000),
            kind: QueryKind::Account,
            purpose: Purpose::LoanApplication,
            subjects: vec![Person {
                name: PersonName::parse(about.name).expect("a name"),
                document: document.expect("a resident number"),
            }],
            transfer: None,
            operator: OperatorMark::new([2; 16]),
            consent: Some(Consent { reference: serial("SQ-1"), digest: FileHash::new([3; 32]) }),
            serial: serial("DK-1"),
            before: None,
            property: None,
        }
    }

    /// The parts of a statement that nothing is wrong with.
    ///
    /// # Panics
    /// When there is no statement key.
    #[must_use]
    pub fn parts<P: Payload>(&self, payload: &P) -> Parts {
        let key = self.keyring.public(KeyPurpose::Statement).expect("a statement key");
        Parts {
            algorithm: -8,
            content_type: P::KIND.content_type(),
            key: key.id(),
            network: self.network.clone(),
            payload: cbor::encode(payload),
            unprotected: vec![0xa0],
            protected: None,
        }
    }

    /// Signs and puts together.
    ///
    /// # Panics
    /// When there is no statement key.
    #[must_use]
    pub fn seal(&mut self, parts: &Parts) -> Vec<u8> {
        let protected = parts.protected.clone().unwrap_or_else(|| protected(parts));
        let message = written(|encoder| {
            encoder.array(4)?.str("Signature1")?.bytes(&protected)?;
            encoder.bytes(&cose::external_data(&parts.network))?.bytes(&parts.payload)?.ok()
        });
        let request = SigningRequest { purpose: KeyPurpose::Statement, message };
        let signature = self.keyring.sign_one(&request).expect("a statement key");
        let begin = written(|encoder| encoder.tag(Tag::new(18))?.array(4)?.bytes(&protected)?.ok());
        let end = written(|encoder| encoder.bytes(&parts.payload)?.bytes(&signature.0)?.ok());
        [begin, parts.unprotected.clone(), end].concat()
    }

    /// A statement that nothing is wrong with but what it says.
    ///
    /// # Panics
    /// When there is no statement key.
    #[must_use]
    pub fn sign<P: Payload>(&mut self, payload: &P) -> Vec<u8> {
        self.seal(&self.parts(payload))
    }
}

/// Where a member's node listens.
///
/// # Panics
/// Never for a port.
#[must_use]
pub fn address(of: &Member) -> Address {
    Address::new(std::net::SocketAddr::from(([127, 0, 0, 1], of.peer_port())))
}

/// Brings a statement on the query protocol and hears what comes back.
///
/// # Panics
/// When the connection breaks, or what comes back is not of the protocol.
pub async fn ask(connection: &HostileConnection, statement: &[u8]) -> Heard {
    let heard = connection.say("/fundlink/query/1", &frame(statement)).await;
    match opened(&heard.expect("an answer")) {
        Ok(reply) => match cbor::decode::<QueryReply>(&reply).expect("a reply of the protocol") {
            QueryReply::Refused(refusal) => Heard::Refused(refusal),
            QueryReply::Answer(bytes) => signed_answer(bytes.into()),
        },
        Err(status) => status,
    }
}

/// Brings a statement on the transfer protocol and hears what comes back.
///
/// # Panics
/// As [`ask`].
pub async fn deliver(connection: &HostileConnection, statement: &[u8]) -> Heard {
    let heard = connection.say("/fundlink/transfer/1", &frame(statement)).await;
    match opened(&heard.expect("an answer")) {
        Ok(reply) => {
            match cbor::decode::<DeliveryReply>(&reply).expect("a reply of the protocol") {
                DeliveryReply::Refused(refusal) | DeliveryReply::Later(refusal) => {
                    Heard::Refused(refusal)
                }
                DeliveryReply::Committed(_) | DeliveryReply::Pending(_) => Heard::Taken,
            }
        }
        Err(status) => status,
    }
}

/// Brings a request on the sync protocol and hears what comes back.
///
/// # Panics
/// When the connection breaks, or what comes back is not of the protocol.
pub async fn sync(connection: &HostileConnection, request: &SyncRequest) -> SyncReply {
    let heard = connection.say("/fundlink/sync/1", &frame(&cbor::encode(request))).await;
    let reply = opened(&heard.expect("an answer")).expect("a frame");
    cbor::decode(&reply).expect("a reply of the protocol")
}

/// The frame behind the first byte of a response, or what that byte says in its place.
fn opened(heard: &[u8]) -> Result<Vec<u8>, Heard> {
    match heard {
        [0, length @ ..] if length.len() >= 4 => Ok(length[4..].to_vec()),
        [1] => Err(Heard::Throttled),
        [2] => Err(Heard::Busy),
        [3] => Err(Heard::NoFrame),
        other => panic!("the node said {other:02x?}"),
    }
}

fn signed_answer(bytes: Vec<u8>) -> Heard {
    let received = cose::Received::parse(bytes.clone()).expect("a statement");
    assert_eq!(received.kind(), StatementKind::Answer);
    let answer: Answer = cbor::decode(received.payload()).expect("an answer");
    match answer.body {
        AnswerBody::Refused(refusal) => Heard::Refused(refusal),
        AnswerBody::Given(_) => Heard::Answer(bytes),
    }
}

fn protected(parts: &Parts) -> Vec<u8> {
    written(|encoder| {
        encoder.map(3)?.u8(1)?.i64(parts.algorithm)?;
        encoder.u8(3)?.str(&parts.content_type)?;
        encoder.u8(4)?.bytes(parts.key.as_bytes())?.ok()
    })
}

type WriteResult = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

/// What a caller writes, as CBOR.
///
/// # Panics
/// Never: memory takes everything.
pub fn written(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> WriteResult) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes)).expect("memory takes everything");
    bytes
}
