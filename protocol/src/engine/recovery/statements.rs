//! Statements from or to this center that members have kept, back into this store.
//!
//! **Promises.** Only statements that verify by a key that the roster lists, of this center or of the
//! member that gives them, are taken. Those of a transfer wait until their turn comes. Members are asked
//! again once what was on its way has arrived.
//! **Left to others.** Their turn: `replay`.

use minicbor::{Decode, Encode};

use super::super::audit;
use super::super::audit::CorrespondencePlace;
use super::super::certificates;
use super::super::output::Event;
use super::super::queries;
use super::super::rosters;
use super::super::round::Round;
use super::super::single;
use super::super::synchronization::{self, About, SyncReply, SyncRequest};
use super::super::timer::{self, Timer};
use super::super::transfers;
use super::recalled::{self, Whose};
use super::{lapse, pulled_all};
use crate::answer::Outcome;
use crate::center::CenterCode;
use crate::cose::{Received, Verified};
use crate::id::TransferId;
use crate::key::KeyPurpose;
use crate::limits::CLOCK_SKEW_MS;
use crate::refusal::Refusal;
use crate::statement::transfer::TransferStep;
use crate::statement::{Statement, StatementKind};
use crate::store::keys::{Area, key};
use crate::store::{StoreError, View};
use crate::time::Timestamp;

/// How far the statements of each member are here; there is none when nothing was ever lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::engine) struct Pages {
    #[n(1)]
    pages: Vec<Page>,
    /// Every member has given what it had.
    #[n(2)]
    is_over: bool,
}

/// How far the statements that a member has kept are here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Page {
    #[n(1)]
    member: CenterCode,
    #[n(2)]
    after: Option<CorrespondencePlace>,
    #[n(3)]
    is_done: bool,
    #[n(4)]
    token: Option<u64>,
    /// When it was asked for what came after the pages before.
    #[n(5)]
    since: Timestamp,
}

impl Pages {
    fn of(&mut self, member: CenterCode) -> Option<&mut Page> {
        self.pages.iter_mut().find(|page| page.member == member)
    }
}

const PAGES: &[u8] = b"statements-given-back";

fn pages(view: &dyn View) -> Result<Option<Pages>, StoreError> {
    single::read::<Option<Pages>>(view, PAGES).map(Option::flatten)
}

/// From now on every member is asked.
pub(super) fn begin(view: &mut dyn View) {
    single::write(view, PAGES, &Some(Pages::default()));
}

/// Milliseconds in which what this center said just before its store forgot it may still reach a member.
const ON_ITS_WAY_MS: i64 = 10_000;

/// Until when members are asked too early to have all that was said to them.
fn settles_at(view: &dyn View) -> Result<Option<Timestamp>, StoreError> {
    Ok(lapse::read(view)?.map(|lapse| lapse.at.plus_ms(ON_ITS_WAY_MS)))
}

/// The members whose statements are not all here.
pub(super) fn missing(round: &Round<'_>) -> Result<Vec<CenterCode>, StoreError> {
    let Some(mut held) = pages(round.view)? else { return Ok(Vec::new()) };
    let mut members = super::others(round);
    // Who joins later has kept nothing that was lost.
    let is_over = held.is_over;
    let settles_at = settles_at(round.view)?;
    let is_here = |page: &mut Page| {
        page.is_done && settles_at.is_none_or(|settles_at| page.since >= settles_at)
    };
    members.retain(|member| held.of(*member).map_or(!is_over, |page| !is_here(page)));
    Ok(members)
}

/// Asks all members whose statements are not here.
pub(super) fn ask_all(round: &mut Round<'_>) -> Result<(), StoreError> {
    for member in missing(round)? {
        ask_member(round, member)?;
    }
    Ok(())
}

/// Asks a member for what comes next, unless a request is on its way. One that was away while the node
/// went on without it is asked as well.
pub(super) fn ask_member(round: &mut Round<'_>, member: CenterCode) -> Result<(), StoreError> {
    let Some(mut held) = pages(round.view)? else { return Ok(()) };
    if !super::others(round).contains(&member) {
        return Ok(());
    }
    if held.of(member).is_none() && !held.is_over {
        let since = round.now;
        held.pages.push(Page { member, after: None, is_done: false, token: None, since });
    }
    let settles_at = settles_at(round.view)?;
    let Some(page) = held.of(member) else { return Ok(()) };
    if page.is_done
        && settles_at.is_some_and(|settles_at| page.since < settles_at && settles_at <= round.now)
    {
        page.is_done = false;
        page.since = round.now;
    }
    let waits = match page.token {
        Some(token) => synchronization::is_open(round, token)?,
        None => false,
    };
    if page.is_done || waits {
        return Ok(());
    }
    let request = SyncRequest::Statements(page.after);
    page.token = Some(synchronization::ask(round, member, About::Statements, &request)?);
    single::write(round.view, PAGES, &Some(held));
    Ok(())
}

/// A member answers, at a time, what this store does not know: it may have been on its way when the store
/// forgot it, and have come to the member after that gave its pages. Whether the member was asked since,
/// and the answer must wait.
pub(in crate::engine) fn asks_again(
    round: &mut Round<'_>,
    member: CenterCode,
    answered_at: Timestamp,
) -> Result<bool, StoreError> {
    if !super::others(round).contains(&member) {
        return Ok(false);
    }
    let Some(mut held) = pages(round.view)? else { return Ok(false) };
    let Some(page) = held.of(member) else { return Ok(false) };
    if page.is_done {
        // By both clocks it had whatever it answers when it was asked, and has given it.
        if page.since.ms_since(answered_at) > 2 * CLOCK_SKEW_MS {
            return Ok(false);
        }
        page.is_done = false;
        page.since = round.now;
        single::write(round.view, PAGES, &Some(held));
    }
    ask_member(round, member)?;
    Ok(true)
}

