//! Automatic choice of a seasonal ARIMA (Hyndman and Khandakar 2008).
//!
//! Use it where nothing is known of the dynamics. A seasonal difference if the seasonal strength is above .64, further
//! differences until KPSS does not reject a level (5 %, lags ⌊3 √n/13⌋), then p, q, P, Q and a constant by the corrected
//! criterion of Akaike on exact likelihoods throughout: stepwise from four models to their neighbours, or all within
//! bounds. Orders are compared on a quick search from the estimates of the neighbour; the chosen one is estimated to
//! the end. A model with a root of its autoregression or moving average near the unit circle is refused, as in the paper.

use serde::{Deserialize, Serialize};

use super::Arima;
use super::estimate::{ArimaEstimate, aicc, differenced, search, sized};
use super::method::{Scaled, prefix, refused, transformed};
use super::profile::{COARSE, Profile};
use crate::method::{Estimated, Method, Refusal};
use crate::seasonal_strength::seasonal_strength;
use crate::unit_root::{KpssNull, kpss, kpss_ndiffs_lags, ocsb};
use crate::{ForecastError, Forecaster, MethodFit, Sample, Transform};

/// Seasonal strength above which a seasonal difference is taken.
const STRONG: f64 = 0.64;
/// Roots of a model must be larger than this (Hyndman and Khandakar 2008, §3.2, have 1.001; R's package 1.01).
const LEAST_ROOT: f64 = 1.01;
/// Most differences of both kinds.
const MOST_DIFFERENCES: usize = 2;
/// Gain in the criterion that counts as one: a quick search is good to this.
const GAIN: f64 = 1e-2;
/// Chosen models that are tried to the end, best first, if those before fail.
const LAST_RESORT: usize = 8;

/// What decides on a seasonal difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeasonalTest {
    /// Seasonal strength above .64.
    #[default]
    Strength,
    /// The test of Osborn, Chui, Smith and Birchenhall without lags.
    Ocsb,
}

/// Automatic seasonal ARIMA.
///
/// ```
/// use monazite_forecast::{AutoArima, Transform};
/// let logs = AutoArima { transform: Transform::Log, ..AutoArima::new(12) };
/// assert!(logs.stepwise && logs.max_p == 5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AutoArima {
    /// Periods in a season; below 2: none.
    pub season: usize,
    /// The scale on which it works.
    pub transform: Transform,
    /// Stepwise (default) or all orders within bounds.
    pub stepwise: bool,
    /// Largest p; 5.
    pub max_p: usize,
    /// Largest q; 5.
    pub max_q: usize,
    /// Largest P; 2.
    pub max_seasonal_p: usize,
    /// Largest Q; 2.
    pub max_seasonal_q: usize,
    /// Largest p + q + P + Q of a search through all; 5.
    pub max_order: usize,
    /// Most differences; 1, since a second one that KPSS asks for loses more than it gains (on rolling origins within the
    /// M3 monthly series, by 1 to 4 % of the error).
    pub max_d: usize,
    /// Most seasonal differences, 0 or 1; 1.
    pub max_seasonal_d: usize,
    /// What decides on a seasonal difference.
    pub seasonal_test: SeasonalTest,
    /// Whether distributions contain the uncertainty of parameters.
    pub parameter_uncertainty: bool,
}

impl AutoArima {
    /// The usual bounds, figures as they are.
    pub fn new(season: usize) -> Self {
        Self {
            season,
            transform: Transform::None,
            stepwise: true,
            max_p: 5,
            max_q: 5,
            max_seasonal_p: 2,
            max_seasonal_q: 2,
            max_order: 5,
            max_d: 1,
            max_seasonal_d: 1,
            seasonal_test: SeasonalTest::Strength,
            parameter_uncertainty: true,
        }
    }

