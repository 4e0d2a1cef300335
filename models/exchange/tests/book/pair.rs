//! The book and its definition, told the same and compared.

use monazite_exchange::{
    AccountId, Band, Book, BookSpec, CancelReason, Cancelled, Event, Fill, Limits, Lots, NewOrder,
    OrderId, OrderKind, Price, Refusal, SelfTrade, Side,
};

use crate::naive::NaiveBook;

pub(crate) const ACCOUNTS: u32 = 7;

pub(crate) const fn spec(self_trade: SelfTrade) -> BookSpec {
    BookSpec { orders: 96, accounts: ACCOUNTS, instructions: 4000, self_trade }
}

pub(crate) const fn limits(low: i32, high: i32) -> Band {
    Band::Limits(Limits { low: Price::new(low), high: Price::new(high) })
}

/// The small window that is left and entered all the time.
pub(crate) const fn window(near: i32) -> Band {
    Band::Window { near: Price::new(near), levels: 64 }
}

pub(crate) const fn order(account: u32, side: Side, lots: u32, kind: OrderKind) -> NewOrder {
    NewOrder { account: AccountId(account), side, lots: Lots::new(lots), kind }
}

pub(crate) const fn at(price: i32) -> OrderKind {
    OrderKind::Limit(Price::new(price))
}

/// The book and its definition, told the same.
pub(crate) struct Pair {
    pub(crate) book: Book,
    pub(crate) naive: NaiveBook,
    tape: Vec<Event>,
    /// Names that were given, most of them not in the book any longer.
    pub(crate) names: Vec<OrderId>,
    /// The worst price that order number `i + 1` takes.
    bounds: Vec<Bound>,
}

/// An order's side and limit; none of a market order.
type Bound = (Side, Option<Price>);

/// Names by number, so that the two agree on them.
fn plain(event: &Event) -> Event {
    let number = |order: OrderId| OrderId(order.sequence());
    match *event {
        Event::Fill(Fill { trade, buy, sell }) => {
            Event::Fill(Fill { trade, buy: number(buy), sell: number(sell) })
        }
        Event::Cancelled(cancelled) => {
            Event::Cancelled(Cancelled { order: number(cancelled.order), ..cancelled })
        }
    }
}

fn plain_refusal(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::NoOrder { order } => Refusal::NoOrder { order: OrderId(order.sequence()) },
        Refusal::NotOwner { order } => Refusal::NotOwner { order: OrderId(order.sequence()) },
        other => other,
    }
}

impl Pair {
    pub(crate) fn new(band: Band, spec: BookSpec) -> Self {
        Self {
            book: Book::new(band, spec).unwrap(),
            naive: NaiveBook::new(band, spec),
            tape: Vec::new(),
            names: Vec::new(),
            bounds: Vec::new(),
        }
    }

    pub(crate) fn submit(&mut self, order: NewOrder) {
        let bound = match order.kind {
            OrderKind::Market => None,
            OrderKind::Limit(p) | OrderKind::ImmediateOrCancel(p) | OrderKind::FillOrKill(p) => {
                Some(p)
            }
        };
        let ours = self.book.submit(order, &mut self.tape);
        self.bounds.extend(ours.ok().map(|_| (order.side, bound)));
        let theirs = self.naive.submit(order);
        let ours = ours.map(|a| {
            self.names.push(a.order);
            (a.order.sequence(), a.filled.get(), a.resting.get())
        });
        assert_eq!(ours, theirs, "{order:?}");
        self.compare();
    }

    pub(crate) fn cancel(&mut self, name: OrderId, account: AccountId) {
        let ours = self.book.cancel(name, account, &mut self.tape);
        let theirs = self.naive.cancel(name.sequence(), account);
        assert_eq!(ours.map(Lots::get).map_err(plain_refusal), theirs);
        self.compare();
    }

