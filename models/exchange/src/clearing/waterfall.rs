//! The default waterfall: who pays for losses that are more than an account had.
//!
//! In this order: the defaulter's margin and its own part of the guarantee fund; the others' parts, in proportion to them;
//! the risk reserve; the exchange's capital, then its fee income; and at last an assessment of all solvent accounts in
//! proportion to their equity, which can always be paid: money is only moved here, never made, so that what is missing in
//! some accounts is in others. The first four steps are Chinese rules (INE, *Clearing Rules*, on default; ECONOMICS.md §2);
//! the assessment is `assumed`, one of the tools of CPMI-IOSCO, *Recovery of financial market infrastructures*, 2014.

use serde::{Deserialize, Serialize};

use super::{Apportionment, Clearing, Standing, idx};
use crate::account::AccountId;
use crate::clearing::ClearingError;
use crate::ledger::{Pot, Reason};
use crate::scratch::Scratch;
use crate::units::Money;

/// What a default cost, by who paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultCover {
    /// Who defaulted.
    pub account: AccountId,
    /// What was missing.
    pub deficit: Money,
    /// From its own margin.
    pub margin: Money,
    /// From its own part of the guarantee fund.
    pub own_fund: Money,
    /// From the others' parts.
    pub fund: Money,
    /// From the risk reserve.
    pub reserve: Money,
    /// From the exchange's capital.
    pub capital: Money,
    /// From the exchange's fee income.
    pub fees: Money,
    /// From an assessment of all solvent accounts.
    pub assessed: Money,
}

impl DefaultCover {
    /// What others than the defaulter paid.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn by_others(&self) -> Result<Money, ClearingError> {
        Ok(self.deficit.minus(self.margin)?.minus(self.own_fund)?)
    }
}

/// Every step of a run of the waterfall. Buffers are kept from day to day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WaterfallReport {
    /// By defaulter, in order of accounts.
    pub defaults: Vec<DefaultCover>,
    /// What each account's part of the fund gave for others; empty without a default that reached it.
    pub from_fund: Vec<Money>,
    /// What each account was assessed; empty without an assessment.
    pub assessments: Vec<Money>,
    #[serde(skip)]
    scratch: Scratch<Buffers>,
}

#[derive(Debug, Clone, Default)]
struct Buffers {
    weights: Vec<Money>,
    apportionment: Apportionment,
}

