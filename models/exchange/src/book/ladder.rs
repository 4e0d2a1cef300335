//! One side of a book: queues of orders in an array over prices.
//!
//! A price is stored as a **key** that grows towards the better end: the price of a bid, the complement of an offer's.
//! Both sides are then the same code, and no branch asks which one it is. With limits the array covers the whole band.
//! Without, it is a window that holds the best price always; worse prices lie in an ordered list beyond its lower end.

use super::bits::Bits;
use super::slots::{NONE, Slots};
use crate::order::Side;
use crate::units::{Lots, Price};

/// No price: every key is above it.
pub(super) const EMPTY: i64 = i64::MIN;

/// A price as a key of a side: complemented, without a branch, if the side sells.
#[inline]
pub(super) const fn key(side: Side, price: Price) -> i32 {
    price.ticks() ^ (side as i32).wrapping_neg()
}

/// The price of a key.
#[inline]
pub(super) const fn price(side: Side, key: i32) -> Price {
    Price::new(key ^ (side as i32).wrapping_neg())
}

/// The queue of a price.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(16))]
pub(super) struct Level {
    /// First and last order; none if empty.
    pub(super) head: u32,
    pub(super) tail: u32,
    /// Sum of the orders' lots: at most 2²⁴ orders of less than 2³² lots.
    pub(super) lots: u64,
}

impl Level {
    /// Puts an order at the end of the queue.
    #[inline]
    fn append(&mut self, slot: u32, lots: Lots, slots: &mut Slots) {
        let order = slots.at_mut(slot);
        order.prev = self.tail;
        order.next = NONE;
        // Chosen, not branched on: whether a queue was empty cannot be guessed.
        self.head = if self.head == NONE { slot } else { self.head };
        // In an empty queue this writes to the slot that is nobody's.
        slots.at_mut(self.tail).next = slot;
        self.tail = slot;
        self.lots = self.lots.wrapping_add(u64::from(lots.get()));
    }

    /// Takes an order out; whether the queue is empty then.
    #[inline]
    fn unlink(&mut self, slot: u32, slots: &mut Slots) -> bool {
        let order = *slots.at(slot);
        slots.at_mut(order.prev).next = order.next;
        slots.at_mut(order.next).prev = order.prev;
        self.head = if order.prev == NONE { order.next } else { self.head };
        self.tail = if order.next == NONE { order.prev } else { self.tail };
        self.lots = self.lots.wrapping_sub(u64::from(order.lots.get()));
        self.head == NONE
    }
}

/// One side's queues.
#[derive(Debug)]
pub(super) struct Ladder {
    side: Side,
    /// Key of the array's first level.
    base: i32,
    levels: Vec<Level>,
    occupied: Bits,
    /// Best key, [`EMPTY`] if nobody is there. It is always in the array.
    best: i64,
    /// Levels below the array, ascending: the best one is the last. Has room for every order.
    beyond: Vec<(i32, Level)>,
}

impl Clone for Ladder {
    /// With the room that the original has.
    fn clone(&self) -> Self {
        let mut beyond = Vec::with_capacity(self.beyond.capacity());
        beyond.extend_from_slice(&self.beyond);
        let (levels, occupied) = (self.levels.clone(), self.occupied.clone());
        Self { side: self.side, base: self.base, levels, occupied, best: self.best, beyond }
    }
}

impl Ladder {
    /// A side without an array yet.
    pub(super) fn new(side: Side) -> Self {
        Self {
            side,
            base: 0,
            levels: Vec::new(),
            occupied: Bits::default(),
            best: EMPTY,
            beyond: Vec::new(),
        }
    }

    /// Puts the array of an empty side over `width` keys from `low` on. Keeps memory that is large enough: a level that
    /// nobody is left at is as new.
    pub(super) fn cover(&mut self, low: i32, width: usize) {
        debug_assert!(self.best == EMPTY, "only a closed book is given another band");
        self.base = low;
        self.levels.resize(width, Level::default());
        self.occupied.resize(width);
        self.best = EMPTY;
        self.beyond.clear();
    }

    /// Makes room for `orders` levels beyond the array: each order may have its own.
    pub(super) fn reserve_beyond(&mut self, orders: usize) {
        self.beyond.reserve_exact(orders.saturating_sub(self.beyond.len()));
    }

    #[inline]
    pub(super) const fn side(&self) -> Side {
        self.side
    }

    #[inline]
    pub(super) const fn best(&self) -> i64 {
        self.best
    }

    /// Best price.
    #[inline]
    pub(super) fn best_price(&self) -> Option<Price> {
        i32::try_from(self.best).ok().map(|k| price(self.side, k))
    }

    /// A key's place in the array; past its end if it is outside.
    #[inline]
    const fn place(&self, key: i32) -> usize {
        key.wrapping_sub(self.base).cast_unsigned() as usize
    }

    /// The key of a place in the array.
    const fn key_at(&self, place: usize) -> i64 {
        // The array's width is below 2³¹.
        (self.base as i64).wrapping_add(place.cast_signed() as i64)
    }

