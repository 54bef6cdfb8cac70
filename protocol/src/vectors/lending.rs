//! Vectors of leases on loan intents.

use super::statements::{AT, Samples};
use crate::account::SerialNumber;
use crate::authority::dialogue::CaseRemark;
use crate::engine::lending::IntentRecord;
use crate::id::{ReferenceTag, SubjectTag};
use crate::lending::intent::Intent;
use crate::statement::lending::{
    FirstIntent, LeaseAnswer, LeaseEnd, LeaseOutcome, LeaseRequest, LeaseRuling, RunningLoan,
    TagAnswer,
};
use crate::subject::TagEpoch;
use crate::testing::people::{LI, ZHANG, person};
use crate::testing::{AUTHORITY, DATONG, LINFEN, TAIYUAN};

/// The household of two that has applied in Taiyuan.
pub(super) fn intent() -> Intent {
    let household = vec![SubjectTag::new([0x11; 32]), SubjectTag::new([0x12; 32])];
    Intent::new(TAIYUAN, AT, (TagEpoch(1), household))
}

/// What the digests of an intent commit to.
pub(super) fn record() -> IntentRecord {
    IntentRecord {
        center: TAIYUAN,
        serial: SerialNumber::parse("DK-1").unwrap(),
        household: vec![person(LI), person(ZHANG)],
        taken_in: AT,
    }
}

pub(super) fn statements(samples: &mut Samples) {
    let intent = intent();
    let (from, to) = (TAIYUAN, DATONG);
    let asked_at = AT.plus_ms(60_000);
    let request =
        LeaseRequest { from, to, issued_at: asked_at, intent: intent.clone(), witnesses_of: 5 };
    let request = samples.say("lease request", &request);
    let first = |intent: &Intent| FirstIntent {
        intent: intent.id(),
        center: intent.center,
        issued_at: intent.issued_at,
    };
    let other = Intent { center: LINFEN, ..intent.clone() };
    let tag = |place: usize, first, loans| TagAnswer { tag: intent.household[place], first, loans };
    let answer = LeaseAnswer {
        from: to,
        to: from,
        issued_at: asked_at,
        request,
        intent: intent.id(),
        tags: vec![tag(0, Some(first(&intent)), vec![]), tag(1, Some(first(&intent)), vec![])],
        withheld_since: None,
    };
    samples.say("lease answer: first for all", &answer);
    let loan = ReferenceTag::new([0x22; 32]);
    let loans = vec![
        RunningLoan { center: DATONG, reference: None },
        RunningLoan { center: LINFEN, reference: Some(loan) },
    ];
    let knows = vec![tag(0, Some(first(&other)), vec![]), tag(1, None, loans)];
    let withheld = LeaseAnswer { tags: knows, withheld_since: Some(AT), ..answer };
    samples.say("lease answer of a witness that grants nothing yet", &withheld);
    for outcome in LeaseOutcome::ALL {
        let end = LeaseEnd {
            from,
            to,
            issued_at: asked_at,
            intent: intent.clone(),
            asked_at,
            outcome,
            loan: (outcome == LeaseOutcome::Paid).then_some(loan),
        };
        samples.say(&format!("lease end: {outcome:?}"), &end);
    }
    let remark = CaseRemark::parse("已与该中心核实未放款").unwrap();
    let ruling = LeaseRuling {
        from: AUTHORITY,
        to,
        issued_at: asked_at,
        center: TAIYUAN,
        intent: Some(intent.id()),
        asked_until: asked_at,
        paid: true,
        remark,
    };
    samples.say("lease ruling on one intent", &ruling);
    let all = LeaseRuling { intent: None, paid: false, ..ruling };
    samples.say("lease ruling on a center", &all);
}
