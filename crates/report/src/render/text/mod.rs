//! Text for people: file by file, object by object, with the source line and the fix.

mod diagnostic;
mod finding;
mod paint;
mod snippet;
mod totals;
mod window;

pub use diagnostic::{Level, render_diagnostic};
pub(crate) use totals::summary_line;

use super::RenderOptions;
use super::grouping::{by_file, by_resource};
use super::neutral::neutral;
use crate::model::{Report, Skipped, Status};
use finding::Findings;
use paint::{DIM, HEADING, Paint};
use snippet::Snippets;
use std::collections::HashMap;
use std::io::{self, Write};

/// How many places of skipped documents are shown for one reason.
const SKIPPED_PLACES: usize = 10;

/// Writes findings by file and object, what was skipped, errors, and last the summary line.
pub(crate) fn render(
    report: &Report,
    options: &RenderOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paint = Paint { color: options.color };
    let mut snippets = Snippets::new(paint, options.width);
    for group in by_file(report) {
        let findings: Vec<_> = group
            .findings
            .into_iter()
            .filter(|f| !options.quiet || f.status == Status::Active)
            .collect();
        for (resource, findings) in by_resource(&findings) {
            // Never a name first: `::stop-commands::x.yaml` would be an order to GitHub.
            let file = neutral(group.file.unwrap_or_default());
            let heading = format!("== {file}: {}", neutral(&resource.to_string()));
            writeln!(out, "{}\n", paint.with(HEADING, &heading))?;
            Findings::new(paint, &mut snippets).write(&findings, out)?;
        }
    }
    if !options.quiet {
        skipped(&report.skipped, paint, out)?;
    }
    for error in &report.errors {
        diagnostic::write(Level::Error, error, paint, &mut snippets, out)?;
        writeln!(out)?;
    }
    if options.quiet {
        return Ok(());
    }
    if let Some(settings) = &report.basis.settings {
        let line = format!("options of {} are in force", neutral(settings));
        writeln!(out, "{}", paint.with(DIM, &line))?;
    }
    totals::write(&report.summary, options.fail_on, paint, out)
}

/// Writes the skipped documents reason by reason.
fn skipped(all: &[Skipped], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: Vec<(&str, Vec<&Skipped>)> = Vec::new();
    let mut index = HashMap::new();
    for skipped in all {
        let reason = skipped.reason.as_str();
        let at = *index.entry(reason).or_insert(reasons.len());
        match reasons.get_mut(at) {
            Some((_, places)) => places.push(skipped),
            None => reasons.push((reason, vec![skipped])),
        }
    }
    for (reason, places) in reasons {
        let reason = neutral(reason);
        writeln!(out, "{}", paint.with(DIM, &format!("skipped, {reason}:")))?;
        for place in places.iter().take(SKIPPED_PLACES) {
            let place = format!("  - {}:{}", neutral(&place.file), place.line);
            writeln!(out, "{}", paint.with(DIM, &place))?;
        }
        if let Some(more) = places.len().checked_sub(SKIPPED_PLACES).filter(|more| *more > 0) {
            let more = format!("  - and {more} more, all in `-o json`");
            writeln!(out, "{}", paint.with(DIM, &more))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
