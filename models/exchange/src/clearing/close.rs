//! The end of a contract: positions marked to their final price and closed, margin set free.

use super::{Clearing, Contract, Position};
use crate::account::AccountId;
use crate::clearing::ClearingError;
use crate::contract::ContractIdx;
use crate::ledger::{Pot, Reason};
use crate::units::{Money, Price};

impl Clearing {
    /// Marks a contract's positions to its final price and closes them: cash settlement, and the first step of delivery.
    /// Call it after the settlement of the last trading day. Margin is set free at the next settlement. Returns the sum of
    /// gains, as much as of losses.
    ///
    /// # Errors
    /// When the contract is not listed, has trades that are not settled, or a sum does not fit.
    pub fn close_out(
        &mut self,
        contract: ContractIdx,
        price: Price,
    ) -> Result<Money, ClearingError> {
        let Contract { tick_value, settlement, .. } = *self.contract(contract)?;
        let moved = price.wide().wrapping_sub(settlement.wide()); // two 32-bit prices
        let gain = |position: &Position| tick_value.times(moved, i64::from(position.lots));
        if let Some(account) = self.accounts().zip(&self.accounts).find(|(_, a)| a.traded) {
            return Err(ClearingError::Unsettled { account: account.0 });
        }
        let (mut gains, mut lots) = (Money::ZERO, 0_i64);
        for position in self.positions(contract) {
            gains = gains.plus(gain(position)?.at_least_zero())?;
            lots = lots.saturating_add(i64::from(position.lots));
        }
        if lots != 0 {
            return Err(ClearingError::Unbalanced { contract, lots });
        }
        for account in self.accounts() {
            let Some(position) = self.position(contract, account) else { continue };
            let (cash, amount) = (Pot::Cash(account), gain(position)?);
            self.ledger.transfer(Pot::Variation, cash, amount, Reason::Variation)?;
            self.spend_margin(account)?;
        }
        let place = usize::from(contract.0);
        self.column_mut(contract).for_each(|position| *position = Position::default());
        if let Some(Some(listed)) = self.contracts.get_mut(place) {
            listed.settlement = price;
        }
        self.measure_exposure()?;
        Ok(gains)
    }

    /// Takes what cash is below zero from margin; marks a deficit if that is not enough.
    pub(crate) fn spend_margin(&mut self, account: AccountId) -> Result<Money, ClearingError> {
        let (cash, margin) = (Pot::Cash(account), Pot::Margin(account));
        let short = Money::ZERO.minus(self.ledger.balance(cash))?;
        if short <= Money::ZERO {
            return Ok(Money::ZERO);
        }
        let spent = short.min(self.ledger.balance(margin));
        self.ledger.transfer(margin, cash, spent, Reason::MarginSpent)?;
        self.deficit |= spent < short;
        Ok(spent)
    }

    /// Sets margin free that an account's positions do not need at the day's reference prices.
    pub(crate) fn free_margin(&mut self, account: AccountId) -> Result<(), ClearingError> {
        let no_account = ClearingError::NoAccount { account };
        let kind = self.kind(account).ok_or(no_account)?;
        let mut required = Money::ZERO;
        for (listed, position) in self.contracts.iter().zip(self.positions_of(account)) {
            if let Some(listed) = listed {
                let lots = i64::from(position.size().get());
                required = required.plus(listed.lot_margin(kind).times(lots, 1)?)?;
            }
        }
        let (cash, margin) = (Pot::Cash(account), Pot::Margin(account));
        let free = self.ledger.balance(margin).minus(required)?.at_least_zero();
        self.ledger.transfer(margin, cash, free, Reason::Margin)
    }

    /// Refuses while an account may be below zero.
    pub(crate) const fn nothing_open(&self) -> Result<(), ClearingError> {
        if self.deficit { Err(ClearingError::OpenDeficit) } else { Ok(()) }
    }

    /// A movement of money for the other modules of this crate.
    pub(crate) fn move_money(
        &mut self,
        from: Pot,
        to: Pot,
        amount: Money,
        reason: Reason,
    ) -> Result<(), ClearingError> {
        self.ledger.transfer(from, to, amount, reason)
    }
}
