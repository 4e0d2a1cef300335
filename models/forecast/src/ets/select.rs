//! Fitting a form, and choosing one.

use super::form::{ErrorForm, EtsForm, SeasonForm, TrendForm};
use super::prior::Prior;
use super::recursion::EtsParameters;
use super::search::{Optimum, Search};
use super::start::{States, starts};
use super::{Ets, EtsCandidates};

/// Precision of a first look at a form.
const COARSE: f64 = 1e-2;
/// Precision of the result.
const FINE: f64 = 1e-9;
/// A form whose criterion is this far behind after a first look is not looked at again.
const BEHIND: f64 = 6.0;

/// A form at its maximum of the likelihood.
#[derive(Debug, Clone)]
pub(super) struct Best {
    pub(super) form: EtsForm,
    pub(super) parameters: EtsParameters,
}

/// The forms an automatic choice compares.
pub(super) fn candidates(spec: &Ets, positive: bool) -> Vec<EtsForm> {
    let cautious = spec.choice.candidates == EtsCandidates::Cautious;
    let damped: &[bool] = match spec.damped {
        Some(true) => &[true],
        Some(false) => &[false],
        None if cautious => &[true],
        None => &[false, true],
    };
    let mut trends = Vec::new();
    if spec.damped != Some(true) {
        trends.push(TrendForm::None);
    }
    for &damped in damped {
        trends.push(TrendForm::Additive { damped });
        if spec.choice.multiplicative_trend {
            trends.push(TrendForm::Multiplicative { damped });
        }
    }
    let mut seasons = vec![SeasonForm::None];
    if spec.season > 1 {
        seasons.extend([SeasonForm::Additive, SeasonForm::Multiplicative]);
    }
    let mut forms = Vec::new();
    for error in [ErrorForm::Additive, ErrorForm::Multiplicative] {
        for &trend in &trends {
            for &season in &seasons {
                let form = EtsForm { error, trend, season };
                let mixed = error == ErrorForm::Multiplicative && season == SeasonForm::Additive;
                let left_out = form.is_unstable() || (cautious && mixed);
                let admissible = positive || !form.needs_positive();
                if admissible && !left_out {
                    forms.push(form);
                }
            }
        }
    }
    forms
}

fn prior(form: EtsForm, y: &[f64], m: usize, states: &States, shrink: bool) -> Prior {
    if shrink { Prior::of(form.season, y, m, states) } else { Prior::flat() }
}

/// The maximum for one form from all starts; `None` if no start is admissible.
pub(super) fn fit(form: EtsForm, y: &[f64], m: usize, shrink: bool) -> Option<Best> {
    let states = States::of(form.season, y, m);
    let mut search = Search::new(form, y, m, prior(form, y, m, &states, shrink));
    let mut best: Option<Optimum> = None;
    for x in starts(&mut search, form, &states, true) {
        keep(&mut best, search.minimise(&x, FINE));
    }
    let best = best?;
    Some(Best { form, parameters: search.parameters_at(&best.x).clone() })
}

fn keep(best: &mut Option<Optimum>, found: Option<Optimum>) {
    if let Some(found) = found
        && best.as_ref().is_none_or(|b| found.criterion < b.criterion)
    {
        *best = Some(found);
    }
}

/// What is known of a form while forms are compared.
struct Look<'a> {
    form: EtsForm,
    search: Search<'a>,
    starts: Vec<Vec<f64>>,
    best: Option<Optimum>,
    /// Minus twice the log-likelihood at the best point, without the prior.
    deviance: f64,
    /// Parameters that the criterion counts: seasons only as far as they are not taken for noise.
    k: f64,
}

impl Look<'_> {
    /// Brings the deviance up to date with the best point.
    fn note(&mut self) {
        self.deviance =
            self.best.as_ref().map_or(f64::INFINITY, |best| self.search.deviance(&best.x));
    }
}

