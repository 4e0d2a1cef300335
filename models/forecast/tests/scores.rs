//! Scores and comparisons against R 4.2.2 (forecast 8.20 and base functions), each with the call that made the figure, to
//! 1e-9 of its size unless said; backtests and comparisons by what has to hold of them.
#![allow(clippy::unwrap_used, reason = "a test that fails on an error")]

mod data;
#[path = "data/lynx.rs"]
mod lynx;

use monazite_forecast::{
    Backtest, BacktestOptions, Comparison, ComparisonOptions, DieboldMariano, ForecastError,
    Kernel, Loss, Marginal, Model, QUANTILES, Regressors, Sample, Scale, SeasonalNaive, Structural,
    Transform, backtest, score,
};
use monazite_series::{Aggregation, Series};

use data::AIR_PASSENGERS;
use lynx::LYNX;

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{found} {expected}");
}

/// Seasonal naive from 1949–58 for 1959–60: figures, point forecasts and scale.
fn seasonal_naive() -> (Vec<f64>, Vec<f64>, score::Scaling) {
    let (train, test) = AIR_PASSENGERS.split_at(120);
    let forecast = (0..24).map(|h| train[108 + h % 12]).collect();
    (test.to_vec(), forecast, score::Scaling::of(train, 12).unwrap())
}

/// `fit <- snaive(window(AirPassengers, end = c(1958, 12)), h = 24); accuracy(fit, window(AirPassengers, start = c(1959,
/// 1)))`; sMAPE and RMSSE in one line of R each.
#[test]
fn point_scores() {
    let (y, f, scaling) = seasonal_naive();
    close(scaling.absolute, 28.5740740740741);
    close(scaling.squared, 32.5061247790035);
    close(score::mae(&y, &f).unwrap(), 71.25);
    close(score::rmse(&y, &f).unwrap(), 76.9945885544346);
    close(score::mase(&y, &f, scaling).unwrap(), 2.49351911860013);
    close(score::rmsse(&y, &f, scaling).unwrap(), 2.3686178859489);
    close(score::smape(&y, &f).unwrap(), 17.012625361651);
}

/// The intervals of the same `fit` (σ times the root of the seasons ahead) scored in base R.
#[test]
fn interval_and_quantile_scores() {
    let (y, f, scaling) = seasonal_naive();
    let sd = |h: usize| scaling.squared * ((h / 12 + 1) as f64).sqrt();
    let end = |z: f64| (0..24).map(|h| f[h] + z * sd(h)).collect::<Vec<_>>();
    let (lower, upper) = (end(-1.959963984540054), end(1.959963984540054));
    close(score::msis(&y, &lower, &upper, 0.95, scaling.absolute).unwrap(), 13.4603544634731);
    close(score::coverage(&y, &lower, &upper).unwrap(), 0.625);
    let pinball =
        |q: &[f64], p| y.iter().zip(q).map(|(&y, &q)| score::pinball(y, q, p)).sum::<f64>() / 24.0;
    close(pinball(&lower, 0.025), 3.70389448919787);
    close(pinball(&upper, 0.975), 5.9115346483665);
    let quantiles: [(f64, &[f64]); 3] = [(0.025, &lower), (0.5, &f), (0.975, &upper)];
    close(score::weighted_quantile_loss(&y, &quantiles).unwrap(), 0.0666894109269421);
    let crps: f64 = (0..24).map(|h| score::crps_normal(f[h], sd(h), y[h])).sum::<f64>() / 24.0;
    close(crps, 51.1788642793756);
}

