//! What is answered to questions between centers.
//!
//! **Promises.** An answer goes to the member that asked, which is active, and is about the persons of
//! its question alone; where a transfer stands only its other center learns. It holds no group of facts
//! that the purpose does not open: the table is written anew here, by the document that fixes it.

use fundlink_protocol::answer::{Found, Outcome};
use fundlink_protocol::cbor;
use fundlink_protocol::center::CenterCode;
use fundlink_protocol::cose::{self, Received};
use fundlink_protocol::dossier::{Dossier, RowState};
use fundlink_protocol::purpose::Purpose;
use fundlink_protocol::roster::MemberStatus;
use fundlink_protocol::statement::Statement;
use fundlink_protocol::statement::query::{Answer, AnswerBody, GivenFacts, Query};
use fundlink_protocol::store::keys::{Area, key};
use fundlink_protocol::store::{Staged, Store as _, View as _, prefix_end};

use super::super::world::Node;
use super::{Auditor, Broken, read, require};

/// Groups of facts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Standing,
    Months,
    Balance,
    Number,
    OpenLoans,
    Loans,
    Certificate,
    Transfer,
    Accesses,
    Payouts,
}

/// What a purpose opens.
const fn opened(purpose: Purpose) -> &'static [Group] {
    use Group::{
        Accesses, Balance, Certificate, Loans, Months, Number, OpenLoans, Payouts, Standing,
        Transfer,
    };
    match purpose {
        Purpose::DuplicateAccount => &[Standing],
        Purpose::LoanApplication | Purpose::LoanPayout => {
            &[Standing, Months, Balance, OpenLoans, Loans]
        }
        Purpose::Certificate => &[Standing, Months, Balance, Number, OpenLoans, Loans, Certificate],
        Purpose::Transfer => &[Standing, Months, Balance, Number, OpenLoans, Loans, Transfer],
        Purpose::Withdrawal => &[Standing, Months, OpenLoans, Payouts],
        Purpose::DataSubject => &[Accesses],
        Purpose::Judicial | Purpose::Supervision => &[],
    }
}

impl Auditor {
    /// A clerk of a center has a person before them, and asks.
    pub(in super::super) fn asks(&mut self, center: CenterCode, person: u32) {
        self.people.asks(center, person);
    }

    /// Before an answer leaves a center; whether it holds facts.
    pub(in super::super) fn answers_query(
        &mut self,
        node: &Node,
        (center, peer): (CenterCode, CenterCode),
        bytes: &[u8],
    ) -> bool {
        let said = Received::parse(bytes.to_vec()).ok().and_then(|said| said.read_again().ok());
        let Some(Statement::Answer(answer)) = said else {
            let what = format!("{center} answers a question with something else");
            self.answers.contradicts(Broken::new(what));
            return false;
        };
        let is_settled = !self.between_rosters.contains(&center);
        let done = check((node, is_settled), (center, peer), &answer)
            .and_then(|query| self.people.check_answer(center, (&query, bytes)))
            .and_then(|()| self.check_party((center, peer), &answer));
        if let Err(broken) = done {
            self.answers.contradicts(broken);
        }
        let is_given = matches!(answer.body, AnswerBody::Given(_));
        if is_given && !self.forgiven.contains(&center) {
            let hash = cose::payload_hash(&cbor::encode(&*answer));
            self.answers.told(center, (answer.question, hash));
        }
        is_given
    }
}

impl Auditor {
    /// Where a transfer stands only its other center is told.
    fn check_party(
        &self,
        (center, peer): (CenterCode, CenterCode),
        answer: &Answer,
    ) -> Result<(), Broken> {
        let AnswerBody::Given(given) = &answer.body else { return Ok(()) };
        for outcome in &given.outcomes {
            let Outcome::Found(found) = outcome else { continue };
            let Some(facts) = &found.transfer else { continue };
            let case = self.case(center, facts.transfer);
            let is_party = case.is_some_and(|(_, case)| case.other(center) == peer);
            require(is_party || self.forgiven.contains(&center), || {
                format!("{center} tells {peer} where a transfer of others stands")
            })?;
        }
        Ok(())
    }
}

