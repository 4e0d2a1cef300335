//! What is broken in a venue: everything that must hold after every event and every night.

use super::{Part, Venue};
use crate::book::{Book, BookViolation};
use crate::clearing::ClearingViolation;
use crate::contract::ContractIdx;

/// Something that must hold and does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VenueViolation {
    /// In a book.
    #[error("book of contract {}: {violation}", contract.0)]
    Book {
        /// Which.
        contract: ContractIdx,
        /// What.
        violation: BookViolation,
    },
    /// In clearing.
    #[error("clearing: {0}")]
    Clearing(ClearingViolation),
    /// More receipts than metal.
    #[error("{receipts} lots of receipts for {stock} lots of grade {grade} in store")]
    Receipts {
        /// Place of the grade.
        grade: u16,
        /// Lots on receipts.
        receipts: u64,
        /// Lots in store.
        stock: u64,
    },
    /// Lots that clearing holds reserved and lots that rest differ.
    #[error("account {account} has {reserved:?} lots reserved in contract {} and {resting:?} in the book", contract.0)]
    Reserved {
        /// Which contract.
        contract: ContractIdx,
        /// Which account.
        account: u32,
        /// Bids and offers reserved.
        reserved: [u64; 2],
        /// Bids and offers in the book.
        resting: [u64; 2],
    },
}

impl Venue {
    /// All that is broken; nothing, always. Time in proportion to orders, accounts and contracts.
    pub fn violations(&self) -> Vec<VenueViolation> {
        let mut found = Vec::new();
        // Between a settlement and the next morning an account may be below zero.
        let covered = self.part != Part::Night;
        found.extend(self.clearing.violations(covered).into_iter().map(VenueViolation::Clearing));
        for (contract, _) in self.contracts() {
            let Some(book) = self.books.get(usize::from(contract.0)) else { continue };
            let broken = book.violations().into_iter();
            found.extend(broken.map(|violation| VenueViolation::Book { contract, violation }));
            self.check_reserved(contract, book, &mut found);
        }
        if let Some(warehouses) = &self.warehouses {
            found.extend(warehouses.violations().into_iter().map(|(grade, receipts, stock)| {
                VenueViolation::Receipts { grade, receipts, stock }
            }));
        }
        found
    }

    fn check_reserved(&self, contract: ContractIdx, book: &Book, found: &mut Vec<VenueViolation>) {
        use crate::order::Side::{Buy, Sell};
        let positions = self.clearing.positions(contract);
        for (account, position) in self.clearing.accounts().zip(positions) {
            let reserved = [Buy, Sell].map(|side| u64::from(position.working(side).get()));
            let resting = [Buy, Sell].map(|side| {
                let legs = self.spread_books.iter().map(|spread| {
                    let of = |side| spread.book().resting(account, side);
                    match spread.spread() {
                        s if s.near == contract => of(side),
                        s if s.far == contract => of(side.opposite()),
                        _ => 0,
                    }
                });
                book.resting(account, side).saturating_add(legs.fold(0, u64::saturating_add))
            });
            if reserved != resting {
                let account = account.0;
                found.push(VenueViolation::Reserved { contract, account, reserved, resting });
            }
        }
    }
}
