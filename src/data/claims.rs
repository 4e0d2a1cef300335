//! The claims ledger: statements of the article this project starts from, recomputed from bundled figures.
//!
//! Each statement names a figure (data/claims.csv); each row here finds the figure that the bundled tables give for
//! it, and a stated [`Rule`] turns the two into a verdict. No verdict is typed in. A claimed figure counts as met
//! within half a unit of the place it is rounded to (`rounding`): 21 % means 20.5–21.5 %, 90 % means 85–95 %.

mod figures;

use serde::Serialize;

use self::figures::Figures;
use super::{ClaimRow, table};
use crate::diagnostic::Diagnostic;

/// What the bundled figures say about a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The figures agree with it.
    Confirmed,
    /// They agree with a part or with a related quantity.
    Partly,
    /// They say otherwise.
    Contradicted,
    /// They speak of a related quantity, period or condition and do not agree.
    NotConfirmed,
    /// They do not speak of it.
    NotTestable,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Confirmed => "confirmed",
            Self::Partly => "partly",
            Self::Contradicted => "contradicted",
            Self::NotConfirmed => "not confirmed",
            Self::NotTestable => "not testable",
        })
    }
}

/// How a figure found becomes a verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// The figure measures what is claimed: met → confirmed, else contradicted.
    Same,
    /// It measures a related quantity or another period: met → partly, else not confirmed.
    Related,
    /// At least the claimed figure → confirmed, else contradicted.
    AtLeast,
    /// The figure belongs to the period claimed to be the highest; the other is the highest of the rest.
    Highest { period: f64 },
    /// Sources against a claimed range: all inside → confirmed, some → partly, none → contradicted.
    Range { low: f64, high: f64, sources: [f64; 2] },
    /// A claimed constant against the lowest and highest of its kinds: both met → confirmed, neither side reached →
    /// contradicted, else not confirmed.
    Constant { low: f64, high: f64 },
    /// Something happened or is planned: yes → the verdict named, else not confirmed.
    Found { yes: bool, then: Verdict },
}

/// One statement with what was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claim {
    /// Identifier, `a1` to `l`.
    pub id: String,
    /// The statement.
    pub statement: String,
    /// The figure claimed, as text.
    pub claimed: String,
    /// The figure found, in `unit`; percent as −23.3, vehicles in millions.
    pub figure: Option<f64>,
    /// Unit of the figure.
    pub unit: String,
    /// What the figures say.
    pub verdict: Verdict,
    /// Where the figure found comes from.
    pub source: String,
    /// How it was found and why the verdict follows.
    pub reason: String,
}

/// A figure found, before the verdict.
struct Finding {
    figure: Option<f64>,
    rule: Rule,
    source: String,
    reason: String,
}

/// The ledger, in the order of the article.
///
/// # Errors
/// `D041` if a bundled figure is missing, which is a fault of the program.
pub fn claims() -> Result<Vec<Claim>, Diagnostic> {
    let found = Figures::bundled()?;
    table::<ClaimRow>()?
        .into_iter()
        .map(|row| {
            let finding = found.about(&row.id)?;
            Ok(Claim {
                verdict: verdict(&row, &finding),
                id: row.id,
                statement: row.statement,
                claimed: row.claimed,
                figure: finding.figure.map(rounded),
                unit: row.unit,
                source: finding.source,
                reason: finding.reason,
            })
        })
        .collect()
}

