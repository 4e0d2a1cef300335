//! What a rule file must not say, and the words in which it is refused.

use monazite_exchange::{FaultKind, RuleFault, Rules};

const FIXTURE: &str = include_str!("fixture.toml");

/// The fault of the fixture with one passage replaced.
fn broken(passage: &str, by: &str) -> RuleFault {
    assert_eq!(FIXTURE.matches(passage).count(), 1, "`{passage}` must stand once in the fixture");
    Rules::parse(&FIXTURE.replacen(passage, by, 1)).expect_err("the fixture is broken")
}

/// One test for each contradiction: passage of the fixture, what replaces it, kind of fault, words.
macro_rules! refused {
    ($($name:ident: $passage:expr => $by:expr, $kind:ident, $words:expr;)*) => {$(
        #[test]
        fn $name() {
            let fault = broken($passage, $by);
            assert_eq!((fault.kind, fault.to_string().as_str()), (FaultKind::$kind, $words));
        }
    )*};
}

#[test]
fn the_fixture_is_in_order() {
    Rules::parse(FIXTURE).unwrap();
}

#[test]
fn a_fault_of_a_sheet_has_no_line() {
    let mut sheet = Rules::parse(FIXTURE).unwrap().into_sheet();
    sheet.orders.most = monazite_exchange::Lots::ZERO;
    let fault = Rules::new(sheet).unwrap_err();
    assert_eq!(fault.to_string(), "`orders.most` = 0: out of range; take at least 1");
}

