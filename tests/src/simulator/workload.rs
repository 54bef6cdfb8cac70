//! What people want of a simulated network: applicants, clerks, reviewers.
//!
//! **Promises.** A caller who gets no reply asks again, as people do.
//! **Left to others.** What must hold: the auditor.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use fundlink_protocol::account::{AccountStatus, SerialNumber};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::imports::{ImportItem, ImportOrder};
use fundlink_protocol::engine::input::RequestId;
use fundlink_protocol::engine::modes::ServiceMode;
use fundlink_protocol::engine::operator::OperatorId;
use fundlink_protocol::engine::records::Totals;
use fundlink_protocol::engine::transfer_command::{
    Application, Decision, TransferCommand, TransferName,
};
use fundlink_protocol::engine::transfers;
use fundlink_protocol::id::{FileHash, TransferId};
use fundlink_protocol::mode::{Mode, Service};
use fundlink_protocol::money::Fen;
use fundlink_protocol::refusal::Refusal;
use fundlink_protocol::settlement::SpecialAccount;
use fundlink_protocol::statement::query::Consent;
use fundlink_protocol::store::Staged;
use fundlink_protocol::transfer::reason::RefusalReason;
use fundlink_protocol::transfer::task::TaskReason;

use super::auditor::{Broken, interest, open_transfers};
use super::lending::Loans;
use super::members::{self, operator};
use super::plan::Fault;
use super::world::World;

/// A person who moves.
#[derive(Clone, Copy, Debug)]
struct Mover {
    number: u32,
    from: CenterCode,
    to: CenterCode,
}

/// Everybody who wants something.
#[derive(Debug)]
pub(super) struct Workload {
    movers: Vec<Mover>,
    /// The first of those who have not applied yet.
    next: usize,
    /// How many apply at about the same time.
    crowd: usize,
    /// The longest pause between two of them; 0: all at once.
    pace_ms: i64,
    /// Who waits for the answer to an application, in which life of the node.
    waiting: Vec<(usize, RequestId, u32)>,
    /// Who must apply again.
    again: Vec<usize>,
    loans: Loans,
}

impl Workload {
    /// So many persons between so many centers.
    pub(super) fn new(persons: u32, centers: u32, random: &mut fastrand::Rng) -> Self {
        let movers = (0..persons).map(|number| {
            let from = random.u32(1..=centers);
            let other = random.u32(1..centers);
            let to = if other < from { other } else { other + 1 };
            Mover { number, from: members::center(from), to: members::center(to) }
        });
        let movers: Vec<Mover> = movers.collect();
        let crowd = 1 + movers.len() / random.usize(3..=40);
        let pace_ms = [0, 20, 400][random.usize(0..3)];
        Self {
            movers,
            next: 0,
            crowd,
            pace_ms,
            waiting: Vec::new(),
            again: Vec::new(),
            loans: Loans::default(),
        }
    }

    /// Whether everybody has applied.
    pub(super) const fn is_over(&self) -> bool {
        self.next >= self.movers.len() && self.waiting.is_empty() && self.again.is_empty()
    }

    /// Opens accounts in all centers, and lets their services act.
    pub(super) fn prepare(&mut self, world: &mut World) -> Result<(), Broken> {
        let persons = u32::try_from(self.movers.len()).expect("few persons");
        self.loans = Loans::draw(world, persons)?;
        let today = world.now.date().expect("a date");
        for mover in &self.movers {
            let secrets = members::secrets(mover.number, today);
            world.auditor.know(mover.number, secrets, [mover.from, mover.to]);
        }
        for center in world.codes() {
            if center == members::AUTHORITY {
                continue;
            }
            let mut items = Vec::new();
            let mut balances = Fen::ZERO;
            let mut core = world.nodes.get_mut(&center).and_then(|node| node.core.as_mut());
            for mover in &self.movers {
                let (status, deposits) = match (mover.from == center, mover.to == center) {
                    (true, _) => (members::status_before(mover.number), members::MONTHS_PAID),
                    (_, true) => (AccountStatus::Normal, 0),
                    (false, false) => continue,
                };
                let account = members::account(center, (mover.number, status), deposits, today);
                let balance = account.record.account.balance;
                if let Some(core) = &mut core {
                    core.open(account.record.account.number.clone(), (balance, status), today);
                }
                balances = balances.checked_add(balance).expect("a small sum");
                items.push(ImportItem::Account(Box::new(account)));
            }
            world.bank.open(center, balances.get());
            let expected = Totals { accounts: items.len() as u64, balances, ..Totals::default() };
            let order = ImportOrder {
                operator: operator("clerk"),
                as_of: world.now,
                files: FileHash::new([1; 32]),
                expected,
            };
            self.done(world, center, Command::ImportBegin(Box::new(order)))?;
            let mut items = items.into_iter().peekable();
            while items.peek().is_some() {
                let portion: Vec<ImportItem> = items.by_ref().take(200).collect();
                self.done(world, center, Command::ImportRecords(portion))?;
            }
            self.done(world, center, Command::ImportCommit)?;
            world.auditor.imported(center, today);
            let is_idle = world.plan.holds(Fault::Idle, &mut world.random);
            if is_idle {
                world.idle.insert(center);
            }
            for service in Service::ALL {
                let by_hand = is_idle || world.plan.holds(Fault::Confirm, &mut world.random);
                let mode = if by_hand { Mode::Confirm } else { Mode::Auto };
                let wanted = ServiceMode { service: *service, mode };
                let command = Command::SetMode { operator: operator("clerk"), wanted };
                self.done(world, center, command)?;
            }
        }
        Ok(())
    }

