//! Cases worked out by hand.

use monazite_exchange::{
    AccountId, Acknowledgement, Band, Book, BookFault, BookSpec, CancelReason, Event, Fill, Limits,
    Lots, OrderId, OrderKind, Price, Refusal, SelfTrade, Session, Side, Trade,
};

use crate::pair::{at, limits, order, spec, window};

fn open(self_trade: SelfTrade) -> (Book, Vec<Event>) {
    let mut book = Book::new(limits(900, 1100), spec(self_trade)).unwrap();
    book.open();
    (book, Vec::new())
}

fn fills(tape: &[Event]) -> Vec<(i32, u32, u32, u32)> {
    let fill = |event: &Event| match event {
        Event::Fill(Fill { trade, .. }) => {
            Some((trade.price.ticks(), trade.lots.get(), trade.buyer.0, trade.seller.0))
        }
        Event::Cancelled(_) => None,
    };
    tape.iter().filter_map(fill).collect()
}

fn cancellations(tape: &[Event]) -> Vec<(u32, u32, CancelReason)> {
    let cancelled = |event: &Event| match event {
        Event::Fill(_) => None,
        Event::Cancelled(c) => Some((c.account.0, c.lots.get(), c.reason)),
    };
    tape.iter().filter_map(cancelled).collect()
}

fn outcome(acknowledgement: Acknowledgement) -> (u32, u32) {
    (acknowledgement.filled.get(), acknowledgement.resting.get())
}

#[test]
fn price_then_sequence_number() {
    let (mut book, mut tape) = open(SelfTrade::default());
    for (account, lots, price) in [(1, 3, 1001), (2, 4, 1000), (3, 5, 1000)] {
        book.submit(order(account, Side::Sell, lots, at(price)), &mut tape).unwrap();
    }
    let buy = book.submit(order(4, Side::Buy, 10, at(1001)), &mut tape).unwrap();
    assert_eq!(outcome(buy), (10, 0));
    assert_eq!(fills(&tape), [(1000, 4, 4, 2), (1000, 5, 4, 3), (1001, 1, 4, 1)]);
    let day = book.statistics();
    assert_eq!((day.volume, day.turnover), (10, 10_001));
    let prices = [day.open, day.low, day.high, day.last].map(|p| p.unwrap().ticks());
    assert_eq!(prices, [1000, 1000, 1001, 1001]);
    assert_eq!(book.lots_at(Side::Sell, Price::new(1001)), 2);
}

#[test]
fn kinds_of_orders() {
    let (mut book, mut tape) = open(SelfTrade::default());
    let market = order(4, Side::Buy, 5, OrderKind::Market);
    assert_eq!(book.submit(market, &mut tape), Err(Refusal::NoOtherSide));
    book.submit(order(1, Side::Sell, 3, at(1000)), &mut tape).unwrap();
    book.submit(order(1, Side::Sell, 3, at(1002)), &mut tape).unwrap();
    let all = OrderKind::FillOrKill(Price::new(1001));
    let refused = book.submit(order(4, Side::Buy, 5, all), &mut tape);
    assert_eq!(refused, Err(Refusal::NotFilled { lots: 5, available: 3 }));
    assert!(tape.is_empty());
    let now = OrderKind::ImmediateOrCancel(Price::new(1001));
    assert_eq!(outcome(book.submit(order(4, Side::Buy, 5, now), &mut tape).unwrap()), (3, 0));
    assert_eq!(outcome(book.submit(market, &mut tape).unwrap()), (3, 0));
    assert_eq!(fills(&tape), [(1000, 3, 4, 1), (1002, 3, 4, 1)]);
    let left = (4, 2, CancelReason::Unfilled);
    assert_eq!(cancellations(&tape), [left, left]);
    assert_eq!(book.n_resting(), 0);
}

#[test]
fn an_account_does_not_meet_itself() {
    // Account 4 has the best offer; what it buys at the market depends on the policy.
    for (policy, traded, left) in [
        (SelfTrade::CancelIncoming, vec![], vec![(4, 6, CancelReason::SelfTrade)]),
        (
            SelfTrade::CancelResting,
            vec![(1001, 5, 4, 1)],
            vec![(4, 2, CancelReason::SelfTrade), (4, 1, CancelReason::Unfilled)],
        ),
        (
            SelfTrade::CancelBoth,
            vec![],
            vec![(4, 2, CancelReason::SelfTrade), (4, 6, CancelReason::SelfTrade)],
        ),
    ] {
        let (mut book, mut tape) = open(policy);
        book.submit(order(4, Side::Sell, 2, at(1000)), &mut tape).unwrap();
        book.submit(order(1, Side::Sell, 5, at(1001)), &mut tape).unwrap();
        book.submit(order(4, Side::Buy, 6, OrderKind::Market), &mut tape).unwrap();
        assert_eq!((fills(&tape), cancellations(&tape)), (traded, left), "{policy:?}");
        let all = order(4, Side::Buy, 3, OrderKind::FillOrKill(Price::new(1001)));
        book.submit(order(1, Side::Sell, 5, at(1001)), &mut tape).unwrap();
        // Only its own offer before them, if it still rests, keeps account 4 from filling or killing.
        let own = book.resting(AccountId(4), Side::Sell) > 0;
        assert_eq!(book.submit(all, &mut tape).is_ok(), !own, "{policy:?}");
    }
}

