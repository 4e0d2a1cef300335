//! Warehouse receipts: who owns which registered metal.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::clearing::{Clearing, ClearingError};
use crate::expiry::PhysicalDelivery;
use crate::ledger::{Pot, Reason};
use crate::units::{Lots, Money, MoneyOverflow};

/// A receipt's number; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReceiptId(pub u64);

/// Registered metal of one owner, grade, brand and day: one unit of delivery a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its number.
    pub id: ReceiptId,
    /// Whose.
    pub owner: AccountId,
    /// Grade, by its place in the contract's rules.
    pub grade: u16,
    /// Brand, by its place there; none where any is accepted.
    pub brand: Option<u16>,
    /// How much.
    pub lots: Lots,
    /// When it was registered.
    pub registered: Date,
    /// Whether it may be delivered; not if it is pledged elsewhere.
    pub on_warrant: bool,
    /// Until when storage is paid.
    pub paid_to: Date,
}

/// What warehouses refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// A receipt for nothing.
    #[error("a receipt must be for at least one lot")]
    NoLots,
    /// A grade that the contract does not accept.
    #[error("grade {grade} is not among the {n_grades} that may be delivered")]
    NoGrade {
        /// Its place.
        grade: u16,
        /// How many there are.
        n_grades: usize,
    },
    /// A brand that is not registered, or none where one is needed.
    #[error("brand {brand:?} is not among the {n_brands} that are registered")]
    NoBrand {
        /// Its place.
        brand: Option<u16>,
        /// How many there are.
        n_brands: u16,
    },
    /// More receipts than metal.
    #[error(
        "{asked} lots cannot be registered: {free} lots of grade {grade} are in store without a receipt"
    )]
    NotInStore {
        /// Asked.
        asked: u64,
        /// In store without a receipt.
        free: u64,
        /// Grade.
        grade: u16,
    },
    /// A receipt that is not there, or is smaller.
    #[error("receipt {} does not hold {lots} lots", id.0)]
    NoReceipt {
        /// Which.
        id: ReceiptId,
        /// What was asked of it.
        lots: u32,
    },
}

/// Registered warehouses of a contract's rules, as one: metal in store by grade, and receipts for it.
///
/// Receipts of the same owner, grade, brand and days are one record: their number is bounded by the lots in store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warehouses {
    /// Lots in store, by grade.
    stock: Vec<u64>,
    n_brands: u16,
    receipts: Vec<Receipt>,
    next: u64,
}

/// Storage charged on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageReport {
    /// Paid.
    pub paid: Money,
    /// Due from owners whose cash did not cover it: stays due, and is taken from what the metal is paid at delivery.
    pub unpaid: Money,
}

impl Warehouses {
    /// Empty warehouses for a contract's grades and brands.
    pub fn new(rules: &PhysicalDelivery) -> Self {
        Self {
            stock: vec![0; rules.grades.len()],
            n_brands: u16::try_from(rules.brands.len()).unwrap_or(u16::MAX),
            receipts: Vec::new(),
            next: 0,
        }
    }

    /// Metal comes into store.
    ///
    /// # Errors
    /// When the grade is none of the contract's.
    pub fn arrive(&mut self, grade: u16, lots: Lots) -> Result<(), ReceiptError> {
        let stock = self.stock_mut(grade)?;
        *stock = stock.saturating_add(u64::from(lots.get()));
        Ok(())
    }

    /// Metal without a receipt leaves store.
    ///
    /// # Errors
    /// When there is not so much of it.
    pub fn leave(&mut self, grade: u16, lots: Lots) -> Result<(), ReceiptError> {
        self.fits(grade, lots)?;
        let stock = self.stock_mut(grade)?;
        *stock = stock.saturating_sub(u64::from(lots.get()));
        Ok(())
    }

    /// Registers metal in store: a receipt on warrant.
    ///
    /// # Errors
    /// No lots, a grade or brand that may not be delivered, less metal in store without a receipt.
    pub fn register(
        &mut self,
        owner: AccountId,
        grade: u16,
        brand: Option<u16>,
        lots: Lots,
        day: Date,
    ) -> Result<ReceiptId, ReceiptError> {
        if lots.is_zero() {
            return Err(ReceiptError::NoLots);
        }
        self.fits(grade, lots)?;
        let known = match brand {
            Some(brand) => brand < self.n_brands,
            None => self.n_brands == 0,
        };
        if !known {
            return Err(ReceiptError::NoBrand { brand, n_brands: self.n_brands });
        }
        Ok(self.put(Receipt {
            id: ReceiptId(0),
            owner,
            grade,
            brand,
            lots,
            registered: day,
            on_warrant: true,
            paid_to: day,
        }))
    }

