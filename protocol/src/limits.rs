//! Every bound of the protocol, each with its reason.
//!
//! **Promises.** Whatever comes from outside is held against one of these before it costs memory.

/// Bytes of one statement, signature included: a household's dossier of 12 cities stays far below.
pub const STATEMENT_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one frame on a stream: a statement, or an entry bundle of 256 digests, with its header.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// Milliseconds that two members' clocks may differ.
pub const CLOCK_SKEW_MS: i64 = 120_000;
/// Milliseconds that a query may live: what is asked is wanted now.
pub const QUERY_LIFE_MS: i64 = 300_000;
/// Open outbox rows a peer; past that, new work for the peer is refused locally.
pub const OUTBOX_ROWS_MAX: u32 = 10_000;
/// Milliseconds between two tries of a delivery, at most.
pub const DELIVERY_BACKOFF_MS_MAX: i64 = 300_000;
/// Milliseconds after which an undelivered row shows in `status`.
pub const DELIVERY_LATE_MS: i64 = 3_600_000;
/// Milliseconds between two heartbeats of a center.
pub const HEARTBEAT_MS: i64 = 60_000;
/// Milliseconds after which a center without a heartbeat is no longer current.
pub const CURRENT_MS: i64 = 300_000;
/// Milliseconds between two checkpoints of one log, at least.
pub const CHECKPOINT_MS_MIN: i64 = 1_000;
/// Inputs of one round: bounds the batch and the time to the next commit.
pub const ROUND_INPUTS_MAX: usize = 1_024;
/// Statements of a transfer that may come before their predecessor and are kept.
pub const STEPS_AHEAD_MAX: u32 = 16;
/// Attempts to pay under one letter that are ordered without a person.
pub const PAY_ATTEMPTS_AUTO_MAX: u32 = 5;
/// Letters that are written anew one after another because a number was taken: more than a restored
/// store can be behind, and an end for a center that says so of every number.
pub const LETTER_REISSUES_MAX: u32 = 64;
/// Steps of one registered transfer: paid, returned and paid again a few times over.
pub const REGISTERED_STEPS_MAX: usize = 32;
/// Transfers in one listing.
pub const TRANSFERS_LISTED_MAX: usize = 1_000;
/// Characters of a name (XingMing C120 of JGJ/T 320).
pub const NAME_CHARS_MAX: usize = 120;
/// Members of a network: the country has 341 centers and about 120 branches of their own.
pub const MEMBERS_MAX: usize = 600;
/// Witnesses of a network, at least (design of the log quorum).
pub const WITNESSES_MIN: usize = 3;
/// Witnesses of a network, at most.
pub const WITNESSES_MAX: usize = 15;
/// Bytes of a signed note: a checkpoint with a cosignature of each witness stays below 4 KiB.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// Signature lines of a note; the specification asks for 16 at least.
pub const NOTE_SIGNATURES_MAX: usize = 64;
/// Lines of a witness policy: every log of a network with its witnesses fits.
pub const POLICY_LINES_MAX: usize = 4_096;
/// Persons of one question: a household of two grandparents, two parents and four children.
pub const SUBJECTS_MAX: usize = 8;
/// Milliseconds that a dossier waits for its answers; then it is closed with what it has.
pub const DOSSIER_WAIT_MS: i64 = 10_000;
/// Milliseconds until a question that met a key of a newer roster is sent again.
pub const ASK_AGAIN_MS: i64 = 1_000;
/// Accounts, and loans, of one person in one answer: bounds the answer well below a statement.
pub const RECORDS_PER_PERSON_MAX: usize = 32;
/// Questions in a minute that one peer may ask, over all purposes, before they cost a signature.
pub const PEER_QUERIES_PER_MINUTE: u32 = 3_000;
/// Records of one import portion.
pub const IMPORT_PORTION_MAX: usize = 1_024;
/// Ledger rows of one account: forty years, several a month.
pub const LEDGER_ROWS_MAX: usize = 4_096;
/// Persons who take part in one loan.
pub const LOAN_PARTIES_MAX: usize = 16;
/// Records looked at in one round while an import is published or an old one is cleared.
pub const PUBLISH_PORTION: usize = 512;
/// Entries of one page of an access list: each with its question, a proof and 15 cosignatures, they
/// stay below a statement.
pub const ACCESSES_PER_ANSWER_MAX: usize = 32;
/// Rows that one page of an access list looks through; where names differ, few may be listed.
pub const ACCESSES_SCANNED_MAX: usize = 1_024;
/// Entries of one center that a command line goes on to ask for, page by page.
pub const ACCESSES_LISTED_MAX: usize = 10_000;
/// Payouts for one property in one answer: a home changes hands a few times in a life.
pub const PAYOUTS_MAX: usize = 256;
/// Bytes of one signed roster: 600 members in the middle of a rotation, and it still fits a frame
/// of the roster protocol.
pub const ROSTER_BYTES_MAX: usize = 448 * 1024;
/// Bytes of a reply of the roster protocol, as strangers get it too.
pub const ROSTER_REPLY_BYTES_MAX: usize = 512 * 1024;
/// Milliseconds from the issue of a roster to the time by which it must be renewed.
pub const ROSTER_LIFE_MS: i64 = 30 * crate::time::DAY_MS;
/// Milliseconds that a rotated key runs on, so that what is on its way can arrive.
pub const KEY_OVERLAP_MS: i64 = 30 * crate::time::DAY_MS;
/// Keys of one member, ended ones included: five a year for twelve years.
pub const MEMBER_KEYS_MAX: usize = 64;
/// Addresses of one member.
pub const ADDRESSES_MAX: usize = 8;
/// Bytes of one address, as a multiaddress.
pub const ADDRESS_BYTES_MAX: usize = 256;
/// Statements of a root key about the authority's keys: one a year outlives the network.
pub const AUTHORITY_KEYS_MAX: usize = 64;
/// Root keys that a join file pins.
pub const ROOT_KEYS_MAX: usize = 8;
/// Bytes of one annex: a calendar or a set of code tables.
pub const ANNEX_BYTES_MAX: usize = 256 * 1024;
/// Milliseconds between two requests for newer rosters, at least: a hint may come with every
/// heartbeat, an answer needs a moment.
pub const ROSTER_FETCH_MS_MIN: i64 = 5_000;
/// Tags a minute and operator for persons that are not in the center's own records: a clerk
/// enters far fewer, a script that fishes would want far more.
pub const FOREIGN_TAGS_PER_MINUTE: u32 = 60;
/// Bytes of an entry of a log: a digest about a household of 12 has less than 700.
pub const ENTRY_BYTES_MAX: usize = 2_048;
/// Bytes of entry bundles in one reply of the sync protocol: leaves room for the proof beside it.
pub const SYNC_BUNDLES_BYTES_MAX: usize = 768 * 1024;
/// Tiles of one request of the sync protocol: 64 of 8 KiB stay within a frame.
pub const SYNC_TILES_MAX: usize = 64;
/// Statements of one reply of the sync protocol.
pub const SYNC_STATEMENTS_MAX: usize = 64;
/// Milliseconds after which a request of the sync protocol counts as lost.
pub const SYNC_WAIT_MS: i64 = 10_000;
/// Bytes of the statements with which an open case is handed over: far more than a case has, and
/// well within a frame.
pub const HANDOVER_BYTES_MAX: usize = 256 * 1024;
/// Open cases with a revoked member that one round hands over.
pub const TAKEOVER_PORTION: usize = 64;
/// Cases taken over that one listing shows.
pub const TAKEOVERS_LISTED_MAX: usize = 1_000;
/// Milliseconds that a lease on a loan intent runs, by the clock of the center that asked for it.
pub const LEASE_MS: i64 = crate::time::DAY_MS;
/// Milliseconds before the end of a lease at which its center stops to pay: a payout of the last moment
/// is in a checkpoint before anybody takes the lease for over.
pub const LEASE_MARGIN_MS: i64 = 600_000;
/// Milliseconds that a center waits for the witnesses to answer; then a person looks.
pub const LEASE_WAIT_MS: i64 = 30_000;
/// Milliseconds until a center asks again for a lease that nobody has.
pub const LEASE_RETRY_MS: i64 = 5_000;
/// Times that a center asks by itself for one payout.
pub const LEASE_TRIES_MAX: u32 = 12;
/// Running loans of one person that a witness names in an answer: one stops a payout already.
pub const LEASE_LOANS_MAX: usize = 16;
/// Intents, leases and tasks in one listing.
pub const INTENTS_LISTED_MAX: usize = 1_000;
/// Milliseconds until witnesses that have not cosigned are asked again.
pub const COSIGN_RETRY_MS: i64 = 5_000;
/// Milliseconds after which a newer checkpoint takes the place of one that gets no quorum.
pub const CANDIDATE_MS: i64 = 10_000;

const _: () = assert!(
    SYNC_BUNDLES_BYTES_MAX + 256 * (ENTRY_BYTES_MAX + 2) > FRAME_BYTES_MAX
        && 256 * (ENTRY_BYTES_MAX + 2) <= SYNC_BUNDLES_BYTES_MAX,
    "one bundle of the longest entries must fit a reply"
);
