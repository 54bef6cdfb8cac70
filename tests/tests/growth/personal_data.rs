//! No personal data leaves the centers concerned: a tour of everything that a network does, with every
//! log line switched on and a node that breaks; then logs, metrics, gossip, the authority's disk and the
//! stores of those who have no business with a person are searched for all that tells persons apart.
//!
//! **Promises.** What is looked for is looked for where it must be, too, so that a search that finds
//! nothing has looked.
//! **Left to others.** Forms of the data, and reading stores: `fundlink_tests::search`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use fundlink_node::config::LogFormat;
use fundlink_node::config::file::ConfigFile;
use fundlink_node::keyfile;
use fundlink_node::keyfile::passphrase::PassphraseSource;
use fundlink_node::network::{
    self, MemberTable, NetworkConfig, NetworkEvent, NetworkHandle, NetworkLimits, Protocol, Verdict,
};
use fundlink_node::settlement::bank_api::FailureReason;
use fundlink_node::store::sled::SledStore;
use fundlink_protocol::cbor;
use fundlink_protocol::engine::transfer_case::Payment;
use fundlink_protocol::engine::transfers_out;
use fundlink_protocol::id::TransferId;
use fundlink_protocol::key::KeyPurpose;
use fundlink_protocol::money::Fen;
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, Store as _, View as _};
use fundlink_testnet::bank::{Behaviour, Rule};
use fundlink_testnet::member::{AUTHORITY, CLERK, DATONG, Identity, LINFEN, REVIEWER, TAIYUAN};
use fundlink_tests::case::Case;
use fundlink_tests::dump::{Dump, DumpFile, Saver};
use fundlink_tests::member::Member;
use fundlink_tests::people::{
    LI_IN_DATONG, LI_NEW_IN_TAIYUAN, WANG_IN_DATONG, ZHANG_IN_DATONG, ZHOU_IN_LINFEN, newcomer,
};
use fundlink_tests::program::Said;
use fundlink_tests::province::{NETWORK, Plan, Province, admit, at};
use fundlink_tests::rogue::{Rogue, address};
use fundlink_tests::search::{Needle, Search};
use prometheus_client::registry::Registry;
use zeroize::Zeroizing;

/// A member that only listens: what it hears, anybody in the network can hear.
const LISTENER: Identity = Identity {
    center: "140700",
    name: "晋中市住房公积金管理中心",
    english: "jinzhong",
    special_account: Some("9990-0140700-0001"),
};

/// Deposits that tell her apart.
const WANG: Saver = Saver { deposit: 95_137, ..WANG_IN_DATONG };
/// What 周临 still owes in either city, in fen.
const OWED: [i64; 2] = [28_765_432, 19_876_543];
/// What 李晓禾 takes along on 20 May 2026: principal and interest.
const LI_AMOUNT: i64 = 4_428_584;

/// Everything that tells a saver apart.
fn needles_of(saver: &Saver, amounts: &[i64]) -> Vec<Needle> {
    let Saver { name, document, account, .. } = saver;
    let of = |what: &str| format!("{what} of {name}");
    let old = format!("{}{}", &document[..6], &document[8..17]);
    let mut needles = vec![
        Needle::text(&of("the name"), name),
        Needle::text(&of("the number"), document),
        Needle::text(&of("the number of 15 digits"), &old),
        Needle::text(&of("the account"), account),
    ];
    needles.extend(amounts.iter().map(|fen| Needle::amount(&of("an amount"), *fen)));
    needles
}

/// Those whom Datong and Taiyuan have to do with.
fn between_datong_and_taiyuan() -> Vec<Needle> {
    let li = needles_of(&LI_IN_DATONG, &[LI_IN_DATONG.balance(), LI_AMOUNT]);
    let li_there = Needle::text("the new account of 李晓禾", LI_NEW_IN_TAIYUAN.account);
    let wang = needles_of(&WANG, &[WANG.balance()]);
    let zhang = needles_of(&ZHANG_IN_DATONG, &[ZHANG_IN_DATONG.balance()]);
    [li, vec![li_there], wang, zhang].concat()
}

