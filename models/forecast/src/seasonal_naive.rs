//! Seasonal naive: a month will be what it was a year before.
//!
//! The benchmark of every backtest. Errors of the past, figure against the figure of the same periods a season before,
//! add up from season to season, so that h steps ahead the variance is that of one season times the seasons ahead
//! (Hyndman and Athanasopoulos 2021, §5.5). In logs the errors are relative and no draw is negative. A period that was
//! published only within a sum is taken as an equal share of it, since this model knows no better.

use monazite_series::{Aggregation, Period};
use monazite_statespace::Scale;
use monazite_stochastic::{Key, Purpose};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::forecast::check_counts;
use crate::report::FitReport;
use crate::saved::{Saved, SavedParts};
use crate::{Fitted, Forecast, ForecastError, Forecaster, Marginal, Model, Sample, Transform};

/// Seasonal naive with a season of so many periods; 1 is the naive forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeasonalNaive {
    /// Periods in a season.
    pub season: usize,
}

/// What a seasonal naive forecast needs.
#[derive(Debug, Clone, PartialEq)]
pub struct SeasonalNaiveFit {
    sample: Sample,
    season: usize,
    /// The last season, period by period, in the scale of the model.
    last_season: Vec<f64>,
    /// Root mean square of the errors of a figure.
    deviation: f64,
    n_errors: usize,
}

/// A figure against that of the same periods a season before, in the unit of a single period.
pub(crate) fn seasonal_pairs(sample: &Sample, season: usize) -> Vec<(Period, f64, f64)> {
    let target = sample.target();
    let mean = target.aggregation() == Aggregation::Mean;
    let back = -(season as i64);
    let mut pairs = Vec::new();
    for o in target.observations() {
        let (from, to) = (o.first().plus(back), o.period.plus(back));
        let span = f64::from(o.span);
        let (now, before) = if mean {
            let same = target.observations().iter().find(|x| x.period == to && x.span == o.span);
            let Some(same) = same else { continue };
            (o.value, same.value)
        } else {
            let Some(total) = target.total(from, to) else { continue };
            (o.value / span, total / span)
        };
        pairs.push((o.period, now, before));
    }
    pairs
}

impl Forecaster for SeasonalNaive {
    type Fit = SeasonalNaiveFit;

    fn fit(&self, sample: &Sample) -> Result<SeasonalNaiveFit, ForecastError> {
        let short = |found| ForecastError::TooShort {
            model: format!("seasonal naive [{}]", self.season),
            id: sample.target().id().to_owned(),
            needed: 2 * self.season.max(1),
            found,
            from: sample.target().first_period(),
            to: sample.target().last_period(),
        };
        if self.season == 0 {
            return Err(ForecastError::Count { what: "season", found: 0, needed: 1 });
        }
        let pairs = seasonal_pairs(sample, self.season);
        if pairs.len() < 2 {
            return Err(short(pairs.len()));
        }
        let log = sample.scale() == Scale::Log;
        let squares: f64 = pairs
            .iter()
            .map(|(_, now, before)| if log { (now / before).ln() } else { now - before })
            .map(|e| e * e)
            .sum();
        let last = sample.last_period();
        let mut last_season = Vec::with_capacity(self.season);
        for step in 1..=self.season as i64 {
            let wanted = last.plus(step);
            let value = latest(sample, wanted, self.season).ok_or_else(|| short(pairs.len()))?;
            last_season.push(if log { value.ln() } else { value });
        }
        Ok(SeasonalNaiveFit {
            sample: sample.clone(),
            season: self.season,
            last_season,
            deviation: (squares / pairs.len() as f64).sqrt(),
            n_errors: pairs.len(),
        })
    }
}

/// The latest figure of the season of `period`, an equal share of a sum where there is no other.
fn latest(sample: &Sample, period: Period, season: usize) -> Option<f64> {
    let target = sample.target();
    let mean = target.aggregation() == Aggregation::Mean;
    let mut wanted = period.plus(-(season as i64));
    while wanted >= target.first_period() {
        let covering =
            target.observations().iter().find(|o| o.first() <= wanted && wanted <= o.period);
        if let Some(o) = covering.filter(|o| (o.span as usize) < season.max(2)) {
            return Some(if mean { o.value } else { o.value / f64::from(o.span) });
        }
        wanted = wanted.plus(-(season as i64));
    }
    None
}