    /// Cancels lots of a receipt: the metal stays in store, free to leave.
    ///
    /// # Errors
    /// When the receipt is not there or smaller.
    pub fn cancel(&mut self, id: ReceiptId, lots: Lots) -> Result<(), ReceiptError> {
        let receipt = self.receipt_mut(id, lots)?;
        receipt.lots = receipt.lots.less(lots);
        self.receipts.retain(|receipt| !receipt.lots.is_zero());
        Ok(())
    }

    /// Takes a receipt off warrant (pledged) or puts it back.
    ///
    /// # Errors
    /// When the receipt is not there.
    pub fn set_on_warrant(&mut self, id: ReceiptId, on_warrant: bool) -> Result<(), ReceiptError> {
        self.receipt_mut(id, Lots::ZERO)?.on_warrant = on_warrant;
        Ok(())
    }

    /// Cancels all receipts registered before a day, as exchanges do so many times a year (GFEX's lithium carbonate: at the
    /// ends of March, July and November). Lots cancelled.
    pub fn lapse(&mut self, before: Date) -> u64 {
        let registered = self.registered();
        self.receipts.retain(|receipt| receipt.registered >= before);
        registered.saturating_sub(self.registered())
    }

    /// All receipts.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// Lots in store of a grade, with and without a receipt.
    pub fn stock(&self, grade: u16) -> u64 {
        self.stock.get(usize::from(grade)).copied().unwrap_or(0)
    }

    /// Lots with a receipt.
    pub fn registered(&self) -> u64 {
        self.lots(|_| true)
    }

    /// Lots on warrant of an owner.
    pub fn deliverable(&self, owner: AccountId) -> u64 {
        self.lots(|receipt| receipt.owner == owner && receipt.on_warrant)
    }

    /// Grades of which there are more receipts than metal, with both: none, or the warehouses are broken.
    pub fn violations(&self) -> Vec<(u16, u64, u64)> {
        (0_u16..)
            .zip(&self.stock)
            .map(|(grade, stock)| (grade, self.lots(|receipt| receipt.grade == grade), *stock))
            .filter(|(_, receipts, stock)| receipts > stock)
            .collect()
    }

    /// Place of the owner's oldest receipt on warrant.
    pub(super) fn oldest(&self, owner: AccountId) -> Option<Receipt> {
        self.receipts
            .iter()
            .filter(|receipt| receipt.owner == owner && receipt.on_warrant)
            .min_by_key(|receipt| (receipt.registered, receipt.id))
            .copied()
    }

    /// Lots of a receipt change owner; storage is paid to `day`.
    pub(super) fn transfer(
        &mut self,
        id: ReceiptId,
        lots: Lots,
        to: AccountId,
        day: Date,
    ) -> Result<(), ReceiptError> {
        let receipt = self.receipt_mut(id, lots)?;
        receipt.lots = receipt.lots.less(lots);
        let moved = Receipt { owner: to, lots, paid_to: day, ..*receipt };
        self.receipts.retain(|receipt| !receipt.lots.is_zero());
        self.put(moved);
        Ok(())
    }

    /// Adds to a record that differs in nothing but number and lots, or opens one.
    fn put(&mut self, receipt: Receipt) -> ReceiptId {
        for other in &mut self.receipts {
            let alike = Receipt { id: other.id, lots: other.lots, ..receipt };
            if alike == *other
                && let Some(sum) = other.lots.get().checked_add(receipt.lots.get())
            {
                other.lots = Lots::new(sum);
                return other.id;
            }
        }
        let id = ReceiptId(self.next);
        self.next = self.next.saturating_add(1);
        self.receipts.push(Receipt { id, ..receipt });
        id
    }

    fn lots(&self, which: impl Fn(&Receipt) -> bool) -> u64 {
        self.receipts
            .iter()
            .filter(|receipt| which(receipt))
            .fold(0, |sum, receipt| sum.saturating_add(u64::from(receipt.lots.get())))
    }

    /// Whether so much metal of a grade is in store without a receipt.
    fn fits(&self, grade: u16, lots: Lots) -> Result<(), ReceiptError> {
        let n_grades = self.stock.len();
        let stock =
            *self.stock.get(usize::from(grade)).ok_or(ReceiptError::NoGrade { grade, n_grades })?;
        let free = stock.saturating_sub(self.lots(|receipt| receipt.grade == grade));
        let asked = u64::from(lots.get());
        if asked > free {
            return Err(ReceiptError::NotInStore { asked, free, grade });
        }
        Ok(())
    }

