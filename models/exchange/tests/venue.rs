//! Days of a venue: random order flow over expiries, deliveries, defaults and locked markets, with everything that must hold
//! checked after every morning and evening, and a day by hand.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::inconsistent_digit_grouping,
    reason = "a test that fails on an error; money in yuan and fen: 246_000_00"
)]

use jiff::civil::{Date, date};
use monazite_exchange::{
    AccountId, AccountKind, Acknowledgement, CalendarSpread, ContractIdx, DayReport, Domicile,
    Event, Lots, Money, NewOrder, NewReceipt, OrderId, OrderKind, Part, Price, Refusal, Request,
    Rules, Scheduled, Side, SpreadFill, SpreadIdx, TradingCalendar, Venue, VenueSpec, VenueTape,
    trading_day,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn calendar() -> TradingCalendar {
    TradingCalendar::weekdays(date(2025, 1, 1), date(2032, 12, 31), &[]).unwrap()
}

fn days(from: Date) -> impl Iterator<Item = Date> {
    let all = calendar();
    let days: Vec<Date> = all.days().iter().copied().filter(|day| *day >= from).collect();
    days.into_iter()
}

/// Accounts of all kinds, some of them poor, and one that never trades.
fn venue(rules: &str, n: u32, seed: u64) -> Venue {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let spec = VenueSpec { accounts: n, orders: 2000, spread_orders: 256, journal: true };
    let mut venue = Venue::new(Rules::preset(rules).unwrap(), calendar(), spec).unwrap();
    for i in 0..n {
        let kind = match i % 5 {
            0 | 1 => AccountKind::Hedger,
            4 => AccountKind::MarketMaker,
            _ => AccountKind::Speculator,
        };
        let domicile = if i % 7 == 6 { Domicile::Foreign } else { Domicile::Domestic };
        // 100,000 to 20 million of the currency.
        let cash = random.random_range(100_000_00_i64..20_000_000_00);
        venue.open_account(kind, domicile, Money::new(cash)).unwrap();
    }
    venue
}

/// Requests of a day: orders round a price that drifts, cancels of orders that may be gone.
struct RandomFlow {
    random: Xoshiro256PlusPlus,
    left: [u32; 2],
    drift: i32,
    n_accounts: u32,
    known: Vec<(ContractIdx, OrderId, AccountId)>,
}

impl RandomFlow {
    fn next(&mut self, venue: &Venue, part: usize) -> Option<Request> {
        self.left[part] = self.left[part].checked_sub(1)?;
        let listed: Vec<ContractIdx> = venue
            .contracts()
            .filter(|(_, l)| !l.awaits_delivery())
            .map(|(place, _)| place)
            .take(3)
            .collect();
        let contract = listed[self.random.random_range(0..listed.len())];
        if !self.known.is_empty() && self.random.random_range(0..5) == 0 {
            let i = self.random.random_range(0..self.known.len());
            let (contract, order, account) = self.known[i];
            if self.random.random_bool(0.5) {
                return Some(Request::Cancel { contract, order, account });
            }
            let price = self.price(venue, contract);
            let lots = Lots::new(self.random.random_range(1..30));
            return Some(Request::Replace { contract, order, account, price, lots });
        }
        if part == 1 && self.random.random_range(0..8) == 0 {
            return Some(self.spread(venue));
        }
        // Account 0 never sends anything; one in fifty is not there at all.
        let account = AccountId(self.random.random_range(1..self.n_accounts + 1));
        let side = if self.random.random_bool(0.5) { Side::Buy } else { Side::Sell };
        let lots = Lots::new(self.random.random_range(0..40));
        let price = self.price(venue, contract);
        let kind = match self.random.random_range(0..10) {
            0 => OrderKind::Market,
            1 => OrderKind::ImmediateOrCancel(price),
            2 => OrderKind::FillOrKill(price),
            _ => OrderKind::Limit(price),
        };
        Some(Request::Submit { contract, order: NewOrder { account, side, lots, kind } })
    }

    /// An order in one of the nearest spreads, or the cancellation of one that may rest.
    fn spread(&mut self, venue: &Venue) -> Request {
        let spread = SpreadIdx(self.random.random_range(0..3));
        let account = AccountId(self.random.random_range(1..self.n_accounts));
        if self.random.random_bool(0.2) {
            let first = venue.spreads().find(|(place, _)| *place == spread);
            let resting = first.and_then(|(_, book)| book.book().orders(Side::Buy).next());
            let order = resting.map_or(OrderId(7), |(order, ..)| order);
            return Request::CancelSpread {
                spread,
                order,
                account: resting.map_or(account, |o| o.1),
            };
        }
        let side = if self.random.random_bool(0.5) { Side::Buy } else { Side::Sell };
        let kind = OrderKind::Limit(Price::new(self.random.random_range(-15..=15)));
        let lots = Lots::new(self.random.random_range(1..10));
        Request::SubmitSpread { spread, order: NewOrder { account, side, lots, kind } }
    }

    fn price(&mut self, venue: &Venue, contract: ContractIdx) -> Price {
        let reference = venue.terms(contract).map_or(1, |t| t.reference.ticks());
        let centre = reference + reference / 100 * self.drift;
        let half = (reference / 50).max(2);
        Price::new(self.random.random_range(centre - half..=centre + half))
    }
}

impl monazite_exchange::OrderFlow for RandomFlow {
    fn auction(&mut self, venue: &Venue) -> Option<Request> {
        self.next(venue, 0)
    }

    fn continuous(&mut self, venue: &Venue) -> Option<Request> {
        self.next(venue, 1)
    }

    fn answered(&mut self, request: &Request, answer: Result<Acknowledgement, Refusal>) {
        if let (Request::Submit { contract, order }, Ok(taken)) = (request, answer)
            && !taken.resting.is_zero()
        {
            self.known.push((*contract, taken.order, order.account));
        }
    }
}

fn flow(seed: u64, day: u32, drift: i32, n_accounts: u32) -> RandomFlow {
    RandomFlow {
        random: Xoshiro256PlusPlus::seed_from_u64(seed ^ (u64::from(day) << 20)),
        left: [40, 160],
        drift,
        n_accounts,
        known: Vec::new(),
    }
}

/// Runs days; the drift of each is drawn, so that limits are met and accounts fail.
fn run(venue: &mut Venue, from: Date, n_days: u32, seed: u64) -> (Vec<DayReport>, Vec<u64>) {
    let mut reports = Vec::new();
    let mut digests = Vec::new();
    let n_accounts = u32::try_from(venue.clearing().n_accounts()).unwrap();
    let physical = venue.warehouses().is_some();
    let mut tape: Vec<(ContractIdx, Event)> = Vec::new();
    for (day, date) in (0..n_days).zip(days(from)) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(31) ^ u64::from(day));
        let drift = random.random_range(-12..=12) / 4 * 4;
        let receipts = [NewReceipt {
            owner: AccountId(random.random_range(1..n_accounts)),
            grade: 0,
            brand: None,
            lots: Lots::new(random.random_range(1..20)),
        }];
        let deposits = [(AccountId(random.random_range(1..n_accounts)), Money::new(50_000_00))];
        let scheduled = Scheduled {
            receipts: if physical && day % 3 == 0 { &receipts } else { &[] },
            deposits: if day % 4 == 1 { &deposits } else { &[] },
            index: (!physical).then_some(Money::new(60_00)),
            ..Scheduled::default()
        };
        let mut report = DayReport::default();
        tape.clear();
        let mut orders = flow(seed, day, drift, n_accounts);
        trading_day(venue, date, &scheduled, &mut orders, &mut tape, &mut report).unwrap();
        assert_eq!(venue.violations(), vec![], "after {date}");
        check_tape(&tape, &report);
        digests.push(venue.digest());
        reports.push(report);
    }
    (reports, digests)
}

