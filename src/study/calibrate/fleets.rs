//! Vehicles and turbines of the base year by technology, from the bundled tables.

use monazite_physical::{
    Assumed, BaseYear, EndUse, Fleet, Origin, Parameter, Technology, TechnologyShare,
    intensity_gaps,
};

use super::super::activity::wind_installed;
use super::BASE_YEAR;
use crate::data::{Catalogue, EvSalesRow};
use crate::diagnostic::Diagnostic;

/// Direct drive, medium speed, geared: shares and why.
type Drives = ([f64; 3], &'static str);
const WIND_CHINA: Drives = (
    [0.25, 0.55, 0.20],
    "Goldwind and Mingyang sell medium-speed machines where they sold direct drive; no public split by drive",
);
const WIND_ELSEWHERE: Drives = (
    [0.25, 0.10, 0.65],
    "direct drive at sea and from Enercon, doubly-fed generators on land; no public split by drive",
);

/// Cars and turbines of the base year: China and the rest of the world.
pub(super) fn fleets(catalogue: &Catalogue) -> Result<Vec<Fleet>, Diagnostic> {
    let china = [cars(catalogue, "China", "BEV")?, cars(catalogue, "China", "PHEV")?];
    let world = [cars(catalogue, "World", "BEV")?, cars(catalogue, "World", "PHEV")?];
    let gigawatts = [
        wind_installed(catalogue, "China", BASE_YEAR)?,
        wind_installed(catalogue, "World", BASE_YEAR)?,
    ];
    Ok(vec![
        car_fleet("ev-china", china),
        car_fleet("ev-elsewhere", [world[0] - china[0], world[1] - china[1]]),
        wind_fleet("wind-china", gigawatts[0], WIND_CHINA),
        wind_fleet("wind-elsewhere", gigawatts[1] - gigawatts[0], WIND_ELSEWHERE),
    ])
}

/// Cars of a powertrain sold in the base year.
fn cars(catalogue: &Catalogue, region: &str, powertrain: &str) -> Result<f64, Diagnostic> {
    let wanted = |r: &&EvSalesRow| {
        r.year == BASE_YEAR && r.region == region && r.mode == "Cars" && r.powertrain == powertrain
    };
    catalogue.table::<EvSalesRow>()?.iter().find(wanted).map(|r| r.value).ok_or_else(|| {
        Diagnostic::error("D041", format!("no {powertrain} cars of {region} in {BASE_YEAR}"))
            .in_file("data/ev-sales-by-region.csv")
    })
}

fn car_fleet(name: &str, [bev, phev]: [f64; 2]) -> Fleet {
    let source = "IEA Global EV Data Explorer 2025, cars; range assumed";
    let share = |technology, value: f64| TechnologyShare {
        technology,
        share: Parameter::around(value / (bev + phev), 0.05, "share", Origin::literature(source)),
    };
    Fleet {
        name: name.to_owned(),
        end_use: EndUse::Ev,
        units: Parameter::around(bev + phev, 0.03, "vehicles/year", Origin::literature(source)),
        shares: vec![share(Technology::Bev, bev), share(Technology::Phev, phev)],
    }
}

fn wind_fleet(name: &str, gigawatts: f64, (drives, why): Drives) -> Fleet {
    let technologies = [Technology::DirectDrive, Technology::MediumSpeed, Technology::Geared];
    let share = |(technology, value): (Technology, f64)| TechnologyShare {
        technology,
        share: Parameter::around(value, 0.3, "share", Origin::assumed(why)),
    };
    let source = "GWEC installations of 2024; range assumed";
    Fleet {
        name: name.to_owned(),
        end_use: EndUse::Wind,
        units: Parameter::around(1000.0 * gigawatts, 0.05, "MW/year", Origin::literature(source)),
        shares: technologies.into_iter().zip(drives).map(share).collect(),
    }
}

/// What fleets come to against the IEA's demand of the same year, as a note.
pub(super) fn intensity_note(base: &BaseYear, assumed: &Assumed) -> String {
    let one = |(end_use, reckoned, published): &(EndUse, f64, f64)| {
        format!(
            "{end_use} {reckoned:.0} t of elements by technology, IEA {published:.0} ({:+.0} %)",
            100.0 * (reckoned / published - 1.0)
        )
    };
    let all: Vec<String> = intensity_gaps(base, assumed).iter().map(one).collect();
    format!(
        "intensities, {BASE_YEAR}: {}; other magnets make up for the gap, so that the world's demand is the IEA's",
        all.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fleets_are_those_of_the_tables() {
        let all = fleets(&Catalogue::bundled().unwrap()).unwrap();
        let units = |name: &str| all.iter().find(|f| f.name == name).unwrap().units.value;
        // 11.3 of 17.5 million cars, 80 of 117 GW.
        assert!((units("ev-china") / 11.3e6 - 1.0).abs() < 0.01, "{}", units("ev-china"));
        let cars = units("ev-china") + units("ev-elsewhere");
        assert!((cars / 17.5e6 - 1.0).abs() < 0.01, "{cars}");
        assert!((units("wind-china") + units("wind-elsewhere") - 117_000.0).abs() < 1e-6);
        for fleet in &all {
            let sum: f64 = fleet.shares.iter().map(|one| one.share.value).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{}", fleet.name);
        }
    }
}
