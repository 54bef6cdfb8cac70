//! Deposit certificates over their life: what is shown of them, and what people say about them.

use fundlink_protocol::certificate::form::{self, FormNames, FormReceipt};
use fundlink_protocol::engine::certificates::desk::{CertificateSide, CertificateView};
use fundlink_protocol::engine::certificates::lending::{Delivery, DraftOf, HeldCertificate};
use fundlink_protocol::engine::certificates::{CertificateState, Revoked, StoredCertificate};
use fundlink_protocol::statement::certificate::CertificateRevocation;
use fundlink_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::facts::{Certificate, Leaf};

/// Says what became of the application (回执).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Who enters it.
    pub operator: String,
    /// `borrower` or `co-borrower`.
    pub applicant: String,
    /// `granted` or `declined`.
    pub result: String,
    /// The loan business at this center (业务流水号).
    pub serial: String,
    /// Words to the clerk there.
    #[serde(default)]
    pub remark: Option<String>,
}

/// Says that the loan is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Who enters it.
    pub operator: String,
    /// `settled` or `withdrawn`.
    pub cause: String,
}

/// Takes a certificate back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// Who enters it.
    pub operator: String,
    /// `applicant`, `mistaken`, `account-changed`, `fraud`, or `other` with words.
    pub reason: String,
    /// More, in words.
    #[serde(default)]
    pub remark: Option<String>,
}

/// Approves what another has entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Who.
    pub operator: String,
}

/// A certificate and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// `issued` here, or `held` here.
    pub side: String,
    /// `valid`, `used`, `expired` or `revoked`.
    pub standing: String,
    /// What it says.
    pub certificate: Certificate,
    /// The name of the issuer.
    pub issuer_name: String,
    /// The name of the lender.
    pub lender_name: String,
    /// Since when it is here.
    pub since: Option<String>,
    /// What became of the application.
    pub receipt: Option<ReceiptShown>,
    /// That the loan is over.
    pub release: Option<ReleaseShown>,
    /// How it was taken back.
    pub revocation: Option<RevocationShown>,
    /// When the missing receipt was called to mind.
    pub reminded: Option<String>,
    /// What waits for a second person.
    pub waiting: Option<Waiting>,
    /// The printed form in Chinese, line by line.
    pub form_zh: Vec<String>,
    /// The printed form in English.
    pub form_en: Vec<String>,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptShown {
    /// `borrower` or `co-borrower`.
    pub applicant: String,
    /// `granted` or `declined`.
    pub result: String,
    /// When.
    pub at: String,
    /// The loan business; known to the lender alone.
    pub serial: Option<String>,
    /// The statement.
    pub statement: String,
    /// `sent`, `taken` or `refused`.
    pub delivery: String,
    /// The code of the refusal.
    pub code: Option<String>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseShown {
    /// `settled` or `withdrawn`.
    pub cause: String,
    /// When.
    pub at: String,
    /// `sent`, `taken` or `refused`.
    pub delivery: String,
    /// The code of the refusal.
    pub code: Option<String>,
}

/// A revocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationShown {
    /// Why, as a stable word.
    pub reason: String,
    /// More, in words.
    pub remark: Option<String>,
    /// When.
    pub at: String,
    /// The certificate that took its place.
    pub superseded_by: Option<String>,
}

/// What waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// `receipt`, `release` or `revoke`.
    pub what: String,
    /// Who entered it.
    pub operator: Option<String>,
}

impl From<&CertificateView> for Shown {
    fn from(view: &CertificateView) -> Self {
        let mut shown = match &view.side {
            CertificateSide::Issued(stored) => Self::issued(view, stored),
            CertificateSide::Held(kept) => Self::held(view, kept),
        };
        let known = match &view.side {
            CertificateSide::Issued(stored) => &stored.certificate,
            CertificateSide::Held(kept) => &kept.issued.certificate,
        };
        let names = FormNames { issuer: &view.issuer, requester: &view.lender };
        shown.form_zh = form::chinese(known, names);
        shown.form_en = form::english(known, names);
        if let Some(receipt) = receipt_of(view) {
            shown.form_zh.extend(form::receipt_chinese(known, receipt));
            shown.form_en.extend(form::receipt_english(known, receipt));
        }
        shown
    }
}

/// What the receipt below the form says.
fn receipt_of(view: &CertificateView) -> Option<FormReceipt> {
    match &view.side {
        CertificateSide::Issued(stored) => match &stored.state {
            CertificateState::Used(used) => Some(FormReceipt {
                applicant: used.applicant,
                result: used.result,
                on: used.at.date(),
            }),
            CertificateState::Issued
            | CertificateState::Revoked(_)
            | CertificateState::Expired(_) => None,
        },
        CertificateSide::Held(kept) => kept.receipt.as_ref().map(|said| FormReceipt {
            applicant: said.wish.applicant,
            result: said.wish.result,
            on: said.at.date(),
        }),
    }
}

