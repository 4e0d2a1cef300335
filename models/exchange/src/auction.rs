//! The opening call auction: one price for all orders.
//!
//! Method: with D(p) the lots bid at p or higher and S(p) those offered at p or lower, the price maximises the volume
//! V(p) = min(D(p), S(p)); of those prices it minimises the imbalance |D(p) − S(p)|; of those it is nearest to the previous
//! settlement. Only prices at which every better-priced order can be filled are asked, D(p + 1) ≤ V(p) and S(p − 1) ≤ V(p),
//! as the rules of Chinese futures exchanges demand: when one side has more lots than the other at every such price, this
//! moves the price to that side's last order. Such a price always exists, and no two are equally near (MODEL.md).
//!
//! Orders without a limit at a venue without limits (bids at [`MOST`], offers at [`LEAST`]) are better than every price and
//! make none: no price lies there, and their being filled in full is not asked for, or a surplus of them would send the price
//! to where nobody has named one. With nothing but such orders the price is the previous settlement.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::units::Price;

/// Where bids without a limit rest at a venue without limits.
pub(crate) const MOST: Price = Price::new(i32::MAX);
/// Where offers without a limit rest.
pub(crate) const LEAST: Price = Price::new(i32::MIN);

/// The outcome of an auction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuctionPrice {
    /// At which all trade.
    pub price: Price,
    /// Lots that trade.
    pub volume: u64,
    /// Lots bid less lots offered at the price: what is left on the larger side. Books hold less than 2⁵⁶ lots.
    pub imbalance: i64,
}

/// The auction's price; none if no bid reaches an offer. `bids` and `offers` are price levels and their lots, both in
/// ascending order of price; `reference` is the previous settlement.
pub fn auction_price(
    bids: impl Iterator<Item = (Price, u64)> + Clone,
    offers: impl Iterator<Item = (Price, u64)>,
    reference: Price,
) -> Option<AuctionPrice> {
    let mut best = None;
    // Bids at the current price or higher, offers below it; of both, those without a limit.
    let (mut demand, mut unlimited_bids) = (0_u64, 0_u64);
    for (price, lots) in bids.clone() {
        demand = demand.saturating_add(lots);
        unlimited_bids = if price == MOST { lots } else { unlimited_bids };
    }
    let (mut supply, mut unlimited_offers) = (0_u64, 0_u64);
    let mut last = LEAST;
    let (mut bids, mut offers) = (bids.peekable(), offers.peekable());
    loop {
        let next = match (bids.peek(), offers.peek()) {
            (Some(bid), Some(offer)) => bid.0.min(offer.0),
            (Some(bid), None) => bid.0,
            (None, Some(offer)) => offer.0,
            (None, None) => MOST,
        };
        let better = |demand: u64, supply: u64| {
            [
                (demand, demand.saturating_sub(unlimited_bids)),
                (supply, supply.saturating_sub(unlimited_offers)),
            ]
        };
        if let Some(between) = between(last, next, reference) {
            let better = better(demand, supply);
            consider(&mut best, between, [demand, supply], better, reference);
        }
        if next == MOST {
            return best;
        }
        let bid = bids.next_if(|level| level.0 == next).map_or(0, |level| level.1);
        let offered = offers.next_if(|level| level.0 == next).map_or(0, |level| level.1);
        let (higher, lower_or_equal) = (demand.saturating_sub(bid), supply.saturating_add(offered));
        if next == LEAST {
            unlimited_offers = offered;
        } else {
            let better = better(higher, supply);
            consider(&mut best, next, [demand, lower_or_equal], better, reference);
        }
        (demand, supply, last) = (higher, lower_or_equal, next);
    }
}

/// The price strictly between two that is nearest to the reference: all of them see the same orders.
fn between(low: Price, high: Price, reference: Price) -> Option<Price> {
    let (first, last) = (low.ticks().checked_add(1)?, high.ticks().checked_sub(1)?);
    (first <= last).then(|| Price::new(reference.ticks().clamp(first, last)))
}

