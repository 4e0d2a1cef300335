//! Orders in, cancellations, replacements: what continuous trading does.

use super::ladder::{EMPTY, key};
use super::slots::{MOST_SEQUENCE, NONE, Slot};
use super::tape::{Cancelled, Fill, Tape};
use super::{Acknowledgement, Book, Session};
use crate::account::AccountId;
use crate::order::{CancelReason, NewOrder, OrderId, OrderKind, Refusal, SelfTrade, Side, Trade};
use crate::units::{Lots, Price};

/// An order that is looking for the other side. Copied, so that it stays in registers.
#[derive(Clone, Copy)]
struct Incoming {
    id: OrderId,
    account: AccountId,
    side: Side,
    /// The worst key of the other side at which it trades.
    bound: i64,
}

/// What is left of an order after it has met the other side.
#[derive(Clone, Copy)]
struct Rest {
    lots: Lots,
    /// Whether it met an order of its own account and has to go.
    stopped: bool,
}

/// Every key of the other side will do.
const ANY: i64 = EMPTY.wrapping_add(1);

impl Book {
    /// Takes an order in: it trades as far as its kind and limit allow, and a limit order's rest stays in the book. In the
    /// auction, limit and market orders are collected instead.
    ///
    /// # Errors
    /// A typed reason; the book is unchanged then.
    #[inline]
    pub fn submit<T: Tape + ?Sized>(
        &mut self,
        order: NewOrder,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        if let Some(journal) = &mut self.journal {
            journal.push_order(order)?;
        }
        self.accept(order, tape)
    }

    #[inline]
    fn accept<T: Tape + ?Sized>(
        &mut self,
        order: NewOrder,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        if order.lots.is_zero() {
            return Err(Refusal::NoLots);
        }
        if order.account.0 >= self.spec.accounts {
            return Err(Refusal::NoAccount { account: order.account });
        }
        if self.next_order > MOST_SEQUENCE {
            return Err(Refusal::BookFull);
        }
        if self.session != Session::Continuous {
            return self.collect(order);
        }
        let (bound, rests) = self.look(&order)?;
        let slot = if rests { self.slots.take().ok_or(Refusal::BookFull)? } else { NONE };
        let (account, side) = (order.account, order.side);
        let incoming = Incoming { id: OrderId::join(self.next_order, slot), account, side, bound };
        self.next_order = self.next_order.wrapping_add(1);
        self.entered = self.entered.wrapping_add(u64::from(order.lots.get()));
        let rest = self.sweep(incoming, order.lots, tape);
        Ok(self.settle_rest(order, incoming.id, rest, slot, tape))
    }

    /// The worst key of the other side at which an order trades and whether it may rest, unless it is to be refused.
    #[inline]
    fn look(&self, order: &NewOrder) -> Result<(i64, bool), Refusal> {
        let opposite = order.side.opposite();
        let price = match order.kind {
            OrderKind::Limit(p) | OrderKind::ImmediateOrCancel(p) | OrderKind::FillOrKill(p) => p,
            OrderKind::Market if self.ladders[opposite as usize].best() == EMPTY => {
                return Err(Refusal::NoOtherSide);
            }
            OrderKind::Market => return Ok((ANY, false)),
        };
        self.admit(price)?;
        let bound = i64::from(key(opposite, price));
        // One question a kind instead of a jump by kind, which is guessed worse.
        if matches!(order.kind, OrderKind::FillOrKill(_)) {
            self.is_fillable(order, bound)?;
        }
        Ok((bound, matches!(order.kind, OrderKind::Limit(_))))
    }

    /// Whether a price is within the day's limits.
    #[inline]
    pub(super) fn admit(&self, price: Price) -> Result<(), Refusal> {
        if self.limits.admit(price) {
            return Ok(());
        }
        let (low, high) = (self.limits.low.ticks(), self.limits.high.ticks());
        Err(Refusal::OverLimit { price: price.ticks(), low, high })
    }

