//! What people want of transfers, and what they are shown.
//!
//! **Promises.** What is shown to an operator of the center may hold personal data and hides it from
//! `Debug`; nothing here is sent to anybody else.
//! **Left to others.** Doing it: `transfer_desk`. The JSON of it: the node's control interface.

use core::fmt;

use minicbor::{Decode, Encode};

use super::operator::OperatorId;
use super::registrations::{Counterpart, EnteredStep, Registered, Registration, Step};
use super::transfer_case::{Case, RefusalWords, StateChange, SuccessorWords, TakenDecision};
use super::transfers::Side;
use super::transfers_in::{Incoming, LetterLink};
use super::transfers_out::Outgoing;
use crate::account::AccountNumber;
use crate::center::CenterCode;
use crate::deposit_history::CombinedHistory;
use crate::employer::EmployerName;
use crate::id::{FileHash, PayloadHash, TransferId};
use crate::letter_number::LetterNumber;
use crate::money::Fen;
use crate::record::Person;
use crate::settlement::SpecialAccount;
use crate::statement::query::Consent;
use crate::statement::transfer::letter::Remark;
use crate::statement::transfer::reply::IdentityMatch;
use crate::time::{Date, Timestamp};
use crate::transfer::channel::Channel;
use crate::transfer::incoming::IncomingState;
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::reason::RefusalReason;
use crate::transfer::reconciliation::MoneyLine;
use crate::transfer::registered::{RegisteredAmounts, RegisteredState};
use crate::transfer::status_code::NationalCode;
use crate::transfer::task::Task;

/// A wish that concerns transfers.
#[derive(Debug)]
pub enum TransferCommand {
    /// Writes a contact letter.
    Start(Box<Application>),
    /// Lists transfers.
    List(TransferFilter),
    /// Shows one in full.
    Show(TransferName),
    /// Withdraws a letter.
    Cancel {
        /// Who withdraws it.
        operator: OperatorId,
        /// Which.
        transfer: TransferName,
        /// Why, in words.
        remark: Option<Remark>,
    },
    /// Decides about one that waits for a person.
    Decide {
        /// Who decides.
        operator: OperatorId,
        /// Which.
        transfer: TransferName,
        /// What.
        decision: Decision,
    },
    /// Registers a transfer that another channel carries.
    Register(Box<Registration>),
    /// Takes a registered transfer one step on.
    Advance {
        /// Who enters it.
        operator: OperatorId,
        /// Which.
        transfer: TransferName,
        /// How far it has gone.
        step: Step,
    },
    /// The sums of the ledger (试算平衡).
    LedgerSums,
}

/// The application from which a contact letter is written (转移接续申请).
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    /// Who enters it.
    pub operator: OperatorId,
    /// The transfer-out center.
    pub to: CenterCode,
    /// The applicant, who has an account here.
    pub person: Person,
    /// 原住房公积金账号, over there.
    pub account: AccountNumber,
    /// 原工作单位.
    pub employer: Option<EmployerName>,
    /// What the applicant has signed.
    pub consent: Consent,
    /// Words to the clerk over there.
    pub remark: Option<Remark>,
}

impl fmt::Debug for Application {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("operator", &self.operator)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// How a caller names a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferName {
    /// By its id.
    Id(TransferId),
    /// By the number of its letter.
    Number(LetterNumber),
}

