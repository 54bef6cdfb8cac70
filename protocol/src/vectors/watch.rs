//! Vectors of what a center tells the authority, and of the dialogue on alerts.

use super::statements::{AT, Samples};
use crate::authority::alert::{AlertSubject, Evidence};
use crate::authority::alert_rule::AlertRule;
use crate::authority::dialogue::{CaseRemark, Finding, Verdict};
use crate::authority::incident::{IncidentRule, IncidentSubject};
use crate::id::{AlertId, PayloadHash, ReferenceTag, SubjectTag};
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::statement::dialogue::{Explanation, Inquiry, Ruling};
use crate::statement::incident::Incident;
use crate::testing::{AUTHORITY, DATONG, TAIYUAN};
use crate::time::Date;

pub(super) fn statements(samples: &mut Samples) {
    incidents(samples);
    dialogue(samples);
}

fn dialogue(samples: &mut Samples) {
    let alert = AlertId::new([0x44; 32]);
    let log = LogId::public(DATONG, 1);
    let remark = |text| CaseRemark::parse(text).unwrap();
    let (first, last) = (AlertRule::ALL[0], AlertRule::ALL[AlertRule::ALL.len() - 1]);
    let inquiry = Inquiry {
        from: AUTHORITY,
        to: DATONG,
        issued_at: AT,
        alert,
        rule: first,
        subject: AlertSubject::Person(SubjectTag::new([0x11; 32])),
        evidence: vec![
            Evidence::Leaf(log, LeafIndex::new(3)),
            Evidence::Statement(PayloadHash::new([6; 32])),
        ],
        due: Date::new(2026, 5, 27).unwrap(),
        remark: Some(remark("请说明该笔业务的经过")),
    };
    let asked = samples.say("inquiry", &inquiry);
    samples.say("inquiry without words", &Inquiry { evidence: vec![], remark: None, ..inquiry });
    for finding in Finding::ALL {
        let explanation = Explanation {
            from: DATONG,
            to: AUTHORITY,
            issued_at: AT,
            alert,
            inquiry: asked,
            finding,
            remark: remark("已核实"),
        };
        samples.say(&format!("explanation: {finding:?}"), &explanation);
    }
    let tag = ReferenceTag::new([0x22; 32]);
    let subjects = [
        AlertSubject::Transfer(tag),
        AlertSubject::Log(log),
        AlertSubject::Leaves(log),
        AlertSubject::Member(DATONG),
        AlertSubject::Roster,
        AlertSubject::Account(tag),
        AlertSubject::Property(SubjectTag::new([0x12; 32])),
        AlertSubject::Record(log, LeafIndex::new(3)),
    ];
    for (place, subject) in subjects.into_iter().enumerate() {
        let verdict = if place == 0 { Verdict::Confirmed } else { Verdict::Closed };
        let (from, to, issued_at) = (AUTHORITY, DATONG, AT);
        let remark = remark("结案");
        let ruling = Ruling { from, to, issued_at, alert, rule: last, subject, verdict, remark };
        samples.say(&format!("ruling about subject {}", place + 2), &ruling);
    }
}

fn incidents(samples: &mut Samples) {
    let said = |subject, rule| Incident {
        from: DATONG,
        to: AUTHORITY,
        issued_at: AT,
        rule,
        subject,
        date: Date::new(2026, 5, 20).unwrap(),
        other: None,
        count: None,
    };
    let tag = ReferenceTag::new([0x22; 32]);
    let about = IncidentSubject::Transfer(tag);
    let incident = Incident { other: Some(TAIYUAN), ..said(about, IncidentRule::ReceivedDiffers) };
    samples.say("incident about a transfer", &incident);
    let about = IncidentSubject::Account(tag);
    samples.say("incident about an account", &said(about, IncidentRule::FreezeEnded));
    let about = IncidentSubject::Center(DATONG);
    let incident = Incident { count: Some(7), ..said(about, IncidentRule::QueriesWithoutBusiness) };
    samples.say("incident about a center", &incident);
}