    /// Trades with the other side, best price first, first come first served.
    #[inline]
    fn sweep<T: Tape + ?Sized>(&mut self, incoming: Incoming, lots: Lots, tape: &mut T) -> Rest {
        let opposite = incoming.side.opposite() as usize;
        let mut left = lots;
        while !left.is_zero() && self.ladders[opposite].best() >= incoming.bound {
            let first = self.ladders[opposite].first();
            if self.slots.at(first).account != incoming.account {
                left = left.less(self.trade(first, incoming, left, tape));
            } else if self.meet_own(first, tape) {
                return Rest { lots: left, stopped: true };
            }
        }
        Rest { lots: left, stopped: false }
    }

    /// An incoming order meets the first resting one; how many lots they trade.
    #[inline]
    fn trade<T: Tape + ?Sized>(
        &mut self,
        first: u32,
        incoming: Incoming,
        left: Lots,
        tape: &mut T,
    ) -> Lots {
        let opposite = incoming.side.opposite() as usize;
        let resting = *self.slots.at(first);
        let lots = left.min(resting.lots);
        let (buyer, seller, buy, sell) = match incoming.side {
            Side::Buy => (incoming.account, resting.account, incoming.id, resting.id),
            Side::Sell => (resting.account, incoming.account, resting.id, incoming.id),
        };
        let trade = Trade {
            sequence: self.next_trade,
            price: resting.price,
            lots,
            buyer,
            seller,
            aggressor: Some(incoming.side),
        };
        self.next_trade = self.next_trade.wrapping_add(1);
        self.statistics.count(resting.price, lots);
        self.fill_first(opposite, first, lots);
        tape.fill(&Fill { trade, buy, sell });
        lots
    }

    /// Takes `lots` off the first order of a side; it leaves when nothing is left.
    #[inline]
    pub(super) fn fill_first(&mut self, side: usize, first: u32, lots: Lots) {
        let resting = *self.slots.at(first);
        self.release_exposure(resting.account, side, lots);
        if lots == resting.lots {
            self.ladders[side].pop_first(&mut self.slots);
            self.slots.release(first);
        } else {
            self.slots.at_mut(first).lots = resting.lots.less(lots);
            self.ladders[side].reduce(key(resting.side, resting.price), lots);
        }
    }

    /// An incoming order meets one of its own account; whether it ends there.
    #[cold]
    fn meet_own<T: Tape + ?Sized>(&mut self, first: u32, tape: &mut T) -> bool {
        if self.spec.self_trade != SelfTrade::CancelIncoming {
            self.withdraw(first, CancelReason::SelfTrade, tape);
        }
        self.spec.self_trade != SelfTrade::CancelResting
    }

    /// What is left of an order rests or is cancelled.
    #[inline]
    fn settle_rest<T: Tape + ?Sized>(
        &mut self,
        new: NewOrder,
        order: OrderId,
        rest: Rest,
        slot: u32,
        tape: &mut T,
    ) -> Acknowledgement {
        let filled = new.lots.less(rest.lots);
        let mut resting = Lots::ZERO;
        if let OrderKind::Limit(price) = new.kind {
            if rest.lots.is_zero() || rest.stopped {
                self.slots.release(slot);
            } else {
                self.rest(slot, Slot::new(order, &new, price, rest.lots));
                resting = rest.lots;
            }
        }
        if !rest.lots.is_zero() && resting.is_zero() {
            let reason =
                if rest.stopped { CancelReason::SelfTrade } else { CancelReason::Unfilled };
            let (account, side, lots) = (new.account, new.side, rest.lots);
            self.cancelled = self.cancelled.wrapping_add(u64::from(lots.get()));
            tape.cancelled(&Cancelled { order, account, side, lots, reason });
        }
        Acknowledgement { order, filled, resting }
    }

