//! STL: seasonal, trend and remainder by local regression.
//!
//! Use it to look at a series whose season changes slowly, and for the strength of trend and season. It assumes an additive
//! season: take logarithms first where it grows with the level.
//!
//! Cleveland, Cleveland, `McRae` and Terpenning (1990, §2): each inner pass smooths the sub-series of each place in the
//! season, takes what is low-frequent in them out again (three moving averages and a local line) and smooths the rest to
//! the trend. Outer passes give figures with large remainders less weight (bisquare). As in the paper, local
//! regressions are computed at every tenth of their window and joined by lines. Places of the season are smoothed by local
//! constants, the trend by local lines. A periodic season is the average of each place.
//! Checked against R 4.2 `stl` in tests/theta.rs.

mod loess;

use self::loess::Smoother;
use serde::{Deserialize, Serialize};

/// How a series is decomposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stl {
    /// Periods in a season, at least 2.
    pub season: usize,
    /// Window over seasons, odd and at least 3, in which a place in the season changes; `None`: periodic.
    pub seasonal_window: Option<usize>,
    /// Window of the trend in periods; `None`: the least odd number from 1.5 m / (1 − 1.5 / seasonal window).
    pub trend_window: Option<usize>,
    /// Whether large remainders count less.
    pub robust: bool,
}

/// Parts of a series that add up to it.
#[derive(Debug, Clone, PartialEq)]
pub struct StlDecomposition {
    season: usize,
    trend: Vec<f64>,
    seasonal: Vec<f64>,
    remainder: Vec<f64>,
}

/// The least odd number from `x` on.
fn next_odd(x: f64) -> usize {
    let up = x.ceil() as usize;
    if up.is_multiple_of(2) { up + 1 } else { up }
}

impl Stl {
    /// Periodic, not robust.
    pub fn periodic(season: usize) -> Self {
        Self { season, seasonal_window: None, trend_window: None, robust: false }
    }

    /// With a season that changes, over a window of so many seasons.
    pub fn windowed(season: usize, window: usize) -> Self {
        Self { seasonal_window: Some(window), ..Self::periodic(season) }
    }

    /// The same with large remainders counting less.
    #[must_use]
    pub fn robust(self) -> Self {
        Self { robust: true, ..self }
    }

    /// Trend, season and remainder; `None` with fewer than two seasons and a figure, a season below 2, an even window
    /// or one below 3, or figures that are not finite.
    pub fn decompose(&self, figures: &[f64]) -> Option<StlDecomposition> {
        let (n, m) = (figures.len(), self.season);
        let odd = |window: usize| window >= 3 && !window.is_multiple_of(2);
        let windows = [self.seasonal_window, self.trend_window];
        if m < 2
            || n <= 2 * m
            || !windows.into_iter().flatten().all(odd)
            || figures.iter().any(|y| !y.is_finite())
        {
            return None;
        }
        // For a periodic season so wide that nothing within it counts for less.
        let over = self.seasonal_window.unwrap_or(10 * n + 1);
        let trend = self
            .trend_window
            .unwrap_or_else(|| next_odd(1.5 * m as f64 / (1.0 - 1.5 / over as f64)));
        let work = Passes {
            season: m,
            seasonal: Smoother::new(over, 0),
            trend: Smoother::new(trend, 1),
            low: Smoother::new(next_odd(m as f64), 1),
        };
        let (outer, inner) = if self.robust { (15, 1) } else { (0, 2) };
        let mut parts = StlDecomposition {
            season: m,
            trend: vec![0.0; n],
            seasonal: vec![0.0; n],
            remainder: vec![0.0; n],
        };
        let mut weights = None;
        for pass in 0..=outer {
            for _ in 0..inner {
                work.inner(figures, weights.as_deref(), &mut parts);
            }
            if pass < outer {
                weights = Some(robustness(figures, &parts));
            }
        }
        if self.seasonal_window.is_none() {
            average_places(&mut parts.seasonal, m);
        }
        for (t, r) in parts.remainder.iter_mut().enumerate() {
            *r = figures[t] - parts.trend[t] - parts.seasonal[t];
        }
        Some(parts)
    }
}

/// The smoothers of the inner loop.
struct Passes {
    season: usize,
    seasonal: Smoother,
    trend: Smoother,
    low: Smoother,
}

impl Passes {
    /// One pass of the inner loop (its steps 1 to 6).
    fn inner(&self, y: &[f64], weights: Option<&[f64]>, parts: &mut StlDecomposition) {
        let (n, m) = (y.len(), self.season);
        let detrended: Vec<f64> = y.iter().zip(&parts.trend).map(|(y, t)| y - t).collect();
        // One season more at either end.
        let mut cycle = vec![0.0; n + 2 * m];
        for place in 0..m {
            let of = |x: &[f64]| x[place..].iter().step_by(m).copied().collect::<Vec<f64>>();
            let own = weights.map(of);
            let smooth = self.seasonal.extended(&of(&detrended), own.as_deref());
            for (k, value) in smooth.into_iter().enumerate() {
                cycle[place + k * m] = value;
            }
        }
        let low = averages(&averages(&averages(&cycle, m), m), 3);
        let low = self.low.smooth(&low, None);
        for t in 0..n {
            parts.seasonal[t] = cycle[m + t] - low[t];
        }
        let adjusted: Vec<f64> = y.iter().zip(&parts.seasonal).map(|(y, s)| y - s).collect();
        parts.trend = self.trend.smooth(&adjusted, weights);
    }
}