#[test]
fn a_cancel_of_what_is_not_there_is_an_event() {
    let (mut book, mut tape) = open(SelfTrade::default());
    let sell = book.submit(order(1, Side::Sell, 3, at(1000)), &mut tape).unwrap().order;
    assert_eq!(book.cancel(sell, AccountId(2), &mut tape), Err(Refusal::NotOwner { order: sell }));
    book.submit(order(2, Side::Buy, 3, at(1000)), &mut tape).unwrap();
    assert_eq!(book.cancel(sell, AccountId(1), &mut tape), Err(Refusal::NoOrder { order: sell }));
    // The slot is taken again, under another name.
    let next = book.submit(order(1, Side::Sell, 3, at(1000)), &mut tape).unwrap().order;
    assert_ne!(next, sell);
    for order in [sell, OrderId(0), OrderId(u64::MAX), OrderId(1)] {
        assert_eq!(book.cancel(order, AccountId(1), &mut tape), Err(Refusal::NoOrder { order }));
    }
    assert_eq!(book.cancel(next, AccountId(1), &mut tape), Ok(Lots::new(3)));
    assert_eq!(book.cancel(next, AccountId(1), &mut tape), Err(Refusal::NoOrder { order: next }));
}

#[test]
fn a_replacement_keeps_its_place_only_if_it_asks_for_less() {
    let (mut book, mut tape) = open(SelfTrade::default());
    let names: Vec<OrderId> = (1..4)
        .map(|account| {
            book.submit(order(account, Side::Buy, 5, at(1000)), &mut tape).unwrap().order
        })
        .collect();
    let replace = |book: &mut Book, tape: &mut Vec<Event>, account: u32, price: i32, lots: u32| {
        let name = names[account as usize - 1];
        book.replace(name, AccountId(account), Price::new(price), Lots::new(lots), tape)
    };
    assert_eq!(replace(&mut book, &mut tape, 1, 1000, 4).unwrap().order, names[0]);
    let anew = replace(&mut book, &mut tape, 2, 1000, 6).unwrap();
    assert!(anew.order != names[1] && outcome(anew) == (0, 6));
    let queue: Vec<(u32, u32)> = book.orders(Side::Buy).map(|o| (o.1.0, o.3.get())).collect();
    assert_eq!(queue, [(1, 4), (3, 5), (2, 6)]);
    assert_eq!(
        cancellations(&tape),
        [(1, 1, CancelReason::Replaced), (2, 5, CancelReason::Replaced)]
    );
    // A refused replacement leaves the order where it is; one that reaches the other side trades.
    let refused = replace(&mut book, &mut tape, 3, 1101, 5);
    assert_eq!(refused, Err(Refusal::OverLimit { price: 1101, low: 900, high: 1100 }));
    assert_eq!(replace(&mut book, &mut tape, 3, 1000, 0), Err(Refusal::NoLots));
    assert_eq!(book.order(names[2]), Some((Side::Buy, Price::new(1000), Lots::new(5))));
    book.submit(order(5, Side::Sell, 2, at(1010)), &mut tape).unwrap();
    assert_eq!(outcome(replace(&mut book, &mut tape, 3, 1012, 5).unwrap()), (2, 3));
    assert_eq!(book.best(Side::Buy), Some(Price::new(1012)));
    assert_eq!(book.violations(), []);
}

