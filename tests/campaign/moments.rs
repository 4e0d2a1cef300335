//! What the moments of the Nd price ask of the market of storers: the search behind the recorded cost of storage.

use std::fmt::Write;

use monazite::study::simulate::MarketBasis;
use monazite::study::spec::Study;

use crate::results;

#[test]
fn moments_of_the_nd_price() {
    let basis = MarketBasis::prepare(&Study::bundled().unwrap(), None).unwrap();
    let (storers, market) =
        (basis.calibration().price_moments().unwrap(), basis.market_moments().unwrap());
    let mut body = String::new();
    writeln!(body, "```text\n{storers}\n{market}```\n").unwrap();
    body.push_str("The study records the cost of storage and sets σ in the whole market. AR(1), skewness and kurtosis of the whole market are left to it: nothing is set to them.\n");
    results::write("moments", 20_130_101, "Moments of the Nd price", &body);
    let rows = basis.calibration().rows();
    let recorded = rows.iter().find(|r| r.name == "storage.cost").unwrap();
    let found = storers.parameters().iter().find(|p| p.name == "storage.cost").unwrap();
    // Recorded to two digits.
    assert!((recorded.value - found.value).abs() < 0.0005, "{recorded:?} {found:?}");
    assert!((recorded.high - recorded.value - 1.96 * found.se).abs() < 0.001, "{found:?}");
    let sd = market.rows()[0];
    assert!((sd.simulated / sd.observed - 1.0).abs() < 0.02, "{sd:?}");
}
