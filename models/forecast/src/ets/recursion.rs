//! The recursion of the states, its likelihood, and the gradient by the adjoint recursion in reverse.
//!
//! With `q` the forecast of the level, `ŷ = q`, `q + s` or `q·s`, `d = y − ŷ` and `c = d` (or `d/s` with a multiplicative
//! season), every form of Hyndman, Koehler, Ord and Snyder (2008, tables 2.2 and 2.3) is
//! `l' = q + αc`, `b' = φb + βc` (or `b^φ + βc/l`), `s' = s + γd` (or `s + γd/q`): the error form changes the likelihood
//! and not the states.

use super::form::{ErrorForm, EtsForm, SeasonForm, TrendForm};

pub(super) const NONE: u8 = 0;
pub(super) const ADDITIVE: u8 = 1;
pub(super) const MULTIPLICATIVE: u8 = 2;

/// Smallest mean square of errors, in units of the mean size of the figures: below what 40 bits of a figure tell.
const LEAST_MEAN_SQUARE: f64 = 1e-22;

/// Smoothing parameters and the states before the first figure.
#[derive(Debug, Clone, PartialEq)]
pub struct EtsParameters {
    /// Smoothing of the level, α.
    pub alpha: f64,
    /// Smoothing of the trend, β (not β/α); of no effect without a trend.
    pub beta: f64,
    /// Smoothing of the season, γ (not γ/(1 − α)); of no effect without a season.
    pub gamma: f64,
    /// Damping φ, 1 for a trend that is not damped.
    pub phi: f64,
    /// Level before the first figure.
    pub level: f64,
    /// Growth before the first figure: added, or a factor.
    pub growth: f64,
    /// Seasons, that of the first figure first; empty without a season.
    pub seasons: Vec<f64>,
}

/// Every state and error of one pass over the figures; kept to be used again.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    /// Level before each figure, and after the last.
    pub(super) level: Vec<f64>,
    /// Growth before each figure, and after the last.
    pub(super) growth: Vec<f64>,
    /// The season that each figure meets, and those of the periods that follow.
    pub(super) season: Vec<f64>,
    /// Forecast of the level, and that of growth.
    pub(super) base: Vec<f64>,
    pub(super) faded: Vec<f64>,
    /// One-step forecasts.
    pub(super) fitted: Vec<f64>,
    /// Figure less forecast.
    pub(super) gap: Vec<f64>,
}

/// Sum of squared errors of the form and the sum of the logarithms of what they are divided by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Errors {
    pub(super) n: f64,
    pub(super) squares: f64,
    pub(super) logs: f64,
}

impl Errors {
    /// `n ln Σe² + 2 Σ ln|r|`, minus twice the log-likelihood without constants.
    pub(super) fn criterion(self) -> f64 {
        self.n * (self.squares + self.n * LEAST_MEAN_SQUARE).ln() + 2.0 * self.logs
    }

    /// The derivative of the criterion in the sum of squares.
    fn slope(self) -> f64 {
        self.n / (self.squares + self.n * LEAST_MEAN_SQUARE)
    }
}

/// Gradient of the criterion; the same fields as the parameters.
#[derive(Debug, Clone, Default)]
pub(super) struct Adjoint {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) gamma: f64,
    pub(super) phi: f64,
    pub(super) level: f64,
    pub(super) growth: f64,
    /// Of the seasons from the first figure on; the first `m` are those of the start.
    pub(super) season: Vec<f64>,
}

