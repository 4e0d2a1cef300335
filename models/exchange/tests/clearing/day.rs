//! Days by hand: settlement, calls, liquidation, the waterfall, admission.

use crate::market::{Market, lots, money, terms, ticks};
use monazite_exchange::{
    AccountClearing, AccountId, AccountKind, ClearingError, ContractIdx, Domicile,
    EnforcementReport, Lots, Money, NewOrder, OrderKind, Pot, Rate, Reason, Refusal, Side,
    Standing,
};

const C: ContractIdx = ContractIdx(0);

fn buy(account: AccountId, n: u32) -> NewOrder {
    NewOrder { account, side: Side::Buy, lots: Lots::new(n), kind: OrderKind::Market }
}

fn sell(account: AccountId, n: u32) -> NewOrder {
    NewOrder { side: Side::Sell, ..buy(account, n) }
}

/// Two speculators with 200,000 CNY each; a lot is 1 t, a tick 20 CNY, so 2,000 fen; price 100,000 CNY, margin 10 %.
fn two() -> (Market, AccountId, AccountId) {
    let mut market = Market::new(1);
    let long = market.open(AccountKind::Speculator, 20_000_000);
    let short = market.open(AccountKind::Speculator, 20_000_000);
    market.day(&[terms(5000)]);
    (market, long, short)
}

#[test]
fn a_day_by_hand() {
    let (mut market, long, short) = two();
    // 10 lots at 5,010 ticks, settled at 5,050: 40 ticks × 10 lots × 20 CNY = 8,000 CNY from the short to the long.
    market.trade(0, long, short, 10, 5010);
    let report = market.settle(&[5050]).unwrap();
    let row = &report.accounts[0];
    assert_eq!(row.variation, money(800_000));
    // Turnover 10 × 100,200 CNY at .008 % is 80.16 CNY.
    assert_eq!(row.fee, money(8_016));
    // A lot at 101,000 CNY needs 10,100 CNY.
    assert_eq!(row.required, money(10_100_000));
    assert_eq!(report.accounts[1].variation, money(-800_000));
    // The move of the settlement price alone is 50 ticks.
    assert_eq!(report.contracts[0].gains, money(1_000_000));
    assert_eq!(report.contracts[0].open_interest, 10);
    // A fall or rise of 15 % is worth 15,150 CNY a lot, of which margin covers 10,100: two accounts lose 50,500 CNY more
    // than margin, and the fund holds both, half from each.
    assert_eq!(report.largest, [money(5_050_000); 2]);
    assert_eq!(report.fund_target, money(10_100_000));
    assert_eq!(row.contribution, money(5_050_000));
    let ledger = market.clearing.ledger();
    assert_eq!(
        ledger.balance(Pot::Cash(long)),
        money(20_000_000 + 800_000 - 8_016 - 10_100_000 - 5_050_000)
    );
    // A fifth of fees goes to the reserve.
    assert_eq!(ledger.balance(Pot::Fees), money(16_032 - 3_207));
    assert_eq!(ledger.balance(Pot::Reserve), money(50_000_000 + 3_207));
    assert_eq!(market.clearing.called(long), Money::ZERO);
    market.check();

    // Next day: old lots are marked from 5,050, new ones from their price. The long sells 4 at 5,000.
    market.morning();
    market.day(&[terms(5050)]);
    market.trade(0, short, long, 4, 5000);
    let report = market.settle(&[4990]).unwrap();
    // Long: 10 × (4,990 − 5,050) + 4 × (5,000 − 4,990) ticks.
    assert_eq!(report.accounts[0].variation, money((-600 + 40) * 2000));
    assert_eq!(market.lots(0, long), 6);
    assert_eq!(report.accounts[0].required, money(6 * 9_980 * 100));
    market.check();
}

