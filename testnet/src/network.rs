//! A whole network on one machine: made, joined and started with the commands that a newcomer uses.
//!
//! **Promises.** The members are real processes with folders, keys and ports of their own; nothing
//! is handed from one to the other but what people would hand over: an enrolment, a fingerprint, a
//! join file.
//! **Left to others.** The records: `data import`. What happens then: `tour`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fundlink_node::clock;
use fundlink_node::control::api::net::Roster;
use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::money::Fen;
use serde::Deserialize;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::bank::{Bank, BankServer, Behaviour};
use crate::fundlink::{Call, Fundlink, FundlinkError};
use crate::member::{self, ADMINISTRATOR, AUTHORITY, CITIES, CompleteError, Identity, Place};
use crate::supervisor::{LOOK_AGAIN, Supervisor, SupervisorError};

/// The name of the network.
pub const NETWORK: &str = "shanxi-testnet";

/// A network that runs.
#[derive(Debug)]
pub struct Network {
    /// The program that everything is done with.
    pub fundlink: Fundlink,
    /// The nodes.
    pub supervisor: Supervisor,
    /// Where the members run, the authority first.
    pub places: Vec<Place>,
    /// The bank.
    pub bank: BankServer,
}

/// What a network is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program.
    pub binary: PathBuf,
    /// Where its members live.
    pub folder: PathBuf,
    /// What the special accounts hold: what the accounts of each city's employees add up to.
    pub cash: Vec<(Identity, Fen)>,
    /// Seconds that all clocks, the bank's among them, are ahead of the machine's.
    pub clock_offset_s: i64,
}

