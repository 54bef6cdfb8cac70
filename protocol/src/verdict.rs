//! What a household's facts mean for a new loan (贷款核查), by the rules of the asking center.
//!
//! Answers are facts; the verdict is the asking city's alone, and names the rule that decided and
//! the parameters that it used.
//!
//! **Promises.** Rules are tried in one fixed order and the first that applies decides; a center that
//! did not say leads to [`Decision::Undecided`], unless a rule refuses already.
//! **Left to others.** The facts: `dossier`. Amounts and terms of the loan.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::account::AccountStatus;
use crate::answer::{AccountFacts, DisclosedLoan, Outcome};
use crate::cbor;
use crate::center::CenterCode;
use crate::certificate::Certificate;
use crate::deposit_history::{CombinedHistory, ContinuityRules, DepositHistory};
use crate::dossier::{Dossier, DossierRow, RowState, Why};
use crate::id::ContentHash;
use crate::loan::LoanContract;
use crate::policy::Policy;
use crate::time::Date;

mod presented;

/// What follows for the loan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Verdict {
    /// Yes at which rate, no, or not yet.
    #[n(1)]
    pub decision: Decision,
    /// The rule that decided.
    #[n(2)]
    pub rule: Rule,
    /// BLAKE3 over the parameters.
    #[n(3)]
    pub parameters: ContentHash,
    /// Loans that the household has used, in all cities.
    #[n(4)]
    pub loans_used: u32,
    /// Those of them that are not settled.
    #[n(5)]
    pub loans_open: u32,
    /// The applicant's months without a break up to now.
    #[n(6)]
    pub months: u32,
}

/// Yes at which rate, no, or not yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Decision {
    /// May be lent to, at the rate of a first home (首套).
    #[n(1)]
    FirstHome,
    /// May be lent to, at the rate of a second home (二套).
    #[n(2)]
    SecondHome,
    /// May not be lent to.
    #[n(3)]
    Refused,
    /// Somebody has to look, or to ask again.
    #[n(4)]
    Undecided,
}

/// The rules, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Rule {
    /// An account of the household is frozen by a court (冻结).
    #[n(1)]
    Frozen,
    /// A member is within a penalty for fraud (骗提骗贷).
    #[n(2)]
    Fraud,
    /// A loan has instalments overdue now (逾期).
    #[n(3)]
    OverdueNow,
    /// A loan is not settled (未结清).
    #[n(4)]
    LoanOpen,
    /// The household has used two loans or more (不得向第三次使用的家庭发放).
    #[n(5)]
    LoansUsedUp,
    /// So many instalments were overdue as the center does not accept.
    #[n(6)]
    OverdueBefore,
    /// A center did not say, could not say, or its proofs do not hold.
    #[n(7)]
    Incomplete,
    /// The applicant has no account that is paid up to last month (欠缴).
    #[n(8)]
    Arrears,
    /// The applicant's months without a break are too few (连续足额缴存).
    #[n(9)]
    TooFewMonths,
    /// One loan was used and is settled.
    #[n(10)]
    OneLoanSettled,
    /// No loan was used.
    #[n(11)]
    NoLoan,
    /// An account of the household secures a loan of another city (异地贷款).
    #[n(12)]
    OffSiteLoan,
    /// A certificate that is presented is not held here, or is about somebody else.
    #[n(13)]
    CertificateUnknown,
    /// A certificate that is presented was taken back.
    #[n(14)]
    CertificateRevoked,
    /// A certificate that is presented was used for another loan.
    #[n(15)]
    CertificateUsed,
    /// A certificate that is presented ran out.
    #[n(16)]
    CertificateExpired,
}

