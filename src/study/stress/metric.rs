//! Metrics of a path over a window of months.
//!
//! * Procurement cost of a region: Σ price paid × use, by basket and in all, USD million.
//! * Unmet use of a region by end use: whether there was any, its longest spell, its tonnes. A month is short when more than
//!   [`SHORT`] of what the region wants in all uses is unmet.
//! * Prices in China and outside by basket: mean and peak.
//! * Stock cover of a region: stock over use wanted, days, lowest month and mean. Value of stocks at the region's prices.

use std::fmt;
use std::str::FromStr;

use monazite_physical::{Basket, EndUse, Output, Region};

use crate::diagnostic::{Diagnostic, nearest};
use crate::study::simulate::BlockRuns;

/// Share of a region's wanted use above which a month is short.
pub const SHORT: f64 = 1e-3;
/// Mean days of a month.
const DAYS: f64 = 365.25 / 12.0;
const MILLION: f64 = 1e6;
/// Baskets of which stock cover is reported: `LaCe` is never short of anything.
const COVERED: [Basket; 2] = [Basket::NdPr, Basket::DyTb];

/// Metrics that are asked for together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Price paid × use.
    ProcurementCost,
    /// Probability, length and tonnes of unmet use.
    Unmet,
    /// Prices in China and outside.
    Price,
    /// Stocks in days of use.
    Cover,
    /// Value of stocks.
    StockValue,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ProcurementCost, Self::Unmet, Self::Price, Self::Cover, Self::StockValue];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProcurementCost => "procurement-cost",
            Self::Unmet => "unmet",
            Self::Price => "price",
            Self::Cover => "cover",
            Self::StockValue => "stock-value",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Group {
    type Err = Diagnostic;

    fn from_str(name: &str) -> Result<Self, Diagnostic> {
        Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name);
            let hint = match nearest(name, known) {
                Some(near) => format!("did you mean `{near}`? Known: {}", known.join(", ")),
                None => format!("known: {}", known.join(", ")),
            };
            Diagnostic::error("U002", format!("there is no metric `{name}`")).help(hint)
        })
    }
}

/// The side of a distribution that hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tail {
    /// High values.
    Upper,
    /// Low values.
    Lower,
}

/// One number a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// What it is asked for by.
    pub group: Group,
    /// What is measured: `cost`, `probability`, `longest-spell` …
    pub measure: &'static str,
    /// Where: a region, `china`, or `outside`.
    pub region: &'static str,
    /// Of what: a basket, an end use, or `all`.
    pub item: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// The side that hurts.
    pub tail: Tail,
}

/// Values of a quantity by month, then by path.
type Months = Vec<Vec<f64>>;

/// All metrics of some groups; [`evaluate`] has the same order.
pub(super) fn metrics(groups: &[Group]) -> Vec<Metric> {
    let mut all = Vec::new();
    for &group in groups {
        let mut push = |measure, region: &'static str, item, unit, tail| {
            all.push(Metric { group, measure, region, item, unit, tail });
        };
        match group {
            Group::ProcurementCost => {
                for region in Region::ALL {
                    for basket in Basket::ALL {
                        push("cost", region.name(), basket.name(), "USD m", Tail::Upper);
                    }
                    push("cost", region.name(), "all", "USD m", Tail::Upper);
                }
            }
            Group::Unmet => {
                for region in Region::OUTSIDE {
                    for item in EndUse::ALL.map(EndUse::name).into_iter().chain(["all"]) {
                        push("probability", region.name(), item, "1", Tail::Upper);
                        push("longest-spell", region.name(), item, "months", Tail::Upper);
                        push("tonnes", region.name(), item, "t REO", Tail::Upper);
                    }
                }
            }
            Group::Price => {
                for basket in Basket::ALL {
                    for (place, unit) in [("china", "CNY/t"), ("outside", "USD/t")] {
                        push("mean", place, basket.name(), unit, Tail::Upper);
                        push("peak", place, basket.name(), unit, Tail::Upper);
                    }
                }
            }
            Group::Cover => {
                for region in Region::OUTSIDE {
                    for basket in COVERED {
                        push("lowest", region.name(), basket.name(), "days", Tail::Lower);
                        push("mean", region.name(), basket.name(), "days", Tail::Lower);
                    }
                }
            }
            Group::StockValue => {
                for region in Region::OUTSIDE {
                    push("mean", region.name(), "all", "USD m", Tail::Lower);
                }
                push("mean", "outside", "all", "USD m", Tail::Lower);
            }
        }
    }
    all
}

