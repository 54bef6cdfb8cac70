//! The driver of a bank with an HTTP interface, such as the testnet's.
//!
//! **Promises.** An order that may have arrived is never said to have failed: a broken connection is
//! `Unknown`, and the bank, asked again, decides. One that the bank refuses in so many words has
//! failed, and goes to a person instead of being asked after for ever. Notices are asked for from the cursor on, which
//! moves only when the engine has taken them.
//! **Left to others.** Keeping the cursor over a restart: the engine. TLS: a proxy beside the node.

use std::io;
use std::time::Duration;

use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::input::Input;
use fundlink_protocol::plain_text::PlainText;
use fundlink_protocol::settlement::{
    BankFailure, BankNotice, BankOrder, BankOrderId, BankOutcome, BankReference, BankReply,
    Direction, NoticeCursor,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::BankCall;
use super::bank_api::{
    self, BankProblem, BankRefusal, FailureReason, NoticePage, OrderKind, OrderReport, OrderState,
};
use crate::engine_loop::EngineHandle;

/// A bank behind an address.
#[derive(Clone, Debug)]
pub struct HttpBank {
    payer: CenterCode,
    base: String,
    authority: String,
    host: String,
    port: u16,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// No connection, or it broke; the request may have arrived.
    #[error("the bank cannot be reached: {0}")]
    Unreachable(String),
    /// An HTTP status without the expected body.
    #[error("the bank answered with HTTP {0}")]
    Status(u16),
    /// The bank's own refusal.
    #[error("the bank refused: {0:?}")]
    Refused(BankRefusal),
    /// A body that is not what was expected.
    #[error("the answer of the bank is not understood")]
    Answer,
}

/// An answer of the bank may take this long.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Bytes of an answer: a page of notices.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Notices of one page.
const NOTICES_MAX: u32 = 500;
/// Requests that are open at a time.
const CALLS_OPEN_MAX: usize = 16;

impl HttpBank {
    /// The bank of a center, at a URL such as `http://127.0.0.1:7700`.
    ///
    /// # Errors
    /// When the URL has another form.
    pub fn new(url: &str, payer: CenterCode) -> io::Result<Self> {
        let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "not the URL of a bank");
        let uri: Uri = url.parse().map_err(|_| invalid())?;
        let authority = uri.authority().ok_or_else(invalid)?;
        Ok(Self {
            payer,
            base: uri.path().trim_end_matches('/').to_owned(),
            authority: authority.to_string(),
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(80),
        })
    }

    /// Carries calls until the line or the engine is closed.
    pub async fn carry(self, mut calls: mpsc::Receiver<BankCall>, engine: EngineHandle) {
        let mut open = JoinSet::new();
        while let Some(call) = calls.recv().await {
            while open.len() >= CALLS_OPEN_MAX {
                open.join_next().await;
            }
            let (bank, engine) = (self.clone(), engine.clone());
            open.spawn(async move {
                let reply = bank.call(call).await;
                // An engine that has stopped asks again when it runs.
                engine.input(Input::BankReply(reply)).await.ok();
            });
        }
        open.join_all().await;
    }

    /// Looks for notices of the own account until `stopping` turns true.
    pub async fn watch(
        self,
        account: CorporateAccount,
        mut cursor: NoticeCursor,
        engine: EngineHandle,
        poll: Poll,
    ) {
        let Poll { every, mut stopping } = poll;
        let mut reachable = true;
        loop {
            match self.notices(&account, cursor).await {
                Ok(page) => {
                    if !reachable {
                        tracing::info!("the bank answers again");
                    }
                    reachable = true;
                    let next = NoticeCursor(page.next);
                    let notices: Vec<BankNotice> =
                        page.notices.into_iter().filter_map(notice).collect();
                    let news = Input::BankNotices { cursor: next, notices };
                    let full_page = next != cursor;
                    if full_page && engine.input(news).await.is_err() {
                        return;
                    }
                    cursor = next;
                    if full_page {
                        continue;
                    }
                }
                Err(error) if reachable => {
                    reachable = false;
                    tracing::warn!(%error, "no notices; the bank is asked again until it answers");
                }
                Err(_) => {}
            }
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = sleep(every) => {}
            }
        }
    }

    async fn call(&self, call: BankCall) -> BankReply {
        let (order, answered) = match call {
            BankCall::Order(order) => (order.id, self.order(order).await),
            BankCall::Ask(id) => (id, self.report(Method::GET, id, "").await),
            BankCall::Recall(id) => (id, self.report(Method::POST, id, "/recall").await),
        };
        let outcome = answered.unwrap_or_else(|error| {
            tracing::warn!(%error, "what became of an order is not known; the bank is asked again");
            BankOutcome::Unknown
        });
        BankReply { order, outcome }
    }

    async fn order(&self, order: BankOrder) -> Result<BankOutcome, BankError> {
        let path = self.order_path(order.id);
        let order = bank_api::Order {
            from: order.payer.number,
            to: order.payee.number,
            to_name: order.payee.name.as_str().to_owned(),
            amount: order.amount,
            kind: OrderKind::Whole,
            letter: order.id.letter,
            execute_on: order.execute_on,
        };
        let body = serde_json::to_vec(&order).map_err(|_| BankError::Answer)?;
        match self.exchange::<OrderReport>(Method::PUT, &path, body).await {
            Ok(report) => Ok(outcome(report.state)),
            Err(BankError::Refused(refusal)) => {
                tracing::error!(?refusal, "the bank does not take an order in; a person must look");
                Ok(refused(refusal))
            }
            Err(error) => Err(error),
        }
    }

    async fn report(
        &self,
        method: Method,
        id: BankOrderId,
        suffix: &str,
    ) -> Result<BankOutcome, BankError> {
        let path = self.order_path(id) + suffix;
        match self.exchange::<OrderReport>(method, &path, Vec::new()).await {
            Ok(report) => Ok(outcome(report.state)),
            Err(BankError::Status(404) | BankError::Refused(BankRefusal::UnknownOrder)) => {
                Ok(BankOutcome::NoSuchOrder)
            }
            Err(error) => Err(error),
        }
    }

    /// The bank names orders in lower case. Both sides of a letter may pay under it, and have the
    /// same bank: each names its orders by its own code.
    fn order_path(&self, id: BankOrderId) -> String {
        format!("/v1/orders/{}-{}", self.payer, id.to_string().to_ascii_lowercase())
    }

    async fn notices(
        &self,
        account: &CorporateAccount,
        cursor: NoticeCursor,
    ) -> Result<NoticePage, BankError> {
        let account = account.as_str();
        let path = format!("/v1/accounts/{account}/notices?since={}&limit={NOTICES_MAX}", cursor.0);
        self.exchange(Method::GET, &path, Vec::new()).await
    }

    async fn exchange<R: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<R, BankError> {
        let exchanged = timeout(ANSWER_TIME, self.exchange_bytes(method, path, body)).await;
        let (status, body) =
            exchanged.map_err(|_| BankError::Unreachable("no answer in time".into()))??;
        if status.is_client_error()
            && let Ok(problem) = serde_json::from_slice::<BankProblem>(&body)
        {
            return Err(BankError::Refused(problem.code));
        }
        if status == StatusCode::CONFLICT {
            return Err(BankError::Refused(BankRefusal::OtherContent));
        }
        if !status.is_success() {
            return Err(BankError::Status(status.as_u16()));
        }
        serde_json::from_slice(&body).map_err(|_| BankError::Answer)
    }

    async fn exchange_bytes(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<(StatusCode, Bytes), BankError> {
        let unreachable = |error: hyper::Error| BankError::Unreachable(error.to_string());
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| BankError::Unreachable(error.to_string()))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
        // It ends with the answer; its errors reach the answer as well.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("host", &self.authority)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| BankError::Answer)?;
        let response = sender.send_request(request).await.map_err(unreachable)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| BankError::Unreachable(error.to_string()))?;
        Ok((status, body.to_bytes()))
    }
}

