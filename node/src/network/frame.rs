//! Frames on a stream: a length and that many bytes, and then the end of the stream.
//!
//! A request is one frame. A response is one status byte and, where the status is [`Status::Answer`],
//! one frame. The length is four bytes, big-endian.
//!
//! **Promises.** No more than the announced length is read into memory, no more than the protocol's
//! limit is announced, and memory is taken from the peer's share before it is filled. Bytes after
//! the frame are a fault, so that a frame has one form.
//!
//! **Left to others.** What the bytes mean: `fundlink-protocol`. Streams and their limits: `exchange`.

use core::fmt;
use core::ops::Deref;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Bytes of one frame from a peer; while they are held they count against the peer's share.
pub struct Frame {
    bytes: Vec<u8>,
    share: Option<OwnedSemaphorePermit>,
}

impl Frame {
    /// The bytes, which no longer count against the peer's share.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        drop(self.share);
        self.bytes
    }
}

impl Deref for Frame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Frame {
    /// Tells the length alone: a frame may carry personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} bytes)", self.bytes.len())
    }
}

/// What is wrong with a frame that a peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum FrameFault {
    /// The announced length is above the protocol's limit.
    #[error("the frame is larger than the protocol allows")]
    Oversized,
    /// The stream ended before the announced length.
    #[error("the frame ends before its announced length")]
    Truncated,
    /// Bytes follow the frame.
    #[error("bytes follow the frame")]
    Trailing,
    /// The frame did not come in time.
    #[error("the frame was not complete in time")]
    Slow,
    /// The status byte of a response is none that we know.
    #[error("the status of the response is unknown")]
    UnknownStatus,
}

impl FrameFault {
    /// Every fault.
    pub const ALL: [Self; 5] =
        [Self::Oversized, Self::Truncated, Self::Trailing, Self::Slow, Self::UnknownStatus];

    /// The word for it in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oversized => "oversized",
            Self::Truncated => "truncated",
            Self::Trailing => "trailing",
            Self::Slow => "slow",
            Self::UnknownStatus => "unknown_status",
        }
    }
}

/// Why no frame could be read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The peer sent something else than a frame.
    Fault(FrameFault),
    /// The stream broke, or ended before the first byte: nobody's fault.
    Broken,
    /// Too much from this peer is held already: ours to clear.
    NoShare,
}

/// The first byte of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// The answer follows.
    Answer,
    /// Too many requests in this second.
    Throttled,
    /// Too many requests at a time.
    Busy,
    /// The request was not a frame.
    Malformed,
}

impl Status {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Answer => 0,
            Self::Throttled => 1,
            Self::Busy => 2,
            Self::Malformed => 3,
        }
    }

    const fn parse(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Answer),
            1 => Some(Self::Throttled),
            2 => Some(Self::Busy),
            3 => Some(Self::Malformed),
            _ => None,
        }
    }
}

/// How much of a frame is taken, from whose share, and for how long one step of it may last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    pub(super) bytes_max: usize,
    pub(super) share: &'a Arc<Semaphore>,
    pub(super) patience: Duration,
}

/// Reads one frame and the end of the stream behind it.
///
/// Waiting for the peer's share is not the peer's slowness, so each step has a limit of its own.
pub(super) async fn read_frame<S>(stream: &mut S, terms: Terms<'_>) -> Result<Frame, ReadError>
where
    S: AsyncRead + Unpin,
{
    let slow = |_| ReadError::Fault(FrameFault::Slow);
    let length = timeout(terms.patience, read_length(stream)).await.map_err(slow)??;
    let size = usize::try_from(length).unwrap_or(usize::MAX);
    if size > terms.bytes_max {
        return Err(ReadError::Fault(FrameFault::Oversized));
    }
    let share = Arc::clone(terms.share).acquire_many_owned(length.div_ceil(1024));
    let Ok(Ok(share)) = timeout(terms.patience, share).await else {
        return Err(ReadError::NoShare);
    };
    let bytes = timeout(terms.patience, read_body(stream, size)).await.map_err(slow)??;
    Ok(Frame { bytes, share: Some(share) })
}

async fn read_length<S>(stream: &mut S) -> Result<u32, ReadError>
where
    S: AsyncRead + Unpin,
{
    let mut prefix = [0; LENGTH_BYTES];
    let mut filled = 0;
    while filled < LENGTH_BYTES {
        match stream.read(&mut prefix[filled..]).await {
            Ok(0) if filled == 0 => return Err(ReadError::Broken),
            Ok(0) => return Err(ReadError::Fault(FrameFault::Truncated)),
            Ok(read) => filled += read,
            Err(_) => return Err(ReadError::Broken),
        }
    }
    Ok(u32::from_be_bytes(prefix))
}

async fn read_body<S>(stream: &mut S, size: usize) -> Result<Vec<u8>, ReadError>
where
    S: AsyncRead + Unpin,
{
    let mut bytes = vec![0; size];
    stream.read_exact(&mut bytes).await.map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            ReadError::Fault(FrameFault::Truncated)
        } else {
            ReadError::Broken
        }
    })?;
    match stream.read(&mut [0]).await {
        Ok(0) => Ok(bytes),
        Ok(_) => Err(ReadError::Fault(FrameFault::Trailing)),
        Err(_) => Err(ReadError::Broken),
    }
}