#[test]
fn an_account_that_does_not_pay_is_closed_out_as_far_as_needed_and_no_further() {
    let mut market = Market::new(1);
    let long = market.open(AccountKind::Speculator, 30_000_000);
    let short = market.open(AccountKind::Speculator, 90_000_000);
    let buyer = market.open(AccountKind::Hedger, 1_000_000_000);
    market.day(&[terms(5000)]);
    market.trade(0, long, short, 15, 5000);
    market.settle(&[5000]).unwrap();
    market.morning();
    market.day(&[terms(5000)]);
    // 600 ticks down: the long loses 180,000 CNY of 299,880, a part of which is in the fund; its 15 lots need 132,000.
    let report = market.settle(&[4400]).unwrap();
    let ledger = market.clearing.ledger();
    let equity = ledger.equity(long).unwrap();
    let row = &report.accounts[0];
    assert_eq!(row.required, money(15 * 8_800 * 100));
    assert!(row.call > Money::ZERO && equity > Money::ZERO);
    assert_eq!(market.clearing.standing(long), Some(Standing::Called));
    // What is called is what is missing in margin and in the fund.
    let fund_due = report.fund_target.minus(report.fund_held).unwrap();
    assert_eq!(row.call, row.required.minus(equity).unwrap().plus(fund_due).unwrap());

    let enforced = market.morning();
    assert_eq!(enforced.closing, [long]);
    assert_eq!(market.clearing.standing(long), Some(Standing::Closing));
    market.day(&[terms(4400)]);
    let orders = market.liquidation();
    let needed = row.call.minor().div_euclid(880_000) + 1;
    assert_eq!(orders.len(), 1);
    assert_eq!((orders[0].order.account, orders[0].order.side), (long, Side::Sell));
    assert_eq!(i64::from(orders[0].order.lots.get()), needed);
    // It stands at the lower limit, 10 % under the reference.
    assert_eq!(orders[0].order.kind, OrderKind::Limit(ticks(3960)));
    // Opening is refused, closing is not.
    let refused = market.clearing.admit(C, &buy(long, 1));
    assert_eq!(refused, Err(Refusal::Suspended { account: long }));
    market.clearing.admit(C, &sell(long, 15)).unwrap();
    market.clearing.admit(C, &sell(long, 16)).unwrap_err();

    market.trade(0, buyer, long, orders[0].order.lots.get(), 4400);
    market.settle(&[4400]).unwrap();
    market.check();
    assert_eq!(market.clearing.standing(long), Some(Standing::Good));
}

#[test]
fn a_call_that_is_paid_closes_nothing() {
    let (mut market, long, short) = two();
    market.trade(0, long, short, 15, 5000);
    market.settle(&[4800]).unwrap();
    let called = market.clearing.called(long);
    assert!(called > Money::ZERO);
    assert_eq!(
        market.clearing.withdraw(long, money(1)),
        Err(ClearingError::NotFree { asked: money(1), free: Money::ZERO })
    );
    market.clearing.deposit(long, called).unwrap();
    assert!(market.morning().closing.is_empty());
    market.day(&[terms(4800)]);
    assert!(market.liquidation().is_empty());
    market.settle(&[4800]).unwrap();
    assert_eq!(market.clearing.standing(long), Some(Standing::Good));
    market.check();
}

/// A market in which `long` loses far more than it has; the others are solvent.
fn ruin(reserve: i64, capital: i64) -> (Market, AccountId, EnforcementReport) {
    let mut market = Market::with_funds(1, reserve, capital, Rate::ppm(105_000));
    let long = market.open(AccountKind::Speculator, 10_000_000);
    let short = market.open(AccountKind::Speculator, 300_000_000);
    let other = market.open(AccountKind::Hedger, 200_000_000);
    market.day(&[terms(5000)]);
    market.trade(0, long, short, 8, 5000);
    market.trade(0, other, short, 30, 5000);
    market.settle(&[5000]).unwrap();
    market.morning();
    market.day(&[terms(5000)]);
    market.settle(&[3500]).unwrap();
    // 1,500 ticks × 8 lots × 20 CNY = 240,000 CNY, of which it had 100,000.
    assert!(market.clearing.ledger().balance(Pot::Cash(long)) < Money::ZERO);
    assert!(
        market.clearing.violations(true).len() == 1 && market.clearing.violations(false).is_empty()
    );
    // Nobody takes money out while a loss is open.
    market.clearing.withdraw(short, money(1)).unwrap_err();
    let enforced = market.morning();
    (market, long, enforced)
}

#[test]
fn the_waterfall_takes_each_step_before_the_next() {
    let (market, long, enforced) = ruin(2_000_000, 1_000_000);
    let cover = enforced.waterfall.defaults[0];
    assert_eq!((enforced.waterfall.defaults.len(), cover.account), (1, long));
    let sum =
        [cover.own_fund, cover.fund, cover.reserve, cover.capital, cover.fees, cover.assessed]
            .iter()
            .map(|m| m.minor())
            .sum::<i64>();
    assert_eq!(sum, cover.deficit.minor());
    assert!(
        cover.own_fund > Money::ZERO && cover.fund > Money::ZERO && cover.assessed > Money::ZERO
    );
    // All that was there before the assessment is gone.
    let ledger = market.clearing.ledger();
    assert_eq!(ledger.fund().unwrap(), Money::ZERO);
    for pot in [Pot::Reserve, Pot::Capital, Pot::Fees] {
        assert_eq!(ledger.balance(pot), Money::ZERO, "{pot:?}");
    }
    // The assessment is in proportion to equity before it.
    let assessed = &enforced.waterfall.assessments;
    assert_eq!(assessed[0], Money::ZERO);
    let equity = |a: u32| {
        i128::from(ledger.equity(AccountId(a)).unwrap().minor() + assessed[a as usize].minor())
    };
    let off = i128::from(assessed[1].minor()) * (equity(1) + equity(2))
        - i128::from(cover.assessed.minor()) * equity(1);
    assert!(off.abs() < equity(1) + equity(2), "more than a fen from proportion");
    assert_eq!(market.clearing.standing(long), Some(Standing::Defaulted));
    assert_eq!(ledger.balance(Pot::Cash(long)), Money::ZERO);
    assert!(market.clearing.violations(true).is_empty());
}

