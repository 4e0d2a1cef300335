//! Orders a second through the book of `monazite-exchange`, beside bourse-book 0.4 on the same stream.
//!
//! `cargo bench --bench matching` prints `what,value,unit`. The stream: a million operations drawn one by one, half of them
//! limit orders, a tenth market orders, four tenths cancellations, onto a book of 2,000 orders. A limit order stands
//! a geometric number of ticks (mean 12) behind the best price of the other side, 1 in 16 reaches it; it is for 1 to 10 lots.
//! A market order is for 1 to 4 lots. A cancellation names a resting order, each equally likely. 500 accounts, those with
//! even numbers buy and the others sell, so that nobody meets himself: bourse-book would let him. Operations are made
//! beforehand and name orders as each program will; both trade the same lots, which is asserted.
//! Ours runs with owners checked, limits, self-trade prevention, lots per account, tape and journal. bourse-book has none of
//! these but a list of trades, and keeps every order; it is given a new time stamp with each operation, without which it
//! loses orders.
//!
//! The stream runs again and again from the same start, the programs taking turns; each run is timed in batches of 10,000.
//! Printed are the million with each batch at its best, the best run as a whole and quantiles of all batches. `-- profile` runs ours only, for perf;
//! a number says how often.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark needs a clock and a place to print"
)]

use std::hint::black_box;
use std::time::Instant;

use bourse_book::{OrderBook, types};
use monazite_exchange::{
    AccountId, Band, Book, BookSpec, Journal, Limits, Lots, NewOrder, OrderId, OrderKind, Price,
    Side, Trade,
};

const OPERATIONS: usize = 1_000_000;
const DEPTH: usize = 2_000;
const BATCH: usize = 10_000;
const ACCOUNTS: u32 = 500;
const LOW: i32 = 6_900;
const HIGH: i32 = 8_100;
const MIDDLE: i32 = 7_500;

/// An operation as each program is told it.
#[derive(Clone, Copy)]
enum Operation {
    Order(NewOrder),
    /// The names that the two give to the same order.
    Cancel {
        ours: OrderId,
        theirs: usize,
        account: AccountId,
    },
}

/// `SplitMix64` (Steele, Lea and Flood 2014): enough for a stream of orders.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u32) -> u32 {
        u32::try_from((u128::from(self.next()) * u128::from(n)) >> 64).unwrap()
    }

    /// Geometric, of that mean.
    fn geometric(&mut self, mean: f64) -> i32 {
        let uniform = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((1.0 - uniform).ln() / (mean / (mean + 1.0)).ln()) as i32
    }
}

const fn band() -> Band {
    Band::Limits(Limits { low: Price::new(LOW), high: Price::new(HIGH) })
}

fn book(instructions: u32, band: Band) -> Book {
    let spec =
        BookSpec { orders: 1 << 14, accounts: ACCOUNTS, instructions, ..BookSpec::default() };
    Book::new(band, spec).unwrap()
}

/// Draws the stream from the state of a book.
struct Draw {
    random: Random,
    book: Book,
    /// Orders that may still rest: both names and the owner.
    live: Vec<(OrderId, usize, AccountId)>,
    n_orders: usize,
    trades: Vec<Trade>,
}

impl Draw {
    fn limit_price(&mut self, side: Side) -> Price {
        let behind = 1 + self.random.geometric(12.0);
        let reaches = self.random.below(16) == 0;
        let middle = Price::new(MIDDLE - side.sign() as i32 * 6);
        let other = self.book.best(side.opposite()).unwrap_or(middle).ticks();
        let price = if reaches { other } else { other - side.sign() as i32 * behind };
        Price::new(price.clamp(LOW, HIGH))
    }

    fn order(&mut self, market: bool) -> Operation {
        let side = if self.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let account = AccountId(self.random.below(ACCOUNTS / 2) * 2 + side as u32);
        let (lots, kind) = if market {
            (1 + self.random.below(4), OrderKind::Market)
        } else {
            (1 + self.random.below(10), OrderKind::Limit(self.limit_price(side)))
        };
        let order = NewOrder { account, side, lots: Lots::new(lots), kind };
        if let Ok(placed) = self.book.submit(order, &mut self.trades)
            && !placed.resting.is_zero()
        {
            self.live.push((placed.order, self.n_orders, account));
        }
        self.n_orders += 1;
        Operation::Order(order)
    }

    /// None if nothing rests.
    fn cancel(&mut self) -> Option<Operation> {
        while !self.live.is_empty() {
            let at = self.random.below(u32::try_from(self.live.len()).unwrap()) as usize;
            let (ours, theirs, account) = self.live.swap_remove(at);
            if self.book.cancel(ours, account, &mut ()).is_ok() {
                return Some(Operation::Cancel { ours, theirs, account });
            }
        }
        None
    }
}

/// The orders that fill the book at first, and the million.
fn stream() -> (Vec<Operation>, Vec<Operation>) {
    let mut draw = Draw {
        random: Random(20_261_125),
        book: book(0, band()),
        live: Vec::new(),
        n_orders: 0,
        trades: Vec::new(),
    };
    draw.book.open();
    let first: Vec<Operation> = (0..DEPTH).map(|_| draw.order(false)).collect();
    let (mut million, mut depth) = (Vec::new(), draw.book.n_resting());
    println!("resting at the start,{depth},orders");
    let (mut fewest, mut most) = (depth, depth);
    let n_before = draw.trades.len();
    while million.len() < OPERATIONS {
        let operation = match draw.random.below(10) {
            0..5 => Some(draw.order(false)),
            5 => Some(draw.order(true)),
            _ => draw.cancel(),
        };
        million.extend(operation);
        depth = draw.book.n_resting();
        (fewest, most) = (fewest.min(depth), most.max(depth));
    }
    println!("resting on the way,{fewest} to {most},orders");
    for side in [Side::Buy, Side::Sell] {
        println!(
            "price levels of the {side:?} side at the end,{},levels",
            draw.book.depth(side).count()
        );
    }
    println!("trades of the million,{},trades", draw.trades.len() - n_before);
    (first, million)
}

