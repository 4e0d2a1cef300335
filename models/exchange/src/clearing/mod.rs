//! Clearing: whose money and positions are where, from an order's admission to the last step of a default.
//!
//! A day: in the morning [`Clearing::enforce_calls`] (unmet calls, deficits), [`Clearing::open_day`] with the day's terms,
//! and [`Liquidation::orders`] for accounts that are closed out; in the session [`Clearing::accept`] for each order (or
//! [`Clearing::reserve`] for a forced one), [`Clearing::record`] for each trade, [`Clearing::release`] for what is cancelled
//! (lots that are still reserved at the settlement are released there); after the close [`Clearing::reduce`] if the market
//! was locked to the last step, and [`Clearing::settle`]. Nothing allocates but buffers that reach a new largest size.

mod apportion;
mod calls;
mod close;
mod error;
mod exposure;
mod fund;
mod position;
mod reduction;
mod report;
mod rules;
mod settle;
mod violations;
mod waterfall;

pub(crate) use apportion::Apportionment;
pub use calls::{EnforcementReport, ForcedOrder, Liquidation};
pub use error::ClearingError;
pub use position::Position;
pub use reduction::{Level, Reduction, ReductionReport};
pub use report::{AccountClearing, ClearingReport, ContractClearing};
pub use rules::ClearingRules;
pub use settle::DaySettlement;
pub use violations::ClearingViolation;
pub use waterfall::{DefaultCover, WaterfallReport};

use serde::{Deserialize, Serialize};

use crate::account::{AccountId, AccountKind, Domicile};
use crate::contract::ContractIdx;
use crate::ledger::{Ledger, Pot, Reason};
use crate::terms::{Limits, Terms};
use crate::units::{Lots, Money, Price, Rate};

/// How an account stands with the clearing house.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Owes nothing.
    #[default]
    Good,
    /// Owes a call until next morning.
    Called,
    /// Did not meet a call: closed out as far as needed, may only reduce.
    Closing,
    /// Its losses were more than it had: closed out in full, may only reduce.
    Defaulted,
}

impl Standing {
    /// Whether new positions may be opened.
    pub const fn may_open(self) -> bool {
        matches!(self, Self::Good | Self::Called)
    }
}

/// A listed contract as clearing knows it on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Contract {
    /// What a tick is worth a lot.
    tick_value: Money,
    /// Last settlement price, or the listing price.
    settlement: Price,
    /// Margin of a lot at the reference price: speculators and market makers, hedgers.
    lot_margin: [Money; 2],
    position_limit: Option<Lots>,
    opening_cap: Option<Lots>,
    limits: Option<Limits>,
    max_order: Lots,
    /// Fees in fen × ppm: of a tick's turnover, by lot.
    fee_tick: i64,
    fee_lot: i64,
    /// Open interest at the last settlement and lots traded since: neither longs nor shorts can hold more, so that a
    /// settlement checks once what fits.
    carried: u64,
    lots_today: u64,
}

/// What clearing knows of an account beside its money and positions: one cache line with the ledger's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Account {
    kind: AccountKind,
    domicile: Domicile,
    standing: Standing,
    /// What is still owed of the last call.
    called: Money,
    /// What others have paid for the account's losses.
    covered: Money,
    /// Margin for the largest positions that accepted orders could lead to.
    exposure: Money,
    /// What today's trades gained against the last settlement price.
    running: Money,
    /// Their fees in fen × ppm.
    fees: i64,
    /// Whether it has traded since the last settlement.
    traded: bool,
}

/// The state of clearing: accounts, positions, the ledger.
///
/// Columns of a fixed length: its size depends on accounts and contracts, not on days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clearing {
    rules: ClearingRules,
    ledger: Ledger,
    contracts: Vec<Option<Contract>>,
    /// By account, then by contract: what a settlement reads of an account lies together.
    positions: Vec<Position>,
    accounts: Vec<Account>,
    /// Whether an account may be below zero: until the waterfall has run, nothing may leave.
    deficit: bool,
}

