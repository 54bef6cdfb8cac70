//! Who a member is: its division code and its role.
//!
//! **Promises.** A [`CenterCode`] always has six digits and lies in the range of GB/T 2260.
//! **Left to others.** Which codes are members, and since when: `roster`.

use core::fmt;

use minicbor::{Decode, Encode};

/// The division code (行政区划代码, GB/T 2260) that names a member: 140100 Taiyuan, 140200 Datong.
///
/// Independent sub-centers (省直, 焦煤) and the provincial authority have codes of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CenterCode(u32);

/// A text that is not a center code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a center code has six digits and does not begin with 0, such as 140100")]
pub struct CenterCodeError;

impl CenterCode {
    /// A code from its number, 100000 to 999999.
    ///
    /// # Errors
    /// When the number does not have six digits.
    pub const fn new(code: u32) -> Result<Self, CenterCodeError> {
        if code >= 100_000 && code <= 999_999 { Ok(Self(code)) } else { Err(CenterCodeError) }
    }

    /// Parses six ASCII digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, CenterCodeError> {
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CenterCodeError);
        }
        text.parse().map_err(|_| CenterCodeError).and_then(Self::new)
    }

    /// The code as a number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The code as four big-endian bytes, for store keys.
    #[must_use]
    pub const fn to_key(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for CenterCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for CenterCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CenterCode({:06})", self.0)
    }
}

impl<C> Encode<C> for CenterCode {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u32(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for CenterCode {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::new(decoder.u32()?).map_err(|_| minicbor::decode::Error::message("not a center code"))
    }
}

/// What a member is in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// A city fund center (住房公积金管理中心) or an independent sub-center.
    #[n(1)]
    Center,
    /// The provincial authority (省住建厅): signs rosters, witnesses, watches; holds no records.
    #[n(2)]
    Authority,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_digits_are_a_center_code() {
        assert_eq!(CenterCode::parse("140100").unwrap().number(), 140_100);
        assert_eq!(CenterCode::parse("140100").unwrap().to_string(), "140100");
        for bad in ["", "14010", "1401000", "040100", "14010a", "１４０１００", "+40100", " 140100"]
        {
            assert_eq!(CenterCode::parse(bad), Err(CenterCodeError), "{bad:?}");
        }
    }
}
