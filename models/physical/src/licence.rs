//! Export licences as a queue.
//!
//! A cell is a destination, civil or military use, raw or processed goods, and a basket. With desired shipments D,
//! uncontrolled share f, withdrawal κ and approval hazard h,
//!
//! ```text
//! A_t = (1 − f) D_t     B_t = (1 − κ) B_{t−1} + A_t     V_t = h_t B_t     B_t ← B_t − V_t     shipments = f D_t + V_t
//! ```
//!
//! h is 1 before the control, `h_0` under it, and `h_0` + (`h_1` − `h_0)(1` − e^(−ρ(t − T + 1))) from the easing month T on; in
//! the month the control starts, the days before it are free. Raw goods (concentrate, oxide, metal) and processed ones
//! (magnets) are under regimes of their own: control month, `h_0`, `h_1`, ρ, κ, f and easing. Goods applied for are made
//! and wait at the border: they leave the inside market with the application and return to it when it is withdrawn.
//! References: docs of the project, "Licences: a queue, not a cap". Checked by hand (tests below).

use monazite_series::Period;
use serde::{Deserialize, Serialize};

use crate::parameters::{LicenceParameters, LicenceRegime};
use crate::state::ByRegion;
use crate::{N_REGIONS, PhysicalError};

/// Number of classes of use.
pub(crate) const N_CLASSES: usize = UseClass::ALL.len();
/// Number of classes of goods.
pub(crate) const N_GOODS: usize = Goods::ALL.len();
/// A number for every class of goods, class of use and region.
pub(crate) type ByCell = [[[f64; N_REGIONS]; N_CLASSES]; N_GOODS];

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UseClass {
    /// All uses but defence.
    Civil,
    /// Defence.
    Military,
}

impl UseClass {
    /// Both, in the order of arrays.
    pub const ALL: [Self; 2] = [Self::Civil, Self::Military];

    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Civil => "civil",
            Self::Military => "military",
        }
    }
}

/// Raw or processed goods: what is licensed apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goods {
    /// Concentrate, oxides and compounds, metals and alloys.
    Raw,
    /// Magnets.
    Processed,
}

impl Goods {
    /// Both, in the order of arrays.
    pub const ALL: [Self; 2] = [Self::Raw, Self::Processed];

    /// The name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Processed => "processed",
        }
    }
}

/// What holds in a month for every cell, on all paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LicenceMonth {
    /// f, by goods, region and basket.
    pub(crate) free: [ByRegion; N_GOODS],
    /// h.
    pub(crate) hazard: ByCell,
}

/// Licence rules as numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LicenceRules {
    regimes: [Regime; N_GOODS],
}

/// The rules of one class of goods.
#[derive(Debug, Clone, PartialEq)]
struct Regime {
    control: Option<(Period, f64)>,
    easing: [[Option<Period>; N_REGIONS]; N_CLASSES],
    licensed: ByRegion,
    h0: f64,
    h1: f64,
    climb: f64,
    military: f64,
    withdrawal: f64,
}

impl LicenceRules {
    pub(crate) fn new(parameters: &LicenceParameters) -> Result<Self, PhysicalError> {
        Ok(Self { regimes: [Regime::new(&parameters.raw)?, Regime::new(&parameters.processed)?] })
    }

    /// First month of any control.
    pub(crate) fn control_month(&self) -> Option<Period> {
        self.regimes.iter().filter_map(|one| one.control.map(|(month, _)| month)).min()
    }

    /// κ by class of goods.
    pub(crate) fn withdrawal(&self) -> [f64; N_GOODS] {
        std::array::from_fn(|k| self.regimes[k].withdrawal)
    }

    /// Whether a basket needs a licence in a region under either regime.
    pub(crate) fn is_licensed(&self, region_idx: usize, basket_idx: usize) -> bool {
        self.regimes.iter().any(|one| one.licensed[region_idx][basket_idx] > 0.0)
    }

