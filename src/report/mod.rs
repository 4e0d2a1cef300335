//! A report as a document: sections of text, figures and tables, and what renders them.
//!
//! [`html`] makes one file without anything loaded from elsewhere; a [`Table`] also renders to Markdown, LaTeX and
//! CSV. Numbers are formatted once, in [`Cell`], and look the same everywhere; CSV holds the number itself.
//!
//! ```
//! use monazite::report::{Block, Document, Section, html};
//! let document = Document {
//!     title: "Rare-earth exports".into(), subtitle: "Outlook".into(), vintage: "February 2026".into(),
//!     key_messages: vec!["Exports stay flat.".into()],
//!     sections: vec![Section { heading: "Outlook".into(), blocks: vec![Block::Text("Little changes.".into())] }],
//!     footer: "Made by monazite".into(),
//! };
//! assert!(html(&document)?.starts_with("<!DOCTYPE html>"));
//! # Ok::<(), monazite::chart::ChartError>(())
//! ```

pub mod contents;
mod html;
mod latex;
mod style;
mod table;
mod write;

pub use crate::chart::number;
pub use html::html;
pub use table::{Align, Cell, Column, Table};
pub use write::write_report;

use crate::chart::Figure;

/// A report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// Title.
    pub title: String,
    /// One line below it.
    pub subtitle: String,
    /// How recent the data are, as printed after "Data to".
    pub vintage: String,
    /// What a reader in a hurry should know, first in a box.
    pub key_messages: Vec<String>,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// Last line: program, version, how to reproduce.
    pub footer: String,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Its content, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A chart.
    Figure(Box<Figure>),
    /// A table.
    Table(Table),
    /// A remark in small print: a method, a caveat.
    Note(String),
    /// Points.
    List(Vec<String>),
}

impl From<Figure> for Block {
    fn from(figure: Figure) -> Self {
        Self::Figure(Box::new(figure))
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}
