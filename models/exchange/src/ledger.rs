//! The ledger: every movement of money takes from one pot what it gives to another, for a reason.
//!
//! Balances over all pots sum to zero, with the world outside as a pot of its own: what accounts, funds, fees and
//! warehouses hold together is what was paid in less what was paid out, always. Only the pot outside, the variation
//! pool and, between a settlement and the waterfall, an account's cash may be below zero.

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::clearing::ClearingError;
use crate::units::{Money, MoneyOverflow};

/// A place where money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pot {
    /// An account's money that is not bound.
    Cash(AccountId),
    /// What an account has posted for its positions.
    Margin(AccountId),
    /// An account's part of the guarantee fund.
    Fund(AccountId),
    /// The rest of the world: deposits come from it; its balance is minus what is held here.
    Outside,
    /// The pool through which gains and losses of a settlement pass: empty between settlements.
    Variation,
    /// The risk reserve.
    Reserve,
    /// The exchange's capital behind a default.
    Capital,
    /// Fee income.
    Fees,
    /// What delivery warehouses have been paid.
    Warehouses,
}

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// Reserve and capital of the first day.
    Endowment,
    /// An account paid in.
    Deposit,
    /// An account took out.
    Withdrawal,
    /// A day's gain or loss.
    Variation,
    /// The exchange's fee.
    Fee,
    /// The reserve's share of fee income.
    ReserveShare,
    /// Margin posted; below zero: released.
    Margin,
    /// Margin spent on a loss that cash did not cover.
    MarginSpent,
    /// A contribution to the guarantee fund; below zero: returned.
    Contribution,
    /// A deficit covered from a fund.
    DefaultCover,
    /// A deficit that every fund left, shared among accounts.
    Assessment,
    /// What a defaulter has since gained, to the reserve.
    Recovery,
    /// Metal paid for.
    Delivery,
    /// Fee for delivery.
    DeliveryFee,
    /// Penalty for a delivery that failed.
    Penalty,
    /// Storage.
    Storage,
}

impl Reason {
    /// Number of reasons.
    pub const COUNT: usize = 16;

    /// All of them, in the order of their declaration.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Endowment,
        Self::Deposit,
        Self::Withdrawal,
        Self::Variation,
        Self::Fee,
        Self::ReserveShare,
        Self::Margin,
        Self::MarginSpent,
        Self::Contribution,
        Self::DefaultCover,
        Self::Assessment,
        Self::Recovery,
        Self::Delivery,
        Self::DeliveryFee,
        Self::Penalty,
        Self::Storage,
    ];
}

/// One movement: `amount` left `from` and came to `to`; below zero, the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it left.
    pub from: Pot,
    /// Where it came.
    pub to: Pot,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: Reason,
}

/// Pots of the house, before those of the accounts.
const N_HOUSE: usize = 6;
/// Pots of an account.
const N_OWN: usize = 3;

/// Balances of all pots, and what moved for each reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    balances: Vec<Money>,
    moved: [Money; Reason::COUNT],
    #[serde(skip)]
    entries: Option<Vec<Entry>>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            balances: vec![Money::ZERO; N_HOUSE],
            moved: [Money::ZERO; Reason::COUNT],
            entries: None,
        }
    }
}

impl Ledger {
    /// Three more pots for one more account.
    pub(crate) fn open_account(&mut self) {
        for _ in 0..N_OWN {
            self.balances.push(Money::ZERO);
        }
    }

    /// Number of accounts with pots here.
    pub fn n_accounts(&self) -> usize {
        self.balances.len().saturating_sub(N_HOUSE) / N_OWN
    }

    /// A pot's balance; zero for a pot that is not there.
    #[inline]
    pub fn balance(&self, pot: Pot) -> Money {
        self.balances.get(place(pot)).copied().unwrap_or(Money::ZERO)
    }

