//! A day's instructions to a book, in order: replayed, they give the same book.
//!
//! An instruction takes 16 bytes, a replacement 32, in memory that is set aside before the open. Refused instructions are
//! written down too: they are refused again. What a journal does not hold is the day before: it begins with the book's size,
//! its band and the numbers of the next order and trade, which is all that is left of a closed book.

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::book::{Band, Book, BookFault, BookSpec, Tape};
use crate::order::{CancelReason, NewOrder, OrderId, OrderKind, Refusal, Side};
use crate::units::{Lots, Price};

/// Something that a book was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instruction {
    /// [`Book::submit`].
    Submit(NewOrder),
    /// [`Book::cancel`].
    Cancel {
        /// Which order.
        order: OrderId,
        /// Who asks.
        account: AccountId,
    },
    /// [`Book::replace`].
    Replace {
        /// Which order.
        order: OrderId,
        /// Who asks.
        account: AccountId,
        /// Its new price.
        price: Price,
        /// Its new lots.
        lots: Lots,
    },
    /// [`Book::cancel_all`].
    CancelAll {
        /// Whose orders.
        account: AccountId,
        /// Why.
        reason: CancelReason,
    },
    /// [`Book::open_auction`].
    OpenAuction,
    /// [`Book::uncross`].
    Uncross {
        /// The previous settlement.
        reference: Price,
    },
    /// [`Book::open`].
    Open,
    /// [`Book::close`].
    Close,
}

/// What a record is: the low three bits of its first word.
mod tag {
    pub(super) const SUBMIT: u32 = 0;
    pub(super) const CANCEL: u32 = 1;
    /// Two records: a cancel's, then price and lots.
    pub(super) const REPLACE: u32 = 2;
    pub(super) const CANCEL_ALL: u32 = 3;
    pub(super) const OPEN_AUCTION: u32 = 4;
    pub(super) const UNCROSS: u32 = 5;
    pub(super) const OPEN: u32 = 6;
    pub(super) const CLOSE: u32 = 7;
    pub(super) const BITS: u32 = 3;
    pub(super) const MASK: u32 = 7;
}

/// Records kept free, besides one an account, for what is never refused; more of them make the journal grow.
const NEVER_REFUSED: usize = 16;

type Record = [u32; 4];

/// An empty vector whose memory has been written to once, so that the system has handed it out before the open.
fn room(n_records: usize) -> Vec<Record> {
    let mut records = vec![[u32::MAX; 4]; n_records];
    records.clear();
    records
}

/// A day's instructions.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    spec: BookSpec,
    band: Band,
    next_order: u64,
    next_trade: u64,
    /// So many records there may be before an instruction: the budget, and openings and closes on top.
    limit: usize,
    records: Vec<Record>,
}

/// A journal that cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalFault {
    /// A record that says nothing.
    #[error("record {at} of the journal is none")]
    Record {
        /// Which, from 0.
        at: usize,
    },
    /// The book it begins with cannot be.
    #[error("the journal's book: {0}")]
    Book(#[from] BookFault),
}

impl Clone for Journal {
    /// With the room that the original has.
    fn clone(&self) -> Self {
        let mut records = room(self.records.capacity());
        records.extend_from_slice(&self.records);
        let (next_order, next_trade) = (self.next_order, self.next_trade);
        let (spec, band, limit) = (self.spec, self.band, self.limit);
        Self { spec, band, next_order, next_trade, limit, records }
    }
}

impl Journal {
    /// An empty journal, in the memory of an old one if there is one.
    pub(crate) fn start(
        old: Option<Self>,
        spec: BookSpec,
        band: Band,
        next_order: u64,
        next_trade: u64,
    ) -> Self {
        let limit = spec.instructions as usize;
        let wanted = limit.saturating_add(spec.accounts as usize).saturating_add(NEVER_REFUSED);
        let old = old.map(|journal| journal.records).filter(|records| records.capacity() >= wanted);
        let mut records = old.unwrap_or_else(|| room(wanted));
        records.clear();
        Self { spec, band, next_order, next_trade, limit, records }
    }

