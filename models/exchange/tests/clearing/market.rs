//! A clearing house for tests: contracts of one tonne with a tick of 20 CNY.

use monazite_exchange::{
    AccountId, AccountKind, Clearing, ClearingError, ClearingReport, ClearingRules, ContractIdx,
    DaySettlement, Domicile, EnforcementReport, ForcedOrder, FundRules, Limits, Liquidation, Lots,
    Money, Phase, Price, Rate, Terms, Trade,
};

pub(crate) fn money(minor: i64) -> Money {
    Money::new(minor)
}

pub(crate) fn ticks(ticks: i32) -> Price {
    Price::new(ticks)
}

pub(crate) fn lots(lots: u32) -> Lots {
    Lots::new(lots)
}

/// Margin 10 % (hedgers 8 %), limits 10 %, fee .008 % of turnover.
pub(crate) fn terms(reference: i32) -> Terms {
    let room = reference / 10;
    Terms {
        day: jiff::civil::date(2026, 3, 2),
        phase: Phase::General,
        reference: ticks(reference),
        limits: Some(Limits { low: ticks(reference - room), high: ticks(reference + room) }),
        limit_rate: Some(Rate::percent(10)),
        margin: Rate::percent(10),
        margin_hedger: Rate::percent(8),
        position_limit: None,
        opening_cap: None,
        max_order: lots(1000),
        fee: Rate::ppm(80),
        fee_lot: Money::ZERO,
        last_trading_day: false,
    }
}

pub(crate) fn rules(reserve: i64, capital: i64, stress: Rate) -> ClearingRules {
    ClearingRules::new(FundRules {
        largest: 2,
        stress,
        reserve_share: Rate::percent(20),
        reserve: money(reserve),
        capital: money(capital),
    })
}

#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) clearing: Clearing,
    pub(crate) report: ClearingReport,
    terms: Vec<Terms>,
    sequence: u64,
}

impl Market {
    pub(crate) fn new(n_contracts: u16) -> Self {
        Self::with_funds(n_contracts, 50_000_000, 100_000_000, Rate::percent(15))
    }

    pub(crate) fn with_funds(n_contracts: u16, reserve: i64, capital: i64, stress: Rate) -> Self {
        let mut clearing = Clearing::new(rules(reserve, capital, stress), n_contracts).unwrap();
        for contract in 0..n_contracts {
            clearing.list(ContractIdx(contract), money(2000), ticks(5000)).unwrap();
        }
        Self { clearing, report: ClearingReport::default(), terms: Vec::new(), sequence: 0 }
    }

    pub(crate) fn open(&mut self, kind: AccountKind, cash: i64) -> AccountId {
        self.clearing.open_account(kind, Domicile::Domestic, money(cash)).unwrap()
    }

    pub(crate) fn day(&mut self, terms: &[Terms]) {
        self.terms = terms.to_vec();
        let terms: Vec<_> = (0..).map(ContractIdx).zip(&self.terms).collect();
        self.clearing.open_day(&terms).unwrap();
    }

    pub(crate) fn trade(
        &mut self,
        contract: u16,
        buyer: AccountId,
        seller: AccountId,
        n: u32,
        at: i32,
    ) {
        let trade = Trade {
            sequence: self.sequence,
            price: ticks(at),
            lots: lots(n),
            buyer,
            seller,
            aggressor: None,
        };
        self.sequence += 1;
        self.clearing.record(ContractIdx(contract), &trade).unwrap();
    }

    pub(crate) fn settle(&mut self, prices: &[i32]) -> Result<ClearingReport, ClearingError> {
        let settlements: Vec<_> = (0..)
            .map(ContractIdx)
            .zip(prices)
            .zip(&self.terms)
            .map(|((contract, price), terms)| DaySettlement {
                contract,
                price: ticks(*price),
                next: terms,
            })
            .collect();
        self.clearing.settle(&settlements, &mut self.report)?;
        Ok(self.report.clone())
    }

    pub(crate) fn morning(&mut self) -> EnforcementReport {
        let mut report = EnforcementReport::default();
        self.clearing.enforce_calls(&mut report).unwrap();
        assert_eq!(self.clearing.violations(true), []);
        report
    }

    pub(crate) fn liquidation(&self) -> Vec<ForcedOrder> {
        Liquidation::default().orders(&self.clearing, &[]).unwrap().to_vec()
    }

    pub(crate) fn lots(&self, contract: u16, account: AccountId) -> i32 {
        self.clearing.position(ContractIdx(contract), account).unwrap().lots()
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.clearing.violations(false), []);
    }
}