/// The form with the least criterion among those that `n` figures allow; `None` if there is none.
pub(super) fn choose(spec: &Ets, forms: &[EtsForm], y: &[f64]) -> Option<Best> {
    let (n, m) = (y.len(), spec.season.max(1));
    let mut states: Vec<(SeasonForm, States)> = Vec::new();
    let mut looks: Vec<Look<'_>> = Vec::new();
    for &form in forms {
        let k = form.n_parameters(m);
        if n <= k + 1 || (form.season != SeasonForm::None && n <= m) {
            continue;
        }
        if !states.iter().any(|(season, _)| *season == form.season) {
            states.push((form.season, States::of(form.season, y, m)));
        }
        let Some((_, from)) = states.iter().find(|(season, _)| *season == form.season) else {
            continue;
        };
        let prior = prior(form, y, m, from, spec.shrink);
        let mut search = Search::new(form, y, m, prior);
        let starts = starts(&mut search, form, from, false);
        let best = starts.first().and_then(|x| search.minimise(x, COARSE));
        let k = k as f64 - prior.fewer_parameters(m);
        let mut look = Look { form, search, starts, best, deviance: 0.0, k };
        look.note();
        looks.push(look);
    }
    let value = |look: &Look<'_>| spec.choice.criterion.of(look.deviance, look.k, n);
    let least = looks.iter().map(&value).fold(f64::INFINITY, f64::min);
    let near: Vec<usize> =
        (0..looks.len()).filter(|&i| value(&looks[i]) <= least + BEHIND).collect();
    for &i in &near {
        let others: Vec<Vec<f64>> = near
            .iter()
            .filter(|&&j| j != i && same_states(looks[i].form, looks[j].form))
            .filter_map(|&j| looks[j].best.as_ref().map(|b| b.x.clone()))
            .collect();
        let look = &mut looks[i];
        let again: Vec<Vec<f64>> = look.starts.drain(1..).chain(others).collect();
        for x in again {
            let found = look.search.minimise(&x, COARSE);
            keep(&mut look.best, found);
        }
        look.note();
    }
    let chosen = near.into_iter().min_by(|&a, &b| value(&looks[a]).total_cmp(&value(&looks[b])))?;
    let look = &mut looks[chosen];
    let from = look.best.as_ref()?.x.clone();
    let fine = look.search.minimise(&from, FINE);
    keep(&mut look.best, fine);
    let x = look.best.as_ref()?.x.clone();
    Some(Best { form: look.form, parameters: look.search.parameters_at(&x).clone() })
}

/// Whether two forms differ in the error only, so that the maximum of one starts a search for the other.
fn same_states(a: EtsForm, b: EtsForm) -> bool {
    a.trend == b.trend && a.season == b.season
}

#[cfg(test)]
mod tests {
    use super::super::EtsChoice;
    use super::*;

    #[test]
    fn forms_compared() {
        let names = |spec: &Ets, positive| {
            let names: Vec<String> =
                candidates(spec, positive).iter().map(ToString::to_string).collect();
            names.join(" ").replace("ETS", "")
        };
        let auto = Ets::auto(12);
        assert_eq!(
            names(&auto, true),
            "(A,N,N) (A,N,A) (A,Ad,N) (A,Ad,A) (M,N,N) (M,N,M) (M,Ad,N) (M,Ad,M)"
        );
        assert_eq!(names(&auto, false), "(A,N,N) (A,N,A) (A,Ad,N) (A,Ad,A)");
        assert_eq!(
            names(&Ets { damped: Some(false), ..Ets::auto(1) }, true),
            "(A,N,N) (A,A,N) (M,N,N) (M,A,N)"
        );
        assert_eq!(names(&Ets { damped: Some(true), ..Ets::auto(1) }, true), "(A,Ad,N) (M,Ad,N)");
        let choice = EtsChoice { candidates: EtsCandidates::Stable, ..EtsChoice::default() };
        assert_eq!(candidates(&Ets { choice, ..auto }, true).len(), 15);
    }
}
