//! What holds of rules whatever they say.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::date;
use monazite_exchange::{
    AfterLock, Close, ContractMonth, ContractStanding, Hour, LockRules, LockState, Lots,
    MarginRules, Notice, Phase, PositionTier, Price, Rate, RateLadder, ReductionLevels, RuleSheet,
    Rules, Side, TradingCalendar,
};
use proptest::prelude::*;

fn calendar() -> TradingCalendar {
    TradingCalendar::weekdays(date(2023, 1, 1), date(2025, 12, 31), &[]).unwrap()
}

fn base() -> RuleSheet {
    let mut sheet = Rules::parse(include_str!("fixture.toml")).unwrap().into_sheet();
    sheet.contract.months = (1..=12).collect();
    sheet.contract.first_month = ContractMonth::new(2024, 1);
    sheet
}

fn rate(percent: Range<u32>) -> impl Strategy<Value = Rate> {
    // Hundredths of a percent, so that limits fall between ticks.
    (percent, 0..100u32).prop_map(|(percent, part)| Rate::ppm(percent * 10_000 + part * 100))
}

fn ladder(least: u32, most: u32) -> impl Strategy<Value = RateLadder> {
    (rate(least..most), rate(least..most), rate(least..most)).prop_map(
        |(general, before_delivery, delivery)| RateLadder { general, before_delivery, delivery },
    )
}

fn notice() -> impl Strategy<Value = Notice> {
    let margins = (rate(1..20), rate(0..5), rate(0..5));
    (0..500i32, 0..60i32, any::<bool>(), margins, any::<bool>()).prop_map(
        |(from, length, at_settlement, (limit, hedger_over, over), stands_at_listing)| {
            let from = date(2023, 9, 1) + from.days();
            let hedger = Rate::ppm(limit.get() + hedger_over.get());
            Notice {
                id: "drawn".into(),
                from,
                at: if at_settlement { Hour::Settlement } else { Hour::Open },
                until: Some(from + (length + 1).days()),
                contracts: Vec::new(),
                limit: Some(limit),
                margin: Some(Rate::ppm(hedger.get() + over.get())),
                margin_hedger: Some(hedger),
                stands_at_listing,
                opening_cap: None,
                tick: None,
                fee: None,
                basis: vec!["a".into()],
            }
        },
    )
}

/// Rules drawn within what validation admits, with up to three notices.
fn rules() -> impl Strategy<Value = Rules> {
    let positions = (1..2_000u32, 1..100u32, 1..100u32);
    let parts = (
        ladder(1, 12),
        ladder(12, 20),
        rate(0..3),
        1..4u8,
        positions,
        prop::collection::vec(notice(), 0..4),
    );
    parts.prop_map(|(limits, hedger, over, multiple, (general, before, delivery), notices)| {
        let mut sheet = base();
        let plus = |rate: Rate| Rate::ppm(rate.get() + 10_000);
        let speculator = RateLadder {
            general: plus(hedger.general),
            before_delivery: plus(hedger.before_delivery),
            delivery: plus(hedger.delivery),
        };
        sheet.limits.as_mut().unwrap().rates = limits;
        sheet.limits.as_mut().unwrap().listing_multiple = multiple;
        sheet.margin = MarginRules { speculator, hedger, over_limit: over };
        let rules = sheet.positions.as_mut().unwrap();
        rules.general = vec![
            PositionTier {
                open_interest_above: Lots::ZERO,
                lots: Some(Lots::new(general)),
                share: None,
            },
            PositionTier {
                open_interest_above: Lots::new(10 * general),
                lots: None,
                share: Some(Rate::percent(10)),
            },
        ];
        rules.before_delivery = Some(Lots::new(before.min(general)));
        rules.delivery = Some(Lots::new(delivery.min(before).min(general)));
        sheet.notices = notices;
        Rules::new(sheet).unwrap_or_else(|fault| panic!("drawn within bounds: {fault}"))
    })
}