fn verdict(claim: &ClaimRow, finding: &Finding) -> Verdict {
    let claimed = claim.value.unwrap_or(f64::NAN);
    let met = |figure: f64| (figure - claimed).abs() <= claim.rounding.unwrap_or(0.0) / 2.0 + 1e-9;
    let figure = finding.figure.unwrap_or(f64::NAN);
    let either = |yes: bool, then: Verdict, otherwise: Verdict| if yes { then } else { otherwise };
    match finding.rule {
        Rule::Same => either(met(figure), Verdict::Confirmed, Verdict::Contradicted),
        Rule::Related => either(met(figure), Verdict::Partly, Verdict::NotConfirmed),
        Rule::AtLeast => either(figure >= claimed, Verdict::Confirmed, Verdict::Contradicted),
        Rule::Highest { period } => {
            either(period >= figure, Verdict::Confirmed, Verdict::Contradicted)
        }
        Rule::Range { low, high, sources } => {
            match sources.iter().filter(|source| (low..=high).contains(*source)).count() {
                2 => Verdict::Confirmed,
                1 => Verdict::Partly,
                _ => Verdict::Contradicted,
            }
        }
        Rule::Constant { low, high } => {
            match (met(low) && met(high), low <= claimed && claimed <= high) {
                (true, _) => Verdict::Confirmed,
                (false, true) => Verdict::NotConfirmed,
                (false, false) => Verdict::Contradicted,
            }
        }
        Rule::Found { yes, then } => either(yes, then, Verdict::NotConfirmed),
    }
}

/// To six significant digits: more would be noise of the arithmetic.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Confirmed, Contradicted, NotConfirmed, Partly};
    use super::*;

    #[test]
    fn every_recomputation_is_pinned() {
        let expected = [
            ("a1", Some(5994.3), Confirmed),
            ("a2", Some(21.4158), Confirmed),
            ("a3", Some(7742.2), Contradicted),
            ("b1", Some(55.8824), NotConfirmed),
            ("b2", Some(14.0652), NotConfirmed),
            ("c1", Some(353.0), Confirmed),
            ("c2", Some(-74.0025), NotConfirmed),
            ("d1", Some(20.7), Contradicted),
            ("d2", Some(3.5), Partly),
            ("e1", Some(28.2051), Contradicted),
            ("e2", Some(1.13724), NotConfirmed),
            ("f", Some(-23.3), Confirmed),
            ("g", Some(-57.64), Contradicted),
            ("h", Some(91.2773), Partly),
            ("i", Some(-89.0), NotConfirmed),
            ("j1", None, Confirmed),
            ("j2", Some(82.0), Partly),
            ("k", Some(20.7377), Contradicted),
            ("l", None, Partly),
        ];
        let ledger = claims().unwrap();
        let found: Vec<_> = ledger.iter().map(|c| (c.id.as_str(), c.figure, c.verdict)).collect();
        assert_eq!(found, expected);
        for claim in &ledger {
            assert!(!claim.source.is_empty() && !claim.reason.is_empty(), "{}", claim.id);
        }
    }

    #[test]
    fn reasons_carry_the_cross_checks() {
        let ledger = claims().unwrap();
        let reason = |id: &str| &ledger.iter().find(|c| c.id == id).unwrap().reason;
        assert!(reason("c1").contains("+667 %") && reason("c1").contains("month on month"));
        assert!(reason("f").contains("13.3"));
        assert!(reason("b2").contains("Taiwan"));
        assert!(reason("a3").contains("2025-06"));
    }

    #[test]
    fn rules_decide_at_the_edge_of_rounding() {
        let claim = ClaimRow {
            value: Some(90.0),
            rounding: Some(10.0),
            ..table::<ClaimRow>().unwrap()[0].clone()
        };
        let of = |figure: f64, rule: Rule| {
            verdict(
                &claim,
                &Finding {
                    figure: Some(figure),
                    rule,
                    source: String::new(),
                    reason: String::new(),
                },
            )
        };
        assert_eq!((of(85.0, Rule::Same), of(84.9, Rule::Same)), (Confirmed, Contradicted));
        assert_eq!((of(95.0, Rule::Related), of(95.1, Rule::Related)), (Partly, NotConfirmed));
        assert_eq!(of(90.0, Rule::AtLeast), Confirmed);
        let range = |sources| of(0.0, Rule::Range { low: 2.0, high: 5.0, sources });
        assert_eq!(
            [range([2.0, 5.0]), range([1.0, 5.0]), range([1.0, 6.0])],
            [Confirmed, Partly, Contradicted]
        );
        let constant = |low, high| of(0.0, Rule::Constant { low, high });
        assert_eq!(
            [constant(86.0, 94.0), constant(10.0, 94.0), constant(10.0, 20.0)],
            [Confirmed, NotConfirmed, Contradicted]
        );
    }
}
