//! The reasons R01–R99 with which a transfer-out center refuses a letter (驳回原因).
//!
//! **Promises.** Codes never change their meaning.
//! **Left to others.** Which reason holds: the rules, or a person.

use core::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $english:literal, $chinese:literal;)*) => {
        /// Why a letter is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RefusalReason {
            $($(#[$doc])* $name,)*
        }

        impl RefusalReason {
            /// Every reason, in the order of its code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number in the code.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$name => $number,)* }
            }

            /// One English sentence.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// One Chinese sentence.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }
        }
    };
}

reasons! {
    /// No such person or account here.
    NotFound = 1, "person or account not found", "未查到该职工或账户";
    /// Another name is on record.
    Name = 2, "the name differs", "姓名不一致";
    /// Another document number is on record.
    Document = 3, "the document number differs", "证件号码不一致";
    /// The former employer has not sealed the account.
    NotSealed = 4, "the account is not sealed", "账户未封存";
    /// The account is closed.
    Closed = 5, "the account is closed", "账户已销户";
    /// A court froze the account, or a deduction is pending.
    Frozen = 6, "the account is frozen by a court", "账户被司法冻结或待扣划";
    /// An unsettled loan, also as co-borrower or guarantor.
    UnsettledLoan = 7, "a provident-fund loan is not settled", "存在未结清的公积金贷款";
    /// A withdrawal runs, or a standing withdrawal was not ended.
    Withdrawal = 8, "a withdrawal is in progress", "提取业务办理中或约定提取未解除";
    /// A back payment or correction is pending.
    BackPayment = 9, "a back payment or correction is pending", "补缴或更正业务未完成";
    /// In the penalty period after fraud.
    Fraud = 10, "the person is in a penalty period", "处于骗提骗贷惩戒期";
    /// Nothing to transfer: less than nothing, or neither money nor months.
    Balance = 11, "the balance is negative, or there are neither money nor months",
        "账户余额为负数，或既无余额也无缴存月数";
    /// Several accounts, to be merged first.
    SeveralAccounts = 12, "several accounts must be merged first", "存在多个账户需先合并";
    /// The receiving account is not usable.
    ReceivingAccount = 13, "the receiving account is wrong", "转入地收款账户信息有误";
    /// The account is in transfer already, or the letter number was used.
    Duplicate = 14, "a letter for this account is already in progress", "重复的联系函";
    /// A branch or an independent sub-center holds the account.
    WrongCenter = 15, "another center holds the account", "账户不在本中心";
    /// Anything else, said in words.
    Other = 99, "another reason", "其他";
}

impl RefusalReason {
    /// The reason with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.number() == number)
    }

    /// The reason with this code, such as `R06`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.to_string() == code)
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{:02}", self.number())
    }
}

impl<C> minicbor::Encode<C> for RefusalReason {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u8(self.number())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for RefusalReason {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::from_number(decoder.u8()?)
            .ok_or_else(|| minicbor::decode::Error::message("not a reason R01 to R99"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_finds_its_reason() {
        for reason in RefusalReason::ALL {
            assert_eq!(RefusalReason::from_number(reason.number()), Some(*reason));
            assert_eq!(RefusalReason::from_code(&reason.to_string()), Some(*reason));
        }
        assert_eq!(RefusalReason::Frozen.to_string(), "R06");
        assert_eq!(RefusalReason::from_code("R16"), None);
        assert_eq!(RefusalReason::from_code("R6"), None);
    }
}
