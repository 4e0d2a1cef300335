//! From the bundled data to the parameters of the physical market, each with its range, origin and what pins it.
//!
//! The base year is 2024. What data give: mean prices, mine output, demand for magnet rare earths, the exchange rate,
//! magnet and headline tonnage (which set China's share in two uses), the futures process, the s.d. of monthly prices,
//! the licence queue. Everything else stays an assumption and is called `not identified`.
//!
//! Calibration has two steps: [`calibrate`] makes 2024 an equilibrium; [`Calibration::anchored`] lets a simulation that
//! starts later begin at the last prices observed, with one free level of demand a basket, and sets the s.d. of the
//! demand disturbance so that simulated prices of `NdPr` vary from month to month as observed ones do.

use monazite_econometrics::{Bootstrap, LogPrices, TwoFactor};
use monazite_physical::{
    ActivityPaths, Assumed, BaseYear, Basket, Conduct, EndUse, N_BASKETS, N_ORES, N_REGIONS,
    N_USES, Ore, Origin, OriginKind, Output, Parameter, Parameters, PhysicalError, Region,
    Scenario, WorldSpec, simulate,
};
use monazite_series::{Period, Series};
use serde::Serialize;

use super::activity::iea;
use super::explain::{conversion, series_fault};
use super::licences::{LicenceFit, fit_licences};
use crate::data::{Catalogue, MineOutput, PriceQuote, table};
use crate::diagnostic::Diagnostic;

/// The base year.
pub const BASE_YEAR: i32 = 2024;
/// Sample of the spot price: one publisher, one definition.
const SPOT_SAMPLE: (&str, &str) = ("2013-01", "2024-07");

/// Parameters with what pins them.
#[derive(Debug, Clone)]
pub struct Calibration {
    parameters: Parameters,
    pinned: Vec<(String, String)>,
    licences: LicenceFit,
    targets: [Parameter; N_BASKETS],
    price_sd: f64,
    notes: Vec<String>,
}

/// A row of parameters.json and of the identification table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterRow {
    /// Name.
    pub name: String,
    /// Value used.
    pub value: f64,
    /// Lower end of its range.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Standard error, where the range is a 95 % interval of an estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub se: Option<f64>,
    /// Unit.
    pub unit: String,
    /// estimated, literature or assumed.
    pub origin: OriginKind,
    /// Model and sample, citation, or reason.
    pub source: String,
    /// The moment that pins it, or `not identified`.
    pub pinned_by: String,
}

impl Calibration {
    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Fit of the licence queue to the magnet tonnage of 2025.
    pub fn licences(&self) -> &LicenceFit {
        &self.licences
    }

    /// Last observed prices in China, CNY/t without VAT, by basket.
    pub fn last_prices(&self) -> &[Parameter; N_BASKETS] {
        &self.targets
    }

    /// Standard deviation of monthly changes of the log Nd oxide price in the sample.
    pub fn price_sd(&self) -> f64 {
        self.price_sd
    }

    /// What a reader has to know: how far anchoring came, what was assumed on the way.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Every parameter with what pins it.
    pub fn rows(&self) -> Vec<ParameterRow> {
        let one = |(name, p): (String, Parameter)| {
            let pinned_by = self.pinned_by(&name, &p);
            let se = (p.origin.kind == OriginKind::Estimated && p.high > p.low)
                .then(|| (p.high - p.low) / (2.0 * 1.959_964));
            ParameterRow {
                name,
                value: p.value,
                low: p.low,
                high: p.high,
                se,
                unit: p.unit,
                origin: p.origin.kind,
                source: p.origin.text,
                pinned_by,
            }
        };
        self.parameters.entries().into_iter().map(one).collect()
    }

    fn pinned_by(&self, name: &str, parameter: &Parameter) -> String {
        // The longest matching head, so that a special case overrides a general one.
        let matching = self.pinned.iter().filter(|(head, _)| name.starts_with(head.as_str()));
        if let Some((_, text)) = matching.max_by_key(|(head, _)| head.len()) {
            return text.clone();
        }
        match parameter.origin.kind {
            OriginKind::Estimated => parameter.origin.text.clone(),
            OriginKind::Literature => "taken as published".to_owned(),
            OriginKind::Assumed => "not identified".to_owned(),
        }
    }
}

