//! A person's provident-fund account (个人账户) and the rows of its ledger (个人业务明细).
//!
//! **Promises.** The fields and code tables of JGJ/T 320, tables 5.0.4 and 5.0.5; an account number
//! never shows in `Debug`.
//! **Left to others.** What a row does to money: the ledger of the core. Months: `deposit_history`.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::bank_account::CardNumber;
use crate::code_table::code_table;
use crate::money::Fen;
use crate::private_text::{PrivateText, private_wrapper};
use crate::time::{Date, Month};

/// The number of an account (个人账号 GRZH, C20), unique within one center.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountNumber(PrivateText);

private_wrapper!(AccountNumber, "not an account number");

/// A text that is not the number of an account. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account number has 1 to 20 letters, digits, dots, dashes or underscores")]
pub struct AccountNumberError;

impl AccountNumber {
    /// Parses a number; the blanks that pad a CHAR column are dropped.
    ///
    /// # Errors
    /// When nothing is left, or more than 20 characters, or another character.
    pub fn parse(text: &str) -> Result<Self, AccountNumberError> {
        let text = text.trim();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if (1..=20).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(PrivateText::new(text.to_owned())))
        } else {
            Err(AccountNumberError)
        }
    }

    fn from_wire(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|number| number.as_str() == text)
    }
}

code_table!(
    /// The status of an account (个人账户状态 GRZHZT, table A.6).
    AccountStatus, "A.6",
    {
        Normal = 1, "正常";
        /// No deposits are made; interest goes on. What a transfer-out needs.
        Sealed = 2, "封存";
        Merged = 3, "合并销户";
        TransferredOut = 4, "外部转出销户";
        Withdrawn = 5, "提取销户";
        /// By a court; a lock for a transfer is another thing.
        Frozen = 6, "冻结";
        Other = 99, "其他";
    }
);

impl AccountStatus {
    /// Whether the account is closed for good (已销户).
    #[must_use]
    pub const fn is_closed(self) -> bool {
        match self {
            Self::Merged | Self::TransferredOut | Self::Withdrawn => true,
            Self::Normal | Self::Sealed | Self::Frozen | Self::Other => false,
        }
    }
}

code_table!(
    /// Why money was withdrawn or an account closed (提取/销户原因 TQYY, XHYY, table A.7).
    CloseReason, "A.7",
    {
        HousePurchase = 1, "购买住房";
        HouseBuilding = 2, "建造翻建大修";
        Retirement = 3, "离休退休";
        LossOfAbility = 4, "完全丧失劳动能力并终止劳动关系";
        Emigration = 5, "户口迁出或出境定居";
        LoanRepayment = 6, "偿还购房贷款本息";
        Rent = 7, "房租超出规定比例";
        Death = 8, "死亡";
        Illness = 9, "大病医疗";
        Other = 99, "其他";
    }
);

code_table!(
    /// What a ledger row books (归集和提取业务类型 GJHTQYWLX, table A.5).
    BusinessType, "A.5",
    {
        /// A deposit for the month in which it is due.
        Deposit = 1, "汇缴";
        BackPayment = 2, "补缴";
        Opening = 3, "开户";
        Unsealing = 4, "启封";
        Sealing = 5, "封存";
        InternalTransfer = 6, "内部转移";
        TransferOut = 7, "外部转出";
        TransferIn = 8, "外部转入";
        YearEndInterest = 9, "年终结息";
        BaseAdjustment = 10, "基数调整";
        PartialWithdrawal = 11, "部分提取";
        ClosingWithdrawal = 12, "销户提取";
        Deferral = 13, "缓缴处理";
        Freezing = 14, "冻结";
        Unfreezing = 15, "解冻";
        Other = 99, "其他";
    }
);

code_table!(
    /// How money was withdrawn (提取方式 TQFS, table A.8).
    WithdrawalMethod, "A.8",
    {
        Cash = 1, "现金提取";
        BankTransfer = 2, "转账提取";
        Other = 99, "其他";
    }
);

code_table!(
    /// Whether a row takes back an earlier one (冲账标识 CZBZ, table A.9).
    ReversalFlag, "A.9",
    {
        Original = 1, "非冲账";
        Reversal = 2, "冲账";
    }
);

/// An account as its center keeps it (table 5.0.4).
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Account {
    /// 个人账号 GRZH.
    #[n(1)]
    pub number: AccountNumber,
    /// 个人账户状态 GRZHZT.
    #[n(2)]
    pub status: AccountStatus,
    /// 开户日期 KHRQ.
    #[n(3)]
    pub opened_on: Date,
    /// 个人账户余额 GRZHYE: `carried_over` and `current_year` together.
    #[n(4)]
    pub balance: Fen,
    /// 个人账户上年结转余额 GRZHSNJZYE.
    #[n(5)]
    pub carried_over: Fen,
    /// 个人账户当年归集余额 GRZHDNGJYE.
    #[n(6)]
    pub current_year: Fen,
    /// 个人缴存基数 GRJCJS, yuan a month.
    #[n(7)]
    pub contribution_base: Fen,
    /// 个人月缴存额 GRYJCE.
    #[n(8)]
    pub person_monthly: Fen,
    /// 单位月缴存额 DWYJCE.
    #[n(9)]
    pub unit_monthly: Fen,
    /// 销户日期 XHRQ.
    #[n(10)]
    pub closed_on: Option<Date>,
    /// 销户原因 XHYY; none when the account was closed by a transfer or a merge.
    #[n(11)]
    pub close_reason: Option<CloseReason>,
    /// 个人存款账户号码 GRCKZHHM, where withdrawals are paid to.
    #[n(12)]
    pub card: Option<CardNumber>,
}

