//! The published ladder of a contract's life, day by day, and the rule files shipped.

use jiff::civil::{Date, date};
use monazite_exchange::{
    Close, ContractMonth, ContractStanding, LockAction, LockState, Lots, Money, Phase, Price, Rate,
    ReductionLevels, Rules, Side, Terms, TermsFault, TradingCalendar,
};

/// Weekdays on which Chinese futures exchanges were closed, 2023-07 to 2024-02 and 2026-01 to 2026-02.
///
/// 2023: CFFEX 2022-81 as on guoyuanqh.com (2022-12-27); 2024: five exchanges as on news.ccmn.cn (2023-12-26), New Year's
/// day a Monday; 2026: New Year's holiday to 2026-01-03 (trading from 2026-01-05, reportify.ai 2025-12-26), Spring Festival
/// to 2026-02-23 (trading from 2026-02-24, readhub.cn); its first day, 2026-02-16, is the Monday after which it follows.
fn chinese_holidays() -> Vec<Date> {
    let mut holidays = vec![date(2023, 9, 29), date(2024, 1, 1), date(2024, 2, 9)];
    holidays.extend((2..=6).map(|d| date(2023, 10, d)));
    holidays.extend((12..=16).map(|d| date(2024, 2, d)));
    holidays.extend([1, 2].map(|d| date(2026, 1, d)));
    holidays.extend((16..=23).map(|d| date(2026, 2, d)));
    holidays
}

fn calendar() -> TradingCalendar {
    TradingCalendar::weekdays(date(2023, 7, 1), date(2027, 12, 31), &chinese_holidays()).unwrap()
}

fn gfex_lc() -> Rules {
    Rules::preset("gfex-lc").unwrap()
}

fn month(text: &str) -> ContractMonth {
    text.parse().unwrap()
}

/// Lithium carbonate due in February 2024 at a price of 100,000 CNY/t.
fn lc2402(day: Date, open_interest: u32, lock: LockState) -> ContractStanding {
    ContractStanding {
        month: month("2024-02"),
        listed: date(2023, 7, 21),
        day,
        reference: Price::new(2_000),
        open_interest: Lots::new(open_interest),
        traded: day > date(2023, 7, 21),
        lock,
    }
}

/// The lock state after days that closed locked in one direction, from the limits then in force.
fn locked(rules: &Rules, side: Side, limits: &[u16]) -> LockState {
    let lock = rules.sheet().lock.as_ref().unwrap();
    limits.iter().fold(LockState::default(), |state, limit| {
        let close = Close { locked: Some(side), limit_rate: Rate::percent(*limit), days_left: 50 };
        let (state, action) = state.close(lock, close);
        assert_eq!(action, None);
        state
    })
}

