//! The session: which orders an account may send, and what its trades do to its positions.
//!
//! An accepted order is reserved: lots of either side that have not traded count as if all of one side traded and none of
//! the other. Margin of new positions is at the previous settlement price (DCE, *Measures for Risk Management*, art. 4).
//! What today's trades lost against it is taken from what is free; what they gained is not given before the settlement.

use super::{Clearing, Contract, Position, Standing, idx, margin_place};
use crate::account::{AccountId, AccountKind};
use crate::clearing::ClearingError;
use crate::contract::ContractIdx;
use crate::order::{NewOrder, Refusal, Side, Trade};
use crate::units::{Lots, Money, MoneyOverflow, Price};

impl Clearing {
    /// Whether an order may go to the book, given the account's positions and the orders reserved before it.
    ///
    /// Speculators are bound by the position limit and by the opening cap, which counts lots opened long and short
    /// together (DCE, notice 254 of 2017, on trading limits: both sides are summed, hedging is exempt). Hedgers and market
    /// makers are bound by neither, as [`crate::Terms`] says: what the exchange approves for them is not among its rules.
    /// An order that can only reduce a position needs no margin and is open to accounts that are being closed out.
    ///
    /// # Errors
    /// The first rule that the order breaks: no account, suspended, position limit, opening cap, margin.
    pub fn admit(&self, contract: ContractIdx, order: &NewOrder) -> Result<(), Refusal> {
        let account = order.account;
        let listed = self.contract(contract).map_err(|_| Refusal::Closed)?;
        let (Some(position), Some(kind), Some(standing)) =
            (self.position(contract, account), self.kind(account), self.standing(account))
        else {
            return Err(Refusal::NoAccount { account });
        };
        if !standing.may_open() && !only_reduces(position, order.side, order.lots) {
            return Err(Refusal::Suspended { account });
        }
        let mut after = *position;
        let working = match order.side {
            Side::Buy => &mut after.buying,
            Side::Sell => &mut after.selling,
        };
        *working = working.saturating_add(order.lots.get());
        if kind == AccountKind::Speculator {
            within_limits(listed, &after, order.side)?;
        }
        let needed = || -> Result<(Money, Money), MoneyOverflow> {
            let lot = listed.lot_margin(kind);
            let more = lot.times(after.reach().wrapping_sub(position.reach()), 1)?;
            Ok((more, if more > Money::ZERO { self.free(account)? } else { Money::ZERO }))
        };
        match needed() {
            Ok((more, free)) if more > free && more > Money::ZERO => {
                Err(Refusal::NoMargin { needed: more.minor(), free: free.minor() })
            }
            Ok(_) => Ok(()),
            // Margin that does not fit 64 bits is margin that nobody has.
            Err(MoneyOverflow) => Err(Refusal::NoMargin { needed: i64::MAX, free: 0 }),
        }
    }