/// Trades lie within limits, and the day's volume is theirs.
fn check_tape(tape: &[(ContractIdx, Event)], report: &DayReport) {
    for row in &report.contracts {
        let trades = tape.iter().filter_map(|(contract, event)| match event {
            Event::Fill(fill) if *contract == row.contract => Some(fill.trade),
            _ => None,
        });
        let mut volume = 0;
        for trade in trades {
            volume += u64::from(trade.lots.get());
            assert!(row.limits.is_none_or(|limits| limits.admit(trade.price)), "{trade:?}");
        }
        assert_eq!(volume, row.statistics.volume, "{row:?}");
        assert!(row.limits.is_none_or(|limits| limits.admit(row.settlement)), "{row:?}");
    }
}

proptest! {
    #[test]
    fn nothing_breaks_in_months_of_random_trading(seed in any::<u64>(), place in 0_usize..4) {
        let rules = ["gfex-lc", "g-ndpr", "g-dytb", "c-ndpr"][place];
        let mut venue = venue(rules, 24, seed);
        let (reports, _) = run(&mut venue, date(2026, 3, 27), 16, seed);
        prop_assert!(reports.iter().any(|r| r.clearing.fees > Money::ZERO));
    }
}

#[test]
fn a_year_has_expiries_deliveries_locks_calls_and_defaults() {
    let mut venue = venue("gfex-lc", 40, 7);
    let (reports, _) = run(&mut venue, date(2026, 1, 5), 250, 7);
    let expired: usize = reports.iter().map(|r| r.expired.len()).sum();
    assert!((11..=12).contains(&expired), "{expired}");
    let delivered = reports.iter().flat_map(|r| &r.expired).filter_map(|e| e.delivery.as_ref());
    let pairs: Vec<_> = delivered.flat_map(|d| &d.pairs).collect();
    assert!(pairs.iter().any(|p| !p.delivered.is_zero()), "metal changed hands");
    assert!(pairs.iter().any(|p| !p.undelivered.is_zero()), "and somebody failed");
    let locked = reports.iter().flat_map(|r| &r.contracts).filter(|c| c.locked.is_some()).count();
    assert!(locked > 0);
    assert!(reports.iter().any(|r| r.clearing.calls > Money::ZERO));
    assert!(reports.iter().any(|r| !r.morning.waterfall.defaults.is_empty()));
    assert!(reports.iter().any(|r| r.forced.iter().any(|(_, refused)| refused.is_none())));
}

