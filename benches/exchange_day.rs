//! Trading days of a venue with everything on: access, limits, position limits, margin, journal, clearing.
//!
//! `cargo bench --bench exchange_day` prints `what,value,unit`: 500 accounts, orders in the four nearest contracts of
//! gfex-lc, 5,000 requests a contract-day (70 % limit orders within 1.7 % of the reference, 10 % market, 20 % cancels of
//! orders that rest), drawn before the clock starts, and the evening's clearing and the next morning's terms. Best of five
//! runs of 60 days, one thread. No agents: how much of a contract-day is left for them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark needs a clock and a place to print"
)]

use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use monazite_exchange::{
    AccountId, AccountKind, ContractIdx, DayReport, Domicile, Lots, Money, NewOrder, OrderId,
    OrderKind, Price, Rules, Scheduled, Side, TradingCalendar, Venue, VenueSpec,
};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const N_ACCOUNTS: u32 = 500;
const N_CONTRACTS: usize = 4;
const REQUESTS: usize = 5_000;
const AUCTION: usize = 400;
const DAYS: usize = 60;

fn main() {
    println!("what,value,unit");
    let mut best = [Duration::MAX; 3];
    let mut n_trades = 0;
    for _ in 0..5 {
        let (times, trades) = run();
        for (best, time) in best.iter_mut().zip(times) {
            *best = (*best).min(time);
        }
        n_trades = trades;
    }
    let contract_days = (DAYS * N_CONTRACTS) as f64;
    let [session, evening, morning] = best.map(|t| t.as_secs_f64());
    let all = session + evening + morning;
    println!("contract-days a second,{:.0},1/s", contract_days / all);
    println!("a request,{:.1},ns", 1e9 * session / (contract_days * REQUESTS as f64));
    println!("an evening of twelve contracts,{:.1},us", 1e6 * evening / DAYS as f64);
    println!("a morning of twelve contracts,{:.1},us", 1e6 * morning / DAYS as f64);
    println!("trades a contract-day,{:.0},1", n_trades as f64 / contract_days);
}

/// What a request is, before it is known which orders rest.
#[derive(Clone, Copy)]
struct Draw {
    contract: usize,
    account: AccountId,
    side: Side,
    lots: Lots,
    /// Parts per ten thousand from the reference.
    offset: i32,
    kind: u8,
    which: usize,
}

fn draws(random: &mut Xoshiro256PlusPlus) -> Vec<Draw> {
    let one = |_| Draw {
        contract: random.random_range(0..N_CONTRACTS),
        account: AccountId(random.random_range(0..N_ACCOUNTS)),
        side: if random.random_bool(0.5) { Side::Buy } else { Side::Sell },
        lots: Lots::new(random.random_range(1..6)),
        offset: random.random_range(-170..=170),
        kind: random.random_range(0..10),
        which: random.random_range(0..1 << 20),
    };
    (0..N_CONTRACTS * REQUESTS).map(one).collect()
}

fn run() -> ([Duration; 3], u64) {
    let mut sheet = Rules::preset("gfex-lc").unwrap().into_sheet();
    sheet.session.continuous_events = 10_000;
    sheet.session.auction_events = 2_000;
    let calendar = TradingCalendar::weekdays(date(2026, 1, 1), date(2030, 12, 31), &[]).unwrap();
    let spec = VenueSpec { accounts: N_ACCOUNTS, orders: 8192, spread_orders: 256, journal: true };
    let mut venue = Venue::new(Rules::new(sheet).unwrap(), calendar, spec).unwrap();
    for i in 0..N_ACCOUNTS {
        let kind = if i % 4 == 0 { AccountKind::Hedger } else { AccountKind::Speculator };
        venue.open_account(kind, Domicile::Domestic, Money::new(10_000_000_000)).unwrap();
    }
    let days: Vec<Date> = venue.calendar().days().iter().copied().take(DAYS).collect();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(20_261_125);
    let mut times = [Duration::ZERO; 3];
    let mut report = DayReport::default();
    let mut known: Vec<(ContractIdx, OrderId, AccountId)> = Vec::with_capacity(20_000);
    let mut trades = 0;
    for day in days {
        let drawn = draws(&mut random);
        known.clear();
        let clock = Instant::now();
        venue.morning(day, &Scheduled::default(), &mut (), &mut report).unwrap();
        times[2] += clock.elapsed();
        let places: Vec<(ContractIdx, i32)> = venue
            .contracts()
            .filter_map(|(place, _)| Some((place, venue.terms(place)?.reference.ticks())))
            .take(N_CONTRACTS)
            .collect();
        let clock = Instant::now();
        for (i, draw) in drawn.iter().enumerate() {
            if i == AUCTION * N_CONTRACTS {
                venue.uncross(&mut ()).unwrap();
            }
            let (contract, reference) = places[draw.contract];
            if draw.kind < 2 && !known.is_empty() {
                let (contract, order, account) = known.swap_remove(draw.which % known.len());
                let _ = venue.cancel(contract, order, account, &mut ());
                continue;
            }
            let price = Price::new(reference + reference * draw.offset / 10_000);
            let kind = if draw.kind == 2 { OrderKind::Market } else { OrderKind::Limit(price) };
            let (account, side, lots) = (draw.account, draw.side, draw.lots);
            let order = NewOrder { account, side, lots, kind };
            if let Ok(taken) = venue.submit(contract, order, &mut ())
                && !taken.resting.is_zero()
            {
                known.push((contract, taken.order, account));
            }
        }
        times[0] += clock.elapsed();
        let clock = Instant::now();
        venue.evening(&mut (), &mut report).unwrap();
        times[1] += clock.elapsed();
        trades += report.contracts.iter().map(|c| c.statistics.volume).sum::<u64>();
    }
    (times, trades)
}
