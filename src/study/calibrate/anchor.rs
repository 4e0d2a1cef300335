//! The anchor: a simulation that starts at the last prices observed and varies as observed prices do.

use monazite_physical::{
    ActivityPaths, Basket, Conduct, DemandParameters, EndUse, N_REGIONS, Ore, Origin, Output,
    Parameter, Parameters, Region, Run, Scenario, Storers, WorldSpec, simulate,
};
use monazite_series::Period;

use super::whole_market::monthly_sd;
use super::{BASE_YEAR, Calibration, refused};
use crate::diagnostic::Diagnostic;

/// Rounds of the search for the anchor, and its tolerance in logs.
const MAX_ROUNDS: usize = 300;
const ANCHOR_TOLERANCE: f64 = 1e-6;
/// Rounds of the search for the s.d. of the disturbance.
const MAX_SD_ROUNDS: usize = 12;
/// Paths it goes by: a s.d. of their monthly changes is known to one per cent.
const MOST_SD_PATHS: usize = 192;
/// Uses whose place is pinned by tonnage: headline exports, magnets.
pub(super) const PINNED_USES: [EndUse; 2] = [EndUse::NonMagnet, EndUse::OtherMagnets];
/// Largest gap that is called settled.
const ANCHOR_FAILURE: f64 = 1e-3;

impl Calibration {
    /// Anchored to the last prices: buyers have adapted to them, and the first month starts there under the base year's
    /// conduct. Tonnage kept up with activity while the price of `NdPr` nearly doubled (magnet exports 2025: −1.3 %), so
    /// the level of its demand makes up for what the price would have cost in use, and the level of the light
    /// ore's marginal cost carries the price: the quoted price of concentrate rose likewise. That of clay keeps its output
    /// at the quota, which has not moved since 2020. Where La and Ce, and other magnets, are used follows headline
    /// and magnet tonnage of late. For the by-products `LaCe` and
    /// `DyTb` the level of demand is what their prices ask for. `activity` is what will be simulated.
    ///
    /// # Errors
    /// `M010` if the market cannot be solved or the search does not settle.
    pub fn anchored(&self, activity: &ActivityPaths, start: Period) -> Result<Self, Diagnostic> {
        let mut result = self.clone();
        result.parameters.start_price.clone_from(&self.targets);
        result.pinned.push(("start_price".to_owned(), "last observed prices".to_owned()));
        result.set_anchor(activity, start)?;
        result.set_disturbance(activity, start)?;
        result.storers = Some(Storers::solve(&result.parameters).map_err(|e| refused(&e))?);
        Ok(result)
    }

    /// Says of the shares where they come from.
    fn say_shares(&mut self, start: Period) {
        for (end_use, moment) in PINNED_USES.into_iter().zip([
            "headline exports are the mean of the last twelve months published",
            "magnet exports are the mean of the last six months published",
        ]) {
            let how =
                format!("customs destinations, with China's share such that in {start} {moment}");
            for one in &mut self.parameters.demand.region_share[end_use.index()] {
                let (low, high) = (0.8 * one.value, (1.2 * one.value).min(1.0));
                let origin = Origin::estimated(how.clone());
                *one = Parameter::ranged(one.value, low, high, "share", origin);
            }
            let name = format!("demand.region_share.{end_use}.china");
            self.pinned.push((name, moment.replace(" are the mean", ": mean")));
        }
    }

