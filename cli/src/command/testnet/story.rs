//! The tour in plain words, as it happens.
//!
//! **Promises.** On a terminal a line at the foot moves while something takes a while; elsewhere
//! there are only whole lines.
//! **Left to others.** What happens: `fundlink_testnet::tour`.

use std::path::Path;
use std::time::Duration;

use fundlink_testnet::province::City;
use fundlink_testnet::tour::Tour;
use fundlink_testnet::tour::report::{Alerted, Ledgers, Moved, Proofs, Report, Standing, Step};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{seconds, step_name};
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Tells what happens.
#[derive(Debug)]
pub(super) struct Story {
    output: Output,
    /// The line at the foot; hidden where nobody looks.
    foot: ProgressBar,
    ended: Vec<(Step, Duration)>,
}

/// Between two turns of the spinner.
const TURN: Duration = Duration::from_millis(120);

impl Story {
    pub(super) fn new(output: Output) -> Self {
        let foot =
            if output.draws_progress() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        foot.enable_steady_tick(TURN);
        Self { output, foot, ended: Vec::new() }
    }

    /// Says what happened.
    pub(super) fn tell(&mut self, report: &Report) {
        let language = self.output.language;
        match report {
            Report::Began(step) => {
                let number = self.ended.len().saturating_add(1);
                self.say(&format!("\n{number}. {}", step_name(*step, language)));
                self.show_foot("{spinner} {elapsed}", 0, 0);
            }
            Report::Progress(done, all) => {
                self.show_foot("{spinner} {bar:32} {percent:>3} %  {elapsed}", *done, *all);
            }
            Report::Ended(step, took) => {
                self.ended.push((*step, *took));
                self.say(&language.tour_ended(seconds(*took)));
            }
            Report::Written(city, totals) => {
                let (persons, loans) = (totals.persons, totals.loans);
                let city = city_name(*city, language);
                self.say(&language.tour_written(city, persons, loans, totals.balance));
            }
            Report::Formed(places) => {
                for place in places {
                    let name = place.identity.name;
                    self.say(&language.tour_member(name, place.address(), place.health()));
                }
            }
            Report::Imported { city, published } => {
                self.say(&language.tour_imported(city_name(*city, language), published));
            }
            Report::Held(log) => {
                let root = log.root.get(..16).unwrap_or(&log.root);
                self.say(&language.tour_held(&log.log, log.size, format_args!("{root}…")));
            }
            Report::Checked(_) | Report::Issued(_) | Report::LoansKnown { .. } => {
                self.tell_loan_check(report);
            }
            Report::Moved(moved) => self.tell_moved(moved),
            Report::Ledgers(ledgers) => self.tell_ledgers(ledgers),
            Report::Refused(refused) => {
                let text = in_language(language, &refused.text, &refused.text_zh);
                let city = city_name(refused.by, language);
                let line = language.tour_refused(&refused.code, refused.name, city, text);
                self.say_timed(&line, refused.took);
            }
            Report::Alerted(alerted) => self.tell_alert(alerted),
            Report::Verified(verified) => {
                let file = verified.file.display();
                self.say(&language.tour_evidence(file, verified.bytes, verified.parts));
                let line = language.tour_verified(verified.statements, verified.leaves);
                self.say_timed(&line, verified.took);
            }
        }
    }

    fn tell_loan_check(&self, report: &Report) {
        let language = self.output.language;
        match report {
            Report::Checked(checked) => {
                let centers = checked.asked.join(", ");
                self.say_timed(&language.tour_checked(centers), checked.took);
                self.say_proofs(checked.proofs);
                let verdict = &checked.verdict;
                let text = in_language(language, &verdict.text, &verdict.text_zh);
                self.say(&language.tour_verdict(text, &verdict.rule, verdict.months));
            }
            Report::Issued(issued) => {
                let certificate = &issued.certificate;
                let (number, until) = (&certificate.number, &certificate.valid_until);
                let (balance, months) = (&certificate.balance, certificate.months.total);
                let line = language.tour_issued(number, until, balance, months);
                self.say_timed(&line, issued.took);
                self.say_proofs(issued.proofs);
            }
            Report::LoansKnown { used, open, proofs, took } => {
                self.say_timed(&language.tour_loans_known(used, open), *took);
                self.say_proofs(*proofs);
            }
            Report::Began(_)
            | Report::Progress(..)
            | Report::Ended(..)
            | Report::Written(..)
            | Report::Formed(_)
            | Report::Imported { .. }
            | Report::Held(_)
            | Report::Moved(_)
            | Report::Ledgers(_)
            | Report::Refused(_)
            | Report::Alerted(_)
            | Report::Verified(_) => {}
        }
    }

    fn say_proofs(&self, proofs: Proofs) {
        // An answer about nothing proves nothing.
        if proofs != Proofs::default() {
            let Proofs { witnessed, logged, awaited } = proofs;
            self.say(&self.output.language.tour_proofs(witnessed, logged, awaited));
        }
    }

