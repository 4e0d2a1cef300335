//! The licence queue fitted to the magnet tonnage of 2025.
//!
//! One aggregate cell of magnets: desired shipments D a month, the share of them that needs a licence, approval hazards
//! before and after the easing, the speed at which they climb, and withdrawal. Six parameters against nine months, April
//! to December 2025, so priors decide what the data leave open: the fit minimises
//!
//! ```text
//! Σ_t ((y_t − ŷ_t)/300 t)² + Σ_i ((θ_i − prior_i)/s.d._i)²
//! ```
//!
//! by a pattern search within bounds; standard errors are those of the linearised posterior. Constant D leaves out
//! restocking and pull-forward: what they did in June to August is in the hazards here.

use monazite_physical::{Goods, LicenceParameters, Origin, Parameter, advance_queue};
use monazite_series::Period;
use serde::Serialize;

use super::explain::series_fault;
use crate::data::{Catalogue, PolicyEvent};
use crate::diagnostic::Diagnostic;

/// Parameters of the queue.
pub const N_PARAMETERS: usize = 6;
/// Assumed s.d. of a monthly tonnage about the queue's path, t.
const TONNAGE_SD: f64 = 300.0;
/// Announcement 18 of 2025 and MOFCOM's confirmation of approvals.
const CONTROL: (&str, &str) = ("2025-04-04", "export control");
const EASING: (&str, &str) = ("2025-06", "truce");
const FIRST_MONTH: &str = "2025-04";
const N_MONTHS: usize = 9;
const NAMES: [&str; N_PARAMETERS] =
    ["desired", "licensed_share", "hazard_control", "hazard_eased", "climb", "withdrawal"];
/// Prior mean, prior s.d., lower and upper bound.
const PRIORS: [(f64, f64, f64, f64); N_PARAMETERS] = [
    (4846.0, 500.0, 2000.0, 9000.0),
    (0.80, 0.10, 0.0, 1.0),
    (0.05, 0.05, 0.0, 0.5),
    (0.80, 0.20, 0.1, 1.0),
    (0.50, 0.30, 0.02, 3.0),
    (0.15, 0.08, 0.0, 0.6),
];

/// A parameter with its prior.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fitted {
    /// Name.
    pub name: &'static str,
    /// Prior mean.
    pub prior: f64,
    /// Prior s.d.
    pub prior_sd: f64,
    /// Fitted value.
    pub value: f64,
    /// Standard error of the linearised posterior.
    pub se: f64,
}

/// A month of the fit, t of magnets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FittedMonth {
    /// The month.
    pub month: Period,
    /// Customs figure.
    pub observed: f64,
    /// The queue's.
    pub fitted: f64,
}

/// The fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LicenceFit {
    /// Parameters.
    pub parameters: Vec<Fitted>,
    /// Months.
    pub months: Vec<FittedMonth>,
    /// Root mean square error, t.
    pub rmse: f64,
    /// First day of the control.
    pub control_day: u32,
    /// First month of the control and of the easing.
    pub control: Period,
    /// First month of the easing.
    pub easing: Period,
}

impl LicenceFit {
    /// Writes the fit into the parameters of the queue: magnets are what it was fitted to, raw goods are taken to wait
    /// alike.
    pub fn apply(&self, licences: &mut LicenceParameters) {
        let fitted = |i: usize| {
            let (one, (_, _, low, high)) = (&self.parameters[i], PRIORS[i]);
            let half = 1.96 * one.se;
            let unit = if i == 1 { "share" } else { "a month" };
            Parameter::ranged(
                one.value,
                (one.value - half).max(low),
                (one.value + half).min(high),
                unit,
                Origin::estimated(format!(
                    "queue fitted to magnet exports {} to {} with prior {} ± {}",
                    self.months[0].month,
                    self.months[self.months.len() - 1].month,
                    one.prior,
                    one.prior_sd
                )),
            )
        };
        for row in &mut licences.processed.licensed_share[1..] {
            row[1] = fitted(1);
        }
        for (goods, regime) in licences.regimes_mut() {
            regime.control_month = Some(self.control);
            regime.control_day = self.control_day;
            for (region, eased) in regime.easing_civil.iter_mut().enumerate() {
                *eased = (region > 0).then_some(self.easing);
            }
            let of_regime = |i: usize| {
                let mut one = fitted(i);
                if goods == Goods::Raw {
                    // The same queue is the only guess there is for oxides and metals.
                    one.origin = Origin::assumed(
                        "as fitted to magnets: no monthly tonnage of Dy and Tb oxide and metal is published",
                    );
                }
                one
            };
            regime.hazard_control = of_regime(2);
            regime.hazard_eased = of_regime(3);
            regime.climb = of_regime(4);
            regime.withdrawal = of_regime(5);
        }
    }