/// Where a kind's margin is in a pair.
#[inline]
const fn margin_place(kind: AccountKind) -> usize {
    match kind {
        AccountKind::Hedger => 1,
        AccountKind::Speculator | AccountKind::MarketMaker => 0,
    }
}

/// An account's place in a column.
#[inline]
const fn idx(account: AccountId) -> usize {
    account.0 as usize
}

impl Clearing {
    /// A clearing house without accounts, with places for so many contracts at a time. Reserve and capital come from
    /// outside.
    ///
    /// # Errors
    /// When the rules contradict themselves.
    pub fn new(rules: ClearingRules, n_contracts: u16) -> Result<Self, ClearingError> {
        rules.check()?;
        let mut ledger = Ledger::default();
        for (pot, amount) in
            [(Pot::Reserve, rules.funds.reserve), (Pot::Capital, rules.funds.capital)]
        {
            ledger.transfer(Pot::Outside, pot, amount, Reason::Endowment)?;
        }
        Ok(Self {
            rules,
            ledger,
            contracts: vec![None; usize::from(n_contracts)],
            positions: Vec::new(),
            accounts: Vec::new(),
            deficit: false,
        })
    }

    /// Opens an account and pays `cash` in.
    ///
    /// # Errors
    /// When the amount is below zero or does not fit, or there are 2³² accounts.
    pub fn open_account(
        &mut self,
        kind: AccountKind,
        domicile: Domicile,
        cash: Money,
    ) -> Result<AccountId, ClearingError> {
        let account = u32::try_from(self.accounts.len())
            .map(AccountId)
            .map_err(|_| ClearingError::TooManyAccounts)?;
        if cash < Money::ZERO {
            return Err(ClearingError::NotPositive(cash));
        }
        self.ledger.balance(Pot::Outside).minus(cash)?;
        self.ledger.open_account();
        self.ledger.transfer(Pot::Outside, Pot::Cash(account), cash, Reason::Deposit)?;
        self.accounts.push(Account {
            kind,
            domicile,
            standing: Standing::Good,
            called: Money::ZERO,
            covered: Money::ZERO,
            exposure: Money::ZERO,
            running: Money::ZERO,
            fees: 0,
            traded: false,
        });
        let n_positions = self.positions.len().saturating_add(self.contracts.len());
        self.positions.resize(n_positions, Position::default());
        Ok(account)
    }

    /// Pays into an account; a call is met as far as the amount goes.
    ///
    /// # Errors
    /// When the amount is not above zero, does not fit, or the account is not there.
    pub fn deposit(&mut self, account: AccountId, amount: Money) -> Result<(), ClearingError> {
        if amount <= Money::ZERO {
            return Err(ClearingError::NotPositive(amount));
        }
        self.ledger.transfer(Pot::Outside, Pot::Cash(account), amount, Reason::Deposit)?;
        if let Some(owner) = self.accounts.get_mut(idx(account)) {
            owner.called = owner.called.minus(amount.min(owner.called))?;
        }
        Ok(())
    }

    /// Pays out of an account's free cash, between a settlement's calls and the next session.
    ///
    /// # Errors
    /// When the amount is not above zero or not free (an account that is called, closed out or in default has nothing
    /// free, and nobody has before deficits are covered), or the account has traded since the last settlement.
    pub fn withdraw(&mut self, account: AccountId, amount: Money) -> Result<(), ClearingError> {
        if amount <= Money::ZERO {
            return Err(ClearingError::NotPositive(amount));
        }
        let state = self.accounts.get(idx(account)).ok_or(ClearingError::NoAccount { account })?;
        if state.traded {
            return Err(ClearingError::Unsettled { account });
        }
        let free = if state.standing == Standing::Good && !self.deficit {
            self.ledger.balance(Pot::Cash(account))
        } else {
            Money::ZERO
        };
        if amount > free {
            return Err(ClearingError::NotFree { asked: amount, free });
        }
        self.ledger.transfer(Pot::Cash(account), Pot::Outside, amount, Reason::Withdrawal)
    }

