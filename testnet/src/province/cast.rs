//! The persons of the stories, each with what one of them needs.
//!
//! **Promises.** They are in every province, whatever its seed and scale, with these numbers and
//! amounts; figures such as 44,285.84 for [`Part::Mover`] on 2026-05-20 follow from them.
//! **Left to others.** Playing them: the tour and the tests.

use super::city::City;

/// What a member of the cast is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Moves from Datong to Taiyuan: 36 months of 1,200.00, sealed; 43,758.38 and 527.46 interest on
    /// 2026-05-20.
    Mover,
    /// Moves from Linfen to Datong: 24 months of 1,500.00, sealed.
    SecondMover,
    /// Has an unsettled loan in Linfen, two instalments overdue, and wants to move to Taiyuan (R07).
    LoanDebtor,
    /// The account in Datong still gets deposits (R04).
    NotSealed,
    /// Has no account in Datong (R01).
    Unknown,
    /// The account in Datong bears another name (R02).
    NameMismatch,
    /// A court froze the account in Datong (R06).
    Frozen,
    /// Datong holds the 15-digit number: a clerk must confirm.
    OldNumber,
    /// Linfen's system lost a character of the name: two persons must decide.
    RareName,
    /// Works in Datong and wants a loan in Taiyuan; has none anywhere.
    LoanApplicant,
    /// The applicant's spouse, with an account in Datong.
    Spouse,
    /// Has a loan in Taiyuan, and in [`super::Edition::WithSecondLoan`] a second one in Linfen.
    DoubleBorrower,
    /// A long account in Taiyuan, sealed, on both sides of 30 June: 154,069.27 and 2,203.25 on
    /// 2026-06-29.
    CliffMover,
    /// Pays in Taiyuan, and applies for loans in two cities at once.
    TwoCities,
}

/// A member of the cast.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The part.
    pub part: Part,
    /// The name, as the person and the letter write it.
    pub name: &'static str,
    /// The resident number, 18 characters.
    pub number: &'static str,
    /// Where the money is; for [`Part::Unknown`] the account that is claimed and does not exist.
    pub from: Held,
    /// Where the person wants it.
    pub to: Option<Held>,
}

/// An account of a member.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// In which city.
    pub city: City,
    /// 个人账号.
    pub account: &'static str,
}

/// An account as it is written into the files.
#[derive(Clone, Copy, Debug)]
pub(super) struct CastAccount {
    pub(super) held: Held,
    pub(super) name: &'static str,
    pub(super) number: &'static str,
    /// First and last month of deposits, YYYYMM; 0 for "to the day of the dump".
    pub(super) months: (u32, u32),
    /// What comes in on each 15th, in fen.
    pub(super) monthly_fen: i64,
    pub(super) end: CastEnd,
}

/// How an account of the cast stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CastEnd {
    Paying,
    /// 封存 on a day, YYYYMMDD.
    Sealed(u32),
    /// 冻结 on a day, YYYYMMDD.
    Frozen(u32),
}

/// A loan of the cast.
#[derive(Clone, Copy, Debug)]
pub(super) struct CastLoan {
    pub(super) city: City,
    pub(super) part: Part,
    pub(super) contract: &'static str,
    pub(super) account: &'static str,
    pub(super) disbursed: &'static str,
    pub(super) disbursed_on: &'static str,
    pub(super) balance: &'static str,
    pub(super) rate: &'static str,
    pub(super) periods: &'static str,
    pub(super) overdue: &'static str,
    /// Only in the edition with the second loan.
    pub(super) second: bool,
}

const fn held(city: City, account: &'static str) -> Held {
    Held { city, account }
}

const fn member(part: Part, name: &'static str, number: &'static str, from: Held) -> Member {
    Member { part, name, number, from, to: None }
}

impl Member {
    const fn moving_to(self, city: City, account: &'static str) -> Self {
        Self { to: Some(held(city, account)), ..self }
    }

    /// The member with a part.
    #[must_use]
    pub fn of(part: Part) -> Self {
        match MEMBERS.iter().find(|member| member.part == part) {
            Some(member) => *member,
            None => unreachable!("every part has a member"),
        }
    }
}

use City::{Datong, Linfen, Taiyuan};

