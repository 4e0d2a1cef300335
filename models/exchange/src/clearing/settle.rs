//! Step 8 of a trading day: mark to market, fees, margin, the guarantee fund, calls.

use super::{AccountClearing, Clearing, ClearingReport, ContractClearing, Standing, margin_place};
use crate::account::AccountKind;
use crate::clearing::{ClearingError, Position};
use crate::contract::ContractIdx;
use crate::ledger::{Leg, Pot, Reason};
use crate::terms::Terms;
use crate::units::{Money, Price, Rate};

/// A contract's settlement.
#[derive(Debug, Clone, Copy)]
pub struct DaySettlement<'a> {
    /// Which contract.
    pub contract: ContractIdx,
    /// Its settlement price.
    pub price: Price,
    /// Terms of the day that ends: fees.
    pub today: &'a Terms,
    /// Terms of the next trading day: positions are margined at the rates that will hold then, so that a raise is called
    /// in before it takes effect (INE, *Risk Management Rules*, art. 5). Those of today if the contract ends.
    pub next: &'a Terms,
}

/// What a lot costs at a settlement, worked out once a contract.
struct LotTerms {
    price: Price,
    tick_value: Money,
    margin: [Money; 2],
    stress: Money,
    fee: Rate,
    fee_lot: Money,
}

