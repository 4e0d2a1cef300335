//! Every kind of chart with data like the real ones, and what must hold for all.
//!
//! `MONAZITE_CHARTS=/tmp/charts cargo test --release --lib chart::` also writes them there to be looked at.

use super::canvas::Text;
use super::*;

fn month(year: i32, m: u32) -> Period {
    Period::month(year, m).unwrap()
}

/// Something like the exports of rare earths, tonnes a month.
fn exports() -> Vec<Point> {
    let mut points = Vec::new();
    for (k, p) in month(2018, 1).run(98).enumerate() {
        let t = k as f64;
        let value = 4400.0
            + 9.0 * t
            + 700.0 * (t * 0.52).sin()
            + 500.0 * (t * 1.9).cos()
            + 300.0 * (t * 0.11).sin();
        match (p.year(), p.season()) {
            (2020.., 0) => {}
            (2020.., 1) => points.push(Point { period: p, span: 2, value: value - 500.0 }),
            _ => points.push(Point::new(p, value)),
        }
    }
    points
}

fn fan() -> Fan {
    let forecast = month(2026, 3)
        .run(22)
        .enumerate()
        .map(|(k, period)| {
            let (median, s) =
                (5600.0 + 400.0 * (k as f64 * 0.52).sin(), 450.0 * (k as f64 + 1.0).powf(0.35));
            let band = |z: f64| (median - z * s, median + z * s);
            FanMonth { period, median, bands: [band(0.385), band(0.842), band(1.645)] }
        })
        .collect();
    let smoothed = (2020..=2026)
        .flat_map(|y| [(month(y, 1), 5100.0), (month(y, 2), 4300.0)])
        .map(|(period, value)| Interval { period, value, lo: value - 380.0, hi: value + 380.0 })
        .collect();
    Fan {
        heading: Heading::new(
            "exports-fan",
            "Exports stay near 5,600 t a month; a return to the peak of 2025 is unlikely",
        )
        .unit("exports of rare earths, tonnes a month")
        .source("General Administration of Customs of China; own forecast")
        .vintage("February 2026"),
        history: exports(),
        smoothed,
        forecast,
        events: vec![
            Event::new(month(2023, 11), "reporting duty"),
            Event::new(month(2025, 4), "licences on seven elements"),
            Event::new(month(2025, 10), "wider controls"),
            Event::new(month(2026, 11), "suspension ends"),
        ],
        unit: "t".into(),
        log: false,
    }
}

