//! Effects of scenarios and of conduct, from worlds on common random numbers.
//!
//! Two runs with the same seed and activity differ path by path only by what was changed, so an effect is the mean of
//! paired differences d. Two intervals are given and they are not the same thing: `lo95`–`hi95` is mean ± 1.96 standard
//! errors of the mean, the precision of the Monte Carlo; `path_low`–`path_high` is the 2.5–97.5 % range of d over
//! paths, how much the effect itself varies with the state of the market. Neither holds the uncertainty of parameters.
//!
//! * Mark-up: Lerner index (R − MC)/R per tonne of ore; for a basket only the change of price against the price-taker
//!   world, because joint products have no cost of their own. Where a limit holds (μ > 0) the gap is
//!   [`MarkUp::ScarcityAndConduct`], not conduct alone.
//! * Residual demand: its elasticity over the supplier's horizon, from the formula and from ± 1 % of own supply.
//! * Pass-through of a demand shock after H months: change of the price in per cent, and that divided by the change of
//!   demand at base prices in per cent. Month 1 is the first in which the shock acts.

use std::fmt;

use monazite_stochastic::{Moments, quantiles};

use crate::{Basket, Output, PhysicalError, Region, Run};

/// Months after which pass-through is reported.
pub const HORIZONS: [usize; 4] = [1, 3, 6, 12];
/// Baskets with a market-power problem worth reporting.
const PRICED: [Basket; 2] = [Basket::NdPr, Basket::DyTb];
/// Half-width of a 95 % interval in standard errors.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// A mean over paths with both intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Mean over paths.
    pub mean: f64,
    /// Its standard error; 0 if paths do not differ.
    pub standard_error: f64,
    /// Mean − 1.96 standard errors.
    pub lo95: f64,
    /// Mean + 1.96 standard errors.
    pub hi95: f64,
    /// 2.5 % quantile over paths.
    pub path_low: f64,
    /// 97.5 % quantile over paths.
    pub path_high: f64,
    /// Number of paths.
    pub n_paths: usize,
}

impl Effect {
    /// Of values by path.
    ///
    /// # Errors
    /// Fewer than two paths, or a value that is not finite.
    pub fn of(values: &[f64]) -> Result<Self, PhysicalError> {
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            return Err(crate::error::out_of_range("effect on a path", value, "finite"));
        }
        let estimate = values.iter().copied().collect::<Moments>().estimate()?;
        let half_width = NORMAL_975 * estimate.standard_error;
        let range = quantiles(values, &[0.025, 0.975])?;
        Ok(Self {
            mean: estimate.mean,
            standard_error: estimate.standard_error,
            lo95: estimate.mean - half_width,
            hi95: estimate.mean + half_width,
            path_low: range[0],
            path_high: range[1],
            n_paths: values.len(),
        })
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = f.precision().unwrap_or(3);
        write!(
            f,
            "{:.p$} [{:.p$}, {:.p$}], paths {:.p$} to {:.p$}",
            self.mean, self.lo95, self.hi95, self.path_low, self.path_high
        )
    }
}

/// What a measure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The quantity itself, in its unit.
    Level,
    /// Change against the other world, in the quantity's unit.
    Change,
    /// Change against the other world, per cent.
    PercentChange,
    /// Per cent of price per per cent of demand.
    PerDemand,
}

/// One row of a table of measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The quantity.
    pub output: Output,
    /// What is said of it.
    pub kind: Kind,
    /// Months after the shock began; `None` where the whole window is meant.
    pub horizon: Option<usize>,
    /// Its value.
    pub effect: Effect,
}

impl Measure {
    /// Unit of the value.
    pub const fn unit(&self) -> &'static str {
        match self.kind {
            Kind::Level | Kind::Change => self.output.unit(),
            Kind::PercentChange => "%",
            Kind::PerDemand => "% per % of demand",
        }
    }
}

/// What a gap between price and marginal cost is due to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkUp {
    /// No gap is sought: a price taker whose limits do not hold.
    None,
    /// Conduct alone: no limit holds.
    Conduct,
    /// Limits alone: a price taker at its limit.
    Scarcity,
    /// Both: a limit holds in some month of some path, so the gap cannot be put down to conduct.
    ScarcityAndConduct,
}