/// Moving averages of `length` neighbours, as many as there are.
fn averages(x: &[f64], length: usize) -> Vec<f64> {
    x.windows(length).map(|w| w.iter().sum::<f64>() / length as f64).collect()
}

/// Bisquare weights of the remainders against six times their median size.
fn robustness(y: &[f64], parts: &StlDecomposition) -> Vec<f64> {
    let sizes: Vec<f64> =
        (0..y.len()).map(|t| (y[t] - parts.trend[t] - parts.seasonal[t]).abs()).collect();
    let mut sorted = sizes.clone();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let limit = 3.0 * (sorted[n / 2] + sorted[(n - 1) / 2]);
    let weight = |r: &f64| {
        // Nearly one and nearly nothing are exact, as in the paper's own program.
        if *r <= 0.001 * limit {
            1.0
        } else if *r <= 0.999 * limit {
            (1.0 - (r / limit).powi(2)).powi(2)
        } else {
            0.0
        }
    };
    sizes.iter().map(weight).collect()
}

/// Every place in the season its average.
fn average_places(seasonal: &mut [f64], m: usize) {
    for place in 0..m {
        let own = || seasonal[place..].iter().step_by(m);
        let mean = own().sum::<f64>() / own().count() as f64;
        for value in seasonal[place..].iter_mut().step_by(m) {
            *value = mean;
        }
    }
}

fn variance(x: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = x.clone().count() as f64;
    let mean = x.clone().sum::<f64>() / n;
    x.map(|v| (v - mean).powi(2)).sum::<f64>() / n
}

impl StlDecomposition {
    /// Trend of every period.
    pub fn trend(&self) -> &[f64] {
        &self.trend
    }

    /// Season of every period.
    pub fn seasonal(&self) -> &[f64] {
        &self.seasonal
    }

    /// What is left of every period.
    pub fn remainder(&self) -> &[f64] {
        &self.remainder
    }

    /// The seasons of the periods after the last figure: the last season again.
    pub fn seasons_ahead(&self, horizon: usize) -> Vec<f64> {
        let from = self.seasonal.len() - self.season;
        (0..horizon).map(|h| self.seasonal[from + h % self.season]).collect()
    }

    /// From 0 to 1: `1 − Var(remainder) / Var(part + remainder)` (Wang, Smith and Hyndman 2006, §3).
    fn strength(&self, part: &[f64]) -> f64 {
        let with = variance(part.iter().zip(&self.remainder).map(|(p, r)| p + r));
        let share = variance(self.remainder.iter().copied()) / with;
        if with > 0.0 { (1.0 - share).max(0.0) } else { 0.0 }
    }

    /// Strength of the trend, from 0 to 1.
    pub fn trend_strength(&self) -> f64 {
        self.strength(&self.trend)
    }

    /// Strength of the season, from 0 to 1.
    pub fn seasonal_strength(&self) -> f64 {
        self.strength(&self.seasonal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(n: usize) -> Vec<f64> {
        (0..n).map(|t| 5.0 + 0.2 * t as f64 + [3.0, -1.0, -4.0, 2.0][t % 4]).collect()
    }

    #[test]
    fn a_line_with_a_pattern_comes_apart() {
        for stl in [Stl::periodic(4), Stl::windowed(4, 7), Stl::periodic(4).robust()] {
            let parts = stl.decompose(&figures(40)).unwrap();
            // Local constants take a little of the trend for season: two passes leave that much.
            for t in 0..40 {
                assert!((parts.trend()[t] - 5.0 - 0.2 * t as f64).abs() < 0.1, "{stl:?} {t}");
                assert!((parts.seasonal()[t] - [3.0, -1.0, -4.0, 2.0][t % 4]).abs() < 0.1);
            }
            assert!(parts.seasonal_strength() > 0.99 && parts.trend_strength() > 0.99);
            let ahead = parts.seasons_ahead(5);
            assert!((ahead[0] - 3.0).abs() < 0.1 && ahead[4] == ahead[0]);
        }
    }

    #[test]
    fn what_cannot_be_decomposed_is_not() {
        for n in 0..9 {
            assert_eq!(Stl::periodic(4).decompose(&figures(n)), None);
        }
        for n in 9..30 {
            assert!(Stl::periodic(4).decompose(&figures(n)).is_some());
            assert!(Stl::windowed(4, 35).robust().decompose(&figures(n)).is_some());
        }
        assert_eq!(Stl::windowed(4, 6).decompose(&figures(30)), None);
        assert_eq!(Stl::periodic(1).decompose(&figures(30)), None);
        let zeros = Stl::periodic(4).robust().decompose(&[0.0; 20]).unwrap();
        assert_eq!((zeros.trend_strength(), zeros.seasonal_strength()), (0.0, 0.0));
    }
}