    /// The best level; of an empty side nobody asks.
    #[inline]
    fn best_place(&self) -> usize {
        // In the array, whose width is below 2³¹.
        usize::try_from(self.best.wrapping_sub(i64::from(self.base))).unwrap_or(usize::MAX)
    }

    /// Who is served first.
    #[inline]
    pub(super) fn first(&self) -> u32 {
        self.levels[self.best_place()].head
    }

    /// Puts an order at the end of the queue of its price.
    #[inline]
    pub(super) fn append(&mut self, key: i32, slot: u32, lots: Lots, slots: &mut Slots) {
        let place = self.place(key);
        if place >= self.levels.len() {
            self.append_outside(key, slot, lots, slots);
            return;
        }
        self.levels[place].append(slot, lots, slots);
        self.occupied.insert(place);
        self.best = self.best.max(i64::from(key));
    }

    /// The same for a key outside the array.
    #[cold]
    fn append_outside(&mut self, key: i32, slot: u32, lots: Lots, slots: &mut Slots) {
        let better = i64::from(key) > self.best;
        // The best price has slid into the lowest quarter: what comes below it is worth a place in the array.
        let slid = !better && self.best_place() < self.levels.len() / 4;
        if better {
            self.recentre(key);
        } else if slid && let Ok(best) = i32::try_from(self.best) {
            self.recentre(best);
        }
        let place = self.place(key);
        if place < self.levels.len() {
            self.levels[place].append(slot, lots, slots);
            self.occupied.insert(place);
            self.best = self.best.max(i64::from(key));
            return;
        }
        let at = match self.beyond.binary_search_by_key(&key, |level| level.0) {
            Ok(at) => at,
            Err(at) => {
                self.beyond.insert(at, (key, Level::default()));
                at
            }
        };
        self.beyond[at].1.append(slot, lots, slots);
    }

    /// Moves the array so that `key` lies three quarters up, and levels in and out of it.
    pub(super) fn recentre(&mut self, key: i32) {
        let width = self.levels.len();
        // A quarter of the array is for keys that are better still. Widths are below 2³¹.
        let below = (width / 4).saturating_mul(3).cast_signed() as i64;
        let most = i64::from(i32::MAX).wrapping_sub(width.cast_signed() as i64).wrapping_add(1);
        let base = i64::from(key).saturating_sub(below).clamp(i64::from(i32::MIN), most);
        let shift = base.wrapping_sub(i64::from(self.base));
        // Clamped to 32 bits above.
        self.base = i32::try_from(base).unwrap_or(i32::MIN);
        if self.best == EMPTY && self.beyond.is_empty() {
            return;
        }
        if shift > 0 {
            self.shift_up(shift.unsigned_abs());
        } else {
            self.shift_down(shift.unsigned_abs());
        }
    }

    /// The array has moved to better keys: its lowest levels go beyond it.
    fn shift_up(&mut self, shift: u64) {
        let width = self.levels.len();
        let shift = usize::try_from(shift).unwrap_or(usize::MAX);
        let leaving = shift.min(width);
        let old_base = i64::from(self.base).wrapping_sub(shift.cast_signed() as i64);
        let mut from = self.occupied.from(0);
        while let Some(place) = from.filter(|&p| p < leaving) {
            let key = old_base.wrapping_add(place.cast_signed() as i64);
            // It was a key of the array, hence 32 bits; and better than all beyond.
            self.beyond.push((i32::try_from(key).unwrap_or(i32::MIN), self.levels[place]));
            from = self.occupied.from(place.wrapping_add(1));
        }
        self.levels.copy_within(leaving.., 0);
        self.levels[width.wrapping_sub(leaving)..].fill(Level::default());
        self.mark();
    }

    /// The array has moved to worse keys: the best levels beyond come into it.
    fn shift_down(&mut self, shift: u64) {
        let width = self.levels.len();
        let entering = usize::try_from(shift).unwrap_or(usize::MAX).min(width);
        // Nothing is pushed off the upper end: the best key stays within the array.
        self.levels.copy_within(..width.wrapping_sub(entering), entering);
        self.levels[..entering].fill(Level::default());
        while let Some(&(key, level)) = self.beyond.last() {
            if key < self.base {
                break;
            }
            let place = self.place(key);
            self.levels[place] = level;
            self.beyond.pop();
        }
        self.mark();
    }

    /// Marks which levels are occupied, after a move.
    fn mark(&mut self) {
        self.occupied.clear();
        for (place, level) in self.levels.iter().enumerate() {
            if level.head != NONE {
                self.occupied.insert(place);
            }
        }
    }

    /// Takes an order out of its queue.
    #[inline]
    pub(super) fn unlink(&mut self, key: i32, slot: u32, slots: &mut Slots) {
        let place = self.place(key);
        if place >= self.levels.len() {
            self.unlink_beyond(key, slot, slots);
            return;
        }
        if self.levels[place].unlink(slot, slots) {
            self.vacate(place);
        }
    }

    /// Nobody is left at a level of the array.
    #[inline]
    fn vacate(&mut self, place: usize) {
        self.occupied.remove(place);
        if place == self.best_place() {
            self.best = match self.occupied.below(place) {
                Some(next) => self.key_at(next),
                None => self.best_beyond(),
            };
        }
    }