pub(crate) fn all() -> Vec<Figure> {
    let heading = |id: &str, title: &str, unit: &str| {
        Heading::new(id, title).unit(unit).source("UN Comtrade, GACC").vintage("February 2026")
    };
    let mut log = fan();
    log.heading.id = "exports-log".into();
    log.log = true;
    log.smoothed.clear();
    let price: Vec<Point> = month(2018, 1)
        .run(98)
        .enumerate()
        .map(|(k, p)| Point::new(p, 320_000.0 * (1.0 + 0.9 * (k as f64 / 17.0).sin().max(-0.3))))
        .collect();
    let list = [
        "Tariff talks",
        "Export control law in force, with lists to follow by ministerial order",
        "Group formed from six companies",
        "Quota raised",
        "Reporting duty for exports",
        "Technology list revised",
        "Licences on seven medium and heavy elements",
        "General licences",
        "Wider controls announced",
        "Controls suspended for a year",
    ];
    let dates = [
        (2018, 7),
        (2020, 12),
        (2021, 12),
        (2022, 8),
        (2023, 11),
        (2023, 12),
        (2025, 4),
        (2025, 6),
        (2025, 10),
        (2025, 11),
    ];
    let events = Events {
        heading: heading(
            "events",
            "Licences of April 2025 moved volumes at once, prices only months later",
            "see panels",
        ),
        panels: vec![
            Panel { name: "Exports, tonnes a month".into(), points: exports(), log: false },
            Panel { name: "Nd oxide, CNY a tonne".into(), points: price, log: true },
        ],
        events: dates.iter().zip(list).map(|((y, m), l)| Event::new(month(*y, *m), l)).collect(),
    };
    let bars = [
        (2019, -12.1, 0.8, -31.4),
        (2020, -71.0, -12.0, 9.5),
        (2021, 122.0, 41.5, 148.0),
        (2022, 0.6, 6.2, 391.9),
        (2023, 32.2, -18.0, -305.6),
        (2024, 19.5, -9.7, -284.1),
    ];
    let split = Split {
        heading: heading("split", "Prices, not tonnes, moved the value of exports", "change of export value on the year before, USD million")
            .caption("In 2024 lower prices took USD 284 million off the value of exports; more tonnes added 20."),
        parts: vec!["Quantity".into(), "Price".into(), "Mix".into()],
        bars: bars.iter().map(|(y, q, m, p)| Bar { label: y.to_string(), parts: vec![*q, *p, *m], total: q + m + p }).collect(),
        unit: "USD million".into(),
    };
    let curve = |name: &str, spot: f64, slope: f64, band: f64| CurveLine {
        name: name.into(),
        points: (0..=18)
            .map(|m| {
                let value = spot + slope * f64::from(m);
                CurvePoint {
                    months: m,
                    value,
                    band: (band > 0.0).then_some((
                        value - band * f64::from(m).sqrt(),
                        value + band * f64::from(m).sqrt(),
                    )),
                }
            })
            .collect(),
    };
    let curves = Curve {
        heading: heading(
            "curve",
            "A licence stop turns the curve into backwardation",
            "futures price of Nd oxide, thousand CNY a tonne",
        ),
        lines: vec![
            curve("Baseline", 560.0, 2.0, 14.0),
            curve("Licence stop", 720.0, -6.0, 0.0),
            curve("New mines", 545.0, -3.0, 0.0),
            curve("Weak demand", 540.0, -2.9, 0.0),
        ],
        unit: "thousand CNY/t".into(),
    };
    let row = |label: &str, v: [f64; 3]| ComparisonRow {
        label: label.into(),
        dots: v
            .iter()
            .map(|&v| {
                Some(Dot { value: v, lo: v - 2.0 - 0.1 * v.abs(), hi: v + 2.0 + 0.1 * v.abs() })
            })
            .collect(),
    };
    let comparison = Comparison {
        heading: heading(
            "comparison",
            "Conduct matters most when licences stop",
            "effect on the price after twelve months, per cent",
        ),
        conducts: vec!["competitive".into(), "dominant".into(), "collusive".into()],
        rows: vec![
            row("Licence stop for heavy rare earths, half a year", [14.0, 31.5, 38.2]),
            row("Quota cut by a tenth", [6.1, 9.0, 10.4]),
            row("New mines outside China", [-7.9, -4.2, -2.0]),
            row("Weak demand", [-12.0, -11.0, -10.5]),
        ],
        unit: "per cent".into(),
    };
    let shares = Shares {
        heading: heading(
            "shares",
            "Japan and the United States take over half of the tonnage",
            "share of export tonnage, per cent",
        ),
        groups: vec!["2019".into(), "2024".into()],
        rows: [
            ("Japan", 36.0, 24.5),
            ("United States", 33.4, 27.1),
            ("Netherlands", 9.6, 12.2),
            ("Korea, Republic of", 5.5, 8.4),
            ("Italy", 3.3, 5.6),
            ("All others", 12.2, 22.2),
        ]
        .map(|(l, a, b)| ShareRow { label: l.into(), values: vec![a, b] })
        .to_vec(),
        unit: "%".into(),
    };
    let line = |name: &str, f: &dyn Fn(f64) -> f64| PathLine {
        name: name.into(),
        points: month(2026, 1).run(36).enumerate().map(|(k, p)| (p, f(k as f64))).collect(),
    };
    let base = line("Baseline", &|k| 560.0 + 3.0 * k);
    let paths = Paths {
        heading: heading(
            "paths",
            "A licence stop lifts prices by a third for a year",
            "price of Nd oxide, thousand CNY a tonne",
        )
        .caption("The licence stop adds 190 thousand CNY a tonne at its peak in June 2027."),
        band: base
            .points
            .iter()
            .enumerate()
            .map(|(k, (p, v))| Interval {
                period: *p,
                value: *v,
                lo: v - 20.0 * (k as f64).sqrt(),
                hi: v + 24.0 * (k as f64).sqrt(),
            })
            .collect(),
        lines: vec![
            base,
            line("Licence stop", &|k| 560.0 + 3.0 * k + 190.0 * (-(k - 17.0).powi(2) / 40.0).exp()),
            line("New mines", &|k| 560.0 - 2.0 * k),
            line("Weak demand", &|k| 560.0 - 2.4 * k),
        ],
        events: vec![Event::new(month(2027, 1), "licences stop")],
        unit: "thousand CNY/t".into(),
        log: false,
        ..Paths::default()
    };
    vec![
        fan().draw().unwrap(),
        log.draw().unwrap(),
        events.draw().unwrap(),
        split.draw().unwrap(),
        curves.draw().unwrap(),
        comparison.draw().unwrap(),
        shares.draw().unwrap(),
        paths.draw().unwrap(),
    ]
}