impl Clearing {
    /// Settles a day: every listed contract once.
    ///
    /// Today's trades are marked from their prices, older positions from the previous settlement; gains of a contract sum
    /// to zero to the fen. Then fees are taken, of turnover (rounded up to the fen an account and contract) and by lot;
    /// margin is posted or released, for a lot its share of value rounded up to the fen; and the guarantee fund is sized.
    /// A loss that cash does not cover is taken from margin; an account below its maintenance margin is called for what is
    /// missing. One whose losses were more than all it had stands below zero until it pays or the waterfall runs
    /// ([`Self::enforce_calls`]); nothing may leave the clearing house before.
    ///
    /// # Errors
    /// A contract without a settlement price or with two, or one that is not listed: nothing has changed. A sum that does
    /// not fit (near 2⁶³ fen): half a day is settled, and the state is not to be used.
    pub fn settle(
        &mut self,
        settlements: &[DaySettlement<'_>],
        report: &mut ClearingReport,
    ) -> Result<(), ClearingError> {
        self.settled_once(settlements)?;
        report.clear(self.n_accounts());
        for settlement in settlements {
            let lot = self.lot_terms(settlement)?;
            let place = usize::from(settlement.contract.0);
            if let (Some(Some(listed)), Some(positions)) =
                (self.contracts.get_mut(place), self.positions.get_mut(place))
            {
                listed.settlement = settlement.price;
                let rows = &mut report.accounts;
                let marked = mark(settlement.contract, positions, &self.kinds, &lot, rows)?;
                report.contracts.push(marked);
            }
        }
        self.pay(report)?;
        self.size_fund(report)?;
        self.call(report)
    }

    fn settled_once(&self, settlements: &[DaySettlement<'_>]) -> Result<(), ClearingError> {
        for settlement in settlements {
            self.contract(settlement.contract)?;
        }
        for contract in self.contracts() {
            if settlements.iter().filter(|s| s.contract == contract).count() != 1 {
                return Err(ClearingError::NotSettledOnce { contract });
            }
        }
        Ok(())
    }

    fn lot_terms(&self, settlement: &DaySettlement<'_>) -> Result<LotTerms, ClearingError> {
        let tick_value = self.contract(settlement.contract)?.tick_value;
        let value = tick_value.times(settlement.price.wide(), 1)?.abs()?;
        Ok(LotTerms {
            price: settlement.price,
            tick_value,
            margin: [
                value.share(settlement.next.margin)?,
                value.share(settlement.next.margin_hedger)?,
            ],
            stress: value.share(self.rules.funds.stress)?,
            fee: settlement.today.fee,
            fee_lot: settlement.today.fee_lot,
        })
    }

    /// Gains, losses, fees and margin move.
    fn pay(&mut self, report: &mut ClearingReport) -> Result<(), ClearingError> {
        self.deficit = false;
        let each = self.accounts();
        let columns = self.standings.iter().zip(&mut self.covered);
        for ((account, row), (standing, covered)) in each.zip(&mut report.accounts).zip(columns) {
            let mut books = self.ledger.books(account)?;
            books.transfer(Leg::Variation, Leg::Cash, row.variation, Reason::Variation)?;
            books.transfer(Leg::Cash, Leg::Fees, row.fee, Reason::Fee)?;
            report.fees = report.fees.plus(row.fee)?;
            if standing.is_default() {
                // What a defaulter gains goes first to those who paid for it; it posts no margin.
                let back = books.cash().at_least_zero().min(*covered);
                books.transfer(Leg::Cash, Leg::Reserve, back, Reason::Recovery)?;
                *covered = covered.minus(back)?;
                report.recovered = report.recovered.plus(back)?;
            } else {
                let missing = row.required.minus(books.margin())?;
                let posted = missing.min(books.cash().at_least_zero());
                books.transfer(Leg::Cash, Leg::Margin, posted, Reason::Margin)?;
            }
            if books.cash() < Money::ZERO {
                let short = Money::ZERO.minus(books.cash())?;
                row.margin_spent = short.min(books.margin());
                books.transfer(Leg::Margin, Leg::Cash, row.margin_spent, Reason::MarginSpent)?;
                self.deficit |= row.margin_spent < short;
            }
        }
        report.reserve_share = report.fees.share(self.rules.funds.reserve_share)?;
        self.ledger.transfer(
            Pot::Fees,
            Pot::Reserve,
            report.reserve_share,
            Reason::ReserveShare,
        )?;
        Ok(())
    }

    /// Who is under its maintenance margin, or could not pay its part of the fund, is called.
    fn call(&mut self, report: &mut ClearingReport) -> Result<(), ClearingError> {
        let each = self.accounts().zip(&mut report.accounts);
        for ((account, row), (standing, called)) in
            each.zip(self.standings.iter_mut().zip(&mut self.called))
        {
            if standing.is_default() {
                (row.call, *called) = (Money::ZERO, Money::ZERO);
                continue;
            }
            let equity = self.ledger.equity(account)?;
            if equity < row.required.share(self.rules.maintenance)? || equity < Money::ZERO {
                row.call = row.call.plus(row.required.minus(equity)?)?;
            }
            *called = row.call;
            report.calls = report.calls.plus(row.call)?;
            *standing = match (*standing, row.call > Money::ZERO) {
                (Standing::Closing, true) => Standing::Closing,
                (_, true) => Standing::Called,
                (_, false) => Standing::Good,
            };
        }
        Ok(())
    }
}

/// Marks a contract's positions and carries them on: adds to each account's row, and checks that gains and losses cancel.
fn mark(
    contract: ContractIdx,
    positions: &mut [Position],
    kinds: &[AccountKind],
    lot: &LotTerms,
    rows: &mut [AccountClearing],
) -> Result<ContractClearing, ClearingError> {
    let (mut sum, mut gains, mut open_interest) = (Money::ZERO, Money::ZERO, 0_u64);
    let [speculator, hedger] = lot.margin;
    for ((position, kind), row) in positions.iter_mut().zip(kinds).zip(rows) {
        if position.traded == 0 && position.lots == 0 {
            (position.buying, position.selling) = (0, 0);
            continue;
        }
        let gain = position.result(lot.price, lot.tick_value)?;
        row.variation = row.variation.plus(gain)?;
        sum = sum.plus(gain)?;
        gains = gains.plus(gain.at_least_zero())?;
        let lots = i64::from(position.lots);
        if position.traded > 0 {
            let turnover = lot.tick_value.times(position.turnover, 1)?;
            let by_lot = lot.fee_lot.times(i64::from(position.traded), 1)?;
            row.fee = row.fee.plus(turnover.share(lot.fee)?)?.plus(by_lot)?;
        }
        let margin = if margin_place(*kind) == 1 { hedger } else { speculator };
        row.required = row.required.plus(margin.times(lots.abs(), 1)?)?;
        row.stress = row.stress.plus(lot.stress.times(lots, 1)?)?;
        open_interest = open_interest.saturating_add(lots.max(0).unsigned_abs());
        // From here the position is carried at the settlement price (a product of 32-bit numbers fits).
        position.cost = lots.wrapping_mul(lot.price.wide());
        (position.buying, position.selling) = (0, 0);
        (position.opened, position.traded, position.turnover) = (0, 0, 0);
    }
    if sum != Money::ZERO {
        return Err(ClearingError::Unbalanced { contract, difference: sum });
    }
    Ok(ContractClearing { contract, price: lot.price, open_interest, gains })
}
