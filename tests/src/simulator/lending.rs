//! Households that apply for a loan in two cities at the same time, and the clerks there.
//!
//! **Promises.** Clerks go by what their own node shows: they ask for the payout, pay within a lease,
//! withdraw, undo, apply anew. Nobody knows what the other city does.
//! **Left to others.** That never two cities pay out to one household: the auditor.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use std::collections::BTreeSet;

use fundlink_protocol::account::SerialNumber;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::lending::desk::{IntentName, LendingCommand};
use fundlink_protocol::engine::lending::{self, IntentState, StoredIntent};
use fundlink_protocol::engine::rosters::command::NetCommand;
use fundlink_protocol::id::IntentId;
use fundlink_protocol::loan::LoanContract;
use fundlink_protocol::plain_text::PlainText;
use fundlink_protocol::statement::transfer::letter::Remark;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, View as _};

use super::auditor::Broken;
use super::members::{self, operator};
use super::plan::Fault;
use super::world::World;

/// All applications of a run.
#[derive(Debug, Default)]
pub(super) struct Loans {
    applications: Vec<Application>,
    /// Households of which two applications were live at once.
    crossed: BTreeSet<u32>,
    /// Payouts that were undone.
    undone: BTreeSet<IntentId>,
}

/// One household at one center.
#[derive(Debug)]
struct Application {
    household: u32,
    center: CenterCode,
    persons: Vec<u32>,
    /// How often it was made anew.
    renewed: u32,
}

const MINUTE_MS: i64 = 60_000;
/// The number of the first person of a household; those below move.
const FIRST_PERSON: u32 = 500_000;
/// The most households of a run.
const HOUSEHOLDS_MAX: u32 = 12;

impl Application {
    fn serial(&self) -> String {
        format!("L-{}-{}-{}", self.household, self.center, self.renewed)
    }
}

impl Loans {
    /// Some households of a run in which they apply in two cities each, of three persons or less: the
    /// one city hears of the first two, the other of the last two.
    pub(super) fn draw(world: &mut World, movers: u32) -> Result<Self, Broken> {
        let mut loans = Self::default();
        if !world.plan.would(Fault::LoanTwice, &mut world.random) {
            return Ok(loans);
        }
        let opening = Command::Net(NetCommand::OpenLending);
        if !matches!(world.command(members::AUTHORITY, opening)?, Some(Ok(_))) {
            return Err(Broken::new("the authority does not open lending".to_owned()));
        }
        for household in 0..(movers / 4).clamp(1, HOUSEHOLDS_MAX) {
            let first = FIRST_PERSON + 3 * household;
            let one = world.random.u32(1..=world.centers);
            let other = world.random.u32(1..world.centers);
            let other = if other < one { other } else { other + 1 };
            for (place, number) in [one, other].into_iter().enumerate() {
                let center = members::center(number);
                let shift = if place == 0 { 0 } else { 1 };
                let persons = vec![first + shift, first + shift + 1];
                loans.applications.push(Application { household, center, persons, renewed: 0 });
            }
        }
        Ok(loans)
    }

    /// Clerks look at their applications, each now and then.
    pub(super) fn go_on(&mut self, world: &mut World) -> Result<(), Broken> {
        for place in 0..self.applications.len() {
            if world.random.bool() {
                self.look_at(world, place)?;
            }
        }
        self.note(world)
    }

    /// Where the applications stand, by state.
    pub(super) fn standing(&self, world: &World) -> Result<Vec<&'static str>, Broken> {
        let states =
            self.applications.iter().map(|it| Ok(state(world, it)?.map(IntentState::word)));
        let states: Result<Vec<_>, Broken> = states.collect();
        Ok(states?.into_iter().flatten().collect())
    }

    fn look_at(&mut self, world: &mut World, place: usize) -> Result<(), Broken> {
        let Some(application) = self.applications.get(place) else { return Ok(()) };
        let (center, serial) = (application.center, application.serial());
        let dice = world.random.u8(0..24);
        let who = operator(if world.random.bool() { "clerk" } else { "reviewer" });
        let intent = IntentName::parse(&serial).expect("a serial");
        let remark = Remark(PlainText::parse("changed their mind").expect("a remark"));
        let wish = match state(world, application)? {
            None => {
                let today = world.now.date().expect("a date");
                let persons = application.persons.iter();
                let household = persons.map(|number| members::person(*number, today)).collect();
                let serial = SerialNumber::parse(&serial).expect("a serial");
                LendingCommand::Open { operator: who, serial, household }
            }
            Some(IntentState::Open | IntentState::Held(_)) if dice < 16 => {
                LendingCommand::Payout { operator: who, intent }
            }
            Some(IntentState::Leased) if dice < 16 => {
                let contract = LoanContract::parse(&serial).expect("the number of a contract");
                if world.plan.strikes(Fault::PaidLate, &mut world.random) {
                    let minutes = world.random.i64(23 * 60..26 * 60);
                    world.sleep(minutes * MINUTE_MS);
                }
                LendingCommand::Pay { operator: who, intent, contract }
            }
            // The money did not leave after all.
            Some(IntentState::Paid)
                if dice < 4 && world.plan.would(Fault::PayoutUndone, &mut world.random) =>
            {
                LendingCommand::Withdraw { operator: who, intent, remark: Some(remark) }
            }
            Some(IntentState::Open | IntentState::Held(_) | IntentState::Leased) if dice == 23 => {
                LendingCommand::Withdraw { operator: who, intent, remark: Some(remark) }
            }
            Some(IntentState::Withdrawn | IntentState::Expired) if dice < 8 => {
                if let Some(application) = self.applications.get_mut(place) {
                    application.renewed += 1;
                }
                return Ok(());
            }
            Some(_) => return Ok(()),
        };
        // One that does not fit is refused, and changes nothing.
        world.tell(center, Command::Lending(Box::new(wish)))
    }

    /// Counts households with a live application in two cities at the same time, and payouts that were
    /// undone, each once.
    fn note(&mut self, world: &mut World) -> Result<(), Broken> {
        let mut live = BTreeSet::new();
        for application in &self.applications {
            let Some(stored) = find(world, application)? else { continue };
            if stored.state.is_live() && !live.insert(application.household) {
                let is_new = self.crossed.insert(application.household);
                if is_new {
                    world.plan.count(Fault::LoanTwice);
                }
            }
            let is_undone = stored.state == IntentState::Withdrawn && stored.contract.is_some();
            if is_undone && self.undone.insert(stored.intent.id()) {
                world.plan.count(Fault::PayoutUndone);
            }
        }
        Ok(())
    }
}

/// An application on the disk of its center.
fn find(world: &World, application: &Application) -> Result<Option<StoredIntent>, Broken> {
    let Some(node) = world.nodes.get(&application.center) else { return Ok(None) };
    let view = Staged::new(node.disk());
    let place = key(Area::IntentOfSerial, &[application.serial().as_bytes()]);
    let id = view.get(&place)?.and_then(|id| id.try_into().ok()).map(IntentId::new);
    Ok(id.map(|id| lending::intent(&view, id)).transpose()?.flatten())
}

/// Where it stands.
fn state(world: &World, application: &Application) -> Result<Option<IntentState>, Broken> {
    Ok(find(world, application)?.map(|stored| stored.state))
}