    /// One line for the notes of a calibration.
    pub fn note(&self) -> String {
        let months: Vec<String> = self
            .months
            .iter()
            .map(|m| format!("{} {:.0} ({:.0})", m.month, m.fitted, m.observed))
            .collect();
        format!(
            "licence queue, {N_PARAMETERS} parameters against {N_MONTHS} months, rmse {:.0} t, fitted (observed): {}",
            self.rmse,
            months.join(", ")
        )
    }
}

/// Fits the queue.
///
/// # Errors
/// `D041` if a month or an event is missing.
pub fn fit_licences(catalogue: &Catalogue) -> Result<LicenceFit, Diagnostic> {
    let (control, control_day) = event(catalogue, CONTROL)?;
    let (easing, _) = event(catalogue, EASING)?;
    let first: Period = FIRST_MONTH.parse().map_err(|e| series_fault(&e))?;
    let series = catalogue.series("magnet-exports-world")?;
    let observed: Vec<(Period, f64)> = first
        .run(N_MONTHS)
        .map(|month| {
            series.get(month).map(|value| (month, value)).ok_or_else(|| {
                Diagnostic::error("D041", format!("no magnet exports of {month}"))
                    .in_file("data/magnets.csv")
            })
        })
        .collect::<Result<_, _>>()?;
    let n_days = f64::from(control.last_day().day());
    let dates = Dates {
        free_days: f64::from(control_day - 1) / n_days,
        easing: usize::try_from(easing.ordinal() - control.ordinal()).unwrap_or(0),
    };
    let tonnes: Vec<f64> = observed.iter().map(|(_, value)| *value).collect();
    let best = search(&tonnes, dates);
    let path = path(&best, dates, N_MONTHS);
    let squares: f64 = path.iter().zip(&tonnes).map(|(a, b)| (a - b).powi(2)).sum();
    let errors = standard_errors(&best, dates);
    Ok(LicenceFit {
        parameters: (0..N_PARAMETERS)
            .map(|i| Fitted {
                name: NAMES[i],
                prior: PRIORS[i].0,
                prior_sd: PRIORS[i].1,
                value: best[i],
                se: errors[i],
            })
            .collect(),
        months: observed
            .iter()
            .zip(&path)
            .map(|(&(month, observed), &fitted)| FittedMonth { month, observed, fitted })
            .collect(),
        rmse: (squares / N_MONTHS as f64).sqrt(),
        control_day,
        control,
        easing,
    })
}

/// Month and day of the first event of a category whose date begins with a text; day 1 where only a month is known.
fn event(
    catalogue: &Catalogue,
    (date, category): (&str, &str),
) -> Result<(Period, u32), Diagnostic> {
    let missing = || {
        Diagnostic::error("D041", format!("no event of category \"{category}\" dated {date}"))
            .in_file("data/policy-events.csv")
    };
    let rows = catalogue.table::<PolicyEvent>()?;
    let row = rows
        .iter()
        .find(|r| r.date.starts_with(date) && r.category == category)
        .ok_or_else(missing)?;
    let month = row.date.get(..7).ok_or_else(missing)?.parse().map_err(|e| series_fault(&e))?;
    Ok((month, row.date.get(8..).and_then(|day| day.parse().ok()).unwrap_or(1)))
}

/// Dates as numbers.
#[derive(Debug, Clone, Copy)]
struct Dates {
    /// Share of the control's first month before it.
    free_days: f64,
    /// Months from the control to the easing.
    easing: usize,
}

/// Shipments from the month of the control on.
fn path(theta: &[f64; N_PARAMETERS], dates: Dates, n_months: usize) -> Vec<f64> {
    let [desired, licensed, h0, h1, climb, withdrawal] = *theta;
    let mut backlog = 0.0;
    (0..n_months)
        .map(|t| {
            let controlled = if t == 0 { licensed * (1.0 - dates.free_days) } else { licensed };
            let hazard = if t < dates.easing {
                h0
            } else {
                h0 + (h1 - h0) * (1.0 - (-climb * (t - dates.easing + 1) as f64).exp())
            };
            let month = advance_queue(backlog, desired, 1.0 - controlled, hazard, withdrawal);
            backlog = month.backlog;
            month.shipments
        })
        .collect()
}

fn loss(theta: &[f64; N_PARAMETERS], dates: Dates, observed: &[f64]) -> f64 {
    let fitted = path(theta, dates, observed.len());
    let data: f64 = fitted.iter().zip(observed).map(|(a, b)| ((a - b) / TONNAGE_SD).powi(2)).sum();
    let prior: f64 =
        theta.iter().zip(PRIORS).map(|(x, (mean, sd, ..))| ((x - mean) / sd).powi(2)).sum();
    data + prior
}

