//! Time to clear a day: 500 accounts with a position in each of 4 contracts, all traded that day.
//!
//! `cargo bench --bench clearing [-- DAYS]` prints `what,value,unit`. Prices move by up to 3 % a day, so that every day has
//! gains, losses, calls met in the morning, and a guarantee fund that is sized anew. Settlements are timed one by one (the
//! clock's own 25 ns included), on one thread.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark needs a clock and a place to print"
)]

use std::hint::black_box;
use std::time::Instant;

use monazite_exchange::{
    AccountId, AccountKind, Clearing, ClearingReport, ClearingRules, ContractIdx, DaySettlement,
    Domicile, EnforcementReport, FundRules, Liquidation, Lots, Money, NewOrder, OrderKind, Phase,
    Price, Rate, Side, Terms, Trade,
};

const N_ACCOUNTS: u32 = 500;
const N_CONTRACTS: u16 = 4;
/// Trades a contract and day: with 500 accounts each trades ten times.
const N_TRADES: usize = 2_500;

fn main() {
    let n_days = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(4_000);
    let mut times = run(n_days);
    println!("what,value,unit");
    for (what, times) in [
        ("settlement", &mut times.settle),
        ("settlement with calls in the morning and opening", &mut times.day),
    ] {
        times.sort_unstable();
        for (name, share) in [("best", 0), ("median", 500), ("99th percentile", 990)] {
            let ns = times[times.len() * share / 1000];
            println!("{what}: {name},{:.2},us", f64::from(ns) / 1e3);
        }
    }
    println!("admitting an order (best of batches of {N_TRADES}),{:.1},ns", times.admit);
    println!("reserving both sides of a trade and recording it (the same),{:.1},ns", times.record);
    println!("days,{n_days},");
    println!("accounts called in all,{},", times.n_called);
    println!("lots ordered in forced liquidation,{},", times.n_forced);
    println!("state after the first day,{},bytes", times.bytes.0);
    println!("state after the last day,{},bytes", times.bytes.1);
}

#[derive(Default)]
struct Times {
    settle: Vec<u32>,
    day: Vec<u32>,
    admit: f64,
    record: f64,
    n_called: usize,
    n_forced: u64,
    bytes: (usize, usize),
}

fn run(n_days: usize) -> Times {
    let mut random = Draws(6);
    let mut clearing = house();
    let mut report = ClearingReport::default();
    let mut enforcement = EnforcementReport::default();
    let mut liquidation = Liquidation::default();
    let mut prices = [7500_i32; N_CONTRACTS as usize];
    let mut times = Times::default();
    times.settle.reserve(n_days);
    times.day.reserve(n_days);
    let mut trades = Vec::with_capacity(N_TRADES);
    let (mut admitting, mut recording) = (u128::MAX, u128::MAX);
    for day in 0..n_days {
        let terms = prices.map(terms);
        let start = Instant::now();
        pay_calls(&mut clearing);
        clearing.enforce_calls(&mut enforcement).unwrap();
        clearing.open_day(&contracts(&terms)).unwrap();
        let forced = liquidation.orders(&clearing, &[]).unwrap();
        let morning = start.elapsed();
        times.n_forced += forced.iter().map(|f| u64::from(f.order.lots.get())).sum::<u64>();
        for contract in (0..N_CONTRACTS).map(ContractIdx) {
            draw(&mut random, prices[usize::from(contract.0)], &mut trades);
            let start = Instant::now();
            for trade in &trades {
                let order = NewOrder {
                    account: trade.buyer,
                    side: Side::Buy,
                    lots: trade.lots,
                    kind: OrderKind::Limit(trade.price),
                };
                let _ = black_box(clearing.admit(contract, &order));
            }
            admitting = admitting.min(start.elapsed().as_nanos());
            let start = Instant::now();
            for trade in &trades {
                clearing.reserve(contract, trade.buyer, Side::Buy, trade.lots).unwrap();
                clearing.reserve(contract, trade.seller, Side::Sell, trade.lots).unwrap();
                clearing.record(contract, trade).unwrap();
            }
            recording = recording.min(start.elapsed().as_nanos());
        }
        for price in &mut prices {
            *price += random.between(-225, 225) + (7500 - *price) / 20;
        }
        let settlements = settlements(&terms, prices);
        let start = Instant::now();
        clearing.settle(black_box(&settlements), &mut report).unwrap();
        let evening = start.elapsed();
        times.settle.push(u32::try_from(evening.as_nanos()).unwrap());
        times.day.push(u32::try_from((morning + evening).as_nanos()).unwrap());
        times.n_called += report.accounts.iter().filter(|a| a.call > Money::ZERO).count();
        times.bytes.1 = clearing.size_bytes();
        if day == 0 {
            times.bytes.0 = clearing.size_bytes();
        }
    }
    times.admit = admitting as f64 / N_TRADES as f64;
    times.record = recording as f64 / N_TRADES as f64;
    times
}

