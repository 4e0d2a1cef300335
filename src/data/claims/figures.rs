//! The figure that the bundled tables give for each statement, and the rule that fits what it measures.

use monazite_series::{Period, Series};

use super::{Finding, Rule, Verdict};
use crate::data::{
    Catalogue, ClaimEvidence, Conversion, DestinationRow, EvSalesPoint, ExchangeRule, GrowthRate,
    IeaDemand, IeaSupply, IntensityRow, PolicyEvent, table,
};
use crate::diagnostic::Diagnostic;

/// The bundled figures that speak to the statements.
pub(super) struct Figures {
    volume: Series,
    magnets: Series,
    magnets_us: Series,
    wind: Series,
    destinations: Vec<DestinationRow>,
    growth: Vec<GrowthRate>,
    ev: Vec<EvSalesPoint>,
    intensity: Vec<IntensityRow>,
    conversions: Vec<Conversion>,
    demand: Vec<IeaDemand>,
    supply: Vec<IeaSupply>,
    events: Vec<PolicyEvent>,
    rules: Vec<ExchangeRule>,
    evidence: Vec<ClaimEvidence>,
}

impl Figures {
    /// All tables that are needed.
    pub(super) fn bundled() -> Result<Self, Diagnostic> {
        let catalogue = Catalogue::bundled()?;
        Ok(Self {
            volume: catalogue.series("re-exports-volume")?,
            magnets: catalogue.series("magnet-exports-world")?,
            magnets_us: catalogue.series("magnet-exports-us")?,
            wind: catalogue.series("wind-installations-world")?,
            destinations: table()?,
            growth: table()?,
            ev: table()?,
            intensity: table()?,
            conversions: table()?,
            demand: table()?,
            supply: table()?,
            events: table()?,
            rules: table()?,
            evidence: table()?,
        })
    }

    /// The figure found for a statement.
    pub(super) fn about(&self, id: &str) -> Result<Finding, Diagnostic> {
        match id {
            "a1" => self.tonnage_of_july(),
            "a2" => self.growth_of_july(),
            "a3" => self.record_of_july(),
            "b1" => self.share("280530", "Japan", None),
            "b2" => self.share("284690", "Netherlands", Some("Taiwan")),
            "c1" => self.magnets_to_the_us(),
            "c2" => self.magnets_in_spring(),
            "d1" => self.electric_vehicles(),
            "d2" => self.magnets_per_vehicle(),
            "e1" => self.wind_growth(),
            "e2" => self.oxide_per_turbine(),
            "f" => self.export_value(),
            "g" => self.cited(
                "g",
                "2024",
                "net profit of the group",
                Rule::Same,
                "no bundled figure shows a segment of value-added products",
            ),
            "h" => self.refining(),
            "i" => self.myanmar(),
            "j1" => self.mp_materials(),
            "j2" => self.us_concentrate(),
            "k" => self.clean_share(),
            "l" => self.futures_plans(),
            _ => Ok(Finding {
                figure: None,
                rule: Rule::Found { yes: false, then: Verdict::NotTestable },
                source: String::new(),
                reason: "no bundled figure speaks of it".into(),
            }),
        }
    }

    fn tonnage_of_july(&self) -> Result<Finding, Diagnostic> {
        let tonnes = value_of(&self.volume, "2025-07")?;
        // 5,994.3 t is printed as 5,994 t: rounding decides, as for every figure.
        found(
            Some(tonnes),
            Rule::Same,
            "GACC via Reuters (re-exports-volume, 2025-07)",
            format!("the customs figure is {tonnes} t"),
        )
    }

    fn growth_of_july(&self) -> Result<Finding, Diagnostic> {
        let (now, before) =
            (value_of(&self.volume, "2025-07")?, value_of(&self.volume, "2024-07")?);
        let june = value_of(&self.volume, "2025-06")?;
        let reason = format!(
            "{now} t against {before} t in July 2024; against June 2025 it is {:+.1} %",
            change(now, june)
        );
        found(Some(change(now, before)), Rule::Same, "GACC via Reuters (re-exports-volume)", reason)
    }