    /// Seasonal and simple differences by the tests.
    fn differences(&self, y: &[f64], season: usize) -> (usize, usize) {
        let mut seasonal = 0;
        let mut figures = y.to_vec();
        if season >= 2 && self.max_seasonal_d > 0 {
            let wanted = match self.seasonal_test {
                SeasonalTest::Strength => {
                    seasonal_strength(y, season).is_some_and(|strength| strength > STRONG)
                }
                SeasonalTest::Ocsb => {
                    ocsb(y, season, 0).is_some_and(|test| test.seasonal_difference())
                }
            };
            if wanted {
                let order = Arima::new(0, 0, 0).seasonal(0, 1, 0, season);
                let once = differenced(y, &order.differences());
                if !constant(&once, y) {
                    (seasonal, figures) = (1, once);
                }
            }
        }
        let mut simple = 0;
        // A third difference is more than figures of a trade ever call for.
        while simple < self.max_d && simple + seasonal < MOST_DIFFERENCES {
            let test = kpss(&figures, KpssNull::Level, kpss_ndiffs_lags(figures.len()));
            if !test.is_some_and(|test| test.rejects()) {
                break;
            }
            let once = differenced(&figures, &[1.0]);
            if once.len() < 4 || constant(&once, y) {
                break;
            }
            (simple, figures) = (simple + 1, once);
        }
        (simple, seasonal)
    }

    /// The orders in order of their criterion, best first.
    ///
    /// Without `drift` there is a constant only where no difference is taken.
    pub(super) fn ranked(&self, y: &[f64], drift: bool) -> (Vec<Candidate>, usize) {
        let season = if y.len() > 2 * self.season { self.season } else { 0 };
        let season = if season < 2 { 0 } else { season };
        let (d, sd) = self.differences(y, season);
        let base = Arima::new(0, d, 0).seasonal(0, sd, 0, season);
        let mut choice = Choice::new(self, base, y);
        choice.may_have_constant &= drift || d + sd == 0;
        if self.stepwise {
            choice.stepwise();
        } else {
            choice.all();
        }
        let tried = choice.tried.len();
        let mut found: Vec<Candidate> =
            choice.tried.into_iter().filter(|c| c.criterion.is_finite()).collect();
        found.sort_by(|a, b| a.criterion.total_cmp(&b.criterion));
        (found, tried)
    }
}

/// Whether differences of figures are the same but for rounding.
fn constant(differences: &[f64], figures: &[f64]) -> bool {
    let largest = figures.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let low = differences.iter().copied().fold(f64::INFINITY, f64::min);
    let high = differences.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    high - low <= 1e-10 * largest
}

/// p, q, P, Q and whether there is a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    orders: [usize; 4],
    constant: bool,
}

/// An order that was tried.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    key: Key,
    spec: Arima,
    free: Vec<f64>,
    /// Infinite if it was refused.
    criterion: f64,
}

impl Candidate {
    /// The order and whether it has a constant.
    pub(super) fn order(&self) -> (Arima, bool) {
        (self.spec, self.key.constant)
    }

    /// Its estimates, in unconstrained parameters.
    pub(super) fn free(&self) -> &[f64] {
        &self.free
    }
}

/// A search over orders on one series.
struct Choice {
    base: Arima,
    bounds: [usize; 4],
    max_order: usize,
    may_have_constant: bool,
    /// On a transformed scale zero is no more special than another figure.
    must_have_constant: bool,
    /// The differenced constant in units of its size, and the differenced figures.
    with_constant: Vec<Vec<f64>>,
    without: Vec<Vec<f64>>,
    tried: Vec<Candidate>,
    best: Option<usize>,
}

impl Choice {
    fn new(options: &AutoArima, base: Arima, y: &[f64]) -> Self {
        let n = y.len();
        let season = base.season;
        let long = |most: usize| if season >= 2 { most.min(n / 3 / season) } else { 0 };
        let bounds = [
            options.max_p.min(n / 3),
            options.max_q.min(n / 3),
            long(options.max_seasonal_p),
            long(options.max_seasonal_q),
        ];
        let differences = base.differences();
        let figures = differenced(y, &differences);
        let constant = sized(differenced(&base.constant_column(n), &differences));
        let may_have_constant = base.order.1 + base.seasonal.1 <= 1 && constant.is_some();
        let without = vec![figures.clone()];
        let with_constant =
            constant.map_or_else(|| without.clone(), |(column, _)| vec![column, figures]);
        Self {
            base,
            bounds,
            max_order: options.max_order,
            may_have_constant,
            must_have_constant: options.transform.needs_positive()
                && base.order.1 + base.seasonal.1 == 0,
            with_constant,
            without,
            tried: Vec::new(),
            best: None,
        }
    }