    /// Lists a contract at a place: what a tick is worth a lot, and the price before the first settlement.
    ///
    /// # Errors
    /// When the place is taken or is none, or a tick is worth nothing.
    pub fn list(
        &mut self,
        contract: ContractIdx,
        tick_value: Money,
        listing: Price,
    ) -> Result<(), ClearingError> {
        if tick_value <= Money::ZERO {
            return Err(ClearingError::WorthlessTick { contract, value: tick_value });
        }
        let place = self
            .contracts
            .get_mut(usize::from(contract.0))
            .ok_or(ClearingError::NoContract { contract })?;
        if place.is_some() {
            return Err(ClearingError::PlaceTaken { contract });
        }
        *place = Some(Contract {
            tick_value,
            settlement: listing,
            lot_margin: [Money::ZERO; 2],
            position_limit: None,
            opening_cap: None,
            limits: None,
            max_order: Lots::new(u32::MAX),
            fee_tick: 0,
            fee_lot: 0,
            carried: 0,
            lots_today: 0,
        });
        Ok(())
    }

    /// Takes an expired contract off the list: its place is free.
    ///
    /// # Errors
    /// When it is not listed or positions are left.
    pub fn delist(&mut self, contract: ContractIdx) -> Result<(), ClearingError> {
        self.contract(contract)?;
        let lots = self.open_interest(contract);
        if lots > 0 {
            return Err(ClearingError::StillOpen { contract, lots });
        }
        if let Some(listed) = self.contracts.get_mut(usize::from(contract.0)) {
            *listed = None;
        }
        self.column_mut(contract).for_each(|position| *position = Position::default());
        Ok(())
    }

    /// The day begins: limits, fees and margins (at the reference price) of each listed contract for the
    /// session.
    ///
    /// # Errors
    /// When a contract is not listed or margins do not fit.
    pub fn open_day(&mut self, terms: &[(ContractIdx, &Terms)]) -> Result<(), ClearingError> {
        for (contract, terms) in terms {
            let tick_value = self.contract(*contract)?.tick_value;
            let value = tick_value.times(terms.reference.wide(), 1)?.abs()?;
            let lot_margin = [value.share(terms.margin)?, value.share(terms.margin_hedger)?];
            let fee_tick = tick_value.times(i64::from(terms.fee.get()), 1)?.minor();
            let fee_lot = terms.fee_lot.times(i64::from(Rate::WHOLE.get()), 1)?.minor();
            if let Some(Some(listed)) = self.contracts.get_mut(usize::from(contract.0)) {
                *listed = Contract {
                    fee_tick,
                    fee_lot,
                    lot_margin,
                    position_limit: terms.position_limit,
                    opening_cap: terms.opening_cap,
                    limits: terms.limits,
                    max_order: terms.max_order,
                    ..*listed
                };
            }
        }
        self.measure_exposure()
    }

    /// Rules.
    pub const fn rules(&self) -> &ClearingRules {
        &self.rules
    }

    /// The ledger.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The ledger, to have single movements kept.
    pub fn keep_entries(&mut self, keep: bool) {
        self.ledger.keep_entries(keep);
    }

    /// Number of accounts.
    pub fn n_accounts(&self) -> usize {
        self.accounts.len()
    }

    /// What an account is for.
    pub fn kind(&self, account: AccountId) -> Option<AccountKind> {
        self.accounts.get(idx(account)).map(|a| a.kind)
    }

    /// Where an account is from.
    pub fn domicile(&self, account: AccountId) -> Option<Domicile> {
        self.accounts.get(idx(account)).map(|a| a.domicile)
    }

    /// How an account stands.
    pub fn standing(&self, account: AccountId) -> Option<Standing> {
        self.accounts.get(idx(account)).map(|a| a.standing)
    }

