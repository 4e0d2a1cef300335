//! Strength of seasonality: the share of the variance about the trend that the season explains.
//!
//! `max(0, 1 − Var(R)/Var(S + R))` with season and remainder of the decomposition of Cleveland and
//! others (1990, STL) at a seasonal window of 11 cycles (Wang, Smith and Hyndman 2006). Above .64 a seasonal difference
//! is taken (Hyndman and Athanasopoulos 2021, §9.1). Loess is evaluated at every point; R's `stl` interpolates between
//! some, a difference in the third digit.

/// Cycles in the seasonal window.
const WINDOW: usize = 11;
/// Passes of the inner loop.
const PASSES: usize = 2;

/// Seasonal strength of figures, between 0 and 1; `None` with fewer than two seasons or no variance.
///
/// ```
/// let y: Vec<f64> = (0..48).map(|t| f64::from(t % 12)).collect();
/// assert!(monazite_forecast::seasonal_strength(&y, 12).is_some_and(|s| s > 0.99));
/// ```
pub fn seasonal_strength(y: &[f64], season: usize) -> Option<f64> {
    if season < 2 || y.len() <= 2 * season {
        return None;
    }
    let (seasonal, trend) = decomposed(y, season);
    let remainder: Vec<f64> = (0..y.len()).map(|t| y[t] - trend[t] - seasonal[t]).collect();
    let about: Vec<f64> = (0..y.len()).map(|t| y[t] - trend[t]).collect();
    let (own, all) = (variance(&remainder), variance(&about));
    let largest = y.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if all.is_nan() || all <= 1e-24 * largest * largest {
        return None;
    }
    Some((1.0 - own / all).clamp(0.0, 1.0))
}

fn variance(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)
}

/// Season and trend.
fn decomposed(y: &[f64], season: usize) -> (Vec<f64>, Vec<f64>) {
    let n = y.len();
    let odd = |x: f64| (x.ceil() as usize) | 1;
    let trend_window = odd(1.5 * season as f64 / (1.0 - 1.5 / WINDOW as f64));
    let low_window = odd(season as f64);
    let (mut seasonal, mut trend) = (vec![0.0; n], vec![0.0; n]);
    for _ in 0..PASSES {
        let detrended: Vec<f64> = y.iter().zip(&trend).map(|(a, b)| a - b).collect();
        // Each subseries smoothed, and one cycle further at both ends.
        let mut cycles = vec![0.0; n + 2 * season];
        for phase in 0..season {
            let series: Vec<f64> = detrended.iter().skip(phase).step_by(season).copied().collect();
            for k in 0..series.len() + 2 {
                let smooth = loess(&series, k as f64 - 1.0, WINDOW, false);
                if let Some(place) = cycles.get_mut(phase + k * season) {
                    *place = smooth;
                }
            }
        }
        let low = averages(&averages(&averages(&cycles, season), season), 3);
        for t in 0..n {
            seasonal[t] = cycles[season + t] - loess(&low, t as f64, low_window, true);
        }
        let adjusted: Vec<f64> = y.iter().zip(&seasonal).map(|(a, b)| a - b).collect();
        for (t, value) in trend.iter_mut().enumerate() {
            *value = loess(&adjusted, t as f64, trend_window, true);
        }
    }
    (seasonal, trend)
}

/// Moving averages of so many values.
fn averages(x: &[f64], width: usize) -> Vec<f64> {
    x.windows(width).map(|w| w.iter().sum::<f64>() / width as f64).collect()
}

/// Loess at `at` of values at 0, 1, 2 … with tricube weights: local constants or lines.
fn loess(y: &[f64], at: f64, window: usize, line: bool) -> f64 {
    let n = y.len();
    let width = window.min(n);
    let first = (at - (width as f64 - 1.0) / 2.0).round().clamp(0.0, (n - width) as f64) as usize;
    let last = first + width - 1;
    let mut reach = (at - first as f64).abs().max((last as f64 - at).abs());
    if window > n {
        // Wider than the data: the reach grows in proportion.
        reach += ((window - n) / 2) as f64;
    }
    let (mut total, mut mean, mut centre) = (0.0, 0.0, 0.0);
    let weight = |j: usize| {
        let distance = (j as f64 - at).abs();
        if distance <= 0.001 * reach {
            1.0
        } else if distance <= 0.999 * reach {
            let share = distance / reach;
            let rest = 1.0 - share * share * share;
            rest * rest * rest
        } else {
            0.0
        }
    };
    for (j, v) in y.iter().enumerate().take(last + 1).skip(first) {
        let w = weight(j);
        total += w;
        mean += w * v;
        centre += w * j as f64;
    }
    if total <= 0.0 {
        return y[first];
    }
    (mean, centre) = (mean / total, centre / total);
    if !line {
        return mean;
    }
    let (mut spread, mut cross) = (0.0, 0.0);
    for (j, v) in y.iter().enumerate().take(last + 1).skip(first) {
        let (w, x) = (weight(j), j as f64 - centre);
        spread += w * x * x;
        cross += w * x * (v - mean);
    }
    if spread / total <= 1e-6 * (n * n) as f64 * 1e-6 {
        return mean;
    }
    mean + cross / spread * (at - centre)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_that_repeats_is_strong_and_none_is_not() {
        let pure: Vec<f64> = (0..60).map(|t| f64::from(t % 4) + 0.1 * f64::from(t)).collect();
        assert!(seasonal_strength(&pure, 4).unwrap() > 0.999);
        // Squares modulo a prime: no season of 4.
        let other: Vec<f64> = (0..60u32).map(|t| f64::from(t * t * 7 % 61)).collect();
        assert!(seasonal_strength(&other, 4).unwrap() < 0.5);
        assert!(
            seasonal_strength(&[1.0; 60], 4).is_none() && seasonal_strength(&pure, 1).is_none()
        );
    }

    #[test]
    fn a_line_is_its_own_loess() {
        let y: Vec<f64> = (0..20).map(|t| 2.0 + 3.0 * f64::from(t)).collect();
        for at in [0.0, 3.0, 19.0] {
            assert!((loess(&y, at, 7, true) - (2.0 + 3.0 * at)).abs() < 1e-10);
        }
    }
}
