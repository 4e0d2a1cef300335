//! Random days against the naive book: a million operations with limits and a million without.

use monazite_exchange::{
    AccountId, Band, Book, Lots, NewOrder, OrderId, OrderKind, Price, SelfTrade, Side,
};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::pair::{ACCOUNTS, Pair, limits, spec, window};

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
pub(crate) fn replays(book: &Book) {
    let replayed = book.journal().unwrap().replay(&mut ()).unwrap();
    assert_eq!(replayed.digest(), book.digest());
    assert_eq!(replayed.statistics(), book.statistics());
    let text = serde_json::to_string(book).unwrap();
    let resumed: Book = serde_json::from_str(&text).unwrap();
    assert_eq!(resumed.digest(), book.digest());
    assert_eq!(resumed.violations(), []);
    assert_eq!(resumed.journal().unwrap().replay(&mut ()).unwrap().digest(), book.digest());
}

pub(crate) const POLICIES: [SelfTrade; 3] =
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
