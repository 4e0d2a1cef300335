//! Derivatives of every one-step error in every coordinate of the search, by the recursion differentiated forward.
//!
//! They give the Gauss–Newton approximation to the curvature: the scaled errors `r_t·Ĝ`, with `Ĝ` the geometric mean of
//! what multiplicative errors are divided by, have a sum of squares of which the criterion is `n` times the logarithm.

use super::form::{EtsForm, SeasonForm, TrendForm};
use super::recursion::{ADDITIVE, EtsParameters, MULTIPLICATIVE, NONE, Trace, by_form};

/// Directions in parameters and states at the start, one column for each coordinate of the search.
#[derive(Debug, Clone, Default)]
pub(super) struct Tangents {
    pub(super) k: usize,
    pub(super) alpha: Vec<f64>,
    pub(super) beta: Vec<f64>,
    pub(super) gamma: Vec<f64>,
    pub(super) phi: Vec<f64>,
    pub(super) level: Vec<f64>,
    pub(super) growth: Vec<f64>,
    /// Of the seasons of the start, `m × k`; a ring while it runs.
    pub(super) season: Vec<f64>,
    /// Derivatives of the errors, `n × k`.
    pub(super) errors: Vec<f64>,
    mean_log: Vec<f64>,
}

impl Tangents {
    /// No direction yet, `k` columns and `m` seasons.
    pub(super) fn clear(&mut self, k: usize, m: usize) {
        self.k = k;
        for row in [
            &mut self.alpha,
            &mut self.beta,
            &mut self.gamma,
            &mut self.phi,
            &mut self.level,
            &mut self.growth,
            &mut self.mean_log,
        ] {
            row.clear();
            row.resize(k, 0.0);
        }
        self.season.clear();
        self.season.resize(m * k, 0.0);
    }

    /// Fills `errors`, of scaled errors over `Ĝ`, along the last run of `trace`.
    pub(super) fn run(&mut self, form: EtsForm, p: &EtsParameters, trace: &Trace) {
        let n = trace.gap.len();
        self.errors.resize(n * self.k, 0.0);
        let relative = form.error == super::form::ErrorForm::Multiplicative;
        by_form!(form, forward, (self, p, trace, relative));
        if relative {
            let k = self.k;
            for (t, row) in self.errors.chunks_exact_mut(k).enumerate() {
                let e = trace.gap[t] / trace.fitted[t];
                for (x, mean) in row.iter_mut().zip(&self.mean_log) {
                    *x += e * mean / n as f64;
                }
            }
        }
    }

    /// The products `J'J`, `k × k`.
    pub(super) fn products(&self, into: &mut Vec<f64>) {
        let k = self.k;
        into.clear();
        into.resize(k * k, 0.0);
        for row in self.errors.chunks_exact(k) {
            for (i, out) in into.chunks_exact_mut(k).enumerate() {
                let a = row[i];
                for (o, b) in out[..=i].iter_mut().zip(row) {
                    *o += a * b;
                }
            }
        }
        for i in 0..k {
            for j in 0..i {
                into[j * k + i] = into[i * k + j];
            }
        }
    }
}

fn forward<const T: u8, const S: u8>(
    own: &mut Tangents,
    p: &EtsParameters,
    trace: &Trace,
    relative: bool,
) {
    let (k, m) = (own.k, p.seasons.len());
    let mut at = 0;
    for (t, errors) in own.errors.chunks_exact_mut(k).enumerate() {
        let (l, b, q, fading) = (trace.level[t], trace.growth[t], trace.base[t], trace.faded[t]);
        let (f, d) = (trace.fitted[t], trace.gap[t]);
        let s = if S == NONE { 1.0 } else { trace.season[t] };
        let c = if S == MULTIPLICATIVE { d / s } else { d };
        let season = if S == NONE { &mut [][..] } else { &mut own.season[at * k..(at + 1) * k] };
        // b^φ: its slopes in b and in φ.
        let (in_growth, in_phi) = match T {
            NONE => (0.0, 0.0),
            ADDITIVE => (p.phi, b),
            _ => (p.phi * fading / b, fading * b.ln()),
        };
        let (over_s, over_q, over_f, over_l) = (1.0 / s, 1.0 / q, 1.0 / f, 1.0 / l);
        for i in 0..k {
            let level = own.level[i];
            let faded = in_growth * own.growth[i] + in_phi * own.phi[i];
            let base = match T {
                NONE => level,
                ADDITIVE => level + faded,
                _ => level * fading + l * faded,
            };
            let ds = if S == NONE { 0.0 } else { season[i] };
            let forecast = match S {
                NONE => base,
                ADDITIVE => base + ds,
                _ => base * s + q * ds,
            };
            let gap = -forecast;
            let dc = if S == MULTIPLICATIVE { (gap - c * ds) * over_s } else { gap };
            own.level[i] = base + p.alpha * dc + c * own.alpha[i];
            match T {
                NONE => {}
                ADDITIVE => own.growth[i] = faded + p.beta * dc + c * own.beta[i],
                _ => {
                    own.growth[i] =
                        faded + (p.beta * (dc - c * level * over_l) + c * own.beta[i]) * over_l;
                }
            }
            match S {
                NONE => {}
                ADDITIVE => season[i] = ds + p.gamma * gap + d * own.gamma[i],
                _ => {
                    season[i] =
                        ds + (p.gamma * (gap - d * base * over_q) + d * own.gamma[i]) * over_q;
                }
            }
            if relative {
                let shift = forecast * over_f;
                errors[i] = (gap - d * shift) * over_f;
                own.mean_log[i] += shift;
            } else {
                errors[i] = gap;
            }
        }
        at = if at + 1 >= m { 0 } else { at + 1 };
    }
}
