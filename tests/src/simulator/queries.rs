//! Clerks who ask other centers about a person, and what is answered.
//!
//! **Promises.** Who has asked about whom is told to the auditor before the question leaves, and each
//! answer before it does.
//! **Left to others.** What an answer may hold: the auditor.

#![expect(clippy::expect_used, reason = "what is made here is well formed")]

use fundlink_protocol::account::SerialNumber;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::dossier::Wish;
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::output::PeerReply;
use fundlink_protocol::id::{FileHash, TransferId};
use fundlink_protocol::purpose::{Purpose, QueryKind};
use fundlink_protocol::statement::query::Consent;
use fundlink_protocol::wire::QueryReply;

use super::auditor::Broken;
use super::members::{self, operator};
use super::plan::Fault;
use super::world::World;

/// What is asked in practice: why, what, and whether one center is named.
const QUESTIONS: [(Purpose, QueryKind, bool); 9] = [
    (Purpose::Transfer, QueryKind::Account, true),
    (Purpose::Transfer, QueryKind::TransferStatus, true),
    (Purpose::LoanApplication, QueryKind::Dossier, false),
    (Purpose::LoanPayout, QueryKind::LoanHistory, false),
    (Purpose::Withdrawal, QueryKind::Dossier, false),
    (Purpose::DuplicateAccount, QueryKind::Account, false),
    (Purpose::Certificate, QueryKind::DepositCertificate, true),
    (Purpose::Certificate, QueryKind::Account, true),
    (Purpose::DataSubject, QueryKind::AccessList, false),
];

impl World {
    /// A clerk of a center asks about a person, who has an account at another one.
    pub(super) fn ask_about(
        &mut self,
        center: CenterCode,
        (number, holder): (u32, CenterCode),
        transfer: Option<TransferId>,
    ) -> Result<(), Broken> {
        if !self.plan.would(Fault::Asked, &mut self.random) {
            return Ok(());
        }
        let (purpose, kind, is_named) = QUESTIONS[self.random.usize(0..QUESTIONS.len())];
        let about_transfer = kind == QueryKind::TransferStatus;
        if about_transfer && transfer.is_none() || is_named && holder == center {
            return Ok(());
        }
        let to = is_named.then_some(holder);
        let transfer = transfer.filter(|_| about_transfer);
        self.send_wish(center, (number, to), (purpose, kind, transfer))
    }

    /// A clerk of a center asks another one about the account of a person, whatever else goes on.
    pub(super) fn ask_of_account(
        &mut self,
        center: CenterCode,
        (number, holder): (u32, CenterCode),
    ) -> Result<(), Broken> {
        let what = (Purpose::DuplicateAccount, QueryKind::Account, None);
        self.send_wish(center, (number, Some(holder)), what)
    }

    fn send_wish(
        &mut self,
        center: CenterCode,
        (number, to): (u32, Option<CenterCode>),
        (purpose, kind, transfer): (Purpose, QueryKind, Option<TransferId>),
    ) -> Result<(), Broken> {
        let today = self.now.date().expect("a date");
        let wish = Wish {
            operator: operator("clerk"),
            to,
            kind,
            purpose,
            subjects: vec![members::person(number, today)],
            transfer,
            consent: Some(Consent {
                reference: SerialNumber::parse("C-2").expect("a serial"),
                digest: FileHash::new([3; 32]),
            }),
            serial: SerialNumber::parse(&format!("Q-{}", self.events)).expect("a serial"),
            before: None,
            property: None,
            certificates: Vec::new(),
        };
        self.auditor.asks(center, number);
        self.tell(center, Command::Ask(Box::new(wish)))
    }

    /// Before a reply leaves for a peer.
    pub(super) fn note_query_reply(
        &mut self,
        (center, peer): (CenterCode, CenterCode),
        reply: &PeerReply,
    ) {
        let PeerReply::Query(QueryReply::Answer(bytes)) = reply else { return };
        let Some(node) = self.nodes.get(&center) else { return };
        if self.auditor.answers_query(node, (center, peer), bytes) {
            self.plan.count(Fault::Asked);
        }
    }
}
