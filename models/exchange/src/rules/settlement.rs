//! The daily settlement price.

use serde::{Deserialize, Serialize};

use crate::terms::Limits;
use crate::units::{Price, nearest};

/// How the daily settlement price is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlementRules {
    /// Of a day with trades.
    pub price: SettlementPrice,
    /// Of a day without.
    pub without_trades: WithoutTrades,
}

/// The settlement price of a day with trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettlementPrice {
    /// Average of the day's trades weighted with volume, to the nearest tick, the higher of two equally near.
    VolumeWeighted,
}

/// The settlement price of a day without trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutTrades {
    /// The relative change of the nearest contract that traded, within the day's limits; if none traded, the reference.
    NearestContract,
    /// The reference.
    Reference,
}

/// What another contract did on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its previous settlement.
    pub reference: Price,
    /// Its settlement of the day.
    pub settlement: Price,
}

impl SettlementRules {
    /// The settlement price from Σ ticks × lots and Σ lots of the day's trades; none without trades or beyond ticks.
    pub fn of_trades(self, turnover: i128, lots: u64) -> Option<Price> {
        let SettlementPrice::VolumeWeighted = self.price;
        nearest(turnover, i128::from(lots))
    }

    /// The settlement price of a day without trades; `nearest_traded` is the contract nearest in delivery that traded, the
    /// earlier of two equally near.
    pub fn of_a_day_without(
        self,
        reference: Price,
        nearest_traded: Option<Change>,
        limits: Option<Limits>,
    ) -> Price {
        let change = match self.without_trades {
            WithoutTrades::NearestContract => nearest_traded,
            WithoutTrades::Reference => None,
        };
        let moved = change.and_then(|change| {
            let product =
                i128::from(reference.wide()).checked_mul(change.settlement.wide().into())?;
            nearest(product, change.reference.wide().into())
        });
        let price = moved.unwrap_or(reference);
        limits.map_or(price, |limits| price.max(limits.low).min(limits.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: SettlementRules = SettlementRules {
        price: SettlementPrice::VolumeWeighted,
        without_trades: WithoutTrades::NearestContract,
    };

    #[test]
    fn trades_are_weighted_with_volume() {
        // 3 lots at 100 and 1 at 102 average 100.5: the higher tick.
        assert_eq!(RULES.of_trades(402, 4), Some(Price::new(101)));
        assert_eq!(RULES.of_trades(401, 4), Some(Price::new(100)));
        assert_eq!(RULES.of_trades(0, 0), None);
        assert_eq!(RULES.of_trades(i128::MAX, 1), None);
    }

    #[test]
    fn without_trades_the_nearest_contract_leads() {
        let change = |reference, settlement| {
            Some(Change { reference: Price::new(reference), settlement: Price::new(settlement) })
        };
        let limits = Some(Limits { low: Price::new(930), high: Price::new(1070) });
        let reference = Price::new(1000);
        assert_eq!(RULES.of_a_day_without(reference, change(2000, 2100), limits), Price::new(1050));
        assert_eq!(RULES.of_a_day_without(reference, change(2000, 2300), limits), Price::new(1070));
        assert_eq!(RULES.of_a_day_without(reference, change(0, 2300), limits), reference);
        assert_eq!(RULES.of_a_day_without(reference, None, None), reference);
        let flat = SettlementRules { without_trades: WithoutTrades::Reference, ..RULES };
        assert_eq!(flat.of_a_day_without(reference, change(2000, 2100), limits), reference);
    }
}
