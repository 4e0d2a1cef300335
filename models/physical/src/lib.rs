//! The monthly physical market for rare earths: what is used, what is mined, who sets the quantity, what crosses the border, at what price.
#![forbid(unsafe_code)]

mod activity;
mod error;
mod names;
mod parameter;
mod parameters;
mod scenario;

pub use activity::ActivityPaths;
pub use error::PhysicalError;
pub use names::{Basket, EndUse, N_BASKETS, N_ORES, N_REGIONS, N_USES, Ore, Region};
pub use parameter::{Origin, OriginKind, Parameter};
pub use parameters::{
    ControlledOre, DemandParameters, DisturbanceParameters, ExportForm, FringeSource,
    FuturesParameters, LicenceParameters, Parameters, TradeParameters,
};
pub use scenario::{PRESETS, Scenario, Shape, Shock, ShockStart, Variable};
mod conduct;
mod market;
pub use conduct::{ConductProblem, Conducted, Controlled, CournotFollower, allaz_vila_share};
pub use market::{Cleared, Cost, Demand, Fringe, JointMarket, Supply};
