//! Tests on the order of integration: KPSS at frequency zero, OCSB at the season.
//!
//! References: Kwiatkowski, Phillips, Schmidt and Shin (1992), eq. 11 and table 1; Osborn, Chui, Smith and Birchenhall
//! (1988), eq. 3.8, with critical values at other seasons as R's `forecast` prints them.

use serde::Serialize;

/// What the null hypothesis of KPSS allows the series to be stationary around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum KpssNull {
    /// A level (R: `mu`).
    Level,
    /// A linear trend (R: `tau`).
    Trend,
}

/// The test of Kwiatkowski, Phillips, Schmidt and Shin (1992): large if the series is not stationary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kpss {
    /// The statistic.
    pub statistic: f64,
    /// Lags of Bartlett's window.
    pub lags: usize,
    /// Critical values at 10, 5, 2.5 and 1 %.
    pub critical: [f64; 4],
}

impl Kpss {
    /// Whether stationarity is rejected at 5 %.
    pub fn rejects(&self) -> bool {
        self.statistic > self.critical[1]
    }
}

/// Lags of R's `tseries::kpss.test` and `urca::ur.kpss(lags = "short")`: ⌊4 (n/100)^¼⌋.
pub fn kpss_short_lags(n: usize) -> usize {
    (4.0 * (n as f64 / 100.0).powf(0.25)) as usize
}

/// Lags of R's `forecast::ndiffs`: ⌊3 √n / 13⌋.
pub(crate) fn kpss_ndiffs_lags(n: usize) -> usize {
    (3.0 * (n as f64).sqrt() / 13.0) as usize
}

/// KPSS of figures with Bartlett's window over so many lags; `None` with fewer than three figures or no variance.
///
/// ```
/// use monazite_forecast::{KpssNull, kpss};
/// let walk: Vec<f64> = (0..50).map(f64::from).collect();
/// assert!(kpss(&walk, KpssNull::Level, 3).is_some_and(|test| test.rejects()));
/// ```
pub fn kpss(y: &[f64], null: KpssNull, lags: usize) -> Option<Kpss> {
    let n = y.len();
    if n < 3 || lags >= n {
        return None;
    }
    let trend = null == KpssNull::Trend;
    let size = n as f64;
    let mean = y.iter().sum::<f64>() / size;
    let middle = (size - 1.0) / 2.0;
    let about = |t: usize| t as f64 - middle;
    let spread: f64 = (0..n).map(|t| about(t) * about(t)).sum();
    let slope = if trend {
        y.iter().enumerate().map(|(t, v)| about(t) * (v - mean)).sum::<f64>() / spread
    } else {
        0.0
    };
    let e: Vec<f64> = y.iter().enumerate().map(|(t, v)| v - mean - slope * about(t)).collect();
    let auto = |lag: usize| e[lag..].iter().zip(&e).map(|(a, b)| a * b).sum::<f64>() / size;
    let weighted = (1..=lags).map(|l| (1.0 - l as f64 / (lags as f64 + 1.0)) * auto(l));
    let long_run = auto(0) + 2.0 * weighted.sum::<f64>();
    let largest = y.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if auto(0) <= 1e-24 * largest * largest || long_run <= 0.0 {
        return None;
    }
    let (mut sum, mut squares) = (0.0, 0.0);
    for x in &e {
        sum += x;
        squares += sum * sum;
    }
    let critical = if trend { [0.119, 0.146, 0.176, 0.216] } else { [0.347, 0.463, 0.574, 0.739] };
    Some(Kpss { statistic: squares / (size * size * long_run), lags, critical })
}

/// The test of Osborn, Chui, Smith and Birchenhall (1988): below its critical value if no seasonal difference is needed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ocsb {
    /// t-statistic of the seasonal term.
    pub statistic: f64,
    /// Lags of the differences.
    pub lags: usize,
    /// Critical value at 5 %.
    pub critical: f64,
}

impl Ocsb {
    /// Whether a seasonal difference is called for: the unit root at the season is not rejected.
    pub fn seasonal_difference(&self) -> bool {
        self.statistic > self.critical
    }
}

/// Critical values at 5 % by season, read from `forecast::ocsb.test` (R package forecast 8.20).
const OCSB_CRITICAL: [(f64, f64); 16] = [
    (2.0, -1.951983046),
    (3.0, -1.917576178),
    (4.0, -1.892699925),
    (5.0, -1.873507282),
    (6.0, -1.858055802),
    (7.0, -1.845236487),
    (8.0, -1.834359803),
    (10.0, -1.816748804),
    (12.0, -1.802962791),
    (18.0, -1.774546522),
    (24.0, -1.756445074),
    (26.0, -1.751727584),
    (36.0, -1.733998816),
    (52.0, -1.716743532),
    (104.0, -1.691718011),
    (365.0, -1.666238733),
];

/// The critical value of a season, between those of the table linear in the logarithm of the season.
fn ocsb_critical(season: f64) -> f64 {
    let last = OCSB_CRITICAL[OCSB_CRITICAL.len() - 1].1;
    for pair in OCSB_CRITICAL.windows(2) {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        if season <= to {
            let share = (season / from).ln().max(0.0) / (to / from).ln();
            return low + share * (high - low);
        }
    }
    last
}

