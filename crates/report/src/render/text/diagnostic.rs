//! Errors and other diagnostics, one by one.

use super::paint::{AUDIT, BOLD, DENY, Paint, WARN};
use super::snippet::{Mark, Snippets, Spot};
use crate::model::Diagnostic;
use crate::render::RenderOptions;
use crate::render::neutral::neutral;
use std::io::{self, Write};

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// something could not be read or judged
    Error,
    /// something is likely wrong, and the run goes on
    Warning,
    /// worth knowing
    Note,
}

impl Level {
    /// The word for the level.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Writes one diagnostic as text, as the text format shows errors.
///
/// # Errors
/// What writing to `out` gives.
pub fn render_diagnostic(
    level: Level,
    diagnostic: &Diagnostic,
    options: &RenderOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paint = Paint { color: options.color };
    write(level, diagnostic, paint, &mut Snippets::new(paint, options.width), out)
}

pub(super) fn write(
    level: Level,
    diagnostic: &Diagnostic,
    paint: Paint,
    snippets: &mut Snippets,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = match level {
        Level::Error => DENY,
        Level::Warning => WARN,
        Level::Note => AUDIT,
    };
    let head = paint.with(style, level.as_str());
    snippets.headline(&head, &diagnostic.message, BOLD, out)?;
    match (&diagnostic.file, diagnostic.line) {
        (None, _) => {}
        (Some(file), None) => snippets.arrow(&neutral(file), out)?,
        (Some(file), Some(line)) => {
            let column = diagnostic.column.unwrap_or(1);
            let marked = diagnostic.marked.as_ref();
            let spot = Spot { file, line, column, pointer: "", marked, mark: Mark::Primary };
            snippets.write(&[spot], style, out)?;
        }
    }
    match &diagnostic.help {
        Some(help) => snippets.note("help", help, out),
        None => Ok(()),
    }
}
