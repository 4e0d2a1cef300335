//! What is broken: functions that check what must hold, for tests and for every simulated day.

use super::Clearing;
use crate::account::AccountId;
use crate::contract::ContractIdx;
use crate::ledger::Pot;
use crate::units::Money;

/// Something that must hold and does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClearingViolation {
    /// Longs and shorts differ.
    #[error("positions in contract {} sum to {lots} lots", contract.0)]
    Positions {
        /// Where.
        contract: ContractIdx,
        /// Longs less shorts.
        lots: i64,
    },
    /// Gains and losses of today's trades differ, so that a settlement would not sum to zero.
    #[error("gains of today's trades sum to {sum}")]
    Gains {
        /// Gains less losses.
        sum: i128,
    },
    /// Money was made or lost.
    #[error("balances sum to {sum}")]
    Money {
        /// Their sum over all pots.
        sum: i128,
    },
    /// A pot that may not be below zero.
    #[error("{pot:?} holds {balance:?}")]
    BelowZero {
        /// Which.
        pot: Pot,
        /// What it holds.
        balance: Money,
    },
    /// Money left in the pool through which gains and losses pass.
    #[error("the variation pool holds {0:?}")]
    Pool(Money),
}

impl Clearing {
    /// What is broken. `covered` says that the waterfall has run since the last settlement, so that no account's cash may
    /// be below zero. Allocates only if something is.
    pub fn violations(&self, covered: bool) -> Vec<ClearingViolation> {
        let mut broken = Vec::new();
        for contract in (0_u16..).map(ContractIdx).take(self.contracts.len()) {
            let lots =
                self.positions(contract).fold(0_i64, |s, p| s.saturating_add(i64::from(p.lots())));
            if lots != 0 {
                broken.push(ClearingViolation::Positions { contract, lots });
            }
        }
        let running = self.accounts.iter().map(|a| i128::from(a.running.minor()));
        let sum = running.fold(0_i128, i128::saturating_add);
        if sum != 0 {
            broken.push(ClearingViolation::Gains { sum });
        }
        self.broken_balances(covered, &mut broken);
        broken
    }

    fn broken_balances(&self, covered: bool, broken: &mut Vec<ClearingViolation>) {
        const HOUSE: [Pot; 6] =
            [Pot::Outside, Pot::Variation, Pot::Reserve, Pot::Capital, Pot::Fees, Pot::Warehouses];
        let own = |a: AccountId| [Pot::Cash(a), Pot::Margin(a), Pot::Fund(a)];
        let mut sum = 0_i128;
        for pot in HOUSE.into_iter().chain(self.accounts().flat_map(own)) {
            let balance = self.ledger().balance(pot);
            sum = sum.saturating_add(i128::from(balance.minor()));
            let free = matches!(pot, Pot::Outside | Pot::Variation)
                || (!covered && matches!(pot, Pot::Cash(_)));
            if balance < Money::ZERO && !free {
                broken.push(ClearingViolation::BelowZero { pot, balance });
            }
        }
        if sum != 0 {
            broken.push(ClearingViolation::Money { sum });
        }
        let pool = self.ledger().balance(Pot::Variation);
        if pool != Money::ZERO {
            broken.push(ClearingViolation::Pool(pool));
        }
    }
}