impl fmt::Debug for Account {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A row of an account's ledger (table 5.0.5), with the month paid for, which the standard's
/// personal table lacks.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LedgerEntry {
    /// 个人账号 GRZH.
    #[n(1)]
    pub account: AccountNumber,
    /// 业务流水号 YWLSH, C20; with the account and the direction it names the row.
    #[n(2)]
    pub serial: SerialNumber,
    /// 记账日期 JZRQ; money earns from this day.
    #[n(3)]
    pub posted_on: Date,
    /// 归集和提取业务类型 GJHTQYWLX.
    #[n(4)]
    pub business: BusinessType,
    /// 汇补缴年月 HBJNY: the month that a deposit is for.
    #[n(5)]
    pub pay_month: Option<Month>,
    /// 发生额 FSE, signed: what the row adds to the principal.
    #[n(6)]
    pub amount: Fen,
    /// 发生利息额 FSLXE: interest that goes with the row, not part of `amount`.
    #[n(7)]
    pub interest: Fen,
    /// 冲账标识 CZBZ.
    #[n(8)]
    pub reversal: ReversalFlag,
    /// 提取原因 TQYY.
    #[n(9)]
    pub reason: Option<CloseReason>,
}

impl fmt::Debug for LedgerEntry {
    /// Without numbers and amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerEntry")
            .field("posted_on", &self.posted_on)
            .field("business", &self.business)
            .field("reversal", &self.reversal)
            .finish_non_exhaustive()
    }
}

/// The serial of a business case (业务流水号 YWLSH): 1 to 20 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(String);

/// A text that is not a serial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a serial has 1 to 20 letters, digits, dots, dashes or underscores")]
pub struct SerialNumberError;

impl SerialNumber {
    /// Parses a serial; blanks around it are dropped.
    ///
    /// # Errors
    /// When nothing is left, or more than 20 characters, or another character.
    pub fn parse(text: &str) -> Result<Self, SerialNumberError> {
        let text = text.trim();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if (1..=20).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SerialNumberError)
        }
    }

    /// The serial as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<C> Encode<C> for SerialNumber {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for SerialNumber {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let text = decoder.str()?;
        Self::parse(text)
            .ok()
            .filter(|serial| serial.as_str() == text)
            .ok_or_else(|| minicbor::decode::Error::message("not a serial"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    fn account() -> Account {
        let yuan = |text| Fen::parse(text).unwrap();
        Account {
            number: AccountNumber::parse("9923041500021       ").unwrap(),
            status: AccountStatus::Sealed,
            opened_on: Date::new(2023, 4, 15).unwrap(),
            balance: yuan("43758.38"),
            carried_over: yuan("32958.38"),
            current_year: yuan("10800.00"),
            contribution_base: yuan("5000.00"),
            person_monthly: yuan("600.00"),
            unit_monthly: yuan("600.00"),
            closed_on: None,
            close_reason: None,
            card: Some(CardNumber::parse("9990010000000001231").unwrap()),
        }
    }

    #[test]
    fn a_padded_number_is_trimmed_and_hidden() {
        let account = account();
        assert_eq!(account.number.as_str(), "9923041500021");
        let shown = format!("{account:?}");
        assert_eq!(shown, "Account { status: Sealed, .. }");
        for bad in ["", "   ", "123456789012345678901", "12 34", "号", "a\0"] {
            assert_eq!(AccountNumber::parse(bad), Err(AccountNumberError), "{bad:?}");
        }
    }

    #[test]
    fn codes_are_those_of_the_tables_and_no_other() {
        assert_eq!(AccountStatus::parse("02"), Ok(AccountStatus::Sealed));
        assert_eq!(AccountStatus::Sealed.code(), "02");
        assert_eq!(AccountStatus::Sealed.chinese(), "封存");
        assert_eq!(BusinessType::parse("07"), Ok(BusinessType::TransferOut));
        assert_eq!(BusinessType::parse("70").unwrap_err().table, "A.5");
        for bad in ["", "2", "002", "+2", "ab", "０２", "07"] {
            assert!(AccountStatus::parse(bad).is_err(), "{bad:?}");
        }
        for status in AccountStatus::ALL {
            assert_eq!(AccountStatus::parse(&status.code()), Ok(*status));
            assert_eq!(cbor::decode(&cbor::encode(status)), Ok(*status));
        }
        assert!(cbor::decode::<AccountStatus>(&[7]).is_err());
    }

    #[test]
    fn an_account_and_a_row_are_read_back_as_written() {
        let account = account();
        assert_eq!(cbor::decode(&cbor::encode(&account)), Ok(account.clone()));
        let row = LedgerEntry {
            account: account.number,
            serial: SerialNumber::parse("20260515-000001").unwrap(),
            posted_on: Date::new(2026, 5, 15).unwrap(),
            business: BusinessType::Deposit,
            pay_month: Month::parse("202605").ok(),
            amount: Fen::parse("1200.00").unwrap(),
            interest: Fen::ZERO,
            reversal: ReversalFlag::Original,
            reason: None,
        };
        assert_eq!(cbor::decode(&cbor::encode(&row)), Ok(row));
    }
}
