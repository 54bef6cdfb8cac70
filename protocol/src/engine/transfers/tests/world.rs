//! A province with a bank, people with accounts, and what a test does with transfers.

use crate::account::SerialNumber;
use crate::account::{AccountNumber, AccountStatus, BusinessType, LedgerEntry, ReversalFlag};
use crate::center::CenterCode;
use crate::deposit_history::DepositHistory;
use crate::engine::command::{Command, Reply};
use crate::engine::imports::ImportItem;
use crate::engine::input::Input;
use crate::engine::operator::OperatorId;
use crate::engine::output::CommandRefusal;
use crate::engine::output::Output;
use crate::engine::records::{self, StoredAccount};
use crate::engine::recovery;
use crate::engine::rosters::command::NetCommand;
use crate::engine::transfer_command::{
    Application, Decision, TransferCommand, TransferFilter, TransferLine, TransferName,
    TransferView,
};
use crate::engine::{Engine, Settings};
use crate::id::{FileHash, TransferId};
use crate::interest::{Accrual, InterestRules};
use crate::ledger::{self, TrialBalance};
use crate::mode::Mode;
use crate::money::Fen;
use crate::month_set::MonthSet;
use crate::plain_text::PlainText;
use crate::statement::query::Consent;
use crate::store::memory::MemoryStore;
use crate::store::{Staged, Store as _};
use crate::testing::bank::Bank;
use crate::testing::people::{account, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, Province, TAIYUAN};
use crate::time::{Date, Month, Timestamp};

/// The centers of the tests.
pub(super) const CENTERS: [CenterCode; 3] = [TAIYUAN, DATONG, LINFEN];

/// A province with a bank.
pub(super) struct World {
    pub(super) province: Province,
    pub(super) bank: Bank,
    /// Backups of a center that are taken after every step, if they are.
    pub(super) backups: Option<(CenterCode, Vec<MemoryStore>)>,
    cash_at_first: i128,
    persons_at_first: i128,
}

pub(super) fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

pub(super) fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// So many deposits of an amount on the 15th, from a month on, with the interest of past years.
pub(super) fn saver(
    center: CenterCode,
    number: &str,
    whose: (&str, &str),
    (first, months, deposit): (u32, i32, &str),
    as_of: &str,
) -> StoredAccount {
    let mut stored = account(center, number, whose, 0);
    let rules = InterestRules::default();
    let first = Month::from_number(first).unwrap();
    let day = |month: Month| month.first_day().unwrap().plus_days(14).unwrap();
    let mut accrual = Accrual::open(day(first));
    let mut rows = Vec::new();
    let row = |business, posted_on, amount, pay_month: Option<Month>| LedgerEntry {
        account: AccountNumber::parse(number).unwrap(),
        serial: SerialNumber::parse("S1").unwrap(),
        posted_on,
        business,
        pay_month,
        amount,
        interest: Fen::ZERO,
        reversal: ReversalFlag::Original,
        reason: None,
    };
    let paid: Vec<Month> = (0..months).filter_map(|n| first.plus(n)).collect();
    for month in &paid {
        for cut in accrual.post(day(*month), yuan(deposit), &rules).unwrap() {
            rows.push(row(BusinessType::YearEndInterest, cut.on, cut.amount, None));
        }
        rows.push(row(BusinessType::Deposit, day(*month), yuan(deposit), Some(*month)));
    }
    for cut in accrual.advance(date(as_of), &rules).unwrap() {
        rows.push(row(BusinessType::YearEndInterest, cut.on, cut.amount, None));
    }
    stored.rows = rows;
    stored.record.account.balance = accrual.balance();
    stored.record.account.current_year = accrual.balance();
    stored.record.account.opened_on = day(first);
    stored.record.history =
        DepositHistory::from_months(paid.into_iter().collect(), &MonthSet::new());
    stored
}

/// An account that takes deposits: where money from elsewhere is credited.
pub(super) fn newcomer(center: CenterCode, number: &str, whose: (&str, &str)) -> StoredAccount {
    let mut stored = account(center, number, whose, 0);
    stored.record.account.status = AccountStatus::Normal;
    stored
}

