//! Vectors of what is said about a certificate after its issue.

use super::statements::{AT, PAIR, Samples};
use crate::cbor;
use crate::certificate::CertificateNumber;
use crate::id::{ContentHash, OperatorMark};
use crate::plain_text::PlainText;
use crate::statement::certificate::{
    Applicant, CertificateRelease, CertificateRevocation, LoanResult, Receipt, ReleaseCause,
    RevocationReason,
};
use crate::statement::transfer::letter::Remark;

pub(super) fn statements(samples: &mut Samples) {
    let (lender, issuer) = PAIR;
    let certificate = super::records::certificate();
    let content = ContentHash::new(*blake3::hash(&cbor::encode(&certificate)).as_bytes());
    let (number, operator) = (certificate.number, OperatorMark::new([2; 16]));
    let granted = Receipt {
        from: lender,
        to: issuer,
        issued_at: AT,
        number,
        content,
        applicant: Applicant::Borrower,
        result: LoanResult::Granted,
        operator,
        remark: None,
    };
    let receipt = samples.say("receipt: granted", &granted);
    let declined = Receipt {
        applicant: Applicant::CoBorrower,
        result: LoanResult::Declined,
        remark: PlainText::parse("收入不足").ok().map(Remark),
        ..granted
    };
    samples.say("receipt: declined", &declined);
    for cause in [ReleaseCause::Settled, ReleaseCause::Withdrawn] {
        let (from, to, issued_at) = (lender, issuer, AT);
        let release = CertificateRelease { from, to, issued_at, number, receipt, cause, operator };
        samples.say(&format!("certificate release: {cause:?}"), &release);
    }
    for reason in RevocationReason::ALL {
        let is_superseded = reason == RevocationReason::Superseded;
        let next = CertificateNumber { serial: number.serial + 1, ..number };
        let words = PlainText::parse("见说明").ok().map(Remark);
        let revocation = CertificateRevocation {
            from: issuer,
            to: lender,
            issued_at: AT,
            number,
            content,
            reason,
            superseded_by: is_superseded.then_some(next),
            remark: words.filter(|_| reason == RevocationReason::Other),
        };
        samples.say(&format!("certificate revocation: {reason:?}"), &revocation);
    }
}
