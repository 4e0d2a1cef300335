//! The guarantee fund: how large it is, and who pays into it; and who is called for what is missing in all.

use super::{Account, AccountClearing, Clearing, ClearingReport, Standing};
use crate::account::AccountId;
use crate::clearing::ClearingError;
use crate::ledger::{Books, Leg, Reason};
use crate::units::{Money, Rate};

impl Clearing {
    /// Sizes the fund to the largest losses that margins would not cover if all prices moved together by the stress, up or
    /// down (CPMI-IOSCO, *Principles for financial market infrastructures*, 2012, principle 4: the two largest), and
    /// collects or returns contributions in proportion to margin. Margins are those that positions need, whether posted or
    /// called: a fund that grew when margin fails to come would have survivors pay for a default before the reserve does.
    /// Proportion to margin and daily sizing are `assumed`: Chinese exchanges set members' shares by notice. What an account
    /// cannot pay is added to its call; the part of one below zero stays for the waterfall.
    pub(super) fn size_fund(&mut self, report: &mut ClearingReport) -> Result<(), ClearingError> {
        let most = usize::from(self.rules.funds.largest);
        for row in &report.accounts {
            let uncovered = row.stress.minus(row.required)?;
            if uncovered > Money::ZERO {
                insert(&mut report.largest, uncovered, most);
            }
        }
        for loss in &report.largest {
            report.fund_target = report.fund_target.plus(*loss)?;
        }
        let scratch = &mut report.scratch.0;
        scratch.apportionment.split(report.fund_target, &scratch.weights, &mut scratch.shares)?;
        let rows = report.accounts.iter_mut().zip(&scratch.shares);
        for ((account, state), (row, share)) in
            (0..).map(AccountId).zip(&mut self.accounts).zip(rows)
        {
            let mut books = self.ledger.books(account)?;
            contribute(&mut books, state, row, *share)?;
            call(&books, state, row, self.rules.maintenance)?;
            report.fund_held = report.fund_held.plus(books.fund())?;
            report.calls = report.calls.plus(row.call)?;
        }
        Ok(())
    }
}

/// An account's part of the fund moves; what it cannot pay is called.
#[inline]
fn contribute(
    books: &mut Books<'_>,
    state: &Account,
    row: &mut AccountClearing,
    share: Money,
) -> Result<(), ClearingError> {
    let free = books.cash();
    let due = if free < Money::ZERO { Money::ZERO } else { share.minus(books.fund())? };
    row.contribution = due.min(free.at_least_zero());
    books.transfer(Leg::Cash, Leg::Fund, row.contribution, Reason::Contribution)?;
    row.call = due.minus(row.contribution)?;
    if row.contribution < Money::ZERO && !state.standing.is_default() {
        // What comes back from the fund makes up for margin that was short.
        let missing = row.required.minus(books.margin())?.at_least_zero();
        let posted = missing.min(books.cash().at_least_zero());
        books.transfer(Leg::Cash, Leg::Margin, posted, Reason::Margin)?;
    }
    Ok(())
}

/// Who is under its maintenance margin, or could not pay its part of the fund, is called.
#[inline]
fn call(
    books: &Books<'_>,
    state: &mut Account,
    row: &mut AccountClearing,
    maintenance: Rate,
) -> Result<(), ClearingError> {
    if state.standing.is_default() {
        (row.call, state.called) = (Money::ZERO, Money::ZERO);
        return Ok(());
    }
    let equity = books.cash().plus(books.margin())?;
    if equity < row.required && equity < row.required.share(maintenance)? {
        row.call = row.call.plus(row.required.minus(equity)?)?;
    } else if equity < Money::ZERO {
        row.call = row.call.minus(equity)?;
    }
    state.called = row.call;
    state.standing = match (state.standing, row.call > Money::ZERO) {
        (Standing::Closing, true) => Standing::Closing,
        (_, true) => Standing::Called,
        (_, false) => Standing::Good,
    };
    Ok(())
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