/// Calls a function of the kinds of trend and season as constants.
macro_rules! by_form {
    ($form:expr, $call:ident, $args:tt) => {
        by_form!(@trend $form, $call, $args)
    };
    (@trend $form:expr, $call:ident, $args:tt) => {
        match ($form.trend, $form.season) {
            (TrendForm::None, SeasonForm::None) => by_form!(@go $call, NONE, NONE, $args),
            (TrendForm::None, SeasonForm::Additive) => by_form!(@go $call, NONE, ADDITIVE, $args),
            (TrendForm::None, SeasonForm::Multiplicative) => {
                by_form!(@go $call, NONE, MULTIPLICATIVE, $args)
            }
            (TrendForm::Additive { .. }, SeasonForm::None) => {
                by_form!(@go $call, ADDITIVE, NONE, $args)
            }
            (TrendForm::Additive { .. }, SeasonForm::Additive) => {
                by_form!(@go $call, ADDITIVE, ADDITIVE, $args)
            }
            (TrendForm::Additive { .. }, SeasonForm::Multiplicative) => {
                by_form!(@go $call, ADDITIVE, MULTIPLICATIVE, $args)
            }
            (TrendForm::Multiplicative { .. }, SeasonForm::None) => {
                by_form!(@go $call, MULTIPLICATIVE, NONE, $args)
            }
            (TrendForm::Multiplicative { .. }, SeasonForm::Additive) => {
                by_form!(@go $call, MULTIPLICATIVE, ADDITIVE, $args)
            }
            (TrendForm::Multiplicative { .. }, SeasonForm::Multiplicative) => {
                by_form!(@go $call, MULTIPLICATIVE, MULTIPLICATIVE, $args)
            }
        }
    };
    (@go $call:ident, $trend:ident, $season:ident, ($($arg:expr),*)) => {
        $call::<$trend, $season>($($arg),*)
    };
}
pub(super) use by_form;

impl Trace {
    fn resize(&mut self, n: usize, m: usize) {
        for (states, length) in [
            (&mut self.level, n + 1),
            (&mut self.growth, n + 1),
            (&mut self.season, n + m),
            (&mut self.base, n),
            (&mut self.faded, n),
            (&mut self.fitted, n),
            (&mut self.gap, n),
        ] {
            states.resize(length, 0.0);
        }
    }

    /// Runs the recursion over the figures; `None` if a state or forecast that has to be positive is not.
    pub(super) fn run(&mut self, form: EtsForm, p: &EtsParameters, y: &[f64]) -> Option<Errors> {
        self.resize(y.len(), p.seasons.len());
        by_form!(form, pass, (self, p, y)).then_some(())?;
        let n = y.len() as f64;
        let errors = match form.error {
            ErrorForm::Additive => {
                Errors { n, squares: self.gap.iter().map(|d| d * d).sum(), logs: 0.0 }
            }
            ErrorForm::Multiplicative => {
                let mut squares = 0.0;
                for (d, f) in self.gap.iter().zip(&self.fitted) {
                    if *f <= 0.0 {
                        return None;
                    }
                    squares += (d / f) * (d / f);
                }
                Errors { n, squares, logs: sum_of_logs(&self.fitted) }
            }
        };
        (errors.squares.is_finite() && errors.logs.is_finite()).then_some(errors)
    }

    /// The gradient of the criterion at the parameters of the last run.
    pub(super) fn reverse(
        &self,
        form: EtsForm,
        p: &EtsParameters,
        errors: Errors,
        adjoint: &mut Adjoint,
    ) {
        adjoint.season.clear();
        adjoint.season.resize(self.season.len(), 0.0);
        let relative = form.error == ErrorForm::Multiplicative;
        by_form!(form, back, (self, p, errors.slope(), relative, adjoint));
    }
}

/// Σ ln x of positive figures, one logarithm for many.
fn sum_of_logs(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for chunk in x.chunks(16) {
        let product: f64 = chunk.iter().product();
        // Figures are near one; a chunk that leaves the range is taken one by one.
        sum += if product > 1e-250 && product < 1e250 {
            product.ln()
        } else {
            chunk.iter().map(|x| x.ln()).sum()
        };
    }
    sum
}

fn pass<const T: u8, const S: u8>(trace: &mut Trace, p: &EtsParameters, y: &[f64]) -> bool {
    let m = p.seasons.len();
    let n = y.len();
    let (mut level, mut growth) = (p.level, p.growth);
    trace.season[..m].copy_from_slice(&p.seasons);
    let Trace { level: levels, growth: growths, season, base, faded, fitted, gap } = trace;
    let (levels, growths) = (&mut levels[..=n], &mut growths[..=n]);
    let (base, faded) = (&mut base[..n], &mut faded[..n]);
    let (fitted, gap) = (&mut fitted[..n], &mut gap[..n]);
    let mut fine = true;
    for t in 0..n {
        levels[t] = level;
        growths[t] = growth;
        let fading = match T {
            NONE => 0.0,
            ADDITIVE => p.phi * growth,
            _ if p.phi == 1.0 => growth,
            _ => growth.powf(p.phi),
        };
        let q = match T {
            NONE => level,
            ADDITIVE => level + fading,
            _ => level * fading,
        };
        let s = if S == NONE { 0.0 } else { season[t] };
        let forecast = match S {
            NONE => q,
            ADDITIVE => q + s,
            _ => q * s,
        };
        let d = y[t] - forecast;
        let c = if S == MULTIPLICATIVE { d / s } else { d };
        if T == MULTIPLICATIVE {
            fine &= level > 0.0 && growth > 0.0;
        }
        match T {
            NONE => {}
            ADDITIVE => growth = fading + p.beta * c,
            _ => growth = fading + p.beta * c / level,
        }
        level = q + p.alpha * c;
        match S {
            NONE => {}
            ADDITIVE => season[t + m] = s + p.gamma * d,
            _ => {
                fine &= s > 0.0 && q > 0.0;
                season[t + m] = s + p.gamma * d / q;
            }
        }
        (base[t], faded[t], fitted[t], gap[t]) = (q, fading, forecast, d);
    }
    levels[n] = level;
    growths[n] = growth;
    fine
}