/// Takes a page in, and asks for the next.
pub(in crate::engine) fn on_reply(
    round: &mut Round<'_>,
    from: CenterCode,
    reply: SyncReply,
) -> Result<(), StoreError> {
    let Some(mut held) = pages(round.view)? else { return Ok(()) };
    let Some(page) = held.of(from) else { return Ok(()) };
    page.token = None;
    let SyncReply::Statements(statements, last) = reply else {
        single::write(round.view, PAGES, &Some(held));
        return Ok(());
    };
    let mut is_understood = true;
    for bytes in statements {
        is_understood &= take(round, from, bytes.to_vec())?;
    }
    if !is_understood {
        // A key of it may be in a roster that this store has forgotten: the page is asked for again.
        single::write(round.view, PAGES, &Some(held));
        return rosters::fetch(round, from);
    }
    page.is_done = last.is_none();
    page.after = last.or(page.after);
    single::write(round.view, PAGES, &Some(held));
    if last.is_some() {
        return ask_member(round, from);
    }
    if missing(round)?.is_empty()
        && let Some(held) = pages(round.view)?
    {
        single::write(round.view, PAGES, &Some(Pages { is_over: true, ..held }));
    }
    timer::set(round.view, round.now, Timer::Recall)?;
    pulled_all(round)
}

/// Takes a statement in, or refuses it; `false` when no roster that is here lists its key.
fn take(round: &mut Round<'_>, from: CenterCode, bytes: Vec<u8>) -> Result<bool, StoreError> {
    let refusal = match verify(round, bytes) {
        Ok(statement) if is_between(round, from, statement.statement()) => {
            if round.statement(statement.hash())?.is_none() {
                file(round, &statement)?;
            }
            return Ok(true);
        }
        Ok(_) => Refusal::Addressee,
        Err(refusal) => refusal,
    };
    round.event(Event::Refused { from, refusal });
    Ok(refusal != Refusal::KeyUnknown)
}

/// Checks a statement by a key that the roster lists, whether or not it is in force today: it counted
/// when it was said.
pub(super) fn verify(round: &Round<'_>, bytes: Vec<u8>) -> Result<Verified, Refusal> {
    let received = Received::parse(bytes)?;
    let key_id = received.key();
    for member in &round.roster.members {
        let is_open = member.revocation.is_none_or(|revocation| !revocation.compromised);
        let mut keys = member.keys.iter().filter(|key| key.purpose == KeyPurpose::Statement);
        if let Some(key) = keys.find(|key| key.public.id() == key_id) {
            if !is_open {
                return Err(Refusal::KeyEnded);
            }
            let network = round.settings.network.as_str();
            return received.verify_by(member.code, &key.public, network);
        }
    }
    Err(Refusal::KeyUnknown)
}

/// Whether a statement is one of this center and that member.
fn is_between(round: &Round<'_>, member: CenterCode, statement: &Statement) -> bool {
    let own = round.center();
    let parties = (statement.from(), statement.to());
    parties == (own, Some(member)) || parties == (member, Some(own))
}

/// Puts a statement where its turn will come, or keeps it where none does.
fn file(round: &mut Round<'_>, statement: &Verified) -> Result<(), StoreError> {
    let (said, bytes) = (statement.statement(), statement.bytes());
    let own = said.from() == round.center();
    let whose = if own { Whose::Ours } else { Whose::Theirs };
    if let Statement::Letter(_) = said {
        let transfer = TransferId::new(*statement.hash().as_bytes());
        recalled::put(round.view, (transfer, whose, 1), bytes);
        return Ok(());
    }
    if let Some(step) = TransferStep::of(said) {
        let step = step.step();
        recalled::put(round.view, (step.transfer(), whose, step.step()), bytes);
        return Ok(());
    }
    if !own && !matches!(said.kind(), StatementKind::Query | StatementKind::Answer) {
        let name = TransferId::new(*statement.hash().as_bytes());
        recalled::put(round.view, (name, Whose::Single, 0), bytes);
        return Ok(());
    }
    keep(round, statement)
}

/// Keeps a statement that nothing follows from any more, with its leaf.
pub(super) fn keep(round: &mut Round<'_>, statement: &Verified) -> Result<(), StoreError> {
    let hash = statement.hash();
    round.view.put(key(Area::Statement, &[hash.as_bytes()]), statement.bytes().to_vec());
    if statement.statement().kind().is_audited() {
        audit::audit(round, hash, statement.bytes())?;
    }
    if let Statement::CertificateRevocation(revocation) = statement.statement()
        && revocation.from == round.center()
    {
        certificates::lost::take_back_revocation(round, revocation)?;
    }
    if let Statement::Answer(answer) = statement.statement() {
        let question = answer.question;
        if statement.statement().from() == round.center() {
            let place = key(Area::Reply, &[question.as_bytes()]);
            round.view.put(place, hash.as_bytes().to_vec());
            let given = queries::given(&answer.body).map_or(&[][..], |given| &given.outcomes);
            for outcome in given {
                if let Outcome::Found(found) = outcome
                    && let Some(issued) = &found.certificate
                {
                    certificates::lost::take_back(round, &issued.certificate)?;
                }
            }
        }
        if let Some(asked) = round.statement(question)?
            && let Statement::Query(query) = transfers::read_statement(asked)?
            && statement.statement().from() == round.center()
        {
            super::super::accesses::note(round, &query, question, &answer.body);
        }
    }
    Ok(())
}
