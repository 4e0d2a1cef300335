//! The session: which orders an account may send, and what its trades do to its positions.
//!
//! An accepted order is reserved: lots of either side that have not traded count as if all of one side traded and none of
//! the other. Margin of new positions is at the previous settlement price (DCE, *Measures for Risk Management*, art. 4).
//! What today's trades lost against it is taken from what is free; what they gained is not given before the settlement.

use super::{Account, Clearing, Contract, Position, Standing, idx, margin_place};
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
        self.more_margin(contract, order).map(|_| ())
    }

    /// Margin that an order adds to its account's exposure, if it is admitted.
    #[inline]
    fn more_margin(&self, contract: ContractIdx, order: &NewOrder) -> Result<Money, Refusal> {
        let account = order.account;
        let listed = self.contract(contract).map_err(|_| Refusal::Closed)?;
        let (Some(position), Some(state)) =
            (self.position(contract, account), self.accounts.get(idx(account)))
        else {
            return Err(Refusal::NoAccount { account });
        };
        if !state.standing.may_open() && !only_reduces(position, order.side, order.lots) {
            return Err(Refusal::Suspended { account });
        }
        let mut after = *position;
        let working = after.working_mut(order.side);
        *working = working.saturating_add(order.lots.get());
        if state.kind == AccountKind::Speculator {
            within_limits(listed, &after, order.side)?;
        }
        let reach = after.reach().wrapping_sub(position.reach());
        let needed = || -> Result<(Money, Money), MoneyOverflow> {
            let more = listed.lot_margin(state.kind).times(reach, 1)?;
            state.exposure.plus(more)?;
            Ok((more, if more > Money::ZERO { self.free(account)? } else { more }))
        };
        match needed() {
            Ok((more, free)) if more <= free => Ok(more),
            Ok((more, free)) => Err(Refusal::NoMargin { needed: more.minor(), free: free.minor() }),
            // Margin that does not fit 64 bits is margin that nobody has.
            Err(MoneyOverflow) => Err(Refusal::NoMargin { needed: i64::MAX, free: 0 }),
        }
    }

    /// What an account could still post for new positions: cash and margin, less today's loss at the reference price, less
    /// the margin of the largest positions that its orders could lead to. Below zero if it could not even hold those.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn free(&self, account: AccountId) -> Result<Money, MoneyOverflow> {
        let equity = self.ledger.equity(account)?;
        match self.accounts.get(idx(account)) {
            Some(state) => equity.plus(state.running.min(Money::ZERO))?.minus(state.exposure),
            None => Ok(equity),
        }
    }

    /// Takes an order: refuses it as [`Self::admit`] does, or reserves all its lots until they trade or are released.
    ///
    /// # Errors
    /// The first rule that the order breaks.
    pub fn accept(&mut self, contract: ContractIdx, order: &NewOrder) -> Result<(), Refusal> {
        let more = self.more_margin(contract, order)?;
        if let Some(position) =
            self.place(contract, order.account).and_then(|place| self.positions.get_mut(place))
            && let Some(state) = self.accounts.get_mut(idx(order.account))
        {
            // Both sums were taken when the order was admitted.
            let working = position.working_mut(order.side);
            *working = working.saturating_add(order.lots.get());
            state.exposure = state.exposure.plus(more).unwrap_or(state.exposure);
        }
        Ok(())
    }

    /// An order is in the book that was not asked about (a forced one): all its lots are reserved until they trade or are
    /// released.
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
        self.change(contract, account, |position| {
            let working = position.working_mut(side);
            *working = working.checked_add(lots.get())?;
            Some(())
        })
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
        self.change(contract, account, |position| {
            position.lift(side, lots);
            Some(())
        })
    }

    /// Two orders traded: positions of both change, and their reserved lots fall.
    ///
    /// # Errors
    /// When a party or the contract is not there, or a position or a sum does not fit; then nothing has changed.
    pub fn record(&mut self, contract: ContractIdx, trade: &Trade) -> Result<(), ClearingError> {
        let no_account = |account| ClearingError::NoAccount { account };
        let at = |account| self.place(contract, account).ok_or(no_account(account));
        let places = [at(trade.buyer)?, at(trade.seller)?];
        let missing =
            if idx(trade.buyer) < self.accounts.len() { trade.seller } else { trade.buyer };
        let Some(Some(listed)) = self.contracts.get_mut(usize::from(contract.0)) else {
            return Err(ClearingError::NoContract { contract });
        };
        // A bound, and so counted before it is known whether the trade fits.
        listed.lots_today = listed.lots_today.saturating_add(u64::from(trade.lots.get()));
        let listed = &*listed;
        let fees = listed.fees(trade)?;
        let gain = listed.gain(trade.lots, trade.price)?;
        let loss = Money::ZERO.minus(gain)?;
        let overflow = |account| ClearingError::PositionOverflow { account, contract };
        if trade.buyer == trade.seller {
            return self.record_own(contract, trade, fees);
        }
        let [buyer, seller] =
            self.positions.get_disjoint_mut(places).map_err(|_| no_account(missing))?;
        let [long, short] = self
            .accounts
            .get_disjoint_mut([idx(trade.buyer), idx(trade.seller)])
            .map_err(|_| no_account(missing))?;
        let bought = listed.traded(buyer, long, Side::Buy, trade, (gain, fees));
        let bought = bought.ok_or(overflow(trade.buyer))?;
        let sold = listed.traded(seller, short, Side::Sell, trade, (loss, fees));
        let sold = sold.ok_or(overflow(trade.seller))?;
        bought.put(buyer, long);
        sold.put(seller, short);
        Ok(())
    }

    /// An account traded with itself.
    #[cold]
    fn record_own(
        &mut self,
        contract: ContractIdx,
        trade: &Trade,
        fees: i64,
    ) -> Result<(), ClearingError> {
        let account = trade.buyer;
        self.change(contract, account, |position| {
            position.trade(Side::Buy, trade.lots, trade.price)?;
            position.trade(Side::Sell, trade.lots, trade.price)
        })?;
        let state = self.accounts.get_mut(idx(account));
        let state = state.ok_or(ClearingError::NoAccount { account })?;
        state.fees = state.fees.saturating_add(fees).saturating_add(fees);
        state.traded = true;
        Ok(())
    }

    /// Exposure of all accounts anew, from their positions.
    pub(super) fn measure_exposure(&mut self) -> Result<(), ClearingError> {
        let rows = self.positions.chunks(self.contracts.len().max(1));
        for (state, row) in self.accounts.iter_mut().zip(rows) {
            state.exposure = Money::ZERO;
            for (listed, position) in self.contracts.iter().zip(row) {
                let Some(listed) = listed else { continue };
                let margin = listed.lot_margin(state.kind).times(position.reach(), 1)?;
                state.exposure = state.exposure.plus(margin)?;
            }
        }
        Ok(())
    }

    /// Changes a position and the exposure that follows from it; a change that is none does not fit.
    #[inline]
    fn change(
        &mut self,
        contract: ContractIdx,
        account: AccountId,
        change: impl FnOnce(&mut Position) -> Option<()>,
    ) -> Result<(), ClearingError> {
        let no_account = ClearingError::NoAccount { account };
        let place = self.place(contract, account).ok_or(no_account)?;
        let Some(Some(listed)) = self.contracts.get(usize::from(contract.0)) else {
            return Err(ClearingError::NoContract { contract });
        };
        let position = self.positions.get_mut(place).ok_or(no_account)?;
        let state = self.accounts.get_mut(idx(account)).ok_or(no_account)?;
        let mut after = *position;
        change(&mut after).ok_or(ClearingError::PositionOverflow { account, contract })?;
        let more = after.reach().wrapping_sub(position.reach());
        state.exposure = state.exposure.plus(listed.lot_margin(state.kind).times(more, 1)?)?;
        *position = after;
        Ok(())
    }
}

