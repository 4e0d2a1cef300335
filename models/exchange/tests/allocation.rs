//! Between open and close nothing is allocated, and a venue does not grow with its days.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::inconsistent_digit_grouping,
    reason = "a test that fails on an error; money in yuan and fen: 246_000_00"
)]

use std::alloc::System;

use jiff::civil::{Date, date};
use monazite_exchange::{
    AccountId, AccountKind, ContractIdx, DayReport, Domicile, Event, Lots, Money, NewOrder,
    OrderId, OrderKind, Price, Request, Rules, Scheduled, Side, TradingCalendar, Venue, VenueSpec,
};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const N_ACCOUNTS: u32 = 100;

fn venue(rules: &str) -> Venue {
    let calendar = TradingCalendar::weekdays(date(2026, 1, 1), date(2032, 12, 31), &[]).unwrap();
    let spec = VenueSpec { accounts: N_ACCOUNTS, orders: 4096, spread_orders: 256, journal: true };
    let mut venue = Venue::new(Rules::preset(rules).unwrap(), calendar, spec).unwrap();
    for i in 0..N_ACCOUNTS {
        let kind = if i % 3 == 0 { AccountKind::Hedger } else { AccountKind::Speculator };
        venue.open_account(kind, Domicile::Domestic, Money::new(30_000_000_00)).unwrap();
    }
    venue
}

/// Requests of a day, all drawn before it opens: limit and market orders, cancels and replacements.
fn requests(venue: &Venue, n: usize, seed: u64) -> Vec<Request> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    // Prices stay round the one of the listing: bands would otherwise widen with them.
    let listing = venue.rules().sheet().contract.listing_price;
    let places: Vec<(ContractIdx, i32)> = venue
        .contracts()
        .filter(|(place, _)| venue.terms(*place).is_some())
        .filter_map(|(place, listed)| Some((place, listed.tick.nearest(listing)?.ticks())))
        .take(4)
        .collect();
    let mut one = || {
        let (contract, reference) = places[random.random_range(0..places.len())];
        let account = AccountId(random.random_range(0..N_ACCOUNTS));
        let half = (reference / 60).max(2);
        let price = Price::new(random.random_range(reference - half..=reference + half));
        let lots = Lots::new(random.random_range(1..8));
        let order = OrderId(random.random_range(0..5_000));
        match random.random_range(0..10) {
            0 | 1 => Request::Cancel { contract, order, account },
            2 => Request::Replace { contract, order, account, price, lots },
            kind => {
                let side = if random.random_bool(0.5) { Side::Buy } else { Side::Sell };
                let kind = if kind == 3 { OrderKind::Market } else { OrderKind::Limit(price) };
                Request::Submit { contract, order: NewOrder { account, side, lots, kind } }
            }
        }
    };
    (0..n).map(|_| one()).collect()
}

/// A day; how often memory was asked for while the session ran.
fn day(venue: &mut Venue, day: Date, tape: &mut Vec<(ContractIdx, Event)>, seed: u64) -> usize {
    let mut report = DayReport::default();
    tape.clear();
    let physical = Scheduled::default();
    let index = Scheduled { index: Some(Money::new(60_00)), ..Scheduled::default() };
    let scheduled = if venue.warehouses().is_some() { &physical } else { &index };
    venue.morning(day, scheduled, tape, &mut report).unwrap();
    let orders = requests(venue, 1500, seed);
    let (mut accepted, mut refused) = (0, 0);
    let region = Region::new(GLOBAL);
    for (i, request) in orders.iter().enumerate() {
        if i == 300 {
            venue.uncross(tape).unwrap();
        }
        match venue.request(request, tape) {
            Ok(_) => accepted += 1,
            Err(_) => refused += 1,
        }
    }
    let asked = region.change();
    assert!(accepted > 800 && refused > 50, "{accepted} {refused}");
    venue.evening(tape, &mut report).unwrap();
    asked.allocations + asked.reallocations
}

#[test]
fn nothing_is_allocated_in_a_session_and_a_venue_does_not_grow() {
    for rules in ["gfex-lc", "c-ndpr"] {
        let mut venue = venue(rules);
        let days: Vec<Date> = venue.calendar().days().iter().copied().take(500).collect();
        let mut tape = Vec::with_capacity(100_000);
        let mut bytes = Vec::new();
        for (n, date) in days.into_iter().enumerate() {
            let asked = day(&mut venue, date, &mut tape, n as u64);
            // The first day sets aside what limits as wide as its own need.
            assert!(n == 0 || asked == 0, "{rules} {date}: {asked} allocations");
            bytes.push(venue.bytes());
        }
        // A book keeps the widest band it has had, that of a contract's first day: after a year each place has had one.
        let (early, late) = (bytes[350], bytes[499]);
        assert!(late <= early + early / 100, "{rules}: {early} then {late} bytes");
    }
}
