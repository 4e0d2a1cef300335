//! Raw and processed goods by destination, from the values that customs give by code and partner.

use monazite_physical::{Assumed, Basket, Goods, N_BASKETS, Origin, Parameter, Region};

use super::BASE_YEAR;
use crate::data::{Catalogue, DestinationRow};
use crate::diagnostic::Diagnostic;

/// HS code of permanent magnets; the other two are metals and compounds.
const MAGNETS: &str = "850511";
const RAW: [&str; 2] = ["280530", "284690"];
/// Share of magnets in China's exports of a basket, world, by REO: of an exported tonne of `NdPr` most leaves in magnets.
const WORLD_SHARE: [(Basket, f64); 2] = [(Basket::NdPr, 0.88), (Basket::DyTb, 0.80)];
/// Odds of half to twice the value are possible: 850511 holds ferrites, 284690 yttrium and others.
const ODDS_RANGE: f64 = 2.0;

const EUROPE: [&str; 29] = [
    "Austria",
    "Belgium",
    "Bulgaria",
    "Croatia",
    "Cyprus",
    "Czech Republic",
    "Denmark",
    "Estonia",
    "Finland",
    "France",
    "Germany",
    "Greece",
    "Hungary",
    "Ireland",
    "Italy",
    "Latvia",
    "Lithuania",
    "Luxembourg",
    "Netherlands",
    "Norway",
    "Poland",
    "Portugal",
    "Romania",
    "Slovak Republic",
    "Slovenia",
    "Spain",
    "Sweden",
    "Switzerland",
    "United Kingdom",
];

/// Region of the model in which a customs destination lies.
fn region(destination: &str) -> Region {
    match destination {
        "Japan" => Region::Japan,
        "United States" => Region::Us,
        "South Korea" => Region::Korea,
        "Vietnam" => Region::Vietnam,
        "Taiwan" => Region::Taiwan,
        name if EUROPE.contains(&name) => Region::Europe,
        _ => Region::Rest,
    }
}

/// Sets the share of processed goods in shipments to each region: the world's odds, scaled by a region's value of magnets
/// over its value of metals and compounds in the base year, relative to the world's.
///
/// # Errors
/// `D041` if a region has no value of one of them.
pub(super) fn set_processed_shares(
    catalogue: &Catalogue,
    assumed: &mut Assumed,
) -> Result<(), Diagnostic> {
    let mut values = [[0.0; Goods::ALL.len()]; Region::ALL.len()];
    for row in catalogue.table::<DestinationRow>()? {
        if row.year != BASE_YEAR || row.destination == "World" {
            continue;
        }
        let goods = if row.hs6 == MAGNETS {
            Goods::Processed
        } else if RAW.contains(&row.hs6.as_str()) {
            Goods::Raw
        } else {
            continue;
        };
        values[region(&row.destination).index()][goods as usize] += row.value;
    }
    let odds = |raw: f64, processed: f64| processed / raw;
    let world: [f64; 2] = std::array::from_fn(|g| values.iter().map(|row| row[g]).sum());
    for region in Region::OUTSIDE {
        let [raw, processed] = values[region.index()];
        if raw <= 0.0 || processed <= 0.0 {
            return Err(Diagnostic::error(
                "D041",
                format!("no value of raw or processed exports to {region} in {BASE_YEAR}"),
            )
            .in_file("data/exports-by-destination.csv"));
        }
        let tilt = odds(raw, processed) / odds(world[0], world[1]);
        for (basket, share) in WORLD_SHARE {
            let at = |factor: f64| {
                let odds = share / (1.0 - share) * tilt * factor;
                odds / (1.0 + odds)
            };
            assumed.trade.processed_share[region.index()][basket.index()] = Parameter::ranged(
                at(1.0),
                at(1.0 / ODDS_RANGE),
                at(ODDS_RANGE),
                "share",
                Origin::estimated(format!(
                    "world share {share} (assumed), its odds scaled by values of HS 850511 over 280530 + 284690 to {region} in {BASE_YEAR} (UN Comtrade); range: half to twice the odds"
                )),
            );
        }
    }
    Ok(())
}

const _: () = assert!(N_BASKETS == 3, "LaCe has no processed form");

#[cfg(test)]
mod tests {
    use super::*;

    /// Japan 2024: magnets 153.8, metals and compounds 192.4 million dollars; world 3,236.7 and 473.0. Odds .117 of the
    /// world's: .88 becomes .461.
    #[test]
    fn japan_makes_its_own_magnets_and_europe_buys_them() {
        let mut assumed = Assumed::default();
        let rounded = assumed.trade.processed_share.clone();
        set_processed_shares(&Catalogue::bundled().unwrap(), &mut assumed).unwrap();
        let share = |region: Region| assumed.trade.processed_share[region.index()][1].value;
        assert!((share(Region::Japan) - 0.461).abs() < 0.002, "{}", share(Region::Japan));
        assert!(share(Region::Europe) > 0.95 && share(Region::Us) < 0.88);
        // What the crate ships for users without the table is the same, rounded.
        for (found, default) in assumed.trade.processed_share.iter().zip(&rounded) {
            for (a, b) in found.iter().zip(default) {
                assert!((a.value - b.value).abs() < 0.008, "{a} for {b}");
            }
        }
    }
}
