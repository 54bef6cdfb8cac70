//! The rules by which alerts are raised (预警规则), one table.
//!
//! **Promises.** A rule's name, its place in the supervisors' catalogue and its level stand in one
//! line; none of them ever changes its meaning.
//! **Left to others.** Judging: [`super::rules`] for digests, `engine::incidents` for what only a
//! center can see.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::center::Role;

/// How much an alert presses (预警级别).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum AlertLevel {
    /// 提示: worth a look when there is time.
    #[n(1)]
    Notice,
    /// 预警: somebody has to find out why.
    #[n(2)]
    Warning,
    /// 报警: money or the network's word is at stake.
    #[n(3)]
    Alarm,
}

impl AlertLevel {
    /// All levels, the least first.
    pub const ALL: [Self; 3] = [Self::Notice, Self::Warning, Self::Alarm];

    /// The stable word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }

    /// The level with this word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// One level more: an inquiry was not answered in time.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Notice => Self::Warning,
            Self::Warning | Self::Alarm => Self::Alarm,
        }
    }
}

/// Who keeps alerts of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeper {
    /// The authority: it takes the view of the whole province.
    Province,
    /// Every member: what a center must know of its peers.
    Everybody,
}

macro_rules! alert_rules {
    ($($(#[$doc:meta])* $rule:ident = $number:literal, $name:literal, $code:literal, $level:ident, $keeper:ident;)*) => {
        /// What raises an alert.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
        #[cbor(index_only)]
        pub enum AlertRule {
            $($(#[$doc])* #[n($number)] $rule,)*
        }

        impl AlertRule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            /// The stable name, for programs and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }

            /// Its place in the catalogue of the supervisors, A1 to A22.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$rule => $code,)* }
            }

            /// How much an alert of it presses at first.
            #[must_use]
            pub const fn level(self) -> AlertLevel {
                match self { $(Self::$rule => AlertLevel::$level,)* }
            }

            const fn keeper(self) -> Keeper {
                match self { $(Self::$rule => Keeper::$keeper,)* }
            }
        }
    };
}

alert_rules! {
    /// Two running loans of one person at two centers (一人两地同时贷款).
    DoubleLoan = 1, "double_loan", "A2", Alarm, Province;
    /// Applications of one person at two centers that may both be lent to (一人两地同时申请贷款).
    DoubleIntent = 35, "double_intent", "A2", Warning, Province;
    /// A transfer that one side has published and the other has not, past its deadline
    /// (转移单边).
    OneSidedTransfer = 2, "one_sided_transfer", "A7", Warning, Province;
    /// Both sides of a transfer have published, but over different sheets (信息表不一致).
    SheetsDiffer = 3, "sheets_differ", "A7", Alarm, Province;
    /// A log, or the roster, that has two faces (两套账).
    Equivocation = 4, "equivocation", "A21", Alarm, Everybody;
    /// A leaf or a checkpoint that does not fit what came before it.
    InvalidUpdate = 5, "invalid_update", "A21", Alarm, Everybody;
    /// No sign of life for five minutes (失联).
    Silence = 6, "silence", "A21", Warning, Everybody;
    /// A roster past its time, or a member that works by an old one.
    StaleRoster = 7, "stale_roster", "A21", Warning, Everybody;
    /// Money was paid out for one property twice (一房多提).
    PropertyPaidTwice = 8, "property_paid_twice", "A2", Alarm, Province;
    /// Open accounts of one person at two centers for more than a month (一人多户).
    OverlappingAccounts = 19, "overlapping_accounts", "A1", Notice, Province;
    /// A third loan of one person (第三次使用贷款).
    ThirdLoan = 9, "third_loan", "A3", Alarm, Province;
    /// One letter was paid, or credited, twice (同一联系函重复划款).
    PaidTwice = 10, "paid_twice", "A10", Alarm, Province;
    /// A transfer in, and everything withdrawn within thirty days (转入后短期销户提取).
    RapidInOut = 11, "rapid_in_out", "A11", Warning, Province;
    /// Three transfers of one person within twelve months (频繁转移).
    FrequentTransfers = 12, "frequent_transfers", "A12", Notice, Province;
    /// A certificate was used after it had run out or was taken back (证明过期使用).
    CertificateUsedLate = 13, "certificate_used_late", "A16", Alarm, Province;
    /// A certificate was used twice (证明重复使用).
    CertificateUsedTwice = 14, "certificate_used_twice", "A16", Alarm, Province;
    /// No receipt of a certificate (证明回执逾期).
    CertificateWithoutReceipt = 15, "certificate_without_receipt", "A16", Notice, Province;
    /// A center vouches for a checkpoint whose signature is not that of its log (日志签名无效).
    InvalidRoot = 16, "invalid_root", "A21", Alarm, Everybody;
    /// A center has announced entries that nobody can get (日志缺口).
    LogGap = 17, "log_gap", "A21", Warning, Everybody;
    /// Money was paid out for a property after the person's account had left (转出后提取).
    WithdrawnAfterTransfer = 18, "withdrawn_after_transfer", "A4", Alarm, Province;
    /// The money that arrived differs from the sheet, says the transfer-in center (到账金额不符).
    ReceivedDiffers = 20, "received_differs", "A8", Warning, Province;
    /// The core's interest differs from the recomputation, says the transfer-out center
    /// (利息复核不符).
    InterestDiffers = 21, "interest_differs", "A9", Warning, Province;
    /// A letter number came with another content, says the transfer-out center (联系函编号重复).
    LetterNumberReused = 22, "letter_number_reused", "A10", Alarm, Province;
    /// What a center waited for in a transfer did not come in time (办理超期).
    DeadlineMissed = 23, "deadline_missed", "A7", Notice, Province;
    /// A court froze an account whose money had left (冻结晚于转出).
    FreezeTooLate = 24, "freeze_too_late", "A19", Alarm, Province;
    /// A frozen account is frozen no more, before the freeze had run out (冻结账户提前变动).
    FreezeEnded = 25, "freeze_ended", "A19", Alarm, Province;
    /// An operator asked about many persons, and no business followed (无业务查询).
    QueriesWithoutBusiness = 26, "queries_without_business", "A17", Warning, Province;
    /// Rows were booked into days that an earlier export had closed (倒签入账).
    BackDated = 27, "back_dated", "A22", Warning, Province;
    /// An answer does not open the commitment that its center published (存证不符).
    DigestMismatch = 28, "digest_mismatch", "A20", Alarm, Province;
    /// The bank moved more under a letter than its sheet explains (重复划款).
    PaidBeyondSheet = 29, "paid_beyond_sheet", "A10", Alarm, Province;
    /// A withdrawal was booked after the account was locked or had left (转移期间提取).
    WithdrawnInTransfer = 30, "withdrawn_in_transfer", "A4", Alarm, Province;
    /// A deposit was booked to a closed account (销户后入账).
    DepositAfterClosing = 31, "deposit_after_closing", "A5", Warning, Province;
    /// A transfer out was booked that no letter of this network explains (无函转出).
    TransferWithoutLetter = 32, "transfer_without_letter", "A6", Warning, Province;
    /// One bank card stands with five persons or more (一卡多人).
    SharedCard = 33, "shared_card", "A13", Warning, Province;
    /// More than a fifth of a unit's staff was transferred out within a month (单位集中转出).
    UnitLeaves = 34, "unit_leaves", "A15", Warning, Province;
}

impl AlertRule {
    /// The rule with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }

    /// The version of the rule: one more whenever it would judge the same digests otherwise.
    #[must_use]
    pub const fn version(self) -> u32 {
        1
    }

    /// Whether a member of this role keeps alerts of the rule.
    #[must_use]
    pub const fn is_kept_by(self, role: Role) -> bool {
        match self.keeper() {
            Keeper::Province => matches!(role, Role::Authority),
            Keeper::Everybody => true,
        }
    }
}

impl fmt::Display for AlertRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name_and_has_a_place_in_the_catalogue() {
        for rule in AlertRule::ALL {
            assert_eq!(AlertRule::from_name(rule.name()), Some(*rule));
            let number: u32 = rule.code().strip_prefix('A').unwrap().parse().unwrap();
            assert!((1..=22).contains(&number), "{rule}");
        }
    }

    #[test]
    fn a_level_rises_to_the_highest_and_stays() {
        for level in AlertLevel::ALL {
            assert_eq!(AlertLevel::from_name(level.name()), Some(level));
            assert!(level.raised() >= level);
        }
        assert_eq!(AlertLevel::Alarm.raised(), AlertLevel::Alarm);
    }
}
