//! The employers of a city.
//!
//! **Promises.** Their codes have right check characters and an area that no county has.
//! **Left to others.** Who works there: `account`.

use fundlink_protocol::credit_code::CreditCode;

use super::city::City;
use super::names;
use super::random::Random;

/// An employer.
#[derive(Clone, Debug)]
pub(super) struct EmployerPlan {
    /// 单位账号 DWZH.
    pub(super) number: String,
    pub(super) name: String,
    pub(super) code: String,
    /// 单位账户状态, a code of table A.4: one in eleven is sealed.
    pub(super) status: &'static str,
    /// 缴存比例 of each side, percent.
    pub(super) rate_percent: u32,
    /// The day of the month on which it pays in.
    pub(super) pay_day: u32,
    /// What its persons have together, in fen.
    pub(super) balance_fen: i64,
    /// Persons with and without deposits.
    pub(super) paying: u32,
    pub(super) sealed: u32,
}

impl EmployerPlan {
    pub(super) fn is_sealed(&self) -> bool {
        self.status == SEALED
    }
}

/// The code of table A.4 for 封存.
const SEALED: &str = "05";

/// The employers of a city.
pub(super) fn plan(seed: u64, city: City, count: u32) -> Vec<EmployerPlan> {
    let one = |place: u32| {
        let mut random = Random::new(seed, &[city.stream(), u64::from(place), 2]);
        let prefix = format!("91{}", city.area());
        let organisation = format!("MA{place:06}");
        let code = CreditCode::complete(&prefix, &organisation);
        EmployerPlan {
            number: format!("{}{place:06}", city.center()),
            name: names::employer(&mut random, city.chinese(), place),
            code: code.map(|code| code.to_string()).unwrap_or_default(),
            // The first is always open; 859 of 10,263 pay no more.
            status: if place > 1 && random.chance(84) { SEALED } else { "01" },
            // The first is the cast's.
            rate_percent: if place == 1 { 12 } else { *random.pick(&[5, 8, 8, 10, 12, 12, 12]) },
            pay_day: random.between(5, 25),
            balance_fen: 0,
            paying: 0,
            sealed: 0,
        }
    };
    (1..=count).map(one).collect()
}
