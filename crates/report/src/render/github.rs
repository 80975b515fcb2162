//! GitHub workflow commands, which the runner turns into annotations.
//!
//! Source: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>;
//! the runner undoes `%25`, `%0D`, `%0A` everywhere, and `%3A`, `%2C` in properties.

use super::RenderOptions;
use super::neutral::visible;
use super::text::summary_line;
use super::wording::{STDIN, label, path, sentence};
use crate::model::{Action, Diagnostic, Finding, Report, Status};
use std::io::{self, Write};

/// Writes a command for every finding that counts and every error, and then, unless quiet, the
/// summary as a line of the log.
pub(crate) fn render(
    report: &Report,
    options: &RenderOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for error in &report.errors {
        diagnostic(error, out)?;
    }
    for finding in report.findings.iter().filter(|f| f.status == Status::Active) {
        annotation(finding, out)?;
    }
    if options.quiet {
        return Ok(());
    }
    writeln!(out, "{}", summary_line(&report.summary, options.fail_on))
}

fn annotation(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let location = &finding.location;
    let command = match finding.action {
        Action::Deny => "error",
        Action::Warn => "warning",
        Action::Audit | Action::Off => "notice",
    };
    write!(out, "::{command} ")?;
    let on_file = place(&location.file, Some(location.line), Some(location.column), out)?;
    if on_file && let Some(marked) = &location.marked {
        write!(out, ",endColumn={}", location.column.saturating_add(marked.len))?;
    }
    if on_file {
        out.write_all(b",")?;
    }
    write!(out, "title={}::", property(&label(finding)))?;
    if !on_file {
        write!(out, "{}: ", data(&location.to_string()))?;
    }
    write!(out, "{}", data(&format!("{}: {}", finding.resource, sentence(finding))))?;
    if let Some(help) = &finding.help {
        write!(out, "%0A{}", data(&format!("fix: {help}")))?;
    }
    out.write_all(b"\n")
}

fn diagnostic(error: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"::error ")?;
    let file = error.file.as_deref().unwrap_or(STDIN);
    if place(file, error.line, error.column, out)? {
        out.write_all(b",")?;
    }
    write!(out, "title=sekisho could not judge this::")?;
    if error.file.is_some() && file == STDIN {
        let place = [error.line, error.column].into_iter().flatten();
        let place: String = place.map(|number| format!(":{number}")).collect();
        write!(out, "{file}{place}: ")?;
    }
    write!(out, "{}", data(&error.message))?;
    if let Some(help) = &error.help {
        write!(out, "%0A{}", data(&format!("help: {help}")))?;
    }
    out.write_all(b"\n")
}

/// Writes file, line and column. Standard input is no file of the repository, nor is an object of a
/// cluster, and an annotation on it would be lost: nothing is written then.
fn place(
    file: &str,
    line: Option<u32>,
    column: Option<u32>,
    out: &mut dyn Write,
) -> io::Result<bool> {
    if file == STDIN || line == Some(0) {
        return Ok(false);
    }
    write!(out, "file={}", property(&path(file)))?;
    if let Some(line) = line {
        write!(out, ",line={line}")?;
        if let Some(column) = column {
            write!(out, ",col={column}")?;
        }
    }
    Ok(true)
}

fn data(text: &str) -> String {
    escape(text, false)
}

fn property(text: &str) -> String {
    escape(text, true)
}

fn escape(text: &str, property: bool) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '%' => escaped.push_str("%25"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            ':' if property => escaped.push_str("%3A"),
            ',' if property => escaped.push_str("%2C"),
            other => escaped.push(visible(other)),
        }
    }
    escaped
}
