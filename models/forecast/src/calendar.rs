//! The Chinese calendar in a sample, where it can be told from trend and season.
//!
//! The windows of [`Regressors::calendar_cn`] are functions of one date a year. With the season's own average they are
//! four unknowns, so that fewer than four dates cannot tell them apart; and a year whose January and February were
//! published as one figure says nothing of how the holiday moved activity between the two. A Lunar New Year therefore
//! counts where January and February have a figure each. What is left is asked of the filter: a design in which a
//! calendar regressor is a combination of trend, season and the other regressors is refused.
//!
//! Whether an identified calendar is worth its coefficients is another question, which [`Sample::calendar_gain`] answers
//! as X-13ARIMA-SEATS does (`aictest` of its regressors): by the corrected criterion of Akaike of one model with and without.

use monazite_series::{Period, Series};

use crate::fit::estimable;
use crate::{ForecastError, Forecaster, Regressor, Regressors, Sample, Structural};

/// Lunar New Years below which the windows around it are not told apart.
const FEWEST: usize = 4;
/// The calendar is one of months.
const SEASON: usize = 12;

impl Regressor {
    /// Whether it is a property of the calendar: a holiday, days of the week, the length of the period.
    pub fn is_calendar(&self) -> bool {
        match self {
            Self::BeforeLunarNewYear
            | Self::AfterLunarNewYear
            | Self::LunarNewYear { .. }
            | Self::Weekdays
            | Self::Weekday { .. }
            | Self::LeapYear
            | Self::Length => true,
            Self::Pulse { .. } | Self::Step { .. } | Self::Decay { .. } | Self::Figures(_) => false,
        }
    }

    /// Whether it is something that happened at a date: a pulse, a step, or a pulse that fades.
    pub fn is_intervention(&self) -> bool {
        matches!(self, Self::Pulse { .. } | Self::Step { .. } | Self::Decay { .. })
    }
}

/// Years in which some publication has January and February one by one.
fn years_apart(sample: &Sample) -> usize {
    let alone = |series: &Series, period: Period| series.get(period).is_some();
    sample
        .first_period()
        .run(sample.n_periods())
        .filter(|p| p.season() == 0)
        .filter(|&january| {
            sample
                .publications()
                .iter()
                .any(|p| alone(&p.series, january) && alone(&p.series, january.plus(1)))
        })
        .count()
}

impl Sample {
    /// The sample with the Chinese calendar ([`Regressors::calendar_cn`]), in place of any calendar regressors it has;
    /// their values reach `horizon` periods beyond the data.
    ///
    /// # Errors
    /// [`ForecastError::CalendarNotIdentified`] where too few Lunar New Years are observed apart from a sum of January
    /// and February, [`ForecastError::Collinear`] where the calendar cannot be told from trend, season and other
    /// regressors; [`ForecastError::MissingRegressor`] for periods that are not months or lie outside 2000–2035; what
    /// else a structural model of the sample refuses.
    pub fn with_calendar_cn(&self, horizon: usize) -> Result<Self, ForecastError> {
        let (first, n) = (self.first_period(), self.n_periods());
        let calendar = Regressors::calendar_cn(first, n, horizon)?;
        let found = years_apart(self);
        if found < FEWEST {
            let id = self.target().id().to_owned();
            return Err(ForecastError::CalendarNotIdentified { id, found, needed: FEWEST });
        }
        let regressors =
            calendar.list().iter().fold(
                self.regressors().filtered(|r| !r.is_calendar()),
                |all, (name, regressor)| all.with(name, regressor.clone()),
            );
        let with = self.clone().with_regressors(regressors)?;
        estimable(&Structural::basic(SEASON).for_sample(&with), &with)?;
        Ok(with)
    }

    /// By how much Akaike's corrected criterion of a structural model is lower `with` other regressors than with those of
    /// this sample: positive where the regressors are worth their coefficients.
    ///
    /// # Errors
    /// What the estimation of either refuses.
    pub fn calendar_gain(&self, with: &Self) -> Result<f64, ForecastError> {
        let model = Structural::basic(SEASON);
        Ok(model.fit(self)?.report().aicc() - model.fit(with)?.report().aicc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monazite_series::{Aggregation, Observation};
    use monazite_statespace::Scale;

    /// Seven years; in the last `summed` of them January and February are one figure.
    fn sample(summed: i64) -> Sample {
        let first: Period = "2016-01".parse().unwrap();
        let noise = |t: i64| ((t * t * 7919) % 101) as f64 / 8.0;
        let figure = |t: i64| 100.0 + t as f64 + noise(t) + 9.0 * (t % 12) as f64;
        let observations = (0..84)
            .filter_map(|t| {
                let is_summed = t / 12 >= 7 - summed;
                match t % 12 {
                    0 if is_summed => None,
                    1 if is_summed => {
                        Some(Observation::spanning(first.plus(t), 2, figure(t) + figure(t - 1)))
                    }
                    _ => Some(Observation::new(first.plus(t), figure(t))),
                }
            })
            .collect();
        let unit = "t".parse().unwrap();
        let series = Series::new("x", unit, Aggregation::Sum, observations).unwrap();
        Sample::new(series, Scale::Log, Regressors::none()).unwrap()
    }

    #[test]
    fn holidays_within_a_sum_do_not_count() {
        for summed in 0..=3 {
            let with = sample(summed).with_calendar_cn(12).unwrap();
            assert_eq!(with.regressors().len(), 4, "{summed}");
        }
        let refused = sample(4).with_calendar_cn(12).unwrap_err();
        assert!(
            matches!(refused, ForecastError::CalendarNotIdentified { found: 3, needed: 4, .. }),
            "{refused}"
        );
    }

    /// Figures that the holiday moves are told from figures that it does not.
    #[test]
    fn a_calendar_pays_where_it_moves_the_figures() {
        let plain = sample(0);
        let effect = Regressors::calendar_cn(plain.first_period(), 84, 0).unwrap();
        let moved = plain
            .target()
            .map(|p, y| y * (0.8 * effect.list()[1].1.value(p).unwrap_or(0.0)).exp())
            .unwrap();
        let moved = Sample::new(moved, Scale::Log, Regressors::none()).unwrap();
        let gain = |s: &Sample| s.calendar_gain(&s.with_calendar_cn(0).unwrap()).unwrap();
        assert!(gain(&moved) > 10.0, "{}", gain(&moved));
        assert!(gain(&plain) < 0.0, "{}", gain(&plain));
    }

    #[test]
    fn a_calendar_that_is_there_is_replaced_and_the_rest_stays() {
        let step = Regressor::Step { from: "2019-06".parse().unwrap() };
        let own = Regressors::none().with_lunar_new_year().with("step", step);
        let with = sample(0).with_regressors(own).and_then(|own| own.with_calendar_cn(12)).unwrap();
        let names: Vec<&str> = with.regressors().list().iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names[0], "step");
        assert_eq!(names.len(), 5, "{names:?}");
    }

    #[test]
    fn what_the_other_regressors_say_already_is_refused() {
        let weekdays = Regressor::Weekdays;
        let first: Period = "2016-01".parse().unwrap();
        let values: Vec<f64> = first.run(120).filter_map(|p| weekdays.value(p)).collect();
        let unit = "1".parse().unwrap();
        let copy = Series::from_values("days", unit, Aggregation::Mean, first, &values).unwrap();
        let own = Regressors::none().with("days", Regressor::Figures(copy));
        let refused =
            sample(0).with_regressors(own).and_then(|own| own.with_calendar_cn(12)).unwrap_err();
        assert_eq!(refused, ForecastError::Collinear { name: "weekdays".to_owned() });
    }
}
