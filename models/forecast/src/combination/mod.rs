//! Combinations of models: mixtures of their distributions.
//!
//! The forecast of a combination is the mixture `F = Σ w_i F_i` of its members' (the linear opinion pool; Hall and
//! Mitchell 2007), for each period and for joint paths. Weights are equal, or follow errors at rolling origins inside
//! the sample. Members that need a figure in every period see an awkward sample linearised by a state-space model.
//! No member may spoil the mixture: where its 95 % interval is more than [`WIDEST`] times as wide as that of the median
//! member it is narrowed around its median to that, or to less where it works in logarithms.
//!
//! Equal weights are hard to beat where records are short (Smith and Wallis 2009; Wang et al. 2023, §2.2): weights that are
//! estimated bring an error of their own.

mod auto;
mod mixture;
mod origins;
mod quick;
mod weights;

use serde::{Deserialize, Serialize};

pub use auto::Auto;
pub(crate) use quick::QuickFit;
pub use weights::Weights;

use crate::linearised::{Linearised, LinearisedFit, linearise};
use crate::model::Memory;
use crate::report::FitReport;
use crate::saved::{Exact, Saved, SavedParts};
use crate::{Fitted, Forecast, ForecastError, Forecaster, Model, Sample};
use mixture::mixture;
use origins::{Record, records};

/// Widest interval of a member, in that of the median member.
pub const WIDEST: f64 = 3.0;

/// Models whose forecasts are mixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Combination {
    /// The models, by the names under which they are reported.
    pub members: Vec<(String, Model)>,
    /// How they are weighted.
    pub weights: Weights,
    /// Periods in a season: the scale of errors and the spacing of origins.
    pub season: usize,
}

/// A member of a combination and why it has its weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The name of the model.
    pub name: String,
    /// The form it took; empty if it could not be estimated.
    pub form: String,
    /// Its weight.
    pub weight: f64,
    /// Mean absolute scaled error at rolling origins inside the sample, if there were any.
    pub mase: Option<f64>,
    /// Why it has this weight.
    pub reason: String,
}

/// A combination estimated on a sample.
#[derive(Debug)]
pub struct CombinationFit {
    label: String,
    sample: Sample,
    fits: Vec<(f64, Box<dyn Fitted>)>,
    members: Vec<Member>,
}

impl Combination {
    /// Its name in tables.
    pub fn label(&self) -> String {
        let names: Vec<&str> = self.members.iter().map(|(name, _)| name.as_str()).collect();
        format!("{} of {}", self.weights.label(), names.join(", "))
    }

    pub(crate) fn fit_with(
        &self,
        sample: &Sample,
        memory: Option<&mut Memory>,
    ) -> Result<CombinationFit, ForecastError> {
        let mut own = Memory::default();
        let fits = self.fit_members(sample, memory.unwrap_or(&mut own));
        if fits.iter().all(Result::is_err) {
            return Err(fits.into_iter().find_map(Result::err).unwrap_or_else(no_members));
        }
        let estimable: Vec<usize> = (0..fits.len()).filter(|&i| fits[i].is_ok()).collect();
        let record = if self.weights.needs_record() && estimable.len() > 1 {
            let mut memory = Memory::default();
            let mut fit = |known: &Sample| self.fit_members(known, &mut memory);
            records(&mut fit, &estimable, sample, self.season)
        } else {
            None
        };
        Ok(self.weighted(sample, fits, &estimable, record.as_ref()))
    }

    /// Every member on the sample, or on the linearised one where it needs that.
    fn fit_members(
        &self,
        sample: &Sample,
        memory: &mut Memory,
    ) -> Vec<Result<Box<dyn Fitted>, ForecastError>> {
        let mut linearised: Option<Result<Linearised, ForecastError>> = None;
        memory.members.resize_with(self.members.len(), Memory::default);
        let mut fits = Vec::with_capacity(self.members.len());
        for (at, (_, model)) in self.members.iter().enumerate() {
            if model.takes(sample) {
                fits.push(fit_member(at, model, sample, memory));
                continue;
            }
            let prepared = match linearised {
                Some(ref prepared) => prepared,
                None => &*linearised.insert(linearise(sample, self.season, Some(memory))),
            };
            fits.push(match prepared {
                Ok(prepared) => fit_member(at, model, prepared.sample(), memory).map(|inner| {
                    let fit = LinearisedFit { inner, linearised: prepared.clone() };
                    Box::new(fit) as Box<dyn Fitted>
                }),
                Err(e) => Err(e.clone()),
            });
        }
        fits
    }