/// Everybody.
pub const MEMBERS: [Member; 14] = [
    member(Part::Mover, "李晓禾", "140199199003070223", held(Datong, "9923041500021"))
        .moving_to(Taiyuan, "9926050600011"),
    member(Part::SecondMover, "任汾生", "141099199104180312", held(Linfen, "9924041500012"))
        .moving_to(Datong, "9926050600012"),
    member(Part::LoanDebtor, "周临", "141099197812310529", held(Linfen, "9919091500013"))
        .moving_to(Taiyuan, "9926010500013"),
    member(Part::NotSealed, "高云", "140299198909230511", held(Datong, "9922051500014"))
        .moving_to(Taiyuan, "9926050600014"),
    member(Part::Unknown, "杜若", "140199199506120421", held(Datong, "9920011500015"))
        .moving_to(Taiyuan, "9926050600015"),
    member(Part::NameMismatch, "刘建军", "140299198205050715", held(Datong, "9921031500016"))
        .moving_to(Taiyuan, "9926050600016"),
    member(Part::Frozen, "张大同", "140299198506150138", held(Datong, "9922011500017"))
        .moving_to(Taiyuan, "9926050600017"),
    member(Part::OldNumber, "郭云冈", "140299197611200331", held(Datong, "9920061500018"))
        .moving_to(Taiyuan, "9926050600018"),
    member(Part::RareName, "王㛃", "141099199608210319", held(Linfen, "9923021500019"))
        .moving_to(Taiyuan, "9926050600019"),
    member(Part::LoanApplicant, "冯同", "140299199203150178", held(Datong, "9922071500031")),
    member(Part::Spouse, "何桑", "140299199308220443", held(Datong, "9923091500032")),
    member(Part::DoubleBorrower, "曹双", "140199198709300591", held(Taiyuan, "9920021500033")),
    member(Part::CliffMover, "陈𤧛", "140199198711040047", held(Taiyuan, "9920031500034"))
        .moving_to(Datong, "9926050600034"),
    member(Part::TwoCities, "孙一", "14019919880808007X", held(Taiyuan, "9919051500035")),
];

/// Whether a number belongs to the cast.
pub(super) fn is_taken(number: &str) -> bool {
    MEMBERS.iter().any(|member| member.number == number)
}

/// The accounts of the cast in a city.
pub(super) fn accounts(city: City) -> Vec<CastAccount> {
    MEMBERS.iter().flat_map(accounts_of).filter(|account| account.held.city == city).collect()
}

fn accounts_of(member: &Member) -> Vec<CastAccount> {
    let (months, monthly_fen, end) = deposits(member.part);
    let (name, number) = match member.part {
        Part::NameMismatch => ("刘建国", member.number),
        Part::OldNumber => (member.name, "140299761120033"),
        Part::RareName => ("王?", member.number),
        Part::Mover
        | Part::SecondMover
        | Part::LoanDebtor
        | Part::NotSealed
        | Part::Unknown
        | Part::Frozen
        | Part::LoanApplicant
        | Part::Spouse
        | Part::DoubleBorrower
        | Part::CliffMover
        | Part::TwoCities => (member.name, member.number),
    };
    let from = CastAccount { held: member.from, name, number, months, monthly_fen, end };
    let to = member.to.map(|held| CastAccount {
        held,
        name: member.name,
        number: member.number,
        months: (202_605, 0),
        monthly_fen: 120_000,
        end: CastEnd::Paying,
    });
    let from = (member.part != Part::Unknown).then_some(from);
    from.into_iter().chain(to).collect()
}

/// Months, monthly amount and end of the account that a member comes from.
const fn deposits(part: Part) -> ((u32, u32), i64, CastEnd) {
    match part {
        Part::Mover => ((202_304, 202_603), 120_000, CastEnd::Sealed(20_260_410)),
        Part::SecondMover => ((202_404, 202_603), 150_000, CastEnd::Sealed(20_260_410)),
        Part::LoanDebtor => ((201_909, 202_512), 156_000, CastEnd::Sealed(20_260_110)),
        Part::NotSealed => ((202_205, 0), 140_000, CastEnd::Paying),
        Part::Unknown => ((0, 0), 0, CastEnd::Paying),
        Part::NameMismatch => ((202_103, 202_602), 130_000, CastEnd::Sealed(20_260_310)),
        Part::Frozen => ((202_201, 202_602), 188_400, CastEnd::Frozen(20_260_403)),
        Part::OldNumber => ((202_006, 202_603), 110_000, CastEnd::Sealed(20_260_410)),
        Part::RareName => ((202_302, 202_603), 125_000, CastEnd::Sealed(20_260_410)),
        Part::LoanApplicant => ((202_207, 0), 170_000, CastEnd::Paying),
        Part::Spouse => ((202_309, 0), 128_000, CastEnd::Paying),
        Part::DoubleBorrower => ((202_002, 0), 180_000, CastEnd::Paying),
        Part::CliffMover => ((202_003, 202_604), 201_000, CastEnd::Sealed(20_260_510)),
        Part::TwoCities => ((201_905, 0), 160_000, CastEnd::Paying),
    }
}

/// The loans of the cast.
pub(super) const LOANS: [CastLoan; 3] = [
    CastLoan {
        city: Linfen,
        part: Part::LoanDebtor,
        contract: "JK141000-2021-0077",
        account: "1410002021000077",
        disbursed: "600000.00",
        disbursed_on: "20210520",
        balance: "538912.44",
        rate: "0.0325000",
        periods: "360",
        overdue: "2",
        second: false,
    },
    CastLoan {
        city: Taiyuan,
        part: Part::DoubleBorrower,
        contract: "JK140100-2024-0088",
        account: "1401002024000088",
        disbursed: "400000.00",
        disbursed_on: "20240618",
        balance: "374444.56",
        rate: "0.0285000",
        periods: "360",
        overdue: "0",
        second: false,
    },
    CastLoan {
        city: Linfen,
        part: Part::DoubleBorrower,
        contract: "JK141000-2026-0099",
        account: "1410002026000099",
        disbursed: "350000.00",
        disbursed_on: "20260518",
        balance: "350000.00",
        rate: "0.0260000",
        periods: "240",
        overdue: "0",
        second: true,
    },
];
