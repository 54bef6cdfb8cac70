//! What a person decides reads back as it was written.

use super::*;

#[test]
fn every_decision_is_read_as_it_was_written() {
    let special = || Special { number: "1-2".into(), name: "名".into(), bank: "行".into() };
    for decision in [
        Decision::Approve {},
        Decision::Accept { scan: None },
        Decision::Accept { scan: Some("00".into()) },
        Decision::Refuse { reason: "R06".into(), remark: None },
        Decision::Settle { value_date: Some("2026-05-20".into()) },
        Decision::SendSheet {},
        Decision::PayAgain {},
        Decision::Renew { value_date: None },
        Decision::Restore {},
        Decision::Correct { receiving: special() },
        Decision::SendBack { receiving: special() },
        Decision::Wait {},
        Decision::Close {},
    ] {
        let decide = Decide { operator: "clerk".into(), decision };
        let text = serde_json::to_string(&decide).unwrap();
        assert_eq!(serde_json::from_str::<Decide>(&text).unwrap(), decide, "{text}");
    }
}

#[test]
fn no_decision_takes_a_key_that_it_does_not_know() {
    for word in [
        "approve",
        "accept",
        "refuse",
        "settle",
        "send_sheet",
        "pay_again",
        "renew",
        "restore",
        "wait",
        "close",
    ] {
        let reason = if word == "refuse" { r#", "reason": "R06""# } else { "" };
        let known = format!(r#"{{"operator": "clerk", "decision": "{word}"{reason}}}"#);
        assert!(serde_json::from_str::<Decide>(&known).is_ok(), "{known}");
        let unknown = known.replace('}', r#", "day": "2026-05-20"}"#);
        assert!(serde_json::from_str::<Decide>(&unknown).is_err(), "{unknown}");
    }
}
