//! Step 8 of a trading day: mark to market, fees, margin, the guarantee fund, calls.

use super::{
    Account, AccountClearing, Clearing, ClearingReport, ContractClearing, Position, margin_place,
};
use crate::account::{AccountId, AccountKind};
use crate::clearing::ClearingError;
use crate::contract::ContractIdx;
use crate::ledger::{Books, Leg, Pot, Reason};
use crate::terms::Terms;
use crate::units::{Money, MoneyOverflow, Price, Rate};

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
#[derive(Debug, Clone, Copy)]
pub(super) struct LotTerms {
    contract: ContractIdx,
    price: Price,
    tick_value: Money,
    margin: [Money; 2],
    stress: Money,
    fee: Rate,
    fee_lot: Money,
}

/// Sums over a contract's positions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ContractSums {
    sum: Money,
    gains: Money,
    open_interest: u64,
}

impl Clearing {
    /// Settles a day: every listed contract once.
    ///
    /// Today's trades are marked from their prices, older positions from the previous settlement; gains of a contract sum
    /// to zero to the fen. Then fees are taken, of turnover (rounded up to the fen an account) and by lot;
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
        let scratch = &mut report.scratch;
        scratch.lots.clear();
        scratch.lots.resize(self.contracts.len(), None);
        scratch.sums.clear();
        scratch.sums.resize(self.contracts.len(), ContractSums::default());
        for settlement in settlements {
            let place = usize::from(settlement.contract.0);
            if let Some(lot) = scratch.lots.get_mut(place) {
                *lot = Some(self.lot_terms(settlement)?);
            }
            if let Some(Some(listed)) = self.contracts.get_mut(place) {
                listed.settlement = settlement.price;
            }
        }
        self.mark(report)?;
        self.size_fund(report)
    }

    /// Marks every account's positions, moves its gain, fee and margin, and checks that gains and losses cancel.
    fn mark(&mut self, report: &mut ClearingReport) -> Result<(), ClearingError> {
        self.deficit = false;
        let n_contracts = self.contracts.len().max(1);
        let rows = self.positions.chunks_exact_mut(n_contracts).zip(&mut report.accounts);
        let scratch = &mut report.scratch;
        for ((account, state), (positions, row)) in
            (0..).map(AccountId).zip(&mut self.accounts).zip(rows)
        {
            *row = mark_account(positions, state.kind, &scratch.lots, &mut scratch.sums)?;
            let mut books = self.ledger.books(account)?;
            self.deficit |= pay(&mut books, state, row)?;
            report.fees = report.fees.plus(row.fee)?;
            report.recovered = report.recovered.plus(row.recovered)?;
            let excused = books.cash() < Money::ZERO || state.standing.is_default();
            scratch.weights.push(if excused { Money::ZERO } else { row.required });
        }
        for (lot, sums) in scratch.lots.iter().zip(&scratch.sums) {
            let Some(lot) = lot else { continue };
            let ContractSums { sum, gains, open_interest } = *sums;
            if sum != Money::ZERO {
                let contract = lot.contract;
                return Err(ClearingError::Unbalanced { contract, difference: sum });
            }
            report.contracts.push(ContractClearing {
                contract: lot.contract,
                price: lot.price,
                open_interest,
                gains,
            });
        }
        report.reserve_share = report.fees.share(self.rules.funds.reserve_share)?;
        self.ledger.transfer(Pot::Fees, Pot::Reserve, report.reserve_share, Reason::ReserveShare)
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
            contract: settlement.contract,
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
}

/// Marks an account's positions and carries them on at the settlement prices.
#[inline]
fn mark_account(
    positions: &mut [Position],
    kind: AccountKind,
    lots: &[Option<LotTerms>],
    sums: &mut [ContractSums],
) -> Result<AccountClearing, ClearingError> {
    let mut row = AccountClearing::default();
    // Fees in fen × ppm, so that they are rounded once an account and day.
    let mut fee_ppm = 0_i64;
    for ((position, lot), sums) in positions.iter_mut().zip(lots).zip(sums) {
        let Some(lot) = lot else { continue };
        let gain = position.result(lot.price, lot.tick_value)?;
        row.variation = row.variation.plus(gain)?;
        sums.sum = sums.sum.plus(gain)?;
        sums.gains = sums.gains.plus(gain.at_least_zero())?;
        if position.traded > 0 {
            let turnover = lot.tick_value.times(position.turnover, 1)?;
            fee_ppm = turnover
                .minor()
                .checked_mul(i64::from(lot.fee.get()))
                .and_then(|fee| fee.checked_add(fee_ppm))
                .ok_or(MoneyOverflow)?;
            row.fee = row.fee.plus(lot.fee_lot.times(i64::from(position.traded), 1)?)?;
        }
        let held = i64::from(position.lots);
        let [speculator, hedger] = lot.margin;
        let margin = if margin_place(kind) == 1 { hedger } else { speculator };
        row.required = row.required.plus(margin.times(held.abs(), 1)?)?;
        row.stress = row.stress.plus(lot.stress.times(held, 1)?)?;
        sums.open_interest = sums.open_interest.saturating_add(held.max(0).unsigned_abs());
        // From here the position is carried at the settlement price (a product of 32-bit numbers fits).
        position.cost = held.wrapping_mul(lot.price.wide());
        (position.buying, position.selling) = (0, 0);
        (position.opened, position.traded, position.turnover) = (0, 0, 0);
    }
    row.fee = row.fee.plus(Money::new(fee_ppm).share(Rate::ppm(1))?)?;
    row.stress = row.stress.abs()?;
    Ok(row)
}

/// An account's gain or loss, fee and margin move. Says whether it is left below zero.
#[inline]
fn pay(
    books: &mut Books<'_>,
    state: &mut Account,
    row: &mut AccountClearing,
) -> Result<bool, ClearingError> {
    books.transfer(Leg::Variation, Leg::Cash, row.variation, Reason::Variation)?;
    books.transfer(Leg::Cash, Leg::Fees, row.fee, Reason::Fee)?;
    if state.standing.is_default() {
        // What a defaulter gains goes first to those who paid for it; it posts no margin.
        row.recovered = books.cash().at_least_zero().min(state.covered);
        books.transfer(Leg::Cash, Leg::Reserve, row.recovered, Reason::Recovery)?;
        state.covered = state.covered.minus(row.recovered)?;
    } else {
        let missing = row.required.minus(books.margin())?;
        let posted = missing.min(books.cash().at_least_zero());
        books.transfer(Leg::Cash, Leg::Margin, posted, Reason::Margin)?;
    }
    if books.cash() >= Money::ZERO {
        return Ok(false);
    }
    let short = Money::ZERO.minus(books.cash())?;
    row.margin_spent = short.min(books.margin());
    books.transfer(Leg::Margin, Leg::Cash, row.margin_spent, Reason::MarginSpent)?;
    Ok(row.margin_spent < short)
}
