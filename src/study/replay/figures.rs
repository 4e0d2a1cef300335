//! Charts of the replay: medians and 90 % bands of A and B, the market without a control, and what was observed.

use monazite_series::Period;
use monazite_stochastic::quantiles;

use super::Replay;
use super::market::N_MONTHS;
use super::runs::{FIT_MONTHS, PathMonths};
use super::score::Forecaster;
use super::targets::Quantity;
use crate::chart::{ChartError, Figure, Heading, Interval, Mark, Marks, PathLine, Paths};
use crate::diagnostic::Diagnostic;
use crate::study::simulate::refused;

/// The charts, in the order of the page.
///
/// # Errors
/// `C001` if one cannot be drawn, `M010` without a path.
pub fn figures(replay: &Replay) -> Result<Vec<Figure>, Diagnostic> {
    Quantity::ALL.into_iter().map(|quantity| figure(replay, quantity)).collect()
}

fn figure(replay: &Replay, quantity: Quantity) -> Result<Figure, Diagnostic> {
    let id = quantity.chart();
    let drawn = |e: &ChartError| Diagnostic::error("C001", format!("chart `{id}`: {e}"));
    let [a, b, free] =
        [&replay.runs.prior.control, &replay.runs.posterior.control, &replay.runs.free]
            .map(|paths| band(replay, quantity, paths));
    let (a, b, free) = (a?, b?[FIT_MONTHS..].to_vec(), free?);
    let line = |name: &str, band: &[Interval]| PathLine {
        name: name.to_owned(),
        points: band.iter().map(|i| (i.period, i.value)).collect(),
    };
    let unit = match quantity {
        Quantity::Magnets => "rare-earth magnets, t a month",
        Quantity::Value => "rare-earth exports without magnets, USD m a month",
        Quantity::Dysprosium => "dysprosium oxide in China with tax, CNY/kg",
        Quantity::Terbium => "terbium oxide in China with tax, CNY/kg",
    };
    let source = match quantity {
        Quantity::Magnets | Quantity::Value => "GACC; own simulation",
        Quantity::Dysprosium | Quantity::Terbium => "SMM; own simulation",
    };
    let lines = vec![line("A", &a), line("B", &b), line("no control", &free)];
    Paths {
        heading: Heading::new(id, title(replay, quantity))
            .unit(unit)
            .source(source)
            .vintage("March 2025 (A), June 2025 (B)")
            .caption(caption(quantity)),
        lines,
        band: a,
        outline: b,
        dots: Some(Marks { name: "observed".to_owned(), dots: dots(replay, quantity) }),
        events: Vec::new(),
        unit: quantity.unit().to_owned(),
        log: false,
    }
    .draw()
    .map_err(|e| drawn(&e))
}

/// Median and 90 % interval of each month.
fn band(
    replay: &Replay,
    quantity: Quantity,
    paths: &[PathMonths],
) -> Result<Vec<Interval>, Diagnostic> {
    (0..N_MONTHS)
        .map(|t| {
            let month = |(idx, path): (usize, &PathMonths)| {
                replay.measurement.month(quantity, path, idx, t)
            };
            let values: Vec<f64> = paths.iter().enumerate().map(month).collect();
            let found = quantiles(&values, &[0.05, 0.5, 0.95])
                .map_err(|e| refused(&monazite_physical::PhysicalError::from(e)))?;
            let period = replay.start.plus(t as i64);
            Ok(Interval { period, value: found[1], lo: found[0], hi: found[2] })
        })
        .collect()
}

/// Figures of single months and days; a year to date has no place on the axis.
fn dots(replay: &Replay, quantity: Quantity) -> Vec<Mark> {
    let of = replay.targets.iter().filter(|t| t.quantity == quantity && t.span == 1);
    of.map(|target| {
        let period = replay.start.plus(target.first as i64);
        let within = target
            .when
            .parse::<Period>()
            .ok()
            .filter(|_| target.when.len() == 10)
            .map_or(0.5, |day| f64::from(day.last_day().day()) / 31.0);
        Mark { period, within, value: target.observed }
    })
    .collect()
}

/// What the chart shows: how many figures lie outside, and where the worst one is.
fn title(replay: &Replay, quantity: Quantity) -> String {
    let scores = replay.scores.iter().filter(|s| s.quantity == quantity);
    let of = |forecast: Forecaster| {
        let all: Vec<_> = scores.clone().filter(|s| s.forecast == forecast).collect();
        let outside = all.iter().filter(|s| s.observed < s.q05 || s.observed > s.q95).count();
        (all.len() - outside, all.len())
    };
    let ((a_in, a_all), (b_in, b_all)) = (of(Forecaster::A), of(Forecaster::B));
    let what = match quantity {
        Quantity::Magnets => "Magnets",
        Quantity::Value => "Export value",
        Quantity::Dysprosium => "Dysprosium",
        Quantity::Terbium => "Terbium",
    };
    format!(
        "{what}: {a_in} of {a_all} figures lie within A's 90 % band, {b_in} of {b_all} after June within B's"
    )
}

fn caption(quantity: Quantity) -> String {
    let of = match quantity {
        Quantity::Magnets => "",
        Quantity::Value => " The figure of the year to date is scored in the table and has no dot.",
        Quantity::Dysprosium | Quantity::Terbium => {
            " One basket in the model: both metals move by the same factor."
        }
    };
    format!(
        "A knows nothing later than March 2025 but dates of policy; B has its queue fitted to the magnets of April to June.{of}"
    )
}
