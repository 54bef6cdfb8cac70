//! The join file (入网文件): what a new member is handed, and all that it has to trust.
//!
//! It pins the root keys and carries the authority-key statements, the latest roster and its
//! annexes. The roster lists the authority's peer key and addresses, so a node that holds the file
//! can dial. As text it is base64 between two lines, in the manner of RFC 7468.
//!
//! **Promises.** A file that [`JoinFile::open`] accepts verifies from its own root keys down.
//! **Left to others.** That the root keys are the right ones: the file comes over a channel that
//! the receiver trusts, and [`JoinFile::fingerprint`] can be compared.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minicbor::{Decode, Encode};

use super::annex::Annex;
use super::chain::{AuthorityKeys, ChainError, TrustAnchor, VerifiedRoster};
use super::change::{self, ChangeError};
use super::check::RosterError;
use super::enrolment::{self, Applicant, Fingerprint, VerifiedEnrolment};
use crate::cbor;
use crate::center::Role;
use crate::cose;
use crate::id::Bytes;
use crate::key::{KeyError, KeyPurpose, Keyring, PublicKey};
use crate::limits::ANNEX_BYTES_MAX;
use crate::refusal::Refusal;
use crate::statement::membership::AuthorityKey;
use crate::time::Timestamp;

/// What a new member is handed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct JoinFile {
    /// The root keys and what they stand for.
    #[n(1)]
    pub anchor: TrustAnchor,
    /// The authority-key statements, ascending by number.
    #[n(2)]
    pub authority_keys: Vec<Bytes>,
    /// The latest roster.
    #[n(3)]
    pub roster: Bytes,
    /// The annexes that it names.
    #[n(4)]
    pub annexes: Vec<Annex>,
}

/// Why a text is no join file that can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinFileError {
    /// Not between the two lines, not base64, or not the one encoding.
    #[error("the text is not a join file; ask the authority for it again")]
    Form,
    /// It does not verify from its root keys down.
    #[error("the join file does not verify: {0}")]
    Chain(#[from] ChainError),
    /// An annex that the roster names is missing, or there is another one.
    #[error("the annexes of the join file are not those that its roster names")]
    Annexes,
}

const BEGIN: &str = "-----BEGIN FUNDLINK JOIN FILE-----";
const END: &str = "-----END FUNDLINK JOIN FILE-----";
/// Characters of a line, as RFC 7468 has them.
const LINE: usize = 64;

/// A join file that verified.
#[derive(Clone, Debug)]
pub struct OpenedJoinFile {
    /// The authority's keys.
    pub keys: AuthorityKeys,
    /// The latest roster.
    pub roster: VerifiedRoster,
    /// Its annexes.
    pub annexes: Vec<Annex>,
}

impl JoinFile {
    /// Reads the text form; what stands around the two lines is for people and is skipped.
    ///
    /// # Errors
    /// When there is no join file in the text.
    pub fn from_text(text: &str) -> Result<Self, JoinFileError> {
        let (_, rest) = text.split_once(BEGIN).ok_or(JoinFileError::Form)?;
        let (body, _) = rest.split_once(END).ok_or(JoinFileError::Form)?;
        let digits: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let bytes = STANDARD.decode(digits).map_err(|_| JoinFileError::Form)?;
        cbor::decode(&bytes).map_err(|_| JoinFileError::Form)
    }

    /// The text form, with a heading for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Network: {}", self.anchor.network);
        let _ = writeln!(text, "Authority: {}", self.anchor.authority);
        let _ = writeln!(text, "Fingerprint: {}", self.fingerprint());
        let _ = writeln!(text, "{BEGIN}");
        let digits = STANDARD.encode(cbor::encode(self));
        let mut rest = digits.as_str();
        while !rest.is_empty() {
            // Base64 is ASCII, so that a split falls between characters.
            let (line, after) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
            let _ = writeln!(text, "{line}");
            rest = after;
        }
        let _ = writeln!(text, "{END}");
        text
    }

    /// What two persons may compare: it stays the same as long as the pinned keys do.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(blake3::hash(&cbor::encode(&self.anchor)).as_bytes())
    }

    /// Verifies everything from the root keys down.
    ///
    /// # Errors
    /// When a link does not hold, or the annexes are not those of the roster.
    pub fn open(&self) -> Result<OpenedJoinFile, JoinFileError> {
        if !self.anchor.is_well_formed() {
            return Err(JoinFileError::Form);
        }
        let mut keys = AuthorityKeys::new(self.anchor.clone());
        for statement in &self.authority_keys {
            keys.add(statement)?;
        }
        let mut verified = keys.verify_chain(None, &[self.roster.to_vec()])?;
        let roster = verified.pop().ok_or(JoinFileError::Form)?;
        let small = |annex: &Annex| annex.content.len() <= ANNEX_BYTES_MAX;
        if !self.annexes.iter().map(Annex::name).eq(roster.roster().annexes.iter().copied())
            || !self.annexes.iter().all(small)
        {
            return Err(JoinFileError::Annexes);
        }
        Ok(OpenedJoinFile { keys, roster, annexes: self.annexes.clone() })
    }
}

/// Why a network could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// A key is missing or could not be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The name, a text or a key breaks a rule.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The applicant is no authority.
    #[error("a network is made by its authority, with the role of one")]
    Role,
    /// What was made does not verify: a root or roster key is not the one that it should be.
    #[error("the new network does not verify: {0}")]
    Verify(#[from] JoinFileError),
    /// The authority's own enrolment does not verify.
    #[error("the authority's own enrolment does not verify: {0}")]
    Enrolment(#[from] Refusal),
}

/// Makes a network: the root key names the authority's roster key, which signs the first roster,
/// with the authority as its only member.
///
/// `root` holds a key for [`KeyPurpose::Root`], kept apart afterwards; `own` the keys of the
/// authority's node; `successor` the roster key that will follow, if it is made ahead.
///
/// # Errors
/// When a key is missing, or a name breaks a rule.
pub fn create_network(
    authority: &Applicant,
    annexes: Vec<Annex>,
    now: Timestamp,
    (root, own): (&mut dyn Keyring, &mut dyn Keyring),
    successor: Option<PublicKey>,
) -> Result<JoinFile, CreateError> {
    if authority.role != Role::Authority {
        return Err(CreateError::Role);
    }
    let public =
        |keyring: &dyn Keyring, purpose| keyring.public(purpose).ok_or(KeyError::Missing(purpose));
    let root_key = public(root, KeyPurpose::Root)?;
    let current = public(own, KeyPurpose::Roster)?;
    let statement =
        AuthorityKey { from: authority.code, issued_at: now, current, successor, number: 1 };
    let statement = cose::sign(authority.network.as_str(), &statement, root)?;
    let enrolled = enrolment::enrol(authority, authority.code, now, own)?;
    let enrolled = VerifiedEnrolment::parse(&authority.network, enrolled)?;
    let names = annexes.iter().map(Annex::name).collect();
    let roster = change::first(&authority.network, &enrolled, names, now)?;
    let roster = cose::sign(authority.network.as_str(), &roster, own)?;
    let anchor = TrustAnchor {
        network: authority.network.clone(),
        authority: authority.code,
        roots: vec![root_key],
    };
    let file =
        JoinFile { anchor, authority_keys: vec![statement.into()], roster: roster.into(), annexes };
    file.open()?;
    Ok(file)
}

impl From<RosterError> for JoinFileError {
    fn from(error: RosterError) -> Self {
        Self::Chain(error.into())
    }
}
