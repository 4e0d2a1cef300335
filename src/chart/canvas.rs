//! A display list at natural size and its drawing with plotters on a canvas ten times as large.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoFont as _, RGBColor, TextStyle};

use super::ChartError;
use super::font::{Characters, Weight};
use super::palette::Rgb;

/// Pixels of the plotters canvas per natural unit.
const SCALE: f64 = 10.0;

pub(crate) type Point = (f64, f64);

/// Which end of a text stands at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text; `y` is its baseline.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the text of a text is its text")]
pub(crate) struct Text {
    pub(crate) at: Point,
    pub(crate) text: String,
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) anchor: Anchor,
    pub(crate) colour: Rgb,
}

impl Text {
    /// Left, top, right, bottom.
    #[cfg(test)]
    pub(crate) fn extent(&self) -> (f64, f64, f64, f64) {
        let w = super::font::width(&self.text, self.size, self.weight);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - w / 2.0,
            Anchor::End => self.at.0 - w,
        };
        (left, self.at.1 - 0.76 * self.size, left + w, self.at.1 + 0.24 * self.size)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Line { points: Vec<Point>, colour: Rgb, width: f64 },
    Area { points: Vec<Point>, colour: Rgb },
    Disc { at: Point, radius: f64, colour: Rgb },
    Text(Text),
}

/// What is drawn, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Canvas {
    shapes: Vec<Shape>,
}

impl Canvas {
    pub(crate) fn line(&mut self, points: &[Point], colour: Rgb, width: f64) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points: points.to_vec(), colour, width });
        }
    }

    /// A line of dashes; `(0, 0)` is a solid one.
    pub(crate) fn dashed(&mut self, points: &[Point], colour: Rgb, width: f64, dash: (f64, f64)) {
        if dash.0 <= 0.0 || dash.1 <= 0.0 {
            return self.line(points, colour, width);
        }
        for piece in dashes(points, dash) {
            self.line(&piece, colour, width);
        }
    }

    pub(crate) fn area(&mut self, points: Vec<Point>, colour: Rgb) {
        self.shapes.push(Shape::Area { points, colour });
    }

    pub(crate) fn rectangle(&mut self, from: Point, to: Point, colour: Rgb) {
        self.area(vec![from, (to.0, from.1), to, (from.0, to.1)], colour);
    }

    pub(crate) fn disc(&mut self, at: Point, radius: f64, colour: Rgb) {
        self.shapes.push(Shape::Disc { at, radius, colour });
    }

    pub(crate) fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }

    /// Adds `other` moved right by `dx` and down by `dy`.
    pub(crate) fn append(&mut self, other: &Self, (dx, dy): (f64, f64)) {
        let moved = |p: &Point| (p.0 + dx, p.1 + dy);
        for shape in &other.shapes {
            self.shapes.push(match shape {
                Shape::Line { points, colour, width } => {
                    let points = points.iter().map(moved).collect();
                    Shape::Line { points, colour: *colour, width: *width }
                }
                Shape::Area { points, colour } => {
                    Shape::Area { points: points.iter().map(moved).collect(), colour: *colour }
                }
                Shape::Disc { at, radius, colour } => {
                    Shape::Disc { at: moved(at), radius: *radius, colour: *colour }
                }
                Shape::Text(text) => Shape::Text(Text { at: moved(&text.at), ..text.clone() }),
            });
        }
    }

    /// The texts on it.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.shapes.iter().filter_map(|s| if let Shape::Text(text) = s { Some(text) } else { None })
    }

    /// Characters in use by weight.
    pub(crate) fn characters(&self) -> Characters {
        let mut characters = Characters::default();
        for text in self.texts() {
            characters.add(&text.text, text.weight);
        }
        characters
    }

    /// SVG elements at natural size, without the `<svg>` around them.
    pub(crate) fn elements(&self, size: (f64, f64)) -> Result<String, ChartError> {
        let mut buffer = String::new();
        {
            let size = ((size.0 * SCALE).ceil() as u32, (size.1 * SCALE).ceil() as u32);
            let mut backend = SVGBackend::with_string(&mut buffer, size);
            for shape in &self.shapes {
                draw(&mut backend, shape)?;
            }
            backend.present().map_err(|e| ChartError::Drawing { detail: e.to_string() })?;
        }
        Ok(tidy(&buffer))
    }
}