    /// A stored journal, in this one's memory.
    pub(crate) fn continue_from(mut self, stored: &Self) -> Self {
        (self.spec, self.band, self.limit) = (stored.spec, stored.band, stored.limit);
        (self.next_order, self.next_trade) = (stored.next_order, stored.next_trade);
        self.records.extend_from_slice(&stored.records);
        self
    }

    /// Whether the day's budget of instructions is spent.
    #[inline]
    const fn has_room(&self) -> Result<(), Refusal> {
        if self.records.len() < self.limit { Ok(()) } else { Err(Refusal::BookFull) }
    }

    /// Writes an order down.
    ///
    /// # Errors
    /// [`Refusal::BookFull`] when the day's budget of instructions is spent; so do the other two.
    #[inline]
    pub(crate) fn push_order(&mut self, order: NewOrder) -> Result<(), Refusal> {
        self.has_room()?;
        self.records.push(write_order(order));
        Ok(())
    }

    /// Writes a cancellation down.
    #[inline]
    pub(crate) fn push_cancel(
        &mut self,
        order: OrderId,
        account: AccountId,
    ) -> Result<(), Refusal> {
        self.has_room()?;
        self.records.push(write_id(tag::CANCEL, order, account));
        Ok(())
    }

    /// Writes a replacement down.
    pub(crate) fn push_replacement(
        &mut self,
        order: OrderId,
        account: AccountId,
        price: Price,
        lots: Lots,
    ) -> Result<(), Refusal> {
        self.has_room()?;
        self.records.push(write_id(tag::REPLACE, order, account));
        self.records.push([0, 0, lots.get(), price.ticks().cast_unsigned()]);
        Ok(())
    }

    /// Writes down that all orders of an account are cancelled: never refused.
    pub(crate) fn push_cancel_all(&mut self, account: AccountId, reason: CancelReason) {
        let word = tag::CANCEL_ALL | ((reason as u32) << tag::BITS);
        self.records.push([word, account.0, 0, 0]);
    }

    /// Writes the auction's end down: never refused.
    pub(crate) fn push_uncross(&mut self, reference: Price) {
        self.push_session([tag::UNCROSS, 0, 0, reference.ticks().cast_unsigned()]);
    }

    /// Writes the beginning of the auction down: never refused.
    pub(crate) fn push_open_auction(&mut self) {
        self.push_session([tag::OPEN_AUCTION, 0, 0, 0]);
    }

    /// Writes the beginning of continuous trading down: never refused.
    pub(crate) fn push_open(&mut self) {
        self.push_session([tag::OPEN, 0, 0, 0]);
    }

    /// Writes the close down: never refused.
    pub(crate) fn push_close(&mut self) {
        self.push_session([tag::CLOSE, 0, 0, 0]);
    }

    /// Writes down what does not count against the budget.
    fn push_session(&mut self, record: Record) {
        self.limit = self.limit.saturating_add(1);
        self.records.push(record);
    }

    /// Records written: one an instruction, two a replacement.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.records.capacity().saturating_mul(size_of::<Record>())
    }

    /// The instructions in order.
    pub fn instructions(&self) -> impl Iterator<Item = Result<Instruction, JournalFault>> + '_ {
        let mut at = 0_usize;
        std::iter::from_fn(move || {
            let record = self.records.get(at)?;
            let found = read(record, self.records.get(at.wrapping_add(1)));
            let fault = JournalFault::Record { at };
            at = at.wrapping_add(if record[0] == tag::REPLACE { 2 } else { 1 });
            Some(found.ok_or(fault))
        })
    }

    /// The book after all instructions, and on `tape` what happened on the way.
    ///
    /// # Errors
    /// When the journal holds a record that is none, or a book that cannot be; never one that [`Book`] wrote.
    pub fn replay<T: Tape + ?Sized>(&self, tape: &mut T) -> Result<Book, JournalFault> {
        let mut book = Book::starting_at(self.band, self.spec, self.next_order, self.next_trade)?;
        for instruction in self.instructions() {
            book.carry_out(instruction?, tape);
        }
        Ok(book)
    }
}

