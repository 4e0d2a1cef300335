//! The monthly physical market for rare earths: what is used, what is mined, who sets the quantity, what crosses the
//! border, at what price.
//!
//! Demand of eight regions and five end uses follows activity and, slowly, price; supply comes as joint products of
//! ores, so that three baskets clear together. A dominant supplier sets its output in January and July by a first-order
//! condition with conduct θ (0 a price taker, 1/n Cournot, 1 one firm), under limits and against a fringe whose capacity
//! follows revenue years later. Goods that need an export licence wait in a queue and have left the inside market until
//! they are approved or withdrawn; where arrivals, the fringe and stocks fall short of use abroad, a region's price
//! leaves the price in China. [`calibrate`] makes a base year an equilibrium, [`simulate`] runs a scenario under a
//! conduct on given activity paths with keyed random numbers, and checks every balance. [`market_power`] and
//! [`scenario_effects`] compare worlds path by path on common random numbers. Nothing is estimated here: parameters and
//! activity arrive as plain numbers, each with its origin.
//!
//! Equations, assumptions and failures: MODEL.md beside this crate's `src`.
#![forbid(unsafe_code)]
#![allow(
    clippy::needless_range_loop,
    reason = "arrays are indexed in parallel by basket, region and use"
)]

mod activity;
mod base;
mod border;
mod calibrate;
mod checks;
mod conduct;
mod curves;
mod error;
mod factors;
mod futures;
mod licence;
mod market;
mod measure;
mod names;
mod parameter;
mod parameters;
mod path;
mod record;
mod scenario;
mod simulate;
mod state;
mod world;

pub use activity::{ActivityPaths, ExpectedActivity};
pub use base::{Assumed, BaseYear};
pub use calibrate::{base_demand, calibrate};
pub use checks::Violation;
pub use conduct::{ConductProblem, Conducted, Controlled, CournotFollower, allaz_vila_share};
pub use error::PhysicalError;
pub use licence::{QueueMonth, UseClass, advance_queue};
pub use market::{Cleared, Cost, Demand, Fringe, JointMarket, Supply};
pub use measure::{
    Effect, HORIZONS, Kind, MarkUp, Measure, POWER_MONTHS, compare, mark_up, market_power,
    scenario_effects,
};
pub use names::{Basket, EndUse, N_BASKETS, N_ORES, N_REGIONS, N_USES, Ore, Region};
pub use parameter::{Origin, OriginKind, Parameter};
pub use parameters::{
    ControlledOre, DemandParameters, DisturbanceParameters, ExportForm, FringeSource,
    FuturesParameters, LicenceParameters, Parameters, TradeParameters,
};
pub use record::Output;
pub use scenario::{PRESETS, Scenario, Shape, Shock, ShockStart, Variable};
pub use simulate::{Run, simulate, simulate_block};
pub use world::{Conduct, WorldSpec};
