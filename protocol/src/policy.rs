//! The rules that a center may set for itself, with their defaults.
//!
//! **Promises.** Each default is marked in its doc where no public source fixes the figure.
//! **Left to others.** Reading them from a file: the node's configuration.

use crate::money::Fen;

/// A center's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Months of deposits in the new city before a transfer in may be asked; 0 to 12. Default 0:
    /// several cities dropped the national default of 6.
    pub min_months_in_new_city: u32,
    /// Working days to accept or refuse a letter. Default 5.
    pub acceptance_days: u32,
    /// Working days from acceptance to payment and sheet. Default 5.
    pub settlement_days: u32,
    /// Working days to credit once money and sheet are here. Default 3.
    pub credit_days: u32,
    /// Working days for the whole case. Default 15; a reminder goes out at 80 %.
    pub case_days: u32,
    /// Days of the year by which interest is divided: 360 or 365. Default 360.
    pub day_basis: u32,
    /// Months in which a back payment (补缴) still counts for continuity. Default 1.
    pub late_grace_months: u32,
    /// Months of a gap between two cities that keep continuity. Default 1.
    pub gap_tolerance: u32,
    /// Months of continuous deposits before a loan. Default 6, the national minimum.
    pub loan_months_min: u32,
    /// Loans of a household after which no other is given. Default 2.
    pub loans_max: u32,
    /// Overdue instalments of one loan that are still accepted. Default 5: six are a usual bar.
    pub loan_overdue_periods_max: u32,
    /// Up to this amount `auto` decides alone; above it a person confirms. Default: no limit.
    pub auto_amount_max: Fen,
    /// The first serial of this network's letter numbers a day, so that other channels keep a
    /// range. Default 1.
    pub letter_serial_first: u32,
    /// Whether a second person must approve a letter before it is sent. Default no.
    pub letter_needs_reviewer: bool,
    /// Whether each decision about a transfer takes a clerk who enters it and a reviewer, another
    /// person, who decides alike (双人复核). Default no.
    pub decisions_need_reviewer: bool,
    /// Whether a second person must approve what this center says about a certificate: a receipt, a
    /// release, a revocation. Default no.
    pub certificate_needs_reviewer: bool,
    /// Whether a loan is paid out by another person than the one who asked for the payout. Default no.
    pub loan_needs_reviewer: bool,
    /// Days after which an application that was not paid out lapses. Default 180.
    pub intent_days: u32,
    /// Days after which the lender is reminded of a receipt that is missing. Default 45, so that two
    /// weeks are left before the certificate expires.
    pub receipt_reminder_days: u32,
    /// Whether a letter may still be withdrawn after acceptance, until settlement. Default no.
    pub cancellable_until_settled: bool,
    /// Queries a minute and purpose that one member may ask. Default 600.
    pub queries_per_minute: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_months_in_new_city: 0,
            acceptance_days: 5,
            settlement_days: 5,
            credit_days: 3,
            case_days: 15,
            day_basis: 360,
            late_grace_months: 1,
            gap_tolerance: 1,
            loan_months_min: 6,
            loans_max: 2,
            loan_overdue_periods_max: 5,
            auto_amount_max: Fen::MAX,
            letter_serial_first: 1,
            letter_needs_reviewer: false,
            decisions_need_reviewer: false,
            certificate_needs_reviewer: false,
            loan_needs_reviewer: false,
            intent_days: 180,
            receipt_reminder_days: 45,
            cancellable_until_settled: false,
            queries_per_minute: 600,
        }
    }
}