pub(super) fn clerk() -> OperatorId {
    OperatorId::parse("clerk").unwrap()
}

pub(super) fn reviewer() -> OperatorId {
    OperatorId::parse("reviewer").unwrap()
}

/// An application for an account elsewhere.
pub(super) fn application(to: CenterCode, number: &str, whose: (&str, &str)) -> Application {
    Application {
        operator: clerk(),
        to,
        person: person(whose),
        account: AccountNumber::parse(number).unwrap(),
        employer: None,
        consent: Consent {
            reference: SerialNumber::parse("C-1").unwrap(),
            digest: FileHash::new([1; 32]),
        },
        remark: None,
    }
}

impl World {
    /// A province at 09:00 of a day, all services in mode `auto`, with these accounts.
    pub(super) fn new(day: &str, accounts: Vec<StoredAccount>) -> Self {
        let mut world = Self {
            province: Province::starting(date(day)),
            bank: Bank::default(),
            backups: None,
            cash_at_first: 0,
            persons_at_first: 0,
        };
        for center in CENTERS {
            world.province.set_modes(center, Mode::Auto);
            let own = accounts.iter().filter(|account| account.record.center == center);
            let items: Vec<ImportItem> =
                own.map(|account| ImportItem::Account(Box::new(account.clone()))).collect();
            world.province.import(center, items).unwrap();
        }
        world.cash_at_first = world.cash();
        world.persons_at_first = world.persons();
        world.run();
        world
    }

    /// Lets everything happen that needs no time, and checks that no money was made or lost.
    pub(super) fn run(&mut self) {
        let mut rounds = 0;
        loop {
            self.take_backups();
            self.province.advance(20);
            self.check();
            let waits = |output: &Output| matches!(output, Output::CoreOrder(_));
            if self.province.outside.iter().any(|(_, output)| waits(output)) {
                break;
            }
            if !self.bank.serve(&mut self.province) {
                break;
            }
            rounds += 1;
            assert!(rounds < 10_000, "the bank does not come to rest");
        }
    }

    /// From now on money is somebody else's matter: with a core of its own a center keeps no ledger
    /// here.
    pub(super) fn without_ledgers(&mut self) {
        self.cash_at_first = 0;
    }

    /// The store of a node, as a backup of this moment has it.
    pub(super) fn backup(&mut self, at: CenterCode) -> MemoryStore {
        self.province.node(at).engine.store().clone()
    }

    /// Handles what waits one by one, with a backup after each.
    fn take_backups(&mut self) {
        let Some((at, mut backups)) = self.backups.take() else { return };
        loop {
            let store = self.backup(at);
            if backups.last() != Some(&store) {
                backups.push(store);
            }
            if !self.province.step() {
                break;
            }
        }
        self.backups = Some((at, backups));
    }

    /// Puts a backup in the place of a node's store, as `fundlink restore` does, and lets everything
    /// happen: the members give back what they have, the authority opens the next log, and the bank
    /// reports again. No figure is held against another before all of that has come.
    pub(super) fn restore(&mut self, at: CenterCode, backup: (MemoryStore, Timestamp)) {
        self.restart_from(at, backup);
        self.come_back(at);
    }

    /// Puts a backup in the place of a node's store and starts the node.
    pub(super) fn restart_from(
        &mut self,
        at: CenterCode,
        (mut store, taken): (MemoryStore, Timestamp),
    ) {
        let now = self.province.now;
        let mut view = Staged::new(&store);
        recovery::mark_restored(&mut view, at, (now, taken)).unwrap();
        let batch = view.into_batch();
        store.commit(batch).unwrap();
        self.replace(at, store);
    }

    /// Puts another store in the place of a node's and starts the node.
    pub(super) fn replace(&mut self, at: CenterCode, store: MemoryStore) {
        let now = self.province.now;
        let settings = self.province.node(at).engine.settings().clone();
        self.province.node(at).engine = Engine::open(store, settings, now).unwrap();
        self.province.restart(at);
    }