    /// f and h of a month, scaled by a scenario's factors.
    pub(crate) fn in_month(&self, month: Period, factors: &ByCell, free: f64) -> LicenceMonth {
        LicenceMonth {
            free: std::array::from_fn(|k| {
                std::array::from_fn(|r| {
                    std::array::from_fn(|b| {
                        (self.regimes[k].uncontrolled(r, b, month) * free).min(1.0)
                    })
                })
            }),
            hazard: std::array::from_fn(|k| {
                UseClass::ALL.map(|purpose| {
                    std::array::from_fn(|r| {
                        let factor = factors[k][purpose as usize][r];
                        self.regimes[k].hazard(r, purpose, month, factor)
                    })
                })
            }),
        }
    }
}

impl Regime {
    fn new(parameters: &LicenceRegime) -> Result<Self, PhysicalError> {
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

    /// Share of desired shipments that needs no licence in a month.
    fn uncontrolled(&self, region_idx: usize, basket_idx: usize, month: Period) -> f64 {
        let licensed = self.licensed[region_idx][basket_idx];
        match self.control {
            Some((start, _)) if month > start => 1.0 - licensed,
            Some((start, free_days)) if month == start => 1.0 - licensed * (1.0 - free_days),
            _ => 1.0,
        }
    }

    /// Approval hazard, scaled by a scenario's factor.
    fn hazard(&self, region_idx: usize, purpose: UseClass, month: Period, factor: f64) -> f64 {
        // Without a control nothing waits, unless a scenario puts goods under licence.
        let granted = factor.clamp(0.0, 1.0);
        let Some((start, _)) = self.control else { return granted };
        if month < start {
            return granted;
        }
        let mut hazard = self.h0;
        if let Some(eased) = self.easing[purpose as usize][region_idx]
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
    use crate::Region;

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
        let us = Region::Us.index();
        {
            let regime = &mut parameters.processed;
            regime.control_month = Some("2025-04".parse().unwrap());
            regime.control_day = 4;
            regime.easing_civil[us] = Some("2025-06".parse().unwrap());
            regime.licensed_share[us][2].value = 0.8;
        }
        let rules = LicenceRules::new(&parameters).unwrap();
        let none = [[[1.0; N_REGIONS]; N_CLASSES]; N_GOODS];
        let at = |text: &str, factors: &ByCell| rules.in_month(text.parse().unwrap(), factors, 1.0);
        let free = |text| at(text, &none).free[1][us][2];
        assert_eq!((free("2025-03"), free("2025-05")), (1.0, 1.0 - 0.8));
        assert!((free("2025-04") - (1.0 - 0.8 * 0.9)).abs() < 1e-15);
        let hazard = |text| at(text, &none).hazard[1][0][us];
        let regime = &parameters.processed;
        let (h0, h1, rho) =
            (regime.hazard_control.value, regime.hazard_eased.value, regime.climb.value);
        assert_eq!((hazard("2025-03"), hazard("2025-05")), (1.0, h0));
        let expected = h0 + (h1 - h0) * (1.0 - (-2.0 * rho).exp());
        assert!((hazard("2025-07") - expected).abs() < 1e-15);
        let mut stopped = none;
        stopped[1][0][us] = 0.0;
        let month = at("2025-07", &stopped).hazard;
        assert_eq!((month[1][0][us], month[1][0][us + 1]), (0.0, expected));
        // The military cell is not eased, and raw goods go by their own regime.
        assert!(month[1][1][us] < 0.2 * h0 && month[0][0][us] > 0.0);
        parameters.processed.control_day = 31;
        assert!(LicenceRules::new(&parameters).is_err());
    }

    #[test]
    fn raw_goods_can_be_free_while_magnets_are_not() {
        let mut parameters = crate::Assumed::default().licences;
        parameters.raw.control_month = None;
        let rules = LicenceRules::new(&parameters).unwrap();
        let none = [[[1.0; N_REGIONS]; N_CLASSES]; N_GOODS];
        let month = rules.in_month("2025-05".parse().unwrap(), &none, 1.0);
        assert_eq!((month.free[0][2][2], month.hazard[0][0][2]), (1.0, 1.0));
        assert!(month.free[1][2][2] < 0.1 && month.hazard[1][0][2] < 0.1);
        assert_eq!(rules.control_month(), parameters.processed.control_month);
    }
}