    /// Puts an order into the book, at the end of its price's queue. The account was checked on arrival.
    #[inline]
    pub(super) fn rest(&mut self, slot: u32, order: Slot) {
        let (side, lots) = (order.side, order.lots);
        let exposure = &mut self.resting[order.account.0 as usize][side as usize];
        *exposure = exposure.wrapping_add(u64::from(lots.get()));
        *self.slots.at_mut(slot) = order;
        self.ladders[side as usize].append(key(side, order.price), slot, lots, &mut self.slots);
    }

    /// Lots of an account rest no longer. They were added when they came: never more than there are.
    #[inline]
    fn release_exposure(&mut self, account: AccountId, side: usize, lots: Lots) {
        let exposure = &mut self.resting[account.0 as usize][side];
        *exposure = exposure.wrapping_sub(u64::from(lots.get()));
    }

    /// Outside continuous trading: collects orders for the auction.
    #[cold]
    fn collect(&mut self, order: NewOrder) -> Result<Acknowledgement, Refusal> {
        if self.session != Session::Auction {
            return Err(Refusal::Closed);
        }
        let price = match (order.kind, order.side) {
            (OrderKind::Limit(price), _) => {
                self.admit(price)?;
                price
            }
            (OrderKind::Market, side) => self.band.market_price(side),
            (OrderKind::ImmediateOrCancel(_) | OrderKind::FillOrKill(_), _) => {
                return Err(Refusal::Closed);
            }
        };
        let slot = self.slots.take().ok_or(Refusal::BookFull)?;
        let id = OrderId::join(self.next_order, slot);
        self.next_order = self.next_order.wrapping_add(1);
        self.entered = self.entered.wrapping_add(u64::from(order.lots.get()));
        self.rest(slot, Slot::new(id, &order, price, order.lots));
        Ok(Acknowledgement { order: id, filled: Lots::ZERO, resting: order.lots })
    }

