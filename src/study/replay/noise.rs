//! Monthly noise of customs figures that the market does not have: ships, holidays, reporting.

use monazite_series::{Period, Series};

use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;

/// S.d. of the log of a month's figure about the market's path.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct MonthlyNoise {
    /// Of magnet tonnage.
    pub magnets: f64,
    /// Of export value.
    pub value: f64,
}

impl MonthlyNoise {
    /// From what was known: magnets of all metals, and the headline's codes without cerium.
    ///
    /// # Errors
    /// `D041` if a series is missing or too short.
    pub fn of(known: &Catalogue) -> Result<Self, Diagnostic> {
        let metal = known.series("comtrade-280530-quantity")?;
        let compounds = known.series("comtrade-284690-quantity")?;
        let raw = |month: Period| Some(metal.get(month)? + compounds.get(month)?);
        let magnets = known.series("comtrade-850511-quantity")?;
        Ok(Self {
            magnets: about_the_mean(&magnets, &|month| magnets.get(month))?,
            value: about_the_mean(&compounds, &raw)?,
        })
    }
}

/// Root mean square of the log of a month over its centred twelve-month mean, April to December of all years.
fn about_the_mean(series: &Series, of: &dyn Fn(Period) -> Option<f64>) -> Result<f64, Diagnostic> {
    let (mut squares, mut n) = (0.0, 0.0);
    for month in series.first_period().run(series.n_periods()) {
        if month.season() < 3 {
            continue;
        }
        let around: Option<f64> =
            (-6..=6).map(|k| Some(of(month.plus(k))? * if k.abs() == 6 { 0.5 } else { 1.0 })).sum();
        if let Some((value, around)) = of(month).zip(around) {
            let log: f64 = (12.0 * value / around).ln();
            squares += log * log;
            n += 1.0;
        }
    }
    if n < 12.0 {
        return Err(Diagnostic::error("D041", format!("`{}` is too short", series.id()))
            .in_file("data/comtrade-monthly.csv"));
    }
    Ok(f64::sqrt(squares / n))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level with ± 10 % in turn: the mean of twelve months around is the level, up to one part in a hundred.
    #[test]
    fn a_zigzag_has_its_own_size() {
        let first: Period = "2020-01".parse().unwrap();
        let values: Vec<f64> = (0..48).map(|t| if t % 2 == 0 { 110.0 } else { 90.0 }).collect();
        let unit = "t".parse().unwrap();
        let series =
            Series::from_values("x", unit, monazite_series::Aggregation::Sum, first, &values)
                .unwrap();
        let found = about_the_mean(&series, &|m| series.get(m)).unwrap();
        let expected = ((4.0 * 1.1_f64.ln().powi(2) + 5.0 * 0.9_f64.ln().powi(2)) / 9.0).sqrt();
        assert!((found - expected).abs() < 2e-3, "{found} {expected}");
        let noise = MonthlyNoise::of(&Catalogue::bundled().unwrap()).unwrap();
        assert!((0.01..0.3).contains(&noise.magnets) && (0.01..0.3).contains(&noise.value));
    }
}
