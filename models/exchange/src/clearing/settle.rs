//! Step 8 of a trading day: mark to market, fees, margin, the guarantee fund, calls.

use super::{
    Account, AccountClearing, Clearing, ClearingReport, Contract, ContractClearing, Position,
    margin_place,
};
use crate::account::AccountId;
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
    /// Terms of the next trading day: positions are margined at the rates that will hold then, so that a raise is called
    /// in before it takes effect (INE, *Risk Management Rules*, art. 5). Those of today if the contract ends.
    pub next: &'a Terms,
}

/// What a lot gains and needs at a settlement, in fen, worked out once a contract; nothing where none is listed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LotTerms {
    gain: i64,
    margin: [i64; 2],
    stress: i64,
}

/// Sums over a contract's positions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ContractSums {
    /// Longs less shorts.
    lots: i64,
    /// Longs.
    open_interest: i64,
}

impl LotTerms {
    /// Whether all that is computed from a contract's positions, and every sum of it, fits 64 bits beside `n` contracts:
    /// neither longs nor shorts hold more than was carried and traded.
    fn fits(&self, listed: &Contract, n: usize) -> bool {
        let lots = i128::from(listed.carried).saturating_add(i128::from(listed.lots_today));
        let [speculator, hedger] = self.margin;
        let room = (1_i128 << 61).checked_div(i128::try_from(n).unwrap_or(i128::MAX)).unwrap_or(0);
        [self.gain, speculator, hedger, self.stress]
            .iter()
            .all(|fen| lots.saturating_mul(i128::from(*fen).abs()) < room)
    }
}

impl Clearing {
    /// Settles a day: every listed contract once.
    ///
    /// Today's trades are marked from their prices, older positions from the previous settlement; gains of a contract sum
    /// to zero to the fen. Then fees are taken, of turnover (rounded up to the fen an account) and by lot; margin is posted or
    /// released, for a lot its share of value rounded up to the fen; and the guarantee fund is sized. A loss that cash does
    /// not cover is taken from margin; an account below its maintenance margin is called for what is missing. One whose
    /// losses were more than all it had stands below zero until it pays or the waterfall runs ([`Self::enforce_calls`]);
    /// nothing may leave the clearing house before.
    ///
    /// # Errors
    /// A contract without a settlement price or with two, one that is not listed, positions or prices at which a sum could
    /// leave 64 bits (2⁶¹ fen over the number of contracts): nothing has changed. A balance that does not fit all the same:
    /// half a day is settled, and the state is not to be used.
    pub fn settle(
        &mut self,
        settlements: &[DaySettlement<'_>],
        report: &mut ClearingReport,
    ) -> Result<(), ClearingError> {
        self.settled_once(settlements)?;
        report.clear(self.n_accounts());
        let scratch = &mut report.scratch.0;
        scratch.lots.clear();
        scratch.lots.resize(self.contracts.len(), LotTerms::default());
        scratch.sums.clear();
        scratch.sums.resize(self.contracts.len(), ContractSums::default());
        for settlement in settlements {
            let place = usize::from(settlement.contract.0);
            let terms = self.lot_terms(settlement)?;
            if !terms.fits(self.contract(settlement.contract)?, self.contracts.len()) {
                return Err(MoneyOverflow.into());
            }
            if let Some(lot) = scratch.lots.get_mut(place) {
                *lot = terms;
            }
        }
        for settlement in settlements {
            if let Some(Some(listed)) = self.contracts.get_mut(usize::from(settlement.contract.0)) {
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
        let rows = self.positions.chunks_exact_mut(n_contracts);
        let scratch = &mut report.scratch.0;
        for ((account, state), positions) in (0..).map(AccountId).zip(&mut self.accounts).zip(rows)
        {
            let mut row = mark_account(positions, state, &scratch.lots, &mut scratch.sums)?;
            let mut books = self.ledger.books(account)?;
            self.deficit |= pay(&mut books, state, &mut row)?;
            report.accounts.push(row);
            report.fees = report.fees.plus(row.fee)?;
            report.recovered = report.recovered.plus(row.recovered)?;
            let excused = books.cash() < Money::ZERO || state.standing.is_default();
            scratch.weights.push(if excused { Money::ZERO } else { row.required });
        }
        let sums = scratch.lots.iter().zip(&scratch.sums);
        for (contract, (listed, (lot, sums))) in
            (0..).map(ContractIdx).zip(self.contracts.iter_mut().zip(sums))
        {
            let Some(listed) = listed else { continue };
            let ContractSums { lots, open_interest } = *sums;
            if lots != 0 {
                return Err(ClearingError::Unbalanced { contract, lots });
            }
            (listed.carried, listed.lots_today) = (open_interest.unsigned_abs(), 0);
            report.contracts.push(ContractClearing {
                contract,
                price: listed.settlement,
                open_interest: listed.carried,
                gains: Money::new(lot.gain).abs()?.times(open_interest, 1)?,
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
        let Contract { tick_value, settlement: last, .. } = *self.contract(settlement.contract)?;
        let moved = settlement.price.wide().wrapping_sub(last.wide()); // two 32-bit prices
        let value = tick_value.times(settlement.price.wide(), 1)?.abs()?;
        let [speculator, hedger] =
            [value.share(settlement.next.margin)?, value.share(settlement.next.margin_hedger)?];
        Ok(LotTerms {
            gain: tick_value.times(moved, 1)?.minor(),
            margin: [speculator.minor(), hedger.minor()],
            stress: value.share(self.rules.funds.stress)?.minor(),
        })
    }
}

/// Marks an account's positions and carries them on at the settlement prices.
///
/// All arithmetic wraps: [`LotTerms::fits`] has made sure that no product and no sum here, over any positions that the
/// contract's trades could have led to, leaves 64 bits.
#[inline]
fn mark_account(
    positions: &mut [Position],
    state: &mut Account,
    lots: &[LotTerms],
    sums: &mut [ContractSums],
) -> Result<AccountClearing, ClearingError> {
    let (mut variation, mut required, mut stress) = (0_i64, 0_i64, 0_i64);
    let kind = margin_place(state.kind);
    for ((position, lot), sums) in positions.iter_mut().zip(lots).zip(sums) {
        let held = i64::from(position.lots);
        variation = variation.wrapping_add(held.wrapping_mul(lot.gain));
        sums.lots = sums.lots.wrapping_add(held);
        sums.open_interest = sums.open_interest.wrapping_add(held.max(0));
        let [speculator, hedger] = lot.margin;
        let margin = if kind == 1 { hedger } else { speculator };
        required = required.wrapping_add(held.wrapping_abs().wrapping_mul(margin));
        stress = stress.wrapping_add(held.wrapping_mul(lot.stress));
        (position.buying, position.selling, position.opened) = (0, 0, 0);
    }
    let row = AccountClearing {
        variation: state.running.plus(Money::new(variation))?,
        fee: Money::new(state.fees).share(Rate::ppm(1))?,
        required: Money::new(required),
        stress: Money::new(stress.wrapping_abs()),
        ..AccountClearing::default()
    };
    (state.running, state.fees, state.traded) = (Money::ZERO, 0, false);
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
