//! A book written to be read, not to be fast: one vector of orders in order of arrival, searched for everything.
//!
//! It is the definition that `monazite_exchange::Book` is compared with, event by event. Orders are named by their number.

use std::cmp::Reverse;

use monazite_exchange::{
    AccountId, Band, BookSpec, CancelReason, Cancelled, Event, Fill, Limits, Lots, NewOrder,
    OrderId, OrderKind, Price, Refusal, SelfTrade, Session, Side, Trade,
};

#[derive(Debug, Clone)]
struct Resting {
    number: u64,
    account: AccountId,
    side: Side,
    price: i64,
    lots: u32,
    market: bool,
}

/// What an accepted order came to: number, filled, resting.
pub(crate) type Accepted = (u64, u32, u32);

#[derive(Debug, Clone)]
pub(crate) struct NaiveBook {
    spec: BookSpec,
    limits: Option<Limits>,
    session: Session,
    orders: Vec<Resting>,
    next_order: u64,
    next_trade: u64,
    pub(crate) tape: Vec<Event>,
}

impl NaiveBook {
    pub(crate) fn new(band: Band, spec: BookSpec) -> Self {
        let mut book = Self {
            spec,
            limits: None,
            session: Session::Closed,
            orders: Vec::new(),
            next_order: 1,
            next_trade: 0,
            tape: Vec::new(),
        };
        book.reset(band);
        book
    }

    pub(crate) fn reset(&mut self, band: Band) {
        self.limits = match band {
            Band::Limits(limits) => Some(limits),
            Band::Window { .. } => None,
        };
    }

    pub(crate) fn open(&mut self) {
        self.session = Session::Continuous;
    }

    pub(crate) fn open_auction(&mut self) {
        self.session = Session::Auction;
    }

    /// All that rests: number, account, price, lots; best price first, then first come.
    pub(crate) fn resting(&self, side: Side) -> Vec<(u64, AccountId, Price, Lots)> {
        let mut orders: Vec<&Resting> = self.orders.iter().filter(|o| o.side == side).collect();
        orders.sort_by_key(|o| (merit(o), o.number));
        let price = |o: &Resting| Price::new(i32::try_from(o.price).unwrap());
        orders.iter().map(|o| (o.number, o.account, price(o), Lots::new(o.lots))).collect()
    }

    pub(crate) fn lots_of(&self, account: AccountId, side: Side) -> u64 {
        let own = self.orders.iter().filter(|o| o.account == account && o.side == side);
        own.map(|o| u64::from(o.lots)).sum()
    }

    pub(crate) fn submit(&mut self, order: NewOrder) -> Result<Accepted, Refusal> {
        if order.lots.is_zero() {
            return Err(Refusal::NoLots);
        }
        if order.account.0 >= self.spec.accounts {
            return Err(Refusal::NoAccount { account: order.account });
        }
        match self.session {
            Session::Closed => Err(Refusal::Closed),
            Session::Auction => self.collect(order),
            Session::Continuous => self.trade(order),
        }
    }

    fn collect(&mut self, order: NewOrder) -> Result<Accepted, Refusal> {
        let price = match order.kind {
            OrderKind::Limit(price) => {
                self.check_price(price)?;
                price.wide()
            }
            OrderKind::Market => {
                let all = Limits { low: Price::new(i32::MIN), high: Price::new(i32::MAX) };
                let limits = self.limits.unwrap_or(all);
                if order.side == Side::Buy { limits.high.wide() } else { limits.low.wide() }
            }
            OrderKind::ImmediateOrCancel(_) | OrderKind::FillOrKill(_) => {
                return Err(Refusal::Closed);
            }
        };
        self.check_room()?;
        let market = order.kind == OrderKind::Market;
        let number = self.number();
        self.rest(number, &order, price, order.lots.get(), market);
        Ok((number, 0, order.lots.get()))
    }

