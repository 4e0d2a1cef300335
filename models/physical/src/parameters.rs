//! All parameters of the physical market, each with range, unit and origin.
//!
//! Quantities are t REO a month, prices CNY/t without VAT, rates per month unless the unit says otherwise.
//! [`Parameters::entries`] lists every parameter under its name: `parameters.json` is written from it.

use monazite_series::Period;
use monazite_stochastic::{SchwartzSmith, SchwartzSmithParameters};
use serde::{Deserialize, Serialize};

use crate::bounds::{check_one, sums_to_one};
use crate::{
    Basket, ConcentrateParameters, EndUse, Form, Goods, HeavySubstitution, IntensityParameters,
    N_BASKETS, N_REGIONS, N_USES, Ore, Parameter, PhysicalError, Region, ScrapParameters,
    StockParameters, TransitParameters,
};

/// Demand of regions and end uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandParameters {
    /// Use of each basket at activity 1 and base price that no fleet accounts for, world, by end use and basket.
    pub scale: [[Parameter; N_BASKETS]; N_USES],
    /// Fleets by technology and their intensities: the rest of k.
    pub intensity: IntensityParameters,
    /// Dy and Tb per magnet.
    pub heavy: HeavySubstitution,
    /// Share of each region in the world's use, by end use and region; sums to 1 over regions.
    pub region_share: [[Parameter; N_REGIONS]; N_USES],
    /// Level of demand against the base year that activity does not explain, by basket; 1 unless anchored to later prices.
    pub level: [Parameter; N_BASKETS],
    /// ε: long-run price elasticity by end use, positive.
    pub elasticity: [Parameter; N_USES],
    /// λ: share of the log price gap acted on each month.
    pub adjustment: Parameter,
    /// Price at which a use gives up a basket, as a multiple of the base price, by end use.
    pub backstop: [Parameter; N_USES],
    /// Price, as a share of the base price, below which demand grows no further, by basket.
    pub satiation: [Parameter; N_BASKETS],
}

impl DemandParameters {
    /// k: the world's use of each basket by an end use at activity 1 and base prices, t REO a month.
    pub fn base_use(&self, end_use: EndUse) -> [f64; N_BASKETS] {
        let fleets = self.intensity.use_of(end_use);
        std::array::from_fn(|b| fleets[b] + self.scale[end_use.index()][b].value)
    }
}

/// An ore whose output the dominant supplier sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlledOre {
    /// Which ore.
    pub ore: Ore,
    /// w: share of each basket in the ore's REO; the rest is other elements.
    pub basket_share: [Parameter; N_BASKETS],
    /// y: recovery from ore to separated oxide, by basket.
    pub recovery: [Parameter; N_BASKETS],
    /// Output of the base year, t REO of ore a month.
    pub base_output: Parameter,
    /// Q̄: limit on output, t REO of ore a month.
    pub limit: Parameter,
    /// Growth of the limit a year.
    pub limit_growth: Parameter,
    /// Largest rise from one setting month to the next above what was produced before or in the base year, share.
    pub expansion: Parameter,
    /// c0 of MC = c0 + c1·X^γ, CNY per t REO of ore.
    pub cost_level: Parameter,
    /// c1 of the same.
    pub cost_slope: Parameter,
    /// γ of the same.
    pub cost_power: Parameter,
}

