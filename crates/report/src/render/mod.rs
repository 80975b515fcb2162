//! The renderers: one report in, one format out.

mod github;
mod gitlab;
mod grouping;
mod json;
mod junit;
mod neutral;
mod sarif;
mod text;
mod wording;

pub use text::{Level, render_diagnostic};

use crate::model::{Action, Report, Severity};
use std::fmt;
use std::io::{self, Write};

/// How a report is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// for people
    #[default]
    Text,
    /// the model, field by field
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// GitHub workflow commands, which become annotations
    Github,
    /// a GitLab Code Quality report
    Gitlab,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::Text, Self::Json, Self::Sarif, Self::Junit, Self::Github, Self::Gitlab];

    /// The word for the format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }

    /// Reads the word for a format.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is known about a rule beside its findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// the id, as in [`crate::Finding::rule`]
    pub id: String,
    /// the dialect, as in [`crate::Finding::dialect`]
    pub dialect: String,
    /// one line, as a heading
    pub title: String,
    /// what is looked at, in plain text
    pub description: String,
    /// the whole documentation, in Markdown
    pub help_markdown: String,
    /// a link to the documentation
    pub docs: Option<String>,
    /// how bad a violation is
    pub severity: Severity,
}

/// How to render. What a format has no place for is ignored by it.
#[derive(Clone, Copy, Debug)]
pub struct RenderOptions<'a> {
    /// text: with ANSI colours
    pub color: bool,
    /// text, github: only findings that count and errors
    pub quiet: bool,
    /// text: columns of the terminal; source lines are trimmed to it, to 140 columns where it
    /// is not known
    pub width: Option<usize>,
    /// the weakest action that fails the run; `None`: no finding does
    pub fail_on: Option<Action>,
    /// the version of the program
    pub tool_version: &'a str,
    /// sarif: the documentation of the rules
    pub rules: &'a [RuleInfo],
}

impl Default for RenderOptions<'_> {
    fn default() -> Self {
        Self {
            color: false,
            quiet: false,
            width: None,
            fail_on: Some(Action::Deny),
            tool_version: env!("CARGO_PKG_VERSION"),
            rules: &[],
        }
    }
}

/// Writes a report in a format, piece by piece: the caller buffers.
///
/// # Errors
/// What writing to `out` gives.
pub fn render(
    report: &Report,
    format: Format,
    options: &RenderOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::render(report, options, out),
        Format::Json => json::render(report, out),
        Format::Sarif => sarif::render(report, options, out),
        Format::Junit => junit::render(report, options, out),
        Format::Github => github::render(report, options, out),
        Format::Gitlab => gitlab::render(report, out),
    }
}
