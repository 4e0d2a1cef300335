//! The quantities that can be read from a simulated market, and their names.

use std::fmt;
use std::str::FromStr;

use crate::{Basket, Conduct, EndUse, Form, Ore, PhysicalError, Region};

/// A quantity of the simulated market; its name is what [`fmt::Display`] prints and [`FromStr`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Output {
    /// Price in China, CNY/t REO without VAT: `price.NdPr`.
    Price(Basket),
    /// Price outside China weighted with arrivals, USD/t REO: `outside-price.NdPr`.
    OutsidePrice(Basket),
    /// Price in a region, USD/t REO: `region-price.europe.NdPr`.
    RegionPrice(Region, Basket),
    /// Futures price of `NdPr` at a maturity in months, CNY/t REO: `futures.6`.
    Futures(u32),
    /// Output of a controlled ore, t REO of ore: `output.china-light`.
    OreOutput(Ore),
    /// Supply of the dominant supplier, t REO: `own-supply.NdPr`.
    OwnSupply(Basket),
    /// Supply of the fringe, inside and outside China, t REO: `fringe-supply.NdPr`.
    FringeSupply(Basket),
    /// Use in a region, t REO: `use.china.NdPr`.
    Use(Region, Basket),
    /// Shipments from China by customs destination, t REO: `exports`, `exports.NdPr`, `exports.us`, `exports.us.NdPr`.
    Exports(Option<Region>, Option<Basket>),
    /// Gross customs weight of the forms in the headline figure, which leaves magnets out, t: `headline-exports`.
    HeadlineExports(Option<Region>),
    /// Gross customs weight of magnets, t: `magnet-exports`.
    MagnetExports(Option<Region>),
    /// Value of shipments at the border price, all forms, USD: `export-value`, `export-value.us`.
    ExportValue(Option<Region>),
    /// Value of shipments without magnets, USD: `headline-value`.
    HeadlineValue(Option<Region>),
    /// Exports in a form, t REO: `form-exports.magnet`, `form-exports.oxide.DyTb`.
    FormExports(Form, Option<Basket>),
    /// Value of exports over their tonnage. By form alone per t of gross weight, as customs count it: `unit-value.magnet`;
    /// otherwise per t REO: `unit-value`, `unit-value.NdPr`, `unit-value.magnet.NdPr`. The price of the last tonne where
    /// nothing is shipped.
    UnitValue(Option<Form>, Option<Basket>),
    /// What reaches the users of a region from China, directly or by way of an intermediary, t REO: as for unmet use.
    Arrivals(Option<Region>, Option<Basket>),
    /// Of which by way of an intermediary, t REO: `transit`, `transit.us.NdPr`.
    Transit(Option<Region>, Option<Basket>),
    /// What a region drew from intermediaries because it was short; negative for what it gave, t REO: `leaked.us.DyTb`.
    Leaked(Region, Basket),
    /// Share of a region's use that comes from China, directly or in transit; 1 for China: `exposure.us.NdPr`.
    Exposure(Region, Basket),
    /// The direct part of it: `direct-exposure.us.NdPr`.
    DirectExposure(Region, Basket),
    /// Strategic stockpiles, t REO: as for unmet use.
    Stockpile(Option<Region>, Option<Basket>),
    /// Part of the working stocks bought ahead of a tariff, t REO: `forward-stock.us`.
    ForwardStock(Option<Region>, Option<Basket>),
    /// Hazard of disruption that buyers perceive, 0…1: `perceived-hazard.us.DyTb`.
    PerceivedHazard(Region, Basket),
    /// Use wanted at the price from China and not had, t REO: `unmet`, `unmet.us`, `unmet.us.DyTb`, `unmet.DyTb`.
    Unmet(Option<Region>, Option<Basket>),
    /// Unmet use of an end use, all baskets, t REO: `unmet-use.ev`, `unmet-use.us.ev`. Uses give way as the price of the
    /// region rises, so it adds up to unmet use.
    UnmetUse(Option<Region>, EndUse),
    /// Goods waiting for a licence, t REO: as for unmet use.
    Backlog(Option<Region>, Option<Basket>),
    /// Working stocks outside China, t REO: as for unmet use.
    Stock(Option<Region>, Option<Basket>),
    /// World demand at base prices: activity and disturbance alone, t REO: `demand-at-base.NdPr`.
    DemandAtBase(Basket),
    /// Excess supply stockpiled or dumped at cost, t REO: `dumped.LaCe`.
    Dumped(Basket),
    /// Stock that storers in China hold at the end of the month, t REO: `storers-stock.NdPr`.
    StorersStock(Basket),
    /// Price that storers expect over the months to come, CNY/t REO: `expected-price.NdPr`; the price itself without storers.
    ExpectedPrice(Basket),
    /// Recycled supply, t REO: `recycled.NdPr`.
    Recycled(Basket),
    /// Scrap and discarded goods that could be collected, t REO: `scrap.NdPr`.
    Scrap(Basket),
    /// Concentrate at Mountain Pass that may not ship, t REO of ore: `concentrate-stock`.
    ConcentrateStock,
    /// Dy and Tb per magnet against the base year: `heavy-content.europe`.
    HeavyContent(Region),
    /// (R − MC)/R over the dominant supplier's ores, weighted by revenue: `lerner`.
    Lerner,
    /// Elasticity of residual demand over the supplier's horizon, −(ε + (1 − s)η)/s: `residual-elasticity.NdPr`.
    ResidualElasticity(Basket),
    /// The same from ± 1 % of own supply, all prices clearing: `measured-elasticity.NdPr`.
    MeasuredElasticity(Basket),
    /// Share of the dominant supplier in supply expected over its horizon: `share.NdPr`.
    Share(Basket),
    /// 1 where the price stands at its lowest backstop because the rule has no solution below it: `corner.NdPr`.
    Corner(Basket),
    /// 1 where a limit holds an ore of the supplier with μ > 0: `scarcity`.
    Scarcity,
    /// μ: value to the suppliers of another tonne of an ore under its limit, CNY/t of ore: `shadow.china-light`.
    Shadow(Ore),
    /// Share of China's output sold forward before the spot market, in a duopoly with forward rounds: `forward-share`.
    ForwardShare,
    /// Objective of a state that sets quotas, whatever the conduct, over the horizon of the decision, CNY a month:
    /// `objective`.
    Objective,
    /// Its first term, rents of the mines: `objective.rents`.
    ObjectiveRents,
    /// Its second term, profit of magnet makers: `objective.downstream`.
    ObjectiveDownstream,
    /// Its third term, what foreign users' dependence is worth: `objective.dependence`.
    ObjectiveDependence,
}

