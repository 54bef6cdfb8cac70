//! What happened in a run: hashed, so that two runs can be compared, and shown if that is wanted.
//!
//! **Promises.** The hash covers every event and every byte that nodes release.

#![expect(clippy::print_stdout, reason = "a trace is shown on request")]

use std::fmt::Arguments;
use std::fmt::Write as _;

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::output::{Event as EngineEvent, Output};
use fundlink_protocol::time::Timestamp;

use super::world::Event;

/// The trace of a run.
#[derive(Debug, Default)]
pub(super) struct Trace {
    hasher: blake3::Hasher,
    is_shown: bool,
    text: String,
}

impl Trace {
    pub(super) fn new(is_shown: bool) -> Self {
        Self { is_shown, ..Self::default() }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, line: Arguments<'_>) {
        self.text.clear();
        // A string takes everything.
        writeln!(self.text, "{line}").unwrap_or_default();
        self.hasher.update(self.text.as_bytes());
        if self.is_shown {
            print!("  {}", self.text);
        }
    }

    /// Adds an event.
    pub(super) fn event(&mut self, now: Timestamp, event: &Event) {
        match event {
            Event::Packet(packet) => {
                let (from, to, kind, length) = packet.describe();
                self.line(format_args!("{now} {from} -> {to} {kind} {length}"));
            }
            Event::Tick(center, _) => self.line(format_args!("{now} {center} tick")),
            Event::TimedOut(_) | Event::Poll(_) | Event::Minute | Event::Round(..) => {}
            Event::Start(_)
            | Event::Bank(_)
            | Event::BankReply(..)
            | Event::CoreOrder(..)
            | Event::CoreOutcome(..)
            | Event::Mend(..)
            | Event::Reinstate(_) => self.line(format_args!("{now} {event:?}")),
        }
    }

    /// Adds what a node releases.
    pub(super) fn outputs(&mut self, center: CenterCode, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Event(EngineEvent::Transfer { transfer, state }) => {
                    self.line(format_args!("{center} transfer {transfer} {state}"));
                }
                Output::Ask { statement, .. }
                | Output::Deliver { statement, .. }
                | Output::Publish { statement } => {
                    self.hasher.update(statement);
                }
                Output::Sync { frame, .. } | Output::FetchRoster { frame, .. } => {
                    self.hasher.update(frame);
                }
                Output::PublishCheckpoint { note } => {
                    self.hasher.update(note);
                }
                Output::BankOrder(order) => self.line(format_args!("{center} {order:?}")),
                Output::BankAsk(id) => self.line(format_args!("{center} asks for {id}")),
                Output::BankRecall(id) => self.line(format_args!("{center} recalls {id}")),
                Output::Respond { .. }
                | Output::Reply { .. }
                | Output::JudgeGossip { .. }
                | Output::DialBack { .. }
                | Output::RosterChanged(_)
                | Output::CoreOrder(_)
                | Output::Event(_) => {}
            }
        }
    }

    /// The hash over everything.
    pub(super) fn hash(&self) -> blake3::Hash {
        self.hasher.finalize()
    }
}
