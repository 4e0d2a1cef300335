//! Draws of parameters within their ranges, the market calibrated again with each.
//!
//! Drawn are the inputs of the calibration: figures of the base year, last prices, assumptions, the licence queue. An
//! `assumed` or `literature` figure is uniform on its range; an `estimated` one is normal with the standard error that its
//! 95 % interval implies, cut at three of them and at zero (and one, for shares and monthly rates) where the interval lies
//! within. Shares that add up to one are scaled to do so again; China's share in other magnets and non-magnet uses, scales,
//! costs and levels are not drawn but solved, so that every draw reproduces the base year, its trade and the last prices.
//! A draw for which there is no such solution is drawn again: what results is the distribution given that the base year
//! is an equilibrium.
//!
//! A figure depends on the seed, the path and its place in the calibration, and on nothing else.

use std::collections::BTreeMap;
use std::fmt;

use monazite_physical::{OriginKind, Parameter, Parameters};
use monazite_stochastic::{Draws, Key, Purpose};
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::study::calibrate::{Anchor, Inputs};
use crate::study::simulate::MarketBasis;

const FIGURE: Purpose = Purpose::named("study: parameter");
/// Draws tried on a path before it is given up.
const MAX_ATTEMPTS: u32 = 200;
/// Standard errors in half a 95 % interval, and beyond which a normal draw is cut.
const HALF_WIDTH: f64 = 1.959_963_984_540_054;
const CUT: f64 = 3.0;
/// Times a normal is drawn until it lies between its cuts.
const REDRAWS: u32 = 64;
/// Figures that are one number written in several places.
const ONE_NUMBER: [&str; 6] =
    ["licensed_share", "persistence", "standard_deviation", "recovery", "satiation", "freight"];

/// What makes simulated prices and tonnes uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Activity: vehicles sold, wind installed.
    Activity,
    /// Monthly disturbances of demand, with their persistence and s.d.
    Disturbances,
    /// Parameters of demand: elasticities, adjustment, backstops, intensities, regions.
    Demand,
    /// Parameters of supply: ores, limits, costs, capacity, recycling.
    Supply,
    /// Conduct of the dominant supplier.
    Conduct,
    /// Parameters of the licence queue.
    Licences,
    /// Prices observed, exchange rate, freight, export forms.
    Prices,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Activity,
        Self::Disturbances,
        Self::Demand,
        Self::Supply,
        Self::Conduct,
        Self::Licences,
        Self::Prices,
    ];

    /// The source that a field of the calibration's inputs belongs to.
    fn of(field: &str) -> Self {
        match field {
            "disturbance" => Self::Disturbances,
            "base_theta" => Self::Conduct,
            "licences" => Self::Licences,
            "ore_output"
            | "basket_share"
            | "recovery"
            | "outside_share"
            | "growth"
            | "capacity"
            | "elasticity_short"
            | "elasticity_long"
            | "lead_months"
            | "recycled_dytb"
            | "recycling_elasticity"
            | "recycled_outside"
            | "dumping_cost"
            | "discount"
            | "limit_headroom"
            | "cost_share_at_limit"
            | "flat_cost_share"
            | "cost_power" => Self::Supply,
            "price" | "last_price" | "cny_per_usd" | "trade" | "forms" | "futures" => Self::Prices,
            // What is added to demand later is counted there until it is told apart.
            _ => Self::Demand,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Activity => "activity (vehicles, wind)",
            Self::Disturbances => "monthly disturbances",
            Self::Demand => "parameters of demand",
            Self::Supply => "parameters of supply",
            Self::Conduct => "conduct",
            Self::Licences => "policy: licence queue",
            Self::Prices => "prices, trade and forms",
        })
    }
}

/// A figure that can be drawn.
#[derive(Debug, Clone)]
struct Figure {
    /// JSON pointer to its value.
    pointer: String,
    source: Source,
    /// Number of its draw: figures that are one number share it.
    number: u32,
    value: f64,
    low: f64,
    high: f64,
    /// Standard error of an estimate; uniform without.
    error: Option<f64>,
}