    fn record_of_july(&self) -> Result<Finding, Diagnostic> {
        let july = value_of(&self.volume, "2025-07")?;
        let (from, to) = (month("2025-04")?, month("2025-07")?);
        let highest = self
            .volume
            .observations()
            .iter()
            .filter(|o| o.span == 1 && (from..=to).contains(&o.period))
            .max_by(|a, b| a.value.total_cmp(&b.value))
            .ok_or_else(|| lacking("months of 2025"))?;
        let reason = format!(
            "{} had {} t, July {july} t, {:+.1} % on it",
            highest.period,
            highest.value,
            change(july, highest.value)
        );
        found(
            Some(highest.value),
            Rule::Highest { period: july },
            "GACC via Reuters (re-exports-volume)",
            reason,
        )
    }

    /// Share of tonnage in 2024, the latest year by destination; the claim is on the first half of 2025.
    fn share(
        &self,
        hs6: &str,
        destination: &str,
        second: Option<&str>,
    ) -> Result<Finding, Diagnostic> {
        let tonnes = |name: &str, year: i32| {
            self.destinations
                .iter()
                .find(|row| row.hs6 == hs6 && row.year == year && row.destination == name)
                .map(|row| row.quantity)
        };
        let share =
            |name: &str, year: i32| Some(100.0 * tonnes(name, year)? / tonnes("World", year)?);
        let figure = share(destination, 2024).ok_or_else(|| lacking(destination))?;
        let years: Vec<f64> = (2019..=2024).filter_map(|year| share(destination, year)).collect();
        let low = years.iter().copied().fold(f64::INFINITY, f64::min);
        let high = years.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let other = match second {
            Some(second) => {
                let other = share(second, 2024).ok_or_else(|| lacking(second))?;
                format!(", {second} {other:.1} % in 2024")
            }
            None => String::new(),
        };
        let reason = format!(
            "{destination} took {figure:.1} % of the tonnage of HS {hs6} in 2024, {low:.1}-{high:.1} % in 2019-2024{other}; no figure for the first half of 2025 but the article's own"
        );
        found(Some(figure), Rule::Related, "UN Comtrade (WITS), exports-by-destination", reason)
    }

    fn magnets_to_the_us(&self) -> Result<Finding, Diagnostic> {
        let (may, june) =
            (value_of(&self.magnets_us, "2025-05")?, value_of(&self.magnets_us, "2025-06")?);
        let printed = self.evidence("c1", "2025-06")?.value;
        let reason = format!(
            "June {june} t after {may} t in May: {:+.0} % ({printed:+} % printed, from unrounded tonnes). This is month on month, from the low of May, not on a year before",
            change(june, may)
        );
        found(Some(june), Rule::Same, "GACC via Reuters (magnet-exports-us)", reason)
    }

    fn magnets_in_spring(&self) -> Result<Finding, Diagnostic> {
        let (april, may) =
            (value_of(&self.magnets, "2025-04")?, value_of(&self.magnets, "2025-05")?);
        let (january, march) =
            (value_of(&self.magnets, "2025-01")?, value_of(&self.magnets, "2025-03")?);
        let year_on_year = change(may, value_of(&self.magnets, "2024-05")?);
        let reason = format!(
            "May {may} t, {year_on_year:+.1} % on a year before; April {april} t, {:+.1} % on March; April and May {:+.1} % on twice March; May {:+.1} % on January. Two months on a year before cannot be computed (no figure for April 2024)",
            change(april, march),
            change(april + may, 2.0 * march),
            change(may, january)
        );
        found(
            Some(year_on_year),
            Rule::Related,
            "GACC via Reuters and EconoTimes (magnet-exports-world)",
            reason,
        )
    }

    fn electric_vehicles(&self) -> Result<Finding, Diagnostic> {
        let world = self
            .ev
            .iter()
            .find(|row| row.region == "World" && row.span == 12 && row.ds.year() == 2025)
            .ok_or_else(|| lacking("electric vehicles of 2025"))?;
        let growth =
            world.change.map_or(String::new(), |change| format!(", {change:+} % on a year before"));
        let reason = format!("{} million in 2025 ({}){growth}", world.value, world.definition);
        found(Some(world.value), Rule::AtLeast, &world.source, reason)
    }

