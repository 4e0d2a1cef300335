//! The morning after: unmet calls, and the orders that close positions for them.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{Clearing, Contract, Standing, WaterfallReport};
use crate::account::{AccountId, AccountKind};
use crate::clearing::ClearingError;
use crate::contract::ContractIdx;
use crate::order::{NewOrder, OrderKind, Side};
use crate::units::{Lots, Money, MoneyOverflow};

/// What the morning brought.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EnforcementReport {
    /// Accounts that did not meet their call and are closed out as far as needed, in order.
    pub closing: Vec<AccountId>,
    /// Those whose losses were more than they had, and who paid.
    pub waterfall: WaterfallReport,
}

/// An order that clearing sends to a book for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForcedOrder {
    /// To which book.
    pub contract: ContractIdx,
    /// The order.
    pub order: NewOrder,
}

/// Orders of a morning's forced liquidation. Keeps its buffers from day to day.
#[derive(Debug, Clone, Default)]
pub struct Liquidation {
    orders: Vec<ForcedOrder>,
    sequence: Vec<ContractIdx>,
}

impl Clearing {
    /// Calls fall due: who has not paid is closed out, who is still below zero is in default and the waterfall runs.
    /// Afterwards nobody is below zero.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn enforce_calls(&mut self, report: &mut EnforcementReport) -> Result<(), ClearingError> {
        report.closing.clear();
        for (account, state) in (0..).map(AccountId).zip(&mut self.accounts) {
            match (state.standing, state.called > Money::ZERO) {
                (Standing::Called | Standing::Closing, true) => {
                    state.standing = Standing::Closing;
                    report.closing.push(account);
                }
                (Standing::Called | Standing::Closing, false) => state.standing = Standing::Good,
                (Standing::Good | Standing::Defaulted, _) => {}
            }
        }
        self.cover_defaults(&mut report.waterfall)
    }
}

impl Liquidation {
    /// The orders that close positions of accounts in default, in full, and of accounts that did not meet a call, as far as
    /// the margin they free is needed; then those that bring speculators' positions down to a limit that has fallen below
    /// them (DCE and GFEX: forced liquidation of positions over their limit). Call it after [`Clearing::open_day`] of the day on which they are sent.
    ///
    /// Contracts are closed from the most liquid (`liquidity` by place: yesterday's volume, say) to the least, of two equal
    /// ones the first listed. Within limits an order stands at the limit against the position, so that it keeps its place
    /// in the queue of a locked market; without limits it is a market order. What does not trade is ordered again on the
    /// next day. Orders over the largest order are cut.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn orders(
        &mut self,
        clearing: &Clearing,
        liquidity: &[u64],
    ) -> Result<&[ForcedOrder], MoneyOverflow> {
        self.orders.clear();
        self.sequence.clear();
        self.sequence.extend(clearing.contracts());
        self.sequence.sort_unstable_by_key(|contract| {
            let traded = liquidity.get(usize::from(contract.0)).copied().unwrap_or(0);
            (Reverse(traded), *contract)
        });
        for (account, state) in (0..).map(AccountId).zip(&clearing.accounts) {
            match state.standing {
                Standing::Good | Standing::Called => {}
                Standing::Closing => {
                    self.close(clearing, account, Some(state.called))?;
                }
                Standing::Defaulted => self.close(clearing, account, None)?,
            }
        }
        self.over_limit(clearing);
        Ok(&self.orders)
    }

    /// Orders for what speculators hold over the position limit; who is closed out already is no further over it.
    fn over_limit(&mut self, clearing: &Clearing) {
        for contract in &self.sequence {
            let Ok(listed) = clearing.contract(*contract) else { continue };
            let Some(limit) = listed.position_limit else { continue };
            let each = (0..).map(AccountId).zip(&clearing.accounts);
            for ((account, state), position) in each.zip(clearing.positions(*contract)) {
                let bound = state.kind == AccountKind::Speculator && state.standing.may_open();
                if let Some(side) = position.side().filter(|_| bound) {
                    let lots = position.size().less(limit);
                    push(&mut self.orders, *contract, listed, account, side.opposite(), lots);
                }
            }
        }
    }

    /// Orders that free `missing` of margin, or close all without an amount.
    fn close(
        &mut self,
        clearing: &Clearing,
        account: AccountId,
        missing: Option<Money>,
    ) -> Result<(), MoneyOverflow> {
        let Some(kind) = clearing.kind(account) else { return Ok(()) };
        let mut missing = missing;
        for contract in &self.sequence {
            let (Ok(listed), Some(position)) =
                (clearing.contract(*contract), clearing.position(*contract, account))
            else {
                continue;
            };
            let Some(side) = position.side() else { continue };
            let mut lots = position.size();
            if let Some(amount) = &mut missing {
                if *amount <= Money::ZERO {
                    break;
                }
                let lot = listed.lot_margin(kind);
                lots = lots.min(lots_for(*amount, lot));
                *amount = amount.minus(lot.times(i64::from(lots.get()), 1)?)?;
            }
            push(&mut self.orders, *contract, listed, account, side.opposite(), lots);
        }
        Ok(())
    }
}

/// Fewest lots whose margin is an amount; as many as there are if a lot needs none.
fn lots_for(amount: Money, lot: Money) -> Lots {
    let lots = amount
        .minor()
        .checked_add(lot.minor().saturating_sub(1))
        .and_then(|sum| sum.checked_div(lot.minor()))
        .and_then(|lots| u32::try_from(lots).ok());
    Lots::new(lots.unwrap_or(u32::MAX))
}

fn push(
    orders: &mut Vec<ForcedOrder>,
    contract: ContractIdx,
    listed: &Contract,
    account: AccountId,
    side: Side,
    lots: Lots,
) {
    let kind = match (listed.limits, side) {
        (Some(limits), Side::Buy) => OrderKind::Limit(limits.high),
        (Some(limits), Side::Sell) => OrderKind::Limit(limits.low),
        (None, _) => OrderKind::Market,
    };
    let mut left = lots;
    while !left.is_zero() && !listed.max_order.is_zero() {
        let lots = left.min(listed.max_order);
        left = left.less(lots);
        orders.push(ForcedOrder { contract, order: NewOrder { account, side, lots, kind } });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_lots_than_needed() {
        let lots = |amount, lot| lots_for(Money::new(amount), Money::new(lot)).get();
        assert_eq!((lots(1, 100), lots(100, 100), lots(101, 100)), (1, 1, 2));
        assert_eq!(lots(5, 0), u32::MAX);
        assert_eq!(lots(i64::MAX, 2), u32::MAX);
    }
}
