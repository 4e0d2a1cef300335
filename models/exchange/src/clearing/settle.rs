//! Step 8 of a trading day: mark to market, fees, margin, the guarantee fund, calls.

use super::{AccountClearing, Clearing, ClearingReport, ContractClearing, Standing, margin_place};
use crate::account::AccountKind;
use crate::clearing::{ClearingError, Position};
use crate::contract::ContractIdx;
use crate::ledger::{Pot, Reason};
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
    /// A contract without a settlement price or with two, one that is not listed, a sum that does not fit. An error before
    /// money moves leaves everything as it was; one after it (a balance near 2⁶³ fen) leaves a ledger that still sums to
    /// zero but half a settlement, and the state is not to be used.
    pub fn settle(
        &mut self,
        settlements: &[DaySettlement<'_>],
        report: &mut ClearingReport,
    ) -> Result<(), ClearingError> {
        self.settled_once(settlements)?;
        report.clear(self.n_accounts());
        for settlement in settlements {
            let lot = self.lot_terms(settlement)?;
            let column = self.positions.get(usize::from(settlement.contract.0)).map(Vec::as_slice);
            let marked = mark(
                settlement.contract,
                column.unwrap_or(&[]),
                &self.kinds,
                &lot,
                &mut report.accounts,
            )?;
            report.contracts.push(marked);
        }
        for settlement in settlements {
            self.carry(settlement);
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

    /// Positions are carried at the settlement price, and the day's counters start anew.
    fn carry(&mut self, settlement: &DaySettlement<'_>) {
        let place = usize::from(settlement.contract.0);
        if let Some(Some(listed)) = self.contracts.get_mut(place) {
            listed.settlement = settlement.price;
        }
        for position in self.positions.get_mut(place).into_iter().flatten() {
            // A product of 32-bit numbers fits.
            position.cost = i64::from(position.lots).wrapping_mul(settlement.price.wide());
            (position.buying, position.selling) = (0, 0);
            (position.opened, position.traded, position.turnover) = (0, 0, 0);
        }
    }

    /// Gains, losses, fees and margin move.
    fn pay(&mut self, report: &mut ClearingReport) -> Result<(), ClearingError> {
        self.deficit = false;
        let each = self.accounts();
        let columns = self.standings.iter().zip(&mut self.covered);
        for ((account, row), (standing, covered)) in each.zip(&mut report.accounts).zip(columns) {
            let (cash, margin) = (Pot::Cash(account), Pot::Margin(account));
            self.ledger.transfer(Pot::Variation, cash, row.variation, Reason::Variation)?;
            self.ledger.transfer(cash, Pot::Fees, row.fee, Reason::Fee)?;
            report.fees = report.fees.plus(row.fee)?;
            if standing.is_default() {
                // What a defaulter gains goes first to those who paid for it; it posts no margin.
                let back = self.ledger.balance(cash).at_least_zero().min(*covered);
                self.ledger.transfer(cash, Pot::Reserve, back, Reason::Recovery)?;
                *covered = covered.minus(back)?;
                report.recovered = report.recovered.plus(back)?;
            } else {
                let missing = row.required.minus(self.ledger.balance(margin))?;
                let posted = missing.min(self.ledger.balance(cash).at_least_zero());
                self.ledger.transfer(cash, margin, posted, Reason::Margin)?;
            }
            let short = Money::ZERO.minus(self.ledger.balance(cash))?;
            if short > Money::ZERO {
                row.margin_spent = short.min(self.ledger.balance(margin));
                self.ledger.transfer(margin, cash, row.margin_spent, Reason::MarginSpent)?;
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

/// Marks a contract's positions: adds to each account's row, and checks that gains and losses cancel.
fn mark(
    contract: ContractIdx,
    positions: &[Position],
    kinds: &[AccountKind],
    lot: &LotTerms,
    rows: &mut [AccountClearing],
) -> Result<ContractClearing, ClearingError> {
    let (mut sum, mut gains, mut open_interest) = (Money::ZERO, Money::ZERO, 0_u64);
    let [speculator, hedger] = lot.margin;
    for ((position, kind), row) in positions.iter().zip(kinds).zip(rows) {
        if position.traded == 0 && position.lots == 0 {
            continue;
        }
        let gain = position.result(lot.price, lot.tick_value)?;
        row.variation = row.variation.plus(gain)?;
        sum = sum.plus(gain)?;
        gains = gains.plus(gain.at_least_zero())?;
        if position.traded > 0 {
            let turnover = lot.tick_value.times(position.turnover, 1)?;
            let by_lot = lot.fee_lot.times(i64::from(position.traded), 1)?;
            row.fee = row.fee.plus(turnover.share(lot.fee)?)?.plus(by_lot)?;
        }
        let lots = i64::from(position.lots);
        let margin = if margin_place(*kind) == 1 { hedger } else { speculator };
        row.required = row.required.plus(margin.times(lots.abs(), 1)?)?;
        row.stress = row.stress.plus(lot.stress.times(lots, 1)?)?;
        open_interest = open_interest.saturating_add(u64::try_from(lots).unwrap_or(0));
    }
    if sum != Money::ZERO {
        return Err(ClearingError::Unbalanced { contract, difference: sum });
    }
    Ok(ContractClearing { contract, price: lot.price, open_interest, gains })
}
