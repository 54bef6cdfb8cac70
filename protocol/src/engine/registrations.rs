//! Transfers that another channel carries: letters of the national platform and on paper (登记).
//!
//! A center registers what it does there, so that nobody moves the same account twice, and publishes
//! what moved, so that both cities and the authority see the two sides. Nothing is sent to the other
//! center: its own registration has the same transfer id, and with it the same reference tag.
//!
//! **Promises.** A letter number is one transfer's over all channels; an account, and a person, is in
//! transfer once over all channels. A refused registration changes nothing.
//! **Left to others.** States and ids: `transfer::registered`, `transfer::channel`. What a letter of
//! this network is told: `transfer::rules`.

use core::fmt;

use minicbor::{Decode, Encode};

use super::modes::require_role;
use super::operator::{OperatorId, OperatorRole};
use super::output::Event;
use super::records;
use super::round::{Round, Stop};
use super::timer::{self, Timer};
use super::transfer_case::today;
use super::transfer_steps::{
    PublishedStep, Steps, WaitingDigest, publish_again_at, publish_steps, wait_again,
};
use super::transfers::{Side, find_number, put_number};
use super::transfers_in::letters::person_key;
use crate::account::AccountNumber;
use crate::cbor;
use crate::center::CenterCode;
use crate::commitment::{CommitmentDomain, commit};
use crate::id::{Blinding, Bytes, TransferId};
use crate::letter_number::LetterNumber;
use crate::limits::REGISTERED_STEPS_MAX;
use crate::person_match::PersonMatch;
use crate::record::Person;
use crate::refusal::Refusal;
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::{Date, Timestamp};
use crate::transfer::channel::Channel;
use crate::transfer::registered::{RegisteredAmounts, RegisteredRecord, RegisteredState};

pub(super) mod holds;
pub(super) mod matching;

pub use matching::Counterpart;

/// What a clerk registers.
#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    /// Who enters it.
    pub operator: OperatorId,
    /// Which side of it this center is on.
    pub side: Side,
    /// The channel.
    pub channel: Channel,
    /// 联系函编号: it begins with the code of the transfer-in center.
    pub number: LetterNumber,
    /// The other center; it need not be a member of this network.
    pub other: CenterCode,
    /// The person.
    pub person: Person,
    /// The account at the transfer-out center.
    pub account: AccountNumber,
    /// How far it has gone.
    pub step: Step,
}

/// A step of a registered transfer, as a clerk enters it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The state that is reached.
    pub state: RegisteredState,
    /// The business date; today when absent.
    pub on: Option<Date>,
    /// What moved.
    pub amounts: Option<RegisteredAmounts>,
}

impl fmt::Debug for Registration {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registration({}, {})", self.number, self.step.state.name())
    }
}

/// A registered transfer.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Registered {
    /// The transfer: BLAKE3 of channel and letter number.
    #[n(1)]
    pub id: TransferId,
    /// The side of this center.
    #[n(2)]
    pub side: Side,
    /// The channel.
    #[n(3)]
    pub channel: Channel,
    /// The letter.
    #[n(4)]
    pub number: LetterNumber,
    /// The other center.
    #[n(5)]
    pub other: CenterCode,
    /// The person.
    #[n(6)]
    pub person: Person,
    /// The account at the transfer-out center.
    #[n(7)]
    pub account: AccountNumber,
    /// What moves, once it is known.
    #[n(8)]
    pub amounts: Option<RegisteredAmounts>,
    /// Where it stands.
    #[n(9)]
    pub state: RegisteredState,
    /// The steps, in their order; the first one is the registration.
    #[n(10)]
    pub steps: Vec<EnteredStep>,
    /// The last digest in the own log.
    #[n(11)]
    pub published: Option<PublishedStep>,
    /// Digests that wait for the tag key.
    #[n(12)]
    pub unpublished: Vec<WaitingDigest>,
    /// What opens each digest.
    #[n(13)]
    pub openings: Vec<RecordOpening>,
}

/// A step that was entered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnteredStep {
    /// When it was entered.
    #[n(1)]
    pub at: Timestamp,
    /// Who entered it.
    #[n(2)]
    pub operator: OperatorId,
    /// What was reached.
    #[n(3)]
    pub state: RegisteredState,
    /// The business date.
    #[n(4)]
    pub on: Date,
}

/// A record with what opens the commitment to it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecordOpening {
    /// The encoded record.
    #[n(1)]
    pub record: Bytes,
    /// The blinding, fresh for each digest.
    #[n(2)]
    pub blinding: Blinding,
}

impl fmt::Debug for RecordOpening {
    /// Without the record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordOpening(..)")
    }
}

impl fmt::Debug for Registered {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registered({}, {})", self.number, self.state.name())
    }
}

impl Registered {
    /// The transfer-out center.
    #[must_use]
    pub const fn out_center(&self, own: CenterCode) -> CenterCode {
        match self.side {
            Side::Out => own,
            Side::In => self.other,
        }
    }

    /// The business date of the last step.
    #[must_use]
    pub fn since(&self) -> Option<Date> {
        self.steps.last().map(|step| step.on)
    }

