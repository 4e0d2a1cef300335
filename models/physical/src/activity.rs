//! Activity of regions and end uses on every path: what the forecasting models hand over, as plain numbers.
//!
//! Activity is relative to the base year's monthly mean: 1 is the base year. Without buyers' stocks (a later part of
//! the model) demand follows activity in the same month, so hand over orders, not sales: a trailing twelve-month mean
//! ([`ActivityPaths::set_trailing_mean`]) takes the season out.

use crate::{EndUse, N_REGIONS, N_USES, PhysicalError, Region};

/// Activity indices by path, region, end use and month.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityPaths {
    n_paths: usize,
    n_months: usize,
    values: Vec<f64>,
}

impl ActivityPaths {
    /// Activity 1 everywhere.
    ///
    /// # Errors
    /// No path or no month.
    pub fn constant(n_paths: usize, n_months: usize) -> Result<Self, PhysicalError> {
        if n_paths == 0 || n_months == 0 {
            return Err(PhysicalError::Length { name: "activity", expected: 1, found: 0 });
        }
        Ok(Self { n_paths, n_months, values: vec![1.0; n_paths * N_REGIONS * N_USES * n_months] })
    }

    /// Number of paths.
    pub fn n_paths(&self) -> usize {
        self.n_paths
    }

    /// Number of months.
    pub fn n_months(&self) -> usize {
        self.n_months
    }

    /// The months of one path, region and end use.
    pub fn months(&self, path_idx: usize, region: Region, end_use: EndUse) -> &[f64] {
        let first = self.offset(path_idx, region, end_use);
        &self.values[first..first + self.n_months]
    }

    /// Sets the months of one path, region and end use.
    ///
    /// # Errors
    /// A wrong number of months, or a value that is negative or not finite.
    pub fn set(
        &mut self,
        path_idx: usize,
        region: Region,
        end_use: EndUse,
        months: &[f64],
    ) -> Result<(), PhysicalError> {
        if months.len() != self.n_months {
            return Err(PhysicalError::Length {
                name: "activity",
                expected: self.n_months,
                found: months.len(),
            });
        }
        if path_idx >= self.n_paths {
            return Err(PhysicalError::Length {
                name: "activity paths",
                expected: path_idx + 1,
                found: self.n_paths,
            });
        }
        for &value in months {
            crate::error::not_negative(&format!("activity of {end_use} in {region}"), value)?;
        }
        let first = self.offset(path_idx, region, end_use);
        self.values[first..first + self.n_months].copy_from_slice(months);
        Ok(())
    }

    /// Sets the same months in all regions.
    ///
    /// # Errors
    /// As [`ActivityPaths::set`].
    pub fn set_world(
        &mut self,
        path_idx: usize,
        end_use: EndUse,
        months: &[f64],
    ) -> Result<(), PhysicalError> {
        Region::ALL.into_iter().try_for_each(|region| self.set(path_idx, region, end_use, months))
    }

    /// Sets trailing means over `window` months of `history` followed by `months`, in units of the base year's mean.
    ///
    /// # Errors
    /// Fewer than `window` − 1 months of history, or as [`ActivityPaths::set`].
    pub fn set_trailing_mean(
        &mut self,
        path_idx: usize,
        region: Region,
        end_use: EndUse,
        (history, months): (&[f64], &[f64]),
        window: usize,
    ) -> Result<(), PhysicalError> {
        if window == 0 || history.len() + 1 < window {
            return Err(PhysicalError::Length {
                name: "activity history",
                expected: window.max(1),
                found: history.len() + 1,
            });
        }
        let all: Vec<f64> =
            history[history.len() + 1 - window..].iter().chain(months).copied().collect();
        let means: Vec<f64> =
            all.windows(window).map(|part| part.iter().sum::<f64>() / window as f64).collect();
        self.set(path_idx, region, end_use, &means)
    }

    /// Mean over paths by region, end use and month: what the market expects.
    pub(crate) fn mean(&self) -> Vec<f64> {
        let size = N_REGIONS * N_USES * self.n_months;
        let mut mean = vec![0.0; size];
        for path in self.values.chunks_exact(size) {
            for (total, value) in mean.iter_mut().zip(path) {
                *total += value;
            }
        }
        for value in &mut mean {
            *value /= self.n_paths as f64;
        }
        mean
    }

    fn offset(&self, path_idx: usize, region: Region, end_use: EndUse) -> usize {
        ((path_idx * N_REGIONS + region.index()) * N_USES + end_use.index()) * self.n_months
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_means_reach_back_into_history() {
        let mut paths = ActivityPaths::constant(1, 3).unwrap();
        let months: (&[f64], &[f64]) = (&[9.0, 1.0, 2.0], &[3.0, 6.0, 3.0]);
        paths.set_trailing_mean(0, Region::Us, EndUse::Ev, months, 3).unwrap();
        assert_eq!(paths.months(0, Region::Us, EndUse::Ev), [2.0, 11.0 / 3.0, 4.0]);
        assert_eq!(paths.months(0, Region::Us, EndUse::Wind), [1.0; 3]);
        assert!(paths.set_trailing_mean(0, Region::Us, EndUse::Ev, (&[], &[1.0; 3]), 3).is_err());
        assert!(paths.set(0, Region::Us, EndUse::Ev, &[1.0, -1.0, 1.0]).is_err());
        assert!(paths.set(1, Region::Us, EndUse::Ev, &[1.0; 3]).is_err());
    }
}
