//! The order of a round, and which handler takes which input.

use super::command::{Command, Reply};
use super::input::{Input, RequestId};
use super::output::{CommandRefusal, Event, Output, PeerReply};
use super::round::{Round, Stop};
use super::timer::{self, Timer};
use super::{
    alerts, bank, certificates, core_orders, cosigning, dossiers, equivocation, evidence,
    follow_up, following, heartbeats, import_findings, imports, incidents, inquiries, lending,
    log_commands, membership, modes, operator, outbox, publication, publishing, quarantine,
    queries, recovery, roster_leaves, rosters, status, synchronization, takeovers, transfer_desk,
    transfers, withdrawals,
};
use crate::center::CenterCode;
use crate::cose::Verified;
use crate::id::PayloadHash;
use crate::limits::ROUND_INPUTS_MAX;
use crate::refusal::Refusal;
use crate::statement::Statement;
use crate::store::StoreError;
use crate::wire::DeliveryReply;

/// Runs one round over the inputs.
pub(super) fn run(round: &mut Round<'_>, inputs: Vec<Input>) -> Result<(), StoreError> {
    let mut inputs = inputs.into_iter().peekable();
    // A node that starts knows first that it may have forgotten something.
    while inputs.next_if(|input| matches!(input, Input::Started)).is_some() {
        on_started(round)?;
    }
    core_orders::execute_staged(round)?;
    for input in inputs {
        handle(round, input)?;
    }
    for timer in timer::take_due(round.view, round.now, ROUND_INPUTS_MAX)? {
        fire(round, timer)?;
    }
    roster_leaves::publish(round)
}

fn handle(round: &mut Round<'_>, input: Input) -> Result<(), StoreError> {
    match input {
        Input::Started => on_started(round),
        Input::Tick => Ok(()),
        Input::Connected { center } => on_connected(round, center),
        Input::Statement { from, request, statement } => {
            on_statement(round, from, request, &statement)
        }
        Input::Answered { from, query, outcome } => {
            dossiers::on_answered(round, from, query, outcome)
        }
        Input::Delivered { to, row, outcome } => match outcome {
            // It may be refused for what this store has forgotten: it is sent again once that is here.
            Ok(DeliveryReply::Refused(_)) if recovery::holds_inputs(round.view)? => Ok(()),
            Ok(DeliveryReply::Refused(Refusal::KeyEnded))
                if membership::sign_again(round, to, row)? =>
            {
                Ok(())
            }
            Ok(DeliveryReply::Committed(_)) => match outbox::remove(round, to, row)? {
                Some(statement) => on_delivered(round, statement, Ok(())),
                None => Ok(()),
            },
            Ok(DeliveryReply::Refused(refusal)) => {
                let Some(statement) = outbox::remove(round, to, row)? else { return Ok(()) };
                round.event(Event::Refused { from: to, refusal });
                on_delivered(round, statement, Err(refusal))
            }
            // The row's timer sends it again.
            Ok(DeliveryReply::Pending(_) | DeliveryReply::Later(_)) | Err(_) => Ok(()),
        },
        Input::Gossip { from, message, statement } => {
            heartbeats::on_gossip(round, from, message, &statement)
        }
        Input::GossipCheckpoint { from, message, checkpoint } => {
            following::on_gossip(round, from, message, &checkpoint)
        }
        Input::SyncRequested { from, request, frame } => {
            synchronization::serve(round, from, request, &frame)
        }
        Input::SyncReplied { from, token, outcome } => {
            synchronization::on_reply(round, from, token, outcome)
        }
        Input::CoreOutcome { order, outcome } => core_orders::on_outcome(round, order, outcome),
        Input::BankReply(reply) => bank::on_reply(round, &reply),
        Input::BankNotices { cursor, notices } => bank::on_notices(round, cursor, &notices),
        Input::RosterRequested { request, frame } => rosters::on_requested(round, request, &frame),
        Input::RosterReplied { frame } => rosters::on_replied(round, &frame),
        Input::Command { request, command } => on_command(round, request, *command),
    }
}

