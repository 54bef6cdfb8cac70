//! Evidence (证据包): plainly named parts that prove, offline, who said what and when.
//!
//! | part | content |
//! |---|---|
//! | `page.html` | what is proved, in Chinese and English; follows from the other parts |
//! | `manifest.sha256` | the hash of every other part, for `sha256sum --check` |
//! | `network/anchor.cbor` | network, authority, root keys |
//! | `network/authority-key-N.cose` | the authority's keys, signed by a root key |
//! | `network/roster-N.cose`, `.tlog-proof` | a roster, and that its hash is in the authority's log |
//! | `statements/NN-KIND-CENTER.cose` | a signed statement |
//! | `statements/….blinding`, `.tlog-proof` | opens its leaf in an audit log, and proves that leaf |
//! | `leaves/CENTER-LOG-INDEX.digest`, `.tlog-proof` | a digest, and that it is in a public log |
//! | `leaves/….record`, `.blinding` | the record that the digest commits to, where it is shown |
//!
//! Statements are COSE_Sign1, proofs are C2SP `tlog-proof`, digests and records are CBOR: each part
//! can be checked with tools that nobody here wrote.
//!
//! **Promises.** [`verify`] needs the parts alone; whatever it reports follows from the root keys. A
//! part that is missing, changed, or proves nothing fails, and is named.
//! **Left to others.** Collecting: `engine::evidence`. The ZIP around the parts: the shell.

use std::collections::BTreeMap;

use crate::answer::access::Access;
use crate::answer::proof::Proven;
use crate::center::CenterCode;
use crate::cose::Verified;
use crate::digest::Digest;
use crate::id::{KeyId, PayloadHash, RosterHash};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::roster::chain::TrustAnchor;
use crate::roster::enrolment::Fingerprint;
use crate::statement::StatementKind;
use crate::time::Timestamp;

pub(crate) mod accesses;
pub(crate) mod leaves;
mod manifest;
pub mod names;
mod page;
mod statements;
mod trust;

use names::PartName;
pub use page::PageLanguage;

/// The parts of an evidence file, by name.
pub type Parts = BTreeMap<String, Vec<u8>>;

/// How much a verifier asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// The signatures alone; when something was said is its sender's word.
    Signed,
    /// Every statement, leaf and roster under a checkpoint that its log has signed.
    Logged,
    /// Under a checkpoint that a quorum of witnesses has cosigned, too.
    Witnessed,
}

/// What an evidence file proves.
#[derive(Clone, Debug)]
pub struct Report {
    /// The network and its root keys, as the file has them.
    pub anchor: TrustAnchor,
    /// What two persons may compare, when the root keys were not given by the verifier.
    pub fingerprint: Fingerprint,
    /// Whether the verifier knew the root keys.
    pub anchor_is_known: bool,
    /// What members are called, by the newest roster of the file.
    pub members: BTreeMap<CenterCode, String>,
    /// The rosters, by ascending version.
    pub rosters: Vec<ProvenRoster>,
    /// The statements, in the order of their names.
    pub statements: Vec<ProvenStatement>,
    /// The digests, in the order of their names.
    pub leaves: Vec<ProvenLeaf>,
    /// The questions that access lists name, in the order of the answers.
    pub accesses: Vec<ProvenAccess>,
}

/// A roster that is signed by a key that a root key has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenRoster {
    /// Its version.
    pub version: u64,
    /// Its hash.
    pub hash: RosterHash,
    /// When the authority signed it, by its word.
    pub issued: Timestamp,
    /// The key that signed it.
    pub key: KeyId,
    /// How far its leaf in the authority's log is proved.
    pub proof: Standing,
}

/// How far a leaf is proved, and since when it was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Under which kind of checkpoint.
    pub proven: Proven,
    /// By when a quorum of witnesses had cosigned.
    pub witnessed_at: Option<Timestamp>,
    /// The witnesses that had.
    pub witnesses: Vec<CenterCode>,
}

impl Standing {
    /// Signed by its sender, and nothing more.
    pub const AWAITED: Self =
        Self { proven: Proven::Awaited, witnessed_at: None, witnesses: Vec::new() };
}