/// An ore, or a stream of secondary material, supplied by price takers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FringeSource {
    /// Which ore; `None` is recycling of one basket.
    pub ore: Option<Ore>,
    /// w: share of each basket in its REO.
    pub basket_share: [Parameter; N_BASKETS],
    /// y: recovery, by basket.
    pub recovery: [Parameter; N_BASKETS],
    /// K: output at base revenue, t REO a month.
    pub base_output: Parameter,
    /// c: revenue per t REO at which K is produced: that of the base year.
    pub base_revenue: Parameter,
    /// Capacity as a multiple of K.
    pub capacity: Parameter,
    /// Growth of K and capacity a year, from projects under way.
    pub growth: Parameter,
    /// Share of output that is sold outside China.
    pub outside_share: Parameter,
    /// η short: response of output to revenue within capacity.
    pub elasticity_short: Parameter,
    /// η long: response once capacity has followed expected revenue.
    pub elasticity_long: Parameter,
    /// L: months until capacity follows.
    pub lead_months: Parameter,
    /// g: weight of the month's revenue in the revenue expected.
    pub expectation: Parameter,
    /// δ: share of capacity that wears out a month unless replaced.
    pub depreciation: Parameter,
    /// Of recycling: the pool it draws on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrap: Option<ScrapParameters>,
    /// Of a mine that exports concentrate to China: what becomes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concentrate: Option<ConcentrateParameters>,
}

/// What lies between China's price and the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeParameters {
    /// v: value-added tax not refunded on export.
    pub vat: Parameter,
    /// CNY per USD.
    pub cny_per_usd: Parameter,
    /// Freight and insurance, USD/t REO, by region.
    pub freight: [Parameter; N_REGIONS],
    /// τ: import tariff on rare earths from China, by region.
    pub tariff: [Parameter; N_REGIONS],
    /// Share of the fringe's sales outside China that goes to each region.
    pub fringe_share: [Parameter; N_REGIONS],
    /// Share of a region's shipments from China that are processed goods, by basket; 0 where a basket has no such form.
    pub processed_share: [[Parameter; N_BASKETS]; N_REGIONS],
}

/// The licence regime of one class of goods.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceRegime {
    /// Month in which the control starts; `None`: no control.
    pub control_month: Option<Period>,
    /// Day of that month from which it holds, 1…31; the month is pro-rated.
    pub control_day: u32,
    /// Month of the easing, by region, civil use; `None`: not eased.
    pub easing_civil: [Option<Period>; N_REGIONS],
    /// The same for military use.
    pub easing_military: [Option<Period>; N_REGIONS],
    /// 1 − f: share of desired shipments that needs a licence, by region and basket.
    pub licensed_share: [[Parameter; N_BASKETS]; N_REGIONS],
    /// h0: approval hazard under the control, per month.
    pub hazard_control: Parameter,
    /// h1: the hazard that the easing leads to.
    pub hazard_eased: Parameter,
    /// ρ: speed at which it climbs, per month.
    pub climb: Parameter,
    /// Military hazard as a multiple of the civil one.
    pub military_factor: Parameter,
    /// κ: share of the backlog withdrawn or refused each month.
    pub withdrawal: Parameter,
}

/// The licence queue: raw and processed goods are licensed apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceParameters {
    /// Concentrate, oxides, compounds, metals, alloys.
    pub raw: LicenceRegime,
    /// Magnets.
    pub processed: LicenceRegime,
}

impl LicenceParameters {
    /// The regime of a class of goods.
    pub const fn of(&self, goods: Goods) -> &LicenceRegime {
        match goods {
            Goods::Raw => &self.raw,
            Goods::Processed => &self.processed,
        }
    }

    /// Both regimes with their class of goods.
    pub const fn regimes_mut(&mut self) -> [(Goods, &mut LicenceRegime); 2] {
        [(Goods::Raw, &mut self.raw), (Goods::Processed, &mut self.processed)]
    }

    /// Takes every control away.
    pub fn lift(&mut self) {
        (self.raw.control_month, self.processed.control_month) = (None, None);
    }
}

/// A traded form of a basket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportForm {
    /// The form; magnets are processed goods, the others raw.
    pub form: Form,
    /// Share of the REO exported as goods of its class, raw or processed, that leaves in this form.
    pub share: Parameter,
    /// t REO of the basket per t of gross customs weight.
    pub reo_content: Parameter,
    /// Export value per t REO as a multiple of the oxide price with VAT.
    pub value_factor: Parameter,
}

