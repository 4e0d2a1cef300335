//! From the bundled data to the parameters of the physical market, each with its range, origin and what pins it.
//!
//! The base year is 2024. What data give: mean prices, mine output, demand for magnet rare earths, the exchange rate,
//! magnet and headline tonnage (which set China's share in two uses), the futures process, the s.d. of monthly prices,
//! the licence queue. Everything else stays an assumption and is called `not identified`.
//!
//! Calibration has two steps: [`calibrate`] makes 2024 an equilibrium; [`Calibration::anchored`] lets a simulation that
//! starts later begin at the last prices observed, with one free level a basket, and sets the s.d. of the demand
//! disturbance so that simulated prices of `NdPr` vary from month to month as observed ones do.

use monazite_econometrics::{Bootstrap, LogPrices, RandomWalk, SimulatedMomentsFit, TwoFactor};
use monazite_physical::{
    Assumed, BaseYear, EndUse, Goods, N_BASKETS, Origin, OriginKind, Output, Parameter, Parameters,
    PhysicalError, Region, Storers,
};
use monazite_series::{Period, Series};
use serde::Serialize;

use super::explain::series_fault;
use super::licences::{LicenceFit, fit_licences};
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;

mod anchor;
mod base;
mod fleets;
mod moments;
mod redraw;
mod value_chain;
mod whole_market;

pub use whole_market::{MarketMoment, MarketMoments};

pub(crate) use redraw::{Anchor, Inputs};

use base::{base_year, last_mean, last_prices, with_observed_trade};
use fleets::intensity_note;
use value_chain::set_processed_shares;

/// The base year.
pub const BASE_YEAR: i32 = 2024;
/// Sample of the spot price: one publisher, one definition.
const SPOT_SAMPLE: (&str, &str) = ("2013-01", "2024-07");

/// Parameters with what pins them.
#[derive(Debug, Clone)]
pub struct Calibration {
    base: BaseYear,
    assumed: Assumed,
    parameters: Parameters,
    pinned: Vec<(String, String)>,
    licences: Option<LicenceFit>,
    targets: [Parameter; N_BASKETS],
    prices: LogPrices,
    /// Headline and magnet exports of late, t a month.
    tonnage: [f64; 2],
    price_sd: f64,
    storers: Option<Storers>,
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

    /// Fit of the licence queue to the magnet tonnage of 2025; none of a market before the control.
    pub fn licences(&self) -> Option<&LicenceFit> {
        self.licences.as_ref()
    }

    /// Last observed prices in China, CNY/t without VAT, by basket.
    pub fn last_prices(&self) -> &[Parameter; N_BASKETS] {
        &self.targets
    }

    /// Twelve undisturbed months of the base year without licences: a flow's total.
    ///
    /// # Errors
    /// `M010` if the market cannot be solved.
    pub(crate) fn base_total(&self, output: Output) -> Result<f64, Diagnostic> {
        base::yearly_shipments(&self.base, &self.assumed, output)
    }

    /// Headline and magnet exports of late, t a month, that the market is anchored to.
    pub fn tonnage(&self) -> [f64; 2] {
        self.tonnage
    }

    /// Standard deviation of monthly changes of the log Nd oxide price in the sample.
    pub fn price_sd(&self) -> f64 {
        self.price_sd
    }

    /// Storers of the anchored market, solved: worlds on these parameters share them.
    pub fn storers(&self) -> Option<&Storers> {
        self.storers.as_ref()
    }