    /// The members give back what they have, and the authority opens the next log.
    pub(super) fn open_next_log(&mut self, at: CenterCode) {
        self.province.connect_all();
        self.province.advance(2_000);
        let next = Command::Net(NetCommand::NextLog(at));
        self.province.command(AUTHORITY, next).unwrap();
        self.province.connect_all();
    }

    /// The members give back what they have, the authority opens the next log, the bank reports again.
    pub(super) fn come_back(&mut self, at: CenterCode) {
        self.open_next_log(at);
        self.bank.report_again(&mut self.province, at);
        for _ in 0..30 {
            self.province.advance(1_000);
            while self.bank.serve(&mut self.province) {
                self.province.advance(1_000);
            }
        }
        self.check();
    }

    /// A person lets a node go on without what it waits for.
    pub(super) fn let_go(&mut self, at: CenterCode) -> Result<(), CommandRefusal> {
        let reason = PlainText::parse("the witnesses are lost").unwrap();
        let order = recovery::OverrideOrder { operator: clerk(), reason };
        let done = self.province.command(at, Command::OverrideRecovery(order)).map(drop);
        self.province.advance(1_000);
        done
    }

    /// Lets everything happen until an external core is given an order.
    pub(super) fn run_until_order(&mut self) {
        loop {
            self.province.advance(20);
            let is_order = |output: &Output| matches!(output, Output::CoreOrder(_));
            if self.province.outside.iter().any(|(_, output)| is_order(output)) {
                break;
            }
            assert!(self.bank.serve(&mut self.province), "no order comes");
        }
    }

    /// The same, where it may take minutes.
    pub(super) fn wait_for_order(&mut self) {
        let is_order = |output: &Output| matches!(output, Output::CoreOrder(_));
        for _ in 0..1_000 {
            if self.province.outside.iter().any(|(_, output)| is_order(output)) {
                return;
            }
            if !self.bank.serve(&mut self.province) {
                self.province.advance(1_000);
            }
        }
        panic!("no order comes");
    }

    /// Lets time pass to 09:00 of a day, with a look at each midnight.
    pub(super) fn go_to(&mut self, day: &str) {
        let end = Timestamp::start_of(date(day)).plus_ms(9 * 3_600_000);
        while self.province.now < end {
            let today = self.province.now.date().unwrap();
            let midnight = Timestamp::start_of(today.plus_days(1).unwrap());
            self.province.now = midnight.min(end);
            self.tick();
        }
    }

    /// Lets minutes pass, one by one.
    pub(super) fn wait_minutes(&mut self, minutes: i64) {
        for _ in 0..minutes {
            self.province.now = self.province.now.plus_ms(60_000);
            self.tick();
        }
    }

    fn tick(&mut self) {
        for center in CENTERS {
            self.province.input(center, Input::Tick);
        }
        self.run();
    }

    pub(super) fn transfer(
        &mut self,
        at: CenterCode,
        command: TransferCommand,
    ) -> Result<Box<Reply>, CommandRefusal> {
        let request = self.province.give(at, Command::Transfer(Box::new(command)));
        self.take_backups();
        self.province.drive();
        let reply = self.province.replies.remove(&request).expect("every command gets a reply");
        self.run();
        reply
    }

    pub(super) fn start(
        &mut self,
        at: CenterCode,
        application: Application,
    ) -> Result<TransferId, CommandRefusal> {
        let reply = self.transfer(at, TransferCommand::Start(Box::new(application)))?;
        let Reply::Transfer(view) = *reply else { panic!("another reply") };
        Ok(view.line.transfer)
    }

    pub(super) fn show(&mut self, at: CenterCode, transfer: TransferId) -> TransferView {
        let name = TransferName::Id(transfer);
        let reply = self.transfer(at, TransferCommand::Show(name)).unwrap();
        let Reply::Transfer(view) = *reply else { panic!("another reply") };
        *view
    }

