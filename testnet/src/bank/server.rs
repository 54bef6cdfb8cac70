//! The bank over HTTP, on a loopback port of its own.
//!
//! The paths of `bank_api`, and for the testnet's use:
//!
//! ```text
//! POST   /control/accounts   AccountOpening    opens an account
//! POST   /control/rules      Rule              says what happens to orders to come
//! DELETE /control/rules                        forgets all rules
//! PUT    /control/usual      Behaviour         how orders go that no rule is for
//! GET    /control/totals     -> BankTotals     where all the money is
//! ```
//!
//! An answer that is lost is a 504 without a body: the request has arrived, and the caller cannot
//! know it.
//!
//! **Promises.** It listens on loopback only; a request is answered from one locked state.
//! **Left to others.** Everything that is decided: `state`.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use fundlink_node::settlement::bank_api::{
    AccountReport, BankProblem, BankRefusal, NoticePage, Order, OrderName, OrderReport,
    account_text, fen_text,
};
use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::behaviour::{Behaviour, Rule};
use super::state::{Answer, Bank};

/// Tells the bank what time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A bank that runs.
#[derive(Debug)]
pub struct BankServer {
    address: SocketAddr,
    shared: Shared,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

#[derive(Clone)]
struct Shared {
    bank: Arc<Mutex<Bank>>,
    clock: Clock,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    fn bank(&self) -> MutexGuard<'_, Bank> {
        // A request that panicked has not been answered; the state is whole between its steps.
        self.bank.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl BankServer {
    /// Starts a bank on a loopback port; 0 lets the system choose.
    ///
    /// # Errors
    /// When the port cannot be listened on.
    pub async fn start(bank: Bank, clock: Clock, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let shared = Shared { bank: Arc::new(Mutex::new(bank)), clock };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(listener, router(shared.clone()));
        let task = tokio::spawn(async move {
            // A sender that was dropped stops the bank as well.
            serving.with_graceful_shutdown(async move { stopped.await.unwrap_or_default() }).await
        });
        Ok(Self { address, shared, stop: Some(stop), task })
    }

    /// Where it is, such as `http://127.0.0.1:7700`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Works on the bank without HTTP, at its own time.
    pub fn with<T>(&self, work: impl FnOnce(&mut Bank, Timestamp) -> T) -> T {
        let now = self.shared.now();
        work(&mut self.shared.bank(), now)
    }

    /// Stops it, once the requests that are open are answered.
    ///
    /// # Errors
    /// What serving ended with.
    pub async fn stop(mut self) -> io::Result<()> {
        if let Some(stop) = self.stop.take() {
            // The task may have ended by itself.
            stop.send(()).ok();
        }
        self.task.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/v1/orders/{order}", put(place).get(ask))
        .route("/v1/orders/{order}/recall", post(recall))
        .route("/v1/accounts/{account}", get(account))
        .route("/v1/accounts/{account}/notices", get(notices))
        .route("/control/accounts", post(open))
        .route("/control/rules", post(add_rule).delete(clear_rules))
        .route("/control/usual", put(set_usual))
        .route("/control/totals", get(totals))
        .with_state(shared)
}

/// A refusal as a response.
struct Problem(BankRefusal, String);

impl From<BankRefusal> for Problem {
    fn from(code: BankRefusal) -> Self {
        let message = match code {
            BankRefusal::UnknownOrder => "no such order has arrived; it may be sent",
            BankRefusal::UnknownAccount => "no such account; check its number",
            BankRefusal::OtherContent => "the id names another order; use a new id",
            BankRefusal::Malformed => "the request is malformed; see the interface",
        };
        Self(code, message.to_owned())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self(BankRefusal::Malformed, rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(code, message) = self;
        let status = match code {
            BankRefusal::UnknownOrder | BankRefusal::UnknownAccount => StatusCode::NOT_FOUND,
            BankRefusal::OtherContent => StatusCode::CONFLICT,
            BankRefusal::Malformed => StatusCode::BAD_REQUEST,
        };
        (status, Json(BankProblem { code, message })).into_response()
    }
}

type Answered = Result<Response, Problem>;

fn answered(answer: Answer) -> Response {
    match answer {
        Answer::Report(report) => Json::<OrderReport>(report).into_response(),
        Answer::Lost => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

fn order_name(text: &str) -> Result<OrderName, Problem> {
    OrderName::parse(text).map_err(|_| BankRefusal::Malformed.into())
}

fn account_number(text: &str) -> Result<CorporateAccount, Problem> {
    CorporateAccount::parse(text).map_err(|_| BankRefusal::UnknownAccount.into())
}

async fn place(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    order: Result<Json<Order>, JsonRejection>,
) -> Answered {
    let (name, Json(order)) = (order_name(&name)?, order?);
    Ok(answered(shared.bank().place(shared.now(), &name, &order)?))
}

async fn ask(State(shared): State<Shared>, Path(name): Path<String>) -> Answered {
    let name = order_name(&name)?;
    Ok(answered(shared.bank().ask(shared.now(), &name)?))
}

async fn recall(State(shared): State<Shared>, Path(name): Path<String>) -> Answered {
    let name = order_name(&name)?;
    Ok(answered(shared.bank().recall(shared.now(), &name)?))
}

async fn account(
    State(shared): State<Shared>,
    Path(number): Path<String>,
) -> Result<Json<AccountReport>, Problem> {
    let number = account_number(&number)?;
    Ok(Json(shared.bank().account(shared.now(), &number)?))
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    since: u64,
    limit: Option<usize>,
}

/// Notices of one page, at most.
const NOTICES_MAX: usize = 500;

async fn notices(
    State(shared): State<Shared>,
    Path(number): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<NoticePage>, Problem> {
    let number = account_number(&number)?;
    let limit = page.limit.unwrap_or(NOTICES_MAX).min(NOTICES_MAX);
    Ok(Json(shared.bank().notices(shared.now(), &number, page.since, limit)?))
}

/// An account to be opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountOpening {
    /// Its number.
    #[serde(with = "account_text")]
    pub account: CorporateAccount,
    /// Its name.
    pub name: String,
    /// What is on it.
    #[serde(with = "fen_text")]
    pub balance: Fen,
}

async fn open(
    State(shared): State<Shared>,
    opening: Result<Json<AccountOpening>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(AccountOpening { account, name, balance }) = opening?;
    shared.bank().open(account, name, balance);
    Ok(StatusCode::NO_CONTENT)
}

async fn add_rule(
    State(shared): State<Shared>,
    rule: Result<Json<Rule>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(rule) = rule?;
    shared.bank().add_rule(rule);
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_rules(State(shared): State<Shared>) -> StatusCode {
    shared.bank().clear_rules();
    StatusCode::NO_CONTENT
}

async fn set_usual(
    State(shared): State<Shared>,
    usual: Result<Json<Behaviour>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(usual) = usual?;
    shared.bank().set_usual(usual);
    Ok(StatusCode::NO_CONTENT)
}

/// Where all the money is, in fen as decimal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankTotals {
    /// On accounts.
    pub accounts_fen: String,
    /// Debited and not yet credited.
    pub on_the_way_fen: String,
    /// In the bank's own suspense.
    pub suspense_fen: String,
    /// Everything.
    pub sum_fen: String,
}

async fn totals(State(shared): State<Shared>) -> Json<BankTotals> {
    let now = shared.now();
    let totals = shared.bank().totals_at(now);
    Json(BankTotals {
        accounts_fen: totals.accounts_fen.to_string(),
        on_the_way_fen: totals.on_the_way_fen.to_string(),
        suspense_fen: totals.suspense_fen.to_string(),
        sum_fen: totals.sum_fen().to_string(),
    })
}

#[cfg(test)]
mod tests;
