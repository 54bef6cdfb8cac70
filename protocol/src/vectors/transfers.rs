//! Vectors of the statements of transfers.

use super::statements::{AT, PAIR, Samples, consent, li};
use crate::account::AccountNumber;
use crate::bank_account::CorporateAccount;
use crate::center::CenterCode;
use crate::cose;
use crate::deposit_history::SixMonths;
use crate::employer::EmployerName;
use crate::id::{Blinding, OperatorMark, PayloadHash, TransferId};
use crate::letter_number::LetterNumber;
use crate::money::Fen;
use crate::plain_text::PlainText;
use crate::settlement::{BankFailure, BankReference, SpecialAccount};
use crate::statement::transfer::account_facts::{DepositFacts, LoanFacts};
use crate::statement::transfer::handover::{Handover, HandoverClosing};
use crate::statement::transfer::letter::{Cancellation, Letter, Remark};
use crate::statement::transfer::notice::{
    Correction, Credit, Difference, DifferenceKind, Remittance, Return,
};
use crate::statement::transfer::reply::{
    Acceptance, CancellationAnswer, CancellationOutcome, IdentityMatch, RefusalConfirmation,
    TransferRefusal,
};
use crate::statement::transfer::sheet::{Restoration, Reversal, ReversalCause, Sheet};
use crate::statement::transfer::{StepHead, step};
use crate::testing::{LINFEN, keyring, network};
use crate::time::{Date, Month};
use crate::transfer::reason::RefusalReason;

/// One side of a transfer, which counts its statements.
struct Side {
    from: CenterCode,
    to: CenterCode,
    transfer: TransferId,
    step: u32,
}

impl Side {
    fn next(&mut self, answers: PayloadHash) -> StepHead {
        self.step += 1;
        let (from, to, transfer, step) = (self.from, self.to, self.transfer, self.step);
        StepHead { from, to, issued_at: AT.plus_ms(1_000), transfer, step, answers }
    }
}

fn yuan(text: &str) -> Fen {
    Fen::parse(text).unwrap()
}

fn remark(text: &str) -> Option<Remark> {
    PlainText::parse(text).ok().map(Remark)
}

fn special_account() -> SpecialAccount {
    SpecialAccount {
        number: CorporateAccount::parse("1401-0001").unwrap(),
        name: PlainText::parse("太原示例中心专户").unwrap(),
        bank: PlainText::parse("示例银行太原分行").unwrap(),
    }
}

fn letter() -> Letter {
    let (incoming, outgoing) = PAIR;
    let person = li();
    Letter {
        from: incoming,
        to: outgoing,
        issued_at: AT,
        number: LetterNumber::parse("1401002605200001").unwrap(),
        name: person.name,
        document: person.document,
        account: AccountNumber::parse("9923041500021").unwrap(),
        employer: EmployerName::parse("大同示例机械有限公司").ok(),
        receiving: special_account(),
        consent: consent(),
        operator: OperatorMark::new([2; 16]),
        remark: remark("请尽快办理"),
        replaces: None,
    }
}

/// A whole transfer and everything that can go wrong with one.
pub(super) fn statements(samples: &mut Samples) {
    let letter = letter();
    let letter_hash = samples.say("letter", &letter);
    let plain = Letter { employer: None, remark: None, ..letter.clone() };
    samples.say("letter without employer and remark", &plain);
    let transfer = TransferId::new(*letter_hash.as_bytes());
    let anew = LetterNumber::parse("1401002605200002").unwrap();
    let anew = Letter { number: anew, replaces: Some(transfer), ..letter.clone() };
    samples.say("letter written anew under the next number", &anew);
    let (incoming, outgoing) = PAIR;
    let mut there = Side { from: outgoing, to: incoming, transfer, step: 0 };
    let mut here = Side { from: incoming, to: outgoing, transfer, step: 1 };

    let head = there.next(letter_hash);
    let accepted =
        samples.say("acceptance", &step!(head, Acceptance { identity: IdentityMatch::Exact }));
    let sheet = sheet(there.next(letter_hash));
    let sheet_hash = samples.say("sheet", &sheet);
    let second = Sheet { revision: 2, replaces: Some(sheet_hash), step: 9, ..sheet };
    samples.say("second revision of a sheet", &second);
    money(samples, (&mut here, &mut there), sheet_hash);
    refusals(samples, (&mut here, &mut there), (letter_hash, accepted));
    handed_over(samples, &letter, transfer);
}