/// Reads the status byte of a response.
pub(super) async fn read_status<S>(stream: &mut S) -> Result<Status, ReadError>
where
    S: AsyncRead + Unpin,
{
    let mut byte = [0];
    match stream.read(&mut byte).await {
        Ok(0) | Err(_) => Err(ReadError::Broken),
        Ok(_) => Status::parse(byte[0]).ok_or(ReadError::Fault(FrameFault::UnknownStatus)),
    }
}

/// Writes one frame and ends the stream. The caller has held the size against the protocol's limit.
pub(super) async fn write_frame<S>(stream: &mut S, frame: &[u8]) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(frame).await?;
    stream.close().await
}

/// Bytes of the length in front of a frame.
const LENGTH_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use futures::io::Cursor;

    use super::*;

    async fn read(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>, ReadError> {
        let share = Arc::new(Semaphore::new(8));
        let terms = Terms { bytes_max, share: &share, patience: PATIENCE };
        read_frame(&mut Cursor::new(bytes), terms).await.map(Frame::into_bytes)
    }

    #[tokio::test]
    async fn a_frame_is_read_as_it_was_written() {
        for frame in [&b""[..], b"a", &[7; 1_000]] {
            let mut stream = Cursor::new(Vec::new());
            write_frame(&mut stream, frame).await.expect("memory takes it");
            assert_eq!(read(stream.get_ref(), 1_000).await.expect("a frame"), frame);
        }
    }

    #[tokio::test]
    async fn anything_but_a_frame_is_named() {
        let cases: [(&[u8], FrameFault); 5] = [
            (&[0, 0, 0, 4, 1, 2, 3], FrameFault::Truncated),
            (&[0, 0], FrameFault::Truncated),
            (&[0, 0, 0, 1, 1, 2], FrameFault::Trailing),
            (&[0, 0, 0, 11, 1], FrameFault::Oversized),
            (&[0xff; 64], FrameFault::Oversized),
        ];
        for (bytes, expected) in cases {
            match read(bytes, 10).await {
                Err(ReadError::Fault(fault)) => assert_eq!(fault, expected, "{bytes:02x?}"),
                other => panic!("{bytes:02x?} gave {other:?}"),
            }
        }
        assert!(matches!(read(&[], 10).await, Err(ReadError::Broken)));
    }

    #[tokio::test]
    async fn a_frame_counts_against_the_share_as_long_as_it_is_held() {
        let share = Arc::new(Semaphore::new(2));
        let mut bytes = vec![0, 0, 4, 1];
        bytes.extend([9; 1_025]);
        let terms = |patience| Terms { bytes_max: 2_000, share: &share, patience };
        let frame = read_frame(&mut Cursor::new(&bytes), terms(PATIENCE)).await.expect("a frame");
        assert_eq!(share.available_permits(), 0);
        assert_eq!(format!("{frame:?}"), "Frame(1025 bytes)");
        let second = read_frame(&mut Cursor::new(&bytes), terms(Duration::ZERO)).await;
        assert!(matches!(second, Err(ReadError::NoShare)));
        assert_eq!(frame.into_bytes().len(), 1_025);
        assert_eq!(share.available_permits(), 2);
    }

    #[tokio::test]
    async fn a_status_is_read_as_it_was_written_and_another_byte_is_a_fault() {
        for status in [Status::Answer, Status::Throttled, Status::Busy, Status::Malformed] {
            let read = read_status(&mut Cursor::new([status.byte()])).await.expect("a status");
            assert_eq!(read, status);
        }
        assert!(matches!(
            read_status(&mut Cursor::new([4])).await,
            Err(ReadError::Fault(FrameFault::UnknownStatus))
        ));
    }

    const PATIENCE: Duration = Duration::from_secs(10);
}