/// Makes 2024 an equilibrium.
///
/// # Errors
/// `D041` if a bundled table lacks a figure, `M002` if a fit or the calibration fails.
pub fn calibrate(catalogue: &Catalogue) -> Result<Calibration, Diagnostic> {
    let mut assumed = Assumed::default();
    let mut pinned = vec![
        ("base_price".to_owned(), "prices of the base year".to_owned()),
        (
            "demand.scale".to_owned(),
            "IEA demand of the base year; DyTb and LaCe: supply".to_owned(),
        ),
        ("trade.cny_per_usd".to_owned(), "mean of the year".to_owned()),
    ];
    let (spot_sd, spot_note) = futures(catalogue, &mut assumed, &mut pinned)?;
    let licences = fit_licences(catalogue)?;
    licences.apply(&mut assumed.licences);
    pinned.push((
        "licences.".to_owned(),
        "nine monthly magnet tonnages, April to December 2025, with priors: six parameters against nine observations"
            .to_owned(),
    ));
    pinned.push(("licences.military_factor".to_owned(), "not identified".to_owned()));
    let base = base_year(catalogue)?;
    let (base, share_note) = with_observed_trade(catalogue, base, &assumed)?;
    for end_use in [EndUse::OtherMagnets, EndUse::NonMagnet] {
        let moment =
            if end_use == EndUse::NonMagnet { "headline tonnage" } else { "magnet tonnage" };
        pinned.push((
            format!("demand.region_share.{end_use}.china"),
            format!("{moment} of 2024, given the other shares"),
        ));
    }
    let parameters = monazite_physical::calibrate(&base, &assumed).map_err(|e| refused(&e))?;
    let targets = last_prices()?;
    Ok(Calibration {
        parameters,
        pinned,
        notes: vec![spot_note, share_note, licences.note()],
        licences,
        targets,
        price_sd: spot_sd,
    })
}

fn refused(e: &PhysicalError) -> Diagnostic {
    Diagnostic::error("M002", format!("the physical market could not be calibrated: {e}"))
        .help("this is a fault of the bundled data or of the program")
}

fn lacking(what: String, file: &str) -> Diagnostic {
    Diagnostic::error("D041", what).in_file(file)
}

/// The two-factor fit to the Nd oxide price, and the s.d. of its monthly changes.
fn futures(
    catalogue: &Catalogue,
    assumed: &mut Assumed,
    pinned: &mut Vec<(String, String)>,
) -> Result<(f64, String), Diagnostic> {
    let period = |text: &str| text.parse::<Period>().map_err(|e| series_fault(&e));
    let (from, to) = (period(SPOT_SAMPLE.0)?, period(SPOT_SAMPLE.1)?);
    let series =
        catalogue.series("nd-oxide-price")?.window(from, to).map_err(|e| series_fault(&e))?;
    let spot = |e: &dyn std::fmt::Display| {
        Diagnostic::error("M002", format!("the two-factor price could not be fitted: {e}"))
            .help("look at the series with `monazite data show nd-oxide-price`")
    };
    let prices = LogPrices::from_series(&series).map_err(|e| spot(&e))?;
    let fit =
        TwoFactor::new().with_bootstrap(Bootstrap::none()).fit(&prices).map_err(|e| spot(&e))?;
    let sample =
        format!("two-factor model, monthly Nd oxide price {from} to {to}, averages of days");
    let estimated = |estimate: &monazite_econometrics::Estimate, unit: &str| {
        // Where the likelihood is flat there is no standard error, and the range is the value.
        let range = |end: f64| if end.is_finite() { end } else { estimate.value };
        Parameter::ranged(
            estimate.value,
            range(estimate.lo95),
            range(estimate.hi95),
            unit,
            Origin::estimated(sample.clone()),
        )
    };
    let futures = &mut assumed.futures;
    futures.kappa = estimated(&fit.kappa(), "a year");
    futures.sigma_xi = estimated(&fit.sigma_xi(), "per √year");
    futures.sigma_chi = estimated(&fit.sigma_chi(), "per √year");
    let (low, high) = fit.rho_range();
    futures.rho = Parameter::ranged(
        fit.rho(),
        low,
        high,
        "1",
        Origin::assumed("one spot series has the same likelihood for every ρ in this range"),
    );
    let moment = if fit.identified() {
        "autocovariances of Δln Nd".to_owned()
    } else {
        format!("autocovariances of Δln Nd, weakly: {}", fit.reasons().join("; "))
    };
    for name in ["kappa", "sigma_chi", "sigma_xi"] {
        pinned.push((format!("futures.{name}"), moment.clone()));
    }
    pinned.push(("futures.rho".to_owned(), "not identified".to_owned()));
    let changes = monthly_changes(&series);
    let sd = standard_deviation(&changes);
    let note = format!(
        "s.d. of monthly Δln Nd {from} to {to}: {sd:.4} ({} changes); half-life of a passing shock {:.2} years",
        changes.len(),
        fit.half_life()
    );
    Ok((sd, note))
}