/// A statement with its signature, key and place in an audit log checked.
#[derive(Clone, Debug)]
pub struct ProvenStatement {
    /// The name of its part.
    pub part: String,
    /// What kind.
    pub kind: StatementKind,
    /// Who says it.
    pub from: CenterCode,
    /// To whom.
    pub to: Option<CenterCode>,
    /// When, by its sender's word.
    pub issued_at: Timestamp,
    /// The hash that names it.
    pub hash: PayloadHash,
    /// The roster version by whose keys it is verified.
    pub roster: u64,
    /// How far its leaf is proved.
    pub proof: Standing,
    /// Whose audit log holds it.
    pub audited_by: Option<CenterCode>,
    /// The statement.
    pub verified: Verified,
}

/// A digest with its place in a public log checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenLeaf {
    /// The name of its part.
    pub part: String,
    /// Which log.
    pub log: LogId,
    /// Which leaf.
    pub index: LeafIndex,
    /// What it says.
    pub digest: Digest,
    /// How far it is proved.
    pub proof: Standing,
    /// Where the record stands that it commits to: a statement, or a part of its own.
    pub opened_by: Option<String>,
}

/// A question that somebody asked about the person of an access list, as a center lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenAccess {
    /// The name of the answer's part.
    pub part: String,
    /// Which audit log.
    pub log: LogId,
    /// Which leaf of it.
    pub index: LeafIndex,
    /// What the center says of the question.
    pub access: Access,
    /// How far the leaf is proved. One that no checkpoint covered when the list was signed stays
    /// awaited: it is the center's word, and the page says so.
    pub proof: Standing,
    /// Whether the question is shown, with its asker's signature verified.
    pub is_shown: bool,
}

/// Why an evidence file does not prove what it claims.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {reason}")]
pub struct EvidenceFault {
    /// The part that fails.
    pub part: String,
    /// Why.
    pub reason: FaultReason,
}

/// Why a part fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultReason {
    /// It is not there.
    #[error("the part is missing")]
    Missing,
    /// Its name is none of an evidence file, or it belongs to nothing.
    #[error("the part belongs to nothing in the file")]
    Stray,
    /// Its bytes are not of its kind.
    #[error("the part is not what its name says")]
    Form,
    /// The file is larger than any that is made.
    #[error("the part is too large")]
    TooLarge,
    /// The root keys are other ones than the verifier's.
    #[error("the root keys are not those of the network that the verifier knows")]
    Anchor,
    /// The chain from the root keys to the roster does not hold.
    #[error("the chain from the root keys to the roster does not hold")]
    Chain,
    /// The signature does not verify by a key that the roster listed at that time.
    #[error("the signature does not verify by a key that the roster listed at that time")]
    Signature,
    /// Signed by a member whose keys were revoked as compromised, before any witness had seen it:
    /// neither true nor false.
    #[error("unproven: the signer's keys were compromised, and no witness had seen it before")]
    Unproven,
    /// The proof does not hold.
    #[error("the proof does not hold: the entry is not in the log under its checkpoint")]
    Inclusion,
    /// The blinding does not open the leaf.
    #[error("the blinding does not open the leaf to the part")]
    Opening,
    /// The proof is weaker than the verifier asks for.
    #[error("the part is not proved as far as was asked for")]
    TooWeak,
    /// An answer without its question, or a statement of another transfer than the others.
    #[error("the statement that it answers or belongs to is not in the file")]
    Context,
    /// The places of the statements have a gap.
    #[error("the place in the name is not the next one: a part is missing, doubled or renamed")]
    Numbering,
    /// The same statement stands in the file twice.
    #[error("the same statement stands in the file twice")]
    Doubled,
    /// The page says something else than what is proved.
    #[error("the page does not say what the parts prove")]
    Page,
    /// The manifest names other parts or other bytes.
    #[error(
        "the manifest does not name this part with these bytes, or names one that is not there"
    )]
    Manifest,
}

