//! What a log is called, and which log of Fundlink a name means.
//!
//! **Promises.** An [`Origin`] fits on the first line of a checkpoint; a [`LogId`] and its origin
//! are two forms of one thing, and each can be had from the other.
//! **Left to others.** Which numbered log of a center is open: `roster`.

use core::fmt;

use minicbor::{Decode, Encode};

use super::note::KeyName;
use super::tree::parse_decimal;
use crate::center::CenterCode;

/// The name of a network: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkName(String);

/// A text that is not the name of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network name has 1 to 32 characters of a-z, 0-9 and -, such as shanxi")]
pub struct NetworkNameError;

impl NetworkName {
    /// Parses a name.
    ///
    /// # Errors
    /// When the text has another length or another character.
    pub fn parse(text: &str) -> Result<Self, NetworkNameError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=32).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NetworkNameError)
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkName({})", self.0)
    }
}

impl<C> Encode<C> for NetworkName {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for NetworkName {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::parse(decoder.str()?)
            .map_err(|_| minicbor::decode::Error::message("not a network name"))
    }
}

/// Who may read a log's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum LogKind {
    /// Digests: every member reads them. The authority's holds the hashes of rosters.
    #[n(1)]
    Public,
    /// Blinded commitments to statements (审计日志): entries stay with the center.
    #[n(2)]
    Audit,
}

/// Which log: the center's, its number, and which of the two.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct LogId {
    /// Whose log.
    #[n(1)]
    pub center: CenterCode,
    /// Counted from 1; a new one is opened by the roster after a restore or an equivocation.
    #[n(2)]
    pub number: u32,
    /// Public or audit.
    #[n(3)]
    pub kind: LogKind,
}

impl LogId {
    /// A public log.
    #[must_use]
    pub const fn public(center: CenterCode, number: u32) -> Self {
        Self { center, number, kind: LogKind::Public }
    }

    /// An audit log.
    #[must_use]
    pub const fn audit(center: CenterCode, number: u32) -> Self {
        Self { center, number, kind: LogKind::Audit }
    }

    /// The first line of the log's checkpoints, which is also the name of its key.
    #[must_use]
    pub fn origin(self, network: &NetworkName) -> Origin {
        let suffix = match self.kind {
            LogKind::Public => "",
            LogKind::Audit => "/audit",
        };
        Origin(format!("fundlink/{network}/{}/{}{suffix}", self.center, self.number))
    }

    /// Which log of this network an origin names; `None` when it names none.
    #[must_use]
    pub fn parse(network: &NetworkName, origin: &Origin) -> Option<Self> {
        let mut parts = origin.0.split('/');
        if parts.next() != Some("fundlink") || parts.next() != Some(network.as_str()) {
            return None;
        }
        let center = CenterCode::parse(parts.next()?).ok()?;
        let number = parse_decimal(parts.next()?).and_then(|number| u32::try_from(number).ok())?;
        let kind = match parts.next() {
            None => LogKind::Public,
            Some("audit") => LogKind::Audit,
            Some(_) => return None,
        };
        let end = parts.next().is_none() && number > 0;
        end.then_some(Self { center, number, kind })
    }

    /// Nine bytes that order logs by center, number and kind, for store keys.
    #[must_use]
    pub fn to_key(self) -> [u8; 9] {
        let [a, b, c, d] = self.center.to_key();
        let [e, f, g, h] = self.number.to_be_bytes();
        let kind = match self.kind {
            LogKind::Public => 1,
            LogKind::Audit => 2,
        };
        [a, b, c, d, e, f, g, h, kind]
    }

    /// The log that such bytes stand for.
    #[must_use]
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (center, rest) = key.split_first_chunk::<4>()?;
        let (number, kind) = rest.split_first_chunk::<4>()?;
        let kind = match kind {
            [1] => LogKind::Public,
            [2] => LogKind::Audit,
            _ => return None,
        };
        let center = CenterCode::new(u32::from_be_bytes(*center)).ok()?;
        Some(Self { center, number: u32::from_be_bytes(*number), kind })
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = match self.kind {
            LogKind::Public => "",
            LogKind::Audit => "/audit",
        };
        write!(f, "{}/{}{suffix}", self.center, self.number)
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogId({self})")
    }
}

/// The name of the key with which a center witnesses logs.
///
/// # Panics
/// Never: the parts hold only characters that a key name allows.
#[must_use]
pub fn witness_name(network: &NetworkName, center: CenterCode) -> KeyName {
    let name = format!("fundlink/{network}/{center}/witness");
    match KeyName::new(&name) {
        Some(name) => name,
        None => unreachable!("a witness name is a key name"),
    }
}

/// The first line of a checkpoint: which log it is of, in Fundlink or elsewhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// An origin that is fit to be a key name, as the specification recommends.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        KeyName::new(text).map(|name| Self(name.as_str().to_owned()))
    }

    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the key that signs the log's checkpoints.
    ///
    /// # Panics
    /// Never: an origin is a key name.
    #[must_use]
    pub fn key_name(&self) -> KeyName {
        match KeyName::new(&self.0) {
            Some(name) => name,
            None => unreachable!("an origin is a key name"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_and_its_origin_name_each_other() {
        let network = NetworkName::parse("shanxi").unwrap();
        let center = CenterCode::new(140_100).unwrap();
        for (log, origin) in [
            (LogId::public(center, 1), "fundlink/shanxi/140100/1"),
            (LogId::audit(center, 12), "fundlink/shanxi/140100/12/audit"),
        ] {
            assert_eq!(log.origin(&network).as_str(), origin);
            assert_eq!(LogId::parse(&network, &Origin::new(origin).unwrap()), Some(log));
            assert_eq!(format!("fundlink/shanxi/{log}"), origin);
        }
        assert_eq!(witness_name(&network, center).as_str(), "fundlink/shanxi/140100/witness");
    }

    #[test]
    fn an_origin_of_elsewhere_names_no_log() {
        let network = NetworkName::parse("shanxi").unwrap();
        for origin in [
            "fundlink/hebei/140100/1",
            "fundlink/shanxi/140100/0",
            "fundlink/shanxi/140100/01",
            "fundlink/shanxi/140100/4294967296",
            "fundlink/shanxi/140100",
            "fundlink/shanxi/140100/1/",
            "fundlink/shanxi/140100/1/audit/x",
            "fundlink/shanxi/14010/1",
            "example.com/log",
        ] {
            assert_eq!(LogId::parse(&network, &Origin::new(origin).unwrap()), None, "{origin}");
        }
        assert!(Origin::new("two words").is_none());
        assert!(Origin::new("").is_none());
    }

    #[test]
    fn a_network_name_is_short_and_plain() {
        assert!(NetworkName::parse("shanxi-test-2").is_ok());
        for bad in ["", "Shanxi", "shan xi", "shanxi/1", "山西", &"a".repeat(33)] {
            assert_eq!(NetworkName::parse(bad), Err(NetworkNameError), "{bad}");
        }
    }
}