impl Book {
    /// Does what an instruction says; whether it was refused is in the book's state.
    fn carry_out<T: Tape + ?Sized>(&mut self, instruction: Instruction, tape: &mut T) {
        // Refusals are part of a day: they were when it was written down, and are now.
        match instruction {
            Instruction::Submit(order) => {
                let _ = self.submit(order, tape);
            }
            Instruction::Cancel { order, account } => {
                let _ = self.cancel(order, account, tape);
            }
            Instruction::Replace { order, account, price, lots } => {
                let _ = self.replace(order, account, price, lots, tape);
            }
            Instruction::CancelAll { account, reason } => {
                self.cancel_all(account, reason, tape);
            }
            Instruction::OpenAuction => self.open_auction(),
            Instruction::Uncross { reference } => {
                let _ = self.uncross(reference, tape);
            }
            Instruction::Open => self.open(),
            Instruction::Close => {
                let _ = self.close(tape);
            }
        }
    }
}

/// Tag, side (bit 3), kind (bits 4 and 5); account; lots; price.
#[inline]
const fn write_order(order: NewOrder) -> Record {
    let (kind, price) = match order.kind {
        OrderKind::Limit(price) => (0_u32, price.ticks()),
        OrderKind::Market => (1, 0),
        OrderKind::ImmediateOrCancel(price) => (2, price.ticks()),
        OrderKind::FillOrKill(price) => (3, price.ticks()),
    };
    let word = tag::SUBMIT | ((order.side as u32) << 3) | (kind << 4);
    [word, order.account.0, order.lots.get(), price.cast_unsigned()]
}

/// Tag; account; the order's name, low half first.
#[inline]
fn write_id(tag: u32, order: OrderId, account: AccountId) -> Record {
    // Half of 64 bits each.
    let low = u32::try_from(order.0 & u64::from(u32::MAX)).unwrap_or(0);
    let high = u32::try_from(order.0 >> 32).unwrap_or(0);
    [tag, account.0, low, high]
}

fn read(record: &Record, next: Option<&Record>) -> Option<Instruction> {
    let &[word, account, low, high] = record;
    let (rest, account) = (word >> tag::BITS, AccountId(account));
    let order = OrderId((u64::from(high) << 32) | u64::from(low));
    let price = Price::new(high.cast_signed());
    Some(match (word & tag::MASK, rest) {
        (tag::SUBMIT, _) => Instruction::Submit(read_order(rest, account, Lots::new(low), price)?),
        (tag::CANCEL, 0) => Instruction::Cancel { order, account },
        (tag::REPLACE, 0) => {
            let &[_, _, lots, price] = next?;
            let (price, lots) = (Price::new(price.cast_signed()), Lots::new(lots));
            Instruction::Replace { order, account, price, lots }
        }
        (tag::CANCEL_ALL, reason) => {
            Instruction::CancelAll { account, reason: read_reason(reason)? }
        }
        (tag::OPEN_AUCTION, 0) => Instruction::OpenAuction,
        (tag::UNCROSS, 0) => Instruction::Uncross { reference: price },
        (tag::OPEN, 0) => Instruction::Open,
        (tag::CLOSE, 0) => Instruction::Close,
        _ => return None,
    })
}

fn read_order(bits: u32, account: AccountId, lots: Lots, price: Price) -> Option<NewOrder> {
    let side = if bits & 1 == 0 { Side::Buy } else { Side::Sell };
    let kind = match bits >> 1 {
        0 => OrderKind::Limit(price),
        1 => OrderKind::Market,
        2 => OrderKind::ImmediateOrCancel(price),
        3 => OrderKind::FillOrKill(price),
        _ => return None,
    };
    Some(NewOrder { account, side, lots, kind })
}