/// Monthly disturbance of demand besides activity: AR(1) in logs, by basket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisturbanceParameters {
    /// Persistence.
    pub persistence: [Parameter; N_BASKETS],
    /// Standard deviation of the monthly innovation of ln demand.
    pub standard_deviation: [Parameter; N_BASKETS],
}

/// Storers in China.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageParameters {
    /// c: stock held as a share of what a competitive market with unlimited capital would hold, by basket; 0: no storers.
    pub capacity: [Parameter; N_BASKETS],
    /// k: cost of holding a tonne for a month, as a share of the price expected over the months to come.
    pub cost: Parameter,
    /// r: interest a month.
    pub interest: Parameter,
}

/// The two-factor futures curve, per year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FuturesParameters {
    /// κ: speed at which the spot price returns to the long-run price.
    pub kappa: Parameter,
    /// σχ: volatility of the short-term deviation.
    pub sigma_chi: Parameter,
    /// σξ: volatility of the long-run price.
    pub sigma_xi: Parameter,
    /// ρ: their correlation.
    pub rho: Parameter,
    /// λχ: risk premium of the short-term deviation.
    pub lambda_chi: Parameter,
    /// μξ: drift of the log long-run price.
    pub mu_xi: Parameter,
    /// μξ − μ*ξ: risk premium of the long-run price.
    pub premium_xi: Parameter,
}

/// What a state that sets quotas wants ([`crate::Conduct::QuotaState`]); no other conduct depends on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateParameters {
    /// m: profit of Chinese magnet makers on a tonne of `NdPr` or `DyTb` that they process, multiple of the base price.
    pub downstream_margin: Parameter,
    /// ω: what supplying all foreign use is worth to the state, multiple of that use's value in the base year.
    pub dependence_weight: Parameter,
}

/// Everything the market needs besides scenario and activity; made by [`crate::calibrate`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The base year: activity 1, base prices, K and k.
    pub base_year: i32,
    /// Price of each basket in China in the base year, CNY/t REO without VAT.
    pub base_price: [Parameter; N_BASKETS],
    /// Price that buyers have adapted to before the first simulated month: the base price, unless anchored to later ones.
    pub start_price: [Parameter; N_BASKETS],
    /// Cost of storing or dumping a basket that nobody wants, CNY/t: its price is never below −d.
    pub dumping_cost: [Parameter; N_BASKETS],
    /// β: monthly discount factor of the dominant supplier.
    pub discount: Parameter,
    /// Conduct θ that the base year is calibrated under.
    pub base_theta: Parameter,
    /// Demand.
    pub demand: DemandParameters,
    /// Ores of the dominant supplier.
    pub controlled: Vec<ControlledOre>,
    /// Ores and recycling of price takers.
    pub fringe: Vec<FringeSource>,
    /// Prices between regions.
    pub trade: TradeParameters,
    /// Buyers' stocks and strategic stockpiles outside China.
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
    /// The objective of a state that sets quotas.
    pub state: StateParameters,
}

impl Parameters {
    /// Every parameter under its name, in a fixed order.
    pub fn entries(&self) -> Vec<(String, Parameter)> {
        let mut entries = Vec::new();
        // Visiting needs a mutable borrow so that the same walk serves drawing.
        self.clone().visit(&mut |name, parameter| entries.push((name, parameter.clone())));
        entries
    }