    /// Cash and margin of an account: what it owns here beside its part of the fund.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn equity(&self, account: AccountId) -> Result<Money, MoneyOverflow> {
        self.balance(Pot::Cash(account)).plus(self.balance(Pot::Margin(account)))
    }

    /// The guarantee fund: the sum of its parts.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn fund(&self) -> Result<Money, MoneyOverflow> {
        self.accounts().try_fold(Money::ZERO, |sum, a| sum.plus(self.balance(Pot::Fund(a))))
    }

    /// Sum over all pots: zero, or the ledger is broken.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn sum(&self) -> Result<Money, MoneyOverflow> {
        self.balances.iter().try_fold(Money::ZERO, |sum, balance| sum.plus(*balance))
    }

    /// What moved for a reason since the ledger was opened, both directions added up.
    pub fn moved(&self, reason: Reason) -> Money {
        // `moved` has a place for every reason.
        self.moved.get(reason as usize).copied().unwrap_or(Money::ZERO)
    }

    /// Whether single movements are kept from now on, beside the balances: for audits, since it allocates.
    pub fn keep_entries(&mut self, keep: bool) {
        self.entries = keep.then(Vec::new);
    }

    /// Movements since `keep_entries`, oldest first.
    pub fn entries(&self) -> &[Entry] {
        self.entries.as_deref().unwrap_or(&[])
    }

    /// Moves money: the only way in which a balance changes.
    ///
    /// # Errors
    /// When a balance would not fit or the pot is not there; then nothing has moved.
    #[inline]
    pub(crate) fn transfer(
        &mut self,
        from: Pot,
        to: Pot,
        amount: Money,
        reason: Reason,
    ) -> Result<(), ClearingError> {
        if amount == Money::ZERO || from == to {
            return Ok(());
        }
        let (source, target) = (place(from), place(to));
        let taken = self.at(source, from)?.minus(amount)?;
        let given = self.at(target, to)?.plus(amount)?;
        let moved = self.moved(reason).plus(amount.abs()?)?;
        for (place, balance) in [(source, taken), (target, given)] {
            if let Some(at) = self.balances.get_mut(place) {
                *at = balance;
            }
        }
        if let Some(at) = self.moved.get_mut(reason as usize) {
            *at = moved;
        }
        if let Some(entries) = &mut self.entries {
            entries.push(Entry { from, to, amount, reason });
        }
        Ok(())
    }

    #[inline]
    fn at(&self, place: usize, pot: Pot) -> Result<Money, ClearingError> {
        self.balances.get(place).copied().ok_or(ClearingError::NoPot { pot })
    }

    fn accounts(&self) -> impl Iterator<Item = AccountId> + use<> {
        (0..u32::try_from(self.n_accounts()).unwrap_or(u32::MAX)).map(AccountId)
    }
}

/// Where a pot's balance is kept.
#[inline]
const fn place(pot: Pot) -> usize {
    match pot {
        Pot::Outside => 0,
        Pot::Variation => 1,
        Pot::Reserve => 2,
        Pot::Capital => 3,
        Pot::Fees => 4,
        Pot::Warehouses => 5,
        Pot::Cash(account) => own(account, 0),
        Pot::Margin(account) => own(account, 1),
        Pot::Fund(account) => own(account, 2),
    }
}

#[inline]
const fn own(account: AccountId, which: usize) -> usize {
    // 3 × 2^32 + 6 fits the 64 bits of every machine this is built for; on a smaller one it is a pot that is not there.
    (account.0 as usize).saturating_mul(N_OWN).saturating_add(N_HOUSE).saturating_add(which)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_pot_gives_another_takes() {
        let mut ledger = Ledger::default();
        ledger.open_account();
        ledger.keep_entries(true);
        let cash = Pot::Cash(AccountId(0));
        ledger.transfer(Pot::Outside, cash, Money::new(500), Reason::Deposit).unwrap();
        ledger.transfer(cash, Pot::Margin(AccountId(0)), Money::new(200), Reason::Margin).unwrap();
        ledger.transfer(cash, Pot::Margin(AccountId(0)), Money::new(-50), Reason::Margin).unwrap();
        assert_eq!(ledger.balance(cash), Money::new(350));
        assert_eq!(ledger.balance(Pot::Outside), Money::new(-500));
        assert_eq!(ledger.moved(Reason::Margin), Money::new(250));
        assert_eq!(ledger.sum(), Ok(Money::ZERO));
        assert_eq!(ledger.entries().len(), 3);
    }

    #[test]
    fn a_movement_that_does_not_fit_leaves_both_pots_alone() {
        let mut ledger = Ledger::default();
        ledger.open_account();
        let cash = Pot::Cash(AccountId(0));
        ledger.transfer(Pot::Outside, cash, Money::new(i64::MAX), Reason::Deposit).unwrap();
        let before = ledger.clone();
        ledger.transfer(Pot::Outside, cash, Money::new(1), Reason::Deposit).unwrap_err();
        let nobody = Pot::Cash(AccountId(1));
        ledger.transfer(cash, nobody, Money::new(1), Reason::Deposit).unwrap_err();
        assert_eq!(ledger, before);
    }

    #[test]
    fn every_reason_has_its_place() {
        for (place, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
    }
}