/// What a trade makes of one of its sides.
struct Traded {
    position: Position,
    exposure: Money,
    running: Money,
    fees: i64,
}

impl Traded {
    #[inline]
    fn put(self, position: &mut Position, state: &mut Account) {
        *position = self.position;
        (state.exposure, state.running, state.fees) = (self.exposure, self.running, self.fees);
        state.traded = true;
    }
}

impl Contract {
    /// Margin of a lot at the day's reference price.
    #[inline]
    pub(super) const fn lot_margin(&self, kind: AccountKind) -> Money {
        let [speculator, hedger] = self.lot_margin;
        if margin_place(kind) == 1 { hedger } else { speculator }
    }

    /// What a purchase gains against the last settlement price.
    #[inline]
    fn gain(&self, lots: Lots, price: Price) -> Result<Money, MoneyOverflow> {
        // Two 32-bit prices: their difference fits.
        let ticks = self.settlement.wide().wrapping_sub(price.wide());
        self.tick_value.times(ticks, i64::from(lots.get()))
    }

    /// What each side of a trade owes in fees, in fen × ppm.
    #[inline]
    fn fees(&self, trade: &Trade) -> Result<i64, MoneyOverflow> {
        let lots = i64::from(trade.lots.get());
        let value = trade.price.wide().wrapping_abs().wrapping_mul(lots); // 31 and 32 bits
        let turnover = Money::new(self.fee_tick).times(value, 1)?;
        Ok(turnover.plus(Money::new(self.fee_lot).times(lots, 1)?)?.minor())
    }

    /// One side of a trade with its gain and fees; none if it does not fit.
    #[inline]
    fn traded(
        &self,
        position: &Position,
        state: &Account,
        side: Side,
        trade: &Trade,
        (gain, fees): (Money, i64),
    ) -> Option<Traded> {
        let mut after = *position;
        after.trade(side, trade.lots, trade.price)?;
        let reach = after.reach().wrapping_sub(position.reach());
        let more = self.lot_margin(state.kind).times(reach, 1).ok()?;
        Some(Traded {
            position: after,
            exposure: state.exposure.plus(more).ok()?,
            running: state.running.plus(gain).ok()?,
            fees: state.fees.checked_add(fees)?,
        })
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