    fn magnets_per_vehicle(&self) -> Result<Finding, Diagnostic> {
        let of = |variant: &str| {
            self.intensity
                .iter()
                .find(|row| row.end_use == "ev" && row.variant == variant)
                .ok_or_else(|| lacking(variant))
        };
        let (output, demand, claimed) =
            (of("implied by output")?, of("implied by demand")?, of("claim under test")?);
        let magnet = demand.low / self.conversion("re-share-of-magnet")?;
        let reason = format!(
            "{} kg implied by SMM, {magnet:.1} kg implied by the IEA ({} kg of metal at {} of the magnet)",
            output.low,
            demand.low,
            self.conversion("re-share-of-magnet")?
        );
        let rule =
            Rule::Range { low: claimed.low, high: claimed.high, sources: [output.low, magnet] };
        found(Some(output.low), rule, "SMM and IEA (magnet-intensity)", reason)
    }

    fn wind_growth(&self) -> Result<Finding, Diagnostic> {
        let at = |year| {
            Period::annual(year).ok().and_then(|p| self.wind.get(p)).ok_or_else(|| lacking("wind"))
        };
        let (now, before) = (at(2025)?, at(2024)?);
        let reason = format!("{now} GW (estimate of the full year) against {before} GW in 2024");
        found(Some(change(now, before)), Rule::Same, "GWEC (wind-installations-world)", reason)
    }

    /// Oxide in a machine of 5 MW by drive type, from magnet mass, rare-earth share and oxide per metal.
    fn oxide_per_turbine(&self) -> Result<Finding, Diagnostic> {
        const MACHINE_MW: f64 = 5.0;
        let per_mw =
            self.conversion("re-share-of-magnet")? * self.conversion("oxide-per-metal-nd")?;
        let of = |variant: &str| {
            self.intensity
                .iter()
                .find(|row| row.end_use == "wind" && row.variant == variant)
                .map(|row| row.low * per_mw)
                .ok_or_else(|| lacking(variant))
        };
        let (direct, medium, high) = (of("direct drive")?, of("medium speed")?, of("high speed")?);
        let reason = format!(
            "per MW {direct:.3} t with direct drive, {medium:.3} t at medium and {high:.3} t at high speed: 1 t is a direct-drive machine of {:.1} MW, no constant per turbine (figure: direct drive of {MACHINE_MW} MW)",
            1.0 / direct
        );
        let rule = Rule::Constant { low: high * MACHINE_MW, high: direct * MACHINE_MW };
        found(
            Some(direct * MACHINE_MW),
            rule,
            "Heim and Vander Wal 2023 (magnet-intensity), conversions",
            reason,
        )
    }

    fn export_value(&self) -> Result<Finding, Diagnostic> {
        let of = |measure: &str, ds: &str, span: u32| {
            self.growth
                .iter()
                .find(|row| {
                    row.measure == measure
                        && row.basis == "y/y"
                        && row.span == span
                        && row.ds.to_string() == ds
                })
                .ok_or_else(|| lacking(ds))
        };
        let (july, september) = (of("value", "2025-07", 7)?, of("value", "2025-09", 9)?);
        let tonnes = of("volume", "2025-07", 7)?;
        let reason = format!(
            "as printed; tonnage {:+} % in the same months, and value {:+} % in January-September",
            tonnes.change, september.change
        );
        found(Some(july.change), Rule::Same, &july.source, reason)
    }

    fn refining(&self) -> Result<Finding, Diagnostic> {
        let of = |country: &str| {
            self.supply
                .iter()
                .find(|row| row.stage == "refining" && row.year == 2024 && row.country == country)
                .map(|row| row.value)
                .ok_or_else(|| lacking(country))
        };
        let (china, total) = (of("China")?, of("Total")?);
        let reason = format!(
            "China refined {china:.1} of {total:.1} kt of magnet rare earths in 2024: a share of output, which says nothing on whose technology is used"
        );
        found(
            Some(100.0 * china / total),
            Rule::Related,
            "IEA, May 2025 edition (iea-supply)",
            reason,
        )
    }

