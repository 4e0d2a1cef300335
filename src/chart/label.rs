//! Labels that do not run into each other: pushed apart at the right edge, in rows above a plot for events.

use super::Event;
use super::axis::{Area, LABEL, TimeAxis};
use super::canvas::{Anchor, Canvas, Text};
use super::font::{Weight, width};
use super::palette::{INK, RULE, Rgb};

/// Distance of baselines of labels beside each other.
pub(crate) const LINE: f64 = 14.5;

/// A label wanted at a height beside the right edge.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EdgeLabel {
    pub(crate) y: f64,
    pub(crate) text: String,
    pub(crate) colour: Rgb,
    pub(crate) bold: bool,
}

impl EdgeLabel {
    fn weight(&self) -> Weight {
        if self.bold { Weight::Bold } else { Weight::Regular }
    }
}

/// Room the labels need right of a plot.
pub(crate) fn margin(labels: &[EdgeLabel]) -> f64 {
    labels.iter().map(|l| width(&l.text, LABEL, l.weight())).fold(0.0, f64::max) + 18.0
}

/// Moves positions apart to at least `gap`, as little as possible, within `lo..=hi` if they fit.
pub(crate) fn spread(wanted: &[f64], gap: f64, lo: f64, hi: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]).then(a.cmp(&b)));
    // Pool adjacent violators on the positions less their minimal offsets: the least-squares solution.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        blocks.push((wanted[i] - rank as f64 * gap, 1));
        while let [.., (a, n), (b, m)] = blocks[..]
            && a > b
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push(((a * n as f64 + b * m as f64) / (n + m) as f64, n + m));
        }
    }
    let mut placed = vec![0.0; wanted.len()];
    let mut rank = 0;
    let room = (hi - lo - wanted.len().saturating_sub(1) as f64 * gap).max(0.0);
    for (base, n) in blocks {
        for _ in 0..n {
            placed[order[rank]] = base.clamp(lo, lo + room) + rank as f64 * gap;
            rank += 1;
        }
    }
    placed
}

/// Draws labels right of `area`, pushed apart, with a thin leader where one had to move.
pub(crate) fn draw_edge(canvas: &mut Canvas, area: Area, labels: &[EdgeLabel]) {
    let wanted: Vec<f64> = labels.iter().map(|l| l.y).collect();
    let placed = spread(&wanted, LINE, area.top + 4.0, area.bottom - 4.0);
    for (label, y) in labels.iter().zip(placed) {
        canvas.line(&[(area.right + 2.0, label.y), (area.right + 11.0, y)], label.colour, 0.7);
        canvas.text(Text {
            at: (area.right + 14.0, y + 0.36 * LABEL),
            text: label.text.clone(),
            size: LABEL,
            weight: label.weight(),
            anchor: Anchor::Start,
            colour: label.colour.readable(),
        });
    }
}

/// One dated rule with its label, placed in a row above the plot.
#[derive(Debug, Clone, PartialEq)]
struct Placed {
    x: f64,
    row: usize,
    from: f64,
    to: f64,
}

impl Placed {
    fn clashes(&self, other: &Self) -> bool {
        let overlap =
            self.row == other.row && self.from < other.to + 6.0 && other.from < self.to + 6.0;
        // A rule runs from its own row downwards, through every row with a higher number.
        let crosses = |rule: &Self, label: &Self| {
            rule.row < label.row && rule.x > label.from - 3.0 && rule.x < label.to + 3.0
        };
        overlap || crosses(self, other) || crosses(other, self)
    }
}

/// Rows of event labels above a plot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EventRows {
    placed: Vec<(Placed, String)>,
    n_rows: usize,
}

impl EventRows {
    /// Finds a row and a side for each `(x, label)` so that no label touches another or a rule; `None` if there is
    /// no such arrangement in six rows. The label at `fixed` stands right of its rule.
    pub(crate) fn arrange(
        events: &[(f64, String)],
        left: f64,
        right: f64,
        fixed: Option<f64>,
    ) -> Option<Self> {
        let mut sorted = events.to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        for n_rows in 1..=6 {
            let mut placed = Vec::new();
            let mut budget = 20_000;
            if search(&sorted, n_rows, (left, right, fixed), &mut placed, &mut budget) {
                let texts = sorted.into_iter().map(|(_, text)| text);
                return Some(Self { placed: placed.into_iter().zip(texts).collect(), n_rows });
            }
        }
        None
    }

