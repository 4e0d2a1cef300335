//! Forced reduction (强制减仓): after the last step of a locked market, losers who want to leave are matched with winners.
//!
//! Closing orders that stand unfilled at the limit, of accounts whose loss a lot is at least a share of the settlement
//! price, are filled at the limit price with opposite positions that have a profit, level by level: speculators with a
//! large profit, with a smaller one, with any; then hedgers with a large one. Within a level, winners give in proportion to
//! what they hold if that is more than is asked, and else losers receive in proportion to what they ask; fractions of a lot
//! go to the largest remainders. What is left after the last level is not filled. (CFFEX as told by gaodun,
//! frm.gaodun.com/jxwenda/38255.html: 10 % loss; 10 %, 6 % and any profit, without hedgers. That hedgers with a large profit come
//! last, as in INE's *Risk Management Rules*, appendix "Methods and Procedures for the Fill of Unfilled Orders", is from
//! memory: only the beginning of that text could be read.)
//! Profits are since entry, at average cost; the rules go back from the last trade, which would need every trade kept.

use serde::{Deserialize, Serialize};

use super::{Apportionment, Clearing, Position};
use crate::account::{AccountId, AccountKind};
use crate::clearing::ClearingError;
use crate::contract::ContractIdx;
use crate::order::{Side, Trade};
use crate::rules::ReductionLevels;
use crate::scratch::Scratch;
use crate::units::{Lots, Money, Price, Rate};

/// What is asked of a forced reduction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reduction {
    /// Which contract.
    pub contract: ContractIdx,
    /// The side that cannot trade: buy if the market is locked at its upper limit.
    pub side: Side,
    /// The limit at which the market is locked, and at which positions are closed.
    pub limit: Price,
    /// The day's settlement price, from which gains and losses are counted.
    pub settlement: Price,
    /// Who takes part and who gives.
    pub levels: ReductionLevels,
    /// Place in the book's tape of the first trade.
    pub sequence: u64,
}

/// A level of winners, in the order in which they are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Speculators and market makers with a large profit.
    SpeculatorHigh,
    /// The same with a smaller one.
    SpeculatorLow,
    /// The same with any.
    Speculator,
    /// Hedgers with a large profit.
    HedgerHigh,
}

impl Level {
    /// All levels, first to last.
    pub const ALL: [Self; 4] =
        [Self::SpeculatorHigh, Self::SpeculatorLow, Self::Speculator, Self::HedgerHigh];

    /// The level of a winner, if any.
    fn of(
        kind: AccountKind,
        position: &Position,
        settlement: Price,
        rules: &ReductionLevels,
    ) -> Option<Self> {
        let profit = position.profit_since_entry(settlement).filter(|profit| *profit > 0)?;
        let over = |rate| reaches(profit, position.size(), settlement, rate);
        match kind {
            AccountKind::Hedger => over(rules.high).then_some(Self::HedgerHigh),
            AccountKind::Speculator | AccountKind::MarketMaker => Some(if over(rules.high) {
                Self::SpeculatorHigh
            } else if over(rules.low) {
                Self::SpeculatorLow
            } else {
                Self::Speculator
            }),
        }
    }
}

/// Whether `total` (ticks × lots) is at least a share of the price a lot.
fn reaches(total: i64, lots: Lots, price: Price, rate: Rate) -> bool {
    // 64 bits times a million, and the product of three 32-bit numbers: both fit 128 bits.
    let needed = i128::from(price.wide().abs())
        .wrapping_mul(i128::from(lots.get()))
        .wrapping_mul(i128::from(rate.get()));
    i128::from(total).wrapping_mul(1_000_000) >= needed
}

/// What a forced reduction did. Buffers are kept from day to day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReductionReport {
    /// Trades at the limit, of the day that ended.
    pub trades: Vec<Trade>,
    /// Lots filled, by level.
    pub filled: [u64; 4],
    /// Lots of closing orders that took part.
    pub asked: u64,
    #[serde(skip)]
    scratch: Scratch<Matches>,
}

#[derive(Debug, Clone, Default)]
struct Matches {
    asks: Vec<Ask>,
    winners: Vec<(AccountId, Lots)>,
    weights: Vec<Money>,
    gives: Vec<Money>,
    takes: Vec<Money>,
    apportionment: Apportionment,
}

#[derive(Debug, Clone, Copy)]
struct Ask {
    account: AccountId,
    lots: Lots,
}