/// How often to look, and until when.
#[derive(Debug)]
pub struct Poll {
    /// Between two looks.
    pub every: Duration,
    /// Turns true when the node stops.
    pub stopping: watch::Receiver<bool>,
}

fn outcome(state: OrderState) -> BankOutcome {
    match state {
        OrderState::Accepted => BankOutcome::Waiting,
        OrderState::Unknown => BankOutcome::Unknown,
        OrderState::Executed { on, reference: _ } => BankOutcome::Executed(on),
        OrderState::Recalled => BankOutcome::Failed(BankFailure::Recalled),
        OrderState::Failed { reason } => BankOutcome::Failed(match reason {
            FailureReason::UnknownAccount | FailureReason::NameDiffers => BankFailure::WrongPayee,
            FailureReason::NotEnoughMoney => BankFailure::Funds,
            FailureReason::Limit => BankFailure::Limit,
            FailureReason::TooLate => BankFailure::Other,
        }),
    }
}

/// What follows when the bank does not take an order in.
const fn refused(refusal: BankRefusal) -> BankOutcome {
    match refusal {
        // Nobody names an order that is given for the first time: the answer is to something else.
        BankRefusal::UnknownOrder => BankOutcome::Unknown,
        BankRefusal::UnknownAccount | BankRefusal::Malformed => {
            BankOutcome::Failed(BankFailure::Other)
        }
        BankRefusal::OtherContent => BankOutcome::Failed(BankFailure::OtherContent),
    }
}

/// A notice in the words of the engine; none when its reference cannot name it.
fn notice(notice: bank_api::Notice) -> Option<BankNotice> {
    let Ok(reference) = PlainText::parse(&notice.reference) else {
        tracing::error!("a notice of the bank has a reference that cannot name it; ask the bank");
        return None;
    };
    Some(BankNotice {
        account: notice.account,
        reference: BankReference(reference),
        direction: match notice.direction {
            bank_api::Direction::Debit => Direction::Debit,
            bank_api::Direction::Credit => Direction::Credit,
        },
        amount: notice.amount,
        summary: PlainText::parse(&notice.summary).ok(),
        counterpart: Some(notice.counterpart),
        counterpart_name: None,
        booked_on: notice.booked_on,
    })
}

#[cfg(test)]
mod tests;
