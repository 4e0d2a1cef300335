//! January's share of the two-month figure: what the smoother says against what detailed trade data say.

use monazite_series::{Period, Series};
use serde::Serialize;

use super::SeriesForecast;
use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::study::explain::series_fault;

/// January's share of January and February in one year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JanuaryShare {
    /// The year.
    pub year: i32,
    /// Share by the months published, or smoothed where the two were published as one figure.
    pub share: f64,
    /// 5 and 95 % quantiles of a smoothed share; none where the months were published.
    pub interval: Option<[f64; 2]>,
    /// Share in UN Comtrade (HS 280530 + 284690), where months are known; the two cover different codes.
    pub comtrade: Option<f64>,
}

/// Every year with both months in the tonnage series, alone or as one figure.
///
/// # Errors
/// `D041` if a bundled series is not as it should be.
pub fn january_shares(
    catalogue: &Catalogue,
    volume: &SeriesForecast,
) -> Result<Vec<JanuaryShare>, Diagnostic> {
    let quantity = catalogue
        .series("comtrade-280530-quantity")?
        .plus(&catalogue.series("comtrade-284690-quantity")?, "quantity")
        .map_err(|e| series_fault(&e))?;
    let Some(main) = volume.models.iter().find(|m| !m.smoothed.is_empty()) else {
        return Ok(Vec::new());
    };
    let pairs = main.smoothed.windows(2).filter(|w| {
        w[0].period.season() == 0 && w[1].period == w[0].period.plus(1) && w[0].span == 2
    });
    let smoothed = pairs.map(|w| {
        let total = w[0].value + w[1].value;
        JanuaryShare {
            year: w[0].period.year(),
            share: w[0].value / total,
            interval: Some([w[0].q05 / total, w[0].q95 / total]),
            comtrade: share(&quantity, w[0].period),
        }
    });
    let target = volume.plan.sample.target();
    let published =
        target.observations().iter().filter(|o| o.period.season() == 0).filter_map(|o| {
            Some(JanuaryShare {
                year: o.period.year(),
                share: share(target, o.period)?,
                interval: None,
                comtrade: share(&quantity, o.period),
            })
        });
    let mut all: Vec<JanuaryShare> = smoothed.chain(published).collect();
    all.sort_by_key(|j| j.year);
    Ok(all)
}

fn share(quantity: &Series, january: Period) -> Option<f64> {
    let (first, second) = (quantity.get(january)?, quantity.get(january.plus(1))?);
    Some(first / (first + second))
}
