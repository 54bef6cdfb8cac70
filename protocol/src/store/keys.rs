//! The layout of the store: every prefix stands here, and nowhere else.
//!
//! Keys are a one-byte area, then fixed-size big-endian parts, so that ranges follow from the parts.
//! Values are deterministic CBOR, or raw tiles.
//!
//! **Promises.** No two areas share a first byte; no area begins with 0xFF.

/// An area of the store: the first byte of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Area {
    /// Single values: format, last time acted at, modes. Key: name.
    Single = b'!',
    /// Timers by their time. Key: due (8), timer. Value: none.
    TimerDue = b'T',
    /// Times by their timer. Key: timer. Value: due (8).
    TimerSet = b't',
    /// Statements to be delivered. Key: receiver (4), row (8). Value: `outbox::Row`.
    Outbox = b'O',
    /// Rows of a receiver's outbox. Key: receiver (4). Value: `outbox::Count`.
    OutboxCount = b'o',
    /// Complete bytes of statements, sent and received. Key: payload hash (32).
    Statement = b'S',
    /// What a received statement was answered with. Key: payload hash (32). Value: reply.
    Reply = b'R',
    /// Accounts. Key: generation (4), account number. Value: `records::StoredAccount`.
    Account = b'A',
    /// Loans. Key: generation (4), contract number. Value: `record::LoanRecord`.
    Loan = b'L',
    /// Records of a person. Key: generation (4), hash of the document (32), kind (1), number.
    Person = b'P',
    /// Records without a usable number. Key: generation (4), month of birth (4), place (8). Value:
    /// name.
    Unnumbered = b'N',
    /// What was published of a record. Key: kind (1), number. Value: `records::Published`.
    Published = b'D',
    /// Records that changed and wait to be published. Key: kind (1), number. Value: none.
    Unpublished = b'u',
    /// Questions that may still be repeated. Key: peer (4), id (32). Value: payload hash.
    Question = b'Q',
    /// Questions by the end of their life. Key: time (8), peer (4), id (32). Value: none.
    QuestionEnd = b'q',
    /// Who asked about a person. Key: hash of the document (32), time (8), question (32). Value:
    /// `answer::Access`.
    Access = b'a',
    /// Requests counted within a minute. Key: peer (4), purpose (1). Value: `rates::Window`.
    Rate = b'r',
    /// Certificates. Key: year (2), serial (4). Value: `certificates::StoredCertificate`.
    Certificate = b'C',
    /// The last certificate of an account. Key: requester (4), account number. Value: its number.
    CertificateOf = b'c',
    /// Dossiers. Key: id (32). Value: `dossiers::Dossier`.
    Dossier = b'd',
    /// The dossier of a question of ours. Key: query id (32). Value: dossier id.
    Asked = b'y',
    /// Signed rosters. Key: version (8).
    Roster = b'V',
    /// Authority-key statements. Key: number (8).
    AuthorityKey = b'K',
    /// Annexes of rosters. Key: hash (32).
    Annex = b'X',
}

/// Builds a key from an area and its parts.
#[must_use]
pub fn key(area: Area, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![area as u8];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}