/// Tells whoever said a statement what became of its delivery.
fn on_delivered(
    round: &mut Round<'_>,
    statement: PayloadHash,
    outcome: Result<(), Refusal>,
) -> Result<(), StoreError> {
    certificates::on_delivered(round, statement, outcome)?;
    lending::on_delivered(round, statement, outcome)?;
    transfers::on_delivered(round, statement, outcome)
}

fn on_started(round: &mut Round<'_>) -> Result<(), StoreError> {
    synchronization::forget_all(round.view)?;
    rosters::on_started(round)?;
    lending::on_started(round)?;
    alerts::on_started(round)?;
    recovery::start(round)?;
    publication::schedule(round)?;
    following::resume(round)?;
    core_orders::send_open(round)?;
    heartbeats::beat(round)
}

fn on_connected(round: &mut Round<'_>, center: CenterCode) -> Result<(), StoreError> {
    rosters::on_connected(round, center)?;
    outbox::send_all(round, center)?;
    recovery::on_connected(round, center)?;
    following::on_connected(round, center)?;
    equivocation::show_all(round, center)
}

fn on_statement(
    round: &mut Round<'_>,
    from: CenterCode,
    request: RequestId,
    statement: &Verified,
) -> Result<(), StoreError> {
    if let Statement::Query(query) = statement.statement() {
        return queries::on_query(round, from, request, (statement, query));
    }
    if let Some(reply) = membership::on_statement(round, from, statement)? {
        round.respond(request, PeerReply::Delivery(reply));
        return Ok(());
    }
    let of_the_watch = match incidents::on_statement(round, from, statement)? {
        Some(reply) => Some(reply),
        None => inquiries::on_statement(round, from, statement)?,
    };
    if let Some(reply) = of_the_watch {
        round.respond(request, PeerReply::Delivery(reply));
        return Ok(());
    }
    if let Some(reply) = takeovers::on_statement(round, from, statement)? {
        round.respond(request, PeerReply::Delivery(reply));
        return Ok(());
    }
    if transfers::is_transfer(statement.statement().kind()) {
        return transfers::on_statement(round, from, request, statement);
    }
    if certificates::is_certificate(statement.statement().kind()) {
        return certificates::on_statement(round, from, request, statement);
    }
    if lending::is_lending(statement.statement().kind()) {
        return lending::on_statement(round, from, request, statement);
    }
    let refusal = Refusal::UnknownStatement;
    round.event(Event::Refused { from, refusal });
    round.respond(request, PeerReply::Delivery(DeliveryReply::Refused(refusal)));
    Ok(())
}

