//! The engine: the one place where a node's state changes.
//!
//! A round takes every input that is waiting, lets the handlers read the store and stage writes,
//! has the staged payloads signed, commits all of it as one batch, and returns the outputs.
//!
//! **Promises.** No output leaves before what it promises is committed: [`Engine::round`] returns
//! outputs only after the commit. The same store, time, seed and inputs give the same bytes.
//! **Left to others.** Carrying outputs out and bringing inputs in: the node, or the simulator.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::center::{CenterCode, Role};
use crate::key::{KeyError, Keyring};
use crate::log::origin::NetworkName;
use crate::log_trust::LogTrust;
use crate::policy::Policy;
use crate::roster::Roster;
use crate::store::{Staged, Store, StoreError};
use crate::subject::Tagger;
use crate::time::Timestamp;

pub mod alerts;
pub mod audit;
pub mod bank;
pub mod certificates;
pub mod command;
pub mod core_orders;
pub mod dossiers;
pub mod embedded_core;
pub mod equivocation;
pub mod evidence;
pub mod following;
pub mod heartbeats;
pub mod imports;
pub mod incidents;
pub mod input;
pub mod inquiries;
pub mod lending;
pub mod log_commands;
pub mod log_event;
pub mod log_store;
pub mod modes;
pub mod operator;
pub mod outbox;
pub mod output;
pub mod proving;
pub mod publication;
pub mod publishing;
pub mod quarantine;
pub mod queries;
pub mod records;
pub mod recovery;
pub mod registrations;
pub mod roster_leaves;
pub mod rosters;
pub mod round;
pub mod single;
pub mod status;
pub mod store_check;
pub mod synchronization;
pub mod tag_index;
pub mod tags;
pub mod takeovers;
pub mod timer;
pub mod transfer_case;
pub mod transfer_command;
pub mod transfer_desk;
pub mod transfer_steps;
pub mod transfers;
pub mod transfers_in;
pub mod transfers_out;
pub mod withdrawals;
pub mod witnessing;

mod accesses;
mod answers;
mod cosigning;
mod crowds;
mod dispatch;
mod follow_up;
mod import_findings;
mod leaf_proofs;
mod membership;
mod rates;

use input::Input;
use output::Output;
use round::{Round, RoundStart};

/// The state machine of one node over its store.
#[derive(Debug)]
pub struct Engine<S> {
    store: S,
    settings: Arc<Settings>,
    roster: Arc<Roster>,
    clock: Timestamp,
}

/// What a node is told when it starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The network's name.
    pub network: NetworkName,
    /// This member.
    pub center: CenterCode,
    /// What it is.
    pub role: Role,
    /// Its software, as the heartbeat shows it.
    pub software: String,
    /// Its rules.
    pub policy: Policy,
    /// Who may act at this center.
    pub operators: BTreeMap<operator::OperatorId, operator::Operator>,
    /// The special account (专户) to which other centers pay; absent, no letter can be sent.
    pub receiving_account: Option<ReceivingAccount>,
    /// Who carries orders to the core system.
    pub core_driver: CoreDriver,
}

/// A special account (专户) of the center at an entrusted bank.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct ReceivingAccount {
    /// Digits and dashes, at most 32.
    #[n(1)]
    pub number: String,
    /// The account's name.
    #[n(2)]
    pub name: String,
    /// The bank.
    #[n(3)]
    pub bank: String,
}

/// Who carries orders to the core system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreDriver {
    /// The ledger in the node's own store, executed in the next round's batch.
    Embedded,
    /// A driver of the node; outcomes come back as inputs.
    External,
}

/// The ports that a round uses.
pub struct Ports<'a> {
    /// Signs.
    pub keyring: &'a mut dyn Keyring,
    /// Computes tags.
    pub tagger: &'a mut dyn Tagger,
}

impl core::fmt::Debug for Ports<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Ports { .. }")
    }
}