/// `slope`: of the criterion in the sum of squares; `relative`: errors in proportion to the forecast.
fn back<const T: u8, const S: u8>(
    trace: &Trace,
    p: &EtsParameters,
    slope: f64,
    relative: bool,
    adjoint: &mut Adjoint,
) {
    let m = p.seasons.len();
    let n = trace.gap.len();
    let (mut level, mut growth) = (0.0, 0.0);
    let (mut alpha, mut beta, mut gamma, mut phi) = (0.0, 0.0, 0.0, 0.0);
    let seasons = &mut adjoint.season[..];
    for t in (0..n).rev() {
        let (l, b, q, fading) = (trace.level[t], trace.growth[t], trace.base[t], trace.faded[t]);
        let (f, d) = (trace.fitted[t], trace.gap[t]);
        let s = if S == NONE { 1.0 } else { trace.season[t] };
        let (mut on_gap, mut on_forecast) = if relative {
            let e = d / f;
            (2.0 * slope * e / f, (2.0 - 2.0 * slope * e * e) / f)
        } else {
            (2.0 * slope * d, 0.0)
        };
        let c = if S == MULTIPLICATIVE { d / s } else { d };
        let mut on_c = p.alpha * level;
        let mut on_base = level;
        let mut on_faded = growth;
        let mut on_level = 0.0;
        alpha += level * c;
        match T {
            NONE => {}
            ADDITIVE => {
                beta += growth * c;
                on_c += p.beta * growth;
            }
            _ => {
                beta += growth * c / l;
                on_c += p.beta * growth / l;
                on_level = -p.beta * growth * c / (l * l);
            }
        }
        let mut on_season = 0.0;
        match S {
            NONE => on_gap += on_c,
            ADDITIVE => {
                on_season = seasons[t + m];
                gamma += on_season * d;
                on_gap += on_c + p.gamma * on_season;
            }
            _ => {
                let next = seasons[t + m];
                gamma += next * d / q;
                on_gap += (p.gamma * next) / q + on_c / s;
                on_base -= p.gamma * next * d / (q * q);
                on_season = next - on_c * c / s;
            }
        }
        on_forecast -= on_gap;
        match S {
            NONE => on_base += on_forecast,
            ADDITIVE => {
                on_base += on_forecast;
                on_season += on_forecast;
            }
            _ => {
                on_base += on_forecast * s;
                on_season += on_forecast * q;
            }
        }
        match T {
            NONE => level = on_base,
            ADDITIVE => {
                level = on_base;
                on_faded += on_base;
                phi += on_faded * b;
                growth = on_faded * p.phi;
            }
            _ => {
                level = on_level + on_base * fading;
                on_faded += on_base * l;
                phi += on_faded * fading * b.ln();
                growth = on_faded * p.phi * fading / b;
            }
        }
        if S != NONE {
            seasons[t] = on_season;
        }
    }
    (adjoint.alpha, adjoint.beta, adjoint.gamma, adjoint.phi) = (alpha, beta, gamma, phi);
    (adjoint.level, adjoint.growth) = (level, growth);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forms() -> Vec<EtsForm> {
        let mut forms = Vec::new();
        for error in ["A", "M"] {
            for trend in ["N", "A", "Ad", "M", "Md"] {
                for season in ["N", "A", "M"] {
                    forms.push(format!("{error}{trend}{season}").parse().unwrap());
                }
            }
        }
        forms
    }

    fn parameters(form: EtsForm, alpha: f64, beta: f64, gamma: f64, phi: f64) -> EtsParameters {
        EtsParameters {
            alpha,
            beta,
            gamma,
            phi: if form.trend.is_damped() { phi } else { 1.0 },
            level: 1.1,
            growth: if matches!(form.trend, TrendForm::Multiplicative { .. }) {
                1.02
            } else {
                0.01
            },
            seasons: match form.season {
                SeasonForm::None => vec![],
                SeasonForm::Additive => vec![0.1, -0.2, 0.05, 0.05],
                SeasonForm::Multiplicative => vec![1.1, 0.8, 1.05, 1.05],
            },
        }
    }

    /// By hand: l = 1.5, b = 2.5 after one step of Holt's method with α = ½, β = ½, l₀ = b₀ = 2, y = 3.
    #[test]
    fn a_step_by_hand() {
        let form: EtsForm = "AAN".parse().unwrap();
        let p = EtsParameters {
            alpha: 0.5,
            beta: 0.25,
            gamma: 0.0,
            phi: 1.0,
            level: 2.0,
            growth: 2.0,
            seasons: vec![],
        };
        let mut trace = Trace::default();
        let errors = trace.run(form, &p, &[3.0, 6.0]).unwrap();
        // d = 3 − 4 = −1: l = 4 − ½ = 3.5, b = 2 − ¼ = 1.75; d = 6 − 5.25 = .75.
        assert_eq!(trace.fitted, [4.0, 5.25]);
        assert_eq!((trace.level[2], trace.growth[2]), (5.625, 1.9375));
        assert_eq!(errors.squares, 1.5625);
        let relative: EtsForm = "MAN".parse().unwrap();
        let errors = trace.run(relative, &p, &[3.0, 6.0]).unwrap();
        assert!((errors.squares - (1.0 / 16.0 + (0.75_f64 / 5.25).powi(2))).abs() < 1e-15);
        assert!((errors.logs - (4.0_f64 * 5.25).ln()).abs() < 1e-14);
    }

    proptest! {
        #[test]
        fn the_adjoint_is_the_gradient(
            y in prop::collection::vec(0.5..1.7_f64, 14),
            alpha in 0.05..0.6_f64,
            share in 0.05..0.9_f64,
            season in 0.05..0.9_f64,
            phi in 0.8..0.98_f64,
        ) {
            let mut trace = Trace::default();
            let mut adjoint = Adjoint::default();
            for form in forms() {
                let p = parameters(form, alpha, alpha * share, (1.0 - alpha) * season, phi);
                let Some(errors) = trace.run(form, &p, &y) else { continue };
                if errors.criterion() > 60.0 {
                    // Near a pole no step of a difference is small enough.
                    continue;
                }
                trace.reverse(form, &p, errors, &mut adjoint);
                let at = |set: &dyn Fn(&mut EtsParameters, f64)| {
                    let h = 1e-6;
                    let value = |step: f64| {
                        let mut moved = p.clone();
                        set(&mut moved, step);
                        Trace::default().run(form, &moved, &y).map(Errors::criterion)
                    };
                    Some((value(h)? - value(-h)?) / (2.0 * h))
                };
                let mut pairs = vec![
                    (adjoint.alpha, at(&|p, h| p.alpha += h)),
                    (adjoint.level, at(&|p, h| p.level += h)),
                ];
                if form.trend != TrendForm::None {
                    pairs.push((adjoint.beta, at(&|p, h| p.beta += h)));
                    pairs.push((adjoint.growth, at(&|p, h| p.growth += h)));
                }
                if form.trend.is_damped() {
                    pairs.push((adjoint.phi, at(&|p, h| p.phi += h)));
                }
                if form.season != SeasonForm::None {
                    pairs.push((adjoint.gamma, at(&|p, h| p.gamma += h)));
                    for i in 0..4 {
                        pairs.push((adjoint.season[i], at(&|p, h| p.seasons[i] += h)));
                    }
                }
                for (idx, (own, difference)) in pairs.into_iter().enumerate() {
                    let Some(difference) = difference else { continue };
                    let size = 1.0 + own.abs();
                    prop_assert!(
                        (own - difference).abs() < 1e-4 * size,
                        "{form} {idx}: {own} against {difference}"
                    );
                }
            }
        }
    }
}