impl fmt::Display for MarkUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Conduct => "conduct",
            Self::Scarcity => "scarcity",
            Self::ScarcityAndConduct => "scarcity + conduct",
        })
    }
}

/// Why the mark-up of a world is what it is.
///
/// # Errors
/// Never for a run of [`crate::simulate`].
pub fn mark_up(run: &Run) -> Result<MarkUp, PhysicalError> {
    let scarce = run.over(Output::Scarcity, 0, run.n_months())?.iter().any(|&share| share > 0.0);
    Ok(match (run.conduct().holds_back(), scarce) {
        (false, false) => MarkUp::None,
        (true, false) => MarkUp::Conduct,
        (false, true) => MarkUp::Scarcity,
        (true, true) => MarkUp::ScarcityAndConduct,
    })
}

/// Months at the end of a run over which market power is measured.
pub const POWER_MONTHS: usize = 12;

/// Market power in a world: Lerner index, residual demand, corner and scarcity shares, and prices against the
/// price-taker world under the same scenario. Means over the last twelve months: a world whose conduct is not that of the
/// base year opens with a transition.
///
/// # Errors
/// Worlds that cannot be compared, or fewer than two paths.
pub fn market_power(run: &Run, taker: &Run) -> Result<Vec<Measure>, PhysicalError> {
    let window = (run.n_months().saturating_sub(POWER_MONTHS), run.n_months());
    let mut levels = vec![Output::Lerner, Output::Scarcity];
    levels.extend(Output::of_conduct(run.conduct()));
    for basket in PRICED {
        levels.extend([
            Output::Share(basket),
            Output::ResidualElasticity(basket),
            Output::MeasuredElasticity(basket),
            Output::Corner(basket),
        ]);
    }
    let mut measures = Vec::new();
    for output in levels {
        let effect = Effect::of(&run.over(output, window.0, window.1)?)?;
        measures.push(Measure { output, kind: Kind::Level, horizon: None, effect });
    }
    for basket in PRICED {
        for output in [Output::Price(basket), Output::OutsidePrice(basket)] {
            let effect = compare(run, taker, output, window, Kind::PercentChange)?;
            measures.push(Measure { output, kind: Kind::PercentChange, horizon: None, effect });
        }
    }
    Ok(measures)
}

/// Effect of a scenario under a conduct: pass-through to prices after 1, 3, 6 and 12 months, and what happens to
/// tonnes, value and unmet use from the first month of the shock to the end.
///
/// # Errors
/// Worlds that cannot be compared, a scenario without shocks in the window, or fewer than two paths.
pub fn scenario_effects(run: &Run, baseline: &Run) -> Result<Vec<Measure>, PhysicalError> {
    let first = run.first_shock().filter(|&first| first < run.n_months()).ok_or_else(|| {
        PhysicalError::Missing(format!(
            "a shock of scenario {} in the months simulated",
            run.scenario()
        ))
    })?;
    let mut measures = pass_through(run, baseline, first)?;
    let window = (first, run.n_months());
    let mut totals = vec![
        Output::Exports(None, None),
        Output::HeadlineExports(None),
        Output::MagnetExports(None),
        Output::ExportValue(None),
    ];
    totals.extend(Region::OUTSIDE.map(|region| Output::Exports(Some(region), None)));
    totals.extend(Region::OUTSIDE.map(|region| Output::ExportValue(Some(region))));
    for output in totals {
        for kind in [Kind::Change, Kind::PercentChange] {
            let effect = compare(run, baseline, output, window, kind)?;
            measures.push(Measure { output, kind, horizon: None, effect });
        }
    }
    // Unmet use is mostly zero without a shock: only its change has a meaning.
    let mut unmet = vec![Output::Unmet(None, None)];
    unmet.extend(Basket::ALL.map(|basket| Output::Unmet(None, Some(basket))));
    unmet.extend(Region::OUTSIDE.map(|region| Output::Unmet(Some(region), None)));
    for output in unmet {
        let effect = compare(run, baseline, output, window, Kind::Change)?;
        measures.push(Measure { output, kind: Kind::Change, horizon: None, effect });
    }
    Ok(measures)
}

