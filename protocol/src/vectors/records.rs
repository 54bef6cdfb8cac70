//! Vectors of records, their commitments, and digests.

use super::statements::{AT, li};
use super::writing::{Vector, value};
use crate::account::{AccountNumber, AccountStatus, CloseReason};
use crate::answer::Freshness;
use crate::bank_account::CardNumber;
use crate::cbor;
use crate::certificate::{Certificate, CertificateLoan, CertificateNumber};
use crate::commitment::{CommitmentDomain, commit};
use crate::deposit_history::DepositHistory;
use crate::digest::{Digest, DigestStatus};
use crate::employer::{EmployerName, EmployerNumber};
use crate::engine::records::StoredAccount;
use crate::id::{Blinding, Commitment, ReferenceTag, SubjectTag};
use crate::letter_number::LetterNumber;
use crate::loan::{LoanStatus, RepaymentMethod};
use crate::money::Fen;
use crate::month_set::MonthSet;
use crate::purpose::Purpose;
use crate::rate::Rate;
use crate::record::{
    AccountNotes, Employment, FraudMark, Freeze, Hindrance, ImportedHistory, LoanRecord, Withdrawal,
};
use crate::record_seal::{RecordSeed, SealedLoan, SealedParty, record_commitment};
use crate::testing::people::{LI, ZHANG};
use crate::testing::{DATONG, LINFEN, TAIYUAN, people};
use crate::time::{Date, Month};
use crate::transfer::channel::Channel;
use crate::transfer::registered::{RegisteredAmounts, RegisteredRecord, RegisteredState};
use crate::withdrawal::PropertyWithdrawal;

fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

/// Three years without a gap, of which one month was paid late.
pub(super) fn history() -> DepositHistory {
    let month = |number| Month::from_number(number).unwrap();
    let paid: MonthSet = (0..37).filter_map(|count| month(202_304).plus(count)).collect();
    let late: MonthSet = [month(202_401)].into_iter().collect();
    DepositHistory::from_months(paid, &late)
}

fn employment() -> Employment {
    Employment {
        employer: EmployerNumber::parse("0200000001").unwrap(),
        name: EmployerName::parse("大同示例机械有限公司").unwrap(),
        unit_rate: Rate::parse("0.12").unwrap(),
        person_rate: Rate::parse("0.12").unwrap(),
    }
}

fn imported() -> ImportedHistory {
    ImportedHistory {
        from: LINFEN,
        letter: LetterNumber::parse("1402002305060001").ok(),
        credited_on: Date::new(2023, 5, 21).unwrap(),
        history: history(),
        loan_count: 1,
        has_fraud: false,
        overdue_periods_total: 2,
    }
}

fn withdrawal() -> Withdrawal {
    Withdrawal {
        on: Date::new(2025, 3, 3).unwrap(),
        amount: yuan("1000.00"),
        reason: Some(CloseReason::Rent),
    }
}

/// An account with everything that a record can hold.
fn full_account() -> StoredAccount {
    let mut stored = people::account(DATONG, "9923041500021", LI, 3);
    let record = &mut stored.record;
    record.account.status = AccountStatus::Withdrawn;
    record.account.closed_on = Date::new(2026, 5, 20).ok();
    record.account.close_reason = Some(CloseReason::Retirement);
    record.account.card = CardNumber::parse("9990010000000001231").ok();
    record.employment = Some(employment());
    record.imported = vec![imported()];
    record.withdrawals = vec![withdrawal()];
    record.notes = AccountNotes {
        freeze: Some(Freeze { paper: Some("(2026)晋0299执123号".into()), until: None }),
        fraud: Some(FraudMark { until: Date::new(2027, 1, 1).ok() }),
        hindrances: vec![Hindrance::StandingWithdrawal],
    };
    stored
}

pub(super) fn loan() -> LoanRecord {
    people::loan(DATONG, "JK140200-2021-0001", &[ZHANG, LI])
}

pub(super) fn certificate() -> Certificate {
    let number = |serial| CertificateNumber { issuer: DATONG, year: 2026, serial };
    let loan = loan().loan;
    Certificate {
        number: number(2),
        issuer: DATONG,
        requester: TAIYUAN,
        subject: li(),
        account: AccountNumber::parse("9923041500021").unwrap(),
        employment: Some(employment()),
        as_of: Date::new(2026, 5, 20).unwrap(),
        opened_on: Date::new(2023, 4, 15).unwrap(),
        status: AccountStatus::Sealed,
        contribution_base: yuan("5000.00"),
        person_monthly: yuan("600.00"),
        unit_monthly: yuan("600.00"),
        balance: yuan("43758.38"),
        history: history(),
        imported: vec![imported()],
        loans: vec![CertificateLoan {
            contract: loan.contract,
            role: crate::loan::LoanRole::CoBorrower,
            status: LoanStatus::Active,
            disbursed_on: loan.disbursed_on,
            disbursed: loan.disbursed,
            balance: loan.balance,
            overdue_current: 0,
            overdue_total: 1,
            repayment: Some(RepaymentMethod::EqualInstalment),
        }],
        withdrawals: vec![withdrawal()],
        fraud: None,
        purpose: Purpose::Certificate,
        valid_until: Date::new(2026, 7, 20).unwrap(),
        supersedes: Some(number(1)),
    }
}