impl Rule {
    /// The name by which people and programs know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Fraud => "fraud",
            Self::OverdueNow => "overdue-now",
            Self::LoanOpen => "loan-open",
            Self::LoansUsedUp => "loans-used-up",
            Self::OverdueBefore => "overdue-before",
            Self::Incomplete => "incomplete",
            Self::Arrears => "arrears",
            Self::TooFewMonths => "too-few-months",
            Self::OneLoanSettled => "one-loan-settled",
            Self::NoLoan => "no-loan",
            Self::OffSiteLoan => "off-site-loan",
            Self::CertificateUnknown => "certificate-unknown",
            Self::CertificateRevoked => "certificate-revoked",
            Self::CertificateUsed => "certificate-used",
            Self::CertificateExpired => "certificate-expired",
        }
    }

    /// One English sentence.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::Frozen => "an account of the household is frozen by a court",
            Self::Fraud => "a member of the household is within a penalty for fraud",
            Self::OverdueNow => "a loan of the household is overdue",
            Self::LoanOpen => "a loan of the household is not settled",
            Self::LoansUsedUp => "the household has used two loans or more",
            Self::OverdueBefore => "too many instalments of the household were overdue",
            Self::Incomplete => "a center did not say, or its proofs do not hold",
            Self::Arrears => "the applicant's deposits do not reach last month",
            Self::TooFewMonths => "the applicant has too few months of deposits without a break",
            Self::OneLoanSettled => "the household has used one loan, which is settled",
            Self::NoLoan => "the household has used no loan",
            Self::OffSiteLoan => "an account of the household secures a loan of another city",
            Self::CertificateUnknown => {
                "a certificate that is presented is not held here, or is about somebody else"
            }
            Self::CertificateRevoked => "a certificate that is presented was taken back",
            Self::CertificateUsed => "a certificate that is presented was used for another loan",
            Self::CertificateExpired => "a certificate that is presented has expired",
        }
    }

    /// One Chinese sentence.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Frozen => "家庭成员账户被司法冻结",
            Self::Fraud => "家庭成员处于骗提骗贷惩戒期内",
            Self::OverdueNow => "家庭名下公积金贷款存在逾期",
            Self::LoanOpen => "家庭名下有未结清的公积金贷款",
            Self::LoansUsedUp => "家庭已使用两次及以上公积金贷款",
            Self::OverdueBefore => "家庭公积金贷款累计逾期期数超出规定",
            Self::Incomplete => "部分中心未答复或证明验证不通过",
            Self::Arrears => "申请人未正常缴存至上月",
            Self::TooFewMonths => "申请人连续足额缴存月数不足",
            Self::OneLoanSettled => "家庭仅有一次公积金贷款且已结清",
            Self::NoLoan => "家庭无公积金贷款记录",
            Self::OffSiteLoan => "家庭成员账户已用于异地贷款",
            Self::CertificateUnknown => "所提交的缴存使用证明本中心未收到或非家庭成员的证明",
            Self::CertificateRevoked => "所提交的缴存使用证明已被撤回",
            Self::CertificateUsed => "所提交的缴存使用证明已用于其他贷款",
            Self::CertificateExpired => "所提交的缴存使用证明已过有效期",
        }
    }

    const fn decision(self) -> Decision {
        match self {
            Self::Frozen
            | Self::Fraud
            | Self::OverdueNow
            | Self::LoanOpen
            | Self::LoansUsedUp
            | Self::OverdueBefore
            | Self::OffSiteLoan
            | Self::CertificateUnknown
            | Self::CertificateRevoked
            | Self::CertificateUsed
            | Self::CertificateExpired
            | Self::Arrears
            | Self::TooFewMonths => Decision::Refused,
            Self::Incomplete => Decision::Undecided,
            Self::OneLoanSettled => Decision::SecondHome,
            Self::NoLoan => Decision::FirstHome,
        }
    }
}

/// The parameters of the rules, as a verdict's hash covers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LoanParameters {
    /// Months of deposits without a break.
    #[n(1)]
    pub months_min: u32,
    /// Loans after which no other is given.
    #[n(2)]
    pub loans_max: u32,
    /// Overdue instalments of a loan that are still accepted, its whole life counted.
    #[n(3)]
    pub overdue_periods_max: u32,
    /// Months in which a back payment counts for continuity.
    #[n(4)]
    pub late_grace_months: u32,
    /// Months between two cities that keep continuity.
    #[n(5)]
    pub gap_tolerance: u32,
}

impl LoanParameters {
    /// The parameters of a center.
    #[must_use]
    pub const fn of(policy: &Policy) -> Self {
        Self {
            months_min: policy.loan_months_min,
            loans_max: policy.loans_max,
            overdue_periods_max: policy.loan_overdue_periods_max,
            late_grace_months: policy.late_grace_months,
            gap_tolerance: policy.gap_tolerance,
        }
    }