    fn weighted(
        &self,
        sample: &Sample,
        fits: Vec<Result<Box<dyn Fitted>, ForecastError>>,
        estimable: &[usize],
        record: Option<&Record>,
    ) -> CombinationFit {
        let given = self.weights.of(estimable.len(), record);
        let mut members = Vec::with_capacity(fits.len());
        let mut kept = Vec::new();
        let mut given = given.into_iter().enumerate();
        for ((name, _), fit) in self.members.iter().zip(fits) {
            let mut member = Member {
                name: name.clone(),
                form: String::new(),
                weight: 0.0,
                mase: None,
                reason: String::new(),
            };
            match fit {
                Err(e) => member.reason = format!("could not be estimated: {e}"),
                Ok(fit) => {
                    let Some((at, (weight, reason))) = given.next() else { continue };
                    member.form = fit.form();
                    member.weight = weight;
                    member.mase = record.map(|r| r.mase(at));
                    member.reason = reason;
                    if weight > 0.0 {
                        kept.push((weight, fit));
                    }
                }
            }
            members.push(member);
        }
        CombinationFit { label: self.label(), sample: sample.clone(), fits: kept, members }
    }
}

/// One member, quickly if there is a memory of the origin before; what it shares with others is passed on.
fn fit_member(
    at: usize,
    model: &Model,
    sample: &Sample,
    memory: &mut Memory,
) -> Result<Box<dyn Fitted>, ForecastError> {
    memory.members[at].last = memory.last.take();
    let fit = model.fit_next(sample, &mut memory.members[at]);
    memory.last = memory.members[at].last.take();
    Ok(match memory.members[at].estimated(model, sample) {
        Some((model, free)) => Box::new(QuickFit::new(fit?, model, free)),
        None => fit?,
    })
}

fn no_members() -> ForecastError {
    ForecastError::Specification("a combination needs at least one member".into())
}

impl Forecaster for Combination {
    type Fit = CombinationFit;

    fn fit(&self, sample: &Sample) -> Result<CombinationFit, ForecastError> {
        self.fit_with(sample, None)
    }
}

impl CombinationFit {
    /// A combination of members that are there already.
    pub(crate) fn at(
        label: String,
        sample: &Sample,
        fits: Vec<(f64, Box<dyn Fitted>)>,
        members: Vec<Member>,
    ) -> Self {
        Self { label, sample: sample.clone(), fits, members }
    }

    /// The name under which it is reported in place of the list of its members.
    pub(crate) fn named(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }
}

impl Fitted for CombinationFit {
    fn forecast(
        &self,
        horizon: usize,
        n_paths: usize,
        seed: u64,
    ) -> Result<Forecast, ForecastError> {
        // A member has its share of the paths, and one more where shares are rounded.
        let forecasts = self
            .fits
            .iter()
            .map(|(weight, fit)| Ok((*weight, fit.forecast(horizon, n_paths, seed)?)))
            .collect::<Result<Vec<_>, ForecastError>>()?;
        Ok(mixture(&self.sample, &self.label, &forecasts, seed))
    }

    fn form(&self) -> String {
        let forms: Vec<String> = self.fits.iter().map(|(_, fit)| fit.form()).collect();
        format!("{} ({})", self.label, forms.join(" + "))
    }

    fn report(&self) -> Option<&FitReport> {
        None
    }

    fn saved(&self) -> Option<SavedParts> {
        let one = |(weight, fit): &(f64, Box<dyn Fitted>)| Some((Exact(*weight), fit.saved()?.0));
        Some(SavedParts(Saved::Combination {
            label: self.label.clone(),
            fits: self.fits.iter().map(one).collect::<Option<_>>()?,
            members: self.members.clone(),
        }))
    }

    fn members(&self) -> &[Member] {
        &self.members
    }
}
