//! Calendar spreads: legs that differ by the spread, within both limits, nearest to the near leg's anchor.

use monazite_exchange::{
    BookFault, CalendarSpread, ContractIdx, Leg, LegPrices, Limits, OrderKind, Price, Refusal,
    SelfTrade, Side, SpreadBook, SpreadFill,
};
use proptest::prelude::*;

use crate::pair::{at, order, spec};

const SPREAD: CalendarSpread = CalendarSpread { near: ContractIdx(0), far: ContractIdx(1) };

const fn leg(low: i32, high: i32, anchor: i32) -> Leg {
    let limits = Limits { low: Price::new(low), high: Price::new(high) };
    Leg { limits: Some(limits), anchor: Price::new(anchor) }
}

#[test]
fn a_spread_trade_has_two_legs() {
    let (near, far) = (leg(900, 1100, 1000), leg(920, 1120, 1020));
    let mut book = SpreadBook::new(SPREAD, near, far, spec(SelfTrade::default())).unwrap();
    let mut tape: Vec<SpreadFill> = Vec::new();
    book.open();
    assert_eq!(book.limits(), Limits { low: Price::new(-220), high: Price::new(180) });
    book.submit(order(1, Side::Sell, 3, at(-18)), &mut tape).unwrap();
    book.submit(order(2, Side::Buy, 2, OrderKind::Market), &mut tape).unwrap();
    let [near_trade, far_trade] = tape[0].trades();
    assert_eq!((near_trade.price.ticks(), far_trade.price.ticks()), (1000, 1018));
    // Who buys the spread buys near and sells far.
    assert_eq!((near_trade.buyer.0, near_trade.seller.0, near_trade.lots.get()), (2, 1, 2));
    assert_eq!((far_trade.buyer.0, far_trade.seller.0, far_trade.lots.get()), (1, 2, 2));
    assert_eq!((near_trade.aggressor, far_trade.aggressor), (Some(Side::Buy), Some(Side::Sell)));
    book.anchor(Price::new(1004), Price::new(1019));
    book.submit(order(2, Side::Buy, 1, at(-18)), &mut tape).unwrap();
    assert_eq!(tape[1].legs, LegPrices { near: Price::new(1004), far: Price::new(1022) });
    let over = book.submit(order(2, Side::Buy, 1, at(181)), &mut tape);
    assert_eq!(over, Err(Refusal::OverLimit { price: 181, low: -220, high: 180 }));
    assert_eq!(book.book().violations(), []);
}

#[test]
fn the_near_leg_gives_way_to_the_far_legs_limit() {
    let legs =
        |spread| LegPrices::of(Price::new(spread), leg(900, 1100, 1000), leg(950, 1050, 1000));
    let ticks = |spread| legs(spread).map(|l| (l.near.ticks(), l.far.ticks())).ok();
    assert_eq!(ticks(30), Some((1000, 970)));
    assert_eq!(ticks(80), Some((1030, 950)));
    assert_eq!(ticks(-80), Some((970, 1050)));
    assert_eq!(ticks(150), Some((1100, 950)));
    assert_eq!(ticks(151), None);
    assert_eq!(ticks(-151), None);
}

#[test]
fn limits_the_wrong_way_round_are_refused() {
    let fault =
        SpreadBook::new(SPREAD, leg(2, 1, 1), leg(1, 2, 1), spec(SelfTrade::default())).err();
    assert_eq!(fault, Some(BookFault::LimitsReversed { low: 2, high: 1 }));
    let (low, high) = (leg(i32::MIN, i32::MIN + 1, 0), leg(5, 7, 0));
    let (lowest, highest) = (i64::from(i32::MIN) - 7, i64::from(i32::MIN) - 4);
    let fault = SpreadBook::new(SPREAD, low, high, spec(SelfTrade::default())).err();
    assert_eq!(fault, Some(BookFault::NoSpread { low: lowest, high: highest }));
}

fn any_leg() -> impl Strategy<Value = Leg> {
    let near = (-500..500_i32, 0..300_i32).prop_map(|(low, width)| (low, low + width));
    let limits = prop_oneof![
        4 => near,
        1 => (any::<i32>(), any::<i32>()).prop_map(|(a, b)| (a.min(b), a.max(b))),
    ];
    (prop::option::of(limits), any::<i32>(), -600..600_i32).prop_map(|(limits, far, anchor)| Leg {
        limits: limits.map(|(low, high)| Limits { low: Price::new(low), high: Price::new(high) }),
        anchor: Price::new(if far % 5 == 0 { far } else { anchor }),
    })
}

proptest! {
    /// Every spread within the book's limits has legs, and none outside has.
    #[test]
    fn every_admitted_spread_has_legs(near in any_leg(), far in any_leg(), spread in any::<i32>(), small in -900..900_i32) {
        let Ok(book) = SpreadBook::new(SPREAD, near, far, spec(SelfTrade::default())) else {
            prop_assert!(LegPrices::of(Price::new(spread), near, far).is_err());
            return Ok(());
        };
        let limits = book.limits();
        for spread in [spread, small, limits.low.ticks(), limits.high.ticks()].map(Price::new) {
            let legs = LegPrices::of(spread, near, far);
            prop_assert_eq!(legs.is_ok(), limits.admit(spread));
            let Ok(legs) = legs else { continue };
            prop_assert_eq!(legs.near.wide() - legs.far.wide(), spread.wide());
            prop_assert!(near.limits.is_none_or(|l| l.admit(legs.near)));
            prop_assert!(far.limits.is_none_or(|l| l.admit(legs.far)));
            // No admissible pair has the near leg closer to its anchor.
            let off = legs.near.wide().abs_diff(near.anchor.wide());
            let towards = (near.anchor.wide() - legs.near.wide()).signum();
            let closer = |price: i64| i32::try_from(price).ok().map(Price::new);
            if off > 0 {
                let (n, f) = (closer(legs.near.wide() + towards), closer(legs.far.wide() + towards));
                let admitted = n.zip(f).is_some_and(|(n, f)| {
                    near.limits.is_none_or(|l| l.admit(n)) && far.limits.is_none_or(|l| l.admit(f))
                });
                prop_assert!(!admitted, "{legs:?} could be closer");
            }
        }
    }
}
