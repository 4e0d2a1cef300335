//! Export licences as a queue.
//!
//! A cell is a destination, civil or military use, and a basket. With desired shipments D, uncontrolled share f,
//! withdrawal κ and approval hazard h,
//!
//! ```text
//! A_t = (1 − f) D_t     B_t = (1 − κ) B_{t−1} + A_t     V_t = h_t B_t     B_t ← B_t − V_t     shipments = f D_t + V_t
//! ```
//!
//! h is 1 before the control, `h_0` under it, and `h_0` + (`h_1` − `h_0)(1` − e^(−ρ(t − T + 1))) from the easing month T on; in
//! the month the control starts, the days before it are free. Goods applied for are made and wait at the border: they
//! leave the inside market with the application and return to it when the application is withdrawn.
//! References: docs of the project, "Licences: a queue, not a cap". Checked by hand (tests below).

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use crate::parameters::LicenceParameters;
use crate::{N_BASKETS, PhysicalError, Region};

/// One cell's month.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct QueueMonth {
    /// New applications.
    pub applications: f64,
    /// Approved shipments.
    pub approvals: f64,
    /// Applications withdrawn or refused.
    pub withdrawn: f64,
    /// Free and approved shipments.
    pub shipments: f64,
    /// Backlog at the end of the month.
    pub backlog: f64,
}

/// Advances one cell by a month.
pub fn advance_queue(
    backlog: f64,
    desired: f64,
    uncontrolled_share: f64,
    hazard: f64,
    withdrawal: f64,
) -> QueueMonth {
    let withdrawn = withdrawal * backlog;
    // Without a queue nothing is rounded: what is desired is shipped.
    if hazard >= 1.0 && backlog == 0.0 {
        let applications = (1.0 - uncontrolled_share) * desired;
        return QueueMonth {
            applications,
            approvals: applications,
            withdrawn,
            shipments: desired,
            backlog: 0.0,
        };
    }
    let applications = (1.0 - uncontrolled_share) * desired;
    let waiting = backlog - withdrawn + applications;
    let approvals = hazard * waiting;
    QueueMonth {
        applications,
        approvals,
        withdrawn,
        shipments: uncontrolled_share * desired + approvals,
        backlog: waiting - approvals,
    }
}

/// Civil or military use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UseClass {
    /// All uses but defence.
    Civil,
    /// Defence.
    Military,
}

/// Licence rules as numbers: hazard and uncontrolled share of any cell and month.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LicenceRules {
    control: Option<(Period, f64)>,
    easing: [[Option<Period>; Region::ALL.len()]; 2],
    licensed: [[f64; N_BASKETS]; Region::ALL.len()],
    h0: f64,
    h1: f64,
    climb: f64,
    military: f64,
    pub(crate) withdrawal: f64,
}

impl LicenceRules {
    pub(crate) fn new(parameters: &LicenceParameters) -> Result<Self, PhysicalError> {
        let control = match parameters.control_month {
            None => None,
            Some(month) => {
                let n_days = u32::try_from(month.last_day().day()).unwrap_or(31);
                let day = parameters.control_day;
                if day == 0 || day > n_days {
                    let name = format!("control day in {month}");
                    return Err(crate::error::out_of_range(
                        &name,
                        f64::from(day),
                        "a day of that month",
                    ));
                }
                Some((month, f64::from(day - 1) / f64::from(n_days)))
            }
        };
        Ok(Self {
            control,
            easing: [parameters.easing_civil, parameters.easing_military],
            licensed: std::array::from_fn(|r| {
                std::array::from_fn(|b| parameters.licensed_share[r][b].value)
            }),
            h0: parameters.hazard_control.value,
            h1: parameters.hazard_eased.value,
            climb: parameters.climb.value,
            military: parameters.military_factor.value,
            withdrawal: parameters.withdrawal.value,
        })
    }

    /// First month of the control.
    pub(crate) fn control_month(&self) -> Option<Period> {
        self.control.map(|(month, _)| month)
    }

