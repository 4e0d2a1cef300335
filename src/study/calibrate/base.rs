//! Figures of the base year: prices, output, demand, regions, and trade matched to customs.

use monazite_physical::{
    ActivityPaths, Assumed, BaseYear, Conduct, EndUse, N_BASKETS, N_ORES, N_REGIONS, N_USES, Ore,
    Origin, Output, Parameter,
};
use monazite_series::Period;

use super::super::activity::iea;
use super::super::explain::{conversion, series_fault};
use super::anchor::still;
use super::fleets::fleets;
use super::{BASE_YEAR, refused};
use crate::data::{Catalogue, MineOutput, PriceQuote};
use crate::diagnostic::Diagnostic;

/// Prices, output, demand and the exchange rate of 2024; region shares are assumptions so far.
pub(super) fn base_year(catalogue: &Catalogue) -> Result<BaseYear, Diagnostic> {
    let vat = 1.0 + conversion("vat-rate")?;
    let mean = |id: &str| {
        let annual = catalogue.series(id)?.window(month(BASE_YEAR, 1)?, month(BASE_YEAR, 12)?);
        let values: Vec<f64> =
            annual.map_err(|e| series_fault(&e))?.dense().into_iter().flatten().collect();
        Ok::<f64, Diagnostic>(values.iter().sum::<f64>() / values.len() as f64)
    };
    let price = |value: f64, spread: f64, what: &str| {
        Parameter::around(value / vat, spread, "CNY/t", Origin::estimated(what.to_owned()))
    };
    let lace = (mean("la-oxide-price")? + 2.0 * mean("ce-oxide-price")?) / 3.0;
    let dytb = 0.8 * quote(catalogue, "Dy oxide", "2024")?.0
        + 0.2 * quote(catalogue, "Tb oxide", "2024")?.0;
    let kt = |sector: &str| {
        Ok::<Parameter, Diagnostic>(Parameter::around(
            1000.0 * iea(catalogue, sector, BASE_YEAR)?,
            0.1,
            "t/year",
            Origin::literature(
                "IEA Critical Minerals Data Explorer, May 2025 edition; range assumed",
            ),
        ))
    };
    Ok(BaseYear {
        year: BASE_YEAR,
        price: [
            price(
                lace,
                0.1,
                "means of 2024 without VAT, one third La and two thirds Ce oxide, months to July",
            ),
            price(
                mean("nd-oxide-price")?,
                0.05,
                "mean of the monthly Nd oxide price of 2024 without VAT; Pr moves with it",
            ),
            price(
                dytb,
                0.15,
                "dated domestic quotes of 2024 without VAT, 80 % Dy and 20 % Tb oxide: few quotes",
            ),
        ],
        ore_output: ore_output(catalogue)?,
        magnet_demand_ev: kt("Electric vehicles")?,
        magnet_demand_wind: kt("Wind")?,
        magnet_demand_other: kt("Other uses")?,
        fleets: fleets(catalogue)?,
        region_share: region_shares(),
        cny_per_usd: Parameter::fixed(
            mean("usd-cny")?,
            "CNY/USD",
            Origin::estimated("mean of the months of 2024, Federal Reserve H.10"),
        ),
    })
}

fn month(year: i32, month: u32) -> Result<Period, Diagnostic> {
    Period::month(year, month).map_err(|e| series_fault(&e))
}

/// The last domestic quote whose date begins with `prefix`, CNY/t with VAT, and its date.
pub(super) fn quote(
    catalogue: &Catalogue,
    product: &str,
    prefix: &str,
) -> Result<(f64, String), Diagnostic> {
    let rows = catalogue.table::<PriceQuote>()?;
    let wanted = |r: &&PriceQuote| {
        // Days only: a year's or a quarter's mean is not a dated quote.
        r.product == product
            && r.basis == "domestic"
            && r.date.len() == 10
            && r.date.starts_with(prefix)
    };
    let last = rows.iter().filter(wanted).max_by(|a, b| a.date.cmp(&b.date)).ok_or_else(|| {
        lacking(format!("no domestic quote of {product} in {prefix}"), "data/price-quotes.csv")
    })?;
    let scale = if last.unit == "CNY/kg" { 1000.0 } else { 1.0 };
    Ok((scale * f64::midpoint(last.low, last.high), last.date.clone()))
}