/// `integrate` of R over (F − 1{y ≤ x})², rel.tol = 1e-12: log-normal(.2, .6); .3 N(−1, .5²) + .7 N(2, 1.5²). The fair score
/// of draws: `mean(abs(x - .3)) - sum(abs(outer(x, x, "-"))) / (2 * 7 * 6)`.
#[test]
fn distribution_scores() {
    close(score::crps_normal(0.0, 1.0, 0.0), 0.2336949773);
    let logs = Marginal::normal(0.2, 0.6, Transform::Log);
    close(score::crps_marginal(&logs, 1.5), 0.218638923765386);
    close(score::crps_marginal(&logs, 4.0), 2.11141591025287);
    close(score::crps_marginal(&logs.times(10.0), 15.0), 2.18638923765386);
    let parts = [(0.3, -1.0, 0.5), (0.7, 2.0, 1.5)];
    let mixture = Marginal::normals(&parts, Transform::None);
    close(score::crps_marginal(&mixture, 0.4), score::crps_normal_mixture(&parts, 0.4));
    close(score::crps_normal_mixture(&parts, 0.4), 0.616623992724778);
    let draws = [-0.626, 0.184, -0.836, 1.595, 0.33, -0.82, 0.487];
    close(score::crps_draws(&draws, 0.3), 0.169857142857143);
}

/// Berkowitz: `z <- qnorm(u); m <- lm(z[-1] ~ z[-n])` and the difference of `dnorm(log = TRUE)` sums;
/// `chisq.test(table(cut(u, seq(0, 1, .1))))`.
#[test]
fn tests_of_calibration() {
    let u = [
        0.12, 0.55, 0.93, 0.41, 0.07, 0.66, 0.81, 0.28, 0.35, 0.97, 0.72, 0.50, 0.19, 0.88, 0.03,
        0.61, 0.45, 0.77, 0.25, 0.58,
    ];
    let berkowitz = score::berkowitz(&u).unwrap();
    close(berkowitz.statistic, 1.77377115567923);
    close(berkowitz.p_value, 0.620659190806167);
    let deciles = score::pit_deciles(&u).unwrap();
    assert_eq!((deciles.statistic, deciles.df), (1.0, 9));
    close(deciles.p_value, 0.999437502698);
}

/// `e1 <- tsCV(lynx, naive, h = 3)[, 3]; e2 <- tsCV(lynx, meanf, h = 3)[, 3]; dm.test(e1, e2, h = 3, power = 2 or 1,
/// varestimator = "acf" or "bartlett", alternative = …)` on the 111 figures that both forecast.
#[test]
fn diebold_mariano_on_lynx() {
    let naive: Vec<f64> = (0..111).map(|t| LYNX[t + 3] - LYNX[t]).collect();
    let mean: Vec<f64> =
        (0..111).map(|t| LYNX[t + 3] - LYNX[..=t].iter().sum::<f64>() / (t + 1) as f64).collect();
    let golden = [
        (2, Kernel::Rectangular, 3.77577340439263, 0.000259080745872, 0.000129540372936),
        (1, Kernel::Rectangular, 3.68354710804044, 0.000358446647838, 0.000179223323919),
        (2, Kernel::Bartlett, 3.75021605462758, 0.000283620986189, 0.000141810493094),
        (1, Kernel::Bartlett, 3.56683696610978, 0.00053638156777, 0.000268190783885),
    ];
    for (power, kernel, statistic, p_value, greater) in golden {
        let loss = |e: &[f64]| e.iter().map(|e| e.abs().powi(power)).collect::<Vec<_>>();
        let test = DieboldMariano::of_losses(&loss(&naive), &loss(&mean), 3, kernel).unwrap();
        close(test.statistic, statistic);
        close(test.p_value, p_value);
        close(test.p_greater, greater);
        close(test.p_less, 1.0 - greater);
        assert_eq!((test.n, test.kernel), (111, kernel));
    }
}

fn air_passengers() -> Sample {
    let first = "1949-01".parse().unwrap();
    let unit = "index".parse().unwrap();
    let series =
        Series::from_values("air", unit, Aggregation::Sum, first, &AIR_PASSENGERS).unwrap();
    Sample::new(series, Scale::Log, Regressors::none()).unwrap()
}

fn run(model: &Model, options: BacktestOptions) -> Backtest {
    backtest(model, &air_passengers(), 12, &options).unwrap()
}