#[test]
fn a_rich_reserve_spares_capital_and_accounts() {
    let (market, _, enforced) = ruin(1_000_000_000, 1_000_000);
    let cover = enforced.waterfall.defaults[0];
    assert!(cover.reserve > Money::ZERO);
    assert_eq!(
        (cover.capital, cover.fees, cover.assessed),
        (Money::ZERO, Money::ZERO, Money::ZERO)
    );
    assert!(enforced.waterfall.assessments.is_empty());
    assert_eq!(market.clearing.ledger().balance(Pot::Capital), money(1_000_000));
}

#[test]
fn a_defaulter_is_closed_in_full_and_its_gains_go_back() {
    let (mut market, long, enforced) = ruin(2_000_000, 1_000_000);
    let owed = enforced.waterfall.defaults[0].by_others().unwrap();
    assert_eq!(market.clearing.covered(long), owed);
    market.day(&[terms(3500)]);
    let orders = market.liquidation();
    assert_eq!((orders[0].order.lots, orders[0].order.side), (lots(8), Side::Sell));
    // The market is locked: nothing trades; the price recovers by 100 ticks and the estate gains 16,000 CNY.
    let report = market.settle(&[3600]).unwrap();
    assert_eq!(report.recovered, money(100 * 8 * 2000));
    assert_eq!(market.clearing.covered(long), owed.minus(report.recovered).unwrap());
    market.morning();
    market.day(&[terms(3600)]);
    assert_eq!(market.liquidation()[0].order.lots, lots(8), "tried again on the next day");
    market.check();
}

#[test]
fn orders_are_admitted_within_position_limit_cap_and_margin() {
    let mut market = Market::new(1);
    let speculator = market.open(AccountKind::Speculator, 20_000_000);
    let hedger = market.open(AccountKind::Hedger, 20_000_000);
    let maker = market.open(AccountKind::MarketMaker, 2_000_000_000);
    let mut day = terms(5000);
    (day.position_limit, day.opening_cap) = (Some(lots(8)), Some(lots(12)));
    market.day(&[day]);
    let clearing = &mut market.clearing;
    assert_eq!(
        clearing.admit(C, &buy(speculator, 9)),
        Err(Refusal::PositionLimit { reached: 9, limit: 8 })
    );
    clearing.admit(C, &buy(speculator, 8)).unwrap();
    clearing.reserve(C, speculator, Side::Buy, lots(8)).unwrap();
    // Resting orders count; the other side does not add to the position but to the cap.
    assert_eq!(
        clearing.admit(C, &buy(speculator, 1)),
        Err(Refusal::PositionLimit { reached: 9, limit: 8 })
    );
    assert_eq!(
        clearing.admit(C, &sell(speculator, 5)),
        Err(Refusal::OpeningCap { opened: 13, cap: 12 })
    );
    clearing.admit(C, &sell(speculator, 4)).unwrap();
    clearing.release(C, speculator, Side::Buy, lots(8)).unwrap();
    clearing.admit(C, &sell(speculator, 8)).unwrap();

    // A hedger pays 8 %: 200,000 CNY carry 25 lots at 8,000 CNY, and no limit holds it.
    clearing.admit(C, &buy(hedger, 25)).unwrap();
    assert_eq!(
        clearing.admit(C, &buy(hedger, 26)),
        Err(Refusal::NoMargin { needed: 20_800_000, free: 20_000_000 })
    );
    clearing.admit(C, &buy(maker, 100)).unwrap();
    assert_eq!(
        clearing.admit(C, &buy(AccountId(7), 1)),
        Err(Refusal::NoAccount { account: AccountId(7) })
    );
    assert_eq!(clearing.admit(ContractIdx(3), &buy(maker, 1)), Err(Refusal::Closed));
}

