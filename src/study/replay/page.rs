//! The page: what was known, priors, figures and scores, charts, channels, and what of it can be believed.

use std::fmt::Write;

use monazite_physical::{Channel, OriginKind};

use super::Replay;
use super::channels::{ChannelEffect, MONTHS, PLACES, ROWS};
use super::priors::{PRIORS, PriorDistribution, QueueParameter};
use super::runs::FIT_MONTHS;
use super::score::{Forecaster, MeanScore, Score};
use super::targets::Quantity;
use crate::chart::number::{fixed, percent, period_name, significant};
use crate::report::{Cell, Column, Table};

/// Price of Dy and Tb in Europe over China's, beginning of May 2025: trade press, shown and not scored.
const EUROPE: &str = "trade press: Dy 700 to 1,000 USD/kg after 250 to 310 in early April, Tb 2,000 to 4,000 after 930 to 1,000, on 6 May";

/// The page in Markdown; charts are in a folder `images` beside it.
pub fn page(replay: &Replay) -> String {
    let mut text = head(replay);
    text.push_str(&known(replay));
    text.push_str(&priors(replay).markdown());
    text.push_str(&fit(replay));
    for (title, quantities) in [
        ("Magnets", &[Quantity::Magnets][..]),
        ("Export value", &[Quantity::Value]),
        ("Dysprosium and terbium in China", &[Quantity::Dysprosium, Quantity::Terbium]),
    ] {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n## {title}\n");
        for &quantity in quantities {
            let _ = writeln!(text, "![{quantity}](images/{}.svg)\n", quantity.chart());
            text.push_str(&scores(replay, quantity).markdown());
            text.push('\n');
        }
        text.push_str(&verdict(replay, quantities));
    }
    text.push_str(&europe(replay));
    text.push_str(&means(replay));
    text.push_str(&channels(replay));
    text.push_str(&lessons(replay));
    text
}

fn head(replay: &Replay) -> String {
    let of = |quantity| replay.targets.iter().filter(|t| t.quantity == quantity).count();
    format!(
        "# The replay of 2025\n\n\
        What the simulator would have said of April to December 2025 on 31 March, given the dates of policy and nothing of\n\
        their size, and what happened. Every number on this page is computed: `monazite replay -o DIR --paths {} --queues {} --seed {}`\n\
        writes it, with every scored figure as CSV. {} figures are scored: {} of magnets, {} of export value, {} quotes of Dy and {} of Tb. They depend\n\
        on one another, so no rate of coverage is claimed.\n\n\
        * **A**: everything from data to March 2025; the queue from [priors written down first](decisions/009-priors-of-the-replay.md).\n\
        * **B**: the same paths, weighted by how well they explain the magnets of April, May and June; scored from July on.\n\
        * **No control**: the market of A with nothing licensed. **No change**: the same month a year before, or the last quote.\n\
        \x20 **auto**: the project's combination of time-series models. The last two once with data to March, once to June.\n\
        * Scores are the continuous ranked probability score (CRPS, in the unit of the figure; less is better) and the percentile of the figure in\n\
        \x20 the forecast.\n\n",
        replay.size.n_paths,
        replay.size.n_queues,
        replay.seed,
        replay.targets.len(),
        of(Quantity::Magnets),
        of(Quantity::Value),
        of(Quantity::Dysprosium),
        of(Quantity::Terbium),
    )
}

fn known(replay: &Replay) -> String {
    let [headline, magnets] = replay.tonnage;
    let noise = replay.measurement.noise;
    let [dy, tb] = replay.measurement.quotes;
    format!(
        "## What was known\n\n\
        Data are cut at March 2025 by what a figure is of; vintages are not kept, so later revisions of earlier figures are in (decision 009 lists\n\
        them, and the defaults that came out of 2025 and were replaced). The market starts from {} t of headline exports and {} t of magnets a\n\
        month, and from the quotes of 26 March: Dy {} and Tb {} CNY/kg. A test doubles every later figure and finds A unchanged to the byte.\n\n\
        Dates given: control on 4 April; easing from June for the United States and Europe, from July for the others, none for military users;\n\
        stop of American concentrate on 17 April; a tariff rise in April, suspended from June, due on 12 August and 10 November and put off\n\
        both times. Monthly noise added to the market's figures, from data before the cut: {} of magnet tonnage, {} of value. Simulated value is\n\
        multiplied by {}, which makes the base year's equal customs' 2024.\n\n\
        ## Priors, and what April to June made of them\n\n",
        fixed(headline, 0),
        fixed(magnets, 0),
        fixed(dy, 0),
        fixed(tb, 0),
        percent(noise.magnets, 1),
        percent(noise.value, 1),
        fixed(replay.measurement.value_factor, 3),
    )
}