fn read_reason(number: u32) -> Option<CancelReason> {
    use CancelReason::{Clearing, Close, Owner, Replaced, SelfTrade, Unfilled};
    [Owner, Replaced, SelfTrade, Unfilled, Close, Clearing]
        .into_iter()
        .find(|&reason| reason as u32 == number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instruction() -> impl Strategy<Value = Instruction> {
        let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
        let kind = (0..4, any::<i32>()).prop_map(|(kind, price)| match kind {
            0 => OrderKind::Limit(Price::new(price)),
            1 => OrderKind::Market,
            2 => OrderKind::ImmediateOrCancel(Price::new(price)),
            _ => OrderKind::FillOrKill(Price::new(price)),
        });
        let reason = (0..6_u32).prop_map(|n| read_reason(n).unwrap());
        let price = any::<i32>().prop_map(Price::new);
        let lots = any::<u32>().prop_map(Lots::new);
        let order = any::<u64>().prop_map(OrderId);
        let account = any::<u32>().prop_map(AccountId);
        prop_oneof![
            (account.clone(), side, lots.clone(), kind).prop_map(|(account, side, lots, kind)| {
                Instruction::Submit(NewOrder { account, side, lots, kind })
            }),
            (order.clone(), account.clone())
                .prop_map(|(order, account)| Instruction::Cancel { order, account }),
            (order, account.clone(), price.clone(), lots).prop_map(
                |(order, account, price, lots)| Instruction::Replace {
                    order,
                    account,
                    price,
                    lots
                }
            ),
            (account, reason)
                .prop_map(|(account, reason)| Instruction::CancelAll { account, reason }),
            price.prop_map(|reference| Instruction::Uncross { reference }),
            prop_oneof![
                Just(Instruction::OpenAuction),
                Just(Instruction::Open),
                Just(Instruction::Close)
            ],
        ]
    }

    fn empty(instructions: u32) -> Journal {
        let spec = BookSpec { instructions, ..BookSpec::default() };
        Journal::start(None, spec, Band::Window { near: Price::new(0), levels: 64 }, 1, 0)
    }

    fn write(journal: &mut Journal, instruction: Instruction) {
        match instruction {
            Instruction::Submit(order) => journal.push_order(order).unwrap(),
            Instruction::Cancel { order, account } => journal.push_cancel(order, account).unwrap(),
            Instruction::Replace { order, account, price, lots } => {
                journal.push_replacement(order, account, price, lots).unwrap();
            }
            Instruction::CancelAll { account, reason } => journal.push_cancel_all(account, reason),
            Instruction::OpenAuction => journal.push_open_auction(),
            Instruction::Uncross { reference } => journal.push_uncross(reference),
            Instruction::Open => journal.push_open(),
            Instruction::Close => journal.push_close(),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(instructions in prop::collection::vec(instruction(), 0..40)) {
            let mut journal = empty(80);
            for &instruction in &instructions {
                write(&mut journal, instruction);
            }
            let read: Result<Vec<Instruction>, JournalFault> = journal.instructions().collect();
            prop_assert_eq!(read.unwrap(), instructions);
        }

        #[test]
        fn any_words_are_read_or_refused(records in prop::collection::vec(any::<[u32; 4]>(), 0..9)) {
            let mut journal = empty(9);
            journal.records = records;
            let _ = journal.replay(&mut ());
        }
    }

    #[test]
    fn a_spent_budget_refuses() {
        let mut journal = empty(1);
        let (order, account) = (OrderId(1), AccountId(1));
        assert_eq!(journal.push_cancel(order, account), Ok(()));
        assert_eq!(journal.push_cancel(order, account), Err(Refusal::BookFull));
        assert_eq!(
            journal.push_replacement(order, account, Price::new(1), Lots::new(1)),
            Err(Refusal::BookFull)
        );
        journal.push_close();
        assert_eq!(journal.len(), 2);
    }
}
