//! The synthetic persons of the whole-node tests: their numbers keep every rule and no living person
//! can have them.

use crate::dump::Saver;

/// 李晓禾 in Datong: 36 months of 1 200.00, sealed on 10 April 2026; 43 758.38 in all.
pub const LI_IN_DATONG: Saver = Saver {
    name: "李晓禾",
    document: "140199199003070223",
    account: "9923041500021",
    status: "02",
    first: (2023, 4),
    months: 36,
    deposit: 120_000,
    interest: &[(2023, 700), (2024, 16_521), (2025, 38_617)],
    carried_until: 2025,
};

/// 李晓禾 in Taiyuan, where she has worked for a month.
pub const LI_IN_TAIYUAN: Saver = Saver {
    name: "李晓禾",
    document: "140199199003070223",
    account: "0126050000017",
    status: "01",
    first: (2026, 4),
    months: 1,
    deposit: 130_000,
    interest: &[],
    carried_until: 2025,
};

/// 张大同 in Datong, who pays there still.
pub const ZHANG_IN_DATONG: Saver = Saver {
    name: "张大同",
    document: "140299198506150138",
    account: "9923041500022",
    status: "01",
    first: (2025, 7),
    months: 10,
    deposit: 188_400,
    interest: &[],
    carried_until: 2025,
};

/// 王㛃 in Datong, sealed; her name is beyond GBK.
pub const WANG_IN_DATONG: Saver = Saver {
    name: "王㛃",
    document: "141099199608210319",
    account: "9923041500023",
    status: "02",
    first: (2025, 9),
    months: 8,
    deposit: 95_000,
    interest: &[],
    carried_until: 2025,
};
