//! What must hold after any sequence of trades, price moves, payments, defaults, liquidations, reductions and expiries.

use jiff::civil::{Date, date};
use monazite_exchange::{
    AccountId, AccountKind, CashSettlement, ClearingReport, ContractIdx, Delivery, DeliveryReport,
    Expiry, Grade, Lots, Money, NewOrder, OrderKind, PhysicalDelivery, Pot, Rate, Reason,
    Reduction, ReductionLevels, ReductionReport, Side, Standing, Terms, Warehouses, final_price,
};
use proptest::prelude::*;

use crate::market::{Market, lots, money, terms, ticks};

const N_CONTRACTS: u16 = 3;

/// Something that happens to a market.
#[derive(Debug, Clone)]
enum Event {
    /// An order that trades with another account if both are admitted.
    Trade { contract: u16, buyer: u32, seller: u32, n: u32, off: i32 },
    /// An order that is accepted and stays.
    Rest { contract: u16, account: u32, side: Side, n: u32 },
    /// Money in or out between days.
    Pay { account: u32, amount: i64 },
    /// Metal comes and is registered, or receipts are cancelled.
    Metal { account: u32, n: u32 },
    /// The day ends with these moves; locked contracts are reduced at the limit first.
    Close { moves: [i32; 3], locked: Option<Side> },
    /// A contract ends.
    Expire { contract: u16, physical: bool, off: i32 },
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn event() -> impl Strategy<Value = Event> {
    let contract = 0..N_CONTRACTS;
    let account = 0..9_u32;
    prop_oneof![
        12 => (contract.clone(), account.clone(), account.clone(), 1..40_u32, -300..300_i32)
            .prop_map(|(contract, buyer, seller, n, off)| Event::Trade { contract, buyer, seller, n, off }),
        3 => (contract.clone(), account.clone(), side(), 1..40_u32)
            .prop_map(|(contract, account, side, n)| Event::Rest { contract, account, side, n }),
        3 => (account.clone(), -30_000_000..30_000_000_i64)
            .prop_map(|(account, amount)| Event::Pay { account, amount }),
        2 => (account, 0..30_u32).prop_map(|(account, n)| Event::Metal { account, n }),
        6 => (proptest::array::uniform3(-800..800_i32), proptest::option::weighted(0.3, side()))
            .prop_map(|(moves, locked)| Event::Close { moves, locked }),
        1 => (contract, any::<bool>(), -200..200_i32)
            .prop_map(|(contract, physical, off)| Event::Expire { contract, physical, off }),
    ]
}

/// A market that checks itself after every step.
struct Run {
    market: Market,
    warehouses: Warehouses,
    rules: PhysicalDelivery,
    prices: [i32; 3],
    day: Date,
    paid_in: i64,
    reduced: u64,
}

impl Run {
    fn new(stress: u32, reserve: i64) -> Self {
        let rules = PhysicalDelivery {
            grades: vec![Grade { name: "standard".into(), adjustment: Money::ZERO }],
            brands: Vec::new(),
            storage_fee: money(150),
            delivery_days: 3,
            penalty: Rate::percent(20),
            delivery_fee: money(100),
        };
        let market = Market::with_funds(N_CONTRACTS, reserve, 1_000_000, Rate::ppm(stress));
        let mut run = Self {
            market,
            warehouses: Warehouses::new(&rules),
            rules,
            prices: [5000; 3],
            day: date(2026, 3, 2),
            paid_in: reserve + 1_000_000,
            reduced: 0,
        };
        let kinds = [AccountKind::Speculator, AccountKind::Hedger, AccountKind::MarketMaker];
        for (place, kind) in (0..9).zip(kinds.into_iter().cycle()) {
            let cash = 2_000_000 << place;
            run.market.open(kind, cash);
            run.paid_in += cash;
        }
        run.open();
        run
    }

    fn terms(&self) -> Vec<Terms> {
        self.prices
            .iter()
            .map(|price| Terms {
                position_limit: Some(lots(200)),
                opening_cap: Some(lots(300)),
                ..terms(*price)
            })
            .collect()
    }

