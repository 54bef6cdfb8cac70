//! Everything that a check of a store can find: a stable code, what it means, what to do.
//!
//! **Promises.** Codes never change their meaning; no sentence holds personal data.
//! **Left to others.** Where it was found: [`Finding`](super::Finding).

use crate::store::keys::Area;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $english:literal, $chinese:literal;)*) => {
        /// What is wrong with a store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $name,)*
        }

        impl Fault {
            /// All faults, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// One English sentence.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// One Chinese sentence.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }
        }
    };
}

faults! {
    /// The engine under the store cannot read its own file.
    Unreadable = "UNREADABLE", "the store's file cannot be read to its end", "存储文件无法完整读取";
    /// Commits that were acknowledged and are not there.
    CommitsLost = "COMMITS_LOST", "the last commits that were acknowledged are gone", "最后已确认的提交丢失";
    /// A row whose check over key and value fails.
    RowDamaged = "ROW_DAMAGED", "a row does not match its check", "数据行与其校验值不符";
    /// A row that is not in its one encoding, or whose key does not fit what it holds.
    RowForm = "ROW_FORM", "a row is not as any release writes it, or stands under another key", "数据行格式不正确，或键与内容不符";
    /// The store belongs to another member.
    OtherMember = "OTHER_MEMBER", "the store belongs to another member than the configuration", "存储属于另一成员，与配置不符";
    /// There is no roster.
    NotJoined = "NOT_JOINED", "the store holds no roster", "存储中没有成员名册";
    /// The rosters do not follow from the pinned root keys, or from each other.
    RosterChain = "ROSTER_CHAIN", "a roster does not follow from the root keys or from the one before", "成员名册与根密钥或前一版本不衔接";
    /// A single value that the engine needs.
    State = "STATE", "a value that the node cannot do without is missing", "缺少节点必需的数据";
    /// Entries of a log are missing, or do not give its root.
    LogEntries = "LOG_ENTRIES", "the entries of a log do not give the root that was signed", "日志条目与已签名的根不符";
    /// Hashes of a log do not follow from its entries.
    LogTiles = "LOG_TILES", "the hashes of a log do not follow from its entries", "日志的散列与其条目不符";
    /// A signed checkpoint of a log is missing, or does not fit what is held.
    LogCheckpoint = "LOG_CHECKPOINT", "a checkpoint is missing, does not verify or contradicts its log", "检查点缺失、验签不通过或与日志矛盾";
    /// An index row without the leaf that it names.
    IndexWithoutLeaf = "INDEX_WITHOUT_LEAF", "an index names a digest that its log does not have there", "索引所指的摘要在日志中不存在";
    /// A leaf that counts and that no index names.
    LeafWithoutIndex = "LEAF_WITHOUT_INDEX", "a digest that counts cannot be found by its tags", "有效摘要未编入索引";
    /// A record and its published digest contradict each other.
    RecordChanged = "RECORD_CHANGED", "a record is not the one that its published digest commits to", "记录与已发布摘要的承诺不符";
    /// What was published of a record is not a leaf of the log.
    PublishedLeaf = "PUBLISHED_LEAF", "what was published of a record is not at its place in the log", "记录的已发布摘要不在日志的相应位置";
    /// A record that persons cannot be found by, or the reverse.
    PersonIndex = "PERSON_INDEX", "the index of persons and the records do not fit each other", "人员索引与记录不符";
    /// A statement whose bytes are not those of its name.
    StatementBytes = "STATEMENT_BYTES", "a statement is not the one that its name says", "报文内容与其散列不符";
    /// A statement that is named and not there.
    StatementMissing = "STATEMENT_MISSING", "a statement that is needed is not there", "缺少所需的报文";
    /// A statement without its leaf in the audit log, or a leaf without its statement.
    AuditLeaf = "AUDIT_LEAF", "the audit log and the stored statements do not fit each other", "审计日志与所存报文不符";
    /// The list of statements by the other side does not fit the audit log.
    Correspondence = "CORRESPONDENCE", "the list of statements by center does not fit the audit log", "往来报文清单与审计日志不符";
    /// The counters of an outbox do not fit its rows.
    Outbox = "OUTBOX", "an outbox does not fit its rows and timers", "发件箱与其数据行或计时器不符";
    /// The two sides of a timer do not fit each other.
    Timer = "TIMER", "a timer is set on one side only, or missing", "计时器只登记了一侧，或缺失";
    /// The classes of the ledger do not sum to zero.
    LedgerSum = "LEDGER_SUM", "the ledger does not sum to zero", "账务合计不为零";
    /// A posting that does not balance, or a gap between two.
    Posting = "POSTING", "a posting does not balance, or one is missing", "有一笔分录借贷不平或缺失";
    /// The sums of the ledger are not those of its postings.
    LedgerTotals = "LEDGER_TOTALS", "the sums of the ledger are not those of its postings", "账务合计与分录合计不符";
    /// Suspense is not what the postings of its transfer leave.
    Suspense = "SUSPENSE", "suspense of a transfer is not what its postings leave", "在途款与该笔业务的分录不符";
    /// A balance is another one in the record than in the ledger.
    Balance = "BALANCE", "the balance of an account is not the one in the ledger", "账户余额与账务不符";
    /// A transfer whose state and postings contradict each other.
    TransferMoney = "TRANSFER_MONEY", "what was debited or credited does not fit the state of a transfer", "转移业务的状态与其借记、贷记不符";
    /// A transfer whose orders, index rows or marks are missing.
    TransferRows = "TRANSFER_ROWS", "a transfer does not fit its orders or its places in the lists", "转移业务与其指令或清单不符";
}

/// What mends a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cure {
    /// It follows from the rest of the store.
    Rebuild,
    /// Other members have it.
    Fetch,
    /// Only a backup has it.
    Restore,
    /// The configuration names another member, or the store was never used.
    Configuration,
}

impl Cure {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::Fetch => "fetch",
            Self::Restore => "restore",
            Self::Configuration => "configuration",
        }
    }

    /// What becomes of a row that cannot be read: what follows from others is taken out and made
    /// anew, the rest is lost.
    #[must_use]
    pub fn of_row(area: Option<Area>) -> Self {
        match area {
            Some(area) if REBUILT.contains(&area) => Self::Rebuild,
            Some(area) if FETCHED.contains(&area) => Self::Fetch,
            Some(_) | None => Self::Restore,
        }
    }
}

/// Areas whose rows follow from others, or are only worth something while the node runs.
const REBUILT: [Area; 22] = [
    Area::TagIndex,
    Area::ReferenceIndex,
    Area::RosterLeaf,
    Area::TimerDue,
    Area::TimerSet,
    Area::OutboxCount,
    Area::Person,
    Area::Correspondence,
    Area::TransferOpen,
    Area::TransferNumber,
    Area::TransferOf,
    Area::Suspense,
    Area::LedgerTotals,
    Area::Heartbeat,
    Area::SyncAsk,
    Area::Rate,
    Area::TagRate,
    Area::WitnessOf,
    Area::LogSigning,
    Area::Checkpoint,
    Area::Log,
    Area::Asked,
];

/// Areas whose rows other members have.
const FETCHED: [Area; 2] = [Area::Tile, Area::Follow];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_for_one_fault() {
        let codes: std::collections::BTreeSet<_> =
            Fault::ALL.iter().map(|fault| fault.code()).collect();
        assert_eq!(codes.len(), Fault::ALL.len());
    }
}
