//! An account that secures a loan of another city does not leave (R07), until it is released.

use super::*;
use crate::account::AccountStatus;
use crate::engine::modes::ServiceMode;
use crate::engine::transfer_command::{
    Application, Decision, TransferCommand, TransferName, TransferState, TransferView,
};
use crate::mode::Service;
use crate::transfer::incoming::{IncomingState, Rejection};
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::reason::RefusalReason;

fn with_new_account() -> Province {
    let mut province = province();
    let mut new = account(TAIYUAN, "0123050100001", LI, 1);
    new.record.account.status = AccountStatus::Normal;
    province.import(TAIYUAN, vec![ImportItem::Account(Box::new(new))]).unwrap();
    province
}

fn transfer(province: &mut Province, at: CenterCode, command: TransferCommand) -> TransferView {
    let reply = province.command(at, Command::Transfer(Box::new(command))).unwrap();
    let Reply::Transfer(view) = *reply else { panic!("another reply") };
    *view
}

fn start(province: &mut Province) -> TransferName {
    let application = Application {
        operator: operator("clerk"),
        to: DATONG,
        person: person(LI),
        account: AccountNumber::parse("9923041500021").unwrap(),
        employer: None,
        consent: Consent {
            reference: SerialNumber::parse("SQ-2").unwrap(),
            digest: FileHash::new([4; 32]),
        },
        remark: None,
    };
    let view = transfer(province, TAIYUAN, TransferCommand::Start(Box::new(application)));
    TransferName::Number(view.line.number)
}

fn state(province: &mut Province, at: CenterCode, name: TransferName) -> TransferState {
    transfer(province, at, TransferCommand::Show(name)).line.state
}

#[test]
fn a_transfer_of_a_marked_account_is_refused_until_the_loan_is_over() {
    let mut province = with_new_account();
    let number = asked(&mut province, LINFEN).unwrap();
    assert_eq!(say(&mut province, LINFEN, number, LoanResult::Granted), None);
    let first = start(&mut province);
    let reason = Rejection::Reason(RefusalReason::UnsettledLoan);
    let refused = TransferState::In(IncomingState::Rejected(reason, true));
    assert_eq!(state(&mut province, TAIYUAN, first), refused);
    assert_eq!(release(&mut province, LINFEN, number), None);
    let second = start(&mut province);
    assert_ne!(state(&mut province, TAIYUAN, second), refused);
    let TransferState::Out(out) = state(&mut province, DATONG, second) else { panic!("not out") };
    assert!(!matches!(out, OutgoingState::Rejected(..)), "{out:?}");
}

#[test]
fn a_mark_that_comes_after_the_acceptance_stops_the_settlement() {
    let mut province = with_new_account();
    let wanted = ServiceMode { service: Service::Transfer, mode: Mode::Confirm };
    let command = Command::SetMode { operator: operator("clerk"), wanted };
    province.command(DATONG, command).unwrap();
    let number = asked(&mut province, LINFEN).unwrap();
    let name = start(&mut province);
    let decide = |province: &mut Province, decision| {
        let operator = operator("clerk");
        transfer(province, DATONG, TransferCommand::Decide { operator, transfer: name, decision })
    };
    decide(&mut province, Decision::Accept(None));
    province.advance(1_000);
    assert_eq!(state(&mut province, DATONG, name), TransferState::Out(OutgoingState::Accepted));
    assert_eq!(say(&mut province, LINFEN, number, LoanResult::Granted), None);
    decide(&mut province, Decision::Settle(None));
    province.advance(1_000);
    let TransferState::Out(out) = state(&mut province, DATONG, name) else { panic!("not out") };
    assert!(matches!(out, OutgoingState::Rejected(RefusalReason::UnsettledLoan, _)), "{out:?}");
    assert!(mark(&mut province).is_some());
}
