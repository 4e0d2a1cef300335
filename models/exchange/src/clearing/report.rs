//! What a settlement did, by account and by contract. Buffers are kept from day to day.

use serde::{Deserialize, Serialize};

use super::Apportionment;
use super::settle::{ContractSums, LotTerms};
use crate::contract::ContractIdx;
use crate::scratch::Scratch;
use crate::units::{Money, Price};

/// What a settlement did to an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClearing {
    /// Gain of the day, over all contracts.
    pub variation: Money,
    /// Fees.
    pub fee: Money,
    /// Margin that its positions need.
    pub required: Money,
    /// Margin spent on a loss that cash did not cover.
    pub margin_spent: Money,
    /// Of a defaulter's gain, back to those who paid for its losses.
    pub recovered: Money,
    /// Paid into the guarantee fund; below zero: returned.
    pub contribution: Money,
    /// What it owes by next morning.
    pub call: Money,
    /// Loss of its positions in the stress for which the fund is sized, the worse of prices up and down.
    pub stress: Money,
}

/// What a settlement did in a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractClearing {
    /// Which.
    pub contract: ContractIdx,
    /// Settlement price.
    pub price: Price,
    /// Lots of all longs.
    pub open_interest: u64,
    /// What positions held at the close gained by the move of the settlement price, as much as others lost.
    pub gains: Money,
}

/// What a settlement did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClearingReport {
    /// By account.
    pub accounts: Vec<AccountClearing>,
    /// By contract, in order of their places.
    pub contracts: Vec<ContractClearing>,
    /// Fees of the day.
    pub fees: Money,
    /// Of them, to the risk reserve.
    pub reserve_share: Money,
    /// Sum of all calls.
    pub calls: Money,
    /// Recovered from defaulters.
    pub recovered: Money,
    /// Largest losses in the stress that margins do not cover, largest first: as many as the fund is sized to.
    pub largest: Vec<Money>,
    /// What the guarantee fund should hold: their sum.
    pub fund_target: Money,
    /// What it holds.
    pub fund_held: Money,
    #[serde(skip)]
    pub(super) scratch: Scratch<Buffers>,
}

/// Buffers of a settlement.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers {
    pub(super) lots: Vec<LotTerms>,
    pub(super) sums: Vec<ContractSums>,
    pub(super) weights: Vec<Money>,
    pub(super) shares: Vec<Money>,
    pub(super) apportionment: Apportionment,
}

impl ClearingReport {
    /// Makes ready for a day: room for so many accounts.
    pub(super) fn clear(&mut self, n_accounts: usize) {
        self.accounts.clear();
        self.accounts.reserve(n_accounts);
        self.contracts.clear();
        self.largest.clear();
        self.scratch.0.weights.clear();
        for total in [
            &mut self.fees,
            &mut self.reserve_share,
            &mut self.calls,
            &mut self.recovered,
            &mut self.fund_target,
            &mut self.fund_held,
        ] {
            *total = Money::ZERO;
        }
    }
}