/// Takes a price if it is better than the best so far: lots bid and offered at the price, and of both sides those strictly better
/// than it, all and those with a limit. Orders without a limit come first: where they leave nothing, no order with a limit
/// may be better than the price.
fn consider(
    best: &mut Option<AuctionPrice>,
    price: Price,
    [demand, supply]: [u64; 2],
    better: [(u64, u64); 2],
    reference: Price,
) {
    let volume = demand.min(supply);
    if volume == 0 || better.iter().any(|(all, limited)| *all > volume && *limited > 0) {
        return;
    }
    let imbalance = demand.wrapping_sub(supply).cast_signed();
    let found = AuctionPrice { price, volume, imbalance };
    // Larger is better, term by term; ties do not arise.
    let merit = |a: &AuctionPrice| {
        let distance = a.price.wide().abs_diff(reference.wide());
        (a.volume, Reverse(a.imbalance.unsigned_abs()), Reverse(distance))
    };
    if best.as_ref().is_none_or(|best| merit(&found) > merit(best)) {
        *best = Some(found);
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Levels = Vec<(Price, u64)>;

    fn levels(orders: &[(i32, u64)]) -> Levels {
        let mut levels: Levels = Vec::new();
        let mut sorted = orders.to_vec();
        sorted.sort_unstable();
        for (price, lots) in sorted {
            match levels.last_mut() {
                Some(last) if last.0 == Price::new(price) => last.1 += lots,
                _ => levels.push((Price::new(price), lots)),
            }
        }
        levels
    }

    fn price_of(
        bids: &[(i32, u64)],
        offers: &[(i32, u64)],
        reference: i32,
    ) -> Option<(i32, u64, i64)> {
        let (bids, offers) = (levels(bids), levels(offers));
        auction_price(bids.iter().copied(), offers.iter().copied(), Price::new(reference))
            .map(|a| (a.price.ticks(), a.volume, a.imbalance))
    }

    /// The definition, price by price.
    fn by_search(
        bids: &[(i32, u64)],
        offers: &[(i32, u64)],
        reference: i32,
    ) -> Option<(i32, u64, i64)> {
        let demand = |p: i32| bids.iter().filter(|b| b.0 >= p).map(|b| b.1).sum::<u64>();
        let supply = |p: i32| offers.iter().filter(|o| o.0 <= p).map(|o| o.1).sum::<u64>();
        let volume = |p: i32| demand(p).min(supply(p));
        let gap = |p: i32| demand(p).abs_diff(supply(p));
        let all = -5..=45;
        let most = all.clone().map(volume).max().filter(|&v| v > 0)?;
        let largest: Vec<i32> = all.filter(|&p| volume(p) == most).collect();
        let least = largest.iter().map(|&p| gap(p)).min()?;
        let served = |p: i32| demand(p + 1) <= most && supply(p - 1) <= most;
        let fair: Vec<i32> =
            largest.into_iter().filter(|&p| gap(p) == least && served(p)).collect();
        assert!(
            !fair.is_empty(),
            "no price of largest volume and least imbalance fills all better orders"
        );
        let near = fair.iter().map(|&p| p.abs_diff(reference)).min()?;
        let nearest: Vec<i32> =
            fair.into_iter().filter(|&p| p.abs_diff(reference) == near).collect();
        let [price] = nearest[..] else { panic!("{nearest:?} are equally near") };
        Some((price, most, demand(price).cast_signed() - supply(price).cast_signed()))
    }

    #[test]
    fn by_hand() {
        // Equal lots that reach across 100 to 104: the nearest to the reference, wherever it is.
        let (bids, offers) = ([(104, 5)], [(100, 5)]);
        assert_eq!(price_of(&bids, &offers, 102), Some((102, 5, 0)));
        assert_eq!(price_of(&bids, &offers, 90), Some((100, 5, 0)));
        assert_eq!(price_of(&bids, &offers, 190), Some((104, 5, 0)));
        // More bid than offered at every price: the bidders' price, or one bid at 104 would see a trade below it unfilled.
        assert_eq!(price_of(&[(104, 9)], &offers, 102), Some((104, 5, 4)));
        assert_eq!(price_of(&[(103, 5)], &[(101, 8)], 103), Some((101, 5, -3)));
        // Largest volume first: 12 at 101 against 10 at 103.
        assert_eq!(price_of(&[(103, 10), (101, 2)], &[(100, 12)], 103), Some((101, 12, 0)));
        assert_eq!(price_of(&[(99, 5)], &[(100, 5)], 100), None);
        assert_eq!(price_of(&[], &[(100, 5)], 100), None);
    }

    #[test]
    fn orders_without_a_limit_make_no_price() {
        let (low, high) = (i32::MIN, i32::MAX);
        assert_eq!(price_of(&[(high, 3)], &[(low, 2)], 7), Some((7, 2, 1)));
        assert_eq!(price_of(&[(high, 3)], &[(low, 3)], 7), Some((7, 3, 0)));
        // A surplus of offers without a limit trades at the bids there are, not below them.
        assert_eq!(price_of(&[(50, 5), (40, 5)], &[(low, 20)], 60), Some((40, 10, -10)));
        assert_eq!(price_of(&[(50, 10), (1, 1)], &[(low, 8)], 60), Some((50, 8, 2)));
        assert_eq!(price_of(&[(high, 9), (50, 2)], &[(70, 4)], 60), Some((70, 4, 5)));
    }

    proptest! {
        #[test]
        fn as_a_search_over_all_prices(
            bids in prop::collection::vec((0..40_i32, 1..9_u64), 0..12),
            offers in prop::collection::vec((0..40_i32, 1..9_u64), 0..12),
            reference in -3..43_i32,
        ) {
            prop_assert_eq!(price_of(&bids, &offers, reference), by_search(&bids, &offers, reference));
        }
    }
}