    /// What an account still owes of the last call.
    pub fn called(&self, account: AccountId) -> Money {
        self.accounts.get(idx(account)).map_or(Money::ZERO, |a| a.called)
    }

    /// What others have paid for an account's losses and not got back.
    pub fn covered(&self, account: AccountId) -> Money {
        self.accounts.get(idx(account)).map_or(Money::ZERO, |a| a.covered)
    }

    /// An account's position in a contract; none if either is not there.
    pub fn position(&self, contract: ContractIdx, account: AccountId) -> Option<&Position> {
        self.positions.get(self.place(contract, account)?)
    }

    /// Positions in a contract, by account.
    pub fn positions(&self, contract: ContractIdx) -> impl Iterator<Item = &Position> {
        let n = self.contracts.len();
        let from = if usize::from(contract.0) < n { usize::from(contract.0) } else { usize::MAX };
        self.positions.iter().skip(from).step_by(n.max(1))
    }

    /// Positions of an account, by contract.
    pub fn positions_of(&self, account: AccountId) -> &[Position] {
        let n = self.contracts.len();
        let from = idx(account).saturating_mul(n);
        self.positions.get(from..from.saturating_add(n)).unwrap_or(&[])
    }

    /// Lots of all longs in a contract, as many as of all shorts.
    pub fn open_interest(&self, contract: ContractIdx) -> u64 {
        let long = |p: &Position| u64::from(p.lots.max(0).unsigned_abs());
        self.positions(contract).fold(0, |sum, p| sum.saturating_add(long(p)))
    }

    /// Last settlement price of a contract, or its listing price; none if it is not listed.
    pub fn settlement(&self, contract: ContractIdx) -> Option<Price> {
        self.contract(contract).ok().map(|c| c.settlement)
    }

    /// What a tick of a contract is worth a lot.
    pub fn tick_value(&self, contract: ContractIdx) -> Option<Money> {
        self.contract(contract).ok().map(|c| c.tick_value)
    }

    /// Accounts, in order.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> + use<> {
        (0..u32::try_from(self.accounts.len()).unwrap_or(u32::MAX)).map(AccountId)
    }

    /// Contracts that are listed, in order of their places.
    pub fn contracts(&self) -> impl Iterator<Item = ContractIdx> + '_ {
        (0_u16..).zip(&self.contracts).filter(|(_, c)| c.is_some()).map(|(i, _)| ContractIdx(i))
    }

    /// Bytes of the state: constant in days.
    pub fn size_bytes(&self) -> usize {
        let each = |bytes: usize, n: usize| bytes.saturating_mul(n);
        size_of::<Self>()
            .saturating_add(each(size_of::<Option<Contract>>(), self.contracts.len()))
            .saturating_add(each(size_of::<Position>(), self.positions.len()))
            .saturating_add(each(size_of::<Account>(), self.accounts.len()))
            .saturating_add(each(size_of::<[Money; 3]>(), self.accounts.len()))
    }

    /// Where a position is; none if contract or account have no place.
    #[inline]
    fn place(&self, contract: ContractIdx, account: AccountId) -> Option<usize> {
        let (n, at) = (self.contracts.len(), usize::from(contract.0));
        (at < n).then(|| idx(account).saturating_mul(n).saturating_add(at))
    }

    fn column_mut(&mut self, contract: ContractIdx) -> impl Iterator<Item = &mut Position> {
        let n = self.contracts.len();
        let from = if usize::from(contract.0) < n { usize::from(contract.0) } else { usize::MAX };
        self.positions.iter_mut().skip(from).step_by(n.max(1))
    }

    #[inline]
    fn contract(&self, contract: ContractIdx) -> Result<&Contract, ClearingError> {
        self.contracts
            .get(usize::from(contract.0))
            .and_then(Option::as_ref)
            .ok_or(ClearingError::NoContract { contract })
    }
}