fn ours(book: &mut Book, operations: &[Operation], tape: &mut Vec<Trade>) -> u64 {
    let mut refused = 0;
    for operation in operations {
        match *operation {
            Operation::Order(order) => refused += u64::from(book.submit(order, tape).is_err()),
            Operation::Cancel { ours, account, .. } => {
                refused += u64::from(book.cancel(ours, account, tape).is_err());
            }
        }
    }
    refused
}

fn theirs(book: &mut OrderBook, operations: &[Operation]) {
    for operation in operations {
        book.set_time(book.get_time() + 1);
        match *operation {
            Operation::Order(order) => {
                let side = match order.side {
                    Side::Buy => types::Side::Bid,
                    Side::Sell => types::Side::Ask,
                };
                let price = match order.kind {
                    OrderKind::Limit(price) => Some(price.ticks().cast_unsigned()),
                    _ => None,
                };
                let _ = black_box(book.create_and_place_order(
                    side,
                    order.lots.get(),
                    order.account.0,
                    price,
                ));
            }
            Operation::Cancel { theirs, .. } => book.cancel_order(theirs),
        }
    }
}

/// Seconds of each batch of a run.
fn batches(operations: &[Operation], mut run: impl FnMut(&[Operation])) -> Vec<f64> {
    let timed = |batch: &[Operation], run: &mut dyn FnMut(&[Operation])| {
        let begun = Instant::now();
        run(batch);
        begun.elapsed().as_secs_f64()
    };
    operations.chunks(BATCH).map(|batch| timed(batch, &mut run)).collect()
}

/// Million operations a second: over the whole stream with each batch at its best over the runs (which other programs on the
/// machine hardly touch), of the best run as a whole, and of all batches the best, the median, and the slowest tenth and
/// hundredth. Returns the first.
fn report(what: &str, runs: &[Vec<f64>]) -> f64 {
    let rate = |seconds: f64| OPERATIONS as f64 / seconds / 1e6;
    let fastest = |at: usize| runs.iter().map(|run| run[at]).fold(f64::INFINITY, f64::min);
    let million = rate((0..runs[0].len()).map(fastest).sum());
    println!("{what}: million with each batch at its best,{million:.2},M operations/s");
    let whole = runs.iter().map(|run| run.iter().sum::<f64>()).fold(f64::INFINITY, f64::min);
    println!("{what}: best run of the million,{:.2},M operations/s", rate(whole));
    let mut all: Vec<f64> = runs.iter().flatten().map(|s| BATCH as f64 / s / 1e6).collect();
    all.sort_unstable_by(f64::total_cmp);
    let quantile = |q: f64| all[((all.len() - 1) as f64 * q) as usize];
    for (name, q) in [
        ("best batch", 1.0),
        ("median batch", 0.5),
        ("slowest tenth", 0.1),
        ("slowest hundredth", 0.01),
    ] {
        println!("{what}: {name},{:.2},M operations/s", quantile(q));
    }
    million
}

fn main() {
    let (first, million) = stream();
    let profile = std::env::args().any(|argument| argument == "profile");
    let asked = std::env::args().find_map(|argument| argument.parse::<usize>().ok());
    let n_runs = asked.unwrap_or(if profile { 200 } else { 25 });
    let instructions = u32::try_from(first.len() + million.len()).unwrap();
    let window = Band::Window { near: Price::new(MIDDLE), levels: 4096 };
    let mut variants = [
        ("ours", book(instructions, band()), Vec::new()),
        ("ours without journal", book(0, band()), Vec::new()),
        ("ours without limits", book(instructions, window), Vec::new()),
    ];
    let n_variants = if profile { 1 } else { variants.len() };
    for (_, book, _) in &mut variants[..n_variants] {
        book.open();
        assert_eq!(ours(book, &first, &mut Vec::new()), 0);
    }
    let mut tape: Vec<Trade> = Vec::with_capacity(OPERATIONS);
    let mut bourse = Vec::new();
    let (mut volume, mut refused) = (0, 0);
    for _ in 0..n_runs {
        for (_, start, runs) in &mut variants[..n_variants] {
            let mut book = start.clone();
            tape.clear();
            let bytes = book.bytes();
            runs.push(batches(&million, |batch| refused += ours(&mut book, batch, &mut tape)));
            assert!(
                book.bytes() == bytes && tape.capacity() == OPERATIONS,
                "something was allocated"
            );
            volume = book.statistics().volume;
        }
        if !profile {
            let mut book: OrderBook = OrderBook::new(0, 1, true);
            theirs(&mut book, &first);
            bourse.push(batches(&million, |batch| theirs(&mut book, batch)));
            assert_eq!(u64::from(book.get_trade_vol()), volume, "both trade the same lots");
        }
    }
    let book = &variants[0].1;
    println!("lots traded,{volume},lots");
    println!("refused in a run,{},instructions", refused / (n_runs * n_variants) as u64);
    println!(
        "memory of the book,{},KiB of which journal {}",
        book.bytes() / 1024,
        book.journal().map_or(0, Journal::bytes) / 1024
    );
    let rates: Vec<f64> =
        variants[..n_variants].iter().map(|(what, _, runs)| report(what, runs)).collect();
    if !profile {
        let peer = report("bourse-book 0.4", &bourse);
        println!("ours over bourse-book,{:.2},times", rates[0] / peer);
    }
}
