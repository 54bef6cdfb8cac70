//! Transfers: starting one, looking at it, deciding about it.

use fundlink_protocol::deposit_history::CombinedHistory;
use fundlink_protocol::engine::transfer_case::TakenDecision;
use fundlink_protocol::engine::transfer_command::{self, SheetView, TransferView};
use fundlink_protocol::engine::transfers::Side;
use fundlink_protocol::money::Fen;
use fundlink_protocol::month_set::MonthSet;
use fundlink_protocol::settlement::{Direction, SpecialAccount};
use fundlink_protocol::statement::transfer::reply::IdentityMatch;
use fundlink_protocol::transfer::channel::Channel;
use serde::{Deserialize, Serialize};

use super::dossiers::Consent;
use super::facts::Person;
use super::registrations::{Registered, Replacement};
use super::takeovers::SuccessorSaid;

mod refused;

pub use refused::Refused;
use refused::refused;

/// The application from which a contact letter (联系函) is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Who enters it.
    pub operator: String,
    /// The transfer-out center.
    pub to: String,
    /// The applicant.
    pub person: Person,
    /// 原住房公积金账号, over there.
    pub account: PrivateText,
    /// 原工作单位.
    #[serde(default)]
    pub employer: Option<String>,
    /// What the applicant has signed.
    pub consent: Consent,
    /// Words to the clerk over there.
    #[serde(default)]
    pub remark: Option<String>,
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrivateText(pub String);

impl core::fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PrivateText(..)")
    }
}

/// Withdraws a letter (撤销).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// Who withdraws it.
    pub operator: String,
    /// Why, in words.
    #[serde(default)]
    pub remark: Option<String>,
}

/// Decides about a transfer that waits for a person.
///
/// Unknown keys are refused by the decision: serde cannot refuse them here, beside a flattened field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decide {
    /// Who decides.
    pub operator: String,
    /// What.
    #[serde(flatten)]
    pub decision: Decision,
}

/// What a person decides. Those without fields have braces all the same: of a variant without, serde
/// would take any key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// Send the letter (复核通过).
    Approve {},
    /// Accept the letter; for a suspicious name with the hash of the scan that was looked at.
    Accept {
        /// BLAKE3 of the scan.
        #[serde(default)]
        scan: Option<String>,
    },
    /// Refuse the letter.
    Refuse {
        /// R01 to R99.
        reason: String,
        /// More in words; with R99 always.
        #[serde(default)]
        remark: Option<String>,
    },
    /// Settle.
    Settle {
        /// The value date; today when absent.
        #[serde(default)]
        value_date: Option<String>,
    },
    /// Send the sheet although core and engine differ on interest.
    SendSheet {},
    /// Order what is missing again, under the same sheet.
    PayAgain {},
    /// Undo the settlement and settle anew.
    Renew {
        /// The value date; today when absent.
        #[serde(default)]
        value_date: Option<String>,
    },
    /// Restore the account: the case is over.
    Restore {},
    /// The money is to go to this account.
    Correct {
        /// The account.
        receiving: Special,
    },
    /// Send back what has arrived.
    SendBack {
        /// To this account.
        receiving: Special,
    },
    /// Go on waiting.
    Wait {},
    /// End the case as it stands, because the other center is revoked.
    Close {},
}

/// A special account (专户).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Special {
    /// Its number.
    pub number: String,
    /// In whose name it is held.
    pub name: String,
    /// The bank.
    pub bank: String,
}

impl From<&SpecialAccount> for Special {
    fn from(account: &SpecialAccount) -> Self {
        Self {
            number: account.number.as_str().to_owned(),
            name: account.name.as_str().to_owned(),
            bank: account.bank.as_str().to_owned(),
        }
    }
}

/// One line of a listing; without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The transfer.
    pub transfer: String,
    /// The letter number.
    pub number: String,
    /// `out` or `in`.
    pub side: String,
    /// The channel that carries it: `fundlink`, `national` or `paper`.
    pub channel: String,
    /// The other center.
    pub other: String,
    /// The center that looks after the other side, since that center is revoked.
    pub taken_over_by: Option<String>,
    /// Where it stands.
    pub state: String,
    /// The code of the national platform.
    pub code: String,
    /// Its Chinese name.
    pub code_zh: String,
    /// Whether nothing follows.
    pub ended: bool,
    /// Why the letter was refused.
    pub refused: Option<Refused>,
    /// When it entered the state.
    pub since: String,
    /// When what is awaited is late.
    pub due: Option<String>,
    /// When four fifths of the time for it were over.
    #[serde(default)]
    pub reminded: Option<String>,
    /// What a person must do.
    pub task: Option<Task>,
}

