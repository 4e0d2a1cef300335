//! Contract rules as data: read from TOML, checked, and turned into the terms of a contract on a day.
//!
//! A [`RuleSheet`] is what a file holds; [`Rules`] is a sheet that does not contradict itself, and the only thing from which
//! terms follow. To vary a rule, clone the sheet, change it and check it again:
//!
//! ```
//! use monazite_exchange::Rules;
//!
//! let mut sheet = Rules::preset("gfex-lc").ok_or("shipped")?.into_sheet();
//! sheet.positions = None;
//! let without_position_limits = Rules::new(sheet)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The terms of the first lithium-carbonate contract on its first day, when nobody had traded it yet:
//!
//! ```
//! use jiff::civil::date;
//! use monazite_exchange::{LockState, Lots, Money, Rate, Rules, ContractStanding, TradingCalendar};
//!
//! let rules = Rules::preset("gfex-lc").ok_or("shipped")?;
//! let calendar = TradingCalendar::weekdays(date(2023, 7, 1), date(2024, 1, 31), &[])?;
//! let (month, day) = ("2024-01".parse()?, date(2023, 7, 21));
//! let terms = rules.terms(
//!     &calendar,
//!     &ContractStanding {
//!         month,
//!         listed: day,
//!         day,
//!         reference: rules.price(day, month, Money::new(24_600_000))?, // 246,000 CNY/t
//!         open_interest: Lots::ZERO,
//!         traded: false,
//!         lock: LockState::default(),
//!     },
//! )?;
//! assert_eq!(terms.limit_rate, Some(Rate::percent(14)));
//! let high = terms.limits.ok_or("limits")?.high;
//! assert_eq!(rules.tick(day, month).money(high), Money::new(28_040_000)); // 280,440 rounded inwards to 50 CNY/t
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fault;
mod lock;
mod notice;
mod parse;
pub(crate) mod percent;
mod presets;
mod settlement;
mod sheet;
mod standing;
mod tick;
mod validate;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::account::Domicile;
use crate::contract::ContractMonth;
use crate::order::Refusal;
use crate::units::{Money, Price};

pub use fault::{FaultKind, RuleFault};
pub use lock::{Close, LockAction, LockState};
pub use notice::{Hour, Notice};
pub use settlement::{Change, SettlementPrice, SettlementRules, WithoutTrades};
pub use sheet::{
    Access, AfterLock, ContractSpec, FeeRules, Grounds, LastTradingDay, LimitRules, LockRules,
    MarginRules, OrderRules, PhaseRules, PhaseStart, PositionRules, PositionTier, RateLadder,
    ReductionLevels, RuleSheet, SessionRules, Source, Status,
};
pub use standing::{ContractStanding, TermsFault};
pub use tick::Tick;

/// The rules of a contract, free of contradictions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RuleSheet", into = "RuleSheet")]
pub struct Rules {
    sheet: RuleSheet,
    /// The tick without notices; follows from the sheet.
    tick: Tick,
}

impl TryFrom<RuleSheet> for Rules {
    type Error = RuleFault;

    fn try_from(sheet: RuleSheet) -> Result<Self, RuleFault> {
        Self::new(sheet)
    }
}

impl From<Rules> for RuleSheet {
    fn from(rules: Rules) -> Self {
        rules.sheet
    }
}

impl Rules {
    /// Checks a sheet.
    ///
    /// # Errors
    /// The first contradiction found, without a line.
    pub fn new(sheet: RuleSheet) -> Result<Self, RuleFault> {
        validate::check(&sheet)?;
        let tick = validate::tick(&sheet)?;
        Ok(Self { sheet, tick })
    }

    /// Reads and checks the text of a rule file.
    ///
    /// # Errors
    /// The first thing found wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, RuleFault> {
        Self::new(parse::read(text)?).map_err(|fault| parse::located(fault, text))
    }

    /// Writes a rule file that reads back as the same rules.
    ///
    /// # Errors
    /// A number that TOML does not hold.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(&self.sheet)
    }

    /// The figures.
    pub const fn sheet(&self) -> &RuleSheet {
        &self.sheet
    }

    /// The figures, to be changed and checked again.
    pub fn into_sheet(self) -> RuleSheet {
        self.sheet
    }

    /// The lock state after a day, and what is to be done before the next; always unlocked where the rules know no lock.
    pub fn close(&self, lock: LockState, close: Close) -> (LockState, Option<LockAction>) {
        self.sheet
            .lock
            .as_ref()
            .map_or((LockState::default(), None), |rules| lock.close(rules, close))
    }

    /// Whether accounts of a domicile may trade.
    pub const fn admits(&self, domicile: Domicile) -> bool {
        matches!(
            (self.sheet.contract.access, domicile),
            (Access::Open, _) | (_, Domicile::Domestic)
        )
    }

    /// Whether a contract is delivered in a month.
    pub fn delivers_in(&self, month: ContractMonth) -> bool {
        self.sheet.contract.delivers_in(month)
    }

    /// The tick where no notice changes it.
    pub const fn base_tick(&self) -> Tick {
        self.tick
    }

    /// A price in money a quoted unit as ticks of a contract on a day.
    ///
    /// # Errors
    /// [`Refusal::OffTick`].
    pub fn price(&self, day: Date, month: ContractMonth, money: Money) -> Result<Price, Refusal> {
        self.tick(day, month).price(money)
    }
}
