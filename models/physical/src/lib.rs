//! The monthly physical market for rare earths: what is used, what is mined, who sets the quantity, what crosses the border, at what price.
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
mod names;
mod parameter;
mod parameters;
mod path;
mod record;
mod scenario;
mod simulate;
mod state;
mod world;

pub use activity::ActivityPaths;
pub use base::{Assumed, BaseYear};
pub use calibrate::{base_demand, calibrate};
pub use checks::Violation;
pub use conduct::{ConductProblem, Conducted, Controlled, CournotFollower, allaz_vila_share};
pub use error::PhysicalError;
pub use licence::{QueueMonth, UseClass, advance_queue};
pub use market::{Cleared, Cost, Demand, Fringe, JointMarket, Supply};
pub use names::{Basket, EndUse, N_BASKETS, N_ORES, N_REGIONS, N_USES, Ore, Region};
pub use parameter::{Origin, OriginKind, Parameter};
pub use parameters::{
    ControlledOre, DemandParameters, DisturbanceParameters, ExportForm, FringeSource,
    FuturesParameters, LicenceParameters, Parameters, TradeParameters,
};
pub use record::Output;
pub use scenario::{PRESETS, Scenario, Shape, Shock, ShockStart, Variable};
pub use simulate::{Run, simulate};
pub use world::{Conduct, WorldSpec};
