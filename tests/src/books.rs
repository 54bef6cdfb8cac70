//! What a center has stored of an account, read from the store of a node that does not run.
//!
//! **Promises.** Nothing is written.
//! **Left to others.** What running nodes say: `case`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use fundlink_node::store::sled::SledStore;
use fundlink_protocol::account::AccountNumber;
use fundlink_protocol::engine::records::{self, StoredAccount};
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, View as _};
use fundlink_testnet::member::Identity;

use crate::province::Province;

/// The store of a center whose node is stopped.
#[derive(Debug)]
pub struct Books {
    store: SledStore,
}

/// A row of an account's ledger: business type, amount and interest in fen, reversal flag.
pub type Row = (u8, i64, i64, u8);

impl Province {
    /// Stops a node, if it runs, and opens its books.
    ///
    /// # Panics
    /// When the store cannot be read.
    #[must_use]
    pub fn books(&mut self, at: Identity) -> Books {
        let member = self.member_mut(at);
        if member.is_started() {
            member.stop();
        }
        let store = SledStore::open(&member.home.join("data")).expect("the node is stopped");
        Books { store }
    }
}

impl Books {
    /// An account.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn account(&self, number: &str) -> StoredAccount {
        let number = AccountNumber::parse(number).expect("a number of an account");
        let found = records::account(&Staged::new(&self.store), &number);
        found.expect("the store can be read").expect("there is such an account").0
    }

    /// A statement that was sent or received, by the hash of its payload.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn statement(&self, hash: &[u8; 32]) -> Vec<u8> {
        let found = Staged::new(&self.store).get(&key(Area::Statement, &[hash]));
        found.expect("the store can be read").expect("there is such a statement")
    }

    /// The balance of an account, in fen.
    #[must_use]
    pub fn balance(&self, number: &str) -> i64 {
        self.account(number).record.account.balance.get()
    }

    /// The rows of an account with one of these business types, in their order.
    #[must_use]
    pub fn rows(&self, number: &str, business: &[u8]) -> Vec<Row> {
        let rows = self.account(number).rows;
        let row = rows.iter().map(|row| {
            let (amount, interest) = (row.amount.get(), row.interest.get());
            (row.business.number(), amount, interest, row.reversal.number())
        });
        row.filter(|row| business.contains(&row.0)).collect()
    }
}