#[test]
fn the_auction_of_a_textbook() {
    // Bids 9 at 105 (5 of them at the market), 4 at 103; offers 6 at 101, 5 at 104. At 103 and below 6 lots trade against 13,
    // at 104 and 105 nine of eleven: the smaller imbalance and larger volume are there, and 104 is nearer to 100.
    let mut book = Book::new(limits(95, 105), spec(SelfTrade::default())).unwrap();
    let mut tape: Vec<Event> = Vec::new();
    book.open_auction();
    let mut bid = |account, lots, kind| {
        book.submit(order(account, Side::Buy, lots, kind), &mut tape).unwrap()
    };
    bid(1, 4, at(105));
    bid(2, 5, OrderKind::Market);
    bid(3, 4, at(103));
    for (account, lots, price) in [(4, 6, 101), (5, 5, 104)] {
        book.submit(order(account, Side::Sell, lots, at(price)), &mut tape).unwrap();
    }
    assert!(tape.is_empty());
    let now = order(6, Side::Buy, 1, OrderKind::ImmediateOrCancel(Price::new(100)));
    assert_eq!(book.submit(now, &mut tape), Err(Refusal::Closed));
    let auction = book.uncross(Price::new(100), &mut tape).unwrap().unwrap();
    assert_eq!((auction.price, auction.volume, auction.imbalance), (Price::new(104), 9, -2));
    assert_eq!(fills(&tape), [(104, 4, 1, 4), (104, 2, 2, 4), (104, 3, 2, 5)]);
    assert!(tape.iter().all(|e| matches!(e, Event::Fill(f) if f.trade.aggressor.is_none())));
    assert_eq!(book.session(), Session::Continuous);
    assert_eq!(
        (book.best(Side::Buy), book.best(Side::Sell)),
        (Some(Price::new(103)), Some(Price::new(104)))
    );
    assert_eq!(book.uncross(Price::new(100), &mut tape), Err(Refusal::Closed));
}

#[test]
fn market_orders_do_not_outlive_the_auction() {
    for band in [limits(95, 105), window(100)] {
        let mut book = Book::new(band, spec(SelfTrade::default())).unwrap();
        let mut tape: Vec<Event> = Vec::new();
        book.open_auction();
        book.submit(order(1, Side::Buy, 7, OrderKind::Market), &mut tape).unwrap();
        book.submit(order(2, Side::Buy, 7, at(99)), &mut tape).unwrap();
        book.submit(order(3, Side::Sell, 5, at(101)), &mut tape).unwrap();
        let auction = book.uncross(Price::new(100), &mut tape).unwrap().unwrap();
        assert_eq!((auction.volume, auction.imbalance), (5, 2));
        assert_eq!(cancellations(&tape), [(1, 2, CancelReason::Unfilled)]);
        assert_eq!(book.best(Side::Buy), Some(Price::new(99)));
        assert_eq!(book.violations(), []);
    }
}

#[test]
fn locked_is_one_side_alone_at_its_limit() {
    let at_close = |orders: &[(Side, i32)]| {
        let (mut book, mut tape) = open(SelfTrade::default());
        for (account, &(side, price)) in (1..).zip(orders) {
            book.submit(order(account, side, 1, at(price)), &mut tape).unwrap();
        }
        book.close(&mut tape).locked
    };
    assert_eq!(at_close(&[(Side::Buy, 1100)]), Some(Side::Buy));
    assert_eq!(at_close(&[(Side::Sell, 900), (Side::Sell, 950)]), Some(Side::Sell));
    assert_eq!(at_close(&[(Side::Buy, 1099)]), None);
    assert_eq!(at_close(&[]), None);
    // Filled on arrival, and the bids are still there: locked; filled away: not.
    assert_eq!(
        at_close(&[(Side::Buy, 1100), (Side::Buy, 1100), (Side::Sell, 1100)]),
        Some(Side::Buy)
    );
    assert_eq!(at_close(&[(Side::Buy, 1100), (Side::Sell, 1100)]), None);
    let mut free = Book::new(window(1000), spec(SelfTrade::default())).unwrap();
    free.open();
    free.submit(order(1, Side::Buy, 1, at(i32::MAX - 1)), &mut ()).unwrap();
    // The ends of all prices are for orders without a limit.
    let end = Refusal::OverLimit { price: i32::MAX, low: i32::MIN + 1, high: i32::MAX - 1 };
    assert_eq!(free.submit(order(1, Side::Buy, 1, at(i32::MAX)), &mut ()), Err(end));
    assert_eq!(free.close(&mut ()).locked, None);
}