/// By hand from the notices and rules cited in MODEL.md, "Rules": limit, margin of speculators and hedgers in percent,
/// position limit in lots at the open interest given.
#[test]
fn the_life_of_lc2402_is_as_published() {
    use Phase::{BeforeDelivery, Delivery, General, Listing};
    let (rules, calendar) = (gfex_lc(), calendar());
    let free = LockState::default();
    let down = |limits: &[u16]| locked(&rules, Side::Sell, limits);
    let up = |limits: &[u16]| locked(&rules, Side::Buy, limits);
    #[rustfmt::skip]
    let table = [
        // day, open interest, lock, phase, limit, speculator, hedger, position limit
        (date(2023, 7, 21), 0, free, Listing, 14, 9, 9, 3_000),
        (date(2023, 7, 24), 1_000, free, General, 7, 9, 9, 3_000),
        (date(2023, 9, 27), 5_000, free, General, 7, 9, 9, 3_000),
        (date(2023, 9, 28), 5_000, free, General, 9, 11, 11, 3_000),
        (date(2023, 10, 9), 5_000, free, General, 9, 11, 11, 3_000),
        (date(2023, 10, 10), 5_000, free, General, 7, 9, 9, 3_000),
        (date(2023, 12, 5), 20_000, down(&[7]), General, 10, 12, 12, 3_000),
        (date(2023, 12, 6), 20_000, down(&[7, 10]), General, 12, 14, 14, 3_000),
        (date(2023, 12, 11), 20_000, up(&[7, 10]), General, 12, 15, 14, 3_000),
        (date(2023, 12, 14), 40_000, free, General, 13, 15, 15, 4_000),
        (date(2024, 1, 19), 9_000, free, General, 13, 15, 15, 3_000),
        (date(2024, 1, 22), 9_000, free, BeforeDelivery, 13, 15, 15, 1_000),
        (date(2024, 2, 1), 3_000, free, Delivery, 13, 20, 20, 300),
        (date(2024, 2, 8), 2_000, free, Delivery, 15, 20, 20, 300),
        (date(2024, 2, 20), 1_000, free, Delivery, 10, 20, 20, 300),
        (date(2024, 2, 22), 800, free, Delivery, 10, 20, 20, 300),
    ];
    for (day, interest, lock, phase, limit, speculator, hedger, position) in table {
        let terms = rules.terms(&calendar, &lc2402(day, interest, lock)).unwrap();
        let found = (terms.phase, terms.limit_rate, terms.margin, terms.margin_hedger);
        let rate = Rate::percent;
        assert_eq!(found, (phase, Some(rate(limit)), rate(speculator), rate(hedger)), "{day}");
        assert_eq!(terms.position_limit, Some(Lots::new(position)), "{day}");
        assert_eq!(terms.last_trading_day, day == date(2024, 2, 22), "{day}");
        let limits = terms.limits.unwrap();
        // 2,000 ticks: a percent is 20 of them, and nothing is rounded.
        assert_eq!(limits.high.ticks(), 2_000 + 20 * i32::from(limit), "{day}");
        assert_eq!(limits.low.ticks(), 2_000 - 20 * i32::from(limit), "{day}");
    }
}

#[test]
fn opening_caps_and_fees_of_lc2401_and_lc2402_are_as_published() {
    let (rules, calendar) = (gfex_lc(), calendar());
    let terms = |contract: &str, day| {
        let at =
            ContractStanding { month: month(contract), ..lc2402(day, 1_000, LockState::default()) };
        rules.terms(&calendar, &at).unwrap()
    };
    let cap = |contract: &str, day| terms(contract, day).opening_cap.map(Lots::get);
    assert_eq!(cap("2024-01", date(2023, 12, 5)), None);
    assert_eq!(cap("2024-01", date(2023, 12, 6)), Some(2_000));
    assert_eq!(cap("2024-02", date(2023, 12, 6)), None);
    assert_eq!(cap("2024-01", date(2023, 12, 11)), Some(500));
    assert_eq!(cap("2024-02", date(2023, 12, 11)), Some(500));
    assert_eq!(cap("2024-07", date(2023, 12, 11)), Some(3_000));
    assert_eq!(terms("2024-02", date(2023, 12, 8)).fee, Rate::ppm(80));
    assert_eq!(terms("2024-01", date(2023, 12, 8)).fee, Rate::ppm(320));
    assert_eq!(terms("2024-02", date(2023, 12, 11)).fee, Rate::ppm(640));
    assert_eq!(terms("2024-03", date(2023, 12, 11)).fee, Rate::ppm(160));
    // Notice of 2023-12-05: margin of speculators only.
    let lc2401 = terms("2024-01", date(2023, 12, 7));
    assert_eq!((lc2401.margin, lc2401.margin_hedger), (Rate::percent(12), Rate::percent(9)));
}

