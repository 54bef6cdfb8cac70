//! What a question costs the center that answers it, beside the primitives that it is made of.
//!
//! It must cost one strict verification, one signature and its share of one commit, whatever the
//! number of records; looking up the facts must be small beside the signature.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion};
use fundlink_protocol::account::{Account, AccountNumber, AccountStatus, SerialNumber};
use fundlink_protocol::cbor;
use fundlink_protocol::center::{CenterCode, Role};
use fundlink_protocol::cose::{Received, Unsigned, Verified};
use fundlink_protocol::deposit_history::DepositHistory;
use fundlink_protocol::document::{DocumentNumber, resident_number_of};
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::imports::{ImportItem, ImportOrder};
use fundlink_protocol::engine::input::{Input, RequestId};
use fundlink_protocol::engine::modes::ServiceMode;
use fundlink_protocol::engine::operator::{Operator, OperatorId, OperatorRole};
use fundlink_protocol::engine::output::{Output, PeerReply};
use fundlink_protocol::engine::records::{StoredAccount, Totals};
use fundlink_protocol::engine::{CoreDriver, Engine, Ports, Settings, single};
use fundlink_protocol::id::{FileHash, OperatorMark, QueryId};
use fundlink_protocol::key::{KeyPurpose, Keyring, MemoryKeyring, SigningRequest};
use fundlink_protocol::log::origin::NetworkName;
use fundlink_protocol::mode::{Mode, Service};
use fundlink_protocol::money::Fen;
use fundlink_protocol::person_name::PersonName;
use fundlink_protocol::policy::Policy;
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::record::{AccountNotes, AccountRecord, Person};
use fundlink_protocol::roster::{Member, MemberKey, MemberLog, MemberStatus, Roster, Suite};
use fundlink_protocol::statement::StatementKind;
use fundlink_protocol::statement::query::{Consent, Query};
use fundlink_protocol::store::memory::MemoryStore;
use fundlink_protocol::store::{Staged, Store as _};
use fundlink_protocol::subject::{MemoryTagger, TagEpoch};
use fundlink_protocol::time::{Date, Timestamp};
use fundlink_protocol::wire::QueryReply;

const PURPOSES: [KeyPurpose; 3] = [KeyPurpose::Statement, KeyPurpose::Log, KeyPurpose::Witness];

/// A center that answers, with its ports.
struct Answering {
    engine: Engine<MemoryStore>,
    keyring: MemoryKeyring,
    tagger: MemoryTagger,
    now: Timestamp,
    round: u64,
}

impl Answering {
    /// Datong with so many accounts.
    fn with(accounts: usize) -> Self {
        let now = Timestamp::start_of(Date::new(2026, 5, 6).unwrap());
        let mut store = MemoryStore::default();
        let mut view = Staged::new(&store);
        single::put_roster(&mut view, &roster(now));
        let batch = view.into_batch();
        store.commit(batch).unwrap();
        let engine = Engine::open(store, settings(), now).unwrap();
        let mut tagger = MemoryTagger::default();
        tagger.insert(TagEpoch(1), [7; 32].into());
        let mut node = Self { engine, keyring: keyring(asked()), tagger, now, round: 0 };
        let operator = OperatorId::parse("clerk").unwrap();
        let wanted = ServiceMode { service: Service::Query, mode: Mode::Answer };
        node.command(Command::SetMode { operator: operator.clone(), wanted });
        let balances = Fen::new(120_000 * i64::try_from(accounts).unwrap()).unwrap();
        let expected = Totals { accounts: accounts as u64, balances, ..Totals::default() };
        let files = FileHash::new([1; 32]);
        let order = ImportOrder { operator, as_of: now, files, expected };
        node.command(Command::ImportBegin(Box::new(order)));
        let numbers: Vec<usize> = (0..accounts).collect();
        for portion in numbers.chunks(500) {
            let item = |number: &usize| ImportItem::Account(Box::new(account(*number)));
            node.command(Command::ImportRecords(portion.iter().map(item).collect()));
        }
        node.command(Command::ImportCommit);
        while node.engine.next_timeout().unwrap().is_some_and(|at| at <= node.now) {
            node.run(vec![Input::Tick]);
        }
        node
    }

