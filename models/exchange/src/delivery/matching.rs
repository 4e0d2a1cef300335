//! Who delivers to whom.

use std::cmp::Reverse;

use crate::account::AccountId;
use crate::clearing::Position;
use crate::order::Side;
use crate::units::Lots;

/// Lots that a short owes a long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) long: AccountId,
    pub(super) short: AccountId,
    pub(super) lots: Lots,
}

/// Matches longs with shorts, the largest first on both sides, of two equal ones the first account: at most one pair fewer
/// than there are parties. DCE and GFEX match for one-off delivery so that pairs are few (最少配对数) without publishing an
/// algorithm; this one is `assumed`.
#[derive(Debug, Clone, Default)]
pub(super) struct Matching {
    longs: Vec<(AccountId, Lots)>,
    shorts: Vec<(AccountId, Lots)>,
    pub(super) pairs: Vec<Pair>,
}

impl Matching {
    pub(super) fn of<'a>(&mut self, positions: impl Iterator<Item = &'a Position>) {
        for side in [&mut self.longs, &mut self.shorts] {
            side.clear();
        }
        for (account, position) in (0..).map(AccountId).zip(positions) {
            match position.side() {
                Some(Side::Buy) => self.longs.push((account, position.size())),
                Some(Side::Sell) => self.shorts.push((account, position.size())),
                None => {}
            }
        }
        for side in [&mut self.longs, &mut self.shorts] {
            side.sort_unstable_by_key(|(account, lots)| (Reverse(*lots), *account));
        }
        self.pairs.clear();
        let (mut longs, mut shorts) = (self.longs.iter_mut(), self.shorts.iter_mut());
        let (mut long, mut short) = (longs.next(), shorts.next());
        while let (Some(buyer), Some(seller)) = (&mut long, &mut short) {
            let lots = buyer.1.min(seller.1);
            self.pairs.push(Pair { long: buyer.0, short: seller.0, lots });
            (buyer.1, seller.1) = (buyer.1.less(lots), seller.1.less(lots));
            if buyer.1.is_zero() {
                long = longs.next();
            }
            if seller.1.is_zero() {
                short = shorts.next();
            }
        }
    }
}