#[test]
fn contracts_settled_in_cash_end_at_the_average_of_the_index() {
    let mut venue = venue("c-ndpr", 20, 3);
    let (reports, _) = run(&mut venue, date(2026, 1, 2), 70, 3);
    let expired: Vec<_> = reports.iter().flat_map(|r| &r.expired).collect();
    assert!(expired.len() >= 3, "{expired:?}");
    // The index stood at 60 a unit every day.
    let tick = venue.contracts().next().unwrap().1.tick;
    for one in expired.iter().skip(1) {
        assert_eq!(
            (one.price, one.delivery.is_none()),
            (tick.nearest(Money::new(60_00)).unwrap(), true)
        );
    }
}

#[test]
fn a_snapshot_goes_on_where_it_was_taken_and_the_same_days_give_the_same_digests() {
    let start = date(2026, 3, 2);
    let (mut one, mut other) = (venue("gfex-lc", 24, 11), venue("gfex-lc", 24, 11));
    let (_, all) = run(&mut one, start, 30, 11);
    let (_, first) = run(&mut other, start, 30, 11);
    assert_eq!(all, first);
    // In the middle of a day: orders rest, positions are open.
    let day = days(start).nth(30).unwrap();
    let mut report = DayReport::default();
    one.morning(day, &Scheduled::default(), &mut (), &mut report).unwrap();
    let mut orders = flow(11, 99, 0, 24);
    for _ in 0..30 {
        if let Some(request) = orders.next(&one, 0) {
            let _ = one.request(&request, &mut ());
        }
    }
    let text = serde_json::to_string(&one).unwrap();
    let mut read: Venue = serde_json::from_str(&text).unwrap();
    assert_eq!(read.digest(), one.digest());
    assert_eq!(read.part(), Part::Auction);
    let finish = |venue: &mut Venue| {
        let mut orders = flow(11, 100, 0, 24);
        let mut tape: Vec<(ContractIdx, Event)> = Vec::new();
        let mut report = DayReport::default();
        venue.uncross(&mut tape).unwrap();
        while let Some(request) = orders.next(venue, 1) {
            let _ = venue.request(&request, &mut tape);
        }
        venue.evening(&mut tape, &mut report).unwrap();
        (tape, venue.digest(), report.clearing)
    };
    assert_eq!(finish(&mut one), finish(&mut read));
}

#[test]
fn books_replay_from_their_journals() {
    let mut venue = venue("gfex-lc", 24, 5);
    run(&mut venue, date(2026, 3, 2), 5, 5);
    let places: Vec<ContractIdx> = venue.contracts().map(|(place, _)| place).collect();
    for place in places {
        let book = venue.book(place).unwrap();
        let replayed = book.journal().unwrap().replay(&mut ()).unwrap();
        assert_eq!(replayed.digest(), book.digest());
    }
}