    fn run(&mut self, inputs: Vec<Input>) -> Vec<Output> {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.round.to_be_bytes());
        self.round += 1;
        let ports = Ports { keyring: &mut self.keyring, tagger: &mut self.tagger };
        self.engine.round(self.now, &seed, inputs, ports).unwrap()
    }

    fn command(&mut self, command: Command) {
        let input = Input::Command { request: RequestId(0), command: Box::new(command) };
        let outputs = self.run(vec![input]);
        let done = |output: &Output| matches!(output, Output::Reply { reply: Ok(_), .. });
        assert!(outputs.iter().any(done), "{outputs:?}");
    }

    fn answer(&mut self, statements: Vec<Verified>) -> usize {
        let input = |statement| Input::Statement {
            from: asker(),
            request: RequestId(1),
            statement: Box::new(statement),
        };
        let outputs = self.run(statements.into_iter().map(input).collect());
        let answers = outputs.iter().map(|output| {
            let Output::Respond { reply: PeerReply::Query(QueryReply::Answer(bytes)), .. } = output
            else {
                return 0;
            };
            bytes.len()
        });
        let size = answers.sum();
        assert!(size > 0, "refused");
        size
    }
}

fn asker() -> CenterCode {
    CenterCode::new(140_100).unwrap()
}

fn asked() -> CenterCode {
    CenterCode::new(140_200).unwrap()
}

fn keyring(center: CenterCode) -> MemoryKeyring {
    MemoryKeyring::new(PURPOSES.map(|purpose| {
        let mut seed = [purpose as u8; 32];
        seed[..4].copy_from_slice(&center.to_key());
        (purpose, seed)
    }))
}

fn roster(now: Timestamp) -> Roster {
    let member = |code: CenterCode| {
        let keyring = keyring(code);
        let from = now.plus_ms(-1);
        let key = |purpose| {
            let public = keyring.public(purpose).unwrap();
            MemberKey { purpose, public, from, until: None }
        };
        Member {
            code,
            name: format!("center {code}"),
            role: Role::Center,
            status: MemberStatus::Active,
            admitted_in: 1,
            keys: PURPOSES.map(key).to_vec(),
            addresses: Vec::new(),
            logs: vec![MemberLog { number: 1, closed: None }],
            grants: None,
            revocation: None,
        }
    };
    Roster {
        authority: CenterCode::new(140_000).unwrap(),
        issued: now,
        network: NetworkName::parse("bench").unwrap(),
        version: 1,
        previous: None,
        renew_by: now.plus_ms(1_000_000_000),
        members: vec![member(asker()), member(asked())],
        witnesses: vec![asker(), asked()],
        suite: Suite::Ed25519,
        authority_key: 1,
        tag_epoch: TagEpoch(1),
        annexes: Vec::new(),
        lending: None,
    }
}

fn settings() -> Settings {
    let roles = vec![OperatorRole::Clerk, OperatorRole::SystemAdministrator];
    let operator = (OperatorId::parse("clerk").unwrap(), Operator { roles });
    Settings {
        network: NetworkName::parse("bench").unwrap(),
        center: asked(),
        role: Role::Center,
        software: "bench".into(),
        policy: Policy { queries_per_minute: u32::MAX, ..Policy::default() },
        operators: BTreeMap::from([operator]),
        receiving_account: None,
        core_driver: CoreDriver::Embedded,
    }
}

fn person(number: usize) -> Person {
    let (year, month) = (1950 + number % 50, number / 50 % 12 + 1);
    let (day, sequence) = (number / 600 % 28 + 1, number / 16_800 % 1_000);
    let body = format!("140199{year:04}{month:02}{day:02}{sequence:03}");
    Person {
        name: PersonName::parse("李晓禾").unwrap(),
        document: DocumentNumber::Resident(resident_number_of(&body).unwrap()),
    }
}

