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

/// Number of pots that belong to no account.
const N_HOUSE: usize = 6;

/// An account's pots: cash, margin, part of the fund.
type Own = [Money; 3];

/// Balances of all pots, and what moved for each reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    house: [Money; N_HOUSE],
    own: Vec<Own>,
    moved: [Money; Reason::COUNT],
    #[serde(skip)]
    entries: Option<Vec<Entry>>,
}

impl Ledger {
    /// Three more pots for one more account.
    pub(crate) fn open_account(&mut self) {
        self.own.push(Own::default());
    }

    /// Number of accounts with pots here.
    pub fn n_accounts(&self) -> usize {
        self.own.len()
    }

    /// A pot's balance; zero for a pot that is not there.
    #[inline]
    pub fn balance(&self, pot: Pot) -> Money {
        let own =
            |account: AccountId| self.own.get(account.0 as usize).copied().unwrap_or_default();
        let [outside, variation, reserve, capital, fees, warehouses] = self.house;
        match pot {
            Pot::Cash(account) => own(account)[0],
            Pot::Margin(account) => own(account)[1],
            Pot::Fund(account) => own(account)[2],
            Pot::Outside => outside,
            Pot::Variation => variation,
            Pot::Reserve => reserve,
            Pot::Capital => capital,
            Pot::Fees => fees,
            Pot::Warehouses => warehouses,
        }
    }

    /// Cash and margin of an account: what it owns here beside its part of the fund.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn equity(&self, account: AccountId) -> Result<Money, MoneyOverflow> {
        let [cash, margin, _] = self.own.get(account.0 as usize).copied().unwrap_or_default();
        cash.plus(margin)
    }

    /// The guarantee fund: the sum of its parts.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn fund(&self) -> Result<Money, MoneyOverflow> {
        self.own.iter().try_fold(Money::ZERO, |sum, [_, _, fund]| sum.plus(*fund))
    }

    /// Sum over all pots: zero, or the ledger is broken.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn sum(&self) -> Result<Money, MoneyOverflow> {
        let all = self.house.iter().chain(self.own.iter().flatten());
        all.copied().try_fold(Money::ZERO, Money::plus)
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

    /// Moves money between any two pots.
    ///
    /// # Errors
    /// When a balance would not fit or the pot is not there; then nothing has moved.
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
        let taken = self.at(from)?.minus(amount)?;
        let given = self.at(to)?.plus(amount)?;
        count(&mut self.moved, reason, amount)?;
        *self.at(from)? = taken;
        *self.at(to)? = given;
        if let Some(entries) = &mut self.entries {
            entries.push(Entry { from, to, amount, reason });
        }
        Ok(())
    }

    /// One account's pots beside those of the house: for settlements, in which every account has several movements.
    #[inline]
    pub(crate) fn books(&mut self, account: AccountId) -> Result<Books<'_>, ClearingError> {
        let own = self.own.get_mut(account.0 as usize);
        let own = own.ok_or(ClearingError::NoAccount { account })?;
        let Self { house, moved, entries, .. } = self;
        Ok(Books { account, own, house, moved, entries })
    }

    #[inline]
    fn at(&mut self, pot: Pot) -> Result<&mut Money, ClearingError> {
        let [outside, variation, reserve, capital, fees, warehouses] = &mut self.house;
        let (account, which) = match pot {
            Pot::Outside => return Ok(outside),
            Pot::Variation => return Ok(variation),
            Pot::Reserve => return Ok(reserve),
            Pot::Capital => return Ok(capital),
            Pot::Fees => return Ok(fees),
            Pot::Warehouses => return Ok(warehouses),
            Pot::Cash(account) => (account, 0),
            Pot::Margin(account) => (account, 1),
            Pot::Fund(account) => (account, 2),
        };
        let own = self.own.get_mut(account.0 as usize);
        own.and_then(|own| own.get_mut(which)).ok_or(ClearingError::NoPot { pot })
    }
}

/// A pot of the account whose books are open, or one of the house that settlements touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leg {
    Cash,
    Margin,
    Fund,
    Variation,
    Reserve,
    Fees,
}

/// The pots of one account and those of the house.
#[derive(Debug)]
pub(crate) struct Books<'a> {
    account: AccountId,
    own: &'a mut Own,
    house: &'a mut [Money; N_HOUSE],
    moved: &'a mut [Money; Reason::COUNT],
    entries: &'a mut Option<Vec<Entry>>,
}

impl Books<'_> {
    /// Free money.
    #[inline]
    pub(crate) const fn cash(&self) -> Money {
        self.own[0]
    }

    /// Posted margin.
    #[inline]
    pub(crate) const fn margin(&self) -> Money {
        self.own[1]
    }

    /// Part of the guarantee fund.
    #[inline]
    pub(crate) const fn fund(&self) -> Money {
        self.own[2]
    }

    /// Moves money as [`Ledger::transfer`] does.
    ///
    /// # Errors
    /// When a balance would not fit; then nothing has moved.
    #[inline]
    pub(crate) fn transfer(
        &mut self,
        from: Leg,
        to: Leg,
        amount: Money,
        reason: Reason,
    ) -> Result<(), ClearingError> {
        if amount == Money::ZERO {
            return Ok(());
        }
        let taken = self.at(from).minus(amount)?;
        let given = self.at(to).plus(amount)?;
        count(self.moved, reason, amount)?;
        *self.at(from) = taken;
        *self.at(to) = given;
        if let Some(entries) = self.entries {
            let name = |leg| match leg {
                Leg::Cash => Pot::Cash(self.account),
                Leg::Margin => Pot::Margin(self.account),
                Leg::Fund => Pot::Fund(self.account),
                Leg::Variation => Pot::Variation,
                Leg::Reserve => Pot::Reserve,
                Leg::Fees => Pot::Fees,
            };
            entries.push(Entry { from: name(from), to: name(to), amount, reason });
        }
        Ok(())
    }

    #[inline]
    const fn at(&mut self, leg: Leg) -> &mut Money {
        let [_, variation, reserve, _, fees, _] = &mut *self.house;
        let [cash, margin, fund] = &mut *self.own;
        match leg {
            Leg::Cash => cash,
            Leg::Margin => margin,
            Leg::Fund => fund,
            Leg::Variation => variation,
            Leg::Reserve => reserve,
            Leg::Fees => fees,
        }
    }
}

/// Adds to what moved for a reason.
#[inline]
fn count(
    moved: &mut [Money; Reason::COUNT],
    reason: Reason,
    amount: Money,
) -> Result<(), MoneyOverflow> {
    if let Some(sum) = moved.get_mut(reason as usize) {
        *sum = sum.plus(amount.abs()?)?;
    }
    Ok(())
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