    fn done(&self, world: &mut World, center: CenterCode, command: Command) -> Result<(), Broken> {
        match world.command(center, command)? {
            Some(Ok(_)) => Ok(()),
            Some(Err(refusal)) => Err(Broken::new(format!("{center} refuses: {refusal:?}"))),
            None => Err(Broken::new(format!("{center} does not answer"))),
        }
    }

    /// The next persons apply, each at their center, and those whose clerks got no answer, again.
    pub(super) fn apply(&mut self, world: &mut World) -> Result<(), Broken> {
        self.hear(world);
        let crowd = self.next..self.movers.len().min(self.next + self.crowd);
        self.next = crowd.end;
        let again = core::mem::take(&mut self.again);
        for place in again.into_iter().chain(crowd) {
            self.apply_one(world, place)?;
            if self.pace_ms > 0 {
                let pause = world.random.i64(0..self.pace_ms);
                world.run_until(world.now.plus_ms(pause))?;
            }
        }
        Ok(())
    }

    fn apply_one(&mut self, world: &mut World, place: usize) -> Result<(), Broken> {
        let mover = self.movers[place];
        let life = world.nodes.get(&mover.to).map_or(0, |node| node.life);
        world.ask_about(mover.to, (mover.number, mover.from), None)?;
        let request = world.call(mover.to, mover.application(world))?;
        self.waiting.push((place, request, life));
        if world.plan.strikes(Fault::Repeated, &mut world.random) {
            world.tell(mover.to, mover.application(world))?;
        }
        Ok(())
    }

    /// What the clerks were answered; one whose node died before it answered tries again.
    fn hear(&mut self, world: &mut World) {
        for (place, request, life) in core::mem::take(&mut self.waiting) {
            let to = self.movers[place].to;
            match world.callers.take(request) {
                Ok(Ok(_)) => {}
                // Another transfer of the person is under way: the reply to its start was lost.
                Ok(Err(refusal)) if refusal.refusal == Refusal::InFlight => {}
                // The node recovers: the clerk tries again later.
                Ok(Err(refusal)) => {
                    let code = refusal.refusal.code();
                    world.trace.line(format_args!("{to} does not apply yet: {code}"));
                    self.again.push(place);
                }
                Err(request) => {
                    let node = world.nodes.get(&to).filter(|node| node.engine.is_some());
                    if node.is_some_and(|node| node.life == life) {
                        self.waiting.push((place, request, life));
                    } else {
                        world.callers.give_up(request);
                        self.again.push(place);
                    }
                }
            }
        }
    }

    /// Clerks go on with applications for loans.
    pub(super) fn lend(&mut self, world: &mut World) -> Result<(), Broken> {
        self.loans.go_on(world)
    }

    /// Where the applications for loans stand.
    pub(super) fn loans(&self, world: &World) -> Result<Vec<&'static str>, Broken> {
        self.loans.standing(world)
    }

    /// Somebody applies at a center, whatever it says.
    pub(super) fn try_at(&self, world: &mut World, center: CenterCode) -> Result<(), Broken> {
        let mover = self.movers.iter().find(|mover| mover.to == center);
        let Some(mover) = mover.copied() else { return Ok(()) };
        world.command(center, mover.application(world)).map(drop)
    }

    /// Clerks and reviewers look at what waits for them.
    pub(super) fn decide(&self, world: &mut World) -> Result<(), Broken> {
        for center in world.codes() {
            let Some(node) = world.nodes.get(&center) else { continue };
            if node.engine.is_none() || !node.is_center() || world.idle.contains(&center) {
                continue;
            }
            for transfer in open_transfers(node)? {
                self.look_at(world, center, transfer)?;
            }
        }
        Ok(())
    }

    fn look_at(
        &self,
        world: &mut World,
        center: CenterCode,
        transfer: TransferId,
    ) -> Result<(), Broken> {
        let Some(node) = world.nodes.get(&center) else { return Ok(()) };
        let found = transfers::find(&Staged::new(node.disk()), transfer)?;
        let Some((side, case)) = found else { return Ok(()) };
        let person = interest::number_of(&case.letter.account);
        let reason = case.task.as_ref().map(|task| task.reason);
        let first = case.task.as_ref().and_then(|task| task.first.clone());
        let name = TransferName::Id(transfer);
        let is_ours = case.letter.from == center;
        let other = if is_ours { case.letter.to } else { case.letter.from };
        if let Some(person) = person {
            world.ask_about(center, (person, other), Some(transfer))?;
        }
        if is_ours && world.plan.strikes(Fault::Cancelled, &mut world.random) {
            let cancel = TransferCommand::Cancel {
                operator: operator("clerk"),
                transfer: name,
                remark: None,
            };
            world.tell(center, Command::Transfer(Box::new(cancel)))?;
        }
        let Some(reason) = reason else { return Ok(()) };
        let (who, decision) = match first {
            // The second person sees what the first has decided.
            Some(first) if world.random.u8(0..4) > 0 => {
                (other_than(&first.operator), first.decision)
            }
            _ => {
                let Some(decision) = choose(world, reason, ((center, other), side)) else {
                    return Ok(());
                };
                (if world.random.bool() { "clerk" } else { "reviewer" }, decision)
            }
        };
        let command = TransferCommand::Decide { operator: operator(who), transfer: name, decision };
        // One that does not fit is refused, and changes nothing.
        world.tell(center, Command::Transfer(Box::new(command)))
    }
}

