//! Assumptions on trade: what it costs, in which form goods leave, which of them wait for a licence.

use monazite_series::Period;

use super::{assumed, literature};
use crate::parameters::{ExportForm, LicenceParameters, LicenceRegime, TradeParameters};
use crate::{Form, Goods, N_BASKETS, N_REGIONS, Origin, Parameter};

pub(super) fn default_trade() -> TradeParameters {
    let share = |value| {
        assumed(
            value,
            0.5 * value,
            1.5 * value,
            "share",
            "offtake of Lynas, mostly Japan; not published by month",
        )
    };
    TradeParameters {
        vat: Parameter::fixed(
            0.13,
            "1",
            Origin::literature("13 % VAT, no export refund for rare-earth products"),
        ),
        cny_per_usd: Parameter::fixed(
            7.2,
            "CNY/USD",
            Origin::assumed("replaced by the base year's mean"),
        ),
        freight: std::array::from_fn(|r| {
            let value = if r == 0 { 0.0 } else { 500.0 };
            assumed(
                value,
                0.0,
                2.0 * value,
                "USD/t",
                "sea freight and insurance, small beside the price",
            )
        }),
        tariff: std::array::from_fn(|_| {
            Parameter::fixed(
                0.0,
                "1",
                Origin::assumed("rare earths are exempt from the tariffs of 2025"),
            )
        }),
        fringe_share: [
            share(0.0),
            share(0.60),
            share(0.15),
            share(0.15),
            share(0.03),
            share(0.04),
            share(0.0),
            share(0.03),
        ],
        processed_share: processed_shares(),
    }
}

/// Magnets in the shipments of `NdPr` and `DyTb` to a region, Japan … rest. World shares of 88 and 80 % are odds that are
/// scaled, region by region, by the value of HS 850511 over that of 280530 and 284690 in 2024, relative to the world's.
fn processed_shares() -> [[Parameter; N_BASKETS]; N_REGIONS] {
    let ndpr = [0.46, 0.80, 0.96, 0.91, 0.89, 0.91, 0.95];
    let dytb = [0.32, 0.68, 0.93, 0.84, 0.82, 0.85, 0.92];
    std::array::from_fn(|r| {
        let magnets = |all: &[f64; N_REGIONS - 1]| {
            if r == 0 {
                return Parameter::fixed(
                    0.0,
                    "share",
                    Origin::assumed("China does not export to itself"),
                );
            }
            let value = all[r - 1];
            // A range of half to twice the odds.
            let odds = |factor: f64| factor * value / (1.0 - value + factor * value);
            assumed(
                value,
                odds(0.5),
                odds(2.0),
                "share",
                "odds of the world scaled by values of HS 850511 over 280530 + 284690 by destination, 2024 (Comtrade)",
            )
        };
        [
            Parameter::fixed(
                0.0,
                "share",
                Origin::literature("magnets hold neither La nor Ce to speak of"),
            ),
            magnets(&ndpr),
            magnets(&dytb),
        ]
    })
}

pub(super) fn default_licences() -> LicenceParameters {
    LicenceParameters {
        raw: default_regime(Goods::Raw),
        processed: default_regime(Goods::Processed),
    }
}

fn default_regime(goods: Goods) -> LicenceRegime {
    let queue = match goods {
        Goods::Raw => "as for magnets: no monthly tonnage of Dy and Tb oxide abroad is published",
        Goods::Processed => "fitted by hand to nine monthly magnet tonnages of 2025, ± 300 t",
    };
    // April and June 2025 exist.
    let month = |month| Period::month(2025, month).ok();
    let mut easing = [month(6); N_REGIONS];
    easing[0] = None;
    LicenceRegime {
        control_month: month(4),
        control_day: 4,
        easing_civil: easing,
        easing_military: [None; N_REGIONS],
        licensed_share: std::array::from_fn(|r| {
            std::array::from_fn(|b| licensed_share(goods, r, b))
        }),
        hazard_control: assumed(0.05, 0.0, 0.2, "a month", queue),
        hazard_eased: assumed(0.8, 0.5, 1.0, "a month", queue),
        climb: assumed(0.5, 0.2, 1.0, "a month", queue),
        military_factor: assumed(0.1, 0.0, 0.5, "1", "military end users are refused in principle"),
        withdrawal: assumed(0.15, 0.05, 0.3, "a month", queue),
    }
}

fn licensed_share(goods: Goods, region_idx: usize, basket_idx: usize) -> Parameter {
    let none = |why: &str| Parameter::fixed(0.0, "share", Origin::literature(why));
    let wide = |value: f64, why: &str| assumed(value, 0.7 * value, 1.0, "share", why);
    match (region_idx, basket_idx, goods) {
        (0, ..) => none("sales within China need no export licence"),
        (_, 0, _) => none("lanthanum and cerium are not controlled"),
        (_, 1, Goods::Raw) => none("Announcement 18 of 2025 leaves Nd and Pr oxide and metal out"),
        (_, 1, Goods::Processed) => wide(
            0.8,
            "share of magnets that hold Dy or Tb, spill-over at customs included; magnet tonnage fell by 80 % in May 2025",
        ),
        _ => wide(0.95, "Announcement 18 of 2025 covers Dy and Tb in all forms"),
    }
}

pub(super) fn default_forms() -> [Vec<ExportForm>; N_BASKETS] {
    let priced = |form: Form, share: Parameter, content: f64, factor: f64, why: &str| ExportForm {
        form,
        share,
        reo_content: literature(
            content,
            0.1,
            "t REO/t",
            "stoichiometry; a magnet holds 30 % rare-earth metal, concentrate 50 % REO",
        ),
        value_factor: assumed(factor, 0.8 * factor, 1.2 * factor, "multiple of oxide value", why),
    };
    let form = |form: Form, share: Parameter, content: f64, factor: f64| {
        priced(form, share, content, factor, "replace by unit values by form")
    };
    let share = |value: f64| {
        assumed(
            value,
            0.8 * value,
            (1.2 * value).min(1.0),
            "share of raw exports",
            "replace by customs tonnage by form",
        )
    };
    let concentrate = |basket_share: f64| {
        let none = Origin::assumed("concentrate goes into China, not out of it");
        priced(
            Form::Concentrate,
            Parameter::fixed(0.0, "share of raw exports", none),
            0.5 * basket_share,
            0.4,
            "contract price of Northern Rare Earth, 2025-Q2 and 2026-Q1, over the oxides in it: .41 and .36",
        )
    };
    let magnet = |basket_share: f64, factor: f64| {
        let only = Origin::literature("the one processed form");
        form(
            Form::Magnet,
            Parameter::fixed(1.0, "share of processed exports", only),
            basket_share * 0.30 * 1.17,
            factor,
        )
    };
    [
        vec![
            concentrate(0.75),
            form(Form::Oxide, share(0.97), 0.60, 1.0),
            form(Form::Metal, share(0.03), 1.17, 1.3),
        ],
        vec![
            concentrate(0.21),
            form(Form::Oxide, share(1.0 / 3.0), 0.95, 1.0),
            form(Form::Metal, share(2.0 / 3.0), 1.17, 1.1),
            magnet(0.97, 2.0),
        ],
        vec![
            concentrate(0.01),
            form(Form::Oxide, share(0.75), 0.95, 1.0),
            form(Form::Metal, share(0.25), 1.15, 1.1),
            magnet(0.03, 1.1),
        ],
    ]
}
