//! After the close: settlement prices, the limit-lock machine, marking to market, expiry.

use jiff::civil::Date;

use super::session::{VenueTape, idx};
use super::{ContractDay, DayFault, DayReport, Listing, Part, Venue};
use crate::account::AccountId;
use crate::book::{Book, Statistics};
use crate::clearing::{DaySettlement, Reduction, ReductionReport};
use crate::contract::{ContractIdx, ContractMonth};
use crate::order::Side;
use crate::rules::{Change, Close, LockAction, TermsFault};
use crate::terms::Terms;
use crate::units::{Lots, Price};

/// Orders that stood at the limit of a locked contract.
type Standing = (ContractIdx, Vec<(AccountId, Lots)>);

impl Venue {
    /// Ends the day: books close (6) settlement prices, (7) limits and margins of a locked market, forced reduction,
    /// (8) marking to market and calls, (9) expiry.
    ///
    /// # Errors
    /// When no day is open, or a sum does not fit.
    pub fn evening<T: VenueTape + ?Sized>(
        &mut self,
        tape: &mut T,
        report: &mut DayReport,
    ) -> Result<(), DayFault> {
        let Some(day) = self.day.filter(|_| self.part != Part::Night) else {
            return Err(DayFault::Order { part: self.part });
        };
        self.close_spreads(tape);
        let standing = self.close_books(tape, report);
        self.settlement_prices(report);
        self.locks(day, &standing, report)?;
        self.settle(day, report)?;
        self.part = Part::Night;
        self.expire(day, report)?;
        match self.fault.take() {
            Some(fault) => Err(DayFault::Session(fault)),
            None => Ok(()),
        }
    }

    /// Closes all books; keeps what stood at a limit in a locked contract.
    fn close_books<T: VenueTape + ?Sized>(
        &mut self,
        tape: &mut T,
        report: &mut DayReport,
    ) -> Vec<Standing> {
        let mut standing = Vec::new();
        let trading: Vec<(ContractIdx, ContractMonth)> = self
            .contracts()
            .filter(|(_, l)| l.terms.is_some())
            .map(|(place, l)| (place, l.month))
            .collect();
        for (contract, month) in trading {
            let Some(terms) = self.terms(contract).cloned() else { continue };
            if let Some(book) = self.book(contract)
                && let Some(side) = book.locked()
            {
                let at = |(_, account, price, lots)| {
                    (Some(price) == book.best(side)).then_some((account, lots))
                };
                standing.push((contract, book.orders(side).filter_map(at).collect()));
            }
            let Some(closed) = self.close_book(contract, tape) else { continue };
            report.contracts.push(ContractDay {
                contract,
                month,
                phase: terms.phase,
                reference: terms.reference,
                limits: terms.limits,
                margin: terms.margin,
                statistics: closed.statistics,
                settlement: terms.reference,
                from_trades: false,
                open_interest: 0,
                locked: closed.locked,
                action: None,
                last_day: terms.last_trading_day,
            });
        }
        standing
    }

    /// Step 6: average of the day's trades, or what the rules say of a day without.
    fn settlement_prices(&mut self, report: &mut DayReport) {
        let rules = self.rules.sheet().settlement;
        for row in &mut report.contracts {
            let Statistics { volume, turnover, .. } = row.statistics;
            if let Some(price) = rules.of_trades(turnover, volume) {
                (row.settlement, row.from_trades) = (price, true);
            }
            if let Some(Some(listing)) = self.listings.get_mut(usize::from(row.contract.0)) {
                listing.volume = volume;
                listing.traded |= volume > 0;
                if Some(listing.month) == self.day.map(ContractMonth::of) {
                    // A month's turnover: a few dozen days of what fits 64 bits.
                    listing.delivery_month.0 = listing.delivery_month.0.saturating_add(turnover);
                    listing.delivery_month.1 = listing.delivery_month.1.saturating_add(volume);
                }
            }
        }
        let traded: Vec<(ContractMonth, Change)> = report
            .contracts
            .iter()
            .filter(|row| row.from_trades)
            .map(|r| (r.month, Change { reference: r.reference, settlement: r.settlement }))
            .collect();
        for row in report.contracts.iter_mut().filter(|row| !row.from_trades) {
            let distance = |month: ContractMonth| month.ordinal().abs_diff(row.month.ordinal());
            let nearest = traded.iter().min_by_key(|(month, _)| distance(*month));
            let nearest = nearest.map(|(_, change)| *change);
            row.settlement = rules.of_a_day_without(row.reference, nearest, row.limits);
        }
    }

