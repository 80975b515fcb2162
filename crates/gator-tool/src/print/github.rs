//! Annotations of GitHub Actions, and the counts.

use super::Report;
use crate::outcome::{CaseResult, Counts, Note, Problem, TestResult};
use crate::suite::Place;
use std::io::{self, Write};

pub(super) fn print(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for error in report.errors {
        let place = Place {
            file: error.file.clone().unwrap_or_else(|| "".into()),
            line: error.line.unwrap_or(1),
            column: error.column.unwrap_or(1),
        };
        annotate(&place, "not read", &error.message, out)?;
    }
    for test in report.suites.iter().flat_map(|suite| &suite.tests) {
        let TestResult { name, place, problem, skipped, cases, .. } = test;
        if skipped.is_some() {
            continue;
        }
        if let Some(problem) = problem {
            annotate(place_of(problem, place), name, &whole(problem), out)?;
            continue;
        }
        for case in cases {
            print_case(name, case, out)?;
        }
    }
    let Counts { passed, failed, skipped, .. } = report.counts;
    writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")
}

fn print_case(test: &str, case: &CaseResult, out: &mut dyn Write) -> io::Result<()> {
    for (run, problem) in case.problems() {
        let title = format!("{test}: {}", case.name);
        let message = match case.runs.len() {
            1 => whole(problem),
            _ => format!("{}: {}", run.by.as_str(), whole(problem)),
        };
        annotate(place_of(problem, &case.place), &title, &message, out)?;
    }
    Ok(())
}

/// An annotation has one place: what is wrong elsewhere stands in its text.
fn whole(problem: &Problem) -> String {
    let others = problem.notes.iter().filter(|note| !note.message.is_empty());
    let others = others.map(|Note { place, message, .. }| format!("\n{place}: {message}"));
    std::iter::once(problem.message.clone()).chain(others).collect()
}

/// The most telling place: the first that the problem names.
fn place_of<'p>(problem: &'p Problem, of_test: &'p Place) -> &'p Place {
    problem.notes.first().map_or(of_test, |note| &note.place)
}

fn annotate(place: &Place, title: &str, message: &str, out: &mut dyn Write) -> io::Result<()> {
    let Place { file, line, column } = place;
    let (file, title, message) = (property(file), property(title), data(message));
    writeln!(out, "::error file={file},line={line},col={column},title={title}::{message}")
}

/// What ends a message or a property is written as an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