    pub(super) fn list(&mut self, at: CenterCode, filter: TransferFilter) -> Vec<TransferLine> {
        let reply = self.transfer(at, TransferCommand::List(filter)).unwrap();
        let Reply::Transfers(lines) = *reply else { panic!("another reply") };
        lines
    }

    pub(super) fn decide(
        &mut self,
        at: CenterCode,
        transfer: TransferId,
        (operator, decision): (OperatorId, Decision),
    ) -> Result<(), CommandRefusal> {
        let transfer = TransferName::Id(transfer);
        let command = TransferCommand::Decide { operator, transfer, decision };
        self.transfer(at, command).map(drop)
    }

    pub(super) fn cancel(
        &mut self,
        at: CenterCode,
        transfer: TransferId,
    ) -> Result<(), CommandRefusal> {
        let transfer = TransferName::Id(transfer);
        let command = TransferCommand::Cancel { operator: clerk(), transfer, remark: None };
        self.transfer(at, command).map(drop)
    }

    /// Starts a node again with other settings.
    pub(super) fn change_settings(&mut self, at: CenterCode, change: impl FnOnce(&mut Settings)) {
        let mut node = self.province.nodes.remove(&at).unwrap();
        let mut settings = node.engine.settings().clone();
        change(&mut settings);
        let store = node.engine.into_store();
        node.engine = Engine::open(store, settings, self.province.now).unwrap();
        self.province.nodes.insert(at, node);
        self.province.input(at, Input::Started);
        self.run();
    }

    /// State and national code of both sides.
    pub(super) fn states(
        &mut self,
        transfer: TransferId,
        (at, from): (CenterCode, CenterCode),
    ) -> [(&'static str, &'static str); 2] {
        [at, from].map(|center| {
            let state = self.show(center, transfer).line.state;
            (state.name(), state.national_code().code())
        })
    }

    /// Whether both sides are done; the letter may still be on its way.
    pub(super) fn is_completed(
        &mut self,
        transfer: TransferId,
        (at, from): (CenterCode, CenterCode),
    ) -> bool {
        let all = || TransferFilter { ended: true, ..Default::default() };
        [at, from].into_iter().all(|center| {
            let lines = self.list(center, all());
            lines.iter().any(|line| line.transfer == transfer && line.state.name() == "completed")
        })
    }

    pub(super) fn stored(&mut self, center: CenterCode, number: &str) -> StoredAccount {
        let store = self.province.node(center).engine.store().clone();
        let number = AccountNumber::parse(number).unwrap();
        records::account(&Staged::new(&store), &number).unwrap().unwrap().0
    }

    pub(super) fn totals(&self, center: CenterCode) -> TrialBalance {
        let store = self.province.nodes[&center].engine.store();
        ledger::trial_balance(&Staged::new(store)).unwrap()
    }

    /// What every commit keeps: each ledger sums to zero, and the centers' cash together with what
    /// the banks hold on the way is what it was.
    pub(super) fn check(&self) {
        self.check_ledgers();
        if self.cash_at_first != 0 {
            assert_eq!(self.cash(), self.cash_at_first, "no money is made or lost");
        }
    }

    /// Each ledger sums to zero.
    pub(super) fn check_ledgers(&self) {
        for center in CENTERS {
            assert_eq!(self.totals(center).sum(), 0, "{center}");
        }
    }

    /// Money comes from outside the network: so many fen lie with the banks.
    pub(super) fn bring_from_outside(&mut self, fen: i64) {
        self.bank.on_the_way += i128::from(fen);
        self.cash_at_first += i128::from(fen);
    }

    /// What persons are owed more than at first: the interest that was settled.
    pub(super) fn persons_gained(&self) -> i128 {
        self.persons() - self.persons_at_first
    }

    fn persons(&self) -> i128 {
        CENTERS.iter().map(|center| i128::from(self.totals(*center).persons)).sum()
    }

    fn cash(&self) -> i128 {
        let cash = CENTERS.iter().map(|center| -i128::from(self.totals(*center).cash));
        cash.sum::<i128>() + self.bank.on_the_way
    }
}