/// A transfer of Datong to Taiyuan that was registered there.
fn registered(channel: Channel) -> RegisteredRecord {
    RegisteredRecord {
        channel,
        number: LetterNumber::parse("1401002605200007").unwrap(),
        from: DATONG,
        to: TAIYUAN,
        person: li(),
        account: AccountNumber::parse("9923041500021").unwrap(),
        amounts: RegisteredAmounts { principal: yuan("43758.38"), interest: yuan("527.46") },
        state: RegisteredState::Paid,
        on: Date::new(2026, 5, 20).unwrap(),
    }
}

/// What was paid out for a home.
pub(super) fn withdrawal_for_a_property() -> PropertyWithdrawal {
    people::withdrawal(DATONG, "TQ-2026-0001", LI, "晋(2021)大同市不动产权第0000001号")
}

/// A record with its blinding and the commitment to it.
fn committed<T>(name: &str, rule: &str, record: &T) -> Vector
where
    T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
{
    let blinding = Blinding::new([4; 32]);
    value(name, rule, record)
        .hex("blinding", blinding.as_bytes())
        .hex("commitment", record_commitment(&blinding, record).as_bytes())
}

pub(super) fn vectors() -> Vec<Vector> {
    let account = people::account(DATONG, "9923041500021", LI, 3);
    let seed = RecordSeed::new([6; 32]);
    let loan = loan();
    let settled = people::settled(loan.clone());
    let mut vectors = vec![
        committed("account", "sealed-account", &account.sealed()),
        committed("account with everything", "sealed-account", &full_account().sealed()),
        committed("loan", "sealed-loan", &SealedLoan::of(&loan, &seed)),
        committed("settled loan", "sealed-loan", &SealedLoan::of(&settled, &seed)),
        committed("certificate", "certificate", &certificate()),
        committed("withdrawal", "property-withdrawal", &withdrawal_for_a_property()),
        committed("loan intent", "intent-record", &super::lending::record()),
    ];
    for channel in Channel::ALL {
        let name = format!("transfer that another channel carried: {channel:?}");
        vectors.push(committed(&name, "registered-record", &registered(*channel)));
    }
    for (place, party) in loan.parties.iter().enumerate() {
        let blinding = seed.party_blinding(place);
        let seal = SealedParty::seal(&blinding, party);
        let name = format!("seal over party {place} of the loan");
        vectors.push(
            value(&name, "loan-party", party)
                .hex("blinding", blinding.as_bytes())
                .hex("commitment", seal.as_bytes()),
        );
    }
    let rows = account.rows.iter().map(cbor::encode);
    let hash = account.sealed().ledger.hash;
    vectors.push(
        Vector::new("rows of the account's ledger")
            .text("context", "fundlink/1 ledger rows of a record")
            .hexes("rows", rows)
            .hex("hash", hash.as_bytes()),
    );
    vectors.extend(account.rows.first().map(|row| value("a row", "ledger-entry", row)));
    let statement = b"the complete bytes of a statement";
    let blinding = Blinding::new([5; 32]);
    vectors.push(
        Vector::new("entry of an audit log")
            .text("domain", "fundlink/1 statement, and a zero byte")
            .hex("blinding", blinding.as_bytes())
            .hex("bytes", statement)
            .hex(
                "commitment",
                commit(CommitmentDomain::Statement, &blinding, statement).as_bytes(),
            ),
    );
    let freshness = Freshness { source: crate::answer::Source::Live, as_of: AT };
    vectors.push(value("facts as of now", "freshness", &freshness));
    vectors
}

/// A digest of a status.
pub(super) fn digest(status: DigestStatus) -> Digest {
    Digest {
        status,
        revision: 1,
        previous: None,
        previous_log: None,
        taken_in: None,
        epoch: 1,
        subjects: vec![SubjectTag::new([0x11; 32])],
        reference: None,
        commitment: Commitment::new([0x33; 32]),
        date: Date::new(2026, 5, 20).unwrap(),
        channel: None,
    }
}

pub(super) fn digests() -> Vec<Vector> {
    let of = |status: &DigestStatus| value(&format!("{status:?}"), "digest", &digest(*status));
    let mut vectors: Vec<Vector> = super::statuses().iter().map(of).collect();
    let later = Digest {
        revision: 2,
        previous: Some(300),
        subjects: vec![SubjectTag::new([0x11; 32]), SubjectTag::new([0x12; 32])],
        reference: Some(ReferenceTag::new([0x22; 32])),
        ..digest(DigestStatus::LoanSettled)
    };
    vectors.push(value("second revision about two persons", "digest", &later));
    let paper = Digest {
        reference: Some(ReferenceTag::new([0x22; 32])),
        channel: Some(Channel::Paper),
        ..digest(DigestStatus::TransferRemitted)
    };
    vectors.push(value("paid under a letter on paper", "digest", &paper));
    let intent = super::lending::intent();
    let applied = Digest {
        subjects: intent.household.clone(),
        reference: Some(intent.reference()),
        taken_in: Some(intent.issued_at),
        ..digest(DigestStatus::IntentOpen)
    };
    vectors.push(value("loan intent of a household", "digest", &applied));
    vectors.push(value("loan intent", "intent", &intent).hex("id", intent.id().as_bytes()));
    let elsewhere = Digest { previous_log: Some(1), ..later };
    vectors.push(value("revision of a leaf in a closed log", "digest", &elsewhere));
    vectors
}
