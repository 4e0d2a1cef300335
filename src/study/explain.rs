//! What moved value: pass-through of the oxide price to the export unit value, and price, quantity and mix.

use monazite_econometrics::{
    Bandwidth, Column, Covariance, EconometricsError, Estimate, Ols, OlsFit,
};
use monazite_series::{
    Period, ProductTrade, Series, SeriesError, ValueChange, lunar_new_year_regressors,
    split_value_change,
};
use serde::Serialize;

use crate::data::{Catalogue, Conversion, GrowthRate, table};
use crate::diagnostic::Diagnostic;

/// Everything the report explains.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Pass-through of the oxide price to the export unit value.
    pub pass_through: PassThrough,
    /// Exact tonnage × unit-value splits of printed changes, newest last.
    pub paradox: Vec<TwoWay>,
    /// Price, quantity and mix by year where product detail exists.
    pub by_product: Vec<AnnualSplit>,
    /// What is left of the fall in the unit value of 2025 once the oxide price is allowed for.
    pub mix_residual: MixResidual,
}

/// The regression of the log unit value on lagged log oxide prices, mix, controls and the holiday.
#[derive(Debug, Clone)]
pub struct PassThrough {
    /// In levels, HAC standard errors.
    pub levels: OlsFit,
    /// The same in first differences, without the step.
    pub differences: OlsFit,
    /// Sum of the price coefficients: the pass-through after three months.
    pub long_run: Estimate,
    /// The same in differences.
    pub long_run_differences: Estimate,
}

/// A printed change of value and tonnage, split exactly in logs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TwoWay {
    /// Last month of the window; it starts in January.
    pub to: Period,
    /// Months covered.
    pub months: u32,
    /// Change of value over the same months of the year before, per cent.
    pub value_percent: f64,
    /// Change of tonnage, per cent.
    pub tonnage_percent: f64,
    /// Change of the unit value that follows, per cent.
    pub unit_value_percent: f64,
    /// Part of the log change of value due to tonnage, in hundredths of a log unit.
    pub tonnage_log_points: f64,
    /// Part due to the unit value.
    pub unit_value_log_points: f64,
    /// Sources of the two printed changes.
    pub sources: [String; 2],
}

/// Price, quantity and mix of one year against the year before, USD million.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnnualSplit {
    /// The later year.
    pub year: i32,
    /// The parts.
    pub change: ValueChange,
}

/// The change of the unit value in 2025 beyond what the oxide price explains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MixResidual {
    /// Last month of the window; it starts in January 2025.
    pub to: Period,
    /// Log change of the unit value in hundredths.
    pub unit_value_log_points: f64,
    /// Log change of the Nd oxide price in dollars, lagged one month, in hundredths.
    pub price_log_points: f64,
    /// That times the pass-through.
    pub explained_log_points: f64,
    /// Standard error of it, from the regression.
    pub explained_se: f64,
    /// What is left: mix and everything else.
    pub residual_log_points: f64,
}

/// Number of lags of the oxide price in the regression.
const PRICE_LAGS: usize = 3;
/// Lags of the Bartlett kernel: about n^(1/3) and more than the price lags.
const HAC_LAGS: usize = 6;

/// Computes all of it from the bundled data.
///
/// # Errors
/// `M0xx` if a regression cannot be estimated, `D041` if a bundled table is not as it should be.
pub fn explain(catalogue: &Catalogue) -> Result<Explanation, Diagnostic> {
    let pass_through = pass_through(catalogue)?;
    let paradox = printed_changes()?;
    let mix_residual = mix_residual(catalogue, &pass_through, &paradox)?;
    Ok(Explanation { pass_through, paradox, by_product: annual_splits(catalogue)?, mix_residual })
}

pub(crate) fn series_fault(e: &SeriesError) -> Diagnostic {
    Diagnostic::error("D041", e.to_string())
        .help("this is a fault of the bundled data or of the program")
}

fn model_fault(e: &EconometricsError) -> Diagnostic {
    Diagnostic::error("M002", format!("the pass-through regression cannot be estimated: {e}"))
        .help("look at the series it uses with `monazite data show comtrade-284690-value`")
}

fn month(year: i32, month: u32) -> Result<Period, Diagnostic> {
    Period::month(year, month).map_err(|e| series_fault(&e))
}

/// Value over tonnage of HS 280530 + 284690, USD/kg, where both are known.
///
/// # Errors
/// `D041`.
pub fn unit_value(catalogue: &Catalogue) -> Result<Series, Diagnostic> {
    let quantity = catalogue
        .series("comtrade-280530-quantity")?
        .plus(&catalogue.series("comtrade-284690-quantity")?, "quantity")
        .map_err(|e| series_fault(&e))?;
    let per_kg = "USD/kg".parse().map_err(|e| series_fault(&e))?;
    catalogue
        .series("re-exports-value")?
        .ratio(&quantity, "re-exports-unit-value")
        .and_then(|ratio| ratio.to_unit(&per_kg))
        .map_err(|e| series_fault(&e))
}

