//! Physical delivery: metal against money at the delivery settlement price, penalties for a side that fails.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::matching::{Matching, Pair};
use super::receipts::{Receipt, Warehouses, storage_due};
use crate::account::AccountId;
use crate::clearing::{Clearing, ClearingError};
use crate::contract::ContractIdx;
use crate::expiry::{Grade, PhysicalDelivery};
use crate::ledger::{Pot, Reason};
use crate::scratch::Scratch;
use crate::units::{Lots, Money, MoneyOverflow, Price};

/// A contract's delivery.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Which contract.
    pub contract: ContractIdx,
    /// Delivery settlement price (at DCE and GFEX the average of the delivery month's trades by volume).
    pub price: Price,
    /// Rules.
    pub rules: &'a PhysicalDelivery,
    /// Day on which it is done.
    pub day: Date,
}

/// What came of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Who was to receive.
    pub long: AccountId,
    /// Who was to deliver.
    pub short: AccountId,
    /// How much.
    pub lots: Lots,
    /// Delivered and paid.
    pub delivered: Lots,
    /// For which the short had no receipts.
    pub undelivered: Lots,
    /// For which the long had no money.
    pub unpaid: Lots,
    /// Paid for what was delivered, premia and discounts included.
    pub payment: Money,
    /// Penalty from short to long; below zero: from long to short.
    pub penalty: Money,
    /// Storage taken from the short.
    pub storage: Money,
}

/// What a delivery did. Buffers are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DeliveryReport {
    /// By pair.
    pub pairs: Vec<Delivered>,
    /// Gains at the delivery settlement price over the last settlement.
    pub gains: Money,
    #[serde(skip)]
    scratch: Scratch<Matching>,
}

impl Clearing {
    /// Ends a contract by delivery. Call it after the settlement of the last trading day (or of a later day) and after
    /// [`Self::open_day`] or calls, when nobody is below zero.
    ///
    /// Positions are marked to the delivery settlement price and closed, and margin that they no longer need is free.
    /// Each short then delivers its oldest receipts on warrant to the longs it is matched with, who pay the price with the
    /// premia and discounts of grade and brand; each side pays the delivery fee, the short storage until the day. A short
    /// without receipts, or a long without cash, pays the other the penalty on the contract value of what failed, and
    /// delivery of that ends: it has been settled in cash at the delivery settlement price. (20 % of contract value paid to
    /// the other side, and delivery ended: ZCE, *Detailed Rules for Delivery*, 2019, as DCE's and GFEX's.) A penalty is owed
    /// in full; an account that it puts below zero is a default.
    ///
    /// # Errors
    /// When the contract is not listed or has unsettled trades, an account may be below zero, or a sum does not fit.
    pub fn deliver(
        &mut self,
        delivery: &Delivery<'_>,
        warehouses: &mut Warehouses,
        report: &mut DeliveryReport,
    ) -> Result<(), ClearingError> {
        self.nothing_open()?;
        let tick_value = self
            .tick_value(delivery.contract)
            .ok_or(ClearingError::NoContract { contract: delivery.contract })?;
        let value = tick_value.times(delivery.price.wide(), 1)?;
        report.pairs.clear();
        report.scratch.0.of(self.positions(delivery.contract));
        report.gains = self.close_out(delivery.contract, delivery.price)?;
        for pair in &report.scratch.0.pairs {
            self.free_margin(pair.long)?;
            self.free_margin(pair.short)?;
        }
        for pair in &report.scratch.0.pairs {
            let delivered = self.deliver_pair(delivery, pair, value, warehouses)?;
            report.pairs.push(delivered);
        }
        Ok(())
    }

    fn deliver_pair(
        &mut self,
        delivery: &Delivery<'_>,
        pair: &Pair,
        value: Money,
        warehouses: &mut Warehouses,
    ) -> Result<Delivered, ClearingError> {
        let (long, short) = (Pot::Cash(pair.long), Pot::Cash(pair.short));
        let fee = delivery.rules.delivery_fee;
        let mut done = Delivered {
            long: pair.long,
            short: pair.short,
            lots: pair.lots,
            delivered: Lots::ZERO,
            undelivered: Lots::ZERO,
            unpaid: Lots::ZERO,
            payment: Money::ZERO,
            penalty: Money::ZERO,
            storage: Money::ZERO,
        };
        let mut left = pair.lots;
        while !left.is_zero() && done.unpaid.is_zero() {
            let Some(receipt) = warehouses.oldest(pair.short) else { break };
            let lot = price_of(&receipt, value, delivery.rules)?;
            let asked = left.min(receipt.lots);
            let lots = asked.min(affordable(self.ledger().balance(long), lot.plus(fee)?));
            if lots < asked {
                done.unpaid = left.less(lots);
            }
            if lots.is_zero() {
                break;
            }
            let n = i64::from(lots.get());
            let payment = lot.times(n, 1)?;
            self.move_money(long, short, payment, Reason::Delivery)?;
            for side in [long, short] {
                self.move_money(side, Pot::Fees, fee.times(n, 1)?, Reason::DeliveryFee)?;
            }
            let due = storage_due(&receipt, lots, delivery.rules.storage_fee, delivery.day)?;
            let storage = due.min(self.ledger().balance(short).at_least_zero());
            self.move_money(short, Pot::Warehouses, storage, Reason::Storage)?;
            warehouses
                .transfer(receipt.id, lots, pair.long, delivery.day)
                .map_err(|_| ClearingError::NoReceipt { account: pair.short })?;
            done.delivered = Lots::new(done.delivered.get().saturating_add(lots.get()));
            done.payment = done.payment.plus(payment)?;
            done.storage = done.storage.plus(storage)?;
            left = left.less(lots);
        }
        done.undelivered = left.less(done.unpaid);
        let owed = |lots: Lots| {
            value.abs()?.times(i64::from(lots.get()), 1)?.share(delivery.rules.penalty)
        };
        done.penalty = owed(done.undelivered)?.minus(owed(done.unpaid)?)?;
        self.move_money(short, long, done.penalty, Reason::Penalty)?;
        self.spend_margin(pair.long)?;
        self.spend_margin(pair.short)?;
        Ok(done)
    }
}

/// What a lot on a receipt is paid: never below zero.
fn price_of(
    receipt: &Receipt,
    value: Money,
    rules: &PhysicalDelivery,
) -> Result<Money, MoneyOverflow> {
    let adjustment = |list: &[Grade], place: u16| {
        list.get(usize::from(place)).map_or(Money::ZERO, |grade| grade.adjustment)
    };
    let brand = receipt.brand.map_or(Money::ZERO, |brand| adjustment(&rules.brands, brand));
    let lot = value.plus(adjustment(&rules.grades, receipt.grade))?.plus(brand)?;
    Ok(lot.at_least_zero())
}

/// How many lots an amount pays.
fn affordable(cash: Money, lot: Money) -> Lots {
    if lot <= Money::ZERO {
        return Lots::new(u32::MAX);
    }
    let lots = cash.at_least_zero().minor().checked_div(lot.minor()).unwrap_or(0);
    Lots::new(u32::try_from(lots).unwrap_or(u32::MAX))
}
