//! The layout of the store: every prefix stands here, and nowhere else.
//!
//! Keys are a one-byte area, then fixed-size big-endian parts, so that ranges follow from the parts.
//! Values are deterministic CBOR, or raw tiles.
//!
//! **Promises.** No two areas share a first byte; no area begins with 0xFF.

macro_rules! areas {
    ($($(#[$doc:meta])* $name:ident = $byte:literal,)*) => {
        /// An area of the store: the first byte of its keys.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Area {
            $($(#[$doc])* $name = $byte,)*
        }

        impl Area {
            /// All areas, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

areas! {
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
    /// `records::UnnumberedRow`.
    Unnumbered = b'N',
    /// What an import holds back. Key: generation (4), part (1), then for a row its place (8), for a
    /// person the hash of the document (32), else the number. Value: row, document, balance or none.
    Quarantine = b'Z',
    /// What was published of a record. Key: kind (1), number. Value: `records::Published`.
    Published = b'D',
    /// Records that changed and wait to be published. Key: kind (1), number. Value: none.
    Unpublished = b'u',
    /// Questions that may still be repeated. Key: peer (4), id (32). Value: payload hash.
    Question = b'Q',
    /// Questions by the end of their life. Key: time (8), peer (4), id (32). Value: none.
    QuestionEnd = b'q',
    /// Who asked about a person. Key: hash of the document (32), time (8), question (32). Value:
    /// `answer::access::Access`.
    Access = b'a',
    /// Requests counted within a minute. Key: peer (4), purpose (1). Value: `rates::Window`.
    Rate = b'r',
    /// Certificates. Key: year (2), serial (4). Value: `certificates::StoredCertificate`.
    Certificate = b'C',
    /// The certificate of an account that waits for its receipt. Key: account number, zero (1),
    /// lender (4). Value: its number.
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
    /// What is held of a log: own or followed. Key: log (9). Value: `log_store::LogRow`.
    Log = 0x80,
    /// Tiles and entry bundles of the logs held. Key: log (9), tile (9). Value: the tile, raw.
    Tile = 0x81,
    /// What of an own log was signed. Key: log (9). Value: `publication::SigningRow`.
    LogSigning = 0x82,
    /// Notes signed by the log alone. Key: log (9), size (8). Value: the note, raw.
    Checkpoint = 0x83,
    /// Notes cosigned by a quorum, kept for good. Key: log (9), size (8). Value: the note, raw.
    Witnessed = 0x84,
    /// Live digests by what they are about. Key: subject tag (32), log (9), leaf (8). Value: digest.
    TagIndex = 0x85,
    /// Live digests by what they match. Key: reference tag (32), log (9), leaf (8). Value: digest.
    ReferenceIndex = 0x86,
    /// Leaves of the own audit log by statement. Key: payload hash (32). Value: `audit::AuditRow`.
    AuditLeaf = 0x87,
    /// Statements by the other side. Key: center (4), audit log number (4), leaf (8). Value: hash.
    Correspondence = 0x88,
    /// What a witness has of an own log. Key: log (9), witness (4). Value: `cosigning::WitnessRow`.
    WitnessOf = 0x89,
    /// What was cosigned here for other logs. Key: log (9). Value: `witnessing::CosignedRow`.
    Cosigned = 0x8a,
    /// Requests of the sync protocol on their way. Key: token (8). Value: `synchronization::Ask`.
    SyncAsk = 0x8b,
    /// Where following a log stands. Key: log (9). Value: `following::FollowRow`.
    Follow = 0x8c,
    /// Signed checkpoints that do not fit what is held. Key: log (9). Value: the note, raw.
    Misfit = 0x8d,
    /// Proofs that closed a log. Key: log (9). Value: `log::equivocation::Equivocation`.
    Equivocation = 0x8e,
    /// Leaves of the authority's log. Key: roster hash (32). Value: `roster_leaves::RosterLeaf`.
    RosterLeaf = 0x90,
    /// The latest heartbeat of a member. Key: center (4). Value: `heartbeats::HeartbeatRow`.
    Heartbeat = 0x8f,
    /// Alerts. Key: id (32). Value: `authority::alert::Alert`.
    Alert = b'W',
    /// Alerts by state and time. Key: state (1), last seen (8), id (32). Value: none.
    AlertTime = b'w',
    /// Causes of which the authority was told. Key: hash of the cause (32). Value: date (4).
    Incident = 0xc0,
    /// Incidents that could not be told yet. Key: hash of the cause (32). Value:
    /// `incidents::IncidentRow`.
    IncidentWaiting = 0xc1,
    /// Inquiries of the authority about alerts. Key: alert (32). Value: `inquiries::Inquired`.
    Inquiry = 0xc2,
    /// Inquiries that wait for an answer. Key: last day (4), alert (32). Value: none.
    InquiryDue = 0xc3,
    /// What a center has announced and is not held. Key: center (4). Value: log and size.
    LogGap = 0xc4,
    /// What an import shows beside the one before. Key: generation (4), rule (1), account number.
    ImportFinding = 0xc5,
    /// Whom operators have asked about. Key: day (4), operator (16), subject tag (32). Value: none.
    AskedAbout = 0xc6,
    /// Persons behind a bank card. Key: generation (4), hash of the card (32), of the document (32).
    CardOf = 0xc7,
    /// Open accounts of a unit's staff. Key: generation (4), hash of the unit (32). Value: number.
    StaffOf = 0xc8,
    /// Letters that took staff from a unit. Key: hash of the unit (32), month (4). Value: number.
    UnitLetters = 0xc9,
    /// Tag keys, sealed to this node. Key: epoch (4). Value: `tags::KeptBox`.
    TagKey = b'G',
    /// To which sealing key of a member a tag key was sealed. Key: epoch (4), center (4).
    TagKeySent = b'g',
    /// Tags of persons without a record here. Key: time (8), row hash (32). Value: `tags::Taken`.
    TagTaken = b'j',
    /// Such tags of one minute. Key: operator. Value: `tags::Window`.
    TagRate = b'J',
    /// Personal accounts of the embedded ledger. Key: account number. Value: `ledger::Personal`.
    LedgerAccount = 0xa0,
    /// The sums of the ledger's classes. Key: none. Value: `ledger::TrialBalance`.
    LedgerTotals = 0xa1,
    /// Money in suspense. Key: class (1), transfer (32). Value: amount.
    Suspense = 0xa2,
    /// Postings of the embedded ledger. Key: number (8). Value: `ledger::posting::Posting`.
    Posting = 0xa3,
    /// Settlements, so that they can be undone. Key: order (32). Value: `ledger::Undo`.
    LedgerUndo = 0xa4,
    /// Orders to the core whose outcome is not in. Key: order (32). Value: `core_orders::OpenOrder`.
    CoreOrder = 0xa5,
    /// Orders that the embedded core has executed. Key: order (32). Value: `embedded_core::Done`.
    CoreDone = 0xa6,
    /// Orders to the bank. Key: letter number (16), attempt (4). Value: `bank::OrderRow`.
    BankOrder = 0xa7,
    /// Bank notices that were counted. Key: hash of account and reference (32). Value: transfer or
    /// none.
    Notice = 0xa8,
    /// Outgoing transfers. Key: transfer (32). Value: `transfers_out::Outgoing`.
    TransferOut = 0xa9,
    /// Incoming transfers. Key: transfer (32). Value: `transfers_in::Incoming`.
    TransferIn = 0xaa,
    /// Transfers by their letter number. Key: letter number (16). Value: transfer (32).
    TransferNumber = 0xab,
    /// Statements of a transfer that came before their predecessor. Key: transfer (32), step (4).
    /// Value: payload hash (32).
    TransferPending = 0xac,
    /// The transfer of a statement that we sent. Key: payload hash (32). Value: transfer (32).
    TransferOf = 0xad,
    /// The last serial of a day. Key: date (4). Value: serial.
    LetterSerial = 0xae,
    /// The open incoming transfer of a person. Key: hash of the document (32). Value: transfer (32).
    TransferPerson = 0xaf,
    /// Letters that were withdrawn before they came. Key: transfer (32). Value: payload hash (32).
    TransferEarly = 0xb0,
    /// Transfers that have not ended. Key: transfer (32). Value: none.
    TransferOpen = 0xb1,
    /// Transfers that another channel carries. Key: transfer (32). Value:
    /// `registrations::Registered`.
    Registered = 0xb2,
    /// The registered transfer of an account. Key: its center (4), account number. Value: transfer
    /// (32).
    RegisteredAccount = 0xb3,
    /// The open registered transfer of a person from here. Key: hash of the document (32). Value:
    /// transfer (32).
    RegisteredPerson = 0xb4,
    /// Cases taken over from a revoked center. Key: transfer (32). Value: `takeovers::TakenOver`.
    TakenOver = 0xb5,
    /// Withdrawals for a property. Key: generation (4), serial. Value:
    /// `withdrawals::StoredWithdrawal`.
    Withdrawal = 0xd0,
    /// Withdrawals by their property. Key: generation (4), hash of a key of it (32), serial. Value:
    /// none.
    WithdrawalOf = 0xd1,
    /// Accounts that secure a loan of another city. Key: account number. Value:
    /// `certificates::OffSiteMark`.
    OffSite = 0xd2,
    /// Statements that members gave back to a store that had lost them, and that are not taken in yet.
    /// Key: transfer or statement (32), whose (1), step (4). Value: the statement, raw.
    Recalled = 0xf0,
    /// Own leaves that members gave back, and that no record here accounts for. Key: log number (4),
    /// leaf (8). Value: digest.
    PulledLeaf = 0xf1,
    /// Leaves that such a leaf replaces. Key: log number (4), leaf (8). Value: `pulled::Next`.
    PulledNext = 0xf2,
    /// Bank notices that wait until what was lost is taken in. Key: place (8). Value: notice.
    HeldNotice = 0xf3,
    /// Certificates of other centers. Key: issuer (4), year (2), serial (4). Value:
    /// `certificates::lending::HeldCertificate`.
    HeldCertificate = 0xd3,
    /// The certificate of a statement that we sent. Key: payload hash (32). Value: its number.
    CertificateOfStatement = 0xd4,
    /// Own loan intents. Key: id (32). Value: `lending::StoredIntent`.
    Intent = 0xe0,
    /// Own intents that are not over, by member of the household. Key: subject tag (32), id (32).
    /// Value: none.
    IntentOfTag = 0xe1,
    /// The intent of a business at this center. Key: serial. Value: id (32).
    IntentOfSerial = 0xe2,
    /// The own intent of a statement that was said. Key: payload hash (32). Value: id (32).
    IntentOfStatement = 0xe3,
    /// A witness: the intent that was leased first. Key: subject tag (32). Value:
    /// `lending::lease::Lease`.
    FirstLease = 0xe4,
    /// A witness: up to which request an intent's lease is over. Key: id (32). Value:
    /// `lending::witness::Ended`.
    LeaseEnded = 0xe5,
    /// A witness: loans that were paid out under a lease. Key: subject tag (32), intent (32). Value:
    /// `lending::witness::PaidLoan`.
    PaidLoan = 0xe6,
    /// What watches a person. Key: subject tag (32), `lending::watch::Watcher`. Value: none.
    TagWatch = 0xe7,
    /// What a watch has found. Key: `lending::watch::Watcher`, center (4). Value:
    /// `lending::watch::WatchTask`.
    WatchTask = 0xe8,
}

impl Area {
    /// The area that keys with this first byte belong to.
    #[must_use]
    pub fn of(key: &[u8]) -> Option<Self> {
        let first = key.first()?;
        Self::ALL.iter().copied().find(|area| *area as u8 == *first)
    }

    /// Areas whose keys begin with the generation of an import: they are cleared with it.
    pub const OF_IMPORTS: [Self; 9] = [
        Self::Account,
        Self::Loan,
        Self::Person,
        Self::Unnumbered,
        Self::Quarantine,
        Self::CardOf,
        Self::StaffOf,
        Self::Withdrawal,
        Self::WithdrawalOf,
    ];
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
