//! The bank over a real socket.

use fundlink_node::settlement::bank_api::{OrderKind, OrderState};
use fundlink_protocol::letter_number::LetterNumber;
use fundlink_protocol::time::Date;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

fn clock() -> Clock {
    let noon = Timestamp::start_of(Date::parse("2026-05-20").unwrap()).plus_ms(43_200_000);
    Arc::new(move || noon)
}

/// Sends a request and gives back status and body.
async fn call(server: &BankServer, line: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: bank\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn order() -> Order {
    Order {
        from: CorporateAccount::parse("1402-0001").unwrap(),
        to: CorporateAccount::parse("1401-0001").unwrap(),
        to_name: "太原".into(),
        amount: Fen::parse("44285.84").unwrap(),
        kind: OrderKind::Whole,
        letter: LetterNumber::parse("1401002605060001").unwrap(),
        execute_on: Date::parse("2026-05-20").unwrap(),
    }
}

async fn server() -> BankServer {
    let server = BankServer::start(Bank::default(), clock(), 0).await.unwrap();
    for (account, name) in [("1402-0001", "大同"), ("1401-0001", "太原")] {
        let opening = json!({"account": account, "name": name, "balance": "100000.00"});
        let opened = call(&server, "POST /control/accounts", &opening.to_string()).await;
        assert_eq!(opened.0, 204);
    }
    server
}

#[tokio::test]
async fn orders_notices_and_totals_go_over_http() {
    let server = server().await;
    let body = serde_json::to_string(&order()).unwrap();
    let (status, report) = call(&server, "PUT /v1/orders/a-01", &body).await;
    assert_eq!((status, &report["state"]), (200, &json!("executed")));
    let again = call(&server, "PUT /v1/orders/a-01", &body).await;
    assert_eq!(again, (200, report.clone()));
    assert_eq!(call(&server, "GET /v1/orders/a-01", "").await, (200, report.clone()));
    let report: OrderReport = serde_json::from_value(report).unwrap();
    assert!(matches!(report.state, OrderState::Executed { .. }));

    let notices = "GET /v1/accounts/1401-0001/notices?since=0&limit=10";
    let (status, page) = call(&server, notices, "").await;
    assert_eq!((status, &page["next"]), (200, &json!(1)));
    assert_eq!(page["notices"][0]["amount"], "44285.84");
    let (_, account) = call(&server, "GET /v1/accounts/1402-0001", "").await;
    assert_eq!(account["balance"], "55714.16");
    let (_, totals) = call(&server, "GET /control/totals", "").await;
    assert_eq!(totals["sum_fen"], "20000000");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_done_has_a_status_and_a_code() {
    let server = server().await;
    let body = serde_json::to_string(&order()).unwrap();
    let other = body.replace("44285.84", "1.00");
    call(&server, "PUT /v1/orders/a-01", &body).await;
    for (line, body, status, code) in [
        ("PUT /v1/orders/a-01", other.as_str(), 409, "other_content"),
        ("GET /v1/orders/b-01", "", 404, "unknown_order"),
        ("POST /v1/orders/b-01/recall", "", 404, "unknown_order"),
        ("GET /v1/accounts/1", "", 404, "unknown_account"),
        ("GET /v1/accounts/1401-0001/notices?since=9", "", 400, "malformed"),
        ("PUT /v1/orders/B_01", body.as_str(), 400, "malformed"),
        ("PUT /v1/orders/c-01", "{}", 400, "malformed"),
        ("POST /control/rules", "{\"behaviour\": {\"explode\": true}}", 400, "malformed"),
    ] {
        let (answered, problem) = call(&server, line, body).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{line}");
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn rules_come_over_http_and_a_lost_answer_is_a_504() {
    let server = server().await;
    let rule = json!({"letter": "1401002605060001", "behaviour": {"lose_answers": 1}});
    assert_eq!(call(&server, "POST /control/rules", &rule.to_string()).await.0, 204);
    let body = serde_json::to_string(&order()).unwrap();
    assert_eq!(call(&server, "PUT /v1/orders/a-01", &body).await.0, 504);
    let (status, report) = call(&server, "GET /v1/orders/a-01", "").await;
    assert_eq!((status, &report["state"]), (200, &json!("executed")));

    let usual = json!({"fail": "limit"});
    assert_eq!(call(&server, "PUT /control/usual", &usual.to_string()).await.0, 204);
    let (_, report) = call(&server, "PUT /v1/orders/a-02", &body).await;
    assert_eq!(report["reason"], "limit");
    assert_eq!(call(&server, "DELETE /control/rules", "").await.0, 204);
    server.stop().await.unwrap();
}
