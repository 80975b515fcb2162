//! JSON: one object; its schema is `docs/schema/test-results.v1.json`.

use super::Report;
use crate::outcome::{
    By, CaseResult, Counts, Note, Outcome, Problem, ProblemKind, Run, SuiteResult, TestResult,
};
use crate::suite::Place;
use sekisho_report::Diagnostic;
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;

#[derive(Serialize)]
struct Whole<'a> {
    version: u32,
    summary: Summary,
    suites: Vec<Suite<'a>>,
    errors: &'a [Diagnostic],
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Vec<Covered<'a>>>,
}

#[derive(Serialize)]
struct Summary {
    #[serde(flatten)]
    counts: Counts,
    seconds: f64,
}

#[derive(Serialize)]
struct Suite<'a> {
    file: &'a str,
    result: &'static str,
    seconds: f64,
    tests: Vec<Test<'a>>,
}

#[derive(Serialize)]
struct Test<'a> {
    name: &'a str,
    #[serde(flatten)]
    place: &'a Place,
    result: &'static str,
    seconds: f64,
    #[serde(flatten)]
    why: Why<'a>,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    name: &'a str,
    #[serde(flatten)]
    place: &'a Place,
    result: &'static str,
    seconds: f64,
    runs: Vec<OneRun<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OneRun<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    by: &'a str,
    result: &'static str,
    #[serde(flatten)]
    why: Why<'a>,
    violations: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    violations_as_stored: Option<&'a Vec<String>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    printed: &'a [String],
}

/// Why something went wrong or was left out.
#[derive(Default, Serialize)]
struct Why<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Note]>::is_empty")]
    places: &'a [Note],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Covered<'a> {
    file: &'a str,
    percent: f64,
    covered: Vec<u32>,
    missed: Vec<u32>,
}

pub(super) fn print(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let coverage = report.coverage.map(|files| {
        let file = |file: &'_ crate::coverage::FileCoverage| file.percent();
        files
            .iter()
            .map(|one| Covered {
                file: &one.file,
                percent: (file(one) * 100.0).round() / 100.0,
                covered: one.run.iter().copied().collect(),
                missed: one.missed.iter().copied().collect(),
            })
            .collect()
    });
    let counts = report.counts;
    let counts = Counts { errors: counts.errors + report.errors.len(), ..counts };
    let whole = Whole {
        version: 1,
        summary: Summary { counts, seconds: seconds(report.time) },
        suites: report.suites.iter().map(suite).collect(),
        errors: report.errors,
        coverage,
    };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}

fn suite(suite: &SuiteResult) -> Suite<'_> {
    let result = match (suite.skipped, suite.is_wrong()) {
        (true, _) => "skipped",
        (false, true) => "failed",
        (false, false) => "passed",
    };
    Suite {
        file: &suite.name,
        result,
        seconds: seconds(suite.time),
        tests: suite.tests.iter().map(test).collect(),
    }
}

fn test(test: &TestResult) -> Test<'_> {
    let cases: Vec<Case<'_>> = test.cases.iter().map(case).collect();
    let result = match (&test.skipped, &test.problem) {
        (Some(_), _) => "skipped",
        (None, Some(problem)) => word(problem),
        (None, None) => worst(cases.iter().map(|case| case.result)),
    };
    let why = match (&test.skipped, &test.problem) {
        (Some(reason), _) => Why { reason: Some(reason), ..Why::default() },
        (None, Some(problem)) => because(problem),
        (None, None) => Why::default(),
    };
    let TestResult { name, place, time, .. } = test;
    Test { name, place, result, seconds: seconds(*time), why, cases }
}

fn case(case: &CaseResult) -> Case<'_> {
    let runs: Vec<OneRun<'_>> = case.runs.iter().map(run).collect();
    let result = worst(runs.iter().map(|run| run.result));
    let CaseResult { name, place, time, .. } = case;
    Case { name, place, result, seconds: seconds(*time), runs }
}

fn run(run: &Run) -> OneRun<'_> {
    let (result, why) = match &run.outcome {
        Outcome::Passed => ("passed", Why::default()),
        Outcome::Wrong(problem) => (word(problem), because(problem)),
        Outcome::Skipped(reason) => ("skipped", Why { reason: Some(reason), ..Why::default() }),
    };
    OneRun {
        by: if run.by == By::Nothing { "" } else { run.by.as_str() },
        result,
        why,
        violations: &run.messages,
        violations_as_stored: run.as_stored.as_ref(),
        printed: &run.printed,
    }
}

fn because(problem: &Problem) -> Why<'_> {
    Why { message: Some(&problem.message), places: &problem.notes, reason: None }
}

fn word(problem: &Problem) -> &'static str {
    match problem.kind {
        ProblemKind::Failed => "failed",
        ProblemKind::Error => "error",
    }
}

/// What a whole is called by its parts: passed where one passed and none went wrong.
fn worst(parts: impl Iterator<Item = &'static str>) -> &'static str {
    let order = ["error", "failed", "passed", "skipped"];
    let at = |word: &str| order.iter().position(|other| *other == word);
    parts.min_by_key(|word| at(word)).unwrap_or("passed")
}