/// OCSB with so many lags of the differences: the t-statistic of β₂ in
///
/// ```text
/// Δ Δ_s y_t = β₁ λ(B) Δ_s y_{t−1} + β₂ λ(B) Δ y_{t−s} + Σ λ_j Δ Δ_s y_{t−j} + ε_t
/// ```
///
/// with λ(B) from a regression of the differences on their lags; `None` with too few figures.
pub fn ocsb(y: &[f64], season: usize, lags: usize) -> Option<Ocsb> {
    let diff =
        |x: &[f64], lag: usize| -> Vec<f64> { (lag..x.len()).map(|t| x[t] - x[t - lag]).collect() };
    if season < 2 || y.len() < 2 * season + 3 * lags + 6 {
        return None;
    }
    let (seasonal, simple) = (diff(y, season), diff(y, 1));
    let both = diff(&seasonal, 1);
    // All on the calendar of y: `both` starts at season + 1.
    let n = y.len();
    let at = |t: usize| both[t - season - 1];
    let lagged = |t: usize| (1..=lags).map(|j| at(t - j)).collect::<Vec<f64>>();
    let first = season + 1 + lags;
    let lambda = if lags > 0 {
        let rows: Vec<Vec<f64>> = (first..n).map(lagged).collect();
        regress(&rows, &(first..n).map(at).collect::<Vec<_>>())?.0
    } else {
        Vec::new()
    };
    let filtered = |x: &[f64], t: usize| {
        x[t] - lambda.iter().enumerate().map(|(j, l)| l * x[t - 1 - j]).sum::<f64>()
    };
    let from = 1 + season + lags + lags.max(1) - 1;
    let from = from.max(first);
    let mut rows = Vec::new();
    for t in from..n {
        let z4 = filtered(&seasonal, t - 1 - season);
        let z5 = filtered(&simple, t - season - 1);
        let mut row = vec![z4, z5];
        row.extend(lagged(t));
        rows.push(row);
    }
    let target: Vec<f64> = (from..n).map(at).collect();
    let (beta, se) = regress(&rows, &target)?;
    Some(Ocsb { statistic: beta[1] / se[1], lags, critical: ocsb_critical(season as f64) })
}

/// Coefficients and standard errors of least squares, by Gram and Schmidt's process.
fn regress(rows: &[Vec<f64>], target: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
    let (n, k) = (rows.len(), rows.first()?.len());
    if n <= k {
        return None;
    }
    let mut columns: Vec<Vec<f64>> = (0..k).map(|j| rows.iter().map(|r| r[j]).collect()).collect();
    columns.push(target.to_vec());
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut r = vec![vec![0.0; k + 1]; k + 1];
    for j in 0..=k {
        let (before, own) = columns.split_at_mut(j);
        let size = product(&own[0], &own[0]);
        for (unit, row) in before.iter().zip(&mut r) {
            let share = product(unit, &own[0]);
            row[j] = share;
            own[0].iter_mut().zip(unit).for_each(|(x, u)| *x -= share * u);
        }
        r[j][j] = product(&own[0], &own[0]).sqrt();
        if j < k {
            if r[j][j].is_nan() || r[j][j] <= 1e-10 * size.sqrt() {
                return None;
            }
            own[0].iter_mut().for_each(|x| *x /= r[j][j]);
        }
    }
    let sigma = r[k][k] / ((n - k) as f64).sqrt();
    let back = |mut b: Vec<f64>| {
        for i in (0..k).rev() {
            let others: f64 = (i + 1..k).map(|j| r[i][j] * b[j]).sum();
            b[i] = (b[i] - others) / r[i][i];
        }
        b
    };
    let beta = back((0..k).map(|i| r[i][k]).collect());
    let mut squares = vec![0.0; k];
    for j in 0..k {
        let column = back((0..k).map(|i| f64::from(u8::from(i == j))).collect());
        squares.iter_mut().zip(&column).for_each(|(s, c)| *s += c * c);
    }
    Some((beta, squares.iter().map(|s| sigma * s.sqrt()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_by_hand() {
        // Deviations −1, 0, 1 from the mean: partial sums −1, −1, 0; Σ S² = 2, s² = 2/3, n² = 9.
        let test = kpss(&[1.0, 2.0, 3.0], KpssNull::Level, 0).unwrap();
        assert!((test.statistic - 2.0 / 6.0).abs() < 1e-14);
        assert!(kpss(&[1.0, 2.0, 3.0], KpssNull::Trend, 0).is_none(), "a line has no variance");
    }

    #[test]
    fn neither_scale_nor_origin_matters() {
        let y: Vec<f64> = (0..60u32).map(|t| f64::from(t * t * 7 % 61)).collect();
        let moved: Vec<f64> = y.iter().map(|v| 1e6 * v).collect();
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
        let of = |x: &[f64]| kpss(x, KpssNull::Trend, 3).unwrap().statistic;
        close(of(&y), of(&moved));
        let of = |x: &[f64]| ocsb(x, 4, 1).unwrap().statistic;
        close(of(&y), of(&moved));
    }

    #[test]
    fn critical_values_between_those_of_the_table() {
        assert_eq!(ocsb_critical(12.0), -1.802962791);
        let between = ocsb_critical(9.0);
        assert!(between > -1.8344 && between < -1.8167);
        assert!(ocsb(&[1.0; 10], 12, 0).is_none());
    }
}
