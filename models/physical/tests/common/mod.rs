//! A base year of round figures, near those of 2024, for tests.

use monazite_physical::{
    Assumed, BaseYear, EndUse, Fleet, Origin, Parameter, Parameters, Technology, TechnologyShare,
    calibrate,
};

fn given(value: f64, unit: &str) -> Parameter {
    Parameter::fixed(value, unit, Origin::assumed("round figure for tests"))
}

fn fleet(name: &str, end_use: EndUse, units: f64, shares: &[(Technology, f64)]) -> Fleet {
    let share = |&(technology, value): &(Technology, f64)| TechnologyShare {
        technology,
        share: given(value, "share"),
    };
    Fleet {
        name: name.to_owned(),
        end_use,
        units: given(units, "units/year"),
        shares: shares.iter().map(share).collect(),
    }
}

pub(crate) fn base_year() -> BaseYear {
    let price = |value| given(value, "CNY/t");
    let ore = |value| given(value, "t REO/year");
    let row = |values: [f64; 8]| values.map(|value| given(value, "share"));
    BaseYear {
        year: 2024,
        price: [price(6_000.0), price(348_000.0), price(2_300_000.0)],
        ore_output: [
            ore(250_850.0),
            ore(19_150.0),
            ore(31_000.0),
            ore(45_000.0),
            ore(13_000.0),
            ore(26_000.0),
        ],
        magnet_demand_ev: given(8_359.0, "t/year"),
        magnet_demand_wind: given(10_496.0, "t/year"),
        magnet_demand_other: given(72_067.0, "t/year"),
        fleets: vec![
            fleet("ev", EndUse::Ev, 17.5e6, &[(Technology::Bev, 0.625), (Technology::Phev, 0.375)]),
            fleet(
                "wind",
                EndUse::Wind,
                117_000.0,
                &[
                    (Technology::DirectDrive, 0.25),
                    (Technology::MediumSpeed, 0.5),
                    (Technology::Geared, 0.25),
                ],
            ),
        ],
        region_share: [
            row([0.65, 0.05, 0.08, 0.15, 0.04, 0.01, 0.0, 0.02]),
            row([0.70, 0.02, 0.05, 0.15, 0.02, 0.01, 0.01, 0.04]),
            row([0.60, 0.10, 0.06, 0.12, 0.05, 0.03, 0.02, 0.02]),
            row([0.30, 0.05, 0.35, 0.20, 0.05, 0.0, 0.02, 0.03]),
            row([0.60, 0.12, 0.10, 0.08, 0.03, 0.02, 0.02, 0.03]),
        ],
        cny_per_usd: given(7.2, "CNY/USD"),
    }
}

pub(crate) fn parameters() -> Parameters {
    calibrate(&base_year(), &Assumed::default()).unwrap()
}