    /// The hash by which a verdict names them.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        ContentHash::new(blake3::derive_key("fundlink/1 loan parameters", &cbor::encode(self)))
    }
}

/// Decides by a dossier's facts; the first subject is the applicant.
#[must_use]
pub fn decide(dossier: &Dossier, parameters: &LoanParameters, today: Date) -> Verdict {
    let household = Household::of(dossier, parameters, today);
    let rule = household.rule(parameters);
    Verdict {
        decision: rule.decision(),
        rule,
        parameters: parameters.hash(),
        loans_used: household.used,
        loans_open: household.open,
        months: household.months,
    }
}

/// A household's facts over all cities.
#[derive(Debug, Default)]
struct Household {
    frozen: bool,
    fraud: bool,
    overdue_now: bool,
    overdue_before: u32,
    open: u32,
    used: u32,
    /// The applicant's streak, whether or not it is alive.
    months: u32,
    /// Whether it reaches last month.
    is_live: bool,
    incomplete: bool,
    /// An account secures a loan of another city than the asking one.
    off_site: bool,
    /// What is wrong with the certificates that were presented.
    certificates: Option<Rule>,
}

impl Household {
    fn rule(&self, parameters: &LoanParameters) -> Rule {
        if self.frozen {
            Rule::Frozen
        } else if self.fraud {
            Rule::Fraud
        } else if self.overdue_now {
            Rule::OverdueNow
        } else if self.open > 0 {
            Rule::LoanOpen
        } else if self.off_site {
            Rule::OffSiteLoan
        } else if self.used >= parameters.loans_max {
            Rule::LoansUsedUp
        } else if self.overdue_before > parameters.overdue_periods_max {
            Rule::OverdueBefore
        } else if let Some(rule) = self.certificates {
            rule
        } else if self.incomplete {
            Rule::Incomplete
        } else if !self.is_live {
            Rule::Arrears
        } else if self.months < parameters.months_min {
            Rule::TooFewMonths
        } else if self.used > 0 {
            Rule::OneLoanSettled
        } else {
            Rule::NoLoan
        }
    }

    fn of(dossier: &Dossier, parameters: &LoanParameters, today: Date) -> Self {
        let mut loans = Loans::default();
        let mut histories: Vec<DepositHistory> = Vec::new();
        let mut household =
            Self { certificates: presented::fault(&dossier.presented), ..Self::default() };
        let own = dossier.rows.iter().find(|row| row.why == Why::Own).map(|row| row.center);
        for row in &dossier.rows {
            if let Some(certified) = presented::in_place_of(dossier, row) {
                for (place, certificate) in certified {
                    household.add_certificate(certificate, today);
                    loans.add_certified(row.center, certificate);
                    if place == 0 {
                        histories.push(certificate.history.clone());
                        let carried = certificate.imported.iter();
                        histories.extend(carried.map(|imported| imported.history.clone()));
                    }
                    for carried in &certificate.imported {
                        loans.add_carried((place, carried.from), carried.loan_count);
                    }
                }
                continue;
            }
            household.incomplete |= is_incomplete(row, dossier.wish.subjects.len());
            for (place, outcome) in
                row.facts().into_iter().flat_map(|facts| facts.outcomes.iter().enumerate())
            {
                let Outcome::Found(found) = outcome else { continue };
                for account in found.accounts.iter().flatten() {
                    household.add_account(account, today);
                    household.off_site |=
                        account.off_site.is_some_and(|lender| Some(lender) != own);
                    if place == 0 {
                        histories.extend(histories_of(account));
                    }
                }
                let Some(facts) = &found.loans else { continue };
                household.open = household.open.max(facts.open);
                for loan in facts.loans.iter().flatten() {
                    loans.add(row.center, loan);
                }
                for carried in facts.carried.iter().flatten() {
                    loans.add_carried((place, carried.from), carried.used);
                }
            }
        }
        household.add_loans(&loans);
        let rules = ContinuityRules {
            late_grace_months: parameters.late_grace_months,
            gap_tolerance: parameters.gap_tolerance,
        };
        let histories: Vec<&DepositHistory> = histories.iter().collect();
        let combined = CombinedHistory::join(&histories, rules);
        household.months = combined.streak;
        household.is_live = combined.live_streak(today) > 0;
        household
    }