#[test]
fn every_kind_renders_in_its_frame_without_overlapping_text() {
    let folder = std::env::var_os("MONAZITE_CHARTS").map(std::path::PathBuf::from);
    for figure in all() {
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(format!("{}.svg", figure.id)), &figure.svg).unwrap();
            std::fs::write(folder.join(format!("{}.csv", figure.id)), &figure.csv).unwrap();
            std::fs::write(folder.join(format!("{}.alt.txt", figure.id)), &figure.alt).unwrap();
            std::fs::write(folder.join(format!("{}.png", figure.id)), figure.png().unwrap())
                .unwrap();
            let printed = grey(&figure.png().unwrap());
            std::fs::write(folder.join(format!("{}-grey.png", figure.id)), printed).unwrap();
        }
        figure.tree().unwrap();
        let (canvas, w, h) = &figure.canvas;
        let texts: Vec<&Text> = canvas.texts().collect();
        for (i, text) in texts.iter().enumerate() {
            let (l, t, r, b) = text.extent();
            assert!(
                l >= -0.1 && t >= 0.0 && r <= w + 0.1 && b <= *h,
                "{}: `{}` leaves the frame",
                figure.id,
                text.text
            );
            for other in &texts[..i] {
                let (ol, ot, or, ob) = other.extent();
                // Line boxes may touch by the descender.
                let apart = r <= ol || or <= l || b - 2.5 <= ot || ob - 2.5 <= t;
                assert!(apart, "{}: `{}` on `{}`", figure.id, text.text, other.text);
            }
        }
        assert!(figure.warnings.is_empty());
        assert!(figure.alt.len() > 80 && figure.csv.lines().count() > 3);
    }
}

#[test]
fn identifiers_differ_and_bytes_repeat() {
    let (once, twice) = (all(), all());
    assert_eq!(once, twice);
    let mut ids: Vec<String> = once
        .iter()
        .flat_map(|f| {
            f.inline_svg
                .split(" id=\"")
                .skip(1)
                .map(|s| s.split('"').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let n = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), n), (3 * once.len(), 3 * once.len()));
    assert_eq!(once[6].png().unwrap(), twice[6].png().unwrap());
    assert!(!once[0].inline_svg.contains("font-face") && once[0].svg.contains("font-face"));
    assert_eq!(font_css(&once).unwrap().matches("@font-face").count(), 2);
}

#[test]
fn what_cannot_be_drawn_is_a_typed_error() {
    let mut broken = fan();
    broken.forecast[3].bands[1].0 = f64::NAN;
    assert!(matches!(broken.draw(), Err(ChartError::NotDrawable { .. })));
    let mut log = fan();
    log.log = true;
    log.history[4].value = -1.0;
    assert!(matches!(log.draw(), Err(ChartError::NotDrawable { .. })));
    let mut empty = fan();
    empty.history.clear();
    assert!(matches!(empty.draw(), Err(ChartError::Empty)));
    let mut id = fan();
    id.heading.id = "1 <x>".into();
    assert!(matches!(id.draw(), Err(ChartError::BadId { .. })));
    let mut script = fan();
    script.heading.title = "稀土 exports".into();
    assert_eq!(script.draw().unwrap().warnings.len(), 1);
}

/// The picture as a black-and-white printer makes it.
fn grey(png: &[u8]) -> Vec<u8> {
    let mut pixmap = resvg::tiny_skia::Pixmap::decode_png(png).unwrap();
    for p in pixmap.pixels_mut() {
        let y = (0.299 * f64::from(p.red())
            + 0.587 * f64::from(p.green())
            + 0.114 * f64::from(p.blue())) as u8;
        *p = resvg::tiny_skia::PremultipliedColorU8::from_rgba(y, y, y, 255).unwrap();
    }
    pixmap.encode_png().unwrap()
}

#[test]
fn long_labels_of_bars_break_and_many_events_become_numbers() {
    let windows = ["January to April 2024", "January to July 2025", "January to October 2025"];
    let bars = windows.map(|l| Bar { label: l.into(), parts: vec![12.6, -39.1], total: -26.5 });
    let split = Split {
        heading: Heading::new("windows", "Tonnes up, value down"),
        parts: vec!["Tonnage".into(), "Unit value".into()],
        bars: bars.iter().cycle().take(8).cloned().collect(),
        unit: "log points".into(),
    };
    let mut many = fan();
    many.events = month(2024, 1)
        .run(9)
        .map(|p| Event::new(p, "an event with a name that is far too long to stand above a plot"))
        .collect();
    let many = many.draw().unwrap();
    assert!(many.note.contains("9 an event with a name"));
    for figure in [split.draw().unwrap(), many] {
        let texts: Vec<&Text> = figure.canvas.0.texts().collect();
        for (i, text) in texts.iter().enumerate() {
            let (l, t, r, b) = text.extent();
            assert!(l >= 0.0 && r <= figure.canvas.1, "{}", text.text);
            for other in &texts[..i] {
                let (ol, ot, or, ob) = other.extent();
                let apart = r <= ol || or <= l || b - 2.5 <= ot || ob - 2.5 <= t;
                assert!(apart, "{}: `{}` on `{}`", figure.id, text.text, other.text);
            }
        }
        if let Some(folder) = std::env::var_os("MONAZITE_CHARTS") {
            let path = std::path::Path::new(&folder).join(format!("{}-hard.png", figure.id));
            std::fs::write(path, figure.png().unwrap()).unwrap();
        }
    }
}
