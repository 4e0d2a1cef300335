//! Delivery by hand: receipts against money, failures on both sides, cash settlement.

use jiff::civil::{Date, date};
use monazite_exchange::{
    AccountId, AccountKind, ClearingError, ContractIdx, Delivery, DeliveryReport, Grade, Lots,
    PhysicalDelivery, Pot, Rate, Reason, Standing, Warehouses,
};

use crate::market::{Market, lots, money, terms, ticks};

const C: ContractIdx = ContractIdx(0);

fn rules() -> PhysicalDelivery {
    let grade = |name: &str, adjustment| Grade { name: name.into(), adjustment: money(adjustment) };
    PhysicalDelivery {
        grades: vec![grade("standard", 0), grade("lower", -500_000)],
        brands: vec![grade("north", 0), grade("south", 20_000)],
        storage_fee: money(150),
        delivery_days: 3,
        penalty: Rate::percent(20),
        delivery_fee: money(100),
    }
}

fn registered() -> Date {
    date(2026, 3, 2)
}

/// Longs of 6 and 4 lots, shorts of 7 and 3, at 100,000 CNY; settled there on the last trading day.
fn expired(cash: [i64; 4]) -> (Market, Vec<AccountId>) {
    let mut market = Market::new(1);
    let accounts: Vec<_> =
        cash.iter().map(|cash| market.open(AccountKind::Hedger, *cash)).collect();
    market.day(&[terms(5000)]);
    market.trade(0, accounts[0], accounts[2], 6, 5000);
    market.trade(0, accounts[1], accounts[2], 1, 5000);
    market.trade(0, accounts[1], accounts[3], 3, 5000);
    market.settle(&[5000]).unwrap();
    (market, accounts)
}

fn deliver(market: &mut Market, warehouses: &mut Warehouses, price: i32) -> DeliveryReport {
    let rules = rules();
    let delivery =
        Delivery { contract: C, price: ticks(price), rules: &rules, day: date(2026, 3, 12) };
    let mut report = DeliveryReport::default();
    market.clearing.deliver(&delivery, warehouses, &mut report).unwrap();
    market.check();
    assert_eq!(warehouses.violations(), []);
    assert_eq!(market.clearing.open_interest(C), 0);
    report
}

fn store(warehouses: &mut Warehouses, owner: AccountId, grade: u16, brand: u16, n: u32) {
    warehouses.arrive(grade, lots(n)).unwrap();
    warehouses.register(owner, grade, Some(brand), lots(n), registered()).unwrap();
}

const RICH: i64 = 100_000_000;

#[test]
fn metal_changes_hands_at_the_price_with_premia_and_discounts() {
    let (mut market, a) = expired([RICH; 4]);
    let mut warehouses = Warehouses::new(&rules());
    store(&mut warehouses, a[2], 0, 0, 5);
    store(&mut warehouses, a[2], 1, 1, 2);
    store(&mut warehouses, a[3], 0, 1, 3);
    let before: Vec<_> =
        a.iter().map(|a| market.clearing.ledger().equity(*a).unwrap().minor()).collect();
    // 50 ticks over the last settlement: marked first, 1,000 CNY a lot.
    let report = deliver(&mut market, &mut warehouses, 5050);
    assert_eq!(report.gains, money(10 * 100_000));
    // The largest first: 6 lots from the short of 7, whose last one goes to the long of 4.
    let pairs: Vec<_> =
        report.pairs.iter().map(|p| (p.long, p.short, p.lots.get(), p.delivered.get())).collect();
    assert_eq!(pairs, [(a[0], a[2], 6, 6), (a[1], a[2], 1, 1), (a[1], a[3], 3, 3)]);
    // 101,000 CNY a lot; the lower grade 5,000 less, the southern brand 200 more.
    let lot = 10_100_000;
    let lower = lot - 500_000 + 20_000;
    assert_eq!(report.pairs[0].payment, money(5 * lot + lower));
    assert_eq!(report.pairs[1].payment, money(lower));
    assert_eq!(report.pairs[2].payment, money(3 * (lot + 20_000)));
    // Ten days of storage at 1.50 CNY a lot, a fee of 1 CNY a lot each side.
    assert_eq!(report.pairs[0].storage, money(6 * 10 * 150));
    let ledger = market.clearing.ledger();
    let change = |i: usize| ledger.equity(a[i]).unwrap().minor() - before[i];
    assert_eq!(change(0), 6 * 100_000 - (5 * lot + lower) - 600);
    assert_eq!(change(1), 4 * 100_000 - lower - 3 * (lot + 20_000) - 400);
    assert_eq!(change(2), -7 * 100_000 + 5 * lot + 2 * lower - 700 - 7 * 1_500);
    assert_eq!(change(3), -3 * 100_000 + 3 * (lot + 20_000) - 300 - 3 * 1_500);
    assert_eq!(ledger.balance(Pot::Warehouses), money(10 * 1_500));
    assert_eq!(
        [0, 1, 2, 3].map(|i| warehouses.deliverable(a[i])),
        [6, 4, 0, 0],
        "receipts follow the money"
    );
    market.clearing.delist(C).unwrap();
}