fn monthly_changes(series: &Series) -> Vec<f64> {
    let prices = series.dense();
    prices.windows(2).filter_map(|w| Some((w[1]? / w[0]?).ln())).collect()
}

fn standard_deviation(values: &[f64]) -> f64 {
    values.iter().copied().collect::<monazite_stochastic::Moments>().standard_deviation()
}

/// Prices, output, demand and the exchange rate of 2024; region shares are assumptions so far.
fn base_year(catalogue: &Catalogue) -> Result<BaseYear, Diagnostic> {
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
    let dytb = 0.8 * quote("Dy oxide", "2024")?.0 + 0.2 * quote("Tb oxide", "2024")?.0;
    let kt = |sector: &str| {
        Ok::<Parameter, Diagnostic>(Parameter::around(
            1000.0 * iea(sector, BASE_YEAR)?,
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
        ore_output: ore_output()?,
        magnet_demand_ev: kt("Electric vehicles")?,
        magnet_demand_wind: kt("Wind")?,
        magnet_demand_other: kt("Other uses")?,
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
fn quote(product: &str, prefix: &str) -> Result<(f64, String), Diagnostic> {
    let rows = table::<PriceQuote>()?;
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

/// Last dated domestic quotes, without VAT.
fn last_prices() -> Result<[Parameter; N_BASKETS], Diagnostic> {
    let vat = 1.0 + conversion("vat-rate")?;
    let mixed = |parts: &[(&str, f64)]| {
        let (mut value, mut dates) = (0.0, Vec::new());
        for (product, weight) in parts {
            let (price, date) = quote(product, "20")?;
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
        mixed(&[("La oxide", 1.0 / 3.0), ("Ce oxide", 2.0 / 3.0)])?,
        mixed(&[("NdPr oxide", 1.0)])?,
        mixed(&[("Dy oxide", 0.8), ("Tb oxide", 0.2)])?,
    ])
}

/// t REO of 2024 by ore: China's from its quotas, others from USGS.
fn ore_output() -> Result<[Parameter; N_ORES], Diagnostic> {
    let rows = table::<MineOutput>()?;
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
fn with_observed_trade(
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
                "M002",
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
fn yearly_shipments(base: &BaseYear, assumed: &Assumed, output: Output) -> Result<f64, Diagnostic> {
    let mut parameters = monazite_physical::calibrate(base, assumed).map_err(|e| refused(&e))?;
    parameters.licences.control_month = None;
    let start = month(BASE_YEAR, 1)?;
    let conduct = Conduct::Theta(parameters.base_theta.value);
    let activity = ActivityPaths::constant(2, 1).map_err(|e| refused(&e))?;
    let run = still(&parameters, &activity, start, conduct)?;
    Ok(12.0 * run.at(output, 0).map_err(|e| refused(&e))?[0])
}

/// A baseline without disturbances.
fn still(
    parameters: &Parameters,
    activity: &ActivityPaths,
    start: Period,
    conduct: Conduct,
) -> Result<monazite_physical::Run, Diagnostic> {
    let mut parameters = parameters.clone();
    for one in &mut parameters.disturbance.standard_deviation {
        one.value = 0.0;
    }
    baseline(&parameters, activity, start, conduct)
}

fn baseline(
    parameters: &Parameters,
    activity: &ActivityPaths,
    start: Period,
    conduct: Conduct,
) -> Result<monazite_physical::Run, Diagnostic> {
    let scenario = Scenario::baseline();
    let spec =
        WorldSpec { parameters, scenario: &scenario, conduct, start, seed: 1, n_threads: None };
    simulate(&spec, activity).map_err(|e| refused(&e))
}

/// Rounds of the search for levels, and its tolerance in logs.
const MAX_ROUNDS: usize = 400;
const LEVEL_TOLERANCE: f64 = 1e-4;
/// Step of ln level for an error of ln price: less than the inverse of the month's flexibility, so that it settles.
const STEP: f64 = 0.05;

impl Calibration {
    /// Anchored to the last prices: demand levels at which the first month starts there under the base year's conduct,
    /// prices that buyers have adapted to, and the s.d. of the disturbance. `activity` is what will be simulated.
    ///
    /// # Errors
    /// `M002` if the market cannot be solved or levels do not settle.
    pub fn anchored(
        &self,
        catalogue: &Catalogue,
        activity: &ActivityPaths,
        start: Period,
    ) -> Result<Self, Diagnostic> {
        let mut result = self.clone();
        result.adapt_prices(catalogue, start)?;
        result.set_levels(activity, start)?;
        result.set_disturbance(activity, start)?;
        Ok(result)
    }

    /// ln p̃ before `start`: λ of the gap a month, from the base price in mid-2024 on. Between the base year and the last
    /// quote `NdPr` follows the monthly Nd oxide price; the others move in a straight line in logs.
    fn adapt_prices(&mut self, catalogue: &Catalogue, start: Period) -> Result<(), Diagnostic> {
        let series = catalogue.series("nd-oxide-price")?;
        let lambda = self.parameters.demand.adjustment.value;
        let first = month(BASE_YEAR, 7)?;
        let n_months = usize::try_from(start.ordinal() - first.ordinal()).unwrap_or(0).max(1);
        let base_nd = self.parameters.base_price[1].value;
        for basket in Basket::ALL {
            let b = basket.index();
            let total = (self.targets[b].value / self.parameters.base_price[b].value).ln();
            let (mut adapted, mut last_seen) = (0.0, 0.0);
            for (t, at) in first.run(n_months).enumerate() {
                let straight = total * (t + 1) as f64 / n_months as f64;
                let seen = match (basket, series.get(at)) {
                    // The series turns into f.o.b. quotes that hold a licence premium: never above the last quote.
                    (Basket::NdPr, Some(p)) => {
                        (p / (1.0 + self.parameters.trade.vat.value) / base_nd)
                            .ln()
                            .min(total.max(0.0))
                    }
                    (Basket::NdPr, None) => last_seen,
                    _ => straight,
                };
                last_seen = seen;
                adapted += lambda * (seen - adapted);
            }
            let value = self.parameters.base_price[b].value * f64::exp(adapted);
            self.parameters.start_price[b] = Parameter::around(
                value,
                0.1,
                "CNY/t",
                Origin::estimated(format!(
                    "prices from {first} to the last quote, adapted to at λ a month"
                )),
            );
        }
        self.pinned
            .push(("start_price".to_owned(), "prices since the base year, given λ".to_owned()));
        Ok(())
    }

    fn set_levels(&mut self, activity: &ActivityPaths, start: Period) -> Result<(), Diagnostic> {
        let mean = mean_activity(activity)?;
        let conduct = Conduct::Theta(self.parameters.base_theta.value);
        let mut level = [1.0_f64; N_BASKETS];
        let mut gap = [f64::INFINITY; N_BASKETS];
        for _ in 0..MAX_ROUNDS {
            for (one, value) in self.parameters.demand.level.iter_mut().zip(level) {
                one.value = value;
            }
            let run = still(&self.parameters, &mean, start, conduct)?;
            for basket in Basket::ALL {
                let b = basket.index();
                let price = run.at(Output::Price(basket), 0).map_err(|e| refused(&e))?[0];
                // A price at the floor has no logarithm: a tenth of the target says "far below".
                let price = price.max(0.1 * self.targets[b].value);
                gap[b] = (self.targets[b].value / price).ln();
                level[b] *= (STEP * gap[b]).exp();
            }
            if gap.iter().all(|one| one.abs() < LEVEL_TOLERANCE) {
                break;
            }
        }
        let worst = gap.iter().fold(0.0_f64, |a, g| a.max(g.abs()));
        if worst.is_nan() || worst > 0.02 {
            return Err(Diagnostic::error(
                "M002",
                format!(
                    "no level of demand starts the simulation at the last prices: ln gaps {gap:.3?}"
                ),
            )
            .help("the last quotes may be out of reach of the calibrated supply"));
        }
        for (b, one) in self.parameters.demand.level.iter_mut().enumerate() {
            *one = Parameter::around(
                level[b],
                0.02,
                "1",
                Origin::estimated(format!(
                    "so that {start} starts at the last price observed, given activity and the conduct of the base year"
                )),
            );
        }
        self.pinned.push(("demand.level".to_owned(), "last observed prices".to_owned()));
        self.notes.push(format!(
            "level of demand that activity does not explain: LaCe {:.3}, NdPr {:.3}, DyTb {:.3} of the base year",
            level[0], level[1], level[2]
        ));
        Ok(())
    }

    /// Scales the s.d. of the disturbance until simulated months vary as observed ones do.
    fn set_disturbance(
        &mut self,
        activity: &ActivityPaths,
        start: Period,
    ) -> Result<(), Diagnostic> {
        let conduct = Conduct::Theta(self.parameters.base_theta.value);
        let mut simulated = 0.0;
        let mut sd = self.parameters.disturbance.standard_deviation[1].value;
        for _ in 0..6 {
            for one in &mut self.parameters.disturbance.standard_deviation {
                *one = Parameter::around(
                    sd,
                    0.25,
                    "ln demand",
                    Origin::estimated(
                        "so that simulated monthly Δln NdPr has the s.d. of Δln Nd 2013-01 to 2024-07; the same for all baskets",
                    ),
                );
            }
            let run = baseline(&self.parameters, activity, start, conduct)?;
            simulated = monthly_sd(&run)?;
            if (simulated / self.price_sd - 1.0).abs() < 0.01 {
                break;
            }
            // Without disturbances prices still move, so the step is cautious.
            sd *= (self.price_sd / simulated).clamp(0.4, 2.5);
        }
        self.pinned.push((
            "disturbance.standard_deviation.NdPr".to_owned(),
            "s.d. of monthly Δln Nd 2013-01 to 2024-07".to_owned(),
        ));
        self.notes.push(format!(
            "s.d. of monthly Δln NdPr: {simulated:.4} simulated, {:.4} observed",
            self.price_sd
        ));
        Ok(())
    }
}

/// S.d. over paths of monthly changes of the log `NdPr` price around their mean in the month, averaged over months: what
/// all paths share, a decision of the supplier or a trend, is not disturbance.
fn monthly_sd(run: &monazite_physical::Run) -> Result<f64, Diagnostic> {
    let price = |t: usize| run.at(Output::Price(Basket::NdPr), t).map_err(|e| refused(&e));
    let (mut squares, mut n) = (0.0, 0.0);
    for t in 1..run.n_months() {
        let (before, now) = (price(t - 1)?, price(t)?);
        let changes: Vec<f64> = before.iter().zip(&now).map(|(a, b)| (b / a).ln()).collect();
        squares += standard_deviation(&changes).powi(2);
        n += 1.0;
    }
    if n == 0.0 {
        return Err(Diagnostic::error("M002", "one month has no monthly changes")
            .help("let the simulation run for at least two months"));
    }
    Ok((squares / n).sqrt())
}

/// Two paths of the mean of all, for the months up to the supplier's second decision: what the first one goes by.
fn mean_activity(activity: &ActivityPaths) -> Result<ActivityPaths, Diagnostic> {
    // January and July: no more than six months apart.
    let n_months = activity.n_months().min(6);
    let mut mean = ActivityPaths::constant(2, n_months).map_err(|e| refused(&e))?;
    for region in Region::ALL {
        for end_use in EndUse::ALL {
            let mut total = vec![0.0; n_months];
            for path in 0..activity.n_paths() {
                for (sum, value) in total.iter_mut().zip(activity.months(path, region, end_use)) {
                    *sum += value / activity.n_paths() as f64;
                }
            }
            for path in 0..2 {
                mean.set(path, region, end_use, &total).map_err(|e| refused(&e))?;
            }
        }
    }
    Ok(mean)
}

const _: () = assert!(Ore::ALL.len() == N_ORES, "ore output follows Ore::ALL");
