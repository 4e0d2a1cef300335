//! A comparison as the table of an economist, and in words.

use std::fmt;

use super::{Compared, Comparison, Loss};

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} figures from {} origins, up to {} periods ahead\n",
            self.id, self.n_figures, self.n_origins, self.horizon
        )?;
        let width = self.models.iter().map(|m| m.model.chars().count()).max().unwrap_or(0).max(5);
        writeln!(
            f,
            "{:width$}  {:>6} {:>6} {:>7} {:>6} {:>7} {:>5} {:>5} {:>7} {:>6} {:>4}",
            "model", "MASE", "RMSSE", "sMAPE", "CRPS", "MSIS", "80 %", "95 %", "DM", "p", "set"
        )?;
        for model in &self.models {
            row(f, model, width)?;
        }
        writeln!(f)?;
        for line in self.words() {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, m: &Compared, width: usize) -> fmt::Result {
    let (statistic, p) = m.against_benchmark.map_or_else(
        || ("–".to_owned(), "–".to_owned()),
        |test| (format!("{:.2}", test.statistic), format!("{:.3}", test.p_value)),
    );
    let set = match m.in_set {
        Some(true) => "yes",
        Some(false) => "no",
        None => "–",
    };
    writeln!(
        f,
        "{:width$}  {:6.3} {:6.3} {:7.2} {:6.3} {:7.3} {:5.0} {:5.0} {:>7} {:>6} {:>4}",
        m.model,
        m.mase,
        m.rmsse,
        m.smape,
        m.crps,
        m.msis,
        100.0 * m.coverage80.share,
        100.0 * m.coverage95.share,
        statistic,
        p,
        set
    )
}

/// Names as a list.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

impl Comparison {
    /// What the table shows and what it does not, in sentences.
    pub fn words(&self) -> Vec<String> {
        let mut lines = self.tests();
        lines.extend(self.set());
        lines.extend(self.intervals());
        lines.extend(self.calibration());
        for m in self.models.iter().filter(|m| m.n_failures > 0) {
            lines.push(format!(
                "{} could not be estimated at {} origins, which count for no model.",
                m.model, m.n_failures
            ));
        }
        lines
    }

    fn tests(&self) -> Vec<String> {
        let benchmark = &self.models[self.benchmark].model;
        let level = 100.0 * self.options.significance;
        let what = match self.options.loss {
            Loss::Absolute => "absolute errors",
            Loss::Squared => "squared errors",
            Loss::Crps => "CRPS",
        };
        if self.models.len() < 2 {
            return Vec::new();
        }
        let mut lines = Vec::new();
        let (mut alike, mut untested) = (Vec::new(), Vec::new());
        for (at, m) in self.models.iter().enumerate().filter(|(at, _)| *at != self.benchmark) {
            match m.against_benchmark {
                Some(t) if t.p_value < self.options.significance => {
                    let how = if t.statistic < 0.0 { "more" } else { "less" };
                    lines.push(format!(
                        "At {level:.0} %, {} is {how} accurate than {benchmark} (p = {:.3}).",
                        m.model, t.p_value
                    ));
                }
                Some(_) => alike.push(self.models[at].model.as_str()),
                None => untested.push(self.models[at].model.as_str()),
            }
        }
        if !alike.is_empty() {
            lines.push(format!(
                "At {level:.0} %, no significant difference from {benchmark}: {}.",
                list(&alike)
            ));
        }
        if untested.is_empty() {
            lines.push(format!(
                "DM: Diebold–Mariano on {what} averaged by origin, Bartlett weights, {} lags, small-sample correction.",
                self.lags
            ));
        } else {
            lines.push(format!(
                "{} origins are too few to test differences of forecasts that overlap over {}.",
                self.n_origins,
                self.lags + 1
            ));
        }
        lines
    }

    fn set(&self) -> Option<String> {
        let inside: Vec<&str> = self
            .models
            .iter()
            .filter(|m| m.in_set == Some(true))
            .map(|m| m.model.as_str())
            .collect();
        if inside.is_empty() {
            return None;
        }
        let blocks = self.n_origins / (self.lags + 1);
        let few = if blocks < 10 {
            format!(
                " With {blocks} blocks of origins that do not overlap, tests have little power."
            )
        } else {
            String::new()
        };
        Some(format!(
            "Model confidence set at {:.0} %: {}.{few}",
            100.0 * self.options.confidence,
            list(&inside)
        ))
    }

    /// Models whose 95 % intervals hold less often, beyond chance, than they say.
    fn intervals(&self) -> Option<String> {
        let narrow: Vec<&str> = self
            .models
            .iter()
            .filter(|m| m.coverage95.interval[1] < m.coverage95.level)
            .map(|m| m.model.as_str())
            .collect();
        let which = list(&narrow);
        (!narrow.is_empty()).then(|| format!("95 % intervals that are too narrow: {which}."))
    }

    fn calibration(&self) -> Option<String> {
        let off: Vec<&str> = self
            .models
            .iter()
            .filter(|m| m.calibration.is_some_and(|t| t.p_value < self.options.significance))
            .map(|m| m.model.as_str())
            .collect();
        let which = list(&off);
        (!off.is_empty()).then(|| {
            format!(
                "Distributions of the next figure that are not calibrated (Berkowitz): {which}."
            )
        })
    }
}