    fn myanmar(&self) -> Result<Finding, Diagnostic> {
        let all: Vec<String> = self
            .evidence
            .iter()
            .filter(|row| row.claim == "i")
            .map(|row| format!("{:+} % ({}, {})", row.value, row.quantity, row.period))
            .collect();
        let reason = format!(
            "China's imports from Myanmar, which sources and periods put far apart: {}",
            all.join("; ")
        );
        let latest = self.evidence("i", "2025-02")?;
        found(Some(latest.value), Rule::Related, &latest.source, reason)
    }

    fn mp_materials(&self) -> Result<Finding, Diagnostic> {
        let event = self.events.iter().find(|event| event.event.contains("MP Materials stops"));
        let reason = event.map_or("no such event is bundled".to_owned(), |e| {
            format!("{}: {} ({})", e.date, e.event, e.status)
        });
        let yes = event.is_some_and(|event| event.status == "confirmed");
        let source = event.map_or(String::new(), |event| event.source.clone());
        found(None, Rule::Found { yes, then: Verdict::Confirmed }, &source, reason)
    }

    fn us_concentrate(&self) -> Result<Finding, Diagnostic> {
        let (now, next) = (self.evidence("j2", "2024")?, self.evidence("j2", "2025")?);
        let reason = format!(
            "exports were {} % of US mine output in 2024 and {} % in 2025; how much of it went to China is not in the figure",
            now.value, next.value
        );
        found(Some(now.value), Rule::Related, &now.source, reason)
    }

    fn clean_share(&self) -> Result<Finding, Diagnostic> {
        let of = |sector: &str| {
            self.demand
                .iter()
                .find(|row| row.year == 2024 && row.sector == sector)
                .map(|row| row.value)
                .ok_or_else(|| lacking(sector))
        };
        let (ev, wind, total) = (of("Electric vehicles")?, of("Wind")?, of("Total")?);
        let reason = format!(
            "electric vehicles {ev:.1} kt and wind {wind:.1} kt of {total:.1} kt of magnet rare earths in 2024; most exported tonnes are lanthanum and cerium"
        );
        found(
            Some(100.0 * (ev + wind) / total),
            Rule::Same,
            "IEA, May 2025 edition (iea-demand)",
            reason,
        )
    }

    fn futures_plans(&self) -> Result<Finding, Diagnostic> {
        let plan = self.rules.iter().find(|rule| rule.contract == "GFEX rare earth (planned)");
        let reason =
            plan.map_or("no plan is bundled".to_owned(), |rule| format!("GFEX: {}", rule.value));
        let source = plan.map_or(String::new(), |rule| rule.source.clone());
        // A plan without a contract or a date is a part of a preparation.
        found(None, Rule::Found { yes: plan.is_some(), then: Verdict::Partly }, &source, reason)
    }

    fn cited(
        &self,
        claim: &str,
        period: &str,
        what: &str,
        rule: Rule,
        remark: &str,
    ) -> Result<Finding, Diagnostic> {
        let row = self.evidence(claim, period)?;
        found(
            Some(row.value),
            rule,
            &row.source,
            format!("{what}: {} % ({}); {remark}", row.value, row.note),
        )
    }

    fn evidence(&self, claim: &str, period: &str) -> Result<&ClaimEvidence, Diagnostic> {
        self.evidence
            .iter()
            .find(|row| row.claim == claim && row.period == period)
            .ok_or_else(|| lacking(&format!("evidence for {claim}")))
    }

    fn conversion(&self, id: &str) -> Result<f64, Diagnostic> {
        self.conversions
            .iter()
            .find(|row| row.id == id)
            .map(|row| row.value)
            .ok_or_else(|| lacking(id))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the last line of functions that return a Result")]
fn found(
    figure: Option<f64>,
    rule: Rule,
    source: &str,
    reason: String,
) -> Result<Finding, Diagnostic> {
    Ok(Finding { figure, rule, source: source.to_owned(), reason })
}

fn change(now: f64, before: f64) -> f64 {
    100.0 * (now / before - 1.0)
}

fn month(text: &str) -> Result<Period, Diagnostic> {
    text.parse().map_err(|_| lacking(text))
}

fn value_of(series: &Series, text: &str) -> Result<f64, Diagnostic> {
    series.get(month(text)?).ok_or_else(|| lacking(&format!("{} of {}", text, series.id())))
}

fn lacking(what: &str) -> Diagnostic {
    Diagnostic::error("D041", format!("the bundled data lack {what}"))
}