fn house() -> Clearing {
    let mut clearing = Clearing::new(
        ClearingRules::new(FundRules {
            largest: 2,
            stress: Rate::percent(15),
            reserve_share: Rate::percent(20),
            reserve: Money::new(10_000_000_000),
            capital: Money::new(5_000_000_000),
        }),
        N_CONTRACTS,
    )
    .unwrap();
    for account in 0..N_ACCOUNTS {
        let kind = match account % 5 {
            0 => AccountKind::Hedger,
            1 => AccountKind::MarketMaker,
            _ => AccountKind::Speculator,
        };
        clearing.open_account(kind, Domicile::Domestic, Money::new(200_000_000)).unwrap();
    }
    for contract in (0..N_CONTRACTS).map(ContractIdx) {
        clearing.list(contract, Money::new(2000), Price::new(7500)).unwrap();
    }
    clearing
}

fn terms(reference: i32) -> Terms {
    Terms {
        day: jiff::civil::date(2026, 3, 2),
        phase: Phase::General,
        reference: Price::new(reference),
        limits: None,
        limit_rate: None,
        margin: Rate::percent(9),
        margin_hedger: Rate::percent(8),
        position_limit: Some(Lots::new(3000)),
        opening_cap: Some(Lots::new(10_000)),
        max_order: Lots::new(1000),
        fee: Rate::ppm(80),
        fee_lot: Money::ZERO,
        last_trading_day: false,
    }
}

fn contracts(terms: &[Terms; 4]) -> [(ContractIdx, &Terms); 4] {
    std::array::from_fn(|i| (ContractIdx(u16::try_from(i).unwrap()), &terms[i]))
}

fn settlements(terms: &[Terms; 4], prices: [i32; 4]) -> [DaySettlement<'_>; 4] {
    std::array::from_fn(|i| DaySettlement {
        contract: ContractIdx(u16::try_from(i).unwrap()),
        price: Price::new(prices[i]),
        next: &terms[i],
    })
}

/// Trades of a day in a contract, between accounts at random.
fn draw(random: &mut Draws, price: i32, trades: &mut Vec<Trade>) {
    trades.clear();
    for sequence in 0..N_TRADES as u64 {
        let buyer = random.account();
        let seller = (buyer + 1 + random.account() % (N_ACCOUNTS - 1)) % N_ACCOUNTS;
        trades.push(Trade {
            sequence,
            price: Price::new(price + random.between(-75, 75)),
            lots: Lots::new(1),
            buyer: AccountId(buyer),
            seller: AccountId(seller),
            aggressor: Some(Side::Buy),
        });
    }
}

/// Accounts pay what they are called for, except every tenth.
fn pay_calls(clearing: &mut Clearing) {
    for account in clearing.accounts() {
        let called = clearing.called(account);
        if called > Money::ZERO && account.0 % 10 != 9 {
            clearing.deposit(account, called).unwrap();
        }
    }
}

/// Draws that need no generator of the workspace: a Weyl sequence through a mixer (Steele, Lea and Flood 2014, `SplitMix`).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn account(&mut self) -> u32 {
        (self.next() % u64::from(N_ACCOUNTS)) as u32
    }

    fn between(&mut self, low: i32, high: i32) -> i32 {
        low + (self.next() % (high - low + 1) as u64) as i32
    }
}
