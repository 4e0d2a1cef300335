//! A short number for the state of a book.

use super::{Book, Session};
use crate::order::Side;

/// FNV-1a of 64 bits (Fowler, Noll and Vo; draft-eastlake-fnv), over the little-endian bytes of each word.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

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
        hash.0
    }
}

#[cfg(test)]
mod tests {
    use super::Fnv;

    #[test]
    fn as_published() {
        // Test vectors of draft-eastlake-fnv: "" and "a" (of which FNV-1a takes one byte; our words take eight).
        assert_eq!(Fnv::new().0, 0xcbf2_9ce4_8422_2325);
        let mut byte_wise = 0xcbf2_9ce4_8422_2325_u64;
        byte_wise = (byte_wise ^ u64::from(b'a')).wrapping_mul(0x0000_0100_0000_01b3);
        assert_eq!(byte_wise, 0xaf63_dc4c_8601_ec8c);
        let mut word = Fnv::new();
        word.write(0x61);
        for _ in 0..7 {
            byte_wise = byte_wise.wrapping_mul(0x0000_0100_0000_01b3);
        }
        assert_eq!(word.0, byte_wise);
    }
}