const NAIVE: Model = Model::SeasonalNaive(SeasonalNaive { season: 1 });
const SEASONAL_NAIVE: Model = Model::SeasonalNaive(SeasonalNaive { season: 12 });

fn structural() -> Model {
    Model::Structural(Structural::basic(12))
}

#[test]
fn a_record_adds_up() {
    let record = run(&SEASONAL_NAIVE, BacktestOptions::default());
    assert_eq!(record.scored.len(), 12 * 13 + 66, "the last origins have fewer figures");
    assert_eq!(record.horizons(), (1..=12).collect::<Vec<_>>());
    let by_horizon: f64 =
        (1..=12).map(|h| record.at(h).mase() * record.at(h).scored.len() as f64).sum();
    close(by_horizon / record.scored.len() as f64, record.mase());
    close(record.coverage(0.95).unwrap().share, record.coverage95());
    close(record.coverage(0.8).unwrap().share, record.coverage80());
    let coverage = record.coverage(0.8).unwrap();
    assert!(coverage.n_effective <= coverage.n as f64);
    assert!(coverage.interval[0] <= coverage.share && coverage.share <= coverage.interval[1]);
    assert!(record.msis(0.95).unwrap() > 0.0 && record.msis(0.93).is_none());
    // The CRPS is the integral of twice the quantile loss, here by trapezoids that end at no loss.
    let by_quantiles: f64 = record
        .scored
        .iter()
        .map(|s| {
            let mut area = 0.0;
            let mut last = (0.0, 0.0);
            for (&q, p) in s.quantiles.iter().zip(QUANTILES) {
                let loss = 2.0 * score::pinball(s.actual, q, p);
                area += 0.5 * (loss + last.1) * (p - last.0);
                last = (p, loss);
            }
            area + 0.5 * last.1 * (1.0 - last.0)
        })
        .sum();
    let all: f64 = record.scored.iter().map(|s| s.crps).sum();
    assert!((by_quantiles / all - 1.0).abs() < 0.03, "{by_quantiles} {all}");
    assert!(record.pinball() > 0.0);
    assert!(record.crps() < record.mase());
    assert!(record.scored.iter().all(|s| s.pit > 0.0 && s.pit < 1.0));
    assert!(record.rmsse() > 0.0 && record.smape() > 0.0 && record.calibration().is_some());
}

#[test]
fn steps_and_windows() {
    let yearly =
        BacktestOptions { origins: 4, step: 12, n_paths: 200, ..BacktestOptions::default() };
    let record = run(&SEASONAL_NAIVE, yearly);
    let origins: Vec<String> =
        record.scored.iter().step_by(12).map(|s| s.origin.to_string()).collect();
    assert_eq!(origins, ["1956-12", "1957-12", "1958-12", "1959-12"]);
    assert_eq!(record.scored.len(), 48);
    // A window of the whole sample changes nothing, a short one does.
    assert_eq!(run(&SEASONAL_NAIVE, BacktestOptions { window: Some(144), ..yearly }), record);
    let short = run(&SEASONAL_NAIVE, BacktestOptions { window: Some(36), ..yearly });
    assert_ne!(short, record);
    assert_eq!((short.scale, short.scored.len()), (record.scale, 48));
    let too_short = run(&SEASONAL_NAIVE, BacktestOptions { window: Some(6), ..yearly });
    assert_eq!((too_short.failures.len(), too_short.scored.len()), (4, 0));
    let none =
        backtest(&SEASONAL_NAIVE, &air_passengers(), 12, &BacktestOptions { step: 0, ..yearly });
    assert!(matches!(none, Err(ForecastError::Count { .. })));
}

