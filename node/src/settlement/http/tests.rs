//! What the HTTP driver promises, against a bank that answers from a table.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::money::Fen;
use fundlink_protocol::settlement::SpecialAccount;
use fundlink_protocol::time::Date;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::super::BankLine;
use super::*;
use crate::engine_loop::Queue;
use crate::metrics::Metrics;

fn special(number: &str) -> SpecialAccount {
    SpecialAccount {
        number: CorporateAccount::parse(number).unwrap(),
        name: PlainText::parse("太原市住房公积金管理中心").unwrap(),
        bank: PlainText::parse("建设银行").unwrap(),
    }
}

fn id(attempt: u32) -> BankOrderId {
    BankOrderId { letter: LetterNumber::parse("140100260506A00B").unwrap(), attempt }
}

fn order(attempt: u32) -> BankOrder {
    BankOrder {
        id: id(attempt),
        payer: special("1402-0001"),
        payee: special("1401-0001"),
        amount: Fen::parse("44285.84").unwrap(),
        execute_on: Date::parse("2026-05-20").unwrap(),
    }
}

async fn serve(router: Router) -> HttpBank {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    HttpBank::new(&format!("http://{address}"), CenterCode::new(140_200).unwrap()).unwrap()
}

fn report(name: &str, state: &serde_json::Value) -> Json<serde_json::Value> {
    let mut report = state.clone();
    report["order"] = name.into();
    Json(report)
}

#[tokio::test]
async fn what_the_bank_says_reaches_the_engine_in_its_words() {
    type Said = Arc<Mutex<serde_json::Value>>;
    let said: Said = Arc::default();
    let router = Router::new()
        .route(
            "/v1/orders/{name}",
            put(
                async |State(said): State<Said>, Path(name), Json(order): Json<bank_api::Order>| {
                    let name: String = name;
                    assert_eq!(order.amount.to_string(), "44285.84");
                    assert_eq!(name, "140200-140100260506a00b-01");
                    report(&name, &said.lock().unwrap())
                },
            )
            .get(async |State(said): State<Said>, Path(name): Path<String>| {
                report(&name, &said.lock().unwrap())
            }),
        )
        .route(
            "/v1/orders/{name}/recall",
            post(async |Path(name): Path<String>| {
                report(&name, &serde_json::json!({"state": "recalled"}))
            }),
        )
        .with_state(Arc::clone(&said));
    let bank = serve(router).await;
    let on = Date::parse("2026-05-20").unwrap();
    let failed = |reason: &str| serde_json::json!({"state": "failed", "reason": reason});
    for (state, outcome) in [
        (serde_json::json!({"state": "accepted"}), BankOutcome::Waiting),
        (serde_json::json!({"state": "unknown"}), BankOutcome::Unknown),
        (
            serde_json::json!({"state": "executed", "on": "2026-05-20", "reference": "R1"}),
            BankOutcome::Executed(on),
        ),
        (failed("name_differs"), BankOutcome::Failed(BankFailure::WrongPayee)),
        (failed("unknown_account"), BankOutcome::Failed(BankFailure::WrongPayee)),
        (failed("not_enough_money"), BankOutcome::Failed(BankFailure::Funds)),
        (failed("limit"), BankOutcome::Failed(BankFailure::Limit)),
        (failed("too_late"), BankOutcome::Failed(BankFailure::Other)),
        (serde_json::json!({"state": "dreaming"}), BankOutcome::Unknown),
    ] {
        *said.lock().unwrap() = state;
        for call in [BankCall::Order(order(1)), BankCall::Ask(id(1))] {
            let reply = bank.call(call).await;
            assert_eq!(reply, BankReply { order: id(1), outcome: outcome.clone() });
        }
    }
    let recalled = bank.call(BankCall::Recall(id(1))).await.outcome;
    assert_eq!(recalled, BankOutcome::Failed(BankFailure::Recalled));
}

#[tokio::test]
async fn an_order_that_may_have_arrived_is_unknown_and_one_that_did_not_is_no_such_order() {
    let bank = serve(Router::new()).await;
    assert_eq!(bank.call(BankCall::Order(order(1))).await.outcome, BankOutcome::Unknown);
    assert_eq!(bank.call(BankCall::Ask(id(1))).await.outcome, BankOutcome::NoSuchOrder);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let bank =
        HttpBank::new(&format!("http://{nobody}"), CenterCode::new(140_200).unwrap()).unwrap();
    assert_eq!(bank.call(BankCall::Order(order(1))).await.outcome, BankOutcome::Unknown);
    assert_eq!(bank.call(BankCall::Ask(id(1))).await.outcome, BankOutcome::Unknown);
}

