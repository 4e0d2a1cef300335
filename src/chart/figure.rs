//! A finished figure: the drawing with its words, as SVG, PNG and CSV.

use std::sync::Arc;

use resvg::{tiny_skia, usvg};

use super::canvas::{Anchor, Canvas, Text};
use super::font::{Characters, FAMILY, Weight, wrap};
use super::palette::{GREY, INK, Rgb, WHITE};
use super::{ChartError, Heading};

/// Natural width of every chart.
pub(crate) const WIDTH: f64 = 720.0;
/// White around a standalone chart.
const PAD: f64 = 16.0;
/// Width of a standalone chart.
const PAGE: f64 = WIDTH + 2.0 * PAD;
/// Pixels of a PNG per natural unit: 300 dots per inch at 18 cm.
const PNG_SCALE: f32 = 3.0;

/// A chart, drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Identifier, as in the heading.
    pub id: String,
    /// Active title.
    pub title: String,
    /// Unit, source and vintage.
    pub subtitle: String,
    /// One plain sentence; may be empty.
    pub caption: String,
    /// How to read marks that are not usual; may be empty.
    pub note: String,
    /// The chart in words: what it shows, its range, its last value.
    pub alt: String,
    /// Standalone SVG with titles and font.
    pub svg: String,
    /// The plot alone, for a page that prints title and caption itself and holds [`font_css`].
    pub inline_svg: String,
    /// Exactly what is drawn.
    pub csv: String,
    /// What a reader should know about the drawing, such as characters without a glyph.
    pub warnings: Vec<String>,
    standalone: Characters,
    inline: Characters,
    #[cfg(test)]
    pub(crate) canvas: (Canvas, f64, f64),
}

/// A plot before the words are set around it.
#[derive(Debug)]
pub(crate) struct Plot {
    pub(crate) canvas: Canvas,
    pub(crate) height: f64,
    pub(crate) caption: String,
    pub(crate) note: String,
    pub(crate) alt: String,
    pub(crate) csv: String,
}

impl Figure {
    pub(crate) fn new(heading: &Heading, plot: Plot) -> Result<Self, ChartError> {
        let id = &heading.id;
        let fine = id.starts_with(|c: char| c.is_ascii_alphabetic())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !fine {
            return Err(ChartError::BadId { id: id.clone() });
        }
        let subtitle = heading.subtitle();
        let mut page = Canvas::default();
        let mut y = PAD;
        block(&mut page, &mut y, &heading.title, (16.5, Weight::Bold), Rgb(0x1A, 0x1A, 0x1A));
        block(&mut page, &mut y, &subtitle, (12.0, Weight::Regular), GREY);
        y += 12.0;
        page.append(&plot.canvas, (PAD, y));
        y += plot.height + 6.0;
        block(&mut page, &mut y, &plot.caption, (12.5, Weight::Regular), INK);
        block(&mut page, &mut y, &plot.note, (11.0, Weight::Regular), GREY);
        let height = (y + PAD).ceil();
        let mut background = Canvas::default();
        background.rectangle((0.0, 0.0), (PAGE, height), WHITE);
        background.append(&page, (0.0, 0.0));
        let standalone = page.characters();
        let missing = standalone.missing();
        let warnings = if missing.is_empty() {
            Vec::new()
        } else {
            let list: String = missing.iter().collect();
            vec![format!(
                "the chart font has no glyph for {list}; a browser takes a system font, the PNG shows boxes"
            )]
        };
        let css = standalone.css()?;
        let alt = format!("{}. {}", heading.title.trim_end_matches('.'), plot.alt);
        let svg = document(id, "", &heading.title, &alt, Some(&css), (PAGE, height), &background)?;
        let inline_height = plot.height.ceil();
        let inline_svg = document(
            id,
            "-plot",
            &heading.title,
            &alt,
            None,
            (WIDTH, inline_height),
            &plot.canvas,
        )?;
        Ok(Self {
            id: id.clone(),
            title: heading.title.clone(),
            subtitle,
            caption: plot.caption,
            note: plot.note,
            alt,
            svg,
            inline_svg,
            csv: plot.csv,
            warnings,
            standalone,
            inline: plot.canvas.characters(),
            #[cfg(test)]
            canvas: (page, PAGE, height),
        })
    }