#[test]
fn a_short_without_receipts_pays_the_penalty_and_the_long_gets_it() {
    let (mut market, a) = expired([RICH; 4]);
    let mut warehouses = Warehouses::new(&rules());
    store(&mut warehouses, a[2], 0, 0, 4);
    let pledged = warehouses.receipts()[0].id;
    store(&mut warehouses, a[3], 0, 0, 3);
    let report = deliver(&mut market, &mut warehouses, 5000);
    let pair = report.pairs[0];
    assert_eq!((pair.delivered, pair.undelivered, pair.unpaid), (lots(4), lots(2), Lots::ZERO));
    assert_eq!(pair.penalty, money(2 * 2_000_000));
    assert_eq!(report.pairs[1].penalty, money(2_000_000));
    assert_eq!(market.clearing.ledger().moved(Reason::Penalty), money(6_000_000));
    // A receipt that is pledged is not delivered.
    let (mut market, a) = expired([RICH; 4]);
    let mut warehouses = Warehouses::new(&rules());
    store(&mut warehouses, a[2], 0, 0, 7);
    let id = warehouses.receipts()[0].id;
    assert_eq!(id, pledged);
    warehouses.set_on_warrant(id, false).unwrap();
    let report = deliver(&mut market, &mut warehouses, 5000);
    assert_eq!(report.pairs[0].undelivered, lots(6));
    assert_eq!(warehouses.receipts()[0].owner, a[2]);
}

#[test]
fn a_long_without_cash_pays_the_penalty_and_the_short_keeps_its_metal() {
    // The first long can pay 2 of 6 lots after its margin is free.
    let (mut market, a) = expired([28_000_000, RICH, RICH, RICH]);
    market.morning();
    let mut warehouses = Warehouses::new(&rules());
    store(&mut warehouses, a[2], 0, 0, 7);
    store(&mut warehouses, a[3], 0, 0, 3);
    let report = deliver(&mut market, &mut warehouses, 5000);
    let pair = report.pairs[0];
    assert_eq!((pair.delivered, pair.undelivered, pair.unpaid), (lots(2), Lots::ZERO, lots(4)));
    assert_eq!(pair.penalty, money(-4 * 2_000_000));
    assert_eq!(warehouses.deliverable(a[2]), 4);
    // 280,000 CNY less fees and the fund did not pay 200,000 of metal and 80,000 of penalty: the rest is a default.
    assert!(market.clearing.ledger().balance(Pot::Cash(a[0])).minor() < 0);
    assert_eq!(
        market.clearing.deliver(
            &Delivery { contract: C, price: ticks(1), rules: &rules(), day: registered() },
            &mut warehouses,
            &mut DeliveryReport::default()
        ),
        Err(ClearingError::OpenDeficit)
    );
    let enforced = market.morning();
    assert_eq!(enforced.waterfall.defaults[0].account, a[0]);
    assert_eq!(market.clearing.standing(a[0]), Some(Standing::Defaulted));
}

#[test]
fn storage_is_paid_by_owners_as_far_as_cash_goes_and_stays_due() {
    let (mut market, a) = expired([RICH; 4]);
    let poor = market.open(AccountKind::Speculator, 100);
    let mut warehouses = Warehouses::new(&rules());
    store(&mut warehouses, a[0], 0, 0, 2);
    store(&mut warehouses, poor, 0, 1, 1);
    let clearing = &mut market.clearing;
    let charge = |market: &mut monazite_exchange::Clearing, warehouses: &mut Warehouses, day| {
        let report = market.charge_storage(warehouses, &rules(), date(2026, 3, day)).unwrap();
        (report.paid.minor(), report.unpaid.minor())
    };
    assert_eq!(charge(clearing, &mut warehouses, 4), (2 * 2 * 150, 2 * 150));
    assert_eq!(charge(clearing, &mut warehouses, 4), (0, 2 * 150), "not twice");
    assert_eq!(charge(clearing, &mut warehouses, 5), (2 * 150, 3 * 150));
    clearing.deposit(poor, money(1000)).unwrap();
    assert_eq!(charge(clearing, &mut warehouses, 5), (3 * 150, 0));
    market.check();
}

#[test]
fn a_contract_ends_in_cash_at_its_final_price() {
    let (mut market, a) = expired([RICH; 4]);
    assert_eq!(market.clearing.close_out(C, ticks(5010)).unwrap(), money(10 * 10 * 2000));
    for account in &a {
        assert_eq!(market.clearing.position(C, *account).unwrap().lots(), 0);
    }
    market.check();
    // Margin and contributions come back at the next settlement.
    market.settle(&[5010]).unwrap();
    let ledger = market.clearing.ledger();
    for account in &a {
        assert_eq!(ledger.balance(Pot::Margin(*account)), money(0));
        assert_eq!(ledger.balance(Pot::Fund(*account)), money(0));
    }
    market.clearing.delist(C).unwrap();
    market.clearing.list(C, money(2000), ticks(4000)).unwrap();
}

#[test]
fn trades_are_settled_before_a_contract_ends() {
    let (mut market, a) = expired([RICH; 4]);
    market.trade(0, a[0], a[1], 1, 5000);
    assert_eq!(
        market.clearing.close_out(C, ticks(5000)),
        Err(ClearingError::Unsettled { account: a[0] })
    );
}