    /// Step 7: what a locked close does to the days after it, and forced reduction tonight.
    fn locks(
        &mut self,
        day: Date,
        standing: &[Standing],
        report: &mut DayReport,
    ) -> Result<(), DayFault> {
        for row in &mut report.contracts {
            let place = usize::from(row.contract.0);
            let Some(Some(listing)) = self.listings.get_mut(place) else { continue };
            let Some(terms) = &listing.terms else { continue };
            // A contract whose end the calendar does not reach is far from it.
            let last = self.rules.last_trading_day(&self.calendar, listing.month);
            let days_left = last.map_or(Ok(u32::MAX), |last| self.calendar.days_to(day, last))?;
            let limit_rate = terms.limit_rate.unwrap_or_default();
            let close = Close { locked: row.locked, limit_rate, days_left };
            let (state, action) = self.rules.close(listing.lock, close);
            listing.lock = state;
            row.action = action;
            let (Some(LockAction::ForcedReduction(levels)), Some(side), Some(limits)) =
                (action, row.locked, row.limits)
            else {
                continue;
            };
            let unfilled = standing.iter().find(|(contract, _)| *contract == row.contract);
            let reduction = Reduction {
                contract: row.contract,
                side,
                limit: if side == Side::Buy { limits.high } else { limits.low },
                settlement: row.settlement,
                levels,
                sequence: self.books.get(place).map_or(0, Book::next_trade),
            };
            let mut reduced = ReductionReport::default();
            let orders = unfilled.map_or(&[][..], |(_, orders)| orders.as_slice());
            self.clearing.reduce(&reduction, orders, &mut reduced)?;
            if let Some(book) = self.books.get_mut(place) {
                book.skip_trades(reduced.trades.len());
            }
            report.reductions.push((row.contract, reduced));
        }
        Ok(())
    }

    /// Step 8: positions are marked, fees and margin taken, calls made. Margin is what the next day's terms require.
    fn settle(&mut self, day: Date, report: &mut DayReport) -> Result<(), DayFault> {
        let next_day = self.calendar.next(day)?;
        let mut nights: Vec<(ContractIdx, Price, Terms)> = Vec::new();
        for place in 0..self.listings.len() {
            let Some(Some(listing)) = self.listings.get(place) else { continue };
            let contract = idx(place);
            let row = report.contracts.iter().find(|row| row.contract == contract);
            let price = row.map(|row| row.settlement).or(self.clearing.settlement(contract));
            let (Some(price), Some(today)) = (price, listing.tonight()) else { continue };
            let next = match self.terms_after(contract, listing, price, next_day) {
                Ok(next) => next,
                // After the last trading day margin stays what it was.
                Err(DayFault::Terms(TermsFault::Ended { .. })) => today.clone(),
                Err(fault) => return Err(fault),
            };
            nights.push((contract, price, next));
        }
        let settlements: Vec<DaySettlement<'_>> = nights
            .iter()
            .map(|(contract, price, next)| DaySettlement {
                contract: *contract,
                price: *price,
                next,
            })
            .collect();
        self.clearing.settle(&settlements, &mut report.clearing)?;
        for row in &mut report.contracts {
            let settled = report.clearing.contracts.iter().find(|c| c.contract == row.contract);
            row.open_interest = settled.map_or(0, |c| c.open_interest);
        }
        Ok(())
    }

    /// The next day's terms, as they follow from tonight's settlement.
    fn terms_after(
        &self,
        contract: ContractIdx,
        listing: &Listing,
        settlement: Price,
        next_day: Date,
    ) -> Result<Terms, DayFault> {
        let mut standing = self.standing_of(contract, listing, next_day);
        standing.reference = settlement;
        Ok(self.rules.terms(&self.calendar, &standing)?)
    }
}
