//! Text as gator prints it, with places below what went wrong.

use super::Report;
use crate::coverage::ranges;
use crate::outcome::{By, CaseResult, Note, Outcome, Problem, Run, SuiteResult, TestResult};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

pub(super) fn print(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for suite in report.suites {
        print_suite(report, suite, out)?;
    }
    let failed = report.suites.iter().any(SuiteResult::is_wrong);
    // Gator does not come this far where a suite cannot be read.
    let failed = failed || !report.errors.is_empty();
    writeln!(out, "{}", if failed { "FAIL" } else { "PASS" })?;
    writeln!(out)?;
    if report.as_gator {
        return Ok(());
    }
    print_stored(report, out)?;
    print_coverage(report, out)?;
    print_skipped(report, out)?;
    let crate::outcome::Counts { passed, failed, skipped, .. } = report.counts;
    writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")
}

fn seconds(time: Duration) -> String {
    format!("{:.3}s", time.as_secs_f64())
}

fn print_suite(report: &Report<'_>, suite: &SuiteResult, out: &mut dyn Write) -> io::Result<()> {
    if !suite.skipped {
        for test in &suite.tests {
            print_test(report, test, out)?;
        }
    }
    let word = if suite.is_wrong() { "FAIL" } else { "ok" };
    writeln!(out, "{word}\t{}\t{}", suite.name, seconds(suite.time))
}

fn print_test(report: &Report<'_>, test: &TestResult, out: &mut dyn Write) -> io::Result<()> {
    let TestResult { name, .. } = test;
    if report.verbose {
        if test.is_left_out() {
            return writeln!(out, "=== SKIP  {name}");
        }
        writeln!(out, "=== RUN   {name}")?;
    }
    if test.skipped.is_none() && test.problem.is_none() {
        for case in &test.cases {
            print_case(report, case, out)?;
        }
    }
    let time = seconds(test.time);
    if test.is_wrong() && test.skipped.is_none() {
        writeln!(out, "--- FAIL: {name}\t({time})")?;
        if let Some(problem) = &test.problem {
            print_problem(report, "  ", "", problem, out)?;
        }
    } else if report.verbose {
        writeln!(out, "--- PASS: {name}\t({time})")?;
    }
    Ok(())
}

fn print_case(report: &Report<'_>, case: &CaseResult, out: &mut dyn Write) -> io::Result<()> {
    let CaseResult { name, .. } = case;
    if report.verbose {
        if case.is_left_out() {
            return writeln!(out, "    === SKIP  {name}");
        }
        writeln!(out, "    === RUN   {name}")?;
        print_printed(case, out)?;
    }
    let time = seconds(case.time);
    let mut wrong = case.problems().peekable();
    if wrong.peek().is_none() {
        if report.verbose && !case.is_left_out() {
            writeln!(out, "    --- PASS: {name}\t({time})")?;
        }
        return Ok(());
    }
    writeln!(out, "    --- FAIL: {name}\t({time})")?;
    // Where a case is run in several ways, each problem says in which it arose.
    let several = case.runs.len() > 1;
    for (run, problem) in wrong {
        let by = if several { format!("{}: ", run.by.as_str()) } else { String::new() };
        print_problem(report, "        ", &by, problem, out)?;
    }
    Ok(())
}

fn print_printed(case: &CaseResult, out: &mut dyn Write) -> io::Result<()> {
    let mut printed = case.runs.iter().flat_map(|run| &run.printed).peekable();
    if printed.peek().is_some() {
        writeln!(out, "        === PRINT ===")?;
    }
    for line in printed.flat_map(|text| text.split('\n')) {
        writeln!(out, "        {line}")?;
    }
    Ok(())
}

fn print_problem(
    report: &Report<'_>,
    indent: &str,
    by: &str,
    problem: &Problem,
    out: &mut dyn Write,
) -> io::Result<()> {
    if report.as_gator {
        return writeln!(out, "{indent}{by}{}", problem.message);
    }
    let lines = problem.message.trim_end().replace('\n', &format!("\n{indent}"));
    writeln!(out, "{indent}{by}{lines}")?;
    for Note { place, message, help } in &problem.notes {
        match message.as_str() {
            "" => writeln!(out, "{indent}at {place}")?,
            message => writeln!(out, "{indent}at {place}: {message}")?,
        }
        if let Some(help) = help {
            writeln!(out, "{indent}   help: {help}")?;
        }
    }
    Ok(())
}

/// The runs whose answer is another where the object is judged as it would be stored.
fn print_stored(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if !report.as_stored {
        return Ok(());
    }
    let mut count = 0;
    for (test, case, run, stored) in stored(report) {
        let several = case.runs.len() > 1;
        let by = if several { format!(" ({})", run.by.as_str()) } else { String::new() };
        writeln!(out, "as stored: {} {}{by}: {}", case.place, test.name, case.name)?;
        for (word, messages) in [("given ", &run.messages), ("stored", stored)] {
            writeln!(out, "    {word}: {} violations", messages.len())?;
            for message in messages {
                writeln!(out, "        {message}")?;
            }
        }
        count += 1;
    }
    writeln!(out, "as stored: {count} answers differ")
}

fn stored<'r>(
    report: &Report<'r>,
) -> impl Iterator<Item = (&'r TestResult, &'r CaseResult, &'r Run, &'r Vec<String>)> {
    let tests = report.suites.iter().flat_map(|suite| &suite.tests);
    let cases = tests.flat_map(|test| test.cases.iter().map(move |case| (test, case)));
    let runs = cases.flat_map(|(test, case)| case.runs.iter().map(move |run| (test, case, run)));
    runs.filter_map(|(test, case, run)| Some((test, case, run, run.as_stored.as_ref()?)))
}

fn print_coverage(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(coverage) = report.coverage else { return Ok(()) };
    for file in coverage {
        let missed = ranges(&file.missed);
        let missed = if missed.is_empty() { String::new() } else { format!("\tnot run: {missed}") };
        writeln!(out, "coverage\t{}\t{:.1}%{missed}", file.file, file.percent())?;
    }
    Ok(())
}

/// Runs that were left out though nobody asked for it, by the reason.
fn print_skipped(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: BTreeMap<(&By, &str), usize> = BTreeMap::new();
    let tests = report.suites.iter().flat_map(|suite| &suite.tests);
    for run in tests.flat_map(|test| &test.cases).flat_map(|case| &case.runs) {
        if let (Outcome::Skipped(reason), true) = (&run.outcome, run.is_not_built_in()) {
            *reasons.entry((&run.by, reason)).or_default() += 1;
        }
    }
    for ((by, reason), count) in reasons {
        writeln!(out, "skipped\t{count} by {}: {reason}", by.as_str())?;
    }
    Ok(())
}
