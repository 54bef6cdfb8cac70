//! The command as a newcomer meets it: a whole network of real processes on loopback.

use std::path::PathBuf;

use fundlink_node::control::api::net::Roster;
use fundlink_testnet::fundlink::{Call, FundlinkError};
use fundlink_testnet::member::{AUTHORITY, LINFEN, TAIYUAN};
use fundlink_testnet::network::{Network, Setup};

#[tokio::test]
async fn four_members_form_a_network_and_see_the_same_roster() {
    let folder = tempfile::tempdir().unwrap();
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_fundlink"));
    let home = folder.path().join("t");
    Network::clear(&home).await.unwrap();
    let setup = Setup { binary, folder: home, cash: Vec::new(), clock_offset_s: 0 };
    let network = Network::start(setup).await.unwrap();
    network.set_auto().await.unwrap();
    let show = Call::new("net show");
    for place in &network.places {
        let roster: Roster = network.fundlink.json(&place.home, &show).await.unwrap();
        assert_eq!(roster.members.len(), 4, "{}", place.identity.english);
    }
    let refused = Call::new("net suspend").with(LINFEN.center);
    let refused = network.fundlink.run(&network.home(TAIYUAN), &refused).await.unwrap_err();
    let FundlinkError::Failed { exit, code, .. } = refused else { panic!("{refused}") };
    assert_eq!((exit, code.as_deref()), (Some(1), Some("NOT_GRANTED")));
    let suspended = Call::new("net suspend").with(LINFEN.center);
    network.fundlink.run(&network.home(AUTHORITY), &suspended).await.unwrap();
    network.stop().await.unwrap();
    for member in ["authority", "taiyuan", "datong", "linfen"] {
        let socket = folder.path().join("t").join(member).join("control.sock");
        assert!(!socket.exists(), "{member} has stopped cleanly");
    }
}
