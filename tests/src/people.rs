//! The synthetic persons of the whole-node tests: their numbers keep every rule and no living person
//! can have them.

use crate::dump::Saver;

/// 李晓禾 in Datong: 36 months of 1 200.00, sealed on 10 April 2026; 43 758.38 in all.
pub const LI_IN_DATONG: Saver = Saver {
    name: "李晓禾",
    kind: "01",
    document: "140199199003070223",
    account: "9923041500021",
    status: "02",
    first: (2023, 4),
    months: 36,
    deposit: 120_000,
    carried_until: 2025,
};

/// 李晓禾 in Taiyuan, where she has worked for a month.
pub const LI_IN_TAIYUAN: Saver = Saver {
    name: "李晓禾",
    kind: "01",
    document: "140199199003070223",
    account: "0126050000017",
    status: "01",
    first: (2026, 4),
    months: 1,
    deposit: 130_000,
    carried_until: 2025,
};

/// 张大同 in Datong, who pays there still.
pub const ZHANG_IN_DATONG: Saver = Saver {
    name: "张大同",
    kind: "01",
    document: "140299198506150138",
    account: "9923041500022",
    status: "01",
    first: (2025, 7),
    months: 10,
    deposit: 188_400,
    carried_until: 2025,
};

/// 王㛃 in Datong, sealed; her name is beyond GBK.
pub const WANG_IN_DATONG: Saver = Saver {
    name: "王㛃",
    kind: "01",
    document: "141099199608210319",
    account: "9923041500023",
    status: "02",
    first: (2025, 9),
    months: 8,
    deposit: 95_000,
    carried_until: 2025,
};

/// 李晓禾 at her new employer in Taiyuan, before the first deposit there.
pub const LI_NEW_IN_TAIYUAN: Saver = newcomer(LI_IN_DATONG, "9926050600011", (2026, 5));

/// 赵长治 in Changzhi: 55 months of 1 088.00; 61 452.36 and 632.05 interest on 18 March 2026.
pub const ZHAO_IN_CHANGZHI: Saver = Saver {
    name: "赵长治",
    kind: "01",
    document: "140499199301020116",
    account: "9921071500041",
    status: "02",
    first: (2021, 7),
    months: 55,
    deposit: 108_800,
    carried_until: 2025,
};

/// 赵长治 in Linfen.
pub const ZHAO_IN_LINFEN: Saver = newcomer(ZHAO_IN_CHANGZHI, "9926030600041", (2026, 3));

/// 张大同 in Datong, sealed: 50 months of 1 884.00; 96 332.75 and 1 051.59 interest on 8 April 2026.
pub const ZHANG_SEALED_IN_DATONG: Saver = Saver {
    name: "张大同",
    kind: "01",
    document: "140299198506150138",
    account: "9922011500017",
    status: "02",
    first: (2022, 1),
    months: 50,
    deposit: 188_400,
    carried_until: 2025,
};

/// 张大同 in Taiyuan.
pub const ZHANG_IN_TAIYUAN: Saver = newcomer(ZHANG_SEALED_IN_DATONG, "9926040600017", (2026, 4));

/// 周临 in Linfen: 76 months of 1 560.00; 123 520.23 and 1 220.36 interest on 2 March 2026.
pub const ZHOU_IN_LINFEN: Saver = Saver {
    name: "周临",
    kind: "01",
    document: "141099197812310529",
    account: "9919091500013",
    status: "02",
    first: (2019, 9),
    months: 76,
    deposit: 156_000,
    carried_until: 2025,
};

/// 周临 in Taiyuan.
pub const ZHOU_IN_TAIYUAN: Saver = newcomer(ZHOU_IN_LINFEN, "9926010500013", (2026, 3));

/// 吴朔 in Yangquan: 21 months of 880.00; 18 726.98 and 1.56 interest on 3 July 2026.
pub const WU_IN_YANGQUAN: Saver = Saver {
    name: "吴朔",
    kind: "01",
    document: "140399200002290079",
    account: "9924101500021",
    status: "02",
    first: (2024, 10),
    months: 21,
    deposit: 88_000,
    carried_until: 2026,
};

/// 吴朔 in Taiyuan.
pub const WU_IN_TAIYUAN: Saver = newcomer(WU_IN_YANGQUAN, "9926070100021", (2026, 7));

/// 陈𤧛 in Taiyuan: 74 months of 2 010.00; 154 069.27 and 2 203.25 interest on 29 June 2026.
pub const CHEN_IN_TAIYUAN: Saver = Saver {
    name: "陈𤧛",
    kind: "01",
    document: "140199198711040047",
    account: "9920031500034",
    status: "02",
    first: (2020, 3),
    months: 74,
    deposit: 201_000,
    carried_until: 2025,
};

/// 陈𤧛 in Datong.
pub const CHEN_IN_DATONG: Saver = newcomer(CHEN_IN_TAIYUAN, "9926050600034", (2026, 6));

/// 孙一 in Taiyuan, who pays there.
pub const SUN_IN_TAIYUAN: Saver = Saver {
    name: "孙一",
    kind: "01",
    document: "14019919880808007X",
    account: "9919051500035",
    status: "01",
    first: (2019, 5),
    months: 82,
    deposit: 160_000,
    carried_until: 2025,
};

/// Another person with the same deposits, at an account of this number.
#[must_use]
pub const fn saving_like(plan: Saver, person: Saver, account: &'static str) -> Saver {
    Saver { name: person.name, document: person.document, account, ..plan }
}

/// The same person at another center, where the employer has not paid yet.
#[must_use]
pub const fn newcomer(from: Saver, account: &'static str, first: (i64, i64)) -> Saver {
    Saver { account, status: "01", first, months: 0, ..from }
}
