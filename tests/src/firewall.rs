//! A firewall in front of a node: connections of some processes pass, those of all others are taken and
//! never get a word back.
//!
//! **Promises.** Who dials is seen from what the system says of the connection, not from its bytes; a
//! connection that waits passes as soon as its process may.
//! **Left to others.** Having a member's address lead here: the tests.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// A firewall; it ends when it is dropped.
#[derive(Debug)]
pub struct Firewall {
    address: SocketAddr,
    allowed: Arc<Mutex<BTreeSet<u32>>>,
    task: JoinHandle<()>,
}

/// Between two looks at whether a connection may pass by now.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Firewall {
    /// A firewall in front of a port of loopback.
    ///
    /// # Errors
    /// When no port is free.
    pub fn before(port: u16, runtime: &Runtime) -> io::Result<Self> {
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let allowed = Arc::new(Mutex::new(BTreeSet::new()));
        let known = Arc::clone(&allowed);
        let task = runtime.spawn(async move {
            while let Ok((stream, from)) = listener.accept().await {
                tokio::spawn(pass(stream, (from, address.port(), port), Arc::clone(&known)));
            }
        });
        Ok(Self { address, allowed, task })
    }

    /// Where to dial, as a multiaddress.
    #[must_use]
    pub fn address(&self) -> String {
        format!("/ip4/127.0.0.1/tcp/{}", self.address.port())
    }

    /// From now on connections of a process pass.
    pub fn allow(&self, process: u32) {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner).insert(process);
    }
}

impl Drop for Firewall {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    mut stream: TcpStream,
    (from, at, to): (SocketAddr, u16, u16),
    allowed: Arc<Mutex<BTreeSet<u32>>>,
) {
    let Some(socket) = socket_of(from.port(), at) else { return };
    loop {
        let processes = allowed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if processes.into_iter().any(|process| owns(process, &socket)) {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    if let Ok(mut behind) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await {
        // Either side may hang up.
        tokio::io::copy_bidirectional(&mut stream, &mut behind).await.ok();
    }
}

/// The name of the dialler's socket, from the system's table of connections.
fn socket_of(from: u16, to: u16) -> Option<String> {
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let (from, to) = (format!(":{from:04X}"), format!(":{to:04X}"));
    let row = table.lines().find(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (local, remote) = (words.next(), words.next());
        local.is_some_and(|local| local.ends_with(&from))
            && remote.is_some_and(|remote| remote.ends_with(&to))
    })?;
    Some(format!("socket:[{}]", row.split_whitespace().nth(9)?))
}

/// Whether a process holds a socket.
fn owns(process: u32, socket: &str) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    let names = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
    names.into_iter().any(|name| name.as_os_str() == socket)
}