    fn open(&mut self) {
        let terms = self.terms();
        self.market.day(&terms);
    }

    fn step(&mut self, event: &Event) {
        match event {
            Event::Trade { contract, buyer, seller, n, off } => {
                self.trade(*contract, AccountId(*buyer), AccountId(*seller), *n, *off);
            }
            Event::Rest { contract, account, side, n } => {
                self.rest(ContractIdx(*contract), AccountId(*account), *side, lots(*n));
            }
            Event::Pay { account, amount } => self.pay(AccountId(*account), *amount),
            Event::Metal { account, n } => {
                self.warehouses.arrive(0, lots(*n)).unwrap();
                let owner = AccountId(*account);
                let _ = self.warehouses.register(owner, 0, None, lots(*n), self.day);
                let oldest = self.warehouses.receipts().first().map(|r| (r.id, r.lots));
                if let Some((id, held)) = oldest.filter(|_| n.is_multiple_of(3)) {
                    self.warehouses.cancel(id, held.min(lots(*n))).unwrap();
                    let _ = self.warehouses.leave(0, lots(*n));
                }
            }
            Event::Close { moves, locked } => self.close(*moves, *locked),
            Event::Expire { contract, physical, off } => self.expire(*contract, *physical, *off),
        }
        self.check(false);
    }

    fn trade(&mut self, contract: u16, buyer: AccountId, seller: AccountId, n: u32, off: i32) {
        let place = ContractIdx(contract);
        let order =
            |account, side| NewOrder { account, side, lots: lots(n), kind: OrderKind::Market };
        let both = [(buyer, Side::Buy), (seller, Side::Sell)];
        if both
            .iter()
            .any(|(a, side)| self.market.clearing.admit(place, &order(*a, *side)).is_err())
        {
            return;
        }
        for (account, side) in both {
            self.market.clearing.reserve(place, account, side, lots(n)).unwrap();
        }
        let at = self.prices[usize::from(contract)] + off;
        self.market.trade(contract, buyer, seller, n, at);
    }

    /// A reserved order can be filled without breaking what it was admitted under.
    fn rest(&mut self, contract: ContractIdx, account: AccountId, side: Side, n: Lots) {
        let order = NewOrder { account, side, lots: n, kind: OrderKind::Market };
        let clearing = &mut self.market.clearing;
        if let Err(refusal) = clearing.admit(contract, &order) {
            let before = clearing.clone();
            assert_eq!(clearing.accept(contract, &order), Err(refusal));
            assert_eq!(*clearing, before, "a refused order leaves no trace");
            return;
        }
        let free = clearing.free(account).unwrap();
        let held = clearing.position(contract, account).unwrap().working(side);
        let mut reserved = clearing.clone();
        reserved.reserve(contract, account, side, n).unwrap();
        clearing.accept(contract, &order).unwrap();
        assert_eq!(*clearing, reserved, "accepting is admitting and reserving");
        let after = clearing.free(account).unwrap();
        assert!(after >= Money::ZERO || after == free, "{free:?} to {after:?}");
        if n.get().is_multiple_of(2) {
            clearing.release(contract, account, side, n).unwrap();
            assert_eq!(clearing.free(account).unwrap(), free);
            assert_eq!(clearing.position(contract, account).unwrap().working(side), held);
        }
    }

    fn pay(&mut self, account: AccountId, amount: i64) {
        let done = if amount < 0 {
            self.market.clearing.withdraw(account, money(-amount)).is_ok()
        } else {
            self.market.clearing.deposit(account, money(amount)).is_ok()
        };
        if done {
            self.paid_in += amount;
        }
    }

