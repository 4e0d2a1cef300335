//! What the scenarios are: a table of their shocks.

use super::Market;
use crate::report::{Cell, Column, Table};
use crate::study::scenarios::shock_sentence;

impl Market<'_> {
    /// One row a scenario.
    pub(super) fn scenario_table(&self) -> Table {
        let simulation = &self.results.simulation;
        let (from, n_months) = (self.results.spec.simulate.from, simulation.n_months);
        let rows = simulation
            .scenarios
            .iter()
            .map(|scenario| {
                let shocks: Vec<String> = scenario
                    .shocks
                    .iter()
                    .map(|shock| shock_sentence(shock, from, n_months))
                    .collect();
                vec![
                    Cell::text(scenario.label()),
                    Cell::text(&scenario.title),
                    Cell::text(if shocks.is_empty() {
                        "none".to_owned()
                    } else {
                        shocks.join("; ")
                    }),
                ]
            })
            .collect();
        Table {
            id: "scenarios".into(),
            caption: "Scenarios".into(),
            columns: vec![Column::text("name"), Column::text("what"), Column::text("shocks")],
            rows,
            notes: vec!["Licences are needed for most Nd–Pr and Dy–Tb goods and for no La–Ce; what needs none is still shipped when none is granted.".into()],
            source: String::new(),
        }
    }
}
