//! The competitive storage equilibrium: who holds stock from one month to the next, and what that does to the price.
//!
//! Storers without market power buy where the price is below what they expect to sell at, less the cost of holding, and
//! hold nothing otherwise; suppliers plan next month's output at the price they expect for what arrives. Use it for the
//! expectations, the convenience yield and the forward curve of a storable good, and for stocks that smooth prices. It
//! assumes rational expectations, one good, storers that can always sell and borrow, and no capacity limit on storage.
//!
//! Method. With availability A = (1−δ)S₋₁ + Hε, use D(p; z), stock S = A − D(P(A, z); z) ≥ 0 and planned output H,
//!
//! ```text
//! p + k ≥ (1−δ)/(1+r) · F      = where S > 0      F = E[p′] − premium                    (storage)
//! c(H) = E[p′ ε′]              c(H) = p̄ (H/q̄)^(1/η)                                      (planned supply)
//! A′ = (1−δ)S + H ε′ z′ₛ       p′ = P(A′, z′)                                            (next month)
//! ```
//!
//! P is the fixed point of: for each stock S of a grid, expectations under the present P give p and then A = D(p) + S
//! (an endogenous grid: no equation is solved for the stock); H takes one Newton step each round. Expectations split
//! the normal innovation at the stock-out kink. Slopes of P come from the same quadrature, so that cells of the table
//! are cubic. The stock-out branch is inverse demand itself.
//!
//! References: Williams and Wright (1991), *Storage and Commodity Markets*; Deaton and Laroque (1992), Review of Economic
//! Studies 59(1), eq. 8–10; Carroll (2006), Economics Letters 91(3) for the endogenous grid; Gouel (2013),
//! Computational Economics 41(3), for a comparison of methods. Checked against VERIFICATION.md, "Competitive storage":
//! P(1.1) = .824430 with exact integrals and .825668 with seven Gauss–Hermite nodes, and by Euler residuals off the grid.
//!
//! ```
//! use monazite_physical::{IsoelasticDemand, Persistence, PlannedSupply, StorageSpec, Yield};
//! let equilibrium = StorageSpec {
//!     cost: 0.06,
//!     deterioration: 0.02,
//!     interest: 0.03,
//!     premium: 0.0,
//!     demand: IsoelasticDemand::new(1.0, 1.0, 0.2)?,
//!     supply: PlannedSupply::Elastic { quantity: 1.0, price: 1.0, elasticity: 0.2 },
//!     yields: Yield::Normal { sd: 0.05 },
//!     persistence: Persistence::None,
//! }
//! .solve()?;
//! let state = equilibrium.state(0)?;
//! assert!((equilibrium.price(1.1, &state) - 0.824430).abs() < 5e-6);
//! assert_eq!(equilibrium.stock(0.9, &state), 0.0);
//! # Ok::<(), monazite_physical::PhysicalError>(())
//! ```

mod acceleration;
mod curve;
mod daily;
mod demand;
mod equilibrium;
mod moments;
mod outcomes;
mod solve;
mod spec;
mod surface;

pub use curve::ForwardCurves;
pub use daily::{DailyBridge, DailyPath};
pub use demand::{InverseDemand, IsoelasticDemand, LinearDemand, TabulatedDemand};
pub use equilibrium::StorageEquilibrium;
pub use moments::{StorageMoments, StorageMonth};
pub use outcomes::{MarketState, Persistence, Yield};
pub use spec::{PlannedSupply, StorageGrid, StorageSpec};
pub use surface::StorageState;