/// The one whom Datong and Linfen have to do with.
fn between_datong_and_linfen() -> Vec<Needle> {
    needles_of(&ZHOU_IN_LINFEN, &[ZHOU_IN_LINFEN.balance(), OWED[0], OWED[1]])
}

/// A member of the network that keeps all that comes to it.
struct Listener {
    handle: NetworkHandle,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Listener {
    fn start(province: &Province) -> Self {
        let home = province.member(LISTENER).home.join("keys");
        let keys = keyfile::read(&home, &PassphraseSource::Nowhere).unwrap();
        let others = [AUTHORITY, TAIYUAN, DATONG, LINFEN];
        let entry = |identity| {
            let member: &Member = province.member(identity);
            (Rogue::of(member).peer.key(), vec![address(member)])
        };
        let config = NetworkConfig {
            secret: Zeroizing::new(*keys.newest(KeyPurpose::Peer).unwrap().expose()),
            network: NETWORK.to_owned(),
            listen: vec![address(province.member(LISTENER))],
            members: others.into_iter().map(entry).collect::<MemberTable>(),
            limits: NetworkLimits::default(),
        };
        let _inside = province.runtime().enter();
        let (handle, mut events) = network::start(config, &mut Registry::default()).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (kept, judging) = (Arc::clone(&heard), handle.clone());
        province.runtime().spawn(async move {
            while let Some(event) = events.recv().await {
                if let NetworkEvent::Gossip { id, bytes, .. } = event {
                    judging.judge_gossip(id, Verdict::Accept).ok();
                    kept.lock().unwrap().push(bytes);
                } else if let NetworkEvent::Request { protocol, frame, .. } = event {
                    // A question to this center as one that may hold something is said to it alone.
                    if matches!(protocol, Protocol::Sync | Protocol::Roster) {
                        kept.lock().unwrap().push(frame.into_bytes());
                    }
                }
            }
        });
        Self { handle, heard }
    }

    fn stop(self, province: &Province) -> Vec<Vec<u8>> {
        province.runtime().block_on(self.handle.shutdown());
        let heard = self.heard.lock().unwrap();
        heard.clone()
    }
}

/// A network whose nodes log all that they can, as JSON, and that one more member listens to.
fn loud_province() -> (Province, Listener) {
    let configure = |_: Identity, file: &mut ConfigFile| file.log.format = LogFormat::Json;
    let plan = Plan {
        begin: Some(at("2026-05-20", 9)),
        later: &[LISTENER],
        configure,
        ..Plan::of(&[TAIYUAN, DATONG, LINFEN])
    };
    let mut province = Province::form(&plan);
    admit(province.member(AUTHORITY), province.member(LISTENER));
    let version = province.version(AUTHORITY);
    province.await_version(version);
    for identity in [AUTHORITY, TAIYUAN, DATONG, LINFEN] {
        let member = province.member_mut(identity);
        member.stop();
        member.start_loud();
    }
    let listener = Listener::start(&province);
    (province, listener)
}

fn import_all(province: &Province) {
    for service in ["query", "certificate", "transfer"] {
        province.set_mode(service, "auto");
    }
    let Saver { name, document, .. } = ZHOU_IN_LINFEN;
    let owes = |dump: &mut Dump, contract: &str, fen: i64| {
        let left = fundlink_tests::dump::yuan(fen);
        let who = format!("{contract},{contract},{name},01,{document}");
        let sums = format!("400000.00,400000.00,20240110,{left},0.0285,240");
        dump.row(DumpFile::Loans, format_args!("{who},{sums},,0,0,"));
    };
    let mut datong = Dump::of(&[LI_IN_DATONG, WANG, ZHANG_IN_DATONG]);
    owes(&mut datong, "JK140200-2024-0001", OWED[1]);
    // An export with faults: refused whole, and its lines named without their values.
    let mut faulty = datong.clone();
    let broken = faulty.text(DumpFile::Accounts);
    *broken = broken.replace(",02,", ",77,");
    let folder = province.folder().join("faulty");
    faulty.write_with(&folder, |text| encoding_rs::GB18030.encode(text).0.into_owned());
    let import = ["data", "import", folder.to_str().unwrap(), "--operator", CLERK];
    assert_ne!(province.member(DATONG).run(&import).exit, Some(0));
    province.import(DATONG, &datong);
    let new = [(WANG, "9926050700023"), (ZHANG_IN_DATONG, "9926050700022")];
    let new = new.map(|(saver, account)| newcomer(saver, account, (2026, 5)));
    province.import(TAIYUAN, &Dump::of(&[LI_NEW_IN_TAIYUAN, new[0], new[1]]));
    let mut linfen = Dump::of(&[ZHOU_IN_LINFEN]);
    owes(&mut linfen, "JK141000-2024-0001", OWED[0]);
    province.import(LINFEN, &linfen);
}

/// A clerk of Taiyuan asks Datong about a person.
fn ask(province: &Province, (kind, purpose): (&str, &str), (name, document): (&str, &str)) -> Said {
    let consent = province.folder().join("consent.txt");
    std::fs::write(&consent, "本人授权").unwrap();
    let words = ["--json", "ask", kind, "--center", DATONG.center, "--purpose", purpose];
    let more = ["--serial", "YW-1", "--operator", CLERK, "--consent", "SQ-1"];
    let last = ["--consent-file", consent.to_str().unwrap(), "--subject-file", "-"];
    let typed = format!("XingMing,ZJHM\n{name},{document}\n");
    province.member(TAIYUAN).run_reading(&[&words[..], &more, &last].concat(), &typed)
}

/// Everything that a network does; gives a transfer that the bank did not pay.
fn tour(province: &mut Province) -> Case {
    import_all(province);
    let li = (LI_IN_DATONG.name, LI_IN_DATONG.document);
    for other in [LINFEN, DATONG] {
        province.await_check(TAIYUAN, other, li);
    }
    for (what, who) in [
        (("account", "L1"), li),
        (("account", "L1"), (ZHANG_IN_DATONG.name, LI_IN_DATONG.document)),
        (("deposit-certificate", "C1"), (WANG.name, WANG.document)),
        (("access-list", "A1"), li),
    ] {
        let asked = ask(province, what, who);
        assert!(asked.exit.is_some_and(|exit| exit < 4), "{}", asked.all());
    }
    let done = ("completed", "00");
    let moved = province.start(TAIYUAN, DATONG, &LI_IN_DATONG);
    province.await_states(&moved, done, done);
    let refused = province.start(TAIYUAN, DATONG, &ZHANG_IN_DATONG);
    province.await_state(TAIYUAN, &refused, ("rejection_confirmed", "40"));
    province.until("an alert about two loans", |province| {
        let alerts = province.member(AUTHORITY).ask(&["alerts"]);
        alerts.to_string().contains("double_loan").then_some(())
    });
    let fails = Behaviour { fail: Some(FailureReason::Limit), ..Behaviour::default() };
    province.bank.with(|bank, _| bank.add_rule(Rule::for_next(1, fails)));
    let unpaid = province.start(TAIYUAN, DATONG, &WANG);
    province.await_state(DATONG, &unpaid, ("pay_failed", "06"));
    unpaid
}

/// Datong's store says of a transfer what cannot be: an order is with the bank that had failed. The
/// next decision finds that an invariant is broken.
fn break_an_invariant(province: &mut Province, case: &Case) {
    let datong = province.member_mut(DATONG);
    datong.stop();
    let mut store = SledStore::open(&datong.home.join("data")).unwrap();
    let id = TransferId::parse(&case.id).unwrap();
    let mut view = Staged::new(&store);
    let mut outgoing = transfers_out::load(&view, id).unwrap().unwrap();
    let amount = outgoing.settled_amount();
    let (attempt, asked, debited_before) = (outgoing.case.attempts, 0, Fen::ZERO);
    let execute_on = outgoing.settled.as_ref().unwrap().value_date;
    outgoing.case.payment = Some(Payment { attempt, amount, execute_on, asked, debited_before });
    view.put(key(Area::TransferOut, &[id.as_bytes()]), cbor::encode(&outgoing));
    let batch = view.into_batch();
    store.commit(batch).unwrap();
    drop(store);
    datong.start_loud();
    province.until("the witnesses' answers", |province| {
        (!province.member(DATONG).is_recovering()).then_some(())
    });
    let decided = province.decide(DATONG, case, REVIEWER, &["pay-again"]);
    assert_eq!(decided.exit, Some(3), "the node went away: {}", decided.all());
    let datong = province.member_mut(DATONG);
    assert_ne!(datong.await_end(), Some(0));
    let broken = "an invariant of the node is broken: a transfer has one order at the bank";
    assert!(datong.log().contains(broken), "{}", &datong.log()[datong.log().len() - 2_000..]);
}

#[test]
fn nothing_of_a_person_is_found_outside_the_stores_of_the_centers_concerned() {
    let (mut province, listener) = loud_province();
    let unpaid = tour(&mut province);
    let everybody = [AUTHORITY, TAIYUAN, DATONG, LINFEN];
    let metrics = everybody.map(|identity| province.member(identity).get("/metrics").unwrap().1);
    break_an_invariant(&mut province, &unpaid);
    for identity in [AUTHORITY, TAIYUAN, LINFEN] {
        province.member_mut(identity).stop();
    }
    let heard = listener.stop(&province);
    assert!(heard.len() > 10, "{} messages were heard", heard.len());

    let all = Search::new([between_datong_and_taiyuan(), between_datong_and_linfen()].concat());
    let mut found = BTreeSet::new();
    for bytes in &heard {
        found.append(&mut all.bytes("gossip", bytes));
    }
    for (identity, metrics) in everybody.iter().zip(&metrics) {
        assert!(metrics.contains("fundlink_"), "{metrics}");
        found.append(
            &mut all.bytes(&format!("metrics of {}", identity.english), metrics.as_bytes()),
        );
        let log = province.member(*identity).log();
        assert!(log.lines().any(|line| line.contains("\"level\":\"DEBUG\"")), "it is loud");
        found.append(&mut all.bytes(&format!("log of {}", identity.english), log.as_bytes()));
    }
    // The authority's disk: its files as they are, and its store as it is read.
    let authority = province.member(AUTHORITY);
    found.append(&mut all.files(&authority.home));
    found.append(&mut all.store(&authority.home.join("data")));
    // Those who follow the logs of others and have no business with their people.
    let of_others = Search::new(between_datong_and_taiyuan());
    let linfen = province.member(LINFEN).home.clone();
    found.append(&mut of_others.files(&linfen));
    found.append(&mut of_others.store(&linfen.join("data")));
    let of_others = Search::new(between_datong_and_linfen());
    let taiyuan = province.member(TAIYUAN).home.clone();
    found.append(&mut of_others.files(&taiyuan));
    found.append(&mut of_others.store(&taiyuan.join("data")));
    assert_eq!(found, BTreeSet::new());

    // Where it must be, it is found: this search has looked.
    let datong = province.member(DATONG).home.join("data");
    let there = all.store(&datong);
    for needle in [between_datong_and_taiyuan(), between_datong_and_linfen()].concat() {
        let own = !needle.what.contains("new account") && !needle.what.contains("15 digits");
        let elsewhere = needle.what == "the account of 周临" || needle.what == "an amount of 周临";
        let is_there = there.iter().any(|place| place.contains(&needle.what));
        assert!(is_there || !own || elsewhere, "{} is not found in {there:?}", needle.what);
    }
}
