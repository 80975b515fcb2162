//! JUnit's XML: a `testsuite` for each suite, a `testcase` for each run of a case.

use super::Report;
use crate::outcome::{By, Counts, Note, Outcome, Problem, SuiteResult, TestResult};
use crate::suite::Place;
use sekisho_report::Diagnostic;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

pub(super) fn print(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Counts { passed, failed, errors, skipped } = report.counts;
    let unread = report.errors.len();
    let (tests, errors) = (passed + failed + skipped + unread, errors + unread);
    let (failures, seconds) = (failed + unread - errors, report.time.as_secs_f64());
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="sekisho test" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="{seconds:.3}">"#
    )?;
    for suite in report.suites {
        print_suite(suite, out)?;
    }
    if unread > 0 {
        writeln!(
            out,
            r#"  <testsuite name="not read" tests="{unread}" failures="0" errors="{unread}" skipped="0">"#
        )?;
        for error in report.errors {
            print_unread(error, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn print_suite(suite: &SuiteResult, out: &mut dyn Write) -> io::Result<()> {
    let Counts { passed, failed, errors, skipped } = Counts::of(std::slice::from_ref(suite));
    let (tests, failures, name) = (passed + failed + skipped, failed - errors, xml(&suite.name));
    writeln!(
        out,
        r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="{:.3}">"#,
        suite.time.as_secs_f64()
    )?;
    for test in &suite.tests {
        print_test(test, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn print_test(test: &TestResult, out: &mut dyn Write) -> io::Result<()> {
    let whole = match (&test.skipped, &test.problem) {
        (Some(reason), _) => Some(Outcome::Skipped(reason.clone())),
        (None, Some(problem)) => Some(Outcome::Wrong(problem.clone())),
        (None, None) if test.cases.is_empty() => Some(Outcome::Passed),
        (None, None) => None,
    };
    let print = |name: &str, place: &Place, time, outcome: &Outcome, out: &mut dyn Write| {
        print_case(&test.name, name, place, time, outcome, out)
    };
    if let (Some(outcome), true) = (&whole, test.cases.is_empty()) {
        return print("constraint", &test.place, test.time, outcome, out);
    }
    for case in &test.cases {
        if let Some(outcome) = &whole {
            print(&case.name, &case.place, Duration::ZERO, outcome, out)?;
            continue;
        }
        for run in &case.runs {
            let name = match &run.by {
                by if *by == By::Nothing || case.runs.len() == 1 => case.name.clone(),
                by => format!("{} [{}]", case.name, by.as_str()),
            };
            print(&name, &case.place, case.time, &run.outcome, out)?;
        }
    }
    Ok(())
}

fn print_case(
    test: &str,
    name: &str,
    place: &Place,
    time: Duration,
    outcome: &Outcome,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Place { file, line, .. } = place;
    let (test, name, file, seconds) = (xml(test), xml(name), xml(file), time.as_secs_f64());
    write!(
        out,
        r#"    <testcase classname="{test}" name="{name}" file="{file}" line="{line}" time="{seconds:.3}""#
    )?;
    match outcome {
        Outcome::Passed => writeln!(out, "/>"),
        Outcome::Skipped(reason) => {
            writeln!(out, r#"><skipped message="{}"/></testcase>"#, xml(reason))
        }
        Outcome::Wrong(problem) => {
            let word = if problem.is_error() { "error" } else { "failure" };
            let (message, text) = (xml(&problem.message), xml(&whole(problem)));
            writeln!(out, r#"><{word} message="{message}">{text}</{word}></testcase>"#)
        }
    }
}

fn whole(problem: &Problem) -> String {
    let mut text = problem.message.clone();
    for Note { place, message, help } in &problem.notes {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\nat {place}");
        if !message.is_empty() {
            let _ = write!(text, ": {message}");
        }
        if let Some(help) = help {
            let _ = write!(text, "\n   help: {help}");
        }
    }
    text
}

fn print_unread(error: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
    let file = xml(error.file.as_deref().unwrap_or_default());
    let (message, line) = (xml(&error.message), error.line.unwrap_or(1));
    writeln!(
        out,
        r#"    <testcase classname="not read" name="{file}" file="{file}" line="{line}"><error message="{message}"/></testcase>"#
    )
}

/// Text as XML takes it: characters that XML forbids are replaced.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            char => escaped.push(char),
        }
    }
    escaped
}
