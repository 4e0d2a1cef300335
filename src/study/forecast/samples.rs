//! Which bundled series are forecast, from what they are estimated, and by which models.
//!
//! Calendar effects are decided here, series by series, and `--calendar auto` of the command line leaves them as they are:
//! where a plan has a holiday that is the report's choice, and where it has none the default of the command decides.

use monazite_forecast::{
    Arima, Auto, ForecastError, Model, Publication, Regressor, Regressors, Sample, Scale,
    SeasonalNaive, Slope, Structural,
};
use monazite_series::{Aggregation, Observation, Period, Series, Status};

use crate::data::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::study::explain::{series_fault, unit_value};

/// Months in a season.
pub const SEASON: usize = 12;

/// A series to be forecast.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its name in files.
    pub id: &'static str,
    /// What it is, for tables and charts.
    pub title: &'static str,
    /// Publisher of the figures.
    pub source: &'static str,
    /// What the reader should know of the data behind it.
    pub data_note: &'static str,
    /// What the models are estimated from.
    pub sample: Sample,
    /// The publication that backtests are scored on.
    pub backtest_target: usize,
    /// The models; the first is the one charts and text use.
    pub models: Vec<Model>,
}

/// The month in which the controls on seven rare earths and magnets took effect (on its fourth day).
///
/// # Errors
/// Never: the month is one.
pub fn control_month() -> Result<Period, Diagnostic> {
    Period::month(2025, 4).map_err(|e| series_fault(&e))
}

/// Every series the report forecasts.
///
/// # Errors
/// `D041` if a bundled series is not as it should be, `M0xx` if a sample is refused.
pub fn plans(catalogue: &Catalogue) -> Result<Vec<Plan>, Diagnostic> {
    Ok(vec![
        volume(catalogue)?,
        value(catalogue)?,
        headline_unit_value(catalogue)?,
        neodymium(catalogue)?,
        magnets(catalogue)?,
        vehicles(catalogue)?,
    ])
}

fn refused(e: &ForecastError) -> Diagnostic {
    super::model_diagnostic(e)
}

/// What the controls did from their month on, where the data reach it: before, nothing says what they will do.
fn with_step(regressors: Regressors, last: Period) -> Result<Regressors, Diagnostic> {
    let from = control_month()?;
    Ok(if last.ordinal() < from.ordinal() {
        regressors
    } else {
        regressors.with("controls from 2025-04 (step)", Regressor::Step { from })
    })
}

/// The combination first, then a structural model that explains the series, and the benchmark.
fn seasonal_models(structural: Structural) -> Vec<Model> {
    vec![
        Model::Auto(Auto { season: SEASON }),
        Model::Structural(structural),
        Model::SeasonalNaive(SeasonalNaive { season: SEASON }),
    ]
}

fn volume(catalogue: &Catalogue) -> Result<Plan, Diagnostic> {
    // No holiday: with January and February in one figure from 2022 on, and the days after it in February in both years
    // that have two figures, its effect cannot be told from the season.
    let series = catalogue.series("re-exports-volume")?;
    let regressors = with_step(Regressors::none(), series.last_period())?;
    Ok(Plan {
        id: "re-exports-volume",
        title: "Rare-earth exports of China, tonnage",
        source: "GACC",
        data_note: "January and February are published as one figure in 2020 and from 2022 on; magnets are not included",
        sample: Sample::new(series, Scale::Log, regressors).map_err(|e| refused(&e))?,
        backtest_target: 0,
        models: seasonal_models(Structural::basic(SEASON)),
    })
}

/// Monthly value by detailed codes to 2024-12; the customs headline after that, month by month or as sums.
fn value(catalogue: &Catalogue) -> Result<Plan, Diagnostic> {
    // The weeks before and after the holiday; weekdays are left to the irregular.
    let headline = catalogue.series("re-exports-value-gacc")?;
    let regressors = with_step(Regressors::none().with_lunar_new_year(), headline.last_period())?;
    let publications = vec![
        Publication { series: catalogue.series("re-exports-value")?, noisy: false },
        Publication { series: headline, noisy: true },
    ];
    Ok(Plan {
        id: "re-exports-value-gacc",
        title: "Rare-earth exports of China, value",
        source: "GACC; UN Comtrade",
        data_note: "monthly UN Comtrade figures (HS 280530 + 284690) to 2024-12; customs headline figures, most of them sums over months, are a second measurement with its own level and noise",
        sample: Sample::of(publications, 1, Scale::Log, regressors).map_err(|e| refused(&e))?,
        backtest_target: 0,
        models: seasonal_models(Structural::basic(SEASON)),
    })
}

/// A ratio over more months than this is a mean with tonnage weights that a mean of months does not have.
const LONGEST_RATIO: u32 = 6;

/// Headline value over headline tonnage of the same months, where both are known.
fn gacc_unit_value(catalogue: &Catalogue) -> Result<Series, Diagnostic> {
    let (value, tonnage) =
        (catalogue.series("re-exports-value-gacc")?, catalogue.series("re-exports-volume")?);
    // USD million over tonnes is USD 1,000 a kilogram.
    let observations = value
        .observations()
        .iter()
        .filter(|o| o.span <= LONGEST_RATIO)
        .filter_map(|o| {
            let total = tonnage.total(o.first(), o.period)?;
            let ratio = Observation { value: o.value / total * 1000.0, ..*o };
            Some(ratio.with_status(Status::Derived))
        })
        .collect();
    let unit = "USD/kg".parse().map_err(|e| series_fault(&e))?;
    Series::new("re-exports-unit-value-gacc", unit, Aggregation::Mean, observations)
        .map_err(|e| series_fault(&e))
}