/// Draws of all parameters of a market.
#[derive(Debug)]
pub struct ParameterDraws<'a> {
    basis: &'a MarketBasis,
    anchor: Anchor,
    inputs: Value,
    figures: Vec<Figure>,
    /// Pointers to values that add up to one.
    shares: Vec<Vec<String>>,
    draws: Draws,
}

impl<'a> ParameterDraws<'a> {
    /// Prepares drawing; with `conduct_is_given` the conduct of the base year is held at its centre, because the user chose
    /// the conduct that is simulated.
    ///
    /// # Errors
    /// `M010` if the calibration cannot be repeated.
    pub fn new(basis: &'a MarketBasis, conduct_is_given: bool) -> Result<Self, Diagnostic> {
        let calibration = basis.calibration();
        let start = basis.spec().simulate.from;
        let anchor = calibration.anchor(basis.catalogue(), basis.expected(), start)?;
        let inputs = serde_json::to_value(calibration.inputs()).map_err(|e| fault(&e))?;
        let mut found = Walk::default();
        found.walk(&inputs, &mut Vec::new());
        let mut figures = found.figures;
        if conduct_is_given {
            figures.retain(|one| one.source != Source::Conduct);
        }
        let draws = Key::new(basis.spec().seed).draws(FIGURE);
        Ok(Self { basis, anchor, inputs, figures, shares: found.shares, draws })
    }

    /// Number of figures that are drawn.
    pub fn n_figures(&self) -> usize {
        self.figures.len()
    }

    /// Parameters of a path.
    ///
    /// # Errors
    /// `M010` if no draw of many can be calibrated.
    pub fn at(&self, path: u64) -> Result<Parameters, Diagnostic> {
        self.accepted(path).map(|(_, parameters)| parameters)
    }

    /// Parameters of a path with the number of the attempt that was calibrated, from 0.
    ///
    /// # Errors
    /// As [`ParameterDraws::at`].
    pub fn accepted(&self, path: u64) -> Result<(u32, Parameters), Diagnostic> {
        self.accepted_from(path, 0)
    }

    /// The same, attempts before `first` being left out: their markets were calibrated and could not be run.
    ///
    /// # Errors
    /// As [`ParameterDraws::at`].
    pub fn accepted_from(&self, path: u64, first: u32) -> Result<(u32, Parameters), Diagnostic> {
        let mut last = None;
        for attempt in first..MAX_ATTEMPTS {
            match self.mixed(&|_| (path, attempt)) {
                Ok(parameters) => return Ok((attempt, parameters)),
                Err(e) => last = Some(e),
            }
        }
        let why = last.map_or_else(String::new, |e| format!(": {}", e.message));
        Err(Diagnostic::error(
            "M010",
            format!(
                "path {}: none of {MAX_ATTEMPTS} draws of the parameters can be calibrated and run{why}",
                path + 1
            ),
        )
        .help("narrow the ranges of the parameters that the message names"))
    }

    /// Parameters whose sources come from different paths and attempts.
    ///
    /// # Errors
    /// `M010` if they cannot be calibrated together.
    pub fn mixed(&self, from: &dyn Fn(Source) -> (u64, u32)) -> Result<Parameters, Diagnostic> {
        let mut inputs = self.inputs.clone();
        for figure in &self.figures {
            let (path, attempt) = from(figure.source);
            set(&mut inputs, &figure.pointer, figure.at(self.draws, path, attempt));
        }
        for all in &self.shares {
            let sum: f64 = all.iter().map(|pointer| get(&inputs, pointer)).sum();
            for pointer in all {
                let share = get(&inputs, pointer) / sum;
                set(&mut inputs, pointer, share);
            }
        }
        let inputs: Inputs = serde_json::from_value(inputs).map_err(|e| fault(&e))?;
        self.anchor.parameters(&inputs, self.basis.catalogue())
    }
}

fn fault(e: &serde_json::Error) -> Diagnostic {
    Diagnostic::error("M010", format!("the inputs of the calibration cannot be drawn: {e}"))
        .help("this is a fault of the program: please report it")
}