fn priors(replay: &Replay) -> Table {
    let row = |i: usize| {
        let one = &PRIORS[i];
        let [low, median, high] = one.distribution.quantiles();
        let (mean, sd) = replay.runs.posterior_moments[i];
        let shape = match one.distribution {
            PriorDistribution::LogitNormal { .. } => "logit-normal",
            PriorDistribution::LogNormal { .. } => "log-normal",
            PriorDistribution::Uniform { .. } => "uniform",
        };
        let origin = match one.origin {
            OriginKind::Literature => "literature",
            OriginKind::Assumed => "assumed",
            OriginKind::Estimated => "estimated",
        };
        vec![
            Cell::text(format!("{}, {}", one.symbol, one.title)),
            Cell::text(shape),
            Cell::significant(median, 2),
            Cell::text(format!("{} to {}", significant(low, 2), significant(high, 2))),
            Cell::significant(mean, 2),
            Cell::significant(sd, 2),
            Cell::text(format!("{origin}: {}", one.reason)),
        ]
    };
    Table {
        id: "replay-priors".into(),
        caption: "Priors of A, and mean and standard error in B".into(),
        columns: vec![
            Column::text("parameter"),
            Column::text("prior"),
            Column::number("median", ""),
            Column::text("2.5 to 97.5 %"),
            Column::number("B", ""),
            Column::number("s.e.", ""),
            Column::text("origin of the prior"),
        ],
        rows: (0..PRIORS.len()).map(row).collect(),
        ..Table::default()
    }
}

fn fit(replay: &Replay) -> String {
    let runs = &replay.runs;
    let left_out = runs.prior.n_left_out + runs.posterior.n_left_out;
    let rest = if left_out > 0 {
        format!(
            "{left_out} paths of A and B could not be run to the end in every world and are left out.\n"
        )
    } else {
        String::new()
    };
    format!(
        "\nB: {} pairs of a path of A and a queue, worth {} equally likely ones; {} different ones among the {} resampled. {} draws of parameters\n\
        could not be anchored or run and were drawn again.\n{rest}",
        fixed(runs.n_queues as f64, 0),
        fixed(runs.effective, 0),
        runs.n_distinct,
        replay.size.n_paths,
        runs.n_refused,
    )
}

/// Figures by forecast: median, interval, CRPS and percentile of A and B, CRPS of the others.
fn scores(replay: &Replay, quantity: Quantity) -> Table {
    let mut columns = vec![Column::text("figure"), Column::number("observed", quantity.unit())];
    for name in ["A", "B"] {
        columns.push(Column::number(format!("{name}, median"), ""));
        columns.push(Column::text("90 %"));
        columns.push(Column::number("percentile", ""));
        columns.push(Column::number("CRPS", ""));
    }
    let others: Vec<Forecaster> = Forecaster::ALL
        .into_iter()
        .filter(|f| ![Forecaster::A, Forecaster::B].contains(f))
        .filter(|f| replay.scores.iter().any(|s| s.quantity == quantity && s.forecast == *f))
        .collect();
    columns.extend(others.iter().map(|f| Column::number(format!("CRPS, {f}"), "")));
    let rows = replay
        .targets
        .iter()
        .filter(|t| t.quantity == quantity)
        .map(|target| {
            let find = |forecast: Forecaster| {
                replay.scores.iter().find(|s| {
                    s.quantity == quantity && s.when == target.when && s.forecast == forecast
                })
            };
            let mut row = vec![Cell::text(&*target.when), Cell::significant(target.observed, 4)];
            for forecast in [Forecaster::A, Forecaster::B] {
                row.extend(find(forecast).map_or_else(|| vec![Cell::text("–"); 4], distribution));
            }
            row.extend(others.iter().map(|f| {
                find(*f).map_or_else(|| Cell::text("–"), |s| Cell::significant(s.crps, 3))
            }));
            row
        })
        .collect();
    Table {
        id: format!("replay-scores-{}", quantity.chart().trim_start_matches("replay-")),
        caption: format!("{quantity}: forecasts, percentiles and scores"),
        columns,
        rows,
        ..Table::default()
    }
}

fn distribution(score: &Score) -> Vec<Cell> {
    vec![
        Cell::significant(score.median, 4),
        Cell::text(format!("{} to {}", significant(score.q05, 3), significant(score.q95, 3))),
        Cell::text(percent(score.percentile, 1)),
        Cell::significant(score.crps, 3),
    ]
}