impl SeasonalNaiveFit {
    /// Root mean square of its errors in the sample, relative in logs, and their number.
    pub fn in_sample_error(&self) -> (f64, usize) {
        (self.deviation, self.n_errors)
    }
}

impl Fitted for SeasonalNaiveFit {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        check_counts(horizon, 1)?;
        let target = self.sample.target();
        let purpose = Purpose::named(&format!("seasonal naive {}", target.id()));
        let mut paths = Array2::zeros((n_paths, horizon));
        for (path_idx, mut path) in paths.rows_mut().into_iter().enumerate() {
            let mut stream = Key::new(seed).stream(path_idx as u64, purpose);
            let mut season = self.last_season.clone();
            for (h, value) in path.iter_mut().enumerate() {
                let at = h % self.season;
                season[at] += self.deviation * stream.normal();
                *value =
                    if self.sample.scale() == Scale::Log { season[at].exp() } else { season[at] };
            }
        }
        let transform =
            if self.sample.scale() == Scale::Log { Transform::Log } else { Transform::None };
        let marginal = |h: usize| {
            let seasons = (h / self.season + 1) as f64;
            let sd = self.deviation * seasons.sqrt();
            Marginal::normal(self.last_season[h % self.season], sd, transform)
        };
        let marginals = (0..horizon).map(marginal).collect();
        Ok(Forecast::new(&self.sample, self.form(), marginals, paths))
    }

    fn form(&self) -> String {
        format!("seasonal naive [{}]", self.season)
    }

    fn report(&self) -> Option<&FitReport> {
        None
    }

    fn saved(&self) -> Option<SavedParts> {
        let model = Model::SeasonalNaive(SeasonalNaive { season: self.season });
        Some(SavedParts(Saved::Closed { model }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Regressors;
    use monazite_series::{Observation, Series};

    fn month(text: &str) -> Period {
        text.parse().unwrap()
    }

    fn series(values: &[f64]) -> Series {
        Series::from_values("x", "t".parse().unwrap(), Aggregation::Sum, month("2020-01"), values)
            .unwrap()
    }

    #[test]
    fn repeats_the_last_year_with_errors_that_add_up() {
        // Every month is ten more than a year before: errors of 10, no noise about them.
        let values: Vec<f64> =
            (0..36).map(|t| f64::from(t % 12) + 10.0 * f64::from(t / 12)).collect();
        let sample = Sample::new(series(&values), Scale::Level, Regressors::none()).unwrap();
        let fit = SeasonalNaive { season: 12 }.fit(&sample).unwrap();
        assert_eq!(fit.in_sample_error(), (10.0, 24));
        let forecast = fit.forecast(24, 20_000, 3).unwrap();
        assert!((forecast.quantile(0, 0.5).unwrap() - values[24]).abs() < 0.4);
        let sd = |h: usize| forecast.paths().column(h).std(0.0);
        assert!((sd(0) - 10.0).abs() < 0.2 && (sd(12) - 200.0_f64.sqrt()).abs() < 0.3);
    }

    #[test]
    fn a_sum_of_two_months_is_compared_with_the_same_sum() {
        let mut figures: Vec<Observation> = (0..24)
            .filter(|t| t % 12 > 1)
            .map(|t| Observation::new(month("2020-01").plus(t), 100.0))
            .collect();
        for (year, total) in [("2020-02", 150.0), ("2021-02", 210.0)] {
            figures.push(Observation::spanning(month(year), 2, total));
        }
        let series = Series::new("x", "t".parse().unwrap(), Aggregation::Sum, figures).unwrap();
        let sample = Sample::new(series, Scale::Level, Regressors::none()).unwrap();
        let pairs = seasonal_pairs(&sample, 12);
        assert!(pairs.contains(&(month("2021-02"), 105.0, 75.0)));
        let fit = SeasonalNaive { season: 12 }.fit(&sample).unwrap();
        let january = fit.forecast(1, 4000, 1).unwrap();
        assert!((january.quantile(0, 0.5).unwrap() - 105.0).abs() < 0.5, "half of the last sum");
    }

    #[test]
    fn one_year_is_too_short() {
        let sample = Sample::new(series(&[1.0; 12]), Scale::Log, Regressors::none()).unwrap();
        assert!(matches!(
            SeasonalNaive { season: 12 }.fit(&sample),
            Err(ForecastError::TooShort { .. })
        ));
    }
}
