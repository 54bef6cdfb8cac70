//! A contributing unit (缴存单位) and its account (单位账户).
//!
//! **Promises.** The fields of JGJ/T 320, tables 4.0.2 and 5.0.2, that the exchange needs; no
//! address, phone or person of contact is kept.
//! **Left to others.** Which persons work there: each account names its employer.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::code_table::code_table;
use crate::credit_code::{CreditCode, CreditCodeError, OrganisationCode};
use crate::money::Fen;
use crate::rate::Rate;
use crate::time::{Date, Month};

code_table!(
    /// The status of an employer's account (单位账户状态 DWZHZT, table A.4).
    EmployerStatus, "A.4",
    {
        Normal = 1, "正常";
        Opened = 2, "开户";
        Deferred = 3, "缓缴";
        Closed = 4, "销户";
        Sealed = 5, "封存";
        Other = 99, "其他";
    }
);

/// The code of an employer: the credit code, or in old tables the organisation code (ZZJGDM).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(flat)]
pub enum EmployerCode {
    /// 统一社会信用代码, 18 characters.
    #[n(1)]
    Credit(#[n(0)] CreditCode),
    /// 组织机构代码, 9 characters.
    #[n(2)]
    Organisation(#[n(0)] OrganisationCode),
}

impl EmployerCode {
    /// Parses either code by its length.
    ///
    /// # Errors
    /// When it is neither, or a check character is wrong.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        if text.trim().len() > 10 {
            CreditCode::parse(text).map(Self::Credit)
        } else {
            OrganisationCode::parse(text).map(Self::Organisation)
        }
    }
}

/// The number of an employer's account (单位账号 DWZH): 1 to 20 letters, digits, dots, dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmployerNumber(String);

/// The name of an employer (单位名称 DWMC): 1 to 255 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmployerName(String);

/// A text that is not an employer's number or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmployerError {
    /// Not 1 to 20 plain characters.
    #[error("an employer's number has 1 to 20 letters, digits, dots, dashes or underscores")]
    Number,
    /// Empty, too long, or with control characters.
    #[error("an employer's name has 1 to 255 characters and no control characters")]
    Name,
}

impl EmployerNumber {
    /// Parses a number; the blanks that pad a CHAR column are dropped.
    ///
    /// # Errors
    /// When nothing is left, or more than 20 characters, or another character.
    pub fn parse(text: &str) -> Result<Self, EmployerError> {
        let text = text.trim();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if (1..=20).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmployerError::Number)
        }
    }
}

impl EmployerName {
    /// Parses a name; blanks around it are dropped.
    ///
    /// # Errors
    /// When nothing is left, or more than 255 characters, or a control character.
    pub fn parse(text: &str) -> Result<Self, EmployerError> {
        let text = text.trim();
        let count = text.chars().take(256).count();
        if (1..=255).contains(&count) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmployerError::Name)
        }
    }
}

macro_rules! public_text {
    ($name:ident, $wrong:literal) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.str(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let text = decoder.str()?;
                Self::parse(text)
                    .ok()
                    .filter(|parsed| parsed.as_str() == text)
                    .ok_or_else(|| minicbor::decode::Error::message($wrong))
            }
        }
    };
}

public_text!(EmployerNumber, "not an employer's number");
public_text!(EmployerName, "not an employer's name");

/// An employer as its center keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Employer {
    /// 单位账号 DWZH.
    #[n(1)]
    pub number: EmployerNumber,
    /// 单位名称 DWMC.
    #[n(2)]
    pub name: EmployerName,
    /// 统一社会信用代码 or 组织机构代码 ZZJGDM.
    #[n(3)]
    pub code: Option<EmployerCode>,
    /// 单位账户状态 DWZHZT.
    #[n(4)]
    pub status: EmployerStatus,
    /// 单位缴存比例 DWJCBL.
    #[n(5)]
    pub unit_rate: Rate,
    /// 个人缴存比例 GRJCBL.
    #[n(6)]
    pub person_rate: Rate,
    /// 单位账户余额 DWZHYE: the sum of its persons' balances.
    #[n(7)]
    pub balance: Fen,
    /// 缴至年月 JZNY.
    #[n(8)]
    pub paid_to: Option<Month>,
    /// 单位开户日期 DWKHRQ.
    #[n(9)]
    pub opened_on: Option<Date>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    #[test]
    fn an_employer_is_read_back_as_written() {
        let employer = Employer {
            number: EmployerNumber::parse("1401000123 ").unwrap(),
            name: EmployerName::parse("太原示例机械有限公司").unwrap(),
            code: EmployerCode::parse("91140199MA0TE5T16B").ok(),
            status: EmployerStatus::Normal,
            unit_rate: Rate::parse("0.12").unwrap(),
            person_rate: Rate::parse("12.00").unwrap(),
            balance: Fen::parse("1234567.89").unwrap(),
            paid_to: Month::parse("202604").ok(),
            opened_on: None,
        };
        assert_eq!(employer.unit_rate, employer.person_rate);
        assert_eq!(cbor::decode(&cbor::encode(&employer)), Ok(employer));
    }

    #[test]
    fn names_and_numbers_are_bounded() {
        assert!(EmployerName::parse(&"厂".repeat(255)).is_ok());
        for bad in ["", " ", "a\u{7}b"] {
            assert_eq!(EmployerName::parse(bad), Err(EmployerError::Name), "{bad:?}");
        }
        assert_eq!(EmployerName::parse(&"厂".repeat(256)), Err(EmployerError::Name));
        assert_eq!(EmployerNumber::parse("单位1"), Err(EmployerError::Number));
        assert!(matches!(EmployerCode::parse("MB000001-9"), Ok(EmployerCode::Organisation(_))));
    }
}
