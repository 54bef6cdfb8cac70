//! The members of the testnet: who they are, and where they run.
//!
//! **Promises.** Everything listens on loopback, on ports that were free.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use fundlink_node::config::ConfigError;
use fundlink_node::config::file::{
    ConfigFile, OperatorTable, ReceivingAccountTable, RoleOfOperator,
};
use fundlink_node::config::template;

/// Who a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its division code.
    pub center: &'static str,
    /// Its name, in Chinese.
    pub name: &'static str,
    /// Its name in English, which is also that of its folder.
    pub english: &'static str,
    /// Its special account (专户); the authority has none.
    pub special_account: Option<&'static str>,
}

/// The authority.
pub const AUTHORITY: Identity = Identity {
    center: "140000",
    name: "山西省住房和城乡建设厅",
    english: "authority",
    special_account: None,
};

/// Taiyuan.
pub const TAIYUAN: Identity = Identity {
    center: "140100",
    name: "太原市住房公积金管理中心",
    english: "taiyuan",
    special_account: Some("9990-0140100-0001"),
};

/// Datong.
pub const DATONG: Identity = Identity {
    center: "140200",
    name: "大同市住房公积金管理中心",
    english: "datong",
    special_account: Some("9990-0140200-0001"),
};

/// Linfen.
pub const LINFEN: Identity = Identity {
    center: "141000",
    name: "临汾市住房公积金管理中心",
    english: "linfen",
    special_account: Some("9990-0141000-0001"),
};

/// The cities, by ascending code.
pub const CITIES: [Identity; 3] = [TAIYUAN, DATONG, LINFEN];

/// The bank of all special accounts.
pub const BANK_NAME: &str = "模拟银行";
/// The operator who enters, at every member.
pub const CLERK: &str = "clerk";
/// The operator who decides what another entered.
pub const REVIEWER: &str = "reviewer";
/// The operator who runs the node.
pub const ADMINISTRATOR: &str = "admin";

impl Identity {
    /// Whether it keeps accounts.
    #[must_use]
    pub const fn is_city(&self) -> bool {
        self.special_account.is_some()
    }
}

/// Where a member runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who it is.
    pub identity: Identity,
    /// The folder of its configuration.
    pub home: PathBuf,
    /// The port for other members.
    pub peer_port: u16,
    /// The port for health and metrics.
    pub health_port: u16,
}

impl Place {
    /// Where other members dial it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("/ip4/127.0.0.1/tcp/{}", self.peer_port)
    }

    /// Where its health and metrics are.
    #[must_use]
    pub fn health(&self) -> String {
        format!("127.0.0.1:{}", self.health_port)
    }
}

/// Gives each member a folder and ports that are free now.
///
/// # Errors
/// When the system gives no ports.
pub fn places(folder: &Path) -> io::Result<Vec<Place>> {
    let members = [AUTHORITY].into_iter().chain(CITIES);
    // All are held at once, so that no port is given twice.
    let held: io::Result<Vec<(TcpListener, TcpListener)>> =
        members.clone().map(|_| Ok((free_port()?, free_port()?))).collect();
    let place = |(identity, (peer, health)): (Identity, (TcpListener, TcpListener))| {
        Ok(Place {
            identity,
            home: folder.join(identity.english),
            peer_port: peer.local_addr()?.port(),
            health_port: health.local_addr()?.port(),
        })
    };
    members.zip(held?).map(place).collect()
}

fn free_port() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// Writes into a member's configuration what its people would write by hand: operators, the special
/// account, and how many seconds its clock is ahead of the machine's.
///
/// # Errors
/// When the configuration cannot be read or written.
pub fn complete_configuration(place: &Place, clock_offset_s: i64) -> Result<(), CompleteError> {
    let path = place.home.join("fundlink.toml");
    let text = std::fs::read_to_string(&path)?;
    let mut file = ConfigFile::parse(&text)
        .map_err(|detail| ConfigError::Shape { path: path.clone(), detail })?;
    file.operator = vec![
        operator(CLERK, "经办员", RoleOfOperator::Clerk),
        operator(REVIEWER, "复核员", RoleOfOperator::Reviewer),
        operator(ADMINISTRATOR, "系统管理员", RoleOfOperator::SystemAdministrator),
    ];
    if let Some(number) = place.identity.special_account {
        file.receiving_account = Some(ReceivingAccountTable {
            number: number.to_owned(),
            name: place.identity.name.to_owned(),
            bank: BANK_NAME.to_owned(),
        });
    }
    // Money moves within the tour, so the bank is looked at often.
    file.bank.poll_ms = 200;
    file.clock.offset_s = clock_offset_s;
    Ok(std::fs::write(&path, template::render(&file))?)
}

/// Why a configuration could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    /// It is not one.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It cannot be read or written.
    #[error("a configuration of the testnet cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

fn operator(id: &str, name: &str, role: RoleOfOperator) -> OperatorTable {
    OperatorTable { id: id.to_owned(), name: name.to_owned(), roles: vec![role] }
}