    /// Whether an order can be filled in full at once, given what happens to orders of its own account on the way.
    fn is_fillable(&self, order: &NewOrder, bound: i64) -> Result<(), Refusal> {
        let opposite = order.side.opposite();
        let ladder = &self.ladders[opposite as usize];
        let wanted = u64::from(order.lots.get());
        let meets_own = self.resting(order.account, opposite) > 0;
        let mut available = 0_u64;
        'levels: for (key, level) in ladder.best_first() {
            if i64::from(key) < bound || available >= wanted {
                break;
            }
            if !meets_own {
                available = available.wrapping_add(level.lots);
                continue;
            }
            let mut next = level.head;
            while next != NONE {
                let resting = self.slots.at(next);
                if resting.account != order.account {
                    available = available.wrapping_add(u64::from(resting.lots.get()));
                } else if self.spec.self_trade != SelfTrade::CancelResting {
                    break 'levels;
                }
                next = resting.next;
            }
        }
        if available >= wanted {
            return Ok(());
        }
        // Less than what is wanted, hence 32 bits.
        let available = u32::try_from(available).unwrap_or(u32::MAX);
        Err(Refusal::NotFilled { lots: order.lots.get(), available })
    }

    /// Takes an order out for its owner; how many lots were left of it.
    ///
    /// # Errors
    /// When it does not rest (unknown, filled or cancelled before) or belongs to somebody else.
    #[inline]
    pub fn cancel<T: Tape + ?Sized>(
        &mut self,
        order: OrderId,
        account: AccountId,
        tape: &mut T,
    ) -> Result<Lots, Refusal> {
        if let Some(journal) = &mut self.journal {
            journal.push_cancel(order, account)?;
        }
        let slot = self.find_own(order, account)?;
        Ok(self.withdraw(slot, CancelReason::Owner, tape))
    }

    #[inline]
    fn find_own(&self, order: OrderId, account: AccountId) -> Result<u32, Refusal> {
        let Some((slot, resting)) = self.slots.find(order) else {
            return Err(Refusal::NoOrder { order });
        };
        if resting.account == account { Ok(slot) } else { Err(Refusal::NotOwner { order }) }
    }

    /// Takes an order out of the book, whose slot it is.
    #[inline]
    pub(super) fn withdraw<T: Tape + ?Sized>(
        &mut self,
        slot: u32,
        reason: CancelReason,
        tape: &mut T,
    ) -> Lots {
        let resting = *self.slots.at(slot);
        let side = resting.side as usize;
        let key = key(resting.side, resting.price);
        self.ladders[side].unlink(key, slot, &mut self.slots);
        self.release_exposure(resting.account, side, resting.lots);
        self.slots.release(slot);
        self.cancelled = self.cancelled.wrapping_add(u64::from(resting.lots.get()));
        tape.cancelled(&Cancelled {
            order: resting.id,
            account: resting.account,
            side: resting.side,
            lots: resting.lots,
            reason,
        });
        resting.lots
    }

    /// Takes all orders of an account out, bids first, best price first; how many lots were left of them. Never refused:
    /// clearing uses it on accounts in default.
    pub fn cancel_all<T: Tape + ?Sized>(
        &mut self,
        account: AccountId,
        reason: CancelReason,
        tape: &mut T,
    ) -> u64 {
        self.journal_mut(|journal| journal.push_cancel_all(account, reason));
        let mut lots = 0_u64;
        for side in [Side::Buy, Side::Sell] {
            let mut cursor = i64::MAX;
            // The running sum of the account's lots says when its last order has left.
            while self.resting(account, side) > 0
                && let Some(key) = self.ladders[side as usize].below(cursor)
            {
                cursor = i64::from(key);
                let mut next = self.ladders[side as usize].level(key).map_or(NONE, |l| l.head);
                while next != NONE {
                    let slot = next;
                    next = self.slots.at(slot).next;
                    if self.slots.at(slot).account == account {
                        let left = self.withdraw(slot, reason, tape);
                        lots = lots.wrapping_add(u64::from(left.get()));
                    }
                }
            }
        }
        lots
    }

    /// Gives a resting order another price and another number of lots still to trade. It keeps its name and its place in the
    /// queue only if the price stays and lots do not rise; otherwise it leaves and comes in anew as a limit order, with a
    /// new name, and may trade. Lots taken off are cancelled as [`CancelReason::Replaced`].
    ///
    /// # Errors
    /// As [`Self::submit`] and [`Self::cancel`]; the order rests unchanged then.
    pub fn replace<T: Tape + ?Sized>(
        &mut self,
        order: OrderId,
        account: AccountId,
        price: Price,
        lots: Lots,
        tape: &mut T,
    ) -> Result<Acknowledgement, Refusal> {
        if let Some(journal) = &mut self.journal {
            journal.push_replacement(order, account, price, lots)?;
        }
        let slot = self.find_own(order, account)?;
        if lots.is_zero() {
            return Err(Refusal::NoLots);
        }
        self.admit(price)?;
        let resting = *self.slots.at(slot);
        if price == resting.price && lots <= resting.lots && !resting.market {
            self.lower(slot, resting.lots.less(lots), tape);
            return Ok(Acknowledgement { order, filled: Lots::ZERO, resting: lots });
        }
        if self.next_order > MOST_SEQUENCE {
            return Err(Refusal::BookFull);
        }
        self.withdraw(slot, CancelReason::Replaced, tape);
        let kind = OrderKind::Limit(price);
        self.accept(NewOrder { account, side: resting.side, lots, kind }, tape)
    }

    /// Takes lots off a resting order, fewer than it has; it keeps its place.
    fn lower<T: Tape + ?Sized>(&mut self, slot: u32, lots: Lots, tape: &mut T) {
        if lots.is_zero() {
            return;
        }
        let resting = *self.slots.at(slot);
        let side = resting.side;
        self.slots.at_mut(slot).lots = resting.lots.less(lots);
        self.ladders[side as usize].reduce(key(side, resting.price), lots);
        self.release_exposure(resting.account, side as usize, lots);
        self.cancelled = self.cancelled.wrapping_add(u64::from(lots.get()));
        let (order, account, reason) = (resting.id, resting.account, CancelReason::Replaced);
        tape.cancelled(&Cancelled { order, account, side, lots, reason });
    }
}
