//! Lending in tests: a province that lends, and what its clerks do.

use super::people::person;
use super::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};
use crate::account::SerialNumber;
use crate::center::CenterCode;
use crate::engine::command::{Command, Reply};
use crate::engine::lending::desk::{IntentName, IntentView, LendingCommand, LendingReply};
use crate::engine::lending::{HoldReason, IntentState};
use crate::engine::operator::OperatorId;
use crate::engine::output::CommandRefusal;
use crate::engine::rosters::command::NetCommand;
use crate::loan::LoanContract;
use crate::plain_text::PlainText;
use crate::statement::transfer::letter::Remark;

/// Milliseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) fn clerk() -> OperatorId {
    OperatorId::parse("clerk").unwrap()
}

pub(crate) fn words(text: &str) -> Remark {
    PlainText::parse(text).map(Remark).unwrap()
}

pub(crate) fn named(serial: &str) -> IntentName {
    IntentName::parse(serial).unwrap()
}

impl Province {
    /// Taiyuan, Datong, Linfen and the authority, all witnesses, with lending opened.
    pub(crate) fn that_lends() -> Self {
        let mut province = Self::new();
        province.open_lending();
        province
    }

    /// Has the authority open lending, and waits until every node knows.
    pub(crate) fn open_lending(&mut self) {
        self.command(AUTHORITY, Command::Net(NetCommand::OpenLending)).unwrap();
        self.connect_all();
        self.advance(10_000);
        for node in self.nodes.values() {
            assert!(node.engine.roster().lending.is_some(), "every node has the roster");
        }
    }

    pub(crate) fn lend(
        &mut self,
        at: CenterCode,
        command: LendingCommand,
    ) -> Result<IntentView, CommandRefusal> {
        let reply = self.command(at, Command::Lending(Box::new(command)))?;
        let Reply::Lending(LendingReply::Intents(mut views)) = *reply else {
            panic!("another reply");
        };
        Ok(views.remove(0))
    }

    /// Takes an application of a household in.
    pub(crate) fn apply(
        &mut self,
        at: CenterCode,
        serial: &str,
        household: &[(&str, &str)],
    ) -> Result<IntentView, CommandRefusal> {
        let serial = SerialNumber::parse(serial).unwrap();
        let household = household.iter().map(|whose| person(*whose)).collect();
        self.lend(at, LendingCommand::Open { operator: clerk(), serial, household })
    }

    /// Asks for the payout, and lets the answers come in.
    pub(crate) fn payout(
        &mut self,
        at: CenterCode,
        serial: &str,
    ) -> Result<IntentState, CommandRefusal> {
        let intent = named(serial);
        self.lend(at, LendingCommand::Payout { operator: clerk(), intent })?;
        Ok(self.standing_of(at, serial))
    }

    pub(crate) fn pay(
        &mut self,
        at: CenterCode,
        serial: &str,
    ) -> Result<IntentState, CommandRefusal> {
        let contract = LoanContract::parse(&format!("JK-{serial}")).unwrap();
        let command = LendingCommand::Pay { operator: clerk(), intent: named(serial), contract };
        self.lend(at, command).map(|view| view.stored.state)
    }

    pub(crate) fn withdraw_intent(
        &mut self,
        at: CenterCode,
        serial: &str,
    ) -> Result<IntentState, CommandRefusal> {
        let command =
            LendingCommand::Withdraw { operator: clerk(), intent: named(serial), remark: None };
        self.lend(at, command).map(|view| view.stored.state)
    }

    pub(crate) fn intent_at(&mut self, at: CenterCode, serial: &str) -> IntentView {
        self.lend(at, LendingCommand::Show(named(serial))).unwrap()
    }

    pub(crate) fn standing_of(&mut self, at: CenterCode, serial: &str) -> IntentState {
        self.intent_at(at, serial).stored.state
    }
}

/// An intent that waits for a person.
pub(crate) const fn held(reason: HoldReason) -> IntentState {
    IntentState::Held(reason)
}

/// The centers that lend in tests.
pub(crate) const LENDERS: [CenterCode; 3] = [TAIYUAN, DATONG, LINFEN];