    /// Places the marks of `events` (and a mark `fixed` where a forecast starts); if their labels do not fit, the events
    /// are numbered, and the second result lists them.
    pub(crate) fn of(
        events: &[Event],
        time: &TimeAxis,
        (left, right): (f64, f64),
        fixed: Option<f64>,
    ) -> (Self, String) {
        let start = fixed.map(|x| (x, "forecast".to_owned()));
        let marks = |label: &dyn Fn(usize, &Event) -> String| -> Vec<(f64, String)> {
            let events = events.iter().enumerate();
            events
                .map(|(i, e)| (time.at(e.period, 0.0), label(i, e)))
                .chain(start.clone())
                .collect()
        };
        if let Some(rows) = Self::arrange(&marks(&|_, e| e.label.clone()), left, right, fixed) {
            return (rows, String::new());
        }
        let list = events.iter().enumerate();
        let list: Vec<String> =
            list.map(|(i, e)| format!("{} {} ({})", i + 1, e.label, e.period)).collect();
        // Numbers fit unless there are dozens of events; then the chart has rules for none of them, but the list.
        let rows = Self::arrange(&marks(&|i, _| (i + 1).to_string()), left, right, fixed);
        let none = Self { placed: Vec::new(), n_rows: 0 };
        (rows.unwrap_or(none), format!("{}.", list.join("; ")))
    }

    /// Height above the plot that the rows take.
    pub(crate) fn height(&self) -> f64 {
        if self.placed.is_empty() { 0.0 } else { self.n_rows as f64 * LINE + 2.0 }
    }

    /// Draws rules and labels; the rows end at the top of `area`. The rule at `dashed` is where a forecast starts.
    pub(crate) fn draw(&self, canvas: &mut Canvas, area: Area, dashed: Option<f64>) {
        for (at, text) in &self.placed {
            let y = area.top - self.height() + at.row as f64 * LINE;
            let rule = [(at.x, y + 1.0), (at.x, area.bottom)];
            if dashed == Some(at.x) {
                canvas.dashed(&rule, INK, 1.1, (4.0, 3.0));
            } else {
                canvas.line(&rule, RULE, 0.7);
            }
            canvas.text(Text {
                at: (at.from, y + 0.82 * LABEL),
                text: text.clone(),
                size: LABEL - 1.0,
                weight: Weight::Regular,
                anchor: Anchor::Start,
                colour: INK,
            });
        }
    }
}

fn search(
    events: &[(f64, String)],
    n_rows: usize,
    limits: (f64, f64, Option<f64>),
    placed: &mut Vec<Placed>,
    budget: &mut u32,
) -> bool {
    let Some((x, text)) = events.get(placed.len()) else { return true };
    let w = width(text, LABEL - 1.0, Weight::Regular);
    for row in 0..n_rows {
        for (from, to) in [(x + 4.0, x + 4.0 + w), (x - 4.0 - w, x - 4.0)] {
            if *budget == 0 {
                return false;
            }
            *budget -= 1;
            let candidate = Placed { x: *x, row, from, to };
            let wrong_side = limits.2 == Some(*x) && from < *x;
            if wrong_side
                || from < limits.0
                || to > limits.1
                || placed.iter().any(|p| p.clashes(&candidate))
            {
                continue;
            }
            placed.push(candidate);
            if search(events, n_rows, limits, placed, budget) {
                return true;
            }
            placed.pop();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_distance_their_order_and_the_frame() {
        let placed = spread(&[50.0, 52.0, 51.0, 199.0, 198.0], 14.0, 0.0, 200.0);
        let mut sorted = placed.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|p| p[1] - p[0] > 14.0 - 1e-9), "{placed:?}");
        assert!(placed[0] < placed[2] && placed[2] < placed[1]);
        assert!(sorted[0] >= 0.0 && sorted[4] <= 200.0);
        assert_eq!(spread(&[10.0, 90.0], 14.0, 0.0, 100.0), vec![10.0, 90.0]);
    }

    #[test]
    fn no_rule_crosses_a_label() {
        let events: Vec<(f64, String)> = [
            (100.0, "controls on gallium"),
            (120.0, "reporting duty"),
            (130.0, "licences"),
            (300.0, "truce"),
        ]
        .map(|(x, t)| (x, t.to_owned()))
        .to_vec();
        let rows = EventRows::arrange(&events, 0.0, 320.0, None).unwrap();
        for (i, (a, _)) in rows.placed.iter().enumerate() {
            for (b, _) in &rows.placed[..i] {
                assert!(!a.clashes(b), "{a:?} {b:?}");
            }
        }
    }
}