    fn set_anchor(&mut self, activity: &ActivityPaths, start: Period) -> Result<(), Diagnostic> {
        let mean = mean_activity(activity)?;
        let conduct = Conduct::Theta(self.parameters.base_theta.value);
        let costs: Vec<(f64, f64)> = self
            .parameters
            .controlled
            .iter()
            .map(|ore| (ore.cost_level.value, ore.cost_slope.value))
            .collect();
        let ratio = self.targets[1].value / self.parameters.base_price[1].value;
        self.parameters.demand.level[1].value = kept_use(&self.parameters.demand, 1, ratio);
        let clay = self
            .parameters
            .controlled
            .iter()
            .find(|ore| ore.ore == Ore::ChinaClay)
            .map_or(0.0, |ore| ore.base_output.value);
        // ln of the levels: demand of LaCe, marginal cost of light ore, demand of DyTb, each of which raises its own price;
        // the inverse of marginal cost of clay, which raises its output; shares abroad in non-magnet uses and in other
        // magnets, which raise headline and magnet exports.
        let (mut level, mut step, mut gap) = ([0.0; 6], [0.1_f64; 6], [0.0_f64; 6]);
        let shares = self.parameters.demand.region_share.clone();
        for _ in 0..MAX_ROUNDS {
            for basket in [Basket::LaCe, Basket::DyTb] {
                self.parameters.demand.level[basket.index()].value =
                    f64::exp(level[basket.index()]);
            }
            for (ore, (flat, slope)) in self.parameters.controlled.iter_mut().zip(&costs) {
                let factor = f64::exp(if ore.ore == Ore::ChinaClay { -level[3] } else { level[1] });
                ore.cost_level.value = flat * factor;
                ore.cost_slope.value = slope * factor;
            }
            for (i, end_use) in PINNED_USES.into_iter().enumerate() {
                let base = &shares[end_use.index()];
                spread(&mut self.parameters, end_use, base, f64::exp(level[4 + i]));
            }
            let run = still(&self.parameters, &mean, start, conduct)?;
            for i in 0..gap.len() {
                let (output, target) = match (Basket::ALL.get(i), i) {
                    (Some(&basket), _) => (Output::Price(basket), self.targets[i].value),
                    (None, 3) => (Output::OreOutput(Ore::ChinaClay), clay),
                    (None, 4) => (Output::HeadlineExports(None), self.tonnage[0]),
                    (None, _) => (Output::MagnetExports(None), self.tonnage[1]),
                };
                let found = run.at(output, 0).map_err(|e| refused(&e))?[0];
                // A price at the floor has no logarithm: a tenth of the target says "far below".
                let now = (target / found.max(0.1 * target)).ln();
                // Longer steps while the gap closes, shorter ones once it is overshot.
                step[i] *= if now * gap[i] < 0.0 { 0.5 } else { 1.1 };
                step[i] = step[i].min(0.3);
                gap[i] = now;
            }
            if gap.iter().all(|one| one.abs() < ANCHOR_TOLERANCE) {
                break;
            }
            for i in 0..gap.len() {
                level[i] += step[i] * gap[i];
            }
        }
        let worst = gap.iter().fold(0.0_f64, |a, g| a.max(g.abs()));
        if worst.is_nan() || worst > ANCHOR_FAILURE {
            return Err(Diagnostic::error(
                "M010",
                format!(
                    "no cost and demand start the simulation at the last prices, the quota of clay and tonnage of late: ln gaps {gap:.4?}"
                ),
            )
            .help("the last quotes may be out of reach of the calibrated supply"));
        }
        let origin = |what: &str| {
            Origin::estimated(format!(
                "{what}, so that {start} starts at the last price observed, given activity and the conduct of the base year"
            ))
        };
        for basket in [Basket::LaCe, Basket::DyTb] {
            let one = &mut self.parameters.demand.level[basket.index()];
            *one =
                Parameter::around(one.value, 0.02, "1", origin("level of demand besides activity"));
        }
        let ndpr = &mut self.parameters.demand.level[1];
        *ndpr = Parameter::around(
            ndpr.value,
            0.1,
            "1",
            Origin::estimated(
                "so that use at the last price, adapted to in full, is that of the base year times activity",
            ),
        );
        self.say_shares(start);
        for ore in &mut self.parameters.controlled {
            for cost in [&mut ore.cost_level, &mut ore.cost_slope] {
                let how = if ore.ore == Ore::ChinaClay {
                    Origin::estimated(format!(
                        "cost of the base year times one factor, so that {start} produces the quota of ion clay, unchanged since 2020"
                    ))
                } else {
                    origin("cost of the base year times one factor")
                };
                *cost = Parameter::fixed(cost.value, cost.unit.clone(), how);
            }
        }
        let china = |end_use: EndUse| self.parameters.demand.region_share[end_use.index()][0].value;
        self.notes.push(format!(
            "anchor: marginal cost of light ore {:.3} and of clay {:.3} times that of {BASE_YEAR}; demand at {BASE_YEAR} prices besides activity {:.3} (LaCe), {:.3} (NdPr) and {:.3} (DyTb) times; China's share in non-magnet uses {:.3} for {:.0} t of headline exports a month, in other magnets {:.3} for {:.0} t of magnets; buyers are taken to have adapted to the last prices in full",
            level[1].exp(),
            (-level[3]).exp(),
            level[0].exp(),
            self.parameters.demand.level[1].value,
            level[2].exp(),
            china(EndUse::NonMagnet),
            self.tonnage[0],
            china(EndUse::OtherMagnets),
            self.tonnage[1]
        ));
        self.pinned.push((
            "demand.level".to_owned(),
            "last observed prices; NdPr: tonnage that kept up with activity".to_owned(),
        ));
        for (name, moment) in [
            ("ore.china-light.cost_", "last observed price of NdPr, given conduct"),
            ("ore.china-clay.cost_", "quota of ion clay, given conduct"),
        ] {
            self.pinned.push((name.to_owned(), moment.to_owned()));
            self.pinned.push((format!("{name}power"), "not identified".to_owned()));
        }
        Ok(())
    }