/// Whether an answer is one to its question, for whoever asked; gives the question. Whether the asker is
/// active is judged where one roster was in force all the time.
fn check(
    (node, is_settled): (&Node, bool),
    (center, peer): (CenterCode, CenterCode),
    answer: &Answer,
) -> Result<Query, Broken> {
    let view = Staged::new(node.disk());
    let place = key(Area::Statement, &[answer.question.as_bytes()]);
    let question = view.get(&place)?.and_then(|bytes| Received::parse(bytes).ok());
    let Some(Statement::Query(query)) = question.and_then(|said| said.read_again().ok()) else {
        return Err(Broken::new(format!("{center} answers a question that it does not keep")));
    };
    let is_theirs = (query.to, query.from, answer.to) == (center, peer, peer);
    require(is_theirs && query.id == answer.id, || {
        format!("{center} tells {peer} what {} has asked", query.from)
    })?;
    if let AnswerBody::Given(given) = &answer.body {
        let roster = node.engine.as_ref().map(|engine| engine.roster());
        let member = roster.and_then(|roster| roster.member(peer));
        let is_active = member.is_some_and(|member| member.status == MemberStatus::Active);
        require(is_active || !is_settled, || {
            format!("{center} answers {peer}, which is no active member")
        })?;
        check_given(center, &query, given)?;
    }
    Ok(*query)
}

fn check_given(center: CenterCode, query: &Query, given: &GivenFacts) -> Result<(), Broken> {
    let mut shown = Vec::new();
    if given.payouts.is_some() {
        shown.push(Group::Payouts);
    }
    for outcome in &given.outcomes {
        match outcome {
            Outcome::Found(found) => shown.extend(groups_of(found)),
            Outcome::NoRecord { .. } | Outcome::Unresolved(_) | Outcome::Refused(_) => {}
        }
    }
    let opened = opened(query.purpose);
    let is_open = shown.iter().all(|group| opened.contains(group));
    require(is_open && given.outcomes.len() == query.subjects.len(), || {
        let (code, kind) = (query.purpose.code(), query.kind.name());
        format!("{center} answers more to {} than {code} opens ({kind})", query.from)
    })
}

/// The groups of facts that stand in what was found of one person.
fn groups_of(found: &Found) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut shows = |group, is_there: bool| {
        if is_there {
            groups.push(group);
        }
    };
    for account in found.accounts.iter().flatten() {
        shows(Group::Standing, true);
        shows(Group::Months, account.months.is_some());
        shows(Group::Balance, account.balance.is_some());
        shows(Group::Number, account.number.is_some());
        shows(Group::Loans, account.fraud.is_some());
        shows(Group::OpenLoans, account.off_site.is_some());
    }
    if let Some(loans) = &found.loans {
        shows(Group::OpenLoans, true);
        shows(Group::Loans, loans.loans.is_some() || loans.carried.is_some());
    }
    shows(Group::Certificate, found.certificate.is_some());
    shows(Group::Transfer, found.transfer.is_some());
    shows(Group::Accesses, found.accesses.is_some());
    groups
}

/// Once everything rests, every dossier has ended.
pub(super) fn check_ended(node: &Node, center: CenterCode) -> Result<(), Broken> {
    let prefix = key(Area::Dossier, &[]);
    for (_, bytes) in node.disk().range(&prefix, &prefix_end(&prefix), usize::MAX)? {
        let dossier: Dossier = read("a dossier", &bytes)?;
        let waits = dossier.rows.iter().any(|row| row.state == RowState::Waiting);
        require(dossier.finished.is_some() && !waits, || {
            format!("{center} still waits for answers of the dossier {}", dossier.id)
        })?;
    }
    Ok(())
}