/// Why a round did not happen. Nothing was written and nothing may be sent.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store failed. The node stops.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key could not be used. The round may be tried again.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is no roster in the store.
    #[error(
        "this node has not joined a network: there is no roster in its data folder; run `fundlink net join`, or \
         `fundlink restore` where it had joined"
    )]
    NotJoined,
    /// The clock stands before the time at which the node last acted.
    #[error(
        "the clock is {behind_ms} ms behind the time at which this node last acted; set the clock"
    )]
    ClockBehind {
        /// By how much, in milliseconds.
        behind_ms: i64,
    },
}

impl<S: Store> Engine<S> {
    /// Opens the engine over a store that has joined a network.
    ///
    /// # Errors
    /// When the store cannot be read, holds no roster, or has acted later than `now` and the skew.
    pub fn open(store: S, settings: Settings, now: Timestamp) -> Result<Self, EngineError> {
        let view = Staged::new(&store);
        let roster = single::roster(&view)?.ok_or(EngineError::NotJoined)?;
        let clock = single::clock(&view)?;
        let behind_ms = clock.ms_since(now);
        if behind_ms > crate::limits::CLOCK_SKEW_MS {
            return Err(EngineError::ClockBehind { behind_ms });
        }
        Ok(Self { store, settings: Arc::new(settings), roster: Arc::new(roster), clock })
    }

    /// Takes inputs, commits what follows from them, and returns what may now be sent.
    ///
    /// Time does not run backwards: an earlier `now` than the last counts as the last.
    ///
    /// # Errors
    /// When the store or a key fails: nothing was written, and no output exists.
    pub fn round(
        &mut self,
        now: Timestamp,
        seed: &[u8; 32],
        inputs: Vec<Input>,
        ports: Ports<'_>,
    ) -> Result<Vec<Output>, EngineError> {
        self.turn(now, seed, ports, |round| dispatch::run(round, inputs))
    }

    /// One round, whatever its handlers do.
    fn turn(
        &mut self,
        now: Timestamp,
        seed: &[u8; 32],
        ports: Ports<'_>,
        handle: impl FnOnce(&mut Round<'_>) -> Result<(), StoreError>,
    ) -> Result<Vec<Output>, EngineError> {
        let now = now.max(self.clock);
        let mut staged = Staged::new(&self.store);
        let start = RoundStart {
            now,
            seed,
            settings: Arc::clone(&self.settings),
            roster: Arc::clone(&self.roster),
            keys: round::own_keys(ports.keyring),
            tagger: ports.tagger,
        };
        let mut round = Round::new(start, &mut staged);
        handle(&mut round)?;
        round.sign(ports.keyring)?;
        publication::append_leaves(&mut round)?;
        single::put_clock(round.view, now);
        let roster = Arc::clone(&round.roster);
        let outputs = round.into_outputs();
        self.store.commit(staged.into_batch())?;
        self.clock = now;
        self.roster = roster;
        Ok(outputs)
    }

    /// A round whose handler is a test's own, in place of inputs.
    ///
    /// # Errors
    /// As [`round`](Self::round).
    #[cfg(test)]
    pub(crate) fn test_round(
        &mut self,
        now: Timestamp,
        seed: &[u8; 32],
        ports: Ports<'_>,
        handle: impl FnOnce(&mut Round<'_>) -> Result<(), StoreError>,
    ) -> Result<Vec<Output>, EngineError> {
        self.turn(now, seed, ports, handle)
    }

    /// When the engine wants a [`Input::Tick`] at the latest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_timeout(&self) -> Result<Option<Timestamp>, StoreError> {
        timer::next(&Staged::new(&self.store))
    }

    /// The roster in force.
    #[must_use]
    pub const fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// What the roster in force trusts for logs: what workers verify checkpoints by.
    #[must_use]
    pub fn log_trust(&self, now: Timestamp) -> LogTrust {
        LogTrust::new(Arc::clone(&self.roster), self.settings.network.clone(), now)
    }

    /// What the node was told when it started.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The store, for reading.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Gives the store back.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }
}

#[cfg(test)]
mod tests;