/// The last domestic quote of an oxide, or the last month of its series where that is later, CNY/t with VAT, and the
/// month it is of.
fn last_oxide(catalogue: &Catalogue, product: &str, id: &str) -> Result<(f64, Period), Diagnostic> {
    let series = catalogue.series(id)?;
    let monthly = series.observations().last().map(|o| (o.value, o.period));
    let quoted = quote(catalogue, product, "20").and_then(|(price, date)| {
        let month: Period = date.get(..7).unwrap_or(&date).parse().map_err(|e| series_fault(&e))?;
        Ok((price, month))
    });
    match (quoted, monthly) {
        (Ok((_, at)), Some((price, month))) if month.ordinal() > at.ordinal() => Ok((price, month)),
        (Err(_), Some(monthly)) => Ok(monthly),
        (quoted, _) => quoted,
    }
}

/// `LaCe`: one third lanthanum at its last domestic price, two thirds cerium between its last domestic price and the FOB
/// price of the same month. Where the two disagree the range spans them.
fn light_price(catalogue: &Catalogue, vat: f64) -> Result<Parameter, Diagnostic> {
    let (lanthanum, _) = last_oxide(catalogue, "La oxide", "la-oxide-price")?;
    let (cerium, month) = last_oxide(catalogue, "Ce oxide", "ce-oxide-price")?;
    let (fob, rate) = (catalogue.series("ce-oxide-fob")?, catalogue.series("usd-cny")?);
    let domestic = cerium / vat;
    let abroad = match fob.get(month).zip(rate.get(month)) {
        Some((price, rate)) => price * rate * 1000.0,
        None => domestic,
    };
    let mix = |cerium: f64| lanthanum / vat / 3.0 + cerium * 2.0 / 3.0;
    let ends = [mix(domestic), mix(abroad)];
    Ok(Parameter::ranged(
        0.5 * (ends[0] + ends[1]),
        ends[0].min(ends[1]),
        ends[0].max(ends[1]),
        "CNY/t",
        Origin::estimated(format!(
            "La oxide, last domestic quote; Ce oxide {month} between a domestic quote without VAT and KOMIS FOB, which disagree"
        )),
    ))
}

/// Last dated domestic quotes, without VAT.
pub(super) fn last_prices(catalogue: &Catalogue) -> Result<[Parameter; N_BASKETS], Diagnostic> {
    let vat = 1.0 + conversion("vat-rate")?;
    let mixed = |parts: &[(&str, f64)]| {
        let (mut value, mut dates) = (0.0, Vec::new());
        for (product, weight) in parts {
            let (price, date) = quote(catalogue, product, "20")?;
            value += weight * price / vat;
            dates.push(format!("{product} {date}"));
        }
        let text = format!("last domestic quotes without VAT: {}", dates.join(", "));
        Ok::<Parameter, Diagnostic>(Parameter::around(
            value,
            0.05,
            "CNY/t",
            Origin::estimated(text),
        ))
    };
    Ok([
        light_price(catalogue, vat)?,
        mixed(&[("NdPr oxide", 1.0)])?,
        mixed(&[("Dy oxide", 0.8), ("Tb oxide", 0.2)])?,
    ])
}

/// Mean of a flow over the last months published, at least `months` of them, a month.
pub(super) fn last_mean(catalogue: &Catalogue, id: &str, months: u32) -> Result<f64, Diagnostic> {
    let series = catalogue.series(id)?;
    let (mut total, mut n_months) = (0.0, 0);
    for one in series.observations().iter().rev() {
        // January and February are one figure, so that there may be a month more than asked for.
        if n_months >= months {
            break;
        }
        total += one.value;
        n_months += one.span;
    }
    if n_months < months {
        return Err(lacking(format!("fewer than {months} months of {id}"), "data/series.csv"));
    }
    Ok(total / f64::from(n_months))
}