    fn same_as(&self, wanted: &Registration) -> bool {
        self.side == wanted.side
            && self.other == wanted.other
            && self.person == wanted.person
            && self.account == wanted.account
    }
}

/// A registered transfer, if it is here.
///
/// # Errors
/// When the store cannot be read.
pub fn load(view: &dyn View, transfer: TransferId) -> Result<Option<Registered>, StoreError> {
    let bytes = view.get(&key(Area::Registered, &[transfer.as_bytes()]))?;
    bytes.map(|bytes| cbor::decode_stored("registered transfers", &bytes)).transpose()
}

/// Registers a transfer, and takes it as far as it has gone. The same registration again changes
/// nothing.
pub(super) fn register(round: &mut Round<'_>, wanted: &Registration) -> Result<Registered, Stop> {
    require_role(round, &wanted.operator, OperatorRole::Clerk)?;
    check_parties(round, wanted)?;
    let way = wanted.step.state.way(wanted.side).ok_or_else(|| {
        let why = "a transfer is paid where it goes out and credited where it comes in";
        Stop::explained(Refusal::Argument, why)
    })?;
    let id = wanted.channel.transfer_id(wanted.number);
    if let Some(known) = load(round.view, id)? {
        return same_again(known, wanted);
    }
    if let Some((older, _)) = find_number(round.view, wanted.number)? {
        let why = format!("the letter number is that of transfer {older}; show that one");
        return Err(Stop::explained(Refusal::IdReused, &why));
    }
    let on = business_date(round, wanted.step.on, None)?;
    let mut registered = Registered {
        id,
        side: wanted.side,
        channel: wanted.channel,
        number: wanted.number,
        other: wanted.other,
        person: wanted.person.clone(),
        account: wanted.account.clone(),
        amounts: None,
        state: RegisteredState::Registered,
        steps: Vec::new(),
        published: None,
        unpublished: Vec::new(),
        openings: Vec::new(),
    };
    holds::check(round, &registered)?;
    enter(round, &mut registered, &wanted.operator, on);
    take_amounts(&mut registered, wanted.step.amounts)?;
    for state in way {
        let step = Step { state: *state, on: Some(on), amounts: None };
        go_on(round, &mut registered, (&wanted.operator, step))?;
    }
    put_number(round.view, registered.number, id);
    save(round, &mut registered)?;
    Ok(registered)
}

/// Takes a registered transfer one step on.
pub(super) fn advance(
    round: &mut Round<'_>,
    operator: &OperatorId,
    transfer: TransferId,
    step: Step,
) -> Result<Registered, Stop> {
    require_role(round, operator, OperatorRole::Clerk)?;
    let mut registered = load(round.view, transfer)?.ok_or_else(|| {
        let why = "no such transfer is registered here; one of this network goes on by itself";
        Stop::explained(Refusal::NotFound, why)
    })?;
    let same_date = step.on.is_none() || step.on == registered.since();
    let same_amounts = step.amounts.is_none() || step.amounts == registered.amounts;
    if registered.state == step.state && same_date && same_amounts {
        return Ok(registered);
    }
    go_on(round, &mut registered, (operator, step))?;
    save(round, &mut registered)?;
    Ok(registered)
}

/// Publishes the last step again where its leaf lies past the end of its log.
pub(super) fn publish_past_end(
    round: &mut Round<'_>,
    transfer: TransferId,
) -> Result<(), StoreError> {
    let Some(mut registered) = load(round.view, transfer)? else { return Ok(()) };
    let last = registered.published;
    if wait_again(round, (last, &mut registered.unpublished))? {
        save(round, &mut registered)?;
    }
    Ok(())
}

/// Tries again to publish what waited for the tag key.
pub(super) fn on_timer(round: &mut Round<'_>, transfer: TransferId) -> Result<(), StoreError> {
    match load(round.view, transfer)? {
        Some(mut registered) => save(round, &mut registered),
        None => Ok(()),
    }
}