#[tokio::test]
async fn an_order_that_the_bank_refuses_goes_to_a_person_and_is_not_asked_after_for_ever() {
    async fn answer(status: u16, body: &'static str) -> BankOutcome {
        let status = StatusCode::from_u16(status).unwrap();
        let router = Router::new().route("/v1/orders/{name}", put(async move || (status, body)));
        serve(router).await.call(BankCall::Order(order(1))).await.outcome
    }
    let other = BankOutcome::Failed(BankFailure::OtherContent);
    let said = r#"{"code": "other_content", "message": "no"}"#;
    assert_eq!(answer(409, said).await, other);
    assert_eq!(answer(409, "").await, other, "in whatever words");
    let failed = BankOutcome::Failed(BankFailure::Other);
    for code in ["malformed", "unknown_account"] {
        let body = format!(r#"{{"code": "{code}", "message": "no"}}"#).leak();
        assert_eq!(answer(400, body).await, failed, "{code}");
    }
    // What a proxy in between says is no word of the bank.
    for status in [400, 403, 502, 503, 504] {
        assert_eq!(answer(status, "").await, BankOutcome::Unknown, "{status}");
    }
}

#[derive(Deserialize)]
struct Page {
    since: u64,
    limit: u32,
}

#[tokio::test]
async fn notices_are_read_to_the_end_and_then_waited_for() {
    // Three notices, two a page.
    async fn page(Path(account): Path<String>, Query(page): Query<Page>) -> Json<NoticePage> {
        assert!(page.limit > 0);
        let last = (page.since + 2).min(3);
        let notices = (page.since..last).map(|number| bank_api::Notice {
            account: CorporateAccount::parse(&account).unwrap(),
            reference: format!("R{number}"),
            direction: bank_api::Direction::Credit,
            amount: Fen::parse("1.00").unwrap(),
            kind: bank_api::LineKind::Payment,
            summary: "140100260506A00B".into(),
            counterpart: CorporateAccount::parse("1402-0001").unwrap(),
            booked_on: Date::parse("2026-05-20").unwrap(),
            order: None,
        });
        Json(NoticePage { notices: notices.collect(), next: last })
    }
    let bank = serve(Router::new().route("/v1/accounts/{account}/notices", get(page))).await;
    let mut queue = Queue::new(Metrics::new().engine);
    let (stop, stopping) = watch::channel(false);
    let poll = Poll { every: Duration::from_millis(1), stopping };
    let account = CorporateAccount::parse("1401-0001").unwrap();
    let engine = queue.handle.clone();
    let watching = tokio::spawn(bank.watch(account, NoticeCursor(0), engine, poll));
    for (expected, references) in [(2, vec!["R0", "R1"]), (3, vec!["R2"])] {
        let Some(Input::BankNotices { cursor, notices }) = queue.receive().await else {
            panic!("no notices");
        };
        assert_eq!(cursor, NoticeCursor(expected));
        let found: Vec<&str> = notices.iter().map(|notice| notice.reference.0.as_str()).collect();
        assert_eq!(found, references);
        assert_eq!(notices[0].letter(), Some(id(1).letter));
    }
    stop.send_replace(true);
    watching.await.unwrap();
    assert!(queue.is_empty(), "a page without news is no input");
}

#[tokio::test]
async fn calls_are_carried_and_a_center_without_a_bank_pays_nothing() {
    let (line, calls) = BankLine::open();
    let mut queue = Queue::new(Metrics::new().engine);
    let bank = serve(Router::new()).await;
    let carrying = tokio::spawn(bank.carry(calls, queue.handle.clone()));
    assert!(line.ask(id(2)).is_none());
    let Some(Input::BankReply(reply)) = queue.receive().await else { panic!("no reply") };
    assert_eq!(reply, BankReply { order: id(2), outcome: BankOutcome::NoSuchOrder });
    drop(line);
    carrying.await.unwrap();

    let off = BankLine::off();
    let Some(Input::BankReply(reply)) = off.order(order(1)) else { panic!("no reply") };
    assert_eq!(reply.outcome, BankOutcome::Failed(BankFailure::Other));
    let Some(Input::BankReply(reply)) = off.ask(id(1)) else { panic!("no reply") };
    assert_eq!(reply.outcome, BankOutcome::Unknown);
}