    fn add_account(&mut self, account: &AccountFacts, today: Date) {
        self.frozen |= account.status == AccountStatus::Frozen;
        // A mark without an end is one that still counts.
        self.fraud |=
            account.fraud.is_some_and(|fraud| fraud.until.is_none_or(|until| today <= until));
    }

    fn add_certificate(&mut self, certificate: &Certificate, today: Date) {
        self.frozen |= certificate.status == AccountStatus::Frozen;
        self.fraud |=
            certificate.fraud.is_some_and(|fraud| fraud.until.is_none_or(|until| today <= until));
    }

    fn add_loans(&mut self, loans: &Loans) {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.open = self.open.max(count(loans.open.len()));
        self.used = loans.used();
        self.overdue_now |= loans.overdue_now;
        self.overdue_before = loans.overdue_before;
    }
}

/// The household's loans, each counted once, however many members take part in it.
#[derive(Debug, Default)]
struct Loans {
    disclosed: BTreeSet<(CenterCode, LoanContract)>,
    open: BTreeSet<(CenterCode, LoanContract)>,
    /// Loans that a transfer told of, by member and city.
    carried: BTreeMap<(usize, CenterCode), u32>,
    overdue_now: bool,
    overdue_before: u32,
}

impl Loans {
    fn add(&mut self, center: CenterCode, loan: &DisclosedLoan) {
        let facts = &loan.record.loan;
        let status = facts.status();
        let place = (center, facts.contract.clone());
        if status.is_unsettled() {
            self.open.insert(place.clone());
        }
        self.overdue_now |= status == crate::loan::LoanStatus::Overdue;
        self.overdue_before = self.overdue_before.max(facts.overdue.periods_total);
        self.disclosed.insert(place);
    }

    fn add_certified(&mut self, center: CenterCode, certificate: &Certificate) {
        for loan in &certificate.loans {
            let place = (center, loan.contract.clone());
            if loan.status.is_unsettled() {
                self.open.insert(place.clone());
            }
            self.overdue_now |= loan.status == crate::loan::LoanStatus::Overdue;
            self.overdue_before = self.overdue_before.max(loan.overdue_total);
            self.disclosed.insert(place);
        }
    }

    fn add_carried(&mut self, place: (usize, CenterCode), used: u32) {
        let known = self.carried.entry(place).or_default();
        *known = (*known).max(used);
    }

    /// A city that told of its loans itself is not counted again by what a transfer carried.
    fn used(&self) -> u32 {
        let mut by_center: BTreeMap<CenterCode, u32> = BTreeMap::new();
        for (center, _) in &self.disclosed {
            let known = by_center.entry(*center).or_default();
            *known = known.saturating_add(1);
        }
        let mut carried: BTreeMap<CenterCode, u32> = BTreeMap::new();
        for ((_, center), used) in &self.carried {
            let known = carried.entry(*center).or_default();
            *known = known.saturating_add(*used);
        }
        for (center, used) in carried {
            let known = by_center.entry(center).or_default();
            *known = (*known).max(used);
        }
        by_center.values().fold(0, |sum, used| sum.saturating_add(*used))
    }
}

fn histories_of(account: &AccountFacts) -> Vec<DepositHistory> {
    let Some(months) = &account.months else { return Vec::new() };
    let carried = months.carried.iter().map(|carried| carried.history.clone());
    core::iter::once(months.history.clone()).chain(carried).collect()
}

/// Whether a center has not said all that it was asked, or cannot be believed.
fn is_incomplete(row: &DossierRow, subjects: usize) -> bool {
    match &row.state {
        RowState::NotAsked => row.why == Why::Suspended,
        RowState::Waiting | RowState::Failed(_) => true,
        RowState::Own(_) | RowState::Answered(_) => {
            let said = |outcome: &Outcome| match outcome {
                Outcome::Found(_) | Outcome::NoRecord { complete: true, .. } => true,
                // The center has records of which nobody can say whom they are about.
                Outcome::NoRecord { complete: false, .. }
                | Outcome::Unresolved(_)
                | Outcome::Refused(_) => false,
            };
            let facts = row.facts();
            row.is_faulty()
                || !facts.is_some_and(|facts| {
                    facts.outcomes.len() == subjects && facts.outcomes.iter().all(said)
                })
        }
    }
}

#[cfg(test)]
mod tests;