    fn stock_mut(&mut self, grade: u16) -> Result<&mut u64, ReceiptError> {
        let n_grades = self.stock.len();
        self.stock.get_mut(usize::from(grade)).ok_or(ReceiptError::NoGrade { grade, n_grades })
    }

    fn receipt_mut(&mut self, id: ReceiptId, lots: Lots) -> Result<&mut Receipt, ReceiptError> {
        self.receipts
            .iter_mut()
            .find(|receipt| receipt.id == id && receipt.lots >= lots)
            .ok_or(ReceiptError::NoReceipt { id, lots: lots.get() })
    }
}

/// Storage due of so many lots of a receipt.
pub(super) fn storage_due(
    receipt: &Receipt,
    lots: Lots,
    fee: Money,
    day: Date,
) -> Result<Money, MoneyOverflow> {
    let days = receipt.paid_to.until(day).map_or(0, |span| i64::from(span.get_days()));
    fee.times(days.max(0), i64::from(lots.get()))
}

impl Clearing {
    /// Charges storage for the calendar days since it was last paid to each receipt's owner, as far as cash goes.
    ///
    /// # Errors
    /// When a sum does not fit, an owner is not there, or an account may be below zero: nothing leaves before the
    /// waterfall has run.
    pub fn charge_storage(
        &mut self,
        warehouses: &mut Warehouses,
        rules: &PhysicalDelivery,
        day: Date,
    ) -> Result<StorageReport, ClearingError> {
        self.nothing_open()?;
        let mut report = StorageReport::default();
        for receipt in &mut warehouses.receipts {
            let due = storage_due(receipt, receipt.lots, rules.storage_fee, day)?;
            let cash = Pot::Cash(receipt.owner);
            if due > self.ledger().balance(cash) {
                report.unpaid = report.unpaid.plus(due)?;
                continue;
            }
            self.move_money(cash, Pot::Warehouses, due, Reason::Storage)?;
            report.paid = report.paid.plus(due)?;
            receipt.paid_to = receipt.paid_to.max(day);
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::expiry::Grade;
    use crate::units::Rate;

    fn warehouses(n_brands: usize) -> Warehouses {
        let grade = |name: &str| Grade { name: name.to_string(), adjustment: Money::ZERO };
        Warehouses::new(&PhysicalDelivery {
            grades: vec![grade("standard"), grade("lower")],
            brands: vec![grade("north"); n_brands],
            storage_fee: Money::new(100),
            delivery_days: 3,
            penalty: Rate::percent(20),
            delivery_fee: Money::ZERO,
        })
    }

    #[test]
    fn receipts_need_metal_and_metal_with_a_receipt_stays() {
        let mut w = warehouses(0);
        let day = date(2026, 3, 2);
        let register =
            |w: &mut Warehouses, lots| w.register(AccountId(0), 0, None, Lots::new(lots), day);
        let none = ReceiptError::NotInStore { asked: 1, free: 0, grade: 0 };
        assert_eq!(register(&mut w, 1), Err(none));
        w.arrive(0, Lots::new(10)).unwrap();
        let id = register(&mut w, 6).unwrap();
        assert_eq!(register(&mut w, 4), Ok(id), "alike receipts are one");
        assert_eq!(register(&mut w, 1), Err(none));
        assert_eq!(w.leave(0, Lots::new(1)), Err(none));
        w.cancel(id, Lots::new(3)).unwrap();
        w.leave(0, Lots::new(3)).unwrap();
        assert_eq!((w.registered(), w.stock(0)), (7, 7));
        assert_eq!(w.cancel(id, Lots::new(8)), Err(ReceiptError::NoReceipt { id, lots: 8 }));
        w.set_on_warrant(id, false).unwrap();
        assert_eq!(w.deliverable(AccountId(0)), 0);
        assert_eq!(w.lapse(date(2026, 3, 3)), 7);
        assert_eq!((w.registered(), w.violations()), (0, vec![]));
    }

    #[test]
    fn grades_and_brands_are_those_of_the_rules() {
        let mut w = warehouses(1);
        let day = date(2026, 3, 2);
        w.arrive(1, Lots::new(5)).unwrap();
        let mut register = |grade, brand| w.register(AccountId(0), grade, brand, Lots::new(1), day);
        assert_eq!(register(2, Some(0)), Err(ReceiptError::NoGrade { grade: 2, n_grades: 2 }));
        assert_eq!(register(1, None), Err(ReceiptError::NoBrand { brand: None, n_brands: 1 }));
        assert_eq!(
            register(1, Some(1)),
            Err(ReceiptError::NoBrand { brand: Some(1), n_brands: 1 })
        );
        register(1, Some(0)).unwrap();
    }
}