/// Pass-through at every horizon within the months simulated.
fn pass_through(run: &Run, baseline: &Run, first: usize) -> Result<Vec<Measure>, PhysicalError> {
    let mut measures = Vec::new();
    for horizon in HORIZONS {
        let month = first + horizon - 1;
        if month >= run.n_months() {
            continue;
        }
        let window = (month, month + 1);
        for basket in PRICED {
            let demand = percent_changes(run, baseline, Output::DemandAtBase(basket), window)?;
            for output in [Output::Price(basket), Output::OutsidePrice(basket)] {
                let price = percent_changes(run, baseline, output, window)?;
                let mut push = |kind, values: &[f64]| -> Result<(), PhysicalError> {
                    let effect = Effect::of(values)?;
                    measures.push(Measure { output, kind, horizon: Some(horizon), effect });
                    Ok(())
                };
                push(Kind::PercentChange, &price)?;
                // A shock that leaves demand alone has no pass-through of demand.
                if demand.iter().all(|change| change.abs() > 1e-9) {
                    let ratio: Vec<f64> = price.iter().zip(&demand).map(|(p, d)| p / d).collect();
                    push(Kind::PerDemand, &ratio)?;
                }
            }
        }
    }
    Ok(measures)
}

/// Effect of what differs between two worlds on a quantity, over months `window.0` to `window.1` − 1.
///
/// # Errors
/// Worlds that cannot be compared, months not simulated, fewer than two paths, or a division by zero.
pub fn compare(
    run: &Run,
    other: &Run,
    output: Output,
    window: (usize, usize),
    kind: Kind,
) -> Result<Effect, PhysicalError> {
    match kind {
        Kind::Level => Effect::of(&run.over(output, window.0, window.1)?),
        Kind::PercentChange => Effect::of(&percent_changes(run, other, output, window)?),
        Kind::Change => {
            let (a, b) = pairs(run, other, output, window)?;
            Effect::of(&a.iter().zip(&b).map(|(a, b)| a - b).collect::<Vec<_>>())
        }
        Kind::PerDemand => Err(PhysicalError::Missing(format!(
            "pass-through of {output} over a window: see scenario_effects"
        ))),
    }
}

fn percent_changes(
    run: &Run,
    other: &Run,
    output: Output,
    window: (usize, usize),
) -> Result<Vec<f64>, PhysicalError> {
    let (a, b) = pairs(run, other, output, window)?;
    // What both worlds lack has not changed.
    let change = |(a, b): (&f64, &f64)| if a == b { 0.0 } else { 100.0 * (a / b - 1.0) };
    Ok(a.iter().zip(&b).map(change).collect())
}

/// Refuses runs that are not on the same months, paths and seed.
pub(crate) fn check_paired(run: &Run, other: &Run) -> Result<(), PhysicalError> {
    let shape = |run: &Run| (run.start(), run.seed(), run.n_months(), run.n_paths());
    if shape(run) == shape(other) {
        return Ok(());
    }
    Err(PhysicalError::NotPaired {
        left: format!("{} under {}", run.scenario(), run.conduct()),
        right: format!("{} under {}", other.scenario(), other.conduct()),
    })
}

fn pairs(
    run: &Run,
    other: &Run,
    output: Output,
    (from, until): (usize, usize),
) -> Result<(Vec<f64>, Vec<f64>), PhysicalError> {
    check_paired(run, other)?;
    Ok((run.over(output, from, until)?, other.over(output, from, until)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: mean 2, s.d. 1, s.e. 1/√3; quantiles of 1, 2, 3 at 2.5 and 97.5 %: 1.05 and 2.95.
    #[test]
    fn both_intervals_by_hand() {
        let effect = Effect::of(&[1.0, 2.0, 3.0]).unwrap();
        let half = 1.959_963_984_540_054 / 3.0_f64.sqrt();
        assert!((effect.mean - 2.0).abs() < 1e-15 && (effect.hi95 - 2.0 - half).abs() < 1e-12);
        assert!((effect.path_low - 1.05).abs() < 1e-12 && (effect.path_high - 2.95).abs() < 1e-12);
        assert!(Effect::of(&[1.0]).is_err() && Effect::of(&[1.0, f64::INFINITY]).is_err());
    }
}