    fn trade(&mut self, order: NewOrder) -> Result<Accepted, Refusal> {
        let other = order.side.opposite();
        let limit = match order.kind {
            OrderKind::Market => None,
            OrderKind::Limit(p) | OrderKind::ImmediateOrCancel(p) | OrderKind::FillOrKill(p) => {
                self.check_price(p)?;
                Some(p.wide())
            }
        };
        if limit.is_none() && !self.orders.iter().any(|o| o.side == other) {
            return Err(Refusal::NoOtherSide);
        }
        if matches!(order.kind, OrderKind::FillOrKill(_)) {
            self.check_fillable(&order, limit)?;
        }
        let rests = matches!(order.kind, OrderKind::Limit(_));
        if rests {
            self.check_room()?;
        }
        let number = self.number();
        let mut left = order.lots.get();
        let mut stopped = false;
        while left > 0 && !stopped {
            let Some(at) =
                self.best(other).filter(|&at| reaches(order.side, limit, self.orders[at].price))
            else {
                break;
            };
            if self.orders[at].account == order.account {
                if self.spec.self_trade != SelfTrade::CancelIncoming {
                    self.remove(at, CancelReason::SelfTrade);
                }
                stopped = self.spec.self_trade != SelfTrade::CancelResting;
                continue;
            }
            let lots = left.min(self.orders[at].lots);
            left -= lots;
            let resting = self.orders[at].clone();
            let aggressor = Some(order.side);
            self.record(
                resting.price,
                lots,
                aggressor,
                (number, order.account),
                (resting.number, resting.account),
            );
            self.take(at, lots);
        }
        let mut resting = 0;
        if left > 0 && rests && !stopped {
            resting = left;
            self.rest(number, &order, limit.unwrap(), left, false);
        } else if left > 0 {
            let reason = if stopped { CancelReason::SelfTrade } else { CancelReason::Unfilled };
            self.tape.push(Event::Cancelled(Cancelled {
                order: OrderId(number),
                account: order.account,
                side: order.side,
                lots: Lots::new(left),
                reason,
            }));
        }
        Ok((number, order.lots.get() - left, resting))
    }

    fn check_price(&self, price: Price) -> Result<(), Refusal> {
        match self.limits {
            Some(limits) if price < limits.low || price > limits.high => Err(Refusal::OverLimit {
                price: price.ticks(),
                low: limits.low.ticks(),
                high: limits.high.ticks(),
            }),
            // The ends of all prices are for orders without a limit.
            None if [i32::MIN, i32::MAX].contains(&price.ticks()) => Err(Refusal::OverLimit {
                price: price.ticks(),
                low: i32::MIN + 1,
                high: i32::MAX - 1,
            }),
            _ => Ok(()),
        }
    }

    fn check_room(&self) -> Result<(), Refusal> {
        if self.orders.len() >= self.spec.orders as usize { Err(Refusal::BookFull) } else { Ok(()) }
    }

    fn check_fillable(&self, order: &NewOrder, limit: Option<i64>) -> Result<(), Refusal> {
        let mut there = 0_u64;
        let mut others: Vec<&Resting> =
            self.orders.iter().filter(|o| o.side != order.side).collect();
        others.sort_by_key(|o| (merit(o), o.number));
        for resting in others {
            if !reaches(order.side, limit, resting.price) {
                break;
            }
            if resting.account != order.account {
                there += u64::from(resting.lots);
            } else if self.spec.self_trade != SelfTrade::CancelResting {
                break;
            }
        }
        let lots = order.lots.get();
        if there >= u64::from(lots) {
            return Ok(());
        }
        Err(Refusal::NotFilled { lots, available: u32::try_from(there).unwrap() })
    }

    pub(crate) fn cancel(&mut self, number: u64, account: AccountId) -> Result<u32, Refusal> {
        let at = self.own(number, account)?;
        Ok(self.remove(at, CancelReason::Owner))
    }

    pub(crate) fn cancel_all(&mut self, account: AccountId, reason: CancelReason) -> u64 {
        let mut lots = 0;
        for side in [Side::Buy, Side::Sell] {
            for (number, owner, ..) in self.resting(side) {
                if owner == account {
                    let at = self.orders.iter().position(|o| o.number == number).unwrap();
                    lots += u64::from(self.remove(at, reason));
                }
            }
        }
        lots
    }

    pub(crate) fn replace(
        &mut self,
        number: u64,
        account: AccountId,
        price: Price,
        lots: Lots,
    ) -> Result<Accepted, Refusal> {
        let at = self.own(number, account)?;
        if lots.is_zero() {
            return Err(Refusal::NoLots);
        }
        self.check_price(price)?;
        let resting = self.orders[at].clone();
        if resting.price == price.wide() && lots.get() <= resting.lots && !resting.market {
            if lots.get() < resting.lots {
                self.orders[at].lots = lots.get();
                self.cancelled(&resting, resting.lots - lots.get(), CancelReason::Replaced);
            }
            return Ok((number, 0, lots.get()));
        }
        self.remove(at, CancelReason::Replaced);
        self.submit(NewOrder { account, side: resting.side, lots, kind: OrderKind::Limit(price) })
    }