fn on_command(
    round: &mut Round<'_>,
    request: RequestId,
    command: Command,
) -> Result<(), StoreError> {
    let done = match command {
        Command::Status => status::status(round).map(Reply::Status),
        Command::Modes => modes::all(round.view).map(Reply::Modes).map_err(Stop::from),
        Command::SetMode { operator, wanted } => {
            modes::set(round, &operator, wanted).map(|()| Reply::Done)
        }
        Command::Ask(wish) => dossiers::ask(round, &wish).map(Reply::Asked),
        Command::Dossier(id) => dossiers::show(round, id).map(Reply::Dossier),
        Command::OperatorMarks => {
            operator::marks(round).map(Reply::OperatorMarks).map_err(Stop::from)
        }
        Command::Evidence(wish) => evidence::collect(round, &wish).map(Reply::Evidence),
        Command::Records => imports::report(round.view)
            .map(|report| Reply::Records(Box::new(report)))
            .map_err(Stop::from),
        Command::ImportBegin(order) => imports::begin(round, &order).map(Reply::ImportStaging),
        Command::ImportRecords(items) => imports::stage(round, &items).map(Reply::ImportStaging),
        Command::ImportCommit => imports::commit(round).map(Reply::ImportCommitted),
        Command::ImportVanished(from) => {
            imports::vanished(round.view, &from).map(Reply::ImportVanished)
        }
        Command::Quarantine(from) => {
            quarantine::rows(round.view, from).map(Reply::Quarantine).map_err(Stop::from)
        }
        Command::ImportAbort => imports::abort(round).map(|()| Reply::Done),
        Command::Log(command) => log_commands::run(round, &command).map(Reply::Log),
        Command::Alerts(command) => alerts::run(round, command).map(Reply::Alerts),
        Command::Net(command) => rosters::command::run(round, command).map(Reply::Net),
        Command::Takeovers(command) => takeovers::run(round, command).map(Reply::Takeovers),
        Command::Transfer(command) => transfer_desk::run(round, *command),
        Command::Certificate(command) => {
            certificates::desk::run(round, command).map(Reply::Certificates)
        }
        Command::Recovery => recovery::standing::standing(round)
            .and_then(|standing| Ok(Reply::Recovery(standing, recovery::overridden(round.view)?)))
            .map_err(Stop::from),
        Command::OverrideRecovery(order) => recovery::run(round, order).map(|()| Reply::Done),
        Command::Lending(command) => lending::desk::run(round, *command).map(Reply::Lending),
        Command::Withdrawal(command) => withdrawals::run(round, &command).map(Reply::Withdrawals),
    };
    let reply = match done {
        Ok(reply) => Ok(Box::new(reply)),
        Err(Stop::Refused(refusal)) => Err(CommandRefusal::from(refusal)),
        Err(Stop::Explained(refusal)) => Err(refusal),
        Err(Stop::Store(error)) => return Err(error),
    };
    round.output(Output::Reply { request, reply });
    Ok(())
}

fn fire(round: &mut Round<'_>, timer: Timer) -> Result<(), StoreError> {
    match timer {
        Timer::Deliver(to, row) => outbox::send_again(round, to, row),
        Timer::Checkpoint => publication::sign_checkpoints(round),
        Timer::Records => publishing::on_timer(round),
        Timer::Roster => rosters::on_timer(round),
        Timer::FetchRoster(center) => rosters::fetch(round, center),
        Timer::Silence(center) => alerts::on_silence(round, center),
        Timer::Pair(reference) => alerts::on_pair(round, reference),
        Timer::Heartbeat => heartbeats::beat(round),
        Timer::Cosign(log) => cosigning::retry(round, log),
        Timer::Follow(log) => following::retry(round, log),
        Timer::Recover => recovery::ask_all(round),
        Timer::Recall => recovery::recall(round),
        Timer::Query(query) => dossiers::on_timer(round, query),
        Timer::AskAgain(query) => dossiers::ask_again(round, query),
        Timer::Transfer(transfer) => transfers::on_timer(round, transfer),
        Timer::Takeover(center) => takeovers::on_timer(round, center),
        Timer::CoreOrders => core_orders::send_open(round),
        Timer::Incidents => incidents::on_timer(round),
        Timer::FollowUp => follow_up::on_timer(round),
        Timer::Findings => import_findings::on_timer(round),
        Timer::Inquiry(alert) => alerts::on_inquiry_due(round, alert),
        Timer::Overlap(tag) => alerts::on_overlap(round, tag),
        Timer::Receipt(log, leaf) => alerts::on_receipt(round, log, leaf),
        Timer::Gap(center) => alerts::on_gap(round, center),
        Timer::Certificate(number) => certificates::on_expiry(round, number),
        Timer::ReceiptDue(number) => certificates::on_reminder(round, number),
        Timer::Lease(intent) => lending::on_timer(round, intent),
        Timer::IntentLapse(intent) => lending::on_lapse(round, intent),
        Timer::Watch => Ok(()),
    }
}
