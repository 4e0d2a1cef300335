//! What must hold for any instructions: proptest looks for those with which it does not.

use monazite_exchange::{
    AccountId, Band, Book, BookSpec, Lots, NewOrder, OrderId, OrderKind, Price, SelfTrade, Session,
    Side, Trade,
};
use proptest::prelude::*;

use crate::pair::{ACCOUNTS, Pair, limits, order, spec, window};
use crate::random::replays;

/// An instruction; a name is drawn among those given so far, the newest at 0.
#[derive(Debug, Clone)]
enum Step {
    Submit(NewOrder),
    Cancel(usize, u32),
    Replace(usize, u32, Price, Lots),
    CancelAll(u32),
    Uncross(Price),
    Turn(bool),
}

fn side() -> impl Strategy<Value = Side> + Clone {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn new_order(
    price: impl Strategy<Value = i32> + Clone + 'static,
) -> impl Strategy<Value = NewOrder> {
    let kind = (0..10, price.prop_map(Price::new)).prop_map(|(kind, price)| match kind {
        0 => OrderKind::Market,
        1 => OrderKind::ImmediateOrCancel(price),
        2 => OrderKind::FillOrKill(price),
        _ => OrderKind::Limit(price),
    });
    (0..ACCOUNTS + 1, side(), 0..9_u32, kind)
        .prop_map(|(account, side, lots, kind)| order(account, side, lots, kind))
}

fn steps(price: impl Strategy<Value = i32> + Clone + 'static) -> impl Strategy<Value = Vec<Step>> {
    let at = price.clone().prop_map(Price::new);
    let lots = (0..9_u32).prop_map(Lots::new);
    let step = prop_oneof![
        12 => new_order(price).prop_map(Step::Submit),
        4 => (0..30_usize, 0..ACCOUNTS).prop_map(|(name, account)| Step::Cancel(name, account)),
        4 => (0..30_usize, 0..ACCOUNTS, at.clone(), lots).prop_map(|(n, a, p, l)| Step::Replace(n, a, p, l)),
        1 => (0..ACCOUNTS).prop_map(Step::CancelAll),
        1 => at.prop_map(Step::Uncross),
        1 => any::<bool>().prop_map(Step::Turn),
    ];
    prop::collection::vec(step, 0..80)
}

/// Whoever owns the order asks for it, three times in four.
fn asking(book: &Book, name: OrderId, account: u32) -> AccountId {
    let owner = [Side::Buy, Side::Sell]
        .into_iter()
        .flat_map(|side| book.orders(side))
        .find(|o| o.0 == name);
    owner.filter(|_| !account.is_multiple_of(4)).map_or(AccountId(account), |o| o.1)
}

fn run(steps: Vec<Step>, band: Band, spec: BookSpec) {
    let mut pair = Pair::new(band, spec);
    pair.turn_of_day(band, true);
    for step in steps {
        let name = |back: usize| pair.names.iter().rev().nth(back).copied().unwrap_or(OrderId(7));
        match step {
            Step::Submit(order) => pair.submit(order),
            Step::Cancel(back, account) => {
                let name = name(back);
                pair.cancel(name, asking(&pair.book, name, account));
            }
            Step::Replace(back, account, price, lots) => {
                let name = name(back);
                pair.replace(name, asking(&pair.book, name, account), price, lots);
            }
            Step::CancelAll(account) => pair.cancel_all(AccountId(account)),
            Step::Uncross(reference) if pair.book.session() == Session::Auction => {
                pair.uncross(reference);
            }
            Step::Uncross(_) => {}
            Step::Turn(auction) => pair.turn_of_day(band, auction),
        }
        pair.compare_state();
        if pair.book.session() == Session::Continuous {
            let (bid, offer) = (pair.book.best(Side::Buy), pair.book.best(Side::Sell));
            assert!(bid.zip(offer).is_none_or(|(bid, offer)| bid < offer), "crossed or locked");
        }
    }
    replays(&pair.book);
}

fn policy() -> impl Strategy<Value = SelfTrade> {
    prop_oneof![
        Just(SelfTrade::CancelIncoming),
        Just(SelfTrade::CancelResting),
        Just(SelfTrade::CancelBoth)
    ]
}

/// Prices around zero, and now and then any.
fn any_price() -> impl Strategy<Value = i32> + Clone {
    prop_oneof![8 => -12..12_i32, 3 => -400..400_i32, 1 => any::<i32>(), 1 => Just(i32::MAX), 1 => Just(i32::MIN)]
}

proptest! {
    #[test]
    fn within_limits(steps in steps(-14..14_i32), policy in policy()) {
        run(steps, limits(-12, 12), spec(policy));
    }

    #[test]
    fn without_limits_at_any_price(steps in steps(any_price()), policy in policy(), near in any_price()) {
        run(steps, window(near), spec(policy));
    }

    #[test]
    fn in_a_book_of_few_orders(steps in steps(-6..6_i32), policy in policy(), orders in 1..6_u32) {
        run(steps, limits(-6, 6), BookSpec { orders, ..spec(policy) });
    }

    /// The auction's price maximises volume, then minimises imbalance, then is nearest to the reference, of the prices at which
    /// all better orders fill; and they do.
    #[test]
    fn auctions(
        orders in prop::collection::vec(new_order(-15..15_i32), 0..40),
        reference in -20..20_i32,
        limited in any::<bool>(),
    ) {
        let band = if limited { limits(-15, 15) } else { window(0) };
        let mut pair = Pair::new(band, spec(SelfTrade::default()));
        pair.turn_of_day(band, true);
        for order in orders {
            pair.submit(order);
        }
        pair.compare_state();
        let by_search = search(&pair, reference);
        let outcome = pair.book.indicative(Price::new(reference));
        prop_assert_eq!(outcome.map(|a| (a.price.wide(), a.volume)), by_search);
        pair.uncross(Price::new(reference));
        pair.compare_state();
        prop_assert_eq!(pair.book.statistics().volume, by_search.map_or(0, |found| found.1));
        if let Some((price, _)) = by_search {
            let left = |side| pair.book.best(side).map(Price::wide);
            prop_assert!(left(Side::Buy).is_none_or(|bid| bid <= price), "a better bid is left");
            prop_assert!(left(Side::Sell).is_none_or(|offer| offer >= price), "a better offer is left");
        }
    }

    /// Nothing is allocated between open and close: no buffer of the book or tape grows, whatever the flow.
    #[test]
    fn memory_stays_what_it_was(steps in prop::collection::vec(new_order(any_price()), 0..300)) {
        for band in [limits(-400, 400), window(0)] {
            let mut book = Book::new(band, spec(SelfTrade::CancelResting)).unwrap();
            let mut tape: Vec<Trade> = Vec::with_capacity(4096);
            let bytes = book.bytes();
            for _ in 0..2 {
                book.open_auction();
                for (at, order) in steps.iter().enumerate() {
                    if at == 20 {
                        book.uncross(Price::new(0), &mut tape).unwrap();
                    }
                    let _ = book.submit(*order, &mut tape);
                    prop_assert_eq!(book.bytes(), bytes);
                }
                book.close(&mut tape);
                prop_assert_eq!((book.bytes(), tape.capacity()), (bytes, 4096));
                book.reset(band).unwrap();
                prop_assert_eq!(book.bytes(), bytes);
                tape.clear();
            }
        }
    }
}

/// The auction's price and volume from its definition, over all prices that orders can have and the reference.
fn search(pair: &Pair, reference: i32) -> Option<(i64, u64)> {
    let all: Vec<i64> = (-21..=21).collect();
    let volume = |p: i64| {
        let (demand, supply) = pair.naive.demand_and_supply(p);
        demand.min(supply)
    };
    let gap = |p: i64| {
        let (demand, supply) = pair.naive.demand_and_supply(p);
        demand.abs_diff(supply)
    };
    let most = all.iter().map(|&p| volume(p)).max().filter(|&v| v > 0)?;
    let largest: Vec<i64> = all.into_iter().filter(|&p| volume(p) == most).collect();
    let least = largest.iter().map(|&p| gap(p)).min()?;
    let served = |p: i64| {
        let (bids, offers) = (p + 1, p - 1);
        let all = (pair.naive.demand_and_supply(bids).0, pair.naive.demand_and_supply(offers).1);
        let limited = |p| pair.naive.limited_demand_and_supply(p);
        (all.0 <= most || limited(bids).0 == 0) && (all.1 <= most || limited(offers).1 == 0)
    };
    let fair = largest.into_iter().filter(|&p| gap(p) == least && served(p));
    fair.min_by_key(|&p| (p.abs_diff(i64::from(reference)), p)).map(|price| (price, most))
}