impl Clearing {
    /// Covers every account that is below zero; afterwards none is, and those that were are in default.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn cover_defaults(&mut self, report: &mut WaterfallReport) -> Result<(), ClearingError> {
        report.defaults.clear();
        report.from_fund.clear();
        report.assessments.clear();
        for account in self.accounts() {
            if self.ledger.balance(Pot::Cash(account)) < Money::ZERO {
                self.own_means(account, report)?;
            }
        }
        if report.defaults.is_empty() {
            self.deficit = false;
            return Ok(());
        }
        self.others_funds(report)?;
        for (pot, step) in
            [(Pot::Reserve, Step::Reserve), (Pot::Capital, Step::Capital), (Pot::Fees, Step::Fees)]
        {
            let available = self.ledger.balance(pot);
            let paid = available.min(self.missing(report)?);
            self.ledger.transfer(pot, Pot::Variation, paid, Reason::DefaultCover)?;
            self.hand_out(report, paid, step)?;
        }
        self.assess(report)?;
        for cover in &report.defaults {
            let by_others = cover.by_others()?;
            if let Some(state) = self.accounts.get_mut(idx(cover.account)) {
                state.covered = state.covered.plus(by_others)?;
            }
        }
        self.deficit = self.missing(report)? > Money::ZERO;
        Ok(())
    }

    /// The defaulter's margin and own part of the fund. An account whose margin is enough is not in default: its next call
    /// says what it owes.
    fn own_means(
        &mut self,
        account: AccountId,
        report: &mut WaterfallReport,
    ) -> Result<(), ClearingError> {
        let deficit = Money::ZERO.minus(self.ledger.balance(Pot::Cash(account)))?;
        let margin = self.spend_margin(account)?;
        let (cash, fund) = (Pot::Cash(account), Pot::Fund(account));
        let own_fund = deficit.minus(margin)?.min(self.ledger.balance(fund));
        self.ledger.transfer(fund, cash, own_fund, Reason::DefaultCover)?;
        if margin < deficit
            && let Some(state) = self.accounts.get_mut(idx(account))
        {
            (state.standing, state.called) = (Standing::Defaulted, Money::ZERO);
        }
        report.defaults.push(DefaultCover {
            account,
            deficit,
            margin,
            own_fund,
            fund: Money::ZERO,
            reserve: Money::ZERO,
            capital: Money::ZERO,
            fees: Money::ZERO,
            assessed: Money::ZERO,
        });
        Ok(())
    }

    fn others_funds(&mut self, report: &mut WaterfallReport) -> Result<(), ClearingError> {
        let paid = self.missing(report)?.min(self.ledger.fund()?);
        if paid == Money::ZERO {
            return Ok(());
        }
        let scratch = &mut report.scratch.0;
        scratch.weights.clear();
        scratch.weights.extend(self.accounts().map(|a| self.ledger.balance(Pot::Fund(a))));
        scratch.apportionment.split(paid, &scratch.weights, &mut report.from_fund)?;
        for (account, share) in self.accounts().zip(&report.from_fund) {
            self.ledger.transfer(
                Pot::Fund(account),
                Pot::Variation,
                *share,
                Reason::DefaultCover,
            )?;
        }
        self.hand_out(report, paid, Step::Fund)
    }

    fn assess(&mut self, report: &mut WaterfallReport) -> Result<(), ClearingError> {
        let missing = self.missing(report)?;
        if missing == Money::ZERO {
            return Ok(());
        }
        let scratch = &mut report.scratch.0;
        scratch.weights.clear();
        for (account, state) in self.accounts().zip(&self.accounts) {
            let equity = self.ledger.equity(account)?;
            scratch.weights.push(if state.standing.is_default() { Money::ZERO } else { equity });
        }
        scratch.apportionment.split(missing, &scratch.weights, &mut report.assessments)?;
        for (account, share) in self.accounts().zip(&report.assessments) {
            let cash = Pot::Cash(account);
            self.ledger.transfer(cash, Pot::Variation, *share, Reason::Assessment)?;
            self.spend_margin(account)?;
        }
        self.hand_out(report, missing, Step::Assessment)
    }

    /// What is missing in defaulters' cash.
    fn missing(&self, report: &WaterfallReport) -> Result<Money, ClearingError> {
        let mut sum = Money::ZERO;
        for cover in &report.defaults {
            sum = sum.minus(self.ledger.balance(Pot::Cash(cover.account)).min(Money::ZERO))?;
        }
        Ok(sum)
    }

    /// Gives an amount from the pool to defaulters, in order of accounts.
    fn hand_out(
        &mut self,
        report: &mut WaterfallReport,
        amount: Money,
        step: Step,
    ) -> Result<(), ClearingError> {
        let mut left = amount;
        for cover in &mut report.defaults {
            let cash = Pot::Cash(cover.account);
            let short = Money::ZERO.minus(self.ledger.balance(cash).min(Money::ZERO))?;
            let given = short.min(left);
            let reason = if matches!(step, Step::Assessment) {
                Reason::Assessment
            } else {
                Reason::DefaultCover
            };
            self.ledger.transfer(Pot::Variation, cash, given, reason)?;
            left = left.minus(given)?;
            let paid = match step {
                Step::Fund => &mut cover.fund,
                Step::Reserve => &mut cover.reserve,
                Step::Capital => &mut cover.capital,
                Step::Fees => &mut cover.fees,
                Step::Assessment => &mut cover.assessed,
            };
            *paid = paid.plus(given)?;
        }
        Ok(())
    }
}

/// A step at which others pay.
#[derive(Clone, Copy)]
enum Step {
    Fund,
    Reserve,
    Capital,
    Fees,
    Assessment,
}