    /// Tries an order, from the estimates of a neighbour if there is one; whether it is the best so far.
    fn consider(&mut self, key: Key) -> bool {
        let outside = key.orders.iter().zip(&self.bounds).any(|(own, most)| own > most);
        if outside
            || (key.constant && !self.may_have_constant)
            || (!key.constant && self.must_have_constant)
            || self.tried.iter().any(|c| c.key == key)
        {
            return false;
        }
        let candidate = self.estimated(key);
        let better = match self.best {
            _ if candidate.criterion.is_infinite() => false,
            None => true,
            Some(best) => candidate.criterion < self.tried[best].criterion - GAIN,
        };
        self.tried.push(candidate);
        if better {
            self.best = Some(self.tried.len() - 1);
        }
        better
    }

    fn estimated(&self, key: Key) -> Candidate {
        let [p, q, sp, sq] = key.orders;
        let spec = Arima {
            order: (p, self.base.order.1, q),
            seasonal: (sp, self.base.seasonal.1, sq),
            ..self.base
        };
        let columns = if key.constant { &self.with_constant } else { &self.without };
        let mut profile = Profile::new(spec, columns);
        let start = self.best.map(|best| {
            let best = &self.tried[best];
            neighbouring(&best.free, best.key.orders, key.orders)
        });
        let mut candidate = Candidate { key, spec, free: Vec::new(), criterion: f64::INFINITY };
        let n_parameters = key.orders.iter().sum::<usize>() + usize::from(key.constant) + 1;
        let n = profile.n();
        if n <= n_parameters + 1 {
            return candidate;
        }
        if let Some((free, value, _)) = search(&mut profile, start.as_deref(), 1, COARSE)
            && roots_are_large(&spec, profile.natural())
        {
            candidate.free = free;
            candidate.criterion = aicc(value.log_likelihood(), n_parameters, n);
        }
        candidate
    }

    fn stepwise(&mut self) {
        let constant = self.may_have_constant;
        let [_, _, sp, sq] = self.bounds.map(|b| b.min(1));
        let cap = |orders: [usize; 4], bounds: [usize; 4]| -> [usize; 4] {
            std::array::from_fn(|i| orders[i].min(bounds[i]))
        };
        for orders in [[2, 2, sp, sq], [0; 4], [1, 0, sp, 0], [0, 1, 0, sq]] {
            self.consider(Key { orders: cap(orders, self.bounds), constant });
        }
        self.consider(Key { orders: [0; 4], constant: false });
        while let Some(best) = self.best {
            let here = self.tried[best].key;
            // On to the first neighbour that is better, as in the paper.
            if !neighbours(here).into_iter().any(|key| self.consider(key)) {
                break;
            }
        }
    }

    fn all(&mut self) {
        let [p, q, sp, sq] = self.bounds;
        for total in 0..=self.max_order {
            for (i, j) in (0..=p).flat_map(|i| (0..=q).map(move |j| (i, j))) {
                for (k, l) in (0..=sp).flat_map(|k| (0..=sq).map(move |l| (k, l))) {
                    if i + j + k + l == total {
                        for constant in [false, true] {
                            self.consider(Key { orders: [i, j, k, l], constant });
                        }
                    }
                }
            }
        }
    }
}

/// The neighbours of an order: seasonal ones first, then p and q, then the constant.
fn neighbours(here: Key) -> Vec<Key> {
    const MOVES: [[i8; 4]; 16] = [
        [0, 0, -1, 0],
        [0, 0, 0, -1],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, -1, -1],
        [0, 0, -1, 1],
        [0, 0, 1, -1],
        [0, 0, 1, 1],
        [-1, 0, 0, 0],
        [0, -1, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [-1, -1, 0, 0],
        [-1, 1, 0, 0],
        [1, -1, 0, 0],
        [1, 1, 0, 0],
    ];
    let mut found: Vec<Key> = MOVES
        .iter()
        .filter_map(|by| {
            let mut orders = here.orders;
            for (own, by) in orders.iter_mut().zip(by) {
                *own = own.checked_add_signed(isize::from(*by))?;
            }
            Some(Key { orders, ..here })
        })
        .collect();
    found.push(Key { constant: !here.constant, ..here });
    found
}

