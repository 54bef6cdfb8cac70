//! Every refusal: a stable code, an HTTP status, a sentence in English and Chinese, what to do next.
//!
//! **Promises.** Codes never change their meaning; a sentence never holds personal data.
//! **Left to others.** The reasons R01–R99 with which a center refuses a transfer:
//! `transfer::reason`.

use core::fmt;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $english:literal, $chinese:literal, $next:literal;)*) => {
        /// Why something from outside was not done. Nothing changed by it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Refusal {
            $($(#[$doc])* $name,)*
        }

        impl Refusal {
            /// All refusals, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status with which the control interface answers.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
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

            /// What to do next, in English.
            #[must_use]
            pub const fn next_step(self) -> &'static str {
                match self { $(Self::$name => $next,)* }
            }
        }
    };
}

refusals! {
    /// The frame or payload is not the one encoding of anything we know.
    Malformed = "MALFORMED", 400, "the bytes are not a well-formed message", "报文格式不正确", "have the sender's software checked against the specification";
    /// More bytes than the protocol allows.
    TooLarge = "TOO_LARGE", 413, "the message is larger than the protocol allows", "报文超过允许的长度", "split the request";
    /// A content type that this version does not know.
    UnknownStatement = "UNKNOWN_STATEMENT", 400, "the kind of statement is not known here", "未知的报文类型", "update the older of the two nodes";
    /// Another algorithm than the network's suite.
    Algorithm = "ALGORITHM", 400, "the signature algorithm is not the one of this network", "签名算法不是本网络使用的算法", "sign with the suite named in the roster";
    /// No such key in the roster.
    KeyUnknown = "KEY_UNKNOWN", 401, "the signing key is not in the roster", "签名密钥不在成员名册中", "update the roster on both sides";
    /// The key was rotated out or revoked.
    KeyEnded = "KEY_ENDED", 401, "the signing key has ended", "签名密钥已停用", "sign the same payload again with the current key";
    /// The key is listed, but its validity begins later.
    KeyNotYet = "KEY_NOT_YET", 401, "the signing key is not valid yet", "签名密钥尚未生效", "check the clocks, or wait until the key is valid";
    /// The signature does not verify.
    Signature = "SIGNATURE", 401, "the signature does not verify", "签名验证不通过", "have the sender's software and keys checked";
    /// The statement names another sender than the holder of the key.
    Sender = "SENDER", 401, "the statement is not by the holder of its key", "报文发送方与密钥持有人不一致", "have the sender's software checked";
    /// The peer that brought it is not the member that signed it.
    Peer = "PEER", 403, "the connection belongs to another member than the statement", "连接方与报文签名方不一致", "send statements over the sender's own connection";
    /// Addressed to somebody else.
    Addressee = "ADDRESSEE", 403, "the statement is addressed to another member", "报文的接收方不是本中心", "send it to the center that it names";
    /// Past its time.
    Expired = "EXPIRED", 410, "the statement has expired", "报文已过期", "ask again with a new id";
    /// From the future, by more than the allowed skew.
    Future = "FROM_THE_FUTURE", 400, "the statement is from the future", "报文时间晚于当前时间", "check the clocks of both centers";
    /// The id was used for another payload.
    IdReused = "ID_REUSED", 409, "the id was used for another payload", "编号已用于其他内容", "draw a new id";
    /// Not a member, or not an active one.
    NotMember = "NOT_MEMBER", 403, "the sender is not a member of the network", "发送方不是网络成员", "apply to the authority";
    /// A suspended member may not do this.
    Suspended = "SUSPENDED", 403, "the member is suspended", "该成员已被暂停", "ask the authority";
    /// The roster grants no such thing.
    NotGranted = "NOT_GRANTED", 403, "the roster does not grant this to the member", "名册未授予该项权限", "ask the authority for the grant";
    /// Too many requests.
    RateLimited = "RATE_LIMITED", 429, "too many requests", "请求过于频繁", "try again later";
    /// No consent reference where the purpose needs one.
    Consent = "CONSENT", 403, "the purpose needs the person's consent", "该用途需要本人授权", "record the consent and quote it";
    /// Purpose and kind do not go together.
    Purpose = "PURPOSE", 403, "the purpose does not open this kind of query", "该用途不允许此类查询", "choose the purpose that fits the business";
    /// The subject is not a valid document number and name.
    Subject = "SUBJECT", 400, "the subject is not a valid person", "查询对象的证件信息不正确", "check document type, number and name";
    /// The name differs from the one on record.
    NameMismatch = "NAME_MISMATCH", 403, "the name does not match the document number", "姓名与证件号码不符", "check the name on the document";
    /// The service does not answer in its present mode.
    Mode = "MODE", 503, "the service does not answer in its present mode", "该业务当前模式不提供此服务", "ask the center when it will";
    /// The node waits for its witnesses after a start.
    Recovering = "RECOVERING", 503, "the node is recovering", "节点正在恢复", "try again later";
    /// A queue is full.
    Overloaded = "OVERLOADED", 503, "the node has too much work waiting", "节点繁忙", "try again later";
    /// There is no such thing here.
    NotFound = "NOT_FOUND", 404, "there is no such thing here", "未找到", "check the number or id";
    /// The state does not allow it.
    WrongState = "WRONG_STATE", 409, "the state does not allow this", "当前状态不允许此操作", "look at the present state";
    /// The tag key has not reached this node.
    TagKey = "TAG_KEY", 503, "this node does not hold the tag key yet", "本节点尚未取得关联标识密钥", "wait until another member has handed it on; it comes after admission";
    /// The answer is not here yet; nothing was refused.
    Pending = "PENDING", 202, "what it follows has not arrived yet", "前置报文尚未到达", "send it again later";
    /// Too late to cancel.
    TooLate = "TOO_LATE", 409, "it is too late for this", "已无法撤销", "wait for the other center";
    /// The letter was withdrawn before it came.
    Cancelled = "CANCELLED", 409, "the letter was withdrawn before it arrived", "联系函在送达前已撤销", "write a new letter";
    /// Another transfer of the person is open.
    InFlight = "IN_FLIGHT", 409, "another transfer of this person is not finished", "该职工另有未办结的转移业务", "wait until the other transfer is over";
    /// The operator is not in the configuration or lacks the role.
    Operator = "OPERATOR", 403, "the operator is not known or lacks the role", "操作员未登记或无此权限", "name an operator of the configuration";
    /// The account secures a loan of another city.
    OffSiteLoan = "OFF_SITE_LOAN", 409, "the account secures a loan of another city", "该账户已用于异地贷款", "wait until the lender has reported the loan settled or withdrawn";
    /// No certificate of this number and content was issued here.
    CertificateUnknown = "CERTIFICATE_UNKNOWN", 404, "no such certificate was issued here", "未出具过该证明", "check the number of the certificate";
    /// The certificate was issued to another lender.
    CertificateLender = "CERTIFICATE_LENDER", 403, "the certificate was issued to another center", "该证明不是向贵中心出具的", "ask for a certificate of your own";
    /// The certificate was used already.
    CertificateUsed = "CERTIFICATE_USED", 409, "the certificate was used already", "该证明已使用", "ask for a new certificate";
    /// The certificate ran out.
    CertificateExpired = "CERTIFICATE_EXPIRED", 410, "the certificate has expired", "该证明已过有效期", "ask for a new certificate";
    /// The issuer took the certificate back.
    CertificateRevoked = "CERTIFICATE_REVOKED", 409, "the issuer took the certificate back", "该证明已被出具中心撤回", "ask for a new certificate, and why this one was taken back";
    /// The authority has not opened lending yet, so that nobody counts majorities.
    LendingClosed = "LENDING_CLOSED", 409, "the authority has not opened lending in this network yet", "主管部门尚未在本网络开通放款占用", "ask the authority to run `fundlink net open-lending` once the witnesses are complete";
    /// The witnesses of the roster have changed since the request, or are about to.
    WitnessesChanged = "WITNESSES_CHANGED", 409, "the two nodes count by different lists of witnesses", "双方所依据的见证方名单不一致", "wait until both have the newest roster, and ask again";
    /// The lease is over, or was never had.
    LeaseEnded = "LEASE_ENDED", 409, "there is no lease on the loan intent, or it is over", "该贷款意向没有有效的放款占用", "ask for the payout again with `fundlink loan payout`";
    /// An application of the household is open at this center.
    IntentOpen = "INTENT_OPEN", 409, "an application of a member of this household is open here already", "该家庭成员在本中心已有未办结的贷款申请", "finish or withdraw the other application first";
    /// A command was given with a wrong or missing part.
    Argument = "ARGUMENT", 400, "a part of the command is wrong or missing", "命令参数不正确", "see the command's help";
    /// A text for other members holds something like a number of a person.
    PersonalData = "PERSONAL_DATA", 422, "the text holds what looks like the number of a document, an account or a phone", "文字中疑似含有证件号码、账号或电话号码", "name the letter, the certificate or the alert instead";
    /// A peer cannot be reached.
    Unreachable = "UNREACHABLE", 504, "the center cannot be reached", "无法连接对方中心", "try again later";
    /// The proof does not hold.
    Proof = "PROOF", 422, "the proof does not verify", "证明验证不通过", "keep the bytes and tell the authority";
}

impl Refusal {
    /// The refusal with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.code() == code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.code(), self.english(), self.next_step())
    }
}

impl core::error::Error for Refusal {}

impl<C> minicbor::Encode<C> for Refusal {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(self.code())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Refusal {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Self::from_code(decoder.str()?)
            .ok_or_else(|| minicbor::decode::Error::message("not a refusal code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_finds_its_refusal() {
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_code(refusal.code()), Some(*refusal));
        }
    }
}