    /// σ of the disturbance and cost of storage that the moments of the Nd price ask for, in the market of storers alone.
    ///
    /// # Errors
    /// `M010` if the search fails.
    pub fn price_moments(&self) -> Result<SimulatedMomentsFit, Diagnostic> {
        moments::fit_moments(&self.prices, &self.parameters)
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

/// Makes 2024 an equilibrium, with the licence queue of 2025.
///
/// # Errors
/// `D041` if a bundled table lacks a figure, `M003` if the price process cannot be fitted, `M010` if the calibration fails.
pub fn calibrate(catalogue: &Catalogue) -> Result<Calibration, Diagnostic> {
    let licences = fit_licences(catalogue)?;
    let mut assumed = Assumed::default();
    licences.apply(&mut assumed.licences);
    calibrate_with(catalogue, assumed, Some(licences))
}

/// Makes 2024 an equilibrium of a market in which nothing is licensed yet.
///
/// # Errors
/// As [`calibrate`].
pub(crate) fn calibrate_before_control(
    catalogue: &Catalogue,
    mut assumed: Assumed,
) -> Result<Calibration, Diagnostic> {
    assumed.licences.lift();
    calibrate_with(catalogue, assumed, None)
}

fn calibrate_with(
    catalogue: &Catalogue,
    mut assumed: Assumed,
    licences: Option<LicenceFit>,
) -> Result<Calibration, Diagnostic> {
    let mut pinned = vec![
        ("base_price".to_owned(), "prices of the base year".to_owned()),
        (
            "demand.scale".to_owned(),
            "IEA demand of the base year less fleets by technology; DyTb and LaCe: supply"
                .to_owned(),
        ),
        ("trade.cny_per_usd".to_owned(), "mean of the year".to_owned()),
    ];
    assumed.storage.cost = moments::storage_cost();
    let moments = "AR(1), skewness and kurtosis of monthly Δln Nd, given the elasticity of a month";
    pinned.push(("storage.cost".to_owned(), moments.to_owned()));
    let (prices, spot_sd, spot_note) = futures(catalogue, &mut assumed, &mut pinned)?;
    set_processed_shares(catalogue, &mut assumed)?;
    for region in Region::OUTSIDE {
        pinned.push((
            format!("trade.processed_share.{region}"),
            "export values by code and destination, given the world's share".to_owned(),
        ));
    }
    if licences.is_some() {
        pin_queue(&mut pinned);
    }
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
    let targets = last_prices(catalogue)?;
    // Magnets only since licences no longer hold them back.
    let tonnage = [
        last_mean(catalogue, "re-exports-volume", 12)?,
        last_mean(catalogue, "magnet-exports-world", 6)?,
    ];
    let mut notes = vec![spot_note, intensity_note(&base, &assumed), share_note];
    notes.extend(licences.as_ref().map(LicenceFit::note));
    Ok(Calibration {
        notes,
        base,
        assumed,
        parameters,
        pinned,
        licences,
        targets,
        prices,
        tonnage,
        price_sd: spot_sd,
        storers: None,
    })
}

/// What pins the queue.
fn pin_queue(pinned: &mut Vec<(String, String)>) {
    let queue = "nine monthly magnet tonnages, April to December 2025, with priors: six parameters against nine observations";
    pinned.push(("licences.processed.".to_owned(), queue.to_owned()));
    for goods in Goods::ALL {
        let head = format!("licences.{}", goods.name());
        let announced = "the announcements, not data".to_owned();
        pinned.push((format!("{head}.licensed_share"), announced));
        pinned.push((format!("{head}.military_factor"), "not identified".to_owned()));
    }
    for region in Region::OUTSIDE {
        pinned.push((format!("licences.processed.licensed_share.{region}.NdPr"), queue.to_owned()));
    }
}

fn refused(e: &PhysicalError) -> Diagnostic {
    Diagnostic::error("M010", format!("the physical market could not be calibrated: {e}"))
        .help("this is a fault of the bundled data or of the program")
}

/// The two-factor fit to the Nd oxide price, and the s.d. of its monthly changes.
fn futures(
    catalogue: &Catalogue,
    assumed: &mut Assumed,
    pinned: &mut Vec<(String, String)>,
) -> Result<(LogPrices, f64, String), Diagnostic> {
    let period = |text: &str| text.parse::<Period>().map_err(|e| series_fault(&e));
    let (from, to) = (period(SPOT_SAMPLE.0)?, period(SPOT_SAMPLE.1)?);
    let series =
        catalogue.series("nd-oxide-price")?.window(from, to).map_err(|e| series_fault(&e))?;
    let spot = |e: &dyn std::fmt::Display| {
        Diagnostic::error("M003", format!("the two-factor price could not be fitted: {e}"))
            .help("look at the series with `monazite data show nd-oxide-price`")
    };
    let prices = LogPrices::from_series(&series).map_err(|e| spot(&e))?;
    let fit =
        TwoFactor::new().with_bootstrap(Bootstrap::none()).fit(&prices).map_err(|e| spot(&e))?;
    let data = format!("monthly Nd oxide price {from} to {to}, averages of days");
    let sample = format!("two-factor model, {data}");
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
    if fit.identified() {
        futures.kappa = estimated(&fit.kappa(), "a year");
        futures.sigma_xi = estimated(&fit.sigma_xi(), "per √year");
        futures.sigma_chi = estimated(&fit.sigma_chi(), "per √year");
        let (low, high) = fit.rho_range();
        let why = "one spot series has the same likelihood for every ρ in this range";
        futures.rho = Parameter::ranged(fit.rho(), low, high, "1", Origin::assumed(why));
        for name in ["kappa", "sigma_chi", "sigma_xi"] {
            pinned.push((format!("futures.{name}"), "autocovariances of Δln Nd".to_owned()));
        }
    } else {
        // A fit at the edge of what was searched is no process to price with: the series is a random walk as far as
        // anyone can tell, and a passing part is assumed small.
        let walk = RandomWalk.fit(&prices).map_err(|e| spot(&e))?;
        futures.sigma_xi = estimated(&walk.sigma(), "per √year");
        futures.sigma_xi.origin = Origin::estimated(format!("random walk, {data}"));
        let why = format!("two-factor fit not identified ({data}): {}", fit.reasons().join("; "));
        futures.sigma_chi =
            Parameter::ranged(0.05, 0.0, 0.25, "per √year", Origin::assumed(why.clone()));
        futures.rho = Parameter::ranged(0.0, -1.0, 1.0, "1", Origin::assumed(why.clone()));
        futures.kappa.origin = Origin::assumed(why);
        pinned.push(("futures.sigma_xi".to_owned(), "variance of Δln Nd".to_owned()));
    }
    let changes = monthly_changes(&series);
    let sd = standard_deviation(&changes);
    let note = format!(
        "s.d. of monthly Δln Nd {from} to {to}: {sd:.4} ({} changes); two-factor fit {}",
        changes.len(),
        if fit.identified() {
            "identified".to_owned()
        } else {
            format!("not identified, random walk used: {}", fit.reasons().join("; "))
        }
    );
    Ok((prices, sd, note))
}

fn monthly_changes(series: &Series) -> Vec<f64> {
    let prices = series.dense();
    prices.windows(2).filter_map(|w| Some((w[1]? / w[0]?).ln())).collect()
}

fn standard_deviation(values: &[f64]) -> f64 {
    values.iter().copied().collect::<monazite_stochastic::Moments>().standard_deviation()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_says_where_it_comes_from_and_what_pins_it() {
        let calibration = calibrate(&Catalogue::bundled().unwrap()).unwrap();
        let rows = calibration.rows();
        for row in &rows {
            assert!(row.low <= row.value && row.value <= row.high, "{row:?}");
            assert!(!row.source.is_empty() && !row.pinned_by.is_empty(), "{row:?}");
        }
        let row = |name: &str| rows.iter().find(|r| r.name == name).unwrap();
        assert_eq!(row("demand.elasticity.ev").pinned_by, "not identified");
        assert_eq!(row("demand.elasticity.ev").se, None);
        assert_eq!(row("licences.processed.climb").origin, OriginKind::Estimated);
        assert_eq!(row("licences.processed.military_factor").pinned_by, "not identified");
        assert_eq!(row("licences.raw.climb").pinned_by, "not identified");
        assert_eq!(row("futures.rho").origin, OriginKind::Assumed);
        assert!(
            row("demand.region_share.other-magnets.china").pinned_by.contains("magnet tonnage")
        );
        // 2024: 7.19 CNY per USD; Nd oxide about 404,000 CNY/t with VAT of 13 %.
        assert!((row("trade.cny_per_usd").value - 7.19).abs() < 0.02);
        assert!((row("base_price.NdPr").value / (404_000.0 / 1.13) - 1.0).abs() < 0.02);
    }
}
