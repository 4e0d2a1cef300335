//! What a vehicle or a megawatt holds.
//!
//! Use of a basket by an end use with fleets f of technologies j, t REO a month at activity 1 and base prices:
//!
//! ```text
//! k[u,b] = Σ_f n_f/12 Σ_j s_fj · m_j · z · x_jb · o_b / (1 − w)
//! ```
//!
//! n units (vehicles, MW) a year, s the share of a technology, m t of magnet a unit, z the rare-earth metal in a magnet,
//! x the part of it that is Nd and Pr or Dy and Tb, o oxide per metal by mass, w what metal making and cutting lose after
//! swarf has gone back to separation (it goes round within the use, and is no supply). m thrifts by a rate a year.

use serde::{Deserialize, Serialize};

use crate::{
    Basket, EndUse, N_BASKETS, N_TECHNOLOGIES, N_USES, Origin, Parameter, PhysicalError, Technology,
};

const DYTB: usize = Basket::DyTb.index();
const NDPR: usize = Basket::NdPr.index();

/// Share of a technology in a fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TechnologyShare {
    /// Which technology.
    pub technology: Technology,
    /// Its share in the fleet's units.
    pub share: Parameter,
}

/// Units that an end use put into service in the base year, by technology.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Short name, as `ev-china`.
    pub name: String,
    /// The end use it belongs to.
    pub end_use: EndUse,
    /// Vehicles or MW a year.
    pub units: Parameter,
    /// Shares of technologies, 1 in sum.
    pub shares: Vec<TechnologyShare>,
}

/// Intensities by technology, and what turns magnets into oxide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntensityParameters {
    /// Fleets of the base year; an end use without one is scaled as a whole.
    pub fleets: Vec<Fleet>,
    /// kg of magnet a vehicle or a MW, by technology.
    pub magnet: [Parameter; N_TECHNOLOGIES],
    /// Dy and Tb metal as a share of magnet mass, by technology.
    pub heavy: [Parameter; N_TECHNOLOGIES],
    /// Rare-earth metal as a share of magnet mass.
    pub rare_earth_share: Parameter,
    /// Share of rare earths lost between oxide and magnet, swarf that returns left out.
    pub process_loss: Parameter,
    /// t of oxide per t of `NdPr` elements.
    pub oxide_per_ndpr: Parameter,
    /// t of oxide per t of `DyTb` elements.
    pub oxide_per_dytb: Parameter,
    /// Share by which rare earths a unit of activity fall each year, by end use.
    pub thrifting: [Parameter; N_USES],
}

impl IntensityParameters {
    /// Use by fleets of an end use, t REO a month by basket: zero without a fleet.
    pub fn use_of(&self, end_use: EndUse) -> [f64; N_BASKETS] {
        let mut total = [0.0; N_BASKETS];
        for fleet in self.fleets.iter().filter(|fleet| fleet.end_use == end_use) {
            for one in &fleet.shares {
                let j = one.technology.index();
                let units = fleet.units.value * one.share.value / 12.0;
                let magnets =
                    units * self.magnet[j].value / 1000.0 / (1.0 - self.process_loss.value);
                let heavy = self.heavy[j].value;
                let light = self.rare_earth_share.value - heavy;
                total[NDPR] += magnets * light * self.oxide_per_ndpr.value;
                total[DYTB] += magnets * heavy * self.oxide_per_dytb.value;
            }
        }
        total
    }

    /// t of Nd, Pr, Dy and Tb in `use_of`, a month.
    pub fn elements(&self, reo: &[f64; N_BASKETS]) -> f64 {
        reo[NDPR] / self.oxide_per_ndpr.value + reo[DYTB] / self.oxide_per_dytb.value
    }

    /// Whether an end use has a fleet.
    pub fn has_fleet(&self, end_use: EndUse) -> bool {
        self.fleets.iter().any(|fleet| fleet.end_use == end_use)
    }

    pub(crate) fn visit(&mut self, visitor: &mut dyn FnMut(String, &mut Parameter)) {
        for fleet in &mut self.fleets {
            let head = format!("demand.fleet.{}", fleet.name);
            visitor(format!("{head}.units"), &mut fleet.units);
            for one in &mut fleet.shares {
                visitor(format!("{head}.share.{}", one.technology), &mut one.share);
            }
        }
        for technology in Technology::ALL {
            let j = technology.index();
            visitor(format!("demand.intensity.magnet.{technology}"), &mut self.magnet[j]);
            visitor(format!("demand.intensity.heavy.{technology}"), &mut self.heavy[j]);
        }
        for end_use in EndUse::ALL {
            let one = &mut self.thrifting[end_use.index()];
            visitor(format!("demand.thrifting.{end_use}"), one);
        }
        visitor("demand.intensity.rare_earth_share".into(), &mut self.rare_earth_share);
        visitor("demand.intensity.process_loss".into(), &mut self.process_loss);
        visitor("demand.intensity.oxide_per_ndpr".into(), &mut self.oxide_per_ndpr);
        visitor("demand.intensity.oxide_per_dytb".into(), &mut self.oxide_per_dytb);
    }

    pub(crate) fn check(&self) -> Result<(), PhysicalError> {
        for fleet in &self.fleets {
            let sum: f64 = fleet.shares.iter().map(|one| one.share.value).sum();
            if (sum - 1.0).abs() > 1e-9 {
                let name = format!("shares of technologies in {}", fleet.name);
                return Err(crate::error::out_of_range(&name, sum, "1 in sum"));
            }
        }
        for (technology, heavy) in Technology::ALL.into_iter().zip(&self.heavy) {
            if heavy.value > self.rare_earth_share.value {
                return Err(crate::error::out_of_range(
                    &format!("demand.intensity.heavy.{technology}"),
                    heavy.value,
                    "no more than the rare-earth share of a magnet",
                ));
            }
        }
        for (end_use, one) in EndUse::ALL.into_iter().zip(&self.thrifting) {
            if one.value >= 1.0 {
                let name = format!("demand.thrifting.{end_use}");
                return Err(crate::error::out_of_range(&name, one.value, "above −1 and below 1"));
            }
        }
        if self.process_loss.value >= 1.0 {
            return Err(crate::error::out_of_range(
                "demand.intensity.process_loss",
                self.process_loss.value,
                "below 1",
            ));
        }
        Ok(())
    }
}