/// Where figures lie outside the 90 % bands, one sentence for each replay.
fn verdict(replay: &Replay, quantities: &[Quantity]) -> String {
    let mut text = String::new();
    for &quantity in quantities {
        for forecast in [Forecaster::A, Forecaster::B] {
            let of: Vec<&Score> = replay
                .scores
                .iter()
                .filter(|s| s.quantity == quantity && s.forecast == forecast)
                .collect();
            let missed = |above: bool| -> Vec<&str> {
                of.iter()
                    .filter(|s| if above { s.observed > s.q95 } else { s.observed < s.q05 })
                    .map(|s| s.when.as_str())
                    .collect()
            };
            let (over, under) = (missed(true), missed(false));
            let list = |side: &str, all: &[&str]| {
                if all.is_empty() {
                    String::new()
                } else {
                    format!("; {side} it {}", all.join(", "))
                }
            };
            let _ = writeln!(
                text,
                "{quantity}, {forecast}: {} of {} figures lie within the 90 % band{}{}.\n",
                of.len() - over.len() - under.len(),
                of.len(),
                list("above", &over),
                list("below", &under),
            );
        }
    }
    text
}

fn europe(replay: &Replay) -> String {
    const MAY: usize = 1;
    let mut values: Vec<f64> =
        replay.runs.prior.control.iter().map(|path| path.europe_premium[MAY]).collect();
    values.sort_by(f64::total_cmp);
    let at = |p: f64| monazite_stochastic::quantile_of_sorted(&values, p).unwrap_or(f64::NAN);
    format!(
        "Europe, shown and not scored: in {} A has Dy and Tb there at {} times China's border price (90 %: {} to {}); {EUROPE}.\n\
        In the model buyers' stocks (2.5 months in the prior) cover the first months, and no trader bids for what is short before it is.\n",
        period_name(replay.start.plus(MAY as i64)),
        significant(at(0.5), 3),
        significant(at(0.05), 3),
        significant(at(0.95), 3),
    )
}

fn means(replay: &Replay) -> String {
    let mut text = String::from("\n## Mean scores\n\n");
    for after_june in [false, true] {
        let forecasts: Vec<Forecaster> =
            Forecaster::ALL.into_iter().filter(|f| after_june || !f.knows_june()).collect();
        let mut columns = vec![Column::text("figures"), Column::number("n", "")];
        columns.extend(forecasts.iter().map(|f| Column::number(f.to_string(), "")));
        let find = |quantity, forecast| -> Option<&MeanScore> {
            replay.means.iter().find(|m| {
                m.quantity == quantity && m.forecast == forecast && m.after_june == after_june
            })
        };
        let rows = Quantity::ALL
            .into_iter()
            .filter_map(|quantity| {
                let n = find(quantity, Forecaster::A)?.n;
                let mut row = vec![
                    Cell::text(format!("{quantity}, {}", quantity.unit())),
                    Cell::fixed(n as f64, 0),
                ];
                row.extend(forecasts.iter().map(|f| {
                    find(quantity, *f)
                        .map_or_else(|| Cell::text("–"), |m| Cell::significant(m.crps, 3))
                }));
                Some(row)
            })
            .collect();
        let (id, caption) = if after_june {
            ("replay-means-july", "Mean CRPS, figures after June")
        } else {
            ("replay-means", "Mean CRPS, all figures, forecasts from data to March")
        };
        let table = Table {
            id: id.into(),
            caption: caption.into(),
            columns,
            rows,
            notes: vec!["In the unit of the figure; less is better.".into()],
            ..Table::default()
        };
        text.push_str(&table.markdown());
        text.push('\n');
    }
    text
}

fn channels(replay: &Replay) -> String {
    let mut text =
        String::from("## How much of June and July is backlog, pull-forward or restocking\n\n");
    for (name, effects) in ["A", "B"].into_iter().zip(&replay.channels) {
        let mut columns = vec![Column::text("t of magnets")];
        for place in PLACES {
            for month in MONTHS {
                columns.push(Column::text(format!("{place}, {month}")));
            }
        }
        let rows = ROWS
            .into_iter()
            .map(|row| {
                let mut cells = vec![Cell::text(row)];
                for place in PLACES {
                    for month in MONTHS {
                        cells.push(Cell::text(effect(effects, (place, month, row))));
                    }
                }
                cells
            })
            .collect();
        let table = Table {
            id: format!("replay-channels-{}", name.to_lowercase()),
            caption: format!(
                "Channels under {name}: mean over paths and parameter draws, 90 % interval"
            ),
            columns,
            rows,
            ..Table::default()
        };
        text.push_str(&table.markdown());
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "Each channel is what magnets lose when it alone is switched off, on the same draws: {} (an application not approved in its month is\n\
        withdrawn), {} of tariffs, {} (orders are use). The interaction is what all three do together less the sum of each alone. Observed: June 3,188 t\n\
        with 353 to the United States, July 5,577 t with 619.\n",
        Channel::ALL[0].name(),
        Channel::ALL[1].name(),
        Channel::ALL[2].name(),
    );
    text
}

