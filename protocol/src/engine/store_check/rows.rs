//! Every row alone: whether its value is in its one encoding, and its key fits it.
//!
//! **Promises.** Every area of the store has one line in [`FORMS`]; a test sees to it.
//! **Left to others.** Whether rows fit each other: the other checks. Single values: `singles`.

use minicbor::{Decode, Encode};

use super::super::certificates::StoredCertificate;
use super::super::certificates::lending::HeldCertificate;
use super::super::core_orders::OpenOrder;
use super::super::inquiries::Inquired;
use super::super::lending::{StoredIntent, watch, witness};
use super::super::publishing::Published;
use super::super::records::StoredAccount;
use super::super::recovery::pulled;
use super::super::takeovers::TakenOver;
use super::super::transfers_in::Incoming;
use super::super::transfers_out::Outgoing;
use super::super::{
    audit, bank, certificates, cosigning, embedded_core, following, heartbeats, incidents,
    log_store, outbox, publication, quarantine, rates, records, registrations, roster_leaves,
    synchronization, tags, timer, withdrawals, witnessing,
};
use super::fault::{Cure, Fault};
use super::{Bench, each, singles};
use crate::account::AccountNumber;
use crate::answer::access::Access;
use crate::authority::alert::Alert;
use crate::cbor;
use crate::certificate::CertificateNumber;
use crate::cose::Received;
use crate::digest::Digest;
use crate::document::DocumentNumber;
use crate::dossier::Dossier;
use crate::id::KeyId;
use crate::ledger::posting::Posting;
use crate::ledger::{Personal, TrialBalance, Undo};
use crate::lending::lease::Lease;
use crate::log::equivocation::Equivocation;
use crate::log::note::SignedNote;
use crate::log::origin::LogId;
use crate::log::tree::TreeSize;
use crate::money::Fen;
use crate::record::LoanRecord;
use crate::roster::Annex;
use crate::settlement::BankNotice;
use crate::store::keys::Area;
use crate::store::{Entry, StoreError};
use crate::wire::DeliveryReply;

/// Looks at every row of the store.
pub(super) fn check(bench: &mut Bench<'_>) -> Result<(), StoreError> {
    let view = bench.view;
    let mut place_in_area = 0_u64;
    let mut before = None;
    let rows = each(view, &[], |_, entry| {
        let (key, _) = entry;
        let area = Area::of(key);
        place_in_area = if area == before { place_in_area.saturating_add(1) } else { 0 };
        before = area;
        let Some(area) = area else {
            bench.lost(Fault::RowForm, "a row of no known area");
            return Ok(());
        };
        if !is_well_formed(area, entry) {
            let place = format!("{area:?} row {place_in_area}");
            match Cure::of_row(Some(area)) {
                Cure::Rebuild => bench.mended(Fault::RowForm, place, [(key.clone(), None)]),
                cure @ (Cure::Fetch | Cure::Restore | Cure::Configuration) => {
                    bench.report.tell(Fault::RowForm, cure, place);
                }
            }
        }
        Ok(())
    })?;
    bench.report.rows = rows;
    Ok(())
}

fn is<T: Encode<()> + for<'b> Decode<'b, ()>>(value: &[u8]) -> bool {
    cbor::decode::<T>(value).is_ok()
}

fn holds<T: Encode<()> + for<'b> Decode<'b, ()>>(
    value: &[u8],
    fits: impl FnOnce(&T) -> bool,
) -> bool {
    cbor::decode::<T>(value).is_ok_and(|value| fits(&value))
}

