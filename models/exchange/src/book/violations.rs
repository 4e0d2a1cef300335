//! What must hold in a book, asked of a book: a simulation can ask after every event.

use super::ladder::key;
use super::slots::NONE;
use super::{Band, Book, Session};
use crate::order::{OrderId, Side};
use crate::units::Price;

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BookViolation {
    /// A bid reaches an offer while trading is continuous.
    #[error("the best bid ({bid}) reaches the best offer ({offer})")]
    Crossed {
        /// Best bid.
        bid: Price,
        /// Best offer.
        offer: Price,
    },
    /// A resting order outside the day's limits.
    #[error("order {} rests at {price}, outside the day's limits", order.0)]
    OutsideLimits {
        /// Which.
        order: OrderId,
        /// Where.
        price: Price,
    },
    /// A price of the day outside its limits.
    #[error("a trade at {0}, outside the day's limits")]
    TradeOutsideLimits(Price),
    /// An order behind one that came later, at another price's queue, without lots, or not linked both ways.
    #[error("order {} is out of place", .0.0)]
    OutOfPlace(OrderId),
    /// A level's lots are not the sum of its orders'.
    #[error("{level} lots at {price} of which orders explain {orders}")]
    LevelSum {
        /// Where.
        price: Price,
        /// As kept.
        level: u64,
        /// As summed.
        orders: u64,
    },
    /// An account's resting lots are not the sum of its orders'.
    #[error("account {account}: {kept} lots rest on a side of which orders explain {orders}")]
    Exposure {
        /// Which.
        account: u32,
        /// As kept.
        kept: u64,
        /// As summed.
        orders: u64,
    },
    /// Lots that came in are neither traded, cancelled nor resting.
    #[error(
        "{entered} lots came in; {traded} traded, {cancelled} cancelled and {resting} resting do not make them"
    )]
    Quantities {
        /// Of accepted orders.
        entered: u64,
        /// Both sides of every trade.
        traded: u64,
        /// Without a trade.
        cancelled: u64,
        /// In the book.
        resting: u64,
    },
    /// Array, marks and list of a side disagree, or slots and orders do.
    #[error("the {0:?} side's structure disagrees with itself")]
    Structure(Side),
    /// Orders in a closed book.
    #[error("{0} orders rest in a closed book")]
    NotEmpty(usize),
}

impl Book {
    /// All that is broken in the state of the book; nothing, always. Time in proportion to orders, levels and accounts.
    pub fn violations(&self) -> Vec<BookViolation> {
        let mut found = Vec::new();
        self.check_prices(&mut found);
        let mut exposures = vec![[0_u64; 2]; self.resting.len()];
        let mut n_orders = 0_usize;
        let mut resting = 0_u64;
        for side in [Side::Buy, Side::Sell] {
            self.check_side(side, &mut exposures, &mut n_orders, &mut found);
        }
        for (account, (kept, summed)) in self.resting.iter().zip(&exposures).enumerate() {
            for (&kept, &orders) in kept.iter().zip(summed) {
                resting = resting.wrapping_add(orders);
                if kept != orders {
                    let account = u32::try_from(account).unwrap_or(u32::MAX);
                    found.push(BookViolation::Exposure { account, kept, orders });
                }
            }
        }
        if n_orders != self.slots.n_taken() {
            found.push(BookViolation::Structure(Side::Buy));
        }
        if self.session == Session::Closed && n_orders > 0 {
            found.push(BookViolation::NotEmpty(n_orders));
        }
        self.check_quantities(resting, &mut found);
        found
    }

    fn check_prices(&self, found: &mut Vec<BookViolation>) {
        if self.session == Session::Continuous
            && let (Some(bid), Some(offer)) = (self.best(Side::Buy), self.best(Side::Sell))
            && bid >= offer
        {
            found.push(BookViolation::Crossed { bid, offer });
        }
        if let Band::Limits(limits) = self.band {
            let outside = [self.statistics.low, self.statistics.high];
            let outside = outside.into_iter().flatten().filter(|&price| !limits.admit(price));
            found.extend(outside.map(BookViolation::TradeOutsideLimits));
        }
    }

    fn check_side(
        &self,
        side: Side,
        exposures: &mut [[u64; 2]],
        n_orders: &mut usize,
        found: &mut Vec<BookViolation>,
    ) {
        let ladder = &self.ladders[side as usize];
        if !ladder.is_sound() {
            found.push(BookViolation::Structure(side));
        }
        for (level_key, level) in ladder.best_first() {
            let price = super::ladder::price(side, level_key);
            let (mut next, mut before, mut sequence, mut sum) = (level.head, NONE, 0_u64, 0_u64);
            while next != NONE {
                let slot = self.slots.at(next);
                let linked = slot.prev == before && slot.side == side && !slot.lots.is_zero();
                let named = self.slots.find(slot.id).is_some_and(|(found, _)| found == next);
                if !linked
                    || !named
                    || key(side, slot.price) != level_key
                    || slot.id.sequence() <= sequence
                {
                    found.push(BookViolation::OutOfPlace(slot.id));
                    // A broken chain may never end.
                    break;
                }
                if !slot.market && !self.limits.admit(slot.price) {
                    found.push(BookViolation::OutsideLimits { order: slot.id, price: slot.price });
                }
                let lots = u64::from(slot.lots.get());
                sum = sum.wrapping_add(lots);
                if let Some(exposure) = exposures.get_mut(slot.account.0 as usize) {
                    exposure[side as usize] = exposure[side as usize].wrapping_add(lots);
                }
                *n_orders = n_orders.wrapping_add(1);
                (before, sequence, next) = (next, slot.id.sequence(), slot.next);
            }
            if level.lots != sum || level.tail != before {
                found.push(BookViolation::LevelSum { price, level: level.lots, orders: sum });
            }
        }
    }

    /// Lots are counted modulo 2⁶⁴, and so is this sum.
    fn check_quantities(&self, resting: u64, found: &mut Vec<BookViolation>) {
        let traded = self.statistics.volume.wrapping_mul(2);
        let (entered, cancelled) = (self.entered, self.cancelled);
        if entered != traded.wrapping_add(cancelled).wrapping_add(resting) {
            found.push(BookViolation::Quantities { entered, traded, cancelled, resting });
        }
    }
}
