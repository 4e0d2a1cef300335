//! The report: HTML and tables.