fn text(bytes: Option<&[u8]>) -> &str {
    bytes.and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Whether a row could have been written by this release.
pub(crate) fn is_well_formed(area: Area, (key, value): &Entry) -> bool {
    let form = FORMS.iter().find(|(known, _)| *known == area);
    form.is_none_or(|(_, form)| form(key.get(1..).unwrap_or_default(), value))
}

/// Whether a key, without its area, and a value have the form of their area.
type Form = fn(&[u8], &[u8]) -> bool;

/// The form of each area.
const FORMS: &[(Area, Form)] = &[
    (Area::Single, singles::is_well_formed),
    (Area::TimerDue, |key, value| {
        key.len() > 8 && value.is_empty() && is::<timer::Timer>(key.get(8..).unwrap_or_default())
    }),
    (Area::TimerSet, |key, value| value.len() == 8 && is::<timer::Timer>(key)),
    (Area::Outbox, |key, value| key.len() == 12 && is::<outbox::Row>(value)),
    (Area::OutboxCount, |key, value| key.len() == 4 && is::<outbox::Count>(value)),
    (Area::Statement, |key, value| {
        let parsed = Received::parse(value.to_vec());
        parsed.is_ok_and(|parsed| parsed.hash().as_bytes() == key)
    }),
    (Area::Reply, |key, value| {
        key.len() == 32 && (value.len() == 32 || is::<DeliveryReply>(value))
    }),
    (Area::Account, |key, value| {
        let number = number_in(key);
        holds::<StoredAccount>(value, |account| account.record.account.number.as_str() == number)
    }),
    (Area::Loan, |key, value| {
        let number = number_in(key);
        holds::<LoanRecord>(value, |loan| loan.loan.contract.as_str() == number)
    }),
    (Area::Person, |key, value| key.len() > 37 && value.is_empty()),
    (Area::Unnumbered, |key, value| key.len() == 16 && is::<records::UnnumberedRow>(value)),
    (Area::Quarantine, is_quarantined),
    (Area::CardOf, |key, value| key.len() == 68 && value.is_empty()),
    (Area::StaffOf, |key, value| key.len() == 36 && is::<u32>(value)),
    (Area::ImportFinding, |key, value| key.len() > 5 && value.is_empty()),
    (Area::Published, |key, value| {
        key.len() > 1 && holds::<Published>(value, |known| is::<Digest>(&known.entry))
    }),
    (Area::Unpublished, |key, value| key.len() > 1 && value.is_empty()),
    (Area::Question, |key, value| key.len() == 36 && value.len() == 32),
    (Area::QuestionEnd, |key, value| key.len() == 44 && value.is_empty()),
    (Area::Access, |key, value| key.len() == 72 && is::<Access>(value)),
    (Area::Rate, |key, value| key.len() == 5 && is::<rates::Window>(value)),
    (Area::Certificate, |key, value| {
        holds::<StoredCertificate>(value, |stored| stored.certificate.number.to_key() == key)
    }),
    (Area::CertificateOf, |key, value| key.len() > 5 && is::<CertificateNumber>(value)),
    (Area::OffSite, |key, value| !key.is_empty() && is::<certificates::OffSiteMark>(value)),
    (Area::HeldCertificate, |key, value| key.len() == 10 && is::<HeldCertificate>(value)),
    (Area::CertificateOfStatement, |key, value| key.len() == 32 && is::<CertificateNumber>(value)),
    (Area::Intent, |key, value| {
        holds::<StoredIntent>(value, |stored| stored.intent.id().as_bytes() == key)
    }),
    (Area::IntentOfTag, |key, value| key.len() == 64 && value.is_empty()),
    (Area::IntentOfSerial, |key, value| !key.is_empty() && value.len() == 32),
    (Area::IntentOfStatement, of_32_and_32),
    (Area::FirstLease, |key, value| key.len() == 32 && is::<Lease>(value)),
    (Area::LeaseEnded, |key, value| key.len() == 32 && is::<witness::Ended>(value)),
    (Area::PaidLoan, |key, value| key.len() == 64 && is::<witness::loans::PaidLoan>(value)),
    (Area::TagWatch, |key, value| key.len() > 32 && value.is_empty()),
    (Area::WatchTask, |key, value| key.len() > 4 && is::<watch::WatchTask>(value)),
    (Area::Dossier, |key, value| holds::<Dossier>(value, |it| it.id.as_bytes() == key)),
    (Area::Asked, of_32_and_32),
    (Area::TransferOf, of_32_and_32),
    (Area::TransferEarly, of_32_and_32),
    (Area::TransferPerson, of_32_and_32),
    (Area::RegisteredPerson, of_32_and_32),
    (Area::Roster, is_signed),
    (Area::AuthorityKey, is_signed),
    (Area::Annex, |key, value| holds::<Annex>(value, |annex| annex.hash().as_bytes() == key)),
    (Area::Log, |key, value| is_log(key, 9) && is::<log_store::LogRow>(value)),
    (Area::Tile, |key, _| is_log(key, 18)),
    (Area::LogSigning, |key, value| is_log(key, 9) && is::<publication::SigningRow>(value)),
    (Area::Checkpoint, |key, value| is_log(key, 17) && is_note(value)),
    (Area::Witnessed, |key, value| is_log(key, 17) && is_note(value)),
    (Area::TagIndex, |key, value| key.len() == 49 && is::<Digest>(value)),
    (Area::ReferenceIndex, |key, value| key.len() == 49 && is::<Digest>(value)),
    (Area::AuditLeaf, |key, value| key.len() == 32 && is::<audit::AuditRow>(value)),
    (Area::Correspondence, |key, value| key.len() == 16 && value.len() == 32),
    (Area::WitnessOf, |key, value| is_log(key, 13) && is::<cosigning::WitnessRow>(value)),
    (Area::Cosigned, |key, value| is_log(key, 9) && is::<witnessing::CosignedRow>(value)),
    (Area::SyncAsk, |key, value| key.len() == 8 && is::<synchronization::Ask>(value)),
    (Area::Follow, |key, value| is_log(key, 9) && is::<following::FollowRow>(value)),
    (Area::Misfit, |key, value| is_log(key, 9) && is_note(value)),
    (Area::Equivocation, |key, value| is_log(key, 9) && is::<Equivocation>(value)),
    (Area::RosterLeaf, |key, value| key.len() == 32 && is::<roster_leaves::RosterLeaf>(value)),
    (Area::Heartbeat, |key, value| key.len() == 4 && is::<heartbeats::HeartbeatRow>(value)),
    (Area::Alert, |key, value| holds::<Alert>(value, |alert| alert.id.as_bytes() == key)),
    (Area::AlertTime, |key, value| key.len() == 41 && value.is_empty()),
    (Area::Incident, |key, value| key.len() == 32 && value.len() == 4),
    (Area::IncidentWaiting, |key, value| key.len() == 32 && is::<incidents::IncidentRow>(value)),
    (Area::Inquiry, |key, value| holds::<Inquired>(value, |it| it.alert.as_bytes() == key)),
    (Area::InquiryDue, |key, value| key.len() == 36 && value.is_empty()),
    (Area::LogGap, |key, value| key.len() == 4 && is::<(LogId, TreeSize)>(value)),
    (Area::AskedAbout, |key, value| key.len() == 52 && value.is_empty()),
    (Area::UnitLetters, |key, value| key.len() == 36 && is::<u32>(value)),
    (Area::TagKey, |key, value| key.len() == 4 && is::<tags::KeptBox>(value)),
    (Area::TagKeySent, |key, value| key.len() == 8 && is::<KeyId>(value)),
    (Area::TagTaken, |key, value| key.len() == 40 && is::<tags::Taken>(value)),
    (Area::TagRate, |_, value| is::<tags::Window>(value)),
    (Area::LedgerAccount, |key, value| {
        AccountNumber::parse(text(Some(key))).is_ok() && is::<Personal>(value)
    }),
    (Area::LedgerTotals, |key, value| key.is_empty() && is::<TrialBalance>(value)),
    (Area::Suspense, |key, value| key.len() == 33 && is::<Fen>(value)),
    (Area::Posting, |key, value| key.len() == 8 && is::<Posting>(value)),
    (Area::LedgerUndo, |key, value| key.len() == 32 && is::<Undo>(value)),
    (Area::CoreOrder, |key, value| holds::<OpenOrder>(value, |it| it.order.id.as_bytes() == key)),
    (Area::CoreDone, |key, value| key.len() == 32 && is::<embedded_core::Done>(value)),
    (Area::BankOrder, |key, value| {
        holds::<bank::OrderRow>(value, |row| {
            let letter = bank::number_bytes(row.order.id.letter);
            [letter.as_slice(), &row.order.id.attempt.to_be_bytes()].concat() == key
        })
    }),
    (Area::Notice, |key, value| key.len() == 32 && is::<BankNotice>(value)),
    (Area::TransferOut, |key, value| holds::<Outgoing>(value, |it| it.case.id.as_bytes() == key)),
    (Area::TransferIn, |key, value| holds::<Incoming>(value, |it| it.case.id.as_bytes() == key)),
    (Area::TransferNumber, |key, value| key.len() == 16 && value.len() == 32),
    (Area::TransferPending, |key, value| key.len() == 36 && value.len() == 32),
    (Area::LetterSerial, |key, value| key.len() == 4 && is::<u32>(value)),
    (Area::TransferOpen, |key, value| key.len() == 32 && value.is_empty()),
    (Area::Registered, |key, value| key.len() == 32 && is::<registrations::Registered>(value)),
    (Area::RegisteredAccount, |key, value| key.len() > 4 && value.len() == 32),
    (Area::TakenOver, |key, value| holds::<TakenOver>(value, |it| it.transfer.as_bytes() == key)),
    (Area::Recalled, |key, value| key.len() == 37 && Received::parse(value.to_vec()).is_ok()),
    (Area::PulledLeaf, |key, value| key.len() == 12 && is::<Digest>(value)),
    (Area::PulledNext, |key, value| key.len() == 12 && is::<pulled::Next>(value)),
    (Area::HeldNotice, |key, value| key.len() == 8 && is::<BankNotice>(value)),
    (Area::Withdrawal, |key, value| key.len() > 4 && is::<withdrawals::StoredWithdrawal>(value)),
    (Area::WithdrawalOf, |key, value| key.len() > 36 && value.is_empty()),
];

/// The number behind the generation of a record.
fn number_in(key: &[u8]) -> &str {
    text(key.get(4..))
}

fn of_32_and_32(key: &[u8], value: &[u8]) -> bool {
    key.len() == 32 && value.len() == 32
}

fn is_signed(key: &[u8], value: &[u8]) -> bool {
    key.len() == 8 && Received::parse(value.to_vec()).is_ok()
}

fn is_log(key: &[u8], length: usize) -> bool {
    key.len() == length && LogId::from_key(key.get(..9).unwrap_or_default()).is_some()
}

fn is_note(value: &[u8]) -> bool {
    SignedNote::parse(value).is_ok()
}

fn is_quarantined(key: &[u8], value: &[u8]) -> bool {
    match key.get(4) {
        Some(1) => key.len() == 13 && is::<quarantine::QuarantinedRow>(value),
        Some(2) => holds::<DocumentNumber>(value, |document| {
            key.get(5..) == Some(records::document_key(document).as_slice())
        }),
        Some(3) => is::<Fen>(value),
        Some(4) => value.is_empty(),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank_account::CorporateAccount;
    use crate::plain_text::PlainText;
    use crate::settlement::{BankReference, Direction};
    use crate::testing::TAIYUAN;
    use crate::testing::logs::Face;
    use crate::time::Date;

    #[test]
    fn every_area_has_one_form() {
        for area in Area::ALL {
            let forms = FORMS.iter().filter(|(known, _)| known == area).count();
            assert_eq!(forms, 1, "{area:?}");
        }
    }

    /// Areas with keys of one length, and values of one length.
    const FIXED: [(Area, usize, usize); 19] = [
        (Area::CardOf, 68, 0),
        (Area::Question, 36, 32),
        (Area::QuestionEnd, 44, 0),
        (Area::IntentOfTag, 64, 0),
        (Area::IntentOfStatement, 32, 32),
        (Area::Asked, 32, 32),
        (Area::TransferOf, 32, 32),
        (Area::TransferEarly, 32, 32),
        (Area::TransferPerson, 32, 32),
        (Area::RegisteredPerson, 32, 32),
        (Area::Correspondence, 16, 32),
        (Area::AlertTime, 41, 0),
        (Area::Incident, 32, 4),
        (Area::InquiryDue, 36, 0),
        (Area::AskedAbout, 52, 0),
        (Area::TransferNumber, 16, 32),
        (Area::TransferPending, 36, 32),
        (Area::TransferOpen, 32, 0),
        (Area::Reply, 32, 32),
    ];

    /// Areas whose keys go on with a name behind so many bytes, and values of one length.
    const NAMED: [(Area, usize, usize); 6] = [
        (Area::Person, 37, 0),
        (Area::ImportFinding, 5, 0),
        (Area::Unpublished, 1, 0),
        (Area::TagWatch, 32, 0),
        (Area::WithdrawalOf, 36, 0),
        (Area::RegisteredAccount, 4, 32),
    ];

    fn fits(area: Area, key: usize, value: usize) -> bool {
        is_well_formed(area, &(vec![area as u8; 1 + key], vec![0; value]))
    }

    #[test]
    fn a_row_that_names_something_has_a_key_and_a_value_of_that_length_and_of_no_other() {
        for (area, key, value) in FIXED {
            assert!(fits(area, key, value), "{area:?}");
            for (key, value) in
                [(key + 1, value), (key - 1, value), (key, value + 1), (key + 1, value + 1)]
            {
                assert!(!fits(area, key, value), "{area:?}: {key} and {value} bytes");
            }
        }
        for (area, before, value) in NAMED {
            for name in [1, 2, 20] {
                assert!(fits(area, before + name, value), "{area:?}: a name of {name} bytes");
            }
            for (key, value) in
                [(before, value), (before - 1, value), (before + 1, value + 1), (before, value + 1)]
            {
                assert!(!fits(area, key, value), "{area:?}: {key} and {value} bytes");
            }
        }
    }

    #[test]
    fn what_waits_while_a_node_recovers_has_keys_of_its_form() {
        let digest = cbor::encode(&crate::testing::logs::digest(1));
        let next = pulled::Next { log: 1, leaf: 2, entry: digest.clone().into() };
        let notice = BankNotice {
            account: CorporateAccount::parse("1").unwrap(),
            reference: BankReference(PlainText::parse("1").unwrap()),
            direction: Direction::Debit,
            amount: Fen::ZERO,
            summary: None,
            counterpart: None,
            counterpart_name: None,
            booked_on: Date::new(2026, 5, 6).unwrap(),
        };
        let note = Face::new(LogId::public(TAIYUAN, 1), 0..1).signed().encode();
        let log = LogId::public(TAIYUAN, 1).to_key().to_vec();
        for (area, key, value) in [
            (Area::PulledLeaf, vec![0; 12], digest),
            (Area::PulledNext, vec![0; 12], cbor::encode(&next)),
            (Area::HeldNotice, vec![0; 8], cbor::encode(&notice)),
            (Area::Misfit, log, note),
        ] {
            let fits = |key: &[u8], value: &[u8]| {
                is_well_formed(area, &([&[0], key].concat(), value.to_vec()))
            };
            let (short, broken) = (&key[1..], &value[..value.len() - 1]);
            assert!(fits(&key, &value), "{area:?}");
            for (key, value) in [(short, value.as_slice()), (&key, broken), (short, broken)] {
                assert!(!fits(key, value), "{area:?}");
            }
        }
    }
}