fn account(number: usize) -> StoredAccount {
    let balance = Fen::new(120_000).unwrap();
    let account = Account {
        number: AccountNumber::parse(&format!("{number:013}")).unwrap(),
        status: AccountStatus::Normal,
        opened_on: Date::new(2023, 4, 15).unwrap(),
        balance,
        carried_over: Fen::ZERO,
        current_year: balance,
        contribution_base: balance,
        person_monthly: balance,
        unit_monthly: balance,
        closed_on: None,
        close_reason: None,
        card: None,
    };
    let record = AccountRecord {
        center: asked(),
        person: person(number),
        account,
        employment: None,
        history: DepositHistory::new(),
        imported: Vec::new(),
        withdrawals: Vec::new(),
        notes: AccountNotes::default(),
    };
    StoredAccount { record, rows: Vec::new() }
}

/// Questions as their sender signs them, each with an id of its own.
struct Asking {
    keyring: MemoryKeyring,
    now: Timestamp,
    asked: u64,
}

impl Asking {
    fn signed(&mut self, about: usize) -> Vec<u8> {
        self.asked += 1;
        let mut id = [0; 32];
        id[..8].copy_from_slice(&self.asked.to_be_bytes());
        let query = Query {
            from: asker(),
            to: asked(),
            issued_at: self.now,
            id: QueryId::new(id),
            expires: self.now.plus_ms(60_000),
            kind: QueryKind::Account,
            purpose: Purpose::LoanApplication,
            subjects: vec![person(about)],
            transfer: None,
            operator: OperatorMark::new([2; 16]),
            consent: Some(Consent {
                reference: SerialNumber::parse("SQ-1").unwrap(),
                digest: FileHash::new([3; 32]),
            }),
            serial: SerialNumber::parse("DK-1").unwrap(),
            before: None,
            property: None,
        };
        let key = self.keyring.public(KeyPurpose::Statement).unwrap().id();
        let unsigned = Unsigned::new(StatementKind::Query, key, cbor::encode(&query));
        let message = unsigned.signing_bytes("bench");
        let request = SigningRequest { purpose: KeyPurpose::Statement, message };
        unsigned.assemble(&self.keyring.sign(&[request]).unwrap()[0])
    }

    fn verified(&mut self, about: usize, roster: &Roster) -> Verified {
        let received = Received::parse(self.signed(about)).unwrap();
        received.verify(&roster.key_table(), "bench", self.now).unwrap()
    }
}

fn questions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("question");
    let now = Timestamp::start_of(Date::new(2026, 5, 6).unwrap());
    let mut asking = Asking { keyring: keyring(asker()), now, asked: 0 };
    let roster = roster(now);
    let keys = roster.key_table();

    let bytes = asking.signed(1);
    let received = Received::parse(bytes.clone()).unwrap();
    let request = SigningRequest { purpose: KeyPurpose::Statement, message: bytes.clone() };
    let own = keyring(asked());
    group.bench_function("primitive: signature", |b| {
        b.iter(|| own.sign_one(black_box(&request)).unwrap());
    });
    group.bench_function("verified", |b| {
        b.iter_batched(
            || received.clone(),
            |received| received.verify(&keys, "bench", now).unwrap(),
            BatchSize::SmallInput,
        );
    });
    for accounts in [100, 10_000] {
        let mut node = Answering::with(accounts);
        // The peer's own limit a minute is far below what a bench asks.
        let mut minute = 0;
        group.bench_with_input(BenchmarkId::new("answered, alone", accounts), &(), |b, ()| {
            b.iter_batched(
                || {
                    minute += 1;
                    asking.now = now.plus_ms(minute * 60);
                    (
                        asking.now,
                        asking.verified(usize::try_from(minute).unwrap() % accounts, &roster),
                    )
                },
                |(at, statement)| {
                    node.now = at;
                    node.answer(vec![statement])
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    questions(&mut criterion);
    criterion.final_summary();
}
