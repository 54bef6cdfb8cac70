//! The contact letter (转移接续联系函) and its withdrawal (撤销).
//!
//! **Promises.** A letter names the person, the account and where the money goes, and shows none of it
//! in `Debug`.
//! **Left to others.** Whether it is accepted: `transfer::rules`.

use core::fmt;

use minicbor::{Decode, Encode};

use super::step_statement;
use crate::account::AccountNumber;
use crate::center::CenterCode;
use crate::document::DocumentNumber;
use crate::employer::EmployerName;
use crate::id::{OperatorMark, TransferId};
use crate::letter_number::LetterNumber;
use crate::person_name::PersonName;
use crate::plain_text::PlainText;
use crate::settlement::SpecialAccount;
use crate::statement::addressed_payload;
use crate::statement::query::Consent;
use crate::time::Timestamp;

/// Words of a person to a person (备注), at most 200 characters.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Remark(#[n(0)] pub PlainText<200>);

impl fmt::Debug for Remark {
    /// Without the words: nobody keeps a name out of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remark(private)")
    }
}

/// The contact letter (联系函): the transfer-in center's request. Its payload's hash is the id of
/// the transfer.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Letter {
    /// The transfer-in center (转入地).
    #[n(1)]
    pub from: CenterCode,
    /// The transfer-out center (转出地).
    #[n(2)]
    pub to: CenterCode,
    /// When it was said.
    #[n(3)]
    pub issued_at: Timestamp,
    /// 联系函编号, assigned by the transfer-in center.
    #[n(4)]
    pub number: LetterNumber,
    /// 姓名.
    #[n(5)]
    pub name: PersonName,
    /// 证件类型, 证件号码.
    #[n(6)]
    pub document: DocumentNumber,
    /// 原住房公积金账号.
    #[n(7)]
    pub account: AccountNumber,
    /// 原工作单位.
    #[n(8)]
    pub employer: Option<EmployerName>,
    /// The transfer-in center's special account, to which the money goes; never the person's card.
    #[n(9)]
    pub receiving: SpecialAccount,
    /// What the applicant has signed: that the data travel, that the account is transferred out, and
    /// that the amount is what balance and interest are on the day of settlement.
    #[n(10)]
    pub consent: Consent,
    /// Who entered it, as a pseudonym that only the transfer-in center can resolve.
    #[n(11)]
    pub operator: OperatorMark,
    /// Words to the clerk there.
    #[n(12)]
    pub remark: Option<Remark>,
    /// The letter in whose place this one was written, because its number was taken.
    #[n(13)]
    pub replaces: Option<TransferId>,
}
addressed_payload!(Letter);

impl fmt::Debug for Letter {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("from", &self.from)
            .field("to", &self.to)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

step_statement!(
    /// The wish to withdraw a letter (撤销).
    Cancellation {
        /// Why, in words.
        7 remark: Option<Remark>,
    }
);