    /// What an account could still post for new positions: cash and margin, less today's loss at the reference price, less
    /// the margin of the largest positions that its orders could lead to. Below zero if it could not even hold those.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn free(&self, account: AccountId) -> Result<Money, MoneyOverflow> {
        let column = |c: &Vec<Money>| c.get(idx(account)).copied().unwrap_or(Money::ZERO);
        self.ledger
            .equity(account)?
            .plus(column(&self.running).min(Money::ZERO))?
            .minus(column(&self.exposure))
    }

    /// An order has been accepted: all its lots are reserved until they trade or are released.
    ///
    /// # Errors
    /// When account or contract is not there, or reserved lots or their margin do not fit.
    pub fn reserve(
        &mut self,
        contract: ContractIdx,
        account: AccountId,
        side: Side,
        lots: Lots,
    ) -> Result<(), ClearingError> {
        let mut position =
            *self.position(contract, account).ok_or(ClearingError::NoAccount { account })?;
        let working = match side {
            Side::Buy => &mut position.buying,
            Side::Sell => &mut position.selling,
        };
        *working = working
            .checked_add(lots.get())
            .ok_or(ClearingError::PositionOverflow { account, contract })?;
        self.replace(contract, account, position, Money::ZERO)
    }

    /// Lots of an accepted order have left the book without a trade.
    ///
    /// # Errors
    /// When account or contract is not there.
    pub fn release(
        &mut self,
        contract: ContractIdx,
        account: AccountId,
        side: Side,
        lots: Lots,
    ) -> Result<(), ClearingError> {
        let mut position =
            *self.position(contract, account).ok_or(ClearingError::NoAccount { account })?;
        position.lift(side, lots);
        self.replace(contract, account, position, Money::ZERO)
    }

    /// Two orders traded: positions of both change, and their reserved lots fall.
    ///
    /// # Errors
    /// When a party or the contract is not there, or a position or a sum does not fit; then nothing has changed.
    pub fn record(&mut self, contract: ContractIdx, trade: &Trade) -> Result<(), ClearingError> {
        let listed = *self.contract(contract)?;
        let moved = |account: AccountId, side: Side, from: Position| {
            let mut after = from
                .after(side, trade.lots, trade.price)
                .ok_or(ClearingError::PositionOverflow { account, contract })?;
            after.lift(side, trade.lots);
            Ok::<_, ClearingError>(after)
        };
        let held = |account: AccountId| {
            self.position(contract, account).copied().ok_or(ClearingError::NoAccount { account })
        };
        let (bought, sold) = (held(trade.buyer)?, held(trade.seller)?);
        let gain = listed.gain(Side::Buy, trade.lots, trade.price)?;
        let loss = Money::ZERO.minus(gain)?;
        let bought = moved(trade.buyer, Side::Buy, bought)?;
        if trade.buyer == trade.seller {
            let both = moved(trade.seller, Side::Sell, bought)?;
            return self.replace(contract, trade.buyer, both, Money::ZERO);
        }
        let sold = moved(trade.seller, Side::Sell, sold)?;
        let buyer = self.with(contract, &listed, trade.buyer, &bought, gain)?;
        let seller = self.with(contract, &listed, trade.seller, &sold, loss)?;
        self.put(contract, trade.buyer, bought, buyer);
        self.put(contract, trade.seller, sold, seller);
        Ok(())
    }

    /// Exposure and today's result of all accounts anew, from their positions.
    pub(super) fn measure_exposure(&mut self) -> Result<(), ClearingError> {
        self.exposure.fill(Money::ZERO);
        self.running.fill(Money::ZERO);
        for (listed, column) in self.contracts.iter().zip(&self.positions) {
            let Some(listed) = listed else { continue };
            let totals = self.exposure.iter_mut().zip(&mut self.running).zip(&self.kinds);
            for (position, ((exposure, running), kind)) in column.iter().zip(totals) {
                let reach = position.reach();
                if reach == 0 && position.traded == 0 {
                    continue;
                }
                *exposure = exposure.plus(listed.lot_margin(*kind).times(reach, 1)?)?;
                *running = running.plus(position.result(listed.settlement, listed.tick_value)?)?;
            }
        }
        Ok(())
    }

    fn replace(
        &mut self,
        contract: ContractIdx,
        account: AccountId,
        position: Position,
        gain: Money,
    ) -> Result<(), ClearingError> {
        let listed = *self.contract(contract)?;
        let totals = self.with(contract, &listed, account, &position, gain)?;
        self.put(contract, account, position, totals);
        Ok(())
    }

    /// Exposure and running result of an account if a position became `after`.
    #[inline]
    fn with(
        &self,
        contract: ContractIdx,
        listed: &Contract,
        account: AccountId,
        after: &Position,
        gain: Money,
    ) -> Result<(Money, Money), ClearingError> {
        let no_account = ClearingError::NoAccount { account };
        let before = self.position(contract, account).ok_or(no_account)?;
        let at = idx(account);
        let kind = *self.kinds.get(at).ok_or(no_account)?;
        let more = listed.lot_margin(kind).times(after.reach().wrapping_sub(before.reach()), 1)?;
        let exposure = self.exposure.get(at).ok_or(no_account)?.plus(more)?;
        Ok((exposure, self.running.get(at).ok_or(no_account)?.plus(gain)?))
    }

    #[inline]
    fn put(
        &mut self,
        contract: ContractIdx,
        account: AccountId,
        position: Position,
        (exposure, running): (Money, Money),
    ) {
        let at = idx(account);
        let place = self.positions.get_mut(usize::from(contract.0)).and_then(|c| c.get_mut(at));
        if let (Some(p), Some(e), Some(r)) =
            (place, self.exposure.get_mut(at), self.running.get_mut(at))
        {
            (*p, *e, *r) = (position, exposure, running);
        }
    }
}