fn pixel(p: Point) -> (i32, i32) {
    ((p.0 * SCALE).round() as i32, (p.1 * SCALE).round() as i32)
}

fn draw(backend: &mut SVGBackend<'_>, shape: &Shape) -> Result<(), ChartError> {
    let rgb = |c: Rgb| RGBColor(c.0, c.1, c.2);
    let drawn = match shape {
        Shape::Line { points, colour, width } => backend.draw_path(
            points.iter().map(|p| pixel(*p)),
            &rgb(*colour).stroke_width((width * SCALE).round() as u32),
        ),
        Shape::Area { points, colour } => {
            backend.fill_polygon(points.iter().map(|p| pixel(*p)), &rgb(*colour).filled())
        }
        Shape::Disc { at, radius, colour } => backend.draw_circle(
            pixel(*at),
            (radius * SCALE).round() as u32,
            &rgb(*colour).filled(),
            true,
        ),
        Shape::Text(text) => {
            let h = match text.anchor {
                Anchor::Start => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::End => HPos::Right,
            };
            let weight =
                if text.weight == Weight::Bold { FontStyle::Bold } else { FontStyle::Normal };
            let style: TextStyle<'_> = ("F", text.size * SCALE * 1.24, weight)
                .into_font()
                .color(&rgb(text.colour))
                .pos(Pos::new(h, VPos::Bottom));
            backend.draw_text(&text.text, &style, pixel(text.at))
        }
    };
    drawn.map_err(|e| ChartError::Drawing { detail: e.to_string() })
}

/// plotters' elements without its document element, defaults spelt out and offsets of its own; the text position
/// is the baseline, and the font size, which plotters divides by 1.24, is written without rounding noise.
fn tidy(svg: &str) -> String {
    let body = svg.split_once('\n').map_or("", |(_, rest)| rest);
    let body = body.trim_end().strip_suffix("</svg>").unwrap_or(body);
    let body = body
        .replace(" opacity=\"1\"", "")
        .replace(" dy=\"-0.5ex\"", "")
        .replace(" font-family=\"F\"", "")
        .replace(" text-anchor=\"start\"", "")
        .replace("\n</text>", "</text>")
        .replace(" \"/>", "\"/>");
    let mut tidied = String::with_capacity(body.len());
    let mut lines = body.lines().peekable();
    while let Some(line) = lines.next() {
        tidied.push_str(&font_size(line));
        // The text itself stands on the line after its tag.
        if line.starts_with("<text")
            && let Some(text) = lines.next()
        {
            tidied.push_str(text);
        }
        tidied.push('\n');
    }
    tidied
}

fn font_size(line: &str) -> String {
    let Some((before, rest)) = line.split_once("font-size=\"") else { return line.to_owned() };
    let Some((number, after)) = rest.split_once('"') else { return line.to_owned() };
    let rounded = number.parse::<f64>().map_or(0.0, |n| (n * 10.0).round() / 10.0);
    format!("{before}font-size=\"{rounded}\"{after}")
}

/// Cuts a line into dashes of `on` with gaps of `off`, measured along it.
fn dashes(points: &[Point], (on, off): (f64, f64)) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let (mut left, mut drawing) = (on, true);
    let Some(&first) = points.first() else { return pieces };
    let mut piece = vec![first];
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length <= left {
                left -= length;
                if drawing {
                    piece.push(to);
                }
                break;
            }
            let share = left / length;
            from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            if drawing {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
    }
    if drawing && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_have_the_length_asked_for_round_corners() {
        let pieces = dashes(&[(0.0, 0.0), (3.0, 0.0), (3.0, 4.0)], (2.0, 1.0));
        assert_eq!(pieces[0], vec![(0.0, 0.0), (2.0, 0.0)]);
        assert_eq!(pieces[1], vec![(3.0, 0.0), (3.0, 2.0)]);
        assert_eq!(pieces[2], vec![(3.0, 3.0), (3.0, 4.0)]);
    }
}
