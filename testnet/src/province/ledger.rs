//! The life of one account: what was booked on it, day by day.
//!
//! **Promises.** Year-end interest is what the protocol's rules give, so balances agree with them to
//! the fen; the rows add up to the balance.
//! **Left to others.** Who the account belongs to: `writer`.

use fundlink_protocol::interest::{Accrual, InterestRules};
use fundlink_protocol::money::Fen;
use fundlink_protocol::time::{Date, Month};

/// Something that happens to an account on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// 汇缴 for a month.
    Deposit { month: Month, amount: Fen },
    /// 补缴 for a month.
    BackPayment { month: Month, amount: Fen },
    /// A deposit that was booked twice by mistake, and taken back.
    Mistake { month: Month, amount: Fen },
    /// 部分提取, so many thousandths of the balance.
    Withdrawal { per_mille: i64, reason: &'static str },
    /// 封存.
    Sealing,
    /// 冻结.
    Freezing,
    /// 销户提取, with interest.
    Closing { reason: &'static str },
    /// 外部转出, with interest.
    TransferOut,
}

/// A row of table 5.0.5.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) serial: String,
    pub(super) posted_on: Date,
    /// A code of table A.5.
    pub(super) business: &'static str,
    pub(super) month: Option<Month>,
    pub(super) amount: Fen,
    pub(super) interest: Fen,
    /// A code of table A.9.
    pub(super) reversal: &'static str,
    /// A code of table A.7, or empty.
    pub(super) reason: &'static str,
}

/// An account after everything was booked.
#[derive(Clone, Debug)]
pub(super) struct Played {
    pub(super) rows: Vec<Row>,
    pub(super) balance: Fen,
    pub(super) carried_over: Fen,
    pub(super) current_year: Fen,
}

struct Book {
    rows: Vec<Row>,
    accrual: Accrual,
    rules: InterestRules,
    carried_fen: i64,
    current_fen: i64,
    /// What deposit serials of the employer end with.
    payer: String,
    counter: u32,
}

/// Books deeds, in the order of their days, up to `as_of`.
pub(super) fn play(mut deeds: Vec<(Date, Deed)>, payer: &str, as_of: Date) -> Played {
    deeds.retain(|deed| deed.0 <= as_of);
    deeds.sort_by_key(|deed| deed.0);
    let start = deeds.first().map_or(as_of, |deed| deed.0);
    let mut book = Book {
        rows: Vec::with_capacity(deeds.len() + 4),
        accrual: Accrual::open(start),
        rules: InterestRules::default(),
        carried_fen: 0,
        current_fen: 0,
        payer: payer.to_owned(),
        counter: 0,
    };
    for (on, deed) in deeds {
        book.advance(on);
        book.book(on, &deed);
    }
    book.advance(as_of);
    Played {
        rows: book.rows,
        balance: book.accrual.balance(),
        carried_over: fen(book.carried_fen),
        current_year: fen(book.current_fen),
    }
}

/// An amount from fen that stay far within the standard's range.
pub(super) fn fen(fen: i64) -> Fen {
    Fen::new(fen).unwrap_or_default()
}

impl Book {
    /// Brings interest up to a day, and books what was added on each 1 July on the way.
    fn advance(&mut self, to: Date) {
        // Days rise and rates are known since 2016: there is always an answer.
        let added = self.accrual.advance(to, &self.rules).unwrap_or_default();
        for interest in added {
            self.carried_fen += self.current_fen + interest.amount.get();
            self.current_fen = 0;
            self.rows.push(Row {
                serial: format!("J{}", interest.on.year()),
                posted_on: interest.on,
                business: "09",
                month: None,
                amount: interest.amount,
                interest: Fen::ZERO,
                reversal: "01",
                reason: "",
            });
        }
    }

    fn book(&mut self, on: Date, deed: &Deed) {
        match *deed {
            Deed::Deposit { month, amount } => self.deposit(on, "01", "H", (month, amount)),
            Deed::BackPayment { month, amount } => self.deposit(on, "02", "B", (month, amount)),
            Deed::Mistake { month, amount } => {
                self.deposit(on, "01", "C", (month, amount));
                self.deposit(on, "01", "C", (month, amount.negated()));
            }
            Deed::Withdrawal { per_mille, reason } => {
                let taken = self.accrual.balance().get() / 1_000 * per_mille;
                self.take(on, "11", taken, (Fen::ZERO, reason));
            }
            Deed::Sealing => self.take(on, "05", 0, (Fen::ZERO, "")),
            Deed::Freezing => self.take(on, "14", 0, (Fen::ZERO, "")),
            Deed::Closing { reason } => self.take_all(on, "12", reason),
            Deed::TransferOut => self.take_all(on, "07", ""),
        }
    }

    fn deposit(
        &mut self,
        on: Date,
        business: &'static str,
        letter: &str,
        (month, amount): (Month, Fen),
    ) {
        self.post(on, amount);
        self.current_fen += amount.get();
        let reversal = if amount < Fen::ZERO { "02" } else { "01" };
        self.rows.push(Row {
            serial: format!("{letter}{}{}", month.number(), self.payer),
            posted_on: on,
            business,
            month: Some(month),
            amount,
            interest: Fen::ZERO,
            reversal,
            reason: "",
        });
    }

    fn take_all(&mut self, on: Date, business: &'static str, reason: &'static str) {
        let interest = self.accrual.settlement(&self.rules).map(|settled| settled.interest);
        let all = self.accrual.balance().get();
        self.take(on, business, all, (interest.unwrap_or_default(), reason));
        // Interest was paid out: what is left starts anew.
        self.accrual = Accrual::open(on);
    }

    /// Takes money out, carried-over money first.
    fn take(
        &mut self,
        on: Date,
        business: &'static str,
        taken_fen: i64,
        (interest, reason): (Fen, &'static str),
    ) {
        let from_carried = taken_fen.min(self.carried_fen);
        self.carried_fen -= from_carried;
        self.current_fen -= taken_fen - from_carried;
        self.post(on, fen(-taken_fen));
        self.counter += 1;
        self.rows.push(Row {
            serial: format!("T{}-{:02}", on.number(), self.counter),
            posted_on: on,
            business,
            month: None,
            amount: fen(-taken_fen),
            interest,
            reversal: "01",
            reason,
        });
    }

    fn post(&mut self, on: Date, amount: Fen) {
        // Interest up to the day is booked already, so nothing is added here.
        self.accrual.post(on, amount, &self.rules).unwrap_or_default();
    }
}