/// The Nd oxide price in dollars per kilogram without value-added tax.
fn oxide_price_usd(catalogue: &Catalogue) -> Result<Series, Diagnostic> {
    let vat = conversion("vat-rate")?;
    let rate = catalogue.series("usd-cny")?;
    let price = catalogue.series("nd-oxide-price")?;
    let observations = price
        .observations()
        .iter()
        .filter_map(|o| rate.get(o.period).map(|x| (o, x)))
        .map(|(o, x)| monazite_series::Observation {
            value: o.value / (1.0 + vat) / x / 1000.0,
            ..*o
        })
        .collect();
    let unit = "USD/kg".parse().map_err(|e| series_fault(&e))?;
    Series::new("nd-oxide-usd", unit, monazite_series::Aggregation::Mean, observations)
        .map_err(|e| series_fault(&e))
}

/// A bundled conversion factor.
///
/// # Errors
/// `D041` if there is none of that name.
pub fn conversion(id: &str) -> Result<f64, Diagnostic> {
    table::<Conversion>()?.iter().find(|c| c.id == id).map(|c| c.value).ok_or_else(|| {
        Diagnostic::error("D041", format!("no conversion `{id}`")).in_file("data/conversions.csv")
    })
}

fn pass_through(catalogue: &Catalogue) -> Result<PassThrough, Diagnostic> {
    // Three months before the first unit value, so that no observation is lost to the lags.
    let (from, to) = (month(2017, 10)?, month(2024, 12)?);
    let column = |series: &Series| Column::from_series(series, from, to);
    let unit_value = column(&unit_value(catalogue)?)
        .log()
        .map_err(|e| model_fault(&e))?
        .renamed("ln unit value");
    let price = column(&oxide_price_usd(catalogue)?)
        .log()
        .map_err(|e| model_fault(&e))?
        .renamed("ln Nd oxide");
    let metals = column(&catalogue.series("comtrade-280530-quantity")?);
    let compounds = column(&catalogue.series("comtrade-284690-quantity")?);
    let n = metals.values().len();
    let share = metals.values().iter().zip(compounds.values()).map(|(m, c)| m / (m + c)).collect();
    let share = Column::new("share of metals", share);
    let reporting = month(2023, 11)?;
    let step = from.run(n).map(|p| f64::from(u8::from(p >= reporting))).collect();
    let step = Column::new("export reporting duty", step);
    let [before, after] = lunar_new_year_regressors(from, n).map_err(|e| series_fault(&e))?;
    let holiday =
        [Column::new("before Lunar New Year", before), Column::new("after Lunar New Year", after)];
    let lags: Vec<Column> = (1..=PRICE_LAGS).map(|lag| price.lagged(lag)).collect();
    let spec = Ols::new().from_period(from).with_covariance(Covariance::Hac {
        bandwidth: Bandwidth::Lags(HAC_LAGS),
        small_sample: true,
    });
    let mut regressors = lags.clone();
    regressors.push(share.clone());
    regressors.push(step);
    regressors.extend(holiday.iter().cloned());
    let levels = spec.fit(&unit_value, &regressors).map_err(|e| model_fault(&e))?;
    let mut changes: Vec<Column> = lags.iter().map(Column::differenced).collect();
    changes.push(share.differenced());
    changes.extend(holiday.iter().map(Column::differenced));
    let differences = spec.fit(&unit_value.differenced(), &changes).map_err(|e| model_fault(&e))?;
    Ok(PassThrough {
        long_run: sum_of_lags("sum of price lags", &levels),
        long_run_differences: sum_of_lags("sum of price lags, differences", &differences),
        levels,
        differences,
    })
}

/// The sum of the price coefficients, which follow the intercept, and its standard error.
fn sum_of_lags(name: &str, fit: &OlsFit) -> Estimate {
    let k = fit.coefficients().len();
    let at = 1..=PRICE_LAGS;
    let value = at.clone().map(|i| fit.coefficients()[i]).sum();
    let variance: f64 = at
        .clone()
        .flat_map(|i| at.clone().map(move |j| (i, j)))
        .map(|(i, j)| fit.covariance()[i * k + j])
        .sum();
    Estimate::normal(name, value, variance.sqrt())
}

/// Windows from January on for which both changes over the year before are printed.
fn printed_changes() -> Result<Vec<TwoWay>, Diagnostic> {
    let rates = table::<GrowthRate>()?;
    let since_january =
        |r: &&GrowthRate| r.basis == "y/y" && r.span as usize == r.ds.season() + 1 && r.span > 1;
    let mut list: Vec<TwoWay> = rates
        .iter()
        .filter(since_january)
        .filter(|r| r.measure == "value" && r.ds.year() >= 2019)
        .filter_map(|value| {
            let same =
                |r: &&GrowthRate| r.measure == "volume" && r.ds == value.ds && r.span == value.span;
            rates.iter().filter(since_january).find(same).map(|tonnage| two_way(value, tonnage))
        })
        .collect();
    list.sort_by_key(|w| (w.to, w.months));
    Ok(list)
}

