//! What clearing refuses.

use crate::account::AccountId;
use crate::contract::ContractIdx;
use crate::ledger::Pot;
use crate::units::{Money, MoneyOverflow};

/// Why clearing did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClearingError {
    /// A sum does not fit.
    #[error(transparent)]
    Overflow(#[from] MoneyOverflow),
    /// A position does not fit 32 bits.
    #[error("the position of account {} in contract {} does not fit 32 bits", account.0, contract.0)]
    PositionOverflow {
        /// Whose.
        account: AccountId,
        /// In what.
        contract: ContractIdx,
    },
    /// An account that is not there.
    #[error("account {} does not exist", account.0)]
    NoAccount {
        /// Which.
        account: AccountId,
    },
    /// More accounts than can be counted.
    #[error("no more accounts can be opened")]
    TooManyAccounts,
    /// A pot that is not there.
    #[error("{pot:?} does not exist")]
    NoPot {
        /// Which.
        pot: Pot,
    },
    /// A contract that is not listed.
    #[error("contract {} is not listed", contract.0)]
    NoContract {
        /// Which.
        contract: ContractIdx,
    },
    /// A place that another contract holds.
    #[error("place {} is taken by a contract that has not been delisted", contract.0)]
    PlaceTaken {
        /// Which.
        contract: ContractIdx,
    },
    /// A contract that still has positions cannot go.
    #[error("contract {} still has {lots} lots open", contract.0)]
    StillOpen {
        /// Which.
        contract: ContractIdx,
        /// Lots of all longs.
        lots: u64,
    },
    /// A settlement price is missing, or there are two.
    #[error("contract {} needs exactly one settlement price a day", contract.0)]
    NotSettledOnce {
        /// Which.
        contract: ContractIdx,
    },
    /// Longs and shorts of a contract differ, so that gains and losses would: a bug, never a market.
    #[error("longs and shorts in contract {} differ by {lots} lots", contract.0)]
    Unbalanced {
        /// Which.
        contract: ContractIdx,
        /// Longs less shorts.
        lots: i64,
    },
    /// An amount that must be above zero.
    #[error("an amount of {0:?} cannot be paid in or out")]
    NotPositive(Money),
    /// A withdrawal over what is free.
    #[error("{asked:?} cannot be withdrawn: {free:?} is free")]
    NotFree {
        /// Asked.
        asked: Money,
        /// Free.
        free: Money,
    },
    /// Withdrawals wait for the settlement of today's trades.
    #[error("account {} has traded since the last settlement", account.0)]
    Unsettled {
        /// Which.
        account: AccountId,
    },
    /// Somebody may be below zero: deficits are covered first.
    #[error("deficits must be covered before money leaves or metal is delivered")]
    OpenDeficit,
    /// A receipt that a delivery was to take is gone.
    #[error("a receipt of account {} is not there", account.0)]
    NoReceipt {
        /// Whose.
        account: AccountId,
    },
    /// A share over the whole.
    #[error("{what} of {ppm} ppm is more than the whole")]
    OverWhole {
        /// Which share.
        what: &'static str,
        /// Parts per million.
        ppm: u32,
    },
    /// An amount in the rules that is below zero.
    #[error("{what} of {amount:?} is below zero")]
    BelowZero {
        /// Which.
        what: &'static str,
        /// How much.
        amount: Money,
    },
    /// A tick must be worth something.
    #[error("a tick of contract {} is worth {value:?} a lot", contract.0)]
    WorthlessTick {
        /// Which.
        contract: ContractIdx,
        /// What it was said to be worth.
        value: Money,
    },
}
