//! Forecasts by way of STL: the last season again, and dynamic optimised theta for what it leaves.
//!
//! Use it where the season changes over the years. It assumes that it goes on as it was last (Hyndman and Athanasopoulos
//! 2021, §13.2) and, like them, leaves the uncertainty of the season out. Without more than two seasons of figures there is
//! no season to repeat, and the method is the theta model alone.

use serde::{Deserialize, Serialize};

use crate::method::{Estimated, Method, Refusal};
use crate::seasonal_adjustment::{Adjusted, SeasonalIndices};
use crate::{ForecastError, Forecaster, MethodFit, Sample, Stl, Theta, Transform};

/// STL, and theta on the seasonally adjusted figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StlForecast {
    /// The decomposition.
    pub stl: Stl,
    /// Scale it works on; `None`: logarithms where every figure is positive.
    pub transform: Option<Transform>,
}

impl StlForecast {
    /// With a season that changes over some thirteen years, in logarithms where it can.
    pub fn new(season: usize) -> Self {
        Self { stl: Stl::windowed(season, 13), transform: None }
    }

    /// The theta model of what is left.
    fn theta(&self) -> Theta {
        Theta { transform: self.transform, ..Theta::dynamic_optimised(0) }
    }
}

impl Method for StlForecast {
    fn label(&self) -> String {
        format!("STL [{}] and {}", self.stl.season, self.theta().label())
    }

    fn needed(&self) -> usize {
        self.theta().needed()
    }

    fn estimate(&self, y: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        let theta = self.theta();
        if y.len() < theta.needed() {
            return Err(Refusal::TooShort { needed: theta.needed() });
        }
        let mut adjusted = Adjusted::of(y, 0, self.transform, true)?;
        if let Some(parts) = self.stl.decompose(&adjusted.figures) {
            let m = self.stl.season;
            let last = parts.seasons_ahead(m);
            // By place in the season from the first figure on.
            let place = |j: usize| last[(j + m - y.len() % m) % m];
            adjusted.season = SeasonalIndices::given((0..m).map(place).collect());
            for (w, s) in adjusted.figures.iter_mut().zip(parts.seasonal()) {
                *w -= s;
            }
        }
        Ok(Box::new(theta.of_adjusted(adjusted)))
    }
}

impl Forecaster for StlForecast {
    type Fit = MethodFit;

    fn fit(&self, sample: &Sample) -> Result<MethodFit, ForecastError> {
        MethodFit::of(self, sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever place in the season the figures end at, the next ones have their own.
    #[test]
    fn the_season_goes_on_where_it_was() {
        let pattern = [3.0, -1.0, -4.0, 2.0];
        let figures: Vec<f64> =
            (0..43).map(|t| 50.0 + pattern[t % 4] + 0.01 * (t * t % 7) as f64).collect();
        let method = StlForecast { transform: Some(Transform::None), ..StlForecast::new(4) };
        for n in 36..43 {
            let ahead = method.estimate(&figures[..n]).unwrap().marginals(6);
            for (h, marginal) in ahead.iter().enumerate() {
                let expected = 50.0 + pattern[(n + h) % 4];
                assert!((marginal.mean() - expected).abs() < 0.2, "{n} {h} {}", marginal.mean());
            }
        }
    }

    #[test]
    fn short_series_have_no_season_and_shorter_ones_no_forecast() {
        let method = StlForecast::new(12);
        let figures: Vec<f64> = (1..=24).map(|t| f64::from(t * t % 11 + 1)).collect();
        for n in 0..=24 {
            match method.estimate(&figures[..n]) {
                Ok(estimate) => assert_eq!(estimate.marginals(3).len(), 3),
                Err(refused) => assert!(n < 7 && refused == Refusal::TooShort { needed: 7 }),
            }
        }
    }
}