/// Margins and limits for 2026-02-03 as a broker passed them on: <https://www.hsqh.net/col155/6850>, 2026-02-02.
#[test]
fn the_locks_of_february_2026_are_as_published() {
    let (rules, calendar) = (gfex_lc(), calendar());
    let lock = rules.sheet().lock.as_ref().unwrap();
    let unlocked = Close { locked: None, limit_rate: Rate::percent(14), days_left: 50 };
    let first = locked(&rules, Side::Sell, &[11]);
    for (contract, state, limit, margin) in [
        ("2026-03", first, 14, 16),
        ("2026-09", locked(&rules, Side::Sell, &[11, 14]), 16, 18),
        ("2026-05", first.close(lock, unlocked).0, 11, 13),
    ] {
        let at = ContractStanding {
            month: month(contract),
            listed: rules.listing_day(&calendar, month(contract)).unwrap(),
            ..lc2402(date(2026, 2, 3), 100_000, state)
        };
        let terms = rules.terms(&calendar, &at).unwrap();
        assert_eq!(terms.limit_rate, Some(Rate::percent(limit)), "{contract}");
        assert_eq!(terms.margin, Rate::percent(margin), "{contract}");
        assert_eq!(terms.position_limit, Some(Lots::new(10_000)), "10 % of 100,000");
    }
}

#[test]
fn the_tick_changes_on_the_day_published() {
    let rules = gfex_lc();
    let contract = month("2025-05");
    let money = Money::new(76_320 * 100);
    assert!(rules.price(date(2024, 12, 17), contract, money).is_err(), "no multiple of 50 CNY/t");
    assert_eq!(rules.price(date(2024, 12, 18), contract, money), Ok(Price::new(3_816)));
    assert_eq!(rules.tick(date(2024, 12, 17), contract).value(), Money::new(50 * 100));
    assert_eq!(rules.tick(date(2024, 12, 18), contract).value(), Money::new(20 * 100));
}

#[test]
fn contracts_are_listed_as_those_of_july_2023_were() {
    let (rules, calendar) = (gfex_lc(), calendar());
    let listed = |day| rules.listed_months(&calendar, day).unwrap();
    let first_day = listed(date(2023, 7, 21));
    assert_eq!(first_day.len(), 7, "LC2401 to LC2407: {first_day:?}");
    assert_eq!((first_day[0], first_day[6]), (month("2024-01"), month("2024-07")));
    assert_eq!(listed(date(2024, 2, 22)).first(), Some(&month("2024-02")));
    assert_eq!(listed(date(2024, 2, 23)).first(), Some(&month("2024-03")));
    assert_eq!(listed(date(2024, 2, 23)).len(), 12);
    assert_eq!(rules.listing_day(&calendar, month("2024-02")), Ok(date(2023, 7, 21)));
    // LC2502 takes the place of LC2402 in the list.
    assert_eq!(rules.listing_day(&calendar, month("2025-02")), Ok(date(2024, 2, 23)));
}

#[test]
fn what_has_no_terms_says_why() {
    let (rules, calendar) = (gfex_lc(), calendar());
    let at = lc2402(date(2024, 2, 23), 0, LockState::default());
    let say = |at: &ContractStanding| rules.terms(&calendar, at).unwrap_err().to_string();
    assert_eq!(say(&at), "contract 2024-02 traded until 2024-02-22, not on 2024-02-23");
    let early = ContractStanding { day: date(2023, 7, 20), ..at };
    assert_eq!(say(&early), "contract 2024-02 trades from 2023-07-21 on, not on 2023-07-20");
    assert_eq!(
        say(&ContractStanding { month: month("2023-12"), ..at }),
        "no contract of gfex-lc is delivered in 2023-12; its months are [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] from \
         2024-01 on"
    );
    assert_eq!(
        say(&ContractStanding { listed: date(2024, 3, 1), ..at }),
        "contract 2024-02 would be listed on 2024-03-01, after its last trading day 2024-02-22"
    );
    let sunday = ContractStanding { day: date(2024, 2, 18), ..at };
    assert_eq!(say(&sunday), "2024-02-18 is not a trading day");
    let day = date(2024, 2, 19);
    let free = ContractStanding { day, reference: Price::new(0), ..at };
    assert!(matches!(rules.terms(&calendar, &free), Err(TermsFault::Reference { .. })));
    let short = TradingCalendar::weekdays(date(2023, 7, 1), date(2024, 2, 20), &[]).unwrap();
    let fault = rules.terms(&short, &ContractStanding { day, month: month("2024-03"), ..at });
    assert!(matches!(fault, Err(TermsFault::Calendar(_))), "{fault:?}");
    // Neither the phase nor the end of the one due in April is in question yet.
    let later = rules.terms(&short, &ContractStanding { day, month: month("2024-04"), ..at });
    assert!(later.is_ok(), "{later:?}");
}

