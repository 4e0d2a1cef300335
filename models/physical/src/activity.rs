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

    /// The paths from `first` on, `n_paths` of them.
    ///
    /// # Errors
    /// No path, or paths that are not there.
    pub fn part(&self, first: usize, n_paths: usize) -> Result<Self, PhysicalError> {
        let until = first.saturating_add(n_paths);
        if n_paths == 0 || until > self.n_paths {
            return Err(PhysicalError::Length {
                name: "activity paths",
                expected: until.max(1),
                found: self.n_paths,
            });
        }
        let size = N_REGIONS * N_USES * self.n_months;
        let values = self.values[first * size..until * size].to_vec();
        Ok(Self { n_paths, n_months: self.n_months, values })
    }

    /// The first `n_months` months of every path, or all if there are no more.
    ///
    /// # Errors
    /// No month.
    pub fn until_month(&self, n_months: usize) -> Result<Self, PhysicalError> {
        let n_months = n_months.min(self.n_months);
        let mut shorter = Self::constant(self.n_paths, n_months)?;
        let months = self.values.chunks_exact(self.n_months);
        for (to, from) in shorter.values.chunks_exact_mut(n_months).zip(months) {
            to.copy_from_slice(&from[..n_months]);
        }
        Ok(shorter)
    }

    /// What the market expects if these are all paths there are: their mean.
    pub fn expected(&self) -> ExpectedActivity {
        ExpectedActivity { n_months: self.n_months, values: self.mean() }
    }

    /// Mean over paths by region, end use and month.
    fn mean(&self) -> Vec<f64> {
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

    /// Activity of a path in a month, by region and end use.
    pub(crate) fn in_month(&self, path_idx: usize, month_idx: usize) -> [[f64; N_USES]; N_REGIONS] {
        let size = N_REGIONS * N_USES * self.n_months;
        let series = &self.values[path_idx * size..(path_idx + 1) * size];
        let mut activity = [[0.0; N_USES]; N_REGIONS];
        let months = series.chunks_exact(self.n_months);
        for (value, months) in activity.as_flattened_mut().iter_mut().zip(months) {
            *value = months[month_idx];
        }
        activity
    }

    fn offset(&self, path_idx: usize, region: Region, end_use: EndUse) -> usize {
        ((path_idx * N_REGIONS + region.index()) * N_USES + end_use.index()) * self.n_months
    }
}

/// Activity that the dominant supplier expects, by region, end use and month.
///
/// Paths simulated block by block have to expect the same, or they would depend on the blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedActivity {
    n_months: usize,
    values: Vec<f64>,
}

impl ExpectedActivity {
    /// Number of months.
    pub fn n_months(&self) -> usize {
        self.n_months
    }

    /// As the one path of a market without surprises of activity.
    pub fn as_path(&self) -> ActivityPaths {
        ActivityPaths { n_paths: 1, n_months: self.n_months, values: self.values.clone() }
    }

    pub(crate) fn at(&self, region_idx: usize, use_idx: usize, month_idx: usize) -> f64 {
        self.values[(region_idx * N_USES + use_idx) * self.n_months + month_idx]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_by_path_and_by_month() {
        let mut paths = ActivityPaths::constant(3, 2).unwrap();
        paths.set(2, Region::Us, EndUse::Ev, &[4.0, 7.0]).unwrap();
        let last = paths.part(2, 1).unwrap();
        assert_eq!(last.months(0, Region::Us, EndUse::Ev), [4.0, 7.0]);
        let first = paths.until_month(1).unwrap();
        assert_eq!((first.n_paths(), first.n_months()), (3, 1));
        assert_eq!(first.months(2, Region::Us, EndUse::Ev), [4.0]);
        assert_eq!(paths.until_month(9).unwrap(), paths);
        let expected = paths.expected();
        assert_eq!(expected.at(Region::Us.index(), EndUse::Ev.index(), 1), 3.0);
        assert_eq!(expected.as_path().months(0, Region::Us, EndUse::Ev), [2.0, 3.0]);
        assert!(paths.part(2, 2).is_err() && paths.part(0, 0).is_err());
        assert!(paths.until_month(0).is_err());
    }

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
