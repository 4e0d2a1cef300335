//! Trading days between monthly equilibria: a two-factor path conditioned on every month's mean price.
//!
//! The monthly market gives one price a month. Days follow the two-factor model ln p = χ + ξ of Schwartz and Smith (2000)
//! conditioned on the mean of the month's daily prices being that price. Within a month, from the state at the end of
//! the month before, D days are drawn freely; then with m = D⁻¹ Σ ln `p_d` both factors move along the regression on m,
//!
//! ```text
//! χ_d ← χ_d + c·cov(χ_d, m)/var m     ξ_d ← ξ_d + c·cov(ξ_d, m)/var m     c: D⁻¹ Σ p_d = P_t
//! ```
//!
//! which for a geometric mean is an exact draw of the month given its beginning (conditioning by kriging: Journel and
//! Huijbregts 1978, *Mining Geostatistics*, ch. VII); for the arithmetic mean, which is what is wanted, c is found by
//! Newton steps along the same line, and the difference is of the order of the variance within a month. A month uses its
//! own price and those before, never a later one: P is known on its first day, when the physical market clears. The end
//! of a month is therefore drawn without knowing the next one, which has to make up for it: over many months the variance
//! of daily changes is some 6 % above the model's (with the parameters of the tests).
//!
//! The forward curve of a day is the storage curve of its month, moved by the day's deviation from the month: ξ's part in
//! full at every maturity, χ's part dying out at κ. So its short end is the storage equilibrium's, and what lasts moves
//! the long end.

use monazite_stochastic::{Key, Measure, Purpose, SchwartzSmith, TwoFactorState, TwoFactorStep};

use crate::PhysicalError;
use crate::error::{finite, out_of_range};

const DAYS: Purpose = Purpose::named("physical: trading days");
const MONTHS: f64 = 12.0;
const MAX_DAYS: usize = 31;
/// Newton steps for c; each squares an error that begins at half the variance within a month.
const NEWTON_STEPS: usize = 5;

/// The two-factor model made ready to fill months with trading days.
#[derive(Debug, Clone)]
pub struct DailyBridge {
    step: TwoFactorStep,
    /// Regression of χ and ξ of each day on the month's mean log price.
    weights: Vec<TwoFactorState>,
    /// e^(−κ/12).
    monthly_decay: f64,
}

/// Trading days of consecutive months on one path.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyPath {
    days_per_month: usize,
    monthly_decay: f64,
    log_prices: Vec<f64>,
    states: Vec<TwoFactorState>,
    /// Mean of χ over each month.
    mean_chi: Vec<f64>,
}

impl DailyBridge {
    /// Days of a model with `days_per_month` trading days of equal length.
    ///
    /// # Errors
    /// No days or more than 31, or a model without volatility.
    pub fn new(model: SchwartzSmith, days_per_month: usize) -> Result<Self, PhysicalError> {
        if !(1..=MAX_DAYS).contains(&days_per_month) {
            let found = days_per_month as f64;
            return Err(out_of_range("trading days of a month", found, "1 to 31"));
        }
        let n = days_per_month as f64;
        let step = model.step(1.0 / (MONTHS * n), Measure::Physical)?;
        let (decay, [var_chi, cov, var_xi]) = (step.chi_decay(), step.covariance());
        // What a day's innovations in χ and ξ add to the mean: by geometric sums, from the last day back.
        let mut loadings = vec![(0.0, 0.0); days_per_month];
        let (mut chi_sum, mut xi_sum) = (0.0, 0.0);
        for loading in loadings.iter_mut().rev() {
            chi_sum = 1.0 + decay * chi_sum;
            xi_sum += 1.0;
            *loading = (chi_sum / n, xi_sum / n);
        }
        let mut weights = Vec::with_capacity(days_per_month);
        let (mut with_chi, mut with_xi) = (0.0, 0.0);
        for (on_chi, on_xi) in loadings {
            with_chi = decay * with_chi + var_chi * on_chi + cov * on_xi;
            with_xi += cov * on_chi + var_xi * on_xi;
            weights.push(TwoFactorState { chi: with_chi, xi: with_xi });
        }
        let variance = weights.iter().map(|weight| weight.log_price()).sum::<f64>() / n;
        if !variance.is_finite() || variance <= 0.0 {
            return Err(out_of_range("variance of a month's mean log price", variance, "positive"));
        }
        for weight in &mut weights {
            (weight.chi, weight.xi) = (weight.chi / variance, weight.xi / variance);
        }
        Ok(Self { step, weights, monthly_decay: decay.powf(n) })
    }