impl Shown {
    fn new(view: &CertificateView, side: &str, certificate: Certificate) -> Self {
        Self {
            side: side.to_owned(),
            standing: view.standing.word().to_owned(),
            certificate,
            issuer_name: view.issuer.clone(),
            lender_name: view.lender.clone(),
            since: None,
            receipt: None,
            release: None,
            revocation: None,
            reminded: None,
            waiting: None,
            form_zh: Vec::new(),
            form_en: Vec::new(),
        }
    }

    fn issued(view: &CertificateView, stored: &StoredCertificate) -> Self {
        let leaf = Leaf { log: stored.published.log, index: stored.published.leaf };
        let mut shown = Self::new(view, "issued", Certificate::new(&stored.certificate, leaf));
        match &stored.state {
            CertificateState::Issued => {}
            CertificateState::Expired(at) => shown.since = Some(at.to_string()),
            CertificateState::Used(used) => {
                shown.receipt = Some(ReceiptShown {
                    applicant: used.applicant.word().to_owned(),
                    result: used.result.word().to_owned(),
                    at: used.at.to_string(),
                    serial: None,
                    statement: used.receipt.to_string(),
                    delivery: "taken".to_owned(),
                    code: None,
                });
                shown.release = used.released.map(|(cause, at)| ReleaseShown {
                    cause: cause.word().to_owned(),
                    at: at.to_string(),
                    delivery: "taken".to_owned(),
                    code: None,
                });
            }
            CertificateState::Revoked(revoked) => shown.revocation = Some(revoked.into()),
        }
        shown.waiting = stored.waiting.as_ref().map(|revoked| Waiting {
            what: "revoke".to_owned(),
            operator: revoked.operator.as_ref().map(ToString::to_string),
        });
        shown
    }

    fn held(view: &CertificateView, kept: &HeldCertificate) -> Self {
        let mut shown = Self::new(view, "held", (&kept.issued).into());
        shown.since = Some(kept.at.to_string());
        shown.receipt = kept.receipt.as_ref().map(|said| {
            let (delivery, code) = delivered(said.delivery);
            ReceiptShown {
                applicant: said.wish.applicant.word().to_owned(),
                result: said.wish.result.word().to_owned(),
                at: said.at.to_string(),
                serial: Some(said.wish.serial.as_str().to_owned()),
                statement: said.statement.to_string(),
                delivery,
                code,
            }
        });
        shown.release = kept.release.as_ref().map(|said| {
            let (delivery, code) = delivered(said.delivery);
            ReleaseShown {
                cause: said.cause.word().to_owned(),
                at: said.at.to_string(),
                delivery,
                code,
            }
        });
        shown.revocation = kept.revoked.as_ref().map(|heard| (&heard.said, heard.at).into());
        shown.reminded = kept.reminded.map(|at| at.to_string());
        shown.waiting = kept.waiting.as_ref().map(|draft| Waiting {
            what: match &draft.what {
                DraftOf::Receipt(_) => "receipt",
                DraftOf::Release(_) => "release",
            }
            .to_owned(),
            operator: Some(draft.operator.to_string()),
        });
        shown
    }
}

fn delivered(delivery: Delivery) -> (String, Option<String>) {
    match delivery {
        Delivery::Sent => ("sent".to_owned(), None),
        Delivery::Taken(_) => ("taken".to_owned(), None),
        Delivery::Refused(refusal) => ("refused".to_owned(), Some(refusal.code().to_owned())),
    }
}

impl From<&Revoked> for RevocationShown {
    fn from(revoked: &Revoked) -> Self {
        Self {
            reason: revoked.reason.word().to_owned(),
            remark: revoked.remark.as_ref().map(|remark| remark.0.as_str().to_owned()),
            at: revoked.at.to_string(),
            superseded_by: revoked.superseded_by.map(|number| number.to_string()),
        }
    }
}

impl From<(&CertificateRevocation, Timestamp)> for RevocationShown {
    fn from((said, at): (&CertificateRevocation, Timestamp)) -> Self {
        Self {
            reason: said.reason.word().to_owned(),
            remark: said.remark.as_ref().map(|remark| remark.0.as_str().to_owned()),
            at: at.to_string(),
            superseded_by: said.superseded_by.map(|number| number.to_string()),
        }
    }
}