impl Output {
    /// Unit of the values.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Price(_) | Self::Futures(_) | Self::ExpectedPrice(_) => "CNY/t",
            Self::OutsidePrice(_) | Self::RegionPrice(..) | Self::UnitValue(Some(_), None) => {
                "USD/t"
            }
            Self::UnitValue(..) => "USD/t REO",
            Self::OreOutput(_)
            | Self::OwnSupply(_)
            | Self::FringeSupply(_)
            | Self::Use(..)
            | Self::Exports(..)
            | Self::Unmet(..)
            | Self::UnmetUse(..)
            | Self::Backlog(..)
            | Self::Stock(..)
            | Self::FormExports(..)
            | Self::Arrivals(..)
            | Self::Transit(..)
            | Self::Leaked(..)
            | Self::Stockpile(..)
            | Self::ForwardStock(..)
            | Self::DemandAtBase(_)
            | Self::StorersStock(_)
            | Self::Dumped(_)
            | Self::Recycled(_)
            | Self::Scrap(_)
            | Self::ConcentrateStock => "t REO",
            Self::HeadlineExports(_) | Self::MagnetExports(_) => "t",
            Self::Shadow(_) => "CNY/t of ore",
            Self::Objective
            | Self::ObjectiveRents
            | Self::ObjectiveDownstream
            | Self::ObjectiveDependence => "CNY",
            Self::ExportValue(_) | Self::HeadlineValue(_) => "USD",
            Self::Lerner
            | Self::Exposure(..)
            | Self::DirectExposure(..)
            | Self::PerceivedHazard(..)
            | Self::ResidualElasticity(_)
            | Self::MeasuredElasticity(_)
            | Self::Share(_)
            | Self::Corner(_)
            | Self::ForwardShare
            | Self::HeavyContent(_)
            | Self::Scarcity => "1",
        }
    }

    /// Whether it adds up over months; the others are prices, levels and shares, which average.
    pub const fn is_flow(self) -> bool {
        matches!(
            self,
            Self::OreOutput(_)
                | Self::OwnSupply(_)
                | Self::FringeSupply(_)
                | Self::Use(..)
                | Self::Exports(..)
                | Self::HeadlineExports(_)
                | Self::MagnetExports(_)
                | Self::ExportValue(_)
                | Self::HeadlineValue(_)
                | Self::Unmet(..)
                | Self::FormExports(..)
                | Self::Arrivals(..)
                | Self::Transit(..)
                | Self::Leaked(..)
                | Self::UnmetUse(..)
                | Self::DemandAtBase(_)
                | Self::Dumped(_)
                | Self::Recycled(_)
        )
    }

    /// What simulation.csv holds: prices, exports by basket and region, unmet use, the supplier's position.
    pub fn table() -> Vec<Self> {
        let mut all = Vec::new();
        all.extend(Basket::ALL.map(Self::Price));
        all.extend(Basket::ALL.map(Self::OutsidePrice));
        all.extend([3, 6, 12].map(Self::Futures));
        all.extend([Self::Exports(None, None), Self::HeadlineExports(None)]);
        all.extend([Self::MagnetExports(None), Self::ExportValue(None), Self::HeadlineValue(None)]);
        all.extend(Basket::ALL.map(|basket| Self::Exports(None, Some(basket))));
        all.extend(Region::OUTSIDE.map(|region| Self::Exports(Some(region), None)));
        all.extend(Region::OUTSIDE.map(|region| Self::MagnetExports(Some(region))));
        all.push(Self::Unmet(None, None));
        all.extend(Basket::ALL.map(|basket| Self::Unmet(None, Some(basket))));
        all.extend(Region::OUTSIDE.map(|region| Self::Unmet(Some(region), None)));
        all.push(Self::Backlog(None, None));
        all.extend([Basket::NdPr, Basket::DyTb].map(Self::StorersStock));
        all.extend([Basket::NdPr, Basket::DyTb].map(Self::ExpectedPrice));
        all.extend([Self::Stock(None, None), Self::Stockpile(None, None)]);
        for basket in [Basket::NdPr, Basket::DyTb] {
            all.extend(Region::OUTSIDE.map(|region| Self::Exposure(region, basket)));
        }
        all.extend(Form::ALL.map(|form| Self::UnitValue(Some(form), None)));
        all.extend(Basket::ALL.map(|basket| Self::UnitValue(None, Some(basket))));
        all.extend(Basket::ALL.map(Self::OwnSupply));
        all.extend(Basket::ALL.map(Self::FringeSupply));
        all.extend([Basket::NdPr, Basket::DyTb].map(Self::Recycled));
        all.extend([Self::ConcentrateStock, Self::HeavyContent(Region::China)]);
        all.extend(Ore::CONTROLLED.map(Self::OreOutput));
        all.extend([Self::Lerner, Self::Scarcity]);
        all.extend(Basket::ALL.map(Self::ResidualElasticity));
        all
    }

    /// What a conduct adds to [`Output::table`]: the share sold forward, or the state's objective and the worth of quotas.
    pub fn of_conduct(conduct: Conduct) -> Vec<Self> {
        match conduct {
            Conduct::Forward(_) => vec![Self::ForwardShare],
            Conduct::QuotaState => {
                let mut all = vec![
                    Self::Objective,
                    Self::ObjectiveRents,
                    Self::ObjectiveDownstream,
                    Self::ObjectiveDependence,
                ];
                all.extend(Ore::CONTROLLED.map(Self::Shadow));
                all
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = |head: &str, region: Option<Region>, basket: Option<Basket>| {
            let mut text = head.to_owned();
            for part in [region.map(Region::name), basket.map(Basket::name)].into_iter().flatten() {
                text.push('.');
                text.push_str(part);
            }
            text
        };
        let text = match *self {
            Self::Price(basket) => with("price", None, Some(basket)),
            Self::OutsidePrice(basket) => with("outside-price", None, Some(basket)),
            Self::RegionPrice(region, basket) => with("region-price", Some(region), Some(basket)),
            Self::Futures(months) => format!("futures.{months}"),
            Self::OreOutput(ore) => format!("output.{ore}"),
            Self::OwnSupply(basket) => with("own-supply", None, Some(basket)),
            Self::FringeSupply(basket) => with("fringe-supply", None, Some(basket)),
            Self::Use(region, basket) => with("use", Some(region), Some(basket)),
            Self::Exports(region, basket) => with("exports", region, basket),
            Self::HeadlineExports(region) => with("headline-exports", region, None),
            Self::MagnetExports(region) => with("magnet-exports", region, None),
            Self::ExportValue(region) => with("export-value", region, None),
            Self::HeadlineValue(region) => with("headline-value", region, None),
            Self::FormExports(form, basket) => with(&format!("form-exports.{form}"), None, basket),
            Self::UnitValue(None, basket) => with("unit-value", None, basket),
            Self::UnitValue(Some(form), basket) => {
                with(&format!("unit-value.{form}"), None, basket)
            }
            Self::Arrivals(region, basket) => with("arrivals", region, basket),
            Self::Transit(region, basket) => with("transit", region, basket),
            Self::Leaked(region, basket) => with("leaked", Some(region), Some(basket)),
            Self::Exposure(region, basket) => with("exposure", Some(region), Some(basket)),
            Self::DirectExposure(region, basket) => {
                with("direct-exposure", Some(region), Some(basket))
            }
            Self::Stockpile(region, basket) => with("stockpile", region, basket),
            Self::ForwardStock(region, basket) => with("forward-stock", region, basket),
            Self::PerceivedHazard(region, basket) => {
                with("perceived-hazard", Some(region), Some(basket))
            }
            Self::Unmet(region, basket) => with("unmet", region, basket),
            Self::UnmetUse(region, end_use) => {
                format!("{}.{end_use}", with("unmet-use", region, None))
            }
            Self::Backlog(region, basket) => with("backlog", region, basket),
            Self::Stock(region, basket) => with("stock", region, basket),
            Self::DemandAtBase(basket) => with("demand-at-base", None, Some(basket)),
            Self::Dumped(basket) => with("dumped", None, Some(basket)),
            Self::StorersStock(basket) => with("storers-stock", None, Some(basket)),
            Self::ExpectedPrice(basket) => with("expected-price", None, Some(basket)),
            Self::Recycled(basket) => with("recycled", None, Some(basket)),
            Self::Scrap(basket) => with("scrap", None, Some(basket)),
            Self::ConcentrateStock => "concentrate-stock".to_owned(),
            Self::HeavyContent(region) => with("heavy-content", Some(region), None),
            Self::Lerner => "lerner".to_owned(),
            Self::ResidualElasticity(basket) => with("residual-elasticity", None, Some(basket)),
            Self::MeasuredElasticity(basket) => with("measured-elasticity", None, Some(basket)),
            Self::Share(basket) => with("share", None, Some(basket)),
            Self::Corner(basket) => with("corner", None, Some(basket)),
            Self::Scarcity => "scarcity".to_owned(),
            Self::Shadow(ore) => format!("shadow.{ore}"),
            Self::ForwardShare => "forward-share".to_owned(),
            Self::Objective => "objective".to_owned(),
            Self::ObjectiveRents => "objective.rents".to_owned(),
            Self::ObjectiveDownstream => "objective.downstream".to_owned(),
            Self::ObjectiveDependence => "objective.dependence".to_owned(),
        };
        f.pad(&text)
    }
}

impl FromStr for Output {
    type Err = PhysicalError;

    fn from_str(name: &str) -> Result<Self, PhysicalError> {
        let unknown = || PhysicalError::UnknownName {
            name: name.to_owned(),
            expected: "a simulated quantity such as price.NdPr, exports.us or unmet",
        };
        let controlled = |ore: &str| {
            ore.parse().ok().filter(|ore| Ore::CONTROLLED.contains(ore)).ok_or_else(unknown)
        };
        let mut parts = name.split('.');
        let head = parts.next().unwrap_or_default();
        let (mut region, mut basket, mut form, mut other) = (None, None, None, None);
        for part in parts {
            let before_basket = basket.is_none() && other.is_none();
            if let (Ok(one), None, true) = (part.parse::<Form>(), form, before_basket) {
                form = Some(one);
            } else if let (Ok(one), None, true) = (part.parse::<Region>(), region, before_basket) {
                region = Some(one);
            } else if let (Ok(one), true) = (part.parse::<Basket>(), before_basket) {
                basket = Some(one);
            } else if before_basket {
                other = Some(part);
            } else {
                return Err(unknown());
            }
        }
        if let Some(form) = form {
            return match (head, region, other) {
                ("form-exports", None, None) => Ok(Self::FormExports(form, basket)),
                ("unit-value", None, None) => Ok(Self::UnitValue(Some(form), basket)),
                _ => Err(unknown()),
            };
        }
        Ok(match (head, region, basket, other) {
            ("price", None, Some(basket), None) => Self::Price(basket),
            ("outside-price", None, Some(basket), None) => Self::OutsidePrice(basket),
            ("region-price", Some(region), Some(basket), None) => Self::RegionPrice(region, basket),
            ("futures", None, None, Some(months)) => {
                Self::Futures(months.parse().map_err(|_| unknown())?)
            }
            ("output", None, None, Some(ore)) => Self::OreOutput(controlled(ore)?),
            ("shadow", None, None, Some(ore)) => Self::Shadow(controlled(ore)?),
            ("forward-share", None, None, None) => Self::ForwardShare,
            ("objective", None, None, None) => Self::Objective,
            ("objective", None, None, Some("rents")) => Self::ObjectiveRents,
            ("objective", None, None, Some("downstream")) => Self::ObjectiveDownstream,
            ("objective", None, None, Some("dependence")) => Self::ObjectiveDependence,
            ("own-supply", None, Some(basket), None) => Self::OwnSupply(basket),
            ("fringe-supply", None, Some(basket), None) => Self::FringeSupply(basket),
            ("use", Some(region), Some(basket), None) => Self::Use(region, basket),
            ("exports", region, basket, None) => Self::Exports(region, basket),
            ("headline-exports", region, None, None) => Self::HeadlineExports(region),
            ("magnet-exports", region, None, None) => Self::MagnetExports(region),
            ("export-value", region, None, None) => Self::ExportValue(region),
            ("headline-value", region, None, None) => Self::HeadlineValue(region),
            ("unit-value", None, basket, None) => Self::UnitValue(None, basket),
            ("arrivals", region, basket, None) => Self::Arrivals(region, basket),
            ("transit", region, basket, None) => Self::Transit(region, basket),
            ("leaked", Some(region), Some(basket), None) => Self::Leaked(region, basket),
            ("exposure", Some(region), Some(basket), None) => Self::Exposure(region, basket),
            ("direct-exposure", Some(region), Some(basket), None) => {
                Self::DirectExposure(region, basket)
            }
            ("stockpile", region, basket, None) => Self::Stockpile(region, basket),
            ("forward-stock", region, basket, None) => Self::ForwardStock(region, basket),
            ("perceived-hazard", Some(region), Some(basket), None) => {
                Self::PerceivedHazard(region, basket)
            }
            ("unmet", region, basket, None) => Self::Unmet(region, basket),
            ("unmet-use", region, None, Some(end_use)) => {
                Self::UnmetUse(region, end_use.parse().map_err(|_| unknown())?)
            }
            ("backlog", region, basket, None) => Self::Backlog(region, basket),
            ("stock", region, basket, None) => Self::Stock(region, basket),
            ("demand-at-base", None, Some(basket), None) => Self::DemandAtBase(basket),
            ("dumped", None, Some(basket), None) => Self::Dumped(basket),
            ("storers-stock", None, Some(basket), None) => Self::StorersStock(basket),
            ("expected-price", None, Some(basket), None) => Self::ExpectedPrice(basket),
            ("recycled", None, Some(basket), None) => Self::Recycled(basket),
            ("scrap", None, Some(basket), None) => Self::Scrap(basket),
            ("concentrate-stock", None, None, None) => Self::ConcentrateStock,
            ("heavy-content", Some(region), None, None) => Self::HeavyContent(region),
            ("lerner", None, None, None) => Self::Lerner,
            ("residual-elasticity", None, Some(basket), None) => Self::ResidualElasticity(basket),
            ("measured-elasticity", None, Some(basket), None) => Self::MeasuredElasticity(basket),
            ("share", None, Some(basket), None) => Self::Share(basket),
            ("corner", None, Some(basket), None) => Self::Corner(basket),
            ("scarcity", None, None, None) => Self::Scarcity,
            _ => return Err(unknown()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        let mut all = Output::table();
        all.extend(Output::of_conduct(Conduct::QuotaState));
        all.extend(Output::of_conduct(Conduct::Forward(1)));
        all.extend([
            Output::RegionPrice(Region::Europe, Basket::DyTb),
            Output::Use(Region::China, Basket::LaCe),
            Output::Unmet(Some(Region::Us), Some(Basket::DyTb)),
            Output::Stock(None, None),
            Output::UnmetUse(None, EndUse::NonMagnet),
            Output::UnmetUse(Some(Region::Us), EndUse::Ev),
            Output::Corner(Basket::NdPr),
            Output::Share(Basket::NdPr),
            Output::MeasuredElasticity(Basket::NdPr),
            Output::Dumped(Basket::LaCe),
            Output::DemandAtBase(Basket::NdPr),
            Output::Scrap(Basket::DyTb),
            Output::HeavyContent(Region::Europe),
            Output::FormExports(Form::Magnet, None),
            Output::FormExports(Form::Oxide, Some(Basket::DyTb)),
            Output::UnitValue(None, None),
            Output::UnitValue(Some(Form::Metal), Some(Basket::NdPr)),
            Output::Arrivals(Some(Region::Us), Some(Basket::NdPr)),
            Output::Transit(Some(Region::Us), None),
            Output::Leaked(Region::Us, Basket::DyTb),
            Output::Exposure(Region::China, Basket::LaCe),
            Output::DirectExposure(Region::Korea, Basket::LaCe),
            Output::Stockpile(Some(Region::Korea), None),
            Output::ForwardStock(None, Some(Basket::NdPr)),
            Output::PerceivedHazard(Region::Us, Basket::DyTb),
        ]);
        for output in all {
            assert_eq!(output.to_string().parse::<Output>().unwrap(), output);
        }
        for text in [
            "",
            "price",
            "price.us",
            "exports.NdPr.us",
            "output.myanmar",
            "futures.x",
            "lerner.NdPr",
            "shadow.mt-weld",
            "objective.wealth",
            "exposure.NdPr",
            "unit-value.us",
            "form-exports",
            "form-exports.NdPr",
            "price.magnet.NdPr",
            "unit-value.NdPr.magnet",
        ] {
            assert!(text.parse::<Output>().is_err(), "{text}");
        }
    }
}