/// The transfer-in center was revoked; the other side tells who takes over.
fn handed_over(samples: &mut Samples, letter: &Letter, transfer: TransferId) {
    let (incoming, outgoing) = PAIR;
    let said = cose::sign(network().as_str(), letter, &mut keyring(incoming)).unwrap();
    let handover = Handover {
        from: outgoing,
        to: LINFEN,
        issued_at: AT.plus_ms(2_000),
        revoked: incoming,
        transfer,
        state: PlainText::parse("Verifying").unwrap(),
        states: 3,
        statements: vec![said.into()],
    };
    let hash = samples.say("handover to the center that takes over", &handover);
    let closing = HandoverClosing {
        from: LINFEN,
        to: outgoing,
        issued_at: AT.plus_ms(3_000),
        revoked: incoming,
        transfer,
        handover: hash,
        remark: Remark(PlainText::parse("settled on paper").unwrap()),
    };
    samples.say("how a case that was taken over was finished", &closing);
}

fn sheet(head: StepHead) -> Sheet {
    step!(
        head,
        Sheet {
            number: LetterNumber::parse("1401002605200001").unwrap(),
            account: AccountNumber::parse("9923041500021").unwrap(),
            revision: 1,
            replaces: None,
            principal: yuan("43758.38"),
            interest: yuan("527.46"),
            value_date: Date::new(2026, 5, 20).unwrap(),
            deposits: DepositFacts {
                opened: Month::from_number(202_304).unwrap(),
                history: super::records::history(),
                six_months: SixMonths::Continuous,
            },
            loans: LoanFacts {
                loan_count: 1,
                has_unsettled: false,
                has_fraud: false,
                overdue_periods_total: 2,
            },
            blinding: Blinding::new([9; 32]),
        }
    )
}

fn money(samples: &mut Samples, (here, there): (&mut Side, &mut Side), sheet: PayloadHash) {
    let amount = yuan("44285.84");
    let day = Date::new(2026, 5, 20).unwrap();
    let head = here.next(sheet);
    let remitted = step!(
        there.next(sheet),
        Remittance {
            revision: 1,
            amount,
            paid_on: day,
            references: vec![BankReference(PlainText::parse("20260520-000017").unwrap())],
        }
    );
    let remitted = samples.say("remittance", &remitted);
    let credit = step!(head, Credit { revision: 1, amount, credited_on: day, negotiated: false });
    samples.say("credit", &credit);
    let arrived = DifferenceKind::Arrived(yuan("44000.00"));
    let difference = step!(here.next(remitted), Difference { revision: 1, kind: arrived });
    let difference = samples.say("difference: less has arrived", &difference);
    let kind = DifferenceKind::NotPaid(1, BankFailure::WrongPayee);
    let not_paid = step!(there.next(difference), Difference { revision: 1, kind });
    let not_paid = samples.say("difference: an attempt was not paid", &not_paid);
    let correction = step!(here.next(not_paid), Correction { receiving: special_account() });
    let correction = samples.say("correction of the receiving account", &correction);
    let head = here.next(remitted);
    let returned = step!(head, Return { revision: 1, amount, remark: remark("金额不符") });
    let returned = samples.say("return of the money", &returned);
    let cause = ReversalCause::MoneyCameBack;
    let reversal = step!(there.next(returned), Reversal { revision: 1, cause });
    samples.say("reversal", &reversal);
    samples.say("restoration", &step!(there.next(correction), Restoration {}));
}

fn refusals(
    samples: &mut Samples,
    (here, there): (&mut Side, &mut Side),
    (letter, accepted): (PayloadHash, PayloadHash),
) {
    let wish = step!(here.next(accepted), Cancellation { remark: remark("申请人撤回") });
    let wish = samples.say("cancellation", &wish);
    for (name, outcome) in [
        ("cancellation answer: granted", CancellationOutcome::Granted),
        ("cancellation answer: too late", CancellationOutcome::TooLate),
    ] {
        samples.say(name, &step!(there.next(wish), CancellationAnswer { outcome }));
    }
    let mut refuse = |name, reason, older, right_center| {
        let words = if reason == RefusalReason::Other { remark("其他原因") } else { None };
        let head = there.next(letter);
        let said = step!(head, TransferRefusal { reason, remark: words, older, right_center });
        samples.say(name, &said)
    };
    refuse("refusal: frozen", RefusalReason::Frozen, None, None);
    refuse("refusal: number used", RefusalReason::Duplicate, Some(TransferId::new([8; 32])), None);
    refuse("refusal: other center", RefusalReason::WrongCenter, None, Some(LINFEN));
    let last = refuse("refusal: in words", RefusalReason::Other, None, None);
    samples.say("refusal confirmation", &step!(here.next(last), RefusalConfirmation {}));
}