#[test]
fn a_comparison_tells_the_better_model() {
    let options = BacktestOptions { horizon: 6, origins: 48, ..BacktestOptions::default() };
    let records =
        [run(&SEASONAL_NAIVE, options), run(&structural(), options), run(&NAIVE, options)];
    let comparison = Comparison::of(&records, 0, ComparisonOptions::default()).unwrap();
    assert_eq!((comparison.n_origins, comparison.lags, comparison.horizon), (48, 5, 6));
    let [benchmark, best, naive] = &comparison.models[..] else { panic!("{comparison:?}") };
    assert!(benchmark.against_benchmark.is_none());
    close(benchmark.mase, records[0].mase());
    let test = best.against_benchmark.unwrap();
    assert!(test.statistic < 0.0 && test.p_value < 0.05, "{test}");
    assert_eq!((best.in_set, naive.in_set), (Some(true), Some(false)));
    let text = comparison.to_string();
    assert!(
        text.contains("MASE") && text.contains("more accurate than seasonal naive [12]"),
        "{text}"
    );
    // Against another benchmark the sign turns; another loss and another order change no score.
    let turned = Comparison::of(&records, 1, ComparisonOptions::default()).unwrap();
    close(turned.models[0].against_benchmark.unwrap().statistic, -test.statistic);
    let crps = ComparisonOptions { loss: Loss::Crps, ..ComparisonOptions::default() };
    let by_crps = Comparison::of(&records, 0, crps).unwrap();
    assert_eq!(by_crps.models[1].mase, best.mase);
    assert!(by_crps.models[1].against_benchmark.unwrap().statistic < 0.0);
    // Five of the 48 origins have fewer than six months after them; they count in scores and not in tests.
    let full = ComparisonOptions { full_horizon: true, ..ComparisonOptions::default() };
    let full = Comparison::of(&records, 0, full).unwrap();
    assert_eq!((full.n_origins, full.models[1].against_benchmark.unwrap().n), (48, 43));
    assert_eq!(full.models[1].mase, best.mase);
}

#[test]
fn only_common_figures_count() {
    let options = BacktestOptions { horizon: 3, origins: 24, ..BacktestOptions::default() };
    let mut records = [run(&SEASONAL_NAIVE, options), run(&NAIVE, options)];
    let gone = records[1].scored[0].origin;
    records[1].scored.retain(|s| s.origin != gone);
    let comparison = Comparison::of(&records, 0, ComparisonOptions::default()).unwrap();
    assert_eq!((comparison.n_origins, comparison.n_figures), (23, 66));
    // Identical models: no difference, both in the set.
    let twins = [records[0].clone(), records[0].clone()];
    let same = Comparison::of(&twins, 0, ComparisonOptions::default()).unwrap();
    assert_eq!(same.models[1].against_benchmark.unwrap().p_value, 1.0);
    assert!(same.models.iter().all(|m| m.in_set == Some(true)));
}

#[test]
fn records_that_cannot_be_compared_are_refused() {
    let options = BacktestOptions { horizon: 3, origins: 12, ..BacktestOptions::default() };
    let one = run(&NAIVE, options);
    let of = |records: &[Backtest], benchmark| {
        Comparison::of(records, benchmark, ComparisonOptions::default())
    };
    assert!(of(&[], 0).is_err() && of(std::slice::from_ref(&one), 1).is_err());
    let other = Backtest { id: "other".into(), ..one.clone() };
    assert!(of(&[one.clone(), other], 0).is_err());
    let empty = Backtest { scored: Vec::new(), ..one.clone() };
    assert!(of(&[one.clone(), empty], 0).is_err());
    let flat = Backtest { scale: 0.0, ..one };
    assert!(of(&[flat], 0).is_err());
}

/// Too few origins for tests: said, not computed.
#[test]
fn a_short_record_has_no_tests() {
    let options = BacktestOptions { horizon: 12, origins: 6, ..BacktestOptions::default() };
    let records = [run(&SEASONAL_NAIVE, options), run(&NAIVE, options)];
    let comparison = Comparison::of(&records, 0, ComparisonOptions::default()).unwrap();
    // Six origins before the end have six horizons.
    assert_eq!((comparison.horizon, comparison.lags), (6, 5));
    assert!(
        comparison.models[1].against_benchmark.is_none() && comparison.models[1].in_set.is_none()
    );
    assert!(comparison.to_string().contains("too few"), "{comparison}");
}