    /// Scales the s.d. of the disturbance until simulated months vary as observed ones do.
    fn set_disturbance(
        &mut self,
        activity: &ActivityPaths,
        start: Period,
    ) -> Result<(), Diagnostic> {
        let conduct = Conduct::Theta(self.parameters.base_theta.value);
        let paths = some_paths(activity)?;
        let mut simulated = 0.0;
        let mut sd = self.parameters.disturbance.standard_deviation[1].value;
        let (mut last, mut slope) = (None, 1.0_f64);
        for _ in 0..MAX_SD_ROUNDS {
            for one in &mut self.parameters.disturbance.standard_deviation {
                *one = Parameter::around(
                    sd,
                    0.25,
                    "ln demand",
                    Origin::estimated(
                        "so that simulated monthly Δln NdPr, taken as means of days, has the s.d. of Δln Nd 2013-01 to 2024-07; the same for all baskets",
                    ),
                );
            }
            let run = baseline(&self.parameters, &paths, start, conduct)?;
            simulated = monthly_sd(&run)?;
            if (simulated / self.price_sd - 1.0).abs() < 0.01 {
                break;
            }
            // A secant in logs. Prices also move without disturbances and kinks make the response uneven: hence the bounds.
            let here = (sd.ln(), simulated.ln());
            if let Some((ln_sd, ln_simulated)) = last.replace(here) {
                slope = ((here.1 - ln_simulated) / (here.0 - ln_sd)).clamp(0.3, 1.5);
            }
            sd *= (self.price_sd / simulated).powf(1.0 / slope).clamp(0.4, 2.5);
        }
        self.pinned.push((
            "disturbance.standard_deviation.NdPr".to_owned(),
            "s.d. of monthly Δln Nd 2013-01 to 2024-07".to_owned(),
        ));
        self.notes.push(format!(
            "s.d. of monthly Δln NdPr as means of days: {simulated:.4} simulated around the mean path, {:.4} observed; jumps that all paths share, when quantities are set, come on top",
            self.price_sd
        ));
        Ok(())
    }
}

/// Shares of an end use abroad times a factor, China taking the rest: no more than nine tenths abroad.
pub(super) fn spread(
    parameters: &mut Parameters,
    end_use: EndUse,
    base: &[Parameter; N_REGIONS],
    factor: f64,
) {
    let abroad = 1.0 - base[0].value;
    let factor = factor.min(0.9 / abroad);
    let shares = &mut parameters.demand.region_share[end_use.index()];
    shares[0].value = 1.0 - factor * abroad;
    for (one, base) in shares.iter_mut().zip(base).skip(1) {
        one.value = factor * base.value;
    }
}

/// Level of demand at which use of a basket at `ratio` times the base price, adapted to in full, is what it was.
pub(super) fn kept_use(demand: &DemandParameters, b: usize, ratio: f64) -> f64 {
    let (mut before, mut now) = (0.0, 0.0);
    for (end_use, elasticity) in EndUse::ALL.into_iter().zip(&demand.elasticity) {
        let used = demand.base_use(end_use)[b];
        before += used;
        now += used * ratio.powf(-elasticity.value);
    }
    before / now
}

/// The paths that moments of the market are taken over.
pub(super) fn some_paths(activity: &ActivityPaths) -> Result<ActivityPaths, Diagnostic> {
    activity.part(0, activity.n_paths().min(MOST_SD_PATHS)).map_err(|e| refused(&e))
}

/// Two paths of the mean of all, for the months up to the supplier's second decision: what the first one goes by.
fn mean_activity(activity: &ActivityPaths) -> Result<ActivityPaths, Diagnostic> {
    // January and July: no more than six months apart.
    let n_months = activity.n_months().min(6);
    let mut mean = ActivityPaths::constant(2, n_months).map_err(|e| refused(&e))?;
    for region in Region::ALL {
        for end_use in EndUse::ALL {
            let mut total = vec![0.0; n_months];
            for path in 0..activity.n_paths() {
                for (sum, value) in total.iter_mut().zip(activity.months(path, region, end_use)) {
                    *sum += value / activity.n_paths() as f64;
                }
            }
            for path in 0..2 {
                mean.set(path, region, end_use, &total).map_err(|e| refused(&e))?;
            }
        }
    }
    Ok(mean)
}

/// A baseline without disturbances.
pub(super) fn still(
    parameters: &Parameters,
    activity: &ActivityPaths,
    start: Period,
    conduct: Conduct,
) -> Result<Run, Diagnostic> {
    let mut parameters = parameters.clone();
    for one in &mut parameters.disturbance.standard_deviation {
        one.value = 0.0;
    }
    baseline(&parameters, activity, start, conduct)
}

pub(super) fn baseline(
    parameters: &Parameters,
    activity: &ActivityPaths,
    start: Period,
    conduct: Conduct,
) -> Result<Run, Diagnostic> {
    let scenario = Scenario::baseline();
    let spec = WorldSpec {
        parameters,
        scenario: &scenario,
        conduct,
        start,
        seed: 1,
        storers: None,
        n_threads: None,
    };
    simulate(&spec, activity).map_err(|e| refused(&e))
}