impl Mover {
    fn application(self, world: &World) -> Command {
        let today = world.now.date().expect("a date");
        let application = Application {
            operator: operator("clerk"),
            to: self.from,
            person: members::person(self.number, today),
            account: members::account_number(self.number, AccountStatus::Sealed),
            employer: None,
            consent: Consent {
                reference: SerialNumber::parse("C-1").expect("a serial"),
                digest: FileHash::new([1; 32]),
            },
            remark: None,
        };
        Command::Transfer(Box::new(TransferCommand::Start(Box::new(application))))
    }
}

/// The one of the two persons of a center who is not this one.
fn other_than(who: &OperatorId) -> &'static str {
    if *who == operator("clerk") { "reviewer" } else { "clerk" }
}

/// What a person decides.
fn choose(
    world: &mut World,
    reason: TaskReason,
    (centers, side): ((CenterCode, CenterCode), transfers::Side),
) -> Option<Decision> {
    let may_refuse = matches!(
        reason,
        TaskReason::ConfirmAcceptance | TaskReason::ConfirmSettlement | TaskReason::SuspiciousName
    );
    if may_refuse && world.plan.strikes(Fault::RefusedByHand, &mut world.random) {
        return Some(Decision::Refuse(RefusalReason::NotSealed, None));
    }
    let mut choices = choices(reason, centers, side);
    let may_wait = choices.contains(&Decision::Wait);
    if may_wait && world.plan.would(Fault::HeldBack, &mut world.random) {
        world.plan.count(Fault::HeldBack);
        return Some(Decision::Wait);
    }
    if choices.len() > 1 {
        choices.retain(|choice| *choice != Decision::Wait);
    }
    let place = world.random.usize(0..choices.len().max(1));
    choices.get(place).cloned()
}

/// What a reasonable person may decide.
fn choices(
    reason: TaskReason,
    (own, other): (CenterCode, CenterCode),
    side: transfers::Side,
) -> Vec<Decision> {
    let special = |center: CenterCode| {
        let account = members::settings(center, fundlink_protocol::center::Role::Center);
        let account = account.receiving_account.as_ref().and_then(SpecialAccount::of);
        account.expect("a center has a special account")
    };
    match reason {
        TaskReason::ApproveLetter | TaskReason::ConfirmDecision => vec![Decision::Approve],
        TaskReason::ConfirmAcceptance | TaskReason::LargeAmount | TaskReason::OldDocument => {
            vec![Decision::Accept(None)]
        }
        TaskReason::SuspiciousName => vec![Decision::Accept(Some(FileHash::new([2; 32])))],
        TaskReason::ConfirmSettlement => vec![Decision::Settle(None)],
        TaskReason::InterestDiffers => vec![Decision::SendSheet],
        TaskReason::PaymentFailed => {
            vec![
                Decision::PayAgain,
                Decision::Renew(None),
                Decision::Restore,
                Decision::Settle(None),
            ]
        }
        TaskReason::CorrectReceivingAccount => vec![Decision::Correct(special(own))],
        TaskReason::AmountDiffers => {
            vec![
                Decision::Wait,
                Decision::Correct(special(own)),
                Decision::SendBack(special(other)),
            ]
        }
        TaskReason::Overdue
        | TaskReason::StatementRefused
        | TaskReason::RowInQuarantine
        | TaskReason::LetterNumberTaken
        | TaskReason::CounterpartRevoked => {
            vec![Decision::Wait]
        }
        TaskReason::CoreRefused => {
            vec![
                Decision::Wait,
                Decision::Restore,
                Decision::Settle(None),
                Decision::SendSheet,
                // A letter that was about to be refused when the core would not unlock its account.
                Decision::Refuse(RefusalReason::Other, None),
            ]
        }
        TaskReason::UnexplainedMoney => match side {
            transfers::Side::In => vec![Decision::Wait, Decision::SendBack(special(other))],
            transfers::Side::Out => vec![Decision::Wait, Decision::SendBack(special(other))],
        },
    }
}