impl FaultReason {
    /// The stable code, by which other verifiers know it, too.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "MISSING",
            Self::Stray => "STRAY",
            Self::Form => "FORM",
            Self::TooLarge => "TOO_LARGE",
            Self::Anchor => "ANCHOR",
            Self::Chain => "CHAIN",
            Self::Signature => "SIGNATURE",
            Self::Unproven => "UNPROVEN",
            Self::Inclusion => "INCLUSION",
            Self::Opening => "OPENING",
            Self::TooWeak => "TOO_WEAK",
            Self::Context => "CONTEXT",
            Self::Numbering => "NUMBERING",
            Self::Doubled => "DOUBLED",
            Self::Page => "PAGE",
            Self::Manifest => "MANIFEST",
        }
    }

    /// The reason in Chinese.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Missing => "缺少该部分",
            Self::Stray => "该部分不属于本文件",
            Self::Form => "该部分的内容与其名称不符",
            Self::TooLarge => "该部分过大",
            Self::Anchor => "根密钥不是验证者所知网络的根密钥",
            Self::Chain => "从根密钥到成员名册的链条不成立",
            Self::Signature => "签名不能由当时名册所列的密钥验证",
            Self::Unproven => "无法证明：签署方的密钥已泄露，且此前没有见证",
            Self::Inclusion => "证明不成立：该项不在检查点所示的日志中",
            Self::Opening => "盲化值不能将承诺打开为该部分",
            Self::TooWeak => "该部分的证明程度低于要求",
            Self::Context => "它所答复或所属的报文不在文件中",
            Self::Numbering => "名称中的序号不连续：有部分缺失、重复或改名",
            Self::Doubled => "同一报文在文件中出现两次",
            Self::Page => "说明页与各部分所证明的不一致",
            Self::Manifest => "清单与各部分不一致",
        }
    }
}

/// Parts of one file, at most: a dossier of all centers with every leaf stays below.
pub const PARTS_MAX: usize = 10_000;
/// Bytes of one part, at most: a roster is the largest.
pub const PART_BYTES_MAX: usize = 1024 * 1024;

/// Verifies an evidence file.
///
/// `known` are the root keys that the verifier trusts; without them the report says which keys the
/// file brings, and the verifier compares their fingerprint.
///
/// # Errors
/// The first part that fails.
pub fn verify(
    parts: &Parts,
    known: Option<&TrustAnchor>,
    demand: Demand,
) -> Result<Report, EvidenceFault> {
    let report = examine(parts, known, demand)?;
    let page = parts.get(names::PAGE).ok_or_else(|| fault(names::PAGE, FaultReason::Missing))?;
    if *page != page::html(&report).into_bytes() {
        return Err(fault(names::PAGE, FaultReason::Page));
    }
    manifest::check(parts)?;
    Ok(report)
}

/// Adds the page and the manifest to the other parts.
///
/// # Errors
/// The first part that fails; by signatures alone, because proofs may still be awaited.
pub fn complete(mut parts: Parts) -> Result<Parts, EvidenceFault> {
    let report = examine(&parts, None, Demand::Signed)?;
    parts.insert(names::PAGE.to_owned(), page::html(&report).into_bytes());
    let manifest = manifest::write(&parts);
    parts.insert(names::MANIFEST.to_owned(), manifest.into_bytes());
    Ok(parts)
}

/// What the page says, as plain text in one language.
#[must_use]
pub fn page_text(report: &Report, language: PageLanguage) -> String {
    page::text(report, language)
}

fn examine(
    parts: &Parts,
    known: Option<&TrustAnchor>,
    demand: Demand,
) -> Result<Report, EvidenceFault> {
    if parts.len() > PARTS_MAX {
        return Err(fault(names::PAGE, FaultReason::TooLarge));
    }
    for (name, bytes) in parts {
        PartName::parse(name).ok_or_else(|| fault(name, FaultReason::Stray))?;
        if bytes.len() > PART_BYTES_MAX {
            return Err(fault(name, FaultReason::TooLarge));
        }
    }
    let trust = trust::Trust::establish(parts, known)?;
    let rosters = trust.prove_rosters(parts, demand)?;
    let statements = statements::prove(parts, &trust, demand)?;
    let leaves = leaves::prove(parts, &trust, demand)?;
    let leaves = leaves::open(parts, &statements, leaves)?;
    if statements.is_empty() && leaves.is_empty() {
        return Err(fault("statements/", FaultReason::Missing));
    }
    let accesses = accesses::prove(&statements, &trust)?;
    Ok(Report {
        anchor: trust.anchor.clone(),
        fingerprint: trust.fingerprint,
        anchor_is_known: known.is_some(),
        members: trust.member_names(),
        rosters,
        statements,
        leaves,
        accesses,
    })
}

fn fault(part: &str, reason: FaultReason) -> EvidenceFault {
    EvidenceFault { part: part.to_owned(), reason }
}

/// Holds a proof against what the verifier asks for.
fn demanded(part: &str, standing: Standing, demand: Demand) -> Result<Standing, EvidenceFault> {
    let enough = match demand {
        Demand::Signed => true,
        Demand::Logged => standing.proven >= Proven::Logged,
        Demand::Witnessed => standing.proven >= Proven::Witnessed,
    };
    if enough { Ok(standing) } else { Err(fault(part, FaultReason::TooWeak)) }
}
