//! The cities of the synthetic province.
//!
//! **Promises.** Codes are those of GB/T 2260; sizes are those of the seed, or said to be guessed.
//! **Left to others.** Addresses and ports of their nodes: the supervisor.

use std::fmt;

use fundlink_protocol::bank_account::CorporateAccount;
use fundlink_protocol::center::CenterCode;

/// A city with a fund center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum City {
    /// 太原.
    Taiyuan,
    /// 大同.
    Datong,
    /// 临汾.
    Linfen,
}

/// How a city's system writes its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Export {
    /// UTF-8, lines end with LF.
    Utf8,
    /// UTF-8 after a byte order mark, lines end with CRLF.
    MarkedUtf8,
    /// GB 18030, lines end with CRLF, column names in lower case.
    Gb18030,
}

impl City {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Taiyuan, Self::Datong, Self::Linfen];

    /// The code of its center (GB/T 2260).
    #[must_use]
    pub fn center(self) -> CenterCode {
        match CenterCode::new(self.division()) {
            Ok(code) => code,
            Err(error) => unreachable!("a constant: {error}"),
        }
    }

    /// The city of a center.
    #[must_use]
    pub fn of(center: CenterCode) -> Option<Self> {
        Self::ALL.into_iter().find(|city| city.center() == center)
    }

    const fn division(self) -> u32 {
        match self {
            Self::Taiyuan => 140_100,
            Self::Datong => 140_200,
            Self::Linfen => 141_000,
        }
    }

    /// Its English name.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::Taiyuan => "Taiyuan",
            Self::Datong => "Datong",
            Self::Linfen => "Linfen",
        }
    }

    /// Its Chinese name.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Taiyuan => "太原",
            Self::Datong => "大同",
            Self::Linfen => "临汾",
        }
    }

    /// The name of its center, in which the special account is held.
    #[must_use]
    pub fn center_name(self) -> String {
        format!("{}市住房公积金管理中心", self.chinese())
    }

    /// The special account (专户) of its center at the simulated bank.
    #[must_use]
    pub fn special_account(self) -> CorporateAccount {
        match CorporateAccount::parse(&format!("99{}-0000001", self.division())) {
            Ok(account) => account,
            Err(error) => unreachable!("digits and a dash: {error}"),
        }
    }

    /// The area code of its synthetic persons, which no county has.
    pub(super) const fn area(self) -> u32 {
        self.division() + 99
    }

    /// Persons at scale 1.
    pub(super) const fn people(self) -> u32 {
        match self {
            Self::Taiyuan => 12_412,
            Self::Datong | Self::Linfen => 9_309,
        }
    }

    /// Employers at scale 1.
    pub(super) const fn employers(self) -> u32 {
        match self {
            Self::Taiyuan => 103,
            Self::Datong | Self::Linfen => 77,
        }
    }

    /// A number for the streams of random numbers.
    pub(super) const fn stream(self) -> u64 {
        self.division() as u64
    }

    pub(super) const fn export(self) -> Export {
        match self {
            Self::Taiyuan => Export::Utf8,
            Self::Datong => Export::MarkedUtf8,
            Self::Linfen => Export::Gb18030,
        }
    }

    /// The city from which some persons have moved here.
    pub(super) const fn neighbour(self) -> Option<Self> {
        match self {
            Self::Taiyuan => None,
            Self::Datong => Some(Self::Taiyuan),
            Self::Linfen => Some(Self::Datong),
        }
    }
}

impl fmt::Display for City {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english())
    }
}