    /// Share of desired shipments that needs no licence in a month.
    pub(crate) fn uncontrolled(&self, region: Region, basket_idx: usize, month: Period) -> f64 {
        let licensed = self.licensed[region.index()][basket_idx];
        match self.control {
            Some((start, _)) if month > start => 1.0 - licensed,
            Some((start, free_days)) if month == start => 1.0 - licensed * (1.0 - free_days),
            _ => 1.0,
        }
    }

    /// Approval hazard, scaled by a scenario's factor.
    pub(crate) fn hazard(
        &self,
        region: Region,
        purpose: UseClass,
        month: Period,
        factor: f64,
    ) -> f64 {
        // Without a control nothing waits, unless a scenario puts goods under licence.
        let granted = factor.clamp(0.0, 1.0);
        let Some((start, _)) = self.control else { return granted };
        if month < start {
            return granted;
        }
        let mut hazard = self.h0;
        if let Some(eased) = self.easing[purpose as usize][region.index()]
            && month >= eased
        {
            let months = (month.ordinal() - eased.ordinal() + 1) as f64;
            hazard += (self.h1 - self.h0) * -(-self.climb * months).exp_m1();
        }
        if purpose == UseClass::Military {
            hazard *= self.military;
        }
        (hazard * factor).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: D = 100 a month, f = .2, κ = .1, h = .25, .25, 1. Applications 80.
    /// Month 1: B = 80, V = 20, B = 60, shipped 40. Month 2: B = 54 + 80 = 134, V = 33.5, B = 100.5, shipped 53.5.
    /// Month 3: B = 90.45 + 80 = 170.45, all approved, shipped 190.45: the hump.
    #[test]
    fn the_queue_by_hand() {
        let first = advance_queue(0.0, 100.0, 0.2, 0.25, 0.1);
        assert_eq!((first.backlog, first.shipments), (60.0, 40.0));
        let second = advance_queue(first.backlog, 100.0, 0.2, 0.25, 0.1);
        assert_eq!((second.backlog, second.shipments, second.withdrawn), (100.5, 53.5, 6.0));
        let third = advance_queue(second.backlog, 100.0, 0.2, 1.0, 0.1);
        assert!((third.shipments - 190.45).abs() < 1e-12 && third.backlog == 0.0);
    }

    #[test]
    fn without_a_control_everything_is_shipped() {
        assert_eq!(advance_queue(0.0, 33.3, 0.37, 1.0, 0.1).shipments, 33.3);
    }

    #[test]
    fn months_are_pro_rated_and_hazards_climb() {
        let mut parameters = crate::Assumed::default().licences;
        parameters.control_month = Some("2025-04".parse().unwrap());
        parameters.control_day = 4;
        parameters.easing_civil[Region::Us.index()] = Some("2025-06".parse().unwrap());
        parameters.licensed_share[Region::Us.index()][2].value = 0.8;
        let rules = LicenceRules::new(&parameters).unwrap();
        let month = |text: &str| text.parse::<Period>().unwrap();
        let free = |text| rules.uncontrolled(Region::Us, 2, month(text));
        assert_eq!((free("2025-03"), free("2025-05")), (1.0, 1.0 - 0.8));
        assert!((free("2025-04") - (1.0 - 0.8 * 0.9)).abs() < 1e-15);
        let hazard = |text| rules.hazard(Region::Us, UseClass::Civil, month(text), 1.0);
        let (h0, h1, rho) = (
            parameters.hazard_control.value,
            parameters.hazard_eased.value,
            parameters.climb.value,
        );
        assert_eq!((hazard("2025-03"), hazard("2025-05")), (1.0, h0));
        let expected = h0 + (h1 - h0) * (1.0 - (-2.0 * rho).exp());
        assert!((hazard("2025-07") - expected).abs() < 1e-15);
        assert_eq!(rules.hazard(Region::Us, UseClass::Civil, month("2025-07"), 0.0), 0.0);
        parameters.control_day = 31;
        assert!(LicenceRules::new(&parameters).is_err());
    }
}
