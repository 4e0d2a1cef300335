//! The opening auction of a book: one price for all, then continuous trading.

use super::ladder::{key, price};
use super::slots::NONE;
use super::tape::{Fill, Tape};
use super::{Book, Session};
use crate::auction::{AuctionPrice, auction_price};
use crate::order::{CancelReason, Refusal, Side, Trade};
use crate::units::{Lots, Price};

impl Book {
    /// The price at which the auction would trade now, and how much; none if nobody would.
    pub fn indicative(&self, reference: Price) -> Option<AuctionPrice> {
        let [bids, offers] = &self.ladders;
        auction_price(
            bids.worst_first().map(|(key, level)| (price(Side::Buy, key), level.lots)),
            offers.best_first().map(|(key, level)| (price(Side::Sell, key), level.lots)),
            reference,
        )
    }

    /// Ends the auction: trades at [`auction_price`] by price, then by sequence number, without an aggressor; what is left
    /// of limit orders stays for continuous trading, which begins, and what is left of market orders is cancelled.
    /// `reference` is the previous settlement. An account may meet itself here: preventing it would cost others volume.
    ///
    /// # Errors
    /// [`Refusal::Closed`] when there is no auction.
    pub fn uncross<T: Tape + ?Sized>(
        &mut self,
        reference: Price,
        tape: &mut T,
    ) -> Result<Option<AuctionPrice>, Refusal> {
        if self.session != Session::Auction {
            return Err(Refusal::Closed);
        }
        self.journal_mut(|journal| journal.push_uncross(reference));
        let outcome = self.indicative(reference);
        if let Some(auction) = outcome {
            let mut left = auction.volume;
            while left > 0 {
                let lots = self.trade_first(auction.price, tape);
                left = left.saturating_sub(u64::from(lots.get()));
            }
        }
        for side in [Side::Buy, Side::Sell] {
            self.withdraw_market_orders(side, self.band.market_price(side), tape);
        }
        self.session = Session::Continuous;
        Ok(outcome)
    }

    /// The first bid meets the first offer, as far as both go: the auction's volume is the sum over all such pairs.
    fn trade_first<T: Tape + ?Sized>(&mut self, price: Price, tape: &mut T) -> Lots {
        let (buy, sell) = (self.ladders[0].first(), self.ladders[1].first());
        let (bid, offer) = (*self.slots.at(buy), *self.slots.at(sell));
        let lots = bid.lots.min(offer.lots);
        self.fill_first(0, buy, lots);
        self.fill_first(1, sell, lots);
        let trade = Trade {
            sequence: self.next_trade,
            price,
            lots,
            buyer: bid.account,
            seller: offer.account,
            aggressor: None,
        };
        self.next_trade = self.next_trade.wrapping_add(1);
        self.statistics.count(price, lots);
        tape.fill(&Fill { trade, buy: bid.id, sell: offer.id });
        lots
    }

    /// Market orders do not rest: those left over lie at the best price there is.
    fn withdraw_market_orders<T: Tape + ?Sized>(&mut self, side: Side, limit: Price, tape: &mut T) {
        let level = self.ladders[side as usize].level(key(side, limit));
        let mut next = level.map_or(NONE, |level| level.head);
        while next != NONE {
            let slot = next;
            next = self.slots.at(slot).next;
            if self.slots.at(slot).market {
                self.withdraw(slot, CancelReason::Unfilled, tape);
            }
        }
    }
}
