//! What calibration starts from: the figures of a base year, and the assumptions that data do not settle.
//!
//! [`Assumed::default`] holds the assumptions of the first version with their origins; a caller replaces any of them.

mod border;

use serde::{Deserialize, Serialize};

use border::{default_forms, default_licences, default_trade};

use crate::parameters::{
    DisturbanceParameters, ExportForm, FuturesParameters, LicenceParameters, StateParameters,
    StorageParameters, TradeParameters,
};
use crate::stocks::StockParameters;
use crate::transit::TransitParameters;
use crate::{
    ConcentrateParameters, Fleet, HeavySubstitution, IntensityParameters, N_BASKETS, N_ORES,
    N_REGIONS, N_USES, Origin, Parameter, ScrapParameters,
};

/// Figures of the base year, a year's totals and means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseYear {
    /// The year.
    pub year: i32,
    /// Mean price in China by basket, CNY/t REO without VAT.
    pub price: [Parameter; N_BASKETS],
    /// Output by ore, t REO of ore a year, in the order of [`crate::Ore::ALL`].
    pub ore_output: [Parameter; N_ORES],
    /// Demand for magnet rare earths (Nd, Pr, Dy, Tb) of electric vehicles as published, t of elements a year.
    pub magnet_demand_ev: Parameter,
    /// The same for wind turbines.
    pub magnet_demand_wind: Parameter,
    /// The same for everything else; the sum of the three is taken, the split by use comes from fleets.
    pub magnet_demand_other: Parameter,
    /// What was put into service, by technology.
    pub fleets: Vec<Fleet>,
    /// Share of each region in the world's use, by end use; each row sums to 1.
    pub region_share: [[Parameter; N_REGIONS]; N_USES],
    /// CNY per USD, mean of the year.
    pub cny_per_usd: Parameter,
}

/// What the data do not settle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    /// Share of defence in other demand for magnet rare earths.
    pub defence_share: Parameter,
    /// Share of non-magnet uses in other demand for magnet rare earths.
    pub non_magnet_share: Parameter,
    /// `DyTb` per `NdPr` of a use without a fleet, relative to other such uses; the level follows from supply.
    pub heavy_intensity: [Parameter; N_USES],
    /// Intensities by technology; the fleets are taken from the base year.
    pub intensity: IntensityParameters,
    /// Dy and Tb per magnet.
    pub heavy: HeavySubstitution,
    /// w: share of each basket in an ore's REO, by ore.
    pub basket_share: [[Parameter; N_BASKETS]; N_ORES],
    /// y: recovery, all ores, by basket.
    pub recovery: [Parameter; N_BASKETS],
    /// Share of an ore sold outside China, by ore (fringe only).
    pub outside_share: [Parameter; N_ORES],
    /// Growth of an ore's capacity (or limit) a year, by ore.
    pub growth: [Parameter; N_ORES],
    /// Capacity of the fringe as a multiple of base output.
    pub capacity: Parameter,
    /// η short of ores.
    pub elasticity_short: Parameter,
    /// η long of ores.
    pub elasticity_long: Parameter,
    /// L, months.
    pub lead_months: Parameter,
    /// g, weight of a month in the revenue expected.
    pub expectation: Parameter,
    /// δ, wear of capacity a month.
    pub depreciation: Parameter,
    /// Largest rise of output between setting months, by ore (controlled ores only).
    pub expansion: [Parameter; N_ORES],
    /// Share of `DyTb` supply that is recycled; that of `NdPr` follows from demand less mine supply.
    pub recycled_dytb: Parameter,
    /// η of recycling within the month.
    pub recycling_elasticity: Parameter,
    /// η of recycling once collection has followed revenue.
    pub recycling_elasticity_long: Parameter,
    /// Months until collection follows.
    pub recycling_lead: Parameter,
    /// The pool that recycling draws on.
    pub scrap: ScrapParameters,
    /// What becomes of Mountain Pass concentrate.
    pub concentrate: ConcentrateParameters,
    /// Share of recycled material sold outside China.
    pub recycled_outside: Parameter,
    /// ε by end use.
    pub demand_elasticity: [Parameter; N_USES],
    /// λ.
    pub adjustment: Parameter,
    /// Backstop by end use, multiple of the base price.
    pub backstop: [Parameter; N_USES],
    /// Satiation by basket, share of the base price.
    pub satiation: [Parameter; N_BASKETS],
    /// d by basket, CNY/t.
    pub dumping_cost: [Parameter; N_BASKETS],
    /// β, monthly.
    pub discount: Parameter,
    /// θ of the base year.
    pub base_theta: Parameter,
    /// Limit of the controlled ores as a multiple of base output. 1 takes the base year as scarcity (μ > 0), more as choice (μ = 0).
    pub limit_headroom: Parameter,
    /// Marginal cost as a share of marginal revenue where the limit binds in the base year.
    pub cost_share_at_limit: Parameter,
    /// Share of c0 in marginal cost at base output.
    pub flat_cost_share: Parameter,
    /// γ.
    pub cost_power: Parameter,
    /// Trade; the exchange rate is taken from the base year.
    pub trade: TradeParameters,
    /// Buyers' stocks and stockpiles abroad.
    pub stocks: StockParameters,
    /// Intermediaries.
    pub transit: TransitParameters,
    /// Licences.
    pub licences: LicenceParameters,
    /// Export forms by basket.
    pub forms: [Vec<ExportForm>; N_BASKETS],
    /// Disturbances.
    pub disturbance: DisturbanceParameters,
    /// Storers.
    pub storage: StorageParameters,
    /// Futures curve.
    pub futures: FuturesParameters,
    /// What a state that sets quotas wants.
    pub state: StateParameters,
}

