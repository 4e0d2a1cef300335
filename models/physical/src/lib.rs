//! The monthly physical market for rare earths: what is used, what is mined, who sets the quantity, what crosses the
//! border, at what price.
//!
//! Demand of eight regions and five end uses follows activity and, slowly, price; supply comes as joint products of
//! ores, so that three baskets clear together. A dominant supplier sets its output in January and July by a first-order
//! condition with conduct θ (0 a price taker, 1/n Cournot, 1 one firm), under limits and against a fringe whose capacity
//! follows revenue years later; storers in China carry stock from month to month. Goods that need an export licence wait in a queue and have left the inside market until
//! they are approved or withdrawn, and some goes by way of intermediaries; where arrivals, the fringe and stocks fall
//! short of use abroad, a region's price leaves the price in China. [`calibrate`] makes a base year an equilibrium, [`simulate`] runs a scenario under a
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

mod abroad;
mod activity;
mod base;
mod border;
mod bounds;
mod calibrate;
mod channel;
mod checks;
mod concentrate;
mod conduct;
mod curves;
mod decision;
mod elementary;
mod error;
mod factors;
mod futures;
mod heavy;
mod intensity;
mod licence;
mod market;
mod measure;
mod names;
mod output;
mod parameter;
mod parameters;
mod path;
mod powers;
mod record;
mod scenario;
mod scrap;
mod simulate;
mod state;
mod stockpile;
mod stocks;
mod storage;
mod storers;
mod supply;
mod transit;
mod value_chain;
mod world;

pub use activity::{ActivityPaths, ExpectedActivity};
pub use base::{Assumed, BaseYear};
pub use calibrate::{base_demand, calibrate, intensity_gaps};
pub use channel::Channel;
pub use checks::Violation;
pub use concentrate::ConcentrateParameters;
pub use conduct::{
    ChosenLimits, Conduct, ConductProblem, Conducted, Controlled, CournotFollower, Forward, Player,
    allaz_vila_share,
};
pub use error::PhysicalError;
pub use heavy::HeavySubstitution;
pub use intensity::{Fleet, IntensityParameters, TechnologyShare};
pub use licence::{Goods, QueueMonth, UseClass, advance_queue};
pub use market::{Cleared, Cost, Demand, Fringe, JointMarket, Supply};
pub use measure::{
    Effect, HORIZONS, Kind, MarkUp, Measure, POWER_MONTHS, compare, mark_up, market_power,
    scenario_effects,
};
pub use names::{
    Basket, EndUse, Form, N_BASKETS, N_FORMS, N_ORES, N_REGIONS, N_TECHNOLOGIES, N_USES, Ore,
    Region, Technology,
};
pub use output::Output;
pub use parameter::{Origin, OriginKind, Parameter};
pub use parameters::{
    ControlledOre, DemandParameters, DisturbanceParameters, ExportForm, FringeSource,
    FuturesParameters, LicenceParameters, LicenceRegime, Parameters, StateParameters,
    StorageParameters, TradeParameters,
};
pub use scenario::{
    Announcement, Combine, Distribution, LicenceCells, PRESETS, REPLAY_PRESETS, Scenario,
    ScenarioFault, Shape, Shock, ShockStart, Size, Variable,
};
pub use scrap::ScrapParameters;
pub use simulate::{Run, simulate, simulate_block};
pub use stocks::StockParameters;
pub use storage::{
    DailyBridge, DailyPath, ForwardCurves, InverseDemand, IsoelasticDemand, LinearDemand,
    MarketState, Persistence, PlannedSupply, StorageEquilibrium, StorageGrid, StorageMoments,
    StorageMonth, StorageSpec, StorageState, TabulatedDemand, Yield,
};
pub use storers::Storers;
pub use transit::TransitParameters;
pub use value_chain::{ValueSplit, value_changes, value_split};
pub use world::WorldSpec;
