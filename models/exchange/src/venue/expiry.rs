//! How contracts leave a venue: cash on the evening of the last trading day, metal on the morning of the delivery day.

use jiff::civil::Date;

use super::morning::Scheduled;
use super::report::Expired;
use super::session::idx;
use super::{DayFault, DayReport, Venue};
use crate::contract::{ContractIdx, ContractMonth};
use crate::delivery::{Delivery, DeliveryReport, final_price};
use crate::expiry::{CashSettlement, Expiry};
use crate::units::{Price, nearest};

impl Venue {
    /// Evening of the last trading day: a contract settled in cash ends, one with delivery waits for its day.
    pub(super) fn expire(&mut self, day: Date, report: &mut DayReport) -> Result<(), DayFault> {
        let expiry = self.rules.sheet().expiry.clone();
        for place in 0..self.listings.len() {
            let Some(Some(listing)) = self.listings.get_mut(place) else { continue };
            if !listing.terms.as_ref().is_some_and(|terms| terms.last_trading_day) {
                continue;
            }
            listing.ended = Some(day);
            let terms = listing.terms.take();
            match &expiry {
                Expiry::Physical(_) => listing.in_delivery = terms,
                Expiry::Cash(rule) => {
                    let (month, index) = (listing.month, listing.index);
                    self.settle_in_cash(idx(place), month, rule, index, report)?;
                }
            }
        }
        Ok(())
    }

    fn settle_in_cash(
        &mut self,
        contract: ContractIdx,
        month: ContractMonth,
        rule: &CashSettlement,
        index: (i64, u32),
        report: &mut DayReport,
    ) -> Result<(), DayFault> {
        let last = self.clearing.settlement(contract).unwrap_or_default();
        let price = final_price(rule, index, last);
        let lots = self.clearing.open_interest(contract);
        self.clearing.close_out(contract, price)?;
        self.leave(contract, Expired { month, price, lots, delivery: None }, report)
    }

    /// Morning: metal comes on warrant and goes, storage is charged, and contracts whose delivery day it is are delivered.
    /// Calls have fallen due before: nobody is below zero.
    pub(super) fn metal(
        &mut self,
        day: Date,
        scheduled: &Scheduled<'_>,
        report: &mut DayReport,
    ) -> Result<(), DayFault> {
        let Some(warehouses) = &mut self.warehouses else {
            return if scheduled.receipts.is_empty() && scheduled.loaded_out.is_empty() {
                Ok(())
            } else {
                Err(DayFault::NoDelivery)
            };
        };
        let Expiry::Physical(rules) = &self.rules.sheet().expiry else { return Ok(()) };
        for (receipt, lots) in scheduled.loaded_out {
            let grade = warehouses.receipts().iter().find(|r| r.id == *receipt).map(|r| r.grade);
            warehouses.cancel(*receipt, *lots)?;
            warehouses.leave(grade.unwrap_or_default(), *lots)?;
        }
        for new in scheduled.receipts {
            warehouses.arrive(new.grade, new.lots)?;
            warehouses.register(new.owner, new.grade, new.brand, new.lots, day)?;
        }
        let storage = self.clearing.charge_storage(warehouses, rules, day)?;
        report.storage = storage;
        self.deliver(day, report)
    }

    /// Delivers contracts that ceased to trade so many trading days ago as the rules say.
    fn deliver(&mut self, day: Date, report: &mut DayReport) -> Result<(), DayFault> {
        let Expiry::Physical(rules) = self.rules.sheet().expiry.clone() else { return Ok(()) };
        for place in 0..self.listings.len() {
            let Some(Some(listing)) = self.listings.get(place) else { continue };
            let Some(ended) = listing.ended.filter(|_| listing.awaits_delivery()) else { continue };
            if self.calendar.days_to(ended, day)? < u32::from(rules.delivery_days) {
                continue;
            }
            let (month, (turnover, lots)) = (listing.month, listing.delivery_month);
            let price = self.delivery_price(idx(place), turnover, lots);
            let lots = self.clearing.open_interest(idx(place));
            let Some(warehouses) = &mut self.warehouses else { return Err(DayFault::NoDelivery) };
            let delivery = Delivery { contract: idx(place), price, rules: &rules, day };
            let mut delivered = DeliveryReport::default();
            self.clearing.deliver(&delivery, warehouses, &mut delivered)?;
            // A penalty may be more than an account has.
            self.clearing.cover_defaults(&mut report.delivery_defaults)?;
            let expired = Expired { month, price, lots, delivery: Some(delivered) };
            self.leave(idx(place), expired, report)?;
        }
        Ok(())
    }

    /// The delivery settlement price: the average of all trades in the delivery month by volume (DCE and GFEX, one-off
    /// delivery), or the last settlement if there were none.
    fn delivery_price(&self, contract: ContractIdx, turnover: i128, lots: u64) -> Price {
        let last = self.clearing.settlement(contract).unwrap_or_default();
        nearest(turnover, i128::from(lots)).unwrap_or(last)
    }

    fn leave(
        &mut self,
        contract: ContractIdx,
        expired: Expired,
        report: &mut DayReport,
    ) -> Result<(), DayFault> {
        self.clearing.delist(contract)?;
        if let Some(listing) = self.listings.get_mut(usize::from(contract.0)) {
            *listing = None;
        }
        report.expired.push(expired);
        Ok(())
    }
}