fn assumed(value: f64, low: f64, high: f64, unit: &str, why: &str) -> Parameter {
    Parameter::ranged(value, low, high, unit, Origin::assumed(why))
}

/// ± 50 %, as far as a share allows.
fn wide_share(value: f64, why: &str) -> Parameter {
    assumed(value, 0.5 * value, (1.5 * value).min(1.0), "share", why)
}

fn literature(value: f64, relative: f64, unit: &str, source: &str) -> Parameter {
    Parameter::around(value, relative, unit, Origin::literature(source))
}

impl Default for Assumed {
    fn default() -> Self {
        let one_third =
            "no estimate: IV would need a first-stage F of 10, which headline tonnage cannot give";
        let elasticity = |value| Parameter::around(value, 0.5, "1", Origin::assumed(one_third));
        let backstop = |value: f64, why| {
            assumed(value, 0.6 * value, 1.4 * value, "multiple of base price", why)
        };
        Self {
            defence_share: wide_share(0.03, "order of magnitude; no public figure"),
            non_magnet_share: wide_share(
                0.10,
                "glass, ceramics and catalysts use Nd and Pr; order of magnitude",
            ),
            heavy_intensity: [
                assumed(1.0, 0.5, 1.5, "relative", "traction motors run hot: 1 by definition"),
                assumed(0.5, 0.25, 0.75, "relative", "generators run cooler than traction motors"),
                assumed(0.3, 0.15, 0.45, "relative", "most other magnets run at room temperature"),
                assumed(1.0, 0.5, 1.5, "relative", "actuators at high temperature"),
                assumed(0.05, 0.0, 0.1, "relative", "phosphors and alloys, little"),
            ],
            intensity: IntensityParameters::default(),
            heavy: HeavySubstitution::default(),
            basket_share: ore_compositions(),
            recovery: std::array::from_fn(|_| {
                assumed(0.9, 0.85, 0.95, "share", "cracking, leaching and separation losses")
            }),
            outside_share: [
                Parameter::fixed(0.0, "share", Origin::assumed("not of the fringe")),
                Parameter::fixed(0.0, "share", Origin::assumed("not of the fringe")),
                assumed(0.0, 0.0, 0.05, "share", "refined in China"),
                Parameter::ranged(
                    0.18,
                    0.10,
                    0.25,
                    "share",
                    Origin::literature(
                        "USGS MCS 2026: 82 % of mine output exported in 2024; IEA refining over mining 14 %",
                    ),
                ),
                assumed(1.0, 0.9, 1.0, "share", "refined in Malaysia, sold to Japan and Europe"),
                assumed(0.3, 0.1, 0.6, "share", "mostly refined in China"),
            ],
            growth: [
                assumed(0.06, 0.0, 0.12, "a year", "quotas grew 5.9 % in 2024 after 21 % in 2023"),
                assumed(0.0, 0.0, 0.03, "a year", "the quota of ion clay has not moved since 2020"),
                assumed(0.0, -0.2, 0.1, "a year", "no basis for a trend"),
                assumed(0.05, 0.0, 0.15, "a year", "announced expansion"),
                assumed(0.10, 0.0, 0.20, "a year", "announced expansion"),
                assumed(0.05, 0.0, 0.15, "a year", "announced projects"),
            ],
            capacity: assumed(
                1.2,
                1.05,
                1.4,
                "multiple of base output",
                "plants run below capacity in the base year",
            ),
            elasticity_short: assumed(0.15, 0.05, 0.3, "1", "mines respond little within a year"),
            elasticity_long: assumed(1.0, 0.5, 1.5, "1", "order of magnitude for mine supply"),
            lead_months: assumed(
                36.0,
                24.0,
                84.0,
                "months",
                "time to expand a mine and its separation",
            ),
            expectation: assumed(
                1.0 / 12.0,
                1.0 / 24.0,
                1.0 / 4.0,
                "a month",
                "projects are valued at a price averaged over about a year",
            ),
            depreciation: assumed(
                0.004,
                0.002,
                0.008,
                "a month",
                "plant and mine development last about twenty years",
            ),
            expansion: std::array::from_fn(|ore| match ore {
                1 => assumed(
                    0.05,
                    0.02,
                    0.15,
                    "share",
                    "leaching permits for clay have not been extended since 2020",
                ),
                _ => assumed(
                    1.0,
                    0.5,
                    1.0,
                    "share",
                    "plants run below capacity: the limit binds before this",
                ),
            }),
            recycled_dytb: wide_share(0.15, "magnet swarf recovers Dy and Tb like Nd"),
            recycling_elasticity: assumed(
                0.15,
                0.05,
                0.3,
                "1",
                "swarf is a fixed share of output; scrap responds",
            ),
            recycling_elasticity_long: assumed(
                0.6,
                0.3,
                1.0,
                "1",
                "collection pays for more kinds of scrap at a higher price; no estimate",
            ),
            recycling_lead: assumed(
                6.0,
                3.0,
                12.0,
                "months",
                "scrap is bought and dismantled within half a year",
            ),
            scrap: ScrapParameters::default(),
            concentrate: ConcentrateParameters::default(),
            recycled_outside: assumed(0.1, 0.0, 0.2, "share", "most magnet swarf arises in China"),
            demand_elasticity: [
                elasticity(0.3),
                elasticity(0.6),
                elasticity(0.8),
                elasticity(0.05),
                elasticity(0.6),
            ],
            adjustment: Parameter::around(
                0.08,
                0.5,
                "a month",
                Origin::assumed("a design cycle of about a year"),
            ),
            backstop: [
                backstop(5.0, "induction and externally excited motors"),
                backstop(4.0, "geared and electrically excited generators"),
                backstop(6.0, "ferrite and samarium-cobalt where weight allows"),
                backstop(30.0, "no substitute at any likely price"),
                backstop(6.0, "other catalysts and polishes"),
            ],
            satiation: std::array::from_fn(|_| {
                assumed(0.2, 0.1, 0.3, "share of base price", "uses find no new buyers below it")
            }),
            dumping_cost: [
                assumed(500.0, 0.0, 1500.0, "CNY/t", "storage of unsold cerium and lanthanum"),
                Parameter::fixed(0.0, "CNY/t", Origin::assumed("never in excess")),
                Parameter::fixed(0.0, "CNY/t", Origin::assumed("never in excess")),
            ],
            discount: assumed(0.99, 0.98, 0.997, "a month", "about 12 % a year"),
            base_theta: assumed(
                0.5,
                0.0,
                1.0,
                "1",
                "two state groups hold the quotas: Cournot with n = 2",
            ),
            limit_headroom: assumed(
                1.2,
                1.0,
                1.4,
                "multiple of base output",
                "the quota is the supplier's own choice; capacity lies above it",
            ),
            cost_share_at_limit: assumed(
                0.9,
                0.6,
                1.0,
                "share",
                "used only where the limit binds in the base year",
            ),
            flat_cost_share: assumed(
                0.7,
                0.4,
                0.9,
                "share",
                "ore is a by-product of iron; separation costs are constant",
            ),
            cost_power: assumed(1.0, 0.5, 2.0, "1", "linear"),
            trade: default_trade(),
            stocks: StockParameters::default(),
            transit: TransitParameters::default(),
            licences: default_licences(),
            forms: default_forms(),
            disturbance: DisturbanceParameters {
                persistence: std::array::from_fn(|_| {
                    assumed(0.8, 0.6, 0.95, "a month", "destocking cycles of a few months")
                }),
                standard_deviation: std::array::from_fn(|_| {
                    assumed(
                        0.006,
                        0.003,
                        0.012,
                        "ln demand",
                        "replace by the figure that reproduces the volatility of monthly Nd prices",
                    )
                }),
            },
            storage: default_storage(),
            futures: FuturesParameters {
                kappa: assumed(
                    1.5,
                    0.5,
                    3.0,
                    "a year",
                    "half-life of half a year, as in oil and metals",
                ),
                sigma_chi: assumed(
                    0.25,
                    0.15,
                    0.4,
                    "per √year",
                    "replace by the fit to the spot series",
                ),
                sigma_xi: assumed(
                    0.15,
                    0.1,
                    0.25,
                    "per √year",
                    "replace by the fit to the spot series",
                ),
                rho: assumed(0.3, -0.3, 0.6, "1", "as in oil"),
                lambda_chi: assumed(
                    0.0,
                    -0.1,
                    0.1,
                    "a year",
                    "no futures from which to estimate it",
                ),
                mu_xi: assumed(0.0, -0.05, 0.05, "a year", "no drift beyond the model's own"),
                premium_xi: assumed(
                    0.03,
                    0.0,
                    0.08,
                    "a year",
                    "hedging pressure; no futures from which to estimate it",
                ),
            },
            state: StateParameters {
                downstream_margin: assumed(
                    0.3,
                    0.1,
                    0.6,
                    "multiple of base price",
                    "magnets sell for about twice the oxide in them, and 15 % of sales is a usual margin of their makers",
                ),
                dependence_weight: assumed(
                    0.5,
                    0.0,
                    2.0,
                    "multiple of base-year value abroad",
                    "not observable; 0 is a state that maximises income",
                ),
            },
        }
    }
}