#[test]
fn todays_losses_bind_margin_and_todays_gains_do_not_free_it() {
    let (mut market, long, short) = two();
    // Bought at 5,500, 500 over the reference: 10,000 CNY a lot are lost already.
    market.trade(0, long, short, 5, 5500);
    let free = |market: &Market, a| market.clearing.free(a).unwrap();
    assert_eq!(free(&market, long), money(20_000_000 - 5_000_000 - 5_000_000));
    assert_eq!(free(&market, short), money(20_000_000 - 5_000_000));
    assert_eq!(
        market.clearing.withdraw(short, money(1)),
        Err(ClearingError::Unsettled { account: short })
    );
}

#[test]
fn every_movement_is_in_the_journal_and_replays_to_the_same_balances() {
    let mut market = Market::with_funds(1, 2_000_000, 1_000_000, Rate::percent(11));
    market.clearing.keep_entries(true);
    let mut balances = std::collections::BTreeMap::from([
        (Pot::Reserve, 2_000_000),
        (Pot::Capital, 1_000_000),
        (Pot::Outside, -3_000_000),
    ]);
    let long = market.open(AccountKind::Speculator, 10_000_000);
    let short = market.open(AccountKind::Speculator, 300_000_000);
    market.day(&[terms(5000)]);
    market.trade(0, long, short, 8, 5000);
    market.settle(&[3500]).unwrap();
    market.morning();
    let ledger = market.clearing.ledger();
    let mut reasons = std::collections::BTreeSet::new();
    for entry in ledger.entries() {
        *balances.entry(entry.from).or_default() -= entry.amount.minor();
        *balances.entry(entry.to).or_default() += entry.amount.minor();
        reasons.insert(entry.reason);
    }
    for (pot, balance) in balances {
        assert_eq!(ledger.balance(pot), money(balance), "{pot:?}");
    }
    assert!(reasons.contains(&Reason::Variation) && reasons.contains(&Reason::DefaultCover));
}

#[test]
fn every_listed_contract_is_settled_once_a_day_and_errors_change_nothing() {
    let (mut market, long, short) = two();
    market.trade(0, long, short, 1, 5000);
    let before = market.clearing.clone();
    assert_eq!(market.settle(&[]).unwrap_err(), ClearingError::NotSettledOnce { contract: C });
    assert_eq!(before, market.clearing);
    assert_eq!(market.clearing.delist(C), Err(ClearingError::StillOpen { contract: C, lots: 1 }));
    assert_eq!(
        market.clearing.list(C, money(1), ticks(1)),
        Err(ClearingError::PlaceTaken { contract: C })
    );
    assert_eq!(
        market.clearing.open_account(AccountKind::Hedger, Domicile::Foreign, money(-1)),
        Err(ClearingError::NotPositive(money(-1)))
    );
    assert_eq!(
        market.clearing.deposit(AccountId(9), money(1)),
        Err(ClearingError::NoPot { pot: Pot::Cash(AccountId(9)) })
    );
}

#[test]
fn state_survives_serialisation() {
    let (mut market, long, short) = two();
    market.trade(0, long, short, 3, 5000);
    market.settle(&[4990]).unwrap();
    let text = serde_json::to_string(&market.clearing).unwrap();
    let mut back: monazite_exchange::Clearing = serde_json::from_str(&text).unwrap();
    assert_eq!(back, market.clearing);
    back.deposit(long, money(5)).unwrap();
    assert_ne!(back, market.clearing);
}

#[test]
fn a_quiet_account_has_an_empty_row() {
    let (mut market, _, _) = two();
    let report = market.settle(&[5000]).unwrap();
    assert_eq!(report.accounts, vec![AccountClearing::default(); 2]);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let (mut market, long, short) = two();
    market.trade(0, long, short, 2_000_000_000, 5000);
    let before = market.clearing.clone();
    // Another as large would not fit the position's 32 bits.
    let trade = monazite_exchange::Trade {
        sequence: 1,
        price: ticks(5000),
        lots: lots(2_000_000_000),
        buyer: long,
        seller: short,
        aggressor: None,
    };
    let refused = market.clearing.record(C, &trade);
    assert_eq!(refused, Err(ClearingError::PositionOverflow { account: long, contract: C }));
    for account in [long, short] {
        assert_eq!(market.clearing.position(C, account), before.position(C, account));
        assert_eq!(market.clearing.free(account), before.free(account));
    }
    // Two thousand million lots at a price of two thousand million ticks are no amount of money.
    let before = market.clearing.clone();
    let overflow = ClearingError::Overflow(monazite_exchange::MoneyOverflow);
    assert_eq!(market.settle(&[i32::MAX]).unwrap_err(), overflow);
    assert_eq!(market.clearing, before);
    // A deposit that would not fit.
    let full = market.clearing.deposit(long, money(i64::MAX));
    assert_eq!(full, Err(overflow));
    assert_eq!(market.clearing, before);
}