    /// Calls `visitor` with every parameter and its name, in a fixed order; it may change them.
    pub fn visit(&mut self, visitor: &mut dyn FnMut(String, &mut Parameter)) {
        let mut baskets = |head: &str, all: &mut [Parameter; N_BASKETS]| {
            for (basket, one) in Basket::ALL.into_iter().zip(all) {
                visitor(format!("{head}.{basket}"), one);
            }
        };
        baskets("base_price", &mut self.base_price);
        baskets("start_price", &mut self.start_price);
        baskets("dumping_cost", &mut self.dumping_cost);
        baskets("demand.level", &mut self.demand.level);
        baskets("demand.satiation", &mut self.demand.satiation);
        baskets("disturbance.persistence", &mut self.disturbance.persistence);
        baskets("disturbance.standard_deviation", &mut self.disturbance.standard_deviation);
        baskets("storage.capacity", &mut self.storage.capacity);
        for (end_use, scale) in EndUse::ALL.into_iter().zip(&mut self.demand.scale) {
            baskets(&format!("demand.scale.{end_use}"), scale);
        }
        for (goods, regime) in self.licences.regimes_mut() {
            for (region, shares) in Region::ALL.into_iter().zip(&mut regime.licensed_share) {
                baskets(&format!("licences.{}.licensed_share.{region}", goods.name()), shares);
            }
        }
        for (region, shares) in Region::ALL.into_iter().zip(&mut self.trade.processed_share) {
            baskets(&format!("trade.processed_share.{region}"), shares);
        }
        for one in &mut self.controlled {
            baskets(&format!("ore.{}.basket_share", one.ore), &mut one.basket_share);
            baskets(&format!("ore.{}.recovery", one.ore), &mut one.recovery);
        }
        for one in &mut self.fringe {
            let name = one.name();
            baskets(&format!("{name}.basket_share"), &mut one.basket_share);
            baskets(&format!("{name}.recovery"), &mut one.recovery);
        }
        for (end_use, shares) in EndUse::ALL.into_iter().zip(&mut self.demand.region_share) {
            for (region, one) in Region::ALL.into_iter().zip(shares) {
                visitor(format!("demand.region_share.{end_use}.{region}"), one);
            }
        }
        for (at, end_use) in EndUse::ALL.into_iter().enumerate() {
            visitor(format!("demand.elasticity.{end_use}"), &mut self.demand.elasticity[at]);
            visitor(format!("demand.backstop.{end_use}"), &mut self.demand.backstop[at]);
        }
        for (at, region) in Region::ALL.into_iter().enumerate() {
            visitor(format!("trade.freight.{region}"), &mut self.trade.freight[at]);
            visitor(format!("trade.tariff.{region}"), &mut self.trade.tariff[at]);
            visitor(format!("trade.fringe_share.{region}"), &mut self.trade.fringe_share[at]);
        }
        self.demand.intensity.visit(visitor);
        self.demand.heavy.visit(visitor);
        self.visit_scalars(visitor);
    }

