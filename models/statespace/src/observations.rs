//! Measurements on a calendar of periods: single periods or sums over spans, from one or several channels.

use crate::error::StateSpaceError;

/// What a channel's signal is of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The signal is the month's figure; spans are sums of signals.
    Level,
    /// The signal is the logarithm of the month's figure; values are given raw (positive) and spans are sums of exponentials.
    Log,
}

/// A published figure: the sum over the `span` periods that end at `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// Index of the channel.
    pub channel: usize,
    /// Index of the last period covered, from 0.
    pub end: usize,
    /// Number of periods covered, at least 1.
    pub span: usize,
    /// The figure, raw also in logs.
    pub value: f64,
    /// Variance of this figure around the signal (in logs under [`Scale::Log`]) in place of the channel's.
    pub noise_variance: Option<f64>,
}

impl Measurement {
    /// One period of one channel with the channel's own noise.
    pub fn new(channel: usize, end: usize, value: f64) -> Self {
        Self { channel, end, span: 1, value, noise_variance: None }
    }

    /// The sum over `span` periods.
    pub fn sum(channel: usize, end: usize, span: usize, value: f64) -> Self {
        Self { channel, end, span, value, noise_variance: None }
    }
}

/// Measurements on a calendar, checked. Periods without a measurement are missing; those after the last one are the future.
#[derive(Debug, Clone, PartialEq)]
pub struct Observations {
    n_periods: usize,
    scale: Scale,
    measurements: Vec<Measurement>,
}

impl Observations {
    /// Checks values and that no two measurements of one channel share a period.
    ///
    /// # Errors
    /// Names the measurement (by its place in the list) and the fault.
    pub fn new(
        n_periods: usize,
        scale: Scale,
        measurements: Vec<Measurement>,
    ) -> Result<Self, StateSpaceError> {
        if n_periods == 0 {
            return Err(StateSpaceError::Shape {
                what: "periods of the calendar",
                expected: 1,
                found: 0,
            });
        }
        for (index, m) in measurements.iter().enumerate() {
            if m.end >= n_periods || m.span == 0 || m.span > m.end + 1 {
                return Err(StateSpaceError::OutsideCalendar {
                    measurement: index,
                    end: m.end,
                    span: m.span,
                    n_periods,
                });
            }
            if !m.value.is_finite() || (scale == Scale::Log && m.value <= 0.0) {
                return Err(StateSpaceError::BadMeasurement {
                    measurement: index,
                    what: "value",
                    value: m.value,
                });
            }
            if let Some(h) = m.noise_variance
                && !(h.is_finite() && h >= 0.0)
            {
                return Err(StateSpaceError::BadMeasurement {
                    measurement: index,
                    what: "noise variance",
                    value: h,
                });
            }
        }
        let mut order: Vec<usize> = (0..measurements.len()).collect();
        order.sort_by_key(|&i| (measurements[i].channel, measurements[i].end));
        for pair in order.windows(2) {
            let (a, b) = (&measurements[pair[0]], &measurements[pair[1]]);
            if a.channel == b.channel && b.end + 1 - b.span <= a.end {
                return Err(StateSpaceError::Overlap {
                    first: pair[0],
                    second: pair[1],
                    channel: a.channel,
                    period: a.end,
                });
            }
        }
        Ok(Self { n_periods, scale, measurements })
    }

    /// One figure a period in channel 0, `None` where missing.
    ///
    /// # Errors
    /// As [`Observations::new`].
    pub fn monthly(scale: Scale, values: &[Option<f64>]) -> Result<Self, StateSpaceError> {
        let measurements = values
            .iter()
            .enumerate()
            .filter_map(|(t, v)| v.map(|value| Measurement::new(0, t, value)))
            .collect();
        Self::new(values.len(), scale, measurements)
    }

    /// The same measurements on a calendar of `n_periods`, to smooth or simulate into the future.
    ///
    /// # Errors
    /// If a measurement does not fit.
    pub fn on_calendar(&self, n_periods: usize) -> Result<Self, StateSpaceError> {
        Self::new(n_periods, self.scale, self.measurements.clone())
    }

    /// Length of the calendar.
    pub fn n_periods(&self) -> usize {
        self.n_periods
    }

    /// Levels or logs.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// The measurements in the order given.
    pub fn measurements(&self) -> &[Measurement] {
        &self.measurements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_within_a_channel_are_refused_and_across_channels_allowed() {
        let list = |c| vec![Measurement::sum(0, 3, 2, 5.0), Measurement::new(c, 2, 1.0)];
        assert!(matches!(
            Observations::new(4, Scale::Level, list(0)),
            Err(StateSpaceError::Overlap { period: 2, .. })
        ));
        assert!(Observations::new(4, Scale::Level, list(1)).is_ok());
    }

    #[test]
    fn figures_outside_the_calendar_and_zeros_in_logs_are_refused() {
        assert!(Observations::new(2, Scale::Level, vec![Measurement::new(0, 2, 1.0)]).is_err());
        assert!(Observations::new(2, Scale::Level, vec![Measurement::sum(0, 1, 3, 1.0)]).is_err());
        assert!(Observations::monthly(Scale::Log, &[Some(0.0)]).is_err());
        assert!(Observations::monthly(Scale::Level, &[Some(0.0), None]).is_ok());
        assert!(Observations::monthly(Scale::Level, &[Some(f64::NAN)]).is_err());
    }
}