fn go_on(
    round: &mut Round<'_>,
    registered: &mut Registered,
    (operator, step): (&OperatorId, Step),
) -> Result<(), Stop> {
    if !registered.state.may_become(registered.side, step.state) {
        let (from, to) = (registered.state.name(), step.state.name());
        let why = format!("a registered transfer does not go from {from} to {to} at this side");
        return Err(Stop::explained(Refusal::WrongState, &why));
    }
    if registered.steps.len() >= REGISTERED_STEPS_MAX {
        return Err(Stop::explained(Refusal::WrongState, "the transfer has had too many steps"));
    }
    let on = business_date(round, step.on, registered.since())?;
    take_amounts(registered, step.amounts)?;
    if step.state.has_moved() && registered.amounts.is_none() {
        let why = "name principal and interest: money has moved";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    if registered.state == RegisteredState::Reversed {
        // Another transfer may have begun since the money came back.
        holds::check(round, registered)?;
    }
    registered.state = step.state;
    enter(round, registered, operator, on);
    stage_digest(round, registered, on);
    Ok(())
}

/// Notes a step and tells the watchers.
fn enter(round: &mut Round<'_>, registered: &mut Registered, operator: &OperatorId, on: Date) {
    let state = registered.state;
    let operator = operator.clone();
    registered.steps.push(EnteredStep { at: round.now, operator, state, on });
    round.event(Event::Transfer { transfer: registered.id, state: state.name() });
}

/// Commits to what moved, with a fresh blinding.
fn stage_digest(round: &mut Round<'_>, registered: &mut Registered, on: Date) {
    let status = registered.state.digest_status(registered.side);
    let (Some(status), Some(amounts)) = (status, registered.amounts) else { return };
    let own = round.center();
    let (from, to) = match registered.side {
        Side::Out => (own, registered.other),
        Side::In => (registered.other, own),
    };
    let record = cbor::encode(&RegisteredRecord {
        channel: registered.channel,
        number: registered.number,
        from,
        to,
        person: registered.person.clone(),
        account: registered.account.clone(),
        amounts,
        state: registered.state,
        on,
    });
    let blinding = Blinding::new(round.entropy.draw());
    let commitment = commit(CommitmentDomain::Record, &blinding, &record);
    registered.unpublished.push(WaitingDigest { status, commitment, date: on });
    registered.openings.push(RecordOpening { record: record.into(), blinding });
}

/// Stages a registered transfer with what it blocks and what it publishes.
fn save(round: &mut Round<'_>, registered: &mut Registered) -> Result<(), StoreError> {
    // Nobody of this network ever publishes the other side of a transfer with a stranger.
    let is_member = round.roster.member(registered.other).is_some();
    let of = Steps {
        document: &registered.person.document,
        reference: is_member.then_some(registered.id),
        channel: Some(registered.channel),
    };
    let waits = (&mut registered.published, &mut registered.unpublished);
    let is_published = publish_steps(round, of, waits)?;
    let timer = Timer::Transfer(registered.id);
    if is_published {
        timer::clear(round.view, timer)?;
    } else {
        let again = publish_again_at(round)?;
        timer::set(round.view, again, timer)?;
    }
    holds::stage(round, registered)?;
    let place = key(Area::Registered, &[registered.id.as_bytes()]);
    round.view.put(place, cbor::encode(registered));
    Ok(())
}

/// The letter and the centers fit each other, and the account is the person's.
fn check_parties(round: &Round<'_>, wanted: &Registration) -> Result<(), Stop> {
    let own = round.center();
    let writer = match wanted.side {
        Side::Out => wanted.other,
        Side::In => own,
    };
    if wanted.other == own || wanted.number.center() != writer {
        let why = "a letter number begins with the code of the transfer-in center, and the other \
                   center is another one than this";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    if wanted.side == Side::In {
        return Ok(());
    }
    let account = records::account(round.view, &wanted.account)?;
    let Some((account, _)) = account else {
        let why = "this center has no such account; import the records first";
        return Err(Stop::explained(Refusal::NotFound, why));
    };
    match PersonMatch::of(&account.record.person, &wanted.person) {
        Some(_) => Ok(()),
        None => Err(Refusal::NameMismatch.into()),
    }
}

/// What was registered before under this letter: the same again, or something else.
fn same_again(known: Registered, wanted: &Registration) -> Result<Registered, Stop> {
    let step = &wanted.step;
    let same_amounts = step.amounts.is_none() || step.amounts == known.amounts;
    let same_step = known
        .steps
        .iter()
        .any(|entered| entered.state == step.state && step.on.is_none_or(|on| on == entered.on));
    if known.same_as(wanted) && same_amounts && same_step {
        return Ok(known);
    }
    let why = format!(
        "the letter is registered as transfer {} with other content; the first one goes on",
        known.id
    );
    Err(Stop::explained(Refusal::IdReused, &why))
}

/// A date that is neither ahead nor before the step before.
fn business_date(round: &Round<'_>, on: Option<Date>, before: Option<Date>) -> Result<Date, Stop> {
    let today = today(round)?;
    let on = on.unwrap_or(today);
    if on > today || before.is_some_and(|before| on < before) {
        let why = "a date is neither ahead of today nor before that of the last step";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    Ok(on)
}

/// Takes amounts in; they change only where no money has moved under them.
fn take_amounts(
    registered: &mut Registered,
    amounts: Option<RegisteredAmounts>,
) -> Result<(), Stop> {
    let Some(amounts) = amounts else { return Ok(()) };
    if amounts.total().is_none() {
        let why = "principal and interest are not negative, and their sum is an amount";
        return Err(Stop::explained(Refusal::Argument, why));
    }
    let may_change = match registered.state {
        RegisteredState::Registered | RegisteredState::Reversed => true,
        RegisteredState::Paid
        | RegisteredState::Credited
        | RegisteredState::Closed
        | RegisteredState::Withdrawn => registered.amounts == Some(amounts),
    };
    if !may_change {
        let why = "the amounts are other ones than those that have moved";
        return Err(Stop::explained(Refusal::IdReused, why));
    }
    registered.amounts = Some(amounts);
    Ok(())
}