/// What a person decides about a transfer that waits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Decision {
    /// Incoming `Draft`: send the letter (复核通过); not by the one who entered it. Incoming
    /// `Rejected`, when the number was taken: write the letter anew.
    #[n(1)]
    Approve,
    /// Outgoing `Held`: accept; for a suspicious name with the hash of the scan that was looked at.
    #[n(2)]
    Accept(#[n(0)] Option<FileHash>),
    /// Outgoing `Received`, `Held`, `Accepted`: refuse, with a reason and words.
    #[n(3)]
    Refuse(#[n(0)] RefusalReason, #[n(1)] Option<Remark>),
    /// Outgoing `Accepted` or `Reversed`: settle for this value date; today without one.
    #[n(4)]
    Settle(#[n(0)] Option<Date>),
    /// Outgoing `Settled`: the core's interest is right, send the sheet.
    #[n(5)]
    SendSheet,
    /// Outgoing `PayFailed`, or `Paid` when a part came back: order what is missing again, under the
    /// same sheet.
    #[n(6)]
    PayAgain,
    /// Outgoing `Settled` or `PayFailed`: undo the settlement and settle anew for this day.
    #[n(7)]
    Renew(#[n(0)] Option<Date>),
    /// Outgoing `Settled`, `PayFailed` or `Reversed`: restore the account; the case is over.
    #[n(8)]
    Restore,
    /// Incoming `Negotiating`: the money is to go to this account.
    #[n(9)]
    Correct(#[n(0)] SpecialAccount),
    /// Incoming `Negotiating` or `Announced`: send back what has arrived, to this account.
    #[n(10)]
    SendBack(#[n(0)] SpecialAccount),
    /// Either side: go on waiting.
    #[n(11)]
    Wait,
    /// Either side, when the other center is revoked: end the case as it stands.
    #[n(12)]
    Close,
}

impl Decision {
    /// The decision as a stable word, for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Accept(_) => "accept",
            Self::Refuse(..) => "refuse",
            Self::Settle(_) => "settle",
            Self::SendSheet => "send_sheet",
            Self::PayAgain => "pay_again",
            Self::Renew(_) => "renew",
            Self::Restore => "restore",
            Self::Correct(_) => "correct",
            Self::SendBack(_) => "send_back",
            Self::Wait => "wait",
            Self::Close => "close",
        }
    }
}

/// Which transfers are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferFilter {
    /// Only this side.
    pub side: Option<Side>,
    /// Only in a state of this name.
    pub state: Option<String>,
    /// Only those that wait for a person.
    pub waiting: bool,
    /// Ended ones, too.
    pub ended: bool,
}

/// Where a transfer stands, on either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// 转出.
    Out(OutgoingState),
    /// 转入.
    In(IncomingState),
    /// Over another channel, at either side.
    Registered(Side, RegisteredState),
}

impl TransferState {
    /// The name by which programs know the state.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Out(state) => state.name(),
            Self::In(state) => state.name(),
            Self::Registered(_, state) => state.name(),
        }
    }

    /// The code of the national platform.
    #[must_use]
    pub const fn national_code(self) -> NationalCode {
        match self {
            Self::Out(state) => state.national_code(),
            Self::In(state) => state.national_code(),
            Self::Registered(_, state) => state.national_code(),
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Out(state) => state.is_final(),
            Self::In(state) => state.is_final(),
            Self::Registered(_, state) => !state.is_open(),
        }
    }

    /// Which side it is of.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Out(_) => Side::Out,
            Self::In(_) => Side::In,
            Self::Registered(side, _) => side,
        }
    }
}

/// One line of a listing; without personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferLine {
    /// The transfer.
    pub transfer: TransferId,
    /// Its letter number.
    pub number: LetterNumber,
    /// The channel that carries it; absent for this network.
    pub channel: Option<Channel>,
    /// The other center.
    pub other: CenterCode,
    /// The center that looks after the other side, since that center is revoked.
    pub taken_over_by: Option<CenterCode>,
    /// Where it stands.
    pub state: TransferState,
    /// When it entered that.
    pub since: Timestamp,
    /// When what is awaited is late.
    pub due: Option<Timestamp>,
    /// When four fifths of the time were over (催办).
    pub reminded: Option<Timestamp>,
    /// What a person must do.
    pub task: Option<Task>,
    /// With R15: the center that holds the account.
    pub right_center: Option<CenterCode>,
}

/// A transfer in full, for an operator of the center.
#[derive(Clone, PartialEq, Eq)]
pub struct TransferView {
    /// What a listing says.
    pub line: TransferLine,
    /// The applicant, as the letter names the person.
    pub person: Person,
    /// The account over there (outgoing: here).
    pub account: AccountNumber,
    /// The account that is credited, on the transfer-in side.
    pub credited_account: Option<AccountNumber>,
    /// The latest sheet, or the settlement that it will say.
    pub sheet: Option<SheetView>,
    /// Where the money is to go; another channel knows that itself.
    pub receiving: Option<SpecialAccount>,
    /// What is registered of it, when another channel carries it.
    pub registered: Option<RegisteredView>,
    /// The transfer whose letter this one's was written anew for, under the next number.
    pub replaces: Option<TransferId>,
    /// The transfer that goes on instead, and the number of its letter.
    pub replaced_by: Option<LetterLink>,
    /// Attempts to pay.
    pub attempts: u32,
    /// The movements of money under the letter.
    pub lines: Vec<MoneyLine>,
    /// All statements of both sides, in order: what evidence is made of.
    pub statements: Vec<PayloadHash>,
    /// The states that it went through.
    pub history: Vec<StateChange>,
    /// How the transfer-out center found the person, once it has accepted.
    pub identity: Option<IdentityMatch>,
    /// Once credited here: the months of this city and of those before it, together.
    pub months: Option<CombinedHistory>,
    /// What was said with a refusal.
    pub refusal: Option<RefusalWords>,
    /// What persons here have decided, in order.
    pub decisions: Vec<TakenDecision>,
    /// How the center that took the other side over has finished it.
    pub successor_said: Option<SuccessorWords>,
}

impl fmt::Debug for TransferView {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransferView").field("line", &self.line).finish_non_exhaustive()
    }
}

/// What is registered of a transfer that another channel carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredView {
    /// What moves, once it is known.
    pub amounts: Option<RegisteredAmounts>,
    /// The steps, in their order.
    pub steps: Vec<EnteredStep>,
    /// What the other side has published, matched by the reference tag.
    pub counterpart: Option<Counterpart>,
}

