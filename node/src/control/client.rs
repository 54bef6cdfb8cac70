//! The client of the control interface, which the command line uses.
//!
//! **Promises.** A node that does not run is told apart from one that refuses, and a refusal keeps
//! its code.
//! **Left to others.** Words for people: the command line.

use std::io;
use std::path::{Path, PathBuf};

use fundlink_protocol::cbor;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::api::ApiError;

/// Speaks to the node behind one socket.
#[derive(Clone, Debug)]
pub struct ControlClient {
    socket: PathBuf,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No node answers on the socket.
    #[error("no node answers on {socket}: {error}; start it with `fundlink run`")]
    NotRunning {
        /// The socket.
        socket: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The node refused.
    #[error("{0}")]
    Refused(Box<ApiError>),
    /// The connection broke; what was asked for may have been done.
    #[error(
        "the node went away before it answered: {0}; see `fundlink status` before you repeat the command"
    )]
    Broken(String),
    /// The answer is not what this client expects.
    #[error(
        "the answer of the node is not understood: {0}; use the command line of the node's own release"
    )]
    Answer(String),
}

/// Lines of events, until the node closes the stream.
#[derive(Debug)]
pub struct EventStream {
    body: Incoming,
    rest: Vec<u8>,
}

/// What a request carries.
enum Payload {
    None,
    Json(Vec<u8>),
    Cbor(Vec<u8>),
}

/// Bytes of one event: its JSON is small, so more than this is not an event.
const EVENT_BYTES_MAX: usize = 64 * 1024;

impl ControlClient {
    /// A client for the node behind a socket; nothing is opened yet.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Asks for something that changes nothing.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub async fn get<R: DeserializeOwned>(&self, path: &str) -> Result<R, ClientError> {
        let response = self.send(Method::GET, path, Payload::None).await?;
        decode(response).await
    }

    /// Has something done.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub async fn post<B: Serialize + Sync, R: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<R, ClientError> {
        let body =
            serde_json::to_vec(body).map_err(|error| ClientError::Answer(error.to_string()))?;
        let response = self.send(Method::POST, path, Payload::Json(body)).await?;
        decode(response).await
    }

    /// Hands in a value in its deterministic CBOR: records, which have no other form.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub async fn post_cbor<B: minicbor::Encode<()>, R: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<R, ClientError> {
        let response = self.send(Method::POST, path, Payload::Cbor(cbor::encode(body))).await?;
        decode(response).await
    }

    /// Asks for bytes, such as an evidence file.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub async fn get_bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        let response = self.send(Method::GET, path, Payload::None).await?;
        Ok(body_of(response).await?.to_vec())
    }

    /// Asks for bytes that come as they are made, such as a backup.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub async fn stream(&self, path: &str) -> Result<ByteStream, ClientError> {
        let response = self.send(Method::GET, path, Payload::None).await?;
        Ok(ByteStream { body: response.into_body() })
    }

    /// Follows events as they happen.
    ///
    /// # Errors
    /// When the node does not run or refuses.
    pub async fn events(&self, path: &str) -> Result<EventStream, ClientError> {
        let response = self.send(Method::GET, path, Payload::None).await?;
        Ok(EventStream { body: response.into_body(), rest: Vec::new() })
    }

    /// Sends a request; an answer that is not a success becomes an error.
    async fn send(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<Response<Incoming>, ClientError> {
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|error| ClientError::NotRunning { socket: self.socket.clone(), error })?;
        let broken = |error: hyper::Error| ClientError::Broken(error.to_string());
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with the answer; its errors reach the answer as well.
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header("host", "fundlink");
        let body = match payload {
            Payload::None => Vec::new(),
            Payload::Json(body) => {
                request = request.header("content-type", "application/json");
                body
            }
            Payload::Cbor(body) => {
                request = request.header("content-type", "application/cbor");
                body
            }
        };
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| ClientError::Answer(error.to_string()))?;
        let response = sender.send_request(request).await.map_err(broken)?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refused(response).await)
    }
}

async fn refused(response: Response<Incoming>) -> ClientError {
    let status: StatusCode = response.status();
    match body_of(response).await {
        Ok(body) => match serde_json::from_slice::<ApiError>(&body) {
            Ok(error) => ClientError::Refused(Box::new(error)),
            Err(_) => ClientError::Answer(format!("HTTP {status}")),
        },
        Err(error) => error,
    }
}

async fn body_of(response: Response<Incoming>) -> Result<Bytes, ClientError> {
    let body = response.into_body().collect().await;
    body.map(http_body_util::Collected::to_bytes)
        .map_err(|error| ClientError::Broken(error.to_string()))
}

async fn decode<R: DeserializeOwned>(response: Response<Incoming>) -> Result<R, ClientError> {
    let body = body_of(response).await?;
    serde_json::from_slice(&body).map_err(|error| ClientError::Answer(error.to_string()))
}

/// Bytes, until the node has sent all of them.
#[derive(Debug)]
pub struct ByteStream {
    body: Incoming,
}

impl ByteStream {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// When the connection breaks, or the node gives up.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| ClientError::Broken(error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

impl EventStream {
    /// The next event; `None` when the node has closed the stream.
    ///
    /// # Errors
    /// When the connection breaks, or what comes is not an event.
    pub async fn next<E: DeserializeOwned>(&mut self) -> Result<Option<E>, ClientError> {
        loop {
            if let Some(event) = self.take_event()? {
                let event = serde_json::from_slice(&event);
                return event.map(Some).map_err(|error| ClientError::Answer(error.to_string()));
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let frame = frame.map_err(|error| ClientError::Broken(error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                self.rest.extend_from_slice(&data);
            }
            if self.rest.len() > EVENT_BYTES_MAX {
                return Err(ClientError::Answer("an event without end".into()));
            }
        }
    }

    /// Takes the data of the first whole event out of what has come; comments are passed over.
    fn take_event(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        while let Some(end) = self.rest.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.rest.drain(..end.saturating_add(2)).collect();
            let data =
                block.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"data:"));
            if let Some(data) = data {
                return Ok(Some(data.to_vec()));
            }
        }
        Ok(None)
    }
}
