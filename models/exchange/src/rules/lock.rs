//! The limit-lock machine: what a day that closes locked at its limit does to the days after it.
//!
//! Let L be the limit in force on the first locked day. After n consecutive days locked in the same direction the next
//! day's limit is L + s₁ + … + sₙ, and margin at least m points above it. A day that closes unlocked resets; one locked the
//! other way is a first day again, with its own limit as L. Locked once more after the last step: pause or forced reduction.

use serde::{Deserialize, Serialize};

use super::sheet::{AfterLock, LockRules, ReductionLevels};
use crate::order::Side;
use crate::units::Rate;

/// Where a contract stands with respect to its limit; unlocked to begin with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LockState {
    /// Days locked in the same direction; never more than there are steps.
    days: u8,
    /// Only buyers at the upper limit, or only sellers at the lower one.
    side: Option<Side>,
    /// Limit in force on the first of them.
    from: Rate,
    /// Whether the coming day is one without trading.
    paused: bool,
}

/// What the rules order after a day that closed locked once more after the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockAction {
    /// No trading on the next day.
    Pause,
    /// Losing positions that could not be closed are reduced tonight, at the limit.
    ForcedReduction(ReductionLevels),
}

/// How a contract closed: what the machine is fed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Close {
    /// [`Side::Buy`] if at the close only buyers stood, at the upper limit; [`Side::Sell`] for sellers at the lower.
    pub locked: Option<Side>,
    /// The limit that was in force.
    pub limit_rate: Rate,
    /// Trading days after this one, up to the contract's last and with it.
    pub days_left: u32,
}

impl LockState {
    /// Days locked in the same direction so far.
    pub const fn days(self) -> u8 {
        self.days
    }

    /// Direction; none if unlocked.
    pub const fn side(self) -> Option<Side> {
        self.side
    }

    /// Whether the coming day is one without trading.
    pub const fn paused(self) -> bool {
        self.paused
    }

    /// The limit that past locks require of the coming day; none if unlocked.
    pub fn limit(self, rules: &LockRules) -> Option<Rate> {
        self.side?;
        let steps = rules.steps.iter().take(usize::from(self.days));
        let widened = steps.fold(self.from.get(), |sum, step| sum.saturating_add(step.get()));
        Some(Rate::ppm(widened))
    }

    /// The margin that past locks require of the coming day; none if unlocked.
    pub fn margin(self, rules: &LockRules) -> Option<Rate> {
        let limit = self.limit(rules)?.get();
        Some(Rate::ppm(limit.saturating_add(rules.margin_over_limit.get())))
    }

    /// The state after a day, and what is to be done before the next.
    ///
    /// A contract with one trading day left, or none, keeps its limits and goes to delivery: nothing is ordered for it.
    #[must_use]
    pub fn close(self, rules: &LockRules, close: Close) -> (Self, Option<LockAction>) {
        let Some(side) = close.locked.filter(|_| !self.paused) else {
            return (Self::default(), None);
        };
        if self.side != Some(side) {
            let first = Self { days: 1, side: Some(side), from: close.limit_rate, paused: false };
            return (first, None);
        }
        if usize::from(self.days) < rules.steps.len() {
            return (Self { days: self.days.saturating_add(1), ..self }, None);
        }
        if close.days_left <= 1 {
            return (self, None);
        }
        match rules.after {
            AfterLock::Pause => (Self { paused: true, ..self }, Some(LockAction::Pause)),
            AfterLock::ForcedReduction(levels) => {
                (Self::default(), Some(LockAction::ForcedReduction(levels)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(after: AfterLock) -> LockRules {
        LockRules {
            steps: vec![Rate::percent(3), Rate::percent(2)],
            margin_over_limit: Rate::percent(2),
            after,
        }
    }

    fn day(locked: Option<Side>, limit: u16, days_left: u32) -> Close {
        Close { locked, limit_rate: Rate::percent(limit), days_left }
    }

    #[test]
    fn three_days_down_end_in_a_forced_reduction() {
        let [loss, high, low] = [6, 6, 3].map(Rate::percent);
        let levels = ReductionLevels { loss, high, low };
        let rules = rules(AfterLock::ForcedReduction(levels));
        let (state, action) = LockState::default().close(&rules, day(Some(Side::Sell), 7, 50));
        assert_eq!(
            (state.limit(&rules), state.margin(&rules)),
            (Some(Rate::percent(10)), Some(Rate::percent(12)))
        );
        assert_eq!(action, None);
        let (state, action) = state.close(&rules, day(Some(Side::Sell), 10, 49));
        assert_eq!(
            (state.limit(&rules), state.margin(&rules)),
            (Some(Rate::percent(12)), Some(Rate::percent(14)))
        );
        assert_eq!(action, None);
        let (state, action) = state.close(&rules, day(Some(Side::Sell), 12, 48));
        assert_eq!(
            (state, action),
            (LockState::default(), Some(LockAction::ForcedReduction(levels)))
        );
    }

    #[test]
    fn a_pause_lasts_a_day_and_resets() {
        let rules = rules(AfterLock::Pause);
        let mut state = LockState::default();
        for limit in [7, 10] {
            state = state.close(&rules, day(Some(Side::Buy), limit, 50)).0;
        }
        let (state, action) = state.close(&rules, day(Some(Side::Buy), 12, 50));
        assert_eq!(action, Some(LockAction::Pause));
        assert!(state.paused() && state.limit(&rules) == Some(Rate::percent(12)));
        assert_eq!(state.close(&rules, day(None, 12, 49)), (LockState::default(), None));
    }

    #[test]
    fn a_lock_the_other_way_is_a_first_day() {
        let rules = rules(AfterLock::Pause);
        let (down, _) = LockState::default().close(&rules, day(Some(Side::Sell), 7, 50));
        let (up, action) = down.close(&rules, day(Some(Side::Buy), 10, 49));
        assert_eq!((up.days(), up.side(), action), (1, Some(Side::Buy), None));
        assert_eq!(up.limit(&rules), Some(Rate::percent(13)));
        assert_eq!(up.close(&rules, day(None, 13, 48)).0, LockState::default());
    }

    #[test]
    fn before_the_last_trading_day_limits_hold_and_nothing_is_ordered() {
        let rules = rules(AfterLock::Pause);
        let mut state = LockState::default();
        for (limit, left) in [(7, 3), (10, 2), (12, 1), (12, 0)] {
            let (next, action) = state.close(&rules, day(Some(Side::Sell), limit, left));
            assert_eq!(action, None);
            state = next;
        }
        assert_eq!(state.limit(&rules), Some(Rate::percent(12)));
    }
}