    /// Trading days of a month.
    pub fn days_per_month(&self) -> usize {
        self.weights.len()
    }

    /// Days of the months whose log prices are `monthly`, from the state before the first; a function of key and path,
    /// and of nothing that comes after a day's month.
    ///
    /// # Errors
    /// A log price that is not finite.
    pub fn path(
        &self,
        key: Key,
        path: u64,
        start: TwoFactorState,
        monthly: &[f64],
    ) -> Result<DailyPath, PhysicalError> {
        let mut stream = key.stream(path, DAYS);
        let mut states = Vec::with_capacity(monthly.len() * self.days_per_month());
        let mut mean_chi = Vec::with_capacity(monthly.len());
        let mut state = start;
        for &log_price in monthly {
            finite("log price of a month", log_price)?;
            let first = states.len();
            for _ in 0..self.days_per_month() {
                let (one, other) = (stream.normal(), stream.normal());
                state = self.step.advance(state, one, other);
                states.push(state);
            }
            let days = &mut states[first..];
            self.condition(days, log_price);
            mean_chi.push(days.iter().map(|day| day.chi).sum::<f64>() / days.len() as f64);
            state = days[days.len() - 1];
        }
        Ok(DailyPath {
            days_per_month: self.days_per_month(),
            monthly_decay: self.monthly_decay,
            log_prices: monthly.to_vec(),
            states,
            mean_chi,
        })
    }

    /// Moves a month's days so that the mean of their prices is the month's.
    fn condition(&self, days: &mut [TwoFactorState], log_price: f64) {
        let n = days.len() as f64;
        let mean = days.iter().map(|day| day.log_price()).sum::<f64>() / n;
        let mut c = log_price - mean;
        for _ in 0..NEWTON_STEPS {
            // Relative to the month's price, so that nothing overflows.
            let (mut sum, mut slope) = (0.0, 0.0);
            for (day, weight) in days.iter().zip(&self.weights) {
                let response = weight.log_price();
                let price = (day.log_price() + c * response - log_price).exp();
                sum += price;
                slope += price * response;
            }
            let step = sum / slope * (sum / n).ln();
            // A response that averages to nothing has no direction to move in; the shift below remains.
            if !step.is_finite() || step.abs() > 1.0 + c.abs() {
                break;
            }
            c -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        for (day, weight) in days.iter_mut().zip(&self.weights) {
            (day.chi, day.xi) = (day.chi + c * weight.chi, day.xi + c * weight.xi);
        }
        let reached = days.iter().map(|day| (day.log_price() - log_price).exp()).sum::<f64>() / n;
        for day in days {
            day.xi -= reached.ln();
        }
    }
}

impl DailyPath {
    /// Number of days, all months together.
    pub fn n_days(&self) -> usize {
        self.states.len()
    }

    /// Factors of a day, counted from 0 at the first day of the first month.
    ///
    /// # Panics
    /// If `day_idx` is not below the number of days.
    pub fn state(&self, day_idx: usize) -> TwoFactorState {
        self.states[day_idx]
    }

    /// Prices of all days.
    pub fn prices(&self) -> impl Iterator<Item = f64> + '_ {
        self.states.iter().map(|day| day.price())
    }