/// Free parameters of a neighbour: those of the same place, new ones zero, which is the same process.
fn neighbouring(free: &[f64], from: [usize; 4], to: [usize; 4]) -> Vec<f64> {
    // The groups are in the order p, q, P, Q.
    let mut start = Vec::with_capacity(to.iter().sum());
    let mut at = 0;
    for (own, wanted) in from.into_iter().zip(to) {
        for j in 0..wanted {
            // Inside, so that a root that ran to the edge can come back.
            start.push(if j < own { free[at + j].clamp(-2.0, 2.0) } else { 0.0 });
        }
        at += own;
    }
    start
}

/// Whether all roots of all polynomials, in B, are larger than the least allowed.
fn roots_are_large(spec: &Arima, natural: &[f64]) -> bool {
    let mut at = 0;
    for (place, (size, _, moving)) in spec.groups().into_iter().enumerate() {
        let season = if place >= 2 { spec.season } else { 1 };
        // A root of a polynomial in B^s is the s-th power of roots in B.
        let least = LEAST_ROOT.powi(season as i32);
        let sign = if moving { -1.0 } else { 1.0 };
        let scaled: Vec<f64> =
            (1..).zip(&natural[at..at + size]).map(|(j, c)| sign * c * least.powi(j)).collect();
        if !stationary(scaled) {
            return false;
        }
        at += size;
    }
    true
}

/// Whether `1 − Σ φ_j B^j` has its roots outside the unit circle (Levinson's recursion backwards).
fn stationary(mut phi: Vec<f64>) -> bool {
    while let Some(last) = phi.pop() {
        if last.is_nan() || last.abs() >= 1.0 {
            return false;
        }
        let k = phi.len();
        let left = (1.0 - last) * (1.0 + last);
        phi = (0..k).map(|j| (phi[j] + last * phi[k - 1 - j]) / left).collect();
    }
    true
}

impl Method for AutoArima {
    fn label(&self) -> String {
        format!("automatic {}ARIMA[{}]", prefix(self.transform), self.season.max(1))
    }

    fn needed(&self) -> usize {
        5
    }

    fn estimate(&self, y: &[f64]) -> Result<Box<dyn Estimated>, Refusal> {
        let scaled = transformed(y, self.transform)?;
        let (ranked, tried) = self.ranked(&scaled, true);
        let mut reason = Refusal::Specification(format!(
            "{}: none of the {tried} orders tried has a likelihood",
            self.label()
        ));
        for candidate in ranked.into_iter().take(LAST_RESORT) {
            let start = Some(candidate.free.as_slice());
            let constant = candidate.key.constant;
            match ArimaEstimate::from_start(candidate.spec, &scaled, constant, &[], start) {
                Ok(estimate) => {
                    let warnings = vec![format!("chosen among {tried} orders by AICc")];
                    return Ok(Box::new(Scaled {
                        estimate,
                        transform: self.transform,
                        uncertain: self.parameter_uncertainty,
                        warnings,
                    }));
                }
                Err(error) => reason = refused(error),
            }
        }
        Err(reason)
    }
}

impl Forecaster for AutoArima {
    type Fit = MethodFit;

    fn fit(&self, sample: &Sample) -> Result<MethodFit, ForecastError> {
        MethodFit::of(self, sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_stay_at_or_above_zero() {
        let found = neighbours(Key { orders: [0; 4], constant: true });
        assert_eq!(found.len(), 7);
        assert!(found.contains(&Key { orders: [1, 1, 0, 0], constant: true }));
        assert!(found.contains(&Key { orders: [0; 4], constant: false }));
    }

    #[test]
    fn the_process_of_a_neighbour_is_the_same() {
        let start = neighbouring(&[0.5, 0.1, -0.3, 5.0], [2, 1, 0, 1], [1, 2, 1, 1]);
        assert_eq!(start, [0.5, -0.3, 0.0, 0.0, 2.0]);
    }

    #[test]
    fn roots_near_the_circle_are_refused() {
        let arma = Arima::new(1, 0, 1);
        assert!(roots_are_large(&arma, &[0.9, -0.98]));
        assert!(!roots_are_large(&arma, &[0.9, -0.995]));
        // 1.01¹² = 1.127.
        let airline = Arima::airline(12);
        assert!(roots_are_large(&airline, &[0.0, -0.88]));
        assert!(!roots_are_large(&airline, &[0.0, -0.89]));
    }
}
