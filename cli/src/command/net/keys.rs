//! `fundlink net rotate`: a new key beside the old one.
//!
//! **Promises.** The new key is in the key file before anybody is asked to list it; the old one
//! stays there, for it runs on for 30 days.
//! **Left to others.** Listing it: the authority. Signing with it: the node, as soon as it is listed.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fundlink_node::control::api::net::{ChangeKey, Sent};
use fundlink_node::keyfile;
use fundlink_protocol::cbor;
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::roster::enrolment;

use super::setup::{self, Member};
use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Arguments of `fundlink net rotate`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct RotateArguments {
    /// What the new key is for
    #[arg(value_enum)]
    purpose: Purpose,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Purpose {
    /// Identity of the peer
    Peer,
    /// Statements
    Statement,
    /// Checkpoints of the own logs
    Log,
    /// Cosignatures over the logs of others
    Witness,
    /// What is sealed to this member
    Sealing,
}

impl From<Purpose> for KeyPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Peer => Self::Peer,
            Purpose::Statement => Self::Statement,
            Purpose::Log => Self::Log,
            Purpose::Witness => Self::Witness,
            Purpose::Sealing => Self::Sealing,
        }
    }
}

/// Makes a key and asks for it to be listed.
///
/// # Errors
/// When the node does not run, or the key file cannot be written.
pub(super) fn rotate(
    arguments: &RotateArguments,
    config: &Path,
    output: &Output,
) -> Result<Exit, Failure> {
    let language = output.language;
    let purpose = arguments.purpose.into();
    let node = Node::of(config, language)?;
    let mut member = Member::open(config)?;
    member.keys.add(purpose, member.config.now())?;
    let network = &member.config.network;
    let mut keyring = setup::keyring(&member.keys);
    let offered = enrolment::offer_key(network, member.config.center, purpose, &mut keyring);
    let offered = offered.map_err(Failure::usage)?;
    keyfile::replace(&member.config.keys, &member.keys, &member.protection)?;
    let wanted = ChangeKey { key: STANDARD.encode(cbor::encode(&offered)) };
    let sent: Sent = node.post("/v1/net/keys", &wanted)?;
    output.line(match arguments.purpose {
        // Connections are made with the identity that the node started with.
        Purpose::Peer => language.peer_rotation_asked(offered.public.id()),
        Purpose::Statement | Purpose::Log | Purpose::Witness | Purpose::Sealing => {
            language.rotation_asked(offered.public.id())
        }
    });
    output.value(&sent);
    Ok(Exit::Done)
}