/// t REO of 2024 by ore: China's from its quotas, others from USGS.
fn ore_output(catalogue: &Catalogue) -> Result<[Parameter; N_ORES], Diagnostic> {
    let rows = catalogue.table::<MineOutput>()?;
    let of = |country: &str| {
        let wanted = |r: &&MineOutput| {
            r.dataset == "USGS MCS 2026" && r.year == BASE_YEAR && r.country == country
        };
        rows.iter().find(wanted).map(|r| r.value).ok_or_else(|| {
            lacking(format!("no mine output of {country} in {BASE_YEAR}"), "data/mine-output.csv")
        })
    };
    let all: f64 = rows
        .iter()
        .filter(|r| {
            r.dataset == "USGS MCS 2026" && r.year == BASE_YEAR && r.country != "World total"
        })
        .map(|r| r.value)
        .sum();
    let (china, myanmar, us, australia) =
        (of("China")?, of("Myanmar")?, of("United States")?, of("Australia")?);
    let usgs = |value: f64, spread: f64| {
        Parameter::around(
            value,
            spread,
            "t REO/year",
            Origin::literature("USGS Mineral Commodity Summaries 2026; range assumed"),
        )
    };
    // Unchanged since 2020 (MIIT: "120,850 light + 19,150 ionic").
    let ionic = 19_150.0;
    let quota = |value: f64| {
        Parameter::around(
            value,
            0.05,
            "t REO/year",
            Origin::literature(
                "mining quota of 2024 (MIIT), 19,150 t of it ion clay as in every year since 2020",
            ),
        )
    };
    Ok([
        quota(china - ionic),
        quota(ionic),
        usgs(myanmar, 0.2),
        usgs(us, 0.05),
        usgs(australia, 0.1),
        usgs(all - china - myanmar - us - australia, 0.2),
    ])
}

/// China's share by end use before trade is matched.
const CHINA_SHARE: [(f64, &str); N_USES] = [
    (
        0.72,
        "most motors of cars sold elsewhere are made of magnets used in China; no figure by motor",
    ),
    (0.75, "China installs two thirds of the world's turbines and makes generators for others"),
    (0.65, "matched to magnet tonnage"),
    (0.30, "by defence spending, roughly"),
    (0.74, "matched to headline tonnage"),
];

/// Split outside China of magnet uses, Japan … rest.
const MAGNETS_ABROAD: [f64; N_REGIONS - 1] = [0.28, 0.125, 0.28, 0.09, 0.065, 0.025, 0.135];
/// The same for defence, by spending.
const DEFENCE_ABROAD: [f64; N_REGIONS - 1] = [0.08, 0.55, 0.25, 0.05, 0.0, 0.04, 0.03];
/// The same for non-magnet uses: customs tonnage by destination 2024 plus the fringe's sales.
const NON_MAGNET_ABROAD: [f64; N_REGIONS - 1] = [0.44, 0.23, 0.16, 0.04, 0.03, 0.03, 0.07];

fn region_shares() -> [[Parameter; N_REGIONS]; N_USES] {
    std::array::from_fn(|u| {
        let (abroad, why) = match EndUse::ALL[u] {
            EndUse::Defence => (DEFENCE_ABROAD, "by defence spending, roughly"),
            EndUse::NonMagnet => (
                NON_MAGNET_ABROAD,
                "exports of HS 280530 and 284690 by destination 2024 (Comtrade) and sales of Lynas, rounded",
            ),
            _ => (
                MAGNETS_ABROAD,
                "magnet exports by destination 2024–25 (GACC) and sales of Lynas, rounded",
            ),
        };
        let (china, china_why) = CHINA_SHARE[u];
        shares(china, &abroad, &Origin::assumed(china_why), why)
    })
}

fn shares(
    china: f64,
    abroad: &[f64; N_REGIONS - 1],
    china_origin: &Origin,
    why: &str,
) -> [Parameter; N_REGIONS] {
    std::array::from_fn(|r| {
        let (value, origin) = if r == 0 {
            (china, china_origin.clone())
        } else {
            ((1.0 - china) * abroad[r - 1], Origin::assumed(why))
        };
        Parameter::ranged(value, 0.8 * value, (1.2 * value).min(1.0), "share", origin)
    })
}