fn get(inputs: &Value, pointer: &str) -> f64 {
    // Pointers were found in this very tree.
    inputs.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

fn set(inputs: &mut Value, pointer: &str, value: f64) {
    if let Some(place) = inputs.pointer_mut(pointer) {
        *place = Value::from(value);
    }
}

impl Figure {
    /// The value on a path at an attempt.
    fn at(&self, draws: Draws, path: u64, attempt: u32) -> f64 {
        let draw = |again: u32| draws.at(path, self.number, attempt * REDRAWS + again);
        let Some(error) = self.error else {
            return self.low + draw(0).uniform() * (self.high - self.low);
        };
        // Beyond the cuts it is drawn again; half of a normal or more lies between them, so that the centre is never met.
        (0..REDRAWS)
            .map(|again| self.value + error * draw(again).normal())
            .find(|value| (self.low..=self.high).contains(value))
            .unwrap_or(self.value)
    }
}

/// What is found in the tree of inputs.
#[derive(Debug, Default)]
struct Walk {
    figures: Vec<Figure>,
    shares: Vec<Vec<String>>,
    /// Numbers of figures that are one number.
    shared: BTreeMap<String, u32>,
    n_numbers: u32,
}

impl Walk {
    fn walk(&mut self, node: &Value, at: &mut Vec<String>) {
        if let Some(parameter) = as_parameter(node) {
            self.take(&parameter, at);
            return;
        }
        let children: Vec<(String, &Value)> = match node {
            Value::Object(map) => map.iter().map(|(key, below)| (key.clone(), below)).collect(),
            Value::Array(all) => {
                self.take_shares(all, at);
                all.iter().enumerate().map(|(i, below)| (i.to_string(), below)).collect()
            }
            _ => return,
        };
        for (key, below) in children {
            at.push(key);
            self.walk(below, at);
            at.pop();
        }
    }

    fn take(&mut self, parameter: &Parameter, at: &[String]) {
        // Inputs are {base, assumed, last_price, kept_level}: the field of the first two says what a figure is of.
        let field = match at {
            [group, field, ..] if group == "base" || group == "assumed" => field.as_str(),
            [field, ..] => field.as_str(),
            [] => "",
        };
        if parameter.high <= parameter.low {
            return;
        }
        let name = at.iter().rev().find(|part| part.parse::<usize>().is_err());
        let number = match name.filter(|name| ONE_NUMBER.contains(&name.as_str())) {
            Some(name) => {
                let Parameter { value, low, high, origin, .. } = parameter;
                let same = format!("{name} {value} {low} {high} {}", origin.text);
                let next = self.n_numbers;
                *self.shared.entry(same).or_insert(next)
            }
            None => self.n_numbers,
        };
        self.n_numbers = self.n_numbers.max(number + 1);
        let estimated = parameter.origin.kind == OriginKind::Estimated;
        let error = estimated.then(|| (parameter.high - parameter.low) / (2.0 * HALF_WIDTH));
        let (mut low, mut high) = (parameter.low, parameter.high);
        if let Some(error) = error {
            let rate = ["share", "a month"].contains(&parameter.unit.as_str());
            low = (parameter.value - CUT * error).max(if low >= 0.0 { 0.0 } else { f64::MIN });
            high = (parameter.value + CUT * error).min(if high <= 1.0 && rate {
                1.0
            } else {
                f64::MAX
            });
        }
        self.figures.push(Figure {
            pointer: format!("/{}/value", at.join("/")),
            source: Source::of(field),
            number,
            value: parameter.value,
            low,
            high,
            error,
        });
    }

    /// Notes values of an array that are shares of one whole: of forms, raw ones and magnets are a whole each.
    fn take_shares(&mut self, all: &[Value], at: &[String]) {
        let here = format!("/{}", at.join("/"));
        let form = |one: &Value| one.get("form").and_then(Value::as_str) == Some("magnet");
        for (of, tail) in [
            (all.iter().map(as_parameter).collect::<Option<Vec<_>>>(), "value"),
            (all.iter().map(|one| as_parameter(one.get("share")?)).collect(), "share/value"),
        ] {
            let Some(parts) = of else { continue };
            for is_magnet in [false, true] {
                let whole: Vec<usize> =
                    (0..parts.len()).filter(|&i| form(&all[i]) == is_magnet).collect();
                let sum: f64 = whole.iter().map(|&i| parts[i].value).sum();
                let are_shares = whole.iter().all(|&i| parts[i].unit.starts_with("share"));
                if are_shares && !whole.is_empty() && (sum - 1.0).abs() < 1e-9 {
                    self.shares.push(whole.iter().map(|i| format!("{here}/{i}/{tail}")).collect());
                }
            }
        }
    }
}

fn as_parameter(node: &Value) -> Option<Parameter> {
    // Cheap to refuse: no other object of the inputs has an origin.
    node.get("origin")?;
    serde_json::from_value(node.clone()).ok()
}

#[cfg(test)]
mod tests {
    use monazite_physical::Origin;

    use super::*;

    fn walked(node: &Value) -> Walk {
        let mut walk = Walk::default();
        walk.walk(node, &mut Vec::new());
        walk
    }

    #[test]
    fn figures_are_found_wherever_they_stand() {
        let share =
            |value: f64| Parameter::ranged(value, 0.5 * value, 1.0, "share", Origin::assumed("x"));
        let fixed = Parameter::fixed(1.0, "1", Origin::assumed("never drawn"));
        let tree = serde_json::json!({
            "base": {"region_share": [[share(0.25), share(0.75)]], "year": 2024},
            "assumed": {
                "licences": {"licensed_share": [[share(0.8)], [share(0.8)]], "control_day": 4},
                "discount": fixed,
                "forms": [[{"form": "a", "share": share(0.4)}, {"form": "b", "share": share(0.6)}]],
            },
            "last_price": [Parameter::ranged(1.0, 0.9, 1.1, "CNY/t", Origin::estimated("quotes"))],
        });
        let walk = walked(&tree);
        let of = |source| walk.figures.iter().filter(|f| f.source == source).count();
        assert_eq!((walk.figures.len(), of(Source::Demand), of(Source::Licences)), (7, 2, 2));
        // The licensed share of two regions is one number; China's and Japan's shares are not.
        let numbers: Vec<u32> = walk.figures.iter().map(|f| f.number).collect();
        assert_eq!(walk.n_numbers, 6, "{numbers:?}");
        assert_eq!(walk.shares.len(), 2, "{:?}", walk.shares);
        assert!(walk.shares.iter().flatten().all(|p| get(&tree, p).is_finite()));
    }

    /// Uniform on (1, 9): mean 5, variance 64/12. Normal with the s.d. of the interval, cut at zero on the left and at three
    /// s.d. on the right: R 4.2.2, s <- 4/qnorm(.975); a <- -5/s; b <- 3; Z <- pnorm(b)-pnorm(a); 5 + s*(dnorm(a)-dnorm(b))/Z
    #[test]
    fn figures_follow_their_distribution() {
        let draws = Key::new(5).draws(FIGURE);
        let of = |origin| {
            let price = Parameter::ranged(5.0, 1.0, 9.0, "CNY/t", origin);
            let figure = walked(&serde_json::json!({ "last_price": price })).figures.remove(0);
            let values: Vec<f64> = (0..20_000).map(|path| figure.at(draws, path, 0)).collect();
            let mean = values.iter().sum::<f64>() / 20_000.0;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 19_999.0;
            (figure, mean, variance)
        };
        let (uniform, mean, variance) = of(Origin::assumed("x"));
        assert!((mean - 5.0).abs() < 0.05 && (variance / (64.0 / 12.0) - 1.0).abs() < 0.03);
        assert_eq!(uniform.source, Source::Prices);
        let (normal, mean, variance) = of(Origin::estimated("x"));
        let sd = 4.0 / HALF_WIDTH;
        assert_eq!((normal.low, normal.error), (0.0, Some(sd)));
        assert!((mean - GOLDEN_MEAN).abs() < 0.05, "{mean}");
        assert!(variance < sd * sd && variance > 0.9 * sd * sd, "{variance}");
    }
    const GOLDEN_MEAN: f64 = 5.031;
}