prop_compose! {
    /// A contract somewhere in its life, free or locked for a day or two.
    fn standing()(
        ahead in 0..300usize,
        reference in 100..2_000_000i32,
        open_interest in 0..200_000u32,
        traded in any::<bool>(),
        locks in 0..3usize,
        first_limit in rate(1..15),
    ) -> ContractStanding {
        let calendar = calendar();
        let month = ContractMonth::new(2024, 10).unwrap();
        let last = calendar.index(calendar.nth(month, 10).unwrap()).unwrap();
        let lock = LockRules {
            steps: vec![Rate::percent(3), Rate::percent(2)],
            margin_over_limit: Rate::percent(2),
            after: AfterLock::Pause,
        };
        let close = Close { locked: Some(Side::Buy), limit_rate: first_limit, days_left: 9 };
        let closes = (0..locks).fold(LockState::default(), |state, _| state.close(&lock, close).0);
        ContractStanding {
            month,
            listed: date(2023, 1, 2),
            day: calendar.days()[last - ahead],
            reference: Price::new(reference),
            open_interest: Lots::new(open_interest),
            traded,
            lock: closes,
        }
    }
}

proptest! {
    #[test]
    fn margin_covers_the_limit_unless_a_notice_says_otherwise(rules in rules(), at in standing()) {
        let terms = rules.terms(&calendar(), &at).unwrap();
        let limit = terms.limit_rate.unwrap();
        let in_force = |n: &&Notice| n.holds(at.day, at.month);
        let stands = rules.sheet().notices.iter().filter(in_force).any(|n| n.stands_at_listing);
        if at.traded || !stands {
            let least = limit.get().saturating_add(rules.sheet().margin.over_limit.get());
            prop_assert!(terms.margin_hedger.get() >= least.min(1_000_000), "{terms:?}");
        }
        prop_assert!(terms.margin >= terms.margin_hedger);
        prop_assert!(terms.margin <= Rate::WHOLE);
        // Nothing in force is ever undercut.
        for notice in rules.sheet().notices.iter().filter(in_force) {
            prop_assert!(terms.margin >= notice.margin.unwrap());
            prop_assert!(terms.margin_hedger >= notice.margin_of_hedgers().unwrap());
            prop_assert!(limit >= notice.limit.unwrap());
        }
        let lock = rules.sheet().lock.as_ref().unwrap();
        prop_assert!(at.lock.margin(lock).is_none_or(|margin| terms.margin_hedger >= margin));
    }

    #[test]
    fn limits_lie_within_a_tick_of_the_exact_rate_on_its_inner_side(
        rules in rules(),
        at in standing(),
    ) {
        let terms = rules.terms(&calendar(), &at).unwrap();
        let (limits, rate) = (terms.limits.unwrap(), i64::from(terms.limit_rate.unwrap().get()));
        let reference = at.reference.wide();
        // A million times the distance from the reference, exactly and as rounded.
        let exact = reference * rate;
        for distance in [limits.high.wide() - reference, reference - limits.low.wide()] {
            prop_assert!((0..1_000_000).contains(&(exact - distance * 1_000_000)), "{terms:?}");
        }
        prop_assert!(limits.low.ticks() >= 1 && limits.admit(at.reference));
    }

    #[test]
    fn position_limits_never_rise_towards_delivery(rules in rules(), interest in 0..500_000u32) {
        let positions = rules.sheet().positions.as_ref().unwrap();
        let limit = |phase| positions.limit(phase, Lots::new(interest)).unwrap();
        let life = [Phase::Listing, Phase::General, Phase::BeforeDelivery, Phase::Delivery];
        prop_assert!(life.windows(2).all(|pair| limit(pair[0]) >= limit(pair[1])));
        prop_assert!(limit(Phase::Delivery) >= Lots::new(1));
    }

    #[test]
    fn phases_follow_each_other(rules in rules(), at in standing(), later in 0..300usize) {
        let calendar = calendar();
        let place = calendar.index(at.day).unwrap();
        let next = calendar.days().get(place + later).copied().unwrap_or(at.day);
        if let Ok(then) = rules.terms(&calendar, &ContractStanding { day: next, traded: true, ..at }) {
            let now = rules.terms(&calendar, &ContractStanding { traded: true, ..at }).unwrap();
            prop_assert!(now.phase <= then.phase, "{now:?} {then:?}");
        }
    }

    /// Fed with its own limits, the machine widens while it locks one way, forgets when it does not, and never runs away
    /// under one direction.
    #[test]
    fn the_lock_machine_widens_and_resets(
        steps in prop::collection::vec(1..500u16, 1..4),
        pause in any::<bool>(),
        ordinary in 1..20u16,
        days in prop::collection::vec(0..3u8, 1..30),
    ) {
        let after = if pause {
            AfterLock::Pause
        } else {
            let [loss, high, low] = [6, 6, 3].map(Rate::percent);
            AfterLock::ForcedReduction(ReductionLevels { loss, high, low })
        };
        let steps: Vec<Rate> = steps.into_iter().map(|s| Rate::ppm(u32::from(s) * 100)).collect();
        let total: u32 = steps.iter().map(|step| step.get()).sum();
        let rules = LockRules { steps, margin_over_limit: Rate::percent(2), after };
        let ordinary = Rate::percent(ordinary);
        let mut state = LockState::default();
        let mut left = 200;
        for day in days {
            let locked = [None, Some(Side::Buy), Some(Side::Sell)][usize::from(day)];
            let in_force = state.limit(&rules).map_or(ordinary, |limit| limit.max(ordinary));
            left -= 1;
            let close = Close { locked, limit_rate: in_force, days_left: left };
            let (next, action) = state.close(&rules, close);
            match locked.filter(|_| !state.paused()) {
                None => prop_assert_eq!((next, action), (LockState::default(), None)),
                Some(side) if action.is_none() => {
                    let limit = next.limit(&rules).unwrap();
                    prop_assert!(limit > in_force, "each locked day widens");
                    prop_assert_eq!(next.side(), Some(side));
                    prop_assert!(next.margin(&rules).unwrap() > limit);
                    let days = if state.side() == Some(side) { state.days() + 1 } else { 1 };
                    prop_assert_eq!(next.days(), days);
                }
                Some(side) => {
                    prop_assert_eq!(usize::from(state.days()), rules.steps.len());
                    prop_assert_eq!(state.side(), Some(side));
                    let expected = if pause {
                        next.paused() && next.limit(&rules) == state.limit(&rules)
                    } else {
                        next == LockState::default()
                    };
                    prop_assert!(expected, "{next:?}");
                }
            }
            let json = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(serde_json::from_str::<LockState>(&json).unwrap(), next);
            state = next;
        }
        // One way only, the widest limit is the ordinary one and all steps.
        let mut one_way = LockState::default();
        for _ in 0..20 {
            let in_force = one_way.limit(&rules).unwrap_or(ordinary);
            prop_assert!(in_force.get() <= ordinary.get() + total);
            let close = Close { locked: Some(Side::Sell), limit_rate: in_force, days_left: 9 };
            one_way = one_way.close(&rules, close).0;
        }
    }

    #[test]
    fn drawn_rules_read_back_as_themselves(rules in rules()) {
        prop_assert_eq!(&Rules::parse(&rules.to_toml().unwrap()).unwrap(), &rules);
        let json = serde_json::to_string(&rules).unwrap();
        prop_assert_eq!(serde_json::from_str::<Rules>(&json).unwrap(), rules);
    }

    /// No text and no cut of a rule file makes the reader panic.
    #[test]
    fn any_text_is_read_or_refused(cut in 0..4_000usize, insert in "[ -~\n]{0,12}") {
        let text = include_str!("fixture.toml");
        let cut = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let changed = format!("{}{insert}{}", &text[..cut], &text[cut..]);
        if let Err(fault) = Rules::parse(&changed) {
            prop_assert!(!fault.to_string().is_empty());
            prop_assert!(fault.line.is_none_or(|line| line <= changed.lines().count() + 1));
        }
        let _ = Rules::parse(&text[..cut]);
        let _ = Rules::parse(&insert);
    }
}