impl Contract {
    /// Margin of a lot at the day's reference price.
    #[inline]
    pub(super) const fn lot_margin(&self, kind: AccountKind) -> Money {
        let [speculator, hedger] = self.lot_margin;
        if margin_place(kind) == 1 { hedger } else { speculator }
    }

    /// What a trade gains against the last settlement price.
    fn gain(&self, side: Side, lots: Lots, price: Price) -> Result<Money, MoneyOverflow> {
        // Two 32-bit prices and a 32-bit number of lots: no step overflows.
        let ticks = self.settlement.wide().wrapping_sub(price.wide()).wrapping_mul(side.sign());
        self.tick_value.times(ticks, i64::from(lots.get()))
    }
}

impl Position {
    /// Gain since the last settlement at a price, in money.
    pub(super) fn result(&self, price: Price, tick_value: Money) -> Result<Money, MoneyOverflow> {
        // A 32-bit product fits.
        let worth = i64::from(self.lots).wrapping_mul(price.wide());
        tick_value.times(worth.checked_sub(self.cost).ok_or(MoneyOverflow)?, 1)
    }
}

/// Whether an order, with all reserved before it on its side, can do nothing but make a position smaller.
fn only_reduces(position: &Position, side: Side, lots: Lots) -> bool {
    let (held, working) = match side {
        Side::Buy => (i64::from(position.lots).wrapping_neg(), position.buying),
        Side::Sell => (i64::from(position.lots), position.selling),
    };
    // Sums of two 32-bit numbers fit.
    i64::from(working).wrapping_add(i64::from(lots.get())) <= held
}

/// Position limit and opening cap, if all orders of a side (for the cap: of both) traded.
fn within_limits(listed: &Contract, after: &Position, side: Side) -> Result<(), Refusal> {
    let (lots, buying, selling) =
        (i64::from(after.lots), i64::from(after.buying), i64::from(after.selling));
    // 32-bit numbers: their sums fit 64 bits.
    let (long, short) = (lots.wrapping_add(buying).max(0), selling.wrapping_sub(lots).max(0));
    if let Some(limit) = listed.position_limit {
        let reached = match side {
            Side::Buy => long,
            Side::Sell => short,
        };
        if reached > i64::from(limit.get()) {
            return Err(Refusal::PositionLimit { reached: clamp(reached), limit: limit.get() });
        }
    }
    if let Some(cap) = listed.opening_cap {
        let opening = long
            .wrapping_sub(lots.max(0))
            .wrapping_add(short.wrapping_sub(lots.wrapping_neg().max(0)));
        let more = match side {
            Side::Buy => long > lots.max(0),
            Side::Sell => short > lots.wrapping_neg().max(0),
        };
        let opened = i64::from(after.opened).wrapping_add(opening);
        if more && opened > i64::from(cap.get()) {
            return Err(Refusal::OpeningCap { opened: clamp(opened), cap: cap.get() });
        }
    }
    Ok(())
}

fn clamp(lots: i64) -> u32 {
    u32::try_from(lots).unwrap_or(u32::MAX)
}

impl Standing {
    pub(super) const fn is_default(self) -> bool {
        matches!(self, Self::Defaulted)
    }
}