/// A decision that a transfer waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Why, as a stable word.
    pub reason: String,
    /// The role that may decide.
    pub role: String,
    /// The last day.
    pub due: String,
    /// Where two must decide: who was the first.
    pub first: Option<String>,
    /// What the first one decided, as a stable word.
    #[serde(default)]
    pub first_decision: Option<String>,
}

impl From<&transfer_command::TransferLine> for Line {
    fn from(line: &transfer_command::TransferLine) -> Self {
        let code = line.state.national_code();
        Self {
            transfer: line.transfer.to_string(),
            number: line.number.to_string(),
            side: side(line.state.side()).to_owned(),
            channel: line.channel.map_or(FUNDLINK, Channel::name).to_owned(),
            other: line.other.to_string(),
            taken_over_by: line.taken_over_by.map(|center| center.to_string()),
            state: line.state.name().to_owned(),
            code: code.code().to_owned(),
            code_zh: code.chinese().to_owned(),
            ended: line.state.is_final(),
            refused: refused(line.state).map(|refused| Refused {
                right_center: line.right_center.map(|center| center.to_string()),
                ..refused
            }),
            since: line.since.to_string(),
            due: line.due.map(|due| due.to_string()),
            reminded: line.reminded.map(|at| at.to_string()),
            task: line.task.as_ref().map(|task| Task {
                reason: task.reason.word().to_owned(),
                role: task.role.word().to_owned(),
                due: task.due.to_string(),
                first: task.first.as_ref().map(|first| first.operator.to_string()),
                first_decision: task.first.as_ref().map(|first| first.decision.word().to_owned()),
            }),
        }
    }
}

/// The channel of a transfer of this network, for programs.
const FUNDLINK: &str = "fundlink";

const fn side(side: Side) -> &'static str {
    match side {
        Side::Out => "out",
        Side::In => "in",
    }
}

/// A transfer in full, for an operator of the center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// What a listing says.
    #[serde(flatten)]
    pub line: Line,
    /// The applicant.
    pub person: Person,
    /// The account over there (outgoing: here).
    pub account: PrivateText,
    /// The account that is credited, on the transfer-in side.
    pub credited_account: Option<PrivateText>,
    /// The latest sheet.
    pub sheet: Option<Sheet>,
    /// Where the money is to go; another channel knows that itself.
    pub receiving: Option<Special>,
    /// What is registered, when another channel carries it.
    pub registered: Option<Registered>,
    /// The transfer whose letter this one's was written anew for, under the next number.
    pub replaces: Option<String>,
    /// The transfer that goes on instead, because the number of this letter was taken.
    pub replaced_by: Option<Replacement>,
    /// Attempts to pay.
    pub attempts: u32,
    /// The movements of money under the letter.
    pub lines: Vec<Movement>,
    /// The hashes of all statements of both sides, in order.
    pub statements: Vec<String>,
    /// The states that it went through.
    pub history: Vec<Change>,
    /// How the transfer-out center found the person: `exact`, `folded` or `confirmed`.
    #[serde(default)]
    pub identity: Option<String>,
    /// Once credited: the months of this city and of those before it, together.
    #[serde(default)]
    pub months: Option<MonthsTogether>,
    /// Words with a refusal.
    #[serde(default)]
    pub remark: Option<String>,
    /// With R14 for a number that was used: the letter that used it.
    #[serde(default)]
    pub older: Option<String>,
    /// What persons here have decided, in order.
    #[serde(default)]
    pub decisions: Vec<DecisionTaken>,
    /// How the center that took the other side over has finished it.
    #[serde(default)]
    pub successor_said: Option<SuccessorSaid>,
}

/// Months over several cities, each counted once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthsTogether {
    /// All months that were paid.
    pub total: u32,
    /// Those without a break up to the last paid one, over tolerated gaps.
    pub streak: u32,
    /// Months that are missing between two cities, and tolerated.
    pub tolerated: Vec<String>,
    /// Months that two cities both claim: each counts once, and a person should look.
    pub overlap: Vec<String>,
}

impl From<&CombinedHistory> for MonthsTogether {
    fn from(combined: &CombinedHistory) -> Self {
        let texts = |months: &MonthSet| months.months().map(|month| month.to_string()).collect();
        Self {
            total: combined.history.total(),
            streak: combined.streak,
            tolerated: texts(&combined.tolerated),
            overlap: texts(&combined.overlap),
        }
    }
}

/// What a person here has decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionTaken {
    /// When.
    pub at: String,
    /// Who.
    pub operator: String,
    /// What, as a stable word.
    pub decision: String,
    /// BLAKE3 of the scan that was looked at.
    pub scan: Option<String>,
    /// Whether the document number in the record was corrected to its present form.
    pub corrected: bool,
    /// What names its leaf in the audit log.
    pub audit: String,
}