    fn visit_scalars(&mut self, visitor: &mut dyn FnMut(String, &mut Parameter)) {
        visitor("storage.cost".into(), &mut self.storage.cost);
        visitor("storage.interest".into(), &mut self.storage.interest);
        visitor("discount".into(), &mut self.discount);
        visitor("base_theta".into(), &mut self.base_theta);
        visitor("demand.adjustment".into(), &mut self.demand.adjustment);
        visitor("trade.vat".into(), &mut self.trade.vat);
        visitor("trade.cny_per_usd".into(), &mut self.trade.cny_per_usd);
        self.stocks.visit(visitor);
        self.transit.visit(visitor);
        for one in &mut self.controlled {
            let head = format!("ore.{}", one.ore);
            visitor(format!("{head}.base_output"), &mut one.base_output);
            visitor(format!("{head}.limit"), &mut one.limit);
            visitor(format!("{head}.limit_growth"), &mut one.limit_growth);
            visitor(format!("{head}.cost_level"), &mut one.cost_level);
            visitor(format!("{head}.cost_slope"), &mut one.cost_slope);
            visitor(format!("{head}.cost_power"), &mut one.cost_power);
            visitor(format!("{head}.expansion"), &mut one.expansion);
        }
        for one in &mut self.fringe {
            let head = one.name();
            visitor(format!("{head}.base_output"), &mut one.base_output);
            visitor(format!("{head}.base_revenue"), &mut one.base_revenue);
            visitor(format!("{head}.capacity"), &mut one.capacity);
            visitor(format!("{head}.growth"), &mut one.growth);
            visitor(format!("{head}.outside_share"), &mut one.outside_share);
            visitor(format!("{head}.elasticity_short"), &mut one.elasticity_short);
            visitor(format!("{head}.elasticity_long"), &mut one.elasticity_long);
            visitor(format!("{head}.lead_months"), &mut one.lead_months);
            visitor(format!("{head}.expectation"), &mut one.expectation);
            visitor(format!("{head}.depreciation"), &mut one.depreciation);
            if let Some(scrap) = &mut one.scrap {
                scrap.visit(&head, visitor);
            }
            if let Some(concentrate) = &mut one.concentrate {
                concentrate.visit(&head, visitor);
            }
        }
        for (goods, regime) in self.licences.regimes_mut() {
            let head = format!("licences.{}", goods.name());
            visitor(format!("{head}.hazard_control"), &mut regime.hazard_control);
            visitor(format!("{head}.hazard_eased"), &mut regime.hazard_eased);
            visitor(format!("{head}.climb"), &mut regime.climb);
            visitor(format!("{head}.military_factor"), &mut regime.military_factor);
            visitor(format!("{head}.withdrawal"), &mut regime.withdrawal);
        }
        for (basket, forms) in Basket::ALL.into_iter().zip(&mut self.forms) {
            for one in forms {
                let head = format!("forms.{basket}.{}", one.form);
                visitor(format!("{head}.share"), &mut one.share);
                visitor(format!("{head}.reo_content"), &mut one.reo_content);
                visitor(format!("{head}.value_factor"), &mut one.value_factor);
            }
        }
        let futures = &mut self.futures;
        visitor("futures.kappa".into(), &mut futures.kappa);
        visitor("futures.sigma_chi".into(), &mut futures.sigma_chi);
        visitor("futures.sigma_xi".into(), &mut futures.sigma_xi);
        visitor("futures.rho".into(), &mut futures.rho);
        visitor("futures.lambda_chi".into(), &mut futures.lambda_chi);
        visitor("futures.mu_xi".into(), &mut futures.mu_xi);
        visitor("futures.premium_xi".into(), &mut futures.premium_xi);
        visitor("state.downstream_margin".into(), &mut self.state.downstream_margin);
        visitor("state.dependence_weight".into(), &mut self.state.dependence_weight);
    }

    /// Checks signs, shares and months.
    ///
    /// # Errors
    /// The first parameter out of its range.
    pub fn check(&self) -> Result<(), PhysicalError> {
        let mut failure = Ok(());
        self.clone().visit(&mut |name, parameter| {
            if failure.is_ok() {
                failure = check_one(&name, parameter.value);
            }
        });
        failure?;
        if self.controlled.is_empty() {
            return Err(PhysicalError::Length { name: "controlled ores", expected: 1, found: 0 });
        }
        for (basket, forms) in Basket::ALL.into_iter().zip(&self.forms) {
            for goods in Goods::ALL {
                let of = || forms.iter().filter(|form| form.form.goods() == goods);
                if goods == Goods::Processed && of().next().is_none() {
                    continue;
                }
                sums_to_one(
                    &format!("shares of the {} export forms of {basket}", goods.name()),
                    of().map(|form| form.share.value),
                )?;
            }
        }
        self.check_processed()?;
        self.stocks.check()?;
        self.transit.check()?;
        for (end_use, shares) in EndUse::ALL.into_iter().zip(&self.demand.region_share) {
            sums_to_one(
                &format!("region shares of {end_use}"),
                shares.iter().map(|one| one.value),
            )?;
        }
        for source in &self.fringe {
            if source.elasticity_long.value < source.elasticity_short.value {
                return Err(crate::error::out_of_range(
                    &format!("{}.elasticity_long", source.name()),
                    source.elasticity_long.value,
                    "no less than elasticity_short",
                ));
            }
            if let Some(scrap) = &source.scrap {
                scrap.check(&source.name())?;
            }
            if let Some(concentrate) = &source.concentrate {
                concentrate.check(&source.name())?;
            }
        }
        self.demand.intensity.check()?;
        self.demand.heavy.check()?;
        self.futures.model().map(|_| ())
    }
}