    /// Reduction if locked, settlement, morning, forced liquidation against whoever is largest.
    fn close(&mut self, moves: [i32; 3], locked: Option<Side>) {
        for (price, change) in self.prices.iter_mut().zip(moves) {
            *price = (*price + change).max(100);
        }
        if let Some(side) = locked {
            self.reduce(side);
        }
        let report = self.market.settle(&self.prices).unwrap();
        self.settlement(&report);
        self.check(false);
        self.market.morning();
        self.check(true);
        self.day = self.day.tomorrow().unwrap();
        self.market.clearing.charge_storage(&mut self.warehouses, &self.rules, self.day).unwrap();
        self.open();
        let counterparty = AccountId(8);
        for forced in self.market.liquidation() {
            let (account, n) = (forced.order.account, forced.order.lots.get());
            // Half of what is ordered finds somebody; the rest is locked in.
            if account == counterparty || n < 2 {
                continue;
            }
            let price = self.prices[usize::from(forced.contract.0)];
            let before = self.market.lots(forced.contract.0, account);
            match forced.order.side {
                Side::Buy => {
                    self.market.trade(forced.contract.0, account, counterparty, n / 2, price);
                }
                Side::Sell => {
                    self.market.trade(forced.contract.0, counterparty, account, n / 2, price);
                }
            }
            let after = self.market.lots(forced.contract.0, account);
            assert!(after.abs() < before.abs() && after.signum() * before.signum() >= 0);
        }
    }

    fn reduce(&mut self, side: Side) {
        for contract in 0..N_CONTRACTS {
            let place = ContractIdx(contract);
            let unfilled: Vec<_> = self
                .market
                .clearing
                .accounts()
                .zip(self.market.clearing.positions(place))
                .filter(|(_, p)| p.side() == Some(side.opposite()))
                .map(|(a, p)| (a, p.size()))
                .collect();
            let price = ticks(self.prices[usize::from(contract)]);
            let [loss, high, low] = [6, 6, 3].map(Rate::percent);
            let levels = ReductionLevels { loss, high, low };
            let reduction = Reduction {
                contract: place,
                side,
                limit: price,
                settlement: price,
                levels,
                sequence: 0,
            };
            let mut report = ReductionReport::default();
            let before = self.market.clearing.positions(place).copied().collect::<Vec<_>>();
            self.market.clearing.reduce(&reduction, &unfilled, &mut report).unwrap();
            let filled: u64 = report.filled.iter().sum();
            assert!(filled <= report.asked);
            assert_eq!(filled, report.trades.iter().map(|t| u64::from(t.lots.get())).sum::<u64>());
            for (old, new) in before.iter().zip(self.market.clearing.positions(place)) {
                assert!(new.size() <= old.size() && old.lots() * new.lots() >= 0);
            }
            self.reduced += filled;
        }
    }

    fn expire(&mut self, contract: u16, physical: bool, off: i32) {
        let price = (self.prices[usize::from(contract)] + off).max(100);
        let place = ContractIdx(contract);
        self.close([0; 3], None);
        // Trades of the liquidation are settled before the contract ends.
        self.market.settle(&self.prices).unwrap();
        self.market.morning();
        let expiry = if physical {
            Expiry::Physical(self.rules.clone())
        } else {
            Expiry::Cash(CashSettlement { index: "outside".into(), fewest: 1 })
        };
        match &expiry {
            Expiry::Physical(rules) => self.deliver(place, rules, price),
            Expiry::Cash(rule) => {
                let last = final_price(rule, (i64::from(price), 1), ticks(1));
                self.market.clearing.close_out(place, last).unwrap();
            }
        }
        assert_eq!(self.market.clearing.open_interest(place), 0);
        self.check(false);
        self.market.morning();
        self.market.clearing.delist(place).unwrap();
        self.market.clearing.list(place, money(2000), ticks(price)).unwrap();
        self.prices[usize::from(contract)] = price;
        self.open();
    }