    pub(crate) fn replace(&mut self, name: OrderId, account: AccountId, price: Price, lots: Lots) {
        let side = self.book.order(name).map_or(Side::Buy, |order| order.0);
        let ours = self.book.replace(name, account, price, lots, &mut self.tape);
        let theirs = self.naive.replace(name.sequence(), account, price, lots);
        let ours = ours.map_err(plain_refusal).map(|a| {
            if a.order != name {
                self.bounds.push((side, Some(price)));
                self.names.push(a.order);
            }
            (a.order.sequence(), a.filled.get(), a.resting.get())
        });
        assert_eq!(ours, theirs);
        self.compare();
    }

    pub(crate) fn cancel_all(&mut self, account: AccountId) {
        let reason = CancelReason::Clearing;
        let ours = self.book.cancel_all(account, reason, &mut self.tape);
        assert_eq!(ours, self.naive.cancel_all(account, reason));
        self.compare();
    }

    pub(crate) fn uncross(&mut self, reference: Price) {
        let outcome = self.book.uncross(reference, &mut self.tape).unwrap();
        self.naive.uncross(outcome.map(|a| (a.price, a.volume)));
        self.compare();
    }

    /// The day's limits may change; a replay of the day gives the same tape and the same book.
    pub(crate) fn turn_of_day(&mut self, band: Band, auction: bool) {
        self.book.close(&mut self.tape);
        self.naive.close();
        self.compare();
        assert_eq!(self.book.n_resting(), 0);
        self.book.reset(band).unwrap();
        self.naive.reset(band);
        if auction {
            self.book.open_auction();
            self.naive.open_auction();
        } else {
            self.book.open();
            self.naive.open();
        }
    }

    /// The same events and the same best prices; tapes are compared and forgotten.
    fn compare(&mut self) {
        for event in &self.tape {
            if let Event::Fill(fill) = event {
                self.check_fill(fill);
            }
        }
        let ours = self.tape.iter().map(plain);
        assert!(
            ours.eq(self.naive.tape.iter().copied()),
            "{:#?}\n{:#?}",
            self.tape,
            self.naive.tape
        );
        self.tape.clear();
        self.naive.tape.clear();
    }

    /// No trade is outside the limits or worse than either order's.
    fn check_fill(&self, fill: &Fill) {
        let price = fill.trade.price;
        if let Band::Limits(limits) = self.book.band() {
            assert!(limits.admit(price));
        }
        for (order, side) in [(fill.buy, Side::Buy), (fill.sell, Side::Sell)] {
            let (its_side, bound) = self.bounds[order.sequence() as usize - 1];
            assert_eq!(its_side, side);
            let accepted =
                bound.is_none_or(|b| if side == Side::Buy { price <= b } else { price >= b });
            assert!(accepted, "{fill:?} is beyond {bound:?}");
        }
    }

    /// The same orders in the same queues, and everything that the book keeps about them.
    pub(crate) fn compare_state(&self) {
        for side in [Side::Buy, Side::Sell] {
            let ours: Vec<_> =
                self.book.orders(side).map(|o| (o.0.sequence(), o.1, o.2, o.3)).collect();
            let theirs = self.naive.resting(side);
            assert_eq!(ours, theirs);
            assert_eq!(self.book.best(side), theirs.first().map(|o| o.2));
            let mut depth: Vec<(Price, u64)> = Vec::new();
            for &(_, _, price, lots) in &theirs {
                match depth.last_mut() {
                    Some(level) if level.0 == price => level.1 += u64::from(lots.get()),
                    _ => depth.push((price, u64::from(lots.get()))),
                }
            }
            assert!(self.book.depth(side).eq(depth.iter().copied()));
            assert!(depth.iter().all(|&(price, lots)| self.book.lots_at(side, price) == lots));
            for account in (0..ACCOUNTS).map(AccountId) {
                assert_eq!(self.book.resting(account, side), self.naive.lots_of(account, side));
            }
        }
        assert_eq!(self.book.violations(), []);
    }
}