    /// Futures price on a day for delivery in `n_months`, given the storage curve of its month: spot price and prices for
    /// 1, 2, … months, as [`crate::ForwardCurves::curve`] gives them. Beyond its end the curve stays level.
    ///
    /// # Panics
    /// If `day_idx` is not below the number of days or the curve is empty.
    pub fn futures(&self, day_idx: usize, storage_curve: &[f64], n_months: usize) -> f64 {
        let month_idx = day_idx / self.days_per_month;
        let day = self.states[day_idx];
        let passing = day.chi - self.mean_chi[month_idx];
        let lasting = day.log_price() - self.log_prices[month_idx] - passing;
        let left = self.monthly_decay.powi(n_months as i32);
        let at = n_months.min(storage_curve.len() - 1);
        storage_curve[at] * (lasting + left * passing).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monazite_stochastic::{Moments, SchwartzSmithParameters};

    fn model() -> SchwartzSmith {
        SchwartzSmith::new(SchwartzSmithParameters {
            kappa: 1.5,
            sigma_chi: 0.25,
            lambda_chi: 0.0,
            mu_xi: 0.0,
            mu_star_xi: 0.0,
            sigma_xi: 0.15,
            rho: 0.3,
        })
        .unwrap()
    }

    const START: TwoFactorState = TwoFactorState { chi: 0.1, xi: 13.0 };

    #[test]
    fn every_month_has_the_mean_price_it_was_given() {
        let bridge = DailyBridge::new(model(), 21).unwrap();
        let monthly = [13.1, 13.3, 12.7, 12.71, 14.0];
        let path = bridge.path(Key::new(1), 7, START, &monthly).unwrap();
        let prices: Vec<f64> = path.prices().collect();
        for (month, log_price) in prices.chunks_exact(21).zip(monthly) {
            let mean = month.iter().sum::<f64>() / 21.0;
            assert!((mean / log_price.exp() - 1.0).abs() < 1e-12, "{mean}");
        }
        // A later month changes nothing before it, and neither does another path.
        let shorter = bridge.path(Key::new(1), 7, START, &[13.1, 13.3, 9.0]).unwrap();
        assert!((0..42).all(|day| shorter.state(day) == path.state(day)));
        let other = bridge.path(Key::new(1), 8, START, &monthly).unwrap();
        assert!((0..42).all(|day| other.state(day) != path.state(day)));
    }

    /// Log prices of months that are means of the model's own days, drawn freely from `START`.
    fn free_months(path: u64, n_months: usize) -> Vec<f64> {
        let step = model().step(1.0 / 252.0, Measure::Physical).unwrap();
        let mut stream = Key::new(3).stream(path, Purpose::named("test: free days"));
        let mut state = START;
        let month = |_| {
            let mut sum = 0.0;
            for _ in 0..21 {
                let (one, other) = (stream.normal(), stream.normal());
                state = step.advance(state, one, other);
                sum += state.price();
            }
            (sum / 21.0).ln()
        };
        (0..n_months).map(month).collect()
    }

    /// Variance of daily changes within months, relative to the model's.
    fn relative_variance(paths: impl Iterator<Item = DailyPath>) -> f64 {
        let [var_chi, cov, var_xi] =
            model().step(1.0 / 252.0, Measure::Physical).unwrap().covariance();
        let mut changes = Moments::default();
        for path in paths {
            for month in path.states.chunks_exact(21) {
                for pair in month.windows(2) {
                    changes.push(pair[1].log_price() - pair[0].log_price());
                }
            }
        }
        changes.variance() / (var_chi + 2.0 * cov + var_xi)
    }

    /// A month from a known state is a draw from the model; over many months ends that did not know the next month add
    /// to the variance what the page says.
    #[test]
    fn days_conditioned_on_the_models_own_months_are_its_own_days() {
        let bridge = DailyBridge::new(model(), 21).unwrap();
        let days = |path: u64, n_months: usize| {
            bridge.path(Key::new(4), path, START, &free_months(path, n_months)).unwrap()
        };
        let one_month = relative_variance((0..6_000).map(|path| days(path, 1)));
        assert!((one_month - 1.0).abs() < 0.02, "{one_month}");
        let many_months = relative_variance((0..20).map(|path| days(path, 300)));
        assert!((1.0..1.12).contains(&many_months), "{many_months}");
    }

    #[test]
    fn the_curve_begins_at_the_days_price_and_ends_with_what_lasts() {
        let bridge = DailyBridge::new(model(), 21).unwrap();
        let path = bridge.path(Key::new(1), 0, START, &[13.1, 13.2]).unwrap();
        let curve = [13.2_f64.exp(), 5.2e5, 5.0e5];
        for day in 21..42 {
            let spot = path.state(day).price();
            assert!((path.futures(day, &curve, 0) / spot - 1.0).abs() < 1e-12);
        }
        // χ has gone after ten years, so that the far end moves with ξ alone.
        let move_of = |n: usize| (path.futures(40, &curve, n) / path.futures(30, &curve, n)).ln();
        let xi = path.state(40).xi - path.state(30).xi;
        assert!((move_of(120) - xi).abs() < 1e-6 && (move_of(0) - xi).abs() > 1e-3);
    }

    #[test]
    fn what_has_no_days_is_refused() {
        assert!(DailyBridge::new(model(), 0).is_err() && DailyBridge::new(model(), 32).is_err());
        let bridge = DailyBridge::new(model(), 21).unwrap();
        assert!(bridge.path(Key::new(1), 0, START, &[f64::NAN]).is_err());
        let still =
            SchwartzSmithParameters { sigma_chi: 0.0, sigma_xi: 0.0, ..model().parameters() };
        assert!(DailyBridge::new(SchwartzSmith::new(still).unwrap(), 21).is_err());
    }
}