fn effect(effects: &[ChannelEffect], (place, month, row): (&str, &str, &str)) -> String {
    let found = effects.iter().find(|e| e.place == place && e.month == month && e.row == row);
    found.map_or_else(String::new, |e| {
        format!("{} ({} to {})", fixed(e.mean, 0), fixed(e.q05, 0), fixed(e.q95, 0))
    })
}

/// What it shows and what it does not: computed comparisons, then limits that no score can change.
fn lessons(replay: &Replay) -> String {
    let mean = |quantity, after_june, forecast| {
        replay
            .means
            .iter()
            .find(|m| {
                m.quantity == quantity && m.after_june == after_june && m.forecast == forecast
            })
            .map_or(f64::NAN, |m| m.crps)
    };
    let compare =
        |quantity: Quantity, after_june: bool, ours: Forecaster, others: &[Forecaster]| {
            let own = mean(quantity, after_june, ours);
            let parts: Vec<String> = others
                .iter()
                .map(|f| (f, mean(quantity, after_june, *f)))
                .filter(|(_, score)| score.is_finite())
                .map(|(f, score)| {
                    let side = if own < score { "less than" } else { "more than" };
                    format!("{side} {f} ({})", significant(score, 3))
                })
                .collect();
            format!(
                "* {quantity}, {}: {ours} scores {} {}, {}.\n",
                if after_june { "after June" } else { "all figures" },
                significant(own, 3),
                quantity.unit(),
                parts.join(", ")
            )
        };
    let mut text = String::from("## What it shows\n\n");
    let march = [Forecaster::NoControl, Forecaster::NoChange, Forecaster::Auto];
    let june =
        [Forecaster::A, Forecaster::NoControl, Forecaster::NoChangeJune, Forecaster::AutoJune];
    for quantity in Quantity::ALL {
        text.push_str(&compare(quantity, false, Forecaster::A, &march));
        text.push_str(&compare(quantity, true, Forecaster::B, &june));
    }
    let worst = replay
        .scores
        .iter()
        .filter(|s| s.quantity == Quantity::Magnets && s.forecast == Forecaster::A)
        .max_by(|a, b| a.crps.total_cmp(&b.crps));
    if let Some(worst) = worst {
        let month = period_name(replay.start.plus(worst.last as i64));
        let licensed = QueueParameter::LicensedMagnets as usize;
        let _ = writeln!(
            text,
            "* The magnets that A misses most are those of {month}: {} t against a median of {} t. The prior holds {} of magnets under licence,\n\
            \x20 B's fit {}: customs held back more than magnets with Dy and Tb, which is in the model only as that share.",
            fixed(worst.observed, 0),
            fixed(worst.median, 0),
            percent(PRIORS[licensed].distribution.quantiles()[1], 0),
            percent(replay.runs.posterior_moments[licensed].0, 0),
        );
    }
    let _ = write!(
        text,
        "\n## What it does not show\n\n\
        * Nothing was tuned after these scores were seen; a miss above is a miss. What changed between a first run and this\n\
        \x20 one, for other reasons, stands at the end of [decision 009](decisions/009-priors-of-the-replay.md). {} months of magnets are one episode, not a sample.\n\
        * Seasons of magnet tonnage are not in the market, and licences are a rate, not firms; a general licence (December) is not in it.\n\
        * The price of NdPr rose by half from July to September 2025; the market was given no reason for that, and value follows prices.\n\
        * Dy and Tb are one basket and cannot part, though they did; stocks in China are not known, and storers are as in the study.\n\
        * Magnets go by one monthly noise whatever the destination; quotes of days are compared with months.\n\
        * Fitted to three figures, B's parameters stay close to their priors where those figures say nothing: see the table.\n",
        replay
            .targets
            .iter()
            .filter(|t| t.quantity == Quantity::Magnets && t.last() >= FIT_MONTHS)
            .count()
            + FIT_MONTHS,
    );
    text
}
