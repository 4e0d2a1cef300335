//! Who depends on China by end use, and what a tonne brings by form and basket.

use monazite_physical::{Basket, Form, Output, POWER_MONTHS, Region};

use super::{Market, basket_name, conduct_name, region_name};
use crate::report::{Cell, Column, Table};

impl Market<'_> {
    /// Mean over months of a baseline quantity: the last twelve, or the first.
    fn twelve_months(&self, output: Output, last: bool) -> Option<f64> {
        let means: Vec<f64> =
            self.rows("baseline", self.central(), output).map(|row| row.mean).collect();
        let n = POWER_MONTHS.min(means.len());
        let part = if last { &means[means.len() - n..] } else { &means[..n] };
        (n > 0).then(|| part.iter().sum::<f64>() / n as f64)
    }

    /// Share of China in what each region uses, directly or by way of an intermediary.
    pub(super) fn exposure_table(&self) -> Table {
        let baskets = [Basket::NdPr, Basket::DyTb];
        let mut columns = vec![Column::text("region")];
        columns.extend(baskets.map(|basket| Column::number(basket_name(basket), "%")));
        let rows = Region::OUTSIDE
            .into_iter()
            .map(|region| {
                let mut cells = vec![Cell::text(region_name(region))];
                cells.extend(baskets.map(|basket| {
                    self.twelve_months(Output::Exposure(region, basket), true)
                        .map_or_else(|| Cell::text("–"), |share| Cell::fixed(100.0 * share, 0))
                }));
                cells
            })
            .collect();
        Table {
            id: "exposure".into(),
            caption: format!(
                "Share of China in what regions use, baseline, {}",
                conduct_name(self.central())
            ),
            columns,
            rows,
            notes: vec!["Direct and in transit through Europe and Taiwan, mean of the last twelve months simulated; the rest comes from mines and recycling elsewhere, whose sales by region are assumed.".into()],
            source: "own simulation".into(),
        }
    }

    /// Unit values by form, as customs weigh it, and by basket.
    pub(super) fn unit_value_table(&self) -> Table {
        let mut outputs: Vec<(String, &str, Output)> = Form::ALL
            .into_iter()
            .map(|form| (form.to_string(), "USD/t", Output::UnitValue(Some(form), None)))
            .collect();
        outputs.extend(Basket::ALL.map(|basket| {
            let name = basket_name(basket).to_owned();
            (name, "USD/t REO", Output::UnitValue(None, Some(basket)))
        }));
        let rows = outputs
            .into_iter()
            .map(|(name, unit, output)| {
                let mut cells = vec![Cell::text(name), Cell::text(unit)];
                cells.extend([false, true].map(|last| {
                    self.twelve_months(output, last)
                        .map_or_else(|| Cell::text("–"), |value| Cell::fixed(value, 0))
                }));
                cells
            })
            .collect();
        Table {
            id: "unit-values".into(),
            caption: format!(
                "Export unit values by form and basket, baseline, {}",
                conduct_name(self.central())
            ),
            columns: vec![
                Column::text("form or basket"),
                Column::text("unit"),
                Column::number("first twelve months", ""),
                Column::number("last twelve months", ""),
            ],
            rows,
            notes: vec!["At the border price of China, value-added tax included; forms per tonne of gross weight, baskets per tonne of oxide. No concentrate is exported: what a tonne of it would bring.".into()],
            source: "own simulation".into(),
        }
    }
}
