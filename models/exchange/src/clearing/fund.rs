//! The guarantee fund: how large it is, and who pays into it.

use super::{Clearing, ClearingReport};
use crate::clearing::ClearingError;
use crate::ledger::{Leg, Pot, Reason};
use crate::units::Money;

impl Clearing {
    /// Sizes the fund to the largest losses that margins would not cover if all prices moved together by the stress, up or
    /// down (CPMI-IOSCO, *Principles for financial market infrastructures*, 2012, principle 4: the two largest), and
    /// collects or returns contributions in proportion to margin. Margins are those that positions need, whether posted or
    /// called: a fund that grew when margin fails to come would have survivors pay for a default before the reserve does.
    /// Proportion to margin and daily sizing are `assumed`: Chinese exchanges set members' shares by notice. What an account
    /// cannot pay is added to its call; the part of one below zero stays for the waterfall.
    pub(super) fn size_fund(&mut self, report: &mut ClearingReport) -> Result<(), ClearingError> {
        let most = usize::from(self.rules.funds.largest);
        let scratch = &mut report.scratch;
        scratch.weights.clear();
        let each = self.accounts().zip(&mut report.accounts).zip(&self.standings);
        for ((account, row), standing) in each {
            row.stress = row.stress.abs()?;
            let uncovered = row.stress.minus(row.required)?;
            if uncovered > Money::ZERO {
                insert(&mut report.largest, uncovered, most);
            }
            let below = self.ledger.balance(Pot::Cash(account)) < Money::ZERO;
            let excused = below || standing.is_default();
            scratch.weights.push(if excused { Money::ZERO } else { row.required });
        }
        for loss in &report.largest {
            report.fund_target = report.fund_target.plus(*loss)?;
        }
        scratch.apportionment.split(report.fund_target, &scratch.weights, &mut scratch.shares)?;
        let each = self.accounts().zip(&mut report.accounts).zip(&self.standings);
        for (((account, row), standing), share) in each.zip(&scratch.shares) {
            let mut books = self.ledger.books(account)?;
            let free = books.cash();
            let due = if free < Money::ZERO { Money::ZERO } else { share.minus(books.fund())? };
            row.contribution = due.min(free.at_least_zero());
            books.transfer(Leg::Cash, Leg::Fund, row.contribution, Reason::Contribution)?;
            row.call = due.minus(row.contribution)?;
            if row.contribution < Money::ZERO && !standing.is_default() {
                // What comes back from the fund makes up for margin that was short.
                let missing = row.required.minus(books.margin())?.at_least_zero();
                let posted = missing.min(books.cash().at_least_zero());
                books.transfer(Leg::Cash, Leg::Margin, posted, Reason::Margin)?;
            }
            report.fund_held = report.fund_held.plus(books.fund())?;
        }
        Ok(())
    }
}

/// Puts an amount among the `most` largest, largest first.
fn insert(largest: &mut Vec<Money>, amount: Money, most: usize) {
    let at = largest.partition_point(|other| *other >= amount);
    if at < most {
        largest.truncate(most.saturating_sub(1));
        largest.insert(at, amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_kept_in_order() {
        let mut largest = Vec::new();
        for amount in [3, 9, 1, 7, 9, 2] {
            insert(&mut largest, Money::new(amount), 3);
        }
        assert_eq!(largest, [9, 9, 7].map(Money::new));
        let mut none = Vec::new();
        insert(&mut none, Money::new(1), 0);
        assert!(none.is_empty());
    }
}