    fn deliver(&mut self, contract: ContractIdx, rules: &PhysicalDelivery, price: i32) {
        let delivery = Delivery { contract, price: ticks(price), rules, day: self.day };
        let mut report = DeliveryReport::default();
        let open = self.market.clearing.open_interest(contract);
        let before = self.warehouses.registered();
        self.market.clearing.deliver(&delivery, &mut self.warehouses, &mut report).unwrap();
        assert_eq!(self.warehouses.registered(), before, "receipts change owner, nothing else");
        let sum = |f: &dyn Fn(&monazite_exchange::Delivered) -> Lots| {
            report.pairs.iter().map(|p| u64::from(f(p).get())).sum::<u64>()
        };
        assert_eq!(sum(&|p| p.lots), open);
        assert_eq!(sum(&|p| p.delivered) + sum(&|p| p.undelivered) + sum(&|p| p.unpaid), open);
    }

    fn settlement(&self, report: &ClearingReport) {
        let sum: i128 = report.accounts.iter().map(|a| i128::from(a.variation.minor())).sum();
        assert_eq!(sum, 0, "variation margin");
        let ledger = self.market.clearing.ledger();
        for (account, row) in self.market.clearing.accounts().zip(&report.accounts) {
            let margin = ledger.balance(Pot::Margin(account));
            assert!(margin <= row.required, "no more margin than needed");
            let called = row.call > Money::ZERO
                || self.market.clearing.standing(account) == Some(Standing::Defaulted);
            assert!(
                called
                    || margin == row.required
                    || ledger.balance(Pot::Cash(account)) == Money::ZERO
            );
        }
        let shares: i64 = report.largest.iter().map(|m| m.minor()).sum();
        assert_eq!(report.fund_target, money(shares));
        assert_eq!(report.fund_held, ledger.fund().unwrap());
    }

    fn check(&self, covered: bool) {
        let clearing = &self.market.clearing;
        assert_eq!(clearing.violations(covered), []);
        let ledger = clearing.ledger();
        // All there is, is what was paid in less what was paid out.
        assert_eq!(ledger.balance(Pot::Outside), money(-self.paid_in));
        assert_eq!(ledger.sum(), Ok(Money::ZERO));
        assert_eq!(self.warehouses.violations(), []);
    }
}

/// What a sequence of events came to, for the test that they reach what they are to test.
fn run(events: &[Event], stress: u32, reserve: i64) -> Run {
    let mut run = Run::new(stress, reserve);
    for event in events {
        run.step(event);
    }
    run
}

proptest! {
    #[test]
    fn nothing_breaks(
        events in proptest::collection::vec(event(), 1..120),
        stress in 50_000..300_000_u32,
        reserve in prop_oneof![Just(0_i64), Just(100_000_000)],
    ) {
        run(&events, stress, reserve);
    }

    /// State that goes through text half-way ends where it would have.
    #[test]
    fn state_resumes(events in proptest::collection::vec(event(), 1..60), cut in 0..60_usize) {
        let (mut left, whole) = (Run::new(150_000, 0), run(&events, 150_000, 0));
        for (place, event) in events.iter().enumerate() {
            if place == cut {
                let text = serde_json::to_string(&left.market.clearing).unwrap();
                left.market.clearing = serde_json::from_str(&text).unwrap();
            }
            left.step(event);
        }
        prop_assert_eq!(left.market.clearing, whole.market.clearing);
    }
}

/// The sequences above reach every kind of movement: otherwise they would prove nothing of it.
#[test]
fn sequences_reach_every_reason() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let sequences = proptest::collection::vec(event(), 120);
    let (mut moved, mut reduced) = ([0_i64; Reason::COUNT], 0);
    for round in 0..60 {
        let events = sequences.new_tree(&mut runner).unwrap().current();
        let run = run(&events, 150_000, (round % 2) * 100_000_000);
        for (sum, reason) in moved.iter_mut().zip(Reason::ALL) {
            *sum += i64::from(run.market.clearing.ledger().moved(reason) > Money::ZERO);
        }
        reduced += u64::from(run.reduced > 0);
    }
    for (n, reason) in moved.iter().zip(Reason::ALL) {
        assert!(*n > 0, "no sequence of 60 has a movement for {reason:?}");
    }
    assert!(reduced > 0, "no sequence of 60 reduces a position");
}