/// Why there is no network.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A command failed.
    #[error(transparent)]
    Command(#[from] FundlinkError),
    /// A node is not there.
    #[error(transparent)]
    Node(#[from] SupervisorError),
    /// A configuration could not be completed.
    #[error(transparent)]
    Configuration(#[from] CompleteError),
    /// A folder, a port or the bank cannot be had.
    #[error("the testnet has no place to run: {0}")]
    Io(#[from] io::Error),
    /// A member never heard of all the others.
    #[error("the roster has not reached the node in {0} in time")]
    Roster(PathBuf),
    /// The folder holds something else.
    #[error("{0} is there already and is no folder of a testnet; choose another --dir")]
    NotATestnet(PathBuf),
    /// The testnet in the folder runs.
    #[error("a testnet runs in {0}; stop it, or choose another --dir")]
    Running(PathBuf),
}

/// How long a roster may take to every member.
const SPREAD_LIMIT: Duration = Duration::from_secs(30);
/// In the folder of a testnet, so that a later one knows that it may be cleared.
const MARK: &str = "fundlink-testnet";

#[derive(Deserialize)]
struct Enrolled {
    enrolment: PathBuf,
    fingerprint: String,
}

impl Network {
    /// Makes and starts a network in a folder that was cleared.
    ///
    /// # Errors
    /// When a step fails; then everything that was started has been ended.
    pub async fn start(setup: Setup) -> Result<Self, NetworkError> {
        let places = member::places(&setup.folder)?;
        let mut bank = Bank::new(Behaviour::default());
        for (identity, balance) in &setup.cash {
            // The numbers are those of this crate, and are numbers.
            let account = identity.special_account.map(CorporateAccount::parse);
            if let Some(Ok(account)) = account {
                bank.open(account, identity.name.to_owned(), *balance);
            }
        }
        let offset_ms = setup.clock_offset_s.saturating_mul(1_000);
        let clock = Arc::new(move || clock::wall_time().plus_ms(offset_ms));
        let bank = BankServer::start(bank, clock, 0).await?;
        let fundlink = Fundlink::new(setup.binary);
        let supervisor = Supervisor::new(fundlink.clone());
        let mut network = Self { fundlink, supervisor, places, bank };
        let formed = network.form(setup.clock_offset_s).await;
        if formed.is_err() {
            // The first error is the one to tell.
            network.supervisor.stop_all().await.ok();
        }
        formed.map(|()| network)
    }

    /// Makes the folder of a testnet, or clears that of an earlier one.
    ///
    /// # Errors
    /// When it holds something else, or a testnet that runs.
    pub async fn clear(folder: &Path) -> Result<(), NetworkError> {
        for identity in [AUTHORITY].into_iter().chain(CITIES) {
            let socket = folder.join(identity.english).join("control.sock");
            if UnixStream::connect(socket).await.is_ok() {
                return Err(NetworkError::Running(folder.to_owned()));
            }
        }
        clear(folder)
    }

    /// Where a member runs.
    #[must_use]
    pub fn home(&self, identity: Identity) -> PathBuf {
        let place = self.places.iter().find(|place| place.identity == identity);
        place.map(|place| place.home.clone()).unwrap_or_default()
    }

    /// Where the cities run, by ascending code.
    pub fn cities(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.identity.is_city())
    }

    /// Stops everything.
    ///
    /// # Errors
    /// When a node cannot be ended.
    pub async fn stop(mut self) -> Result<(), NetworkError> {
        self.supervisor.stop_all().await?;
        Ok(self.bank.stop().await?)
    }

    async fn form(&mut self, clock_offset_s: i64) -> Result<(), NetworkError> {
        let places = self.places.clone();
        for place in &places {
            self.initialise(place, clock_offset_s).await?;
        }
        let authority = self.home(AUTHORITY);
        let create = Call::new("net create --no-passphrase --name").with(AUTHORITY.name);
        self.fundlink.run(&authority, &create).await?;
        self.supervisor.start(&authority).await?;
        for place in places.iter().filter(|place| place.identity.is_city()) {
            self.admit(&authority, place).await?;
        }
        for place in places.iter().filter(|place| place.identity.is_city()) {
            self.supervisor.start(&place.home).await?;
        }
        let all = self.places.len();
        self.await_roster(|roster| roster.members.len() == all).await?;
        // The witnesses are complete: from here on loans are paid out under leases.
        self.fundlink.run(&authority, &Call::new("net open-lending")).await?;
        self.await_roster(|roster| roster.lending.is_some()).await
    }

    /// Waits until every member has a roster of which this is so.
    async fn await_roster(&mut self, is_so: impl Fn(&Roster) -> bool) -> Result<(), NetworkError> {
        let begun = Instant::now();
        for place in self.places.clone() {
            loop {
                let show = Call::new("net show");
                let roster: Roster = self.fundlink.json(&place.home, &show).await?;
                if is_so(&roster) {
                    break;
                }
                self.supervisor.check()?;
                if begun.elapsed() > SPREAD_LIMIT {
                    return Err(NetworkError::Roster(place.home));
                }
                sleep(LOOK_AGAIN).await;
            }
        }
        Ok(())
    }

    async fn initialise(&self, place: &Place, clock_offset_s: i64) -> Result<(), NetworkError> {
        let Identity { center, special_account, .. } = place.identity;
        let role = if place.identity.is_city() { "center" } else { "authority" };
        let call = Call::new("init --no-passphrase --network").with(NETWORK);
        let call = call.with("--center").with(center).with("--role").with(role);
        let call = call.with("--dir").with(&place.home);
        let call = call.with("--listen").with(place.address());
        let mut call = call.with("--health").with(place.health());
        if special_account.is_some() {
            call = call.with("--bank-url").with(self.bank.url());
        }
        self.fundlink.run(&place.home, &call).await?;
        Ok(member::complete_configuration(place, clock_offset_s)?)
    }

    /// A new member enrols, the authority compares the fingerprint and admits, the member joins.
    async fn admit(&self, authority: &Path, place: &Place) -> Result<(), NetworkError> {
        let call = Call::new("net enrol --authority").with(AUTHORITY.center);
        let call = call.with("--name").with(place.identity.name);
        let enrolled: Enrolled = self.fundlink.json(&place.home, &call).await?;
        let file = place.home.join("network.join");
        let call = Call::new("net admit").with(enrolled.enrolment);
        let call = call.with("--fingerprint").with(enrolled.fingerprint).with("--out").with(&file);
        self.fundlink.run(authority, &call).await?;
        self.fundlink.run(&place.home, &Call::new("net join").with(file)).await?;
        Ok(())
    }

    /// Lets every city's services act by the rules alone.
    ///
    /// # Errors
    /// When a node refuses.
    pub async fn set_auto(&self) -> Result<(), NetworkError> {
        for place in self.cities() {
            for service in ["query", "certificate", "transfer"] {
                let call = Call::new("mode set").with(service).with("auto");
                let call = call.with("--operator").with(ADMINISTRATOR);
                self.fundlink.run(&place.home, &call).await?;
            }
        }
        Ok(())
    }
}

fn clear(folder: &Path) -> Result<(), NetworkError> {
    let mark = folder.join(MARK);
    let empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error.into()),
    };
    if !empty {
        if !mark.exists() {
            return Err(NetworkError::NotATestnet(folder.to_owned()));
        }
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    Ok(std::fs::write(mark, "Made by `fundlink testnet`; the next one clears this folder.\n")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("here");
        clear(&here).unwrap();
        std::fs::write(here.join("old"), "x").unwrap();
        clear(&here).unwrap();
        assert!(!here.join("old").exists() && here.join(MARK).exists());
        std::fs::write(folder.path().join("thesis.txt"), "x").unwrap();
        assert!(matches!(clear(folder.path()), Err(NetworkError::NotATestnet(_))));
        assert!(folder.path().join("thesis.txt").exists());
    }
}