impl From<&TakenDecision> for DecisionTaken {
    fn from(taken: &TakenDecision) -> Self {
        let scan = match &taken.decision {
            transfer_command::Decision::Accept(scan) => scan.map(|scan| scan.to_string()),
            transfer_command::Decision::Approve
            | transfer_command::Decision::Refuse(..)
            | transfer_command::Decision::Settle(_)
            | transfer_command::Decision::SendSheet
            | transfer_command::Decision::PayAgain
            | transfer_command::Decision::Renew(_)
            | transfer_command::Decision::Restore
            | transfer_command::Decision::Correct(_)
            | transfer_command::Decision::SendBack(_)
            | transfer_command::Decision::Wait
            | transfer_command::Decision::Close => None,
        };
        Self {
            at: taken.at.to_string(),
            operator: taken.operator.to_string(),
            decision: taken.decision.word().to_owned(),
            scan,
            corrected: taken.corrected.is_some(),
            audit: taken.hash().to_string(),
        }
    }
}

/// The stable word for how a person was found.
const fn identity_word(identity: IdentityMatch) -> &'static str {
    match identity {
        IdentityMatch::Exact => "exact",
        IdentityMatch::Folded => "folded",
        IdentityMatch::Confirmed => "confirmed",
    }
}

/// What a sheet says of money.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Which revision.
    pub revision: u32,
    /// 本金, in yuan.
    pub principal: String,
    /// 利息, in yuan.
    pub interest: String,
    /// 转移金额, in yuan.
    pub amount: String,
    /// The day to which interest was settled.
    pub value_date: String,
}

impl core::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Sheet({}, {})", self.revision, self.value_date)
    }
}

/// A movement of money, as the bank reported it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// The bank's reference.
    pub reference: String,
    /// `out` of the own special account or `in`.
    pub direction: String,
    /// How much, in yuan.
    pub amount: String,
    /// The booking day.
    pub booked_on: String,
}

impl core::fmt::Debug for Movement {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Movement({}, {})", self.direction, self.booked_on)
    }
}

/// A state that was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: String,
    /// Its name.
    pub state: String,
}

impl From<&TransferView> for Transfer {
    fn from(view: &TransferView) -> Self {
        let private = |text: &str| PrivateText(text.to_owned());
        let said = view.refusal.as_ref();
        Self {
            line: (&view.line).into(),
            person: (&view.person).into(),
            account: private(view.account.as_str()),
            credited_account: view
                .credited_account
                .as_ref()
                .map(|account| private(account.as_str())),
            sheet: view.sheet.as_ref().map(Sheet::from),
            receiving: view.receiving.as_ref().map(Into::into),
            registered: view.registered.as_ref().map(Into::into),
            replaces: view.replaces.map(|transfer| transfer.to_string()),
            replaced_by: view.replaced_by.map(|link| Replacement {
                transfer: link.transfer.to_string(),
                number: link.number.to_string(),
            }),
            attempts: view.attempts,
            lines: view
                .lines
                .iter()
                .map(|line| Movement {
                    reference: line.reference.0.to_string(),
                    direction: match line.direction {
                        Direction::Debit => "out".to_owned(),
                        Direction::Credit => "in".to_owned(),
                    },
                    amount: line.amount.to_string(),
                    booked_on: line.booked_on.to_string(),
                })
                .collect(),
            statements: view.statements.iter().map(ToString::to_string).collect(),
            history: view
                .history
                .iter()
                .map(|change| Change { at: change.at.to_string(), state: change.state.clone() })
                .collect(),
            months: view.months.as_ref().map(MonthsTogether::from),
            identity: view.identity.map(|identity| identity_word(identity).to_owned()),
            remark: said.and_then(|said| said.remark.as_ref()).map(|words| words.0.to_string()),
            older: said.and_then(|said| said.older).map(|older| older.to_string()),
            decisions: view.decisions.iter().map(DecisionTaken::from).collect(),
            successor_said: view.successor_said.as_ref().map(SuccessorSaid::from),
        }
    }
}

impl From<&SheetView> for Sheet {
    fn from(sheet: &SheetView) -> Self {
        let amount = sheet.principal.checked_add(sheet.interest);
        Self {
            revision: sheet.revision,
            principal: sheet.principal.to_string(),
            interest: sheet.interest.to_string(),
            // A sheet whose sum does not fit is refused before it is stored.
            amount: amount.unwrap_or(Fen::MAX).to_string(),
            value_date: sheet.value_date.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