    /// The auction at a price and volume that others have found.
    pub(crate) fn uncross(&mut self, outcome: Option<(Price, u64)>) {
        if let Some((price, mut volume)) = outcome {
            while volume > 0 {
                let (bid, offer) = (self.best(Side::Buy).unwrap(), self.best(Side::Sell).unwrap());
                let (b, o) = (self.orders[bid].clone(), self.orders[offer].clone());
                assert!(
                    b.price >= price.wide() && o.price <= price.wide(),
                    "an order trades beyond its limit"
                );
                let lots = b.lots.min(o.lots);
                self.record(price.wide(), lots, None, (b.number, b.account), (o.number, o.account));
                volume -= u64::from(lots);
                self.take(bid, lots);
                let offer = self.orders.iter().position(|order| order.number == o.number).unwrap();
                self.take(offer, lots);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            for (number, ..) in self.resting(side) {
                let at = self.orders.iter().position(|o| o.number == number).unwrap();
                if self.orders[at].market {
                    self.remove(at, CancelReason::Unfilled);
                }
            }
        }
        self.session = Session::Continuous;
    }

    /// Lots bid at `price` or higher and offered at it or lower.
    pub(crate) fn demand_and_supply(&self, price: i64) -> (u64, u64) {
        let sum = |side: Side| {
            let orders = self.orders.iter().filter(|o| o.side == side);
            orders
                .filter(|o| reaches(side.opposite(), Some(price), o.price))
                .map(|o| u64::from(o.lots))
                .sum()
        };
        (sum(Side::Buy), sum(Side::Sell))
    }

    /// The same of orders with a limit, in a book without limits; of all orders in one with.
    pub(crate) fn limited_demand_and_supply(&self, price: i64) -> (u64, u64) {
        let all = self.demand_and_supply(price);
        if self.limits.is_some() {
            return all;
        }
        let of = |side: Side| -> u64 {
            let orders = self.orders.iter().filter(|o| o.side == side && o.market);
            orders.map(|o| u64::from(o.lots)).sum()
        };
        (all.0 - of(Side::Buy), all.1 - of(Side::Sell))
    }

    pub(crate) fn close(&mut self) {
        for side in [Side::Buy, Side::Sell] {
            for (number, ..) in self.resting(side) {
                let at = self.orders.iter().position(|o| o.number == number).unwrap();
                self.remove(at, CancelReason::Close);
            }
        }
        self.session = Session::Closed;
    }

    fn number(&mut self) -> u64 {
        let number = self.next_order;
        self.next_order += 1;
        number
    }

    fn rest(&mut self, number: u64, order: &NewOrder, price: i64, lots: u32, market: bool) {
        self.orders.push(Resting {
            number,
            account: order.account,
            side: order.side,
            price,
            lots,
            market,
        });
    }

    fn best(&self, side: Side) -> Option<usize> {
        let orders = self.orders.iter().enumerate().filter(|(_, o)| o.side == side);
        orders.min_by_key(|(_, o)| (merit(o), o.number)).map(|(at, _)| at)
    }

    fn own(&self, number: u64, account: AccountId) -> Result<usize, Refusal> {
        let order = OrderId(number);
        let at = self
            .orders
            .iter()
            .position(|o| o.number == number)
            .ok_or(Refusal::NoOrder { order })?;
        if self.orders[at].account == account { Ok(at) } else { Err(Refusal::NotOwner { order }) }
    }

    fn remove(&mut self, at: usize, reason: CancelReason) -> u32 {
        let order = self.orders.remove(at);
        self.cancelled(&order, order.lots, reason);
        order.lots
    }

    fn take(&mut self, at: usize, lots: u32) {
        self.orders[at].lots -= lots;
        if self.orders[at].lots == 0 {
            self.orders.remove(at);
        }
    }

    fn cancelled(&mut self, order: &Resting, lots: u32, reason: CancelReason) {
        self.tape.push(Event::Cancelled(Cancelled {
            order: OrderId(order.number),
            account: order.account,
            side: order.side,
            lots: Lots::new(lots),
            reason,
        }));
    }

    /// `incoming` bought if it is the aggressor and buys, or if there is no aggressor.
    fn record(
        &mut self,
        price: i64,
        lots: u32,
        aggressor: Option<Side>,
        incoming: (u64, AccountId),
        resting: (u64, AccountId),
    ) {
        let (buy, sell) =
            if aggressor == Some(Side::Sell) { (resting, incoming) } else { (incoming, resting) };
        let trade = Trade {
            sequence: self.next_trade,
            price: Price::new(i32::try_from(price).unwrap()),
            lots: Lots::new(lots),
            buyer: buy.1,
            seller: sell.1,
            aggressor,
        };
        self.next_trade += 1;
        self.tape.push(Event::Fill(Fill { trade, buy: OrderId(buy.0), sell: OrderId(sell.0) }));
    }
}

/// Smaller is served first.
fn merit(order: &Resting) -> (Reverse<i64>, i64) {
    match order.side {
        Side::Buy => (Reverse(order.price), 0),
        Side::Sell => (Reverse(0), order.price),
    }
}

/// Whether an order of `side` with a limit, or none, takes a price.
fn reaches(side: Side, limit: Option<i64>, price: i64) -> bool {
    limit.is_none_or(|limit| if side == Side::Buy { price <= limit } else { price >= limit })
}
