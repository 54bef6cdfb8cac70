//! The transparency log of a center, in the formats of C2SP: nothing of Fundlink but its names.
//!
//! A center has a public log (leaves are digests, 数字摘要) and a private audit log (审计日志: leaves
//! are blinded commitments to statements). Both are this code. The tree is RFC 6962 with SHA-256
//! over the entry bytes, so that tools that nobody here wrote can check it.
//!
//! | file | format |
//! |---|---|
//! | [`tree`], [`proof`] | RFC 6962 §2.1: hashes, inclusion and consistency proofs |
//! | [`tile`], [`entry_bundle`], [`append`] | `c2sp.org/tlog-tiles`: the only form of a stored log |
//! | [`note`] | `c2sp.org/signed-note`: signed text and verifier keys |
//! | [`checkpoint`] | `c2sp.org/tlog-checkpoint` |
//! | [`cosignature`] | `c2sp.org/tlog-cosignature`, the Ed25519 kind |
//! | [`add_checkpoint`] | `c2sp.org/tlog-witness`: body, answers and the rule of a witness |
//! | [`policy`] | `c2sp.org/tlog-policy` |
//! | [`tlog_proof`] | `c2sp.org/tlog-proof`: one entry, provable offline |
//! | [`equivocation`] | our own: two checkpoints that no append-only log can have signed |
//!
//! **Promises.** Everything here is a pure function of its arguments; input from outside is
//! refused, never trusted, and never makes it panic.
//! **Left to others.** Where tiles lie (a [`tile::TileReader`] is handed in), who may sign
//! (`roster`), and making signatures: these files give the bytes to sign and take the signature.

pub mod add_checkpoint;
pub mod append;
pub mod checkpoint;
pub mod cosignature;
pub mod entry_bundle;
pub mod equivocation;
pub mod note;
pub mod origin;
pub mod policy;
pub mod proof;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