impl Default for IntensityParameters {
    /// Intensities of the first version, without fleets: those come with the base year.
    fn default() -> Self {
        let kg = |value, low, high, why: &str| {
            Parameter::ranged(value, low, high, "kg magnet a unit", Origin::assumed(why))
        };
        let drive = |value: f64, low, high, why: &str| {
            Parameter::ranged(value, low, high, "kg magnet a MW", Origin::literature(why))
        };
        let heavy = |value, low, high, why: &str| {
            Parameter::ranged(value, low, high, "share of magnet", Origin::assumed(why))
        };
        let literature = |value, spread, unit: &str, source: &str| {
            Parameter::around(value, spread, unit, Origin::literature(source))
        };
        let thrift = |value, low, high, why: &str| {
            Parameter::ranged(value, low, high, "a year", Origin::assumed(why))
        };
        Self {
            fleets: Vec::new(),
            magnet: [
                kg(
                    2.0,
                    1.2,
                    3.5,
                    "between 1.6 kg implied by IEA for 2024 (all plug-in cars) and 3.5 kg implied by SMM for 2021; 82 % of motors hold magnets (IDTechEx 2020)",
                ),
                kg(
                    1.2,
                    0.6,
                    2.0,
                    "a smaller motor and often a generator; no public figure by model",
                ),
                drive(
                    650.0,
                    625.0,
                    850.0,
                    "Heim and Vander Wal (2023), Minerals 13(10) 1274; range Moss et al. (2013)",
                ),
                drive(
                    160.0,
                    80.0,
                    200.0,
                    "Heim and Vander Wal (2023), Minerals 13(10) 1274; range assumed",
                ),
                kg(
                    30.0,
                    0.0,
                    100.0,
                    "80 in fast permanent-magnet generators (Heim and Vander Wal 2023), none in doubly-fed ones, which are more",
                ),
            ],
            heavy: [
                heavy(
                    0.018,
                    0.005,
                    0.04,
                    "conventional grades hold 3 % and more, diffused ones a third to a half of it (IEEE Electrification Magazine, March 2017, p. 20)",
                ),
                heavy(0.018, 0.005, 0.04, "as battery-electric vehicles"),
                heavy(0.008, 0.0, 0.03, "large generators run cool; low grades"),
                heavy(0.012, 0.0, 0.03, "faster and warmer than direct drive"),
                heavy(0.012, 0.0, 0.03, "as medium speed"),
            ],
            rare_earth_share: Parameter::ranged(
                0.30,
                0.28,
                0.33,
                "share",
                Origin::literature(
                    "Heim and Vander Wal (2023), Minerals 13(10) 1274: about 30 %; range assumed",
                ),
            ),
            process_loss: Parameter::ranged(
                0.07,
                0.02,
                0.15,
                "share",
                Origin::assumed(
                    "metal yield .95; a quarter of a block is cut off and nine tenths of that return",
                ),
            ),
            oxide_per_ndpr: literature(
                1.1765,
                0.01,
                "t/t",
                "stoichiometry, 75 % Nd (1.166) and 25 % Pr (1.208)",
            ),
            oxide_per_dytb: literature(
                1.154,
                0.01,
                "t/t",
                "stoichiometry, 80 % Dy (1.148) and 20 % Tb (1.176)",
            ),
            thrifting: [
                thrift(
                    0.01,
                    -0.01,
                    0.03,
                    "smaller motors against more motors a vehicle: IEA demand and sales to 2030 imply that intensity does not fall",
                ),
                thrift(0.01, 0.0, 0.03, "direct drive loses share to medium speed"),
                thrift(0.0, -0.01, 0.02, "growth of other uses is IEA demand, thrifting included"),
                Parameter::fixed(0.0, "a year", Origin::assumed("qualified parts")),
                thrift(0.0, -0.01, 0.02, "growth of other uses is IEA demand, thrifting included"),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 12 M vehicles a year, all battery-electric: 1 M a month × 2 kg = 2,000 t of magnets; of 30 % rare earths
    /// 1.8 points are Dy and Tb.
    #[test]
    fn vehicles_become_oxide() {
        let mut intensity = IntensityParameters::default();
        intensity.process_loss.value = 0.0;
        let one = Parameter::fixed(1.0, "share", Origin::assumed("test"));
        intensity.fleets.push(Fleet {
            name: "ev".into(),
            end_use: EndUse::Ev,
            units: Parameter::fixed(12e6, "vehicles/year", Origin::assumed("test")),
            shares: vec![TechnologyShare { technology: Technology::Bev, share: one }],
        });
        let [lace, ndpr, dytb] = intensity.use_of(EndUse::Ev);
        assert_eq!(lace, 0.0);
        assert!((ndpr - 2000.0 * 0.282 * 1.1765).abs() < 1e-9);
        assert!((dytb - 2000.0 * 0.018 * 1.154).abs() < 1e-9);
        assert!((intensity.elements(&[0.0, ndpr, dytb]) - 600.0).abs() < 1e-9);
        assert_eq!(intensity.use_of(EndUse::Wind), [0.0; 3]);
        intensity.fleets[0].shares[0].share.value = 0.9;
        assert!(intensity.check().is_err());
    }
}
