//! The connections that the people of a firewall are asked to let through.

use std::net::SocketAddr;

use fundlink_node::config::Config;
use fundlink_node::network::Address;
use serde::Serialize;

use crate::language::Language;

/// A connection that must be let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Rule {
    /// `out` for a connection that this node makes, `in` for one that a member makes.
    direction: &'static str,
    /// The member at the other end; absent for all of them.
    center: Option<String>,
    /// From where; `any` port.
    from: String,
    /// To where.
    to: String,
}

/// A member at the other end: its code, and where it can be dialled.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) center: String,
    pub(super) addresses: Vec<String>,
}

impl Rule {
    /// The rule as one line of a request.
    pub(super) fn line(&self, language: Language) -> String {
        let center = self.center.clone().unwrap_or_default();
        match self.direction {
            "out" => language.doctor_rule_out(&self.from, &self.to, center),
            _ => language.doctor_rule_in(&self.from, &self.to, center),
        }
    }
}

/// What must be let through so that either side may begin: one of the two directions is enough.
pub(super) fn rules(config: &Config, members: &[Peer]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for member in members {
        let addresses = member.addresses.iter().filter_map(|text| Address::parse(text).ok());
        for to in addresses.map(|address| address.socket()) {
            let center = Some(member.center.clone());
            let from = "this machine".to_owned();
            rules.push(Rule { direction: "out", center: center.clone(), from, to: shown(to) });
            for own in &config.listen {
                let from = to.ip().to_string();
                let to = shown(own.socket());
                rules.push(Rule { direction: "in", center: center.clone(), from, to });
            }
        }
    }
    rules
}

fn shown(address: SocketAddr) -> String {
    format!("{}, tcp {}", address.ip(), address.port())
}
