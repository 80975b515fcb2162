//! How results are shown.

mod github;
mod json;
mod junit;
mod text;

use crate::coverage::FileCoverage;
use crate::outcome::{Counts, SuiteResult};
use sekisho_report::Diagnostic;
use std::io::{self, Write};
use std::time::Duration;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// for people, as gator prints
    Text,
    /// one object for everything
    Json,
    /// for CI systems
    Junit,
    /// annotations of GitHub Actions
    Github,
}

/// Everything that a run has to say.
pub(crate) struct Report<'a> {
    pub(crate) suites: &'a [SuiteResult],
    /// what could not be read
    pub(crate) errors: &'a [Diagnostic],
    pub(crate) counts: Counts,
    pub(crate) coverage: Option<&'a [FileCoverage]>,
    pub(crate) verbose: bool,
    /// print what gator prints, and nothing else
    pub(crate) as_gator: bool,
    pub(crate) as_stored: bool,
    pub(crate) time: Duration,
}

pub(crate) fn print(report: &Report<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::print(report, out),
        Format::Json => json::print(report, out),
        Format::Junit => junit::print(report, out),
        Format::Github => github::print(report, out),
    }
}