#[test]
fn days_come_in_order_and_calls_in_theirs() {
    let mut venue = venue("gfex-lc", 4, 1);
    let mut report = DayReport::default();
    let saturday = date(2026, 3, 7);
    let nothing = Scheduled::default();
    assert!(venue.evening(&mut (), &mut report).is_err());
    assert!(venue.morning(saturday, &nothing, &mut (), &mut report).is_err());
    assert!(venue.uncross(&mut ()).is_err());
    venue.morning(date(2026, 3, 6), &nothing, &mut (), &mut report).unwrap();
    assert!(venue.morning(date(2026, 3, 9), &nothing, &mut (), &mut report).is_err());
    venue.uncross(&mut ()).unwrap();
    venue.evening(&mut (), &mut report).unwrap();
    assert!(venue.morning(date(2026, 3, 10), &nothing, &mut (), &mut report).is_err());
    venue.morning(date(2026, 3, 9), &nothing, &mut (), &mut report).unwrap();
}

/// Keeps what spreads did.
#[derive(Default)]
struct Spreads(Vec<(CalendarSpread, SpreadFill)>);

impl VenueTape for Spreads {
    fn event(&mut self, _contract: ContractIdx, _event: &Event) {}

    fn spread(&mut self, spread: CalendarSpread, fill: &SpreadFill) {
        self.0.push((spread, *fill));
    }
}

#[test]
fn a_position_is_rolled_by_a_spread() {
    let mut venue =
        Venue::new(Rules::preset("gfex-lc").unwrap(), calendar(), VenueSpec::default()).unwrap();
    let mut account =
        |kind| venue.open_account(kind, Domicile::Domestic, Money::new(10_000_000_00)).unwrap();
    let (long, other) = (account(AccountKind::Speculator), account(AccountKind::Hedger));
    let mut report = DayReport::default();
    let mut tape = Spreads::default();
    venue.morning(date(2026, 3, 2), &Scheduled::default(), &mut tape, &mut report).unwrap();
    let (place, spread) = venue.spreads().next().map(|(p, book)| (p, book.spread())).unwrap();
    let reference = venue.terms(spread.near).unwrap().reference;
    let order = |account, side, lots, price| NewOrder {
        account,
        side,
        lots: Lots::new(lots),
        kind: OrderKind::Limit(price),
    };
    venue.submit(spread.near, order(long, Side::Buy, 5, reference), &mut tape).unwrap();
    venue.submit(spread.near, order(other, Side::Sell, 5, reference), &mut tape).unwrap();
    // Spreads have no auction.
    let roll = order(long, Side::Sell, 5, Price::new(-20));
    assert_eq!(venue.submit_spread(place, roll, &mut tape), Err(Refusal::Closed));
    venue.uncross(&mut tape).unwrap();
    let taken = venue.submit_spread(place, roll, &mut tape).unwrap();
    assert_eq!(taken.resting, Lots::new(5));
    let held = |venue: &Venue, contract, account| {
        let position = venue.clearing().position(contract, account).unwrap();
        (position.lots(), position.working(Side::Buy).get(), position.working(Side::Sell).get())
    };
    assert_eq!(
        (held(&venue, spread.near, long), held(&venue, spread.far, long)),
        ((5, 0, 5), (0, 5, 0))
    );
    let bought = order(other, Side::Buy, 3, Price::new(-20));
    venue.submit_spread(place, bought, &mut tape).unwrap();
    assert_eq!(
        (held(&venue, spread.near, long), held(&venue, spread.far, long)),
        ((2, 0, 2), (3, 2, 0))
    );
    let [near, far] = tape.0[0].1.trades();
    assert_eq!((near.price, near.buyer, near.lots), (reference, other, Lots::new(3)));
    assert_eq!((far.price.ticks(), far.buyer), (reference.ticks() + 20, long));
    // What is left goes, and with it what was reserved; the legs are not in the contracts' average prices.
    let cancelled = venue.cancel_spread(place, taken.order, long, &mut tape);
    assert_eq!(cancelled, Ok(Lots::new(2)));
    venue.evening(&mut tape, &mut report).unwrap();
    assert_eq!(
        (held(&venue, spread.near, long), held(&venue, spread.far, long)),
        ((2, 0, 0), (3, 0, 0))
    );
    assert_eq!(report.contracts[0].statistics.volume, 5);
    assert_eq!((report.contracts[0].open_interest, report.contracts[1].open_interest), (2, 3));
    assert_eq!(venue.violations(), vec![]);
}