/// What a sheet says of money.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SheetView {
    /// Which revision.
    pub revision: u32,
    /// 本金.
    pub principal: Fen,
    /// 利息.
    pub interest: Fen,
    /// The day to which interest was settled.
    pub value_date: Date,
}

impl fmt::Debug for SheetView {
    /// Without amounts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SheetView({}, {})", self.revision, self.value_date)
    }
}

impl TransferLine {
    fn new(case: &Case, own: CenterCode, state: TransferState) -> Self {
        Self {
            transfer: case.id,
            number: case.letter.number,
            channel: None,
            other: case.other(own),
            taken_over_by: case.taken_over_by,
            state,
            since: case.history.last().map_or(case.letter.issued_at, |change| change.at),
            due: case.alarms.get(&super::transfer_case::Alarm::Deadline).copied(),
            reminded: case.reminded,
            task: case.task.clone(),
            right_center: case.refusal.as_ref().and_then(|said| said.right_center),
        }
    }

    /// The line of an outgoing transfer.
    #[must_use]
    pub fn of_outgoing(outgoing: &Outgoing, own: CenterCode) -> Self {
        Self::new(&outgoing.case, own, TransferState::Out(outgoing.state))
    }

    /// The line of an incoming transfer.
    #[must_use]
    pub fn of_incoming(incoming: &Incoming, own: CenterCode) -> Self {
        Self::new(&incoming.case, own, TransferState::In(incoming.state))
    }
}

impl TransferLine {
    /// The line of a registered transfer.
    #[must_use]
    pub fn of_registered(registered: &Registered) -> Self {
        Self {
            transfer: registered.id,
            number: registered.number,
            channel: Some(registered.channel),
            other: registered.other,
            taken_over_by: None,
            state: TransferState::Registered(registered.side, registered.state),
            since: registered.steps.last().map_or_else(Timestamp::default, |step| step.at),
            due: None,
            reminded: None,
            task: None,
            right_center: None,
        }
    }
}

impl TransferView {
    /// A registered transfer.
    #[must_use]
    pub fn of_registered(registered: &Registered, counterpart: Option<Counterpart>) -> Self {
        let change =
            |step: &EnteredStep| StateChange { at: step.at, state: step.state.name().to_owned() };
        Self {
            line: TransferLine::of_registered(registered),
            person: registered.person.clone(),
            account: registered.account.clone(),
            credited_account: None,
            sheet: None,
            receiving: None,
            registered: Some(RegisteredView {
                amounts: registered.amounts,
                steps: registered.steps.clone(),
                counterpart,
            }),
            replaces: None,
            replaced_by: None,
            identity: None,
            months: None,
            refusal: None,
            decisions: Vec::new(),
            successor_said: None,
            attempts: 0,
            lines: Vec::new(),
            statements: Vec::new(),
            history: registered.steps.iter().map(change).collect(),
        }
    }

    fn new(case: &Case, line: TransferLine, receiving: SpecialAccount) -> Self {
        let letter = &case.letter;
        Self {
            line,
            person: Person { name: letter.name.clone(), document: letter.document.clone() },
            account: letter.account.clone(),
            credited_account: None,
            sheet: None,
            receiving: Some(receiving),
            registered: None,
            replaces: letter.replaces,
            replaced_by: None,
            attempts: case.attempts,
            lines: case.lines.clone(),
            statements: case.thread.statements.clone(),
            history: case.history.clone(),
            identity: None,
            months: None,
            refusal: case.refusal.clone(),
            decisions: case.decisions.clone(),
            successor_said: case.successor_said.clone(),
        }
    }

    /// An outgoing transfer.
    #[must_use]
    pub fn of_outgoing(outgoing: &Outgoing, own: CenterCode) -> Self {
        let line = TransferLine::of_outgoing(outgoing, own);
        let sheet = outgoing.settled.as_ref().map(|settled| SheetView {
            revision: outgoing.revision,
            principal: settled.principal,
            interest: settled.interest,
            value_date: settled.value_date,
        });
        let view = Self::new(&outgoing.case, line, outgoing.receiving.clone());
        Self { sheet, identity: outgoing.identity, ..view }
    }

    /// An incoming transfer.
    #[must_use]
    pub fn of_incoming(incoming: &Incoming, own: CenterCode) -> Self {
        let line = TransferLine::of_incoming(incoming, own);
        let sheet = incoming.sheet.as_ref().map(|received| SheetView {
            revision: received.sheet.revision,
            principal: received.sheet.principal,
            interest: received.sheet.interest,
            value_date: received.sheet.value_date,
        });
        Self {
            sheet,
            credited_account: Some(incoming.account.clone()),
            identity: incoming.identity,
            replaced_by: incoming.replaced_by,
            ..Self::new(&incoming.case, line, incoming.receiving.clone())
        }
    }
}
