//! The book against a naive one, its invariants after every event, its journal, its memory.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "test code: a failure is what a panic is for, and numbers are small"
)]

mod common;

use common::naive::NaiveBook;
use monazite_exchange::{
    AccountId, Band, Book, BookSpec, CancelReason, Cancelled, Event, Fill, Limits, Lots, NewOrder,
    OrderId, OrderKind, Price, Refusal, SelfTrade, Session, Side, Trade,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const ACCOUNTS: u32 = 7;

const fn spec(self_trade: SelfTrade) -> BookSpec {
    BookSpec { orders: 96, accounts: ACCOUNTS, instructions: 4000, self_trade }
}

const fn limits(low: i32, high: i32) -> Band {
    Band::Limits(Limits { low: Price::new(low), high: Price::new(high) })
}

/// The small window that is left and entered all the time.
const fn window(near: i32) -> Band {
    Band::Window { near: Price::new(near), levels: 64 }
}

const fn order(account: u32, side: Side, lots: u32, kind: OrderKind) -> NewOrder {
    NewOrder { account: AccountId(account), side, lots: Lots::new(lots), kind }
}

const fn at(price: i32) -> OrderKind {
    OrderKind::Limit(Price::new(price))
}

/// The book and its definition, told the same.
struct Pair {
    book: Book,
    naive: NaiveBook,
    tape: Vec<Event>,
    /// Names that were given, most of them not in the book any longer.
    names: Vec<OrderId>,
}

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
    fn new(band: Band, spec: BookSpec) -> Self {
        Self {
            book: Book::new(band, spec).unwrap(),
            naive: NaiveBook::new(band, spec),
            tape: Vec::new(),
            names: Vec::new(),
        }
    }

    fn submit(&mut self, order: NewOrder) {
        let ours = self.book.submit(order, &mut self.tape);
        let theirs = self.naive.submit(order);
        let ours = ours.map(|a| {
            self.names.push(a.order);
            (a.order.sequence(), a.filled.get(), a.resting.get())
        });
        assert_eq!(ours, theirs, "{order:?}");
        self.compare();
    }

    fn cancel(&mut self, name: OrderId, account: AccountId) {
        let ours = self.book.cancel(name, account, &mut self.tape);
        let theirs = self.naive.cancel(name.sequence(), account);
        assert_eq!(ours.map(Lots::get).map_err(plain_refusal), theirs);
        self.compare();
    }

    fn replace(&mut self, name: OrderId, account: AccountId, price: Price, lots: Lots) {
        let ours = self.book.replace(name, account, price, lots, &mut self.tape);
        let theirs = self.naive.replace(name.sequence(), account, price, lots);
        let ours = ours.map_err(plain_refusal).map(|a| {
            self.names.push(a.order);
            (a.order.sequence(), a.filled.get(), a.resting.get())
        });
        assert_eq!(ours, theirs);
        self.compare();
    }

    fn cancel_all(&mut self, account: AccountId) {
        let reason = CancelReason::Clearing;
        let ours = self.book.cancel_all(account, reason, &mut self.tape);
        assert_eq!(ours, self.naive.cancel_all(account, reason));
        self.compare();
    }

    fn uncross(&mut self, reference: Price) {
        let outcome = self.book.uncross(reference, &mut self.tape).unwrap();
        self.naive.uncross(outcome.map(|a| (a.price, a.volume)));
        self.compare();
    }

    /// The day's limits may change; a replay of the day gives the same tape and the same book.
    fn turn_of_day(&mut self, band: Band, auction: bool) {
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

    /// The same orders in the same queues, and everything that the book keeps about them.
    fn compare_state(&self) {
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

/// A random instruction, mostly near a price that wanders.
struct Flow {
    rng: Xoshiro256PlusPlus,
    mid: i32,
    spread: i32,
}

impl Flow {
    fn price(&mut self) -> Price {
        let reach = if self.rng.random_ratio(1, 50) { 40 * self.spread } else { self.spread };
        Price::new(self.mid + self.rng.random_range(-reach..=reach))
    }

    fn step(&mut self, pair: &mut Pair) {
        self.mid += self.rng.random_range(-1..=1);
        let account = AccountId(self.rng.random_range(0..ACCOUNTS));
        let side = if self.rng.random() { Side::Buy } else { Side::Sell };
        let lots = Lots::new(self.rng.random_range(0..12));
        let price = self.price();
        let kind = match self.rng.random_range(0..100) {
            0..60 => OrderKind::Limit(price),
            60..76 => OrderKind::Market,
            76..88 => OrderKind::ImmediateOrCancel(price),
            _ => OrderKind::FillOrKill(price),
        };
        let last = pair.names.len();
        match self.rng.random_range(0..100) {
            0..62 => pair.submit(NewOrder { account, side, lots, kind }),
            62 => pair.cancel_all(account),
            63 => pair.cancel(OrderId(self.rng.random()), account),
            action if last > 0 => {
                let name = pair.names[self.rng.random_range(last.saturating_sub(120)..last)];
                // Mostly the owner asks.
                let owner = (0..ACCOUNTS).map(AccountId).find(|&a| owns(&pair.book, a, name));
                let asking = owner.filter(|_| action % 10 != 0).unwrap_or(account);
                match action {
                    64..84 => pair.cancel(name, asking),
                    84..90 => {
                        let price = pair.book.order(name).map_or(price, |order| order.1);
                        pair.replace(name, asking, price, lots);
                    }
                    _ => pair.replace(name, asking, price, lots),
                }
            }
            _ => {}
        }
    }
}

fn owns(book: &Book, account: AccountId, name: OrderId) -> bool {
    let Some((side, ..)) = book.order(name) else { return false };
    book.orders(side).any(|o| o.0 == name && o.1 == account)
}

/// Days of 1,500 instructions, every other one with an auction, until there were `n` of them.
fn many(n: usize, self_trade: SelfTrade, band: fn(i32) -> Band, seed: u64) {
    let mut pair = Pair::new(band(0), spec(self_trade));
    let mut flow = Flow { rng: Xoshiro256PlusPlus::seed_from_u64(seed), mid: 0, spread: 8 };
    for step in 0..n {
        if step % 1500 == 0 {
            flow.spread = flow.rng.random_range(3..30);
            pair.turn_of_day(band(flow.mid), step % 3000 == 0);
        }
        if step % 3000 == 60 {
            pair.uncross(Price::new(flow.mid));
        }
        flow.step(&mut pair);
        if step % 50 == 0 {
            pair.compare_state();
        }
        if step % 1500 == 1400 {
            replays(&pair.book);
        }
    }
}

/// A day's journal gives the same book, and so does the book's serialisation, journal and all.
fn replays(book: &Book) {
    let replayed = book.journal().unwrap().replay(&mut ()).unwrap();
    assert_eq!(replayed.digest(), book.digest());
    assert_eq!(replayed.statistics(), book.statistics());
    let text = serde_json::to_string(book).unwrap();
    let resumed: Book = serde_json::from_str(&text).unwrap();
    assert_eq!(resumed.digest(), book.digest());
    assert_eq!(resumed.violations(), []);
    assert_eq!(resumed.journal().unwrap().replay(&mut ()).unwrap().digest(), book.digest());
}

const POLICIES: [SelfTrade; 3] =
    [SelfTrade::CancelIncoming, SelfTrade::CancelResting, SelfTrade::CancelBoth];

#[test]
fn a_million_operations_within_limits_as_the_naive_book() {
    for (seed, policy) in (1..).zip(POLICIES) {
        many(340_000, policy, |mid| limits(mid - 60, mid + 60), seed);
    }
}

#[test]
fn a_million_operations_without_limits_as_the_naive_book() {
    for (seed, policy) in (11..).zip(POLICIES) {
        many(340_000, policy, window, seed);
    }
}
