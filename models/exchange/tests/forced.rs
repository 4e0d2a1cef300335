//! What a venue does to positions against their owners' will: a forced reduction after a locked market, and the closing of
//! what exceeds a position limit that falls.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::inconsistent_digit_grouping,
    reason = "a test that fails on an error; money in yuan and fen: 246_000_00"
)]

use jiff::civil::{Date, date};
use monazite_exchange::{
    AccountId, AccountKind, ContractIdx, ContractMonth, DayReport, Domicile, LockAction, Lots,
    Money, NewOrder, OrderKind, Phase, Price, Request, Rules, Scheduled, Side, TradingCalendar,
    Venue, VenueSpec, trading_day,
};

fn venue(rules: Rules, kinds: &[AccountKind]) -> Venue {
    let calendar = TradingCalendar::weekdays(date(2026, 1, 1), date(2027, 12, 31), &[]).unwrap();
    let mut venue = Venue::new(rules, calendar, VenueSpec::default()).unwrap();
    for kind in kinds {
        venue.open_account(*kind, Domicile::Domestic, Money::new(50_000_000_00)).unwrap();
    }
    venue
}

fn run(venue: &mut Venue, day: Date, session: &[Request]) -> DayReport {
    let mut flow = (std::iter::empty(), session.iter().copied());
    let mut report = DayReport::default();
    trading_day(venue, day, &Scheduled::default(), &mut flow, &mut (), &mut report).unwrap();
    assert_eq!(venue.violations(), vec![], "{day}");
    report
}

fn order(contract: ContractIdx, account: u32, side: Side, lots: u32, price: Price) -> Request {
    let (account, lots, kind) = (AccountId(account), Lots::new(lots), OrderKind::Limit(price));
    Request::Submit { contract, order: NewOrder { account, side, lots, kind } }
}

fn held(venue: &Venue, contract: ContractIdx, account: u32) -> i32 {
    venue.clearing().position(contract, AccountId(account)).unwrap().lots()
}

#[test]
fn the_third_day_at_the_limit_ends_in_a_forced_reduction() {
    use AccountKind::{MarketMaker, Speculator};
    let kinds = [Speculator, Speculator, MarketMaker, MarketMaker];
    let mut venue = venue(Rules::preset("gfex-lc").unwrap(), &kinds);
    let (short, long, buyer, seller) = (0, 1, 2, 3);
    run(&mut venue, date(2026, 3, 2), &[]);
    let month = ContractMonth::new(2026, 9).unwrap();
    let contract = venue.place(month).unwrap();
    let settled = |venue: &Venue| venue.clearing().settlement(contract).unwrap();
    let first = settled(&venue);
    let open = [
        order(contract, short, Side::Sell, 10, first),
        order(contract, long, Side::Buy, 10, first),
    ];
    run(&mut venue, date(2026, 3, 3), &open);
    let mut limits = Vec::new();
    let mut last = DayReport::default();
    for day in 4..=6 {
        // One lot trades at the limit, then only the short's bid stands there.
        let reference = settled(&venue).ticks();
        let mut trial = venue.clone();
        let mut report = DayReport::default();
        trial.morning(date(2026, 3, day), &Scheduled::default(), &mut (), &mut report).unwrap();
        let high = trial.terms(contract).unwrap().limits.unwrap().high;
        limits.push(f64::from(high.ticks() - reference) / f64::from(reference));
        let session = [
            order(contract, seller, Side::Sell, 1, high),
            order(contract, buyer, Side::Buy, 1, high),
            order(contract, short, Side::Buy, 10, high),
        ];
        last = run(&mut venue, date(2026, 3, day), &session);
        assert_eq!(last.contract(month).unwrap().locked, Some(Side::Buy), "March {day}");
        assert_eq!(settled(&venue), high);
    }
    // Three points wider after the first day, two more after the second; rounded inwards to ticks.
    assert!((limits[1] - limits[0] - 0.03).abs() < 2e-4, "{limits:?}");
    assert!((limits[2] - limits[1] - 0.02).abs() < 2e-4, "{limits:?}");
    let row = last.contract(month).unwrap();
    assert!(matches!(row.action, Some(LockAction::ForcedReduction(_))), "{row:?}");
    // The short is out, at the limit. Winners with a large profit hold 13 lots, the long 10 and the buyer 3: of ten lots
    // they give 10 × 10/13 and 10 × 3/13, that is 8 and 2.
    let left = [short, long, buyer].map(|account| held(&venue, contract, account));
    assert_eq!(left, [0, 2, 1]);
    let (_, reduced) = &last.reductions[0];
    assert_eq!((reduced.asked, reduced.trades.iter().map(|t| t.lots.get()).sum::<u32>()), (10, 10));
    assert!(reduced.trades.iter().all(|t| t.price == row.settlement && t.buyer.0 == short));
    assert_eq!(
        venue.book(contract).unwrap().next_trade(),
        reduced.trades[0].sequence + reduced.trades.len() as u64
    );
}

#[test]
fn positions_are_brought_down_to_a_limit_that_falls() {
    use AccountKind::{Hedger, MarketMaker, Speculator};
    let mut sheet = Rules::preset("gfex-lc").unwrap().into_sheet();
    let positions = sheet.positions.as_mut().unwrap();
    (positions.before_delivery, positions.delivery) = (Some(Lots::new(12)), Some(Lots::new(4)));
    let mut venue = venue(Rules::new(sheet).unwrap(), &[Speculator, Hedger, MarketMaker]);
    let (speculator, hedger, maker) = (0, 1, 2);
    run(&mut venue, date(2026, 4, 1), &[]);
    let contract = venue.place(ContractMonth::new(2026, 5).unwrap()).unwrap();
    let price = venue.clearing().settlement(contract).unwrap();
    let open = [
        order(contract, speculator, Side::Buy, 20, price),
        order(contract, hedger, Side::Buy, 20, price),
        order(contract, maker, Side::Sell, 40, price),
    ];
    run(&mut venue, date(2026, 4, 2), &open);
    let days: Vec<Date> = venue.calendar().days().to_vec();
    let mut seen = Vec::new();
    for day in days.into_iter().filter(|d| *d > date(2026, 4, 2) && *d < date(2026, 5, 8)) {
        let price = venue.clearing().settlement(contract).unwrap();
        // The market maker bids as much as anybody could have to sell.
        let bid = order(contract, maker, Side::Buy, 20, price);
        let report = run(&mut venue, day, &[bid]);
        let phase = report.contracts.iter().find(|c| c.contract == contract).unwrap().phase;
        seen.push((phase, report.forced.len(), held(&venue, contract, speculator)));
    }
    let first = |phase| seen.iter().find(|(p, ..)| *p == phase).copied().unwrap();
    assert_eq!(first(Phase::General), (Phase::General, 0, 20));
    // What is over the limit is sold on the phase's first day; hedgers are not bound.
    assert_eq!(first(Phase::BeforeDelivery), (Phase::BeforeDelivery, 1, 12));
    assert_eq!(first(Phase::Delivery), (Phase::Delivery, 1, 4));
    assert_eq!(held(&venue, contract, hedger), 20);
    assert_eq!(seen.iter().map(|(_, forced, _)| forced).sum::<usize>(), 2);
}