fn two_way(value: &GrowthRate, tonnage: &GrowthRate) -> TwoWay {
    let (v, q) = ((1.0 + value.change / 100.0).ln(), (1.0 + tonnage.change / 100.0).ln());
    TwoWay {
        to: value.ds,
        months: value.span,
        value_percent: value.change,
        tonnage_percent: tonnage.change,
        unit_value_percent: 100.0 * ((v - q).exp() - 1.0),
        tonnage_log_points: 100.0 * q,
        unit_value_log_points: 100.0 * (v - q),
        sources: [value.source.clone(), tonnage.source.clone()],
    }
}

fn annual_splits(catalogue: &Catalogue) -> Result<Vec<AnnualSplit>, Diagnostic> {
    let annual = |id: &str| catalogue.series(id).map(|s| s.annual());
    let products = [
        (annual("comtrade-280530-value")?, annual("comtrade-280530-quantity")?),
        (annual("comtrade-284690-value")?, annual("comtrade-284690-quantity")?),
    ];
    let trade = |year: i32| -> Option<Vec<ProductTrade>> {
        let of = |list: &[(i32, f64)]| list.iter().find(|(y, _)| *y == year).map(|(_, v)| *v);
        products
            .iter()
            .map(|(value, quantity)| {
                Some(ProductTrade { value: of(value)? / 1e6, quantity: of(quantity)? })
            })
            .collect()
    };
    let mut splits = Vec::new();
    for year in 2019..=2024 {
        if let (Some(before), Some(after)) = (trade(year - 1), trade(year)) {
            let change = split_value_change(&before, &after).map_err(|e| series_fault(&e))?;
            splits.push(AnnualSplit { year, change });
        }
    }
    Ok(splits)
}

fn mix_residual(
    catalogue: &Catalogue,
    pass_through: &PassThrough,
    windows: &[TwoWay],
) -> Result<MixResidual, Diagnostic> {
    let window = windows.iter().rfind(|w| w.to.year() == 2025).ok_or_else(|| {
        Diagnostic::error("D041", "no printed change of both value and tonnage in 2025")
            .in_file("data/growth-rates.csv")
    })?;
    let price = oxide_price_usd(catalogue)?;
    let mean_log = |first: Period| {
        let months: Option<Vec<f64>> =
            first.run(window.months as usize).map(|p| price.get(p.plus(-1)).map(f64::ln)).collect();
        months.map(|m| m.iter().sum::<f64>() / m.len() as f64)
    };
    let (now, before) = (mean_log(month(2025, 1)?), mean_log(month(2024, 1)?));
    let change = now.zip(before).map(|(a, b)| 100.0 * (a - b)).ok_or_else(|| {
        Diagnostic::error("D041", "a month of nd-oxide-price is missing in 2024 or 2025")
            .in_file("data/prices.csv")
    })?;
    let explained = pass_through.long_run.value * change;
    Ok(MixResidual {
        to: window.to,
        unit_value_log_points: window.unit_value_log_points,
        price_log_points: change,
        explained_log_points: explained,
        explained_se: pass_through.long_run.se * change.abs(),
        residual_log_points: window.unit_value_log_points - explained,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained() -> Explanation {
        explain(&Catalogue::bundled().unwrap()).unwrap()
    }

    #[test]
    fn the_paradox_of_2025_is_split_exactly() {
        let all = explained();
        let july = all.paradox.iter().find(|w| w.to.to_string() == "2025-07").unwrap();
        assert_eq!((july.value_percent, july.tonnage_percent), (-23.3, 13.3));
        // .767/1.133 − 1 by hand.
        assert!((july.unit_value_percent + 32.303_6).abs() < 1e-3, "{}", july.unit_value_percent);
        let total = 100.0 * 0.767_f64.ln();
        assert!((july.tonnage_log_points + july.unit_value_log_points - total).abs() < 1e-12);
        for split in &all.by_product {
            let c = split.change;
            assert!((c.total - c.quantity - c.mix - c.price).abs() < 1e-9, "{}", split.year);
        }
        assert_eq!(
            all.by_product.iter().map(|s| s.year).collect::<Vec<_>>(),
            (2019..=2024).collect::<Vec<_>>()
        );
    }

    /// statsmodels 0.15.0: `OLS(ln uv, [1, price lags 1–3, share, step, holiday]).fit(cov_type="HAC",
    /// cov_kwds={"maxlags": 6, "use_correction": True})` on the same figures, 2018-01 to 2024-12.
    #[test]
    fn pass_through_agrees_with_statsmodels() {
        let pass = explained().pass_through;
        assert_eq!((pass.levels.n(), pass.levels.n_dropped()), (84, 3));
        let share = pass.levels.coefficient("share of metals").unwrap();
        let golden = [
            (pass.long_run.value, 0.658_058_286_1),
            (pass.long_run.se, 0.067_009_925_1),
            (share.value, 1.494_041_018),
            (share.se, 0.434_399_466),
            (pass.levels.r_squared(), 0.706_736_359_96),
        ];
        for (ours, theirs) in golden {
            assert!((ours / theirs - 1.0).abs() < 1e-8, "{ours} against {theirs}");
        }
    }
}