    /// The standalone chart as a PNG of 2,256 pixels across, on white; the same bytes every time.
    ///
    /// # Errors
    /// [`ChartError::Drawing`] if the renderer refuses the SVG, which would be a fault of this module.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        let failed = |detail: String| ChartError::Drawing { detail };
        let tree = self.tree()?;
        let size = tree.size();
        let (w, h) =
            ((size.width() * PNG_SCALE).ceil() as u32, (size.height() * PNG_SCALE).ceil() as u32);
        let mut pixmap =
            tiny_skia::Pixmap::new(w, h).ok_or_else(|| failed(format!("{w} × {h} pixels")))?;
        pixmap.fill(tiny_skia::Color::WHITE);
        let transform = tiny_skia::Transform::from_scale(PNG_SCALE, PNG_SCALE);
        resvg::render(&tree, transform, &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|e| failed(e.to_string()))
    }

    /// The SVG as the renderer reads it, laid out with the very font that is embedded in it.
    pub(crate) fn tree(&self) -> Result<usvg::Tree, ChartError> {
        let mut options = usvg::Options::default();
        let mut ids = Vec::new();
        for (weight, bytes) in self.standalone.fonts()? {
            let source = usvg::fontdb::Source::Binary(Arc::new(bytes));
            ids.extend(
                options.fontdb_mut().load_font_source(source).first().map(|id| (weight, *id)),
            );
        }
        options.font_resolver = usvg::FontResolver {
            select_font: Box::new(move |font, _| {
                let wanted = if font.weight() >= 600 { Weight::Bold } else { Weight::Regular };
                ids.iter().find(|(w, _)| *w == wanted).or(ids.first()).map(|(_, id)| *id)
            }),
            select_fallback: Box::new(|_, _, _| None),
        };
        usvg::Tree::from_str(&self.svg, &options)
            .map_err(|e| ChartError::Drawing { detail: e.to_string() })
    }
}

/// The one `@font-face` that inline charts share: the characters of all of them, regular and bold.
///
/// # Errors
/// [`ChartError::Font`] if the font cannot be cut down.
pub fn font_css<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Result<String, ChartError> {
    let mut characters = Characters::default();
    for figure in figures {
        characters.merge(&figure.inline);
    }
    characters.css()
}

fn block(page: &mut Canvas, y: &mut f64, text: &str, (size, weight): (f64, Weight), colour: Rgb) {
    for line in wrap(text, size, weight, WIDTH) {
        *y += (1.3 * size).round();
        let at = (PAD, *y - 0.3 * size);
        page.text(Text { at, text: line, size, weight, anchor: Anchor::Start, colour });
    }
    if !text.is_empty() {
        *y += 2.0;
    }
}

fn document(
    id: &str,
    suffix: &str,
    title: &str,
    alt: &str,
    css: Option<&str>,
    size: (f64, f64),
    canvas: &Canvas,
) -> Result<String, ChartError> {
    let (w, h) = size;
    let (title, alt) = (escape(title), escape(alt));
    let style = css.map(|css| format!("<style>{css}</style>\n")).unwrap_or_default();
    let elements = canvas.elements(size)?;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"{id}{suffix}\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" aria-labelledby=\"{id}{suffix}-title {id}{suffix}-desc\">\n<title id=\"{id}{suffix}-title\">{title}</title>\n<desc id=\"{id}{suffix}-desc\">{alt}</desc>\n{style}<g transform=\"scale(.1)\" font-family=\"'{FAMILY}', 'Arial Narrow', Arial, sans-serif\" stroke-linejoin=\"round\">\n{elements}</g>\n</svg>\n"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Rows of text as CSV; numbers in it print with the fewest digits that round-trip.
pub(crate) fn csv(header: &[&str], rows: &[Vec<String>]) -> Result<String, ChartError> {
    let failed = |detail: String| ChartError::Drawing { detail };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(|e| failed(e.to_string()))?;
    for row in rows {
        writer.write_record(row).map_err(|e| failed(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| failed(e.to_string()))
}
