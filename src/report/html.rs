//! The report as one HTML file.

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use super::style::CSS;
use super::{Block, Document, Section};
use crate::chart::{ChartError, Figure, font_css};

/// Renders `document` as one file that loads nothing: charts inline, one shared font, a style sheet for print.
///
/// # Errors
/// [`ChartError::Font`] if the chart font cannot be embedded.
pub fn html(document: &Document) -> Result<String, ChartError> {
    let blocks = document.sections.iter().flat_map(|s| &s.blocks);
    let figures =
        blocks.filter_map(|b| if let Block::Figure(f) = b { Some(f.as_ref()) } else { None });
    let font = font_css(figures)?;
    let mut n_figures = 0;
    let mut n_tables = 0;
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (document.title) }
                style { (PreEscaped(font)) (PreEscaped(CSS)) }
            }
            body {
                main {
                    header {
                        h1 { (document.title) }
                        @if !document.subtitle.is_empty() { p class="sub" { (document.subtitle) } }
                        @if !document.vintage.is_empty() { p class="data" { "Data to " (document.vintage) } }
                    }
                    @if !document.key_messages.is_empty() {
                        section class="key" aria-labelledby="key-messages" {
                            h2 id="key-messages" { "Key messages" }
                            ul { @for message in &document.key_messages { li { (message) } } }
                        }
                    }
                    @if document.sections.len() > 1 {
                        nav aria-label="Contents" {
                            ol {
                                @for (k, section) in document.sections.iter().enumerate() {
                                    li { a href={ "#section-" (k + 1) } { (section.heading) } }
                                }
                            }
                        }
                    }
                    @for (k, section) in document.sections.iter().enumerate() {
                        (render_section(k + 1, section, &mut n_figures, &mut n_tables))
                    }
                    @if !document.footer.is_empty() { footer { (document.footer) } }
                }
            }
        }
    };
    Ok(page.into_string())
}

fn render_section(
    k: usize,
    section: &Section,
    n_figures: &mut usize,
    n_tables: &mut usize,
) -> Markup {
    markup! {
        section aria-labelledby={ "section-" (k) } {
            h2 id={ "section-" (k) } { (section.heading) }
            @for block in &section.blocks {
                @match block {
                    Block::Text(text) => p { (text) },
                    Block::Note(text) => p class="note" { (text) },
                    Block::List(points) => ul { @for point in points { li { (point) } } },
                    Block::Figure(figure) => ({
                        *n_figures += 1;
                        render_figure(*n_figures, figure)
                    }),
                    Block::Table(table) => ({
                        *n_tables += 1;
                        let mut numbered = table.clone();
                        numbered.caption = format!("Table {n_tables}. {}", table.caption);
                        numbered.html()
                    }),
                }
            }
        }
    }
}

fn render_figure(n: usize, figure: &Figure) -> Markup {
    markup! {
        figure id={ (figure.id) "-figure" } {
            figcaption {
                "Chart " (n) ". " (figure.title)
                @if !figure.subtitle.is_empty() { small { (figure.subtitle) } }
            }
            div class="plot" { (PreEscaped(&figure.inline_svg)) }
            @if !figure.caption.is_empty() { p class="says" { (figure.caption) } }
            @if !figure.note.is_empty() { p class="remark" { (figure.note) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::example;

    fn document() -> Document {
        let mut figures = crate::chart::demo().into_iter();
        let mut next = || Block::from(figures.next().unwrap());
        Document {
            title: "Rare-earth exports: <b>outlook</b> & risks".into(),
            subtitle: "What moves tonnage and prices, and what may come".into(),
            vintage: "February 2026".into(),
            key_messages: vec![
                "Exports stay near 5,600 t a month; the chance of more than 6,300 t in December 2027 is 1 in 5.".into(),
                "Prices, not tonnes, moved the value of exports: −23.3 % in value with 13.3 % more tonnage.".into(),
                "A licence stop would lift prices by a third for a year.".into(),
            ],
            sections: vec![
                Section { heading: "Where exports are heading".into(), blocks: vec![Block::Text("A paragraph of text that explains the forecast: which model, which months, and what the bands mean. It is long enough to break over several lines so that the measure can be judged.".into()), next(), next(), Block::Note("Bands come from the predictive distribution of the combination.".into())] },
                Section { heading: "What happened".into(), blocks: vec![next(), next(), Block::Table(example()), Block::List(vec!["One point.".into(), "Another.".into()])] },
                Section { heading: "What could happen".into(), blocks: vec![next(), next(), next(), next()] },
            ],
            footer: "monazite 0.1.0; reproduce with monazite reproduce manifest.json".into(),
        }
    }

    fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
        page.split(&format!(" {attribute}=\""))
            .skip(1)
            .filter_map(|s| s.split('"').next())
            .collect()
    }

    #[test]
    fn one_file_that_loads_nothing_with_unique_ids_and_alternatives() {
        let page = html(&document()).unwrap();
        if let Some(folder) = std::env::var_os("MONAZITE_CHARTS") {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(std::path::Path::new(&folder).join("report.html"), &page).unwrap();
        }
        assert!(values(&page, "src").is_empty());
        assert!(values(&page, "href").iter().all(|h| h.starts_with('#')));
        assert!(!page.contains("@import") && !page.contains("<script") && !page.contains("<link"));
        // The only address is the name of the SVG language, which nothing loads.
        assert_eq!(
            page.matches("http").count(),
            page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count()
        );
        assert!(page.split("url(").skip(1).all(|u| u.starts_with("data:font/ttf")));
        let mut ids = values(&page, "id");
        let n = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), n);
        for target in values(&page, "href") {
            assert!(ids.contains(&&target[1..]));
        }
        assert_eq!(page.matches("<svg").count(), 8);
        assert_eq!(page.matches("role=\"img\"").count(), 8);
        assert_eq!(page.matches("<desc").count(), 8);
        assert_eq!(page.matches("@font-face").count(), 2);
        assert!(page.contains("&lt;b&gt;outlook&lt;/b&gt; &amp; risks"));
        assert_eq!(page, html(&document()).unwrap());
    }
}