#[test]
fn every_preset_reads_back_as_itself() {
    for (id, text) in Rules::presets() {
        let rules = Rules::parse(text).unwrap_or_else(|fault| panic!("{id}: {fault}"));
        assert_eq!(rules.sheet().contract.id, *id);
        assert_eq!(Rules::preset(id).as_ref(), Some(&rules));
        let written = rules.to_toml().unwrap();
        assert_eq!(Rules::parse(&written).unwrap(), rules, "{id} by TOML");
        let json = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&json).unwrap(), rules, "{id} by JSON");
        let contradictory = json.replacen("\"quoted_kg\":", "\"quoted_kg\":0,\"was\":", 1);
        assert!(serde_json::from_str::<Rules>(&contradictory).is_err(), "{id}");
    }
    assert_eq!(Rules::preset("none"), None);
}

#[test]
fn proposals_have_lots_like_lithium_carbonate() {
    // CNY per unit of the currency, December 2025: 7.0.
    for (id, cny) in [("gfex-lc", 1), ("g-ndpr", 1), ("g-dytb", 1), ("c-ndpr", 7)] {
        let rules = Rules::preset(id).unwrap();
        let tick = rules.base_tick();
        let price = tick.price(rules.sheet().contract.listing_price).unwrap();
        let lot = tick.lot_value(price).unwrap().minor() * cny;
        assert!((7_000_000..=25_000_000).contains(&lot), "{id}: {lot} fen");
        // Ticks are one to five basis points of the price.
        assert!((2_000..=10_000).contains(&price.ticks()), "{id}: {} ticks", price.ticks());
    }
}

#[test]
fn a_venue_without_limits_has_none() {
    let rules = Rules::preset("c-ndpr").unwrap();
    let at = ContractStanding {
        month: month("2024-02"),
        listed: date(2023, 7, 21),
        day: date(2024, 2, 29),
        reference: Price::new(5_500),
        open_interest: Lots::new(50_000),
        traded: true,
        lock: LockState::default(),
    };
    let terms: Terms = rules.terms(&calendar(), &at).unwrap();
    assert_eq!((terms.limits, terms.limit_rate), (None, None));
    assert_eq!((terms.margin, terms.margin_hedger), (Rate::ppm(132_000), Rate::percent(12)));
    assert!(terms.last_trading_day, "the month's last weekday");
    assert_eq!(terms.position_limit, Some(Lots::new(1_000)));
    let earlier = ContractStanding { day: date(2024, 1, 31), ..at };
    assert_eq!(rules.terms(&calendar(), &earlier).unwrap().position_limit, None);
}

#[test]
fn three_locks_of_the_real_contract_end_in_a_reduction() {
    let rules = gfex_lc();
    let lock = rules.sheet().lock.as_ref().unwrap();
    let state = locked(&rules, Side::Sell, &[7, 10]);
    let close =
        |days_left| Close { locked: Some(Side::Sell), limit_rate: Rate::percent(12), days_left };
    let (after, action) = state.close(lock, close(50));
    let [loss, high, low] = [6, 6, 3].map(Rate::percent);
    let levels = ReductionLevels { loss, high, low };
    assert_eq!(action, Some(LockAction::ForcedReduction(levels)));
    assert_eq!(after, LockState::default());
    assert_eq!(state.close(lock, close(1)), (state, None), "delivery settles it");
}
