//! Where resting orders live: a fixed row of slots, linked into one queue a price.

use crate::account::AccountId;
use crate::order::{NewOrder, OrderId, OrderKind, Side};
use crate::units::{Lots, Price};

/// The slot that is none. It exists, so that the neighbours of a queue's ends can be written without asking.
pub(super) const NONE: u32 = 0;

/// Low bits of an order's name that say in which slot it rests.
const SLOT_BITS: u32 = 24;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;

/// Most orders that may rest at once: slot 0 is none.
pub const MOST_ORDERS: u32 = (1 << SLOT_BITS) - 1;
/// Most orders in a book's life; after them every order is refused.
pub(super) const MOST_SEQUENCE: u64 = (1 << (64 - SLOT_BITS)) - 1;

impl OrderId {
    /// The name of order number `sequence` of a book, resting in `slot`.
    #[inline]
    pub(super) const fn join(sequence: u64, slot: u32) -> Self {
        Self((sequence << SLOT_BITS) | slot as u64)
    }

    /// The order's number in its book, counted from 1 in the order of arrival: who was first at a price is served first.
    pub const fn sequence(self) -> u64 {
        self.0 >> SLOT_BITS
    }

    #[inline]
    pub(super) fn slot(self) -> u32 {
        // 24 bits fit.
        u32::try_from(self.0 & SLOT_MASK).unwrap_or(NONE)
    }
}

/// A resting order. Half a cache line, never across two.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub(super) struct Slot {
    /// The order; 0 when the slot is free, for sequence numbers start from 1.
    pub(super) id: OrderId,
    /// Neighbours in the queue of its price.
    pub(super) next: u32,
    pub(super) prev: u32,
    /// What is left of it.
    pub(super) lots: Lots,
    pub(super) price: Price,
    pub(super) account: AccountId,
    pub(super) side: Side,
    /// Whether it came as a market order: only before an opening auction, after which it is cancelled.
    pub(super) market: bool,
}

impl Slot {
    /// An order of which `lots` rest at `price`, not linked yet.
    #[inline]
    pub(super) const fn new(id: OrderId, order: &NewOrder, price: Price, lots: Lots) -> Self {
        let market = matches!(order.kind, OrderKind::Market);
        let (account, side) = (order.account, order.side);
        Self { id, next: NONE, prev: NONE, lots, price, account, side, market }
    }
}

const FREE: Slot = Slot {
    id: OrderId(0),
    next: NONE,
    prev: NONE,
    lots: Lots::ZERO,
    price: Price::new(0),
    account: AccountId(0),
    side: Side::Buy,
    market: false,
};

/// All slots of a book.
#[derive(Debug)]
pub(super) struct Slots {
    /// One more than may rest: the first is nobody's.
    row: Vec<Slot>,
    /// Slots from here on were not used since the last close.
    unused: u32,
    /// Slots below `unused` that are free again; the last is taken first, while it is warm.
    free: Vec<u32>,
}

impl Clone for Slots {
    /// With the room that the original has: a vector's own clone would allocate later.
    fn clone(&self) -> Self {
        let mut free = Vec::with_capacity(self.free.capacity());
        free.extend_from_slice(&self.free);
        Self { row: self.row.clone(), unused: self.unused, free }
    }
}

impl Slots {
    pub(super) fn new(capacity: u32) -> Self {
        Self {
            row: vec![FREE; (capacity as usize).saturating_add(1)],
            unused: 1,
            free: Vec::with_capacity(capacity as usize),
        }
    }

    /// The slot of that number; numbers come from [`Self::take`] and are never past the row.
    #[inline]
    pub(super) fn at(&self, slot: u32) -> &Slot {
        &self.row[slot as usize]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, slot: u32) -> &mut Slot {
        &mut self.row[slot as usize]
    }

    /// The slot in which an order rests; none if it does not.
    #[inline]
    pub(super) fn find(&self, order: OrderId) -> Option<(u32, &Slot)> {
        let slot = order.slot();
        // The name of no order is 0, so nobody rests in slot 0 or in a free one.
        self.row.get(slot as usize).filter(|s| s.id == order && order.0 != 0).map(|s| (slot, s))
    }

    /// Whether nobody rests in a slot.
    pub(super) fn is_vacant(&self, slot: u32) -> bool {
        self.row.get(slot as usize).is_some_and(|s| s.id.0 == 0)
    }

    /// A free slot.
    #[inline]
    pub(super) fn take(&mut self) -> Option<u32> {
        if let Some(slot) = self.free.pop() {
            return Some(slot);
        }
        if self.unused as usize >= self.row.len() {
            return None;
        }
        let slot = self.unused;
        self.unused = self.unused.wrapping_add(1);
        Some(slot)
    }

    /// Gives a slot back. There is room: no more slots are free than there are.
    #[inline]
    pub(super) fn release(&mut self, slot: u32) {
        self.at_mut(slot).id = OrderId(0);
        self.free.push(slot);
    }

    /// Forgets which slots were used: every order is out.
    pub(super) fn reset(&mut self) {
        self.unused = 1;
        self.free.clear();
    }

    /// How many orders rest.
    pub(super) fn n_taken(&self) -> usize {
        (self.unused as usize).saturating_sub(1).saturating_sub(self.free.len())
    }

    /// What has to be kept to hand out the same slots again.
    pub(super) fn order_of_use(&self) -> (u32, &[u32]) {
        (self.unused, &self.free)
    }

    /// Slots as they were; no slot is taken yet. None if that is no state of a row of this size.
    pub(super) fn resume(capacity: u32, unused: u32, free: &[u32]) -> Option<Self> {
        let mut slots = Self::new(capacity);
        if unused == 0 || unused as usize > slots.row.len() || free.len() >= unused as usize {
            return None;
        }
        let mut seen = vec![false; unused as usize];
        for &slot in free {
            let seen = seen.get_mut(slot as usize)?;
            if slot == NONE || *seen {
                return None;
            }
            *seen = true;
        }
        slots.unused = unused;
        slots.free.extend_from_slice(free);
        Some(slots)
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.row).saturating_add(self.free.capacity().saturating_mul(4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_half_a_cache_line() {
        assert_eq!((size_of::<Slot>(), align_of::<Slot>()), (32, 32));
    }

    #[test]
    fn a_slot_given_back_does_not_answer_to_its_last_order() {
        let mut slots = Slots::new(2);
        let first = slots.take().unwrap();
        let order = OrderId::join(7, first);
        slots.at_mut(first).id = order;
        assert!(slots.find(order).is_some());
        slots.release(first);
        assert!(slots.find(order).is_none());
        assert!(slots.find(OrderId(0)).is_none());
        assert_eq!((slots.take(), slots.take(), slots.take()), (Some(1), Some(2), None));
    }

    #[test]
    fn states_that_were_none_are_refused() {
        assert!(Slots::resume(4, 3, &[1]).is_some());
        for (unused, free) in
            [(0, vec![]), (6, vec![]), (3, vec![1, 1]), (3, vec![3]), (3, vec![0])]
        {
            assert!(Slots::resume(4, unused, &free).is_none(), "{unused} {free:?}");
        }
    }
}
