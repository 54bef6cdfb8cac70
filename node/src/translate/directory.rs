//! Who is behind a peer key, and where: the roster in the words of the network.
//!
//! **Promises.** A revoked member is nobody; during a rotation both keys are the member.

use std::collections::BTreeMap;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::roster::{MemberStatus, Roster};
use fundlink_protocol::time::Timestamp;

use crate::network::{Address, MemberTable, PeerKey};

/// The members of one roster, but for this node.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    centers: BTreeMap<PeerKey, CenterCode>,
    peers: BTreeMap<CenterCode, PeerKey>,
    addresses: BTreeMap<CenterCode, Vec<Address>>,
}

impl Directory {
    /// The directory of a roster at a time, for the node of one of its members.
    #[must_use]
    pub fn new(roster: &Roster, own: CenterCode, now: Timestamp) -> Self {
        let mut directory = Self::default();
        for member in &roster.members {
            if member.code == own || member.status == MemberStatus::Revoked {
                continue;
            }
            let keys = member.keys.iter().filter(|key| {
                key.purpose == KeyPurpose::Peer && key.until.is_none_or(|until| now < until)
            });
            for key in keys {
                directory.centers.insert(PeerKey::new(*key.public.as_bytes()), member.code);
            }
            if let Some(key) = member.key(KeyPurpose::Peer, now) {
                directory.peers.insert(member.code, PeerKey::new(*key.public.as_bytes()));
            }
            // An address that this release cannot dial is left to its owner, who dials us.
            let addresses = member.addresses.iter().filter_map(|text| Address::parse(text).ok());
            directory.addresses.insert(member.code, addresses.collect());
        }
        directory
    }

    /// The member behind a peer key.
    #[must_use]
    pub fn center(&self, peer: PeerKey) -> Option<CenterCode> {
        self.centers.get(&peer).copied()
    }

    /// The peer key of a member that is in force.
    #[must_use]
    pub fn peer(&self, center: CenterCode) -> Option<PeerKey> {
        self.peers.get(&center).copied()
    }

    /// Where a member listens.
    #[must_use]
    pub fn addresses(&self, center: CenterCode) -> &[Address] {
        self.addresses.get(&center).map_or(&[], Vec::as_slice)
    }

    /// Who may connect.
    #[must_use]
    pub fn member_table(&self) -> MemberTable {
        let members = self.centers.iter();
        members.map(|(peer, center)| (*peer, self.addresses(*center).to_vec())).collect()
    }
}

#[cfg(test)]
mod tests {
    use fundlink_protocol::center::Role;
    use fundlink_protocol::key::PublicKey;
    use fundlink_protocol::log::origin::NetworkName;
    use fundlink_protocol::roster::{Member, MemberKey, Suite};
    use fundlink_protocol::subject::TagEpoch;

    use super::*;

    fn code(text: &str) -> CenterCode {
        CenterCode::parse(text).unwrap()
    }

    fn member(text: &str, status: MemberStatus, keys: &[(u8, Option<i64>)]) -> Member {
        let key = |(byte, until): &(u8, Option<i64>)| MemberKey {
            purpose: KeyPurpose::Peer,
            public: PublicKey::new([*byte; 32]),
            from: Timestamp::from_ms(i64::from(*byte)),
            until: until.map(Timestamp::from_ms),
        };
        Member {
            code: code(text),
            name: "中心".into(),
            role: Role::Center,
            status,
            admitted_in: 1,
            keys: keys.iter().map(key).collect(),
            addresses: vec!["/ip4/127.0.0.1/tcp/7400".into(), "/dns4/x/tcp/1".into()],
            logs: Vec::new(),
            grants: None,
            revocation: None,
        }
    }

    #[test]
    fn a_rotating_member_has_two_keys_and_a_revoked_one_none() {
        let roster = Roster {
            authority: code("140000"),
            issued: Timestamp::from_ms(0),
            network: NetworkName::parse("test").unwrap(),
            version: 1,
            previous: None,
            renew_by: Timestamp::from_ms(0),
            members: vec![
                member("140100", MemberStatus::Active, &[(1, None)]),
                member(
                    "140200",
                    MemberStatus::Suspended,
                    &[(2, Some(90)), (3, None), (4, Some(50))],
                ),
                member("141000", MemberStatus::Revoked, &[(5, None)]),
            ],
            witnesses: Vec::new(),
            suite: Suite::Ed25519,
            authority_key: 1,
            tag_epoch: TagEpoch(1),
            annexes: Vec::new(),
            lending: None,
        };
        let directory = Directory::new(&roster, code("140100"), Timestamp::from_ms(50));
        let peer = |byte| PeerKey::new([byte; 32]);
        assert_eq!(directory.center(peer(2)), Some(code("140200")));
        assert_eq!(directory.peer(code("140200")), Some(peer(3)));
        assert_eq!(directory.center(peer(1)), None, "this node itself");
        assert_eq!(directory.center(peer(4)), None, "ended");
        assert_eq!(directory.center(peer(5)), None, "revoked");
        let table = directory.member_table();
        assert_eq!(table.iter().count(), 2);
        assert!(table.iter().all(|(_, addresses)| addresses.len() == 1));
    }
}
