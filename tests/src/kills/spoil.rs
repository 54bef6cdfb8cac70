//! What the comparison at the end of a run of kills would say if a node had broken a promise.
//!
//! **Promises.** Everything was as it should be before; one store is changed past its node.
//! **Left to others.** Noticing it: `compare`.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use fundlink_node::store::sled::SledStore;
use fundlink_protocol::cbor;
use fundlink_protocol::engine::transfers_in::Incoming;
use fundlink_protocol::id::TransferId;
use fundlink_protocol::ledger::TrialBalance;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Batch, Entry, Store as _, prefix_end};
use fundlink_testnet::member::TAIYUAN;

use super::{Kills, Run};

/// How a promise is broken, at Taiyuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// A transfer that a caller was told of is gone.
    Lost,
    /// A transfer that was asked for once is there twice.
    Doubled,
    /// What a transfer brought is credited twice, in books that balance.
    CreditedTwice,
}

impl Kills {
    /// Runs it, breaks a promise once everything has come to its end, and compares.
    ///
    /// # Panics
    /// Always, if the comparison is worth something.
    pub fn run_spoiled(self, spoil: Spoil) {
        let mut run = self.prepare();
        let before = super::CITIES.map(|city| run.standing(city));
        (0..run.movers.len()).for_each(|mover| run.ask(mover));
        let heard = run.callers.take().expect("callers call until now").end();
        run.await_ends();
        run.compare(&heard, &before);
        run.spoil(spoil);
        run.compare(&heard, &before);
    }
}

impl Run {
    fn spoil(&mut self, spoil: Spoil) {
        let member = self.province.member_mut(TAIYUAN);
        member.stop();
        let mut store = SledStore::open(&member.home.join("data")).expect("a node has left it");
        let change = match spoil {
            Spoil::Lost => (first(&store, Area::TransferIn).0, None),
            Spoil::Doubled => {
                let (_, bytes) = first(&store, Area::TransferIn);
                let mut again: Incoming = cbor::decode(&bytes).expect("a transfer");
                again.case.id = TransferId::new([7; 32]);
                let row = key(Area::TransferIn, &[again.case.id.as_bytes()]);
                (row, Some(cbor::encode(&again)))
            }
            Spoil::CreditedTwice => {
                let (row, bytes) = first(&store, Area::LedgerTotals);
                let mut totals: TrialBalance = cbor::decode(&bytes).expect("the sums");
                // What is owed to persons stands on the other side of the books than cash.
                totals.persons += 100_000;
                totals.cash -= 100_000;
                (row, Some(cbor::encode(&totals)))
            }
        };
        store.commit(Batch { writes: [change].into() }).expect("it can be written");
        drop(store);
        self.province.member_mut(TAIYUAN).start();
    }
}

fn first(store: &SledStore, area: Area) -> Entry {
    let from = key(area, &[]);
    let rows = store.range(&from, &prefix_end(&from), 1).expect("it can be read");
    rows.into_iter().next().expect("there is one")
}
