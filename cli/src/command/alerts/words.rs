//! Rules, levels, states and acts in words; what a newer node says keeps its own word.

use fundlink_protocol::authority::alert_rule::AlertRule;

use crate::language::Language;

/// A rule in words, with the word that programs know it by.
pub(super) fn rule(word: &str, language: Language) -> String {
    match AlertRule::from_name(word) {
        Some(rule) => language.with_detail(sentence(rule, language), word),
        None => word.to_owned(),
    }
}

fn sentence(rule: AlertRule, language: Language) -> String {
    match rule {
        AlertRule::DoubleIntent => language.alert_double_intent(),
        AlertRule::DoubleLoan => language.alert_double_loan(),
        AlertRule::OneSidedTransfer => language.alert_one_sided(),
        AlertRule::SheetsDiffer => language.alert_sheets_differ(),
        AlertRule::Equivocation => language.alert_equivocation(),
        AlertRule::InvalidUpdate => language.alert_invalid_update(),
        AlertRule::Silence => language.alert_silence(),
        AlertRule::StaleRoster => language.alert_stale_roster(),
        AlertRule::PropertyPaidTwice => language.alert_property_paid_twice(),
        AlertRule::WithdrawnAfterTransfer => language.alert_withdrawn_after_transfer(),
        AlertRule::OverlappingAccounts => language.alert_overlapping_accounts(),
        AlertRule::ThirdLoan => language.alert_third_loan(),
        AlertRule::PaidTwice => language.alert_paid_twice(),
        AlertRule::RapidInOut => language.alert_rapid_in_out(),
        AlertRule::FrequentTransfers => language.alert_frequent_transfers(),
        AlertRule::CertificateUsedLate => language.alert_certificate_used_late(),
        AlertRule::CertificateUsedTwice => language.alert_certificate_used_twice(),
        AlertRule::CertificateWithoutReceipt => language.alert_certificate_without_receipt(),
        AlertRule::InvalidRoot => language.alert_invalid_root(),
        AlertRule::LogGap => language.alert_log_gap(),
        AlertRule::ReceivedDiffers => language.alert_received_differs(),
        AlertRule::InterestDiffers => language.alert_interest_differs(),
        AlertRule::LetterNumberReused => language.alert_letter_number_reused(),
        AlertRule::DeadlineMissed => language.alert_deadline_missed(),
        AlertRule::FreezeTooLate => language.alert_freeze_too_late(),
        AlertRule::FreezeEnded => language.alert_freeze_ended(),
        AlertRule::QueriesWithoutBusiness => language.alert_queries_without_business(),
        AlertRule::BackDated => language.alert_back_dated(),
        AlertRule::DigestMismatch => language.alert_digest_mismatch(),
        AlertRule::PaidBeyondSheet => language.alert_paid_beyond_sheet(),
        AlertRule::WithdrawnInTransfer => language.alert_withdrawn_in_transfer(),
        AlertRule::DepositAfterClosing => language.alert_deposit_after_closing(),
        AlertRule::TransferWithoutLetter => language.alert_transfer_without_letter(),
        AlertRule::SharedCard => language.alert_shared_card(),
        AlertRule::UnitLeaves => language.alert_unit_leaves(),
    }
}

/// A level in words.
pub(super) fn level(word: &str, language: Language) -> String {
    match word {
        "notice" => language.level_notice(),
        "warning" => language.level_warning(),
        "alarm" => language.level_alarm(),
        other => other.to_owned(),
    }
}

/// The state of an alert or of an inquiry in words.
pub(super) fn state(word: &str, language: Language) -> String {
    match word {
        "open" => language.alert_open(),
        "resolved" => language.alert_resolved(),
        "inquired" => language.alert_inquired(),
        "explained" => language.alert_explained(),
        "confirmed" => language.alert_confirmed(),
        "closed" => language.alert_closed(),
        "waiting" => language.inquiry_waiting(),
        other => other.to_owned(),
    }
}

/// What was said or done, in words.
pub(super) fn act(word: &str, language: Language) -> String {
    match word {
        "raised" => language.act_raised(),
        "healed" => language.act_healed(),
        "overdue" => language.act_overdue(),
        other => state(other, language),
    }
}

/// What a center has found, in words.
pub(super) fn finding(word: &str, language: Language) -> String {
    match word {
        "in-order" => language.finding_in_order(),
        "corrected" => language.finding_corrected(),
        "being-corrected" => language.finding_being_corrected(),
        "elsewhere" => language.finding_elsewhere(),
        other => other.to_owned(),
    }
}
