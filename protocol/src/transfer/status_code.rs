//! The status codes of the national transfer platform (全国转移接续平台).
//!
//! **Promises.** A code never changes its meaning.
//! **Left to others.** The finer states and their codes: the two state machines.

use core::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $english:literal, $chinese:literal;)*) => {
        /// Where a transfer stands, as the national platform counts it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum NationalCode {
            $($(#[$doc])* $name,)*
        }

        impl NationalCode {
            /// The two digits.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The English name.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// The Chinese name.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }
        }
    };
}

codes! {
    /// Entered at the transfer-in center, not sent; the platform has no code for it.
    New = "--", "letter being written", "联系函新建";
    /// The letter was approved and sent.
    Sent = "01", "letter sent", "联系函复核通过";
    /// The transfer-out center has accepted.
    Accepted = "02", "letter accepted", "联系函确认接收";
    /// Withdrawn before acceptance; final.
    Withdrawn = "05", "withdrawn", "转入撤销业务办结";
    /// Data or money are disputed.
    Negotiating = "06", "in negotiation", "协商中";
    /// The account information was approved and the money ordered.
    Approved = "08", "account information approved", "账户信息复核通过";
    /// Refused by the transfer-out center.
    Refused = "13", "refused", "转出审核不通过";
    /// Closed after a negotiation; final.
    ClosedNegotiated = "20", "closed after negotiation", "协商办结";
    /// The refusal was confirmed; final.
    ClosedFailed = "40", "closed as failed", "失败办结";
    /// The money was credited; final.
    Closed = "00", "closed", "正常办结";
}

impl fmt::Display for NationalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_as_its_two_digits() {
        assert_eq!(NationalCode::Closed.to_string(), "00");
        assert_eq!(NationalCode::ClosedFailed.to_string(), "40");
    }
}