    fn tell_moved(&self, moved: &Moved) {
        let language = self.output.language;
        let from = city_name(moved.before.city, language);
        let to = city_name(moved.arrived_before.city, language);
        self.say_timed(&language.tour_moved(moved.name, from, to, &moved.number), moved.took);
        let (principal, interest) = (moved.principal, moved.interest);
        self.say(&language.tour_moved_amount(principal, interest, moved.amount));
        self.say(&language.tour_moved_states(moved.states.join(" → ")));
        let pairs = [(&moved.before, &moved.after), (&moved.arrived_before, &moved.arrived_after)];
        for (before, after) in pairs {
            let city = city_name(before.city, language);
            self.say(&language.tour_standing(city, status(before), status(after)));
        }
        let arrived = &moved.arrived_after;
        self.say(&language.tour_carried(to, arrived.months, arrived.carried));
    }

    fn tell_alert(&self, alerted: &Alerted) {
        let language = self.output.language;
        let alert = &alerted.alert;
        let pseudonym = alert.subject.get(..16).unwrap_or(&alert.subject);
        let centers = alert.centers.join(", ");
        let line = language.tour_alert(&alert.rule, centers, format_args!("{pseudonym}…"));
        self.say_timed(&line, alerted.took);
        let leaves = alert.evidence.iter();
        let leaves: Vec<String> = leaves.map(ToString::to_string).collect();
        self.say(&language.tour_alert_leaves(leaves.join(", ")));
    }

    fn tell_ledgers(&self, ledgers: &Ledgers) {
        let language = self.output.language;
        self.say(&language.tour_ledgers());
        let right = |title: String| (title, Align::Right);
        let mut table = Table::new([
            (language.tour_city(), Align::Left),
            (language.tour_when(), Align::Left),
            right(language.tour_persons()),
            right(language.tour_suspense()),
            right(language.tour_interest()),
            right(language.tour_cash()),
            right(language.tour_sum()),
        ]);
        for ((city, before), (_, after)) in ledgers.before.iter().zip(&ledgers.after) {
            let city = city_name(*city, language);
            for (when, sums) in [(language.tour_before(), before), (language.tour_after(), after)] {
                table.row([
                    city.to_owned(),
                    when,
                    sums.persons.clone(),
                    format!("{} / {}", sums.suspense_out, sums.suspense_in),
                    sums.interest.clone(),
                    sums.cash.clone(),
                    sums.sum.clone(),
                ]);
            }
        }
        for line in table.lines() {
            self.say(&format!("   {line}"));
        }
    }

    /// Nothing moves any more.
    pub(super) fn finish(&self) {
        self.foot.finish_and_clear();
    }

    /// The tour for programs.
    pub(super) fn summary(&self) -> Value {
        let steps = self.ended.iter();
        let steps: Vec<Value> =
            steps.map(|(step, took)| json!({ "step": step, "seconds": seconds(*took) })).collect();
        json!({ "steps": steps })
    }

    fn say_timed(&self, line: &str, took: Duration) {
        self.say(&self.output.language.tour_timed(line, took.as_millis()));
    }

    fn say(&self, line: &str) {
        self.foot.suspend(|| self.output.line(line));
    }

    fn show_foot(&self, template: &str, done: u64, all: u64) {
        // The template is our own text; were it wrong, the one before would do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.foot.set_style(style);
        }
        if all == 0 {
            self.foot.reset();
        }
        self.foot.set_length(all);
        self.foot.set_position(done.min(all));
    }
}

pub(super) const fn city_name(city: City, language: Language) -> &'static str {
    match language {
        Language::English => city.english(),
        Language::Chinese => city.chinese(),
    }
}

const fn in_language<'t>(language: Language, english: &'t str, chinese: &'t str) -> &'t str {
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

/// An account as both languages show it: yuan, the code of its status in the standard, its name.
fn status(standing: &Standing) -> String {
    format!("{} ({} {})", standing.balance, standing.status, standing.status_zh)
}

/// Says where everything is, and what to try.
pub(super) fn show_places(tour: &Tour, folder: &Path, output: &Output) {
    let language = output.language;
    let network = tour.network();
    output.line(language.tour_places(folder.display()));
    for place in &network.places {
        output.line(language.tour_place_config(place.home.display()));
    }
    output.line(language.tour_place_dumps(folder.join("dumps").display()));
    output.line(language.tour_place_bank(network.bank.url()));
    output.line(language.tour_try());
    let home = |member: &str| folder.join(member).display().to_string();
    for line in [
        format!("fundlink --config {} status", home("authority")),
        format!("fundlink --config {} net show", home("taiyuan")),
        format!("fundlink --config {} transfer list --ended", home("datong")),
        format!("fundlink --config {} ledger", home("datong")),
        format!("fundlink --config {} log follow", home("linfen")),
    ] {
        output.line(format!("   {line}"));
    }
}
