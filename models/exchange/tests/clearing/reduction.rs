//! Forced reduction: who gives and who receives, level by level, in a table worked out by hand.

use monazite_exchange::{
    AccountId, AccountKind, ContractIdx, Lots, Rate, Reduction, ReductionLevels, ReductionReport,
    Side,
};

use crate::market::{Market, lots, terms, ticks};

const C: ContractIdx = ContractIdx(0);

/// Opens accounts with positions entered at prices; longs first. Lots of longs and shorts are the same.
fn positions(holders: &[(AccountKind, i32, i32)]) -> (Market, Vec<AccountId>) {
    let mut market = Market::new(1);
    let accounts: Vec<_> =
        holders.iter().map(|(kind, ..)| market.open(*kind, 10_000_000_000)).collect();
    // A pool takes the other side of each entry, and ends flat.
    let pool = market.open(AccountKind::MarketMaker, 100_000_000_000);
    market.day(&[terms(5000)]);
    for (account, (_, n, price)) in accounts.iter().zip(holders) {
        if *n > 0 {
            market.trade(0, *account, pool, n.unsigned_abs(), *price);
        } else {
            market.trade(0, pool, *account, n.unsigned_abs(), *price);
        }
    }
    assert_eq!(market.lots(0, pool), 0, "the table's positions sum to zero");
    (market, accounts)
}

fn reduce(
    market: &mut Market,
    side: Side,
    limit: i32,
    unfilled: &[(AccountId, Lots)],
) -> ReductionReport {
    let reduction = Reduction {
        contract: C,
        side,
        limit: ticks(limit),
        settlement: ticks(limit),
        levels: LEVELS,
        sequence: 100,
    };
    let mut report = ReductionReport::default();
    market.clearing.reduce(&reduction, unfilled, &mut report).unwrap();
    market.check();
    for (place, trade) in (100..).zip(&report.trades) {
        assert_eq!((trade.sequence, trade.price), (place, ticks(limit)));
    }
    report
}

use AccountKind::{Hedger as H, MarketMaker as M, Speculator as S};

/// Locked at the upper limit of 6,000; 6 % of it is 360 ticks, 3 % is 180.
/// What is asked by shorts, and what longs give up, level by level.
const LEVELS: ReductionLevels =
    ReductionLevels { loss: Rate::percent(6), high: Rate::percent(6), low: Rate::percent(3) };

#[test]
fn levels_are_emptied_in_order() {
    let holders = [
        (S, 30, 5640), // 360 ticks of profit: high
        (S, 10, 5500), // 500: high
        (M, 20, 5820), // 180: low; a market maker counts as a speculator
        (S, 20, 5821), // 179: any
        (H, 20, 5600), // 400: a hedger, last
        (H, 10, 5700), // 300: a hedger with less than the high level: never
        (S, 10, 6000), // none
        (S, -120, 5000),
    ];
    // (asked, what each of the seven longs is left with)
    let table: [(u32, [i32; 7]); 7] = [
        (0, [30, 10, 20, 20, 20, 10, 10]),
        // 3 : 1 in proportion to what they hold; 7 lots are 5.25 and 1.75, the larger remainder is the second's.
        (7, [25, 8, 20, 20, 20, 10, 10]),
        (40, [0, 0, 20, 20, 20, 10, 10]),
        (50, [0, 0, 10, 20, 20, 10, 10]),
        (75, [0, 0, 0, 5, 20, 10, 10]),
        (90, [0, 0, 0, 0, 10, 10, 10]),
        // More than all levels hold: what is left is not filled.
        (120, [0, 0, 0, 0, 0, 10, 10]),
    ];
    for (asked, left) in table {
        let (mut market, accounts) = positions(&holders);
        let report = reduce(&mut market, Side::Buy, 6000, &[(accounts[7], lots(asked))]);
        let now: Vec<_> = accounts[..7].iter().map(|a| market.lots(0, *a)).collect();
        assert_eq!(now, left, "{asked} lots asked");
        let filled: u64 = report.filled.iter().sum();
        assert_eq!(filled, u64::from(asked.min(100)), "{asked} lots asked");
        assert_eq!(report.asked, u64::from(asked));
        assert_eq!(i64::from(market.lots(0, accounts[7])), -120 + i64::try_from(filled).unwrap());
        // It is part of the day: it settles, and the loser's loss is from its entry to the limit.
        market.settle(&[6000]).unwrap();
        market.check();
    }
}

/// Losers receive in proportion to what they ask when winners hold less.
#[test]
fn losers_share_what_there_is() {
    let holders = [(S, 10, 5000), (S, 40, 5990), (S, -20, 5000), (S, -25, 5100), (H, -5, 5200)];
    let (mut market, a) = positions(&holders);
    let unfilled = [(a[2], lots(20)), (a[3], lots(25)), (a[4], lots(5))];
    // High holds 10 of 50 asked: 4, 5, 1. Any holds 40: the rest.
    let report = reduce(&mut market, Side::Buy, 6000, &unfilled);
    assert_eq!(report.filled, [10, 0, 40, 0]);
    assert!(a.iter().all(|a| market.lots(0, *a) == 0));

    let holders = [(S, 10, 5000), (S, 40, 6010), (S, -20, 5000), (S, -25, 5100), (H, -5, 5200)];
    let (mut market, a) = positions(&holders);
    reduce(&mut market, Side::Buy, 6000, &unfilled);
    assert_eq!([2, 3, 4].map(|i| market.lots(0, a[i])), [-16, -20, -4]);
    assert_eq!(market.lots(0, a[1]), 40, "a long at a loss keeps its position");
}

#[test]
fn who_has_not_lost_enough_or_would_open_does_not_take_part() {
    let holders = [(S, 30, 4000), (S, -10, 5640), (S, -10, 5641), (S, -10, 5000)];
    let (mut market, a) = positions(&holders);
    let unfilled = [
        (a[1], lots(10)), // a loss of 360, 6 % of 6,000
        (a[2], lots(10)), // 359
        (a[3], lots(8)),
        (a[3], lots(8)), // two orders count up to the position
        (a[0], lots(5)), // a long that would buy more
    ];
    let report = reduce(&mut market, Side::Buy, 6000, &unfilled);
    assert_eq!(report.asked, 20);
    assert_eq!([0, 1, 2, 3].map(|i| market.lots(0, a[i])), [10, 0, -10, 0]);
}

#[test]
fn at_the_lower_limit_longs_leave_and_shorts_give() {
    let holders = [(S, 12, 5000), (S, -8, 5000), (H, -4, 5000)];
    let (mut market, a) = positions(&holders);
    let report = reduce(&mut market, Side::Sell, 4000, &[(a[0], lots(12))]);
    assert_eq!(report.filled, [8, 0, 0, 4]);
    assert!(report.trades.iter().all(|t| t.seller == a[0]));
    assert!(a.iter().all(|a| market.lots(0, *a) == 0));
}
