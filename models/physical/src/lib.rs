//! The monthly physical market for rare earths: what is used, what is mined, who sets the quantity, what crosses the border, at what price.
#![forbid(unsafe_code)]

mod activity;
mod base;
mod calibrate;
mod conduct;
mod curves;
mod error;
mod licence;
mod market;
mod names;
mod parameter;
mod parameters;
mod scenario;
mod state;

pub use activity::ActivityPaths;
pub use base::{Assumed, BaseYear};
pub use calibrate::{base_demand, calibrate};
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
pub use scenario::{PRESETS, Scenario, Shape, Shock, ShockStart, Variable};