fn headline_unit_value(catalogue: &Catalogue) -> Result<Plan, Diagnostic> {
    // No holiday: it moves value and tonnage alike.
    let headline = gacc_unit_value(catalogue)?;
    let regressors = with_step(Regressors::none(), headline.last_period())?;
    let publications = vec![
        Publication { series: unit_value(catalogue)?, noisy: false },
        Publication { series: headline, noisy: true },
    ];
    let level = Structural { slope: Slope::Fixed, ..Structural::basic(SEASON) };
    Ok(Plan {
        id: "re-exports-unit-value-gacc",
        title: "Rare-earth exports of China, unit value",
        source: "GACC; UN Comtrade; own ratio",
        data_note: "derived: headline value over headline tonnage; a figure of up to six months is a tonnage-weighted mean and enters as a plain one, longer ones are left out",
        sample: Sample::of(publications, 1, Scale::Log, regressors).map_err(|e| refused(&e))?,
        backtest_target: 0,
        models: seasonal_models(level),
    })
}

/// A price has no season to speak of: members without one, ARIMA(1,1,0), and a walk with an irregular.
fn neodymium(catalogue: &Catalogue) -> Result<Plan, Diagnostic> {
    let price = catalogue.series("nd-oxide-price")?;
    Ok(Plan {
        id: "nd-oxide-price",
        title: "Neodymium oxide, Chinese price (FOB from 2024-08)",
        source: "unnamed agency (to 2024-07); KOMIS",
        data_note: "grade B-: domestic quotes, value-added tax included, to 2024-07; after that a FOB quote converted to yuan, which runs 10-20 % above domestic quotes from 2025-09. The simulated prices below are domestic and without tax: the two are not to be compared in level",
        sample: Sample::new(price, Scale::Log, Regressors::none()).map_err(|e| refused(&e))?,
        backtest_target: 0,
        models: vec![
            Model::Auto(Auto { season: 1 }),
            Model::Arima(Arima::new(1, 1, 0)),
            Model::Structural(Structural::local_level()),
            Model::SeasonalNaive(SeasonalNaive { season: SEASON }),
        ],
    })
}

/// Months where observed, sums where only they are known, and all permanent magnets as an indicator with its own level.
fn magnets(catalogue: &Catalogue) -> Result<Plan, Diagnostic> {
    let april = control_month()?;
    let customs = catalogue.series("magnet-exports-world")?;
    // The holiday is identified by the indicator, which has every month.
    let mut regressors = Regressors::none().with_lunar_new_year();
    if customs.last_period().ordinal() > april.ordinal() {
        regressors =
            regressors.with("controls 2025-04 (pulse)", Regressor::Pulse { at: april }).with(
                "controls from 2025-05 (fading by half a month)",
                Regressor::Decay { from: april.plus(1), rate: 0.5 },
            );
    }
    let publications = vec![
        Publication { series: customs, noisy: false },
        Publication { series: catalogue.series("comtrade-850511-quantity")?, noisy: true },
    ];
    Ok(Plan {
        id: "magnet-exports-world",
        title: "Rare-earth magnet exports of China, tonnage",
        source: "GACC; UN Comtrade",
        data_note: "HS 85051110 where a month or a sum of months is known; UN Comtrade 850511, all permanent magnets, 2017-2024, is an indicator with its own level and noise",
        sample: Sample::of(publications, 0, Scale::Log, regressors).map_err(|e| refused(&e))?,
        backtest_target: 0,
        models: seasonal_models(Structural::basic(SEASON)),
    })
}

/// Growth has slowed since the years of the compilation summed over models, so that only CAAM's months are used.
fn vehicles(catalogue: &Catalogue) -> Result<Plan, Diagnostic> {
    let series = catalogue.series("ev-sales-china")?;
    // No slope: growth fell from 28 % in 2025 to 7 % in the first half of 2026, and an average of both says little. Over the
    // six origins there are, a damped slope had larger errors (MASE 0.59 against 0.56), a plain one still larger (0.70).
    let model = Structural { slope: Slope::None, ..Structural::basic(SEASON) };
    // Three holidays: the days after them say what the days before them say.
    let holiday = Regressors::none().with("before Lunar New Year", Regressor::BeforeLunarNewYear);
    // Two and a half years are too few for what `auto` mixes: its errors were twice those of the structural model.
    let mut models = seasonal_models(model);
    models.swap(0, 1);
    let mut publications = vec![Publication { series, noisy: false }];
    if publications[0].series.observations().len() < 2 * SEASON {
        // Too short for a season of its own, as in a replay: the compilation lends it one, with its own level.
        let compiled = catalogue.series("ev-sales-china-model")?;
        publications.push(Publication { series: compiled, noisy: true });
    }
    Ok(Plan {
        id: "ev-sales-china",
        title: "New-energy vehicles, sales of China incl. exports",
        source: "CAAM",
        data_note: "CAAM, from 2024-01; two and a half years carry a season and a level, and not much more; the structural model, from which the market simulation draws, assumes no further growth beyond the level of the last months",
        sample: Sample::of(publications, 0, Scale::Log, holiday).map_err(|e| refused(&e))?,
        backtest_target: 0,
        models,
    })
}
