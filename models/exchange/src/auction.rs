//! The opening call auction: one price for all orders.
//!
//! Method: with D(p) the lots bid at p or higher and S(p) those offered at p or lower, the price maximises the volume
//! V(p) = min(D(p), S(p)); of those prices it minimises the imbalance |D(p) − S(p)|; of those it is nearest to the previous
//! settlement. Only prices at which every better-priced order can be filled are asked, D(p + 1) ≤ V(p) and S(p − 1) ≤ V(p),
//! as the rules of Chinese futures exchanges demand: when one side has more lots than the other at every such price, this
//! moves the price to that side's last order. Such a price always exists, and no two are equally near (MODEL.md).

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::units::Price;

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
    // Bids at the current price or higher, offers below it.
    let mut demand = bids.clone().fold(0_u64, |sum, (_, lots)| sum.saturating_add(lots));
    let mut supply = 0_u64;
    let mut last: Option<Price> = None;
    let (mut bids, mut offers) = (bids.peekable(), offers.peekable());
    loop {
        let price = match (bids.peek(), offers.peek()) {
            (Some(bid), Some(offer)) => bid.0.min(offer.0),
            (Some(bid), None) => bid.0,
            (None, Some(offer)) => offer.0,
            (None, None) => return best,
        };
        if let Some(last) = last
            && let Some(between) = between(last, price, reference)
        {
            consider(&mut best, between, [demand, demand], [supply, supply], reference);
        }
        let bid = bids.next_if(|level| level.0 == price).map_or(0, |level| level.1);
        let offered = offers.next_if(|level| level.0 == price).map_or(0, |level| level.1);
        let (higher, lower_or_equal) = (demand.saturating_sub(bid), supply.saturating_add(offered));
        consider(&mut best, price, [demand, higher], [lower_or_equal, supply], reference);
        (demand, supply, last) = (higher, lower_or_equal, Some(price));
    }
}

/// The price strictly between two that is nearest to the reference: all of them see the same orders.
fn between(low: Price, high: Price, reference: Price) -> Option<Price> {
    let (first, last) = (low.ticks().checked_add(1)?, high.ticks().checked_sub(1)?);
    (first <= last).then(|| Price::new(reference.ticks().clamp(first, last)))
}

/// Takes a price if it is better than the best so far. `demand` and `supply`: at the price, and strictly better than it.
fn consider(
    best: &mut Option<AuctionPrice>,
    price: Price,
    demand: [u64; 2],
    supply: [u64; 2],
    reference: Price,
) {
    let volume = demand[0].min(supply[0]);
    if volume == 0 || demand[1] > volume || supply[1] > volume {
        return;
    }
    let imbalance = demand[0].wrapping_sub(supply[0]).cast_signed();
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
    fn the_ends_of_all_prices_are_prices() {
        let (low, high) = (i32::MIN, i32::MAX);
        assert_eq!(price_of(&[(high, 3)], &[(low, 2)], 7), Some((high, 2, 1)));
        assert_eq!(price_of(&[(high, 3)], &[(low, 3)], 7), Some((7, 3, 0)));
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
