//! A short number for the state of a book.

use super::{Book, Session};
use crate::digest::Fnv;
use crate::order::Side;

impl Book {
    /// A digest of all that matters to what the book will do and report: session, band, numbers of the next order and trade,
    /// the day's trading, every resting order in the order in which it would be served, and the order in which slots will
    /// be used. Equal after a replay of the journal and after serialisation, whatever the machine.
    pub fn digest(&self) -> u64 {
        let mut hash = Fnv::new();
        hash.write(match self.session {
            Session::Closed => 0,
            Session::Auction => 1,
            Session::Continuous => 2,
        });
        let ticks = |price: crate::units::Price| u64::from(price.ticks().cast_unsigned());
        hash.write(ticks(self.limits.low));
        hash.write(ticks(self.limits.high));
        for word in [self.next_order, self.next_trade, self.entered, self.cancelled] {
            hash.write(word);
        }
        let day = self.statistics;
        hash.write(day.volume);
        let turnover = day.turnover.to_le_bytes();
        for half in turnover.as_chunks::<8>().0 {
            hash.write(u64::from_le_bytes(*half));
        }
        for price in [day.open, day.high, day.low, day.last] {
            hash.write(price.map_or(u64::MAX, ticks));
        }
        for side in [Side::Buy, Side::Sell] {
            for (order, account, price, lots) in self.orders(side) {
                let market = self.slots.find(order).is_some_and(|(_, slot)| slot.market);
                hash.write(order.0);
                hash.write((u64::from(account.0) << 32) | u64::from(lots.get()));
                hash.write((u64::from(market) << 32) | ticks(price));
            }
            hash.write(u64::MAX);
        }
        let (unused, free) = self.slots.order_of_use();
        hash.write(u64::from(unused));
        for &slot in free {
            hash.write(u64::from(slot));
        }
        hash.finish()
    }
}