impl Clearing {
    /// Carries a forced reduction out; `unfilled` are the orders that stand at the limit (several of an account are added
    /// up, and count up to its position). Call it after the close, before the day is settled: its trades are the day's.
    ///
    /// # Errors
    /// When the contract or an account is not there, or a sum does not fit.
    pub fn reduce(
        &mut self,
        reduction: &Reduction,
        unfilled: &[(AccountId, Lots)],
        report: &mut ReductionReport,
    ) -> Result<(), ClearingError> {
        self.contract(reduction.contract)?;
        report.trades.clear();
        (report.filled, report.asked) = ([0; 4], 0);
        self.losers(reduction, unfilled, &mut report.scratch.0)?;
        for ask in &report.scratch.0.asks {
            report.asked = report.asked.saturating_add(u64::from(ask.lots.get()));
        }
        for (level, filled) in Level::ALL.into_iter().zip(&mut report.filled) {
            let first = report.trades.len();
            self.winners(reduction, level, &mut report.scratch.0);
            report.scratch.0.share_out()?;
            report.scratch.0.pair(reduction, &mut report.trades);
            for trade in report.trades.get(first..).unwrap_or(&[]) {
                self.record(reduction.contract, trade)?;
                *filled = filled.saturating_add(u64::from(trade.lots.get()));
            }
        }
        Ok(())
    }

    /// Closing orders of accounts that have lost enough, by account.
    fn losers(
        &self,
        reduction: &Reduction,
        unfilled: &[(AccountId, Lots)],
        matches: &mut Matches,
    ) -> Result<(), ClearingError> {
        let rules = reduction.levels;
        let asks = &mut matches.asks;
        asks.clear();
        for (account, lots) in unfilled {
            let account = *account;
            let position = self
                .position(reduction.contract, account)
                .ok_or(ClearingError::NoAccount { account })?;
            let loss = position
                .profit_since_entry(reduction.settlement)
                .and_then(i64::checked_neg)
                .unwrap_or(0);
            let closes = position.side() == Some(reduction.side.opposite());
            if !closes || !reaches(loss, position.size(), reduction.settlement, rules.loss) {
                continue;
            }
            match asks.iter_mut().find(|ask| ask.account == account) {
                Some(ask) => {
                    let sum = Lots::new(ask.lots.get().saturating_add(lots.get()));
                    ask.lots = sum.min(position.size());
                }
                None => asks.push(Ask { account, lots: (*lots).min(position.size()) }),
            }
        }
        asks.sort_unstable_by_key(|ask| ask.account);
        Ok(())
    }

    fn winners(&self, reduction: &Reduction, level: Level, matches: &mut Matches) {
        matches.winners.clear();
        for (account, position) in self.accounts().zip(self.positions(reduction.contract)) {
            let Some(kind) = self.kind(account) else { continue };
            if position.side() == Some(reduction.side)
                && Level::of(kind, position, reduction.settlement, &reduction.levels) == Some(level)
            {
                matches.winners.push((account, position.size()));
            }
        }
    }
}

impl Matches {
    /// Who gives and who receives how much at a level: the smaller of what is held and what is asked, both in proportion.
    fn share_out(&mut self) -> Result<(), ClearingError> {
        let money = |lots: Lots| Money::new(i64::from(lots.get()));
        let sum = |lots: &mut dyn Iterator<Item = Lots>| {
            lots.fold(0_i64, |s, l| s.saturating_add(i64::from(l.get())))
        };
        let asked = sum(&mut self.asks.iter().map(|ask| ask.lots));
        let held = sum(&mut self.winners.iter().map(|(_, lots)| *lots));
        let filled = Money::new(asked.min(held));
        self.weights.clear();
        self.weights.extend(self.winners.iter().map(|(_, lots)| money(*lots)));
        self.apportionment.split(filled, &self.weights, &mut self.gives)?;
        self.weights.clear();
        self.weights.extend(self.asks.iter().map(|ask| money(ask.lots)));
        self.apportionment.split(filled, &self.weights, &mut self.takes)?;
        Ok(())
    }

    /// Trades between givers and takers, both in order of accounts; what is asked falls by what is filled.
    fn pair(&mut self, reduction: &Reduction, trades: &mut Vec<Trade>) {
        let mut givers = self.winners.iter().zip(&mut self.gives).peekable();
        for (ask, take) in self.asks.iter_mut().zip(&self.takes) {
            let mut left = lots_of(*take);
            while !left.is_zero() {
                let Some(((winner, _), give)) = givers.peek_mut() else { break };
                let lots = left.min(lots_of(**give));
                if lots.is_zero() {
                    givers.next();
                    continue;
                }
                let (buyer, seller) = match reduction.side {
                    Side::Buy => (ask.account, *winner),
                    Side::Sell => (*winner, ask.account),
                };
                let place = u64::try_from(trades.len()).unwrap_or(u64::MAX);
                trades.push(Trade {
                    sequence: reduction.sequence.saturating_add(place),
                    price: reduction.limit,
                    lots,
                    buyer,
                    seller,
                    aggressor: None,
                });
                **give = Money::new(i64::from(lots_of(**give).less(lots).get()));
                left = left.less(lots);
                ask.lots = ask.lots.less(lots);
            }
        }
    }
}

/// Lots that were shared out as if they were money: never more than 32 bits hold.
fn lots_of(share: Money) -> Lots {
    Lots::new(u32::try_from(share.minor()).unwrap_or(0))
}
