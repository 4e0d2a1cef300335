//! Minima of functions of one and of few parameters, without derivatives.

/// The minimum of a function between two ends without derivatives (Brent 1973, chapter 5), to `precision` of the range.
pub(crate) fn least(f: impl Fn(f64) -> f64, mut lo: f64, mut hi: f64, precision: f64) -> f64 {
    // The smaller part of the golden section.
    const GOLDEN: f64 = 0.381_966_011_250_105_1;
    let tolerance = precision * (hi - lo).max(f64::MIN_POSITIVE);
    let mut x = lo + GOLDEN * (hi - lo);
    let mut at_x = f(x);
    // The second and third best points.
    let (mut second, mut at_second, mut third, mut at_third) = (x, at_x, x, at_x);
    let (mut step, mut before) = (0.0_f64, 0.0_f64);
    for _ in 0..100 {
        let middle = 0.5 * (lo + hi);
        let near = 1e-9 * x.abs() + tolerance;
        if (x - middle).abs() <= 2.0 * near - 0.5 * (hi - lo) {
            break;
        }
        let parabola = parabola_step((x, at_x), (second, at_second), (third, at_third))
            .filter(|d| d.abs() < 0.5 * before.abs() && x + d > lo && x + d < hi);
        if let Some(d) = parabola {
            before = step;
            step = d;
            if x + d - lo < 2.0 * near || hi - x - d < 2.0 * near {
                step = near.copysign(middle - x);
            }
        } else {
            before = if x < middle { hi - x } else { lo - x };
            step = GOLDEN * before;
        }
        let y = x + if step.abs() >= near { step } else { near.copysign(step) };
        let at_y = f(y);
        if at_y <= at_x {
            if y < x {
                hi = x;
            } else {
                lo = x;
            }
            (third, at_third) = (second, at_second);
            (second, at_second) = (x, at_x);
            (x, at_x) = (y, at_y);
        } else {
            if y < x {
                lo = y;
            } else {
                hi = y;
            }
            if at_y <= at_second || second == x {
                (third, at_third) = (second, at_second);
                (second, at_second) = (y, at_y);
            } else if at_y <= at_third || third == x || third == second {
                (third, at_third) = (y, at_y);
            }
        }
    }
    x
}

/// From the first point to the extremum of the parabola through three.
fn parabola_step((x, fx): (f64, f64), (w, fw): (f64, f64), (v, fv): (f64, f64)) -> Option<f64> {
    let (r, q) = ((x - w) * (fx - fv), (x - v) * (fx - fw));
    let (numerator, denominator) = ((x - v) * q - (x - w) * r, 2.0 * (q - r));
    let step = -numerator / denominator;
    step.is_finite().then_some(step)
}

/// The minimum of a function of few parameters by the simplex of Nelder and Mead (1965) with their coefficients, from
/// `start` with edges of `step`; infinite values are outside the range.
///
/// It ends when the values of the simplex differ by less than `precision` and its corners by less than a tenth of
/// `step`, or after `budget` evaluations.
pub(crate) fn simplex(
    f: impl Fn(&[f64]) -> f64,
    start: &[f64],
    step: f64,
    precision: f64,
    budget: usize,
) -> (Vec<f64>, f64) {
    let k = start.len();
    let mut corners: Vec<(Vec<f64>, f64)> = (0..=k)
        .map(|i| {
            let mut x = start.to_vec();
            if i > 0 {
                x[i - 1] += step;
                if f(&x).is_infinite() {
                    x[i - 1] -= 2.0 * step;
                }
            }
            let value = f(&x);
            (x, value)
        })
        .collect();
    let mut spent = 2 * k + 1;
    let mut centre = vec![0.0; k];
    let mut trial = vec![0.0; k];
    loop {
        corners.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (corners[0].1, corners[k].1);
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.1 * step);
        let small = worst - best < precision && near(&corners[0].0, &corners[k].0);
        if spent >= budget || small {
            return corners.swap_remove(0);
        }
        for (j, c) in centre.iter_mut().enumerate() {
            *c = corners[..k].iter().map(|x| x.0[j]).sum::<f64>() / k as f64;
        }
        let move_to = |factor: f64, worst: &[f64], trial: &mut [f64]| {
            for ((t, c), w) in trial.iter_mut().zip(&centre).zip(worst) {
                *t = c + factor * (w - c);
            }
            f(trial)
        };
        let reflected = move_to(-1.0, &corners[k].0, &mut trial);
        spent += 1;
        let mut accepted = reflected;
        if reflected < best {
            let kept = trial.clone();
            let expanded = move_to(-2.0, &corners[k].0, &mut trial);
            spent += 1;
            if expanded < reflected {
                accepted = expanded;
            } else {
                trial = kept;
            }
        } else if reflected >= corners[k - 1].1 {
            let factor = if reflected < worst { -0.5 } else { 0.5 };
            accepted = move_to(factor, &corners[k].0, &mut trial);
            spent += 1;
            if accepted >= reflected.min(worst) {
                shrink(&f, &mut corners);
                spent += k;
                continue;
            }
        }
        corners[k].0.copy_from_slice(&trial);
        corners[k].1 = accepted;
    }
}

/// Every corner half way to the best.
fn shrink(f: &impl Fn(&[f64]) -> f64, corners: &mut [(Vec<f64>, f64)]) {
    let Some(((best, _), rest)) = corners.split_first_mut() else { return };
    for (x, value) in rest {
        for (x, b) in x.iter_mut().zip(best.iter()) {
            *x = 0.5 * (*x + b);
        }
        *value = f(x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minima_are_found_inside_and_at_ends() {
        assert!((least(|x| (x - 0.3).powi(2), 0.0, 1.0, 1e-9) - 0.3).abs() < 1e-7);
        assert!((least(|x| (x - 0.3).powi(4), -5.0, 1.0, 1e-9) - 0.3).abs() < 1e-2);
        assert!(least(|x| x, 0.0, 1.0, 1e-9) < 1e-6);
        assert!(least(|x| -x, 0.0, 1.0, 1e-9) > 1.0 - 1e-6);
    }

    /// The banana of Rosenbrock (1960), with a wall that leaves the minimum inside.
    #[test]
    fn the_simplex_finds_its_way() {
        let f = |x: &[f64]| {
            if x[0] > 1.5 {
                return f64::INFINITY;
            }
            100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)
        };
        let (x, value) = simplex(f, &[-1.2, 1.0], 0.5, 1e-14, 1000);
        assert!((x[0] - 1.0).abs() < 1e-5 && (x[1] - 1.0).abs() < 1e-5 && value < 1e-10);
        let (x, _) = simplex(|x| (x[0] - 2.0).powi(2), &[0.03], 0.1, 1e-14, 500);
        assert!((x[0] - 2.0).abs() < 1e-5);
    }
}