/// Values by metric and path over months `window.0` to `window.1` − 1.
pub(super) fn evaluate(
    groups: &[Group],
    runs: &BlockRuns,
    window: (usize, usize),
) -> Result<Vec<Vec<f64>>, Diagnostic> {
    let of = |output: Output| -> Result<Months, Diagnostic> {
        (window.0..window.1).map(|t| runs.at(output, t)).collect()
    };
    let mut all = Vec::new();
    for group in groups {
        match group {
            Group::ProcurementCost => {
                for region in Region::ALL {
                    let mut total: Vec<f64> = Vec::new();
                    for basket in Basket::ALL {
                        let price = of(Output::RegionPrice(region, basket))?;
                        let cost = value(&price, &of(Output::Use(region, basket))?);
                        let cost = by_path(&cost, |months| months.sum::<f64>() / MILLION);
                        total.resize(cost.len(), 0.0);
                        for (sum, one) in total.iter_mut().zip(&cost) {
                            *sum += one;
                        }
                        all.push(cost);
                    }
                    all.push(total);
                }
            }
            Group::Unmet => {
                for region in Region::OUTSIDE {
                    let missing = of(Output::Unmet(Some(region), None))?;
                    let mut wanted = missing.clone();
                    for basket in Basket::ALL {
                        add(&mut wanted, &of(Output::Use(region, basket))?);
                    }
                    for end_use in EndUse::ALL {
                        let unmet = of(Output::UnmetUse(Some(region), end_use))?;
                        all.extend(shortage(&unmet, &wanted));
                    }
                    all.extend(shortage(&missing, &wanted));
                }
            }
            Group::Price => {
                for basket in Basket::ALL {
                    for output in [Output::Price(basket), Output::OutsidePrice(basket)] {
                        let prices = of(output)?;
                        all.push(by_path(&prices, mean));
                        all.push(by_path(&prices, |months| months.fold(f64::MIN, f64::max)));
                    }
                }
            }
            Group::Cover => {
                for region in Region::OUTSIDE {
                    for basket in COVERED {
                        let days = cover(&of, region, basket)?;
                        all.push(by_path(&days, |months| months.fold(f64::MAX, f64::min)));
                        all.push(by_path(&days, mean));
                    }
                }
            }
            Group::StockValue => {
                let mut outside: Vec<f64> = Vec::new();
                for region in Region::OUTSIDE {
                    let mut worth: Months = Vec::new();
                    for basket in Basket::ALL {
                        let price = of(Output::RegionPrice(region, basket))?;
                        let stock = of(Output::Stock(Some(region), Some(basket)))?;
                        let one = value(&price, &stock);
                        if worth.is_empty() {
                            worth = one;
                        } else {
                            add(&mut worth, &one);
                        }
                    }
                    let worth = by_path(&worth, |months| mean(months) / MILLION);
                    outside.resize(worth.len(), 0.0);
                    for (sum, one) in outside.iter_mut().zip(&worth) {
                        *sum += one;
                    }
                    all.push(worth);
                }
                all.push(outside);
            }
        }
    }
    Ok(all)
}

/// Price × quantity.
fn value(price: &Months, quantity: &Months) -> Months {
    let month = |(p, q): (&Vec<f64>, &Vec<f64>)| p.iter().zip(q).map(|(p, q)| p * q).collect();
    price.iter().zip(quantity).map(month).collect()
}

fn add(total: &mut Months, other: &Months) {
    for (sums, values) in total.iter_mut().zip(other) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
}

/// Days for which stocks last at the use wanted.
fn cover(
    of: &dyn Fn(Output) -> Result<Months, Diagnostic>,
    region: Region,
    basket: Basket,
) -> Result<Months, Diagnostic> {
    let mut wanted = of(Output::Use(region, basket))?;
    add(&mut wanted, &of(Output::Unmet(Some(region), Some(basket)))?);
    let stock = of(Output::Stock(Some(region), Some(basket)))?;
    // A region that wants nothing has nothing to cover.
    let days = |(s, w): (&f64, &f64)| if *w > 0.0 { DAYS * s / w } else { 0.0 };
    Ok(stock.iter().zip(&wanted).map(|(s, w)| s.iter().zip(w).map(days).collect()).collect())
}

/// Whether a path was short, for how long at a stretch, and of how many tonnes.
fn shortage(unmet: &Months, wanted: &Months) -> [Vec<f64>; 3] {
    let n_paths = unmet.first().map_or(0, Vec::len);
    let mut found = [vec![0.0; n_paths], vec![0.0; n_paths], vec![0.0; n_paths]];
    for path in 0..n_paths {
        let (mut spell, mut longest, mut tonnes) = (0_u32, 0_u32, 0.0);
        for (missing, whole) in unmet.iter().zip(wanted) {
            let is_short = missing[path] > SHORT * whole[path];
            spell = if is_short { spell + 1 } else { 0 };
            longest = longest.max(spell);
            tonnes += missing[path];
        }
        found[0][path] = f64::from(u8::from(longest > 0));
        found[1][path] = f64::from(longest);
        found[2][path] = tonnes;
    }
    found
}

/// A number of each path's months.
fn by_path(months: &Months, of: impl Fn(&mut dyn Iterator<Item = f64>) -> f64) -> Vec<f64> {
    let n_paths = months.first().map_or(0, Vec::len);
    (0..n_paths).map(|path| of(&mut months.iter().map(|values| values[path]))).collect()
}

fn mean(months: &mut dyn Iterator<Item = f64>) -> f64 {
    let (sum, n) = months.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two paths of five months that want 1,000 t each: path 1 is short in months 2, 3 and 5, path 2 never, since one tonne is
    /// a thousandth and no more.
    #[test]
    fn spells_by_hand() {
        let unmet = [[0.0, 0.0], [5.0, 1.0], [7.0, 0.0], [0.5, 0.0], [2.0, 1.0]];
        let unmet: Months = unmet.iter().map(|m| m.to_vec()).collect();
        let wanted = vec![vec![1000.0, 1000.0]; 5];
        let [probability, longest, tonnes] = shortage(&unmet, &wanted);
        assert_eq!((probability, longest), (vec![1.0, 0.0], vec![2.0, 0.0]));
        assert_eq!(tonnes, [14.5, 2.0]);
    }

    #[test]
    fn groups_are_read_as_they_are_written() {
        for group in Group::ALL {
            assert_eq!(group.name().parse::<Group>().unwrap(), group);
        }
        let e = "procurment-cost".parse::<Group>().unwrap_err();
        assert!(
            e.code == "U002" && e.to_string().contains("did you mean `procurement-cost`"),
            "{e}"
        );
    }

    #[test]
    fn months_are_folded_by_path() {
        let months: Months = vec![vec![1.0, 4.0], vec![3.0, 2.0]];
        assert_eq!(by_path(&months, mean), [2.0, 3.0]);
        assert_eq!(by_path(&value(&months, &months), |m| m.sum()), [10.0, 20.0]);
    }
}