#[test]
fn a_closed_book_takes_nothing_and_names_go_on() {
    let (mut book, mut tape) = open(SelfTrade::default());
    let name = book.submit(order(1, Side::Buy, 4, at(1000)), &mut tape).unwrap().order;
    assert_eq!(book.reset(limits(1, 2)), Err(BookFault::NotClosed));
    let report = book.close(&mut tape);
    assert_eq!((report.unfilled, report.locked), (4, None));
    assert_eq!(cancellations(&tape), [(1, 4, CancelReason::Close)]);
    assert_eq!(book.submit(order(1, Side::Buy, 4, at(1000)), &mut tape), Err(Refusal::Closed));
    book.reset(limits(950, 1050)).unwrap();
    book.open();
    let next = book.submit(order(1, Side::Buy, 4, at(1000)), &mut tape).unwrap().order;
    assert_eq!((next.sequence(), name.sequence()), (2, 1));
    assert_eq!(book.cancel(name, AccountId(1), &mut tape), Err(Refusal::NoOrder { order: name }));
    let over = book.submit(order(1, Side::Buy, 4, at(1051)), &mut tape);
    assert_eq!(over, Err(Refusal::OverLimit { price: 1051, low: 950, high: 1050 }));
}

#[test]
fn a_spent_budget_refuses_all_but_the_close() {
    let mut book =
        Book::new(limits(0, 9), BookSpec { instructions: 1, ..spec(SelfTrade::default()) })
            .unwrap();
    book.open();
    let name = book.submit(order(1, Side::Buy, 4, at(5)), &mut ()).unwrap().order;
    assert_eq!(book.cancel(name, AccountId(1), &mut ()), Err(Refusal::BookFull));
    assert_eq!(book.cancel_all(AccountId(1), CancelReason::Clearing, &mut ()), 4);
    book.close(&mut ());
    let journal = book.journal().unwrap();
    assert_eq!(journal.replay(&mut ()).unwrap().digest(), book.digest());
}

#[test]
fn books_that_cannot_be() {
    let size = spec(SelfTrade::default());
    let fault = |band, spec| Book::new(band, spec).err().map(|fault| fault.to_string());
    assert_eq!(
        fault(limits(5, 4), size).unwrap(),
        "the lower limit (5) is above the upper one (4)"
    );
    assert!(
        fault(limits(i32::MIN, i32::MAX), size).unwrap().starts_with("4294967296 price levels")
    );
    assert!(fault(Band::Window { near: Price::new(0), levels: 63 }, size).is_some());
    assert!(fault(limits(5, 5), BookSpec { orders: 0, ..size }).is_some());
    assert!(
        fault(limits(5, 5), BookSpec { orders: u32::MAX, ..size })
            .unwrap()
            .starts_with("4294967295 orders")
    );
    assert!(fault(limits(5, 5), BookSpec { accounts: u32::MAX, ..size }).is_some());
    assert_eq!(fault(limits(5, 5), size), None);
}

#[test]
fn stored_books_that_never_were_are_refused() {
    let (mut book, mut tape) = open(SelfTrade::default());
    for (side, price) in [(Side::Buy, 999), (Side::Buy, 998), (Side::Sell, 1001)] {
        book.submit(order(1, side, 5, at(price)), &mut tape).unwrap();
    }
    let stored = serde_json::to_value(&book).unwrap();
    assert!(serde_json::from_value::<Book>(stored.clone()).is_ok());
    for (path, value) in [
        ("/bids/0/price", 1101),
        ("/bids/0/price", 997),
        ("/bids/0/price", 1001),
        ("/bids/0/lots", 0),
        ("/bids/0/account", 99),
        ("/bids/1/order", 1 << 24),
        ("/bids/0/order", (9 << 24) | 1),
        ("/unused_slot", 3),
        ("/unused_slot", 5),
        ("/spec/orders", 0),
    ] {
        let mut broken = stored.clone();
        *broken.pointer_mut(path).unwrap() = value.into();
        assert!(serde_json::from_value::<Book>(broken).is_err(), "{path} = {value}");
    }
}

#[test]
fn what_it_says_of_trades_is_in_the_book_of_record() {
    // Tapes that listen to less hear the same trades.
    let (mut book, mut tape) = open(SelfTrade::default());
    let mut copy = book.clone();
    let mut trades: Vec<Trade> = Vec::new();
    for (account, side, price) in
        [(1, Side::Sell, 1000), (2, Side::Buy, 1003), (3, Side::Sell, 990)]
    {
        book.submit(order(account, side, 2, at(price)), &mut tape).unwrap();
        copy.submit(order(account, side, 2, at(price)), &mut trades).unwrap();
    }
    let heard: Vec<_> =
        trades.iter().map(|t| (t.price.ticks(), t.lots.get(), t.buyer.0, t.seller.0)).collect();
    assert_eq!(heard, fills(&tape));
    assert_eq!(book.digest(), copy.digest());
    let limits = Limits { low: Price::new(900), high: Price::new(1100) };
    assert!(trades.iter().all(|t| limits.admit(t.price)));
}