impl Parameters {
    /// A basket without a processed form is not shipped as one.
    fn check_processed(&self) -> Result<(), PhysicalError> {
        for (region, row) in Region::ALL.into_iter().zip(&self.trade.processed_share) {
            for (basket, share) in Basket::ALL.into_iter().zip(row) {
                let forms = &self.forms[basket.index()];
                let has_form = forms.iter().any(|one| one.form.goods() == Goods::Processed);
                if share.value != 0.0 && !has_form {
                    let name = format!("trade.processed_share.{region}.{basket}");
                    let requirement = "0 for a basket without a processed form";
                    return Err(crate::error::out_of_range(&name, share.value, requirement));
                }
            }
        }
        Ok(())
    }
}

impl FringeSource {
    /// Name in tables: the ore, or recycling of its basket.
    pub fn name(&self) -> String {
        if let Some(ore) = self.ore {
            return format!("ore.{ore}");
        }
        let main = self.main_basket();
        main.map_or_else(|| "recycling".to_owned(), |basket| format!("recycling.{basket}"))
    }

    /// The basket with the largest share.
    pub(crate) fn main_basket(&self) -> Option<Basket> {
        Basket::ALL.into_iter().max_by(|a, b| {
            self.basket_share[a.index()].value.total_cmp(&self.basket_share[b.index()].value)
        })
    }

    /// What of the ore goes where in the base year, by share of the ore: one stream, or a mine's own separation and its
    /// concentrate.
    pub(crate) fn streams(&self) -> Vec<OreStream> {
        let yields: [f64; N_BASKETS] =
            std::array::from_fn(|b| self.basket_share[b].value * self.recovery[b].value);
        let outside = self.outside_share.value;
        let Some(mine) = &self.concentrate else {
            return vec![OreStream { share: 1.0, outside, yields }];
        };
        let mut sold = yields;
        sold[Basket::LaCe.index()] *= mine.lace_sold.value;
        vec![
            OreStream { share: outside, outside: 1.0, yields: sold },
            OreStream { share: 1.0 - outside, outside: 0.0, yields },
        ]
    }

    /// Basket output per tonne of ore in the base year.
    pub(crate) fn base_yields(&self) -> [f64; N_BASKETS] {
        let streams = self.streams();
        std::array::from_fn(|b| streams.iter().map(|one| one.share * one.yields[b]).sum())
    }
}

/// A part of a source's ore.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OreStream {
    /// Share of the ore in the base year.
    pub(crate) share: f64,
    /// Share of it that is sold outside China.
    pub(crate) outside: f64,
    /// Basket output per tonne.
    pub(crate) yields: [f64; N_BASKETS],
}

impl OreStream {
    /// Revenue per tonne at base prices and without licence rents.
    pub(crate) fn base_revenue(&self, parameters: &Parameters) -> f64 {
        let (slope, constant) = crate::state::outside_line(&parameters.trade);
        (0..N_BASKETS)
            .map(|b| {
                let price = parameters.base_price[b].value;
                let out = self.outside;
                self.yields[b] * ((1.0 - out) * price + out * (slope * price + constant))
            })
            .sum()
    }
}

impl FuturesParameters {
    /// The two-factor process of these parameters.
    ///
    /// # Errors
    /// A parameter out of its range.
    pub fn model(&self) -> Result<SchwartzSmith, PhysicalError> {
        Ok(SchwartzSmith::new(SchwartzSmithParameters {
            kappa: self.kappa.value,
            sigma_chi: self.sigma_chi.value,
            lambda_chi: self.lambda_chi.value,
            mu_xi: self.mu_xi.value,
            mu_star_xi: self.mu_xi.value - self.premium_xi.value,
            sigma_xi: self.sigma_xi.value,
            rho: self.rho.value,
        })?)
    }
}