/// Pattern search: one parameter at a time, a step halved whenever no move helps.
fn search(observed: &[f64], dates: Dates) -> [f64; N_PARAMETERS] {
    let mut best: [f64; N_PARAMETERS] = std::array::from_fn(|i| PRIORS[i].0);
    let mut value = loss(&best, dates, observed);
    let mut step = 1.0;
    while step > 1e-7 {
        let before = value;
        for i in 0..N_PARAMETERS {
            for sign in [1.0, -1.0] {
                let mut tried = best;
                let (_, sd, low, high) = PRIORS[i];
                tried[i] = (best[i] + sign * step * sd).clamp(low, high);
                let found = loss(&tried, dates, observed);
                if found < value {
                    (best, value) = (tried, found);
                }
            }
        }
        // A move that gains next to nothing is the crawl along a valley that a smaller step does better.
        if before - value < 1e-9 * value {
            step *= 0.5;
        }
    }
    best
}

/// Square roots of the diagonal of (J'J/σ² + prior precision)⁻¹, J by central differences.
fn standard_errors(theta: &[f64; N_PARAMETERS], dates: Dates) -> [f64; N_PARAMETERS] {
    let columns: Vec<Vec<f64>> = (0..N_PARAMETERS)
        .map(|i| {
            let width = 1e-4 * PRIORS[i].1;
            let at = |sign: f64| {
                let mut moved = *theta;
                moved[i] += sign * width;
                path(&moved, dates, N_MONTHS)
            };
            at(1.0)
                .iter()
                .zip(at(-1.0))
                .map(|(a, b)| (a - b) / (2.0 * width * TONNAGE_SD))
                .collect()
        })
        .collect();
    let mut matrix = [[0.0; N_PARAMETERS]; N_PARAMETERS];
    for (i, row) in matrix.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = columns[i].iter().zip(&columns[j]).map(|(a, b)| a * b).sum();
        }
        row[i] += PRIORS[i].1.powi(-2);
    }
    inverse_diagonal(matrix).map(f64::sqrt)
}

/// Diagonal of the inverse of a positive definite matrix (Gauss–Jordan).
fn inverse_diagonal(mut a: [[f64; N_PARAMETERS]; N_PARAMETERS]) -> [f64; N_PARAMETERS] {
    let mut inverse: [[f64; N_PARAMETERS]; N_PARAMETERS] =
        std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    for i in 0..N_PARAMETERS {
        let pivot = a[i][i];
        for j in 0..N_PARAMETERS {
            a[i][j] /= pivot;
            inverse[i][j] /= pivot;
        }
        for k in 0..N_PARAMETERS {
            let factor = a[k][i];
            if k != i && factor != 0.0 {
                for j in 0..N_PARAMETERS {
                    a[k][j] -= factor * a[i][j];
                    inverse[k][j] -= factor * inverse[i][j];
                }
            }
        }
    }
    std::array::from_fn(|i| inverse[i][i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collapse_and_the_recovery_of_2025_come_out_of_the_queue() {
        let fit = fit_licences(&Catalogue::bundled().unwrap()).unwrap();
        assert_eq!((fit.control.to_string().as_str(), fit.control_day), ("2025-04", 4));
        assert_eq!(fit.easing.to_string(), "2025-06");
        assert!(fit.rmse < 450.0, "{}", fit.note());
        let may = fit.months[1];
        assert!(may.fitted < 0.45 * fit.months[5].fitted, "{}", fit.note());
        for one in &fit.parameters {
            assert!(one.se > 0.0 && one.se <= one.prior_sd * 1.0001, "{one:?}");
        }
    }

    /// No better point in the neighbourhood, and a diagonal matrix has the inverse it should.
    #[test]
    fn the_search_ends_at_a_minimum() {
        let dates = Dates { free_days: 0.1, easing: 2 };
        let truth = [5000.0, 0.75, 0.04, 0.85, 0.6, 0.12];
        let observed = path(&truth, dates, N_MONTHS);
        let best = search(&observed, dates);
        let value = loss(&best, dates, &observed);
        for i in 0..N_PARAMETERS {
            for sign in [1.0, -1.0] {
                let mut near = best;
                near[i] = (near[i] + sign * 0.01 * PRIORS[i].1).clamp(PRIORS[i].2, PRIORS[i].3);
                assert!(loss(&near, dates, &observed) >= value - 1e-6);
            }
        }
        let mut diagonal = [[0.0; N_PARAMETERS]; N_PARAMETERS];
        for (i, row) in diagonal.iter_mut().enumerate() {
            row[i] = (i + 1) as f64;
        }
        assert_eq!(inverse_diagonal(diagonal)[3], 0.25);
    }
}
