//! What is wrong with a scenario, and where in it.

use std::fmt;

/// A scenario that cannot be simulated: the shock and the key at fault, why, and one way to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioFault {
    /// Short name of the scenario.
    pub scenario: String,
    /// Position of the shock, from 0; `None`: a key of the scenario itself.
    pub shock: Option<usize>,
    /// Position of the earlier shock that it contradicts.
    pub other: Option<usize>,
    /// The key at fault.
    pub key: &'static str,
    /// What is wrong.
    pub problem: String,
    /// One way to mend it.
    pub remedy: String,
}

impl fmt::Display for ScenarioFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scenario {}: ", self.scenario)?;
        match (self.shock, self.other) {
            // Two shocks that contradict each other are both named in the problem.
            (Some(_), Some(_)) => return f.write_str(&self.problem),
            (Some(shock), None) => write!(f, "shock {}, ", shock + 1)?,
            (None, _) => {}
        }
        write!(f, "`{}`: {}", self.key, self.problem)
    }
}