    /// The array has run empty: it moves to the best level beyond.
    #[cold]
    fn best_beyond(&mut self) -> i64 {
        let Some(&(key, _)) = self.beyond.last() else {
            return EMPTY;
        };
        self.recentre(key);
        i64::from(key)
    }

    #[cold]
    fn unlink_beyond(&mut self, key: i32, slot: u32, slots: &mut Slots) {
        // A resting order's key is in the array or in the list.
        if let Ok(at) = self.beyond.binary_search_by_key(&key, |level| level.0)
            && self.beyond[at].1.unlink(slot, slots)
        {
            self.beyond.remove(at);
        }
    }

    /// The first order at the best price is filled: it leaves.
    #[inline]
    pub(super) fn pop_first(&mut self, slots: &mut Slots) {
        let place = self.best_place();
        let level = &mut self.levels[place];
        let order = *slots.at(level.head);
        level.head = order.next;
        level.lots = level.lots.wrapping_sub(u64::from(order.lots.get()));
        slots.at_mut(order.next).prev = NONE;
        if order.next == NONE {
            level.tail = NONE;
            self.vacate(place);
        }
    }

    /// `lots` of a resting order's are gone; it keeps its place.
    #[inline]
    pub(super) fn reduce(&mut self, key: i32, lots: Lots) {
        let place = self.place(key);
        let gone = u64::from(lots.get());
        if let Some(level) = self.levels.get_mut(place) {
            level.lots = level.lots.wrapping_sub(gone);
        } else if let Ok(at) = self.beyond.binary_search_by_key(&key, |level| level.0) {
            self.beyond[at].1.lots = self.beyond[at].1.lots.wrapping_sub(gone);
        }
    }

    /// The queue at a key, none if nobody is there.
    pub(super) fn level(&self, key: i32) -> Option<&Level> {
        if let Some(level) = self.levels.get(self.place(key)) {
            return Some(level).filter(|level| level.head != NONE);
        }
        let at = self.beyond.binary_search_by_key(&key, |level| level.0).ok()?;
        Some(&self.beyond[at].1)
    }

    /// The best key with orders among those below `cursor`. Keys stay what they are when the array moves.
    pub(super) fn below(&self, cursor: i64) -> Option<i32> {
        let reach = cursor.saturating_sub(i64::from(self.base)).clamp(0, self.width());
        // Clamped to the array.
        let place = usize::try_from(reach).unwrap_or(0);
        if let Some(place) = self.occupied.below(place) {
            return Some(self.array_key(place));
        }
        let worse = self.beyond.partition_point(|(key, _)| i64::from(*key) < cursor);
        self.beyond.get(worse.checked_sub(1)?).map(|(key, _)| *key)
    }

    /// Levels with orders, best first.
    pub(super) fn best_first(&self) -> impl Iterator<Item = (i32, &Level)> + Clone {
        let mut cursor = i64::MAX;
        std::iter::from_fn(move || {
            let key = self.below(cursor)?;
            cursor = i64::from(key);
            self.level(key).map(|level| (key, level))
        })
    }

    /// Levels with orders, worst first.
    pub(super) fn worst_first(&self) -> impl Iterator<Item = (i32, &Level)> + Clone {
        let mut from = 0;
        let array = std::iter::from_fn(move || {
            let place = self.occupied.from(from)?;
            from = place.wrapping_add(1);
            Some((self.array_key(place), &self.levels[place]))
        });
        self.beyond.iter().map(|(key, level)| (*key, level)).chain(array)
    }

    const fn width(&self) -> i64 {
        self.levels.len().cast_signed() as i64
    }

    fn array_key(&self, place: usize) -> i32 {
        // The array lies within 32 bits.
        i32::try_from(self.key_at(place)).unwrap_or(i32::MAX)
    }

    /// Whether array, marks, best key and the list beyond agree: for [`super::Book::violations`].
    pub(super) fn is_sound(&self) -> bool {
        let marks = self
            .levels
            .iter()
            .enumerate()
            .all(|(place, level)| self.occupied.contains(place) == (level.head != NONE));
        let best = self.occupied.below(self.levels.len()).map_or(EMPTY, |place| self.key_at(place));
        let beyond = self.beyond.is_sorted_by(|a, b| a.0 < b.0)
            && self.beyond.iter().all(|(key, level)| *key < self.base && level.head != NONE);
        marks && best == self.best && beyond && (best != EMPTY || self.beyond.is_empty())
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let levels = self.levels.capacity().saturating_mul(size_of::<Level>());
        let beyond = self.beyond.capacity().saturating_mul(size_of::<(i32, Level)>());
        levels.saturating_add(beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_grow_towards_the_better_end() {
        for ticks in [i32::MIN, -1, 0, 7, i32::MAX] {
            assert_eq!(key(Side::Buy, Price::new(ticks)), ticks);
            assert_eq!(key(Side::Sell, Price::new(ticks)), !ticks);
            for side in [Side::Buy, Side::Sell] {
                assert_eq!(price(side, key(side, Price::new(ticks))), Price::new(ticks));
            }
        }
    }
}