/// `LaCe`, `NdPr`, `DyTb` in the REO of each ore.
fn ore_compositions() -> [[Parameter; N_BASKETS]; N_ORES] {
    let row = |source: &str, values: [f64; N_BASKETS]| {
        values.map(|value| literature(value, 0.1, "share", source))
    };
    [
        row(
            "Bayan Obo bastnaesite concentrate, typical published assays (La 23–27, Ce 50, Pr 5–6, Nd 15–18 %)",
            [0.75, 0.215, 0.0012],
        ),
        row(
            "ion-adsorption clays of Longnan and Xunwu, typical published assays, mixed",
            [0.30, 0.26, 0.045],
        ),
        row("taken as Chinese medium-yttrium clay", [0.30, 0.26, 0.045]),
        row(
            "Mountain Pass bastnaesite, company technical reports (Nd + Pr about 16 %)",
            [0.82, 0.163, 0.0005],
        ),
        row("Mt Weld monazite, company presentations (Nd + Pr about 24 %)", [0.70, 0.24, 0.006]),
        row("monazite, typical published assays", [0.68, 0.21, 0.008]),
    ]
}

fn default_storage() -> StorageParameters {
    StorageParameters {
        capacity: std::array::from_fn(|b| {
            if b == 0 {
                let why = "lanthanum and cerium are left over: nobody pays to store them";
                return Parameter::fixed(0.0, "share", Origin::assumed(why));
            }
            assumed(
                1.0,
                0.0,
                1.0,
                "share",
                "a competitive market; stocks in China are not published",
            )
        }),
        cost: assumed(
            0.002,
            0.0,
            0.01,
            "share of the price a month",
            "warehouse and insurance of a dense oxide worth 50 USD/kg and more",
        ),
        interest: assumed(
            0.004,
            0.002,
            0.008,
            "a month",
            "Chinese lending rates of 3 to 5 % a year",
        ),
    }
}
