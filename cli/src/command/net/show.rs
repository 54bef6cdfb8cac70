//! The roster, for people.

use std::path::Path;

use fundlink_node::control::api::net::{Member, Roster};

use crate::client::Node;
use crate::exit::{Exit, Failure};
use crate::language::Language;
use crate::output::Output;
use crate::table::{Align, Table};

/// Arguments of `fundlink net show`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Show the keys of the members, too
    #[arg(long)]
    keys: bool,
}

/// Shows the roster.
///
/// # Errors
/// When the node does not run.
pub(super) fn run(arguments: Arguments, config: &Path, output: &Output) -> Result<Exit, Failure> {
    let roster: Roster = Node::of(config, output.language)?.get("/v1/net")?;
    changed(&roster, output)?;
    if arguments.keys {
        output.line("");
        output.table(&keys(&roster.members, output.language));
    }
    Ok(Exit::Done)
}

/// Shows a roster that is in force from now on.
pub(super) fn changed(roster: &Roster, output: &Output) -> Result<Exit, Failure> {
    let language = output.language;
    output.line(language.roster_heading(&roster.network, roster.version, &roster.issued));
    output.line(language.roster_renew_by(&roster.renew_by));
    if let Some(lending) = &roster.lending {
        output.line(language.roster_lending(lending.opened_in, &lending.changed_at));
    }
    let heading = [
        language.member(),
        language.name(),
        language.role(),
        language.status(),
        language.witnesses(),
        language.addresses(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for member in &roster.members {
        let witness = if member.witness { language.yes() } else { String::new() };
        table.row([
            member.center.clone(),
            member.name.clone(),
            role(&member.role, language),
            status(&member.status, language),
            witness,
            member.addresses.join(" "),
        ]);
    }
    output.table(&table);
    output.value(roster);
    Ok(Exit::Done)
}

fn keys(members: &[Member], language: Language) -> Table {
    let heading = [
        language.member(),
        language.key_purpose(),
        language.key_id(),
        language.counts_from(),
        language.counts_until(),
    ];
    let mut table = Table::new(heading.map(|title| (title, Align::Left)));
    for member in members {
        for key in &member.keys {
            table.row([
                member.center.clone(),
                key.purpose.clone(),
                key.id.clone(),
                key.from.clone(),
                key.until.clone().unwrap_or_default(),
            ]);
        }
    }
    table
}

fn role(word: &str, language: Language) -> String {
    match word {
        "center" => language.role_center(),
        "authority" => language.role_authority(),
        other => other.to_owned(),
    }
}

/// What the roster says of a member, in words.
pub(crate) fn status(word: &str, language: Language) -> String {
    match word {
        "active" => language.status_active(),
        "suspended" => language.status_suspended(),
        "revoked" => language.status_revoked(),
        other => other.to_owned(),
    }
}