/// Sets China's share in other magnets and in non-magnet uses so that a year without licences ships the magnet and the
/// headline tonnage of 2024. Shipments are linear in these shares, so two trial shares give the solution.
pub(super) fn with_observed_trade(
    catalogue: &Catalogue,
    mut base: BaseYear,
    assumed: &Assumed,
) -> Result<(BaseYear, String), Diagnostic> {
    let year = |id: &str| {
        catalogue
            .series(id)?
            .annual()
            .iter()
            .find(|(y, _)| *y == BASE_YEAR)
            .map(|(_, v)| *v)
            .ok_or_else(|| lacking(format!("no figure of {id} in {BASE_YEAR}"), "data/series.csv"))
    };
    let (magnets, headline) = (year("magnet-exports-annual")?, year("re-exports-volume-annual")?);
    let mut solve = |end_use: EndUse, abroad, target: f64, output, moment: &str| {
        let (u, why) = (end_use.index(), "customs destinations, rounded");
        let origin =
            Origin::estimated(format!("so that base-year shipments are {target:.0} t of {moment}"));
        let mut trial = |share: f64| {
            base.region_share[u] = shares(share, abroad, &origin, why);
            yearly_shipments(&base, assumed, output)
        };
        let (low, high) = (0.5, 0.8);
        let (at_low, at_high) = (trial(low)?, trial(high)?);
        let share = low + (target - at_low) * (high - low) / (at_high - at_low);
        if !(0.0..1.0).contains(&share) {
            return Err(Diagnostic::error(
                "M010",
                format!("{moment} of {target:.0} t would need a share of China in {end_use} of {share:.3}"),
            )
            .help("mine output, demand and trade of the base year do not fit together"));
        }
        let found = trial(share)?;
        Ok((share, found))
    };
    let (other, magnets_found) = solve(
        EndUse::OtherMagnets,
        &MAGNETS_ABROAD,
        magnets,
        Output::MagnetExports(None),
        "magnets",
    )?;
    let (non_magnet, headline_found) = solve(
        EndUse::NonMagnet,
        &NON_MAGNET_ABROAD,
        headline,
        Output::HeadlineExports(None),
        "headline exports",
    )?;
    let note = format!(
        "base-year shipments: {magnets_found:.0} t of magnets, {headline_found:.0} t of headline exports (customs {magnets:.0} and {headline:.0}); China's share in other magnets {other:.3}, in non-magnet uses {non_magnet:.3}"
    );
    Ok((base, note))
}

/// Twelve times the shipments of an undisturbed month of the base year, no licences.
pub(super) fn yearly_shipments(
    base: &BaseYear,
    assumed: &Assumed,
    output: Output,
) -> Result<f64, Diagnostic> {
    let mut parameters = monazite_physical::calibrate(base, assumed).map_err(|e| refused(&e))?;
    parameters.licences.lift();
    let start = month(BASE_YEAR, 1)?;
    let conduct = Conduct::Theta(parameters.base_theta.value);
    let activity = ActivityPaths::constant(2, 1).map_err(|e| refused(&e))?;
    let run = still(&parameters, &activity, start, conduct)?;
    Ok(12.0 * run.at(output, 0).map_err(|e| refused(&e))?[0])
}

const _: () = assert!(Ore::ALL.len() == N_ORES, "ore output follows Ore::ALL");

fn lacking(what: String, file: &str) -> Diagnostic {
    Diagnostic::error("D041", what).in_file(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_the_last_of_their_kind() {
        // 2024-12-19: 1,635 CNY/kg.
        let catalogue = Catalogue::bundled().unwrap();
        let of = |prefix| quote(&catalogue, "Dy oxide", prefix);
        assert_eq!(of("2024").unwrap(), (1_635_000.0, "2024-12-19".to_owned()));
        assert_eq!(of("1999").unwrap_err().code, "D041");
        let last = last_prices(&catalogue).unwrap();
        // NdPr 748,700 CNY/t with VAT on 2026-02-02.
        assert!((last[1].value - 748_700.0 / 1.13).abs() < 1.0, "{}", last[1]);
        // As of March 2025: 442,000 on the 26th; La and Ce by their series, which ends in July 2024.
        let known = catalogue.as_of("2025-03".parse().unwrap());
        let last = last_prices(&known).unwrap();
        assert!((last[1].value - 442_000.0 / 1.13).abs() < 1.0, "{}", last[1]);
        let (_, month) = last_oxide(&known, "Ce oxide", "ce-oxide-price").unwrap();
        assert_eq!(month.to_string(), "2024-07");
    }
}