refused! {
    no_toml: "tick = 5_000" => "tick = ",
        Unreadable,
        "line 9: `tick =`: cannot be read; string values must be quoted, expected literal string";
    an_unknown_key: "lot_kg = 200" => "lot_kg = 200\nlot_size = 1",
        Unreadable,
        "line 9: `lot_size = 1`: cannot be read; unknown field `lot_size`, expected one of `id`, `title`, `status`, `currency`, `quoted_unit`, `quoted_kg`, `lot_kg`, `tick`, `listing_price`, `listed`, `first_month`, `months`, `listed_at_a_time`, `last_trading_day`, `access`";
    a_missing_key: "tick = 5_000" => "",
        Unreadable,
        "line 1: `[contract]`: cannot be read; missing field `tick`";
    another_type: "tick = 5_000" => r#"tick = "5""#,
        Unreadable,
        r#"line 9: `tick = "5"`: cannot be read; invalid type: string "5", expected i64"#;
    no_percentage: r#"rate = "0.01 %""# => r#"rate = "1/100""#,
        Unreadable,
        r#"line 55: `rate = "1/100"`: cannot be read; `1/100` is not a percentage; write one like "4 %", with four decimals at most"#;
    a_fee_over_100_percent: r#"rate = "0.01 %""# => r#"rate = "101 %""#,
        RateOverWhole,
        "line 55: `fees.rate` = 101 %: a share is at most 100 %; check the decimal point";
    a_stress_over_100_percent: r#"stress = "10 %""# => r#"stress = "1000 %""#,
        RateOverWhole,
        "line 71: `funds.stress` = 1000 %: a share is at most 100 %; check the decimal point";
    a_penalty_over_100_percent: r#"penalty = "20 %""# => r#"penalty = "120 %""#,
        RateOverWhole,
        "line 66: `expiry.physical.penalty` = 120 %: a share is at most 100 %; check the decimal point";
    a_limit_wider_than_margin: r#"general = "4 %""# => r#"general = "5.5 %""#,
        LimitOverMargin,
        "line 28: `limits.rates.general` = 5.5 %: the limit is wider than the margin; raise `margin.hedger.general` (5 %) to at least 5.5 %";
    a_delivery_limit_wider_than_margin: r#"delivery = "6 %""# => r#"delivery = "19 %""#,
        LimitOverMargin,
        "line 28: `limits.rates.delivery` = 19 %: the limit is wider than the margin; raise `margin.hedger.delivery` (18 %) to at least 19 %";
    a_notice_with_a_limit_wider_than_its_margin: r#"limit = "7 %""# => r#"limit = "8.5 %""#,
        LimitOverMargin,
        "line 81: `notices[0].limit` = 8.5 %: the limit is wider than the margin; the notice sets a margin of 8 %: raise it to at least 8.5 %";
    a_limit_narrower_than_a_tick: "tick = 5_000" => "tick = 500_000",
        LimitUnderTick,
        "line 28: `limits.rates.general` = 4 %: the limit is narrower than a tick; 4 % of the listing price (10000000) must reach the tick (500000)";
    a_notice_with_a_tick_wider_than_the_limit: "tick = 2_000" => "tick = 450_000",
        LimitUnderTick,
        "line 91: `notices[1].tick` = 450000: the limit is narrower than a tick; 4 % of the listing price (10000000) must reach the tick (450000)";
    a_tick_of_a_fraction_of_a_fen: "tick = 5_000" => "tick = 5_001",
        TickValue,
        "line 9: `contract.tick` = 5001: a tick of a lot is not a whole number of the smallest money unit; take one above zero of which 200 / 1000 is a whole number";
    a_listing_price_off_tick: "listing_price = 10_000_000" => "listing_price = 10_000_001",
        OutOfRange,
        "line 10: `contract.listing_price` = 10000001: out of range; take a multiple of the tick (5000) above zero";
    months_outside_1_to_12: "months = [1, 2, 3, 6, 9]" => "months = [1, 2, 3, 6, 13]",
        Months,
        "line 13: `contract.months` = [1, 2, 3, 6, 13]: months go from 1 to 12 in increasing order; list each delivery month of a year once: [1, 4, 7, 10]";
    months_out_of_order: "months = [1, 2, 3, 6, 9]" => "months = [2, 1]",
        Months,
        "line 13: `contract.months` = [2, 1]: months go from 1 to 12 in increasing order; list each delivery month of a year once: [1, 4, 7, 10]";
    a_last_trading_day_that_a_month_may_not_have: "trading-day-of-month = 10" => "trading-day-of-month = 15",
        OutOfRange,
        "line 15: `contract.last_trading_day.trading-day-of-month` = 15: out of range; take 1 to 14";
    a_last_trading_day_before_listing: r#"listed = "2024-01-02""# => r#"listed = "2024-04-01""#,
        EndsBeforeListing,
        "line 11: `contract.listed` = 2024-04-01: the last trading day lies before listing; trading in 2024-03 is over by 2024-03-31: list earlier";
    a_listed_contract_without_a_first_month: r#"first_month = "2024-03""# => "",
        NotSince,
        r#"line 4: `contract.status` = "listed": a listed contract has a listing day and a first month; give `listed` and `first_month`, or call it a proposal"#;
    a_phase_on_a_day_that_no_month_has: "trading_day = 12" => "trading_day = 24",
        OutOfRange,
        "line 24: `phases.before_delivery.trading_day` = 24: out of range; take 1 to 23";
    phases_out_of_order: "before_delivery = { months_before = 1, trading_day = 12 }" => "before_delivery = { months_before = 0, trading_day = 2 }",
        PhaseOrder,
        "line 24: `phases.before_delivery` = trading day 2, 0 months before: phases are out of order; let it begin before `phases.delivery` (trading day 1, 0 months before)";
    delivery_after_the_last_trading_day: "delivery = { months_before = 0, trading_day = 1 }" => "delivery = { months_before = 0, trading_day = 11 }",
        PhaseOrder,
        "line 25: `phases.delivery` = trading day 11, 0 months before: phases are out of order; let it begin by the last trading day, the 10th";
    hedgers_above_speculators: r#"hedger = { general = "5 %""# => r#"hedger = { general = "7 %""#,
        HedgerOverSpeculator,
        "line 38: `margin.hedger.general` = 7 %: hedgers post more margin than speculators; lower it to `margin.speculator.general` (6 %) at most";
    a_notice_with_hedgers_above_speculators: r#"margin_hedger = "8 %""# => r#"margin_hedger = "10 %""#,
        HedgerOverSpeculator,
        "line 83: `notices[0].margin_hedger` = 10 %: hedgers post more margin than speculators; give `notices[0].margin`, at least 10 %";
    a_notice_for_hedgers_alone: r#"margin = "9 %""# => "",
        HedgerOverSpeculator,
        "line 83: `notices[0].margin_hedger` = 8 %: hedgers post more margin than speculators; give `notices[0].margin`, at least 8 %";
    no_lock_steps: r#"steps = ["3 %", "2 %"]"# => "steps = []",
        LockSteps,
        "line 32: `lock.steps` = []: limit-lock steps need limits that stay under 100 %; give one or more steps above 0 % that together leave a price to fall to";
    lock_steps_to_the_whole_price: r#"steps = ["3 %", "2 %"]"# => r#"steps = ["60 %", "40 %"]"#,
        LockSteps,
        "line 32: `lock.steps` = [60 %, 40 %]: limit-lock steps need limits that stay under 100 %; give one or more steps above 0 % that together leave a price to fall to";
    reduction_levels_out_of_order: r#"after = "pause""# => r#"after = { forced-reduction = { loss = "5 %", high = "3 %", low = "4 %" } }"#,
        OutOfRange,
        "line 34: `lock.after.forced-reduction.low` = 4 %: out of range; take 3 % at most, the level of those who come first";
    a_position_limit_under_one_lot: "lots = 500" => "lots = 0",
        PositionUnderOneLot,
        "line 43: `positions.general[0]` = 0: the position limit is under one lot; take at least 1 lot, or leave it out if there is no limit";
    a_share_under_one_lot: r#"share = "10 %""# => r#"share = "0.01 %""#,
        PositionUnderOneLot,
        "line 44: `positions.general[1]` = 0: the position limit is under one lot; take at least 1 lot, or leave it out if there is no limit";
    a_delivery_limit_under_one_lot: "delivery = 50" => "delivery = 0",
        PositionUnderOneLot,
        "line 47: `positions.delivery` = 0: the position limit is under one lot; take at least 1 lot, or leave it out if there is no limit";
    a_position_limit_that_rises: "delivery = 50" => "delivery = 201",
        PositionsRise,
        "line 47: `positions.delivery` = 201: the position limit rises towards delivery; take 200 lots at most";
    a_position_limit_that_lapses: "delivery = 50" => "",
        PositionsRise,
        "line 41: `positions.delivery` = none: the position limit rises towards delivery; take 200 lots at most";
    tiers_out_of_order: "open_interest_above = 5_000" => "open_interest_above = 0",
        OutOfRange,
        "line 44: `positions.general[1].open_interest_above` = 0: out of range; start at 0 and go up from tier to tier";
    a_tier_of_lots_and_share: "lots = 500" => r#"lots = 500, share = "1 %""#,
        LotsOrShare,
        "line 43: `positions.general[0]` = both: a position limit is a number of lots or a share of open interest; give either `lots` or `share`";
    no_order: "most = 100" => "most = 0",
        OutOfRange,
        "line 50: `orders.most` = 0: out of range; take at least 1";
    no_grades: r#"grades = [{ name = "standard", adjustment = 0 }, { name = "poor", adjustment = -5_000 }]"# => "grades = []",
        Empty,
        "line 63: `expiry.physical.grades` = []: nothing there; name at least the standard grade, at an adjustment of 0";
    a_standard_with_a_premium: r#"name = "standard", adjustment = 0"# => r#"name = "standard", adjustment = 5"#,
        Grades,
        "line 63: `expiry.physical.grades[0].adjustment` = 5: the first grade must be the standard, at an adjustment of zero; put the standard first, at 0, and count the others from it";
    negative_capital: "capital = 1_000_000" => "capital = -1",
        OutOfRange,
        "line 74: `funds.capital` = -1: out of range; take an amount of 0 or more";
    a_notice_that_ends_before_it_begins: r#"until = "2024-02-29""# => r#"until = "2024-01-31""#,
        NoticeEnds,
        "line 79: `notices[0].until` = 2024-01-31: the notice ends before it begins; it begins on 2024-02-01: take a later last day";
    a_notice_over_before_its_settlement: r#"at = "settlement""# => r#"until = "2024-03-01"
at = "settlement""#,
        NoticeEnds,
        "line 90: `notices[1].until` = 2024-03-01: the notice ends before it begins; it begins on 2024-03-01: take a later last day";
    notices_that_overlap: r#"from = "2024-03-01""# => r#"from = "2024-02-15""#,
        NoticesOverlap,
        "line 92: `notices[1].opening_cap` = notice 2: two notices say different things of the same contract and day; end notice 1 (`until`) before notice 2 begins, or name other contracts";
    a_notice_on_a_contract_that_is_none: r#"contracts = ["2024-03", "2024-06"]"# => r#"contracts = ["2024-04"]"#,
        NoSuchContract,
        "line 80: `notices[0].contracts` = 2024-04: no such contract; name months of `contract.months` ([1, 2, 3, 6, 9]), not before `first_month`";
    a_notice_that_changes_nothing: "tick = 2_000\nopening_cap = 300" => "",
        NoticeEmpty,
        "line 87: `notices[1]` = 2: a notice must change something; give a limit, a margin, an opening cap, a tick or a fee";
    a_table_without_a_basis: r#"fees = ["a"]"# => "",
        NoSource,
        "line 95: `basis.fees` = []: a figure without a source; name the keys of `sources` on which its figures rest";
    an_empty_basis: r#"fees = ["a"]"# => "fees = []",
        NoSource,
        "line 104: `basis.fees` = []: a figure without a source; name the keys of `sources` on which its figures rest";
    a_source_that_is_not_there: r#"fees = ["a"]"# => r#"fees = ["c"]"#,
        UnknownSource,
        r#"line 104: `basis.fees` = "c": not among the sources of this file; add [sources.c] or correct the name"#;
    a_basis_of_no_table: r#"fees = ["a"]"# => r#"fees = ["a"]
margins = ["a"]"#,
        UnknownTable,
        r#"line 105: `basis.margins` = ["a"]: no table of figures; tables are contract, session, phases, limits, lock, margin, positions, orders, fees, settlement, expiry, funds"#;
    a_published_source_without_address: r#"address = "https://example.org/rules""# => "",
        SourceIncomplete,
        r#"line 109: `sources.a` = "An exchange": an incomplete source; give address and date of what is published, or call it assumed"#;
    a_listed_contract_that_is_proposed: r#"grade = "assumed""# => r#"grade = "proposed""#,
        SourceIncomplete,
        r#"line 116: `sources.b` = "this test": an incomplete source; call it published or assumed: the contract is listed, nothing of it is proposed"#;
}
